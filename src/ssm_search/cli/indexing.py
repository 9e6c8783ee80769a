"""The commands that make an index: each makes one call into the library and prints."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ssm_search.cli.options import (
    INDEX_VARIABLE,
    AllowHostOption,
    IndexOption,
    JsonOption,
    open_listed,
)
from ssm_search.cli.terminal import print_facts, say, write_json
from ssm_search.errors import SsmSearchError
from ssm_search.progress import progress_bars
from ssm_search.shipped import DEFAULT_MODEL
from ssm_search.text import shown

if TYPE_CHECKING:
    from ssm_search.awesome import Problem


# Long: the options of a command are its parameters, each with its help.
def build(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LIST]...",
            help="Markdown file or URL, several over which a list is split, or a folder of them; "
            "the shipped list if left out.",
        ),
    ] = None,
    index: Annotated[
        str | None,
        typer.Option("--index", envvar=INDEX_VARIABLE, help="Folder to write.", show_default=False),
    ] = None,
    abstracts: Annotated[
        list[Path] | None,
        typer.Option(help="JSON lines with id, title, abstract; may be given again."),
    ] = None,
    encoder: Annotated[
        str, typer.Option(help="sentence-transformers model: a name or a folder.")
    ] = DEFAULT_MODEL,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch nothing from arXiv.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail if an abstract is missing.")
    ] = False,
    allow_host: AllowHostOption = None,
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
    vectors: Annotated[
        str,
        typer.Option(help="FAISS's name of the index of a large corpus; by default by its size."),
    ] = "",
    store: Annotated[
        str,
        typer.Option(
            metavar="PLACE",
            help="Write a corpus to a LanceDB database that many can read: a folder, or "
            "s3://bucket/path.",
        ),
    ] = "",
    break_lock: Annotated[
        bool, typer.Option("--break-lock", help="Take the store from a writer that is no more.")
    ] = False,
    engine: Annotated[
        Literal["local", "ray"],
        typer.Option(
            help="What encodes a corpus and writes a store: this machine, or a Ray cluster."
        ),
    ] = "local",
    address: Annotated[
        str, typer.Option(help="Of the Ray cluster: host:port, or auto for the one here.")
    ] = "auto",
) -> None:
    """Build the index of a list or a corpus, encoding only what changed.

    Example: `ssm-search build README.md --index my-index`
    Example: `ssm-search build papers/ --index my-index`
    Example: `ssm-search build --corpus arxiv-metadata-oai-snapshot.json --arxiv-category cs.LG`
    Example: `ssm-search build --corpus snapshot.json --engine ray --store s3://papers/arxiv`
    """
    from ssm_search.addresses import shown_source
    from ssm_search.build import build_index
    from ssm_search.encoding import load_encoder
    from ssm_search.shipped import shipped_list

    if index and "://" in index:
        raise typer.BadParameter(f"{shown_source(index)} is no folder; write a store with --store")
    if sources and corpus:
        raise typer.BadParameter("give a list or --corpus, not both")
    of_corpora = {
        "--arxiv-category": arxiv_category,
        "--since": since,
        "--until": until,
        "--update": update,
        "--vectors": vectors,
        "--store": store,
        "--break-lock": break_lock,
        "--engine": engine != "local",
    }
    of_lists = {
        "--abstracts": abstracts,
        "--offline": offline,
        "--strict": strict,
        "--allow-host": allow_host,
    }
    _refuse(of_lists if corpus else of_corpora, "a list" if corpus else "a corpus (--corpus FILE)")
    _refuse({} if store else {"--break-lock": break_lock}, "a store (--store PLACE)")
    _refuse({} if engine == "ray" else {"--address": address != "auto"}, "a cluster (--engine ray)")
    if corpus:
        from ssm_search.build import gather_index, name_of
        from ssm_search.stores.writing import break_lock as break_lock_of

        if store and break_lock:
            break_lock_of(store)
        folder = index or Path(name_of(corpus)).name.split(".")[0]
        with progress_bars() as progress:
            gathered = gather_index(
                corpus,
                folder,
                encoder=load_encoder(encoder),
                arxiv_categories=arxiv_category or (),
                since=since.date() if since else None,
                until=until.date() if until else None,
                kind=vectors,
                update=update,
                cluster=address if engine == "ray" else "",
                store=store,
                progress=progress,
            )
        for line in gathered.summary():
            say(line)
        say(_written(shown_source(store), "--store") if store else _written(folder, "--index"))
        return
    folder = index or folder_for(sources)
    with progress_bars() as progress:
        report = build_index(
            sources or shipped_list(),
            folder,
            abstracts=abstracts or (),
            encoder=load_encoder(encoder),
            offline=offline,
            strict=strict,
            allow_hosts=allow_host or (),
            progress=progress,
        )
    for line in report.summary():
        say(line)
    say(_written(folder, "--index"))


def _written(place: str, option: str) -> str:
    """Where a build wrote, and how that is asked."""
    return f"written to {place}; `ssm-search query … {option} {shlex.quote(place)}` asks it"


def folder_for(sources: Sequence[str] | None) -> str:
    """What the folder of an index is called by default: never as one that a list lies in."""
    from ssm_search.addresses import shown_source

    if not sources:
        return "awesome-mamba"
    first = Path(shown_source(sources[0]))
    if len(sources) == 1 and not first.is_dir():
        return first.stem
    return f"{(first if first.is_dir() else first.parent).resolve().name or 'list'}-index"


def _refuse(given: Mapping[str, object], of: str) -> None:
    """Name the options that would be ignored.

    Raises:
        BadParameter: there are any.
    """
    if ignored := [name for name, value in given.items() if value]:
        named = ", ".join(ignored)
        raise typer.BadParameter(f"{named} {'are' if len(ignored) > 1 else 'is'} for {of} alone")


def fetch(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Bring the abstracts of an index from arXiv into your cache, so that answers show them."""
    from dataclasses import asdict

    from ssm_search.abstracts import default_cache, fetch_abstracts

    ids = [paper.id for paper in open_listed(index).papers if paper.kind == "paper"]
    with progress_bars() as progress:
        report = fetch_abstracts(
            ids, default_cache(), progress=lambda done, total: progress("abstracts", done, total)
        )
    if as_json:
        write_json(asdict(report), indent=None)
    else:
        if report.fetched or not report.error:
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


