"""The seven functions that programs call, over HTTP, gradio_client and MCP."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field, ValidationError, validate_call

from ssm_search import (
    Filters,
    Hits,
    ListError,
    Paper,
    PaperNotFoundError,
    QueryError,
    SsmSearchError,
    SubmissionError,
    card_display,
    cards,
    display,
    submissions,
    suggestion_to_json,
)
from ssm_search_app.bounds import MAX_TEXT, Lanes, Work, noted, told
from ssm_search_app.library import Library

MAX_ANSWERS = 100
MAX_SEEDS = 50  # papers liked, and as many disliked
CALLERS = (QueryError, SubmissionError, ListError)  # what is wrong is what was asked for
INTERNAL = "this could not be answered; the log of the server says why"

Code = Literal["any", "with", "without"]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Answers = Annotated[int, Field(ge=1, le=MAX_ANSWERS, description="How many answers.", examples=[5])]
Year = Annotated[int, Field(ge=0, le=9999)]
Seeds = Annotated[list[Text], Query(max_length=MAX_SEEDS)]
Heading = Annotated[
    Text,
    Field(
        description='Only papers under this heading: a name, or a path "A > B"; "" = all.',
        examples=["Point Cloud", "Computer Vision > Point Cloud"],
    ),
]

LIST_NAME = 'Only the list of this title or folder, of those that are served; "" for all.'
LISTS = (
    'Several lists are searched here: "lists" names those that have a paper, `list` chooses one. '
    "A paper is filed in the list that it fits best, unless one is chosen."
)

logger = logging.getLogger(__name__)


def answered(library: Library, hits: Hits) -> dict[str, Any]:
    """Hits as programs get them; a header says too how many papers were left out."""
    noted(str(hits.left_out))
    answer = display.hits_to_json(hits)
    for record, hit in zip(answer["hits"], hits, strict=True):
        record |= _lists(library, hit.paper)
    return answer


def _lists(library: Library, paper: Paper) -> dict[str, Any]:
    """The lists that have a paper, where several are served."""
    names = library.lists_of(paper)
    return {"lists": names} if names else {}


def _named(library: Library, at: Library) -> dict[str, str]:
    """Which list an answer is about, where one of several was chosen for it."""
    return {} if at is library else {"list_name": library.name_of(at)}


def filters_of(
    category: str = "",
    year_from: int = 0,
    year_to: int = 0,
    venue: str = "",
    code: str = "any",
) -> Filters:
    """Filters as the page and programs give them: empty, 0 and "any" are for no filter."""
    filters: Filters = {
        "category": category or None,
        "venue": venue or None,
    }
    if year_from or year_to:
        filters["year"] = (year_from, year_to or 9999)
    if code != "any":
        filters["has_code"] = code == "with"
    return filters


def tools(library: Library, lanes: Lanes) -> list[Work]:
    """The functions, each answering from ``library``; all they raise is an SsmSearchError."""
    functions = _functions(library)
    if library.names:
        functions = [_of_lists(library, at, one) for at, one in enumerate(functions)]
    *at_once, submit = map(checked, functions)
    return [answering(fn) for fn in (*map(lanes.quick, at_once), lanes.slow(submit))]


def _of_lists(library: Library, at: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes beside all else the ``list`` that it is to answer from."""

    def of_list(*args: Any, list: str = "", **given: Any) -> Any:
        chosen = library.find(list)
        if chosen is None:
            raise QueryError(library.refusal_of(list))
        return _functions(chosen)[at](*args, **given)

    name = Annotated[Text, Field(description=LIST_NAME, examples=[*library.names][:1])]
    which = inspect.Parameter("list", inspect.Parameter.KEYWORD_ONLY, default="", annotation=name)
    signature = inspect.signature(function, eval_str=True)
    parameters = [*signature.parameters.values(), which.replace(kind=which.POSITIONAL_OR_KEYWORD)]
    of_list.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    of_list.__annotations__ = {one.name: one.annotation for one in parameters}
    of_list.__annotations__["return"] = signature.return_annotation
    of_list.__name__, of_list.__qualname__ = function.__name__, function.__qualname__
    of_list.__doc__ = f"{inspect.getdoc(function)}\n{LISTS}"
    return of_list


