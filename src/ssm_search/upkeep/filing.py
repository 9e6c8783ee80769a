"""What the papers of a list say about its headings: misfiled, filed apart, to merge, to split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.awesome.writing import edits
from ssm_search.papers import Category, Paper
from ssm_search.text import terms
from ssm_search.upkeep.findings import Finding, Visit, shown_path
from ssm_search.vectors import product
from ssm_search.venues import is_occasion

if TYPE_CHECKING:
    from numpy.typing import NDArray

MISFILED = 0.1
"""Probability of its own heading up to which a paper looks misfiled. On six lists .119 of the
papers do; of the same papers under a heading at random .953 (``make bench-upkeep``)."""
CLEARLY_MISFILED = 0.03
CLEARLY_ELSEWHERE = 0.7
TOPICAL = 0.4
"""Probabilities of its own heading, of another, and of either heading for the papers that stand
under it (others than this one), from which on a paper is likely misfiled, and not just possibly: a
heading that says little about its papers, such as “Others”, says little against one. So are .016 of
the papers of six lists as they are listed, and .40 of them under a heading at random
(``make bench-upkeep``)."""
FELLOWS = 2  # other papers under a heading, for what they say to count against one
APART = 0.45
"""Likeness of two papers that are each other's nearest, from which on they belong together. On six
lists .030 of the pairs under one heading are as much alike, of pairs under two .001
(``make bench-upkeep``)."""
SHOWN = 2  # papers near one that looks misfiled
ABSORBED = 0.5  # mean probability of another heading, over all papers of one
TWO_GROUPS = 0.3  # silhouette (Rousseeuw 1987) of the best cut in two; below .25 there is no cut
SMALLEST_GROUP = 3
GROUP_TERMS = 4  # that tell one group from the other
SAME_VECTOR = 4  # decimals; vectors that differ behind them are one to be grouped


def misfiled(visit: Visit) -> Iterator[Finding]:
    """Find papers whose heading would not be theirs if they were new, least likely first."""
    if not visit.topics:
        return
    sizes = visit.members.sum(axis=0)
    own = (visit.likely * visit.members).sum(axis=1)
    clear = clearly_misfiled(visit.likely, visit.members, visit.members)
    for row in map(int, np.argsort(own, kind="stable")):
        paper, under = visit.search.papers[row], visit.members[row]
        if paper.kind == "link" or not under.any() or sizes[under].max() <= FELLOWS:
            continue
        best = int(visit.likely[row].argmax())
        topic = visit.topics[best]  # () for the years of a list by years, which is no place
        if own[row] > MISFILED or under[best] or not topic or _is_topic_of(paper, topic):
            continue
        entry, sure = visit.entry(paper), visit.likely[row, best]
        change = None
        if entry and len(paper.categories) == 1 and clear[row]:
            change = edits.moved(visit.layout, entry, topic)
        others = np.flatnonzero(visit.members[:, best])
        nearest = others[np.argsort(-visit.likeness[row, others], kind="stable")][:SHOWN]
        yield Finding(
            "misfiled",
            entry.line if entry else 0,
            f"“{paper.title}” looks misfiled under {shown_path(paper.categories[0])}",
            (
                f"if it were new, that heading would have {own[row]:.0%}, "
                f"{shown_path(topic)} {sure:.0%}",
                *(f"near: “{visit.search.papers[other].title}”" for other in nearest),
            ),
            certainty="likely" if clear[row] else "possible",
            change=change,
        )


def clearly_misfiled(
    likely: NDArray[np.float64], members: NDArray[np.bool_], under: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which papers are likely misfiled, and not just possibly, where they are ``under``; (n,).

    Args:
        likely: probabilities of the headings for each paper, shape (n, C).
        members: where the papers stand, which says how much each heading tells of them.
    """
    own = (likely * members).sum(axis=1)
    others = np.maximum(members.sum(axis=0) - members, 1)
    telling = (product(own, members) - own[:, None] * members) / others >= TOPICAL
    rows, best = np.arange(len(members)), likely.argmax(axis=1)
    away = (likely * under).sum(axis=1) <= CLEARLY_MISFILED
    elsewhere = (likely[rows, best] >= CLEARLY_ELSEWHERE) & ~under[rows, best]
    return np.asarray(away & elsewhere & telling[rows, best] & (telling & under).any(axis=1))


def _is_topic_of(paper: Paper, topic: Category) -> bool:
    """Whether a paper stands under a heading but for years and venues: “2023 › Video”."""
    bare = _undated(topic)
    return any(_undated(path) == bare for path in paper.categories)


