"""What strangers wrote, shown on a screen, in a comment and as JSON: never as more than text."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ssm_search.awesome.writing.insertion import Insertion
from ssm_search.curation.card_table import card_rich, verdict_line
from ssm_search.curation.cards import Card, Triage
from ssm_search.curation.intake import Submission
from ssm_search.curation.places import Place
from ssm_search.papers import CategorySuggestion, Duplicate, Hit, Paper, Placement, Why, slug
from ssm_search.views.card_display import (
    card_json,
    card_markdown,
    escaped,
    triage_json,
)

ROW = "- [Paper kites](https://arxiv.org/abs/2402.00001)"
OLD = Paper("2401.00001", "Old kites", url="https://arxiv.org/abs/2401.00001")
PLAIN = Card(
    paper=Paper(
        "2402.00001",
        "Paper kites",
        url="https://arxiv.org/abs/2402.00001",
        abstract="Not to be shown.",
        authors=("Ada Example", "Bo Muster"),
        published=date(2024, 2, 1),
        arxiv_categories=("cs.LG",),
    ),
    notes=("withdrawn from arXiv", "the list changed"),
    placement=Placement(
        "fits",
        (
            CategorySuggestion(("Sky", "Kites"), 1.0, (Hit(OLD, 1.5, 1, Why()),)),
            CategorySuggestion(("Sea",), 0.004),
        ),
        (),
        0.5,
        0.25,
    ),
    duplicates=(Duplicate(OLD, "title", 0.95),),
    related=(Hit(OLD, 1.5, 1, Why(("kites",))),),
    category=("Sky", "Kites"),
    insertion=Insertion("the list", ROW, 7),
    patch="--- a\n",
    no_row="",
)


def with_text(text: str) -> Card:
    """A card in which ``text`` is whatever a stranger, or a list, can say."""
    paper = Paper(
        text, text, "link", url=text, authors=(text, text), venue=text, arxiv_categories=(text,)
    )
    hit = Hit(paper, 1.0, 1, Why((text,), text, (text,)))
    suggestion = CategorySuggestion((text, text), 1.0, (hit, hit))
    return Card(
        paper=paper,
        notes=(text, text),
        placement=Placement("no heading", (suggestion, suggestion), (text,), 0.5, 0.0),
        duplicates=(Duplicate(paper, "title", 0.95),),
        related=(hit, hit),
        category=(text, text),
        insertion=Insertion(text, f"{text}\n{text}", 7),
        patch=text,
        no_row="",
    )


def tokens_of(markdown: str) -> list[Token]:
    """As GitHub reads it: with tables, strikethrough and bare addresses."""
    found = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    return [one for token in found for one in (token, *(token.children or ()))]


def text_of(markdown: str) -> str:
    """What a reader sees outside of code."""
    kinds = ("text", "text_special")
    return "".join(one.content if one.type in kinds else "\n" for one in tokens_of(markdown))


def outline(markdown: str) -> list[str]:
    """The kinds of all tokens but text; runs of one kind, as of table rows, count each."""
    texts = ("text", "text_special", "inline", "softbreak")
    return [token.type for token in tokens_of(markdown) if token.type not in texts]


HOSTILE = [
    "@team",
    "me@example.org and @ada-example @_x",
    "#12 GH-12 gh-7 ada/kites#12",
    "![x](http://a.org/x.png)",
    "[x](http://a.org)",
    "](http://a.org) [",
    "[x]: http://a.org",
    "<script>alert(1)</script>",
    "<!-- x",
    "<http://a.org>",
    "http://a.org www.a.org HTTPS://a.org ftp://a.org",
    "_https://a.org 1https://a.org _www.a.org xhttp://a.org",
    "a | b | c",
    "\\| a \\\\| b \\",
    "a\n\n# b\n\n- c\n\n> d\n",
    "a\r\n***\r\nb\x0bc\x85d\u2028e",
    "`a` ``b`` ```",
    "```\n# out\n```",
    "~~~\n# out\n~~~",
    "*a* **b** _c_ ~~d~~",
    "# a",
    "- a",
    "+ a",
    "1. a",
    "1.",
    "12) a",
    "> a",
    "===",
    "---",
    "| a |\n|---|",
    "    code",
    "&lt;b&gt; &#64;team &copy;",
    "$x$ $$y$$",
    "\x1b[31mred\x07\x00 \u202eevil\u2066",
    "[x][y] [^1] [ ] [x]",
    "\\",
    "``\u202e`\n# out\n``\u202e`",
    "a" * 5_000,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_comment_is_built_the_same_whatever_the_words(text: str) -> None:
    markdown = card_markdown(with_text(text), text)
    assert outline(markdown) == outline(card_markdown(with_text("kite"), "kite"))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_comment_calls_people_or_links(text: str) -> None:
    markdown = card_markdown(with_text(text), text)
    seen = text_of(markdown)
    # What GitHub looks for in the finished text: mentions, references, bare addresses.
    assert not re.search(r"@\w|#\d|gh-\d|(?:https?|ftp):|www\.", seen, re.I)
    assert not {token.type for token in tokens_of(markdown)} & {
        "image",
        "html_inline",
        "html_block",
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_no_control_characters_anywhere(text: str) -> None:
    card = with_text(text)
    markdown = card_markdown(card, text)
    for shown in (markdown, printed(card, text, 80)):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.isprintable()])
def test_a_reader_sees_the_words_as_they_are(text: str) -> None:
    (inline,) = [one for one in MarkdownIt("commonmark").parse(escaped(text)) if one.children]
    seen = "".join(child.content for child in inline.children or ())
    assert seen.replace("\u2060", "") == " ".join(text.split())


def test_the_row_is_fenced_in() -> None:
    for row in (
        "```\n# out",
        "`````\n````",
        "~~~\n# out",
        "``\u202e`\n# out",
        "\t- [a](b)\r\n\t\tc",
    ):
        card = replace(PLAIN, insertion=Insertion("", row, 7))
        (fence,) = [one for one in tokens_of(card_markdown(card, "x")) if one.type == "fence"]
        assert fence.content == row.replace("\u202e", "").replace("\r", "") + "\n"
        assert fence.info == "markdown"


def test_a_whole_card() -> None:
    assert card_markdown(PLAIN, "README.md") == (
        "**[Paper kites](https://arxiv.org/abs/2402.00001)**\n"
        "\n"
        "Ada Example, Bo Muster · 2024\\-02\\-01 · arXiv:2402.00001 · cs.LG\n"
        "\n"
        "> withdrawn from arXiv  \n"
        "> the list changed  \n"
        "\n"
        "**Scope:** belongs on this list\n"
        "\n"
        "| | heading | its nearest papers |\n"
        "|---:|---|---|\n"
        "| 100% | Sky › Kites | Old kites |\n"
        "| 0% | Sea |  |\n"
        "\n"
        "**Duplicates:** \n"
        "- nearly the same title: [Old kites](https://arxiv.org/abs/2401.00001)\n"
        "\n"
        "**Related:**\n"
        "- [Old kites](https://arxiv.org/abs/2401.00001)\n"
        "\n"
        "**Row** under Sky › Kites, line 7 of README.md:\n"
        "\n"
        f"```markdown\n{ROW}\n```\n"
    )


def test_a_paper_that_looks_listed_names_the_line() -> None:
    card = replace(PLAIN, places=(Place(9, ("Sky",)), Place(0, ("Sea",))))
    said = "nearly the same title: [Old kites](https://arxiv.org/abs/2401.00001), "
    assert f"{said}line 9, under Sky; under Sea\n" in card_markdown(card, "README.md")
    linked = card_markdown(card, "README.md", "https://example.org/list?plain=1")
    assert f"{said}[line 9](https://example.org/list?plain=1#L9), under Sky;" in linked
    assert f"{said}line 9, under Sky" in card_markdown(card, "README.md", "https://a.org/)[x](y")


def test_where_no_heading_fits_the_row_is_for_the_likeliest() -> None:
    placement = replace(PLAIN.placement, verdict="no heading")
    markdown = card_markdown(replace(PLAIN, placement=placement, duplicates=()), "README.md")
    said = "**Row** under Sky › Kites, the likeliest heading that there is, line 7 of README.md:"
    assert said in markdown


def test_a_card_off_topic_shows_no_headings_and_names_no_option() -> None:
    placement = replace(PLAIN.placement, verdict="off topic", scope=0.001)
    card = replace(PLAIN, placement=placement, insertion=None, no_row="--category", duplicates=())
    markdown = card_markdown(card, "README.md")
    assert "**Scope:** off topic: 0.1% of the papers" in markdown
    assert "Sea" not in markdown
    assert markdown.endswith("**Row:** none\n")


def test_a_comment_without_a_row() -> None:
    card = replace(PLAIN, insertion=None, no_row="it is *listed*", duplicates=(), notes=())
    markdown = card_markdown(card, "README.md")
    assert markdown.endswith("**Row:** none, it is \\*listed\\*\n")
    assert "**Duplicates:** none\n" in markdown


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://example.org/~ada/x_y?z=1&w=%20#top", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("https://a.org/x)[y](z", False),
        ("https://a.org/`x", False),
        ("https://a.org/\x1b[31m", False),
        ("https://a.org/ x", False),
        ("https://a.org/<x>", False),
        ("https://a.org/|", False),
        ("https://a.org/x\n", False),
        ("", False),
    ],
)
def test_only_plain_web_addresses_become_links(url: str, is_link: bool) -> None:
    card = replace(PLAIN, paper=replace(PLAIN.paper, url=url), duplicates=(), related=())
    links = [
        t.attrGet("href") for t in tokens_of(card_markdown(card, "x")) if t.type == "link_open"
    ]
    assert links == ([url] if is_link else [])


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────


def test_a_card_as_json() -> None:
    record: dict[str, Any] = json.loads(json.dumps(card_json(PLAIN)))
    assert record.pop("paper") == {
        "id": "2402.00001",
        "title": "Paper kites",
        "url": "https://arxiv.org/abs/2402.00001",
        "authors": ["Ada Example", "Bo Muster"],
        "published": "2024-02-01",
        "arxiv_categories": ["cs.LG"],
    }
    assert [one["category"] for one in record.pop("headings")] == [["Sky", "Kites"], ["Sea"]]
    assert [one["id"] for one in record.pop("related")] == ["2401.00001"]
    assert record == {
        "notes": ["withdrawn from arXiv", "the list changed"],
        "status": "alike",
        "verdict": "fits",
        "scope": 0.5,
        "fit": 0.25,
        "parent": [],
        "duplicates": [
            {"id": "2401.00001", "title": "Old kites", "reason": "title", "likeness": 0.95}
        ],
        "category": ["Sky", "Kites"],
        "row": ROW,
        "line": 7,
        "patch": "--- a\n",
        "no_row": "",
        "places": [],
        "chosen": [],
        "difference": "",
        "repeats": "",
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_json_holds_the_words_as_they_are(text: str) -> None:
    found = Triage((with_text(text),), (Submission(Paper("x", ""), (text,)),))
    record = json.loads(json.dumps(triage_json(found), ensure_ascii=False))
    (card,) = record["cards"]
    assert card["paper"]["title"] == card["notes"][0] == card["patch"] == text
    assert record["unread"] == [{"id": "x", "reason": text}]
    assert record["proposed"] == []
    assert record["summary"] == "1 that may be listed already, 1 that cannot be read"
    assert record["unanswered"] == ""


def test_a_card_without_a_row_as_json() -> None:
    record = card_json(replace(PLAIN, insertion=None, no_row="listed", category=()))
    assert (record["row"], record["line"], record["no_row"]) == ("", None, "listed")


# ── terminal ─────────────────────────────────────────────────────────────────────────────────


def printed(card: Card, name: str, width: int) -> str:
    from rich.console import Console

    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(card_rich(card, name))
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines())


def test_a_whole_screen() -> None:
    assert printed(PLAIN, "README.md", 80).splitlines() == [
        "Paper kites",
        "Ada Example, Bo Muster · 2024-02-01 · arXiv:2402.00001 · cs.LG",
        "withdrawn from arXiv",
        "the list changed",
        "",
        "scope",
        "  belongs on this list",
        "",
        "headings",
        " 100%  Sky › Kites",
        "       Old kites",
        "   0%  Sea",
        "",
        "duplicates",
        "  nearly the same title: Old kites (2401.00001)",
        "",
        "related",
        "  2401.00001  Old kites",
        "",
        "row",
        "  README.md, line 7, under Sky › Kites",
    ]


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("text", ["Long kite names that go on " * 9, "x" * 300, "視覚" * 90])
def test_a_screen_fits_and_keeps_the_percentages(text: str, width: int) -> None:
    from rich.cells import cell_len

    lines = printed(with_text(text), text, width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert sum(line.startswith(" 100%  ") for line in lines) == 2


def test_markup_of_rich_is_text() -> None:
    screen = printed(with_text("[red]x[/red] :kite: [link=file:///]y[/]"), "README.md", 200)
    assert "[red]x[/red] :kite: [link=file:///]y[/]" in screen


@pytest.mark.parametrize(
    ("placement", "line"),
    [
        (Placement("fits", (), (), 0.5, 0.5), "belongs on this list"),
        (
            Placement("off topic", (), (), 0.01, 0.5),
            "off topic: 1.0% of the papers on such a list are as far from the others",
        ),
        (
            Placement("unsure", (), (), 0.0004, 0.5),
            "may be off topic: fewer than 0.1% of the papers on such a list are as far from the "
            "others",
        ),
        (
            Placement("no heading", (), ("Sky", "Kites"), 0.5, 0.01),
            "on topic, but no present heading fits; it may need a new one below “Kites”",
        ),
        (
            Placement("no heading", (), (), 0.5, 0.01),
            "on topic, but no present heading fits; it may need a new one",
        ),
    ],
)
def test_the_verdict_in_a_sentence(placement: Placement, line: str) -> None:
    card = replace(PLAIN, placement=placement)
    assert verdict_line(card) == line
    told = "; its abstract would tell more" if placement.verdict == "unsure" else ""
    assert verdict_line(replace(card, paper=replace(card.paper, abstract=""))) == line + told


def test_an_id_that_is_a_title_once_more_is_not_shown_beside_it() -> None:
    """It would take all the room that there is on a line."""
    title = "A very long post about kites and all their strings in any wind"
    post = Paper(slug(title), title, "link", "https://kites.example.org/post")
    near, like = (Hit(post, 1.5, 1, Why()),), (Duplicate(post, "title", 0.95),)
    lines = printed(replace(PLAIN, duplicates=like, related=near), "x", 80).splitlines()
    at = lines.index("duplicates") + 1
    assert " ".join(" ".join(lines[at : at + 2]).split()) == f"nearly the same title: {title}"
    assert lines[lines.index("related") + 1] == f"  {title}"
    old = replace(post, id="cond-mat/9901001")
    card = replace(PLAIN, related=(Hit(old, 1.5, 1, Why()),))
    assert f"  cond-mat/9901001  {title[:40]}" in printed(card, "x", 80)


def test_many_authors() -> None:
    card = replace(PLAIN, paper=replace(PLAIN.paper, authors=tuple("ABCDE")))
    assert printed(card, "x", 80).splitlines()[1].startswith("A et al. · 2024")


# ── what `print` and notebooks show ──────────────────────────────────────────────────────────


def test_a_card_prints_as_a_table_with_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    row = ROW + " " + "a long one " * 9
    card = replace(PLAIN, insertion=Insertion("the list", row, 7))
    assert str(card).splitlines() == [
        "Paper kites",
        "Ada Example, Bo Muster · 2024-02-01 · arXiv:2402.00001 ·",
        "cs.LG",
        "withdrawn from arXiv",
        "the list changed",
        "",
        "scope",
        "  belongs on this list",
        "",
        "headings",
        " 100%  Sky › Kites",
        "       Old kites",
        "   0%  Sea",
        "",
        "duplicates",
        "  nearly the same title: Old kites (2401.00001)",
        "",
        "related",
        "  2401.00001  Old kites",
        "",
        "row",
        "  line 7, under Sky › Kites",
        row,
    ]
    assert repr(card).startswith("Card(paper=Paper(id='2402.00001', title='Paper kites'")
    assert f"insertion=Insertion(row={row!r}, line=7, category=(), left_out=(), " in repr(card)
    assert "patch='--- a\\n', no_row='', is_listed=False, places=()" in repr(card)


def test_rich_folds_the_row_and_cuts_nothing_off() -> None:
    from rich.console import Console

    console = Console(file=io.StringIO(), width=20, color_system=None)
    console.print(PLAIN)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    assert text.replace("\n", "").replace(" ", "").endswith(ROW.replace(" ", ""))


def test_a_card_in_a_notebook() -> None:
    link = '<a href="https://arxiv.org/abs/2401.00001">Old kites</a>'
    assert PLAIN._repr_html_() == (
        '<table><thead><tr><th colspan="2">'
        '<a href="https://arxiv.org/abs/2402.00001">Paper kites</a><br>'
        "Ada Example, Bo Muster · 2024-02-01 · arXiv:2402.00001 · cs.LG</th></tr></thead><tbody>"
        "<tr><th>notes</th><td>withdrawn from arXiv<br>the list changed</td></tr>"
        "<tr><th>scope</th><td>belongs on this list</td></tr>"
        f"<tr><th>headings</th><td>100% <b>Sky › Kites</b><br>{link}<br>0% <b>Sea</b></td></tr>"
        f"<tr><th>duplicates</th><td>nearly the same title: {link}</td></tr>"
        f"<tr><th>related</th><td>{link}</td></tr>"
        f"<tr><th>row</th><td>line 7, under Sky › Kites<br><pre>{ROW}</pre></td></tr>"
        "</tbody></table>"
    )


def test_a_card_without_a_row_says_why() -> None:
    bare = Card(Paper("x", ""), (), Placement("fits", (), (), 1, 1), (), (), (), None, "", "no <b>")
    assert str(bare).splitlines()[-1] == "  none: no <b>"
    assert bare._repr_html_() == (
        '<table><thead><tr><th colspan="2">(no title)<br>arXiv:x</th></tr></thead><tbody>'
        "<tr><th>scope</th><td>belongs on this list</td></tr>"
        "<tr><th>duplicates</th><td>none</td></tr>"
        "<tr><th>row</th><td>none: no &lt;b&gt;</td></tr></tbody></table>"
    )


class Tags(HTMLParser):
    """The tags of a page, and whatever could run or load in them."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[str] = []
        self.addresses: set[str | None] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= {"href", "colspan"}
        self.tags.append(tag)
        self.addresses |= {value for name, value in attrs if name == "href"}


