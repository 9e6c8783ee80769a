"""Where the title of an entry begins and ends, when nothing but habit says so.

"[ICML 2024] **Title**, authors [[Paper](…)] [[Code](…)]" and a hundred variations: lead-in tags,
a short name, the title (linked, bold, quoted, italic or bare), then authors, venue and links with
labels for names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.awesome.blocks import PARAGRAPH_BREAK, Run, plain
from ssm_search.awesome.labels import (
    CODE_LABELS,
    PAPER_LABELS,
    is_label,
    label_words,
    names_thing,
    without_remark,
)
from ssm_search.awesome.links import is_web, leads_out, says_paper
from ssm_search.papers import title_key
from ssm_search.persons import is_author_list, is_person, persons
from ssm_search.titles import clean_title, is_reference_lead, strip_tags, trim
from ssm_search.venues import find_venue, find_year, is_date, is_venue

# No title and what leads up to it is longer; reading on would only cost time.
_MAX_LEAD = 1_000
_MOST_WORDS_IN_NAME = 4
_FEWEST_WORDS_BEHIND_NAME = 3  # fewer say something about what the name names
_MOST_WORDS_BEHIND_NAME = 30  # more are a description
_FIRST_QUOTE = re.compile(r"([^\"“”]*+)[\"“]([^\"“”]++)[\"”]?")
_SENTENCE_END = re.compile(r"\w\w[.。] +\w")
_WHEN = re.compile(r"[\s.,(]*\b(?:19|20)\d\d[a-z]?\)?[.,:]?\s*$")
_PROSE = re.compile(r"\s{2,}|\s[-–—]+\s|(?<=\w\w)(?<!\bvs)[.。:：]\s")
_BAR = re.compile(r"\s+[|｜]\s+|\s+[|｜]$")
_QUOTES = '"“”'
_STOPS = ".,;"
_LEADS_OVER = (":", "：", "-", "–", "—")
_SHORTEST_IN_CAPITALS = 5  # shorter words of a title may be small: "with", "via", "from"
_SHARE_IN_CAPITALS = 2 / 3
_FEWEST_WORDS_UNLED = 4  # fewer, without a colon before them, may be an organisation
_COINED = re.compile(r"[A-Z\d][^A-Z\d]*[A-Z\d]")  # "NavGPT", "MDM", "BLIP-2"
_WORD = re.compile(r"[^\W_]+")
# After one of these words, or one of these signs, a title goes on in the next line.
_UNFINISHED = re.compile(
    r"(?i)(?:\b(?:a|an|and|as|at|by|for|from|in|into|of|on|or|the|to|under|using|via|with)|[,:&–-])$"
)


@dataclass(frozen=True, slots=True)
class Headline:
    """The title of an entry.

    Attributes:
        strength: 3 marked as a title (a link, bold, quoted), 2 by its place, 0 none found.
        name: a short name that stands before the title: "Mamba" of ``**Mamba**: "Linear-Time …"``.
        prose: the title runs on into a sentence with paper links in it.
        end: how many runs there are up to where the title ends.
    """

    title: str = ""
    strength: int = 0
    name: str = ""
    prose: bool = False
    end: int = 0


def headline(runs: tuple[Run, ...]) -> Headline:
    """Find the title at the head of an entry."""
    found = first_title(runs)
    if not found.title:
        found = first_title(runs, labels=True)
    if found.title and not found.prose and _is_name(found.title):
        rest = runs[found.end :]
        behind = _behind(rest)
        if _is_title_of(found, behind, runs, rest):
            title, end = behind.title, found.end + behind.end
            linked = any(map(_leads_to_paper, runs[: found.end]))
            over = plain(rest)[:1] in ":：" and not linked
            if behind.strength == 2 and over and not _begins_with(title, found):
                title = f"{found.title}: {title}"
            name = without_remark(found.title) if linked else found.title
            if found.strength == 2 and plain(runs[: found.end])[-1:] not in ":：":
                # A line by itself is the label of a group, and not this paper's name.
                name = "" if rest[:1] and rest[0].text == PARAGRAPH_BREAK else name
            return Headline(title, 3, name, end=end)
    return found


def _behind(rest: tuple[Run, ...]) -> Headline:
    """What may be the title behind a name; a short link in brackets is passed over."""
    behind = first_title(rest)
    short = bool(behind.title) and len(behind.title.split()) < _FEWEST_WORDS_BEHIND_NAME
    if short and rest[behind.end - 1].href and plain(rest)[:1] == "[":
        further = first_title(rest[behind.end :])
        return replace(further, end=behind.end + further.end)
    return behind


def first_title(runs: tuple[Run, ...], *, labels: bool = False) -> Headline:
    """The first stretch that may be a title; with ``labels``, a label or a venue if need be."""
    lead = ""
    position = 0
    while position < len(runs):
        run = runs[position]
        if len(lead) > _MAX_LEAD:
            return Headline()
        taken = 1
        if run.image:
            pass
        elif run.is_break:
            gathered = _gathered(lead)
            if gathered and not _goes_on(lead, run, runs[position + 1 : position + 2]):
                break
            lead = f"{lead} " if gathered else ""
        elif run.bold and _starts_title(run, lead):
            stretch = _stretch(runs, position)
            text, taken = _text(stretch), len(stretch)
            if any(
                arxiv_id(part.href) and label_words(part.text) and is_label(part.text)
                for part in stretch
            ):
                return Headline()  # a sentence in bold with "[paper](…)" in it: an announcement
            colon = {text.rstrip()[-1:], _next_char(runs, position + taken)} & {":", "："}
            named = bool(colon) and find_year(text) is None
            if labels or named or not _says_when_or_where(text):
                return _marked(text, position + taken)
        elif leads_out(run):
            stretch = _stretch(runs, position)
            text, taken = _text(stretch), len(stretch)
            gathered = _gathered(lead)
            beside = is_label(text) or is_date(text) or _is_venue_link(text)
            if gathered and (beside or not _is_by(gathered)):
                return _placed(lead, None if beside else run, runs, position, labels)
            following = _next_char(runs, position + taken)
            called = _is_called(text, following, sure=not labels)
            if not beside or called:
                return _marked(text, position + taken)
        elif run.italic or run.code:
            stretch = _stretch(runs, position)
            text, taken = _text(stretch), len(stretch)
            if not _is_apart(run, text, lead):
                lead += text
            elif strip_tags(lead) and not is_reference_lead(lead):
                break
            elif not _says_when_or_where(text) and not is_author_list(text):
                return _marked(text, position + taken)
        else:
            lead += run.text
        position += taken
    return _placed(lead, None, runs, position, labels)


def _next_char(runs: tuple[Run, ...], position: int) -> str:
    """The first character but white space from ``position`` on."""
    return next(
        (text[0] for run in islice(runs, position, None) if (text := run.text.lstrip())), ""
    )


def _text(runs: Iterable[Run]) -> str:
    return "".join(run.text for run in runs)


def _is_apart(run: Run, text: str, lead: str) -> bool:
    """Whether italic text or code is a part of its own, and not a word of the title around it."""
    if run.code:
        return _says_when_or_where(text)
    if strip_tags(lead):
        return lead.rstrip()[-1:] in _STOPS or _says_when_or_where(text)
    return len(text.split()) >= _FEWEST_WORDS_BEHIND_NAME or _says_when_or_where(text)


def _is_by(text: str) -> bool:
    """Whether a text says no more than who wrote what follows, and when: "J. Doe. 2015."."""
    who = _WHEN.sub("", text).strip(" .,:")
    return bool(persons(who)) or is_person(who)


def _gathered(lead: str) -> str:
    """What may be the beginning of a title: ``lead`` without tags, if it is no venue."""
    gathered = strip_tags(lead)
    return "" if _says_when_or_where(gathered) else gathered


def _is_called(text: str, following: str, *, sure: bool) -> bool:
    """Whether a link whose text may be a label is what the entry is about after all.

    Of "[jax](…) - A library" it is, of "[code](…)" it is not.

    Args:
        following: the character behind the link.
        sure: what follows may be the title, so that the text has to be the name of something.
    """
    if "://" in text or label_words(text) & (PAPER_LABELS | CODE_LABELS):
        return False
    described = following in tuple("-–—:：")
    return described and names_thing(text) if sure else described or not is_label(text)


def _says_when_or_where(text: str) -> bool:
    # "Visual State Space Models (ICML 2024)" is a title with its venue.
    return is_date(text) or (is_venue(text) and is_venue(trim(text)))


def _begins_with(title: str, name: Headline) -> bool:
    return title_key(title).startswith(title_key(name.title))


def _is_venue_link(text: str) -> bool:
    return (
        bool(find_venue(text, marked=True))
        if text.lstrip()[:1] == "["
        else _says_when_or_where(text)
    )


def _is_name(title: str) -> bool:
    return len(title.split()) <= _MOST_WORDS_IN_NAME


def _is_title_of(
    name: Headline, behind: Headline, runs: tuple[Run, ...], rest: tuple[Run, ...]
) -> bool:
    """Whether what stands behind a short name is the title of the paper that it names."""
    words = len(behind.title.split())
    bracketed = plain(runs[: name.end]).rstrip()[-1:] in "])"
    fewest = _FEWEST_WORDS_BEHIND_NAME - bracketed
    if behind.prose or words < fewest or words > _MOST_WORDS_BEHIND_NAME:
        return False
    quoted = plain(rest).lstrip(" :：,.-–—*")[:1] in _QUOTES
    names = "," in behind.title and bool(persons(behind.title)) and not quoted
    if words <= len(name.title.split()) or names or is_author_list(behind.title):
        return False
    if quoted and behind.strength == 3:
        return True
    if _SENTENCE_END.search(behind.title):
        return False
    if any(map(_leads_to_paper, runs[: name.end])):
        return _is_spelled_out(name, behind, plain(rest))
    begins = rest[: behind.end]
    if behind.strength == 3:  # a link to something else beside the name is no title
        return not any(run.href for run in begins) or any(map(_leads_to_paper, begins))
    before = any(map(_leads_to_paper, begins))
    return not before and any(map(_leads_to_paper, rest[behind.end :]))


def _is_spelled_out(name: Headline, behind: Headline, rest: str) -> bool:
    """Whether a link to a paper is its short name only: "[MDM](…): Human Motion Diffusion Model".

    A title is told from a description by its capitals. The name is one word, and looks like a name
    where neither a colon nor a dash leads over.
    """
    short = without_remark(name.title)
    if behind.strength != 2 or len(short.split()) > 1 or persons(behind.title):
        return False
    words = [word for word in behind.title.split() if len(word) >= _SHORTEST_IN_CAPITALS]
    capital = sum(not word[0].islower() for word in words)
    if capital < max(2, _SHARE_IN_CAPITALS * len(words)):
        return False
    return rest[:1] in _LEADS_OVER or (
        _COINED.search(short) is not None and len(behind.title.split()) >= _FEWEST_WORDS_UNLED
    )


def _leads_to_paper(run: Run) -> bool:
    if not is_web(run):
        return False
    return arxiv_id(run.href) is not None or says_paper(run) or bool(find_venue(run.text))


def _placed(
    lead: str, stopped_at: Run | None, runs: tuple[Run, ...], end: int, labels: bool
) -> Headline:
    """The headline of an entry that starts with ``lead`` and marks no title in it."""
    quoted, name = _quoted(lead)
    title = trim(quoted or _between_bars(lead) or _without_prose(lead))
    if not any(char.isalpha() for char in title) or is_label(title):
        return Headline()
    if is_date(title) or (is_venue(title) and not labels):
        return Headline()
    named = {arxiv_id(run.href) for run in runs if not is_label(run.text)} - {None}
    labelled = any(arxiv_id(run.href) for run in runs if is_label(run.text))
    prose = stopped_at is not None and (
        len(named) > 1 or (named and not labelled) or arxiv_id(stopped_at.href) is not None
    )
    if prose and _is_name(title) and lead.rstrip()[-1:] in ":：-–—":
        prose = False  # "Mamba: [Linear-Time …](…)"
    return Headline(title, 3 if quoted else 2, name, bool(prose), end)


def _between_bars(lead: str) -> str:
    """The title of "2018 | CVPR | Title | Authors"; "" where no other part says when or where."""
    parts = [part for part in _BAR.split(lead) if part.strip()]
    others = [part for part in parts if not _says_when_or_where(part.strip())]
    titles = [part for part in others if not persons(part)]
    return titles[0] if len(others) < len(parts) and titles else ""


def _without_prose(lead: str) -> str:
    """``lead`` up to where a description begins, if it is too long for a title alone."""
    if len(lead.split()) <= _MOST_WORDS_BEHIND_NAME:
        return lead
    return next((part for part in _PROSE.split(lead.strip()) if strip_tags(part)), lead)


def _quoted(lead: str) -> tuple[str, str]:
    """The title that ``Authors. "Title." Journal`` or ``Name: "Title"`` has in quotes, and a name.

    ("", "") if the quotes are part of a title.
    """
    match = _FIRST_QUOTE.match(lead)
    if not match:
        return "", ""
    before = strip_tags(match[1]).strip()
    if len(match[2].split()) < _FEWEST_WORDS_BEHIND_NAME - is_author_list(before):
        return "", ""
    if not _WORD.search(before):
        after = lead[match.end() :].strip()
        return (match[2], "") if not after or after[0] in ".,;:([|-–—" else ("", "")
    if before[-1] not in _STOPS + ":：-–—" and not is_author_list(before):
        return "", ""
    name = clean_title(before)
    return match[2], name if _is_name(name) and before[-1] in ":：-–—" else ""


def _starts_title(run: Run, lead: str) -> bool:
    """Bold is a title at the very start, or after a full stop; within a bracket it is a tag."""
    if lead.count("(") > lead.count(")") or lead.count("[") > lead.count("]"):
        return False
    if run.href and label_words(run.text) and is_label(run.text):
        return False
    begins = bool(_WORD.search(run.text)) and not is_label(run.text)
    before = lead.rstrip()[-1:]
    words = len(run.text.split())
    goes_on = (before in ".,:;)]" and words > 2) or (before in _QUOTES and words > 1)
    # What was gathered is looked through only where it decides: once a run, it would take most of
    # the time that many runs take.
    return begins if begins == goes_on or not strip_tags(lead) else goes_on


def _stretch(runs: tuple[Run, ...], position: int) -> list[Run]:
    """The link, or the bold, italic or other stretch of one look, that begins at ``position``."""
    first = runs[position]
    if first.image or first.is_break:
        return [first]
    if first.bold:
        alike = takewhile(lambda run: run.bold and not run.image, runs[position:])
    elif first.href:
        alike = takewhile(lambda run: run.href == first.href and not run.image, runs[position:])
    else:
        look = (first.italic, first.code)
        alike = takewhile(
            lambda run: (run.italic, run.code) == look and not (run.href or run.bold or run.image),
            runs[position:],
        )
    return list(alike)


def _goes_on(lead: str, line_break: Run, following: tuple[Run, ...]) -> bool:
    """True if the title may run on over a break: into a small letter, or a title in quotes."""
    if line_break.text == PARAGRAPH_BREAK or not following:
        return False
    start = following[0].text.lstrip()[:1]
    small = start.islower() or (start.isalpha() and _UNFINISHED.search(lead.rstrip()) is not None)
    return start in _QUOTES or (small and not following[0].href)


def _marked(text: str, end: int) -> Headline:
    if len(text) > _MAX_LEAD:
        return Headline()
    title = trim(text)
    return Headline(title, 3, end=end) if any(map(str.isalpha, title)) else Headline()
