"""Large corpora: the same answers as from a list, in segments, resumable, kept up to date."""

from __future__ import annotations

import errno
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
from corpus_papers import papers, source, word_vectors, word_weights
from fakes import TokenEncoder, WordEncoder, word_vector
from numpy.typing import NDArray

from ssm_search.build.dumps import gather_index
from ssm_search.corpora import staging
from ssm_search.corpora.changes import changes
from ssm_search.corpora.writing import update_index, write_index
from ssm_search.errors import CorpusError, FilterError, IndexFolderError, PaperNotFoundError
from ssm_search.index import corpus as folders
from ssm_search.index import local
from ssm_search.index.memory import MemoryIndex
from ssm_search.ingest.feeds import Removed
from ssm_search.papers import Link, Paper, full_text, to_json
from ssm_search.ranking.confidence import Background
from ssm_search.ranking.fusion import z_scores
from ssm_search.search.local import PaperSearch
from ssm_search.segments import segment, segmented
from ssm_search.segments.ann import Ann, ann_kind, build_ann, check_kind, kind_for
from ssm_search.segments.joining import join_segments
from ssm_search.segments.segment import load_segment, write_segment
from ssm_search.segments.segmented import SegmentedIndex
from ssm_search.text import terms
from ssm_search.words import vectors as index_words
from ssm_search.words.vectors import RowVectors

MANY_LOOKS = 10_000  # at an index, within which a reader must have seen it changed


@pytest.fixture(autouse=True)
def _papers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is encoded to build an index are its papers alone, which some tests count."""
    monkeypatch.setattr(folders, "measured", lambda rows, encoder: Background())


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "STAGED", 16)


def gathered(
    folder: Path,
    records: Sequence[Paper],
    tmp_path: Path,
    encoder: WordEncoder | None = None,
    **more: object,
) -> PaperSearch:
    path = source(tmp_path, records)
    gather_index([path], folder, encoder=encoder or WordEncoder(), **more)  # type: ignore[arg-type]
    return PaperSearch.load(folder, encoder or WordEncoder())


def rank(search: PaperSearch, text: str, **filters: object) -> list[tuple[str, float]]:
    found = search.query(text, 20, **filters)  # type: ignore[arg-type]
    return [(hit.paper.id, round(hit.score, 4)) for hit in found]


def by_hand(
    records: Sequence[Paper], text: str, *, words: bool = False, sampled: Sequence[int] = ()
) -> list[tuple[str, float]]:
    """All vectors compared, BM25 from its formula, and, with ``words``, all words compared."""
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
    first = 0.2 * z_scores(bm25) + 0.3 * z_scores(dense.astype(np.float32))
    scores = first / 0.5
    if words:
        weights, asked = word_weights(text), word_vectors(text)
        late = np.array(
            [
                sum(
                    weight * max(float(word @ one) for one in in_bytes(full_text(paper)))
                    for weight, word in zip(weights, asked, strict=True)
                )
                for paper in records
            ]
        )
        of = late[list(sampled)] if sampled else late
        scores = first + 0.5 * (late - of.mean()) / of.std()
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


def in_bytes(text: str) -> NDArray[np.float32]:
    """The vectors of a text's words as an index keeps them, in bytes, and reads them again."""
    return np.rint(127 * word_vectors(text)) / np.float32(127)


def told_twice(records: Sequence[Paper]) -> list[Paper]:
    """Papers whose words answer the same pooled as not: as many go as are the same as others."""
    return [replace(one, abstract=f"{one.abstract} {one.abstract}") for one in records]


def test_order_and_scores_are_those_of_three_signals(tmp_path: Path) -> None:
    records = told_twice(papers(60))
    search = gathered(tmp_path / "index", records, tmp_path, TokenEncoder())
    for text in ("video of a graph", "mamba kernel", "sound", "film nodes scan", "unheard lattice"):
        found, expected = rank(search, text), by_hand(records, text, words=True)
        assert [score for _, score in found] == pytest.approx(
            [score for _, score in expected], abs=2e-4
        )
        # Papers with equal scores may change places.
        assert {i for i, score in found if score > found[-1][1] + 1e-3} <= dict(expected).keys()
    assert rank(search, "sound") != by_hand(records, "sound")


