"""Entries of BibTeX and biblatex → papers: what is meant by each field.

Addresses and ids are taken as they stand, names are parted, and all else is TeX.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ssm_search.arxiv_ids import OLD_ARCHIVES, arxiv_id, arxiv_ids_in_text
from ssm_search.awesome import is_code_address
from ssm_search.curation.bibtex import BibEntry, read_bibtex
from ssm_search.curation.given import Remarked, on_a_line, paper_of, remarked, web_address
from ssm_search.papers import Paper, title_key
from ssm_search.tex import from_tex

_VOLUMES = frozenset("book collection mvbook mvcollection mvproceedings proceedings".split())
"""Types of entries that others are in; papers too, if no other entry says so."""
_NO_PAPERS = frozenset(("mvproceedings", "proceedings"))
_OF_ITS_VOLUME = ("year", "date", "booktitle", "journal", "journaltitle")
_HAVE_ADDRESSES = ("url", "doi", "ee", "link", "pdf", "eprint", "howpublished", "adsurl")
_HAVE_IDS = ("arxivid", "arxiv", "url", "doi", "journal", "ee", "link", "pdf", "howpublished")
_MAY_BE_IDS = ("volume", "number", "eid", "pages")  # of CoRR; of what Zotero takes for a report

_YEAR = re.compile(r"(?<![\d.])(?:1[5-9]|2[01])\d\d(?!\d|\.\d)", re.ASCII)
_NUMBER_OF_OLD_ID = re.compile(r"\d{7}(?:v\d+)?", re.ASCII)
_OF_ARXIV = re.compile(r"(?:arxiv:\s*|abs/)(\S+)", re.I)
_CLASS = re.compile(r"\[[\w.-]+\]")
_WORD = re.compile(r"[^\W\d_]+")
_SAYS_WHERE = frozenset(
    "accepted appear arxiv at available e eprint in online preprint press print review submitted "
    "to under url version v".split()
)
_NO_VENUE = re.compile(
    r"arxiv|^(?:corr|preprint|computing research repository)$|^submitted to\b", re.I
)

_ADDRESS_COMMAND = re.compile(r"\\(?:url|href|nolinkurl|path)\b\s*(?=\{)")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.I)
_TILDE = re.compile(r"\\textasciitilde(?:\{\}|\s)?|\\~(?:\{\})?|\$\\sim\$")
_ESCAPE = re.compile(r"\\([%#&_$~^{}-])")
_DOI = re.compile(r"(?:(?:dx\.|www\.)?doi\.org/|doi:?\s*)?(?=10\.\d[\d.]*(?:/|%2F))", re.I)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});", re.I)

_BRACE_OR_AND = re.compile(r"\\.|[{}]|\s(?:and|\\and)(?=\s|$)", re.I | re.S)
_BRACE_OR_COMMA = re.compile(r"\\.|[{},]", re.S)
_NAME_PART = re.compile(r"\s*\b(given|family|prefix|suffix)\s*=\s*\"?([^,\"]*)", re.I)
_PARTS = ("given", "prefix", "family", "suffix")
_SUFFIXES = frozenset("jr sr ii iii iv".split())
_NUMBER_OF_NAMESAKE = re.compile(r"\s\d{4}$")  # of DBLP: "Wei Wang 0001"
_OTHERS = frozenset(("others", "et al", "et al.", "…", "..."))


def papers_of_bibtex(text: str) -> list[Paper]:
    """The papers of all entries of ``text``, in order, with a remark on each that is broken.

    Of an entry that no paper can be made of, there is one without a title and with the reason.
    """
    entries = read_bibtex(text)
    volumes = {entry.key.casefold(): entry for entry in reversed(entries) if entry.key}
    named = {entry.fields.get("crossref", "").strip().casefold() for entry in entries}
    papers: list[Paper] = []
    titles: dict[str, tuple[str, str]] = {}
    for entry in entries:
        if entry.kind in _VOLUMES and entry.key.casefold() in named:
            continue
        if not entry.fields:
            papers.append(_unread(entry, entry.fault or "it has no fields"))
            continue
        if entry.kind in _NO_PAPERS:
            papers.append(_unread(entry, "it is a whole volume and no paper"))
            continue
        volume = volumes.get(entry.fields.get("crossref", "").strip().casefold())
        paper = _paper(entry, _with_those_of(volume, entry.fields))
        first, title = titles.setdefault(paper.id, (_name(entry), title_key(paper.title)))
        if paper.kind == "paper" and paper.title and title and title != title_key(paper.title):
            problem = f"“{paper.title}” has the id of {first}, {paper.id}"
            paper = _unread(entry, problem)
        papers.append(paper)
    return papers


def _with_those_of(volume: BibEntry | None, fields: Mapping[str, str]) -> Mapping[str, str]:
    """``fields``, and what the volume that they name says for all in it."""
    if not volume:
        return fields
    given = {name: volume.fields[name] for name in _OF_ITS_VOLUME if name in volume.fields}
    if "title" in volume.fields:
        given.setdefault("booktitle", volume.fields["title"])
    return {**given, **fields}


def _name(entry: BibEntry) -> str:
    """An entry as messages call it."""
    return f"@{entry.kind}{{{on_a_line(entry.key[:80])}}} on line {entry.line}"


def _unread(entry: BibEntry, problem: str) -> Remarked:
    remark = f"{_name(entry)}: {problem}"
    return Remarked(id=_name(entry), title="", kind="link", remark=remark)


def _paper(entry: BibEntry, fields: Mapping[str, str]) -> Paper:
    title = ": ".join(filter(None, (_prose(fields, "title"), _prose(fields, "subtitle"))))
    paper_id, address = _written_id(fields), _address(fields)
    venue = _prose(fields, "booktitle", "journal", "journaltitle", "eventtitle")
    is_venue = not _NO_VENUE.search(venue)
    years = (_YEAR.search(fields.get(name, "")) for name in ("year", "date"))
    year = next(filter(None, years), None)
    paper = replace(
        paper_of(
            paper_id or address,
            title,
            _prose(fields, "abstract"),
            address if paper_id and is_code_address(address) else "",
            venue if is_venue else "",
        ),
        year=int(year[0]) if year else None,
        authors=tuple(author_names(fields.get("author", ""))),
    )
    remark = f"{_name(entry)} is read as far as it goes: {entry.fault}" if entry.fault else ""
    if not paper_id and not title_key(paper.title):
        remark = remark or f"{_name(entry)} has no title"
        paper = replace(paper, id=_name(entry), title="")
    return remarked(paper, remark) if remark else paper


def _prose(fields: Mapping[str, str], *names: str) -> str:
    """The first of these fields that says something, as plain text."""
    texts = (from_tex(fields[name]) for name in names if name in fields)
    text = next(filter(None, texts), "")
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def _verbatim(text: str) -> str:
    """An address or id as it is meant: what was escaped for TeX, or broken over lines, is not."""
    text = "".join(map(str.strip, text.strip().split("\n")))
    if "\\" in text:
        text = _ESCAPE.sub(r"\1", _TILDE.sub("~", _ADDRESS_COMMAND.sub("", text)))
    return text.replace("{", "").replace("}", "").strip().removeprefix("<").removesuffix(">")


def _address(fields: Mapping[str, str]) -> str:
    """Where the paper is found: its address, or else its DOI's; "" if neither is given."""
    for name in _HAVE_ADDRESSES:
        if name not in fields:
            continue
        text = _verbatim(fields[name])
        if doi := _DOI.match(text):
            text = f"https://doi.org/{text[doi.end() :]}"
        elif name == "howpublished":
            found = _ADDRESS.search(text)
            text = found[0].rstrip(".,;)") if found else ""
        elif text.startswith("www."):
            text = f"https://{text}"
        if address := web_address(next(iter(text.split()), "")):
            return address
    note = _verbatim(fields.get("note", ""))
    return web_address(note)


