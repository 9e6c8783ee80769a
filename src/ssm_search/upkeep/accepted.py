"""What arXiv's record says of where a paper appeared → its venue, where that is beyond doubt.

Authors write what they like into a comment: "Accepted at ICML 2024", "Submitted to ICLR 2025",
"Extended version of our AAAI'23 paper". A venue is believed where a known name stands beside words
that say that the paper appeared there, or all by itself with a year; and nothing in the sentence
speaks against it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ssm_search.upkeep.venue_names import ACRONYMS, BY_DOI, FULL_NAMES, JOURNALS
from ssm_search.venues import find_venue, is_honour

LONGEST = 2_000  # characters of a comment that are read
AHEAD = 1  # years that a venue may lie ahead
_FIRST_YEAR = 1980

_YEAR = r"(?:19[89]|20[0-4])\d"
_ACRONYM = re.compile(
    r"(?<![\w/.-])(?P<name>"
    + "|".join(sorted(map(re.escape, ACRONYMS), key=len, reverse=True))
    + rf")(?P<workshop>-?W|\s?Workshops?)?(?:[\s,'’`-]{{0,3}}(?P<year>{_YEAR}|\d\d))?(?![\w/])"
)
_FULL = [(re.compile(rf"(?i)\b{pattern}"), name) for pattern, name in FULL_NAMES]
_ANY_YEAR = re.compile(rf"(?<![\d./:-]){_YEAR}(?![\d./:]\d|\d)")
# A sentence ends with a full stop, but not that of "Proc.", "vol.", "et al." or an initial.
_PART = re.compile(
    r"(?<!\bProc)(?<!\bConf)(?<!\bInt)(?<!\bTrans)(?<!\bvol)(?<!\bVol)(?<!\bno)(?<!\bpp)(?<!\bal)"
    r"(?<!\b[A-Z])\.(?=\s|$)|[;|!\n]|(?:,|\band\b)\s+(?=(?i:(?:it )?(?:was )?(?:also )?(?:submitted"
    r"|under review|in review|accepted|to appear|published|(?:an? )?(?:\w+ )?(?:version|extended"
    r"|short))\b))"
)
_SAYS_SO = re.compile(
    r"(?i)\b(?:accepted|acceptance|to appear|appears?|appeared|appearing|published"
    r"|presented|forthcoming|in press|camera[- ]ready|proceedings|proc\.)|^\s*in:?\s"
)
_MANUSCRIPT = re.compile(
    r"(?i)\b(?:camera[- ]ready|author'?s'?|accepted|final|published) (?:version|manuscript)"
    r"(?: of (?:the|our|a|an|this) (?:\w+ )?(?:paper|article|manuscript))?"
    r"|\bpre-?print of (?:the|our|a|an)? ?(?:paper|article|manuscript)?"
)
_AGAINST = re.compile(
    r"(?i)\b(?:submi\w+|under (?:\w+ )?review|in (?:review|revision|preparation)|revisions?"
    r"|rejected|withdrawn|desk|versions?|extension|extends?|extended|expands?|expanded|challenges?"
    r"|competitions?|contest|shared task|solution|winn\w+|thesis|dissertation|tutorial|proposal"
    r"|lecture|keynote|template|style|sty|format|formatted|if accepted|plan\w*|aim\w*|target\w*"
    r"|hope|intended|conditionally|pending|not|never|previous\w*|earlier|prior|preliminary"
    r"|parts? of|partly|partially|supersedes|another|companion|sequel|follow[- ]?up|supplement\w*"
    r"|response|reply|erratum|corrigendum|based on|code (?:for|of)|data(?:set)? (?:for|of)"
    r"|builds on|improves|long paper of|poster version|abridged|condensed|draft|work in progress"
    r"|invited|talk|abstract|report|doctoral|consortium|would|should|reviewed|rebuttal|reproduc\w+"
    r"|track at)\b"
)
_WORKSHOP = re.compile(r"(?i)\bworkshops?\b|[a-z\d)]\s*@\s*[a-z]{3}|\b[A-Z]{3,8}W\b")
_FINDINGS = re.compile(
    r"(?i)\bfindings of (?:the )?(?:ACL|association for computational linguistics)\s*(?::|[,-]?\s*"
    r"(?=EMNLP|NAACL|EACL|AACL|IJCNLP))\s*"
)
_HAS_FINDINGS = re.compile(r"(?i)\bfindings\b")
_NOTE_OF_ARXIV = re.compile(r"(?i)\(?arxiv admin note:.*")
_NAME_BESIDE = re.compile(r"\s+([A-Z]\w*[A-Z]\w*)")
_LESSER = re.compile(
    r"(?i)\b(?:tiny ?papers?|blog ?posts?|demo(?:nstration)?s?(?: track)?|student abstracts?"
    r"|late[- ]breaking|industry track|posters? track|doctoral)\b"
)
# "16th IEEE International Conference on Testing (ICST) 2023": the name that it gives itself.
_OWN_ACRONYM = re.compile(
    r"\b(?P<kind>Conference|Symposium|Workshop|Transactions|Journal)\b[^()]{0,160}"
    rf"\(\s*(?P<name>[A-Z][\w&/+]{{0,12}}[A-Z]\w{{0,6}})(?:[\s,'’-]{{0,3}}(?P<year>{_YEAR}|\d\d))?\s*\)"
)
_INTO = re.compile(
    r"(?i)\b(?:accepted|to appear|appears?|appeared|published|in press|forthcoming)\b"
    r"(?:\s+(?:for|as) (?:a |an )?(?:\w+ ){0,3}?(?:publication|presentation|paper|article))?"
    r"\s*(?:at|in|by|to|with|for|:)?:?\s+(?:the\s+)?(?:journal\s+(?!of))?"
)
_BESIDE_VENUE = frozenset(
    """the a an at in of on to for by and ieee cvf acm aaai springer annual international
    conference conferences meeting joint proceedings proc symposium main oral regular full edition
    ieee/cvf acm/ieee ieee/acm ieee/rsj camera-ready camera ready accepted published lncs pmlr acl
    usa uk online virtual new january february march april may june july august september october
    november december""".split()
)
_NUMBERED = re.compile(r"\d+(?:st|nd|rd|th)?|[ivxlc]+|[\W_]+", re.I)
_DOI = re.compile(r"(?i)^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)$")
_JOURNAL = re.compile(r"^[^\d(;]{3,100}?(?=[\s,.:;(\[]*(?:\d|\(|vol\b|volume\b|issue\b|$))", re.I)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Where a paper appeared, by its authors' own words.

    Attributes:
        name: as lists write it: "ICML", "Medical Image Analysis".
        year: None where they do not say.
        honour: "Workshop" or "Findings" of what is not the conference itself; else "".
        source, said: which of the fields of arXiv's record says so, and its words.
    """

    name: str
    year: int | None
    honour: str
    source: Literal["comment", "journal reference", "DOI"]
    said: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.name, str(self.year or ""), self.honour)))


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    year: int | None
    start: int
    end: int
    workshop: bool = False


