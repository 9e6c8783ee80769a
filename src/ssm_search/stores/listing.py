"""The papers of a store as a sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ssm_search.papers import Paper

PAGE = 256  # papers that are read at once where all are


class StorePapers(Sequence[Paper]):
    """The papers of a store, read when they are asked for."""

    def __init__(self, count: int, papers_at: Callable[[Sequence[int]], list[Paper]]):
        """Make room for ``count`` papers, which ``papers_at`` reads by their places."""
        self._count = count
        self._papers_at = papers_at

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        """A paper by its place."""
        if isinstance(at, slice):
            return self._papers_at(range(len(self))[at])
        if not -len(self) <= at < len(self):
            raise IndexError(at)
        return self._papers_at([at % len(self)])[0]

    def __iter__(self) -> Iterator[Paper]:
        for first in range(0, len(self), PAGE):
            yield from self[first : first + PAGE]
