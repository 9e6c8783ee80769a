"""Many texts → the vectors of an exported encoder, by the model it was made of where a GPU is.

The weights are the same 8-bit ones; only what they are multiplied in differs, and the vectors by
less than those of the export and its model do: that was checked when the export was made.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
import weakref
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.encoding.encoded import Encoded, EncodedQuery
from ssm_search.encoding.encoder import CHUNK, Encoder, SentenceTransformerEncoder, WordEncoder
from ssm_search.encoding.onnx import OnnxEncoder
from ssm_search.encoding.unpacking import unpack_encoder
from ssm_search.errors import EncoderError

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRIVER, DEVICE = "libcuda.so.1", "/dev/kfd"
"""What PyTorch cannot do without on GPUs of Nvidia, and on those of AMD. Each process of a cluster
that encodes would import 210 MB of it, in 2.3 s of a busy processor, to hear that there is none."""


class BulkEncoder:
    """Encodes many papers by the fastest way there is, and few by the export itself.

    The index carries the export and its fingerprint, which is this encoder's too.
    """

    def __init__(self, model: SentenceTransformerEncoder | None, exported: OnnxEncoder):
        """Encode as ``exported``, or by the ``model`` it was made of where that is here."""
        self._model = model
        self.exported = exported
        self.name = exported.name
        self.fingerprint = exported.fingerprint

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Unit row vectors of documents, float32, shape (len(texts), d)."""
        return self.encode_words(texts).vectors

    def encode_words(self, texts: Sequence[str], /) -> Encoded:
        """The vectors of documents and of their words, in one pass."""
        if len(texts) < CHUNK:  # done before PyTorch is imported to ask for a GPU
            return self.exported.encode_words(texts)
        return self.chosen.encode_words(texts)

    def encode_query_words(self, text: str, /) -> EncodedQuery:
        """The vector of a query, and those of its words with their weights."""
        return self.exported.encode_query_words(text)

    def word_spans(self, text: str, /) -> NDArray[np.int32]:
        """From which to which character of a document each of its words goes, shape (t, 2)."""
        return self.exported.word_spans(text)

    @cached_property
    def chosen(self) -> WordEncoder:
        """What encodes many papers: the model on a GPU, else the export."""
        if has_gpu() and (model := self._model or self._unpacked()):
            return model
        return self.exported

    def _unpacked(self) -> SentenceTransformerEncoder | None:
        """The model that the export holds; None if it does not say how it is put together."""
        folder = Path(tempfile.mkdtemp(prefix="ssm-search-"))
        self._scratch = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        try:
            unpack_encoder(self.exported, folder)
        except EncoderError:
            return None
        return SentenceTransformerEncoder(folder, self.name)


def fastest(model: Encoder, runner: Encoder) -> Encoder:
    """What encodes papers soonest, with the vectors of ``runner``, which may be an export."""
    if isinstance(runner, OnnxEncoder):
        known = model if isinstance(model, SentenceTransformerEncoder) else None
        return BulkEncoder(known, runner)
    return runner


def has_gpu() -> bool:
    """Whether this machine has a GPU that PyTorch runs on; False without PyTorch."""
    if sys.platform == "linux" and not _has_driver():
        return False
    try:
        import torch
    except ImportError:
        return False
    return torch.cuda.is_available() or torch.backends.mps.is_available()


def _has_driver() -> bool:
    """Whether Linux has the driver of a GPU, without which PyTorch need not be asked for one."""
    try:
        ctypes.CDLL(DRIVER)
    except OSError:
        return os.path.exists(DEVICE)
    return True
