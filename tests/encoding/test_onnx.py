"""Exported encoders: the same answers without PyTorch, and never another model's."""

from __future__ import annotations

import gc
import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import onnx
import pytest
from fakes import TokenEncoder
from models import TEXTS, WIDTH, coarse, write_model
from safetensors.numpy import load_file, save_file

from ssm_search.build.lists import BuildReport, build_index
from ssm_search.encoding import bulk as bulk_encoder
from ssm_search.encoding import export as onnx_export
from ssm_search.encoding import onnx as onnx_encoder
from ssm_search.encoding import running, shared
from ssm_search.encoding.bulk import BulkEncoder, fastest
from ssm_search.encoding.encoded import Encoded
from ssm_search.encoding.encoder import SentenceTransformerEncoder
from ssm_search.encoding.export import (
    MIN_COSINE,
    MIN_WORDS_ALIKE,
    _same_words,
    agree,
    export_encoder,
)
from ssm_search.encoding.onnx import (
    DESCRIPTION,
    MODEL_FILE,
    OnnxEncoder,
    usable_cores,
)
from ssm_search.encoding.words import WordLayers, save_word_layers
from ssm_search.errors import EncoderError, IndexFolderError
from ssm_search.search.local import PaperSearch
from ssm_search.vectors import as_floats

LIST = "# L\n## Films\n" + "".join(
    f"- [{text}](https://e.org/{at})\n" for at, text in enumerate(TEXTS)
)


Twins = Callable[..., tuple[SentenceTransformerEncoder, OnnxEncoder]]


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Twins:
    """A model of given settings and its export, a second of the processor, made once for all."""
    known: dict[str, tuple[SentenceTransformerEncoder, OnnxEncoder]] = {}

    def made(
        settings: dict[str, Any], own: bool = False
    ) -> tuple[SentenceTransformerEncoder, OnnxEncoder]:
        key = str((sorted({"pooling": "mean", **settings}.items()), own))
        if key not in known:
            place = tmp_path_factory.mktemp("twins")
            folder = write_model(place / "model", **settings)
            original = SentenceTransformerEncoder(with_layers(folder) if own else folder)
            known[key] = original, export(folder, place / "exported")
        return known[key]

    return made


@pytest.fixture(scope="module")
def model(twins: Twins) -> Path:
    return twins({})[0].folder


@pytest.fixture(scope="module")
def exported(twins: Twins) -> OnnxEncoder:
    return twins({})[1]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "list.md"
    path.write_text(LIST)
    return path


