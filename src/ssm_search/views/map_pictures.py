"""The map as a picture, to be printed or shown: PNG or SVG."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.papers import Hit, Paper
from ssm_search.text import shown
from ssm_search.views import map_labels, maps
from ssm_search.views.regions import regions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

MARKERS = dict(zip(maps.SYMBOLS, "osDP^*Xp", strict=True))  # as matplotlib names them
INK = "#767676"  # 4.5 : 1 on white, 4.6 : 1 on black: one picture serves both
INCH = 96  # pixels of a browser, in which all is measured here
SIZE = (10, 7)  # inches
SHARPNESS = 160  # dots of a PNG to an inch
WIDEST = {2: 410, 3: 280}  # pixels of a line in a key of so many columns
POINT = 0.75  # of a pixel

# As in map.js, map_dots.js and map_paint.js.
MARGIN = 28  # pixels around all papers
MOST_STRETCH = 1.5  # of one axis against the other
DENSE = 0.13  # a dot's radius, of the side of the square that each would have to itself
LEAST, MOST = 1.5, 7  # of that radius, in pixels
LARGER = 1.5  # an answer's dot
SQUARE = 0.81  # of a square's side to the diameter of a circle that looks as large
FADED, FAINTEST = 0.4, 0.15  # opacity of papers that do not answer; where many lie on each other
BELOW = 0.25  # opacity, of that of others, of a dot below a name

_PLAIN: dict[str, Any] = {"frameon": False, "labelcolor": INK, "fontsize": 13 * POINT}
_TEXT: dict[str, Any] = {"color": INK, "ha": "center", "va": "center", "fontsize": 13 * POINT}
_PLATE = {"boxstyle": "circle,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.8}
"""Below a rank that stands on the sign of a worse answer, on whose colour it could not be read."""


def picture(
    papers: Sequence[Paper], places: NDArray[np.float32], hits: Sequence[Hit], kind: str
) -> bytes:
    """A picture of papers at their places; ``hits`` stand out, and have a key above.

    Names and ranks stand where the map in a browser has them; and as there, the papers fill the
    room: one axis is stretched at most ``MOST_STRETCH`` times as much as the other. Which paper is
    left of or above which stays so, and what is near stays near; a circle becomes an ellipse.

    Args:
        places: of each paper, in [-1, 1], upwards, of shape (n, 2).
        kind: "png" or "svg".
    """
    from matplotlib import rc_context

    file = io.BytesIO()
    # Text as text, and nothing in it read as a formula; the same file for the same map.
    with (
        rc_context({"svg.fonttype": "none", "text.parse_math": False, "svg.hashsalt": "map"}),
        warnings.catch_warnings(),
    ):
        # A letter that no font here has is drawn as a box; nobody can mend that from here.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        canvas = _drawn(papers, places, hits)
        metadata = {"Date": None} if kind == "svg" else {}
        canvas.savefig(file, format=kind, dpi=SHARPNESS, transparent=True, metadata=metadata)
    return file.getvalue()


def fitted(places: NDArray[np.float32], sides: tuple[float, float]) -> NDArray[np.float64]:
    """Places in pixels, to the right and down, that fill a picture of these sides."""
    if not len(places):
        return np.zeros((0, 2))
    at = places.astype(np.float64) * (1, -1)
    low, high = at.min(axis=0), at.max(axis=0)
    scales = (np.array(sides) - 2 * MARGIN).clip(1) / (high - low).clip(0.02)
    scales = scales.clip(max=scales.min() * MOST_STRETCH)
    filled: NDArray[np.float64] = (at - (low + high) / 2) * scales + np.array(sides) / 2
    return filled


def _drawn(papers: Sequence[Paper], places: NDArray[np.float32], hits: Sequence[Hit]) -> Figure:
    from matplotlib.figure import Figure

    canvas = Figure(figsize=SIZE, dpi=INCH, layout="constrained")
    axes = canvas.add_subplot()
    axes.set_axis_off()
    groups = maps.legend(papers)
    _explain(canvas, axes, groups, hits)
    canvas.draw_without_rendering()  # which leaves the papers the room that is left
    canvas.set_layout_engine("none")
    box = axes.get_window_extent()
    sides = float(box.width), float(box.height)
    axes.set(xlim=(0, sides[0]), ylim=(sides[1], 0))

    at = fitted(places, sides)
    own = DENSE * math.sqrt(sides[0] * sides[1] / max(len(papers), 1))
    radius = min(max(own, LEAST), MOST)
    rows = {paper.id: row for row, paper in enumerate(papers)}
    ranks = {rows[hit.paper.id]: hit.rank for hit in hits if hit.paper.id in rows}
    best = [(float(x), float(y)) for x, y in at[list(ranks)]]
    size = radius * LARGER + 1
    numbers = map_labels.ranked(best, list(ranks.values()), size)
    signs = [map_labels.square(x, y, size) for x, y in best]
    taken = [*signs, *(one.box for one in numbers)]
    middles = _middles(papers, places, at)
    names = map_labels.named(
        middles, at, radius, sides, taken, lambda line: _width(canvas, line, "bold")
    )

    opacity = np.full(len(papers), max(FADED * min(own / LEAST, 1), FAINTEST) if ranks else 1.0)
    for name in names:
        opacity[map_labels.within(at, name.box)] *= BELOW
    _put(axes, at, groups, ranks, opacity, radius)
    for label in (*numbers, *names):
        x, y = label.middle
        is_covering = any(map_labels.overlap(label.box, sign) for sign in signs)
        for line, text in enumerate(label.lines):
            down = y + (line - (len(label.lines) - 1) / 2) * map_labels.HIGH
            axes.text(x, down, text, weight="bold", bbox=_PLATE if is_covering else None, **_TEXT)
    return canvas


def _explain(canvas: Figure, axes: Axes, of: Sequence[maps.Group], hits: Sequence[Hit]) -> None:
    """What the signs mean, below the papers; which answers the ranks are of, above."""
    from matplotlib.lines import Line2D

    if of:
        signs = [axes.scatter([], [], s=_area(one, 5), **_look(one)) for one in of]
        names = [_short(canvas, one.name, WIDEST[3]) for one in of]
        canvas.legend(signs, names, loc="outside lower center", ncols=3, **_PLAIN)
    if hits:
        key = [f"{hit.rank}  {_short(canvas, hit.paper.title, WIDEST[2])}" for hit in hits]
        blank = [Line2D([], [], linestyle="") for _ in key]
        canvas.legend(blank, key, loc="outside upper center", ncols=2, handlelength=0, **_PLAIN)


def _middles(
    papers: Sequence[Paper], places: NDArray[np.float32], at: NDArray[np.float64]
) -> list[tuple[str, float, float]]:
    """What papers that lie close together are about, and where, as the whole map shows it."""
    whole = [one for one in regions(papers, places) if not one.level] if len(papers) else []
    middles = [np.median(at[list(one.rows)], axis=0).tolist() for one in whole]
    return [(one.name, x, y) for one, (x, y) in zip(whole, middles, strict=True)]


def _put(
    axes: Axes,
    at: NDArray[np.float64],
    groups: Sequence[maps.Group],
    answers: Collection[int],
    opacity: NDArray[np.float64],
    radius: float,
) -> None:
    """Draw the dots of each heading, and its answers above them."""
    line = (0.5 if radius < 3 else 1) * POINT
    for group in groups:
        found = [row for row in group.rows if row in answers]
        others = [row for row in group.rows if row not in answers]
        plain = {"s": _area(group, radius), "linewidths": line, "alpha": opacity[others]}
        large = {"s": _area(group, radius * LARGER + 1), "zorder": 2}
        for rows, look in ((others, plain), (found, large)):
            if rows:
                axes.scatter(at[rows, 0], at[rows, 1], **_look(group) | look)


def _area(group: maps.Group, radius: float) -> float:
    """The size of a sign as matplotlib gives it, of which that of a square counts its sides."""
    return float((2 * radius * POINT * (SQUARE if MARKERS[group.symbol] in "sD" else 1)) ** 2)


def _look(group: maps.Group) -> dict[str, Any]:
    marker = MARKERS[group.symbol]
    return {"color": group.colour, "marker": marker, "edgecolors": INK, "linewidths": 0.8}


def _short(canvas: Figure, text: str, most: float) -> str:
    """As much of the beginning of ``text`` as so many pixels have room for."""
    text = " ".join(shown(text).split())[: maps.MOST_TITLE]
    whole = text
    while len(text) > 1 and _width(canvas, text, "normal") > most:
        text = f"{text[: min(len(text) - 2, int(len(text) * 0.95))].rstrip()}…"
    return text if len(text) > 1 else whole[:1]


def _width(canvas: Figure, text: str, weight: str) -> float:
    """Of a line, in pixels."""
    drawn = canvas.text(0, 0, text, weight=weight, **_TEXT)
    width = drawn.get_window_extent().width
    drawn.remove()
    return float(width)
