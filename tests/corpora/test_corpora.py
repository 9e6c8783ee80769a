"""Large corpora: the same answers as from a list, in segments, resumable, kept up to date."""

from __future__ import annotations

import itertools
import json
import math
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from conftest import SUPPORT
from corpus_papers import papers, source
from fakes import WordEncoder
from numpy.typing import NDArray

from ssm_search.build.dumps import gather_index
from ssm_search.corpora import staging
from ssm_search.corpora.writing import update_index
from ssm_search.errors import CorpusError, FilterError, IndexFolderError, PaperNotFoundError
from ssm_search.index import folder as folders
from ssm_search.index import segmented
from ssm_search.index.ann import Ann, ann_kind, build_ann, checked_kind, kind_for
from ssm_search.index.memory import MemoryIndex
from ssm_search.index.segmented import SegmentedIndex
from ssm_search.index.segments import join_segments, load_segment, write_segment
from ssm_search.ingest.feeds import Removed
from ssm_search.papers import Paper, full_text, to_json
from ssm_search.ranking.fusion import z_scores
from ssm_search.search.local import PaperSearch
from ssm_search.text import terms

MANY_LOOKS = 10_000  # at an index, within which a reader must have seen it changed


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "STAGED", 16)


def gathered(folder: Path, records: Sequence[Paper], tmp_path: Path, **more: object) -> PaperSearch:
    path = source(tmp_path, records)
    settings = {"encoder": WordEncoder(), "sentences": False} | more
    gather_index([path], folder, **settings)  # type: ignore[arg-type]
    return PaperSearch.load(folder, WordEncoder())


def rank(search: PaperSearch, text: str, **filters: object) -> list[tuple[str, float]]:
    found = search.query(text, 20, **filters)  # type: ignore[arg-type]
    return [(hit.paper.id, round(hit.score, 4)) for hit in found]


def by_hand(records: Sequence[Paper], text: str) -> list[tuple[str, float]]:
    """All vectors compared, BM25 from its formula."""
    encoder = WordEncoder()
    vectors = encoder.encode([full_text(paper) for paper in records])
    dense = vectors @ encoder.encode([text])[0]
    rows = [[stem for stem, _ in terms(full_text(paper))] for paper in records]
    mean = np.mean([len(row) for row in rows])
    bm25 = np.zeros(len(records), dtype=np.float32)
    for stem, _ in terms(text):
        having = sum(stem in row for row in rows)
        for at, row in enumerate(rows):
            count = row.count(stem)
            if count:
                idf = math.log(1 + (len(rows) - having + 0.5) / (having + 0.5))
                bm25[at] += idf * count / (count + 1.2 * (0.25 + 0.75 * len(row) / mean))
    scores = 0.35 * z_scores(bm25) + 0.65 * z_scores(dense.astype(np.float32))
    best = np.argsort(-scores, kind="stable")[:20]
    return [(records[at].id, round(float(scores[at]), 4)) for at in best]


def test_order_and_scores_are_those_of_the_formula(tmp_path: Path) -> None:
    records = papers(100)
    search = gathered(tmp_path / "index", records, tmp_path)
    assert isinstance(search.rows.index, SegmentedIndex)
    for text in ("video of a graph", "mamba kernel", "sound sound", "unheard of"):
        found, expected = rank(search, text), by_hand(records, text)
        assert [score for _, score in found] == pytest.approx(
            [score for _, score in expected], abs=2e-4
        )
        # Papers with equal scores may change places.
        assert {i for i, score in found if score > found[-1][1] + 1e-3} <= dict(expected).keys()


def test_words_score_as_in_a_list(tmp_path: Path) -> None:
    records = papers(60)
    large = gathered(tmp_path / "large", records, tmp_path).rows.index
    small = PaperSearch.from_papers(records, WordEncoder()).rows.index
    assert isinstance(small, MemoryIndex)
    for query in ("video", "mamba scan scan", "nodes kernel lattice", "nothing here"):
        stems = [stem for stem, _ in terms(query)]
        np.testing.assert_allclose(large.bm25_scores(stems), small.bm25_scores(stems), rtol=1e-5)
        assert [large.has_term(row, s) for row in range(60) for s in stems] == [
            small.has_term(row, s) for row in range(60) for s in stems
        ]
    assert large.knows("video")
    assert not large.knows("zebra")


