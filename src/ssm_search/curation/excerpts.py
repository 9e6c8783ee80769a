"""A piece of a list, or any text → the entries and the arXiv ids in it. Pure text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ssm_search.arxiv_ids import arxiv_id, arxiv_ids_in_text
from ssm_search.awesome import Entry, read_list
from ssm_search.papers import Paper, title_key

_ABOVE = ("## List", "")  # for what stands under no heading to be read as entries
_MADE_UP = "List"
_WORD = re.compile(r"[^\s`()<>\[\]{}\"'|,;]+")


def entries_in(lines: Iterable[str]) -> list[Entry]:
    """The entries of lines out of a list, whose lines are counted from 0.

    The headings over them are those that are among the lines.
    """
    return [
        replace(
            entry,
            line=entry.line - len(_ABOVE) - 1,
            end=entry.end - len(_ABOVE) - 1,
            paper=replace(
                entry.paper,
                categories=tuple(
                    path[path[0] == _MADE_UP :]
                    for path in entry.paper.categories
                    if path != (_MADE_UP,)
                ),
            ),
        )
        for entry in read_list("\n".join([*_ABOVE, *lines])).entries
    ]


def ids_in(text: str) -> list[str]:
    """Distinct arXiv ids in ``text``, wherever they stand."""
    ids = [arxiv_id(word) for word in words_in(text)]
    return list(dict.fromkeys([*filter(None, ids), *arxiv_ids_in_text(text)]))


def words_in(text: str) -> Iterator[str]:
    """What stands between spaces, brackets and quotes, addresses whole."""
    return (word.rstrip(".:!?") for word in _WORD.findall(text))


def names_of(paper: Paper) -> set[str]:
    """What an entry is known again by when its title, its link or its place was changed."""
    return {paper.id, paper.url, title_key(paper.title)} - {""}
