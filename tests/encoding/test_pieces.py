"""Each word piece on its own: what it is, and how it is kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tokenizers
from fakes import TokenEncoder

from ssm_search.encoding import encode_query, load_encoder, pieces
from ssm_search.encoding.pieces import WordPieces, word_pieces
from ssm_search.encoding.words import WordTokenizer

SOME = ("the", "video", "film", "##mba", "7", "ж", "中", "!")


@pytest.fixture
def _some(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the 30,000 pieces, which take half a minute, some."""
    every = WordTokenizer.pieces
    monkeypatch.setattr(
        WordTokenizer, "pieces", lambda self: {one: every(self)[one] for one in SOME}
    )


@pytest.mark.encoder
@pytest.mark.usefixtures("_some")
def test_a_piece_is_encoded_before_a_word_that_is_not_told() -> None:
    encoder = load_encoder()
    pieces = word_pieces(encoder)
    assert pieces is not None
    assert pieces.texts == ("the", "video", "film", "##mba", "7", "ж", "中")
    assert (pieces.vectors.shape, pieces.weights.shape) == ((5, 64), (5,))
    np.testing.assert_allclose(np.linalg.norm(pieces.vectors, axis=1), 1, atol=1e-5)
    assert (pieces.weights > 0).tolist() == [False, True, True, True, True]
    asked = encode_query(encoder, "video [MASK]")
    np.testing.assert_allclose(pieces.vectors[1], asked.words[0], atol=1e-5)
    cosines = pieces.vectors @ pieces.vectors[1]
    assert cosines[2] > 0.5 > cosines[4]


@pytest.mark.encoder
@pytest.mark.usefixtures("_some")
def test_pieces_are_kept_for_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load_encoder()
    made = WordPieces.of(encoder, tmp_path / "new")
    assert made is not None
    (file,) = (tmp_path / "new").iterdir()
    monkeypatch.setattr(pieces, "word_pieces", lambda encoder: pytest.fail("made again"))
    again = WordPieces.of(encoder, tmp_path / "new")
    assert isinstance(again, WordPieces)
    assert again.texts == made.texts
    np.testing.assert_array_equal(again.vectors, made.vectors)
    np.testing.assert_array_equal(again.weights, made.weights)
    monkeypatch.setattr(pieces, "word_pieces", lambda encoder: made)
    for damaged in (b"", b"PK\x03\x04 no zip", file.read_bytes()[:-100]):
        file.write_bytes(damaged)
        assert WordPieces.of(encoder, tmp_path / "new") is made
    (tmp_path / "file").write_text("in the way")
    assert WordPieces.of(encoder, tmp_path / "file") is made


def test_an_encoder_that_is_no_export_has_no_pieces(tmp_path: Path) -> None:
    assert WordPieces.of(TokenEncoder(), tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("normalizer", "cuts"),
    [
        (tokenizers.normalizers.BertNormalizer(), True),
        (tokenizers.normalizers.BertNormalizer(lowercase=False), False),
        (tokenizers.normalizers.Lowercase(), False),
        (None, False),
    ],
)
def test_only_what_cuts_as_bert_can_be_done_elsewhere(
    normalizer: tokenizers.normalizers.Normalizer | None, cuts: bool
) -> None:
    model = tokenizers.models.WordPiece(vocab={"[UNK]": 0, "a": 1}, unk_token="[UNK]")
    made = tokenizers.Tokenizer(model)
    made.normalizer = normalizer
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    assert WordTokenizer(made).cuts_as_bert() is cuts
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    assert not WordTokenizer(made).cuts_as_bert()
