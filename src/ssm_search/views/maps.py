"""All papers as a picture: one dot each, near ones alike, coloured by heading."""

from __future__ import annotations

import html
import io
import textwrap
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.errors import MapError
from ssm_search.files import write_atomically
from ssm_search.papers import Category, Hit, Paper
from ssm_search.search import Search
from ssm_search.text import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from plotly.graph_objects import Figure

MOST_GROUPS = 8  # colours that people with any colour vision can tell apart
COLOURS = "#0072b2 #e69f00 #009e73 #cc79a7 #d55e00 #56b4e9 #f0e442 #8c6bb1".split()
"""Okabe & Ito, "Color Universal Design" (2008); a violet for its black, which a dark page hides."""
SYMBOLS = tuple(
    zip("circle square diamond cross triangle-up star x pentagon".split(), "osDP^*Xp", strict=True)
)
"""As plotly and as matplotlib name them: a second sign beside the colour."""
REST, REST_COLOUR = "other headings", "#909090"
NO_HEADING = "no heading"
INK = "#767676"  # 4.5 : 1 on white, 4.6 : 1 on black: one picture serves both
FADED = 0.4  # opacity of the papers that do not answer
WRAP = 60  # characters of a title in a line
ANCHORS = 3  # best answers, between which the query is put: it has no place of its own
FORMATS = (".html", ".png", ".svg")

_ABOVE: dict[str, Any] = {
    "textcoords": "offset points",
    "ha": "center",
    "color": INK,
    "weight": "bold",
}
_PLAIN: dict[str, Any] = {"frameon": False, "labelcolor": INK}


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


def figure(search: Search, hits: Sequence[Hit] = (), query: str = "") -> Figure:
    """Draw the map as a plotly figure; ``hits`` stand out, and ``query`` among the best of them.

    Each dot's ``customdata`` is the id of its paper. Background transparent, for any page.
    """
    import plotly.graph_objects as go

    papers, places = search.papers, _places(search)
    rows = _rows(search, hits)
    picture = go.Figure()
    for name, (members, colour, symbol) in _traces(papers).items():
        ranks = [rows.get(row, 0) for row in members]
        picture.add_scatter(
            name=_text(name),
            x=places[members, 0],
            y=places[members, 1],
            mode="markers+text",
            text=[f"<b>{rank}</b>" if rank else "" for rank in ranks],
            textposition="top center",
            customdata=[papers[row].id for row in members],
            hovertext=[_hover(papers[row]) for row in members],
            hovertemplate="%{hovertext}<extra></extra>",
            marker={
                "color": colour,
                "symbol": symbol[0],
                "opacity": 1.0,
                "size": [16 if rank else 10 for rank in ranks],
                "line": {"width": [2 if rank else 1 for rank in ranks], "color": INK},
            },
            selectedpoints=[at for at, rank in enumerate(ranks) if rank] if rows else None,
            selected={"marker": {"opacity": 1.0}},
            unselected={"marker": {"opacity": FADED}},
        )
    if rows and query:
        anchor = _between(places, rows)
        picture.add_scatter(
            name="your query",
            x=[anchor[0]],
            y=[anchor[1]],
            mode="markers",
            hovertext=[f"<b>{_wrapped(_short(query))}</b><br>between its {ANCHORS} best answers"],
            hovertemplate="%{hovertext}<extra></extra>",
            marker={"symbol": "circle-open-dot", "size": 26, "color": INK, "line": {"width": 3}},
        )
    picture.update_layout(
        xaxis={"visible": False},
        yaxis={"visible": False},
        height=620,
        margin={"l": 0, "r": 0, "t": 8, "b": 8},
        legend={"orientation": "h", "y": -0.01, "yanchor": "top", "itemsizing": "constant"},
        font={"color": INK, "size": 13},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hoverlabel={"align": "left"},
        hovermode="closest",
        dragmode="pan",
    )
    return picture


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
    content = _page(search, hits, query) if kind == ".html" else _drawing(search, hits, kind[1:])
    write_atomically(path, content)


