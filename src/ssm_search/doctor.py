"""A whole list → what looks wrong in it, with evidence and, where that would mend it, a patch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from ssm_search import edits
from ssm_search.awesome import Entry, ListReading, read_list
from ssm_search.errors import ListError
from ssm_search.insertion import unified_diff
from ssm_search.papers import Abstract, Category, Paper, arxiv_id, title_key
from ssm_search.search import PaperSearch
from ssm_search.spelling import misspelled_titles, misspelled_words
from ssm_search.templates import Date, is_preprint
from ssm_search.text import words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal[
    "unread", "duplicate", "title", "year", "spelling", "misfiled", "apart", "merge", "split"
]

MISFILED = 0.1
"""Probability of its own heading below which a paper looks misfiled. On six lists one paper in
eleven is below; of papers put under a heading at random, nine in ten."""
FELLOWS = 2  # other papers under a heading, for what they say to count against one
SURE_MOVE = 0.5  # of another heading, for a patch that moves the paper there
APART = 0.45
"""Likeness of two papers that are each other's nearest, from which on they belong together. Under
one heading, one pair in twenty is as much alike."""
ABSORBED = 0.5  # mean probability of another heading, over all papers of one
TWO_GROUPS = 0.3  # silhouette (Rousseeuw 1987) of the best cut in two; below .25 there is no cut
SMALLEST_GROUP = 3
GROUP_TERMS = 4  # that tell one group from the other


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a list that deserves a look.

    Attributes:
        line: 1-based line of the list; 0 for what is about a heading.
        evidence: what speaks for it.
        patch: a change that would mend it, as a diff; "" if a person has to decide what to do.
    """

    kind: Kind
    line: int
    message: str
    evidence: tuple[str, ...] = ()
    patch: str = ""


def examine(
    search: PaperSearch,
    list_text: str,
    list_name: str = "README.md",
    records: Mapping[str, Abstract] | None = None,
) -> list[Finding]:
    """All findings, by kind and then by line.

    Args:
        search: the index of this list.
        records: what arXiv says of its papers, for comparing titles and years.

    Raises:
        ListError: the index is of another list, or of this one as it was.
    """
    if not search.is_of(list_text):
        raise ListError(
            f"{list_name} is not what this index was built from; run `ssm-search build` first"
        )
    visit = _Visit(search, list_text, list_name, records or {})
    return [finding for check in CHECKS for finding in check(visit)]


class _Visit:
    """A list, and what several checks need to know of it."""

    def __init__(self, search: PaperSearch, text: str, name: str, records: Mapping[str, Abstract]):
        self.search = search
        self.text = text
        self.name = name
        self.records = records
        self.reading: ListReading = read_list(text)
        self.rows = {paper.id: row for row, paper in enumerate(search.papers)}
        self.members: NDArray[np.bool_] = search.corpus.headings.members(search.papers)
        self.paths = search.manifest.headings

    def patch(self, new: str) -> str:
        """The diff to ``new``; "" if there is none."""
        return unified_diff(self.text, new, self.name) if new else ""

    def entry(self, paper: Paper) -> Entry | None:
        """Where a paper of the index stands in the list."""
        found = (entry for entry in self.reading.entries if entry.paper.id == paper.id)
        return next(found, None)

    def line(self, paper: Paper) -> int:
        """The same as a line; 0 if it is no longer there."""
        entry = self.entry(paper)
        return entry.line if entry else 0


def _unread(visit: _Visit) -> Iterator[Finding]:
    for problem in visit.reading.problems:
        yield Finding("unread", problem.line, problem.message)


