"""A question as it is typed → ranked hits that say why, and how sure that is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ssm_search.errors import QueryError
from ssm_search.filters import Filters, several
from ssm_search.index import Candidates, Rows
from ssm_search.names import authors_called
from ssm_search.papers import Category, Hit, Why, full_text
from ssm_search.ranking import confidence, fusion
from ssm_search.search.hits import Hits
from ssm_search.search.parsing import ParsedQuery
from ssm_search.search.question import Question, of_listed
from ssm_search.search.signals import signals_of
from ssm_search.search.state import State
from ssm_search.text import terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

# "VMamba", "gpt-4", "RAG"; with a capital first alone it may be any word of German.
_NAME = re.compile(r"(?=\S{1,40}[A-Z0-9])[A-Za-z][\w.+-]{1,40}")
# Words of other languages that English papers have too, in names or by chance.
_SMALL_WORDS = frozenset(
    "das de del dem den der des die du ein eine el en et im la las le les los mit un una und une "
    "von zu zum zur".split()
)
_FOREIGN = _SMALL_WORDS - {"den", "die", "et"}  # which English has too, in "et al."
REMEMBERED = 10_000  # titles and headings whose words are kept
LISTED = 10  # papers by date that are looked at for each one wanted, where nothing is asked about
HEADED = 0.9  # the least confidence in what stands under the very heading that is asked for
NOT_CALLED_SO = "Nothing here is called {}."
NO_SUCH_WORD = "No paper here has the word {}."
NO_FOREIGN_WORD = "No paper here has the word {}; the encoder reads English."
NO_SUCH_WORDS = "None of these words stands in any paper here."
READS_ENGLISH = "None of these words is known here; the encoder reads English."


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of answers beside what a question is about.

    Attributes:
        without: what they should not be about.
        newest: the newest of them first.
        literal: nothing of this is read out of the words of the question.
    """

    filters: Filters
    without: tuple[str, ...] = ()
    newest: bool = False
    literal: bool = False

    def __post_init__(self) -> None:
        if not all(map(str.strip, self.without)):
            raise QueryError(
                "what answers should not be about is empty; say what, or leave that out"
            )

    def joined(self, parsed: ParsedQuery) -> Wish:
        """This, which goes before, and what the words of the question say."""
        given = {name: value for name, value in self.filters.items() if value is not None}
        return replace(
            self,
            filters=cast(Filters, {**parsed.filters, **given}),
            without=tuple(dict.fromkeys((*parsed.without, *self.without))),
            newest=self.newest or parsed.newest,
        )


@dataclass(frozen=True, slots=True)
class _Ranked:
    """The papers that a question may be answered with.

    Attributes:
        scores: by which they are ordered, shape (m,).
        order: places of the candidates, best first.
        exact: those that are called by the question, or named by it, a mask, (m,).
        headed: those under a heading that is.
        unwanted: those that are called by what is not wanted.
    """

    found: Candidates
    scores: NDArray[np.float32]
    order: NDArray[np.int64]
    exact: NDArray[np.bool_]
    headed: NDArray[np.bool_]
    unwanted: NDArray[np.bool_]


