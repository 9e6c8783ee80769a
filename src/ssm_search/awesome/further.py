"""The links of an entry beside those to its page, PDF and code: "[Project](…)", "[Video](…)".

A link counts where its text, its badge, the label before it or its column says what it is, or where
its host does. What stands in a sentence, leads to another paper or to no page of its own is left
out: a link too few can be found in the list, a wrong one misleads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlsplit

from ssm_search.addresses import is_published
from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.blocks import Run
from ssm_search.awesome.labels import is_label
from ssm_search.awesome.linknames import (
    STANDARD,
    TELLING,
    VAGUE,
    as_label,
    cleaned,
    host_of,
    known_host,
    name_by_host,
    name_by_label,
    on_badge,
)
from ssm_search.awesome.links import is_code_address, is_web
from ssm_search.papers import LINK_NAME_CHARS, Link, Paper, title_key
from ssm_search.persons import is_person, persons
from ssm_search.text import shown
from ssm_search.venues import find_venue, is_date

_OF_IDS = frozenset(("arxiv.org", "doi.org"))
_COPIES = "sci-hub."  # of what others publish, at hosts that come and go
_OF_CODE = frozenset(("Code", "GitHub", "GitLab", "PyTorch", "TensorFlow", "JAX"))
_MAX_URL_CHARS = 2_000
_LONGEST_TEXT = 200  # what is longer is no label, and takes time
_MOST_WORDS = 4  # in a name that is the list's own word
_NO_PAGES = re.compile(
    r"(?i)\b(?:licen[cs]e|stars?|forks?|stargazers|visitors?|prs? welcome"
    r"|soon|todo|tba|tbd|none|n/?a)\b"
)
_OPENING = ("[", "【", "|")
_BEFORE = re.compile(r"([^:：\n|]{1,40})[:：]\s*[\[(（【<]?\s*$")


@dataclass(frozen=True, slots=True)
class _Found:
    """A link where it stands.

    Attributes:
        before, after: the text around it, as far as the next link or line.
        column: the name of its column; "" outside tables.
        is_title: it is that of the entry's title, or of a part of it.
        is_behind: the title stands before it.
    """

    href: str
    text: str
    image: str
    before: str
    after: str
    column: str
    is_title: bool
    is_behind: bool

    @property
    def of_column(self) -> str:
        """The name of its column, if that says that there are links; else ""."""
        name = as_label(cleaned(self.column))
        return name if name in STANDARD or name in VAGUE else ""

    @property
    def is_bracketed(self) -> bool:
        """Whether it stands in square brackets, or alone in a cell for links."""
        alone = bool(self.of_column) and not (self.before + self.after).strip()
        return alone or self.before.rstrip()[-1:] in _OPENING or self.text[:1] in _OPENING

    @property
    def ends(self) -> bool:
        """Whether no sentence goes on behind it."""
        return self.is_bracketed or not self.after.lstrip()[:1].isalnum()

    @property
    def is_apart(self) -> bool:
        """Whether it is no part of a sentence: "(see [it](…)), and has …" is one."""
        goes_on = any(map(str.isalnum, self.after)) or self.before.rstrip()[-1:].isalnum()
        return self.is_bracketed or not goes_on


def links_of(parts: Iterable[tuple[str, Sequence[Run]]], paper: Paper) -> Iterator[Link]:
    """The links of an entry that have a name, in its order; more than once if it has them so.

    Args:
        parts: the name of the column of each cell, and its runs; text without columns is one part.
        paper: what else was read of the entry.
    """
    title, own_id = title_key(paper.title), paper.id if paper.kind == "paper" else ""
    every = [found for column, runs in parts for found in _links(runs, column, title)]
    labelled = {found.href for found in every if not found.is_title and _name(found)}
    for found in every:
        leads_to = arxiv_id(found.href)
        is_other = bool(leads_to) and leads_to != own_id
        if is_other and own_id and found.text and not is_label(found.text):
            return  # what stands behind the title of a second paper may be the second's
        if is_other or (leads_to and known_host(found.href, _OF_IDS)):
            continue  # to another paper, or to what its id stands for
        name = _name(found) if found.href not in labelled or not found.is_title else ""
        of_code = name.partition(" (")[0] in _OF_CODE
        if name and not (of_code and _repository(found.href) == _repository(paper.code_url)):
            yield Link(name, found.href)


def _links(runs: Sequence[Run], column: str, title: str) -> Iterator[_Found]:
    """Every link to the web, a run of one address being one link."""
    parts = [
        (
            href,
            "".join(run.text for run in same),
            next((run.image for run in same if run.image), ""),
        )
        for (href, is_break), group in groupby(runs, lambda run: (run.href, run.is_break))
        if (same := tuple(group)) or is_break
    ]
    keys = [title_key(text) for _, text, _ in parts]
    start = "".join(keys).find(title) if title else -1
    end = start + len(title)
    at = 0
    for place, ((href, text, image), key) in enumerate(zip(parts, keys, strict=True)):
        begins, at = at, at + len(key)
        if not (is_web(Run(text, href)) and _is_safe(href)):
            continue
        inside = start >= 0 and bool(key) and begins < end and at > start
        before = parts[place - 1][1] if place and not parts[place - 1][0] else ""
        after = parts[place + 1][1] if place + 1 < len(parts) and not parts[place + 1][0] else ""
        yield _Found(
            href,
            text.strip(),
            image,
            before.rpartition("\n")[2],
            after.partition("\n")[0],
            column,
            is_title=inside,
            is_behind=(start >= 0 and begins >= end) or (bool(column) and start < 0),
        )


def _is_safe(href: str) -> bool:
    if len(href) > _MAX_URL_CHARS or " " in href or _COPIES in href or shown(href) != href:
        return False
    try:
        parts = urlsplit(href)
        return bool(parts.hostname) and "@" not in parts.netloc  # who is named before it is no host
    except ValueError:  # "http://["
        return False


def _name(found: _Found) -> str:
    """What the link is called; "" if it is none to show."""
    if found.is_title:
        return name_by_host(found.href) or _shortened(host_of(found.href))
    text = cleaned(found.text[:_LONGEST_TEXT])
    if found.image and not text:
        text = on_badge(found.image)
        if not text and not (found.of_column or known_host(found.href, TELLING)):
            return ""
    word = as_label(text)
    if _NO_PAGES.search(text):
        return ""
    if name := name_by_label(text):
        return _shortened(name) if found.ends else ""
    if word and (name := name_by_host(found.href)).casefold() == word:
        return name if found.is_apart else ""
    if not word or "://" in found.text or word in VAGUE or is_date(text):
        return _by_place(found, word) if found.is_apart else ""
    if find_venue(text, marked=True):
        apart = found.is_apart or found.before.rstrip().endswith(",")
        return _shortened(text) if apart and is_published(found.href) else ""
    if is_label(text):
        return _shortened(text) if found.ends else ""
    return _own_name(found, text)


def _by_place(found: _Found, word: str) -> str:
    """The name of a link whose text says next to nothing: by what stands before it, or its host."""
    beside = _label_before(found.before) or STANDARD.get(found.of_column, "")
    if name := beside or name_by_host(found.href):
        return name
    return "" if "://" in found.text else VAGUE.get(word) or _shortened(host_of(found.href))


def _own_name(found: _Found, text: str) -> str:
    """The name of a link whose text is no label, behind a title, and in no sentence."""
    if not (found.is_behind and found.is_apart):
        return ""
    short = len(text) <= LINK_NAME_CHARS and len(text.split()) <= _MOST_WORDS and "[" not in text
    labelled = any(map(is_label, text.split()))
    if short and found.is_bracketed and (labelled or not (is_person(text) or persons(text))):
        return text
    if found.is_bracketed and found.of_column:
        return STANDARD.get(found.of_column) or name_by_host(found.href)
    return name_by_host(found.href) if known_host(found.href, TELLING) else ""


def _label_before(before: str) -> str:
    """The name that a label gives: "Homepage: https://…"."""
    match = _BEFORE.search(before[-80:])
    said = cleaned(match[1]) if match else ""
    return _shortened(name_by_label(said) or VAGUE.get(as_label(said), ""))


def _shortened(text: str) -> str:
    return text if len(text) <= LINK_NAME_CHARS else text[: LINK_NAME_CHARS - 1].rstrip() + "…"


def _repository(href: str) -> str:
    """The repository that an address of code leads into."""
    if not is_code_address(href):
        return href
    return "/".join(href.casefold().removesuffix(".git").split("/")[2:5])
