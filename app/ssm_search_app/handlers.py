"""What the page does: inputs → answers as HTML. Nothing in here knows of Gradio's components."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeGuard

from ssm_search import (
    LeftOut,
    Paper,
    QueryError,
    SsmSearchError,
    card_display,
    cards,
    export,
    submissions,
)
from ssm_search_app import offers, render
from ssm_search_app.address import MOST_ANSWERS, Search, to_address
from ssm_search_app.following import queries
from ssm_search_app.library import Library
from ssm_search_app.tools import MAX_SEEDS, filters_of

Picks = Mapping[str, Sequence[str]]
NO_PICKS: Picks = {"like": (), "dislike": ()}
RECOMMENDED = 6  # answers beside those of the search
_ARXIV = re.compile(r"\d{4}\.\d{5}", re.A)
LESS_ALONE = "“Less” alone does not say what to look for: press “More” on a paper that you like."
NOTHING = "No paper meets these filters; take one away."
BESIDE_MENUS = {
    "category": "under {}",
    "venue": "at {}",
    "year_from": "since {}",
    "year_to": "until {}",
}
MOST_SAID = 80  # characters of a filter that a chip shows
NO_FILE = {"name": "", "text": ""}
MOST_KEPT = 500  # papers that a reader keeps, as kept.js has it
MOST_IDS = 20_000
"""Of a list, in its page, 120 kB; longer ones say of nothing that it is new."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Hits, or papers where nothing was asked, with what there is to say about them.

    Attributes:
        chips: what was read out of the question, and filters that no menu shows, each with the
            address of the search without it.
        newest: whether the newest stand first.
    """

    found: Sequence[Any]
    line: str
    chips: Sequence[tuple[str, str]] = ()
    newest: bool = False


def answer(library: Library, search: Search) -> Answer:
    """What a search finds in the list that it names, or in all, or why it cannot."""
    found = _answer(library, search)
    return replace(found, chips=[*found.chips, *_beside_menus(library, search)])


def _beside_menus(library: Library, search: Search) -> list[tuple[str, str]]:
    """The filters that a link names and no menu shows, which nobody could take off otherwise."""
    asked = [name for name in BESIDE_MENUS if getattr(search, name)]
    shown = offers.in_menus(library, search) if asked else search
    return [
        (
            BESIDE_MENUS[name].format(str(value)[:MOST_SAID]),
            to_address(replace(search, **{name: nothing})),
        )
        for name in asked
        if (value := getattr(search, name)) != (nothing := getattr(shown, name))
    ]


def _answer(library: Library, search: Search) -> Answer:
    shelf, library = library, library.chosen(search.list)
    if shelf.find(search.list) is None:
        found = _answer(shelf, replace(search, list=""))
        said = _sentence(QueryError(shelf.refusal_of(search.list)))
        return replace(found, line=f"{said} {found.line}")
    if search.year_from > search.year_to > 0:
        said = f"From {search.year_from} to {search.year_to}: the first year comes first."
        return Answer((), said)
    filters = filters_of(
        search.category, search.year_from, search.year_to, search.venue, search.code
    )
    if search.category:
        filters["category"] = offers.paths(library).get(search.category) or search.category
    if search.venue:
        filters["venue"] = offers.venues_by_name(library).get(search.venue) or search.venue
    begun = time.perf_counter()
    try:
        if not any(char.isalnum() for char in search.q):
            papers = library.search.newest(search.k, **filters)
            left_out = library.search.left_out(**filters)
            if not papers:
                return Answer((), _noting(NOTHING, left_out))
            said = "Type what you look for" if not search.q.strip() else "There is no word in that"
            line = f"{said}. Here is what is newest{_under(search, library)}."
            return Answer(papers, _noting(line, left_out), newest=True)
        newest = search.order == "date"
        hits = library.search.query(search.q, search.k, newest=newest, **filters)
    except SsmSearchError as error:
        return Answer((), _sentence(error))
    took = f"{1000 * (time.perf_counter() - begun):.0f} ms"
    line = f"The best {len(hits)}{', newest first' if newest else ''} ({took})"
    if not hits:
        line = NOTHING
    elif hits.advice:
        line = hits.advice.replace("Nothing here", f"Nothing {_where(search, library, shelf)}", 1)
    chips = [(str(one), to_address(_without(search, one.said))) for one in hits.constraints]
    return Answer(hits, _noting(line, hits.left_out), chips, newest)


def recommended(library: Library, picks: Picks, diversity: float) -> Answer:
    """Recommend papers by what was picked, or say what is lacking."""
    if not picks["like"]:
        # What is farthest from a paper is any outlier of the list: no answer that anybody wants.
        return Answer((), LESS_ALONE if picks["dislike"] else "")
    try:
        hits = library.search.recommend(
            list(picks["like"]), list(picks["dislike"]), RECOMMENDED, min(max(diversity, 0), 1)
        )
    except SsmSearchError as error:
        return Answer((), _sentence(error))
    return Answer(hits, "")


def known_picks(library: Library, picks: Any) -> dict[str, list[str]]:
    """Picks as a browser kept them, without what this list does not have."""
    kept = picks if isinstance(picks, dict) else {}
    seen: set[str] = set()
    chosen: dict[str, list[str]] = {}
    for act in NO_PICKS:
        of_act = kept.get(act)
        ids = [i for i in of_act if isinstance(i, str)] if _is_list(of_act) else []
        known = (i for i in dict.fromkeys(ids) if i not in seen and library.search.get(i))
        chosen[act] = list(islice(known, MAX_SEEDS))
        seen |= set(chosen[act])
    return chosen


def papers_of(library: Library, ids: Sequence[str]) -> list[Paper]:
    """Listed papers by their ids, in this order."""
    return [paper for one in ids if (paper := library.search.get(one))]


def picks_html(library: Library, picks: Picks) -> str:
    """The chosen papers as chips, in HTML."""
    return render.render(
        "picks.html", **{act: papers_of(library, ids) for act, ids in picks.items()}
    )


def submission_html(library: Library, text: str, category: str, name: str = "") -> str:
    """The cards of what somebody submits to a list, or why there are none.

    Args:
        name: the list; "" for the one that it fits best, where there are several.
    """
    try:
        papers = submissions.read_anything(text)
        at = library.chosen(name).filing(papers)
        triage = cards.triage(
            at.listed,
            papers,
            at.list_text,
            list_name=at.list_name,
            category=offers.paths(at).get(category) or category or None,
            offline=at.offline,
        )
    except SsmSearchError as error:
        return render.answers((), _sentence(error))
    return render.render(
        "submission.html",
        cards=triage.cards,
        unread=triage.unread,
        proposed=triage.proposed,
        verdicts=[card_display.verdict_line(card) for card in triage.cards],
        list_name=at.list_name,
        onto=library.name_of(at) if library.names else "",
    )


def about_html(library: Library) -> str:
    """The page about what is served and how it works, as HTML."""
    feeds = zip(library.each, queries(library), strict=True)
    facts = [(title, query, _facts(one)) for one, (title, query) in feeds]
    encoders = dict.fromkeys(one.search.status()["encoder"] for one in library.each)
    return render.render("about.html", lists=facts, encoder=", ".join(encoders))


def _facts(library: Library) -> list[tuple[str, str]]:
    """What there is to say of one list."""
    status = library.search.status()
    lacking = status["without_abstract"]
    return [
        ("List", status["list"]),
        ("Papers and posts", f"{status['papers']} and {status['links']}"),
        ("Headings", status["headings"]),
        ("Indexed with abstract", f"{status['indexed_with_abstract']} of {status['papers']}"),
        ("Abstracts to show", status["abstracts_at_hand"]),
        ("Without abstract", ", ".join(lacking[:10]) or "none"),
        ("Encoder", f"{status['encoder']}, {status['dimension']} dimensions"),
        ("Index built", status["built"][:10]),
    ]


def exported(library: Library, form: Any, ids: Any) -> dict[str, str]:
    """A file of the papers shown: its name and its text."""
    if not (kind := _format(form)) or not _is_list(ids):
        return NO_FILE
    papers = papers_of(library, [one for one in ids[: 2 * MOST_ANSWERS] if isinstance(one, str)])
    return {"name": f"papers{export.SUFFIXES[kind]}", "text": export.export(papers, kind)}


def exported_kept(library: Library, form: Any, kept: Any) -> dict[str, str]:
    """A file of what a reader keeps, with notes: its name and its text.

    Args:
        kept: papers as the browser stored them; of those that the list has no more, the file says
            what the browser knows.
    """
    if not (kind := _format(form)) or not _is_list(kept):
        return NO_FILE
    told = [_texts(one) for one in kept[:MOST_KEPT] if isinstance(one, dict)]
    told = [one for one in told if one["id"]]
    papers: dict[str, Paper] = {}
    notes: dict[str, str] = {}
    for one in told:
        # The list may have it by another id now, even two of them as one.
        paper = library.search.get(one["id"]) or Paper(
            one["id"], one["title"] or one["id"], "link", one["url"]
        )
        papers.setdefault(paper.id, paper)
        known = notes.get(paper.id, "")
        notes[paper.id] = "\n".join(dict.fromkeys(filter(None, (known, one["note"]))))
    text = export.export([*papers.values()], kind, notes)
    return {"name": f"kept-papers{export.SUFFIXES[kind]}", "text": text}


def _format(form: Any) -> export.Format | None:
    return next((kind for kind in export.SUFFIXES if kind == form), None)


def _texts(paper: Mapping[Any, Any]) -> dict[str, str]:
    """What a browser stored of a paper, whatever it stored."""
    values = {name: paper.get(name) for name in ("id", "title", "url", "note")}
    return {
        # Half of a character can be told in JSON, and be found nowhere.
        name: value.encode(errors="replace").decode() if isinstance(value, str) else ""
        for name, value in values.items()
    }


def ids_text(library: Library) -> str:
    """The ids of a list, for browsers to know by them what was not there at the last visit.

    Those of arXiv stand last and name their month once: "a-blog 2403.06977 07000". "" for a large
    corpus.
    """
    if not library.search.is_list or library.count > MOST_IDS:
        return ""
    listed = {paper.id for one in library.each for paper in one.search.papers}
    ids = [one for one in listed if not any(map(str.isspace, one))]
    parts, month = sorted(one for one in ids if not _ARXIV.fullmatch(one)), ""
    for one in sorted(filter(_ARXIV.fullmatch, ids)):
        parts.append(one.removeprefix(month))
        month = one[:5]
    return " ".join(parts)


def _without(search: Search, said: str) -> Search:
    """``search`` without some words of its question."""
    return replace(search, q=" ".join(search.q.replace(said, " ", 1).split()))


def _where(search: Search, library: Library, shelf: Library) -> str:
    """What a search is restricted to by menus, in words: "under SSMs › Post with code"."""
    path = offers.paths(library).get(search.category) or (search.category,)
    years = {
        (True, True): f"from {search.year_from} to {search.year_to}",
        (True, False): f"since {search.year_from}",
        (False, True): f"until {search.year_to}",
    }
    parts = [
        f"in {shelf.name_of(library)}" if library is not shelf else "",
        f"under {' › '.join(path)}" if search.category else "",
        f"at {search.venue}" if search.venue else "",
        years.get((bool(search.year_from), bool(search.year_to)), ""),
        f"{search.code} code" if search.code != "any" else "",
    ]
    return " ".join(filter(None, parts)) or "here"


def _under(search: Search, library: Library) -> str:
    listed = " on the lists" if library.names else " on the list"
    return " under these filters" if search.is_filtered else listed


def _noting(line: str, left_out: LeftOut) -> str:
    """``line``, and how many papers were left out because their year or venue is not known."""
    if not left_out:
        return line
    return f"{line} {left_out}." if line.endswith(".") else f"{line}; {left_out}"


def _sentence(error: SsmSearchError) -> str:
    """An error as a line for people."""
    text = str(error)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
