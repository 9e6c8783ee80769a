"""A submission → the card that files it: does it belong, where, is it there already, what row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome import Insertion, insert_paper, read_list, unified_diff
from ssm_search.curation import card_table
from ssm_search.curation.card_table import path_line
from ssm_search.curation.intake import Submission, completed
from ssm_search.curation.proposals import NewHeading, new_headings
from ssm_search.curation.submissions import checked_link, paper_of, read_submissions
from ssm_search.errors import ListError, SubmissionError
from ssm_search.index import names
from ssm_search.papers import Abstract, Category, Duplicate, Hit, Paper, Placement
from ssm_search.search import Search

if TYPE_CHECKING:
    from rich.console import RenderableType

RELATED = 5  # listed papers shown


@dataclass(frozen=True, slots=True)
class Card:
    """All that a maintainer needs to decide on a paper; prints as a table, in notebooks with links.

    Attributes:
        paper: the paper, with what arXiv says of it.
        notes: what else there is to know: where its text is from, what differs, what is stale.
        placement: the verdict, and the likeliest headings with their probabilities.
        duplicates: listed papers that it may be, each with the reason.
        related: the listed papers nearest to it, nearest first.
        category: the heading that the row is for; () if there is no row, or the list has none.
        insertion: the list with the row in it, or None.
        patch: the change that puts the row in, as a diff; "" if there is no row.
        no_row: why there is no row; "" if there is one.
    """

    paper: Paper
    notes: tuple[str, ...]
    placement: Placement
    duplicates: tuple[Duplicate, ...]
    related: tuple[Hit, ...]
    category: Category
    insertion: Insertion | None
    patch: str
    no_row: str

    def __str__(self) -> str:
        return card_table.card_text(self)

    def __rich__(self) -> RenderableType:
        return card_table.with_row(self)

    def _repr_html_(self) -> str:
        return card_table.card_html(self)


@dataclass(frozen=True, slots=True)
class Triage:
    """Cards for all papers of one submission; prints as they do, one below the other.

    Attributes:
        cards: one for each paper that a title or an abstract is known of, in their order.
        unread: papers that nothing is known of but an id, with the reason.
        proposed: headings that several papers could stand under which no present one fits.
    """

    cards: tuple[Card, ...]
    unread: tuple[Submission, ...]
    proposed: tuple[NewHeading, ...] = ()

    def __str__(self) -> str:
        return card_table.triage_text(self)

    def _repr_html_(self) -> str:
        return card_table.triage_html(self)


def submit(
    search: Search,
    paper: Paper | str,
    list_text: str = "",
    *,
    list_name: str = "README.md",
    category: Category | str | None = None,
    abstracts: Mapping[str, Abstract] | None = None,
    offline: bool = False,
) -> Card:
    """Make the card of one paper: whether it belongs on the list, where, and with what row.

    Args:
        search: the index of the list; the question is put to it, and the paper is not added.
        paper: an arXiv id or link, or a paper with whatever is known of it.
        list_text: the list as it is now, for the row; without it there is none.
        list_name: its file name, for the patch.
        category: a heading to file it under, by its path or last name; else the likeliest.
        abstracts: texts that need not be asked from arXiv, by id.
        offline: ask arXiv for nothing; what is missing stays missing.

    Raises:
        SubmissionError: nothing is known of the paper but its id, or that is none, and no link.
        IndexFolderError: the index is that of a large corpus, which has no headings.
        ListError: there is no heading ``category``, or several have that name.
    """
    given = paper if isinstance(paper, Paper) else paper_of(checked_link(paper))
    (submission,) = completed(_listed(search, [given]), abstracts, offline=offline)
    if not submission.paper.title and not submission.paper.abstract:
        raise SubmissionError(_unknown(given, submission))
    return _card(search, submission, list_text, list_name, category)


def _unknown(given: Paper, submission: Submission) -> str:
    """What to say of a paper without a title and an abstract."""
    if given.kind == "paper":
        return f"{given.id}: {submission.reason}; give its title and abstract"
    if given.url:
        return (
            f"{given.url} is not on arXiv, where its title could be looked up; give its title "
            "and abstract"
        )
    return "nothing was submitted; expected an arXiv id, a link or a title"


# Long: where to file, by what list, with what texts: all of it by name, as for `submit`.
def triage(
    search: Search,
    submitted: str | Sequence[Paper],
    list_text: str = "",
    *,
    list_name: str = "README.md",
    category: Category | str | None = None,
    abstracts: Mapping[str, Abstract] | None = None,
    offline: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Triage:
    """Make a card for each paper of a diff, an issue, BibTeX or links.

    Args:
        submitted: the text of it, or the papers read from it.
        category: as for :func:`submit`, for all of them, as all else.
        progress: called with (abstracts that came, abstracts asked of arXiv).

    Raises:
        NoPaperError, SubmissionError: the text names no paper, or is too long or names too many.
        ListError, IndexFolderError: as for :func:`submit`.
    """
    papers = read_submissions(submitted) if isinstance(submitted, str) else submitted
    papers = _listed(search, papers)
    submissions = completed(papers, abstracts, offline=offline, progress=progress)
    known = [one for one in submissions if one.paper.title or one.paper.abstract]
    made = tuple(_card(search, one, list_text, list_name, category) for one in known)
    unfit = [card.paper for card in made if card.placement.verdict == "no heading"]
    return Triage(
        cards=made,
        unread=tuple(one for one in submissions if one not in known),
        proposed=new_headings(search, unfit),
    )


def _listed(search: Search, papers: Sequence[Paper]) -> list[Paper]:
    """``papers``; of those given by an id that is listed, what the list says of them.

    Raises:
        IndexFolderError: the index is that of a large corpus, under whose headings nobody files.
    """
    search.rows.as_list()
    return [
        replace(listed, categories=())
        if not paper.title and (listed := search.get(paper.id) or _at(search, paper.url))
        else paper
        for paper in papers
    ]


def _at(search: Search, url: str) -> Paper | None:
    """The listed paper with this address; None if there is none."""
    rows = search.rows.rows_named(names.by_address(url)) if url else []
    return search.rows.papers(rows[:1])[0] if rows else None


def _as_listed(same: Duplicate, list_text: str) -> str:
    """Say that a paper is listed, and on which lines and under which headings."""
    listed = same.paper
    places = _places(list_text).get(listed.id) if list_text else None
    where = [
        ", ".join([f"line {line}"] * bool(line) + [f"under {path_line(path)}"] * bool(path))
        for line, path in places or [(0, path) for path in listed.categories]
    ]
    at = ", ".join(["already listed", *filter(None, ["; ".join(where)])])
    if same.reason == "id":
        return at
    return f"a paper of the same {same.reason}, {listed.id}, is {at}"


@lru_cache(maxsize=1)  # a submission may name many papers of one list, which takes long to read
def _places(list_text: str) -> dict[str, list[tuple[int, Category]]]:
    """Where each paper of a list stands: every line, with the heading that is over it."""
    places: dict[str, list[tuple[int, Category]]] = {}
    for entry in read_list(list_text).entries:
        path = next(iter(entry.paper.categories), ())
        places.setdefault(entry.paper.id, []).append((entry.line, path))
    return places


def _card(
    search: Search,
    submission: Submission,
    list_text: str,
    list_name: str,
    wanted: Category | str | None,
) -> Card:
    paper, notes = submission.paper, list(submission.notes)
    placement = search.place(paper)
    duplicates = tuple(search.duplicates(paper))
    same = next((one for one in duplicates if one.likeness == 1 and one.reason != "abstract"), None)
    if same:
        notes.insert(0, _as_listed(same, list_text))
    if list_text and not search.is_of(list_text):
        notes.append("the list changed since its index was built; `ssm-search build` updates it")
    category: Category = ()
    insertion, no_row = None, ""
    if same and same.reason != "link":  # which several papers may share
        no_row = notes[0] if same.reason == "id" else f"{notes[0]}; edit its entry"
    elif not list_text:
        no_row = "the list itself is not at hand"
    elif not paper.title:
        no_row = "its title is not known"
    elif not paper.url and not arxiv_id(paper.id):
        no_row = "no link is known that it could have"
    elif placement.verdict == "off topic" and not wanted:
        no_row = "it is off topic; name a heading (--category) to file it all the same"
    else:
        category = _category(list_text, wanted, placement)
        try:
            insertion = insert_paper(list_text, paper, category)
        except ListError as error:
            if wanted:
                raise
            category, no_row = (), str(error)
    if insertion:
        category = insertion.category
        notes += insertion.remarks
        notes += [f"entries like this have no place for the {what}" for what in insertion.left_out]
    return Card(
        paper=paper,
        notes=tuple(notes),
        placement=placement,
        duplicates=duplicates,
        related=tuple(search.related(paper, RELATED)),
        category=category,
        insertion=insertion,
        patch=unified_diff(list_text, insertion.text, list_name) if insertion else "",
        no_row=no_row,
    )


def _category(list_text: str, wanted: Category | str | None, placement: Placement) -> Category:
    """The heading to file under: the one that is wanted, by path or name, else the likeliest.

    Raises:
        ListError: several headings have the name that is wanted.
    """
    if not wanted:
        return placement.suggestions[0].category if placement.suggestions else ()
    if not isinstance(wanted, str):
        return tuple(wanted)
    parts = tuple(" ".join(part.split()) for part in wanted.split(">"))
    folded = " > ".join(parts).casefold()
    named = {path: " > ".join(path).casefold() for path in read_list(list_text).categories}
    found = [path for path, name in named.items() if name == folded]
    found = found or [path for path, name in named.items() if name.endswith(f" > {folded}")]
    if len(found) > 1:
        paths = ", ".join(repr(" > ".join(path)) for path in found)
        raise ListError(f"several headings are called {wanted!r}: {paths}; give the whole path")
    return found[0] if found else parts
