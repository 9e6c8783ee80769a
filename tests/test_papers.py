"""What is an arXiv id and what is not; the keys and the JSON form of papers."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssm_search.arxiv_ids import arxiv_id, arxiv_ids_in_text
from ssm_search.papers import Link, Paper, from_json, slug, title_key, to_json, to_jsonl


@pytest.mark.parametrize(
    ("text", "paper_id"),
    [
        # bare ids
        ("2403.06977", "2403.06977"),
        (" 2403.06977v12 ", "2403.06977"),
        ("2403.06977v2.pdf", "2403.06977"),
        ("0704.0001", "0704.0001"),
        ("arXiv:2403.06977", "2403.06977"),
        ("ARXIV: 2403.06977v1", "2403.06977"),
        ("hep-th/9901001", "hep-th/9901001"),
        ("HEP-TH/9901001v3", "hep-th/9901001"),
        ("arXiv:math.gt/0309136", "math/0309136"),
        ("10.48550/arXiv.2403.06977", "2403.06977"),
        # arXiv's own pages and their mirrors
        ("https://arxiv.org/abs/2403.06977", "2403.06977"),
        ("HTTP://ARXIV.ORG/ABS/2403.06977V1", "2403.06977"),
        ("https://arxiv.org/abs/2403.06977v3/", "2403.06977"),
        ("https://arxiv.org/abs/2403.06977?context=cs.LG#related", "2403.06977"),
        (f"https://arxiv.org/abs/2403.06977#{'x' * 400}", "2403.06977"),  # too long to be kept
        ("https://arxiv.org/pdf/2403.06977v3.pdf", "2403.06977"),
        ("https://arxiv.org/html/2403.06977v1", "2403.06977"),
        ("https://arxiv.org/abs/arXiv:2403.06977", "2403.06977"),
        ("https://arxiv.org/pdf/hep-th/9901001v2.pdf", "hep-th/9901001"),
        ("https://arxiv.org/abs/math.GT/0309136", "math/0309136"),
        ("https://arxiv.org:443/abs/2403.06977", "2403.06977"),
        ("arxiv.org/abs/2403.06977", "2403.06977"),
        ("www.arxiv.org/pdf/2403.06977", "2403.06977"),
        ("https://www.alphaxiv.org/abs/2403.06977", "2403.06977"),
        ("https://ar5iv.labs.arxiv.org/html/2403.06977", "2403.06977"),
        ("https://ar5iv.org/abs/hep-th/9901001", "hep-th/9901001"),
        # other sites that say what the number is
        ("https://huggingface.co/papers/2403.06977", "2403.06977"),
        ("https://doi.org/10.48550/arXiv.2403.06977", "2403.06977"),
        ("https://doi.org/10.48550/arXiv.hep-th/9901001", "hep-th/9901001"),
        ("https://papers.cool/arxiv/2403.06977", "2403.06977"),
        ("https://ui.adsabs.harvard.edu/abs/arXiv:2403.06977", "2403.06977"),
        ("https://web.archive.org/web/2024/https://arxiv.org/abs/2403.06977", "2403.06977"),
    ],
)
def test_arxiv_id(text: str, paper_id: str) -> None:
    assert arxiv_id(text) == paper_id
    assert arxiv_id(paper_id) == paper_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mamba",
        "state space models 2024",
        "2413.00001",  # no thirteenth month
        "4292.2014",
        "2403.069771",
        "2403.069",
        "２４０３.０６９７７",  # full-width digits
        "hep-th/9913001",
        "hep-th/2401001",  # that scheme ended in 2007
        "notes/9901001",  # no archive
        "2403.06977 and more",
        "https://arxiv.org/abs/2403.06977 and more",
        "https://",
        "http://[bad/abs/2403.06977",
        "ftp://arxiv.org/abs/2403.06977",
        "https://arxiv.org/list/cs.LG/2403",
        "https://arxiv.org/a/someone_1",
        "https://arxiv.org/abs/2403.0697712",
        "https://notarxiv.org/abs/2403.06977",
        "https://arxiv.org.example.com/abs/2403.06977",
        # A number in the path of a repository may be anything: a date, a version, another's paper.
        "https://github.com/someone/2403.06977",
        "github.com/someone/arxiv.2403.06977",
        "https://example.org/2403.06977.pdf",
        "https://huggingface.co/blog/2403.06977",
        "https://doi.org/10.1109/2403.06977",
    ],
)
def test_no_arxiv_id(text: str) -> None:
    assert arxiv_id(text) is None


@settings(deadline=None)
@given(st.text())
def test_any_text_is_an_id_or_none(text: str) -> None:
    found = arxiv_id(text)
    assert found is None or arxiv_id(found) == found


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("see arXiv:2403.06977v2, arXiv 2402.90001 and arXiv.hep-th/9901001", 3),
        ("[2403.06977] A Title", 1),
        ("doi:10.48550/arXiv.2403.06977", 1),
        ("at arxiv.org/abs/2403.06977.", 1),
        ("2403.06977", 0),
        ("[see 2403.06977]", 0),
        ("arXiv:2413.00001", 0),
        ("myarxiv:2403.06977", 0),
    ],
)
def test_arxiv_ids_in_text(text: str, ids: int) -> None:
    expected = ["2403.06977", "2402.90001", "hep-th/9901001"][:ids]
    assert arxiv_ids_in_text(text) == expected


def test_title_key_ignores_all_but_letters_and_digits() -> None:
    assert title_key("  Mamba-2: Über  Éclat (v2)!") == title_key("mamba2 uber eclat V2")
    assert title_key("Mamba 2") != title_key("Mamba 3")
    assert title_key("状态空间") == "状态空间"


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("H3: Language Modeling (Almost)", "h3-language-modeling-almost"),
        ("mamba_ssm  &  Friends", "mamba-ssm-friends"),
        ("状态空间 模型", "状态空间-模型"),
        ("Ｆｕｌｌ Width", "full-width"),
        ("?!", "untitled"),
        ("word " * 40, "-".join(["word"] * 16)),
    ],
)
def test_slug(title: str, expected: str) -> None:
    assert slug(title) == expected


def test_json_and_back() -> None:
    bare = Paper(id="salt", title="Salt", kind="link")
    full = Paper(
        id="2403.06977",
        title="A “Title” – 状态",
        url="https://arxiv.org/abs/2403.06977",
        pdf_url="https://arxiv.org/pdf/2403.06977",
        code_url="https://github.com/a/b",
        year=2024,
        venue="ICML 2024",
        categories=(("A", "B"), ("C",)),
        abstract="Line one.\nLine two.",
        authors=("A. Author", "B. Writer"),
        published=date(2024, 3, 11),
        arxiv_categories=("cs.LG",),
        links=(Link("Project", "https://a.example/b"), Link("视频", "https://v.example")),
    )
    assert to_json(full)["links"] == [
        {"name": "Project", "url": "https://a.example/b"},
        {"name": "视频", "url": "https://v.example"},
    ]
    assert to_json(bare) == {"id": "salt", "title": "Salt", "kind": "link"}
    lines = to_jsonl([bare, full]).splitlines()
    assert [from_json(json.loads(line)) for line in lines] == [bare, full]


@pytest.mark.parametrize(
    "record",
    [
        {"title": "no id"},
        {"id": "1", "title": "T", "colour": "red"},
        {"id": "1", "title": "T", "published": "yesterday"},
        {"id": "1", "title": "T", "authors": 3},
        {"id": "1", "title": "T", "links": [{"name": "Project"}]},
        {"id": "1", "title": "T", "links": ["https://a.example"]},
    ],
)
def test_a_damaged_record_is_refused(record: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_json(record)


@pytest.mark.parametrize(
    ("paper", "year", "text"),
    [
        (Paper("2401.00001", "A", year=2021), 2021, "2021"),
        (Paper("2401.00001", "A", published=date(2023, 12, 30)), 2023, "2023"),
        (Paper("2401.00001", "A"), 2024, "2024 by its arXiv id"),
        (Paper("hep-th/9901001", "A"), 1999, "1999 by its arXiv id"),
        (Paper("a-2401-post", "A", kind="link"), None, ""),
    ],
)
def test_the_year_of_an_id_stands_in_and_is_marked(
    paper: Paper, year: int | None, text: str
) -> None:
    assert (paper.known_year, paper.year_text) == (year, text)
    assert "year" not in to_json(paper) or to_json(paper)["year"] == 2021