def _written_id(fields: Mapping[str, str]) -> str:
    """The arXiv id that an entry gives as its paper's; "" if it gives none."""
    archive = from_tex(fields.get("archiveprefix") or fields.get("eprinttype") or "arxiv")
    if "arxiv" in archive.casefold() or archive.casefold() in OLD_ARCHIVES:
        text = _verbatim(fields.get("eprint", ""))
        group = fields.get("primaryclass") or fields.get("eprintclass") or archive
        if _NUMBER_OF_OLD_ID.fullmatch(text):
            text = f"{from_tex(group).partition('.')[0]}/{text}"
        if found := _id_in(text):
            return found
    for name in _HAVE_IDS:
        if name in fields and (found := _id_in(_verbatim(fields[name]))):
            return found
    for name in _MAY_BE_IDS:
        match = _OF_ARXIV.fullmatch(_verbatim(fields.get(name, "")))
        if match and (found := arxiv_id(match[1]) or ""):
            return found
    return _id_of_note(_verbatim(fields.get("note", "")))


def _id_in(text: str) -> str:
    return arxiv_id(text) or next(iter(arxiv_ids_in_text(text)), "")


def _id_of_note(text: str) -> str:
    """The id that a note is about, if it says no more than where the paper is found.

    "Comment on arXiv:2401.00001" is the note of another paper.
    """
    text = _CLASS.sub(" ", text)
    ids = {arxiv_id(word.strip(".,;()")) or "" for word in text.split()} | {
        *arxiv_ids_in_text(text)
    }
    others = [word for word in text.split() if not arxiv_id(word.strip(".,;()"))]
    words = {word.casefold() for word in _WORD.findall(" ".join(others))}
    ids -= {""}
    return ids.pop() if len(ids) == 1 and words <= _SAYS_WHERE else ""


