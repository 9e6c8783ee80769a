"""Encoding on a Ray cluster: two nodes on this machine, of which one dies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import ray_build
from conftest import PATIENCE, SUPPORT, needs
from corpus_papers import environment, variables
from models import TEXTS, write_model
from ray_build import WIDTH, LengthEncoder

from ssm_search.build.dumps import gather_index
from ssm_search.corpora import staging
from ssm_search.corpora.staging import SEGMENTS, encode_segments, staging_place
from ssm_search.encoding import Parcel
from ssm_search.encoding.encoder import SentenceTransformerEncoder
from ssm_search.encoding.export import export_encoder
from ssm_search.encoding.onnx import OnnxEncoder
from ssm_search.errors import EncoderError, EngineError
from ssm_search.papers import Paper, full_text, to_jsonl
from ssm_search.search.local import PaperSearch
from ssm_search.stores import access as store_access
from ssm_search.stores import store
from ssm_search.stores.search import StoreSearch
from ssm_search.stores.store import Store
from ssm_search.stores.writing import ray as store_ray
from ssm_search.stores.writing import upkeep as store_upkeep
from ssm_search.stores.writing.generations import update_store, write_store
from ssm_search.words.vectors import RowVectors

needs("ray", "lance_ray", "lancedb", reason="needs a cluster: pip install 'ssm-search[lance,ray]'")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")

QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
# How often a node is asked whether it lives: by itself Ray waits 15 seconds for one that is dead.
SOON = {"RAY_health_check_period_ms": "500", "RAY_health_check_failure_threshold": "3"}
NO_MORE = {"RAY_prestart_worker_first_driver": "0"}  # processes than there is work for
HERE = SUPPORT
BIN = Path(sys.executable).parent


class Cluster:
    """Nodes on this machine, in a process that ends them."""

    def __init__(self, variables: dict[str, str]) -> None:
        self._temporary = tempfile.mkdtemp(prefix="ray")  # short: paths of sockets are
        self._nodes = subprocess.Popen(
            [sys.executable, HERE / "ray_nodes.py"],
            env=os.environ | QUIET | SOON | NO_MORE | variables | {"RAY_TMPDIR": self._temporary},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._nodes.stdout
        self.address = self._nodes.stdout.readline().strip()
        self.second = self.add()

    def add(self) -> int:
        """One more node; the process id of its raylet."""
        assert self._nodes.stdin
        assert self._nodes.stdout
        self._nodes.stdin.write("\n")
        self._nodes.stdin.flush()
        return int(self._nodes.stdout.readline())

    def stop(self) -> None:
        self._nodes.communicate(timeout=PATIENCE)
        shutil.rmtree(self._temporary, ignore_errors=True)


@pytest.fixture(scope="module")
def cluster(bucket: dict[str, str]) -> Iterator[Cluster]:
    made = Cluster(variables(bucket))
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


def test_the_command_gives_the_vectors_of_this_machine(
    cluster: Cluster, model: Path, tmp_path: Path
) -> None:
    path, made = corpus(tmp_path, 300)
    command = [BIN / "ssm-search", "build", "--corpus", path, "--index", tmp_path / "there"]
    command += ["--encoder", model, "--engine", "ray", "--address", cluster.address]
    done = subprocess.run(
        command,
        env=environment({}) | QUIET,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert "300 papers: encoded 300, reused 0" in done.stderr
    assert "Traceback" not in done.stderr
    encoder = SentenceTransformerEncoder(model)
    gather_index([path], tmp_path / "here", encoder=encoder)
    there, here = PaperSearch.load(tmp_path / "there"), PaperSearch.load(tmp_path / "here")
    assert isinstance(there.encoder, OnnxEncoder)
    assert [paper.id for paper in there.papers] == [paper.id for paper in made]
    assert there.status()["words"] == here.status()["words"] > 300 * 2
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert there.query("video mamba", 3) == here.query("video mamba", 3)


def contents(folder: Path) -> dict[str, bytes]:
    """All files but the manifest, which says when it was built."""
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    return {name: at.read_bytes() for name, at in found.items() if name != "manifest.json"}


def test_a_node_that_dies_costs_no_paper(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, made = corpus(tmp_path, 2_000)
    folder = tmp_path / "index"
    place = tmp_path / ".index.staging"
    running = subprocess.Popen(
        [sys.executable, HERE / "ray_build.py", path, folder, cluster.address],
        env=environment({}) | QUIET,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + PATIENCE
    while len(list(place.glob(SEGMENTS))) < 4:  # of 32
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(cluster.second, signal.SIGKILL)
    said, failed = running.communicate(timeout=2 * PATIENCE)
    assert running.returncode == 0, failed
    assert "Counts(papers=2000, encoded=2000, reused=0, removed=0)\n" in said
    search = PaperSearch.load(folder, LengthEncoder())
    assert [paper.id for paper in search.papers] == [paper.id for paper in made]
    for row, paper in enumerate(made):
        expected = np.eye(WIDTH, dtype=np.float32)[len(full_text(paper)) % WIDTH]
        np.testing.assert_array_equal(search.rows.index.paper_vector(row), expected)
    quick = LengthEncoder()
    monkeypatch.setattr(ray_build, "SECONDS", 0)
    monkeypatch.setattr(staging, "STAGED", 64)
    gather_index([path], tmp_path / "here", encoder=quick)
    assert contents(folder) == contents(tmp_path / "here")


def test_a_store_is_written_by_all_nodes_though_one_dies(
    cluster: Cluster,
    bucket: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_upkeep, "VECTOR_INDEX_FROM", 600)  # as in the script
    path, made = corpus(tmp_path, 640)
    uri = "s3://lists/cluster"
    node = cluster.add()
    command = [sys.executable, HERE / "ray_build.py", path, tmp_path / "index", cluster.address]
    running = subprocess.Popen(
        [*command, "--store", uri],
        env=environment(bucket) | QUIET,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout
    for line in running.stdout:
        if line.startswith("writing"):
            os.kill(node, signal.SIGKILL)
            break
    said, failed = running.communicate(timeout=2 * PATIENCE)
    assert running.returncode == 0, failed
    assert "Warning" not in failed
    assert "Counts(papers=640, encoded=640, reused=0, removed=0)\n" in said
    search = StoreSearch.load(uri, LengthEncoder(), storage_options=bucket)
    stored = sorted(search.papers, key=lambda paper: paper.id)
    assert [paper.id for paper in stored] == [paper.id for paper in made]
    assert [full_text(paper) for paper in stored] == [full_text(paper) for paper in made]
    assert search.status()["vectors"] == "IVF_FLAT"
    database = store_access.connected(uri, bucket)
    current = store.read_current(database, uri)
    table = database.open_table(current.table)
    assert table.version == current.version
    data = table.to_lance()
    [of_vectors] = data.stats.index_stats("vector_idx")["indices"]
    assert of_vectors["num_partitions"] == store_upkeep.partitions(640)
    assert data.stats.index_stats("vector_idx")["num_unindexed_rows"] == 0
    rows = data.to_table(columns=["id", "vector"])
    expected = {
        paper.id: np.eye(WIDTH, dtype=np.float32)[len(full_text(paper)) % WIDTH] for paper in made
    }
    assert rows.num_rows == 640
    for paper_id, vector in zip(rows["id"].to_pylist(), rows["vector"].to_pylist(), strict=True):
        np.testing.assert_array_equal(np.float32(vector), expected[paper_id])

    here = str(tmp_path / "here")
    encoder = LengthEncoder()
    monkeypatch.setattr(ray_build, "SECONDS", 0)
    with staging_place(tmp_path / "local") as staged:
        encode_segments(stored, staged, encoder)
        write_store(here, staged, encoder)
    there, local = search.store.view(), Store.open(here).view()
    ids = [paper.id for paper in made]
    of_there, of_here = (
        {
            paper: (one.words.vectors.tobytes(), int(one.words.titles[0]))
            for paper, one in view.stored(ids)
        }
        for view in (there, local)
    )
    assert of_there == of_here
    assert len(of_there) == 640
    assert there.manifest.words == local.manifest.words
    assert there.manifest.words == sum(len(content) for content, _ in of_here.values()) / WIDTH
    assert there.stats.words == local.stats.words
    for name in ("hashes", "having"):
        np.testing.assert_array_equal(getattr(there.stats, name), getattr(local.stats, name))
    for name in ("total", "moment", "sums", "squares"):
        np.testing.assert_allclose(getattr(there.stats, name), getattr(local.stats, name))
    counts = update_store([Paper("new", "Quagga")], uri, encoder, bucket)
    assert counts.papers == 641


def test_a_node_that_sees_no_such_folder_says_so(tmp_path: Path) -> None:
    import pyarrow

    made = RowVectors.of(LengthEncoder().encode_words(["X"]), np.ones(1, np.int32), pool=True)
    paper = to_jsonl([Paper("x", "X")]).encode()
    sent = pyarrow.table({"papers": [paper], "encoded": [made.to_bytes()]})
    [row] = store_ray._write(sent, str(tmp_path / "nowhere"), {}, 1.0).to_pylist()
    assert row["error"].startswith(f"there is no folder {tmp_path / 'nowhere'}; give all nodes")


def test_what_fails_in_the_cluster_is_said_here(cluster: Cluster, tmp_path: Path) -> None:
    path, _ = corpus(tmp_path, 200)
    done = subprocess.run(
        [
            sys.executable,
            HERE / "ray_build.py",
            path,
            tmp_path / "index",
            cluster.address,
            "--broken",
        ],
        env=environment({}) | QUIET,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ssm_search.errors.EncoderError: the encoder gave vectors of length 2.0")


def test_a_cluster_that_is_not_there_is_named(tmp_path: Path) -> None:
    path, _ = corpus(tmp_path, 3)
    with pytest.raises(EngineError, match=r"^no Ray cluster answers at 127\.0\.0\.1:1 "):
        gather_index([path], tmp_path / "index", encoder=LengthEncoder(), cluster="127.0.0.1:1")


def test_an_encoder_travels_as_its_files_its_name_or_itself(model: Path, tmp_path: Path) -> None:
    original = SentenceTransformerEncoder(model)
    exported = export_encoder(original, TEXTS, tmp_path)
    sent = Parcel.of(exported)
    assert (sent.name, sent.fingerprint) == (original.name, exported.fingerprint)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sent.files == {
        path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in files
    }
    assert Parcel.of(original).name == str(model)
    own = LengthEncoder()
    assert Parcel.of(own).encoder is own
    (tmp_path / "model.onnx").write_bytes(b"another")
    with pytest.raises(EncoderError, match="vectors beside it were made by"):
        Parcel.of(exported)
