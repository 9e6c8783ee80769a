"""A paper → the list with one entry more, written as its neighbours are, nothing else touched."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.reading import ListReading, read_list, reading_of
from ssm_search.awesome.writing.drafts import plain_templates, templates_for
from ssm_search.awesome.writing.layout import Layout, Numbering, Stretch, count_lines
from ssm_search.awesome.writing.slots import repository, split_venue
from ssm_search.awesome.writing.templates import Template, filled
from ssm_search.dates import Date
from ssm_search.errors import ListError
from ssm_search.escaping import escaped_address, escaped_title
from ssm_search.occasions import NewYear, new_year, occasion_of
from ssm_search.papers import Category, Paper, title_key
from ssm_search.venues import find_venue, find_year, is_preprint

TRIES = 8  # templates that are tried, the best first, before the paper is given back
# For each, the list is read again: 8 times one of 200,000 characters, but 2 times one of a million.
READ_CHARS, FEWEST_TRIES = 1_600_000, 2
SAID = 1 / 3  # of the papers on arXiv alone, from which on an entry says so
PLAIN = "no entry of the list shows how one is written there: this is a plain one"
QUOTED = 200  # characters of a title that an error shows
_ATX = re.compile(r" {0,3}#{1,6}\s")  # a heading of one line, that nothing has to close


@dataclass(frozen=True, slots=True)
class Insertion:
    """A list with one entry more.

    Attributes:
        text: the whole list.
        row: the entry itself, without the blank lines around it.
        line: 1-based line of ``text`` that it starts on.
        category: the heading it stands under: the one asked for, or one for its year below it; ()
            in a list without headings.
        left_out: what is known of the paper, but has no place in the entries of this list.
        remarks: what to look at before it is kept.
    """

    text: str = field(repr=False)  # a whole list would bury the rest
    row: str
    line: int
    category: Category = ()
    left_out: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def insert_paper(text: str, paper: Paper, category: Category) -> Insertion:
    """Put an entry for ``paper`` into the list ``text``, under ``category``.

    It is written by the template that most entries of the section share, else most of the list,
    and stands where the order of the section wants it: newest first, newest last, by name, or at
    the end. Where headings for years or venues stand below ``category``, it goes under the one for
    its own; one for a year after all that are there is added, called as they are, on the side where
    the newest stands. Reading the result gives the old papers and the new one; every other byte
    stays.

    Raises:
        ListError: there is no such heading, the paper is listed already, or it cannot be written
            so that it would be read again.
    """
    reading = reading_of(text)
    filed = [next(iter(entry.paper.categories), ()) for entry in reading.entries]
    if added := new_year(reading.categories, filed, category, paper):
        text, reading = _with_heading(text, reading, added)
        category, remark = added.category, f"the heading “{added.category[-1]}” is new"
    else:
        category, remark = occasion_of(reading.categories, filed, category, paper)
    layout = Layout(text, reading)
    _check(layout, paper, category)
    stretch = layout.stretches[category]
    facts = _facts(paper, reading)
    wanted = _wanted(paper, facts, category, reading)
    templates = templates_for(layout, stretch, facts, wanted)
    most = max(FEWEST_TRIES, min(TRIES, READ_CHARS // max(len(text), 1)))
    tried: dict[tuple[Template, bool], None] = {}
    plain = plain_templates(layout, stretch, facts)
    for template, in_table in chain(_distinct(templates, most, tried), plain):
        kin = tuple(entry for entry in stretch.entries if layout.is_row(entry) == in_table)
        among = replace(stretch, entries=kin)
        numbering = layout.numbering(kin) if "number" in template.slots else None
        row = filled(template, _written(facts, numbering, in_table), paper)
        known = {"code": paper.code_url, "venue": facts.get("venue") if "venue" in wanted else ""}
        left_out = tuple(name for name in known if known[name] and name not in template.slots)
        goes_last = numbering.goes_last if numbering else None
        insertion = _insert(layout, among, row, paper, in_table, goes_last)
        if _is_sound(reading, insertion, paper, category, "code" in left_out):
            is_plain = (template, in_table) not in tried
            remarks = [remark] if remark else []
            remarks += [PLAIN] if is_plain else []
            return replace(insertion, category=category, left_out=left_out, remarks=tuple(remarks))
    reason = (
        "as the entries of the list are written, it could not be read back from there"
        if tried
        else "no entry there or elsewhere in the list shows how one is written"
    )
    raise ListError(
        f"cannot write an entry for {paper.title[:QUOTED]!r} under {' > '.join(category)!r}: "
        f"{reason}; add it by hand"
    )


def _distinct(
    templates: Iterable[tuple[Template, bool]], most: int, seen: dict[tuple[Template, bool], None]
) -> Iterator[tuple[Template, bool]]:
    """The first of ``templates`` that differ, made only when they are asked for, as few are."""
    for one in templates:
        if one not in seen:
            seen[one] = None
            yield one
        if len(seen) == most:
            return


def _with_heading(text: str, reading: ListReading, new: NewYear) -> tuple[str, ListReading]:
    """The list with a heading more, written as the one beside it is.

    Raises:
        ListError: that is more than a line, or the list would be read otherwise.
    """
    layout = Layout(text, reading)
    places = [section.line for section in reading.sections]
    at = next(one.line for one in reading.sections if one.category == new.beside)
    line = layout.lines[at - 1]
    written = new.named(line.rstrip("\r\n")) + layout.eol
    if not new.is_first:
        at = next((other for other in places if other > at), len(layout.lines) + 1)
    above, rest = layout.lines[: at - 1], layout.lines[at - 1 :]
    ends = [layout.eol] if above and not above[-1].endswith(("\r", "\n")) else []
    blank = [layout.eol] if above and above[-1].strip() else []
    below = [layout.eol, *rest] if rest else []
    made = "".join([*above, *ends, *blank, written, *below])
    known = read_list(made)
    if (
        not _ATX.match(line)
        or known.papers != reading.papers
        or set(known.categories) != {*reading.categories, new.category}
    ):
        raise ListError(
            f"there is no heading {' > '.join(new.category)!r} yet; add one to the list, or name "
            "the heading to file it under"
        )
    return made, known


def _check(layout: Layout, paper: Paper, category: Category) -> None:
    reading = layout.reading
    if category not in layout.stretches:
        names = [path[-1] for path in reading.categories]
        near = difflib.get_close_matches("".join(category[-1:]), names, n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "name one that it has"
        if not category:
            raise ListError("the list has headings, and the paper needs one of them; name it")
        raise ListError(f"no heading {' > '.join(category)!r} in the list; {hint}")
    for entry in reading.entries:
        if entry.paper.id == (arxiv_id(paper.id) or paper.id):
            raise ListError(
                f"{paper.id} is listed already, on line {entry.line}; move or edit that entry"
            )


def _facts(paper: Paper, reading: ListReading) -> dict[str, str]:
    """What can stand in a template's slots; a slot that is not here cannot be filled."""
    name, colon, _ = paper.title.partition(":")
    code, known_id = escaped_address(paper.code_url), arxiv_id(paper.id)
    venue, _, year, honour = split_venue(" ".join(paper.venue.split()))
    has_venue = not is_preprint(paper.venue)
    year = str(paper.year or (find_year(paper.venue) if year else "") or "")
    facts = {
        "title": paper.title,
        "name": paper.name or (name if colon else ""),
        "id": known_id or "",
        "url": f"https://arxiv.org/abs/{known_id}" if known_id else escaped_address(paper.url),
        "code": code,
        "repo": repository(code),
        "venue": venue.strip() if has_venue else "",
        "preprint": "" if has_venue or not known_id else _preprint(venue, reading),
        "honour": honour if has_venue else "",
        "authors": "\n".join(paper.authors),
        "number": "known",
        "date": "known" if Date.of(paper).year else "",
        "year": year or ("" if has_venue else str(Date.of(paper).year or "")),
    }
    return {slot: value for slot, value in facts.items() if value}


