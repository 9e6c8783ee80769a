"""What programs are answered, as types: for REST's OpenAPI, and for the schemas of agents' tools.

The answers are made by ``ssm_search``; a test compares each with its type here. Fields at their
default are left out of a paper.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Path = Annotated[list[str], Field(description="A heading, after those that it stands under.")]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Why(_Answer):
    """Why a paper answers."""

    text: str = Field(description="The reason in one line.")
    terms: list[str] = Field(description="Words of the question that the paper has.")
    in_title: list[str] = Field(description="Those of them that stand in its title.")
    near: list[tuple[str, str]] = Field(description="Words of the question, and those near them.")
    sentence: str = Field(description="The sentence of the abstract that answers; or none.")
    heading: Path
    exact: bool = Field(description="The question is this paper's title, id or link.")
    meaning: bool = Field(description="Nothing but what it means is close.")
    authors: list[str] = Field(description="Those of its authors that were asked for.")


class Link(_Answer):
    """Another page of a paper."""

    name: str = Field(description='What it is: "Project", "OpenReview", "Video" …')
    url: str


class Paper(_Answer):
    """A paper of the list."""

    id: str = Field(description="Of arXiv, without a version, or else made of the title.")
    title: str
    kind: Literal["paper", "link"] = "paper"
    url: str = ""
    pdf_url: str = ""
    code_url: str = ""
    year: int | None = None
    year_from_id: bool = Field(False, description="The year is told by the arXiv id alone.")
    venue: str = ""
    categories: list[Path] = []
    abstract: str = ""
    authors: list[str] = []
    published: str | None = Field(None, description="When arXiv published it: 2024-03-11.")
    arxiv_categories: list[str] = []
    name: str = Field("", description="A short name, as of its method.")
    links: list[Link] = Field([], description="Other pages that the list has: of its project …")
    lists: list[str] = Field([], description="Those that have it, where several are served.")


class Hit(Paper):
    """A paper as an answer."""

    rank: int
    score: float = Field(description="Orders this answer; means nothing elsewhere.")
    confidence: float | None = Field(
        None, description="The probability that it answers, where a question was asked."
    )
    why: Why


class Constraint(_Answer):
    """What was read out of a question beside what it is about."""

    kind: str = Field(description='The filter that it is: "author", "year", "venue" …')
    value: str = Field(description='What is asked of it: "since 2023".')
    said: str = Field(description="The words of the question that say so.")


class LeftOut(_Answer):
    """The papers that filters left out since something is not known of them."""

    papers: int
    lacking: str


class Hits(_Answer):
    """The answers to a question, best first."""

    verdict: Literal["fits", "unsure", "nothing"] | None = Field(
        description='"nothing": no paper is about that, and the hits are no more than the nearest.'
    )
    constraints: list[Constraint]
    left_out: LeftOut | None
    note: str
    hits: list[Hit]


class Suggestion(_Answer):
    """A heading that a paper may belong under."""

    category: Path
    confidence: float = Field(description="The probability that it is the right one.")
    evidence: list[Hit]
    list_name: str = Field(
        "", description="The list that it is of, where one of several was chosen."
    )


class Heading(_Answer):
    """A heading of the list."""

    category: Path
    papers: int = Field(description="How many stand under it or below.")


class Duplicate(_Answer):
    """A listed paper that may be the one submitted."""

    id: str
    title: str
    reason: str
    likeness: float = Field(description="From 0 to 1.")


class Place(_Answer):
    """Where a paper stands in the list already."""

    line: int | None
    category: Path


class Card(_Answer):
    """Where a submitted paper belongs."""

    paper: Paper
    notes: list[str] = Field(description="What could not be found out, and the like.")
    status: str = Field(description='"new" where it fits, "listed", "alike", or the verdict.')
    verdict: Literal["fits", "no heading", "off topic", "unsure"]
    scope: float = Field(description="Share of the listed papers that fit the list no better.")
    fit: float = Field(description="The same, for how well a heading fits.")
    parent: Path
    headings: list[Suggestion]
    duplicates: list[Duplicate]
    related: list[Hit]
    category: Path = Field(description="The heading that the row is for.")
    row: str = Field(description="The entry, written as its neighbours are.")
    line: int | None = Field(description="Where it goes.")
    patch: str = Field(description="The row as a diff of the list.")
    no_row: str = Field(description="Why there is no row; or nothing.")
    places: list[Place] = Field(description="Where it stands already.")
    chosen: list[Path] = Field(description="The headings that the submission names.")
    difference: str
    repeats: str
    list_name: str = Field("", description="The list that it fits best, where several are served.")


ANSWERS: dict[str, Any] = {
    "query": Hits,
    "related": Hits,
    "recommend": Hits,
    "suggest_categories": list[Suggestion],
    "headings": list[Heading],
    "get_paper": Paper,
    "submit": Card,
}
"""What each function for programs answers."""


class Error(BaseModel):
    """Why there is no answer, in one sentence."""

    error: str
