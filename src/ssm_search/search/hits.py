"""Ranked answers, which print as a table in a terminal and with links in a notebook."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable
from dataclasses import astuple
from typing import TYPE_CHECKING, SupportsIndex, overload

from ssm_search.dates import Date
from ssm_search.papers import Constraint, Hit, LeftOut
from ssm_search.ranking import confidence
from ssm_search.text import drawn, marked, shown, shown_lines

if TYPE_CHECKING:
    from rich.table import Table

NONE_LEFT_OUT = LeftOut()
NOTHING = "Nothing here is about that."
NEAREST = "Nothing here is about that; the nearest are these."
UNSURE = "Nothing here surely answers that; these come near."
NEWEST = "Newest first."
BY_DATE = "The best answers, newest first; the numbers are their ranks by how well they answer."
ABOUT_IT = 0.2
"""Share of the confidence of the surest hit from which on another is put in order by its date. Of
the ten best for "newest papers on audio" it leaves out six, of which the surest has .09; by date
alone the best one, which has .67, came last. All ten for "newest papers on memory" have more."""
WHY_CHARS = 240  # of a reason in a terminal: three lines


class Hits(list[Hit]):
    """A list of hits that prints as a table; a part of it does too.

    Attributes:
        left_out: the papers that filters left out only because something of theirs is not known.
        verdict: "fits" if it is more likely than not that any of the first ten answers the
            question, "nothing" if the index has no paper about it, else "unsure"; None where what
            was asked is no question, but a paper.
        constraints: what was read out of the words of the question.
        note: what else is to be said; "" if nothing.
        by_date: whether they stand newest first, and not in the order of their ranks.
    """

    def __init__(
        self,
        hits: Iterable[Hit] = (),
        left_out: LeftOut = NONE_LEFT_OUT,
        verdict: confidence.Verdict | None = None,
        constraints: tuple[Constraint, ...] = (),
        note: str = "",
        by_date: bool = False,
    ):
        """Keep ``hits``, best first."""
        super().__init__(hits)
        self.left_out = left_out
        self.verdict = verdict
        self.constraints = constraints
        self.note = note
        self.by_date = by_date

    def _with(self, hits: Iterable[Hit], *, by_date: bool) -> Hits:
        said = self.left_out, self.verdict, self.constraints, self.note
        return Hits(hits, *said, by_date=by_date)

    @overload
    def __getitem__(self, at: SupportsIndex, /) -> Hit: ...
    @overload
    def __getitem__(self, at: slice, /) -> Hits: ...
    def __getitem__(self, at: SupportsIndex | slice, /) -> Hit | Hits:
        """Give one hit, or the hits of a slice."""
        if isinstance(at, slice):
            return self._with(super().__getitem__(at), by_date=self.by_date)
        return super().__getitem__(at)

    @property
    def advice(self) -> str:
        """What is to be said above the answers if they do not fit, or the question was not read."""
        said = {"nothing": NEAREST if self else NOTHING, "unsure": UNSURE}
        return " ".join(filter(None, (said.get(self.verdict or ""), self.note)))

    @property
    def said(self) -> str:
        """What was read out of the question, the order if it is not by rank, and :attr:`advice`."""
        only = [str(one) for one in self.constraints if one.kind != "newest"]
        ranks = [hit.rank for hit in self]
        order = "" if not self.by_date else BY_DATE if ranks != sorted(ranks) else NEWEST
        lines = (f"only {' · '.join(only)}" if only else "", order, self.advice)
        return "\n".join(filter(None, lines))

    def newest_first(self) -> Hits:
        """These hits by date, newest first; those without one come last, and ranks stay.

        Those that are hardly about the question, beside the surest one, come behind as they are.
        """
        sure = [1.0 if hit.confidence is None else hit.confidence for hit in self]
        least = ABOUT_IT * max(sure, default=0)
        meant = [hit for hit, one in zip(self, sure, strict=True) if one >= least]
        others = [hit for hit, one in zip(self, sure, strict=True) if one < least]
        meant.sort(key=lambda hit: astuple(Date.of(hit.paper)), reverse=True)
        return self._with(meant + others, by_date=True)

    @property
    def _is_sure_of_some(self) -> bool:
        return any(hit.confidence is not None for hit in self)

    def __str__(self) -> str:
        return drawn(self.__rich__())

    __repr__ = __str__

    def __rich__(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, padding=(0, 1, 1, 0), show_edge=False, header_style="bold")
        table.add_column("", justify="right", no_wrap=True)
        table.add_column("paper", ratio=1, overflow="fold")
        if is_sure_of_some := self._is_sure_of_some:
            table.add_column("sure", justify="right", no_wrap=True)
        table.add_column("score", justify="right", no_wrap=True)
        for hit in self:
            paper = hit.paper
            style = f"bold link {shown(paper.url)}" if paper.url else "bold"
            cell = Text(shown(paper.title), style=style)
            facts = [paper.year_text, shown(paper.venue), shown(category_line(hit))]
            cell.append("\n" + " · ".join(filter(None, facts)), style="not bold cyan")
            if hit.lists:
                cell.append("\n" + shown(_in_lists(hit)), style="not bold dim")
            cell.append("\n" + shown(paper.url), style="not bold dim")
            if paper.code_url:
                cell.append("\ncode: " + shown(paper.code_url), style="not bold dim")
            why = textwrap.shorten(shown(str(hit.why)), WHY_CHARS, placeholder="…")
            cell.append("\n" if why else "")
            for piece, is_found in marked(why, hit.why.marked):
                cell.append(piece, style="bold italic" if is_found else "not bold italic")
            sure = [_percent(hit)] if is_sure_of_some else []
            table.add_row(str(hit.rank), cell, *sure, f"{hit.score:.2f}")
        if not self:
            table.add_row("", "nothing found")
        if self.left_out:
            table.add_row("", Text(str(self.left_out), style="dim"))
        if said := self.said:
            table.title, table.title_justify, table.title_style = (
                Text(shown_lines(said)),
                "left",
                "",
            )
        return table

    def _repr_html_(self) -> str:
        escape = html.escape
        rows = []
        is_sure_of_some = self._is_sure_of_some
        for hit in self:
            paper = hit.paper
            title = escape(shown(paper.title))
            if paper.url.startswith(("https://", "http://")):
                title = f'<a href="{escape(shown(paper.url))}">{title}</a>'
            cells = [
                str(hit.rank),
                title,
                paper.year_text,
                escape(shown(" · ".join(filter(None, (category_line(hit), _in_lists(hit)))))),
                *([_percent(hit)] if is_sure_of_some else []),
                f"{hit.score:.2f}",
                escape(shown(str(hit.why))),
            ]
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        sure = ["sure"] if is_sure_of_some else []
        names = ("", "paper", "year", "category", *sure, "score", "why")
        head = "".join(f"<th>{name}</th>" for name in names)
        note = f"<p>{self.left_out}</p>" if self.left_out else ""
        said = f"<p>{escape(shown(self.said))}</p>" if self.said else ""
        body = "".join(rows)
        return f"{said}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{note}"


def category_line(hit: Hit) -> str:
    """All headings of a hit's paper on one line."""
    return ", ".join(" › ".join(path) for path in hit.paper.categories)


def _percent(hit: Hit) -> str:
    return "" if hit.confidence is None else f"{hit.confidence:.0%}"


def _in_lists(hit: Hit) -> str:
    """Which of several lists have a hit's paper; "" where one was asked."""
    return "in " + ", ".join(hit.lists) if hit.lists else ""
