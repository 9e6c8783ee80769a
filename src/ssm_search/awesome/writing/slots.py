"""The source of an entry → the same with a slot for each thing in it that is about its paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.dates import in_slots
from ssm_search.papers import Paper
from ssm_search.venues import is_preprint

SLOT = re.compile(r"\0([a-z]+)(?::([^\0]*))?\0")
LONGEST = 6_000  # characters of an entry that may show how others are written
MARK = "\x01"  # stands where something was taken out
# What is no running text: an address, a tag, a badge.
TARGET = re.compile(r"\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)|https?://[^\s<>\"'()\[\]|]+")
TAG = re.compile(r"<[^<>]*>")
# Every repetition is bounded where it could start at each of many places: a source is any text.
IMAGE = re.compile(r"!\[[^\[\]\n]{0,99}\](?:\([^()\s]{0,400}\))?|<img\b[^<>]*>", re.I)
NOT_TEXT = re.compile("|".join([SLOT.pattern, IMAGE.pattern, TARGET.pattern, TAG.pattern]), re.I)

_LIKE_AN_ID = re.compile(r"(?<!\d)\d{4}\.\d{4,5}(?!\d)")
_ARXIV_HOST = re.compile(r"(?i)https?://(?:www\.)?arxiv\.org/")
# Hosts of badges, in whose addresses a repository is only counted: other hosts may not know it.
BADGE = r"https?://(?:[\w-]{1,40}\.){0,2}(?:shields\.io|badgen\.net|demolab\.com)/"
_STARS = re.compile(
    rf"{BADGE}(?:[\w-]{{1,40}}/)?github/stars/([\w.-]{{1,100}}/[\w-]{{1,100}})(?![\w/-])", re.I
)
# Where escaping by Markdown's rules does not hold: in a tag, and behind a link's address.
_UNSAFE = re.compile(r"(?:<[^<>]*|\]\([^()\n]*)\0(?:title|name|venue|preprint|honour|authors)\b")
_NUMBER = re.compile(r"\A(\s*)\d+(?=[.)]\s)")
_WORD_OF_NAME = r"[^\W\d_a-z][\w.'’´-]{0,40}"
_NAME = rf"{_WORD_OF_NAME}(?: (?:[a-z]{{1,3}} )?{_WORD_OF_NAME}){{1,4}}"
_AUTHORS = re.compile(
    rf"(?<![\w.'’´-]){_NAME}(?:(?:,? and |, ?|; ){_NAME}){{1,200}}(?<!\.)(?:,? et al\b\.?)?"
)
_ET_AL = re.compile(r"[\s,]{0,3}(?:et\.? al\b\.?|and others\b|…|\.\.\.)", re.I)
_BETWEEN_AUTHORS = re.compile(r"[\s,;&·、*_^\d†‡]{0,9}(?:(?:and|&)\s{1,4})?[*_]{0,2}")
_INITIALS = re.compile(r"(?:[^\W\d_]\.[ -]?)+ ?\S{2,}(?: \S+)?")
_PREPRINT_NAME = re.compile(r"(?i)[a-z]+(?:[\s-]+pre-?print)?")
_YEAR_IN_VENUE = re.compile(
    r"(?P<before>.*?)(?P<gap>[\s,'’`(-]{0,3})(?<!\d)(?P<year>(?:19|20)\d\d|\d\d)(?!\d)(?P<after>.*)",
    re.S,
)


@lru_cache(maxsize=8192)  # a list is often asked for several papers, or with several headings
def in_slots_of(source: str, paper: Paper) -> str | None:
    """``source``, from the entry of ``paper``, with slots for what is about ``paper``.

    The slots are title, name, id, url, code, repo (its owner and name), venue, preprint (a venue
    that is none), year (beside either), honour (behind it), date, authors and number. None where
    there is no telling, because the source names another paper too, or the title stands where it
    could not be escaped.
    """
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text or MARK in text or len(text) > LONGEST:
        return None
    text = _ARXIV_HOST.sub("https://arxiv.org/", text)
    if paper.title and paper.title in text:
        text = text.replace(paper.title, "\0title\0")
    elif paper.title:
        text = re.sub(loosely(paper.title), "\0title\0", text)
    text = _with_addresses(text, paper)
    if _LIKE_AN_ID.search(text):
        return None
    text = _with_name(text, paper)
    text = _with_venue(text, paper.venue)
    text = outside(NOT_TEXT, text, lambda plain: _with_authors(plain, paper.authors))
    text = outside(NOT_TEXT, text, in_slots)
    text = _NUMBER.sub("\\1\0number\0", text)
    return None if _UNSAFE.search(text) else text


def loosely(text: str) -> str:
    """A pattern for ``text`` whatever of it is escaped, and however it is broken into lines."""
    return r"\s+".join(re.sub(r"(\W)", r"\\\\?\\\1", word) for word in text.split())


def outside(kept: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
    """``text`` changed where ``kept`` does not match."""
    parts, position = [], 0
    for match in kept.finditer(text):
        parts += [change(text[position : match.start()]), match.group()]
        position = match.end()
    return "".join([*parts, change(text[position:])])


def repository(code_url: str) -> str:
    """``owner/name`` out of the address of a repository on GitHub; "" if it is none."""
    _, host, path = (code_url.split("//", 1)[-1]).partition("github.com/")
    parts = re.split(r"[?#]", path)[0].strip("/").split("/")
    if not host or not all(parts[:2]) or len(parts) < 2:
        return ""
    return "/".join(parts[:2]).removesuffix(".git")


def split_venue(venue: str) -> tuple[str, str, str, str]:
    """The name, what stands before the year, the year and what follows: "ICML", " ", "2021", ""."""
    if is_preprint(venue):  # "arXiv 16 Apr 2019": all behind the name is a date or an id
        name = _PREPRINT_NAME.match(venue)
        return (name.group() if name else venue), "", "", ""
    found = _YEAR_IN_VENUE.fullmatch(venue)
    if found is None or not any(map(str.isalpha, found["before"])):
        return venue, "", "", ""
    gap, year = found["gap"], found["year"]
    if len(year) == 2 and "'" not in gap and "’" not in gap and "`" not in gap:
        return venue, "", "", ""  # "24.05" of a date, "Vol. 12"
    return found["before"], gap, year, found["after"]


def _with_addresses(text: str, paper: Paper) -> str:
    if paper.id in text and arxiv_id(paper.id):
        text = re.sub(rf"(?<![\d.]){re.escape(paper.id)}(?:v\d+)?(?!\d)", "\0id\0", text)
        text = text.replace("/abs/\0id\0.pdf", "/abs/\0id\0")
    if paper.code_url and paper.code_url in text:
        text = _with_address(text, paper.code_url, "\0code\0")
    if paper.url and paper.url in text and not arxiv_id(paper.id):
        text = _with_address(text, paper.url, "\0url\0")
    badge = _STARS.search(text)
    repo = repository(paper.code_url) or (badge[1] if badge else "")
    if repo and repo.casefold() in text.casefold():  # two patterns take longer than all else here
        own = f"{re.escape(repo)}(?![\\w-])"
        for place in (
            rf"({BADGE}\S{{0,200}}?/){own}",
            rf"(https://github\.com/){own}(?=/stargazers|[)\"'>\s])",
        ):
            text = re.sub(place, "\\1\0repo\0", text, flags=re.I)
    return text


def _with_address(text: str, url: str, slot: str) -> str:
    return re.sub(rf"(?<=\() *{re.escape(url)} *(?=\))|{re.escape(url)}(?![\w/?#%-])", slot, text)


def _with_name(text: str, paper: Paper) -> str:
    """A slot for the short name before the title, or where it is all that is written."""
    first, colon, _ = paper.title.partition(":")
    name = paper.name.strip() or (first.strip() if colon else "")
    if not name:
        return text
    if text.strip() == name:
        return text.replace(name, "\0name\0")
    head, slot, rest = text.partition("\0title\0")
    if not paper.name:
        return text
    pattern = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
    head = outside(NOT_TEXT, head, lambda plain: re.sub(pattern, "\0name\0", plain))
    rest = re.sub(rf"(?<=\[){re.escape(name)}(?=\]+\()", "\0name\0", rest)
    return head + slot + rest


def _with_venue(text: str, venue: str) -> str:
    """Slots for the venue, and the year that belongs to it; where it first stands as it is read."""
    if not venue.strip():
        return text
    slot = "preprint" if is_preprint(venue) else "venue"
    name, gap, year, _ = split_venue(venue)
    if slot == "preprint":
        venue = name
    form = "%Y" if len(year) == 4 else "%y"
    written = f"\0{slot}\0" + (f"{gap}\0year:{form}\0\0honour\0" if year else "")
    pattern = rf"(?<!\w){_marked_up(venue)}(?!\w)"
    changed = text
    # Where it stands for itself before where it is the label of a link: "*arXiv* [[arXiv](…)]".
    for place in (rf"{pattern}(?!\]+\()", pattern):
        found = next(
            (one for one in re.finditer(place, text) if _is_plain(text, one.start())), None
        )
        if found:
            changed = text[: found.start()] + written + text[found.end() :]
            break
    if not year:
        changed = re.sub(
            rf"(?<![\d.])(?:19|20)\d\d([ ,]{{1,2}}\0{slot}\0)", "\0year:%Y\0\\1", changed
        )
        changed = re.sub(
            rf"(\0{slot}\0[\s*_`,'’()-]{{1,4}})(?:19|20)\d\d(?![\d./-])", "\\1\0year:%Y\0", changed
        )
    return changed


def _is_plain(text: str, position: int) -> bool:
    """Whether what stands at ``position`` is running text, or the label of a link."""
    return not any(one.start() <= position < one.end() for one in NOT_TEXT.finditer(text))


def _marked_up(text: str) -> str:
    """A pattern for ``text`` with emphasis in it: "ICLR (Best)" as "ICLR **(Best)**"."""
    return r"[\s*_`]+".join(re.sub(r"(\W)", r"\\\\?\\\1", word) for word in text.split())


def _with_authors(text: str, authors: tuple[str, ...]) -> str:
    """A slot for the authors, with its form: how they are joined, how many, with initials."""
    if authors and (start := text.find(authors[0])) >= 0:
        end = start + len(authors[0])
        count = 1
        last = ""
        for name in authors[1:]:
            between = _BETWEEN_AUTHORS.match(text, end)
            after = between.end() if between else end
            if not text.startswith(name, after):
                break
            last, end, count = text[end:after], after + len(name), count + 1
        more = _ET_AL.match(text, end)
        form = authors_form(authors[:count], last, more.group() if more else "")
        end = more.end() if more else end
        return f"{text[:start]}\0authors:{form}\0{text[end:]}"
    return _AUTHORS.sub(lambda found: f"\0authors:{_form_of(found.group())}\0", text)


def _form_of(text: str) -> str:
    more = _ET_AL.search(text)
    names = re.split(r",? and |, ?|; ", text[: more.start()] if more else text)
    last = " and " if " and " in text else ""
    return authors_form(tuple(names), last, more.group() if more else "")


def authors_form(names: tuple[str, ...], last: str, more: str) -> str:
    """How names are written, such as "i1 et al.": initials, one of them, and what follows."""
    initials = "i" if all(map(_INITIALS.fullmatch, names)) else ""
    if more:
        return f"{initials}{len(names)}{more}"
    joint = "&" if "&" in last else ("and" if "and" in last else "")
    return initials + joint + (";" if ";" in last else "")


def joined(authors: tuple[str, ...], form: str) -> str:
    """``authors`` as ``form`` says; all of them where it cuts off only one."""
    initials, count, more = re.fullmatch(r"(i?)(\d*)(.*)", form, re.S).groups()  # type: ignore[union-attr]
    names = [_with_initials(name) for name in authors] if initials else list(authors)
    if count:
        few = names[: int(count)]
        return ", ".join(few) + (more if len(names) > len(few) else "")
    sep = "; " if ";" in more else ", "
    if len(names) < 2 or not more.strip(";"):
        return sep.join(names)
    joint = " & " if "&" in more else " and "
    return (
        sep.join(names[:-1])
        + ("," if len(names) > 2 and joint == " and " else "")
        + joint
        + names[-1]
    )


def _with_initials(name: str) -> str:
    *given, last = name.split()
    return " ".join([*(f"{one[0]}." for one in given), last])
