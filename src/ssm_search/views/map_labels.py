"""Where ranks and names stand on a picture of the map, by the rules of ``map_paint.js``.

Boxes are (left, top, right, bottom) in the pixels of a browser, 96 to an inch, downwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Box = tuple[float, float, float, float]

ROOM = 26_000  # pixels of the map for each name
LINE = 16  # characters of a name, beyond which it is broken where there is a space
HIGH, GAP = 16, 4  # pixels: of a line, and around all of them
BESIDE = (0, -22, 22, -34, 34)  # pixels that a name may stand below its place
ASIDE = (0, -0.35, 0.35)  # and to its right, in its widths
RANK = 9  # pixels: half of the square that the number of an answer takes


@dataclass(frozen=True, slots=True)
class Label:
    """Words on a picture.

    Attributes:
        number: which of those that were to be placed it is of.
        lines: its text, from top to bottom.
        box: the room that it takes.
    """

    number: int
    lines: tuple[str, ...]
    box: Box

    @property
    def middle(self) -> tuple[float, float]:
        """To the right and down."""
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2


def square(x: float, y: float, half: float) -> Box:
    """A box around a place."""
    return x - half, y - half, x + half, y + half


def ranked(places: Sequence[tuple[float, float]], ranks: Sequence[int], size: float) -> list[Label]:
    """The ranks of answers, the best first, as far as there is room for them.

    Each stands above the sign of its answer, to its right, to its left or below it: where it hides
    no sign, or else none of a better answer; where there is a rank before it, nowhere.

    Args:
        places: of the answers, the best first.
        size: half of the square that the sign of each takes.
    """
    signs = [square(x, y, size) for x, y in places]
    off = size + RANK
    found: list[Label] = []
    for at, ((x, y), rank) in enumerate(zip(places, ranks, strict=True)):
        around = ((0, -off), (off, 0), (-off, 0), (0, off))
        boxes = [square(x + right, y + down, RANK) for right, down in around]
        taken = [one.box for one in found]
        for others in (signs, signs[:at]):
            free = [box for box in boxes if not any(overlap(box, one) for one in taken + others)]
            if free:
                found.append(Label(at, (str(rank),), free[0]))
                break
    return found


def named(
    names: Sequence[tuple[str, float, float]],
    dots: NDArray[np.float64],
    radius: float,
    sides: tuple[float, float],
    taken: Sequence[Box],
    width: Callable[[str], float],
) -> list[Label]:
    """Names near their places where there is room, the first first, over as few dots as may be.

    Args:
        names: each with its place, to the right and down.
        dots: the places of all, of shape (n, 2).
        radius: of a dot.
        sides: of the picture.
        taken: where no name may stand.
        width: of a line, as it is drawn.
    """
    taken, written = list(taken), set()
    found: list[Label] = []
    for number, (name, x, y) in enumerate(names):
        if len(found) >= sides[0] * sides[1] / ROOM:
            break
        lines = broken(name)
        half = max(map(width, lines)) / 2 + GAP
        high = len(lines) * HIGH / 2 + GAP / 2
        free = [
            box
            for box in _spots(x, y, half, high, sides[0])
            if box[1] >= 0 and box[3] <= sides[1] and not any(overlap(box, one) for one in taken)
        ]
        if name in written or not free:
            continue
        box = min(free, key=lambda box: int(within(dots, _grown(box, radius)).sum()))
        taken.append(box)
        written.add(name)
        found.append(Label(number, lines, box))
    return found


def broken(name: str) -> tuple[str, ...]:
    """A name in one line, or in two that are about even, parted after a comma if that will do."""
    spaces = [at for at, sign in enumerate(name) if sign == " " and at]
    if len(name) <= LINE or not spaces:
        return (name,)
    at = min(spaces, key=lambda at: abs(2 * at - len(name)) - LINE * (name[at - 1] == ","))
    return name[:at], name[at + 1 :]


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes have more than an edge in common."""
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]


def within(dots: NDArray[np.float64], box: Box) -> NDArray[np.bool_]:
    """Which dots lie in a box."""
    inside: NDArray[np.bool_] = np.all((dots >= box[:2]) & (dots <= box[2:]), axis=1)
    return inside


def _grown(box: Box, by: float) -> Box:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def _spots(x: float, y: float, half: float, high: float, width: float) -> Iterator[Box]:
    """Where a name might stand, the nearest first; none reaches over the sides of the picture."""
    for down in BESIDE:
        for aside in ASIDE:
            middle = min(max(x + 2 * half * aside, half), width - half)
            yield middle - half, y + down - high, middle + half, y + down + high