def acceptance(comment: str, journal_ref: str = "", doi: str = "") -> Acceptance | None:
    """Where a paper appeared, by the comment, the journal reference or the DOI of its record.

    The first that says it is believed; but what appeared at a workshop may have appeared as a whole
    elsewhere.
    """
    found = [of_comment(comment), of_journal_ref(journal_ref), of_doi(doi)]
    told = [one for one in found if one]
    return min(told, key=lambda one: bool(one.honour), default=None)


def of_comment(comment: str) -> Acceptance | None:
    """Where a paper appeared, by what its authors remark."""
    comment = _NOTE_OF_ARXIV.sub("", " ".join(comment[:LONGEST].split())).strip()
    comment = _FINDINGS.sub("Findings of ", comment)
    parts = _PART.split(_MANUSCRIPT.sub(" accepted ", comment))
    told = [_of_part(part) for part in parts if part and not _AGAINST.search(part)]
    whole = [one for one in told if one and not one[2]] or [one for one in told if one]
    # Two venues of one paper: one of them is not what it seems.
    one = whole[0] if len({name for name, *_ in whole}) == 1 else None
    return Acceptance(*one, "comment", comment) if one else None


def of_journal_ref(text: str) -> Acceptance | None:
    """Where a paper appeared, by the journal reference, which authors give once it did."""
    text = _FINDINGS.sub("Findings of ", " ".join(text[:LONGEST].split()))
    if not text or re.search(r"(?i)\barxiv\b|\bsubmitted\b|\bpreprint\b", text):
        return None
    one = _of_part(f"in {text}")
    if one is None:
        journal = _JOURNAL.match(text)
        name = find_venue(journal[0].strip(" ,.:")) if journal else ""
        one = (name, _year_in(text), "") if name and not _WORKSHOP.search(text) else None
    return Acceptance(*one, "journal reference", text) if one else None


def of_doi(doi: str) -> Acceptance | None:
    """Where a paper appeared, by a DOI that has the name of the venue in it."""
    found = _DOI.match(doi.strip())
    if not found:
        return None
    for pattern, name in BY_DOI:
        match = re.match(pattern, found[1], re.I)
        if not match:
            continue
        said = match.groupdict()
        name = name or _by_acronym(said.get("name") or "")
        year = int(said["year"]) if said.get("year") else None
        if said.get("volume"):  # of AAAI's proceedings: the 38th were those of 2024
            year = int(said["volume"]) + 1986
        honour = "Findings" if said.get("findings") else "Workshop" if said.get("workshop") else ""
        if name and (year is None or _is_year(year)):
            return Acceptance(name, year, honour, "DOI", found[1])
    return None


