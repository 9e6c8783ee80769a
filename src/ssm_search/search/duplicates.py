"""Whether two papers are one: told by id, link and title, or by the likeness of their abstracts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Literal

import numpy as np

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.index import LocalRows
from ssm_search.marks import normalized
from ssm_search.names import address
from ssm_search.papers import Duplicate, Paper
from ssm_search.search.likeness import ToFile
from ssm_search.vectors import cosines

NEAR_TITLE = 0.92
"""Titles at least this alike are the same, reworded or misspelled.

So are 30 of the 43 pairs of titles that twelve lists give one arXiv id and whose letters are .8
alike. Of all pairs among 1,766 papers on state spaces, and among 20,000 on machine learning, four
are: each a paper that was put on arXiv twice. The next are .906 alike (``make bench-upkeep``)."""

NEAR_NAME = 0.8
"""Of what stands before the colon: "Point Could Mamba: …" is "Point Cloud Mamba: …" (.93), while
"Nemotron 3 Super: …" and "Nemotron 3 Ultra: …" (.79), the same behind it, are two papers."""

SAME_SUBTITLE = 0.97  # of one title and what another has behind its colon, "Name: the same title"
SUBTITLE_WORDS = 4  # below, what follows a colon is no title: "A Survey"

NEAR_TERMS = 0.6
NEAR_VECTORS = 0.85
"""Cosines of BM25 weights and of vectors from which on two abstracts are the same.

Of 13 revised abstracts 10 are found under another title. Those of different papers, among 1,766 on
state spaces, reach .53 in terms (``make bench-upkeep``). The exception are papers that extend
another under its name, MTMamba and MTMamba++ (.85), which :func:`is_successor` tells apart."""

_ACRONYM_TAIL = re.compile(r"\s*\((?![ivx\d]+\))[^()\s]{1,12}\)\s*$", re.I)  # "(2)" is no acronym
_ROMAN = re.compile(r"\b(?:ii|iii|iv|vi|vii|viii|ix)\b")
_ARABIC = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_MARKS = re.compile(r"\d+|\++")
_NEGATIONS = re.compile(r"\b(?:no|non|not|w/o|without)\b")
_VERSION = re.compile(r"(?:v?\d+(?:\.\d+)?|\++|pro)$")


BLOCK = 1000  # titles compared with all others at a time

Reason = Literal["id", "link", "title", "abstract"]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two papers of a list that look like one, by their rows; else as a :class:`Duplicate`."""

    one: int
    other: int
    reason: Reason
    likeness: float

    def __str__(self) -> str:
        return f"{'the same' if self.likeness == 1 else 'nearly the same'} {self.reason}"


def duplicate_pairs(rows: LocalRows) -> list[Likeness]:
    """All pairs of listed papers that :func:`find_duplicates` would find, in the list's order.

    By what they have in common, so that not every paper has to be compared with every other.
    """
    papers = rows.listing
    found: dict[tuple[int, int], Likeness] = {}
    exact: tuple[tuple[Reason, Callable[[Paper], set[str]]], ...] = (("id", _ids), ("link", _links))
    for reason, named in exact:
        sharing: dict[str, list[int]] = defaultdict(list)
        for row, paper in enumerate(papers):
            for name in named(paper):
                sharing[name].append(row)
        for same in sharing.values():
            for pair in combinations(same, 2):
                found.setdefault(pair, Likeness(*pair, reason, 1.0))
    for pair in _alike_titles([paper.title for paper in papers]):
        likeness = title_likeness(papers[pair[0]].title, papers[pair[1]].title)
        if likeness >= NEAR_TITLE:
            found.setdefault(pair, Likeness(*pair, "title", likeness))
    for one, other, likeness in _alike_abstracts(rows):
        if not is_successor(papers[one].title, papers[other].title):
            found.setdefault((one, other), Likeness(one, other, "abstract", likeness))
    return [found[pair] for pair in sorted(found)]


def _alike_titles(titles: list[str]) -> set[tuple[int, int]]:
    """Positions of titles that may be alike: some form of one is near some form of the other."""
    from rapidfuzz.distance import Indel
    from rapidfuzz.process import cdist

    forms = [
        (form, at)
        for at, title in enumerate(titles)
        for form in {*_forms(title)[1:], *_forms(_ACRONYM_TAIL.sub("", title))[1:]}
        if form
    ]
    letters = [form for form, _ in forms]
    pairs = set()
    for start in range(0, len(forms), BLOCK):
        block = letters[start : start + BLOCK]
        near = cdist(block, letters, scorer=Indel.normalized_similarity, score_cutoff=NEAR_TITLE)
        for left, right in np.argwhere(near):
            one, other = forms[start + left][1], forms[right][1]
            if one < other:
                pairs.add((one, other))
    return pairs


def _alike_abstracts(rows: LocalRows) -> Iterator[tuple[int, int, float]]:
    index, by_title_alone = rows.list_index, set(rows.manifest.without_abstract)
    known = np.array([paper.id not in by_title_alone for paper in rows.listing], dtype=bool)
    alike = (index.term_gram >= NEAR_TERMS) & (index.paper_gram >= NEAR_VECTORS)
    for one, other in np.argwhere(np.triu(alike & known & known[:, None], 1)):
        likeness = min(1.0, round(float(index.term_gram[one, other]), 6))
        yield int(one), int(other), likeness


