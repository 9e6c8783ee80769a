"""What a program that imports the package sees."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from conftest import ROOT

import ssm_search
from ssm_search import api, errors
from ssm_search.search import asking, local, several

PACKAGE = ROOT / "src" / "ssm_search"
PAGE = ROOT / "app" / "ssm_search_app"
HEAVY = ("torch", "transformers", "sentence_transformers", "faiss", "numpy", "arxiv", "gradio")
NEVER = ("torch", "transformers", "sentence_transformers", "gradio", "sklearn", "onnx")
NOT_FOR_A_QUESTION = ("scipy", "bm25s", "requests")


def test_all_names_can_be_had_and_nothing_else_is_public() -> None:
    for name in ssm_search.__all__:
        assert getattr(ssm_search, name) is not None
    assert set(dir(ssm_search)) == {*ssm_search.__all__, "__version__"}
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = ssm_search.nonsense


def test_every_error_is_in_the_tree_that_the_docstring_draws() -> None:
    assert errors.__doc__
    for name, value in vars(errors).items():
        if isinstance(value, type):
            assert issubclass(value, errors.SsmSearchError)
            assert name in errors.__doc__


@pytest.mark.parametrize("code", ["import ssm_search", "import ssm_search.cli.questions"])
def test_importing_costs_nothing(code: str) -> None:
    script = f"{code}, sys; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["query", "mamba for video"],
        ["related", "a text about point clouds"],
        ["recommend", "2403.06977", "a text about graphs"],
        ["suggest", "Segmenting organs. A state space model finds organs in scans."],
        ["submit", "--offline", "--title", "Segmenting organs", "--abstract", "In scans."],
        ["status"],
        ["check", str(ROOT / "index" / "awesome-mamba.md")],
    ],
    ids=lambda arguments: arguments[0],
)
def test_no_command_but_build_imports_pytorch(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from ssm_search.cli import app\n"
        f"app({arguments!r}, standalone_mode=False)\n"
        f"print(*(name for name in {NEVER!r} if name in sys.modules))\n"
        f"print(*(name for name in {NOT_FOR_A_QUESTION!r} if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    never, heavy = done.stdout.splitlines()[-2:]
    assert never == ""
    # Filing compares sparse rows of words.
    assert heavy == ("scipy" if arguments[0] in ("suggest", "submit") else "")


@pytest.mark.encoder
@pytest.mark.parametrize(
    "module", [api, asking, local, several], ids=lambda module: module.__name__
)
def test_examples_in_docstrings_run(module: ModuleType) -> None:
    done = doctest.testmod(module)
    assert done.attempted
    assert not done.failed


@pytest.mark.parametrize("name", "query related recommend suggest_categories submit".split())
def test_help_says_what_goes_in_and_comes_out(name: str) -> None:
    text = inspect.getdoc(getattr(ssm_search, name)) or ""
    for part in ("Args:", "Returns:", "Raises:", "Example:"):
        assert f"\n{part}\n" in text, part
    parameters = list(inspect.signature(getattr(ssm_search, name)).parameters)
    assert [one for one in parameters if f"    {one}: " not in text.replace("*", "")] == []


def test_reading_stores_loads_no_writer() -> None:
    script = (
        "import sys, ssm_search.stores as s; s.StoreSearch;"
        "print(*sorted(m for m in sys.modules if m.startswith('ssm_search.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    packages = {name.split(".")[1] for name in done.stdout.split()}
    assert not packages & {"ingest", "corpora", "build", "curation", "views", "cli", "awesome"}
    assert "ssm_search.stores.writing" not in done.stdout


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()


def test_the_shipped_index_holds_no_abstracts() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "index"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    assert not [name for name in tracked if Path(name).name == "abstracts.jsonl"]
    for line in (ROOT / "index/awesome-mamba/papers.jsonl").read_text("utf-8").splitlines():
        assert '"abstract"' not in line
