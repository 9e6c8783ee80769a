"""The command line: each command parses, makes one call into the library, and prints."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ssm_search.cli import (
    discovering,
    doctoring,
    feeding,
    gaps,
    indexing,
    publishing,
    setting_up,
    submitting,
)
from ssm_search.cli import show as look
from ssm_search.cli.asking import Asking, answering
from ssm_search.cli.options import (
    IndexOption,
    JsonOption,
    TextCommand,
    open_listed,
    open_search,
    text_of,
)
from ssm_search.cli.terminal import print_facts, say, settle_output, silence, write_json
from ssm_search.errors import NoListError, NoPaperError, SsmSearchError, SubmissionError
from ssm_search.text import shown

if TYPE_CHECKING:
    from ssm_search.search import Hits

app = typer.Typer(
    name="ssm-search",
    help="Search a curated list of papers by meaning and by words.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

NAMED = 5  # ids that `status` names; of more, how many there are

CountOption = Annotated[int, typer.Option("-k", min=1, help="How many answers.")]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"ssm-search {version('ssm-search')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what is going on.")] = False,
) -> None:
    if verbose:
        logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")


@app.command(cls=TextCommand)
@answering
def query(
    text: Annotated[
        list[str], typer.Argument(help="Words, a question, a title, an abstract, an id.")
    ],
    without: Annotated[
        list[str] | None,
        typer.Option(help="What the answers should not be about; again for more."),
    ] = None,
    sort: Annotated[
        Literal["best", "newest"], typer.Option(help="In which order the best stand.")
    ] = "best",
    literal: Annotated[
        bool,
        typer.Option("--literal", help='Read no author, year, venue or "not …" out of TEXT.'),
    ] = False,
    *,
    asking: Asking,
) -> Hits:
    """Find the papers that answer TEXT.

    Example: `ssm-search query mamba for video -k 5 --year 2024`
    """
    return asking.search.query(
        text_of(" ".join(text)),
        asking.k,
        without=without or (),
        newest=sort == "newest",
        literal=literal,
        **asking.filters,
    )


@app.command(cls=TextCommand)
@answering
def related(
    paper: Annotated[str, typer.Argument(help="An arXiv id or link, a listed title, or any text.")],
    *,
    asking: Asking,
) -> Hits:
    """Find the papers nearest to PAPER.

    Example: `ssm-search related 2403.06977`
    """
    return asking.search.related(text_of(paper), asking.k, **asking.filters)


@app.command(cls=TextCommand)
@answering
def recommend(
    like: Annotated[list[str], typer.Argument(help="Ids, links, titles or texts that you like.")],
    dislike: Annotated[
        list[str] | None, typer.Option("--dislike", "-d", help="The same for what you do not.")
    ] = None,
    diversity: Annotated[
        float, typer.Option(min=0, max=1, help="0: the nearest; towards 1: more different ones.")
    ] = 0.0,
    *,
    asking: Asking,
) -> Hits:
    """Recommend papers like those named, and unlike those disliked.

    Example: `ssm-search recommend 2403.06977 2401.13560 --dislike 2402.02491`
    """
    return asking.search.recommend(like, dislike or (), asking.k, diversity, **asking.filters)


@app.command(cls=TextCommand)
def suggest(
    paper: Annotated[str, typer.Argument(help='An arXiv id or link, or title and abstract ("-").')],
    k: CountOption = 3,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Suggest the headings that PAPER belongs under, with probabilities.

    Example: `ssm-search suggest 2402.18959`
    """
    from ssm_search.curation import card_table
    from ssm_search.views import display

    placement = open_listed(index).place(text_of(paper), k)
    found = placement.fitting
    if as_json:
        write_json([display.suggestion_to_json(one) for one in found])
        return
    said = card_table.verdict_said(placement)
    if not found:
        of_years = "this list goes by years, and nothing says when it appeared"
        typer.echo(shown(f"none: {of_years if placement.verdict == 'fits' else said}"))
        return
    if placement.verdict != "fits":
        say(said)
    from rich.console import Console

    Console().print(display.suggestions_table(found))


def headings(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Show the headings as a tree, with how many papers stand under each."""
    from ssm_search.views import display

    search = open_search(index)
    if as_json:
        found = display.headings_to_json(search.tree)
        write_json(found)
        return
    from rich.console import Console

    title = search.manifest.title or search.manifest.list_name
    Console().print(display.headings_tree(title, search.tree))


def status(
    index: IndexOption = None,
    as_json: JsonOption = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare all files with what they were when saved.")
    ] = False,
) -> None:
    """Show what an index holds: counts, abstracts, encoder, age."""
    files = verified(index) if verify else 0
    facts = open_search(index).status()
    if files:
        facts["verified"] = f"{files} files"
    if as_json:
        write_json(facts, indent=None)
    else:
        print_facts({name: _bounded(value, facts["papers"]) for name, value in facts.items()})


def _bounded(value: object, of: int) -> object:
    """A fact for a person: of many ids the first, with how many there are."""
    if not isinstance(value, list) or len(value) <= NAMED:
        return value
    first = ", ".join(map(str, value[:NAMED]))
    return f"{len(value):,} of {of:,}, such as {first}; all with --json"


def verified(index: str | None) -> int:
    """Compare the files of an index with what they were; how many there are.

    Raises:
        IndexFolderError: one is another, or ``index`` is no folder.
    """
    from ssm_search.index import verify
    from ssm_search.shipped import shipped_folder
    from ssm_search.stores import is_store

    if index is not None and is_store(index):
        raise typer.BadParameter(f"{index} is a store; --verify is for an index in a folder")
    return verify(Path(index) if index is not None else shipped_folder())


app.command()(indexing.build)
app.command()(indexing.fetch)
app.command()(indexing.check)
app.command()(headings)
app.command()(status)
app.command(cls=TextCommand)(submitting.submit)
app.command()(submitting.triage)
app.command()(doctoring.doctor)
app.command()(discovering.discover)
app.command()(discovering.decide)
app.command()(feeding.feed)
app.command()(publishing.site)
app.command()(gaps.gap)
app.command()(setting_up.init)
app.command("map", cls=TextCommand)(look.draw_map)
app.command("app")(look.serve_page)
app.command()(look.mcp)


def main() -> None:
    """Run the command line; every error on purpose ends in one line.

    The exit status is 1, or 3 where what was submitted names no paper, which in a workflow is no
    failure, or 4 where what was given as a list is none, or 5 where a submission cannot be read.
    """
    settle_output()
    try:
        app()
    except SsmSearchError as error:
        say(f"ssm-search: {error}")
        sys.exit({NoPaperError: 3, NoListError: 4, SubmissionError: 5}.get(type(error), 1))
    except OSError as error:
        if isinstance(error, BrokenPipeError):  # `ssm-search … | head`
            silence(sys.stdout)
        else:
            where = f" ({error.filename})" if error.filename else ""
            say(f"ssm-search: {error.strerror or error}{where}; check the disk and its permissions")
        sys.exit(1)
    except KeyboardInterrupt:
        say("ssm-search: interrupted")
        sys.exit(130)
