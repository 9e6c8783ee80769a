"""An exported encoder → the sentence-transformers model that its weights are.

An export is what is published: here its 8-bit weights become numbers again, for a GPU, for training
that starts where it ended, or for another export, which comes out nearly the same.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.encoding.export import RECIPE
from ssm_search.encoding.onnx import (
    DESCRIPTION,
    MODEL_FILE,
    TOKENIZER_FILE,
    OnnxEncoder,
    copy_files,
)
from ssm_search.encoding.quantizing import shares_of, weights_of_columns
from ssm_search.encoding.words import WordLayers, save_word_layers
from ssm_search.errors import EncoderError

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

_PARAMETER = re.compile(r"(?:model\.\d|projection|weigh)\.")
_TRANSFORMER = re.compile(r"^model\.0\.(?:model|auto_model)\.")


def unpack_encoder(exported: OnnxEncoder, folder: Path) -> None:
    """Write the model that ``exported`` was made of into an empty ``folder``.

    Raises:
        EncoderError: the files are damaged, were written by another version, or are those of a
            model that has more than a transformer whose states are pooled.
    """
    import onnx
    from safetensors.numpy import save_file

    exported.check()
    if exported.about.recipe != RECIPE:
        raise EncoderError(
            f"the export in {exported.folder} is of recipe {exported.about.recipe}, expected "
            f"{RECIPE}, whose weights can be read; build the index again"
        )
    if not (exported.folder / "modules.json").is_file():
        raise EncoderError(
            f"the export in {exported.folder} does not say what its model was made of; take the "
            f"model itself, {exported.name}"
        )
    tables = weights_of(onnx.load(exported.folder / MODEL_FILE))
    try:
        projection = tables.pop("projection.weight")
        bias = tables.pop("weigh.bias", np.zeros(1, np.float32))  # onnxruntime leaves out + 0
        layers = WordLayers(projection, tables.pop("weigh.weight")[0], bias[0])
    except KeyError as error:
        raise EncoderError(f"the export in {exported.folder} has no {error} of words") from error
    model = {_TRANSFORMER.sub("", name): table for name, table in tables.items()}
    save_file(model, folder / "model.safetensors", {"format": "pt"})
    save_word_layers(layers, folder)
    copy_files(exported.folder, folder, (TOKENIZER_FILE, *DESCRIPTION))


def weights_of(model: onnx.ModelProto) -> dict[str, NDArray[np.float32]]:
    """The parameters in a graph by their names in the model, float32, 8-bit ones as they are used.

    What has no name of a parameter, such as the constants of shapes, is left out.
    """
    from onnx import numpy_helper

    tables: dict[str, NDArray[Any]] = {
        table.name: numpy_helper.to_array(table) for table in model.graph.initializer
    }
    # A layer is stored as what its inputs are multiplied with: its weights, transposed.
    multiplied = {node.input[1] for node in model.graph.node if node.op_type == "MatMul"}
    shares = shares_of(model)
    found: dict[str, NDArray[np.float32]] = {}
    for name, array in tables.items():
        of, _, part = name.rpartition(".")
        if part == "codes":
            codes, scales = array, tables[f"{of}.scales"]
            if of in shares:
                rows = tables[f"{of}.rows"]
                made = weights_of_columns(codes, scales, rows, tables[shares[of]]).T
            else:
                made = codes * scales
            found[of] = np.ascontiguousarray(made, dtype=np.float32)
        elif part not in ("scales", "rows") and _PARAMETER.match(name):
            array = array.T if name in multiplied else array
            found[name] = np.ascontiguousarray(array, dtype=np.float32)
    return found
