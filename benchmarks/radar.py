"""Does the radar propose what a list's keeper put onto it later?

Of each list only what is older than a month T is known: 60 % of its entries. Then, month by month,
what arXiv would be asked for is made from what is known, and what that finds among the papers of
the month is ranked; right is what the list has today. After that it is known, too. How much of the
first 10 is right, and how much of what is right is among the first 50? Simpler rankings rank all
papers of the month; the better one also what the radar's question finds.

    python benchmarks/radar.py [DATA_FOLDER]

That a paper is not on a list does not prove that it does not belong there: no keeper reads all that
is new. So this measures how well one keeper's choice is guessed, and only compares rankings of the
same papers. Months of which the list has nothing are left out. The papers of a month are a fixed
sample: of what the question of each list finds up to SAMPLED, and all that are on one of the lists;
encoding all would take a day on two cores. So what is right is less rare than on arXiv, and what is
wrong is nearer to it than most.

Vectors are kept in benchmarks/.cache/; the first run encodes about 7,000 abstracts.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from environments import commit, machine
from known_items import CACHE, DATA
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ssm_search.awesome import parse_list
from ssm_search.discovery.arxiv_query import telling_stems
from ssm_search.discovery.fitting import Fitting, fits
from ssm_search.discovery.radar import LEARNED
from ssm_search.encoding import OnnxEncoder
from ssm_search.index.memory import MemoryIndex
from ssm_search.papers import Paper, full_text
from ssm_search.shipped import shipped_folder
from ssm_search.text import terms
from ssm_search.vectors import product
from ssm_search.words.vectors import RowVectors, Words

TUNED = ("DefTruth", "amirhossein-kz", "ReaFly")
"""What was chosen was chosen on these; two have fewer than 100 papers whose abstracts are known."""
LISTS = (
    "BradyFU",
    "showlab",
    "AGI-Edgerunners",
    "AIoT-MLSys-Lab",
    "Event-AHU",
    "Ruixxxx",
    "radarFudan",
)
FOLDERS = ("lists_dev", "lists_headings", "lists")
KNOWN = 0.6  # of a list
FIRST_MONTH = "2401"  # before, the corpus has few papers
LAST_MONTH = "2507"
MONTHS = 6  # with papers of the list
SAMPLED = 150  # papers of a month that a question finds, without those on the list
DEPTH, DEEP = 10, 50
CHUNK = 250


log = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a list.

    Attributes:
        known: ids of the listed papers that are older.
        right: ids of those that the list has of this month, found by the question or not.
        asked: the stems that are asked for.
        corpus: ids of what is ranked.
        found: how many papers of the whole month the question finds.
    """

    name: str
    known: tuple[str, ...]
    right: frozenset[str]
    asked: frozenset[str]
    corpus: tuple[str, ...]
    found: int

    def answer(self, papers: dict[str, Paper]) -> Month:
        """The same with what the question finds of the corpus."""
        found = [one for one in self.corpus if self.asked & stems(full_text(papers[one]))]
        return replace(self, corpus=tuple(found))


def read_abstracts(data: Path) -> dict[str, Paper]:
    """All papers with abstracts, by their ids."""
    papers: dict[str, Paper] = {}
    for name in ("ml_abstracts.jsonl.xz", "ssm_abstracts.jsonl.xz"):
        with lzma.open(data / name, "rt", encoding="utf-8") as lines:
            for record in map(json.loads, lines):
                one = record["arxiv_id"]
                papers.setdefault(one, Paper(one, record["title"], abstract=record["abstract"]))
    return papers


def read_listed(data: Path, papers: dict[str, Paper]) -> dict[str, list[str]]:
    """By the name of a list, the ids of its papers whose abstracts are known."""
    listed = {}
    for name in (*TUNED, *LISTS):
        (file,) = (file for one in FOLDERS for file in (data / one).glob(f"{name}__*.md"))
        read = parse_list(file.read_text(encoding="utf-8"))
        listed[name] = list(dict.fromkeys(one.id for one in read if one.id in papers))
    return listed


@cache
def stems(text: str) -> frozenset[str]:
    """The distinct terms of a text."""
    return frozenset(stem for stem, _ in terms(text))


def by_chance(ids: Iterable[str]) -> list[str]:
    """``ids`` in an order that has nothing to do with anything, and is always the same."""
    return sorted(ids, key=lambda one: hashlib.sha256(one.encode()).hexdigest())


