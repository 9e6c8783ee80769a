"""Builds that are killed at their end, meet each other, or should never have begun."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from conftest import SUPPORT
from corpus_papers import papers, source
from fakes import WordEncoder

from ssm_search import files
from ssm_search.build import build_index, dumps, gather_index
from ssm_search.corpora import staging
from ssm_search.errors import CorpusError, IndexFolderError
from ssm_search.index import Manifest
from ssm_search.index import corpus as folders
from ssm_search.ingest import Removed
from ssm_search.papers import Paper
from ssm_search.ranking.confidence import Background
from ssm_search.search.local import PaperSearch
from ssm_search.segments.ann import build_ann

pytestmark = pytest.mark.slow  # processes, and many builds


class Killed(BaseException):
    pass


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "STAGED", 16)


@pytest.fixture(autouse=True)
def _papers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is encoded to build an index are its papers alone."""
    monkeypatch.setattr(folders, "measured", lambda rows, encoder: Background())


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return source(tmp_path, papers(40))


def gathered(corpus: Path, folder: Path) -> int:
    encoder = WordEncoder()
    gather_index([corpus], folder, encoder=encoder)
    assert len(PaperSearch.load(folder, encoder).newest(99)) == 40
    return len(encoder.encoded)


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


# ── kills at the end ─────────────────────────────────────────────────────────────────────────


@contextmanager
def killed_after(removed: int) -> Iterator[None]:
    """A kill in the midst of a removal, when so many files of the folder are gone."""

    remove = shutil.rmtree

    def half(folder: Path, **more: object) -> None:
        if not Path(folder).name.endswith(".new"):
            remove(folder, **more)  # type: ignore[arg-type]
            return
        inside = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        for path in inside[:removed]:
            path.unlink()
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "rmtree", half)
        yield


@pytest.mark.parametrize("removed", [0, 1, 2, 5, 30, 70, 99])
def test_a_kill_while_what_was_staged_is_removed_stops_no_later_build(
    removed: int, corpus: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "index"
    with killed_after(removed), pytest.raises(Killed):
        gather_index([corpus], folder, encoder=WordEncoder())
    assert len(PaperSearch.load(folder, WordEncoder()).papers) == 40
    assert len(hidden(tmp_path)) == 1
    gathered(corpus, folder)
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("removed", [1, 2, 5, 30, 70, 99])
def test_half_removed_segments_count_as_absent(removed: int, corpus: Path, tmp_path: Path) -> None:
    """As a program left them that removed them in their place."""
    folder, place = tmp_path / "index", tmp_path / ".index.staging"
    with staging.staging_place(folder):
        staging.encode_segments(papers(40), place, WordEncoder())
    there = [path for path in sorted(place.rglob("*")) if path.is_file()]
    for path in there[-removed:]:
        path.unlink()
    gathered(corpus, folder)
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("name", ["removed.npy", "vectors.npy", "papers.jsonl", "facets.json"])
@pytest.mark.parametrize("left", [b"", b"half"])
def test_damaged_segments_are_encoded_again(
    name: str, left: bytes, corpus: Path, tmp_path: Path
) -> None:
    folder, place = tmp_path / "index", tmp_path / ".index.staging"
    with staging.staging_place(folder):
        staging.encode_segments(papers(40), place, WordEncoder())
    (place / "000001" / name).write_bytes(left)
    assert gathered(corpus, folder) == 16


def test_a_file_that_a_build_misses_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(FileNotFoundError, match=r"gone\.jsonl"),
        staging.staging_place(tmp_path / "index"),
    ):
        (tmp_path / "gone.jsonl").read_bytes()
    assert hidden(tmp_path) == []


def test_a_kill_between_two_renames_leaves_an_index_that_answers(tmp_path: Path) -> None:
    folder, old = tmp_path / "index", tmp_path / ".index.old"
    PaperSearch.from_papers(papers(4), WordEncoder()).save(folder)
    folder.rename(old)
    assert len(PaperSearch.load(folder, WordEncoder()).query("video")) == 4
    assert (folder.is_dir(), old.exists()) == (True, False)  # it is back where it belongs


