"""A few of the kills that `make bench-kill` makes by the thousand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PATIENCE, ROOT

pytestmark = pytest.mark.slow  # processes

pytest.importorskip("lancedb", reason="needs LanceDB: pip install 'ssm-search[lance]'")


def test_a_few_kills_leave_nothing_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    command = [sys.executable, str(ROOT / "benchmarks" / "kill.py"), "--kills", "4"]
    done = subprocess.run(
        [*command, "--only", "submit"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("| submit"))
    _, _, kills, before, after, other, left, _, _ = (part.strip() for part in row.split("|"))
    assert (kills, int(before) + int(after), other, left) == ("4", 4, "0", "0")
    assert list(tmp_path.iterdir()) == []
