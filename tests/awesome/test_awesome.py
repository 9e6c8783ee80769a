"""Lists in many dialects → exactly the papers they hold, and exactly what could not be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cases_lists as cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soon import soon

from ssm_search.awesome.reading import (
    MAX_LINE_CHARS,
    MAX_LIST_CHARS,
    clean_heading,
    parse_list,
    read_list,
)
from ssm_search.errors import ListError
from ssm_search.papers import Paper

ONE, OTHER = f"[A Title]({cases.ABS}2402.90001)", f"[Another]({cases.ABS}2402.90002)"
RST = "reStructuredText"


@pytest.mark.parametrize("case", cases.ALL, ids=lambda case: case.name)
def test_dialects(case: cases.Case) -> None:
    reading = read_list(cases.FRAME + case.body)
    frame = cases.FRAME.count("\n")
    seen = [
        cases.Seen(
            entry.line - frame,
            paper.id,
            paper.title,
            paper.year,
            paper.venue,
            paper.code_url,
            paper.name,
            paper.authors,
        )
        for entry in reading.entries
        for paper in [entry.paper]
    ]
    assert seen == case.entries
    assert [(p.line - frame, p.message) for p in reading.problems] == list(case.problems)


@pytest.mark.parametrize(
    ("text", "title", "categories"),
    [
        ("# L\n## A\n#### B\n- {1}\n### C\n- {2}\n## D\n- {3}\n", "L", ["A > B", "A > C", "D"]),
        ("## A\n- {1}\n### B\n- {2}\n## C\n- {3}\n", "", ["A", "A > B", "C"]),
        ("# A\n- {1}\n## B\n- {2}\n# C\n- {3}\n", "", ["A", "A > B", "C"]),
        ("# L\nWords.\n# A\n- {1}\n## B\n- {2}\n# C\n- {3}\n", "L", ["A", "A > B", "C"]),
        ("# Awesome L\n- {1}\n# A\n- {2}\n# B\n- {3}\n", "Awesome L", ["", "A", "B"]),
        ("# L\n- {1}\n- {2}\n- {3}\n", "L", ["", "", ""]),
        ("- {1}\n- {2}\n- {3}\n", "", ["", "", ""]),
        ("L\n=\n\nA\n---\n- {1}\n\nB\n---\n- {2}\n- {3}\n", "L", ["A", "B", "B"]),
        (
            '<div align="center">\n<h1>The <em>L</em></h1>\n</div>\n\n'
            "<h2>A &amp; B</h2>\n\n- {1}\n\n<h3>C\n</h3>\n\n- {2}\n\n## D\n- {3}\n",
            "The L",
            ["A & B", "A & B > C", "D"],
        ),
        (
            "# 🔥 L\n## 时间序列：\n- {1}\n## Télédétection\n- {2}\n###  Two  spaces #\n- {3}\n",
            "🔥 L",
            ["时间序列", "Télédétection", "Télédétection > Two spaces"],
        ),
        (
            "# L\n## [A](#a) **b** `c`\n- {1}\n## B\n<h3>C</h3>\n\n- {2}\n- {3}",
            "L",
            ["A b c", *["B > C"] * 2],
        ),
        (
            "# L [🔝](#l)\n## A ([©️back👆🏻](#l))\n- {1}\n### B <sup>[↑](#a)</sup>\n- {2}\n"
            "## [C](#c) [back to top](#l)\n- {3}\n",
            "L",
            ["A", "A > B", "C"],
        ),
        (
            "# L\n## [🔝](#l) A | [up](#l)\n- {1}\n## [B](#b)\n- {2}\n"
            "## A C++ (2) [🔝](#l)\n- {3}\n",
            "L",
            ["A", "B", "A C++ (2)"],
        ),
    ],
)
def test_headings_become_category_paths(text: str, title: str, categories: list[str]) -> None:
    papers = [f"[Paper Number {n}]({cases.ABS}2402.9000{n})" for n in range(4)]
    reading = read_list(text.format(*papers))
    assert reading.title == title
    assert [paper.id for paper in reading.papers] == [f"2402.9000{n}" for n in (1, 2, 3)]
    paths = [" > ".join(path) for paper in reading.papers for path in paper.categories or [()]]
    assert paths == categories


@pytest.mark.parametrize(
    ("text", "categories"),
    [
        ("## A\n**B**\n\n- {1}\n\n**C:**\n\n- {2}\n\n## D\n- {3}\n", ["A > B", "A > C:", "D"]),
        (
            "## A\n<details>\n<summary>B</summary>\n\n- {1}\n</details>\n\n- {2}\n\n## D\n- {3}\n",
            ["A > B", "A", "D"],
        ),
        (
            "## A\n<details><summary>Click to expand</summary>\n\n- {1}\n</details>\n\n"
            "**A sentence in bold.**\n\n- {2}\n- {3}\n",
            ["A", "A", "A"],
        ),
        ("## A\n- **B**\n  - {1}\n  - {2}\n- {3}\n", ["A > B", "A > B", "A"]),
        ("## A\n- **B**\n  - **C**\n    - {1}\n  - {2}\n- {3}\n", ["A > B > C", "A > B", "A"]),
        ("## A\n- B:\n  - C\n    - {1}\n  - {2}\n- D\n  - {3}\n", ["A > B > C", "A > B", "A > D"]),
        ("## A\n- Some papers that we read.\n  - {1}\n  - {2}\n- {3}\n", ["A", "A", "A"]),
    ],
)
def test_headings_by_their_look(text: str, categories: list[str]) -> None:
    papers = parse_list(text.format("", *(f"[Title {n}]({cases.ABS}2402.9000{n})" for n in "123")))
    assert [" > ".join(path) for paper in papers for path in paper.categories] == [
        name.replace("C:", "C") for name in categories
    ]


@pytest.mark.parametrize(
    ("headings", "year", "venue"),
    [
        (["2024"], 2024, ""),
        (["ICLR 2025"], 2025, "ICLR 2025"),
        (["Papers 2021", "ICML 2021"], 2021, "ICML 2021"),
        (["Video", "2023-05 (7)"], 2023, ""),
        (["NeurIPS"], None, "NeurIPS"),
        (["Surveys of 2021"], 2021, ""),
        (["Video"], None, ""),
    ],
)
def test_a_heading_dates_what_stands_under_it(
    headings: list[str], year: int | None, venue: str
) -> None:
    marks = "".join(f"{'#' * level} {name}\n" for level, name in enumerate(headings, start=2))
    paper, printed = parse_list(
        f"# L\n{marks}- [A Title]({cases.ABS}2402.90001)\n"
        f"- [Another Title]({cases.ABS}2402.90002) (CVPR 2019)\n"
    )
    assert (paper.year, paper.venue) == (year, venue)
    assert (printed.year, printed.venue) == (2019, "CVPR 2019")


@pytest.mark.parametrize("heading", ["News", ":fire: News & Updates", "Star History", "目录"])
def test_sections_about_the_list_list_nothing(heading: str) -> None:
    text = f"# L\n## {heading}\n- {ONE}\n## A\n- {OTHER}\n"
    assert [paper.id for paper in parse_list(text)] == ["2402.90002"]


@pytest.mark.parametrize("heading", ["Overview", "Table Parsing", "Recent", "Citation Graphs"])
def test_sections_that_sound_like_them_are_read(heading: str) -> None:
    text = f"# L\n## {heading}\n- {ONE}\n## A\n- {OTHER}\n"
    assert [paper.id for paper in parse_list(text)] == ["2402.90001", "2402.90002"]


@pytest.mark.parametrize(
    "address",
    ["arxiv.org/abs/N/A", "arxiv.org/abs/None", "arxiv.org/abs/", "arxiv.org/pdf/2413.01234"],
)
def test_addresses_that_cannot_be_right_are_named(address: str) -> None:
    reading = read_list(f"# L\n## A\n- [A Title](https://{address})\n")
    message = f"arXiv has no paper at this address: https://{address}"
    assert [(problem.line, problem.message) for problem in reading.problems] == [(3, message)]


def test_a_misspelled_address_is_named_and_read() -> None:
    reading = read_list("# L\n## A\n- A Title [[pdf]](ttps://arxiv.org/abs/2402.90001)\n")
    assert [paper.id for paper in reading.papers] == ["2402.90001"]
    assert [problem.message for problem in reading.problems] == [
        "not a web address: ttps://arxiv.org/abs/2402.90001"
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            ".. image:: a.png\n\n* `A <https://a.org>`_\n* `B <https://b.org>`_\n",
            "reStructuredText",
        ),
        ('[tool]\nname = "a"\nversion = "1"\n', "TOML"),
        ('{\n  "a": "b",\n  "c": [\n  "d": 1\n}\n', "JSON"),
        ("@article{a,\n}\n@article{b,\n}\n@misc{c,\n}\n", "BibTeX"),
        ("\\documentclass{a}\n\\begin{document}\n\\section{A}\n", "LaTeX"),
        ("#+TITLE: a\n* A\n[[https://a.org][A]]\n[[https://b.org][B]]\n", "Org mode"),
        ("= A\n\n== B\n\n* https://a.org[A]\n", "AsciiDoc"),
        ("title: a\nurl: b\nyear: 2021\n", "YAML"),
    ],
)
def test_what_is_no_markdown_is_refused(text: str, name: str) -> None:
    reading = read_list(text)
    assert (reading.papers, reading.sections) == ((), ())
    message = f"this is {name}, and no list in Markdown; convert it, for example with pandoc"
    assert [(problem.line, problem.message) for problem in reading.problems] == [(1, message)]


def test_every_heading_is_a_category_even_without_a_paper() -> None:
    reading = read_list(f"# L\n## A\n### B\n\n## C\n- [Paper One]({cases.ABS}2402.90001)\n")
    assert reading.categories == (("A",), ("A", "B"), ("C",))


def test_an_introduction_lists_only_marked_titles() -> None:
    text = f"""\
