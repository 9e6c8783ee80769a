"""Markdown with HTML in it → blocks of text and links, each with its line number.

Lists mix both: a ``<details>`` around pipe tables, ``<a href>`` inside bullets, ``<h1>`` for a
title. markdown-it reads the Markdown, one pattern the HTML, and both feed one builder, so that
nothing after this module needs to know which it was. Pure text in, plain records out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from html import unescape
from itertools import zip_longest
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, table
from markdown_it.token import Token

from ssm_search.awesome.blocks import (
    KNOWN_CHARS,
    KNOWN_MARKS,
    KNOWN_TEXTS,
    LINE_BREAK,
    Block,
    Builder,
)

# Deeper nesting than this exists only to exhaust a parser. Brackets in a line cost time in
# proportion to theirs.
MAX_NESTING = 100
MAX_BRACKET_NESTING = 20

# Lines that may be looked at in vain for the ends of quotes, a quarter of a second; after that, a
# quote is cut into pieces of as many lines as hardly any has.
_MOST_IN_VAIN, _PIECE_LINES = 200_000, 16
_BLANKS, _IN_VAIN = "lines up to a blank one", "lines in vain"

# Cells that the rows of a text may lack, after which no more tables are read, but each row by
# itself; nor are more rows of a table that is so wide. Below a header of 150 columns, a row of one
# character takes 2 ms.
_MOST_LACKING, _WIDE = 20_000, 50
_LACKING = "cells lacking"

# Possessive, and a "<" ends every attempt: hostile input is read in linear time. (The standard
# library's HTMLParser, in the oldest Python we support, takes minutes for 100 KB of "<a ".)
_HTML = re.compile(
    r"(?P<comment><!--(?:-?>|.*?(?:-->|\Z)))|<[?!][^<>]*+>"
    r"|<(?P<slash>/?)(?P<tag>[a-z][a-z0-9]*+)(?P<attrs>(?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)>",
    re.I | re.S,
)
_ATTRIBUTE = re.compile(
    r"(?<![\w:-])([a-z][\w:-]*+)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))", re.I
)
_NORMAL = re.compile(
    r"https?://(?:[a-z0-9-]{1,60}\.){1,3}[a-z0-9-]{1,60}(?:/[\w./?&=#:+,;@~-]*)?", re.A
)
# What parts a text into tokens.
_MARK = re.compile(r"[*_`\[<~&\\\n]")
_CELL_END = re.compile(r"(?<!\\)\|")


def parse_blocks(text: str) -> list[Block]:
    """Read ``text`` as GitHub would, and a little more kindly.

    Indented code is read as text (lists indent their entries at will), cells beyond a table's
    header are kept, pipe rows without a delimiter line are rows all the same, and an entry over a
    rule is no heading. Fenced code and comments are skipped.
    """
    block_parser, _ = _parsers()
    environment: dict[str, Any] = {}
    feed = _Feed()
    tokens = block_parser.parse(text, environment)
    for token in _with_all_cells(_with_entries_over_rules(tokens), text.split("\n")):
        if token.map:
            feed.builder.line = token.map[0] + 1
        if token.type == "inline":
            alone = _is_short(token.content) and not environment.get("references")
            inner = _known(token.content) if alone else _inline(token.content, environment)
            for child in inner:
                feed.token(child)
        else:
            feed.token(token)
    feed.builder.flush()
    return feed.builder.blocks


def _inline(text: str, environment: dict[str, Any]) -> list[Token]:
    """What is in a block, with the links that ``environment`` has for their names."""
    _, parser = _parsers()
    tokens: list[Token] = []
    parser.inline.parse(text, parser, environment, tokens)
    return tokens


@lru_cache(maxsize=KNOWN_TEXTS)
def _known(text: str) -> list[Token]:
    return _inline(text, {})


def _is_short(text: str) -> bool:
    return len(text) <= KNOWN_CHARS and len(_MARK.findall(text)) <= KNOWN_MARKS


@cache  # making both takes as long as reading ten entries, and a diff may have many hunks
def _parsers() -> tuple[MarkdownIt, MarkdownIt]:
    """Of blocks, and of what is in them; a text is read by each without leaving a trace in it."""
    return _markdown(MAX_NESTING).disable("inline"), _markdown(MAX_BRACKET_NESTING)


class _Markdown(MarkdownIt):
    def normalizeLink(self, url: str) -> str:  # noqa: N802
        """As it stands where nothing is to be escaped, which is found out in no time."""
        return url if _NORMAL.fullmatch(url) else super().normalizeLink(url)


def _markdown(nesting: int) -> MarkdownIt:
    parser = _Markdown("commonmark", {"maxNesting": nesting}).enable(["table", "strikethrough"])
    begins_behind: Any = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.at("blockquote", _quote, begins_behind)
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    return parser.disable(["code", "text_join"])  # text_join hides which pipes were escaped


def _quote(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Read a quote, as markdown-it does, which looks for its end as far as lines might go on.

    If the quote ends before, with a heading above a line that is not marked, all lines are looked
    at again for the next one: 24 kB of such quotes take it a minute.
    """
    in_vain, whole = state.env.get(_IN_VAIN, 0), state.lineMax
    if in_vain > _MOST_IN_VAIN:
        end = state.lineMax = min(end, first + _PIECE_LINES)
    found = blockquote(state, first, end, silent)
    state.lineMax = whole
    if found and not silent:
        blanks = state.env.get(_BLANKS) or _next_blanks(state)
        in_vain += max(0, min(end, blanks[first]) - state.line)
        state.env.update({_BLANKS: blanks, _IN_VAIN: in_vain})
    return found


