"""What a person says of a paper → a paper that can be shown: texts on a line, addresses checked."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlsplit

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.papers import Link, Paper, slug
from ssm_search.text import shown


@dataclass(frozen=True, slots=True)
class Remarked(Paper):
    """A paper as it was submitted, and what there is to say of how that was written.

    Attributes:
        remark: such as that its entry is broken; where nothing could be read of the paper, why.
    """

    remark: str = ""


def remarked(paper: Paper, remark: str) -> Remarked:
    """``paper`` with a remark on it."""
    return Remarked(**_values(paper), remark=remark)


def without_remark(paper: Paper) -> tuple[Paper, str]:
    """``paper`` alone, and the remark on it; "" if there is none."""
    if not isinstance(paper, Remarked):
        return paper, ""
    return Paper(**_values(paper)), paper.remark


def _values(paper: Paper) -> dict[str, Any]:
    return {field.name: getattr(paper, field.name) for field in fields(Paper)}


def paper_of(
    link: str = "", title: str = "", abstract: str = "", code_url: str = "", venue: str = ""
) -> Paper:
    """Make a paper of what a person says of it; ``link`` may be an arXiv id or any address."""
    paper_id = arxiv_id(link) or ""
    return safe(
        Paper(
            id=paper_id or slug(title),
            title=title,
            kind="paper" if paper_id else "link",
            url=f"https://arxiv.org/abs/{paper_id}" if paper_id else link,
            code_url=code_url,
            venue=venue,
            abstract=abstract,
        )
    )


def safe(paper: Paper) -> Paper:
    """``paper`` with each text on one line that can be printed, and no address but web ones."""
    return replace(
        paper,
        title=on_a_line(paper.title),
        url=web_address(paper.url),
        pdf_url=web_address(paper.pdf_url),
        code_url=web_address(paper.code_url),
        venue=on_a_line(paper.venue),
        abstract=on_a_line(paper.abstract),
        authors=tuple(filter(None, map(on_a_line, paper.authors))),
        links=tuple(
            Link(on_a_line(link.name), link.url) for link in paper.links if web_address(link.url)
        ),
    )


def on_a_line(text: str) -> str:
    """``text`` on one line, without what moves a cursor."""
    return " ".join(shown(" ".join(text.split())).split())


def web_address(text: str) -> str:
    """``text`` if it is a web address, else ""."""
    text = text.strip()
    try:
        parts = urlsplit(text)
    except ValueError:  # "http://["
        return ""
    is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    return text if is_web and " " not in text and shown(text) == text else ""
