"""Nothing reports to anybody, and nothing is written where nobody asked for it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import onnxruntime
import pytest
from conftest import PATIENCE, ROOT

from ssm_search.encoding import shared
from ssm_search.encoding.onnx import OnnxEncoder
from ssm_search.quiet import SWITCHES

SHIPPED = ROOT / "index" / "awesome-mamba"
LIST = "# Awesome Kites\n\n## Air\n\n- [Kites in the wind](https://arxiv.org/abs/2401.00001)\n"
URL = r"http://\S+"
SSM_SEARCH = [sys.executable, "-m", "ssm_search"]
FOLDERS = {
    "HOME": "home",
    "XDG_CACHE_HOME": "home/.cache",
    "XDG_CONFIG_HOME": "home/.config",
    "XDG_DATA_HOME": "home/.local/share",
    "XDG_STATE_HOME": "home/.local/state",
    "TMPDIR": "tmp",
}
OF_MATPLOTLIB = (".cache/matplotlib", ".config/matplotlib")
"""Which Gradio imports with the first request; shared by all programs that draw with it."""
STRACE = [
    *("strace", "-qq", "-f", "--seccomp-bpf"),
    "-D",  # the process that is started is the one that is watched
    *("-e", "trace=connect,sendto,sendmsg,sendmmsg,openat,open,creat,mkdir,mkdirat"),
]
OF_OTHERS = re.compile(r"gradio|torchinductor_\w+")
"""Folders that others leave below the temporary one."""
HOOK = """
import json, os, sys