def _table(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Read a table, as markdown-it does, which fills up the rows that lack cells."""
    lacking, before = state.env.get(_LACKING, 0), len(state.tokens)
    columns = state.src.count("|", state.bMarks[first], state.eMarks[first])
    if columns > _WIDE:
        end = min(end, first + 2 + _MOST_LACKING // columns)
    if lacking > _MOST_LACKING or not table(state, first, end, silent):
        return False
    if not silent:
        cells = sum(token.type in ("td_open", "th_open") for token in state.tokens[before:])
        there = state.src.count("|", state.bMarks[first], state.eMarks[state.line - 1])
        state.env[_LACKING] = lacking + max(0, cells - there)
    return True


def _next_blanks(state: StateBlock) -> list[int]:
    """The next blank line from each line on, or the end."""
    blanks = [state.lineMax] * (state.lineMax + 1)
    for line in reversed(range(state.lineMax)):
        blanks[line] = line if state.isEmpty(line) else blanks[line + 1]
    return blanks


def _with_entries_over_rules(tokens: list[Token]) -> Iterator[Token]:
    """``tokens``, but only one line without a link is a heading by the "---" below it."""
    for token, following in zip_longest(tokens, tokens[1:]):
        if token.type == "heading_open" and token.markup == "-":
            text = following.content if following else ""
            is_heading = "\n" not in text and "](" not in text and "://" not in text
            yield token if is_heading else Token("paragraph_open", "p", 1, map=token.map)
        else:
            yield token  # a closing tag of either kind ends the block


def _with_all_cells(tokens: Iterable[Token], lines: list[str]) -> Iterator[Token]:
    """``tokens`` with the cells that a row has beyond its table's header, which GitHub drops."""
    line, seen = 0, 0
    for token in tokens:
        if token.type == "tr_open" and token.map:
            line, seen = token.map[0], 0
        elif token.type == "td_close":
            seen += 1
        elif token.type == "tr_close" and seen:
            for cell in split_row(lines[line])[seen:]:
                yield Token("td_open", "td", 1)
                yield Token("inline", "", 0, map=[line, line + 1], content=cell)
                yield Token("td_close", "td", -1)
        yield token


def split_row(line: str) -> list[str]:
    """The texts of the cells of a table row, without the pipes around it."""
    cells = [cell.strip() for cell in _CELL_END.split(line.strip(" \t>"))]
    cells = cells[not cells[0] : len(cells) - (not cells[-1])]
    return [cell.replace("\\|", "|") for cell in cells]


class _Feed:
    """Passes tokens on to the builder: Markdown by its element, HTML tag by tag."""

    def __init__(self) -> None:
        self.builder = Builder()
        self._in_comment = False

    def token(self, token: Token) -> None:
        if self._in_comment:
            self._in_comment = "-->" not in token.content
        elif token.type == "html_block":
            self._html(token.content)
            if token.content.rstrip().endswith(">"):
                self.builder.flush_paragraph()
        elif token.type == "html_inline":
            self._html(token.content)
        elif token.type in ("fence", "hr"):
            self.builder.flush()
        elif token.type in ("softbreak", "hardbreak"):
            self.builder.line += 1
            self.builder.text(LINE_BREAK)
        elif token.type == "image":
            self.builder.start("img", {"src": str(token.attrGet("src") or "")})
        elif token.type == "text":
            self.builder.text(token.content)
        elif token.type == "code_inline":
            self.builder.start("code", {})
            self.builder.text(token.content)
            self.builder.end("code")
        elif token.type == "text_special":
            self.builder.text(token.content, escaped=True)
        elif token.nesting == 1:
            self.builder.start(token.tag, {name: str(value) for name, value in token.attrs.items()})
        elif token.nesting == -1:
            self.builder.end(token.tag)

    def _html(self, html: str) -> None:
        position = 0
        for match in _HTML.finditer(html):
            self._html_text(html[position : match.start()])
            position = match.end()
            if match["tag"]:
                self._html_tag(match["tag"].lower(), match["attrs"], closes=bool(match["slash"]))
            elif match["comment"] and not match["comment"].endswith("-->"):
                self._in_comment = True  # a blank line ended the HTML, not the comment
            self.builder.line += match.group().count("\n")
        self._html_text(html[position:])

    def _html_tag(self, tag: str, attributes: str, *, closes: bool) -> None:
        if closes:
            self.builder.end(tag)
        else:
            found = {
                name.lower(): unescape(a or b or c)
                for name, a, b, c in _ATTRIBUTE.findall(attributes)
            }
            self.builder.start(tag, found)

    def _html_text(self, text: str) -> None:
        if text.isspace():
            self.builder.text(LINE_BREAK if "\n" in text else " ")
            self.builder.line += text.count("\n")
        else:
            leading = text[: len(text) - len(text.lstrip())].count("\n")
            self.builder.line += leading
            self.builder.text(unescape(text))
            self.builder.line += text.count("\n") - leading