def is_published_doi(doi: str) -> bool:
    """Whether a DOI is that of a publisher, and not the one that arXiv itself gives."""
    found = _DOI.match(doi.strip())
    return found is not None and not found[1].lower().startswith("10.48550/")


def _by_acronym(text: str) -> str:
    return next((name for name in ACRONYMS if name.casefold() == text.casefold()), "")


def _of_part(part: str) -> tuple[str, int | None, str] | None:
    """Name, year and honour of the venue that a part of a comment says that the paper is of."""
    says_so = bool(_SAYS_SO.search(part))
    named = _names(part)
    if len({one.name for one in named}) > 1 or _LESSER.search(part):
        return None
    # "EMNLP 2023 BlackboxNLP": something at a conference that is not it.
    beside = _NAME_BESIDE.match(part[named[-1].end :]) if named else None
    if beside and beside[1].casefold() not in _BESIDE_VENUE and not is_honour(beside[1]):
        return None
    workshop = bool(_WORKSHOP.search(part)) or any(one.workshop for one in named)
    honour = "Workshop" if workshop else "Findings" if _HAS_FINDINGS.search(part) else ""
    if named:
        years = [one.year for one in named if one.year]
        year = years[0] if len(set(years)) == 1 else None if years else _year_in(part)
        if len(set(years)) > 1:
            return None
        first = not part[: named[0].start].strip(" (*")  # "NeurIPS 2023 Workshop on the Sea"
        stands_alone = year is not None and ((first and workshop) or _nothing_beside(part, named))
        return (named[0].name, year, honour) if says_so or stands_alone else None
    if not says_so:
        return None
    if own := _OWN_ACRONYM.search(part):
        year = _full_year(own["year"]) or _year_in(part)
        workshop = workshop or own["kind"] == "Workshop"
        name = re.sub(rf"{_YEAR}$", "", own["name"])
        name = name.removesuffix("W") if workshop else name  # "ICSTW"
        return (name, year, honour or "Workshop" * workshop) if name else None
    return None if workshop else _journal(part)


def _journal(part: str) -> tuple[str, int | None, str] | None:
    """The journal that "accepted for publication in …" goes on with."""
    lead = _INTO.search(part)
    if not lead:
        return None
    name = re.split(
        rf"[,(]|:(?!\s[A-Z])|\s[-–—]\s|\b(?:{_YEAR}|vol|volume|issue|pp|pages)\b",
        part[lead.end() :],
    )[0]
    name = name.strip(" .\"“”'*_")
    venue = find_venue(name) if re.match(r"[A-Z]", name) else ""
    venue = JOURNALS.get(name.casefold().removeprefix("elsevier "), venue)
    # "Nature" alone may be anything; two words with a capital that `find_venue` knows are a name.
    return (venue, _year_in(part), "") if venue and len(venue) > 2 else None


def _names(part: str) -> list[_Named]:
    """The venues that a part of a comment names, by acronym or in full."""
    found: list[_Named] = []
    rest = part
    for pattern, name in _FULL:
        while match := pattern.search(rest):
            found.append(_Named(name, None, match.start(), match.end()))
            rest = rest[: match.start()] + " " * (match.end() - match.start()) + rest[match.end() :]
    for match in _ACRONYM.finditer(rest):
        name = ACRONYMS[match["name"]]
        year = _full_year(match["year"])
        # "AI" and the like are words; a number without an apostrophe may count pages.
        found.append(_Named(name, year, match.start(), match.end(), bool(match["workshop"])))
    return found


def _nothing_beside(part: str, named: list[_Named]) -> bool:
    """Whether between the commas beside a venue there is nothing but honours and numbers."""
    first = min(one.start for one in named)
    last = max(one.end for one in named)
    start = max((at.end() for at in re.finditer(r"[,:]\s|\s[-–—]\s", part[:first])), default=0)
    words = f"{part[start:first]} {part[last:]}"
    for one in re.split(r"[,:]\s|\s[-–—]\s|[()\[\]]", words):
        beside = [word.strip(".,'’\"*") for word in one.split()]
        plain = [word for word in beside if word and not _NUMBERED.fullmatch(word)]
        if all(word.casefold() in _BESIDE_VENUE or is_honour(word) for word in plain):
            continue
        if part.find(one) > last and re.search(r"(?i)page|figure|table|code|project|http", one):
            continue
        return False
    return True


def _full_year(text: str | None) -> int | None:
    if not text:
        return None
    year = int(text) if len(text) == 4 else 2000 + int(text)
    return year if _is_year(year) else None


def _year_in(text: str) -> int | None:
    """The one year that a text prints; None for none, and for several."""
    years = {int(year) for year in _ANY_YEAR.findall(text)}
    return years.pop() if len(years) == 1 and _is_year(max(years, default=0)) else None


def _is_year(year: int) -> bool:
    return _FIRST_YEAR <= year <= date.today().year + AHEAD