# Long: seven functions, each little but its signature and what programs are told of it.
def _functions(library: Library) -> list[Callable[..., Any]]:
    """The functions of a library, ``submit`` last."""

    def query(
        text: Annotated[
            Text,
            Field(
                description="Words, a question, a title, an abstract, an arXiv id or link.",
                examples=["mamba for video", "papers by Tri Dao since 2023, not medical"],
            ),
        ],
        k: Answers = 10,
        category: Heading = "",
        year_from: Annotated[
            Year,
            Field(description="Only papers of this year or later; 0 for all.", examples=[2023]),
        ] = 0,
        year_to: Annotated[
            Year,
            Field(description="Only papers of this year or earlier; 0 for all.", examples=[2024]),
        ] = 0,
        venue: Annotated[
            Text,
            Field(
                description='Only papers with this in their venue: "ICLR"; "" for all.',
                examples=["ICLR"],
            ),
        ] = "",
        code: Annotated[
            Code,
            Field(
                description='"with" or "without" a link to code; "any" for both.',
                examples=["with"],
            ),
        ] = "any",
    ) -> dict[str, Any]:
        """Find the papers of the list that answer a question best, best first.

        "verdict" is "fits", "unsure", or "nothing" where no paper of the list is about that: then
        the hits are no more than the nearest. "confidence" is the probability that a paper answers.
        Example: query("mamba for video", k=5, year_from=2024) gives {"verdict": "fits", "hits":
        [{"rank": 1, "score": 2.67, "confidence": 0.86, "id": "2403.09626", "title":
        "Video Mamba Suite: ...", "why": {"text": "title: video; ...", ...}, ...}, ...], ...}.
        The text may name authors, years, venues and what is not wanted ("papers by Tri Dao since
        2023, not medical"): "constraints" are what was read out of it.
        "left_out": {"papers": 3, "lacking": "venue"} says how many papers a filter left out because
        it knows no venue of theirs; the header X-Left-Out too. "year_from_id": true marks a year
        that the arXiv id alone tells.
        """
        filters = filters_of(category, year_from, year_to, venue, code)
        return answered(library, library.search.query(text, k, **filters))

    def headings() -> list[dict[str, Any]]:
        """List the headings, each with how many papers stand under it or below.

        Example: headings() gives [{"category": ["SSMs"], "papers": 31}, ...]
        """
        return display.headings_to_json(library.search.tree)

    def get_paper(
        paper: Annotated[
            Text,
            Field(
                description="An id out of an answer, an arXiv id or link, or a title.",
                examples=["2403.06977"],
            ),
        ],
    ) -> dict[str, Any]:
        """Show one paper of the list: links, headings, authors, and its abstract if at hand.

        Example: get_paper("2403.06977") gives {"id": "2403.06977", "title": "VideoMamba: ...",
        "url": ..., "year": 2024, "categories": [["Computer Vision"]], ...}
        """
        found = library.search.get(paper)
        if found is None:
            raise PaperNotFoundError(
                f"{paper[:100]!r} is no paper of this list; ask for it in words by query"
            )
        return display.paper_to_json(found) | _lists(library, found)

    def related(
        paper: Annotated[
            Text,
            Field(
                description="An arXiv id or link, the title of a listed paper, or any text.",
                examples=["2403.06977", "https://arxiv.org/abs/2401.13560"],
            ),
        ],
        k: Answers = 10,
        category: Heading = "",
    ) -> dict[str, Any]:
        """Find the papers of the list nearest to a paper, best first, never that paper itself.

        Example: related("2403.06977") gives {"hits": [{"rank": 1, "id": "2403.09626", ...}, ...]}
        """
        return answered(library, library.search.related(paper, k, **filters_of(category)))

    def recommend(
        like: Annotated[
            Seeds,
            Field(
                description="ArXiv ids, links, titles or texts that are liked; at least one.",
                examples=[["2403.06977", "2401.13560"]],
            ),
        ],
        dislike: Annotated[
            Seeds,
            Field(
                description="ArXiv ids, links, titles or texts to keep away from.",
                examples=[["2402.02491"]],
            ),
        ] = [],  # noqa: B006  # shown to programs as the default, and never changed
        k: Answers = 10,
        diversity: Annotated[
            float,
            Field(
                ge=0,
                le=1,
                description="0 ranks by nearness alone; towards 1 the answers differ more.",
                examples=[0.3],
            ),
        ] = 0.0,
    ) -> dict[str, Any]:
        """Recommend papers of the list like those liked and unlike those disliked.

        Example: recommend(["2403.06977", "2401.13560"], ["2402.02491"], diversity=0.3) gives
        {"hits": [{"rank": 1, "id": "2403.09626", ...}, ...]}
        """
        return answered(library, library.search.recommend(like, dislike, k, diversity))

    def suggest_categories(
        paper: Annotated[
            Text,
            Field(
                description="A title with an abstract, or the arXiv id, link or title of a listed "
                "paper.",
                examples=["2402.18959", "A title. And an abstract."],
            ),
        ],
        k: Answers = 3,
    ) -> list[dict[str, Any]]:
        """Suggest the headings of the list that a paper belongs under, likeliest first.

        An empty answer means that none fits, or that the paper is off topic.
        Example: suggest_categories("A title. And an abstract.") gives
        [{"category": ["Computer Vision", "Point Cloud"], "confidence": 0.81, "evidence": ...}, ...]
        """
        at = library.fitting(paper)
        found = at.listed.suggest_categories(paper, k)
        return [suggestion_to_json(suggestion) | _named(library, at) for suggestion in found]

    def submit(
        link: Annotated[
            Text,
            Field(
                description='An arXiv id or link, or any other address; "" for none.',
                examples=["https://arxiv.org/abs/2404.03425"],
            ),
        ] = "",
        title: Annotated[
            Text,
            Field(
                description="The paper's title, where arXiv cannot tell it.",
                examples=["A State Space Model for Tides"],
            ),
        ] = "",
        abstract: Annotated[
            Text,
            Field(
                description="The paper's abstract, where arXiv cannot tell it.",
                examples=["We scan the tides of a year in linear time, from both ends."],
            ),
        ] = "",
        category: Annotated[
            Text,
            Field(
                description="File it under this heading instead of the likeliest.",
                examples=["Time Series"],
            ),
        ] = "",
    ) -> dict[str, Any]:
        """Show where a new paper belongs: scope, headings, duplicates, related papers, its row.

        Give a link, or a title and an abstract. What a link leaves open is asked from arXiv.
        Example: submit("https://arxiv.org/abs/2404.03425") gives {"verdict": "fits", "headings":
        [...], "duplicates": [], "related": [...], "row": "|[ChangeMamba ...", "patch": ...}
        """
        paper = submissions.paper_of(link, title, abstract)
        at = library.filing([paper])
        card = cards.submit(
            at.listed,
            paper,
            at.list_text,
            list_name=at.list_name,
            category=category or None,
            offline=at.offline,
        )
        return card_display.card_json(card) | _named(library, at)

    return [query, related, recommend, suggest_categories, headings, get_paper, submit]


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``; values that are none of its kind are an error that names them."""
    valid = validate_call(function)
    names = list(inspect.signature(function).parameters)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        if unknown := [name for name in given if name not in names]:
            named = ", ".join(repr(name[:100]) for name in unknown[:3])
            raise QueryError(f"there is no {named}; expected {', '.join(names)}")
        try:
            return valid(**given)
        except ValidationError as error:
            problems = [f"{' '.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
            raise QueryError("; ".join(problems)) from error

    return call


def answering(function: Work) -> Work:
    """``function``; what it raises is an SsmSearchError, and the HTTP status says whose fault."""

    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return await function(*args, **kwargs)
        except SsmSearchError as error:
            if isinstance(error, CALLERS):
                told(400)
            error.args = (display.shown(str(error)),)  # it may quote what a stranger sent
            raise
        except Exception as error:
            logger.exception("%s failed", function.__name__)
            raise SsmSearchError(INTERNAL) from error

    return call
