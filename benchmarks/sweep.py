"""How search by vector grows with the corpus: recall, time, memory and building, from 1 k to 1 M.

Real vectors as far as they go, then copies of them, each moved a little. What is asked for are
papers that are not among them. Each kind answers as the program has it: its nearest candidates,
compared exactly; the exact ten are those of comparing with all. One thread.

    python benchmarks/sweep.py FOLDER [LARGEST]     FOLDER: an index that `build --corpus` made

Prints a table, and writes it with all numbers and a plot to benchmarks/results/.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from pathlib import Path

import faiss
import numpy as np
from environments import commit, machine
from known_items import RESULTS
from numpy.typing import NDArray
from rich.console import Console

from ssm_search.segments.ann import PROBED, Ann, ann_kind, build_ann
from ssm_search.segments.segmented import CANDIDATES
from ssm_search.vectors import cosines

SIZES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
PROBES = (8, 16, 32, 64, 128)
QUERIES = 200
DEPTH = 10
JITTER = 0.3  # length of what is added to a unit vector: a copy has cosine .96 with its original
SEED = 0
ALL = "compare with all"

Ask = Callable[[NDArray[np.float32]], NDArray[np.int64]]
log = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True)
class Point:
    """One kind of index at one size.

    Attributes:
        recall: of the exact ten.
        p50, p99: milliseconds.
        megabytes: of its file; the vectors themselves come on top.
        built: seconds.
        used: whether it is what the program takes for this size.
    """

    n: int
    kind: str
    probed: int
    recall: float
    p50: float
    p99: float
    megabytes: float
    built: float
    used: bool = False


def read_vectors(folder: Path) -> NDArray[np.float32]:
    """All vectors of an index's segments, shape (n, d)."""
    segments = sorted(folder.glob("*/vectors.npy"))
    if not segments:
        sys.exit(f"no vectors in {folder}; build it with `ssm-search build --corpus`")
    return np.concatenate([np.load(path, mmap_mode="r", allow_pickle=False) for path in segments])