def _wanted(
    paper: Paper, facts: Mapping[str, str], category: Category, reading: ListReading
) -> list[str]:
    """The slots that an entry should have: what is given, and "arXiv" where such papers have it."""
    wanted = [slot for slot in ("code", "venue") if slot in facts]
    if "venue" in facts and any(facts["venue"] in find_venue(heading) for heading in category):
        wanted.remove("venue")  # its heading says so
    if paper.name:
        wanted.append("name")
    if "preprint" in facts:
        alone = [e.paper for e in reading.entries if is_preprint(e.paper.venue)]
        alone = [one for one in alone if one.kind == "paper"]
        if paper.venue or sum(bool(one.venue) for one in alone) >= SAID * len(alone):
            wanted.append("preprint")
    return wanted


def _preprint(given: str, reading: ListReading) -> str:
    """What the list calls a paper that is on arXiv alone: "arXiv", "Preprint"; "" for nothing."""
    names = (split_venue(entry.paper.venue)[0] for entry in reading.entries)
    votes = Counter(name.strip() for name in names if name.strip() and is_preprint(name))
    return given.strip() or (votes.most_common(1)[0][0] if votes else "")


def _written(
    facts: Mapping[str, str], numbering: Numbering | None, in_table: bool
) -> dict[str, str]:
    """``facts`` as Markdown; all but addresses and ids may come from a stranger."""
    shown = ("title", "name", "venue", "preprint")
    written = {
        slot: escaped_title(value, in_table=in_table) if slot in shown else value
        for slot, value in facts.items()
    }
    names = facts.get("authors", "").split("\n")
    written["authors"] = "\n".join(escaped_title(name, in_table=in_table) for name in names)
    if honour := facts.get("honour", ""):
        space = honour[: len(honour) - len(honour.lstrip())]
        written["honour"] = space + escaped_title(honour, in_table=in_table)
    return {**written, "number": str(numbering.number) if numbering else ""}


