"""Kills before steps on disk, and a few of those that `make bench-kill` makes by the thousand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PATIENCE, ROOT, SUPPORT

pytestmark = pytest.mark.slow  # processes


@pytest.mark.parametrize(("kind", "stride"), [("list", 11), ("corpus", 31), ("update", 19)])
def test_a_kill_before_a_step_leaves_the_old_or_the_new_and_no_files(
    kind: str, stride: int, tmp_path: Path
) -> None:
    script = SUPPORT / "killed_steps.py"
    done = subprocess.run(
        [sys.executable, str(script), kind, str(tmp_path / "place"), str(stride)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    *faults, kills = done.stdout.splitlines()
    assert faults == []
    assert int(kills.split()[0]) >= 10


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
