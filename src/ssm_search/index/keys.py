"""Names of papers → rows: a table of hashes that can lie on disk, however large."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.papers import Paper, title_key

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Keys:
    """Which rows have which names.

    Names are 64-bit hashes: that any two different ones of 3 million papers share one has odds of
    1 in 100,000.

    Attributes:
        hashes: uint64, ascending.
        rows: int32, of each hash; ascending where hashes are equal.
    """

    hashes: NDArray[np.uint64]
    rows: NDArray[np.int32]

    def of(self, name: str) -> list[int]:
        """The rows with this name, ascending."""
        wanted = np.uint64(hash64(name))
        start, end = (np.searchsorted(self.hashes, wanted, side) for side in ("left", "right"))
        return [int(row) for row in self.rows[start:end]]


def keys_of(papers: Iterable[Paper]) -> Keys:
    """Those that each paper goes by, see :func:`names_of`."""
    pairs = [(hash64(name), row) for row, paper in enumerate(papers) for name in names_of(paper)]
    return _sorted(
        np.array([name for name, _ in pairs], dtype=np.uint64),
        np.array([row for _, row in pairs], dtype=np.int32),
    )


def joined_keys(parts: Sequence[tuple[Keys, NDArray[np.int64]]]) -> Keys:
    """The tables of several, once their rows are renumbered; -1 for a row that is left out."""
    hashes, rows = [], []
    for keys, renumbered in parts:
        new = renumbered[keys.rows]
        hashes.append(keys.hashes[new >= 0])
        rows.append(new[new >= 0].astype(np.int32))
    return _sorted(np.concatenate(hashes), np.concatenate(rows))


def names_of(paper: Paper) -> list[str]:
    """Id, addresses, title, and name: "VideoMamba: State Space …" is known as "VideoMamba"."""
    urls = filter(None, (paper.url, paper.pdf_url, paper.code_url))
    titled = by_title(paper.title), by_name(paper.title.split(":")[0])
    return list(dict.fromkeys([by_id(paper.id), *map(by_address, urls), *filter(None, titled)]))


def by_id(paper_id: str) -> str:
    """The name of a paper with this id."""
    return f"id {paper_id}"


def by_address(url: str) -> str:
    """The name of a paper with this address."""
    return f"at {address(url)}"


def address(url: str) -> str:
    """``url`` without what does not tell pages apart: scheme, case, closing slash."""
    return url.strip().casefold().partition("://")[2].rstrip("/")


def by_title(title: str) -> str:
    """The name of a paper with this title; "" if there is none."""
    key = title_key(title)
    return f"title {key}" if key else ""


def by_name(name: str) -> str:
    """The name of a paper whose title begins so, up to a colon."""
    key = title_key(name)
    return f"name {key}" if key else ""


def hash64(text: str) -> int:
    """The same in every process and on every machine."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _sorted(hashes: NDArray[np.uint64], rows: NDArray[np.int32]) -> Keys:
    order = np.lexsort((rows, hashes))
    return Keys(hashes[order], rows[order])
