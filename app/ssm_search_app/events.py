"""What each event of the page shows: values of components in, values of components out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import gradio as gr

from ssm_search_app import handlers, offers, render
from ssm_search_app.address import Search, from_address, to_address
from ssm_search_app.library import Library

ANY_PATH, LIKELIEST, ANY_YEAR, ANY_VENUE, ALL_LISTS, LIKELIEST_LIST = (
    ("All headings", ""),
    ("the likeliest heading", ""),
    ("any year", 0),
    ("any venue", ""),
    ("All lists", ""),
    ("the list that it fits best", ""),
)


def menus_of(library: Library) -> dict[str, list[Any]]:
    """What can be chosen of the papers of a library, by the fields of :class:`Search`."""
    years = [ANY_YEAR, *((str(year), year) for year in offers.years(library))]
    return {
        "category": [ANY_PATH, *offers.headings(library)],
        "venue": [ANY_VENUE, *((name, name) for name in offers.venues(library))],
        "year_from": years,
        "year_to": years,
    }


class Events:
    """The events of the page of a library, each a method that a component calls."""

    def __init__(self, library: Library):
        self._library = library

    def show(self, *values: Any) -> dict[str, Any]:
        """The answers to a search, and the address that leads back to it.

        With the number that the browser gave the question: answers may overtake one another.
        """
        *fields, picks, turn = values
        search = _search_of(*fields)
        return {"turn": turn, "address": to_address(search), "html": self._html(search, picks)}

    def restore(self, address: str | None, picks: Any, turn: Any) -> dict[str, Any]:
        """A search out of an address: its answers, its fields, whether their fold is open.

        Only the number of the question where there is no address.
        """
        if address is None:
            return {"turn": turn}
        search = from_address(address)
        in_menus = offers.in_menus(self._library, search)
        return {
            "turn": turn,
            "html": self._html(search, picks),
            "fields": self._fields(in_menus),
            "open": in_menus.is_filtered,
        }

    def _html(self, search: Search, picks: Any) -> str:
        found = handlers.answer(self._library, search)
        chosen = handlers.known_picks(self._library, picks)
        return render.answers(
            found.found,
            found.line,
            chosen,
            chips=found.chips,
            newest=found.newest,
            in_lists=self._library.in_lists(search.list),
        )

    def _cards(self, found: Sequence[Any], line: str, picks: handlers.Picks, label: str) -> str:
        return render.answers(found, line, picks, label, in_lists=self._library.in_lists())

    def _fields(self, search: Search) -> Sequence[Any]:
        """The fields of a search; where they depend on its list, menus and what to choose there."""
        if not self._library.names:
            return astuple(search)
        menus = menus_of(self._library.chosen(search.list))
        values = {name: getattr(search, name) for name in Search.__dataclass_fields__}
        return [
            {"__type__": "update", "choices": menus[name], "value": value}
            if name in menus
            else value
            for name, value in values.items()
        ]

    def choose_to_file(self, name: str) -> Any:
        """The headings of the list that is submitted to; none of several at once."""
        at = self._library.chosen(name)
        headings = [] if at.names else offers.headings(at, empty=True)
        return gr.Dropdown([LIKELIEST, *headings], value="")

    def advise(self, picks: Any, diversity: float) -> tuple[str, Any, str]:
        """What is picked, the slider for its diversity, and what to read next."""
        chosen = handlers.known_picks(self._library, picks)
        found = handlers.recommended(self._library, chosen, diversity)
        html = self._cards(found.found, found.line, chosen, "Recommended papers")
        chips, slider = handlers.picks_html(self._library, chosen), bool(found.found)
        return chips, gr.Slider(visible=slider), html

    def show_on_map(self, picks: Any, event: gr.EventData) -> str:
        """The card of the paper that was picked; nothing once none is any more."""
        papers = handlers.papers_of(self._library, [str(_told(event).get("id"))])
        chosen = handlers.known_picks(self._library, picks)
        return self._cards(papers, "", chosen, "Chosen paper")

    def judge(self, text: str, path: str, name: str) -> str:
        """The cards of what is submitted."""
        return handlers.submission_html(self._library, text, path, name)

    def export(self, wanted: Any) -> dict[str, str]:
        """A file of the papers that are shown, or of those kept: its name and its text."""
        wanted = wanted if isinstance(wanted, dict) else {}
        if "papers" in wanted:
            return handlers.exported_kept(self._library, wanted.get("form"), wanted["papers"])
        return handlers.exported(self._library, wanted.get("form"), wanted.get("ids"))


def _search_of(*values: Any) -> Search:
    """What stands in the fields of the page, in the order of :class:`Search`."""
    return Search(**dict(zip(Search.__dataclass_fields__, values, strict=True)))


def _told(event: gr.EventData) -> dict[str, Any]:
    """What the browser says of an event; it may say anything."""
    return event._data if isinstance(event._data, dict) else {}
