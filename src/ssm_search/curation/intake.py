"""Submitted papers → the same with what arXiv says of them, and what there is to note."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ssm_search.abstracts import (
    FetchReport,
    default_cache,
    fetch_abstracts,
    joined_records,
    load_abstracts,
    with_abstracts,
)
from ssm_search.curation.given import without_remark
from ssm_search.papers import Abstract, Paper, title_key

NOTHING_KNOWN = "no title and no abstract is known"


class Unasked(str):
    """A note that arXiv could not be asked for a paper, which of many papers is said once.

    Attributes:
        error: what went wrong, in a sentence.
        why: in a few words: "403", "no connection".
        judged: by what the paper is judged instead.
    """

    error: str
    why: str
    judged: str

    @classmethod
    def of(cls, report: FetchReport, judged: str) -> Unasked:
        """The note that a report gives reason for."""
        note = cls(f"arXiv could not be asked ({report.error}): {judged}")
        note.error, note.why, note.judged = report.error, report.reason, judged
        return note


@dataclass(frozen=True, slots=True)
class Submission:
    """A submitted paper as far as it could be completed.

    Attributes:
        notes: what a person who files it should know, such as that arXiv could not be asked.
    """

    paper: Paper
    notes: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """All notes on one line: for a paper without a title, why nothing is known of it."""
        return "; ".join(self.notes)

    @property
    def advice(self) -> str:
        """:attr:`reason`, and for who can be asked what to give."""
        cure = "; give its title and abstract" if self.reason.endswith(NOTHING_KNOWN) else ""
        return self.reason + cure


def completed(
    papers: Iterable[Paper],
    known: Mapping[str, Abstract] | None = None,
    *,
    cache: Path | None = None,
    offline: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Submission]:
    """``papers`` with title, abstract, authors and date from arXiv, where they are on it.

    What ``known`` and ``cache`` have is not asked for again. A title from arXiv stands before one
    that was given; all else that was given stays. Nothing that the network does is an error.

    Args:
        cache: the user's own if None; what arXiv answers is added to it.
        offline: ask nobody.
    """
    papers, cache = list(papers), cache or default_cache()
    records = joined_records([known or {}, load_abstracts(cache)])
    missing = [p.id for p in papers if p.kind == "paper" and not _tells(records.get(p.id))]
    report = FetchReport()
    if missing and not offline:
        report = fetch_abstracts(missing, cache, progress=progress)
        records = joined_records([records, load_abstracts(cache)])
    return [_with_remark(paper, records.get(paper.id), report) for paper in papers]


def _with_remark(paper: Paper, record: Abstract | None, report: FetchReport) -> Submission:
    """The paper completed, and among its notes what there was to say of how it was submitted."""
    paper, remark = without_remark(paper)
    done = _completed(paper, record, report)
    if not remark:
        return done
    is_known = done.paper.title or done.paper.abstract
    return Submission(done.paper, (*done.notes, remark) if is_known else (remark,))


def _completed(paper: Paper, record: Abstract | None, report: FetchReport) -> Submission:
    if record is None or not _tells(record):
        known = {record.id: record} if record else {}
        (filled,) = with_abstracts([paper], known)
        return Submission(filled, _notes_without_record(paper, report))
    notes = ["withdrawn from arXiv"] if record.withdrawn else []
    if paper.title and record.title and title_key(paper.title) != title_key(record.title):
        notes.append(f"submitted as {paper.title!r}")
    titled = replace(paper, title=record.title or paper.title)
    (filled,) = with_abstracts([titled], {paper.id: record})
    return Submission(filled, tuple(notes))


def _tells(record: Abstract | None) -> bool:
    """Whether it says more than the authors, which a file of records may give alone."""
    return record is not None and bool(record.title or record.abstract)


def _notes_without_record(paper: Paper, report: FetchReport) -> tuple[str, ...]:
    judged = (
        "judged by the title and abstract given"
        if paper.title and paper.abstract
        else "judged by the abstract given"
        if paper.abstract
        else "judged by the title alone"
        if paper.title
        else NOTHING_KNOWN
    )
    if paper.kind == "link":
        return (f"not on arXiv: {judged}",)
    if paper.id in report.unknown:
        return (f"arXiv does not know {paper.id}: {judged}",)
    if paper.id in report.refused:
        return (f"arXiv takes {paper.id} for no id: {judged}",)
    if not report.error:
        return (f"arXiv was not asked: {judged}",)
    return (Unasked.of(report, judged),)
