"""The commands of those who keep a list: each makes one call into the library and prints."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ssm_search.cli.options import (
    AllowHostOption,
    IndexOption,
    JsonOption,
    ListOption,
    OfflineOption,
    list_of,
    name_of,
    open_listed,
    text_of,
)
from ssm_search.cli.terminal import say, write, write_json
from ssm_search.errors import ListError, NoPaperError, SsmSearchError, SubmissionError
from ssm_search.progress import progress_bars
from ssm_search.text import shown_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssm_search.curation import Card, Finding

MOST_DIGITS = 9  # of the number of a finding

AbstractsOption = Annotated[
    list[Path] | None,
    typer.Option(help="JSON lines with id, title, abstract; may be given again."),
]


# Long: the options of a command are its parameters, each with its help.
def submit(
    link: Annotated[
        str, typer.Argument(help='An arXiv id or any link; "-" reads a title and an abstract.')
    ] = "",
    title: Annotated[str, typer.Option(help="Where arXiv cannot tell it.")] = "",
    abstract: Annotated[str, typer.Option(help='The same; "-" reads standard input.')] = "",
    code: Annotated[str, typer.Option(help="Link to its code.")] = "",
    venue: Annotated[str, typer.Option(help="Where it was published, such as ICML 2025.")] = "",
    year: Annotated[
        int | None, typer.Option(help="When, if not as arXiv says.", show_default=False)
    ] = None,
    author: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="An author that arXiv cannot tell; may be given again."),
    ] = None,
    name: Annotated[
        str, typer.Option(help="The short name of its method, where entries have one.")
    ] = "",
    category: Annotated[
        str, typer.Option(help="File it under this heading, and not the likeliest.")
    ] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Put the row into the list.")] = False,
    patch: Annotated[bool, typer.Option("--patch", help="Print the row as a diff alone.")] = False,
    list_file: ListOption = None,
    abstracts: AbstractsOption = None,
    offline: OfflineOption = False,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Show where a paper belongs: scope, headings, duplicates, related papers, its row.

    Example: `ssm-search submit https://arxiv.org/abs/2404.03425 --list README.md --apply`
    """
    from ssm_search.abstracts import load_files
    from ssm_search.curation import card_table, cards, submissions
    from ssm_search.views import card_display

    if code and not code.lower().startswith(("http://", "https://")):
        raise typer.BadParameter(f"{code!r} is no web address; expected https://…")
    if link == "-":
        pasted = submissions.read_pasted(text_of("-"))
        title, abstract = title or pasted.title, abstract or pasted.abstract
        paper = submissions.paper_of(pasted.url, title, abstract, code, venue)
    else:
        link = submissions.checked_link(link)
        paper = submissions.paper_of(link, title, text_of(abstract), code, venue)
    paper = replace(paper, name=name, authors=tuple(author or ()), year=year)
    search = open_listed(index)
    path, text = list_of(list_file, index, search)
    card = cards.submit(
        search,
        paper,
        text,
        list_name=name_of(path),
        category=category or None,
        abstracts=load_files(abstracts or ()),
        offline=offline,
    )
    if patch and not card.patch:
        raise SsmSearchError(f"there is no row: {card.no_row}")
    if patch:
        for remark in card.insertion.remarks if card.insertion else ():
            say(remark)
        write(card.patch)
    elif as_json:
        write_json(card_display.card_json(card))
    else:
        from rich.console import Console

        Console().print(card_table.card_rich(card, name_of(path)))
        if card.insertion:
            typer.echo(shown_lines(card.insertion.row))
    if apply:
        _apply(path, text, card)