def _duplicates(visit: _Visit) -> Iterator[Finding]:
    first: dict[tuple[str, Category], Entry] = {}
    for entry in visit.reading.entries:
        place = (entry.paper.id, (entry.paper.categories or ((),))[0])
        if place in first and entry.strength > 1:
            message = f"“{entry.paper.title}” stands on line {first[place].line} already"
            new = edits.without(visit.text, visit.reading, entry)
            yield Finding("duplicate", entry.line, message, (), visit.patch(new))
        first.setdefault(place, entry)
    seen: set[frozenset[str]] = set()
    for paper in visit.search.papers:
        for found in visit.search.duplicates(paper):
            other = found.paper
            pair = frozenset((paper.id, other.id))
            # A post that goes by its paper's title is no second paper.
            if len(pair) < 2 or pair in seen or paper.kind != other.kind:
                continue
            seen.add(pair)
            there = visit.entry(other)
            new = edits.without(visit.text, visit.reading, there) if there else ""
            yield Finding(
                "duplicate",
                visit.line(other),
                f"“{other.title}” looks like “{paper.title}”, line {visit.line(paper)}",
                (f"{found} ({found.likeness:.2f})", f"{paper.id} and {other.id}"),
                visit.patch(new),
            )


def _titles(visit: _Visit) -> Iterator[Finding]:
    for entry in visit.reading.entries:
        record = visit.records.get(entry.paper.id)
        title = " ".join(record.title.split()) if record else ""
        if title and entry.strength > 1 and title_key(title) != title_key(entry.paper.title):
            new = edits.with_title(visit.text, visit.reading, entry, title)
            message = f"the title is “{entry.paper.title}”; on arXiv it is “{title}”"
            yield Finding("title", entry.line, message, (entry.paper.id,), visit.patch(new))


def _years(visit: _Visit) -> Iterator[Finding]:
    """Years that are neither that of arXiv nor that of the venue."""
    for entry in visit.reading.entries:
        paper = entry.paper
        if not arxiv_id(paper.id) or paper.year is None or not is_preprint(paper.venue):
            continue
        record = visit.records.get(paper.id)
        date = record.published if record else None
        year = date.year if date else Date.of(Paper(paper.id, "")).year
        if paper.year != year:
            new = edits.with_year(visit.text, visit.reading, entry, year)
            message = f"the year of “{paper.title}” is {paper.year}; on arXiv it is {year}"
            yield Finding("year", entry.line, message, (paper.id,), visit.patch(new))


def _spelling(visit: _Visit) -> Iterator[Finding]:
    entries = [entry for entry in visit.reading.entries if entry.strength > 1]
    titles = [entry.paper.title for entry in entries]
    for at, better, why in misspelled_titles(titles):
        entry, title = entries[at], titles[at]
        new = edits.with_title(visit.text, visit.reading, entry, better)
        message = f"“{title}” may mean “{better}”"
        yield Finding("spelling", entry.line, message, (why,), visit.patch(new))
    for section in visit.reading.sections:
        for word, better in misspelled_words(section.category[-1], titles):
            message = f"“{word}” in the heading “{section.category[-1]}” may mean “{better}”"
            evidence = ("no title has the word as it stands; links to the heading would change",)
            yield Finding("spelling", section.line, message, evidence)


def _misfiled(visit: _Visit) -> Iterator[Finding]:
    sizes = visit.members.sum(axis=0)
    for row, paper in enumerate(visit.search.papers):
        own = visit.members[row]
        if paper.kind == "link" or not own.any() or sizes[own].max() <= FELLOWS:
            continue
        placement = visit.search.place(paper.id)
        probability = float(visit.search.judge(paper.id).probabilities[0][own].sum())
        if probability > MISFILED:
            continue
        best = placement.suggestions[0]
        entry = visit.entry(paper)
        new = ""
        if entry and len(paper.categories) == 1 and best.confidence >= SURE_MOVE:
            new = edits.moved(visit.text, visit.reading, entry, best.category)
        nearest = [hit.paper.title for hit in best.evidence[:2]]
        yield Finding(
            "misfiled",
            entry.line if entry else 0,
            f"“{paper.title}” looks misfiled under {_path(paper.categories[0])}",
            (
                f"if it were new, that heading would have {probability:.0%}, "
                f"{_path(best.category)} {best.confidence:.0%}",
                *(f"near: “{title}”" for title in nearest),
            ),
            visit.patch(new),
        )


