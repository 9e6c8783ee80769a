"""The encoder that comes along: as its model computes, and as sentence-transformers loads it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import PATIENCE, ROOT
from record import (
    COUNT,
    WEIGHTS_APART,
    WORDS_APART,
    load_reference,
    made_of,
    read_abstracts,
    recorded,
)

from ssm_search.arrays import packed, unpacked
from ssm_search.encoding import OnnxEncoder, load_encoder
from ssm_search.encoding.encoded import Encoded
from ssm_search.encoding.encoder import SentenceTransformerEncoder
from ssm_search.encoding.export import MIN_COSINE, export_encoder
from ssm_search.encoding.onnx import TOKENIZER_FILE
from ssm_search.encoding.unpacking import unpack_encoder
from ssm_search.files import write_atomically
from ssm_search.text import STOP_WORDS
from ssm_search.vectors import as_floats

pytestmark = pytest.mark.encoder

MODEL = ROOT.parent / "shared" / "model"
BACKEND = Path(sys.prefix) / "onnx-backend" / "bin" / "python"
"""Of an environment with optimum-onnx, which needs an older transformers than ours."""
RECORDING = Path(__file__).with_name("reference.npz")
SOURCES = ROOT / "src" / "ssm_search"
COMPUTED_BY = ("numpy", "onnxruntime", "tokenizers")
NEIGHBOURS = 10
ASKED = slice(None, None, 15)
"""Of which abstracts the reference is asked in each run."""
QUESTIONS = [
    "mamba for video",
    "What makes attention hidden inside Mamba?",
    "not medical images, what is the use of mamba in finance?",
    "state-space models (S4), e.g. for DNA",
    "predicting stock prices with 2D scans",
    "Größe, ÉCOLE and ﬁne-tuning",
    "a long text " * 200,
]
SCRAPS = ["of the", "?!", "x"]
"""Texts of a token or two, whose vectors of 8-bit products are farther off: .9974 at worst, and the
words of "?!", which has none, .9985."""
TEXTS = [*QUESTIONS, *SCRAPS, "", "A movie about cats. It is about a cat that is on a mat."]


@pytest.fixture(scope="module")
def shipped() -> OnnxEncoder:
    encoder = load_encoder()
    assert isinstance(encoder, OnnxEncoder)
    return encoder


@pytest.fixture(scope="module")
def reference() -> Iterator[Any]:
    """The model in plain PyTorch."""
    if not (MODEL / "reference.py").is_file():
        pytest.skip("no model beside this checkout (../shared/model)")
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # texts come one by one; where much else runs, a third of the time
    yield load_reference(MODEL)
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def abstracts(shared: Path) -> list[str]:
    return read_abstracts(shared / "ssm_abstracts.jsonl.xz")


@pytest.fixture(scope="module")
def recording(reference: Any, abstracts: list[str]) -> dict[str, np.ndarray]:
    """What the reference said of all abstracts; of some, it is asked again."""
    found = unpacked(RECORDING.read_bytes())
    is_of_these = np.array_equal(found["made_of"], made_of(MODEL, abstracts))
    assert is_of_these, f"{RECORDING} is of another model or other texts; see training/record.py"
    return found


@pytest.fixture(scope="module")
def computed(reference: Any, abstracts: list[str]) -> tuple[Any, Any, Any]:
    """Vectors, words and weights of ``ASKED`` abstracts, by the reference."""
    found: tuple[Any, Any, Any] = reference.encode(abstracts[ASKED])
    return found


@pytest.fixture(scope="module")
def encoded(shipped: OnnxEncoder, abstracts: list[str], kept: Path) -> Encoded:
    """All abstracts, by the encoder that comes along: most of a minute of the processor."""
    sources = [*sorted(SOURCES.glob("encoding/*.py")), SOURCES / "text.py", SOURCES / "vectors.py"]
    parts = [shipped.fingerprint, platform.machine(), *map(version, COMPUTED_BY), *abstracts]
    parts += [source.read_text(encoding="utf-8") for source in sources]
    path = kept / f"encoded-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}.npz"
    if not path.is_file():
        made = shipped.encode_words(abstracts)
        write_atomically(path, packed(vectors=made.vectors, words=made.words, starts=made.starts))
    return Encoded(**unpacked(path.read_bytes()))


def told(reference: Any, text: str) -> list[int]:
    """Which of the reference's words of a text are no stop words; all where there is no other."""
    ids = reference.tokenizer.encode(text).ids
    kept = [at for at in ids if at not in reference.no_word] or ids
    pieces = [reference.tokenizer.id_to_token(at) for at in kept]
    return [at for at, piece in enumerate(pieces) if piece not in STOP_WORDS]


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of each row with its other."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    found: np.ndarray = (one * other).sum(axis=1) / lengths
    return found


