"""Papers some of whose texts are known: only the others are encoded, and all come out in order."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import TokenEncoder

from ssm_search.encoding import Encoded, encode_documents
from ssm_search.names import text_hashes
from ssm_search.papers import Paper, full_text
from ssm_search.words import PartlyEncoded, RowVectors

FOX = Paper("1", "A fox", abstract="A video of a fox and a kite.")
AGAIN = Paper("2", "A fox", abstract="A video of a fox and a kite.")
GRAPH = Paper("3", "Graph", abstract="A lattice has nodes.")
BARE = Paper("4", "Kites alone")


def whole(papers: list[Paper], *, pool: bool) -> RowVectors:
    """All encoded at once."""
    fake = TokenEncoder()
    titles = np.array([len(fake.word_spans(paper.title)) for paper in papers], dtype=np.int32)
    return RowVectors.of(fake.encode_words(list(map(full_text, papers))), titles, pool=pool)


@pytest.mark.parametrize("pool", [False, True])
def test_what_is_known_and_what_is_new_are_as_if_encoded_at_once(pool: bool) -> None:
    papers = [FOX, GRAPH, AGAIN, BARE]
    known = {int(text_hashes([GRAPH])[0]): whole([GRAPH], pool=pool)}
    partly = PartlyEncoded(papers, known.get)
    assert partly.missing == ["A fox. A video of a fox and a kite.", "Kites alone"]
    made = encode_documents(TokenEncoder(), partly.missing)
    found, expected = partly.filled(made, TokenEncoder(), pool=pool), whole(papers, pool=pool)
    np.testing.assert_array_equal(found.vectors, expected.vectors)
    for name in ("vectors", "starts", "titles"):
        np.testing.assert_array_equal(getattr(found.words, name), getattr(expected.words, name))


def test_no_papers_are_rows_as_wide_as_any() -> None:
    partly = PartlyEncoded([], {}.get)
    assert partly.missing == []
    nothing: Encoded = encode_documents(TokenEncoder(), [""]).taken([])
    found = partly.filled(nothing, TokenEncoder(), pool=False)
    assert found.vectors.shape == (0, nothing.vectors.shape[1])
    assert len(found.words) == 0
