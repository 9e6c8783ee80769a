"""How good, how large and how quick is search in a browser, without a server?

The engine of a static site is asked in Chromium what ``quality.py`` asks of the whole program: real
questions and known items. Beside it stand words alone, which it answers by until meaning has
arrived; a static model, for which a paper and a question are each the mean of their pieces'
vectors, which a site could carry too; and the whole program. Then what lists of other things say to
questions that they do not answer (``trust.py``), the size of each file for 1,000 papers, and how
soon the first answer and later ones come on a processor four times as slow.

    python benchmarks/sites.py [DATA_FOLDER] [--every N]

One question of four is asked, which the tables say; ``--every 1`` asks all.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from browsers import browser_path
from known_items import CACHE, DATA
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright
from quality import DEPTH, Task, index, interval, measured, tasks
from rich.console import Console
from rich.table import Table
from trust import foreign, lists_of

from ssm_search.encoding import WordPieces, load_encoder
from ssm_search.papers import full_text
from ssm_search.search import PaperSearch
from ssm_search.site.data import data_files
from ssm_search.vectors import product
from ssm_search.views.scripts import script

PAPERS = 1_000  # of the size and the times
SLOWER = 4  # times, than this machine
SCRIPTS = ("pieces.js", "search.js")
TYPED = "graph neural networks for predicting traffic"
FIRST = "<!doctype html><meta charset=utf-8><title>site</title>"
ANSWERED = "(text) => { ssmSearch.rank(text); return performance.now(); }"
TIMED = "(t) => { const at = performance.now(); ssmSearch.rank(t); return performance.now() - at; }"
ASKING = "([texts, k]) => texts.map((t) => ssmSearch.rank(t, { k }))"


def main() -> None:
    """Ask everything, print the tables."""
    reader = argparse.ArgumentParser()
    reader.add_argument("data", nargs="?", type=Path, default=DATA)
    reader.add_argument("--every", type=int, default=4, help="ask every Nth question alone")
    given = reader.parse_args()
    if not given.data.is_dir():
        sys.exit(f"no folder {given.data}; give the path of the evaluation data")
    console = Console(width=110)
    pieces = WordPieces.of(load_encoder())
    assert pieces is not None
    known, real, _ = tasks(given.data)
    with tempfile.TemporaryDirectory() as place, chromium() as page:
        for task in (real, known):
            search = index(task.papers, CACHE / f"quality-{task.name.replace(' ', '-')}")
            part = slice(None, None, given.every)
            asked = Task(
                task.name, task.papers, task.questions[part], task.answers[part], task.measures
            )
            console.print(f"{task.name}: {len(asked.questions)} of {len(task.questions)} asked")
            console.print(quality_of(asked, search, pieces, page, Path(place)))
            if task is real:
                few = PaperSearch.from_papers(task.papers[:PAPERS], load_encoder(), previous=search)
                console.print(size_and_times(few, pieces, page, Path(place)))
        console.print(honesty_of(given.data, real.questions, pieces, page, Path(place)))


@contextmanager
def chromium() -> Iterator[Page]:
    """A page of its own."""
    path = browser_path()
    if path is None:
        sys.exit("there is no chromium here, which the site is measured in")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(0)
        yield page
        browser.close()


def write(files: dict[str, bytes], folder: Path, names: Sequence[str]) -> str:
    """The address of a page that loads the engine and the scripts of data with these names."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    for name in SCRIPTS:
        (folder / name).write_text(script(name), encoding="utf-8")
    tags = "".join(f"<script src={name}></script>" for name in (*SCRIPTS, *names))
    (folder / "index.html").write_text(FIRST + tags, encoding="utf-8")
    return (folder / "index.html").as_uri()


