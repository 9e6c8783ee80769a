"""Which papers a question is about: filters on what the list says of them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from ssm_search.errors import FilterError
from ssm_search.papers import Category, Paper

if TYPE_CHECKING:
    from numpy.typing import NDArray

CATEGORY_SEPARATOR = " > "


class Filters(TypedDict, total=False):
    """The filters that every question takes; all that are given must hold.

    category: a heading's name, or a path such as "Computer Vision > Medical Image Analysis"; a
        tuple of names is a path from the outermost heading on. Headings below it are included, case
        does not matter.
    year: one year, or (from, to) with both included; papers without a printed year are left out.
    venue: a part of the venue's name ("ICLR" finds "ICLR 2023 - Spotlight").
    has_code: True for papers with a code link, False for those without.
    """

    category: str | Category | None
    year: int | tuple[int, int] | None
    venue: str | None
    has_code: bool | None


def matching_rows(papers: Sequence[Paper], filters: Filters) -> NDArray[np.bool_]:
    """A mask of the papers that meet all ``filters``, shape (len(papers),).

    Raises:
        FilterError: an unknown filter, an unknown heading, or a year that is none.
    """
    unknown = set(filters) - set(Filters.__annotations__)
    if unknown:
        raise FilterError(
            f"no filter {', '.join(map(repr, sorted(unknown)))}; "
            f"expected {', '.join(Filters.__annotations__)}"
        )
    mask = np.ones(len(papers), dtype=bool)
    if category := filters.get("category"):
        mask &= _in_category(papers, category)
    if (year := filters.get("year")) is not None:
        first, last = _years(year)
        mask &= np.array([p.year is not None and first <= p.year <= last for p in papers], bool)
    if venue := filters.get("venue"):
        wanted = venue.casefold().strip()
        mask &= np.array([wanted in paper.venue.casefold() for paper in papers], bool)
    if (has_code := filters.get("has_code")) is not None:
        mask &= np.array([bool(paper.code_url) == has_code for paper in papers], bool)
    return mask


def _in_category(papers: Sequence[Paper], category: str | Category) -> NDArray[np.bool_]:
    parts = category.split(CATEGORY_SEPARATOR.strip()) if isinstance(category, str) else category
    wanted = tuple(_key(part) for part in parts)
    keys = [[tuple(map(_key, path)) for path in paper.categories] for paper in papers]
    holds = _holds if isinstance(category, str) else _begins
    mask = np.array([any(holds(path, wanted) for path in paths) for paths in keys], bool)
    if not mask.any():
        names = sorted({name for paper in papers for path in paper.categories for name in path})
        near = difflib.get_close_matches(parts[-1].strip(), names, n=3, cutoff=0.5)
        hint = (
            f"did you mean {' or '.join(map(repr, near))}?" if near else "see `ssm-search status`"
        )
        raise FilterError(f"no paper stands under {CATEGORY_SEPARATOR.join(parts)!r}; {hint}")
    return mask


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
