"""Which papers wait for a decision, and since when."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from ssm_search.discovery.decisions import read_decisions
from ssm_search.discovery.proposed import proposed_papers


def record(paper_id: str, decision: str, **more: object) -> str:
    return json.dumps({"id": paper_id, "decision": decision, "when": "2024-05-06", **more}) + "\n"


def test_the_last_decision_counts(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    file.write_text(
        record("2401.00001", "proposed", title="Kites", heading=["Flying", "Far"])
        + record("2401.00002", "proposed")
        + record("2401.00003", "proposed", when="2024-05-07", issue=7)
        + record("2401.00002", "rejected")
        + record("2401.00004", "accepted")
        + record("a-talk", "proposed", when=None, title="A talk")
        + "{\n"
    )
    papers, history = proposed_papers(read_decisions(file))
    assert [(one.id, one.title, one.url, one.categories) for one in papers] == [
        ("2401.00001", "Kites", "https://arxiv.org/abs/2401.00001", (("Flying", "Far"),)),
        ("2401.00003", "arXiv:2401.00003", "https://arxiv.org/abs/2401.00003", ()),
        ("a-talk", "A talk", "", ()),
    ]
    assert history.added == {
        "2401.00001": datetime(2024, 5, 6, tzinfo=UTC),
        "2401.00003": datetime(2024, 5, 7, tzinfo=UTC),
    }
    assert history.note.startswith("line 7 is no decision")


def test_no_file_is_no_proposal(tmp_path: Path) -> None:
    papers, history = proposed_papers(read_decisions(tmp_path / "none.jsonl"))
    assert (papers, history.added, history.note) == ([], {}, "")
