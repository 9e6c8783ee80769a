"""A list and other lists → what they have that belongs on it, and what nobody else has."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.discovery.fitting import fits
from ssm_search.errors import DiscoverError
from ssm_search.names import address
from ssm_search.papers import Paper, title_key, untitled_title, with_links
from ssm_search.ranking import fusion
from ssm_search.search import NEAR_TITLE, PaperSearch, title_likeness
from ssm_search.text import words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_LISTED = 10
FIT_LEVEL = 0.05  # one listed paper in twenty fits no better
SPARE = 5  # papers looked at for each one wanted
PRIOR = 5
"""Papers that a list is taken to share with ours as often as it has any: until it shares more, who
lists a paper says little."""
LISTS_WEIGHT = 1.0
"""Of who lists a paper, against how well it fits, each with deviation 1 over all that is found.

Chosen on the lists that :func:`gap` tells of, with other thirds hidden: its figures may flatter a
little. There, the mean average precision is .40 with half of it and .45 with half more; with a
``PRIOR`` of 0 or 20 it is .44 as well."""

_COMMON = 2_000  # titles that have a word which then tells none of them
_NEAR = 20  # titles that share most words, which are compared letter by letter


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A paper, once, with the names of the lists that have it, in their order."""

    paper: Paper
    lists: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """A paper that other lists have, and this one has not.

    Attributes:
        score: higher is better, comparable within one answer only.
        fit: share of the listed papers that, as if they were not listed, would fit no better.
        lists: those that have it.
    """

    paper: Paper
    score: float
    fit: float
    lists: tuple[str, ...]


class Papers:
    """Papers, each once, found by any of their ids, links and titles."""

    def __init__(self, papers: Iterable[Paper] = ()):
        self.papers: list[Paper] = []
        self._named: dict[str, int] = {}
        self._having: dict[str, list[int]] = defaultdict(list)
        for paper in papers:
            self.add(paper)

    def add(self, paper: Paper) -> int:
        """The place of ``paper``, which it is given if it is not there yet."""
        at = self.find(paper)
        if at is None:
            at = len(self.papers)
            self.papers.append(paper)
            for word in _words(paper):
                self._having[word].append(at)
        for name in _names(paper):
            self._named.setdefault(name, at)
        return at

    def find(self, paper: Paper) -> int | None:
        """The place of what ``paper`` is: the same id, link or title, or nearly the same title."""
        for name in _names(paper):
            if name in self._named:
                return self._named[name]
        words = _words(paper)
        shared = Counter(
            at for word in words if len(self._having[word]) <= _COMMON for at in self._having[word]
        )
        near = [at for at, count in shared.most_common(_NEAR) if 2 * count >= len(words)]
        likeness = {at: title_likeness(paper.title, self.papers[at].title) for at in near}
        best = max(likeness, key=lambda at: (likeness[at], -at), default=None)
        return best if best is not None and likeness[best] >= NEAR_TITLE else None


def gather(lists: Mapping[str, Sequence[Paper]]) -> list[Elsewhere]:
    """The papers of several lists, each once, mostly in the order in which they are first met.

    What one list does not say of a paper, another may.

    Args:
        lists: their papers, by their names.
    """
    known, found = Papers(), defaultdict[int, list[tuple[str, Paper]]](list)
    everything = [(name, paper) for name, papers in lists.items() for paper in papers]
    # Of those that go by their ids another list may have told the titles by then.
    for name, paper in sorted(everything, key=lambda one: _is_untitled(one[1])):
        found[known.add(paper)].append((name, paper))
    used: set[str] = set()
    gathered = []
    for same in found.values():
        paper = _joined([paper for _, paper in same])
        if paper.id in used:  # of another paper, which a list calls the same
            paper = replace(paper, id=f"{paper.id}-{len(used)}")
        used.add(paper.id)
        having = {name for name, _ in same}
        gathered.append(Elsewhere(paper, tuple(name for name in lists if name in having)))
    return gathered


def missing_here(papers: Sequence[Paper], others: Sequence[Elsewhere]) -> list[Elsewhere]:
    """Those of ``others`` that are not among ``papers``."""
    ours = Papers(papers)
    return [one for one in others if ours.find(one.paper) is None]


def missing_elsewhere(papers: Sequence[Paper], others: Sequence[Elsewhere]) -> list[Paper]:
    """Those of ``papers`` that no other list has."""
    known = Papers(one.paper for one in others)
    return [paper for paper in papers if known.find(paper) is None]


