"""The graph of a model → the same with 8-bit weights and 8-bit activations.

How the weights are kept was chosen with the encoder that comes along. "Overlap" is that of the ten
nearest of 300 texts, abstracts and questions, with what the model itself finds, "cosine" the mean
of a text's two vectors, and "ms" the time of an abstract of 196 tokens and of a question of 31 on a
processor without instructions for products of 8 bits (AVX2, busy):

    weights in 8 bits, by           activations in 8 bits, by    overlap  cosine   ms       MB
    as they are                     as they are                            1.       66  15   90.4
    64 of a column                  64 of a token                .976     .99947   112  17   24.2
    columns                         texts                        .914     .99207   51   9    23.7
    columns                         texts, 24 channels apart     .978     .99948   51   12   24.7
    columns                         tokens, 8 channels apart     .978     .99954   58   9    24.4
    columns, made up for            tokens, 8 channels apart     .984     .99974   46   10   24.4

The last was chosen. (Equal times differ by a quarter.)

Of the activations of a text a few channels are ten times as large as the others, always the same
ones, and would cost all others their precision: these are multiplied in float32 (Dettmers et al.
2022, "LLM.int8()"). What is left is brought nearer together by the square root of each channel's
size, which its weights take over (as Xiao et al. 2023, "SmoothQuant", who do so with all).
Embeddings of 8 bits with a scale per token cost next to nothing (.997) and are half of the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from ssm_search.encoding.onnx import IDS, MASK
from ssm_search.vectors import product

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

LEVELS = 127
"""Of an 8-bit number, to each side of 0; and what two weights of a column that are multiplied
together come to at most. Processors without VNNI add two products of unsigned and signed bytes up
in 16 bits, where 2 · 255 · 127 would saturate and 255 · 128 does not: so each gives the same."""
APART = 8
"""Channels that are multiplied in float32, one in twelve at most; see above."""
STEP, ZERO, TINY = "codes.step", "codes.zero", "codes.tiny"
"""Of all activations: in units of the largest of their token, which is never taken for 0."""
DOMAIN = "com.microsoft"  # of operators that onnxruntime has beside those of ONNX
DAMPING = 0.01
"""Of the mean moment, added to each channel's own: with .05 and .2 it is as near to the model."""
MIN_VOCABULARY = 1000  # rows of a table from which on it is one of token embeddings


