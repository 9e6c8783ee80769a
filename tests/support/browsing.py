"""The page in a real browser: how tests open it, and do what people do.

A plugin of pytest: a test of any file that takes ``visit`` opens pages of the small list of
:mod:`serving`, or of what its own file has as ``url``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from conftest import PATIENCE
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from ssm_search.views.display import shown

if TYPE_CHECKING:
    from ssm_search_app.library import Library

    from ssm_search import PaperSearch

GRADIO = pytest.mark.filterwarnings(
    # What gradio does with pandas 3, and says of its own calls; not what it says of our values.
    "ignore::Warning:gradio",
    "ignore::DeprecationWarning:pandas",
    "error:The value passed into",
)
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
"""What pages are opened in, the first that is here. The shell has nothing of a browser around them:
.6 s of the processor to start, not 2.0, and 1.7 s for a page, not 2.0."""
TYPED, LEAPT = 11, 3  # inputs of what the page asks: the fields, or an address; picks, a number
Visit = Callable[..., Page]
WIDE = {"width": 1280, "height": 900}
LINGERING = """{
    const later = setTimeout;
    window.setTimeout = (f, ms, ...more) =>
        ms >= 2500 && ms !== 3000 ? 0 : later(f, ms, ...more);
}"""
"""A script by which what the page says of a press stays until it says something else."""
PHONE = {"width": 390, "height": 844}
MEDIA = ("color_scheme", "reduced_motion")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    from serving import library_of  # not for tests that open no page: it loads gradio

    return library_of(tmp_path_factory.mktemp("kites"))


@pytest.fixture(scope="module")
def kites(library: Library) -> PaperSearch:
    return library.search


@pytest.fixture(scope="module")
def url(library: Library) -> Iterator[str]:
    from serving import served

    with served(library) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of a file, gone afterwards.

    Not for those of a process: while it is there, an event loop runs in this thread, and tests of
    other files could start none.
    """
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no chromium here")
    with sync_playwright() as playwright:
        # All tabs of a context are of one process, which has read the scripts of the page already:
        # 2.5 s of the processor for one more, not 3.9. No test draws by a graphics card, nor by a
        # process that does as if there was one: 1.5 s for a page, not 1.7.
        args = ["--no-sandbox", "--process-per-site", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=path, args=args)
        expect.set_options(timeout=1_000 * PATIENCE)
        yield browser
        browser.close()


def context_of(browser: Browser, **options: Any) -> BrowserContext:
    """A new one, whose pages are waited for."""
    context = browser.new_context(**options)
    context.set_default_timeout(1_000 * PATIENCE)
    return context


@pytest.fixture(scope="module")
def contexts() -> dict[str, BrowserContext]:
    """Those that the tests of a file have in common, so that the page's own files load once."""
    return {}


@pytest.fixture
def visit(browser: Browser, contexts: dict[str, BrowserContext], url: str) -> Iterator[Visit]:
    with visiting(browser, contexts, url) as visit:
        yield visit


def is_here(address: str) -> bool:
    """Whether this machine is asked, by a server of 127.0.0.1, or nobody."""
    return urlsplit(address).hostname in (None, "127.0.0.1")


@contextmanager
def visiting(
    browser: Browser,
    contexts: dict[str, BrowserContext],
    url: str = "",
    *,
    loud: Container[str] = ("error",),
    may_ask: Callable[[str], bool] = is_here,
) -> Iterator[Visit]:
    """Opens pages for somebody who was never here, and asserts in the end that all were quiet.

    Args:
        loud: kinds of lines of the console that there must be none of.
        may_ask: whether a page may ask for an address.

    What is ``stored`` is what the browser kept for somebody who was here before.
    """
    pages: list[Page] = []
    errors: list[str] = []
    asked: list[str] = []

    def open_page(
        path: str = "",
        *,
        at: str = "",
        script: str = "",
        stored: dict[str, str] | None = None,
        wait: bool | None = True,
        **options: Any,
    ) -> Page:
        # What can be set for one page is no other context, which would read all scripts anew.
        size = options.pop("viewport", None)
        media = {one: options.pop(one) for one in MEDIA if one in options}
        address, name = (at or url) + path, json.dumps(options)
        if name not in contexts:
            contexts[name] = context_of(browser, viewport=WIDE, **options)
        calm = stay(contexts[name], address)
        for key, text in (stored or {}).items():
            calm.evaluate("([key, text]) => localStorage.setItem(key, text)", [key, text])
        page = contexts[name].new_page()
        pages.append(page)
        if size:
            page.set_viewport_size(size)
        if media:
            page.emulate_media(**media)
        if script:
            page.add_init_script(script)
        page.on("request", lambda one: asked.append(one.url))
        page.on("pageerror", lambda one: errors.append(str(one)))
        page.on(
            "console",
            lambda one: errors.append(f"{one.text} ({one.location})") if one.type in loud else None,
        )
        page.goto(address) if wait is None else go(page, address, wait=wait)
        return page

    yield open_page
    for page in pages:
        if not page.is_closed():
            leave(page)
    assert errors == [], errors
    assert [one for one in asked if not may_ask(one)] == []


