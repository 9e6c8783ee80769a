"""Builds the index of a corpus on a Ray cluster, in shards small enough for a test.

python ray_build.py CORPUS FOLDER ADDRESS
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ssm_search import shards
from ssm_search.gather import gather_index
from ssm_search.ray_engine import RayEngine

WIDTH = 8
SECONDS = 0.01  # for each text: enough that a node can be killed while others wait


class LengthEncoder:
    """Text → one of ``WIDTH`` axes, by its length; slowly."""

    fingerprint = "lengths-1"

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        time.sleep(SECONDS * len(texts))
        return np.eye(WIDTH, dtype=np.float32)[[len(text) % WIDTH for text in texts]]


class BrokenEncoder(LengthEncoder):
    """Gives vectors that are too long."""

    fingerprint = "broken-1"

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        return 2 * super().encode(texts)


if __name__ == "__main__":
    shards.SHARD = 64
    source, folder, address, *how = sys.argv[1:]
    encoder = BrokenEncoder() if how else LengthEncoder()
    report = gather_index([source], folder, encoder=encoder, engine=RayEngine(address))
    print(report.counts)
