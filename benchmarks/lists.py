"""How much of real Awesome lists is read rightly: ids, titles, categories, code links.

    python benchmarks/lists.py [DATA_FOLDER] [--misses]

The folder holds ``lists/*.md`` and ``awesome-mamba.md``; ``list_entries_dev.jsonl`` says which
entries another reader found in them, and the ``*_abstracts*.jsonl`` what their papers are called.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from known_items import DATA
from rich.console import Console
from rich.table import Table

from ssm_search.awesome.reading import ListReading, read_list
from ssm_search.papers import title_key

SEED = "awesome-mamba.md"
ENTRIES = "list_entries_dev.jsonl"
LIST_ABSTRACTS = "list_abstracts_dev.jsonl"
SEED_ABSTRACTS = "seed_abstracts.jsonl"
MEASURES = ("ids", "titles", "categories", "code")

# Written apart from the reader's own patterns, so that one mistake cannot hide in both.
ID = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf|html)/|papers\.cool/arxiv/|arxiv[.:]\s?)(\d{4}\.\d{4,5})", re.I
)
FENCED = re.compile(r"^```.*?^```", re.S | re.M)


@dataclass(frozen=True, slots=True)
class Miss:
    """Something read wrongly, and where it stands."""

    measure: str
    line: int
    wanted: str
    found: str


@dataclass(slots=True)
class ListMeasure:
    """How much of one list was read rightly: per measure, how many and of how many."""

    name: str
    right: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEASURES, 0))
    of: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEASURES, 0))
    misses: list[Miss] = field(default_factory=list)

    def count(self, measure: str, line: int, wanted: str, found: str, *, right: bool) -> None:
        """Take down one thing that was read, and keep it where it is wrong."""
        self.right[measure] += right
        self.of[measure] += 1
        if not right:
            self.misses.append(Miss(measure, line, wanted, found))

    def share(self, measure: str) -> float:
        """The share that is right; 1 where there was nothing to get wrong."""
        return self.right[measure] / self.of[measure] if self.of[measure] else 1.0


def measure(data: Path) -> list[ListMeasure]:
    """Read every list in ``data`` and compare; the totals are :func:`total`."""
    titles = _real_titles(data / LIST_ABSTRACTS)
    seed_titles = _real_titles(data / SEED_ABSTRACTS)
    expected = defaultdict(list)
    for entry in _records(data / ENTRIES):
        expected[entry["list"]].append(entry)
    measures = []
    for path in sorted((data / "lists").glob("*.md")):
        name = path.stem.replace("__", "/", 1)
        measures.append(_measure_list(path, name, expected[name], {**seed_titles, **titles}))
    lines = _ids_with_lines((data / SEED).read_text(encoding="utf-8"))
    seed = [
        {"arxiv_id": paper_id, "title": title, "line": lines.get(paper_id, 0)}
        for paper_id, title in seed_titles.items()
    ]
    return [*measures, _measure_list(data / SEED, Path(SEED).stem, seed, {})]


def total(measures: list[ListMeasure]) -> ListMeasure:
    """All lists together."""
    whole = ListMeasure("all lists")
    for one in measures:
        for name in MEASURES:
            whole.right[name] += one.right[name]
            whole.of[name] += one.of[name]
    return whole


def _measure_list(
    path: Path, name: str, expected: list[dict[str, Any]], titles: dict[str, str]
) -> ListMeasure:
    text = path.read_text(encoding="utf-8")
    reading = read_list(text)
    result = ListMeasure(name)
    found = {paper.id for paper in reading.papers}
    for paper_id, line in _ids_with_lines(text).items():
        result.count("ids", line, paper_id, "", right=paper_id in found)
    read = _by_id(reading)
    for entry in expected:
        if entry["arxiv_id"] in found:
            _compare(entry, read[entry["arxiv_id"]], reading.title, titles, result)
    return result


@dataclass(slots=True)
class _Read:
    """What the reader made of one paper, over all its appearances."""

    titles: list[str] = field(default_factory=list)
    categories: list[tuple[str, ...]] = field(default_factory=list)
    code: list[str] = field(default_factory=list)


def _by_id(reading: ListReading) -> dict[str, _Read]:
    read: dict[str, _Read] = defaultdict(_Read)
    for entry in reading.entries:
        paper = entry.paper
        read[paper.id].titles.append(paper.title)
        read[paper.id].categories += paper.categories or ((),)
        read[paper.id].code.append(paper.code_url.rstrip("/"))
    return read


def _compare(
    entry: dict[str, Any],
    read: _Read,
    list_title: str,
    titles: dict[str, str],
    result: ListMeasure,
) -> None:
    line = entry["line"]
    names = {entry["title"], titles.get(entry["arxiv_id"], entry["title"])}
    keys = {title_key(name) for name in names}
    right = any(title_key(title) in keys for title in read.titles)
    result.count("titles", line, entry["title"], " / ".join(read.titles), right=right)
    if "category_path" in entry:
        path = [title_key(heading) for heading in entry["category_path"]]
        path = path[path[:1] == [title_key(list_title)] :]
        paths = [[title_key(heading) for heading in category] for category in read.categories]
        shown = " / ".join(" > ".join(category) for category in read.categories)
        wanted = " > ".join(entry["category_path"])
        result.count("categories", line, wanted, shown, right=path in paths)
    if code := entry.get("code_url", "").rstrip("/"):
        # The other reader cut links into a repository down to its root.
        right = any(f"{url}/".startswith((f"{code}/", f"{code}?")) for url in read.code)
        result.count("code", line, code, " / ".join(filter(None, read.code)), right=right)


def _ids_with_lines(text: str) -> dict[str, int]:
    visible = FENCED.sub(lambda match: "\n" * match.group().count("\n"), text)
    lines: dict[str, int] = {}
    for number, line in enumerate(visible.split("\n"), start=1):
        for paper_id in ID.findall(line):
            lines.setdefault(paper_id, number)
    return lines


def _real_titles(path: Path) -> dict[str, str]:
    return {record["arxiv_id"]: record["title"] for record in _records(path)}


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _table(measures: list[ListMeasure]) -> Table:
    table = Table("list", *(f"{name}, right/of" for name in MEASURES), title="Lists, as read")
    for column in table.columns[1:]:
        column.justify = "right"
    for one in [*measures, total(measures)]:
        cells = [
            f"{one.right[name]}/{one.of[name]} {one.share(name):.4f}" if one.of[name] else "–"
            for name in MEASURES
        ]
        table.add_row(one.name, *cells, end_section=one is measures[-1])
    return table


def main() -> None:
    """Print the table, and the misses if asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", nargs="?", type=Path, default=DATA, metavar="DATA_FOLDER")
    parser.add_argument("--misses", action="store_true", help="show each miss with its line")
    arguments = parser.parse_args()
    if not (arguments.data / "lists").is_dir():
        raise SystemExit(f"no folder {arguments.data / 'lists'}; name the folder with the lists")
    measures = measure(arguments.data)
    console = Console(markup=False, highlight=False)
    console.print(_table(measures))
    if arguments.misses:
        for one in measures:
            for miss in one.misses:
                place = f"{one.name}:{miss.line}: {miss.measure}: "
                console.print(f"{place}{miss.wanted!r}, read {miss.found!r}", soft_wrap=True)


if __name__ == "__main__":
    main()
