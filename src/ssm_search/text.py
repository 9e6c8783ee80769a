"""Text → sentences and terms, the same for papers and for queries."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from ssm_search.marks import normalized

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Sequence

    from rich.console import RenderableType

MIN_WORDS = 3
MIN_WORD_COUNT = 3  # rarer words are not what a misspelled one was meant to be
WORDS_REMEMBERED = 1 << 15  # papers have the same ones again and again
MIN_WIDTH = 60  # columns, below which a table is no longer one

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9$\\])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|cf|vs|resp|etc|Figs?|Eqs?|Sec|Tab|Ref|approx|w\.r\.t|a\.k\.a"
    r"|Dr|Prof|No|St)|\b[A-Z])\.$"
)
_LONGEST_ABBREVIATION = 7  # "approx."; looking further back takes time with the square of a text
_WORD = re.compile(r"\w\w+")
_OWN_WORK = re.compile(r"(?i)\b(?:we|our|this (?:paper|work|study|article|survey|report|letter))\b")

# bm25s's STOPWORDS_EN_PLUS as far as they are words here (importing them takes 0.2 s). The short
# list of 33 ranks the same (R@1 .827 against .825 of 1,453 queries), but in a list of 80 papers
# "from" and "how" are rare enough to decide an answer.
STOP_WORDS = frozenset(
    """
    about above after again against ain all am an and any are aren as at be because been before
    being below between both but by can couldn did didn do does doesn doing don down during each
    few for from further had hadn has hasn have haven having he her here hers herself him
    himself his how if in into is isn it its itself just ll ma me mightn more most mustn my
    myself needn no nor not now of off on once only or other our ours ourselves out over own re
    same shan she should shouldn so some such than that the their theirs them themselves then
    there these they this those through to too under until up ve very was wasn we were weren
    what when where which while who whom why will with won wouldn you your yours yourself
    yourselves
    """.split()
)


PAPERS = r"(?:papers?|works?|articles?|publications?|stud(?:y|ies)|research|preprints?)"
# How a question asks, and not what for. Papers keep these words: of one on "explaining" or "working
# memory" they are the topic, and so they are wherever else a question has them, as in "paper
# recommendation". Of 175 real questions 158 begin like "which papers" or "papers on": without that,
# recall among the first 5 and 10 is .653 and .753 for .642 and .742, within chance of each other.
# In a list of titles "papers" is rare, and was what "papers on DNA" asked for.
_ASKING = re.compile(
    r"(?i)^\W*(?:(?:can|could)\s+you\s+)?(?:please\s+)?"
    r"(?:explain|(?:tell|teach|show)\s+me(?:\s+more)?)\s+|(?<!\w)(?:vs|versus)(?![\w-])"
    r"|^\W*(?:in\s+)?(?:any|are|can|could|find|give|i|list|mention|name|please|provide|recommend|show"
    r"|some|suggest|tell|what|which|would)\s+(?:(?:about|all|any|are|find|give|is|list|me|mention"
    r"|name|need|of|other|please|provide|recommend|show|some|suggest|tell|the|there|want|you)\s+)*"
    rf"(?:research\s+)?{PAPERS}\s+"
    rf"|^\W*(?:research\s+)?{PAPERS}\s+(?:about|by|for|from|in|of|on|that|to|using|where|which|with)\s+"
)
_HOW_IT_WORKS = re.compile(r"(?i)(\W*how\s+(?:can|do|does|did)\s.*\w)\s+works?\W*")


def sentences(text: str) -> list[str]:
    """Cut English prose after full stops that end a sentence; abbreviations do not.

    Sentences that say where the code is ("… at https://…") and scraps without three words are left
    out, unless there is nothing else: they match any query that names the method.
    """
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        last = max(start, match.start() - _LONGEST_ABBREVIATION)
        if not _ABBREVIATION.search(text, last, match.start()):
            found.append(text[start : match.end()].strip())
            start = match.end()
    found.append(text[start:].strip())
    found = [sentence for sentence in found if sentence]
    telling = [s for s in found if "://" not in s and len(_WORD.findall(s)) >= MIN_WORDS]
    return telling or found


def first_sentence(text: str) -> str:
    """What stands for the title of a text that has none."""
    return (sentences(text) or [text])[0]


def telling_sentence(title: str, abstract: str) -> str:
    """The sentence of an abstract that says best what was done; "" if there is none.

    Of those in which authors speak of their own work, the one with the most words of the title, the
    first of several; of all sentences where they never do. Beside the summaries that authors gave
    614 papers of SciTLDR (Cachola et al. 2020), words shared as F1: .415; the first sentence of
    their own .404, that with the most words of the title .395, the first .289, the best one .502.
    Of 42 papers of the shipped list 39 say what they did, of first sentences 4.
    """
    found = sentences(abstract)
    stems = {stem for stem, _ in terms(title)}
    found = [one for one in found if _OWN_WORK.search(one)] or found
    return max(found, key=lambda one: len(stems & {stem for stem, _ in terms(one)}), default="")


def terms(text: str) -> list[tuple[str, str]]:
    """(stem, word) of each word of ``text`` that is worth looking for, in order.

    Words are runs of two or more letters or digits, lower-cased, without English stop words,
    stemmed by Snowball's English stemmer: the terms that BM25 counts.
    """
    stem = _stem()
    words = [word for word in words_of(text) if word not in STOP_WORDS]
    return [(stem(word), word) for word in words]


def asked_terms(text: str) -> list[tuple[str, str]]:
    """The :func:`terms` of a question, without words by which it only asks, if it has any other.

    Of "explain mamba", "mamba vs transformers", "how does mamba work?" and "papers on mamba" those
    are "explain", "vs", "work" and "papers".
    """
    topic = _ASKING.sub(" ", text)
    if match := _HOW_IT_WORKS.fullmatch(topic):
        topic = match[1]
    return terms(topic) or terms(text)


def asks(text: str) -> bool:
    """Whether ``text`` says that it asks: by a question mark, or as "find papers on …" does."""
    return "?" in text or _ASKING.search(text) is not None


@lru_cache(WORDS_REMEMBERED)
def is_term(word: str) -> bool:
    """Whether ``word`` is worth looking for: whether it has any :func:`terms`."""
    return any(one not in STOP_WORDS for one in words_of(word))


def words_of(text: str) -> list[str]:
    """The words of ``text``, lower-cased, full-width and other compatibility forms unified."""
    return _WORD.findall(normalized("NFKC", text).casefold())


def marked(text: str, words: Sequence[str]) -> list[tuple[str, bool]]:
    """``text`` cut into pieces, each with whether it is one of ``words``, in whatever form."""
    wanted = {stem for stem, _ in terms(" ".join(words))}
    pieces, start = [], 0
    for match in _WORD.finditer(text):
        if any(stem in wanted for stem, _ in terms(match.group())):
            pieces += [(text[start : match.start()], False), (match.group(), True)]
            start = match.end()
    return [piece for piece in [*pieces, (text[start:], False)] if piece[0]]


@cache
def _stem() -> Callable[[str], str]:
    import Stemmer

    stem: Callable[[str], str] = Stemmer.Stemmer("english").stemWord
    return stem


def nearest_word(word: str, vocabulary: Sequence[str]) -> str | None:
    """The word of ``vocabulary`` that ``word`` is most likely a misspelling of, or None.

    Two letters swapped in words of four or five letters, one slip of any kind (a letter wrong,
    missing, extra or swapped) from six on, two from nine on: a shorter word that the vocabulary
    lacks is more often another word ("haze" is no "have"). The first letter is taken to be right,
    as in most misspellings (Pollock & Zamora 1984, "Automatic Spelling Correction in Scientific
    and Scholarly Text").
    """
    return next(iter(nearest_words(word, vocabulary)), None)


def nearest_words(word: str, vocabulary: Sequence[str]) -> list[str]:
    """All words of ``vocabulary`` that :func:`nearest_word` may choose from, in its order."""
    if len(word) < 4 or not word.isalpha():
        return []
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    candidates = [known for known in vocabulary if known[0] == word[0]]
    if len(word) < 6:
        candidates = [known for known in candidates if sorted(known) == sorted(word)]
    slips = 2 if len(word) >= 9 else 1
    near = process.extract(word, candidates, scorer=OSA.distance, score_cutoff=slips, limit=None)
    least = min((distance for _, distance, _ in near), default=0)
    return [known for known, distance, _ in near if distance == least]


def common_words(counts: Counter[str]) -> tuple[str, ...]:
    """The words that occur at least ``MIN_WORD_COUNT`` times, sorted."""
    return tuple(sorted(word for word, count in counts.items() if count >= MIN_WORD_COUNT))


_DIRECTION_OVERRIDES = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
_UNSHOWN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """``text`` without control characters and text-direction overrides.

    Lists are written by strangers, and terminals do what escape sequences say.
    """
    return "".join(char for char in text if char.isprintable() and char not in _DIRECTION_OVERRIDES)


def shown_json(text: str) -> str:
    """JSON that means what ``text`` does, with escapes in place of what :func:`shown` leaves out.

    JSON needs them for the oldest control characters alone, and is read in terminals all the same.
    """
    return _UNSHOWN.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def shown_lines(text: str) -> str:
    """``text`` as :func:`shown`, but with its lines and tabs."""
    return "".join(char for char in text if char in "\n\t" or shown(char))


def counted(count: int, one: str, more: str = "") -> str:
    """How many there are of what one is called ``one``, and several ``more`` or as usual."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def drawn(renderable: RenderableType) -> str:
    """What Rich draws, as plain text as wide as the terminal, without spaces at ends of lines."""
    import io
    import shutil

    from rich.console import Console

    width = max(shutil.get_terminal_size((100, 24)).columns, MIN_WIDTH)
    screen = io.StringIO()
    Console(file=screen, width=width, color_system=None).print(renderable)
    return "\n".join(line.rstrip() for line in screen.getvalue().splitlines())
