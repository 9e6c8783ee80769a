"""Packed bytes → bytes: gzip, bzip2, xz, zstd, and zips with one file in them.

All in chunks of bounded size, however well they are packed; and not much more than papers give.
"""

from __future__ import annotations

import lzma
import re
import sys
import zipfile
import zlib
from bz2 import BZ2Decompressor
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import BinaryIO, Protocol

from ssm_search.errors import CorpusError

UNPACKED_CHUNK = 1 << 18  # bytes that are made at once
MAX_ZIP_DIRECTORY = 1_000_000  # bytes; some 10,000 files, where one is expected
XZ_MEMORY = 256 << 20  # bytes; "xz -9" needs 65 MiB, but the format allows 4 GiB
FREE_BYTES = 256 << 20  # that anything may unpack to
MOST_TIMES = 200
"""As often its own size may a source unpack to beyond those. Records of papers come to 4 or 5
times, by gzip, bzip2 or xz; one letter over and over to 1,000 by gzip, 30,000 by Parquet."""
FREE_PAPERS = 10_000
"""That may be in a source of any size; beyond those, one for each byte of it. What tells two papers
apart takes ten and more; three million equal rows of Parquet are in 750,000 bytes."""

# RFC 1952 (gzip), RFC 8878 (zstd, also its skippable frames), and the tools' own descriptions.
_MAGIC = {
    "gzip": re.compile(rb"\x1f\x8b\x08"),
    "bzip2": re.compile(rb"BZh[1-9]"),
    "xz": re.compile(rb"\xfd7zXZ\0"),
    "zstd": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", re.DOTALL),
    "zip": re.compile(rb"PK\x03\x04"),
}


class DamagedStreamError(Exception):
    """A stream that was good until here; feeds report it and go on with the next one."""


def grows_too_much(packed: int, unpacked: int) -> bool:
    """Whether so many bytes that came out of so many are more than those of papers can be."""
    return unpacked > max(FREE_BYTES, MOST_TIMES * packed)


def growth(packed: int, unpacked: int) -> str:
    """What is said of them."""
    return (
        f"{packed:,} bytes unpack to {unpacked:,} or more, over {MOST_TIMES} times as many; is "
        "that one text again and again?"
    )


def _check_growth(packed: int, unpacked: int) -> None:
    if grows_too_much(packed, unpacked):
        raise DamagedStreamError(f"{growth(packed, unpacked)} If it is meant so, unpack it first")


class Decompressor(Protocol):
    """What ``bz2``, ``lzma`` and ``zstd`` give for one member of a stream."""

    @property
    def eof(self) -> bool: ...  # noqa: D102
    @property
    def needs_input(self) -> bool: ...  # noqa: D102
    @property
    def unused_data(self) -> bytes: ...  # noqa: D102
    def decompress(self, data: bytes, max_length: int) -> bytes: ...  # noqa: D102


def packing_of(head: bytes) -> str:
    """How bytes that begin so are packed; "" if they are not."""
    return next((kind for kind, magic in _MAGIC.items() if magic.match(head)), "")


class _Gunzip:
    """``zlib``, which is called otherwise, as a :class:`Decompressor`."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)  # 31: with gzip's header and checksum
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        unpacked = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self.needs_input = not self._zlib.unconsumed_tail and len(unpacked) < max_length
        return unpacked


def _zstd() -> tuple[Callable[[], Decompressor], type[Exception]]:
    # The backport is the standard library's own module for Pythons that lack it. Its decompressor
    # refuses windows of more than 128 MiB by itself.
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise CorpusError(
            "reading zstd needs a package that is not installed; "
            "pip install 'ssm-search[zstd]', or unpack it first"
        ) from None
    return zstd.ZstdDecompressor, zstd.ZstdError


def _decompressor(packing: str) -> tuple[Callable[[], Decompressor], type[Exception]]:
    match packing:
        case "gzip":
            return _Gunzip, zlib.error
        case "bzip2":
            return BZ2Decompressor, OSError
        case "xz":
            return lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY), lzma.LZMAError
        case _:
            return _zstd()


def unpacked(chunks: Iterator[bytes], packing: str) -> Iterator[bytes]:
    """All members of a packed stream, one after the other, in bounded chunks.

    The readers of ``gzip``, ``bz2`` and ``lzma`` are not used: the latter two take whatever
    follows the first member for padding, without a word, and none bounds xz's memory.
    """
    new, failure = _decompressor(packing)  # before the first chunk is asked for
    return _members(chunks, packing, new, failure)


def _members(
    chunks: Iterator[bytes],
    packing: str,
    new: Callable[[], Decompressor],
    failure: type[Exception],
) -> Iterator[bytes]:
    member: Decompressor | None = None
    taken = given = 0
    for data in chunks:
        taken += len(data)
        while True:
            if member is None:
                data = data.lstrip(b"\0")  # padding between members, or after the last
                if not data:
                    break
                member = new()
            try:
                unpacked = member.decompress(data, UNPACKED_CHUNK)
            except (failure, EOFError, MemoryError) as error:
                raise DamagedStreamError(f"the {packing} stream is damaged ({error})") from error
            given += len(unpacked)
            _check_growth(taken, given)
            if unpacked:
                yield unpacked
            data = b""
            if member.eof:
                data = member.unused_data
                member = None
            elif member.needs_input:
                break
    if member is not None:
        raise DamagedStreamError(f"the {packing} stream is cut short")


def unzipped(
    name: str, file: BinaryIO, position: Callable[[int], None], stack: ExitStack
) -> tuple[str, Iterator[bytes]]:
    """The name and the chunks of the one file in a zip."""
    try:
        archive = stack.enter_context(zipfile.ZipFile(_BoundedReads(file)))
        held = [entry for entry in archive.infolist() if not entry.is_dir()]
        held = [entry for entry in held if not entry.filename.startswith("__MACOSX/")]
        if len(held) != 1:
            raise CorpusError(
                f"{name} holds {len(held)} files, expected one; unpack it and name those you want"
            )
        if held[0].flag_bits & 1:
            raise CorpusError(f"{name} is encrypted; unpack it first")
        if held[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise CorpusError(f"{name} is not packed by deflate, as zips are; unpack it first")
        member = stack.enter_context(archive.open(held[0]))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise CorpusError(f"{name} is no whole zip ({error}); get it again") from error

    def chunks() -> Iterator[bytes]:
        given = 0
        try:
            while chunk := member.read(UNPACKED_CHUNK):
                position(file.tell())
                given += len(chunk)
                _check_growth(held[0].compress_size, given)
                yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise DamagedStreamError(f"the zip is damaged ({error})") from error

    return held[0].filename, chunks()


class _BoundedReads:
    """A file of which ``zipfile`` cannot read gigabytes as the table of contents."""

    def __init__(self, file: BinaryIO):
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable
        self._read = file.read

    def read(self, count: int = -1) -> bytes:  # -1: asked for only at the very end
        if count > MAX_ZIP_DIRECTORY:
            raise zipfile.BadZipFile(f"its table of contents has {count:,} bytes")
        return self._read(count)
