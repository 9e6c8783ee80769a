"""How sure a mean over queries or papers is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000


def bootstrap_interval(values: NDArray[Any]) -> tuple[float, float]:
    """The 95 % percentile interval of the mean (Efron 1979); the same for the same values."""
    samples = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(values[samples].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