def gap(
    search: PaperSearch, corpus: PaperSearch, others: Sequence[Elsewhere], k: int = 20
) -> list[Gap]:
    """Find the ``k`` papers of other lists that belong most surely on this one, surest first.

    Fewer where of the best ``SPARE * k`` too many are about something else, or listed after all.

    Two things speak for a paper: how well it fits, as :func:`~ssm_search.curation.discover` has it
    (learned against the other papers of the other lists); and which lists have it, those that share
    much with this one most (naive Bayes). Each alone finds hidden papers of ten lists on Mamba
    among those of the other ten with a mean average precision of .30 and .31, both together .44.

    Args:
        search: the index of the list.
        corpus: that of those of ``others`` that this list has not, in any order.
        others: all papers of the other lists.

    Raises:
        DiscoverError: the list has fewer than ``MIN_LISTED`` papers.
    """
    if len(search.papers) < MIN_LISTED:
        raise DiscoverError(
            f"the list has {len(search.papers)} papers; at least {MIN_LISTED} are needed to tell "
            "what belongs on it"
        )
    judged = fits(search.rows.list_index, corpus.rows.index)
    by_id = {one.paper.id: one for one in others}
    found = [by_id[paper.id] for paper in corpus.papers]
    is_ours = {one.paper.id for one in others} - {one.paper.id for one in found}
    weights = _weights(others, is_ours)
    told = np.array([sum(weights[name] for name in one.lists) for one in found])
    scores = (_scaled(judged.scores) + LISTS_WEIGHT * _scaled(told)).astype(np.float32)
    gaps: list[Gap] = []
    for row in map(int, fusion.top_rows(scores, SPARE * k, corpus.rows.present)):
        if len(gaps) == k:
            break
        one = Gap(corpus.papers[row], float(scores[row]), judged.fit(row), found[row].lists)
        if _may_belong(search, one) and not search.duplicates(one.paper):
            gaps.append(one)
    return gaps


def _may_belong(search: PaperSearch, one: Gap) -> bool:
    """Whether not all doubt it."""
    verdict = search.place(one.paper, 1).verdict
    return verdict != "off topic" and not (verdict == "unsure" and one.fit < FIT_LEVEL)


def _weights(others: Sequence[Elsewhere], is_ours: set[str]) -> dict[str, float]:
    """How much more likely a paper is on our list if it is on another, by the name of that.

    The logarithm of the ratio of its odds among papers that are on ours and among those that are
    not; the sum over the lists that have a paper orders papers as one over all lists would.
    """
    ours, rest = Counter[str](), Counter[str]()
    for one in others:
        (ours if one.paper.id in is_ours else rest).update(one.lists)
    shared, alone = len(is_ours), len(others) - len(is_ours)
    weights = {}
    for name in {**ours, **rest}:
        usual = (rest[name] + 0.5) / (alone + 1)
        here = (ours[name] + PRIOR * usual) / (shared + PRIOR)
        weights[name] = math.log(here / (1 - here + 1e-9)) - math.log(usual / (1 - usual))
    return weights


def _scaled(values: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float64]:
    """With mean 0 and deviation 1, or all 0 where they are the same."""
    values = values.astype(np.float64)
    deviation = values.std() if np.ptp(values) > 1e-9 else 1.0
    return np.asarray((values - values.mean()) / deviation)


def _joined(papers: Sequence[Paper]) -> Paper:
    """One paper of what several lists say of it, an id of arXiv and a title before others.

    Their headings are not ours, and are left out.
    """
    first = next((one for one in papers if one.kind == "paper"), papers[0])
    titled = next((one for one in (first, *papers) if not _is_untitled(one)), first)
    whole = replace(
        first,
        title=titled.title,
        url=first.url or next((one.url for one in papers if one.url), ""),
        code_url=next((one.code_url for one in papers if one.code_url), ""),
        year=next((one.year for one in papers if one.year), None),
        venue=next((one.venue for one in papers if one.venue), ""),
        authors=max((one.authors for one in papers), key=len),
        categories=(),
    )
    return with_links(whole, (link for one in papers for link in one.links))


def _names(paper: Paper) -> Iterable[str]:
    """All that a paper is found by."""
    for text in (paper.id, paper.url, paper.pdf_url):
        if known := arxiv_id(text):
            yield f"id {known}"
    for url in (paper.url, paper.pdf_url):
        if found := address(url):
            yield f"link {found}"
    if not _is_untitled(paper) and (key := title_key(paper.title)):
        yield f"title {key}"


def _is_untitled(paper: Paper) -> bool:
    return paper.title == untitled_title(paper.id)


def _words(paper: Paper) -> set[str]:
    return set(words_of(paper.title))
