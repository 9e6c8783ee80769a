from __future__ import annotations

import functools
import gc
import logging
import os
import socket
import tempfile
import traceback
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner, Result

from ssm_search.encoding import shared as loaded_encoders

ROOT = Path(__file__).parents[1]
SUPPORT = ROOT / "tests" / "support"  # what processes of tests import too
SHARED = ROOT.parent / "shared" / "data"

pytest_plugins = ("browsing",)
PATIENCE = 120  # seconds until what must come is missed, on a machine that does much else

# The files whose tests need a cluster, a store, a browser, a server, processes, PyTorch or real
# data, and so take seconds each. They are begun first, the longest before all, for a worker that
# began one last would end long after the others.
SLOW = (
    "test_readme.py",
    "corpora/test_ray.py",
    "stores/test_store_commands.py",
    "awesome/test_insertion.py",
    "app/test_page.py",
    "stores/test_store.py",
    "app/test_doors.py",
    "encoding/test_shipped.py",
    "encoding/test_onnx.py",
    "site/test_site_page.py",
    "test_keeping.py",
    "app/test_kept.py",
    "app/test_server.py",
    "cli/test_cli.py",
    "app/test_keyboard.py",
    "app/test_map_tab.py",
    "test_action.py",
    "abstracts/test_abstracts.py",
    "curation/test_hostile.py",
    "site/test_engine.py",
    "corpora/test_corpora.py",
    "search/test_duplicates.py",
    "app/test_following.py",
    "discovery/test_discovering.py",
    "test_quiet.py",
    "cli/test_maintain.py",
    "upkeep/test_online.py",
    "upkeep/test_asking_servers.py",
    "app/test_rest.py",
    "app/test_controls.py",
    "app/test_shelf.py",
    "app/test_choosing.py",
    "test_kills.py",
    "test_docs.py",
    "upkeep/test_doctor.py",
    "discovery/test_history.py",
    "cli/test_radar_commands.py",
    "cli/test_feeding.py",
    "cli/test_gaps.py",
    "discovery/test_gap.py",
    "test_public.py",
    "test_downloads.py",
    "build/test_build.py",
    "ingest/test_feed_streams.py",
    "encoding/test_unpacking.py",
    "cli/test_streams.py",
    "training/test_training.py",
    "encoding/test_encoder.py",
)
Place = tuple[str, dict[str, str]]
"""Where a store is, and how it is reached."""


def needs(*names: str, reason: str) -> None:
    """Skip the file that calls this unless all of these are installed, and load none of them.

    Each process imports all files, whichever of them it runs.
    """
    if not all(map(find_spec, names)):
        pytest.skip(reason, allow_module_level=True)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Whether nothing of a file will be run, so that what it imports need not be loaded."""
    slow = [SUPPORT.parent / name for name in SLOW]
    return True if "not slow" in config.option.markexpr and collection_path in slow else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ranks = {SUPPORT.parent / name: rank for rank, name in enumerate(SLOW)}
    for item in items:
        if item.path in ranks:
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what is loaded now, which stays: a third of its work."""
    gc.freeze()


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("caches")


@pytest.fixture(autouse=True)
def _own_cache(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees, or adds to, what this user has fetched."""
    # Not by mktemp, which looks through the folders of all tests before, 2 ms where 1,000 were.
    monkeypatch.setenv("XDG_CACHE_HOME", tempfile.mkdtemp(dir=caches))
    monkeypatch.delenv("SSM_SEARCH_INDEX", raising=False)


@pytest.fixture(autouse=True)
def _commands_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command raised stands in the report of a test that it fails."""
    invoke = CliRunner.invoke

    def telling(*given: Any, **options: Any) -> Result:
        done = invoke(*given, **options)
        if isinstance(done.exception, Exception):
            traceback.print_exception(done.exception)
        return done

    monkeypatch.setattr(CliRunner, "invoke", telling)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that tries to leave this machine fails at once, with the address it tried."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0] if isinstance(address, tuple) else address
            if host not in ("127.0.0.1", "localhost", "::1"):
                raise AssertionError(f"a test tried to connect to {address}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("no data beside this checkout (../shared/data)")
    return SHARED


@pytest.fixture(scope="session")
def kept(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that outlives a run, for what takes long, each named after what it is of."""
    cache = getattr(pytestconfig, "cache", None)  # none with -p no:cacheprovider
    return Path(cache.mkdir("made") if cache else tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's cache with pieces of the shipped encoder: letters, as all take half a minute."""
    from ssm_search.encoding import load_encoder
    from ssm_search.encoding.pieces import WordPieces
    from ssm_search.encoding.words import WordTokenizer

    every, folder = WordTokenizer.pieces, tmp_path_factory.mktemp("pieces")

    def letters(tokenizer: WordTokenizer) -> dict[str, int]:
        known = every(tokenizer).items()
        return {piece: at for piece, at in known if len(piece.removeprefix("##")) == 1}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WordTokenizer, "pieces", letters)
        WordPieces.of(load_encoder(), folder)
    return folder


@pytest.fixture(scope="session")
def bucket() -> Iterator[dict[str, str]]:
    """An S3 on this machine with an empty bucket "lists"; how it is reached."""
    name = "moto.moto_server.werkzeug_app"
    moto = pytest.importorskip(name, reason="needs moto, an S3 for tests")
    boto3 = pytest.importorskip("boto3", reason="needs boto3, to make a bucket")
    serving = pytest.importorskip("werkzeug.serving")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # Of S3 alone: moto's own server looks with each request which of all services it is for,
    # a quarter of what it takes.
    app = moto.create_backend_app("s3")
    handler = moto.MotoRequestHandler
    server = serving.make_server("127.0.0.1", 0, app, threaded=True, request_handler=handler)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}"
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    s3 = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys)
    s3.create_bucket(Bucket="lists")
    yield {"endpoint": url, "allow_http": "true", "region": "us-east-1", **keys}
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where no store is yet: in a folder, then on S3."""
    if request.param == "folder":
        return str(tmp_path / "store"), {}
    return f"s3://lists/{tmp_path.name}", request.getfixturevalue("bucket")


# Typer reads all commands anew for each that runs, .08 s of the processor.
typer.main.get_command = functools.cache(typer.main.get_command)
# Nor do commands of tests load an encoder anew that another one before them had, .14 s.
loaded_encoders.LOADED = {}

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
if workers := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):  # each has its share of the cores
    share = max(1, (os.cpu_count() or 1) // int(workers))
    os.environ.setdefault("OMP_NUM_THREADS", str(share))