def author_names(text: str) -> Iterator[str]:
    """Names as people write them: "Lee, Jr., Ann" is "Ann Lee Jr."; those in braces as they are."""
    for name in _split_names(text):
        plain = _as_said(name)
        if plain and plain.casefold() not in _OTHERS:
            yield _NUMBER_OF_NAMESAKE.sub("", plain)


def _split_names(text: str) -> list[str]:
    """The names in a field: parted by "and", or else by what people write who do not know that."""
    text = " ".join(text.split())
    if text.count("{") != text.count("}"):
        text = re.sub(r"[{}]", "", text)
    names = _split(text, _BRACE_OR_AND)
    if len(names) > 1:
        return names
    for sign in (";", r"\&", " & "):
        if sign in text:
            return text.split(sign)
    parts = _split(text, _BRACE_OR_COMMA)
    full = all(len(part.split()) > 1 for part in parts)
    # BibTeX knows no more than two commas: "Lee, Jr., Ann". Yet "Ann Lee, Bo Roe, Cy Poe" is met.
    return parts if len(parts) > 3 or (len(parts) == 3 and full) else names


def _split(text: str, pattern: re.Pattern[str]) -> list[str]:
    """``text`` parted where ``pattern`` finds something else than a brace, outside of braces."""
    parts, depth, begun = [], 0, 0
    for match in pattern.finditer(text):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth = max(0, depth - 1)
        elif not depth and (match[0] == "," or match[0][0].isspace()):
            parts.append(text[begun : match.start()])
            begun = match.end()
    return [*parts, text[begun:]]


def _as_said(name: str) -> str:
    if len(given := dict(_named_parts(name))) > 1:
        parts: Iterable[str] = (given.get(part, "") for part in _PARTS)
    else:
        pieces = [piece.strip() for piece in _split(name, _BRACE_OR_COMMA)]
        last, *suffix, first = ["", *pieces] if len(pieces) < 2 else pieces
        if suffix and first.rstrip(".").casefold() in _SUFFIXES:  # "Lee, Ann, Jr."
            first, suffix = suffix[0], [first]
        parts = [first, last, *suffix]
    return from_tex(" ".join(parts))


def _named_parts(name: str) -> Iterator[tuple[str, str]]:
    """The parts of a name in biblatex's long form: "family=Lee, given=Ann"."""
    for match in _NAME_PART.finditer(name):
        yield match[1].casefold(), match[2].strip()
