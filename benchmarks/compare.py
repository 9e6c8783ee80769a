"""How ssm-search compares with what a reader might pick instead (peers.py), all in one run.

Each peer builds an index of the same abstracts, answers the same queries, each a sentence whose
paper is known, and files the papers of the same lists, in processes of its own; what is timed more
than once is timed in turn. Prints a table for each question, and writes them, with all numbers, the
machine and the commit, to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from bootstrap import bootstrap_interval
from environments import commit, machine, python_of
from headed import TOPICAL, read_lists
from known_items import DATA, KNOWN_ITEMS, RESULTS, KnownItems, read_known_items
from minilm import minilm_folder
from numpy.typing import NDArray
from peers import DEPTH, PEERS
from rich.console import Console

from ssm_search.ranking.filing import FOLDS

ROUNDS = 5  # cold starts
ENCODED = 256  # abstracts that encoders alone are timed on
PARTS = 3  # of the queries, each asked in a process of its own
QUICK = 30.0  # seconds: a build that takes less is timed PARTS times
QUESTION = "mamba for video"  # to the shipped list, from the shell

log = Console(stderr=True, highlight=False, log_path=False)


@dataclass
class Measured:
    """What one peer did; seconds, megabytes, and one value a run where there are several."""

    name: str
    versions: dict[str, str] = field(default_factory=dict)
    installed: float = 0
    built: list[float] = field(default_factory=list)  # texts a second, all included
    encoded: list[float] = field(default_factory=list)  # texts a second, the encoder alone
    build_memory: float = 0
    index_size: float = 0
    of_paper: float = 0  # kilobytes of the index, without a model that lies in it
    ranks: list[int] = field(default_factory=list)  # of the right answers, 0 if beyond DEPTH
    warm: list[list[float]] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    cold_memory: float = 0
    filed: dict[str, tuple[float, float]] = field(default_factory=dict)  # top-1, top-3 by list


class Workbench:
    """Runs peers in processes, with files between."""

    def __init__(self, scratch: Path):
        self.environment = {"MINILM": str(minilm_folder()), "HF_HUB_OFFLINE": "1"}
        self.scratch = scratch

    def folder(self, peer: str) -> Path:
        """Where the index of ``peer`` is."""
        return self.scratch / f"index{list(PEERS).index(peer)}"

    def file(self, name: str, content: object) -> Path:
        """``content`` as JSON."""
        path = self.scratch / f"{name}.json"
        path.write_text(json.dumps(content))
        return path

    def run(self, peer: str, what: str, *paths: Path) -> dict[str, Any]:
        """One process; what it measured, and ``wall``, its seconds from start to end."""
        script = str(Path(__file__).with_name("peers.py"))
        command = [python_of(peer), script, peer, what, *map(str, paths)]
        begun = time.perf_counter()
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=os.environ | self.environment
        )
        wall = time.perf_counter() - begun
        if done.returncode:
            sys.exit(f"{peer} failed to {what}:\n{done.stderr[-2000:]}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found | {"wall": wall}


def build(bench: Workbench, items: KnownItems, results: list[Measured]) -> None:
    """Index all abstracts; again where that is quick."""
    texts = bench.file("texts", items.abstracts)
    for one in results:
        for _ in range(PARTS):
            folder = bench.folder(one.name)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            took = bench.run(one.name, "build", texts, folder)
            one.built.append(len(items.abstracts) / took["wall"])
            one.build_memory = max(one.build_memory, took["megabytes"])
            if took["wall"] > QUICK:
                break
        folder, model = bench.folder(one.name), PEERS[one.name].model
        one.index_size = megabytes(folder)
        of_papers = one.index_size - (megabytes(folder / model) if model else 0)
        one.of_paper = 1000 * of_papers / len(items.abstracts)
        log.log(f"  {one.name}: {spread(one.built, '{:.0f}')} abstracts a second")


def megabytes(folder: Path) -> float:
    """Of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def encode(bench: Workbench, items: KnownItems, results: list[Measured]) -> None:
    """Encode the same abstracts, peer by peer in turn, where it is all that a peer does to them."""
    texts = bench.file("some", items.abstracts[:ENCODED])
    encoding = [one for one in results if PEERS[one.name].encode]
    for _ in range(PARTS):
        for one in encoding:
            took = bench.run(one.name, "encode", texts)
            one.encoded.append(min(ENCODED, len(items.abstracts)) / took["encoding"])
    for one in encoding:
        log.log(f"  {one.name}: {spread(one.encoded, '{:.1f}')} abstracts a second")


