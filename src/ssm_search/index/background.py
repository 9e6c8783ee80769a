"""What the papers of an index are like, measured by what it answers to questions that are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.encoding import EncodedQuery, Encoder, encode_query
from ssm_search.index.rows import Rows
from ssm_search.ranking import confidence, fusion
from ssm_search.text import first_sentence
from ssm_search.words import sampled_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOREIGN = """
roast chicken with lemon and thyme | how to store fresh basil | a recipe for cheese fondue
the right of way at a roundabout | paying child support after a divorce
is a shop owner liable for a slippery floor | the rules of badminton doubles
stretching exercises after a run | football transfers of the summer
cell division in the roots of onions | how sedimentary rocks are formed
the orbits of the moons of Jupiter | acid rain and freshwater fish | the fall of Constantinople
daily life in ancient Rome | baroque concertos for the violin | how to paint with watercolours
hotels near the old harbour | a packing list for camping | the bus timetable on public holidays
pensions of the self-employed | comparing savings accounts | growing tomatoes on a balcony
taking rust off old tools | how to choose a winter coat | vaccinations for kittens
treating back pain at home | a wedding speech for a brother | the gerund in Latin grammar
election results by county | cooking pasta just right | planning a vegetable garden
"""
"""Questions that hardly any list of papers answers, on as many subjects."""
BY_MEANING = fusion.Weights(bm25=0, cosine=0.5, late=0.5)
FEWEST = 10  # papers that show what is near


_KNOWN: dict[str, list[EncodedQuery]] = {}  # by fingerprint, of the last encoder


@dataclass(frozen=True, slots=True)
class _Asked:
    vector: NDArray[np.float32]
    word_vectors: NDArray[np.float32]
    word_weights: NDArray[np.float32]
    stems: Sequence[str] = ()
    weights: fusion.Weights = BY_MEANING


def measured(rows: Rows, encoder: Encoder) -> confidence.Background:
    """The background of an index: asks it ``FOREIGN`` questions, and for some of its own titles.

    A paper does not answer its own title here: what is measured is how near others come.
    """
    if len(rows) < FEWEST:
        return confidence.Background()
    own = sampled_rows(len(rows.listing))[::2].tolist()
    everything = rows.choose({})

    def nearest(found: EncodedQuery, without: Sequence[int] = ()) -> tuple[float, float]:
        asked = _Asked(found.vector, found.words, found.weights)
        best = rows.candidates([asked], everything, 1, without=without)
        if not best.allowed.any():
            return 0.0, 0.0
        return float(best.cosines[0][best.allowed].max()), float(best.late[0][best.allowed].max())

    far = np.median([nearest(found) for found in _foreign(encoder)], axis=0)
    # Of abstracts without titles, the first sentence says what a title would.
    texts = [paper.title or first_sentence(paper.abstract) for paper in rows.papers(own)]
    others = [
        nearest(encode_query(encoder, text), [row])
        for row, text in zip(own, texts, strict=True)
        if text
    ]
    if not others:
        return confidence.Background()
    near = np.median(others, axis=0)
    return confidence.Background(*(round(float(level), 4) for level in (*far, *near)))


def _foreign(encoder: Encoder) -> list[EncodedQuery]:
    """``FOREIGN``, encoded once for all the indexes that a process builds by one encoder."""
    found = _KNOWN.get(encoder.fingerprint)
    if found is None:
        texts = [" ".join(text.split()) for text in FOREIGN.replace("\n", "|").split("|")]
        found = [encode_query(encoder, text) for text in texts if text]
        _KNOWN.clear()
        _KNOWN[encoder.fingerprint] = found
    return found
