"""Many texts → the vectors of an exported encoder, by what computes them soonest on this machine.

Which that is depends on the processor. On one without instructions for products of 8 bits (Zen 3,
two cores) sentence-transformers encodes 17.6 abstracts a second, the export 18.1, and the export
with its products in float32 27.3, which is near all that the cores can multiply; on one with them
(AVX-512 VNNI), the export takes 38 ms for what float32 takes 53. So it is measured.

The weights are the same 8-bit ones; only what they are multiplied in differs, and the vectors by
less than those of the export and its model do: that was checked when the export was made.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
import time
import weakref
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.encoding.encoded import Encoded, EncodedQuery
from ssm_search.encoding.encoder import CHUNK, Encoder, SentenceTransformerEncoder, WordEncoder
from ssm_search.encoding.onnx import MODEL_FILE, OnnxEncoder
from ssm_search.encoding.unpacking import dequantized, unpack_encoder
from ssm_search.errors import EncoderError

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

TIMED_TEXT = "a text of about two hundred tokens, as long as abstracts are; " * 15
TIMED_RUNS = 3
SMALL = 0.005
"""Seconds for ``TIMED_TEXT``: what a model takes that is soon done either way, and whose way chance
would choose. One that takes .8 ms came out .98 to 1.16 times as fast, six times over."""
DRIVER, DEVICE = "libcuda.so.1", "/dev/kfd"
"""What PyTorch cannot do without on GPUs of Nvidia, and on those of AMD. Each process of a cluster
that encodes would import 210 MB of it, in 2.3 s of a busy processor, to hear that there is none."""
SOONER = 1.15  # times as fast: what float32 must be to be worth its 90 MB of memory


class BulkEncoder:
    """Encodes many papers by the fastest way there is, and few by the export itself.

    The index carries the export and its fingerprint, which is this encoder's too.
    """

    def __init__(
        self,
        model: SentenceTransformerEncoder | None,
        exported: OnnxEncoder,
        wide: bool | None = None,
    ):
        """Encode as ``exported``, or by the ``model`` it was made of where that is here.

        Args:
            wide: whether the products are made in float32; measured if None.
        """
        self._model = model
        self._told = wide
        self.exported = exported
        self.name = exported.name
        self.fingerprint = exported.fingerprint

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Unit row vectors of documents, float32, shape (len(texts), d)."""
        return self.encode_words(texts).vectors

    def encode_words(self, texts: Sequence[str], /) -> Encoded:
        """The vectors of documents and of their words, in one pass."""
        if len(texts) < CHUNK:  # done sooner than it is found out what is faster
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
        """What encodes many papers: the model on a GPU, else the export, as it is or widened."""
        if has_gpu() and (model := self._model or self._unpacked()):
            return model
        return self._widened if self.wide else self.exported

    def _unpacked(self) -> SentenceTransformerEncoder | None:
        """The model that the export holds; None if it does not say how it is put together."""
        folder = Path(tempfile.mkdtemp(prefix="ssm-search-"))
        self._scratch = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        try:
            unpack_encoder(self.exported, folder)
        except EncoderError:
            return None
        return SentenceTransformerEncoder(folder, self.name)

    @cached_property
    def wide(self) -> bool:
        """Whether the export encodes many papers with its products in float32."""
        if self._told is not None:
            return self._told
        narrow = _seconds(self.exported)
        return narrow > SMALL and SOONER * _seconds(self._widened) < narrow

    @cached_property
    def _widened(self) -> OnnxEncoder:
        return wide_encoder(self.exported)


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


def wide_encoder(exported: OnnxEncoder) -> OnnxEncoder:
    """Make an encoder like ``exported`` whose products of matrices are in float32."""
    import onnx

    graph = widened(onnx.load(exported.folder / MODEL_FILE)).SerializeToString()
    return OnnxEncoder(exported.folder, exported.fingerprint, graph)


def widened(model: onnx.ModelProto) -> onnx.ModelProto:
    """Replace the products of 8-bit blocks in ``model`` by products of float32 matrices."""
    from onnx import helper, numpy_helper

    graph = model.graph
    tables = {table.name: table for table in graph.initializer}
    nodes, new, gone = [], [], set[str]()
    for node in graph.node:
        if node.op_type != "MatMulNBits":
            nodes.append(node)
            continue
        given, codes, scales, *rest = node.input
        arrays = (numpy_helper.to_array(tables[table]) for table in (codes, scales))
        weights = dequantized(*arrays).T
        name = f"{codes}.wide"
        new.append(numpy_helper.from_array(np.ascontiguousarray(weights), name))
        gone |= {codes, scales}
        bias = rest[-1] if rest else ""  # optional inputs before it are empty
        product = f"{node.output[0]}.product" if bias else node.output[0]
        nodes.append(helper.make_node("MatMul", [given, name], [product]))
        if bias:
            nodes.append(helper.make_node("Add", [product, bias], list(node.output)))
    kept = [table for table in graph.initializer if table.name not in gone]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend([*kept, *new])
    return model


def _seconds(encoder: OnnxEncoder) -> float:
    """For a text as long as abstracts; of processor time, which other programs disturb little."""
    encoder.encode([TIMED_TEXT])
    times = []
    for _ in range(TIMED_RUNS):
        start = time.thread_time()
        encoder.encode([TIMED_TEXT])
        times.append(time.thread_time() - start)
    return min(times)
