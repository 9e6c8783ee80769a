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
    """``hit`` as JSON types: rank, score, why, and the fields of its paper."""
    record = to_json(hit.paper)
    record.pop("abstract", None)
    return {"rank": hit.rank, "score": round(hit.score, 4), **record, "why": asdict(hit.why)}