def test_late_interaction_is_standardized_by_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_words, "SAMPLED", 5)
    records = told_twice(papers(41))
    search = gathered(tmp_path / "index", records, tmp_path, TokenEncoder())
    found = rank(search, "film kernel")
    expected = by_hand(records, "film kernel", words=True, sampled=[0, 10, 20, 30, 40])
    assert [i for i, _ in found[:5]] == [i for i, _ in expected[:5]]
    assert [s for _, s in found] == pytest.approx([s for _, s in expected], abs=2e-4)


def test_what_is_like_a_paper_is_found_by_its_vector_and_the_words_of_its_title(
    tmp_path: Path,
) -> None:
    records = told_twice(papers(60))
    search = gathered(tmp_path / "index", records, tmp_path, TokenEncoder())
    encoder = WordEncoder()
    vectors = encoder.encode([full_text(paper) for paper in records])
    for at in (0, 7, 31):
        asked = in_bytes(records[at].title)
        late = np.array(
            [(asked @ in_bytes(full_text(one)).T).max(axis=1).mean() for one in records]
        )
        late = z_scores(late.astype(np.float32))
        scores = 0.7 * z_scores(vectors @ vectors[at]) + 0.3 * late
        scores[at] = -9
        best = np.argsort(-scores, kind="stable")[:10]
        found = search.related(records[at].id, 10)
        assert [hit.score for hit in found] == pytest.approx(
            [float(scores[one]) for one in best], abs=2e-4
        )


@pytest.mark.parametrize("encoder", [WordEncoder, TokenEncoder])
def test_what_is_like_a_listed_paper_is_found_without_encoding(
    encoder: type[WordEncoder], tmp_path: Path
) -> None:
    records = papers(40)
    gathered(tmp_path / "index", records, tmp_path, encoder())
    asked = encoder()
    search = PaperSearch.load(tmp_path / "index", asked)
    for name in (records[3].id, records[3].url, records[3].title):
        assert len(search.related(name, 5)) == 5
    search.recommend([records[3].id], [records[4].id], diversity=0.5)
    assert search.query(records[3].id, 1)[0].paper == records[3]
    assert asked.encoded == []
    search.query("a film")
    search.query("a film", 3)
    assert asked.encoded == ["a film"]  # once


def test_words_score_as_in_a_list(tmp_path: Path) -> None:
    records = papers(60)
    large = gathered(tmp_path / "large", records, tmp_path).rows.index
    small = PaperSearch.from_papers(records, WordEncoder()).rows.index
    assert isinstance(small, MemoryIndex)
    for query in ("video", "mamba scan scan", "nodes kernel lattice", "nothing here"):
        stems = [stem for stem, _ in terms(query)]
        np.testing.assert_allclose(large.bm25_scores(stems), small.bm25_scores(stems), rtol=1e-5)
        for stem in stems:
            have = large.have_term(range(60), stem).tolist()
            assert have == small.have_term(range(60), stem).tolist()
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
    assert why.terms == ("shown",)  # most of the others have video
    assert why.sentence == "Here a video is shown."


