"""The heading that whoever submits a paper puts it under, beside those of the nearest papers."""

from __future__ import annotations

from collections.abc import Sequence

from ssm_search.papers import Category, Hit, Paper, Placement
from ssm_search.search import Search
from ssm_search.venues import is_occasion

SURE = 0.7
UNLIKELY = 0.03
"""Probability of another heading from which on, and of the chosen one up to which, a paper looks
misfiled (``CLEARLY_ELSEWHERE`` and ``CLEARLY_MISFILED`` of ``filing``)."""
NEAREST = 3
"""Of the five nearest papers, those that must stand under the other heading, and more than here.

With that, and as if they were new, 6 of the 298 papers of three lists would be said to stand
elsewhere, and 118 of them under a heading at random."""


def difference(
    search: Search,
    paper: Paper,
    placement: Placement,
    related: Sequence[Hit],
    chosen: Sequence[Category],
) -> str:
    """Say that another heading is likelier than those that were chosen; "" if that is not sure.

    Args:
        chosen: headings of the list.
    """
    first = next(iter(placement.suggestions), None)
    if not chosen or not first or placement.verdict != "fits" or first.confidence < SURE:
        return ""
    if any(_is_about(path, first.category) for path in chosen):
        return ""
    topics = search.rows.as_list().topics.paths
    about = [any(_is_about(path, topic) for path in chosen) for topic in topics]
    if not any(about):
        return ""  # a heading that is no topic, such as a year, or new
    likely = search.judge(paper).probabilities[0]
    if sum(float(share) for share, is_so in zip(likely, about, strict=True) if is_so) > UNLIKELY:
        return ""
    there = _count(related, [first.category])
    if there < NEAREST or there <= _count(related, chosen):
        return ""
    names = " and ".join(f"“{_name(path, topics)}”" for path in chosen)
    return (
        f"You chose {names}; {there} of the {len(related)} nearest listed papers stand under "
        f"“{_name(first.category, topics)}”"
    )


def _name(path: Category, topics: Sequence[Category]) -> str:
    """A heading's own name if no other has it, else with those above it."""
    others = [one for one in topics if one != path]
    return " › ".join(path) if any(one[-1:] == path[-1:] for one in others) else path[-1]


def _is_about(one: Category, other: Category) -> bool:
    """Whether two headings are one but for years and venues, or one stands below the other."""
    one, other = (tuple(name for name in path if not is_occasion(name)) for path in (one, other))
    depth = min(len(one), len(other))
    return depth > 0 and one[:depth] == other[:depth]


def _count(hits: Sequence[Hit], headings: Sequence[Category]) -> int:
    """How many stand at or below one of ``headings``."""
    paths = (hit.paper.categories for hit in hits)
    return sum(any(one[: len(path)] == path for one in of for path in headings) for of in paths)
