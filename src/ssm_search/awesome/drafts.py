"""The entries of a section → templates for one more, the best first: what most of them share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice

from ssm_search.awesome.columns import column_role
from ssm_search.awesome.labels import is_label
from ssm_search.awesome.layout import Layout, Stretch, by_votes
from ssm_search.awesome.markup import split_row
from ssm_search.awesome.reading import Entry
from ssm_search.awesome.templates import (
    Template,
    is_preprint,
    says_arxiv,
    template_of,
    with_address,
    without_authors,
    without_brackets,
    without_code,
)

MODELS = 1000  # entries of the section, and of the rest, that are looked at; it has 700 at most
HABIT = 0.5  # share of the entries from which on words that are in all of them belong to none


def templates_for(
    layout: Layout, stretch: Stretch, facts: Mapping[str, str]
) -> Iterator[tuple[Template, bool]]:
    """Templates for an entry under a heading, the best first, and whether they are of a table.

    Args:
        facts: what is known of its paper, by slot; no template has other slots.
    """
    if "id" in facts and "url" in facts:  # as a page like any other only where no id ever stands
        by_id = {slot: value for slot, value in facts.items() if slot != "url"}
        yield from templates_for(layout, stretch, by_id)
    others = (one.entries for one in layout.stretches.values() if one.start != stretch.start)
    everywhere = [*stretch.entries[:MODELS], *islice(chain.from_iterable(others), MODELS)]
    has_header = layout.header(stretch) is not None
    models = stretch.entries or [entry for entry in everywhere if entry.roles or not has_header]
    if 2 * sum(bool(entry.roles) for entry in models) > len(models):
        for row in _rows(layout, stretch, everywhere, facts):
            yield row, True
    if not all(entry.roles for entry in models):
        for template in _texts(layout, stretch, everywhere, facts):
            yield template, False


def _texts(
    layout: Layout,
    stretch: Stretch,
    everywhere: Sequence[Entry],
    facts: Mapping[str, str],
) -> list[Template]:
    """Templates of list items and paragraphs, the best first."""
    here, anywhere = Counter[Template](), Counter[Template]()
    neighbours = set(stretch.entries)
    in_html = {_is_html(layout.source(entry)) for entry in stretch.entries if not entry.roles}
    ends_free = bool(layout.gap(stretch))  # else white space there may be a line break
    for entry in everywhere:
        template = None if entry.roles else template_of(layout.source(entry), entry.paper)
        if template is None or "title" not in template.slots:
            continue
        if in_html and _is_html(template.source) not in in_html:
            continue
        variant = _variant(template, facts)
        if ends_free:
            variant = replace(variant, source=variant.source.rstrip())
        # A published paper's entry shows only if nothing else does how one of arXiv's is written.
        shows = "venue" not in template.slots or "venue" in facts
        anywhere[variant] += shows
        here[variant] += shows and entry in neighbours

    def fit(template: Template) -> tuple[bool, ...]:
        habit = _is_habit(here[template], here.total())
        habit |= _is_habit(anywhere[template], anywhere.total())
        return (
            template.residue == 0 or habit,
            ("code" in template.slots) == ("code" in facts),
            ("venue" in template.slots) == ("venue" in facts),
            anywhere[template] > 0,
        )

    groups: dict[tuple[bool, ...], Counter[Template]] = {}
    for one, votes in sorted(anywhere.items(), key=lambda item: -len(item[0].slots)):
        if one.slots <= set(facts) and _leads_to(one, facts):
            groups.setdefault(fit(one), Counter())[one] = votes
    return [one for key in sorted(groups, reverse=True) for one in by_votes(here, groups[key])]


def _variant(template: Template, facts: Mapping[str, str]) -> Template:
    """``template``, cut to what is known of the paper."""
    if "code" in template.slots and "code" not in facts:
        template = without_code(template)
    if "authors" in template.slots and "authors" not in facts:
        template = without_authors(template)
    if "id" in template.slots and "id" not in facts:
        template = with_address(template)
    for slot in ("date", "venue"):
        if slot in template.slots and slot not in facts:
            template = without_brackets(template, slot)
    return template


def _is_html(source: str) -> bool:
    return source.lstrip().startswith("<")


def _leads_to(template: Template, facts: Mapping[str, str]) -> bool:
    return "url" in template.slots or ("id" in template.slots and "id" in facts)


def _rows(
    layout: Layout,
    stretch: Stretch,
    everywhere: Sequence[Entry],
    facts: Mapping[str, str],
) -> Iterator[Template]:
    """Templates of a table row: each column as most rows have it, here or else in the list."""
    roles = _roles(layout, stretch, everywhere)
    alike = [entry for entry in everywhere if entry.roles == roles]
    neighbours = set(stretch.entries)
    here = [entry for entry in alike if entry in neighbours]
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
        if role == "venue" and "venue" not in facts and {"id", "date"} <= set(facts):
            # A list of published papers alone.
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
    return tuple(map(column_role, split_row(layout.lines[header].strip())))


def _cell(
    layout: Layout, pool: Sequence[Entry], at: int, role: str, facts: Mapping[str, str]
) -> str | None:
    """How most rows that are like the new one write a column; None if no row is."""
    votes: Counter[str] = Counter()
    residue: dict[str, int] = {}
    for entry in pool:
        if role == "code" and bool(entry.paper.code_url) != ("code" in facts):
            continue
        if role == "venue" and is_preprint(entry.paper.venue) == ("venue" in facts):
            continue
        template = template_of(layout.cells(entry)[at], entry.paper)
        if template is None or (role == "title" and "title" not in template.slots):
            continue
        variant = _variant(template, facts)
        if ("venue" in facts or "id" not in facts) and says_arxiv(variant.source):
            continue
        if variant.slots <= set(facts):
            votes[variant.source] += 1
            residue[variant.source] = variant.residue
    for source, count in votes.most_common():
        # Mere words, such as a task that most have in common, are about those papers all the same.
        if not residue[source] or ("\0" in source and _is_habit(count, len(pool))):
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
    """A cell that no row shows how to fill: empty, but for what can be told all the same."""
    cells = [layout.cells(entry)[at] for entry in pool]
    padding = " " if 2 * sum(cell.startswith(" ") for cell in cells) > len(cells) else ""
    role = roles[at - outer] if 0 <= at - outer < len(roles) else ""
    if role == "code" and "code" in facts:
        placeholders = Counter(cell.strip() for cell in cells if is_label(cell.strip()))
        label = placeholders.most_common(1)[0][0] if placeholders else "code"
        return f"{padding}[{label or 'code'}](\0code\0){padding}"
    if role in ("date", "year") and "date" in facts:
        templates = (template_of(layout.cells(entry)[at], entry.paper) for entry in pool)
        forms = Counter(form for one in templates if one for form in one.dates)
        form = forms.most_common(1)[0][0] if forms else "%Y"
        return f"{padding}\0date:{form}\0{padding}"
    numbers = sum(cell.strip().isdecimal() for cell in cells)
    if at == outer and not role and 2 * numbers > len(cells):
        return f"{padding}\0number\0{padding}"
    return padding
