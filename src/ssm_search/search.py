"""The facade: papers in, ranked answers with reasons out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from ssm_search import ranking
from ssm_search.abstracts import Abstract, append_abstracts, load_abstracts, with_abstracts
from ssm_search.display import Hits
from ssm_search.encoder import Encoder, encode_query, encode_sorted, load_encoder
from ssm_search.errors import IndexFolderError, PaperNotFoundError, QueryError
from ssm_search.files import replacing_folder, settled
from ssm_search.filters import Filters, matching_rows
from ssm_search.index import SearchIndex
from ssm_search.papers import Hit, Paper, Why, arxiv_id, from_json, title_key, to_jsonl
from ssm_search.text import nearest_word, sentences, terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMAT_VERSION = 1
MAX_QUERY_CHARS = 100_000
MANIFEST_FILE = "manifest.json"
PAPERS_FILE = "papers.jsonl"
ABSTRACTS_FILE = "abstracts.jsonl"
HASHES_FILE = "text_hashes.npy"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a saved index says about itself.

    Attributes:
        list_name, list_sha256: the list it was built from; "" if from papers directly.
        without_abstract: ids of the papers that were indexed by their title alone.
    """

    encoder_name: str
    encoder_fingerprint: str
    dimension: int
    papers: int
    sentences: int
    without_abstract: tuple[str, ...]
    list_name: str = ""
    list_sha256: str = ""
    built: str = ""
    format: int = FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class _Question:
    """A query, understood: its vector, the stems to look for, the words they came from."""

    vector: NDArray[np.float32]
    stems: tuple[str, ...]
    words: dict[str, str]


