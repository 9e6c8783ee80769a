"""A paper → the list with one entry more, written as its neighbours are, nothing else touched."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ssm_search.awesome import Entry, ListReading, read_list
from ssm_search.columns import column_role
from ssm_search.errors import ListError
from ssm_search.labels import is_label
from ssm_search.layout import Layout, Stretch, count_lines
from ssm_search.papers import Category, Paper, arxiv_id, title_key
from ssm_search.templates import (
    Date,
    Template,
    escaped_address,
    escaped_title,
    filled,
    is_preprint,
    repository,
    template_of,
    with_address,
    without_authors,
    without_code,
)

TRIES = 8  # templates that are tried, the best first, before the paper is given back
HABIT = 0.5  # share of the entries from which on words that are in all of them belong to none

_LF_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_NUMBER = re.compile(r"\s*(\d+)[.)]\s")
_PIPE = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True, slots=True)
class Insertion:
    """A list with one entry more.

    Attributes:
        text: the whole list.
        row: the entry itself, without the blank lines around it.
        line: 1-based line of ``text`` that it starts on.
        left_out: what is known of the paper, but has no place in the entries of this list.
    """

    text: str
    row: str
    line: int
    left_out: tuple[str, ...] = ()


def insert_paper(text: str, paper: Paper, category: Category) -> Insertion:
    """``text`` with an entry for ``paper`` under ``category``.

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
    for template, in_table in _templates(layout, stretch, paper, facts):
        if template.source in tried:
            continue
        tried.add(template.source)
        kin = tuple(entry for entry in stretch.entries if bool(entry.roles) == in_table)
        among = replace(stretch, entries=kin)
        row = filled(template, _written(facts, layout, among, in_table), Date.of(paper))
        left_out = ("code",) if paper.code_url and "code" not in template.slots else ()
        numbered = "number" in template.slots
        insertion = replace(_insert(layout, among, row, paper, numbered), left_out=left_out)
        if _is_sound(reading, insertion, paper, category):
            return insertion
        if len(tried) == TRIES:
            break
    raise ListError(
        f"nothing under {' > '.join(category)!r} or elsewhere in the list shows how an entry for "
        f"{paper.title!r} is written; add it by hand"
    )


