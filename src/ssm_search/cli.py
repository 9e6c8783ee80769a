"""The command line: each command parses, makes one call into the library, and prints."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ssm_search import look, maintain
from ssm_search.errors import NoPaperError, SsmSearchError
from ssm_search.options import INDEX_VARIABLE, IndexOption, JsonOption, open_search, text_of
from ssm_search.terminal import print_facts, progress_bars, say, shown

if TYPE_CHECKING:
    from ssm_search.display import Hits
    from ssm_search.filters import Filters

app = typer.Typer(
    name="ssm-search",
    help="Search a curated list of papers by meaning and by words.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

CountOption = Annotated[int, typer.Option("-k", min=1, help="How many answers.")]
CategoryOption = Annotated[
    str | None,
    typer.Option(help='A heading, or a path: "Computer Vision > Point Cloud".', show_default=False),
]
YearOption = Annotated[
    str | None, typer.Option(help="2024, or 2022-2024.", metavar="YEAR", show_default=False)
]
VenueOption = Annotated[str | None, typer.Option(help="Part of a venue.", show_default=False)]
CodeOption = Annotated[
    bool | None,
    typer.Option(
        "--code/--no-code", help="Only papers with, or without, code.", show_default=False
    ),
]


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


@app.command()
def query(
    text: Annotated[str, typer.Argument(help="Words, a question, a title, an abstract, an id.")],
    k: CountOption = 10,
    category: CategoryOption = None,
    year: YearOption = None,
    venue: VenueOption = None,
    code: CodeOption = None,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Find the papers that answer TEXT.

    Example: `ssm-search query "mamba for video" -k 5 --year 2024`
    """
    hits = open_search(index).query(text_of(text), k, **_filters(category, year, venue, code))
    _print_hits(hits, as_json)


