"""Papers → BibTeX, CSV, JSON, Markdown or RIS, for use elsewhere."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any, Final, Literal

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.dates import Date
from ssm_search.errors import QueryError
from ssm_search.escaping import escaped_address, escaped_title
from ssm_search.marks import normalized
from ssm_search.papers import Link, Paper, to_json
from ssm_search.persons import name_of
from ssm_search.text import shown, shown_json, shown_lines
from ssm_search.views.kinds import Kind, kind
from ssm_search.views.latex import as_author, as_text, as_title

Format = Literal["bibtex", "csv", "json", "markdown", "ris"]
SUFFIXES: dict[Format, str] = {
    "bibtex": ".bib",
    "csv": ".csv",
    "json": ".json",
    "markdown": ".md",
    "ris": ".ris",
}

Notes = Mapping[str, str]
"""What a reader noted on papers, by their ids."""
NO_NOTES: Final[Notes] = MappingProxyType({})

KEY_WORDS = 4  # of the title, in the key of an entry
# Left out of keys, as arXiv leaves them out: "Attention Is All You Need" is vaswani…attentionneed.
_KEY_STOP_WORDS = frozenset(
    """a about all an and are as at be by can do does for from how in into is it its of on or our
    than that the their this to via we what when which with you your""".split()
)
_COLUMNS = (
    *("id", "title", "authors", "year", "venue", "categories", "url", "pdf_url", "code_url"),
    "links",
)
# Those of full width are the same to a spreadsheet of Japan or China.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_RIS_TYPES: Final[Mapping[Kind, str]] = MappingProxyType(
    {"journal": "JOUR", "conference": "CPAPER", "preprint": "UNPB", "other": "GEN"}
)
_PLACES = re.compile(r"\s*(?:[,;]|->|→)\s*")
_BIBTEX_TYPES: Final[Mapping[Kind, tuple[str, str]]] = MappingProxyType(
    {
        "journal": ("article", "journal"),
        "conference": ("inproceedings", "booktitle"),
        "preprint": ("misc", "howpublished"),
        "other": ("misc", "howpublished"),
    }
)
"""The type of an entry, and the field that its venue goes into."""


def export(papers: Sequence[Paper], form: str, notes: Notes = NO_NOTES) -> str:
    """Write papers as the text of a BibTeX, CSV, JSON, Markdown or RIS file.

    Args:
        notes: a reader's own, by the ids of papers. They stand where reference managers look for
            them: ``annote`` in BibTeX, ``N1`` in RIS, a column of their own, ``note`` in JSON.

    Raises:
        QueryError: there is no such ``form``.
    """
    if form == "json":  # which says what is known as it is, and can write it so
        records = [
            to_json(one) | ({"note": notes[one.id]} if notes.get(one.id) else {}) for one in papers
        ]
        return shown_json(json.dumps(records, ensure_ascii=False, indent=1))
    papers = [_clean(paper) for paper in papers]
    match form:
        case "bibtex":
            return to_bibtex(papers, notes)
        case "csv":
            return to_csv(papers, notes)
        case "markdown":
            return to_markdown(papers, notes)
        case "ris":
            return to_ris(papers, notes)
    raise QueryError(f"there is no format {form!r}; expected {', '.join(SUFFIXES)}")


def to_ris(papers: Sequence[Paper], notes: Notes = NO_NOTES) -> str:
    """Write RIS, as reference managers read it (Research Information Systems' tags)."""
    entries = []
    for paper in papers:
        fields = [
            ("TY", _RIS_TYPES[kind(paper)]),
            *(("AU", _last_first(author)) for author in paper.authors),
            ("TI", paper.title),
            ("PY", str(paper.known_year or "")),
            ("T2", paper.venue),
            ("UR", paper.url),
            ("L1", paper.pdf_url),
            *(("L2", link.url) for link in _links(paper)),
            ("N1", _line(notes, paper)),
        ]
        lines = [f"{tag}  - {' '.join(value.split())}" for tag, value in fields if value.strip()]
        entries.append("\r\n".join([*lines, "ER  - ", ""]))
    return "\r\n".join(entries)


def _last_first(author: str) -> str:
    """``author`` as RIS has it: "Last, First, Suffix"."""
    name = name_of(author)
    return ", ".join(filter(None, (name.family, name.given, name.suffix)))


def to_bibtex(papers: Sequence[Paper], notes: Notes = NO_NOTES) -> str:
    """Write BibTeX, with keys and fields as arXiv's own "Export BibTeX Citation" has them.

    A paper of a journal or a conference is no @misc any more, but keeps its eprint fields. Papers
    with one key get a, b, …, z, aa, ab … behind it. A note is an ``annote``, which bibliographies
    do not print.
    """
    keys = [_key(paper) for paper in papers]
    twice = {key for key, count in Counter(keys).items() if count > 1}
    used: Counter[str] = Counter()
    entries = []
    for paper, key in zip(papers, keys, strict=True):
        letter = _letters(used[key]) if key in twice else ""
        used[key] += 1
        entries.append(_bibtex_entry(paper, key + letter, _line(notes, paper)))
    return "\n".join(entries)


def _letters(count: int) -> str:
    """a, b, …, z, aa, ab, …: what stands behind a key for which ``count`` others stand before."""
    letters = ""
    count += 1
    while count:
        count, letter = divmod(count - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters


def to_csv(papers: Sequence[Paper], notes: Notes = NO_NOTES) -> str:
    """Write CSV with a header; headings, authors and links are separated by semicolons.

    A cell that a spreadsheet would take for a formula is given an apostrophe
    (https://owasp.org/www-community/attacks/CSV_Injection): titles come from strangers.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    columns = [*_COLUMNS, *(["note"] if any(notes.values()) else [])]
    writer.writerow(columns)
    for paper in papers:
        cells = {name: str(getattr(paper, name) or "") for name in _COLUMNS}
        cells["authors"] = "; ".join(paper.authors)
        cells["categories"] = "; ".join(" > ".join(path) for path in paper.categories)
        cells["links"] = "; ".join(f"{link.name}: {link.url}" for link in _links(paper))
        cells["note"] = "\n".join(shown_lines(notes.get(paper.id, "")).splitlines())
        writer.writerow([_harmless(cells[name]) for name in columns])
    return table.getvalue()


def to_markdown(papers: Sequence[Paper], notes: Notes = NO_NOTES) -> str:
    """Write a Markdown table of title, year, venue and links, and of notes if there are any."""
    names = ["Title", "Year", "Venue", "Code", "PDF", "Links"]
    names += ["Note"] if any(notes.values()) else []
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    for paper in papers:
        title = escaped_title(paper.title, in_table=True)
        links = [escaped_address(url) for url in (paper.url, paper.code_url, paper.pdf_url)]
        url, code, pdf = links
        cells = [
            f"[{title}]({url})" if url else title,
            str(paper.year or ""),
            escaped_title(paper.venue, in_table=True),
            f"[code]({code})" if code else "",
            f"[pdf]({pdf})" if pdf else "",
            " ".join(map(_markdown_link, _links(paper))),
            escaped_title(_line(notes, paper), in_table=True),
        ]
        lines.append("| " + " | ".join(cells[: len(names)]) + " |")
    return "\n".join(lines) + "\n"


def _links(paper: Paper) -> list[Link]:
    """The other links of a paper that lead to the web."""
    return [link for link in paper.links if escaped_address(link.url)]


def _markdown_link(link: Link) -> str:
    name = escaped_title(link.name, in_table=True)
    return f"[{name}]({escaped_address(link.url)})"


def _line(notes: Notes, paper: Paper) -> str:
    """The note on a paper, on one line, without what programs take for commands."""
    return " ".join(shown(" ".join(notes.get(paper.id, "").split())).split())


def _clean(paper: Paper) -> Paper:
    """``paper`` without what terminals, and the programs that files go to, take for commands."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(cleaned, value))
        if isinstance(value, Link):
            return Link(cleaned(value.name), cleaned(value.url))
        return shown(" ".join(value.split())) if isinstance(value, str) else value

    return replace(paper, **{one.name: cleaned(getattr(paper, one.name)) for one in fields(Paper)})


def _bibtex_entry(paper: Paper, key: str, note: str) -> str:
    on_arxiv = arxiv_id(paper.id) is not None
    venue = paper.venue
    if "arxiv" in venue.casefold():  # it has fields of its own; of "arXiv 24.03, ICML24" the latter
        venue = ", ".join(one for one in _PLACES.split(venue) if "arxiv" not in one.casefold())
    entry_type, place = _BIBTEX_TYPES[kind(paper) if venue else "preprint"]
    fields = {
        "title": as_title(paper.title),
        "author": " and ".join(filter(None, map(as_author, paper.authors))),
        place: as_title(venue),
        "year": str(_year(paper) or ""),
        "eprint": paper.id if on_arxiv else "",
        "archivePrefix": "arXiv" if on_arxiv else "",
        "primaryClass": as_text("".join(paper.arxiv_categories[:1])),
        "url": escaped_address(paper.url),
        "annote": as_text(note),
    }
    lines = [f"      {name}={{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{entry_type}{{{key},", *lines, "}"]) + "\n"


def _key(paper: Paper) -> str:
    """Last name, year and the first words of the title."""
    last = name_of(paper.authors[0]).family.split()[-1:] if paper.authors else []
    words = [w for w in re.split(r"\s+", paper.title) if w.casefold() not in _KEY_STOP_WORDS]
    letters = [_ascii(word) for word in words]
    title = "".join([word for word in letters if word][:KEY_WORDS])
    return f"{_ascii(''.join(last))}{_year(paper) or ''}{title}" or "untitled"


def _year(paper: Paper) -> int:
    return paper.year or Date.of(paper).year


def _ascii(text: str) -> str:
    folded = normalized("NFKD", text.casefold())
    return "".join(char for char in folded if char.isascii() and char.isalnum())


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
