"""Text → unit vectors by ONNX Runtime and a tokenizer alone; PyTorch is not imported.

The folder that it reads is written by :mod:`ssm_search.encoding.export` and lies inside an index.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.encoding.encoded import Encoded, EncodedQuery, gathered, without_words
from ssm_search.encoding.encoder import files_fingerprint
from ssm_search.encoding.shared import shared
from ssm_search.encoding.words import Tokens, WordTokenizer, shares
from ssm_search.errors import EncoderError
from ssm_search.files import plain_file, plain_folder, read_text, settled

if TYPE_CHECKING:
    import onnxruntime
    from numpy.typing import NDArray

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
ABOUT_FILE = "encoder.json"
MODEL_CARD = "README.md"
DESCRIPTION = (
    MODEL_CARD,
    "config.json",
    "config_sentence_transformers.json",
    "modules.json",
    "sentence_bert_config.json",
    "tokenizer_config.json",
    "1_Pooling/config.json",
)
"""What makes of its folder one that sentence-transformers loads too; where there is no such file,
it runs all the same."""
SCHEME = "onnx:"
QUERY_THREADS = 2
"""A run gives the same to the bit by one and by two, and takes little over half as long by two.
They sleep when idle. Documents would take a tenth more of the processor by two."""

IDS, MASK = "input_ids", "attention_mask"
"""What the graph is given: integers of shape (texts, tokens), as BERT's are called."""
OUTPUTS = ("vector", "words", "weights")
"""What it gives: float32 of shapes (texts, d), (texts, tokens, w) and (texts, tokens). Of a model
that keeps the states of its tokens to itself, the first alone."""


@dataclass(frozen=True, slots=True)
class About:
    """What an exported encoder says about itself.

    Attributes:
        name: by which :func:`~ssm_search.load_encoder` finds the model it was made of.
        source: the fingerprint of that model.
        recipe: :data:`ssm_search.encoding.export.RECIPE` when it was made.
        weights: "int8" or "float32".
        query_prompt, document_prompt: what the model wants before each text.
    """

    name: str
    source: str
    recipe: int
    weights: str
    query_prompt: str = ""
    document_prompt: str = ""


