"""Papers with their vectors → the rows of a database and their index, on a Ray cluster.

Every node writes files of the table by itself, with lance-ray; this process commits them. A node
that dies leaves its rows to the others, and files that no version of the table names.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ssm_search.corpora import cluster
from ssm_search.errors import EngineError, SsmSearchError, StoreError
from ssm_search.stores.access import options_for, reaching
from ssm_search.stores.stats import StoreStats, from_bytes, to_bytes
from ssm_search.stores.writing.rows import Chunk, read_chunk
from ssm_search.stores.writing.upkeep import VECTOR, partitions
from ssm_search.words import RowVectors

if TYPE_CHECKING:
    import pyarrow

MOST_ROWS = 2**20  # in a file of a table, as LanceDB has it
TRIES = 3  # at the index: lance-ray fails with the first node that dies, of which Ray then knows
SAMPLED = 256  # rows for each partition that its centre is found by, as LanceDB has it


def fill_table(
    address: str,
    table: Any,
    storage_options: Mapping[str, str] | None,
    chunks: Iterable[Chunk],
    norm_length: float,
    count: int,
) -> Iterator[StoreStats]:
    """Add the rows of ``chunks`` to an empty table; the statistics of each once it is there.

    Args:
        address: of the cluster, as :class:`~ssm_search.corpora.ray.RayEngine` has it.
        table: in a folder that all nodes have, or on object storage.
        count: of all rows; the vectors of many are indexed in the end.

    Raises:
        EngineError: the cluster does not answer or fails, or lance-ray is not installed.
        StoreError: a node cannot write there.
    """
    at = str(table.uri)  # of a folder its whole path: nodes work elsewhere
    options = options_for(storage_options) if "://" in at else {}
    with cluster.connected(address) as ray:
        lance_ray = _lance_ray()
        cores = cluster.cores_of(ray)
        for wave in cluster.waves(chunks, cores):
            sent = [{"papers": lines, "encoded": encoded.to_bytes()} for lines, encoded in wave]
            written = ray.data.from_items(sent, override_num_blocks=len(sent)).map_batches(
                _write,
                fn_kwargs={"at": at, "options": options, "norm_length": norm_length},
                batch_size=1,
                batch_format="pyarrow",
                num_cpus=1,
                scheduling_strategy="SPREAD",
            )
            written = written.materialize()
            for row in written.iter_rows():
                if row["error"]:
                    raise StoreError(f"on a node of the cluster: {row['error']}")
            # Of rows that were written twice, as one node seemed dead, one file is committed.
            committer = lance_ray.LanceFragmentCommitter(at, mode="append", storage_options=options)
            written.select_columns(["fragment", "schema"]).write_datasink(committer)
            for row in written.iter_rows():
                yield from_bytes(row["stats"])
        if partitions(count):
            _index(ray, lance_ray, at, options, count)


def _index(ray: Any, lance_ray: Any, at: str, options: dict[str, str], count: int) -> None:
    """Join the files of a table into few, and index the vectors in them."""
    for left in reversed(range(TRIES)):
        cores = cluster.cores_of(ray)
        rows = min(MOST_ROWS, -(-count // cores))  # each delta of the index is one of some files
        try:
            lance_ray.compact_files(
                at,
                compaction_options={"target_rows_per_fragment": rows},
                num_workers=cores,
                storage_options=options,
            )
            lance_ray.create_index(
                at,
                VECTOR,
                "IVF_FLAT",
                metric="dot",
                num_partitions=partitions(count),
                sample_rate=min(SAMPLED, count // partitions(count)),
                num_workers=cores,
                storage_options=options,
            )
        except (ray.exceptions.RayError, RuntimeError):
            if not left:
                raise
        else:
            return


def _write(
    batch: pyarrow.Table, at: str, options: dict[str, str], norm_length: float
) -> pyarrow.Table:
    """Write a file of the table on a node; what is to be committed, and the statistics."""
    import pyarrow
    from lance_ray import LanceFragmentWriter

    lines = batch["papers"][0].as_py()
    encoded = RowVectors.from_bytes(batch["encoded"][0].as_py())
    rows, of_rows = read_chunk((lines, encoded), norm_length)
    stats = to_bytes(of_rows)
    try:
        if "://" not in at and not os.path.isdir(at):
            raise StoreError(
                f"there is no folder {at}; give all nodes the same folder, or write to object "
                "storage"
            )
        writer = LanceFragmentWriter(
            at, schema=rows.schema, use_legacy_format=None, storage_options=options
        )
        with reaching(at):
            made = writer(rows)
    except SsmSearchError as error:  # Ray would bury it in tracebacks
        made, stats = pyarrow.table({"fragment": [b""], "schema": [b""]}), b""
        failure = str(error)
    else:
        failure = ""
    sent = pyarrow.array([stats], type=pyarrow.large_binary())
    return made.append_column("stats", sent).append_column("error", pyarrow.array([failure]))


def _lance_ray() -> Any:
    try:
        import lance_ray
    except ImportError as error:
        raise EngineError(
            f"no lance-ray here ({error}); install it with: pip install 'ssm-search[lance,ray]'"
        ) from error
    return lance_ray