def quality_of(
    task: Task, search: PaperSearch, pieces: WordPieces, page: Page, folder: Path
) -> Table:
    """Each way's measures, each with its 95 % interval."""
    files = data_files(search, pieces)
    ways = {}
    for name, used in (
        ("words alone", ["words.js", "papers.js"]),
        ("site", ["words.js", "papers.js", "meaning.js"]),
    ):
        page.goto(write(files, folder, used))
        found = page.evaluate(ASKING, [task.questions, DEPTH])
        ways[name] = [[task.papers[hit["row"]].id for hit in one["hits"]] for one in found]
    ways["static model"] = by_means(task, pieces)
    ways["whole program"] = [
        [hit.paper.id for hit in search.query(text, DEPTH)] for text in task.questions
    ]
    table = Table(title=f"{task.name}: {len(task.papers):,} papers, {len(task.questions):,} asked")
    table.add_column("ranking")
    for measure in task.measures:
        table.add_column(measure, justify="right")
    for name, ranked in ways.items():
        table.add_row(name, *(interval(value) for value in measured(task, ranked)))
    return table


def by_means(task: Task, pieces: WordPieces) -> list[list[str]]:
    """The ids nearest to each question, a text being the mean of its pieces' vectors by weight."""
    tokenizer, _ = load_encoder().loaded()  # type: ignore[attr-defined]
    row = {piece: at for at, piece in enumerate(pieces.texts[: len(pieces.vectors)])}
    at = {number: row[piece] for piece, number in tokenizer.pieces().items() if piece in row}

    def mean(text: str) -> NDArray[Any]:
        rows = [at[number] for number in tokenizer.question(text).ids.tolist() if number in at]
        total = (
            product(pieces.weights[rows], pieces.vectors[rows]) if rows else pieces.vectors[0] * 0
        )
        return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12))

    papers = np.array([mean(full_text(paper)) for paper in task.papers])
    found = [
        np.argsort(-product(papers, mean(text)), kind="stable")[:DEPTH] for text in task.questions
    ]
    return [[task.papers[row].id for row in rows] for rows in found]


def size_and_times(search: PaperSearch, pieces: WordPieces, page: Page, folder: Path) -> Table:
    """The bytes of each file, and the milliseconds until answers."""
    files = data_files(search, pieces)
    table = Table(title=f"{len(search.papers):,} papers, the processor {SLOWER} times as slow")
    table.add_column("what")
    table.add_column("how much", justify="right")
    sizes = {name: len(content) for name, content in files.items()}
    sizes |= {name: len(script(name).encode()) for name in SCRIPTS}
    for name, size in {**sizes, "all": sum(sizes.values())}.items():
        table.add_row(name, f"{size / 1e6:.3f} MB")
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    first = []
    for _ in range(5):
        page.goto(write(files, folder, ["words.js", "papers.js"]))
        first.append(
            page.evaluate("(t) => { ssmSearch.rank(t); return performance.now(); }", TYPED)
        )
    table.add_row("first answer, by words, after navigation", f"{np.median(first):.0f} ms")
    before = page.evaluate("performance.now()")
    page.add_script_tag(url="meaning.js")
    table.add_row("meaning, to arrive", f"{page.evaluate('performance.now()') - before:.0f} ms")
    strokes = [page.evaluate(TIMED, TYPED[:end]) for end in range(1, len(TYPED) + 1)]
    table.add_row("a letter typed, median", f"{np.median(strokes):.0f} ms")
    table.add_row("a letter typed, slowest", f"{max(strokes):.0f} ms")
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    return table


def honesty_of(
    data: Path, questions: Sequence[str], pieces: WordPieces, page: Page, folder: Path
) -> Table:
    """How often lists say that they have nothing."""
    table = Table(title='"nothing" is said to')
    for name in ("list", "foreign questions", "questions of its wider field", "its own titles"):
        table.add_column(name, justify="left" if name == "list" else "right")
    for name, papers in lists_of(data).items():
        search = PaperSearch.from_papers(papers, load_encoder())
        files = data_files(search, pieces)
        page.goto(write(files, folder, ["words.js", "papers.js", "meaning.js"]))
        said = []
        for texts in (list(foreign()), list(questions), [paper.title for paper in papers]):
            found = page.evaluate(ASKING, [texts, 1])
            said.append(f"{np.mean([one['nothing'] for one in found]):.1%}")
        table.add_row(name, *said)
    return table


if __name__ == "__main__":
    main()
