"""What several commands have in common: options, the index and the list they open, texts."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from ssm_search.cli.terminal import say
from ssm_search.errors import IndexFolderError, QueryError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssm_search.search import PaperSearch, Search
    from ssm_search.stores import StoreSearch

INDEX_VARIABLE = "SSM_SEARCH_INDEX"

IndexOption = Annotated[
    str | None,
    typer.Option(
        "--index",
        "--store",
        envvar=INDEX_VARIABLE,
        metavar="PLACE",
        help="Folder of an index that `build` made, or folder or s3:// address of a store; the "
        "shipped index if left out.",
        show_default=False,
    ),
]

IndexesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--index",
        "--store",
        metavar="PLACE",
        help="Folder of an index that `build` made, or folder or s3:// address of a store; if left "
        f"out, what {INDEX_VARIABLE} names, or else the shipped index. Given again, several lists "
        "are searched as one.",
        show_default=False,
    ),
]
ListOption = Annotated[
    Path | None,
    typer.Option(
        "--list",
        metavar="FILE",
        help="The list itself; by default the one that the index was built from, which is looked "
        "for by its name in the present folder.",
        show_default=False,
    ),
]
ListsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--list",
        metavar="FILE",
        help="The list itself; by default the one that the index was built from, which is looked "
        "for by its name in the present folder. Of several indexes, one for each.",
        show_default=False,
    ),
]
AbstractsOption = Annotated[
    list[Path] | None,
    typer.Option(help="JSON lines with id, title, abstract; may be given again."),
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Fetch nothing from arXiv.")]
AllowHostOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="A host of a private network that a URL may lead to; may be given again.",
        show_default=False,
    ),
]
QUOTED = 80  # characters of a text that an error shows
_DASHED = re.compile(r"-[^-\s]{2}|-\S*\s")  # "-mamba", "- not vision"; "--yaer" is a slip

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


class TextCommand(TyperCommand):
    """A command that takes a text, which may begin with a dash."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; of a text that is taken for options, say how it is given.

        Raises:
            Exit: that is so; the status is 2.
        """
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            texts = [one for one in given if _DASHED.match(one)]
            if not hasattr(error, "option_name") or not texts:  # as click has it of none it knows
                raise
            text = shlex.quote(texts[0][:QUOTED])
            say(
                f"ssm-search: {text} is taken for options; behind all options, -- goes before a "
                f"text that begins with a dash: ssm-search {ctx.info_name} -- {text}"
            )
            raise typer.Exit(2) from error


def open_search(place: str | None) -> PaperSearch | StoreSearch:
    """Open what answers: an index in a folder, a store, or the shipped index for None.

    Raises:
        IndexFolderError: ``place`` is neither.
    """
    from ssm_search.files import settled
    from ssm_search.stores import is_store

    if place is None:
        return open_listed(None)
    if not is_store(place):
        if not settled(Path(place)).is_dir():
            named = shlex.quote(place)
            raise IndexFolderError(
                f"no index in {place}, and no store; make one with `ssm-search build LIST --index "
                f"{named}`, or `ssm-search build --corpus FILE --store {named}`"
            )
        return open_listed(place)
    from ssm_search.stores import StoreSearch

    return StoreSearch.load(place)


def named_places(places: Sequence[str] | None) -> list[str]:
    """The places of an option that may be repeated, or what the environment names, each once.

    Typer would cut what the environment says at its blanks.
    """
    return list(dict.fromkeys(places or filter(None, [os.environ.get(INDEX_VARIABLE)])))


def open_searches(places: Sequence[str] | None) -> Search:
    """Open what answers; several lists answer as one.

    Raises:
        IndexFolderError: a place has no index, or is one of several and no list.
    """
    places = named_places(places)
    if len(places) < 2:
        return open_search(places[0] if places else None)
    from ssm_search.search import ListsSearch

    searches = [(place, open_search(place)) for place in places]
    return ListsSearch.named(
        (search.manifest.title or Path(place).name, place, search) for place, search in searches
    )


def open_listed(place: str | None) -> PaperSearch:
    """Open an index in a folder, or the shipped one for None, for what no store can do.

    Raises:
        IndexFolderError: ``place`` is a store.
    """
    from ssm_search.search import open_index, shipped_search
    from ssm_search.stores import is_store

    if place is None:
        return shipped_search()
    if is_store(place):
        raise IndexFolderError(
            f"{place} is a store, which answers queries alone; this needs an index in a folder "
            "(`ssm-search build … --index FOLDER`)"
        )
    return open_index(place)


def text_of(argument: str) -> str:
    """The argument itself, or standard input for "-".

    Raises:
        QueryError: standard input is closed.
    """
    if argument != "-":
        return argument
    if sys.stdin is None:
        raise QueryError("standard input is closed; give the text itself, or pipe it in")
    return sys.stdin.read()


def list_of(
    list_file: Path | None, index: str | None, search: PaperSearch | StoreSearch
) -> tuple[Path | None, str]:
    """The file of the list that an index is of, or None, and its text, byte order mark included."""
    from ssm_search.build import read_source
    from ssm_search.shipped import shipped_list

    if not search.is_list and not list_file:
        return None, ""  # a corpus is of no list
    path = list_file or (shipped_list() if index is None else Path(search.manifest.list_name))
    if not list_file and not path.is_file():
        return None, ""
    read_source(path)  # refuses what is too large or no text
    text = path.read_bytes().decode("utf-8")
    if not list_file and index is not None and not search.is_of(text):
        return None, ""  # another list that happens to have this name
    if list_file and search.is_list and not search.is_of(text):
        _compare(path, text, search)
    return path, text


def say_if_rowless(path: Path | None) -> None:
    """Say that there will be no rows where the list is not at hand, and what to do."""
    if path is None:
        from ssm_search.curation import cards

        say(f"{cards.NO_LIST}, so papers come without rows; name it with --list")


def _compare(path: Path, text: str, search: PaperSearch | StoreSearch) -> None:
    """Say so where a list is judged by the index of another one."""
    from ssm_search.awesome import reading_of

    listed = {paper.id for paper in reading_of(text).papers}
    known = {paper.id for paper in search.papers}
    if not listed or len(listed & known) < len(listed) / 2:
        say(
            f"{path} has {len(listed)} papers, and {len(listed & known)} of them are in this index "
            f"of {search.manifest.list_name}, by which it is judged; build its own with "
            "`ssm-search build`, and name that with --index"
        )


def name_of(path: Path | None) -> str:
    """The name that diffs give a list: from the present folder, if it is in there."""
    if path is None:
        return ""
    here = Path.cwd()
    whole = path.absolute()
    return whole.relative_to(here).as_posix() if whole.is_relative_to(here) else path.name
