"""BibTeX as people have it, broken entries among it → entries with their fields as written.

Every entry that begins is given. One that does not follow the grammar is taken apart where fields
visibly begin, and says what is wrong with it. Each character is looked at a few times at most: what
is not closed is looked for no further than the next entry.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

MOST_EXPANDED = 500  # characters that macros add to a value; names of journals have a hundred

_TYPES = """article artwork audio bachelorthesis book bookinbook booklet collection comment
    conference dataset dissertation electronic image inbook incollection inproceedings inreference
    jurisdiction legislation letter manual mastersthesis misc movie music mvbook mvcollection
    mvproceedings mvreference online patent performance periodical phdthesis preamble preprint
    proceedings reference report review set software standard string suppbook suppcollection
    suppperiodical techreport thesis unpublished video www xdata""".split()
_NO_ENTRIES = ("comment", "preamble", "xdata")
_FIELDS = frozenset(
    """abstract acmid address adsnote adsurl archive archiveprefix article articleno arxiv arxivid
    author author1 bibsource biburl booktitle chapter code collection copyright crossref date day
    doi edition editor ee eid eprint eprintclass eprinttype eventdate eventtitle file howpublished
    id institution internal-note isbn issn issue issue_date journal journaltitle key keywords
    langid language lccn link location mendeley-groups month note number numpages organization
    pages pdf pmid primaryclass publisher pubstate school series shortjournal shorttitle subtitle
    timestamp title type url urldate venue version volume year""".split()
)

_ANY_START = re.compile(r"(?<![\w.])@[ \t]*([a-z]+)[ \t]*([{(])", re.I)
_OF_KNOWN_TYPE = rf"(?:{'|'.join(_TYPES)})[ \t]*(?:\{{|\((?=[^\s(),=]*\s*[,=]))"
_KNOWN_START = re.compile(rf"(?<![\w.])@[ \t]*{_OF_KNOWN_TYPE}", re.I)
_START_OF_LINE = re.compile(rf"^[ \t]*(@)[ \t]*(?:[a-z]+[ \t]*\{{|{_OF_KNOWN_TYPE})", re.I | re.M)
_KEYS = [
    re.compile(r"\s*+(?=[a-z][\w-]*+\s*+=)()", re.I),  # none
    re.compile(r"\s*+((?:[^\s,={}]|\{[^\s,={}]*+\})*+)\s*+,"),
    re.compile(r"\s*+([^,={}\n]*+),"),
    re.compile(r"\s*+([^\s,={}]++)\s++(?=[a-z][\w-]*+\s*+=)", re.I),  # and no comma
    re.compile(r"\s*+([^\s,={})]*+)\s*+(?=[)}])"),  # and nothing else
]
_BETWEEN = re.compile(r"(?:[\s,]|%[^\n]*+)*+")  # also a field that was made a comment
_NAME = re.compile(r"([^\s,={}()\"#%@]++)\s*+=\s*+")
_BARE = re.compile(r"[^\s,{}\"#]++")
_BARE_IN_BRACKETS = re.compile(r"[^\s,{}\"#)]++")
_AND = re.compile(r"\s*+#\s*+")
_SPACE = re.compile(r"\s*+")
_GOES_ON = re.compile(r"\s*+,?\s*+[a-z][\w-]*+\s*+=\s*+[{\"\d]", re.I)
_BRACE = re.compile(r"\\.|[{}]", re.S)
_BRACE_OR_QUOTE = re.compile(r"\\.|[{}\"]", re.S)
_LOOSE_NAME = re.compile(r"([,{}\"(\n])[ \t]*+([a-z][\w-]*+)[ \t]*+=[ \t\n]*+(?=[{\"\w])", re.I)
_LOOSE_END = re.compile(r"\s*+(?:[,)}]|\n|\Z)")
_BLANK_LINE = re.compile(r"\n[ \t]*+\n")


@dataclass(frozen=True, slots=True)
class BibEntry:
    """One entry.

    Attributes:
        kind: such as "article", in small letters.
        key: what it is cited by; "" if there is none.
        line: where it begins, from 1.
        fields: what is written between the braces or quotes of each, by its name in small letters;
            of a name that comes twice, the first.
        fault: what is wrong with it, if it had to be guessed where its fields end; else "".
    """

    kind: str
    key: str
    line: int
    fields: Mapping[str, str]
    fault: str = ""


class _Macro(str):
    """A value that is written without braces: a number, or what ``@string`` gives a value to."""

    __slots__ = ()


_Value = list[str]  # what ``#`` joins
_Parsed = tuple[str, dict[str, _Value]]


class _FaultError(Exception):
    """Why an entry does not follow the grammar, and where that shows."""

    def __init__(self, message: str, at: int):
        super().__init__(message)
        self.at = at


def is_bibtex(text: str) -> bool:
    """Whether an entry begins anywhere in ``text``."""
    return bool(_START_OF_LINE.search(text) or _KNOWN_START.search(text))


def read_bibtex(text: str) -> list[BibEntry]:
    """All entries of ``text`` but strings, comments and preambles, in order; macros are replaced.

    An entry begins with ``@`` and a word before a brace, at the start of a line; or, where it has
    fields, wherever the word is a type of entries that is known.
    """
    macros: dict[str, str] = {}
    found: list[tuple[BibEntry, dict[str, _Value]]] = []
    for entry, values in _entries(text):
        if entry.kind == "string":
            for name, value in values.items():
                macros[name] = _joined(value, macros)
        elif entry.kind not in _NO_ENTRIES:
            found.append((entry, values))
    return [
        replace(entry, fields={name: _joined(value, macros) for name, value in values.items()})
        for entry, values in found
    ]


def _joined(value: _Value, macros: Mapping[str, str]) -> str:
    """The text of a value; of many macros, no more than ``MOST_EXPANDED`` characters."""
    if len(value) == 1:
        return _text(value[0], macros)
    parts, room = [], MOST_EXPANDED
    for part in value:
        text = _text(part, macros)
        if isinstance(part, _Macro):
            text = text[:room]
            room -= len(text)
        parts.append(text)
    return "".join(parts)


def _text(part: str, macros: Mapping[str, str]) -> str:
    return macros.get(part.casefold(), str(part)) if isinstance(part, _Macro) else part


def _entries(text: str) -> Iterable[tuple[BibEntry, dict[str, _Value]]]:
    line_ends = [match.start() for match in re.finditer("\n", text)]
    at_lines = [match.start(1) for match in _START_OF_LINE.finditer(text)]
    known = [match.start() for match in _KNOWN_START.finditer(text)]
    lines_begin = set(at_lines)
    begins = {*at_lines, *known}
    after = broken_until = 0
    for start in _ANY_START.finditer(text):
        at, inside = start.start(), start.end()
        if at < after or at not in begins:
            continue
        kind, closer = start[1].casefold(), "}" if start[2] == "{" else ")"
        end, fault = _next(at_lines, at, len(text)), ""
        if at < broken_until:
            end = min(end, _next(known, at, len(text)))
        try:
            (key, values), after = _strict(text, kind, inside, end, closer)
        except _FaultError as error:
            # Another entry may begin on the same line; up to there, it may follow the grammar.
            shorter = min(end, _next(known, at, len(text)))
            broken_until, fault, fault_at = max(end, broken_until), str(error), error.at
            try:
                if shorter == end:
                    raise
                (key, values), after = _strict(text, kind, inside, shorter, closer)
                fault = ""
            except _FaultError:
                (key, values), after = _loose(text, inside, shorter, closer), shorter
                fault = f"{fault}, line {bisect_left(line_ends, fault_at) + 1}"
        if not values and at not in lines_begin:
            continue  # a sentence that mentions @article{…}
        yield BibEntry(kind, key, bisect_left(line_ends, at) + 1, {}, fault), values


def _next(places: list[int], at: int, end: int) -> int:
    """The first of ``places`` behind ``at``."""
    number = bisect_left(places, at + 1)
    return places[number] if number < len(places) else end


def _strict(text: str, kind: str, at: int, end: int, closer: str) -> tuple[_Parsed, int]:
    """Key, fields and end of an entry that follows the grammar.

    Commas that are missing or doubled are no matter, nor is a key that is missing.

    Raises:
        _FaultError: it does not.
    """
    if kind in ("comment", "preamble"):
        return ("", {}), _closing(text, at - 1, end) + 1
    key, begun = "", at
    if kind != "string":
        match = next(filter(None, (pattern.match(text, at, end) for pattern in _KEYS)), None)
        if not match:
            raise _FaultError("it has no key and no field", at)
        key, at = match[1].strip(), match.end()
    values: dict[str, _Value] = {}
    while True:
        at = _BETWEEN.match(text, at, end).end()  # type: ignore[union-attr]
        if at == end:
            raise _FaultError("it is not closed", begun)
        if text[at] == closer:
            if _GOES_ON.match(text, at + 1, end):
                raise _FaultError("it is closed before its last field", at)
            return (key, values), at + 1
        name = _NAME.match(text, at, end)
        if not name:
            raise _FaultError("no field where one is expected", at)
        value, at = _value(text, name.end(), end, closer)
        values.setdefault(name[1].casefold(), value)


def _value(text: str, at: int, end: int, closer: str) -> tuple[_Value, int]:
    """The parts of a value, and where it ends."""
    bare = _BARE if closer == "}" else _BARE_IN_BRACKETS
    parts: _Value = []
    while True:
        if text[at : at + 1] == "{" and at < end:
            close = _closing(text, at, end)
            parts.append(text[at + 1 : close])
            at = close + 1
        elif text[at : at + 1] == '"' and at < end:
            close = _closing_quote(text, at, end)
            parts.append(text[at + 1 : close])
            at = close + 1
        elif match := bare.match(text, at, end):
            parts.append(_Macro(match[0]))
            at = match.end()
        joint = _AND.match(text, at, end)
        if not joint:
            return parts or [""], at
        at = joint.end()


def _closing(text: str, at: int, end: int) -> int:
    """Where the brace at ``at`` is closed, or the bracket.

    Raises:
        _FaultError: nowhere before ``end``.
    """
    if text[at] == "(" and (close := text.find(")", at, end)) >= 0:
        return close
    depth = 0
    for match in _BRACE.finditer(text, at, end):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if not depth:
                return match.start()
    raise _FaultError("a brace is never closed", at)


def _closing_quote(text: str, at: int, end: int) -> int:
    """Where the quote at ``at`` is closed; not inside of braces.

    Raises:
        _FaultError: nowhere before ``end``.
    """
    depth = 0
    for match in _BRACE_OR_QUOTE.finditer(text, at + 1, end):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth < 0:
                raise _FaultError("a brace closes inside of quotes", match.start())
        elif match[0] == '"' and not depth:
            return match.start()
    raise _FaultError("a quote is never closed", at)


def _loose(text: str, at: int, end: int, closer: str) -> _Parsed:
    """Key and fields of an entry that is broken, by what looks like the start of a field.

    That is the name of a known field, or any name at the start of a line, before "=" and a value.
    """
    names = [
        match
        for match in _LOOSE_NAME.finditer(text, at - 1, end)
        if match[1] == "\n" or match[2].casefold() in _FIELDS
    ]
    first = names[0].start() if names else end
    head = text[at:first].strip(" \t\n,{}(").split(None, 1)
    key = head[0].partition(",")[0] if head else ""
    ends = [match.start(1) + (match[1] in '}"') for match in names[1:]] + [end]
    values: dict[str, _Value] = {}
    for match, stop in zip(names, ends, strict=False):
        value = _loose_value(text, match.end(), stop, closer)
        values.setdefault(match[2].casefold(), [value])
    return key, values


def _loose_value(text: str, at: int, end: int, closer: str) -> str:
    """What is written from ``at`` on, without the braces or quotes that it may stand in."""
    if text[at] in '{"':
        find = _closing if text[at] == "{" else _closing_quote
        with suppress(_FaultError):
            close = find(text, at, end)
            if _LOOSE_END.match(text, close + 1, end):
                return text[at + 1 : close]
    blank = _BLANK_LINE.search(text, at, end)
    value = text[at : blank.start() if blank else end].strip(f' \t\n,{{}}"{closer}')
    return value if text[at] in '{"' else _Macro(value)
