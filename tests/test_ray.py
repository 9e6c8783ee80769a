"""Encoding on a Ray cluster: two nodes on this machine, of which one dies."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from models import TEXTS, write_model
from ray_build import WIDTH, LengthEncoder

from ssm_search.encoder import SentenceTransformerEncoder
from ssm_search.errors import EncoderError, EngineError
from ssm_search.gather import gather_index
from ssm_search.onnx_encoder import OnnxEncoder
from ssm_search.onnx_export import export_encoder
from ssm_search.papers import Paper, full_text, to_jsonl
from ssm_search.ray_engine import RayEngine, packed
from ssm_search.search import PaperSearch
from ssm_search.shards import SHARDS

pytest.importorskip("ray", reason="Ray is not installed: pip install 'ssm-search[ray]'")

QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
HERE = Path(__file__).parent
BIN = Path(sys.executable).parent


class Cluster:
    """Nodes that `ray start` started on this machine."""

    def __init__(self) -> None:
        self._temporary = tempfile.mkdtemp(prefix="ray")  # short: paths of sockets are
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        port = self.address.partition(":")[2]
        head = ["--head", "--node-ip-address=127.0.0.1", f"--port={port}", "--num-cpus=2"]
        head += ["--include-dashboard=false", f"--temp-dir={self._temporary}"]
        self.nodes = [self._start(head), self._start([f"--address={self.address}", "--num-cpus=1"])]

    def _start(self, arguments: list[str]) -> int:
        """The process id of the node's raylet."""
        before = raylets()
        subprocess.run(
            [BIN / "ray", "start", *arguments, "--object-store-memory=100000000"],
            env=os.environ | QUIET,
            check=True,
            capture_output=True,
            timeout=120,
        )
        [started] = raylets() - before
        return started

    def kill(self, node: int) -> None:
        os.kill(self.nodes[node], signal.SIGKILL)

    def stop(self) -> None:
        stop = [BIN / "ray", "stop", "--force"]
        subprocess.run(stop, env=os.environ | QUIET, capture_output=True, timeout=60)
        shutil.rmtree(self._temporary, ignore_errors=True)


def raylets() -> set[int]:
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().split(b"\0")[0].endswith(b"/raylet"):
                found.add(int(path.parent.name))
        except OSError:
            pass  # ended meanwhile
    return found


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    if not Path("/proc").is_dir():
        pytest.skip("finds the processes of nodes in /proc")
    made = Cluster()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


def corpus(folder: Path, count: int) -> tuple[Path, list[Paper]]:
    made = [
        Paper(
            f"2401.{at:05}",
            f"Paper {at}",
            abstract=f"{TEXTS[at % len(TEXTS)].strip()} {'x' * (at % 7 + 1)}",
        )
        for at in range(count)
    ]
    path = folder / "corpus.jsonl"
    path.write_text(to_jsonl(made))
    return path, made


def environment() -> dict[str, str]:
    # Workers find what the build's script defines there.
    return os.environ | QUIET | {"PYTHONPATH": str(HERE)}


def test_the_command_gives_the_vectors_of_this_machine(
    cluster: Cluster, model: Path, tmp_path: Path
) -> None:
    path, made = corpus(tmp_path, 300)
    command = [BIN / "ssm-search", "build", "--corpus", path, "--index", tmp_path / "there"]
    command += ["--encoder", model, "--engine", "ray", "--address", cluster.address]
    done = subprocess.run(
        command,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "300 papers: encoded 300, reused 0" in done.stderr
    assert "Traceback" not in done.stderr
    encoder = SentenceTransformerEncoder(model)
    gather_index([path], tmp_path / "here", encoder=encoder, sentences=False)
    there, here = PaperSearch.load(tmp_path / "there"), PaperSearch.load(tmp_path / "here")
    assert isinstance(there.encoder, OnnxEncoder)
    assert [paper.id for paper in there.papers] == [paper.id for paper in made]
    for row in range(300):
        np.testing.assert_allclose(
            there.index.paper_vector(row), here.index.paper_vector(row), atol=1e-6
        )
    assert there.query("video mamba", 3) == here.query("video mamba", 3)


def test_a_node_that_dies_costs_no_paper(cluster: Cluster, tmp_path: Path) -> None:
    path, made = corpus(tmp_path, 2_000)
    folder = tmp_path / "index"
    place = tmp_path / ".index.shards"
    running = subprocess.Popen(
        [sys.executable, HERE / "ray_build.py", path, folder, cluster.address],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while len(list(place.glob(SHARDS))) < 4:  # of 32
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    cluster.kill(1)
    said, failed = running.communicate(timeout=240)
    assert running.returncode == 0, failed
    assert "Counts(papers=2000, encoded=2000, reused=0, removed=0)\n" in said
    search = PaperSearch.load(folder, LengthEncoder())
    assert [paper.id for paper in search.papers] == [paper.id for paper in made]
    for row, paper in enumerate(made):
        expected = np.eye(WIDTH, dtype=np.float32)[len(full_text(paper)) % WIDTH]
        np.testing.assert_array_equal(search.index.paper_vector(row), expected)


def test_what_fails_in_the_cluster_is_said_here(cluster: Cluster, tmp_path: Path) -> None:
    path, _ = corpus(tmp_path, 200)
    done = subprocess.run(
        [
            sys.executable,
            HERE / "ray_build.py",
            path,
            tmp_path / "index",
            cluster.address,
            "broken",
        ],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ssm_search.errors.EncoderError: the encoder gave vectors of length 2.0")


def test_a_cluster_that_is_not_there_is_named(tmp_path: Path) -> None:
    path, _ = corpus(tmp_path, 3)
    done = subprocess.run(
        [sys.executable, HERE / "ray_build.py", path, tmp_path / "index", "127.0.0.1:1"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "EngineError: no Ray cluster answers at 127.0.0.1:1" in done.stderr


def test_sentences_are_not_encoded_by_a_cluster(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="leave out --sentences or --engine"):
        gather_index([], tmp_path, encoder=LengthEncoder(), sentences=True, engine=RayEngine())


def test_an_encoder_travels_as_its_files_its_name_or_itself(model: Path, tmp_path: Path) -> None:
    original = SentenceTransformerEncoder(model)
    exported = export_encoder(original, TEXTS, tmp_path)
    sent = packed(exported)
    assert (sent.name, sent.fingerprint) == (original.name, exported.fingerprint)
    assert {name: len(content) for name, content in sent.files.items()} == {
        path.name: path.stat().st_size for path in tmp_path.iterdir()
    }
    assert packed(original).name == str(model)
    own = LengthEncoder()
    assert packed(own).encoder is own
    (tmp_path / "model.onnx").write_bytes(b"another")
    with pytest.raises(EncoderError, match="vectors beside it were made by"):
        packed(exported)
