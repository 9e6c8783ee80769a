"""An export is what is published: all of the model is in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from models import TEXTS, WIDTH, coarse, write_model
from onnx import numpy_helper
from safetensors.numpy import load_file, save_file

from ssm_search.encoding import export as onnx_export
from ssm_search.encoding.encoder import SentenceTransformerEncoder
from ssm_search.encoding.export import RECIPE, export_encoder
from ssm_search.encoding.onnx import (
    ABOUT_FILE,
    DESCRIPTION,
    MODEL_FILE,
    TOKENIZER_FILE,
    OnnxEncoder,
)
from ssm_search.encoding.quantizing import _product, _split
from ssm_search.encoding.unpacking import unpack_encoder, weights_of
from ssm_search.encoding.words import WORDS_FILE, WordLayers, save_word_layers, word_layers
from ssm_search.errors import EncoderError


def exported(model: Path, folder: Path) -> OnnxEncoder:
    folder.mkdir()
    return export_encoder(SentenceTransformerEncoder(model), TEXTS, folder)


def unpacked(encoder: OnnxEncoder, folder: Path) -> SentenceTransformerEncoder:
    folder.mkdir()
    unpack_encoder(encoder, folder)
    return SentenceTransformerEncoder(folder)


@pytest.fixture(scope="module", params=["fixed layers", "its own layers"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    prompts = {"query": "graph: ", "document": "video: "}
    folder = write_model(tmp_path_factory.mktemp("models") / "model", prompts=prompts)
    # As freshly made, biases are all 0, and a graph has one array for all that are the same.
    rng = np.random.default_rng(2)
    tables = load_file(folder / "model.safetensors")
    for name, table in sorted(tables.items()):
        if table.ndim == 1 and table.dtype == np.float32:
            tables[name] = table + rng.normal(0, 0.02, table.shape).astype(np.float32)
    save_file(tables, folder / "model.safetensors", {"format": "pt"})
    if request.param == "its own layers":
        rng = np.random.default_rng(1)
        projection = rng.normal(size=(16, WIDTH)).astype(np.float32)
        weights = rng.normal(size=WIDTH).astype(np.float32) / 8
        save_word_layers(WordLayers(projection, weights, np.array(0.5, np.float32)), folder)
    return folder


@pytest.fixture(scope="module")
def exports(model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, OnnxEncoder]:
    """The model's export as it is, and where 8 bits give other answers, by their weights."""
    folder = tmp_path_factory.mktemp("exports")
    made = {"int8": exported(model, folder / "int8")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnx_export, "quantized", coarse)
        return {**made, "float32": exported(model, folder / "float32")}


@pytest.fixture(scope="module")
def models(
    exports: dict[str, OnnxEncoder], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, SentenceTransformerEncoder]:
    """What is unpacked of each of them."""
    folder = tmp_path_factory.mktemp("unpacked")
    return {weights: unpacked(export, folder / weights) for weights, export in exports.items()}


@pytest.fixture
def copy(exports: dict[str, OnnxEncoder], tmp_path: Path) -> OnnxEncoder:
    """A copy of the export as it is, to be damaged."""
    exports["int8"].copy_to(tmp_path / "copy")
    return OnnxEncoder(tmp_path / "copy")


