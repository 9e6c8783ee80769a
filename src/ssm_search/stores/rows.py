"""The rows of a corpus in a LanceDB database; one state of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import numpy as np

from ssm_search.filters import Filters, Tally, lackable, several, sql
from ssm_search.index import Candidates, Manifest
from ssm_search.names import rows_by, signed64
from ssm_search.papers import Category, LeftOut, Paper
from ssm_search.ranking import fusion
from ssm_search.stores.access import reaching, stored_paper
from ssm_search.stores.listing import StorePapers
from ssm_search.stores.stats import StoreStats
from ssm_search.vectors import cosines
from ssm_search.words import RowVectors, Words

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")

FORMAT = 3
CANDIDATES = 200  # rows by meaning, and as many by words
NPROBES = 64
"""Partitions that are searched, of those that an index of the vectors has. Of 111,522 papers in 256
partitions, 16, 32 and 64 find .952, .980 and .993 of the ten nearest, in 5, 6 and 8 ms; LanceDB's
own number of partitions, 27, takes 20 ms."""
ENCODED = ("vector", "words", "title_words")
"""Columns that hold what an encoder made of a row."""
NAMED = 200  # papers that are looked at to see which names are known
REMEMBERED = 2_048  # names of papers whose rows are kept


_POOL = ThreadPoolExecutor(2 * 4, thread_name_prefix="store")


@dataclass(frozen=True, slots=True)
class Current:
    """What ``current`` says.

    Attributes:
        table, version: where the papers are.
        blobs: the key of each, by what it is.
        about: the manifest.
    """

    table: str
    version: int
    blobs: dict[str, str]
    about: dict[str, Any]
    format: int = FORMAT

    def to_json(self) -> str:
        """The text that the table ``current`` holds."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def manifest(self) -> Manifest:
        """The manifest of the corpus, as an index in a folder would have it."""
        return Manifest.of_table(self.table, self.about)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that may be an answer.

    Attributes:
        row: its number in this version of the table.
        encoded: what an encoder made of it, one row.
        terms: its stems, in order.
    """

    row: int
    encoded: RowVectors
    terms: tuple[str, ...]


class StoreRows:
    """The rows of one state of a store, which stays as it is whatever is written meanwhile.

    A :class:`~ssm_search.index.rows.Rows`.
    """

    def __init__(self, uri: str, current: Current, table: Any, stats: StoreStats, sample: Words):
        self.uri = uri
        self.current = current
        self.manifest = current.manifest()
        self.stats = stats
        self.sample = sample
        self._table = table
        self.rows_named = lru_cache(REMEMBERED)(self._rows_named)
        self._dates = lru_cache(8)(self._read_dates)
        self._counted = lru_cache(REMEMBERED)(self._count)

    def __len__(self) -> int:
        return self.stats.n

    @property
    def is_list(self) -> bool:
        """False: a store is of no list."""
        return False

    def as_list(self) -> NoReturn:
        """What only a list can do is not for a store.

        Raises:
            IndexFolderError: always.
        """
        raise self.manifest.not_of_a_list()

    @property
    def listing(self) -> Sequence[Paper]:
        """All papers, in no order that means anything; each is read when it is asked for."""
        return StorePapers(len(self), self.papers_at)

    @property
    def tally(self) -> Tally:
        """How many papers there are of each year and venue, and under each heading."""
        return self.stats.tally

    @property
    def headings(self) -> tuple[Category, ...]:
        """All headings, or arXiv categories, that papers stand under, sorted."""
        return tuple(sorted(self.tally.headings))

    @property
    def dimension(self) -> int:
        """How many numbers every vector has."""
        return self.manifest.dimension

    @property
    def words(self) -> Sequence[str]:
        """The words that terms are stems of, but for the rarest; sorted."""
        return self.stats.common_words

    def knows(self, stem: str, /) -> bool:
        """Whether any row has the term ``stem``."""
        return self.stats.place(stem) is not None

    def idf(self, stems: Collection[str], /) -> dict[str, float]:
        """How much it says of a row to have each term."""
        return self.stats.idf(stems)

    def status(self) -> dict[str, Any]:
        """Counts, where the store is, and how its vectors are searched, as JSON types."""
        count = self.manifest.papers
        return {
            "entries": count,
            "papers": count,
            "links": 0,
            "headings": len(self.tally.headings),
            "indexed_with_abstract": count,
            "abstracts_at_hand": count,
            "vectors": self.manifest.kind,
            "without_abstract": [],
            "store": self.uri,
        }

    def choose(self, asked: Filters, /) -> str:
        """The filters ``asked`` for as a condition in SQL; "" for none.

        Raises:
            FilterError: a filter names something that is not there.
        """
        for author in several(asked.get("author")):
            rows_by(author, self.rows_named)
        return sql.to_sql(asked, self.tally.headings, self.tally.venues)

    def left_out(self, asked: Filters, /) -> LeftOut:
        """The papers that the filters ``asked`` for leave out for want of knowledge."""
        if not (names := lackable(asked)):
            return LeftOut()
        lacking = sql.lacking_in_sql(asked, self.tally.headings, self.tally.venues)
        return LeftOut(self._counted(lacking), " or ".join(names))

    def newest(self, chosen: str, k: int) -> list[int]:
        """The ``k`` newest rows that meet the condition, newest first; those without a date last.

        Raises:
            StoreError: the store cannot be read; so do all that read it.
        """
        rows, dates = self._dates(chosen)
        return [int(row) for row in rows[np.argsort(-dates, kind="stable")[:k]]]

    def candidates(
        self,
        questions: Sequence[fusion.Asked],
        chosen: str,
        k: int,
        *,
        against: Sequence[fusion.Asked] = (),
        also: Collection[int] = (),
        without: Collection[int] = (),
    ) -> Candidates:
        """A few hundred rows: the nearest to each question, and the best by its words."""
        count = max(CANDIDATES, k) + len(without)
        found: dict[int, Row] = {}
        for question in questions:
            stems = list(self.stats.weights(question.stems)) if question.weights.bm25 else []
            by_text = _POOL.submit(self.best_by_text, stems, count, chosen)
            near = self.nearest(question.vector, count, chosen)
            found |= {row.row: row for row in [*near, *by_text.result()]}
        if missing := [row for row in also if row not in found]:
            found |= self._by_number(missing, chosen)
        rows = [found[row] for row in sorted(found) if row not in without]
        asked = [*questions, *against]
        signals = np.zeros((3, len(asked), len(rows)), dtype=np.float32)
        if rows:
            encoded = RowVectors.joined([row.encoded for row in rows])
            for at, question in enumerate(asked):
                signals[:, at] = self._signals(question, rows, encoded)
        numbers = [row.row for row in rows]
        scores, dense, late = signals
        return Candidates(numbers, np.ones(len(rows), dtype=bool), scores, dense, late, rows)

    def _signals(
        self, question: fusion.Asked, rows: Sequence[Row], encoded: RowVectors
    ) -> tuple[NDArray[np.float32], ...]:
        """Score, cosine and late interaction of rows, by statistics that stand for all others."""
        dense = cosines(encoded.vectors, question.vector)
        weights = self.stats.weights(question.stems)
        bm25 = self.stats.bm25_scores(weights, [row.terms for row in rows])
        met = encoded.words.scores_in(question, self.sample)
        scores = fusion.fused(
            question.weights,
            fusion.standardized(bm25, *self.stats.bm25_spread(weights)),
            fusion.standardized(dense, *self.stats.cosine_spread(question.vector)),
            met[1] if met else None,
        )
        return scores, dense, met[0] if met else dense

    def terms_of(
        self, candidates: Candidates, places: Sequence[int], stems: Collection[str]
    ) -> list[Collection[str]]:
        """The terms of each of some rows."""
        return [frozenset(candidates.fetched[place].terms) for place in places]

    def vectors(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """The stored vectors of ``rows``, shape (len(rows), d)."""
        found = self._by_number(rows, "") if rows else {}
        vectors = [found[row].encoded.vectors[0] for row in rows]
        return np.array(vectors, dtype=np.float32).reshape(len(rows), self.dimension)

    def words_of(self, row: int, length: int) -> None:
        """None: the words of abstracts are pooled."""

    def title_words(self, row: int) -> NDArray[np.float32]:
        """Unit vectors of the words of a row's title, float32, shape (t, w)."""
        return self._by_number([row], "")[row].encoded.words.title_of(0)

    def is_indexed_text(self, row: int, paper: Paper) -> bool:
        """True: text and vector are written together."""
        return True

    def meanwhile(self, work: Callable[[], T]) -> Callable[[], T]:
        """Begin ``work`` at once: each look at the storage is a way there and back."""
        return _POOL.submit(work).result

    def nearest(self, vector: NDArray[np.float32], k: int, where: str = "") -> list[Row]:
        """The ``k`` rows nearest to a unit vector, (d,), among those that meet ``where``."""
        with reaching(self.uri):
            query = self._table.search(vector, vector_column_name="vector").distance_type("dot")
            if self.manifest.kind != "Flat":
                query = query.nprobes(NPROBES)
            return self._rows(_under(query, where), k, "_distance")

    def best_by_text(self, stems: Sequence[str], k: int, where: str = "") -> list[Row]:
        """The ``k`` rows that full text search finds best for ``stems``."""
        if not stems:
            return []
        from lancedb import query as of_text

        match: Any = of_text.MatchQuery  # its types ask for what has defaults
        with reaching(self.uri):
            query = self._table.search(match(" ".join(stems), "terms"), query_type="fts")
            return self._rows(_under(query, where), k, "_score")

    def _by_number(self, rows: Sequence[int], where: str) -> dict[int, Row]:
        """Those of ``rows`` that meet ``where``."""
        condition = f"_rowid IN ({', '.join(map(str, rows))})"
        with reaching(self.uri):
            query = self._table.search().where(f"{condition} AND {where}" if where else condition)
            found = self._rows(query, len(self))
        return {row.row: row for row in found}

    def papers(self, rows: Sequence[int]) -> list[Paper]:
        """The papers of ``rows``, in that order."""
        if not rows:
            return []
        with reaching(self.uri):
            query = self._table.take_row_ids(list(rows)).select(["paper"]).with_row_id()
            found = query.to_arrow()
            texts = dict(zip(found["_rowid"].to_pylist(), found["paper"].to_pylist(), strict=True))
        return [stored_paper(self.uri, texts[row]) for row in rows]

    def papers_at(self, places: Sequence[int]) -> list[Paper]:
        """The papers that stand at ``places``, from 0, ascending."""
        with reaching(self.uri):
            found = self._table.take_offsets(list(places)).select(["paper"]).to_arrow()
        return [stored_paper(self.uri, text) for text in found["paper"].to_pylist()]

    def stored(self, ids: Sequence[str]) -> list[tuple[Paper, RowVectors]]:
        """Each of the papers that is there, and what an encoder made of it."""
        with reaching(self.uri):
            where = f"id IN ({', '.join(map(sql.quoted, ids))})"
            query = self._table.search().where(where).select(["paper", *ENCODED])
            found = query.limit(len(ids)).to_arrow()
        encoded = self._encoded(found)
        papers = [stored_paper(self.uri, text) for text in found["paper"].to_pylist()]
        return [(paper, encoded.taken([at])) for at, paper in enumerate(papers)]

    def _rows(self, query: Any, k: int, *scores: str) -> list[Row]:
        """The first ``k`` rows of a query that ranks by a column of its own."""
        columns = [*ENCODED, "terms", *scores]
        found = query.select(columns).limit(k).with_row_id(True).to_arrow()
        encoded = self._encoded(found)
        numbers, texts = found["_rowid"].to_pylist(), found["terms"].to_pylist()
        return [
            Row(number, encoded.taken([at]), tuple(text.split()))
            for at, (number, text) in enumerate(zip(numbers, texts, strict=True))
        ]

    def _encoded(self, found: Any) -> RowVectors:
        vectors = found["vector"].combine_chunks().flatten().to_numpy()
        content = found["words"].to_pylist()
        width = self.sample.vectors.shape[1]
        words = np.frombuffer(b"".join(content), dtype=np.int8)
        starts = np.cumsum([0, *(len(row) // max(width, 1) for row in content)], dtype=np.int64)
        titles = found["title_words"].to_numpy().astype(np.int32)
        return RowVectors(
            np.asarray(vectors, dtype=np.float32).reshape(len(found), self.dimension),
            Words(words.reshape(-1, width) if width else words.reshape(0, 0), starts, titles),
        )

    def _rows_named(self, name: str) -> list[int]:
        with reaching(self.uri):
            where = f"array_has(names, {signed64(name)})"
            query = self._table.search().where(where).select(["id"]).limit(len(self))
            return sorted(query.with_row_id(True).to_arrow()["_rowid"].to_pylist())

    def known_names(self, asked: Collection[str], /) -> set[str]:
        """Those of the names that any of ``NAMED`` papers with one of them goes by."""
        hashes = {signed64(name): name for name in sorted(asked)}
        if not hashes:
            return set()
        with reaching(self.uri):
            where = f"array_has_any(names, [{', '.join(map(str, hashes))}])"
            found = self._table.search().where(where).select(["names"]).limit(NAMED).to_arrow()
        return {hashes[key] for each in found["names"].to_pylist() for key in each if key in hashes}

    def _count(self, where: str) -> int:
        with reaching(self.uri):
            return int(self._table.count_rows(where))

    def _read_dates(self, where: str) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The rows that meet ``where``, ascending, and the date of each as one number."""
        with reaching(self.uri):
            query = self._table.search()
            query = query.where(where) if where else query
            found = query.select(["date"]).limit(len(self)).with_row_id(True).to_arrow()
            rows = found["_rowid"].to_numpy().astype(np.int64)
            order = np.argsort(rows)
            return rows[order], found["date"].to_numpy()[order]


def _under(query: Any, where: str) -> Any:
    return query.where(where, prefilter=True) if where else query
