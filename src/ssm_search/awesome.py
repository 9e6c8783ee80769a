"""An Awesome list → the papers on it. Pure text: no network, no files.

A list is read block by block: a table row by what its columns are called, a list item or a
paragraph by where its title ends and its links begin. What is printed is what is read: a missing
year stays missing, and whatever could not be read is named with its line number.
"""

from __future__ import annotations

import difflib
import hashlib
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ssm_search.errors import ListError
from ssm_search.headline import (
    Headline,
    clean_title,
    find_year,
    headline,
    is_label,
    label_words,
    split_entries,
)
from ssm_search.markup import Block, Run, parse_blocks, plain
from ssm_search.papers import Category, Paper, arxiv_id, arxiv_id_in_text, slug

MAX_LIST_CHARS = 10_000_000  # the longest list known to us has 152,000

_COLUMNS = {
    "link": "link links pdf url arxiv doi abs 链接",
    "code": "code github repo repository implementation 代码",
    "title": "title paper papers article work 标题 论文 题目 titre título titel",
    "name": "name method model 名称 方法",
    "venue": "venue conference journal publication publisher 会议 期刊",
    "year": "year 年份 jahr année año",
    "date": "date time published 日期 时间",
    "authors": "author authors 作者",
}
_COLUMN_WORDS = {word: role for role, words in _COLUMNS.items() for word in words.split()}

# Sections about the list itself: their text mentions papers but lists none.
_ABOUT_THE_LIST = frozenset(
    """news updates update log changelog what's new whats latest recent table of contents contents
    toc overview citation cite citing bibtex license contributing contribution acknowledgement
    acknowledgements acknowledgment acknowledgments star history contact
    更新 新闻 目录 引用""".split()
)

_CODE_HOSTS = ("github.com", "gitlab.com", "bitbucket.org", "gitee.com", "codeberg.org")
_PAPER_LABELS = frozenset("paper pdf arxiv openreview doi html abs article thesis 论文".split())
_CODE_LABELS = frozenset("code codes github repo repository implementation star stars 代码".split())
_BADGE_ID = re.compile(r"arxiv-(\d{4}\.\d{4,5})", re.I)
_ANY_ID = re.compile(r"arxiv(?:\.org/(?:abs|pdf|html)/|:\s?)(\d{4}\.\d{4,5})(?!\d)", re.I)
_UNSEEN = re.compile(r"<!--.*?-->|^(```|~~~).*?^\1", re.S | re.M)


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
        strength: how sure the title is: 3 marked as one, 2 by its place, 1 a mention in prose.
    """

    paper: Paper
    line: int
    strength: int


@dataclass(frozen=True, slots=True)
class ListReading:
    """All that a list says.

    Attributes:
        title: the list's own heading.
        papers: each paper once, in the order of first appearance, with all its categories.
        entries: each appearance, in order.
        categories: every heading path, those without a paper too.
        problems: what could not be read.
    """

    title: str
    papers: tuple[Paper, ...]
    entries: tuple[Entry, ...]
    categories: tuple[Category, ...]
    problems: tuple[Problem, ...]


def parse_list(text: str) -> list[Paper]:
    """The papers of an Awesome list in Markdown; see :func:`read_list` for what went unread.

    Raises:
        ListError: ``text`` is longer than ``MAX_LIST_CHARS``.
    """
    return list(read_list(text).papers)


def read_list(text: str) -> ListReading:
    """Read an Awesome list: its papers, where they stand, its headings, and what is unreadable.

    Raises:
        ListError: ``text`` is longer than ``MAX_LIST_CHARS``.
    """
    if len(text) > MAX_LIST_CHARS:
        raise ListError(
            f"the list has {len(text):,} characters, more than {MAX_LIST_CHARS:,}; "
            "split it into several lists"
        )
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    blocks = parse_blocks(text)
    title_block = _list_title(blocks)
    path: list[tuple[int, str]] = []
    categories: dict[Category, None] = {}
    entries: list[Entry] = []
    problems: list[Problem] = []
    for block in blocks:
        if block is title_block:
            continue
        if block.kind == "heading" and not _ids(block.cells[0]):
            name = clean_heading(plain(block.cells[0]))
            path = [(level, above) for level, above in path if level < block.level]
            path.append((block.level, name))
            categories[tuple(above for _, above in path)] = None
            continue
        category = tuple(name for _, name in path)
        found = list(_read_row(block) if block.kind == "row" else _read_text(block, category))
        for item in found:
            if isinstance(item, Problem):
                problems.append(item)
            else:
                paper = replace(item.paper, categories=(category,) if category else ())
                entries.append(replace(item, paper=paper))
    entries = _drop_echoes(entries)
    problems += _unread_ids(text, entries, problems)
    return ListReading(
        title=clean_heading(plain(title_block.cells[0])) if title_block else "",
        papers=tuple(_merge(entries)),
        entries=tuple(entries),
        categories=tuple(categories),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
    )


def clean_heading(text: str) -> str:
    """A heading as a reader sees it: white space collapsed, trailing colon and dot gone."""
    return " ".join(text.split()).strip("#").strip().rstrip(":：.").strip()


def _list_title(blocks: list[Block]) -> Block | None:
    """The first heading, if it is the list's name and not its first category."""
    headings = [block for block in blocks if block.kind == "heading"]
    if not headings or headings[0].level > 1:
        return None
    first = headings[0]
    following = blocks[blocks.index(first) + 1 :]
    peers = [block for block in headings[1:] if block.level == 1]
    holds_rows = bool(following) and following[0].kind == "row"
    return None if peers and holds_rows else first


