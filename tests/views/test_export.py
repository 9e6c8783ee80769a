"""Answers as files for other programs."""

from __future__ import annotations

import csv
import io
import json

import bibtexparser
import pytest

from ssm_search.awesome.reading import parse_list
from ssm_search.errors import QueryError
from ssm_search.papers import Paper, from_json
from ssm_search.views.export import export, to_bibtex, to_csv, to_markdown, to_ris

MAMBA = Paper(
    "2312.00752",
    "Mamba: Linear-Time Sequence Modeling with Selective State Spaces",
    url="https://arxiv.org/abs/2312.00752",
    pdf_url="https://arxiv.org/pdf/2312.00752",
    code_url="https://github.com/state-spaces/mamba",
    year=2023,
    venue="arXiv",
    categories=(("SSMs", "Post"), ("NLP",)),
    authors=("Albert Gu", "Tri Dao"),
    arxiv_categories=("cs.LG", "cs.AI"),
)


def test_bibtex_as_arxiv_writes_it() -> None:
    assert to_bibtex([MAMBA]) == (
        "@misc{gu2023mambalineartimesequencemodeling,\n"
        "      title={Mamba: Linear-Time Sequence Modeling with Selective State Spaces},\n"
        "      author={Albert Gu and Tri Dao},\n"
        "      year={2023},\n"
        "      eprint={2312.00752},\n"
        "      archivePrefix={arXiv},\n"
        "      primaryClass={cs.LG},\n"
        "      url={https://arxiv.org/abs/2312.00752},\n"
        "}\n"
    )


@pytest.mark.parametrize(
    ("paper", "key"),
    [
        (Paper("1706.03762", "Attention Is All You Need", authors=("A. Vaswani",)), "vaswani2017"),
        (Paper("x", "Öl und Straße", kind="link", authors=("Ève Ñandú",)), "nandu"),
        (Paper("2401.00001", "日本語"), "2024"),
        (Paper("x", "…", kind="link"), "untitled"),
    ],
)
def test_keys_are_plain_letters(paper: Paper, key: str) -> None:
    entry = to_bibtex([paper])
    found = entry[entry.index("{") + 1 : entry.index(",")]
    assert found.startswith(key)
    assert found.isascii()
    assert found.isalnum()


def test_keys_differ() -> None:
    found = bibtexparser.parse_string(to_bibtex([MAMBA, MAMBA, MAMBA])).entries
    assert [entry.key[-1] for entry in found] == ["a", "b", "c"]


def test_a_venue_makes_it_no_preprint() -> None:
    entry = to_bibtex([Paper("2401.00001", "T", venue="ICLR 2024 & more")])
    assert entry.startswith("@inproceedings{")
    assert r"booktitle={ICLR 2024 \& more}" in entry
    assert "eprint={2401.00001}" in entry


@pytest.mark.parametrize(
    ("title", "written"),
    [
        (r"50% of #1 {open} ~ ^ _ \x", None),
        ("$O(n^2)$ at $5", None),
        ("}, note={gotcha", None),
        ("A $O(n_1)$ thing", "A $O(n_1)$ thing"),
        ("$}$, note = {x", None),
    ],
)
def test_titles_cannot_break_bibtex(title: str, written: str | None) -> None:
    library = bibtexparser.parse_string(to_bibtex([Paper("2401.00001", title)]))
    (entry,) = library.entries
    assert not library.failed_blocks
    assert {field.key for field in entry.fields} == {"title", "year", "eprint", "archivePrefix"}
    if written:
        assert entry["title"] == written


def test_csv_reads_back() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([MAMBA]))))
    assert rows[0]["id"] == "2312.00752"
    assert rows[0]["authors"] == "Albert Gu; Tri Dao"
    assert rows[0]["categories"] == "SSMs > Post; NLP"


@pytest.mark.parametrize("title", ["=cmd()", "+1", "-1", "@sum", "\tx"])
def test_csv_holds_no_formulas(title: str) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv([Paper("x", title, kind="link")]))))
    assert rows[0]["title"] == "'" + title


def test_json_reads_back() -> None:
    assert [from_json(record) for record in json.loads(export([MAMBA], "json"))] == [MAMBA]


def test_markdown_is_a_list_that_we_read() -> None:
    odd = Paper("2401.00002", "On [V]-Mamba | and ](pipes", url="https://arxiv.org/abs/2401.00002")
    papers = parse_list("## Found\n\n" + to_markdown([MAMBA, odd]))
    assert [(paper.id, paper.title) for paper in papers] == [
        (MAMBA.id, MAMBA.title),
        (odd.id, odd.title),
    ]
    assert papers[0].code_url == MAMBA.code_url


def test_no_other_schemes_in_links() -> None:
    bad = Paper("x", "T", kind="link", url="javascript:alert(1)", code_url="data:text/html,x")
    for form in ("bibtex", "markdown"):
        assert "javascript" not in export([bad], form)
        assert "data:" not in export([bad], form)


NOTE = "read §3 first:\n50% of it\x1b[2J | <b>all</b>\nER  - \n} note={x"


def test_notes_stand_where_programs_look_for_them() -> None:
    notes = {MAMBA.id: NOTE}
    other = Paper("2401.00001", "T")
    (entry, without) = bibtexparser.parse_string(to_bibtex([MAMBA, other], notes)).entries
    assert entry["annote"] == (r"read §3 first: 50\% of it[2J | <b>all</b> ER - \} note=\{x")
    assert "annote" not in without.fields_dict

    assert to_ris([MAMBA, other], notes).split("\r\n")[8:] == [
        "N1  - read §3 first: 50% of it[2J | <b>all</b> ER - } note={x",
        "ER  - ",
        "",
        "TY  - UNPB",
        "TI  - T",
        "PY  - 2024",
        "ER  - ",
        "",
    ]

    rows = list(csv.DictReader(io.StringIO(to_csv([MAMBA, other], notes))))
    assert [row["note"] for row in rows] == [NOTE.replace("\x1b", ""), ""]
    (formula,) = csv.DictReader(io.StringIO(to_csv([other], {other.id: "=cmd()"})))
    assert formula["note"] == "'=cmd()"

    head, rule, row, _ = to_markdown([MAMBA, other], notes).splitlines()
    assert (head, rule) == (
        "| Title | Year | Venue | Code | PDF | Note |",
        "|---|---|---|---|---|---|",
    )
    assert row.endswith(r" | read §3 first: 50% of it\[2J \| &lt;b>all&lt;/b> ER - } note={x |")
    assert parse_list(to_markdown([MAMBA, other], notes))[0].id == MAMBA.id

    assert [record.get("note") for record in json.loads(export([MAMBA, other], "json", notes))] == [
        NOTE,
        None,
    ]


@pytest.mark.parametrize("form", ["bibtex", "csv", "json", "markdown", "ris"])
def test_without_notes_nothing_is_said_of_them(form: str) -> None:
    assert export([MAMBA], form, {"2401.00001": ""}) == export([MAMBA], form)
    assert "note" not in export([MAMBA], form).casefold()


def test_a_format_that_is_none_is_named() -> None:
    with pytest.raises(QueryError, match="no format 'bib'; expected bibtex, csv, json, markdown"):
        export([], "bib")  # type: ignore[arg-type]
