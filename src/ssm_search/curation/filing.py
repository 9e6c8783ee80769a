"""What the papers of a list say about its headings: misfiled, filed apart, to merge, to split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from ssm_search.awesome import edits
from ssm_search.curation.findings import Finding, Visit, shown_path
from ssm_search.ranking import product
from ssm_search.text import terms

MISFILED = 0.1
"""Probability of its own heading up to which a paper looks misfiled. On six lists .119 of the
papers do; of the same papers under a heading at random .953 (``make bench-upkeep``)."""
FELLOWS = 2  # other papers under a heading, for what they say to count against one
SURE_MOVE = 0.5  # of another heading, for a patch that moves the paper there
APART = 0.45
"""Likeness of two papers that are each other's nearest, from which on they belong together. On six
lists .030 of the pairs under one heading are as much alike, of pairs under two .001
(``make bench-upkeep``)."""
ABSORBED = 0.5  # mean probability of another heading, over all papers of one
TWO_GROUPS = 0.3  # silhouette (Rousseeuw 1987) of the best cut in two; below .25 there is no cut
SMALLEST_GROUP = 3
GROUP_TERMS = 4  # that tell one group from the other
SAME_VECTOR = 4  # decimals; vectors that differ behind them are one to be grouped


def misfiled(visit: Visit) -> Iterator[Finding]:
    """Find papers whose heading would not be theirs if they were new."""
    sizes = visit.members.sum(axis=0)
    for row, paper in enumerate(visit.search.papers):
        own = visit.members[row]
        if paper.kind == "link" or not own.any() or sizes[own].max() <= FELLOWS:
            continue
        probability = float(visit.likely[row][own].sum())
        if probability > MISFILED or own[visit.likely[row].argmax()]:
            continue
        best = visit.search.place(paper.id).suggestions[0]
        entry = visit.entry(paper)
        new = ""
        if entry and len(paper.categories) == 1 and best.confidence >= SURE_MOVE:
            new = edits.moved(visit.text, visit.reading, entry, best.category)
        nearest = [hit.paper.title for hit in best.evidence[:2]]
        yield Finding(
            "misfiled",
            entry.line if entry else 0,
            f"“{paper.title}” looks misfiled under {shown_path(paper.categories[0])}",
            (
                f"if it were new, that heading would have {probability:.0%}, "
                f"{shown_path(best.category)} {best.confidence:.0%}",
                *(f"near: “{title}”" for title in nearest),
            ),
            visit.patch(new),
        )


def apart(visit: Visit) -> Iterator[Finding]:
    """Find pairs of papers that are each other's nearest, under different headings."""
    index, papers = visit.search.rows.as_list().list_index, visit.search.papers
    filed = visit.members.any(axis=1) & np.array([p.kind == "paper" for p in papers], dtype=bool)
    if filed.sum() < 3:  # of two papers, each is the other's nearest
        return
    likeness = (product(index.paper_vectors, index.paper_vectors.T) + index.term_gram) / 2
    likeness[~filed, :] = likeness[:, ~filed] = -1.0
    np.fill_diagonal(likeness, -1.0)
    nearest = likeness.argmax(axis=1)
    together = product(visit.members, visit.members.T)
    for one, other in enumerate(map(int, nearest)):
        mutual = one < other and int(nearest[other]) == one
        if mutual and not together[one, other] and likeness[one, other] >= APART:
            left, right = papers[one], papers[other]
            if right in (found.paper for found in visit.search.duplicates(left.id)):
                continue  # one paper, listed twice
            message = f"“{left.title}” and “{right.title}” are filed apart"
            evidence = (
                f"each is the other's nearest, {likeness[one, other]:.2f} alike",
                f"under {shown_path(left.categories[0])} (line {visit.line(left)}) and "
                f"{shown_path(right.categories[0])} (line {visit.line(right)})",
            )
            yield Finding("apart", visit.line(left), message, evidence)


def merge(visit: Visit) -> Iterator[Finding]:
    """Find headings whose papers look like those of another."""
    paths = visit.search.manifest.headings
    for at, size in enumerate(visit.members.sum(axis=0)):
        if size < FELLOWS:
            continue
        mean = visit.likely[visit.members[:, at]].mean(axis=0)
        mean[at] = 0.0
        best = int(mean.argmax())
        if mean[best] >= ABSORBED:
            message = f"{shown_path(paths[at])} looks like a part of {shown_path(paths[best])}"
            evidence = (
                f"filed anew, its {size} papers would go there with {mean[best]:.0%} on average",
            )
            yield Finding("merge", visit.heading_line(paths[at]), message, evidence)


def split(visit: Visit) -> Iterator[Finding]:
    """Find headings whose papers are of two kinds."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    papers = visit.search.papers
    for at, path in enumerate(visit.search.manifest.headings):
        rows = np.flatnonzero(visit.members[:, at])
        vectors = visit.search.rows.as_list().list_index.paper_vectors[rows]
        if len(rows) < 2 * SMALLEST_GROUP:
            continue
        if len(np.unique(vectors.round(SAME_VECTOR), axis=0)) < 2:
            continue
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
        yield Finding("split", visit.heading_line(path), message, evidence)


def _telling_words(few: list[str], others: list[str]) -> list[str]:
    """Words that the few titles have more often than the others."""

    def share(titles: list[str]) -> Counter[str]:
        words = Counter(word for title in titles for word in {word for _, word in terms(title)})
        return Counter({word: count / len(titles) for word, count in words.items()})

    return [word for word, _ in (share(few) - share(others)).most_common(GROUP_TERMS)]
