"""A site in a real browser: from a disk, and under a path of a server that gives files alone."""

from __future__ import annotations

import csv
import functools
import io
import json
import re
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from browsing import (
    LINGERING,
    PHONE,
    WIDE,
    Visit,
    barriers,
    context_of,
    look_in_own_colours_and_on_paper,
    titles,
    visiting,
)
from fakes import TokenEncoder, fake_pieces
from playwright.sync_api import Browser, BrowserContext, Page, expect
from serving import BY_ID, CAM, FILM, HOSTILE, NETS, PAPERS

from ssm_search.encoding import WordPieces
from ssm_search.papers import Paper
from ssm_search.search.local import PaperSearch
from ssm_search.site import writing
from ssm_search.views.display import shown
from ssm_search.views.export import export

PLACES = ("disk", "server")
TABS = ("newest", "headings", "map", "next", "kept", "about")
NOT_YET = "Papers that come after this visit are marked as new at the next."
REFUSED = """for (const name of ["getItem", "setItem", "removeItem"]) {
  Storage.prototype[name] = () => { throw new DOMException("refused", "SecurityError"); };
}"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def kites() -> PaperSearch:
    return PaperSearch.from_papers(PAPERS, TokenEncoder())


@pytest.fixture(scope="module")
def folder(kites: PaperSearch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site under a path of two names, of which the upper one lies at a server's root."""
    top = tmp_path_factory.mktemp("web")
    (top / "lists").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WordPieces, "of", fake_pieces)
        writing.write_site(kites, top / "lists" / "kites", title="Awesome Kites")
    return top / "lists" / "kites"


