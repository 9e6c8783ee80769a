"""The one comment on a submission: what it says first, what it folds, what it leaves out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ssm_search.abstracts import FetchReport
from ssm_search.awesome.writing.insertion import Insertion
from ssm_search.curation import NewHeading
from ssm_search.curation.cards import Card, Triage
from ssm_search.curation.intake import Submission, Unasked
from ssm_search.curation.places import Place
from ssm_search.errors import SubmissionError
from ssm_search.papers import CategorySuggestion, Duplicate, Hit, Paper, Placement, Why
from ssm_search.views.card_display import card_markdown, refusal_markdown, triage_markdown

ABS = "https://arxiv.org/abs/"
URL = "https://github.com/ada/kites/blob/abc/README.md?plain=1"
OLD = Paper("2401.00001", "Old kites", url=f"{ABS}2401.00001")
MARK, FOOT = (
    "<!-- ssm-search triage -->",
    "*Judged by the papers of this list; whoever keeps it decides.*\n",
)
REFUSED = FetchReport(error="got HTTP 503 from https://a.org after 5 tries", reason="503")


def card_of(number: int, *, title: str = "", confidence: float = 0.97) -> Card:
    paper = Paper(f"2402.0000{number}", title or f"Kite {number}", url=f"{ABS}2402.0000{number}")
    suggestion = CategorySuggestion(("Sky", "Kites"), confidence, (Hit(OLD, 1, 1, Why()),))
    return Card(
        paper=paper,
        notes=(),
        placement=Placement("fits", (suggestion,), (), 0.5, 0.5),
        duplicates=(),
        related=(Hit(OLD, 1, 1, Why()),),
        category=("Sky", "Kites"),
        insertion=Insertion("", f"- [Kite {number}]({ABS}2402.0000{number})", 7),
        patch="",
        no_row="",
    )


def listed(number: int, *places: Place, reason: str = "id") -> Card:
    same = Duplicate(OLD, reason, 1.0)  # type: ignore[arg-type]
    return replace(
        card_of(number), insertion=None, duplicates=(same,), is_listed=True, places=places
    )


def unread(number: int, *notes: str) -> Submission:
    return Submission(Paper(f"2402.0000{number}", ""), notes)


def folded(title: str, card: Card) -> str:
    body = card_markdown(card, "README.md", URL)
    return f"<details><summary>{title}</summary>\n\n{body}\n</details>\n"


def comment(triage: Triage, most: int | None = None) -> str:
    return triage_markdown(triage, "README.md", most, URL)


def test_a_new_paper_is_folded_and_a_listed_one_is_a_line() -> None:
    new, old = card_of(1), listed(2, Place(208, ("Sky", "Kites")))
    assert comment(Triage((new, old), ())) == (
        f"{MARK}\n"
        "**1 new (Kites, 97 %), 1 already listed (line 208)**\n"
        "\n"
        f"{folded('Kite 1 · Kites, 97 %', new)}"
        "\n"
        "**Already listed:**\n"
        "\n"
        f"- [Kite 2]({ABS}2402.00002): [line 208]({URL}#L208), under Sky › Kites\n"
        "\n"
        f"{FOOT}"
    )


def test_lines_are_no_links_where_the_address_of_the_list_is_not_known() -> None:
    triage = Triage((listed(2, Place(8, ()), Place(9, ("Sea",)), Place(0, ("Sky",))),), ())
    where = f"- [Kite 2]({ABS}2402.00002): line 8; line 9, under Sea; under Sky\n"
    assert where in triage_markdown(triage, "README.md")
    assert f"- [Kite 2]({ABS}2402.00002)\n" in comment(Triage((listed(2, Place(0, ())),), ()))


def test_what_arxiv_did_not_answer_is_said_once() -> None:
    cards = [
        replace(card_of(at), notes=(Unasked.of(REFUSED, "judged by the title alone"),))
        for at in (1, 2)
    ]
    lost = unread(3, Unasked.of(REFUSED, "no title and no abstract is known"))
    markdown = comment(Triage((*cards, card_of(4)), (lost,)))
    assert markdown.startswith(
        f"{MARK}\n**3 new (Kites, 97 %; Kites, 97 %; Kites, 97 %), 1 that waits for arXiv**\n\n"
        "arXiv did not answer for 3 of 4 papers (503); 2 titles are taken from the submission, "
        "1 paper will be read at the next push or edit.\n\n<details>"
    )
    assert markdown.count("503") == 1
    assert markdown.count("> judged by the title alone  \n") == 2
    assert "**Not read:**\n\n- 2402.00003: no title and no abstract is known\n" in markdown


def test_another_heading_is_proposed_once() -> None:
    said = "You chose “Sea”; 4 of the 5 nearest listed papers stand under “Kites”"
    one = replace(card_of(1), difference=said)
    markdown = comment(Triage((one,), ()))
    assert markdown.startswith(f"{MARK}\n**1 new (Kites, 97 %)**\n\n{said}.\n\n<details>")
    several = comment(Triage((one, card_of(2)), ()))
    line = f"**Perhaps elsewhere:**\n\n- [Kite 1]({ABS}2402.00001): {said}.\n\n<details>"
    assert line in several
    assert markdown.count(said) == several.count(said) == 1


def test_papers_that_are_named_twice_and_such_that_cannot_be_read() -> None:
    again = replace(card_of(2), repeats="Kite 1")
    broken = Submission(Paper("@misc{b} on line 2", ""), ("@misc{b} on line 2 has no title",))
    markdown = comment(Triage((card_of(1), again), (broken,)))
    assert markdown.count("<details>") == 1
    assert f"**Named twice:**\n\n- [Kite 2]({ABS}2402.00002): the same as “Kite 1”\n" in markdown
    assert "**Not read:**\n\n- @\u2060misc\\{b\\} on line 2 has no title\n" in markdown


def test_many_lines_are_folded_too() -> None:
    cards = tuple(listed(at, Place(at, ())) for at in range(1, 7))
    few, many = comment(Triage(cards[:5], ())), comment(Triage(cards, ()))
    assert "**Already listed:**\n\n- [Kite 1]" in few
    assert "<details><summary>Already listed: 6</summary>\n\n- [Kite 1]" in many
    assert many.count("\n- [Kite") == 6
    assert many.endswith(f"#L6)\n\n</details>\n\n{FOOT}")


def test_a_heading_that_the_list_may_need() -> None:
    papers = (Paper("1", "On <Audio>"), Paper("2", ""))
    markdown = comment(Triage((), (), (NewHeading("Audio_a", papers),)))
    assert (
        "**A new heading?** 2 of these fit no present heading; a new one could be “Audio\\_a”:\n\n"
        "- On \\<Audio\\>\n- 2\n"
    ) in markdown


def test_papers_that_do_not_fit_are_left_out_whole_and_cards_first() -> None:
    triage = Triage((card_of(1), card_of(2), listed(3, Place(9, ()))), (unread(4, "no"),))
    whole = comment(triage)
    assert comment(triage, len(whole) + 100) == whole
    for most in range(600, len(whole)):
        shown = comment(triage, most)
        assert len(shown) <= most
        cards, lines = shown.count("<details>"), shown.count("\n- [Kite 3]") + shown.count("- 2402")
        left = 4 - cards - lines
        said = f"{left} more paper{'s' * (left != 1)} did not fit into this comment.\n\n{FOOT}"
        assert shown.endswith(said if left else FOOT)
        assert lines == 2
        assert shown.count("</details>") == cards
    assert comment(triage, 600).count("<details>") == 0


def test_a_submission_that_cannot_be_read() -> None:
    error = SubmissionError("the submission names 400 papers, more than 100; split it up")
    assert refusal_markdown(error) == f"{MARK}\n**Not read:** {error}\n"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://github.com/ada/kites/issues/7", "https://redirect.github.com/ada/kites/issues/7"),
        ("http://www.GitHub.com/ada/kites/pull/7", "https://redirect.github.com/ada/kites/pull/7"),
        ("https://github.com/ada/kites", "https://github.com/ada/kites"),
        (
            "https://example.org/?github.com/a/b/issues/7",
            "https://example.org/?github.com/a/b/issues/7",
        ),
    ],
)
def test_no_issue_elsewhere_is_told_of_a_comment(url: str, link: str) -> None:
    card = card_of(1)
    markdown = comment(Triage((replace(card, paper=replace(card.paper, url=url)),), ()))
    assert f"\n**[Kite 1]({link})**\n" in markdown


# ── what strangers wrote ─────────────────────────────────────────────────────────────────────

HOSTILE = [
    "@team and me@example.org",
    "#12 GH-12 gh-7 ada/kites#12",
    "![x](http://a.org/x.png) [x](http://a.org) <http://a.org>",
    "http://a.org www.a.org HTTPS://a.org ftp://a.org",
    "</summary><script>alert(1)</script><img src=x onerror=y>",
    "</details><!-- x --> --> <!-- ssm-search triage -->",
    "```\n# out\n```",
    "a\n\n# b\n\n- c\n\n> d\n</details>\n\n<b>",
    "&lt;b&gt; &#64;team &copy; &amp;",
    "\x1b[31mred\x07\x00 \u202eevil\u2066",
    "a | b `c` **d** _e_ ~~f~~ $x$",
    "1. a",
    "12) a",
    "- a",
    "x" * 5_000,
]


def with_text(text: str) -> Triage:
    paper = Paper(text, text, "link", url=text, authors=(text,), venue=text)
    hit = Hit(paper, 1.0, 1, Why((text,), text, (text,)))
    place = Place(9, (text, text))
    card = replace(
        card_of(1),
        paper=paper,
        notes=(Unasked.of(REFUSED, text), text),
        placement=Placement(
            "fits", (CategorySuggestion((text, text), 1, (hit,)),), (text,), 0.5, 0
        ),
        related=(hit,),
        category=(text, text),
        insertion=Insertion(text, text, 7),
        difference=text,
    )
    like = replace(card, duplicates=(Duplicate(paper, "title", 0.95),), places=(place,))
    known = replace(card, is_listed=True, places=(place,))
    again = replace(card, repeats=text)
    missing = Submission(Paper(text, ""), (text, Unasked.of(REFUSED, text)))
    heading = NewHeading(text, (paper, paper))
    return Triage((card, card, like, known, again), (missing,), (heading,))


def tokens_of(markdown: str) -> list[Token]:
    found = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    return [one for token in found for one in (token, *(token.children or ()))]


def outline(markdown: str) -> list[str]:
    texts = ("text", "text_special", "inline", "softbreak")
    return [token.type for token in tokens_of(markdown) if token.type not in texts]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_comment_is_built_the_same_whatever_the_words(text: str) -> None:
    markdown = triage_markdown(with_text(text), text, None, text)
    assert outline(markdown) == outline(triage_markdown(with_text("kite"), "kite", None, "kite"))


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_but_what_folds_is_html(text: str) -> None:
    tokens = tokens_of(triage_markdown(with_text(text), text, None, text))
    blocks = [token.content for token in tokens if token.type == "html_block"]
    assert "html_inline" not in {token.type for token in tokens}
    assert blocks[0] == f"{MARK}\n"
    for block in blocks[1:]:
        bare = re.sub(r"^<details><summary>([^<>]*)</summary>\n$|^</details>\n$", r"\1", block)
        assert not set("<>\n") & set(bare)
        assert not re.search(r"&(?!lt;|gt;|amp;)", bare)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_calls_people_or_links(text: str) -> None:
    tokens = tokens_of(triage_markdown(with_text(text), text, None, text))
    kinds = ("text", "text_special", "html_block")
    seen = "".join(one.content if one.type in kinds else "\n" for one in tokens)
    assert not re.search(r"@\w|#\d|gh-\d|(?:https?|ftp):|www\.", seen, re.I)
    assert "image" not in {token.type for token in tokens}
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", seen)
    refused = refusal_markdown(SubmissionError(text))
    assert not re.search(r"@\w|#\d|gh-\d|(?:https?|ftp):|www\.", refused, re.I)