class OnnxEncoder:
    """An exported model in a folder; may be asked by several threads at once.

    One text is one run, without padding, so its vector does not depend on the texts beside it, to
    the last bit, and memory is that of one text a thread. Documents are shared out among all cores,
    and a run stays on the thread that asks for it; on two cores, batches of 8 were no faster.
    The run of a query, which somebody waits for, is shared among ``QUERY_THREADS``.
    """

    FOLDER = "encoder"
    """Where an index carries it."""
    FILES = (ABOUT_FILE, MODEL_FILE, TOKENIZER_FILE)
    """Names of the files that make it up."""

    def __init__(self, folder: Path, fingerprint: str = ""):
        """Take the files in ``folder``; the model itself is loaded with the first text.

        Args:
            fingerprint: what the files must have, checked before the first text. If it is not
                given, it is read off the files now.

        Raises:
            EncoderError: a file is missing.
        """
        self.folder = folder
        self.fingerprint = fingerprint or fingerprint_of(folder)
        self._query_threads = min(QUERY_THREADS, usable_cores())
        self._tokenizer: WordTokenizer | None = None
        self._sessions: dict[int, onnxruntime.InferenceSession] = {}
        self._about: About | None = None
        self._loading = threading.Lock()

    @classmethod
    def carried(cls, index: Path, fingerprint: str) -> OnnxEncoder | None:
        """The encoder that the folder of an index carries; None if it carries none.

        Args:
            fingerprint: that of the encoder which made the vectors of the index.
        """
        if not cls.is_exported(fingerprint):
            return None
        return cls(settled(index).absolute() / cls.FOLDER, fingerprint)

    @staticmethod
    def is_exported(fingerprint: str) -> bool:
        """Whether a fingerprint is that of an exported encoder."""
        return fingerprint.startswith(SCHEME)

    @property
    def about(self) -> About:
        """What the encoder says about itself: where it comes from, and how it wants to be asked.

        Raises:
            EncoderError: it cannot be read.
        """
        if self._about is None:
            path = self.folder / ABOUT_FILE
            try:
                about = About(**json.loads(read_text(path)))
                for one in fields(About):
                    if type(getattr(about, one.name)).__name__ != one.type:
                        raise TypeError(f"{one.name} is no {one.type}")
                self._about = about
            except (OSError, ValueError, TypeError, RecursionError) as error:
                raise EncoderError(
                    f"cannot read {path} ({type(error).__name__}: {error}); build the index again"
                ) from error
        return self._about

    @property
    def name(self) -> str:
        """The name of the model it was made of, by which that can be loaded."""
        return self.about.name

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Unit row vectors of documents, float32, shape (len(texts), d).

        Raises:
            EncoderError: the files are missing, damaged, or not those of the fingerprint.
        """
        return self.encode_words(texts).vectors

    def encode_query(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Unit row vectors of queries, float32, shape (len(texts), d).

        Raises:
            EncoderError: as :meth:`encode`.
        """
        prompt = self.about.query_prompt
        return self._gathered(texts, lambda cut, text: cut.question(text, prompt)).vectors

    def encode_words(self, texts: Sequence[str], /) -> Encoded:
        """The vectors of documents and of their words, in one pass.

        Raises:
            EncoderError: as :meth:`encode`.
        """
        prompt = self.about.document_prompt
        return self._gathered(texts, lambda cut, text: cut.document(text, prompt))

    def encode_query_words(self, text: str, /) -> EncodedQuery:
        """The vector of a query, and those of its words with their weights.

        Raises:
            EncoderError: as :meth:`encode`.
        """
        prompt, threads = self.about.query_prompt, self._query_threads
        return self._pass([text], lambda cut, text: cut.question(text, prompt), threads)[0]

    def word_spans(self, text: str, /) -> NDArray[np.int32]:
        """From which to which character of a document each of its words goes, shape (t, 2).

        Raises:
            EncoderError: as :meth:`encode`.
        """
        with self._loading:  # without the model, which nothing here needs
            if self._tokenizer is None:
                self.check()
                self._tokenizer = self._shared_tokenizer()
        return self._tokenizer.document(text, self.about.document_prompt).spans

    def copy_to(self, folder: Path) -> None:
        """Put its files into ``folder``, which is made, and those that describe it.

        Raises:
            EncoderError: as :meth:`encode`.
        """
        self.check()
        folder.mkdir()
        copy_files(self.folder, folder, self._there())

    def contents(self) -> dict[str, bytes]:
        """The content of its files and of those that describe it, by name, to go elsewhere.

        Raises:
            EncoderError: as :meth:`encode`.
        """
        self.check()
        return {name: (self.folder / name).read_bytes() for name in self._there()}

    def _there(self) -> list[str]:
        place = self.folder.resolve()
        described = [
            name
            for name in DESCRIPTION
            if (self.folder / name).is_file()
            and (self.folder / name).resolve().is_relative_to(place)
        ]
        return [*self.FILES, *described]

    def _gathered(
        self, texts: Sequence[str], read: Callable[[WordTokenizer, str], Tokens]
    ) -> Encoded:
        made = gathered(self._pass(texts or [""], read))
        return made if texts else made.taken([])  # as wide as any

    def _pass(
        self, texts: Sequence[str], read: Callable[[WordTokenizer, str], Tokens], threads: int = 1
    ) -> list[EncodedQuery]:
        tokenizer, session = self.loaded(threads)
        given = [output.name for output in session.get_outputs() if output.name in OUTPUTS]

        def one(text: str) -> EncodedQuery:
            tokens = read(tokenizer, text)
            ids = tokens.ids[None]
            try:
                found = session.run(given, {IDS: ids, MASK: np.ones_like(ids)})
                return _read(dict(zip(given, found, strict=True)), tokens)
            except EncoderError:
                raise
            except Exception as error:  # of many kinds, all without a common base
                raise EncoderError(
                    f"the encoder in {self.folder} cannot encode ({_first_line(error)}); build the "
                    "index again"
                ) from error

        if len(texts) < 2:
            return [one(text) for text in texts]
        with ThreadPoolExecutor(usable_cores()) as pool:
            return list(pool.map(one, texts))

    def loaded(self, threads: int = 1) -> tuple[WordTokenizer, onnxruntime.InferenceSession]:
        """The tokenizer, and the model whose runs take ``threads``; raises as :meth:`encode`."""
        with self._loading:
            if self._tokenizer is None or threads not in self._sessions:
                self.check()
                self._tokenizer = self._tokenizer or self._shared_tokenizer()
                load = partial(_session, self.folder / MODEL_FILE, threads)
                self._sessions[threads] = shared((self.fingerprint, threads), load)
            return self._tokenizer, self._sessions[threads]

    def _shared_tokenizer(self) -> WordTokenizer:
        read = partial(WordTokenizer.read, self.folder / TOKENIZER_FILE)
        return shared((self.fingerprint, TOKENIZER_FILE), read)

    def check(self) -> None:
        """Make sure that the files are those of the fingerprint.

        Raises:
            EncoderError: they are not.
        """
        missing = [name for name in self.FILES if not (self.folder / name).exists()]
        found = f"no {missing[0]}" if missing else fingerprint_of(self.folder)
        if found != self.fingerprint:
            raise EncoderError(
                f"the encoder in {self.folder} is {found}, the vectors beside it were made by "
                f"{self.fingerprint}; build the index again with `ssm-search build`, or, if that "
                "was just done, load it again"
            )


