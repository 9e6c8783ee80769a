"""Which tokens of a text are words, and the two layers that make small vectors and weights of them.

Late interaction (ColBERT, Khattab & Zaharia 2020) compares the words of a question with those of a
paper. A model that was trained for it brings its layers along in ``WORDS_FILE``. Any other gets a
fixed projection, the same for all: even so, the words of all-MiniLM-L6-v2 in 64 dimensions find a
known paper first in .785 of 1,453 cases, where its one vector of a paper finds .706.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from ssm_search.errors import EncoderError
from ssm_search.files import plain_file
from ssm_search.text import STOP_WORDS
from ssm_search.vectors import product

if TYPE_CHECKING:
    import tokenizers
    from numpy.typing import NDArray

WORDS_FILE = "words.safetensors"
WORD_WIDTH = 64
"""Dimensions of a word's vector where the model brings no layers."""
SEED = 17  # of the fixed projection; another would make other vectors under the same fingerprint
_UNKNOWN = ("[UNK]", "<unk>")  # special tokens that stand for words
_CHARACTERS = 16
"""For each token that the model reads, of a text that is cut into tokens at first: prose has five.
Cutting a whole text of 50,000 took 38 ms, encoding it then 60; of one of a million, 1.5 seconds."""
_SPACE = re.compile(r"[ \t\n\r]")  # which no normalizer joins the words beside of

_AS_BERT: dict[str, dict[str, object]] = {
    "normalizer": {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
    },
    "pre_tokenizer": {"type": "BertPreTokenizer"},
    "model": {
        "type": "WordPiece",
        "unk_token": "[UNK]",
        "continuing_subword_prefix": "##",
        "max_input_chars_per_word": 100,
    },
}
"""How a tokenizer must cut texts, so that others can who do not have it: as BERT's does."""

Kind = Literal["word", "stop word", "mark"]


@dataclass(frozen=True, slots=True)
class WordLayers:
    """What makes of a token's last hidden state, (d,), a word's vector and its weight.

    Attributes:
        projection: float32, shape (w, d); the vector is its product, brought to length 1.
        weights: float32, shape (d,); the weight is softplus(weights · state + bias).
        bias: float32, shape ().
    """

    projection: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as a model reads it.

    Attributes:
        ids: int64, shape (s,); special tokens too.
        words: int64, shape (t,); the places among ``ids`` of those that are words.
        spans: int32, shape (t, 2); from which to which character of the text each of them goes.
    """

    ids: NDArray[np.int64]
    words: NDArray[np.int64]
    spans: NDArray[np.int32]


class WordTokenizer:
    """Cuts texts into tokens and tells words from punctuation and special tokens."""

    def __init__(self, tokenizer: tokenizers.Tokenizer):
        self._tokenizer = tokenizer
        self._kinds: dict[int, Kind] = {}
        added = tokenizer.get_added_tokens_decoder()
        cut = tokenizer.truncation or {}
        self._most: int = cut["max_length"] if cut.get("direction") == "right" else 0
        self._special = {
            at for at, token in added.items() if token.special and token.content not in _UNKNOWN
        }

    @classmethod
    def read(cls, path: Path) -> WordTokenizer:
        """The one that a file of the tokenizers library describes.

        Raises:
            EncoderError: it cannot be read.
        """
        import tokenizers

        try:
            return cls(tokenizers.Tokenizer.from_file(str(plain_file(path))))
        except Exception as error:  # it raises no other
            raise EncoderError(f"cannot read {path} ({error}); build the index again") from error

    def question(self, text: str, prompt: str = "") -> Tokens:
        """The tokens of ``prompt`` and ``text`` together; words are looked for in ``text`` alone.

        All its tokens are words where none is, as in "?!".
        """
        return self._tokens(text, prompt, ("word", "stop word"))

    def document(self, text: str, prompt: str = "") -> Tokens:
        """As :meth:`question`, but stop words are no words.

        They are a quarter of a paper's words, and no question is answered by them: without, R@1 of
        1,453 known items is .845 as with them, recall@10 of 175 real questions .739 for .742.
        """
        return self._tokens(text, prompt, ("word",))

    def cuts_as_bert(self) -> bool:
        """Whether texts are cut as BERT's tokenizer for lower case does it."""
        described = json.loads(self._tokenizer.to_str())
        return all(
            isinstance(described.get(part), dict)
            and {name: described[part].get(name) for name in wanted} == wanted
            for part, wanted in _AS_BERT.items()
        )

    def pieces(self) -> dict[str, int]:
        """The number of each piece that texts are cut into, in the order of the numbers."""
        vocabulary = self._tokenizer.get_vocab()
        numbers = sorted(vocabulary.items(), key=lambda pair: pair[1])
        return {piece: number for piece, number in numbers if number not in self._special}

    def _tokens(self, text: str, prompt: str, wanted: Sequence[Kind]) -> Tokens:
        encoding = self._encoding(prompt + text)
        ids = encoding.ids  # a new list each time that it is asked for
        spans = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2) - len(prompt)
        inside = np.flatnonzero(spans[:, 0] >= 0).tolist()
        known = self._kinds.get  # a paper has hundreds of tokens, nearly all seen before
        words = [at for at in inside if (known(ids[at]) or self.kind(ids[at])) in wanted]
        places = np.array(words or inside or range(len(ids)), dtype=np.int64)
        # A prompt has no spans.
        return Tokens(np.array(ids, dtype=np.int64), places, np.maximum(spans[places], 0))

    def _encoding(self, text: str) -> tokenizers.Encoding:
        """The tokens of ``text``, up to as many as the model reads; the rest is not looked at."""
        end = _CHARACTERS * self._most
        while end and (space := _SPACE.search(text, end)):
            found = self._tokenizer.encode(text[: space.start()])
            if len(found.ids) == self._most:
                return found
            end *= 2
        return self._tokenizer.encode(text)

    def kind(self, token: int) -> Kind:
        """What the token of a number is."""
        if token not in self._kinds:
            piece = self._tokenizer.id_to_token(token) or ""
            bare = piece.removeprefix("▁").removeprefix("Ġ")  # of SentencePiece, byte-level BPE
            if token in self._special or not any(char.isalnum() for char in bare):
                self._kinds[token] = "mark"
            else:
                stop = bare.casefold() in STOP_WORDS
                self._kinds[token] = "stop word" if stop else "word"
        return self._kinds[token]


