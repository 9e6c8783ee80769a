"""The command that finds what belongs on a list and is not there yet."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime
from typing import Annotated

import typer

from ssm_search.cli.options import (
    IndexOption,
    JsonOption,
    ListOption,
    list_of,
    name_of,
    open_listed,
)
from ssm_search.cli.terminal import say, write_json
from ssm_search.progress import progress_bars
from ssm_search.text import shown_lines


# Long: the options of a command are its parameters, each with its help.
def discover(
    corpus: Annotated[
        str | None,
        typer.Option(help="The index of a corpus, which `build` made.", show_default=False),
    ] = None,
    arxiv: Annotated[
        str, typer.Option(metavar="QUERY", help='Or what arXiv finds: "cat:cs.CV AND all:mamba".')
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=2_000, help="Papers to ask arXiv for.")] = 500,
    count: Annotated[int, typer.Option("-k", min=1, help="How many papers.")] = 20,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Only papers published from this day on."),
    ] = None,
    reject: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Not wanted, now or later; may be given again."),
    ] = None,
    list_file: ListOption = None,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Find the papers of a corpus that belong on the list and are not there yet.

    Example: `ssm-search discover --corpus arxiv --since 2024-06-01 --reject 2406.01234`
    Example: `ssm-search discover --arxiv "cat:cs.CV AND all:mamba" --limit 300`
    """
    from ssm_search.build import arxiv_corpus
    from ssm_search.curation import cards, discovery
    from ssm_search.views import card_display

    if (corpus is None) == (not arxiv):
        raise typer.BadParameter("give either --corpus or --arxiv")
    search = open_listed(index)
    path, text = list_of(list_file, index, search)
    file = discovery.rejected_file(search.manifest.list_name)
    if reject:
        discovery.remember_rejected(file, reject)
    rejected = discovery.read_rejected(file)
    day = since.date() if since else None
    with ExitStack() as stack:
        if corpus:
            other = open_listed(corpus)
        else:
            progress = stack.enter_context(progress_bars())
            other = stack.enter_context(arxiv_corpus(arxiv, limit, search.encoder, progress))
        found = discovery.discover(search, other, count, since=day, rejected=rejected)
    shown = [
        cards.submit(search, one.paper, text, list_name=name_of(path), offline=True)
        for one in found
    ]
    if as_json:
        records = [
            {"score": one.score, "fit": one.fit, **card_display.card_json(card)}
            for one, card in zip(found, shown, strict=True)
        ]
        write_json(records)
    else:
        from rich.console import Console

        for one, card in zip(found, shown, strict=True):
            Console().print(card_display.discovery_rich(one, card))
            if card.insertion:
                typer.echo(shown_lines(card.insertion.row))
        if len(found) < count:
            say(f"no other paper of {len(other.papers):,} fits")
        if rejected:
            say(f"{len(rejected)} papers are rejected: {file}")
