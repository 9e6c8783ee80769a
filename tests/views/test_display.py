from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ssm_search.papers import Constraint, Hit, LeftOut, Paper, Why
from ssm_search.search.hits import Hits
from ssm_search.text import shown
from ssm_search.views.display import gist, hit_to_json, hits_to_json

PAPER = Paper(
    "2401.00001",
    "Video <b>nets</b>",
    url="https://arxiv.org/abs/2401.00001",
    year=2024,
    venue="ICLR",
    categories=(("Vision", "Film"), ("Other",)),
    abstract="Not to be printed.",
)
WHY = Why(("video",), "We study video.", exact=True, near=(("film", "nets"),), in_title=("video",))
HITS = Hits([Hit(PAPER, 1.23456, 1, WHY, 0.876543)])


def test_a_table_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert str(HITS).splitlines() == [
        "  paper                                                            sure score",
        "",
        "1 Video <b>nets</b>                                                 88%  1.23",
        "  2024 · ICLR · Vision › Film, Other",
        "  https://arxiv.org/abs/2401.00001",
        "  exact match; title: video; close: film ≈ nets; “We study video.”",
    ]
    assert repr(HITS) == str(HITS)


def test_no_column_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is like a paper has no probability of being an answer."""
    monkeypatch.setenv("COLUMNS", "80")
    hits = Hits([replace(HITS[0], confidence=None)], LeftOut(2, "year"))
    assert str(hits).split("\n")[0].split() == ["paper", "score"]
    assert str(hits).split("\n")[2].split() == ["1", "Video", "<b>nets</b>", "1.23"]
    assert "2 papers without a known year left out" in str(hits)
    page = hits._repr_html_()
    assert "<th>category</th><th>score</th>" in page
    assert page.count("<th>") == page.count("<td>") == 6
    assert HITS._repr_html_().count("<th>") == HITS._repr_html_().count("<td>") == 7


def test_a_table_with_links_in_a_notebook() -> None:
    html = HITS._repr_html_()
    assert '<a href="https://arxiv.org/abs/2401.00001">Video &lt;b&gt;nets&lt;/b&gt;</a>' in html
    assert "<td>1.23</td>" in html
    assert "“We study video.”" in html


def test_only_web_addresses_become_links() -> None:
    hit = Hit(Paper("x", "X", kind="link", url="javascript:alert(1)"), 1.0, 1, Why())
    assert "href" not in Hits([hit])._repr_html_()


def test_no_hits_say_so() -> None:
    assert "nothing found" in str(Hits())


def test_the_gist_is_the_sentence_that_answers_or_else_the_telling_one() -> None:
    paper = replace(PAPER, abstract="Nets are old. We film \\textbf{nets} with $\\alpha$ of video.")
    assert gist(paper, WHY) == "We study video."
    assert gist(paper, Why(("video",))) == gist(paper) == "We film nets with α of video."
    assert gist(replace(PAPER, abstract="")) == ""


def test_what_was_found_is_said_without_the_sentence() -> None:
    assert WHY.found == "exact match; title: video; close: film ≈ nets"
    assert Why(sentence="We study video.").found == Why(meaning=True).found == ""
    assert str(Why(sentence="We study video.")) == "“We study video.”"


def test_json_leaves_out_the_abstract() -> None:
    assert hit_to_json(HITS[0]) == {
        "rank": 1,
        "score": 1.2346,
        "confidence": 0.8765,
        "id": "2401.00001",
        "title": "Video <b>nets</b>",
        "url": "https://arxiv.org/abs/2401.00001",
        "year": 2024,
        "venue": "ICLR",
        "categories": (("Vision", "Film"), ("Other",)),
        "why": {
            "terms": ("video",),
            "near": (("film", "nets"),),
            "sentence": "We study video.",
            "heading": (),
            "exact": True,
            "in_title": ("video",),
            "meaning": False,
            "authors": (),
            "text": "exact match; title: video; close: film ≈ nets; “We study video.”",
        },
    }


def test_a_year_that_the_id_alone_tells_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    hit = Hit(Paper("2401.00001", "Nets", venue="ICLR"), 1.0, 1, Why())
    assert str(Hits([hit])).splitlines()[3] == "  2024 by its arXiv id · ICLR"
    assert "<td>2024 by its arXiv id</td>" in Hits([hit])._repr_html_()
    record = hit_to_json(hit)
    assert (record["year"], record["year_from_id"]) == (2024, True)
    published = hit_to_json(replace(hit, paper=replace(hit.paper, published=date(2023, 1, 2))))
    assert (published["year"], "year_from_id" in published) == (2023, False)
    assert "year" not in hit_to_json(Hit(Paper("a-post", "Post", kind="link"), 1.0, 1, Why()))


def test_what_was_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    hits = Hits(HITS, LeftOut(3, "venue"))
    assert str(hits).splitlines()[-1] == "  3 papers without a known venue left out"
    assert [line.strip() for line in str(Hits([], LeftOut(1, "year"))).splitlines()[2:]] == [
        "nothing found",
        "",
        "1 paper without a known year left out",
    ]
    assert hits._repr_html_().endswith("</table><p>3 papers without a known venue left out</p>")
    assert hits_to_json(hits)["left_out"] == {"papers": 3, "lacking": "venue"}


def test_json_says_what_is_said_of_all_hits() -> None:
    said = Constraint("author", "Ada Bo", "by Ada Bo")
    hits = Hits(HITS, verdict="unsure", constraints=(said,), note="A note.")
    assert hits_to_json(hits) == {
        "verdict": "unsure",
        "constraints": [{"kind": "author", "value": "Ada Bo", "said": "by Ada Bo"}],
        "left_out": None,
        "note": "A note.",
        "hits": [hit_to_json(HITS[0])],
    }
    assert hits[:1].verdict == hits.newest_first().verdict == "unsure"
    assert hits.said.splitlines() == [
        "only author: Ada Bo",
        "Nothing here surely answers that; these come near. A note.",
    ]
    assert (
        Hits(HITS, verdict="nothing").said == "Nothing here is about that; the nearest are these."
    )
    assert Hits(verdict="nothing").said == "Nothing here is about that."
    assert Hits(HITS, verdict="fits").said == ""


def test_escape_sequences_do_not_reach_the_terminal() -> None:
    assert shown("a\x1b[31mb\u202ec\x07") == "a[31mbc"


def test_newest_first_keeps_ranks_and_puts_what_has_no_date_last() -> None:
    papers = [
        Paper("a-post", "Post", kind="link"),
        Paper("2301.00002", "Old", year=2024),  # its id says when it came
        Paper("a-talk", "Talk", kind="link", year=2023),
        Paper("2401.00003", "New", published=date(2024, 1, 30)),
        Paper("2401.00004", "New too"),
        Paper("2401.00005", "New as well"),
    ]
    hits = Hits([Hit(paper, 1.0, rank, Why()) for rank, paper in enumerate(papers, start=1)])
    found = hits.newest_first()
    assert isinstance(found, Hits)
    assert [hit.rank for hit in found] == [4, 5, 6, 2, 3, 1]
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5, 6]
    assert Hits().newest_first() == []
    # Else the numbers look like a ranking that contradicts itself.
    said = "The best answers, newest first; the numbers are their ranks by how well they answer."
    assert found.said == said
    assert found[:2].newest_first().said == "Newest first."
    assert (found[:2].by_date, hits.by_date, hits.said) == (True, False, "")
    newest = Constraint("newest", "newest first", "newest")
    author = Constraint("author", "Ada Bo", "by Ada Bo")
    asked = Hits(hits[:1], constraints=(author, newest)).newest_first()
    assert asked.said == "only author: Ada Bo\nNewest first."