def quantized(original: onnx.ModelProto, texts: Iterable[Sequence[int]]) -> onnx.ModelProto:
    """``original`` with 8-bit weights: in matrix products by columns, in embeddings by rows.

    Args:
        texts: the ids of tokens of some texts, which say how large each channel becomes. A hundred
            are enough (without making up for what is rounded, the overlap is .978 by 128 texts,
            .976 by 500, and .965 by 5).
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.ModelProto()
    model.CopyFrom(original)
    tables = {table.name: numpy_helper.to_array(table) for table in model.graph.initializer}
    products = [node for node in model.graph.node if _is_product(node, tables)]
    widths = {node.input[0]: len(tables[node.input[1]]) for node in products}
    seen = _seen(model, widths, texts)
    multiplied = {node.output[0] for node in products}
    new: dict[str, NDArray[Any]] = {
        STEP: np.array(1 / LEVELS, dtype=np.float32),
        ZERO: np.array(128, dtype=np.uint8),
        TINY: np.array(1e-9, dtype=np.float32),
    }
    nodes = []
    for node in model.graph.node:
        if node.output[0] in multiplied:
            given, name = node.input
            if f"{given}.shares" not in new:
                shares = _shares(seen[given].most)
                new |= {f"{given}.shares": shares, f"{given}.few": np.flatnonzero(shares == 0)}
                nodes += _split(given)
            shares = new[f"{given}.shares"]
            codes, scales, rows = codes_of_columns(tables[name], shares, seen[given].moments)
            new |= {f"{name}.codes": codes, f"{name}.scales": scales, f"{name}.rows": rows}
            nodes += _product(given, name, node.output[0])
        elif node.op_type == "Gather" and _is_vocabulary(tables.get(node.input[0])):
            name, ids = node.input
            codes, scales = codes_of_rows(tables[name])
            new |= {f"{name}.codes": codes, f"{name}.scales": scales}
            nodes += _looked_up(name, ids, node.output[0])
        else:
            nodes.append(node)
    used = {part for node in nodes for part in node.input}
    kept = [table for table in model.graph.initializer if table.name in used]
    made = [numpy_helper.from_array(array, name) for name, array in new.items()]
    del model.graph.node[:], model.graph.initializer[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend([*kept, *made])
    if all(opset.domain != DOMAIN for opset in model.opset_import):
        model.opset_import.append(helper.make_opsetid(DOMAIN, 1))
    return model


def codes_of_columns(
    weights: NDArray[np.float32], shares: NDArray[np.float32], moments: NDArray[np.float64]
) -> tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.float32]]:
    """A matrix as 8-bit codes with a scale for each column, and a few of its rows by themselves.

    What a row is rounded by, the rows behind it make up for, as far as their channels go with its
    (Frantar et al. 2023, "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained
    Transformers").

    Args:
        weights: shape (K, N), K even.
        shares: what each channel of the input is multiplied with, shape (K,); 0 for the few.
        moments: of the channels of the input, with each other, shape (K, K).

    Returns:
        Codes of shape (K, N), of which no two neighbours in a column, 2i and 2i + 1, that have the
        same sign come to more than 128, 0 for the few; scales of shape (N,); and the few rows, in
        order. See :func:`weights_of_columns`.
    """
    few = shares == 0
    taken = np.zeros_like(weights, dtype=np.float64)
    np.divide(weights, shares[:, None], out=taken, where=~few[:, None])
    pairs = taken.reshape(-1, 2, weights.shape[1])
    above, below = (np.maximum(side, 0).sum(axis=1).max(axis=0) for side in (pairs, -pairs))
    most = np.maximum(above, below)
    scales = np.where(most > 0, most / LEVELS, 1).astype(np.float32)
    rest = taken / scales
    codes = np.zeros(weights.shape, dtype=np.int8)
    spread = _spread(moments * np.outer(shares, shares))
    for row in range(len(rest)):
        before = codes[row - 1].astype(float) if row % 2 else np.zeros(len(scales))
        free = 128 - np.abs(before)
        least = np.where(before < 0, -free, -LEVELS)
        largest = np.where(before > 0, np.minimum(free, LEVELS), LEVELS)
        rounded = np.clip(np.rint(rest[row]), least, largest)
        codes[row] = rounded
        off = (rest[row] - rounded) / spread[row, row]
        rest[row + 1 :] -= np.outer(spread[row, row + 1 :], off)
    return codes, scales, weights[few]


def _spread(moments: NDArray[np.float64]) -> NDArray[np.float64]:
    """How an error in each channel is made up for by those behind it: upper triangular, (K, K)."""
    size = len(moments)
    eased = moments + np.eye(size) * max(DAMPING * moments.trace() / size, 1e-9)
    return np.linalg.cholesky(np.linalg.inv(eased)).T


def weights_of_columns(
    codes: NDArray[np.int8],
    scales: NDArray[np.float32],
    rows: NDArray[np.float32],
    shares: NDArray[np.float32],
) -> NDArray[np.float32]:
    """The matrix that :func:`codes_of_columns` took apart, nearly; float32, shape (K, N)."""
    weights = np.asarray(codes * scales * shares[:, None], dtype=np.float32)
    weights[shares == 0] = rows
    return weights


def shares_of(model: onnx.ModelProto) -> dict[str, str]:
    """Of each matrix in codes by columns, the name of the shares that its input is multiplied with.

    Only of a graph that :func:`quantized` gave.
    """
    by = {name: node for node in model.graph.node for name in node.output}
    products = [node for node in model.graph.node if node.op_type == "MatMulIntegerToFloat"]
    return {
        node.input[1].removesuffix(".codes"): by[by[by[node.input[0]].input[0]].input[0]].input[1]
        for node in products
    }


def codes_of_rows(values: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """8-bit codes of a table, and a scale for each row: values ≈ codes · scales."""
    most = np.abs(values).max(axis=1, keepdims=True)
    scales = np.where(most > 0, most / np.float32(LEVELS), 1).astype(np.float32)
    return np.rint(values / scales).astype(np.int8), scales


def _is_product(node: onnx.NodeProto, tables: Mapping[str, NDArray[Any]]) -> bool:
    """Whether a node multiplies with weights that are worth codes.

    Those with few outputs take next to no time and space, and what words are like is told by them.
    """
    weights = tables.get(node.input[1]) if node.op_type == "MatMul" else None
    if not _is_matrix(weights) or len(weights) % 2 or len(weights) < 12:
        return False
    return bool(4 * weights.shape[1] >= len(weights))


def _is_vocabulary(table: NDArray[Any] | None) -> bool:
    return _is_matrix(table) and len(table) >= MIN_VOCABULARY


def _is_matrix(table: NDArray[Any] | None) -> TypeGuard[NDArray[np.float32]]:
    return table is not None and table.ndim == 2 and table.dtype == np.float32


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen of the K channels of an input.

    Attributes:
        most: the largest size of each, shape (K,).
        moments: the sum over tokens of the products of any two, shape (K, K).
    """

    most: NDArray[np.float32]
    moments: NDArray[np.float64]


def _seen(
    model: onnx.ModelProto, widths: Mapping[str, int], texts: Iterable[Sequence[int]]
) -> dict[str, _Seen]:
    """What is seen of some inputs in ``texts``."""
    import onnx
    import onnxruntime
    from onnx import helper

    graph = onnx.ModelProto()
    graph.CopyFrom(model)
    there = {output.name for output in graph.graph.output}
    graph.graph.output.extend(
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
        for name in widths
        if name not in there
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    seen = {
        name: _Seen(np.zeros(width, np.float32), np.zeros((width, width)))
        for name, width in widths.items()
    }
    for text in texts if seen else ():  # asked for no outputs, it would give all
        ids = np.array([text], dtype=np.int64)
        given = {IDS: ids, MASK: np.ones_like(ids)}
        for one, found in zip(seen.values(), session.run([*seen], given), strict=True):
            rows = found.reshape(-1, found.shape[-1])
            np.maximum(one.most, np.abs(rows).max(axis=0), out=one.most)
            np.add(one.moments, product(rows.T, rows), out=one.moments)
    return seen


def _shares(most: NDArray[np.float32]) -> NDArray[np.float32]:
    """What each channel is multiplied with before it becomes 8 bits: 0 for the few largest."""
    roots = np.sqrt(np.maximum(most, max(float(most.max()) / 1000, 1e-9)))
    shares = np.exp(np.log(roots).mean()) / roots
    shares[np.argsort(-most, kind="stable")[: min(APART, len(most) // 12)]] = 0
    return np.asarray(shares, dtype=np.float32)


def _split(given: str) -> list[onnx.NodeProto]:
    """The few large channels of an input by themselves, and the others in 8 bits.

    Of each token its codes are by a scale of its own, its largest channel: they depend on nothing
    that stands beside it in a batch.
    """
    from onnx import helper

    few, small, size, most = (f"{given}.{part}" for part in ("few", "small", "size", "most"))
    return [
        helper.make_node("Gather", [given, few], [f"{given}.large"], axis=-1),
        helper.make_node("Mul", [given, f"{given}.shares"], [small]),
        helper.make_node("Abs", [small], [size]),
        helper.make_node("ReduceMax", [size], [most], axes=[-1], keepdims=1),
        helper.make_node("Max", [most, TINY], [f"{given}.scale"]),
        helper.make_node("Div", [small, f"{given}.scale"], [f"{given}.unit"]),
        helper.make_node("QuantizeLinear", [f"{given}.unit", STEP, ZERO], [f"{given}.codes"]),
    ]


def _product(given: str, weights: str, output: str) -> list[onnx.NodeProto]:
    """The product of a split input with weights in codes: of both parts, added up."""
    from onnx import helper

    coded = [f"{given}.codes", f"{weights}.codes", STEP, f"{weights}.scales", ZERO]
    unit, small, large = (f"{output}.{part}" for part in ("unit", "small", "large"))
    return [
        helper.make_node("MatMulIntegerToFloat", coded, [unit], domain=DOMAIN),
        helper.make_node("Mul", [unit, f"{given}.scale"], [small]),
        helper.make_node("MatMul", [f"{given}.large", f"{weights}.rows"], [large]),
        helper.make_node("Add", [small, large], [output]),
    ]


def _looked_up(table: str, ids: str, output: str) -> list[onnx.NodeProto]:
    """Rows of a table in codes, as numbers."""
    import onnx
    from onnx import helper

    codes, scales, wide = (f"{output}.{part}" for part in ("codes", "scales", "wide"))
    return [
        helper.make_node("Gather", [f"{table}.codes", ids], [codes], axis=0),
        helper.make_node("Gather", [f"{table}.scales", ids], [scales], axis=0),
        helper.make_node("Cast", [codes], [wide], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", [wide, scales], [output]),
    ]