def answer(state: State, text: str, k: int, wish: Wish) -> Hits:
    """The ``k`` best answers to ``text``; see :meth:`~ssm_search.search.asking.Search.query`."""
    rows, row = state.rows, state.lookup.link(text)
    exact = state.lookup.called(text) if row is None else [row]
    parsed = ParsedQuery(text, {}) if exact or wish.literal else state.parsed(text)
    wish = wish.joined(parsed)
    chosen = rows.choose(wish.filters)
    lacking = rows.meanwhile(lambda: rows.left_out(wish.filters))
    against = [state.understood(name) for name in wish.without]
    deep = max(k, confidence.DEPTH)
    question: Question | None = None
    called: set[Category] = set()
    if parsed.constraints and not any(map(str.isalnum, parsed.text)):
        ranked = _by_date(rows, chosen, deep, against)
    else:
        question = state.understood(parsed.text) if row is None else of_listed(row, rows)
        called = _called(question, rows)
        ranked = _by_score(rows, chosen, deep, question, against, exact, called)
    found, scores = ranked.found, ranked.scores
    best = _having(several(wish.filters.get("phrase")), ranked.order, found, rows, deep)
    about, sure = _sureness(rows, ranked, best, question, against)
    said = confidence.verdict(about[: confidence.DEPTH], sure[: confidence.DEPTH])
    if question is None:
        papers = rows.papers([found.numbers[place] for place in best[:k]])
        hits = Hits(
            Hit(paper, float(scores[place]), at + 1, Why(), float(sure[at]))
            for at, (place, paper) in enumerate(zip(best, papers, strict=False))
        )
    else:
        hits = state.reasons.hits(
            found,
            best[:k],
            scores,
            question,
            exact=exact,
            headings=called,
            confidences=sure,
            close=(about >= confidence.NOTHING).tolist(),
        )
    note = parsed.note or _note(text, question, rows)
    hits = Hits(_naming_authors(hits, wish), lacking(), said, parsed.constraints, note)
    return hits.newest_first() if wish.newest else hits


def _naming_authors(hits: Hits, wish: Wish) -> Sequence[Hit]:
    """``hits`` whose reasons name the authors that were asked for."""
    asked = several(wish.filters.get("author"))
    if not asked:
        return hits
    return [
        replace(hit, why=replace(hit.why, authors=authors_called(hit.paper.authors, asked)))
        for hit in hits
    ]


def _by_date(rows: Rows, chosen: Any, deep: int, against: Sequence[Question]) -> _Ranked:
    """The newest of the chosen papers, where nothing is asked about."""
    dated = rows.newest(chosen, LISTED * deep)
    found = rows.candidates([], chosen, deep, against=against, also=dated)
    scores = fusion.pushed_away(np.zeros(len(found.numbers), dtype=np.float32), found.scores)
    unwanted = _naming(against, found, rows)
    scores = _put_last(scores, unwanted)
    place = {number: at for at, number in enumerate(dated)}
    order = np.lexsort((np.array([place[one] for one in found.numbers]), -scores))
    none = np.zeros(len(scores), dtype=bool)
    return _Ranked(found, scores, order, none, none, unwanted)


def _by_score(
    rows: Rows,
    chosen: Any,
    deep: int,
    question: Question,
    against: Sequence[Question],
    exact: Sequence[int],
    called: set[Category],
) -> _Ranked:
    """The chosen papers by how well they answer, those under headings ``called`` so first."""
    found = rows.candidates([question], chosen, deep, against=against, also=exact)
    scores = fusion.pushed_away(found.scores[0], found.scores[1:])
    unwanted = _naming(against, found, rows)
    headed = _headed(called, found, rows) & ~unwanted
    named = found.are(exact)
    scores = fusion.put_first(fusion.put_first(_put_last(scores, unwanted), headed), named)
    order = fusion.top_rows(scores, len(scores), found.allowed)
    return _Ranked(found, scores, order, named, headed, unwanted)


