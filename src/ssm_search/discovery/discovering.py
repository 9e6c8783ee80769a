"""A list and a corpus → the papers of the corpus that belong on the list and are not there yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.discovery.fitting import fits
from ssm_search.discovery.gap import Papers
from ssm_search.errors import DiscoverError
from ssm_search.papers import Paper, full_text
from ssm_search.ranking import fusion
from ssm_search.search import PaperSearch
from ssm_search.text import terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_LISTED = 10
FIT_LEVEL = 0.05  # one listed paper in twenty would not be proposed
SPARE = 5  # candidates looked at for each one wanted: some prove to be listed


@dataclass(frozen=True, slots=True)
class Discovery:
    """A paper that may belong on the list.

    Attributes:
        paper: as the corpus has it.
        score: higher is better, comparable within one answer only.
        fit: share of the listed papers that, as if they were not listed, would fit no better.
        terms: its words that tell the list from others, the most telling first.
    """

    paper: Paper
    score: float
    fit: float
    terms: tuple[str, ...] = ()


# Long: what is searched for where, and what of it is not wanted, all of it by name.
def discover(
    search: PaperSearch,
    corpus: PaperSearch,
    k: int = 20,
    *,
    since: date | None = None,
    rejected: Sequence[str | Paper] = (),
    seen: Collection[str] = (),
    min_fit: float = FIT_LEVEL,
) -> list[Discovery]:
    """Find the ``k`` papers of ``corpus`` that fit the list best and are not on it, best first.

    Fewer where fewer fit. A paper is on the list under any of its ids, links or titles, and it is
    found once.

    Args:
        search: the index of the list.
        since: only papers published that day or later.
        rejected: ids that were looked at and are not wanted; what is like them ranks lower. Of one
            that is not in the corpus the paper says what it is like.
        seen: other ids that are not to be proposed.
        min_fit: papers that fit worse than all but this share of the listed ones are left out.

    Raises:
        DiscoverError: the list has fewer than ``MIN_LISTED`` papers, or the two indexes were built
            by different encoders.
    """
    if search.manifest.encoder_fingerprint != corpus.manifest.encoder_fingerprint:
        raise DiscoverError(
            f"the list was encoded by {search.manifest.encoder_fingerprint}, the corpus by "
            f"{corpus.manifest.encoder_fingerprint}; build both with the same encoder"
        )
    listed = search.rows.list_index
    if len(listed) < MIN_LISTED:
        raise DiscoverError(
            f"the list has {len(listed)} papers; at least {MIN_LISTED} are needed to tell what "
            "belongs on it"
        )
    index = corpus.rows.index
    judged = fits(listed, index, _vectors(search, corpus, rejected))
    allowed = corpus.rows.present.copy()
    if since:
        day = 10_000 * since.year + 100 * since.month + since.day
        allowed &= np.concatenate([facets.dates for facets in corpus.rows.facets]) >= day
    unwanted = {one if isinstance(one, str) else one.id for one in rejected} | set(seen)
    found: list[Discovery] = []
    once = Papers()  # a corpus may have one under two ids: of a version, of a publisher
    for row in map(
        int, fusion.top_rows(judged.scores, SPARE * k + len(listed) + len(unwanted), allowed)
    ):
        fit = judged.fit(row)
        if len(found) == k or fit < min_fit:
            break
        paper = corpus.papers[row]
        if paper.id in unwanted or once.find(paper) is not None or search.duplicates(paper):
            continue
        once.add(paper)
        words = dict(terms(full_text(paper)))
        telling = [stem for stem in judged.profile.terms if index.have_term([row], stem)[0]]
        shared = tuple(words.get(stem, stem) for stem in telling)
        found.append(Discovery(paper, float(judged.scores[row]), fit, shared))
    return found


def _vectors(
    search: PaperSearch, corpus: PaperSearch, papers: Sequence[str | Paper]
) -> NDArray[np.float32]:
    """The vectors of those ``papers`` that the corpus has or that bring a text, shape (r, d)."""
    rows = [corpus.row(one if isinstance(one, str) else one.id) for one in papers]
    there = [corpus.rows.index.paper_vector(row) for row in rows if row is not None]
    texts = [
        full_text(one)
        for one, row in zip(papers, rows, strict=True)
        if row is None and isinstance(one, Paper) and full_text(one)
    ]
    made = list(search.encoder.encode(texts)) if texts else []
    width = corpus.rows.index.dimension
    return np.array([*there, *made], dtype=np.float32).reshape(-1, width)
