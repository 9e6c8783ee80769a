"""The benchmarks, which no test runs, still find what they name in the package."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

import pytest
from conftest import PATIENCE, ROOT

from ssm_search import downloads
from ssm_search.abstracts import api

BENCHMARKS = ROOT / "benchmarks"
NAMED = """
import ast, importlib, pathlib, sys

for path in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    importlib.import_module(path.stem)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):  # in functions too
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "ssm_search":
            module = importlib.import_module(node.module)
            for name in node.names:
                getattr(module, name.name)
    print(path.stem)
"""
"""Imports every module of a folder, and looks up whatever it takes from the package, wherever."""


def test_every_benchmark_finds_what_it_imports() -> None:
    command = [sys.executable, "-c", NAMED, str(BENCHMARKS)]
    found = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.split() == sorted(path.stem for path in BENCHMARKS.glob("*.py"))


def test_every_benchmark_can_be_made() -> None:
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    library = {"bootstrap", "browsers", "environments", "headed", "hostile", "known_items"}
    library |= {"minilm", "peers"}
    for path in BENCHMARKS.glob("*.py"):
        assert (f"benchmarks/{path.name}" in targets) != (path.stem in library), path.name


@pytest.mark.filterwarnings("ignore")  # of numbers that are none
def test_hostile_input_of_every_format_is_read_or_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Some short ones; ``make fuzz`` reads 10 MB of each format, in processes of their own."""
    import fuzz

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(fuzz, "SOONEST", PATIENCE)
    # To be put back after the test: one format stands in for a server.
    monkeypatch.setattr(downloads.Transport, "send", downloads.Transport.send)
    monkeypatch.setattr(api, "MAX_TRIES", api.MAX_TRIES)
    faults = []
    for name, format_of in fuzz.FORMATS.items():
        make, read = format_of()
        inputs = [make(Random(f"test {name} {number}")) for number in range(8)]
        found = [fuzz.read_one(read, data) for data in inputs if len(data) <= 5_000]
        faults += [(name, one.fault, one.said) for one in found if "Error" in one.fault]
    assert faults == []
