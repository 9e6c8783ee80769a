"""What is new → what is proposed for a list: once, from the day it was last looked, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome import reading_of
from ssm_search.curation import Card, cards
from ssm_search.discovery.decisions import Decision, Decisions
from ssm_search.discovery.discovering import FIT_LEVEL, Discovery, discover
from ssm_search.discovery.discovering import MIN_LISTED as MIN_LISTED
from ssm_search.discovery.gap import Papers
from ssm_search.occasions import topic_of
from ssm_search.papers import Abstract, Category, Paper
from ssm_search.search import PaperSearch

FIRST = timedelta(days=30)  # that are looked at where nothing was before
ANNOUNCED = timedelta(days=5)
"""How long after its submission a paper may first be seen: what comes in on Friday is announced on
Monday, holidays and questions of the moderators come on top."""
LEARNED = 200  # rejected papers that are learned from, the latest ones
SPARE = 3  # papers looked at for each one proposed: some cannot be filed


@dataclass(frozen=True, slots=True)
class Proposal:
    """A paper that may belong on the list, with all that is needed to decide."""

    found: Discovery
    card: Card

    @property
    def heading(self) -> Category:
        """The heading that its row is for, or else the likeliest; () if there is none."""
        likeliest = (one.category for one in self.card.placement.suggestions)
        return self.card.category or next(likeliest, ())

    @property
    def confidence(self) -> float:
        """The probability that it belongs under that heading, or the topic that it is a year of."""
        topic = topic_of(self.heading)
        found = self.card.placement.suggestions
        return next((one.confidence for one in found if topic_of(one.category) == topic), 0.0)

    def decision(self, today: date) -> Decision:
        """That it is proposed."""
        paper = self.found.paper
        return Decision(paper.id, "proposed", today, title=paper.title, heading=self.heading)


def first_day(decisions: Decisions, today: date) -> date:
    """The day from which on papers are new."""
    return (decisions.asked - ANNOUNCED) if decisions.asked else today - FIRST


def merged(decisions: Decisions, listed: Iterable[str], today: date) -> list[Decision]:
    """Acceptances of papers that were proposed and are on the list now, by whatever way."""
    on_list = set(listed)
    return [
        Decision(paper_id, "accepted", today)
        for paper_id in decisions.ids("proposed")
        if paper_id in on_list
    ]


def learned_from(decisions: Decisions) -> list[str]:
    """The ids of the rejected papers whose texts teach what does not belong."""
    return decisions.ids("rejected")[-LEARNED:]


def rejected_papers(decisions: Decisions, known: Mapping[str, Abstract]) -> list[str | Paper]:
    """All rejected papers, with what is known of their texts."""
    papers: list[str | Paper] = []
    for paper_id in decisions.ids("rejected"):
        record = known.get(paper_id)
        title = (record.title if record else "") or decisions.last[paper_id].title
        abstract = record.abstract if record else ""
        is_told = bool(title or abstract)
        papers.append(Paper(paper_id, title, abstract=abstract) if is_told else paper_id)
    return papers


# Long: what is searched for where, and what is remembered of it, all of it by name.
def propose(
    search: PaperSearch,
    corpus: PaperSearch,
    list_text: str,
    decisions: Decisions,
    k: int = 10,
    *,
    list_name: str = "README.md",
    since: date | None = None,
    rejected: Sequence[str | Paper] = (),
    min_fit: float = FIT_LEVEL,
    to_decide: bool = False,
) -> list[Proposal]:
    """The ``k`` papers of ``corpus`` that fit the list best, about which nothing is decided yet.

    Args:
        rejected: as :func:`~ssm_search.discovery.discovering.discover` has it.
        to_decide: only what a tick can put onto the list: a paper of arXiv that is filed under a
            heading with a row.

    Raises:
        DiscoverError: as :func:`~ssm_search.discovery.discovering.discover`.
    """
    on_list = {paper.id for paper in reading_of(list_text).papers} if list_text else set()
    seen = on_list | set(decisions.ids("proposed", "accepted"))
    most = SPARE * k if to_decide else k
    found = discover(
        search, corpus, most, since=since, rejected=rejected, seen=seen, min_fit=min_fit
    )
    told = Papers(decided_paper(one) for one in decisions.last.values() if one.title)
    proposals: list[Proposal] = []
    for one in found:
        if len(proposals) == k:
            break
        if told.find(one.paper) is not None:
            continue  # it was proposed under another id
        card = cards.submit(
            search,
            one.paper,
            list_text,
            list_name=list_name,
            abstracts={one.paper.id: _record(one.paper)},
            offline=True,
        )
        can_be_ticked = card.insertion is not None and arxiv_id(one.paper.id) == one.paper.id
        if not to_decide or can_be_ticked:
            proposals.append(Proposal(one, card))
    return proposals


def _record(paper: Paper) -> Abstract:
    """What the corpus says of a paper, so that nobody is to be asked for it."""
    return Abstract(
        paper.id,
        paper.title,
        paper.abstract,
        authors=paper.authors,
        published=paper.published,
        arxiv_categories=paper.arxiv_categories,
    )


def decided_paper(decision: Decision) -> Paper:
    """The paper of a decision, as far as it tells."""
    url = f"https://arxiv.org/abs/{decision.id}"
    return Paper(decision.id, decision.title, url=url, venue="arXiv")
