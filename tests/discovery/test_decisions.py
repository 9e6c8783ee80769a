"""What was decided on papers, remembered in a file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from ssm_search.discovery.decisions import (
    MAX_BYTES,
    MOST_NAMED,
    Decision,
    append_decisions,
    decisions_file,
    read_decisions,
)
from ssm_search.errors import DiscoverError

TODAY = date(2026, 11, 27)


def test_what_is_written_is_read_and_the_last_line_counts(tmp_path: Path) -> None:
    file = tmp_path / ".ssm-search" / "decisions.jsonl"
    assert read_decisions(file).last == {}
    first = Decision("2405.00001", "proposed", date(2026, 11, 1), title="T", heading=("A", "B"))
    append_decisions(file, [first, Decision("2405.00002", "proposed", date(2026, 11, 1))])
    append_decisions(file, [Decision("2405.00001", "accepted", date(2026, 11, 2), 7)], TODAY)
    found = read_decisions(file, TODAY)
    assert found.ids("accepted") == ["2405.00001"]
    assert found.ids("proposed", "accepted") == ["2405.00002", "2405.00001"]
    # What the first line told of it stays known.
    whole = Decision("2405.00001", "accepted", date(2026, 11, 2), 7, "T", ("A", "B"))
    assert found.last["2405.00001"] == whole
    assert found.asked == TODAY
    assert found.damaged == ()
    assert json.loads(file.read_text().splitlines()[0]) == {
        "id": "2405.00001",
        "decision": "proposed",
        "when": "2026-11-01",
        "issue": None,
        "title": "T",
        "heading": ["A", "B"],
    }


def test_nothing_to_add_makes_no_file(tmp_path: Path) -> None:
    append_decisions(tmp_path / "none.jsonl")
    assert not (tmp_path / "none.jsonl").exists()


def test_a_file_of_ids_alone_says_what_was_rejected(tmp_path: Path) -> None:
    file = tmp_path / "rejected.jsonl"
    file.write_text('{"id": "a"}\n\n{"id": "b"}\n')
    assert read_decisions(file).ids("rejected") == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[]", "no object"),
        ("<<<<<<< HEAD", "no JSON"),
        ("\udcff".encode("utf-8", "surrogateescape").decode("latin-1"), "no JSON"),
        ("[" * 4_000, ""),
        ("{" + '"x":' * 2 + "}", "no JSON"),
        ('{"decision": "accepted"}', "no id"),
        ('{"id": ""}', "no id"),
        ('{"id": 2405.1, "decision": "accepted"}', "no id"),
        ('{"id": "%s"}' % ("9" * 201), "no id"),
        ('{"id": "a", "decision": "maybe"}', "not one of proposed, accepted, rejected"),
        ('{"id": "a", "decision": ["accepted"]}', "not one of"),
        ('{"id": "a", "issue": true}', "the number of the issue"),
        ('{"id": "a", "title": {}}', "title"),
        ('{"id": "a", "heading": "x"}', "heading"),
        ('{"id": "a", "heading": [1]}', "heading"),
        ('{"id": "a", "title": "\\ud800"}', "surrogates"),
        ('{"id": "a", "when": "tomorrow"}', "isoformat"),
        ('{"id": "a", "when": 20261127}', "day is no text"),
        ('{"id": "a", "title": "%s"}' % ("x" * 6_000), "bytes"),
        ('{"decision": "asked"}', "a day that has not come"),
        ('{"decision": "asked", "when": "2026-11-28"}', "a day that has not come"),
    ],
)
def test_a_line_that_is_no_decision_is_named(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "decisions.jsonl"
    good = '{"id": "b", "decision": "accepted", "when": "2026-11-27T10:00:00Z", "more": 1}'
    file.write_bytes(f"{good}\n".encode() + line.encode("latin-1") + f"\n{good}\n".encode())
    found = read_decisions(file, TODAY)
    assert found.last == {"b": Decision("b", "accepted", TODAY)}
    assert found.asked is None
    (damaged,) = found.damaged
    assert damaged.startswith("line 2 is no decision (")
    assert reason in damaged
    assert len(damaged) < 250


def test_what_is_no_file_or_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiscoverError, match="expected JSON lines"):
        read_decisions(tmp_path)
    large = tmp_path / "large.jsonl"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(DiscoverError, match="20,000,001 bytes"):
        read_decisions(large)
    (tmp_path / "link").symlink_to("/etc/passwd")
    with pytest.raises(DiscoverError, match="link out of its folder"):
        read_decisions(tmp_path / "link")


def test_the_file_lies_beside_a_list_in_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    users = tmp_path / "data" / "ssm-search" / "rejected" / "my-list.md.jsonl"
    path = tmp_path / "repository" / "docs" / "list.md"
    path.parent.mkdir(parents=True)
    beside = path.parent / ".ssm-search" / "decisions.jsonl"
    if not any((at / ".git").exists() for at in path.parents):  # nor is the scratch folder in one
        assert decisions_file(path, "my list.md") == users
    assert decisions_file(None, "my list.md") == users
    (tmp_path / "repository" / ".git").mkdir()
    assert decisions_file(path, "my list.md") == beside
    (tmp_path / "repository" / ".git").rmdir()
    beside.parent.mkdir()
    assert decisions_file(path, "my list.md") == beside
    monkeypatch.chdir(path.parent)
    assert decisions_file(Path("list.md"), "my list.md") == beside


def test_of_many_lines_that_cannot_be_read_some_are_named(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    file.write_text("x\n" * 1_000 + '{"decision": "asked", "when": "0001-01-01"}\n')
    found = read_decisions(file)
    assert len(found.damaged) == MOST_NAMED + 1
    assert found.damaged[-1] == f"{1_001 - MOST_NAMED:,} more lines are none either"
    assert found.asked is None


def test_a_link_to_nothing_is_not_written_through(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    file.symlink_to(tmp_path / "elsewhere" / "outside.jsonl")
    with pytest.raises(DiscoverError, match="is a link to nothing; expected a file"):
        read_decisions(file)