def _page(search: Search, hits: Sequence[Hit], query: str) -> bytes:
    picture = figure(search, hits, query).update_layout(height=None)
    plot = picture.to_html(
        full_html=False, include_plotlyjs=True, config={"scrollZoom": True}, default_height="96vh"
    )
    title = html.escape(
        shown(query or search.manifest.title or search.manifest.list_name or "papers")
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>Map of {title}</title></head>\n<body>{plot}</body></html>\n"
    ).encode()


def _drawing(search: Search, hits: Sequence[Hit], kind: str) -> bytes:
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas
    from matplotlib.lines import Line2D

    papers, places = search.papers, _places(search)
    rows = _rows(search, hits)
    file = io.BytesIO()
    # Text as text, and nothing in it read as a formula; the same file for the same map.
    with rc_context({"svg.fonttype": "none", "text.parse_math": False, "svg.hashsalt": "map"}):
        canvas = Canvas(figsize=(10, 7), layout="constrained")
        axes = canvas.add_subplot()
        axes.set_axis_off()
        legend: dict[str, Any] = {}
        for name, (members, colour, symbol) in _traces(papers).items():
            look: dict[str, Any] = {
                "color": colour,
                "marker": symbol[1],
                "edgecolors": INK,
                "linewidths": 0.8,
            }
            answers = [row for row in members if row in rows]
            others = [row for row in members if row not in rows]
            axes.scatter(
                places[others, 0], places[others, 1], s=60, alpha=FADED if rows else 1.0, **look
            )
            axes.scatter(places[answers, 0], places[answers, 1], s=160, **look)
            legend[shown(name)] = axes.scatter([], [], s=60, **look)
        for row, rank in rows.items():
            axes.annotate(str(rank), places[row], (0, 9), **_ABOVE)
        if legend:
            names = list(legend)
            canvas.legend(legend.values(), names, loc="outside lower center", ncols=3, **_PLAIN)
        key = [f"{hit.rank}  {_short(hit.paper.title)}" for hit in hits]
        if key:
            blank = [Line2D([], [], linestyle="") for _ in key]
            canvas.legend(blank, key, loc="outside upper center", ncols=2, handlelength=0, **_PLAIN)
        metadata = {"Date": None} if kind == "svg" else {}
        with warnings.catch_warnings():
            # A letter that no font here has is drawn as a box; nobody can mend that from here.
            warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
            canvas.savefig(file, format=kind, dpi=160, transparent=True, metadata=metadata)
    return file.getvalue()


def _traces(papers: Sequence[Paper]) -> dict[str, tuple[list[int], str, tuple[str, str]]]:
    """Group → rows, colour, symbol; the largest group first."""
    members: dict[str, list[int]] = {}
    for row, name in enumerate(groups(papers)):
        members.setdefault(name, []).append(row)
    names = sorted(members, key=lambda name: (name == REST, -len(members[name]), name))
    signs = zip(COLOURS, SYMBOLS, strict=True)
    return {
        name: (members[name], *((REST_COLOUR, SYMBOLS[0]) if name == REST else next(signs)))
        for name in names
    }


def _places(search: Search) -> NDArray[np.float32]:
    return search.rows.as_list().positions


def _rows(search: Search, hits: Sequence[Hit]) -> dict[int, int]:
    """Row → rank of the papers that answer."""
    ranks = {hit.paper.id: hit.rank for hit in hits}
    return {row: ranks[paper.id] for row, paper in enumerate(search.papers) if paper.id in ranks}


def _between(places: Any, rows: dict[int, int]) -> Any:
    best = sorted(rows, key=lambda row: rows[row])[:ANCHORS]
    return np.asarray(places)[best].mean(axis=0)


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


def _hover(paper: Paper) -> str:
    heading = " › ".join(paper.categories[0]) if paper.categories else ""
    facts = " · ".join(filter(None, [paper.year_text, paper.venue, heading]))
    return f"<b>{_wrapped(paper.title)}</b><br>{_text(facts)}"


def _wrapped(text: str) -> str:
    return "<br>".join(map(_text, textwrap.wrap(shown(text), WRAP)))


def _short(text: str) -> str:
    """The beginning of ``text``, in the length of a line."""
    text = " ".join(shown(text).split())
    return text if len(text) <= WRAP else text[: WRAP - 1].rstrip() + "…"


def _text(text: str) -> str:
    """``text`` as plotly, which reads HTML, shows it."""
    return html.escape(shown(text), quote=False)
