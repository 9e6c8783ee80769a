"""A corpus in a database: the same answers as from a folder, whoever writes meanwhile."""

from __future__ import annotations

import contextlib
import importlib
import math
import multiprocessing
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import PATIENCE, Place, needs
from corpus_papers import environment, loaded, papers
from fakes import TokenEncoder, WordEncoder, word_vector
from holding import hold
from numpy.typing import NDArray

from ssm_search.corpora import (
    encode_segments,
    staging,
    staging_place,
    update_index,
    write_index,
)
from ssm_search.errors import FilterError, IndexFolderError, PaperNotFoundError, StoreError
from ssm_search.ingest.feeds import Removed
from ssm_search.papers import LeftOut, Paper
from ssm_search.search.local import PaperSearch
from ssm_search.stores import access as store_access
from ssm_search.stores import store as store_module
from ssm_search.stores.access import stored_paper
from ssm_search.stores.search import StoreSearch
from ssm_search.stores.store import Store
from ssm_search.stores.writing import generations as store_writing
from ssm_search.stores.writing import lock as store_lock
from ssm_search.stores.writing import upkeep as store_upkeep
from ssm_search.stores.writing.generations import update_store, write_store
from ssm_search.stores.writing.lock import break_lock

needs("lancedb", reason="needs LanceDB: pip install 'ssm-search[lance]'")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


MANY = 2_200  # papers: more than are written at once


