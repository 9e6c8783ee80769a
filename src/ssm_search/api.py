"""The questions that are asked of the shipped list: what ``import ssm_search`` offers first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssm_search.curation import Card, Finding, Triage
    from ssm_search.index import Filters
    from ssm_search.papers import Category, CategorySuggestion, Paper
    from ssm_search.search import Hits


def query(text: str, k: int = 10, **filters: Unpack[Filters]) -> Hits:
    """Ask the shipped index; see :meth:`PaperSearch.query`."""
    from ssm_search.search import shipped_search

    return shipped_search().query(text, k, **filters)


def related(paper_or_id_or_text: Paper | str, k: int = 10, **filters: Unpack[Filters]) -> Hits:
    """Neighbours in the shipped index; see :meth:`PaperSearch.related`."""
    from ssm_search.search import shipped_search

    return shipped_search().related(paper_or_id_or_text, k, **filters)


def recommend(
    like: Sequence[Paper | str],
    dislike: Sequence[Paper | str] = (),
    k: int = 10,
    diversity: float = 0.0,
    **filters: Unpack[Filters],
) -> Hits:
    """Recommend from the shipped index; see :meth:`PaperSearch.recommend`."""
    from ssm_search.search import shipped_search

    return shipped_search().recommend(like, dislike, k, diversity, **filters)


def suggest_categories(paper_or_id_or_text: Paper | str, k: int = 3) -> list[CategorySuggestion]:
    """Headings of the shipped list for a paper; see :meth:`PaperSearch.suggest_categories`."""
    from ssm_search.search import shipped_search

    return shipped_search().suggest_categories(paper_or_id_or_text, k)


def submit(
    paper: Paper | str, *, category: Category | str | None = None, offline: bool = False
) -> Card:
    """Where a new paper belongs in the shipped list; see :func:`ssm_search.cards.submit`."""
    from ssm_search.curation import cards
    from ssm_search.search import shipped_list, shipped_search

    path = shipped_list()
    return cards.submit(
        shipped_search(),
        paper,
        path.read_text(encoding="utf-8"),
        list_name=path.name,
        category=category,
        offline=offline,
    )


def triage(text: str, *, offline: bool = False) -> Triage:
    """A card for each paper that ``text`` submits; see :func:`ssm_search.cards.triage`."""
    from ssm_search.curation import cards
    from ssm_search.search import shipped_list, shipped_search

    path = shipped_list()
    known = path.read_text(encoding="utf-8")
    return cards.triage(shipped_search(), text, known, list_name=path.name, offline=offline)


def examine() -> list[Finding]:
    """What looks wrong in the shipped list; see :func:`ssm_search.doctor.examine`."""
    from ssm_search.abstracts import default_cache, load_abstracts
    from ssm_search.curation import examine
    from ssm_search.search import shipped_list, shipped_search

    path = shipped_list()
    text = path.read_text(encoding="utf-8")
    return examine(shipped_search(), text, path.name, load_abstracts(default_cache()))
