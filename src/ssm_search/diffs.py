"""Two texts → the change between them, as ``git diff`` prints it and ``git apply`` takes it."""

from __future__ import annotations

import difflib
import re

CONTEXT = 3  # lines around a change, as git shows them

_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


def unified_diff(old: str, new: str, name: str) -> str:
    """The change from ``old`` to ``new`` as a diff of a file ``name``; "" if there is none."""
    before, after = _LINE.findall(old), _LINE.findall(new)
    # Only what lies between the first and the last difference is compared line by line: difflib
    # may pair blank lines oddly, and takes long for long lists.
    top = _same(before, after)
    bottom = _same(before[top:][::-1], after[top:][::-1])
    matcher = difflib.SequenceMatcher(
        None, before[top : len(before) - bottom], after[top : len(after) - bottom], autojunk=False
    )
    changes = [
        (a1 + top, a2 + top, b1 + top, b2 + top)
        for tag, a1, a2, b1, b2 in matcher.get_opcodes()
        if tag != "equal"
    ]
    hunks: list[list[tuple[int, int, int, int]]] = []
    for change in changes:
        if hunks and change[0] - hunks[-1][-1][1] <= 2 * CONTEXT:
            hunks[-1].append(change)
        else:
            hunks.append([change])
    shown = "".join(_hunk(before, after, hunk) for hunk in hunks)
    return f"--- a/{name}\n+++ b/{name}\n{shown}" if shown else ""


def _same(before: list[str], after: list[str]) -> int:
    """How many lines two texts begin with alike."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(before), len(after)))


def _hunk(before: list[str], after: list[str], changes: list[tuple[int, int, int, int]]) -> str:
    start, end = max(0, changes[0][0] - CONTEXT), min(len(before), changes[-1][1] + CONTEXT)
    shift = changes[0][2] - changes[0][0]
    lines: list[tuple[str, str]] = []
    at = start
    for a1, a2, b1, b2 in changes:
        lines += [(" ", line) for line in before[at:a1]]
        lines += [("-", line) for line in before[a1:a2]]
        lines += [("+", line) for line in after[b1:b2]]
        at = a2
    lines += [(" ", line) for line in before[at:end]]
    removed = sum(mark != "+" for mark, _ in lines)
    added = sum(mark != "-" for mark, _ in lines)
    head = f"@@ -{_span(start, removed)} +{_span(start + shift, added)} @@\n"
    return head + "".join(
        f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"
        for mark, line in lines
    )


def _span(start: int, count: int) -> str:
    """Lines in the head of a hunk, counted from 1; none are given by the line before them."""
    return f"{start + (count > 0)},{count}"
