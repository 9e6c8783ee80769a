"""The menu of lists in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import GRADIO, PHONE, Visit, ask, settle, tab, titles
from fakes import WordEncoder
from playwright.sync_api import Page, expect
from serving import served
from ssm_search_app.library import Library, Shelf

from ssm_search.papers import Paper
from ssm_search.search.local import PaperSearch

pytestmark = GRADIO
FILM = Paper("2401.00001", "Moving pictures", year=2024, categories=(("See",),), abstract="Video.")
NODES = Paper("2301.00002", "Nodes", year=2023, categories=(("Count",),), abstract="A graph.")
TREES = Paper("2201.00003", "Trees", year=2022, categories=(("Draw",),), abstract="A graph grows.")
HOSTILE = "<img src=x onerror=hacked=1> & Co"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    made = []
    for title, papers in (("Kites", [FILM, NODES]), (HOSTILE, [NODES, TREES])):
        search = PaperSearch.from_papers(papers, WordEncoder())
        manifest = search.rows.manifest.stamped("list.md", title=title)
        object.__setattr__(search.rows, "manifest", manifest)
        made.append(Library(search, offline=True))
    with served(Shelf.of(made)) as address:
        yield address


def choose_list(page: Page, name: str) -> None:
    page.locator("#list input").click()
    page.get_by_role("option", name=re.compile(rf"^\W*{re.escape(name)}$")).click()


def test_all_lists_are_searched_or_the_chosen_one(visit: Visit) -> None:
    page = visit()
    assert titles(page) == ["Moving pictures", "Nodes", "Trees"]
    ask(page, "graph")
    expect(page.locator("#answers .card h3")).to_have_text(["Nodes", "Trees", "Moving pictures"])
    expect(page.locator("#answers .lists").first).to_have_text(f"in Kites, {HOSTILE}")
    settle(page)
    choose_list(page, "Kites")
    expect(page.locator("#answers .card h3")).to_have_text(["Nodes", "Moving pictures"])
    expect(page).to_have_url(re.compile(r"\?q=graph&list=Kites$"))
    page.locator("#filters button").first.click()
    page.get_by_label("Heading", exact=True).click()
    options = page.get_by_role("option")
    expect(options).to_have_text(["✓ All headings", "✓ See (1)", "✓ Count (1)"])
    options.last.click()
    expect(page.locator("#answers .card h3")).to_have_text(["Nodes"])
    choose_list(page, HOSTILE)
    expect(page.locator("#answers .card h3")).to_have_text(["Nodes", "Trees"])
    expect(page.get_by_label("Heading", exact=True)).to_have_value("All headings")
    page.go_back()
    expect(page.locator("#answers .card h3")).to_have_text(["Nodes"])
    expect(page.locator("#list input")).to_have_value("Kites")


def test_a_link_names_a_list(visit: Visit) -> None:
    page = visit("/?q=graph&list=Kites&category=Count")
    expect(page.locator("#list input")).to_have_value("Kites")
    expect(page.get_by_label("Heading", exact=True)).to_have_value("Count (1)")
    assert titles(page) == ["Nodes"]
    page = visit("/?q=graph&list=Nowhere")
    expect(page.locator("#list input")).to_have_value("All lists")


def test_a_submission_says_its_list(visit: Visit) -> None:
    page = visit()
    tab(page, "Submit")
    page.locator("#submitted textarea").fill("A graph of graphs\n\nA graph.")
    page.get_by_label("List", exact=True).last.click()
    page.get_by_role("option", name=re.compile(r"Co$")).click()
    page.get_by_role("button", name="Show where it belongs").click()
    expect(page.locator("#card .line").first).to_have_text(f"For the list {HOSTILE}:")


@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_the_menu_is_for_everybody(visit: Visit, size: dict[str, int] | None) -> None:
    page = visit(**({"viewport": size} if size else {}))
    found = Axe().run(page, context="#list")
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_map_says_whose_it_is_and_what_it_cannot_show(visit: Visit) -> None:
    page = visit("?tab=map&q=graph")
    menu, line = page.get_by_label("Map of", exact=True), page.locator(".map-line")
    listed = page.get_by_role("list", name="Answers on the map").get_by_role("listitem")
    expect(menu).to_have_value("Kites")
    expect(menu.locator("option")).to_have_text(["Kites", HOSTILE])
    expect(line).to_have_text(
        re.compile(r"^The best 3 \(\d+ ms\) · 1 of the 3 is on other lists\.$")
    )
    expect(listed).to_have_text(["Nodes", "Moving pictures"])
    assert [one.get_attribute("value") for one in listed.all()] == ["1", "3"]
    menu.select_option(HOSTILE)
    expect(listed).to_have_text(["Nodes", "Trees"])
    expect(page).to_have_url(re.compile(r"\?q=graph&tab=map&map=%3Cimg"))
    expect(page.get_by_role("application")).to_have_accessible_name(re.compile("^Map of <img"))
    page.reload()
    expect(menu).to_have_value(HOSTILE)
    expect(listed).to_have_text(["Nodes", "Trees"])
    tab(page, "Search")
    expect(page).to_have_url(re.compile(r"\?q=graph$"))
    choose_list(page, "Kites")
    tab(page, "Map")
    expect(menu).to_have_value("Kites")
    expect(line).to_have_text(re.compile(r"^The best 2 \(\d+ ms\)$"))
    menu.select_option(HOSTILE)  # what is searched, since one list is
    expect(line).to_have_text(re.compile(r"^The best 2 \(\d+ ms\)$"))
    expect(listed).to_have_text(["Nodes", "Trees"])
    expect(page).to_have_url(re.compile(r"\?q=graph&list=%3Cimg.*&tab=map"))


def test_another_list_leaves_the_filters_open_as_they_are(visit: Visit) -> None:
    page = visit("?q=graph")
    settle(page)
    fold = page.locator("#filters button").first
    fold.click()
    code = page.get_by_role("radio", name="with", exact=True)
    expect(code).to_be_visible()
    choose_list(page, "Kites")
    expect(page.locator("#answers .card h3")).to_have_text(["Nodes", "Moving pictures"])
    expect(page).to_have_url(re.compile("list=Kites"))
    settle(page)
    expect(code).to_be_visible()


def test_an_address_of_no_list_says_so(visit: Visit) -> None:
    page = visit("?q=graph&list=%3Cb%3Enowhere")
    said = f"There is no list '<b>nowhere'; expected Kites, {HOSTILE}. The best 3 ("
    expect(page.locator("#answers .line")).to_contain_text(said)
