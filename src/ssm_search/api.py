"""The questions that are asked of the shipped list: what ``import ssm_search`` offers first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssm_search.curation import Card, Triage
    from ssm_search.filters import Filters
    from ssm_search.papers import Category, CategorySuggestion, Paper
    from ssm_search.search import Hits
    from ssm_search.upkeep import Finding


def query(
    text: str,
    k: int = 10,
    *,
    without: str | Sequence[str] = (),
    newest: bool = False,
    literal: bool = False,
    **filters: Unpack[Filters],
) -> Hits:
    """Find the papers of the shipped list that answer a question best, best first.

    Any other collection is asked in the same way by :class:`~ssm_search.PaperSearch`.

    Args:
        text: Words, a question, a pasted abstract, a title, an arXiv id or link; up to 100,000
            characters. A paper whose title, name or id it is comes first.
        k: How many answers. As many papers as meet the filters are answered, up to ``k``.
        without: What the answers should not be about, or several such things.
        newest: The newest of them first.
        literal: Read no author, year, venue, "not …" or quoted phrase out of the text.
        **filters: ``category`` (a heading, a part of its name, or a path such as "Computer Vision >
            Video"), ``year`` (one, or (from, to)), ``venue`` (a part of its name), ``author``,
            ``phrase``, ``has_code`` (True or False). All that are given must hold.

    Returns:
        A list of hits, which prints as a table; each is a ``paper``, its ``score`` (higher is
        better; it orders the answers to one question), its ``rank`` from 1, its ``confidence`` (the
        probability that it answers the question), and ``why`` it does. The list's ``verdict`` is
        "fits", "unsure", or "nothing" where no paper is about that; its ``constraints`` say what
        was read out of the text beside what it is about.

    Raises:
        QueryError: The text is empty or too long, or ``k`` is not positive.
        PaperNotFoundError: The text is an arXiv id or link that is not on the list.
        FilterError: A filter names something that the list does not have.

    Example:
        >>> import ssm_search
        >>> hits = ssm_search.query("mamba for video", k=3, year=2024)
        >>> hits[0].paper.title
        'Video Mamba Suite: State Space Model as a Versatile Alternative for Video Understanding'
        >>> hits.verdict, hits[0].why.in_title
        ('fits', ('video',))
    """
    from ssm_search.search import shipped_search

    return shipped_search().query(
        text, k, without=without, newest=newest, literal=literal, **filters
    )


def headings() -> dict[Category, int]:
    """Count the papers of the shipped list under each of its headings.

    Returns:
        Every heading as a path, each after the one above it, with how many papers stand under it or
        below.

    Example:
        >>> import ssm_search
        >>> ssm_search.headings()["Computer Vision", "Point Cloud"]
        2
    """
    from ssm_search.search import shipped_search

    return shipped_search().tree


def related(paper_or_id_or_text: Paper | str, k: int = 10, **filters: Unpack[Filters]) -> Hits:
    """Find the papers of the shipped list nearest to a paper, and never that paper itself.

    Args:
        paper_or_id_or_text: A :class:`~ssm_search.Paper`, listed or not; an arXiv id or link, or
            the exact title, of a listed one; or any text, such as an abstract.
        k: How many answers.
        **filters: As in :func:`query`.

    Returns:
        Hits, best first, as :func:`query` gives them.

    Raises:
        QueryError: There is no text, or ``k`` is not positive.
        PaperNotFoundError: It is an arXiv id or link that is not on the list.
        FilterError: A filter names something that the list does not have.

    Example:
        >>> import ssm_search
        >>> [hit.paper.id for hit in ssm_search.related("2403.06977", k=2)]
        ['2403.09626', '2403.09338']
    """
    from ssm_search.search import shipped_search

    return shipped_search().related(paper_or_id_or_text, k, **filters)


def recommend(
    like: Paper | str | Sequence[Paper | str],
    dislike: Paper | str | Sequence[Paper | str] = (),
    k: int = 10,
    diversity: float = 0.0,
    **filters: Unpack[Filters],
) -> Hits:
    """Recommend papers of the shipped list like some, and unlike others.

    Args:
        like: One or several papers, arXiv ids, links, titles or texts, as :func:`related` takes
            them.
        dislike: The same, for what to keep away from.
        k: How many answers, none of them a paper that is liked or disliked.
        diversity: From 0, which ranks by nearness alone, to 1; the higher, the more each answer
            differs from those before it (maximal marginal relevance).
        **filters: As in :func:`query`.

    Returns:
        Hits, best first, as :func:`query` gives them.

    Raises:
        QueryError: Nothing is liked, or ``diversity`` is not between 0 and 1.
        PaperNotFoundError: One of them is an arXiv id or link that is not on the list.
        FilterError: A filter names something that the list does not have.

    Example:
        >>> import ssm_search
        >>> hits = ssm_search.recommend(["2403.06977", "2401.13560"], ["2402.02491"], diversity=0.3)
        >>> len(hits)
        10
    """
    from ssm_search.search import shipped_search

    return shipped_search().recommend(like, dislike, k, diversity, **filters)


def suggest_categories(paper_or_id_or_text: Paper | str, k: int = 3) -> list[CategorySuggestion]:
    """Suggest the headings of the shipped list that a paper belongs under, likeliest first.

    Args:
        paper_or_id_or_text: As in :func:`related`. A listed paper is filed as if it were not
            listed.
        k: How many headings.

    Returns:
        Suggestions, each a ``category`` (a path of headings), its ``confidence`` (a calibrated
        probability) and the papers that are its ``evidence``. None at all if nothing fits.

    Raises:
        QueryError: There is no text, or ``k`` is not positive.
        PaperNotFoundError: It is an arXiv id or link that is not on the list.

    Example:
        >>> import ssm_search
        >>> text = "Segmenting organs in scans. A state space model segments medical images."
        >>> ssm_search.suggest_categories(text, k=1)[0].category[-1]
        'Medical Image Segmentation'
    """
    from ssm_search.search import shipped_search

    return shipped_search().suggest_categories(paper_or_id_or_text, k)


def submit(
    paper: Paper | str, *, category: Category | str | None = None, offline: bool = False
) -> Card:
    """Show where a new paper belongs in the shipped list: scope, headings, duplicates, its row.

    Args:
        paper: An arXiv id or link, or a :class:`~ssm_search.Paper` with whatever is known of it.
        category: A heading to file it under instead of the likeliest: a path, or its last name.
        offline: Ask arXiv for nothing; what is missing stays missing.

    Returns:
        A card, which prints as a table; ``placement`` (verdict and headings), ``duplicates``,
        ``related``, ``insertion`` (the list with the row in it, or None; then ``no_row`` says why),
        ``patch``, ``notes``.

    Raises:
        SubmissionError: Nothing is known of the paper but its id.
        ListError: There is no heading ``category``, or several have that name.

    Example:
        >>> import ssm_search
        >>> paper = ssm_search.Paper("2404.03425", "ChangeMamba: Change Detection in Images")
        >>> ssm_search.submit(paper, offline=True).placement.verdict
        'fits'
    """
    from ssm_search.curation import cards
    from ssm_search.search import shipped_search
    from ssm_search.shipped import shipped_list

    path = shipped_list()
    return cards.submit(
        shipped_search(),
        paper,
        path.read_text(encoding="utf-8"),
        list_name=path.name,
        category=category,
        offline=offline,
    )


def triage(text: str, *, offline: bool = False) -> Triage:
    """Make a card for each paper that a text submits to the shipped list.

    Args:
        text: A pull request's diff, an issue, BibTeX, rows of a list, or links; up to 200,000
            characters and 100 papers.
        offline: Ask arXiv for nothing.

    Returns:
        ``cards``, as :func:`submit` gives them, and ``unread``: papers that nothing is known of but
        an id, with the reason.

    Raises:
        NoPaperError: The text names no paper.
        SubmissionError: It is too long, or names too many.

    Example:
        >>> import ssm_search
        >>> row = "- [Video Kites with State Space Models](https://example.org/kites)"
        >>> [card.paper.title for card in ssm_search.triage(row, offline=True).cards]
        ['Video Kites with State Space Models']
    """
    from ssm_search.curation import cards
    from ssm_search.search import shipped_search
    from ssm_search.shipped import shipped_list

    path = shipped_list()
    known = path.read_text(encoding="utf-8")
    return cards.triage(shipped_search(), text, known, list_name=path.name, offline=offline)


def examine() -> list[Finding]:
    """Look for what is wrong in the shipped list: what is misfiled, doubled, misspelled, unread.

    Returns:
        Findings, each with its ``kind``, the ``line`` it is about, a ``message``, its ``evidence``
        and, where one is sure, a ``patch`` for ``git apply``.

    Example:
        >>> import ssm_search
        >>> all(finding.message for finding in ssm_search.examine())
        True
    """
    from ssm_search.abstracts import default_cache, load_abstracts
    from ssm_search.search import shipped_search
    from ssm_search.shipped import shipped_list
    from ssm_search.upkeep import doctor

    path = shipped_list()
    text = path.read_text(encoding="utf-8")
    return doctor.examine(shipped_search(), text, path.name, load_abstracts(default_cache()))
