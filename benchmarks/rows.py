"""Are rows written as the maintainers of real lists write them?

    python benchmarks/rows.py [FOLDER] [--show LIST] [--spread]

Of each list in FOLDER, ten of its own entries are taken out, one at a time: the last ten, or with
``--spread`` ten from all over it. Each is written again under its heading from what it says of its
paper: title, short name, id or link, link to the code, venue, year, day, authors. Two shares are
printed: of rows that are the same, and of those the ones that stand where they stood.

A row is the same if it is the old one without what nobody could know: links to other pages, images,
remarks, keywords, emoji, each with the brackets and labels that go with it; a cell that is left
without all that may be blank or hold a placeholder such as "-", and a link to code may be called so
where it told the framework too. Blanks are not compared, and an
address on arXiv is the same as any other of the same id. All else must be there, in its order, and
nothing more.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from known_items import DATA

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome import reading
from ssm_search.awesome.labels import is_label
from ssm_search.awesome.reading import Entry, ListReading
from ssm_search.awesome.writing import insertion
from ssm_search.errors import ListError
from ssm_search.papers import Paper

PAPERS = 10  # of each list
FEWEST = 20  # entries of a list that is looked at
KEPT = 80  # entries of a list that stay in it, besides those taken out: reading takes the time

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DAY = re.compile(
    r"(?<![\d.])(?P<y>20\d\d)[-./](?P<m>\d{1,2})[-./](?P<d>\d{1,2})(?!\d)"
    r"|(?<![\d.])(?P<y2>\d\d)\.(?P<m2>\d\d)\.(?P<d2>\d\d)(?!\d)"
    r"|(?P<d3>\d{1,2})(?:st|nd|rd|th)? (?P<n3>[A-Z][a-z]{2})[a-z]*[.,]* *(?P<y3>20\d\d)"
    r"|(?<![\d.])(?P<y4>20\d\d)[-./](?P<m4>\d{1,2})(?!\d)"
    r"|(?P<n5>[A-Z][a-z]{2})[a-z]*[.,]* *(?P<y5>20\d\d)"
)
_TARGET = re.compile(r"https?://[^\s<>\"'()\[\]|]+(?:\([^\s()]*\)[^\s<>\"'()\[\]|]*)*")
_TOKEN = re.compile(
    rf"(?P<link>{_TARGET.pattern})|(?P<tag></?[a-z]+[ />])|(?P<word>[^\W_]+)|(?P<line>\n)|\S", re.I
)
_PLACEHOLDER = frozenset("- – — / n a na tbd soon coming ⚠ \ufe0f none no code github".split())
_FRAMEWORKS = frozenset("pytorch torch tensorflow keras caffe jax python matlab official".split())
_MARKUP = frozenset("-–—/:;,.|*•·_`'\"“”‘’()[]{}<>=!?#+&\\~@%$^…，：、。（）\n")


# Reading takes nearly all the time, and the list without the entry is read here and there.
read_list = lru_cache(maxsize=2)(reading.read_list)
vars(insertion)["read_list"] = read_list


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it stood, and as it was written again."""

    original: str
    written: str
    same: bool
    in_place: bool