def test_an_update_after_a_kill_between_two_renames(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    gathered(corpus, folder)
    folder.rename(tmp_path / ".index.old")
    more = source(tmp_path, papers(45)[40:], "more.jsonl")
    gather_index([more], folder, encoder=WordEncoder(), update=True)
    assert len(PaperSearch.load(folder, WordEncoder()).newest(99)) == 45
    assert hidden(tmp_path) == []


def test_where_nothing_can_be_put_back_it_is_read_where_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "index"
    PaperSearch.from_papers(papers(4), WordEncoder()).save(folder)
    folder.rename(tmp_path / ".index.old")

    def read_only(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "rename", read_only)
    assert len(PaperSearch.load(folder, WordEncoder()).query("video")) == 4
    assert not folder.exists()


class Dying(WordEncoder):
    """Is killed when it is asked for so many texts more than once."""

    def __init__(self, texts: int):
        super().__init__()
        self._left = texts

    def encode(self, texts, /):  # type: ignore[no-untyped-def]
        self._left -= len(texts)
        if self._left < 0:
            raise Killed
        return super().encode(texts)


def test_a_kill_loses_a_part_of_a_segment_at_most(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "STAGED", 40)
    gathered(corpus, tmp_path / "whole")
    monkeypatch.setattr(staging, "KEPT", 8)
    folder = tmp_path / "index"
    for texts in (25, 9):  # of 40, 24 are kept, then 8 more
        with pytest.raises(Killed):
            gather_index([corpus], folder, encoder=Dying(texts))
    assert gathered(corpus, folder) == 8
    whole, parts = ((tmp_path / name / "segment-0000") for name in ("whole", "index"))
    names = {path.name for path in whole.iterdir()}
    assert names == {path.name for path in parts.iterdir()}
    assert all((whole / name).read_bytes() == (parts / name).read_bytes() for name in names)


def test_counts_are_of_all_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "KEPT", 4)
    first, *rest = papers(20)
    gone = Removed("2401.00002"), Removed("2401.00003")
    records = [first, *rest[:14], first, *rest[14:], *gone]
    done: list[int] = []
    with staging.staging_place(tmp_path / "index") as place:
        counts = staging.encode_segments(records, place, WordEncoder(), progress=done.append)
    assert counts == (20, 1)
    assert done == [4, 8, 12, 16, 20, 23]  # 16 in parts of 4, then 7


def test_a_part_does_not_replace_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "KEPT", 4)
    folder, old = tmp_path / "index", papers(16)
    new = [*papers(8, seed=5), *old[8:]]
    with staging.staging_place(folder) as place:
        staging.encode_segments(old, place, WordEncoder())
        with pytest.raises(Killed):
            staging.encode_segments(new, place, Dying(4))
        assert staging.encode_segments(new, place, WordEncoder()) == (8, 8)


# ── two at once ──────────────────────────────────────────────────────────────────────────────

WAITING = """
import sys
sys.path.insert(0, {tests!r})
from fakes import WordEncoder
from ssm_search.build import gather_index
class Waiting(WordEncoder):
    def encode(self, texts, /):
        print("encoding", flush=True)
        sys.stdin.readline()
        return super().encode(texts)
gather_index([sys.argv[1]], sys.argv[2], encoder=Waiting())
"""


