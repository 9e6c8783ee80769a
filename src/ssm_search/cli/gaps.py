"""The command that compares a list with others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ssm_search.cli.options import (
    AbstractsOption,
    AllowHostOption,
    IndexOption,
    JsonOption,
    ListOption,
    OfflineOption,
    list_of,
    name_of,
    open_listed,
    say_if_rowless,
)
from ssm_search.cli.terminal import say, write_json
from ssm_search.progress import progress_bars
from ssm_search.text import shown, shown_lines

if TYPE_CHECKING:
    from ssm_search.curation import Card, Submission
    from ssm_search.discovery import gap as comparing
    from ssm_search.papers import Paper
    from ssm_search.progress import Progress

NAMED = 5  # lists that are named with a paper; of more, how many there are


# Long: the options of a command are its parameters, each with its help.
def gap(
    others: Annotated[
        list[str],
        typer.Argument(
            metavar="OTHER...",
            help="Other lists: files, http(s) addresses, folders; of a folder, each file is one.",
        ),
    ],
    count: Annotated[int, typer.Option("-k", min=1, help="How many papers.")] = 20,
    elsewhere: Annotated[
        bool,
        typer.Option(
            "--missing-elsewhere", help="The other way round: what of this list no other one has."
        ),
    ] = False,
    abstracts: AbstractsOption = None,
    offline: OfflineOption = False,
    allow_host: AllowHostOption = None,
    list_file: ListOption = None,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Find what other lists have that belongs on this one, and which of them have it.

    Papers that fit the list come first, and those that the lists most like it have.

    Example: `ssm-search gap other.md https://example.org/list.md --index my-index`
    """
    from ssm_search.awesome import reading_of
    from ssm_search.build import passing_index
    from ssm_search.curation import cards
    from ssm_search.discovery import gap as comparing

    search = open_listed(index)
    path, text = list_of(list_file, index, search)
    ours = reading_of(text).papers if text else search.papers
    lists = _lists(others, path, allow_host or ())
    gathered = comparing.gather(lists)
    if elsewhere:
        alone = comparing.missing_elsewhere(ours, gathered)
        _print_papers(alone[:count], as_json)
        first = f", of which the first {count} are shown" if len(alone) > count else ""
        say(
            f"{len(alone):,} of {len(ours):,} papers are on this list alone{first}; compared with "
            f"{len(gathered):,} of {_many(len(lists))}"
        )
        return
    say_if_rowless(path)
    missing = comparing.missing_here(ours, gathered)
    found: list[comparing.Gap] = []
    known: dict[str, Submission] = {}
    if missing:
        with progress_bars() as progress:
            known = _completed([one.paper for one in missing], abstracts, offline, progress)
            papers = [one.paper for one in known.values()]
            with passing_index(papers, "other lists", search.encoder, progress) as corpus:
                found = comparing.gap(search, corpus, gathered, count)
    filed = [
        cards.submit(search, known[one.paper.id], text, list_name=name_of(path)) for one in found
    ]
    _print_gaps(found, filed, len(lists), as_json)
    say(f"{len(missing):,} of {len(gathered):,} papers of {_many(len(lists))} are not on this one")


def _lists(
    others: Sequence[str], path: Path | None, allow_hosts: Sequence[str]
) -> dict[str, Sequence[Paper]]:
    """The papers of each list, by its title; this list itself is left out.

    Raises:
        NoListError: one of them has none.
    """
    from ssm_search.addresses import shown_source
    from ssm_search.awesome import read_list
    from ssm_search.build import no_entry, read_whole

    found: dict[str, Sequence[Paper]] = {}
    for source in others:
        whole = read_whole([source], allow_hosts=allow_hosts)
        if not whole.reading.papers:
            raise no_entry(shown_source(source))
        for file in whole.files:
            if path and path.resolve() == Path(file.name).resolve():
                continue
            # Each by itself: as parts of one list they would stand under headings of each other.
            part = whole.reading if len(whole.files) == 1 else read_list(file.text)
            title = part.title or Path(file.name).stem
            name = title if title not in found else f"{title} ({file.name})"
            found[name] = part.papers
    return found


def _completed(
    papers: Sequence[Paper], files: Sequence[Path] | None, offline: bool, progress: Progress
) -> dict[str, Submission]:
    """``papers``, by their ids, with what is given, was fetched before, or arXiv says of them."""
    from ssm_search.abstracts import load_files
    from ssm_search.curation import Unasked, completed

    submissions = completed(
        papers,
        load_files(files or ()),
        offline=offline,
        progress=lambda done, total: progress("abstracts", done, total),
    )
    notes = (note for one in submissions for note in one.notes)
    for error in {note.error for note in notes if isinstance(note, Unasked)}:
        say(error)
    return {one.paper.id: one for one in submissions}


def _print_papers(papers: Sequence[Paper], as_json: bool) -> None:
    from ssm_search.papers import to_json

    if as_json:
        records = [to_json(paper) for paper in papers]
        for record in records:
            record.pop("abstract", None)
        write_json(records)
        return
    for paper in papers:
        year = f" ({paper.known_year})" if paper.known_year else ""
        typer.echo(shown(f"{paper.title}{year}"))
        typer.echo(shown(f"    {paper.url or paper.id}"))


def _print_gaps(
    found: Sequence[comparing.Gap], filed: Sequence[Card], lists: int, as_json: bool
) -> None:
    from ssm_search.curation import card_table
    from ssm_search.discovery import Discovery
    from ssm_search.views import card_display

    if as_json:
        records = [
            card_display.card_json(card) | {"score": one.score, "fit": one.fit, "lists": one.lists}
            for one, card in zip(found, filed, strict=True)
        ]
        write_json(records)
        return
    from rich.console import Console

    for one, card in zip(found, filed, strict=True):
        discovery = Discovery(one.paper, one.score, one.fit)
        Console().print(card_display.discovery_rich(discovery, card))
        named = ", ".join(one.lists[:NAMED]) + (", …" if len(one.lists) > NAMED else "")
        if card.placement.verdict != "fits":
            typer.echo(shown(card_table.verdict_line(card)))
        typer.echo(shown(f"on {len(one.lists)} of {_many(lists)}: {named}"))
        if card.insertion:
            typer.echo(shown_lines(card.insertion.row))


def _many(lists: int) -> str:
    return f"{lists} other list{'' if lists == 1 else 's'}"
