"""A submission → the card that files it: does it belong, where, is it there already, what row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome import reading_of
from ssm_search.awesome.writing import Insertion, insert_paper
from ssm_search.curation import card_table
from ssm_search.curation.changes import list_before
from ssm_search.curation.choices import difference
from ssm_search.curation.intake import Submission, completed
from ssm_search.curation.places import (
    Place,
    as_listed,
    heading_named,
    headings_meant,
    places_in,
    places_of,
)
from ssm_search.curation.proposals import NewHeading, new_headings
from ssm_search.curation.submissions import checked_link, paper_of, read_submissions
from ssm_search.curation.summary import (
    Status,
    brief_notes,
    in_short,
    status_of,
    summary,
    unanswered,
)
from ssm_search.diffs import unified_diff
from ssm_search.errors import ListError, SubmissionError
from ssm_search.names import by_address
from ssm_search.papers import Abstract, Category, Duplicate, Hit, Paper, Placement
from ssm_search.search import NEAR_TITLE, Search, title_likeness

if TYPE_CHECKING:
    from rich.console import RenderableType

RELATED = 5  # listed papers shown
NO_LIST = "the list itself is not at hand"


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
        is_listed: whether it stands on the list already, by its id or its title.
        places: where it stands, or the surest of ``duplicates``; () if there is none.
        chosen: the headings of the list that the submission puts it under.
        difference: that another heading is likelier than those, in a sentence; "" if that is not
            sure, or none was chosen.
        repeats: the title of a paper that stands before it in the submission and is the same; ""
            if there is none.
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
    is_listed: bool = False
    places: tuple[Place, ...] = ()
    chosen: tuple[Category, ...] = ()
    difference: str = ""
    repeats: str = ""

    @property
    def status(self) -> Status:
        """What came of it: the verdict, "new" for one that fits, unless it is known already.

        Then it is "listed", "alike" if it looks like a listed paper, or "repeated" in a submission.
        """
        return status_of(self)

    @property
    def in_short(self) -> str:
        """What came of it in a few words: "Video, 97 %"."""
        return in_short(self)

    @property
    def brief_notes(self) -> list[str]:
        """``notes`` without why arXiv could not be asked, which a submission says once."""
        return brief_notes(self.notes)

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

    @property
    def summary(self) -> str:
        """What came of all papers, in a line: "1 new (Video, 97 %), 1 already listed (line 9)"."""
        return summary(self)

    @property
    def unanswered(self) -> str:
        """Of how many papers arXiv could not be asked, in a sentence; "" if of none."""
        return unanswered(self)

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """The id of each paper that is ``unread``, and why, as briefly as the notes of cards."""
        return [(one.paper.id, "; ".join(brief_notes(one.notes))) for one in self.unread]

    def __str__(self) -> str:
        return card_table.triage_text(self)

    def _repr_html_(self) -> str:
        return card_table.triage_html(self)


def submit(
    search: Search,
    paper: Paper | str | Submission,
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
        paper: an arXiv id or link, or a paper with whatever is known of it; or one that was
            completed before, of which arXiv is not asked again.
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
    if isinstance(paper, Submission):
        submission, given = paper, paper.paper
    else:
        given = paper if isinstance(paper, Paper) else paper_of(checked_link(paper))
        (submission,) = completed(_listed(search, [given]), abstracts, offline=offline)
    if not submission.paper.title and not submission.paper.abstract:
        raise SubmissionError(_unknown(given, submission))
    return _card(search, submission, list_text, list_name, category)


def _unknown(given: Paper, submission: Submission) -> str:
    """What to say of a paper without a title and an abstract."""
    if given.kind == "paper":
        return f"{given.id}: {submission.advice}"
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
    if isinstance(submitted, str):
        list_text = list_before(submitted, list_text, list_name)
        submitted = read_submissions(submitted, list_text, list_name)
    papers = _listed(search, submitted)
    submissions = completed(papers, abstracts, offline=offline, progress=progress)
    known = [one for one in submissions if one.paper.title or one.paper.abstract]
    made = _each_once([_card(search, one, list_text, list_name, category) for one in known])
    unfit = [card.paper for card in made if card.placement.verdict == "no heading"]
    return Triage(
        cards=tuple(made),
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
    rows = search.rows.rows_named(by_address(url)) if url else []
    return search.rows.papers(rows[:1])[0] if rows else None


def _each_once(cards: Sequence[Card]) -> list[Card]:
    """``cards``, of which those that are a paper before them say so."""
    found: list[Card] = []
    for card in cards:
        title = card.paper.title
        same = next(
            (
                one.paper.title
                for one in found
                if not one.repeats and title_likeness(one.paper.title, title) >= NEAR_TITLE
            ),
            "",
        )
        found.append(replace(card, repeats=same) if same and not card.is_listed else card)
    return found


def _card(
    search: Search,
    submission: Submission,
    list_text: str,
    list_name: str,
    wanted: Category | str | None,
) -> Card:
    paper, notes = replace(submission.paper, categories=()), list(submission.notes)
    placement = search.place(paper)
    duplicates, related = tuple(search.duplicates(paper)), tuple(search.related(paper, RELATED))
    same = _same(duplicates)
    nearest = same or next(iter(duplicates), None)
    places = places_of(nearest.paper, list_text) if nearest else ()
    if same:
        notes.insert(0, as_listed(same, places))
    if list_text and not search.is_of(list_text):
        notes.append("the list changed since its index was built; build it again")
    chosen = _chosen(search, submission.paper, list_text)
    differs = "" if duplicates else difference(search, paper, placement, related, chosen)
    is_listed = same is not None and same.reason != "link"  # which several papers may share
    category: Category = ()
    insertion = None
    if same and is_listed:
        no_row = notes[0] if same.reason == "id" else f"{notes[0]}; edit its entry"
    else:
        no_row = _obstacle(paper, placement, list_text, wanted)
    if not no_row:
        likeliest = placement.suggestions[0].category if placement.suggestions else ()
        category = chosen[0] if chosen and not differs else likeliest
        category = heading_named(wanted, list_text) if wanted else category
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
    newer = () if insertion else places_in(list_text, paper.id)  # than the index
    return Card(
        paper=paper,
        notes=tuple(notes),
        placement=placement,
        duplicates=duplicates,
        related=related,
        category=category,
        insertion=insertion,
        patch=unified_diff(list_text, insertion.text, list_name) if insertion else "",
        no_row=no_row,
        is_listed=is_listed or bool(newer),
        places=newer or places,
        chosen=chosen,
        difference=differs,
    )


def _same(duplicates: Sequence[Duplicate]) -> Duplicate | None:
    """The listed paper that a paper is for sure; None if there is none."""
    exact = {one.reason: one for one in reversed(duplicates) if one.likeness == 1}
    return exact.get("id") or exact.get("title") or exact.get("link")


def _obstacle(
    paper: Paper, placement: Placement, list_text: str, wanted: Category | str | None
) -> str:
    """Why there can be no row for a paper that is not listed; "" if there can be one."""
    if not list_text:
        return NO_LIST
    if not paper.title:
        return "its title is not known; give it on a line of its own, above the abstract"
    if not paper.url and not arxiv_id(paper.id):
        return "no link is known that it could have"
    if placement.verdict == "off topic" and not wanted:
        return "it is off topic; choose a heading to file it all the same"
    return ""


def _chosen(search: Search, paper: Paper, list_text: str) -> tuple[Category, ...]:
    """The headings of the list that a submission puts ``paper`` under, as far as there are any."""
    if not paper.categories:
        return ()
    indexed = search.rows.as_list().topics.paths
    return headings_meant(
        paper.categories, reading_of(list_text).categories if list_text else indexed
    )
