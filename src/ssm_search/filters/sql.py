"""Filters as conditions in SQL, for papers that lie in a table."""

from __future__ import annotations

from collections.abc import Collection

from ssm_search.filters.facets import NO_YEAR
from ssm_search.filters.matching import (
    ANY_YEAR,
    BEGINS,
    CATEGORY_SEPARATOR,
    AskedVenue,
    Filters,
    any_of_years,
    asked_venue,
    check_names,
    headings_meant,
    lackable,
    name_key,
    ranges,
    several,
)
from ssm_search.names import author_keys, signed64
from ssm_search.papers import Category
from ssm_search.text import terms

MOST = 2**31 - 1  # of a year in a table
_LACKING = {
    "year": f"year = {NO_YEAR}",
    "venue": "venue = ''",
    "author": "NOT has_authors",
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
    unknown = dict(_LACKING)
    if filters.get("venue"):
        unknown["year"] = f"({unknown['year']} AND NOT {_finds(ANY_YEAR)})"
    may_hold = [f"({sql} OR {unknown[one]})" if one in unknown else sql for one, sql in met.items()]
    lacking = " OR ".join(unknown[name] for name in lackable(filters))
    return " AND ".join([*may_hold, f"({lacking})"])


def _conditions(
    filters: Filters, headings: Collection[Category], venues: Collection[str]
) -> dict[str, str]:
    """A condition in SQL for each filter."""
    check_names(filters)
    venue = asked_venue(filters, venues)
    conditions = {}
    if category := filters.get("category"):
        paths = sorted({tuple(map(name_key, path)) for path in headings_meant(category, headings)})
        wanted = (quoted(BEGINS + CATEGORY_SEPARATOR.join(path)) for path in paths)
        holds = " OR ".join(f"array_has(headings, {name})" for name in wanted)
        conditions["category"] = f"({holds})"
    years = [_years_in_sql(first, last, venue) for first, last in ranges(filters, venue)]
    if years:
        conditions["year"] = " AND ".join(years)
    if venue:
        conditions["venue"] = _finds(venue.pattern)
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


def _years_in_sql(first: int, last: int, venue: AskedVenue | None) -> str:
    least, most = (max(-MOST, min(MOST, one)) for one in (first, last))
    own = f"(year >= {least} AND year <= {most} AND year != {NO_YEAR})"
    if not venue:
        return own
    return f"({_finds(any_of_years(first, last))} OR (NOT {_finds(ANY_YEAR)} AND {own}))"


def _finds(pattern: str) -> str:
    return f"regexp_like(venue, {quoted(pattern)})"


def quoted(text: str) -> str:
    """Write ``text`` as a string in SQL, in quotes."""
    return "'" + text.replace("'", "''") + "'"