@pytest.mark.parametrize("encoder", [WordEncoder, TokenEncoder])
def test_the_reason_is_of_the_paper_itself_when_few_are_candidates(
    encoder: type[WordEncoder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "RERANKED", 5)
    records = papers(60)
    search = gathered(tmp_path / "index", records, tmp_path, encoder())
    typed = ["lattice", "kernel", "film"]
    liked = [word for at in (0, 30) for _, word in terms(records[at].title)]
    for hits, asked in (
        (search.query("lattice kernel film", 5), typed),
        (search.query("lattice kernel film", 5, year=2017), typed),
        (search.recommend([records[0].id, records[30].id], [records[1].id], 5), liked),
    ):
        assert len(hits) == 5
        for hit in hits:
            has = {word for _, word in terms(full_text(hit.paper))}
            assert set(hit.why.terms) == has.intersection(asked)


def test_status_and_what_needs_a_list(tmp_path: Path) -> None:
    records = [
        replace(paper, abstract="" if at < 5 else paper.abstract)
        for at, paper in enumerate(papers(40))
    ]
    search = gathered(tmp_path / "index", records, tmp_path)
    status = search.status()
    assert (status["entries"], status["papers"], status["words"]) == (40, 40, 0)
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
    gather_index([feed], tmp_path / "index", encoder=WordEncoder())
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
    report = gather_index([path], tmp_path / "index", encoder=encoder)
    assert (report.counts.encoded, report.counts.reused) == (1, 49)
    assert len([text for text in encoder.encoded if "audio" in text]) == 1


def kept_words(records: Sequence[Paper]) -> dict[str, tuple[bytes, int]]:
    """What an index has to keep of the words of each paper: in bytes, and its title's count."""
    encoder, kept = TokenEncoder(), {}
    for paper in records:
        made = encoder.encode_words([full_text(paper)])
        title = len(TokenEncoder().word_spans(paper.title))
        whole = RowVectors.of(made, np.array([title], np.int32), pool=True).words
        kept[paper.id] = whole.vectors.tobytes(), int(whole.titles[0])
        assert whole.of(0)[:title].tobytes() == made.words[:title].tobytes()
        told = len(made.words) - title
        assert len(whole.vectors) - title <= (told // 2 if told >= 4 else told)
    return kept


def words_there(search: PaperSearch) -> dict[str, tuple[bytes, int]]:
    rows = np.flatnonzero(search.rows.present)
    words = search.rows.index.words_of(rows)
    return {
        search.papers[row].id: (words.of(at).tobytes(), int(words.titles[at]))
        for at, row in enumerate(rows)
    }


def words_on_disk(search: PaperSearch, folder: Path) -> int:
    segments = [load_segment(folder / one.folder) for one in search.manifest.segments]
    return sum(int(segment.word_vectors.starts[-1]) for segment in segments)


def test_words_are_the_same_to_the_byte_wherever_they_went(tmp_path: Path) -> None:
    records = papers(60)
    folder = tmp_path / "index"
    search = gathered(folder, records[:50], tmp_path, TokenEncoder())
    assert len(search.manifest.segments) == 1  # of four that were staged
    assert words_there(search) == kept_words(records[:50])
    assert search.status()["words"] == words_on_disk(search, folder)
    kept = [content for content, _ in kept_words(records[:50]).values()]
    assert search.status()["words"] == sum(map(len, kept)) / len(word_vector("video"))

    # Replaced: one by other text, one by other facts alone; removed; added.
    now = {paper.id: paper for paper in records[:50]}
    changed = [
        replace(records[3], abstract="Scan, scan, film, film, film, nodes."),
        replace(records[4], venue="Elsewhere"),
        Removed(records[5].id),
        *records[50:],
    ]
    encoder = TokenEncoder()
    counts = update_index(changed, folder, search.rows, encoder)
    assert (counts.papers, counts.encoded, counts.reused, counts.removed) == (59, 11, 1, 1)
    assert len(encoder.encoded) == 11
    now |= {one.id: one for one in changed if isinstance(one, Paper)}
    del now[records[5].id]
    search = PaperSearch.load(folder, TokenEncoder())
    assert [len(facets) for facets in search.rows.facets] == [50, 12]
    assert words_there(search) == kept_words(list(now.values()))
    assert search.status()["words"] == words_on_disk(search, folder)

    # So many go, and come one by one, that all segments are written anew.
    for one in [*map(Removed, [paper.id for paper in records[10:40]]), *papers(12, seed=3)]:
        one = one if isinstance(one, Removed) else replace(one, id=f"new-{one.id}")
        update_index([one], folder, search.rows, encoder)
        search = PaperSearch.load(folder, TokenEncoder())
        if isinstance(one, Removed):
            del now[one.id]
        else:
            now[one.id] = one
    assert len(search.papers) < 59
    assert words_there(search) == kept_words(list(now.values()))
    assert search.status()["words"] == words_on_disk(search, folder)


def test_what_is_known_serves_again_with_its_words(tmp_path: Path) -> None:
    records = papers(40)
    folder = tmp_path / "index"
    gathered(folder, records, tmp_path, TokenEncoder())
    encoder = TokenEncoder()
    fresh = replace(records[7], abstract="All about audio.")
    path = source(tmp_path, [*records[20:], fresh, *records[:7], *records[8:20]])
    report = gather_index([path], folder, encoder=encoder)
    assert (report.counts.encoded, report.counts.reused) == (1, 39)
    assert encoder.encoded == [full_text(fresh)]
    search = PaperSearch.load(folder, encoder)
    assert words_there(search) == kept_words([*records[:7], fresh, *records[8:]])
    # Another encoder's serve nobody, and a list's, which are not pooled, no corpus.
    other = WordEncoder()
    gather_index([path], folder, encoder=other)
    assert len(other.encoded) == 40
    assert PaperSearch.load(folder, other).status()["words"] == 0
    PaperSearch.from_papers(records, TokenEncoder()).save(tmp_path / "list")
    again = TokenEncoder()
    gather_index([path], tmp_path / "list", encoder=again)
    assert len(again.encoded) == 40
    assert words_there(PaperSearch.load(tmp_path / "list", again)) == words_there(search)


def test_few_papers_are_in_segments_too(tmp_path: Path) -> None:
    search = gathered(tmp_path / "index", papers(3), tmp_path)
    assert not search.is_list
    assert isinstance(search.rows.index, SegmentedIndex)
    more = source(tmp_path, papers(5), "more.jsonl")
    report = gather_index([more], tmp_path / "index", encoder=WordEncoder(), update=True)
    assert (report.counts.papers, report.counts.encoded, report.counts.reused) == (5, 2, 0)


def test_an_index_of_a_list_is_not_updated(tmp_path: Path) -> None:
    folder, encoder = tmp_path / "index", WordEncoder()
    PaperSearch.from_papers(papers(4), WordEncoder()).save(folder)
    more = source(tmp_path, papers(5))
    with pytest.raises(IndexFolderError, match="that of a list; build it again from the list"):
        gather_index([more], folder, encoder=encoder, update=True)
    assert encoder.encoded == []
    assert PaperSearch.load(folder, WordEncoder()).status()["papers"] == 4


def of_format(number: int, folder: Path) -> None:
    path = folder / "manifest.json"
    record = json.loads(path.read_text())
    # As older programs wrote it, which had sentences.
    record = {"sentences": record.pop("words"), **record, "format": number}
    path.write_text(json.dumps(record))


def test_an_index_of_an_older_format_is_refused_and_built_again(tmp_path: Path) -> None:
    folder, path = tmp_path / "index", source(tmp_path, papers(20))
    gathered(folder, papers(20), tmp_path)
    of_format(2, folder)
    said = r"format 2, this program reads format 6; build it again with `ssm-search build`"
    with pytest.raises(IndexFolderError, match=said):
        PaperSearch.load(folder)
    with pytest.raises(IndexFolderError, match=said):
        gather_index([path], folder, encoder=WordEncoder(), update=True)
    encoder = WordEncoder()
    gather_index([path], folder, encoder=encoder)
    assert len(encoder.encoded) == 20
    assert PaperSearch.load(folder, encoder).status()["papers"] == 20


def test_what_an_older_program_staged_is_encoded_again(tmp_path: Path) -> None:
    records = papers(40)
    folder, place = tmp_path / "index", tmp_path / ".index.staging"
    with staging.staging_place(folder):
        staging.encode_segments(records, place, WordEncoder())
    (place / "encoder.json").write_text(json.dumps({"encoder": "words-1", "records": 16}))
    for array in place.glob("*/word_*.npy"):
        array.unlink()
    encoder = WordEncoder()
    gather_index([source(tmp_path, records)], folder, encoder=encoder)
    assert len(encoder.encoded) == 40
    assert PaperSearch.load(folder, encoder).status()["papers"] == 40


def test_many_removed_records_in_a_row_have_no_vectors(tmp_path: Path) -> None:
    records = papers(20)
    folder = tmp_path / "index"
    with staging.staging_place(folder) as place:
        gone = [Removed(f"none-{at}") for at in range(28)]
        staging.encode_segments([*records, *gone, records[0]], place, TokenEncoder())
        segments = [load_segment(path) for path in sorted(place.glob(staging.SEGMENTS))]
        assert [len(segment) for segment in segments] == [16, 4, 0, 1]
        write_index(place, folder, TokenEncoder())
    search = PaperSearch.load(folder, TokenEncoder())
    assert words_there(search) == kept_words(records)


SLOW = """
import sys
sys.path.insert(0, {tests!r})
from fakes import TokenEncoder, WordEncoder
from ssm_search.corpora import staging
from ssm_search.build import gather_index
staging.STAGED = 16
class Slow({encoder}):
    def encode(self, texts, /):
        print(len(texts), flush=True)
        sys.stdin.readline()
        return super().encode(texts)
gather_index([sys.argv[1]], sys.argv[2], encoder=Slow())
"""


@pytest.mark.parametrize("kind", [WordEncoder, TokenEncoder])
def test_a_killed_build_loses_a_segment_at_most(kind: type[WordEncoder], tmp_path: Path) -> None:
    records = papers(400)
    path, folder = source(tmp_path, records), tmp_path / "index"
    script = SLOW.format(tests=str(SUPPORT), encoder=kind.__name__)
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
    encoder = kind()
    gather_index([path], folder, encoder=encoder)
    assert len(encoder.encoded) <= 400 - done + 2 * 16
    search = PaperSearch.load(folder, kind())
    assert search.status()["papers"] == 400
    assert not list(tmp_path.glob(".index*"))
    gathered(tmp_path / "whole", records, tmp_path, kind())
    assert contents(folder) == contents(tmp_path / "whole")
    if kind is TokenEncoder:
        assert words_there(search) == kept_words(records)


def contents(folder: Path) -> dict[str, bytes]:
    """All files but the manifest, which says when it was built."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: at.read_bytes() for name, at in found.items() if name != "manifest.json"}


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


def test_an_update_that_changes_nothing_removes_what_a_kill_left(tmp_path: Path) -> None:
    records = papers(20)
    folder = tmp_path / "index"
    search = gathered(folder, records, tmp_path)
    there = {path.name for path in folder.iterdir()}
    for name in (".manifest.json.0123abcd.new", "gone-0001-0000.npy"):
        (folder / name).write_text("half")
    for name in (".segment-0001.0123abcd.new", "segment-0002"):
        (folder / name).mkdir()
    assert update_index(records, folder, search.rows, WordEncoder()).papers == 20
    assert {path.name for path in folder.iterdir()} == there
    assert PaperSearch.load(folder, WordEncoder()).status()["papers"] == 20


def test_bad_records_are_counted_and_nothing_but_bad_ones_fails(tmp_path: Path) -> None:
    path = source(tmp_path, papers(20))
    path.write_text("{not json\n" + path.read_text() + '{"id": "x"}\n')
    report = gather_index([path], tmp_path / "index", encoder=WordEncoder())
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
    "name",
    [
        "vectors.npy",
        "word_vectors.npy",
        "word_starts.npy",
        "title_words.npy",
        "posting_rows.npy",
        "papers.jsonl",
        "facets.json",
        "key_rows.npy",
    ],
)
def test_damage_is_named(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "index"
    gathered(folder, papers(40), tmp_path, TokenEncoder())
    path = folder / "segment-0000" / name
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(IndexFolderError, match=r"segment-0000 of the index in .* build it again"):
        PaperSearch.load(folder, WordEncoder())


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("word_vectors", lambda x: x[1:]),
        ("word_starts", lambda x: x[1:]),
        ("title_words", lambda x: x[1:]),
    ],
)
def test_words_that_do_not_fit_are_named(tmp_path: Path, name: str, wrong) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "index"
    gathered(folder, papers(40), tmp_path, TokenEncoder())
    path = folder / "segment-0000" / f"{name}.npy"
    array = np.load(path)
    np.save(path, wrong(array))
    with pytest.raises(IndexFolderError, match=r"segment-0000 .* has \d+ .*build it again"):
        PaperSearch.load(folder, TokenEncoder())


def test_joining_keeps_every_row_and_posting(tmp_path: Path) -> None:
    records = papers(30)
    made = TokenEncoder().encode_words([full_text(paper) for paper in records])
    titles = np.array(
        [len(TokenEncoder().word_spans(paper.title)) for paper in records], dtype=np.int32
    )
    vectors = RowVectors.of(made, titles, pool=True)
    parts = []
    for at, (start, end) in enumerate([(0, 11), (11, 12), (12, 30)]):
        (tmp_path / str(at)).mkdir()
        write_segment(tmp_path / str(at), records[start:end], vectors.taken(range(start, end)))
        kept = np.flatnonzero(np.arange(start, end) % 4 != 1)
        parts.append((load_segment(tmp_path / str(at)), kept))
    (tmp_path / "joined").mkdir()
    join_segments(tmp_path / "joined", parts)
    joined = load_segment(tmp_path / "joined")
    left = [at for at in range(30) if at % 4 != 1]
    (tmp_path / "whole").mkdir()
    write_segment(tmp_path / "whole", [records[at] for at in left], vectors.taken(left))
    whole = load_segment(tmp_path / "whole")
    assert list(joined.papers) == list(whole.papers) == [records[at] for at in left]
    for name in (
        "vectors text_hashes id_hashes lengths term_hashes term_starts posting_rows posting_counts"
    ).split():
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name), name)
    for name in ("vectors", "starts", "titles"):
        one, other = (getattr(each.word_vectors, name) for each in (joined, whole))
        np.testing.assert_array_equal(one, other, name)
        assert one.dtype == other.dtype
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
        check_kind(kind)
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


def test_another_link_is_a_change() -> None:
    one, two = papers(2)
    linked = replace(one, links=(Link("Video", "https://v.example"),))
    known = {one.id: one, two.id: two}
    assert changes(known | {one.id: linked}, known).written == (linked,)


FEW = """
import resource, sys
sys.path.insert(0, {tests!r})
from fakes import WordEncoder
from ssm_search.corpora import staging
from ssm_search.build import gather_index
staging.STAGED = staging.KEPT = 2
resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
gather_index([sys.argv[1]], sys.argv[2], encoder=WordEncoder())
"""


def test_many_segments_are_joined_where_few_files_may_be_open(tmp_path: Path) -> None:
    path, folder = source(tmp_path, papers(60)), tmp_path / "index"
    script = FEW.format(tests=str(SUPPORT))
    subprocess.run([sys.executable, "-c", script, str(path), str(folder)], check=True)
    assert PaperSearch.load(folder, WordEncoder()).status()["papers"] == 60


def test_too_many_open_files_are_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gathered(tmp_path / "index", papers(4), tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(segment, "load_arrays", full)
    with pytest.raises(IndexFolderError, match="more files are open than may be"):
        PaperSearch.load(tmp_path / "index", WordEncoder())
