"""Which column of a table holds what: by its name and, where names fail, by its looks."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from ssm_search.awesome.blocks import Block, Run, plain
from ssm_search.awesome.labels import is_label
from ssm_search.venues import find_venue, find_year, is_date, is_venue

# In this order where one name says two things: "Paper link" is a link.
_ROLES = {
    "link": "link links pdf url arxiv doi abs 链接 リンク 링크 ссылка enlace lien",
    "code": "code github repo repository implementation 代码 コード 코드 код código",
    "title": """title paper papers article articles work 标题 论文 题目 題名 論文 タイトル
        제목 논문 titre título titulo titel título artículo artigo artikel titolo статья
        название""",
    "name": "name method model acronym abbreviation 名称 方法 手法 방법 метод método methode",
    "date": "date time publish published 日期 时间 日付 날짜 дата fecha datum",
    "venue": """venue conference conf journal publication pub publisher 会议 期刊 会議 学会 학회
        저널 конференция журнал conferencia revista konferenz zeitschrift conférence revue""",
    "year": "year 年份 年 年度 연도 год jahr année año ano anno",
    "authors": "author authors 作者 著者 저자 автор авторы autor autores auteur auteurs autoren",
}
_COUNTS = frozenset("star stars fork forks like likes downloads citations".split())
_ORDER = list(_ROLES)
_ROLE_WORDS = {word: role for role, words in _ROLES.items() for word in words.split()}
_LONGEST_NAME = 100  # a longer text in the header names nothing
_WORDS_IN_NAME = 4  # and neither do its further words
_LIKENESS = 0.75  # "Tilte" and "Venu" reach it
_NO_SLIPS = frozenset("data task tasks model models".split())  # "data" is no date
_SHORTEST_MISSPELLED = 4  # among three letters, every word is like another


def with_headers(blocks: Iterable[Block]) -> Iterator[Block]:
    """``blocks``, where rows without a header take the one above them, if it is as wide.

    A row that names columns is a header even if no delimiter line follows it.
    """
    header: tuple[str, ...] = ()
    above = ""
    for block in blocks:
        if block.kind == "heading":
            header = ()
        elif block.kind == "row":
            if block.header:
                header = block.header
            elif _names_columns(block, first=above != "row"):
                header = tuple(plain(cell) for cell in block.cells)
                above = block.kind
                continue
            elif len(header) == len(block.cells):
                block = replace(block, header=header)
        above = block.kind
        yield block


def roles(block: Block) -> list[str]:
    """What each cell of a row holds: a key of the table above, or "" where nothing tells."""
    named = [column_role(name) for name in block.header[: len(block.cells)]]
    if any(named):
        return named + [""] * (len(block.cells) - len(named))
    return [_role_by_look(plain(cell)) for cell in block.cells]


def title_column(block: Block) -> int | None:
    """Which cell is the title: the column named so, else a linked text, else the longest text."""
    texts = [plain(cell) for cell in block.cells]
    cell_roles = roles(block)
    usable = [n for n, text in enumerate(texts) if text and not _is_beside(block.cells[n])]
    for wanted in ("title", "name"):
        for n in usable:
            if cell_roles[n] == wanted:
                return n
    free = [n for n in usable if cell_roles[n] == ""]
    if any(map(column_role, block.header)):
        # A cell that reaches over several columns stands in its first.
        spanning = [n for n in usable if any(run.href for run in block.cells[n])]
        other = [n for n in spanning if cell_roles[n] not in ("code", "link")]
        return next(iter([*free, *other]), None)
    linked = [n for n in free if any(run.href for run in block.cells[n])]
    return max(linked or free, key=lambda n: len(texts[n]), default=None)


def _is_beside(cell: tuple[Run, ...]) -> bool:
    """Whether a cell says where its link leads, or as a link where a paper appeared."""
    text = plain(cell)
    linked = any(run.href for run in cell)
    return is_label(text) or (linked and is_venue(text) and find_year(text) is not None)


def column_role(name: str) -> str:
    """What a column holds, by its name; "" if the name says nothing. Forgives one misspelling."""
    return _column_role(name) if len(name) <= _LONGEST_NAME else ""


def counts(name: str) -> bool:
    """Whether a column says how many there are of something: 2016 stars are no year."""
    return not _COUNTS.isdisjoint(re.findall(r"\w+", name[:_LONGEST_NAME].casefold()))


@lru_cache(maxsize=1024)
def _column_role(name: str) -> str:
    words = [word for word in re.findall(r"\w+", name.casefold()) if not word.isdigit()]
    found = []
    for word in words[:_WORDS_IN_NAME]:
        close = difflib.get_close_matches(word, _ROLE_WORDS, n=1, cutoff=_LIKENESS)
        meant = len(word) >= _SHORTEST_MISSPELLED and word not in _NO_SLIPS
        if close and (word == close[0] or meant):
            found.append(_ROLE_WORDS[close[0]])
    return min(found, key=_ORDER.index, default="")


def _names_columns(block: Block, *, first: bool) -> bool:
    """Whether a row is a header; of the first row of a table, one name for titles is enough."""
    if any(run.href for cell in block.cells for run in cell):
        return False
    names = [text for cell in block.cells if (text := plain(cell))]
    if not all(len(name.split()) <= _WORDS_IN_NAME for name in names):
        return False
    known = [column_role(name) for name in names]
    sure = sum(map(bool, known)) > 1 and 2 * sum(map(bool, known)) >= len(names)
    return sure or (len(names) > 1 and first and "title" in known)


def _role_by_look(text: str) -> str:
    if is_date(text):
        return "date"
    return "venue" if find_venue(text, marked=True) else ""
