"""Exported encoders: the same answers without PyTorch, and never another model's."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import ROOT
from models import TEXTS, write_model
from onnx import numpy_helper

from ssm_search.build import lists as build
from ssm_search.build.lists import BuildReport, build_index
from ssm_search.encoding import bulk as bulk_encoder
from ssm_search.encoding import export as onnx_export
from ssm_search.encoding.bulk import fastest, widened
from ssm_search.encoding.encoder import SentenceTransformerEncoder, load_encoder
from ssm_search.encoding.export import MIN_COSINE, _codes, _quantized, agree, export_encoder
from ssm_search.encoding.onnx import ENCODER_FOLDER, MODEL_FILE, OnnxEncoder, usable_cores
from ssm_search.errors import EncoderError, IndexFolderError
from ssm_search.search.local import PaperSearch

LIST = "# L\n## Films\n" + "".join(
    f"- [{text}](https://e.org/{at})\n" for at, text in enumerate(TEXTS)
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def exported(model: Path, tmp_path_factory: pytest.TempPathFactory) -> OnnxEncoder:
    return export(model, tmp_path_factory.mktemp("exported"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "list.md"
    path.write_text(LIST)
    return path


@pytest.fixture(scope="module")
def first(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the list, built once for all tests."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "list.md").write_text(LIST)
    built(folder / "list.md", folder / "index", model)
    return folder / "index"


@pytest.fixture
def index(first: Path, tmp_path: Path) -> Path:
    """A copy of that index, to be changed."""
    return Path(shutil.copytree(first, tmp_path / "index"))


def export(model: Path, folder: Path) -> OnnxEncoder:
    return export_encoder(SentenceTransformerEncoder(model), TEXTS, folder)


def built(source: Path, folder: Path, model: Path) -> BuildReport:
    return build_index(source, folder, encoder=SentenceTransformerEncoder(model), offline=True)


@pytest.mark.parametrize(
    "settings",
    [
        {"pooling": "mean"},
        {"pooling": "cls"},
        {"pooling": "max"},
        {"max_length": 8},
        {"lower_case": False},
        {"prompts": {"query": "graph: ", "document": "video: "}},
        {"prompts": {"query": "graph: ", "passage": "video "}},
    ],
    ids=str,
)
def test_an_export_gives_the_vectors_of_its_model(settings: dict[str, Any], tmp_path: Path) -> None:
    original = SentenceTransformerEncoder(write_model(tmp_path / "model", **settings))
    (tmp_path / "exported").mkdir()
    exported = export_encoder(original, TEXTS, tmp_path / "exported")
    texts = ["Video MAMBA", "graph " * 50, "", "a β text"]
    for one, other in (
        (original.encode(texts), exported.encode(texts)),
        (original.encode_query(texts), exported.encode_query(texts)),
    ):
        assert other.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(other, axis=1), 1, atol=1e-5)
        assert (one * other).sum(axis=1).min() > 0.995
    # What would go unnoticed if nothing of this were read.
    assert exported.about.weights == "int8"
    prompted = settings.get("prompts", {}).get("query", "")
    assert (exported.encode_query(["text"]) @ exported.encode(["text"]).T < 0.99) == bool(prompted)
    cased, other = exported.encode(["Video", "video"])
    assert (cased @ other > 0.999) == settings.get("lower_case", True)


def test_a_vector_does_not_depend_on_the_texts_beside_it(exported: OnnxEncoder) -> None:
    together = exported.encode(TEXTS)
    alone = np.vstack([exported.encode([text]) for text in TEXTS])
    np.testing.assert_array_equal(together, alone)
    assert exported.encode([]).shape == (0, together.shape[1])


def test_threads_may_ask_at_once(model: Path, tmp_path: Path) -> None:
    fresh = export(model, tmp_path)
    expected = fresh.encode(TEXTS)
    asked = OnnxEncoder(tmp_path)  # not loaded yet
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: asked.encode_query([text])[0], TEXTS * 4))
    np.testing.assert_array_equal(np.stack(found), np.vstack([expected] * 4))


def test_exporting_again_gives_the_same_bytes(
    model: Path, exported: OnnxEncoder, tmp_path: Path
) -> None:
    again = export(model, tmp_path)
    assert again.fingerprint == exported.fingerprint
    for name in OnnxEncoder.FILES:
        assert (again.folder / name).read_bytes() == (exported.folder / name).read_bytes()


def test_float32_where_8_bits_give_other_answers(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def coarse(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        codes, scales = _codes(values)
        return (codes // 64 * 64).astype(np.int8), scales

    monkeypatch.setattr(onnx_export, "_codes", coarse)
    exported = export(model, tmp_path)
    assert exported.about.weights == "float32"
    expected = SentenceTransformerEncoder(model).encode(TEXTS)
    np.testing.assert_allclose(exported.encode(TEXTS), expected, atol=1e-5)


def test_8_bit_codes_are_exact_to_half_a_step() -> None:
    values = np.array([[127, -64, 0.4], [0, 0, 0], [0.5, 0.25, -1]], dtype=np.float32)
    codes, scales = _codes(values)
    np.testing.assert_allclose(scales[:, 0], [1, 1, 1 / 127])
    assert codes.tolist() == [[127, -64, 0], [0, 0, 0], [64, 32, -127]]
    assert codes.dtype == np.int8


def test_8_bits_are_a_quarter_of_the_file(exported: OnnxEncoder, model: Path) -> None:
    weights = (model / "model.safetensors").stat().st_size
    assert (exported.folder / "model.onnx").stat().st_size < 0.45 * weights  # most of it a graph
    assert _quantized.__doc__


def test_what_agrees() -> None:
    eye = np.eye(12, dtype=np.float32)
    assert agree(eye, eye)
    assert not agree(eye, eye[::-1])
    assert not agree(eye, eye[:, :6])
    assert not agree(eye, np.full_like(eye, np.nan))
    # Vectors nearly the same, neighbours all different: to one side, to the other.
    step = 0.01 * np.roll(eye, 1, axis=1)
    assert not agree(*(x / np.linalg.norm(x, axis=1)[:, None] for x in (eye + step, eye - step)))


def test_a_build_exports_and_queries_go_there(source: Path, model: Path, tmp_path: Path) -> None:
    report = built(source, tmp_path / "index", model)
    assert "exported (int8)" in report.summary()[1]
    manifest = json.loads((tmp_path / "index" / "manifest.json").read_text())
    loaded = PaperSearch.load(tmp_path / "index")
    assert isinstance(loaded.encoder, OnnxEncoder)
    assert loaded.encoder.fingerprint == manifest["encoder_fingerprint"]
    assert manifest["encoder_name"] == str(model)
    assert loaded.query("video mamba", 1)[0].paper.title == "video mamba"
    # The search that the build returns goes on working, though its scratch folder is gone.
    assert report.search.query("graph zebra", 1)[0].paper.title == "graph zebra"


def test_the_same_model_is_not_exported_twice(
    index: Path, source: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {n: (index / ENCODER_FOLDER / n).read_bytes() for n in OnnxEncoder.FILES}
    monkeypatch.setattr(build, "export_encoder", None)
    source.write_text(LIST + "- [audio graph](https://e.org/new)\n")
    report = built(source, index, model)
    assert report.reused == len(TEXTS)
    assert "exported before" in report.summary()[1]
    assert before == {n: (index / ENCODER_FOLDER / n).read_bytes() for n in OnnxEncoder.FILES}


def test_another_model_or_recipe_is_exported_anew(
    index: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = PaperSearch.load(index).manifest
    other = write_model(tmp_path / "other", pooling="cls")
    second = built(source, index, other)
    assert second.reused == 0
    assert second.search.encoder.fingerprint != before.encoder_fingerprint
    monkeypatch.setattr(onnx_export, "RECIPE", 99)
    assert built(source, index, other).search.encoder.about.recipe == 99


def test_many_papers_are_encoded_on_a_gpu(
    exported: OnnxEncoder, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = SentenceTransformerEncoder(model)
    many = [f"{text} {at}" for at in range(300) for text in TEXTS[:1]]
    monkeypatch.setattr(bulk_encoder, "_seconds", lambda encoder: 1.0)
    for has_gpu, used in ((False, exported), (True, original)):
        monkeypatch.setattr(SentenceTransformerEncoder, "accelerated", has_gpu)
        encoder = fastest(original, exported)
        assert encoder.fingerprint == exported.fingerprint
        np.testing.assert_array_equal(encoder.encode(many), used.encode(many))
        np.testing.assert_array_equal(encoder.encode(TEXTS), exported.encode(TEXTS))
    assert fastest(exported, exported) is exported


def test_products_are_computed_in_float32_where_that_is_faster(
    exported: OnnxEncoder, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SentenceTransformerEncoder, "accelerated", False)
    quick: list[float] = [1.15]
    monkeypatch.setattr(
        bulk_encoder, "_seconds", lambda encoder: quick[0] if encoder is exported else 0.99
    )
    encoder = fastest(SentenceTransformerEncoder(model), exported)
    wide = encoder.chosen
    assert isinstance(wide, OnnxEncoder)
    assert wide is not exported
    many = [f"{text} {at}" for at in range(300) for text in TEXTS[:1]]
    found, expected = encoder.encode(many), exported.encode(many)
    np.testing.assert_array_equal(found, wide.encode(many))
    assert np.sum(found * expected, axis=1).min() > MIN_COSINE
    quick[0] = 1.1  # not enough of a difference
    assert fastest(SentenceTransformerEncoder(model), exported).chosen is exported


def test_as_many_cores_as_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert usable_cores() == 3
    for unset in ("", "0", "all"):
        monkeypatch.setenv("OMP_NUM_THREADS", unset)
        assert 1 <= usable_cores() <= (os.cpu_count() or 1)


def test_wide_products_are_of_the_same_weights(exported: OnnxEncoder) -> None:
    narrow = onnx.load(exported.folder / MODEL_FILE)
    graph = widened(onnx.load(exported.folder / MODEL_FILE)).graph
    assert not [node for node in graph.node if node.op_type == "MatMulNBits"]
    tables = {table.name: numpy_helper.to_array(table) for table in graph.initializer}
    old = {table.name: numpy_helper.to_array(table) for table in narrow.graph.initializer}
    products = [node for node in narrow.graph.node if node.op_type == "MatMulNBits"]
    assert products
    for node in products:
        codes, scales = old[node.input[1]], old[node.input[2]]
        wide = tables[f"{node.input[1]}.wide"]
        block, inner, outer = codes.shape[2], 5, 3  # the weight of one input for one output
        scale = scales.reshape(codes.shape[:2])[outer, inner // block]
        code = int(codes[outer, inner // block, inner % block]) - 128
        assert wide[inner, outer] == np.float32(code) * scale


def test_what_cannot_be_exported_goes_on_as_before(
    source: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(model: object) -> None:
        raise RuntimeError("no such operator\nand a stack")

    monkeypatch.setattr(onnx_export, "_traced", broken)
    report = built(source, tmp_path / "index", model)
    assert "cannot be exported (RuntimeError: no such operator)" in report.summary()[1]
    assert not (tmp_path / "index" / ENCODER_FOLDER).exists()
    loaded = PaperSearch.load(tmp_path / "index")
    assert loaded.query("video mamba", 1)[0].paper.title == "video mamba"
    assert isinstance(loaded.encoder, SentenceTransformerEncoder)


def test_an_export_that_does_not_agree_is_not_used(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "agree", lambda expected, found: False)
    with pytest.raises(EncoderError, match="the export gives other vectors"):
        export(model, tmp_path)


def test_an_exchanged_encoder_is_refused(
    index: Path, source: Path, model: Path, tmp_path: Path
) -> None:
    about = index / ENCODER_FOLDER / "encoder.json"
    about.write_text(about.read_text().replace('"query_prompt": ""', '"query_prompt": "x"'))
    search = PaperSearch.load(index)
    found, expected = OnnxEncoder(about.parent).fingerprint, search.manifest.encoder_fingerprint
    with pytest.raises(EncoderError, match="build the index again") as caught:
        search.query("video")
    assert found in str(caught.value)
    assert expected in str(caught.value)
    shutil.rmtree(about.parent)
    with pytest.raises(EncoderError, match=r"is no encoder\.json"):
        PaperSearch.load(index).encoder.encode(["video"])
    # A build mends it.
    built(source, index, model)
    assert PaperSearch.load(index).query("video mamba")


def test_the_model_itself_may_be_named_but_no_other(
    index: Path, model: Path, tmp_path: Path
) -> None:
    search = PaperSearch.load(index, SentenceTransformerEncoder(model))
    assert isinstance(search.encoder, OnnxEncoder)
    other = write_model(tmp_path / "other", pooling="cls")
    with pytest.raises(IndexFolderError, match="query with the encoder that built it"):
        PaperSearch.load(index, SentenceTransformerEncoder(other))


def test_an_index_saved_elsewhere_takes_its_encoder_along(index: Path, tmp_path: Path) -> None:
    search = PaperSearch.load(index)
    search.save(tmp_path / "copy")
    shutil.rmtree(index)
    assert search.query("video mamba", 1)[0].paper.title == "video mamba"
    assert PaperSearch.load(tmp_path / "copy").query("audio zebra", 1)


@pytest.mark.encoder
def test_the_shipped_encoder_answers_as_its_model_does(shared: Path) -> None:
    lines = (shared / "scitldr_dev.jsonl").read_text(encoding="utf-8").splitlines()
    records = [record for line in lines if (record := json.loads(line))["tldrs"]][:150]
    abstracts = [record["abstract"] for record in records]
    queries = [record["tldrs"][0] for record in records]
    original = load_encoder()
    exported = PaperSearch.load(ROOT / "index" / "awesome-mamba").encoder
    assert isinstance(exported, OnnxEncoder)
    assert exported.about.source == original.fingerprint
    expected = np.argsort(-original.encode(queries) @ original.encode(abstracts).T)[:, :10]
    found = np.argsort(-exported.encode(queries) @ exported.encode(abstracts).T)[:, :10]
    same = [len(set(one) & set(other)) / 10 for one, other in zip(expected, found, strict=True)]
    assert np.mean(same) >= 0.95
