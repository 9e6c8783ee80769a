"""What came of a submission as one comment on GitHub: a line of summary, the details folded."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ssm_search.curation import Card, NewHeading, Triage, card_table
from ssm_search.errors import SubmissionError
from ssm_search.papers import Paper
from ssm_search.text import shown, shown_lines

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&!+$=-])")  # brackets do without the round ones
_NUMBER = re.compile(r"^(\d{1,9})([.)])(?= |$)")  # of an item
# GitHub looks for mentions, references and bare addresses in the text that Markdown gave, where a
# backslash is gone. A word joiner, which has no width, keeps them from being found.
_REFERENCE = re.compile(r"[@#]|\bgh(?=\\?-)|https?(?=:)|ftp(?=:)|www(?=\.)", re.I)
# GitHub tells an issue of whoever links to it, but for links by this name of its own.
_TELLING = re.compile(
    r"https?://(?:www\.)?github\.com/(?=[^/]+/[^/]+/(?:issues|pull|discussions|commit)s?/)", re.I
)
_ADDRESS = re.compile(r"https?://[\w.~:/?#@!$&*+,;=%-]+", re.I | re.A)

MARK = "<!-- ssm-search triage -->"
"""The first line of a comment, which is not shown, and by which it is found again."""
FOOT = "*Judged by the papers of this list; whoever keeps it decides.*\n"
FEW = 5  # lines that are not folded

_WITHOUT_CARD = ("listed", "repeated")


@dataclass(frozen=True, slots=True)
class _Section:
    """A part of a comment, of which as much is shown as there is room for.

    Attributes:
        items: each ends a line.
        name: what stands above them.
        are_papers: whether one that is left out is a paper of which nothing is said.
    """

    items: Sequence[str]
    name: str = ""
    are_papers: bool = True

    @property
    def frame(self) -> tuple[str, str]:
        """What stands before the items and behind them: lines are folded if they are many."""
        if not self.name:
            return "", ""
        if len(self.items) <= FEW:
            return f"**{self.name}:**\n\n", ""
        return f"<details><summary>{self.name}: {len(self.items)}</summary>\n\n", "\n</details>\n"


def triage_markdown(
    triage: Triage, list_name: str, most: int | None = None, list_url: str = ""
) -> str:
    """Write what came of a submission: first ``MARK``, then the summary, then what is folded.

    Args:
        most: characters; papers that do not fit are left out whole, and how many is said.
        list_url: the address of the list, to which the number of a line is added.
    """
    differing = [card for card in triage.cards if card.difference]
    is_one = len(triage.cards) + len(triage.unread) == 1
    told = [f"{triage.unanswered}."] if triage.unanswered else []
    told += [f"{card.difference}." for card in differing if is_one]
    head = "\n\n".join([f"{MARK}\n**{escaped(triage.summary)}**", *map(escaped, told)]) + "\n"
    elsewhere = [f"- {linked(card.paper)}: {escaped(card.difference)}.\n" for card in differing]
    lines = [
        _Section([] if is_one else elsewhere, "Perhaps elsewhere", are_papers=False),
        _Section(list(_listed_lines(triage, list_url)), "Already listed"),
        _Section(list(_repeated_lines(triage)), "Named twice"),
        _Section([_unread_line(name, why) for name, why in triage.reasons], "Not read"),
        _Section(list(map(_proposal, triage.proposed)), are_papers=False),
    ]
    details = _Section(
        [
            _folded(card, list_name, list_url)
            for card in triage.cards
            if card.status not in _WITHOUT_CARD
        ]
    )
    # What is said in a line each is more than one of the cards, so these are left out first.
    frames = [head, FOOT, _left_out(len(triage.cards) + len(triage.unread))]
    frames += ["".join(section.frame) for section in lines if section.items]
    room = None if most is None else most - sum(len(frame) + 1 for frame in frames)
    kept = []
    left = 0
    for section in (*lines, details):
        items, room = _fitting(section.items, room)
        left += (len(section.items) - len(items)) * section.are_papers
        kept.append(_shown(section, items))
    *above, cards = kept
    parts = [head, above[0], cards, *above[1:], _left_out(left) if left else "", FOOT]
    return "\n".join(filter(None, parts))


def _fitting(items: Sequence[str], room: int | None) -> tuple[list[str], int | None]:
    """Those of ``items`` that there is room for, and how much is left then."""
    if room is None:
        return list(items), None
    kept = []
    for item in items:
        if len(item) < room:
            kept.append(item)
            room -= len(item) + 1
    return kept, room


def _shown(section: _Section, items: Sequence[str]) -> str:
    before, after = section.frame
    return f"{before}{('' if section.name else chr(10)).join(items)}{after}" if items else ""


def _left_out(count: int) -> str:
    """What is said of papers that there is no room for."""
    papers = "1 more paper" if count == 1 else f"{count} more papers"
    return f"{papers} did not fit into this comment.\n"


def _folded(card: Card, list_name: str, list_url: str) -> str:
    title, short = card.paper.title or "(no title)", card.in_short
    # A line of HTML, in which no Markdown is read.
    line = html.escape(_unlinked(shown(" ".join(f"{title} · {short}".split()))), quote=False)
    body = card_markdown(card, list_name, list_url)
    return f"<details><summary>{line}</summary>\n\n{body}\n</details>\n"


def _listed_lines(triage: Triage, list_url: str) -> Iterator[str]:
    for card in triage.cards:
        if card.status == "listed":
            where = _places(card, list_url)
            yield f"- {linked(card.paper)}{f': {where}' if where else ''}\n"


def _repeated_lines(triage: Triage) -> Iterator[str]:
    for card in triage.cards:
        if card.status == "repeated":
            yield f"- {linked(card.paper)}: the same as {escaped(f'“{card.repeats}”')}\n"


def _unread_line(name: str, why: str) -> str:
    return f"- {escaped(why if why.startswith(name) else f'{name}: {why}')}\n"


def _proposal(heading: NewHeading) -> str:
    papers = "".join(f"- {escaped(paper.title or paper.id)}\n" for paper in heading.papers)
    return f"**A new heading?** {escaped(str(heading))}:\n\n{papers}"


def refusal_markdown(error: SubmissionError) -> str:
    """What to say of a submission that cannot be read."""
    return f"{MARK}\n**Not read:** {escaped(str(error))}\n"


def card_markdown(card: Card, list_name: str, list_url: str = "") -> str:
    """``card`` for a comment on GitHub; nothing in it is markup, a link or a mention by itself.

    Args:
        list_url: the address of the list, to which the number of a line is added.
    """
    paper, placement = card.paper, card.placement
    lines = [f"**{linked(paper)}**", "", escaped(card_table.facts_line(paper)), ""]
    notes = card.brief_notes
    lines += [f"> {escaped(note)}  " for note in notes] + [""] * bool(notes)
    lines += [f"**Scope:** {escaped(card_table.verdict_line(card))}", ""]
    suggestions = placement.suggestions if placement.verdict != "off topic" else ()
    if suggestions:
        lines += ["| | heading | its nearest papers |", "|---:|---|---|"]
    for one in suggestions:
        near = "; ".join(escaped(hit.paper.title) for hit in one.evidence[: card_table.EVIDENCE])
        lines.append(f"| {one.confidence:.0%} | {escaped(one.name)} | {near} |")
    lines += ["", "**Duplicates:** " + ("" if card.duplicates else "none")]
    lines += [f"- {one}: {linked(one.paper)}" for one in card.duplicates]
    if card.duplicates and (where := _places(card, list_url)):
        lines[-len(card.duplicates)] += f", {where}"
    lines += ["", "**Related:**", *(f"- {linked(hit.paper)}" for hit in card.related), ""]
    if card.insertion:
        where = f"line {card.insertion.line} of {escaped(list_name)}"
        under = f"under {escaped(card_table.path_line(card.category))}, " if card.category else ""
        if card.status == "no heading" and under and not card.chosen:
            under = f"{under}the likeliest heading that there is, "
        lines.append(f"**Row** {under}{where}:")
        lines += ["", *fenced(card.insertion.row)]
    else:
        # That it is off topic was said; whoever reads a comment has no option to name a heading by.
        why = "" if card.status == "off topic" else f", {escaped(card.no_row)}"
        lines.append(f"**Row:** none{why}")
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """``text`` so that GitHub shows it as it is: no markup, no mention, no reference."""
    text = _MARKDOWN.sub(r"\\\1", shown(" ".join(text.split())))
    return _unlinked(_NUMBER.sub(r"\1\\\2", text))


def fenced(text: str, language: str = "markdown") -> list[str]:
    """The lines of ``text`` between fences that nothing in it closes."""
    text = shown_lines(text)
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return [f"{fence}{language}", *text.split("\n"), fence]


def _unlinked(text: str) -> str:
    """``text`` in which GitHub finds no mention, reference or address."""
    return _REFERENCE.sub("\\g<0>\u2060", text)


def linked(paper: Paper) -> str:
    """A paper's title as a link, of which GitHub tells nobody that it is linked to."""
    title = escaped(paper.title or "(no title)")
    url = _TELLING.sub("https://redirect.github.com/", paper.url)
    return f"[{title}]({url})" if _is_address(url) else title


def _places(card: Card, list_url: str) -> str:
    """Where it stands: each line, as a link if the list has an address, and the heading over it."""
    found = []
    for place in card.places:
        line = f"line {place.line}" if place.line else ""
        if line and _is_address(list_url):
            line = f"[{line}]({list_url}#L{place.line})"
        path = card_table.path_line(place.category)
        found.append(", ".join(filter(None, [line, f"under {escaped(path)}" if path else ""])))
    return "; ".join(filter(None, found))


def _is_address(url: str) -> bool:
    return _ADDRESS.fullmatch(url) is not None
