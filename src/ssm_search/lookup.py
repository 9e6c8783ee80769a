"""Which listed paper a text names: by id, by link, by title, by the name it goes by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ssm_search.errors import PaperNotFoundError
from ssm_search.papers import Paper, arxiv_id, title_key


class Lookup:
    """Rows of papers by all that names them exactly."""

    def __init__(self, papers: Sequence[Paper]):
        self._ids: dict[str, int] = {}
        self._addresses: dict[str, int] = {}
        self._titles: dict[str, list[int]] = defaultdict(list)
        self._names: dict[str, list[int]] = defaultdict(list)
        self._title_keys = [title_key(paper.title) for paper in papers]
        for row, paper in enumerate(papers):
            self._ids[paper.id] = row
            for url in filter(None, (paper.url, paper.pdf_url, paper.code_url)):
                self._addresses.setdefault(address(url), row)
            self._titles[self._title_keys[row]].append(row)
            # "VideoMamba: State Space Model for …" is known as "VideoMamba".
            self._names[title_key(paper.title.split(":")[0])].append(row)

    def link(self, text: str) -> int | None:
        """The row of the paper that ``text`` is the arXiv id or a link of; None for other text.

        Raises:
            PaperNotFoundError: it is the arXiv id or link of a paper that is not listed.
        """
        paper_id = arxiv_id(text)
        if paper_id is None:
            return self._addresses.get(address(text)) if "://" in text else None
        if paper_id not in self._ids:
            raise PaperNotFoundError(
                f"{paper_id} is not among the {len(self._ids)} entries of this index; "
                "ask with its title or abstract instead"
            )
        return self._ids[paper_id]

    def called(self, text: str) -> list[int]:
        """The rows that have ``text`` for a title, or for the name before the title's colon."""
        key = title_key(text)
        rows = [*self._titles.get(key, ()), *self._names.get(key, ())] if key else []
        return list(dict.fromkeys(rows))

    def paper(self, seed: Paper | str) -> int | None:
        """The row that ``seed`` stands for: a paper by id or title, a text by id, link or title.

        Raises:
            PaperNotFoundError: as :meth:`link`.
        """
        if isinstance(seed, Paper):
            rows = [self._ids.get(seed.id), *self._titles.get(title_key(seed.title) or "-", ())]
        else:
            rows = [self.link(seed), self._ids.get(seed.casefold()), *self.called(seed)]
        return next((row for row in rows if row is not None), None)

    def versions(self, rows: Iterable[int]) -> list[int]:
        """``rows`` and all others with the same titles, such as the post that goes with a paper."""
        keys = {self._title_keys[row] for row in rows} - {""}
        return [*rows, *(row for key in keys for row in self._titles[key])]


def address(url: str) -> str:
    """``url`` without what does not tell pages apart: scheme, case, closing slash."""
    return url.strip().casefold().partition("://")[2].rstrip("/")
