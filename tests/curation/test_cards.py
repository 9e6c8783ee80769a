"""Cards over an invented list, with an encoder whose arithmetic can be done by hand."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from fakes import TokenEncoder, WordEncoder

from ssm_search.awesome import reading
from ssm_search.awesome.reading import ListReading, read_list
from ssm_search.build.lists import empty_headings
from ssm_search.curation.cards import RELATED, submit, triage
from ssm_search.curation.submissions import paper_of
from ssm_search.errors import ListError, SubmissionError
from ssm_search.papers import Abstract, Paper
from ssm_search.search.local import PaperSearch

ABS = "https://arxiv.org/abs/"


def rows(word: str, first: int) -> str:
    numbers = range(first, first + 6)
    return "".join(f"- [{word.title()} kite {n}]({ABS}2401.{n:05})\n" for n in numbers)


LIST = f"""# Awesome Kites

## Moving

### Video

{rows("video", 1)}
## Structured

### Graph

{rows("graph", 11)}"""
VIDEO, GRAPH = ("Moving", "Video"), ("Structured", "Graph")


def search_of(text: str, folder: Path, encoder: type[WordEncoder] = WordEncoder) -> PaperSearch:
    """A saved index of ``text``, which says what list it is of."""
    reading = read_list(text)
    headings = empty_headings(reading.categories, reading.papers)
    search = PaperSearch.from_papers(reading.papers, encoder(), headings=headings)
    digest = hashlib.sha256(text.encode()).hexdigest()
    search.save(folder, list_name="README.md", list_sha256=digest)
    return PaperSearch.load(folder, encoder())


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> PaperSearch:
    return search_of(LIST, tmp_path_factory.mktemp("index") / "kites")


def new(title: str, abstract: str = "", link: str = "2402.00001") -> Paper:
    return paper_of(link, title, abstract)


YEARLY = f"""# Awesome Kites

## Video Tutorial

