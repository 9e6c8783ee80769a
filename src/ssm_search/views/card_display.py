"""Cards as people and programs read them: a screen in a terminal, Markdown, JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ssm_search.curation import Card, Discovery, NewHeading, Triage, card_table
from ssm_search.errors import SubmissionError
from ssm_search.papers import Paper, to_json
from ssm_search.text import shown
from ssm_search.text import shown_lines as shown_lines
from ssm_search.views.display import hit_to_json, suggestion_to_json

if TYPE_CHECKING:
    from rich.console import RenderableType

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#|~&!+$=-]|(?<=\d)\.(?= |$))")
# GitHub looks for mentions, references and bare addresses in the text that Markdown gave, where a
# backslash is gone. A word joiner, which has no width, keeps them from being found.
_REFERENCE = re.compile(r"[@#]|\bgh(?=\\-)|https?(?=:)|ftp(?=:)|www(?=\.)", re.I)
_ADDRESS = re.compile(r"https?://[\w.~:/?#@!$&*+,;=%-]+", re.I | re.A)

_RULE = "\n---\n\n"
LEFT_OUT = "{} more did not fit into this comment.\n"

verdict_line = card_table.verdict_line


def discovery_rich(found: Discovery, card: Card) -> RenderableType:
    """A paper that may belong on the list and its likeliest heading, for a terminal."""
    from rich.text import Text

    paper, first = card.paper, next(iter(card.placement.suggestions), None)
    text = Text(f"\n{shown(paper.title)}", style="bold")
    text.append(f"\n{shown(card_table.facts_line(paper))}", style="not bold dim")
    text.append(f"\nfits better than {found.fit:.0%} of the listed papers", style="not bold green")
    if first:
        text.append(
            f"\n{first.confidence:.0%} {shown(card_table.path_line(first.category))}",
            style="not bold",
        )
    for hit in first.evidence[: card_table.EVIDENCE] if first else ():
        text.append(f"\n    {shown(hit.paper.title)}", style="not bold dim")
    return text


def card_markdown(card: Card, list_name: str) -> str:
    """``card`` for a comment on GitHub; nothing in it is markup, a link or a mention by itself."""
    paper, placement = card.paper, card.placement
    title = escaped(paper.title or "(no title)")
    heading = f"[{title}]({paper.url})" if _is_address(paper.url) else title
    lines = [f"### {heading}", "", escaped(card_table.facts_line(paper)), ""]
    lines += [f"> {escaped(note)}" for note in card.notes] + [""] * bool(card.notes)
    lines += [f"**Scope:** {escaped(verdict_line(card))}", "", "| | heading | its nearest papers |"]
    lines.append("|---:|---|---|")
    for one in placement.suggestions:
        near = "; ".join(escaped(hit.paper.title) for hit in one.evidence[: card_table.EVIDENCE])
        lines.append(
            f"| {one.confidence:.0%} | {escaped(card_table.path_line(one.category))} | {near} |"
        )
    lines += ["", "**Duplicates:** " + ("" if card.duplicates else "none")]
    lines += [f"- {one}: {_listed(one.paper)}" for one in card.duplicates]
    lines += ["", "**Related:**", *(f"- {_listed(hit.paper)}" for hit in card.related), ""]
    if card.insertion:
        where = f"line {card.insertion.line} of {escaped(list_name)}"
        row = shown_lines(card.insertion.row)
        fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", row)), default=0))
        under = f"under {escaped(card_table.path_line(card.category))}, " if card.category else ""
        lines.append(f"**Row** {under}{where}:")
        lines += ["", f"{fence}markdown", row, fence]
    else:
        lines.append(f"**Row:** none, {escaped(card.no_row)}")
    return "\n".join(lines) + "\n"


def triage_markdown(triage: Triage, list_name: str, most: int | None = None) -> str:
    """All cards of a submission for one comment on GitHub, one below the other.

    Args:
        most: characters; cards that do not fit are left out whole, and how many is said.
    """
    parts = [
        *(card_markdown(card, list_name) for card in triage.cards),
        *(f"### {escaped(one.paper.id)}\n\n{escaped(one.reason)}\n" for one in triage.unread),
        *(_proposal(one) for one in triage.proposed),
    ]
    whole = _RULE.join(parts)
    if most is None or len(whole) <= most:
        return whole
    kept = 0
    room = most - len(_RULE + LEFT_OUT.format(len(parts)))
    while kept < len(parts) and (room := room - len(parts[kept]) - len(_RULE)) >= 0:
        kept += 1
    return _RULE.join([*parts[:kept], LEFT_OUT.format(len(parts) - kept)])


def refusal_markdown(error: SubmissionError) -> str:
    """What to say, in a comment on GitHub, of a submission that cannot be read."""
    return f"### Not read\n\n{escaped(str(error))}\n"


def _proposal(heading: NewHeading) -> str:
    papers = "".join(f"- {escaped(paper.title or paper.id)}\n" for paper in heading.papers)
    return f"### A new heading?\n\n{escaped(str(heading))}:\n\n{papers}"


def card_json(card: Card) -> dict[str, Any]:
    """``card`` as JSON types: paper, verdict, headings, duplicates, related, row and patch."""
    placement = card.placement
    paper = to_json(card.paper)
    paper.pop("abstract", None)
    return {
        "paper": paper,
        "notes": card.notes,
        "verdict": placement.verdict,
        "scope": round(placement.scope, 4),
        "fit": round(placement.fit, 4),
        "parent": placement.parent,
        "headings": [suggestion_to_json(one) for one in placement.suggestions],
        "duplicates": [
            {"id": one.paper.id, "title": one.paper.title, "reason": one.reason}
            | {"likeness": round(one.likeness, 4)}
            for one in card.duplicates
        ],
        "related": [hit_to_json(hit) for hit in card.related],
        "category": card.category,
        "row": card.insertion.row if card.insertion else "",
        "line": card.insertion.line if card.insertion else None,
        "patch": card.patch,
        "no_row": card.no_row,
    }


def triage_json(triage: Triage) -> dict[str, Any]:
    """All cards of a submission as JSON types, and the papers that there is no card for."""
    return {
        "cards": [card_json(card) for card in triage.cards],
        "unread": [{"id": one.paper.id, "reason": one.reason} for one in triage.unread],
        "proposed": [
            {"heading": one.name, "papers": [paper.id for paper in one.papers]}
            for one in triage.proposed
        ],
    }


def escaped(text: str) -> str:
    """``text`` so that GitHub shows it as it is: no markup, no mention, no reference."""
    text = _MARKDOWN.sub(r"\\\1", shown(" ".join(text.split())))
    return _REFERENCE.sub("\\g<0>\u2060", text)


def _listed(paper: Paper) -> str:
    title = escaped(paper.title)
    return f"[{title}]({paper.url})" if _is_address(paper.url) else title


def _is_address(url: str) -> bool:
    return _ADDRESS.fullmatch(url) is not None