def unified_diff(old: str, new: str, name: str) -> str:
    """The change from ``old`` to ``new`` as ``git diff`` prints it and ``git apply`` takes it."""
    before, after = _LF_LINE.findall(old), _LF_LINE.findall(new)
    lines = difflib.unified_diff(before, after, f"a/{name}", f"b/{name}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _check(reading: ListReading, paper: Paper, category: Category) -> None:
    if category not in reading.categories:
        names = [path[-1] for path in reading.categories]
        near = difflib.get_close_matches("".join(category[-1:]), names, n=3)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "see `ssm-search check`"
        raise ListError(f"no heading {' > '.join(category)!r} in the list; {hint}")
    for entry in reading.entries:
        if entry.paper.id == paper.id:
            raise ListError(
                f"{paper.id} is listed already, on line {entry.line}; move or edit that entry"
            )


def _facts(paper: Paper) -> dict[str, str]:
    """What can stand in a template's slots; a slot that is not here cannot be filled."""
    name, colon, _ = paper.title.partition(":")
    code, url = escaped_address(paper.code_url), escaped_address(paper.url)
    facts = {
        "title": paper.title,
        "name": name if colon else "",
        "id": paper.id if arxiv_id(paper.id) else "",
        "url": f"https://arxiv.org/abs/{paper.id}" if arxiv_id(paper.id) else url,
        "code": code,
        "repo": repository(code) if "github.com" in code else "",
        "venue": "" if is_preprint(paper.venue) else paper.venue,
        "authors": ", ".join(paper.authors),
        "number": "0",
        "date": "known",
    }
    return {slot: value for slot, value in facts.items() if value}


def _written(
    facts: Mapping[str, str], layout: Layout, stretch: Stretch, in_table: bool
) -> dict[str, str]:
    """``facts`` as Markdown; all but addresses and ids may come from a stranger."""
    shown = ("title", "name", "venue", "authors")
    written = {
        slot: escaped_title(value, in_table=in_table) if slot in shown else value
        for slot, value in facts.items()
    }
    numbers = [_NUMBER.match(layout.source(entry)) for entry in stretch.entries[-2:]]
    found = [int(number[1]) for number in numbers if number]
    step = 0 if len(found) == 2 and found[0] == found[1] else 1  # "1." before every entry
    written["number"] = str(found[-1] + step if found else 1)
    return written


def _templates(
    layout: Layout, stretch: Stretch, paper: Paper, facts: Mapping[str, str]
) -> Iterator[tuple[Template, bool]]:
    """Templates for ``paper``, the best first, and whether they are of a table."""
    if "id" in facts and "url" in facts:  # as a page like any other only where no id ever stands
        by_id = {slot: value for slot, value in facts.items() if slot != "url"}
        yield from _templates(layout, stretch, paper, by_id)
    everywhere = [entry for one in layout.stretches.values() for entry in one.entries]
    models = stretch.entries or (() if layout.header(stretch) is not None else everywhere)
    if not models or 2 * sum(bool(entry.roles) for entry in models) > len(models):
        for row in _rows(layout, stretch, everywhere, paper, facts):
            yield row, True
    for template in _texts(layout, stretch, everywhere, paper, facts):
        yield template, False


def _texts(
    layout: Layout,
    stretch: Stretch,
    everywhere: Sequence[Entry],
    paper: Paper,
    facts: Mapping[str, str],
) -> list[Template]:
    """Templates of list items and paragraphs, the best first."""
    votes: dict[str, Counter[str]] = {"here": Counter(), "anywhere": Counter()}
    known: dict[str, Template] = {}
    here = set(stretch.entries)
    for entry in everywhere:
        template = None if entry.roles else template_of(layout.source(entry), entry.paper)
        if template is None or "title" not in template.slots:
            continue
        for variant in _variants(template, facts):
            known[variant.source] = variant
            votes["anywhere"][variant.source] += 1
            votes["here"][variant.source] += entry in here

    def merit(template: Template) -> tuple[bool | int, ...]:
        here, anywhere = (votes[where][template.source] for where in ("here", "anywhere"))
        habit = _is_habit(here, votes["here"].total())
        habit |= _is_habit(anywhere, votes["anywhere"].total())
        slots = template.slots
        return (
            template.residue == 0 or habit,
            ("code" in slots) == ("code" in facts),
            ("venue" in slots) == ("venue" in facts),
            here,
            anywhere,
        )

    suited = [one for one in known.values() if one.slots <= set(facts) and _leads_to(one, facts)]
    return sorted(suited, key=merit, reverse=True)


def _variants(template: Template, facts: Mapping[str, str]) -> list[Template]:
    """``template``, cut to what is known of the paper."""
    if "code" in template.slots and "code" not in facts:
        template = without_code(template)
    if "authors" in template.slots and "authors" not in facts:
        template = without_authors(template)
    if "id" in template.slots and "id" not in facts:
        template = with_address(template)
    return [template]


def _leads_to(template: Template, facts: Mapping[str, str]) -> bool:
    return "url" in template.slots or ("id" in template.slots and "id" in facts)


def _rows(
    layout: Layout,
    stretch: Stretch,
    everywhere: Sequence[Entry],
    paper: Paper,
    facts: Mapping[str, str],
) -> Iterator[Template]:
    """Templates of a table row: each column as most rows have it, here or else in the list."""
    roles = _roles(layout, stretch, everywhere)
    alike = [entry for entry in everywhere if entry.roles == roles]
    here = [entry for entry in alike if entry in set(stretch.entries)]
    widths = Counter(len(layout.cells(entry)) for entry in here or alike)
    if not widths:
        return
    width = widths.most_common(1)[0][0]
    pools = [[e for e in pool if len(layout.cells(e)) == width] for pool in (here, alike)]
    outer = not layout.cells(pools[1][0])[0].strip()
    parts = []
    for at in range(width):
        role = roles[at - outer] if 0 <= at - outer < len(roles) else ""
        choices = [_cell(layout, pool, at, role, facts) for pool in pools]
        if role == "venue" and "venue" not in facts:  # a list of published papers alone
            published = _cell(layout, pools[1], at, role, {**facts, "venue": ""})
            choices.append(published and published.replace("\0venue\0", "arXiv \0date:%Y\0"))
        parts.append(next((cell for cell in choices if cell is not None), None))
    yield Template(
        "|".join(
            part if part is not None else _blank(layout, pools[1], at, roles, outer, facts)
            for at, part in enumerate(parts)
        ),
        0,
    )


def _roles(layout: Layout, stretch: Stretch, everywhere: Sequence[Entry]) -> tuple[str, ...]:
    """What the cells of a new row hold."""
    if stretch.entries:
        return Counter(entry.roles for entry in stretch.entries if entry.roles).most_common(1)[0][0]
    header = layout.header(stretch)
    if header is None:
        return Counter(entry.roles for entry in everywhere if entry.roles).most_common(1)[0][0]
    cells = [cell.strip() for cell in _PIPE.split(layout.lines[header].strip())]
    return tuple(column_role(cell) for cell in cells[not cells[0] : len(cells) - (not cells[-1])])


def _cell(
    layout: Layout, pool: Sequence[Entry], at: int, role: str, facts: Mapping[str, str]
) -> str | None:
    """How most rows that are like the new one write a column; None if no row is."""
    votes: Counter[str] = Counter()
    residue: dict[str, int] = {}
    for entry in pool:
        if role == "code" and bool(entry.paper.code_url) != ("code" in facts):
            continue
        if role in ("venue", "date") and is_preprint(entry.paper.venue) == ("venue" in facts):
            continue
        template = template_of(layout.cells(entry)[at], entry.paper)
        if template is None or (role == "title" and "title" not in template.slots):
            continue
        for variant in _variants(template, facts):
            if variant.slots <= set(facts):
                votes[variant.source] += 1
                residue[variant.source] = variant.residue
    for source, count in votes.most_common():
        if not residue[source] or _is_habit(count, len(pool)):
            return source
    return None


def _is_habit(count: int, total: int) -> bool:
    """Whether what ``count`` of ``total`` entries have says nothing about any of them."""
    return count > 1 and count > HABIT * total


def _blank(
    layout: Layout,
    pool: Sequence[Entry],
    at: int,
    roles: Sequence[str],
    outer: bool,
    facts: Mapping[str, str],
) -> str:
    """A cell that no row shows how to fill: empty, or the code link where code is new here."""
    cells = [layout.cells(entry)[at] for entry in pool]
    padding = " " if 2 * sum(cell.startswith(" ") for cell in cells) > len(cells) else ""
    role = roles[at - outer] if 0 <= at - outer < len(roles) else ""
    if role == "code" and "code" in facts:
        placeholders = Counter(cell.strip() for cell in cells if is_label(cell.strip()))
        label = placeholders.most_common(1)[0][0] if placeholders else "code"
        return f"{padding}[{label or 'code'}](\0code\0){padding}"
    return padding


def _insert(layout: Layout, stretch: Stretch, row: str, paper: Paper, numbered: bool) -> Insertion:
    """The lines of ``row`` in their place, with the blank lines that go around them."""
    lines = layout.lines
    block = [line + layout.eol for line in row.split("\n")]
    entries, is_row = stretch.entries, not numbered and "|" in row and row.count("\n") == 0
    gap = [] if entries and entries[0].roles else layout.gap(stretch)
    header = layout.header(stretch)
    before: list[str] = []
    after: list[str] = []
    if entries:
        place = len(entries) if numbered else layout.place(stretch, paper.id)
        if place < len(entries):
            at, after = entries[place].line - 1, gap
        else:
            at, before = entries[-1].end, gap
    elif header is not None and is_row:
        at = header + 2
    else:
        at, before = stretch.start, layout.gap_below_heading()
        if is_row:
            before = [*before, *_borrowed_header(layout)]
        if at < len(lines) and lines[at].strip():
            after = [layout.eol]
    if at == len(lines) and lines and not lines[-1].endswith(("\r", "\n")):
        before = [layout.eol, *before]  # ends the last line
        block[-1] = block[-1].removesuffix(layout.eol)
    above, written = "".join([*lines[:at], *before]), "".join(block)
    text = above + written + "".join([*after, *lines[at:]])
    return Insertion(text, written.rstrip("\r\n"), count_lines(above) + 1)


def _borrowed_header(layout: Layout) -> list[str]:
    """The header and delimiter of the first table of the list."""
    for stretch in layout.stretches.values():
        if (at := layout.header(stretch)) is not None:
            return layout.lines[at : at + 2]
    return []


def _is_sound(old: ListReading, insertion: Insertion, paper: Paper, category: Category) -> bool:
    """Whether reading the list gives what it gave before, and the new paper."""
    reading = read_list(insertion.text)
    known = set(old.papers)
    new = [one for one in reading.papers if one not in known]
    if len(new) != 1 or tuple(one for one in reading.papers if one in known) != old.papers:
        return False
    (found,) = new
    same_id = found.id == paper.id if arxiv_id(paper.id) else found.url != ""
    code_kept = not paper.code_url or "code" in insertion.left_out or bool(found.code_url)
    return (
        same_id
        and code_kept
        and title_key(found.title) == title_key(paper.title)
        and found.categories == (category,)
        and len(reading.problems) <= len(old.problems)
    )
