"""Text → unit vectors, by a sentence-transformers model that is already on disk if it can be."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np

from ssm_search.encoding.encoded import (
    Encoded,
    EncodedQuery,
    checked,
    checked_vectors,
    gathered,
    joined,
    without_words,
)
from ssm_search.encoding.words import Tokens, WordTokenizer, word_layers, words_and_weights
from ssm_search.errors import EncoderError

if TYPE_CHECKING:
    import tokenizers
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

Side = Literal["document", "query"]
"""What a text is to a model that was trained with different prompts for the two."""

BATCH_SIZE = 32
CHUNK = 256  # texts between two calls of ``progress``
MODEL_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")


class Encoder(Protocol):
    """Anything that turns texts into unit vectors.

    An object that also has ``encode_query(texts)`` is asked by that name for queries: models
    trained with different prompts for queries and documents need it. One that gives vectors of
    words too is a :class:`WordEncoder`.
    """

    @property
    def fingerprint(self) -> str:
        """Names the model and its version: equal fingerprints give equal vectors."""

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Unit row vectors, float32, shape (len(texts), d)."""


@runtime_checkable
class WordEncoder(Encoder, Protocol):
    """An encoder whose one pass over a text gives its vector and those of its words."""

    def encode_words(self, texts: Sequence[str], /) -> Encoded:
        """The vectors of documents, and those of their words."""

    def encode_query_words(self, text: str, /) -> EncodedQuery:
        """The vector of a query, and those of its words with their weights."""

    def word_spans(self, text: str, /) -> NDArray[np.int32]:
        """From which to which character of a document each of its words goes, shape (t, 2)."""


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
        self._layers = cache(partial(word_layers, folder))

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Unit row vectors of documents, float32, shape (len(texts), d)."""
        return self._vectors("document", texts)

    def encode_query(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Unit row vectors of queries, float32, shape (len(texts), d)."""
        return self._vectors("query", texts)

    def encode_words(self, texts: Sequence[str], /) -> Encoded:
        """The vectors of documents and of their words, in one pass.

        There are no words of a model that does not give the states of its tokens, or whose
        tokenizer is none of Hugging Face's fast ones.
        """
        return gathered(self._pass("document", texts))

    def encode_query_words(self, text: str, /) -> EncodedQuery:
        """The vector of a query, and those of its words with their weights."""
        return self._pass("query", [text])[0]

    def word_spans(self, text: str, /) -> NDArray[np.int32]:
        """From which to which character of a document each of its words goes, shape (t, 2)."""
        if self._tokens is None:
            return without_words(np.zeros(0, dtype=np.float32)).spans
        return self._tokens.document(text, prompt_of(self._model, "document")).spans

    @cached_property
    def _model(self) -> SentenceTransformer:
        return load_model(self.folder)

    @cached_property
    def _tokens(self) -> WordTokenizer | None:
        try:
            return WordTokenizer(tokenizer_of(self._model))
        except EncoderError:  # it has vectors all the same
            return None

    def _vectors(self, side: Side, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = self._model.encode(
            list(texts),
            prompt=prompt_of(self._model, side),
            batch_size=BATCH_SIZE,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)

    def _pass(self, side: Side, texts: Sequence[str]) -> list[EncodedQuery]:
        if self._tokens is None:
            return [without_words(vector) for vector in self._vectors(side, texts)]
        cut = self._tokens.question if side == "query" else self._tokens.document
        prompt = prompt_of(self._model, side)
        found = self._model.encode(
            list(texts),
            prompt=prompt,
            batch_size=BATCH_SIZE,
            output_value=None,
            show_progress_bar=False,
        )
        read = [cut(text, prompt) for text in texts]
        return [self._one(*each) for each in zip(found, read, strict=True)]

    def _one(self, found: dict[str, Any], tokens: Tokens) -> EncodedQuery:
        vector = found["sentence_embedding"].float().cpu().numpy()
        vector = vector / max(float(np.linalg.norm(vector)), 1e-12)
        if "token_embeddings" not in found:
            return without_words(vector)
        read = found["attention_mask"].bool()
        states = found["token_embeddings"][read].float().cpu().numpy()
        places, spans = tokens.words, tokens.spans
        if len(tokens.ids) != len(states):  # the model reads other tokens than its tokenizer says
            places, spans = np.arange(len(states)), np.zeros((len(states), 2), dtype=np.int32)
        words, weights = words_and_weights(states[places], self._layers(states.shape[1]))
        return EncodedQuery(vector, words, weights, spans)


def encode_documents(
    encoder: Encoder,
    texts: Sequence[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Encoded:
    """Encode many texts, the long ones together so that little is spent on padding.

    Args:
        progress: called with (texts encoded, texts to encode).

    Raises:
        EncoderError: the encoder gave something other than finite unit rows of one width.
    """
    order = sorted(range(len(texts)), key=lambda at: (-len(texts[at]), at))
    parts = []
    progress(0, len(texts))
    for start in range(0, len(texts), CHUNK):
        chunk = [texts[at] for at in order[start : start + CHUNK]]
        if isinstance(encoder, WordEncoder):
            parts.append(checked(encoder.encode_words(chunk), len(chunk)))
        else:
            vectors = checked_vectors(encoder.encode(chunk), len(chunk))
            parts.append(gathered([without_words(vector) for vector in vectors]))
        progress(start + len(chunk), len(texts))
    if not parts:
        return gathered([])
    return joined(parts).taken(np.argsort(order))


def encode_query(encoder: Encoder, text: str) -> EncodedQuery:
    """One query: its vector, and those of its words if the encoder gives any.

    Raises:
        EncoderError: the encoder gave something other than a finite unit vector.
    """
    if isinstance(encoder, WordEncoder):
        found = encoder.encode_query_words(text)
        return replace(found, vector=checked_vectors(found.vector[None], 1)[0])
    encode: Callable[[Sequence[str]], NDArray[np.float32]]
    encode = getattr(encoder, "encode_query", encoder.encode)
    return without_words(checked_vectors(encode([text]), 1)[0])


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
    transformers_logging.set_verbosity_error()  # it reports layers that no vector needs
    # Of 16-bit weights too: what they are exported to, and compared with, computes in 32.
    settings: dict[str, object] = {"use_safetensors": True, "dtype": "float32"}
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


def prompt_of(model: SentenceTransformer, side: Side) -> str:
    """What sentence-transformers puts before a text of that kind; "" for nothing."""
    names = ("query",) if side == "query" else ("document", "passage", "corpus")
    prompts = model.prompts
    default = prompts.get(model.default_prompt_name or "", "")
    return str(next((prompts[name] for name in names if name in prompts), default) or "")


def tokenizer_of(model: SentenceTransformer) -> tokenizers.Tokenizer:
    """The tokenizer of ``model``, cut off where it is, without padding.

    Raises:
        EncoderError: it is none of the tokenizers library.
    """
    import tokenizers

    found = getattr(model.tokenizer, "backend_tokenizer", model.tokenizer)
    if not isinstance(found, tokenizers.Tokenizer):
        raise EncoderError(f"{type(model.tokenizer).__name__} is no fast tokenizer")
    tokenizer = tokenizers.Tokenizer.from_str(found.to_str())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if model.max_seq_length and math.isfinite(model.max_seq_length):
        tokenizer.enable_truncation(model.max_seq_length)
    return tokenizer


def _fingerprint(folder: Path) -> str:
    """Of everything that decides what the vectors are: weights, configuration, vocabulary."""
    paths = (path for pattern in MODEL_FILES for path in folder.rglob(pattern))
    return f"sentence-transformers:{files_fingerprint(folder, paths)}"


def _sha256(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"cannot read {path}: {error.strerror}") from error
