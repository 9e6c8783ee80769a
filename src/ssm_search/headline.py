"""Where the title of an entry begins and ends, when nothing but habit says so.

"[ICML 2024] **Title**, authors [[Paper](…)] [[Code](…)]" and a hundred variations: lead-in tags,
the title (linked, bold or bare), then authors, venue and links with labels for names.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from ssm_search.markup import Run, plain
from ssm_search.papers import arxiv_id

_LABELS = frozenset(
    """paper papers pdf arxiv code codes github gitlab link links project page pages website web
    homepage home site video videos slides slide demo demos dataset datasets data model models
    weights huggingface hf poster blog post doc docs documentation bibtex bib cite citation
    openreview ieee acm springer elsevier supplementary supp appendix star stars official
    unofficial implementation repo repository html abs abstract doi url here source download
    thesis pytorch jax tensorflow colab notebook review talk youtube twitter zhihu available
    list cvf proceedings publication journal conference venue tba todo na none coming soon
    论文 代码 链接 项目 主页 数据集 视频 博客 论文链接 代码链接""".split()
)
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
_YEAR = re.compile(r"(?<![\d./])((?:19|20)\d{2})(?!\d)")
_SHORT_YEAR = re.compile(r"(?:[A-Z]{2,}\w*|[A-Z][a-z]+[A-Z]\w*?)[ '’-]?(\d{2})(?!\d)")
_SHORT_DATE = re.compile(r"(?<!\d)(\d{2})\.(?:0?[1-9]|1[0-2])\.\d{1,2}(?!\d)")
_ACRONYM = re.compile(
    r"arxiv|[A-Z]{2,}|[A-Z][a-z]+[A-Z]|Journal|Nature|Science|Conference|Workshop"
)
_TAG = re.compile(
    r"\s*(?:\[([^\[\]]{0,80})\](?![-\w(])|[(（]([^()（）]{0,80})[)）]|【([^【】]{0,80})】|\{([^{}]{0,80})\})\s*"
)
_DATE_LEAD = re.compile(r"\s*\d{4}[./-]\d{1,2}(?:[./-]\d{1,2})?\s*[:：|–—-]*\s+")
_TAIL = re.compile(r"\s*[(\[（]([^()\[\]（）]{2,80})[)\]）][.,]?\s*$")
_ID_TAIL = re.compile(
    r"[,.;]?\s*\"?\s*arxiv(?:\s+pre-?print)?[:\s]+(?:arxiv:)?\d{4}\.\d{4,5}.*$", re.I
)
_QUOTED = re.compile(r"[\"“]([^\"“”]{10,}?)[.,]?[\"”]")
_SHORTCODE = re.compile(r":[a-z0-9_+-]+:")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Headline:
    """The title of an entry and what was printed around it.

    Attributes:
        strength: 3 marked as a title (a link or bold), 2 by its place, 0 none found.
        prose: the title runs on into a sentence with paper links in it.
    """

    title: str = ""
    strength: int = 0
    venue: str = ""
    year: int | None = None
    prose: bool = False


def label_words(text: str) -> frozenset[str]:
    """The words of a link text, for looking labels up; ids, numbers and addresses left out."""
    if "://" in text:
        return frozenset()
    words = _WORD.findall(re.sub(r"\d{4}\.\d{4,5}(v\d+)?", "", text.casefold()))
    return frozenset(word for word in words if not word.isdigit())


def is_label(text: str) -> bool:
    """True for a link text that names a kind of link ("[Paper]", "Code", an address), no title."""
    words = label_words(text)
    unknown = words - _LABELS
    if len(unknown) == 1 and len(words) == 1:
        word = next(iter(unknown))
        return 3 < len(word) <= 8 and bool(difflib.get_close_matches(word, _LABELS, 1, 0.85))
    return not unknown


def find_year(text: str | None) -> int | None:
    """The year that ``text`` prints: 2024, ICML'24, CVPR24 or 24.05.31."""
    if not text:
        return None
    if match := _YEAR.search(text):
        return int(match[1])
    if match := _SHORT_DATE.search(text) or _SHORT_YEAR.search(text):
        return 2000 + int(match[1])
    return None


def is_venue(text: str) -> bool:
    """True for "NeurIPS 2024", "CVPR24", "arXiv 24.05": a name with a year, and not a bare date."""
    if re.fullmatch(r"(?i)arxiv[:. ]*\d{4}\.\d{4,5}(v\d+)?", text.strip()):
        return False
    return bool(_ACRONYM.search(text)) and find_year(text) is not None


def clean_title(text: str) -> str:
    """A title as printed, without emoji, quotes, numbering and the punctuation around it."""
    text = _SHORTCODE.sub(" ", text)
    text = "".join(
        " " if unicodedata.category(char) in ("So", "Cc", "Cf", "Co") else char for char in text
    )
    text = " ".join(text.split()).replace("`", "")
    text = text.strip(' \t-–—:：,;.|*•·_"“”')
    opening = sum(text.count(char) for char in "([（【")
    closing = sum(text.count(char) for char in ")]）】")
    if opening > closing and text[-1:] in "([（【":
        text = text[:-1].rstrip(" -–—:：,;.|")
    return text.strip()


