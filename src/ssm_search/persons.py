"""The persons that a text names: the authors of a paper, as lists print them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MOST_PERSONS = 200
_MOST_WORDS_IN_NAME = 5
_LONGEST = 6_000
_LABEL = re.compile(r"(?i)\s*(?:by|authors?|作者|著者|저자)(?:\s*[:：]\s*|\s+)")
_BETWEEN = re.compile(r"\s*[,;，、·]\s*(?:and\s+|&\s*)?|\s+(?:and|&)\s+")
_MARKS = re.compile(r"[*†‡§¶✉⋆\d^]+$|\s*\([^()]{0,60}\)$")
_ET_AL = re.compile(r"(?i)[,\s]*\bet\.? al\.?|\s*(?:,|and)\s*others$|[…]+$|\.{3}$")
# "Doe, J. B.", as reference lists have it.
_INVERTED = re.compile(
    r"([^\W\d_a-z][\w'’-]{1,30}(?: [^\W\d_a-z][\w'’-]{1,30}){0,2}), ((?:[A-Z]\.[ -]?){1,4})(?!\w)"
)
_BETWEEN_INVERTED = re.compile(r"(?:[\s,;&.…]|\band\b|\bet al\b)*")
_PARTICLES = frozenset("al bin da de del della der di dos du el la le ten ter van von y".split())
_SUFFIXES = frozenset("jr sr ii iii iv".split())
_NAME_WORD = re.compile(r"[^\W\d_][^\W\d_'’.`´-]*(?:['’.`´-][^\W\d_]*)*\.?")
# Organisations, and what titles are made of: no name has one of these words.
_ORGANISATIONS = frozenset(
    """academy foundation google group inc institute lab laboratory labs meta microsoft research
    school systems team university""".split()
)
_NO_NAMES = _ORGANISATIONS | frozenset(
    """ai and for in learning model models nets network networks of on the via vision
    with""".split()
)
_GROUPS = _ORGANISATIONS | {"and", "collaboration", "consortium"}


@dataclass(frozen=True, slots=True)
class Name:
    """A name as indexes sort it: "van den Oord", "Aaron", "Jr.".

    Attributes:
        family: with its particles; all of a name that is an organisation's, or one word.
        given: what stands before; "" if nothing does.
        suffix: such as "III"; "" if there is none.
        is_group: whether it is an organisation's, or of several persons.
    """

    family: str
    given: str = ""
    suffix: str = ""
    is_group: bool = False


def name_of(author: str) -> Name:
    """The parts of an author's name, which has the family's last, or first and before a comma.

    Particles are of the family's name where they are written small, as BibTeX tells them: "Thi Van
    Nguyen" has none.
    """
    words = author.replace(",", " , ").split()
    if any(word.casefold() in _GROUPS or word == "AI" for word in words):
        return Name(" ".join(author.split()), is_group=True)
    last = len(words)
    while last > 1 and (words[last - 1] == "," or _is_suffix(words[last - 1])):
        last -= 1
    suffix = " ".join(word for word in words[last:] if word != ",")
    if "," in words[:last]:
        family, _, given = " ".join(words[:last]).partition(" , ")
        return Name(family, " ".join(given.replace(",", " ").split()), suffix)
    at = max(last - 1, 0)
    while at > 1 and words[at - 1].islower() and "." not in words[at - 1]:
        at -= 1
    return Name(" ".join(words[at:last]), " ".join(words[:at]), suffix)


def _is_suffix(word: str) -> bool:
    return word.strip(".").casefold() in _SUFFIXES and word[0].isupper()


def persons(text: str) -> tuple[str, ...]:
    """The names that ``text`` is a list of; () if it is anything else.

    A single name counts only with "et al." or "by", or as "Doe, J.".
    """
    if len(text) > _LONGEST:
        return ()
    text = " ".join(text.split()).lstrip(" ,;")
    labelled = _LABEL.match(text)
    text = text[labelled.end() :] if labelled else text
    inverted = _INVERTED.findall(text)[:_MOST_PERSONS]
    if inverted and _BETWEEN_INVERTED.fullmatch(_INVERTED.sub("", text)):
        return tuple(f"{initials.strip()} {surname}" for surname, initials in inverted)
    more = _ET_AL.search(text)
    text = (text[: more.start()] if more else text).strip(" .,;:*_-–—")
    names = [_MARKS.sub("", part).strip() for part in _BETWEEN.split(text) if part]
    if not names or len(names) > _MOST_PERSONS or not all(map(is_person, names)):
        return ()
    return tuple(names) if len(names) > 1 or more or labelled else ()


def is_author_list(text: str) -> bool:
    """Whether ``text`` is surely names: titles too are made of two pairs of words and an "and"."""
    names = persons(text)
    return len(names) > 2 or any("." in name for name in names) or _ET_AL.search(text) is not None


def is_person(text: str) -> bool:
    """Whether ``text`` looks like the name of one person: "J. Doe", "Ludwig van Beethoven"."""
    words = text.replace(".", ". ").split()
    if not 2 <= len(words) <= _MOST_WORDS_IN_NAME:
        return False
    capital = 0
    for word in words:
        plain = word.strip(".").casefold()
        if plain in _NO_NAMES or not _NAME_WORD.fullmatch(word):
            return False
        if word[0].isupper():
            # Initials, and surnames in capitals; an acronym has more letters than initials.
            capital += 1
        elif plain not in _PARTICLES and plain not in _SUFFIXES:
            return False
    return capital > 1
