"""Several lists asked as one: each by itself, the answers put in order by what means the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, replace
from functools import cached_property, lru_cache, partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, Unpack

import numpy as np

from ssm_search.dates import Date
from ssm_search.encoding import EncodedQuery, Encoder, encode_query
from ssm_search.errors import FilterError, IndexFolderError, PaperNotFoundError, QueryError
from ssm_search.filters import Facets, Filters, Tally
from ssm_search.papers import Category, Hit, LeftOut, Paper, Why
from ssm_search.ranking import confidence, fusion
from ssm_search.search.asking import Search, check_count
from ssm_search.search.hits import Hits
from ssm_search.search.placing import Seed
from ssm_search.search.recommending import check_wishes, nearest, one_or_more, seed_of
from ssm_search.search.state import REMEMBERED
from ssm_search.vectors import product

if TYPE_CHECKING:
    from numpy.typing import NDArray

VERDICTS = ("fits", "unsure", "nothing")  # of answers, best first
PLACES = ("fits", "unsure", "no heading", "off topic")  # of papers, best first
NAME_CHARS = 100  # of the title of a list, which every card bears

T = TypeVar("T")
Placed = tuple[int, Hit]  # the place of a list among the lists, and a hit of its


class ListsSearch(Search):
    """Search over the papers of several lists, each of which goes on as it is.

    A question is asked of each list, and the answers are put in order by their confidence, which
    means the same everywhere. A paper that several lists have is answered once, as the surest of
    them tells it; ``Hit.lists`` names them all. Filters apply where a list can: one that has no
    such heading or venue answers nothing. What is about one list alone raises QueryError.

    Of 175 questions of researchers to 1,700 papers, .742 of what they look for is among the first
    ten (recall@10); with the papers at random in two lists it is .731 and .739, in three .731 and
    .749, and of the ten answers .86 are the same.

    Attributes:
        lists: the search of each list by its name, in order; for what needs a single one.

    Example:
        >>> from ssm_search import ListsSearch, Paper, PaperSearch
        >>> kites = PaperSearch.from_papers([Paper("2401.00001", "Kites")])
        >>> knots = PaperSearch.from_papers([Paper("2401.00002", "Knots")])
        >>> hit = ListsSearch({"In the air": kites, "On ropes": knots}).query("knots", k=1)[0]
        >>> hit.paper.title, hit.lists
        ('Knots', ('On ropes',))
    """

    def __init__(self, lists: Mapping[str, Search]):
        """Ask ``lists``, each by its name.

        Raises:
            QueryError: there is none.
            IndexFolderError: one is no list, but a large corpus.
        """
        super().__init__(self._no_single, self._no_single)
        if not lists:
            raise QueryError("there are no lists to search; name the index of at least one")
        for name, search in lists.items():
            if not search.is_list:
                raise IndexFolderError(
                    f"{name} is a large corpus, and only lists are searched together; ask it alone"
                )
        self.lists = dict(lists)
        self._each_list = _sharing(list(lists.values()))

    @classmethod
    def named(cls, lists: Iterable[tuple[str, str | Path, Search]]) -> ListsSearch:
        """Ask lists that are given as (title, place, search), and are called by their titles.

        Those with the same title are told apart by where they lie: by the name of the folder or,
        where that is the same, by all of the path, and at last by a number. So is one whose title
        is the name of another's folder, by which that may be asked for.
        """
        made: dict[str, Search] = {}
        several = [(title[:NAME_CHARS], place, search) for title, place, search in lists]
        shared = Counter(title for title, _, _ in several)
        folders = Counter(Path(place).name for _, place, _ in several)
        for title, place, search in several:
            others = folders[title] - (Path(place).name == title)
            named = [title] if shared[title] == 1 and not others else []
            named += [f"{title} ({Path(place).name})", f"{title} ({place})"]
            numbered = (f"{title} ({number})" for number in count(2))
            made[next(name for name in chain(named, numbered) if name not in made)] = search
        return cls(made)

    def _no_single(self) -> NoReturn:
        raise QueryError(f"this is about one list; name one of {', '.join(self.lists)}")

    @property
    def is_list(self) -> bool:
        """True: these are the papers of lists."""
        return True

    @cached_property
    def papers(self) -> Sequence[Paper]:
        """All papers, each once, in the order of the lists, under the headings of all of them."""
        found: list[Paper] = []
        headings: list[dict[Category, None]] = []
        known: dict[tuple[int, int], int] = {}  # (list, row) → place in ``found``
        for at, search in enumerate(self._each_list):
            for row, paper in enumerate(search.papers):
                place = known.get((at, row), len(found))
                if place == len(found):
                    found.append(paper)
                    headings.append({})
                    known |= {one: place for one in self._rows(paper) if one[0] > at}
                headings[place] |= dict.fromkeys(paper.categories)
        filed = zip(found, map(tuple, headings), strict=True)
        return tuple(replace(paper, categories=paths) for paper, paths in filed)

    @cached_property
    def tally(self) -> Tally:
        """How many papers there are of each year and venue, and under each heading of any list."""
        columns = Facets.of(self.papers)
        return Tally.of([columns], np.ones(len(columns), dtype=bool))

    @property
    def headings(self) -> tuple[Category, ...]:
        """The headings of all lists, those of the first one first."""
        return tuple(dict.fromkeys(path for one in self._each_list for path in one.headings))

    def lists_of(self, paper: Paper) -> tuple[str, ...]:
        """The names of the lists that have a paper, by its id or its title."""
        names = list(self.lists)
        return tuple(names[at] for at, _ in self._rows(paper))

    def row(self, paper_id: str) -> int | None:
        """Raise QueryError: a row is one of a single list."""
        self._no_single()

    def get(self, paper: str) -> Paper | None:
        """The paper with this id, link or title, of the first list that has it; None if none."""
        found = (search.get(paper) for search in self._each_list)
        return next((one for one in found if one is not None), None)

    def is_of(self, list_text: str) -> bool:
        """False: no list by itself is all of these."""
        return False

    def status(self) -> dict[str, Any]:
        """How many papers there are, and what each list says of itself, as JSON types."""
        each = {name: search.status() for name, search in self.lists.items()}
        return {"papers": len(self.papers), "lists": each}

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
        """Find the papers of any list that answer a question best, surest first.

        As :meth:`Search.query`, which says what it raises, where no list answers. The verdict is
        that of the best list. What one list reads out of the question, as an author it knows, holds
        for all: those that cannot tell answer nothing.
        """
        check_count(k)

        def ask(literally: bool) -> dict[int, Hits]:
            options: dict[str, Any] = {"without": without, "literal": literally, **filters}
            return self._asked(lambda _, search: search.query(text, k, **options))

        answers = ask(literal)
        if not literal and any(hit.why.exact for hits in answers.values() for hit in hits):
            answers = ask(True)  # a title of one list is no wish to another
        read = max((_said(hits) for hits in answers.values()), key=len)
        answers = {at: hits for at, hits in answers.items() if _said(hits) == read}
        first = next(iter(answers.values()))
        found = [(at, hit) for at, hits in answers.items() for hit in _by_sureness(hits)]
        notes = [hits.note for hits in answers.values()]
        merged = Hits(
            self._merged(found, k),
            _joined([hits.left_out for hits in answers.values()]),
            min((hits.verdict or "nothing" for hits in answers.values()), key=VERDICTS.index),
            first.constraints,
            first.note if all(notes) else "",
        )
        by_date = newest or any(one.kind == "newest" for one in first.constraints)
        return merged.newest_first() if by_date else merged

    def newest(self, k: int = 10, **filters: Unpack[Filters]) -> list[Paper]:
        """List the newest papers of all lists, as :meth:`Search.newest`."""
        check_count(k)
        answers = self._asked(lambda _, search: search.newest(k, **filters))
        found = [(at, Hit(paper, 0.0, 0, Why())) for at, some in answers.items() for paper in some]
        return [hit.paper for hit in self._merged(found, k)]

    def left_out(self, **filters: Unpack[Filters]) -> LeftOut:
        """As :meth:`Search.left_out`; a paper counts in each list that has it."""
        return _joined(list(self._asked(lambda _, one: one.left_out(**filters)).values()))

    def recommend(
        self,
        like: Paper | str | Sequence[Paper | str],
        dislike: Paper | str | Sequence[Paper | str] = (),
        k: int = 10,
        diversity: float = 0.0,
        **filters: Unpack[Filters],
    ) -> Hits:
        """Find papers of any list like those that are liked, which may lie in different ones.

        As :meth:`Search.recommend`. Each list chooses of its own; beside those of others they are
        put by the cosines of their vectors to what is liked, less a fifth of those to what is not
        (:func:`~ssm_search.ranking.fusion.rocchio`), or by their ranks where the lists have
        different encoders.
        """
        like, dislike = one_or_more(like), one_or_more(dislike)
        check_wishes(like, diversity)
        check_count(k)
        liked, disliked = ([self._seeds(one) for one in some] for some in (like, dislike))
        alike = len({one.manifest.encoder_fingerprint for one in self._each_list}) == 1

        def ask(at: int, search: Search) -> Hits:
            wishes = [seeds[at] for seeds in liked], [seeds[at] for seeds in disliked]
            hits = nearest(search._state(), *wishes, k, diversity, filters)
            scores = [-float(hit.rank) for hit in hits]
            if alike and hits:
                vectors = self._vectors([(at, hit) for hit in hits])
                near = ([product(vectors, one.question.vector) for one in some] for some in wishes)
                scores = fusion.rocchio(*near).tolist()
            pairs = zip(hits, scores, strict=True)
            return Hits((replace(hit, score=score) for hit, score in pairs), hits.left_out)

        answers = self._asked(ask)
        found = [(at, hit) for at, hits in answers.items() for hit in hits]
        if alike and diversity and found:
            scores = np.array([hit.score for _, hit in found], dtype=np.float32)
            order = fusion.mmr(scores, self._vectors(found), len(found), diversity)
            found = [
                (found[at][0], replace(found[at][1], score=-float(n))) for n, at in enumerate(order)
            ]
        return Hits(self._merged(found, k), _joined([one.left_out for one in answers.values()]))

    def likeliest(self, paper: Paper | str) -> str:
        """The name of the list that a paper fits best.

        By the verdict of each list (:meth:`Search.place`), then by its scope, then in the order of
        the lists. A list that no paper of is about the same is off topic, where it is too small to
        tell by its scope.

        Of 79 papers held out of six lists, beside a list of two papers under one heading, 70 come
        to their own by title and abstract, 67 by title; in the order of the probabilities of
        headings it were 47 and 45, and all 79 to the one heading where small lists tell by scope.

        Raises:
            QueryError, PaperNotFoundError: as :meth:`Search.place`, where no list can tell.
        """
        fits = self._asked(lambda _, search: _fitness(search, paper))
        return list(self.lists)[max(fits, key=lambda at: fits[at])]

    def _asked(self, ask: Callable[[int, Search], T]) -> dict[int, T]:
        """What each list answers, by its place, without those that what is asked for is not in.

        Raises:
            FilterError, PaperNotFoundError: it is in no list.
        """
        answers, errors = {}, []
        for at, search in enumerate(self._each_list):
            try:
                answers[at] = ask(at, search)
            except (FilterError, PaperNotFoundError) as error:
                errors.append(error)
        if not answers:
            raise errors[0]
        return answers

    def _rows(self, paper: Paper) -> list[tuple[int, int]]:
        """Where a paper is, by its id or its title: the places of lists and its row in each."""
        rows = ((at, one._state().lookup.paper(paper)) for at, one in enumerate(self._each_list))
        return [(at, row) for at, row in rows if row is not None]

    def _merged(self, found: Iterable[Placed], k: int) -> list[Hit]:
        """The ``k`` hits with the highest scores, each paper once; of equal ones the newest first.

        Of a paper and the post about it, both called by the question, the paper comes first.
        """

        def key(hit: Hit) -> tuple[float, bool, tuple[int, ...]]:
            is_post = hit.why.exact and hit.paper.kind == "link"
            return hit.score, not is_post, astuple(Date.of(hit.paper))

        order = sorted(found, key=lambda one: key(one[1]), reverse=True)
        names = list(self.lists)
        hits: list[Hit] = []
        taken: set[tuple[int, int]] = set()
        for _, hit in order:
            rows = self._rows(hit.paper)
            if len(hits) < k and taken.isdisjoint(rows):
                lists = tuple(names[one] for one, _ in rows)
                hits.append(replace(hit, rank=len(hits) + 1, lists=lists))
                taken.update(rows)
        return hits

    def _vectors(self, found: Sequence[Placed]) -> NDArray[np.float32]:
        """The stored vectors of papers of lists with one encoder, shape (n, d)."""
        rows = [(at, self._each_list[at].row(hit.paper.id) or 0) for at, hit in found]
        return np.concatenate([self._each_list[at].rows.vectors([row]) for at, row in rows])

    def _seeds(self, asked: Paper | str) -> list[Seed]:
        """What is asked about, as each list asks it: by its own row, or by what another has of it.

        Raises:
            QueryError, PaperNotFoundError: as :meth:`Search.related`.
        """
        known = self._asked(lambda _, search: search._state().lookup.paper(asked))
        origin = next((at for at, row in known.items() if row is not None), None)
        first = self._each_list[origin or 0]
        seed = seed_of(first._state(), asked)
        rows = {} if origin is None else dict(self._rows(seed.paper))
        given = asked if origin is None else seed.paper
        seeds = []
        for at, search in enumerate(self._each_list):
            same = search.manifest.encoder_fingerprint == first.manifest.encoder_fingerprint
            if search is first:
                seeds.append(seed)
            elif same and at not in rows:
                seeds.append(replace(seed, row=None))
            else:
                seeds.append(seed_of(search._state(), given))
        return seeds


def _fitness(search: Search, paper: Paper | str) -> tuple[int, float]:
    """How well a paper fits a list: by the verdict, then by its scope."""
    state = search._state()
    seed = seed_of(state, paper)
    everything = state.rows.choose({})
    candidates = state.rows.candidates([seed.question], everything, len(state.rows))
    placement = state.placing.place(seed, candidates, 0)  # which headings, nobody asks here
    is_told = bool(search.manifest.calibration.nearness) and not placement.nothing
    is_about = is_told or state.placing.about(seed, candidates) >= confidence.NOTHING
    verdict = placement.verdict if is_about else "off topic"
    return -PLACES.index(verdict), placement.scope


def _sharing(lists: Sequence[Search]) -> list[Search]:
    """The same searches; those with one encoder share it, and what it made of questions."""
    encoders: dict[str, tuple[Callable[[], Encoder], Callable[[str], EncodedQuery]]] = {}
    made = []
    for search in lists:
        name = search.manifest.encoder_fingerprint
        if name not in encoders:
            encoder = partial(getattr, search, "encoder")
            encoders[name] = encoder, lru_cache(REMEMBERED)(partial(_encoded, encoder))
        made.append(Search(partial(getattr, search, "rows"), *encoders[name]))
    return made


def _encoded(encoder: Callable[[], Encoder], text: str) -> EncodedQuery:
    return encode_query(encoder(), text)


def _said(hits: Hits) -> frozenset[tuple[str, str]]:
    """What was read out of the words of a question, whatever a list calls it."""
    return frozenset((one.kind, one.said.casefold()) for one in hits.constraints)


def _by_sureness(hits: Hits) -> list[Hit]:
    """``hits`` with their confidence for a score."""
    return [replace(hit, score=hit.confidence or 0.0) for hit in hits]


def _joined(counts: Sequence[LeftOut]) -> LeftOut:
    """Several counts as one."""
    some = [one for one in counts if one]
    lacking = {one.lacking for one in some}
    what = lacking.pop() if len(lacking) == 1 else "year or venue"
    return LeftOut(sum(one.papers for one in some), what if some else "")
