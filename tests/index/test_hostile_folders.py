"""Folders that somebody else wrote, or a disk damaged: refused with a cure, or answered right."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import signal
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import onnx
import pytest
import tokenizers
from conftest import PATIENCE
from corpus_papers import papers, source
from fakes import TokenEncoder
from onnx import helper, numpy_helper
from typer.testing import CliRunner

from ssm_search.build import gather_index
from ssm_search.cli.questions import app
from ssm_search.corpora import update_index
from ssm_search.encoding.onnx import (
    About,
    OnnxEncoder,
    fingerprint_of,
    write_about,
)
from ssm_search.errors import EncoderError, IndexFolderError, ListError
from ssm_search.index.checksums import verify
from ssm_search.ingest.feeds import Removed
from ssm_search.papers import Paper
from ssm_search.search.local import PaperSearch

SECONDS = 5.0  # of the processor: a load and some questions; they take a tenth of one
ROOM = 1 << 30  # bytes more than there are
CURES = ("build it again", "build the index again", "mend or delete")
HEAD = 45  # bytes before the vectors in a file of FAISS

Damage = Callable[[Path], object]


# ── what is done to a folder ─────────────────────────────────────────────────────────────────


def pipe(name: str) -> Damage:
    def damage(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return damage


def link(name: str, target: str) -> Damage:
    def damage(folder: Path) -> None:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        path.symlink_to(target)

    return damage


def moved_out(name: str) -> Damage:
    """The file or folder is there, but lies elsewhere, and a link leads to it."""

    def damage(folder: Path) -> None:
        elsewhere = folder.parent / "elsewhere"
        (folder / name).rename(elsewhere)
        (folder / name).symlink_to(elsewhere)

    return damage


def folder_instead(name: str) -> Damage:
    def damage(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return damage


def missing(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


def content(name: str, data: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes(data)


def huge(name: str) -> Damage:
    """A file of a terabyte that takes no room."""
    return lambda folder: os.truncate(folder / name, 1 << 40)


def changed(name: str, change: Callable[[np.ndarray], Any]) -> Damage:
    def damage(folder: Path) -> None:
        path = folder / f"{name}.npy"
        np.save(path, change(np.load(path)), allow_pickle=True)

    return damage


def put(name: str, at: object, value: object) -> Damage:
    """One number of an array is another."""

    def change(array: np.ndarray) -> np.ndarray:
        array[at] = value  # type: ignore[index]
        return array

    return changed(name, change)


def header(name: str, said: str, data: bytes = b"") -> Damage:
    head = said.encode() + b"\n"
    return content(f"{name}.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data)


def claims(shape: object, dtype: str = "<f4") -> str:
    return f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"


def manifest(**values: object) -> Damage:
    def damage(folder: Path) -> None:
        record = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({**record, **values}))

    return damage


def first_line(name: str, /, **values: object) -> Damage:
    """Another first line of the same file; where there are starts of lines, they fit it."""

    def damage(folder: Path) -> None:
        path = folder / name
        head, rest = path.read_bytes().split(b"\n", 1)
        new = json.dumps({**json.loads(head), **values}).encode()
        path.write_bytes(new + b"\n" + rest)
        starts = path.parent / "paper_starts.npy"
        if starts.exists():
            array = np.load(starts)
            array[1:] += len(new) - len(head)
            np.save(starts, array)

    return damage


def raw_line(name: str, new: bytes) -> Damage:
    def damage(folder: Path) -> None:
        path = folder / name
        path.write_bytes(new + b"\n" + path.read_bytes().split(b"\n", 1)[1])

    return damage


def faiss_index(name: str, make: Callable[[np.ndarray], faiss.Index]) -> Damage:
    """The same vectors in another index of FAISS."""

    def damage(folder: Path) -> None:
        vectors = np.frombuffer((folder / "papers.faiss").read_bytes()[HEAD:], "<f4")
        index = make(vectors.reshape(-1, 5).copy())
        faiss.write_index(index, str(folder / name))

    return damage


def filled(index: faiss.Index) -> Callable[[np.ndarray], faiss.Index]:
    def make(vectors: np.ndarray) -> faiss.Index:
        index.add(vectors)
        return index

    return make


def mapped(vectors: np.ndarray) -> faiss.Index:
    index = faiss.IndexIDMap(faiss.IndexFlatIP(5))
    index.add_with_ids(vectors, np.arange(len(vectors)) + 7)
    return index


def vectors(change: Callable[[np.ndarray], np.ndarray]) -> Damage:
    def make(found: np.ndarray) -> faiss.Index:
        new = np.ascontiguousarray(change(found), np.float32)
        index = faiss.IndexFlatIP(new.shape[1])
        index.add(new)
        return index

    return faiss_index("papers.faiss", make)


def faiss_head(**values: int) -> Damage:
    """The head of the file of vectors says something else."""
    places = {"width": ("<i", 4), "count": ("<q", 8), "numbers": ("<Q", 37)}

    def damage(folder: Path) -> None:
        data = bytearray((folder / "papers.faiss").read_bytes())
        for name, value in values.items():
            struct.pack_into(places[name][0], data, places[name][1], value)
        (folder / "papers.faiss").write_bytes(data)

    return damage


def both(*damages: Damage) -> Damage:
    return lambda folder: [damage(folder) for damage in damages]


DEEP = b"[" * 100_000

OF_ANY: dict[str, Damage] = {
    "manifest: a pipe": pipe("manifest.json"),
    "manifest: never ends": link("manifest.json", "/dev/zero"),
    "manifest: a folder": folder_instead("manifest.json"),
    "manifest: elsewhere": moved_out("manifest.json"),
    "manifest: deep": content("manifest.json", DEEP),
    "manifest: empty": content("manifest.json", b""),
    "manifest: null": content("manifest.json", b"null"),
    "manifest: no text": content("manifest.json", b"\xff\xfe{"),
    "manifest: a terabyte": huge("manifest.json"),
    "manifest: a link to itself": link("manifest.json", "manifest.json"),
    "manifest: papers are a text": manifest(papers="40"),
    "manifest: papers below 0": manifest(papers=-1),
    "manifest: a heading is a number": manifest(headings=[[5]]),
    "manifest: headings are a text": manifest(headings="abc"),
    "manifest: title is a number": manifest(title=5),
    "manifest: built yesterday": manifest(built="yesterday"),
    "manifest: built nowhere": manifest(built="2026-01-01T00:00:00"),
    "manifest: temperature 0": manifest(
        calibration={"temperature": 0, "doubt": [], "nearness": []}
    ),
    "manifest: temperature NaN": manifest(
        calibration={"temperature": float("nan"), "doubt": [], "nearness": []}
    ),
    "manifest: one nearness": manifest(
        calibration={"temperature": 1, "doubt": [], "nearness": [1]}
    ),
    "manifest: background is a text": manifest(background={"foreign_cosine": "x"}),
    "manifest: checksum of what lies elsewhere": manifest(checksums={"../x": "0"}),
    "manifest: checksums are a list": manifest(checksums=["x"]),
    "manifest: a segment called 5": manifest(segments=[{"folder": 5}]),
    "manifest: a segment elsewhere": manifest(segments=[{"folder": "../x"}]),
    "manifest: a segment that is not there": manifest(segments=[{"folder": "segment-0077"}]),
    "manifest: gone elsewhere": manifest(segments=[{"folder": "segment-0000", "gone": "../x"}]),
}

LINK = {"name": "Video", "url": "https://v.example"}
OF_A_LIST: dict[str, Damage] = {
    "papers: a title is a number": first_line("papers.jsonl", title=5),
    "papers: an id is a list": first_line("papers.jsonl", id=["x"]),
    "papers: an id twice": first_line("papers.jsonl", id="2401.00001"),
    "papers: no id": first_line("papers.jsonl", id=""),
    "papers: a year of many digits": first_line("papers.jsonl", year=10**30),
    "papers: a year is a text": first_line("papers.jsonl", year="2024"),
    "papers: another kind": first_line("papers.jsonl", kind="film"),
    "papers: categories are a text": first_line("papers.jsonl", categories="abc"),
    "papers: a heading is a text": first_line("papers.jsonl", categories=["abc"]),
    "papers: authors are a number": first_line("papers.jsonl", authors=5),
    "papers: links are a text": first_line("papers.jsonl", links="https://a.example"),
    "papers: a link is a text": first_line("papers.jsonl", links=["https://a.example"]),
    "papers: a link without an address": first_line("papers.jsonl", links=[{"name": "Video"}]),
    "papers: a link of numbers": first_line("papers.jsonl", links=[{"name": 1, "url": 2}]),
    "papers: a link with more": first_line("papers.jsonl", links=[LINK | {"colour": "red"}]),
    "papers: a link without a name": first_line("papers.jsonl", links=[LINK | {"name": ""}]),
    "papers: a link with a long name": first_line(
        "papers.jsonl", links=[LINK | {"name": "x" * 25}]
    ),
    "papers: a link of half a character": raw_line(
        "papers.jsonl",
        b'{"id": "2401.00000", "title": "A", "links": [{"name": "\\ud800", "url": "x"}]}',
    ),
    "papers: many links": first_line("papers.jsonl", links=[LINK] * 9),
    "papers: published some day": first_line("papers.jsonl", published="some day"),
    "papers: more is known": first_line("papers.jsonl", colour="red"),
    "papers: half a character": raw_line(
        "papers.jsonl", b'{"id": "2401.00000", "title": "A \\ud800"}'
    ),
    "papers: deep": raw_line("papers.jsonl", DEEP),
    "papers: half a line": raw_line("papers.jsonl", b'{"id": "x'),
    "papers: a list": raw_line("papers.jsonl", b"[1]"),
    "papers: a pipe": pipe("papers.jsonl"),
    "papers: never ends": link("papers.jsonl", "/dev/zero"),
    "papers: a terabyte": huge("papers.jsonl"),
    "papers: missing": missing("papers.jsonl"),
    "words: never end": link("words.txt", "/dev/zero"),
    "words: those of the machine": link("words.txt", "/etc/passwd"),
    "words: a pipe": pipe("words.txt"),
    "words: other ones": content("words.txt", b"root:x:0:0\ndaemon:x\nbin:x"),
    "words: no text": content("words.txt", b"\xff\xfe"),
    "words: a terabyte": huge("words.txt"),
    "abstracts: a pipe": pipe("abstracts.jsonl"),
    "abstracts: those of the machine": link("abstracts.jsonl", "/etc/passwd"),
    "abstracts: deep": content("abstracts.jsonl", DEEP + b"\n{}\n"),
    "positions: a pipe": pipe("positions.npy"),
    "positions: elsewhere": moved_out("positions.npy"),
    "positions: never end": link("positions.npy", "/dev/zero"),
    "positions: more than there can be": header("positions", claims((10**12, 2))),
    "positions: of many digits": header("positions", claims(f"({'9' * 4000}, 2)")),
    "positions: fewer than none": header("positions", claims((-3, -2))),
    "positions: no axis": header("positions", claims(()), b"1234"),
    "positions: a head that says nothing": header("positions", "(" * 5000),
    "positions: a head of signs": header("positions", "-" * 5000 + "1"),
    "positions: a long head": content(
        "positions.npy", b"\x93NUMPY\x02\x00" + struct.pack("<I", 1 << 31)
    ),
    "positions: pickled": changed("positions", lambda a: np.array([object()] * len(a))),
    "positions: twice as exact": changed("positions", lambda a: a.astype(np.float64)),
    "positions: no number": put("positions", (0, 0), np.nan),
    "headings: one axis": changed("headings", lambda a: a[0]),
    "headings: narrower": changed("headings", lambda a: a[:, :4]),
    "headings: zero": changed("headings", np.zeros_like),
    "headings: no numbers": put("headings", (0, 0), np.nan),
    "words of headings: narrower": changed("heading_words", lambda a: a[:, 1:]),
    "words of headings: descend": put("heading_starts", 1, 99),
    "words of headings: weigh nothing that counts": put("heading_weights", 0, np.inf),
    "vectors: numbered otherwise": faiss_index("papers.faiss", mapped),
    "vectors: another metric": faiss_index("papers.faiss", filled(faiss.IndexFlatL2(5))),
    "vectors: a graph": faiss_index(
        "papers.faiss", filled(faiss.IndexHNSWFlat(5, 4, faiss.METRIC_INNER_PRODUCT))
    ),
    "vectors: no numbers": vectors(lambda a: a * np.nan),
    "vectors: endless": vectors(lambda a: np.where(a > 0, np.inf, a)),
    "vectors: long": vectors(lambda a: a * 3),
    "vectors: narrower": vectors(lambda a: a[:, 1:]),
    "vectors: fewer": vectors(lambda a: a[1:]),
    "vectors: more than there can be": faiss_head(count=1 << 40, numbers=5 << 40),
    "vectors: fewer than none": faiss_head(width=-5, count=-40),
    "vectors: a terabyte": huge("papers.faiss"),
    "vectors: none": content("papers.faiss", b""),
    "vectors: a pipe": pipe("papers.faiss"),
    "words of papers: descend": put("word_starts", 1, 10**6),
    "words of papers: none of one": put("word_starts", 1, 0),
    "words of papers: more in a title than in a text": put("title_words", 0, 10**6),
    "words of papers: fewer than none in a title": put("title_words", 0, -1),
    "words of papers: one axis": changed("word_vectors", lambda a: a.reshape(-1)),
    "terms: fewer than none": put("term_counts", 0, -5),
    "begins of words: no characters": changed("word_begins", lambda a: a.astype(np.int32)),
    "begins of words: fewer": changed("word_begins", lambda a: a[:-1]),
    "begins of words: descend": put("word_begins", 0, 60_000),
    "hashes: no integers": changed("text_hashes", lambda a: a.astype(np.float64)),
    "bm25: a row that is not there": put("bm25/indices.csc.index", 0, 10**6),
    "bm25: no number": put("bm25/data.csc.index", 0, np.nan),
    "bm25: descends": put("bm25/indptr.csc.index", 1, 10**6),
    "bm25: terms are a list": content("bm25/vocab.index.json", b"[1, 2]"),
    "bm25: terms are deep": content("bm25/vocab.index.json", DEEP),
    "bm25: elsewhere": moved_out("bm25"),
    "bm25: a file": both(lambda f: shutil.rmtree(f / "bm25"), content("bm25", b"")),
}

HERE = "segment-0000"
OF_A_CORPUS: dict[str, Damage] = {
    "segment: elsewhere": moved_out(HERE),
    "segment: twice": manifest(segments=[{"folder": HERE}, {"folder": HERE}]),
    "segment: missing": lambda folder: shutil.rmtree(folder / HERE),
    "segment: gone is missing": manifest(segments=[{"folder": HERE, "gone": "gone-0001-0000.npy"}]),
    "segment: gone is a pipe": both(
        manifest(segments=[{"folder": HERE, "gone": "gone-0009-0000.npy"}]),
        lambda folder: os.mkfifo(folder / "gone-0009-0000.npy"),
    ),
    "papers: a title is a number": first_line(f"{HERE}/papers.jsonl", title=5),
    "papers: a year is a text": first_line(f"{HERE}/papers.jsonl", year="2016"),
    "papers: cut elsewhere": put(f"{HERE}/paper_starts", 1, 7),
    "papers: cut behind the end": put(f"{HERE}/paper_starts", 1, 10**9),
    "papers: a pipe": pipe(f"{HERE}/papers.jsonl"),
    "papers: never end": link(f"{HERE}/papers.jsonl", "/dev/zero"),
    "papers: twice": lambda f: put(f"{HERE}/id_hashes", 0, np.load(f / HERE / "id_hashes.npy")[1])(
        f
    ),
    "words: never end": link(f"{HERE}/words.txt", "/dev/zero"),
    "words: a pipe": pipe(f"{HERE}/words.txt"),
    "words: without counts": content(f"{HERE}/words.txt", b"root:x:0:0\nno count\n"),
    "words: no text": content(f"{HERE}/words.txt", b"\xff\xfe"),
    "vectors: no number": put(f"{HERE}/vectors", (0, 0), np.nan),
    "vectors: long": changed(f"{HERE}/vectors", lambda a: a * 3),
    "vectors: one axis": changed(f"{HERE}/vectors", lambda a: a.reshape(-1)),
    "vectors: more than there can be": header(f"{HERE}/vectors", claims((10**12, 5))),
    "vectors: a pipe": pipe(f"{HERE}/vectors.npy"),
    "cells: a pipe": lambda folder: os.mkfifo(folder / HERE / "vectors.faiss"),
    "cells: a graph": lambda f: faiss.write_index(
        faiss.IndexHNSWFlat(5, 4), str(f / HERE / "vectors.faiss")
    ),
    "cells: of other vectors": lambda f: faiss.write_index(
        faiss.index_factory(5, "IVF4,Flat", faiss.METRIC_INNER_PRODUCT),
        str(f / HERE / "vectors.faiss"),
    ),
    "cells: cut short": content(f"{HERE}/vectors.faiss", b"IwFl\x05\x00\x00\x00"),
    "words of papers: descend": put(f"{HERE}/word_starts", 1, 10**6),
    "words of papers: more in a title": put(f"{HERE}/title_words", 0, 10**6),
    "terms: descend": put(f"{HERE}/term_starts", 1, 10**6),
    "terms: none": changed(f"{HERE}/term_starts", lambda a: a[:0]),
    "terms: out of order": changed(f"{HERE}/term_hashes", lambda a: a[::-1]),
    "postings: a row that is not there": changed(f"{HERE}/posting_rows", lambda a: a + 10**6),
    "postings: a row below 0": put(f"{HERE}/posting_rows", 0, -1),
    "lengths: below 0": changed(f"{HERE}/lengths", lambda a: -a),
    "names: a row that is not there": changed(f"{HERE}/key_rows", lambda a: a + 10**6),
    "facets: a venue that is not there": put(f"{HERE}/venue_of", 0, 10**6),
    "facets: a heading that is not there": put(f"{HERE}/path_of", 0, -1),
    "facets: descend": put(f"{HERE}/path_starts", 1, 10**6),
    "facets: deep": content(f"{HERE}/facets.json", DEEP),
    "facets: a list": content(f"{HERE}/facets.json", b"[]"),
    "facets: a venue is a number": lambda f: (f / HERE / "facets.json").write_text(
        (f / HERE / "facets.json").read_text().replace('"Venue 1"', "5")
    ),
    "facets: years with fractions": changed(f"{HERE}/years", lambda a: a.astype(np.float32)),
}


# ── what becomes of it ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Whole:
    """An index as it was made."""

    folder: Path
    answers: list[object]


def answers(folder: Path) -> list[object]:
    """What an index says to questions of all kinds."""
    search = PaperSearch.load(folder, TokenEncoder())
    found: list[object] = [
        [(hit.paper, round(hit.score, 4), str(hit.why)) for hit in search.query(text)]
        for text in ("video of a graph", "lattise kernal", "paper 3", "nothing of all this")
    ]
    found.append([hit.paper.id for hit in search.related(papers(4)[3].id)])
    found.append([one.id for one in search.newest(5)])
    found.append([hit.paper.id for hit in search.query("video", year=2017, venue="Venue 3")])
    found.append(search.status()["entries"])
    if search.is_list:
        found.append([one.category for one in search.suggest_categories("A video of a graph")])
    return found


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("listed") / "index"
    headings = (("Vision", "Film"), ("Structured Data",))
    records = [
        Paper(one.id, one.title, url=one.url, year=one.year, venue=one.venue,
              abstract=one.abstract, published=one.published, categories=(headings[at % 2],))
        for at, one in enumerate(papers(40))
    ]  # fmt: skip
    PaperSearch.from_papers(records, TokenEncoder()).save(folder)
    return Whole(folder, answers(folder))


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    place = tmp_path_factory.mktemp("gathered")
    folder = place / "index"
    gather_index([source(place, papers(41))], folder, encoder=TokenEncoder())
    search = PaperSearch.load(folder, TokenEncoder())
    update_index([Removed(papers(41)[40].id)], folder, search.rows, TokenEncoder())
    return Whole(folder, answers(folder))


@pytest.fixture
def _bounded() -> Iterator[None]:
    """Neither time nor memory without end."""

    def late(*_: object) -> None:
        raise AssertionError(f"not done after {SECONDS} s of the processor, or {PATIENCE} s")

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    before_late = [signal.signal(one, late) for one in (signal.SIGPROF, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)
    for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
        signal.setitimer(timer, 0)
    for one, handler in zip((signal.SIGPROF, signal.SIGALRM), before_late, strict=True):
        signal.signal(one, handler)


def seal(folder: Path) -> None:
    """Write into the manifest that all files are as they should be, as whoever damaged them may."""
    path = folder / "manifest.json"
    try:
        small = path.is_file() and path.stat().st_size < 1 << 20
        record = json.loads(path.read_bytes()) if small else {}
    except (ValueError, RecursionError):
        return
    if not isinstance(record, dict) or not isinstance(record.get("checksums"), dict):
        return
    for name in record["checksums"]:
        file = folder / name
        if file.is_file() and file.stat().st_size < 1 << 30:
            record["checksums"][name] = hashlib.sha256(file.read_bytes()).hexdigest()
    path.write_text(json.dumps(record))


def is_refused_or_right(damage: Damage, whole: Whole, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(whole.folder, folder)
    damage(folder)
    seal(folder)
    error: Exception | None = None
    try:
        found = answers(folder)
    except (IndexFolderError, ListError) as caught:
        error = caught
    if error:
        assert any(cure in str(error) for cure in CURES), error
    else:
        assert found == whole.answers


@pytest.mark.usefixtures("_bounded")
@pytest.mark.parametrize("name", [*OF_ANY, *OF_A_LIST])
def test_a_damaged_index_of_a_list_is_refused(name: str, listed: Whole, tmp_path: Path) -> None:
    is_refused_or_right((OF_ANY | OF_A_LIST)[name], listed, tmp_path)


@pytest.mark.usefixtures("_bounded")
@pytest.mark.parametrize("name", [*OF_ANY, *OF_A_CORPUS])
def test_a_damaged_index_of_a_corpus_is_refused(name: str, gathered: Whole, tmp_path: Path) -> None:
    is_refused_or_right((OF_ANY | OF_A_CORPUS)[name], gathered, tmp_path)


# ── encoders ─────────────────────────────────────────────────────────────────────────────────


def graph(
    *,
    takes: tuple[str, ...] = ("input_ids", "attention_mask"),
    width: int = 5,
    of_words: int = 1,
    factor: float = 1.0,
) -> onnx.ModelProto:
    """A model whose vector of any text is (1, 0, …), and that of each word (1, …)."""
    ints, floats = onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
    table = np.zeros((16, width), np.float32)
    table[:, 0] = factor
    tables = {"table": table, "of words": np.ones((16, of_words), np.float32)}
    nodes = [
        helper.make_node("Gather", ["table", takes[0]], ["states"]),
        helper.make_node("Gather", ["of words", takes[0]], ["words"]),
        helper.make_node("ReduceMean", ["states"], ["vector"], axes=[1], keepdims=0),
        helper.make_node("ReduceMax", ["words"], ["weights"], axes=[2], keepdims=0),
    ]
    return helper.make_model(
        helper.make_graph(
            nodes,
            "fake",
            [helper.make_tensor_value_info(name, ints, ["texts", "tokens"]) for name in takes],
            [
                helper.make_tensor_value_info("vector", floats, ["texts", width]),
                helper.make_tensor_value_info("words", floats, ["texts", "tokens", of_words]),
                helper.make_tensor_value_info("weights", floats, ["texts", "tokens"]),
            ],
            [numpy_helper.from_array(array, name) for name, array in tables.items()],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )


def model(made: onnx.ModelProto) -> Damage:
    return content(f"{OnnxEncoder.FOLDER}/model.onnx", made.SerializeToString())


def claiming(dims: list[int]) -> onnx.ModelProto:
    """A model one of whose tensors has more numbers than there are."""
    made = graph()
    made.graph.initializer[0].dims[:] = dims
    return made


def making(dims: list[int]) -> onnx.ModelProto:
    """A model that makes a tensor of that shape whenever it runs."""
    made = graph()
    made.graph.initializer.append(numpy_helper.from_array(np.array(dims, np.int64), "dims"))
    for node in (
        helper.make_node("ConstantOfShape", ["dims"], ["zeros"]),
        helper.make_node("ReduceMax", ["zeros"], ["zero"], keepdims=0),
        helper.make_node("Add", ["plain", "zero"], ["vector"]),
    ):
        made.graph.node.append(node)
    made.graph.node[2].output[0] = "plain"
    return made


def without(output: str) -> onnx.ModelProto:
    made = graph()
    for at, one in reversed(list(enumerate(made.graph.output))):
        if one.name == output:
            del made.graph.output[at]
    return made


ABOUT = f"{OnnxEncoder.FOLDER}/encoder.json"
TOKENIZER = f"{OnnxEncoder.FOLDER}/tokenizer.json"
OF_AN_ENCODER: dict[str, Damage] = {
    "model: a tensor of more than there is": model(claiming([1 << 40, 5])),
    "model: fewer than none": model(claiming([-16, 5])),
    "model: makes more than there is room for": model(making([1 << 20, 1 << 18])),
    "model: takes something else": model(graph(takes=("ids", "mask"))),
    "model: takes more": model(graph(takes=("input_ids", "attention_mask", "token_type_ids"))),
    "model: gives no vector": model(without("vector")),
    "model: gives words without weights": model(without("weights")),
    "model: gives no numbers": model(graph(factor=np.nan)),
    "model: gives zeros": model(graph(factor=0.0)),
    "model: wider": model(graph(width=6)),
    "model: wider words": model(graph(of_words=3)),
    "model: nonsense": content(f"{OnnxEncoder.FOLDER}/model.onnx", b"nonsense"),
    "model: none": content(f"{OnnxEncoder.FOLDER}/model.onnx", b""),
    "model: a pipe": pipe(f"{OnnxEncoder.FOLDER}/model.onnx"),
    "model: never ends": link(f"{OnnxEncoder.FOLDER}/model.onnx", "/dev/zero"),
    "model: elsewhere": moved_out(f"{OnnxEncoder.FOLDER}/model.onnx"),
    "encoder: elsewhere": moved_out(OnnxEncoder.FOLDER),
    "encoder: missing": lambda folder: shutil.rmtree(folder / OnnxEncoder.FOLDER),
    "about: deep": content(ABOUT, DEEP),
    "about: a list": content(ABOUT, b"[]"),
    "about: a name that is a number": first_line(ABOUT, name=5),
    "about: a recipe that is a text": first_line(ABOUT, recipe="2"),
    "about: a prompt that is a list": first_line(ABOUT, query_prompt=[]),
    "about: a pipe": pipe(ABOUT),
    "tokenizer: deep": content(TOKENIZER, DEEP),
    "tokenizer: nonsense": content(TOKENIZER, b"nonsense"),
    "tokenizer: a number": content(TOKENIZER, b"5"),
    "tokenizer: a pipe": pipe(TOKENIZER),
    "tokenizer: tokens that the model lacks": first_line(
        TOKENIZER, model={"type": "WordLevel", "vocab": {"[UNK]": 999}, "unk_token": "[UNK]"}
    ),
}


def write_encoder(folder: Path) -> OnnxEncoder:
    folder.mkdir()
    words = {"[UNK]": 0, "video": 1, "graph": 2}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, "[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    (folder / "tokenizer.json").write_text(tokenizer.to_str() + "\n")
    write_about(folder, About("fake", "fake:1", 2, "float32"))
    about = json.loads((folder / "encoder.json").read_text())
    (folder / "encoder.json").write_text(json.dumps(about) + "\n")
    (folder / "model.onnx").write_bytes(graph().SerializeToString())
    return OnnxEncoder(folder)


@pytest.fixture(scope="module")
def carrying(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("carrying")
    encoder = write_encoder(place / "encoder")
    PaperSearch.from_papers(papers(4), encoder).save(place / "index")
    return place / "index"


def test_an_index_asks_the_encoder_that_it_carries(carrying: Path) -> None:
    assert len(PaperSearch.load(carrying).query("video graph")) == 4


@pytest.mark.usefixtures("_bounded")
@pytest.mark.parametrize("name", OF_AN_ENCODER)
def test_a_damaged_encoder_is_refused(name: str, carrying: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(carrying, folder)
    OF_AN_ENCODER[name](folder)
    record = json.loads((folder / "manifest.json").read_text())
    with suppress(EncoderError):
        record["encoder_fingerprint"] = fingerprint_of(folder / OnnxEncoder.FOLDER)
    (folder / "manifest.json").write_text(json.dumps(record))
    search = PaperSearch.load(folder)
    with pytest.raises(
        (EncoderError, IndexFolderError), match=r"index again|it again|unit|the encoder that"
    ):
        search.query("video of a graph")


def test_an_encoder_answers_after_a_kill_between_two_renames(
    carrying: Path, tmp_path: Path
) -> None:
    for name in (".index.old", ".read.old"):
        shutil.copytree(carrying, tmp_path / name)
    assert len(PaperSearch.load(tmp_path / "index").query("video graph")) == 4
    with pytest.MonkeyPatch.context() as patch:  # of a disk that is only read
        patch.setattr(os, "rename", lambda *_: os.stat(tmp_path / "none"))
        assert len(PaperSearch.load(tmp_path / "read").query("video graph")) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == [".read.old", "index"]


def test_what_describes_an_encoder_is_not_taken_from_elsewhere(
    carrying: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    shutil.copytree(carrying, folder)
    (folder / OnnxEncoder.FOLDER / "config.json").write_text("{}")
    (folder / OnnxEncoder.FOLDER / "README.md").symlink_to("/etc/passwd")
    PaperSearch.load(folder).save(tmp_path / "copy")
    names = {path.name for path in (tmp_path / "copy" / OnnxEncoder.FOLDER).iterdir()}
    assert names == {"model.onnx", "tokenizer.json", "encoder.json", "config.json"}


@pytest.mark.parametrize("target", ["words.txt", "bm25/vocab.index.json"])
def test_a_link_to_a_file_beside_it_serves(target: str, listed: Whole, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(listed.folder, folder)
    path = folder / target
    path.rename(path.with_name("other"))
    path.symlink_to("other")
    assert answers(folder) == listed.answers


# ── what a disk damaged ──────────────────────────────────────────────────────────────────────


def flipped(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


SAVED = (
    "papers.faiss papers.jsonl word_vectors.npy word_starts.npy title_words.npy positions.npy "
    "word_begins.npy text_hashes.npy term_counts.npy headings.npy heading_words.npy "
    "heading_weights.npy heading_starts.npy words.txt bm25/data.csc.index.npy "
    "bm25/indices.csc.index.npy bm25/indptr.csc.index.npy bm25/vocab.index.json"
).split()


@pytest.mark.parametrize("name", SAVED)
def test_a_bit_that_flipped_is_seen_when_a_list_is_loaded(
    name: str, listed: Whole, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    shutil.copytree(listed.folder, folder)
    assert verify(folder) == len(SAVED)
    flipped(folder / name, -2)  # in a last number, which is about as great as it was
    with pytest.raises(IndexFolderError, match="build it again"):
        PaperSearch.load(folder, TokenEncoder())
    with pytest.raises(IndexFolderError, match=rf"1 of 18 files .*: {name} has SHA-256 .*expected"):
        verify(folder)


def test_abstracts_come_and_go(listed: Whole, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(listed.folder, folder)
    (folder / "abstracts.jsonl").unlink()
    assert verify(folder) == len(SAVED)
    assert len(PaperSearch.load(folder, TokenEncoder()).papers) == 40


def test_a_bit_that_flipped_in_a_corpus_is_found(gathered: Whole, tmp_path: Path) -> None:
    files = [path for path in gathered.folder.rglob("*.*") if path.name != "manifest.json"]
    assert verify(gathered.folder) == len(files) == 26  # 25 of a segment, and which rows are gone
    for path in files:
        folder = tmp_path / "index"
        shutil.copytree(gathered.folder, folder)
        name = path.relative_to(gathered.folder).as_posix()
        flipped(folder / name, -1)
        with pytest.raises(IndexFolderError, match=f"1 of 26 files .*: {name} has SHA-256"):
            verify(folder)
        (folder / name).unlink()
        with pytest.raises(IndexFolderError, match=f"{name} is missing; copy it again"):
            verify(folder)
        shutil.rmtree(folder)


def test_checksums_follow_what_changes(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    gather_index([source(tmp_path, papers(40))], folder, encoder=TokenEncoder())
    assert verify(folder) == 25
    for gone, more in ((3, 25 + 25 + 1), (30, 25)):  # a segment, and which rows of the other
        search = PaperSearch.load(folder, TokenEncoder())
        there = [paper.id for paper in search.newest(99)][:gone]
        new = [one for one in papers(60)[40:] if gone == 3]
        update_index([*map(Removed, there), *new], folder, search.rows, TokenEncoder())
        assert verify(folder) == more, gone


def test_an_index_without_checksums_is_read_but_not_verified(listed: Whole, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(listed.folder, folder)
    manifest(checksums={})(folder)
    assert answers(folder) == listed.answers
    with pytest.raises(IndexFolderError, match=r"no checksums to compare .*build the index again"):
        verify(folder)


def test_the_command_compares_files(listed: Whole, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(listed.folder, folder)
    asked = CliRunner().invoke(app, ["status", "--verify", "--json", "--index", str(folder)])
    assert json.loads(asked.stdout)["verified"] == "18 files"
    flipped(folder / "word_vectors.npy", -1)
    asked = CliRunner().invoke(app, ["status", "--verify", "--index", str(folder)])
    assert isinstance(asked.exception, IndexFolderError)
    assert "word_vectors.npy has SHA-256" in str(asked.exception)