def headline(runs: tuple[Run, ...]) -> Headline:
    """Find the title at the head of an entry."""
    lead: list[str] = []
    stopped_at: Run | None = None
    for position, run in enumerate(runs):
        gathered = _strip_tags("".join(lead))
        if run.image:
            continue
        if run.text == "\n":
            following = plain(runs[position + 1 : position + 2])
            if gathered and not (following[:1].islower() and not runs[position + 1].href):
                break
            lead.append(" ")
        elif run.bold and _starts_title(run, "".join(lead), gathered):
            stretch = _contiguous(runs, position, bold=True)
            if any(arxiv_id(part.href) and is_label(part.text) for part in stretch):
                return Headline()  # a sentence in bold with "[paper](…)" in it: an announcement
            return _marked(stretch, runs)
        elif run.href and not run.href.startswith("#"):
            label = is_label(run.text)
            if not label and not gathered and run.href.startswith("http"):
                return _marked(_contiguous(runs, position, bold=False), runs)
            if gathered:
                stopped_at = None if label else run
                break
        else:
            lead.append(run.text)
    text = "".join(lead)
    quoted = _QUOTED.search(text)
    if quoted and _WORD.search(text[: quoted.start()]) and len(quoted[1].split()) > 2:
        text = quoted[1]  # Authors. "Title." Journal
    title, venue, year = _trim(text)
    if not any(char.isalpha() for char in title) or is_label(title):
        return Headline()
    named = {arxiv_id(run.href) for run in runs if run.href and not is_label(run.text)}
    prose = stopped_at is not None and (
        arxiv_id(stopped_at.href) is not None or len(named - {None}) > 1
    )
    around_venue, around_year = _around(runs)
    return Headline(title, 2, venue or around_venue, year or around_year, prose)


def split_entries(runs: tuple[Run, ...]) -> Iterator[tuple[Run, ...]]:
    """Cut a block where a line begins another entry: its own title, and its own paper link.

    Lines without any link before the first entry are a label for a group, and stay with it only
    if nothing tells them apart.
    """
    lines: list[list[Run]] = [[]]
    for run in runs:
        lines[-1].append(run)
        if run.text == "\n":
            lines.append([])
    begins = [_begins_entry(tuple(line)) for line in lines]
    several = sum(begins) > 1
    entry: list[Run] = []
    for line, begin in zip(lines, begins, strict=True):
        has_paper = any(arxiv_id(run.href) for run in entry)
        is_group_label = not any(run.href for run in entry) and (
            several or _TAG.match(plain(tuple(line))) is not None
        )
        if begin and has_paper:
            yield tuple(entry)
            entry = []
        elif begin and is_group_label:
            entry = []
        entry += line
    if entry:
        yield tuple(entry)


def _begins_entry(line: tuple[Run, ...]) -> bool:
    if not any(arxiv_id(run.href) for run in line):
        return False
    found = headline(line)
    return len(found.title.split()) > 1 and not found.prose


def _starts_title(run: Run, lead: str, gathered: str) -> bool:
    """Bold is a title at the very start, or after a full stop; within a bracket it is a tag."""
    if lead.count("(") > lead.count(")") or lead.count("[") > lead.count("]"):
        return False
    if is_label(run.text) and run.href:
        return False
    if not gathered:
        return bool(_WORD.search(run.text)) and not is_label(run.text)
    return lead.rstrip()[-1:] in '.,:;)]"“' and len(run.text.split()) > 2


def _contiguous(runs: tuple[Run, ...], position: int, *, bold: bool) -> list[Run]:
    """The link, or the bold stretch, that begins at ``position``."""
    href = runs[position].href
    return list(
        takewhile(
            lambda run: not run.image and (run.bold if bold else run.href == href), runs[position:]
        )
    )


def _marked(stretch: list[Run], runs: tuple[Run, ...]) -> Headline:
    title, venue, year = _trim("".join(run.text for run in stretch))
    around_venue, around_year = _around(runs)
    return Headline(title, 3, venue or around_venue, year or around_year)


def _strip_tags(text: str) -> str:
    """``text`` without the bracketed tags, dates and ornaments before its first word."""
    while text.strip():
        match = _TAG.match(text) or _DATE_LEAD.match(text)
        if match is None or not match.group().strip():
            break
        text = text[match.end() :]
    return text if _WORD.search(text) else ""


def _trim(text: str) -> tuple[str, str, int | None]:
    """A title out of its surroundings, and the venue and year in the brackets that went."""
    title = _strip_tags(_SHORTCODE.sub(" ", text)) or text
    title = _ID_TAIL.sub("", title) or title
    venue, year = "", None
    while match := _TAIL.search(title := clean_tail(title)):
        inner = match[1].strip()
        if not (is_venue(inner) or _is_date(inner)):
            break
        venue, year = (inner if is_venue(inner) else venue), find_year(inner) or year
        title = title[: match.start()]
    return clean_title(title), venue, year


def clean_tail(text: str) -> str:
    """``text`` without the dashes, colons and opened brackets that lead over to the links."""
    return text.rstrip().rstrip("-–—:：,;|([（【 ").rstrip()


def _is_date(text: str) -> bool:
    return find_year(text) is not None and not re.sub(
        rf"(?i){_MONTH}|\d+(?:st|nd|rd|th)?|\W|arxiv", "", text
    )


def _around(runs: tuple[Run, ...]) -> tuple[str, int | None]:
    """The first venue, and the first year, among the bracketed groups of an entry."""
    text = plain(tuple(run for run in runs if not run.href.startswith("http") or run.bold))
    groups = [
        group
        for match in re.finditer(r"[(\[（]([^()\[\]（）]{2,80})[)\]）]", text)
        for group in match.groups()
    ]
    venue = next((group.strip(" *") for group in groups if is_venue(group)), "")
    year = next(
        (
            year
            for group in groups
            if (is_venue(group) or _is_date(group)) and (year := find_year(group))
        ),
        None,
    )
    return venue, year
