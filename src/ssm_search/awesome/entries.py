"""One block of a list → the entries it holds, or the reason why it holds none."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.beside import Beside, beside
from ssm_search.awesome.blocks import (
    KNOWN_BLOCKS,
    KNOWN_CHARS,
    PARAGRAPH_BREAK,
    Block,
    Run,
    moved,
    plain,
)
from ssm_search.awesome.columns import counts, roles, title_column
from ssm_search.awesome.further import links_of
from ssm_search.awesome.headline import Headline, headline
from ssm_search.awesome.labels import is_label, label_words
from ssm_search.awesome.links import is_code, is_web, paper_ids, says_paper
from ssm_search.awesome.splitting import split_entries, without_title_label
from ssm_search.papers import Paper, slug, title_key, with_links
from ssm_search.persons import persons
from ssm_search.titles import clean_title
from ssm_search.venues import find_venue, find_year, is_date, latest, without_days

_LINKED = frozenset({"code", "link"})  # columns that say nothing beside their links
_BETWEEN = Run(PARAGRAPH_BREAK)
_NOTHING = re.compile(r"(?i)[\W_]*(?:n/?a|none|null|nan|tb[ad]|todo|无|無|なし)?[\W_]*")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a list that could not be read, and where."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One place where a paper stands in the list.

    Attributes:
        line: 1-based source line it starts on.
        end: the last source line with anything of it.
        strength: how sure the title is: 3 marked as one, 2 by its place, 1 a mention in prose.
        roles: of a table row, what each cell holds (:mod:`ssm_search.awesome.columns`); else ().
    """

    paper: Paper
    line: int
    end: int
    strength: int
    roles: tuple[str, ...] = ()


def read_block(block: Block, *, in_section: bool) -> Iterator[Entry | Problem]:
    """What :func:`read_row` or :func:`read_text` reads, whichever it is for."""
    runs = [run for cell in block.cells for run in cell]
    above = min((run.line or block.line for run in runs), default=block.line) - 1
    is_short = sum(len(run.text) + len(run.href) for run in runs) <= KNOWN_CHARS
    read = _known if is_short else _read
    for found in read(moved(block, -above), in_section):
        if isinstance(found, Problem):
            yield replace(found, line=found.line + above)
        else:
            yield replace(found, line=found.line + above, end=found.end + above)


def _read(block: Block, in_section: bool) -> tuple[Entry | Problem, ...]:
    if block.kind == "row":
        return tuple(read_row(block))
    return tuple(read_text(block, in_section=in_section))


_known = lru_cache(maxsize=KNOWN_BLOCKS)(_read)


def read_row(block: Block) -> Iterator[Entry | Problem]:
    """Read the entry of a table row, or say why there is none."""
    texts = [plain(cell) for cell in block.cells]
    cell_roles = roles(block)
    title_at = title_column(block)
    if _is_navigation(block):
        return
    if title_at is None:
        ids = paper_ids(run for cell in block.cells for run in cell)
        yield Problem(
            block.line, f"table row without a title: {', '.join(ids) or _quote(' | '.join(texts))}"
        )
        return
    title_cell = block.cells[title_at]
    runs = [*title_cell, *(run for cell in block.cells if cell is not title_cell for run in cell)]
    found = headline(title_cell)
    title = found.title or clean_title(texts[title_at])
    if cell_roles[title_at] != "title" and not paper_ids(runs) and not any(map(is_web, runs)):
        if {"title", "link", "code"} & set(cell_roles):  # other tables hold no papers
            message = f"table row without a link: {_quote(' | '.join(texts))}"
            yield Problem(block.line, message)
        return
    said = _said(cell_roles, texts, title_at)
    cells = [
        cell
        for cell, role, name in zip(block.cells, cell_roles, _names(block), strict=False)
        if role not in _LINKED and not counts(name)
    ]
    printed = beside(title, found.name, tuple(run for cell in cells for run in (*cell, _BETWEEN)))
    years = (find_year(said.get(role)) for role in ("year", "date", "venue"))
    printed = Beside(
        said.get("venue") or printed.venue,
        next(filter(None, years), printed.year),
        persons(said.get("authors", "")) or printed.authors,
    )
    found = replace(found, title=title, strength=3, name=found.name or _name_cell(said, title))
    code_url = _code_cell(block, cell_roles)
    read = _entry(found, printed, runs, block.line, code_url=code_url, cell_roles=cell_roles)
    yield from _with_links(read, _columns(block, cell_roles))


def _columns(block: Block, cell_roles: list[str]) -> list[tuple[str, tuple[Run, ...]]]:
    """Each cell but those of authors, with the name of its column."""
    return [
        (name, cell)
        for name, cell, role in zip(_names(block), block.cells, cell_roles, strict=False)
        if role != "authors"
    ]


def _names(block: Block) -> tuple[str, ...]:
    """What the columns of a row are called, as far as they are."""
    return (*block.header, *(" " for _ in block.cells))


def _said(cell_roles: list[str], texts: list[str], title_at: int) -> dict[str, str]:
    """The first text in each role that says something; a date is one, whatever its column."""
    said: dict[str, str] = {}
    for n, (role, text) in enumerate(zip(cell_roles, texts, strict=True)):
        if n != title_at and not _NOTHING.fullmatch(text):
            text = latest(text) if role == "venue" else text
            said.setdefault("date" if role == "venue" and is_date(text) else role, text)
    return said


def _is_navigation(block: Block) -> bool:
    """A row of links within the page, as tables of contents have."""
    links = [run.href for cell in block.cells for run in cell if run.href]
    return bool(links) and all(href.startswith("#") for href in links)


