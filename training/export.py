"""A model → the 8-bit ONNX that the product runs, with its model card.

    python training/export.py MODEL_FOLDER ENCODER_FOLDER --texts abstracts.txt

The export is compared with the model on a sample of the texts, and refused if they disagree.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from ssm_search.encoding.encoder import SentenceTransformerEncoder
from ssm_search.encoding.export import export_encoder
from ssm_search.encoding.onnx import MODEL_CARD
from ssm_search.shipped import DEFAULT_MODEL

CARD = Path(__file__).with_name("model_card.md")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write ENCODER_FOLDER, which must not be there yet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("model", type=Path, metavar="MODEL_FOLDER")
    parser.add_argument("encoder", type=Path, metavar="ENCODER_FOLDER")
    parser.add_argument("--texts", type=Path, help="a text a line, such as will be encoded")
    parser.add_argument("--name", default=DEFAULT_MODEL, help=f"of the encoder ({DEFAULT_MODEL})")
    given = parser.parse_args(arguments)
    texts = given.texts.read_text(encoding="utf-8").splitlines() if given.texts else []
    given.encoder.mkdir(parents=True)
    export_encoder(SentenceTransformerEncoder(given.model, given.name), texts, given.encoder)
    shutil.copyfile(CARD, given.encoder / MODEL_CARD)


if __name__ == "__main__":
    main()
