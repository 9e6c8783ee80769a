"""A list → where it leads: the address of each of its links, with the line that it stands on."""

from __future__ import annotations

from ssm_search.awesome.links import is_web
from ssm_search.awesome.markup import parse_blocks


def linked(text: str) -> list[tuple[int, str]]:
    """Each web address that a list links to, wherever it stands, with its line, from 1."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    blocks = parse_blocks(plain)
    runs = (
        (run.line or block.line, run) for block in blocks for cell in block.cells for run in cell
    )
    return list(dict.fromkeys((line, run.href) for line, run in runs if is_web(run)))
