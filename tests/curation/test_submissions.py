"""What strangers send in → papers. All titles, names and abstracts are invented."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from soon import soon

from ssm_search.curation.given import Remarked, remarked, safe
from ssm_search.curation.submissions import (
    MAX_CHARS,
    MAX_PAPERS,
    NOT_ON_ARXIV,
    checked_link,
    paper_of,
    read_anything,
    read_pasted,
    read_submissions,
)
from ssm_search.errors import SsmSearchError, SubmissionError
from ssm_search.papers import Link, Paper

ABS = "https://arxiv.org/abs/"
HUNK = "@@ -3,4 +3,5 @@ ## Kites\n"
OLD = f"- [Old kites]({ABS}2401.00001)"
NEW = f"- [New kites fly]({ABS}2401.00002)"


def read(text: str) -> list[tuple[str, str]]:
    return [(paper.id, paper.title) for paper in read_submissions(text)]


def nothing_in(text: str) -> bool:
    with pytest.raises(SubmissionError, match="no paper found"):
        read_submissions(text)
    return True


# ── links and ids ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "2401.00001",
        "2401.00001v3",
        "arXiv:2401.00001",
        "arxiv 2401.00001v2",
        "[2401.00001]",
        "`2401.00001`",
        "  2401.00001\r\n",
        "\ufeff2401.00001",
        "Have a look at 2401.00001!",
        "(2401.00001), please.",
        "10.48550/arXiv.2401.00001",
        "https://doi.org/10.48550/arXiv.2401.00001",
        "https://arxiv.org/abs/2401.00001v9",
        "https://arxiv.org/pdf/2401.00001.pdf",
        "http://export.arxiv.org/abs/2401.00001",
        "arxiv.org/html/2401.00001",
        "<https://alphaxiv.org/abs/2401.00001>",
        "https://huggingface.co/papers/2401.00001",
        "Please add https://arxiv.org/abs/2401.00001, thanks",
        "```\nhttps://arxiv.org/abs/2401.00001\n```",
    ],
)
def test_an_id_in_any_form(text: str) -> None:
    (paper,) = read_submissions(text)
    assert (paper.id, paper.title, paper.kind) == ("2401.00001", "", "paper")
    assert paper.url == f"{ABS}2401.00001"


def test_old_ids() -> None:
    assert read("Add hep-th/9901001! And math.GT/0309136v2") == [
        ("hep-th/9901001", ""),
        ("math/0309136", ""),
    ]


def test_several_ids_each_once() -> None:
    ids = "2401.00001, 2401.00002; 2401.00003\n2401.00001v2 arXiv:2401.00002"
    assert sorted(read(ids)) == [(f"2401.0000{n}", "") for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "text",
    ["", " \n", "\0", "Thanks for the list!", "version 3.14159 of 2413.00001", "{}", "[]"],
)
def test_no_paper(text: str) -> None:
    assert nothing_in(text)


def test_comments_of_a_template_submit_nothing() -> None:
    assert nothing_in(f"<!-- such as {ABS}2401.00001 -->\n")
    assert nothing_in("<!--\n@misc{k, title={A kite of paper}, eprint={2401.00001}}\n-->")
    assert read(f"<!-- 2401.00009 -->2401.00001<!-- {ABS}2401.00008") == [("2401.00001", "")]


def test_ticked_boxes_submit_nothing() -> None:
    text = "- [x] I read the [contribution guide](https://example.org/guide)\n- [ ] No\n"
    assert nothing_in(text)
    assert read(f"{text}{NEW}") == [("2401.00002", "New kites fly")]


def test_the_one_repository_beside_the_one_paper_is_its_code() -> None:
    code = "https://github.com/ada/kite"
    (paper,) = read_submissions(f"{ABS}2401.00001 and {code}")
    assert paper.code_url == code
    papers = read_submissions(f"{ABS}2401.00001 {ABS}2401.00002 {code}")
    assert [paper.code_url for paper in papers] == ["", ""]


# ── rows of a list ───────────────────────────────────────────────────────────────────────────


def test_rows_of_a_list() -> None:
    text = f"""## Kites
{OLD} [[Code](https://github.com/ada/old)]
- **Kites without strings**, Ada Example. [[Page](https://example.org/kites)]

| Title | Venue | Paper |
|---|---|---|
| Kites in tables | SkyConf 2024 | [pdf]({ABS}2401.00003) |
"""
    old, page, table = read_submissions(text)
    assert (old.id, old.code_url) == ("2401.00001", "https://github.com/ada/old")
    assert (page.id, page.kind) == ("kites-without-strings", "link")
    assert page.url == "https://example.org/kites"
    assert (table.title, table.venue, table.year) == ("Kites in tables", "SkyConf 2024", 2024)
    assert all(paper.categories == (("Kites",),) for paper in (old, page, table))


# ── diffs ────────────────────────────────────────────────────────────────────────────────────


def test_an_added_row() -> None:
    diff = f"--- a/README.md\n+++ b/README.md\n{HUNK} {OLD}\n+{NEW}\n"
    assert read(diff) == [("2401.00002", "New kites fly")]
    assert read(diff.replace("\n", "\r\n")) == [("2401.00002", "New kites fly")]


def test_an_added_row_of_a_table_is_read_by_the_header_above() -> None:
    diff = (
        f"{HUNK} | Name | Title | Link |\n |---|---|---|\n+| K | Kites fly | [x]({ABS}2401.00002) |"
    )
    assert read(diff) == [("2401.00002", "Kites fly")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OLD, f"{OLD} [[Code](https://github.com/ada/old)]"),
        (OLD, f"- [Old kites, mended]({ABS}2401.00001)"),
        (OLD, f"- [Old kites]({ABS}2401.00009)"),
        (OLD, f"| Old kites | {ABS}2401.00001 |"),
        ("- [Kites at home](https://example.org/k)", "- [Kites, home](https://example.org/k)"),
        ("- [Kites at home](https://example.org/k)", "- [Kites at home](https://example.com/)"),
    ],
)
def test_an_edit_is_no_submission(before: str, after: str) -> None:
    assert nothing_in(f"{HUNK}-{before}\n+{after}\n")
    assert read(f"{HUNK}-{before}\n+{after}\n+{NEW}\n") == [("2401.00002", "New kites fly")]


def test_a_line_below_a_listed_title_is_an_edit() -> None:
    code = "+  [[Code](https://github.com/ada/old)]"
    assert nothing_in(f"{HUNK} {OLD}\n{code}\n")
    assert nothing_in(f"{HUNK} - [Kites at home](https://example.org/k)\n{code}\n")


def test_a_link_below_a_title_without_one_is_a_submission() -> None:
    diff = f"{HUNK} - **Kites of old**\n+  [[Paper]({ABS}2401.00002)]\n"
    assert read(diff) == [("2401.00002", "Kites of old")]


def test_a_moved_row_is_no_submission() -> None:
    moved = f"{HUNK}-{OLD}\n {NEW}\n@@ -30,2 +30,3 @@\n ## Gliders\n+{OLD}\n"
    assert nothing_in(moved)
    assert nothing_in(f"{moved}diff --git a/b.md b/b.md\n--- a/b.md\n+++ b/b.md\n{HUNK}+{OLD}\n")


def test_a_removed_row_is_no_submission() -> None:
    assert nothing_in(f"{HUNK}-{OLD}\n {NEW}\n")


def test_what_is_listed_nearby_and_added_again_is_a_submission() -> None:
    assert read(f"{HUNK} {OLD}\n+{OLD}\n") == [("2401.00001", "Old kites")]


def test_several_files_with_and_without_git_headers() -> None:
    third = f"- [Third kite]({ABS}2401.00003)"
    plain = f"--- a/one\n+++ b/one\n{HUNK} x\n+{NEW}\n--- a/two\n+++ b/two\n{HUNK}+{third}\n"
    expected = [("2401.00002", "New kites fly"), ("2401.00003", "Third kite")]
    assert read(plain) == expected
    assert (
        read(plain.replace("--- a/two", "diff --git a/two b/two\nindex 1..2\n--- a/two"))
        == expected
    )


def test_a_renamed_file() -> None:
    head = "diff --git a/list.md b/README.md\nsimilarity index 98%\nrename from list.md\n"
    assert nothing_in(f"{head}rename to README.md\n")
    renamed = f"{head}rename to README.md\n--- a/list.md\n+++ b/README.md\n{HUNK} {OLD}\n+{NEW}\n"
    assert read(renamed) == [("2401.00002", "New kites fly")]


def test_the_end_of_a_file_without_a_line_end() -> None:
    sign = "\\ No newline at end of file"
    diff = f"{HUNK}-{OLD}\n{sign}\n+{OLD}\n+{NEW}\n{sign}"
    assert read(diff) == [("2401.00002", "New kites fly")]


def test_the_message_of_a_patch_is_none_of_its_rows() -> None:
    mail = (
        f"From: Ada\nSubject: like {ABS}2401.00008\n\n- [As]({ABS}2401.00009)\n---\n{HUNK}+{NEW}\n"
    )
    assert read(f"{mail}-- \n2.40.1\n") == [("2401.00002", "New kites fly")]


def test_an_id_in_added_prose() -> None:
    assert read(f"{HUNK}+As of 2024, 2401.00004 flies.\n") == [("2401.00004", "")]
    assert nothing_in(f"{HUNK} See {ABS}2401.00004.\n+As of 2024, 2401.00004 flies.\n")


# ── issues ───────────────────────────────────────────────────────────────────────────────────


def test_an_issue_form() -> None:
    form = f"""### Paper title

Kites that read: a `primer`

### Code link

<https://github.com/ada/reads>

### Paper link

[PDF](https://arxiv.org/pdf/2401.00005v2)

### Abstract

We fly kites.
They read.

### Venue

_No response_

### Anything else

Like {ABS}2401.00099.
"""
    (paper,) = read_submissions(form.replace("\n", "\r\n"))
    assert paper == Paper(
        id="2401.00005",
        title="Kites that read: a primer",
        url=f"{ABS}2401.00005",
        code_url="https://github.com/ada/reads",
        abstract="We fly kites. They read.",
    )


def test_a_form_without_arxiv() -> None:
    title = "### Title\n\nKites at sea\n\n"
    (page,) = read_submissions(f"{title}### URL\n\nhttps://example.org/sea\n")
    assert (page.id, page.kind, page.url) == ("kites-at-sea", "link", "https://example.org/sea")
    (text,) = read_submissions(f"{title}### Link\n\n_No response_\n\n### Abstract\n\nWe sail.\n")
    assert (text.url, text.abstract) == ("", "We sail.")
    assert nothing_in(f"{title}### Link\n\nsee attached\n")
    assert nothing_in("### Title\n\n_No response_\n\n### Abstract\n\nWe sail.\n")


@pytest.mark.parametrize(
    "words",
    [
        "Hi @ada, thanks for the great list! Could you add",
        "Would you be so kind and add",
        "I would like to see our paper here",
        "Thanks for all the kites. Here is",
        "It would be nice to include our paper",
        "The list does not have yet and",
    ],
)
def test_who_asks_for_a_paper_gives_no_title(words: str) -> None:
    assert read(f"{words} {ABS}2401.00001") == [("2401.00001", "")]
    assert read(f"{words} [{ABS}2401.00001]({ABS}2401.00001) under Video?") == [("2401.00001", "")]


def test_ids_before_a_link_are_no_title_of_it() -> None:
    ids = [("2401.00001", ""), ("2401.00002", ""), ("2401.00003", "")]
    assert sorted(read(f"and 2401.00001, 2401.00002, also {ABS}2401.00003")) == ids


def test_words_before_a_link_are_a_title_if_nobody_is_asked() -> None:
    title = "Kites that fly: what they please"
    assert (
        read(f"Kites that fly over the sea {ABS}2401.00001")[0][1] == "Kites that fly over the sea"
    )
    assert read(f"- [{title}]({ABS}2401.00001)") == [("2401.00001", title)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Category: Graphs", "Graphs"),
        ("- **Section**: Time Series", "Time Series"),
        ("please add it under “Graphs”.", "Graphs"),
        ("It fits under Time Series, I think", "Time Series"),
        ("Could you add it to the Time Series section?", "Time Series"),
        ("It belongs into section Graphs", "Graphs"),
    ],
)
def test_the_heading_that_prose_names(text: str, said: str) -> None:
    for words in (f"{ABS}2401.00001\n\n{text}", f"{text}\n\n{NEW}"):
        (paper,) = read_submissions(words)
        assert (said,) in paper.categories


def test_the_headings_that_a_form_names() -> None:
    form = f"### Title\n\nKites fly\n\n### Link\n\n{ABS}2401.00001\n\n### Category\n\n"
    (paper,) = read_submissions(f"{form}Sky, Sea\n- [X] Land\n")
    assert {("Sky, Sea",), ("Sky",), ("Sea",)} <= set(paper.categories)
    (paper,) = read_submissions(f"{form}_No response_\n")
    assert paper.categories == ()


def test_two_papers_in_one_issue() -> None:
    links = f"{ABS}2401.00001\n{ABS}2401.00002\n"
    assert read(f"Both are good:\n\n{links}") == [("2401.00001", ""), ("2401.00002", "")]
    form = f"### Title\n\nTwo kites\n\n### Links\n\n{links}"
    assert read(form) == [("2401.00001", "Two kites"), ("2401.00002", "")]


def test_a_link_of_a_command() -> None:
    assert checked_link(" 2401.00001v2 ") == "2401.00001v2"
    assert checked_link("https://example.org/a") == "https://example.org/a"
    assert checked_link("") == ""
    for wrong in ("nonsense", "2413.00001", "http://exa mple", "A Title of Words", "x" * 900):
        with pytest.raises(SubmissionError) as refused:
            checked_link(wrong)
        assert str(refused.value).startswith(f"{wrong[:80]!r} is neither an arXiv id, such as ")


@pytest.mark.parametrize("kind", ["issue", "pull_request"])
def test_the_event_that_github_gives(kind: str) -> None:
    event = {"action": "opened", kind: {"title": "Add 2401.00001", "body": f"and {ABS}2401.00002"}}
    for text in (json.dumps(event), "\ufeff" + json.dumps(event, indent=1)):
        assert sorted(read(text)) == [("2401.00001", ""), ("2401.00002", "")]
    event[kind] = {"title": "\ud800 2401.00001", "body": None}  # type: ignore[assignment]
    assert read(json.dumps(event)) == [("2401.00001", "")]


@pytest.mark.parametrize(
    "text",
    [
        *("{", '{"issue": [1]}', '{"issue": {"body": {"a": 1}}}', '{"issue": 7}', "{" * 90_000),
        *('{"a":' * 30_000, '{"a": ' + "9" * 9_999 + "}", '{"issue": null}', '{"comment": {}}'),
    ],
)
def test_broken_and_other_json(text: str) -> None:
    assert nothing_in(text)


# ── BibTeX ───────────────────────────────────────────────────────────────────────────────────


def test_bibtex_with_accents() -> None:
    (paper,) = read_submissions(r"""
@inproceedings{muster2024,
  title     = {{Kit{\'e}s} na\"{\i}vely flown
               by {\O}rsted},
  author    = {M{\"u}ster, J{\"o}rg and Ann~B. Lee and Kite, Jr., Ada and others},
  booktitle = {Proc. of the Sky},
  year      = 2024,
  abstract  = {We fly
               50\% higher.},
  eprint    = {2401.00006v2}, archivePrefix = {arXiv}
}""")
    assert paper == Paper(
        id="2401.00006",
        title="Kités naïvely flown by Ørsted",
        url=f"{ABS}2401.00006",
        year=2024,
        venue="Proc. of the Sky",
        abstract="We fly 50% higher.",
        authors=("Jörg Müster", "Ann B. Lee", "Ada Kite Jr."),
    )


@pytest.mark.parametrize(
    "field",
    [
        "eprint={2401.00006}",
        "url={https://arxiv.org/pdf/2401.00006v1}",
        "journal={arXiv preprint arXiv:2401.00006}",
        "doi={10.48550/arXiv.2401.00006}",
        "doi={https://doi.org/10.48550/ARXIV.2401.00006}",
        "note={To appear, arXiv:2401.00006}",
        "howpublished={\\url{https://arxiv.org/abs/2401.00006}}",
    ],
)
def test_bibtex_with_arxiv_in_any_field(field: str) -> None:
    (paper,) = read_submissions(f"@misc{{k, title={{Kites of paper}}, {field}}}")
    assert (paper.id, paper.title, paper.venue) == ("2401.00006", "Kites of paper", "")


def test_bibtex_without_an_id() -> None:
    (paper,) = read_submissions("@book{k, title={Kites of paper}, doi={10.1/kites}, year={soon}}")
    assert (paper.id, paper.kind, paper.year) == ("kites-of-paper", "link", None)
    assert paper.url == "https://doi.org/10.1/kites"
    (paper,) = read_submissions("@book{k, title={Kites}, author={}, url={http://[bad}, year={²}}")
    assert (paper.url, paper.authors, paper.year) == ("", (), None)


def test_broken_bibtex_spoils_only_itself() -> None:
    text = """@misc{a, title={Never closed, eprint={2401.00001}
@misc{b title={No comma}}
@misc{c, title={Kites of paper}, author={A, B, C, D, E}, eprint={2401.00002}}
@misc{c, title={Same {K}ey}, author={Lee, Ann}, eprint={2401.00003}}
@misc{d, title={Twice}, title={Again}, eprint={2401.00004}}
@comment{nothing} @string{x = {y}}
"""
    expected = [
        ("2401.00001", "Never closed"),
        ("no-comma", "No comma"),
        ("2401.00002", "Kites of paper"),
        ("2401.00003", "Same Key"),
        ("2401.00004", "Twice"),
    ]
    assert read(text) == expected


def test_bibtex_that_says_nothing_leaves_the_rest() -> None:
    form = f"### Title\n\nKites of paper\n\n### Link\n\n{ABS}2401.00001\n\n### Citation\n\n@misc{{k"
    assert read(form) == [("2401.00001", "Kites of paper")]


# ── pasted text ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Kites that read\n\nAbstract: We fly.\nThey read.",
            ("Kites that read", "We fly. They read."),
        ),
        ("Title: Kites that read\r\nABSTRACT—We fly.", ("Kites that read", "We fly.")),
        ("Kites that read\nAbstractions fly.", ("Kites that read", "Abstractions fly.")),
        ("We fly kites. They read.\nAll day.", ("", "We fly kites. They read. All day.")),
        ("We fly kites", ("", "We fly kites")),
        ("Kites\x1b that\u202e read\nWe \ud800fly.", ("Kites that read", "We fly.")),
    ],
)
def test_a_pasted_title_and_abstract(text: str, expected: tuple[str, str]) -> None:
    paper = read_pasted(text)
    assert (paper.title, paper.abstract) == expected
    assert paper.kind == "link"


@pytest.mark.parametrize(
    "head", ["[2401.00001] Kites that read", "arXiv:2401.00001\nKites that read"]
)
def test_a_pasted_id(head: str) -> None:
    paper = read_pasted(f"{head}\nWe fly.")
    assert (paper.id, paper.title, paper.abstract) == ("2401.00001", "Kites that read", "We fly.")


def test_a_pasted_id_alone() -> None:
    assert read_pasted("2401.00001\n") == paper_of("2401.00001")


@pytest.mark.parametrize("text", ["", " \n\t", "\0", "Abstract"])
def test_nothing_pasted(text: str) -> None:
    if text == "Abstract":
        text += "\n"
    with pytest.raises(SubmissionError, match="no text given"):
        read_pasted(text)


# ── what a stranger can do ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "link",
    [
        *("javascript:alert(1)", "http://[", "https://", "ftp://a.org", "https://a.org/\x1b"),
        *("https://a.org/b c", "kites", "/etc/passwd", "file:///etc/passwd", "a\ud800"),
    ],
)
def test_what_is_no_web_address_is_none(link: str) -> None:
    paper = paper_of(link, "Kites \x07 fly\u202e", code_url=link)
    assert (paper.url, paper.code_url, paper.title) == ("", "", "Kites fly")


def test_other_links_are_checked_too() -> None:
    links = (Link("De\x07mo", "https://d.example/"), Link("Bad", "javascript:alert(1)"))
    assert safe(Paper("x", "Kites", links=links)).links == (Link("Demo", "https://d.example/"),)
    (paper,) = read_submissions(
        "- **Kites that fly** [[Paper](https://arxiv.org/abs/2401.00001)] "
        "[[Video](https://v.example/1)]"
    )
    assert paper.links == (Link("Video", "https://v.example/1"),)


def test_addresses_of_rows_are_checked_too() -> None:
    (paper,) = read_submissions("- **Kites that fly** <a href='http://[a.org/x'>paper</a>")
    assert (paper.url, paper.code_url) == ("", "")


def test_too_long() -> None:
    with pytest.raises(SubmissionError, match="200,001 characters, more than 200,000; split it up"):
        read_submissions("a" * (MAX_CHARS + 1))


def test_too_many() -> None:
    rows = [f"- [Kite number {n}]({ABS}2401.{n:05})" for n in range(1, MAX_PAPERS + 2)]
    assert len(read_submissions("\n".join(rows[:-1]))) == MAX_PAPERS
    with pytest.raises(SubmissionError, match="names 101 papers, more than 100; split it up"):
        read_submissions("\n".join(rows))


HOSTILE = {
    "line ends": "\n",
    "blank lines": " \n",
    "spaces": " ",
    "heading of spaces": "## a" + 5_000 * " " + "b\n",
    "comments": "<!--",
    "tags": "<a ",
    "entries": "@misc{\n",
    "braces": "{",
    "fields": "### Link\n",
    "arxiv": "arxiv: ",
    "digits": "2401.00001",
    "hunks": HUNK,
    "backslashes": "\\",
    "stars": "*a ",
    "underscores": "_a",
    "emphasis": "**a",
    "brackets": "[",
    "items": "- a\n",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("frame", ["{}", HUNK + "+{}", "### Title\n\n{}\n\n### Link\n\n2401.00001"])
def test_hostile_text_is_read_in_time(name: str, frame: str) -> None:
    length = 100_000  # quadratic patterns took 16 s for as many line ends
    text = frame.replace("{}", (HOSTILE[name] * length)[:length])
    with soon():
        for read_one in (read_submissions, read_pasted):
            with suppress(SsmSearchError):
                read_one(text)


# ── whatever a person types ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("head", "paper_id", "url"),
    [
        ("https://example.org/kites", "kites-that-read", "https://example.org/kites"),
        ("  http://example.org/kites?a=1 ", "kites-that-read", "http://example.org/kites?a=1"),
        ("https://arxiv.org/abs/2401.00001v2", "2401.00001", f"{ABS}2401.00001"),
        ("arxiv.org/pdf/2401.00001", "2401.00001", f"{ABS}2401.00001"),
        ("10.48550/arXiv.2401.00001", "2401.00001", f"{ABS}2401.00001"),
    ],
)
def test_a_pasted_link(head: str, paper_id: str, url: str) -> None:
    paper = read_pasted(f"{head}\nKites that read\nWe fly.")
    assert (paper.id, paper.url) == (paper_id, url)
    assert (paper.title, paper.abstract) == ("Kites that read", "We fly.")
    assert read_anything(f"{head}\nKites that read\nWe fly.\n") == [paper]


@pytest.mark.parametrize("head", ["https://example.org/kites", "2401.00001"])
def test_blank_lines_part_what_is_pasted(head: str) -> None:
    paper = read_pasted(f"{head}\nKites that read\nWe fly.")
    assert read_anything(f"{head}\n\nKites that read\n\nWe fly.\n") == [paper]


@pytest.mark.parametrize(
    "text",
    [
        "Kites that read\nhttps://example.org/kites\nWe fly. They read.",
        "Kites that read https://example.org/kites\nWe fly. They read.",
        "Kites that read (https://example.org/kites)\nWe fly. They read.",
        "Kites that read\nWe fly. They read.\nhttps://example.org/kites",
        "Kites that read\nLink: https://example.org/kites\nAbstract: We fly. They read.",
    ],
)
def test_an_address_counts_wherever_it_is_pasted(text: str) -> None:
    paper = read_pasted(text)
    assert (paper.url, paper.title) == ("https://example.org/kites", "Kites that read")
    assert (paper.abstract, paper.code_url) == ("We fly. They read.", "")
    assert read_anything(text) == [paper]
    arxiv = read_pasted(text.replace("https://example.org/kites", f"{ABS}2401.00001"))
    assert (arxiv.id, arxiv.title) == ("2401.00001", "Kites that read")


def test_pasted_code_is_no_link_unless_there_is_no_other() -> None:
    code = "https://github.com/ada/kite"
    paper = read_pasted(f"Kites that read\n{ABS}2401.00001\nWe fly.\nCode: {code}")
    assert (paper.id, paper.code_url, paper.abstract) == ("2401.00001", code, "We fly.")
    paper = read_pasted(f"Kites that read\n{code}\nWe fly.")
    assert (paper.url, paper.code_url, paper.abstract) == (code, "", "We fly.")


def test_a_sentence_may_end_in_an_address_on_a_line_of_its_own() -> None:
    text = "Kites that read\nWe fly.\nThey read. All of it\nis at\nhttps://example.org/kites"
    paper = read_pasted(text)
    assert (paper.url, paper.abstract[-25:]) == ("", "https://example.org/kites")


def test_a_pasted_link_alone() -> None:
    paper = read_pasted("https://example.org/kites\n")
    assert (paper.url, paper.title, paper.abstract) == ("https://example.org/kites", "", "")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "https://", "example.org", "kites"])
def test_a_first_line_that_is_no_link(link: str) -> None:
    paper = read_pasted(f"{link}\nKites that read\nWe fly.")
    assert (paper.url, paper.title) == ("", "")
    assert paper.abstract == f"{link} Kites that read We fly."


@pytest.mark.parametrize(
    "text",
    [
        "2401.00001",
        f"\ufeff{ABS}2401.00001\r\n\r\n{ABS}2401.00002\r\n",
        NEW,
        f"  {NEW}\n* [Kites sink]({ABS}2401.00003)",
        f"| [Kites sink]({ABS}2401.00003) | 2024 |",
        f"{HUNK}+{NEW}\n",
        "@misc{k, title={Kites of paper}, eprint={2401.00001}}",
        "### Title\n\nKites of paper\n\n### Abstract\n\nWe fly.\n",
        json.dumps({"issue": {"title": "Add 2401.00001", "body": ""}}),
        "Please add https://arxiv.org/abs/2401.00001, thanks",
        "Have a look at 2401.00001!",
    ],
)
def test_whatever_submissions_are_is_read_as_they_are(text: str) -> None:
    assert read_anything(text) == read_submissions(text)


@pytest.mark.parametrize(
    "text",
    [
        "Kites that read\n\nAbstract: We fly.\nThey read.",
        "We fly kites. They read.\nAll day.",
        "[2401.00001] Kites that read\nWe fly.",
        "Kites that read\nWe fly. Our code is at https://arxiv.org/abs/2401.00001 too.",
        "Kites\x1b that\u202e read\nWe \ud800fly.",
    ],
)
def test_one_papers_text_is_read_as_pasted(text: str) -> None:
    assert read_anything(text) == [read_pasted(text)]


@pytest.mark.parametrize(
    "line", ["- first, they fly", "* second, they read", "|x| is small", "{x} is a set", "## Kites"]
)
def test_an_abstract_may_have_lines_like_those_of_a_list(line: str) -> None:
    text = f"Kites that read\nWe say three things:\n{line}"
    assert read_anything(text) == [read_pasted(text)]


@pytest.mark.parametrize("read", [read_submissions, read_anything])
def test_links_alone_are_papers_or_say_why_not(read: Callable[[str], list[Paper]]) -> None:
    link, code = "https://example.org/x.pdf", "https://github.com/kites/fly"
    first, second = paper_of("2401.00001"), paper_of("2401.00002")

    def unread(url: str) -> Remarked:
        return remarked(replace(paper_of(url), id=url), NOT_ON_ARXIV)

    assert read(f"{link}\n{ABS}2401.00001") == [unread(link), first]
    assert read(f"{link}\n\n{link}\n{code}") == [unread(link), unread(code)]
    assert read(f"{ABS}2401.00001\n{code}") == [replace(first, code_url=code)]
    both = f"{ABS}2401.00001v2\n2401.00002\n{code}\n{ABS}2401.00001"
    assert read(both) == [first, second, unread(code)]


@pytest.mark.parametrize("text", ["", " \n\t", "\0", "\ufeff"])
def test_nothing_typed(text: str) -> None:
    with pytest.raises(SubmissionError, match="no text given"):
        read_anything(text)


def test_too_much_typed() -> None:
    with pytest.raises(SubmissionError, match="200,001 characters, more than 200,000"):
        read_anything("Kites that read\n" + "a" * (MAX_CHARS - 15))


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("start", ["", "Kites that read\n"])
def test_hostile_text_of_any_kind_is_read_in_time(name: str, start: str) -> None:
    text = start + (HOSTILE[name] * 20_000)[:20_000]
    with soon(), suppress(SsmSearchError):
        read_anything(text)


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("Kites for robots", "Kites for robots"),
        ("Can kites fly?", "Can kites fly?"),
        ("We fly kites.", ""),
        ("Kites fly. We show how", ""),
        ("Abstract: we fly kites", ""),
    ],
)
def test_a_line_by_itself_is_a_title_unless_it_is_a_sentence(line: str, title: str) -> None:
    (paper,) = read_anything(line)
    assert (paper.title, bool(paper.abstract)) == (title, not title)
