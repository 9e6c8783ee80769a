"""Weights and activations in 8 bits: codes by hand, and products that no processor cuts off."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from ssm_search.encoding.quantizing import (
    APART,
    codes_of_columns,
    codes_of_rows,
    quantized,
    weights_of_columns,
)

WIDE, OUT = 96, 48


def graph_of(weights: np.ndarray) -> onnx.ModelProto:
    """A model whose "tokens" are rows of numbers, which it multiplies with ``weights``."""
    given = [helper.make_tensor_value_info(n, TensorProto.INT64, [1, None]) for n in GIVEN]
    output = helper.make_tensor_value_info("product", TensorProto.FLOAT, None)
    nodes = [
        helper.make_node("Gather", ["rows", GIVEN[0]], ["input"], axis=0),
        helper.make_node("MatMul", ["input", "weights"], ["product"]),
    ]
    tables = [numpy_helper.from_array(a, n) for n, a in (("rows", ROWS), ("weights", weights))]
    graph = helper.make_graph(nodes, "made", given, [output], initializer=tables)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


GIVEN = ("input_ids", "attention_mask")
CHANCE = np.random.default_rng(3)
ROWS = CHANCE.normal(size=(64, WIDE)).astype(np.float32)
ROWS[:, 5] *= 40  # a channel far larger than the others
WEIGHTS = CHANCE.normal(size=(WIDE, OUT)).astype(np.float32)


def products(model: onnx.ModelProto, ids: list[int]) -> np.ndarray:
    """What a model gives for one text of these "tokens"."""
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    text = np.array([ids], dtype=np.int64)
    found: np.ndarray = session.run(["product"], dict.fromkeys(GIVEN, text))[0][0]
    return found


def tables_of(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {table.name: numpy_helper.to_array(table) for table in model.graph.initializer}


def test_rows_are_exact_to_half_a_step() -> None:
    values = np.array([[127, -64, 0.4], [0, 0, 0], [0.5, 0.25, -1]], dtype=np.float32)
    codes, scales = codes_of_rows(values)
    np.testing.assert_allclose(scales[:, 0], [1, 1, 1 / 127])
    assert codes.tolist() == [[127, -64, 0], [0, 0, 0], [64, 32, -127]]
    assert codes.dtype == np.int8


def test_columns_by_hand() -> None:
    """Channels that have nothing to do with each other: none makes up for another."""
    weights = np.array([[100, 0.4], [27, -1], [9, 9], [-127, 0.6]], dtype=np.float32)
    shares = np.array([1, 1, 0, 1], dtype=np.float32)
    codes, scales, rows = codes_of_columns(weights, shares, np.eye(4))
    # Of a pair of the same sign the sum is what 127 stands for, else the larger; 9 is set apart.
    np.testing.assert_allclose(scales, [1, 1 / 127], rtol=1e-6)
    assert codes.tolist() == [[100, 51], [27, -127], [0, 0], [-127, 76]]
    assert rows.tolist() == [[9, 9]]
    back = weights_of_columns(codes, scales, rows, shares)
    np.testing.assert_allclose(back, weights, atol=0.5 / 127 + 1e-6)


def test_shares_are_taken_over_by_the_weights() -> None:
    weights = np.array([[8, 0], [0, 127]], dtype=np.float32)
    shares = np.array([0.0625, 1], dtype=np.float32)  # of a large channel little is left
    codes, scales, rows = codes_of_columns(weights, shares, np.eye(2))
    np.testing.assert_allclose(scales, [128 / 127, 1], rtol=1e-6)
    assert codes.tolist() == [[127, 0], [0, 127]]
    assert rows.shape == (0, 2)
    np.testing.assert_allclose(weights_of_columns(codes, scales, rows, shares), weights)


def test_a_channel_makes_up_for_what_another_that_goes_with_it_was_rounded_by() -> None:
    weights = np.array([[127, 0], [0, 0], [10.4, 3], [0, 0], [10.4, 127], [0, 0]], np.float32)
    shares = np.ones(6, dtype=np.float32)
    moments = np.eye(6)
    codes, _, _ = codes_of_columns(weights, shares, moments)
    assert codes[:, 0].tolist() == [127, 0, 10, 0, 10, 0]
    moments[2, 4] = moments[4, 2] = 0.99  # 10.4 twice is 20.8, which is nearer to 10 + 11
    codes, _, _ = codes_of_columns(weights, shares, moments)
    assert codes[:, 0].tolist() == [127, 0, 10, 0, 11, 0]


@pytest.mark.parametrize("seed", range(5))
def test_no_two_neighbours_come_to_more_than_128(seed: int) -> None:
    """So that 255 of each stay below what 16 bits hold."""
    chance = np.random.default_rng(seed)
    weights = chance.normal(size=(WIDE, OUT)).astype(np.float32)
    weights[chance.integers(WIDE, size=9)] *= 5
    mixed = chance.normal(size=(WIDE, 200))
    codes, scales, _ = codes_of_columns(weights, np.ones(WIDE, np.float32), mixed @ mixed.T)
    one, other = codes[0::2].astype(int), codes[1::2].astype(int)
    same = one * other > 0
    assert np.abs(one + other)[same].max() in (127, 128)
    assert np.abs(codes.astype(int)).max() <= 127
    assert np.abs(codes * scales - weights).max() < 3 * scales.max()


def test_products_are_those_of_codes_to_the_last_bit() -> None:
    """Whether a processor adds up in 16 bits or in 32."""
    weights = np.full((WIDE, OUT), 64, dtype=np.float32)
    weights[:, 1::2] *= -1
    found = quantized(graph_of(weights), [range(64)])
    tables = tables_of(found)
    codes = tables["weights.codes"].astype(int)
    assert np.abs(codes[0::2] + codes[1::2]).max() in (127, 128)
    few, shares = tables["input.few"], tables["input.shares"]
    assert len(few) == min(APART, WIDE // 12)
    assert 5 in few
    assert (shares == 0).sum() == len(few)
    # All of a token as large as the largest: 255 of each, the most that there is.
    loud = np.full(WIDE, 1 / np.where(shares == 0, np.inf, shares), dtype=np.float32)
    rows = ROWS.copy()
    rows[0] = loud
    tables["rows"] = rows
    for table in found.graph.initializer:
        if table.name == "rows":
            table.CopyFrom(numpy_helper.from_array(rows, "rows"))
    expected = (
        127 / 127 * tables["weights.codes"].astype(int).sum(axis=0) * tables["weights.scales"]
    )
    np.testing.assert_allclose(products(found, [0])[0], expected, rtol=1e-6)


def test_a_token_is_read_the_same_whatever_stands_beside_it() -> None:
    found = quantized(graph_of(WEIGHTS), [range(64)])
    alone = np.concatenate([products(found, [one]) for one in range(8)])
    np.testing.assert_array_equal(alone, products(found, [*range(8), 63])[:8])


def test_products_are_nearly_those_of_floats() -> None:
    found = quantized(graph_of(WEIGHTS), [range(32)])
    one, other = products(found, [*range(32, 64)]), products(graph_of(WEIGHTS), [*range(32, 64)])
    off = np.linalg.norm(one - other, axis=1) / np.linalg.norm(other, axis=1)
    assert off.max() < 0.02
    assert off.mean() < 0.01
    kinds = {node.op_type for node in found.graph.node}
    assert "MatMulIntegerToFloat" in kinds


def test_what_is_small_stays_as_it_is() -> None:
    narrow = WEIGHTS[:, :23]  # fewer than a quarter of the inputs come out
    model = graph_of(narrow)
    np.testing.assert_array_equal(tables_of(quantized(model, [range(64)]))["weights"], narrow)
    np.testing.assert_array_equal(
        products(quantized(model, [range(64)]), [1]), products(model, [1])
    )


def test_a_token_of_nothing_but_zeros() -> None:
    model = graph_of(WEIGHTS)
    found = quantized(model, [range(64)])
    for table in found.graph.initializer:
        if table.name == "rows":
            table.CopyFrom(numpy_helper.from_array(np.zeros_like(ROWS), "rows"))
    assert products(found, [0, 1]).tolist() == np.zeros((2, OUT)).tolist()


def test_without_texts_no_channel_is_known_to_be_large() -> None:
    found = quantized(graph_of(WEIGHTS), [])
    one, other = products(found, [*range(64)]), products(graph_of(WEIGHTS), [*range(64)])
    off = np.linalg.norm(one - other, axis=1) / np.linalg.norm(other, axis=1)
    assert 0 < off.max() < 0.1
