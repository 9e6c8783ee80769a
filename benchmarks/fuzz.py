"""Does hostile input of any format crash, hang or fill the memory of what reads it?

    make fuzz
    python benchmarks/fuzz.py --megabytes 1 --seed 7 --format bibtex
    python benchmarks/fuzz.py --format bibtex --input benchmarks/.cache/fuzz/bibtex-0123456789ab

Each format is read in a process of its own, from the same seed always the same inputs
(``hostile.py``). A fault is an error that is none of ours, a crash, an input that takes more than
``SLOWEST`` seconds of the processor for each MB of it (``SOONEST`` at least; of what is read
several times on purpose, so many times as much), or one that takes more than ``MOST_BYTES`` bytes
of memory for each of its own and ``ROOM`` beside. What did it is kept in
``benchmarks/.cache/fuzz``, with where it happened, and can be given again by ``--input``. Exits
with 1 if there is any.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import io
import json
import os
import re
import resource
import select
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import hostile
from hostile import Grammar

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "benchmarks" / ".cache" / "fuzz"

SLOWEST = 10.0  # seconds of the processor for a MB
SOONEST = 1.0  # seconds that any input may take
AGAIN = {"write-back": 6}
"""How often a format is read on purpose: an entry is written in some ways, and the list read with
each, until one is read back. Such an input may take so many times as long."""
MOST_BYTES, ROOM = 20, 200_000_000  # of memory: for each byte of the input, and beside
GUARD = 4 << 30  # bytes of addresses beyond those at the start, after which nothing is given
PATIENCE = 240.0  # seconds without a word, after which an input is one that never ends
OFTEN = 20  # inputs, after which it is seen how fast the machine is
WARM = 5  # inputs that are read before anything is measured
SHOWN = 5  # kinds of faults that are told of each format


@dataclass(frozen=True, slots=True)
class Read:
    """What became of one input: its bytes, seconds, bytes of memory, and the fault, "" if none.

    Attributes:
        said: where the fault is.
    """

    size: int
    seconds: float
    memory: int
    fault: str = ""
    said: str = ""


@dataclass(slots=True)
class Tally:
    """What became of all inputs of a format."""

    name: str
    inputs: int = 0
    size: int = 0
    slowest: float = 0.0  # seconds for a MB, of those of 100 kB and more
    longest: float = 0.0  # seconds
    memory: int = 0
    faults: int = 0
    kinds: dict[str, Path] = field(default_factory=dict)

    def add(self, read: Read) -> None:
        """Count one more."""
        self.inputs += 1
        self.size += read.size
        self.longest = max(self.longest, read.seconds)
        if read.size >= 100_000:
            self.slowest = max(self.slowest, 1e6 * read.seconds / read.size)
        self.memory = max(self.memory, read.memory)
        self.faults += bool(read.fault)


# ── what reads ───────────────────────────────────────────────────────────────────────────────

Reader = Callable[[bytes], object]
"""Reads one input; raises nothing but errors of ours."""


def _text(data: bytes) -> str:
    """A text as a program may have it: bytes that are no UTF-8 are halves of characters in it."""
    return data.decode("utf-8", "surrogateescape")


def _lists(data: bytes) -> None:
    from ssm_search.awesome.reading import read_list

    read_list(_text(data))


def _written_back(data: bytes) -> None:
    """Entries put in, moved, mended and taken out; titles and venues come from the list, too."""
    from ssm_search.awesome.reading import read_list
    from ssm_search.awesome.writing import edits, insert_paper
    from ssm_search.diffs import unified_diff
    from ssm_search.errors import ListError
    from ssm_search.papers import Paper

    text, chance = _text(data), Random(zlib.crc32(data))
    reading = read_list(text)
    at = chance.randrange(len(text) + 1)
    title = chance.choice((hostile.title(chance), text[at : at + 200]))
    paper = Paper(
        "2412.12345",
        title or "A",
        url="https://arxiv.org/abs/2412.12345",
        code_url=chance.choice(("", "https://github.com/a/b", "https://github.com/" + text[:50])),
        venue=chance.choice(("", "CVPR 2024", text[at : at + 30])),
        authors=chance.choice(((), ("Ann Lee",), (text[at : at + 40], "B"))),
        year=2024,
    )
    category = chance.choice(((), *reading.categories))
    if chance.random() < 0.5 or not reading.entries:
        with suppress(ListError):
            unified_diff(text, insert_paper(text, paper, category).text, "README.md")
        return
    layout, entry = edits.Layout(text, reading), chance.choice(reading.entries)
    change = chance.choice(
        (
            lambda: edits.without(layout, entry),
            lambda: edits.with_title(layout, entry, paper.title),
            lambda: edits.with_year(layout, entry, 2023),
            lambda: edits.moved(layout, entry, category),
        )
    )()
    if change and edits.sound(text, reading, [change]):
        unified_diff(text, edits.applied(text, [change]), "README.md")


def _bibtex(data: bytes) -> None:
    from ssm_search.curation.bibliography import papers_of_bibtex
    from ssm_search.curation.bibtex import is_bibtex

    text = _text(data)
    is_bibtex(text)
    papers_of_bibtex(text)


def _submissions(data: bytes) -> None:
    from ssm_search.curation.given import safe, web_address
    from ssm_search.curation.intake import completed
    from ssm_search.curation.submissions import (
        checked_link,
        read_anything,
        read_pasted,
        read_submissions,
    )
    from ssm_search.errors import SsmSearchError

    text = _text(data)
    readers = (read_submissions, read_anything, lambda text: [read_pasted(text)])
    read = readers[zlib.crc32(data) % len(readers)]
    with suppress(SsmSearchError):
        papers = [safe(paper) for paper in read(text)]
        completed(papers, {}, cache=Path(os.devnull), offline=True)
    with suppress(SsmSearchError):
        checked_link(text)
    web_address(text)


def _dump(name: str) -> Reader:
    """Of a corpus, in a file that is called so."""
    path = Path(tempfile.mkdtemp(dir=_own_place())) / name

    def read(data: bytes) -> None:
        from ssm_search.ingest import read_feed

        path.write_bytes(data)
        for _ in read_feed([path], malformed=lambda fault: None):
            pass

    return read


def _abstracts(data: bytes) -> None:
    from ssm_search.abstracts import load_abstracts

    path = _own_place() / "abstracts.jsonl"
    path.write_bytes(data)
    load_abstracts(path)


def _answers_of_arxiv() -> Reader:
    """What the server of arXiv's API says, without a server."""
    import requests
    import urllib3

    import ssm_search.abstracts.api as api
    from ssm_search.downloads import Transport

    answer = b""

    def send(self: object, request: Any, **options: object) -> requests.Response:
        response = requests.Response()
        response.status_code, response.request, response.url = 200, request, request.url
        response.raw = urllib3.HTTPResponse(io.BytesIO(answer), preload_content=False)
        return response

    Transport.send = send  # type: ignore[assignment]
    api.MAX_TRIES = 1

    def read(data: bytes) -> None:
        nonlocal answer
        answer = data
        source = api.ArxivApi("http://127.0.0.1/api", 0, lambda seconds: None)
        source.ask(["2401.00001", "2401.00002"])

    return read


