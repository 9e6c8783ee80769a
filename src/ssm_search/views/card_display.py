"""Cards as people and programs read them: a screen in a terminal, Markdown, JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ssm_search.curation import Card, Discovery, Submission, Triage
from ssm_search.papers import Category, Paper, to_json
from ssm_search.text import shown
from ssm_search.views.display import hit_to_json, suggestion_to_json

if TYPE_CHECKING:
    from rich.console import RenderableType

AUTHORS = 4  # named; of more, the first and "et al."
SHOWN_EVIDENCE = 2  # neighbours named for each heading

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#|~&!+$=-]|(?<=\d)\.(?= |$))")
# GitHub looks for mentions, references and bare addresses in the text that Markdown gave, where a
# backslash is gone. A word joiner, which has no width, keeps them from being found.
_REFERENCE = re.compile(r"[@#]|\bgh(?=\\-)|https?(?=:)|ftp(?=:)|www(?=\.)", re.I)
_ADDRESS = re.compile(r"https?://[\w.~:/?#@!$&*+,;=%-]+", re.I | re.A)


def verdict_line(card: Card) -> str:
    """Whether the paper belongs on the list, in a sentence."""
    placement = card.placement
    match placement.verdict:
        case "fits":
            return "belongs on this list"
        case "off topic":
            return (
                f"off topic: {1 - placement.scope:.0%} of the listed papers are nearer to the rest "
                "of the list"
            )
        case "no heading":
            below = f" below “{placement.parent[-1]}”" if placement.parent else ""
            return f"on topic, but no present heading fits; it may need a new one{below}"


def card_rich(card: Card, list_name: str) -> RenderableType:
    """``card`` for a terminal, all but the row itself, which must not be wrapped."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    def part(name: str) -> Text:
        return Text(f"\n{name}", style="bold cyan")

    def line(text: str, style: str = "", *, whole: bool = True) -> Padding:
        shape = {"overflow": "fold"} if whole else {"overflow": "ellipsis", "no_wrap": True}
        return Padding(Text(shown(text), style=style, **shape), (0, 0, 0, 2))

    parts: list[RenderableType] = [
        Text(shown(card.paper.title or "(no title)"), style="bold"),
        Text(shown(_facts(card.paper)), style="dim"),
        *(Text(shown(note), style="yellow") for note in card.notes),
        part("scope"),
        line(verdict_line(card), "" if card.placement.verdict == "fits" else "bold yellow"),
        part("headings"),
    ]
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True, min_width=4)
    table.add_column()
    for suggestion in card.placement.suggestions:
        cell = Text(shown(_path(suggestion.category)), "bold", overflow="ellipsis", no_wrap=True)
        for hit in suggestion.evidence[:SHOWN_EVIDENCE]:
            cell.append("\n" + shown(hit.paper.title), style="not bold dim")
        table.add_row(f"{suggestion.confidence:.0%}", cell)
    parts += [Padding(table, (0, 0, 0, 1)), part("duplicates")]
    parts += [
        line(f"{one}: {one.paper.title} ({one.paper.id})", "bold red") for one in card.duplicates
    ] or [line("none")]
    parts.append(part("related"))
    parts += [line(f"{hit.paper.id}  {hit.paper.title}", whole=False) for hit in card.related]
    parts.append(part("row"))
    if card.insertion:
        where = f"{list_name}, line {card.insertion.line}, under {_path(card.category)}"
        parts.append(line(where, "dim"))
    else:
        parts.append(line(f"none: {card.no_row}"))
    return Group(*parts)


def discovery_rich(found: Discovery, card: Card) -> RenderableType:
    """A paper that may belong on the list, and under which heading; all but its row."""
    from rich.text import Text

    paper, first = card.paper, next(iter(card.placement.suggestions), None)
    text = Text(f"\n{shown(paper.title)}", style="bold")
    text.append(f"\n{shown(_facts(paper))}", style="not bold dim")
    text.append(f"\nfits better than {found.fit:.0%} of the listed papers", style="not bold green")
    if first:
        text.append(f"\n{first.confidence:.0%} {shown(_path(first.category))}", style="not bold")
    for hit in first.evidence[:SHOWN_EVIDENCE] if first else ():
        text.append(f"\n    {shown(hit.paper.title)}", style="not bold dim")
    return text


