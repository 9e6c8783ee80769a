"""Texts → vectors on a Ray cluster: Ray Data, an encoder loaded once in each of its processes.

The texts of a segment go out and vectors come back over the network; a node that dies gives its
segments to the others. Every node needs this package; what is sent of an exported encoder are its
files.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ssm_search.corpora.cluster import connected, cores_of, waves
from ssm_search.encoding import (
    BulkEncoder,
    Encoded,
    Encoder,
    OnnxEncoder,
    SentenceTransformerEncoder,
    encode_documents,
    load_encoder,
)
from ssm_search.errors import EncoderError
from ssm_search.names import hash64

if TYPE_CHECKING:
    import pyarrow

EncoderT = TypeVar("EncoderT", bound=Encoder)


class RayEngine:
    """Encodes on a Ray cluster, on its GPUs where it has any, else on its cores."""

    def __init__(self, address: str = "auto"):
        """Use the cluster at ``address``.

        Args:
            address: "host:port" of its head, "ray://host:port", "auto" for the one that this
                machine is a node of, or "local" for one on this machine alone that goes when the
                work is done.
        """
        self._address = address

    def encode(
        self, encoder: Encoder, segments: Iterable[tuple[int, list[str]]]
    ) -> Iterator[tuple[int, Encoded]]:
        """The number of each segment and what its texts became, in the order they are done.

        Raises:
            EngineError: Ray is not installed, the cluster does not answer, or it failed.
            EncoderError: the encoder is not the same everywhere, or gives no unit vectors.
        """
        with connected(self._address) as ray:
            parcel = ray.put(packed(encoder))
            gpus = int(ray.cluster_resources().get("GPU", 0))
            workers = gpus or cores_of(ray)
            for wave in waves(segments, workers):
                yield from _encoded(ray, parcel, wave, workers, on_gpus=bool(gpus))


def _encoded(
    ray: Any, parcel: Any, wave: list[tuple[int, list[str]]], workers: int, on_gpus: bool
) -> Iterator[tuple[int, Encoded]]:
    # One block a segment, or few processes would get them all.
    rows = [{"number": number, "texts": texts} for number, texts in wave]
    data = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        _Worker,
        fn_constructor_args=([parcel],),
        batch_size=1,
        batch_format="pyarrow",
        num_cpus=1,
        num_gpus=1 if on_gpus else None,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=min(workers, len(wave))),
        scheduling_strategy="SPREAD",
    )
    for row in data.iter_rows():
        if row["error"]:
            raise EncoderError(row["error"])
        yield int(row["number"]), Encoded.from_bytes(row["encoded"])


class _Worker:
    """A process of the cluster with an encoder of its own."""

    def __init__(self, parcel: list[Any]):
        # In a list, or Ray would warn that it might lose what it needs to start this anew.
        self._parcel = parcel[0]

    @cached_property
    def _encoder(self) -> Encoder:
        # Not when it starts: then an error would make Ray start it again, for ever.
        import ray

        return unpacked(ray.get(self._parcel))

    def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        import pyarrow

        [texts] = batch["texts"].to_pylist()
        encoded, failure = b"", ""
        try:
            encoded = encode_documents(self._encoder, texts).to_bytes()
        except EncoderError as error:
            failure = str(error)  # Ray would bury it in tracebacks
        sent = pyarrow.array([encoded], type=pyarrow.large_binary())
        return pyarrow.table({"number": batch["number"], "encoded": sent, "error": [failure]})


@dataclass(frozen=True, slots=True)
class Parcel:
    """An encoder as it is sent.

    Attributes:
        name: by which each node loads it, where neither of the others is given.
        files: those of an exported one.
        wide: whether that makes its products in float32: on every node as the first one would, so
            that all vectors are the same.
        encoder: one of another kind, which Ray sends as it is.
    """

    name: str
    fingerprint: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    wide: bool = False
    encoder: Encoder | None = None


def packed(encoder: Encoder) -> Parcel:
    """What :func:`unpacked` makes the same encoder of on another machine."""
    exported = encoder.exported if isinstance(encoder, BulkEncoder) else encoder
    if isinstance(exported, OnnxEncoder):
        wide = isinstance(encoder, BulkEncoder) and encoder.wide
        return Parcel(exported.name, exported.fingerprint, exported.contents(), wide)
    if isinstance(encoder, SentenceTransformerEncoder):
        return Parcel(encoder.name, encoder.fingerprint)
    return Parcel("", encoder.fingerprint, encoder=encoder)


def unpacked(parcel: Parcel) -> Encoder:
    """The encoder in ``parcel``, on this machine's GPU where it has one.

    Raises:
        EncoderError: this machine does not have the model, or has another version of it.
    """
    if parcel.encoder is not None:
        return parcel.encoder
    if not parcel.files:
        return _same(load_encoder(parcel.name), parcel.fingerprint)
    exported = OnnxEncoder(_written(parcel), parcel.fingerprint)
    model = load_encoder(parcel.name) if _has_gpu() else None
    if not isinstance(model, SentenceTransformerEncoder):  # the export says what a GPU needs
        return BulkEncoder(None, exported, parcel.wide)
    return BulkEncoder(_same(model, exported.about.source), exported, parcel.wide)


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


def _has_gpu() -> bool:
    import ray

    return bool(ray.get_gpu_ids())
