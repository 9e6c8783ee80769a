"""How well are papers found? Known items, real questions, and topics, by each signal and by all.

Known items: every one-sentence summary that an author wrote is a question, and the one paper it is
about the only right answer, among all abstracts (titles left out). Real questions: as researchers
ask them, each with the papers that answer it, among papers whose title and abstract are known.
Topics: runs of two to four words in the titles of two to ten papers of the same pool, which are the
right answers, among their abstracts alone. Prints the three signals, each alone over all papers,
and ``query``, on the same questions in the same run, with 95 % bootstrap intervals over questions;
beside them what the commit before late interaction answered (``results/quality-before.json``).

    python benchmarks/quality.py [DATA_FOLDER]
"""

from __future__ import annotations

import json
import lzma
import random
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bootstrap import bootstrap_interval
from known_items import CACHE, DATA, RESULTS, read_known_items
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ssm_search.encoding import encode_query, load_encoder
from ssm_search.errors import IndexFolderError
from ssm_search.papers import Paper
from ssm_search.search import PaperSearch
from ssm_search.text import STOP_WORDS, terms, words_of
from ssm_search.words.late import late_interaction

DEPTH = 20  # ranks looked at
TOPICS = 300
BEFORE = RESULTS / "quality-before.json"


@dataclass(frozen=True, slots=True)
class Task:
    """Questions and the ids of the papers that answer each.

    Attributes:
        measures: the columns of the table.
    """

    name: str
    papers: list[Paper]
    questions: list[str]
    answers: list[set[str]]
    measures: tuple[str, ...]


def main(data: Path) -> None:
    """Build an index for each task (kept for the next run), ask everything, print the tables."""
    if not data.is_dir():
        sys.exit(f"no folder {data}; give the path of the evaluation data")
    console = Console(width=130)
    before = json.loads(BEFORE.read_text("utf-8")) if BEFORE.is_file() else {}
    for task in tasks(data):
        search = index(task.papers, CACHE / f"quality-{task.name.replace(' ', '-')}")
        console.print(table_of(task, search, before.get(task.name, {})))


def tasks(data: Path) -> list[Task]:
    """The three tasks."""
    known = read_known_items(data / "scitldr_dev.jsonl")
    items = Task(
        "known items",
        known.papers(),
        known.queries,
        [{known.ids[row]} for row in known.right],
        ("R@1", "R@10", "MRR@10"),
    )
    wanted = (data / "real_pool_dev.txt").read_text("utf-8").split()
    found = abstracts(data, set(wanted))
    pool = [found[one] for one in wanted]
    lines = (data / "real_questions_dev.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    real = Task(
        "real questions",
        pool,
        [one["question"] for one in asked],
        [set(one["answers"]) for one in asked],
        ("first right", "recall@5", "recall@10", "recall@20"),
    )
    names = topics(pool)
    bare = [Paper(paper.id, "", abstract=paper.abstract) for paper in pool]
    topical = Task("topics", bare, list(names), list(names.values()), real.measures)
    return [items, real, topical]


def abstracts(data: Path, wanted: set[str]) -> dict[str, Paper]:
    """The papers of these ids, with title and abstract."""
    found = {}
    with lzma.open(data / "ml_abstracts.jsonl.xz", "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if record["arxiv_id"] in wanted:
                one = record["arxiv_id"]
                found[one] = Paper(one, record["title"], abstract=record["abstract"])
    return found


def topics(pool: Sequence[Paper]) -> dict[str, set[str]]:
    """``TOPICS`` runs of words in titles, and the papers that each is in the title of."""
    having: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for paper in pool:
        words = words_of(paper.title)
        for size in (2, 3, 4):
            for start in range(len(words) - size + 1):
                run = tuple(words[start : start + size])
                if not STOP_WORDS.intersection(run):
                    having[run].add(paper.id)
    shared = sorted(run for run, ids in having.items() if 2 <= len(ids) <= 10)
    chosen = random.Random(0).sample(shared, min(TOPICS, len(shared)))
    return {" ".join(run): having[run] for run in chosen}


def index(papers: list[Paper], folder: Path) -> PaperSearch:
    """The index of ``papers``; encodes only what the one in ``folder`` does not have."""
    encoder = load_encoder()
    try:
        previous = PaperSearch.load(folder, encoder)
    except IndexFolderError:
        previous = None
    with Progress(console=Console(stderr=True)) as bars:
        task = bars.add_task("encoding", total=None)
        search = PaperSearch.from_papers(
            papers,
            encoder,
            previous=previous,
            progress=lambda done, total: bars.update(task, completed=done, total=total),
        )
    search.save(folder)
    return search


def table_of(task: Task, search: PaperSearch, before: dict[str, list[list[float]]]) -> Table:
    """Each way's measures, each with its 95 % interval."""
    table = Table(title=f"{task.name}: {len(task.papers):,} papers, {len(task.questions):,} asked")
    table.add_column("ranking")
    for name in task.measures:
        table.add_column(name, justify="right")
    for name, values in before.items():
        cells = [f"{mean:.3f} [{low:.3f}, {high:.3f}]" for mean, low, high in values]
        table.add_row(f"before: {name}", *cells)
    for name, ranked in ways(task, search).items():
        table.add_row(name, *(interval(value) for value in measured(task, ranked)))
    return table


def ways(task: Task, search: PaperSearch) -> dict[str, list[list[str]]]:
    """The ids that each way ranks first for each question."""
    ids = [paper.id for paper in search.papers]
    rows, encoder = search.rows.list_index, search.encoder
    ranked: dict[str, list[list[str]]] = {"BM25": [], "vector": [], "late interaction": []}
    for text in task.questions:
        asked = encode_query(encoder, text)
        words = rows.word_vectors
        late = late_interaction(asked.words, asked.weights, words.vectors, words.starts)
        bm25 = rows.bm25_scores([stem for stem, _ in terms(text)])
        signals = (bm25, rows.cosines(asked.vector), late)
        for name, scores in zip(ranked, signals, strict=True):
            ranked[name].append([ids[at] for at in np.argsort(-scores, kind="stable")[:DEPTH]])
    started = time.perf_counter()
    ours = [[hit.paper.id for hit in search.query(text, DEPTH)] for text in task.questions]
    took = 1000 * (time.perf_counter() - started) / len(task.questions)
    return {**ranked, f"ssm-search ({took:.0f} ms a question)": ours}


def measured(task: Task, ranked: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
    """The values of the task's measures for each question."""
    right = [
        [one in answers for one in ids] for ids, answers in zip(ranked, task.answers, strict=True)
    ]
    hits = np.array([row + [False] * (DEPTH - len(row)) for row in right], dtype=np.float64)
    wanted = np.array([len(answers) for answers in task.answers])
    values = {
        "R@1": hits[:, 0],
        "R@10": hits[:, :10].max(axis=1),
        "MRR@10": (hits[:, :10] / np.arange(1, 11)).max(axis=1),
        "first right": hits[:, 0],
        **{f"recall@{k}": hits[:, :k].sum(axis=1) / wanted for k in (5, 10, 20)},
    }
    return [values[name] for name in task.measures]


def interval(values: NDArray[np.float64]) -> str:
    """A mean with its 95 % interval."""
    low, high = bootstrap_interval(values)
    return f"{values.mean():.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