@pytest.fixture(scope="module")
def places(folder: Path) -> Iterator[dict[str, str]]:
    """The address of the site on the disk, and at a server."""
    handler = functools.partial(Quiet, directory=folder.parents[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    web = f"http://127.0.0.1:{server.server_port}/lists/kites/"
    yield {"disk": (folder / "index.html").as_uri(), "server": web}
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(
    browser: Browser, contexts: dict[str, BrowserContext], places: dict[str, str], folder: Path
) -> Iterator[Visit]:
    """Opens the site in one of its places; it may ask for what is in its folder alone."""

    def is_its_own(address: str) -> bool:
        parts = urlsplit(address)
        if parts.scheme == "file":
            return Path(parts.path).is_relative_to(folder)
        return parts.scheme in ("data", "blob") or address.startswith(places["server"])

    with visiting(browser, contexts, loud=("error", "warning"), may_ask=is_its_own) as open_page:

        def open_site(route: str = "", place: str = "server", **options: Any) -> Page:
            return open_page(route, at=places[place], wait=None, **options)

        yield open_site


def card(page: Page, paper_id: str, within: str = "main") -> Any:
    return page.locator(f'{within} .card[data-id="{paper_id}"]').filter(visible=True)


def menu(page: Page, name: str) -> Any:
    return page.locator(f"select[name={name}]")


def expect_route(page: Page, said: dict[str, str]) -> None:
    """The address says this, once what is asked stands there."""

    def says(url: str) -> bool:
        return parse_qs(urlsplit(url).fragment) == {name: [one] for name, one in said.items()}

    page.wait_for_url(says)


def has(paper_id: str, text: str) -> bool:
    return text in BY_ID[paper_id].title.casefold()


# ── search ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_answers_come_as_one_types(visit: Visit, place: str, size: dict[str, int]) -> None:
    page = visit(place=place, viewport=size)
    assert page.title() == "Awesome Kites"
    expect(page.locator("#answers .line")).to_have_text("19 papers on the list, newest first.")
    expect(page.locator("#answers .card")).to_have_count(10)
    page.keyboard.type("kitecam")  # the box has the focus
    first = page.locator("#answers .card").first
    expect(first.locator("h3")).to_have_text(CAM.title)
    expect(first.locator("h3 mark")).to_have_text("KiteCam")
    page.locator("#q").fill("short strings")  # "string" is in the title
    expect(first.locator("h3 mark")).to_have_text(["short", "string"])
    page.locator("#q").fill("long video")
    expect(first.locator(".actions a")).to_have_text(
        ["code", "Project", "<b>视频</b>", "related", "map"]
    )
    assert first.locator(".actions a").nth(2).get_attribute("href") == "https://v.example/3"
    page.locator("#q").fill("kitecam")
    assert first.locator("h3 a").get_attribute("href") == CAM.url
    expect(first.locator(".authors")).to_have_text("Kim Flyer1, Émile Hauteur")
    expect(first.locator(".facts")).to_have_text("2023ICKF 2023Moving › Film of Things")
    expect(first.get_by_role("link", name="code")).to_have_attribute("href", CAM.code_url)
    expect_route(page, {"q": "kitecam"})
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.reload()
    expect(page.locator("#q")).to_have_value("kitecam")
    expect(first.locator("h3")).to_have_text(CAM.title)


def test_back_returns_to_what_was_asked(visit: Visit) -> None:
    page = visit("#q=graph")
    expect(page.locator("#q")).to_have_value("graph")
    expect(page.locator("#answers .line")).to_contain_text("meaning")  # which comes a moment later
    before = titles(page)
    page.wait_for_timeout(2_100)  # a pause, after which what is typed is another question
    page.locator("#q").fill("audio")
    expect(page.locator("#answers h3 mark").first).to_have_text(re.compile("audio", re.IGNORECASE))
    expect_route(page, {"q": "audio"})
    page.go_back()
    expect(page.locator("#q")).to_have_value("graph")
    expect(page.locator("#answers .card h3")).to_have_text(before)
    page.go_forward()
    expect(page.locator("#q")).to_have_value("audio")


def test_what_the_list_has_nothing_about(visit: Visit) -> None:
    page = visit("#q=Ωμέγα")
    line = page.locator("#answers .line")
    expect(line).to_have_text("The list has nothing about that; these come nearest.")
    page.locator("#q").fill("…")
    expect(line).to_have_text("There is no word in that. 19 papers on the list, newest first.")


def test_filters_narrow_and_are_in_the_address(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    page.locator("summary").click()
    menu(page, "category").select_option("Moving > Film of Things")
    film = {paper.title for paper in PAPERS if FILM in paper.categories}
    expect(page.locator("#answers .card")).to_have_count(len(film))
    assert set(titles(page)) == film
    newest = [paper.title for paper in kites.newest(10, category=FILM)]
    assert titles(page) == newest
    line = page.locator("#answers .line")
    expect(line).to_have_text(f"{len(film)} papers under these filters, newest first.")
    menu(page, "code").select_option("with code")
    expect(page.locator("#answers .card")).to_have_count(2)
    page.locator("#q").fill("video")
    expect(line).to_have_text(re.compile("^The best 2, by words"))
    expect_route(page, {"q": "video", "category": "Moving > Film of Things", "code": "with"})
    page.reload()
    expect(page.locator("#answers .card")).to_have_count(2)
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator("#answers .card")).to_have_count(10)
    expect_route(page, {"q": "video"})


def test_papers_of_no_known_year_are_counted(visit: Visit) -> None:
    page = visit("#venue=nothing&year_from=2025&category=none")  # two that no menu has
    line = page.locator("#answers .line")
    expected = sum((paper.known_year or 0) >= 2025 for paper in PAPERS)
    unknown = sum(not paper.known_year for paper in PAPERS)
    text = "No paper stands under “none”. No paper has the venue “nothing”. "
    text += f"{expected} papers under these filters, newest first."
    if unknown:
        text += f" {unknown} papers without a known year left out."
    expect(line).to_have_text(text)
    page.goto(page.url.partition("#")[0] + "#venue=ICKF+2023")
    expect(page.locator("#answers .card")).to_have_count(1)
    lacking = sum(not paper.venue for paper in PAPERS)
    expect(line).to_have_text(
        "1 paper under these filters, newest first. "
        f"{lacking} papers without a known venue left out."
    )


def test_more_is_shown_and_the_focus_goes_there(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#answers .card")).to_have_count(len(PAPERS))
    expect(page.locator("#answers .card").nth(10)).to_be_focused()
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("papers by Kim Flyer1", "1 paper by Kim Flyer1, newest first."),
        ("flyer3", "1 paper by flyer3, newest first."),
        ("K. Flyer2's papers", "1 paper by K. Flyer2, newest first."),
        (
            "by Emile Hauteur since 2025 on audio",
            "The best 3, by Emile Hauteur, since 2025, by {}.",
        ),
        ("Hauteur et al. 2023", "4 papers by Hauteur, of 2023, newest first."),
        ("papers by Nobody on audio", "No author here is called Nobody. The best 10, by {}."),
        (
            "before 2022",
            "5 papers until 2021, newest first.",
        ),
        ("by Kim Flyer1 before 2020", "No paper is by Kim Flyer1, until 2019; ask for less."),
        ("KiteCam: video from above", "The best 10, by {}."),  # a title, in which nobody is named
    ],
)
def test_what_is_plainly_said_is_read(visit: Visit, asked: str, line: str) -> None:
    page = visit("#" + urlencode({"q": asked}))
    page.wait_for_function("() => ssmSearch.ready() === 'meaning'")
    expect(page.locator("#answers .line")).to_have_text(line.format("words and meaning"))


def test_the_newest_by_an_author_is_first(visit: Visit, kites: PaperSearch) -> None:
    page = visit("#q=hauteur")
    by = {paper.title for paper in PAPERS if "Émile Hauteur" in paper.authors}
    newest = [paper.title for paper in kites.newest(len(PAPERS)) if paper.title in by]
    expect(page.locator("#answers .card h3")).to_have_text(newest[:10])


def test_a_family_name_among_words_counts_as_one(visit: Visit) -> None:
    page = visit("#q=flyer10+graph")
    first = page.locator("#answers .card").first
    expect(first.locator("h3")).to_have_text("Knots as a graph")
    expect(first.locator(".authors mark")).to_have_text("Kim Flyer10")
    expect(first.locator(".why")).to_have_count(0)


def test_who_is_asked_for_is_named_however_many_stand_before(visit: Visit) -> None:
    page = visit()
    named = page.evaluate(
        """() => {
            const authors = ["A B", "C D", "E F", "G H", "Y. <i>Z", "K L"];
            const paper = { ...ssmSearch.papers[0], authors };
            const byline = (...asked) =>
              ssmCards.card(paper, { asked }).querySelector(".authors").textContent;
            return [byline(), byline("Y. <i>Z"), byline("K L", "C D"), byline("E F")];
        }"""
    )
    assert named == [
        "A B, C D, E F et al.",
        "A B, C D, …, Y. <i>Z et al.",
        "A B, C D, …, K L",
        "A B, C D, E F et al.",
    ]
    page.locator("#q").fill("by Emile Hauteur")
    expect(page.locator("#answers .authors mark")).to_have_text(["Émile Hauteur"] * 10)


def test_words_that_papers_must_have_or_not(visit: Visit) -> None:
    page = visit("#" + urlencode({"q": '"audio video" -kite'}))
    line = page.locator("#answers .line")
    expect(line).to_contain_text("without “kite”")
    page.locator("#q").fill('"audio video"')
    expect(line).to_have_text(re.compile("^The best 1, with all of “audio video”, by words"))
    expect(page.locator("#answers h3")).to_have_text("Video and audio in one kite")
    sentence = 'what is shown is called "audio video" and has nothing of that kind in it today'
    for text, count in ((sentence, 1), (f"{sentence} now", 10), (f"{sentence} now?", 1)):
        page.locator("#q").fill(text)
        expect(page.locator("#answers h3")).to_have_count(count)
    page.locator("#q").fill("video -ribbons")
    expect(line).to_have_text(re.compile("^The best 10, without “ribbons”, by words"))
    assert "Video of ribbons" not in titles(page)
    page.locator("#q").fill("video not ribbons")
    expect(line).to_contain_text(
        "“not ribbons” was read as words; to leave papers out, write -ribb"
    )


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("category=Nope", "No paper stands under “Nope”."),
        ("venue=Nope", "No paper has the venue “Nope”."),
        ("tab=nope", "There is no page “nope”."),
        ("year_to=1990", "No paper is of the year “1990”."),
        ("order=size", "No filter is called “size”."),
    ],
)
def test_what_an_address_names_and_the_list_has_not(visit: Visit, at: str, said: str) -> None:
    page = visit(f"#{at}")
    line = page.locator("#answers .line")
    expect(line).to_have_text(f"{said} 19 papers on the list, newest first.")
    page.locator("#q").fill("audio")
    expect(line).to_have_text(re.compile("^The best"))


