"""What a model says of texts in plain PyTorch → numbers, for tests to compare an export with.

Half a minute of work for 300 abstracts; the numbers tell the texts to nobody.

    python training/record.py MODEL ABSTRACTS tests/encoding/reference.npz

MODEL: a folder with the model's weights, its tokenizer, and reference.py, which computes it.
ABSTRACTS: papers as lines of JSON in .xz, each with an "abstract".
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import lzma
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ssm_search.arrays import packed
from ssm_search.files import write_atomically

COUNT = 300
WORDS_APART, WEIGHTS_APART = 10, 10
"""Every tenth word of a text is kept, and the weights of every tenth text: 0.6 MB of 5."""
MADE_OF = ("model.safetensors", "reference.py", "tokenizer.json")


def load_reference(folder: Path) -> Any:
    """The model of a folder in plain PyTorch."""
    spec = importlib.util.spec_from_file_location("reference", folder / "reference.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{folder} holds no reference.py that can be read")
    module = importlib.util.module_from_spec(spec)
    write, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # the folder is not ours
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = write
    return module.Encoder()


def read_abstracts(path: Path) -> list[str]:
    """The first ``COUNT`` abstracts of a file."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["abstract"] for line in islice(lines, COUNT)]


def made_of(folder: Path, texts: Sequence[str]) -> NDArray[np.uint8]:
    """A digest of a model and of what it is given."""
    parts = [*((folder / name).read_bytes() for name in MADE_OF), json.dumps(texts).encode()]
    return np.frombuffer(hashlib.sha256(b"".join(parts)).digest(), dtype=np.uint8)


def recorded(reference: Any, texts: Sequence[str]) -> dict[str, NDArray[Any]]:
    """What the model says of texts, as it is kept.

    Returns:
        "vectors" (n, d); "counts" of words (n,); "words" (sum, w), every tenth of each text in
        127ths; "weights" (sum,) of the words of every tenth text.
    """
    vectors, words, weights = reference.encode(texts)
    some = np.concatenate([one[::WORDS_APART] for one in words])
    return {
        "vectors": vectors.astype(np.float16),
        "counts": np.array([len(one) for one in words], dtype=np.int16),
        "words": np.rint(127 * some).astype(np.int8),
        "weights": np.concatenate(weights[::WEIGHTS_APART]).astype(np.float16),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    for name in ("model", "abstracts", "out"):
        parser.add_argument(name, type=Path)
    chosen = parser.parse_args()
    texts = read_abstracts(chosen.abstracts)
    import torch  # what the rest of this is taken for has no need of it

    torch.set_num_threads(1)  # texts come one by one; where much else runs, a fifth of the time
    found = recorded(load_reference(chosen.model), texts)
    write_atomically(chosen.out, packed(made_of=made_of(chosen.model, texts), **found))
