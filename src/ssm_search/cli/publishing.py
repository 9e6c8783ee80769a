"""The command that writes the site of a list: plain files, which need no server."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ssm_search.cli.feeding import listing
from ssm_search.cli.options import IndexOption, JsonOption, OfflineOption, list_of, open_listed
from ssm_search.cli.terminal import say, write_json
from ssm_search.progress import progress_bars
from ssm_search.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssm_search.search import PaperSearch


def site(
    list_file: Annotated[
        Path | None,
        typer.Option(
            "--list",
            metavar="FILE",
            help="The list, or the folder of one in several files. With --index it tells when each "
            "paper was added; without, all is built from it.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")] = Path(
        "public"
    ),
    url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Where the folder will be read, for feeds and search engines.",
            show_default=False,
        ),
    ] = "",
    offline: OfflineOption = False,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Write a site that searches in the reader's browser: plain files, without a server.

    It can be opened from the disk, or put anywhere on the web, as onto GitHub Pages.

    Example: `ssm-search site --list README.md -o public`
    """
    from ssm_search.escaping import escaped_address
    from ssm_search.site import check_folder, write_site

    if url and not escaped_address(url):
        raise typer.BadParameter(f"{url!r} is no address; expected https://…")
    check_folder(output)
    with _opened(list_file, index, offline) as search:
        if list_file and index is not None:
            list_of(list_file, index, search)  # says so where it is the index of another list
        of_list = listing(list_file, index)
        dated = of_list.dated()
        made = write_site(search, output, title=of_list.title, added=dated.added, url=url)
    if dated.note:
        say(dated.note)
    if not made.has_meaning:
        say("its search goes by words alone: the encoder of this index cannot go along")
    if as_json:
        record = {"folder": str(made.folder), "papers": made.papers, "meaning": made.has_meaning}
        record |= {"bytes": made.size}
        write_json({**record, "files": dict(made.files)}, indent=None)
        return
    say(
        f"{made.folder}: {counted(made.papers, 'paper')} in {len(made.files)} files, "
        f"{made.size / 1e6:.1f} MB; open {made.folder / 'index.html'} in a browser"
    )


@contextmanager
def _opened(list_file: Path | None, index: str | None, offline: bool) -> Iterator[PaperSearch]:
    """The index that is named; or one that is built of the list, and gone afterwards."""
    if index is not None or list_file is None:
        yield open_listed(index)
        return
    from ssm_search.build import build_index
    from ssm_search.encoding import load_encoder
    from ssm_search.shipped import DEFAULT_MODEL

    with tempfile.TemporaryDirectory() as folder:
        with progress_bars() as progress:
            report = build_index(
                list_file,
                Path(folder, "index"),
                encoder=load_encoder(DEFAULT_MODEL),
                offline=offline,
                progress=progress,
            )
        for line in report.summary():
            say(line)
        yield report.search
