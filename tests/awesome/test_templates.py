"""Entries → templates, and templates → entries."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from soon import soon

from ssm_search.awesome.writing import slots, templates
from ssm_search.awesome.writing.slots import in_slots_of, joined
from ssm_search.awesome.writing.templates import Template, filled, template_of
from ssm_search.awesome.writing.tidying import constants_of, without_foreign
from ssm_search.dates import Date
from ssm_search.escaping import escaped_address, escaped_title
from ssm_search.papers import Paper

ABS = "https://arxiv.org/abs/"
HUB = "https://github.com/"
SHIELDS = "https://img.shields.io/"

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
    ("source", "slotted"),
    [
        (f"- [Tide: A *Scan* for Oceans]({ABS}2402.90001v2)", f"- [{{title}}]({ABS}{{id}})"),
        ("- Tide: A \\*Scan\\*\n  for Oceans arXiv:2402.90001", "- {title} arXiv:{id}"),
        ("http://www.arxiv.org/abs/2402.90001.pdf", f"{ABS}{{id}}"),
        ("https://arXiv.org/pdf/2402.90001.pdf", "https://arxiv.org/pdf/{id}.pdf"),
        (f"[code]({HUB}tide/scan)", "[code]({code})"),
        (f"[code]( {HUB}tide/scan)", "[code]({code})"),
        (f"[code]({HUB}tide/scan-2)", f"[code]({HUB}tide/scan-2)"),
        (f"![x]({SHIELDS}github/stars/tide/scan)", f"![x]({SHIELDS}github/stars/{{repo}})"),
        ("Tide", "{name}"),
        ("Tide Pools", "Tide Pools"),
        ("(ICML 2024)", "({venue} {year:%Y}{honour})"),
        ("[2024 ICML 2024]", "[2024 {venue} {year:%Y}{honour}]".replace("2024", "{date:%Y}")),
        ("*ICML 2024* [[ICML 2024](x)]", "*{venue} {year:%Y}{honour}* [[ICML {date:%Y}](x)]"),
        ("[[ICML 2024](x)]", "[[{venue} {year:%Y}{honour}](x)]"),
        ("*Ann Wave, Bo van Shore and Cy Grain*", "*{authors:and}*"),
        ("A. Wave, B. Shore, et al", "{authors:i2, et al}"),
        ("Ann Wave", "Ann Wave"),
        ("(May, 2024)", "({date:%b, %Y})"),
        ("(June 2024)", "({date:%B %Y})"),
        ("[3rd Apr., 2024]", "[{date:%do %b., %Y}]"),
        ("Apr 3, 2024", "{date:%b %e, %Y}"),
        ("16 Apr 2024", "{date:%e %b %Y}"),
        ("2024.4", "{date:%Y.%n}"),
        ("2024年4月", "{date:%Y年%n月}"),
        (
            "2024-05-31 24.05.31 24.05 2024",
            "{date:%Y-%m-%D} {date:%y.%m.%D} {date:%y.%m} {date:%Y}",
        ),
        ("arXiv'24", "arXiv'{date:%y}"),
        ("12. Tide", "{number}. Tide"),
    ],
)
def test_what_is_about_the_paper_becomes_a_slot(source: str, slotted: str) -> None:
    found = in_slots_of(source, TIDE)
    assert found is not None
    assert shown(found) == slotted


NAMED = replace(POST, name="SLT", venue="arXiv 16 Apr 2024", authors=("Ann Wave", "B. Shore"))


@pytest.mark.parametrize(
    ("source", "slotted"),
    [
        ("**[SLT]** Salt [SLT](x)", "**[{name}]** {title} [{name}](x)"),
        ("**SLT-2** Salt", "**SLT-2** {title}"),
        ("Salt, Ann Wave & B. Shore.", "{title}, {authors:&}."),
        (
            "Salt, Ann Wave, et al. (arXiv 16 Apr 2024)",
            "{title}, {authors:1, et al.} ({preprint} {date:%e %b %Y})",
        ),
        ("[[arXiv](x)] Salt", "[[{preprint}](x)] {title}"),
    ],
)
def test_names_authors_and_preprints_as_they_were_read(source: str, slotted: str) -> None:
    found = in_slots_of(source, NAMED)
    assert found is not None
    assert shown(found) == slotted


@pytest.mark.parametrize(
    ("authors", "form", "written"),
    [
        (("Ann Wave", "Bo Shore", "Cy Foam"), "", "Ann Wave, Bo Shore, Cy Foam"),
        (("Ann Wave", "Bo Shore", "Cy Foam"), "and", "Ann Wave, Bo Shore, and Cy Foam"),
        (("Ann Wave", "Bo Shore"), "and", "Ann Wave and Bo Shore"),
        (("Ann Wave", "Bo Shore"), "&", "Ann Wave & Bo Shore"),
        (("Ann Wave", "Bo Shore"), ";", "Ann Wave; Bo Shore"),
        (("Ann Maria Wave", "Bo Shore"), "i1 et al.", "A. M. Wave et al."),
        (("Ann Wave",), "1 et al.", "Ann Wave"),
        (("Ann Wave", "Bo Shore", "Cy Foam"), "2, et al", "Ann Wave, Bo Shore, et al"),
    ],
)
def test_authors_are_written_as_the_neighbours_are(
    authors: tuple[str, ...], form: str, written: str
) -> None:
    assert joined(authors, form) == written


@pytest.mark.parametrize(
    "source",
    [
        f"- Tide: A *Scan* for Oceans [paper]({ABS}2402.90002)",
        "- Tide: A *Scan* for Oceans\0",
        "- Tide: A *Scan* for Oceans\x01",
        '<a title="Tide: A *Scan* for Oceans" href="x">x</a>',
        '[x](https://a.example.org "Tide: A *Scan* for Oceans")',
    ],
    ids=["another paper's id", "NUL", "a mark", "an attribute", "a link's title"],
)
def test_entries_that_are_no_models(source: str) -> None:
    assert in_slots_of(source, TIDE) is None


def test_the_address_of_a_page_is_not_cut_out_of_a_longer_one() -> None:
    page = in_slots_of("[Salt](https://salt.example.org/a)", POST)
    other = in_slots_of("[Salt](https://salt.example.org/a/b.pdf)", POST)
    assert page is not None
    assert other is not None
    assert (shown(page), shown(other)) == (
        "[{title}]({url})",
        "[{title}](https://salt.example.org/a/b.pdf)",
    )


ID = f"[[paper]({ABS}{{id}})]"
PLAIN = f"- {{title}} {ID}"
X = "https://x.example.org"


@pytest.mark.parametrize(
    ("source", "known", "left"),
    [
        # links that lead elsewhere, with the brackets, labels and separators that go with them
        (f"{PLAIN} [[Project]({X})]", "title id", PLAIN),
        (f"{PLAIN}<br>:house:[page]({X})", "title id", PLAIN),
        (f"- [{{name}}]({X}), {{title}} {ID}", "title name id", f"- {{name}}, {{title}} {ID}"),
        (f"- [{{name}}]({X}), {{title}} {ID}", "title id", PLAIN),
        (f"- [{{title}}]({X})", "title id", f"- [{{title}}]({ABS}{{id}})"),
        (f"{PLAIN} ![fig]({X}/1.png)", "title id", PLAIN),
        (f"{PLAIN} [[Poster]]({{code}})", "title id code", PLAIN),
        (f"{PLAIN} [[PyTorch]]({{code}})", "title id code", f"{PLAIN} [[code]]({{code}})"),
        (
            f"- {{title}} [[{{venue}}]]({X}) [[pdf]({ABS}{{id}})]",
            "title id venue",
            f"- {{title}} [[pdf]({ABS}{{id}})]",
        ),
        (
            f"- {{title}} [[{{venue}}]]({X})",
            "title id venue",
            f"- {{title}} [[{{venue}}]]({ABS}{{id}})",
        ),
        # what nothing is known for
        (f"{PLAIN} [[Code]({{code}})]", "title id", PLAIN),
        (f"{PLAIN}\n  - Code: [official]({{code}})", "title id", PLAIN),
        (f"- {{title}} ({{venue}} {{year:%Y}}) {ID}", "title id", PLAIN),
        (
            f"- ({{venue}}, {{date:%Y}}) {{title}} {ID}",
            "title id date",
            f"- ({{date:%Y}}) {{title}} {ID}",
        ),
        (
            f"- **{{title}}**. *{{authors:}}*. {{venue}}. {ID}",
            "title id",
            f"- **{{title}}**. {ID}",
        ),
        (f"- **[{{name}}]** {{title}} {ID}", "title id", PLAIN),
        (
            f'- **{{name}}**: "{{title}}", *{{venue}}*. {ID}',
            "title id",
            f'- "{{title}}". {ID}',
        ),
        (
            f"- {{title}} [[{{venue}}]]({ABS}{{id}})",
            "title id",
            f"- {{title}} [[paper]]({ABS}{{id}})",
        ),
        # words about one paper
        (f"{PLAIN} - the best of all tides", "title id", PLAIN),
        (f"{PLAIN} [sea, waves]", "title id", PLAIN),
        (f"- 🔥 {{title}} {ID}", "title id", PLAIN),
        (
            f"{PLAIN}\n  - Keyword: sea, waves\n  - {{date:%Y}}",
            "title id date",
            f"{PLAIN}\n  - {{date:%Y}}",
        ),
        (" a new video dataset of seas ", "title id", " "),
        # what stays
        (
            f"{PLAIN} ![arXiv]({SHIELDS}badge/arXiv-red.svg)",
            "title id",
            f"{PLAIN} ![arXiv]({SHIELDS}badge/arXiv-red.svg)",
        ),
        (f"{PLAIN}\n  - Code: None", "title id", f"{PLAIN}\n  - Code: None"),
        (f"{PLAIN} :star:[code]({{code}})", "title id code", f"{PLAIN} :star:[code]({{code}})"),
    ],
)
def test_what_is_about_one_paper_goes_with_all_that_belongs_to_it(
    source: str, known: str, left: str
) -> None:
    slotted = re.sub(r"\{([a-z]+(?::[^{}]*)?)\}", "\0\\1\0", source)
    assert shown(without_foreign(slotted, set(known.split()))) == left


def test_words_that_all_entries_have_stay() -> None:
    entries = [f"- Rated: \0title\0 (numbered) {n}" for n in range(5)]
    constants = constants_of(entries)
    assert constants == {"rated", "numbered"}
    assert without_foreign(entries[0], {"title"}, constants) == "- Rated: \0title\0 (numbered)"
    assert constants_of(entries[:3]) == frozenset()


def test_a_template_has_what_its_paper_shares_with_others() -> None:
    known = frozenset("title id code venue year".split())
    source = (
        f"- **Tide: A *Scan* for Oceans** (ICML 2024) [[pdf]({ABS}2402.90001)] [[x]({X})] 12 stars"
    )
    found = template_of(source, TIDE, known)
    assert found is not None
    assert (
        shown(found.source)
        == f"- **{{title}}** ({{venue}} {{year:%Y}}{{honour}}) [[pdf]({ABS}{{id}})]"
    )
    assert template_of(f"<li>Tide: A *Scan* for Oceans {ABS}2402.90001", TIDE, known) is None


def test_a_page_elsewhere_is_not_called_arxiv() -> None:
    found = template_of(
        f"- Tide: A *Scan* for Oceans [[arXiv]({ABS}2402.90001)] (arXiv:2402.90001)",
        TIDE,
        frozenset({"title", "url"}),
    )
    assert found is not None
    assert shown(found.source) == "- {title} [[paper]({url})]"


def test_a_piece_is_grafted_where_it_stands_elsewhere() -> None:
    def slotted(source: str) -> Template:
        return Template(re.sub(r"\{([a-z]+)\}", "\0\\1\0", source))

    plain = slotted("- **[{name}]** {title} [[paper]({id})] [[code]({code})]")
    donor = slotted("- {title} (**{venue}**) [[paper]({id})]")
    whole = templates.grafted(plain, donor, "venue")
    assert whole is not None
    assert (
        shown(whole.source)
        == "- **[{name}]** {title} (**{venue}**) [[paper]({id})] [[code]({code})]"
    )
    whole = templates.grafted(donor, plain, "name")
    assert whole is not None
    assert shown(whole.source) == "- **[{name}]** {title} (**{venue}**) [[paper]({id})]"
    assert templates.grafted(slotted("* [{title}]({id})"), plain, "name") is None


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("%do %b., %Y", ["23rd Apr., 2024", "Apr., 2024", "2024"]),
        ("%B %Y", ["April 2024", "April 2024", "2024"]),
        ("%y.%m.%D", ["24.04.23", "24.04", "2024"]),
        ("%Y-%m-%D", ["2024-04-23", "2024-04", "2024"]),
        ("%y", ["24", "24", "24"]),
        ("%Y.%n", ["2024.4", "2024.4", "2024"]),
        ("%e %b %Y", ["23 Apr 2024", "Apr 2024", "2024"]),
        ("%b %e, %Y", ["Apr 23, 2024", "Apr 2024", "2024"]),
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


def test_may_is_no_abbreviation() -> None:
    assert Date(2024, 5, 3).written("%do %b., %Y") == "3rd May, 2024"


def test_days_have_their_suffixes() -> None:
    days = [Date(2024, 4, day).written("%do") for day in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 30)]
    assert days == "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 30th".split()


def test_facts_that_look_like_slots_are_not_filled() -> None:
    facts = {"title": "\0id\0", "id": "1"}
    assert filled(Template("\0title\0 \0id\0"), facts, TIDE) == "\0id\0 1"


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
    assert slots.repository(url) == repository


HOSTILE = [
    *["A" * 90_000, "A." * 45_000, "Ada " * 20_000, "Ada Bo, " * 10_000, "Ada Bo, and " * 8_000],
    *["[" * 90_000, "![[" * 30_000, "[a](" * 20_000, "](" * 45_000, "](()" * 20_000],
    *["](x" + "()" * 45_000, "(" * 90_000, "1" * 90_000, "12.34." * 15_000, "May " * 20_000],
    *[" " * 90_000, "\n" * 90_000, "a b\n" * 20_000, "https://" * 10_000, f"{SHIELDS}" * 4_000],
    *["<" * 90_000, "<img " * 18_000, "&a" * 45_000, "\\" * 90_000, "<a href=" * 10_000],
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8].strip())
def test_hostile_input_ends_soon(text: str) -> None:
    with soon():
        for paper in (TIDE, POST, replace(POST, title=text[:5_000])):
            source = f"- {paper.title} {text} {ABS}2402.90001 {HUB}tide/scan"
            in_slots_of(source, paper)
            template_of(source, paper, frozenset({"title", "id"}))
        slots_there = "\0title\0 \0id\0 \0code\0 \0repo\0 \0authors\0 \0date:%Y\0"
        source = f"{text[:6_000]} {slots_there} {text[:6_000]}"
        for known in ({"title", "id"}, {"title", "id", "code", "repo", "authors", "date"}):
            without_foreign(source, known)
        slots.repository(text)
        slots.split_venue(text)
        escaped_title(text, in_table=True)
        escaped_address(f"https://a.example.org/{text}")
