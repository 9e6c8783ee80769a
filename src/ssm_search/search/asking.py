"""The one search: questions → hits, over rows wherever they lie."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Unpack

from ssm_search.encoding import EncodedQuery, Encoder, encode_query
from ssm_search.errors import PaperNotFoundError, QueryError
from ssm_search.filters import Filters, Tally, several
from ssm_search.index import Manifest, Rows
from ssm_search.papers import (
    Category,
    CategorySuggestion,
    Duplicate,
    LeftOut,
    Paper,
    Placement,
)
from ssm_search.ranking import filing
from ssm_search.search.answering import Wish, answer
from ssm_search.search.hits import Hits
from ssm_search.search.question import checked_query
from ssm_search.search.recommending import (
    check_wishes,
    nearest,
    one_or_more,
    ranked,
    seed_of,
)
from ssm_search.search.state import State


class Search:
    """Questions to papers; :class:`PaperSearch` and :class:`StoreSearch` say where they lie."""

    def __init__(
        self,
        current: Callable[[], Rows],
        encoder: Callable[[], Encoder],
        encoded: Callable[[str], EncodedQuery] | None = None,
    ):
        """Ask what ``current`` gives at each question.

        Args:
            encoder: gives what encodes questions; called when one is needed.
            encoded: gives a question encoded, where others that have the encoder ask it too.
        """
        self._current = current
        self._encoder_of = encoder
        self._encoded = encoded or (lambda text: encode_query(encoder(), text))
        self._known: State | None = None

    def _state(self) -> State:
        rows, known = self._current(), self._known
        if known is None or known.rows is not rows:
            known = self._known = State(rows, self._encoder_of, self._encoded)
        return known

    @property
    def rows(self) -> Rows:
        """What is asked, as it is now."""
        return self._current()

    @property
    def encoder(self) -> Encoder:
        """What encodes the questions, loaded when it is first needed.

        Raises:
            IndexFolderError, StoreError: it is not to be had, or is another than the one that
                encoded the papers.
        """
        return self._encoder_of()

    @property
    def papers(self) -> Sequence[Paper]:
        """All papers by place; of a large corpus in a folder, those that are gone too."""
        return self.rows.listing

    @property
    def manifest(self) -> Manifest:
        """What the index says about itself."""
        return self.rows.manifest

    @property
    def is_list(self) -> bool:
        """Whether these are the papers of a list, which has headings to file under and a map."""
        return self.rows.is_list

    @property
    def tally(self) -> Tally:
        """How many papers there are of each year and venue, and under each heading."""
        return self.rows.tally

    @property
    def headings(self) -> tuple[Category, ...]:
        """The headings of the list, in its order; of a large corpus, arXiv's categories."""
        return self.rows.headings

    @property
    def tree(self) -> dict[Category, int]:
        """Every heading, each after the one above it, with how many papers stand there or below."""
        place: dict[Category, int] = {}
        for path in self.headings:
            for depth in range(1, len(path) + 1):
                place.setdefault(path[:depth], len(place))
        counts = self.tally.headings
        order = sorted(place, key=lambda path: [place[path[:n]] for n in range(1, len(path) + 1)])
        return {path: counts[path] for path in order}

    def row(self, paper_id: str) -> int | None:
        """The row of the paper with this id; None if there is none."""
        return self._state().lookup.id(paper_id)

    def get(self, paper: str) -> Paper | None:
        """The listed paper with this id, link or title; None if there is none."""
        state = self._state()
        try:
            row = state.lookup.paper(paper)
        except PaperNotFoundError:
            return None
        return None if row is None else state.rows.papers([row])[0]

    def is_of(self, list_text: str) -> bool:
        """Whether the index was built from this list as it stands, to the byte."""
        content = list_text.removeprefix("\ufeff").encode()
        return hashlib.sha256(content).hexdigest() == self.manifest.list_sha256

    def status(self) -> dict[str, Any]:
        """Counts, coverage of abstracts, encoder and age, as JSON types."""
        rows, manifest = self.rows, self.rows.manifest
        age = datetime.now(UTC) - datetime.fromisoformat(manifest.built) if manifest.built else None
        counts = rows.status()
        vectors, lacking = counts.pop("vectors"), counts.pop("without_abstract")
        place = {"store": counts.pop("store")} if "store" in counts else {}
        return {
            **({"title": manifest.title} if manifest.title else {}),
            "list": manifest.list_name,
            **counts,
            "words": manifest.words,
            "encoder": manifest.encoder_name or manifest.encoder_fingerprint,
            "dimension": manifest.dimension,
            "vectors": vectors,
            "built": manifest.built,
            "age_days": age.days if age else None,
            "without_abstract": lacking,
            **place,
        }

    def query(
        self,
        text: str,
        k: int = 10,
        *,
        without: str | Sequence[str] = (),
        newest: bool = False,
        literal: bool = False,
        **filters: Unpack[Filters],
    ) -> Hits:
        """Find the papers that answer a question best, best first, and say how sure that is.

        Args:
            text: words, a question, a pasted abstract, a title, an arXiv id or link; up to 100,000
                characters. A paper whose title, name or id it is comes first.
            k: how many answers; as many papers as meet the filters are answered, up to ``k``.
            without: what the answers should not be about, or several such things.
            newest: the newest of the ``k`` best first, and of what is about something else none.
            literal: read no author, year, venue, "not …" or phrase out of the words of ``text``;
                otherwise ``Hits.constraints`` says what was read, and ``filters`` go before it.
            filters: ``category``, ``year``, ``venue``, ``has_code``, ``author``, ``phrase``; see
                :class:`~ssm_search.Filters`.

        Returns:
            Hits, each a paper with its score, its rank from 1, the reason why, and its confidence:
            the probability that it answers the question. A score only orders the answers to one
            question. ``Hits.verdict`` is "nothing" where the index has no paper about it: what is
            answered is then no more than the nearest.

        Raises:
            QueryError: ``text`` is empty or too long, ``k`` is not positive.
            PaperNotFoundError: ``text`` is an arXiv id or link that is not in the index.
            FilterError: a filter names something that the index does not have.

        Example:
            >>> import ssm_search
            >>> ssm_search.open_index().query("mamba for video", k=1)[0].paper.id
            '2403.09626'
        """
        check_count(k)
        wish = Wish(filters, several(without), newest, literal)
        return answer(self._state(), checked_query(text), k, wish)

    def newest(self, k: int = 10, **filters: Unpack[Filters]) -> list[Paper]:
        """List the newest papers, newest first; those without a date come last.

        Args:
            k: how many.
            filters: as in :meth:`query`.

        Raises:
            QueryError: ``k`` is not positive.
            FilterError: a filter names something that the index does not have.
        """
        check_count(k)
        rows = self._state().rows
        return rows.papers(rows.newest(rows.choose(filters), k))

    def left_out(self, **filters: Unpack[Filters]) -> LeftOut:
        """Count the papers that ``filters`` leave out only because a year or venue is not known.

        Answers to a question say it themselves. Raises FilterError as :meth:`query`.
        """
        return self._state().rows.left_out(filters)

    def related(
        self, paper_or_id_or_text: Paper | str, k: int = 10, **filters: Unpack[Filters]
    ) -> Hits:
        """Find the papers nearest to a paper, best first, and never that paper itself.

        Args:
            paper_or_id_or_text: a paper, listed or not; an arXiv id or link, or the exact title,
                of a listed one; or any text, such as an abstract.
            k: how many answers.
            filters: as in :meth:`query`.

        Returns:
            Hits, as :meth:`query` gives them.

        Raises:
            QueryError, PaperNotFoundError, FilterError: as :meth:`query`.
        """
        return self.recommend([paper_or_id_or_text], k=k, **filters)

    def recommend(
        self,
        like: Paper | str | Sequence[Paper | str],
        dislike: Paper | str | Sequence[Paper | str] = (),
        k: int = 10,
        diversity: float = 0.0,
        **filters: Unpack[Filters],
    ) -> Hits:
        """Find papers like those that are liked and unlike those that are disliked.

        Args:
            like: papers, ids, links, titles or texts, as :meth:`related` takes them; at least one.
            dislike: the same, for what to keep away from.
            k: how many answers, none of them a paper that is liked or disliked.
            diversity: from 0, which ranks by nearness alone, to 1; the higher, the more each answer
                differs from those before it (:func:`~ssm_search.ranking.fusion.mmr`).
            filters: as in :meth:`query`.

        Returns:
            Hits, as :meth:`query` gives them.

        Raises:
            QueryError: nothing is liked, something is liked and disliked, or ``diversity`` is not
                between 0 and 1; and as :meth:`query`.
            PaperNotFoundError, FilterError: as :meth:`query`.
        """
        like, dislike = one_or_more(like), one_or_more(dislike)
        check_wishes(like, diversity)
        check_count(k)
        state = self._state()
        liked = [seed_of(state, one) for one in like]
        disliked = [seed_of(state, one) for one in dislike]
        return nearest(state, liked, disliked, k, diversity, filters)

    def related_rows(self, paper: Paper | str, k: int = 10) -> list[int]:
        """Find the rows of the papers that :meth:`related` answers, in its order.

        What speaks for each of them, for which its text is read, takes most of the time of an
        answer; this is for who asks of all papers of a list and shows none of that. Raises as
        :meth:`related`.
        """
        check_count(k)
        state = self._state()
        found, best, _ = ranked(state, [seed_of(state, paper)], [], k)
        return [found.numbers[place] for place in best]

    def suggest_categories(
        self, paper_or_id_or_text: Paper | str, k: int = 3
    ) -> list[CategorySuggestion]:
        """Suggest the headings that a paper most likely belongs under, likeliest first.

        A listed paper is filed as if it were not listed.

        Args:
            paper_or_id_or_text: as in :meth:`related`.
            k: how many headings.

        Returns:
            Headings with calibrated probabilities and the papers that speak for each. None at all
            if nothing fits: the paper is about something else than the list, or no present heading
            is for it (about no more than 5 % of the listed papers there is as much doubt).

        Raises:
            QueryError: there is no text, or ``k`` is not positive.
            PaperNotFoundError: it is an arXiv id or link that is not in the index.
            IndexFolderError: these are the papers of a large corpus, which has no headings.
        """
        return list(self.place(paper_or_id_or_text, k).fitting)

    def place(self, paper_or_id_or_text: Paper | str, k: int = 3) -> Placement:
        """Judge whether a paper belongs on the list at all, and which headings it may go under.

        What :meth:`suggest_categories` says in short, and raises as well. A list without headings
        has none that fits.
        """
        check_count(k)
        state = self._state()
        placing, seed = state.placing, seed_of(state, paper_or_id_or_text)
        everything = state.rows.choose({})
        candidates = state.rows.candidates([seed.question], everything, len(state.rows))
        return placing.place(seed, candidates, k)

    def judge(self, paper_or_id_or_text: Paper | str) -> filing.Judgement:
        """Give what :meth:`suggest_categories` decides by.

        Probabilities of ``manifest.headings``, whether any of them fits, and whether the paper is
        about what the list is about. Raises as :meth:`suggest_categories`.
        """
        state = self._state()
        return state.placing.judge(seed_of(state, paper_or_id_or_text))

    def duplicates(self, paper_or_id_or_text: Paper | str) -> list[Duplicate]:
        """Find the listed papers that a paper is, surest first; none if it is new.

        By id in whatever form, by link, by a title that is the same or nearly so, or by an abstract
        that is: a paper that came back under another id or title is found too. Raises as
        :meth:`suggest_categories`.
        """
        state = self._state()
        return state.placing.duplicates(seed_of(state, paper_or_id_or_text))


def check_count(k: int) -> None:
    """Refuse ``k`` that is no number of answers.

    Raises:
        QueryError: it is not positive.
    """
    if not isinstance(k, int) or k < 1:
        raise QueryError(f"k is {k!r}; expected how many answers you want, 1 or more")
