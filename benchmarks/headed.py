"""Real lists as papers under headings: five on state-space models, six of other fields.

Papers without an abstract are left out, and so are years and venues where a heading ends in them.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ssm_search.awesome import parse_list
from ssm_search.occasions import topic_of
from ssm_search.papers import Paper

MIN_ABSTRACTS = 60
MIN_TOPICS = 3  # without the headings that are years and venues
TOPICAL = ("yyyujintang", "xmindflow", "Ruixxxx", "ziyangwang007")
"""Of the five, those whose headings are topics, and more than three."""


def read_lists(data: Path) -> dict[str, list[Paper]]:
    """By list, the papers of the five that stand under topics alone."""
    known = abstracts(data, ("seed_abstracts.jsonl", "list_abstracts_dev.jsonl"))
    lists: dict[str, dict[str, Paper]] = {}
    for line in (data / "list_entries_dev.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        path = tuple(entry["category_path"])
        if entry["arxiv_id"] not in known or "abstract_id" not in entry or topic_of(path) != path:
            continue
        papers = lists.setdefault(entry["list"].split("/")[0], {})
        paper = papers.get(entry["arxiv_id"]) or known[entry["arxiv_id"]]
        paths = tuple(dict.fromkeys([*paper.categories, path]))
        papers[paper.id] = replace(paper, categories=paths)
    return {
        name: list(papers.values())
        for name, papers in lists.items()
        if len(papers) >= MIN_ABSTRACTS
        and len({path for paper in papers.values() for path in paper.categories}) >= MIN_TOPICS
    }


def other_lists(data: Path) -> dict[str, list[Paper]]:
    """By list, the papers of the six, whose headings the encoder has not been shown."""
    known = abstracts(data, ("ml_abstracts.jsonl.xz", "ssm_abstracts.jsonl.xz"))
    lists = {}
    for file in sorted((data / "lists_headings").glob("*.md")):
        papers = []
        for paper in parse_list(file.read_text("utf-8")):
            topics = tuple(dict.fromkeys(filter(None, map(topic_of, paper.categories))))
            if topics and paper.id in known:
                papers.append(replace(known[paper.id], categories=topics))
        lists[file.name.split("__")[0]] = papers
    return lists


def abstracts(data: Path, files: Iterable[str]) -> dict[str, Paper]:
    """The papers in ``files``, by id, with title and abstract."""
    found = {}
    for file in files:
        with (lzma.open if file.endswith(".xz") else open)(
            data / file, "rt", encoding="utf-8"
        ) as lines:
            for record in map(json.loads, lines):
                one = record["arxiv_id"]
                found[one] = Paper(one, record["title"], abstract=record["abstract"])
    return found
