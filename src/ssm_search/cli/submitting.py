"""The commands that look at what somebody submits: where it belongs, and the row for it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

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
    text_of,
)
from ssm_search.cli.terminal import say, write, write_json
from ssm_search.errors import NoPaperError, SsmSearchError, SubmissionError
from ssm_search.progress import progress_bars
from ssm_search.text import shown_lines

if TYPE_CHECKING:
    from ssm_search.curation import Card


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
    card = card if path else _with_cure(card)
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
    list_url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Address of the list, to link to its lines; known in a workflow of GitHub.",
            show_default=False,
        ),
    ] = "",
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Print a comment, in Markdown, on the papers that somebody submits.

    Example: `git diff main | ssm-search triage - --list README.md`

    Its first line says what came of them; where each belongs, and its row, is folded. The exit
    status is 3, and nothing is printed, where no paper is submitted, and 5 where what is submitted
    cannot be read, of which the comment tells.
    """
    from ssm_search.abstracts import load_files
    from ssm_search.build import read_source
    from ssm_search.curation import cards
    from ssm_search.views import card_display

    hosts = allow_host or ()
    what = "a file with a diff, an issue, BibTeX or links,"
    text = text_of("-") if source == "-" else read_source(source, allow_hosts=hosts, expected=what)
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
    if path is None:
        found = replace(found, cards=tuple(map(_with_cure, found.cards)))
    if as_json:
        write_json(card_display.triage_json(found))
    else:
        url = list_url or _address_on_github(path)
        write(card_display.triage_markdown(found, name, max_chars, url))


def _with_cure(card: Card) -> Card:
    """``card``; where it has no row for want of the list, with the option that names that."""
    from ssm_search.curation import cards

    if card.no_row != cards.NO_LIST:
        return card
    return replace(card, no_row=f"{card.no_row}; name it with --list")


def _address_on_github(path: Path | None) -> str:
    """Where GitHub shows the source of a list, in the state that a workflow has checked out."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA", "GITHUB_WORKSPACE")
    server, repository, commit, folder = (os.environ.get(name, "") for name in names)
    if path is None or not all((server, repository, commit, folder)):
        return ""
    whole, top = path.resolve(), Path(folder).resolve()
    if not whole.is_relative_to(top):
        return ""
    place = quote(whole.relative_to(top).as_posix())
    return f"{server}/{repository}/blob/{commit}/{place}?plain=1"


def _apply(path: Path | None, text: str, card: Card) -> None:
    from ssm_search.files import write_atomically

    if path is None or card.insertion is None:
        raise SsmSearchError(f"nothing was applied: {card.no_row}")
    if path.read_bytes() != text.encode("utf-8"):
        raise SsmSearchError(f"{path} changed meanwhile and was left as it is; try again")
    write_atomically(path, card.insertion.text.encode("utf-8"))
    say(f"{path}: added line {card.insertion.line}")
