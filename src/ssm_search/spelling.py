"""Words that the rest of a list spells otherwise."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ssm_search.text import nearest_word, words_of

SHORTEST = 4  # letters of a word that may be another one with two letters swapped
SHORTEST_UNKNOWN = 6  # of one that no title has


def misspelled_titles(titles: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Titles with a word whose letters, in another order, elsewhere follow the word before it.

    "Point Could" is spelled right, word by word; "Point Cloud" is what the others say.

    Yields:
        the position of the title, the title mended, and why.
    """
    words = [words_of(title) for title in titles]
    pairs = Counter(pair for title in words for pair in pairwise(title))
    followers: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        followers[one].add(other)
    for at, title in enumerate(words):
        for one, word in pairwise(title):
            if len(word) < SHORTEST or pairs[one, word] > 1:
                continue
            for other in sorted(followers[one] - {word}):
                if sorted(other) == sorted(word) and pairs[one, other] > 1:
                    why = f"titles say “{one} {other}” {pairs[one, other]} times"
                    yield at, _respelled(titles[at], word, other), why


def misspelled_words(heading: str, titles: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The words of ``heading`` that no title has, and a word of the titles that each may mean."""
    known = sorted({word for title in titles for word in words_of(title)})
    for word in words_of(heading):
        better = (
            None if len(word) < SHORTEST_UNKNOWN or word in known else nearest_word(word, known)
        )
        # "foundation" and "foundations" are both right.
        if better and not better.startswith(word) and not word.startswith(better):
            yield word, better


def _respelled(title: str, word: str, better: str) -> str:
    def as_written(match: re.Match[str]) -> str:
        return better.capitalize() if match.group()[0].isupper() else better

    return re.sub(rf"\b{re.escape(word)}\b", as_written, title, count=1, flags=re.I)
