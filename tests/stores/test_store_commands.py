"""A store as people use it: from the shell, on the page, through programs, while it is written."""

from __future__ import annotations

import contextlib
import io
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from conftest import PATIENCE, Place, needs
from corpus_papers import environment, loaded, papers, source, variables
from fakes import TokenEncoder, WordEncoder
from models import write_model
from serving import served
from ssm_search_app.library import Library

from ssm_search import PaperSearch, StoreSearch
from ssm_search.build.dumps import gather_index
from ssm_search.cli.questions import main
from ssm_search.corpora import Counts
from ssm_search.curation import cards
from ssm_search.errors import IndexFolderError, StoreError
from ssm_search.papers import Paper
from ssm_search.stores import store as store_module
from ssm_search.stores.access import CLIENT
from ssm_search.stores.writing import generations
from ssm_search.stores.writing.generations import update_store
from ssm_search.stores.writing.lock import break_lock, writing

needs("lancedb", reason="needs LanceDB: pip install 'ssm-search[lance]'")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


class Shell:
    """Runs commands in a folder, in this process: what they load is loaded once."""

    def __init__(self, folder: Path, options: dict[str, str]):
        self.folder = folder
        self.environment = variables(options)

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        out, err, status = io.StringIO(), io.StringIO(), 0
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", ["ssm-search", *map(str, arguments)])
            for name, value in self.environment.items():
                patch.setenv(name, value)
            try:
                main()
            except SystemExit as end:
                status = int(end.code or 0)
        return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())

    def said(self, *arguments: object) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def answers(self, *arguments: object) -> list[str]:
        return [hit["id"] for hit in json.loads(self.said(*arguments, "--json"))["hits"]]

    def refused(self, *arguments: object) -> str:
        done = self.run(*arguments)
        assert done.returncode == 1, done.stdout
        assert done.stderr.startswith("ssm-search: ")
        assert done.stderr.count("\n") == 1
        return done.stderr


def test_two_options_take_a_corpus_to_a_store(place: Place, model: Path, tmp_path: Path) -> None:
    shell, at = Shell(tmp_path, place[1]), place[0]
    records = papers(120)
    source(tmp_path, records)
    build = ["build", "--corpus", "corpus.jsonl", "--encoder", model]
    shell.said(*build, "--index", "local")
    said = shell.said(*build, "--store", at)
    assert "120 papers: encoded 120, reused 0" in said
    assert f"written to {at}; `ssm-search query … --store {at}` asks it" in said
    assert not list(tmp_path.glob(".corpus*"))
    text = records[7].title
    assert shell.answers("query", text, "--store", at)[0] == records[7].id
    local = shell.answers("query", "video graph mamba", "--index", "local")
    assert len({*local} & {*shell.answers("query", "video graph mamba", "--store", at)}) >= 9
    of_year = shell.answers("query", "mamba", "-k", "99", "--year", "2016", "--store", at)
    assert {*of_year} == {paper.id for paper in records if paper.year == 2016}
    assert records[3].id not in shell.answers("related", records[3].id, "--index", at)
    liked = shell.answers("recommend", records[3].id, "--diversity", "0.3", "--store", at)
    assert len(liked) == 10

    changed = [replace(records[0], title="Zebras of the plain"), Paper("new", "Quagga video")]
    source(tmp_path, changed, "changes.jsonl")
    with (tmp_path / "changes.jsonl").open("a") as file:
        file.write(json.dumps({"id": records[1].id, "deleted": True}) + "\n")
    said = shell.said("build", "--corpus", "changes.jsonl", "--update", "--store", at,
                      "--encoder", model)  # fmt: skip
    assert "120 papers: encoded 2, reused 0, removed 1" in said
    shell.environment["SSM_SEARCH_INDEX"] = at
    facts = json.loads(shell.said("status", "--json"))
    assert (facts["papers"], facts["store"], facts["vectors"]) == (120, at, "Flat")
    assert shell.answers("query", "Quagga video")[0] == "new"
    assert records[1].id in shell.refused("query", records[1].id)
    for command in (["suggest", "x"], ["submit", "--title", "x"], ["doctor"], ["map"], ["fetch"]):
        assert f"{at} is a store" in shell.refused(*command)
    assert f"{at} is a store" in shell.refused("discover", "--corpus", at, "--index", at)
    if "://" in at:
        assert "write a store with --store" in shell.run(*build).stderr