class RandomProjection:
    """Sums a random direction for each word."""

    fingerprint = "random-1"

    def __init__(self) -> None:
        self._words: dict[str, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        rows = []
        for text in texts:
            row = np.full(32, 1e-3, dtype=np.float32)
            for word in text.casefold().split():
                if word not in self._words:
                    chance = np.random.default_rng(sum(map(ord, word)) * 131 + len(word))
                    self._words[word] = chance.normal(size=32).astype(np.float32)
                row += self._words[word]
            rows.append(row / np.linalg.norm(row))
        return np.array(rows, dtype=np.float32).reshape(-1, 32)


def written(place: Place, records: Sequence[Paper], tmp_path: Path, encoder=None) -> PaperSearch:  # type: ignore[no-untyped-def]
    """Write ``records`` to a store, and to a folder whose answers it must give."""
    encoder = encoder or WordEncoder()
    folder = tmp_path / "local"
    with staging_place(folder) as staged:
        encode_segments(records, staged, encoder)
        write_index(staged, folder, encoder, "corpus")
        write_store(place[0], staged, encoder, "corpus", place[1] or None)
    return PaperSearch.load(folder, encoder)


def scores(hits: Sequence[object]) -> list[tuple[str, float]]:
    return [(hit.paper.id, round(hit.score, 2)) for hit in hits]  # type: ignore[attr-defined]


@pytest.mark.parametrize("encoder", [WordEncoder, TokenEncoder])
def test_answers_are_those_of_a_folder(
    encoder: type[WordEncoder], place: Place, tmp_path: Path
) -> None:
    local = written(place, papers(60), tmp_path, encoder())
    search = loaded(place, encoder())
    for text in ("video", "lattice", "audio", "2401.00007", "paper"):
        here, there = local.query(text, 20), search.query(text, 20)
        assert dict(scores(here)) == pytest.approx(dict(scores(there)), abs=0.02) or (
            text == "2401.00007"  # its title has several words
        )
        assert here[0].paper == there[0].paper
        assert here[0].why == there[0].why
    # Without BM25, of which several terms are taken to be independent, all is exact.
    for asked in (["2401.00003"], ["2401.00003", "2401.00011"]):
        here, there = (one.recommend(asked, ["2401.00005"], 20) for one in (local, search))
        assert [hit.score for hit in there] == pytest.approx([h.score for h in here], abs=1e-3)
        whys = {hit.paper.id: hit.why for hit in there}
        assert len(whys.keys() & {hit.paper.id for hit in here}) >= 18  # equal scores, two orders
        assert all(whys.get(hit.paper.id, hit.why) == hit.why for hit in here)
    for text in ("video graph lattice", "kernel scan token"):
        here, there = local.query(text, 10), search.query(text, 10)
        assert len({h.paper.id for h in here} & {h.paper.id for h in there}) >= 9
    assert search.get("2401.00003") == local.get("2401.00003")
    assert search.get("no") is None
    assert search.newest(7) == local.newest(7)
    assert search.tally == local.tally
    assert search.headings == local.headings
    assert list(search.papers) == list(local.papers)
    assert search.papers[-1] == local.papers[-1]
    assert search.status()["papers"] == 60
    assert search.manifest.list_name == "corpus"
    assert "2401.00003" not in [hit.paper.id for hit in search.related("2401.00003", 60)]
    near = [hit.paper.id for hit in search.recommend(["2401.00003"], ["graph"], 5, 0.3)]
    assert len(near) == 5
    assert "2401.00003" not in near
    with pytest.raises(PaperNotFoundError, match="not among the 60 entries"):
        search.query("2312.00752")
    with pytest.raises(IndexFolderError, match="large corpus"):
        search.suggest_categories("video")


def words_there(search: StoreSearch) -> dict[str, tuple[bytes, int]]:
    """What the store has of the words of each paper: bytes, and how many are its title's."""
    ids = [paper.id for paper in search.papers]
    return {
        paper.id: (made.words.vectors.tobytes(), int(made.words.titles[0]))
        for paper, made in search.store.view().stored(ids)
    }


def words_of(local: PaperSearch) -> dict[str, tuple[bytes, int]]:
    """What a folder has, as :func:`words_there`."""
    rows = np.flatnonzero(local.rows.present)
    words = local.rows.index.words_of(rows)
    return {
        local.papers[row].id: (words.of(at).tobytes(), int(words.titles[at]))
        for at, row in enumerate(rows)
    }


def test_words_are_the_same_to_the_byte_wherever_they_went(place: Place, tmp_path: Path) -> None:
    records = papers(40)
    local = written(place, records, tmp_path, TokenEncoder())
    search = loaded(place, TokenEncoder())
    there, width = words_there(search), len(word_vector("video"))
    assert there == words_of(local)
    assert len(there) == 40
    assert all(count and len(content) % width == 0 for content, count in there.values())
    assert search.status()["words"] == sum(len(content) for content, _ in there.values()) / width
    assert search.status()["words"] == local.status()["words"]
    changed = [
        replace(records[0], venue="Elsewhere"),
        replace(records[1], title="Film, film of nodes", abstract="A sound. A sound, a scan."),
        Removed(records[2].id),
        *papers(45)[40:],
    ]
    encoder = TokenEncoder()
    counts = update_store(changed, place[0], encoder, place[1] or None)
    assert (counts.papers, counts.encoded, counts.reused, counts.removed) == (44, 6, 1, 1)
    assert len(encoder.encoded) == 6
    update_index(changed, tmp_path / "local", local.rows, TokenEncoder())
    local = PaperSearch.load(tmp_path / "local", TokenEncoder())
    search.store.refresh()
    for now in (search, loaded(place, TokenEncoder())):
        assert words_there(now) == words_of(local)
        assert now.status()["words"] == sum(len(x) for x, _ in words_of(local).values()) / width
        here, there_ = local.query("sound", 10), now.query("sound", 10)
        # The sample that words are compared with stays as it was; an update is small beside it.
        assert here[0].paper.id == there_[0].paper.id == records[1].id
        assert {hit.paper.id for hit in here[:5]} == {hit.paper.id for hit in there_[:5]}


@pytest.mark.parametrize("encoder", [WordEncoder, TokenEncoder])
def test_what_is_like_a_stored_paper_is_found_without_encoding(
    encoder: type[WordEncoder], tmp_path: Path
) -> None:
    place = str(tmp_path / "store"), dict[str, str]()
    records = papers(30)
    written(place, records, tmp_path, encoder())
    asked = encoder()
    search = loaded(place, asked)
    for name in (records[3].id, records[3].url, records[3].title):
        assert len(search.related(name, 5)) == 5
    search.recommend([records[3].id], [records[4].id], diversity=0.5)
    assert asked.encoded == []
    search.query("film")
    assert asked.encoded == ["film"]


def test_many_removed_records_in_a_row_have_no_vectors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "STAGED", 16)
    place = str(tmp_path / "store"), dict[str, str]()
    gone = [Removed(f"none-{at}") for at in range(44)]
    written(place, [*papers(20), *gone], tmp_path, TokenEncoder())  # type: ignore[list-item]
    search = loaded(place, TokenEncoder())
    assert len(search.query("video", 99)) == 20


