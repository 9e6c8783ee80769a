"""A list → what to ask arXiv for, so that its answer holds what belongs on the list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from ssm_search.discovery.common_terms import share_of_papers
from ssm_search.papers import Abstract, Paper, full_text
from ssm_search.search import PaperSearch
from ssm_search.text import terms

# Chosen by looking at thirteen lists. Of ten of them, what the words find of the papers that came
# onto the list later, and of all papers on machine learning of those months: 92 % and 12 %; with a
# GAIN of 1, 93 % and 15 %; of 2, 88 % and 8 %.
MOST_TERMS = 12
MOST_FOUND = 0.25  # of all papers, by all terms, if no two were in one
GAIN = 1.5  # listed papers that a term adds, against all papers that it finds: shares of each
ADDED = 0.02  # to the share of all papers, so that a word of two papers is no bargain
AGAIN = 0.5  # of what it counts that a term finds a paper, if another did already
FEWEST_HAVING = 0.03  # of the listed papers
TELLING = 3  # times as common among the listed papers as among all

WORDS = 3  # that a stem stands for
CATEGORIES = ("cs.LG", "cs.CV", "cs.CL", "cs.AI", "stat.ML", "eess.IV", "eess.AS", "cs.RO")
"""Where papers on machine learning are, if it is not known where those of the list are."""
MOST_CATEGORIES = 8
FEWEST_IN_CATEGORY = 0.03  # of the listed papers whose categories are known
KNOWN = 10  # papers whose categories say where others will be


def arxiv_query(
    search: PaperSearch, since: date, until: date, known: Mapping[str, Abstract] | None = None
) -> str:
    """What to ask arXiv for, to find what belongs on the list among what is new.

    Args:
        since: the first day on which a paper may have been submitted.
        until: the last one.
        known: what arXiv says of papers, by id; of listed ones it tells the categories.
    """
    words = query_words(search)
    parts = [_either("cat", categories(search.papers, known or {}))]
    if words:
        parts.append(_either("all", words))
    parts.append(f"submittedDate:[{since:%Y%m%d}0000 TO {until:%Y%m%d}2359]")
    return " AND ".join(parts)


def query_words(search: PaperSearch) -> list[str]:
    """The words by which most papers of a list are found, and few others."""
    listed = search.rows.list_index
    spelled: dict[str, Counter[str]] = {}
    for paper in search.papers:
        for stem, word in terms(full_text(paper)):
            spelled.setdefault(stem, Counter())[word] += 1
    for stem, word in terms(" ".join(listed.words)):  # abstracts need not be at hand
        spelled.setdefault(stem, Counter())[word] += 0
    found: list[str] = []
    for stem in telling_stems(listed.stems_of_rows()):
        counts = spelled.get(stem, Counter())
        plain = [word for word in sorted(counts, key=lambda w: (-counts[w], w)) if word.isascii()]
        found += plain[:WORDS]
    return found


def telling_stems(rows: Sequence[frozenset[str]]) -> list[str]:
    """Stems of which most ``rows`` have one, few other papers any; the most telling first.

    Each adds most to what those before it find, for what it finds of others.
    """
    n = len(rows)
    counts = Counter(stem for row in rows for stem in row)
    having = {
        stem: np.array([stem in row for row in rows])
        for stem, count in sorted(counts.items())
        if stem.isalpha()
        and stem.isascii()
        and len(stem) > 2
        and count >= max(2, FEWEST_HAVING * n)
        and count / n > TELLING * share_of_papers(stem)
    }
    weights = np.ones(n)
    chosen: list[str] = []
    found = 0.0

    def gain(stem: str) -> float:
        return float(weights[having[stem]].sum()) / n / (share_of_papers(stem) + ADDED)

    while having and len(chosen) < MOST_TERMS:
        best = max(having, key=gain)
        if gain(best) < GAIN:
            break
        has = having.pop(best)
        if found + share_of_papers(best) <= MOST_FOUND:
            chosen.append(best)
            found += share_of_papers(best)
            weights[has] *= AGAIN
    return chosen


def categories(papers: Sequence[Paper], known: Mapping[str, Abstract]) -> list[str]:
    """The primary categories of the listed papers, the commonest first, without rare ones."""
    lists = [
        paper.arxiv_categories or (known[paper.id].arxiv_categories if paper.id in known else ())
        for paper in papers
    ]
    primary = Counter(found[0] for found in lists if found)
    if primary.total() < KNOWN:
        return list(CATEGORIES)
    common = [
        name
        for name, count in primary.most_common(MOST_CATEGORIES)
        if count >= FEWEST_IN_CATEGORY * primary.total() and _is_category(name)
    ]
    return common or list(CATEGORIES)


def _either(field: str, values: Sequence[str]) -> str:
    return "(" + " OR ".join(f"{field}:{value}" for value in values) + ")"


def _is_category(name: str) -> bool:
    """Whether it is a name such as arXiv's are, which says nothing else in a query."""
    return name.replace(".", "").replace("-", "").isalnum() and name.isascii()
