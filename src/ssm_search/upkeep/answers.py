"""What the web answered of a list's links, and when, kept in a file of this user's cache."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ssm_search.files import locked, write_atomically

GONE = frozenset({404, 410})
APART = timedelta(hours=1)
"""Between the two times that a link must be found gone: a server may be out of order."""
FRESH = timedelta(days=7)  # for which an answer stands
KEPT = timedelta(days=400)
MAX_BYTES = 50_000_000  # of the file; 100,000 links have about 15 MB


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered for one address.

    Attributes:
        asked: when, UTC.
        status: of HTTP; None where that says nothing about the link.
        reason: why it says nothing.
        moved: where it is now, if the server says that it moved for good; else "".
        gone_since: when it first was gone, if it was not there since.
    """

    asked: datetime
    status: int | None = None
    reason: str = ""
    moved: str = ""
    gone_since: datetime | None = None

    @property
    def is_gone(self) -> bool:
        """Whether it was gone when it was last asked for."""
        return self.status in GONE

    @property
    def is_dead(self) -> bool:
        """Whether it was gone twice, far enough apart to be believed."""
        since = self.gone_since
        return self.is_gone and since is not None and self.asked - since >= APART

    def after(self, before: Answer | None) -> Answer:
        """This answer, with since when it is gone by what was answered ``before``."""
        since = before.gone_since if before else None
        if self.is_gone:
            since = since or self.asked
        elif self.status is not None:
            since = None
        return Answer(self.asked, self.status, self.reason, self.moved, since)

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to ask again."""
        soon = self.status is None or (self.is_gone and not self.is_dead)
        return now - self.asked >= (APART if soon else FRESH)


@dataclass(frozen=True, slots=True)
class Repository:
    """What GitHub says of a repository, and when it was asked."""

    asked: datetime
    archived: bool


@dataclass(slots=True)
class Answers:
    """What is known of links, of repositories by "owner/name", of papers' first titles by id."""

    links: dict[str, Answer] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)

    def update(self, other: Answers) -> None:
        """Take over what ``other`` knows, where it was asked later."""
        for address, answer in other.links.items():
            known = self.links.get(address)
            if known is None or answer.asked >= known.asked:
                self.links[address] = answer
        for name, repository in other.repositories.items():
            before = self.repositories.get(name)
            if before is None or repository.asked >= before.asked:
                self.repositories[name] = repository
        self.titles.update(other.titles)


def default_answers() -> Path:
    """The file in which this user's answers are kept, whichever list they are for."""
    import platformdirs

    return platformdirs.user_cache_path("ssm-search") / "links.json"


def load_answers(path: Path) -> Answers:
    """What a file holds; nothing where there is none, or none of ours."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return Answers()
        values = json.loads(path.read_bytes())
        return Answers(
            {address: _answer(one) for address, one in values["links"].items()},
            {
                name: Repository(_moment(one["asked"]), bool(one["archived"]))
                for name, one in values["repositories"].items()
            },
            {known: str(title) for known, title in values["titles"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Answers()


def save_answers(path: Path, answers: Answers) -> None:
    """Add ``answers`` to the file, whole or not at all; others may add theirs meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.parent):
        known = load_answers(path)
        known.update(answers)
        limit = datetime.now(UTC) - KEPT
        values = {
            "links": {
                address: _to_json(one) for address, one in known.links.items() if one.asked > limit
            },
            "repositories": {
                name: {"asked": one.asked.isoformat(), "archived": one.archived}
                for name, one in known.repositories.items()
                if one.asked > limit
            },
            "titles": known.titles,
        }
        write_atomically(path, json.dumps(values, ensure_ascii=False).encode("utf-8"))


def _to_json(answer: Answer) -> dict[str, Any]:
    values: dict[str, Any] = {"asked": answer.asked.isoformat(), "status": answer.status}
    if answer.gone_since:
        values["gone_since"] = answer.gone_since.isoformat()
    values |= {"reason": answer.reason} if answer.reason else {}
    return values | ({"moved": answer.moved} if answer.moved else {})


def _answer(values: Mapping[str, Any]) -> Answer:
    status = values["status"]
    since = None
    with suppress(KeyError):
        since = _moment(values["gone_since"])
    return Answer(
        _moment(values["asked"]),
        status if isinstance(status, int) else None,
        str(values.get("reason", "")),
        str(values.get("moved", "")),
        since,
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
