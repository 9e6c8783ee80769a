"""What came of a submission, in one line; and what is said of several of its papers at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from ssm_search.curation.intake import Unasked
from ssm_search.occasions import topic_of
from ssm_search.papers import Category
from ssm_search.venues import is_occasion

if TYPE_CHECKING:
    from ssm_search.curation.cards import Card, Triage

Status = Literal["new", "no heading", "unsure", "off topic", "alike", "listed", "repeated"]

NAMED = 3  # new papers whose headings are named one by one
GROUPED = 3  # headings of more papers that are named with their numbers
LINES = 6  # lines of the list that are given; of more, how many
NAME_LENGTH = 60  # characters of a heading's name


def status_of(card: Card) -> Status:
    """What came of one paper: its verdict, unless it is listed already or named twice."""
    if card.repeats:
        return "repeated"
    if card.is_listed:
        return "listed"
    if card.duplicates:
        return "alike"
    return "new" if card.placement.verdict == "fits" else card.placement.verdict


def filed_under(card: Card) -> str:
    """The heading that a new paper goes under, and how likely that is: "Video, 97 %"."""
    suggestions = card.placement.suggestions
    path = card.category or (suggestions[0].category if suggestions else ())
    for one in suggestions[: 1 if card.chosen else None]:
        # The row may stand under a heading for its year, below the one that was suggested.
        if topic_of(path) == topic_of(one.category):
            return f"{_name(one.category)}, {100 * one.confidence:.0f} %"
    return f"{_name(path)}, as submitted" if path else ""


def _name(path: Category) -> str:
    names = [name for name in path if not is_occasion(name)] or [*path]
    last = names[-1] if names else ""
    return last if len(last) <= NAME_LENGTH else f"{last[: NAME_LENGTH - 1]}…"


def in_short(card: Card) -> str:
    """What came of a paper that is not listed, in a few words."""
    match status_of(card):
        case "new":
            return filed_under(card) or "new"
        case "no heading":
            return "no heading fits"
        case "unsure":
            return "may be off topic"
        case "alike":
            return f"may be listed already{_lines([card])}"
        case other:
            return other


def summary(triage: Triage) -> str:
    """What came of all papers: "1 new (Video, 97 %), 2 already listed (lines 208, 222)"."""
    of: dict[Status, list[Card]] = defaultdict(list)
    for card in triage.cards:
        of[status_of(card)].append(card)
    waiting = sum(any(_unasked(one.notes)) for one in triage.unread)
    repeated = len(of["repeated"])
    said = [
        (len(of["new"]), f"new{_headings(of['new'])}"),
        (len(of["no heading"]), "new, but no heading fits"),
        (len(of["unsure"]), "that may be off topic"),
        (len(of["off topic"]), "off topic"),
        (len(of["alike"]), f"that may be listed already{_lines(of['alike'])}"),
        (len(of["listed"]), f"already listed{_lines(of['listed'])}"),
        (repeated, f"the same as {_plural(repeated, 'another', 'others')}"),
        (waiting, f"that {_plural(waiting, 'waits', 'wait')} for arXiv"),
        (len(triage.unread) - waiting, "that cannot be read"),
    ]
    return ", ".join(f"{count} {what}" for count, what in said if count) or "no paper"


def _headings(cards: Sequence[Card]) -> str:
    """Where new papers go, in brackets: one by one if they are few, else how many go where."""
    if len(cards) <= NAMED:
        names = list(filter(None, map(filed_under, cards)))
        return f" ({'; '.join(names)})" if names else ""
    counts = Counter(filed_under(card).rpartition(",")[0] for card in cards)
    del counts[""]
    first = counts.most_common(GROUPED)
    others = counts.total() - sum(count for _, count in first)
    names = [f"{count} under {name}" for name, count in first]
    names += [f"{others} elsewhere"] if others else []
    return f" ({', '.join(names)})" if names else ""


def _lines(cards: Iterable[Card]) -> str:
    """The lines on which papers stand, in brackets; "" if none is known."""
    lines = list(dict.fromkeys(place.line for card in cards for place in card.places if place.line))
    if not lines:
        return ""
    named = ", ".join(map(str, lines[:LINES]))
    more = f" and {len(lines) - LINES} more" if len(lines) > LINES else ""
    return f" ({_plural(len(lines), 'line', 'lines')} {named}{more})"


def _plural(count: int, one: str, more: str) -> str:
    return one if count == 1 else more


# ── arXiv ────────────────────────────────────────────────────────────────────────────────────


def brief_notes(notes: Iterable[str]) -> list[str]:
    """``notes`` without why arXiv could not be asked, which is said once for all papers."""
    return [note.judged if isinstance(note, Unasked) else note for note in notes]


def unanswered(triage: Triage) -> str:
    """Of how many papers arXiv could not be asked, why, and what that means; "" if of none."""
    known = sum(any(_unasked(card.notes)) for card in triage.cards)
    unread = sum(any(_unasked(one.notes)) for one in triage.unread)
    total = len(triage.cards) + len(triage.unread)
    if not known + unread:
        return ""
    notes = [note for card in triage.cards for note in card.notes]
    notes += [note for one in triage.unread for note in one.notes]
    why = next((note.why for note in _unasked(notes) if note.why), "")
    reason = f" ({why})" if why else ""
    share = f" for {known + unread} of {total} papers" if total > 1 else ""
    said = f"arXiv did not answer{share}{reason}"
    titles = _plural(known, "its title is", "their titles are")
    if not unread:
        return f"{said}; {titles} taken from the submission"
    read = _plural(unread, "it", "they")
    if not known:
        return f"{said}; {read} will be read at the next push or edit"
    return (
        f"{said}; {known} {_plural(known, 'title is', 'titles are')} taken from the submission, "
        f"{unread} {_plural(unread, 'paper', 'papers')} will be read at the next push or edit"
    )


def _unasked(notes: Iterable[str]) -> Iterator[Unasked]:
    return (note for note in notes if isinstance(note, Unasked))