def find_duplicates(paper: Paper, asked: ToFile, rows: LocalRows) -> list[Duplicate]:
    """The papers of ``rows`` that ``paper`` is, surest first.

    Args:
        asked: what ``paper`` says, one row of it; its abstract counts if it is known.
    """
    ids, links = _ids(paper), _links(paper)
    alike = _abstract_likeness(paper, asked, rows)
    found = []
    for row, known in enumerate(rows.listing):
        title = title_likeness(paper.title, known.title)
        if ids & _ids(known):
            found.append(Duplicate(known, "id", 1.0))
        elif links & _links(known):
            found.append(Duplicate(known, "link", 1.0))
        elif title >= NEAR_TITLE:
            found.append(Duplicate(known, "title", title))
        elif row in alike and not is_successor(paper.title, known.title):
            found.append(Duplicate(known, "abstract", alike[row]))
    order = ("id", "link", "title", "abstract")
    return sorted(found, key=lambda one: (order.index(one.reason), -one.likeness))


def _ids(paper: Paper) -> set[str]:
    """Its own id, and the arXiv id if that or a link has one, in whatever form."""
    named = {arxiv_id(text) for text in (paper.id, paper.url, paper.pdf_url)}
    return {found for found in (paper.id, *named) if found}


def _links(paper: Paper) -> set[str]:
    return {found for url in (paper.url, paper.pdf_url) if (found := address(url))}


def _abstract_likeness(paper: Paper, asked: ToFile, rows: LocalRows) -> dict[int, float]:
    """The rows whose abstract is nearly that of ``paper``, and how alike their words are."""
    by_title_alone = set(rows.manifest.without_abstract)
    # A loaded index has the vectors of abstracts whose text is not at hand.
    indexed = {known.id for known in rows.listing} - by_title_alone
    if not indexed or not (paper.abstract or paper.id in indexed):
        return {}
    terms = (asked.words @ rows.list_index.term_rows.T).toarray()[0]
    vectors = cosines(rows.list_index.paper_vectors, asked.papers[0])
    return {
        int(row): min(1.0, round(float(terms[row]), 6))
        for row in np.flatnonzero((terms >= NEAR_TERMS) & (vectors >= NEAR_VECTORS))
        if rows.listing[int(row)].id in indexed
    }


def title_likeness(one: str, other: str) -> float:
    """How alike two titles are, 0 to 1 for the same; 0 where names, numbers or negations differ.

    The normalized indel similarity of letters and digits. Case, accents, spacing, punctuation and
    an acronym at the end of one of them, "(S5)", do not count, nor does a name before the colon
    that only one of them has.
    """
    negated, acronym, bare = _parts(one)
    other_negated, other_acronym, other_bare = _parts(other)
    if negated != other_negated:
        return 0.0
    if acronym is None or other_acronym is None:
        one, other = bare, other_bare
    elif acronym != other_acronym:
        return 0.0
    name, whole, subtitle = _forms(one)
    other_name, other_whole, other_subtitle = _forms(other)
    named_apart = name and other_name and _alike(name, other_name) < NEAR_NAME
    entire = 0.0 if named_apart else _alike(whole, other_whole)
    parts = max(_alike(subtitle, other_whole), _alike(whole, other_subtitle))
    return max(entire, parts if parts >= SAME_SUBTITLE else 0.0)


def is_successor(one: str, other: str) -> bool:
    """True for titles of which one names the next version of the other: "Net" and "Net++: …"."""
    names = [_letters(title.partition(":")[0]) for title in (one, other)]
    bare = [_VERSION.sub("", name) for name in names]
    return names[0] != names[1] and bare[0] == bare[1] != ""


# What is told by one title is told once, as each is compared with all others of a list.
@lru_cache(maxsize=4096)
def _parts(title: str) -> tuple[tuple[str, ...], str | None, str]:
    """Its negations, the letters of an acronym at its end, if there is one, and it without that."""
    negations = _NEGATIONS.findall(title.casefold())
    tail = _ACRONYM_TAIL.search(title)
    return (
        tuple("without" if word == "w/o" else word for word in negations),
        _letters(tail.group()) if tail else None,
        _ACRONYM_TAIL.sub("", title) or title,
    )


@lru_cache(maxsize=4096)
def _forms(title: str) -> tuple[str, str, str]:
    """The letters before the colon, of all, and those behind it if that is a title by itself."""
    name, colon, subtitle = title.partition(":")
    enough = len(subtitle.split()) >= SUBTITLE_WORDS
    return (
        _letters(name) if colon else "",
        _letters(title),
        _letters(subtitle) if enough else "",
    )


def _letters(text: str) -> str:
    folded = normalized("NFKD", text.casefold())
    folded = _ROMAN.sub(lambda number: _ARABIC[number.group()], folded)
    return "".join(char for char in folded if char.isalnum() or char == "+")


@lru_cache(maxsize=3 * 4096)
def _marks(form: str) -> list[str]:
    return _MARKS.findall(form)


def _alike(one: str, other: str) -> float:
    from rapidfuzz.distance import Indel

    if not one or not other or _marks(one) != _marks(other):
        return 0.0
    return float(Indel.normalized_similarity(one, other))
