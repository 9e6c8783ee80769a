"""Ranked answers, which print as a table in a terminal and with links in a notebook."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable
from dataclasses import astuple
from typing import TYPE_CHECKING, SupportsIndex, overload

from ssm_search.dates import Date
from ssm_search.papers import Hit, LeftOut
from ssm_search.text import drawn, shown

if TYPE_CHECKING:
    from rich.table import Table

NONE_LEFT_OUT = LeftOut()
WHY_CHARS = 240  # of a reason in a terminal: three lines


class Hits(list[Hit]):
    """A list of hits that prints as a table; a part of it does too.

    Attributes:
        left_out: the papers that filters left out only because their year or venue is not known.
    """

    def __init__(self, hits: Iterable[Hit] = (), left_out: LeftOut = NONE_LEFT_OUT):
        """Keep ``hits``, best first."""
        super().__init__(hits)
        self.left_out = left_out

    @overload
    def __getitem__(self, at: SupportsIndex, /) -> Hit: ...
    @overload
    def __getitem__(self, at: slice, /) -> Hits: ...
    def __getitem__(self, at: SupportsIndex | slice, /) -> Hit | Hits:
        """Give one hit, or the hits of a slice."""
        if isinstance(at, slice):
            return Hits(super().__getitem__(at), self.left_out)
        return super().__getitem__(at)

    def newest_first(self) -> Hits:
        """These hits by date, newest first; those without one come last, and ranks stay."""
        by_date = sorted(self, key=lambda hit: astuple(Date.of(hit.paper)), reverse=True)
        return Hits(by_date, self.left_out)

    def __str__(self) -> str:
        return drawn(self.__rich__())

    __repr__ = __str__

    def __rich__(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, padding=(0, 1, 1, 0), show_edge=False, header_style="bold")
        table.add_column("", justify="right", no_wrap=True)
        table.add_column("paper", ratio=1, overflow="fold")
        table.add_column("score", justify="right", no_wrap=True)
        for hit in self:
            paper = hit.paper
            style = f"bold link {paper.url}" if paper.url else "bold"
            cell = Text(shown(paper.title), style=style)
            facts = [paper.year_text, shown(paper.venue), shown(category_line(hit))]
            cell.append("\n" + " · ".join(filter(None, facts)), style="not bold cyan")
            cell.append("\n" + shown(paper.url), style="not bold dim")
            cell.append(
                "\n" + textwrap.shorten(shown(str(hit.why)), WHY_CHARS, placeholder="…"),
                style="not bold italic",
            )
            table.add_row(str(hit.rank), cell, f"{hit.score:.2f}")
        if not self:
            table.add_row("", "nothing found", "")
        if self.left_out:
            table.add_row("", Text(str(self.left_out), style="dim"), "")
        return table

    def _repr_html_(self) -> str:
        escape = html.escape
        rows = []
        for hit in self:
            paper = hit.paper
            title = escape(shown(paper.title))
            if paper.url.startswith(("https://", "http://")):
                title = f'<a href="{escape(paper.url)}">{title}</a>'
            cells = [
                str(hit.rank),
                title,
                paper.year_text,
                escape(shown(category_line(hit))),
                f"{hit.score:.2f}",
                escape(shown(str(hit.why))),
            ]
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        head = "".join(
            f"<th>{name}</th>" for name in ("", "paper", "year", "category", "score", "why")
        )
        note = f"<p>{self.left_out}</p>" if self.left_out else ""
        body = "".join(rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def category_line(hit: Hit) -> str:
    """All headings of a hit's paper on one line."""
    return ", ".join(" › ".join(path) for path in hit.paper.categories)
