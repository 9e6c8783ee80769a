"""Titles and abstracts → questions, each with the paper that answers it, to train an encoder on.

    python training/pairs.py abstracts.jsonl.xz pairs.jsonl --leave-out evaluation.jsonl ids.txt

Nobody wrote the questions: they are parts of a paper, asked of what is left of it. Each line of the
output has the ``paper`` (its id), the ``kind`` of the question, the ``query`` and the ``positive``,
the text that it is to find. Hard negatives change with the model: train.py looks for them.

Reads any corpus that `ssm-search build` reads, such as JSON lines with an id, title and abstract.
With ``--questions 0`` nothing is asked as people ask: so the first stage was trained.
"""

from __future__ import annotations

import argparse
import json
import lzma
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forms import asked_about

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.ingest import read_feed
from ssm_search.papers import Paper, full_text
from ssm_search.text import STOP_WORDS, sentences, words_of

SHARES = {"title": 0.25, "sentence": 0.35, "words": 0.25, "run": 0.15}
"""Of each kind among those that are not asked as people ask."""
TITLED = {"title": 0.15, "sentence": 0.6, "words": 0.6, "run": 0.5, "question": 0.6}
"""How often the text to be found has its title."""
TELLING = 3  # times as often as others, sentences whose words are rarer than the abstract's mean
KEY_WORDS = 12  # the likeliest of a paper, of which two to five are asked
DAMAGED, LOST = 0.15, 1 / 7  # of the questions, and what these lose of their words
RUN, SHARED_RUNS = 8, 3  # words, and how many such runs of an evaluation set may not be in a paper
MIN_SENTENCES = 3  # of an abstract that can lose some


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, and the text that it is to find."""

    paper: str
    kind: str
    query: str
    positive: str


def pairs_of(papers: Sequence[Paper], each: int, questions: float, seed: int) -> Iterator[Pair]:
    """``each`` pairs of every paper, of kinds drawn by chance; a share ``questions`` as asked."""
    rng = random.Random(seed)
    rarity = rarities(papers)
    cut = [sentences(paper.abstract) for paper in papers]
    kinds = [*SHARES, "question"]
    weights = [*((1 - questions) * share for share in SHARES.values()), questions]
    for _ in range(each):
        for paper, parts in zip(papers, cut, strict=True):
            kind = rng.choices(kinds, weights)[0] if len(parts) >= MIN_SENTENCES else "title"
            query, without = _question(paper, parts, kind, rarity, rng)
            rest = " ".join(part for at, part in enumerate(parts) if at not in without)
            titled = rng.random() < TITLED[kind]
            if kind == "run" and not titled and rng.random() < 0.5:
                query = f"{paper.title}. {query}"
            found = replace(paper, title=paper.title if titled else "", abstract=rest)
            yield Pair(paper.id, kind, _damaged(query, rng), full_text(found))


def rarities(papers: Sequence[Paper]) -> dict[str, float]:
    """The idf of each word: ln(papers / papers that have it)."""
    counts = Counter[str]()
    for paper in papers:
        counts.update(set(words_of(full_text(paper))))
    return {word: math.log(len(papers) / count) for word, count in counts.items()}


def _question(
    paper: Paper,
    parts: Sequence[str],
    kind: str,
    rarity: Mapping[str, float],
    rng: random.Random,
) -> tuple[str, range]:
    """A question of that kind, and which sentences it was made of."""
    if kind == "title":
        return paper.title, range(0)
    if kind == "words":
        return _key_words(paper, rarity, rng), range(0)
    if kind == "question":
        question, at = asked_about(paper.title, parts, rng)
        return question, range(0) if at is None else range(at, at + 1)
    if kind == "sentence":
        telling = [sum(rarity[word] for word in set(words_of(part))) for part in parts]
        mean = sum(telling) / len(telling)
        at = rng.choices(range(len(parts)), [TELLING if t >= mean else 1 for t in telling])[0]
        return parts[at], range(at, at + 1)
    count = rng.randint(2, max(2, len(parts) // 2))
    at = rng.randint(0, len(parts) - count)
    return " ".join(parts[at : at + count]), range(at, at + count)


def _key_words(paper: Paper, rarity: Mapping[str, float], rng: random.Random) -> str:
    """Two to five of the words that are frequent in the paper and rare elsewhere, as they come."""
    counts = Counter(word for word in words_of(full_text(paper)) if word not in STOP_WORDS)
    likeliest = sorted(counts, key=lambda word: -counts[word] * rarity[word])[:KEY_WORDS]
    chosen = rng.sample(likeliest, min(rng.randint(2, 5), len(likeliest)))
    return " ".join(word for word in counts if word in chosen)


def _damaged(query: str, rng: random.Random) -> str:
    words = query.split()
    if rng.random() >= DAMAGED or len(words) < 5:
        return query
    return " ".join(word for word in words if rng.random() >= LOST) or query


def unseen(papers: Iterable[Paper], evaluations: Sequence[Path]) -> list[Paper]:
    """``papers`` without those that ``evaluations`` name by id, or repeat ``SHARED_RUNS`` runs of.

    Args:
        evaluations: of ids, texts or JSON a line; of JSON, all texts in it.
    """
    texts = [text for path in evaluations for line in _lines(path) for text in _texts(line)]
    ids = {found for text in texts if (found := arxiv_id(text))}
    known = {run for text in texts for run in _runs(text)}
    return [
        paper
        for paper in papers
        if paper.id not in ids and len(_runs(paper.abstract) & known) < SHARED_RUNS
    ]


def _runs(text: str) -> set[str]:
    words = words_of(text)
    return {" ".join(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def _lines(path: Path) -> list[str]:
    opened = lzma.open if path.suffix == ".xz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        return list(file)


def _texts(line: str) -> Iterator[str]:
    try:
        within: list[Any] = [json.loads(line) if line.startswith(("{", "[")) else line.strip()]
    except ValueError:
        within = [line.strip()]
    for value in within:  # grows as it is read
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list):
            within += value.values() if isinstance(value, dict) else value


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the pairs and say how many there are of each kind."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("abstracts", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--leave-out", type=Path, nargs="+", default=[], metavar="FILE")
    parser.add_argument("--each", type=int, default=4, help="pairs of each paper (4)")
    parser.add_argument("--questions", type=float, default=0.28, help="share as people ask (.28)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    found = (one for one in read_feed([given.abstracts]) if isinstance(one, Paper) and one.abstract)
    papers = list({paper.id: paper for paper in found}.values())
    kept = unseen(papers, given.leave_out)
    kinds = Counter[str]()
    with given.pairs.open("w", encoding="utf-8") as file:
        for pair in pairs_of(kept, given.each, given.questions, given.seed):
            kinds[pair.kind] += 1
            line = {name: getattr(pair, name) for name in Pair.__slots__}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    print(f"{len(kept)} of {len(papers)} papers, {kinds.total()} pairs: {counts}")


if __name__ == "__main__":
    main()
