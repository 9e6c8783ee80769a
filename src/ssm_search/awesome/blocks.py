"""Blocks of text and links: what a list looks like once neither Markdown nor HTML matters.

The builder is told where tags begin and end and what text stands between them; it closes a block
wherever the next one begins, however badly the tags were nested.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["heading", "row", "item", "paragraph"]

# A list is read again for each entry that it gets, with most of its blocks as they were. What was
# found in the last ones is kept: read again, 11 real lists take 1.4 s of the processor instead of
# 6.8 (2.0 with an eighth of the texts: a long list has more, and forgets each before it comes
# again). 4 blocks in 1,000 are longer, 2 texts in 6,000 have more marks. 4,096 texts of as many
# links as that leave 87 MB; of emphasis alone, without a bound on marks, they left 360.
KNOWN_BLOCKS, KNOWN_TEXTS, KNOWN_CHARS, KNOWN_MARKS = 1 << 12, 1 << 12, 500, 16

LINE_BREAK = "\n"
PARAGRAPH_BREAK = "\n\n"

# Headings by their look stand below those that are marked as such, h1 to h6.
SUMMARY_LEVEL = 7  # of details within details, one more each
BOLD_LEVEL = 20
ITEM_LEVEL = 20  # and the depth of the item
_DEEPEST_DETAILS = 10

_MOST_COLUMNS = 50  # of cells that reach into the rows below
_MOST_COLUMNS_SPANNED, _MOST_ROWS_SPANNED = 20, 1_000
_DEEPEST_LIST = 50  # whatever is deeper stands on this level

_BARE_URL = re.compile(r"https?://[^\s<>\"'`|()\[\]{}（）【】，。]+", re.I)
_HEADING = re.compile(r"h([1-6])")
_BLANKS = re.compile(r"[^\S\n]{3,}")  # two may part a title from prose; thousands take minutes
_DELIMITER = frozenset("-: ")
_SKIPPED = frozenset({"pre", "script", "style", "template", "svg", "math", "head"})
_CODE = frozenset({"code", "kbd", "tt"})
_BREAKS = frozenset({"p", "div", "br", "blockquote", "dd", "dt", "dl", "details", "hr"})


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text with one look: a break between lines or paragraphs, "" for a bare image.

    ``escaped`` text was written with a backslash or as an entity: it is never markup.
    """

    text: str
    href: str = ""
    bold: bool = False
    italic: bool = False
    image: str = ""
    line: int = 0
    escaped: bool = False
    code: bool = False

    @property
    def is_break(self) -> bool:
        """True between two lines or paragraphs of one block."""
        return self.text in (LINE_BREAK, PARAGRAPH_BREAK)


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a table row, a list item or a paragraph.

    Attributes:
        line: 1-based line of the source it starts on.
        cells: the cells of a row; one cell otherwise.
        level: of a heading 1 to 6; of a list item its depth, 1 for the outermost.
        header: of a table row, the texts of its table's header; empty if there is none.
    """

    kind: Kind
    line: int
    cells: tuple[tuple[Run, ...], ...]
    level: int = 0
    header: tuple[str, ...] = ()


def plain(runs: tuple[Run, ...]) -> str:
    """The text of ``runs`` on one line, white space collapsed."""
    return " ".join("".join(run.text for run in runs).split())


def moved(block: Block, lines: int) -> Block:
    """``block`` as it is where it stands so many lines further down."""
    cells = tuple(
        tuple(replace(run, line=run.line + lines) if run.line else run for run in cell)
        for cell in block.cells
    )
    return replace(block, line=block.line + lines, cells=cells)


class Builder:
    """Collects runs into the block that is open, and closes it where a new one begins.

    Attributes:
        blocks: the blocks that are closed.
        line: the source line of what comes next; whoever feeds the builder keeps it right.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.line = 1
        self._kind: Kind = "paragraph"
        self._start_line = 1
        self._level = 0  # of a heading
        self._depth = 0  # of a list
        self._runs: list[Run] = []
        self._cells: list[tuple[Run, ...]] | None = None  # of a row; None outside tables
        self._header: tuple[str, ...] = ()
        self._in_header = False
        self._in_cell = False
        self._span = (1, 1)  # rows and columns of the cell
        self._spans: list[tuple[int, int]] = []
        self._carried: dict[int, tuple[int, tuple[Run, ...]]] = {}  # column → rows left, cell
        self._details: list[int] = []  # the levels of the summaries of what is open, 0 for none
        self._href = ""
        self._link_is_empty = False
        self._bold = self._italic = self._code = 0
        self._skip = 0

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        """An element begins, or stands by itself."""
        if tag in _SKIPPED:
            self._skip += 1
        elif heading := _HEADING.fullmatch(tag):
            self.flush()
            self._skip = self._depth = 0  # unclosed <pre> and <ul> end here at the latest
            self._kind, self._level = "heading", int(heading[1])
        elif tag == "table":
            self.flush()
            self._header, self._carried = (), {}
        elif tag == "tr":
            self.flush()
            self._cells, self._start_line, self._in_header = [], self.line, False
            self._spans = []
        elif tag in ("td", "th"):
            self._end_cell()
            self._in_header |= tag == "th"
            self._in_cell = True
            rows = min(_number(attrs.get("rowspan", "")), _MOST_ROWS_SPANNED)
            self._span = (rows, min(_number(attrs.get("colspan", "")), _MOST_COLUMNS_SPANNED))
        elif tag == "details":
            self._break(tag)
            self._details.append(0)
        elif tag == "summary":
            self._start_summary()
        elif tag in ("ul", "ol"):
            self.flush()
            self._depth += 1
        elif tag == "li":
            self.flush()
            self._kind = "item"
        elif tag == "a":
            self._href = attrs.get("href", "").strip()
            self._link_is_empty = bool(self._href)
        elif tag in ("strong", "b"):
            self._bold += 1
        elif tag in ("em", "i"):
            self._italic += 1
        elif tag in _CODE:
            self._code += 1
        elif tag == "img":
            self._add(Run("", self._href, image=attrs.get("src", ""), line=self.line))
        elif tag in _BREAKS:
            self._break(tag)

    def end(self, tag: str) -> None:
        """An element ends; one that never began does no harm."""
        if tag in _SKIPPED:
            self._skip = max(0, self._skip - 1)
        elif _HEADING.fullmatch(tag) or tag == "li":
            self.flush()
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self._end_row()
        elif tag == "summary":
            self._break(tag)
        elif tag == "details":
            self._break(tag)
            self._end_details()
        elif tag in ("ul", "ol"):
            self.flush()
            self._depth = max(0, self._depth - 1)
        elif tag == "a":
            if self._link_is_empty:
                self._add(Run("", self._href, line=self.line))
            self._href, self._link_is_empty = "", False
        elif tag in ("strong", "b"):
            self._bold = max(0, self._bold - 1)
        elif tag in ("em", "i"):
            self._italic = max(0, self._italic - 1)
        elif tag in _CODE:
            self._code = max(0, self._code - 1)
        elif tag in _BREAKS:
            self._break(tag)

    def text(self, text: str, *, escaped: bool = False) -> None:
        """Add text; outside links, bare web addresses in it become links of their own."""
        if self._skip or not text:
            return
        if text == LINE_BREAK and self._href:
            text = " "  # a link text that wraps is still one text
        if text == LINE_BREAK or self._href or escaped:
            self._add_text(text, self._href, escaped=escaped)
            return
        position = 0
        for match in _BARE_URL.finditer(text):
            url = match.group().rstrip(".,;:!?*")
            self._add_text(text[position : match.start()])
            self._add_text(url, url)
            position = match.start() + len(url)
        self._add_text(text[position:])

    def flush(self) -> None:
        """Close the open block, if anything is in it."""
        if self._cells is not None:
            self._end_row()
        runs, self._runs = self._runs, []
        self._close_spans()
        while runs and runs[-1].text.isspace():
            runs.pop()
        if runs:
            level = {"item": min(max(1, self._depth), _DEEPEST_LIST), "heading": self._level}.get(
                self._kind, 0
            )
            block = Block(self._kind, self._start_line, (tuple(runs),), level)
            self.blocks.extend(_pipe_rows(block) or [block])
        self._kind = "item" if self._depth else "paragraph"

    def flush_paragraph(self) -> None:
        """Close the open block unless a row or a list item goes on around it."""
        if self._cells is None and self._depth == 0:
            self.flush()

    def _close_spans(self) -> None:
        """A link or bold text that nobody closed ends with its cell or block."""
        self._href, self._link_is_empty = "", False
        self._bold = self._italic = self._code = 0

    def _add_text(self, text: str, href: str = "", *, escaped: bool = False) -> None:
        text = _BLANKS.sub("  ", text)
        follows_blanks = bool(self._runs) and self._runs[-1].text.isspace()
        if text and not (follows_blanks and text.isspace() and text != LINE_BREAK):
            bold, italic, code = self._bold > 0, self._italic > 0, self._code > 0
            self._add(Run(text, href, bold, italic, "", self.line, escaped, code))

    def _add(self, run: Run) -> None:
        if not self._runs and self._cells is None:
            if run.text.isspace():
                return
            self._start_line = run.line
        self._link_is_empty = False
        self._runs.append(run)

    def _break(self, tag: str) -> None:
        """A paragraph must not tear a cell, an item or a heading apart: it breaks the line."""
        if tag == "br" or self._cells is not None or self._depth or self._kind == "heading":
            between = LINE_BREAK if tag == "br" else PARAGRAPH_BREAK
            if self._runs and self._runs[-1].is_break:
                between = max(between, self._runs.pop().text)
            if self._runs:
                self._add(Run(between, line=self.line))
        else:
            self.flush()

    def _start_summary(self) -> None:
        """A summary is a heading, unless it stands in a cell or a list item."""
        self._break("summary")
        if self._cells is None and not self._depth and self._details:
            level = SUMMARY_LEVEL + min(len(self._details) - 1, _DEEPEST_DETAILS)
            self._kind, self._level, self._details[-1] = "heading", level, level

    def _end_details(self) -> None:
        if self._details and (level := self._details.pop()):
            self.flush_paragraph()
            self.blocks.append(Block("heading", self.line, ((),), level))

    def _end_cell(self) -> None:
        if self._cells is not None and self._in_cell:
            self._cells.append(tuple(self._runs))
            self._spans.append(self._span)
        self._in_cell, self._runs = False, []
        self._close_spans()

    def _end_row(self) -> None:
        self._end_cell()
        if self._cells:
            cells = self._spanned(self._cells)
            texts = tuple(plain(cell) for cell in cells)
            # A first row with links in it is a paper that somebody put where a header belongs.
            if self._in_header and not _has_link(cells):
                self._header = texts
            elif any(texts) or _has_link(cells):
                self.blocks.append(Block("row", self._start_line, cells, header=self._header))
        self._cells = None

    def _spanned(self, given: list[tuple[Run, ...]]) -> tuple[tuple[Run, ...], ...]:
        """The cells of a row in their columns, with those that reach down from rows above."""
        cells: list[tuple[Run, ...]] = []
        waiting = list(zip(given, self._spans, strict=True))[::-1]
        while waiting or len(cells) in self._carried:
            column = len(cells)
            if column in self._carried:
                left, runs = self._carried.pop(column)
                if left > 1:
                    self._carried[column] = (left - 1, runs)
                cells.append(runs)
                continue
            runs, (rows, columns) = waiting.pop()
            for more in range(columns):
                # A name in the header is that of each column; a cell stands in its first.
                part = runs if not more or self._in_header else ()
                if rows > 1 and len(cells) < _MOST_COLUMNS:
                    self._carried[len(cells)] = (rows - 1, part)
                cells.append(part)
        return tuple(cells)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 5 else 1


