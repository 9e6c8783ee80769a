"""An Awesome list → the papers on it. Pure text: no network, no files.

A list is read block by block: a table row by what its columns are called, a list item or a
paragraph by where its title ends and its links begin. What is printed is what is read: a missing
year stays missing, and whatever could not be read is named with its line number.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ssm_search.addresses import is_published
from ssm_search.awesome.blocks import Block, Run, plain
from ssm_search.awesome.columns import with_headers
from ssm_search.awesome.entries import Entry, Problem, read_block
from ssm_search.awesome.formats import foreign_format
from ssm_search.awesome.grouping import with_groups
from ssm_search.awesome.headings import clean_heading, heading_name, is_about_the_list
from ssm_search.awesome.labels import is_label
from ssm_search.awesome.links import paper_ids, what_is_wrong
from ssm_search.awesome.markup import parse_blocks
from ssm_search.awesome.nesting import with_children
from ssm_search.errors import ListError
from ssm_search.marks import without_piles
from ssm_search.papers import Category, Paper, title_key, untitled_title, with_links
from ssm_search.venues import occasion

__all__ = [
    "MAX_LIST_CHARS",
    "Entry",
    "ListReading",
    "Problem",
    "Section",
    "clean_heading",
    "parse_list",
    "read_list",
]

MAX_LIST_CHARS = 10_000_000  # the longest list known to us has 152,000
MAX_LINE_CHARS = 100_000  # the longest line known to us has 1,000
# Time goes with lines and with marks more than with characters: a line takes up to 0.1 ms, a mark
# 20 µs. Of 52 lists that people keep, the densest has a line for 31 characters, or a mark for 11.
MOST_LINES, CHARS_OF_A_LINE = 10_000, 16  # more, if each has so many characters
MOST_MARKS, CHARS_OF_A_MARK = 40_000, 5
_LINE = re.compile(r"[^\n]+")
_MARKS = "[]*_`<!|\\&~@"

# "[title](https://… " and "[title(https://…)"; of 57 real lists, three links are such.
_UNCLOSED = re.compile(
    r"\]\(\s?https?://[^\s()<>|]{1,2000}(?:\([^\s()<>|]{0,200}\)[^\s()<>|]{0,200}){0,4}"
    r"(?=\s*(?:\||$)|\s+[^\s\"'()|])"
    r"|\[[^\[\]()\n]{1,200}\(https?://[^\s()\[\]]{1,2000}\)(?![^\n]{0,400}\])"
)
_QUOTED_CHARS = 80
_FEWEST_WORDS_THAT_TELL = 4  # two papers may share a shorter title


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and the source line it stands on."""

    category: Category
    line: int


@dataclass(frozen=True, slots=True)
class ListReading:
    """All that a list says.

    Attributes:
        title: the list's own heading.
        papers: each paper once, in the order of first appearance, with all its categories.
        entries: each appearance, in order.
        sections: each heading, in order; those without a paper too.
        problems: what could not be read.
        foreign: what it is written in where that is no Markdown; then nothing else is known of it.
    """

    title: str
    papers: tuple[Paper, ...]
    entries: tuple[Entry, ...]
    sections: tuple[Section, ...]
    problems: tuple[Problem, ...]
    foreign: str = ""

    @property
    def categories(self) -> tuple[Category, ...]:
        """Every heading path once."""
        return tuple(dict.fromkeys(section.category for section in self.sections))


def parse_list(text: str) -> list[Paper]:
    """Read the papers of an Awesome list in Markdown, each once, in the order of the list.

    :func:`read_list` says what could not be read as well.

    Raises:
        ListError: ``text`` is longer than ``MAX_LIST_CHARS``, or hardly anything but line ends or
            marks.
    """
    return list(read_list(text).papers)


@lru_cache(maxsize=2)  # of a list, and of what it was before a change
def reading_of(text: str) -> ListReading:
    """What :func:`read_list` says, read once for all who ask: a long list takes seconds."""
    return read_list(text)


