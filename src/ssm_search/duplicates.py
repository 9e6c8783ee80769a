"""Whether two papers are one: told by id, link and title, or by the likeness of their abstracts."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np

from ssm_search.corpus import Corpus
from ssm_search.lookup import address
from ssm_search.papers import Duplicate, Paper
from ssm_search.suggest import Asked

NEAR_TITLE = 0.92
"""Titles at least this alike are the same, reworded or misspelled. Among the titles of twelve lists
the closest of different papers, once numbers must agree, are .91 alike."""

SAME_SUBTITLE = 0.97  # of one title and what another has behind its colon, "Name: the same title"
SUBTITLE_WORDS = 4  # below, what follows a colon is no title: "A Survey"

NEAR_TERMS = 0.6
NEAR_VECTORS = 0.85
"""Cosines of BM25 weights and of vectors from which on two abstracts are the same. Among 1,800
abstracts on state-space models those of different papers reach .53 in terms, revisions of one
abstract .87 and more. The exception are papers that extend another under its name, MTMamba and
MTMamba++ (.85), which :func:`is_successor` tells apart."""

_ACRONYM_TAIL = re.compile(r"\s*\([^()\s]{1,12}\)\s*$")
_MARKS = re.compile(r"\d+|\++")
_VERSION = re.compile(r"(?:v?\d+(?:\.\d+)?|\++|pro)$")


def find_duplicates(paper: Paper, asked: Asked, corpus: Corpus) -> list[Duplicate]:
    """The papers of ``corpus`` that ``paper`` is, surest first.

    Args:
        asked: what ``paper`` says, one row of it; its abstract counts if it is known.
    """
    links = {address(url) for url in (paper.url, paper.pdf_url) if url}
    alike = _abstract_likeness(asked, corpus) if paper.abstract else {}
    found = []
    for row, known in enumerate(corpus.papers):
        title = title_likeness(paper.title, known.title)
        if paper.id == known.id:
            found.append(Duplicate(known, "id", 1.0))
        elif links & {address(url) for url in (known.url, known.pdf_url) if url}:
            found.append(Duplicate(known, "link", 1.0))
        elif title >= NEAR_TITLE:
            found.append(Duplicate(known, "title", title))
        elif row in alike and not is_successor(paper.title, known.title):
            found.append(Duplicate(known, "abstract", alike[row]))
    order = ("id", "link", "title", "abstract")
    return sorted(found, key=lambda one: (order.index(one.reason), -one.likeness))


def _abstract_likeness(asked: Asked, corpus: Corpus) -> dict[int, float]:
    """The rows whose abstract is nearly the same, and how alike their words are."""
    if not corpus.papers:
        return {}
    terms = (asked.words @ corpus.index.term_rows.T).toarray()[0]
    vectors = corpus.index.paper_vectors @ asked.papers[0]
    by_title_alone = set(corpus.manifest.without_abstract)
    return {
        int(row): min(1.0, round(float(terms[row]), 6))
        for row in np.flatnonzero((terms >= NEAR_TERMS) & (vectors >= NEAR_VECTORS))
        if corpus.papers[row].id not in by_title_alone
    }


def title_likeness(one: str, other: str) -> float:
    """How alike two titles are, 0 to 1 for the same; 0 where their numbers or plus signs differ.

    The normalized indel similarity of letters and digits. Case, accents, spacing, punctuation and
    an acronym at the end, "(S5)", do not count, nor does a name before the colon that only one of
    them has.
    """
    whole, subtitle = _forms(one)
    other_whole, other_subtitle = _forms(other)
    parts = max(_alike(subtitle, other_whole), _alike(whole, other_subtitle))
    return max(_alike(whole, other_whole), parts if parts >= SAME_SUBTITLE else 0.0)


def is_successor(one: str, other: str) -> bool:
    """True for titles of which one names the next version of the other: "Net" and "Net++: …"."""
    names = [_letters(title.partition(":")[0]) for title in (one, other)]
    bare = [_VERSION.sub("", name) for name in names]
    return names[0] != names[1] and bare[0] == bare[1] != ""


@lru_cache(maxsize=4096)
def _forms(title: str) -> tuple[str, str]:
    """The letters of a title, and those behind its colon if that is a title by itself."""
    title = _ACRONYM_TAIL.sub("", title) or title
    _, _, subtitle = title.partition(":")
    enough = len(subtitle.split()) >= SUBTITLE_WORDS
    return _letters(title), _letters(subtitle) if enough else ""


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in folded if char.isalnum() or char == "+")


def _alike(one: str, other: str) -> float:
    from rapidfuzz.distance import Indel

    if not one or not other or _MARKS.findall(one) != _MARKS.findall(other):
        return 0.0
    return float(Indel.normalized_similarity(one, other))
