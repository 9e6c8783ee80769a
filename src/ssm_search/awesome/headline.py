"""Where the title of an entry begins and ends, when nothing but habit says so.

"[ICML 2024] **Title**, authors [[Paper](…)] [[Code](…)]" and a hundred variations: lead-in tags,
the title (linked, bold or bare), then authors, venue and links with labels for names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.blocks import PARAGRAPH_BREAK, Run, plain
from ssm_search.awesome.labels import is_label
from ssm_search.awesome.links import leads_out, says_paper
from ssm_search.venues import find_year, is_date, is_venue, is_venue_link

# No title and what leads up to it is longer; reading on would only cost time.
_MAX_LEAD = 1_000
_MAX_TAILS = 4  # venue, year and honours, each in brackets of its own

_SQUARE_TAG = re.compile(r"\s*\[([^\[\]]{0,80})\](?P<glued>[-\w(])?")
_ROUND_TAG = re.compile(
    r"\s*(?:[(（]([^()（）]{0,80})[)）]|【([^【】]{0,80})】|\{([^{}]{0,80})\})(?P<glued>[-a-z])?"
)
_NUMBER_LEAD = re.compile(r"\s*(?:\d{4}[./-]\d{1,2}(?:[./-]\d{1,2})?\s*[:：|–—-]*|\d{1,3}[.)])\s+")
_DATE_LEAD = re.compile(r"\W*((?:19|20)\d{2}(?:[./-]\d{1,2}){1,2})(?!\w)")
_LONGEST_GROUP = 80
_GROUP = re.compile(rf"[(\[（]([^()\[\]（）]{{2,{_LONGEST_GROUP}}})[)\]）]")
_TAIL = re.compile(rf"\s*{_GROUP.pattern}[.,]?\s*$")
_ID_TAIL = re.compile(
    r"[,.;]?\s*\"?\s*arxiv(?:\s+pre-?print)?[:\s]+(?:arxiv:)?\d{4}\.\d{4,5}.*$", re.I
)
_FIRST_QUOTE = re.compile(r"([^\"“”]*+)[\"“]([^\"“”]++)[\"”]")
_SHORTCODE = re.compile(r"(?<!\w):[a-z0-9_+-]+:(?!\w)")
_FIRST_ORNAMENT = "\u2190"  # "°" and "©" come before it and may belong to a title
_EMOJI_PARTS = "\ufe0e\ufe0f\u20e3"  # variation selectors, keycap
_EDGES = " \t-–—:：,;.|*•·_"
_QUOTES = '"“”'
_STOPS = ".,;"
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Headline:
    """The title of an entry and what was printed around it.

    Attributes:
        strength: 3 marked as a title (a link or bold), 2 by its place, 0 none found.
        prose: the title runs on into a sentence with paper links in it.
    """

    title: str = ""
    strength: int = 0
    venue: str = ""
    year: int | None = None
    prose: bool = False


def clean_title(text: str) -> str:
    """A title as printed, without emoji and the quotes and punctuation around it."""
    text = " ".join(_without_ornaments(text).replace("`", "").split()).strip(_EDGES)
    quotes = [at for at, char in enumerate(text) if char in _QUOTES]
    if len(quotes) == 1 or quotes == [0, len(text) - 1]:
        text = text.strip(_QUOTES).strip(_EDGES)
    if text[:1] + text[-1:] == "[]" and text.count("[") == 1:
        text = text[1:-1]
    opening = sum(text.count(char) for char in "([（【")
    closing = sum(text.count(char) for char in ")]）】")
    if opening > closing and text[-1:] in "([（【":
        text = text[:-1].rstrip(_EDGES)
    return text


def headline(runs: tuple[Run, ...]) -> Headline:
    """Find the title at the head of an entry."""
    lead = ""
    stopped_at: Run | None = None
    for position, run in enumerate(runs):
        if run.image:
            continue
        if len(lead) > _MAX_LEAD:
            break
        if run.is_break:
            if not _goes_on(run, runs[position + 1 : position + 2]) and _strip_tags(lead):
                break
            lead += " "
        elif run.bold and _starts_title(run, lead):
            stretch = _contiguous(runs, position, bold=True)
            if any(arxiv_id(part.href) and is_label(part.text) for part in stretch):
                return Headline()  # a sentence in bold with "[paper](…)" in it: an announcement
            return _marked(stretch, runs)
        elif run.italic and lead.rstrip()[-1:] in _STOPS and _strip_tags(lead):
            break  # authors, or where it appeared
        elif leads_out(run):
            gathered = _strip_tags(lead)
            if not is_label(run.text) and not gathered:
                return _marked(_contiguous(runs, position, bold=False), runs)
            if gathered:
                stopped_at = None if is_label(run.text) or is_venue_link(run.text) else run
                break
        else:
            lead += run.text
    return _placed(lead, stopped_at, runs)


def _placed(lead: str, stopped_at: Run | None, runs: tuple[Run, ...]) -> Headline:
    """The headline of an entry that starts with ``lead`` and marks no title in it."""
    if len(lead) > _MAX_LEAD:
        return Headline()
    title, venue, year = _trim(_title_after_authors(lead) or lead)
    if not any(char.isalpha() for char in title) or is_label(title):
        return Headline()
    named = {arxiv_id(run.href) for run in runs if not is_label(run.text)} - {None}
    labelled = any(arxiv_id(run.href) for run in runs if is_label(run.text))
    prose = stopped_at is not None and (
        len(named) > 1 or (named and not labelled) or arxiv_id(stopped_at.href) is not None
    )
    around_venue, around_year = _around(title, runs)
    return Headline(title, 2, venue or around_venue, year or around_year, bool(prose))


def _title_after_authors(lead: str) -> str:
    """What ``Authors. "Title." Journal`` has in quotes; "" if the quotes are part of a title."""
    match = _FIRST_QUOTE.match(lead)
    if not match or not _WORD.search(match[1]) or match[1].rstrip()[-1] not in _STOPS:
        return ""
    return match[2] if len(match[2].split()) > 2 else ""


def split_entries(runs: tuple[Run, ...]) -> Iterator[tuple[Run, ...]]:
    """Cut a block where a line begins another entry: its own title, and its own paper link.

    Lines without any link before the first entry are a label for a group, and stay with it only
    if nothing tells them apart.
    """
    lines: list[list[Run]] = [[]]
    for run in runs:
        lines[-1].append(run)
        if run.is_break:
            lines.append([])
    begins = [_begins_entry(tuple(line)) for line in lines]
    several = sum(begins) > 1
    entry: list[Run] = []
    has_link = has_paper = False
    for line, begin in zip(lines, begins, strict=True):
        is_group_label = not has_link and (several or _tag_end(plain(tuple(line))) > 0)
        if begin and (has_paper or is_group_label):
            if has_paper:
                yield tuple(entry)
            entry, has_link, has_paper = [], False, False
        entry += line
        has_link |= any(run.href for run in line)
        has_paper |= _has_paper(line)
    if entry:
        yield tuple(entry)


def _has_paper(line: Iterable[Run]) -> bool:
    return any(says_paper(run) or arxiv_id(run.href) for run in line)


def _begins_entry(line: tuple[Run, ...]) -> bool:
    if not _has_paper(line):
        return False
    found = headline(line)
    has_words = len(found.title.split()) > 1 or not found.title.isascii()
    return has_words and not found.prose


def _starts_title(run: Run, lead: str) -> bool:
    """Bold is a title at the very start, or after a full stop; within a bracket it is a tag."""
    if lead.count("(") > lead.count(")") or lead.count("[") > lead.count("]"):
        return False
    if is_label(run.text) and run.href:
        return False
    begins = bool(_WORD.search(run.text)) and not is_label(run.text)
    goes_on = lead.rstrip()[-1:] in '.,:;)]"“' and len(run.text.split()) > 2
    # What was gathered is looked through only where it decides: once a run, it would take most of
    # the time that many runs take.
    return begins if begins == goes_on or not _strip_tags(lead) else goes_on


def _contiguous(runs: tuple[Run, ...], position: int, *, bold: bool) -> list[Run]:
    """The link, or the bold stretch, that begins at ``position``."""
    href = runs[position].href
    return list(
        takewhile(
            lambda run: not run.image and (run.bold if bold else run.href == href), runs[position:]
        )
    )


def _goes_on(line_break: Run, following: tuple[Run, ...]) -> bool:
    """True if the title may run on over a break: into a small letter, or a title in quotes."""
    if line_break.text == PARAGRAPH_BREAK or not following:
        return False
    start = following[0].text.lstrip()[:1]
    return start in _QUOTES or (start.islower() and not following[0].href)


def _marked(stretch: list[Run], runs: tuple[Run, ...]) -> Headline:
    text = "".join(run.text for run in stretch)
    if len(text) > _MAX_LEAD:
        return Headline()
    title, venue, year = _trim(text)
    around_venue, around_year = _around(title, runs)
    return Headline(title, 3, venue or around_venue, year or around_year)


def _without_ornaments(text: str) -> str:
    """``text`` without emoji, their ``:shortcodes:``, control and invisible characters."""
    if text.isascii() and text.isprintable() and ":" not in text:
        return text
    return "".join(map(_without_ornament, _SHORTCODE.sub(" ", text)))


@lru_cache(maxsize=4096)
def _without_ornament(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or char in _EMOJI_PARTS:
        return ""
    emoji = category in ("So", "Sk") and char >= _FIRST_ORNAMENT
    return " " if emoji or category in ("Cc", "Co") else char


def _strip_tags(text: str) -> str:
    """``text`` without the ornaments, bracketed tags, numbers and dates before its first word."""
    text = _without_ornaments(text)
    while end := _tag_end(text):
        text = text[end:]
    return text if any(map(str.isalpha, text)) and not is_date(text) else ""


def _tag_end(text: str) -> int:
    """Where the tag, number or date ends that ``text`` starts with; 0 if there is none.

    "[V]-Mamba" and "(Re)thinking" start with a word and not with a tag, "[ICML24]Mamba" does not.
    """
    match = _SQUARE_TAG.match(text) or _ROUND_TAG.match(text)
    if match is None:
        number = _NUMBER_LEAD.match(text)
        return number.end() if number else 0
    if match["glued"] is None:
        return match.end()
    inner = next(filter(None, match.groups()))
    return match.start("glued") if is_venue(inner) or is_date(inner) or arxiv_id(inner) else 0


def _trim(text: str) -> tuple[str, str, int | None]:
    """A title out of its surroundings, and the venue and year in the brackets that went."""
    text = " ".join(text.split())
    title = _strip_tags(text) or text
    title = _ID_TAIL.sub("", title) or title
    venue, year = "", None
    for _ in range(_MAX_TAILS):
        match = _TAIL.search(title := _without_tail(title))
        inner = match[1].strip() if match else ""
        if match is None or not (is_venue(inner) or is_date(inner) or arxiv_id(inner)):
            break
        venue, year = (inner if is_venue(inner) else venue), find_year(inner) or year
        title = title[: match.start()]
    return clean_title(title), venue, year


def _without_tail(text: str) -> str:
    """``text`` without the dashes, colons and opened brackets that lead over to the links."""
    return text.rstrip().rstrip("-–—:：,;|([（【 ").rstrip()


def _around(title: str, runs: tuple[Run, ...]) -> tuple[str, int | None]:
    """The first venue, and the first year, that an entry gives beside its title.

    They stand in brackets, on a line of their own, as a link, or as a date at the very beginning.
    """
    outside_links = [
        f"({run.text})" if run.href and is_venue_link(run.text) else run.text
        for run in runs
        if run.bold or not run.href.startswith("http") or is_venue_link(run.text)
    ]
    said = []
    for line in "".join(outside_links).splitlines():
        whole = line.strip()
        if is_date(whole) or is_venue_link(whole):
            said.append(whole)
        said += _GROUP.findall(line)
    if date := _DATE_LEAD.match(plain(runs)):
        said.insert(0, date[1])
    said = [text for text in said if clean_title(text) != title]
    venue = next((text.strip(" *") for text in said if is_venue(text)), "")
    dated = (text for text in said if is_venue(text) or is_date(text))
    return venue, next(filter(None, map(find_year, dated)), None)
