from __future__ import annotations

import ast
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from ssm_search.ranking import fusion as ranking
from ssm_search.vectors import cosines, product

ROOT = Path(__file__).parents[2]
PRODUCTS = {"dot", "vdot", "inner", "matmul", "matvec", "vecmat", "vecdot", "einsum", "tensordot"}

# Sparse products and those of einsum never come to BLAS; peers run where this package is not.
NOT_OF_BLAS = {
    "asked.words @ rows.list_index.term_rows.T",
    "asked.words @ known.words.T",
    "self.term_rows @ self.term_rows.T",
    "diags(1 / np.maximum(lengths, 1e-12)) @ matrix",
    "np.einsum('mk,mkc->mc', votes, members[nearest])",
    "np.einsum('ij,ij->i', vectors, vectors)",
    "np.einsum('ac,acf->f', target - probabilities, inputs)",
    "vectors @ model.encode([query])[0]",
}


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def test_z_scores_have_mean_0_and_deviation_1() -> None:
    # mean 2, deviation √(8/3)
    np.testing.assert_allclose(ranking.z_scores(array(0, 2, 4)), [-1.2247449, 0, 1.2247449])


@pytest.mark.parametrize("scores", [array(3, 3, 3), array(7), array()])
def test_scores_that_tell_nothing_apart_become_zero(scores: np.ndarray) -> None:
    assert ranking.z_scores(scores).tolist() == [0] * len(scores)


WEIGHTS = ranking.Weights(bm25=0.2, cosine=0.3, late=0.5)


def test_fused_is_the_weighted_mean_of_the_three_signals() -> None:
    found = ranking.fused(WEIGHTS, array(1, -1, 0), array(-1, 1, 2), array(-1, 0, 1))
    expected = [0.2 - 0.3 - 0.5, -0.2 + 0.3, 0.6 + 0.5]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32


def test_without_late_interaction_the_other_two_count_by_their_shares() -> None:
    found = ranking.fused(WEIGHTS, array(1, -1, 0), array(-1, 1, 2))
    np.testing.assert_allclose(found, [0.4 - 0.6, -0.4 + 0.6, 1.2], atol=1e-6)


def test_weights_need_not_add_up_to_one() -> None:
    double = ranking.Weights(bm25=0.4, cosine=0.6, late=1.0)
    signals = array(1, -1, 0), array(-1, 1, 2), array(-1, 0, 1)
    for given in (signals, signals[:2]):
        one, other = ranking.fused(WEIGHTS, *given), ranking.fused(double, *given)
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_words_of_a_title_are_not_looked_for_in_papers() -> None:
    questions, papers = ranking.FOR_QUESTIONS, ranking.FOR_PAPERS
    assert (questions.bm25, questions.cosine, questions.late) == (0.2, 0.3, 0.5)
    assert (papers.bm25, papers.cosine, papers.late) == (0.0, 0.7, 0.3)
    for late, expected in ((None, array(3, 4)), (array(1, 0), array(2.4, 2.8))):
        found = ranking.fused(papers, array(9, -9), array(3, 4), late)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_scores_of_some_are_standardized_by_the_spread_of_all() -> None:
    # All scores are 0, 2, 4: mean 2, deviation √(8/3).
    found = ranking.standardized(array(4, 2), 2.0, (8 / 3) ** 0.5)
    np.testing.assert_allclose(found, [1.2247449, 0], atol=1e-6)
    assert ranking.standardized(array(4, 2), 3.0, 0.0).tolist() == [0, 0]


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


# ── products ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_product_is_that_of_numpy_to_the_last_bit(kind: type) -> None:
    chance = np.random.default_rng(0)
    many, few = (chance.standard_normal((n, 5)).astype(kind) for n in (19, 3))
    for left, right in ((many, few.T), (many, few[0]), (few[0], few[1]), (many.T, many)):
        found = product(left, right)
        assert found.dtype == kind
        assert found.tobytes() == (left @ right).tobytes()


def test_what_is_not_finite_is_seen_in_a_product_and_not_warned_of() -> None:
    # ∞ · 0 raises the flag that BLAS now and then raises among finite numbers.
    vectors, query = np.array([[np.inf, 1], [np.nan, 1], [3, 1]], dtype=np.float32), array(0, 2)
    with pytest.warns(RuntimeWarning, match="invalid value"):
        _ = vectors @ query
    with np.errstate(invalid="raise"):
        for found in (product(vectors, query), cosines(vectors, query)):
            np.testing.assert_array_equal(found, array(np.nan, np.nan, 2))


def test_mmr_does_not_stop_at_the_flag() -> None:
    vectors = np.array([[np.inf, 0], [0, 1]], dtype=np.float32)
    with np.errstate(invalid="raise"):
        assert ranking.mmr(array(2, 1), vectors, 2, 0.5).tolist() == [0, 1]


def products(path: Path) -> set[str]:
    """The products of arrays that a file computes, as code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
                found.add(ast.unparse(node))
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in PRODUCTS:
                found.add(ast.unparse(node))
    return found


def test_every_product_that_blas_may_compute_is_in_one_place() -> None:
    folders = ROOT.glob("src/**/"), ROOT.glob("app/**/"), (ROOT / "benchmarks",)
    files = [path for folder in chain(*folders) for path in folder.glob("*.py")]
    elsewhere = set().union(*(products(path) for path in files if path.name != "vectors.py"))
    assert elsewhere == NOT_OF_BLAS
    assert products(ROOT / "src/ssm_search/vectors.py") == {"np.matmul(left, right, out=out)"}