def ask(bench: Workbench, items: KnownItems, results: list[Measured]) -> None:
    """Ask every query once, a part of them in each process, peer by peer in turn."""
    answers = bench.scratch / "answers.json"
    for part in np.array_split(np.arange(len(items.queries)), PARTS):
        queries = bench.file("queries", [items.queries[at] for at in part])
        for one in results:
            took = bench.run(one.name, "ask", bench.folder(one.name), queries, answers)
            one.warm.append(took["times"][1:])
            for at, rows in zip(part, json.loads(answers.read_text()), strict=True):
                right = items.right[at]
                one.ranks.append(rows.index(right) + 1 if right in rows else 0)
    for one in results:
        log.log(f"  {one.name}: R@1 {np.mean(np.array(one.ranks) == 1):.3f}")


def start(bench: Workbench, items: KnownItems, results: list[Measured]) -> list[float]:
    """Start for a single query, peer by peer in turn; and the shipped list, from the shell."""
    query, answers = bench.file("query", items.queries[:1]), bench.scratch / "answers.json"
    shell = []
    for _ in range(ROUNDS):
        for one in results:
            took = bench.run(one.name, "ask", bench.folder(one.name), query, answers)
            one.cold.append(took["wall"])
            one.cold_memory = max(one.cold_memory, took["megabytes"])
        begun = time.perf_counter()
        command = [str(Path(sys.executable).with_name("ssm-search")), "query", QUESTION]
        subprocess.run(command, check=True, capture_output=True)
        shell.append(time.perf_counter() - begun)
    return shell


def file(bench: Workbench, lists: list[dict[str, Any]], results: list[Measured]) -> None:
    """File every fifth of each list by the rest."""
    asked, answers = bench.file("lists", lists), bench.scratch / "answers.json"
    for one in results:
        folder = bench.scratch / f"filing{one.name}"
        folder.mkdir()
        bench.run(one.name, "file", asked, folder, answers)
        for about, filed in zip(lists, json.loads(answers.read_text()), strict=True):
            right = [
                [number in paper["of"] for number in best]
                for paper, best in zip(about["papers"], filed, strict=True)
            ]
            first, top = (statistics.fmean(any(row[:k]) for row in right) for k in (1, 3))
            one.filed[about["name"]] = (first, top)
        log.log(f"  {one.name}: {mean_filed(one, 0):.3f} under the right heading")


def lists_to_file(data: Path) -> list[dict[str, Any]]:
    """The lists with headings by topic, as peers.py takes them."""
    found = []
    for name, papers in read_lists(data).items():
        if name not in TOPICAL:
            continue
        paths = list(dict.fromkeys(path for paper in papers for path in paper.categories))
        folds = np.random.default_rng(1).permutation(len(papers)) % FOLDS
        entries = [
            {
                "title": paper.title,
                "abstract": paper.abstract,
                "of": [paths.index(path) for path in paper.categories],
                "fold": int(fold),
            }
            for paper, fold in zip(papers, folds, strict=True)
        ]
        found.append({"name": name, "headings": paths, "papers": entries})
    return found


def mean_filed(one: Measured, at: int) -> float:
    """Over the lists, each counting the same."""
    return statistics.fmean(pair[at] for pair in one.filed.values()) if one.filed else float("nan")


def spread(values: list[float], form: str, unit: str = "") -> str:
    """The median, and the smallest and largest if there are several."""
    middle = form.format(statistics.median(values)) + unit
    if len(values) < 2:
        return middle
    return f"{middle} ({form.format(min(values))}–{form.format(max(values))})"


def quality_cells(one: Measured) -> Iterable[str]:
    """R@1 with its interval, R@10, MRR@10, and headings right by one and by three suggestions."""
    ranks: NDArray[np.float64] = np.array(one.ranks, dtype=float)
    low, high = bootstrap_interval(ranks == 1)
    yield f"{np.mean(ranks == 1):.3f} [{low:.3f}, {high:.3f}]"
    yield f"{np.mean(ranks > 0):.3f}"
    yield f"{np.divide(1, ranks, out=np.zeros_like(ranks), where=ranks > 0).mean():.3f}"
    yield from (f"{mean_filed(one, at):.3f}" for at in (0, 1))


