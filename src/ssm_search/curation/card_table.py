"""A card as a table: drawn in a terminal, as plain text, and with links in a notebook."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from ssm_search.curation.places import told_id
from ssm_search.papers import Category, Paper, Placement
from ssm_search.text import drawn, shown, shown_lines

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ssm_search.curation.cards import Card, Triage

AUTHORS = 4  # named; of more, the first and "et al."
EVIDENCE = 2  # neighbours named for each heading


def verdict_line(card: Card) -> str:
    """Whether the paper belongs on the list, in a sentence."""
    return verdict_said(card.placement, is_short=not card.paper.abstract)


def verdict_said(placement: Placement, *, is_short: bool = False) -> str:
    """What a placement says of the list, in a sentence.

    Args:
        is_short: whether an abstract would tell more.
    """
    match placement.verdict:
        case "fits":
            return "belongs on this list"
        case "off topic":
            return f"off topic: {_as_far(placement)}"
        case "unsure":
            told = "; its abstract would tell more" if is_short else ""
            return f"may be off topic: {_as_far(placement)}{told}"
        case "no heading":
            below = f" below “{placement.parent[-1]}”" if placement.parent else ""
            return f"on topic, but no present heading fits; it may need a new one{below}"


def _as_far(placement: Placement) -> str:
    if placement.nothing:
        return "no listed paper is about it"
    share = f"{placement.scope:.1%}" if placement.scope >= 0.001 else "fewer than 0.1%"
    return f"{share} of the papers on such a list are as far from the others"


def facts_line(paper: Paper) -> str:
    """Authors, date, source and arXiv's categories, as far as they are known, on one line."""
    named = list(paper.authors[:AUTHORS]) if len(paper.authors) <= AUTHORS else []
    authors = ", ".join(named) or (f"{paper.authors[0]} et al." if paper.authors else "")
    date = str(paper.published or paper.year or "")
    source = f"arXiv:{paper.id}" if paper.kind == "paper" else paper.url
    return " · ".join(filter(None, [authors, date, source, ", ".join(paper.arxiv_categories)]))


def path_line(category: Category) -> str:
    """A heading with those above it, on one line."""
    return " › ".join(category)


def card_rich(card: Card, list_name: str = "") -> RenderableType:
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
        Text(shown(facts_line(card.paper)), style="dim"),
        *(Text(shown(note), style="yellow") for note in card.notes),
        part("scope"),
        line(verdict_line(card), "" if card.placement.verdict == "fits" else "bold yellow"),
        part("headings"),
    ]
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", no_wrap=True, min_width=4)
    table.add_column()
    for suggestion in card.placement.suggestions:
        name = shown(suggestion.name)
        cell = Text(name, "bold", overflow="ellipsis", no_wrap=True)
        for hit in suggestion.evidence[:EVIDENCE]:
            cell.append("\n" + shown(hit.paper.title), style="not bold dim")
        table.add_row(f"{suggestion.confidence:.0%}", cell)
    parts += [Padding(table, (0, 0, 0, 1)), part("duplicates")]
    parts += [
        line(f"{one}: {_titled(one.paper, '{title} ({id})')}", "bold red")
        for one in card.duplicates
    ] or [line("none")]
    parts.append(part("related"))
    parts += [line(_titled(hit.paper, "{id}  {title}"), whole=False) for hit in card.related]
    parts += [part("row"), line(_place(card, list_name), "dim" if card.insertion else "")]
    return Group(*parts)


def _titled(paper: Paper, form: str) -> str:
    """A title with its id as ``form`` has both, or alone where the id tells people nothing."""
    return form.format(title=paper.title, id=known) if (known := told_id(paper)) else paper.title


def with_row(card: Card) -> RenderableType:
    """``card`` for a terminal with its row, which is folded there rather than cut off."""
    from rich.console import Group
    from rich.text import Text

    row = shown_lines(card.insertion.row) if card.insertion else ""
    return Group(card_rich(card), *([Text(row, overflow="fold")] if row else []))


def card_text(card: Card) -> str:
    """``card`` as plain text, its row on a line of its own however long it is."""
    row = f"\n{shown_lines(card.insertion.row)}" if card.insertion else ""
    return drawn(card_rich(card)) + row


def card_html(card: Card) -> str:
    """``card`` as an HTML table; all that is not ours in it is escaped."""
    title = _linked(card.paper, card.paper.title or "(no title)")
    parts = {
        "notes": [_escaped(note) for note in card.notes],
        "scope": [_escaped(verdict_line(card))],
        "headings": [
            "<br>".join(
                [
                    f"{one.confidence:.0%} <b>{_escaped(one.name)}</b>",
                    *(_linked(hit.paper, hit.paper.title) for hit in one.evidence[:EVIDENCE]),
                ]
            )
            for one in card.placement.suggestions
        ],
        "duplicates": [
            f"{_escaped(str(one))}: {_linked(one.paper, one.paper.title)}"
            for one in card.duplicates
        ]
        or ["none"],
        "related": [_linked(hit.paper, hit.paper.title) for hit in card.related],
        "row": [_escaped(_place(card))],
    }
    if card.insertion:
        parts["row"].append(f"<pre>{html.escape(shown_lines(card.insertion.row))}</pre>")
    rows = "".join(
        f"<tr><th>{name}</th><td>{'<br>'.join(lines)}</td></tr>"
        for name, lines in parts.items()
        if lines
    )
    head = f'<tr><th colspan="2">{title}<br>{_escaped(facts_line(card.paper))}</th></tr>'
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def triage_text(triage: Triage) -> str:
    """What came of a submission, its cards as plain text, the papers that there is no card for."""
    unread = [f"{one.paper.id}: {one.reason}" for one in triage.unread]
    said = map(shown, [*unread, *map(str, triage.proposed)])
    return "\n\n".join([shown(triage.summary), *map(card_text, triage.cards), *said])


def triage_html(triage: Triage) -> str:
    """The same as HTML, with tables."""
    unread = [f"{one.paper.id}: {one.reason}" for one in triage.unread]
    said = (f"<p>{_escaped(line)}</p>" for line in [*unread, *map(str, triage.proposed)])
    summary = f"<p><b>{_escaped(triage.summary)}</b></p>"
    return "".join([summary, *map(card_html, triage.cards), *said])


def _place(card: Card, list_name: str = "") -> str:
    """Where the row goes, or why there is none."""
    if not card.insertion:
        return f"none: {card.no_row}"
    under = f", under {path_line(card.category)}" if card.category else ""
    line = f"line {card.insertion.line}{under}"
    return f"{list_name}, {line}" if list_name else line


def _escaped(text: str) -> str:
    return html.escape(shown(text))


def _linked(paper: Paper, text: str) -> str:
    if not paper.url.startswith(("https://", "http://")):
        return _escaped(text)
    return f'<a href="{_escaped(paper.url)}">{_escaped(text)}</a>'
