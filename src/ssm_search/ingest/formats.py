"""Unpacked bytes → records: JSON lines, tables (CSV, TSV), Parquet, OAI-PMH.

A format is known by how its bytes begin; by the file's name only where they could be anything.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from io import BufferedReader
from typing import TYPE_CHECKING, Any, Literal

from ssm_search.errors import CorpusError
from ssm_search.ingest.oai import is_oai, read_oai
from ssm_search.ingest.records import MAX_RECORD_BYTES, Record, is_known, named, names_papers
from ssm_search.ingest.streams import CHUNK, Stream, spooled
from ssm_search.ingest.unpacking import (
    FREE_PAPERS,
    DamagedStreamError,
    grows_too_much,
    growth,
)
from ssm_search.ingest.values import UnreadableError

if TYPE_CHECKING:
    import pyarrow

Format = Literal["JSON lines", "OAI-PMH", "Parquet", ",", ";", "\t"]
Numbered = tuple[int, Record | UnreadableError]
"""A record or why it cannot be read, and its line (JSON lines, tables) or its number; from 1."""

_DELIMITERS: tuple[Literal[",", ";", "\t"], ...] = ("\t", ",", ";")
_JSON_NAME = re.compile(r"\.(?:jsonl|ndjson|json)$", re.I)
_ROW_LINES = 1_000  # of a table, in one row; the longest abstracts have some dozens
_ROWS = 32  # of Parquet, read at once: each may unpack from a few bytes; 512 are 20 % faster
_INSTEAD = "If it is meant so, write it as JSON lines"  # whose size says what there is to read
EXPECTED = (
    "expected arXiv's metadata snapshot, JSON lines, an OAI-PMH dump, Parquet, or a table (CSV, "
    "TSV) whose first line names its columns: title, and id, arxiv_id or url"
)


def format_of(stream: Stream) -> Format:
    """The format of ``stream``, known by how it begins.

    Raises:
        CorpusError: none of the formats, or Parquet without what reads it.
    """
    head = stream.head.lstrip()
    if not head:
        raise CorpusError(f"{stream.name} is empty; {EXPECTED}")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CorpusError(f"{stream.name} is UTF-16, expected UTF-8; iconv -f UTF-16 -t UTF-8")
    if head.startswith(b"PAR1"):
        _parquet_module()
        return "Parquet"
    if head.startswith(b"<"):
        if is_oai(head):
            return "OAI-PMH"
        raise CorpusError(f"{stream.name} is XML or HTML but no OAI-PMH; {EXPECTED}")
    first_line = head.partition(b"\n")[0].strip()
    if head.startswith(b"[") or first_line == b"{":
        raise CorpusError(
            f"{stream.name} is a JSON list or JSON over several lines, expected an object a line; "
            "jq -c '.[]' makes that of a list, jq -c . of objects"
        )
    if head.startswith(b"{"):
        return "JSON lines"
    for delimiter in _DELIMITERS:
        if names_papers(_columns(first_line, delimiter)):
            return delimiter
    if _JSON_NAME.search(stream.inner_name):
        return "JSON lines"  # with a bad first line
    shown = first_line[:60].decode(errors="replace")
    raise CorpusError(f"{stream.name} begins with {shown!r}; {EXPECTED}")


def records_of(stream: Stream, kind: Format) -> Iterator[Numbered]:
    """The records of ``stream``; where it is damaged, that comes as the last one.

    Raises:
        CorpusError: it is Parquet that is damaged from the start, or has no papers.
    """
    match kind:
        case "JSON lines":
            return _json_lines(stream.body)
        case "OAI-PMH":
            return read_oai(stream.body)
        case "Parquet":
            return _parquet(stream)
        case delimiter:
            return _table(stream.body, delimiter)


def _line(body: BufferedReader) -> bytes:
    """The next line with its end; of one longer than ``MAX_RECORD_BYTES``, that and a byte."""
    line = body.readline(MAX_RECORD_BYTES + 1)
    if len(line) > MAX_RECORD_BYTES:
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = body.readline(CHUNK)
    return line


def _json_lines(body: BufferedReader) -> Iterator[Numbered]:
    number = 0
    try:
        while line := _line(body):
            number += 1
            if not line.isspace():
                yield number, _json_record(line)
    except DamagedStreamError as error:
        yield number + 1, UnreadableError(str(error))


def _json_record(line: bytes) -> Record | UnreadableError:
    if len(line) > MAX_RECORD_BYTES:
        return UnreadableError(f"more than {MAX_RECORD_BYTES:,} bytes in a line")
    try:
        # Decoded here: json.loads takes bytes for UTF-16 if they look so, and lets bad ones pass.
        value = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return UnreadableError(f"no UTF-8 ({error.reason} at byte {error.start + 1})")
    except json.JSONDecodeError as error:
        return UnreadableError(f"bad JSON ({error.msg} at character {error.pos + 1})")
    except RecursionError:
        return UnreadableError("JSON that is nested too deeply")
    except ValueError:
        return UnreadableError("JSON with a number of thousands of digits")
    if not isinstance(value, dict):
        return UnreadableError(f"JSON {type(value).__name__}, expected an object")
    return named(value)


class _Lines:
    """The lines of a table, for ``csv``, which asks for as many as a row has.

    Bytes that are no UTF-8 become surrogates, so that the row they are in can be refused.
    """

    def __init__(self, body: BufferedReader):
        self._body = body
        self.number = 0
        self.row_bytes = self.row_lines = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = _line(self._body)
        if not line:
            raise StopIteration
        self.number += 1
        self.row_bytes += len(line)
        self.row_lines += 1
        if self.row_bytes > MAX_RECORD_BYTES:
            raise UnreadableError(f"more than {MAX_RECORD_BYTES:,} bytes in a row")
        if self.row_lines > _ROW_LINES:
            raise UnreadableError(
                f"more than {_ROW_LINES:,} lines in a row: is a quote not closed?"
            )
        return line.decode(errors="surrogateescape")


def _columns(line: bytes, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line.decode()], delimiter=delimiter, strict=True), [])
    except (csv.Error, UnicodeDecodeError):
        return []


def _table(body: BufferedReader, delimiter: str) -> Iterator[Numbered]:
    """Rows by the first line's names (RFC 4180: quotes double in quotes, which may hold lines).

    A cell has at most 131,072 characters, ``csv``'s own limit, and a row ``_ROW_LINES`` lines. A
    missing quote makes one cell of all that follows, up to the nearer limit; what is left of its
    last line is passed over with it.
    """
    lines = _Lines(body)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    columns: list[str] = []
    while True:
        number = lines.number + 1
        lines.row_bytes = lines.row_lines = 0
        try:
            row = next(rows, None)
            if row is None:
                return
            if not columns:
                columns = row
            elif row:
                yield number, _row_record(columns, row)
        except csv.Error as error:
            long = f", {lines.row_lines} lines long" if lines.row_lines > 1 else ""
            yield number, UnreadableError(f"a bad row ({error}){long}")
        except UnreadableError as error:
            yield number, error
        except DamagedStreamError as error:
            yield number, UnreadableError(str(error))
            return


def _row_record(columns: list[str], row: list[str]) -> Record | UnreadableError:
    if len(row) != len(columns):
        return UnreadableError(f"{len(row)} cells, expected {len(columns)} as in the first line")
    try:
        "".join(row).encode()
    except UnicodeEncodeError:
        return UnreadableError("no UTF-8")
    return named(dict(zip(columns, row, strict=True)))


def _parquet_module() -> Any:
    try:
        from pyarrow import parquet
    except ImportError:
        raise CorpusError(
            "reading Parquet needs a package that is not installed; "
            "pip install 'ssm-search[parquet]'"
        ) from None
    return parquet


def _parquet(stream: Stream) -> Iterator[Numbered]:
    """Rows, ``_ROWS`` at a time (https://parquet.apache.org/docs/file-format/).

    How much it unpacks to is judged by what it says before anything is unpacked, and counted then.
    Memory is bounded only for files that say so rightly: what a page unpacks to is up to the file,
    2 GiB at most by the format, and ``pyarrow`` can be told no limit.
    """
    parquet = _parquet_module()
    number = given = 0
    with ExitStack() as stack:
        chunks = iter(lambda: stream.body.read1(CHUNK), b"")
        file = stream.file or spooled(stream.name, chunks, stack)
        size = os.fstat(file.fileno()).st_size
        try:
            # Read in pieces and in turn, as without a buffer and threads it holds a row group.
            table = stack.enter_context(
                parquet.ParquetFile(file, buffer_size=CHUNK, pre_buffer=False)
            )
            columns = [name for name in table.schema_arrow.names if is_known(name)]
        except (OSError, ValueError) as error:  # pyarrow's own errors are also these
            reason = str(error)[:100]
            raise CorpusError(
                f"{stream.name} is no whole Parquet ({reason}); get it again"
            ) from error
        if not names_papers(columns):
            raise CorpusError(
                f"{stream.name} has the columns {', '.join(table.schema_arrow.names)[:200]}; "
                "expected title, and id, arxiv_id or url"
            )
        _check_parquet(stream.name, table.metadata, columns, size)
        try:
            for batch in table.iter_batches(_ROWS, columns=columns, use_threads=False):
                given += batch.nbytes
                if grows_too_much(size, given):
                    yield number + 1, UnreadableError(f"{growth(size, given)} {_INSTEAD}")
                    return
                for row in _rows(batch):
                    number += 1
                    yield number, row
                if stream.file:
                    stream.position(size * number // table.metadata.num_rows)
        except (OSError, ValueError, MemoryError) as error:
            yield number + 1, UnreadableError(f"the Parquet is damaged ({str(error)[:100]})")


def _check_parquet(
    name: str, says: pyarrow.parquet.FileMetaData, columns: Sequence[str], size: int
) -> None:
    """Make sure that a Parquet of ``size`` bytes holds no more than papers could give.

    Raises:
        CorpusError: it says itself that it holds more.
    """
    if says.num_rows > FREE_PAPERS + size:
        raise CorpusError(
            f"{name} holds {says.num_rows:,} rows in {size:,} bytes; papers that differ take more "
            "than a byte each; take equal rows out of it, or write it as JSON lines"
        )
    for number in range(says.num_row_groups):
        group = says.row_group(number)
        for at in range(group.num_columns):
            part = group.column(at)
            packed, unpacked = part.total_compressed_size, part.total_uncompressed_size
            if part.path_in_schema.partition(".")[0] in columns and grows_too_much(
                packed, unpacked
            ):
                raise CorpusError(f"{name}: {growth(packed, unpacked)} {_INSTEAD}")


def _rows(batch: pyarrow.RecordBatch) -> Iterator[Record | UnreadableError]:
    """The rows of a batch; halved until its bytes are those of one record, or it is one row."""
    if batch.num_rows > 1 and batch.nbytes > MAX_RECORD_BYTES:
        yield from _halves(batch)
    elif batch.nbytes > MAX_RECORD_BYTES:
        yield UnreadableError(f"more than {MAX_RECORD_BYTES:,} bytes in a row")
    else:
        try:
            rows = batch.to_pylist()
        except ValueError:  # text that is no UTF-8, a time that no calendar has
            if batch.num_rows > 1:
                yield from _halves(batch)
            else:
                yield UnreadableError("a value that is no UTF-8 or out of range")
            return
        yield from map(named, rows)


def _halves(batch: pyarrow.RecordBatch) -> Iterator[Record | UnreadableError]:
    middle = batch.num_rows // 2
    yield from _rows(batch.slice(0, middle))
    yield from _rows(batch.slice(middle))