def test_filters_are_exact(tmp_path: Path) -> None:
    place = str(tmp_path / "store"), dict[str, str]()
    records = [
        *papers(60),
        Paper("x'1", "It's video", categories=(("A", "It's", "C"),), venue="O'Neil"),
        Paper("1602.00001", "Video by its id", arxiv_categories=("cs.CV",)),
    ]
    local = written(place, records, tmp_path)
    search = loaded(place)
    for filters in (
        {"category": "cs"},
        {"category": "s.L"},
        {"category": "s"},
        {"category": "CS > cs.cv"},
        {"category": ("cs", "cs.LG")},
        {"category": "it's >  c"},
        {"category": ("A", "It's")},
        {"year": 2016},
        {"year": (0, 2019), "has_code": True},
        {"has_code": False},
        {"venue": "venue 2"},
        {"venue": "o'n"},
        {"venue": "venue 1", "year": 2016, "category": "cs"},
        {"venue": "venue", "has_code": False},
    ):
        here = {hit.paper.id for hit in local.query("video", 100, **filters)}  # type: ignore[arg-type]
        there = {hit.paper.id for hit in search.query("video", 100, **filters)}  # type: ignore[arg-type]
        assert here == there
        assert here
        left_out = search.left_out(**filters)  # type: ignore[arg-type]
        assert left_out == local.left_out(**filters)  # type: ignore[arg-type]
        assert search.query("video", **filters).left_out == left_out  # type: ignore[arg-type]
    assert search.left_out(year=2016) == LeftOut(1, "year")
    assert search.left_out(venue="o'n", year=2016) == LeftOut(2, "year or venue")
    assert search.tally.years[2016] == 7
    for wrong in (
        {"category": ("cs.LG",)},
        {"category": "cs.LV"},
        {"category": "CS > .LG"},
        {"venue": "Venue 7"},
        {"venue": "nowhere"},
        {"year": (3, 1)},
        {"colour": 1},
    ):
        with pytest.raises(FilterError) as expected:
            local.query("video", **wrong)  # type: ignore[arg-type]
        with pytest.raises(FilterError) as found:
            search.query("video", **wrong)  # type: ignore[arg-type]
        assert str(found.value) == str(expected.value)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, PaperSearch, list[str]]]:
    """Papers that are staged for a store, their folder, and questions."""
    chance = random.Random(1)
    words = ["".join(chance.choices("bcdfgklmnprstv", k=6)) for _ in range(2_000)]
    weights = [1 / (1 + at) ** 0.7 for at in range(len(words))]
    records = [
        Paper(
            f"p{at}",
            " ".join(chance.choices(words, weights, k=6)),
            abstract=" ".join(chance.choices(words, weights, k=40)) + ".",
        )
        for at in range(MANY)
    ]
    texts = [
        " ".join(chance.sample(chance.choice(records).abstract.rstrip(".").split(), 4))
        for _ in range(50)
    ]
    folder, encoder = tmp_path_factory.mktemp("many") / "local", RandomProjection()
    with staging_place(folder) as staged:
        encode_segments(records, staged, encoder)
        write_index(staged, folder, encoder, "corpus")
        yield staged, PaperSearch.load(folder, encoder), texts