# ── papers, headings, what is new ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", PLACES)
def test_a_paper_has_a_page_with_what_is_related(
    visit: Visit, kites: PaperSearch, place: str
) -> None:
    page = visit("#q=kitecam", place=place)
    card(page, CAM.id).get_by_role("link", name="related").click()
    expect(page.locator("#paper article h3")).to_have_text(CAM.title)
    related = [shown(hit.paper.title) for hit in kites.related(CAM.id, 10)]
    expect(page.locator("#paper ol .card h3")).to_have_text(related)
    expect_route(page, {"paper": CAM.id})
    assert page.title() == f"{CAM.title} · Awesome Kites"
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect(page.locator("#q")).to_have_value("kitecam")
    page.goto(page.url.partition("#")[0] + "#paper=none")
    expect(page.locator("#paper")).to_have_text("This list has no such paper, or has it no more.")


def test_headings_lead_to_their_papers(visit: Visit) -> None:
    page = visit("#tab=headings")
    tree = page.locator("#headings > ul > li")
    expect(tree.first).to_have_text("Moving (7)Film of Things (4)Sound (4)")
    page.get_by_role("link", name="Nets").click()
    nets = {paper.title for paper in PAPERS if NETS in paper.categories}
    expect(page.locator("#answers .card")).to_have_count(len(nets))
    assert set(titles(page)) == nets
    expect_route(page, {"category": "Structured > Nets"})


