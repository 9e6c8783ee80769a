"""What corpora come packed in, how they end, and in how much memory they are read."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
import re
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from ssm_search.errors import CorpusError
from ssm_search.ingest import unpacking
from ssm_search.ingest.feeds import Malformed, read_feed
from ssm_search.ingest.records import MAX_RECORD_BYTES

IDS = [f"p{number}" for number in range(40)]
NOISE = random.Random(0)  # so that packed bytes do not all come in the last block


def json_lines(ids: list[str]) -> bytes:
    return b"".join(
        json.dumps({"id": paper_id, "title": NOISE.randbytes(400).hex()}).encode() + b"\n"
        for paper_id in ids
    )


CONTENT = json_lines(IDS)


def zipped(*contents: bytes, names: str = "abc", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in zip(names, contents, strict=False):
            archive.writestr(name, content)
    return packed.getvalue()


def zstd(content: bytes) -> bytes:
    module = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
    compress: Callable[[bytes], bytes] = pytest.importorskip(module).compress
    return compress(content)


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}


def read(*sources: str | Path) -> tuple[list[str], list[tuple[int, str]]]:
    """The ids that ``sources`` give, and the malformed records: (line, reason)."""
    faults: list[Malformed] = []
    ids = [paper.id for paper in read_feed(sources, malformed=faults.append)]
    return ids, [(fault.line, fault.reason) for fault in faults]


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def written(content: bytes, name: str = "feed") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return written


# --- packings --------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", PACKINGS)
def test_packed(file: Callable[..., Path], packing: str) -> None:
    pack = PACKINGS[packing]
    assert read(file(pack(CONTENT))) == (IDS, [])
    # Several members, split within a line, with padding between and after them as tar and tapes do.
    members = pack(CONTENT[:1000]) + bytes(8) + pack(b"") + pack(CONTENT[1000:]) + bytes(512)
    assert read(file(members)) == (IDS, [])


def test_skippable_frames_of_zstd(file: Callable[..., Path]) -> None:
    frame = b"\x50\x2a\x4d\x18" + struct.pack("<I", 3) + b"abc"
    assert read(file(frame + zstd(CONTENT) + frame)) == (IDS, [])


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip(file: Callable[..., Path], method: int) -> None:
    assert read(file(zipped(CONTENT, method=method))) == (IDS, [])


def test_a_zip_as_a_mac_makes_it(file: Callable[..., Path]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("papers/", b"")
        archive.writestr("papers/papers.jsonl.gz", gzip.compress(CONTENT))
        archive.writestr("__MACOSX/papers/._papers.jsonl.gz", b"junk")
    assert read(file(packed.getvalue())) == (IDS, [])


def test_the_name_inside_tells_where_content_does_not(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("b.jsonl", b"oops\n" + CONTENT)
    assert read(path) == (IDS, [(1, "bad JSON (Expecting value at character 1)")])
    path = tmp_path / "c.jsonl.gz"
    path.write_bytes(gzip.compress(b"oops\n" + CONTENT))
    assert read(path) == (IDS, [(1, "bad JSON (Expecting value at character 1)")])


def test_packed_tables_and_parquet(file: Callable[..., Path], tmp_path: Path) -> None:
    rows = "".join(f"{paper_id},T\n" for paper_id in IDS).encode()
    assert read(file(bz2.compress(b"\xef\xbb\xbfid,title\n" + rows))) == (IDS, [])
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    made = pyarrow.table({"id": IDS, "title": ["T"] * len(IDS)})
    parquet.write_table(made, tmp_path / "made")
    whole = (tmp_path / "made").read_bytes()
    assert read(file(gzip.compress(whole)), file(zipped(whole), "two")) == (IDS * 2, [])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; expected arXiv's metadata snapshot, JSON lines, an OAI-PMH dump, "),
        (b" \n", "is empty; expected"),
        (gzip.compress(b""), "is empty; expected"),
        (b"hello\nworld", "begins with 'hello'; expected"),
        (b"name,text\n1,2\n", "begins with 'name,text'; expected"),
        (b"\x89PNG\r\n\x1a\n", "begins with '\ufffdPNG'; expected"),
        (b"<!DOCTYPE html><html></html>", "is XML or HTML but no OAI-PMH; expected"),
        (b'[{"id": "x"}]', "is a JSON list or JSON over several lines, expected an object a line"),
        (b'{\n  "id": "x"\n}', "is a JSON list or JSON over several lines"),
        ('{"id": 1}'.encode("utf-16"), "is UTF-16, expected UTF-8; iconv"),
        (gzip.compress(b"")[:7], "cannot be unpacked: the gzip stream is cut short; get it again"),
        (b"\xfd7zXZ\0" + b"x" * 50, "cannot be unpacked: the xz stream is damaged ("),
        (zipped(b"1", b"2"), "holds 2 files, expected one; unpack it and name those you want"),
        (zipped(), "begins with 'PK"),
        (zipped(CONTENT, method=zipfile.ZIP_LZMA), "is not packed by deflate, as zips are"),
        (zipped(CONTENT)[:-30], "is no whole zip (File is not a zip file); get it again"),
    ],
    ids=lambda value: value if isinstance(value, str) else "bytes",  # packed ones say when
)
def test_what_cannot_be_recognised_fails_at_once(
    file: Callable[..., Path], content: bytes, message: str
) -> None:
    good = file(CONTENT, "good")
    bad = file(content, "bad")
    with pytest.raises(CorpusError, match=f"^{re.escape(f'{bad} {message}')}"):
        read_feed([good, bad])  # not one paper was asked for


def test_a_zip_with_a_password(file: Callable[..., Path]) -> None:
    packed = bytearray(zipped(CONTENT))
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(header) + flags] |= 1
    with pytest.raises(CorpusError, match="is encrypted; unpack it first"):
        read(file(bytes(packed)))


def test_a_zip_of_nothing_but_a_table_of_contents(
    file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MAX_ZIP_DIRECTORY", 30)
    with pytest.raises(CorpusError, match="its table of contents has 47 bytes"):
        read(file(zipped(CONTENT)))


def test_packed_over_and_over(file: Callable[..., Path]) -> None:
    packed = CONTENT
    for _ in range(3):
        packed = gzip.compress(packed)
    assert read(file(packed)) == (IDS, [])
    with pytest.raises(CorpusError, match="is packed more than 3 times over; unpack it"):
        read(file(gzip.compress(packed)))


def test_without_zstd_the_command_that_installs_it(
    file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("compression", "backports"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(CorpusError, match=re.escape("pip install 'ssm-search[zstd]'")):
        read(file(b"\x28\xb5\x2f\xfd..."))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("https://example.org/a.jsonl", "is an address; expected a file or -; download it first"),
        (Path("http://example.org/a.jsonl"), "is an address; expected a file or -; download"),
        ("missing", "cannot read missing (No such file or directory); expected a file of papers"),
        ("/", "/ is a folder; expected a file, or - for stdin; name the files in it"),
        ("a\0b", "cannot read a\0b ("),
    ],
)
def test_sources_that_are_none(source: str | Path, message: str) -> None:
    with pytest.raises(CorpusError, match=re.escape(message)):
        read_feed([source])


# --- ends ------------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_stream_that_is_cut_short(file: Callable[..., Path], packing: str) -> None:
    # In small members, as one block of xz or bzip2 gives all of its papers or none.
    members = [PACKINGS[packing](json_lines([paper_id])) for paper_id in IDS]
    cut = b"".join(members)[: -len(members[-1]) // 2]
    ids, faults = read(file(cut), file(CONTENT, "next"))
    assert ids == IDS[:-1] + IDS
    assert faults == [(40, f"the {packing} stream is cut short")]


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_stream_that_is_damaged(file: Callable[..., Path], packing: str) -> None:
    members = [PACKINGS[packing](json_lines([paper_id])) for paper_id in IDS]
    damaged = bytearray(members[20])
    damaged[len(damaged) // 2 :] = bytes(len(damaged) - len(damaged) // 2)
    ids, faults = read(file(b"".join([*members[:20], damaged, *members[21:]])))
    assert ids == IDS[:20]
    ((line, reason),) = faults
    assert line == 21
    assert reason.startswith(f"the {packing} stream is damaged (")


@pytest.mark.parametrize("packing", PACKINGS)
def test_what_follows_a_stream_is_not_passed_over(file: Callable[..., Path], packing: str) -> None:
    ids, faults = read(file(PACKINGS[packing](CONTENT) + b"some more bytes than a header has"))
    assert ids == IDS
    ((line, reason),) = faults
    assert line == 41
    assert reason.startswith(f"the {packing} stream is damaged (")


def test_a_zip_that_is_damaged(file: Callable[..., Path]) -> None:
    packed = bytearray(zipped(json_lines(IDS * 50), method=zipfile.ZIP_STORED))
    packed[packed.rindex(b'"title": "') + 20] ^= 1  # only the checksum tells
    ids, faults = read(file(bytes(packed)))
    assert 0 < len(ids) < 50 * len(IDS)
    assert ids == (IDS * 50)[: len(ids)]
    ((line, reason),) = faults
    assert line == len(ids) + 1
    assert reason.startswith("the zip is damaged (Bad CRC-32")


def test_a_table_that_is_cut_short(file: Callable[..., Path]) -> None:
    rows = b"id,title\n" + b"".join(f"{paper_id},T\n".encode() for paper_id in IDS)
    packed = gzip.compress(rows[:-5]) + gzip.compress(rows[-5:])[:-3]
    ids, faults = read(file(packed))
    assert ids == IDS[: len(ids)]
    assert faults == [(len(ids) + 2, "the gzip stream is cut short")]


def test_xz_that_asks_for_gigabytes(file: Callable[..., Path]) -> None:
    packed = bytearray(lzma.compress(CONTENT))
    # The block header behind the 12 bytes of the stream header: size, flags, the filter's id, how
    # many bytes its properties have, and the one that says how large a dictionary is.
    size = (packed[12] + 1) * 4
    assert packed[14:16] == b"\x21\x01"
    packed[16] = 40  # 4 GiB
    packed[12 + size - 4 : 12 + size] = struct.pack("<I", zlib.crc32(packed[12 : 12 + size - 4]))
    with pytest.raises(CorpusError, match=r"xz stream is damaged \(Memory usage limit"):
        read(file(bytes(packed)))


# --- stdin, pipes, progress ------------------------------------------------------------------


@pytest.mark.parametrize("pack", [bytes, lzma.compress, zipped], ids=["plain", "xz", "zip"])
def test_stdin(monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]) -> None:
    stdin = SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(pack(CONTENT + b"oops"))))
    monkeypatch.setattr("sys.stdin", stdin)
    faults: list[Malformed] = []
    seen: list[tuple[int, int]] = []
    papers = read_feed(["-"], malformed=faults.append, progress=lambda *done: seen.append(done))
    assert [paper.id for paper in papers] == IDS
    assert faults == [Malformed("-", 41, "bad JSON (Expecting value at character 1)")]
    assert seen[-1] == (len(pack(CONTENT + b"oops")), 0)


def test_a_file_called_stdin_is_a_file(
    file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file(CONTENT, "stdin").parent)
    assert read("stdin") == (IDS, [])


def test_stdin_that_is_nothing_fails_when_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    papers = read_feed(["-"])
    with pytest.raises(CorpusError, match=r"^stdin is empty; expected"):
        next(papers)


def test_stdin_of_another_process() -> None:
    script = (
        "from ssm_search.ingest.feeds import read_feed; print(*(p.id for p in read_feed(['-'])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=gzip.compress(CONTENT),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().split() == IDS


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = "import sys; open(sys.argv[1], 'wb').write(bytes.fromhex(sys.argv[2]))"
    with subprocess.Popen([sys.executable, "-c", script, str(pipe), gzip.compress(CONTENT).hex()]):
        assert read(pipe) == (IDS, [])


def test_progress_counts_packed_bytes_of_all_files(file: Callable[..., Path]) -> None:
    large = json_lines(IDS * 20)
    sources = [
        file(lzma.compress(large), "a"),
        file(large, "b"),
        file(zipped(large), "c"),
    ]
    total = sum(path.stat().st_size for path in sources)
    seen: list[tuple[int, int]] = []
    papers = read_feed(sources, progress=lambda done, of: seen.append((done, of)))
    assert sum(1 for _ in papers) == 3 * 20 * len(IDS)
    assert {of for _, of in seen} == {total}
    steps = [done for done, _ in seen]
    assert steps == sorted(steps)
    assert steps[-1] == total
    assert len(set(steps)) > 10


def test_a_file_is_closed_when_nobody_reads_on(file: Callable[..., Path]) -> None:
    path = file(gzip.compress(CONTENT))
    papers = read_feed([path])
    assert next(papers).id == "p0"
    del papers
    if Path("/proc/self/fd").exists():
        held = [os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")]
        assert str(path.resolve()) not in held


def test_one_source_need_not_be_a_list(file: Callable[..., Path]) -> None:
    assert [paper.id for paper in read_feed(str(file(CONTENT)))] == IDS


# --- what comes out of little ----------------------------------------------------------------


@pytest.mark.parametrize("packing", [*PACKINGS, "zip"])
def test_what_unpacks_to_far_more_is_read_up_to_there(
    file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, packing: str
) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1_000_000)
    monkeypatch.setattr(unpacking, "MOST_TIMES", 50)
    content = CONTENT + b" " * 3_000_000 + CONTENT
    path = file(zipped(content) if packing == "zip" else PACKINGS[packing](content))
    ids, faults = read(path, file(CONTENT, "next"))
    assert ids == [*IDS, *IDS]
    ((_, reason),) = faults
    packed = r"[\d,]+" if packing == "zip" else f"{path.stat().st_size:,}"
    assert re.fullmatch(
        rf"{packed} bytes unpack to [\d,]+ or more, over 50 times as many; is that one text again "
        r"and again\? If it is meant so, unpack it first",
        reason,
    )


def test_one_paper_again_and_again_is_read_up_to_a_paper_a_byte(
    file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssm_search.ingest.feeds.FREE_PAPERS", 100)
    line = b'{"id": "a", "title": "T"}\n'
    path = file(gzip.compress(line * 400_000))
    ids, faults = read(path, file(CONTENT, "next"))
    size = path.stat().st_size
    assert ids == ["a"] * (100 + size) + IDS
    ((number, reason),) = faults
    assert number == 101 + size
    assert reason.startswith(f"more papers than the {size:,} bytes that were read")
    assert read(file(line * 2_000))[1] == []
    # That a paper is gone takes less.
    gone = b'{"id": "a", "deleted": true}\n'
    assert read(file(gzip.compress(gone * 50_000 + CONTENT)))[1] == []


# --- memory ----------------------------------------------------------------------------------

MEMORY = 8 * MAX_RECORD_BYTES  # bytes; what is read here are four times as many


def peak(source: Path) -> tuple[int, int, int]:
    """Papers, malformed records, and the most memory that reading took, in bytes."""
    faults = Counter[str]()
    tracemalloc.start()
    try:
        papers = read_feed([source], malformed=lambda fault: faults.update([fault.source]))
        count = sum(1 for _ in papers)
        return count, faults.total(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def zeros_of(megabytes: int, start: bytes, middle: bytes, end: bytes) -> Iterator[bytes]:
    yield start
    for _ in range(megabytes):
        yield middle * (1_000_000 // len(middle))
    yield end


@pytest.mark.parametrize(
    ("start", "middle", "end", "papers", "malformed"),
    [
        (b'{"id": "a", "title": "T"}\n{"id": "', b" ", b'"}\n{"id": "b", "title": "T"}', 2, 1),
        (b'id,title\na,A\nx,"', b" ", b'"\nb,B\n', 2, 1),
        (b"id,title\na,A\n", b"x,", b"\nb,B\n", 2, 1),
        (b'id,title\nx,"', b"x" * 999 + b"\n", b"", 0, 119_869),
        (b"<ListRecords><record>", b"<a>", b"</record></ListRecords>", 0, 1),
        (b"<ListRecords><record a='", b" ", b"", 0, 1),
        (b"<ListRecords>", b"<!-- -->", b"", 0, 1),
    ],
    ids=["line", "cell", "row", "quote", "elements", "attribute", "comments"],
)
def test_a_record_of_120_mb_is_not_held(
    tmp_path: Path, start: bytes, middle: bytes, end: bytes, papers: int, malformed: int
) -> None:
    path = tmp_path / "bomb"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        for chunk in zeros_of(120, start, middle, end):
            packed.write(chunk)
    count, faults, memory = peak(path)
    assert (count, faults) == (papers, malformed)
    assert memory < MEMORY
