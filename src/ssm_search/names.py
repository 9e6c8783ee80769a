"""Names of papers → rows: a table of hashes that can lie on disk, however large."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.errors import FilterError
from ssm_search.papers import Paper, full_text, title_key

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUOTED = 200  # characters of a name that an error shows


@dataclass(frozen=True, slots=True)
class NameTable:
    """Which rows have which names.

    Names are 64-bit hashes: that any two different ones of 3 million papers share one has odds of
    1 in 100,000.

    Attributes:
        hashes: uint64, ascending.
        rows: int32, of each hash; ascending where hashes are equal.
    """

    hashes: NDArray[np.uint64]
    rows: NDArray[np.int32]

    @classmethod
    def of(cls, papers: Iterable[Paper]) -> NameTable:
        """The table of all names of ``papers``, whose rows are counted from 0."""
        pairs = [
            (hash64(name), row) for row, paper in enumerate(papers) for name in names_of(paper)
        ]
        return cls._sorted(
            np.array([name for name, _ in pairs], dtype=np.uint64),
            np.array([row for _, row in pairs], dtype=np.int32),
        )

    @classmethod
    def joined(cls, tables: Sequence[tuple[NameTable, NDArray[np.int64]]]) -> NameTable:
        """Several tables as one, each with the new number of its rows; -1 leaves a row out."""
        hashes, rows = [], []
        for table, renumbered in tables:
            new = renumbered[table.rows]
            hashes.append(table.hashes[new >= 0])
            rows.append(new[new >= 0].astype(np.int32))
        return cls._sorted(np.concatenate(hashes), np.concatenate(rows))

    @classmethod
    def _sorted(cls, hashes: NDArray[np.uint64], rows: NDArray[np.int32]) -> NameTable:
        order = np.lexsort((rows, hashes))
        return cls(hashes[order], rows[order])

    def rows_of(self, name: str) -> list[int]:
        """The rows with this name, ascending."""
        wanted = np.uint64(hash64(name))
        start, end = (np.searchsorted(self.hashes, wanted, side) for side in ("left", "right"))
        return [int(row) for row in self.rows[start:end]]


def named_in(tables: Iterable[NameTable], names: Collection[str]) -> list[str]:
    """Those of ``names`` that any row of ``tables`` has.

    All at once: a question has a hundred runs of words that may be names, of which nearly all are
    none.
    """
    asked = list(names)
    hashes = np.array([hash64(name) for name in asked], dtype=np.uint64)
    found = np.zeros(len(asked), dtype=bool)
    for table in tables:
        if len(table.hashes):
            places = np.searchsorted(table.hashes, hashes)
            found |= table.hashes[places % len(table.hashes)] == hashes
    return [asked[at] for at in np.flatnonzero(found).tolist()]


def names_of(paper: Paper) -> list[str]:
    """All names of a paper: its id, addresses, title, what is before the colon, and its authors.

    "VideoMamba: State Space …" is known as "VideoMamba".
    """
    urls = filter(None, (paper.url, paper.pdf_url, paper.code_url))
    titled = by_title(paper.title), by_name(paper.title.split(":")[0])
    authors = [key for author in paper.authors for key in _keys_of_author(author)]
    names = [by_id(paper.id), *map(by_address, urls), *filter(None, titled), *authors]
    return list(dict.fromkeys(names))


def by_id(paper_id: str) -> str:
    """The name of a paper with this id."""
    return f"id {paper_id}"


def by_address(url: str) -> str:
    """The name of a paper with this address."""
    return f"at {address(url)}"


def address(url: str) -> str:
    """What tells the page at ``url`` from others: no scheme, no case, no closing slash."""
    return url.strip().casefold().partition("://")[2].rstrip("/")


def by_title(title: str) -> str:
    """The name of a paper with this title; "" if there is none."""
    key = title_key(title)
    return f"title {key}" if key else ""


def by_name(name: str) -> str:
    """The name of a paper whose title begins so, up to a colon."""
    key = title_key(name)
    return f"name {key}" if key else ""


def author_keys(name: str) -> list[str]:
    """The names of papers by an author who is asked for so; any of them will do.

    "Tri Dao" is also whoever is listed as "T. Dao"; "T. Dao" and "Dao" are all who may be meant,
    and "Tri Dao or Albert Gu" both of them.
    """
    return [key for one in re.split(r"\s+or\s+", name) for key in _asked_keys(one)]


def _asked_keys(name: str) -> list[str]:
    match _name_parts(name):
        case []:
            return []
        case [last]:
            return [f"author last {last}"]
        case [first, *_, last] if len(first) == 1:
            return [f"author initial {first}{last}"]
        case [first, *between, last]:
            whole = "".join((first, *between, last))
            return [
                f"author {key}" for key in dict.fromkeys((whole, first + last, first[0] + last))
            ]
    raise AssertionError(name)


def authors_called(authors: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """Those of a paper's ``authors`` whom any of ``names`` asks for, as :func:`author_keys`."""
    asked = {key for name in names for key in author_keys(name)}
    return tuple(one for one in authors if not asked.isdisjoint(_keys_of_author(one)))


def rows_by(name: str, rows_named: Callable[[str], list[int]]) -> list[int]:
    """The rows of papers by an author.

    Raises:
        FilterError: there is none.
    """
    rows = sorted({row for key in author_keys(name) for row in rows_named(key)})
    if not rows:
        raise FilterError(
            f"no paper by {name[:QUOTED]!r} is known here; give the name as papers print it, or "
            "the family name alone"
        )
    return rows


def _keys_of_author(name: str) -> list[str]:
    match _name_parts(name):
        case [first, *between, last]:
            whole = "".join((first, *between, last))
            return [
                *dict.fromkeys((f"author {whole}", f"author {first}{last}")),
                f"author initial {first[0]}{last}",
                f"author last {last}",
            ]
        case [last]:
            return [f"author {last}", f"author last {last}"]
    return []


def _name_parts(name: str) -> list[str]:
    """The parts of a person's name as they are compared, the family name last."""
    family, comma, given = name.partition(",")
    parts = f"{given} {family}" if comma else name
    return list(filter(None, map(title_key, parts.replace(".", ". ").replace("-", " ").split())))


def signed64(name: str) -> int:
    """The hash of a name as a database has integers."""
    value = hash64(name)
    return value - 2**64 if value >= 2**63 else value


def hash64(text: str) -> int:
    """A 64-bit hash of ``text``: the same in every process and on every machine."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def text_hashes(papers: Sequence[Paper]) -> NDArray[np.uint64]:
    """The hash of the text that is encoded of each paper, uint64, shape (n,)."""
    return np.array([hash64(full_text(paper)) for paper in papers], dtype=np.uint64)