def _manifests(data: bytes) -> None:
    from ssm_search.index import Manifest

    place = _own_place()
    (place / "manifest.json").write_bytes(data)
    Manifest.read(place)


def _stored(data: bytes) -> None:
    from ssm_search.arrays import UNREADABLE
    from ssm_search.lines import papers_of

    with suppress(*UNREADABLE):
        papers_of(_text(data).split("\n"))


def _own_place() -> Path:
    place = Path(tempfile.gettempdir()) / f"fuzz-{os.getpid()}"
    place.mkdir(exist_ok=True)
    return place


# ── indexes: a few files of a small one are others ───────────────────────────────────────────


class Folder:
    """A saved index, inputs made of its files, and what loads it and asks it.

    An input is a line of JSON with the length of each file that is another, and then these. The
    manifest is made to say that all files are as they should be, as whoever damaged them may.
    """

    def __init__(self, *, is_list: bool):
        sys.path.insert(0, str(ROOT / "tests" / "support"))
        from corpus_papers import papers, source
        from fakes import TokenEncoder

        from ssm_search.build import gather_index
        from ssm_search.search.local import PaperSearch

        self.encoder, place = TokenEncoder(), Path(tempfile.mkdtemp(dir=_own_place()))
        self.whole, self.folder = place / "whole", place / "index"
        if is_list:
            headings = ((("Vision", "Film"),), (("Structured Data",),))
            listed = [
                replace(one, categories=headings[at % 2], arxiv_categories=())
                for at, one in enumerate(papers(40))
            ]
            PaperSearch.from_papers(listed, self.encoder).save(self.whole)
        else:
            gather_index(
                [source(place, papers(200))], self.whole, encoder=self.encoder, kind="IVF4,SQfp16"
            )
            sys.stderr.flush()
        files = (path for path in sorted(self.whole.rglob("*")) if path.is_file())
        self.files = {path.relative_to(self.whole).as_posix(): path.read_bytes() for path in files}
        shutil.copytree(self.whole, self.folder)

    def case(self, chance: Random) -> bytes:
        """One or two files, changed."""
        names = chance.sample(sorted(self.files), chance.choice((1, 1, 1, 2)))
        changed = {name: self._changed(name, self.files[name], chance) for name in names}
        lengths = json.dumps({name: len(data) for name, data in changed.items()})
        return lengths.encode() + b"\n" + b"".join(changed.values())

    def _changed(self, name: str, data: bytes, chance: Random) -> bytes:
        if name.endswith(".npy") and chance.random() < 0.2:
            return hostile.npy_head(chance) + data[128 : 128 + int(2 ** chance.uniform(0, 12))]
        if name.endswith((".npy", ".faiss")) and chance.random() < 0.8:
            return hostile.renumbered_bytes(data, chance)
        if name.endswith((".json", ".jsonl")) and chance.random() < 0.05:
            size = int(2 ** chance.uniform(10, 20))
            return hostile.worst(chance, size, (*hostile.JSON_WORDS, *hostile.NASTY))
        return hostile.mutated(data, chance, (*hostile.JSON_WORDS, *hostile.NASTY))

    def read(self, case: bytes) -> None:
        """Load the index and ask it questions of all kinds."""
        head, _, rest = case.partition(b"\n")
        changed: dict[str, bytes] = {}
        for name, length in json.loads(head).items():
            changed[name], rest = rest[:length], rest[length:]
        try:
            for name, data in changed.items():
                self._put(name, data)
            if "manifest.json" not in changed:
                self._put("manifest.json", self._sealed(changed))
            self._ask()
        finally:
            for name in {*changed, "manifest.json"}:
                self._put(name, self.files[name])

    def _put(self, name: str, data: bytes) -> None:
        """A new file in the place of the one there, which may still be mapped."""
        path = self.folder / name
        path.unlink()
        path.write_bytes(data)

    def _sealed(self, changed: dict[str, bytes]) -> bytes:
        record = json.loads(self.files["manifest.json"])
        for name, data in changed.items():
            if name in record["checksums"]:
                record["checksums"][name] = hashlib.sha256(data).hexdigest()
        return json.dumps(record).encode()

    def _ask(self) -> None:
        from ssm_search.errors import SsmSearchError
        from ssm_search.search.local import PaperSearch

        search = PaperSearch.load(self.folder, self.encoder)
        paper = "2401.00003"
        asked: list[Callable[[], object]] = [
            lambda: search.query("video of a graph"),
            lambda: search.query("lattise kernal", year=2017, venue="Venue 3"),
            lambda: search.query("film", has_code=True, newest=True),
            lambda: search.query("paper by nobody", category="cs"),
            lambda: search.related(paper),
            lambda: search.recommend(like=[paper], dislike=["2401.00005"]),
            lambda: search.newest(5, year=(2016, 2018)),
            lambda: search.status(),
            lambda: search.tally,
            lambda: search.tree,
            lambda: search.get(paper),
            lambda: search.place(paper),
            lambda: search.duplicates("A video of a graph"),
            lambda: list(search.papers),
        ]
        for ask in asked:
            with suppress(SsmSearchError):
                ask()


