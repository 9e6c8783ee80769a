"""Entries of a list → the templates that their maintainer writes by, and a new entry from them.

A template is what an entry looks like with all taken out that is about its own paper: title, id,
links, authors, date, venue. The one that most neighbours share is the habit of the list; what only
one entry has is about that paper, and no template for others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlsplit

from ssm_search.labels import CODE_LABELS, is_label, label_words
from ssm_search.papers import Paper, arxiv_id

_SLOT = re.compile(r"\0([a-z]+)(?::([^\0]*))?\0")
_LINK_TARGET = re.compile(r"\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)|https?://[^\s<>\"'()\[\]|]+")
_TAG = re.compile(r"<[^<>]*>")
_IMAGE = re.compile(r"<img\b[^<>]*>", re.I)
_WORD = re.compile(r"[^\W\d_]{2,}")
_LIKE_AN_ID = re.compile(r"(?<!\d)\d{4}\.\d{4,5}(?!\d)")
_ARXIV_LINK = re.compile(r"https?://[^\s()<>\"]*\0id\0(?:\.pdf)?")
_BADGE = r"https?://img\.shields\.io/"
_CODE_LABEL = re.compile(r"\[([^\[\]]*)\]+\(\0code\0\)")
_NUMBER = re.compile(r"\A(\s*)\d+(?=[.)]\s)")
_PREPRINT = re.compile(r"\W*arxiv(?:[\W\d]*|\W+preprint)", re.I)

_MONTHS = "January February March April May June July August September October November December"
_MONTH_NAMES = _MONTHS.split()
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTH_NAMES)
_DATES = re.compile(
    rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th))(?P<a> +)(?P<m>{_MONTH})(?P<b>\.?,? *)(?P<y>(?:19|20)\d\d)"
    rf"|(?P<m2>{_MONTH})(?P<b2>\.?,? +)(?P<y2>(?:19|20)\d\d)"
    r"|(?<![\d.])(?P<y3>(?:19|20)\d\d)(?P<s>[./-])\d{1,2}(?P<d3>(?P=s)\d{1,2})?(?![\d])"
    r"|(?<![\d.])\d\d\.\d\d(?P<d4>\.\d\d)?(?![\d])"
    r"|(?<![\d./-])(?P<y5>(?:19|20)\d\d)(?![\d])"
)
_NAME = r"[^\W\d_a-z][\w.'’-]*(?: (?:[a-z]{1,3} )?[^\W\d_a-z][\w.'’-]*){1,4}"
_AUTHORS = re.compile(rf"{_NAME}(?:(?:, and |,? and |, ?|; ){_NAME}){{1,200}}(?<!\.)(?:,? et al)?")
# A link to code with the brackets and badges that come with it, for entries without code.
_CODE_LINK = re.compile(r",?[ \t]*\[*(?:!\[[^\]]*\]\([^()]*\)|\[[^\[\]]*\])\]?\(\0code\0\)\]?")
_REPO_BADGE = re.compile(r"[ \t]*!\[[^\]]*\]\([^()]*\0repo\0[^()]*\)")


@dataclass(frozen=True, slots=True)
class Template:
    """The source of an entry with slots in it, one line feed between its lines.

    Attributes:
        residue: how many words and links it has that neither a slot nor a label accounts for.
    """

    source: str
    residue: int

    @property
    def slots(self) -> frozenset[str]:
        """The names of its slots."""
        return frozenset(name for name, _ in _SLOT.findall(self.source))


def template_of(source: str, paper: Paper) -> Template | None:
    """What ``source``, from the entry of ``paper``, looks like without ``paper``.

    The slots are title, name (what stands before the title's colon), id, url, code, repo (its
    owner and name), venue, date, authors and number. None where there is no telling, because the
    source names another paper too.
    """
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        return None
    text = text.replace("http://arxiv.org/", "https://arxiv.org/")
    title = re.compile(r"\s+".join(map(_loosely, paper.title.split())))
    text = title.sub("\0title\0", text)
    name, colon, _ = paper.title.partition(":")
    if colon and text.strip() == name.strip():
        text = text.replace(name.strip(), "\0name\0")
    if arxiv_id(paper.id):
        text = re.sub(rf"(?<![\d.]){re.escape(paper.id)}(?:v\d+)?(?!\d)", "\0id\0", text)
    elif paper.url:
        text = text.replace(paper.url, "\0url\0")
    if paper.code_url:
        text = re.sub(rf"{re.escape(paper.code_url)}(?![\w/?#%-])", "\0code\0", text)
        if repo := repository(paper.code_url):
            text = re.sub(rf"({_BADGE}\S*?/){re.escape(repo)}(?![\w-])", "\\1\0repo\0", text)
    text = _outside(_LINK_TARGET, text, lambda plain: _with_facts(plain, paper))
    text = _NUMBER.sub("\\1\0number\0", text)
    text = _without_remarks(text)
    return None if _LIKE_AN_ID.search(text) else Template(text, _residue(text))


def _loosely(word: str) -> str:
    """A pattern for ``word`` whatever of it is escaped."""
    return "".join(rf"\\?{re.escape(char)}" if not char.isalnum() else char for char in word)


def is_preprint(venue: str) -> bool:
    """True for "" and "arXiv", with whatever date or id goes with it."""
    return not venue or _PREPRINT.fullmatch(venue.strip()) is not None


def without_code(template: Template) -> Template:
    """``template`` for a paper without code: the link, and what belongs to it, left out."""
    source = _REPO_BADGE.sub("", _CODE_LINK.sub("", template.source))
    lines = source.split("\n")
    kept = [line for number, line in enumerate(lines) if line.strip() or not number]
    return Template("\n".join(kept), _residue("\n".join(kept)))


def without_authors(template: Template) -> Template:
    """``template`` for a paper whose authors are not known."""
    lines = [
        line
        for line in template.source.split("\n")
        if "\0authors\0" not in line or len(_SLOT.findall(line)) > 1
    ]
    source = re.sub(r",?[ \t]*\0authors\0[.,]?", "", "\n".join(lines))
    return Template(source, _residue(source))


def with_address(template: Template) -> Template:
    """``template`` of an arXiv paper for a page elsewhere."""
    return Template(_ARXIV_LINK.sub("\0url\0", template.source), template.residue)


def filled(template: Template, facts: Mapping[str, str], when: Date) -> str:
    """``template`` with ``facts`` in its slots, and ``when`` in those for dates."""

    def value(match: re.Match[str]) -> str:
        name, form = match.groups()
        return when.written(form) if name == "date" else facts[name]

    return _SLOT.sub(value, template.source)


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
        if arxiv_id(paper.id):
            digits = paper.id.rpartition("/")[2]
            year, month = int(digits[:2]), int(digits[2:4])
            return cls(year + (1900 if year > 90 else 2000), month)
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


def escaped_title(title: str, *, in_table: bool) -> str:
    """``title`` on one line so that Markdown shows it as it is; it may come from a stranger."""
    title = " ".join(title.split())
    title = re.sub(r"([\\`*<])", r"\\\1", title)
    if "](" in title or not _balanced(title):
        title = re.sub(r"([\[\]])", r"\\\1", title)
    return title.replace("|", "\\|") if in_table else title


def escaped_address(url: str) -> str:
    """``url`` so that it ends neither a link nor a table cell; "" unless it is http(s)."""
    if urlsplit(url).scheme.lower() not in ("http", "https"):
        return ""
    return quote(url.strip(), safe="%/:=&?~#+!$,;'@*[]-._")


def repository(code_url: str) -> str:
    """``owner/name`` out of the address of a repository; "" if there is none."""
    parts = urlsplit(code_url).path.strip("/").split("/")
    return "/".join(parts[:2]).removesuffix(".git") if len(parts) > 1 else ""


def _with_facts(text: str, paper: Paper) -> str:
    """Running text with slots for venue, authors and dates."""
    if not is_preprint(paper.venue):
        text = text.replace(paper.venue, "\0venue\0")
    text = _AUTHORS.sub("\0authors\0", text)
    return _outside(_SLOT, text, lambda plain: _DATES.sub(_date_slot, plain))


def _date_slot(match: re.Match[str]) -> str:
    found = match.groupdict()
    if found["day"]:
        form = f"%do{found['a']}{_month_form(found['m'])}{found['b']}%Y"
    elif found["m2"]:
        form = f"{_month_form(found['m2'])}{found['b2']}%Y"
    elif found["y3"]:
        form = f"%Y{found['s']}%m" + (f"{found['s']}%D" if found["d3"] else "")
    elif found["y5"]:
        form = "%Y"
    else:
        form = "%y.%m" + (".%D" if found["d4"] else "")
    return f"\0date:{form}\0"


def _month_form(name: str) -> str:
    return "%b" if len(name) == 3 else "%B"


def _without_remarks(text: str) -> str:
    """``text`` without the lines after its first that only say more about its own paper."""
    first, *rest = text.split("\n")
    kept = [first]
    for line in rest:
        says_nothing = not any(map(str.isalnum, _visible(line)))
        if _SLOT.search(line) or says_nothing or (_words(line) and not _residue(line)):
            kept.append(line)
        else:
            kept[-1] = kept[-1].rstrip()
    while len(kept) > 1 and not kept[-1].strip():
        kept.pop()
    return "\n".join(kept)


def _residue(text: str) -> int:
    """Words, links and images of ``text`` that are neither slots nor labels nor badges."""
    links = [*_LINK_TARGET.findall(text), *_IMAGE.findall(text)]
    foreign = sum("\0" not in link and not re.search(_BADGE, link) for link in links)
    # The address of the code may also be that of the paper, or of something else.
    foreign += sum(not CODE_LABELS & label_words(label) for label in _CODE_LABEL.findall(text))
    return foreign + sum(not is_label(word) for word in _words(text))


def _words(text: str) -> list[str]:
    return _WORD.findall(_visible(text))


def _visible(text: str) -> str:
    return _TAG.sub(" ", _SLOT.sub(" ", _LINK_TARGET.sub(" ", text)))


def _outside(kept: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
    parts, position = [], 0
    for match in kept.finditer(text):
        parts += [change(text[position : match.start()]), match.group()]
        position = match.end()
    return "".join([*parts, change(text[position:])])


def _balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char == "[") - (char == "]")
        if depth < 0:
            return False
    return depth == 0
