"""The facade: papers in, ranked answers with reasons out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from ssm_search import ranking
from ssm_search.categories import Judgement
from ssm_search.corpus import Corpus, build_corpus, load_corpus, save_corpus
from ssm_search.display import Hits
from ssm_search.encoder import Encoder, encode_sorted, load_encoder
from ssm_search.errors import IndexFolderError, QueryError
from ssm_search.facets import Tally, tally
from ssm_search.filters import Filters, matching_rows
from ssm_search.index import SearchIndex
from ssm_search.lookup import Lookup
from ssm_search.manifest import Manifest, stamped
from ssm_search.onnx_encoder import OnnxEncoder, carried_encoder
from ssm_search.papers import (
    Abstract,
    Category,
    CategorySuggestion,
    Duplicate,
    Paper,
    Placement,
    full_text,
)
from ssm_search.placing import Placing, Seed
from ssm_search.question import Question, as_document, checked_query, merged, of_listed, understand
from ssm_search.reasons import Reasons
from ssm_search.segmented import SegmentedIndex
from ssm_search.text import sentences

if TYPE_CHECKING:
    from numpy.typing import NDArray

REMEMBERED = 256
"""Queries: encoding one takes 2 ms, all else 0.4; filters and pages ask the same one again."""
MMR_POOL = 10  # answers that diversity chooses from, for each one wanted


class PaperSearch:
    """Search over any collection of papers."""

    def __init__(self, corpus: Corpus, encoder: Encoder | None):
        """Use :meth:`from_papers` or :meth:`load`."""
        self.corpus = corpus
        self._encoder = encoder
        self._lookup = Lookup(
            lambda row: corpus.papers[row], corpus.rows_named, lambda: int(corpus.present.sum())
        )
        self._understood = lru_cache(REMEMBERED)(
            lambda text: understand(text, self.index, self.encoder)
        )
        self._reasons = Reasons(corpus)
        self._placing = Placing(
            corpus, self._reasons, lambda text: encode_sorted(self.encoder, [text])[0]
        )

    @classmethod
    def from_papers(
        cls,
        papers: Iterable[Paper],
        encoder: Encoder | None = None,
        *,
        previous: PaperSearch | None = None,
        headings: Sequence[Category] = (),
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> PaperSearch:
        """Index ``papers`` by title and, where known, abstract.

        Args:
            encoder: the default model if None.
            previous: an index whose vectors serve again where encoder and text are the same.
            headings: those of the list that no paper stands under yet.
            progress: called with (texts encoded, texts to encode).

        Raises:
            EncoderError: the encoder is missing or gives something other than unit vectors.
            QueryError: two papers share an id.
        """
        encoder = encoder or load_encoder()
        known = previous.corpus if previous else None
        return cls(build_corpus(list(papers), encoder, known, headings, progress), encoder)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        encoder: Encoder | None = None,
        *,
        abstracts: Mapping[str, Abstract] | None = None,
    ) -> PaperSearch:
        """Read what :meth:`save` wrote.

        Args:
            encoder: the one that built the index. By default it is the exported one that lies in
                the folder, or else is loaded by its name, when it is needed. For the model that an
                exported one was made of, the exported one stands in.
            abstracts: texts to show with the answers, beside those that lie in the folder.

        Raises:
            IndexFolderError: there is no index, it is damaged, or another encoder built it.
        """
        corpus = load_corpus(Path(folder), abstracts or {})
        carried = carried_encoder(Path(folder), corpus.manifest.encoder_fingerprint)
        if encoder is None or (carried and encoder.fingerprint == carried.about.source):
            return cls(corpus, carried)
        _check_fingerprint(encoder, corpus.manifest)
        return cls(corpus, encoder)

    def save(self, folder: str | Path, *, list_name: str = "", list_sha256: str = "") -> None:
        """Write the index to ``folder``, replacing it whole or, if interrupted, not at all.

        The abstracts go to a file of their own, which the index does not need: their text belongs
        to their authors, and an index can be passed on without it.
        """
        manifest = stamped(self.corpus.manifest, list_name, list_sha256)
        self.corpus = replace(self.corpus, manifest=manifest)
        save_corpus(self.corpus, Path(folder), self._encoder)
        if isinstance(self._encoder, OnnxEncoder):  # where it lay before may be gone
            self._encoder = carried_encoder(Path(folder), manifest.encoder_fingerprint)

    @property
    def papers(self) -> Sequence[Paper]:
        """All papers, in the order of the rows; of a large corpus, those that are gone too."""
        return self.corpus.papers

    @property
    def index(self) -> SearchIndex | SegmentedIndex:
        """Their vectors and terms."""
        return self.corpus.index

    @property
    def manifest(self) -> Manifest:
        """What the index says about itself."""
        return self.corpus.manifest

    def row(self, paper_id: str) -> int | None:
        """The row of the paper with this id; None if there is none."""
        return self._lookup.id(paper_id)

    def get(self, paper_id: str) -> Paper | None:
        """The paper with this id, as it is listed; None if there is none."""
        row = self.row(paper_id)
        return None if row is None else self.papers[row]

    @cached_property
    def tally(self) -> Tally:
        """How many papers there are of each year and venue, and under each heading."""
        return tally(self.corpus.facets, self.corpus.present)

    @property
    def headings(self) -> tuple[Category, ...]:
        """Those of the list, in its order; of a large corpus, arXiv's categories."""
        if self.manifest.segments:
            return tuple(sorted(self.tally.headings))
        return self.manifest.headings

    def is_of(self, list_text: str) -> bool:
        """Whether the index was built from this list as it stands, to the byte."""
        content = list_text.removeprefix("\ufeff").encode()
        return hashlib.sha256(content).hexdigest() == self.manifest.list_sha256

    def status(self) -> dict[str, Any]:
        """Counts, coverage of abstracts, encoder and age, as JSON types."""
        manifest, facets, present = self.manifest, self.corpus.facets, self.corpus.present
        age = datetime.now(UTC) - datetime.fromisoformat(manifest.built) if manifest.built else None
        entries = int(present.sum())
        at_hand = int((np.concatenate([part.has_abstract for part in facets]) & present).sum())
        links, lacking, with_abstract = 0, list[str](), at_hand
        if not manifest.segments:
            ids = {paper.id for paper in self.papers if paper.kind == "paper"}
            links = entries - len(ids)
            lacking = [paper_id for paper_id in manifest.without_abstract if paper_id in ids]
            with_abstract = len(ids) - len(lacking)
        return {
            "list": manifest.list_name,
            "entries": entries,
            "papers": entries - links,
            "links": links,
            "headings": len({path for part in facets for path in part.paths}),
            "indexed_with_abstract": with_abstract,
            "abstracts_at_hand": at_hand,
            "sentences": manifest.sentences,
            "encoder": manifest.encoder_name or manifest.encoder_fingerprint,
            "dimension": manifest.dimension,
            "vectors": ", ".join(dict.fromkeys(part.kind for part in manifest.segments)) or "Flat",
            "built": manifest.built,
            "age_days": age.days if age else None,
            "without_abstract": lacking,
        }

    def query(self, text: str, k: int = 10, **filters: Unpack[Filters]) -> Hits:
        """The ``k`` papers that answer ``text`` best, best first.

        Args:
            text: words, a question, a pasted abstract, a title, an arXiv id or link. A paper whose
                title, name or id it is comes first.
            filters: see :class:`~ssm_search.filters.Filters`. As many papers as meet them are
                answered, up to ``k``.

        Raises:
            QueryError: ``text`` is empty or longer than ``MAX_QUERY_CHARS``, ``k`` is not positive.
            PaperNotFoundError: ``text`` is an arXiv id or link that is not in the index.
            FilterError: a filter names something that the index does not have.
        """
        allowed = self._allowed(k, filters)
        text = checked_query(text)
        row = self._lookup.link(text)
        exact = self._lookup.called(text) if row is None else [row]
        question = self._understood(text) if row is None else of_listed(row, self.corpus)
        scores = ranking.put_first(self._scores(question, allowed), self._mask(exact))
        return self._reasons.hits(
            ranking.top_rows(scores, k, allowed), scores, question, exact=exact
        )

    def newest(self, k: int = 10, **filters: Unpack[Filters]) -> list[Paper]:
        """The ``k`` newest papers that meet ``filters``, newest first; those without a date last.

        Raises:
            QueryError: ``k`` is not positive.
            FilterError: as :meth:`query`.
        """
        allowed = self._allowed(k, filters)
        dates = np.concatenate([facets.dates for facets in self.corpus.facets])
        return [self.papers[row] for row in ranking.top_rows(dates, k, allowed)]

    def related(
        self, paper_or_id_or_text: Paper | str, k: int = 10, **filters: Unpack[Filters]
    ) -> Hits:
        """The ``k`` papers nearest to a paper, best first, and never that paper itself.

        Args:
            paper_or_id_or_text: a paper, listed or not; an arXiv id or link, or the exact title,
                of a listed one; or any text, such as an abstract.
            filters: as in :meth:`query`.

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

        Args:
            like: papers, ids, links, titles or texts, as :meth:`related` takes them; at least one.
            dislike: the same, for what to keep away from.
            diversity: 0 ranks by nearness alone, towards 1 each answer differs more from those
                before it (:func:`~ssm_search.ranking.mmr`).
            filters: as in :meth:`query`.

        Raises:
            QueryError: nothing is liked, or ``diversity`` is not between 0 and 1; and as
                :meth:`query`.
        """
        check_wishes(like, diversity)
        allowed = self._allowed(k, filters)
        liked = [self._seed(seed) for seed in like]
        disliked = [self._seed(seed) for seed in dislike]
        seeds = [seed.row for seed in liked + disliked if seed.row is not None]
        allowed[self._lookup.versions(seeds)] = False
        scores = ranking.rocchio(
            [self._scores(seed.question, allowed) for seed in liked],
            [self._scores(seed.question, allowed) for seed in disliked],
        )
        rows = ranking.top_rows(scores, k if not diversity else MMR_POOL * k, allowed)
        if diversity:
            vectors = np.array([self.index.paper_vector(row) for row in rows])
            rows = rows[ranking.mmr(scores[rows], vectors, k, diversity)]
        question = merged([seed.question for seed in liked])
        rows_liked = [seed.row for seed in liked if seed.row is not None]
        near = {path for row in rows_liked for path in self.papers[row].categories}
        return self._reasons.hits(rows, scores, question, headings=near)

    def suggest_categories(
        self, paper_or_id_or_text: Paper | str, k: int = 3
    ) -> list[CategorySuggestion]:
        """The ``k`` headings that a paper most likely belongs under, likeliest first.

        A listed paper is filed as if it were not listed. An empty list means that nothing fits:
        the paper is about something else than the list (nearer to it than to this paper are all
        but 2 % of the listed papers), or no present heading is for it (about no more than 5 % of
        the listed papers there is as much doubt).

        Raises:
            QueryError: there is no text, or ``k`` is not positive; and as :meth:`related`.
        """
        placement = self.place(paper_or_id_or_text, k)
        return list(placement.suggestions) if placement.verdict == "fits" else []

    def place(self, paper_or_id_or_text: Paper | str, k: int = 3) -> Placement:
        """Whether a paper belongs on the list at all, and the ``k`` headings it may go under.

        What :meth:`suggest_categories` says in short. A list without headings has none that fits.

        Raises:
            QueryError: as :meth:`suggest_categories`.
        """
        check_count(k)
        seed = self._seed(paper_or_id_or_text)
        return self._placing.place(seed, self._scores(seed.question, self.corpus.present), k)

    def judge(self, paper_or_id_or_text: Paper | str) -> Judgement:
        """What :meth:`suggest_categories` decides by.

        Probabilities of ``manifest.headings``, whether any of them fits, and whether the paper is
        about what the list is about.

        Raises:
            QueryError: as :meth:`suggest_categories`.
        """
        return self._placing.judge(self._seed(paper_or_id_or_text))

    def duplicates(self, paper_or_id_or_text: Paper | str) -> list[Duplicate]:
        """The papers of the index that this one is, surest first; empty if it is new.

        By id in whatever form, by link, by a title that is the same or nearly so, or by an abstract
        that is: a paper that came back under another id or title is found too.

        Raises:
            QueryError: as :meth:`suggest_categories`.
        """
        return self._placing.duplicates(self._seed(paper_or_id_or_text))

    def _seed(self, asked: Paper | str) -> Seed:
        """What is asked about: a listed paper, one that is given, or one that a text describes."""
        asked = asked if isinstance(asked, Paper) else checked_query(asked)
        row = self._lookup.paper(asked)
        if isinstance(asked, Paper):
            paper, text = asked, full_text(asked)
        elif row is not None:
            paper, text = self.papers[row], asked
        else:
            title, *abstract = sentences(asked) or [asked]
            paper, text = Paper(id="", title=title, abstract=asked if abstract else ""), asked
        if row is not None:
            return Seed(paper, row, of_listed(row, self.corpus))
        return Seed(paper, None, as_document(checked_query(text), self.index, self.encoder))

    def _allowed(self, k: int, filters: Filters) -> NDArray[np.bool_]:
        check_count(k)
        return matching_rows(self.corpus.facets, filters) & self.corpus.present

    def _mask(self, rows: Sequence[int]) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.papers), dtype=bool)
        mask[list(rows)] = True
        return mask

    def _scores(self, question: Question, allowed: NDArray[np.bool_]) -> NDArray[np.float32]:
        if not len(self.papers):
            return np.zeros(0, dtype=np.float32)
        dense = self.index.dense_scores(question.vector, allowed)
        return ranking.fuse(self.index.bm25_scores(question.stems), dense.paper, dense.sentence)

    @property
    def encoder(self) -> Encoder:
        """The encoder of this index, loaded when it is first needed.

        Raises:
            IndexFolderError: it is not to be had, or is another version than the one that built
                the index.
        """
        if self._encoder is None:
            name = self.manifest.encoder_name
            if not name:
                raise IndexFolderError(
                    "this index was built with an encoder of its own, "
                    f"{self.manifest.encoder_fingerprint}; pass it as encoder="
                )
            encoder = load_encoder(name)
            _check_fingerprint(encoder, self.manifest)
            self._encoder = encoder
        return self._encoder


def check_wishes(like: Sequence[Paper | str], diversity: float) -> None:
    """Refuse what nothing can be recommended by.

    Raises:
        QueryError: nothing is liked, or ``diversity`` is not between 0 and 1.
    """
    if not like:
        raise QueryError("nothing is liked; name at least one paper to start from")
    if not 0 <= diversity <= 1:
        raise QueryError(f"diversity is {diversity}; expected a number from 0 to 1")


def check_count(k: int) -> None:
    """Refuse ``k`` that is no number of answers.

    Raises:
        QueryError: it is not positive.
    """
    if not isinstance(k, int) or k < 1:
        raise QueryError(f"k is {k!r}; expected how many answers you want, 1 or more")


def _check_fingerprint(encoder: Encoder, manifest: Manifest) -> None:
    if encoder.fingerprint != manifest.encoder_fingerprint:
        raise IndexFolderError(
            f"the index was built with encoder {manifest.encoder_fingerprint}, this one is "
            f"{encoder.fingerprint}; query with the encoder that built it, or build it again"
        )