def words_and_weights(
    states: NDArray[np.float32], layers: WordLayers
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Unit vectors of words, shape (t, w), and their weights, shape (t,), which sum to 1.

    Args:
        states: the last hidden states of the tokens that are words, float32, shape (t, d).
    """
    words = product(states, layers.projection.T)
    words /= np.maximum(np.linalg.norm(words, axis=1, keepdims=True), 1e-12)
    return words, shares(np.logaddexp(0, product(states, layers.weights) + layers.bias))


def shares(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """``weights``, shape (t,), none below 0, divided by their sum; equal ones if that is 0."""
    total = float(weights.sum())
    equal = np.full(len(weights), 1 / max(len(weights), 1))
    return np.asarray(weights / total if total > 0 else equal, dtype=np.float32)


def word_layers(folder: Path, width: int) -> WordLayers:
    """Those that the model in ``folder`` brings, or the fixed ones.

    Args:
        width: of the model's hidden states, d.

    Raises:
        EncoderError: what it brings cannot be read or does not fit.
    """
    path = folder / WORDS_FILE
    if not path.is_file():
        return _fixed(width)
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        found = {name: array.astype(np.float32) for name, array in load_file(path).items()}
        layers = WordLayers(found["projection"], found["weights"], found["bias"].reshape(()))
    except (OSError, KeyError, ValueError, SafetensorError) as error:
        raise EncoderError(f"cannot read {path} ({type(error).__name__}: {error})") from error
    if layers.projection.shape[1:] != (width,) or layers.weights.shape != (width,):
        raise EncoderError(
            f"the layers in {path} are for states of {layers.projection.shape[1:]} numbers; "
            f"expected ({width},), as the model beside them has"
        )
    return layers


def save_word_layers(layers: WordLayers, folder: Path) -> None:
    """Write ``layers`` into the folder of the model that they are for."""
    from safetensors.numpy import save_file

    arrays = {
        "projection": layers.projection,
        "weights": layers.weights,
        "bias": np.atleast_1d(layers.bias),
    }
    save_file({name: np.ascontiguousarray(a) for name, a in arrays.items()}, folder / WORDS_FILE)


def _fixed(width: int) -> WordLayers:
    """An orthogonal projection that keeps angles as nearly as chance lets it; equal weights."""
    normal = np.random.default_rng(SEED).standard_normal((width, min(WORD_WIDTH, width)))
    basis, triangle = np.linalg.qr(normal)
    basis *= np.sign(np.diag(triangle))  # or the signs would depend on the library that does it
    zeros = np.zeros(width, dtype=np.float32)
    return WordLayers(basis.T.astype(np.float32), zeros, np.zeros((), dtype=np.float32))
