"""What the README shows works as shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.encoder
@pytest.mark.parametrize("code", BLOCKS, ids=["shipped index", "own collection"])
def test_python(code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text("# L\n## A\n- [T](https://arxiv.org/abs/2401.00001)\n")
    monkeypatch.setattr("ssm_search.load_encoder", lambda name: name)  # no model hub in a test
    monkeypatch.setenv("SSM_SEARCH_ARXIV_API", "http://127.0.0.1:9/api/query")  # nor arXiv
    names: dict[str, object] = {}
    exec(code, names)
    if "hits" in names:
        assert len(names["hits"]) == 10  # type: ignore[arg-type]


def test_every_file_it_names_is_there() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