def read_list(text: str, *, is_part: bool = False) -> ListReading:
    """Read an Awesome list: its papers, where they stand, its headings, and what is unreadable.

    Args:
        is_part: its own heading is one of a list that goes on in other files.

    Raises:
        ListError: ``text`` is longer than ``MAX_LIST_CHARS``, or hardly anything but line ends or
            marks.
    """
    if len(text) > MAX_LIST_CHARS:
        raise ListError(
            f"the list has {len(text):,} characters, more than {MAX_LIST_CHARS:,}; "
            "split it into several lists"
        )
    text, problems = _tidy(text)
    _check_density(text)
    if foreign := foreign_format(text):
        message = f"this is {foreign}, and no list in Markdown; convert it, for example with pandoc"
        return ListReading("", (), (), (), (Problem(1, message),), foreign)
    blocks = list(with_children(with_headers(with_groups(parse_blocks(text)))))
    title = None if is_part else _list_title(blocks)
    entries: list[Entry] = []
    sections: list[Section] = []
    has_sections = any(_is_heading(block) and block is not title for block in blocks)
    for block, category in _in_sections(blocks, title):
        problems += _malformed_links(block)
        if _is_heading(block):
            sections += [Section(category, block.line)] if block.cells[0] else []
            continue
        for found in _read(block, category, in_section=bool(category) or not has_sections):
            if isinstance(found, Problem):
                problems.append(found)
            else:
                paper = dated_by(category, found.paper)
                paper = replace(paper, categories=(category,) if category else ())
                entries.append(replace(found, paper=paper))
    entries = same_by_title(without_echoes(entries))
    untitled, unread = _untitled(_in_sections(blocks, title), entries, problems)
    entries = sorted([*entries, *untitled], key=lambda entry: entry.line)
    problems += [*unread, *_unclosed_links(text, entries)]
    return ListReading(
        title=heading_name(title.cells[0]) if title else "",
        papers=tuple(merged(entries)),
        entries=tuple(entries),
        sections=tuple(sections),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
    )


def dated_by(category: Category, paper: Paper) -> Paper:
    """``paper`` with the year and the venue of the nearest heading that gives one."""
    year, venue = paper.year, paper.venue
    for heading in reversed(category):
        when, where = occasion(heading)
        year, venue = year or when, venue or where
    return replace(paper, year=year, venue=venue)


