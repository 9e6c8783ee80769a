"""What is asked of arXiv for a list, and what is proposed of the answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from arxiv_server import FakePaper, meets
from fakes import WordEncoder

from ssm_search.build.dumps import passing_index
from ssm_search.discovery import arxiv_query, radar
from ssm_search.discovery.common_terms import RARE, share_of_papers
from ssm_search.discovery.decisions import Decision, Decisions
from ssm_search.errors import CorpusError
from ssm_search.papers import Abstract, Paper
from ssm_search.search.local import PaperSearch

TODAY = date(2026, 11, 27)
HEADINGS = (("Films",), ("Songs",))


def paper(number: int, topic: str, subject: str = "cs.CV") -> Paper:
    told = " ".join(f"{letter}{number}" for letter in "abcd")  # else it would be listed already
    return Paper(
        f"2401.{number:05}",
        f"Study {number} of {topic}",
        url=f"https://arxiv.org/abs/2401.{number:05}",
        published=date(2026, 11, 20),
        abstract=f"We look at {topic} in {told}. A zither and its zithers sound.",
        arxiv_categories=(subject, "stat.ML"),
    )


LISTED = [
    replace(paper(at, "video" if at % 2 else "audio"), categories=(HEADINGS[0],))
    if at % 2
    else replace(paper(at, "audio", "eess.AS"), categories=(HEADINGS[1],))
    for at in range(20)
]
OTHERS = [replace(paper(100 + at, "text"), abstract="Nothing.") for at in range(60)]
NEW = [paper(500 + at, "video") for at in range(6)]
LIST = "# L\n" + "".join(
    f"\n## {heading[0]}\n\n"
    + "".join(f"- [{one.title}]({one.url})\n" for one in LISTED if heading in one.categories)
    for heading in HEADINGS
)


@pytest.fixture(scope="module")
def search() -> PaperSearch:
    return PaperSearch.from_papers(LISTED, WordEncoder())


def test_how_common_words_are() -> None:
    assert share_of_papers("model") == 0.71
    assert share_of_papers("zither") == RARE


def test_what_arxiv_is_asked_for(search: PaperSearch) -> None:
    """Of the words that all listed papers have, those that few others have.

    The videos and sounds of half of them add little: "audio" is rare enough, "video" is not.
    """
    query = arxiv_query.arxiv_query(search, date(2026, 11, 1), TODAY)
    assert query == (
        "(cat:eess.AS OR cat:cs.CV)"
        " AND (all:look OR all:sound OR all:zither OR all:zithers OR all:audio)"
        " AND submittedDate:[202611010000 TO 202611272359]"
    )
    new = FakePaper("2611.00001", "Zithers", "A film.", published=TODAY, categories=("cs.CV",))
    assert meets(new, query)
    assert not meets(replace(new, published=date(2026, 10, 31)), query)
    assert not meets(replace(new, categories=("math.CO",)), query)
    assert not meets(replace(new, title="Pots"), query)


def test_stems_that_add_little_are_not_asked_for() -> None:
    both = [frozenset({"zither", "dulcim"})] * 20
    # The second finds the same papers: half its gain is still more than the words of all cost.
    assert arxiv_query.telling_stems(both) == ["dulcim", "zither"]
    # Common words are no use, nor are those of one paper, numbers and other scripts.
    rows = [frozenset({"model", "2d", "ab", "ключ", f"one{at}"}) for at in range(20)]
    assert arxiv_query.telling_stems(rows) == []
    assert arxiv_query.telling_stems([]) == []
    many = [frozenset({f"rare{chr(97 + at // 2)}"}) for at in range(40)]
    assert len(arxiv_query.telling_stems(many)) == arxiv_query.MOST_TERMS


def test_categories_are_those_of_the_listed_papers(search: PaperSearch) -> None:
    assert arxiv_query.categories(LISTED, {}) == ["eess.AS", "cs.CV"]
    bare = [replace(one, arxiv_categories=()) for one in LISTED]
    assert arxiv_query.categories(bare, {}) == list(arxiv_query.CATEGORIES)
    known = {
        one.id: Abstract(one.id, one.title, "", arxiv_categories=("cs.SD", "cs.LG")) for one in bare
    }
    assert arxiv_query.categories(bare, known) == ["cs.SD"]
    # A hostile name says nothing in a query.
    hostile = {key: replace(one, arxiv_categories=("x OR all:*",)) for key, one in known.items()}
    assert arxiv_query.categories(bare, hostile) == list(arxiv_query.CATEGORIES)


def test_from_which_day_papers_are_new() -> None:
    assert radar.first_day(Decisions(), TODAY) == date(2026, 10, 28)
    assert radar.first_day(Decisions(asked=date(2026, 11, 20)), TODAY) == date(2026, 11, 15)


def test_what_is_on_the_list_by_now_was_accepted() -> None:
    known = Decisions(
        {
            "a": Decision("a", "proposed", title="T"),
            "b": Decision("b", "proposed"),
            "c": Decision("c", "rejected"),
        }
    )
    assert radar.merged(known, ["a", "c", "x"], TODAY) == [Decision("a", "accepted", TODAY)]


def test_what_is_known_of_rejected_papers() -> None:
    known = Decisions(
        {name: Decision(name, "rejected", title=title) for name, title in (("a", "T"), ("b", ""))}
    )
    record = Abstract("b", "From arXiv", "An abstract.")
    assert radar.rejected_papers(known, {}) == [Paper("a", "T"), "b"]
    assert radar.rejected_papers(known, {"b": record})[1] == Paper(
        "b", "From arXiv", abstract="An abstract."
    )
    many = {f"{at}": Decision(f"{at}", "rejected") for at in range(300)}
    assert radar.learned_from(Decisions(many)) == [str(at) for at in range(100, 300)]


def test_what_is_proposed(search: PaperSearch) -> None:
    slug = replace(NEW[5], id="study-505", kind="link", url="https://example.org/505")
    with passing_index([*OTHERS, *NEW[:5], slug], "arXiv: x", WordEncoder()) as corpus:
        proposals = radar.propose(search, corpus, LIST, Decisions(), to_decide=True)
        ids = [one.found.paper.id for one in proposals]
        assert sorted(ids) == [one.id for one in NEW[:5]]
        assert {one.heading for one in proposals} == {("Films",)}
        assert all(0 < one.confidence <= 1 for one in proposals)
        assert all(one.card.insertion for one in proposals)
        known = Decisions(
            {ids[0]: Decision(ids[0], "proposed"), ids[1]: Decision(ids[1], "accepted")}
        )
        rest = radar.propose(search, corpus, LIST, known, to_decide=True)
        assert sorted(one.found.paper.id for one in rest) == sorted(ids[2:])
        # What was proposed under another id, of a publisher or a version, was proposed.
        other = Decision("doi-1", "rejected", title=NEW[3].title)
        rest = radar.propose(search, corpus, LIST, Decisions({"doi-1": other}), to_decide=True)
        assert NEW[3].id not in [one.found.paper.id for one in rest]
        assert len(rest) == len(ids) - 1
        # The list may be newer than its index.
        newer = f"{LIST}- [Another title]({NEW[2].url})\n"
        rest = radar.propose(search, corpus, newer, Decisions(), to_decide=True)
        assert NEW[2].id not in [one.found.paper.id for one in rest]
        assert len(radar.propose(search, corpus, LIST, Decisions(), 2, to_decide=True)) == 2
        # Without a need to tick it, what is not on arXiv is found too.
        found = [one.found.paper.id for one in radar.propose(search, corpus, "", Decisions())]
        assert "study-505" in found
    decision = proposals[0].decision(TODAY)
    title = proposals[0].found.paper.title
    assert decision == Decision(ids[0], "proposed", TODAY, title=title, heading=("Films",))


def test_an_index_of_nothing_is_refused() -> None:
    with (
        pytest.raises(CorpusError, match="no paper from arXiv: x"),
        passing_index([], "arXiv: x", WordEncoder()),
    ):
        pass


def test_the_shared_words_of_a_paper_are_told(search: PaperSearch, tmp_path: Path) -> None:
    with passing_index([*OTHERS, *NEW], "arXiv: x", WordEncoder()) as corpus:
        first = radar.propose(search, corpus, LIST, Decisions())[0]
    assert set(first.found.terms[:3]) <= {"zither", "zithers", "sound", "video", "look"}
    assert json.dumps(first.found.terms)