@pytest.mark.parametrize(
    ("filters", "keep"),
    [
        ({"year": 2017}, lambda p: p.year == 2017),
        ({"year": (2016, 2018)}, lambda p: 2016 <= p.year <= 2018),
        ({"venue": "venue 3"}, lambda p: p.venue == "Venue 3"),
        ({"has_code": True}, lambda p: bool(p.code_url)),
        ({"has_code": False, "year": 2016}, lambda p: not p.code_url and p.year == 2016),
        ({"category": "cs.CV"}, lambda p: "cs.CV" in p.arxiv_categories),
        ({"category": "cs"}, lambda p: "cs.LG" in p.arxiv_categories),
        ({"category": "hep-th"}, lambda p: "hep-th" in p.arxiv_categories),
    ],
)
def test_filters_are_exact(tmp_path: Path, filters: dict[str, object], keep) -> None:  # type: ignore[no-untyped-def]
    records = papers(80)
    search = gathered(tmp_path / "index", records, tmp_path)
    found = [hit.paper for hit in search.query("video graph", 80, **filters)]  # type: ignore[arg-type]
    assert {paper.id for paper in found} == {paper.id for paper in records if keep(paper)}
    assert found == sorted(found, key=lambda paper: [p.id for p in found].index(paper.id))


def test_unknown_categories_are_refused(tmp_path: Path) -> None:
    search = gathered(tmp_path / "index", papers(20), tmp_path)
    with pytest.raises(FilterError, match=r"'cs.CW'; did you mean 'cs.CV'"):
        search.query("video", category="cs.CW")


def test_papers_are_named_by_id_link_title_and_name(tmp_path: Path) -> None:
    records = papers(40)
    search = gathered(tmp_path / "index", records, tmp_path)
    for text in (records[33].id, records[33].url, records[33].title, "paper 33"):
        assert search.query(text)[0].paper == records[33], text
        assert search.query(text)[0].why.exact
    assert records[33] not in [hit.paper for hit in search.related(records[33].id, 40)]
    with pytest.raises(PaperNotFoundError, match="not among the 40 entries"):
        search.related("2501.00001")


def test_newest_and_recommended(tmp_path: Path) -> None:
    records = papers(50)
    search = gathered(tmp_path / "index", records, tmp_path)
    newest = sorted(records, key=lambda paper: paper.published or date.min, reverse=True)
    assert list(search.newest(7)) == newest[:7]
    liked = search.recommend([records[3].id, records[4].id], dislike=[records[5].id], diversity=0.3)
    assert len(liked) == 10
    assert not {hit.paper.id for hit in liked} & {records[at].id for at in (3, 4, 5)}


def test_the_reason_is_found_in_the_abstract(tmp_path: Path) -> None:
    told = Paper("2401.00001", "A title", abstract="Nothing here at all. Here a video is shown.")
    search = gathered(tmp_path / "index", [told, *papers(20)[2:]], tmp_path)
    why = search.query("video shown", 1)[0].why
    assert why.terms == ("video", "shown")
    assert why.sentence == "Here a video is shown."


def test_status_and_what_needs_a_list(tmp_path: Path) -> None:
    records = [
        replace(paper, abstract="" if at < 5 else paper.abstract)
        for at, paper in enumerate(papers(40))
    ]
    search = gathered(tmp_path / "index", records, tmp_path)
    status = search.status()
    assert (status["entries"], status["papers"], status["sentences"]) == (40, 40, 0)
    assert (status["indexed_with_abstract"], status["list"]) == (35, "corpus.jsonl")
    with pytest.raises(IndexFolderError, match="large corpus"):
        search.suggest_categories(records[0].id)
    with pytest.raises(IndexFolderError, match="large corpus"):
        search.duplicates(records[0])


def test_misspelled_words_are_mended(tmp_path: Path) -> None:
    search = gathered(tmp_path / "index", papers(60), tmp_path)
    assert search.query("lattise", 1)[0].why.terms == ("lattice (for lattise)",)