@pytest.mark.parametrize("place", PLACES)
def test_what_is_new_since_the_last_visit(visit: Visit, place: str) -> None:
    page = visit("#tab=newest", place=place)
    expect(page.locator("#newest .line")).to_have_text(NOT_YET)
    page.evaluate(
        """id => {
            const key = Object.keys(localStorage).find((one) => one.startsWith("ssm-search-visit"));
            const told = JSON.parse(localStorage.getItem(key));
            const now = told.now.split("\\n").filter((one) => one !== id).join("\\n");
            localStorage.setItem(key, JSON.stringify({ ...told, at: 0, now }));
        }""",
        CAM.id,
    )
    page.reload()
    expect(page.locator("#newest .line")).to_contain_text("1 new since your last visit.")
    expect(page.locator("nav")).to_contain_text("Newest (1 new)")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#newest .new")).to_have_count(1)
    expect(card(page, CAM.id).locator(".new")).to_have_text("new")


def test_a_heading_with_the_sign_in_its_name_is_not_one_below_another(visit: Visit) -> None:
    found = visit().evaluate(
        """() => {
          const paths = [["A > B"], ["A", "B"], ["A \\\\> B"]];
          ssmList.headings.push(...paths.map((path) => ({ path, papers: 1 })));
          return paths.map((path, row) => {
            ssmSearch.papers[row].categories = [path];
            return ssmCards.headingName(path);
          }).map((category) => [
            category,
            ssmAnswers.answered({ ...ssmAnswers.START, category }, 10).hits.map(({ row }) => row),
          ]);
        }"""
    )
    assert found == [["A \\> B", [0]], ["A > B", [1]], ["A \\\\> B", [2]]]