- [How to fly in a film](https://example.org/film)

## 2024

{rows("video", 1)}
## 2023

{rows("graph", 11)}"""


@pytest.mark.parametrize(
    ("link", "heading", "line"), [("2402.00001", "2024", 15), ("2602.00001", "2026", 9)]
)
def test_a_list_by_years_takes_papers_under_their_year(
    link: str, heading: str, line: int, tmp_path: Path
) -> None:
    search = search_of(YEARLY, tmp_path / "index")
    paper = new("Video with strings", "video strings " * 30, link=link)
    card = submit(search, paper, YEARLY, offline=True)
    assert [one.category for one in card.placement.suggestions] == [(heading,), ("Video Tutorial",)]
    assert card.placement.suggestions[0].confidence > 0.9
    assert card.in_short.startswith(f"{heading}, ")
    assert card.category == (heading,)
    assert card.insertion is not None
    assert card.insertion.line == line
    tutorial = submit(search, new("How to fly a tutorial"), YEARLY, offline=True)
    first = tutorial.placement.suggestions[0]
    assert first.category == ("Video Tutorial",)


def test_a_list_is_read_once_however_many_papers_are_submitted(
    search: PaperSearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To read a long one takes seconds; each row is read back, which is another text."""
    read: list[str] = []

    def counted(text: str) -> ListReading:
        read.append(text)
        return read_list(text)

    reading.reading_of.cache_clear()
    monkeypatch.setattr(reading, "read_list", counted)
    papers = [new(f"Video with {n} strings", link=f"2402.0000{n}") for n in (1, 2, 3)]
    found = triage(search, papers, LIST, offline=True)
    assert all(card.insertion for card in found.cards)
    assert read == [LIST]


# ── verdict, headings, related, row ──────────────────────────────────────────────────────────


def test_all_of_a_card(search: PaperSearch) -> None:
    card = submit(search, new("Video with strings"), LIST, offline=True)
    placement = card.placement
    assert placement.verdict == "fits"
    assert [one.category for one in placement.suggestions] == [VIDEO, GRAPH]
    assert placement.suggestions[0].confidence == pytest.approx(1, abs=1e-3)
    evidence = [hit.paper.id for hit in placement.suggestions[0].evidence]
    assert evidence == ["2401.00001", "2401.00002", "2401.00003"]
    assert card.duplicates == ()
    assert [hit.paper.id for hit in card.related] == [f"2401.0000{n}" for n in range(1, 6)]
    assert len(card.related) == RELATED
    assert card.category == VIDEO
    assert card.notes == ("arXiv was not asked: judged by the title alone",)
    row = f"- [Video with strings]({ABS}2402.00001)"
    assert card.insertion is not None
    # The ids rise, so the newest is last.
    assert (card.insertion.row, card.insertion.line) == (row, 13)
    assert card.insertion.text == LIST.replace("00006)\n", f"00006)\n{row}\n")
    assert card.no_row == ""
    assert card.patch.splitlines()[:2] == ["--- a/README.md", "+++ b/README.md"]
    assert [line for line in card.patch.splitlines()[2:] if line[0] in "+-"] == [f"+{row}"]


@pytest.mark.parametrize(
    ("title", "abstract", "verdict", "parent"),
    [
        ("Graph strings", "", "fits", ()),
        ("Audio strings", "", "off topic", ()),
        ("Video and graph", "", "fits", ()),  # a title cannot tell
        ("Video and graph", "A graph. A video.", "fits", ()),  # nor can two sentences
        ("Video and graph", 20 * "A graph. A video. ", "no heading", ("Moving",)),
        ("", "A graph of a graph.", "fits", ()),
    ],
)
def test_verdicts(
    search: PaperSearch, title: str, abstract: str, verdict: str, parent: tuple[str, ...]
) -> None:
    card = submit(search, new(title, abstract), LIST, offline=True)
    assert (card.placement.verdict, card.placement.parent) == (verdict, parent)
    assert len(card.placement.suggestions) == 2


def test_papers_that_fit_no_heading_are_offered_one_together(search: PaperSearch) -> None:
    text = 20 * "A graph. A video. "
    papers = [new(f"Zithers {at}", text, link=f"2402.0000{at}") for at in range(1, 4)]
    found = triage(search, [*papers, new("Zithers on video")], LIST, offline=True)
    assert [card.placement.verdict for card in found.cards[:3]] == 3 * ["no heading"]
    (heading,) = found.proposed
    assert (heading.name, [paper.id for paper in heading.papers]) == (
        "Zithers",
        ["2402.00001", "2402.00002", "2402.00003"],
    )


def test_a_paper_without_a_title_has_no_row(search: PaperSearch) -> None:
    card = submit(search, new("", "A graph of a graph."), LIST, offline=True)
    assert (card.insertion, card.patch, card.category) == (None, "", ())
    assert card.no_row == (
        "its title is not known; give it on a line of its own, above the abstract"
    )


# ── what is listed already ───────────────────────────────────────────────────────────────────


def test_a_listed_paper_has_no_row(search: PaperSearch) -> None:
    card = submit(
        search,
        f"{ABS}2401.00003v2",
        LIST,
        abstracts={"2401.00003": Abstract("2401.00003", "Video kite 3", "")},
    )
    (found,) = [one for one in card.duplicates if one.reason == "id"]
    assert (found.paper.id, str(found)) == ("2401.00003", "the same id")
    assert (card.insertion, card.patch) == (None, "")
    assert card.no_row == "already listed, line 9, under Moving › Video"
    assert card.notes == (card.no_row,)
    assert "2401.00003" not in {hit.paper.id for hit in card.related}


def test_a_paper_of_the_same_title_has_no_row(search: PaperSearch) -> None:
    card = submit(search, new("VIDEO Kite 3."), LIST, offline=True)
    assert [str(one) for one in card.duplicates] == ["the same title"]
    assert (card.insertion, card.patch) == (None, "")
    assert card.notes[0] == (
        "a paper of the same title, 2401.00003, is already listed, line 9, under Moving › Video"
    )
    assert card.no_row == f"{card.notes[0]}; edit its entry"


def test_every_place_of_a_listed_paper_is_named(tmp_path: Path) -> None:
    text = LIST + f"\n## Both\n\n- [Video kite 3]({ABS}2401.00003)\n"
    search = search_of(text, tmp_path / "index")
    assert submit(search, "2401.00003", text, offline=True).no_row == (
        "already listed, line 9, under Moving › Video; line 27, under Both"
    )
    assert submit(search, "2401.00003", offline=True).no_row == (
        "already listed, under Moving › Video; under Both"
    )


def test_a_paper_that_was_taken_off_stands_where_the_index_says(search: PaperSearch) -> None:
    text = LIST.replace(f"- [Video kite 3]({ABS}2401.00003)\n", "")
    card = submit(search, "2401.00003", text, offline=True)
    assert card.no_row == "already listed, under Moving › Video"
    assert "the list changed since its index was built" in card.notes[-1]


def test_where_a_listed_paper_stands_in_a_list_without_headings(tmp_path: Path) -> None:
    text = "# Awesome Kites\n\n" + rows("video", 1)
    search = search_of(text, tmp_path / "index")
    assert submit(search, "2401.00003", text, offline=True).no_row == "already listed, line 5"
    assert submit(search, "2401.00003", offline=True).no_row == "already listed"


def test_a_listed_link_is_known_without_its_title(tmp_path: Path) -> None:
    text = LIST + "\n## Posts\n\n- [A graph post](https://kites.example.org/post/)\n"
    search = search_of(text, tmp_path / "index")
    card = submit(search, "http://kites.example.org/post", text, offline=True)
    assert card.paper.title == "A graph post"
    assert card.no_row == "already listed, line 27, under Posts"


def test_a_new_title_behind_a_listed_link_is_told_and_has_a_row(tmp_path: Path) -> None:
    text = LIST + "\n## Posts\n\n- [A graph post](https://kites.example.org/post)\n"
    search = search_of(text, tmp_path / "index")
    card = submit(
        search, new("Video strings", link="https://kites.example.org/post"), text, offline=True
    )
    assert card.notes[0] == (
        "a paper of the same link, a-graph-post, is already listed, line 27, under Posts"
    )
    assert card.insertion is not None


def test_no_id_is_told_that_is_the_title_once_more(tmp_path: Path) -> None:
    link, title = "https://kites.example.org/post", "A very long post about a graph of kites"
    text = LIST + f"\n## Posts\n\n- [{title}]({link})\n"
    search = search_of(text, tmp_path / "index")
    at = "is already listed, line 27, under Posts"
    same = submit(search, new(title), text, offline=True)
    assert same.notes[0] == f"a paper of the same title {at}"
    other = submit(search, new("Video strings", link=link), text, offline=True)
    assert other.notes[0] == f"a paper of the same link, “{title}”, {at}"


def test_a_title_that_is_nearly_listed_is_named_and_has_a_row(search: PaperSearch) -> None:
    card = submit(search, new("Video kites 3"), LIST, offline=True)
    (found,) = card.duplicates
    assert (found.paper.id, found.reason, str(found)) == (
        "2401.00003",
        "title",
        "nearly the same title",
    )
    assert found.likeness == pytest.approx(2 * 10 / 21)  # "videokite3" in "videokites3"
    assert card.insertion is not None


def test_a_paper_that_the_index_does_not_have_yet(search: PaperSearch) -> None:
    text = LIST.replace("### Graph\n", f"### Graph\n\n- [Graph of strings]({ABS}2402.00001)")
    card = submit(search, new("Graph of strings"), text, offline=True)
    assert card.insertion is None
    assert "2402.00001 is listed already, on line 18" in card.no_row
    assert "the list changed since its index was built" in " ".join(card.notes)


# ── headings that are wished for ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "wanted", [GRAPH, "Structured > Graph", "structured>graph", "Graph", " graph "]
)
def test_a_heading_by_path_or_last_name(search: PaperSearch, wanted: str) -> None:
    card = submit(search, new("Video strings"), LIST, category=wanted, offline=True)
    assert card.category == GRAPH
    assert card.insertion is not None
    assert card.insertion.line == 24