def measure(text: str, *, spread: bool = False) -> list[Row]:
    """Take entries out of a list one at a time, and write them again."""
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    reading = read_list(text)
    papers = [e for e in reading.entries if e.paper.kind == "paper" and e.strength > 1]
    step = max(1, len(papers) // PAPERS) if spread else 1
    wanted = papers[::-step][: PAPERS * 2]
    if len(reading.entries) < FEWEST:
        return []
    kept = [entry for entry in reading.entries if entry not in set(wanted)]
    far = kept[:: max(1, len(kept) // KEPT)] if spread else kept[-KEPT:]
    text, reading = _cut(text, reading, {*far, *wanted})
    ids = {entry.paper for entry in wanted}
    rows: list[Row] = []
    for entry in reversed(reading.entries):
        if entry.paper in ids and len(rows) < PAPERS and (row := _row(text, reading, entry)):
            rows.append(row)
    return rows


def _cut(text: str, reading: ListReading, kept: set[Entry]) -> tuple[str, ListReading]:
    """The list with no more than ``kept``, if what is left is read as before."""
    if len(reading.entries) <= len(kept):
        return text, reading
    lines = text.split("\n")
    dropped: set[int] = set()
    needed = {n for one in kept for n in range(one.line, one.end + 1)}
    for entry in reading.entries:
        if entry not in kept:
            span = set(range(entry.line, entry.end + 1))
            dropped |= span if not span & needed else set()
    shorter = "\n".join(line for n, line in enumerate(lines, start=1) if n not in dropped)
    found = read_list(shorter)
    if {one.paper for one in kept} <= {one.paper for one in found.entries}:
        return shorter, found
    return text, reading


def _row(text: str, reading: ListReading, entry: Entry) -> Row | None:
    """``entry`` written again; None if it cannot be taken out, or stands under no heading."""
    lines = text.split("\n")
    start, end = entry.line - 1, _end(lines, entry)
    others = [one for one in reading.entries if one != entry]
    if any(one.line <= end and one.end > start for one in others):
        return None
    if any(one.paper.id == entry.paper.id for one in others) or not entry.paper.categories:
        return None
    after = end
    while (
        after < len(lines) and not lines[after].strip() and start and not lines[start - 1].strip()
    ):
        after += 1
    without = "\n".join([*lines[:start], *lines[after:]])
    original = "\n".join(lines[start:end])
    left = read_list(without)
    if len(left.entries) != len(others) or entry.paper.categories[0] not in left.categories:
        return None
    paper = given(entry, original)
    try:
        done = insertion.insert_paper(without, paper, entry.paper.categories[0])
    except ListError as error:
        return Row(original, f"({error})", same=False, in_place=False)
    same = is_same(original, done.row, paper)
    return Row(original, done.row, same, same and done.line == entry.line)


def _end(lines: list[str], entry: Entry) -> int:
    """The line behind an entry, behind what is indented below it, and behind its HTML row."""
    end = entry.end
    source = "\n".join(lines[entry.line - 1 : end])
    if source.lstrip().lower().startswith("<tr"):
        while end < len(lines) and "</tr>" not in lines[end - 1].lower():
            end += 1
        return end
    depth = len(source) - len(source.lstrip())
    for at in range(end, len(lines)):
        if not lines[at].strip():
            continue
        if entry.roles or len(lines[at]) - len(lines[at].lstrip()) <= depth:
            break
        end = at + 1
    return end


def given(entry: Entry, source: str) -> Paper:
    """What is submitted: the paper as its entry has it, with the day or the month printed there."""
    paper = replace(entry.paper, categories=())
    if paper.authors and re.search(r"\bet\.? al\b", source):
        paper = replace(paper, authors=(*paper.authors, "Somebody Else"))
    for found in _DAY.finditer(_TARGET.sub(" ", source)):
        parts = {name.rstrip("2345"): said for name, said in found.groupdict().items() if said}
        month = int(parts["m"]) if "m" in parts else 0
        if "n" in parts and parts["n"].lower() in _MONTHS:
            month = _MONTHS.index(parts["n"].lower()) + 1
        year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
        try:
            return replace(paper, published=date(year, month, int(parts.get("d", 1))))
        except ValueError:
            continue
    return paper


def is_same(original: str, written: str, paper: Paper) -> bool:
    """Whether ``written`` is ``original`` without what nobody could know."""
    old, new = list(_tokens(_unlinked(original, paper), paper)), list(_tokens(written, paper))
    if [token for token, _ in old] == [token for token, _ in new]:
        return True
    kept = {token for token, _ in new}
    facts = {token for token, _ in _tokens(f"{paper.venue} {paper.code_url}", paper)}
    facts |= {token for name in paper.authors for token, _ in _tokens(name, paper)}
    if {token for token, _ in old if token in facts} - kept:
        return False
    # States of what goes on: 0 for none, 1 for a piece left out that says nothing, 2 for one with
    # something in it that was not given.
    states = {(0, 0)}
    for token, foreign in [*old, ("", False)]:
        if not token:
            return any(at == len(new) and state != 1 for at, state in states)
        reached = set()
        while states:
            at, state = states.pop()
            if at < len(new) and new[at][0] == token and state != 1:
                reached.add((at + 1, 0))
            reached.add((at, 2 if foreign or state == 2 else 1))
            if at < len(new) and state == 2 and new[at][0].casefold() in _PLACEHOLDER:
                states.add((at + 1, 2))
        states = reached
    return False


def _unlinked(text: str, paper: Paper) -> str:
    """``text`` where links that lead elsewhere are taken off the names that are given."""
    names = [one for one in (paper.title, paper.name) if one]
    for name in names:
        for found in re.findall(rf"\[{re.escape(name)}\]\(({_TARGET.pattern})\)", text):
            if _link(found, paper)[1]:
                text = text.replace(f"[{name}]({found})", name)
    return text


def _tokens(text: str, paper: Paper) -> Iterator[tuple[str, bool]]:
    """The words, links and signs of a row, each with whether it is none of what was given."""
    facts = f"{paper.title} {paper.name} {paper.venue} {paper.year} {' '.join(paper.authors)}"
    day = paper.published
    facts += f" {day.year} {day.month} {day.month:02} {day.day} {day.day:02}" if day else ""
    known = {word.casefold() for word in re.findall(r"[^\W_]+", facts)}
    number = re.compile(r"\A(\s*)\d+(?=[.)]\s)")
    for match in _TOKEN.finditer(number.sub(r"\g<1>1", text.strip().replace("\\", ""))):
        token = match.group()
        if match["link"]:
            token, foreign = _link(token, paper)
            yield token, foreign
        elif match["word"]:
            word = token.casefold()
            is_known = word in known or (is_label(word) and not word.isdecimal())
            is_known &= word not in _FRAMEWORKS and (len(word) > 1 or word in known)
            yield token, not is_known and word[:3] not in _MONTHS
        else:
            yield token, token not in _MARKUP and not match["tag"]


def _link(url: str, paper: Paper) -> tuple[str, bool]:
    found = arxiv_id(url)
    if found:
        return f"arXiv:{found}", found != paper.id
    repo = paper.code_url.split("github.com/")[-1].removesuffix(".git")
    known = [one for one in (paper.id, paper.code_url, repo) if one]
    is_static = "img.shields.io/badge/" in url or ("github/" in url and "shields" in url)
    return url, not is_static and not any(one in url for one in known)


def main() -> None:
    """Print the shares of each list and of all, and the rows of one if asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=DATA / "lists_dev")
    parser.add_argument("--show", default="", metavar="LIST", help="print its rows beside the old")
    parser.add_argument("--spread", action="store_true", help="entries from all over each list")
    arguments = parser.parse_args()
    shares = []
    print(f"{'list':50}{'rows':>6}{'same':>6}{'in place':>10}{'seconds':>9}")
    for path in sorted(arguments.folder.glob("*.md")):
        if arguments.show not in path.stem:
            continue
        start = time.process_time()
        text = path.read_text(encoding="utf-8", errors="replace")
        rows = measure(text, spread=arguments.spread)
        if not rows:
            continue
        same, placed = sum(row.same for row in rows), sum(row.in_place for row in rows)
        shares.append((same / len(rows), placed / len(rows)))
        seconds = time.process_time() - start
        print(f"{path.stem[:48]:50}{len(rows):6}{same:6}{placed:10}{seconds:9.1f}", flush=True)
        for row in rows if arguments.show else ():
            mark = " " if row.in_place else "=" if row.same else "✗"
            print(f"{mark} old: {row.original}\n  new: {row.written}")
    if shares:
        means = [sum(column) / len(shares) for column in zip(*shares, strict=True)]
        print(f"mean of {len(shares)} lists: {means[0]:.3f} the same, {means[1]:.3f} in place")


if __name__ == "__main__":
    main()
