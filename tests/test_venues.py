from __future__ import annotations

import pytest

from ssm_search.venues import is_occasion


@pytest.mark.parametrize(
    "heading",
    [
        "2024",
        "2024-05 (9)",
        "May 2021",
        "ICLR 2025",
        "[ICCV 2025 (Oct)]",
        "Papers 2021",
        "Papers of ICML 2021",
        "NeurIPS'23",
        "CVPR24",
        "NeurIPS",
        "2017 and before",
        "More Papers from 2016",
        "arXiv papers",
    ],
)
def test_a_year_a_date_or_a_venue_is_an_occasion(heading: str) -> None:
    assert is_occasion(heading)


@pytest.mark.parametrize(
    "heading",
    ["Video", "Papers", "Surveys 2021", "ICASSP 2024 Tutorial Information", "GPT-4", "", "Vision"],
)
def test_a_topic_is_none(heading: str) -> None:
    assert not is_occasion(heading)