class PaperSearch:
    """Search over any collection of papers."""

    def __init__(
        self,
        papers: Sequence[Paper],
        index: SearchIndex,
        encoder: Encoder | None,
        text_hashes: NDArray[np.uint64],
        manifest: Manifest,
    ):
        """Use :meth:`from_papers` or :meth:`load`."""
        self.papers = tuple(papers)
        self.index = index
        self.manifest = manifest
        self._encoder = encoder
        self.text_hashes = text_hashes
        self._row_of_id = {paper.id: row for row, paper in enumerate(self.papers)}
        self._rows_of_name: dict[str, list[int]] = {}
        for row, paper in enumerate(self.papers):
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
        papers = list(papers)
        if len({paper.id for paper in papers}) < len(papers):
            twice = sorted(p.id for p in papers if sum(q.id == p.id for q in papers) > 1)[0]
            raise QueryError(f"two papers have the id {twice!r}; merge them into one")
        encoder = encoder or load_encoder()
        hashes = np.array([_text_hash(paper) for paper in papers], dtype=np.uint64)
        reused = previous._stored_vectors(encoder) if previous else {}
        passages = {int(h): _passages(p) for h, p in zip(hashes, papers, strict=True)}
        new = [h for h in passages if h not in reused]
        vectors = encode_sorted(encoder, [t for h in new for t in passages[h]], progress)
        stored, at = dict(reused), 0
        for text_hash in new:
            count = len(passages[text_hash])
            stored[text_hash] = vectors[at : at + count]
            at += count
        rows = [stored[int(text_hash)] for text_hash in hashes]
        dimension = rows[0].shape[1] if rows else 0
        starts = np.cumsum([0, *(len(row) - 1 for row in rows)], dtype=np.int64)
        empty = np.zeros((0, dimension), dtype=np.float32)
        index = SearchIndex.build(
            papers=np.stack([row[0] for row in rows]) if rows else empty,
            sentences=np.concatenate([row[1:] for row in rows]) if rows else empty,
            sentence_starts=starts,
            terms=[terms(_full_text(paper)) for paper in papers],
        )
        manifest = Manifest(
            encoder_name=getattr(encoder, "name", ""),
            encoder_fingerprint=encoder.fingerprint,
            dimension=dimension,
            papers=len(papers),
            sentences=int(starts[-1]),
            without_abstract=tuple(paper.id for paper in papers if not paper.abstract),
        )
        return cls(papers, index, encoder, hashes, manifest)

    # ── questions ────────────────────────────────────────────────────────────────────────────

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
                return None, self._understand(_checked_query(_full_text(seed)), document=True)
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
        """The row of the paper that ``text`` is the arXiv id or link of; None for other text."""
        paper_id = arxiv_id(text)
        if paper_id is None:
            return None
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
        if len(vector) != self.index.dimension:
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
        if not paper.abstract or _text_hash(paper) != int(self.text_hashes[row]):
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

    # ── on disk ──────────────────────────────────────────────────────────────────────────────

    def save(self, folder: str | Path, *, list_name: str = "", list_sha256: str = "") -> None:
        """Write the index to ``folder``, replacing it whole or, if interrupted, not at all.

        The abstracts go to a file of their own, which the index does not need: their text belongs
        to their authors, and an index can be passed on without it.
        """
        manifest = replace(
            self.manifest,
            list_name=list_name or self.manifest.list_name,
            list_sha256=list_sha256 or self.manifest.list_sha256,
            built=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        with replacing_folder(Path(folder)) as new:
            self.index.save(new)
            np.save(new / HASHES_FILE, self.text_hashes, allow_pickle=False)
            bare = [replace(paper, abstract="") for paper in self.papers]
            (new / PAPERS_FILE).write_text(to_jsonl(bare), encoding="utf-8")
            known = [Abstract(p.id, p.title, p.abstract) for p in self.papers if p.abstract]
            if known:
                append_abstracts(new / ABSTRACTS_FILE, known)
            record = {name: getattr(manifest, name) for name in Manifest.__slots__}
            content = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
            (new / MANIFEST_FILE).write_text(content, encoding="utf-8")
        self.manifest = manifest

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
            folder: what :meth:`save` was given.
            encoder: the one that built the index; by default it is loaded by its name when needed.
            abstracts: texts to show with the answers, beside those that lie in the folder.

        Raises:
            IndexFolderError: there is no index, it is damaged, or another encoder built it.
        """
        folder = Path(folder)
        for _ in range(3):
            # A build may replace the folder while it is read: what counts is that the manifest is
            # the same before and after.
            before = _read_manifest(settled(folder))
            try:
                found = cls._read(settled(folder), before, encoder, abstracts or {})
            except IndexFolderError:
                if _read_manifest(settled(folder)) == before:
                    raise
            else:
                if _read_manifest(settled(folder)) == before:
                    return found
        raise IndexFolderError(f"the index in {folder} kept changing while it was read; try again")

    @classmethod
    def _read(
        cls,
        folder: Path,
        manifest: Manifest,
        encoder: Encoder | None,
        abstracts: Mapping[str, Abstract],
    ) -> PaperSearch:
        if encoder is not None:
            _check_fingerprint(encoder, manifest)
        index = SearchIndex.load(folder)
        try:
            lines = (folder / PAPERS_FILE).read_text(encoding="utf-8").splitlines()
            papers = [from_json(json.loads(line)) for line in lines]
            hashes = np.load(folder / HASHES_FILE, allow_pickle=False)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexFolderError(
                f"the index in {folder} is damaged ({type(error).__name__}: {error}); "
                "build it again"
            ) from error
        for what, found, expected in (
            ("papers", len(papers), manifest.papers),
            ("rows", len(index), manifest.papers),
            ("text hashes", len(hashes), manifest.papers),
            ("sentences", index.sentence_count, manifest.sentences),
            ("dimension", index.dimension, manifest.dimension),
        ):
            if found != expected:
                raise IndexFolderError(
                    f"the index in {folder} has {found} {what}, its manifest says {expected}; "
                    "build it again"
                )
        known = {**abstracts, **load_abstracts(folder / ABSTRACTS_FILE)}
        return cls(with_abstracts(papers, known), index, encoder, hashes, manifest)

    def _stored_vectors(self, encoder: Encoder) -> dict[int, NDArray[np.float32]]:
        """By text hash, the vectors of a paper and its sentences, if ``encoder`` made them."""
        if encoder.fingerprint != self.manifest.encoder_fingerprint:
            return {}
        return {
            int(text_hash): np.vstack(
                [self.index.paper_vector(row), self.index.sentence_vectors(row)]
            )
            for row, text_hash in enumerate(self.text_hashes)
        }


def _full_text(paper: Paper) -> str:
    if paper.title and paper.abstract:
        return f"{paper.title}. {paper.abstract}"
    return paper.title or paper.abstract


def _passages(paper: Paper) -> list[str]:
    """What is encoded of a paper: all of it, then its title and each sentence of its abstract."""
    parts = [paper.title] if paper.title else []
    return [_full_text(paper), *(parts + sentences(paper.abstract) or [""])]


def _text_hash(paper: Paper) -> int:
    """Of all that is encoded of a paper, cut as it is encoded."""
    digest = hashlib.sha256("\0".join(_passages(paper)).encode()).digest()
    return int.from_bytes(digest[:8], "little")


def _checked_query(text: str) -> str:
    text = text.replace("\0", " ").strip()
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


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST_FILE
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if record.get("format") != FORMAT_VERSION:
            raise IndexFolderError(
                f"the index in {folder} has format {record.get('format')}, this program reads "
                f"format {FORMAT_VERSION}; build it again with `ssm-search build`"
            )
        record["without_abstract"] = tuple(record["without_abstract"])
        return Manifest(**record)
    except FileNotFoundError as error:
        raise IndexFolderError(
            f"no index in {folder}; make one with `ssm-search build LIST --index {folder}`"
        ) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise IndexFolderError(
            f"the manifest in {folder} cannot be read ({type(error).__name__}: {error}); "
            "build the index again"
        ) from error
