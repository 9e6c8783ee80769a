"""Search over papers at hand: given, or in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ssm_search.encoding import Encoder, OnnxEncoder, load_encoder
from ssm_search.errors import IndexFolderError
from ssm_search.index import LocalRows, Manifest, build_rows, load_rows, save_rows
from ssm_search.papers import Abstract, Category, Paper
from ssm_search.search.asking import Search
from ssm_search.search.likeness import calibrated


class PaperSearch(Search):
    """Search over any collection of papers: a list's, in memory, or a corpus in a folder.

    Example:
        >>> from ssm_search import Paper, PaperSearch
        >>> papers = [Paper("2401.00001", "Kites", abstract="..."), Paper("2401.00002", "Knots")]
        >>> PaperSearch.from_papers(papers).query("knots", k=1)[0].paper.id
        '2401.00002'
    """

    def __init__(self, rows: LocalRows, encoder: Encoder | None):
        """Use :meth:`from_papers` or :meth:`load`."""
        super().__init__(lambda: self._rows, self._loaded_encoder)
        self._rows = rows
        self._encoder = encoder

    @property
    def rows(self) -> LocalRows:
        """The papers with their vectors and terms."""
        return self._rows

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
        """Index papers by title and, where known, abstract.

        Args:
            papers: in any order, each with an id of its own.
            encoder: the default model if None.
            previous: an index whose vectors serve again where encoder and text are the same.
            headings: those of the list that no paper stands under yet.
            progress: called with (texts encoded, texts to encode).

        Raises:
            EncoderError: the encoder is missing or gives something other than unit vectors.
            QueryError: two papers share an id.
        """
        encoder = encoder or load_encoder()
        known = previous.rows if previous else None
        rows = build_rows(list(papers), encoder, known, headings, progress)
        found = calibrated(rows.list_index, rows.listing, rows.topics)
        manifest = replace(rows.manifest, calibration=found)
        return cls(replace(rows, manifest=manifest), encoder)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        encoder: Encoder | None = None,
        *,
        abstracts: Mapping[str, Abstract] | None = None,
    ) -> PaperSearch:
        """Read what :meth:`save`, or ``ssm-search build``, wrote.

        Args:
            folder: that of the index.
            encoder: the one that built the index. By default it is the exported one that lies in
                the folder, or else is loaded by its name, when it is needed. For the model that an
                exported one was made of, the exported one stands in.
            abstracts: texts to show with the answers, beside those that lie in the folder.

        Raises:
            IndexFolderError: there is no index, it is damaged, or another encoder built it.
        """
        rows = load_rows(Path(folder), abstracts or {})
        carried = OnnxEncoder.carried(Path(folder), rows.manifest.encoder_fingerprint)
        if encoder is None or (carried and encoder.fingerprint == carried.about.source):
            return cls(rows, carried)
        _check_fingerprint(encoder, rows.manifest)
        return cls(rows, encoder)

    def save(
        self, folder: str | Path, *, list_name: str = "", list_sha256: str = "", title: str = ""
    ) -> None:
        """Write the index to a folder, replacing it whole or, if interrupted, not at all.

        The abstracts go to a file of their own, which the index does not need: their text belongs
        to their authors, and an index can be passed on without it.

        Args:
            folder: made if it is not there.
            list_name: the file name of the list that the papers are of.
            list_sha256: the hash of its text, by which :meth:`is_of` knows it again.
            title: what people call it.
        """
        manifest = self._rows.manifest.stamped(list_name, list_sha256, title)
        rows = replace(self._rows, manifest=manifest, placed=self._rows.positions)
        manifest = save_rows(rows, Path(folder), self._encoder)
        self._rows = replace(rows, manifest=manifest)
        if isinstance(self._encoder, OnnxEncoder):  # where it lay before may be gone
            self._encoder = OnnxEncoder.carried(Path(folder), manifest.encoder_fingerprint)

    def _loaded_encoder(self) -> Encoder:
        if self._encoder is None:
            manifest = self._rows.manifest
            if not manifest.encoder_name:
                raise IndexFolderError(
                    "this index was built with an encoder of its own, "
                    f"{manifest.encoder_fingerprint}; pass it as encoder="
                )
            encoder = load_encoder(manifest.encoder_name)
            _check_fingerprint(encoder, manifest)
            self._encoder = encoder
        return self._encoder


def _check_fingerprint(encoder: Encoder, manifest: Manifest) -> None:
    if encoder.fingerprint != manifest.encoder_fingerprint:
        raise IndexFolderError(
            f"the index was built with encoder {manifest.encoder_fingerprint}, this one is "
            f"{encoder.fingerprint}; query with the encoder that built it, or build it again"
        )
