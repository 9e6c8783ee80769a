"""The commands that show a list: as a page in the browser, as a map in a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ssm_search.cli.options import (
    IndexesOption,
    IndexOption,
    ListsOption,
    OfflineOption,
    list_of,
    name_of,
    named_places,
    open_listed,
    open_search,
    text_of,
)
from ssm_search.cli.terminal import say
from ssm_search.errors import ServeError
from ssm_search.shipped import shipped_folder
from ssm_search.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssm_search_app.library import Library

AUTH_VARIABLE = "SSM_SEARCH_AUTH"
HOST_VARIABLES = [
    "SSM_SEARCH_ALLOW_HOST",
    "SPACE_HOST",
]  # the second is set in a Hugging Face Space


def draw_map(
    text: Annotated[
        str, typer.Argument(help="A question whose answers stand out.", show_default=False)
    ] = "",
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .html, .png or .svg.")
    ] = Path("map.html"),
    k: Annotated[int, typer.Option("-k", min=1, help="How many answers stand out.")] = 10,
    index: IndexOption = None,
) -> None:
    """Draw all papers as a map: near ones are alike, colours are headings.

    Example: `ssm-search map "mamba for video" -o map.html`
    """
    from ssm_search.views import maps

    search, text = open_listed(index), text_of(text)
    hits = search.query(text, k) if text else []
    maps.write_map(search, output, hits, text)
    say(f"{output}: {counted(len(search.papers), 'paper')}")


# Long: the options of a command are its parameters, each with its help.
def serve_page(
    host: Annotated[
        str, typer.Option(help="Address to listen at; 0.0.0.0 is every network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 7860,
    auth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=f"Who may enter, a line each: name:password. Or set {AUTH_VARIABLE}.",
            show_default=False,
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            envvar=HOST_VARIABLES,
            help="A name that others ask this server by, if it is not that of --host or of this "
            "machine itself (localhost); may be repeated.",
            show_default=False,
        ),
    ] = None,
    root_path: Annotated[
        str, typer.Option(help="Path that a proxy serves the page under, such as /papers.")
    ] = "",
    mcp: Annotated[bool, typer.Option("--mcp", help="Offer the same to agents at /mcp.")] = False,
    browser: Annotated[
        bool | None,
        typer.Option(
            "--browser/--no-browser",
            help="Open the page; by default when started in a terminal.",
            show_default=False,
        ),
    ] = None,
    offline: OfflineOption = False,
    list_file: ListsOption = None,
    index: IndexesOption = None,
) -> None:
    """Open the page: search, recommend, submit, a map. Abstracts are fetched once.

    Example: `ssm-search app --port 8000`
    """
    users = _users(auth)
    library = _library(index, list_file, offline)
    from ssm_search_app.server import serve

    serve(
        library,
        host=host,
        port=port,
        auth=users,
        root_path=root_path,
        mcp=mcp,
        allow_hosts=allow_host or (),
        browser=sys.stdout.isatty() if browser is None else browser,
    )


def mcp(
    offline: OfflineOption = False, list_file: ListsOption = None, index: IndexesOption = None
) -> None:
    """Answer an agent over standard input and output, by the Model Context Protocol.

    Example: `ssm-search mcp --index my-index`, as the command of a server in a client's settings
    """
    import asyncio

    library = _library(index, list_file, offline)
    from ssm_search_app.agents import serve_agent

    asyncio.run(serve_agent(library))


def _library(indexes: list[str] | None, list_files: list[Path] | None, offline: bool) -> Library:
    """The indexes and the lists that are served.

    Raises:
        BadParameter: there are several lists, and other numbers of indexes and of files.
    """
    places: Sequence[str | None] = named_places(indexes) or [None]
    files: Sequence[Path | None] = list_files or [None] * len(places)
    if len(files) != len(places):
        raise typer.BadParameter(
            f"--index is given {len(places)} times and --list {len(files)} times; give a list for "
            "each index, in the same order, or none at all"
        )
    made = [_single(place, file, offline) for place, file in zip(places, files, strict=True)]
    if len(made) == 1:
        return made[0]
    from ssm_search_app.library import Shelf

    return Shelf.of(made)


def _single(index: str | None, list_file: Path | None, offline: bool) -> Library:
    """The index and the list of one library."""
    search = open_search(index)
    path, list_text = list_of(list_file, index, search)
    from ssm_search_app.library import Library

    return Library(
        search,
        index or shipped_folder(),
        list_text,
        name_of(path) or "README.md",
        offline,
        list_of=lambda found: list_of(list_file, index, found)[1],
        list_file=path,
    )


def _users(file: Path | None) -> list[tuple[str, str]] | None:
    """Names and passwords from a file or the environment: what argv holds, everyone can read.

    Raises:
        ServeError: a line is no name:password, or the file cannot be read.
    """
    if file is None:
        text = os.environ.get(AUTH_VARIABLE, "")
        if AUTH_VARIABLE not in os.environ:
            return None
    else:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ServeError(
                f"cannot read {file} ({why}); expected lines of name:password"
            ) from error
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    users = [(name, password) for name, _, password in (line.partition(":") for line in lines)]
    if not users or not all(name and password for name, password in users):
        where = file or AUTH_VARIABLE
        raise ServeError(f"{where} does not say who may enter; expected lines of name:password")
    if len({name for name, _ in users}) < len(users):
        raise ServeError(f"{file or AUTH_VARIABLE} has one name twice; expected each once")
    return users
