"""Entries of a list → the templates that their maintainer writes by, and a new entry from them.

A template is what an entry looks like with all taken out that is about its own paper: title, id,
links, authors, date, venue. The one that most neighbours share is the habit of the list; what only
one entry has is about that paper, and no template for others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.labels import CODE_LABELS, is_label, label_words
from ssm_search.dates import Date, in_slots
from ssm_search.papers import Paper

_SLOT = re.compile(r"\0([a-z]+)(?::([^\0]*))?\0")
_LINK_TARGET = re.compile(r"\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)|https?://[^\s<>\"'()\[\]|]+")
_TAG = re.compile(r"<[^<>]*>")
_IMAGE = re.compile(r"<img\b[^<>]*>", re.I)
_WORD = re.compile(r"[^\W\d_]{2,}")
_LIKE_AN_ID = re.compile(r"(?<!\d)\d{4}\.\d{4,5}(?!\d)")
# Every repetition is bounded where it could start at each of many places: a source is any text.
_ARXIV_HOST = re.compile(r"https?://(?:www\.)?arxiv\.org/")
_ARXIV_LINK = re.compile(r"https?://[^\s()<>\"\0]{0,200}\0id\0(?:\.pdf)?")
_ARXIV_LABEL = re.compile(r"(?i)(?<=\[)(a)rxiv(?=\]{1,2}\(\0url\0)")
_BADGE = r"https?://img\.shields\.io/"
_STATIC_BADGE = re.compile(_BADGE + "badge/")
_CODE_LABEL = re.compile(r"\[([^\[\]]*)\]+\(\0code\0\)")
# Where escaping by Markdown's rules does not hold: in a tag, and behind a link's address.
_UNSAFE = re.compile(r"(?:<[^<>]*|\]\([^()\n]*)\0(?:title|name|venue|authors)\0")
_NUMBER = re.compile(r"\A(\s*)\d+(?=[.)]\s)")
_PREPRINT = re.compile(r"\W*arxiv(?:[\W\d]*|\W+preprint)", re.I)
_WORD_OF_NAME = r"[^\W\d_a-z][\w.'’´-]{0,40}"
_NAME = rf"{_WORD_OF_NAME}(?: (?:[a-z]{{1,3}} )?{_WORD_OF_NAME}){{1,4}}"
_AUTHORS = re.compile(
    rf"(?<![\w.'’´-]){_NAME}(?:(?:,? and |, ?|; ){_NAME}){{1,200}}(?<!\.)(?:,? et al)?"
)
# A link to code with the brackets and badges that come with it, for entries without code.
_CODE_LINK = re.compile(
    r",?[ \t]{0,4}(?:\[{0,2}(?:!\[[^\]]{0,99}\]\([^()]{0,200}\)|\[[^\[\]]{0,99}\])\]?"
    r"\(\0code\0\)\]?|<a href=[\"']?\0code\0[\"']?>[^<>]{0,99}</a>)"
)
_REPO_BADGE = re.compile(r"[ \t]{0,4}!\[[^\]]{0,99}\]\([^()]{0,200}\0repo\0[^()]{0,200}\)")
_AUTHORS_SLOT = re.compile(r",?[ \t]{0,4}\0authors\0[.,]?")


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

    @property
    def dates(self) -> list[str]:
        """The forms of its dates, such as "%d %b., %Y"."""
        return [form for name, form in _SLOT.findall(self.source) if name == "date"]


@lru_cache(maxsize=8192)  # a list is often asked for several papers, or with several headings
def template_of(source: str, paper: Paper) -> Template | None:
    """What ``source``, from the entry of ``paper``, looks like without ``paper``.

    The slots are title, name (what stands before the title's colon), id, url, code, repo (its
    owner and name), venue, date, authors and number. None where there is no telling, because the
    source names another paper too, or the title stands where it could not be escaped.
    """
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        return None
    text = _ARXIV_HOST.sub("https://arxiv.org/", text)
    if paper.title in text:
        text = text.replace(paper.title, "\0title\0")
    else:
        text = re.sub(_loosely(paper.title), "\0title\0", text)
    name, colon, _ = paper.title.partition(":")
    if colon and text.strip() == name.strip():
        text = text.replace(name.strip(), "\0name\0")
    if paper.id in text and arxiv_id(paper.id):
        text = re.sub(rf"(?<![\d.]){re.escape(paper.id)}(?:v\d+)?(?!\d)", "\0id\0", text)
        text = text.replace("/abs/\0id\0.pdf", "/abs/\0id\0")
    if paper.code_url and paper.code_url in text:
        text = _with_address(text, paper.code_url, "\0code\0")
    if paper.url and paper.url in text and not arxiv_id(paper.id):
        text = _with_address(text, paper.url, "\0url\0")
    if (repo := repository(paper.code_url)) and repo in text:
        text = re.sub(rf"({_BADGE}\S{{0,200}}?/){re.escape(repo)}(?![\w-])", "\\1\0repo\0", text)
    if _LIKE_AN_ID.search(text):
        return None
    text = _outside(_LINK_TARGET, text, lambda plain: _with_facts(plain, paper))
    text = _NUMBER.sub("\\1\0number\0", text)
    text = _without_remarks(text)
    return None if _UNSAFE.search(text) else Template(text, _residue(text))


def _loosely(title: str) -> str:
    """A pattern for ``title`` whatever of it is escaped, and however it is broken into lines."""
    return r"\s+".join(re.sub(r"(\W)", r"\\\\?\\\1", word) for word in title.split())


def _with_address(text: str, url: str, slot: str) -> str:
    return re.sub(rf"{re.escape(url)}(?![\w/?#%-])", slot, text)


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
    source = _AUTHORS_SLOT.sub("", "\n".join(lines))
    return Template(source, _residue(source))


def without_brackets(template: Template, slot: str) -> Template:
    """``template`` without the "(CVPR 2024)" or "[arXiv 24.05]" that ``slot`` stands in."""
    inside = r"[^()\[\]\n\0]{0,40}"
    brackets = rf"\\?[(\[]{inside}\0{slot}(?::[^\0]*)?\0{inside}[)\]](?!\()[.,]?"
    source = re.sub(rf"(?m)^{brackets}[ \t]?|[ \t]?{brackets}", "", template.source)
    return Template(source, _residue(source))


def with_address(template: Template) -> Template:
    """``template`` of an arXiv paper for a page elsewhere, which it must not call arXiv."""
    source = _ARXIV_LINK.sub("\0url\0", template.source)
    source = _ARXIV_LABEL.sub(lambda found: "paper" if found[1] == "a" else "Paper", source)
    return Template(source, _residue(source) + says_arxiv(source))


def says_arxiv(source: str) -> bool:
    """True where what a reader sees of ``source`` calls the paper one of arXiv's."""
    return "arxiv" in _visible(source).casefold()


