"""A paper → the list with one entry more, written as its neighbours are, nothing else touched."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.drafts import templates_for
from ssm_search.awesome.escaping import escaped_address, escaped_title
from ssm_search.awesome.layout import Layout, Numbering, Stretch, count_lines
from ssm_search.awesome.reading import ListReading, read_list
from ssm_search.awesome.templates import filled, is_preprint, repository
from ssm_search.dates import Date
from ssm_search.errors import ListError
from ssm_search.papers import Category, Paper, title_key

TRIES = 8  # templates that are tried, the best first, before the paper is given back
QUOTED = 200  # characters of a title that an error shows


@dataclass(frozen=True, slots=True)
class Insertion:
    """A list with one entry more.

    Attributes:
        text: the whole list.
        row: the entry itself, without the blank lines around it.
        line: 1-based line of ``text`` that it starts on.
        left_out: what is known of the paper, but has no place in the entries of this list.
    """

    text: str = field(repr=False)  # a whole list would bury the rest
    row: str
    line: int
    left_out: tuple[str, ...] = ()


def insert_paper(text: str, paper: Paper, category: Category) -> Insertion:
    """Put an entry for ``paper`` into the list ``text``, under ``category``.

    It is written by the template that most entries of the section share, else most of the list,
    and stands where the order of the section wants it: newest first, newest last, or at the end.
    Reading the result gives the old papers and the new one; every other byte stays.

    Raises:
        ListError: there is no such heading, the paper is listed already, or no entry of the list
            shows how one is written.
    """
    reading = read_list(text)
    _check(reading, paper, category)
    layout = Layout(text, reading)
    stretch = layout.stretches[category]
    facts = _facts(paper)
    tried: set[str] = set()
    for template, in_table in templates_for(layout, stretch, facts):
        if template.source in tried:
            continue
        tried.add(template.source)
        kin = tuple(entry for entry in stretch.entries if bool(entry.roles) == in_table)
        among = replace(stretch, entries=kin)
        numbering = layout.numbering(kin) if "number" in template.slots else None
        written = _written(facts, numbering, in_table)
        row = filled(template, written, Date.of(paper))
        left_out = tuple(
            name
            for name, known in (("code", paper.code_url), ("venue", facts.get("venue")))
            if known and name not in template.slots
        )
        goes_last = numbering.goes_last if numbering else None
        insertion = _insert(layout, among, row, paper, in_table, goes_last)
        if _is_sound(reading, insertion, paper, category, "code" in left_out):
            return replace(insertion, left_out=left_out)
        if len(tried) == TRIES:
            break
    reason = (
        "as the entries of the list are written, it could not be read back from there"
        if tried
        else "no entry there or elsewhere in the list shows how one is written"
    )
    raise ListError(
        f"cannot write an entry for {paper.title[:QUOTED]!r} under {' > '.join(category)!r}: "
        f"{reason}; add it by hand"
    )


def _check(reading: ListReading, paper: Paper, category: Category) -> None:
    if category not in reading.categories:
        names = [path[-1] for path in reading.categories]
        near = difflib.get_close_matches("".join(category[-1:]), names, n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "see `ssm-search check`"
        raise ListError(f"no heading {' > '.join(category)!r} in the list; {hint}")
    for entry in reading.entries:
        if entry.paper.id == (arxiv_id(paper.id) or paper.id):
            raise ListError(
                f"{paper.id} is listed already, on line {entry.line}; move or edit that entry"
            )


def _facts(paper: Paper) -> dict[str, str]:
    """What can stand in a template's slots; a slot that is not here cannot be filled."""
    name, colon, _ = paper.title.partition(":")
    code, known_id = escaped_address(paper.code_url), arxiv_id(paper.id)
    facts = {
        "title": paper.title,
        "name": name if colon else "",
        "id": known_id or "",
        "url": f"https://arxiv.org/abs/{known_id}" if known_id else escaped_address(paper.url),
        "code": code,
        "repo": repository(code),
        "venue": "" if is_preprint(paper.venue) else paper.venue,
        "authors": ", ".join(paper.authors),
        "number": "known",
        "date": "known" if Date.of(paper).year else "",
    }
    return {slot: value for slot, value in facts.items() if value}


def _written(
    facts: Mapping[str, str], numbering: Numbering | None, in_table: bool
) -> dict[str, str]:
    """``facts`` as Markdown; all but addresses and ids may come from a stranger."""
    shown = ("title", "name", "venue", "authors")
    written = {
        slot: escaped_title(value, in_table=in_table) if slot in shown else value
        for slot, value in facts.items()
    }
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
        place = layout.place(stretch, paper.id)
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
    known = set(old.papers)
    new = [one for one in reading.papers if one not in known]
    if len(new) != 1 or tuple(one for one in reading.papers if one in known) != old.papers:
        return False
    (found,) = new
    known_id = arxiv_id(paper.id)
    same_id = found.id == known_id if known_id else found.url != ""
    code_kept = not paper.code_url or no_code or bool(found.code_url)
    return (
        same_id
        and code_kept
        and title_key(found.title) == title_key(paper.title)
        and found.categories == (category,)
        and len(reading.problems) <= len(old.problems)
    )
