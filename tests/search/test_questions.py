"""The table of questions, asked of the shipped index with the real encoder."""

from __future__ import annotations

import json

import pytest
from questions import QUESTIONS
from typer.testing import CliRunner

import ssm_search
from ssm_search.cli.questions import app

pytestmark = pytest.mark.encoder


@pytest.mark.parametrize(("question", "k", "expected"), QUESTIONS, ids=[q[0] for q in QUESTIONS])
def test_question(question: str, k: int, expected: set[str]) -> None:
    found = [hit.paper.id for hit in ssm_search.query(question, k)]
    assert expected <= set(found)

    printed = CliRunner().invoke(app, ["query", question, "-k", str(k), "--json"])
    assert printed.exit_code == 0
    assert [hit["id"] for hit in json.loads(printed.stdout)["hits"]] == found


def test_there_are_at_least_forty() -> None:
    assert len({question for question, _, _ in QUESTIONS}) >= 40
