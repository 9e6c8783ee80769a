"""What entries say that cannot be right."""

from __future__ import annotations

import pytest

from ssm_search.awesome import read_list
from ssm_search.upkeep.problems import is_wrong_id, to_mend

ABS = "https://arxiv.org/abs/"


@pytest.mark.parametrize(
    ("row", "messages"),
    [
        (f"[Salt Lakes]({ABS}2401.90001) | ICLR 2032", ["a year to come: 2032"]),
        (f"[Salt Lakes]({ABS}2601.90001) | ICLR 2027", []),
        (
            f"[Salt Lakes]({ABS}2108.06152) | ICCV 2012",
            ["a year long before that of the arXiv id: 2012, and 2108.06152"],
        ),
        (f"[Salt Lakes]({ABS}2108.06152) | ICCV 2020", []),
        (f"[Salt Lakes]({ABS}2103.9460) | ICCV 2021", ["arXiv gives no such id: 2103.9460"]),
        (f"[Salt Lakes]({ABS}1412.9460) | ICLR 2015", []),
        ("[Salt Lakes](https://example.org/salt) | ICCV 1999", []),
    ],
)
def test_facts_that_cannot_be_right(row: str, messages: list[str]) -> None:
    text = f"# L\n\n## Section\n\n| Title | Venue |\n|---|---|\n| {row} |\n"
    found = to_mend(read_list(text), this_year=2026)
    assert [(one.line, one.message) for same in found.values() for one in same] == [
        (7, message) for message in messages
    ]


@pytest.mark.parametrize(
    ("paper_id", "wrong"),
    [
        ("2103.9460", True),
        ("1412.12345", True),
        ("1412.1234", False),
        ("1501.00001", False),
        ("0703.0001", True),
        ("2712.00001", True),
        ("hep-th/9901001", False),
    ],
)
def test_ids_that_arxiv_never_gave(paper_id: str, wrong: bool) -> None:
    assert is_wrong_id(paper_id, this_year=2026) == wrong