def test_the_last_record_of_an_id_counts(tmp_path: Path) -> None:
    records = papers(40)
    later = replace(records[2], title="Another title about audio")
    feed = tmp_path / "feed.jsonl"
    lines = [to_json(one) for one in [*records, later, records[7]]]
    feed.write_text("".join(json.dumps(line) + "\n" for line in lines))
    gather_index([feed], tmp_path / "index", encoder=WordEncoder(), sentences=False)
    search = PaperSearch.load(tmp_path / "index", WordEncoder())
    assert search.status()["papers"] == 40
    assert search.query(later.id, 1)[0].paper == later
    assert search.query(records[7].id, 1)[0].paper == records[7]


def test_records_say_what_is_gone() -> None:
    class Rows:
        def __init__(self, ids: list[int]):
            self.id_hashes = np.array(ids, dtype=np.uint64)

        def __len__(self) -> int:
            return len(self.id_hashes)

    segments = [Rows([1, 2, 3]), Rows([2, 4, 1])]
    # 3 goes after the first segment's rows; 4 goes before it comes, and 2 after it came again.
    removed = [np.array([[3, 3]], dtype=np.uint64), np.array([[4, 1], [2, 3]], dtype=np.uint64)]
    kept = staging.last_records(segments, removed)  # type: ignore[arg-type]
    assert [rows.tolist() for rows in kept] == [[], [1, 2]]


def test_an_update_answers_as_a_build_from_scratch(tmp_path: Path) -> None:
    records = papers(60)
    folder = tmp_path / "index"
    gathered(folder, records[:50], tmp_path)
    changed = [replace(paper, abstract="A video scan.") for paper in records[10:13]]
    encoder = WordEncoder()
    update = source(tmp_path, [*records[50:], *changed, records[20]], "update.jsonl")
    report = gather_index([update], folder, encoder=encoder, update=True)
    assert (report.counts.papers, report.counts.encoded, report.counts.removed) == (60, 13, 0)
    now = [*records[:10], *records[13:], *changed]
    fresh = gathered(tmp_path / "fresh", now, tmp_path)
    updated = PaperSearch.load(folder, WordEncoder())
    assert updated.status()["papers"] == fresh.status()["papers"] == 60
    assert {paper.id for paper in updated.newest(99)} == {paper.id for paper in now}
    assert updated.query(changed[0].id, 1)[0].paper == changed[0]
    assert len(updated.query("video scan", 99)) == 60


def test_removed_papers_are_not_found(tmp_path: Path) -> None:
    records = papers(40)
    folder = tmp_path / "index"
    search = gathered(folder, records, tmp_path)
    counts = update_index(
        [Removed(records[4].id), Removed("2501.99999")], folder, search.rows, WordEncoder()
    )
    assert (counts.papers, counts.encoded, counts.removed) == (39, 0, 1)
    after = PaperSearch.load(folder, WordEncoder())
    assert records[4] not in [hit.paper for hit in after.query(records[4].title, 99)]
    with pytest.raises(PaperNotFoundError):
        after.related(records[4].id)
    # It comes back.
    update_index([records[4]], folder, after.rows, WordEncoder())
    assert PaperSearch.load(folder, WordEncoder()).related(records[4].id, 1)