def first_cells(one: Measured) -> Iterable[str]:
    """From the start of a process to its end."""
    yield spread(one.cold, "{:.2f}", " s")
    yield f"{one.cold_memory:.0f} MB"
    yield f"{one.installed:,.0f} MB"


def later_cells(one: Measured) -> Iterable[str]:
    """In a process that has answered before; and building."""
    halves = [1000 * float(np.percentile(times, 50)) for times in one.warm]
    yield spread(halves, "{:.1f}", " ms")
    yield f"{1000 * float(np.percentile(np.concatenate(one.warm), 99)):.1f} ms"
    yield spread(one.built, "{:.0f}", "/s")
    yield f"{one.build_memory:,.0f} MB"
    yield f"{one.index_size:.1f} MB"
    yield f"{one.of_paper:.1f} kB"


TABLES: list[tuple[str, list[str], Callable[[Measured], Iterable[str]]]] = [
    ("right answers", ["R@1", "R@10", "MRR@10", "heading, 1st", "one of 3"], quality_cells),
    ("the first answer", ["cold start", "its memory", "installed"], first_cells),
    ("all others", ["p50", "p99", "building", "its memory", "index", "a paper"], later_cells),
]


def tables(results: list[Measured]) -> str:
    """All results in Markdown."""
    parts = []
    for title, names, cells in TABLES:
        lines = [f"| {title} | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
        lines += [f"| {one.name} | {' | '.join(cells(one))} |" for one in results]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Measure every peer, print and keep the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=DATA, help="folder of evaluation data")
    arguments.add_argument("--abstracts", type=int, help="only so many, to try; keeps nothing")
    asked = arguments.parse_args()
    begun = time.perf_counter()
    items = read_known_items(asked.data / KNOWN_ITEMS.name, asked.abstracts)
    results = [Measured(name) for name in PEERS]
    with tempfile.TemporaryDirectory() as scratch:
        bench = Workbench(Path(scratch))
        log.log("environments")
        for one in results:
            found = bench.run(one.name, "size")
            one.installed, one.versions = found["installed"], found["versions"]
        log.log("building")
        build(bench, items, results)
        log.log("encoding")
        encode(bench, items, results)
        log.log("asking")
        ask(bench, items, results)
        log.log("starting")
        shell = start(bench, items, results)
        log.log("filing")
        file(bench, lists_to_file(asked.data), results)
    minutes = (time.perf_counter() - begun) / 60
    about = (
        f"{date.today()}, commit {commit()}; {machine()}; {len(items.abstracts):,} abstracts, "
        f"{len(items.queries):,} queries; {minutes:.0f} minutes."
    )
    encoders = ", ".join(
        f"{one.name} {spread(one.encoded, '{:.1f}', ' a second')}" for one in results if one.encoded
    )
    text = (
        f"{about}\n\n{tables(results)}\n"
        "`ssm-search query` on the shipped list, from the shell: "
        f"{spread(shell, '{:.2f}', ' s')}.\n\n"
        f"Encoding the same abstracts, and nothing else: {encoders}.\n"
    )
    print(text)
    if not asked.abstracts:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "compare.md").write_text(text, encoding="utf-8")
        peers = [summary(one) for one in results]
        record = {"about": about, "shell": shell, "peers": peers}
        (RESULTS / "compare.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def summary(one: Measured) -> dict[str, Any]:
    """The numbers of one peer; of the times of single queries the percentiles of each process."""
    numbers = {name: getattr(one, name) for name in Measured.__dataclass_fields__}
    ranks = numbers.pop("ranks")
    numbers["recall"] = {k: float(np.mean([0 < rank <= k for rank in ranks])) for k in (1, DEPTH)}
    numbers["mrr"] = float(np.mean([1 / rank if rank else 0 for rank in ranks]))
    numbers["warm"] = [[float(np.percentile(t, p)) for p in (50, 99)] for t in one.warm]
    return numbers


if __name__ == "__main__":
    main()
