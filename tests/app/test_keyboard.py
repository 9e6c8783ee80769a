"""The page by keyboard alone: a letter for each button, and a focus that is never lost."""

from __future__ import annotations

import csv
import io

import pytest
from browsing import (
    GRADIO,
    LINGERING,
    PHONE,
    WIDE,
    Visit,
    ask,
    barriers,
    expect_titles,
    go,
    names,
    settle,
    tab,
)
from playwright.sync_api import Page, expect
from serving import BY_ID

from ssm_search import PaperSearch

pytestmark = GRADIO
FOCUSED = "document.activeElement"


def press(page: Page, keys: str) -> None:
    """One key after another: letters, or names such as Enter, between spaces."""
    for key in keys.split():
        page.keyboard.press(key)


def is_focused(page: Page, selector: str) -> None:
    page.wait_for_function(f"selector => {FOCUSED}.matches(selector)", arg=selector)


def press_until(page: Page, key: str, selector: str) -> None:
    for _ in range(80):
        if page.evaluate(f"selector => {FOCUSED}.matches(selector)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {selector}")


def asked(page: Page, kites: PaperSearch, text: str) -> list[str]:
    """The ids of the answers to a question that was typed."""
    ask(page, text)
    hits = kites.query(text)
    expect_titles(page, hits)
    settle(page)
    return [hit.paper.id for hit in hits]


def card_of(paper_id: str, within: str = "#answers") -> str:
    return f'{within} .card[data-id="{paper_id}"]'


def test_a_reader_needs_no_mouse(visit: Visit, kites: PaperSearch) -> None:
    page = visit(script=LINGERING)
    press(page, "Escape /")
    is_focused(page, "#q textarea")
    page.keyboard.type("video")
    first, second = (hit.paper.id for hit in kites.query("video", 2))
    expect_titles(page, kites.query("video"))
    settle(page)
    press(page, "Escape j j")
    is_focused(page, card_of(second))
    press(page, "s")
    expect(page.locator(f"{card_of(second)} [data-act=keep]")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.get_by_role("status").get_by_text("Kept", exact=True)).to_be_visible()
    is_focused(page, card_of(second))
    press(page, "k m")
    is_focused(page, card_of(first))
    expect(page.locator("#advice .card").first).to_be_visible()
    is_focused(page, card_of(first))

    kept_tab = "[role=tab][data-tab-id=kept]"
    press_until(page, "Shift+Tab", kept_tab)
    expect(page.locator(kept_tab)).to_have_text("Kept (1)")
    press(page, "Enter j")
    is_focused(page, card_of(second, "#kept"))
    press_until(page, "Tab", "#kept textarea")
    page.keyboard.type("js? skim it/")
    press(page, "Escape j e")
    is_focused(page, "#kept [data-export=bibtex]")
    press_until(page, "Tab", "#kept [data-export=csv]")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    (row,) = csv.DictReader(io.StringIO(download.value.path().read_text("utf-8")))
    assert (row["id"], row["note"]) == (second, "js? skim it/")
    is_focused(page, "#kept [data-export=csv]")
    press(page, "/")
    is_focused(page, "#q textarea")
    assert page.evaluate("getSelection().toString()") == "video"
    page.keyboard.type("graph")
    expect_titles(page, kites.query("graph"))


