"""Answers as files for other programs."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import bibtexparser
import pytest

from ssm_search.awesome.reading import parse_list
from ssm_search.errors import QueryError
from ssm_search.papers import Link, Paper, from_json
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
    ("venue", "opening", "field"),
    [
        ("TPAMI 2025", "@article{", "journal={TPAMI 2025}"),
        ("Nature Methods", "@article{", "journal={Nature Methods}"),
        ("CVPR'24", "@inproceedings{", "booktitle={CVPR'24}"),
        ("bioRxiv 2024", "@misc{", "howpublished={bioRxiv 2024}"),
        ("OpenAI Blog", "@misc{", "howpublished={OpenAI Blog}"),
        ("Arxiv 24.03.05, ICML24", "@inproceedings{", "booktitle={ICML24}"),
        ("arXiv 24.02 -> TPAMI 2024", "@article{", "journal={TPAMI 2024}"),
    ],
)
def test_what_it_is_decides_where_the_venue_stands(venue: str, opening: str, field: str) -> None:
    entry = to_bibtex([Paper("x", "T", kind="link", venue=venue)])
    assert entry.startswith(opening)
    assert f"      {field},\n" in entry


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


def fields_of(bibtex: str) -> dict[str, str]:
    """The fields of one entry as BibTeX reads them: it counts braces, whatever stands before."""
    depth, names, values = 0, [""], [""]
    for char in bibtex.strip():
        depth -= char == "}"
        if depth == 1:
            names[-1] += char
        elif depth > 1:
            values[-1] += char
        depth += char == "{"
        if depth == 1 and char == "}":
            names.append("")
            values.append("")
        assert depth or char == "}" or not "".join(values), "the entry ends before its text does"
    assert depth == 0
    words = [re.findall(r"[\w]+(?=\s*=)", name)[-1:] for name in names]
    return {name[0]: value for name, value in zip(words, values, strict=True) if name}


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (":-}", r":-\textbraceright{}"),
        ("}} @misc(evil, note = {x", None),
        ("}}\n@misc{evil, title={x}}", None),
        (r"\} and \{", r"\textbackslash{}\textbraceright{} and \textbackslash{}\textbraceleft{}"),
        ("{SSM}s", r"\textbraceleft{}SSM\textbraceright{}s"),
        (
            r"\input{/etc/passwd}",
            r"\textbackslash{}input\textbraceleft{}/etc/passwd\textbraceright{}",
        ),
        (r"$\input{x}$", r"\$\textbackslash{}input\textbraceleft{}x\textbraceright{}\$"),
        (r"$\write18{ls}$", r"\$\textbackslash{}write18\textbraceleft{}ls\textbraceright{}\$"),
        (r"$\catcode`\{=12$", None),
        (r"$^^5cinput{x}$", None),
        (r"$\alpha\def\alpha{}$", None),
        (r"${\}$", None),
        (r"$x\$", None),
    ],
)
def test_what_strangers_say_stays_in_its_field(said: str, written: str | None) -> None:
    paper = Paper("2401.00001", said, venue=said, authors=(said,), arxiv_categories=(said,))
    entry = to_bibtex([paper], {paper.id: said})
    library = bibtexparser.parse_string(entry)
    assert len(library.entries) == 1
    assert not library.failed_blocks
    found = fields_of(entry)
    assert [*found] == [
        *("title", "author", "howpublished", "year", "eprint"),
        *("archivePrefix", "primaryClass", "annote"),
    ]
    assert found["title"] == found["howpublished"] == found["annote"] == found["primaryClass"]
    # Of commands there are those alone that stand for a sign.
    commands = set(re.findall(r"\\([A-Za-z]+)", entry))
    assert commands <= {
        *("textbackslash", "textbraceleft", "textbraceright", "textasciicircum"),
    }
    if written:
        assert found["title"] == written


@pytest.mark.parametrize(
    "formula",
    [
        r"$\alpha$",
        r"$O(n \log n)$",
        r"$\mathcal O(n)$",
        r"$\mathbb{R}^{d}$",
        r"$\frac{1}{2}$",
        r"$\text{S}^2$",
        r"$\{x\}$",
        r"$\infty$",
    ],
)
def test_formulas_stay_in_titles_and_are_text_in_notes(formula: str) -> None:
    found = fields_of(to_bibtex([Paper("2401.00001", f"On {formula}-nets", "paper")]))
    assert found["title"] == f"On {formula}-nets"
    found = fields_of(to_bibtex([MAMBA], {MAMBA.id: formula}))
    assert found["annote"].startswith(r"\$")


def test_prices_are_no_formulas() -> None:
    found = fields_of(to_bibtex([Paper("2401.00001", "From $5 to $10 for $x_1$")]))
    assert found["title"] == r"From \$5 to \$10 for $x_1$"


@pytest.mark.parametrize(
    ("author", "ris", "bibtex"),
    [
        ("Guo Chen", "Chen, Guo", "Guo Chen"),
        ("Aaron van den Oord", "van den Oord, Aaron", "Aaron van den Oord"),
        ("Leandro von der Werra", "von der Werra, Leandro", "Leandro von der Werra"),
        ("Thi Van Nguyen", "Nguyen, Thi Van", "Thi Van Nguyen"),
        ("John B. Smith Jr.", "Smith, John B., Jr.", "Smith, Jr., John B."),
        ("John Smith, Jr.", "Smith, John, Jr.", "Smith, Jr., John"),
        ("Harry Shum III", "Shum, Harry, III", "Shum, III, Harry"),
        ("Doe, Jane", "Doe, Jane", "Doe, Jane"),
        ("kyunghyun cho", "cho, kyunghyun", "cho, kyunghyun"),
        ("Gerard 't Hooft", "'t Hooft, Gerard", "Gerard 't Hooft"),
        ("DeepSeek-AI", "DeepSeek-AI", "DeepSeek-AI"),
        ("王小明", "王小明", "王小明"),
        ("The ATLAS Collaboration", "The ATLAS Collaboration", "{The ATLAS Collaboration}"),
        ("Mistral AI", "Mistral AI", "{Mistral AI}"),
        ("Gemini Team", "Gemini Team", "{Gemini Team}"),
        ("Ai and Bo", "Ai and Bo", "{Ai and Bo}"),
        (", ,", ",", "{, ,}"),
    ],
)
def test_names_as_reference_managers_sort_them(author: str, ris: str, bibtex: str) -> None:
    paper = Paper("2401.00001", "T", authors=(author, " ", "Jane Doe"))
    assert f"AU  - {ris}\r\nAU  - Doe, Jane\r\nTI" in to_ris([paper])
    assert fields_of(to_bibtex([paper]))["author"] == f"{bibtex} and Jane Doe"


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


def test_other_links_go_along() -> None:
    links = (
        Link("Project", "https://mamba.example/a"),
        Link("=Vi|deo", "https://v.example/?q=1&r=(2)"),
        Link("Bad", "javascript:alert(1)"),
    )
    paper = replace(MAMBA, links=links)
    (row,) = csv.DictReader(io.StringIO(to_csv([paper])))
    assert row["links"] == (
        "Project: https://mamba.example/a; =Vi|deo: https://v.example/?q=1&r=(2)"
    )
    lines = to_ris([paper]).split("\r\n")
    assert [line for line in lines if line.startswith("L2")] == [
        "L2  - https://mamba.example/a",
        "L2  - https://v.example/?q=1&r=(2)",
    ]
    assert to_bibtex([paper]) == to_bibtex([MAMBA])
    assert to_markdown([paper]).splitlines()[2].split(" | ", 5)[5] == (
        r"[Project](https://mamba.example/a) [=Vi\|deo](https://v.example/?q=1&r=%282%29) |"
    )
    assert from_json(json.loads(export([paper], "json"))[0]) == paper
    (read,) = parse_list("## Found\n\n" + to_markdown([replace(MAMBA, links=links[:1])]))
    assert read.links == links[:1]


NOTE = "read §3 first:\n50% of it\x1b[2J | <b>all</b>\nER  - \n} note={x"


def test_notes_stand_where_programs_look_for_them() -> None:
    notes = {MAMBA.id: NOTE}
    other = Paper("2401.00001", "T")
    (entry, without) = bibtexparser.parse_string(to_bibtex([MAMBA, other], notes)).entries
    assert entry["annote"] == (
        r"read §3 first: 50\% of it[2J | <b>all</b> ER - \textbraceright{} note=\textbraceleft{}x"
    )
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
        "| Title | Year | Venue | Code | PDF | Links | Note |",
        "|---|---|---|---|---|---|---|",
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


@pytest.mark.parametrize(
    ("paper", "kind"),
    [
        (Paper("2401.00001", "T"), "UNPB"),
        (Paper("2401.00001", "T", venue="arXiv 2024"), "UNPB"),
        (Paper("x", "T", kind="link"), "GEN"),
        (Paper("2401.00001", "T", venue="ICML 2024"), "CPAPER"),
        (Paper("x", "T", kind="link", venue="CVPR"), "CPAPER"),
        (Paper("2401.00001", "T", venue="IEEE Transactions on Medical Imaging"), "JOUR"),
        (Paper("2401.00001", "T", venue="TPAMI 2025"), "JOUR"),
    ],
)
def test_ris_says_what_appeared_where(paper: Paper, kind: str) -> None:
    assert to_ris([paper]).splitlines()[0] == f"TY  - {kind}"


def test_more_than_26_papers_of_one_key_have_keys_of_their_own() -> None:
    many = [Paper(f"2401.{number:05}", "Same title") for number in range(1, 704)]
    keys = re.findall(r"^@misc\{2024sametitle(\w+),$", to_bibtex(many), re.MULTILINE)
    assert keys[:2] == ["a", "b"]
    assert keys[25:28] == ["z", "aa", "ab"]
    assert keys[701:] == ["zz", "aaa"]
    assert len(set(keys)) == len(many)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_sign_of_any_width_begins_a_formula(sign: str) -> None:
    paper = Paper("x", f"{sign}1", kind="link")
    (row,) = csv.DictReader(io.StringIO(to_csv([paper], {"x": f"{sign}2"})))
    assert (row["title"], row["note"]) == (f"'{sign}1", f"'{sign}2")
