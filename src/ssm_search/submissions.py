"""What people submit → papers: a diff, an issue, BibTeX, links, a pasted abstract. Pure text."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ssm_search.awesome import read_list
from ssm_search.blocks import Run
from ssm_search.errors import SubmissionError
from ssm_search.headline import clean_title
from ssm_search.links import is_code, paper_ids
from ssm_search.markup import parse_blocks
from ssm_search.papers import Paper, arxiv_id, arxiv_ids_in_text, slug

MAX_CHARS = 1_000_000
MAX_PAPERS = 100

_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@.*$", re.M)
_BIBTEX = re.compile(r"^\s*@[a-z]+\s*\{", re.I | re.M)
_FORM_FIELD = re.compile(r"^#{2,4}\s+(.+?)\s*$", re.M)
_FORM_FIELDS = {
    "title": "title name",
    "abstract": "abstract summary",
    "link": "link url arxiv paper doi pdf",
    "code": "code github repository repo implementation",
    "venue": "venue conference journal",
}
_NO_RESPONSE = "_No response_"  # what GitHub writes for a form's empty field
_TITLE_WORDS = range(2, 41)


def read_submissions(text: str) -> list[Paper]:
    """The papers that ``text`` submits, as far as it describes them, each once.

    Reads a diff (of what it adds), BibTeX, an issue written with a form that has fields such as
    Title, Link and Abstract, rows of a list, and any text with links or arXiv ids; also the event
    file that GitHub gives to a workflow. A title may be "" where only an id is given.

    Raises:
        SubmissionError: there is no paper in ``text``, or more than ``MAX_PAPERS``, or it is longer
            than ``MAX_CHARS``.
    """
    if len(text) > MAX_CHARS:
        raise SubmissionError(
            f"the submission has {len(text):,} characters, more than {MAX_CHARS:,}; split it up"
        )
    text = _of_event(text.replace("\r\n", "\n").replace("\0", ""))
    if _HUNK.search(text):
        found = list(_added(text))
    elif _BIBTEX.search(text):
        found = list(_of_bibtex(text))
    else:
        found = _of_form(text) or list(_of_prose(text))
    papers = list({paper.id: paper for paper in reversed(found)}.values())[::-1]
    if not papers:
        raise SubmissionError(
            "no paper found in the submission; expected an arXiv link or id, BibTeX, rows of a "
            "list, or a title and an abstract"
        )
    if len(papers) > MAX_PAPERS:
        raise SubmissionError(
            f"the submission names {len(papers)} papers, more than {MAX_PAPERS}; split it up"
        )
    return papers


def read_pasted(text: str) -> Paper:
    """The paper that ``text`` is pasted from: a title on the first line, and its abstract.

    Raises:
        SubmissionError: there is no text.
    """
    lines = [line.strip() for line in text.replace("\0", "").strip().splitlines()]
    first = lines[0] if lines else ""
    ids = arxiv_ids_in_text(first) or ([found] if (found := arxiv_id(first)) else [])
    title = clean_title(re.sub(r"^\W*Title:\s*|^\[[^\]]*\]\s*", "", first))
    if len(lines) < 2 or len(title.split()) not in _TITLE_WORDS or first.endswith("."):
        title, rest = "", lines  # an abstract alone
    else:
        rest = lines[1:]
    abstract = re.sub(r"^\W*Abstract\b\W*", "", " ".join(" ".join(rest).split()), flags=re.I)
    if not title and not abstract:
        raise SubmissionError("no text given; expected a title and an abstract")
    return paper_of(ids[0] if ids else "", title, abstract)


def paper_of(
    link: str = "", title: str = "", abstract: str = "", code_url: str = "", venue: str = ""
) -> Paper:
    """A paper from what a person says of it; ``link`` may be an id or any address."""
    title = " ".join(title.split())
    paper_id = arxiv_id(link) or ""
    address = link.strip() if link.strip().lower().startswith(("http://", "https://")) else ""
    return Paper(
        id=paper_id or slug(title),
        title=title,
        kind="paper" if paper_id else "link",
        url=f"https://arxiv.org/abs/{paper_id}" if paper_id else address,
        code_url=code_url.strip(),
        venue=" ".join(venue.split()),
        abstract=" ".join(abstract.split()),
    )


def _of_event(text: str) -> str:
    """The text of the issue or pull request, if ``text`` is GitHub's event file."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        event = json.loads(text)
        subject = event.get("issue") or event.get("pull_request") or {}
        return f"{subject.get('title') or ''}\n\n{subject.get('body') or ''}"
    except (ValueError, AttributeError, RecursionError):
        return text