def test_what_a_store_does_not_take(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {})
    source(tmp_path, papers(3))
    build = ["build", "--corpus", "corpus.jsonl", "--store", "there"]
    assert "leave out --vectors or --store" in shell.refused(*build, "--vectors", "Flat")
    done = shell.run("build", "list.md", "--store", "there")
    assert (done.returncode, "--store is for a corpus" in done.stderr) == (2, True)
    assert "no index in nowhere" in shell.refused("query", "video", "--store", "nowhere")
    assert "no store at nowhere" in shell.refused(
        "build", "--corpus", "corpus.jsonl", "--update", "--store", "nowhere"
    )
    assert "ftp://x" in shell.refused("query", "video", "--store", "ftp://x/y")
    assert not (tmp_path / "there").exists()


def test_a_build_waits_for_no_writer_that_is_gone(
    place: Place, model: Path, tmp_path: Path
) -> None:
    path = source(tmp_path, papers(30))
    shell = Shell(tmp_path, place[1])
    script = (
        "import os, socket, sys\n"
        "from ssm_search.stores.writing import lock as store_lock\n"
        "socket.gethostname = lambda: 'elsewhere'\n"
        "with store_lock.writing(sys.argv[1], None):\n"
        f"    os._exit('{CLIENT}.api' in sys.modules)\n"  # which nothing here needs
    )
    command = [sys.executable, "-c", script, place[0]]
    subprocess.run(command, env=environment(place[1]), check=True)
    build = ["build", "--corpus", path, "--store", place[0], "--encoder", model]
    # Before the hour of encoding, not after it.
    said = shell.refused(*build)
    assert "on elsewhere" in said
    assert "build with --break-lock" in said
    assert "30 papers: encoded 30" in shell.said(*build, "--break-lock")