def _read_row(block: Block) -> Iterator[Entry | Problem]:
    """The entry of a table row: columns by their names, by their looks where names fail."""
    cells = block.cells
    roles = [_column_role(name) for name in block.header] or [""] * len(cells)
    roles += [""] * (len(cells) - len(roles))
    texts = [plain(cell) for cell in cells]
    title_at = _title_column(roles, cells, texts)
    if title_at is None:
        if any(texts):
            yield Problem(block.line, f"table row without a title: {_quote(' | '.join(texts))}")
        return
    runs = [run for cell in cells for run in cell]
    title_first = [*cells[title_at], *runs]
    by_role = dict(zip(reversed(roles), reversed(texts), strict=False))
    year_text = next(
        (by_role[r] for r in ("year", "date", "venue") if find_year(by_role.get(r))), ""
    )
    code_cells = [
        run for role, cell in zip(roles, cells, strict=False) if role == "code" for run in cell
    ]
    yield from _entry(
        Headline(clean_title(texts[title_at]), 3),
        title_first,
        line=block.line,
        venue=by_role.get("venue", ""),
        year=find_year(year_text),
        code_url=next((run.href for run in code_cells if _is_web(run.href)), ""),
    )


def _column_role(name: str) -> str:
    """What a column holds, by its name; "" if the name says nothing. Forgives one misspelling."""
    words = [word for word in re.findall(r"\w+", name.casefold()) if not word.isdigit()]
    roles = []
    for word in words[:4]:
        close = difflib.get_close_matches(word, _COLUMN_WORDS, n=1, cutoff=0.75)
        if close and (word == close[0] or len(word) > 3):
            roles.append(_COLUMN_WORDS[close[0]])
    return min(roles, key=list(_COLUMNS).index, default="")


def _title_column(
    roles: list[str], cells: tuple[tuple[Run, ...], ...], texts: list[str]
) -> int | None:
    """Which cell is the title: the column named so, else a linked text, else the longest text."""
    usable = [n for n, text in enumerate(texts) if text and not is_label(text)]
    for wanted in ("title", "name"):
        for n in usable:
            if roles[n] == wanted:
                return n
    free = [n for n in usable if roles[n] == ""]
    if any(roles):
        return free[0] if free else None
    linked = [n for n in free if any(_is_web(run.href) for run in cells[n])]
    return max(linked or free, key=lambda n: len(texts[n]), default=None)


def _read_text(block: Block, category: Category) -> Iterator[Entry | Problem]:
    """The entries of a list item, a paragraph or a linked heading."""
    about = set(re.findall(r"[\w']+", category[-1].casefold())) if category else set()
    if about and about <= _ABOUT_THE_LIST:
        return
    for runs in split_entries(block.cells[0]):
        found = headline(runs)
        ids = _ids(runs)
        web = [run for run in runs if _is_web(run.href) and not run.image]
        labelled = any(_PAPER_LABELS & label_words(run.text) for run in web)
        line = runs[0].line or block.line
        mentions = [r for r in web if arxiv_id(r.href) and not is_label(r.text)]
        if found.prose and len({arxiv_id(run.href) for run in mentions}) > 0:
            for run in mentions:
                yield from _entry(Headline(clean_title(run.text), 1), [run], line=run.line or line)
        elif not found.title:
            continue
        elif ids or (category and ((block.kind == "item" and web) or labelled)):
            if not category:
                if found.strength < 3:
                    continue
                found = replace(found, strength=2)  # an introduction names papers loosely
            yield from _entry(found, list(runs), line=line, venue=found.venue, year=found.year)
        elif category and block.kind == "item" and not any(run.href for run in runs):
            yield Problem(line, f"list item without a link: {_quote(found.title)}")


