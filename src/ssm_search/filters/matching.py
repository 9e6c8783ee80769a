"""Which papers a question is about: filters on what is known of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from ssm_search.errors import FilterError
from ssm_search.filters.facets import NO_YEAR, Facets, filed_under
from ssm_search.names import QUOTED
from ssm_search.papers import Category, Paper

if TYPE_CHECKING:
    from numpy.typing import NDArray

CATEGORY_SEPARATOR = " > "
BEGINS = "^"  # before a name that stands for a path from the outermost heading on
NEAR_AMONG = 5_000  # names of venues, of a large corpus, that a misspelled one is compared with
NAMED = 5  # venues that an error names where none is near

_YEAR = re.compile(r"(?:19|20)\d\d")
ANY_YEAR = r"(?:^|\D)(?:19|20)\d\d(?:\D|$)"
_YEARS_IN_NAMES = range(1900, 2100)
_FROM_YEAR_ON = re.compile(r"(?s)[^\w&+.]*\d.*")  # of “ICLR 2023 - Spotlight”


class Filters(TypedDict, total=False):
    """The filters that every question takes; all that are given must hold.

    Attributes:
        category: a heading's name, or a path such as "Computer Vision > Medical Image Analysis", or
            where there is no such heading a part of its name; a tuple of names is a path from the
            outermost heading on. Headings below it are included, case does not matter. Papers that
            stand under no heading are found by arXiv's ("cs.CV", "cs").
        year: one year, or (from, to) with both included: the printed one, or else that in which
            arXiv published it or gave its id. Papers of which none is known are left out. Where a
            venue is asked for too, a year in the venue's name goes before that of the paper.
        venue: whole words of the venue's name ("ICLR" finds "ICLR 2023 - Spotlight"), or where
            there is no such venue a part of it. A year behind it is asked for as ``year`` is: "ICLR
            2023" finds what is of "ICLR 2023", and what is of "ICLR" and of 2023. One that no paper
            is known to be of is an error that names those that are near.
        has_code: True for papers with a code link, False for those without.
        author: a name, or several of authors who all wrote it; "Tri Dao", "T. Dao" and "Dao" find
            the papers of whoever may be called so, "Tri Dao or Albert Gu" those of either.
        phrase: words that must stand in the title or the abstract one after the other; or several
            such. Of a paper whose abstract is not at hand, all words must stand in what was indexed
            of it.
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
        FilterError: an unknown filter, heading or venue, an empty one, or a year that is none.
    """
    venue, masks = _of_venue(segments, filters), _under_category(segments, filters)
    for facets, mask in zip(segments, masks, strict=True):
        for met in _met(facets, filters, venue).values():
            mask &= met
    return np.concatenate(masks) if masks else np.zeros(0, dtype=bool)


def lacking_rows(segments: Sequence[Facets], filters: Filters) -> NDArray[np.bool_]:
    """A mask, as of :func:`matching_rows`, of papers that are left out for want of knowledge.

    Those that meet all ``filters`` but one on a year or a venue, where none is known of theirs.
    Raises as :func:`matching_rows`.
    """
    venue, masks = _of_venue(segments, filters), _under_category(segments, filters)
    for facets, mask in zip(segments, masks, strict=True):
        met, lacking = _met(facets, filters, venue), _lacking(facets, venue)
        for name, holds in met.items():
            mask &= holds | lacking[name] if name in lacking else holds
        mask &= np.logical_or.reduce([lacking[name] for name in lackable(filters)])
    return np.concatenate(masks) if masks else np.zeros(0, dtype=bool)


def lackable(filters: Filters) -> list[str]:
    """What is filtered by that is not known of every paper: "year", "venue", "author"."""
    venue = filters.get("venue")
    asked = {
        "year": filters.get("year") is not None or bool(venue and _name_and_year(venue)[1]),
        "venue": bool(venue),
        "author": bool(filters.get("author")),
    }
    return [name for name, is_asked in asked.items() if is_asked]


@dataclass(frozen=True, slots=True)
class AskedVenue:
    """A venue that papers are asked to be of.

    Attributes:
        pattern: finds its name in those of venues in lower case; a regular expression that both
            Python and databases read.
        years: from and to which year, if any is asked for together with it.
    """

    pattern: str
    years: tuple[int, int] | None

    def is_named(self, name: str) -> bool:
        """Whether it is the venue with this name, its year left aside."""
        return re.search(self.pattern, name.casefold()) is not None

    def may_be(self, name: str) -> bool:
        """Whether it is the venue with this name, and of no other year than the asked one."""
        of_year = self.years is None or not _is_dated(name) or _is_of(name, *self.years)
        return self.is_named(name) and of_year


def _is_dated(venue: str) -> bool:
    """Whether the name of a venue has a year in it."""
    return re.search(ANY_YEAR, venue) is not None


def _is_of(venue: str, first: int, last: int) -> bool:
    return re.search(any_of_years(first, last), venue) is not None


def any_of_years(first: int, last: int) -> str:
    """A regular expression for any year from ``first`` to ``last``; it may find none."""
    years = (str(year) for year in _YEARS_IN_NAMES if first <= year <= last)
    return rf"(?:^|\D)(?:{'|'.join(years) or 'none'})(?:\D|$)"


def _name_and_year(venue: str) -> tuple[str, int | None]:
    """What is asked for of a venue: its name, and the year that stands behind it."""
    name, year = venue.strip()[:-4], venue.strip()[-4:]
    if any(map(str.isalpha, name)) and not name[-1].isdecimal() and _YEAR.fullmatch(year):
        return name, int(year)
    return venue, None


def _met(
    facets: Facets, filters: Filters, venue: AskedVenue | None
) -> dict[str, NDArray[np.bool_]]:
    """A mask of the papers of a segment that meet it, for each filter but that on the category."""
    met: dict[str, NDArray[np.bool_]] = {}
    if asked := ranges(filters, venue):
        each = [_appeared(facets, first, last, venue) for first, last in asked]
        met["year"] = np.logical_and.reduce(each)
    if venue:
        met["venue"] = _of_names(facets, venue.is_named)
    if (has_code := filters.get("has_code")) is not None:
        met["has_code"] = facets.has_code == has_code
    return met


def _appeared(facets: Facets, first: int, last: int, venue: AskedVenue | None) -> NDArray[np.bool_]:
    """A mask of the papers of a segment of the years from ``first`` to ``last``."""
    years = facets.years
    own: NDArray[np.bool_] = (years >= first) & (years <= last) & (years != NO_YEAR)
    if not venue:
        return own
    by_name = _of_names(facets, lambda name: _is_of(name, first, last))
    found: NDArray[np.bool_] = np.where(_of_names(facets, _is_dated), by_name, own)
    return found


def _lacking(facets: Facets, venue: AskedVenue | None) -> dict[str, NDArray[np.bool_]]:
    """A mask of the papers of a segment without it, for each fact that may not be known."""
    undated = facets.years == NO_YEAR
    return {
        "year": undated & ~_of_names(facets, _is_dated) if venue else undated,
        "venue": _of_names(facets, lambda name: not name),
        "author": ~facets.has_authors,
    }


def _of_names(facets: Facets, holds: Callable[[str], bool]) -> NDArray[np.bool_]:
    """A mask of the papers of a segment whose venue has a name of which something holds."""
    return np.array([holds(name) for name in facets.venues], dtype=bool)[facets.venue_of]


def ranges(filters: Filters, venue: AskedVenue | None) -> list[tuple[int, int]]:
    """From and to which year papers are asked for, by themselves and together with a venue."""
    year = filters.get("year")
    ranges = [] if year is None else [_years(year)]
    return [*ranges, venue.years] if venue and venue.years else ranges


def heading_names(paper: Paper) -> list[str]:
    """Every name by which a category may be asked for that a paper stands under.

    Each run of names within a path; each that begins it a second time, after ``BEGINS``.
    """
    names: dict[str, None] = {}
    for path in filed_under(paper):
        keys = tuple(map(name_key, path))
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


def check_names(filters: Filters) -> None:
    """Refuse a filter that there is not, or that asks for nothing, with a FilterError."""
    unknown = set(filters) - set(Filters.__annotations__)
    if unknown:
        raise FilterError(
            f"no filter {', '.join(map(repr, sorted(unknown)))}; "
            f"expected {', '.join(Filters.__annotations__)}"
        )
    if empty := [name for name, asked in filters.items() if asked == ""]:
        raise FilterError(f"no {empty[0]} is named; name one, or leave that filter out")


def _of_venue(segments: Sequence[Facets], filters: Filters) -> AskedVenue | None:
    """The venue that is asked for, among those of the segments. Raises as :func:`asked_venue`."""
    check_names(filters)
    return asked_venue(filters, {name for facets in segments for name in facets.venues})


def asked_venue(filters: Filters, venues: Collection[str]) -> AskedVenue | None:
    """The venue that is asked for: whole words of names or, where no name has those, parts.

    Raises:
        FilterError: none of ``venues`` may be meant; those that are near are named.
    """
    asked = filters.get("venue")
    if not asked:
        return None
    name, year = _name_and_year(asked)
    years = None if year is None else (year, year)
    words = re.findall(r"\d+|[^\W\d_]+", name.casefold())
    if words:
        part = r"[\W_]*".join(words)
        before, after = (r"\D" if end.isdecimal() else r"[\W\d_]" for end in (part[0], part[-1]))
        for pattern in (rf"(?:^|{before}){part}(?:{after}|$)", part):
            venue = AskedVenue(pattern, years)
            if any(map(venue.may_be, venues)):
                return venue
    raise _no_venue(asked, venues)


def _no_venue(asked: str, venues: Collection[str]) -> FilterError:
    named = list(dict.fromkeys(filter(None, venues)))[:NEAR_AMONG]
    bare = sorted({_FROM_YEAR_ON.sub("", name) or name for name in named})
    known = {name.casefold(): name for name in (*named, *bare)}
    near = difflib.get_close_matches(asked.casefold().strip()[:QUOTED], known, n=3)
    hint = "of none a venue is known"
    if near:
        hint = f"did you mean {' or '.join(repr(known[one]) for one in near)}?"
    elif bare:
        more = ", …" if len(bare) > NAMED else ""
        hint = f"there are {', '.join(map(repr, bare[:NAMED]))}{more}"
    return FilterError(f"no paper is known to be of the venue {asked[:QUOTED]!r}; {hint}")


def _wanted(category: str | Category) -> tuple[Sequence[str], Category]:
    """The names of a path, as they are written and as they are compared."""
    names = category.split(CATEGORY_SEPARATOR.strip()) if isinstance(category, str) else category
    return names, tuple(name_key(name) for name in names)


def _no_heading(names: Sequence[str], headings: Iterable[Category]) -> FilterError:
    known = {name_key(name): name for name in sorted({name for path in headings for name in path})}
    near = difflib.get_close_matches(name_key(names[-1]), known, n=3, cutoff=0.5)
    named = " or ".join(repr(known[key]) for key in near)
    hint = f"did you mean {named}?" if near else "`headings` lists all"
    asked = CATEGORY_SEPARATOR.join(name.strip() for name in names)[:QUOTED]
    return FilterError(f"no paper stands under {asked!r}; {hint}")


def _under_category(segments: Sequence[Facets], filters: Filters) -> list[NDArray[np.bool_]]:
    """A mask of the papers of each segment that stand under the category, all if there is none.

    Raises:
        FilterError: there is no such heading.
    """
    masks = [np.ones(len(facets), dtype=bool) for facets in segments]
    category = filters.get("category")
    if not category:
        return masks
    meant = set(headings_meant(category, [path for facets in segments for path in facets.paths]))
    for facets, mask in zip(segments, masks, strict=True):
        mask &= facets.under(np.array([path in meant for path in facets.paths], dtype=bool))
    return masks


def headings_meant(category: str | Category, headings: Collection[Category]) -> list[Category]:
    """The ``headings`` that a category is the name of, or else, of one name, a part of it.

    Raises:
        FilterError: there is none.
    """
    names, wanted = _wanted(category)
    holds = _holds if isinstance(category, str) else _begins
    meant = [path for path in headings if holds(tuple(map(name_key, path)), wanted)]
    if not meant and isinstance(category, str) and len(wanted) == 1 and wanted[0]:
        meant = [path for path in headings if any(wanted[0] in name_key(name) for name in path)]
    if not meant:
        raise _no_heading(names, headings)
    return meant


def _holds(path: Category, wanted: Category) -> bool:
    """True if ``wanted`` is a contiguous part of ``path``: a prefix, the leaf, or a middle."""
    return any(path[at : at + len(wanted)] == wanted for at in range(len(path) - len(wanted) + 1))


def _begins(path: Category, wanted: Category) -> bool:
    return path[: len(wanted)] == wanted


def name_key(name: str) -> str:
    """A heading as headings are compared: without regard to case and blanks."""
    return " ".join(name.split()).casefold()


def _years(year: int | tuple[int, int]) -> tuple[int, int]:
    match year:
        case int():
            return year, year
        case (int(first), int(last)) if first <= last:
            return first, last
    raise FilterError(f"year is {year!r}; expected one year, or (from, to) with from ≤ to")
