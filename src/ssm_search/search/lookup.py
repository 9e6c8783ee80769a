"""Which listed paper a text names: by id, by link, by title, by the name it goes by."""

from __future__ import annotations

from collections.abc import Iterable

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.errors import PaperNotFoundError
from ssm_search.index import Rows
from ssm_search.names import by_address, by_id, by_name, by_title
from ssm_search.papers import Paper


class Lookup:
    """Rows of papers by all that names them exactly."""

    def __init__(self, rows: Rows):
        self._in = rows

    def id(self, paper_id: str) -> int | None:
        """The row of the paper with this id; None if there is none."""
        return next(iter(self._rows(by_id(paper_id))), None)

    def link(self, text: str) -> int | None:
        """The row of the paper that ``text`` is the arXiv id or a link of; None for other text.

        Raises:
            PaperNotFoundError: it is the arXiv id or link of a paper that is not listed.
        """
        paper_id = arxiv_id(text)
        if paper_id is None:
            return next(iter(self._rows(by_address(text))), None) if "://" in text else None
        rows = self._rows(by_id(paper_id))
        if not rows:
            raise PaperNotFoundError(
                f"{paper_id} is not among the {len(self._in)} entries of this index; "
                "ask with its title or abstract instead"
            )
        return rows[-1]

    def called(self, text: str) -> list[int]:
        """The rows that have ``text`` for a title, or for the name before the title's colon."""
        rows = [*self._rows(by_title(text)), *self._rows(by_name(text))]
        return list(dict.fromkeys(rows))

    def paper(self, seed: Paper | str) -> int | None:
        """The row that ``seed`` stands for: a paper by id or title, a text by id, link or title.

        Raises:
            PaperNotFoundError: as :meth:`link`.
        """
        if isinstance(seed, Paper):
            rows = [*self._rows(by_id(seed.id)), *self._rows(by_title(seed.title))]
        else:
            row = self.link(seed)
            rows = [] if row is None else [row]
            rows += [*self._rows(by_id(seed.casefold())), *self.called(seed)]
        return next(iter(rows), None)

    def versions(self, rows: Iterable[int]) -> list[int]:
        """``rows`` and all others with their titles, such as the post that goes with a paper."""
        found = list(rows)
        titles = {by_title(paper.title) for paper in self._in.papers(found)}
        return [*found, *(row for title in sorted(titles) for row in self._rows(title))]

    def _rows(self, name: str) -> list[int]:
        return self._in.rows_named(name) if name else []
