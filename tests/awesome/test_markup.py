"""Markdown and HTML → blocks, with the right kinds, levels, lines and looks."""

from __future__ import annotations

import pytest
from markdown_it.common.normalize_url import normalizeLink

from ssm_search.awesome import markup
from ssm_search.awesome.blocks import Block, plain
from ssm_search.awesome.markup import parse_blocks


def outline(text: str) -> list[tuple[str, int, int, str]]:
    """Kind, line, level and text of each block; the cells of a row between bars."""
    return [
        (block.kind, block.line, block.level, "|".join(map(plain, block.cells)))
        for block in parse_blocks(text)
    ]


def only(text: str) -> Block:
    (block,) = parse_blocks(text)
    return block


def looks(block: Block) -> list[tuple[str, str]]:
    """Each stretch of text with its link and its marks: b for bold, i for italic."""
    return [
        (run.text, run.href + "b" * run.bold + "i" * run.italic)
        for run in block.cells[0]
        if not run.image
    ]


def test_kinds_levels_and_lines() -> None:
    text = """\
# One

Some
words.
- a
  - b
    1. c
- d

### Two ###

|x|y|
|-|-|
|1|2|
"""
    assert outline(text) == [
        ("heading", 1, 1, "One"),
        ("paragraph", 3, 0, "Some words."),
        ("item", 5, 1, "a"),
        ("item", 6, 2, "b"),
        ("item", 7, 3, "c"),
        ("item", 8, 1, "d"),
        ("heading", 10, 3, "Two"),
        ("row", 14, 0, "1|2"),
    ]
    assert parse_blocks(text)[-1].header == ("x", "y")


def test_html_says_the_same_as_markdown() -> None:
    text = """\
<h1 align="center">
  One
</h1>
<p>Some
words.</p>
<ul><li>a<ul>
<li>b<ol><li>c</li></ol></li></ul></li>
<li>d</li>
</ul>
<h3>Two</h3>
<table><tr><th>x</th><th>y</th></tr>
<tr><td>1</td><td>2</td></tr></table>
"""
    assert outline(text) == [
        ("heading", 2, 1, "One"),
        ("paragraph", 4, 0, "Some words."),
        ("item", 6, 1, "a"),
        ("item", 7, 2, "b"),
        ("item", 7, 3, "c"),
        ("item", 8, 1, "d"),
        ("heading", 10, 3, "Two"),
        ("row", 12, 0, "1|2"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a **b** *c*", [("a ", ""), ("b", "b"), (" ", ""), ("c", "i")]),
        ("a <b>b</b> <i>c</i>", [("a ", ""), ("b", "b"), (" ", ""), ("c", "i")]),
        ("[a **b**](u)", [("a ", "u"), ("b", "ub")]),
        ("<a href='u'>a <strong>b</strong></a>", [("a ", "u"), ("b", "ub")]),
        ('<A HREF="u?a=1&amp;b=2" title="x > y">a</A>', [("a", "u?a=1&b=2")]),
        ("<a href=u>a</a>", [("a", "u")]),
        ("<a name='x'></a>a", [("a", "")]),
        ("see https://a.example.org/b(c). d", [
            ("see ", ""),
            ("https://a.example.org/b", "https://a.example.org/b"),
            ("(c). d", ""),
        ]),
        ("<https://a.example.org>", [("https://a.example.org", "https://a.example.org")]),
        ("a&amp;b\\*", [("a", ""), ("&", ""), ("b", ""), ("*", "")]),
        ("<p>a &lt;b&gt;</p>", [("a <b>", "")]),
        ("a `b | c`", [("a ", ""), ("b | c", "")]),
        ("[a\nb](u)", [("a", "u"), (" ", "u"), ("b", "u")]),
        ("a<br>b", [("a", ""), ("\n", ""), ("b", "")]),
        ("- a\n\n  b", [("a", ""), ("\n\n", ""), ("b", "")]),
        ("[](u)", [("", "u")]),
        ("a <b>b", [("a ", ""), ("b", "b")]),
    ],
)  # fmt: skip
def test_looks(text: str, expected: list[tuple[str, str]]) -> None:
    assert looks(only(text)) == expected


def test_images_keep_their_link_and_address() -> None:
    for text in ("[![x](i.svg)](u)", '<a href="u"><img src="i.svg" alt="x"/></a>'):
        (run,) = only(text).cells[0]
        assert (run.text, run.href, run.image) == ("", "u", "i.svg")


def test_each_line_of_a_block_knows_its_number() -> None:
    text = "x\n\na\n[b](u)\nc\n\n<p>\nd\n<b>e</b>\n\nf</p>"
    lines = [(run.text.strip(), run.line) for block in parse_blocks(text) for run in block.cells[0]]
    assert [pair for pair in lines if pair[0]] == [
        *[("x", 1), ("a", 3), ("b", 4), ("c", 5), ("d", 8), ("e", 9), ("f", 11)]
    ]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("|a|b|\n|-|-|\n|1|2|\n", ["1|2"]),
        ("|a|b|\n|:-:|-|\n|1\\|2|`3`|4|5|\n|6|\n", ["1|2|3|4|5", "6|"]),
        ("> |a|b|\n> |-|-|\n> |1|2|3|\n", ["1|2|3"]),
        ("|1|2|\n|3|4|\n", ["1|2", "3|4"]),
        ("|1|[2](u)\n|3|[](u)\n", ["1|2", "3|"]),
        ("|a|b|\n|---|\n|1|2|\n", ["a|b", "1|2"]),
        ("|alone\n", []),
        ("|[a](https://a.example.org)|b|\n|-|-|\n|1|2|\n", ["a|b", "1|2"]),
        ("| | |\n|-|-|\n|1|2|\n| | |\n", ["1|2"]),
    ],
)
def test_rows(text: str, rows: list[str]) -> None:
    found = [block for block in parse_blocks(text) if block.kind == "row"]
    assert ["|".join(map(plain, block.cells)) for block in found] == rows


