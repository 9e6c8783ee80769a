"""How well lists in all dialects are read: ids, titles, years, venues.

    python benchmarks/dialects.py [FOLDER of *.md ...] [--abstracts FILE] [--json]

What a list prints is found by patterns that are not the reader's: an id in an address, a year and a
known venue with a year in the lines of an entry. True titles come from a file of abstracts, JSON
lines of "arxiv_id" and "title", xz-compressed or not; one that reads to 85 % alike counts as right.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from known_items import DATA
from rapidfuzz import fuzz
from rich.console import Console
from rich.table import Table

from ssm_search.awesome import Entry, read_list
from ssm_search.papers import title_key

MEASURES = ("ids", "titles", "years", "venues")
FEWEST = 5
"""Of fewer than these, no share is taken of a list."""
ALIKE = 85

ID = re.compile(r"arxiv\.org/(?:abs|pdf|html)/(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})", re.I)
HIDDEN = re.compile(r"<!--.*?-->|^(```|~~~).*?^\1", re.S | re.M)
ADDRESS = re.compile(r"\]\([^)]*\)|https?://\S+|<[^>]*>")
YEAR = re.compile(r"(?<![\w./:#-])((?:19[89]|20[0-2])\d)(?!\w)")
VENUE = re.compile(
    r"(?<![\w/.-])(ICLR|ICML|NeurIPS|NIPS|CVPR|ICCV|ECCV|AAAI|IJCAI|ACL|EMNLP|NAACL|KDD|SIGIR|ICRA"
    r"|IROS|TPAMI|MICCAI|ICASSP|INTERSPEECH)[ '’]{0,2}(?:20|19)?\d\d(?!\d)"
)

Shares = dict[str, tuple[int, int]]
"""Of each measure, how many are right and of how many."""


def measure(text: str, titles: Mapping[str, str]) -> tuple[Shares, int, int]:
    """The shares of one list, how many of its titles stand for several papers, and its entries."""
    reading = read_list(text)
    papers = {paper.id: paper for paper in reading.papers}
    counts = {name: [0, 0] for name in MEASURES}

    def count(name: str, right: bool) -> None:
        counts[name][0] += right
        counts[name][1] += 1

    visible = HIDDEN.sub("", text.replace("\r\n", "\n"))
    for paper_id in {match[1] for match in ID.finditer(visible)}:
        count("ids", paper_id in papers)
        if paper_id in papers and paper_id in titles:
            read, true = (title_key(one) for one in (papers[paper_id].title, titles[paper_id]))
            count("titles", fuzz.ratio(read, true) >= ALIKE)
    lines = text.splitlines()
    ids: dict[str, set[str]] = defaultdict(set)
    for entry in reading.entries:
        ids[title_key(entry.paper.title)].add(entry.paper.id)
        years, venues = _printed(entry, lines)
        if years:
            count("years", entry.paper.year in years)
        if venues:
            count("venues", any(venue in entry.paper.venue.casefold() for venue in venues))
    doubled = sum(len(same) for same in ids.values() if len(same) > 1)
    return (
        {name: (right, of) for name, (right, of) in counts.items()},
        doubled,
        len(reading.entries),
    )


def _printed(entry: Entry, lines: list[str]) -> tuple[set[int], set[str]]:
    """The years and venues in the lines of an entry, beside its title; else a year above it."""
    source = ADDRESS.sub(" ", "\n".join(lines[entry.line - 1 : entry.end]))
    source = source.replace(entry.paper.title, " ")
    years = {int(year) for year in YEAR.findall(source)}
    if not years:
        headings = (heading for category in entry.paper.categories for heading in category)
        years = {int(year) for heading in headings for year in YEAR.findall(heading)}
    return years, {venue.casefold() for venue in VENUE.findall(source)}


def real_titles(path: Path) -> dict[str, str]:
    """The titles of papers, by their arXiv ids."""
    opened = lzma.open if path.suffix == ".xz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        records = map(json.loads, lines)
        return {record["arxiv_id"]: record["title"] for record in records}


def _lists(folders: list[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(folder.glob("*.md"))


def main() -> None:
    """Print the shares of each list, and their mean."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, default=[DATA / "lists_dev"])
    parser.add_argument("--abstracts", type=Path, default=DATA / "ml_abstracts.jsonl.xz")
    parser.add_argument("--json", action="store_true", help="the means alone, as JSON")
    arguments = parser.parse_args()
    titles = real_titles(arguments.abstracts) if arguments.abstracts.is_file() else {}
    table = Table("list", *MEASURES, "doubled", title="Lists in many dialects, right of printed")
    shares: dict[str, list[float]] = defaultdict(list)
    doubled = entries = 0
    for path in _lists(arguments.folders):
        text = path.read_text(encoding="utf-8", errors="replace")
        counts, twice, of_list = measure(text, titles)
        doubled, entries = doubled + twice, entries + of_list
        for name, (right, of) in counts.items():
            shares[name] += [right / of] if of >= FEWEST else []
        cells = [f"{right}/{of}" for right, of in counts.values()]
        table.add_row(path.stem.replace("__", "/", 1), *cells, str(twice))
    means = {name: sum(of_lists) / len(of_lists) for name, of_lists in shares.items() if of_lists}
    if arguments.json:
        print(json.dumps({**means, "doubled": doubled / max(1, entries)}))
        return
    worst = {name: min(of_lists) for name, of_lists in shares.items() if of_lists}
    table.add_section()
    for label, values in (("mean of lists", means), ("worst list", worst)):
        table.add_row(label, *(f"{values.get(name, 1):.3f}" for name in MEASURES), "")
    Console(markup=False).print(table)


if __name__ == "__main__":
    main()