def _undated(path: Category) -> Category:
    return tuple(name for name in path if not is_occasion(name))


def apart(visit: Visit) -> Iterator[Finding]:
    """Find pairs of papers, each the other's nearest, under different headings; nearest first."""
    papers = visit.search.papers
    filed = visit.members.any(axis=1) & np.array([p.kind == "paper" for p in papers], dtype=bool)
    if filed.sum() < 3:  # of two papers, each is the other's nearest
        return
    likeness = visit.likeness.copy()
    likeness[~filed, :] = likeness[:, ~filed] = -1.0
    np.fill_diagonal(likeness, -1.0)
    nearest = likeness.argmax(axis=1)
    same = {(pair.one, pair.other) for pair in visit.pairs}  # one paper, listed twice
    for one in map(int, np.argsort(-likeness.max(axis=1), kind="stable")):
        other = int(nearest[one])
        mutual = one < other and int(nearest[other]) == one
        if not mutual or likeness[one, other] < APART or (one, other) in same:
            continue
        left, right = papers[one], papers[other]
        if any(_is_topic_of(left, path) for path in right.categories):
            continue
        message = f"“{left.title}” and “{right.title}” are filed apart"
        evidence = (
            f"each is the other's nearest, {likeness[one, other]:.2f} alike",
            f"under {shown_path(left.categories[0])} (line {visit.line(left)}) and "
            f"{shown_path(right.categories[0])} (line {visit.line(right)})",
        )
        yield Finding("apart", visit.line(left), message, evidence, certainty="possible")


def merge(visit: Visit) -> Iterator[Finding]:
    """Find headings whose papers look like those of another."""
    paths, sizes = visit.topics, visit.members.sum(axis=0)
    taken: set[tuple[int, int]] = set()
    for at in map(int, np.argsort(sizes, kind="stable")):
        size = sizes[at]
        if size < FELLOWS:
            continue
        mean = visit.likely[visit.members[:, at]].mean(axis=0)
        mean[at] = 0.0
        best = int(mean.argmax())
        if (best, at) in taken:
            continue  # of two that look like each other, the smaller is the part
        are_topics = paths[at] and paths[best] and _undated(paths[at]) != _undated(paths[best])
        if mean[best] >= ABSORBED and are_topics:
            message = f"{shown_path(paths[at])} looks like a part of {shown_path(paths[best])}"
            evidence = (
                f"filed anew, its {size} papers would go there with {mean[best]:.0%} on average",
            )
            taken.add((at, best))
            line = visit.heading_line(paths[at])
            yield Finding("merge", line, message, evidence, certainty="possible")


def split(visit: Visit) -> Iterator[Finding]:
    """Find headings whose papers are of two kinds."""
    papers = visit.search.papers
    for at, path in enumerate(visit.topics):
        rows = np.flatnonzero(visit.members[:, at])
        vectors = visit.rows.list_index.paper_vectors[rows]
        if not path or len(rows) < 2 * SMALLEST_GROUP:
            continue
        if len(np.unique(vectors.round(SAME_VECTOR), axis=0)) < 2:
            continue
        from sklearn.cluster import KMeans  # a second or more, which few headings of few ask for
        from sklearn.metrics import silhouette_score

        groups = KMeans(2, n_init=10, random_state=0).fit_predict(vectors)
        sizes = np.bincount(groups, minlength=2)
        clear = float(silhouette_score(vectors, groups, metric="cosine"))
        if sizes.min() < SMALLEST_GROUP or clear < TWO_GROUPS:
            continue
        smaller = groups == sizes.argmin()
        few, others = ([papers[row].title for row in rows[part]] for part in (smaller, ~smaller))
        about = ", ".join(_telling_words(few, others))
        message = f"{shown_path(path)} holds two kinds of papers"
        message += f"; {len(few)} are about {about}" if about else ""
        evidence = (f"silhouette {clear:.2f}", *(f"“{title}”" for title in few))
        line = visit.heading_line(path)
        yield Finding("split", line, message, evidence, certainty="possible")


def _telling_words(few: list[str], others: list[str]) -> list[str]:
    """Words that the few titles have more often than the others."""

    def share(titles: list[str]) -> Counter[str]:
        words = Counter(word for title in titles for word in {word for _, word in terms(title)})
        return Counter({word: count / len(titles) for word, count in words.items()})

    return [word for word, _ in (share(few) - share(others)).most_common(GROUP_TERMS)]