def months_of(
    listed: Sequence[str], by_month: dict[str, list[str]], papers: dict[str, Paper]
) -> Iterator[Month]:
    """The months of a list after T, with what is known and what is ranked in each."""
    dates = sorted(one[:4] for one in listed)
    last = max(dates[int(KNOWN * len(dates))], "2312")
    known = [one for one in listed if one[:4] <= last]
    later = sorted({one[:4] for one in listed if max(last, "2312") < one[:4] <= LAST_MONTH})
    for name in later[:MONTHS]:
        right = frozenset(one for one in listed if one[:4] == name)
        asked = frozenset(telling_stems([stems(full_text(papers[one])) for one in known]))
        found = [one for one in by_month[name] if asked & stems(full_text(papers[one]))]
        others = by_chance(one for one in found if one not in right)[:SAMPLED]
        yield Month(name, tuple(known), right, asked, tuple(others), len(found))
        known += sorted(right)


class Vectors:
    """The vectors of texts, encoded once and kept."""

    def __init__(self, folder: Path):
        self._encoder = OnnxEncoder(shipped_folder() / OnnxEncoder.FOLDER)
        self._folder = folder / self._encoder.fingerprint.replace(":", "-")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._known: dict[int, NDArray[np.float32]] = {}
        for file in self._folder.glob("*.npz"):
            self._take(file)

    def _take(self, file: Path) -> None:
        with np.load(file) as arrays:
            hashes, vectors = arrays["hashes"], arrays["vectors"]
        self._known |= dict(zip(map(int, hashes), vectors, strict=True))

    @staticmethod
    def _hash(text: str) -> int:
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")

    def encode(self, texts: Sequence[str]) -> None:
        """Encode what is not known, and keep it a chunk at a time."""
        missing = [text for text in dict.fromkeys(texts) if self._hash(text) not in self._known]
        starts = range(0, len(missing), CHUNK)
        for start in track(starts, description="encoding", console=log, disable=not missing):
            part = missing[start : start + CHUNK]
            hashes = np.array([self._hash(text) for text in part], dtype=np.uint64)
            file = self._folder / f"{hashes[0]:016x}.npz"
            new = file.with_suffix(".new.npz")
            np.savez(new, hashes=hashes, vectors=self._encoder.encode(part))
            os.replace(new, file)
            self._take(file)

    def of(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of texts that were encoded."""
        return np.array([self._known[self._hash(text)] for text in texts], dtype=np.float32)


Ranking = Callable[[MemoryIndex, MemoryIndex, NDArray[np.float32]], NDArray[np.float32]]
"""The scores of a corpus for the index of what is listed, with the vectors of what was rejected."""


def by_radar(
    listed: MemoryIndex, corpus: MemoryIndex, rejected: NDArray[np.float32]
) -> NDArray[np.float32]:
    """As `discover` ranks."""
    return fits(listed, corpus, rejected).scores


def by_words(
    listed: MemoryIndex, corpus: MemoryIndex, rejected: NDArray[np.float32]
) -> NDArray[np.float32]:
    """By BM25 of the terms that tell the list from the corpus."""
    profile = Fitting(listed, corpus).profile(np.arange(len(listed)))
    return corpus.bm25_scores(list(profile.terms))


def by_centroid(
    listed: MemoryIndex, corpus: MemoryIndex, rejected: NDArray[np.float32]
) -> NDArray[np.float32]:
    """By the cosine with the mean of what is listed."""
    mean = listed.paper_vectors.mean(axis=0)
    return np.asarray(product(corpus.paper_vectors, mean), dtype=np.float32)


RADAR, LEARNING = "radar", "radar that learns"
"""The latter was told that what was among its first 10 and is not on the list was rejected."""
SIMPLER: dict[str, Ranking] = {
    "BM25 of its terms": by_words,
    "nearest to the mean": by_centroid,
}
OF_ASKED = "nearest, of what is asked"


class Library:
    """The papers as indexes are made of them."""

    def __init__(self, papers: dict[str, Paper], vectors: Vectors):
        self.papers, self.vectors = papers, vectors
        self._terms: dict[str, list[tuple[str, str]]] = {}

    def index(self, ids: Sequence[str]) -> MemoryIndex:
        """An index of some papers, as discovery reads it: without the vectors of their words."""
        texts = [full_text(self.papers[one]) for one in ids]
        n = len(ids)
        none = Words(np.zeros((0, 0), np.int8), np.zeros(n + 1, np.int64), np.zeros(n, np.int32))
        encoded = RowVectors(self.vectors.of(texts), none)
        return MemoryIndex.build(encoded, [self._terms_of(text) for text in texts])

    def _terms_of(self, text: str) -> list[tuple[str, str]]:
        if text not in self._terms:
            self._terms[text] = terms(text)
        return self._terms[text]


@dataclass(frozen=True, slots=True)
class Result:
    """How a ranking did in one month: shares of the first 10, and of all that is right."""

    precision: float
    recall: float


def simulate(months: Sequence[Month], library: Library) -> dict[str, list[Result]]:
    """Go through the months of a list, with each ranking."""
    results: dict[str, list[Result]] = defaultdict(list)
    rejected: list[str] = []
    for month in months:
        answer = month.answer(library.papers)
        listed = library.index(month.known)
        corpus, found = library.index(month.corpus), library.index(answer.corpus)
        nothing = np.zeros((0, corpus.dimension), dtype=np.float32)
        results[RADAR].append(_result(by_radar(listed, found, nothing), answer)[0])
        texts = [full_text(library.papers[one]) for one in rejected[-LEARNED:]]
        unwanted = library.vectors.of(texts) if texts else nothing
        result, first = _result(by_radar(listed, found, unwanted), answer)
        results[LEARNING].append(result)
        rejected += [one for one in first if one not in month.right]
        for name, ranking in SIMPLER.items():
            results[name].append(_result(ranking(listed, corpus, nothing), month)[0])
        results[OF_ASKED].append(_result(by_centroid(listed, found, nothing), answer)[0])
    return results


def _result(scores: NDArray[np.float32], month: Month) -> tuple[Result, list[str]]:
    ranked = [month.corpus[at] for at in np.argsort(-scores, kind="stable")]
    right = [one in month.right for one in ranked]
    found = Result(sum(right[:DEPTH]) / DEPTH, sum(right[:DEEP]) / len(month.right))
    return found, ranked[:DEPTH]


def _is_asked(month: Month, one: str, papers: dict[str, Paper]) -> bool:
    return bool(month.asked & stems(full_text(papers[one])))


def report(
    results: dict[str, dict[str, list[Result]]],
    months: dict[str, list[Month]],
    papers: dict[str, Paper],
) -> Table:
    """A row for each list, and one for their mean."""
    names = [RADAR, LEARNING, *SIMPLER, OF_ASKED]
    table = Table(title=f"precision of the first {DEPTH} · recall among the first {DEEP}")
    table.add_column("list")
    for column in ("months", "right", "asked for", "possible", *names):
        table.add_column(column, justify="right")
    means: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for key, found in results.items():
        right = [len(month.right) for month in months[key]]
        asked = [sum(_is_asked(month, one, papers) for one in month.right) for month in months[key]]
        possible = float(np.mean([min(count, DEPTH) / DEPTH for count in right]))
        cells = []
        for name in names:
            mean = np.mean([(one.precision, one.recall) for one in found[name]], axis=0)
            means[name].append((float(mean[0]), float(mean[1])))
            cells.append(f"{mean[0]:.3f} · {mean[1]:.3f}")
        share = f"{sum(asked) / sum(right):.2f}"
        table.add_row(key, str(len(right)), str(sum(right)), share, f"{possible:.3f}", *cells)
    table.add_section()
    cells = ["{:.3f} · {:.3f}".format(*np.mean(means[name], axis=0)) for name in names]
    table.add_row("mean", "", "", "", "", *cells)
    return table


def main(data: Path, names: Sequence[str] = LISTS) -> None:
    """Read, encode what is not known yet, simulate, print."""
    if not data.is_dir():
        sys.exit(f"no folder {data}; give the path of the evaluation data")
    papers = read_abstracts(data)
    by_month: dict[str, list[str]] = defaultdict(list)
    for one in papers:
        by_month[one[:4]].append(one)
    listed = read_listed(data, papers)
    months = {
        key: list(months_of(ids, by_month, papers))
        for key, ids in track(listed.items(), description="asking", console=log)
    }
    pool: dict[str, set[str]] = defaultdict(set)
    for month in (one for each in months.values() for one in each):
        pool[month.name] |= {*month.corpus, *month.right}
    months = {
        key: [replace(month, corpus=tuple(sorted(pool[month.name]))) for month in each]
        for key, each in months.items()
        if key in names
    }
    library = Library(papers, Vectors(CACHE / "radar-vectors"))
    needed = {
        one
        for each in months.values()
        for month in each
        for one in (*month.known, *month.right, *month.corpus)
    }
    library.vectors.encode([full_text(papers[one]) for one in by_chance(needed)])
    results = {
        key: simulate(each, library)
        for key, each in track(months.items(), description="simulating", console=log)
    }
    console = Console(width=150)
    console.print(report(results, months, papers))
    every = [month for each in months.values() for month in each]
    share = np.mean([month.found / len(by_month[month.name]) for month in every])
    ranked = np.mean([len(month.corpus) for month in every])
    console.print(
        f"{ranked:.0f} papers of a month are ranked. A question finds {share:.1%} of all.\n"
        f"{machine()}, {commit()}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
