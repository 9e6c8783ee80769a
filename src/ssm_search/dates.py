"""Dates as the entries of lists write them, whatever the form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from ssm_search.arxiv_ids import arxiv_id, arxiv_month
from ssm_search.papers import Paper

_MONTHS = "January February March April May June July August September October November December"
_MONTH_NAMES = _MONTHS.split()
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTH_NAMES)
_DATES = re.compile(
    rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th))(?P<a> +)(?P<m>{_MONTH})(?P<b>\.?,? *)(?P<y>(?:19|20)\d\d)"
    rf"|(?P<m2>{_MONTH})(?P<b2>\.?,? +)(?P<y2>(?:19|20)\d\d)"
    r"|(?<![\d.])(?P<y3>(?:19|20)\d\d)(?P<s>[./-])\d{1,2}(?P<d3>(?P=s)\d{1,2})?(?![\d])"
    r"|(?<![\d.])\d\d\.\d\d(?P<d4>\.\d\d)?(?![\d])"
    r"|(?<![\d./-])(?P<y5>(?:19|20)\d\d)(?![\d])"
    r"|(?<=['’])(?P<y6>\d\d)(?![\w.])"
)


@dataclass(frozen=True, slots=True)
class Date:
    """A day, a month or a year, as far as it is known; 0 for what is not."""

    year: int = 0
    month: int = 0
    day: int = 0

    @classmethod
    def of(cls, paper: Paper) -> Date:
        """When ``paper`` was published; by its arXiv id, if nothing else tells."""
        if isinstance(paper.published, date):
            return cls(paper.published.year, paper.published.month, paper.published.day)
        if found := arxiv_id(paper.id):
            return cls(*arxiv_month(found))
        return cls(paper.year or 0)

    def written(self, form: str) -> str:
        """In a form such as "%d %b., %Y", "%y.%m.%d"; what is not known is left out."""
        if not self.day:
            form = re.sub(r"%d[a-z]* +|[./-]%D", "", form)
        if not self.month:
            form = "%Y"
        name = _MONTH_NAMES[self.month - 1]
        suffix = (
            "th"
            if self.day in (11, 12, 13)
            else {1: "st", 2: "nd", 3: "rd"}.get(self.day % 10, "th")
        )
        values = {
            "%do": f"{self.day}{suffix}",
            "%B": name,
            "%b": name[:3],
            "%Y": str(self.year or ""),
            "%y": f"{self.year % 100:02}",
            "%m": f"{self.month:02}",
            "%D": f"{self.day:02}",
        }
        return re.sub(r"%do|%[BbYymD]", lambda match: values[match.group()], form)


def in_slots(text: str) -> str:
    """``text`` with a slot, which names its form, for each date in it."""
    return _DATES.sub(_slot, text)


def _slot(match: re.Match[str]) -> str:
    found = match.groupdict()
    if found["day"]:
        form = f"%do{found['a']}{_month_form(found['m'])}{found['b']}%Y"
    elif found["m2"]:
        form = f"{_month_form(found['m2'])}{found['b2']}%Y"
    elif found["y3"]:
        form = f"%Y{found['s']}%m" + (f"{found['s']}%D" if found["d3"] else "")
    elif found["y5"] or found["y6"]:
        form = "%Y" if found["y5"] else "%y"
    else:
        form = "%y.%m" + (".%D" if found["d4"] else "")
    return f"\0date:{form}\0"


def _month_form(name: str) -> str:
    return "%b" if len(name) == 3 else "%B"