@pytest.mark.parametrize("wanted", ["Graf", ("Graph",), "Structured > Video", ">", "raph"])
def test_no_such_heading(search: PaperSearch, wanted: str) -> None:
    with pytest.raises(ListError, match="no heading"):
        submit(search, new("Video strings"), LIST, category=wanted, offline=True)


def test_the_whole_path_stands_before_a_last_name(tmp_path: Path) -> None:
    text = LIST + f"\n## Video\n\n{rows('video', 21)}\n### Graph\n\n{rows('graph', 31)}"
    search = search_of(text, tmp_path / "index")
    assert submit(search, new("Video strings"), text, category="video", offline=True).category == (
        "Video",
    )
    with pytest.raises(ListError, match=r"several headings are called 'graph': 'Structured > Gr"):
        submit(search, new("Video strings"), text, category="graph", offline=True)
    card = submit(search, new("Video strings"), text, category="video > graph", offline=True)
    assert card.category == ("Video", "Graph")


def test_a_heading_that_is_newer_than_the_index(search: PaperSearch) -> None:
    text = LIST + f"\n### Audio\n\n- [Audio kite]({ABS}2401.00050)\n"
    card = submit(search, new("Audio strings"), text, category="audio", offline=True)
    assert card.category == ("Structured", "Audio")
    assert card.insertion is not None


