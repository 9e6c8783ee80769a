"""Vectors → places in the plane, for a picture of all papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ssm_search.vectors import product

if TYPE_CHECKING:
    from numpy.typing import NDArray

PERPLEXITY = 15.0
"""Neighbours that a paper keeps near. Trustworthiness of the 5 nearest on the shipped list: .870 at
5, .905 at 10, .909 at 15, .906 at 20; on 515 papers of five lists .931 to .937 from 5 to 50."""
ITERATIONS = 600
"""For 2,611 papers they take 12.7 s, 1,000 take 20.5. Trustworthiness of the 5 nearest of 2,611, of
1,000 and of the shipped list: .970, .957 and .900; with 1,000 .971, .958 and .899, with 500 .970,
.953 and .900."""
SEED = 0
MOST = 10_000  # papers that t-SNE places itself, in some 80 s; it grows faster than their number
NEAREST = 3  # placed papers that each further one stands between
CHUNK = 1_000  # further papers compared at once: 40 MB
_FEWEST = 4  # of fewer, no two could be told apart from a line


def project(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """A place for each unit vector so that near ones stay near: float32, shape (n, 2), in [-1, 1].

    t-SNE (van der Maaten & Hinton 2008) by cosine from the first principal components, always with
    the same seed. Beyond ``MOST`` papers, an even sample is placed so, and each other one between
    the ``NEAREST`` of them.
    """
    count = len(vectors)
    if count < _FEWEST or not np.ptp(vectors, axis=0).any():
        places = np.zeros((count, 2), dtype=np.float32)
        places[:, 0] = np.arange(count)
        return _scaled(places)
    chosen = np.unique(np.linspace(0, count - 1, min(count, MOST)).astype(np.int64))
    places = np.empty((count, 2), dtype=np.float32)
    places[chosen] = _tsne(vectors[chosen])
    others = np.setdiff1d(np.arange(count), chosen)
    for start in range(0, len(others), CHUNK):
        rows = others[start : start + CHUNK]
        alike = product(vectors[rows], vectors[chosen].T)
        near = np.argpartition(-alike, NEAREST, axis=1)[:, :NEAREST]
        weights = np.take_along_axis(alike, near, axis=1).clip(1e-6)[:, :, None]
        places[rows] = (places[chosen[near]] * weights).sum(axis=1) / weights.sum(axis=1)
    return _scaled(places)


def _tsne(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    model = TSNE(
        perplexity=min(PERPLEXITY, (len(vectors) - 1) / 3),
        metric="cosine",
        max_iter=ITERATIONS,
        init="pca" if vectors.shape[1] > 1 else "random",
        random_state=SEED,
    )
    # One thread: several give other places, and crawl where they have to share the cores.
    with threadpool_limits(1):
        return np.asarray(model.fit_transform(vectors), dtype=np.float32)


def _scaled(places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turned so that it is widest from left to right, as screens are, and shrunk until it fits."""
    if not len(places):
        return places
    places = places - places.mean(axis=0)
    if len(places) > 1:
        places = product(places, np.linalg.svd(places, full_matrices=False)[2].T)
    low, high = places.min(axis=0), places.max(axis=0)
    size = max(float((high - low).max()), 1e-9)
    scaled: NDArray[np.float32] = ((2 * places - low - high) / size).astype(np.float32)
    return scaled.clip(-1, 1)
