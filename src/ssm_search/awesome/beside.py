"""What an entry gives beside its title: where and when the paper appeared, and by whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ssm_search.awesome.blocks import Run, plain
from ssm_search.awesome.labels import is_label
from ssm_search.papers import title_key
from ssm_search.persons import is_person, persons
from ssm_search.titles import GROUP, clean_title
from ssm_search.venues import (
    SHORTENED,
    find_venue,
    find_year,
    is_date,
    is_honour,
    is_preprint,
    latest,
)

_DATE_LEAD = re.compile(r"\W*((?:19|20)\d{2}(?:[./-]\d{1,2}){1,2})(?!\w)")
# A full stop behind two letters ends a part, but not in "Nat. Commun. 2024"; one behind an initial
# only before a venue or a year.
_NO_END = "".join(rf"(?<!\b{word}\.)" for word in SHORTENED)
_PARTS = re.compile(
    rf"(?i:(?<=\w\w)[.。]{_NO_END}\s+)"
    rf"|(?i:\.{_NO_END}\s+)(?=[A-Z]{{3}}|[A-Z][a-z]+[A-Z]|(?:19|20)\d\d)"
    r"|[;|\n]\s*|\s[-–—]+\s|[/]\s"
)
_BAR = re.compile(r"\s*[|｜]\s*")
_LABELLED = re.compile(r"^[A-Za-z]{2,12}\s*[:：]\s+")
_COMMA = re.compile(r"\s*[,，]\s*")
_MOST_WORDS_IN_DATED = 6  # "Linux Audio Conference 2011", "Rick Szeliski 2010"


class Beside(NamedTuple):
    """What is printed beside a title."""

    venue: str = ""
    year: int | None = None
    authors: tuple[str, ...] = ()


class _Part(NamedTuple):
    text: str
    marked: bool
    italic: bool = False
    bold: bool = False


def beside(title: str, name: str, runs: tuple[Run, ...]) -> Beside:
    """The venue, the year and the authors that an entry gives beside its title and its name.

    A venue with proceedings comes before a preprint and before a bare word in bold, which may be
    the paper's own name ("**DAC**"); then the first one.
    """
    own = {title_key(title), title_key(name)}
    parts = [part for part in _parts(title, runs) if title_key(part.text) not in own]
    venues: list[str] = []
    years: list[int] = []
    if date := _DATE_LEAD.match(plain(runs)):
        years += filter(None, [find_year(date[1])])
    names = {part.text for part in parts if part.bold and part.text.isalpha()}
    for text, marked, *_ in parts:
        whole = marked and find_venue(text, marked=True)
        for said in [text] if whole else _with_honours(_COMMA.split(text)):
            said = latest(said)
            venue = find_venue(said, marked=marked)
            venues += [venue] if venue else []
            if venue or is_date(said):
                years += filter(None, [find_year(said)])
    years += filter(
        None, (_year_at_edge(one, part.marked) for part in parts for one in _COMMA.split(part.text))
    )
    venue = min(venues, key=lambda one: is_preprint(one) or one in names, default="")
    return Beside(venue, next(iter(years), None), _authors(parts))


def _parts(title: str, runs: tuple[Run, ...]) -> Iterator[_Part]:
    """The stretches of an entry that stand for themselves, but for its title and its labels."""
    text = ""
    look: object = None
    for run in runs:
        now = (run.bold, run.italic, run.code, run.href)
        if now != look or run.image or run.is_break:
            yield from _cut(text, title, look)
            text, look = "", now
        text += "" if run.image else run.text
    yield from _cut(text, title, look)


def _cut(text: str, title: str, look: object) -> Iterator[_Part]:
    if not text.strip():
        return
    bold, italic, code, href = look if isinstance(look, tuple) else (False, False, False, "")
    whole = " ".join(text.split())
    if title and title in whole:
        whole = whole.replace(title, "\n", 1)
    elif href.startswith("http"):
        venue = find_venue(whole, marked=True) and not (is_label(whole) and not find_year(whole))
        if is_date(whole) or venue:
            yield _Part(whole, True)
        else:  # "[ICML 2021 | All about it](…)"
            bars = _BAR.split(whole)
            yield from (_Part(part, False) for part in bars if len(bars) > 1 and find_year(part))
        return
    if code:
        yield _Part(whole, True)
        return
    for group in GROUP.findall(whole):
        yield _Part(group, True)
    for part in _PARTS.split(GROUP.sub("\n", whole)):
        said = _LABELLED.sub("", part.strip())
        # "arxiv:" says what the next link is, "CVPR 2024:" where the paper appeared.
        if said and (not said.endswith((":", "：")) or find_year(said)):
            yield _Part(said, False, italic, bold)


def _with_honours(said: list[str]) -> Iterator[str]:
    """The parts between commas, each with the honours that follow it: "ICLR 2024, Oral"."""
    whole = ""
    for part in said:
        if whole and is_honour(part):
            whole += f", {part}"
            continue
        if whole:
            yield whole
        whole = part
    if whole:
        yield whole


def _year_at_edge(text: str, marked: bool) -> int | None:
    """The year that a few names begin or end with: "Rick Szeliski 2010"; not one in a sentence."""
    words = clean_title(text).split()
    year = next((word for word in (words[:1] + words[-1:]) if is_date(word)), "")
    names = [word for word in words if word != year]
    if (
        not year
        or not names
        or (len(words) > _MOST_WORDS_IN_DATED and not persons(" ".join(names)))
    ):
        return None
    first = marked and words[0] == year  # "[2023 blog]"
    proper = all(word[0].isupper() or word in ("and", "&") for word in names)
    return find_year(year) if proper or first else None


def _authors(parts: list[_Part]) -> tuple[str, ...]:
    for text, marked, italic, _ in parts:
        if marked:
            continue
        if italic and is_person(text.strip(" .,")):
            return (text.strip(" .,"),)
        said = [one for one in _COMMA.split(text) if not is_date(one) and not find_venue(one)]
        if found := persons(", ".join(said)):
            return found
    return ()