def test_each_key_does_what_the_help_says(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    first, second, third = asked(page, kites, "video")[:3]
    press(page, "Escape k")
    is_focused(page, card_of(first))
    press(page, "j j k k k")
    is_focused(page, card_of(first))
    with page.expect_popup() as popup:
        page.evaluate("document.querySelectorAll('h3 a').forEach((one) => (one.href = '/health'))")
        press(page, "Enter")
    popup.value.close()
    press(page, "j l")
    expect(page.locator(f"{card_of(second)} [data-act=dislike]")).to_have_attribute(
        "aria-pressed", "true"
    )
    press(page, "l j m")
    expect(page.locator(".picks li")).to_have_count(1)
    expect(page.locator(".picks li")).to_have_attribute("data-id", third)
    press(page, "e")
    is_focused(page, "#answers [data-export=bibtex]")
    for held in ("Control", "Alt", "Meta"):
        page.keyboard.press(f"{held}+j")
        is_focused(page, "#answers [data-export=bibtex]")
    press(page, "j")  # from outside of all cards, the first
    is_focused(page, card_of(first))


def test_letters_in_a_field_are_letters(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    text = "jks?/ mle"
    asked(page, kites, text)
    expect(page.locator("#q textarea")).to_have_value(text)
    expect(page.locator("#ssm-keys")).to_have_count(0)
    expect(page.locator("[aria-pressed=true]")).to_have_count(0)
    tab(page, "Submit")
    page.locator("#submitted textarea").click()
    page.keyboard.type(text)
    expect(page.locator("#submitted textarea")).to_have_value(text)


def test_the_help_says_all_keys_and_gives_the_focus_back(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    _, second = asked(page, kites, "video")[:2]
    press(page, "Escape j j ?")
    help_box = page.get_by_role("dialog", name="Keyboard")
    expect(help_box).to_be_visible()
    told = help_box.locator("dt").all_inner_texts()
    assert ["".join(one.split()) for one in told] == [*"/", "Esc", "jk", "Enter", "ml", *"se?"]
    press(page, "j s m")  # goes nowhere
    press(page, "Tab Tab Tab Tab Tab")
    page.keyboard.press("Escape")
    expect(help_box).to_be_hidden()
    is_focused(page, card_of(second))
    expect(page.locator("[aria-pressed=true]")).to_have_count(0)
    page.get_by_role("button", name="keyboard").click()
    help_box.get_by_role("button", name="Close").click()
    is_focused(page, "[data-keys]")


def test_single_letters_can_be_switched_off_for_good(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    first = asked(page, kites, "video")[0]
    opener = page.get_by_role("button", name="keyboard")
    opener.click()
    page.get_by_label("Single keys work").uncheck()
    page.keyboard.press("Escape")
    press(page, "j s ? / e")
    is_focused(page, "[data-keys]")
    expect(page.get_by_role("dialog")).to_have_count(0)
    go(page, page.url)
    press(page, "Escape j ?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    opener.click()
    expect(page.get_by_label("Single keys work")).not_to_be_checked()
    page.get_by_label("Single keys work").check()
    press(page, "Escape j")
    is_focused(page, card_of(first))


def test_the_focus_outlives_the_cards_that_had_it(visit: Visit, kites: PaperSearch) -> None:
    page = visit()
    liked = asked(page, kites, "video")[0]
    press(page, "Escape j m")
    advice = [hit.paper.id for hit in kites.recommend([liked], [], 6, 0.2)]
    expect_titles(page, kites.recommend([liked], [], 6, 0.2), "#advice")
    for _ in kites.query("video"):
        press(page, "j")
    is_focused(page, card_of(advice[0], "#advice"))
    press(page, "m")  # all of the recommended papers are others now
    advised = kites.recommend([liked, advice[0]], [], 6, 0.2)
    expect_titles(page, advised, "#advice")
    assert advice[0] not in [hit.paper.id for hit in advised]
    is_focused(page, card_of(advised[0].paper.id, "#advice"))

    page.evaluate("Date.now = ((now) => () => now() + 5000)(Date.now)")
    asked(page, kites, "audio")
    press(page, "Escape j j")
    page.go_back()
    expect_titles(page, kites.query("video"))
    is_focused(page, card_of(kites.query("video")[1].paper.id))


@pytest.mark.parametrize("stored", ["on", "5", "null", '{"x": 1}', "off\\n", ""])
def test_whatever_is_stored_keys_work(visit: Visit, kites: PaperSearch, stored: str) -> None:
    page = visit(stored={"ssm-search-keys": stored})
    press(page, "Escape j")
    is_focused(page, card_of(kites.newest(1)[0].id))
    assert names([BY_ID[kites.newest(1)[0].id]])


def test_the_help_can_be_read_by_everyone(visit: Visit) -> None:
    page = visit(reduced_motion="reduce")
    press(page, "Escape ?")
    found = []
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.wait_for_function(
                "dark => document.body.classList.contains('dark') === dark", arg=scheme == "dark"
            )
            box = page.locator("#ssm-keys").bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= size["width"]
            found += [f"{scheme}, {size['width']}: {one}" for one in barriers(page)]
    assert found == []


def test_escape_leaves_a_box_as_it_is(visit: Visit) -> None:
    page = visit("?q=video&tab=map")
    box = page.locator("#map-q")
    expect(box).to_have_value("video")
    box.focus()
    # Firefox empties a search box, unless it is told not to; Chromium does once it has the focus.
    page.evaluate("addEventListener('keydown', (event) => (window.left = event.defaultPrevented))")
    page.keyboard.press("Escape")
    assert page.evaluate("window.left")
    is_focused(page, "body")
    expect(box).to_have_value("video")