# ── the list ─────────────────────────────────────────────────────────────────────────────────


def test_without_the_list_there_is_no_row(search: PaperSearch) -> None:
    card = submit(search, new("Video strings"), offline=True)
    assert (card.insertion, card.no_row) == (None, "the list itself is not at hand")
    assert card.placement.verdict == "fits"


def test_a_list_that_changed_is_noted_and_used(search: PaperSearch) -> None:
    text = LIST.replace("Awesome Kites", "Awesome Kites of Old")
    card = submit(search, new("Video strings"), text, offline=True)
    assert "the list changed since its index was built" in card.notes[-1]
    assert card.insertion is not None
    assert "# Awesome Kites of Old\n" in card.insertion.text


def test_a_byte_order_mark_is_no_change(search: PaperSearch) -> None:
    card = submit(search, new("Video strings"), "\ufeff" + LIST, offline=True)
    assert card.notes == ("arXiv was not asked: judged by the title alone",)
    assert card.insertion is not None
    assert card.insertion.text.startswith("\ufeff#")


def test_code_that_has_no_place_is_noted(search: PaperSearch) -> None:
    paper = paper_of("2402.00001", "Video strings", code_url="https://github.com/ada/strings")
    card = submit(search, paper, LIST, offline=True)
    assert card.insertion is not None
    assert "github.com" not in card.insertion.row
    assert card.notes[-1] == "entries like this have no place for the code"


def test_a_list_without_headings(tmp_path: Path) -> None:
    text = "# Awesome Kites\n\n" + rows("video", 1)
    search = search_of(text, tmp_path / "index")
    card = submit(search, new("Video strings"), text, offline=True)
    assert card.placement.verdict == "no heading"
    assert (card.category, card.no_row, card.insertion.line) == ((), "", 9)
    assert card.insertion.row == f"- [Video strings]({ABS}2402.00001)"
    assert str(card).split("row\n")[-1].startswith("  line 9\n")


# ── many ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "2402.00009",
            "2402.00009: arXiv was not asked: no title and no abstract is known; give its",
        ),
        (
            "https://example.org/x",
            "https://example.org/x is not on arXiv, where its title could be",
        ),
        (
            "kites",
            "'kites' is neither an arXiv id, such as 2404.03425, nor a web address, https://…;",
        ),
        ("2413.00001", "'2413.00001' is neither an arXiv id"),
        ("", "nothing was submitted; expected an arXiv id, a link or a title"),
    ],
)
def test_nothing_is_known(search: PaperSearch, given: str, said: str) -> None:
    with pytest.raises(SubmissionError) as refused:
        submit(search, given, LIST, offline=True)
    assert str(refused.value).startswith(said)


def test_cards_for_some_and_reasons_for_others(search: PaperSearch) -> None:
    text = f"- [Video of strings]({ABS}2402.00001)\n- [Graph of strings]({ABS}2402.00002)\n\n"
    found = triage(search, text + "2402.00003", LIST, offline=True)
    assert [card.category for card in found.cards] == [VIDEO, GRAPH]
    (unread,) = found.unread
    assert unread.paper.id == "2402.00003"
    assert unread.notes == ("arXiv was not asked: no title and no abstract is known",)


