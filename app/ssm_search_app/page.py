"""The page: what stands where, and which event calls what."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import gradio as gr
from gradio.events import api

from ssm_search import SsmSearchError, submissions
from ssm_search_app import handlers, offers, render
from ssm_search_app.address import CODES, MOST_ANSWERS, ORDERS, Search
from ssm_search_app.bounds import MAX_TEXT, SLOW_WORKERS, Lanes, Work
from ssm_search_app.events import (
    ALL_LISTS,
    ANY_PATH,
    ANY_VENUE,
    ANY_YEAR,
    LIKELIEST,
    LIKELIEST_LIST,
    Events,
    menus_of,
)
from ssm_search_app.library import Library
from ssm_search_app.tools import answering

PICKS_KEY = "ssm-search-picks"  # in the browser's own storage
# Answers come in milliseconds: no queue, no spinner, and of what is typed only the last counts.
QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
MAX_STATE = 2 * MAX_TEXT  # characters that an event brings: a question, filters, picks
CARDS = "ssm.cards(element, trigger, server)"


def shown(function: Work) -> Work:
    """``function``; what it raises reaches the person, or the program, in one line."""

    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return await function(*args, **kwargs)
        except SsmSearchError as error:
            raise gr.Error(str(error), print_exception=False) from error

    # Gradio asks for both at each call; to read them from the source takes it 0.3 ms.
    call.__annotations__ = get_type_hints(function, include_extras=True)
    call.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return call


# Long: what stands where, and which event calls what, name the same forty components.
def build_page(library: Library, lanes: Lanes, offered: list[Work]) -> gr.Blocks:
    """The page of a library, to be mounted by :mod:`ssm_search_app.server`.

    Args:
        offered: what programs may call through Gradio.
    """
    events = Events(library)

    def at_work(function: Callable[..., Any]) -> Work:
        return shown(answering(lanes.quick(function, MAX_STATE, few=MAX_STATE)))

    def export(wanted: Any) -> dict[str, str]:  # Gradio marks it, which a method does not bear
        return events.export(wanted)

    def cards_here(value: str = "", **options: Any) -> gr.HTML:
        return gr.HTML(
            value,
            js_on_load=CARDS,
            server_functions=[export],
            apply_default_css=False,
            **options,
        )

    page: gr.Blocks = gr.Blocks(analytics_enabled=False)
    with page:
        picks = gr.BrowserState(dict(handlers.NO_PICKS), storage_key=PICKS_KEY, secret=PICKS_KEY)
        address, turn = gr.Textbox(visible=False), gr.Number(visible=False)
        # An answer, until it is known whether it is still wanted.
        found = gr.JSON(visible=False, elem_id="found")
        of_list = library.search.is_list  # a large corpus has no headings, no map
        several = bool(library.names)
        header = gr.HTML(apply_default_css=False)
        # Hears the browser's "back"; outside the tabs, which load when opened.
        ear = gr.HTML(js_on_load="ssm.hear(trigger)", visible="hidden")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Search"):
                with gr.Row():
                    q = gr.Textbox(
                        label="What are you looking for?",
                        placeholder="words, a question, a title, an abstract, an arXiv id",
                        max_length=MAX_TEXT,
                        max_lines=4,
                        autofocus=True,
                        scale=3,
                        min_width=320,
                        elem_id="q",
                    )
                    which = gr.Dropdown(
                        [ALL_LISTS],
                        value="",
                        label="List",
                        visible=several,
                        min_width=240,
                        elem_id="list",
                    )
                examples = gr.HTML(js_on_load="ssm.examples(element)", apply_default_css=False)
                with gr.Accordion("Filters and order", open=False, elem_id="filters") as folded:
                    with gr.Row():
                        category = gr.Dropdown([ANY_PATH], value="", label="Heading", min_width=260)
                        venue = gr.Dropdown([ANY_VENUE], value="", label="Venue", min_width=160)
                        year_from = gr.Dropdown([ANY_YEAR], value=0, label="From", min_width=110)
                        year_to = gr.Dropdown([ANY_YEAR], value=0, label="To", min_width=110)
                    with gr.Row():
                        code = gr.Radio(list(CODES), value="any", label="Code", min_width=220)
                        order = gr.Radio(list(ORDERS), value="relevance", label="Sort by")
                        k = gr.Slider(1, MOST_ANSWERS, value=10, step=1, label="Answers")
                with gr.Row(elem_classes="columns"):
                    with gr.Column(scale=5, min_width=320):
                        answers = cards_here(elem_id="answers")
                    with gr.Column(scale=2, min_width=270, elem_id="aside"):
                        chips = cards_here(handlers.picks_html(library, handlers.NO_PICKS))
                        diversity = gr.Slider(
                            0, 1, value=0.2, step=0.1, label="Diversity", visible=False
                        )
                        advice = cards_here(elem_id="advice")
            with gr.Tab("Kept", id="kept") as kept_tab:
                gr.HTML(
                    js_on_load="ssm.kept(element, server)",
                    server_functions=[export],
                    apply_default_css=False,
                    elem_id="kept",
                )
            with gr.Tab("Submit", visible=of_list), gr.Row(elem_classes="columns"):
                with gr.Column(scale=2, min_width=320):
                    submitted = gr.Textbox(
                        label="A link, or a title and an abstract",
                        info="Or several links, BibTeX, or the diff of a pull request.",
                        placeholder="https://arxiv.org/abs/…",
                        lines=10,
                        max_lines=20,
                        elem_id="submitted",
                    )
                    onto = gr.Dropdown([LIKELIEST_LIST], value="", label="List", visible=several)
                    under = gr.Dropdown([LIKELIEST], value="", label="File under")
                    send = gr.Button("Show where it belongs", variant="primary")
                with gr.Column(scale=3, min_width=320):
                    card = cards_here(elem_id="card")
            with gr.Tab("Map", visible=of_list), gr.Row(elem_classes="columns"):
                with gr.Column(scale=3, min_width=320):
                    drawn = gr.HTML(
                        js_on_load="ssm.openMap(element, trigger)",
                        apply_default_css=False,
                        elem_id="map",
                    )
                with gr.Column(scale=2, min_width=300):
                    chosen = cards_here(elem_id="chosen")
                    gr.HTML('<div id="map-beside"></div>', apply_default_css=False)
            with gr.Tab("About"):
                about = gr.HTML(apply_default_css=False)

        fields: list[Any] = [q, category, year_from, year_to, venue, code, k, order, which]
        at_once: dict[str, Any] = {**QUICK, "trigger_mode": "always_last"}
        # Not q.input: that is of keys that write, and says nothing of deleting or pasting.
        gr.on([q.submit, *(one.input for one in fields[1:-1])], js="ssm.edit", **QUICK)
        # Another list has other menus, and so is another search to leap to.
        which.input(None, [q, which], js="ssm.choose", **QUICK)
        asked = ear.edit(
            at_work(events.show), [*fields, picks, turn], found, js="ssm.ask", **at_once
        )
        # A link was opened or an example tried; or the browser's "back" was pressed.
        leapt = gr.on(
            [page.load, ear.input],
            at_work(events.restore),
            [address, picks, turn],
            found,
            js="ssm.visit",
            **at_once,
        )
        for one in (asked, leapt):
            one.then(None, found, [answers, folded, *fields], js="ssm.settle", **QUICK)

        for of_cards in (answers, chips, advice, chosen):
            of_cards.click(None, picks, picks, js="ssm.pick", trigger_mode="multiple", **QUICK)
        gr.on(
            [picks.change, diversity.input, page.load],
            at_work(events.advise),
            [picks, diversity],
            [chips, diversity, advice],
            **at_once,
        ).then(None, picks, js="ssm.press", **QUICK)
        ear.change(None, None, kept_tab, js="ssm.keptLabel", trigger_mode="multiple", **QUICK)
        drawn.select(at_work(events.show_on_map), picks, chosen, **at_once).then(
            None, js="ssm.reveal", **QUICK
        )
        onto.input(at_work(events.choose_to_file), onto, under, **QUICK)
        send.click(
            shown(answering(lanes.slow(events.judge, submissions.MAX_CHARS))),
            [submitted, under, onto],
            card,
            concurrency_limit=SLOW_WORKERS,
            concurrency_id="submit",
            show_progress="minimal",
            api_visibility="private",
        )
        for tool in offered:
            slow = tool.__name__ == "submit"
            api(
                shown(tool),
                queue=slow,
                concurrency_limit=SLOW_WORKERS if slow else None,
                concurrency_id="submit" if slow else None,
            )

    def fill() -> None:
        """Put in what the library says; who has the page open already keeps what is there."""
        newest = handlers.answer(library, Search())
        page.title = f"{library.title} · ssm-search"
        header.value = render.render(
            "header.html",
            title=library.title,
            papers=library.count,
            lists=len(library.each),
            feed=of_list,
        )
        examples.value = render.render("examples.html", examples=offers.examples(library))
        answers.value = render.answers(
            newest.found, newest.line, newest=True, in_lists=library.in_lists()
        )
        ear.value = render.render("ids.html", ids=handlers.ids_text(library))
        about.value = handlers.about_html(library)
        choices_of = menus_of(library)
        named = list(zip(library.names, library.keys, strict=True))
        headings = [] if several else offers.headings(library, empty=True)
        drawn.value = render.render("map.html", most=MAX_TEXT, lists=offers.lists(library))
        menus: tuple[tuple[gr.Dropdown, Any], ...] = (
            (category, choices_of["category"]),
            (venue, choices_of["venue"]),
            (year_from, choices_of["year_from"]),
            (year_to, choices_of["year_to"]),
            (under, [LIKELIEST, *headings]),
            (which, [ALL_LISTS, *named]),
            (onto, [LIKELIEST_LIST, *named]),
        )
        for menu, choices in menus:
            # An event that changes a menu makes it anew, of what it was made of.
            menu.choices = menu.constructor_args["choices"] = choices
        page.config = page.get_config_file()

    fill()
    library.renewed.append(fill)
    return page
