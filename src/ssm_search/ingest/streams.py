"""Files and stdin → their bytes, unpacked as they are read; never a whole file in memory.

What is packed is known by its first bytes, as its format is later on. One packing may stand in
another (a zip that holds a ``.jsonl.gz``), up to ``MAX_LAYERS``.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from ssm_search.errors import CorpusError
from ssm_search.ingest.unpacking import (
    UNPACKED_CHUNK,
    DamagedStreamError,
    packing_of,
    unpacked,
    unzipped,
)

STDIN = "-"
CHUNK = 1 << 16  # packed bytes that are read at once
HEAD_BYTES = 1 << 16  # of a stream's start, to know its format by
MAX_LAYERS = 3
MAX_SPOOLED_BYTES = 20_000_000_000  # on disk; the metadata of all of arXiv are 5 GB
_SUFFIX = re.compile(r"\.(?:gz|gzip|bz2|xz|zst|zstd|zip)$", re.I)
_ADDRESS = re.compile(r"https?:/", re.I)  # one slash is what pathlib leaves


@dataclass(frozen=True, slots=True)
class Stream:
    """The unpacked bytes of one source.

    Attributes:
        name: as messages call it.
        inner_name: of what was packed, such as "papers.jsonl" of "papers.jsonl.gz".
        head: the first ``HEAD_BYTES``, without a byte order mark; ``body`` still has them.
        file: the same bytes as a file to seek in, where that costs nothing.
        position: to be told how many bytes of the packed file were read, by who reads ``file``.
    """

    name: str
    inner_name: str
    head: bytes
    body: io.BufferedReader
    file: BinaryIO | None
    position: Callable[[int], None]


def size(source: str | Path) -> int | None:
    """The size of a file in bytes; None for stdin and pipes, which can be read only once.

    Raises:
        CorpusError: it is an address, or cannot be looked at.
    """
    if str(source) == STDIN:
        return None
    if _ADDRESS.match(str(source)):
        raise CorpusError(f"{source} is an address; expected a file or {STDIN}; download it first")
    try:
        status = os.stat(source)
    except (OSError, ValueError) as error:
        _refuse(source, error)
    if stat.S_ISDIR(status.st_mode):
        raise CorpusError(
            f"{source} is a folder; expected a file, or {STDIN} for stdin; name the files in it"
        )
    return status.st_size if stat.S_ISREG(status.st_mode) else None


@contextmanager
def opened(
    source: str | Path, position: Callable[[int], None] = lambda done: None
) -> Iterator[Stream]:
    """Give the unpacked bytes of a file, or of stdin.

    Reading ``body`` raises DamagedStreamError where the bytes before were good.

    Args:
        position: called with how many bytes of the packed file were read.

    Raises:
        CorpusError: it cannot be opened or unpacked at all, or is packed in more than
            ``MAX_LAYERS``.
    """
    is_stdin = str(source) == STDIN
    name = "stdin" if is_stdin else str(source)
    inner_name = Path(name).name
    seekable = size(source) is not None
    with ExitStack() as stack:
        try:
            file = sys.stdin.buffer if is_stdin else stack.enter_context(open(source, "rb"))
        except (OSError, ValueError) as error:
            _refuse(source, error)
        chunks = _chunks(file, position)
        whole: BinaryIO | None = file if seekable else None
        for _ in range(MAX_LAYERS + 1):
            head, chunks = _peeked(name, chunks)
            packing = packing_of(head)
            if packing == "zip":
                tell = position if whole else (lambda done: None)  # stdin was told of already
                whole = whole or spooled(name, chunks, stack)
                inner_name, chunks = unzipped(name, whole, tell, stack)
            elif packing:
                chunks = unpacked(chunks, packing)
                inner_name = _SUFFIX.sub("", inner_name)
            else:
                break
            whole = None
        else:
            raise CorpusError(f"{name} is packed more than {MAX_LAYERS} times over; unpack it")
        body: io.BufferedReader = io.BufferedReader(_Joined(chunks), UNPACKED_CHUNK)
        if head.startswith(b"\xef\xbb\xbf"):
            head = head[len(body.read(3)) :]
        yield Stream(name, inner_name, head, body, whole, position)


def spooled(name: str, chunks: Iterable[bytes], stack: ExitStack) -> BinaryIO:
    """A file to seek in with the same bytes, on disk until ``stack`` is left.

    Raises:
        CorpusError: there are more than ``MAX_SPOOLED_BYTES``, or they are damaged.
    """
    file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (closed with the stack)
    try:
        for chunk in chunks:
            if file.tell() + len(chunk) > MAX_SPOOLED_BYTES:
                raise CorpusError(f"{name} unpacks to more than {MAX_SPOOLED_BYTES:,} bytes")
            file.write(chunk)
    except DamagedStreamError as error:
        raise CorpusError(f"{name} cannot be unpacked: {error}; get it again") from error
    except OSError as error:
        raise CorpusError(f"{name} does not fit in {tempfile.gettempdir()} ({error})") from error
    file.seek(0)
    return file


class _Joined(io.RawIOBase):
    """Chunks as a file; what they raise comes out of reading it."""

    def __init__(self, chunks: Iterator[bytes]):
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _chunks(file: BinaryIO, position: Callable[[int], None]) -> Iterator[bytes]:
    done = 0
    try:
        while chunk := file.read1(CHUNK):  # type: ignore[attr-defined]
            done += len(chunk)
            position(done)
            yield chunk
    except OSError as error:
        raise DamagedStreamError(f"it cannot be read on ({error.strerror})") from error


def _peeked(name: str, chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first ``HEAD_BYTES``, and all chunks with those."""
    taken: list[bytes] = []
    missing = HEAD_BYTES
    rest = chunks
    try:
        while missing > 0 and (chunk := next(chunks, b"")):
            taken.append(chunk)
            missing -= len(chunk)
    except DamagedStreamError as error:
        if not taken:
            raise CorpusError(f"{name} cannot be unpacked: {error}; get it again") from error
        rest = _raising(error)
    return b"".join(taken)[:HEAD_BYTES], itertools.chain(taken, rest)


def _raising(error: Exception) -> Iterator[bytes]:
    raise error
    yield b""


def _refuse(source: str | Path, error: Exception) -> NoReturn:
    reason = getattr(error, "strerror", None) or error
    raise CorpusError(
        f"cannot read {source} ({reason}); expected a file of papers, or {STDIN} for stdin"
    ) from error
