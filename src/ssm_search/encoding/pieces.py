"""Each word piece of an encoder on its own: what stands in for its model where none can run.

A browser should not wait for 24 MB. But a piece that is encoded without a text around it has a
vector and a weight too, and a table of these finds much of what the model does: a question becomes
the vectors of its pieces.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from ssm_search.arrays import UNREADABLE, packed, unpacked
from ssm_search.encoding.onnx import IDS, MASK, OUTPUTS, OnnxEncoder, usable_cores
from ssm_search.files import plain_file, write_atomically

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ssm_search.encoding.encoder import Encoder

AROUND = "a [MASK]"
"""The text in which a piece stands in the place of the "a": before a word that is not told. Of 727
known items late interaction alone finds .586 first so, .541 with nothing around; of the answers to
175 real questions .504 and .428 are among the first ten."""
PIECES_RECIPE = 2
"""Raised when pieces are encoded in another way, so that those that were kept are made again."""
TOGETHER = 16
"""Pieces in one pass: 16, 64 and 256 take 1.35, 1.50 and 1.66 ms each, one 4.5. All have as many
tokens, so none is padded, and of 256 every one is encoded as it is alone (cosines of 1.0)."""


@dataclass(frozen=True, slots=True)
class WordPieces:
    """The pieces that an encoder cuts words into.

    Attributes:
        texts: all of them; those that do not begin a word begin with "##". Pieces that are no
            letters or digits in ASCII come last.
        vectors: unit vectors of the first m of them, float32, shape (m, w): the others only have to
            be known to cut words as the model does.
        weights: how much each of the first m matters in a question, float32, shape (m,); 0 for stop
            words, above 0 for others, and on no scale.
    """

    texts: tuple[str, ...]
    vectors: NDArray[np.float32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, encoder: Encoder, folder: Path | None = None) -> WordPieces | None:
        """The pieces of ``encoder``, from the user's cache if they are there; None if it has none.

        Args:
            folder: that of the cache; by default the user's own. One that cannot be written is
                none.

        Raises:
            EncoderError: as :func:`word_pieces`.
        """
        name = re.sub("[^a-z0-9]", "-", encoder.fingerprint)
        path = (folder or _cache_folder()) / f"pieces-{PIECES_RECIPE}-{name}.npz"
        try:
            return _read(path)
        except (*UNREADABLE, BadZipFile):  # not there, or of another program
            pieces = word_pieces(encoder)
        if pieces:
            texts = np.frombuffer("\n".join(pieces.texts).encode(), dtype=np.uint8)
            data = packed(texts=texts, vectors=pieces.vectors, weights=pieces.weights)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, data)
            except OSError:
                pass  # another half minute next time
        return pieces


def word_pieces(encoder: Encoder) -> WordPieces | None:
    """Each piece of an encoder, encoded alone: half a minute on two cores.

    None from an encoder that is no export, gives no words, or cuts texts otherwise than BERT's
    tokenizer for lower case, which others can do without it.

    Raises:
        EncoderError: its files are missing, damaged, or not those of the fingerprint.
    """
    if not isinstance(encoder, OnnxEncoder):
        return None
    tokenizer, session = encoder.loaded()
    gives = {output.name for output in session.get_outputs()}
    if not tokenizer.cuts_as_bert() or not gives.issuperset(OUTPUTS):
        return None
    numbers = tokenizer.pieces()
    plain = [one for one in numbers if one.isascii() and one.removeprefix("##").isalnum()]
    frame = tokenizer.question(AROUND, encoder.about.query_prompt)
    place = int(frame.words[0])

    def encoded(first: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        pieces = plain[first : first + TOGETHER]
        ids = np.repeat(frame.ids[None], len(pieces), axis=0)
        ids[:, place] = [numbers[piece] for piece in pieces]
        vectors, weights = session.run(OUTPUTS[1:], {IDS: ids, MASK: np.ones_like(ids)})
        return vectors[:, place], weights[:, place]

    with ThreadPoolExecutor(usable_cores()) as pool:
        made = list(pool.map(encoded, range(0, len(plain), TOGETHER)))
    counts = [tokenizer.kind(numbers[piece]) == "word" for piece in plain]
    return WordPieces(
        (*plain, *(one for one in numbers if not one.isascii())),
        np.concatenate([vectors for vectors, _ in made]),
        np.concatenate([weights for _, weights in made]) * np.array(counts, dtype=np.float32),
    )


def _read(path: Path) -> WordPieces:
    found = unpacked(plain_file(path).read_bytes())
    texts = tuple(found["texts"].tobytes().decode().split("\n"))
    vectors, weights = found["vectors"], found["weights"]
    if vectors.ndim != 2 or weights.shape != vectors.shape[:1] or len(texts) < len(vectors):
        raise ValueError(f"{path.name} is not whole")
    return WordPieces(texts, vectors, weights)


def _cache_folder() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("ssm-search")
