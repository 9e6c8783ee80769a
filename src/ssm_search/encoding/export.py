"""A sentence-transformers model → the files that :mod:`ssm_search.encoding.onnx` runs.

How its weights are kept says :mod:`ssm_search.encoding.quantizing`.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.encoding.encoded import Encoded
from ssm_search.encoding.encoder import (
    Encoder,
    SentenceTransformerEncoder,
    load_model,
    prompt_of,
    tokenizer_of,
)
from ssm_search.encoding.onnx import (
    DESCRIPTION,
    IDS,
    MASK,
    MODEL_FILE,
    OUTPUTS,
    TOKENIZER_FILE,
    About,
    OnnxEncoder,
    copy_files,
    write_about,
)
from ssm_search.encoding.quantizing import quantized
from ssm_search.encoding.words import WordLayers, word_layers
from ssm_search.errors import EncoderError
from ssm_search.files import FULL, write_atomically
from ssm_search.vectors import as_floats, product

if TYPE_CHECKING:
    import onnx
    import torch
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

RECIPE = 3
"""Counted up whenever the same model would be exported to other files."""

OPSET = 17
STATES = "last_hidden_state"

SAMPLE = 128  # of the texts at hand, on which export and original are compared: 15 s
NEIGHBOURS = 10
MIN_OVERLAP = 0.95  # of the nearest neighbours: what is promised for answers
MIN_COSINE = 0.995
"""Of each text's two vectors. The export that was chosen has .999 at least; the worst of those that
keep 95 % of the neighbours has .998, the best of those that do not .988."""
MIN_WORDS_ALIKE = 0.99
"""Mean cosine of a word's two vectors."""
HARD_TEXTS = ("", "x", "Größe, ÉCOLE and ﬁne-tuning", "状態空間モデル", "\\(O(n^2)\\)\n\t α → β 🙂")
FEW_QUERIES = 16


