"""What stands above entries without being marked as a heading, or as a title.

A title by itself above lines of labelled links makes one entry with them, also where its authors
and its venue stand between them, each by itself. A line in bold above entries is a heading, and so
is a short list item above deeper ones (:mod:`nesting`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

from ssm_search.awesome.blocks import BOLD_LEVEL, PARAGRAPH_BREAK, SUMMARY_LEVEL, Block, Run, plain
from ssm_search.awesome.labels import PAPER_LABELS, is_label, label_words
from ssm_search.awesome.links import is_web, leads_out, paper_ids, says_paper
from ssm_search.persons import is_person, persons
from ssm_search.venues import find_venue, is_date, is_venue

_MOST_IDS = 2  # the code's link may be another paper's
_MOST_WORDS_IN_TITLE = 40
_MOST_WORDS_IN_HEADING = 10
_MOST_LABELLED = 30
"""Lines of links of one paper. Each of them may be a title too, which may have all behind it: 1,024
lines of "arXiv:", 200 kB, took 23 s to read."""
_MOST_FACTS = 3  # paragraphs between a title and its links: authors, venue, date
_CLICK = frozenset(
    """click to expand show more details detail view see here toggle full list unfold collapse fold
    hide me for the all open and contents content table of tldr abstract bibtex 展开 点击
    查看""".split()
)
_LONGEST_LABEL = 200  # characters, with what stands in brackets
_LABEL = re.compile(
    r"([^:：\n()（）]{1,40}?)\s*(?:[(（][^()（）\n]{0,40}[)）]\s*)?[:：](?!\d{4}\.)"
)
_SENTENCE = re.compile(r"[.!?。！？,，]\s*$")


def with_groups(blocks: Sequence[Block]) -> Iterator[Block]:
    """``blocks`` with bare titles joined to the labelled links below, and bold lines as headings.

    A summary that only says where to click is none.
    """
    at = 0
    labelled = cache(lambda at: _is_labelled(blocks[at]))
    while at < len(blocks):
        block = _as_seen(blocks[at])
        if _is_bare(block):
            links = _behind_facts(blocks, at + 1)
            end = links
            while end < len(blocks) and end - links <= _MOST_LABELLED and labelled(end):
                end += 1
            below = blocks[at + 1 : end] if 0 < end - links <= _MOST_LABELLED else ()
            if _is_title(block, below, blocks[end:]):
                yield _joined(block, below)
                at = end
                continue
            if _is_bold_heading(block, blocks[at + 1 : at + 2]):
                block = replace(block, kind="heading", level=BOLD_LEVEL)
        yield block
        at += 1


def _behind_facts(blocks: Sequence[Block], at: int) -> int:
    """Where the paragraphs end, from ``at`` on, that say no more than by whom, where and when."""
    for place in range(at, min(at + _MOST_FACTS, len(blocks))):
        text = plain(blocks[place].cells[0])
        says = persons(text) or is_person(text.strip()) or is_date(text) or is_venue(text)
        if not (says and blocks[place].kind == "paragraph" and _is_bare(blocks[place])):
            return place
    return min(at + _MOST_FACTS, len(blocks))


def _as_seen(block: Block) -> Block:
    """A summary that only says where to click, or much more than a heading, as a paragraph."""
    if block.kind != "heading" or not SUMMARY_LEVEL <= block.level < BOLD_LEVEL:
        return block
    if not block.cells[0]:
        return block
    words = re.findall(r"[^\W\d_]+", plain(block.cells[0]).casefold())
    is_heading = not _CLICK.issuperset(words) and len(words) <= _MOST_WORDS_IN_HEADING
    return block if is_heading else replace(block, kind="paragraph", level=0)


def _is_bare(block: Block) -> bool:
    """A paragraph or a heading without any link."""
    if block.kind not in ("paragraph", "heading"):
        return False
    text = plain(block.cells[0])
    words = len(text.split())
    linked = any(run.href or run.image for run in block.cells[0]) or paper_ids(block.cells[0])
    return 0 < words <= _MOST_WORDS_IN_TITLE and not linked and not _is_label(text)


def _is_labelled(block: Block) -> bool:
    """Whether a line says no more than where links lead: "Code: …", "[Paper](…) [Video](…)".

    Lines that begin with another label ("Group: …") go with these, but bring no paper.
    """
    if block.kind not in ("item", "paragraph"):
        return False
    runs = block.cells[0]
    links = [run for run in runs if leads_out(run) and not run.image]
    outside = "".join(run.text for run in runs if not leads_out(run))
    beside = is_label(outside) or is_date(outside) or bool(find_venue(outside, marked=True))
    if links and beside and all(_is_label(run.text) for run in links):
        return True
    outside = outside.strip()
    label = _LABEL.match(outside[:_LONGEST_LABEL])
    if label is None or not label_words(label[1]):
        return False
    if is_label(label[1]):
        return True
    says_something = any(map(str.isalnum, outside[label.end() :])) or bool(links)
    return says_something and block.kind == "item" and not runs[0].bold and not paper_ids(runs)


def _is_label(text: str) -> bool:
    """Whether a text says what a link is; a letter or a number may be the name of anything."""
    return is_label(text) and ("://" in text or bool(label_words(text)))


def _is_title(block: Block, below: Sequence[Block], after: Sequence[Block]) -> bool:
    """Whether a line is the title of the paper that the labelled links below it lead to."""
    runs = [run for labelled in below for run in labelled.cells[0]]
    ids = set(paper_ids(runs))
    links = any(map(is_web, runs))
    if len(ids) > _MOST_IDS or not (ids or (links and any(map(_says_paper, below)))):
        return False  # a group of several papers, or of other things
    if block.kind == "heading":
        # Whatever else stands below a heading makes it one of several papers.
        section = iter(after)
        rest = []
        for other in section:
            if other.kind == "heading":
                break
            rest.append(other)
        others = (found for other in rest for cell in other.cells for found in paper_ids(cell))
        return (
            all(other.kind == "paragraph" for other in rest)
            and len(ids) < 2
            and ids.issuperset(others)
        )
    text = plain(block.cells[0])
    return all(run.bold or run.is_break for run in block.cells[0]) or not _SENTENCE.search(text)


def _says_paper(block: Block) -> bool:
    runs = block.cells[0]
    text = "".join(run.text for run in runs if not run.href).strip()
    label = _LABEL.match(text[:_LONGEST_LABEL])
    says = label is not None and bool(PAPER_LABELS & label_words(label[1]))  # "Paper: None"
    return says or any(map(says_paper, runs))


def _joined(title: Block, below: Sequence[Block]) -> Block:
    runs = list(title.cells[0])
    for block in below:
        runs += [Run(PARAGRAPH_BREAK, line=block.line), *block.cells[0]]
    return Block("item", title.line, (tuple(runs),), 1)


def _is_bold_heading(block: Block, following: Sequence[Block]) -> bool:
    runs = block.cells[0]
    text = plain(runs)
    if block.kind != "paragraph" or not following or following[0].kind not in ("item", "row"):
        return False
    short = len(text.split()) <= _MOST_WORDS_IN_HEADING and not _SENTENCE.search(text)
    return short and all(run.bold for run in runs if run.text.strip(" :：\n"))


def names_group(runs: Sequence[Run]) -> bool:
    """Whether some text without a link is short enough to be the heading of what follows."""
    text = plain(tuple(runs))
    linked = any(run.href or run.image for run in runs)
    return not linked and len(text.split()) <= _MOST_WORDS_IN_HEADING and not _SENTENCE.search(text)


def closing(level: int, line: int) -> Block:
    """The end of a section that ends before the next heading."""
    return Block("heading", line, ((),), level)
