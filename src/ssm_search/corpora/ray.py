"""Texts → vectors on a Ray cluster: Ray Data, an encoder loaded once in each of its processes.

The texts of a segment go out and vectors come back over the network; a node that dies gives its
segments to the others. Every node needs this package; what is sent of an exported encoder are its
files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ssm_search.corpora.cluster import connected, cores_of, waves
from ssm_search.encoding import Encoded, Encoder, Parcel, encode_documents
from ssm_search.errors import EncoderError

if TYPE_CHECKING:
    import pyarrow


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
            parcel = ray.put(Parcel.of(encoder))
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

        parcel: Parcel = ray.get(self._parcel)
        return parcel.opened(on_gpu=bool(ray.get_gpu_ids()))

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
