"""What was decided on papers, a JSON object a line → those that are proposed and wait."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.curation.history import History
from ssm_search.errors import ListError
from ssm_search.files import read_text
from ssm_search.papers import Paper, untitled_title


def read_proposed(file: Path) -> tuple[list[Paper], History]:
    """The papers whose last decision is that they are proposed, and when that was.

    None if there is no file. Lines that are no decision on a paper of arXiv are passed over.

    Raises:
        ListError: ``file`` cannot be read, or is no text.
    """
    try:
        lines = read_text(file).splitlines() if file.exists() else []
    except (OSError, ValueError) as error:
        raise ListError(f"cannot read {file} ({error}); expected JSON lines") from error
    last = dict(_decisions(lines))
    waiting = {one: record for one, record in last.items() if record["decision"] == "proposed"}
    papers = [_paper(paper_id, record) for paper_id, record in waiting.items()]
    moments = {paper_id: _moment(record) for paper_id, record in waiting.items()}
    return papers, History({one: when for one, when in moments.items() if when})


def _decisions(lines: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(record, dict) or not isinstance(record.get("decision"), str):
            continue
        if paper_id := arxiv_id(str(record.get("id", ""))):
            yield paper_id, record


def _paper(paper_id: str, record: dict[str, Any]) -> Paper:
    title = record.get("title")
    return Paper(
        paper_id,
        title if isinstance(title, str) and title.strip() else untitled_title(paper_id),
        url=f"https://arxiv.org/abs/{paper_id}",
        pdf_url=f"https://arxiv.org/pdf/{paper_id}",
    )


def _moment(record: dict[str, Any]) -> datetime | None:
    """The moment of a decision; midnight in Greenwich of one that has a day only."""
    try:
        when = datetime.fromisoformat(str(record.get("when", "")))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
