"""Hits and suggestions for terminals, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ssm_search.papers import CategorySuggestion, Hit, to_json
from ssm_search.text import marked as marked
from ssm_search.text import shown as shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from ssm_search.search import Hits


def suggestions_table(suggestions: Sequence[CategorySuggestion]) -> Table:
    """A table for a terminal: headings, their probabilities, the papers that speak for each."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 1, 0), show_edge=False, header_style="bold")
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("heading, and the nearest papers under it", overflow="fold")
    for suggestion in suggestions:
        cell = Text(shown(" › ".join(suggestion.category)), style="bold")
        for hit in suggestion.evidence:
            cell.append("\n" + shown(hit.paper.title), style="not bold dim")
        table.add_row(f"{suggestion.confidence:.0%}", cell)
    return table


def suggestion_to_json(suggestion: CategorySuggestion) -> dict[str, Any]:
    """``suggestion`` as JSON types: category, confidence, and its evidence as hits."""
    return {
        "category": suggestion.category,
        "confidence": round(suggestion.confidence, 4),
        "evidence": [hit_to_json(hit) for hit in suggestion.evidence],
    }


def hit_to_json(hit: Hit) -> dict[str, Any]:
    """``hit`` as JSON types: rank, score, why, and the fields of its paper.

    A year that its arXiv id alone tells is marked by "year_from_id".
    """
    record = to_json(hit.paper)
    record.pop("abstract", None)
    if hit.paper.year is None and hit.paper.known_year:
        record["year"] = hit.paper.known_year
        record |= {} if hit.paper.published else {"year_from_id": True}
    return {"rank": hit.rank, "score": round(hit.score, 4), **record, "why": asdict(hit.why)}


def hits_to_json(hits: Hits) -> list[dict[str, Any]]:
    """``hits`` as JSON types, one after the other.

    Each says beside itself how many papers were left out because their year or venue is not known,
    if any were: a list has no other place for it.
    """
    left_out = {"left_out": asdict(hits.left_out)} if hits.left_out else {}
    return [{**hit_to_json(hit), **left_out} for hit in hits]
