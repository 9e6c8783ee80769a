"""Cards as people and programs read them: a screen in a terminal, a comment, JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssm_search.curation import Card, Triage, card_table
from ssm_search.discovery import Discovery
from ssm_search.papers import to_json
from ssm_search.text import shown
from ssm_search.text import shown_lines as shown_lines
from ssm_search.views.comments import card_markdown as card_markdown
from ssm_search.views.comments import escaped as escaped
from ssm_search.views.comments import refusal_markdown as refusal_markdown
from ssm_search.views.comments import triage_markdown as triage_markdown
from ssm_search.views.display import hit_to_json, suggestion_to_json

if TYPE_CHECKING:
    from rich.console import RenderableType

verdict_line = card_table.verdict_line


def discovery_rich(found: Discovery, card: Card) -> RenderableType:
    """A paper that may belong on the list and its likeliest heading, for a terminal."""
    from rich.text import Text

    paper, first = card.paper, next(iter(card.placement.suggestions), None)
    text = Text(f"\n{shown(paper.title)}", style="bold")
    text.append(f"\n{shown(card_table.facts_line(paper))}", style="not bold dim")
    text.append(f"\nfits better than {found.fit:.0%} of the listed papers", style="not bold green")
    if first:
        text.append(
            f"\n{first.confidence:.0%} {shown(card_table.path_line(first.category))}",
            style="not bold",
        )
    for hit in first.evidence[: card_table.EVIDENCE] if first else ():
        text.append(f"\n    {shown(hit.paper.title)}", style="not bold dim")
    return text


def card_json(card: Card) -> dict[str, Any]:
    """``card`` as JSON types: paper, verdict, headings, duplicates, related, row and patch."""
    placement = card.placement
    paper = to_json(card.paper)
    paper.pop("abstract", None)
    return {
        "paper": paper,
        "notes": card.notes,
        "status": card.status,
        "verdict": placement.verdict,
        "scope": round(placement.scope, 4),
        "fit": round(placement.fit, 4),
        "parent": placement.parent,
        "headings": [suggestion_to_json(one) for one in placement.suggestions],
        "duplicates": [
            {"id": one.paper.id, "title": one.paper.title, "reason": one.reason}
            | {"likeness": round(one.likeness, 4)}
            for one in card.duplicates
        ],
        "related": [hit_to_json(hit) for hit in card.related],
        "category": card.category,
        "row": card.insertion.row if card.insertion else "",
        "line": card.insertion.line if card.insertion else None,
        "patch": card.patch,
        "no_row": card.no_row,
        "places": [{"line": one.line or None, "category": one.category} for one in card.places],
        "chosen": card.chosen,
        "difference": card.difference,
        "repeats": card.repeats,
    }


def triage_json(triage: Triage) -> dict[str, Any]:
    """All cards of a submission as JSON types, and the papers that there is no card for."""
    return {
        "summary": triage.summary,
        "unanswered": triage.unanswered,
        "cards": [card_json(card) for card in triage.cards],
        "unread": [{"id": one.paper.id, "reason": one.reason} for one in triage.unread],
        "proposed": [
            {"heading": one.name, "papers": [paper.id for paper in one.papers]}
            for one in triage.proposed
        ],
    }