NETWORK = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}
MADE = {"os.mkdir": 0, "os.rename": 1, "os.link": 1, "os.symlink": 1}  # which value is the path
record = os.open(os.environ["RECORD"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def hook(event, values):
    if event == "open" and isinstance(values[0], (str, bytes)):
        flags = values[2] if isinstance(values[2], int) else 0
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            note("write", os.path.abspath(os.fsdecode(values[0])))
    elif event in MADE:
        note("write", os.path.abspath(os.fsdecode(values[MADE[event]])))
    elif event.startswith("socket.get") and event in NETWORK and values[0] is not None:
        note("call", os.fsdecode(values[0]))
    elif event in NETWORK and isinstance(values[1], tuple):  # that of a Unix socket is a path
        note("call", values[1][0])

def note(kind, what):
    os.write(record, (json.dumps([kind, what]) + "\\n").encode())

sys.addaudithook(hook)
"""


@dataclass(frozen=True, slots=True)
class Traces:
    """What a process left and whom it called.

    Attributes:
        home: files and empty folders below the home folder, beside this package's own cache.
        temporary: what lies in the temporary folder and is nobody's known one.
        elsewhere: paths that were written outside the folders given and this Python's own.
        called: hosts beside this machine; of its name servers all, as they ask others.
    """

    home: list[str]
    temporary: list[str]
    elsewhere: list[str]
    called: list[str]


NONE = Traces([], [], [], [])


class Place:
    """A user who has just come, watched by what Python reports and, where there is one, strace."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("home", "tmp", "work", "hook"):
            (root / name).mkdir()
        (root / "hook" / "sitecustomize.py").write_text(HOOK)
        given = {name: str(root / folder) for name, folder in FOLDERS.items()}
        self.environment = given | {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(root / "hook"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "RECORD": str(root / "record"),
            "SSM_SEARCH_ARXIV_API": "http://127.0.0.1:9/api/query",
        }
        self._watch: list[str] = []
        if _works(*STRACE):
            self._watch = [*STRACE, "-o", str(root / "strace")]

    def start(self, command: list[str], **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self._watch, *command],
            cwd=self.root / "work",
            env=self.environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: list[str], **variables: str) -> str:
        with self.start(command, **variables) as process:
            said, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said
        return said

    def traces(self) -> Traces:
        written, called = set[str](), set[str]()
        for line in (self.root / "record").read_text().splitlines():
            kind, what = json.loads(line)
            (written if kind == "write" else called).add(what)
        if self._watch:
            with (self.root / "strace").open(errors="replace") as lines:
                seen_written, seen_called = _seen(lines)
            written |= seen_written
            called |= seen_called
        own = (f"{self.root}/", f"{sys.prefix}/", "/dev/", "/proc/")
        home, temporary = self.root / "home", self.root / "tmp"
        return Traces(
            home=[
                str(path.relative_to(home))
                for path in sorted(home.rglob("*"))
                if (path.is_file() or not any(path.iterdir())) and "ssm-search" not in path.parts
            ],
            temporary=sorted(
                path.name for path in temporary.iterdir() if not OF_OTHERS.fullmatch(path.name)
            ),
            elsewhere=sorted(path for path in written if not path.startswith(own)),
            called=sorted(called - {"127.0.0.1", "::1", "localhost", "::ffff:127.0.0.1"}),
        )


@cache
def _works(*strace: str) -> bool:
    """Whether processes can be watched here, which many containers forbid."""
    if not shutil.which(strace[0]):
        return False
    # With -D the status is that of the command, and what strace says is all there is to go by.
    done = subprocess.run([*strace, "-o", os.devnull, "true"], capture_output=True)
    return not done.returncode and not done.stderr


def _seen(lines: Iterable[str]) -> tuple[set[str], set[str]]:
    """Paths written and hosts called; relative paths lie in the working folder and are left out."""
    written, called = set(), set()
    for line in lines:
        if address := re.search(r'sin6?_port=htons\((\d+)\).*?inet_\w+\((?:\w+, )?"([^"]+)"', line):
            # A name server may well be on this machine, and asks others.
            called.add(f"name server {address[2]}" if address[1] == "53" else address[2])
        elif " = -1 " not in line and re.search(r"O_WRONLY|O_RDWR|O_CREAT|creat\(|mkdir", line):
            written.update(re.findall(r'"(/[^"]+)"', line))
    return written, called


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.encoder
@pytest.mark.parametrize(
    "command",
    [
        [*SSM_SEARCH, "query", "mamba for video"],
        [*SSM_SEARCH, "submit", "--offline", "--title", "Organs", "--abstract", "In scans."],
        # From the list's own papers, so that nothing has to be encoded first.
        [*SSM_SEARCH, "discover", "--corpus", str(SHIPPED)],
        [sys.executable, "-c", "import ssm_search; ssm_search.query('mamba for video')"],
    ],
    ids=["query", "submit", "discover", "python"],
)
def test_a_question_leaves_no_trace(place: Place, command: list[str]) -> None:
    place.run(command)
    assert place.traces() == NONE
    assert not list((place.root / "work").iterdir())


@pytest.mark.encoder
def test_a_build_leaves_its_index_alone(place: Place) -> None:
    (place.root / "work" / "list.md").write_text(LIST)
    # With an encoder there already, no model is exported, which takes PyTorch ten seconds.
    shutil.copytree(SHIPPED, place.root / "work" / "made")
    said = place.run([*SSM_SEARCH, "build", "list.md", "--index", "made", "--offline"])
    assert "encoded 1, reused 0" in said
    assert place.traces() == NONE
    assert sorted(path.name for path in (place.root / "work").iterdir()) == ["list.md", "made"]


@pytest.mark.encoder
def test_the_page_leaves_no_trace(place: Place) -> None:
    with place.start([*SSM_SEARCH, "app", "--offline", "--port=0", "--no-browser"]) as process:
        try:
            assert process.stdout
            url = next(found[0] for line in process.stdout if (found := re.search(URL, line)))
            asked = json.dumps({"data": ["mamba for video", 5, "", 0, 0, "", "any"]}).encode()
            headers = {"Content-Type": "application/json"}
            request = urllib.request.Request(f"{url}/gradio_api/run/query", asked, headers)
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                assert len(json.load(answer)["data"][0]) == 5
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE)
    traces = place.traces()
    assert not [path for path in traces.home if not path.startswith(OF_MATPLOTLIB)]
    assert (traces.temporary, traces.called) == ([], [])
    # Matplotlib asks the system for its fonts, which may renew its own list of them.
    assert not [path for path in traces.elsewhere if "/fontconfig/" not in path]


def test_what_the_watch_would_see(place: Place) -> None:
    outside = place.root.parent / f"{place.root.name}-outside"
    code = f"""
import socket
from contextlib import suppress
from pathlib import Path
(Path.home() / ".reports").mkdir()
(Path.home() / ".cache/ssm-search").mkdir(parents=True)
(Path.home() / ".cache/ssm-search/own").write_text("")
Path({str(outside)!r}).write_text("")
Path({str(place.root / "tmp/left")!r}).write_text("")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
    with suppress(OSError):  # nothing is sent, and no route may be there
        ours.connect(("192.0.2.1", 9))
"""
    place.run([sys.executable, "-c", code])
    assert place.traces() == Traces([".reports"], ["left"], [str(outside)], ["192.0.2.1"])


def test_the_variables_are_set_for_the_process_unless_they_are_set(place: Place) -> None:
    code = f"import os, ssm_search; print(*(os.environ[name] for name in {list(SWITCHES)}))"
    expected = " ".join(SWITCHES.values())
    assert place.run([sys.executable, "-c", code]).split() == expected.split()
    said = place.run([sys.executable, "-c", code], RAY_USAGE_STATS_ENABLED="1")
    assert said.split() == expected.replace("1 0 1", "1 1 1").split()


def test_a_runtime_that_was_imported_before_is_told_of_no_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order: list[str] = []
    made = onnxruntime.InferenceSession

    def session(*given: Any, **options: Any) -> Any:
        order.append("session")
        return made(*given, **options)

    monkeypatch.setattr(shared, "LOADED", {})
    monkeypatch.setattr(onnxruntime, "disable_telemetry_events", lambda: order.append("off"))
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    assert OnnxEncoder(SHIPPED / OnnxEncoder.FOLDER).encode(["a kite"]).shape == (1, 384)
    assert order == ["off", "session"]