@pytest.mark.parametrize("kind", ["Flat", "IVF_FLAT"])
def test_many_are_ranked_as_in_a_folder(
    kind: str,
    many: tuple[Path, PaperSearch, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if kind != "Flat":
        monkeypatch.setattr(store_upkeep, "VECTOR_INDEX_FROM", MANY)
        monkeypatch.setattr(store_upkeep, "PARTITIONS", 4)  # 187, of which 64 are searched
    staged, local, texts = many
    place, encoder = str(tmp_path / "store"), RandomProjection()
    write_store(place, staged, encoder, "corpus")
    search = loaded((place, {}), encoder)
    assert search.status()["vectors"] == kind
    shared, took = [], []
    for text in texts:
        begun = time.perf_counter()
        there = {hit.paper.id for hit in search.query(text)}
        took.append(time.perf_counter() - begun)
        shared.append(len(there & {hit.paper.id for hit in local.query(text)}) / 10)
    print(f"overlap {np.mean(shared):.3f}, p50 {1000 * np.median(took):.0f} ms")
    assert np.mean(shared) >= 0.9


def test_updates(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "REFRESH", math.inf)  # readers look when they are told to
    records = papers(40)
    written(place, records, tmp_path)
    search = loaded(place)
    encoder = WordEncoder()
    changed = [
        replace(records[0], venue="Elsewhere"),
        replace(records[1], title="Zebras"),
        Paper("new", "Quagga video"),
        Removed(records[2].id),
        Removed("never"),
        records[5],
    ]
    counts = update_store(changed, place[0], encoder, place[1] or None)
    assert (counts.papers, counts.encoded, counts.reused, counts.removed) == (40, 2, 1, 1)
    assert len(encoder.encoded) == 2
    assert search.get("new") is None  # not looked yet
    search.store.refresh()
    for now in (search, loaded(place)):
        assert now.query("quagga")[0].paper.id == "new"
        assert now.query("zebras")[0].paper.id == records[1].id
        assert now.get(records[2].id) is None
        assert now.manifest.papers == 40
        assert now.get(records[0].id) == changed[0]
    left = [changed[0], changed[1], *records[3:], changed[2]]
    assert isinstance(left[0], Paper)
    local = PaperSearch.from_papers([x for x in left if isinstance(x, Paper)], WordEncoder())
    assert search.tally == local.tally
    assert update_store([records[5]], place[0], encoder, place[1] or None).encoded == 0
    gone = [Removed(x.id) for x in left if isinstance(x, Paper)]
    with pytest.raises(StoreError, match="nothing would be left"):
        update_store(gone, place[0], encoder, place[1] or None)


@pytest.mark.parametrize("wrong", ['{"format": 1, "table": "papers_000001"}', "{not json"])
def test_a_store_that_cannot_be_read_is_written_again(wrong: str, tmp_path: Path) -> None:
    import pyarrow

    place = str(tmp_path / "store"), dict[str, str]()
    written(place, papers(20), tmp_path)
    database = store_access.connected(place[0], None)
    row = pyarrow.table({"manifest": [wrong]})
    database.open_table("current").add(row, mode="overwrite")
    with pytest.raises(StoreError, match=r"write it again with `ssm-search build … --store "):
        loaded(place)
    written(place, papers(10), tmp_path, TokenEncoder())  # as it was told
    search = loaded(place, TokenEncoder())
    assert len(search.query("video", 99)) == 10
    assert "papers_000001" not in store_access.tables(database)


def test_many_updates_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_upkeep, "VECTOR_INDEX_FROM", 300)
    monkeypatch.setattr(store_upkeep, "MOST_DELTAS", 2)
    place = str(tmp_path / "store"), dict[str, str]()
    records = papers(300)
    written(place, records, tmp_path, RandomProjection())
    encoder = RandomProjection()
    parts = []
    for at in range(6):
        new = Paper(f"new{at}", f"Quagga number{at}")
        update_store([new, Removed(records[at].id)], place[0], encoder)
        database = store_access.connected(place[0], None)
        current = store_module.read_current(database, place[0])
        data = database.open_table(current.table).to_lance()
        assert data.version == current.version
        parts.append({data.stats.index_stats(f"{x}_idx")["num_indices"] for x in ("id", "terms")})
        vectors = data.stats.index_stats("vector_idx")["indices"]
        assert {one["num_partitions"] for one in vectors} == {store_upkeep.partitions(300)}
        assert data.stats.index_stats("names_idx")["num_unindexed_rows"] == 0
        search = loaded(place, encoder)
        assert search.query(f"number{at}", 1)[0].paper == new
        assert search.get(new.id) == new
        assert search.get(records[at].id) is None
    assert parts == [{2}, {1}, {2}, {1}, {2}, {1}]
    assert len(data.get_fragments()) == 1
    assert {paper.id for paper in search.papers} == {
        *(paper.id for paper in records[6:]),
        *(f"new{at}" for at in range(6)),
    }


def test_an_index_of_vectors_grows_with_the_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_upkeep, "VECTOR_INDEX_FROM", 60)
    monkeypatch.setattr(store_upkeep, "MOST_DELTAS", 1)
    place = str(tmp_path / "store"), dict[str, str]()
    records = papers(400)
    encoder = RandomProjection()
    written(place, records[:50], tmp_path, encoder)
    kinds = []
    for end in (55, 90, 400):
        update_store(records[:end], place[0], encoder)
        search = loaded(place, encoder)
        data = store_access.connected(place[0], None).open_table("papers_000001").to_lance()
        there = data.stats.index_stats("vector_idx") if search.status()["vectors"] != "Flat" else {}
        kinds.append([one["num_partitions"] for one in there.get("indices", [])])
        assert search.get(records[end - 1].id) == records[end - 1]
    assert kinds == [[], [store_upkeep.partitions(90)], [store_upkeep.partitions(400)]]


