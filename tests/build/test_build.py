from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from conftest import SUPPORT
from fakes import TokenEncoder, WordEncoder

from ssm_search.build.lists import build_index
from ssm_search.build.sources import read_source
from ssm_search.encoding.encoder import CHUNK
from ssm_search.errors import FetchError, IncompleteError, IndexFolderError, ListError
from ssm_search.search.local import PaperSearch

LIST = """# Films
## Moving
|Title|Year|PDF|
|---|---|---|
|[Video one](https://arxiv.org/abs/2401.00001)|2024|[pdf](https://arxiv.org/pdf/2401.00001)|
|[Graph two](https://arxiv.org/abs/2401.00002)|2024|[pdf](https://arxiv.org/pdf/2401.00002)|
## Posts
* [Audio three](https://example.org/three)
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "list.md"
    path.write_text(LIST)
    return path


@pytest.fixture
def abstracts(tmp_path: Path) -> Path:
    path = tmp_path / "abstracts.jsonl"
    records = [
        {"id": "2401.00001", "title": "Video one", "abstract": "All about video and text."},
        {"id": "2401.00002", "title": "Graph two", "abstract": "All about a graph and text."},
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_list_to_answers(source: Path, abstracts: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    report = build_index(
        source,
        tmp_path / "index",
        abstracts=[abstracts],
        encoder=WordEncoder(),
        offline=True,
        strict=True,
        progress=lambda *step: steps.append(step),
    )
    assert [paper.id for paper in report.search.papers] == [
        "2401.00001",
        "2401.00002",
        "audio-three",
    ]
    loaded = PaperSearch.load(tmp_path / "index", WordEncoder())
    assert [hit.paper.id for hit in loaded.query("graph", 1)] == ["2401.00002"]
    assert loaded.manifest.list_name == "list.md"
    assert loaded.manifest.without_abstract == ("audio-three",)
    assert steps == [("encoding", 0, 3), ("encoding", 3, 3), ("map", 0, 3), ("map", 3, 3)]
    assert loaded.status()["words"] == 0


def test_headings_without_papers_wait_among_those_with(tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text(
        "# L\n## News\n## Films\n### Long\n- [Video one](https://arxiv.org/abs/2401.00001)\n"
        "### Short\n|Title|\n|---|\n## License\n### Terms\n"
    )
    report = build_index(path, tmp_path / "index", encoder=WordEncoder(), offline=True)
    assert report.search.manifest.headings == (("Films", "Long"), ("Films", "Short"))


@pytest.mark.parametrize("encoder", [WordEncoder, TokenEncoder])
def test_two_builds_give_the_same_bytes(
    encoder: type[WordEncoder], source: Path, abstracts: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        build_index(source, tmp_path / name, abstracts=[abstracts], encoder=encoder(), offline=True)
    files = sorted(p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*.*"))
    assert len(files) == 20
    for file in files:
        if file.name != "manifest.json":  # it says when it was built
            assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.parametrize("kind", [WordEncoder, TokenEncoder])
def test_a_second_build_encodes_only_what_changed(
    kind: type[WordEncoder], source: Path, abstracts: Path, tmp_path: Path
) -> None:
    def build() -> tuple[WordEncoder, int]:
        encoder = kind()
        report = build_index(
            source, tmp_path / "index", abstracts=[abstracts], encoder=encoder, offline=True
        )
        return encoder, report.reused

    first, reused = build()
    assert (len(first.encoded), reused) == (5, 0)  # 3 entries and the names of 2 headings
    source.write_text(LIST + "* [Text four](https://example.org/four)\n")
    second, reused = build()
    assert (second.encoded, reused) == (["Text four"], 3)
    build_index(source, tmp_path / "new", abstracts=[abstracts], encoder=kind(), offline=True)
    for name in ("papers.faiss", "word_vectors.npy", "word_starts.npy", "title_words.npy",
                 "headings.npy", "heading_words.npy", "heading_weights.npy"):  # fmt: skip
        assert (tmp_path / "index" / name).read_bytes() == (tmp_path / "new" / name).read_bytes()


PYTORCH = ("torch", "transformers", "sentence_transformers")
WITHOUT_PYTORCH = """
import sys
from ssm_search.cli import main
for command in {commands}:
    sys.argv = ["ssm-search", *command]
    try:
        main()
    except SystemExit as end:
        assert not end.code, end.code
