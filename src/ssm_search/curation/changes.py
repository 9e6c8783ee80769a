"""A diff → the papers that it adds, and under which headings. Pure text.

Rows that are only edited or moved are no papers to add. Where the list is at hand and the diff fits
it, the whole of it is read as it was and as it will be, so that the header of a table and the
headings over a row count, however far above they stand; else what the diff shows is all there is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, takewhile

from ssm_search.awesome import Entry, read_list
from ssm_search.curation.bibliography import papers_of_bibtex
from ssm_search.curation.bibtex import read_bibtex
from ssm_search.curation.excerpts import entries_in, ids_in, names_of
from ssm_search.curation.given import paper_of
from ssm_search.papers import Paper, title_key
from ssm_search.search import NEAR_TITLE, title_likeness

LONG_TITLE = 20  # letters and digits, from which on a title in a removed line is no chance
_PADDING = 200_000  # blank lines between the hunks of a file, so that its lines have their numbers

_HUNK = re.compile(r"^@@ -(\d{1,9})(?:,\d+)? \+(\d{1,9})(?:,\d+)? @@.*$", re.M)
_FILE = re.compile(r"^--- .*\n\+\+\+ (.*)\n(?=@@ -)", re.M)
_SIGNATURE = "-- "  # under a patch that was sent by mail


@dataclass(frozen=True, slots=True)
class Hunk:
    """A piece of a diff.

    Attributes:
        file: what it changes, by its new name; "" if the diff does not say.
        old: the line that it begins on, before; counted from 1.
        new: the same, after.
        lines: each with its mark: "-" goes, "+" comes, " " stays.
    """

    file: str
    old: int
    new: int
    lines: tuple[str, ...]


def is_diff(text: str) -> bool:
    """Whether there is a change in ``text``, as ``diff -u`` and ``git`` write it."""
    return _HUNK.search(text) is not None


def read_diff(text: str) -> list[Hunk]:
    """The changes in ``text``, in order."""
    hunks = []
    first, *others = _FILE.split(text)
    for name, changes in [("", first), *zip(others[::2], others[1::2], strict=True)]:
        file = name.partition("\t")[0].strip().strip('"').removeprefix("b/")
        _, *pieces = _HUNK.split(changes)
        for old, new, piece in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
            hunks.append(Hunk(file, int(old), int(new), _marked(piece)))
    return hunks


def _marked(piece: str) -> tuple[str, ...]:
    """The lines of a hunk, each with its mark; ``piece`` goes on until the next."""
    lines = piece.split("\n")[1:]
    lines = list(takewhile(lambda line: line[:1] in ("+", "-", " ", "\\", ""), lines))
    while lines and lines[-1] in ("", _SIGNATURE):
        lines.pop()
    return tuple(line or " " for line in lines if not line.startswith("\\"))


def added_papers(diff: str, list_text: str = "", list_name: str = "") -> Iterator[Paper]:
    """The papers that a diff adds, with the headings that it puts them under, as far as it shows.

    Args:
        list_text: the list as it was before, with plain line ends; "" if it is not at hand.
        list_name: its file name.
    """
    files: dict[str, list[Hunk]] = {}
    for hunk in read_diff(diff):
        files.setdefault(hunk.file, []).append(hunk)
    pieces: list[_Piece] = []
    the_list = _that_is(list_name, files)
    for file, hunks in files.items():
        if file.casefold().endswith(".bib"):
            yield from _of_bibtex(hunks)
        elif file == the_list and (whole := _laid_over(list_text, list_name, hunks, "+")):
            pieces.append(_Piece(whole, is_whole=True))
        else:
            pieces += [_Piece(hunk.lines) for hunk in hunks]
    yield from _of_lists(pieces)


def list_before(diff: str, list_text: str, list_name: str) -> str:
    """The list as it was before a change that it has already; else ``list_text`` as it is."""
    files: dict[str, list[Hunk]] = {}
    for hunk in read_diff(diff):
        files.setdefault(hunk.file, []).append(hunk)
    the_list = _that_is(list_name, files)
    if the_list is not None:
        hunks = files[the_list]
        # What comes stands in the list after a change alone. Where nothing does, what goes tells.
        is_added = any(line.startswith("+") for hunk in hunks for line in hunk.lines)
        if not is_added and _laid_over(list_text, list_name, hunks, "+"):
            return list_text
        if whole := _laid_over(list_text, list_name, hunks, "-"):
            return "\n".join(line[1:] for line in whole if not line.startswith("+"))
    return list_text


def _that_is(list_name: str, files: Iterable[str]) -> str | None:
    """The one file of a diff that may be the list: of its path, or else the first of its name."""
    name = list_name.rpartition("/")[2]
    names = [file for file in files if not file or file.rpartition("/")[2] == name]
    return list_name if list_name in names else next(iter(names), None)


def _laid_over(
    list_text: str, list_name: str, hunks: Sequence[Hunk], absent: str
) -> tuple[str, ...] | None:
    """All lines of the list with their marks; None if the hunks are not of it.

    Args:
        absent: the mark of the lines that the list does not have: "+" before the change, "-" after.
    """
    file, text = hunks[0].file, list_text.split("\n") if list_text else []
    if not text or (file and file.rpartition("/")[2] != list_name.rpartition("/")[2]):
        return None
    found: list[str] = []
    at = drift = 0
    for hunk in hunks:
        here = [line[1:] for line in hunk.lines if not line.startswith(absent)]
        number = hunk.old if absent == "+" else hunk.new
        if not any(map(str.strip, here)) and (file != list_name or not number):
            return None  # a file of this name that is new, or no sign of where it belongs
        stated = number - bool(here)
        place = _find(text, here, at, stated + drift)
        if place is None:
            return None
        found += [f" {line}" for line in text[at:place]]
        found += hunk.lines
        at, drift = place + len(here), place - stated
    return (*found, *(f" {line}" for line in text[at:]))


def _find(text: list[str], lines: list[str], start: int, likely: int) -> int | None:
    """Where ``lines`` stand in ``text``, from ``start`` on: where it is likely, or first of all."""
    last = len(text) - len(lines)
    first = [likely] if start <= likely <= last else []
    places = chain(first, range(start, last + 1))
    return next((at for at in places if text[at : at + len(lines)] == lines), None)


# ── lists ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Piece:
    """Lines of a list with their marks: all that there are, or a few."""

    lines: Sequence[str]
    is_whole: bool = False

    def side(self, absent: str) -> tuple[list[Entry], set[int]]:
        """The entries without the lines marked ``absent``, and which lines the others change."""
        lines = [line for line in self.lines if not line.startswith(absent)]
        changed = {at for at, line in enumerate(lines) if not line.startswith(" ")}
        if not changed:
            return [], changed
        bare = [line[1:] for line in lines]
        if not self.is_whole:
            return entries_in(bare), changed
        entries = read_list("\n".join(bare)).entries
        return [replace(one, line=one.line - 1, end=one.end - 1) for one in entries], changed


@dataclass(frozen=True, slots=True)
class _Removed:
    """What a diff takes away, by which it is known again where it comes back.

    Attributes:
        counts: how often each paper that is taken away stood there, by its id.
    """

    names: frozenset[str]
    counts: Counter[str]
    titles: tuple[str, ...]
    keys: tuple[str, ...]  # the letters and digits of each
    letters: str  # those of all lines

    @classmethod
    def of(cls, pieces: Iterable[_Piece], lines: str) -> _Removed:
        papers = [
            entry.paper
            for entries, changed in (piece.side("+") for piece in pieces)
            for entry in entries
            if not changed.isdisjoint(range(entry.line, entry.end + 1))
        ]
        names = {name for paper in papers for name in names_of(paper)}
        titles = tuple(dict.fromkeys(paper.title for paper in papers))
        known = frozenset(names | set(ids_in(lines)))
        counts = Counter(paper.id for paper in papers)
        return cls(known, counts, titles, tuple(map(title_key, titles)), title_key(lines))

    def has(self, paper: Paper) -> bool:
        """Whether ``paper`` was listed before: under its id, its link or nearly its title."""
        from rapidfuzz.distance import Indel
        from rapidfuzz.process import extract

        if not self.names.isdisjoint(names_of(paper)):
            return True
        key = title_key(paper.title)
        if len(key) >= LONG_TITLE and key in self.letters:
            return True
        near = extract(
            key, self.keys, scorer=Indel.normalized_similarity, score_cutoff=NEAR_TITLE, limit=None
        )
        return any(title_likeness(paper.title, self.titles[at]) >= NEAR_TITLE for _, _, at in near)


def _of_lists(pieces: Sequence[_Piece]) -> Iterator[Paper]:
    def marked(mark: str) -> str:
        return "\n".join(
            line[1:] for piece in pieces for line in piece.lines if line.startswith(mark)
        )

    gone = marked("-")
    removed, read = _Removed.of(pieces, gone), set(ids_in(f"{gone}\n{marked(' ')}"))
    for piece in pieces:
        back: Counter[str] = Counter()
        entries, added = piece.side("-")
        for entry in entries:
            paper = entry.paper
            # What is added below the first line of an entry is an edit, unless it is the link.
            is_new = entry.line in added or (
                paper.kind == "paper"
                and paper.id not in read
                and not added.isdisjoint(range(entry.line, entry.end + 1))
            )
            if is_new and removed.has(paper):
                back[paper.id] += 1
                # A row at the end of a file without a line end goes and comes back with the next.
                if back[paper.id] > (removed.counts[paper.id] or back[paper.id]):
                    yield paper
            elif is_new:
                yield paper
            if is_new:
                read.add(paper.id)
    yield from (paper_of(one) for one in ids_in(marked("+")) if one not in read)


# ── BibTeX ───────────────────────────────────────────────────────────────────────────────────


def _of_bibtex(hunks: Sequence[Hunk]) -> Iterator[Paper]:
    """The papers of the entries that a file of BibTeX gets."""
    before, _ = _side(hunks, "+")
    after, added = _side(hunks, "-")
    known = {name for paper in papers_of_bibtex(before) for name in names_of(paper)}
    keys = {entry.key.casefold() for entry in read_bibtex(before)}
    lines, entries = after.split("\n"), read_bibtex(after)
    ends = [*(entry.line for entry in entries[1:]), len(lines) + 1]
    for entry, end in zip(entries, ends, strict=True):
        if entry.key.casefold() in keys if entry.key else entry.line not in added:
            lines[entry.line - 1 : end - 1] = [""] * (end - entry.line)
    for paper in papers_of_bibtex("\n".join(lines)):
        if known.isdisjoint(names_of(paper)):
            yield paper


def _side(hunks: Sequence[Hunk], absent: str) -> tuple[str, set[int]]:
    """What hunks show of a file but for the lines marked ``absent``, and which others change.

    The lines have their true numbers, if those are not beyond all bounds.
    """
    lines: list[str] = []
    changed: set[int] = set()
    for hunk in hunks:
        first = hunk.old if absent == "+" else hunk.new
        lines += [""] * min(first - 1 - len(lines), _PADDING // len(hunks))
        for line in hunk.lines:
            if not line.startswith(absent):
                lines.append(line[1:])
                changed |= set() if line.startswith(" ") else {len(lines)}
    return "\n".join(lines), changed
