from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from fakes import TokenEncoder, WordEncoder
from models import WIDTH, write_model
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from ssm_search.encoding import encoder as encoder_module
from ssm_search.encoding import loading
from ssm_search.encoding.encoded import Encoded
from ssm_search.encoding.encoder import (
    Encoder,
    SentenceTransformerEncoder,
    encode_documents,
    encode_query,
)
from ssm_search.encoding.encoder import WordEncoder as GivesWords
from ssm_search.encoding.loading import load_encoder
from ssm_search.encoding.onnx import OnnxEncoder
from ssm_search.encoding.words import save_word_layers, word_layers
from ssm_search.errors import EncoderError
from ssm_search.vectors import as_bytes, as_floats
from ssm_search.words.vectors import count_words

SHIPPED = ROOT / "index" / "awesome-mamba" / OnnxEncoder.FOLDER


@pytest.mark.parametrize("fake", [WordEncoder, TokenEncoder])
def test_long_texts_are_encoded_first_and_rows_come_back_in_order(
    fake: type[WordEncoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder_module, "CHUNK", 2)
    encoder = fake()
    seen: list[tuple[int, int]] = []
    texts = ["graph", "video video video", "", "audio text"]
    found = encode_documents(encoder, texts, lambda done, total: seen.append((done, total)))
    assert encoder.encoded == ["video video video", "audio text", "graph", ""]
    np.testing.assert_array_equal(found.vectors, WordEncoder().encode(texts))
    assert seen == [(0, 4), (2, 4), (4, 4)]
    if isinstance(encoder, TokenEncoder):
        expected = TokenEncoder().encode_words(texts)
        np.testing.assert_array_equal(found.words, expected.words)
        np.testing.assert_array_equal(found.starts, [0, 1, 4, 5, 7])
    else:
        assert (found.words.shape, found.starts.tolist()) == ((0, 0), [0] * 5)


@pytest.mark.parametrize("fake", [WordEncoder, TokenEncoder])
def test_nothing_to_encode(fake: type[WordEncoder]) -> None:
    encoder = fake()
    assert len(encode_documents(encoder, [])) == 0
    assert encoder.encoded == []


def test_queries_go_to_encode_query_where_there_is_one() -> None:
    class Asymmetric(WordEncoder):
        def encode_query(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return self.encode([f"graph {text}" for text in texts])

    np.testing.assert_allclose(encode_query(Asymmetric(), "video").vector[:2], [0.5**0.5] * 2)
    plain = encode_query(WordEncoder(), "video")
    assert plain.vector[0] == 1
    assert (plain.words.shape, plain.weights.shape, plain.spans.shape) == ((0, 0), (0,), (0, 2))


def test_queries_keep_their_stop_words_and_documents_do_not() -> None:
    asked = encode_query(TokenEncoder(), "the video of foxes")
    assert asked.spans.tolist() == [[0, 3], [4, 9], [10, 12], [13, 18]]
    np.testing.assert_allclose(asked.weights, [1 / 6, 3 / 6, 1 / 6, 1 / 6])
    told = encode_documents(TokenEncoder(), ["the video of foxes"])
    np.testing.assert_array_equal(told.words, as_bytes(asked.words[[1, 3]]))


def test_a_query_whose_vector_is_no_unit_vector_is_refused() -> None:
    class Long(TokenEncoder):
        def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
            return 2 * super().encode(texts)

    for encoder in (Long(), Long()):
        with pytest.raises(EncoderError, match="expected unit vectors"):
            encode_query(encoder, "video")


def test_anything_with_the_two_members_is_an_encoder() -> None:
    for fake in (WordEncoder(), TokenEncoder()):
        given: Encoder = fake
        assert given.fingerprint
        assert isinstance(fake, GivesWords) == isinstance(fake, TokenEncoder)


def test_words_are_counted_as_documents_have_them() -> None:
    titles = ["The video of foxes", "", "What is this", "fox"]
    found = count_words(TokenEncoder(), titles)
    assert found.tolist() == [2, 0, 3, 1]
    assert found.dtype == np.int32
    assert count_words(WordEncoder(), titles).tolist() == [0] * 4


# ── models of sentence-transformers ──────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


def states_of(folder: Path, text: str) -> np.ndarray:
    """What the model makes of each token, worked out by transformers alone; shape (s, d)."""
    import torch
    from transformers import AutoModel

    encoder = SentenceTransformerEncoder(folder)
    ids = torch.from_numpy(encoder._tokens.question(text).ids[None])
    bert = AutoModel.from_pretrained(folder, local_files_only=True)
    with torch.no_grad():
        found: np.ndarray = bert(ids).last_hidden_state[0].numpy()
    return found


def with_layers(folder: Path, width: int = 16) -> Path:
    """A model that brings layers of its own for words."""
    rng = np.random.default_rng(1)
    layers = word_layers(folder, WIDTH)  # the fixed ones
    projection = rng.normal(size=(width, WIDTH)).astype(np.float32)
    weights = rng.normal(size=WIDTH).astype(np.float32) / 8
    save_word_layers(type(layers)(projection, weights, np.array(0.5, dtype=np.float32)), folder)
    return folder


@pytest.mark.parametrize("own", [False, True], ids=["fixed layers", "its own layers"])
def test_words_are_projected_states(own: bool, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    layers = word_layers(with_layers(folder) if own else folder, WIDTH)
    text = "the video of mamba graphs"
    states, encoder = states_of(folder, text), SentenceTransformerEncoder(folder)
    tokens = encoder._tokens.question(text)
    assert len(tokens.ids) == len(states)
    projected = states[tokens.words] @ layers.projection.T
    expected = projected / np.linalg.norm(projected, axis=1, keepdims=True)
    found = encoder.encode_query_words(text)
    np.testing.assert_allclose(found.words, expected, atol=1e-5)
    weights = np.log1p(np.exp(states[tokens.words] @ layers.weights + layers.bias))
    np.testing.assert_allclose(found.weights, weights / weights.sum(), atol=1e-5)
    assert (np.ptp(found.weights) > 0.001) == own  # the fixed ones weigh all the same
    mean = states.mean(axis=0)
    np.testing.assert_allclose(found.vector, mean / np.linalg.norm(mean), atol=1e-5)
    # A document has the same words but for "the" and "of".
    document = encoder.encode_words([text])
    stop = [at for at, (start, end) in enumerate(found.spans) if text[start:end] in ("the", "of")]
    left = np.delete(found.words, stop, axis=0)
    assert len(document.words) == len(left) < len(found.words)
    np.testing.assert_allclose(as_floats(document.words), left, atol=0.5 / 127 + 1e-5)
    np.testing.assert_array_equal(encoder.word_spans(text), np.delete(found.spans, stop, axis=0))
    np.testing.assert_allclose(document.vectors, encoder.encode([text]), atol=1e-5)
    np.testing.assert_allclose(found.vector[None], encoder.encode_query([text]), atol=1e-5)


def test_words_do_not_depend_on_the_texts_beside_them(model: Path) -> None:
    encoder = SentenceTransformerEncoder(model)
    texts = ["video", "graph mamba state space model and more", "", "text " * 50]
    together = encoder.encode_words(texts)
    for at, text in enumerate(texts):
        alone = encoder.encode_words([text])
        np.testing.assert_allclose(together.vectors[at], alone.vectors[0], atol=1e-5)
        one, other = together.words_of(at), alone.words
        assert one.shape == other.shape
        assert np.abs(one.astype(int) - other).max() <= 1


def test_a_model_of_16_bits_computes_in_32(model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "half")
    tables = load_file(folder / "model.safetensors")
    halves = {n: t.astype(np.float16) if t.dtype == np.float32 else t for n, t in tables.items()}
    save_file(halves, folder / "model.safetensors", {"format": "pt"})
    half, whole = SentenceTransformerEncoder(folder), SentenceTransformerEncoder(model)
    assert half.fingerprint != whole.fingerprint
    assert str(next(half._model.parameters()).dtype) == "torch.float32"
    texts = ["video mamba", "state space"]
    one, other = half.encode_words(texts), whole.encode_words(texts)
    assert (one.vectors * other.vectors).sum(axis=1).min() > 0.999
    assert (as_floats(one.words) * as_floats(other.words)).sum(axis=1).min() > 0.99


def test_a_model_that_keeps_its_states_to_itself_gives_no_words(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(
        json.dumps(
            {
                "version": "1.0",
                "truncation": None,
                "padding": None,
                "added_tokens": [],
                "normalizer": None,
                "pre_tokenizer": {"type": "Whitespace"},
                "post_processor": None,
                "decoder": None,
                "model": {
                    "type": "WordLevel",
                    "vocab": {"[UNK]": 0, "video": 1, "graph": 2},
                    "unk_token": "[UNK]",
                },
            }
        )
    )
    weights = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], dtype=np.float32)
    static = StaticEmbedding(tokenizer, embedding_weights=weights)
    SentenceTransformer(modules=[static], device="cpu").save(str(tmp_path / "static"))
    encoder = SentenceTransformerEncoder(tmp_path / "static")
    found = encoder.encode_words(["video graph", "video"])
    np.testing.assert_allclose(found.vectors, [[0.5**0.5, 0.5**0.5, 0], [1, 0, 0]], atol=1e-6)
    assert (found.words.shape, found.starts.tolist()) == ((0, 0), [0, 0, 0])
    asked = encode_query(encoder, "graph")
    assert (asked.vector.tolist(), asked.words.shape) == ([0, 1, 0], (0, 0))


def test_a_model_with_a_tokenizer_of_its_own_gives_no_words(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those for Japanese, which are not of the tokenizers library."""
    expected = SentenceTransformerEncoder(model).encode(["video mamba", "graph"])
    encoder = SentenceTransformerEncoder(model)
    monkeypatch.setattr(type(encoder._model.tokenizer), "backend_tokenizer", None)
    found = encode_documents(encoder, ["video mamba", "graph"])
    np.testing.assert_allclose(found.vectors, expected, atol=1e-5)
    assert (found.words.shape, found.starts.tolist()) == ((0, 0), [0, 0, 0])
    assert count_words(encoder, ["video", "graph"]).tolist() == [0, 0]
    assert encode_query(encoder, "video").words.shape == (0, 0)


def test_the_layers_of_words_are_part_of_the_fingerprint(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    before = SentenceTransformerEncoder(folder).fingerprint
    assert SentenceTransformerEncoder(with_layers(folder)).fingerprint != before


def test_layers_that_do_not_fit_are_one_clear_line(tmp_path: Path) -> None:
    folder = with_layers(write_model(tmp_path / "model"))
    tables = load_file(folder / "words.safetensors")
    save_file({**tables, "projection": tables["projection"][:, :9]}, folder / "words.safetensors")
    with pytest.raises(EncoderError, match=r"for states of \(9,\) numbers; expected \(64,\)"):
        SentenceTransformerEncoder(folder).encode_query_words("video")


# ── names ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.encoder
def test_the_default_encoder_is_the_one_that_comes_along() -> None:
    real = load_encoder()
    assert isinstance(real, OnnxEncoder)
    assert isinstance(real, GivesWords)
    assert real.folder == SHIPPED
    assert real.name == "ssm-minilm-l6"
    assert load_encoder("ssm-minilm-l6").fingerprint == real.fingerprint
    found = encode_documents(real, ["a movie about cats", "a film on felines", "tax law"])
    vectors = found.vectors
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.5 > 0.3 > vectors[0] @ vectors[2]
    assert found.words.shape[1] == 64
    lengths = np.linalg.norm(as_floats(found.words), axis=1)
    np.testing.assert_allclose(lengths, 1, atol=0.02)
    # The model is symmetric: a query is encoded as a document is.
    np.testing.assert_allclose(encode_query(real, "tax law").vector, vectors[2], atol=1e-5)


@pytest.mark.encoder
def test_the_default_encoder_needs_no_pytorch() -> None:
    script = (
        "import sys\n"
        "from ssm_search.encoding import load_encoder\n"
        "encoder = load_encoder()\n"
        "encoder.encode_words(['video']); encoder.encode_query_words('video')\n"
        "print(*sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\n", "")


def test_an_index_that_came_without_its_encoder_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "shipped_folder", lambda: tmp_path)
    with pytest.raises(EncoderError, match=r"cannot read .*encoder\.json"):
        load_encoder()


def test_a_folder_is_a_model_too_with_the_same_fingerprint(model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(model, tmp_path / "model")
    one, other = load_encoder(str(copy)), load_encoder(str(model))
    assert isinstance(one, SentenceTransformerEncoder)
    assert one.fingerprint == other.fingerprint
    assert (one.name, one.folder) == (str(copy), copy)
    np.testing.assert_array_equal(one.encode(["video"]), other.encode(["video"]))


def test_a_folder_keeps_its_prompts_and_its_maximum_length(model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(model, tmp_path / "model")
    config = copy / "config_sentence_transformers.json"
    config.write_text('{"prompts": {"query": "graph of ", "document": ""}}')
    (copy / "sentence_bert_config.json").write_text('{"max_seq_length": 8, "do_lower_case": true}')
    prompted, original = load_encoder(str(copy)), load_encoder(str(model))
    assert prompted.fingerprint != original.fingerprint
    as_query = encode_query(prompted, "video").vector
    np.testing.assert_allclose(as_query, original.encode(["graph of video"])[0], atol=1e-5)
    long, longer = prompted.encode(["video " * 20, "video " * 40])
    np.testing.assert_allclose(long, longer, atol=1e-5)


def test_words_of_a_prompt_are_no_words_of_the_text(model: Path, tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "model", prompts={"query": "graph of ", "document": "audio text: "}
    )
    prompted, bare = SentenceTransformerEncoder(folder), SentenceTransformerEncoder(model)
    text = "mamba video"
    asked = prompted.encode_query_words(text)
    assert asked.spans.tolist() == bare.encode_query_words(text).spans.tolist()
    assert len(asked.words) == len(asked.weights) == len(asked.spans)
    # They are what the model makes of those places of the whole.
    whole = bare.encode_query_words(f"graph of {text}")
    np.testing.assert_allclose(asked.words, whole.words[-len(asked.words) :], atol=1e-5)
    np.testing.assert_allclose(asked.vector, whole.vector, atol=1e-5)
    told, whole_text = prompted.encode_words([text]), bare.encode_words([f"audio text: {text}"])
    assert len(told.words) == len(prompted.word_spans(text)) == len(bare.word_spans(text))
    difference = told.words.astype(int) - whole_text.words[-len(told.words) :]
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize("name", ["no/such-model", "nothing here!", "/nowhere/at/all"])
def test_an_unknown_model_is_one_clear_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match="no model") as caught:
        load_encoder(name)
    assert name in str(caught.value)
    assert "ssm-minilm-l6" in str(caught.value)


def test_pickled_weights_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(EncoderError, match=r"no \*\.safetensors weights"):
        load_encoder(str(tmp_path))


def test_encoded_is_a_plain_record() -> None:
    assert Encoded.__slots__ == ("vectors", "words", "starts")