print(*sorted({{*{pytorch}}} & {{*sys.modules}}))
"""


@pytest.mark.encoder
@pytest.mark.parametrize("count", [3, 300])
def test_the_default_encoder_needs_no_pytorch(
    count: int, source: Path, abstracts: Path, tmp_path: Path
) -> None:
    corpus = tmp_path / "corpus.jsonl"
    records = [
        {"id": f"2401.{at:05}", "title": f"Paper {at} on scans", "abstract": "Mamba scans videos."}
        for at in range(count)
    ]
    corpus.write_text("".join(json.dumps(record) + "\n" for record in records))
    of_list, of_corpus = str(tmp_path / "of-list"), str(tmp_path / "of-corpus")
    commands = [
        ["build", str(source), "--abstracts", str(abstracts), "--offline", "--index", of_list],
        ["build", "--corpus", str(corpus), "--index", of_corpus],
        *(["query", "a film", "--index", place] for place in (of_list, of_corpus)),
        *(["related", "2401.00001", "--index", place] for place in (of_list, of_corpus)),
        ["suggest", "A film", "--index", of_list],
    ]
    script = WITHOUT_PYTORCH.format(commands=commands, pytorch=PYTORCH)
    absent = ("torch", "sentence_transformers")
    if count > CHUNK:  # it asks PyTorch for a GPU, and does without if there is no PyTorch
        script = f"import sys; sys.modules.update(dict.fromkeys({absent}))\n{script}"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"{count} papers: encoded {count}, reused 0" in done.stderr
    loaded = done.stdout.splitlines()[-1].split()
    assert loaded == ([] if count < CHUNK else sorted(absent))


def test_without_a_network_it_goes_on_and_says_what_is_missing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSM_SEARCH_ARXIV_API", "http://127.0.0.1:9/api/query")  # nobody listens
    report = build_index(source, tmp_path / "index", encoder=WordEncoder())
    assert "no connection" in report.fetch.error
    assert report.search.manifest.without_abstract == ("2401.00001", "2401.00002", "audio-three")


def test_strict_makes_missing_abstracts_an_error(source: Path, tmp_path: Path) -> None:
    with pytest.raises(IncompleteError, match=r"2 of 3 entries have no abstract \(2401\.00001"):
        build_index(source, tmp_path / "index", encoder=WordEncoder(), offline=True, strict=True)
    with pytest.raises(IndexFolderError, match="no index"):
        PaperSearch.load(tmp_path / "index")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no entry found"),
        (b"# Only a heading\n", "no entry found"),
        (b"\xff\xfe\x00broken", "not UTF-8"),
    ],
)
def test_what_is_no_list(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "list.md"
    path.write_bytes(content)
    with pytest.raises(ListError, match=message):
        build_index(path, tmp_path / "index", encoder=WordEncoder(), offline=True)


def test_missing_files_are_named(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ListError, match=r"cannot read .*nowhere\.md"):
        read_source(tmp_path / "nowhere.md")
    with pytest.raises(ListError, match=r"no file .*nothing\.jsonl"):
        build_index(source, tmp_path / "i", abstracts=[tmp_path / "nothing.jsonl"], offline=True)


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = LIST.encode() if self.path == "/list.md" else b"gone"
        self.send_response(200 if self.path == "/list.md" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_list_by_url(site: str) -> None:
    assert read_source(f"{site}/list.md") == LIST
    with pytest.raises(FetchError, match="answered HTTP 404"):
        read_source(f"{site}/other.md")
    with pytest.raises(FetchError, match="could not be read"):
        read_source("http://127.0.0.1:9/list.md")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.org/list.md"])
def test_only_http_is_fetched(url: str) -> None:
    with pytest.raises(ListError, match="cannot read"):
        read_source(url)


BUILDS = """
import os, sys
sys.path.insert(0, {tests!r})
from fakes import WordEncoder
from ssm_search.build import build_index
def build():
    build_index({source!r}, {folder!r}, encoder=WordEncoder(), offline=True)
build()
print(flush=True)
while sys.stdin.readline():
    child = os.fork()
    if not child:
        build()
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitpid(child, 0)[1], flush=True)
"""
"""Builds in processes that have all they import, so that a kill falls into a build.

Builds once; then, for each two lines, says which process builds, and the status of its end.
"""


def test_a_build_killed_at_any_moment_leaves_the_old_index_or_the_new(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "index"
    build_index(source, folder, encoder=WordEncoder(), offline=True)
    before = answers(folder)
    source.write_text(LIST + "* [Video four](https://example.org/four)\n")
    build_index(source, tmp_path / "other", encoder=WordEncoder(), offline=True)
    after = answers(tmp_path / "other")
    assert before != after

    script = BUILDS.format(tests=str(SUPPORT), source=str(source), folder=str(folder))
    scratch = tmp_path / "temporary"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    command = [sys.executable, "-c", script]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        lines, answered = process.stdin, process.stdout
        answered.readline()
        assert answers(folder) == after

        def told() -> int:
            """What is said to a line."""
            print(file=lines, flush=True)
            return int(answered.readline())

        started = time.monotonic()
        told()
        assert told() == 0
        duration = time.monotonic() - started
        rng = random.Random(20)
        for kill in range(10):
            source.write_text(LIST + "* [Video four](https://example.org/four)\n" * (kill % 2))
            # Half of the kills fall into the end of the run, where the writing happens.
            moment = duration * (rng.uniform(0.8, 1.02) if kill % 2 else rng.random())
            child = told()
            time.sleep(moment)
            os.kill(child, signal.SIGKILL)
            assert told() in (0, signal.SIGKILL)
            assert answers(folder) in (before, after)
        told()
        assert told() == 0
    assert answers(folder) == after
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert list(scratch.iterdir()) == []


def answers(folder: Path) -> list[tuple[str, float]]:
    search = PaperSearch.load(folder, WordEncoder())
    return [(hit.paper.id, hit.score) for hit in search.query("video text")]
