"""The page in a real browser, which asks nobody but this machine and never shows an error."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import bibtexparser
import httpx
import pytest
from browsing import (
    GRADIO,
    LEAPT,
    LINGERING,
    PHONE,
    TYPED,
    WIDE,
    Visit,
    ask,
    barriers,
    card,
    choose,
    context_of,
    expect_titles,
    go,
    is_arrival,
    leave,
    look_in_own_colours_and_on_paper,
    names,
    pressed,
    settle,
    tab,
    titles,
)
from conftest import PATIENCE
from playwright.sync_api import Browser, Page, expect
from serving import (
    ABS,
    BOLD,
    BY_ID,
    CAM,
    FILM,
    HOSTILE,
    LIST,
    PAPERS,
    RIBBONS,
    SCRIPT,
    TEMPLATE,
    running,
    served,
)
from ssm_search_app.bounds import MAX_TEXT
from ssm_search_app.handlers import LESS_ALONE, RECOMMENDED
from ssm_search_app.library import Library
from ssm_search_app.offers import examples
from ssm_search_app.server import build_app
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ssm_search import Hits, PaperSearch, open_index
from ssm_search.awesome.reading import read_list
from ssm_search.curation import cards
from ssm_search.curation.submissions import read_anything
from ssm_search.views.card_display import verdict_line
from ssm_search.views.display import shown
from ssm_search.views.export import export

pytestmark = GRADIO
NEW = f"{ABS}2602.00077\nVideo of strings\nA video shows how strings hold. It is long."


def line_of(hits: Hits) -> str | re.Pattern[str]:
    """What the page says above these answers."""
    return hits.advice or re.compile(r"^The best 10 \(\d+ ms\)$")


def advised(kites: PaperSearch, like: list[str], dislike: list[str], diversity: float) -> Hits:
    return kites.recommend(like, dislike, RECOMMENDED, diversity)


# ── search ───────────────────────────────────────────────────────────────────────────────────


def test_answers_come_as_one_types(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    assert page.title() == "Awesome Kites · ssm-search"
    assert page.locator("footer").inner_text().split() == ["Use", "via", "API"]
    expect(page.locator("h1")).to_have_text("Awesome Kites")
    expect_titles(page, kites.newest(10))
    page.keyboard.type("video")  # the box has the focus
    expect_titles(page, kites.query("video"))
    page.keyboard.type(" string")
    expect_titles(page, kites.query("video string"))
    first = page.locator("#answers .card").first
    assert first.locator("h3").inner_text() == "Long video, short string"
    marked = first.locator("h3 mark").all_inner_texts()
    assert marked == ["video", "string"]
    links = first.locator(".actions a")
    assert links.all_inner_texts() == ["code", "Project", "<b>视频</b>"]
    assert links.nth(2).get_attribute("href") == "https://v.example/3"
    assert first.locator("h3 a").get_attribute("href") == PAPERS[2].url
    line = line_of(kites.query("video string"))
    expect(page.locator("#answers .line")).to_have_text(line)
    ask(page, "kitecam")
    expect(first.locator("h3")).to_have_text(CAM.title)
    expect(first.locator(".why")).to_contain_text("exact match")
    expect(first.locator(".facts")).to_have_text(re.compile("2023.*ICKF 2023.*Moving › Film of"))
    expect(first.locator(".authors")).to_have_text(", ".join(CAM.authors))
    assert first.locator(".actions a").get_attribute("href") == CAM.code_url
    abstract, opener = first.locator(".abstract"), first.get_by_role("button", name="abstract")
    expect(abstract).to_be_hidden()
    for is_open in (True, False, True):
        opener.click()
        expect(opener).to_have_attribute("aria-expanded", str(is_open).lower())
        expect(abstract).to_be_visible(visible=is_open)
    expect(abstract).to_have_text(CAM.abstract)


def test_whatever_changes_the_question_is_answered(visit: Visit, kites: PaperSearch) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    page.keyboard.type("audio graph")
    expect_titles(page, kites.query("audio graph"))
    page.keyboard.press("Control+Backspace")
    expect_titles(page, kites.query("audio"))
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    expect_titles(page, kites.newest(10))
    page.evaluate("navigator.clipboard.writeText('video ribbons')")
    page.keyboard.press("Control+V")
    expect_titles(page, kites.query("video ribbons"))
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("text")  # as keyboards on phones do, and those of Chinese
    expect_titles(page, kites.query("text"))


def test_what_is_typed_before_the_page_is_ready_stays(visit: Visit, kites: PaperSearch) -> None:
    page = visit(wait=False)
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route) if is_arrival(route.request) else route.continue_()

    page.route("**/run/predict*", hold)
    with page.expect_request(is_arrival):
        page.reload()
    expect(page.locator("#answers .card").first).to_be_visible()
    ask(page, "audio")
    expect_titles(page, kites.query("audio"))
    with page.expect_event("requestfinished", is_arrival):
        held[0].continue_()
    ask_for = page.locator("#q textarea")
    page.keyboard.type(" of the wind")
    expect(ask_for).to_have_value("audio of the wind")
    expect_titles(page, kites.query("audio of the wind"))


def test_each_filter_narrows_the_answers_and_a_link_keeps_them(
    visit: Visit, kites: PaperSearch
) -> None:
    page = visit()
    ask(page, "audio")
    page.get_by_role("button", name="Filters and order").click()
    told: dict[str, str] = {"q": "audio"}

    def holds(found: Any, **more: str) -> None:
        expect_titles(page, found)
        told.update(more)
        page.wait_for_url(
            lambda url: parse_qs(urlsplit(url).query) == {k: [v] for k, v in told.items()}
        )

    choose(page, "Heading", "Moving")
    holds(kites.query("audio", category="Moving"), category="Moving")
    choose(page, "From", "2023")
    found = kites.query("audio", category="Moving", year=(2023, 9999))
    holds(found, year_from="2023")
    choose(page, "To", "2024")
    holds(kites.query("audio", category="Moving", year=(2023, 2024)), year_to="2024")
    choose(page, "Venue", "arXiv")
    holds([RIBBONS], venue="arXiv")
    choose(page, "Venue", "any venue")
    told.pop("venue")
    page.get_by_label("without", exact=True).check()
    filters: Any = {"category": "Moving", "year": (2023, 2024), "has_code": False}
    holds(kites.query("audio", **filters), code="without")
    choose(page, "To", "any year")
    told.pop("year_to")
    page.get_by_label("date", exact=True).check()
    filters["year"] = (2023, 9999)
    by_date = kites.query("audio", **filters).newest_first()
    assert names(by_date) != names(kites.query("audio", **filters))
    holds(by_date, order="date")
    page.get_by_label("number input for Answers").fill("5")
    page.keyboard.press("Tab")
    holds(kites.query("audio", 5, **filters).newest_first(), k="5")

    again = visit(f"?{urlencode(told)}")
    expect_titles(again, kites.query("audio", 5, **filters).newest_first())
    expect(again.locator("#q textarea")).to_have_value("audio")
    expect(again.get_by_label("without", exact=True)).to_be_checked()
    expect(again.get_by_label("From", exact=True)).to_have_value("2023")
    expect(again.get_by_label("Heading", exact=True)).to_have_value(re.compile("^Moving"))
    expect(again.get_by_label("number input for Answers")).to_have_value("5")
    choose(again, "Venue", "Kite Letters")
    expect(again.locator("#answers")).to_have_text(
        "No paper meets these filters; take one away. "
        "1 paper without a known year or venue left out."
    )


def test_a_heading_below_another_can_be_chosen(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    page.get_by_role("button", name="Filters and order").click()
    page.get_by_label("Heading", exact=True).click()
    options = [one.strip() for one in page.get_by_role("option").all_inner_texts()]
    told = [one.lstrip("✓").strip() for one in options]
    assert told[:4] == ["All headings", "Moving (7)", "Film of Things (4)", "Sound (4)"]
    assert f"{BOLD[1]} (5)" in told  # not bold
    page.get_by_role("option", name="Sound").click()
    expect_titles(page, kites.newest(10, category="Moving > Sound"))
    assert parse_qs(urlsplit(page.url).query) == {"category": ["Moving > Sound"]}


def test_back_and_forward_lead_to_earlier_answers(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    pause = "() => { const now = Date.now; Date.now = () => now() + 5000; }"
    for text in ("audio", "graph"):
        page.evaluate(pause)
        ask(page, text)
        expect_titles(page, kites.query(text))
        page.wait_for_url(f"**/?q={text}")
        settle(page)
    box = page.locator("#q textarea")
    page.go_back()
    expect(box).to_have_value("audio")
    expect_titles(page, kites.query("audio"))
    page.go_back()
    expect(box).to_have_value("")
    expect_titles(page, kites.newest(10))
    page.go_forward()  # and again before the first is answered
    page.go_forward()
    expect(box).to_have_value("graph")
    expect_titles(page, kites.query("graph"))
    page.wait_for_url("**/?q=graph")


def hold_answers(page: Page, inputs: int) -> tuple[list[Any], Callable[[], None]]:
    """What the page asks with so many inputs waits in a list, until a function lets it go on."""
    held: list[Any] = []
    is_held = True

    def hold(route: Any) -> None:
        data = json.loads(route.request.post_data)["data"]
        held.append(route) if is_held and len(data) == inputs else route.continue_()

    def let_go() -> None:
        nonlocal is_held
        is_held = False
        for route in held:
            route.continue_()
        settle(page)

    page.route("**/run/predict*", hold)
    return held, let_go


def test_letters_that_are_answered_late_are_one_step_back(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    held, let_go = hold_answers(page, TYPED)
    ask(page, "a")
    wait_for_held(page, held)
    page.keyboard.type("udio")  # asked for once the first letter is answered
    page.evaluate(
        "() => { const now = Date.now; let more = 0; Date.now = () => now() + (more += 5000); }"
    )
    let_go()
    expect_titles(page, kites.query("audio"))
    page.wait_for_url("**/?q=audio")
    page.go_back()
    expect(page.locator("#q textarea")).to_have_value("")
    expect_titles(page, kites.newest(10))


def test_answers_come_where_a_browser_takes_no_more_addresses(
    visit: Visit, kites: PaperSearch
) -> None:
    page = visit()
    page.evaluate(
        """() => {
            for (const how of ["pushState", "replaceState"]) {
                history[how] = () => { throw new DOMException("too often", "SecurityError"); };
            }
        }"""
    )
    ask(page, "video")
    expect_titles(page, kites.query("video"))
    tab(page, "Map")
    expect(page.locator("#map .map-legend")).to_be_visible()
    assert urlsplit(page.url).query == ""


@pytest.mark.parametrize("way", ["back", "back while more waits", "example", "chip"])
def test_a_late_answer_takes_no_newer_ones_place(
    visit: Visit, kites: PaperSearch, way: str
) -> None:
    page = visit()
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 5000; }")
    ask(page, "audio since 2023")
    expect_titles(page, kites.query("audio since 2023"))
    page.wait_for_url("**/?q=audio+since+2023")
    settle(page)
    _, let_go = hold_answers(page, TYPED)
    with page.expect_request("**/run/predict*"):
        ask(page, "g")
    if way == "back while more waits":
        page.keyboard.type("raph")
    if way.startswith("back"):
        page.go_back()
        wanted, found, at = "", kites.newest(10), ""
    elif way == "example":
        example = page.locator(".examples button").first
        wanted = str(example.get_attribute("data-query"))
        example.dispatch_event("click")  # pressed as it makes room for the question
        found, at = kites.query(wanted), urlencode({"q": wanted})
    else:
        page.locator(".chips a").click()
        wanted, found, at = "audio", kites.query("audio"), "q=audio"
    expect(page.locator("#q textarea")).to_have_value(wanted)
    expect_titles(page, found)
    let_go()
    expect(page.locator("#q textarea")).to_have_value(wanted)
    expect_titles(page, found)
    assert page.url.partition("/?")[2] == at
    ask(page, "video")  # and the next one is answered
    expect_titles(page, kites.query("video"))
    page.wait_for_url("**/?q=video")


@pytest.mark.parametrize("way", ["back", "example", "opened"])
def test_what_is_typed_stays_when_an_earlier_search_comes_late(
    visit: Visit, kites: PaperSearch, way: str
) -> None:
    page = visit("?q=text")
    ask(page, "audio")
    expect_titles(page, kites.query("audio"))
    page.wait_for_url("**/?q=audio")
    settle(page)
    held, let_go = hold_answers(page, LEAPT)
    if way == "back":
        page.evaluate("history.pushState(null, '', '?q=graph')")
        page.go_back()
    elif way == "example":
        page.locator(".examples button").first.dispatch_event("click")
    else:
        page.reload()
        expect(page.locator("#q textarea")).to_have_value("")
    wait_for_held(page, held)
    ask(page, "video")
    expect_titles(page, kites.query("video"))
    let_go()
    expect(page.locator("#q textarea")).to_have_value("video")
    expect_titles(page, kites.query("video"))
    page.wait_for_url("**/?q=video")


def wait_for_held(page: Page, held: list[Any]) -> None:
    """Wait until a request waits."""
    while not held:
        page.wait_for_timeout(20)  # which lets the browser's messages in


def test_a_chip_is_taken_off_without_loading_the_page_again(
    visit: Visit, kites: PaperSearch
) -> None:
    page = visit("?q=audio+since+2023")
    page.evaluate("window.here = true")
    page.locator(".chips a").click()
    expect_titles(page, kites.query("audio"))
    page.wait_for_url("**/?q=audio")
    page.go_back()
    expect(page.locator("#q textarea")).to_have_value("audio since 2023")
    expect_titles(page, kites.query("audio since 2023"))
    assert page.evaluate("window.here")


def test_a_page_that_nobody_touches_asks_for_no_frames(visit: Visit) -> None:
    page = visit(
        script="""
        window.asked = 0;
        window.next = requestAnimationFrame.bind(window);
        window.requestAnimationFrame = (then) => next(then, asked++);
        """
    )
    settle(page)
    assert page.evaluate("asked") > 0
    rests = """async () => {
        for (let tries = 0; tries < 300; tries++) {
            const before = asked;
            await new Promise((done) => next(() => next(done)));
            if (asked === before) return true;
        }
        return false;
    }"""
    assert page.evaluate(rests)


def test_examples_can_be_clicked(visit: Visit, kites: PaperSearch, library: Library) -> None:
    page = visit()
    told = examples(library)
    assert f"{FILM[1]} since 2025" in told
    expect(page.locator(".examples button")).to_have_text([shown(one) for one in told])
    for text in told:
        page.locator(".examples button", has_text=text).click()
        expect(page.locator("#q textarea")).to_have_value(text)
        expect_titles(page, kites.query(text))
        assert parse_qs(urlsplit(page.url).query) == {"q": [text]}
        # They make room for what can be done with the question, and are back without one.
        expect(page.locator(".examples")).to_be_hidden()
        expect(page.locator("[data-star]")).to_be_focused()
        ask(page, "")
        page.keyboard.press("Delete")
        expect(page.locator(".examples")).to_be_visible()


def test_odd_questions_get_a_friendly_line(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    line = page.locator("#answers .line, #answers > p").first
    for text, told in (
        ("   ", "Type what you look for. Here is what is newest on the list."),
        ("?!", "There is no word in that. Here is what is newest on the list."),
        ("zzqx wvut", line_of(kites.query("zzqx wvut"))),
        ("2401.99999", "2401.99999 is not among the 19 entries of this index"),
        (long := "video " * 833 + "vi", line_of(kites.query(long))),
        (odd := f"{SCRIPT}{TEMPLATE}\u202e';--", line_of(kites.query(odd))),
    ):
        page.keyboard.press("Control+A")
        page.keyboard.insert_text(text)
        page.keyboard.press("Enter")
        expect(line).to_contain_text(told)
        expect(page.locator("#q textarea")).to_have_value(text)
        ask(page, "video")  # and the next one is answered
        expect_titles(page, kites.query("video"))


def test_the_longest_question_is_answered_and_the_next_one_too(
    visit: Visit, kites: PaperSearch
) -> None:
    page = visit()
    page.keyboard.insert_text("é" * (MAX_TEXT + 5))
    page.keyboard.press("Enter")
    line = page.locator("#answers .line")
    expect(line).to_have_text(line_of(kites.query("é" * MAX_TEXT)))
    expect(page.locator("#q textarea")).to_have_value("é" * MAX_TEXT)
    ask(page, "video")
    expect_titles(page, kites.query("video"))
    expect(page.locator(".toast-body")).to_have_count(0)


def test_who_opens_a_link_sees_its_answers_and_no_others(
    visit: Visit, kites: PaperSearch, url: str
) -> None:
    page = visit()
    page.add_init_script(
        """window.seen = []; setInterval(() => {
            const card = document.querySelector("#answers .card");
            if (card && getComputedStyle(card).visibility === "visible") seen.push(card.dataset.id);
        }, 2);"""
    )
    go(page, f"{url}/?q=graph")
    expect_titles(page, kites.query("graph"))
    page.wait_for_function("seen.length")
    assert set(page.evaluate("seen")) == {kites.query("graph")[0].paper.id}


def test_an_address_that_makes_no_sense_is_as_none(visit: Visit, kites: PaperSearch) -> None:
    page = visit("?q=video&k=-3&year_from=MMXX&code=maybe&order=%00&category=&x=1&__theme=1&q=")
    expect(page.locator("#q textarea")).to_have_value("video")
    expect_titles(page, kites.query("video"))
    page = visit(f"?{urlencode({'category': 'Nowhere', 'q': SCRIPT})}")
    expect(page.locator("#answers")).to_contain_text("o paper stands under 'Nowhere'")


# ── picks ────────────────────────────────────────────────────────────────────────────────────


def test_picks_are_pressed_recommend_and_stay(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    ask(page, "video")
    expect_titles(page, kites.query("video"))
    liked, disliked = (hit.paper.id for hit in kites.query("video", 2))
    card(page, liked).get_by_text("More like this").click()
    expect_titles(page, advised(kites, [liked], [], 0.2), "#advice")
    assert (pressed(page, liked, "like"), pressed(page, liked, "dislike")) == ("true", "false")
    card(page, disliked).get_by_text("Less like this").click()
    advice = advised(kites, [liked], [disliked], 0.2)
    expect_titles(page, advice, "#advice")
    assert pressed(page, disliked, "dislike") == "true"
    chips = page.locator(".picks li span")
    told = [f"More like {BY_ID[liked].title}", f"Less like {BY_ID[disliked].title}"]
    expect(chips).to_have_text(told)

    ask(page, "graph")
    expect_titles(page, kites.query("graph"))
    expect(chips).to_have_text(told)
    expect_titles(page, advice, "#advice")
    with page.expect_event("requestfinished", is_arrival):
        page.reload()
    expect_titles(page, kites.query("graph"))
    expect(chips).to_have_text(told)
    expect_titles(page, advice, "#advice")
    ask(page, "video")
    expect_titles(page, kites.query("video"))
    assert pressed(page, liked, "like") == "true"

    slider = page.get_by_label("number input for Diversity")
    slider.fill("1")
    page.keyboard.press("Tab")
    expect_titles(page, advised(kites, [liked], [disliked], 1), "#advice")
    page.get_by_label(f"Remove {BY_ID[disliked].title}").click()
    expect(chips).to_have_text(told[:1])
    expect_titles(page, advised(kites, [liked], [], 1), "#advice")
    page.wait_for_function(
        "id => !document.querySelector(`#answers [data-id='${id}'] [aria-pressed=true]`)",
        arg=disliked,
    )
    card(page, liked).get_by_text("Less like this").click()  # it moves to the other side
    expect(page.locator("#advice .line")).to_have_text(LESS_ALONE)
    assert (pressed(page, liked, "like"), pressed(page, liked, "dislike")) == ("false", "true")
    page.get_by_role("button", name="Clear all").click()
    expect(chips).to_have_count(0)
    expect(page.locator("#aside")).to_contain_text("what to read next appears here")
    expect(page.locator("[aria-pressed=true]")).to_have_count(0)
    with page.expect_event("requestfinished", is_arrival):
        page.reload()
    expect(page.locator("#aside")).to_contain_text("what to read next appears here")


def test_all_is_done_from_the_keyboard(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    page.keyboard.type("video")
    expect_titles(page, kites.query("video"))
    paper = kites.query("video", 1)[0].paper
    active = "document.activeElement"

    def tab_to(found: str) -> None:
        for _ in range(150):
            page.keyboard.press("Tab")
            if page.evaluate(f"{active}.matches({json.dumps(found)})"):
                return
        raise AssertionError(f"Tab does not lead to {found}")

    like = f'#answers [data-id="{paper.id}"] [data-act=like]'
    tab_to(like)
    page.keyboard.press("Enter")
    expect_titles(page, advised(kites, [paper.id], [], 0.2), "#advice")
    expect(page.locator(like)).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(f"{active}.matches({json.dumps(like)})")
    page.keyboard.press("Space")
    expect(page.locator("#advice .card")).to_have_count(0)
    expect(page.locator(like)).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(f"{active}.matches({json.dumps(like)})")
    page.keyboard.press("Enter")
    expect(page.locator(".picks li")).to_have_count(1)
    tab_to(".picks button")
    page.keyboard.press("Enter")
    expect(page.locator(".picks li")).to_have_count(0)
    page.wait_for_function(f"{active}.closest('#aside') !== null")  # the focus is not lost


def test_on_a_phone_a_link_leads_to_what_to_read_next(visit: Visit) -> None:
    page = visit(viewport=PHONE)
    jump = page.locator("#ssm-jump")
    page.locator("#answers [data-act=like]").first.click()
    expect(jump).to_have_text("1 picked: see what to read next")
    jump.click()
    expect(page.locator("#aside h2")).to_be_focused()
    expect(page.locator("#advice .card").first).to_be_in_viewport()
    expect(jump).to_be_hidden()  # it is there
    # It leads there too while the recommendations are still to come.
    page.evaluate("scrollTo(0, 0)")
    away = page.add_style_tag(content=".picks, #aside > :not(:first-child) { display: none; }")
    jump.click()
    expect(jump).to_be_hidden()
    away.evaluate("style => style.remove()")
    expect(page.locator("#advice .card").first).to_be_in_viewport()
    page.locator("#q").scroll_into_view_if_needed()
    expect(jump).to_be_visible()
    # It hides no button: what one goes to by keyboard stands above it.
    bar = jump.bounding_box()
    last = page.locator("#answers .card").nth(5).locator("[data-act=like]")
    page.evaluate("scrollTo(0, 0)")
    last.focus()
    button = last.bounding_box()
    assert bar
    assert button
    assert (bar["x"], bar["width"]) == (0, PHONE["width"])
    assert button["y"] + button["height"] <= bar["y"]
    tab(page, "Map")
    jump.click()
    expect(page.locator("#aside h2")).to_be_focused()
    expect(page.locator("#advice .card").first).to_be_in_viewport()


LATE = """let asked = 0;
for (const [name, wanted] of [["querySelector", "#aside"], ["getElementById", "aside"]]) {
    const find = Document.prototype[name];
    Document.prototype[name] = function (said) {
        return said === wanted && ++asked < 5 ? null : find.call(this, said);
    };
}"""


def test_the_link_leads_there_where_its_place_came_last(visit: Visit) -> None:
    page = visit(viewport=PHONE, script=LATE)
    page.locator("#answers [data-act=like]").first.click()
    jump = page.locator("#ssm-jump")
    expect(jump).to_have_text("1 picked: see what to read next")
    jump.click()
    expect(page.locator("#aside h2")).to_be_focused()


def test_of_several_quick_presses_none_is_lost(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    ask(page, "video")
    expect_titles(page, kites.query("video"))
    page.evaluate(
        "[...document.querySelectorAll('#answers [data-act=like]')].slice(0, 3)"
        ".forEach((button) => button.click())"
    )
    expect(page.locator(".picks li")).to_have_count(3)
    expect(page.locator('#answers [aria-pressed="true"]')).to_have_count(3)
    # A late answer with the same cards, of which the attributes alone are written anew.
    page.evaluate(
        "document.querySelectorAll('#answers [data-act=like]')"
        ".forEach((button) => button.setAttribute('aria-pressed', 'false'))"
    )
    expect(page.locator('#answers [aria-pressed="true"]')).to_have_count(3)
    page.locator("[data-act=clear]").click()
    expect(page.locator(".picks li")).to_have_count(0)


# ── take along ───────────────────────────────────────────────────────────────────────────────


def test_a_card_is_copied_as_bibtex(visit: Visit, kites: PaperSearch) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"], script=LINGERING)
    ask(page, "kitecam")
    expect_titles(page, kites.query("kitecam"))  # cards move while answers to half a word come
    card(page, CAM.id).get_by_text("Copy BibTeX").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == export([CAM], "bibtex")


def test_answers_are_exported_in_each_form(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    ask(page, "text")
    hits = kites.query("text")
    expect_titles(page, hits)
    texts: dict[str, str] = {}
    for form in ("BibTeX", "CSV", "JSON", "Markdown"):
        with page.expect_download() as download:
            page.locator("#answers .export button", has_text=form).click()
        texts[download.value.suggested_filename] = download.value.path().read_text("utf-8")
    papers = [hit.paper for hit in hits]
    ids = [paper.id for paper in papers]
    assert set(texts) == {"papers.bib", "papers.csv", "papers.json", "papers.md"}
    assert texts["papers.bib"] == export(papers, "bibtex")
    entries = bibtexparser.parse_string(texts["papers.bib"])
    assert [entry["eprint"] for entry in entries.entries] == ids
    assert entries.failed_blocks == []
    assert [row["id"] for row in csv.DictReader(io.StringIO(texts["papers.csv"]))] == ids
    records = json.loads(texts["papers.json"])
    assert [(one["id"], one["title"]) for one in records] == [(p.id, p.title) for p in papers]
    listed = {paper.id for paper in read_list(texts["papers.md"]).papers}
    assert listed >= set(ids) - set(HOSTILE)


# ── submit ───────────────────────────────────────────────────────────────────────────────────


def test_a_submission_shows_where_it_belongs(visit: Visit, kites: PaperSearch) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    tab(page, "Submit")
    send = page.get_by_role("button", name="Show where it belongs")
    send.click()
    shown_card = page.locator("#card")
    expect(shown_card).to_contain_text("o text given; expected a title and an abstract")
    box = page.locator("#submitted textarea")
    box.fill(NEW)
    send.click()
    expect(shown_card.locator("h2")).to_have_text("Video of strings")
    (told,) = cards.triage(
        kites, read_anything(NEW), LIST, list_name="README.md", offline=True
    ).cards
    assert told.placement.verdict == "fits"
    assert told.insertion
    verdict = verdict_line(told)
    expect(shown_card.locator(".verdict")).to_have_text(f"{verdict[0].upper()}{verdict[1:]}.")
    expect(shown_card.locator(".bars tr")).to_have_count(len(told.placement.suggestions))
    expect(shown_card.locator(".bars tr").first).to_contain_text("Moving › Film of Things")
    expect(shown_card).to_contain_text("None: it is new to the list.")
    for hit in told.related:
        expect(shown_card).to_contain_text(shown(hit.paper.title))
    for button, text in (("Copy row", told.insertion.row), ("Copy diff", told.patch)):
        shown_card.get_by_text(button).click()
        page.wait_for_function("t => navigator.clipboard.readText().then((x) => x === t)", arg=text)
    assert f"[Video of strings]({ABS}2602.00077)" in told.insertion.row

    choose(page, "File under", "Nets")
    send.click()
    expect(shown_card).to_contain_text("under Structured › Nets:")
    box.fill(f"{ABS}{CAM.id}")
    send.click()
    expect(shown_card.locator("h2")).to_have_text(CAM.title)
    expect(shown_card.locator(".warn")).to_contain_text(CAM.title)
    expect(shown_card).to_contain_text(
        "None: already listed, line 7, under Moving › Film of Things."
    )
    box.fill(f"{SCRIPT}\n{TEMPLATE} and more\nA hostile video {SCRIPT}")
    send.click()
    expect(shown_card.locator(".warn, h2, .line").first).not_to_have_text(CAM.title)
    assert page.locator("#card script, #card img").count() == 0


# ── safe, readable, usable ───────────────────────────────────────────────────────────────────


def test_a_hostile_list_is_only_text(visit: Visit, kites: PaperSearch) -> None:
    page = visit(f"?{urlencode({'category': BOLD[0]})}")
    expect(page.locator("#answers .card")).to_have_count(len(HOSTILE))
    told = {" ".join(shown(title).split()) for title in HOSTILE.values()}
    assert set(titles(page)) == told
    assert "Kites gnihtemos turned" in " | ".join(told).replace("  ", " ")
    for paper_id in HOSTILE:
        card(page, paper_id).get_by_text("More like this").click()
        expect(page.locator(f'.picks [data-id="{paper_id}"]')).to_be_visible()
        expect(card(page, paper_id).locator(".facts")).to_contain_text(BOLD[1])
        expect(card(page, paper_id).locator("a")).to_have_count(0)
    ask(page, "sevens stars hacked")
    expect(page.locator("#answers mark").first).to_be_visible()
    tab(page, "Map")
    expect(page.locator("#map .map-legend")).to_contain_text("Hostile")
    expect(page.locator("#map-beside li")).to_have_count(page.locator("#answers .card").count())
    links = page.eval_on_selector_all("a", "all => all.map((one) => one.href)")
    assert not [one for one in links if not one.startswith(("http://", "https://", "#"))]
    inside = page.locator("#answers, #advice, #aside, #chosen, #map, #map-beside").locator(
        "script, img, b, i"
    )
    expect(inside).to_have_count(0)
    assert "49" not in " ".join(titles(page))


def test_every_tab_fits_and_can_be_read_by_everyone(visit: Visit, kites: PaperSearch) -> None:
    page = visit(reduced_motion="reduce")
    found: list[str] = []
    widths: set[float] = set()

    def look(where: str) -> None:
        page.mouse.move(0, 0)
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            page.wait_for_function("width => document.body.clientWidth <= width", arg=size["width"])
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
        page.set_viewport_size(WIDE)
        widths.add(page.locator("#tabs").bounding_box()["width"])  # type: ignore[index]

    page.get_by_role("button", name="Filters and order").click()
    ask(page, "video longest")
    expect_titles(page, kites.query("video longest"))
    for act in ("like", "dislike"):
        page.locator(f"#answers [data-act={act}]").nth(3 if act == "like" else 4).click()
    expect(page.locator("#advice .card")).to_have_count(RECOMMENDED)
    page.locator("#answers [data-open]").first.click()
    look("Search")
    tab(page, "Submit")
    page.locator("#submitted textarea").fill(NEW)
    page.get_by_role("button", name="Show where it belongs").click()
    page.locator("#card summary").click()
    look("Submit")
    tab(page, "Map")
    expect(page.locator("#map .map-legend")).to_be_visible()
    look("Map")
    tab(page, "About")
    expect(page.locator(".about")).to_contain_text("How answers are ranked")
    expect(page.locator(".about .facts")).to_contain_text(f"{len(PAPERS)} and 0")
    look("About")
    assert found == []
    assert len(widths) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_starts_as_the_reader_likes_it(visit: Visit, scheme: str) -> None:
    page = visit(color_scheme=scheme, viewport=PHONE)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (colour == "rgb(255, 255, 255)") == (scheme == "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_on_paper_and_in_colours_of_ones_own_all_is_told(visit: Visit, kites: PaperSearch) -> None:
    page = visit("?q=video")
    first = page.locator("#answers .card").first
    first.locator("[data-act=keep]").click()
    look_in_own_colours_and_on_paper(
        page, ".tab-wrapper", ".tries", "#filters", "#aside", ".actions", ".export"
    )
    expect_titles(page, kites.query("video"))
    told = first.locator("h3 a").evaluate("(one) => getComputedStyle(one, '::after').content")
    assert told == f'" {kites.query("video")[0].paper.url}"'


# ── the shipped list; a proxy; a login ───────────────────────────────────────────────────────


@pytest.mark.encoder
def test_the_shipped_list_is_searched(visit: Visit) -> None:
    search = open_index()
    with served(Library(search, offline=True)) as at:
        page = visit(at=at)
        expect(page.locator("h1")).to_have_text("Awesome-Mamba")
        ask(page, "mamba for video")
        expect_titles(page, search.query("mamba for video"))
        expect(page.locator("#answers .card").first).to_contain_text("Video Mamba Suite")
        assert search.query("mamba for video", 1)[0].paper.title == titles(page)[0]
        leave(page)


def test_a_proxy_serves_the_page_under_a_path(visit: Visit, library: Library) -> None:
    with (
        running(lambda: build_app(library, root_path="/papers"), "/papers") as inner,
        running(lambda: proxy(inner, "/papers")) as outer,
    ):
        page = visit("/papers/", at=outer)
        ask(page, "video")
        expect_titles(page, library.search.query("video"))
        page.wait_for_url(f"{outer}/papers/?q=video")
        tab(page, "Submit")  # through the queue
        page.locator("#submitted textarea").fill(NEW)
        page.get_by_role("button", name="Show where it belongs").click()
        expect(page.locator("#card h2")).to_have_text("Video of strings")
        tab(page, "Map")
        expect(page.locator("#map .map-legend")).to_be_visible()
        loaded = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
        assert len(loaded) > 50
        inside = f"{outer}/papers/", f"{outer}/favicon.ico", "blob:"
        outside = [one for one in loaded if not one.startswith(inside)]
        assert outside == []
        leave(page)


def proxy(upstream: str, prefix: str) -> Starlette:
    """Passes on what is under ``prefix``, without it; nothing else is here."""
    client = httpx.AsyncClient(base_url=upstream, timeout=PATIENCE)

    async def relay(request: Request) -> Response:
        if not request.url.path.startswith(f"{prefix}/"):  # browsers ask each host for its icon
            return Response(status_code=204 if request.url.path == "/favicon.ico" else 404)
        asked = client.build_request(
            request.method,
            request.url.path.removeprefix(prefix),
            params=request.query_params.multi_items(),
            headers=request.headers.raw,
            content=await request.body(),
        )
        answer = await client.send(asked, stream=True)
        return StreamingResponse(
            answer.aiter_raw(),
            answer.status_code,
            answer.headers,
            background=BackgroundTask(answer.aclose),
        )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    every = Route("/{path:path}", relay, methods=["GET", "POST", "HEAD"])
    return Starlette(routes=[every], lifespan=lifespan)


def test_who_has_no_password_sees_a_login(visit: Visit, library: Library, browser: Browser) -> None:
    with served(library, auth=[("ada", "kites:9")]) as at:
        page = context_of(browser).new_page()
        page.goto(at)
        page.get_by_label("username").fill("ada")
        assert page.locator(".card").count() == 0
        page.get_by_label("password").fill("kites:9")
        page.get_by_role("button", name="Login").click()
        expect(page.locator("#answers .card").first).to_be_visible()
        page.context.close()