def _added(text: str) -> Iterator[Paper]:
    """The papers that a diff adds; not those of rows that it only edits or moves."""
    before = {paper.id for paper in _papers_of(_lines(text, "-"))}
    for hunk in _HUNK.split(text)[1:]:
        lines = [line for line in hunk.split("\n") if line[:1] in ("+", " ")]
        added = {number for number, line in enumerate(lines, start=3) if line.startswith("+")}
        # Read with what stands around them, so that a table's header is known if it is there.
        shown = "\n".join(["## List", "", *(line[1:] for line in lines)])
        for entry in read_list(shown).entries:
            is_added = added & set(range(entry.line, entry.end + 1))
            if is_added and entry.paper.id not in before:
                yield replace(entry.paper, categories=())
    known = {paper.id for paper in _papers_of(_lines(text, " "))} | before
    for paper in _of_prose("\n".join(_lines(text, "+"))):
        if paper.id not in known and paper.kind == "paper":
            yield paper


def _lines(diff: str, sign: str) -> list[str]:
    return [
        line[1:]
        for line in diff.split("\n")
        if line.startswith(sign) and not line.startswith(("+++ ", "--- "))
    ]


def _papers_of(lines: Iterable[str]) -> list[Paper]:
    return list(read_list("\n".join(["## List", "", *lines])).papers)


def _of_bibtex(text: str) -> Iterator[Paper]:
    import bibtexparser
    from bibtexparser.middlewares import (
        LatexDecodingMiddleware,
        MergeNameParts,
        SeparateCoAuthors,
        SplitNameParts,
    )

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # it logs each broken entry
    readers = [
        LatexDecodingMiddleware(),
        SeparateCoAuthors(),
        SplitNameParts(),
        MergeNameParts(style="first"),
    ]
    for entry in bibtexparser.parse_string(text, append_middleware=readers).entries:
        fields = {field.key.casefold(): field.value for field in entry.fields}
        said = {key: str(value) for key, value in fields.items() if key != "author"}
        places = ("eprint", "url", "doi", "journal", "note", "howpublished")
        written = [said[key] for key in places if key in said]
        ids = [arxiv_id(value) or next(iter(arxiv_ids_in_text(value)), None) for value in written]
        address = said.get("url") or (f"https://doi.org/{said['doi']}" if "doi" in said else "")
        link = next(filter(None, ids), address)
        year = said.get("year", "")
        venue = said.get("booktitle") or said.get("journal") or ""
        if "arxiv" in venue.casefold():
            venue = ""
        authors = fields.get("author")
        paper = paper_of(link, said.get("title", ""), said.get("abstract", ""), venue=venue)
        yield replace(
            paper,
            year=int(year) if year.isdigit() else None,
            authors=tuple(authors) if isinstance(authors, list) else (),
        )


def _of_form(text: str) -> list[Paper]:
    """The paper of an issue form: headings for fields, each with its value below."""
    pieces = _FORM_FIELD.split(text)
    fields: dict[str, str] = {}
    for name, value in zip(pieces[1::2], pieces[2::2], strict=False):
        words = set(re.findall(r"\w+", name.casefold()))
        for field, names in _FORM_FIELDS.items():
            value = value.strip()
            if words & set(names.split()) and value and value != _NO_RESPONSE:
                fields.setdefault(field, value)
                break
    link = fields.get("link", "").split()[:1] or [""]
    ids = paper_ids(_runs(fields.get("link", "")))
    if not ids and not ("title" in fields and ("abstract" in fields or link[0])):
        return []
    return [
        paper_of(
            ids[0] if ids else link[0],
            clean_title(fields.get("title", "")),
            fields.get("abstract", ""),
            next(iter(fields.get("code", "").split()), ""),
            fields.get("venue", ""),
        )
    ]


def _of_prose(text: str) -> Iterator[Paper]:
    """The entries of a list, then every other arXiv id."""
    runs = _runs(text)
    entries = read_list("\n".join(["## List", "", text])).entries
    listed = {
        entry.paper.id: replace(entry.paper, categories=())
        for entry in entries
        if entry.strength > 1  # else a mention in prose: "add [my paper](…)" names no title
    }
    yield from listed.values()
    ids = dict.fromkeys(paper_ids(runs))
    code = {run.href for run in runs if is_code(run)} if len(ids) == 1 else set()
    for one in ids:
        if one not in listed:
            yield paper_of(one, code_url=code.pop() if len(code) == 1 else "")


def _runs(text: str) -> list[Run]:
    return [run for block in parse_blocks(text) for cell in block.cells for run in cell]