@pytest.mark.parametrize("moment", ["_put_blobs", "_commit"])
def test_a_killed_writer_leaves_what_was_there(moment: str, tmp_path: Path) -> None:
    place = str(tmp_path / "store"), dict[str, str]()
    records = papers(40)
    written(place, records, tmp_path)
    before = scores(loaded(place).query("video"))
    script = (
        "import os, signal, sys\n"
        "from fakes import WordEncoder\n"
        "from ssm_search.stores.writing import generations as w\n"
        "from ssm_search.ingest.feeds import Removed\n"
        "from ssm_search.papers import Paper\n"
        f"w.{moment} = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
        "w.update_store([Paper('new', 'Quagga'), Removed('2401.00000')], sys.argv[1],"
        " WordEncoder())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, place[0]],
        env=environment({}),
        capture_output=True,
    )
    assert done.returncode == -signal.SIGKILL
    search = loaded(place)
    assert scores(search.query("video")) == before
    assert search.get("2401.00000")
    counts = update_store([Paper("other", "Okapi")], place[0], WordEncoder())
    assert counts.papers == 41
    search = loaded(place)
    assert search.get("new") is None
    assert search.get("2401.00000")
    assert search.get("other")
    assert len(list(search.papers)) == 41


@pytest.mark.parametrize("name", ["current", "blobs", "papers_000001", "lock"])
def test_a_table_that_a_kill_left_half_made_stops_no_writer(name: str, tmp_path: Path) -> None:
    place = str(tmp_path / "store"), dict[str, str]()
    half = tmp_path / "store" / f"{name}.lance" / "data" / "half.lance"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    with pytest.raises(StoreError, match="no store at"):
        loaded(place)
    written(place, papers(10), tmp_path)
    assert len(loaded(place).query("video", 99)) == 10
    assert name not in ("lock", "papers_000001") or not half.parent.parent.exists()


def test_a_table_of_somebody_elses_is_no_lock(tmp_path: Path) -> None:
    import pyarrow

    uri = str(tmp_path / "store")
    database = store_access.connected(uri, None)
    database.create_table("lock", data=pyarrow.table({"doors": ["all"]}))
    with (
        pytest.raises(StoreError, match="'lock' is somebody else's"),
        store_lock.writing(uri, None),
    ):
        pass


def test_what_lay_in_the_temporary_folder_goes_with_the_next_writer(tmp_path: Path) -> None:
    uri, before = str(tmp_path / "store"), os.environ.get("TMPDIR")
    with store_lock.writing(uri, None):
        scratch = Path(os.environ["TMPDIR"])
        left = scratch / ".tmpLance"
        left.write_text("a spill")
    assert not scratch.exists()
    scratch.mkdir()
    left.write_text("a spill, of one that was killed")
    with store_lock.writing(uri, None):
        assert list(scratch.iterdir()) == []
    assert os.environ.get("TMPDIR") == before
    assert not scratch.exists()


