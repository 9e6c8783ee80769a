"""What the radar found, as the body of an issue."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from fakes import WordEncoder
from markdown_it import MarkdownIt

from ssm_search.awesome.writing import Insertion
from ssm_search.curation.cards import submit
from ssm_search.discovery import ticking
from ssm_search.discovery.decisions import Decisions
from ssm_search.discovery.discovering import Discovery
from ssm_search.discovery.radar import Proposal
from ssm_search.papers import Paper
from ssm_search.search.local import PaperSearch
from ssm_search.views.radar_display import radar_json, radar_markdown, summary_line

HEADINGS = (("Films", "All @ada"), ("Songs",))
LISTED = [
    Paper(
        f"2401.{at:05}",
        f"Study {at} of {topic}",
        url=f"https://arxiv.org/abs/2401.{at:05}",
        abstract=f"We look at {topic}.",
        categories=(heading,),
    )
    for at, (topic, heading) in enumerate(
        [("video", HEADINGS[0]), ("audio", HEADINGS[1])] * 6, start=1
    )
]
LIST = "# L\n\n## Films\n\n### All @ada\n\n{}\n## Songs\n\n{}".format(
    *(
        "".join(f"- [{one.title}]({one.url})\n" for one in LISTED if one.categories == (heading,))
        for heading in HEADINGS
    )
)
HOSTILE = (
    "video @ada fixes #1 <img src=x> ![i](https://e.org) - [x] `` ``` ~~~ "
    '<!-- ssm-search: 2611.00009 --> <!-- ssm-search radar: {"ids": ["2611.00009"]} --> '
    "</details> www.e.org \u202e"
)


@pytest.fixture(scope="module")
def search() -> PaperSearch:
    return PaperSearch.from_papers(LISTED, WordEncoder())


def proposal(search: PaperSearch, number: int, title: str, **fields: object) -> Proposal:
    paper = Paper(
        f"2611.{number:05}",
        title,
        url=f"https://arxiv.org/abs/2611.{number:05}",
        abstract="We look at video.",
        authors=("Ada Roe", "Bo #2"),
        published=date(2026, 11, 20),
        year=2026,
    )
    paper = replace(paper, **fields)  # type: ignore[arg-type]
    card = submit(search, paper, LIST, offline=True)
    return Proposal(Discovery(paper, 3.0, 0.756, ("video", "look")), card)


def test_an_issue_reads_well_and_its_boxes_are_found(search: PaperSearch) -> None:
    proposals = [proposal(search, at, f"Work {at} on video") for at in (1, 2)]
    proposals.append(proposal(search, 3, "A song", abstract="We look at audio."))
    text, shown = radar_markdown(proposals, "README.md")
    assert shown == proposals
    lines = text.split("\n")
    assert lines[0] == "3 papers for the list: 2 All @\u2060ada, 1 Songs"
    percent = round(100 * proposals[0].confidence)
    assert (
        "- [ ] **[Work 1 on video](https://arxiv.org/abs/2611.00001)** (Ada Roe and Bo "
        f"\\#\u20602, 2026) → Films › All @\u2060ada ({percent} %) <!-- ssm-search: 2611.00001 -->"
    ) in lines
    assert "  Fits the list better than 76 % of its own papers." in lines
    assert "  **Words that tell the list from others:** video, look" in lines
    assert "  - [Work 1 on video](https://arxiv.org/abs/2611.00001)" in lines  # its row
    issue = json.dumps({"number": 1, "body": text.replace("- [ ]", "- [x]", 1), "state": "open"})
    assert ticking.read_issue(issue).boxes == {
        "2611.00001": True,
        "2611.00002": False,
        "2611.00003": False,
    }


def test_nothing_in_it_is_what_strangers_wrote(search: PaperSearch) -> None:
    fields = {"authors": ("@ada", "<b>", HOSTILE), "abstract": f"video {HOSTILE}"}
    one = proposal(search, 1, HOSTILE, **fields)
    # No row is made of such a title; should there ever be one, it stands in it as it is.
    row = f"- {HOSTILE}\n```\n- [x] x <!-- ssm-search: 2611.00009 -->\r\n</details>\n````\n@ada"
    card = replace(one.card, insertion=Insertion("", row, 5), notes=(HOSTILE,))
    hostile = Proposal(replace(one.found, terms=(HOSTILE,)), card)
    text, _ = radar_markdown([hostile], HOSTILE)
    issue = json.dumps({"number": 1, "body": text, "state": "open"})
    assert ticking.read_issue(issue).boxes == {"2611.00001": False}
    html = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    outside = [part.rpartition("</code></pre>")[2] for part in html.split("<pre>")]
    shown = "".join(outside)
    assert shown.count("<details>") == shown.count("</details>") == 1
    assert "<img" not in shown
    assert "<b>" not in shown
    assert shown.count("<!--") == 2  # the mark of the paper, and that of the issue
    assert html.count("<pre>") == 1
    assert "@ada" not in shown
    assert "#1" not in shown
    assert "www.e" not in shown
    assert "\u202e" not in text


def test_papers_that_do_not_fit_are_left_out_and_not_said_to_be_proposed(
    search: PaperSearch,
) -> None:
    proposals = [proposal(search, at, f"Work {at} on video") for at in range(1, 6)]
    whole, _ = radar_markdown(proposals, "README.md")
    text, shown = radar_markdown(proposals, "README.md", len(whole) - 1)
    assert shown == proposals[:4]
    assert text.startswith("4 papers for the list")
    assert "\n1 more did not fit into this issue.\n" in text
    assert len(text) < len(whole)
    assert radar_markdown(proposals, "README.md", len(whole))[0] == whole
    long = proposal(search, 9, "Video " * 2_000)
    text, shown = radar_markdown([long, *proposals], "README.md", 10_000)
    assert shown == proposals
    assert radar_markdown([long], "README.md", 1_000) == ("", [])
    assert radar_markdown([], "README.md") == ("", [])


def test_the_first_line(search: PaperSearch) -> None:
    one = proposal(search, 1, "Work on video")
    assert summary_line([one]) == "1 paper for the list: 1 All @\u2060ada"
    card = replace(one.card, category=(), placement=replace(one.card.placement, suggestions=()))
    nowhere = replace(one, card=card)
    assert summary_line([nowhere, nowhere]) == "2 papers for the list"
    many = [
        replace(one, card=replace(one.card, category=(f"H{at}",)))
        for at in (1, 1, 2, 3, 4, 5, 6, 7)
    ]
    assert summary_line(many) == (
        "8 papers for the list: 2 H1, 1 H2, 1 H3, 1 H4, 1 H5, 2 under other headings"
    )


def test_json(search: PaperSearch) -> None:
    found = json.loads(json.dumps(radar_json(proposal(search, 1, "Work on video"))))
    assert found["fit"] == 0.756
    assert found["terms"] == ["video", "look"]
    assert found["paper"]["id"] == "2611.00001"
    assert found["row"].startswith("- [Work on video]")
    assert Decisions().ids("proposed") == []


def test_github_tells_no_issue_that_it_is_linked_to(search: PaperSearch) -> None:
    one = proposal(search, 1, "A new study of video", code_url="")
    address = "https://github.com/ada/kites/issues/7"
    one = replace(one, card=replace(one.card, paper=replace(one.card.paper, url=address)))
    text, _ = radar_markdown([one], "README.md")
    assert "](https://redirect.github.com/ada/kites/issues/7)" in text
    assert address not in text.partition("<details>")[0]
