"""Does the sentence that a card shows say what its authors say of their paper in one sentence?

The words that it shares with the nearest of the summaries that its authors gave, as F1 of stems,
the mean of all papers that have both; beside other ways to choose it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from known_items import KNOWN_ITEMS

from ssm_search.text import sentences, telling_sentence, terms

LEAST = 3  # sentences among which there is something to choose
WAYS: dict[str, Callable[[str, str], str]] = {
    "the first sentence": lambda title, text: sentences(text)[0],
    "most words of the title": lambda title, text: max(
        sentences(text), key=lambda one: len(_stems(one) & _stems(title))
    ),
    "the telling sentence": telling_sentence,
}


def _stems(text: str) -> set[str]:
    return {stem for stem, _ in terms(text)}


def shared(one: str, other: str) -> float:
    """The F1 of the stems that two texts share."""
    both, all_ = len(_stems(one) & _stems(other)), len(_stems(one)) + len(_stems(other))
    return 2 * both / all_ if all_ else 0.0


def main() -> None:
    """Print the mean of each way, and that of the best sentence there is."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else KNOWN_ITEMS
    if not path.is_file():
        sys.exit(f"no file {path}; give the path of the evaluation set")
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    records = [
        one
        for one in records
        if one["title"] and one["tldrs"] and len(sentences(one["abstract"])) >= LEAST
    ]
    totals = dict.fromkeys([*WAYS, "the best there is"], 0.0)
    for one in records:
        worth = {
            sentence: max(shared(sentence, tldr) for tldr in one["tldrs"])
            for sentence in sentences(one["abstract"])
        }
        for name, way in WAYS.items():
            totals[name] += worth[way(one["title"], one["abstract"])]
        totals["the best there is"] += max(worth.values())
    print(f"{len(records)} papers")
    for name, total in totals.items():
        print(f"{total / len(records):.3f}  {name}")


if __name__ == "__main__":
    main()
