"""What time breaks in a list: links that die, projects that move, preprints that appear."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome import Entry
from ssm_search.awesome.writing import filling
from ssm_search.papers import Abstract
from ssm_search.upkeep.accepted import Acceptance, acceptance, is_published_doi
from ssm_search.upkeep.answers import Answer
from ssm_search.upkeep.findings import Certainty, Finding, Kind, Visit
from ssm_search.upkeep.repositories import Repository, own_repository, repository_address
from ssm_search.venues import is_preprint

QUOTED = 300  # characters of what authors say
LATE, EARLY = 4, 1  # years after and before the paper came to arXiv that a venue is believed of
SHOWN = 3  # entries that are named where a whole list has no place for something


def links(visit: Visit) -> Iterator[Finding]:
    """Find links whose pages are gone."""
    for line, address in visit.linked:
        answer = _answer(visit, address)
        if answer and answer.is_dead and answer.gone_since:
            evidence = (
                f"HTTP {answer.status} on {answer.asked:%d %B %Y at %H:%M} UTC, and since "
                f"{answer.gone_since:%d %B %Y at %H:%M}",
            )
            message = f"{address} is gone{_of_entry(visit, line)}"
            yield Finding("link", line, message, evidence, certainty="answered")


def moved(visit: Visit) -> Iterator[Finding]:
    """Find links to projects that have another address now."""
    for line, address in visit.linked:
        answer = _answer(visit, address)
        if not answer or not answer.moved:
            continue
        page, hash_, fragment = address.partition("#")
        new = f"{answer.moved.partition('#')[0]}{hash_}{fragment}"
        if page.endswith(".git") and not answer.moved.endswith(".git"):
            new = f"{answer.moved}.git{hash_}{fragment}"
        entry = visit.entry_on(line)
        change = filling.with_address(visit.layout, entry, address, new) if entry else None
        evidence = [f"its host says so, for good, on {answer.asked:%d %B %Y}"]
        evidence += [] if change else ["its source has it in another form; change it by hand"]
        message = f"{address} moved to {new}{_of_entry(visit, line)}"
        yield Finding("moved", line, message, tuple(evidence), certainty="answered", change=change)


def archived(visit: Visit) -> Iterator[Finding]:
    """Find links to repositories that their owners have closed."""
    for line, address in visit.linked:
        known = visit.answers.repositories.get(github_name(address))
        if known and known.archived:
            evidence = (f"GitHub says so, on {known.asked:%d %B %Y}",)
            message = f"{address} is archived: nobody works on it any more{_of_entry(visit, line)}"
            yield Finding("archived", line, message, evidence, certainty="answered")


def venues(visit: Visit) -> Iterator[Finding]:
    """Find preprints that have appeared somewhere, by their authors' own words."""
    has_place = any(
        not is_preprint(entry.paper.venue) or "venue" in entry.roles
        for entry in visit.reading.entries
    )
    without: list[tuple[Entry, str]] = []
    for entry, record in _recorded(visit):
        paper = entry.paper
        if not is_preprint(paper.venue) or record.withdrawn:
            continue
        found = acceptance(record.comment, record.journal_ref, record.doi)
        if found is None:
            if is_published_doi(record.doi) and has_place:
                message = f"“{paper.title}” has the DOI of a publisher, {record.doi}"
                said = (
                    (f"arXiv's {paper.id}: “{record.journal_ref}”",) if record.journal_ref else ()
                )
                yield Finding("venue", entry.line, message, said, certainty="possible")
        elif not has_place:
            without.append((entry, str(found)))
        else:
            yield _venue(visit, entry, found, record)
    yield from _without_place("venue", "the venue", without)


