"""An encoder → what is sent of it to another machine, and there the same encoder again."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ssm_search.encoding.bulk import BulkEncoder
from ssm_search.encoding.encoder import Encoder, SentenceTransformerEncoder
from ssm_search.encoding.loading import load_encoder
from ssm_search.encoding.onnx import OnnxEncoder
from ssm_search.errors import EncoderError
from ssm_search.names import hash64

EncoderT = TypeVar("EncoderT", bound=Encoder)


@dataclass(frozen=True, slots=True)
class Parcel:
    """An encoder as it is sent.

    Attributes:
        name: by which each node loads it, where neither of the others is given.
        files: those of an exported one.
        encoder: one of another kind, which Ray sends as it is.
    """

    name: str
    fingerprint: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    encoder: Encoder | None = None

    @classmethod
    def of(cls, encoder: Encoder) -> Parcel:
        """What :meth:`opened` makes the same encoder of on another machine."""
        exported = encoder.exported if isinstance(encoder, BulkEncoder) else encoder
        if isinstance(exported, OnnxEncoder):
            return cls(exported.name, exported.fingerprint, exported.contents())
        if isinstance(encoder, SentenceTransformerEncoder):
            return cls(encoder.name, encoder.fingerprint)
        return cls("", encoder.fingerprint, encoder=encoder)

    def opened(self, *, on_gpu: bool) -> Encoder:
        """The encoder in it, by its model where that is to run ``on_gpu``.

        Raises:
            EncoderError: this machine does not have the model, or has another version of it.
        """
        if self.encoder is not None:
            return self.encoder
        if not self.files:
            return _same(load_encoder(self.name), self.fingerprint)
        exported = OnnxEncoder(_written(self), self.fingerprint)
        model = load_encoder(self.name) if on_gpu else None
        if not isinstance(model, SentenceTransformerEncoder):  # the export says what a GPU needs
            return BulkEncoder(None, exported)
        return BulkEncoder(_same(model, exported.about.source), exported)


def _written(parcel: Parcel) -> Path:
    """The folder of an export on this node: one for all processes, which are killed in the end.

    Anybody may write there, so the encoder compares what it finds with its fingerprint.
    """
    place = Path(tempfile.gettempdir())
    folder = place / f"ssm-search-{hash64(parcel.fingerprint):016x}"
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as scratch:
            made = Path(scratch) / "encoder"
            made.mkdir()
            for name, content in parcel.files.items():
                (made / name).parent.mkdir(exist_ok=True)
                (made / name).write_bytes(content)
            with suppress(OSError):  # another process was first
                made.rename(folder)
    return folder


def _same(encoder: EncoderT, fingerprint: str) -> EncoderT:
    if encoder.fingerprint != fingerprint:
        raise EncoderError(
            f"the model on this node is {encoder.fingerprint}, that of the build is {fingerprint}; "
            "install the same on every node"
        )
    return encoder
