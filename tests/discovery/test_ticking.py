"""Issues whose boxes were ticked, or that were closed, and what they decide."""

from __future__ import annotations

import json
from datetime import date

import pytest

from ssm_search.discovery import ticking
from ssm_search.discovery.decisions import Decision, Decisions
from ssm_search.errors import NoPaperError, SubmissionError
from ssm_search.papers import Abstract

TODAY = date(2026, 11, 27)
ONE, TWO, THREE = "2611.00001", "2611.00002", "2611.00003"


def body(ticks: str = "  ", ids: tuple[str, ...] = (ONE, TWO), more: str = "") -> str:
    """An issue with a box for each id, ticked where ``ticks`` has an x."""
    boxes = "".join(
        f"- [{tick}] **[T](https://arxiv.org/abs/{one})** → A <!-- ssm-search: {one} -->\n"
        f"  ```markdown\n  - [x] x <!-- ssm-search: {THREE} -->\n  ```\n"
        for tick, one in zip(ticks, ids, strict=True)
    )
    marker = ticking.MARKER.format(json.dumps({"ids": ids}))
    return f"2 papers for the list\n\n{boxes}{more}\n{marker}\n"


def issue(text: str, state: str = "open", reason: str | None = None) -> str:
    fields = {"number": 7, "body": text, "state": state, "state_reason": reason}
    return json.dumps({"action": "edited", "issue": fields, "sender": {"login": "ada"}})


PROPOSED = Decisions(
    {one: Decision(one, "proposed", title=f"Paper {one}", heading=("A",)) for one in (ONE, TWO)}
)


def test_an_issue_is_read_from_an_event_or_by_itself() -> None:
    expected = ticking.Issue(7, "open", {ONE: True, TWO: False})
    assert ticking.read_issue(issue(body("x "))) == expected
    assert ticking.read_issue("\ufeff" + issue(body("X ").replace("\n", "\r\n"))) == expected
    printed = {"number": 7, "body": body("x "), "state": "CLOSED", "stateReason": "NOT_PLANNED"}
    found = ticking.read_issue(json.dumps(printed))
    assert found == ticking.Issue(7, "not_planned", {ONE: True, TWO: False})
    assert ticking.read_issue(issue(body(), "closed")).outcome == "completed"
    assert ticking.read_issue(issue(body(), "closed", "duplicate")).outcome == ""
    assert ticking.read_issue(issue(body(), "open", "reopened")).outcome == "open"


def test_only_boxes_of_the_issue_itself_count() -> None:
    """Not those in rows, nor of papers that the marker does not name, nor in another form."""
    more = (
        f"- [x] a stranger's <!-- ssm-search: {THREE} -->\n"
        f"- [x] <!-- ssm-search: {TWO} --> said twice, and not at the end\n"
        f" - [x] moved <!-- ssm-search: {TWO} -->\n"
        f"> - [x] quoted <!-- ssm-search: {TWO} -->\n"
        "- [x] no id <!-- ssm-search: README -->\n"
    )
    found = ticking.read_issue(issue(body("  ", more=more)))
    assert found.boxes == {ONE: False, TWO: False}


@pytest.mark.parametrize(
    "text",
    [
        issue("no marker here"),
        issue(""),
        issue("  " + ticking.MARKER.format('{"ids": []}')),
        issue(ticking.MARKER.format("{no JSON}")),
        issue(ticking.MARKER.format('{"ids": 7}')),
        issue(body() + "x" * 70_000),
        json.dumps({"issue": {"body": None}}),
        json.dumps({"issue": "x"}),
        json.dumps({"pull_request": {"body": body()}}),
        "[]",
        "7",
    ],
)
def test_what_proposes_nothing(text: str) -> None:
    with pytest.raises(NoPaperError, match="no proposals"):
        ticking.read_issue(text)


@pytest.mark.parametrize("text", ["", "no JSON", "[" * 100_000, " " * 5_000_001])
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(SubmissionError, match=r"no JSON|more than 5,000,000"):
        ticking.read_issue(text)


def test_hostile_values_are_no_numbers_and_no_ids() -> None:
    text = json.dumps({"number": True, "body": body("xx", (ONE, "2611.99999")), "state": 7})
    assert ticking.read_issue(text).number is None
    found = ticking.decided(ticking.read_issue(text), PROPOSED, TODAY)
    assert [one.id for one in found] == [ONE]  # the other was never proposed


