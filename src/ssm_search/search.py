"""The facade: papers in, ranked answers with reasons out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from ssm_search import ranking
from ssm_search.abstracts import Abstract
from ssm_search.corpus import (
    Corpus,
    Manifest,
    build_corpus,
    full_text,
    load_corpus,
    save_corpus,
    stamped,
)
from ssm_search.display import Hits
from ssm_search.encoder import Encoder, encode_query, encode_sorted, load_encoder
from ssm_search.errors import IndexFolderError, PaperNotFoundError, QueryError
from ssm_search.filters import Filters, matching_rows
from ssm_search.index import SearchIndex
from ssm_search.papers import Hit, Paper, Why, arxiv_id, title_key
from ssm_search.text import nearest_word, sentences, terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_QUERY_CHARS = 100_000


@dataclass(frozen=True, slots=True)
class _Question:
    """A query, understood: its vector, the stems to look for, the words they came from."""

    vector: NDArray[np.float32]
    stems: tuple[str, ...]
    words: dict[str, str]


class PaperSearch:
    """Search over any collection of papers."""

    def __init__(self, corpus: Corpus, encoder: Encoder | None):
        """Use :meth:`from_papers` or :meth:`load`."""
        self.corpus = corpus
        self._encoder = encoder
        self._row_of_id = {paper.id: row for row, paper in enumerate(self.papers)}
        self._rows_of_name: dict[str, list[int]] = {}
        self._row_of_address: dict[str, int] = {}
        for row, paper in enumerate(self.papers):
            for url in filter(None, (paper.url, paper.pdf_url, paper.code_url)):
                self._row_of_address.setdefault(_address(url), row)
            # "VideoMamba: State Space Model for …" is known as "VideoMamba".
            for name in {title_key(paper.title), title_key(paper.title.split(":")[0])} - {""}:
                self._rows_of_name.setdefault(name, []).append(row)

    @classmethod
    def from_papers(
        cls,
        papers: Iterable[Paper],
        encoder: Encoder | None = None,
        *,
        previous: PaperSearch | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> PaperSearch:
        """Index ``papers`` by title and, where known, abstract.

        Args:
            encoder: the default model if None.
            previous: an index whose vectors serve again where encoder and text are the same.
            progress: called with (texts encoded, texts to encode).

        Raises:
            EncoderError: the encoder is missing or gives something other than unit vectors.
            QueryError: two papers share an id.
        """
        encoder = encoder or load_encoder()
        known = previous.corpus if previous else None
        return cls(build_corpus(list(papers), encoder, known, progress), encoder)

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
            encoder: the one that built the index; by default it is loaded by its name when needed.
            abstracts: texts to show with the answers, beside those that lie in the folder.

        Raises:
            IndexFolderError: there is no index, it is damaged, or another encoder built it.
        """
        corpus = load_corpus(Path(folder), abstracts or {})
        if encoder is not None:
            _check_fingerprint(encoder, corpus.manifest)
        return cls(corpus, encoder)

    def save(self, folder: str | Path, *, list_name: str = "", list_sha256: str = "") -> None:
        """Write the index to ``folder``, replacing it whole or, if interrupted, not at all.

        The abstracts go to a file of their own, which the index does not need: their text belongs
        to their authors, and an index can be passed on without it.
        """
        manifest = stamped(self.corpus.manifest, list_name, list_sha256)
        self.corpus = replace(self.corpus, manifest=manifest)
        save_corpus(self.corpus, Path(folder))

    @property
    def papers(self) -> tuple[Paper, ...]:
        """All papers, in the order of the rows."""
        return self.corpus.papers

    @property
    def index(self) -> SearchIndex:
        """Their vectors and terms."""
        return self.corpus.index

    @property
    def manifest(self) -> Manifest:
        """What the index says about itself."""
        return self.corpus.manifest

    def status(self) -> dict[str, Any]:
        """Counts, coverage of abstracts, encoder and age, as JSON types."""
        manifest = self.manifest
        listed = {paper.id for paper in self.papers if paper.kind == "paper"}
        lacking = [paper_id for paper_id in manifest.without_abstract if paper_id in listed]
        age = datetime.now(UTC) - datetime.fromisoformat(manifest.built) if manifest.built else None
        return {
            "list": manifest.list_name,
            "entries": len(self.papers),
            "papers": len(listed),
            "links": len(self.papers) - len(listed),
            "headings": len({path for paper in self.papers for path in paper.categories}),
            "indexed_with_abstract": len(listed) - len(lacking),
            "abstracts_at_hand": sum(bool(paper.abstract) for paper in self.papers),
            "sentences": manifest.sentences,
            "encoder": manifest.encoder_name or manifest.encoder_fingerprint,
            "dimension": manifest.dimension,
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
        text = _checked_query(text)
        row = self._row_of_link(text)
        if row is not None:
            question = self._question_of(row)
            scores = self._scores(question)
            exact = np.arange(len(self.papers)) == row
        else:
            question = self._understand(text)
            scores = self._scores(question)
            exact = np.zeros(len(self.papers), dtype=bool)
            exact[self._rows_of_name.get(title_key(text), [])] = True
        scores = ranking.put_first(scores, exact)
        return self._hits(ranking.top_rows(scores, k, allowed), scores, question, exact)

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
        allowed = self._allowed(k, filters)
        row, question = self._seed(paper_or_id_or_text)
        if row is not None:
            allowed[row] = False
        scores = self._scores(question)
        none = np.zeros(len(self.papers), dtype=bool)
        return self._hits(ranking.top_rows(scores, k, allowed), scores, question, none)

    def _seed(self, seed: Paper | str) -> tuple[int | None, _Question]:
        """The row of a listed paper, and what to compare others with."""
        if isinstance(seed, Paper):
            row = self._row_of_id.get(seed.id)
            if row is None:
                row = next(iter(self._rows_of_name.get(title_key(seed.title), [])), None)
            if row is None:
                return None, self._understand(_checked_query(full_text(seed)), document=True)
        else:
            seed = _checked_query(seed)
            row = self._row_of_link(seed)
            if row is None:
                row = self._row_of_id.get(seed.casefold())
            if row is None:
                row = next(iter(self._rows_of_name.get(title_key(seed), [])), None)
            if row is None:
                return None, self._understand(seed, document=True)
        return row, self._question_of(row)

    def _allowed(self, k: int, filters: Filters) -> NDArray[np.bool_]:
        if not isinstance(k, int) or k < 1:
            raise QueryError(f"k is {k!r}; expected how many answers you want, 1 or more")
        return matching_rows(self.papers, filters)

    def _row_of_link(self, text: str) -> int | None:
        """The row of the paper that ``text`` is the id or a link of; None for other text."""
        paper_id = arxiv_id(text)
        if paper_id is None:
            return self._row_of_address.get(_address(text)) if "://" in text else None
        if paper_id not in self._row_of_id:
            raise PaperNotFoundError(
                f"{paper_id} is not among the {len(self.papers)} entries of this index; "
                "ask with its title or abstract instead"
            )
        return self._row_of_id[paper_id]

    def _understand(self, question: str, *, document: bool = False) -> _Question:
        """Encode ``question`` and find its terms; words unknown to the index are respelled."""
        stems: list[str] = []
        words: dict[str, str] = {}
        for stem, word in terms(question):
            if not document and not self.index.knows(stem):
                respelled = nearest_word(word, self.index.words)
                if respelled:
                    question = question.casefold().replace(word, respelled)
                    stem, word = terms(respelled)[0][0], f"{respelled} (for {word})"
            stems.append(stem)
            words.setdefault(stem, word)
        vector = (
            encode_sorted(self.encoder, [question])[0]
            if document
            else encode_query(self.encoder, question)
        )
        if self.papers and len(vector) != self.index.dimension:
            raise IndexFolderError(
                f"the encoder gives {len(vector)} dimensions, the index has "
                f"{self.index.dimension}; query with the encoder that built it"
            )
        return _Question(vector, tuple(stems), words)

    def _question_of(self, row: int) -> _Question:
        """A listed paper as a question: its stored vector and the terms of its title."""
        found = terms(self.papers[row].title)
        words: dict[str, str] = {}
        for stem, word in found:
            words.setdefault(stem, word)
        return _Question(self.index.paper_vector(row), tuple(stem for stem, _ in found), words)

    def _scores(self, question: _Question) -> NDArray[np.float32]:
        if not self.papers:
            return np.zeros(0, dtype=np.float32)
        dense = self.index.dense_scores(question.vector)
        return ranking.fuse(self.index.bm25_scores(question.stems), dense.paper, dense.sentence)

    def _hits(
        self,
        rows: NDArray[np.int64],
        scores: NDArray[np.float32],
        question: _Question,
        exact: NDArray[np.bool_],
    ) -> Hits:
        return Hits(
            Hit(
                paper=self.papers[row],
                score=float(scores[row]),
                rank=rank,
                why=Why(
                    terms=self._found_terms(row, question),
                    sentence=self._nearest_sentence(row, question),
                    exact=bool(exact[row]),
                ),
            )
            for rank, row in enumerate(map(int, rows), start=1)
        )

    def _found_terms(self, row: int, question: _Question) -> tuple[str, ...]:
        return tuple(
            word for stem, word in question.words.items() if self.index.has_term(row, stem)
        )

    def _nearest_sentence(self, row: int, question: _Question) -> str:
        """The sentence of the abstract that is nearest to the question, if the text is at hand."""
        paper = self.papers[row]
        if not paper.abstract or not self.corpus.is_indexed_text(row):
            return ""
        found = sentences(paper.abstract)
        scores = self.index.sentence_scores(row, question.vector)[-len(found) :]
        return found[int(scores.argmax())]

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


def _address(url: str) -> str:
    """``url`` without what does not tell pages apart: scheme, case, closing slash."""
    return url.strip().casefold().partition("://")[2].rstrip("/")


def _checked_query(text: str) -> str:
    # Lone surrogates, which shells can pass on, are not text that can be encoded.
    text = text.encode("utf-8", "replace").decode().replace("\0", " ").strip()
    if not any(char.isalnum() or not char.isascii() for char in text):
        raise QueryError("the query is empty; type a few words, a title, or an arXiv id")
    if len(text) > MAX_QUERY_CHARS:
        raise QueryError(
            f"the query has {len(text):,} characters, more than {MAX_QUERY_CHARS:,}; "
            "ask with the abstract instead of the whole paper"
        )
    return text


def _check_fingerprint(encoder: Encoder, manifest: Manifest) -> None:
    if encoder.fingerprint != manifest.encoder_fingerprint:
        raise IndexFolderError(
            f"the index was built with encoder {manifest.encoder_fingerprint}, this one is "
            f"{encoder.fingerprint}; query with the encoder that built it, or build it again"
        )
