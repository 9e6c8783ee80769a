"""What the commands that answer with papers have in common: filters, and how answers are shown."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ssm_search.cli.options import IndexesOption, JsonOption, open_searches
from ssm_search.cli.terminal import say, write, write_json

if TYPE_CHECKING:
    from ssm_search.filters import Filters
    from ssm_search.search import Hits, Search

FETCH = "for the sentences that answer, fetch the abstracts once: ssm-search fetch"

_YEARS = re.compile(r"\s*(?P<first>\d{1,4})\s*(?:[-–]\s*(?P<last>\d{1,4})\s*)?", re.A)


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked, how many answers are wanted, and what of them must hold."""

    search: Search
    k: int
    filters: Filters


def answering(command: Callable[..., Hits]) -> Callable[..., None]:
    """A command that shows the hits of ``command``, which gets all that is common as ``asking``."""
    later = {"Hits": object}  # which is imported when there is something to answer
    shared = inspect.signature(_asked, eval_str=True, locals=later).parameters
    whole = inspect.signature(command, eval_str=True, locals=later).parameters
    own = {name: parameter for name, parameter in whole.items() if name != "asking"}

    @functools.wraps(command)
    def run(**given: Any) -> None:
        asking, show = _asked(**{name: given.pop(name) for name in shared})
        show(command(**given, asking=asking))

    parameters = {**own, **shared}
    run.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
    run.__annotations__ = {name: one.annotation for name, one in parameters.items()}
    return run


# Long: the options of a command are its parameters, each with its help.
def _asked(
    k: Annotated[int, typer.Option("-k", min=1, help="How many answers.")] = 10,
    category: Annotated[
        str | None,
        typer.Option(
            help='A heading, a part of its name, or a path: "Computer Vision > Point Cloud".',
            show_default=False,
        ),
    ] = None,
    year: Annotated[
        str | None, typer.Option(help="2024, or 2022-2024.", metavar="YEAR", show_default=False)
    ] = None,
    venue: Annotated[str | None, typer.Option(help="Part of a venue.", show_default=False)] = None,
    author: Annotated[
        list[str] | None,
        typer.Option(help='"Tri Dao", "T. Dao" or "Dao"; again for another.', show_default=False),
    ] = None,
    code: Annotated[
        bool | None,
        typer.Option(
            "--code/--no-code", help="Only papers with, or without, code.", show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
    as_bibtex: Annotated[bool, typer.Option("--bibtex", help="Print BibTeX.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_ris: Annotated[bool, typer.Option("--ris", help="Print RIS.")] = False,
    index: IndexesOption = None,
) -> tuple[Asking, Callable[[Hits], None]]:
    forms = {
        "json": as_json,
        "bibtex": as_bibtex,
        "csv": as_csv,
        "markdown": as_markdown,
        "ris": as_ris,
    }
    wanted = [form for form, is_wanted in forms.items() if is_wanted]
    if len(wanted) > 1:
        raise typer.BadParameter("give one of --json, --bibtex, --csv, --markdown and --ris")
    filters: Filters = {
        "category": category,
        "venue": venue,
        "has_code": code,
        "author": tuple(author) if author else None,
    }
    if year is not None:
        filters["year"] = _years(year)
    show = functools.partial(_print_hits, form=wanted[0] if wanted else None)
    return Asking(open_searches(index), k, filters), show


def _years(text: str) -> tuple[int, int]:
    """The first and the last year that ``--year`` names.

    Raises:
        BadParameter: it names none, or the last before the first.
    """
    named = _YEARS.fullmatch(text)
    if not named:
        raise typer.BadParameter(f"{text!r} is no year; expected 2024 or 2022-2024")
    first, last = int(named["first"]), int(named["last"] or named["first"])
    if first > last:
        raise typer.BadParameter(f"{text!r} ends before it begins; did you mean {last}-{first}?")
    return first, last


def _print_hits(hits: Hits, form: str | None) -> None:
    if form == "json":
        from ssm_search.views import display

        write_json(display.hits_to_json(hits))
    elif form:
        from ssm_search.views import export

        write(export.export([hit.paper for hit in hits], form))
        for line in filter(None, (*hits.said.splitlines(), str(hits.left_out))):
            say(line)
    else:
        from rich.console import Console

        Console().print(hits)
        if hits and not any(hit.paper.abstract for hit in hits):
            say(FETCH)
