"""A corpus of the tests' own, as papers and as a file, and how a store of it is reached."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from fakes import AXES, LIKE, WordEncoder, word_vector
from numpy.typing import NDArray

from ssm_search.papers import Link, Paper, to_json
from ssm_search.stores.search import StoreSearch

if TYPE_CHECKING:
    from conftest import Place  # of pytest alone: processes of tests import this too

WORDS = (*AXES, "nodes", "sound", "film", "lattice", "mamba", "kernel", "token", "scan")


def word_vectors(text: str) -> NDArray[np.float32]:
    """Those of all words of a text by a TokenEncoder; the papers here have no stop words."""
    return np.array([word_vector(word) for word in re.findall(r"\w+", text.casefold())])


def word_weights(text: str) -> NDArray[np.float32]:
    """How much each word of a question matters to a TokenEncoder, shape (t,)."""
    found = re.findall(r"\w+", text.casefold())
    weights = np.array([3 if word in {*AXES, *LIKE} else 1 for word in found], dtype=np.float32)
    return np.asarray(weights / weights.sum())


def papers(count: int, seed: int = 0) -> list[Paper]:
    """Papers of random words, so that some have many in common and some none."""
    chance = random.Random(seed)
    return [
        Paper(
            f"24{1 + at // 99999:02}.{at % 99999:05}",
            f"Paper {at}: {' '.join(chance.choices(WORDS, k=3))}",
            url=f"https://arxiv.org/abs/24{1 + at // 99999:02}.{at % 99999:05}",
            pdf_url=f"https://arxiv.org/pdf/24{1 + at // 99999:02}.{at % 99999:05}",
            code_url="https://github.com/a/b" if at % 5 == 0 else "",
            links=(Link("Project", f"https://p{at}.example/"),) if at % 7 == 3 else (),
            year=2015 + at % 10,
            venue=f"Venue {at % 4}",
            published=date(2015 + at % 10, 1 + at % 12, 1 + at % 28),
            arxiv_categories=(("cs.CV", "cs.LG"), ("math.CO",), ("hep-th",))[at % 3],
            abstract=" ".join(chance.choices(WORDS, k=chance.randrange(2, 30))) + ".",
        )
        for at in range(count)
    ]


def source(tmp_path: Path, records: Sequence[Paper], name: str = "corpus.jsonl") -> Path:
    path = tmp_path / name
    path.write_text("".join(json.dumps(to_json(one)) + "\n" for one in records))
    return path


def loaded(place: Place, encoder=None) -> StoreSearch:  # type: ignore[no-untyped-def]
    return StoreSearch.load(place[0], encoder or WordEncoder(), storage_options=place[1] or None)


def environment(options: dict[str, str]) -> dict[str, str]:
    """That of a process that imports what stands here, and asks S3."""
    known = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join(filter(None, [str(Path(__file__).parent), known]))
    return os.environ | variables(options) | {"PYTHONPATH": path}


def variables(options: dict[str, str]) -> dict[str, str]:
    """Those that say where S3 is, and who asks."""
    names = {
        "endpoint": "AWS_ENDPOINT_URL",
        "aws_access_key_id": "AWS_ACCESS_KEY_ID",
        "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    }
    return {name: options[option] for option, name in names.items() if options}
