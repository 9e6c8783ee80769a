"""Lines of a saved index → papers, whoever wrote them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ssm_search.marks import without_piles
from ssm_search.papers import LINK_NAME_CHARS, MOST_LINKS, Paper, from_json

_TEXTS = ("id", "title", "kind", "url", "pdf_url", "code_url", "venue", "abstract", "name")
_LISTS = ("authors", "arxiv_categories")
_LATEST = 9999  # year: what comes later is no year


def paper_of(line: str | bytes) -> Paper:
    """The paper that a line of an index holds, once each field is what it should be.

    Raises:
        ValueError, KeyError, TypeError, RecursionError: it is no paper, or holds half a character.
    """
    record = json.loads(line)
    if not isinstance(record, dict):
        raise TypeError(f"a line of papers is {type(record).__name__}, expected an object")
    for name in _TEXTS:
        if not isinstance(record.get(name, ""), str):
            raise TypeError(f"{name} of a paper is {type(record[name]).__name__}, expected a text")
        if name in record and not record[name].isascii():
            record[name].encode()  # JSON can write half a character, which nothing else can
            record[name] = without_piles(record[name])
    paths = record.get("categories", [])
    if not isinstance(paths, list):
        raise TypeError(f"categories of a paper are {type(paths).__name__}, expected a list")
    for value in (*(record.get(name, []) for name in _LISTS), *paths):
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise TypeError("authors, subjects or a heading of a paper are no list of texts")
    _check_links(record.get("links", []))
    year = record.get("year")
    if year is not None and (type(year) is not int or not 0 <= year <= _LATEST):
        raise ValueError("the year of a paper is no year")
    paper = from_json(record)
    if not paper.id or paper.kind not in ("paper", "link"):
        raise ValueError(f"a paper of the kind {paper.kind[:20]!r} with the id {paper.id[:20]!r}")
    return paper


def _check_links(links: object) -> None:
    """Whether the other links of a paper are a few, each with a name and an address.

    Raises:
        ValueError, TypeError: they are not.
    """
    if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
        raise TypeError("links of a paper are no list of objects")
    if len(links) > MOST_LINKS:
        raise ValueError(f"a paper with {len(links):,} links, expected {MOST_LINKS} or less")
    for link in links:
        name, url = link.get("name"), link.get("url")
        if not isinstance(name, str) or not isinstance(url, str) or len(link) > 2:
            raise TypeError("a link of a paper is no name with an address")
        if not 0 < len(name) <= LINK_NAME_CHARS:
            raise ValueError(
                f"a link called {name[:30]!r}, expected up to {LINK_NAME_CHARS} letters"
            )
        (name + url).encode()


def papers_of(lines: Sequence[str]) -> list[Paper]:
    """The papers of a list, each a line; no two have the same id.

    Raises:
        ValueError, KeyError, TypeError, RecursionError: there is something else.
    """
    papers = [paper_of(line) for line in lines if line]
    if len({paper.id for paper in papers}) < len(papers):
        raise ValueError("two papers have the same id")
    return papers