def card_markdown(card: Card, list_name: str) -> str:
    """``card`` for a comment on GitHub; nothing in it is markup, a link or a mention by itself."""
    paper, placement = card.paper, card.placement
    title = escaped(paper.title or "(no title)")
    heading = f"[{title}]({paper.url})" if _is_address(paper.url) else title
    lines = [f"### {heading}", "", escaped(_facts(paper)), ""]
    lines += [f"> {escaped(note)}" for note in card.notes] + [""] * bool(card.notes)
    lines += [f"**Scope:** {escaped(verdict_line(card))}", "", "| | heading | its nearest papers |"]
    lines.append("|---:|---|---|")
    for one in placement.suggestions:
        near = "; ".join(escaped(hit.paper.title) for hit in one.evidence[:SHOWN_EVIDENCE])
        lines.append(f"| {one.confidence:.0%} | {escaped(_path(one.category))} | {near} |")
    lines += ["", "**Duplicates:** " + ("" if card.duplicates else "none")]
    lines += [f"- {one}: {_listed(one.paper)}" for one in card.duplicates]
    lines += ["", "**Related:**", *(f"- {_listed(hit.paper)}" for hit in card.related), ""]
    if card.insertion:
        where = f"line {card.insertion.line} of {escaped(list_name)}"
        row = shown_lines(card.insertion.row)
        fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", row)), default=0))
        lines.append(f"**Row** under {escaped(_path(card.category))}, {where}:")
        lines += ["", f"{fence}markdown", row, fence]
    else:
        lines.append(f"**Row:** none, {escaped(card.no_row)}")
    return "\n".join(lines) + "\n"


def triage_markdown(triage: Triage, list_name: str) -> str:
    """All cards of a submission, one below the other."""
    return "\n---\n\n".join(
        [
            *(card_markdown(card, list_name) for card in triage.cards),
            *(f"### {escaped(one.paper.id)}\n\n{escaped(_why(one))}\n" for one in triage.unread),
        ]
    )


def card_json(card: Card) -> dict[str, Any]:
    """``card`` as JSON types."""
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
    """All cards of a submission as JSON types."""
    return {
        "cards": [card_json(card) for card in triage.cards],
        "unread": [{"id": one.paper.id, "reason": _why(one)} for one in triage.unread],
    }


def escaped(text: str) -> str:
    """``text`` so that GitHub shows it as it is: no markup, no mention, no reference."""
    text = _MARKDOWN.sub(r"\\\1", shown(" ".join(text.split())))
    return _REFERENCE.sub("\\g<0>\u2060", text)


def shown_lines(text: str) -> str:
    """``text`` as :func:`~ssm_search.views.terminal.shown`, but with its lines and tabs."""
    return "".join(char for char in text if char in "\n\t" or shown(char))


def _facts(paper: Paper) -> str:
    named = list(paper.authors[:AUTHORS]) if len(paper.authors) <= AUTHORS else []
    authors = ", ".join(named) or (f"{paper.authors[0]} et al." if paper.authors else "")
    date = str(paper.published or paper.year or "")
    source = f"arXiv:{paper.id}" if paper.kind == "paper" else paper.url
    return " · ".join(filter(None, [authors, date, source, ", ".join(paper.arxiv_categories)]))


def _listed(paper: Paper) -> str:
    title = escaped(paper.title)
    return f"[{title}]({paper.url})" if _is_address(paper.url) else title


def _is_address(url: str) -> bool:
    return _ADDRESS.fullmatch(url) is not None


def _path(category: Category) -> str:
    return " › ".join(category)


def _why(submission: Submission) -> str:
    return "; ".join(submission.notes)
