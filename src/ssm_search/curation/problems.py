"""What could not be read of a list, sorted by what it is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from ssm_search.awesome import Problem

_NAMED = re.compile(r"\S*\d\S*")


def by_kind(problems: Iterable[Problem]) -> dict[str, list[Problem]]:
    """Problems under what their messages have in common, in the order of first appearance.

    A message is "what is wrong: where it can be seen", or names an id in the midst of it.
    """
    found: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        kind, colon, _ = problem.message.partition(": ")
        found[kind if colon else _NAMED.sub("…", kind)].append(problem)
    return found
