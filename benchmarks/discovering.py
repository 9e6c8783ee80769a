"""Hidden papers of a list, found again in a large corpus.

A random third of each list is hidden in the corpus, five times; the rest is the list. How many of
the hidden papers are among the first 100 and 500 that `discover` proposes?

    python benchmarks/discovering.py CORPUS_INDEX [DATA_FOLDER]

CORPUS_INDEX is what `ssm-search build --corpus` made of papers of all kinds; it stays as it is.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from headed import read_lists
from known_items import DATA
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ssm_search.abstracts.cache import load_abstracts, with_abstracts
from ssm_search.awesome.reading import read_list
from ssm_search.corpora import update_index
from ssm_search.discovery.discovering import discover
from ssm_search.papers import Paper
from ssm_search.search.local import PaperSearch

SEED = "awesome-mamba.md"
LISTS = ("yyyujintang", "xmindflow")  # the constants were chosen on others
ROUNDS = 5
DEPTHS = (100, 500)
SHOWN = 15


def main(corpus_folder: Path, data: Path) -> None:
    """Hide, discover, count, and show what stands first that was not hidden."""
    if not data.is_dir():
        sys.exit(f"no folder {data}; give the path of the evaluation data")
    known = load_abstracts(data / "seed_abstracts.jsonl")
    read = read_list((data / SEED).read_text(encoding="utf-8")).papers
    lists = {"Awesome-Mamba": [p for p in with_abstracts(read, known) if p.abstract]}
    lists |= {name: papers for name, papers in read_lists(data).items() if name in LISTS}
    console = Console(width=120)
    table = Table(title="hidden papers found")
    for name in ("list", "papers", "hidden", *(f"among {depth}" for depth in DEPTHS), "proposed"):
        table.add_column(name, justify="left" if name == "list" else "right")
    with tempfile.TemporaryDirectory(dir=corpus_folder.parent) as scratch:
        folder = Path(scratch) / "corpus"
        shutil.copytree(corpus_folder, folder, copy_function=os.link)
        everyone = {paper.id: paper for papers in lists.values() for paper in papers}
        base = PaperSearch.load(folder)
        update_index(everyone.values(), folder, base.rows, base.encoder)
        corpus = PaperSearch.load(folder)
        above: dict[str, list[Paper]] = {}
        for name, papers in lists.items():
            whole = PaperSearch.from_papers(papers, corpus.encoder)
            found, proposed = [], []
            for seed in track(range(ROUNDS), description=name, transient=True):
                order = np.random.default_rng(seed).permutation(len(papers))
                hidden = {papers[at].id for at in order[: len(papers) // 3]}
                rest = [papers[at] for at in order[len(papers) // 3 :]]
                search = PaperSearch.from_papers(rest, corpus.encoder, previous=whole)
                answer = [one.paper for one in discover(search, corpus, max(DEPTHS))]
                ranks = [at for at, paper in enumerate(answer) if paper.id in hidden]
                found.append([sum(at < depth for at in ranks) / len(hidden) for depth in DEPTHS])
                proposed.append(len(answer))
                above[name] = [paper for paper in answer if paper.id not in everyone][:SHOWN]
            mean = [f"{share:.3f}" for share in np.mean(found, axis=0)]
            counts = f"{min(proposed)}–{max(proposed)}"
            table.add_row(name, str(len(papers)), str(len(papers) // 3), *mean, counts)
    console.print(f"{corpus.manifest.papers:,} papers in the corpus")
    console.print(table)
    for name, first in above.items():
        console.print(f"\nfirst in the last round for {name}, on none of the lists:")
        for paper in first:
            console.print(f"  {paper.id}  {paper.title}", highlight=False)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else DATA)