def stay(context: BrowserContext, address: str) -> Page:
    """A tab that stays open at a place, for the last one's process would end, and what it read."""
    calm = urljoin(address, "/health" if address.startswith("http") else "./")
    for page in context.pages:
        if page.url == calm:
            return page
    page = context.new_page()
    page.goto(calm)
    return page


def leave(page: Page) -> None:
    """Close a page on which nothing went wrong; nothing of it is kept."""
    assert page.evaluate("window.hacked") is None
    expect(page.locator(".toast-body")).to_have_count(0)
    # Nor what the page would keep of what is asked when it is left.
    page.evaluate("() => { localStorage.clear(); Storage.prototype.setItem = () => {}; }")
    page.close()


def is_arrival(request: Any) -> bool:
    """Whether the page asks for the answers that belong to its address."""
    data = json.loads(request.post_data)["data"] if request.method == "POST" else []
    return len(data) == LEAPT


def go(page: Page, address: str, *, wait: bool = True) -> None:
    if wait:
        with page.expect_event("requestfinished", lambda one: is_arrival(one)):
            page.goto(address)
    else:
        page.goto(address)
    found = page.locator("#answers").locator(".line, .card").first
    expect(found).to_be_attached() if "tab=" in address else expect(found).to_be_visible()


def ask(page: Page, text: str) -> None:
    """Type as people do, without Enter."""
    page.locator("#q textarea").click()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def barriers(page: Page) -> list[str]:
    """What keeps people out of the page as it is: what axe finds serious or critical, and where."""
    # Its own ``Axe().run`` reads axe's script, half a megabyte, each time, and fetches what passes.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    violations = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then((found) => found.violations)"
    )
    return [
        f"{one['id']} at {node['target']}"
        for one in violations
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def look_in_own_colours_and_on_paper(page: Page, *controls: str) -> None:
    """Assert that what is kept stands out in colours of one's own, and that no control is printed.

    Args:
        page: one card on it is kept; it is left as it is printed.
        controls: selectors, of each the first.
    """
    page.emulate_media(forced_colors="active")
    page.mouse.move(0, 0)
    kept, not_kept = (
        page.locator(f'#answers [data-act=keep][aria-pressed="{is_kept}"]').first.evaluate(
            "(one) => getComputedStyle(one).backgroundColor"
        )
        for is_kept in ("true", "false")
    )
    assert kept != not_kept
    page.emulate_media(forced_colors="none", media="print")
    expect(page.locator("#answers h3").first).to_be_visible()
    for control in controls:
        expect(page.locator(control).first).to_be_hidden()


def settle(page: Page) -> None:
    """Wait until all that was typed is answered: the last letter is, maybe once more."""
    page.wait_for_function(
        """() => {
            const count = performance.getEntriesByType("resource").length;
            if (window.settled?.count !== count) window.settled = {count, since: Date.now()};
            return Date.now() - window.settled.since > 300;
        }"""
    )


def titles(page: Page, within: str = "#answers") -> list[str]:
    return [" ".join(text.split()) for text in page.locator(f"{within} .card h3").all_inner_texts()]


def names(found: Any) -> list[str]:
    """Of hits or papers, as the page shows them."""
    papers = [getattr(one, "paper", one) for one in found]
    return [" ".join(shown(paper.title).split()) for paper in papers]


def expect_titles(page: Page, found: Any, within: str = "#answers") -> None:
    expect(page.locator(f"{within} .card h3")).to_have_text(names(found))


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=re.compile(rf"^\W*{re.escape(option)}")).first.click()


def card(page: Page, paper_id: str, within: str = "#answers") -> Any:
    return page.locator(f'{within} .card[data-id="{paper_id}"]')


def pressed(page: Page, paper_id: str, act: str) -> str | None:
    return card(page, paper_id).locator(f"[data-act={act}]").get_attribute("aria-pressed")
