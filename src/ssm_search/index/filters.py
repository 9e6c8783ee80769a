"""Which papers a question is about: filters on what is known of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from ssm_search.errors import FilterError
from ssm_search.index.facets import NO_YEAR, Facets
from ssm_search.index.names import QUOTED, author_keys, signed64
from ssm_search.papers import Category
from ssm_search.text import terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

CATEGORY_SEPARATOR = " > "
BEGINS = "^"  # before a name that stands for a path from the outermost heading on
MOST = 2**31 - 1  # of a year in a table
NEAR_AMONG = 5_000  # names of venues, of a large corpus, that a misspelled one is compared with
NAMED = 5  # venues that an error names where none is near

_FROM_YEAR_ON = re.compile(r"(?s)[^\w&+.]*\d.*")  # of “ICLR 2023 - Spotlight”
_LACKING = {
    "year": f"year = {NO_YEAR}",
    "venue": "venue = ''",
    "author": "NOT has_authors",
}


class Filters(TypedDict, total=False):
    """The filters that every question takes; all that are given must hold.

    category: a heading's name, or a path such as "Computer Vision > Medical Image Analysis", or
        where there is no such heading a part of its name; a tuple of names is a path from the
        outermost heading on. Headings below it are included, case does not matter. Papers that
        stand under no heading are found by arXiv's ("cs.CV", "cs").
    year: one year, or (from, to) with both included: the printed one, or else that in which arXiv
        published it or gave its id. Papers of which none is known are left out.
    venue: a part of the venue's name ("ICLR" finds "ICLR 2023 - Spotlight"); one that no paper is
        known to be of is an error that names those that are near.
    has_code: True for papers with a code link, False for those without.
    author: a name, or several of authors who all wrote it; "Tri Dao", "T. Dao" and "Dao" find the
        papers of whoever may be called so.
    phrase: words that must stand in the title or the abstract one after the other; or several such.
        Of a paper whose abstract is not at hand, all words must stand in what was indexed of it.
    """

    category: str | Category | None
    year: int | tuple[int, int] | None
    venue: str | None
    has_code: bool | None
    author: str | Sequence[str] | None
    phrase: str | Sequence[str] | None


def matching_rows(segments: Sequence[Facets], filters: Filters) -> NDArray[np.bool_]:
    """A mask of the papers that meet all ``filters``, one segment after the other; bool, (n,).

    Raises:
        FilterError: an unknown filter, heading or venue, or a year that is none.
    """
    masks = _under_category(segments, filters)
    for facets, mask in zip(segments, masks, strict=True):
        for met in _met(facets, filters).values():
            mask &= met
    return np.concatenate(masks) if masks else np.zeros(0, dtype=bool)


def lacking_rows(segments: Sequence[Facets], filters: Filters) -> NDArray[np.bool_]:
    """A mask, as of :func:`matching_rows`, of papers that are left out for want of knowledge.

    Those that meet all ``filters`` but one on a year or a venue, where none is known of theirs.
    Raises as :func:`matching_rows`.
    """
    masks = _under_category(segments, filters)
    for facets, mask in zip(segments, masks, strict=True):
        met, lacking = _met(facets, filters), _lacking(facets)
        for name, holds in met.items():
            mask &= holds | lacking[name] if name in lacking else holds
        mask &= np.logical_or.reduce([lacking[name] for name in lackable(filters)])
    return np.concatenate(masks) if masks else np.zeros(0, dtype=bool)


def lackable(filters: Filters) -> list[str]:
    """What is filtered by that is not known of every paper: "year", "venue", "author"."""
    asked = {
        "year": filters.get("year") is not None,
        "venue": bool(filters.get("venue")),
        "author": bool(filters.get("author")),
    }
    return [name for name, is_asked in asked.items() if is_asked]


def _met(facets: Facets, filters: Filters) -> dict[str, NDArray[np.bool_]]:
    """A mask of the papers of a segment that meet it, for each filter but that on the category."""
    met: dict[str, NDArray[np.bool_]] = {}
    if (year := filters.get("year")) is not None:
        first, last = _years(year)
        years = facets.years
        met["year"] = (years >= first) & (years <= last) & (years != NO_YEAR)
    if venue := filters.get("venue"):
        wanted = venue.casefold().strip()
        holds = np.array([wanted in name.casefold() for name in facets.venues], dtype=bool)
        met["venue"] = holds[facets.venue_of]
    if (has_code := filters.get("has_code")) is not None:
        met["has_code"] = facets.has_code == has_code
    return met


def _lacking(facets: Facets) -> dict[str, NDArray[np.bool_]]:
    """A mask of the papers of a segment without it, for each fact that may not be known."""
    nowhere = np.array([not name for name in facets.venues], dtype=bool)
    return {
        "year": facets.years == NO_YEAR,
        "venue": nowhere[facets.venue_of],
        "author": ~facets.has_authors,
    }


def to_sql(filters: Filters, headings: Collection[Category], venues: Collection[str]) -> str:
    """Write ``filters`` as a condition in SQL on the rows of a table; "" for none.

    The table has the columns year, has_code, has_authors, venue (in lower case), headings (as
    :func:`heading_names` has them), names (as hashes) and terms (in order, by spaces).

    Args:
        headings, venues: all that papers stand under, and are of.

    Raises:
        FilterError: as :func:`matching_rows`.
    """
    return " AND ".join(_conditions(filters, headings, venues).values())


def lacking_in_sql(
    filters: Filters, headings: Collection[Category], venues: Collection[str]
) -> str:
    """Write what :func:`lacking_rows` gives as a condition in SQL. Raises as :func:`to_sql`."""
    met = _conditions(filters, headings, venues)
    may_hold = [
        f"({sql} OR {_LACKING[one]})" if one in _LACKING else sql for one, sql in met.items()
    ]
    lacking = " OR ".join(_LACKING[name] for name in lackable(filters))
    return " AND ".join([*may_hold, f"({lacking})"])


def _conditions(
    filters: Filters, headings: Collection[Category], venues: Collection[str]
) -> dict[str, str]:
    """A condition in SQL for each filter."""
    _check_names(filters)
    _check_venue(filters, venues)
    conditions = {}
    if category := filters.get("category"):
        paths = sorted({tuple(map(_key, path)) for path in _meant(category, headings)})
        wanted = (quoted(BEGINS + CATEGORY_SEPARATOR.join(path)) for path in paths)
        holds = " OR ".join(f"array_has(headings, {name})" for name in wanted)
        conditions["category"] = f"({holds})"
    if (year := filters.get("year")) is not None:
        first, last = (max(-MOST, min(MOST, one)) for one in _years(year))
        conditions["year"] = f"(year >= {first} AND year <= {last} AND year != {NO_YEAR})"
    if venue := filters.get("venue"):
        conditions["venue"] = f"contains(venue, {quoted(venue.casefold().strip())})"
    if (has_code := filters.get("has_code")) is not None:
        conditions["has_code"] = "has_code" if has_code else "NOT has_code"
    if authors := several(filters.get("author")):
        keys = ([signed64(key) for key in author_keys(name)] for name in authors)
        theirs = (" OR ".join(f"array_has(names, {key})" for key in each) for each in keys)
        conditions["author"] = " AND ".join(f"({each})" for each in theirs)
    phrases = several(filters.get("phrase"))
    if stems := [" ".join(stem for stem, _ in terms(phrase)) for phrase in phrases]:
        conditions["phrase"] = " AND ".join(f"contains(terms, {quoted(one)})" for one in stems)
    return conditions


def heading_names(paths: Iterable[Category]) -> list[str]:
    """Every name by which a category may be asked for that holds one of these ``paths``.

    Each run of names within a path; each that begins it a second time, after ``BEGINS``.
    """
    names: dict[str, None] = {}
    for path in paths:
        keys = tuple(map(_key, path))
        for first in range(len(keys)):
            for end in range(first + 1, len(keys) + 1):
                name = CATEGORY_SEPARATOR.join(keys[first:end])
                names[name] = None
                if not first:
                    names[BEGINS + name] = None
    return list(names)


def several(asked: str | Sequence[str] | None) -> tuple[str, ...]:
    """What a filter asks for that takes one or several."""
    return (asked,) if isinstance(asked, str) else tuple(asked or ())


def quoted(text: str) -> str:
    """Write ``text`` as a string in SQL, in quotes."""
    return "'" + text.replace("'", "''") + "'"


def _check_names(filters: Filters) -> None:
    unknown = set(filters) - set(Filters.__annotations__)
    if unknown:
        raise FilterError(
            f"no filter {', '.join(map(repr, sorted(unknown)))}; "
            f"expected {', '.join(Filters.__annotations__)}"
        )


def _check_venue(filters: Filters, venues: Collection[str]) -> None:
    """Refuse a venue that none of ``venues`` holds, and name those that are near.

    Raises:
        FilterError: there is none.
    """
    venue = filters.get("venue")
    if not venue or any(venue.casefold().strip() in name.casefold() for name in venues):
        return
    named = list(dict.fromkeys(filter(None, venues)))[:NEAR_AMONG]
    bare = sorted({_FROM_YEAR_ON.sub("", name) or name for name in named})
    known = {name.casefold(): name for name in (*named, *bare)}
    near = difflib.get_close_matches(venue.casefold().strip()[:QUOTED], known, n=3)
    hint = "of none a venue is known"
    if near:
        hint = f"did you mean {' or '.join(repr(known[one]) for one in near)}?"
    elif bare:
        more = ", …" if len(bare) > NAMED else ""
        hint = f"there are {', '.join(map(repr, bare[:NAMED]))}{more}"
    raise FilterError(f"no paper is known to be of the venue {venue[:QUOTED]!r}; {hint}")


def _wanted(category: str | Category) -> tuple[Sequence[str], Category]:
    """The names of a path, as they are written and as they are compared."""
    names = category.split(CATEGORY_SEPARATOR.strip()) if isinstance(category, str) else category
    return names, tuple(_key(name) for name in names)


def _no_heading(names: Sequence[str], headings: Iterable[Category]) -> FilterError:
    known = {_key(name): name for name in sorted({name for path in headings for name in path})}
    near = difflib.get_close_matches(_key(names[-1]), known, n=3, cutoff=0.5)
    named = " or ".join(repr(known[key]) for key in near)
    hint = f"did you mean {named}?" if near else "see `ssm-search headings`"
    asked = CATEGORY_SEPARATOR.join(name.strip() for name in names)[:QUOTED]
    return FilterError(f"no paper stands under {asked!r}; {hint}")


def _under_category(segments: Sequence[Facets], filters: Filters) -> list[NDArray[np.bool_]]:
    """A mask of the papers of each segment that stand under the category, all if there is none.

    Raises:
        FilterError: a filter is unknown, or names what is.
    """
    _check_names(filters)
    _check_venue(filters, [name for facets in segments for name in facets.venues])
    masks = [np.ones(len(facets), dtype=bool) for facets in segments]
    category = filters.get("category")
    if not category:
        return masks
    meant = set(_meant(category, [path for facets in segments for path in facets.paths]))
    for facets, mask in zip(segments, masks, strict=True):
        mask &= facets.under(np.array([path in meant for path in facets.paths], dtype=bool))
    return masks


def _meant(category: str | Category, headings: Collection[Category]) -> list[Category]:
    """The ``headings`` that a category is the name of, or else, of one name, a part of it.

    Raises:
        FilterError: there is none.
    """
    names, wanted = _wanted(category)
    holds = _holds if isinstance(category, str) else _begins
    meant = [path for path in headings if holds(tuple(map(_key, path)), wanted)]
    if not meant and isinstance(category, str) and len(wanted) == 1 and wanted[0]:
        meant = [path for path in headings if any(wanted[0] in _key(name) for name in path)]
    if not meant:
        raise _no_heading(names, headings)
    return meant


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
