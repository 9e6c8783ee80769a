"""What a program that imports the package sees."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from conftest import ROOT

import ssm_search
from ssm_search import errors

PACKAGE = ROOT / "src" / "ssm_search"
PAGE = ROOT / "app" / "ssm_search_app"
HEAVY = ("torch", "transformers", "sentence_transformers", "faiss", "numpy", "arxiv", "gradio")
NEVER = ("torch", "transformers", "sentence_transformers", "gradio", "sklearn", "onnx")
NOT_FOR_A_QUESTION = ("scipy", "bm25s", "requests")

# The way of the data: a module may import those before it.
ORDER = (
    "quiet "
    "errors addresses papers blocks labels links markup headline columns nesting entries awesome "
    "dates escaping templates layout drafts insertion diffs edits export files "
    "downloads arxiv_api abstracts "
    "unpacking feed_streams feed_values feed_records oai feed_formats feeds text spelling ranking "
    "encoder onnx_encoder onnx_export bulk_encoder categories bm25 index suggest facets "
    "filters keys lookup projection ann segments segmented manifest corpus duplicates question "
    "terminal display reasons placing search shards cluster ray_engine corpora store_access "
    "store_lock store_stats store store_rows store_upkeep store_ray store_writing store_search "
    "discovery maps shipped bibtex submissions intake cards findings filing doctor card_display "
    "finding_display build gather options indexing maintain look cli __init__ __main__"
).split()


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


@pytest.mark.parametrize("code", ["import ssm_search", "import ssm_search.cli"])
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


def imports(path: Path, package: str) -> list[tuple[str, list[str]]]:
    """(module, names) of each ``from package… import names``; module without the package."""
    return [
        (node.module.removeprefix(package).lstrip("."), [alias.name for alias in node.names])
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == package
    ]


def test_data_flows_one_way() -> None:
    for path in PACKAGE.glob("*.py"):
        if path.stem != "__init__":
            for module, names in imports(path, "ssm_search"):
                for name in [module] if module else names:
                    assert ORDER.index(name) < ORDER.index(path.stem), f"{path.stem} ← {name}"
        assert path.stem == "look" or not imports(path, "ssm_search_app"), path


def test_the_page_uses_nothing_but_the_public_package() -> None:
    public = {name: getattr(ssm_search, name) for name in ssm_search.__all__}
    modules = {name for name, value in public.items() if isinstance(value, ModuleType)}
    for path in PAGE.glob("*.py"):
        for module, names in imports(path, "ssm_search"):
            assert module in modules if module else set(names) <= set(public), (path, module, names)
            assert not any(name.startswith("_") for name in names), (path, names)


def test_no_module_is_too_long() -> None:
    lengths = {
        p.name: len(p.read_text(encoding="utf-8").splitlines())
        for folder in (PACKAGE, PAGE)
        for p in folder.glob("*.py")
    }
    assert max(lengths.values()) <= 450, lengths


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").exists()


def test_the_shipped_index_holds_no_abstracts() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "index"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    assert not [name for name in tracked if Path(name).name == "abstracts.jsonl"]
    for line in (ROOT / "index/awesome-mamba/papers.jsonl").read_text("utf-8").splitlines():
        assert '"abstract"' not in line
