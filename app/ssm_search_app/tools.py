"""The five functions that programs call, over HTTP, gradio_client and MCP."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal

import gradio as gr
from pydantic import Field, ValidationError, validate_call

from ssm_search import (
    Filters,
    SsmSearchError,
    cards,
    hit_to_json,
    submissions,
    suggestion_to_json,
)
from ssm_search.card_display import card_json
from ssm_search_app.library import Library

MAX_ANSWERS = 100
MAX_TEXT = 20_000
"""Characters of a question: ten long abstracts. The encoder reads the first 256 word pieces."""
MAX_SEEDS = 50  # papers liked, and as many disliked

Code = Literal["any", "with", "without"]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Answers = Annotated[int, Field(ge=1, le=MAX_ANSWERS)]
Year = Annotated[int, Field(ge=0, le=9999)]
Seeds = Annotated[list[Text], Field(max_length=MAX_SEEDS)]


def filters_of(
    category: str = "", year_from: int = 0, year_to: int = 0, venue: str = "", code: str = "any"
) -> Filters:
    """Filters as the page and programs give them: empty, 0 and "any" are for no filter."""
    filters: Filters = {"category": category or None, "venue": venue or None}
    if year_from or year_to:
        filters["year"] = (year_from, year_to or 9999)
    if code != "any":
        filters["has_code"] = code == "with"
    return filters


def tools(library: Library) -> list[Callable[..., Any]]:
    """The functions, each answering from ``library``."""

    def query(
        text: Text,
        k: Answers = 10,
        category: Text = "",
        year_from: Year = 0,
        year_to: Year = 0,
        venue: Text = "",
        code: Code = "any",
    ) -> list[dict[str, Any]]:
        """Find the papers of the list that answer a question best, best first.

        Example: query("mamba for video", k=5, year_from=2024) gives
        [{"rank": 1, "score": 2.9, "id": "2403.09626", "title": "Video Mamba Suite: ...",
        "why": {"terms": ["mamba", "video"], ...}, ...}, ...]

        Args:
            text: words, a question, a title, a pasted abstract, an arXiv id or link.
            k: how many answers, 1 to 100.
            category: only papers under this heading: its name, or a path "A > B"; "" for all.
            year_from: only papers of this year or later; 0 for all.
            year_to: only papers of this year or earlier; 0 for all.
            venue: only papers with this in their venue, such as "ICLR"; "" for all.
            code: "with" or "without" a link to code; "any" for both.
        """
        filters = filters_of(category, year_from, year_to, venue, code)
        return [hit_to_json(hit) for hit in library.search.query(text, k, **filters)]

    def related(paper: Text, k: Answers = 10, category: Text = "") -> list[dict[str, Any]]:
        """Find the papers of the list nearest to a paper, best first, never that paper itself.

        Example: related("2403.06977") gives [{"rank": 1, "id": "2403.09626", ...}, ...]

        Args:
            paper: an arXiv id or link, the title of a listed paper, or any text.
            k: how many answers, 1 to 100.
            category: only papers under this heading; "" for all.
        """
        hits = library.search.related(paper, k, **filters_of(category))
        return [hit_to_json(hit) for hit in hits]

    def recommend(
        like: Seeds,
        dislike: Seeds = [],  # noqa: B006  # shown to programs as the default, and never changed
        k: Answers = 10,
        diversity: Annotated[float, Field(ge=0, le=1)] = 0.0,
    ) -> list[dict[str, Any]]:
        """Recommend papers of the list like those liked and unlike those disliked.

        Example: recommend(["2403.06977", "2401.13560"], ["2402.02491"], diversity=0.3) gives
        [{"rank": 1, "id": "2403.09626", ...}, ...]

        Args:
            like: arXiv ids, links, titles or texts; at least one.
            dislike: the same, for what to keep away from.
            k: how many answers, 1 to 100.
            diversity: 0 ranks by nearness alone; towards 1 the answers differ more.
        """
        return [hit_to_json(hit) for hit in library.search.recommend(like, dislike, k, diversity)]

    def suggest_categories(paper: Text, k: Answers = 3) -> list[dict[str, Any]]:
        """Suggest the headings of the list that a paper belongs under, likeliest first.

        An empty answer means that none fits, or that the paper is off topic.
        Example: suggest_categories("A title. And an abstract.") gives
        [{"category": ["Computer Vision", "Point Cloud"], "confidence": 0.81, "evidence": ...}, ...]

        Args:
            paper: a title with an abstract, or the arXiv id, link or title of a listed paper.
            k: how many headings, 1 to 100.
        """
        found = library.listed.suggest_categories(paper, k)
        return [suggestion_to_json(suggestion) for suggestion in found]

    def submit(
        link: Text = "", title: Text = "", abstract: Text = "", category: Text = ""
    ) -> dict[str, Any]:
        """Show where a new paper belongs: scope, headings, duplicates, related papers, its row.

        Give a link, or a title and an abstract. What a link leaves open is asked from arXiv.
        Example: submit("https://arxiv.org/abs/2404.03425") gives {"verdict": "fits", "headings":
        [...], "duplicates": [], "related": [...], "row": "|[ChangeMamba ...", "patch": ...}

        Args:
            link: an arXiv id or link, or any other address; "" if there is none.
            title: where arXiv cannot tell it.
            abstract: the same.
            category: file it under this heading instead of the likeliest.
        """
        card = cards.submit(
            library.listed,
            submissions.paper_of(link, title, abstract),
            library.list_text,
            list_name=library.list_name,
            category=category or None,
            offline=library.offline,
        )
        return card_json(card)

    return [answering(fn) for fn in (query, related, recommend, suggest_categories, submit)]


def answering(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` with its arguments checked; what it raises on purpose reaches the caller."""
    checked = validate_call(function)
    names = list(inspect.signature(function).parameters)

    @functools.wraps(function)
    def answer(*args: Any, **kwargs: Any) -> Any:
        try:
            return checked(**dict(zip(names, args, strict=False)), **kwargs)
        except ValidationError as error:
            problems = [f"{' '.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
            raise gr.Error("; ".join(problems), print_exception=False) from error
        except SsmSearchError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return answer