def check(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="LIST...", help="Markdown files, URLs, or a folder of such files."),
    ],
    allow_host: AllowHostOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a list and report, with line numbers, what could not be read and wrong links.

    The exit status is 4 where it has no entry, or is no list in Markdown.
    """
    from ssm_search.addresses import shown_source
    from ssm_search.build import no_entry, read_whole
    from ssm_search.upkeep import problems as problems_of

    whole = read_whole(sources, allow_hosts=allow_host or ())
    reading = whole.reading
    papers = sum(paper.kind == "paper" for paper in reading.papers)
    counts = {
        "title": whole.title,
        **({"files": len(whole.files)} if len(whole.files) > 1 else {}),
        "papers": papers,
        "links": len(reading.papers) - papers,
        "headings": len(reading.categories),
        "listed_twice": len(reading.entries) - len(reading.papers),
    }
    found: dict[str, list[tuple[str, Problem]]] = {}
    for file, part in zip(whole.files, whole.parts, strict=True):
        for kind, problems in problems_of.to_mend(part).items():
            found.setdefault(kind, []).extend((file.name, problem) for problem in problems)
    if as_json:
        listed = _problems_json(chain.from_iterable(found.values()), len(whole.files) > 1)
        write_json({**counts, "problems": listed}, indent=None)
    else:
        print_facts(counts)
        for kind, here in found.items():
            typer.echo(f"\n{shown(kind)} ({len(here)}):")
            for name, problem in here:
                typer.echo(f"{shown(name)}:{problem.line}: {shown(problem.message)}")
    if not reading.papers:
        raise no_entry(", ".join(map(shown_source, sources)))


def _problems_json(
    problems: Iterable[tuple[str, Problem]], with_files: bool
) -> list[dict[str, object]]:
    """Problems as they stand in the list, each with its file if there are several."""
    ordered = sorted(problems, key=lambda one: (one[0], one[1].line))
    return [
        {**({"file": name} if with_files else {}), "line": found.line, "message": found.message}
        for name, found in ordered
    ]
