"""Questions to a corpus in a database → hits; what :class:`PaperSearch` answers for large corpora.

A few hundred rows are candidates: the nearest in meaning and the best by their words. They are
scored exactly, by the formulas of a local index, with statistics that stand for all other rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, Unpack

import numpy as np

from ssm_search import ranking
from ssm_search.abstracts import default_cache
from ssm_search.corpus import not_of_a_list
from ssm_search.display import Hits
from ssm_search.encoder import Encoder, load_encoder
from ssm_search.errors import EncoderError, StoreError
from ssm_search.facets import Tally
from ssm_search.files import replacing_folder
from ssm_search.filters import Filters, sql_of
from ssm_search.lookup import Lookup
from ssm_search.manifest import Manifest
from ssm_search.onnx_encoder import ENCODER_FOLDER, FILES, SCHEME, OnnxEncoder
from ssm_search.papers import Category, Hit, Paper, Why, full_text
from ssm_search.question import Question, as_document, checked_query, merged, of_title, understand
from ssm_search.reasons import sharing_most
from ssm_search.search import MMR_POOL, check_count, check_wishes
from ssm_search.store import Row, Store, View
from ssm_search.store_writing import check_fingerprint
from ssm_search.text import sentences

if TYPE_CHECKING:
    from numpy.typing import NDArray

CANDIDATES = 200  # rows by meaning, and as many by words
REMEMBERED = 256  # queries, see :data:`ssm_search.search.REMEMBERED`
PAGE = 256  # papers that are read at once where all are


class StoreSearch:
    """Search over a corpus in a database."""

    def __init__(self, store: Store, encoder: Encoder | None = None):
        """Use :meth:`load`."""
        self.store = store
        self._encoder = encoder
        self._remembered: tuple[View, Callable[[str], Question]] | None = None
        self._pool = ThreadPoolExecutor(2 * 4)

    @classmethod
    def load(
        cls,
        uri: str,
        encoder: Encoder | None = None,
        *,
        storage_options: Mapping[str, str] | None = None,
    ) -> StoreSearch:
        """Open the store at ``uri``.

        Args:
            encoder: the one that built it; by default the one that it carries, or else it is
                loaded by its name.

        Raises:
            StoreError: there is none, it is out of reach or damaged, or another encoder built it.
        """
        store = Store.open(uri, storage_options)
        if encoder is not None:
            expected = store.view().manifest.encoder_fingerprint
            if expected.startswith(SCHEME) and encoder.fingerprint != expected:
                carried = _carried(store, store.view())
                if encoder.fingerprint == carried.about.source:
                    return cls(store, carried)
            check_fingerprint(encoder, expected, uri)
        return cls(store, encoder)

    @property
    def encoder(self) -> Encoder:
        """The encoder of this store, loaded when it is first needed.

        Raises:
            StoreError: it is not to be had, or is another than the one that built the store.
        """
        manifest = self.manifest
        if self._encoder is None:
            if manifest.encoder_fingerprint.startswith(SCHEME):
                self._encoder = _carried(self.store, self.store.view())
            elif manifest.encoder_name:
                self._encoder = load_encoder(manifest.encoder_name)
            else:
                raise StoreError(
                    f"the store at {self.store.uri} was built with an encoder of its own, "
                    f"{manifest.encoder_fingerprint}; pass it as encoder="
                )
        check_fingerprint(self._encoder, manifest.encoder_fingerprint, self.store.uri)
        return self._encoder

    @property
    def manifest(self) -> Manifest:
        """What the corpus says about itself."""
        return self.store.view().manifest

    @property
    def papers(self) -> Sequence[Paper]:
        """All papers, in no order that means anything; each is read when it is asked for."""
        return StorePapers(self.store.view())

    @property
    def tally(self) -> Tally:
        """How many papers there are of each year and venue, and under each heading."""
        return self.store.view().stats.tally

    @property
    def headings(self) -> tuple[Category, ...]:
        """All that papers stand under."""
        return tuple(sorted(self.tally.headings))

    def get(self, paper_id: str) -> Paper | None:
        """The paper with this id; None if there is none."""
        view = self.store.view()
        row = _lookup(view).id(paper_id)
        return None if row is None else view.papers([row])[0]

    def is_of(self, list_text: str) -> bool:
        """False: a store is of no list."""
        return False

    def status(self) -> dict[str, Any]:
        """Counts, encoder and age, as JSON types."""
        manifest = self.manifest
        age = datetime.now(UTC) - datetime.fromisoformat(manifest.built)
        return {
            "list": manifest.list_name,
            "entries": manifest.papers,
            "papers": manifest.papers,
            "links": 0,
            "headings": len(self.tally.headings),
            "indexed_with_abstract": manifest.papers,
            "abstracts_at_hand": manifest.papers,
            "sentences": 0,
            "encoder": manifest.encoder_name or manifest.encoder_fingerprint,
            "dimension": manifest.dimension,
            "vectors": manifest.segments[0].kind,
            "built": manifest.built,
            "age_days": age.days,
            "without_abstract": [],
            "store": self.store.uri,
        }

    def query(self, text: str, k: int = 10, **filters: Unpack[Filters]) -> Hits:
        """The ``k`` papers that answer ``text`` best, best first; as :meth:`PaperSearch.query`.

        Raises:
            QueryError: ``text`` is empty or too long, or ``k`` is not positive.
            PaperNotFoundError: ``text`` is an arXiv id or link that is not in the store.
            FilterError: a filter names something that the store does not have.
            StoreError: the store cannot be read.
        """
        check_count(k)
        view = self.store.view()
        where = sql_of(filters, view.stats.tally.headings)
        text = checked_query(text)
        lookup = _lookup(view)
        row = lookup.link(text)
        if row is None:  # meanwhile: each is a way to the storage and back
            called = self._pool.submit(lookup.called, text)
            question = self._understood(view)(text)
        else:
            question = _of_listed(row, view)
        found = self._candidates(question, view, max(CANDIDATES, k), where)
        exact = called.result() if row is None else [row]
        if missing := [one for one in exact if one not in found]:
            found |= _by_number(view, missing, where)
        rows = [found[at] for at in sorted(found)]
        scores = _scores(question, rows, view)
        scores = ranking.put_first(scores, np.array([one.row in exact for one in rows], dtype=bool))
        return _hits(view, rows, scores, k, question, exact=exact)

    def newest(self, k: int = 10, **filters: Unpack[Filters]) -> list[Paper]:
        """The ``k`` newest papers that meet ``filters``, newest first; those without a date last.

        Raises:
            QueryError, FilterError, StoreError: as :meth:`query`.
        """
        check_count(k)
        view = self.store.view()
        rows, dates = view.dates(sql_of(filters, view.stats.tally.headings))
        best = np.argsort(-dates, kind="stable")[:k]
        return view.papers([int(row) for row in rows[best]])

    def related(
        self, paper_or_id_or_text: Paper | str, k: int = 10, **filters: Unpack[Filters]
    ) -> Hits:
        """The ``k`` papers nearest to a paper, and never that paper itself.

        Raises:
            as :meth:`query`.
        """
        return self.recommend([paper_or_id_or_text], k=k, **filters)

    def recommend(
        self,
        like: Sequence[Paper | str],
        dislike: Sequence[Paper | str] = (),
        k: int = 10,
        diversity: float = 0.0,
        **filters: Unpack[Filters],
    ) -> Hits:
        """The ``k`` papers nearest to those liked and away from those disliked, none of them again.

        Args: as :meth:`PaperSearch.recommend`.

        Raises:
            as :meth:`query`.
        """
        check_wishes(like, diversity)
        check_count(k)
        view = self.store.view()
        where = sql_of(filters, view.stats.tally.headings)
        lookup = _lookup(view)
        liked = [self._seed(one, view, lookup) for one in like]
        disliked = [self._seed(one, view, lookup) for one in dislike]
        seeds = [row for row, _ in liked + disliked if row is not None]
        excluded = set(lookup.versions(seeds))
        wanted = k if not diversity else MMR_POOL * k
        found: dict[int, Row] = {}
        for _, question in liked:
            found |= self._candidates(
                question, view, max(CANDIDATES, wanted) + len(excluded), where
            )
        rows = [found[at] for at in sorted(found) if at not in excluded]
        scores = ranking.rocchio(
            [_scores(question, rows, view) for _, question in liked],
            [_scores(question, rows, view) for _, question in disliked],
        )
        if diversity and rows:
            pool = ranking.top_rows(scores, wanted, np.ones(len(rows), dtype=bool))
            vectors = np.array([rows[at].vector for at in pool])
            chosen = pool[ranking.mmr(scores[pool], vectors, k, diversity)]
        else:
            chosen = None
        question = merged([question for _, question in liked])
        own = [row for row, _ in liked if row is not None]
        near = {path for paper in view.papers(own) for path in paper.categories}
        return _hits(view, rows, scores, k, question, headings=near, chosen=chosen)

    def suggest_categories(self, paper_or_id_or_text: Paper | str, k: int = 3) -> NoReturn:
        """Not of a large corpus.

        Raises:
            IndexFolderError: always; so do :meth:`place` and :meth:`duplicates`.
        """
        self._refuse()

    def place(self, paper_or_id_or_text: Paper | str, k: int = 3) -> NoReturn:
        """Not of a large corpus."""
        self._refuse()

    def duplicates(self, paper_or_id_or_text: Paper | str) -> NoReturn:
        """Not of a large corpus."""
        self._refuse()

    def _understood(self, view: View) -> Callable[[str], Question]:
        """What understands queries to ``view``, and remembers them as long as it is current."""
        known = self._remembered
        if known is None or known[0] is not view:
            known = view, lru_cache(REMEMBERED)(lambda text: understand(text, view, self.encoder))
            self._remembered = known
        return known[1]

    def _refuse(self) -> NoReturn:
        raise not_of_a_list(self.manifest)

    def _seed(self, asked: Paper | str, view: View, lookup: Lookup) -> tuple[int | None, Question]:
        """The row of what is asked about, if it is listed, and the question that it makes."""
        asked = asked if isinstance(asked, Paper) else checked_query(asked)
        row = lookup.paper(asked)
        if row is not None:
            return row, _of_listed(row, view)
        text = full_text(asked) if isinstance(asked, Paper) else asked
        return None, as_document(checked_query(text), view, self.encoder)

    def _candidates(self, question: Question, view: View, k: int, where: str) -> dict[int, Row]:
        """The ``k`` nearest rows and the ``k`` best by their words, by number."""
        stems = list(view.stats.weights(question.stems))
        by_text = self._pool.submit(view.best_by_text, stems, k, where)
        near = view.nearest(question.vector, k, where)
        return {row.row: row for row in [*near, *by_text.result()]}


class StorePapers(Sequence[Paper]):
    """The papers of a store, read when they are asked for."""

    def __init__(self, view: View):
        self._view = view

    def __len__(self) -> int:
        return len(self._view)

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        """A paper by its place."""
        if isinstance(at, slice):
            return self._view.papers_at(range(len(self))[at])
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        return self._view.papers_at([at % len(self)])[0]

    def __iter__(self) -> Iterator[Paper]:
        for first in range(0, len(self), PAGE):
            yield from self[first : first + PAGE]


def _lookup(view: View) -> Lookup:
    return Lookup(lambda row: view.papers([row])[0], view.rows_named, lambda: len(view))


def _of_listed(row: int, view: View) -> Question:
    vector = _by_number(view, [row], "")[row].vector
    return of_title(view.papers([row])[0].title, vector)


def _by_number(view: View, rows: Sequence[int], where: str) -> dict[int, Row]:
    condition = f"_rowid IN ({', '.join(map(str, rows))})"
    return {row.row: row for row in view.rows(f"{condition} AND {where}" if where else condition)}


def _scores(question: Question, rows: Sequence[Row], view: View) -> NDArray[np.float32]:
    """As :func:`ssm_search.ranking.fuse` scores them among all rows; shape (len(rows),)."""
    if not rows:
        return np.zeros(0, dtype=np.float32)
    stats = view.stats
    dense = ranking.cosines(np.array([row.vector for row in rows]), question.vector)
    weights = stats.weights(question.stems)
    bm25 = stats.bm25_scores(weights, [row.terms for row in rows])
    return ranking.weighted(
        ranking.standardized(bm25, *stats.bm25_spread(weights)),
        ranking.standardized(dense, *stats.cosine_spread(question.vector)),
    )


def _hits(
    view: View,
    rows: Sequence[Row],
    scores: NDArray[np.float32],
    k: int,
    question: Question,
    *,
    exact: Collection[int] = (),
    headings: Collection[Category] = (),
    chosen: NDArray[np.int64] | None = None,
) -> Hits:
    """The best ``k`` of ``rows``, or those ``chosen``, as hits that say why."""
    if chosen is None:
        chosen = ranking.top_rows(scores, k, np.ones(len(rows), dtype=bool))
    best = [rows[at] for at in chosen]
    papers = view.papers([row.row for row in best])
    hits = []
    for rank, (at, row, paper) in enumerate(zip(chosen, best, papers, strict=True), start=1):
        has = set(row.terms)
        why = Why(
            terms=tuple(word for stem, word in question.words.items() if stem in has),
            sentence=sharing_most(sentences(paper.abstract), question),
            heading=next((path for path in paper.categories if path in headings), ()),
            exact=row.row in exact,
        )
        hits.append(Hit(paper, float(scores[at]), rank, why))
    return Hits(hits)


def _carried(store: Store, view: View) -> OnnxEncoder:
    """The exported encoder that the store carries, kept in the user's cache."""
    fingerprint = view.manifest.encoder_fingerprint
    name = hashlib.sha256(fingerprint.encode()).hexdigest()[:32]
    folder = default_cache().parent / "encoders" / name
    encoder = OnnxEncoder(folder, fingerprint)
    try:
        encoder.check()
    except EncoderError:
        with replacing_folder(folder) as new:
            for file in FILES:
                key = view.current.blobs.get(f"{ENCODER_FOLDER}/{file}", "")
                (new / file).write_bytes(store.blob(key))
    return encoder
