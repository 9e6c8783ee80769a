"""What the radar found as the body of an issue on GitHub, whose boxes decide, and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ssm_search.curation import card_table
from ssm_search.discovery import radar, ticking
from ssm_search.occasions import topic_of
from ssm_search.papers import Paper
from ssm_search.views.card_display import card_json
from ssm_search.views.comments import escaped, fenced, linked

HEADINGS = 5  # named in the first line
TERMS = 8
NEAREST = 3
_HOW = (
    "Tick what belongs on the list. When this issue is closed as completed, what is not ticked is "
    "not proposed again; when it is closed as not planned, none of it is."
)
_LEFT_OUT = "\n{} more did not fit into this issue.\n"


def radar_markdown(
    proposals: Sequence[radar.Proposal], list_name: str, most: int | None = None
) -> tuple[str, list[radar.Proposal]]:
    """The body of an issue that proposes papers, and those of them that stand in it.

    Nothing that strangers wrote is markup, a link, a mention or a box in it.

    Args:
        most: characters; papers that do not fit are left out whole, and how many is said.
    """
    tasks = [(one, _task(one, list_name)) for one in proposals]
    kept: list[tuple[radar.Proposal, str]] = []
    for one, task in tasks:
        body = _body([*kept, (one, task)], len(tasks))
        if most is None or len(body) <= most:
            kept.append((one, task))
    return (_body(kept, len(tasks)) if kept else ""), [one for one, _ in kept]


def summary_line(proposals: Sequence[radar.Proposal]) -> str:
    """How many papers there are for which headings, in Markdown."""
    count = len(proposals)
    papers = "1 paper" if count == 1 else f"{count} papers"
    named = Counter(one.heading[-1] for one in proposals if one.heading).most_common()
    parts = [f"{number} {escaped(name)}" for name, number in named[:HEADINGS]]
    if others := sum(number for _, number in named[HEADINGS:]):
        parts.append(f"{others} under other headings")
    return f"{papers} for the list" + (f": {', '.join(parts)}" if parts else "")


def radar_json(proposal: radar.Proposal) -> dict[str, Any]:
    """A proposal as JSON types: how well it fits, what of it tells that, and its card."""
    found = proposal.found
    facts = {"score": found.score, "fit": found.fit, "terms": list(found.terms[:TERMS])}
    return card_json(proposal.card) | facts  # whose fit is that of the heading


def _body(tasks: Sequence[tuple[radar.Proposal, str]], count: int) -> str:
    proposals = [one for one, _ in tasks]
    ids = json.dumps({"ids": [one.found.paper.id for one in proposals]})
    left_out = _LEFT_OUT.format(count - len(tasks)) if len(tasks) < count else ""
    whole = "\n".join(task for _, task in tasks)
    marker = ticking.MARKER.format(ids)
    return f"{summary_line(proposals)}\n\n{_HOW}\n\n{whole}{left_out}\n{marker}\n"


def _task(one: radar.Proposal, list_name: str) -> str:
    """A line with a box, and below it, folded, why the paper is proposed."""
    paper = one.card.paper
    facts = ", ".join(filter(None, [escaped(_persons(paper)), paper.year_text]))
    facts = f" ({facts})" if facts else ""
    heading = escaped(card_table.path_line(one.heading))
    where = f" → {heading} ({round(100 * one.confidence)} %)" if one.heading else ""
    mark = ticking.PAPER_MARK.format(paper.id)
    first = f"- [ ] **{linked(paper)}**{facts}{where} {mark}"
    # Two more spaces: a part of the task.
    below = [f"  {line}" if line else "" for line in _evidence(one, list_name)]
    return "\n".join([first, *below]) + "\n"


def _evidence(one: radar.Proposal, list_name: str) -> list[str]:
    card, found = one.card, one.found
    lines = ["<details><summary>why</summary>", ""]
    lines.append(f"Fits the list better than {round(100 * found.fit)} % of its own papers.")
    if found.terms:
        words = ", ".join(map(escaped, found.terms[:TERMS]))
        lines += ["", f"**Words that tell the list from others:** {words}"]
    if card.related:
        lines += ["", "**Nearest on the list:**", ""]
        lines += [f"- {linked(hit.paper)}" for hit in card.related[:NEAREST]]
    others = [
        f"{escaped(other.name)} ({round(100 * other.confidence)} %)"
        for other in card.placement.suggestions
        if topic_of(other.category) != topic_of(one.heading)
    ]
    if others:
        lines += ["", f"**Or under:** {'; '.join(others)}"]
    if card.notes:
        lines += ["", *(f"- {escaped(note)}" for note in card.notes)]
    if card.insertion:
        lines += ["", f"**Row** for line {card.insertion.line} of {escaped(list_name)}:", ""]
        lines += fenced(card.insertion.row)
    return [*lines, "", "</details>"]


def _persons(paper: Paper) -> str:
    named = list(paper.authors[:2])
    return f"{named[0]} et al." if len(paper.authors) > 2 else " and ".join(named)
