"""The map in a real browser: on the page, and as a file that works alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from browsing import (
    GRADIO,
    PHONE,
    WIDE,
    Visit,
    ask,
    barriers,
    context_of,
    expect_titles,
    leave,
    tab,
)
from playwright.sync_api import Browser, Page, expect
from serving import BY_ID, CAM, HOSTILE, PAPERS, RIBBONS, http, library_of, served

from ssm_search import PaperSearch, maps
from ssm_search.views.display import shown

pytestmark = GRADIO
DOTS = "canvas.map-dots"


@pytest.fixture(scope="module")
def file(kites: PaperSearch, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("file") / "map.html"
    maps.write_map(kites, path, kites.query("video string"), "video string")
    return path.as_uri()


@pytest.fixture
def alone(browser: Browser, file: str) -> Iterator[Page]:
    """The file, which asks nobody for anything and says no error."""
    page = context_of(browser, viewport=WIDE).new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.on("pageerror", lambda one: said.append(str(one)))
    page.on("console", lambda one: said.append(one.text))
    page.goto(file)
    drawn(page)
    yield page
    assert page.evaluate("window.hacked") is None
    page.context.close()
    assert (asked, said) == ([file], [])


def drawn(page: Page) -> None:
    page.wait_for_function(f"document.querySelector('{DOTS}')?.width > 300")


def params(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def place(page: Page, search: PaperSearch, paper_id: str) -> tuple[float, float]:
    """Where the dot of a paper is on the screen while all are in sight."""
    told = maps.map_data(search)
    box: Any = page.locator(DOTS).bounding_box()
    (left, right), (top, bottom) = ((min(told[one]), max(told[one])) for one in "xy")
    fitting = (box["width"] - 58) / (right - left), (box["height"] - 58) / (bottom - top)
    across, along = (min(one, 1.5 * min(fitting)) for one in fitting)
    row = told["ids"].index(paper_id)
    return (
        box["x"] + box["width"] / 2 + (told["x"][row] - (left + right) / 2) * across,
        box["y"] + box["height"] / 2 + (told["y"][row] - (top + bottom) / 2) * along,
    )


# ── the file ─────────────────────────────────────────────────────────────────────────────────


def test_a_dot_says_what_it_is_and_a_click_opens_it(alone: Page, kites: PaperSearch) -> None:
    at = place(alone, kites, CAM.id)
    alone.mouse.move(*at)
    tip = alone.locator(".map-tip")
    expect(tip.locator("b")).to_have_text(CAM.title)
    expect(tip.locator("p")).to_have_text(f"{CAM.year} · ICKF 2023 · Moving › Film of Things")
    alone.mouse.click(*at)
    opened = alone.locator(".map-card")
    expect(opened.get_by_role("link", name=CAM.title)).to_have_attribute("href", CAM.url or "")
    expect(tip).to_be_hidden()
    alone.keyboard.press("Escape")
    expect(opened).to_be_empty()


def test_answers_are_listed_with_their_ranks(alone: Page, kites: PaperSearch) -> None:
    hits = kites.query("video string")
    answers = alone.get_by_role("list", name="Answers on the map").get_by_role("listitem")
    expect(answers).to_have_text([" ".join(shown(hit.paper.title).split()) for hit in hits])
    ranks = answers.evaluate_all("all => all.map((one) => one.value)")
    assert ranks == [hit.rank for hit in hits]
    answers.nth(2).get_by_role("button").click()
    expect(alone.locator(".map-card h3")).to_have_text(shown(hits[2].paper.title))
    expect(alone.locator(".map-asked")).to_have_attribute("title", "video string")


def test_a_heading_hides_its_papers_and_shows_them_again(alone: Page, kites: PaperSearch) -> None:
    at = place(alone, kites, CAM.id)
    heading = alone.locator(".map-legend").get_by_role("button", name="Film of Things")
    expect(heading).to_have_attribute("aria-pressed", "true")
    heading.click()
    expect(heading).to_have_attribute("aria-pressed", "false")
    alone.mouse.move(at[0] - 3, at[1])
    alone.mouse.move(*at)
    expect(alone.locator(".map-tip")).to_be_hidden()
    heading.click()
    alone.mouse.move(at[0] - 3, at[1])
    alone.mouse.move(*at)
    expect(alone.locator(".map-tip b")).to_have_text(CAM.title)


def test_wheel_drag_and_keys_move_the_map(alone: Page, kites: PaperSearch) -> None:
    x, y = place(alone, kites, CAM.id)
    title = alone.locator(".map-tip b")
    alone.mouse.move(x, y)
    alone.mouse.wheel(0, -600)  # what lies under the pointer stays there
    alone.mouse.move(x + 1, y)
    expect(title).to_have_text(CAM.title)
    alone.mouse.down()
    alone.mouse.move(x + 41, y + 30, steps=4)
    alone.mouse.up()
    alone.mouse.move(x + 40, y + 30)
    expect(title).to_have_text(CAM.title)
    expect(alone.locator(".map-card")).to_be_empty()  # a drag is no click
    alone.focus(DOTS)
    alone.keyboard.press("0")
    alone.mouse.move(x + 1, y)
    expect(title).to_have_text(CAM.title)


def test_a_map_can_be_used_by_keyboard_alone(alone: Page, kites: PaperSearch) -> None:
    first = kites.query("video string")[0].paper
    alone.keyboard.press("Tab")
    expect(alone.locator(DOTS)).to_be_focused()
    alone.keyboard.press("ArrowRight")
    said = alone.get_by_role("status")
    expect(said).to_have_text(f"Answer 1: {first.title}. {first.year} · Moving › Film of Things")
    alone.keyboard.press("Enter")
    expect(alone.locator(".map-card h3")).to_have_text(first.title)
    expect(said).to_have_text(f"Opened: {first.title}. {first.year} · Moving › Film of Things")
    expect(alone.locator(".map-help")).to_be_hidden()
    alone.locator(".map-card a").focus()
    alone.keyboard.press("Escape")  # back to its dot
    expect(alone.locator(DOTS)).to_be_focused()
    expect(alone.locator(".map-tip b")).to_have_text(first.title)
    expect(alone.locator(".map-card")).to_be_empty()
    expect(alone.locator(".map-help")).to_be_visible()
    alone.keyboard.press("Enter")
    expect(alone.locator(".map-card h3")).to_have_text(first.title)
    seen = {first.title}
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        alone.keyboard.press(key)
        seen.add(alone.locator(".map-tip b").inner_text())
    assert len(seen) > 2
    alone.keyboard.press("Escape")
    expect(alone.locator(".map-card")).to_be_empty()
    expect(said).to_have_text("Closed")


DRAW = """(some) => {
    const group = { name: "g", colour: "#0072b2", symbol: "circle" };
    const all = some.x.map((_, row) => String(row));
    const data = { groups: [group], group: some.x.map(() => 0), ids: all, titles: all, facts: all,
        links: all, regions: [], answers: [], question: "", ...some };
    document.querySelector("main").replaceChildren();
    window.map = ssmMap.draw(document.querySelector("main"), data);
    window.frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    window.calm = async () => {
        for (let wait = 0; wait < 600 && (wait < 2 || map.rest || map.frame); wait++) await frame();
    };
}"""


def draw(page: Page, **data: Any) -> None:
    """A map of our own, as ``map``; ``calm()`` waits until nothing is to be drawn any more."""
    page.evaluate(DRAW, {"x": [0, 1], "y": [0, 1]} | data)


def region(name: str, x: float, y: float, papers: int, level: int) -> dict[str, Any]:
    return {"name": name, "x": x, "y": y, "papers": papers, "level": level}


def test_names_never_overlap_and_are_finer_when_one_looks_closer(alone: Page) -> None:
    draw(
        alone,
        regions=[
            region("large", 0.5, 0.5, 9, 0),
            region("small", 0.51, 0.5, 5, 0),
            region("aside", 0.5, 0.7, 4, 0),
            region("third", 0.5, 0.5, 3, 0),
            region("fourth", 0.5, 0.5, 2, 0),
            region("fine", 0.5, 0.5, 3, 1),
        ],
    )
    found = alone.evaluate(
        """async () => {
            await calm();
            const whole = map.names;
            map.scaleBy(2);
            await calm();
            return [whole, map.names];
        }"""
    )
    assert found == [["large", "small", "aside", "third"], ["fine", "large", "small", "aside"]]


def test_a_long_name_is_broken_after_its_comma_or_in_its_middle(alone: Page) -> None:
    draw(
        alone,
        regions=[
            region("structured state spaces, kite fields", 0.2, 0.2, 9, 0),
            region("Selective Scans for Kites", 0.5, 0.5, 8, 0),
            region("S4, structured state spaces", 0.8, 0.8, 7, 0),
            region("short, and one", 0.2, 0.8, 6, 0),
            region("w" * 30, 0.8, 0.2, 5, 0),
        ],
    )
    lines = alone.evaluate(
        """async () => {
            const lines = [];
            const { fillText } = map.pen;
            map.pen.fillText = (...one) => lines.push(one[0]) && fillText.apply(map.pen, one);
            map.redraw();
            await frame();
            return lines;
        }"""
    )
    assert lines == [
        *("structured state spaces,", "kite fields"),
        *("Selective Scans", "for Kites"),
        *("S4, structured", "state spaces"),
        "short, and one",
        "w" * 30,
    ]


def test_a_name_stands_where_it_hides_the_fewest_dots(alone: Page) -> None:
    # Two rows of dots, at the place of the name and above it.
    across = [one / 100 for one in range(101)]
    draw(
        alone,
        x=[*across, *across, 0.5, 0.5],
        y=[*[0.5] * 101, *[0.46] * 101, 0, 1],
        regions=[region("kites", 0.5, 0.5, 101, 0)],
    )
    offset = alone.evaluate(
        """async () => {
            await calm();
            let at;
            map.pen.fillText = (text, right, down) => (at = down);
            map.redraw();
            await frame();
            return Math.round(at - map.on(0.5, 0.5)[1]);
        }"""
    )
    assert offset == 22


def test_dots_are_moved_as_a_picture_and_in_the_end_drawn_sharp(alone: Page) -> None:
    draw(alone, x=[one / 10 for one in range(11)], y=[one % 3 / 2 for one in range(11)])
    found = alone.evaluate(
        """async () => {
            await calm();
            map.zoom = 4;
            map.moveTo(0.5, 0.5);
            await calm();
            const told = [];
            const tell = () => told.push([map.layer.x, map.scales[0] / map.layer.scales[0]]);
            const steps = [[() => map.moveBy(-60, 0), frame], [() => map.moveBy(-900, 0), frame],
                [() => map.scaleBy(1.25), frame], [() => 0, calm], [() => map.scaleBy(2), frame]];
            for (const [act, wait] of steps) {
                act();
                await wait();
                tell();
            }
            return told.map(([x, larger]) => [+x.toFixed(2), +larger.toFixed(2)]);
        }"""
    )
    # Within the picture; beyond it; enlarged a little, and at rest; enlarged too much.
    (first, *_), (second, *_) = found[0], found[1]
    assert first == 0.5
    assert second > 0.7
    assert [larger for _, larger in found] == [1, 1, 1.25, 1, 1]


def test_a_moved_picture_has_each_dot_where_it_is(alone: Page) -> None:
    draw(alone, x=[0, 0.5, 1], y=[0, 0.5, 1])
    pixels = alone.evaluate(
        """async () => {
            await calm();
            map.scaleBy(3);
            await calm();
            map.moveBy(-50, 20);
            await frame();
            const pixel = (row) => {
                const [x, y] = map.place(row).map(Math.round);
                return [...map.pen.getImageData(x, y, 1, 1).data.slice(0, 3)];
            };
            return [pixel(1), map.place(1)[0] - map.width / 2];
        }"""
    )
    assert pixels == [[0x00, 0x72, 0xB2], -50]


def test_ranks_step_aside_and_give_way_to_better_ones(alone: Page) -> None:
    # 1 to 5 on one place, 6 to 8 apart.
    draw(
        alone,
        x=[0.5, 0.5, 0.5, 0.5, 0.5, 0, 1, 1],
        y=[0.5, 0.5, 0.5, 0.5, 0.5, 0, 0, 1],
        answers=[{"row": row, "rank": row + 1} for row in range(8)],
    )
    assert alone.evaluate("async () => (await calm(), map.ranked)") == [1, 2, 3, 4, 6, 7, 8]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_map_of_its_own_can_be_read_by_everyone(browser: Browser, file: str, scheme: Any) -> None:
    page = context_of(browser, viewport=WIDE, color_scheme=scheme).new_page()
    page.goto(file)
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.locator(".map-answers button").first.click()
        expect(page.locator(".map-card h3")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert barriers(page) == []
    page.context.close()


# ── the page ─────────────────────────────────────────────────────────────────────────────────


def test_the_page_asks_for_the_map_once_and_only_when_it_is_opened(
    visit: Visit, kites: PaperSearch
) -> None:
    page = visit()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(urlsplit(one.url).path))
    tab(page, "Map")
    drawn(page)
    tab(page, "Search")
    ask(page, "video string")
    expect_titles(page, kites.query("video string"))
    tab(page, "Map")
    expect(page.locator("#map-beside li")).to_have_count(10)
    assert asked.count("/map.json") == 1


def test_the_map_has_the_same_search(visit: Visit, kites: PaperSearch) -> None:
    page = visit("?tab=map")
    drawn(page)
    expect(page.locator("#map-beside li")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.locator("#map-q")).to_be_focused()
    page.keyboard.type("video string")
    hits = kites.query("video string")
    expect(page.locator("#map-beside li")).to_have_text(
        [" ".join(shown(hit.paper.title).split()) for hit in hits]
    )
    # The last letter may be asked for once more, and that answer says how long it took itself.
    page.wait_for_function(
        "() => document.querySelector('.map-line').textContent"
        " === document.querySelector('#answers .line').textContent"
    )
    assert params(page) == {"tab": ["map"], "q": ["video string"]}
    tab(page, "Search")
    expect(page.locator("#q textarea")).to_have_value("video string")
    expect_titles(page, hits)
    page.wait_for_url("**/?q=video+string")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_dot_opens_its_card_in_sight(
    visit: Visit, kites: PaperSearch, size: dict[str, int]
) -> None:
    page = visit("?tab=map", viewport=size)
    drawn(page)
    page.mouse.click(*place(page, kites, CAM.id))
    opened = page.locator("#chosen .card")
    expect(opened).to_have_attribute("data-id", CAM.id)
    expect(opened.locator("h3")).to_be_in_viewport()
    assert params(page) == {"tab": ["map"], "paper": [CAM.id]}
    opened.locator("[data-act=like]").click()
    expect(opened.locator("[data-act=like]")).to_have_attribute("aria-pressed", "true")
    page.focus(DOTS)
    page.keyboard.press("Escape")
    expect(opened).to_have_count(0)
    assert params(page) == {"tab": ["map"]}


def test_a_link_opens_the_map_at_its_paper_and_back_leads_back(visit: Visit) -> None:
    page = visit(f"?q=graph&tab=map&paper={RIBBONS.id}")
    drawn(page)
    opened = page.locator("#chosen .card")
    expect(opened).to_have_attribute("data-id", RIBBONS.id)
    expect(page.locator("#map-q")).to_have_value("graph")
    answers = page.locator("#map-beside li")
    expect(answers).to_have_count(10)
    answers.first.get_by_role("button").click()
    expect(opened).not_to_have_attribute("data-id", RIBBONS.id)
    assert opened.get_attribute("data-id") in BY_ID
    page.go_back()
    expect(opened).to_have_attribute("data-id", RIBBONS.id)
    tab(page, "Search")
    assert params(page) == {"q": ["graph"]}
    page.go_back()
    expect(page.locator(DOTS)).to_be_visible()
    assert params(page) == {"q": ["graph"], "tab": ["map"], "paper": [RIBBONS.id]}


def test_what_an_address_names_and_nobody_knows_is_nothing(visit: Visit) -> None:
    page = visit("?tab=nowhere&paper=<b>x</b>")
    expect(page.get_by_role("tab", name="Search", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    leave(page)
    page = visit("?tab=map&paper=<img src=x onerror=window.hacked=1>")
    drawn(page)
    expect(page.locator("#chosen .card")).to_have_count(0)


def test_hostile_titles_are_text_on_the_map(visit: Visit) -> None:
    page = visit("?tab=map")
    drawn(page)
    for paper_id in HOSTILE:
        page.evaluate("at => history.replaceState(null, '', at)", f"?tab=map&paper={paper_id}")
        page.evaluate("dispatchEvent(new PopStateEvent('popstate'))")
        expect(page.locator("#chosen .card")).to_have_attribute("data-id", paper_id)
        page.focus("#map-q")
        page.focus(DOTS)
        page.keyboard.press("ArrowRight")  # which begins at what is picked
        title = " ".join(shown(HOSTILE[paper_id]).split())
        expect(page.locator(".map-tip b")).to_contain_text(title[:199])
    assert page.locator("#map").locator("script, img, i").count() == 0


def test_the_map_is_sent_packed_and_again_only_once_it_changed(
    url: str, kites: PaperSearch
) -> None:
    answer = http.get(f"{url}/map.json")
    assert answer.json() == maps.map_data(kites)
    assert answer.headers["content-encoding"] == "gzip"
    plain = http.get(f"{url}/map.json", headers={"Accept-Encoding": "identity"})
    assert plain.content == answer.content
    assert "content-encoding" not in plain.headers
    tag = {"If-None-Match": answer.headers["etag"]}
    again = http.get(f"{url}/map.json", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert len(answer.json()["ids"]) == len(PAPERS)


def test_a_library_that_is_renewed_has_another_map(tmp_path: Path, kites: PaperSearch) -> None:
    library = library_of(tmp_path)
    with served(library) as at:
        before = http.get(f"{at}/map.json")
        library.search = PaperSearch.from_papers(PAPERS[:3], kites.encoder)
        after = http.get(f"{at}/map.json")
    assert after.headers["etag"] != before.headers["etag"]
    assert after.json()["ids"] == [paper.id for paper in PAPERS[:3]]
