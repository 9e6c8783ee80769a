"""Builds the index of a corpus on a Ray cluster, in parts small enough for a test.

python ray_build.py CORPUS FOLDER ADDRESS [--broken] [--store PLACE]
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ssm_search.build.dumps import gather_index
from ssm_search.corpora import staging
from ssm_search.encoding import Encoded
from ssm_search.encoding.encoded import EncodedQuery
from ssm_search.stores.writing import generations as store_writing
from ssm_search.stores.writing import upkeep as store_upkeep

WIDTH = 8
SECONDS = 0.01  # for each text: enough that a node can be killed while others wait


class LengthEncoder:
    """Text → one of ``WIDTH`` axes, by its length, and so is each of its words; slowly."""

    fingerprint = "lengths-1"

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        time.sleep(SECONDS * len(texts))
        return axes_of(texts)

    def encode_words(self, texts: Sequence[str], /) -> Encoded:
        words = [axes_of(words_of(text)) for text in texts]
        starts = np.cumsum([0, *map(len, words)]).astype(np.int64)
        return Encoded(self.encode(texts), 127 * np.concatenate(words).astype(np.int8), starts)

    def encode_query_words(self, text: str, /) -> EncodedQuery:
        words = axes_of(words_of(text))
        weights = np.full(len(words), 1 / len(words), dtype=np.float32)
        return EncodedQuery(axes_of([text])[0], words, weights, self.word_spans(text))

    def word_spans(self, text: str, /) -> NDArray[np.int32]:
        return np.array([match.span() for match in re.finditer(r"\w+", text)], dtype=np.int32)


def axes_of(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.eye(WIDTH, dtype=np.float32)[[len(text) % WIDTH for text in texts]]


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text)


class BrokenEncoder(LengthEncoder):
    """Gives vectors that are too long."""

    fingerprint = "broken-1"

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        return 2 * super().encode(texts)  # as it is asked for vectors of words too


def told(what: str, done: int, total: int) -> None:
    print(what, done, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("source", "folder", "address"):
        parser.add_argument(name)
    parser.add_argument("--broken", action="store_true")
    parser.add_argument("--store", default="")
    chosen = parser.parse_args()
    staging.STAGED = 64
    store_writing.BATCH = 16
    store_upkeep.VECTOR_INDEX_FROM = 600
    report = gather_index(
        [chosen.source],
        chosen.folder,
        encoder=BrokenEncoder() if chosen.broken else LengthEncoder(),
        cluster=chosen.address,
        store=chosen.store,
        progress=told,
    )
    print(report.counts)
