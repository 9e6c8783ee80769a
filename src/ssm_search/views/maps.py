"""All papers as a map: one dot each, near ones alike, coloured by heading."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.errors import MapError
from ssm_search.files import write_atomically
from ssm_search.papers import Category, Hit, Paper
from ssm_search.search import Search
from ssm_search.text import shown
from ssm_search.views.regions import regions

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_GROUPS = 8  # colours that people with any colour vision can tell apart
COLOURS = "#0072b2 #e69f00 #009e73 #cc79a7 #d55e00 #56b4e9 #f0e442 #8c6bb1".split()
"""Okabe & Ito, "Color Universal Design" (2008); a violet for its black, which a dark page hides."""
SYMBOLS = "circle square diamond cross triangle star x pentagon".split()
"""A second sign beside the colour; what draws the map knows these names."""
REST, REST_COLOUR = "other headings", "#909090"
NO_HEADING = "no heading"
FORMATS = (".html", ".png", ".svg")
MOST_DOTS = 50_000
"""Papers of a map, beyond which an even sample stands for all. 8,579 are 1.6 MB, packed 0.4 MB;
50,000 are 8 MB, packed 2.1 MB, and take 9 s to make."""
MOST_TITLE = 200  # characters


@dataclass(frozen=True, slots=True)
class Group:
    """The papers of one heading, and how their dots look."""

    name: str
    colour: str
    symbol: str
    rows: list[int]


def groups(papers: Sequence[Paper]) -> list[str]:
    """The heading, of at most ``MOST_GROUPS``, that each paper is coloured by; its first counts.

    From the outermost headings on, the branch that parts a group most evenly becomes a group of its
    own, as long as there are colours.
    """
    paths = [paper.categories[0] if paper.categories else () for paper in papers]
    chosen = {path[:1] for path in paths}
    while len(chosen) < MOST_GROUPS:
        of = [_group(path, chosen) for path in paths]
        sizes = Counter(of)
        # How many papers of a group stand below each child of its heading.
        children = Counter(
            (mine, path[: len(mine) + 1])
            for mine, path in zip(of, paths, strict=True)
            if len(path) > len(mine)
        )
        gains = {
            child: min(count, sizes[mine] - count) for (mine, child), count in children.items()
        }
        best = max(gains, key=lambda child: gains[child], default=())
        if not best or gains[best] < 2:
            break
        chosen.add(best)
    of = [_group(path, chosen) for path in paths]
    kept = {mine for mine, _ in Counter(of).most_common(MOST_GROUPS)}
    names = _names(kept)
    return [names[mine] if mine in kept else REST for mine in of]


def map_data(search: Search, hits: Sequence[Hit] = (), query: str = "") -> dict[str, Any]:
    """The map as JSON types, as ``map.js`` draws it; ``hits`` stand out, and ``query`` among them.

    "x" and "y" are from 0 to 1, downwards as on screens, with four digits; they, "group" (which one
    of "groups"), "ids", "titles", "facts" and "links" have an entry for each paper, in the order of
    the list. "regions" are named places, each with how many of its papers are of which group, and
    "answers" rows and ranks. All texts are plain. Of more than ``MOST_DOTS`` papers, an even sample
    and all hits are there.

    Raises:
        IndexFolderError: the index is that of a large corpus, which has no map.
    """
    places = positions(search)
    ranks = {hit.paper.id: hit.rank for hit in hits}
    rows = _sampled(search.papers, ranks)
    papers, unit = [search.papers[row] for row in rows], (places[rows] + [1, -1]) / [2, -2]
    of = legend(papers)
    group = {row: number for number, one in enumerate(of) for row in one.rows}
    at_row = {row: drawn for drawn, row in enumerate(rows)}
    at = {paper.id: row for row, paper in enumerate(papers)}
    return {
        "groups": [
            {"name": shown(one.name), "colour": one.colour, "symbol": one.symbol} for one in of
        ],
        "x": [round(x, 4) for x in unit[:, 0].tolist()],
        "y": [round(y, 4) for y in unit[:, 1].tolist()],
        "group": [group[row] for row in range(len(papers))],
        "ids": [paper.id for paper in papers],
        "titles": [_cut(shown(paper.title), MOST_TITLE) for paper in papers],
        "facts": [_facts(paper) for paper in papers],
        "links": [shown(paper.url) for paper in papers],
        "regions": [
            {
                "name": one.name,
                "x": round((one.x + 1) / 2, 4),
                "y": round((1 - one.y) / 2, 4),
                "papers": one.papers,
                "level": one.level,
                "groups": _counted(group[at_row[row]] for row in one.rows if row in at_row),
            }
            for one in regions(search.papers, places)
        ],
        "answers": [{"row": at[one], "rank": rank} for one, rank in ranks.items() if one in at],
        "question": _cut(shown(query), MOST_TITLE),
    }


def script_json(data: Any) -> str:
    """``data`` as JSON that may stand within a script of a page, whatever its texts are."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def write_map(search: Search, path: str | Path, hits: Sequence[Hit] = (), query: str = "") -> None:
    """Write the map to a file: an interactive page that needs no network, or a picture.

    Raises:
        MapError: the name ends in something other than one of ``FORMATS``; or the index is that
            of a large corpus.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in FORMATS:
        raise MapError(f"cannot write a map as {path.name!r}; expected {', '.join(FORMATS)}")
    from ssm_search.views import map_files, map_pictures

    if kind == ".html":
        content = map_files.page(map_data(search, hits, query), _title(search, query))
    else:
        content = map_pictures.picture(search.papers, positions(search), hits, kind[1:])
    write_atomically(path, content)


def legend(papers: Sequence[Paper]) -> list[Group]:
    """The :func:`groups` of papers with their looks; the largest first, and the rest last."""
    members: dict[str, list[int]] = {}
    for row, name in enumerate(groups(papers)):
        members.setdefault(name, []).append(row)
    names = sorted(members, key=lambda name: (name == REST, -len(members[name]), name))
    signs = zip(COLOURS, SYMBOLS, strict=True)
    return [
        Group(name, *((REST_COLOUR, SYMBOLS[0]) if name == REST else next(signs)), members[name])
        for name in names
    ]


def positions(search: Search) -> NDArray[np.float32]:
    """Where each paper of a list stands, in [-1, 1], upwards: shape (n, 2)."""
    return search.rows.as_list().positions


def _title(search: Search, query: str) -> str:
    """Of which list a map is, and of which question."""
    name = search.manifest.title or search.manifest.list_name
    if not query:
        return f"Map of {name or 'papers'}"
    asked = f"of “{_cut(shown(query), MOST_TITLE)}”"
    return f"{name}: map {asked}" if name else f"Map {asked}"


def _group(path: Category, chosen: set[Category]) -> Category:
    """The innermost heading of ``path`` that is ``chosen``."""
    return next((path[:n] for n in range(len(path), 0, -1) if path[:n] in chosen), ())


def _names(paths: set[Category]) -> dict[Category, str]:
    """Each by its last heading, or by all of them where that would be two groups' name."""
    last = Counter(path[-1:] for path in paths)
    return {
        path: (" › ".join(path) if last[path[-1:]] > 1 else path[-1]) if path else NO_HEADING
        for path in paths
    }


def _sampled(papers: Sequence[Paper], wanted: Container[str]) -> list[int]:
    """Rows to draw: all, or an even sample and those with a wanted id."""
    every = -(-len(papers) // MOST_DOTS)
    return [row for row, one in enumerate(papers) if row % max(every, 1) == 0 or one.id in wanted]


def _counted(of: Iterable[int]) -> list[list[int]]:
    """Numbers, and how often each is there; ascending."""
    return [list(pair) for pair in sorted(Counter(of).items())]


def _facts(paper: Paper) -> str:
    heading = " › ".join(paper.categories[0]) if paper.categories else ""
    facts = " · ".join(filter(None, [paper.year_text, paper.venue, heading]))
    return _cut(shown(facts), MOST_TITLE)


def _cut(text: str, most: int) -> str:
    """The beginning of ``text``, in one line."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
