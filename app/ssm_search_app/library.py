"""The index and the list that one server answers from."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ssm_search import (
    EncoderError,
    IndexFolderError,
    PaperSearch,
    Search,
    SsmSearchError,
    StoreSearch,
    abstracts,
    display,
    open_index,
)

LOOK_EVERY = 1.0  # seconds between two looks at the folder: one call of the system

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Library:
    """The index and the list that one server answers from.

    Attributes:
        folder: of the index; None for the shipped one.
        list_text: the list as it is now, for rows of new papers; "" if it is not at hand.
        offline: ask arXiv for nothing.
        list_file: where the list stands, whose history its feeds are dated by; None if nowhere.
        list_of: gives the text of the list that an index is of, once it was built again.
        renewed: called each time that another index has come into the place of this one.
    """

    search: Search
    folder: str | Path | None = None
    list_text: str = ""
    list_name: str = "README.md"
    offline: bool = False
    list_file: Path | None = None
    list_of: Callable[[PaperSearch], str] | None = None
    renewed: list[Callable[[], None]] = field(default_factory=list)
    _opening: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def title(self) -> str:
        """The name of the list as people write it: “Awesome Mamba”."""
        return display.shown(self._named())

    def _named(self) -> str:
        manifest = self.search.manifest
        if manifest.title:
            return manifest.title
        name = Path(manifest.list_name).stem
        if not self.search.is_list:  # of files such as corpus.jsonl.xz, perhaps several
            name = ", ".join(one.partition(".")[0] for one in manifest.list_name.split(", "))
        if name.casefold() == "readme":  # of a repository, or of the folder that the list is in
            name = self.list_file.resolve().parent.name if self.list_file else ""
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
            with self._opening:
                self.search = open_index(self.folder, self.search.encoder)

    def follow(self, stop: threading.Event, every: float = LOOK_EVERY) -> None:
        """Answer from what stands in the folder as soon as it was built again, until ``stop``.

        An index that cannot be read is reported, and looked at again; answers come from the last
        one that could. A store needs none of this: it is asked as it is at each question.
        """
        if self.folder is None or isinstance(self.search, StoreSearch):
            return
        seen = None
        while not stop.wait(every):
            now = _stamp(self.folder)
            if now is None or now == seen:
                continue
            try:
                self._open_again()
            except (SsmSearchError, OSError) as error:
                logger.warning("%s; answers come from the index that was there before", error)
            else:
                seen = now

    def _open_again(self) -> None:
        """Take what stands in the folder into use, if it is another index than the present one."""
        with self._opening:
            found = self._found()
            if found.manifest == self.search.manifest:
                return
            list_text = self.list_of(found) if self.list_of else self.list_text
            self.search, self.list_text = found, list_text
        for renew in self.renewed:
            renew()

    def _found(self) -> PaperSearch:
        """The index in the folder, with its encoder at work, which is ours if it is the same."""
        try:
            found = open_index(self.folder, self.search.encoder)
            found.query("warm up", k=1)
        except (EncoderError, IndexFolderError):  # made by another encoder, or ours went with it
            found = open_index(self.folder)
            found.query("warm up", k=1)
        return found


def _stamp(folder: str | Path) -> tuple[int, int] | None:
    """What is another once the index is: it is replaced whole, or its manifest is, in place."""
    try:
        status = os.stat(folder)
    except OSError:  # for an instant while it is replaced
        return None
    return status.st_ino, status.st_mtime_ns