def _venue(visit: Visit, entry: Entry, found: Acceptance, record: Abstract) -> Finding:
    paper = entry.paper
    change = filling.with_venue(visit.layout, entry, str(found))
    evidence = [f"arXiv's {found.source} of {paper.id}: “{_quoted(found.said)}”"]
    evidence += [] if change else ["the entry shows no place for a venue; change it by hand"]
    date = record.published
    believed = not (date and found.year) or -EARLY <= found.year - date.year <= LATE
    certainty: Certainty = "recorded" if believed else "possible"
    listed = f"is listed as “{paper.venue}”" if paper.venue else "is listed without a venue"
    message = f"“{paper.title}” {listed}; it is of {found}"
    return Finding(
        "venue", entry.line, message, tuple(evidence), certainty=certainty, change=change
    )


def code(visit: Visit) -> Iterator[Finding]:
    """Find entries without a link to the code whose address the authors give."""
    has_place = any(
        entry.paper.code_url or "code" in entry.roles for entry in visit.reading.entries
    )
    without: list[tuple[Entry, str]] = []
    for entry, found in lacking_code(visit):
        answer = _answer(visit, found.address)
        if answer and answer.is_gone:
            continue
        address = (answer.moved if answer else "") or found.address
        if not has_place:
            without.append((entry, address))
            continue
        change = filling.with_code(visit.layout, entry, address)
        evidence = [f"its authors say: “{_quoted(found.said)}”"]
        if answer and answer.status:
            evidence.append(f"it answered on {answer.asked:%d %B %Y}")
        evidence += ["it may be a list of papers, and no code"] * found.may_be_list
        evidence += [] if change else ["the entry shows no place for it; change it by hand"]
        yield Finding(
            "code",
            entry.line,
            f"“{entry.paper.title}” has no link to its code, {address}",
            tuple(evidence),
            certainty="possible" if found.may_be_list else "recorded",
            change=change,
        )
    yield from _without_place("code", "links to code", without)


def lacking_code(visit: Visit) -> Iterator[tuple[Entry, Repository]]:
    """Entries without code, each with the repository that its authors give."""
    for entry, record in _recorded(visit):
        if not entry.paper.code_url and (found := own_repository(record.abstract, record.comment)):
            path = found.address.partition("//")[2].partition("/")[2]
            if path.casefold() not in visit.layout.source(entry).casefold():
                yield entry, found


UPKEEP: tuple[tuple[Kind, Callable[[Visit], Iterator[Finding]]], ...] = (
    ("link", links),
    ("moved", moved),
    ("archived", archived),
    ("venue", venues),
    ("code", code),
)
"""What is looked for where it is asked for, and how."""
OF_LINKS: frozenset[Kind] = frozenset({"link", "moved", "archived"})


def github_name(address: str) -> str:
    """The "owner/name" of a repository on GitHub, in small letters; "" for any other address."""
    host, _, path = repository_address(address).partition("//")[2].partition("/")
    return "/".join(path.split("/")[:2]).casefold() if host == "github.com" else ""


def _without_place(kind: Kind, what: str, found: list[tuple[Entry, str]]) -> Iterator[Finding]:
    """One finding for a list in which no entry has something, and so none shows how."""
    if found:
        evidence = tuple(f"“{entry.paper.title}”: {said}" for entry, said in found[:SHOWN])
        message = f"no entry of this list has {what}, though arXiv tells {len(found)}"
        yield Finding(kind, found[0][0].line, message, evidence, certainty="possible")


def _recorded(visit: Visit) -> Iterator[tuple[Entry, Abstract]]:
    """Entries of papers whose arXiv ids are beyond doubt, with what arXiv says of them."""
    for entry in visit.reading.entries:
        record = visit.records.get(entry.paper.id)
        known = record and arxiv_id(entry.paper.id) and entry.strength > 1
        if record and known and not visit.is_doubtful(entry.paper):
            yield entry, record


def _answer(visit: Visit, address: str) -> Answer | None:
    return visit.answers.links.get(address.partition("#")[0])


def _of_entry(visit: Visit, line: int) -> str:
    entry = visit.entry_on(line)
    return f" (“{entry.paper.title}”)" if entry else ""


def _quoted(text: str) -> str:
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