def export_encoder(
    encoder: SentenceTransformerEncoder, texts: Sequence[str], folder: Path
) -> OnnxEncoder:
    """Write ``encoder`` into the empty ``folder`` such that it gives the same answers.

    With 8-bit weights if these pass the comparison on ``texts``, else with those of the model.

    Args:
        texts: what it will encode; a sample of them is encoded both ways, and says how large the
            numbers are that become 8 bits.

    Raises:
        EncoderError: it cannot be exported, or its export does not agree with it.
        OSError: the disk is full, or refuses otherwise.
    """
    sample = _sample(texts)
    queries = sample[:: max(1, len(sample) // FEW_QUERIES)]
    expected = encoder.encode_words(sample), encoder.encode_query(queries)
    try:
        model = load_model(encoder.folder, device="cpu", attention="eager")
        tokenizer = tokenizer_of(model)
        (folder / TOKENIZER_FILE).write_text(tokenizer.to_str(), encoding="utf-8")
        as_it_is = _optimized(_traced(model, encoder.folder), folder / MODEL_FILE)
        read = [tokenizer.encode(text).ids for text in sample]
        for weights, graph in (("int8", quantized(as_it_is, read)), ("float32", as_it_is)):
            write_atomically(folder / MODEL_FILE, graph.SerializeToString())
            about = About(
                encoder.name,
                encoder.fingerprint,
                RECIPE,
                weights,
                query_prompt=prompt_of(model, "query"),
                document_prompt=prompt_of(model, "document"),
            )
            write_about(folder, about)
            exported = OnnxEncoder(folder)
            found = exported.encode_words(sample), exported.encode_query(queries)
            if _same_words(expected[0], found[0]) and agree(expected[1], found[1]):
                _describe(encoder.folder, folder)
                return exported
    except EncoderError:
        raise
    except Exception as error:  # tracing, converting and running fail in all kinds of ways
        if isinstance(error, OSError) and error.errno in FULL:  # no fault of the model
            raise
        reason = (str(error) or "no message").strip().splitlines()[0][:200]
        raise EncoderError(
            f"{encoder.name} cannot be exported ({type(error).__name__}: {reason})"
        ) from error
    raise EncoderError(f"{encoder.name} cannot be exported: the export gives other vectors")


def is_export_of(exported: OnnxEncoder, encoder: Encoder) -> bool:
    """Whether ``exported`` is what :func:`export_encoder` would make of ``encoder`` again."""
    return exported.about.source == encoder.fingerprint and exported.about.recipe == RECIPE


def _same_words(expected: Encoded, found: Encoded) -> bool:
    """Whether two encodings of the same texts agree in vectors, and in the words of each."""
    if not np.array_equal(expected.starts, found.starts) or not agree(
        expected.vectors, found.vectors
    ):
        return False
    if not len(expected.words):
        return True
    alike = (as_floats(expected.words) * as_floats(found.words)).sum(axis=1)
    return float(np.add.reduceat(alike, expected.starts[:-1]).sum() / len(alike)) >= MIN_WORDS_ALIKE


def _describe(source: Path, folder: Path) -> None:
    """Say about an export in ``folder`` what makes sentence-transformers load it, if it can.

    Modules that have weights of their own are in the graph, where it does not look for them.
    """
    modules = source / "modules.json"
    if not modules.is_file():
        return
    kinds = {one["type"].rpartition(".")[2] for one in json.loads(modules.read_text("utf-8"))}
    if kinds <= {"Transformer", "Pooling", "Normalize"}:
        copy_files(source, folder, DESCRIPTION)


def agree(expected: NDArray[np.float32], found: NDArray[np.float32]) -> bool:
    """Whether two encodings of the same n texts, unit rows (n, d), lead to the same answers.

    Each vector must be nearly its other, and of the nearest neighbours of each text, by either,
    nearly all must be the same.
    """
    if expected.shape != found.shape or not np.isfinite(found).all():
        return False
    if np.min(np.sum(expected * found, axis=1)) < MIN_COSINE:
        return False
    k = min(NEIGHBOURS, len(expected) // 3)  # of fewer texts, too few would be left out
    same = [
        len(set(one) & set(other))
        for one, other in zip(_nearest(expected, k), _nearest(found, k), strict=True)
    ]
    return k == 0 or sum(same) >= MIN_OVERLAP * k * len(expected)


def _nearest(vectors: NDArray[np.float32], k: int) -> list[list[int]]:
    scores = product(vectors, vectors.T)
    np.fill_diagonal(scores, -np.inf)
    found: list[list[int]] = np.argsort(-scores, axis=1, kind="stable")[:, :k].tolist()
    return found


def _sample(texts: Sequence[str]) -> list[str]:
    """Texts of all lengths, one longer than any model reads, and hard ones."""
    distinct = sorted(set(texts), key=lambda text: (len(text), text))
    places = np.linspace(0, len(distinct) - 1, min(SAMPLE, len(distinct))).round().astype(int)
    chosen = [distinct[at] for at in dict.fromkeys(places.tolist())]
    return [*chosen, "a long text. " * 4000, *HARD_TEXTS]


def _traced(model: SentenceTransformer, folder: Path) -> onnx.ModelProto:
    """All modules of ``model`` as one graph, with the outputs of :data:`OUTPUTS`.

    A first output, the states of the tokens, is there for sentence-transformers, which pools them
    itself. Initializers are named as the parameters of the model that they are.

    Args:
        folder: of the model; it may have the layers of words.
    """
    import io

    import onnx
    import torch

    class Pass(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
            found = self.model({IDS: input_ids, MASK: attention_mask})
            vector = found["sentence_embedding"]
            states = found.get("token_embeddings")
            if states is None:
                return vector
            if not hasattr(self, "projection"):
                self.projection, self.weigh = _linear(word_layers(folder, states.shape[2]))
            words = torch.nn.functional.normalize(self.projection(states), dim=-1)
            weights = torch.nn.functional.softplus(self.weigh(states)).squeeze(-1)
            return states, vector, words, weights

    one, other = (model.tokenizer(text)["input_ids"] for text in ("a text of some words", "text"))
    ids = torch.tensor([one, [*other, *[0] * (len(one) - len(other))]])
    mask = torch.tensor([[1] * len(one), [1] * len(other) + [0] * (len(one) - len(other))])
    content: Any = io.BytesIO()  # the exporter takes it, its types say paths only
    with torch.no_grad(), warnings.catch_warnings():
        # That this exporter is the old one (the new one needs another package), and that shapes
        # become constants (whether they do is found out by comparing texts of all lengths).
        warnings.simplefilter("ignore")
        passes = Pass().eval()
        outputs = [STATES, *OUTPUTS] if isinstance(passes(ids, mask), tuple) else [*OUTPUTS[:1]]
        axes = {name: {0: "texts", 1: "tokens"} for name in (IDS, MASK, *outputs)}
        axes[OUTPUTS[0]] = {0: "texts"}
        torch.onnx.export(
            passes,
            (ids, mask),
            content,
            input_names=[IDS, MASK],
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    graph = onnx.load_from_string(content.getvalue())
    _name_matrices(graph, dict(passes.named_parameters()))
    return graph


def _linear(layers: WordLayers) -> tuple[torch.nn.Linear, torch.nn.Linear]:
    """The projection, and what gives each word its weight."""
    import torch

    width, states = layers.projection.shape
    projection, weigh = torch.nn.Linear(states, width, bias=False), torch.nn.Linear(states, 1)
    projection.weight.data = torch.from_numpy(layers.projection)
    weigh.weight.data = torch.from_numpy(layers.weights[None])
    weigh.bias.data = torch.from_numpy(layers.bias[None])
    return projection, weigh


def _name_matrices(model: onnx.ModelProto, parameters: Mapping[str, torch.Tensor]) -> None:
    """Give transposed weights, which the exporter numbers, the names of the parameters."""
    from onnx import numpy_helper

    names = {
        value.detach().cpu().numpy().T.tobytes(): name
        for name, value in parameters.items()
        if value.ndim == 2
    }
    renamed: dict[str, str] = {}
    for table in model.graph.initializer:
        if table.name.startswith("onnx::"):
            name = names.get(numpy_helper.to_array(table).tobytes(), "")
            if name and name not in renamed.values():
                renamed[table.name] = table.name = name
    for node in model.graph.node:
        for at, name in enumerate(node.input):
            node.input[at] = renamed.get(name, name)


def _optimized(graph: onnx.ModelProto, path: Path) -> onnx.ModelProto:
    """``graph`` as onnxruntime, which writes it to ``path``, would change it at each start.

    Apart from what it would change for this processor alone.
    """
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    data = graph.SerializeToString()
    # onnxruntime writes half a file to a full disk, and says nothing; this raises what is wrong.
    write_atomically(path, bytes(len(data) + len(data) // 4))
    onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    # It names all operator sets that it knows itself, which an older one may not.
    written = onnx.load(path)
    used = {node.domain for node in written.graph.node}
    kept = [opset for opset in written.opset_import if opset.domain in used]
    del written.opset_import[:]
    written.opset_import.extend(kept)
    return written
