"""The known-item set: abstracts, and one-sentence summaries by their authors as queries.

JSON lines with ``paper_id``, ``abstract`` and ``tldrs``, as SciTLDR has them (Cachola et al. 2020).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from ssm_search.papers import Paper

ROOT = Path(__file__).parents[1]
CACHE = ROOT / "benchmarks" / ".cache"
RESULTS = ROOT / "benchmarks" / "results"
DATA = ROOT.parent / "shared" / "data"
KNOWN_ITEMS = DATA / "scitldr_dev.jsonl"


@dataclass(frozen=True, slots=True)
class KnownItems:
    """What is searched, and what is asked.

    Attributes:
        right: of each query the row of the one abstract it is about.
    """

    ids: list[str]
    abstracts: list[str]
    queries: list[str]
    right: list[int]

    def papers(self) -> list[Paper]:
        """The abstracts as papers, titles left out."""
        return [
            Paper(i, "", abstract=text) for i, text in zip(self.ids, self.abstracts, strict=True)
        ]


def read_known_items(path: Path, limit: int | None = None) -> KnownItems:
    """All of a file, or ``limit`` abstracts that have a query; ends the program without a file."""
    if not path.is_file():
        sys.exit(f"no file {path}; give the path of the evaluation set")
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if limit:
        records = [record for record in records if record["tldrs"]][:limit]
    pairs = [(tldr, row) for row, record in enumerate(records) for tldr in record["tldrs"]]
    return KnownItems(
        [record["paper_id"] for record in records],
        [record["abstract"] for record in records],
        [query for query, _ in pairs],
        [row for _, row in pairs],
    )