# ── formats ──────────────────────────────────────────────────────────────────────────────────


def _of(grammar: Grammar, read: Reader) -> tuple[Callable[[Random], bytes], Reader]:
    return grammar.case, read


def _of_folder(*, is_list: bool) -> tuple[Callable[[Random], bytes], Reader]:
    folder = Folder(is_list=is_list)
    return folder.case, folder.read


def _manifest_made(chance: Random) -> bytes:
    return (ROOT / "index" / "awesome-mamba" / "manifest.json").read_bytes()


def _paper_lines(chance: Random) -> bytes:
    import io

    lines = io.BytesIO(hostile.json_lines(chance))
    made = []
    for line in lines:
        one = json.loads(line)
        made.append(
            {"id": hostile.paper_id(chance), "title": one["title"], "year": 2024,
             "authors": ["Ann Lee"], "categories": [["A", "B"]], "published": "2024-05-06",
             "arxiv_categories": ["cs.CV"], "url": one["url"]}
        )  # fmt: skip
    return b"\n".join(json.dumps(one).encode() for one in made)


FORMATS: dict[str, Callable[[], tuple[Callable[[Random], bytes], Reader]]] = {
    "lists": lambda: _of(
        Grammar(hostile.markdown, hostile.MARKDOWN_WORDS, hostile.MARKDOWN_FRAMES), _lists
    ),
    "write-back": lambda: _of(
        Grammar(hostile.markdown, hostile.MARKDOWN_WORDS, hostile.MARKDOWN_FRAMES), _written_back
    ),
    "bibtex": lambda: _of(
        Grammar(hostile.bibtex, hostile.BIBTEX_WORDS, hostile.BIBTEX_FRAMES), _bibtex
    ),
    "submissions": lambda: _of(
        Grammar(
            hostile.submission,
            hostile.SUBMISSION_WORDS,
            hostile.SUBMISSION_FRAMES,
            longest=200_000,
        ),
        _submissions,
    ),
    "json-lines": lambda: _of(
        Grammar(hostile.json_lines, hostile.JSON_WORDS, hostile.JSON_FRAMES), _dump("a.jsonl")
    ),
    "tables": lambda: _of(
        Grammar(hostile.table, hostile.TABLE_WORDS, hostile.TABLE_FRAMES), _dump("a.csv")
    ),
    "oai-pmh": lambda: _of(
        Grammar(hostile.oai, hostile.XML_WORDS, hostile.OAI_FRAMES), _dump("a.xml")
    ),
    "packed": lambda: _of(
        Grammar(hostile.packed, hostile.PACKED_WORDS, hostile.PACKED_FRAMES), _dump("a.gz")
    ),
    "arxiv-atom": lambda: _of(
        Grammar(hostile.atom, hostile.XML_WORDS, hostile.ATOM_FRAMES), _answers_of_arxiv()
    ),
    "abstracts": lambda: _of(
        Grammar(hostile.json_lines, hostile.JSON_WORDS, hostile.JSON_FRAMES), _abstracts
    ),
    "manifests": lambda: _of(
        Grammar(_manifest_made, hostile.JSON_WORDS, ((b'{"format": 6, "headings": ', b"}"),)),
        _manifests,
    ),
    "index-papers": lambda: _of(
        Grammar(_paper_lines, hostile.JSON_WORDS, hostile.JSON_FRAMES), _stored
    ),
    "index-of-list": lambda: _of_folder(is_list=True),
    "index-of-corpus": lambda: _of_folder(is_list=False),
}


