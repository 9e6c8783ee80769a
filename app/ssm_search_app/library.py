"""The index and the list that one server answers from, or several of them as one."""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ssm_search import (
    EncoderError,
    IndexFolderError,
    ListsSearch,
    Paper,
    PaperSearch,
    Search,
    SsmSearchError,
    StoreSearch,
    abstracts,
    cards,
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
        lists_of: gives the names of the lists that have a paper, where several are served.
    """

    search: Search
    folder: str | Path | None = None
    list_text: str = ""
    list_name: str = "README.md"
    offline: bool = False
    list_file: Path | None = None
    list_of: Callable[[PaperSearch], str] | None = None
    renewed: list[Callable[[], None]] = field(default_factory=list)
    lists_of: Callable[[Paper], Sequence[str]] = lambda paper: ()
    _seen: tuple[int, int] | None = field(default=None, repr=False)
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
    def names(self) -> tuple[str, ...]:
        """The names of the lists that one may choose from; none of a single one."""
        return ()

    @property
    def each(self) -> Sequence[Library]:
        """The libraries that this is of: itself, but for several lists."""
        return (self,)

    @property
    def keys(self) -> tuple[str, ...]:
        """What each of the :attr:`names` is called in addresses, whatever the lists are called."""
        return ()

    def find(self, name: str) -> Library | None:
        """The list of this key or name, all of them for ""; None if there is none."""
        own = (self.title, Path(self.folder).name if self.folder else "", "")
        return self if name in own else None

    def chosen(self, name: str) -> Library:
        """The list of this key or name; all of them for another name."""
        return self.find(name) or self

    def refusal_of(self, name: str) -> str:
        """What is said to who names a list that is not there."""
        return f"there is no list {name[:100]!r}; expected {', '.join(self.names or [self.title])}"

    def name_of(self, one: Library) -> str:
        """What one of these lists is called among them."""
        pairs = zip(self.names, self.each, strict=False)
        return next((name for name, each in pairs if each is one), one.title)

    def in_lists(self, name: str = "") -> Callable[[Paper], str]:
        """Says of a paper which lists have it; beside the one called ``name``, if it is one."""
        one = self.chosen(name)
        own = "" if one is self else self.name_of(one)

        def said(paper: Paper) -> str:
            others = [each for each in self.lists_of(paper) if each != own]
            return f"{'also in' if own else 'in'} {', '.join(others)}" if others else ""

        return said

    def key_of(self, one: Library) -> str:
        """What one of these lists is called in addresses; "" for all."""
        return next(
            (key for key, each in zip(self.keys, self.each, strict=False) if each is one), ""
        )

    def fitting(self, paper: Paper | str) -> Library:
        """The list that a paper fits best, of those that there are."""
        return self

    def filing(self, papers: Sequence[Paper]) -> Library:
        """The list that most of some papers fit best, once arXiv has said what they are."""
        return self

    @property
    def count(self) -> int:
        """How many papers there are."""
        return self.search.manifest.papers

    @property
    def listed(self) -> Search:
        """The index, for what only that of a list can do.

        Raises:
            IndexFolderError: it is that of a large corpus.
        """
        self.search.rows.as_list()
        return self.search

    def prepare(self, loaded: Callable[[], object] = lambda: None) -> None:
        """Load the encoder, then fetch missing abstracts, which answers show from then on.

        Whatever the network does, the index goes on as it is.

        Args:
            loaded: called once the encoder is there, or cannot be.
        """
        try:
            self.search.query("warm up", k=1)
        finally:
            loaded()
        self.complete()

    def complete(self) -> None:
        """Fetch missing abstracts; a large corpus has its own."""
        if not self.search.is_list:
            return
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
        followed = [one for one in self.each if one.is_followed]
        while followed and not stop.wait(every):
            for one in followed:
                one.look()

    @property
    def is_followed(self) -> bool:
        """Whether the index lies in a folder, where it may be built again."""
        return self.folder is not None and not isinstance(self.search, StoreSearch)

    def look(self) -> None:
        """Take what stands in the folder into use, if it was built again since the last look."""
        now = _stamp(self.folder) if self.folder is not None else None
        if now is None or now == self._seen:
            return
        try:
            self._open_again()
        except (SsmSearchError, OSError) as error:
            logger.warning("%s; answers come from the index that was there before", error)
        else:
            self._seen = now

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


@dataclass(slots=True)
class Shelf(Library):
    """Several lists that one server answers from, all at once or one that is chosen.

    A list is called by its title, which another may come to have too. So it is found as well by the
    name of its folder, its key, which alone stands in addresses, and by both.

    Attributes:
        by_name: each list by its title, or where several have one, by that and its folder.
        by_key: each list by its folder's name; of those with the same, the second by "NAME-2".
    """

    search: ListsSearch
    by_name: dict[str, Library] = field(default_factory=dict)
    by_key: dict[str, Library] = field(default_factory=dict)

    @classmethod
    def of(cls, libraries: Sequence[Library]) -> Shelf:
        """These lists, in this order.

        Raises:
            IndexFolderError: one is no list, but a large corpus.
        """
        made = cls(_together(libraries), offline=all(one.offline for one in libraries))
        made._take(libraries)
        for one in libraries:
            one.renewed.append(made._renew)
        return made

    def _take(self, libraries: Sequence[Library]) -> None:
        """Ask ``libraries`` as they are now, by the names that they have now."""
        search = _together(libraries)
        self.by_name = dict(zip(search.lists, libraries, strict=True))
        self.by_key = _keyed(libraries)
        self.search, self.lists_of = search, search.lists_of
        for one in libraries:
            one.lists_of = search.lists_of

    def _renew(self) -> None:
        self._take(self.each)
        for renew in self.renewed:
            renew()

    @property
    def title(self) -> str:
        """The names of all lists."""
        return ", ".join(self.by_name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the lists, to choose from."""
        return tuple(self.by_name)

    @property
    def each(self) -> Sequence[Library]:
        """The lists, in their order."""
        return tuple(self.by_name.values())

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the folders of the lists, in their order."""
        return tuple(self.by_key)

    def find(self, name: str) -> Library | None:
        """The list of this key or name, all of them for ""; None if there is none."""
        if not name:
            return self
        whole = {f"{one.title} ({key})": one for key, one in self.by_key.items()}
        return self.by_key.get(name) or self.by_name.get(name) or whole.get(name)

    def fitting(self, paper: Paper | str) -> Library:
        """The list that a paper fits best (:meth:`~ssm_search.ListsSearch.likeliest`)."""
        return self.by_name[self.search.likeliest(paper)]

    def filing(self, papers: Sequence[Paper]) -> Library:
        """The list that most of some papers fit best, once arXiv has said what they are."""
        completed = cards.triage(self.each[0].listed, papers, offline=self.offline)
        fitting = Counter(self.search.likeliest(card.paper) for card in completed.cards)
        names = [name for name, _ in fitting.most_common(1)]
        return self.by_name[names[0]] if names else self.each[0]

    @property
    def count(self) -> int:
        """How many papers there are, each once."""
        return len(self.search.papers)

    def complete(self) -> None:
        """Fetch the missing abstracts of each list."""
        for one in self.each:
            one.complete()
        self._take(self.each)


def _keyed(libraries: Sequence[Library]) -> dict[str, Library]:
    """Libraries by the names of their folders, which stay while their titles may change."""
    made: dict[str, Library] = {}
    for one in libraries:
        name = Path(one.folder or "").name or one.title
        keys = (name, *(f"{name}-{number}" for number in range(2, len(libraries) + 2)))
        made[next(key for key in keys if key not in made)] = one
    return made


def _together(libraries: Sequence[Library]) -> ListsSearch:
    return ListsSearch.named((one.title, one.folder or "", one.search) for one in libraries)


def _stamp(folder: str | Path) -> tuple[int, int] | None:
    """What is another once the index is: its manifest, replaced alone or with the whole folder.

    Not the folder: before Linux 6.13 its time stays the same for milliseconds. Who looked while a
    manifest was about to be replaced would have seen no other one, for good.
    """
    try:
        status = os.stat(Path(folder, "manifest.json"))
    except OSError:  # for an instant while it is replaced
        return None
    return status.st_ino, status.st_mtime_ns
