"""The documentation can be built, names what is public, and leads nowhere that is not there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from conftest import ROOT

import ssm_search

DOCS = ROOT / "docs"


def test_a_site_is_made_of_it(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-qW", "--keep-going", DOCS, tmp_path], check=True
    )
    shown = (tmp_path / "api.html").read_text(encoding="utf-8")
    assert 'id="ssm_search.query"' in shown
    assert "Late interaction" in (tmp_path / "ranking.html").read_text(encoding="utf-8")


def test_the_reference_has_every_public_name() -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"auto(?:class|function):: (\w+)", text))
    public = {name: getattr(ssm_search, name) for name in ssm_search.__all__}
    assert named == {
        name
        for name, value in public.items()
        if not isinstance(value, ModuleType) and not name.endswith("Error")
    }


def test_every_page_is_found_from_the_first() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    (tree,) = re.findall(r"```{toctree}\n:hidden:\n\n(.*?)```", index, re.DOTALL)
    assert {*tree.split(), "index"} == {path.stem for path in DOCS.glob("*.md")}
