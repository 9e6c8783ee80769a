"""The real lists beside this checkout are read as well as promised; measured by the benchmark."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "lists.py"
OVERALL = {"ids": 0.99, "titles": 0.97, "categories": 0.99, "code": 0.97}
IDS_OF_EACH_LIST = 0.95


@pytest.fixture(scope="module")
def reading(shared: Path) -> dict[str, Any]:
    tools = runpy.run_path(str(BENCHMARK))
    return {**tools, "measures": tools["measure"](shared)}


def test_overall_shares(reading: dict[str, Any]) -> None:
    whole = reading["total"](reading["measures"])
    assert all(whole.of[name] > 0 for name in OVERALL)
    assert {name: whole.share(name) for name in OVERALL if whole.share(name) < OVERALL[name]} == {}


def test_ids_of_each_list(reading: dict[str, Any]) -> None:
    shares = {one.name: one.share("ids") for one in reading["measures"]}
    assert len(shares) > 1
    assert {name: share for name, share in shares.items() if share < IDS_OF_EACH_LIST} == {}


def test_misses_are_named_with_their_lines(reading: dict[str, Any]) -> None:
    for one in reading["measures"]:
        wrong = sum(one.of.values()) - sum(one.right.values())
        assert len(one.misses) == wrong
        assert all(miss.line > 0 for miss in one.misses)