# ── in the process of a format ───────────────────────────────────────────────────────────────


def _memory(name: str) -> int:
    """What the system says of this process: VmHWM, the most it had, or VmRSS, what it has."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1000 * int(re.search(rf"{name}:\s+(\d+)", status)[1])  # type: ignore[index]


def read_one(reader: Reader, data: bytes, times: int = 1) -> Read:
    """Read one input, and say what became of it.

    If it was slow, it is read twice more, and its time is that of a machine which does nothing
    else, by what the same work takes now and took at best.

    Args:
        times: how often it is read on purpose.
    """
    read = _read_once(reader, data)
    for _ in range(2):
        if not read.fault and read.seconds > times * _seconds_for(data):
            again = _read_once(reader, data)
            share = min(1.0, _BEST[0] / _same_work())
            read = min(read, replace(again, seconds=again.seconds * share), key=_seconds)
    if not read.fault and read.seconds > times * _seconds_for(data):
        return replace(read, fault=f"took {read.seconds:.1f} s of {len(data):,} bytes")
    if not read.fault and read.memory > MOST_BYTES * len(data) + ROOM:
        found = f"took {read.memory / 1e6:,.0f} MB of memory of {len(data):,} bytes"
        return replace(read, fault=found)
    return read


def _seconds(read: Read) -> float:
    return read.seconds


def _seconds_for(data: bytes) -> float:
    return max(SOONEST, SLOWEST * len(data) / 1e6)


def _read_once(reader: Reader, data: bytes) -> Read:
    from ssm_search.errors import SsmSearchError

    fault = said = ""
    Path("/proc/self/clear_refs").write_text("5")  # forgets the most that there was
    begun = time.process_time()
    try:
        reader(data)
    except SsmSearchError:
        pass
    except Exception as error:
        ours = [one for one in traceback.extract_tb(error.__traceback__) if "/src/" in one.filename]
        at = f" in {Path(ours[-1].filename).name}, {ours[-1].name}" if ours else ""
        fault, said = f"{type(error).__name__}{at}: {str(error)[:100]!r}", traceback.format_exc()
    seconds = time.process_time() - begun
    return Read(len(data), seconds, max(0, _memory("VmHWM") - _BASE[0]), fault, said[-5000:])


_BASE = [0]
_BEST = [float("inf")]
_WORK = hostile.markdown(Random(0)).decode() * 8


def _same_work() -> float:
    """The seconds of the processor that the same piece of work takes now."""
    from markdown_it import MarkdownIt

    parser, begun = MarkdownIt("commonmark"), time.process_time()
    parser.parse(_WORK)
    seconds = time.process_time() - begun
    _BEST[0] = min(_BEST[0], seconds)
    return seconds


def run_child(name: str, seed: int, first: int) -> None:
    """Read inputs from the ``first`` on, and write a line about each, until nobody listens."""
    faulthandler.enable()
    make, reader = FORMATS[name]()
    for at in range(WARM):
        with suppress(Exception):
            reader(make(Random(f"{seed} {name} warm {at}")))
    _BASE[0] = _memory("VmRSS")
    size = int(re.search(r"VmSize:\s+(\d+)", Path("/proc/self/status").read_text())[1])  # type: ignore[index]
    resource.setrlimit(resource.RLIMIT_AS, (1000 * size + GUARD, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    number = first
    while True:
        if number % OFTEN == 0:
            _same_work()
        data = make(Random(f"{seed} {name} {number}"))
        _current(name).write_bytes(data)
        sys.stdout.write(json.dumps(astuple(read_one(reader, data, AGAIN.get(name, 1)))) + "\n")
        sys.stdout.flush()
        sys.stdin.readline()  # so that the input still lies there when its fault is heard of
        number += 1


def _current(name: str) -> Path:
    """Where an input lies while it is read, so that it is there after a crash."""
    return KEPT / f".{name}"


# ── in the process that counts ───────────────────────────────────────────────────────────────


def fuzz(name: str, seed: int, megabytes: float) -> Tally:
    """Have inputs of a format read until there were so many MB."""
    KEPT.mkdir(parents=True, exist_ok=True)
    tally = Tally(name)
    while tally.size < 1e6 * megabytes:
        before = tally.inputs
        command = [sys.executable, __file__, "--child", name, "--seed", str(seed)]
        command += ["--first", str(tally.inputs)]
        with (
            tempfile.TemporaryFile("w+") as said,
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env=_environment(),
            ) as child,
        ):
            for read in _reads(child, tally, 1e6 * megabytes):
                tally.add(read)
                if read.fault:
                    _keep(tally, read.fault, read.said)
            child.kill()
            how = child.wait()
            shutil.rmtree(Path(tempfile.gettempdir()) / f"fuzz-{child.pid}", ignore_errors=True)
            if tally.size < 1e6 * megabytes:
                said_last = _last(said)
                if tally.inputs == before and not _current(name).exists():
                    raise SystemExit(f"{name} cannot be read at all:\n{said_last}")
                fault = "crashed" if how != -9 else f"no word for {PATIENCE:g} s, or killed"
                crashed = re.search(r"Fatal Python error: (.*)", said_last)
                _keep(tally, f"{fault} ({crashed[1] if crashed else how})", said_last)
                tally.add(Read(_current(name).stat().st_size, 0, 0, fault))
    _current(name).unlink(missing_ok=True)
    return tally


def _environment() -> dict[str, str]:
    """One thread, so that its time is the processor's."""
    return os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def _reads(child: subprocess.Popen[bytes], tally: Tally, enough: float) -> Iterator[Read]:
    """What a child says of its inputs, until it is enough, or it says no more."""
    assert child.stdin
    assert child.stdout
    while tally.size < enough:
        ready, _, _ = select.select([child.stdout], [], [], PATIENCE)
        line = child.stdout.readline() if ready else b""
        if not line.endswith(b"\n"):
            return
        yield Read(*json.loads(line))
        with suppress(BrokenPipeError):
            child.stdin.write(b"\n")
            child.stdin.flush()


