"""One block of a list → the stretches that are entries of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.blocks import Run, plain
from ssm_search.awesome.headline import first_title
from ssm_search.awesome.labels import is_label
from ssm_search.awesome.links import leads_out, says_paper
from ssm_search.titles import tag_end

_TITLE_LABEL = re.compile(
    r"(?i)\s*(?:(?:paper\s+)?title|标题|標題|题目|題目|題名|論文名|论文题目|タイトル|제목|título|titulo|titre"
    r"|titel|titolo|название)\s*[:：]\s*"
)
_MOST_RUNS_IN_LABEL = 3  # "**Title**" and ":"


def without_title_label(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """``runs`` without a label that says of the first of them that it is the title."""
    label = ""
    for at, run in enumerate(runs[:_MOST_RUNS_IN_LABEL]):
        if run.href or run.image or run.is_break:
            break
        label += run.text
        if match := _TITLE_LABEL.match(label):
            rest = run.text[len(run.text) - len(label) + match.end() :]
            return (*((replace(run, text=rest),) if rest else ()), *runs[at + 1 :])
    return runs


def split_entries(runs: tuple[Run, ...]) -> Iterator[tuple[Run, ...]]:
    """Cut a block where a line begins another entry: its own title, and its own paper link.

    Lines without any link before the first entry are a label for a group, and stay with it only
    if nothing tells them apart.
    """
    lines: list[list[Run]] = [[]]
    for run in runs:
        lines[-1].append(run)
        if run.is_break:
            lines.append([])
    begins = [_begins_entry(tuple(line)) for line in lines]
    several = sum(begins) > 1
    entry: list[Run] = []
    has_link = has_paper = False
    for line, begin in zip(lines, begins, strict=True):
        is_group_label = not has_link and (several or tag_end(plain(tuple(line))) > 0)
        if begin and (has_paper or is_group_label):
            if has_paper:
                yield tuple(entry)
            entry, has_link, has_paper = [], False, False
        entry += line
        has_link |= any(run.href for run in line)
        has_paper |= _has_paper(line) or _is_linked_title(line)
    if entry:
        yield tuple(entry)


def _has_paper(line: Iterable[Run]) -> bool:
    return any(says_paper(run) or arxiv_id(run.href) for run in line)


def _begins_entry(line: tuple[Run, ...]) -> bool:
    if not _has_paper(line):
        return _is_linked_title(list(line))
    found = first_title(line)
    has_words = len(found.title.split()) > 1 or not found.title.isascii()
    if found.strength == 2 and _has_paper(line[: found.end]):
        return False  # a remark behind the links of the entry above
    return has_words and not found.prose


def _is_linked_title(line: list[Run]) -> bool:
    """Whether a line is one link, and nothing else, whose text may be a title."""
    links = [run for run in line if leads_out(run)]
    text = "".join(run.text for run in links)
    alone = (
        bool(links)
        and "".join(run.text for run in line).strip() == text.strip()
        and not is_label(text)
    )
    return alone and len({run.href for run in links}) == 1 and len(text.split()) > 2