def filled(template: Template, facts: Mapping[str, str], when: Date) -> str:
    """``template`` with ``facts`` in its slots, and ``when`` in those for dates."""

    def value(match: re.Match[str]) -> str:
        name, form = match.groups()
        return when.written(form) if name == "date" else facts[name]

    return _SLOT.sub(value, template.source)


def repository(code_url: str) -> str:
    """``owner/name`` out of the address of a repository on GitHub; "" if it is none."""
    _, host, path = (code_url.split("//", 1)[-1]).partition("github.com/")
    parts = re.split(r"[?#]", path)[0].strip("/").split("/")
    if not host or not all(parts[:2]) or len(parts) < 2:
        return ""
    return "/".join(parts[:2]).removesuffix(".git")


def _with_facts(text: str, paper: Paper) -> str:
    """Running text with slots for venue, authors and dates."""
    if not is_preprint(paper.venue):
        text = re.sub(rf"(?<!\w){re.escape(paper.venue)}(?!\w)", "\0venue\0", text)
    text = _AUTHORS.sub("\0authors\0", text)
    return _outside(_SLOT, text, lambda plain: in_slots(plain))


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
    """Words, numbers and links of ``text`` that are neither slots nor labels nor badges."""
    links = [*_LINK_TARGET.findall(text), *_IMAGE.findall(text)]
    foreign = sum("\0" not in link and not _STATIC_BADGE.search(link) for link in links)
    foreign += len(re.findall(r"\d+", _visible(text)))
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
