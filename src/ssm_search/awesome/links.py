"""What a link of a list leads to: a paper, its code, or some other page."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ssm_search.arxiv_ids import arxiv_id, arxiv_ids_in_text
from ssm_search.awesome.blocks import Run, plain
from ssm_search.awesome.labels import CODE_LABELS, PAPER_LABELS, is_label, label_words

_CODE_HOSTS = ("github.com", "gitlab.com", "bitbucket.org", "gitee.com", "codeberg.org")
_BROKEN = re.compile(r"^\W*h?t{1,3}ps?\s*[:;]\W*", re.I)
_ARXIV_PAPER = re.compile(r"^\s*(?:https?://)?(?:www\.)?arxiv\.org/(?:abs|pdf|html)(?:/|$)", re.I)
_WEB_ADDRESS = re.compile(r"https?://[^/\s]+\.[^/\s]+", re.I)
_FOUR_DIGITS = re.compile(r"\d{4}")  # which every id has
_BADGE_ID = re.compile(r"arxiv-(\d{4}\.\d{4,5})", re.I)


def is_web(run: Run) -> bool:
    """True for a link that leads somewhere on the web."""
    return _WEB_ADDRESS.match(run.href) is not None


def leads_out(run: Run) -> bool:
    """True for a link that is meant to leave the list, even if it is misspelled."""
    return _BROKEN.match(run.href) is not None or arxiv_id(run.href) is not None


def what_is_wrong(run: Run) -> str:
    """Why a link cannot lead where it should, as "https:/example.org"; "" if nothing tells."""
    if _BROKEN.match(run.href) is not None and not is_web(run):
        return "not a web address"
    if _ARXIV_PAPER.search(run.href) is not None and arxiv_id(run.href) is None:
        return "arXiv has no paper at this address"
    return ""


def mended(address: str) -> str:
    """A misspelled address as it was meant: "ttps:/example.org)" is "https://example.org"."""
    return _BROKEN.sub("https://", address.strip()).rstrip(")>")


def is_code(run: Run) -> bool:
    """A link that says it is code, or leads to a repository on a known host."""
    if not is_web(run) or arxiv_id(run.href):
        return False
    host, _, path = run.href.split("//", 1)[-1].partition("/")
    is_repository = host.lower().removeprefix("www.") in _CODE_HOSTS and "/" in path.strip("/")
    says_code = bool(CODE_LABELS & label_words(run.text))
    # A title may speak of code too; only a label says by itself what it leads to.
    return (is_repository or says_code) if is_label(run.text) else (is_repository and says_code)


def is_code_address(address: str) -> bool:
    """Whether a bare address leads to a repository on a known host."""
    return is_code(Run(address, address))


def says_paper(run: Run) -> bool:
    """A link whose text calls it the paper."""
    return is_web(run) and is_label(run.text) and bool(PAPER_LABELS & label_words(run.text))


def paper_ids(runs: Iterable[Run]) -> list[str]:
    """Distinct arXiv ids: those that links lead to first, then those in the text and on badges."""
    runs = tuple(runs)
    parts = ["".join(run.text for run in runs)]
    parts += [part for run in runs for part in (run.href, run.image) if part]
    if not _FOUR_DIGITS.search("\n".join(parts)):
        return []  # as most of what is not a paper's, which is asked about as often
    linked = [arxiv_id(run.href) or arxiv_id(mended(run.href)) for run in runs]
    written = [*arxiv_ids_in_text(plain(runs)), *(arxiv_id(run.text) for run in runs)]
    badges = [match[1] for run in runs if (match := _BADGE_ID.search(run.image))]
    return [found for found in dict.fromkeys([*linked, *written, *badges]) if found]