@pytest.mark.parametrize("changes", [True, False])
def test_what_a_killed_writer_left_is_swept(changes: bool, tmp_path: Path) -> None:
    place = str(tmp_path / "store"), dict[str, str]()
    records = papers(10)
    written(place, records, tmp_path)
    store = tmp_path / "store"
    whole = next((store / "papers_000001.lance" / "data").iterdir())
    left = [
        store / table / "data" / name
        for table in ("papers_000001.lance", "blobs.lance", "current.lance")
        for name in (".tmpA1b2C3", "01" * 12 + "c0ffee00" * 3 + ".lance")
    ]
    for path in left:
        path.write_bytes(whole.read_bytes())
    other = store / ".tmpA1b2C3"  # not in a table, so somebody else's
    other.touch()
    update_store([Paper("new", "Quagga")] if changes else records, place[0], WordEncoder())
    assert [path.name for path in left if path.exists()] == []
    assert other.exists()
    assert len(loaded(place).query("video", 99)) == 10 + changes


def test_readers_see_the_old_or_the_new(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "REFRESH", math.inf)  # they look when they are told to
    written(place, papers(30), tmp_path)
    first, second = loaded(place), loaded(place)
    written(place, papers(30, seed=5)[:20], tmp_path)
    assert first.manifest.papers == 30
    assert len(first.query("video", 100)) == 30
    for reader in (first, second):
        assert reader.store.refresh()
        assert not reader.store.refresh()
        assert reader.manifest.papers == 20
        assert len(reader.query("video", 100)) == 20


def test_a_reader_looks_again_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = str(tmp_path / "store"), dict[str, str]()
    written(place, papers(20), tmp_path)
    search = loaded(place)
    update_store([Paper("new", "Quagga")], place[0], WordEncoder())
    monkeypatch.setattr(store_module, "REFRESH", 0)
    assert search.get("new")


