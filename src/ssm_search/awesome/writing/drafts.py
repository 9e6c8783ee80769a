"""The entries of a section → templates for one more, the best first: what most of them share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, islice

from ssm_search.awesome.columns import column_role
from ssm_search.awesome.labels import is_label
from ssm_search.awesome.markup import split_row
from ssm_search.awesome.reading import Entry
from ssm_search.awesome.writing.layout import Layout, Stretch, by_votes, shares_of
from ssm_search.awesome.writing.slots import in_slots_of
from ssm_search.awesome.writing.templates import Template, grafted, says_arxiv, template_of
from ssm_search.awesome.writing.tidying import PLACEHOLDERS, constants_of, is_bare_label
from ssm_search.venues import is_preprint

MODELS = 1000  # entries of the section, and of the rest, that are looked at; it has 700 at most
# A template that has more of what is wanted is taken before others only if it is no oddity: if so
# many, for each of the commonest, are written like it but for what differs from paper to paper.
NO_ODDITY = 0.1
# The votes of an entry, and of one that has what the new paper has not: what it would look like
# without can only be guessed.
WHOLE, CUT = 4, 1
# A new entry has a short name where so many entries of the section have one; of the list, where
# the section has few.
NAMED, FEW_NEIGHBOURS = 0.25, 3
SHOWN = 0.05  # share of the entries with a piece from which on it is put where it stands in them
SIBLING = 3  # of how many entries elsewhere one counts that stands under the same upper heading


def templates_for(
    layout: Layout, stretch: Stretch, facts: Mapping[str, str], wanted: Collection[str]
) -> Iterator[tuple[Template, bool]]:
    """Templates for an entry under a heading, the best first, and whether they are of a table.

    Args:
        facts: what is known of its paper, by slot; no template has other slots.
        wanted: the slots that its entry should have if any neighbour shows how; the rest of what
            is known is there if most neighbours have it.
    """
    if "id" in facts and "url" in facts:  # as a page like any other only where no id ever stands
        by_id = {slot: value for slot, value in facts.items() if slot != "url"}
        yield from templates_for(layout, stretch, by_id, wanted)
    others = (one.entries for one in layout.stretches.values() if one.start != stretch.start)
    everywhere = [*stretch.entries[:MODELS], *islice(chain.from_iterable(others), MODELS)]
    has_header = layout.header(stretch) is not None
    models = stretch.entries or [
        entry for entry in everywhere if layout.is_row(entry) or not has_header
    ]
    if 2 * sum(map(layout.is_row, models)) > len(models):
        for row in _rows(layout, stretch, everywhere, facts):
            yield row, True
    if not all(map(layout.is_row, models)):
        for template in _texts(layout, stretch, everywhere, facts, wanted):
            yield template, False


@dataclass(slots=True)
class _Votes:
    """What the entries of a section and of the list say for templates, and for their skeletons."""

    here: Counter[Template] = field(default_factory=Counter)
    anywhere: Counter[Template] = field(default_factory=Counter)
    bones_here: Counter[Template] = field(default_factory=Counter)
    bones: Counter[Template] = field(default_factory=Counter)
    entries: Counter[Template] = field(default_factory=Counter)
    skeleton: dict[Template, Template] = field(default_factory=dict)

    def ordered(self, wanted: Collection[str]) -> list[Template]:
        """All templates, the best first: no oddities, with most of what is wanted, most votes."""
        shares = shares_of(self.bones_here, self.bones)
        most = max(shares.values(), default=0)

        def fit(template: Template) -> tuple[bool, int]:
            covered = sum(slot in template.slots for slot in wanted)
            return shares[self.skeleton[template]] >= NO_ODDITY * most, covered

        groups: dict[tuple[bool, int], Counter[Template]] = {}
        for one, votes in sorted(self.anywhere.items(), key=lambda item: -len(item[0].slots)):
            groups.setdefault(fit(one), Counter())[one] = votes
        keys = sorted(groups, reverse=True)
        return [one for key in keys for one in by_votes(self.here, groups[key], WHOLE)]


def _texts(
    layout: Layout,
    stretch: Stretch,
    everywhere: Sequence[Entry],
    facts: Mapping[str, str],
    wanted: Collection[str],
) -> list[Template]:
    """Templates of list items, paragraphs and rows of HTML, the best first."""
    wanted = [slot for slot in wanted if slot != "name" or _has_names(stretch, everywhere)]
    votes = _votes(layout, stretch, everywhere, facts, wanted)
    best = votes.ordered(wanted)
    if not best:
        return []
    whole = best[0]
    donors = by_votes(votes.here, votes.anywhere, WHOLE)
    for slot in wanted:
        having = [donor for donor in donors if slot in donor.slots]
        shown = sum(votes.entries[one] for one in having)
        if slot not in whole.slots and shown >= SHOWN * votes.entries.total():
            grafts = (grafted(whole, donor, slot) for donor in having)
            whole = next(filter(None, grafts), whole)
    return [whole, *best]


def _has_names(stretch: Stretch, everywhere: Sequence[Entry]) -> bool:
    """Whether short names before titles are a habit of the section, or of the list."""
    few = len(stretch.entries) < FEW_NEIGHBOURS
    models = everywhere if few else stretch.entries
    return sum(bool(one.paper.name) for one in models) >= NAMED * len(models)


def _votes(
    layout: Layout,
    stretch: Stretch,
    everywhere: Sequence[Entry],
    facts: Mapping[str, str],
    wanted: Collection[str],
) -> _Votes:
    votes = _Votes()
    neighbours = set(stretch.entries)
    models = [entry for entry in everywhere if not layout.is_row(entry)]
    in_html = {_is_html(layout.source(entry)) for entry in models if entry in neighbours}
    ends_free = bool(layout.gap(stretch))  # else white space there may be a line break
    constants = constants_in(layout, models)
    # A row of HTML below a cell that goes over several rows has a cell less.
    columns = max((_columns(layout.source(one)) for one in stretch.entries), default=0)
    known = frozenset(facts)
    bones = known & {"title", "id", "url", "number"}
    category = next(path for path, one in layout.stretches.items() if one.start == stretch.start)
    for entry in models:
        source = layout.source(entry)
        if in_html and (_is_html(source) not in in_html or _columns(source) not in (0, columns)):
            continue
        template = template_of(source, entry.paper, known, constants)
        if template is None or "title" not in template.slots or not _leads_to(template):
            continue
        if ends_free:
            template = replace(template, source=template.source.rstrip())
        if "id" not in facts and says_arxiv(template.source):
            continue
        skeleton = template_of(source, entry.paper, bones, constants) or template
        votes.skeleton.setdefault(template, skeleton)
        parent = category[:-1]
        near = SIBLING if parent and entry.paper.categories[0][:-1] == parent else 1
        votes.bones_here[skeleton] += entry in neighbours
        votes.bones[skeleton] += near
        # A published paper's entry shows only if nothing else does how one of arXiv's is written.
        shows = is_preprint(entry.paper.venue) or "venue" in facts
        vote = (CUT if _lacks(entry, source, wanted) else WHOLE) if shows else 0
        votes.entries[template] += 1
        votes.anywhere[template] += vote * near
        votes.here[template] += vote * (entry in neighbours)
    return votes


def _lacks(entry: Entry, source: str, wanted: Collection[str]) -> bool:
    """Whether an entry shows a name, code or a venue, which the new one will not have."""
    slotted = in_slots_of(source, entry.paper) or ""
    return any(f"\0{slot}\0" in slotted for slot in ("name", "code", "venue") if slot not in wanted)


def plain_templates(
    layout: Layout, stretch: Stretch, facts: Mapping[str, str]
) -> Iterator[tuple[Template, bool]]:
    """Templates for where no entry shows how one is written, and whether they are of a table."""
    if "id" not in facts and "url" not in facts:
        return
    link = "https://arxiv.org/abs/\0id\0" if "id" in facts else "\0url\0"
    title = f"[\0title\0]({link})"
    header = layout.header(stretch)
    if header is not None:
        line = layout.lines[header].strip()
        cells = {"title": title, "venue": "\0venue\0", "code": "[code](\0code\0)"}
        cells |= {"year": "\0date:%Y\0", "date": "\0date:%Y\0", "authors": "\0authors\0"}
        cells |= {"link": f"[paper]({link})", "name": "\0name\0"}
        roles = [column_role(cell) for cell in split_row(line)]
        fitting = (cells.get(role, "") for role in roles)
        known = {*facts, "title"}
        shown = [cell if Template(cell).slots <= known else "" for cell in fitting]
        row = " | ".join(shown)
        if "title" in roles:
            yield Template(f"| {row} |" if line.startswith("|") else row), True
        return
    if any(_is_html(layout.source(one)) for one in stretch.entries):
        return  # an item has no place among rows
    bullets = Counter(layout.source(one)[:1] for one in layout.reading.entries)
    bullet = next((one for one, _ in bullets.most_common() if one in "*+"), "-")
    venue = " (\0venue\0)" if "venue" in facts else ""
    if "code" in facts:
        yield Template(f"{bullet} {title}{venue} [[code]](\0code\0)"), False
    yield Template(f"{bullet} {title}{venue}"), False
    yield Template(f"{bullet} {title}"), False


def constants_in(layout: Layout, entries: Sequence[Entry]) -> frozenset[str]:
    """The words that nearly all of ``entries`` have beside what is about their papers."""
    slotted = (in_slots_of(layout.source(entry), entry.paper) for entry in entries)
    return constants_of([text for text in slotted if text])


def _columns(source: str) -> int:
    return source.lower().count("<td")


def _is_html(source: str) -> bool:
    return source.lstrip().startswith("<")


def _leads_to(template: Template) -> bool:
    return bool(template.slots & {"url", "id"})


def _rows(
    layout: Layout,
    stretch: Stretch,
    everywhere: Sequence[Entry],
    facts: Mapping[str, str],
) -> Iterator[Template]:
    """Templates of a table row: each column as most rows have it, here or else in the list."""
    roles = _roles(layout, stretch, everywhere)
    alike = [entry for entry in everywhere if entry.roles == roles and layout.is_row(entry)]
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
        found = (_cell(layout, pool, at, role, facts) for pool in pools)
        part = next((cell for cell in found if cell is not None), None)
        unpublished = role == "venue" and "venue" not in facts and {"id", "date"} <= set(facts)
        if part is None and unpublished:  # a list of published papers alone
            published = _cell(layout, pools[1], at, role, {**facts, "venue": "", "year": ""})
            name = "\0preprint\0" if "preprint" in facts else "arXiv"
            if published:
                year = " \0year:%Y\0" if "\0year" in published else ""
                part = (
                    f"{published[: len(published) - len(published.lstrip())]}{name}"
                    f"{year}{published[len(published.rstrip()) :]}"
                )
        parts.append(part)
    yield Template(
        "|".join(
            part if part is not None else _blank(layout, pools[1], at, roles, outer, facts)
            for at, part in enumerate(parts)
        )
    )


def _roles(layout: Layout, stretch: Stretch, everywhere: Sequence[Entry]) -> tuple[str, ...]:
    """What the cells of a new row hold."""
    rows = [entry for entry in stretch.entries if layout.is_row(entry)]
    header = layout.header(stretch)
    if not rows and header is not None:
        return tuple(map(column_role, split_row(layout.lines[header].strip())))
    rows = rows or [entry for entry in everywhere if layout.is_row(entry)]
    return Counter(entry.roles for entry in rows).most_common(1)[0][0]


def _cell(
    layout: Layout, pool: Sequence[Entry], at: int, role: str, facts: Mapping[str, str]
) -> str | None:
    """How most rows that are like the new one write a column; None if no row is."""
    votes: Counter[str] = Counter()
    known = frozenset(facts)
    has_title = _title_column(layout, tuple(pool)) == at
    for entry in pool:
        if role == "code" and bool(entry.paper.code_url) != ("code" in facts):
            continue
        if role == "venue" and is_preprint(entry.paper.venue) == ("venue" in facts):
            continue
        cell = layout.cells(entry)[at]
        template = template_of(cell, entry.paper, known)
        if template is None or ("title" in template.slots) != has_title:
            continue
        shown = template.source if template.slots else cell
        if not template.slots and not (
            _is_for_all(cell, role) and cell == in_slots_of(cell, entry.paper)
        ):
            continue
        if ("venue" in facts or "id" not in facts) and says_arxiv(shown):
            continue
        votes[shown] += 1
    if not votes:
        return None
    best, count = votes.most_common(1)[0]
    # "N/A" in some cells of a column says something of those papers.
    says = any(map(str.isalnum, best)) and "\0" not in best
    return None if says and not role and 2 * count <= len(pool) else best


@lru_cache(maxsize=512)
def _title_column(layout: Layout, pool: tuple[Entry, ...]) -> int:
    """The column in which most rows have their title; -1 if there are no rows."""
    votes: Counter[int] = Counter()
    for entry in pool:
        cells = (in_slots_of(cell, entry.paper) or "" for cell in layout.cells(entry))
        votes.update([at for at, cell in enumerate(cells) if "\0title\0" in cell][:1])
    return votes.most_common(1)[0][0] if votes else -1


def _is_for_all(cell: str, role: str) -> bool:
    """Whether a cell without a slot says nothing about its paper: blank, a dash, "N/A", a label.

    A sign such as ⚠ says so only where a link to code would stand; elsewhere it is a mark given.
    """
    text = cell.strip()
    if "](" in text:
        return False
    if any(map(str.isalnum, text)):
        plain = text.strip("[]()`*_ ")
        return plain.casefold() in PLACEHOLDERS or (len(plain) > 1 and is_bare_label(plain))
    return role == "code" or text.isascii() or text in ("–", "—")


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
        labels = (cell.strip() for cell in cells if any(map(str.isalpha, cell)))
        placeholders = Counter(label for label in labels if is_label(label) and label != "N/A")
        label = placeholders.most_common(1)[0][0] if placeholders else "code"
        return f"{padding}[{label}](\0code\0){padding}"
    if role in ("date", "year") and "date" in facts:
        templates = (
            template_of(cell, e.paper, frozenset(facts))
            for cell, e in zip(cells, pool, strict=True)
        )
        forms = Counter(form for one in templates if one for form in one.dates)
        form = forms.most_common(1)[0][0] if forms else "%Y"
        return f"{padding}\0date:{form}\0{padding}"
    if role in ("venue", "authors", "name") and role in facts:
        return f"{padding}\0{role}\0{padding}"
    numbers = sum(cell.strip().isdecimal() for cell in cells)
    if at == outer and not role and 2 * numbers > len(cells):
        return f"{padding}\0number\0{padding}"
    return padding
