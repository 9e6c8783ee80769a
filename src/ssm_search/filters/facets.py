"""What filters ask of papers, column by column: a row's facts are at its place in each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.arrays import Form, check_range, check_runs, load_arrays, misfit, save_arrays
from ssm_search.dates import Date
from ssm_search.files import read_text
from ssm_search.papers import Category, Paper

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_YEAR = 0

_COLUMNS: dict[str, Form] = {
    "years": (np.int32, 1),
    "dates": (np.int32, 1),
    "has_code": (np.bool_, 1),
    "has_abstract": (np.bool_, 1),
    "has_authors": (np.bool_, 1),
    "venue_of": (np.int32, 1),
}
_ARRAYS: dict[str, Form] = {**_COLUMNS, "path_starts": (np.int64, 1), "path_of": (np.int32, 1)}
_NAMES_FILE = "facets.json"


@dataclass(frozen=True, slots=True)
class Facets:
    """What filters ask, of ``n`` papers.

    Attributes:
        years: int32, shape (n,); ``NO_YEAR`` where none is known.
        dates: int32, shape (n,); year, month and day as one number, 0 for what is not known.
        has_code, has_abstract, has_authors: bool, shape (n,).
        venue_of: int32, shape (n,); which of ``venues``.
        path_starts: int64, shape (n + 1,); the headings of row i are those that ``path_of`` names
            from ``path_starts[i]`` up to ``path_starts[i + 1]``.
        path_of: int32; which of ``paths``.
    """

    years: NDArray[np.int32]
    dates: NDArray[np.int32]
    has_code: NDArray[np.bool_]
    has_abstract: NDArray[np.bool_]
    has_authors: NDArray[np.bool_]
    venue_of: NDArray[np.int32]
    path_starts: NDArray[np.int64]
    path_of: NDArray[np.int32]
    venues: tuple[str, ...]
    paths: tuple[Category, ...]

    def __len__(self) -> int:
        return len(self.years)

    @classmethod
    def of(cls, papers: Sequence[Paper]) -> Facets:
        """The facets of ``papers``, row by row as these say themselves."""
        venues: dict[str, int] = {}
        paths: dict[Category, int] = {}
        venue_of = [venues.setdefault(paper.venue, len(venues)) for paper in papers]
        filed = [filed_under(paper) for paper in papers]
        path_of = [paths.setdefault(path, len(paths)) for row in filed for path in row]
        return cls(
            years=np.array([paper.known_year or NO_YEAR for paper in papers], dtype=np.int32),
            dates=np.array([_number(Date.of(paper)) for paper in papers], dtype=np.int32),
            has_code=np.array([bool(paper.code_url) for paper in papers], dtype=np.bool_),
            has_abstract=np.array([bool(paper.abstract) for paper in papers], dtype=np.bool_),
            has_authors=np.array([bool(paper.authors) for paper in papers], dtype=np.bool_),
            venue_of=np.array(venue_of, dtype=np.int32),
            path_starts=np.cumsum([0, *map(len, filed)], dtype=np.int64),
            path_of=np.array(path_of, dtype=np.int32),
            venues=tuple(venues),
            paths=tuple(paths),
        )

    def under(self, paths: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The papers with at least one of the chosen ``paths``, a mask of them; shape (n,)."""
        found = np.concatenate([[0], np.cumsum(paths[self.path_of])])
        counts: NDArray[np.bool_] = found[self.path_starts[1:]] > found[self.path_starts[:-1]]
        return counts

    @classmethod
    def joined(cls, chosen: Sequence[tuple[Facets, NDArray[np.int64]]]) -> Facets:
        """The chosen rows of several facets, in ascending order each, one after the other."""
        venues: dict[str, int] = {}
        paths: dict[Category, int] = {}
        venue_of, path_of, counts = [], [], [np.zeros(1, dtype=np.int64)]
        for facets, rows in chosen:
            new = np.array(
                [venues.setdefault(v, len(venues)) for v in facets.venues], dtype=np.int32
            )
            venue_of.append(new[facets.venue_of[rows]])
            named = np.array(
                [paths.setdefault(p, len(paths)) for p in facets.paths], dtype=np.int32
            )
            counts.append(np.diff(facets.path_starts)[rows])
            kept = np.zeros(len(facets), dtype=bool)
            kept[rows] = True
            path_of.append(named[facets.path_of[np.repeat(kept, np.diff(facets.path_starts))]])
        return cls(
            years=np.concatenate([facets.years[rows] for facets, rows in chosen]),
            dates=np.concatenate([facets.dates[rows] for facets, rows in chosen]),
            has_code=np.concatenate([facets.has_code[rows] for facets, rows in chosen]),
            has_abstract=np.concatenate([facets.has_abstract[rows] for facets, rows in chosen]),
            has_authors=np.concatenate([facets.has_authors[rows] for facets, rows in chosen]),
            venue_of=np.concatenate(venue_of),
            path_starts=np.cumsum(np.concatenate(counts)),
            path_of=np.concatenate(path_of),
            venues=tuple(venues),
            paths=tuple(paths),
        )

    def save(self, folder: Path) -> None:
        """Write it into an existing folder, a file for each array and one for the names."""
        save_arrays(folder, {name: getattr(self, name) for name in _ARRAYS})
        names = json.dumps({"venues": self.venues, "paths": self.paths}, ensure_ascii=False)
        (folder / _NAMES_FILE).write_text(names, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Facets:
        """Read what :meth:`save` wrote, mapped into memory.

        Raises:
            OSError, ValueError, KeyError, TypeError, RecursionError: a file is missing or damaged.
        """
        arrays = load_arrays(folder, _ARRAYS, mapped=True)
        names = json.loads(read_text(folder / _NAMES_FILE))
        venues, paths = tuple(names["venues"]), tuple(map(tuple, names["paths"]))
        if not all(isinstance(name, str) for name in (*venues, *chain.from_iterable(paths))):
            raise TypeError(f"{_NAMES_FILE} names something else than texts")
        facets = cls(**arrays, venues=venues, paths=paths)
        n = len(facets)
        lengths = [(name, len(arrays[name]), n) for name in _COLUMNS]
        if wrong := misfit(*lengths, ("starts of headings", len(facets.path_starts), n + 1)):
            raise ValueError(f"the facets have {wrong}")
        check_runs("headings", facets.path_starts, len(facets.path_of))
        check_range("numbers of headings", facets.path_of, len(paths))
        check_range("numbers of venues", facets.venue_of, len(venues))
        return facets


@dataclass(frozen=True, slots=True)
class Tally:
    """How many papers there are of each year, of each venue, and under each heading or below."""

    years: Counter[int] = field(default_factory=Counter)
    venues: Counter[str] = field(default_factory=Counter)
    headings: Counter[Category] = field(default_factory=Counter)

    @classmethod
    def of(cls, segments: Sequence[Facets], present: NDArray[np.bool_]) -> Tally:
        """Count the papers that are ``present``, bool, shape (n,), of all segments together."""
        counts = cls()
        start = 0
        for facets in segments:
            there = present[start : start + len(facets)]
            start += len(facets)
            for year, count in zip(
                *np.unique(facets.years[there], return_counts=True), strict=True
            ):
                counts.years[int(year)] += int(count)
            of_venue = np.bincount(facets.venue_of[there], minlength=len(facets.venues))
            for venue, count in zip(facets.venues, of_venue, strict=True):
                counts.venues[venue] += int(count)
            above = [path[:n] for path in facets.paths for n in range(1, len(path) + 1)]
            for path in dict.fromkeys(above):
                below = np.array([other[: len(path)] == path for other in facets.paths])
                counts.headings[path] += int((facets.under(below) & there).sum())
        counts.years.pop(NO_YEAR, None)
        counts.venues.pop("", None)
        return counts

    def add(self, paper: Paper) -> None:
        """Count one paper more."""
        if paper.known_year:
            self.years[paper.known_year] += 1
        if paper.venue:
            self.venues[paper.venue] += 1
        paths = filed_under(paper)
        for above in {path[:end] for path in paths for end in range(1, len(path) + 1)}:
            self.headings[above] += 1


def filed_under(paper: Paper) -> tuple[Category, ...]:
    """A paper's headings or, without any, its arXiv categories as if they were headings."""
    return paper.categories or tuple(
        (name.split(".")[0], name) if "." in name else (name,) for name in paper.arxiv_categories
    )


def _number(date: Date) -> int:
    year, month, day = (part or 0 for part in astuple(date))
    return 10_000 * year + 100 * month + day
