"""The mean of a model's weights before and after training (WiSE-FT, Wortsman et al. 2022).

    python training/mix.py START_FOLDER TRAINED_FOLDER OUT_FOLDER --share .5

Training on one field costs a model some of what it knew of others, and the mean has both. The two
layers of words are those of TRAINED_FOLDER: before it, they were nothing worth keeping.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch

from ssm_search.encoding.encoder import load_model
from ssm_search.encoding.words import WORDS_FILE


def main(arguments: Sequence[str] | None = None) -> None:
    """Write OUT_FOLDER."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("start", type=Path, metavar="START_FOLDER")
    parser.add_argument("trained", type=Path, metavar="TRAINED_FOLDER")
    parser.add_argument("out", type=Path, metavar="OUT_FOLDER")
    parser.add_argument("--share", type=float, default=0.5, help="of the trained weights (.5)")
    given = parser.parse_args(arguments)
    # SentenceTransformer.merge does the same, by another package (mergekit).
    model = load_model(given.trained, device="cpu")
    start = load_model(given.start, device="cpu").state_dict()
    with torch.no_grad():
        for name, weights in model.named_parameters():
            weights.copy_(torch.lerp(start[name], weights, given.share))
    model.save(str(given.out), create_model_card=False)
    shutil.copyfile(given.trained / WORDS_FILE, given.out / WORDS_FILE)


if __name__ == "__main__":
    main()