@pytest.mark.parametrize("weights", ["int8", "float32"])
def test_an_export_of_an_unpacked_export_is_the_same(
    model: Path,
    exports: dict[str, OnnxEncoder],
    models: dict[str, SentenceTransformerEncoder],
    weights: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, between = exports[weights], models[weights]
    assert first.about.weights == weights
    if weights == "float32":
        monkeypatch.setattr(onnx_export, "quantized", coarse)
    again = exported(between.folder, tmp_path / "again")
    assert again.about.weights == weights
    there = [name for name in DESCRIPTION if (model / name).is_file()]
    for name in (TOKENIZER_FILE, *there):
        assert (again.folder / name).read_bytes() == (first.folder / name).read_bytes()
    one, other = first.encode_words(TEXTS), again.encode_words(TEXTS)
    if weights == "float32":
        assert (again.folder / MODEL_FILE).read_bytes() == (first.folder / MODEL_FILE).read_bytes()
    # What was rounded once is rounded to nearly the same again, by what it gives now.
    assert (one.vectors * other.vectors).sum(axis=1).min() > 0.999
    assert (one.words.astype(float) * other.words).sum(axis=1).mean() / 127**2 > 0.995
    # What it is made of is another model, by its files, and all else it says the same.
    assert again.about.source == between.fingerprint != first.about.source
    assert again.about.query_prompt == first.about.query_prompt == "graph: "


def test_the_weights_are_the_8_bit_ones_as_they_are_used(
    model: Path, models: dict[str, SentenceTransformerEncoder]
) -> None:
    made = models["int8"]
    before, after = (load_file(folder / "model.safetensors") for folder in (model, made.folder))
    used = {name for name in before if "pooler" not in name and "position_ids" not in name}
    assert set(after) == used
    changed = 0
    for name in sorted(used):
        assert after[name].shape == before[name].shape
        if np.array_equal(after[name], before[name]):
            continue
        changed += 1
        # Each matrix as a whole: what one weight is rounded by, others make up for.
        off = np.linalg.norm(after[name] - before[name]) / np.linalg.norm(before[name])
        assert 0 < off < 0.02
    assert changed == 13  # six matrices of each of two layers, and the embeddings of tokens
    layers, expected = word_layers(made.folder, WIDTH), word_layers(model, WIDTH)
    off = np.linalg.norm(layers.projection - expected.projection)
    assert off < 0.02 * np.linalg.norm(expected.projection)
    np.testing.assert_allclose(layers.weights, expected.weights, atol=0.01)
    np.testing.assert_allclose(layers.bias, expected.bias, atol=1e-6)
    assert (made.folder / WORDS_FILE).is_file()


def test_an_unpacked_export_gives_the_vectors_and_words_of_the_export(
    exports: dict[str, OnnxEncoder], models: dict[str, SentenceTransformerEncoder]
) -> None:
    encoder, made = exports["int8"], models["int8"]
    one, other = encoder.encode_words(TEXTS), made.encode_words(TEXTS)
    np.testing.assert_array_equal(one.starts, other.starts)
    # They differ by what is rounded in products with activations of 8 bits alone.
    assert (one.vectors * other.vectors).sum(axis=1).min() > 0.999
    alike = (one.words.astype(float) * other.words).sum(axis=1) / 127**2
    assert alike.mean() > 0.995
    for text in TEXTS:
        asked, same = encoder.encode_query_words(text), made.encode_query_words(text)
        np.testing.assert_allclose(asked.weights, same.weights, atol=0.01)
        np.testing.assert_array_equal(asked.spans, same.spans)


def test_an_export_of_32_bits_holds_the_very_weights(
    model: Path, models: dict[str, SentenceTransformerEncoder]
) -> None:
    made = models["float32"]
    before, after = (load_file(folder / "model.safetensors") for folder in (model, made.folder))
    for name, table in after.items():
        np.testing.assert_array_equal(table, before[name])
    layers, expected = word_layers(made.folder, WIDTH), word_layers(model, WIDTH)
    for name in ("projection", "weights", "bias"):
        np.testing.assert_array_equal(getattr(layers, name), getattr(expected, name))
    np.testing.assert_array_equal(
        made.encode(TEXTS), SentenceTransformerEncoder(model).encode(TEXTS)
    )


def test_columns_and_rows_become_matrices_again() -> None:
    """Codes by hand: a matrix of three inputs, one apart, and two outputs; an embedding of two."""
    tables = {
        "model.0.dense.weight.codes": np.array([[1, -1], [0, 0], [10, 127]], dtype=np.int8),
        "model.0.dense.weight.scales": np.array([0.5, 2], dtype=np.float32),
        "model.0.dense.weight.rows": np.array([[7, 8.5]], dtype=np.float32),
        "given.shares": np.array([4, 0, 0.5], dtype=np.float32),
        "codes.step": np.array(1 / 127, dtype=np.float32),
        "model.0.embeddings.weight.codes": np.array([[1, -127], [0, 10]], dtype=np.int8),
        "model.0.embeddings.weight.scales": np.array([[2], [0.5]], np.float32),
        "model.0.dense.bias": np.array([1, 2], dtype=np.float32),
        "projection.weight": np.eye(2, dtype=np.float32),
        "/model/Constant_output_0": np.array([7.0], dtype=np.float32),
        "model.0.query.weight": np.array([[1, 2], [3, 4]], dtype=np.float32),
    }
    made = [numpy_helper.from_array(array, name) for name, array in tables.items()]
    nodes = [
        onnx.helper.make_node("MatMul", ["given", "model.0.query.weight"], ["product"]),
        *_split("given"),
        *_product("given", "model.0.dense.weight", "output"),
    ]
    graph = onnx.helper.make_graph(nodes, "made", [], [], initializer=made)
    found = weights_of(onnx.helper.make_model(graph))
    assert set(found) == {
        "model.0.dense.weight",
        "model.0.embeddings.weight",
        "model.0.dense.bias",
        "model.0.query.weight",
        "projection.weight",
    }
    # What is multiplied as it is, or in codes, is the layer's weights transposed.
    assert found["model.0.dense.weight"].tolist() == [[2, 7, 2.5], [-8, 8.5, 127]]
    assert found["model.0.query.weight"].tolist() == [[1, 3], [2, 4]]
    assert found["model.0.embeddings.weight"].tolist() == [[2, -254], [0, 5]]
    assert {array.dtype for array in found.values()} == {np.dtype(np.float32)}


def test_an_export_that_does_not_say_what_it_is_made_of(copy: OnnxEncoder, tmp_path: Path) -> None:
    (copy.folder / "modules.json").unlink()
    (tmp_path / "unpacked").mkdir()
    with pytest.raises(EncoderError, match="does not say what its model was made of; take"):
        unpack_encoder(copy, tmp_path / "unpacked")
    assert not list((tmp_path / "unpacked").iterdir())


def test_an_export_of_another_version_is_not_unpacked(copy: OnnxEncoder, tmp_path: Path) -> None:
    """Its weights are put down otherwise, and would be read as others."""
    about = copy.folder / ABOUT_FILE
    about.write_text(about.read_text().replace(f'"recipe": {RECIPE}', '"recipe": 2'))
    (tmp_path / "unpacked").mkdir()
    with pytest.raises(EncoderError, match=f"is of recipe 2, expected {RECIPE}, whose weights"):
        unpack_encoder(OnnxEncoder(copy.folder), tmp_path / "unpacked")
    assert not list((tmp_path / "unpacked").iterdir())


def test_a_damaged_export_is_not_unpacked(copy: OnnxEncoder, tmp_path: Path) -> None:
    path = copy.folder / MODEL_FILE
    path.write_bytes(path.read_bytes()[:-100])
    (tmp_path / "unpacked").mkdir()
    with pytest.raises(EncoderError, match="build the index again"):
        unpack_encoder(copy, tmp_path / "unpacked")


def test_an_export_without_words_is_not_unpacked(copy: OnnxEncoder, tmp_path: Path) -> None:
    """As one of an older recipe, which had vectors alone."""
    graph = onnx.load(copy.folder / MODEL_FILE)
    kept = [table for table in graph.graph.initializer if "projection" not in table.name]
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept)
    onnx.save(graph, copy.folder / MODEL_FILE)
    (tmp_path / "unpacked").mkdir()
    with pytest.raises(EncoderError, match=r"has no 'projection\.weight' of words"):
        unpack_encoder(OnnxEncoder(copy.folder), tmp_path / "unpacked")
