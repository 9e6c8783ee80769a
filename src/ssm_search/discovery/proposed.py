"""The papers that are proposed for a list and wait for a decision."""

from __future__ import annotations

from datetime import UTC, datetime, time

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.discovery.decisions import Decision, Decisions
from ssm_search.discovery.history import History
from ssm_search.papers import Paper, untitled_title


def proposed_papers(known: Decisions) -> tuple[list[Paper], History]:
    """The papers whose last decision is that they are proposed, and when that was.

    Of one that was proposed without a day it is not known when.
    """
    waiting = [one for one in known.last.values() if one.decision == "proposed"]
    added = {
        one.id: datetime.combine(one.when, time(), UTC) for one in waiting if one.when is not None
    }
    return [_paper(one) for one in waiting], History(added, "; ".join(known.damaged))


def _paper(one: Decision) -> Paper:
    known = arxiv_id(one.id)
    return Paper(
        one.id,
        one.title or untitled_title(one.id),
        kind="paper" if known else "link",
        url=f"https://arxiv.org/abs/{known}" if known else "",
        pdf_url=f"https://arxiv.org/pdf/{known}" if known else "",
        categories=(one.heading,) if one.heading else (),
    )
