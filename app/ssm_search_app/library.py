"""The index and the list that one server answers from."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from ssm_search import Search, abstracts, open_index

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Library:
    """The index and the list that one server answers from.

    Attributes:
        folder: of the index; None for the shipped one.
        list_text: the list as it is now, for rows of new papers; "" if it is not at hand.
        offline: ask arXiv for nothing.
    """

    search: Search
    folder: str | Path | None = None
    list_text: str = ""
    list_name: str = "README.md"
    offline: bool = False

    @property
    def title(self) -> str:
        """The name of the list as people write it: “Awesome Mamba”."""
        manifest = self.search.manifest
        if manifest.title:
            return manifest.title
        name = Path(manifest.list_name).stem
        if not self.search.is_list:  # of files such as corpus.jsonl.xz, perhaps several
            name = ", ".join(one.partition(".")[0] for one in manifest.list_name.split(", "))
        return name.replace("-", " ").replace("_", " ").title() or "Papers"

    @property
    def listed(self) -> Search:
        """The index, for what only that of a list can do.

        Raises:
            IndexFolderError: it is that of a large corpus.
        """
        self.search.rows.as_list()
        return self.search

    def prepare(self) -> None:
        """Load the encoder, then fetch missing abstracts, which answers show from then on.

        Whatever the network does, the index goes on as it is.
        """
        self.search.query("warm up", k=1)
        if not self.search.is_list:
            return  # a large corpus, which has its abstracts
        ids = [paper.id for paper in self.search.papers if paper.kind == "paper"]
        at_hand = {paper.id for paper in self.search.papers if paper.abstract}
        missing = [paper_id for paper_id in ids if paper_id not in at_hand]
        if self.offline or not missing:
            return
        report = abstracts.fetch_abstracts(missing, abstracts.default_cache())
        if report.error:
            logger.warning("%s; answers are shown without abstracts", report.error)
        if report.fetched:
            self.search = open_index(self.folder, self.search.encoder)
