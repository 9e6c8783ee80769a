"""What the page offers of a library: its lists and headings, years and venues, and what to try."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, islice, zip_longest

from ssm_search import Category, Paper, display
from ssm_search_app.address import Search
from ssm_search_app.library import Library

MOST_VENUES = 200  # in a menu
EXAMPLES = 3  # headings among the questions to try
MOST_LOOKED_AT = 5_000  # papers of a large corpus, for such questions
# In a heading's own name, so that "A > B" is not "B" below "A"; as cards.js of a site has it.
_SIGN = re.compile(r"(?<!\S)\\*>(?!\S)")
INDENT = "\u2003"  # an em space, which menus do not swallow


def lists(library: Library) -> list[tuple[str, str, str]]:
    """Of each list its name, its key and what else it may be called, as :meth:`Library.find`."""
    named = zip(library.names, library.keys, library.each, strict=False)
    return [(name, key, f"{one.title} ({key})") for name, key, one in named]


def headings(library: Library, *, empty: bool = False) -> list[tuple[str, str]]:
    """The tree of headings as a menu: (what is shown, path); counts include what is below.

    Args:
        empty: with those that no paper stands under yet.
    """
    counts = library.search.tally.headings
    return [
        (f"{INDENT * (len(path) - 1)}{display.shown(path[-1])} ({counts[path]})", name)
        for name, path in paths(library).items()
        if empty or counts[path]
    ]


def paths(library: Library) -> dict[str, Category]:
    """Each heading by its name in menus and addresses, below its parent, as the list has them."""
    return {
        display.shown(" > ".join(_SIGN.sub(r"\\\g<0>", name) for name in path)): path
        for path in library.search.tree
    }


def in_menus(library: Library, search: Search) -> Search:
    """``search`` without what no menu of the page offers; links may name anything."""
    shelf, library = library, library.chosen(search.list)
    known = years(library)
    return replace(
        search,
        list=shelf.key_of(library),
        category=search.category if search.category in paths(library) else "",
        venue=search.venue if search.venue in venues(library) else "",
        year_from=search.year_from if search.year_from in known else 0,
        year_to=search.year_to if search.year_to in known else 0,
    )


def years(library: Library) -> list[int]:
    """The years that papers of the library have, newest first."""
    return sorted({year for one in library.each for year in one.search.tally.years}, reverse=True)


def venues(library: Library) -> list[str]:
    """The most frequent venues, at most ``MOST_VENUES`` of each list, in alphabetical order."""
    return sorted(venues_by_name(library))


def venues_by_name(library: Library) -> dict[str, str]:
    """Each of the :func:`venues` by its name in menus and addresses."""
    common = (one.search.tally.venues.most_common(MOST_VENUES) for one in library.each)
    return {display.shown(name): name for venues in common for name, _ in venues}


def examples(library: Library) -> list[str]:
    """Questions that this list can answer: of each kind one that says something, and an id."""
    topics = _topics(library)
    papers = list(islice(library.search.papers, MOST_LOOKED_AT))
    latest = max(library.search.tally.years, default=0)
    dated = [one for one in topics[1:] if _has_of(papers, one, latest)][:1]
    authors = Counter(author for paper in papers for author in paper.authors)
    return [
        *(one for one in topics if one not in dated),
        *(f"{one} since {latest}" for one in dated),
        *(f"papers by {name}" for name, count in authors.most_common(1) if count > 1),
        *islice((paper.id for paper in reversed(papers) if paper.kind == "paper"), 1),
    ]


def _topics(library: Library) -> list[str]:
    """Headings to ask for, of each list in turn: large ones, but not of most of its papers."""
    by_list = []
    for one in library.each:
        named = Counter[str]()
        for path, count in one.search.tally.headings.items():
            if " " in path[-1]:
                named[path[-1]] += count
        by_list.append([name for name, count in named.most_common() if 2 * count <= one.count])
    in_turn = chain.from_iterable(zip_longest(*by_list))
    return list(dict.fromkeys(name for name in in_turn if name))[:EXAMPLES]


def _has_of(papers: Sequence[Paper], heading: str, year: int) -> bool:
    return any(
        paper.known_year == year and any(heading in path for path in paper.categories)
        for paper in papers
    )