def copy_files(source: Path, folder: Path, names: Iterable[str]) -> None:
    """Copy those of the files ``names`` that there are from ``source`` into ``folder``."""
    for name in names:
        if (source / name).is_file():
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source / name, folder / name)


def write_about(folder: Path, about: About) -> None:
    """Put the part of an exported encoder into ``folder`` that says where it comes from."""
    text = json.dumps(asdict(about), ensure_ascii=False, indent=1) + "\n"
    (folder / ABOUT_FILE).write_text(text, encoding="utf-8")


def fingerprint_of(folder: Path) -> str:
    """The fingerprint of an export: a hash of all files that decide what the vectors are.

    Raises:
        EncoderError: a file is missing, or is none.
    """
    try:
        paths = [plain_file(plain_folder(folder) / name) for name in OnnxEncoder.FILES]
    except FileNotFoundError as error:
        lacking = [name for name in OnnxEncoder.FILES if not (folder / name).exists()]
        raise EncoderError(
            f"cannot read {folder / (lacking or [''])[0]}: {error.strerror}; build the index again"
        ) from error
    except OSError as error:
        raise EncoderError(
            f"the encoder in {folder} cannot be read ({error.strerror or error}); build the index "
            "again"
        ) from error
    return SCHEME + files_fingerprint(folder, paths)


def usable_cores() -> int:
    """How many cores this process may use: those it runs on, or fewer if OMP_NUM_THREADS says so.

    Ray sets that for its workers, to the share of a machine that each has.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked):
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read(found: dict[str, NDArray[np.float32]], tokens: Tokens) -> EncodedQuery:
    count = len(tokens.ids)
    shapes = {name: array.shape for name, array in found.items()}
    good = len(shapes["vector"]) == 2 and shapes["vector"][0] == 1
    if "words" in found:
        good &= len(shapes["words"]) == 3 and shapes["words"][:2] == (1, count)
        good &= shapes.get("weights") == (1, count)
    if not good or not all(np.isfinite(array).all() for array in found.values()):
        raise EncoderError(
            f"the encoder gave {shapes} for {count} tokens, not all of it numbers; expected a "
            "vector (1, d), words (1, tokens, w) and weights (1, tokens); build the index again"
        )
    vector = found["vector"][0] / max(float(np.linalg.norm(found["vector"])), 1e-12)
    if "words" not in found:
        return without_words(vector)
    words, weights = (found[name][0][tokens.words] for name in ("words", "weights"))
    return EncodedQuery(vector, words, shares(weights), tokens.spans)


def _session(model: Path, threads: int) -> onnxruntime.InferenceSession:
    import onnxruntime

    # Where a program imported it before this package, its start is told by now; sessions are not.
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Texts differ in length, and a plan of the memory would be kept for each length.
    options.enable_mem_pattern = False
    # The graph was optimized when it was exported.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    try:
        given = str(plain_file(model))
        session = onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # of many kinds, all without a common base
        raise EncoderError(
            f"onnxruntime cannot load {model} ({_first_line(error)}); upgrade onnxruntime, "
            "or build the index again"
        ) from error
    takes = sorted(one.name for one in session.get_inputs())
    gives = sorted(one.name for one in session.get_outputs())
    if takes != sorted((IDS, MASK)) or OUTPUTS[0] not in gives:
        raise EncoderError(
            f"the encoder takes {', '.join(takes)[:80]} and gives {', '.join(gives)[:80]}; "
            f"expected {IDS} and {MASK}, and {OUTPUTS[0]}; build the index again"
        )
    return session


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0][:200]
