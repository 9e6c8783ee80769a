"""One fact more of an entry that is there, written where its neighbours have theirs.

Where no neighbour shows a place for it there is none, and None is what comes back: a person has to
find one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from itertools import islice

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.labels import is_label
from ssm_search.awesome.reading import Entry, dated_by, read_list
from ssm_search.awesome.writing.drafts import constants_in
from ssm_search.awesome.writing.edits import Change, Edit, Layout
from ssm_search.awesome.writing.layout import Stretch
from ssm_search.awesome.writing.slots import (
    BADGE,
    SLOT,
    in_slots_of,
    loosely,
    repository,
    split_venue,
)
from ssm_search.awesome.writing.templates import Template, last_slot, piece_with, template_of
from ssm_search.awesome.writing.tidying import PLACEHOLDERS
from ssm_search.escaping import escaped_address, escaped_title
from ssm_search.papers import Category, Paper, title_key
from ssm_search.venues import is_preprint

__all__ = ["with_address", "with_code", "with_venue"]

MODELS = 400  # entries that may show how one is written, those of the section first
DONORS = 8  # ways of writing that are tried, the commonest first
_LONGEST_AUTHORS = 1_000
_ANY_LENGTH = frozenset({"name", "venue", "preprint", "honour", "authors"})
MOST_OF_ANY_LENGTH = 3  # of an entry: with each more, fitting them could take sixty times as long
# As :mod:`ssm_search.dates` reads them.
_MONTH, _DAY, _OF = r"[A-Z][a-z]{2,8}", r"\d{1,2}(?:st|nd|rd|th)?", r"(?:19|20)\d\d"
_DATE = (
    rf"{_DAY} +{_MONTH}\.?,? *{_OF}|{_MONTH}\.? +{_DAY}(?:, *| +){_OF}|{_MONTH}\.?,? *{_OF}"
    rf"|{_OF} ?年 ?\d{{1,2}} ?月|{_OF}[./-]\d{{1,2}}(?:[./-]\d{{1,2}})?"
    rf"|\d\d\.\d\d(?:\.\d\d)?|{_OF}|\d\d"
)
_ARXIV = r"(?i:https?://(?:www\.)?arxiv\.org/)"
_PIECE = re.compile(rf"{SLOT.pattern}|https://arxiv\.org/")  # what may be another in the source
_VENUE_AND_YEAR = re.compile(r"\0venue\0[^\0\w]{0,4}\0year:")
_MARKUP = re.compile(r"[\s\[\](){}*_`~|:.,'’&/+-]|<[^<>]*>")


def with_code(layout: Layout, entry: Entry, url: str) -> Change | None:
    """Give ``entry`` a link to its code; None where it has one, or no place for one."""
    url = escaped_address(url)
    values = {"code": url, "repo": repository(url)}
    if not url or entry.paper.code_url:
        return None
    return _filled(layout, entry, "code", values, ("code_url",))


def with_venue(layout: Layout, entry: Entry, venue: str) -> Change | None:
    """Write where ``entry`` appeared in place of "arXiv", or of nothing; None without a place.

    Args:
        venue: as "ICML 2024" or "ICML 2024 Workshop"; written as the list writes its own.
    """
    if not is_preprint(entry.paper.venue):
        return None
    name, _, year, honour = split_venue(venue)
    in_table = bool(entry.roles)
    written = {"venue": escaped_title(name.strip(), in_table=in_table), "honour": honour}
    values = written | {"year:%Y": year, "year:%y": year[-2:]}
    return _filled(layout, entry, "venue", values, ("venue", "year"))


def with_address(layout: Layout, entry: Entry, old: str, new: str) -> Change | None:
    """Give ``entry`` another address wherever it has the ``old`` one, badges of it included."""
    source, above = layout.source(entry), layout.offsets[entry.line - 1]
    new = escaped_address(new)
    patterns = [(rf"(?<![\w/.-]){re.escape(old)}(?![\w/?#%=&.-]*[\w/])", new)] if new else []
    before, after = repository(old), repository(new)
    if before and after:
        patterns.append((rf"(?<=/){re.escape(before)}(?![\w/-])", after))
    made: dict[int, Edit] = {}
    for pattern, text in patterns:
        for match in re.finditer(pattern, source):
            on_badge = re.search(
                rf"{BADGE}\S{{0,200}}$", source[max(0, match.start() - 300) : match.start()]
            )
            if text is new or on_badge:
                start, end = above + match.start(), above + match.end()
                if not any(one.start <= start < one.end for one in made.values()):
                    made[start] = Edit(start, end, text)
    edits = tuple(made[start] for start in sorted(made))
    return _read_back(layout, entry, edits, ("url", "pdf_url", "code_url", "id"))


def _filled(
    layout: Layout, entry: Entry, slot: str, values: dict[str, str], may_change: Sequence[str]
) -> Change | None:
    """The first way of writing that is read back as what is meant."""
    ways = (_cell if slot in entry.roles and layout.is_row(entry) else _text)(
        layout, entry, slot, values
    )
    for edit in ways:
        change = _read_back(layout, entry, (edit,), may_change)
        said = dict(change.facts or ()) if change else {}
        if slot == "code" and said.get("code_url") == values["code"]:
            return change
        lost = entry.paper.year is not None and said.get("year", 0) is None
        if slot == "venue" and not lost and _is_meant(said.get("venue", ""), values):
            return change
    return None


def _is_meant(venue: str, values: dict[str, str]) -> bool:
    """Whether a venue that was read is the one that was meant, with its year or without."""
    name, year, honour = (title_key(values[one]) for one in ("venue", "year:%Y", "honour"))
    return title_key(venue) in {f"{name}{form}{honour}" for form in (year, year[-2:], "")}


# ── a cell of a table ────────────────────────────────────────────────────────────────────────


def _cell(layout: Layout, entry: Entry, slot: str, values: dict[str, str]) -> Iterator[Edit]:
    """The cell of a column, as most cells of the column that have it are written."""
    at = entry.roles.index(slot)
    cells = layout.cells(entry)
    at += not cells[0].strip()
    if at >= len(cells):
        return
    cell = cells[at]
    plain = _MARKUP.sub(" ", cell).strip()
    if "](" in cell or "://" in cell or not _says_nothing(plain, slot):
        return
    votes: Counter[str] = Counter()
    path = entry.paper.categories[0] if entry.paper.categories else ()
    for model in _models(layout, path):
        if model.roles != entry.roles or len(layout.cells(model)) != len(cells):
            continue
        if not layout.is_row(model) or not _has(model.paper, slot):
            continue
        way = in_slots_of(layout.cells(model)[at], model.paper) or ""
        if f"\0{slot}\0" in way and _is_bare(way):
            votes[way] += 1
    padding = cell[: len(cell) - len(cell.lstrip())] if cell.strip() else " " * bool(cell)
    label = plain if is_label(plain) and plain and plain.casefold() not in PLACEHOLDERS else "code"
    else_way = f"[{label}](\0code\0)" if slot == "code" else "\0venue\0 \0year:%Y\0\0honour\0"
    start = layout.offsets[entry.line - 1] + sum(len(one) + 1 for one in cells[:at])
    for way in [*(way for way, _ in votes.most_common(DONORS)), f"{padding}{else_way}{padding}"]:
        if (text := _written(way, values)) is not None:
            yield Edit(start, start + len(cell), text)


def _says_nothing(plain: str, slot: str) -> bool:
    """Whether a cell is blank, a dash, a placeholder; of venues also that of a preprint."""
    if not any(map(str.isalnum, plain)) or plain.casefold() in PLACEHOLDERS:
        return True
    return is_label(plain) if slot == "code" else is_preprint(plain)


def _is_bare(way: str) -> bool:
    """Whether there is nothing in a cell but what it is for: a link with its label, a venue."""
    rest = re.sub(r"https?://[^\s()<>\"]*|\]\([^()]*\)", " ", SLOT.sub(" ", way))
    rest = _MARKUP.sub(" ", rest).strip()
    return not any(map(str.isalnum, rest)) or is_label(rest)


# ── running text ─────────────────────────────────────────────────────────────────────────────


def _text(layout: Layout, entry: Entry, slot: str, values: dict[str, str]) -> Iterator[Edit]:
    """A piece of an entry as others have it, put in where it stands in them."""
    source = layout.source(entry)
    plain = source.replace("\r\n", "\n")
    own = in_slots_of(plain, entry.paper)
    spans = _aligned(own, plain, entry.paper) if own else None
    if own is None or spans is None or f"\0{slot}\0" in own:
        return
    path = entry.paper.categories[0] if entry.paper.categories else ()
    votes = _ways(layout, path, slot, layout.is_row(entry))
    above = layout.offsets[entry.line - 1]
    if slot == "venue" and "\0preprint\0" in own:
        for start, end, way in _preprints(own, spans, votes):
            if (text := _written(way, values)) is not None:
                yield Edit(above + _there(source, start), above + _there(source, end), text)
        return
    for donor, _ in votes.most_common(DONORS):
        for place, piece in _places(own, donor, slot):
            if (text := _written(piece, values)) is not None:
                at = above + _there(source, _place(spans, place))
                yield Edit(at, at, text.replace("\n", layout.eol))


@lru_cache(maxsize=256)  # for a section at a time, not for each of its entries
def _ways(layout: Layout, path: Category, slot: str, in_table: bool) -> Counter[Template]:
    """How the entries of a section, and others, are written that have something."""
    models = [one for one in _models(layout, path) if layout.is_row(one) == in_table]
    constants = constants_in(layout, models)
    votes: Counter[Template] = Counter()
    for model in models:
        if _has(model.paper, slot) and (one := in_slots_of(layout.source(model), model.paper)):
            known = frozenset(name for name, _ in SLOT.findall(one))
            template = template_of(layout.source(model), model.paper, known, constants)
            if template and slot in template.slots:
                votes[template] += 1
    return votes


def _preprints(
    own: str, spans: list[tuple[int, int, int, int]], votes: Counter[Template]
) -> Iterator[tuple[int, int, str]]:
    """Where "arXiv 2024" stands in an entry, and how others write a venue in its place."""
    at = own.index("\0preprint\0")
    year = re.match(r"\0preprint\0(?:[\s*_`,'’(-]{0,4}\0(?:year|date):[^\0]+\0)?", own[at:])
    end = at + (year.end() if year else 0)
    if own[end:].lstrip(": ").startswith("\0id\0"):
        return  # "arXiv:2401.00001" names the paper, and not a venue
    linked = own[end:].startswith("](")
    ways: Counter[str] = Counter()
    for template, count in votes.items():
        found = re.search(
            r"\0venue\0(?:[^\0\w]{0,4}\0year:%[Yy]\0)?(?:\0honour\0)?", template.source
        )
        if found and template.source[found.end() :].startswith("](") == linked:
            ways[found.group()] += count
    for way, _ in ways.most_common(DONORS):
        yield _place(spans, at), _place(spans, end), way


def _places(own: str, donor: Template, slot: str) -> Iterator[tuple[int, str]]:
    """Where in an entry the piece of ``donor`` belongs that holds ``slot``, and that piece.

    It follows what it follows there; of two links to the paper, the same one.
    """
    slots = [slot]
    if slot == "venue" and _VENUE_AND_YEAR.search(donor.source):
        slots.append("year")
    if slot == "code":
        slots.append("repo")  # on a badge beside it
    found = piece_with(donor, *slots)
    if found is None:
        return
    above, piece, _ = found
    before = last_slot(above)
    count = above.count(before) if before else 0
    bare = before.rstrip(" ")
    for lead, put in ((before, piece), (bare, f"{before[len(bare) :]}{piece.rstrip(' ')}")):
        places = [one.end() for one in re.finditer(re.escape(lead), own)] if lead else []
        if len(places) >= count > 0:
            yield places[count - 1], put


def _aligned(own: str, source: str, paper: Paper) -> list[tuple[int, int, int, int]] | None:
    """Where each slot of ``own`` begins and ends, there and in ``source``; None for no telling."""
    known = {
        "title": loosely(paper.title),
        "name": r"[^\n]{1,80}?",
        "id": re.escape(paper.id) + r"(?:v\d+)?",
        "url": rf" *{re.escape(paper.url)} *",
        "code": rf" *{re.escape(paper.code_url)} *",
        "repo": f"(?i:{re.escape(repository(paper.code_url))})",
        "number": r"\d+",
        "year": r"\d\d(?:\d\d)?",
        "date": _DATE,
        "venue": r"[^\n]{1,60}?",
        "preprint": r"[^\n]{1,60}?",
        "honour": r"[^\n]{0,60}?",
        "authors": rf".{{1,{_LONGEST_AUTHORS}}}?",
    }
    parts, end = [], 0
    pieces = list(_PIECE.finditer(own))
    # Whatever is found in one way alone is not looked for in another, however little the rest fits.
    if sum(piece[1] in _ANY_LENGTH for piece in pieces) > MOST_OF_ANY_LENGTH:
        return None
    for piece in pieces:
        pattern = _ARXIV if piece[1] is None else known[piece[1]]
        pattern = pattern if piece[1] in _ANY_LENGTH else f"(?>{pattern})"
        parts += [re.escape(own[end : piece.start()]), f"({pattern})"]
        end = piece.end()
    match = re.fullmatch("".join([*parts, re.escape(own[end:])]), source, re.S)
    if match is None:
        return None
    return [(*piece.span(), *match.span(number)) for number, piece in enumerate(pieces, start=1)]


def _place(spans: list[tuple[int, int, int, int]], at: int) -> int:
    """The place in the source of one in its slotted form, which is not within a slot."""
    shift = 0
    for _, end, _, its_end in spans:
        if end <= at:
            shift = its_end - end
    return at + shift


def _there(source: str, at: int) -> int:
    """The place in ``source`` of one in it with one character for each line end."""
    position = 0
    for line in source.split("\r\n"):
        if at <= len(line):
            return position + at
        at -= len(line) + 1
        position += len(line) + 2
    return len(source)


# ── both ─────────────────────────────────────────────────────────────────────────────────────


def _models(layout: Layout, path: Category) -> Iterator[Entry]:
    """Entries that show how one is written, those of a section first."""
    own = layout.stretches.get(path)
    near = own.entries if own else ()
    yield from near[:MODELS]
    others = (
        one
        for stretch in layout.stretches.values()
        if stretch is not own
        for one in stretch.entries
    )
    yield from islice(others, MODELS)


def _has(paper: Paper, slot: str) -> bool:
    return bool(paper.code_url) if slot == "code" else not is_preprint(paper.venue)


def _written(way: str, values: dict[str, str]) -> str | None:
    """``way`` with ``values`` in its slots; None where one of them is not known."""
    if not values.get("year:%Y"):
        way = re.sub(r"[\s,'’`(-]{0,3}\0year:%[Yy]\0", "", way)
    told = {"honour": values.get("honour", "")}
    for name, form in SLOT.findall(way):
        key = f"{name}:{form}" if form else name
        value = values.get(key, "")
        if not value and key not in told:
            return None
        told[key] = value
    return SLOT.sub(lambda slot: told[f"{slot[1]}:{slot[2]}" if slot[2] else slot[1]], way)


def _read_back(
    layout: Layout, entry: Entry, edits: tuple[Edit, ...], may_change: Sequence[str]
) -> Change | None:
    """A change with what is read after it; None where more changes than may."""
    above, source = layout.offsets[entry.line - 1], layout.source(entry)
    parts, at = [], 0
    for edit in edits:
        parts += [source[at : edit.start - above], edit.new]
        at = edit.end - above
    before = _alone(layout, entry, source)
    after = _alone(layout, entry, "".join([*parts, source[at:]]))
    if not edits or len(before) != len(after) or entry.paper not in before:
        return None
    place = before.index(entry.paper)
    paper = after.pop(place)
    before.pop(place)
    facts = tuple(
        (field.name, getattr(paper, field.name))
        for field in fields(Paper)
        if getattr(paper, field.name) != getattr(entry.paper, field.name)
    )
    return (
        Change(entry, edits, facts)
        if before == after and all(name in may_change for name, _ in facts)
        else None
    )


def _alone(layout: Layout, entry: Entry, source: str) -> list[Paper]:
    """What is read of ``source`` in the place of ``entry``, below the header of its table."""
    header: list[str] = []
    if entry.roles:
        start = entry.line - 1
        while start and layout.lines[start - 1].strip():
            start -= 1
        at = layout.header(Stretch(start, entry.line - 1, ()))
        if at is not None:
            header = layout.lines[at : at + 2]
    read = read_list("".join(["## x\n\n", *header, source, "\n"]), is_part=True).entries
    category = entry.paper.categories[0] if entry.paper.categories else ()
    dated = (dated_by(category, one.paper) for one in read)
    known = arxiv_id(entry.paper.id)
    return [
        # By its title, a publisher's page may have the id that another entry gives.
        replace(one, id=entry.paper.id, kind=entry.paper.kind, categories=entry.paper.categories)
        if known and one.kind == "link" and one.title == entry.paper.title
        else replace(one, categories=entry.paper.categories)
        for one in dated
    ]
