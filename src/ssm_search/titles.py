"""A title out of what is printed around it: tags and dates before, authors and venues after."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.persons import is_person, persons
from ssm_search.venues import find_venue, find_year, is_date, is_honour

_FEWEST_WORDS_IN_BRACKETS = 3
_MAX_TAILS = 6  # venue, year, honours, organisation …
_MOST_WORDS_OF_ORGANISATION = 4
_SQUARE_TAG = re.compile(r"\s*\[([^\[\]]{0,80})\](?P<glued>[-\w(])?")
_ROUND_TAG = re.compile(
    r"\s*(?:[(（]([^()（）]{0,80})[)）]|【([^【】]{0,80})】|\{([^{}]{0,80})\})(?P<glued>[-a-z])?"
)
_OCCASION_LEAD = re.compile(
    r"\s{0,9}+([^\W_][\w@&'’./-]{0,30}+(?: [\w@&'’./]{1,30}+){0,3}) {0,2}"
    r"(?:[:：|｜]|[-–—]{1,2} ) {0,2}(?=\S)"
)
_NUMBER_LEAD = re.compile(r"\s*(?:\d{4}[./-]\d{1,2}(?:[./-]\d{1,2})?\s*[:：|–—.-]*|\d{1,3}[.)])\s+")
LONGEST_GROUP = 80
GROUP = re.compile(rf"[(\[（【]([^()\[\]（）【】]{{2,{LONGEST_GROUP}}})[)\]）】]")
_DOUBLE = re.compile(r"\[\[([^\[\]]*)\]\]")
_TAIL = re.compile(rf"\s*{GROUP.pattern}[.,]?\s*$")
# What stands behind the last full stop, comma, dash or bar.
_LAST_PART = re.compile(r"(?:[.。]\s+|[,，;|]\s*|\s+[-–—]+\s+)([^.,;|]{1,80}[.,]?)\s*$")
_SHORTENED_TAIL = re.compile(
    r"[.,]\s+((?:[A-Z][A-Za-z]{0,12}\.\s*){1,5}(?:[A-Z][A-Za-z]{0,12}\s+)?[(]?(?:19|20)\d\d[)]?)\s*$"
)
_LAST_DATE = re.compile(
    r"\s(?:\d{1,2}(?:st|nd|rd|th)?\s+)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
    r"\.?,?\s+(?:\d{1,2}(?:st|nd|rd|th)?,?\s+)?(?:19|20)\d\d\s*$"
)
_ET_AL_TAIL = re.compile(
    r"(?:,|(?<=\w\w)\.)\s+(?:[A-Z]\.\s?){0,3}[A-Z][\w'’-]{1,30}(?: [A-Z][\w.'’-]{0,30}){0,3},?"
    r"\s+et\.? al\.?\s*$"
)
_LAST_SENTENCE = re.compile(r"[.。]\s+([^.]{1,40})[.,]?\s*$")
_BEFORE_LIST = re.compile(r"^(?P<title>.{8,300}?\(\d{4}\)),\s+(?P<authors>.{3,})$")
_ID_TAIL = re.compile(
    r"[,.;]?\s*\"?\s*arxiv(?:\s+pre-?print)?[:\s]+(?:arxiv:)?\d{4}\.\d{4,5}.*$", re.I
)
_CITED = re.compile(r"(?P<who>[^()\[\]]{4,900}?)\s*\((?:19|20)\d\d[a-z]?\)\.(?:\s+(?P<title>.*))?$")
_SENTENCE_END = re.compile(r"(?<=\w\w)[.?!]\s")
_IN_TAIL = re.compile(r"[,.;]\s+(?:in|at)(?:\s+proc(?:eedings)?\.?(?: of(?: the)?)?)?\s*$", re.I)
_LATEX = re.compile(
    r"\$?\\(?:texttt|textbf|textit|textsc|textsf|emph|mathrm|mathbf|mathcal|mathtt|text|tt|bf)"
    r"\s*\{([^{}$]{0,80})\}\$?"
)
_SHORTCODE = re.compile(r"(?<!\w):[a-z0-9_+-]+:(?!\w)")
_FIRST_ORNAMENT = "\u2190"  # "°" and "©" come before it and may belong to a title
_EMOJI_PARTS = "\ufe0e\ufe0f\u20e3"  # variation selectors, keycap
_EDGES = " \t-–—:：,;.|*•·_\\"
_QUOTES = '"“”'


def clean_title(text: str) -> str:
    """A title as printed, without emoji and the quotes and punctuation around it."""
    text = _LATEX.sub(r"\1", text) if "\\" in text else text
    text = " ".join(_without_ornaments(text).replace("`", "").split()).strip(_EDGES)
    quotes = [at for at, char in enumerate(text) if char in _QUOTES]
    if len(quotes) == 1 or quotes == [0, len(text) - 1]:
        text = text.strip(_QUOTES).strip(_EDGES)
    for opening, closing in ("[]", "()"):
        if text[:1] + text[-1:] == opening + closing and text.count(opening) == 1:
            text = text[1:-1]
    opened = sum(text.count(char) for char in "([（【")
    closed = sum(text.count(char) for char in ")]）】")
    if opened > closed and text[-1:] in "([（【":
        text = text[:-1].rstrip(_EDGES)
    return text


def strip_tags(text: str) -> str:
    """``text`` without the ornaments, bracketed tags, numbers and dates before its first word.

    What is all in brackets is no tag if it is as long as a title.
    """
    text = _without_ornaments(text)
    tag = ""
    while end := tag_end(text):
        tag, text = text[:end], text[end:]
    if any(map(str.isalpha, text)) and not is_date(text):
        return text
    return tag if len(tag.split()) >= _FEWEST_WORDS_IN_BRACKETS and not _is_beside(tag) else ""


def tag_end(text: str) -> int:
    """Where the tag, number or date ends that ``text`` starts with; 0 if there is none.

    "[V]-Mamba" and "(Re)thinking" start with a word and not with a tag, "[ICML24]Mamba" does not.
    """
    match = _SQUARE_TAG.match(text) or _ROUND_TAG.match(text)
    if match is None:
        number = _NUMBER_LEAD.match(text)
        return number.end() if number else _occasion_end(text)
    if match["glued"] is None:
        return match.end()
    inner = next(filter(None, match.groups()))
    return match.start("glued") if _is_beside(inner) else 0


def _occasion_end(text: str) -> int:
    """Where "2012-ICML - " or "CVPR 2024: " ends, if ``text`` starts with that."""
    lead = _OCCASION_LEAD.match(text)
    if lead is None or not any(map(str.isdigit, lead[1])):
        return 0
    said = is_date(lead[1]) or (find_venue(lead[1]) and find_year(lead[1]))
    return lead.end() if said else 0


def trim(text: str) -> str:
    """The title out of a text that has tags before it, and authors, venues or dates around it."""
    text = _DOUBLE.sub(r"[\1]", " ".join(text.split()))
    title = _after_authors(_after_reference(strip_tags(text) or text))
    title = _ID_TAIL.sub("", title) or title
    if match := _BEFORE_LIST.match(title):
        by = match["authors"].strip(" .,")
        title = match["title"] if persons(by) or is_person(by) else title
    dropped = ""
    for _ in range(_MAX_TAILS):
        title = _without_tail(title)
        shorter, dropped = _without_last(title, dropped)
        if not any(map(str.isalpha, shorter)) or shorter == title:
            break
        title = shorter
    return clean_title(title)


def _without_last(title: str, dropped: str) -> tuple[str, str]:
    """``title`` without a venue, date or the like at its end, and what went; or as it is.

    Args:
        dropped: what went before; between a title and its venue may stand an organisation.
    """
    if match := _TAIL.search(title):
        inner = match[1].strip()
        if _is_beside(inner) or is_honour(inner) or inner.startswith("@"):
            return title[: match.start()], inner
    if (match := _ET_AL_TAIL.search(title)) and not persons(title):
        return title[: match.start()], match[0]
    if match := _LAST_DATE.search(title):
        return title[: match.start()], match[0]
    if (match := _SHORTENED_TAIL.search(title)) and find_venue(match[1]):
        return title[: match.start()], match[1]
    if match := _LAST_PART.search(title):
        part = match[1].strip()
        if is_date(part) or find_venue(part):
            return title[: match.start()], part
    match = _LAST_SENTENCE.search(title)
    if match and is_person(match[1]) and len(title[: match.start()].split()) > 2:
        return title[: match.start()], match[1]
    if dropped and (match := _LAST_SENTENCE.search(title)):
        words = match[1].split()
        capital = all(word[:1].isupper() or word in ("and", "&", "of") for word in words)
        if persons(match[1]) or (capital and len(words) <= _MOST_WORDS_OF_ORGANISATION):
            return title[: match.start()], match[1]
    if match := _IN_TAIL.search(title):
        return title[: match.start()], title[match.start() :]
    return title, ""


def _is_beside(text: str) -> bool:
    return is_date(text) or arxiv_id(text) is not None or bool(find_venue(text, marked=True))


def is_reference_lead(text: str) -> bool:
    """Whether a text is the begin of a reference up to the title: "Doe, J. (2018)."."""
    cited = _CITED.match(text.strip())
    return cited is not None and not cited["title"] and bool(persons(cited["who"]))


def _after_reference(text: str) -> str:
    """The title of a reference such as "Doe, J. (2018). Title. Journal."; or ``text`` as it is."""
    cited = _CITED.match(text)
    if cited is None or not cited["title"] or not persons(cited["who"]):
        return text
    end = _SENTENCE_END.search(cited["title"])
    return cited["title"][: end.end()] if end else cited["title"]


def _after_authors(text: str) -> str:
    """``text`` without the names of persons, at least two and then a comma, that it starts with."""
    parts = re.split(r",\s*", text)
    names = 0
    said = any(is_date(part) or find_venue(part) for part in parts[-2:])
    if not said and not _ID_TAIL.search(text):
        return text  # titles have lists of capital words too
    while names < len(parts) - 1 and is_person(parts[names].removeprefix("and ")):
        names += 1
    rest = ", ".join(parts[names:])
    return rest if names > 1 and len(rest.split()) > 1 else text


def _without_tail(text: str) -> str:
    """``text`` without the dashes, colons and opened brackets that lead over to the links."""
    return text.rstrip().rstrip("-–—:：,;|([（【 ").rstrip()


def _without_ornaments(text: str) -> str:
    """``text`` without emoji, their ``:shortcodes:``, control and invisible characters."""
    if text.isascii() and text.isprintable() and ":" not in text:
        return text
    return "".join(map(_without_ornament, _SHORTCODE.sub(" ", text)))


@lru_cache(maxsize=4096)
def _without_ornament(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf" or char in _EMOJI_PARTS:
        return ""
    emoji = category in ("So", "Sk") and char >= _FIRST_ORNAMENT
    return " " if emoji or category in ("Cc", "Co") else char
