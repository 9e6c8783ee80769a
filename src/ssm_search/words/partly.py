"""Papers, of the texts of some of which it is known what an encoder made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ssm_search.encoding import Encoded, Encoder
from ssm_search.names import text_hashes
from ssm_search.papers import Paper, full_text
from ssm_search.words.vectors import RowVectors


class PartlyEncoded:
    """Says which texts are still to be encoded, and puts together what was known and what is new.

    A text that several papers have is encoded once.
    """

    def __init__(self, papers: Sequence[Paper], known: Callable[[int], RowVectors | None]):
        """Ask for each text, by its hash, what is ``known`` of it: one row, or None."""
        self._hashes = [int(of) for of in text_hashes(papers)]
        found = {of: known(of) for of in self._hashes}
        self._known = {of: rows for of, rows in found.items() if rows is not None}
        self._missing = {
            of: paper
            for of, paper in zip(self._hashes, papers, strict=True)
            if of not in self._known
        }

    @property
    def missing(self) -> list[str]:
        """The texts that are to be encoded."""
        return [full_text(paper) for paper in self._missing.values()]

    def filled(self, made: Encoded, encoder: Encoder, *, pool: bool) -> RowVectors:
        """The rows of all papers.

        Args:
            made: what ``encoder`` made of :attr:`missing`.
            pool: whether the words of abstracts are pooled, as in a large corpus.
        """
        titles = [paper.title for paper in self._missing.values()]
        new = RowVectors.by(encoder, made, titles, pool=pool)
        places = {of: at for at, of in enumerate(self._missing)}
        parts = [
            new.taken([places[of]]) if of in places else self._known[of] for of in self._hashes
        ]
        return RowVectors.joined(parts or [new])
