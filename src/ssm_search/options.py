"""What several commands have in common: options, the index and the list they open, texts."""

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
ListOption = Annotated[
    Path | None,
    typer.Option(
        "--list",
        metavar="FILE",
        help="The list itself; by default the one that the index was built from.",
        show_default=False,
    ),
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Fetch nothing from arXiv.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


def open_search(index: Path | None) -> PaperSearch:
    """The index in a folder, or the shipped one."""
    from ssm_search.shipped import open_index, shipped_search

    return shipped_search() if index is None else open_index(index)


def text_of(argument: str) -> str:
    """The argument itself, or standard input for "-"."""
    return sys.stdin.read() if argument == "-" else argument


def list_of(
    list_file: Path | None, index: Path | None, search: PaperSearch
) -> tuple[Path | None, str]:
    """The list that an index is of, and its text as it stands there, a byte order mark included."""
    from ssm_search.build import read_source
    from ssm_search.shipped import shipped_list

    path = list_file or (shipped_list() if index is None else Path(search.manifest.list_name))
    if not list_file and not path.is_file():
        return None, ""
    read_source(path)  # refuses what is too large or no text
    text = path.read_bytes().decode("utf-8")
    if not list_file and index is not None and not search.is_of(text):
        return None, ""  # another list that happens to have this name
    return path, text


def name_of(path: Path | None) -> str:
    """A list as diffs name it: from the present folder, if it is in there."""
    if path is None:
        return ""
    here = Path.cwd()
    whole = path.absolute()
    return whole.relative_to(here).as_posix() if whole.is_relative_to(here) else path.name