# Long: a parameter for each option.
def triage(
    source: Annotated[
        str,
        typer.Argument(
            help='A file with a diff, an issue, BibTeX or links, or GitHub\'s event file; "-": '
            "standard input."
        ),
    ],
    list_file: ListOption = None,
    abstracts: AbstractsOption = None,
    offline: OfflineOption = False,
    allow_host: AllowHostOption = None,
    max_chars: Annotated[
        int | None,
        typer.Option(
            min=1_000, help="Leave out whole cards beyond that; a comment on GitHub has 65,536."
        ),
    ] = None,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Print a card, in Markdown, for each paper that somebody submits.

    Example: `git diff main | ssm-search triage - --list README.md`

    The exit status is 3 where no paper is named, and 5 where what is submitted cannot be read, of
    which the Markdown tells.
    """
    from ssm_search.abstracts import load_files
    from ssm_search.build import read_source
    from ssm_search.curation import cards
    from ssm_search.views import card_display

    hosts = allow_host or ()
    text = text_of("-") if source == "-" else read_source(source, allow_hosts=hosts)
    search = open_listed(index)
    path, list_text = list_of(list_file, index, search)
    name = name_of(path)
    try:
        with progress_bars() as progress:
            found = cards.triage(
                search,
                text,
                list_text,
                list_name=name,
                abstracts=load_files(abstracts or ()),
                offline=offline,
                progress=lambda done, total: progress("abstracts", done, total),
            )
    except SubmissionError as error:
        if not as_json and not isinstance(error, NoPaperError):
            write(card_display.refusal_markdown(error))
        raise
    if as_json:
        write_json(card_display.triage_json(found))
    else:
        write(card_display.triage_markdown(found, name, max_chars))


def doctor(
    list_file: ListOption = None,
    abstracts: AbstractsOption = None,
    patch: Annotated[
        str,
        typer.Option(
            metavar="NUMBERS", help='Print the patches of these findings as one diff: "1,3", "all".'
        ),
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Show all findings, those too that are only possible.")
    ] = False,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Look through a whole list for what is misfiled, doubled, misspelled or cannot be read.

    Example: `ssm-search doctor --patch 1,3,4 | git apply`
    """
    from ssm_search.abstracts import default_cache, joined_records, load_abstracts, load_files
    from ssm_search.curation import doctor as examining
    from ssm_search.views import finding_display

    search = open_listed(index)
    path, text = list_of(list_file, index, search)
    if path is None:
        raise ListError(
            f"no {search.manifest.list_name} here that this index was built from; build it again, "
            "or name the list with --list"
        )
    records = joined_records([load_files(abstracts or ()), load_abstracts(default_cache())])
    findings = examining.examine(search, text, name_of(path), records)
    if patch:
        wanted = _with_patch(findings, patch)
        diff, left_out = examining.combined_patch(
            [findings[at] for at in wanted], text, name_of(path)
        )
        for finding in left_out:
            number = findings.index(finding) + 1
            say(f"finding {number} changes what one before it changes; apply it after a build")
        write(diff)
    elif as_json:
        found = [finding_display.finding_json(finding) for finding in findings]
        write_json(found)
    else:
        from rich.console import Console

        screen = finding_display.findings_rich(findings, name_of(path), everything=everything)
        Console().print(screen)


def _with_patch(findings: Sequence[Finding], wanted: str) -> list[int]:
    """The places of the findings that ``--patch`` names, each of which has a patch.

    Raises:
        BadParameter: it names no numbers.
        SsmSearchError: a finding has no patch.
    """
    if wanted.strip().casefold() == "all":
        found = [at for at, finding in enumerate(findings) if finding.patch]
        if not found:
            raise SsmSearchError("no finding has a patch")
        return found
    numbers = [part.strip() for part in wanted.split(",") if part.strip()]
    if not numbers or not all(part.isascii() and part.isdigit() for part in numbers):
        raise typer.BadParameter(f'{wanted!r} names no findings; expected "1,3,4" or "all"')
    places = sorted({int(part[:MOST_DIGITS]) - 1 for part in numbers})
    for at in places:
        if not 0 <= at < len(findings) or not findings[at].patch:
            raise SsmSearchError(
                f"finding {at + 1} has no patch; `ssm-search doctor --all` shows which do"
            )
    return places


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


def _apply(path: Path | None, text: str, card: Card) -> None:
    from ssm_search.files import write_atomically

    if path is None or card.insertion is None:
        hint = "; name it with --list" if path is None else ""
        raise SsmSearchError(f"nothing was applied: {card.no_row}{hint}")
    if path.read_bytes() != text.encode("utf-8"):
        raise SsmSearchError(f"{path} changed meanwhile and was left as it is; try again")
    write_atomically(path, card.insertion.text.encode("utf-8"))
    say(f"{path}: added line {card.insertion.line}")
