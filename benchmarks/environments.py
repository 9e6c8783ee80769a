"""Where each peer runs: in this environment if it can, else in one of its own, made once."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import venv
from pathlib import Path

from known_items import CACHE, ROOT

# Their versions of transformers exclude each other's and ours.
REQUIREMENTS = {
    "txtai, hybrid": ("txtai>=9",),
    "model2vec": ("model2vec[distill,quantization]>=0.7",),
}


def python_of(peer: str) -> str:
    """The interpreter that has what ``peer`` needs; installs it the first time."""
    if peer not in REQUIREMENTS:
        return sys.executable
    folder = CACHE / "environments" / re.sub(r"\W+", "-", peer)
    wanted = " ".join(REQUIREMENTS[peer])
    python, done = folder / "bin" / "python", folder / "installed.txt"
    if not done.is_file() or done.read_text() != wanted:
        venv.create(folder, clear=True, with_pip=True)
        # PyTorch of our version, so that the same build is compared; all else as the peer has it.
        lines = (ROOT / "constraints.txt").read_text().splitlines()
        pinned = folder / "constraints.txt"
        pinned.write_text("\n".join(line for line in lines if line.startswith("torch==")))
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "--no-compile", "--constraint", str(pinned), *REQUIREMENTS[peer]], check=True
        )
        done.write_text(wanted)
    return str(python)


def machine() -> str:
    """The processor, cores, system and Python, in words."""
    cpu = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.is_file():
        found = re.search(r"model name\s*:\s*(.+)", information.read_text())
        cpu = found[1] if found else cpu
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cpu}, {cores} cores, {platform.system()}, Python {platform.python_version()}"


def commit() -> str:
    """The commit that is measured; "-dirty" if files differ from it."""
    command = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"
