"""Names for where papers lie on the map: a heading that lies together, or the words that tell."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ssm_search.papers import Category, Paper
from ssm_search.text import shown, terms
from ssm_search.vectors import product

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTHS = (0.075, 0.04, 0.02)
"""How far a paper reaches, for each level of zoom, in halves of the map: 14, 33 and 10 named
regions of a list of 205 papers, 17, 66 and 241 of one of 8,579."""
CELLS = 128  # of the side of the map: each 0.016 wide, less than the least width
FEWEST = 3  # papers that a region is named for
FITS = 0.6
"""F1 of a heading's papers and a region's, from which that is called after it. Chosen by eye, on
lists of 83, 205 and 382 papers; from 2/3 on, no two regions could have one heading."""
LIFT = 2.0  # how much more frequent a telling word is in a region than on the whole map
WHOLE = 0.6  # of the titles with "cloud" have "point cloud", which then stands for it
MOST_WORDS = 2  # words or phrases in a name
LONGEST_PHRASE = 3  # words
LONGEST = 40  # characters of a name

_SAYS_NOTHING = frozenset(
    stem
    for word in "part chapter introduction intro guide tutorial overview".split()
    for stem, _ in terms(word)
)
"""Words of titles that name no topic: "S4, part" was the name of three parts of a blog post."""
_WORD = re.compile(r"\w+(?:[-'’]\w+)*")
_TITLE_CASE = re.compile(r"[A-Z]?[a-z]+(?:[-'’][A-Z]?[a-z]+)*")


@dataclass(frozen=True, slots=True)
class Region:
    """Where papers lie close together.

    Attributes:
        x, y: the middle of its papers, in the units of the map.
        papers: how many they are, the weight of its name.
        level: 0 where the whole map is seen, then one more each time that one looks closer.
        rows: those of its papers.
    """

    name: str
    x: float
    y: float
    papers: int
    level: int
    rows: tuple[int, ...] = field(default=(), repr=False, compare=False)


def regions(papers: Sequence[Paper], places: NDArray[np.float32]) -> list[Region]:
    """Name where papers lie close together, at each level of zoom; the largest first.

    Args:
        places: of each paper, in [-1, 1], of shape (n, 2).
    """
    titles, forms = _read([paper.title for paper in papers])
    under = Counter(path for paper in papers for path in _above(paper))
    under = Counter({path: n for path, n in under.items() if n < len(papers)})
    found = []
    for level, width in enumerate(WIDTHS):
        clumps = _members(clump(places, width))
        headings = _headings([[papers[row] for row in rows] for rows in clumps], under)
        told = telling([[titles[row] for row in rows] for rows in clumps], titles)
        for rows, heading, words in zip(clumps, headings, told, strict=True):
            if name := shown(heading or _together([forms[word] for word in words])):
                x, y = np.median(places[rows], axis=0).tolist()
                found.append(Region(_cut(name), x, y, len(rows), level, tuple(rows)))
    return found


def clump(places: NDArray[np.float32], width: float) -> NDArray[np.int64]:
    """The clump that each place belongs to: the same number for all that lead to one peak.

    Places are counted in a grid and blurred by a Gaussian of this width; from each cell one climbs
    to its highest neighbour until there is none (mode seeking: Comaniciu & Meer, "Mean Shift",
    2002; by steps to neighbours, Vedaldi & Soatto, "Quick Shift", 2008).
    """
    cells = ((places + 1) / 2 * CELLS).astype(np.int64).clip(0, CELLS - 1)
    counts = np.zeros((CELLS, CELLS))
    np.add.at(counts, (cells[:, 0], cells[:, 1]), 1)
    line = np.arange(CELLS)
    blur = np.exp(-0.5 * ((line[:, None] - line) / (width / 2 * CELLS)) ** 2)
    density = np.pad(product(product(blur, counts), blur), 1, constant_values=-1)
    number = np.arange(density.size).reshape(density.shape)
    steps = [(down, right) for down in (0, -1, 1) for right in (0, -1, 1)]
    around = np.stack([np.roll(density, step, (0, 1)) for step in steps])
    whose = np.stack([np.roll(number, step, (0, 1)) for step in steps])
    # Of equals the one with the lower number, or those on a plain would lead in circles.
    best = (around == around.max(axis=0)).astype(np.int64) * (density.size - whose)
    uphill = np.take_along_axis(whose, best.argmax(axis=0)[None], axis=0).ravel()
    while (further := uphill[uphill] != uphill).any():
        uphill[further] = uphill[uphill[further]]
    return np.asarray(uphill[number[cells[:, 0] + 1, cells[:, 1] + 1]], dtype=np.int64)


def telling(
    classes: Sequence[Sequence[Sequence[str]]], everything: Sequence[Sequence[str]]
) -> list[list[str]]:
    """The terms that tell each class of titles from all, at most ``MOST_WORDS``; best first.

    By class-based TF-IDF (Grootendorst, "BERTopic", 2022): of a term t and a class c,
    tf(t, c) · ln(1 + A / f(t)), where A is how many terms a class has on average and f(t) how many
    there are of t in all; here each title counts once. Only terms of two titles or more that are
    ``LIFT`` times as frequent as on the whole, and none that mostly stands in a longer one.

    Args:
        classes: of each class its titles, each as its terms: words and phrases.
        everything: all titles, whether in a class or not.
    """
    of_all = Counter(term for title in everything for term in set(title))
    counts = [Counter(term for title in titles for term in set(title)) for titles in classes]
    mean = sum(of_all.values()) / max(len(classes), 1)
    found = []
    for titles, count in zip(classes, counts, strict=True):
        usual = LIFT * len(titles) / max(len(everything), 1)
        weights = {
            term: n * math.log1p(mean / of_all[term])
            for term, n in count.items()
            if n > 1 and n >= usual * of_all[term]
        }
        for term in list(weights):
            for part in _parts(term):
                if count[term] >= WHOLE * count[part]:
                    weights.pop(part, None)
        chosen: list[str] = []
        for term in sorted(weights, key=lambda term: (-weights[term], term)):
            if len(chosen) < MOST_WORDS and not any(_overlap(term, one) for one in chosen):
                chosen.append(term)
        found.append(chosen)
    return found


def _members(of: NDArray[np.int64]) -> list[list[int]]:
    """The rows of each clump that is large enough for a name, the largest first."""
    rows: dict[int, list[int]] = {}
    for row, number in enumerate(of.tolist()):
        rows.setdefault(number, []).append(row)
    return sorted((one for one in rows.values() if len(one) >= FEWEST), key=len, reverse=True)


def _headings(classes: Sequence[Sequence[Paper]], under: Counter[Category]) -> list[str]:
    """The last words of the heading whose papers each class has, "" where none fits it."""
    fitting = []
    for at, papers in enumerate(classes):
        count = Counter(path for paper in papers for path in _above(paper))
        for path, n in count.items():
            f1 = 2 * n / (len(papers) + under[path])
            if f1 >= FITS and path in under:
                fitting.append((f1, len(path), at, path))
    names, used = [""] * len(classes), set()
    # The best first, and of two headings of the same papers the inner one; none names two.
    for _, _, at, path in sorted(fitting, key=lambda one: (-one[0], -one[1], one[2:])):
        if not names[at] and path not in used:
            names[at] = path[-1]
            used.add(path)
    return names


def _above(paper: Paper) -> set[Category]:
    """All headings that a paper stands below."""
    return {path[:n] for path in paper.categories for n in range(1, len(path) + 1)}


def _read(titles: Sequence[str]) -> tuple[list[list[str]], dict[str, str]]:
    """The terms of each title, and each term as titles write it most often."""
    written: dict[str, Counter[str]] = {}
    found = []
    for title in titles:
        said = [*_said(title)]
        for term, form in said:
            written.setdefault(term, Counter())[form] += 1
        found.append([term for term, _ in said])
    return found, {term: _usual(forms) for term, forms in written.items()}


def _said(title: str) -> Iterator[tuple[str, str]]:
    """The words of a title that say something, and phrases of them: stems and forms."""
    phrase: list[tuple[str, str]] = []
    end = -1
    for match in _WORD.finditer(title):
        stems = " ".join(stem for stem, _ in terms(match.group()))
        if not stems or stems.isdigit() or stems in _SAYS_NOTHING:
            continue
        goes_on = match.start() == end + 1 and title[end] == " "
        phrase = [
            *(phrase[1 - LONGEST_PHRASE :] if goes_on else ()),
            (stems, _plain(match.group())),
        ]
        end = match.end()
        for start in range(len(phrase)):
            words, forms = zip(*phrase[start:], strict=True)
            yield " ".join(words), " ".join(forms)


def _parts(term: str) -> Iterator[str]:
    """The shorter phrases within one, and its words."""
    words = term.split()
    for size in range(1, len(words)):
        for start in range(len(words) - size + 1):
            yield " ".join(words[start : start + size])


def _plain(word: str) -> str:
    """A word of a title without capitals, unless they belong to it: U-Net, MRI, 3D."""
    return word.lower() if _TITLE_CASE.fullmatch(word) else word


def _usual(forms: Counter[str]) -> str:
    return min(forms, key=lambda form: (-forms[form], form))


def _overlap(one: str, other: str) -> bool:
    return not set(one.split()).isdisjoint(other.split())


def _together(words: Sequence[str]) -> str:
    """As many words as a name has room for."""
    whole = ", ".join(words)
    return whole if len(whole) <= LONGEST else words[0]


def _cut(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip() + "…"
