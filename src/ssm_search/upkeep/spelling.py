"""Words that the rest of a list spells otherwise."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from ssm_search.marks import normalized
from ssm_search.text import nearest_word, terms, words_of

SHORTEST = 4  # letters of a word that may be another one in disorder
ARTICLES = frozenset(("a", "an", "the"))  # which a title may lose without becoming another
RESPELLED = 0.85
"""Likeness of a word and itself misspelled or in the plural: "Graine" is .91 "Grain", while
"macro" is .8 "micro"."""
SHORTEST_WRONG = 10  # of one with a wrong letter
SHORTEST_RESPELLED = 5  # letters; "TRLX" is not "TRL"
SHORTEST_UNKNOWN = 6  # of one that no title has

_EVERY_WORD = re.compile(r"\w+")


def misspelled_titles(titles: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """Titles with a word whose letters, in another order, elsewhere follow the word before it.

    "Point Could" is spelled right, word by word; "Point Cloud" is what the others say.

    Yields:
        the position of the title, the title mended, and why.
    """
    words = [words_of(title) for title in titles]
    having = Counter(word for title in words for word in set(title))
    pairs = Counter(pair for title in words for pair in pairwise(title))
    followers: dict[tuple[str, str], set[str]] = defaultdict(set)  # by the letters that they have
    for one, other in pairs:
        followers[one, _letters(other)].add(other)
    for at, title in enumerate(words):
        for one, word in pairwise(title):
            if len(word) < SHORTEST or having[word] > 1:
                continue  # also where others have it elsewhere: "signed graph" beside "a design"
            for other in sorted(followers[one, _letters(word)] - {word}):
                if pairs[one, other] > 1 and other[0] == word[0]:
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
        if not better or not terms(better) or not _is_slip(word, better):
            continue
        if terms(better)[0][0] != terms(word)[0][0]:
            yield word, better


def _is_slip(word: str, better: str) -> bool:
    """Whether one is the other with one letter missing, extra or swapped; or, if long, wrong.

    Of short words that differ by a letter, or of any that differ by two, both are mostly right:
    "content" and "context", "conference" and "convergence".
    """
    from rapidfuzz.distance import OSA

    if OSA.distance(word, better) > 1:
        return False
    swapped = sorted(word) == sorted(better)
    return swapped or len(word) != len(better) or len(word) >= SHORTEST_WRONG


def only_respelled(one: str, other: str) -> bool:
    """Whether two titles have the same words, however each is spelled, and in the same order.

    "Tidal Scans" is "Tidal Scan" and "tidal-scan", and may be "Tidal Scann"; but "with" is not
    "without", nor is "supervised" "unsupervised".
    """
    from rapidfuzz.distance import Indel

    left, right = every_word(one), every_word(other)
    for what, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        gone, come = left[i1:i2], right[j1:j2]
        if what == "equal" or ARTICLES.issuperset([*gone, *come]):
            continue
        before, after = "".join(gone), "".join(come)
        if before == after:
            continue  # written as one word, or as two
        if before[:1] != after[:1] or min(len(before), len(after)) < SHORTEST_RESPELLED:
            return False
        if Indel.normalized_similarity(before, after) < RESPELLED:
            return False
    return True


def every_word(text: str) -> list[str]:
    """The words of ``text`` in small letters, and of them those of one letter or digit too."""
    return _EVERY_WORD.findall(normalized("NFKC", text).casefold())


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
