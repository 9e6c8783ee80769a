"""What a browser keeps for its reader: papers with notes, questions, what was there before."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from browsing import (
    GRADIO,
    LINGERING,
    PHONE,
    WIDE,
    Visit,
    ask,
    barriers,
    card,
    expect_titles,
    go,
    names,
    settle,
    tab,
    titles,
)
from playwright.sync_api import Locator, Page, expect
from serving import BOLD, BY_ID, CAM, HOSTILE, PAPERS, RIBBONS, SCRIPT

from ssm_search import Paper, PaperSearch
from ssm_search.views.export import export

pytestmark = GRADIO
KEPT, ASKED, VISIT = "ssm-search-kept /", "ssm-search-asked /", "ssm-search-visit /"
REFUSE = (
    "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"
)
LINE = "#kept .line"
# A question counts once something is done with it, and not by itself, when it stood there a while.
NO_PAUSE = "const later = setTimeout; setTimeout = (f, ms) => (ms === 3000 ? 0 : later(f, ms))"


def stored(page: Page, key: str) -> Any:
    return json.loads(page.evaluate("key => localStorage.getItem(key)", key))


def store(page: Page, key: str, text: str) -> None:
    """Let the browser have kept ``text``, and open the page again."""
    page.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, text])
    go(page, page.url)


def kept_json(*papers: dict[str, Any]) -> str:
    return json.dumps({"version": 1, "papers": papers})


def is_kept(page: Page, paper: Paper, within: str = "#answers") -> str | None:
    return card(page, paper.id, within).locator("[data-act=keep]").get_attribute("aria-pressed")


def keep(page: Page, *papers: Paper) -> None:
    for paper in papers:
        card(page, paper.id).get_by_role("button", name="Keep", exact=True).click()


def open_kept(page: Page, count: int) -> None:
    tab(page, f"Kept ({count})" if count else "Kept")
    expect(page.locator(LINE)).to_be_visible()


# ── papers ───────────────────────────────────────────────────────────────────────────────────


def test_what_is_kept_says_so_everywhere_and_stays(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    ask(page, "video")
    expect_titles(page, kites.query("video"))
    settle(page)
    liked, other, both = (hit.paper for hit in kites.query("video", 3))
    card(page, liked.id).locator("[data-act=like]").click()
    advice = kites.recommend([liked.id], [], 6, 0.2)
    expect_titles(page, advice, "#advice")
    assert both.id in [hit.paper.id for hit in advice]
    keep(page, both)
    assert is_kept(page, both) == is_kept(page, both, "#advice") == "true"
    card(page, both.id, "#advice").get_by_text("Keep", exact=True).click()
    assert is_kept(page, both) == is_kept(page, both, "#advice") == "false"
    keep(page, both, other)
    assert [one["id"] for one in stored(page, KEPT)["papers"]] == [both.id, other.id]
    expect(page.get_by_role("tab", name="Kept (2)")).to_be_visible()

    go(page, page.url)
    expect_titles(page, kites.query("video"))
    assert [is_kept(page, one) for one in (liked, other, both)] == ["false", "true", "true"]
    open_kept(page, 2)
    expect_titles(page, [both, other], "#kept")
    expect(page.locator(LINE)).to_have_text("2 papers are kept, in this browser alone.")
    first = page.locator("#kept .card").first
    assert first.locator("a").get_attribute("href") == both.url
    facts = [
        ", ".join(both.authors),
        str(both.year),
        both.venue,
        *(" › ".join(path) for path in both.categories),
    ]
    expect(first.locator(".facts")).to_have_text(" · ".join(filter(None, facts)))


def test_a_note_is_kept_as_it_is_typed(visit: Visit, kites: PaperSearch) -> None:
    page = visit("?q=video")
    expect_titles(page, kites.query("video"))
    keep(page, CAM, RIBBONS)
    open_kept(page, 2)
    page.get_by_label(f"Note on {RIBBONS.title}").click()
    page.keyboard.type(f"b {SCRIPT}\n")
    page.keyboard.type("second line")
    note = f"b {SCRIPT}\nsecond line"
    assert [one["note"] for one in stored(page, KEPT)["papers"]] == ["", note]
    go(page, page.url)
    open_kept(page, 2)
    expect(page.get_by_label(f"Note on {RIBBONS.title}")).to_have_value(note)
    page.get_by_label(f"Note on {CAM.title}").fill("x" * 5_001)  # as a script can
    assert [len(one["note"]) for one in stored(page, KEPT)["papers"]] == [5_000, len(note)]


def test_what_is_removed_can_be_brought_back(visit: Visit, kites: PaperSearch) -> None:
    page = visit("?q=video")
    three = [hit.paper for hit in kites.query("video", 3)]
    expect_titles(page, kites.query("video"))
    keep(page, *three)
    open_kept(page, 3)
    page.get_by_label(f"Note on {three[1].title}").fill("mine")
    before = stored(page, KEPT)
    page.get_by_role("button", name=f"Remove {three[1].title}").click()
    expect_titles(page, [three[0], three[2]], "#kept")
    expect(page.get_by_role("tab", name="Kept (2)")).to_be_visible()
    undo = page.locator("[data-undo]")
    expect(page.locator("#kept .undo")).to_have_text(f"Removed “{three[1].title}”. Undo")
    expect(undo).to_be_focused()
    undo.click()
    expect_titles(page, three, "#kept")
    expect(card(page, three[1].id, "#kept")).to_be_focused()
    assert stored(page, KEPT) == before
    page.get_by_role("button", name="Remove all").click()
    expect(page.locator(LINE)).to_contain_text("Nothing is kept yet.")
    expect(page.locator("#kept .export")).to_be_hidden()
    expect(page.locator("#kept .undo")).to_contain_text("Removed 3 papers.")
    page.keyboard.press("Enter")
    expect_titles(page, three, "#kept")
    assert stored(page, KEPT) == before


def test_it_is_taken_along_with_notes(visit: Visit, kites: PaperSearch) -> None:
    gone = {"id": "2001.00009", "title": "Gone from the list", "url": "https://arxiv.org/abs/2001"}
    note = "50% of it {new}\nsee §3"
    kept = kept_json({"id": CAM.id, "title": "old", "note": note}, gone)
    page = visit(stored={KEPT: kept})
    open_kept(page, 2)
    papers = [CAM, Paper(gone["id"], gone["title"], "link", gone["url"])]
    for form, name, suffix in (
        ("bibtex", "BibTeX", "bib"),
        ("csv", "CSV", "csv"),
        ("markdown", "Markdown", "md"),
        ("ris", "RIS", "ris"),
    ):
        with page.expect_download() as download:
            page.locator("#kept").get_by_role("button", name=name, exact=True).click()
        assert download.value.suggested_filename == f"kept-papers.{suffix}"
        told = download.value.path().read_bytes().decode()
        assert told == export(papers, form, {CAM.id: note}), form


def test_a_backup_brings_back_what_is_lost(
    visit: Visit, kites: PaperSearch, tmp_path: Path
) -> None:
    page = visit("?q=video")
    expect_titles(page, kites.query("video"))
    keep(page, CAM, RIBBONS)
    open_kept(page, 2)
    page.get_by_label(f"Note on {CAM.title}").fill("mine")
    before = stored(page, KEPT)
    with page.expect_download() as download:
        page.get_by_role("button", name="Back up").click()
    backup = tmp_path / download.value.suggested_filename
    download.value.save_as(backup)
    assert backup.name == "kept-papers.json"
    page.get_by_role("button", name=f"Remove {CAM.title}").click()
    page.get_by_label(f"Note on {RIBBONS.title}").fill("newer than the backup")

    def restore(file: Path) -> None:
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Restore").click()
        chooser.value.set_files(file)

    restore(backup)
    expect(page.locator(LINE)).to_have_text("1 of 2 papers were added.")
    ribbons, cam = stored(page, KEPT)["papers"]
    assert cam == before["papers"][0]
    assert (ribbons["id"], ribbons["note"]) == (RIBBONS.id, "newer than the backup")
    for text in ("", "[]", '{"version": 2, "papers": []}', "\0", "x" * 2_000_001):
        other = tmp_path / "other.json"
        other.write_text(text)
        restore(other)
        expect(page.locator(LINE)).to_contain_text("This is no backup of kept papers")
        page.get_by_label(f"Note on {CAM.title}").fill("mine")  # and the line goes
        expect(page.locator(LINE)).to_contain_text("2 papers are kept")
    assert [one["id"] for one in stored(page, KEPT)["papers"]] == [RIBBONS.id, CAM.id]


def test_two_windows_agree(visit: Visit, kites: PaperSearch) -> None:
    one, other = visit("?q=video"), visit("?q=video")
    expect_titles(one, kites.query("video"))
    expect_titles(other, kites.query("video"))
    keep(one, CAM)
    expect(card(other, CAM.id).locator("[data-act=keep]")).to_have_attribute("aria-pressed", "true")
    open_kept(other, 1)
    keep(one, RIBBONS)
    expect_titles(other, [CAM, RIBBONS], "#kept")
    other.get_by_label(f"Note on {CAM.title}").fill("from the other")
    open_kept(one, 2)
    expect(one.get_by_label(f"Note on {CAM.title}")).to_have_value("from the other")
    one.get_by_label(f"Note on {CAM.title}").fill("from the one")
    expect(other.get_by_label(f"Note on {CAM.title}")).to_be_focused()
    assert stored(other, KEPT)["papers"][0]["note"] == "from the one"
    one.get_by_role("button", name=f"Remove {RIBBONS.title}").click()
    expect_titles(other, [CAM], "#kept")


def test_a_browser_that_refuses_to_store_loses_nothing_unsaid(
    visit: Visit, kites: PaperSearch
) -> None:
    page = visit("?q=video", script=LINGERING)
    expect_titles(page, kites.query("video"))
    keep(page, CAM)
    page.evaluate(f"window.storing = Storage.prototype.setItem; {REFUSE}; 0")
    keep(page, RIBBONS)
    expect(page.locator("#ssm-said")).to_contain_text("This browser does not store it")
    assert is_kept(page, RIBBONS) == "true"
    open_kept(page, 2)
    expect(page.locator(LINE)).to_contain_text("lost when this page is closed")
    page.get_by_label(f"Note on {CAM.title}").fill("only here")
    with page.expect_download() as download:
        page.locator("#kept [data-export=ris]").click()
    told = download.value.path().read_bytes().decode()
    assert told == export([CAM, RIBBONS], "ris", {CAM.id: "only here"})
    page.evaluate("Storage.prototype.setItem = storing; 0")
    page.get_by_label(f"Note on {CAM.title}").fill("there is room again")
    expect(page.locator(LINE)).to_have_text("2 papers are kept, in this browser alone.")
    papers = stored(page, KEPT)["papers"]
    assert [(one["id"], one["note"]) for one in papers] == [
        (CAM.id, "there is room again"),
        (RIBBONS.id, ""),
    ]


def test_no_more_is_kept_than_there_is_room_for(visit: Visit, kites: PaperSearch) -> None:
    many = [{"id": f"x-{number}", "title": f"Kite {number}"} for number in range(500)]
    page = visit("?q=video", script=LINGERING, stored={KEPT: kept_json(*many)})
    expect_titles(page, kites.query("video"))
    keep(page, CAM)
    expect(page.locator("#ssm-said")).to_contain_text("There is no room for more.")
    assert is_kept(page, CAM) == "false"
    store(page, KEPT, kept_json(*many[:40], {"id": CAM.id, "title": CAM.title}))
    open_kept(page, 41)
    long = "é" * 5_000
    for number in range(20):
        page.get_by_label(f"Note on Kite {number}", exact=True).fill(long)
    expect(page.locator(LINE)).to_contain_text("There is no room for more.")
    assert len(json.dumps(stored(page, KEPT), ensure_ascii=False).encode()) <= 220_000
    last = page.get_by_label("Note on Kite 19", exact=True)
    page.get_by_label("Note on Kite 30", exact=True).fill("")
    expect(last).to_have_value(long)  # what has no room stays where it was written
    page.get_by_role("button", name="Remove Kite 0", exact=True).click()
    last.fill(long)
    assert stored(page, KEPT)["papers"][18]["note"] == long


HOSTILE_STORED = [
    "",
    "{",
    "null",
    "7",
    '"x"',
    "[]",
    '{"version": 1}',
    '{"version": 2, "papers": [{"id": "a"}], "recent": ["?q=a"]}',
    '{"version": 1, "papers": {"length": 3}, "recent": {"length": 3}, "saved": 7}',
    '{"version": 1, "papers": [null, 7, "x", [], {}, {"id": 7}, {"id": ""}, {"title": "no id"}]}',
    '{"version": 1, "recent": [null, 7, "q=a", "?k=2", "?q=%20", "?q"], "saved": ["//evil"]}',
    '{"__proto__": {"version": 1}, "constructor": 1, "at": "x", "now": {}, "before": 3}',
    '{"at": 1e999, "now": "a"}',
    '{"at": 0, "now": "", "before": [1]}',
]


def test_whatever_is_stored_the_page_works(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    first = kites.newest(1)[0]
    for text in HOSTILE_STORED:
        page.evaluate(
            "([keys, text]) => keys.forEach((key) => localStorage.setItem(key, text))",
            [[KEPT, ASKED, VISIT, "ssm-search-keys"], text],
        )
        go(page, page.url)
        expect_titles(page, kites.newest(10))
        expect(page.locator(".new")).to_have_count(0)
        expect(page.locator(".asked")).to_be_hidden()
        expect(page.get_by_role("tab", name="Kept", exact=True)).to_be_visible()
        keep(page, first)
        assert [one["id"] for one in stored(page, KEPT)["papers"]] == [first.id]
        expect(page.get_by_role("tab", name="Kept (1)")).to_be_visible()
        assert len(stored(page, VISIT)["now"].split("\n")) == len(PAPERS)
    page.evaluate(f"() => {{ {NO_PAUSE} }}")
    ask(page, "video")
    expect_titles(page, kites.query("video"))
    page.locator("[data-star]").click()
    assert stored(page, ASKED) == {"version": 1, "recent": [], "saved": ["?q=video"]}
    open_kept(page, 1)
    expect_titles(page, [first], "#kept")


def test_hostile_papers_are_only_text(visit: Visit, kites: PaperSearch) -> None:
    odd = [
        {"id": "a", "title": SCRIPT, "facts": SCRIPT, "note": SCRIPT, "url": "javascript:hacked=1"},
        {"id": '"]', "title": '"><img src=x onerror=window.hacked=1>', "url": "data:text/html,x"},
        {"id": "a", "title": "once more"},
        {"id": "b" * 9_999, "title": "", "url": 'https://e.org/"onclick=x', "at": 7},
    ]
    page = visit(stored={KEPT: kept_json(*odd)})
    open_kept(page, 3)
    assert titles(page, "#kept") == [SCRIPT, odd[1]["title"], "b" * 300]
    expect(page.locator("#kept").locator("script, img, b, i")).to_have_count(0)
    links = page.eval_on_selector_all("#kept a", "all => all.map((one) => one.href)")
    assert links == ["https://e.org/%22onclick=x"]
    tab(page, "Search")  # which the address says too
    store(page, KEPT, "{")
    go(page, page.url.partition("?")[0])  # the address says that the tab is open
    expect_titles(page, kites.newest(10))
    keep(page, kites.newest(1)[0])
    assert page.evaluate("localStorage.getItem('ssm-search-kept-unread /')") == "{"
    go(page, f"{page.url}?{urlencode({'category': BOLD[0]})}")
    expect(page.locator("#answers .card")).to_have_count(len(HOSTILE))
    keep(page, *(BY_ID[paper_id] for paper_id in HOSTILE))
    open_kept(page, 1 + len(HOSTILE))
    expect_titles(page, [kites.newest(1)[0], *(BY_ID[one] for one in HOSTILE)], "#kept")
    expect(page.locator("#kept").locator("script, img, b, i")).to_have_count(0)


# ── what is new ──────────────────────────────────────────────────────────────────────────────


def visited(ids: list[str], minutes: float) -> str:
    """What is stored where the last that was pressed is so long ago, when the list had these."""
    at = round(1_000 * (time.time() - 60 * minutes))
    return json.dumps({"at": at, "now": "\n".join(ids), "before": None})


def at_visit(page: Page, ids: list[str], minutes: float) -> None:
    store(page, VISIT, visited(ids, minutes))


def test_what_came_since_the_last_visit_is_marked(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    ids = [paper.id for paper in PAPERS]
    expect(page.locator(".new")).to_have_count(0)  # a first visit marks nothing
    expect(page.locator("#answers .line")).not_to_contain_text("since")
    newest = kites.newest(10)
    fresh = [newest[1].id, newest[4].id, next(one for one in ids if one not in map(id_of, newest))]
    assert sorted(stored(page, VISIT)["now"].split("\n")) == sorted(ids)
    at_visit(page, [one for one in ids if one not in fresh], 29)
    expect(page.locator(".new")).to_have_count(0)  # that visit is not over yet
    at_visit(page, [one for one in ids if one not in fresh], 31)
    expect(page.locator("#answers .line")).to_have_text(
        "Type what you look for. Here is what is newest on the list. "
        "3 papers are new since your last visit, 2 of them here."
    )
    marked = page.locator("#answers .card:has(.new)")
    expect(marked.locator("h3")).to_have_text(names([newest[1], newest[4]]))
    expect(marked.first.locator(".facts")).to_contain_text("new")
    go(page, page.url)  # the same visit goes on
    expect(marked).to_have_count(2)
    ask(page, "video")
    expect_titles(page, kites.query("video"))
    expect(page.locator(".new")).to_have_count(0)
    go(page, page.url + "&order=date")
    expect_titles(page, kites.query("video").newest_first())
    found = [hit.paper.id for hit in kites.query("video").newest_first()]
    here = len(set(found) & set(fresh))
    expect(page.locator("#answers .new")).to_have_count(here)
    count = f"{here} of them here" if here else "not among these"
    told = f" ms) · 3 papers are new since your last visit, {count}."
    expect(page.locator("#answers .line")).to_contain_text(told)
    keep(page, BY_ID[found[0]])
    assert "new" not in stored(page, KEPT)["papers"][0]["facts"]
    go(page, urlsplit(page.url)._replace(query="").geturl())
    at_visit(page, [one for one in ids if one != fresh[2]], 31)
    expect(page.locator("#answers .line")).to_contain_text(
        "on the list. 1 paper is new since your last visit, not among these."
    )


def id_of(paper: Paper) -> str:
    return paper.id


def test_another_list_at_this_address_is_a_first_visit(visit: Visit) -> None:
    others = [f"1901.{number:05}" for number in range(19)]
    page = visit(stored={VISIT: visited([*others, PAPERS[0].id], 31)})
    expect(page.locator(".new")).to_have_count(0)
    assert stored(page, VISIT)["before"] is None


# ── questions ────────────────────────────────────────────────────────────────────────────────


def test_questions_are_offered_again(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    again = page.locator(".asked button")
    expect(page.locator(".asked")).to_be_hidden()
    for text in ("video", "audio"):
        ask(page, text)
        expect_titles(page, kites.query(text))
        page.wait_for_function(  # a question is what was left to stand
            "([key, q]) => JSON.parse(localStorage.getItem(key))?.recent[0] === q",
            arg=[ASKED, f"?q={text}"],
        )
    go(page, urlsplit(page.url)._replace(query="q=graph&category=Moving&year_from=2023").geturl())
    page.locator("[data-star]").click()
    expect(page.locator("[data-star]")).to_have_attribute("aria-pressed", "true")
    ask(page, "")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    expect_titles(page, kites.newest(10, category="Moving", year=(2023, 9999)))
    expect(again).to_have_text(["★ graph · Moving · since 2023", "audio", "video", "Forget these"])
    again.first.click()
    expect_titles(page, kites.query("graph", category="Moving", year=(2023, 9999)))
    expect(page.locator("#q textarea")).to_have_value("graph")
    told = {"q": ["graph"], "category": ["Moving"], "year_from": ["2023"]}
    assert parse_qs(urlsplit(page.url).query) == told
    page.go_back()
    expect(page.locator("#q textarea")).to_have_value("")
    expect(again).to_have_count(4)
    again.last.click()
    expect(again).to_have_text(["★ graph · Moving · since 2023"])
    again.first.click()
    page.locator("[data-star]").click()
    assert stored(page, ASKED)["saved"] == []


def test_what_made_no_sense_in_a_link_is_no_part_of_a_question(visit: Visit) -> None:
    links = [
        "?q=video&year_from=abc&code=maybe&order=up",
        "?q=audio&code=with&year_to=2024&order=date",
    ]
    page = visit(stored={ASKED: json.dumps({"version": 1, "recent": links, "saved": []})})
    told = ["video", "audio · code: with · until 2024 · by date", "Forget these"]
    expect(page.locator(".asked button")).to_have_text(told)


def test_a_question_counts_once_something_is_done_with_it(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    page.evaluate(f"() => {{ {NO_PAUSE} }}")

    def look(text: str) -> Locator:
        ask(page, text)
        expect_titles(page, kites.query(text))
        return card(page, kites.query(text)[0].paper.id)

    look("graph")
    look("audio").locator("[data-act=keep]").click()
    assert stored(page, ASKED)["recent"] == ["?q=audio"]
    look("video").locator("[data-act=like]").click()
    assert stored(page, ASKED)["recent"] == ["?q=video", "?q=audio"]
    opened = look("graph").locator("h3 a")
    opened.evaluate("a => { a.onclick = () => false; a.click(); }")  # and not the other host
    assert stored(page, ASKED)["recent"][0] == "?q=graph"
    look("kite")
    with page.expect_download():
        page.locator("#answers [data-export=ris]").click()
    assert stored(page, ASKED)["recent"][0] == "?q=kite"
    ask(page, "string")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "([key, q]) => JSON.parse(localStorage.getItem(key)).recent[0] === q",
        arg=[ASKED, "?q=string"],
    )
    assert len(stored(page, ASKED)["recent"]) == 5  # no part of one


def test_a_question_that_is_saved_says_so(visit: Visit) -> None:
    star = visit("?q=video").locator("[data-star]")
    for text, pressed in (("☆ Save this question", "false"), ("★ Saved", "true")) * 2:
        expect(star).to_have_text(text)
        expect(star).to_have_attribute("aria-pressed", pressed)
        star.click()


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_what_was_done_is_said_above_the_links_below_the_page(visit: Visit, size: Any) -> None:
    page = visit(viewport=size, script=LINGERING)
    page.locator("#answers [data-act=keep]").first.click()
    said = page.locator("#ssm-said")
    expect(said).to_have_text("Kept")
    page.locator("footer").scroll_into_view_if_needed()
    of_said, of_footer = said.bounding_box(), page.locator("footer").bounding_box()
    assert of_said
    assert of_footer
    assert of_said["y"] + of_said["height"] <= of_footer["y"]
    page.get_by_role("tab", name="About").click()
    expect(said).to_have_text("")


def test_few_questions_are_kept(visit: Visit) -> None:
    many = [f"?q=kite+{number}" for number in range(30)]
    page = visit(stored={ASKED: json.dumps({"version": 1, "recent": many, "saved": []})})
    again = page.locator(".asked button")
    told = [f"kite {number}" for number in range(20)]
    expect(again).to_have_text([*told[:6], "more …", "Forget these"])
    again.nth(6).click()
    expect(again).to_have_text([*told, "Forget these"])


# ── by everyone ──────────────────────────────────────────────────────────────────────────────


def test_what_is_kept_can_be_read_by_everyone(visit: Visit, kites: PaperSearch) -> None:
    papers = [{"id": one.id, "title": one.title, "url": one.url, "note": "n"} for one in PAPERS]
    stored = {
        ASKED: json.dumps({"version": 1, "recent": ["?q=video", "?q=a"], "saved": ["?q=b"]}),
        KEPT: kept_json(*papers),
        VISIT: visited([paper.id for paper in PAPERS[:-7]], 31),
    }
    page = visit(reduced_motion="reduce", stored=stored)
    found: list[str] = []

    def look(where: str) -> None:
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.wait_for_function(
                "width => document.documentElement.scrollWidth <= width", arg=size["width"]
            )
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                page.wait_for_function(
                    "dark => document.body.classList.contains('dark') === dark",
                    arg=scheme == "dark",
                )
                found.extend(f"{where}, {scheme}, {size['width']}: {one}" for one in barriers(page))
        page.set_viewport_size(WIDE)  # type: ignore[arg-type]

    expect(page.locator(".new").first).to_be_visible()
    look("what is new")
    open_kept(page, len(PAPERS))
    page.get_by_role("button", name=f"Remove {CAM.title}").click()
    look("what is kept")
    assert found == []
