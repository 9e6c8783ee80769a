"""What runs in a browser: the same on the page, on a site and on a map of its own.

Plain scripts, not modules, which a browser does not load from a file of its own machine. Each adds
one name to the window.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "browser"
MAP: Final = ("map_dots.js", "map_paint.js", "map.js")  # each wants what stands before it


def script(*names: str) -> str:
    """The text of scripts of this package, or of styles: ``kept.js`` …, one after another."""
    return "".join((FOLDER / name).read_text(encoding="utf-8") for name in names)
