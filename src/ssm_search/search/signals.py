"""A question and candidates → what tells how surely each of them is an answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ssm_search.index import Candidates, Rows
from ssm_search.ranking import confidence
from ssm_search.search.question import Question


def signals_of(
    question: Question, at: int, best: Sequence[int], found: Candidates, rows: Rows
) -> confidence.Signals:
    """What is known of the papers at the places ``best``, for the question at the place ``at``."""
    idf = rows.idf(dict.fromkeys(question.stems))
    total = sum(idf.values())
    having = rows.terms_of(found, best, idf)
    covered = [sum(idf[stem] for stem in idf if stem in has) for has in having]
    places = np.asarray(best, dtype=np.int64)
    scores = found.scores[at]
    return confidence.Signals(
        scores[places],
        found.cosines[at][places],
        found.late[at][places],
        np.array(covered, dtype=np.float32) / np.float32(total or 1),
        words=len(question.stems),
        best=float(scores[found.allowed].max(initial=-np.inf)),
    )
