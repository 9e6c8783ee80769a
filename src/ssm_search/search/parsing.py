"""What people say in a question beside what it is about: by whom, when, where, and what not.

Only what is plainly said is taken out of a question. Everything else stays in it, since words that
mean something are worth more as words than as a wrong filter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from ssm_search.filters import Filters
from ssm_search.index import Rows
from ssm_search.names import author_keys
from ssm_search.papers import Constraint, ConstraintKind
from ssm_search.search.negation import unwanted
from ssm_search.text import PAPERS, asks, terms

MAX_PARSED_CHARS = 300
"""A longer text is a pasted abstract, which says nothing of what is wanted."""
MOST_WORDS_ASKED = 16
"""A longer text that does not say that it asks is a sentence about a paper, which need not have
what that has in quotation marks, and whose "without" says how things are there. Of 1,453 such
sentences 53 have either; of all, .844 find their paper first, .833 if these are read as wishes."""
RECENT_YEARS = 3
"""What "recent" goes back from the newest paper of an index, that year included."""
MOST_WORDS_IN_NAME = 4

_WORKS = rf"(?:{PAPERS}|surveys?|methods?|approaches|models?)"
_PHRASE = re.compile(r"(?<![\w-])[\"“”]\s*([^\"“”]{2,100}?)\s*[\"“”](?!\w)")
_MONTH = (
    r"(?:(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?\s+)?"
)
_Y = r"(?P<{}>(?:19|20)\d\d)"
_FIRST, _LAST, _ONLY = (_Y.format(name) for name in ("first", "last", "only"))
_MADE = r"\b(?:(?:published|released|appeared|written|dated|proposed)\s+)?"
_MOST_YEAR = 9999
_YEARS = [
    re.compile(pattern, re.I)
    for pattern in (
        rf"{_MADE}(?:between|from)\s+{_FIRST}\s*(?:and|to|until|[-–—])\s*{_LAST}\b",
        rf"(?:{_MADE}(?:in|during)\s+|\(){_FIRST}\s*[-–—]\s*{_LAST}\b\)?",
        # In "from 2023 on segmentation" the "on" is that of the topic.
        rf"{_MADE}(?:since|from)\s+{_MONTH}{_FIRST}"
        r"(?:\s+onwards?\b|\s+on(?=\s*(?:[,.;:!?)]|$))"
        r"|\s*(?:to|until|till|[-–—])\s*(?:now|today|date|(?:the\s+)?present)\b)",
        rf"{_MADE}since\s+{_MONTH}{_FIRST}\b",
        rf"\b{_FIRST}\s+(?:(?:or|and)\s+)?(?:later|newer|onwards?)\b",
        rf"{_MADE}(?:after|(?:newer|later)\s+than)\s+{_MONTH}{_Y.format('after')}\b",
        rf"{_MADE}(?:before|(?:older|earlier)\s+than)\s+{_MONTH}{_Y.format('before')}\b",
        rf"{_MADE}(?:until|up\s+to)\s+{_MONTH}{_LAST}\b",
        rf"{_MADE}(?:in|from|during)\s+{_MONTH}{_ONLY}\b",
        rf"(?:(?<=\bet al\.)|(?<=\bet al)|(?<=\bet\. al\.))[,\s]*[(\[]?\b{_ONLY}\b[)\]]?",
        rf"\({_ONLY}\)",
        rf"^{_ONLY}(?=\s+\w)",
        rf"\b{_ONLY}(?=\s+{_WORKS}\b)",
    )
]
_YEAR_AT_THE_END = re.compile(rf"(?<=[a-z]\s){_ONLY}$")
# At its start a question asks for what is recent; within one ("What recent works have …") it is
# a word that everybody uses, also of papers of years ago.
_RECENT = re.compile(
    r"(?i)^(?:(?:the|find|show|list|give|me|some|any|all|most)\s+)*recent(?=\s+\w)"
)
# How many are wanted is no topic; of four digits it is a year.
_MANY = r"(?:\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty)"
_NEWEST = re.compile(
    rf"(?i)\b(?:the\s+)?(?:top\s+)?(?:{_MANY}\s+)?(?:newest|latest|most\s+recent)(?:\s+{_MANY})?"
    rf"(?=\s+(?:\w+\s+){{0,3}}?{_WORKS})"
    r"|\b(?:the\s+)?newest\s+first\b"
)
_VENUE = re.compile(
    r"(?<![\w-])(?P<led>(?i:(?:(?:published|accepted|presented)\s+)?(?:at|in|by|from|@))\s+)?"
    r"(?P<venue>[A-Za-z][A-Za-z&]{1,11})(?:\s*['’]?(?P<year>(?:19|20)\d\d|\d\d))?(?![\w-])"
    rf"(?P<works>(?i:(?=\s+{_WORKS}\b)))?"
)
_WITH_CODE = re.compile(
    r"(?i)\b(?:with|that\s+ha(?:s|ve)|having)\s+(?:public(?:ly)?\s+|available\s+|open\s+|released\s+)*"
    r"code(?:\s+available|\s+released)?"
    r"(?=\s*(?:$|[,;.?!])|\s+(?:on|about|since|at|by|from|but|not|in\s+(?:19|20)\d\d)\b)"
)
_NAME = r"[^\W\d_][\w.'’`´-]*"
_BY = re.compile(
    rf"(?i)(?:\b{_WORKS}\s+|^)(?:(?:written|authored|co-authored)\s+)?(?:by|from|of)\s+(?=\w)"
    r"|\bauthors?\s*:\s*|\b(?:written|authored)\s+by\s+"
)
NO_AUTHOR = "No author here is called {}."
NO_AUTHORS = "The authors of these papers are not known here."
OTHERS = " The authors of {} of the {} papers are not known."
_SOMEBODY = re.compile(
    r"(?:(?i:\b(?:papers?|works?|articles?|preprints?)\s+(?:(?:written|authored|co-authored)\s+)?by\s+)|(?i:\bauthors?\s*:\s*))"
    r"(?P<name>[A-Z][\w.'’-]*(?:\s+[A-Z][\w.'’-]*){0,3})"
)
_ET_AL = re.compile(
    rf"(?i)({_NAME}(?:\s+{_NAME}){{0,2}}?)(?:\s+et\.?\s+al\.?(?!\w)|['’]s\s+(?={PAPERS}\b))"
)
_WORD = re.compile(_NAME)
_OR = re.compile(r"\s+or\s+(?:by\s+)?")
_TWO_NAMES = re.compile(rf"({_NAME})\s+(?:and|or|&)\s+({_NAME})")
_NEXT_NAME = re.compile(rf"{_NAME}(?:\s+[A-Z][\w.'’-]*){{0,2}}\s+(?:and|or|&)\s+(?=\w)")
_PART_OF_NO_NAME = re.compile(r"[,;:?!()\"“”]|\s[-–—]\s")

# What is left of "papers by … on attention" and "what did … publish?" once the author is known.
_LEFT_BEFORE = frozenset(
    """about all and any are been but by did do does find for from give had has have in is list me
    of on or other show some that the were what which who with""".split()
)
_LEFT_BEHIND = frozenset(
    "about and at but by did for from has have in of on or published the with".split()
)
_OF_AUTHORS = frozenset(
    """author authored co-author co-authored publish published publishes write writes written wrote
    work worked working""".split()
)


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A question taken apart.

    Attributes:
        text: what is left to rank by; "" where everything said is a constraint.
        filters: those said in words.
        without: what is not wanted.
        newest: whether the newest are wanted first.
        constraints: all of these as people are shown them, in the order of the text.
        note: what is to be said of names that no author here has; "" if nothing.
    """

    text: str
    filters: Filters
    without: tuple[str, ...] = ()
    newest: bool = False
    constraints: tuple[Constraint, ...] = ()
    note: str = ""


