"""Whether answers are still what they were: ids, scores to five digits, reasons, errors.

Asked are the shipped list, a folder of 1,000 papers in segments, and a store of the same, by every
kind of question there is. What they answered is in benchmarks/results/answers.jsonl; this prints
what differs, and ends with status 1 if anything does.

    python benchmarks/answers.py            # compare
    python benchmarks/answers.py --record   # after a change that is meant to change answers

The thousand papers are made up of the words of the shipped list's titles, and encoded by random
vectors of words and, of a text, by their sum, so that every machine gives the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import astuple
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ssm_search
from ssm_search import (
    CategorySuggestion,
    Constraint,
    Duplicate,
    Hits,
    Paper,
    Placement,
    SsmSearchError,
)
from ssm_search.encoding import Encoded, EncodedQuery
from ssm_search.text import STOP_WORDS
from ssm_search.vectors import as_bytes

RESULTS = Path(__file__).parent / "results" / "answers.jsonl"
INDEX = Path(__file__).parents[1] / "index" / "awesome-mamba"
PAPERS = 1_000
LATER = 200  # of them come as an update, in a segment of their own
DIMENSION = 32
TOLERANCE = 2e-5  # of scores: other processors add up in another order
CATEGORIES = ("cs.CV", "cs.LG", "cs.CL", "eess.IV", "q-bio.QM")


class SumOfWords:
    """An encoder without a model."""

    fingerprint = "sum-of-words-2"

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """The sum of one random vector a word, unit length, shape (n, 32)."""
        rows = np.zeros((len(texts), DIMENSION))
        for row, text in zip(rows, texts, strict=True):
            for word in text.casefold().split() or [""]:
                row += of_word(word)
        return unit(rows)

    def encode_words(self, texts: Sequence[str], /) -> Encoded:
        """That, and the vector of each word that is no stop word."""
        found = [self._words(text) for text in texts]
        starts = np.cumsum([0, *map(len, found)]).astype(np.int64)
        return Encoded(self.encode(texts), as_bytes(np.concatenate(found)), starts)

    def encode_query_words(self, text: str, /) -> EncodedQuery:
        """The same of a query; every word weighs as much as it has letters."""
        words, spans = self._words(text), self.word_spans(text)
        lengths = (spans[:, 1] - spans[:, 0]).astype(np.float32) + 1
        return EncodedQuery(self.encode([text])[0], words, lengths / lengths.sum(), spans)

    def word_spans(self, text: str, /) -> NDArray[np.int32]:
        """From where to where each word goes; all of the text, if there is none."""
        places = [match.span() for match in re.finditer(r"\w+", text)]
        kept = [(a, b) for a, b in places if text[a:b].casefold() not in STOP_WORDS]
        return np.array(kept or [(0, len(text))], dtype=np.int32)

    def _words(self, text: str) -> NDArray[np.float32]:
        return unit(np.array([of_word(text[a:b].casefold()) for a, b in self.word_spans(text)]))


@cache
def of_word(word: str) -> NDArray[np.float64]:
    """A random vector, always the same, shape (32,)."""
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "little")
    return np.random.default_rng(seed).normal(size=DIMENSION)


def unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows brought to length 1."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def made_up(count: int) -> list[dict[str, Any]]:
    """Records of papers, as a corpus has them."""
    dice = random.Random(7)
    words = sorted({w for p in ssm_search.open_index().papers for w in p.title.split()})
    records = []
    for number in range(count):
        year = 2018 + number % 7
        sentence = [" ".join(dice.sample(words, 9)) for _ in range(3)]
        records.append(
            {
                "id": f"{year - 2000}{1 + number % 12:02}.{number:05}",
                "title": " ".join(dice.sample(words, 6)).title(),
                "abstract": ". ".join(sentence) + ".",
                "authors": [f"{dice.choice(words).title()} Flyer", "Kim Roe"],
                "categories": " ".join(dice.sample(CATEGORIES, 1 + number % 2)),
                "year": year,
                "venue": dice.choice(("ICKF", "Kite Letters", "")),
                **({"code_url": "https://github.com/kites/x"} if number % 5 == 0 else {}),
            }
        )
    return records


def places(folder: Path) -> dict[str, Any]:
    """What is asked, by name."""
    records = made_up(PAPERS)
    changed = [*records[-LATER:], {**records[3], "title": "A changed title of knots"}]
    changed.append({"id": records[5]["id"], "deleted": True})
    for name, part in (("first", records[:-LATER]), ("later", changed)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in part))
    uri = str(folder / "store")
    kinds: tuple[dict[str, Any], ...] = ({}, {"store": uri})
    for more in kinds:
        for name, update in (("first", False), ("later", True)):
            ssm_search.gather_index(
                [folder / f"{name}.jsonl"],
                folder / "segments",
                encoder=SumOfWords(),
                update=update,
                **more,
            )
    return {
        "list": ssm_search.PaperSearch.load(INDEX),
        "segments": ssm_search.PaperSearch.load(folder / "segments", SumOfWords()),
        "store": ssm_search.StoreSearch.load(uri, SumOfWords()),
    }


def questions(
    papers: Sequence[Paper], path: tuple[str, ...]
) -> list[tuple[str, list[Any], dict[str, Any]]]:
    """Name of the method, arguments, named arguments; ``path`` is a heading of theirs."""
    # Long: it is the table of all that is asked.
    a, b, c, d = (papers[at] for at in (2, 11, 19, 33))
    new = Paper("2701.00001", "Video kites for graph segmentation", abstract="We fly. It works.")
    filters: list[dict[str, Any]] = [
        {"year": 2024},
        {"year": (2022, 2023)},
        {"year": (0, 2023)},
        {"category": path},
        {"category": path[-1]},
        {"category": path[0].lower()},
        {"venue": "ar"},
        {"venue": "ick"},
        {"author": "Roe"},
        {"author": "nobody at all"},
        {"has_code": True},
        {"has_code": False},
        {"year": 2024, "has_code": True, "venue": "ar"},
        {"year": 1800},
        {"category": "Nowhere"},
        {"category": path[-1][:-1] + "x"},
        {"year": (2024, 2020)},
        {"colour": "red"},
    ]
    texts = [
        "mamba for video",
        "state space models",
        "medical image segmentation",
        "graph",
        "vidoe segmntation",
        "a",
        "zebra crossing quux",
        "long sequences without attention, in linear time?",
        a.title,
        b.title.upper(),
        b.title.partition(":")[0],
        c.abstract or c.title + " " + d.title,
        a.id,
        f"https://arxiv.org/abs/{b.id}v2",
        f"arXiv:{c.id}",
        "https://example.org/nothing",
        "2712.99999",
        "https://arxiv.org/abs/2711.00001",
        "",
        " \0 ",
        "?!",
        "été 中文 ü",
        "video " * 300,
        "papers by Roe on graphs",
        "graph since 2022, not video",
        '"state space" in video',
        "newest papers on images",
        "not mamba",
    ]
    asked: list[tuple[str, list[Any], dict[str, Any]]] = []
    asked += [("query", [text, 6], {}) for text in texts]
    asked += [("query", ["video of images", 6], one) for one in filters]
    asked += [("query", ["graph", k], {}) for k in (1, 25, 0, -1, "3")]
    asked += [("newest", [8], one) for one in filters[:12]] + [("newest", [0], {})]
    asked += [
        ("related", [one, 6], {})
        for one in (a.id, b.title, c, new, "a text about sound", f"{d.id}v3", "2712.00001", "", " ")
    ]
    asked += [("related", [a.id, 6], one) for one in (filters[0], filters[3], filters[10])]
    wishes: list[tuple[list[Any], list[Any], float]] = [
        ([a.id, b.id], [], 0),
        ([a.id, b.id], [c.id], 0),
        ([a.title, "a text of graphs"], [d], 0.3),
        ([new, a], [new], 0.7),
        ([a.id], [a.id], 0),
        ([a, b, c, d], [], 1),
        ([a.id, a.id], [], 0.0),
        ([], [a.id], 0),
        (["2712.00002"], [], 0),
        ([a.id], ["2712.00003"], 0),
        ([a.id], [], 1.5),
        ([a.id], [], -0.1),
    ]
    asked += [("recommend", [like, less, 6, apart], {}) for like, less, apart in wishes]
    asked += [("recommend", [[a.id, b.id], [c.id], 6, 0.5], one) for one in filters[:6]]
    ways = (a.id, b, new, "a text of graphs. With an abstract.", "cheese", "")
    for method in ("suggest_categories", "place", "duplicates"):
        asked += [(method, [one], {}) for one in ways]
    asked += [("get", [one], {}) for one in (a.id, "2712.00001", "", a.title)]
    return asked


def told(answer: Any) -> Any:
    """An answer as JSON: ids, numbers, reasons."""
    if isinstance(answer, Hits):
        hits = [
            [
                h.paper.id,
                round(h.score, 5),
                h.rank,
                None if h.confidence is None else round(h.confidence, 5),
                *map(told, astuple(h.why)),
            ]
            for h in answer
        ]
        return {"verdict": answer.verdict, "only": told(answer.constraints), "hits": hits}
    if isinstance(answer, Paper):
        return answer.id
    if isinstance(answer, CategorySuggestion):
        return [answer.category, round(answer.confidence, 5), told(answer.evidence)]
    if isinstance(answer, Duplicate):
        return [answer.paper.id, answer.reason]
    if isinstance(answer, Placement):
        numbers = [round(answer.scope, 5), round(answer.fit, 5)]
        return [answer.verdict, told(answer.suggestions), answer.parent, *numbers]
    if isinstance(answer, list | tuple):
        return [told(one) for one in answer]
    if isinstance(answer, Constraint):
        return [answer.kind, answer.value]
    if hasattr(answer, "paper"):
        return [answer.paper.id, round(answer.score, 5)]
    return answer


def ask(method: Callable[..., Any], arguments: list[Any], filters: dict[str, Any]) -> Any:
    """What it answers, or the name and the text of its error."""
    try:
        return told(method(*arguments, **filters))
    except SsmSearchError as error:
        return {"error": type(error).__name__, "says": str(error)}
    except (TypeError, AttributeError) as error:
        return {"error": type(error).__name__}


def answers() -> dict[str, Any]:
    """What every place answers to every question."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, search in places(Path(scratch)).items():
            papers = sorted(search.papers, key=lambda paper: paper.id)
            found[f"{name}: headings"] = told(search.headings)
            every = questions(papers, search.headings[3])
            for number, (method, arguments, filters) in enumerate(every):
                shown = str(told(arguments))[:60]
                key = f"{name} {number}: {method} {shown} {filters or ''}".strip()
                found[key] = ask(getattr(search, method), arguments, filters)
        whole = json.dumps(found, ensure_ascii=False).replace(scratch, "PLACE")
    return dict(json.loads(whole))


def alike(old: Any, new: Any) -> bool:
    """Whether two answers are the same, scores but for rounding."""
    if isinstance(old, float) and isinstance(new, float | int):
        return abs(old - new) <= TOLERANCE * max(1.0, abs(old))
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(alike(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(alike, old, new))
    return bool(old == new)


def main() -> int:
    """Record, or compare and print what differs."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--record", action="store_true")
    arguments.add_argument("--file", type=Path, default=RESULTS)
    asked = arguments.parse_args()
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp()
    found = answers()
    if asked.record:
        lines = (json.dumps({key: value}, ensure_ascii=False) for key, value in found.items())
        asked.file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        print(f"{len(found)} answers recorded")
        return 0
    known: dict[str, Any] = {}
    for line in asked.file.read_text(encoding="utf-8").splitlines():
        known |= json.loads(line)
    every = known | found
    different = [key for key in every if not alike(known.get(key), found.get(key))]
    for key in different:
        print(key)
        for word, one in (("was", known), ("is ", found)):
            print(f"  {word} {json.dumps(one.get(key), ensure_ascii=False)[:300]}")
    print(f"{len(found)} answers, {len(different)} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
