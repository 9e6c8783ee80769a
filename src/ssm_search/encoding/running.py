"""A model → what encodes the papers of an index and its questions: itself, or its export."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ssm_search.encoding.bulk import fastest
from ssm_search.encoding.encoder import Encoder, SentenceTransformerEncoder
from ssm_search.encoding.export import export_encoder, is_export_of
from ssm_search.encoding.onnx import OnnxEncoder
from ssm_search.errors import EncoderError, IndexFolderError
from ssm_search.progress import Progress


@dataclass(frozen=True, slots=True)
class Runner:
    """What encodes for an index.

    Attributes:
        encoder: what encodes questions, and goes along with the index.
        bulk: what encodes papers, with the same vectors, by the fastest way there is.
        said: why it is that one, a line; "" where there was no choice.
    """

    encoder: Encoder
    bulk: Encoder
    said: str = ""


def runner_of(
    model: Encoder,
    carried: Callable[[], Encoder | None],
    texts: Sequence[str],
    place: Path,
    progress: Progress,
) -> Runner:
    """What encodes: ``model`` or its export, made once.

    An encoder that is not of sentence-transformers encodes itself.

    Args:
        carried: gives the encoder of the index that is there already, if there is one.
        texts: such as will be encoded; an export is compared with its model on some of them.
        place: a folder where an export is kept; one that an earlier try left there serves.
    """
    if not isinstance(model, SentenceTransformerEncoder):
        return Runner(model, fastest(model, model))
    encoder, said = _exported(model, carried, texts, place, progress)
    return Runner(encoder, fastest(model, encoder), said)


def _exported(
    model: SentenceTransformerEncoder,
    carried: Callable[[], Encoder | None],
    texts: Sequence[str],
    place: Path,
    progress: Progress,
) -> tuple[Encoder, str]:
    """The export of ``model``, or itself where it has none; and a line why."""
    kept = place / OnnxEncoder.FOLDER
    with suppress(EncoderError):  # it is not there, or not whole
        there = OnnxEncoder(kept)
        if is_export_of(there, model):
            return there, ""
    with suppress(EncoderError, IndexFolderError):  # the old index lost its encoder
        old = carried()
        if isinstance(old, OnnxEncoder) and is_export_of(old, model):
            old.check()
            return old, f"encoder: {old.name}, exported before ({old.about.weights})"
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        try:
            progress("exporting", 0, 1)
            made = export_encoder(model, texts, Path(scratch))
            progress("exporting", 1, 1)
        except EncoderError as error:
            return model, f"queries will need PyTorch, which takes seconds to start: {error}"
        shutil.rmtree(kept, ignore_errors=True)
        made.copy_to(kept)
    return OnnxEncoder(kept), f"encoder: {made.name}, exported ({made.about.weights})"