def test_one_writes_at_a_time(place: Place, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    together = context.Barrier(2, timeout=PATIENCE)
    other = context.Process(target=hold, args=(*place, together, answers))
    other.start()
    hold(*place, together, answers)
    said = sorted(answers.get(timeout=PATIENCE) for _ in range(2))
    other.join()
    assert said[0] == "held"
    assert "is being written by" in said[1]
    assert "--break-lock" in said[1]


def test_locks_of_the_dead_and_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = str(tmp_path / "store")
    database = store_access.connected(uri, None)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: dead.pid)
        store_lock._take(database, uri)
    with store_lock.writing(uri, None):
        pass
    with monkeypatch.context() as patch:
        patch.setattr(socket, "gethostname", lambda: "elsewhere")
        store_lock._take(database, uri)
    with pytest.raises(StoreError, match="on elsewhere"), store_lock.writing(uri, None):
        pass
    break_lock(uri)
    with store_lock.writing(uri, None) as (_, check):
        break_lock(uri)
        with pytest.raises(StoreError, match="took over"):
            check()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            b"HTTP/1.1 403 Forbidden\r\nContent-Type: application/xml\r\nContent-Length: 40\r\n\r\n"
            b"<Error><Code>AccessDenied</Code></Error>",
            r"refuses .* check the credentials \(AWS_ACCESS_KEY_ID",
        ),
        (b"", r"cannot reach the store at s3://lists/x .* check the network"),
    ],
    ids=["no permission", "never answers"],
)
def test_storage_that_refuses_or_is_silent(
    answer: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = PATIENCE if answer else 1
    for name, value in {"timeout": f"{seconds}s", "client_max_retries": "0"}.items():
        monkeypatch.setitem(store_access.PATIENCE, name, value)
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = []

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    held.append(connection)
                    if answer:
                        connection.recv(65536)
                        connection.sendall(answer)
                        connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region": "us-east-1"}
        with pytest.raises(StoreError, match=message):
            Store.open("s3://lists/x", {"endpoint": url, **keys})
        assert len(held) <= 6  # of LanceDB's own questions; with a single retry they are 12
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    for connection in held:
        connection.close()


def test_errors_say_what_to_do(
    tmp_path: Path, bucket: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreError, match=r"no store at .* make one with"):
        Store.open(str(tmp_path / "nothing"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match=r"no store at .* make one with"):
        Store.open(str(tmp_path / "empty"))
    with pytest.raises(StoreError, match=r"no store at .* make one with"):
        Store.open("s3://lists/nothing", bucket)
    with pytest.raises(StoreError, match=r"no bucket .* create it"):
        Store.open("s3://elsewhere/nothing", bucket)
    monkeypatch.setitem(store_access.PATIENCE, "client_max_retries", "0")
    with pytest.raises(StoreError, match=r"cannot reach .* check the network"):
        Store.open("s3://lists/x", bucket | {"endpoint": "http://127.0.0.1:9"})
    place = str(tmp_path / "store"), dict[str, str]()
    written(place, papers(10), tmp_path)
    with pytest.raises(StoreError, match="built with encoder words-1, this one is random-1"):
        loaded(place, RandomProjection())
    with pytest.raises(StoreError, match="built with encoder words-1, this one is random-1"):
        update_store([], place[0], RandomProjection())
    database = store_access.connected(place[0], None)
    current = store_module.read_current(database, place[0])
    for wrong, message in (
        (replace(current, format=9), "format 9, this program reads format 3"),
        (replace(current, format=1), "format 1, .* write it again with `ssm-search build … --sto"),
        (replace(current, about={}), "manifest cannot be read .* write it again"),
        (replace(current, about=current.about | {"dimension": 7}), "5 dimensions, .* says 7"),
        (replace(current, blobs={"statistics": "0"}), "blob 0.* cannot be read .*found nothing"),
        (
            replace(current, blobs=current.blobs | {"sample": "0"}),
            "blob 0.* cannot be read .*found nothing",
        ),
        (
            replace(current, blobs=current.blobs | {"sample": current.blobs["statistics"]}),
            "its statistics cannot be read .* write it again",
        ),
    ):
        store_writing._commit(database, wrong)
        with pytest.raises(StoreError, match=message):
            Store.open(place[0])
        with pytest.raises(StoreError, match=message):
            update_store([Paper("new", "Quagga")], place[0], WordEncoder())
    with store_access.reaching("s3://x"):
        pass
    with (
        pytest.raises(StoreError, match=r"refuses .*AWS_ACCESS_KEY_ID"),
        store_access.reaching(""),
    ):
        raise OSError("status: 403, AccessDenied")
    monkeypatch.setitem(sys.modules, "lancedb", None)
    with pytest.raises(StoreError, match=r"pip install 'ssm-search\[lance\]'"):
        Store.open(place[0])


def test_a_package_that_is_put_off_is_loaded_when_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "catalogues"
    folder.mkdir()
    (folder / "__init__.py").write_text("from catalogues.servers import Server\n")
    (folder / "servers.py").write_text("class Server: pass\n")
    (folder / "records.py").write_text("class Record: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    store_access.put_off("catalogues")
    importlib.import_module("catalogues.records")
    assert "catalogues.servers" not in sys.modules
    package = importlib.import_module("catalogues")
    assert package.Server is sys.modules["catalogues.servers"].Server
    with pytest.raises(AttributeError, match="has no attribute 'Client'"):
        _ = package.Client
    for name in ("catalogues", "none-such"):  # one that is loaded, one that is not there
        store_access.put_off(name)
    assert package is sys.modules["catalogues"]
    assert package.Server
    for name in ("catalogues", "catalogues.servers", "catalogues.records"):
        del sys.modules[name]


@pytest.mark.parametrize(
    "text",
    [
        '{"id": "2401.00001", "title": "T", "wings": 2}',
        '{"id": "2401.00001"}',
        "[]",
        "{",
        "[" * 9_999,
    ],
)
def test_a_paper_that_this_program_would_not_write_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match="newer version of this program: a paper cannot be read"):
        stored_paper("kites", text)