def _last(said: Any) -> str:
    said.seek(0)
    return str(said.read())[-6000:]


def _keep(tally: Tally, fault: str, said: str) -> None:
    """Keep the input that was read last, if no other did the same."""
    kind = re.sub(r"\d[\d,.]*", "…", fault)
    if kind in tally.kinds or len(tally.kinds) >= SHOWN:
        return
    data = _current(tally.name).read_bytes()
    path = KEPT / f"{tally.name}-{hashlib.sha256(data).hexdigest()[:12]}"
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(f"{fault}\n\n{said}", encoding="utf-8")
    tally.kinds[kind] = path
    print(f"{tally.name}: {fault}\n    {path}", flush=True)


def table(tallies: list[Tally]) -> str:
    """What became of all, as Markdown."""
    lines = [
        "| format | inputs | MB | slowest, s/MB | longest, s | most memory, MB | faults |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {one.name} | {one.inputs:,} | {one.size / 1e6:.1f} | {one.slowest:.2f} "
        f"| {one.longest:.2f} | {one.memory / 1e6:.0f} | {one.faults} |"
        for one in tallies
    ]
    return "\n".join(lines)


def main() -> int:
    """Fuzz the formats asked for, and say what became of it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--megabytes", type=float, default=10.0, help="of input for each format")
    parser.add_argument("--format", choices=FORMATS, action="append", help="all if none is named")
    parser.add_argument("--input", type=Path, help="read this file alone, as of the --format named")
    parser.add_argument("--child", choices=FORMATS, help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        run_child(asked.child, asked.seed, asked.first)
    if asked.input:
        _, reader = FORMATS[asked.format[0]]()
        _BASE[0] = _memory("VmRSS")
        read = read_one(reader, asked.input.read_bytes(), AGAIN.get(asked.format[0], 1))
        print(
            f"{read.size:,} bytes: {read.seconds:.2f} s, {read.memory / 1e6:.0f} MB; {read.fault}"
        )
        return bool(read.fault)
    tallies = [fuzz(name, asked.seed, asked.megabytes) for name in asked.format or FORMATS]
    print(table(tallies))
    return int(any(one.faults for one in tallies))


if __name__ == "__main__":
    sys.exit(main())
