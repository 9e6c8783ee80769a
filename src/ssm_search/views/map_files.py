"""The map as a file: a page that works alone, or a picture."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ssm_search.papers import Hit, Paper
from ssm_search.text import shown
from ssm_search.views import maps, scripts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MARKERS = dict(zip(maps.SYMBOLS, "osDP^*Xp", strict=True))  # as matplotlib names them
INK = "#767676"  # 4.5 : 1 on white, 4.6 : 1 on black: one picture serves both
FADED = 0.4  # opacity of the papers that do not answer
LONGEST = 60  # characters of a title in the key of a picture

_ABOVE: dict[str, Any] = {
    "textcoords": "offset points",
    "ha": "center",
    "color": INK,
    "weight": "bold",
}
_PLAIN: dict[str, Any] = {"frameon": False, "labelcolor": INK}
_START = """
ssmMap.draw(document.querySelector("main"), JSON.parse(document.getElementById("data").textContent),
  { text: document.title });
"""
_STYLE = """
:root { color-scheme: light dark; --map-paper: Canvas; --map-ink: CanvasText; }
body { margin: 0; padding: 12px; font: 16px/1.4 system-ui, sans-serif;
  background: Canvas; color: CanvasText; }
h1 { font-size: 1.2rem; margin: 0 0 .6rem; overflow-wrap: anywhere; }
"""


def page(data: dict[str, Any], title: str) -> bytes:
    """A page of :func:`~ssm_search.views.maps.map_data`, which asks nobody for anything.

    Nothing but its own script and style is let run, whatever titles say.
    """
    script = scripts.script(*scripts.MAP) + _START
    style = _STYLE + scripts.script("map.css")
    name = html.escape(f"Map of {shown(title)}")
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}</title>\n<style>{style}</style></head>\n"
        f'<body><h1 dir="auto">{name}</h1>\n<main></main>\n'
        f'<script type="application/json" id="data">{maps.script_json(data)}</script>\n'
        f"<script>{script}</script></body></html>\n"
    ).encode()


def picture(
    papers: Sequence[Paper], places: NDArray[np.float32], hits: Sequence[Hit], kind: str
) -> bytes:
    """A picture of papers at their places; ``hits`` stand out, and have a key above.

    Args:
        kind: "png" or "svg".
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas
    from matplotlib.lines import Line2D

    ranks = {hit.paper.id: hit.rank for hit in hits}
    rows = {row: ranks[one.id] for row, one in enumerate(papers) if one.id in ranks}
    file = io.BytesIO()
    # Text as text, and nothing in it read as a formula; the same file for the same map.
    with rc_context({"svg.fonttype": "none", "text.parse_math": False, "svg.hashsalt": "map"}):
        canvas = Canvas(figsize=(10, 7), layout="constrained")
        axes = canvas.add_subplot()
        axes.set_axis_off()
        legend: dict[str, Any] = {}
        for group in maps.legend(papers):
            look: dict[str, Any] = {
                "color": group.colour,
                "marker": MARKERS[group.symbol],
                "edgecolors": INK,
                "linewidths": 0.8,
            }
            answers = [row for row in group.rows if row in rows]
            others = [row for row in group.rows if row not in rows]
            axes.scatter(
                places[others, 0], places[others, 1], s=60, alpha=FADED if rows else 1.0, **look
            )
            axes.scatter(places[answers, 0], places[answers, 1], s=160, **look)
            legend[shown(group.name)] = axes.scatter([], [], s=60, **look)
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


def _hash(text: str) -> str:
    """What a policy calls a script or a style that stands in a page itself."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _short(text: str) -> str:
    """The beginning of ``text``, in the length of a line."""
    text = " ".join(shown(text).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
