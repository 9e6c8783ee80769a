"""OAI-PMH dumps (XML) → records.

The protocol: https://www.openarchives.org/OAI/2.0/openarchivesprotocol.htm, arXiv's formats of it:
https://info.arxiv.org/help/oa/index.html. A dump is one ``ListRecords`` response, several one after
the other, or only their ``record`` elements.

Each record is cut out of the stream and parsed by itself, by the standard library's expat. So
memory is bounded by one record, a broken one costs only itself, and responses may follow each
other, which makes no XML document. And as it is parsed without the head of its file, no entity can
be declared: neither a nested one that grows (billion laughs) nor one that reads a file (XXE).
Protocol version 2.0 allows no encoding but UTF-8 (section 3.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedReader
from typing import TYPE_CHECKING, Any

from ssm_search.ingest.records import MAX_RECORD_BYTES, Record, identity
from ssm_search.ingest.unpacking import UNPACKED_CHUNK, DamagedStreamError
from ssm_search.ingest.values import UnreadableError, first_name_first, quoted

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DELETED = "deleted"  # the status of a record whose paper is gone (section 2.5.1)

_PREFIX = rb"(?:[\w.-]{1,64}:)?"
_START = re.compile(rb"<" + _PREFIX + rb"record(?=[\s>])")
_END = re.compile(rb"</" + _PREFIX + rb"record\s{0,16}>")
_END_BYTES = 96  # the longest that _END matches
_ERROR = re.compile(
    rb"<" + _PREFIX + rb"error\s[^>]{0,200}?code\s*=\s*[\"'](\w{1,40})[\"'][^>]{0,200}>"
    rb"([^<]{0,200})"
)
_IS_OAI = re.compile(rb"<" + _PREFIX + rb"(?:OAI-PMH|ListRecords|GetRecord|record)(?=[\s/>])")


def is_oai(head: bytes) -> bool:
    """Whether XML that begins so is an OAI-PMH dump."""
    return _IS_OAI.search(head) is not None


def read_oai(body: BufferedReader) -> Iterator[tuple[int, Record | UnreadableError]]:
    """The records of a dump, each with its number in it (from 1).

    A deleted one has an id and ``"deleted": True``. What the repository answered instead of records
    is given as unreadable, unless it is that there are none.
    """
    number = 0
    try:
        for piece, problem in _pieces(body):
            start = _START.search(piece)
            head = piece[: start.start()] if start else piece
            for code, message in _ERROR.findall(head):
                if code != b"noRecordsMatch":
                    said = " ".join(message.decode(errors="replace").split())
                    reason = f"the repository answered {code.decode()}: {said}"
                    yield number + 1, UnreadableError(reason)
            if head.count(b"<!--") > head.count(b"-->"):
                continue  # commented out
            if start or problem:
                number += 1
                yield number, UnreadableError(problem) if problem else _record(piece[len(head) :])
    except DamagedStreamError as error:
        yield number + 1, UnreadableError(str(error))


def _pieces(body: BufferedReader) -> Iterator[tuple[bytes, str]]:
    """The stream cut behind each record, and what is wrong with the piece, "" if nothing.

    Of one longer than ``MAX_RECORD_BYTES`` nothing but that is given.
    """
    buffer = bytearray()
    searched = 0
    problem = ""
    too_long = f"a record of more than {MAX_RECORD_BYTES:,} bytes"
    while chunk := body.read1(UNPACKED_CHUNK):
        buffer += chunk
        start = 0
        while end := _END.search(buffer, searched):
            if end.end() - start > MAX_RECORD_BYTES:
                problem = too_long
            yield b"" if problem else bytes(buffer[start : end.end()]), problem
            problem = ""
            start = searched = end.end()
        del buffer[:start]
        if len(buffer) > MAX_RECORD_BYTES:
            problem = too_long
            del buffer[:-_END_BYTES]
        searched = max(0, len(buffer) - _END_BYTES)
    if not problem and _START.search(buffer):
        problem = "the file ends within a record"
    yield b"" if problem else bytes(buffer), problem


def _record(piece: bytes) -> Record | UnreadableError:
    from xml.parsers.expat import ExpatError

    try:
        return _fields(_parsed(piece))
    except UnreadableError as error:
        return error
    except (ExpatError, ValueError) as error:
        return UnreadableError(f"bad XML ({str(error)[:100]})")


def _parsed(piece: bytes) -> Element:
    """The tree of one element, its names without their prefixes, which are declared elsewhere."""
    from xml.etree.ElementTree import TreeBuilder
    from xml.parsers import expat

    tree = TreeBuilder()
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: tree.start(_local(name), attributes)
    parser.EndElementHandler = lambda name: tree.end(_local(name))
    parser.CharacterDataHandler = tree.data
    parser.Parse(piece, True)
    return tree.close()


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _fields(record: Element) -> Record:
    header, metadata = record.find("header"), record.find("metadata")
    called = _text(header, "identifier")
    if header is not None and header.get("status") == DELETED:
        if not called:
            raise UnreadableError("a deleted record without an identifier")
        return {"id": identity(called), "deleted": True}
    about = metadata[0] if metadata is not None and len(metadata) else None
    if about is None:
        raise UnreadableError("a record without metadata")
    match about.tag:
        case "arXiv" | "arXivRaw":
            found = _of_arxiv(about)
        case "dc":
            found = _of_dublin_core(about)
            found["categories"] = _of_sets(header)
        case other:
            raise UnreadableError(
                f"metadata are {quoted(other)}, expected arXiv, arXivRaw or oai_dc"
            )
    found["id"] = found.get("id") or called
    return {name: value for name, value in found.items() if value}


def _of_arxiv(about: Element) -> Record:
    authors: Any = _text(about, "authors")  # arXivRaw: as the submitter typed them
    if parsed := about.findall("authors/author"):
        parts = ("forenames", "keyname", "suffix")
        authors = [
            " ".join(_text(author, part) for part in parts) if len(author) else author.text or ""
            for author in parsed
        ]
    return {
        "id": _text(about, "id"),
        "title": _text(about, "title"),
        "abstract": _text(about, "abstract"),
        "authors": authors,
        "categories": _text(about, "categories"),
        "published": _text(about, "created") or _text(about, "version/date"),
    }


def _of_dublin_core(about: Element) -> Record:
    """https://www.openarchives.org/OAI/2.0/openarchivesprotocol.htm#dublincore.

    arXiv gives the day of the first version before that of the last, and its comments as one more
    description.
    """
    descriptions = _texts(about, "description")
    links = [text for text in _texts(about, "identifier") if text.startswith("http")]
    return {
        "title": _text(about, "title"),
        "abstract": next((text for text in descriptions if not text.startswith("Comment:")), ""),
        "authors": [first_name_first(name) for name in _texts(about, "creator")],
        "published": _text(about, "date"),
        "url": links[0] if links else "",
    }


def _of_sets(header: Element | None) -> list[str]:
    """Categories of arXiv by its sets: cs:cs:LG and physics:hep-ph; formerly only archives: cs."""
    sets = [] if header is None else _texts(header, "setSpec")
    return [".".join(spec.split(":")[1:] or [spec]) for spec in sets]


def _text(parent: Element | None, path: str) -> str:
    """The text at ``path``, of the first such element that has any."""
    return next(iter(_texts(parent, path)), "") if parent is not None else ""


def _texts(parent: Element, path: str) -> list[str]:
    texts = (" ".join((element.text or "").split()) for element in parent.findall(path))
    return [text for text in texts if text]
