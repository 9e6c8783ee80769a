"""The pieces of an encoder, which take half a minute to encode, kept for the next time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from ssm_search.arrays import UNREADABLE, packed, unpacked
from ssm_search.encoding.pieces import PIECES_RECIPE, WordPieces, word_pieces
from ssm_search.files import plain_file, write_atomically

if TYPE_CHECKING:
    from ssm_search.encoding.encoder import Encoder


def cached_pieces(encoder: Encoder, folder: Path | None = None) -> WordPieces | None:
    """The pieces of ``encoder``, from the user's cache if they are there; None if it has none.

    Args:
        folder: that of the cache; by default the user's own. One that cannot be written is none.

    Raises:
        EncoderError: as :func:`~ssm_search.encoding.pieces.word_pieces`.
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
