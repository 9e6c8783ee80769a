"""Where papers stand in a list, and which of its headings is meant by a name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ssm_search.awesome import reading_of
from ssm_search.errors import ListError
from ssm_search.papers import Category, Duplicate, Paper, title_key

MOST_ID = 16  # characters of an id that is told beside a title: arXiv's longest have as many
QUOTED = 200  # characters in which a heading is looked for
_PARTS = (">", "›", "»", "/")  # between the names of a path, as people write it


@dataclass(frozen=True, slots=True)
class Place:
    """One place where a paper stands.

    Attributes:
        line: of the list, counted from 1; 0 if it is not known.
        category: the heading over it; () if there is none.
    """

    line: int
    category: Category

    def __str__(self) -> str:
        under = f"under {' › '.join(self.category)}" if self.category else ""
        return ", ".join(filter(None, [f"line {self.line}" if self.line else "", under]))


@lru_cache(maxsize=1)
def _places(list_text: str) -> dict[str, tuple[Place, ...]]:
    places: dict[str, tuple[Place, ...]] = {}
    for entry in reading_of(list_text).entries:
        place = Place(entry.line, next(iter(entry.paper.categories), ()))
        places[entry.paper.id] = (*places.get(entry.paper.id, ()), place)
    return places


def places_in(list_text: str, paper_id: str) -> tuple[Place, ...]:
    """Where the paper with this id stands; () if it does not."""
    return _places(list_text).get(paper_id, ()) if list_text else ()


def places_of(listed: Paper, list_text: str) -> tuple[Place, ...]:
    """Where a listed paper stands, as the list is now or else as it was when it was indexed."""
    found = places_in(list_text, listed.id)
    return found or tuple(Place(0, path) for path in listed.categories) or (Place(0, ()),)


def as_listed(same: Duplicate, places: Iterable[Place]) -> str:
    """Say that a paper is listed, and on which lines and under which headings."""
    where = "; ".join(filter(None, map(str, places)))
    at = ", ".join(["already listed", *filter(None, [where])])
    if same.reason == "id":
        return at
    name = told_id(same.paper) or (f"“{same.paper.title}”" if same.reason != "title" else "")
    called = f", {name}," if name else ""
    return f"a paper of the same {same.reason}{called} is {at}"


def told_id(paper: Paper) -> str:
    """The id that people are told beside a title; "" for one that is the title once more."""
    return paper.id if len(paper.id) <= MOST_ID else ""


def heading_named(wanted: Category | str, list_text: str) -> Category:
    """The heading that is wanted, by its path or its last name; as it is, if there is none.

    Raises:
        ListError: several headings have the name that is wanted.
    """
    if not isinstance(wanted, str):
        return tuple(wanted)
    parts = tuple(" ".join(part.split()) for part in wanted.split(">"))
    folded = " > ".join(parts).casefold()
    named = {path: " > ".join(path).casefold() for path in reading_of(list_text).categories}
    found = [path for path, name in named.items() if name == folded]
    found = found or [path for path, name in named.items() if name.endswith(f" > {folded}")]
    if len(found) > 1:
        paths = ", ".join(repr(" > ".join(path)) for path in found)
        raise ListError(f"several headings are called {wanted!r}: {paths}; give the whole path")
    return found[0] if found else parts


def headings_meant(said: Iterable[Category], headings: Sequence[Category]) -> tuple[Category, ...]:
    """Those of ``headings`` that a submission names, each once.

    Args:
        said: paths as a diff has them, or what an issue calls a heading, perhaps with more behind
            it; what names no heading, or several, is passed over.
    """
    keys = {path: tuple(map(title_key, path)) for path in headings}
    found: dict[Category, None] = {}
    for path in said:
        meant = _meant(tuple(map(title_key, path)), keys)
        if not meant and len(path) == 1:
            meant = _meant(_parted(path[0]), keys) or _begun_by(path[0], keys)
        if meant:
            found[meant] = None
    return tuple(found)


def _meant(said: Category, keys: dict[Category, Category]) -> Category:
    """The one path that is ``said``, or else ends so; () if there is none, or more than one."""
    if not any(said):
        return ()
    whole = [path for path, key in keys.items() if key == said]
    ends = whole or [path for path, key in keys.items() if key[-len(said) :] == said]
    return ends[0] if len(ends) == 1 else ()


def _parted(name: str) -> Category:
    for sign in _PARTS:
        name = name.replace(sign, _PARTS[0])
    return tuple(filter(None, map(title_key, name.split(_PARTS[0]))))


def _begun_by(text: str, keys: dict[Category, Category]) -> Category:
    """The one path with the longest last name that ``text`` begins with: "Graphs, if you like"."""
    words = text[:QUOTED].split()
    for end in range(len(words) - 1, 0, -1):
        if meant := _meant((title_key(" ".join(words[:end])),), keys):
            return meant
    return ()