# L

Read [our survey]({cases.ABS}2402.90001) first. Thanks to arXiv:2402.90002.
- **Salt Is All You Need** [paper]({cases.ABS}2402.90003)
- See the [website](https://l.example.org)

## A
- [Tidal Scan for Oceans]({cases.ABS}2402.90004)
"""
    reading = read_list(text)
    assert [(entry.line, entry.paper.id) for entry in reading.entries] == [
        (3, "2402.90001"),
        (4, "2402.90003"),
        (8, "2402.90004"),
    ]
    assert [(p.line, p.message.split(" is ")[0]) for p in reading.problems] == [
        (3, "arXiv id 2402.90002")
    ]


def test_all_fields_of_a_paper() -> None:
    text = f"## A\n- [Tidal Scan]({cases.PDF}2402.90001v2) (ICML 2024) [code]({cases.HUB}tide/scan)"
    assert parse_list(text) == [
        Paper(
            id="2402.90001",
            title="Tidal Scan",
            url=f"{cases.ABS}2402.90001",
            pdf_url=f"{cases.PDF}2402.90001",
            code_url=f"{cases.HUB}tide/scan",
            year=2024,
            venue="ICML 2024",
            categories=(("A",),),
        )
    ]


def test_entries_without_an_arxiv_id_are_links() -> None:
    text = """\
## Posts
- [A Guide to Tides](https://blog.example.org/tides)
- [A guide to tides!](https://other.example.org/tides)
- [A Guide to Tides](https://blog.example.org/tides)
- **Sand at Scale** [[page](https://sand.example.org)] [[pdf](https://sand.example.org/1.pdf)]
- [Tide Pool](https://github.com/tide/pool)
"""
    papers = parse_list(text)
    assert {paper.kind for paper in papers} == {"link"}
    # The same title elsewhere is another post, told apart by a digest of its address.
    assert [(paper.id, paper.url, paper.pdf_url) for paper in papers] == [
        ("a-guide-to-tides", "https://blog.example.org/tides", ""),
        ("a-guide-to-tides-12a3a0", "https://other.example.org/tides", ""),
        ("sand-at-scale", "https://sand.example.org", "https://sand.example.org/1.pdf"),
        ("tide-pool", "https://github.com/tide/pool", ""),
    ]


def test_a_paper_listed_twice_is_one_paper_in_two_categories() -> None:
    text = f"""\
## A
As [Tidal]({cases.ABS}2402.90001) showed, water flows.
- [Tidal Scan for Oceans]({cases.ABS}2402.90001)
## B
- [Tidal scan for oceans]({cases.PDF}2402.90001v3.pdf) (ICML 2024) [code]({cases.HUB}tide/scan)
## A
- [Tidal Scan for Oceans]({cases.ABS}2402.90001) (arXiv 2023)
"""
    (paper,) = parse_list(text)
    assert paper.title == "Tidal Scan for Oceans"
    assert paper.categories == (("A",), ("B",))
    assert (paper.year, paper.venue) == (2024, "ICML 2024")
    assert paper.code_url == f"{cases.HUB}tide/scan"
    assert [entry.line for entry in read_list(text).entries] == [3, 5, 7]


@pytest.mark.parametrize(
    "address",
    """arxiv.org/abs/{} arxiv.org/pdf/{}v2.pdf arxiv.org/html/{}v1 www.arxiv.org/abs/{}/
    export.arxiv.org/pdf/{} alphaxiv.org/abs/{} www.alphaxiv.org/overview/{}
    huggingface.co/papers/{} hf.co/papers/{} ar5iv.org/abs/{} ar5iv.labs.arxiv.org/html/{}
    doi.org/10.48550/arXiv.{} papers.cool/arxiv/{} www.semanticscholar.org/arxiv/{}""".split(),
)
@pytest.mark.parametrize("paper_id", ["2402.90001", "0704.0001"])
def test_links_that_carry_an_id(address: str, paper_id: str) -> None:
    for scheme in ("https://", "http://"):
        url = scheme + address.format(paper_id)
        (paper,) = parse_list(f"## A\n- Tidal Scan for Oceans [paper]({url})\n")
        assert (paper.id, paper.kind) == (paper_id, "paper")


@pytest.mark.parametrize(
    ("paper_id", "written"),
    [("hep-th/9901001", "hep-th/9901001"), ("math/0309136", "math.GT/0309136")],
)
def test_ids_of_the_old_scheme(paper_id: str, written: str) -> None:
    text = "## A\n" + "".join(
        f"- Salt in the Sea, Part {n} [paper](https://arxiv.org/{form})\n"
        for n, form in enumerate([f"abs/{paper_id}", f"pdf/{written}v2.pdf", f"abs/{written}v1"])
    )
    (paper,) = parse_list(text)
    assert (paper.id, paper.url) == (paper_id, f"https://arxiv.org/abs/{paper_id}")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("## ", "## \0"),
        lambda text: text + "\n\n",
    ],
    ids=["CRLF", "CR", "BOM", "NUL", "blank lines"],
)
def test_ways_to_store_a_text(change: Callable[[str], str]) -> None:
    text = "# L\n## A\n\n" + cases.TABLES[0].body + "\n" + cases.ITEMS[0].body
    assert read_list(change(text)) == read_list(text)


@pytest.mark.parametrize("case", cases.ALL, ids=lambda case: case.name)
def test_what_was_read_before_is_read_the_same_further_down(case: cases.Case) -> None:
    first = read_list(cases.FRAME + case.body)
    again = read_list(cases.FRAME.replace("\n", "\n\n\n", 1) + case.body)
    assert again.entries == tuple(
        replace(entry, line=entry.line + 2, end=entry.end + 2) for entry in first.entries
    )
    assert again.problems == tuple(replace(one, line=one.line + 2) for one in first.problems)
    assert again.papers == first.papers


def test_a_link_by_name_leads_where_its_own_list_says() -> None:
    body = "# L\n## A\n\n- [A Title][one]\n\n"
    assert parse_list(body) == []
    for at in ("2402.90001", "2402.90002"):
        (paper,) = parse_list(f"{body}[one]: {cases.ABS}{at}\n")
        assert paper.id == at
    assert parse_list(body) == []


@pytest.mark.parametrize(
    ("printed", "heading"),
    [("  Time\n Series: ", "Time Series"), ("## Vision #", "Vision"), ("模型：", "模型"), ("", "")],
)
def test_clean_heading(printed: str, heading: str) -> None:
    assert clean_heading(printed) == heading


def test_a_list_that_is_too_long_is_refused() -> None:
    with pytest.raises(ListError, match="10,000,001 characters, more than 10,000,000"):
        parse_list(" " * (MAX_LIST_CHARS + 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n" * 10_001, "10,001 lines in 40,004 characters, expected up to 10,000"),
        ("-" + " a\n" * 20_000, "20,000 lines in 60,001 characters, expected up to 10,000"),
        ("*a\n" * 90_000, "90,000 lines in 270,000 characters, expected up to 16,875"),
        ("[]" * 20_001, "40,002 brackets and other marks in 40,002 char.*, expected up to 40,000"),
        (f"{'[] ' * 30_000}\n" * 4, "240,000 brackets and .* 360,004 .*, expected up to 72,000"),
    ],
)
def test_a_list_of_hardly_more_than_lines_or_marks_is_refused(text: str, message: str) -> None:
    with pytest.raises(ListError, match=f"the list has {message}; leave out what is no list"):
        read_list(text)


def test_blank_lines_and_lines_that_are_left_out_count_for_nothing() -> None:
    text = f"{'[' * (MAX_LINE_CHARS + 1)}\n" * 2 + "\n" * 20_000 + "## A\n- [Salt](http://a.org)\n"
    assert [paper.title for paper in read_list(text).papers] == ["Salt"]


def test_halves_of_characters_and_piles_of_marks_are_passed_over() -> None:
    pile = "\u0315\u0300" * 20_000
    papers = parse_list(f"## A\n- [Sa\udcfflt e{pile}](http://a.org/\udcff)\n")
    assert [(one.title, one.url) for one in papers] == [(f"Salt e{pile[:30]}", "http://a.org/")]


def test_a_line_that_is_too_long_is_named() -> None:
    reading = read_list(f"## A\n{'x' * (MAX_LINE_CHARS + 1)}\n- [Salt]({cases.ABS}2402.90001)\n")
    assert [(paper.id, paper.title) for paper in reading.papers] == [("2402.90001", "Salt")]
    assert [(p.line, p.message) for p in reading.problems] == [
        (2, "line left out: 100,001 characters, more than 100,000")
    ]


MEGABYTE = 1_000_000
HOSTILE = {
    "nested lists": "".join("  " * depth + "- x\n" for depth in range(200)),
    "nested HTML lists": "<ul><li>x" * 5_000,
    "nested quotes": "> " * 50_000,
    "open brackets by the line": "[\n" * 15_000,
    "open links by the line": "[a](\n" * 10_000,
    "open images": "![" * 20_000,
    "open tags": "<div>\n" + "<a " * 30_000,
    "open tags with quotes": "<div>\n" + "<a href='" * 20_000,
    "declarations": "<div>\n" + "<![" * 30_000,
    "comments that never end": "<div>\n" + "<!--" * 25_000,
    "unclosed elements": "<table><tr><td><details><pre><b><a href='x'>" * 5_000,
    "emphasis": "**a " * 25_000,
    "backticks": "` `` " * 20_000,
    "control characters": "".join(map(chr, range(32))) * 3_000,
    "tags in brackets": "- Title " + "(ICML 2024) " * 8_000 + "[paper](https://a.example.org)",
    "one long attribute": "<div " + "a" * 90_000 + ">",
    "one long word": "- T " + "A" * 90_000 + " [paper](https://a.example.org)",
    "a cell of dashes": "|" + "-" * 90_000 + "x|b|",
    "spaces": "- Title" + " " * 90_000 + "[paper](https://a.example.org)",
    "spaces behind a link": f"- {ONE}" + " " * 90_000 + "ICML 2021",
    "blanks of all kinds": f"- {ONE}" + "\t\u3000&nbsp;&#32;\u2003" * 4_000 + "ICML 2021",
    "a wide table": "|" + "a|" * 2_000 + "\n|" + "-|" * 2_000 + "\n|" + "a|" * 2_000,
    "entries in one paragraph": "A long title [paper](https://arxiv.org/abs/2402.90001)\n" * 2_000,
    "links in one line": "[A long title](https://arxiv.org/abs/2402.90001) and " * 1_500,
    **{
        f"many of {piece}": f"- {piece}" * (50_000 // len(piece))
        for piece in (
            "[pdf](http://a.org) ",
            "[ICML 2021](http://a.org) ",
            "**ICML 2021** ",
            "`ICML 2021` ",
            "_ICML 2021_ ",
            "J. Doe. 2015. ",
            "x: ",
            "ICML 2021 | ",
        )
    },
    "cells that span": "<table>" + "<tr><td rowspan=999 colspan=99>x" * 1_000,
    **{f"a megabyte of {char!r}": char * MEGABYTE for char in "[|<(`*_#>&\\ \n"},
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_input_ends_soon(text: str) -> None:
    with soon(30):
        while True:
            try:
                read_list("# L\n## A\n" + text)
                break
            except ListError:  # so dense that it is refused
                text = text[: len(text) // 2]


MARKUP = st.sampled_from(
    [
        *"#*-|<>[](){}`~!&:;.,\"'\\\n\n\n \t",
        *["# ", "## ", "- ", "  - ", "1. ", "|-|-|\n", "| a | b |\n", "**", "```\n", "<!--", "-->"],
        *["<table>", "<tr>", "<td>", "</td>", "<ul>", "<li>", "</ul>", "<h2>", "<a href='", "<br>"],
        *["](https://arxiv.org/abs/2402.90001)", "](https://a.example.org)", "https://arxiv.org/"],
        *[
            "arXiv:2402.90002",
            "[paper]",
            "[code]",
            "ICML 2024",
            "Title",
            "\r\n",
            "\0",
            "é",
            "论文",
            "🔥",
        ],
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(MARKUP, max_size=60).map("".join)))
def test_any_text_can_be_read(text: str) -> None:
    reading = read_list(text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(paper.id and paper.title.strip() for paper in reading.papers)
    assert len({paper.id for paper in reading.papers}) == len(reading.papers)
    assert all(1 <= entry.line <= lines for entry in reading.entries)
    assert all(1 <= problem.line <= lines for problem in reading.problems)
    assert read_list(text) == reading


@pytest.mark.parametrize("piece", ["https://a.b ", "[![a](b)](c) "])
def test_a_line_of_many_links_takes_no_longer_than_as_many_lines(piece: str) -> None:
    with soon():
        read_list(f"# T\n\n## S\n\n- {piece * 5_000}")  # a minute, where each is looked for in all
