"""A list → what arXiv, GitHub and the servers of its links say of it now, asked for and kept."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ssm_search.abstracts import (
    default_cache,
    fetch_abstracts,
    first_titles,
    joined_records,
    load_abstracts,
)
from ssm_search.arxiv_ids import arxiv_id
from ssm_search.errors import FetchError
from ssm_search.papers import Abstract, title_key
from ssm_search.search import Search
from ssm_search.upkeep import asking
from ssm_search.upkeep import decay as upkeep
from ssm_search.upkeep.answers import (
    FRESH,
    Answer,
    Answers,
    Repository,
    default_answers,
    load_answers,
    save_answers,
)
from ssm_search.upkeep.findings import Kind, Visit

if TYPE_CHECKING:
    from ssm_search.progress import Progress

RECORD_STANDS = timedelta(days=30)  # after which arXiv is asked again what authors say
SAVE_EVERY = 20  # answers, which a kill may lose
TOKEN_VARIABLE = "GITHUB_TOKEN"  # noqa: S105 (its name)
_OF_ARXIV: frozenset[Kind] = frozenset({"venue", "code", "title", "year"})
_OF_SERVERS: frozenset[Kind] = upkeep.OF_LINKS | {"code"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a list after asking.

    Attributes:
        answers: None where no server was asked.
        notes: what could not be asked for, and what is to be asked again.
    """

    records: Mapping[str, Abstract]
    answers: Answers | None
    notes: tuple[str, ...] = ()


def ask(
    search: Search,
    text: str,
    given: Mapping[str, Abstract],
    progress: Progress,
    *,
    kinds: Collection[Kind] = (),
    again: bool = True,
    allow_hosts: Sequence[str] = (),
) -> Asked:
    """Ask for all that is not known of a list, or was asked for too long ago.

    Args:
        given: what is known of its papers, which stands over what arXiv says.
        kinds: of the findings that are wanted; () for all.
        again: ask for what was asked for too long ago; else only for what never was, so that a list
            looked at a second time shows what it showed at first.
        allow_hosts: names of hosts that need not be public.
    """
    notes: list[str] = []
    answers = load_answers(default_answers())
    if not kinds or not _OF_ARXIV.isdisjoint(kinds):
        since = date.today() - RECORD_STANDS if again else None
        ids = [paper.id for paper in search.papers if arxiv_id(paper.id)]
        report = fetch_abstracts(
            ids,
            default_cache(),
            since=since,
            progress=lambda done, total: progress("arXiv", done, total),
        )
        notes += [f"arXiv: {report.error}"] if report.error else []
    records = joined_records([given, load_abstracts(default_cache())])
    visit = Visit(search, text, records, answers)
    if not kinds or "title" in kinds:
        notes += _ask_titles(visit, progress)
    if not kinds or not _OF_SERVERS.isdisjoint(kinds):
        notes += _ask_links(visit, progress, kinds, again, allow_hosts)
    if not kinds or "archived" in kinds:
        notes += _ask_github(visit, progress, again, allow_hosts)
    return Asked(records, answers, tuple(notes))


def _ask_titles(visit: Visit, progress: Progress) -> list[str]:
    """Ask arXiv what papers were called at first whose titles the list has otherwise."""
    others = [
        entry.paper.id
        for entry in visit.reading.entries
        if entry.paper.id not in visit.answers.titles
        and (title := visit.recorded_title(entry.paper))
        and title_key(title) != title_key(entry.paper.title)
    ]
    try:
        found = first_titles(
            others, progress=lambda done, total: progress("first versions", done, total)
        )
    except FetchError as error:
        return [f"arXiv: {error}"]
    if found:
        visit.answers.titles.update(found)
        _keep(Answers(titles=found))
    return []


def _ask_links(
    visit: Visit,
    progress: Progress,
    kinds: Collection[Kind],
    again: bool,
    allow_hosts: Sequence[str],
) -> list[str]:
    known, now = visit.answers.links, datetime.now(UTC)
    wanted: list[str] = []
    if not kinds or not upkeep.OF_LINKS.isdisjoint(kinds):
        wanted += [asking.without_fragment(address) for _, address in visit.linked]
    if not kinds or "code" in kinds:
        wanted += [found.address for _, found in upkeep.lacking_code(visit)]
    wanted = [one for one in dict.fromkeys(wanted) if asking.can_be_asked(one)]
    due = [one for one in wanted if one not in known or (again and known[one].is_due(now))]
    fresh = Answers()

    def asked(address: str, answer: Answer) -> None:
        known[address] = fresh.links[address] = answer.after(known.get(address))
        progress("links", len(fresh.links), len(due))
        if len(fresh.links) % SAVE_EVERY == 0:
            _keep(fresh)

    progress("links", 0, len(due))
    try:
        asking.ask_links(due, asked, allow_hosts=allow_hosts, interval=asking.INTERVAL)
    finally:
        if fresh.links:
            _keep(fresh)
    return list(_about_links([known[one] for one in wanted if one in known]))


def _about_links(answers: Sequence[Answer]) -> Sequence[str]:
    silent = Counter(answer.reason for answer in answers if answer.status is None)
    first = sum(answer.is_gone and not answer.is_dead for answer in answers)
    notes = []
    if silent:
        reasons = ", ".join(f"{count} × {reason}" for reason, count in silent.most_common())
        notes.append(
            f"{silent.total()} of {len(answers)} links could not be asked, which says nothing "
            f"about them: {reasons}"
        )
    if first:
        was, are = ("link was", "it is") if first == 1 else ("links were", "they are")
        notes.append(
            f"{first} {was} gone; ask again in an hour or later, and {are} named if still so"
        )
    return notes


def _ask_github(
    visit: Visit, progress: Progress, again: bool, allow_hosts: Sequence[str]
) -> list[str]:
    """Ask GitHub which repositories are archived, those first of which nothing is known."""
    known, now = visit.answers.repositories, datetime.now(UTC)
    names = dict.fromkeys(
        upkeep.github_name(address)
        for _, address in visit.linked
        if not (answer := visit.answers.links.get(asking.without_fragment(address)))
        or not answer.is_gone
    )
    due = [
        name
        for name in names
        if name and (name not in known or (again and now - known[name].asked >= FRESH))
    ]
    due.sort(
        key=lambda name: known[name].asked if name in known else datetime.min.replace(tzinfo=UTC)
    )
    if not due:
        return []
    fresh = Answers()

    def asked(name: str, repository: Repository) -> None:
        known[name] = fresh.repositories[name] = repository
        progress("GitHub", len(fresh.repositories), len(due))

    try:
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
        note = asking.ask_repositories(
            due, asked, token=token, allow_hosts=allow_hosts, interval=asking.INTERVAL
        )
    finally:
        if fresh.repositories:
            _keep(fresh)
    return [note] if note else []


def _keep(fresh: Answers, path: Path | None = None) -> None:
    """Add what was just answered to the file; without a place for it, the next run asks again."""
    try:
        save_answers(path or default_answers(), fresh)
    except OSError:
        return