def _apart(visit: _Visit) -> Iterator[Finding]:
    """Pairs of papers that are each other's nearest, under different headings."""
    index, papers = visit.search.index, visit.search.papers
    if len(papers) < 3:
        return
    likeness = (index.paper_vectors @ index.paper_vectors.T + index.term_gram) / 2
    links = np.array([paper.kind == "link" for paper in papers])
    likeness[links, :] = likeness[:, links] = -1.0
    np.fill_diagonal(likeness, -1.0)
    nearest = likeness.argmax(axis=1)
    together = visit.members.astype(int) @ visit.members.T.astype(int) > 0
    for one, other in enumerate(map(int, nearest)):
        mutual = one < other and int(nearest[other]) == one
        if mutual and not together[one, other] and likeness[one, other] >= APART:
            left, right = papers[one], papers[other]
            message = f"“{left.title}” and “{right.title}” are filed apart"
            evidence = (
                f"each is the other's nearest, {likeness[one, other]:.2f} alike",
                f"under {_path(_first(left))} (line {visit.line(left)}) and "
                f"{_path(_first(right))} (line {visit.line(right)})",
            )
            yield Finding("apart", visit.line(left), message, evidence)


def _merge(visit: _Visit) -> Iterator[Finding]:
    """Headings whose papers look like those of another."""
    sizes = visit.members.sum(axis=0)
    rows = np.flatnonzero(visit.members.any(axis=1))
    if not len(rows):
        return
    likely = np.stack(
        [visit.search.judge(visit.search.papers[r].id).probabilities[0] for r in rows]
    )
    for at, path in enumerate(visit.paths):
        if sizes[at] < FELLOWS:
            continue
        mean = likely[visit.members[rows, at]].mean(axis=0)
        mean[at] = 0.0
        best = int(mean.argmax())
        if mean[best] >= ABSORBED:
            message = f"{_path(path)} looks like a part of {_path(visit.paths[best])}"
            evidence = (
                f"filed anew, its {sizes[at]} papers would go there with {mean[best]:.0%} "
                "on average",
            )
            yield Finding("merge", _heading_line(visit, path), message, evidence)


def _split(visit: _Visit) -> Iterator[Finding]:
    """Headings whose papers are of two kinds."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    vectors = visit.search.index.paper_vectors
    for at, path in enumerate(visit.paths):
        rows = np.flatnonzero(visit.members[:, at])
        if len(rows) < 2 * SMALLEST_GROUP:
            continue
        groups = KMeans(2, n_init=10, random_state=0).fit_predict(vectors[rows])
        smaller = int(np.bincount(groups, minlength=2).argmin())
        if np.bincount(groups, minlength=2).min() < SMALLEST_GROUP:
            continue
        clear = float(silhouette_score(vectors[rows], groups, metric="cosine"))
        if clear < TWO_GROUPS:
            continue
        few = rows[groups == smaller]
        words = ", ".join(_telling_words(visit, few, rows[groups != smaller]))
        message = f"{_path(path)} holds two kinds of papers; {len(few)} are about {words}"
        evidence = (
            f"silhouette {clear:.2f}",
            *(f"“{visit.search.papers[row].title}”" for row in few),
        )
        yield Finding("split", _heading_line(visit, path), message, evidence)


CHECKS: tuple[Callable[[_Visit], Iterator[Finding]], ...] = (
    _unread,
    _duplicates,
    _titles,
    _years,
    _spelling,
    _misfiled,
    _apart,
    _merge,
    _split,
)


def _telling_words(visit: _Visit, few: NDArray[np.int64], others: NDArray[np.int64]) -> list[str]:
    """Words of titles that the few have more often than the others."""

    def share(rows: NDArray[np.int64]) -> Counter[str]:
        words = [set(words_of(visit.search.papers[row].title)) for row in rows]
        return Counter({w: n / len(rows) for w, n in Counter(w for s in words for w in s).items()})

    here, there = share(few), share(others)
    return sorted(here, key=lambda word: there[word] - here[word])[:GROUP_TERMS]


def _heading_line(visit: _Visit, path: Category) -> int:
    return next((s.line for s in visit.reading.sections if s.category == path), 0)


def _first(paper: Paper) -> Category:
    return paper.categories[0] if paper.categories else ("no heading",)


def _path(category: Category) -> str:
    return " › ".join(category)