@pytest.mark.parametrize(
    "text",
    [
        "```\n# a\n```",
        "~~~\n- a\n~~~",
        "```\n- never closed",
        "<!-- a -->",
        "<!--\n\n- a\n\n-->",
        "<!--> <!-- never closed\n\n- a",
        "<div>\n<!-- a\n\n- b\n\n-->\n</div>",
        "<div>\n<!-- <b>\n\n- never closed",
        "<pre>\n- a\n\n- b\n</pre>",
        "<style>p {}</style>",
        "<?php a ?>",
        "[a]: https://a.example.org",
        "",
    ],
)
def test_what_is_not_shown_is_not_read(text: str) -> None:
    assert parse_blocks(text) == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("A\n===", ["heading"]),
        ("A\n---", ["heading"]),
        ("A\nb\n---", ["paragraph"]),
        ("[A](u)\n---", ["paragraph"]),
        ("https://a.example.org\n---", ["paragraph"]),
        ("    indented", ["paragraph"]),
        ("#no heading", ["paragraph"]),
        ("<summary>a</summary>\n\nb", ["paragraph", "paragraph"]),
        ("<div><svg>hidden\n\n# A", ["heading"]),
        ("<ul><li>a\n\n# A\n\nb", ["item", "heading", "paragraph"]),
    ],
)
def test_kinds(text: str, kinds: list[str]) -> None:
    assert [block.kind for block in parse_blocks(text)] == kinds


def test_lists_too_deep_for_sense_end_at_the_same_level() -> None:
    levels = [block.level for block in parse_blocks("<ul><li>x" * 1_000)]
    assert levels == [*range(1, 51), *[50] * 950]


def test_quotes_are_whole_unless_too_many_lines_were_looked_at_in_vain() -> None:
    quote = "".join(f"> {number}\n" for number in range(20))
    assert len(parse_blocks(quote)) == 1
    text = "> # a\nb\n" * 1_000  # each is looked for to the end of the text
    found = parse_blocks(f"{text}\n{quote}")
    assert [plain(block.cells[0]) for block in found[:2_000]] == ["a", "b"] * 1_000
    lines = [plain(block.cells[0]).split() for block in found[2_000:]]
    assert lines == [[str(n) for n in range(16)], [str(n) for n in range(16, 20)]]


def test_rows_that_lack_cells_are_filled_up_so_far_and_then_read_by_themselves() -> None:
    table = "|a|b|c|\n|-|-|-|\n" + "|d|e|\n"
    wide = "|" + "a|" * 100 + "\n|" + "-|" * 100 + "\n" + "|d|\n" * 300 + "\n"
    first = parse_blocks(table)
    assert [(len(block.cells), block.header) for block in first] == [(3, ("a", "b", "c"))]
    last = parse_blocks(wide * 2 + table)[-2:]
    assert [(len(block.cells), block.header) for block in last] == [(3, ()), (2, ())]


@pytest.mark.parametrize(
    "address",
    [
        "https://arxiv.org/abs/2403.06977v2",
        "http://e.org",
        "https://a-b.e.org/x/?q=1&r=a+b#c=d,e;f@g~h:i",
        "https://e.org/a%20b%zz",
        "https://E.org/a",
        "https://e.org/é",
        "https://é.org/a",
        "https://e.org:80/a",
        "https://me@e.org/a",
        "https://e..org/a",
        f"https://{64 * 'e'}.org/a",
        f"https://{9 * 'e.'}org/a",
        "https://e.org/'\"[]^`{|}",
        "mailto:me@e.org",
        "a/b.pdf",
    ],
)
def test_addresses_are_those_of_a_page_that_shows_them(address: str) -> None:
    [[run]] = only(f"[a](<{address}>)").cells
    assert run.href == normalizeLink(address)


def test_what_was_found_in_a_text_is_kept_until_there_are_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also by a list with as many texts as the longest that were seen have."""
    text = "".join(f"- a [b](https://e.org/{at})\n" for at in range(3000))
    first = parse_blocks(text)
    monkeypatch.setattr(markup, "_inline", None)
    assert parse_blocks(text) == first


@pytest.mark.parametrize(
    "mark", ["*a*", "_a_", "`a`", "[a](b)", "<b>a", "~~a~~", "a&amp;", "a\\|", "a\n"]
)
def test_a_text_of_nothing_but_marks_is_not_kept(mark: str) -> None:
    known = markup._known.cache_info().currsize
    parse_blocks("".join(f"- x{at} {mark * 20}\n\n" for at in range(9)))
    assert markup._known.cache_info().currsize == known