def grown(real: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """``n`` unit vectors: the real ones, then moved copies."""
    chance = np.random.default_rng(SEED)
    vectors = np.empty((n, real.shape[1]), dtype=np.float32)
    vectors[: len(real)] = real[:n]
    for start in range(len(real), n, len(real)):
        some = real[: n - start]
        noise = chance.standard_normal(some.shape, dtype=np.float32)
        moved = some + JITTER / np.sqrt(real.shape[1]) * noise
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        vectors[start : start + len(some)] = moved
    return vectors


def kinds(n: int) -> list[str]:
    """What is tried beside comparing with all."""
    if n < 30_000:
        return []
    cells = 4096 if n >= 300_000 else 1024 if n >= 100_000 else 256
    return [f"IVF{cells},SQfp16", f"IVF{cells},SQ8"]


def measured(vectors: NDArray[np.float32], queries: NDArray[np.float32]) -> Iterator[Point]:
    """All kinds on ``vectors``, (n, d)."""
    n = len(vectors)

    def compare(query: NDArray[np.float32]) -> NDArray[np.int64]:
        scores = cosines(vectors, query)
        best = np.argpartition(scores, n - DEPTH)[n - DEPTH :]
        return np.asarray(best[np.argsort(-scores[best])])

    exact, times = timed(compare, queries)
    yield Point(n, ALL, 0, 1.0, *percentiles(times), 0, 0, ann_kind(n) == "Flat")
    for kind in kinds(n):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "ann"
            begun = time.perf_counter()
            build_ann(vectors, kind, path)
            built = time.perf_counter() - begun
            for probed in PROBES:
                ann = Ann(path, probed)
                found, times = timed(partial(near, ann, vectors), queries)
                recall = statistics.fmean(
                    len(set(one) & set(best)) / DEPTH
                    for one, best in zip(found, exact, strict=True)
                )
                size = path.stat().st_size / 1e6
                used = kind == ann_kind(n) and probed == PROBED
                yield Point(n, kind, probed, recall, *percentiles(times), size, built, used)


def near(ann: Ann, vectors: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.int64]:
    """The ten nearest, as `SegmentedIndex` finds them."""
    rows = ann.near(query, CANDIDATES)
    return np.asarray(rows[np.argsort(-cosines(vectors[rows], query))[:DEPTH]])


def timed(ask: Ask, queries: NDArray[np.float32]) -> tuple[list[list[int]], list[float]]:
    """The rows found for each query, and the seconds that took."""
    found, times = [], []
    ask(queries[0])
    for query in queries:
        begun = time.perf_counter()
        rows = ask(query)
        times.append(time.perf_counter() - begun)
        found.append([int(row) for row in rows])
    return found, times


def percentiles(times: list[float]) -> tuple[float, float]:
    """The median and the 99th, in milliseconds."""
    return float(1000 * np.percentile(times, 50)), float(1000 * np.percentile(times, 99))


def table(points: list[Point]) -> str:
    """In Markdown: of each kind the fewest cells probed that find .99, or the most."""
    lines = [
        "| vectors | index | cells probed | recall@10 | p50 | p99 | its file | built |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for n in dict.fromkeys(point.n for point in points):
        for kind in dict.fromkeys(point.kind for point in points if point.n == n):
            same = [point for point in points if (point.n, point.kind) == (n, kind)]
            chosen = [point for point in same if point.used]
            good = [point for point in same if point.recall >= 0.99]
            lines += [row(point) for point in chosen or good[:1] or same[-1:]]
    return "\n".join(lines) + "\n"


def row(point: Point) -> str:
    """Of that table."""
    return (
        f"| {point.n:,} | {point.kind}{' (used)' if point.used else ''} | {point.probed or '–'} "
        f"| {point.recall:.4f} | {point.p50:.2f} ms | {point.p99:.2f} ms "
        f"| {point.megabytes:,.0f} MB | {point.built:.0f} s |"
    )


def plot(points: list[Point], path: Path) -> None:
    """Recall against time; time, memory and building against size."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained")
    (recall, latency), (memory, building) = figure.subplots(2, 2)
    largest = max(point.n for point in points)
    for n in sorted({point.n for point in points if point.kind != ALL}):
        of_size = [p for p in points if p.n == n and p.kind.endswith("SQfp16")]
        recall.plot([p.p50 for p in of_size], [p.recall for p in of_size], "o-", label=f"{n:,}")
    recall.set(xlabel="ms (p50)", ylabel="recall@10", title="IVF, SQfp16: 8 to 128 cells probed")
    recall.legend(title="vectors")
    for name in ("SQfp16", "SQ8", ALL):
        of_kind = [p for p in points if p.kind.endswith(name) and p.probed in (0, PROBED)]
        sizes = [p.n for p in of_kind]
        latency.plot(sizes, [p.p50 for p in of_kind], "o-", label=name)
        if name != ALL:
            memory.plot(sizes, [p.megabytes for p in of_kind], "o-", label=name)
            building.plot(sizes, [p.built for p in of_kind], "o-", label=name)
    latency.set(xscale="log", yscale="log", ylabel="ms (p50)", title="time of a search")
    memory.set(xscale="log", yscale="log", ylabel="MB", title="size of the index")
    building.set(xscale="log", yscale="log", ylabel="s", title="building it")
    for axes in (latency, memory, building):
        axes.set_xlabel("vectors")
        axes.legend()
    for axes in (recall, latency, memory, building):
        axes.grid(alpha=0.3)
    figure.suptitle(f"Search by vector, up to {largest:,} vectors")
    figure.savefig(path, dpi=110)


def main(folder: Path, largest: int) -> None:
    """Measure every size, print and keep the table."""
    faiss.omp_set_num_threads(1)
    real = read_vectors(folder)
    chance = np.random.default_rng(SEED)
    asked = chance.permutation(len(real))[:QUERIES]
    queries, real = real[asked], np.delete(real, asked, axis=0)
    points: list[Point] = []
    for n in SIZES:
        if n <= largest:
            for point in measured(grown(real, n), queries):
                points.append(point)
                log.log(point)
    about = (
        f"{date.today()}, commit {commit()}; {machine()}, one thread; {len(real):,} real vectors "
        f"of {real.shape[1]} dimensions, then moved copies; {len(queries)} queries."
    )
    text = f"{about}\n\n{table(points)}"
    print(text)
    (RESULTS / "sweep.md").write_text(text, encoding="utf-8")
    record = {"about": about, "points": [asdict(point) for point in points]}
    (RESULTS / "sweep.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    plot(points, RESULTS / "sweep.png")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else SIZES[-1])
