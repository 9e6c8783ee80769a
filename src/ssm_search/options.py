"""What several commands have in common: options, the index they open, where text comes from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ssm_search.search import PaperSearch

INDEX_VARIABLE = "SSM_SEARCH_INDEX"

IndexOption = Annotated[
    Path | None,
    typer.Option(
        "--index",
        envvar=INDEX_VARIABLE,
        help="Folder of an index that `build` made; the shipped one if left out.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def open_search(index: Path | None) -> PaperSearch:
    """The index in a folder, or the shipped one."""
    from ssm_search.shipped import open_index, shipped_search

    return shipped_search() if index is None else open_index(index)


def text_of(argument: str) -> str:
    """The argument itself, or standard input for "-"."""
    return sys.stdin.read() if argument == "-" else argument
