"""Two groups of vectors: those that scikit-learn finds, as clear as it says that they are."""

from __future__ import annotations

import numpy as np
import pytest

from ssm_search.upkeep.grouping import silhouette, two_groups


@pytest.mark.parametrize(
    ("of", "groups", "clear"),
    [
        # By KMeans(2, n_init=10, random_state=0) and silhouette_score(…, metric="cosine").
        (0, "010101010100000001010101", 0.473344),
        (1, "011001011010101000000001", 0.332636),
        (2, "111111001011000110011101", 0.311224),
        (3, "101100001001111101100100", 0.334597),
    ],
)
def test_the_groups_are_those_of_scikit_learn(of: int, groups: str, clear: float) -> None:
    vectors = clouds()[of]
    found = two_groups(vectors)
    assert "".join(map(str, found)) == groups
    assert silhouette(vectors, found) == pytest.approx(clear, abs=1e-6)


def clouds() -> list[np.ndarray]:
    """Unit vectors of which some lean to one side, less and less."""
    chance, rows = np.random.default_rng(5), np.arange(24)
    made = []
    for at in range(4):
        lean = (3 - 0.7 * at) * np.eye(6, dtype=np.float32)[at]
        drawn = chance.standard_normal((24, 6)).astype(np.float32)
        drawn += (rows % (at + 2) == 0)[:, None] * lean
        made.append((drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32))
    return made


def test_one_apart_is_a_group_that_is_not_clear() -> None:
    """As scikit-learn has it, a row alone in its group counts as 0."""
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    found = two_groups(vectors)
    assert sorted(np.bincount(found)) == [1, 2]
    assert silhouette(vectors, found) == pytest.approx(2 / 3)


def test_what_hardly_differs_falls_apart_all_the_same() -> None:
    vectors = np.ones((7, 4), dtype=np.float32) / 2
    vectors[3, 0] += 1e-4
    assert np.bincount(two_groups(vectors)).min() == 1