def test_a_list_is_no_submission_of_itself_but_every_paper_is_listed(search: PaperSearch) -> None:
    found = triage(search, LIST, LIST, offline=True)
    lines = [*range(7, 13), *range(18, 24)]
    assert [card.no_row.split(",")[:2] for card in found.cards] == [
        ["already listed", f" line {line}"] for line in lines
    ]
    assert len(found.cards) == 12


@pytest.mark.parametrize(
    "title",
    [
        *(
            "](javascript:alert(1))",
            "| a | b |",
            "# Heading",
            "`" * 9,
            "<script>",
            "\\",
            "[x](y) " * 99,
        ),
        *("video " * 9_000, "@team #12", "- item", "&amp; &#64;", "*", "\u202eevil", "視 " * 50),
    ],
)
def test_a_hostile_title_makes_a_card(search: PaperSearch, title: str) -> None:
    card = submit(search, new(title, "Video."), LIST, offline=True)
    if card.insertion:
        known = {paper.id for paper in read_list(LIST).papers}
        reading = read_list(card.insertion.text)
        assert {paper.id for paper in reading.papers} == {*known, "2402.00001"}
        assert card.insertion.text.count("\n") == LIST.count("\n") + 1
    else:
        assert card.no_row


# ── papers that were read already ────────────────────────────────────────────────────────────


def test_papers_instead_of_text(search: PaperSearch) -> None:
    papers = [new("Video of strings"), new("Graph of strings", link="2402.00002"), new("", link="")]
    found = triage(search, papers, LIST, list_name="a/b.md", offline=True)
    assert found.cards == tuple(
        submit(search, paper, LIST, list_name="a/b.md", offline=True) for paper in papers[:2]
    )
    assert [card.category for card in found.cards] == [VIDEO, GRAPH]
    assert found.cards[0].patch.startswith("--- a/a/b.md\n")
    assert [one.notes for one in found.unread] == [
        ("not on arXiv: no title and no abstract is known",)
    ]
    assert triage(search, [], LIST, offline=True).cards == ()


@pytest.mark.parametrize("wanted", [GRAPH, "Structured > Graph", "graph"])
def test_all_papers_under_a_heading_that_is_wished_for(
    search: PaperSearch, wanted: tuple[str, ...] | str
) -> None:
    papers = [new("Video of strings"), new("Graph of strings", link="2402.00002")]
    found = triage(search, papers, LIST, category=wanted, offline=True)
    assert [card.category for card in found.cards] == [GRAPH, GRAPH]
    rows = "".join(f"- [{paper.title}]({paper.url})\n" for paper in papers)
    of_text = triage(search, rows, LIST, category=wanted, offline=True)
    assert [card.patch for card in found.cards] == [card.patch for card in of_text.cards]
    assert all(card.patch for card in found.cards)


def test_a_heading_for_all_that_is_none(search: PaperSearch) -> None:
    with pytest.raises(ListError, match="no heading"):
        triage(search, [new("Video of strings")], LIST, category="Graf", offline=True)


def test_a_listed_paper_among_others_is_known_by_its_link(search: PaperSearch) -> None:
    for submitted in (f"{ABS}2401.00003v2", [paper_of("2401.00003")]):
        found = triage(search, submitted, LIST, offline=True)
        assert [card.no_row for card in found.cards] == [
            "already listed, line 9, under Moving › Video"
        ]
        assert found.unread == ()


@pytest.mark.parametrize("kind", [WordEncoder, TokenEncoder])
def test_a_submission_is_encoded_once(kind: type[WordEncoder], tmp_path: Path) -> None:
    """Its headings, its duplicates, and what is related to it are asked for one after another."""
    encoder = kind()
    search = PaperSearch(search_of(LIST, tmp_path / "kites", kind).rows, encoder)
    submit(search, new("A video of kites", "It flies."), LIST, offline=True)
    assert encoder.encoded == ["A video of kites. It flies."]
