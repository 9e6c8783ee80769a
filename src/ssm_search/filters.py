"""Which papers a question is about: filters on what is known of them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from ssm_search.errors import FilterError
from ssm_search.facets import NO_YEAR, Facets
from ssm_search.papers import Category

if TYPE_CHECKING:
    from numpy.typing import NDArray

CATEGORY_SEPARATOR = " > "


class Filters(TypedDict, total=False):
    """The filters that every question takes; all that are given must hold.

    category: a heading's name, or a path such as "Computer Vision > Medical Image Analysis"; a
        tuple of names is a path from the outermost heading on. Headings below it are included, case
        does not matter. Papers that stand under no heading are found by arXiv's ("cs.CV", "cs").
    year: one year, or (from, to) with both included; papers without a printed year are left out.
    venue: a part of the venue's name ("ICLR" finds "ICLR 2023 - Spotlight").
    has_code: True for papers with a code link, False for those without.
    """

    category: str | Category | None
    year: int | tuple[int, int] | None
    venue: str | None
    has_code: bool | None


def matching_rows(parts: Sequence[Facets], filters: Filters) -> NDArray[np.bool_]:
    """A mask of the papers that meet all ``filters``, those of each part after one another; (n,).

    Raises:
        FilterError: an unknown filter, an unknown heading, or a year that is none.
    """
    unknown = set(filters) - set(Filters.__annotations__)
    if unknown:
        raise FilterError(
            f"no filter {', '.join(map(repr, sorted(unknown)))}; "
            f"expected {', '.join(Filters.__annotations__)}"
        )
    masks = [np.ones(len(facets), dtype=bool) for facets in parts]
    if category := filters.get("category"):
        _keep_category(parts, masks, category)
    for facets, mask in zip(parts, masks, strict=True):
        if (year := filters.get("year")) is not None:
            first, last = _years(year)
            mask &= (facets.years >= first) & (facets.years <= last) & (facets.years != NO_YEAR)
        if venue := filters.get("venue"):
            wanted = venue.casefold().strip()
            holds = np.array([wanted in name.casefold() for name in facets.venues], dtype=bool)
            mask &= holds[facets.venue_of]
        if (has_code := filters.get("has_code")) is not None:
            mask &= facets.has_code == has_code
    return np.concatenate(masks) if masks else np.zeros(0, dtype=bool)


def _keep_category(
    parts: Sequence[Facets], masks: Sequence[NDArray[np.bool_]], category: str | Category
) -> None:
    names = category.split(CATEGORY_SEPARATOR.strip()) if isinstance(category, str) else category
    wanted = tuple(_key(name) for name in names)
    holds = _holds if isinstance(category, str) else _begins
    found = False
    for facets, mask in zip(parts, masks, strict=True):
        chosen = [holds(tuple(map(_key, path)), wanted) for path in facets.paths]
        mask &= facets.under(np.array(chosen, dtype=bool))
        found = found or any(chosen)
    if not found:
        known = sorted({name for facets in parts for path in facets.paths for name in path})
        near = difflib.get_close_matches(names[-1].strip(), known, n=3, cutoff=0.5)
        hint = (
            f"did you mean {' or '.join(map(repr, near))}?" if near else "see `ssm-search status`"
        )
        raise FilterError(f"no paper stands under {CATEGORY_SEPARATOR.join(names)!r}; {hint}")


def _holds(path: Category, wanted: Category) -> bool:
    """True if ``wanted`` is a contiguous part of ``path``: a prefix, the leaf, or a middle."""
    return any(path[at : at + len(wanted)] == wanted for at in range(len(path) - len(wanted) + 1))


def _begins(path: Category, wanted: Category) -> bool:
    return path[: len(wanted)] == wanted


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _years(year: int | tuple[int, int]) -> tuple[int, int]:
    match year:
        case int():
            return year, year
        case (int(first), int(last)) if first <= last:
            return first, last
    raise FilterError(f"year is {year!r}; expected one year, or (from, to) with from ≤ to")