def _sureness(
    rows: Rows,
    ranked: _Ranked,
    best: Sequence[int],
    question: Question | None,
    against: Sequence[Question],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of the papers at the places ``best``: is the question about the same, do they answer it?"""
    about, sure = np.ones(len(best)), np.ones(len(best))
    asked = [question] if question else []
    for at, one in enumerate((*asked, *against)):
        signals = signals_of(one, at, best, ranked.found, rows)
        likely = confidence.of_answers(signals, rows.manifest.background)
        sure = sure * (likely if one is question else 1 - likely)
        if one is question:
            about = confidence.about_the_same(signals, rows.manifest.background)
    sure[ranked.unwanted[best]] = 0
    for places, least in ((ranked.headed, HEADED), (ranked.exact, 1.0)):
        sure[places[best]] = np.maximum(sure[places[best]], least)
        about[places[best]] = np.maximum(about[places[best]], least)
    return about, sure


def _naming(against: Sequence[Question], found: Candidates, rows: Rows) -> NDArray[np.bool_]:
    """The candidates whose title, or a heading of theirs, has all words of what is not wanted.

    A mask of them, shape (m,). How near others come to it is a matter of degree; this is none.
    """
    naming = np.zeros(len(found.numbers), dtype=bool)
    for question in filter(lambda one: one.stems, against):
        wanted = _words_of(question)
        places = list(range(len(naming)))
        if not rows.is_list:  # else its headings may have words that it has not
            stems = set(question.stems)
            having = rows.terms_of(found, places, stems)
            places = [at for at, has in zip(places, having, strict=True) if stems.issubset(has)]
        papers = rows.papers([found.numbers[place] for place in places])
        for place, paper in zip(places, papers, strict=True):
            names = (paper.title, *(name for path in paper.categories for name in path))
            naming[place] |= any(wanted <= _words_of_name(name) for name in names)
    return naming


def _headed(called: set[Category], found: Candidates, rows: Rows) -> NDArray[np.bool_]:
    """The candidates that stand under a heading that is ``called`` as the question; a mask, (m,).

    Whoever keeps the list has said that they are about that.
    """
    headed = np.zeros(len(found.numbers), dtype=bool)
    if called:
        for place, paper in enumerate(rows.papers(found.numbers)):
            headed[place] = not called.isdisjoint(paper.categories)
    return headed


def _called(question: Question, rows: Rows) -> set[Category]:
    """The headings of a list of which a question is the name."""
    asked = _words_of(question) if rows.is_list else frozenset()
    return {path for path in rows.tally.headings if asked and asked == _words_of_name(path[-1])}


@lru_cache(REMEMBERED)
def _words_of_name(name: str) -> frozenset[str]:
    return frozenset(word.removesuffix("s") for _, word in terms(name))


def _words_of(question: Question) -> frozenset[str]:
    """Its words as of one thing each; whole ones, for what has no tokenizer may be about tokens."""
    words = (word.partition(" (for ")[0] for word in question.words.values())
    return frozenset(word.removesuffix("s") for word in words)


def _put_last(scores: NDArray[np.float32], places: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Lower the scores at ``places``, a mask, by one amount, so that each is below all others."""
    return -fusion.put_first(-scores, places)


def _having(
    phrases: Sequence[str], order: NDArray[np.int64], found: Candidates, rows: Rows, most: int
) -> list[int]:
    """The first ``most`` places of ``order`` whose papers have all ``phrases``.

    Of a paper whose indexed text is not at hand, no more can be told than that it has all the
    words, which was seen to before.
    """
    if not phrases:
        return [int(place) for place in order[:most]]
    wanted = [_spaced(phrase) for phrase in phrases]
    kept = []
    for place in order.tolist():
        row = found.numbers[place]
        paper = rows.papers([row])[0]
        text = _spaced(full_text(paper))
        if not rows.is_indexed_text(row, paper) or all(phrase in text for phrase in wanted):
            kept.append(place)
        if len(kept) == most:
            break
    return kept


def _spaced(text: str) -> str:
    return f" {' '.join(stem for stem, _ in terms(text))} "


def _note(text: str, question: Question | None, rows: Rows) -> str:
    """What is to be said of a question whose words the index does not know; "" if nothing."""
    if question is None:
        return ""
    telling = {stem for stem in question.stems if question.words[stem] not in _SMALL_WORDS}
    if any(map(rows.knows, telling or question.stems)):
        return ""
    if _NAME.fullmatch(text):
        return NOT_CALLED_SO.format(text)
    letters = [char for char in text if char.isalpha()]
    latin = sum("LATIN" in unicodedata.name(char, "") for char in letters)
    if letters and latin < len(letters) / 2:
        return READS_ENGLISH
    several_words = len(text.split()) > 1
    if several_words and letters:
        is_foreign = not _FOREIGN.isdisjoint(re.findall(r"\w+", text.casefold()))
        return READS_ENGLISH if is_foreign or _has_accents(letters) else NO_SUCH_WORDS
    if text[:1].isupper():
        return NO_FOREIGN_WORD.format(text) if _has_accents(letters) else NO_SUCH_WORD.format(text)
    return ""


def _has_accents(letters: Sequence[str]) -> bool:
    return not all(map(str.isascii, letters))
