"""An exported encoder → a sentence-transformers folder, where training starts.

    python training/unpack.py ENCODER_FOLDER MODEL_FOLDER

The weights are the 8-bit ones of the export, as numbers again.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ssm_search.encoding.onnx import OnnxEncoder
from ssm_search.encoding.unpacking import unpack_encoder


def main(arguments: Sequence[str] | None = None) -> None:
    """Write MODEL_FOLDER, which must not be there yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("encoder", type=Path, metavar="ENCODER_FOLDER")
    parser.add_argument("model", type=Path, metavar="MODEL_FOLDER")
    given = parser.parse_args(arguments)
    given.model.mkdir(parents=True)
    unpack_encoder(OnnxEncoder(given.encoder), given.model)


if __name__ == "__main__":
    main()