def test_only_what_changed_is_encoded_and_written(tmp_path: Path) -> None:
    records = papers(64)
    folder = tmp_path / "index"
    search = gathered(folder, records, tmp_path)
    before = {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
    encoder = WordEncoder()
    moved = replace(records[1], venue="Elsewhere")
    counts = update_index([records[0], moved], folder, search.rows, encoder)
    assert (counts.encoded, counts.reused) == (0, 1)
    assert encoder.encoded == []
    after = {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
    same = [path for path, inode in before.items() if after.get(path) == inode]
    assert len(before) - len(same) == 1  # the manifest
    assert PaperSearch.load(folder, WordEncoder()).query(moved.id, 1)[0].paper == moved


def test_small_segments_are_joined_and_emptied_ones_written_anew(tmp_path: Path) -> None:
    records = papers(60)
    folder = tmp_path / "index"
    search = gathered(folder, records[:40], tmp_path)
    for at in range(40, 60):
        update_index([records[at]], folder, search.rows, WordEncoder())
        search = PaperSearch.load(folder, WordEncoder())
        assert len(search.manifest.segments) <= folders.MAX_SEGMENTS
    assert {paper.id for paper in search.newest(99)} == {paper.id for paper in records}
    gone = [Removed(paper.id) for paper in records[:30]]
    update_index(gone, folder, search.rows, WordEncoder())
    search = PaperSearch.load(folder, WordEncoder())
    assert len(search.papers) < 45  # most of what is gone is no longer there
    assert {paper.id for paper in search.newest(99)} == {paper.id for paper in records[30:]}
    fresh = gathered(tmp_path / "fresh", records[30:], tmp_path)
    assert {i for i, _ in rank(search, "video graph")} == {i for i, _ in rank(fresh, "video graph")}
    with pytest.raises(IndexFolderError, match="nothing would be left"):
        update_index([Removed(p.id) for p in records], folder, search.rows, WordEncoder())


def test_a_second_build_encodes_what_changed(tmp_path: Path) -> None:
    records = papers(50)
    gathered(tmp_path / "index", records, tmp_path)
    encoder = WordEncoder()
    records[7] = replace(records[7], abstract="All about audio.")
    path = source(tmp_path, [*records[1:], records[0]])
    report = gather_index([path], tmp_path / "index", encoder=encoder, sentences=False)
    assert (report.counts.encoded, report.counts.reused) == (1, 49)
    assert len([text for text in encoder.encoded if "audio" in text]) == 1


def test_few_papers_get_sentences(tmp_path: Path) -> None:
    search = gathered(tmp_path / "index", papers(30), tmp_path, sentences=None)
    assert isinstance(search.rows.index, MemoryIndex)
    assert search.rows.index.sentence_count > 30
    more = source(tmp_path, papers(32), "more.jsonl")
    report = gather_index([more], tmp_path / "index", encoder=WordEncoder(), update=True)
    assert (report.counts.papers, report.counts.encoded, report.counts.reused) == (32, 2, 30)


SLOW = """
import sys
sys.path.insert(0, {tests!r})
from fakes import WordEncoder
from ssm_search.corpora import staging
from ssm_search.build import gather_index
staging.STAGED = 16
class Slow(WordEncoder):
    def encode(self, texts, /):
        print(len(texts), flush=True)
        sys.stdin.readline()
        return super().encode(texts)
gather_index([sys.argv[1]], sys.argv[2], encoder=Slow(), sentences={sentences})
"""


@pytest.mark.parametrize("sentences", [False, True])
def test_a_killed_build_loses_a_segment_at_most(tmp_path: Path, sentences: bool) -> None:
    records = papers(400)
    path, folder = source(tmp_path, records), tmp_path / "index"
    script = SLOW.format(tests=str(SUPPORT), sentences=sentences)
    if sentences:
        script = "import ssm_search.encoding.encoder as e; e.CHUNK = 64" + script
    command = [sys.executable, "-c", script, str(path), str(folder)]
    done = 0
    for kills in (3, 7):
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        ) as process:
            assert process.stdin
            assert process.stdout
            for at in range(kills):
                if at:
                    process.stdin.write("\n")
                done += int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
        assert not folder.exists()
    encoder = WordEncoder()
    if not sentences:
        gather_index([path], folder, encoder=encoder, sentences=False)
        assert len(encoder.encoded) <= 400 - done + 2 * 16
    else:
        finished = subprocess.run(command, input="", stdout=subprocess.PIPE, text=True, check=True)
        again = sum(map(int, finished.stdout.split()))
        whole = PaperSearch.from_papers(records, encoder)
        assert again <= len(encoder.encoded) - done + 2 * 64
        assert rank(PaperSearch.load(folder, WordEncoder()), "video scan") == rank(
            whole, "video scan"
        )
    assert PaperSearch.load(folder, WordEncoder()).status()["papers"] == 400
    assert not list(tmp_path.glob(".index*"))


def test_a_kill_while_updating_leaves_the_index_as_it_was(tmp_path: Path) -> None:
    records = papers(64)
    folder = tmp_path / "index"
    search = gathered(folder, records[:60], tmp_path)
    before = rank(search, "video graph")

    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folders, "commit", kill)
        with pytest.raises(Killed):
            update_index(records[55:], folder, search.rows, WordEncoder())
    assert rank(PaperSearch.load(folder, WordEncoder()), "video graph") == before
    update_index(records[55:], folder, search.rows, WordEncoder())
    after = PaperSearch.load(folder, WordEncoder())
    assert after.status()["papers"] == 64
    segments = after.manifest.segments
    names = {name for one in segments for name in (one.folder, one.gone) if name}
    assert {path.name for path in folder.iterdir()} == names | {"manifest.json"}


