"""What the small words around a title say: names of links, years, dates and venues."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache

PAPER_LABELS = frozenset("paper pdf arxiv openreview doi html abs article thesis 论文".split())
CODE_LABELS = frozenset("code codes github repo repository implementation star stars 代码".split())
_LABELS = (
    frozenset(
        """papers gitlab link links project page pages website web homepage home site video videos
        slides slide demo demos dataset datasets data model models weights huggingface hf poster
        blog post doc docs documentation bibtex bib cite citation ieee acm springer elsevier
        supplementary supplement supp appendix preprint version official unofficial url abstract
        here source download pytorch jax tensorflow colab notebook review talk youtube twitter
        zhihu available list cvf proceedings publication journal conference venue tba todo na none
        coming soon
        链接 项目 主页 数据集 视频 博客 论文链接 代码链接""".split()
    )
    | PAPER_LABELS
    | CODE_LABELS
)
_LONGEST_LABEL = 100  # venues and dates are no longer either
# A misspelled label is worth recognising only where chance does not explain the likeness.
_SPELLING_LENGTHS = range(4, 9)
_SPELLING_LIKENESS = 0.85

_ID_WORD = re.compile(r"\d{4}\.\d{4,5}(v\d+)?")
_ID_ALONE = re.compile(r"(?i)arxiv[:. ]*\d{4}\.\d{4,5}(v\d+)?")
_WORD = re.compile(r"[^\W_]+")

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
# None of them may find a year in an arXiv id: its first four digits are a year and a month.
_YEAR = re.compile(r"(?<![\d./])((?:19|20)\d{2})(?!\d|\.\d{4})")
# "{2}" and not "{2,}", which would share the capitals out with what follows in every way there is.
_SHORT_YEAR = re.compile(r"(?:[A-Z]{2}\w*|[A-Z][a-z]+[A-Z]\w*?)[ '’-]?(?<!\d)(\d{2})(?!\d|\.\d)")
# 24.05.31; without a day, only "arXiv 24.05" is no decimal number.
_SHORT_DATE = re.compile(
    r"(?<!\d)(\d{2})\.(?:0?[1-9]|1[0-2])(?:\.\d{1,2}|(?<=iv \d\d\.\d\d)(?!\.))(?!\d)"
)
_OLDEST_SHORT_YEAR = 60  # "ICML'98" is 1998, "ICML'24" is 2024
_NOT_IN_DATES = re.compile(rf"(?i){_MONTH}|\d+(?:st|nd|rd|th)?|\W")
_ACRONYM = re.compile(
    r"[aA]r[xX]iv|[A-Z]{2,}|[A-Z][a-z]+[A-Z]|Journal|Nature|Science|Conference|Workshop"
)
_HONOURS = "oral|spotlight|poster|highlight|workshop|findings|best|paper|award"
_VENUE_ALONE = re.compile(
    r"(?:[A-Za-z][\w/&-]* ){0,3}[A-Za-z][\w/&-]*?[ ,'’-]*(?:20)?\d\d"
    rf"(?:\W+(?i:{_HONOURS}))*\W*"
)


def label_words(text: str) -> frozenset[str]:
    """The words of a link text, for looking labels up; ids, numbers and addresses left out."""
    if "://" in text:
        return frozenset()
    words = _WORD.findall(_ID_WORD.sub("", text.casefold()))
    return frozenset(word for word in words if not word.isdigit() and len(word) > 1)


def is_label(text: str) -> bool:
    """True for a link text that names a kind of link ("[Paper]", "Code", an address), no title."""
    if "://" in text:
        return True
    if len(text) > _LONGEST_LABEL:
        return False
    words = label_words(text)
    unknown = words - _LABELS
    return not unknown or (len(words) == 1 and _is_misspelled(next(iter(words))))


@lru_cache(maxsize=4096)
def _is_misspelled(word: str) -> bool:
    return len(word) in _SPELLING_LENGTHS and bool(
        difflib.get_close_matches(word, _LABELS, 1, _SPELLING_LIKENESS)
    )


def find_year(text: str | None) -> int | None:
    """The year that ``text`` prints: 2024, ICML'24, CVPR24 or 24.05.31."""
    text = (text or "")[:_LONGEST_LABEL]
    if match := _YEAR.search(text):
        return int(match[1])
    if match := _SHORT_DATE.search(text) or _SHORT_YEAR.search(text):
        short = int(match[1])
        return short + (1900 if short >= _OLDEST_SHORT_YEAR else 2000)
    return None


def is_venue(text: str) -> bool:
    """True for "NeurIPS 2024", "CVPR24", "arXiv 24.05": a name with a year, and not a bare date."""
    if len(text) > _LONGEST_LABEL or _ID_ALONE.fullmatch(text.strip()) or is_date(text):
        return False
    return bool(_ACRONYM.search(text)) and find_year(text) is not None


def is_venue_link(text: str) -> bool:
    """True for a link text such as "NeurIPS'23": it leads to a paper without naming it."""
    return is_venue(text) and _VENUE_ALONE.fullmatch(text.strip()) is not None


def is_date(text: str) -> bool:
    """True for "2024", "May 2024", "24.05.31": a year and nothing but what goes with it."""
    short = len(text) <= _LONGEST_LABEL
    return short and find_year(text) is not None and not _NOT_IN_DATES.sub("", text)