def _check_density(text: str) -> None:
    """Refuse a text that takes long to read for its length.

    Raises:
        ListError: it has more lines or marks than any list.
    """
    marks = sum(map(text.count, _MARKS))
    for found, most, chars, what in (
        (sum(1 for _ in _LINE.finditer(text)), MOST_LINES, CHARS_OF_A_LINE, "lines"),
        (marks, MOST_MARKS, CHARS_OF_A_MARK, "brackets and other marks"),
    ):
        if found > max(most, len(text) // chars):
            raise ListError(
                f"the list has {found:,} {what} in {len(text):,} characters, expected up to "
                f"{max(most, len(text) // chars):,}; leave out what is no list"
            )


def _tidy(text: str) -> tuple[str, list[Problem]]:
    """``text`` with one kind of line end and without lines that are too long to read.

    Nor is there what is no character: zeros, and halves of surrogate pairs.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    text = without_piles(text.encode("utf-8", "ignore").decode())
    lines = text.split("\n")
    problems = []
    for number, line in enumerate(lines, start=1):
        if len(line) > MAX_LINE_CHARS:
            lines[number - 1] = ""
            limit = f"{len(line):,} characters, more than {MAX_LINE_CHARS:,}"
            problems.append(Problem(number, f"line left out: {limit}"))
    return "\n".join(lines), problems


def _list_title(blocks: list[Block]) -> Block | None:
    """The first heading, if it is the list's name and not its first category.

    Where several headings share the top level, a first one with entries of its own is a category.
    """
    headings = [at for at, block in enumerate(blocks) if block.kind == "heading"]
    if not headings or blocks[headings[0]].level > 1:
        return None
    first = blocks[headings[0]]
    if "awesome" in plain(first.cells[0]).casefold():
        return first
    end = headings[1] if len(headings) > 1 else len(blocks)
    holds_entries = any(
        block.kind == "row" or (block.kind == "item" and paper_ids(block.cells[0]))
        for block in blocks[headings[0] : end]
    )
    has_peers = any(blocks[at].level == 1 for at in headings[1:])
    return None if has_peers and holds_entries else first


def _in_sections(blocks: Iterable[Block], title: Block | None) -> Iterator[tuple[Block, Category]]:
    """Each block but the title with the heading path that it stands under, or is."""
    path: list[tuple[int, str]] = []
    for block in blocks:
        if block is title:
            continue
        if _is_heading(block):
            path = [(level, name) for level, name in path if level < block.level]
            if block.cells[0]:
                path.append((block.level, heading_name(block.cells[0])))
        yield block, tuple(name for _, name in path)


def _is_heading(block: Block) -> bool:
    """A heading that links to a paper is an entry that somebody wanted large."""
    return block.kind == "heading" and not paper_ids(block.cells[0])


def _read(block: Block, category: Category, *, in_section: bool) -> Iterable[Entry | Problem]:
    if block.kind != "row" and category and is_about_the_list(category[-1]):
        return ()
    return read_block(block, in_section=in_section)


def _unclosed_links(text: str, entries: Iterable[Entry]) -> Iterator[Problem]:
    """Links of entries that lack a bracket, which are read all the same, but shown as they are."""
    lines = text.split("\n")
    for at in sorted({at for entry in entries for at in range(entry.line, entry.end + 1)}):
        for found in _UNCLOSED.finditer(lines[at - 1]) if at <= len(lines) else ():
            yield Problem(at, f"link without an end: {found.group()[:_QUOTED_CHARS]}")


def _malformed_links(block: Block) -> list[Problem]:
    return [
        Problem(run.line or block.line, f"{wrong}: {run.href[:_QUOTED_CHARS]}")
        for run in _runs(block)
        if (wrong := what_is_wrong(run))
    ]


def without_echoes(entries: list[Entry]) -> list[Entry]:
    """Leave out mentions in prose of papers that are listed properly elsewhere."""
    listed = {entry.paper.id for entry in entries if entry.strength > 1}
    return [entry for entry in entries if entry.strength > 1 or entry.paper.id not in listed]


def same_by_title(entries: list[Entry]) -> list[Entry]:
    """``entries``, where a publisher's page of a paper has the arXiv id given elsewhere."""
    ids: dict[str, set[str]] = {}
    for entry in entries:
        if entry.paper.kind == "paper":
            ids.setdefault(title_key(entry.paper.title), set()).add(entry.paper.id)
    same = []
    for entry in entries:
        paper = entry.paper
        known = ids.get(title_key(paper.title), set())
        long = len(paper.title.split()) >= _FEWEST_WORDS_THAT_TELL
        if paper.kind == "link" and len(known) == 1 and long and is_published(paper.url):
            entry = replace(entry, paper=replace(paper, id=next(iter(known)), kind="paper"))
        same.append(entry)
    return same


def merged(entries: Iterable[Entry]) -> Iterator[Paper]:
    """One paper per id: all its categories, the surest title, the first value for the rest."""
    appearances: dict[str, list[Entry]] = {}
    for entry in entries:
        known = appearances.get(entry.paper.id)
        if known and entry.paper.kind == "link" and known[0].paper.url != entry.paper.url:
            digest = hashlib.sha256(entry.paper.url.encode()).hexdigest()[:6]
            entry = replace(entry, paper=replace(entry.paper, id=f"{entry.paper.id}-{digest}"))
        appearances.setdefault(entry.paper.id, []).append(entry)
    for same in appearances.values():
        papers = [entry.paper for entry in same]
        if len(papers) == 1:  # as nearly all
            yield with_links(papers[0], papers[0].links)
            continue
        first_given: dict[str, Any] = {
            name: next(filter(None, (getattr(paper, name) for paper in papers)), None)
            for name in ("name", "code_url", "venue", "year", "pdf_url", "authors")
        }
        whole = replace(
            papers[0],
            title=max(same, key=lambda entry: entry.strength).paper.title,
            categories=tuple(dict.fromkeys(path for paper in papers for path in paper.categories)),
            **{name: value for name, value in first_given.items() if value is not None},
        )
        yield with_links(whole, (link for paper in papers for link in paper.links))


def _untitled(
    blocks: Iterable[tuple[Block, Category]], entries: Iterable[Entry], problems: Iterable[Problem]
) -> tuple[list[Entry], list[Problem]]:
    """The arXiv ids of the list that came out neither as an entry nor in a problem.

    One that stands in a list or by itself is an entry that goes by its id, until arXiv says what
    its title is; one in a sentence is only named.
    """
    known = {entry.paper.id for entry in entries}
    told = {word.strip(",:") for problem in problems for word in problem.message.split()}
    passed_over = {
        word.strip(",:")
        for problem in problems
        if "passed over" in problem.message
        for word in problem.message.split()
    }
    untitled, unread = [], []
    for block, category in blocks:
        for run in _runs(block):
            for found in paper_ids([run]):
                if found in known:
                    continue
                known.add(found)
                line = run.line or block.line
                if found not in told:
                    message = f"arXiv id {found} is mentioned, but no title goes with it"
                    unread.append(Problem(line, message))
                about = category and is_about_the_list(category[-1])
                if category and not about and found not in passed_over and _is_listed(block):
                    paper = Paper(
                        found,
                        untitled_title(found),
                        url=f"https://arxiv.org/abs/{found}",
                        pdf_url=f"https://arxiv.org/pdf/{found}",
                        categories=(category,),
                    )
                    untitled.append(Entry(dated_by(category, paper), line, line, 1))
    return untitled, unread


def _is_listed(block: Block) -> bool:
    """Whether a block is an entry of a list or a table, or a link by itself."""
    outside = "".join(run.text for run in block.cells[0] if not run.href)
    return block.kind == "row" or is_label(outside)


def _runs(block: Block) -> Iterator[Run]:
    return (run for cell in block.cells for run in cell)