def test_bad_records_are_counted_and_nothing_but_bad_ones_fails(tmp_path: Path) -> None:
    path = source(tmp_path, papers(20))
    path.write_text("{not json\n" + path.read_text() + '{"id": "x"}\n')
    report = gather_index([path], tmp_path / "index", encoder=WordEncoder(), sentences=False)
    assert [one.line for one in report.malformed] == [1, 22]
    assert report.summary()[1:3] == [
        "not read: 2 records",
        f"  {path}:1: {report.malformed[0].reason}",
    ]
    path.write_text('{"id": "x"}\n')
    with pytest.raises(CorpusError, match="no paper found"):
        gather_index([path], tmp_path / "other", encoder=WordEncoder())
    with pytest.raises(IndexFolderError, match="no index in"):
        gather_index([path], tmp_path / "other", encoder=WordEncoder(), update=True)


@pytest.mark.parametrize(
    "name", ["vectors.npy", "posting_rows.npy", "papers.jsonl", "facets.json", "key_rows.npy"]
)
def test_damage_is_named(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "index"
    gathered(folder, papers(40), tmp_path)
    path = folder / "segment-0000" / name
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(IndexFolderError, match=r"segment-0000 of the index in .* build it again"):
        PaperSearch.load(folder, WordEncoder())


def test_joining_keeps_every_row_and_posting(tmp_path: Path) -> None:
    records = papers(30)
    vectors = WordEncoder().encode([full_text(paper) for paper in records])
    parts = []
    for at, (start, end) in enumerate([(0, 11), (11, 12), (12, 30)]):
        (tmp_path / str(at)).mkdir()
        write_segment(tmp_path / str(at), records[start:end], vectors[start:end])
        kept = np.flatnonzero(np.arange(start, end) % 4 != 1)
        parts.append((load_segment(tmp_path / str(at)), kept))
    (tmp_path / "joined").mkdir()
    join_segments(tmp_path / "joined", parts)
    joined = load_segment(tmp_path / "joined")
    left = [at for at in range(30) if at % 4 != 1]
    (tmp_path / "whole").mkdir()
    write_segment(tmp_path / "whole", [records[at] for at in left], vectors[left])
    whole = load_segment(tmp_path / "whole")
    assert list(joined.papers) == list(whole.papers) == [records[at] for at in left]
    for name in (
        "vectors text_hashes id_hashes lengths term_hashes term_starts posting_rows posting_counts"
    ).split():
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name), name)
    np.testing.assert_array_equal(joined.names.hashes, whole.names.hashes)
    np.testing.assert_array_equal(joined.names.rows, whole.names.rows)
    for path in whole.facets.paths:
        one, other = (
            segment.facets.under(np.array([known == path for known in segment.facets.paths]))
            for segment in (joined, whole)
        )
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def clustered() -> NDArray[np.float32]:
    """Vectors in clumps, as those of papers are."""
    chance = np.random.default_rng(0)
    centres = chance.normal(size=(64, 32))
    vectors = centres[chance.integers(0, 64, 20_000)] + 0.5 * chance.normal(size=(20_000, 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_the_kind_follows_the_size() -> None:
    kinds = {n: ann_kind(n) for n in (10, 300_000, 300_001, 1_000_000, 3_000_000)}
    assert kinds == {
        10: "Flat",
        300_000: "Flat",
        300_001: "IVF4096,SQfp16",
        1_000_000: "IVF4096,SQfp16",
        3_000_000: "IVF8192,SQfp16",
    }


def test_too_few_vectors_for_a_kind_are_all_compared() -> None:
    asked = "IVF4096,SQ8"
    assert [kind_for(n, asked) for n in (4095, 4096)] == ["Flat", asked]
    assert [kind_for(n) for n in (4095, 1_000_000)] == ["Flat", "IVF4096,SQfp16"]


@pytest.mark.parametrize("kind", ["HNSW32", "IVF,SQ8", "IVF0,Flat", "PQ64", "IDMap2,IVF4,Flat", ""])
def test_kinds_that_cannot_serve_are_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(IndexFolderError, match="such as IVF4096,SQfp16"):
        checked_kind(kind)
    if kind:
        with pytest.raises(IndexFolderError, match=f"no index of kind '{kind}'"):
            gather_index([], tmp_path / "index", encoder=WordEncoder(), kind=kind)


def test_the_kind_that_was_asked_for_is_kept(tmp_path: Path) -> None:
    records = papers(60)
    search = gathered(tmp_path / "index", records, tmp_path, kind="IVF4,Flat")
    assert search.status()["vectors"] == "IVF4,Flat"
    # So many change that the segment is written anew.
    changed = [replace(paper, abstract=f"{paper.abstract} And more.") for paper in records[:30]]
    gathered(tmp_path / "index", changed, tmp_path, update=True)
    search = PaperSearch.load(tmp_path / "index", WordEncoder())
    assert sorted(len(facets) for facets in search.rows.facets) == [30, 30]
    assert [one.kind for one in search.manifest.segments] == ["Flat", "IVF4,Flat"]


@pytest.mark.parametrize("kind", ["IVF64,SQfp16", "IVF64,SQ8", "IVF64,Flat"])
def test_nearly_all_of_the_nearest_are_found(
    clustered: NDArray[np.float32], tmp_path: Path, kind: str
) -> None:
    build_ann(clustered, kind, tmp_path / "ann")
    ann = Ann(tmp_path / "ann", probed=16)
    few = np.zeros(len(clustered), dtype=bool)
    few[::50] = True
    for allowed in (None, few):
        found = []
        for query in clustered[:50]:
            exact = clustered @ query
            if allowed is not None:
                exact = np.where(allowed, exact, -2)
            best = set(np.argsort(-exact)[:10])
            rows = ann.near(query, 100, allowed)
            assert allowed is None or allowed[rows].all()
            found.append(len(best & set(rows)) / 10)
        assert np.mean(found) >= 0.99


def test_filters_hold_where_not_all_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segmented, "CANDIDATES", 60)
    monkeypatch.setattr(segmented, "FEW_ALLOWED", 10)
    records = papers(400)
    search = gathered(tmp_path / "index", records, tmp_path, kind="IVF4,SQfp16")
    assert isinstance(search.rows.index, SegmentedIndex)
    assert (tmp_path / "index/segment-0000/vectors.faiss").is_file()
    for filters in ({}, {"year": 2017}, {"category": "cs.CV"}, {"year": 2017, "venue": "Venue 1"}):
        found = [hit.paper for hit in search.query("video graph", 10, **filters)]  # type: ignore[arg-type]
        assert len(found) == min(10, len(search.newest(400, **filters)))  # type: ignore[arg-type]
        if "year" in filters:
            assert {paper.year for paper in found} <= {2017}
    exact = gathered(tmp_path / "exact", records, tmp_path)
    query = "film sound mamba"
    found, best = ([i for i, _ in rank(s, query)][:10] for s in (search, exact))
    assert len(set(found) & set(best)) >= 9


def test_readers_see_the_old_or_the_new(tmp_path: Path) -> None:
    """A reader that opens the index while it is updated never finds half of it."""
    records = papers(80)
    folder = tmp_path / "index"
    search = gathered(folder, records[:40], tmp_path)
    script = (
        f"import sys; sys.path.insert(0, {str(SUPPORT)!r})\n"
        "from fakes import WordEncoder\n"
        "from ssm_search.search import PaperSearch\n"
        "while True:\n"
        f"    search = PaperSearch.load({str(folder)!r}, WordEncoder())\n"
        "    print(len(search.newest(999)), search.status()['papers'], flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout
        reader.stdout.readline()
        for at in range(40, 80, 2):
            update_index(records[at : at + 2], folder, search.rows, WordEncoder())
            search = PaperSearch.load(folder, WordEncoder())
        seen = []
        for line in itertools.islice(reader.stdout, MANY_LOOKS):
            seen.append(tuple(map(int, line.split())))
            if seen[-1] == (80, 80):
                break
        reader.terminate()
    assert reader.returncode == -signal.SIGTERM
    assert seen[-1] == (80, 80)
    assert all(one == other for one, other in seen)