class Vocabulary:
    """Which names the papers of an index have."""

    def __init__(self, rows: Rows):
        self._rows = rows

    def authors(self, names: Collection[str]) -> set[str]:
        """Which of ``names`` are those of authors."""
        keys = {name: author_keys(name) for name in names}
        known = self._rows.known_names({key for each in keys.values() for key in each})
        return {name for name, each in keys.items() if not known.isdisjoint(each)}

    def without(self, author: str) -> str:
        """What is to be said of the name of somebody who is no author here."""
        unknown, papers = self._rows.left_out({"author": "anybody"}).papers, len(self._rows)
        if unknown == papers:
            return NO_AUTHORS
        return NO_AUTHOR.format(author) + (OTHERS.format(unknown, papers) if unknown else "")

    @cached_property
    def venues(self) -> Mapping[str, str]:
        """The names of venues by themselves in lower case: "iclr" is "ICLR"."""
        words = (re.findall(r"[A-Za-z][A-Za-z&]+", venue) for venue in self._rows.tally.venues)
        return {one.casefold(): one for venue in words for one in venue if _is_acronym(one)}

    @cached_property
    def newest(self) -> int:
        """The year of the newest paper."""
        return max(self._rows.tally.years, default=_MOST_YEAR)


@dataclass(frozen=True, slots=True)
class _Found:
    """Something said, and where; ``value`` is what a filter of this kind takes."""

    start: int
    end: int
    constraint: Constraint
    value: Any
    stays: str = " "  # what stands in its place in the text


