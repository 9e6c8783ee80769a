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
_YEAR = r"(?:19|20)\d\d"
_TH = "st|nd|rd|th|"
_DATES = re.compile(
    rf"(?P<day>\d{{1,2}})(?P<th>{_TH})(?P<a> +)(?P<m>{_MONTH})(?P<b>\.?,? *)(?P<y>{_YEAR})(?!\d)"
    rf"|(?P<m1>{_MONTH})(?P<a1>\.? +)(?P<day1>\d{{1,2}})(?P<th1>{_TH})(?P<b1>, *| +){_YEAR}(?!\d)"
    rf"|(?<![^\W\d_])(?P<m2>{_MONTH})(?P<b2>\.?,? *){_YEAR}(?!\d)"
    rf"|(?<![\d.])(?P<y3>{_YEAR})(?P<s>[./-])(?P<n3>\d{{1,2}})(?:(?P=s)(?P<d3>\d{{1,2}}))?(?![\d])"
    rf"|(?<![\d.])(?P<y4>{_YEAR}) ?年 ?\d{{1,2}} ?月"
    r"|(?<![\d.])\d\d\.\d\d(?P<d5>\.\d\d)?(?![\d])"
    rf"|(?<![\d./-])(?P<y6>{_YEAR})(?![\d])"
    r"|(?<=['’])(?P<y7>\d\d)(?![\w.])"
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
        """In a form such as "%d %b., %Y", "%y.%m.%D"; what is not known is left out."""
        if not self.day:
            form = re.sub(r"%[de]o?[a-z]* +|[./-]%[De]|%eo?,? *", "", form)
        if not self.month and re.search("%[Bbmn]", form):
            form = "%Y"
        name = _MONTH_NAMES[self.month - 1]
        if name == name[:3]:
            form = form.replace("%b.", "%b")  # "May" is no abbreviation
        suffix = (
            "th"
            if self.day in (11, 12, 13)
            else {1: "st", 2: "nd", 3: "rd"}.get(self.day % 10, "th")
        )
        values = {
            "%do": f"{self.day}{suffix}",
            "%e": f"{self.day}",
            "%B": name,
            "%b": name[:3],
            "%Y": str(self.year or ""),
            "%y": f"{self.year % 100:02}",
            "%m": f"{self.month:02}",
            "%n": f"{self.month}",
            "%D": f"{self.day:02}",
        }
        return re.sub(r"%do|%[BbYymnDe]", lambda match: values[match.group()], form)


def in_slots(text: str) -> str:
    """``text`` with a slot, which names its form, for each date in it."""
    return _DATES.sub(_slot, text)


def _slot(match: re.Match[str]) -> str:
    found = match.groupdict()
    if found["day"]:
        day = "%do" if found["th"] else "%e"
        form = f"{day}{found['a']}{_month_form(found['m'])}{found['b']}%Y"
    elif found["day1"]:
        day = "%do" if found["th1"] else "%e"
        form = f"{_month_form(found['m1'])}{found['a1']}{day}{found['b1']}%Y"
    elif found["m2"]:
        form = f"{_month_form(found['m2'])}{found['b2']}%Y"
    elif found["y3"]:
        short = len(found["n3"]) == 1 or (found["d3"] and len(found["d3"]) == 1)
        month, day = ("%n", "%e") if short else ("%m", "%D")
        form = f"%Y{found['s']}{month}" + (f"{found['s']}{day}" if found["d3"] else "")
    elif found["y4"]:
        form = "%Y年%n月"
    elif found["y6"] or found["y7"]:
        form = "%Y" if found["y6"] else "%y"
    else:
        form = "%y.%m" + (".%D" if found["d5"] else "")
    return f"\0date:{form}\0"


def _month_form(name: str) -> str:
    return "%b" if len(name) == 3 else "%B"
