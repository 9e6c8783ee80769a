"""The folder of a large corpus: what a kill leaves, and what an older version called its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpus_papers import papers, source
from fakes import WordEncoder

from ssm_search.build.dumps import gather_index
from ssm_search.corpora import update_index
from ssm_search.index import corpus as folders
from ssm_search.ingest.feeds import Removed
from ssm_search.search.local import PaperSearch


def built(folder: Path, tmp_path: Path) -> PaperSearch:
    path = source(tmp_path, papers(40))
    gather_index([path], folder, encoder=WordEncoder())
    return PaperSearch.load(folder, WordEncoder())


def test_a_kill_between_two_removals_leaves_the_first(tmp_path: Path) -> None:
    """Neither adds a segment, so the files that say what is gone need numbers of their own."""
    folder = tmp_path / "index"
    search = built(folder, tmp_path)
    update_index([Removed(search.papers[0].id)], folder, search.rows, WordEncoder())
    search = PaperSearch.load(folder, WordEncoder())

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folders, "commit", kill)
        with pytest.raises(KeyboardInterrupt):
            update_index([Removed(search.papers[1].id)], folder, search.rows, WordEncoder())
    assert len(PaperSearch.load(folder, WordEncoder()).newest(99)) == 39


def test_segments_that_were_called_parts_are_read_updated_and_removed(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    search = built(folder, tmp_path)
    (folder / "segment-0000").rename(folder / "part-0000")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["segments"][0]["folder"] = "part-0000"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    search = PaperSearch.load(folder, WordEncoder())
    assert len(search.newest(99)) == 40
    gone = [Removed(paper.id) for paper in search.papers[:30]]
    update_index(gone, folder, search.rows, WordEncoder())  # so many that it is written anew
    assert {path.name for path in folder.iterdir()} == {"segment-0002", "manifest.json"}
    assert len(PaperSearch.load(folder, WordEncoder()).newest(99)) == 10
