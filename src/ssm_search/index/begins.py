"""Where in its text each word of a list's papers begins, so that no text is cut to give reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.encoding import Encoder, WordEncoder
from ssm_search.names import text_hashes
from ssm_search.papers import full_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ssm_search.papers import Paper
    from ssm_search.words import Words

UNTOLD = np.iinfo(np.uint16).max
"""What stands for a word of which nobody knows where it begins, or that begins there or later."""


def word_begins(
    papers: Sequence[Paper],
    words: Words,
    encoder: Encoder,
    known: Mapping[int, NDArray[np.uint16]],
) -> NDArray[np.uint16]:
    """At which character of its text each word begins; uint16, shape (t,), ascending in each row.

    Args:
        words: those of ``papers``, by ``encoder``.
        known: of texts, by their hash, what is found out already.
    """
    begins = np.full(len(words.vectors), UNTOLD, dtype=np.uint16)
    for row, of in enumerate(text_hashes(papers).tolist()):
        place = begins[words.starts[row] : words.starts[row + 1]]
        if of in known:
            place[:] = known[of]
        elif len(place) and isinstance(encoder, WordEncoder):
            text = full_text(papers[row])
            found = [_first_letter(text, *span) for span in encoder.word_spans(text).tolist()]
            told = min(len(found), len(place))
            place[:told] = np.minimum(found[:told], UNTOLD)
    return begins


def check_begins(begins: NDArray[np.uint16], starts: NDArray[np.int64]) -> None:
    """Make sure that the words of each row begin one behind the other.

    Args:
        starts: shape (n + 1,); the words of row i are those from ``starts[i]`` on.

    Raises:
        ValueError: they do not.
    """
    if not np.isin(np.flatnonzero(begins[1:] < begins[:-1]) + 1, starts).all():
        raise ValueError("words that begin before the word before them")


def _first_letter(text: str, start: int, end: int) -> int:
    """Where the first letter or digit from ``start`` to ``end`` is, for some tokens bring a blank.

    ``start`` if there is none.
    """
    return next((at for at in range(start, end) if text[at].isalnum()), start)
