"""The commands that find what belongs on the list, and that hear what was decided on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ssm_search.cli.options import (
    AbstractsOption,
    IndexOption,
    JsonOption,
    ListOption,
    OfflineOption,
    list_of,
    name_of,
    open_listed,
    say_if_rowless,
    text_of,
)
from ssm_search.cli.terminal import say, write, write_json
from ssm_search.errors import NoPaperError, SsmSearchError
from ssm_search.progress import progress_bars
from ssm_search.text import counted, shown, shown_lines

if TYPE_CHECKING:
    from ssm_search.discovery import decisions as deciding
    from ssm_search.discovery import radar, ticking
    from ssm_search.papers import Paper
    from ssm_search.progress import Progress
    from ssm_search.search import PaperSearch

DecisionsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="What was proposed and decided; by default .ssm-search/decisions.jsonl beside a list "
        "that lies in a git repository, else a file of this user.",
        show_default=False,
    ),
]


# Long: the options of a command are its parameters, each with its help.
def discover(
    corpus: Annotated[
        str | None,
        typer.Option(
            help="The index of a corpus, which `build` made; else arXiv is asked.",
            show_default=False,
        ),
    ] = None,
    arxiv: Annotated[
        str,
        typer.Option(
            metavar="QUERY", help='Ask arXiv for this, such as "cat:cs.CV AND all:mamba".'
        ),
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=2_000, help="Papers to ask arXiv for.")] = 500,
    count: Annotated[int, typer.Option("-k", min=1, help="How many papers at most.")] = 10,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Only papers published from this day on; of arXiv, those since it was last asked, "
            "or of 30 days.",
            show_default=False,
        ),
    ] = None,
    min_confidence: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Only papers that fit better than this share of the listed ones."
        ),
    ] = 0.05,
    reject: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Not wanted, now or later; may be given again."),
    ] = None,
    decisions: DecisionsOption = None,
    as_markdown: Annotated[
        bool,
        typer.Option(
            "--markdown",
            help="Print the body of an issue whose boxes decide, and remember what is in it.",
        ),
    ] = False,
    max_chars: Annotated[
        int, typer.Option(min=1_000, help="Leave out whole papers beyond that; for --markdown.")
    ] = 65_000,
    list_file: ListOption = None,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Find papers that belong on the list and are not there yet: on arXiv, or in a corpus.

    Example: `ssm-search discover --list README.md --index my-index`
    Example: `ssm-search discover --corpus arxiv --since 2024-06-01 --reject 2406.01234`
    Example: `ssm-search discover --arxiv "cat:cs.CV AND all:mamba" --limit 300`

    With --markdown, what was proposed before is not proposed again, and the exit status is 3 where
    there is nothing to propose.
    """
    from ssm_search.build import passing_index
    from ssm_search.discovery import decisions as deciding
    from ssm_search.discovery import radar

    if corpus is not None and arxiv:
        raise typer.BadParameter("give --corpus or --arxiv, or neither")
    if as_markdown and as_json:
        raise typer.BadParameter("give --markdown or --json")
    search = open_listed(index)
    if as_markdown and len(search.papers) < radar.MIN_LISTED:
        raise NoPaperError(
            f"the list has {len(search.papers)} papers; from {radar.MIN_LISTED} on it can be told "
            "what belongs on it"
        )
    path, text = list_of(list_file, index, search)
    say_if_rowless(path)
    today = datetime.now(UTC).date()
    file = decisions or _file_for(list_file, index, path, search)
    if reject:
        rejected = [deciding.Decision(one, "rejected", today) for one in dict.fromkeys(reject)]
        deciding.append_decisions(file, rejected)
        say(f"rejected: {', '.join(one.id for one in rejected)} ({file})")
    known = _read(file, today)
    if (lacking := len(search.status()["without_abstract"])) > len(search.papers) / 2:
        say(
            f"{lacking} of {len(search.papers)} papers of the list are known by their titles alone,"
            " beside which abstracts look unlike; build the index with abstracts"
        )
    by_itself = corpus is None and not arxiv
    day = since.date() if since else radar.first_day(known, today) if by_itself else None
    found: list[radar.Proposal] = []
    with ExitStack() as stack:
        progress = stack.enter_context(progress_bars())
        other = open_listed(corpus) if corpus else None
        if other is None:
            query = arxiv or _query(search, day or today, today)
            papers = _asked(query, limit, progress)
            if papers:
                name = f"arXiv: {query}"
                made = passing_index(papers, name, search.encoder, progress)
                other = stack.enter_context(made)
        if other is not None:
            found = radar.propose(
                search,
                other,
                text,
                known,
                count,
                list_name=name_of(path),
                since=day,
                rejected=_rejected(known, ask=corpus is None),
                min_fit=min_confidence,
                to_decide=as_markdown,
            )
    if as_markdown:
        asked = today if by_itself else None
        _write_issue(found, name_of(path), max_chars, file, known, _listed(search, text), asked)
    else:
        _show(found, as_json)
        if not as_json and len(found) < count:
            say(f"no other paper of {len(other.papers) if other else 0:,} fits")
        if not as_json and known.ids("rejected"):
            say(f"rejected so far: {counted(len(known.ids('rejected')), 'paper')} ({file})")