@pytest.mark.parametrize(
    ("ticks", "state", "reason", "expected"),
    [
        ("  ", "open", None, {}),
        ("x ", "open", None, {ONE: "accepted"}),
        ("x ", "closed", "completed", {ONE: "accepted", TWO: "rejected"}),
        ("  ", "closed", None, {ONE: "rejected", TWO: "rejected"}),
        ("x ", "closed", "not_planned", {ONE: "rejected", TWO: "rejected"}),
        ("xx", "closed", "duplicate", {}),
    ],
)
def test_what_is_decided(
    ticks: str, state: str, reason: str | None, expected: dict[str, str]
) -> None:
    read = ticking.read_issue(issue(body(ticks), state, reason))
    found = ticking.decided(read, PROPOSED, TODAY)
    assert {one.id: one.decision for one in found} == expected
    assert all(one.issue == 7 and one.when == TODAY for one in found)
    assert all(one.title == f"Paper {one.id}" and one.heading == ("A",) for one in found)
    again = Decisions(dict(PROPOSED.last) | {one.id: one for one in found})
    assert ticking.decided(read, again, TODAY) == []


def test_what_was_accepted_stays_and_what_was_rejected_can_be_ticked() -> None:
    known = Decisions({ONE: Decision(ONE, "accepted"), TWO: Decision(TWO, "rejected")})
    for reason in ("completed", "not_planned"):
        read = ticking.read_issue(issue(body("  "), "closed", reason))
        assert ticking.decided(read, known, TODAY) == []
    read = ticking.read_issue(issue(body(" x")))
    assert [(one.id, one.decision) for one in ticking.decided(read, known, TODAY)] == [
        (TWO, "accepted")
    ]


LIST = """# L

## A

- [Old](https://arxiv.org/abs/2401.00001). 2024.

## B

- [Older](https://arxiv.org/abs/2301.00001). 2023.
"""


def accepted(paper_id: str, title: str = "New", heading: str = "B") -> Decision:
    return Decision(paper_id, "accepted", title=title, heading=(heading,))


def test_rows_stand_under_the_heading_that_was_proposed() -> None:
    known = {
        ONE: Abstract(
            ONE, "New, as arXiv has it", "…", ("Émile Roe",), date(2026, 11, 1), ("cs.LG",)
        ),
        TWO: Abstract(TWO, "Second", "…", ("Eve Roe",), date(2026, 11, 2), ("cs.LG",)),
    }
    decisions = [accepted(ONE), Decision(THREE, "rejected"), accepted(TWO, heading="A")]
    text, rows = ticking.with_rows(LIST, decisions, abstracts=known, offline=True)
    first, second = (
        f"- [{title}](https://arxiv.org/abs/{one}). 2026.\n"
        for title, one in (("New, as arXiv has it", ONE), ("Second", TWO))
    )
    assert text == LIST.replace("2024.\n", f"2024.\n{second}") + first
    # Where they stand in the end.
    assert [(row.decision.id, row.line, row.reason) for row in rows] == [
        (ONE, 11, "submitted as 'New'"),
        (TWO, 6, "submitted as 'New'"),
    ]
    again, rows = ticking.with_rows(text, decisions, abstracts=known, offline=True)
    assert again == text
    assert [row.line for row in rows] == [0, 0]
    assert "is listed already, on line" in rows[0].reason


def test_what_has_no_row_says_why() -> None:
    known = {TWO: Abstract(TWO, "Old", "…")}
    decisions = [accepted(ONE, heading="Gone"), accepted(TWO), accepted(THREE, title="")]
    text, rows = ticking.with_rows(LIST, decisions, abstracts=known, offline=True)
    assert text == LIST
    assert [row.line for row in rows] == [0, 0, 0]
    assert "no heading 'Gone' in the list" in rows[0].reason
    assert rows[1].reason == "a paper of the same title is listed already, on line 5"
    assert rows[2].reason


def test_a_row_is_made_of_what_the_proposal_told_where_arxiv_cannot_be_asked() -> None:
    text, (row,) = ticking.with_rows(LIST, [accepted(ONE)], abstracts={}, offline=True)
    assert f"- [New](https://arxiv.org/abs/{ONE})" in text
    assert row.line
