"""What a corpus has that belongs on a list."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from arxiv_server import ArxivServer, FakePaper
from fakes import WordEncoder
from typer.testing import CliRunner

from ssm_search.abstracts.cache import API_URL_VARIABLE
from ssm_search.build.dumps import gather_index
from ssm_search.cli.questions import app
from ssm_search.corpora import update_index
from ssm_search.discovery import discovering as discovery
from ssm_search.discovery.decisions import decisions_file, read_decisions
from ssm_search.discovery.discovering import discover
from ssm_search.discovery.fitting import Fitting
from ssm_search.errors import DiscoverError, IndexFolderError
from ssm_search.ingest.feeds import Removed
from ssm_search.papers import Paper, to_json
from ssm_search.search.local import PaperSearch

TOPICS = ("graph", "audio", "text", "none")


WORDS = [
    one + other for one in "bak dor fim gul".split() for other in "anto elri osmi ukpe".split()
]


def paper(number: int, topic: str, words: str = "") -> Paper:
    paper_id = f"2401.{number:05}"
    told = " ".join(f"{letter}{number}" for letter in "abcd")  # else it would be listed already
    return Paper(
        paper_id,
        f"Study {number} of {topic}",
        url=f"https://arxiv.org/abs/{paper_id}",
        published=date(2024, 1 + number % 12, 1),
        abstract=f"We look at {topic} in {told}. {words}",
    )


LISTED = [paper(at, "video", "A mamba scans.") for at in range(20)]
OTHERS = [paper(100 + at, TOPICS[at % 4]) for at in range(160)]
HIDDEN = [paper(500 + at, "video", "A mamba scans.") for at in range(6)]


@pytest.fixture
def search() -> PaperSearch:
    return PaperSearch.from_papers(LISTED, WordEncoder())


def corpus_of(papers: list[Paper], folder: Path) -> PaperSearch:
    feed = folder / "feed.jsonl"
    feed.write_text("".join(json.dumps(to_json(one)) + "\n" for one in papers))
    gather_index([feed], folder / "corpus", encoder=WordEncoder())
    return PaperSearch.load(folder / "corpus", WordEncoder())


def test_a_paper_that_the_corpus_has_under_two_ids_is_found_once(
    search: PaperSearch, tmp_path: Path
) -> None:
    twice = replace(HIDDEN[0], id="doi-10-1000-500", url="https://doi.org/10.1000/500", kind="link")
    found = discover(search, corpus_of([*OTHERS, *HIDDEN, twice], tmp_path), 50)
    titles = [one.paper.title for one in found]
    assert sorted(titles) == sorted(one.title for one in HIDDEN)


def test_what_belongs_comes_first_and_the_rest_not_at_all(
    search: PaperSearch, tmp_path: Path
) -> None:
    corpus = corpus_of([*OTHERS, *LISTED[:9], *HIDDEN], tmp_path)
    found = discover(search, corpus, 50)
    assert {one.paper.id for one in found} == {one.id for one in HIDDEN}
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(one.fit >= discovery.FIT_LEVEL for one in found)
    assert len(discover(search, corpus, 2)) == 2


def test_a_listed_paper_is_known_by_any_name(search: PaperSearch, tmp_path: Path) -> None:
    same_title = replace(LISTED[0], id="2402.00001", url="https://arxiv.org/abs/2402.00001")
    same_link = replace(LISTED[1], id="x-1", title="Another study of video")
    corpus = corpus_of([*OTHERS, same_title, same_link, *HIDDEN], tmp_path)
    assert {one.paper.id for one in discover(search, corpus)} == {one.id for one in HIDDEN}


def test_since_and_what_is_gone(search: PaperSearch, tmp_path: Path) -> None:
    corpus = corpus_of([*OTHERS, *HIDDEN], tmp_path)
    late = [one.id for one in HIDDEN if one.published and one.published >= date(2024, 11, 1)]
    assert late
    found = discover(search, corpus, since=date(2024, 11, 1))
    assert sorted(one.paper.id for one in found) == late
    folder = tmp_path / "corpus"
    update_index([Removed(late[0])], folder, corpus.rows, WordEncoder())
    found = discover(search, PaperSearch.load(folder, WordEncoder()))
    assert {one.paper.id for one in found} == {one.id for one in HIDDEN} - {late[0]}


def test_what_is_rejected_stays_away_and_teaches(search: PaperSearch, tmp_path: Path) -> None:
    mixed = [paper(600 + at, "video audio", "A mamba scans.") for at in range(8)]
    corpus = corpus_of([*OTHERS, *HIDDEN, *mixed], tmp_path)

    def best_of(found: list[discovery.Discovery], papers: list[Paper]) -> float:
        ids = {one.id for one in papers}
        return max((one.score for one in found if one.paper.id in ids), default=-99)

    before = discover(search, corpus, 50)
    after = discover(search, corpus, 50, rejected=[one.id for one in mixed[:4]])
    assert not {one.paper.id for one in after} & {one.id for one in mixed[:4]}
    gap = [best_of(found, HIDDEN) - best_of(found, mixed[4:]) for found in (before, after)]
    assert gap[1] > gap[0]


def test_what_is_like_rejected_papers_of_another_day_ranks_lower(
    search: PaperSearch, tmp_path: Path
) -> None:
    """They are not in the corpus, but their texts are known."""
    mixed = [paper(600 + at, "video audio", "A mamba scans.") for at in range(2)]
    corpus = corpus_of([*OTHERS, *HIDDEN, *mixed], tmp_path)
    gone = paper(700, "video audio", "A mamba scans.")

    def gap(rejected: list[str | Paper]) -> float:
        every = discover(search, corpus, 500, rejected=rejected, min_fit=0)
        found = {one.paper.id: one.score for one in every}
        return found[HIDDEN[0].id] - found[mixed[0].id]

    assert gap([gone]) > gap([])
    assert gap([gone.id]) == gap([])
    assert gap([replace(gone, title="", abstract="")]) == gap([])


def test_what_was_seen_is_not_found_and_a_fit_can_be_asked_for(
    search: PaperSearch, tmp_path: Path
) -> None:
    corpus = corpus_of([*OTHERS, *HIDDEN], tmp_path)
    seen = {HIDDEN[0].id, HIDDEN[3].id}
    found = discover(search, corpus, 50, seen=seen)
    assert {one.paper.id for one in found} == {one.id for one in HIDDEN} - seen
    assert all(one.terms[0] in ("mamba", "scans", "video") for one in found)
    fits = sorted(one.fit for one in discover(search, corpus, 50))
    some = discover(search, corpus, 50, min_fit=fits[2])
    assert sorted(one.fit for one in some) == [fit for fit in fits if fit >= fits[2]]


def test_what_cannot_be_compared(search: PaperSearch, tmp_path: Path) -> None:
    class Other(WordEncoder):
        fingerprint = "words-2"

    with pytest.raises(DiscoverError, match="words-1, the corpus by words-2; build both"):
        discover(search, PaperSearch.from_papers(OTHERS, Other()))
    few = PaperSearch.from_papers(LISTED[:9], WordEncoder())
    with pytest.raises(DiscoverError, match="9 papers; at least 10"):
        discover(few, PaperSearch.from_papers(OTHERS, WordEncoder()))
    with pytest.raises(IndexFolderError, match="large corpus"):
        discover(corpus_of(OTHERS, tmp_path), search)


@pytest.mark.encoder
def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    new = Paper(
        "2501.00001",
        "VideoScanner: a selective state space model for video",
        url="https://arxiv.org/abs/2501.00001",
        abstract="Transformers pay for long sequences with computation that grows with the square "
        "of their length. We bring Mamba, a selective state space model of linear complexity, to "
        "video understanding. Its scan captures dependencies over long range, space and time. "
        "It beats Transformers on every task that we tried, and is efficient.",
    )
    feed = tmp_path / "feed.jsonl"
    others = [
        Paper(f"2502.{at:05}", f"The {at} laws of {what}", abstract=f"A history of {what}.")
        for at, what in enumerate(["bread", "taxes", "rivers", "violins", "soil"] * 12)
    ]
    feed.write_text("".join(json.dumps(to_json(one)) + "\n" for one in [*others, new]))
    corpus = str(tmp_path / "corpus")
    run = CliRunner()
    done = run.invoke(app, ["build", "--corpus", str(feed), "--index", corpus])
    assert done.exit_code == 0, done.output
    done = run.invoke(app, ["discover", "--corpus", corpus, "--json"])
    assert done.exit_code == 0, done.output
    (found,) = json.loads(done.stdout)
    assert found["paper"]["id"] == "2501.00001"
    assert found["fit"] >= 0.05
    assert "VideoScanner" in found["row"]
    done = run.invoke(app, ["discover", "--corpus", corpus])
    assert "VideoScanner" in done.stdout
    assert "Computer Vision" in done.stdout
    done = run.invoke(app, ["discover", "--corpus", corpus, "--reject", "2501.00001", "--json"])
    assert json.loads(done.stdout) == []
    file = decisions_file(None, "awesome-mamba.md")
    assert tmp_path in file.parents
    assert read_decisions(file).ids("rejected") == ["2501.00001"]


@pytest.mark.encoder
def test_the_command_asks_arxiv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    scanner = FakePaper(
        "2501.00001",
        "Found: VideoScanner, a selective state space model for video",
        "We bring Mamba, a selective state space model of linear complexity, to video "
        "understanding. Its scan captures dependencies over long range, space and time. It beats "
        "Transformers on every task that we tried, and is efficient.",
    )
    others = [
        FakePaper(f"2502.{at:05}", f"Found: the {at} laws of {what}", f"A history of {what}.")
        for at, what in enumerate(["bread", "taxes", "rivers", "violins", "soil"] * 12)
    ]
    run = CliRunner()
    with ArxivServer([scanner, *others]) as server:
        monkeypatch.setenv(API_URL_VARIABLE, server.url)
        done = run.invoke(app, ["discover", "--arxiv", "found", "--json"])
        assert done.exit_code == 0, done.output
        assert [one["paper"]["id"] for one in json.loads(done.stdout)] == ["2501.00001"]
        assert len(server.requests) == 1
    assert run.invoke(app, ["discover", "--arxiv", "x", "--corpus", "y"]).exit_code == 2


def test_the_direction_is_that_of_fisher(search: PaperSearch, tmp_path: Path) -> None:
    corpus = corpus_of([*OTHERS, *HIDDEN], tmp_path)
    fitting = Fitting(search.rows.list_index, corpus.rows.index)
    profile = fitting.profile(np.arange(20))
    vectors = np.concatenate(list(corpus.rows.index.vector_blocks())).astype(np.float64)
    others = vectors[vectors[:, 0] == 0]
    spread = np.cov(others.T, bias=True)
    spread += 0.1 * np.trace(spread) / len(spread) * np.eye(len(spread))
    wanted = WordEncoder().encode(["video"])[0] - others.mean(axis=0)
    np.testing.assert_allclose(profile.direction, np.linalg.solve(spread, wanted), rtol=1e-3)
    # "mamba" is in all 20 listed papers and in 6 of 166.
    assert profile.terms["mamba"] == pytest.approx(np.log((20.5 / 0.5) / (6.5 / 160.5)))
    assert "graph" not in profile.terms
