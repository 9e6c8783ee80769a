"""An issue whose boxes were ticked, or that was closed → what that decides, and rows for the list.

The issue is what :mod:`ssm_search.views.radar_display` wrote: a line with a box for each paper,
which ends in its id, and a marker with all of them. Whatever else stands in it says nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome import reading_of
from ssm_search.awesome.writing import insert_paper
from ssm_search.curation import Submission, completed
from ssm_search.discovery.decisions import Decision, Decisions, Kind
from ssm_search.discovery.radar import decided_paper
from ssm_search.errors import ListError, NoPaperError, SubmissionError
from ssm_search.papers import Abstract, title_key

MARKER = "<!-- ssm-search radar: {} -->"
PAPER_MARK = "<!-- ssm-search: {} -->"
MAX_CHARS = 5_000_000  # an event file has the issue, its author, its repository
MAX_BODY = 70_000  # an issue has 65,536
# At the beginning of a line stands nothing that strangers wrote: titles are escaped, rows indented.
_MARKER = re.compile(r"<!-- ssm-search radar: (\{[^<>]*\}) -->")
_BOX = re.compile(r"- \[(?P<tick>[ xX])\] .*<!-- ssm-search: (?P<id>[^\s<>]+) -->")


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue with proposals.

    Attributes:
        number: None if it is not known.
        outcome: "open"; "completed" or "not_planned" if it was closed so; "" if in another way.
        boxes: whether each paper, by its id, is ticked.
    """

    number: int | None
    outcome: str
    boxes: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a paper that was accepted.

    Attributes:
        line: of the list that its row is on; 0 if it has none.
        reason: why it has none, or what is to be looked at in it.
    """

    decision: Decision
    line: int = 0
    reason: str = ""


def read_issue(text: str) -> Issue:
    """Read GitHub's event file, or an issue as its API or ``gh issue view --json`` gives it.

    Raises:
        NoPaperError: it is no issue that proposes papers.
        SubmissionError: it is no JSON, or too long.
    """
    if len(text) > MAX_CHARS:
        raise SubmissionError(f"the issue has {len(text):,} characters, more than {MAX_CHARS:,}")
    try:
        event = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise SubmissionError(
            "the issue is no JSON; expected the event file of a workflow, or what "
            "`gh issue view NUMBER --json number,body,state,stateReason` prints"
        ) from error
    issue = event.get("issue", event) if isinstance(event, dict) else None
    body = issue.get("body") if isinstance(issue, dict) else None
    marked = _marked(body) if isinstance(body, str) and len(body) <= MAX_BODY else None
    if not isinstance(issue, dict) or marked is None:
        raise NoPaperError("the issue has no proposals of `ssm-search discover` in it")
    lines = re.split(r"\r\n|\n|\r", str(body))
    boxes = {
        paper_id: match["tick"] != " "
        for match in filter(None, (_BOX.fullmatch(line.rstrip()) for line in lines))
        if (paper_id := arxiv_id(match["id"])) and paper_id in marked
    }
    number = issue.get("number")
    is_number = isinstance(number, int) and not isinstance(number, bool)
    return Issue(number if is_number else None, _outcome(issue), boxes)


def _marked(body: str) -> set[str] | None:
    """The ids in the marker of an issue; None if it has no marker."""
    found = None
    for line in re.split(r"\r\n|\n|\r", body):
        if match := _MARKER.fullmatch(line):
            try:
                ids = json.loads(match[1]).get("ids")
            except (ValueError, RecursionError):
                continue
            if isinstance(ids, list):
                found = {one for one in ids if isinstance(one, str)}
    return found


def _outcome(issue: Mapping[str, Any]) -> str:
    state = str(issue.get("state") or "open").casefold()
    if state != "closed":
        return "open"
    reason = issue.get("state_reason", issue.get("stateReason")) or "completed"
    folded = str(reason).casefold()
    return folded if folded in ("completed", "not_planned") else ""


def decided(issue: Issue, decisions: Decisions, today: date) -> list[Decision]:
    """What an issue decides that is not decided so yet, of papers that were proposed.

    While it is open, a tick accepts. Closed as completed, what is not ticked is rejected; as not
    planned, all of it. What was accepted before stays so: it may be on the list.
    """
    found = []
    for paper_id, is_ticked in issue.boxes.items():
        before = decisions.last.get(paper_id)
        kind = _kind(issue.outcome, is_ticked)
        if before and kind and before.decision not in (kind, "accepted"):
            one = Decision(paper_id, kind, today, issue.number, before.title, before.heading)
            found.append(one)
    return found


def _kind(outcome: str, is_ticked: bool) -> Kind | None:
    if outcome == "not_planned":
        return "rejected"
    if outcome in ("open", "completed") and is_ticked:
        return "accepted"
    return "rejected" if outcome == "completed" else None


def with_rows(
    list_text: str,
    decisions: Sequence[Decision],
    *,
    abstracts: Mapping[str, Abstract] | None = None,
    offline: bool = False,
) -> tuple[str, list[Row]]:
    """The list with a row for each paper that was accepted, and what became of each.

    A row stands under the heading that the paper was proposed for, as the issue said.

    Args:
        abstracts: texts that need not be asked from arXiv, by id.
        offline: ask arXiv for nothing; the title is known from when it was proposed.
    """
    accepted = [one for one in decisions if one.decision == "accepted"]
    papers = completed(map(decided_paper, accepted), abstracts, offline=offline)
    rows = []
    for one, known in zip(accepted, papers, strict=True):
        row, list_text = _row(one, known, list_text)
        rows.append(row)
    # Rows that came later may stand above.
    lines = {entry.paper.id: entry.line for entry in reading_of(list_text).entries}
    return list_text, [
        replace(row, line=lines.get(row.decision.id, row.line)) if row.line else row for row in rows
    ]


def _row(one: Decision, known: Submission, list_text: str) -> tuple[Row, str]:
    """What becomes of a paper, and the list with its row, or as it was."""
    if not known.paper.title:
        return Row(one, reason=known.reason or "its title is not known"), list_text
    for entry in reading_of(list_text).entries:
        if title_key(entry.paper.title) == title_key(known.paper.title):
            reason = f"a paper of the same title is listed already, on line {entry.line}"
            return Row(one, reason=reason), list_text
    try:
        insertion = insert_paper(list_text, known.paper, one.heading)
    except ListError as error:
        return Row(one, reason=str(error)), list_text
    remarks = "; ".join(filter(None, [known.reason, *insertion.remarks]))
    return Row(one, insertion.line, remarks), insertion.text
