"""The command that writes a feed of what was added to a list, or of what is proposed for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ssm_search.cli.options import IndexOption, list_of, open_listed
from ssm_search.cli.terminal import say, write
from ssm_search.errors import IndexFolderError
from ssm_search.text import counted

if TYPE_CHECKING:
    from ssm_search.discovery import history
    from ssm_search.papers import Abstract, Paper


# Long: the options of a command are its parameters, each with its help.
def feed(
    list_file: Annotated[
        Path | None,
        typer.Option(
            "--list",
            metavar="FILE",
            help="The list, or the folder of one in several files; by default the one that the "
            "index was built from, which is looked for by its name in the present folder.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="File to write: .xml or .atom, or .json.", show_default=False
        ),
    ] = None,
    form: Annotated[
        Literal["atom", "json"] | None,
        typer.Option("--format", help="What to print without --output: Atom, or JSON Feed."),
    ] = None,
    url: Annotated[
        str, typer.Option(metavar="URL", help="Where the feed will be read.", show_default=False)
    ] = "",
    home: Annotated[
        str, typer.Option(metavar="URL", help="The page of the list.", show_default=False)
    ] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many entries.")] = 100,
    abstracts: Annotated[
        bool,
        typer.Option(
            "--abstracts",
            help="Carry the abstracts that are at hand; their text belongs to their authors.",
        ),
    ] = False,
    propose: Annotated[
        bool,
        typer.Option("--proposed", help="Of the papers that are proposed and not yet decided on."),
    ] = False,
    decisions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where that is remembered; by default as `discover` has it.",
            show_default=False,
        ),
    ] = None,
    index: IndexOption = None,
) -> None:
    """Write a feed, Atom or JSON, of what was added to the list, newest first.

    A paper has the moment of the commit that brought it, in the git repository that the list lies
    in; else the day, month or year in which it appeared.

    Example: `ssm-search feed --list README.md -o feed.xml --url https://example.org/feed.xml`
    """
    from ssm_search.abstracts import with_abstracts
    from ssm_search.discovery import decisions as deciding
    from ssm_search.discovery import proposed_papers
    from ssm_search.files import write_atomically
    from ssm_search.views import feeds

    wanted = feeds.format_of(output) if output else form or "atom"
    if form and form != wanted:
        raise typer.BadParameter(f"{output} would be {wanted}, not {form}; leave out --format")
    of_list = listing(list_file, index)
    if propose or decisions:
        title = f"Proposed for {of_list.title}"
        known = deciding.read_decisions(decisions or of_list.decisions)
        papers, found = proposed_papers(known)
    else:
        title, papers, found = of_list.title, list(of_list.papers), of_list.dated()
    papers = with_abstracts(papers, of_list.known)
    entries = feeds.newest(papers, found.added, limit)
    text = feeds.written(feeds.Feed(title, entries, url, home, abstracts), wanted)
    if output:
        write_atomically(output, text.encode())
    else:
        write(text)
    dated = sum(entry.paper.id in found.added for entry in entries)
    when = "they were" if dated > 1 else "it was"
    say(
        f"{output or wanted}: {counted(len(entries), 'entry', 'entries')}, of {dated or 'none'} it "
        f"is known when {when} added"
    )
    if undated := len(papers) - len(feeds.newest(papers, found.added, len(papers))):
        say(f"{undated} left out: nothing says when they were added or appeared")
    if found.note:
        say(found.note)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list, as far as a feed needs it.

    Attributes:
        path: where it stands; None if it is not at hand.
        files: all that it stands in.
        papers: as it has them.
        known: what an index and the cache know of them.
        name: the file name by which this user's own decisions go.
        is_shipped: whether it is the list that comes along, which is others' to keep.
    """

    title: str
    path: Path | None
    files: tuple[Path, ...]
    papers: Sequence[Paper]
    known: Mapping[str, Abstract]
    name: str
    is_shipped: bool = False

    def dated(self) -> history.History:
        """When its papers got onto it."""
        from ssm_search.discovery import history

        return history.History.joined(
            [history.read_history(file, self.papers) for file in self.files]
        )

    @property
    def decisions(self) -> Path:
        """The file that `discover` remembers its decisions in."""
        from ssm_search.discovery import decisions as deciding

        own = None if self.is_shipped else self.path
        if own and own.is_dir():
            own = own / "README.md"
        return deciding.decisions_file(own, self.name)


def listing(list_file: Path | None, index: str | None) -> Listing:
    """The list that is given, or that an index is of.

    Raises:
        IndexFolderError: the index is of a corpus, which has no list.
    """
    from ssm_search.abstracts import default_cache, joined_records, load_abstracts
    from ssm_search.build import read_whole
    from ssm_search.papers import Abstract

    search = open_listed(index) if index is not None or list_file is None else None
    path = list_file
    if search and not path:
        if not search.is_list:
            raise IndexFolderError(
                f"{index} is the index of a corpus, to which nothing is added one by one; give "
                "that of a list, or --list"
            )
        path, _ = list_of(None, index, search)
    of_index = {
        one.id: Abstract(
            one.id, one.title, one.abstract, one.authors, one.published, one.arxiv_categories
        )
        for one in (search.papers if search else ())
    }
    known = joined_records([of_index, load_abstracts(default_cache())])
    if not path:
        assert search
        title = search.manifest.title or search.manifest.list_name
        return Listing(title, None, (), search.papers, known, search.manifest.list_name)
    whole = read_whole([path])
    files = tuple(Path(file.name) for file in whole.files)
    name = search.manifest.list_name if search else path.name
    is_shipped = list_file is None and index is None
    return Listing(whole.title, path, files, whole.reading.papers, known, name, is_shipped)
