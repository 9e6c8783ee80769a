"""Semantic search and recommendation over a curated "Awesome" paper list.

>>> import ssm_search
>>> print(ssm_search.query("mamba for video"))  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssm_search import abstracts, awesome, errors
    from ssm_search.build import build_index
    from ssm_search.display import Hits
    from ssm_search.encoder import Encoder, load_encoder
    from ssm_search.errors import (
        EncoderError,
        FetchError,
        FilterError,
        IncompleteError,
        IndexFolderError,
        ListError,
        PaperNotFoundError,
        QueryError,
        SsmSearchError,
    )
    from ssm_search.filters import Filters
    from ssm_search.papers import CategorySuggestion, Hit, Paper, Why
    from ssm_search.search import PaperSearch

# Where each public name lives. Loaded on first use (PEP 562), so that importing the package costs
# nothing before a question is asked.
_HOMES = {
    "CategorySuggestion": "papers",
    "Encoder": "encoder",
    "EncoderError": "errors",
    "FetchError": "errors",
    "FilterError": "errors",
    "Filters": "filters",
    "Hit": "papers",
    "Hits": "display",
    "IncompleteError": "errors",
    "IndexFolderError": "errors",
    "ListError": "errors",
    "Paper": "papers",
    "PaperNotFoundError": "errors",
    "PaperSearch": "search",
    "QueryError": "errors",
    "SsmSearchError": "errors",
    "Why": "papers",
    "abstracts": "",
    "awesome": "",
    "build_index": "build",
    "errors": "",
    "load_encoder": "encoder",
}

__all__ = [
    "CategorySuggestion",
    "Encoder",
    "EncoderError",
    "FetchError",
    "FilterError",
    "Filters",
    "Hit",
    "Hits",
    "IncompleteError",
    "IndexFolderError",
    "ListError",
    "Paper",
    "PaperNotFoundError",
    "PaperSearch",
    "QueryError",
    "SsmSearchError",
    "Why",
    "abstracts",
    "awesome",
    "build_index",
    "errors",
    "load_encoder",
    "query",
    "recommend",
    "related",
    "suggest_categories",
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
