"""The map as a page of its own, which works without any other file."""

from __future__ import annotations

import base64
import hashlib
import html
from typing import Any

from ssm_search.text import shown
from ssm_search.views import maps, scripts

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
    name = html.escape(shown(title))
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


def _hash(text: str) -> str:
    """What a policy calls a script or a style that stands in a page itself."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
