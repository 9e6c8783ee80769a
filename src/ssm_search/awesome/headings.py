"""What the headings of a list are called, and which of them are about the list itself."""

from __future__ import annotations

import re

from ssm_search.awesome.blocks import Run, plain
from ssm_search.titles import clean_title

# Sections about the list itself: their text mentions papers but lists none.
_ABOUT_THE_LIST = re.compile(
    r"(?i)(?:(?:latest|recent)\s+)?(?:news|updates?|log|change ?log|(?:update|change)\s+log|news\s+"
    r"(?:and\s+|&\s*)?updates?|what'?s\s+new|(?:table\s+of\s+)?contents?|toc|citations?|cite(?:\s+us)?|"
    r"citing|bibtex|licen[cs]e|contribut(?:ing|ions?|ors?)(?:\s+to\s+(?:this|the|our)\s+\w+)?|acknowledge?ments?|star\s+history|"
    r"(?:star)?gazers|maintainers?|sponsors?|sharing|feedback|contacts?(?:\s+us)?|"
    r"更新|更新日志|新闻|目录|引用|致谢|联系我们|贡献者?|更新履歴|目次|謝辞|목차)"
)
_LEADS_OVER = " \t\n([（【|·•-–—"  # to a link


def clean_heading(text: str) -> str:
    """A heading as a reader sees it: white space collapsed, trailing colon and dot gone."""
    return " ".join(text.split()).strip("#").strip().rstrip(":：.").strip()


def heading_name(runs: tuple[Run, ...]) -> str:
    """What a heading is called: its text without the links within the page that go with it.

    Those stand behind the text, as "(back)" does, or are signs alone, as "↑" is. A heading of such
    links alone is called by the first.
    """
    last = max((at for at, run in enumerate(runs) if _says(run) and not _stays(run)), default=-1)
    if last < 0:
        first = next((run.href for run in runs if _says(run)), "")
        own = tuple(run for run in runs if run.href == first)
        return clean_heading(plain(own or runs))
    end = next((at for at in range(last, len(runs)) if _stays(runs[at])), len(runs))
    text = plain(tuple(run for run in runs[:end] if _says(run) or not _stays(run)))
    return clean_heading(text.rstrip(_LEADS_OVER) if end < len(runs) else text)


def is_about_the_list(heading: str) -> bool:
    """True for "News", "Citation", "Contents" and the like."""
    said = re.sub(r"[^\w'& ]", " ", clean_title(heading)).strip()
    return _ABOUT_THE_LIST.fullmatch(said) is not None


def _stays(run: Run) -> bool:
    """Whether a run is a link within the page."""
    return run.href.startswith("#")


def _says(run: Run) -> bool:
    return any(map(str.isalnum, run.text))