@app.command()
def related(
    paper: Annotated[str, typer.Argument(help="An arXiv id or link, a listed title, or any text.")],
    k: CountOption = 10,
    category: CategoryOption = None,
    year: YearOption = None,
    venue: VenueOption = None,
    code: CodeOption = None,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Find the papers nearest to PAPER.

    Example: `ssm-search related 2403.06977`
    """
    hits = open_search(index).related(text_of(paper), k, **_filters(category, year, venue, code))
    _print_hits(hits, as_json)


@app.command()
def recommend(
    like: Annotated[list[str], typer.Argument(help="Ids, links, titles or texts that you like.")],
    dislike: Annotated[
        list[str] | None, typer.Option("--dislike", "-d", help="The same for what you do not.")
    ] = None,
    diversity: Annotated[
        float, typer.Option(min=0, max=1, help="0: the nearest; towards 1: more different ones.")
    ] = 0.0,
    k: CountOption = 10,
    category: CategoryOption = None,
    year: YearOption = None,
    venue: VenueOption = None,
    code: CodeOption = None,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Recommend papers like those named, and unlike those disliked.

    Example: `ssm-search recommend 2403.06977 2401.13560 --dislike 2402.02491`
    """
    filters = _filters(category, year, venue, code)
    hits = open_search(index).recommend(like, dislike or (), k, diversity, **filters)
    _print_hits(hits, as_json)


@app.command()
def suggest(
    paper: Annotated[str, typer.Argument(help='An arXiv id or link, or title and abstract ("-").')],
    k: CountOption = 3,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Suggest the headings that PAPER belongs under, with probabilities.

    Example: `ssm-search suggest 2402.18959`
    """
    from ssm_search.display import suggestion_to_json, suggestions_table

    found = open_search(index).suggest_categories(text_of(paper), k)
    if as_json:
        typer.echo(json.dumps([suggestion_to_json(s) for s in found], ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    Console().print(suggestions_table(found) if found else "No heading of this list fits.")


@app.command()
def build(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[LIST]", help="Markdown file or URL; the shipped list if left out."
        ),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option("--index", envvar=INDEX_VARIABLE, help="Folder to write.", show_default=False),
    ] = None,
    abstracts: Annotated[
        list[Path] | None,
        typer.Option(help="JSON lines with id, title, abstract; may be given again."),
    ] = None,
    encoder: Annotated[
        str, typer.Option(help="sentence-transformers model: a name or a folder.")
    ] = "all-MiniLM-L6-v2",
    offline: Annotated[bool, typer.Option("--offline", help="Fetch nothing from arXiv.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail if an abstract is missing.")
    ] = False,
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Papers of a corpus instead of a list: arXiv's snapshot, OAI-PMH, JSON lines, CSV "
            'or Parquet, packed or not; "-" reads standard input; may be given again.',
        ),
    ] = None,
    arxiv_category: Annotated[
        list[str] | None,
        typer.Option(help="Of a corpus, only these: cs.CV, or cs for all of it."),
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Of a corpus, from this day on.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Of a corpus, up to this day.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="The corpus files hold what changed since.")
    ] = False,
    sentences: Annotated[
        bool | None,
        typer.Option(help="Encode the sentences of a corpus too; by default up to 20,000 papers."),
    ] = None,
    vectors: Annotated[
        str,
        typer.Option(help="FAISS's name of the index of a large corpus; by default by its size."),
    ] = "",
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(help="What encodes a corpus: this machine, or a Ray cluster."),
    ] = "local",
    address: Annotated[
        str, typer.Option(help="Of the Ray cluster: host:port, or auto for the one here.")
    ] = "auto",
) -> None:
    """Build the index of a list or a corpus, encoding only what changed.

    Example: `ssm-search build README.md --index my-index`
    Example: `ssm-search build --corpus arxiv-metadata-oai-snapshot.json --arxiv-category cs.LG`
    """
    from ssm_search.build import build_index
    from ssm_search.encoder import load_encoder
    from ssm_search.shipped import shipped_list

    if corpus:
        if source:
            raise typer.BadParameter("give a list or --corpus, not both")
        from ssm_search.gather import gather_index, name_of
        from ssm_search.ray_engine import RayEngine

        folder = index or Path(Path(name_of(corpus)).name.split(".")[0])
        with progress_bars() as progress:
            gathered = gather_index(
                corpus,
                folder,
                encoder=load_encoder(encoder),
                arxiv_categories=arxiv_category or (),
                since=since.date() if since else None,
                until=until.date() if until else None,
                sentences=sentences,
                kind=vectors,
                update=update,
                engine=RayEngine(address) if engine == "ray" else None,
                progress=progress,
            )
        for line in gathered.summary():
            say(line)
        return
    folder = index or Path(Path(source).stem if source else "awesome-mamba")
    with progress_bars() as progress:
        report = build_index(
            source or shipped_list(),
            folder,
            abstracts=abstracts or (),
            encoder=load_encoder(encoder),
            offline=offline,
            strict=strict,
            progress=progress,
        )
    for line in report.summary():
        say(line)


@app.command()
def fetch(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Bring the abstracts of an index from arXiv into your cache, so that answers show them."""
    from dataclasses import asdict

    from ssm_search.abstracts import default_cache, fetch_abstracts

    ids = [paper.id for paper in open_search(index).papers if paper.kind == "paper"]
    with progress_bars() as progress:
        report = fetch_abstracts(
            ids, default_cache(), progress=lambda done, total: progress("abstracts", done, total)
        )
    if as_json:
        typer.echo(json.dumps(asdict(report)))
    else:
        say(f"{len(report.fetched)} fetched into {default_cache()}")
        for what, found in (
            ("withdrawn", report.withdrawn),
            ("not known to arXiv", report.unknown),
            ("not an arXiv id", report.refused),
        ):
            if found:
                say(f"{what}: {', '.join(found)}")
    if report.error:
        raise SsmSearchError(report.error)


@app.command()
def check(
    source: Annotated[str, typer.Argument(metavar="LIST", help="Markdown file or URL.")],
    as_json: JsonOption = False,
) -> None:
    """Read a list and report, with line numbers, what could not be read."""
    from dataclasses import asdict

    from ssm_search.awesome import read_list
    from ssm_search.build import read_source

    reading = read_list(read_source(source))
    papers = sum(paper.kind == "paper" for paper in reading.papers)
    counts = {
        "title": reading.title,
        "papers": papers,
        "links": len(reading.papers) - papers,
        "headings": len(reading.categories),
        "listed_twice": len(reading.entries) - len(reading.papers),
    }
    if as_json:
        problems = [asdict(problem) for problem in reading.problems]
        typer.echo(json.dumps({**counts, "problems": problems}, ensure_ascii=False))
        return
    print_facts(counts)
    for problem in reading.problems:
        typer.echo(f"{source}:{problem.line}: {shown(problem.message)}")


@app.command()
def status(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Show what an index holds: counts, abstracts, encoder, age."""
    facts = open_search(index).status()
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        print_facts(facts)


app.command()(maintain.submit)
app.command()(maintain.triage)
app.command()(maintain.doctor)
app.command()(maintain.discover)
app.command("map")(look.draw_map)
app.command("app")(look.serve_page)


def main() -> None:
    """Run the command line; every error on purpose ends in one line.

    The exit status is 1, or 3 where what was submitted names no paper: in a workflow that is no
    failure.
    """
    try:
        app()
    except SsmSearchError as error:
        say(f"ssm-search: {error}")
        sys.exit(3 if isinstance(error, NoPaperError) else 1)
    except OSError as error:
        if isinstance(error, BrokenPipeError):  # `ssm-search … | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        else:
            where = f" ({error.filename})" if error.filename else ""
            say(f"ssm-search: {error.strerror or error}{where}; check the disk and its permissions")
        sys.exit(1)
    except KeyboardInterrupt:
        say("ssm-search: interrupted")
        sys.exit(130)


def _filters(
    category: str | None, year: str | None, venue: str | None, code: bool | None
) -> Filters:
    filters: Filters = {"category": category, "venue": venue, "has_code": code}
    if year:
        first, _, last = year.partition("-")
        if not (first.isdigit() and (last or first).isdigit()):
            raise typer.BadParameter(f"{year!r} is no year; expected 2024 or 2022-2024")
        filters["year"] = (int(first), int(last or first))
    return filters


def _print_hits(hits: Hits, as_json: bool) -> None:
    if as_json:
        from ssm_search.display import hit_to_json

        typer.echo(json.dumps([hit_to_json(hit) for hit in hits], ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    Console().print(hits)
