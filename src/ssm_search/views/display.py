"""Hits, suggestions and headings for terminals, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ssm_search.papers import Category, CategorySuggestion, Hit, Paper, Why, to_json
from ssm_search.tex import plain_text
from ssm_search.text import marked as marked
from ssm_search.text import shown as shown
from ssm_search.text import shown_json as shown_json
from ssm_search.text import telling_sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table
    from rich.tree import Tree

    from ssm_search.search import Hits


def suggestions_table(suggestions: Sequence[CategorySuggestion]) -> Table:
    """A table for a terminal: headings, their probabilities, the papers that speak for each."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 1, 0), show_edge=False, header_style="bold")
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("heading, and the nearest papers under it", overflow="fold")
    for suggestion in suggestions:
        cell = Text(shown(suggestion.name), style="bold")
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


def gist(paper: Paper, why: Why | None = None) -> str:
    """One sentence of a paper's abstract, as plain text; "" where no abstract is at hand.

    It is the one that answers, if ``why`` knows one, else the one that says best what was done:
    :func:`~ssm_search.text.telling_sentence`.
    """
    if why and why.sentence:
        return why.sentence
    return plain_text(telling_sentence(paper.title, paper.abstract))


def hit_to_json(hit: Hit) -> dict[str, Any]:
    """``hit`` as JSON types: rank, score, why, and the fields of its paper but for its abstract.

    And "lists", the names of those that have the paper, where several were asked.
    """
    record = paper_to_json(hit.paper)
    record.pop("abstract", None)
    sure = {} if hit.confidence is None else {"confidence": round(hit.confidence, 4)}
    lists = {"lists": hit.lists} if hit.lists else {}
    return {
        "rank": hit.rank,
        "score": round(hit.score, 4),
        **sure,
        **record,
        **lists,
        "why": {**asdict(hit.why), "text": str(hit.why)},
    }


def paper_to_json(paper: Paper) -> dict[str, Any]:
    """``paper`` as JSON types, without what is not known of it.

    A year that its arXiv id alone tells is marked by "year_from_id".
    """
    record = to_json(paper)
    if paper.year is None and paper.known_year:
        record["year"] = paper.known_year
        record |= {} if paper.published else {"year_from_id": True}
    return record


def hits_to_json(hits: Hits) -> dict[str, Any]:
    """``hits`` as JSON types, with what is said of them all.

    "verdict" and "constraints" are those of :class:`~ssm_search.Hits`, "left_out" says how many
    papers filters left out for want of knowledge, "note" what else there is to say.
    """
    return {
        "verdict": hits.verdict,
        "constraints": [asdict(one) for one in hits.constraints],
        "left_out": asdict(hits.left_out) if hits.left_out else None,
        "note": hits.note,
        "hits": [hit_to_json(hit) for hit in hits],
    }


def headings_to_json(tree: Mapping[Category, int]) -> list[dict[str, Any]]:
    """Every heading with how many papers stand under it or below, as JSON types, in order."""
    return [{"category": path, "papers": count} for path, count in tree.items()]


def headings_tree(title: str, tree: Mapping[Category, int]) -> Tree:
    """The headings as a tree for a terminal, with how many papers stand under each or below."""
    from rich.text import Text
    from rich.tree import Tree

    root = Tree(Text(shown(title or "headings"), style="bold"))
    branches: dict[Category, Tree] = {(): root}
    for path, count in tree.items():
        label = Text(shown(path[-1])).append(f" {count}", style="dim")
        branches[path] = branches[path[:-1]].add(label)
    return root
