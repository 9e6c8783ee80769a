"""Papers, listed or not, and texts → the listed papers that are most like them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ssm_search.errors import QueryError
from ssm_search.filters import Filters
from ssm_search.index import Candidates
from ssm_search.names import QUOTED
from ssm_search.papers import Paper, full_text
from ssm_search.ranking import fusion
from ssm_search.search.hits import Hits
from ssm_search.search.placing import Seed
from ssm_search.search.question import checked_query, merged, of_listed
from ssm_search.search.state import State
from ssm_search.text import first_sentence, sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MMR_POOL = 10  # answers that diversity chooses from, for each one wanted


def check_wishes(like: Sequence[Paper | str], diversity: float) -> None:
    """Refuse what nothing can be recommended by.

    Raises:
        QueryError: nothing is liked, or ``diversity`` is not between 0 and 1.
    """
    if not like:
        raise QueryError("nothing is liked; name at least one paper to start from")
    if not 0 <= diversity <= 1:
        raise QueryError(f"diversity is {diversity}; expected a number from 0 to 1")


def one_or_more(papers: Paper | str | Sequence[Paper | str]) -> Sequence[Paper | str]:
    """Several papers or texts; of a single one, that alone."""
    return [papers] if isinstance(papers, str | Paper) else papers


def seed_of(state: State, asked: Paper | str) -> Seed:
    """What is asked about: a listed paper, one that is given, or one that a text describes."""
    asked = asked if isinstance(asked, Paper) else checked_query(asked)
    row = state.lookup.paper(asked)
    if row is not None:
        question = of_listed(row, state.rows)
        paper = asked if isinstance(asked, Paper) else state.rows.papers([row])[0]
        return Seed(paper, row, question)
    if isinstance(asked, Paper):
        paper, text = asked, full_text(asked)
    else:
        title, *abstract = sentences(asked) or [asked]
        paper, text = Paper(id="", title=title, abstract=asked if abstract else ""), asked
    title = paper.title or first_sentence(paper.abstract)
    document = state.described(title, checked_query(text))
    return Seed(paper, None, document.question, document.encoded, text)


def nearest(
    state: State,
    liked: Sequence[Seed],
    disliked: Sequence[Seed],
    k: int,
    diversity: float,
    filters: Filters,
) -> Hits:
    """What :meth:`~ssm_search.search.asking.Search.recommend` answers."""
    _check_seeds(liked, disliked)
    lacking = state.rows.meanwhile(lambda: state.rows.left_out(filters))
    found, best, scores = ranked(state, liked, disliked, k, diversity, filters)
    own = state.rows.papers([seed.row for seed in liked if seed.row is not None])
    near = {path for paper in own for path in paper.categories}
    asked = merged([seed.question for seed in liked])
    hits = state.reasons.hits(found, best, scores, asked, headings=near)
    return Hits(hits, lacking())


def _check_seeds(liked: Sequence[Seed], disliked: Sequence[Seed]) -> None:
    """Refuse a wish that takes itself back.

    Raises:
        QueryError: one paper, or one text, is both liked and disliked.
    """
    unwanted = {_asked_for(seed) for seed in disliked}
    for seed in liked:
        if _asked_for(seed) in unwanted:
            raise QueryError(
                f"{seed.paper.title[:QUOTED]!r} is both liked and disliked; name it once"
            )


def _asked_for(seed: Seed) -> int | str:
    """What tells a seed from others: its row, its text or, if another list has it, its id."""
    return (seed.text or seed.paper.id) if seed.row is None else seed.row


def ranked(
    state: State,
    liked: Sequence[Seed],
    disliked: Sequence[Seed],
    k: int,
    diversity: float = 0.0,
    filters: Filters | None = None,
) -> tuple[Candidates, NDArray[np.int64], NDArray[np.float32]]:
    """Candidates, the places of the ``k`` best among them, and the scores of all."""
    rows = state.rows
    wanted = MMR_POOL * k if diversity else k
    asked, unlike = ([seed.question for seed in some] for some in (liked, disliked))
    excluded = state.lookup.versions(
        [seed.row for seed in (*liked, *disliked) if seed.row is not None]
    )
    chosen = rows.choose(filters or {})
    found = rows.candidates(asked, chosen, wanted, against=unlike, without=excluded)
    scores = fusion.rocchio(list(found.scores[: len(asked)]), list(found.scores[len(asked) :]))
    best = fusion.top_rows(scores, wanted, found.allowed)
    if diversity:
        vectors = rows.vectors([found.numbers[place] for place in best])
        best = best[fusion.mmr(scores[best], vectors, k, diversity)]
    return found, best, scores