@pytest.mark.parametrize("before", [0, 20])
def test_a_killed_build_goes_on(
    before: int, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri, options = place
    for name, value in variables(options).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(generations, "BATCH", 16)
    folder = tmp_path / "index"

    def build(path: Path) -> Counts:
        return gather_index([path], folder, encoder=TokenEncoder(), store=uri).counts

    script = (
        "import os, signal, sys\n"
        "from fakes import TokenEncoder\n"
        "from ssm_search.stores.writing import rows as r, generations as w\n"
        "from ssm_search.build import gather_index\n"
        "source, folder, uri = sys.argv[1:]\n"
        "w.BATCH = 16\n"
        "stats = r.stats_of\n"
        "left = [3]\n"
        "def stats_of(*a):\n"
        "    left[0] -= 1\n"
        "    if not left[0]:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return stats(*a)\n"
        "r.stats_of = stats_of\n"
        "gather_index([source], folder, encoder=TokenEncoder(), store=uri)\n"
    )
    if before:
        assert build(source(tmp_path, papers(before, seed=5), "old.jsonl")).papers == before
    path = source(tmp_path, papers(100))
    killed = subprocess.run(
        [sys.executable, "-c", script, path, folder, uri],
        env=environment(options),
        timeout=PATIENCE,
    )
    assert killed.returncode == -signal.SIGKILL
    if before:
        search = loaded(place, TokenEncoder())
        assert len(search.query("video", 200)) == before
    else:
        with pytest.raises(StoreError, match="no store at"):
            loaded(place, TokenEncoder())
    done = build(path)
    assert (done.papers, done.encoded, done.reused) == (100, 0, 100)
    search = loaded(place, TokenEncoder())
    assert len(search.query("video", 200)) == 100
    gather_index([path], tmp_path / "whole", encoder=TokenEncoder())
    whole = PaperSearch.load(tmp_path / "whole", TokenEncoder())
    assert search.status()["words"] == whole.status()["words"] > 100
    here, there = (one.query("film", 10) for one in (whole, search))
    assert [hit.score for hit in there] == pytest.approx([hit.score for hit in here], abs=0.02)


def marked(count: int, generation: int) -> list[Paper]:
    return [replace(paper, venue=f"Generation {generation}") for paper in papers(count)]


def test_readers_go_on_while_it_is_written(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri, options = place
    for name, value in variables(options).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(store_module, "REFRESH", 0)

    def build(records: Sequence[Paper]) -> None:
        path = source(tmp_path, records)
        gather_index([path], tmp_path / "index", encoder=WordEncoder(), store=uri)

    build(marked(40, 0))
    readers = [StoreSearch.load(uri, WordEncoder()) for _ in range(2)]
    begun, done = threading.Event(), threading.Event()
    seen: list[tuple[int, frozenset[str]]] = []

    def read(search: StoreSearch) -> None:
        while not done.is_set():
            hits = search.query("video", 99)
            seen.append((len(hits), frozenset(hit.paper.venue for hit in hits)))
            begun.set()

    with ThreadPoolExecutor(4) as pool:
        reading = [pool.submit(read, readers[at % 2]) for at in range(4)]
        try:
            assert begun.wait(PATIENCE)
            build(marked(30, 1))
            update_store(marked(30, 2), uri, WordEncoder())
            build(marked(20, 3))
        finally:
            done.set()
        for one in reading:
            one.result()
    assert readers[0].query("video", 99)[0].paper.venue == "Generation 3"
    assert (40, {"Generation 0"}) in seen
    # Never some of one and some of the next.
    assert {n: of for n, of in seen if len(of) > 1} == {}
    assert {n for n, _ in seen} <= {40, 30, 20}


def test_the_page_and_programs_answer_from_a_store(tmp_path: Path) -> None:
    uri = str(tmp_path / "store")
    path = source(tmp_path, papers(40), "some-corpus.v2.jsonl")
    gather_index([path], tmp_path / "index", encoder=WordEncoder(), store=uri)
    library = Library(StoreSearch.load(uri, WordEncoder()), uri)
    library.prepare()
    assert library.title == "Some Corpus"
    with served(library) as url, httpx.Client(base_url=url, timeout=PATIENCE) as client:
        assert client.get("/health").json() == {"status": "ok", "papers": 40}
        update_store([Paper("new", "Quagga")], uri, WordEncoder())
        assert isinstance(library.search, StoreSearch)
        library.search.store.refresh()
        assert client.get("/health").json()["papers"] == 41
        for name, data, expected in (
            ("query", ["quagga", 3, "", 0, 0, "", "any"], '"id": "new"'),
            ("submit", ["", "A title", "An abstract.", ""], "this is the index of a large corpus"),
            ("suggest_categories", ["video", 3], "this is the index of a large corpus"),
        ):
            event = client.post(f"/gradio_api/call/{name}", json={"data": data}).json()
            answer = client.get(f"/gradio_api/call/{name}/{event['event_id']}").text
            assert expected in answer


def test_nobody_files_under_a_corpus(tmp_path: Path) -> None:
    path = source(tmp_path, papers(30))
    gather_index([path], tmp_path / "index", encoder=WordEncoder())
    search = PaperSearch.load(tmp_path / "index", WordEncoder())
    with pytest.raises(IndexFolderError, match="large corpus"):  # and nothing is fetched first
        cards.submit(search, "2403.09626")


def test_a_lock_that_is_not_there_can_be_broken(tmp_path: Path) -> None:
    break_lock(str(tmp_path / "none"))
    with writing(str(tmp_path / "none"), None):
        pass
