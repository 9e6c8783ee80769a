"""What there is to mend in a list as it was read, sorted by what it is."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict

from ssm_search.awesome import ListReading, Problem

_NAMED = re.compile(r"\S*\d\S*")
_OF_ITEMS = "list item without"


def to_mend(reading: ListReading) -> dict[str, list[Problem]]:
    """The problems of a list under what their messages have in common, in order.

    Items without a link or a title are none in a section without any entry: it says something
    about the list.
    """
    starts = [section.line for section in reading.sections]
    listing = {bisect_right(starts, entry.line) for entry in reading.entries}
    found: dict[str, list[Problem]] = defaultdict(list)
    for problem in reading.problems:
        # "what is wrong: where it can be seen", or an id is named in the midst.
        kind, colon, _ = problem.message.partition(": ")
        if kind.startswith(_OF_ITEMS) and bisect_right(starts, problem.line) not in listing:
            continue
        found[kind if colon else _NAMED.sub("…", kind)].append(problem)
    return found