def _name_cell(said: dict[str, str], title: str) -> str:
    name = clean_title(said.get("name", ""))
    return name if name != title and not is_label(name) else ""


def _code_cell(block: Block, cell_roles: list[str]) -> str:
    cells = [cell for cell, role in zip(block.cells, cell_roles, strict=True) if role == "code"]
    links = (run for cell in cells for run in cell if is_web(run) and not arxiv_id(run.href))
    return next((run.href for run in links), "")


def read_text(block: Block, *, in_section: bool) -> Iterator[Entry | Problem]:
    """Read the entries of a list item, a paragraph or a linked heading.

    Outside of any section, where lists introduce themselves, only a marked title with an arXiv id
    makes an entry, and not a sure one.
    """
    for runs in split_entries(without_title_label(block.cells[0])):
        found = headline(runs)
        mentions = _mentions(runs, found)
        own = tuple(run for run in runs if run not in mentions)
        line = runs[0].line or block.line
        if found.prose:
            pass  # its mentions are all there is
        elif _is_entry(found, own, in_section and block.kind == "item", in_section):
            sure = found.strength if in_section else 2
            found = replace(found, strength=sure)
            end = max(run.line for run in runs)
            printed = beside(found.title, found.name, own)
            # What stands behind a second paper may be the second's.
            behind = next((at for at, run in enumerate(runs) if run in mentions), len(runs))
            parts = [("", runs[:behind])]
            yield from _with_links(_entry(found, printed, own, line, end=end), parts)
        elif in_section and block.kind == "item":
            yield from _why_no_entry(found, own, line)
        for run in mentions:
            mention = Headline(clean_title(run.text), 1)
            yield from _entry(mention, Beside(), [run], run.line or line)


def _is_entry(found: Headline, runs: tuple[Run, ...], is_item: bool, in_section: bool) -> bool:
    if not found.title:
        return False
    if not in_section:
        return found.strength == 3 and bool(paper_ids(runs))
    if any(arxiv_id(run.href) or says_paper(run) for run in runs):
        return True
    if is_item:
        return bool(paper_ids(runs)) or any(is_web(run) and not run.image for run in runs)
    return found.strength == 3 and bool(paper_ids(runs))


def _why_no_entry(found: Headline, runs: tuple[Run, ...], line: int) -> Iterator[Problem]:
    if found.title and not any(run.href for run in runs):
        yield Problem(line, f"list item without a link: {_quote(found.title)}")
    elif not found.title and any(map(is_web, runs)) and not paper_ids(runs):
        address = next(run.href for run in runs if is_web(run))
        yield Problem(line, f"list item without a title: {_quote(address)}")


def _mentions(runs: tuple[Run, ...], found: Headline) -> dict[Run, None]:
    """The links to papers other than the one that ``runs`` are about, in order.

    In prose that is all of them; else those below the title's paragraph, and where the entry has
    an id without them, those beside it.
    """
    title = title_key(found.title)
    named = {
        run: None
        for run in runs
        if _names_paper(run) and (found.prose or title_key(run.text) not in title)
    }
    if found.prose or not title:
        return named if title else {}
    own_ids = paper_ids(run for run in runs if run not in named)
    end = next((at for at, run in enumerate(runs) if run.text == PARAGRAPH_BREAK), len(runs))
    below = set(runs[end:])
    return {
        run: None
        for run in named
        if run in below or (own_ids and arxiv_id(run.href) not in own_ids)
    }


def _names_paper(run: Run) -> bool:
    """A link to a paper whose text is its title."""
    if is_label(run.text) or is_date(run.text) or find_venue(run.text, marked=True):
        return False
    return bool(clean_title(run.text)) and arxiv_id(run.href) is not None


def _entry(
    found: Headline,
    printed: Beside,
    runs: Iterable[Run],
    line: int,
    *,
    end: int = 0,
    code_url: str = "",
    cell_roles: Iterable[str] = (),
) -> Iterator[Entry | Problem]:
    """Build one entry from its title and all its links, the title's own links standing first."""
    runs = tuple(runs)
    paper_id, *others = paper_ids(runs) or [""]
    if others:
        taken = f"took {paper_id}, passed over {', '.join(others)}"
        yield Problem(line, f"two arXiv ids for one title: {taken}")
    links = [run for run in runs if is_web(run)]
    code_url = code_url or next((run.href for run in links if is_code(run)), "")
    if paper_id:
        paper = Paper(
            id=paper_id,
            title=found.title,
            url=f"https://arxiv.org/abs/{paper_id}",
            pdf_url=f"https://arxiv.org/pdf/{paper_id}",
        )
    else:
        page = next((run.href for run in links if run.href != code_url), code_url)
        pdf = next((run.href for run in links if "pdf" in label_words(run.text)), "")
        paper = Paper(id=slug(found.title), title=found.title, kind="link", url=page, pdf_url=pdf)
    paper = replace(
        paper,
        name=found.name,
        code_url=code_url,
        venue=without_days(printed.venue),
        year=printed.year,
        authors=printed.authors,
    )
    end = max([line, end, *(run.line for run in runs)])
    yield Entry(paper, line, end, found.strength, tuple(cell_roles))


def _with_links(
    read: Iterable[Entry | Problem], parts: Sequence[tuple[str, Sequence[Run]]]
) -> Iterator[Entry | Problem]:
    """The same with the further links of each entry, which ``parts`` hold: columns with cells."""
    for one in read:
        if isinstance(one, Entry):
            one = replace(one, paper=with_links(one.paper, links_of(parts, one.paper)))
        yield one


def _quote(text: str) -> str:
    return textwrap.shorten(text, 80, placeholder="…")