def parse_query(text: str, known: Vocabulary) -> ParsedQuery:
    """Take out of a question what is plainly said of authors, years, venues, code and negation.

    Authors and venues are taken for such only where the index has them.
    """
    if len(text) > MAX_PARSED_CHARS or "\n" in text:
        return ParsedQuery(text, {})
    found: list[_Found] = []
    for one in _said(text, known):
        overlaps = any(one.start < other.end and other.start < one.end for other in found)
        again = any(one.constraint.kind == other.constraint.kind for other in found)
        if not overlaps and not (again and one.constraint.kind in _ONCE):
            found.append(one)
    unknown = _unknown_author(text, found)
    if not found and not unknown:
        return ParsedQuery(text, {})
    found.sort(key=lambda one: one.start)
    cut, note = [(one.start, one.end, one.stays) for one in found], ""
    if unknown:  # of "papers by Noah Shinn" the name stays: a text may have it
        cut.append((unknown.start(), unknown.start("name"), " "))
        note = known.without(unknown["name"])
    left, at = "", 0
    for start, end, stays in sorted(cut):
        left += text[at:start] + stays
        at = end
    said: dict[str, list[Any]] = defaultdict(list)
    for one in found:
        said[one.constraint.kind].append(one.value)
    filters: dict[str, Any] = {kind: values[0] for kind, values in said.items() if kind in _ONCE}
    filters |= {kind: tuple(said[kind]) for kind in ("author", "phrase") if kind in said}
    if years := said["year"]:
        filters["year"] = (max(first for first, _ in years), min(last for _, last in years))
    return ParsedQuery(
        _without_scraps(left + text[at:], by_authors="author" in said),
        cast(Filters, filters),
        tuple(dict.fromkeys(name for names in said["without"] for name in names)),
        "newest" in said,
        tuple(one.constraint for one in found),
        note,
    )


def _unknown_author(text: str, found: Sequence[_Found]) -> re.Match[str] | None:
    """Where somebody is plainly asked for who is no author here, and what is said of them."""
    for match in _SOMEBODY.finditer(text):
        if not any(one.start < match.end() and match.start() < one.end for one in found):
            return match
    return None


_ONCE = frozenset({"venue", "has_code"})


def _said(text: str, known: Vocabulary) -> Iterator[_Found]:
    """What is said, the surest first."""
    if len(text.split()) <= MOST_WORDS_ASKED or asks(text):
        for match in _PHRASE.finditer(text):
            if terms(match[1]):
                yield _found(match, "phrase", f"“{match[1]}”", match[1], f" {match[1]} ")
        for start, end, names in unwanted(text):
            without = Constraint("without", ", ".join(names), text[start:end].strip(" ,;."))
            yield _Found(start, end, without, names)
    yield from _authors(text, known)
    for match in _VENUE.finditer(text):
        yield from _venue(match, known)
    for pattern in (*_YEARS, _YEAR_AT_THE_END):
        for match in pattern.finditer(text):
            yield _years(match)
    for match in _WITH_CODE.finditer(text):
        yield _found(match, "has_code", "with code", True)
    for match in _NEWEST.finditer(text):
        yield _found(match, "newest", "newest first", True)
    for match in _RECENT.finditer(text):
        first = known.newest - RECENT_YEARS + 1
        yield _found(match, "year", f"since {first}", (first, _MOST_YEAR))


def _found(
    match: re.Match[str], kind: ConstraintKind, shown: str, value: Any, stays: str = " "
) -> _Found:
    constraint = Constraint(kind, shown, match.group().strip(" ,"))
    return _Found(match.start(), match.end(), constraint, value, stays)