@pytest.fixture(scope="module")
def first(model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildReport]:
    """An index of the list, built once for all tests, and what the build says."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "list.md").write_text(LIST)
    return folder / "index", built(folder / "list.md", folder / "index", model)


@pytest.fixture
def index(first: tuple[Path, BuildReport], tmp_path: Path) -> Path:
    """A copy of that index, to be changed."""
    return Path(shutil.copytree(first[0], tmp_path / "index"))


def export(model: Path, folder: Path) -> OnnxEncoder:
    folder.mkdir(exist_ok=True)
    return export_encoder(SentenceTransformerEncoder(model), TEXTS, folder)


def built(source: Path, folder: Path, model: Path) -> BuildReport:
    return build_index(source, folder, encoder=SentenceTransformerEncoder(model), offline=True)


def with_layers(folder: Path) -> Path:
    """The model in ``folder``, which brings layers of its own for words."""
    rng = np.random.default_rng(1)
    projection = rng.normal(size=(16, WIDTH)).astype(np.float32)
    weights = rng.normal(size=WIDTH).astype(np.float32) / 8
    save_word_layers(WordLayers(projection, weights, np.array(0.5, np.float32)), folder)
    return folder


def assert_same_words(one: Encoded, other: Encoded, alike: float = MIN_WORDS_ALIKE) -> None:
    np.testing.assert_array_equal(one.starts, other.starts)
    assert one.words.shape == other.words.shape
    assert (one.vectors * other.vectors).sum(axis=1).min() > MIN_COSINE
    assert (as_floats(one.words) * as_floats(other.words)).sum(axis=1).mean() > alike


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
def test_an_export_gives_the_vectors_of_its_model(settings: dict[str, Any], twins: Twins) -> None:
    original, exported = twins(settings)
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


@pytest.mark.parametrize("own", [False, True], ids=["fixed layers", "its own layers"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"pooling": "cls"},
        {"max_length": 8},
        {"prompts": {"query": "graph: ", "document": "video: "}},
    ],
    ids=str,
)
def test_an_export_gives_the_words_and_weights_of_its_model(
    settings: dict[str, Any], own: bool, twins: Twins
) -> None:
    original, exported = twins(settings, own)
    texts = ["Video MAMBA of the graph", "graph " * 50, "", "a β text", "of the", "zebra?!"]
    assert_same_words(original.encode_words(texts), exported.encode_words(texts))
    assert exported.encode_words(texts).words.shape[1] == (16 if own else 64)
    for text in texts:
        one, other = original.encode_query_words(text), exported.encode_query_words(text)
        assert one.vector @ other.vector > MIN_COSINE
        assert np.mean((one.words * other.words).sum(axis=1)) > MIN_WORDS_ALIKE
        np.testing.assert_allclose(np.linalg.norm(other.words, axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(other.weights, one.weights, atol=0.02)
        assert other.weights.sum() == pytest.approx(1, abs=1e-5)
        np.testing.assert_array_equal(one.spans, other.spans)
        np.testing.assert_array_equal(original.word_spans(text), exported.word_spans(text))
        assert len(exported.word_spans(text)) == len(exported.encode_words([text]).words)
        types = {each.dtype for each in (other.vector, other.words, other.weights)}
        assert types == {np.dtype(np.float32)}
    weights = exported.encode_query_words(texts[0]).weights
    assert (np.ptp(weights) > 0.001) == own
    # As one vector they are those that are encoded alone.
    for text in texts:
        words, vectors = exported.encode_query_words(text), exported.encode_query([text])
        np.testing.assert_array_equal(words.vector, vectors[0])


def test_a_model_of_16_bits_is_exported_as_what_it_computes(model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(model, tmp_path / "half")
    tables = load_file(folder / "model.safetensors")
    halves = {n: t.astype(np.float16) if t.dtype == np.float32 else t for n, t in tables.items()}
    save_file(halves, folder / "model.safetensors", {"format": "pt"})
    exported = export(folder, tmp_path / "exported")
    assert exported.about.weights == "int8"
    assert_same_words(
        SentenceTransformerEncoder(folder).encode_words(TEXTS), exported.encode_words(TEXTS)
    )


def test_an_export_says_what_sentence_transformers_reads(
    model: Path, exported: OnnxEncoder, tmp_path: Path
) -> None:
    """Its first output is what is pooled there, and its files are described."""
    there = [name for name in DESCRIPTION if (model / name).is_file()]
    assert "modules.json" in there
    for name in there:
        assert (exported.folder / name).read_bytes() == (model / name).read_bytes()
    graph = onnx.load(exported.folder / MODEL_FILE).graph
    names = [value.name for value in graph.output]
    assert names == ["last_hidden_state", "vector", "words", "weights"]
    assert [value.name for value in graph.input] == ["input_ids", "attention_mask"]
    # They go with it, and are no part of what decides what the vectors are.
    exported.copy_to(tmp_path / "copy")
    for name in there:
        assert (tmp_path / "copy" / name).read_bytes() == (model / name).read_bytes()
        (tmp_path / "copy" / name).unlink()
    bare = OnnxEncoder(tmp_path / "copy", exported.fingerprint)
    np.testing.assert_array_equal(bare.encode(TEXTS), exported.encode(TEXTS))
    assert set(bare.contents()) == set(OnnxEncoder.FILES)
    assert set(exported.contents()) == {*OnnxEncoder.FILES, *there}


def test_texts_of_one_batch_may_differ_in_length(exported: OnnxEncoder) -> None:
    """As sentence-transformers runs them: what pads a text changes nothing of it."""
    tokenizer, session = exported.loaded()
    texts = [tokenizer.document(text).ids for text in ("video", "graph mamba state space model")]
    ids, mask = np.zeros((2, len(texts[1])), np.int64), np.zeros((2, len(texts[1])), np.int64)
    for row, tokens in enumerate(texts):
        ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
    found = session.run(["vector"], {"input_ids": ids, "attention_mask": mask})[0]
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    expected = exported.encode(["video", "graph mamba state space model"])
    assert (found * expected).sum(axis=1).min() > 0.999


def test_a_vector_does_not_depend_on_the_texts_beside_it(exported: OnnxEncoder) -> None:
    together = exported.encode(TEXTS)
    alone = np.vstack([exported.encode([text]) for text in TEXTS])
    np.testing.assert_array_equal(together, alone)
    assert exported.encode([]).shape == (0, together.shape[1])
    assert exported.encode_query([]).shape == (0, together.shape[1])
    nothing = exported.encode_words([])
    assert (nothing.words.shape, nothing.starts.tolist()) == ((0, 64), [0])


def test_threads_may_ask_at_once(exported: OnnxEncoder) -> None:
    expected = exported.encode(TEXTS)
    asked = OnnxEncoder(exported.folder)  # not loaded yet
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: asked.encode_query([text])[0], TEXTS * 4))
    np.testing.assert_array_equal(np.stack(found), np.vstack([expected] * 4))


def test_a_query_is_the_same_by_however_many_threads(
    exported: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_encoder, "usable_cores", lambda: 8)
    shared = OnnxEncoder(exported.folder)
    monkeypatch.setattr(onnx_encoder, "QUERY_THREADS", 1)
    alone = OnnxEncoder(exported.folder)
    for text in TEXTS:
        one, other = alone.encode_query_words(text), shared.encode_query_words(text)
        np.testing.assert_array_equal(one.vector, other.vector)
        np.testing.assert_array_equal(one.words, other.words)
        np.testing.assert_array_equal(one.weights, other.weights)
    given = [
        e.loaded(n)[1].get_session_options() for e, n in ((alone, 1), (shared, 2), (shared, 1))
    ]
    assert [options.intra_op_num_threads for options in given] == [1, 2, 1]


def test_the_same_encoder_is_loaded_once_for_all_who_have_it(
    exported: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "LOADED", WeakValueDictionary())
    exported.copy_to(tmp_path / "copy")
    one, copy = OnnxEncoder(exported.folder), OnnxEncoder(tmp_path / "copy")
    tokenizer, session = one.loaded()
    assert copy.loaded() == (tokenizer, session)
    assert OnnxEncoder(exported.folder).loaded() == (tokenizer, session)
    (tmp_path / "copy" / MODEL_FILE).write_bytes(b"another")
    with pytest.raises(EncoderError, match="the vectors beside it were made by"):
        OnnxEncoder(tmp_path / "copy", one.fingerprint).loaded()
    del one, copy, tokenizer, session
    gc.collect()
    assert not shared.LOADED  # what nobody has any more is gone


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
    monkeypatch.setattr(onnx_export, "quantized", coarse)
    exported = export(model, tmp_path)
    assert exported.about.weights == "float32"
    expected = SentenceTransformerEncoder(model).encode_words(TEXTS)
    found = exported.encode_words(TEXTS)
    np.testing.assert_allclose(found.vectors, expected.vectors, atol=1e-5)
    np.testing.assert_array_equal(found.starts, expected.starts)
    assert np.abs(found.words.astype(int) - expected.words).max() <= 1


def test_8_bits_are_a_quarter_of_the_file(exported: OnnxEncoder, model: Path) -> None:
    weights = (model / "model.safetensors").stat().st_size
    assert (exported.folder / "model.onnx").stat().st_size < 0.45 * weights  # most of it a graph


def test_what_agrees() -> None:
    eye = np.eye(12, dtype=np.float32)
    assert agree(eye, eye)
    assert not agree(eye, eye[::-1])
    assert not agree(eye, eye[:, :6])
    assert not agree(eye, np.full_like(eye, np.nan))
    # Vectors nearly the same, neighbours all different: to one side, to the other.
    step = 0.01 * np.roll(eye, 1, axis=1)
    assert not agree(*(x / np.linalg.norm(x, axis=1)[:, None] for x in (eye + step, eye - step)))


def test_words_that_agree() -> None:
    rng = np.random.default_rng(0)
    words = rng.normal(size=(6, 8))
    kept = np.rint(127 * words / np.linalg.norm(words, axis=1, keepdims=True)).astype(np.int8)
    eye, starts = np.eye(3, dtype=np.float32), np.array([0, 1, 4, 6])
    one = Encoded(eye, kept, starts)
    assert _same_words(one, one)
    assert not _same_words(one, Encoded(eye[::-1], kept, starts))
    assert not _same_words(one, Encoded(eye, kept, np.array([0, 2, 4, 6])))
    assert not _same_words(one, Encoded(eye, np.roll(kept, 1, axis=0), starts))
    turned = np.concatenate([kept[:5], -kept[5:]])  # one of six: a mean cosine of two thirds
    assert not _same_words(one, Encoded(eye, turned, starts))
    none = Encoded(eye, np.zeros((0, 0), np.int8), np.zeros(4, np.int64))
    assert _same_words(none, none)


def test_a_build_exports_and_queries_go_there(first: tuple[Path, BuildReport], model: Path) -> None:
    folder, report = first
    assert "exported (int8)" in report.summary()[1]
    manifest = json.loads((folder / "manifest.json").read_text())
    loaded = PaperSearch.load(folder)
    assert isinstance(loaded.encoder, OnnxEncoder)
    assert loaded.encoder.fingerprint == manifest["encoder_fingerprint"]
    assert manifest["encoder_name"] == str(model)
    assert loaded.query("video mamba", 1)[0].paper.title == "video mamba"
    # The search that the build returns goes on working, though its scratch folder is gone.
    assert report.search.query("graph zebra", 1)[0].paper.title == "graph zebra"


def test_the_same_model_is_not_exported_twice(
    index: Path, source: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {n: (index / OnnxEncoder.FOLDER / n).read_bytes() for n in OnnxEncoder.FILES}
    monkeypatch.setattr(running, "export_encoder", None)
    source.write_text(LIST + "- [audio graph](https://e.org/new)\n")
    report = built(source, index, model)
    assert report.reused == len(TEXTS)
    assert "exported before" in report.summary()[1]
    assert before == {n: (index / OnnxEncoder.FOLDER / n).read_bytes() for n in OnnxEncoder.FILES}


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
    for has_gpu, used in ((False, exported), (True, original)):
        monkeypatch.setattr(bulk_encoder, "has_gpu", lambda has_gpu=has_gpu: has_gpu)
        encoder = fastest(original, exported)
        assert encoder.fingerprint == exported.fingerprint
        # PyTorch's sums may differ in their last digit from call to call; the export's by 1e-3.
        np.testing.assert_allclose(encoder.encode(many), used.encode(many), atol=1e-6)
        np.testing.assert_array_equal(encoder.encode(TEXTS), exported.encode(TEXTS))
        found, expected = encoder.encode_words(many), used.encode_words(many)
        np.testing.assert_allclose(found.words, expected.words, atol=1e-6)
        np.testing.assert_array_equal(found.starts, expected.starts)
        asked, told = encoder.encode_query_words("graph"), exported.encode_query_words("graph")
        np.testing.assert_array_equal(asked.words, told.words)
        np.testing.assert_array_equal(encoder.word_spans("graph"), exported.word_spans("graph"))


@pytest.mark.skipif(sys.platform != "linux", reason="drivers have other names elsewhere")
@pytest.mark.parametrize(
    ("driver", "device", "expected"),
    [
        ("libc.so.6", "/dev/none", True),
        ("libnone.so.1", "/dev/null", True),
        ("libnone.so.1", "/dev/none", False),
    ],
)
def test_pytorch_is_asked_for_a_gpu_where_one_may_be(
    driver: str, device: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    cuda = SimpleNamespace(is_available=lambda: not asked.append("cuda"))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    monkeypatch.setattr(bulk_encoder, "DRIVER", driver)
    monkeypatch.setattr(bulk_encoder, "DEVICE", device)
    assert bulk_encoder.has_gpu() is expected
    assert asked == ["cuda"] * expected


def test_a_gpu_gets_the_model_that_an_export_holds(
    exported: OnnxEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that comes along is an export, and no other model is at hand."""
    monkeypatch.setattr(bulk_encoder, "has_gpu", lambda: True)
    encoder = fastest(exported, exported)
    assert isinstance(encoder, BulkEncoder)
    many = [f"{text} {at}" for at in range(300) for text in TEXTS[:1]]
    assert_same_words(exported.encode_words(many), encoder.encode_words(many))
    chosen = encoder.chosen
    assert isinstance(chosen, SentenceTransformerEncoder)
    assert chosen.folder.is_dir()
    folder = chosen.folder
    del encoder, chosen
    gc.collect()
    assert not folder.exists()


