"""Entries → templates, and templates → entries."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date

import pytest

from ssm_search.awesome import templates
from ssm_search.awesome.escaping import escaped_address, escaped_title
from ssm_search.awesome.templates import Template, filled, template_of
from ssm_search.dates import Date
from ssm_search.papers import Paper

ABS = "https://arxiv.org/abs/"
HUB = "https://github.com/"
SHIELDS = "https://img.shields.io/"
SECONDS_FOR_HOSTILE_INPUT = 2  # of this process, whatever else runs meanwhile

TIDE = Paper(
    "2402.90001",
    "Tide: A *Scan* for Oceans",
    url=f"{ABS}2402.90001",
    code_url=f"{HUB}tide/scan",
    venue="ICML 2024",
)
POST = Paper("salt", "Salt", kind="link", url="https://salt.example.org/a")


def shown(source: str) -> str:
    """A template with its slots in braces."""
    parts = source.split("\0")
    return "".join(f"{{{part}}}" if at % 2 else part for at, part in enumerate(parts))


@pytest.mark.parametrize(
    ("source", "template"),
    [
        (f"- [Tide: A *Scan* for Oceans]({ABS}2402.90001v2)", f"- [{{title}}]({ABS}{{id}})"),
        ("- Tide: A \\*Scan\\*\n  for Oceans arXiv:2402.90001", "- {title} arXiv:{id}"),
        ("http://www.arxiv.org/abs/2402.90001.pdf", f"{ABS}{{id}}"),
        ("https://arxiv.org/pdf/2402.90001.pdf", "https://arxiv.org/pdf/{id}.pdf"),
        (f"[code]({HUB}tide/scan)", "[code]({code})"),
        (f"[code]({HUB}tide/scan-2)", f"[code]({HUB}tide/scan-2)"),
        (f"![x]({SHIELDS}github/stars/tide/scan)", f"![x]({SHIELDS}github/stars/{{repo}})"),
        ("Tide", "{name}"),
        ("Tide Pools", "Tide Pools"),
        ("(ICML 2024)", "({venue})"),
        ("*Ann Wave, Bo van Shore and Cy Grain*", "*{authors}*"),
        ("A. Wave, B. Shore, et al", "{authors}"),
        ("Ann Wave", "Ann Wave"),
        ("(May, 2024)", "({date:%b, %Y})"),
        ("(June 2024)", "({date:%B %Y})"),
        ("[3rd Apr., 2024]", "[{date:%do %b., %Y}]"),
        (
            "2024-05-31 24.05.31 24.05 2024",
            "{date:%Y-%m-%D} {date:%y.%m.%D} {date:%y.%m} {date:%Y}",
        ),
        ("arXiv'24", "arXiv'{date:%y}"),
        ("12. Tide", "{number}. Tide"),
        ("- Salt\n  It beats all.\n  <br>", "- Salt\n  <br>"),
    ],
)
def test_what_is_about_the_paper_becomes_a_slot(source: str, template: str) -> None:
    found = template_of(source, TIDE)
    assert found is not None
    assert shown(found.source) == template


@pytest.mark.parametrize(
    "source",
    [
        f"- Tide: A *Scan* for Oceans [paper]({ABS}2402.90002)",
        "- Tide: A *Scan* for Oceans\0",
        '<a title="Tide: A *Scan* for Oceans" href="x">x</a>',
        '[x](https://a.example.org "Tide: A *Scan* for Oceans")',
    ],
    ids=["another paper's id", "NUL", "an attribute", "a link's title"],
)
def test_entries_that_are_no_models(source: str) -> None:
    assert template_of(source, TIDE) is None


def test_the_address_of_a_page_is_not_cut_out_of_a_longer_one() -> None:
    page = template_of("[Salt](https://salt.example.org/a)", POST)
    other = template_of("[Salt](https://salt.example.org/a/b.pdf)", POST)
    assert page is not None
    assert other is not None
    assert (page.slots, other.slots) == ({"title", "url"}, {"title"})


@pytest.mark.parametrize(
    ("source", "residue"),
    [
        ("- \0title\0 [[paper]](\0url\0) [Code](\0code\0)", 0),
        (f"![arXiv]({SHIELDS}badge/arXiv-red.svg)", 0),
        (f"![Stars]({SHIELDS}github/stars/dune/net)", 1),
        ("[page](https://a.example.org)", 1),
        ("[S5] \0title\0", 1),
        ("best of all", 3),
        ("[Poster](\0code\0)", 1),
    ],
)
def test_what_is_left_over_is_counted(source: str, residue: int) -> None:
    counted = templates.without_code(Template(source + " [x](\0code\0)", 0))
    if "\0code\0" in source:
        counted = Template(source, templates._residue(source))
    assert counted.residue == residue


def test_templates_are_cut_to_what_is_known() -> None:
    full = Template(
        "- (arXiv \0date:%y.%m\0) **\0title\0**, \0authors\0 [[arXiv]](https://arxiv.org/abs/\0id\0)"
        f" [[code](\0code\0)] ![Stars]({SHIELDS}github/stars/\0repo\0)",
        0,
    )
    cut = templates.without_code(full)
    assert shown(cut.source) == (
        f"- (arXiv {{date:%y.%m}}) **{{title}}**, {{authors}} [[arXiv]]({ABS}{{id}})"
    )
    cut = templates.without_authors(cut)
    assert shown(cut.source) == f"- (arXiv {{date:%y.%m}}) **{{title}}** [[arXiv]]({ABS}{{id}})"
    cut = templates.without_brackets(cut, "date")
    assert shown(cut.source) == f"- **{{title}}** [[arXiv]]({ABS}{{id}})"
    cut = templates.with_address(cut)
    assert shown(cut.source) == "- **{title}** [[paper]]({url})"
    assert cut.residue == 0
    html = Template('<a href="\0url\0">\0title\0</a> <a href="\0code\0">code</a></li>', 0)
    assert shown(templates.without_code(html).source) == '<a href="{url}">{title}</a></li>'


@pytest.mark.parametrize(
    ("source", "cut"),
    [
        ("(arXiv \0date:%Y\0) \0title\0", "{title}"),
        ("\0title\0 [\0date:%Y\0]. x", "{title} x"),
        ("\\(\0date:%Y\0) \0title\0", "{title}"),
        ("[\0date:%Y\0](\0url\0)", "[{date:%Y}]({url})"),
        ("(\0venue\0, \0date:%Y\0)", "({venue}, {date:%Y})"),
    ],
)
def test_brackets_go_with_what_stands_in_them(source: str, cut: str) -> None:
    assert shown(templates.without_brackets(Template(source, 0), "date").source) == cut


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("%do %b., %Y", ["23rd Apr., 2024", "Apr., 2024", "2024"]),
        ("%B %Y", ["April 2024", "April 2024", "2024"]),
        ("%y.%m.%D", ["24.04.23", "24.04", "2024"]),
        ("%Y-%m-%D", ["2024-04-23", "2024-04", "2024"]),
        ("%y", ["24", "24", "2024"]),
    ],
)
def test_dates_are_written_as_far_as_they_are_known(form: str, written: list[str]) -> None:
    assert [Date(2024, 4, 23).written(form), Date(2024, 4).written(form)] == written[:2]
    assert Date(2024).written(form) == written[2]


@pytest.mark.parametrize(
    ("paper", "when"),
    [
        (replace(TIDE, published=date(2024, 3, 1)), Date(2024, 3, 1)),
        (TIDE, Date(2024, 2)),
        (replace(TIDE, id="hep-th/9901001"), Date(1999, 1)),
        (replace(TIDE, id="arXiv:2402.90001v2"), Date(2024, 2)),
        (replace(POST, year=2023), Date(2023)),
        (POST, Date()),
    ],
)
def test_when_a_paper_was_published(paper: Paper, when: Date) -> None:
    assert Date.of(paper) == when


def test_days_have_their_suffixes() -> None:
    days = [Date(2024, 4, day).written("%do") for day in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30)]
    assert days == "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 30th".split()


def test_facts_that_look_like_slots_are_not_filled() -> None:
    assert filled(Template("\0title\0 \0id\0", 0), {"title": "\0id\0", "id": "1"}, Date()) == (
        "\0id\0 1"
    )


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Salt in [X] Seas", "Salt in [X] Seas"),
        ("Salt \\ `x` *y* <b>", "Salt \\\\ \\`x\\` \\*y\\* &lt;b>"),
        ("snake_case _x_ ~~y~~ ~1", "snake_case \\_x\\_ \\~~y\\~~ ~1"),
        ("R&D &amp; &copy;", "R&D &amp;amp; &amp;copy;"),
        ("a](b", "a\\](b"),
        ("[a", "\\[a"),
        ("]a[", "\\]a\\["),
        ("a\n\tb\u2028c", "a b c"),
        ("a\0b\u202ec\x1b\ud800d", "abcd"),
        ("# a", "\\# a"),
        ("#a -b +c", "#a -b +c"),
        ("- a", "\\- a"),
        ("12. a", "12\\. a"),
        ("3D a", "3D a"),
        ("> a", "\\> a"),
        ("---", "\\---"),
        ("a|b", "a|b"),
    ],
)
def test_titles_are_shown_as_they_are(title: str, written: str) -> None:
    assert escaped_title(title, in_table=False) == written
    assert escaped_title(title, in_table=True) == written.replace("|", "\\|")


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://a.example.org/x?y=1&z=%20#s", "https://a.example.org/x?y=1&z=%20#s"),
        (" https://a.example.org/(x)|[y] ", "https://a.example.org/%28x%29%7C%5By%5D"),
        ("https://a.example.org/é'\"<>\\", "https://a.example.org/%C3%A9%27%22%3C%3E%5C"),
        *[(url, "") for url in ("javascript:x", "ftp://a.b", "", "https://", "http://[x", "//a.b")],
        ("https://a.example.org/\ud800", ""),
    ],
)
def test_addresses_end_nothing(url: str, written: str) -> None:
    assert escaped_address(url) == written


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        (f"{HUB}tide/scan", "tide/scan"),
        (f"{HUB}tide/scan.git", "tide/scan"),
        (f"{HUB}tide/scan/tree/main?x#y", "tide/scan"),
        (f"{HUB}tide", ""),
        ("https://gitlab.com/tide/scan", ""),
        ("https://[", ""),
    ],
)
def test_repository(url: str, repository: str) -> None:
    assert templates.repository(url) == repository


HOSTILE = [
    *["A" * 90_000, "A." * 45_000, "Ada " * 20_000, "Ada Bo, " * 10_000, "Ada Bo, and " * 8_000],
    *["[" * 90_000, "![[" * 30_000, "[a](" * 20_000, "](" * 45_000, "](()" * 20_000],
    *["](x" + "()" * 45_000, "(" * 90_000, "1" * 90_000, "12.34." * 15_000, "May " * 20_000],
    *[" " * 90_000, "\n" * 90_000, "a b\n" * 20_000, "https://" * 10_000, f"{SHIELDS}" * 4_000],
    *["<" * 90_000, "<img " * 18_000, "&a" * 45_000, "\\" * 90_000, "<a href=" * 10_000],
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8].strip())
def test_hostile_input_ends_soon(text: str) -> None:
    started = time.process_time()
    for paper in (TIDE, POST, replace(POST, title=text[:5_000])):
        template_of(f"- {paper.title} {text} {ABS}2402.90001 {HUB}tide/scan", paper)
    template = Template(f"{text} \0id\0 \0code\0 \0repo\0 \0authors\0 \0date:%Y\0 {text}", 0)
    templates.with_address(template)
    templates.without_code(template)
    templates.without_authors(template)
    templates.without_brackets(template, "date")
    templates.is_preprint(text)
    templates.repository(text)
    escaped_title(text, in_table=True)
    escaped_address(f"https://a.example.org/{text}")
    assert time.process_time() - started < SECONDS_FOR_HOSTILE_INPUT