def _insert(
    layout: Layout,
    stretch: Stretch,
    row: str,
    paper: Paper,
    in_table: bool,
    goes_last: bool | None,
) -> Insertion:
    """The lines of ``row`` in their place, with the blank lines that go around them."""
    lines = layout.lines
    block = [line + layout.eol for line in row.split("\n")]
    entries, gap = stretch.entries, [] if in_table else layout.gap(stretch)
    header = layout.header(stretch)
    before: list[str] = []
    after: list[str] = []
    if entries:
        place = layout.place(stretch, paper)
        if goes_last is not None:
            place = len(entries) if goes_last else 0
        if place < len(entries):
            at, after = entries[place].line - 1, gap
        else:
            at, before = layout.end(entries[-1], stretch), gap
    elif header is not None and in_table:
        at = header + 2
    else:
        at, before = stretch.start, layout.gap_below_heading()
        if in_table:
            before = [*before, *layout.common_header()]
        if at < len(lines) and lines[at].strip():
            after = [layout.eol]
    if at == len(lines) and lines and not lines[-1].endswith(("\r", "\n")):
        before = [layout.eol, *before]  # ends the last line
        block[-1] = block[-1].removesuffix(layout.eol)
    above, written = "".join([*lines[:at], *before]), "".join(block)
    text = above + written + "".join([*after, *lines[at:]])
    return Insertion(text, written.rstrip("\r\n"), count_lines(above) + 1)


def _is_sound(
    old: ListReading, insertion: Insertion, paper: Paper, category: Category, no_code: bool
) -> bool:
    """Whether reading the list gives what it gave before, and the new paper."""
    reading = read_list(insertion.text)
    papers, before = reading.papers, old.papers
    at = next((n for n, one in enumerate(before) if papers[n : n + 1] != (one,)), len(before))
    if (*papers[:at], *papers[at + 1 :]) != before or len(papers) == len(before):
        return False
    found = papers[at]
    known_id = arxiv_id(paper.id)
    same_id = found.id == known_id if known_id else found.url != ""
    code_kept = not paper.code_url or no_code or bool(found.code_url)
    return (
        same_id
        and code_kept
        and title_key(found.title) == title_key(paper.title)
        and found.categories == ((category,) if category else ())
        and len(reading.problems) <= len(old.problems)
    )
