from __future__ import annotations

import pytest

from ssm_search.venues import find_venue, find_year, is_occasion, latest, occasion, without_days


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
        "Preprints",
        ":books: 2024",
        ":trophy: ICML 2021 :tada:",
    ],
)
def test_a_year_a_date_or_a_venue_is_an_occasion(heading: str) -> None:
    assert is_occasion(heading)


@pytest.mark.parametrize(
    ("text", "venue", "year"),
    [
        ("ICML 2021", "ICML 2021", 2021),
        ("in Proceedings of the 24th CVPR", "24th CVPR", None),
        ("ICML'21", "ICML'21", 2021),
        ("AAAI 25", "AAAI 25", 2025),
        ("NeurIPS 2024 Oral", "NeurIPS 2024 Oral", 2024),
        ("ACL Findings", "ACL Findings", None),
        ("TPAMI", "TPAMI", None),
        ("2023 bioRxiv", "bioRxiv", 2023),
        ("ICAPS 2023", "ICAPS 2023", 2023),
        ("IEEE Transactions on Sand and Salt", "IEEE Transactions on Sand and Salt", None),
        ("Sea Letters", "Sea Letters", None),
        ("Linux Audio Conference 2011", "Linux Audio Conference 2011", 2011),
        ("Nat. Commun. 2024", "Nat. Commun. 2024", 2024),
        ("Phys. Rev. Lett. 2024", "Phys. Rev. Lett. 2024", 2024),
        ("Proc. ICCV", "ICCV", None),
        ("J. Doe 2024", "", 2024),
        ("ACM-Net", "", None),
        ("ResNet-50", "", None),
        ("GPT-4", "", None),
        ("arXiv:2402.90001", "", None),
        ("(arXiv:2402.90001) Many Words of a Title in Capitals", "", None),
        ("Under Review", "", None),
        ("we beat the ICLR 2017 paper", "", 2017),
        ("1990-2015", "", 1990),
        ("May 2021", "", 2021),
    ],
)
def test_venues_and_years(text: str, venue: str, year: int | None) -> None:
    assert (find_venue(text), find_year(text)) == (venue, year)


@pytest.mark.parametrize(
    ("heading", "year", "venue"),
    [
        ("2024", 2024, ""),
        ("[ICCV 2025 (Oct)]", 2025, "ICCV 2025"),
        ("Papers of ICML 2021", 2021, "ICML 2021"),
        ("NeurIPS", None, "NeurIPS"),
        ("Surveys of 2021", 2021, ""),
        ("Before 2023", None, ""),
        ("2017 and before", None, ""),
        ("Video", None, ""),
        (":trophy: ICML 2021", 2021, "ICML 2021"),
        ("Preprints", None, ""),
    ],
)
def test_what_a_heading_gives(heading: str, year: int | None, venue: str) -> None:
    assert occasion(heading) == (year, venue)


@pytest.mark.parametrize(
    "heading",
    ["Video", "Papers", "Surveys 2021", "ICASSP 2024 Tutorial Information", "GPT-4", "", "Vision"],
)
def test_a_topic_is_none(heading: str) -> None:
    assert not is_occasion(heading)


@pytest.mark.parametrize(
    ("said", "venue"),
    [
        ("TGRS(23.02.03, 23.08.25)", "TGRS"),
        ("arXiv(23.02.03, -)", "arXiv"),
        ("arXiv(23.02.03", "arXiv"),
        ("Arxiv 23.02", "Arxiv"),
        ("arXiv 2023-02", "arXiv"),
        ("arXiv 2023/2/13", "arXiv"),
        ("Arxiv 23.02.03, ICML23, Kite-2", "ICML23"),
        ("ICML 2023 (Oral)", "ICML 2023 (Oral)"),
        ("arXiv:2302.90001", "arXiv:2302.90001"),
        ("PVLDB 12.10", "PVLDB 12.10"),
        ("23.02.03", "23.02.03"),
    ],
)
def test_a_venue_without_its_dates(said: str, venue: str) -> None:
    assert without_days(said) == venue


@pytest.mark.parametrize(
    ("said", "later"),
    [
        ("Arxiv 23.02.03->ECCV24", "ECCV24"),
        ("arXiv → ICLR 2024 --> ICML 2024", "ICML 2024"),
        ("ICML 2024 ->", "ICML 2024 ->"),
        ("ICML 2024", "ICML 2024"),
    ],
)
def test_the_later_of_two_venues(said: str, later: str) -> None:
    assert latest(said) == later