def test_questions_are_read_as_by_the_reference(shipped: OnnxEncoder, reference: Any) -> None:
    texts = [*QUESTIONS, *SCRAPS]
    vectors, words, weights = reference.encode(texts)
    for text, vector, of_words, shares in zip(texts, vectors, words, weights, strict=True):
        found, is_scrap = shipped.encode_query_words(text), text in SCRAPS
        assert found.vector @ vector > (MIN_COSINE if is_scrap else 0.999)
        assert found.words.shape == of_words.shape
        assert cosines(found.words, of_words).mean() > (0.998 if is_scrap else 0.999)
        np.testing.assert_allclose(found.weights, shares, atol=0.02)
        assert shares.argmax() == found.weights.argmax()


def test_the_recording_is_what_the_reference_says(
    recording: dict[str, np.ndarray], abstracts: list[str], computed: tuple[Any, Any, Any]
) -> None:
    class Asked:
        encode = staticmethod(lambda _: computed)

    again, counts = recorded(Asked, abstracts[ASKED]), recording["counts"]
    np.testing.assert_array_equal(again["counts"], counts[ASKED])
    np.testing.assert_allclose(again["vectors"], recording["vectors"][ASKED], atol=2e-4)
    by_text = of_texts(recording["words"], -(-counts // WORDS_APART))
    words = np.concatenate(by_text[ASKED]).astype(int)
    assert np.abs(words - again["words"]).max() <= 1  # by how it is rounded
    weighed = of_texts(recording["weights"], counts[::WEIGHTS_APART])
    for found, at in zip(weighed, range(0, COUNT, WEIGHTS_APART), strict=True):
        if at in range(COUNT)[ASKED]:
            expected = computed[2][at // ASKED.step]
            np.testing.assert_allclose(found, expected, rtol=2e-3)


def test_abstracts_are_read_as_by_the_reference(
    encoded: Encoded, abstracts: list[str], reference: Any, recording: dict[str, np.ndarray]
) -> None:
    assert cosines(encoded.vectors, recording["vectors"].astype(np.float32)).min() > 0.999
    alike = []
    counts = recording["counts"]
    by_text = of_texts(recording["words"], -(-counts // WORDS_APART))
    for at, text in enumerate(abstracts):
        kept, found = told(reference, text), as_floats(encoded.words_of(at))
        assert found.shape == (len(kept), recording["words"].shape[1])
        assert len(kept) < counts[at]  # there are stop words in every abstract
        rows = [row for row, word in enumerate(kept) if word % WORDS_APART == 0]
        expected = by_text[at][[kept[row] // WORDS_APART for row in rows]]
        alike += cosines(found[rows], as_floats(expected)).tolist()
    assert np.mean(alike) > 0.999


def test_all_words_of_some_abstracts_are_those_of_the_reference(
    encoded: Encoded, abstracts: list[str], reference: Any, computed: tuple[Any, Any, Any]
) -> None:
    alike = []
    for at, words in zip(range(COUNT)[ASKED], computed[1], strict=True):
        expected = words[told(reference, abstracts[at])]
        assert encoded.words_of(at).shape == expected.shape
        alike += cosines(as_floats(encoded.words_of(at)), expected).tolist()
    assert np.mean(alike) > 0.999


def test_weights_of_abstracts_are_those_of_the_reference(
    shipped: OnnxEncoder, abstracts: list[str], recording: dict[str, np.ndarray]
) -> None:
    """As where one is pasted as a question, which keeps its stop words."""
    weighed = of_texts(recording["weights"], recording["counts"][::WEIGHTS_APART])
    for text, weights in zip(abstracts[::WEIGHTS_APART], weighed, strict=True):
        found = shipped.encode_query_words(text)
        assert found.words.shape == (len(weights), recording["words"].shape[1])
        np.testing.assert_allclose(found.weights, weights, atol=0.02)


def of_texts(rows: np.ndarray, counts: np.ndarray) -> list[np.ndarray]:
    """What belongs to each text in turn."""
    assert len(rows) == counts.sum()
    return np.split(rows, np.cumsum(counts)[:-1])


def test_the_nearest_are_those_of_the_reference(
    shipped: OnnxEncoder,
    encoded: Encoded,
    abstracts: list[str],
    recording: dict[str, np.ndarray],
) -> None:
    def nearest(vectors: np.ndarray) -> np.ndarray:
        scores = vectors @ vectors.T
        np.fill_diagonal(scores, -np.inf)
        found: np.ndarray = np.argsort(-scores, axis=1, kind="stable")[:, :NEIGHBOURS]
        return found

    np.testing.assert_array_equal(shipped.encode(abstracts[:10]), encoded.vectors[:10])
    found, expected = nearest(encoded.vectors), nearest(recording["vectors"].astype(np.float32))
    same = [len({*one} & {*other}) for one, other in zip(found, expected, strict=True)]
    assert len(same) == COUNT
    # .973 with activations of 8 bits, which the weights alone would take to .987 in a fifth more
    # time for a paper and nine times the time for a question.
    assert np.mean(same) / NEIGHBOURS >= 0.97


def test_what_comes_along_can_be_unpacked_and_exported_again(
    shipped: OnnxEncoder, reference: Any, tmp_path: Path
) -> None:
    for name in ("model", "exported"):
        (tmp_path / name).mkdir()
    unpack_encoder(shipped, tmp_path / "model")
    model = SentenceTransformerEncoder(tmp_path / "model", shipped.name)
    one, other = shipped.encode_words(QUESTIONS), model.encode_words(QUESTIONS)
    assert cosines(one.vectors, other.vectors).min() > 0.999
    np.testing.assert_array_equal(one.starts, other.starts)
    again = export_encoder(model, QUESTIONS, tmp_path / "exported")
    assert again.about.weights == "int8"
    tokenizers = [(each.folder / TOKENIZER_FILE).read_bytes() for each in (again, shipped)]
    assert tokenizers[0] == tokenizers[1]
    # Rounded twice, it is as near to the model as it is when rounded once.
    vectors = np.array(reference.encode(QUESTIONS)[0])
    found = np.concatenate([again.encode_query([text]) for text in QUESTIONS])
    assert cosines(found, vectors).min() > 0.998


SCRIPT = """
import json, sys
import numpy as np
from sentence_transformers import SentenceTransformer

texts = json.load(sys.stdin)
model = SentenceTransformer(sys.argv[1], backend="onnx", local_files_only=True, device="cpu")
sizes = sys.argv[3:]
np.savez(sys.argv[2], **{size: model.encode(texts, batch_size=int(size)) for size in sizes})
"""


@pytest.fixture(scope="module")
def backend() -> Path:
    if not BACKEND.is_file():
        reason = f"no {BACKEND}, which `make test` makes"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}; in CI nothing that can be had is skipped")
        pytest.skip(reason)
    return BACKEND


BATCHES = (1, 4)


@pytest.fixture(scope="module")
def by_backend(
    backend: Path, shipped: OnnxEncoder, tmp_path_factory: pytest.TempPathFactory
) -> dict[int, np.ndarray]:
    """The vectors of ``TEXTS`` by the size of their batches; loading it all takes ten seconds."""
    place = tmp_path_factory.mktemp("backend")
    folder = shutil.copytree(shipped.folder, place / "encoder")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    environment = {"HF_HUB_OFFLINE": "1", "HOME": str(place), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [backend, "-c", SCRIPT, folder, place / "vectors.npz", *map(str, BATCHES)],
        input=json.dumps(TEXTS),
        env=environment,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before  # nor exported
    with np.load(place / "vectors.npz") as made:
        return {batch: made[str(batch)] for batch in BATCHES}


@pytest.mark.parametrize("batch", BATCHES)
def test_sentence_transformers_loads_the_folder_by_its_onnx_backend(
    batch: int, by_backend: dict[int, np.ndarray], shipped: OnnxEncoder
) -> None:
    found, expected = by_backend[batch], shipped.encode(TEXTS)
    assert found.shape == expected.shape
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    # One text a run is the same sum; in a batch of 8-bit products, what pads a text is rounded too.
    if batch == 1:
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert cosines(found, expected).min() > 0.9999