@pytest.mark.parametrize("place", PLACES)
def test_what_is_like_the_picked_papers_comes_next(visit: Visit, place: str) -> None:
    page = visit("#q=kitecam", place=place, script=LINGERING)
    expect(page.locator("#next-link")).to_be_hidden()
    card(page, CAM.id).get_by_role("button", name="More like this").click()
    expect(page.locator("#said")).to_have_text("Picked; see “Next”")
    page.locator("nav a").filter(has_text="Next (1 picked)").click()
    recommended = page.locator('#next ol[aria-label="Recommended papers"] h3')
    row = PAPERS.index(CAM)
    page.wait_for_function("() => ssmSearch.ready() === 'meaning'")
    wanted = page.evaluate(
        "row => ssmSearch.recommend([row], []).map((one) => ssmSearch.papers[one].id)", row
    )
    expect(recommended).to_have_text([shown(BY_ID[one].title) for one in wanted])
    assert CAM.id not in wanted
    expect_route(page, {"q": "kitecam", "tab": "next", "picks": f"+{CAM.id}"})
    less = page.locator(f'#next .card[data-id="{wanted[0]}"]')
    less.get_by_role("button", name="Less like this").click()
    both = f"+{CAM.id} -{wanted[0]}"
    expect_route(page, {"q": "kitecam", "tab": "next", "picks": both})
    expect(page.locator('#next ol[aria-label="Picked papers"] .card')).to_have_count(2)
    page.reload()
    pressed = less.get_by_role("button", name="Less like this")
    expect(pressed).to_have_attribute("aria-pressed", "true")
    pressed.click()
    card(page, CAM.id).get_by_role("button", name="More like this").click()
    expect(page.locator("#next .line")).to_have_text(
        "Press “More” on the card of a paper that you want more of."
    )


def test_hostile_picks_are_harmless(visit: Visit) -> None:
    page = visit("#" + urlencode({"tab": "next", "picks": "+%E0%A4%A -<b> +" + "x" * 999 + " ?"}))
    expect(page.locator("#next .line")).to_contain_text("Press “More”")
    assert page.evaluate("ssmPicks.all()") == {"like": ["%E0%A4%A", "x" * 299], "dislike": ["<b>"]}
    page.evaluate(f"ssmPicks.read({json.dumps(' '.join(f'+{at}' for at in range(99)))})")
    assert page.evaluate("ssmPicks.all().like.length") == 50