@pytest.mark.parametrize("text", [*HOSTILE, '"onclick="x', "' onclick='x", "javascript:x"])
def test_nothing_from_outside_is_markup_in_a_notebook(text: str) -> None:
    page = Tags(with_text(text)._repr_html_())
    assert [tag for tag in page.tags if tag != "a"] == [
        tag for tag in Tags(with_text("kite")._repr_html_()).tags if tag != "a"
    ]
    assert all(
        address and address.startswith(("http://", "https://")) for address in page.addresses
    )
    web = '"http://a.org/\x1b"><script>x</script>'
    assert Tags(with_text(f"https://a.org/{web}")._repr_html_()).addresses == {
        'https://a.org/"http://a.org/"><script>x</script>'
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_no_control_characters_are_printed(text: str) -> None:
    triage = Triage((with_text(text),), (Submission(Paper(text, ""), (text,)),))
    for shown in (str(triage), triage._repr_html_()):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


def test_the_cards_of_a_submission_print_one_below_the_other() -> None:
    unread = Submission(Paper("2402.00009", ""), ("arXiv <said> no", "sorry"))
    triage = Triage((PLAIN, PLAIN), (unread,))
    summary = "2 that may be listed already, 1 that cannot be read"
    assert str(triage) == f"{summary}\n\n{PLAIN}\n\n{PLAIN}\n\n2402.00009: arXiv <said> no; sorry"
    card = PLAIN._repr_html_()
    assert triage._repr_html_() == (
        f"<p><b>{summary}</b></p>{card}{card}<p>2402.00009: arXiv &lt;said&gt; no; sorry</p>"
    )
