"""Answers → HTML. Everything a list or a reader wrote is escaped by the template engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ssm_search import Hit, Paper, Why, card_display, display, export

AUTHORS = 3  # on a card; all of them where the pointer rests
MOST_CHARS = 480  # of a reason or a sentence; both may be as long as a stranger likes


def _shown(value: Any) -> Any:
    return (
        display.shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )


def _web(url: str) -> str:
    return url if url.lower().startswith(("https://", "http://")) else ""


def _found(why: Why, gist: str) -> str:
    """Why a paper answers, beside what is marked: its title, authors and headings; its ``gist``."""
    # "video (for vidoe)" says too how a word was read.
    seen = {term for term in why.in_title if " " not in term}
    terms, in_title = ([t for t in of if t not in seen] for of in (why.terms, why.in_title))
    beside = replace(why, heading=(), authors=(), terms=tuple(terms), in_title=tuple(in_title))
    is_marked = why.heading or why.in_title or why.authors
    return beside.found or ("" if gist or is_marked else str(why))


def _byline(paper: Paper, why: Why | None) -> list[tuple[str, bool]]:
    """The authors on a card, and whether each was asked for; "…" and "et al." for those left out.

    Whoever was asked for, and the first ones as far as there is room, in the paper's order.
    """
    asked = why.authors if why else ()
    places = range(len(paper.authors))
    first_asked = sorted(places, key=lambda at: (paper.authors[at] not in asked, at))
    shown, before = list[tuple[str, bool]](), -1
    for at in sorted(first_asked[:AUTHORS]):
        if at > before + 1:
            shown.append(("…", False))
        shown.append((paper.authors[at], paper.authors[at] in asked))
        before = at
    return shown if before + 1 == len(paper.authors) else [*shown, ("et al.", False)]


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters |= {
    "web": _web,
    "path": " › ".join,
    "marked": display.marked,
    "lines": lambda text: escape(card_display.shown_lines(text)),
    "gist": display.gist,
    "found": _found,
    "byline": _byline,
    "cut": lambda text: text if len(text) <= MOST_CHARS else f"{text[:MOST_CHARS]}…",
    "bibtex": lambda paper: export.export([paper], "bibtex"),
}


def render(template: str, **values: Any) -> str:
    """A template of this folder as HTML."""
    return _TEMPLATES.get_template(template).render(values)


def answers(
    hits: Sequence[Hit] | Sequence[Paper],
    line: str = "",
    picks: Mapping[str, Collection[str]] | None = None,
    label: str = "Answers",
    chips: Sequence[tuple[str, str]] = (),
    newest: bool = False,
    in_lists: Callable[[Paper], str] = lambda paper: "",
) -> str:
    """Cards for ``hits``, or for papers that answer nothing in particular, below a line of text.

    Args:
        picks: ids under "like" and "dislike", whose buttons are pressed.
        label: what the list is, for those who hear it.
        chips: what was read out of the question, each with the address of it without that.
        newest: whether the newest stand first; the browser marks what is new to its reader.
        in_lists: says which lists have a paper, where there are several.
    """
    cards = [(one.paper, one) if isinstance(one, Hit) else (one, None) for one in hits]
    picks = picks or {"like": (), "dislike": ()}
    return render(
        "answers.html",
        cards=cards,
        line=line,
        picks=picks,
        label=label,
        chips=chips,
        newest=newest,
        in_lists=in_lists,
    )
