"""Markdown with HTML in it → blocks of text and links, each with its line number.

Lists mix both: a ``<details>`` around pipe tables, ``<a href>`` inside bullets, ``<h1>`` for a
title. markdown-it reads the Markdown, the standard library's HTMLParser the HTML, and both feed
one builder, so that nothing after this module needs to know which it was. Pure text in, plain
records out: no network, no files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_NESTING = 100  # deeper lists than this exist only to exhaust a parser

_BARE_URL = re.compile(r"https?://[^\s<>\"'`|()\[\]{}（）【】，。]+", re.I)
_HEADING = re.compile(r"h([1-6])")
_SKIPPED = frozenset({"pre", "script", "style", "template", "svg", "math", "head"})
_BREAKS = frozenset({"p", "div", "br", "blockquote", "dd", "dt", "dl", "summary", "details", "hr"})
_VOID = frozenset({"img", "br", "hr"})


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text with one look; ``text`` is a newline for a break, "" for a bare image.

    ``escaped`` text was written with a backslash or as an entity: it is never markup.
    """

    text: str
    href: str = ""
    bold: bool = False
    image: str = ""
    line: int = 0
    escaped: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a table row, a list item or a paragraph.

    Attributes:
        line: 1-based line of the source it starts on.
        cells: the cells of a row; one cell otherwise.
        level: of a heading 1 to 6; of a list item its depth, 1 for the outermost.
        header: of a table row, the texts of its table's header ("" cells if there is none).
    """

    kind: Literal["heading", "row", "item", "paragraph"]
    line: int
    cells: tuple[tuple[Run, ...], ...]
    level: int = 0
    header: tuple[str, ...] = ()


def plain(runs: tuple[Run, ...]) -> str:
    """The text of ``runs`` on one line, white space collapsed."""
    return " ".join("".join(run.text for run in runs).split())


def parse_blocks(text: str) -> list[Block]:
    """Read ``text`` as GitHub would, and a little more kindly.

    Indented code is read as text (lists indent their entries at will), pipe rows without a
    delimiter line are rows all the same, and fenced code is skipped.
    """
    builder = _Builder()
    html = _HtmlFeed(builder)
    markdown = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(
        ["table", "strikethrough"]
    )
    # text_join would hide which pipes were escaped; lheading makes headings of lines over "---".
    markdown.disable(["code", "lheading", "text_join"])
    for token in markdown.parse(text):
        if token.map:
            builder.line = token.map[0] + 1
        if token.type == "inline":
            for child in token.children or ():
                _feed(child, builder, html)
        else:
            _feed(token, builder, html)
    html.close()
    builder.flush()
    return builder.blocks


def _feed(token: Token, builder: _Builder, html: _HtmlFeed) -> None:
    if token.type in ("html_block", "html_inline"):
        html.feed_at(token.content, builder.line, moves=token.type == "html_block")
    elif token.type in ("fence", "code_block"):
        builder.flush()
    elif token.type in ("softbreak", "hardbreak"):
        builder.line += 1
        builder.text("\n")
    elif token.type == "image":
        builder.start("img", {"src": str(token.attrGet("src") or "")})
    elif token.type in ("text", "code_inline"):
        builder.text(token.content)
    elif token.type == "text_special":
        builder.text(token.content, escaped=True)
    elif token.nesting == 1:
        builder.start(token.tag, {name: str(value) for name, value in token.attrs.items()})
    elif token.nesting == -1:
        builder.end(token.tag)
    elif token.type == "hr":
        builder.flush()


class _HtmlFeed(HTMLParser):
    """Passes HTML on to the builder, with line numbers of the whole document."""

    def __init__(self, builder: _Builder):
        super().__init__(convert_charrefs=True)
        self.builder = builder
        self.base = 0

    def feed_at(self, html: str, line: int, *, moves: bool) -> None:
        self.base = line - self.getpos()[0] if moves else 0
        self.feed(html)
        if moves and html.rstrip().endswith(">"):
            self.builder.flush_paragraph()

    def _locate(self) -> None:
        if self.base:
            self.builder.line = self.base + self.getpos()[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._locate()
        self.builder.start(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        self._locate()
        if tag not in _VOID:
            self.builder.end(tag)

    def handle_data(self, data: str) -> None:
        self._locate()
        self.builder.text(re.sub(r"\s*\n\s*", "\n", data) if self.base else data)


class _Builder:
    """Collects runs into the block that is open, and closes it where a new one begins."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.line = 1
        self.kind: Literal["heading", "row", "item", "paragraph"] = "paragraph"
        self.level = 0
        self.depth = 0
        self.runs: list[Run] = []
        self.start_line = 1
        self.href = ""
        self.bold = 0
        self.skip = 0
        self.cells: list[tuple[Run, ...]] | None = None
        self.header: tuple[str, ...] = ()
        self.in_header = False

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        if tag in _SKIPPED:
            self.skip += 1
        elif heading := _HEADING.fullmatch(tag):
            self.flush()
            self.skip = 0  # an unclosed <pre> ends here at the latest
            self.kind, self.level = "heading", int(heading[1])
        elif tag == "table":
            self.flush()
            self.header = ()
        elif tag == "tr":
            self.flush()
            self.cells, self.start_line, self.in_header = [], self.line, False
        elif tag in ("td", "th"):
            self.in_header |= tag == "th"
            self.runs = []
        elif tag in ("ul", "ol"):
            self.flush()
        elif tag == "li":
            self.flush()
            self.depth += 1
            self.kind = "item"
        elif tag == "a":
            self.href = attrs.get("href", "").strip()
        elif tag in ("strong", "b"):
            self.bold += 1
        elif tag == "img":
            self._add(Run("", self.href, image=attrs.get("src", ""), line=self.line))
        elif tag in _BREAKS:
            self._break(tag)

    def end(self, tag: str) -> None:
        if tag in _SKIPPED:
            self.skip = max(0, self.skip - 1)
        elif _HEADING.fullmatch(tag) or tag in ("ul", "ol"):
            self.flush()
        elif tag in ("td", "th"):
            if self.cells is not None:
                self.cells.append(tuple(self.runs))
                self.runs = []
        elif tag in ("tr", "table"):
            self._end_row()
        elif tag == "li":
            self.flush()
            self.depth = max(0, self.depth - 1)
            self.kind = "paragraph"
        elif tag == "a":
            if self.href and not any(run.href == self.href for run in self.runs):
                self._add(Run("", self.href, line=self.line))
            self.href = ""
        elif tag in ("strong", "b"):
            self.bold = max(0, self.bold - 1)
        elif tag in _BREAKS:
            self._break(tag)

    def text(self, text: str, *, escaped: bool = False) -> None:
        """Add text; outside links, bare web addresses in it become links of their own."""
        if self.skip or not text:
            return
        if text == "\n" and self.href:
            text = " "  # a link text that wraps is still one text
        if text == "\n" or self.href or escaped:
            self._add(Run(text, self.href, self.bold > 0, line=self.line, escaped=escaped))
            return
        position = 0
        for match in _BARE_URL.finditer(text):
            url = match.group().rstrip(".,;:!?*")
            self._text_run(text[position : match.start()])
            self._add(Run(url, url, self.bold > 0, line=self.line))
            position = match.start() + len(url)
        self._text_run(text[position:])

    def _text_run(self, text: str) -> None:
        if text:
            self._add(Run(text, "", self.bold > 0, line=self.line))

    def _add(self, run: Run) -> None:
        if not self.runs and self.cells is None:
            if run.text.isspace():
                return
            self.start_line = run.line
        self.runs.append(run)

    def _break(self, tag: str) -> None:
        """A paragraph must not tear a cell, an item or a heading apart: it is a new line there."""
        if tag == "br" or self.cells is not None or self.depth or self.kind == "heading":
            if self.runs:
                self._add(Run("\n", line=self.line))
        else:
            self.flush()

    def flush_paragraph(self) -> None:
        if self.cells is None and self.depth == 0:
            self.flush()

    def _end_row(self) -> None:
        if self.cells:
            cells, self.cells = tuple(self.cells), None
            texts = tuple(plain(cell) for cell in cells)
            links = any(run.href.startswith("http") for cell in cells for run in cell)
            # A first row with links in it is a paper that somebody put where a header belongs.
            if self.in_header and not links:
                self.header = texts
            elif any(texts) or links:
                self.blocks.append(Block("row", self.start_line, cells, header=self.header))
        self.cells, self.runs = None, []

    def flush(self) -> None:
        """Close the open block, if anything is in it."""
        if self.cells is not None:
            self._end_row()
        runs, self.runs = self.runs, []
        self.href, self.bold = "", 0  # unclosed tags end with their block
        while runs and runs[-1].text.isspace():
            runs.pop()
        if runs:
            level = {"item": self.depth, "heading": self.level}.get(self.kind, 0)
            block = Block(self.kind, self.start_line, (tuple(runs),), level)
            self.blocks.extend(_pipe_rows(block, self.header) or [block])
        self.kind = "item" if self.depth else "paragraph"


def _pipe_rows(block: Block, header: tuple[str, ...]) -> list[Block]:
    """The rows of a paragraph that is really a pipe table without its delimiter line."""
    runs = block.cells[0]
    if block.kind != "paragraph" or not runs[0].text.lstrip().startswith("|"):
        return []
    rows: list[Block] = []
    cells: list[list[Run]] = [[]]
    line = block.line
    for run in (*runs, Run("\n")):
        if run.text == "\n":
            inner = [tuple(cell) for cell in cells]
            inner = inner[not plain(inner[0]) : len(inner) - (not plain(inner[-1]))]
            if len(inner) > 1:
                fits = header if len(header) == len(inner) else ()
                rows.append(Block("row", line, tuple(inner), header=fits))
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
