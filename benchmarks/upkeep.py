"""Keeping real lists: duplicates and misfiled papers, found and falsely found.

    python benchmarks/upkeep.py [DATA_FOLDER]

Two papers with different arXiv ids are taken to be different, so a paper that was submitted twice
counts as a false alarm here; what is flagged is printed, to be looked at. What is one paper: the
wordings that lists have for the title of one arXiv id, and the abstract of one id in two versions.
"""

from __future__ import annotations

import json
import lzma
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from known_items import DATA
from numpy.typing import NDArray
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table

from ssm_search.abstracts.cache import load_abstracts, with_abstracts
from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.reading import read_list
from ssm_search.build.lists import empty_headings
from ssm_search.encoding import Encoder, load_encoder
from ssm_search.papers import Abstract, Paper, title_key
from ssm_search.search.duplicates import (
    NEAR_TERMS,
    NEAR_TITLE,
    NEAR_VECTORS,
    is_successor,
    title_likeness,
)
from ssm_search.search.local import PaperSearch
from ssm_search.upkeep.filing import APART, FELLOWS, MISFILED, clearly_misfiled
from ssm_search.upkeep.findings import Visit
from ssm_search.vectors import product

SEED = "awesome-mamba.md"
TOPICAL = ("yyyujintang", "xmindflow", "ziyangwang007", "csguoh", "Madhavaprasath23")
SAME_TITLE = 0.8  # of letters; below, one id with two titles is mostly a wrong id in a list
ALIKE = 0.85  # of letters, for pairs of titles to be worth a closer look
ML_TITLES = 20_000
BLOCK = 1000


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, and what there is to say about the rest."""

    what: str
    count: int
    of: int
    note: str = ""


def main(data: Path) -> None:
    """Measure everything and print two tables."""
    if not (data / "lists").is_dir():
        sys.exit(f"no folder {data / 'lists'}; name the folder with the lists")
    console = Console(markup=False, highlight=False, width=150)
    flagged: list[str] = []
    shares = [*title_shares(data, flagged), *abstract_shares(data, load_encoder(), flagged)]
    table = Table("duplicates", "", "of", "share", "", title="Duplicates")
    for one in shares:
        share = f"{one.count / one.of:.3f}" if one.of < 10_000 else ""
        table.add_row(one.what, f"{one.count:,}", f"{one.of:,}", share, one.note)
    console.print(table)
    console.print("\n".join(flagged), soft_wrap=True)
    console.print(filing_table(data))


def title_shares(data: Path, flagged: list[str]) -> Iterator[Share]:
    """Rewordings found, and titles of different papers that are called one."""
    pairs = reworded(data)
    found = sum(title_likeness(one, other) >= NEAR_TITLE for one, other in pairs)
    yield Share("titles of one id, reworded: found", found, len(pairs))
    known = {paper_id: title for paper_id, (title, _) in texts(data / "ssm_abstracts.jsonl.xz")}
    yield _different("titles of state-space papers: flagged", known, flagged)
    every = [(paper_id, title) for paper_id, (title, _) in texts(data / "ml_abstracts.jsonl.xz")]
    some = dict(random.Random(0).sample(every, ML_TITLES))
    yield _different("titles of machine-learning papers: flagged", some, flagged)


def reworded(data: Path) -> list[tuple[str, str]]:
    """Titles that lists have for one arXiv id, by pairs that differ and are much alike."""
    titles: dict[str, set[str]] = defaultdict(set)
    for path in [*sorted((data / "lists").glob("*.md")), data / SEED]:
        for entry in read_list(path.read_text(encoding="utf-8")).entries:
            titles[entry.paper.id].add(entry.paper.title)
    pairs = [
        pair
        for paper_id, known in titles.items()
        if arxiv_id(paper_id)
        for pair in combinations(sorted(known), 2)
    ]
    keys = [(title_key(one), title_key(other)) for one, other in pairs]
    return [
        pair
        for pair, (one, other) in zip(pairs, keys, strict=True)
        if one != other and Indel.normalized_similarity(one, other) >= SAME_TITLE
    ]


def _different(what: str, titles: Mapping[str, str], flagged: list[str]) -> Share:
    """Pairs of different papers whose titles are called the same, and the most alike that are not.

    Compared are all whose letters are alike, with and without what stands before a colon.
    """
    ids = list(titles)
    whole = [title_key(titles[paper_id]) for paper_id in ids]
    behind = [title_key(titles[paper_id].partition(":")[2]) or "-" for paper_id in ids]
    alike = set(alike_pairs(whole, whole, what)) | set(alike_pairs(behind, whole, what))
    wrong, nearest = 0, 0.0
    for one, other in sorted({(min(pair), max(pair)) for pair in alike}):
        likeness = title_likeness(titles[ids[one]], titles[ids[other]])
        if likeness >= NEAR_TITLE:
            wrong += 1
            both = [f"{ids[at]} “{titles[ids[at]]}”" for at in (one, other)]
            flagged.append(f"{likeness:.2f} {' and '.join(both)}")
        else:
            nearest = max(nearest, likeness)
    pairs = len(ids) * (len(ids) - 1) // 2
    return Share(what, wrong, pairs, f"the next are {nearest:.3f} alike")


def alike_pairs(ones: Sequence[str], others: Sequence[str], what: str) -> Iterator[tuple[int, int]]:
    """Positions of strings that are much alike, in two lists of the same papers."""
    for start in track(range(0, len(ones), BLOCK), description=what, transient=True):
        block = ones[start : start + BLOCK]
        scores = cdist(
            block, others, scorer=Indel.normalized_similarity, score_cutoff=ALIKE, workers=-1
        )
        for one, other in zip(*np.nonzero(scores), strict=True):
            if start + one != other:
                yield int(start + one), int(other)


def abstract_shares(data: Path, encoder: Encoder, flagged: list[str]) -> Iterator[Share]:
    """Revised abstracts found, and abstracts of different papers that are called one."""
    known = dict(texts(data / "ssm_abstracts.jsonl.xz"))
    papers = [Paper(paper_id, title, abstract=text) for paper_id, (title, text) in known.items()]
    search = indexed(papers, encoder, "abstracts")
    terms, vectors = search.rows.list_index.term_gram, search.rows.list_index.paper_gram
    revised = {
        paper_id: Paper("revised", "Another Title", abstract=text)
        for file in ("seed_abstracts.jsonl", "list_abstracts_dev.jsonl")
        for paper_id, (_, text) in texts(data / file)
        if text.split() != known[paper_id][1].split()
    }
    found = sum(
        paper_id in {one.paper.id for one in search.duplicates(paper)}
        for paper_id, paper in revised.items()
    )
    yield Share("abstracts of one id, revised, under another title: found", found, len(revised))
    upper = np.triu(np.ones_like(terms, dtype=bool), 1)
    same = (terms >= NEAR_TERMS) & (vectors >= NEAR_VECTORS) & upper
    wrong, excused = 0, np.zeros_like(same)
    for one, other in np.argwhere(same):
        left, right = papers[one], papers[other]
        titles = left.title, right.title
        excused[one, other] = title_likeness(*titles) >= NEAR_TITLE or is_successor(*titles)
        if not excused[one, other]:
            wrong += 1
            flagged.append(f"{terms[one, other]:.2f} {left.id} “{titles[0]}” {right.id}")
    nearest = float(terms[upper & ~same].max())
    note = f"the next are {nearest:.2f} alike; title or successor says it of {excused.sum()}"
    yield Share("abstracts of state-space papers: flagged", wrong, int(upper.sum()), note)


def filing_table(data: Path) -> Table:
    """Listed papers called misfiled, and papers that stand under a heading at random."""
    files = [path for path in sorted((data / "lists").glob("*.md")) if _is_topical(path)]
    encoder = load_encoder()
    table = Table(title="Misfiled papers and papers filed apart")
    for name in (
        "list",
        "papers",
        "listed:\ncalled misfiled",
        "at random:\ncalled misfiled",
        "listed:\nlikely misfiled",
        "at random:\nlikely misfiled",
        "pairs, one heading:\nalike",
        "pairs, two headings:\nalike",
    ):
        table.add_column(name, justify="left" if name == "list" else "right")
    rows = []
    for path in [*files, data / SEED]:
        found = filing(path, data, encoder)
        rows.append(found)
        table.add_row(path.stem.partition("__")[0], *_cells(found), end_section=path.name == SEED)
    table.add_row("all", *_cells([np.concatenate(parts) for parts in zip(*rows, strict=True)]))
    return table


def _is_topical(path: Path) -> bool:
    return path.name.startswith(TOPICAL)


def _cells(found: Sequence[NDArray[np.bool_]]) -> list[str]:
    shares = [f"{part.sum():,}/{len(part):,} {part.mean():.3f}" for part in found]
    return [str(len(found[0])), *shares]


def filing(path: Path, data: Path, encoder: Encoder) -> list[NDArray[np.bool_]]:
    """Which papers are called misfiled, as listed and at random; which pairs are much alike.

    At random is under another heading with as many papers as count against one; where else a
    paper stands plays no part, as it is left out.
    """
    text = path.read_text(encoding="utf-8")
    reading = read_list(text)
    known: dict[str, Abstract] = {}
    for file in ("seed_abstracts.jsonl", "list_abstracts_dev.jsonl"):
        known.update(load_abstracts(data / file))
    papers = with_abstracts(reading.papers, known)
    headings = empty_headings(reading.categories, papers)
    visit = Visit(indexed(papers, encoder, path.stem, headings), text, known)
    members, likely = visit.members, visit.likely
    sizes, rng = members.sum(axis=0), np.random.default_rng(0)
    listed, moved, rows = [], [], []
    elsewhere = np.zeros_like(members)
    is_paper = np.array([paper.kind == "paper" for paper in papers])
    for row in np.flatnonzero(is_paper & members.any(axis=1)):
        own = members[row]
        if sizes[own].max() > FELLOWS:
            best_is_own = own[likely[row].argmax()]
            listed.append(likely[row][own].sum() <= MISFILED and not best_is_own)
            other = rng.choice(np.flatnonzero((sizes >= FELLOWS) & ~own))
            moved.append(likely[row][other] <= MISFILED and likely[row].argmax() != other)
            elsewhere[row, other] = True
            rows.append(row)
    index = visit.search.rows.as_list().list_index
    likeness = (index.paper_gram + index.term_gram) / 2
    together = product(members, members.T)
    filed = is_paper & members.any(axis=1)
    pairs = np.triu(np.outer(filed, filed), 1)
    return [
        np.array(listed),
        np.array(moved),
        clearly_misfiled(likely, members, members)[rows],
        clearly_misfiled(likely, members, elsewhere)[rows],
        np.asarray(likeness[pairs & together] >= APART),
        np.asarray(likeness[pairs & ~together] >= APART),
    ]


def indexed(
    papers: Sequence[Paper],
    encoder: Encoder,
    name: str,
    headings: Sequence[tuple[str, ...]] = (),
) -> PaperSearch:
    """The index of ``papers``, with a bar that shows how far it is."""
    with Progress(transient=True) as bars:
        task = bars.add_task(f"indexing {name}", total=None)
        return PaperSearch.from_papers(
            papers,
            encoder,
            headings=headings,
            progress=lambda done, total: bars.update(task, completed=done, total=total),
        )


def texts(path: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    """Of each record of a file its arXiv id, and title and abstract."""
    opened = lzma.open if path.suffix == ".xz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            yield record["arxiv_id"], (record["title"], record["abstract"])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
