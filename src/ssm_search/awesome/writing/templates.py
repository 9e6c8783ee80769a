"""Entries of a list → the templates that their maintainer writes by, and a new entry from them.

A template is what an entry looks like with all taken out that is about its own paper: title, id,
links, authors, date, venue, and whatever else is neither a label nor common to all. The one that
most neighbours share is the habit of the list.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ssm_search.awesome.writing.slots import MARK, SLOT, in_slots_of, joined
from ssm_search.awesome.writing.tidying import without_foreign
from ssm_search.dates import Date
from ssm_search.papers import Paper

_ARXIV_LINK = re.compile(r"https?://[^\s()<>\"\0]{0,200}\0id\0(?:\.pdf)?")
_ARXIV_LABEL = re.compile(r"(?i)(?<=\[)(a)rxiv(?=\]{1,2}\(\0url\0)")
_ID_IN_TEXT = re.compile(r"[ \t]?\(?\[?(?:arXiv[:\s]{0,2})\0id\0\]?\)?", re.I)
_TAGS = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^<>]*?(/?)>", re.I)
_VOID = frozenset("br hr img input wbr".split())
_SPAN = re.compile(r"\srowspan\s*=\s*[\"']?\d+[\"']?", re.I)


@dataclass(frozen=True, slots=True)
class Template:
    """The source of an entry with slots in it, one line feed between its lines."""

    source: str

    @property
    def slots(self) -> frozenset[str]:
        """The names of its slots."""
        return frozenset(name for name, _ in SLOT.findall(self.source)) - {"honour"}

    @property
    def dates(self) -> list[str]:
        """The forms of its dates, such as "%d %b., %Y"."""
        return [form for name, form in SLOT.findall(self.source) if name in ("date", "year")]

    def form(self, slot: str) -> str:
        """The form of its first ``slot``, such as "i1 et al." of authors."""
        return next((form for name, form in SLOT.findall(self.source) if name == slot), "")


@lru_cache(maxsize=16_384)
def template_of(
    source: str, paper: Paper, known: frozenset[str], constants: frozenset[str] = frozenset()
) -> Template | None:
    """What ``source``, from the entry of ``paper``, shows of how an entry is written.

    None where there is no telling (:func:`in_slots_of`), or half an element of HTML is left.

    Args:
        known: the slots that the new paper can fill; others go, with what belongs to them.
        constants: words that nearly all entries of the list have.
    """
    text = in_slots_of(source, paper)
    if text is None:
        return None
    if "id" not in known:
        text = with_address(text)
    text = _SPAN.sub("", without_foreign(text, known, constants))
    return None if MARK in text or not _is_whole(text) else Template(text)


def grafted(template: Template, donor: Template, slot: str) -> Template | None:
    """``template`` with the piece of ``donor`` that holds ``slot``, where it stands there.

    None where the two are not alike on either side of it.
    """
    found = piece_with(donor, slot)
    if found is None:
        return None
    above, piece, behind = found
    before, after = last_slot(above), _first_slot(behind)
    if before and (place := template.source.find(before)) >= 0:
        place += len(before)
    elif after and (place := template.source.find(after)) >= 0:
        if template.source[:place][-1:] != above[-1:]:
            return None
    else:
        return None
    return Template(template.source[:place] + piece + template.source[place:])


def piece_with(donor: Template, *slots: str) -> tuple[str, str, str] | None:
    """What stands in ``donor`` before the piece that holds ``slots``, that piece, and what follows.

    None where it has none, several, or a piece of a sentence.
    """
    slot, full = slots[0], donor.source
    cut = without_foreign(full, donor.slots - set(slots), _all_words(donor))
    at = _alike(full, cut)
    while full[:at].count("\0") % 2:  # two slots are alike at their ends
        at -= 1
    rest = _alike(full[at:][::-1], cut[at:][::-1])
    while full[len(full) - rest :].count("\0") % 2:
        rest -= 1
    piece, behind = full[at : len(full) - rest], full[len(full) - rest :]
    if f"\0{slot}" not in piece or full.count(f"\0{slot}") != 1:
        return None
    if (
        re.match(r"[^\w<\[]*[A-Za-z]+ ", SLOT.sub("\0", piece).partition("\0")[0])
        or piece.strip()[:1] in ":;"
    ):
        return None
    return full[:at], piece, behind


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _all_words(template: Template) -> frozenset[str]:
    return frozenset(word.casefold() for word in re.findall(r"[^\W_]+", template.source))


def last_slot(text: str) -> str:
    """The last slot of ``text`` with what follows it."""
    found = list(SLOT.finditer(text))
    return text[found[-1].start() :] if found else ""


def _first_slot(text: str) -> str:
    """The first slot of ``text`` with what stands before it."""
    found = SLOT.search(text)
    return text[: found.end()] if found else ""


def with_address(text: str) -> str:
    """The entry of an arXiv paper for a page elsewhere, which it must not call arXiv."""
    text = _ARXIV_LABEL.sub(
        lambda found: "paper" if found[1] == "a" else "Paper", _ARXIV_LINK.sub("\0url\0", text)
    )
    return _ID_IN_TEXT.sub("", text)


def says_arxiv(source: str) -> bool:
    """True where what a reader sees of ``source`` calls the paper one of arXiv's."""
    shown = re.sub(r"\]\([^()\s]*\)|https?://\S+|<[^<>]*>", " ", SLOT.sub(" ", source))
    return "arxiv" in shown.casefold()


def filled(template: Template, facts: Mapping[str, str], paper: Paper) -> str:
    """``template`` with ``facts`` in its slots, and the dates of ``paper`` in those for them."""
    when = Date.of(paper)
    year = int(facts["year"]) if facts.get("year") else when.year

    def value(match: re.Match[str]) -> str:
        name, form = match.groups()
        if name == "year" or (name == "date" and form in ("%Y", "%y")):
            return Date(year).written(form)
        if name == "date":
            return when.written(form)
        if name == "authors":
            return joined(tuple(facts["authors"].split("\n")), form or "")
        return facts.get(name, "") if name == "honour" else facts[name]

    return SLOT.sub(value, template.source)


def _is_whole(text: str) -> bool:
    counts: Counter[str] = Counter()
    for closes, tag, itself in _TAGS.findall(text):
        if tag.lower() not in _VOID and not itself:
            counts[tag.lower()] += -1 if closes else 1
    return not any(counts.values())