# Long: the options of a command are its parameters, each with its help.
def decide(
    source: Annotated[
        str,
        typer.Argument(
            help="GitHub's event file, or what `gh issue view NUMBER --json "
            'number,body,state,stateReason` prints; "-": standard input.'
        ),
    ],
    decisions: DecisionsOption = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Put rows of papers newly ticked into the list.")
    ] = False,
    list_file: Annotated[
        Path, typer.Option("--list", metavar="FILE", help="The list that papers were proposed for.")
    ] = Path("README.md"),
    abstracts: AbstractsOption = None,
    offline: OfflineOption = False,
    as_json: JsonOption = False,
) -> None:
    """Remember what an issue of `discover --markdown` decides: its ticked boxes, how it was closed.

    Example: `ssm-search decide "$GITHUB_EVENT_PATH" --list README.md --apply`

    The exit status is 3 where the issue proposes nothing, and 5 where it is none.
    """
    from ssm_search.awesome import reading_of
    from ssm_search.build import read_source
    from ssm_search.discovery import decisions as deciding
    from ssm_search.discovery import radar, ticking

    what = "GitHub's event file, what `gh issue view` prints,"
    given = text_of("-") if source == "-" else read_source(source, expected=what)
    issue = ticking.read_issue(given)
    read_source(list_file)  # refuses what is too large or no text
    text = list_file.read_bytes().decode("utf-8")
    today = datetime.now(UTC).date()
    file = decisions or deciding.decisions_file(list_file, list_file.name)
    known = _read(file, today)
    merged = radar.merged(known, {paper.id for paper in reading_of(text).papers}, today)
    done = {one.id for one in merged}
    decided = [one for one in ticking.decided(issue, known, today) if one.id not in done]
    rows = {}
    if apply:
        rows = _with_rows(list_file, text, decided, abstracts, offline)
        decided = [one for one in decided if one.id not in rows or rows[one.id].line]
    ticked = [] if apply else [one for one in decided if one.decision == "accepted"]
    decided = [one for one in decided if one not in ticked]  # what is accepted gets its row at once
    deciding.append_decisions(file, [*merged, *decided])
    if as_json:
        _write_decided([*merged, *decided], rows)
        return
    for one in merged:
        typer.echo(f"{one.id} accepted: it is on the list")
    for one in decided:
        row = rows.get(one.id)
        where = f": line {row.line} of {name_of(list_file)}" if row else ""
        remark = f" ({row.reason})" if row and row.reason else ""
        typer.echo(shown(f"{one.id} {one.decision}{where}{remark}"))
    for one in ticked:
        typer.echo(f"{one.id} is ticked: --apply puts its row into the list, and remembers that")
    for row in rows.values():
        if not row.line:
            typer.echo(shown(f"{row.decision.id} not accepted: {row.reason}"))


def _write_decided(decided: Sequence[deciding.Decision], rows: Mapping[str, ticking.Row]) -> None:
    """Print what was decided, and what was not for want of a row, for programs."""
    lines = {one.id: rows[one.id].line for one in decided if one.id in rows}
    records: list[dict[str, object]] = [
        {"id": one.id, "decision": one.decision, "line": lines.get(one.id)} for one in decided
    ]
    records += [
        {"id": row.decision.id, "decision": None, "line": None, "reason": row.reason}
        for row in rows.values()
        if not row.line
    ]
    write_json(records)