def _entry(
    found: Headline,
    runs: list[Run],
    *,
    line: int,
    venue: str = "",
    year: int | None = None,
    code_url: str = "",
) -> Iterator[Entry | Problem]:
    """Build one entry from its title and all its links, the title's own links standing first."""
    for run in runs:
        if run.href.lower().startswith(("http:", "https:")) and not _is_web(run.href):
            yield Problem(run.line or line, f"not a web address: {_quote(run.href)}")
    linked = list(dict.fromkeys(found_id for run in runs if (found_id := arxiv_id(run.href))))
    text_id = arxiv_id_in_text(plain(tuple(runs)))
    badge = next((match[1] for run in runs if (match := _BADGE_ID.search(run.image))), None)
    paper_id = linked[0] if linked else (text_id or badge)
    if len(linked) > 1:
        others = ", ".join(linked[1:])
        yield Problem(line, f"two arXiv ids for one title: took {linked[0]}, passed over {others}")
    links = [run for run in runs if _is_web(run.href)]
    code_url = code_url or next((run.href for run in links if _is_code(run)), "")
    page = next((run.href for run in links if run.href != code_url), code_url)
    pdf = next((run.href for run in links if "pdf" in label_words(run.text)), "")
    if paper_id:
        paper = Paper(
            id=paper_id,
            title=found.title,
            url=f"https://arxiv.org/abs/{paper_id}",
            pdf_url=f"https://arxiv.org/pdf/{paper_id}",
        )
    else:
        paper = Paper(id=slug(found.title), title=found.title, kind="link", url=page, pdf_url=pdf)
    paper = replace(paper, code_url=code_url, venue=venue, year=year)
    yield Entry(paper, line, found.strength)


def _is_web(url: str) -> bool:
    return re.match(r"https?://[^/\s]+\.[^/\s]+", url, re.I) is not None


def _is_code(run: Run) -> bool:
    """A link that says it is code, or leads to a repository on a known host."""
    if _CODE_LABELS & label_words(run.text):
        return True
    host, _, path = run.href.split("//", 1)[-1].partition("/")
    on_code_host = any(host.lower().removeprefix("www.") == known for known in _CODE_HOSTS)
    return on_code_host and "/" in path.strip("/") and is_label(run.text)


def _ids(runs: Iterable[Run]) -> list[str]:
    """Distinct arXiv ids that the links, or failing these the text, of ``runs`` name."""
    runs = tuple(runs)
    linked = dict.fromkeys(found for run in runs if (found := arxiv_id(run.href)))
    if linked:
        return list(linked)
    mentioned = arxiv_id_in_text(plain(runs))
    return [mentioned] if mentioned else []


def _drop_echoes(entries: list[Entry]) -> list[Entry]:
    """Leave out mentions in prose of papers that are listed properly elsewhere."""
    listed = {entry.paper.id for entry in entries if entry.strength > 1}
    return [entry for entry in entries if entry.strength > 1 or entry.paper.id not in listed]


def _merge(entries: list[Entry]) -> list[Paper]:
    """One paper per id: all its categories, the first value that anybody gave for the rest."""
    merged: dict[str, Paper] = {}
    strength: dict[str, int] = {}
    for entry in entries:
        paper = entry.paper
        known = merged.get(paper.id)
        if known and paper.kind == "link" and known.url != paper.url:
            digest = hashlib.sha256(paper.url.encode()).hexdigest()[:6]
            paper = replace(paper, id=f"{paper.id}-{digest}")
            known = merged.get(paper.id)
        if known is None:
            merged[paper.id] = paper
            strength[paper.id] = entry.strength
            continue
        better = entry.strength > strength[paper.id]
        strength[paper.id] = max(entry.strength, strength[paper.id])
        merged[paper.id] = replace(
            known,
            title=paper.title if better else known.title,
            categories=tuple(dict.fromkeys(known.categories + paper.categories)),
            **{
                name: getattr(paper, name)
                for name in ("code_url", "venue", "year", "pdf_url")
                if not getattr(known, name)
            },
        )
    return list(merged.values())


def _unread_ids(text: str, entries: list[Entry], problems: list[Problem]) -> Iterator[Problem]:
    """Name every arXiv id of the source that came out neither as an entry nor in a problem."""
    seen = {entry.paper.id for entry in entries}
    told = " ".join(problem.message for problem in problems)
    visible = _UNSEEN.sub(lambda match: "\n" * match[0].count("\n"), text)
    for number, line in enumerate(visible.split("\n"), start=1):
        for found in _ANY_ID.findall(line):
            if found not in seen and found not in told:
                seen.add(found)
                yield Problem(number, f"arXiv id {found} is mentioned, but no title goes with it")


def _quote(text: str) -> str:
    return textwrap.shorten(text, 80, placeholder="…")
