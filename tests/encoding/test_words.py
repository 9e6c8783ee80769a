"""Which tokens are words, and what is made of them, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from ssm_search.encoding.words import (
    WORDS_FILE,
    WordLayers,
    WordTokenizer,
    save_word_layers,
    shares,
    word_layers,
    words_and_weights,
)
from ssm_search.errors import EncoderError
from ssm_search.search.question import whole_word
from ssm_search.text import STOP_WORDS

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = [*SPECIAL, *", . ? ! - the of a video graph text mam ##ba 2d ##- α".split()]


def bert() -> Tokenizer:
    """A tokenizer as BERT's are, of few words."""
    vocabulary = {piece: at for at, piece in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(SPECIAL)
    return tokenizer


@pytest.fixture
def words() -> WordTokenizer:
    return WordTokenizer(bert())


def read(text: str, spans: np.ndarray) -> list[str]:
    return [text[start:end] for start, end in spans]


def test_marks_are_no_words_and_what_is_unknown_is_one(words: WordTokenizer) -> None:
    text = "Video of the Mamba, zebra; α 2D!"
    found = words.question(text)
    pieces = "[CLS] video of the mam ##ba , [UNK] [UNK] α 2d ! [SEP]".split()
    assert [VOCABULARY[at] for at in found.ids] == pieces
    assert found.words.tolist() == [1, 2, 3, 4, 5, 7, 8, 9, 10]
    # ";" is unknown too, and may be a word for all that is known.
    assert read(text, found.spans) == ["Video", "of", "the", "Mam", "ba", "zebra", ";", "α", "2D"]
    assert (found.ids.dtype, found.words.dtype) == (np.int64, np.int64)
    assert found.spans.dtype == np.int32
    assert [whole_word(text, *map(int, span)) for span in found.spans[3:5]] == ["Mamba"] * 2


def test_documents_leave_stop_words_out(words: WordTokenizer) -> None:
    text = "The video of the text"
    assert {"the", "of"} <= STOP_WORDS
    document, question = words.document(text), words.question(text)
    np.testing.assert_array_equal(document.ids, question.ids)  # the model reads them all the same
    assert read(text, document.spans) == ["video", "text"]
    assert read(text, question.spans) == ["The", "video", "of", "the", "text"]


@pytest.mark.parametrize("unit", ["video of ", "mamba, ", "zebra" * 30 + " ", " " * 99 + "text "])
@pytest.mark.parametrize("times", [1, 3, 40, 5_000])
def test_a_long_text_is_read_as_far_as_the_model_reads(unit: str, times: int) -> None:
    tokenizer = bert()
    tokenizer.enable_truncation(8)
    given: list[str] = []

    class Seen:
        truncation = tokenizer.truncation

        def __getattr__(self, name: str) -> object:
            return getattr(tokenizer, name)

        def encode(self, text: str) -> object:
            given.append(text)
            return tokenizer.encode(text)

    text = unit * times
    found = WordTokenizer(Seen()).document(text)  # type: ignore[arg-type]
    assert found.ids.tolist() == tokenizer.encode(text).ids
    assert max(map(len, given)) < 128 * 8 + len(unit)  # eight tokens are found in seven units
    tokenizer.enable_truncation(8, direction="left")
    assert WordTokenizer(tokenizer).document(text).ids.tolist() == tokenizer.encode(text).ids
    tokenizer.no_truncation()
    assert len(WordTokenizer(tokenizer).document(text).ids) == len(tokenizer.encode(text).ids)


@pytest.mark.parametrize(
    ("text", "question", "document"),
    [
        ("?!", ["", "?", "!", ""], ["", "?", "!", ""]),
        ("of the", ["of", "the"], ["", "of", "the", ""]),
        ("", ["", ""], ["", ""]),
        ("\u200b", ["", ""], ["", ""]),  # nothing that the model reads
    ],
)
def test_where_no_token_is_a_word_all_are(
    words: WordTokenizer, text: str, question: list[str], document: list[str]
) -> None:
    assert read(text, words.question(text).spans) == question
    assert read(text, words.document(text).spans) == document


def test_words_of_a_prompt_are_no_words_of_the_text(words: WordTokenizer) -> None:
    text = "Mamba text!"
    for found in (words.question(text, "video graph: "), words.document(text, "video graph: ")):
        pieces = "[CLS] video graph [UNK] mam ##ba text ! [SEP]".split()
        assert [VOCABULARY[at] for at in found.ids] == pieces
        assert found.words.tolist() == [4, 5, 6]
        assert read(text, found.spans) == ["Mam", "ba", "text"]


def test_a_token_that_begins_in_the_prompt_is_not_of_the_text(words: WordTokenizer) -> None:
    found = words.question("ba text", prompt="mam")
    assert [VOCABULARY[at] for at in found.ids] == "[CLS] mam ##ba text [SEP]".split()
    assert read("ba text", found.spans) == ["ba", "text"]
    assert words.question("deo text", prompt="vi").spans.tolist() == [[4, 8]]


@pytest.mark.parametrize(
    ("text", "expected"), [("?!", [[0, 1], [1, 2]]), ("", None), ("\u200b", None)]
)
def test_a_text_without_words_after_a_prompt(
    words: WordTokenizer, text: str, expected: list[list[int]] | None
) -> None:
    """All its tokens are words, or those of the prompt; no place lies outside the text."""
    for found in (words.question(text, "video: "), words.document(text, "video: ")):
        assert len(found.words) == len(found.spans) > 0
        assert found.spans.min() >= 0
        for span in found.spans:
            assert whole_word(text, *map(int, span)) in text
        if expected:
            assert found.spans.tolist() == expected


def test_what_is_cut_off_has_no_words() -> None:
    tokenizer = bert()
    tokenizer.enable_truncation(5)
    text = "video graph text mamba video"
    found = WordTokenizer(tokenizer).question(text)
    assert read(text, found.spans) == ["video", "graph", "text"]


@pytest.mark.parametrize("mark", ["▁", "Ġ"])
def test_stop_words_of_other_tokenizers(mark: str) -> None:
    """SentencePiece and byte-level BPE write the space before a word with it."""
    pieces = ["<s>", "</s>", "<unk>", f"{mark}the", f"{mark}The", f"{mark}video", f"{mark},", mark]
    tokenizer = Tokenizer(models.WordLevel({p: at for at, p in enumerate(pieces)}, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(["<s>", "</s>", "<unk>"])
    words = WordTokenizer(tokenizer)
    text = " ".join([*pieces[3:], "zebra", "<s>"])
    places = {at: pieces[token] for at, token in enumerate(words.question(text).ids)}
    assert [places[at] for at in words.question(text).words] == [*pieces[3:6], "<unk>"]
    assert [places[at] for at in words.document(text).words] == [pieces[5], "<unk>"]


# ── layers ───────────────────────────────────────────────────────────────────────────────────


def layers(bias: float = 0.0) -> WordLayers:
    return WordLayers(
        projection=np.array([[1, 0, 0], [0, 2, 0]], dtype=np.float32),
        weights=np.array([0, 0, 1], dtype=np.float32),
        bias=np.array(bias, dtype=np.float32),
    )


def test_words_are_projections_of_length_1_and_weights_a_softplus() -> None:
    states = np.array([[3, 2, 0], [0, -1, 5], [7, 0, -5]], dtype=np.float32)
    words, weights = words_and_weights(states, layers(bias=1.0))
    np.testing.assert_allclose(words, [[0.6, 0.8], [0, -1], [1, 0]], atol=1e-6)
    softplus = np.log1p(np.exp([1.0, 6.0, -4.0]))
    np.testing.assert_allclose(weights, softplus / softplus.sum(), rtol=1e-5)
    assert (words.dtype, weights.dtype) == (np.float32, np.float32)


def test_a_state_of_nothing_is_no_word_of_anything() -> None:
    words, weights = words_and_weights(np.zeros((1, 3), dtype=np.float32), layers())
    assert words.tolist() == [[0, 0]]
    assert weights.tolist() == [1]


def test_large_states_do_not_overflow() -> None:
    states = np.array([[1, 1, 1e4], [1, 1, -1e4]], dtype=np.float32)
    _, weights = words_and_weights(states, layers())
    assert weights.tolist() == [1, 0]


def test_shares_sum_to_1_even_of_nothing() -> None:
    np.testing.assert_allclose(shares(np.array([1, 3], dtype=np.float32)), [0.25, 0.75])
    assert shares(np.zeros(4, dtype=np.float32)).tolist() == [0.25] * 4
    assert shares(np.zeros(0, dtype=np.float32)).shape == (0,)


@pytest.mark.parametrize(("width", "expected"), [(384, 64), (64, 64), (10, 10)])
def test_a_model_that_brings_no_layers_gets_the_fixed_ones(
    width: int, expected: int, tmp_path: Path
) -> None:
    found = word_layers(tmp_path, width)
    assert found.projection.shape == (expected, width)
    assert found.projection.dtype == np.float32
    # Orthogonal rows, which keep angles as nearly as chance lets them.
    np.testing.assert_allclose(found.projection @ found.projection.T, np.eye(expected), atol=1e-5)
    # Those of this seed and no other, by Gram and Schmidt instead of Householder.
    normal = np.random.default_rng(17).standard_normal((width, expected))
    basis: list[np.ndarray] = []
    for column in normal.T:
        left = column - sum((column @ row) * row for row in basis)
        basis.append(left / np.linalg.norm(left))
    np.testing.assert_allclose(found.projection, basis, atol=1e-5)
    assert not found.weights.any()
    assert not found.bias
    states = np.random.default_rng(0).normal(size=(5, width)).astype(np.float32)
    np.testing.assert_allclose(words_and_weights(states, found)[1], [0.2] * 5, atol=1e-6)


def test_layers_are_saved_and_read(tmp_path: Path) -> None:
    made = layers(bias=0.25)
    save_word_layers(made, tmp_path)
    found = word_layers(tmp_path, 3)
    for name in ("projection", "weights", "bias"):
        one, other = getattr(found, name), getattr(made, name)
        np.testing.assert_array_equal(one, other)
        assert (one.dtype, one.shape) == (other.dtype, other.shape)


def test_layers_of_16_bits_are_read_as_32(tmp_path: Path) -> None:
    made = layers(bias=0.25)
    arrays = {n: np.atleast_1d(getattr(made, n)) for n in ("projection", "weights", "bias")}
    halves = {name: array.astype(np.float16) for name, array in arrays.items()}
    save_file(halves, tmp_path / WORDS_FILE)
    assert word_layers(tmp_path, 3).projection.dtype == np.float32
    np.testing.assert_array_equal(word_layers(tmp_path, 3).projection, made.projection)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"projection": (2, 4), "weights": (3,), "bias": (1,)}, r"states of \(4,\) .* \(3,\)"),
        ({"projection": (2, 3), "weights": (4,), "bias": (1,)}, r"expected \(3,\)"),
        ({"projection": (3,), "weights": (3,), "bias": (1,)}, r"expected \(3,\)"),
        ({"projection": (2, 3), "weights": (3,), "bias": (2,)}, "cannot read .*ValueError"),
        ({"projection": (2, 3), "weights": (3,)}, "cannot read .*KeyError: 'bias'"),
    ],
)
def test_layers_that_do_not_fit(
    tmp_path: Path, arrays: dict[str, tuple[int, ...]], message: str
) -> None:
    made = {name: np.ones(shape, dtype=np.float32) for name, shape in arrays.items()}
    save_file(made, tmp_path / WORDS_FILE)
    with pytest.raises(EncoderError, match=message):
        word_layers(tmp_path, 3)


def test_layers_that_are_something_else(tmp_path: Path) -> None:
    (tmp_path / WORDS_FILE).write_bytes(b"nonsense")
    with pytest.raises(EncoderError, match=r"cannot read .*SafetensorError"):
        word_layers(tmp_path, 3)