# ── what is kept, and taken along ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", PLACES)
def test_papers_are_kept_with_notes_and_taken_along(visit: Visit, place: str) -> None:
    page = visit("#q=kitecam", place=place)
    keep = card(page, CAM.id).get_by_role("button", name="Keep")
    keep.click()
    expect(keep).to_have_attribute("aria-pressed", "true")
    expect(page.locator("nav")).to_contain_text("Kept (1)")
    page.get_by_role("link", name="Kept").click()
    expect(page.locator("#kept .card h3")).to_have_text(CAM.title)
    page.get_by_label(f"Note on {CAM.title}").fill("for the talk")
    page.reload()
    expect(page.get_by_label(f"Note on {CAM.title}")).to_have_value("for the talk")
    with page.expect_download() as download:
        page.locator("#kept").get_by_role("button", name="CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["title"] for row in rows] == [CAM.title]


STORING = """(() => {
  const kept = [["gone", "Gone"], ["also", "Also"]].map(([id, title]) => ({ id, title }));
  const value = JSON.stringify({ version: 1, papers: kept });
  localStorage.setItem("ssm-search-kept /lists/kites/", value);
  localStorage.setItem("ssm-search-kept /lists/", value.replaceAll("Gone", "Of another list"));
  localStorage.setItem("ssm-search-asked /lists/", '{"version": 1, "saved": ["?q=other"]}');
})()"""


def test_each_site_of_a_host_keeps_its_own(visit: Visit) -> None:
    page = visit("#tab=kept", script=STORING)
    expect(page.locator("#kept .card h3")).to_have_text(["Gone", "Also"])
    page.goto(f"{page.url.partition('#')[0]}#")
    expect(page.locator("#asked")).to_have_text("")


LOST = [
    Paper(
        "gone", 'Gone & "100 %", {it} | =x', kind="link", url="https://example.org/a(b)|\u00e9 c"
    ),
    Paper("=also", "Also, \u202ea_b", kind="link"),
]


@pytest.mark.parametrize("form", ["BibTeX", "RIS", "CSV", "Markdown"])
def test_what_the_list_has_lost_is_taken_along_as_it_was_kept(visit: Visit, form: str) -> None:
    page = visit("#tab=kept")
    kept = [{"id": one.id, "title": one.title, "url": one.url} for one in (LOST[0], CAM, LOST[1])]
    page.evaluate(
        """papers => {
            for (const paper of papers) ssmKept.toggle(paper);
            ssmKept.note("gone", "to find again");
        }""",
        kept,
    )
    with page.expect_download() as download:
        page.locator("#kept").get_by_role("button", name=form).click()
    text = Path(download.value.path()).read_bytes().decode()
    papers = [LOST[0], CAM, LOST[1]]
    assert text == export(papers, form.lower(), {"gone": "to find again"})
    said = page.locator("#kept .line")
    expect(said).to_contain_text("so of these it says only what is kept: “Gone & ")


@pytest.mark.parametrize("place", PLACES)
def test_what_is_shown_can_be_taken_along(visit: Visit, place: str) -> None:
    page = visit("#paper=" + CAM.id, place=place)
    with page.expect_download() as download:
        page.locator("#paper").get_by_role("button", name="RIS").click()
    assert download.value.suggested_filename == "papers.ris"
    text = Path(download.value.path()).read_bytes().decode()
    ids = [
        CAM.id,
        *page.locator("#paper ol .card").evaluate_all("all => all.map(a => a.dataset.id)"),
    ]
    assert text == export([BY_ID[one] for one in ids], "ris")


def test_notes_stand_where_a_server_writes_them(visit: Visit) -> None:
    page = visit()
    papers = [CAM, PAPERS[1], PAPERS[2]]
    notes = {
        CAM.id: 'Say "why", 100 % & more_or_less\n of {it} $x$ #1 ~ ^ \\ }} @misc(x, '
        "\u200d\ufeff\xa0\x1c\x85:-} ",
        PAPERS[2].id: "=SUM(1), +1",
    }
    given = [notes.get(paper.id, "") for paper in papers]
    page.add_script_tag(url="scripts/notes.js")  # as when something is taken along
    for form in ("bibtex", "ris", "csv", "json"):
        noted = notes if form != "json" else {}  # in which nothing that is kept is taken along
        added = page.evaluate(
            "given => ssmNotes.added(...given)", [form, export(papers, form), given]
        )
        assert added == export(papers, form, noted), form
    plain = {CAM.id: "a | b", PAPERS[2].id: "<i>"}
    given = [plain.get(paper.id, "") for paper in papers]
    markdown = ["markdown", export(papers, "markdown"), given]
    added = page.evaluate("given => ssmNotes.added(...given)", markdown)
    assert added == export(papers, "markdown", plain)
    assert page.evaluate("ssmNotes.added('csv', 'a\\n', ['', ' '])") == "a\n"


def test_bibtex_is_copied(visit: Visit) -> None:
    page = visit("#q=kitecam", script=LINGERING, permissions=["clipboard-read", "clipboard-write"])
    card(page, CAM.id).get_by_role("button", name="Copy BibTeX").click()
    expect(page.locator("#said")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == export([CAM], "bibtex")


# ── the map ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", PLACES)
def test_the_map_shows_a_paper_and_its_card(visit: Visit, place: str) -> None:
    page = visit("#q=kitecam", place=place)
    card(page, CAM.id).get_by_role("link", name="map").click()
    expect(page.locator("#map canvas").first).to_be_visible()
    expect(page.locator("#chosen .card h3")).to_have_text(CAM.title)
    expect_route(page, {"tab": "map", "paper": CAM.id})
    page.reload()
    expect(page.locator("#chosen .card h3")).to_have_text(CAM.title)
    page.go_back()
    expect(page.locator("#q")).to_have_value("kitecam")


def test_the_map_has_the_same_search(visit: Visit) -> None:
    page = visit("#tab=map")
    expect(page.locator("#map canvas").first).to_be_visible()
    answers = page.locator("#beside li")
    expect(page.locator("#map-line")).to_contain_text("Each dot is a paper")
    expect(answers).to_have_count(0)
    page.keyboard.press("/")
    box = page.get_by_label("What are you looking for?").filter(visible=True)
    expect(box).to_be_focused()
    page.keyboard.type("kitecam")
    expect(answers.first).to_have_text(CAM.title)
    expect_route(page, {"tab": "map", "q": "kitecam"})
    expect(page.locator("#map-line")).to_contain_text("meaning")  # which comes a moment later
    said = page.locator("#map-line").inner_text()
    ranked = answers.all_inner_texts()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Search", exact=True).click()
    expect(page.locator("#q")).to_have_value("kitecam")
    expect(page.locator("#answers .line")).to_have_text(said)
    expect(page.locator("#answers h3").first).to_have_text(ranked[0])
    page.go_back()
    expect(box).to_have_value("kitecam")
    page.reload()
    expect(box).to_have_value("kitecam")
    expect(answers.first).to_have_text(ranked[0])


def test_a_key_leads_to_the_search_box_from_every_tab(visit: Visit) -> None:
    page = visit("#tab=newest&q=kitecam")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#answers h3").first).to_have_text(CAM.title)


# ── for everybody ────────────────────────────────────────────────────────────────────────────


def test_all_can_be_done_by_keyboard_alone(visit: Visit) -> None:
    page = visit()
    press = page.keyboard.press
    press("Escape")
    press("/")
    page.keyboard.type("graph")
    expect(page.locator("#answers h3 mark").first).to_have_text(re.compile("graph", re.IGNORECASE))
    expect(page.locator("#answers .line")).to_contain_text("meaning")  # the order stays
    # Firefox empties the box, unless it is told not to.
    page.evaluate("addEventListener('keydown', (event) => (window.left = event.defaultPrevented))")
    press("Escape")
    assert page.evaluate("window.left")
    press("j")
    press("j")
    second = page.locator("#answers .card").nth(1)
    expect(second).to_be_focused()
    paper_id = second.get_attribute("data-id")
    press("s")
    expect(second.locator("[data-act=keep]")).to_have_attribute("aria-pressed", "true")
    press("e")
    expect(
        page.get_by_role("button", name="BibTeX", exact=True).filter(visible=True).last
    ).to_be_focused()
    press("k")
    focused = page.locator(".card:focus")
    press("m")
    expect(focused.locator("[data-act=like]")).to_have_attribute("aria-pressed", "true")
    press("l")
    expect(focused.locator("[data-act=like]")).to_have_attribute("aria-pressed", "false")
    expect(focused.locator("[data-act=dislike]")).to_have_attribute("aria-pressed", "true")
    press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("dialog")).to_contain_text("mlmore, less like this")
    press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.locator("#skip").focus()
    press("Enter")
    expect(page.locator("#answers .card").first).to_be_focused()
    page.locator("nav a").filter(has_text="Kept").focus()
    press("Enter")
    expect(page.locator("#kept .card")).to_have_attribute("data-id", str(paper_id))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_keeps_people_out(visit: Visit, scheme: str, size: dict[str, int]) -> None:
    page = visit("#q=audio", viewport=size, color_scheme=scheme)
    page.locator("summary").click()
    expect(page.locator("#answers mark").first).to_be_visible()
    page.locator("#answers .card [data-act=keep]").first.click()
    assert barriers(page) == []
    for name in (*(f"tab={tab}" for tab in TABS), f"paper={CAM.id}"):
        page.goto(page.url.partition("#")[0] + f"#{name}")
        view = name.partition("=")[2] if name.startswith("tab") else "paper"
        expect(page.locator(f"#{view}")).to_be_visible()
        if view == "map":
            expect(page.locator("#map canvas").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
        assert barriers(page) == []


def test_on_paper_and_in_colours_of_ones_own_all_is_told(visit: Visit) -> None:
    page = visit("#q=audio")
    page.locator("#answers .card [data-act=keep]").first.click()
    look_in_own_colours_and_on_paper(
        page, "nav", "#filters", "#answers .actions", "#answers .export"
    )


@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_list_is_harmless(visit: Visit, place: str) -> None:
    page = visit("#q=window.hacked", place=place, viewport=PHONE)
    for paper_id, title in HOSTILE.items():
        page.goto(page.url.partition("#")[0] + f"#paper={paper_id}")
        own = page.locator("#paper article")
        expect(own.locator("h3")).to_have_text(" ".join(shown(title).split()))
        for link in own.locator("a").all():
            assert (link.get_attribute("href") or "").startswith("#")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for at in (*TABS, ""):
        page.goto(page.url.partition("#")[0] + f"#tab={at}")
    assert page.locator("main img, main script").count() == 0


@pytest.mark.parametrize(
    "at",
    [
        "#tab=map&paper=%3Cscript%3E",
        "#q=%E0%A4%A",
        "#paper[]=1&q=%00",
        f"#q={'x' * 9_000}",
        "#tab=__proto__",
    ],
)
def test_a_hostile_address_is_harmless(visit: Visit, at: str) -> None:
    page = visit(at)
    expect(page.locator("main > section:visible")).to_have_count(1)
    page.get_by_role("link", name="Awesome Kites").click()
    expect(page.locator("#answers .card")).to_have_count(10)


@pytest.mark.parametrize("place", PLACES)
def test_a_browser_that_stores_nothing_serves(visit: Visit, place: str) -> None:
    page = visit("#q=kitecam", place=place, script=REFUSED + LINGERING)
    card(page, CAM.id).get_by_role("button", name="Keep").click()
    expect(page.locator("#said")).to_contain_text("This browser does not store it")
    page.get_by_role("link", name="Kept").click()
    expect(page.locator("#kept .card h3")).to_have_text(CAM.title)
    page.get_by_role("link", name="Newest").click()
    expect(page.locator("#newest .card").first).to_be_visible()


def test_hostile_storage_is_harmless(visit: Visit) -> None:
    title = "<img src=x onerror=hacked=1>"
    told = json.dumps(
        {
            "ssm-search-kept /lists/kites/": json.dumps(
                {"version": 1, "papers": [{"id": "x", "title": title}]}
            ),
            "ssm-search-visit /lists/kites/": "[1,{}]",
            "ssm-search-keys": "{",
        }
    )
    script = f"for (const [k, v] of Object.entries({told})) localStorage.setItem(k, v);"
    page = visit("#tab=kept", script=script)
    expect(page.locator("#kept .card h3")).to_have_text(title)


@pytest.mark.parametrize("place", PLACES)
def test_without_scripts_the_list_is_there(
    browser: Browser, places: dict[str, str], place: str
) -> None:
    context = context_of(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(places[place])
    page.get_by_role("link", name="all papers on one page").click()
    expect(page.locator("main li")).to_have_count(len(PAPERS) + 1)  # one is filed twice
    expect(page.get_by_role("link", name=CAM.title)).to_be_visible()
    context.close()


@pytest.mark.parametrize("lost", ["scripts/site.js", "data/list.js"])
def test_what_did_not_come_is_said(browser: Browser, places: dict[str, str], lost: str) -> None:
    context = context_of(browser)
    page = context.new_page()
    page.route(f"**/{lost}", lambda route: route.abort())
    page.goto(places["server"])
    expect(page.locator("#late")).to_be_visible()
    page.unroute(f"**/{lost}")
    page.reload()
    expect(page.locator("#q")).to_be_visible()
    expect(page.locator("#late")).to_be_hidden()
    context.close()
