"""Words that the rest of a list spells otherwise."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ssm_search.text import nearest_word, terms, words_of

SHORTEST = 4  # letters of a word that may be another one in disorder
SHORTEST_UNKNOWN = 6  # of one that no title has


def misspelled_titles(titles: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Titles with a word whose letters, in another order, elsewhere follow the word before it.

    "Point Could" is spelled right, word by word; "Point Cloud" is what the others say.

    Yields:
        the position of the title, the title mended, and why.
    """
    words = [words_of(title) for title in titles]
    pairs = Counter(pair for title in words for pair in pairwise(title))
    followers: dict[tuple[str, str], set[str]] = defaultdict(set)  # by the letters that they have
    for one, other in pairs:
        followers[one, _letters(other)].add(other)
    for at, title in enumerate(words):
        for one, word in pairwise(title):
            if len(word) < SHORTEST or pairs[one, word] > 1:
                continue
            for other in sorted(followers[one, _letters(word)] - {word}):
                if pairs[one, other] > 1:
                    why = f"titles say “{one} {other}” {pairs[one, other]} times"
                    better = _respelled(titles[at], one, word, other)
                    if better != titles[at]:  # else it is written with ligatures or the like
                        yield at, better, why


def misspelled_words(heading: str, titles: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The words of ``heading`` that no title has, and a word of the titles that each may mean."""
    known = sorted({word for title in titles for word in words_of(title)})
    for word in words_of(heading):
        if len(word) < SHORTEST_UNKNOWN or word in known:
            continue
        better = nearest_word(word, known)
        # "foundation", "foundations" and "foundational" are all right.
        if better and terms(better)[:1] and terms(better)[0][0] != terms(word)[0][0]:
            yield word, better


def _letters(word: str) -> str:
    return "".join(sorted(word))


def _respelled(title: str, before: str, word: str, better: str) -> str:
    """``title`` with ``better`` for ``word`` where that follows the word ``before``."""

    def as_written(match: re.Match[str]) -> str:
        start, written = match.groups()
        if written.isupper():
            return start + better.upper()
        return start + (better.capitalize() if written[0].isupper() else better)

    pattern = rf"(\b{re.escape(before)}\W+(?:\w\W+)*)({re.escape(word)})\b"
    return re.sub(pattern, as_written, title, count=1, flags=re.I)
