"""Semantic search and recommendation over a curated "Awesome" paper list.

>>> import ssm_search
>>> print(ssm_search.query("mamba for video"))  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Unpack

from ssm_search.quiet import keep_quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssm_search import (
        abstracts,
        awesome,
        card_display,
        cards,
        display,
        errors,
        export,
        maps,
        submissions,
    )
    from ssm_search.build import build_index
    from ssm_search.cards import Card, Triage
    from ssm_search.discovery import Discovery, discover
    from ssm_search.display import Hits, hit_to_json, suggestion_to_json
    from ssm_search.doctor import Finding
    from ssm_search.encoder import Encoder, load_encoder
    from ssm_search.errors import (
        CorpusError,
        DiscoverError,
        EncoderError,
        EngineError,
        FetchError,
        FilterError,
        IncompleteError,
        IndexFolderError,
        ListError,
        MapError,
        NoPaperError,
        PaperNotFoundError,
        QueryError,
        ServeError,
        SsmSearchError,
        StoreError,
        SubmissionError,
    )
    from ssm_search.filters import Filters
    from ssm_search.gather import gather_index
    from ssm_search.papers import (
        Category,
        CategorySuggestion,
        Duplicate,
        Hit,
        Paper,
        Placement,
        Why,
    )
    from ssm_search.search import PaperSearch
    from ssm_search.shipped import open_index
    from ssm_search.store_search import StoreSearch

keep_quiet()  # before anything is imported that asks

# Where each public name lives. Loaded on first use (PEP 562), so that importing the package costs
# nothing before a question is asked.
_HOMES = {
    "Card": "cards",
    "Category": "papers",
    "CategorySuggestion": "papers",
    "CorpusError": "errors",
    "DiscoverError": "errors",
    "Discovery": "discovery",
    "Duplicate": "papers",
    "Encoder": "encoder",
    "EncoderError": "errors",
    "EngineError": "errors",
    "FetchError": "errors",
    "FilterError": "errors",
    "Filters": "filters",
    "Finding": "doctor",
    "Hit": "papers",
    "Hits": "display",
    "IncompleteError": "errors",
    "IndexFolderError": "errors",
    "ListError": "errors",
    "MapError": "errors",
    "NoPaperError": "errors",
    "Paper": "papers",
    "PaperNotFoundError": "errors",
    "PaperSearch": "search",
    "Placement": "papers",
    "QueryError": "errors",
    "ServeError": "errors",
    "SsmSearchError": "errors",
    "StoreError": "errors",
    "StoreSearch": "store_search",
    "SubmissionError": "errors",
    "Triage": "cards",
    "Why": "papers",
    "abstracts": "",
    "awesome": "",
    "build_index": "build",
    "card_display": "",
    "cards": "",
    "display": "",
    "discover": "discovery",
    "errors": "",
    "export": "",
    "gather_index": "gather",
    "hit_to_json": "display",
    "load_encoder": "encoder",
    "maps": "",
    "open_index": "shipped",
    "submissions": "",
    "suggestion_to_json": "display",
}

__all__ = [
    "Card",
    "Category",
    "CategorySuggestion",
    "CorpusError",
    "DiscoverError",
    "Discovery",
    "Duplicate",
    "Encoder",
    "EncoderError",
    "EngineError",
    "FetchError",
    "FilterError",
    "Filters",
    "Finding",
    "Hit",
    "Hits",
    "IncompleteError",
    "IndexFolderError",
    "ListError",
    "MapError",
    "NoPaperError",
    "Paper",
    "PaperNotFoundError",
    "PaperSearch",
    "Placement",
    "QueryError",
    "ServeError",
    "SsmSearchError",
    "StoreError",
    "StoreSearch",
    "SubmissionError",
    "Triage",
    "Why",
    "abstracts",
    "awesome",
    "build_index",
    "card_display",
    "cards",
    "discover",
    "display",
    "errors",
    "examine",
    "export",
    "gather_index",
    "hit_to_json",
    "load_encoder",
    "maps",
    "open_index",
    "query",
    "recommend",
    "related",
    "submissions",
    "submit",
    "suggest_categories",
    "suggestion_to_json",
    "triage",
]


def query(text: str, k: int = 10, **filters: Unpack[Filters]) -> Hits:
    """Ask the shipped index; see :meth:`PaperSearch.query`."""
    from ssm_search.shipped import shipped_search

    return shipped_search().query(text, k, **filters)


def related(paper_or_id_or_text: Paper | str, k: int = 10, **filters: Unpack[Filters]) -> Hits:
    """Neighbours in the shipped index; see :meth:`PaperSearch.related`."""
    from ssm_search.shipped import shipped_search

    return shipped_search().related(paper_or_id_or_text, k, **filters)


def recommend(
    like: Sequence[Paper | str],
    dislike: Sequence[Paper | str] = (),
    k: int = 10,
    diversity: float = 0.0,
    **filters: Unpack[Filters],
) -> Hits:
    """Recommend from the shipped index; see :meth:`PaperSearch.recommend`."""
    from ssm_search.shipped import shipped_search

    return shipped_search().recommend(like, dislike, k, diversity, **filters)


def suggest_categories(paper_or_id_or_text: Paper | str, k: int = 3) -> list[CategorySuggestion]:
    """Headings of the shipped list for a paper; see :meth:`PaperSearch.suggest_categories`."""
    from ssm_search.shipped import shipped_search

    return shipped_search().suggest_categories(paper_or_id_or_text, k)


def submit(
    paper: Paper | str, *, category: Category | str | None = None, offline: bool = False
) -> Card:
    """Where a new paper belongs in the shipped list; see :func:`ssm_search.cards.submit`."""
    from ssm_search import cards
    from ssm_search.shipped import shipped_list, shipped_search

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
    from ssm_search import cards
    from ssm_search.shipped import shipped_list, shipped_search

    path = shipped_list()
    known = path.read_text(encoding="utf-8")
    return cards.triage(shipped_search(), text, known, list_name=path.name, offline=offline)


def examine() -> list[Finding]:
    """What looks wrong in the shipped list; see :func:`ssm_search.doctor.examine`."""
    from ssm_search.abstracts import default_cache, load_abstracts
    from ssm_search.doctor import examine
    from ssm_search.shipped import shipped_list, shipped_search

    path = shipped_list()
    text = path.read_text(encoding="utf-8")
    return examine(shipped_search(), text, path.name, load_abstracts(default_cache()))


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("ssm-search")
    if name not in _HOMES:
        raise AttributeError(f"module 'ssm_search' has no attribute {name!r}")
    home = _HOMES[name]
    module = importlib.import_module(f"ssm_search.{home or name}")
    return getattr(module, name) if home else module


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
