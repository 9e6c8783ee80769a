"""What a question says it does not want: "not medical", "without attention", "-vision"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ssm_search.text import PAPERS

MOST_WORDS_NOT_WANTED = 3
"""Of what follows "not" or "without"; more of them are a clause of a sentence."""
_MINUS = re.compile(r"(?<!\S)[-−](?:\"([^\"]{2,60})\"|([^\W\d_][\w-]{1,40}))(?!\S)")
_WHICH = re.compile(rf"(?i)(?:\w+\s+){{0,3}}{PAPERS}\s+(?:(?:that|which)\s+)?(?:are|is|do|does)\s*")
# "is not" denies what a sentence says and "if not" asks; neither says what is not wanted, unless
# it is of the papers themselves.
_DENIED = frozenset(
    """am are aren be been being can cannot could did do does had has have if is isn may might must
    need needs or shall should was were whether why will would""".split()
)
_NOT = re.compile(
    r"(?i)(?<![\w-])(?:,\s*)?(?:but\s+)?"
    r"(?P<cue>not|without|except(?:\s+for)?|excluding|other\s+than)\s+"
    rf"(?:(?:any\s+|the\s+)?{PAPERS}\s+(?:on|about|of|in)\s+)?"
    r"(?P<rest>[^,.;:?!()\"“”]+)"
)
# "No vision" is a wish at the end, after "but", a comma or a few words of a topic. In a sentence
# it says how things are: "there is no such thing as …", "trained with no labels".
_NO_WHAT = r"no\s+(?P<rest>[^,.;:?!()\"“”]+?)(?:\s+please)?[.!\s]*$"
_NO = re.compile(rf"(?i)(?:,\s*(?:(?:and|but)\s+)?|(?<=\w)\s+but\s+|^(?=.*\splease\W*$)){_NO_WHAT}")
_NO_BEHIND = re.compile(rf"(?i)(?<=\w)\s{_NO_WHAT}")
MOST_WORDS_BEFORE_NO = 4
_NO_AFTER = frozenset(
    """a almost am an and any are as at be but by can for from had has have having in is it my need
    needing needs of on or our really require requires requiring says that the their there to us use
    uses using virtually was we were with without you your no""".split()
)
_NO_BEFORE = frozenset(
    "better doubt free fun good idea less longer matter more need one such".split()
)
_OFF = re.compile(
    r"(?i)(?:^|(?:[,;.]\s*|\s+)(?:(?:and|but|please)\s+)+|[,;.]\s*)(?:i\s+)?"
    r"(?:exclude|leave\s+out|(?:do\s+not|don['’]?t)\s+(?:show|give|include|list|want)(?:\s+me)?)\s+"
    rf"(?:(?:any\s+|the\s+)?{PAPERS}\s+(?:on|about|of|in)\s+)?"
    r"(?P<rest>[^,.;:?!()\"“”]+)"
)
_NOT_ENDED_BY = re.compile(
    r"(?i)\s+(?:but|with|that|which|who|since|before|after|by|at|from|in|on|for|to|using)\s+.*"
)
_NOT_FOLLOWED_BY = frozenset("all always just necessarily only quite so too yet".split())
_ABOUT = re.compile(
    r"(?i)^(?:(?:about|on|in|for|of|any|us(?:e|es|ing)|need|involv(?:e|ing)|an?|the)\s+)+"
)
_AND = re.compile(r"(?i)\s+(?:or|and|nor)\s+(?:no\s+)?")
_KIND_OF_PAPERS = re.compile(rf"(?i)\s+{PAPERS}$")


def unwanted(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """What is not wanted, each with where in ``text`` all that says so begins and ends."""
    for match in _MINUS.finditer(text):
        name = match[1] or match[2]
        yield match.start(), match.end(), (name,)
    for match in (*_NO.finditer(text), *_NO_BEHIND.finditer(text), *_OFF.finditer(text)):
        rest = match["rest"] if match.re is not _OFF else _NOT_ENDED_BY.sub("", match["rest"])
        names = _wanted_away(rest)
        if not names or names[0].casefold().split()[0] in _NO_BEFORE:
            continue
        topic = text[: match.start()].casefold().split()
        if match.re is _NO_BEHIND and (
            len(topic) > MOST_WORDS_BEFORE_NO or not _NO_AFTER.isdisjoint((topic[0], topic[-1]))
        ):
            continue
        end = match.start("rest") + len(rest) if match.re is _OFF else match.end()
        yield match.start(), end, names
    for match in _NOT.finditer(text):
        cue, rest = match["cue"].casefold(), _NOT_ENDED_BY.sub("", match["rest"])
        led = text[: match.start()]
        denied = led.casefold().split()[-1:] in [[word] for word in _DENIED]
        if not (names := _wanted_away(rest)):
            continue
        first = names[0].casefold().split()[0]
        if cue == "not" and first in _NOT_FOLLOWED_BY:
            continue
        start = match.start()
        if denied and not _WHICH.fullmatch(led):
            continue
        if denied:
            start = 0
        if cue == "without" and first.endswith("ing"):
            continue  # how it is done: "without accessing training data"
        end = match.start("rest") + len(rest)
        yield start, end, names


def _wanted_away(rest: str) -> tuple[str, ...]:
    """What is named behind "not" or the like; () if that is no name, but a clause."""
    names = [_ABOUT.sub("", name).strip() for name in _AND.split(rest)]
    names = [_KIND_OF_PAPERS.sub("", name) for name in names]
    if any(not 0 < len(name.split()) <= MOST_WORDS_NOT_WANTED for name in names):
        return ()
    return tuple(names)