def test_an_export_that_does_not_say_what_it_is_of_encodes_by_itself(
    exported: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_encoder, "has_gpu", lambda: True)
    exported.copy_to(tmp_path / "bare")
    (tmp_path / "bare" / "modules.json").unlink()
    bare = OnnxEncoder(tmp_path / "bare")
    encoder = fastest(bare, bare)
    assert isinstance(encoder, BulkEncoder)
    assert encoder.chosen is bare


def test_other_encoders_encode_papers_themselves() -> None:
    fake = TokenEncoder()
    assert fastest(fake, fake) is fake


def test_as_many_cores_as_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert usable_cores() == 3
    for unset in ("", "0", "all"):
        monkeypatch.setenv("OMP_NUM_THREADS", unset)
        assert 1 <= usable_cores() <= (os.cpu_count() or 1)


def test_what_cannot_be_exported_goes_on_as_before(
    source: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(model: object, folder: Path) -> None:
        raise RuntimeError("no such operator\nand a stack")

    monkeypatch.setattr(onnx_export, "_traced", broken)
    report = built(source, tmp_path / "index", model)
    assert "cannot be exported (RuntimeError: no such operator)" in report.summary()[1]
    assert not (tmp_path / "index" / OnnxEncoder.FOLDER).exists()
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
    about = index / OnnxEncoder.FOLDER / "encoder.json"
    about.write_text(about.read_text().replace('"query_prompt": ""', '"query_prompt": "x"'))
    search = PaperSearch.load(index)
    found, expected = OnnxEncoder(about.parent).fingerprint, search.manifest.encoder_fingerprint
    with pytest.raises(EncoderError, match="build the index again") as caught:
        search.query("video")
    assert found in str(caught.value)
    assert expected in str(caught.value)
    for name, message in (
        ("model.onnx", r"is no model\.onnx.*build the index again"),
        ("encoder.json", r"cannot read .*encoder\.json.*build the index again"),
    ):
        (about.parent / name).unlink()
        with pytest.raises(EncoderError, match=message):
            PaperSearch.load(index).encoder.encode(["video"])
    shutil.rmtree(about.parent)
    with pytest.raises(EncoderError, match=message):
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


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As if the disk were full: no file grows beyond ``size`` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("size", [1_000, 100_000])  # too small for the tokenizer, for the model
def test_a_full_disk_is_no_fault_of_the_model(
    size: int, index: Path, source: Path, model: Path, tmp_path: Path
) -> None:
    """Else an index would be saved whose every query loads the model itself."""
    other = write_model(tmp_path / "other", max_length=24)
    before = PaperSearch.load(index).manifest
    with files_of_at_most(size), pytest.raises(OSError, match="File too large"):
        built(source, index, other)
    assert PaperSearch.load(index).manifest == before
    built(source, index, other)
    assert isinstance(PaperSearch.load(index).encoder, OnnxEncoder)