def _file_for(
    list_file: Path | None, index: str | None, path: Path | None, search: PaperSearch
) -> Path:
    """The file of decisions; that of the shipped list is this user's, whoever keeps the list."""
    from ssm_search.discovery import decisions as deciding

    is_shipped = list_file is None and index is None
    name = search.manifest.list_name or (path.name if path else "")
    return deciding.decisions_file(None if is_shipped else path, name)


def _read(file: Path, today: date) -> deciding.Decisions:
    from ssm_search.discovery import decisions as deciding

    known = deciding.read_decisions(file, today)
    for what in known.damaged:
        say(f"{file}: {what}")
    return known


def _listed(search: PaperSearch, text: str) -> set[str]:
    """The ids of the papers on the list as it is now, or was when its index was built."""
    from ssm_search.awesome import reading_of

    return {paper.id for paper in (reading_of(text).papers if text else search.papers)}


def _query(search: PaperSearch, since: date, until: date) -> str:
    from ssm_search.abstracts import default_cache, load_abstracts
    from ssm_search.discovery import arxiv_query

    return arxiv_query.arxiv_query(search, since, until, load_abstracts(default_cache()))


def _asked(query: str, limit: int, progress: Progress) -> list[Paper]:
    """The papers that arXiv has for a query, or the newest of them; says which were left out."""
    from ssm_search.abstracts import search_arxiv

    papers = search_arxiv(query, limit, progress=lambda done, total: progress("arXiv", done, total))
    days = [paper.published for paper in papers if paper.published]
    if not papers:
        say(f"arXiv has no paper for {query}")
    elif len(papers) >= limit and days:
        say(f"arXiv has more than {limit:,} such papers; none before {min(days)} was looked at")
    return papers


def _rejected(known: deciding.Decisions, *, ask: bool) -> list[str | Paper]:
    """The rejected papers, with what arXiv says of the latest of them."""
    from ssm_search.abstracts import default_cache, fetch_abstracts, load_abstracts
    from ssm_search.discovery import radar

    ids = radar.learned_from(known)
    if ids and ask:
        fetch_abstracts(ids, default_cache())
    return radar.rejected_papers(known, load_abstracts(default_cache()) if ids else {})


def _show(found: Sequence[radar.Proposal], as_json: bool) -> None:
    """Print what was found: for programs, or for a terminal."""
    from rich.console import Console

    from ssm_search.views import card_display, radar_display

    if as_json:
        write_json([radar_display.radar_json(one) for one in found])
        return
    for one in found:
        Console().print(card_display.discovery_rich(one.found, one.card))
        if one.card.insertion:
            typer.echo(shown_lines(one.card.insertion.row))


# Long: what is shown, and what is remembered of it.
def _write_issue(
    found: Sequence[radar.Proposal],
    list_name: str,
    max_chars: int,
    file: Path,
    known: deciding.Decisions,
    listed: set[str],
    asked: date | None,
) -> None:
    """Print the body of an issue, and remember what it proposes.

    Raises:
        NoPaperError: there is nothing to propose.
    """
    from ssm_search.discovery import decisions as deciding
    from ssm_search.discovery import radar
    from ssm_search.views import radar_display

    today = datetime.now(UTC).date()
    text, shown_ones = radar_display.radar_markdown(found, list_name, max_chars)
    news = radar.merged(known, listed, today)
    proposed = [one.decision(today) for one in shown_ones]
    deciding.append_decisions(file, [*news, *proposed], asked)
    if not text:
        raise NoPaperError("nothing new to propose")
    write(text)


def _with_rows(
    path: Path,
    text: str,
    decided: Sequence[deciding.Decision],
    abstracts: Sequence[Path] | None,
    offline: bool,
) -> dict[str, ticking.Row]:
    """Put rows of what was accepted into the list; what became of each, by its id.

    Raises:
        SsmSearchError: somebody else changed the list meanwhile.
    """
    from ssm_search.abstracts import load_files
    from ssm_search.discovery import ticking
    from ssm_search.files import write_atomically

    known = load_files(abstracts or ())
    new, rows = ticking.with_rows(text, decided, abstracts=known, offline=offline)
    if new != text:
        if path.read_bytes() != text.encode("utf-8"):
            raise SsmSearchError(f"{path} changed meanwhile and was left as it is; try again")
        write_atomically(path, new.encode("utf-8"))
    return {row.decision.id: row for row in rows}