def test_a_second_build_says_who_builds(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    command = [sys.executable, "-c", WAITING.format(tests=str(SUPPORT)), str(corpus), str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout
        assert first.stdout.readline() == "encoding\n"
        encoder = WordEncoder()
        said = rf"index is being built by process {first.pid} of \S+ on \S+ since 20\S+; wait until"
        with pytest.raises(IndexFolderError, match=said):
            gather_index([corpus], folder, encoder=encoder)
        assert encoder.encoded == []
        first.communicate("\n" * 99)
    assert first.returncode == 0
    assert len(PaperSearch.load(folder, WordEncoder()).newest(99)) == 40
    gathered(corpus, folder)  # nobody builds it any more
    assert hidden(tmp_path) == []


def test_a_build_that_was_killed_holds_nothing(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    command = [sys.executable, "-c", WAITING.format(tests=str(SUPPORT)), str(corpus), str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout
        first.stdout.readline()
        first.send_signal(signal.SIGKILL)
    gathered(corpus, folder)
    assert hidden(tmp_path) == []


def test_a_lock_that_was_taken_away_meanwhile_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with staging.staging_place(folder) as place:
        staging.remove_staged(place)  # as whoever is done does
        with staging.staging_place(folder) as again:
            said = json.loads((again / "lock").read_text())
            assert said["pid"] == os.getpid()


# ── what should never begin ──────────────────────────────────────────────────────────────────


def refused(corpus: Path, folder: Path, message: str) -> None:
    """A build of either kind ends before a text is encoded, and leaves nothing behind."""
    markdown = corpus.with_name("list.md")
    markdown.write_text("# L\n## H\n* [A paper of video](https://arxiv.org/abs/2401.00001)\n")
    before = sorted(path for path in corpus.parent.rglob("*"))
    for build, of in ((gather_index, [corpus]), (build_index, markdown)):
        encoder = WordEncoder()
        with pytest.raises(IndexFolderError, match=message):
            build(of, folder, encoder=encoder)  # type: ignore[operator]
        assert encoder.encoded == []
    assert sorted(path for path in corpus.parent.rglob("*")) == before


def test_somebody_elses_folder_is_refused_first(corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    refused(corpus, folder, r"thesis holds something else \(thesis.tex\) .*; name a new")


def test_a_file_is_refused_first(corpus: Path, tmp_path: Path) -> None:
    refused(corpus, corpus, "is a file, expected a folder; name another one")
    refused(corpus, corpus / "index", "corpus.jsonl is a file, expected a folder")


def test_a_place_that_cannot_be_written_is_refused_first(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    refused(corpus, tmp_path / "new" / "index", "cannot be written, where index would be put")


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_disk_without_room_is_refused_first(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**9, 10**9, 700_000))
    said = "index needs about .* MB, the disk has 1 MB free; make room, or name a folder on another"
    refused(corpus, tmp_path / "index", said)


def test_room_is_judged_by_what_is_read_and_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 40 papers, of which 20 are read by then, twice: once staged, once joined.
    monkeypatch.setattr(dumps, "SAMPLED", 20)
    monkeypatch.setattr(dumps, "BYTES_A_PAPER", 100)
    asked: list[int] = []
    monkeypatch.setattr(dumps, "check_room", lambda folder, needed: asked.append(needed))
    gathered(source(tmp_path, papers(40)), tmp_path / "index")
    assert asked[0] in range(2 * 100 * 20, 2 * 100 * 41)


def test_nothing_that_could_be_used_leaves_no_folder(tmp_path: Path) -> None:
    empty = tmp_path / "corpus.jsonl"
    empty.write_text('{"id": "x"}\n')
    with pytest.raises(CorpusError, match="no paper found"):
        gather_index([empty], tmp_path / "index", encoder=WordEncoder())
    assert hidden(tmp_path) == []


# ── full disks ───────────────────────────────────────────────────────────────────────────────


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As if the disk were full: no file grows beyond ``size`` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("size", [100, 300, 900, 1500, 5000])
def test_a_full_disk_is_named_and_leaves_what_was_there(
    size: int, corpus: Path, tmp_path: Path
) -> None:
    folder, of_list = tmp_path / "index", tmp_path / "list"
    gathered(corpus, folder)
    search = PaperSearch.from_papers(papers(40), WordEncoder())
    search.save(of_list)
    before = Manifest.read(folder), Manifest.read(of_list)
    changed = source(tmp_path, [*papers(39), Paper("x", "Another")], "changed.jsonl")
    with files_of_at_most(size), pytest.raises(OSError, match="File too large") as caught:
        search.save(of_list)
    assert caught.value.errno == errno.EFBIG
    assert str(of_list) in str(caught.value.filename)
    with files_of_at_most(size), pytest.raises(OSError, match="File too large"):
        gather_index([changed], folder, encoder=WordEncoder())
    assert (Manifest.read(folder), Manifest.read(of_list)) == before
    assert [name for name in hidden(tmp_path) if name != ".index.staging"] == []
    gather_index([changed], folder, encoder=WordEncoder())
    assert hidden(tmp_path) == []


def test_a_folder_is_removed_whole_or_goes_by_another_name(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    folder.mkdir()
    (folder / "a").write_text("a")
    with killed_after(0), pytest.raises(Killed):
        files.remove_folder(folder)
    assert not folder.exists()
    files.sweep(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named_by_an_index_of_cells(tmp_path: Path) -> None:
    vectors = np.eye(64, dtype=np.float32)
    with (
        files_of_at_most(1000),
        pytest.raises(OSError, match=r"cannot write .*cells .*File too large"),
    ):
        build_ann(vectors, "IVF2,Flat", tmp_path / "cells")


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="nothing to ask for room by")
def test_room_for_joined_segments_is_asked_for_first(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk ends the process that fills a mapped file, and nobody learns why."""

    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OSError, match="No space left") as caught:
        gather_index([corpus], tmp_path / "index", encoder=WordEncoder())
    assert caught.value.filename == str(tmp_path / "index")
