"""Records that come later → what they add, change and remove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ssm_search.ingest import Removed
from ssm_search.papers import Paper, to_jsonl


@dataclass(frozen=True, slots=True)
class Changes:
    """What records mean for papers that are there.

    Attributes:
        written: papers that are new, or not as they were.
        replaced: ids of those among them that were there.
        removed: ids of papers that were there and shall not be.
    """

    written: tuple[Paper, ...]
    replaced: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.written or self.removed)


def changes(latest: Mapping[str, Paper | Removed], known: Mapping[str, Paper]) -> Changes:
    """What the last record of each id changes.

    Args:
        known: of these ids, the papers that are there.
    """
    written = tuple(
        one
        for one in latest.values()
        if isinstance(one, Paper)
        and (one.id not in known or to_jsonl([one]) != to_jsonl([known[one.id]]))
    )
    return Changes(
        written,
        tuple(paper.id for paper in written if paper.id in known),
        tuple(one.id for one in latest.values() if isinstance(one, Removed) and one.id in known),
    )