def _has_link(cells: tuple[tuple[Run, ...], ...]) -> bool:
    return any(run.href.startswith("http") for cell in cells for run in cell)


def _is_blank(cell: tuple[Run, ...]) -> bool:
    return all(run.text.isspace() for run in cell)


def _pipe_rows(block: Block) -> list[Block]:
    """The rows of a paragraph that is really a pipe table without its delimiter line."""
    runs = block.cells[0]
    if block.kind != "paragraph" or not runs[0].text.lstrip().startswith("|"):
        return []
    rows: list[Block] = []
    cells: list[list[Run]] = [[]]
    line = block.line
    for run in (*runs, Run(LINE_BREAK)):
        if run.is_break:
            inner = [tuple(cell) for cell in cells]
            inner = inner[_is_blank(inner[0]) : len(inner) - _is_blank(inner[-1])]
            if len(inner) > 1 and not all(set(plain(cell)) <= _DELIMITER for cell in inner):
                rows.append(Block("row", line, tuple(inner)))
            cells, line = [[]], run.line
        elif run.href or run.escaped:
            cells[-1].append(run)
        else:
            for number, piece in enumerate(run.text.split("|")):
                if number:
                    cells.append([])
                if piece:
                    cells[-1].append(replace(run, text=piece))
    return rows
