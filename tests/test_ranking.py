from __future__ import annotations

import numpy as np
import pytest

from ssm_search import ranking


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_z_scores_have_mean_0_and_deviation_1() -> None:
    # mean 2, deviation √(8/3)
    np.testing.assert_allclose(ranking.z_scores(array(0, 2, 4)), [-1.2247449, 0, 1.2247449])


@pytest.mark.parametrize("scores", [array(3, 3, 3), array(7), array()])
def test_scores_that_tell_nothing_apart_become_zero(scores: np.ndarray) -> None:
    assert ranking.z_scores(scores).tolist() == [0] * len(scores)


def test_fuse_weighs_words_against_meaning() -> None:
    # Two rows: every z-score is ±1. Words prefer row 0, both kinds of vectors row 1.
    fused = ranking.fuse(bm25=array(2, 0), paper=array(0.2, 0.6), sentence=array(0.1, 0.9))
    np.testing.assert_allclose(fused, [0.35 - 0.65, -0.35 + 0.65], atol=1e-6)


def test_fuse_averages_paper_and_best_sentence() -> None:
    # The averages of row 0 and 1 are equal, .5; row 2 stands apart with 0.2.
    fused = ranking.fuse(array(0, 0, 0), array(0.9, 0.1, 0.2), array(0.1, 0.9, 0.2))
    assert fused[0] == pytest.approx(fused[1])
    np.testing.assert_allclose(fused, 0.65 * np.array([0.70711, 0.70711, -1.41421]), atol=1e-4)


def test_put_first_lifts_above_all_others_and_keeps_the_order() -> None:
    lifted = ranking.put_first(array(5, 1, 2, 4), np.array([False, True, True, False]))
    # 5 − 1 + 1 = 5 is added to both.
    assert lifted.tolist() == [5, 6, 7, 4]


def test_put_first_without_rows_changes_nothing() -> None:
    assert ranking.put_first(array(5, 1), np.array([False, False])).tolist() == [5, 1]


def test_top_rows_are_sorted_and_ties_keep_their_order() -> None:
    everywhere = np.ones(4, dtype=bool)
    assert ranking.top_rows(array(1, 3, 3, 2), 3, everywhere).tolist() == [1, 2, 3]
    assert ranking.top_rows(array(1, 3, 3, 2), 9, everywhere).tolist() == [1, 2, 3, 0]


def test_top_rows_fill_k_from_what_is_allowed() -> None:
    allowed = np.array([True, False, False, True])
    assert ranking.top_rows(array(1, 3, 3, 2), 2, allowed).tolist() == [3, 0]


def test_rocchio_takes_a_share_of_what_is_disliked_away() -> None:
    liked = [array(1, 0, 3), array(3, 0, 1)]
    assert ranking.rocchio(liked, []).tolist() == [2, 0, 2]
    np.testing.assert_allclose(ranking.rocchio(liked, [array(5, 0, 0)]), [1, 0, 2], atol=1e-6)


TWINS = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)


@pytest.mark.parametrize(
    ("diversity", "expected"),
    [
        (0.0, [0, 1, 2]),  # relevance 1, .9, 0
        (0.5, [0, 2, 1]),  # then .5·.9 − .5·1 = −.05 for the twin, 0 for the other
        (1.0, [0, 2, 1]),
    ],
)
def test_mmr_prefers_what_was_not_there_yet(diversity: float, expected: list[int]) -> None:
    assert ranking.mmr(array(10, 9, 0), TWINS, 3, diversity).tolist() == expected


def test_mmr_gives_k_or_what_there_is() -> None:
    assert ranking.mmr(array(10, 9, 0), TWINS, 2, 0.0).tolist() == [0, 1]
    assert ranking.mmr(array(1, 1), TWINS[:2], 5, 0.5).tolist() == [0, 1]
    assert ranking.mmr(array(), TWINS[:0], 5, 0.5).tolist() == []