def _authors(text: str, known: Vocabulary) -> Iterator[_Found]:
    """Names after "papers by", before "et al.", or whole ones anywhere, if the index has them.

    Of several with "or" between them any will do.
    """
    spans = list(_names(text))
    pair = _TWO_NAMES.fullmatch(text)
    two = [(pair.start(at), pair.start(at), pair.end(at), pair.end(at)) for at in (1, 2) if pair]
    named = known.authors({text[first:end] for _, first, end, _ in (*spans, *two)})
    if all(text[first:end] in named for _, first, end, _ in two):
        spans += two
    found: list[tuple[int, int, int, int]] = []
    for span in spans:
        overlaps = any(span[0] < other[3] and other[0] < span[3] for other in found)
        if text[span[1] : span[2]] in named and not overlaps:
            found.append(span)
    together: list[tuple[int, int, str]] = []
    for start, first, end, until in sorted(found):
        name = text[first:end]
        if together and _OR.fullmatch(text, together[-1][1], start):
            start, _, other = together.pop()
            name = f"{other} or {name}"
        together.append((start, until, name))
    for start, until, name in together:
        yield _Found(start, until, Constraint("author", name, text[start:until].strip(" ,")), name)


def _names(text: str) -> Iterator[tuple[int, int, int, int]]:
    """What may be a name, the longest first: where all that says so begins, it, its end, and so on.

    A single word may be one only where something says so.
    """
    for match in _ET_AL.finditer(text):
        name = match[1].removesuffix("'s").removesuffix("’s")
        for start in (0, *(space.end() for space in re.finditer(r"\s+", name))):
            first = match.start() + start
            yield first, first, match.start() + len(name), match.end()
    words = list(_WORD.finditer(text))
    after_by = {match.end(): match.start() for match in _BY.finditer(text)}
    led = set(after_by)
    for start in after_by:
        while next_one := _NEXT_NAME.match(text, start):
            start = next_one.end()
            led.add(start)
    for at, word in enumerate(words):
        least = 1 if word.start() in led or len(words) == 1 else 2
        for count in range(min(MOST_WORDS_IN_NAME, len(words) - at), least - 1, -1):
            end = words[at + count - 1].end()
            end -= len(text[:end]) - len(text[:end].rstrip(".,'’"))
            if not _PART_OF_NO_NAME.search(text, word.start(), end):
                yield after_by.get(word.start(), word.start()), word.start(), end, end


def _venue(match: re.Match[str], known: Vocabulary) -> Iterator[_Found]:
    """A venue that is asked for by "at", by its year, or by nothing else being said."""
    said, year = match["venue"], match["year"]
    name = known.venues.get(said.casefold())
    plain = said.isupper() or said == name or said.islower()
    # What comes behind is only looked at: where it is there, nothing of it is in the group.
    works = match["works"] is not None
    led = bool(match["led"] or year) or works or match.group() == match.string
    if name is None or not plain or not led:
        return
    end = match.end("year") if year else match.end("venue")
    where = Constraint("venue", name, match.string[match.start() : end].strip())
    yield _Found(match.start(), match.end("venue"), where, name)
    if year:
        value = int(year) if len(year) == 4 else 2000 + int(year)
        constraint = Constraint("year", str(value), match.string[match.start("year") : end])
        yield _Found(match.end("venue"), end, constraint, (value, value))


def _years(match: re.Match[str]) -> _Found:
    named = match.groupdict()
    within = int(bool(named.pop("month", None)))  # of "after May 2023" 2023 has months too
    said = {name: int(year) for name, year in named.items() if year}
    first, last = 0, _MOST_YEAR
    match said:
        case {"only": only}:
            first, last, shown = only, only, str(only)
        case {"first": first, "last": last}:
            first, last = sorted((first, last))
            shown = f"{first} to {last}"
        case {"last": last}:
            shown = f"until {last}"
        case {"after": after}:
            first = after + 1 - within
            shown = f"since {first}"
        case {"before": before}:
            last = before - 1 + within
            shown = f"until {last}"
        case _:
            first = said["first"]
            shown = f"since {first}"
    return _found(match, "year", shown, (first, last))


def _is_acronym(word: str) -> bool:
    return sum(map(str.isupper, word)) > 1


def _without_scraps(text: str, *, by_authors: bool) -> str:
    """What is left of a question, without words that only led over to what is gone."""
    words = text.split()
    verbs = _OF_AUTHORS if by_authors else frozenset()
    while words and _is_scrap(words[0], _LEFT_BEFORE | verbs):
        del words[0]
    while words and _is_scrap(words[-1], _LEFT_BEHIND | verbs):
        del words[-1]
    return " ".join(words).strip(" ,;:-–—")


def _is_scrap(word: str, scraps: frozenset[str]) -> bool:
    word = word.casefold().strip(",;:?!.&-–—")
    return not word or word in scraps or re.fullmatch(PAPERS, word) is not None
