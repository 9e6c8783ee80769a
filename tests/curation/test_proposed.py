"""Which papers wait for a decision, however damaged the file of decisions is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ssm_search.curation.history import History
from ssm_search.curation.proposed import read_proposed
from ssm_search.errors import ListError


def record(paper_id: str, decision: str, when: object = "2024-05-06", **more: object) -> str:
    return json.dumps({"id": paper_id, "decision": decision, "when": when, **more}) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "decisions.jsonl"


def test_the_last_decision_counts(file: Path) -> None:
    file.write_text(
        record("2401.00001", "proposed", title="Kites")
        + record("2401.00002", "proposed")
        + record("2401.00003", "proposed", "2024-05-07T08:09:10+02:00", issue=7)
        + record("2401.00002", "rejected")
        + record("2401.00004", "accepted")
    )
    papers, history = read_proposed(file)
    assert [(one.id, one.title, one.url) for one in papers] == [
        ("2401.00001", "Kites", "https://arxiv.org/abs/2401.00001"),
        ("2401.00003", "arXiv:2401.00003", "https://arxiv.org/abs/2401.00003"),
    ]
    assert history.added == {
        "2401.00001": datetime(2024, 5, 6, tzinfo=UTC),
        "2401.00003": datetime(2024, 5, 7, 6, 9, 10, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "null",
        "[" * 10_000,
        '{"id": "2401.00001"}',
        '{"decision": "proposed"}',
        '{"id": ["2401.00001"], "decision": ["proposed"]}',
        '{"id": "../../etc", "decision": "proposed"}',
        '{"id": 2401.00001, "decision": "proposed", "when": 7}'.replace("2401.00001", "12"),
    ],
)
def test_what_is_no_decision_is_passed_over(file: Path, line: str) -> None:
    file.write_text(f"{line}\n{record('2401.00002', 'proposed')}{line}")
    assert [one.id for one in read_proposed(file)[0]] == ["2401.00002"]


@pytest.mark.parametrize("when", [None, 7, "yesterday", ["2024-05-06"], "9" * 5000])
def test_a_day_that_is_none(file: Path, when: object) -> None:
    file.write_text(record("2401.00001", "proposed", when, title=["x"]))
    papers, history = read_proposed(file)
    assert [one.title for one in papers] == ["arXiv:2401.00001"]
    assert not history.added


def test_no_file_is_no_proposal(file: Path) -> None:
    assert read_proposed(file) == ([], History())


def test_what_is_no_text_is_refused(file: Path, tmp_path: Path) -> None:
    file.write_bytes(b"\xff\xff")
    with pytest.raises(ListError, match="expected JSON lines"):
        read_proposed(file)
    with pytest.raises(ListError, match="is a folder, expected a file"):
        read_proposed(tmp_path)
