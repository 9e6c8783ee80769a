"""What was proposed for a list and what became of it, remembered beside the list.

A file of JSON lines that only grows, so that two branches merge and a kill loses nothing::

    {"id": "2405.12345", "decision": "proposed", "when": "2026-11-27", "title": "…"}
    {"id": "2405.12345", "decision": "accepted", "when": "2026-11-28", "issue": 12}
    {"decision": "asked", "when": "2026-11-27"}

The last line about a paper counts. ``asked`` is of no paper: until that day, arXiv was asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from ssm_search.errors import DiscoverError
from ssm_search.files import append_json_lines, plain_file
from ssm_search.papers import Category

Kind = Literal["proposed", "accepted", "rejected"]
ASKED = "asked"
FILE = Path(".ssm-search", "decisions.jsonl")
MAX_BYTES = 20_000_000  # a hundred thousand decisions
MAX_LINE = 5_000  # characters; a title and a heading come to a few hundred
MAX_ID = 200
MOST_NAMED = 20  # lines that cannot be read that are named, each; of the rest it is said how many
ARXIV_BEGAN = date(1991, 8, 14)
QUOTED = 60  # characters of a line that cannot be read that are shown


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided on a paper, or that nothing was yet.

    Attributes:
        when: None in files that only have ids of what was rejected.
        issue: number of the issue that it was decided in.
        heading: under which it was proposed.
    """

    id: str
    decision: Kind
    when: date | None = None
    issue: int | None = None
    title: str = ""
    heading: Category = ()


@dataclass(frozen=True, slots=True)
class Decisions:
    """All that a file remembers.

    Attributes:
        last: the last decision on each paper, by its id, with the title and the heading that an
            earlier one gave it.
        asked: the last day on which arXiv was asked; None if it never was.
        damaged: the lines that could not be read, each with its number and what is wrong with it.
    """

    last: Mapping[str, Decision] = field(default_factory=dict)
    asked: date | None = None
    damaged: tuple[str, ...] = ()

    def ids(self, *kinds: Kind) -> list[str]:
        """The papers whose last decision is one of ``kinds``."""
        return [one.id for one in self.last.values() if one.decision in kinds]


def decisions_file(list_path: Path | None, list_name: str) -> Path:
    """The file for a list: beside it, where that is in a git repository; else this user's own.

    Args:
        list_path: None for a list that is not this user's to write beside.
    """
    if list_path is not None:
        folder = list_path.absolute().parent
        beside = folder / FILE
        if beside.parent.is_dir() or any(
            (at / ".git").exists() for at in (folder, *folder.parents)
        ):
            return beside
    from platformdirs import user_data_path

    name = re.sub(r"[^\w.-]+", "-", list_name).strip(".") or "list"
    return user_data_path("ssm-search") / "rejected" / f"{name}.jsonl"


def read_decisions(file: Path, today: date | None = None) -> Decisions:
    """Read a file of decisions; an absent one holds none.

    Lines that are no decision are named, and otherwise as if they were not there: at worst a paper
    is proposed once more. A line with nothing but an id says that it is rejected.

    Args:
        today: until when arXiv can have been asked; the present day if None.

    Raises:
        DiscoverError: it is no file, cannot be read, or is larger than ``MAX_BYTES``.
    """
    try:
        size = plain_file(file).stat().st_size
        if size > MAX_BYTES:
            raise DiscoverError(f"{file} has {size:,} bytes, more than {MAX_BYTES:,}; shorten it")
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError as error:
        if file.is_symlink():  # what is written would come into being somewhere else
            raise DiscoverError(f"{file} is a link to nothing; expected a file") from error
        return Decisions()
    except OSError as error:
        raise DiscoverError(
            f"cannot read {file} ({error.strerror or error}); expected JSON lines with id and "
            "decision"
        ) from error
    last: dict[str, Decision] = {}
    damaged: list[str] = []
    unread = 0
    asked: date | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = _record(line)
            if record.get("decision") == ASKED:
                day = _day(record)
                if day is None or day > (today or date.today()):
                    raise ValueError("a day that has not come")
                asked = max(asked or day, day)
            else:
                one = _decision(record)
                before = last.pop(one.id, one)  # so that they stand in the order of these lines
                title, heading = one.title or before.title, one.heading or before.heading
                last[one.id] = replace(one, title=title, heading=heading)
        except (ValueError, TypeError, RecursionError) as error:
            text = line[:QUOTED].decode(errors="replace").strip()
            unread += 1
            if unread <= MOST_NAMED:
                damaged.append(f"line {number} is no decision ({error}): {text}")
    if unread > MOST_NAMED:
        damaged.append(f"{unread - MOST_NAMED:,} more lines are none either")
    return Decisions(last, asked, tuple(damaged))


def append_decisions(
    file: Path, decisions: Iterable[Decision] = (), asked: date | None = None
) -> None:
    """Add ``decisions``, and the day on which arXiv was asked, to the end of a file."""
    records = [_to_json(one) for one in decisions]
    if asked:
        records.append({"decision": ASKED, "when": asked.isoformat()})
    if records:
        append_json_lines(file, records)


def _record(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_LINE:
        raise ValueError(f"{len(line):,} bytes")
    try:
        record = json.loads(line)
    except ValueError as error:
        raise ValueError("no JSON") from error
    if not isinstance(record, dict):
        raise TypeError("no object")
    return record


def _decision(record: Mapping[str, Any]) -> Decision:
    """The decision that a record is; ValueError or TypeError if it is none."""
    paper_id, kind = record.get("id"), record.get("decision", "rejected")
    issue, title, heading = record.get("issue"), record.get("title"), record.get("heading") or []
    if not isinstance(paper_id, str) or not paper_id or len(paper_id) > MAX_ID:
        raise TypeError("no id")
    if not isinstance(kind, str) or kind not in get_args(Kind):
        raise ValueError(f"not one of {', '.join(get_args(Kind))}")
    if isinstance(issue, bool) or not isinstance(issue, int | None):
        raise TypeError("the number of the issue is none")
    if not isinstance(title, str | None) or not isinstance(heading, list):
        raise TypeError("the title is no text or the heading no list")
    if not all(isinstance(name, str) for name in heading):
        raise TypeError("the heading is no text")
    " ".join((paper_id, title or "", *heading)).encode()  # refuses half an emoji
    kinds: dict[str, Kind] = {name: name for name in get_args(Kind)}
    return Decision(paper_id, kinds[kind], _day(record), issue, title or "", tuple(heading))


def _day(record: Mapping[str, Any]) -> date | None:
    when = record.get("when")
    if when is None:
        return None
    if not isinstance(when, str):
        raise TypeError("the day is no text")
    day = date.fromisoformat(when[:10])
    if day < ARXIV_BEGAN:
        raise ValueError("a day before arXiv began")
    return day


def _to_json(one: Decision) -> dict[str, Any]:
    record: dict[str, Any] = {"id": one.id, "decision": one.decision}
    record["when"] = (one.when or date.today()).isoformat()
    record["issue"] = one.issue
    if one.title:
        record["title"] = one.title
    if one.heading:
        record["heading"] = list(one.heading)
    return record
