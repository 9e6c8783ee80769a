"""The benchmarks, which no test runs, still find what they name in the package."""

from __future__ import annotations

import subprocess
import sys

from conftest import ROOT

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
    library = {"bootstrap", "environments", "headed", "known_items", "minilm", "peers"}
    for path in BENCHMARKS.glob("*.py"):
        assert (f"benchmarks/{path.name}" in targets) != (path.stem in library), path.name
