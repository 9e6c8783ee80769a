"""An entry with slots in it → the same without what is about its own paper alone.

What goes leaves a mark first: a link that leads elsewhere, a word that is no label, a slot that
nothing is known for. Then the marks are taken out with all that belongs to them: the brackets
around, the label before, the comma beside, the line that has nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from ssm_search.awesome.labels import is_label, label_words
from ssm_search.awesome.writing.slots import BADGE, IMAGE, MARK, NOT_TEXT, SLOT, TAG, outside

# Words that lead over to what a slot holds, and are no labels of links.
_LEADS = frozenset(
    """title titles author authors by in at on of and the year date published keyword keywords
    tag tags tldr tl dr summary et al""".split()
)
_NOT_CODE = frozenset(
    """paper pdf arxiv project page website homepage poster video slides demo dataset data model
    models weights blog""".split()
)
_FRAMEWORKS = frozenset(
    "pytorch torch tensorflow tf jax keras caffe python matlab julia mxnet theano".split()
)
PLACEHOLDERS = frozenset("none na n/a no tbd soon todo".split())
_STATIC_BADGE = re.compile(BADGE + "badge/")
_LABEL = r"(?:!\[[^\[\]\n]{0,99}\](?:\([^()\s]{0,400}\))?|[^\[\]\n]){0,400}?"
_LINK = re.compile(
    rf"(?<!!)\[(?P<label>{_LABEL})\](?P<more>\]?)\(\s*(?P<target>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)"
    r"(?:\s\"[^\"\n]*\")?\s*\)"
)
_ANCHOR = re.compile(
    r"<a\b[^<>]{0,99}?href=[\"']?(?P<target>[^\"'<>\s]*)[\"']?[^<>]{0,99}>(?P<label>.{0,400}?)</a>",
    re.I | re.S,
)
_OWN_LINK = re.compile(r"\0(?:id|url)\0")
_WHEN_OR_WHERE = frozenset({"venue", "preprint", "year", "date"})
_BARE = re.compile(r"(?<!\()(?<![\"'=])https?://[^\s<>\"'()\[\]|]+")
_WORD = re.compile(r"[^\W_]+")
_EMOJI = re.compile(
    r"(?<!\w):[a-z0-9_+-]{2,40}:(?!\w)|[\u2190-\u23ff\u2460-\u2bff\u3030\u303d\U0001f000-\U0001faff]+"
    "[\ufe0e\ufe0f\u20e3]?"
)
_ICON_OF = re.compile(r"\s?(?:\[+[^\[\]\n\0]{0,99}\]+\([^()\s]*\0|<a\b)")
_NO_WORDS = re.compile(f"{NOT_TEXT.pattern}|{_EMOJI.pattern}|&#?\\w{{1,20}};", re.I)
_CELL = re.compile(r"</?t[dh]\b", re.I)
_M = MARK
# Marks with nothing between them but signs and labels are one.
_BETWEEN = re.compile(rf"{_M}[^\0\n\[\](){{}}<>*|`{_M}]{{0,60}}{_M}")
# So are the labels in one run of words with a mark: "video dataset for …" is prose.
_RUN = re.compile(
    rf"(?:(?<![\w\0])[^\W_]{{1,30}}(?:['’-]|[^\S\n])){{0,12}}{_M}(?:(?:['’-]|[^\S\n]){{0,2}}[^\W_]{{1,30}}(?![\w\0])){{0,12}}"
)
_LABELLED = re.compile(
    r"(?<![\w\0])(?:[A-Za-z]{2,20} ){0,2}[A-Za-z]{2,20} ?"
    rf"(?:</?\w+>|[*_]){{0,2}}[:：](?:</?\w+>|[*_]){{0,2}}[^\S\n]*{_M}"
)
_PAIRS = [
    (r"\\?\(", r"\\?\)"),
    (r"\\?\[", r"\\?\](?!\()"),
    ("（", "）"),
    ("【", "】"),
    (r"\{", r"\}"),
]
_PAIRS += [
    ("`{1,3}", "`{1,3}"),
    (r"(?<![\w\0.,;:!?)\]*])\*{1,3}(?=[^\s*.,;:])", r"(?<=\S)\*{1,3}"),
    ('["“]', '["”]'),
]
_PAIRS += [(r"(?<!\w)_{1,2}(?=\S)", r"(?<=\S)_{1,2}(?!\w)")]
_PAIRS += [
    (rf"<{tag}\b[^<>]*>", f"</{tag}>")
    for tag in "b i em strong kbd code sub sup span small font summary u p div li".split()
]
_GROUPS = [
    re.compile(rf"{opening}(?P<in>[^\0\n{_M}]{{0,60}}{_M}[^\0\n{_M}]{{0,60}}){closing}", re.I)
    for opening, closing in _PAIRS
]
_SIGN = r"<br ?/?>|[,;:·•|/&+、，。；]|(?<=[\w\0])_|(?<=\s)[-–—]+(?=\s)|\.(?=\s|$|<)"
# A run of blanks is looked at from its start alone, or 20,000 of them take minutes.
_BLANKS = r"(?<![^\S\n])[^\S\n]++"
_SEPARATOR = rf"(?:(?:(?<![^\S\n])[^\S\n]+)?(?:{_SIGN})[^\S\n]*|{_BLANKS})"
_MARKED = re.compile(rf"(?P<before>{_SEPARATOR})?{_M}(?P<after>{_SEPARATOR})?")
_AT_START = re.compile(
    r"(?:(?:^|\n)\s*(?:[-*+]\s+|(?:\d+|\0number\0)[.)]\s+|#+\s+)?[(\[（【{*_`\"“]*(?:<[^<>]*>\s*)*"
    r"|(?<=\s)[*_`\"“]{1,3}|[(\[（【{])$"
)
_AT_BULLET = re.compile(r"(?:^|\n)[^\S\n]*(?:[-*+]|(?:\d+|\0number\0)[.)]|#+)?$")
_AT_END = re.compile(r"[^\S\n]*(?:[)\]）】}]|[*_`\"”]*(?:</[^<>]*>|<br ?/?>|\\)?[^\S\n]*(?:\n|$))")


def without_foreign(text: str, known: Collection[str], constants: Collection[str] = ()) -> str:
    """``text`` with no slots but ``known``, and without all that is about its own paper alone.

    Args:
        constants: words and emoji that nearly all entries of the list have.
    """
    text = _without_links(text, set(known))
    if "venue" not in known:
        text = text.replace("\0honour\0", "")
    known = {*known, "honour"}
    text = SLOT.sub(lambda slot: slot.group() if slot[1] in known else MARK, text)
    text = _without_prose(_without_words(text, constants))
    return tidy(text)


def _without_prose(text: str) -> str:
    """``text`` without the lines below its first that are mostly words about its own paper."""
    first, *rest = text.split("\n")
    kept = [
        MARK
        if line.count(MARK) > PROSE and not _LINK.search(line) and not _CELL.search(line)
        else line
        for line in rest
    ]
    return "\n".join([first, *kept])


def is_static(address: str) -> bool:
    """Whether an image of this address looks the same for all papers."""
    return _STATIC_BADGE.search(address) is not None


def constants_of(texts: Collection[str]) -> frozenset[str]:
    """The words and emoji that nearly all of ``texts`` have."""
    counts: Counter[str] = Counter()
    for text in texts:
        plain = NOT_TEXT.sub(" ", text)
        counts.update({word.casefold() for word in _WORD.findall(plain) if not word.isdecimal()})
        counts.update(set(_EMOJI.findall(plain)))
    if len(texts) < FEWEST:
        return frozenset()
    return frozenset(word for word, count in counts.items() if count >= CONSTANT * len(texts))


_LOOK_BACK = 200
MOST_MARKS = 100  # in an entry that shows anything; taking out one looks at all of it
PROSE = 15  # words in a line that are no labels, from which on it is prose
FEWEST = 4  # entries that show what is common to all
CONSTANT = 0.8  # share of the entries from which on a word says nothing about one of them


def _without_links(text: str, known: set[str]) -> str:
    """``text`` with marks for images and links that lead elsewhere."""
    paper_link = "https://arxiv.org/abs/\0id\0" if "id" in known else "\0url\0"

    def leads(target: str) -> bool:
        slots = {name for name, _ in SLOT.findall(target)}
        return bool(slots) and slots <= known

    def image(match: re.Match[str]) -> str:
        slots = {name for name, _ in SLOT.findall(match.group())}
        kept = slots <= known if slots else is_static(match.group())
        return match.group() if kept else MARK

    def link(match: re.Match[str]) -> str:
        label, target = match["label"], match["target"]
        slots = {name for name, _ in SLOT.findall(label)} & known
        if leads(target):
            if "\0code" in target and label_words(label) & _NOT_CODE:
                return MARK + match["more"]
            if slots or _says(label, is_code="\0code" in target):
                return match.group()
            return match.group().replace(label, "code" if "\0code" in target else "paper", 1)
        # Where a venue leads to the paper's own page, it is to lead to the new paper.
        if "title" in slots or (slots & _WHEN_OR_WHERE and not _OWN_LINK.search(match.string)):
            return match.group().replace(target, paper_link)
        return label + match["more"] if slots == {"name"} else MARK + match["more"]

    def anchor(match: re.Match[str]) -> str:
        slots = {name for name, _ in SLOT.findall(match["label"])} & known
        if leads(match["target"]):
            return match.group()
        if "title" in slots:
            return match.group().replace(match["target"], paper_link)
        return match["label"] if slots else MARK

    text = IMAGE.sub(image, text)
    text = _ANCHOR.sub(anchor, _LINK.sub(link, text))
    return _BARE.sub(lambda bare: bare.group() if leads(bare.group()) else MARK, text)


def _says(label: str, *, is_code: bool) -> bool:
    """Whether a label has a word that may stand, or an image; "PyTorch" is of one paper's code."""
    if IMAGE.search(label):
        return True
    words = set(_WORD.findall(SLOT.sub(" ", label)))
    return any(map(is_exact_label, words)) and not (is_code and label_words(label) & _FRAMEWORKS)


def is_exact_label(word: str) -> bool:
    """Whether a word is a label as it stands; "CODER" is none that is misspelled."""
    return is_label(f"{word} paper")  # among several words, no misspelling is forgiven


def is_bare_label(text: str) -> bool:
    """Whether ``text`` is words alone, and all of them labels."""
    words = text.split()
    return all(word.isalpha() and len(word) > 1 and is_exact_label(word) for word in words)


def _without_words(text: str, constants: Collection[str]) -> str:
    """``text`` with marks for words, numbers and emoji that are neither labels nor constant."""

    def word(match: re.Match[str]) -> str:
        said = match.group()
        folded = said.casefold()
        fine = folded in constants or folded in _LEADS
        fine |= len(said) > 1 and not said.isdecimal() and is_exact_label(said)
        return said if fine else MARK

    def emoji(match: re.Match[str]) -> str:
        fine = match.group() in constants or _ICON_OF.match(text_after(match))
        return match.group() if fine else MARK

    def text_after(match: re.Match[str]) -> str:
        return match.string[match.end() : match.end() + 160]

    return outside(_NO_WORDS, _EMOJI.sub(emoji, text), lambda plain: _WORD.sub(word, plain))


def tidy(text: str) -> str:
    """``text`` without its marks and what goes with each; with them where they are too many."""
    for _ in range(8):
        before = text
        text = _joined(_RUN.sub(MARK, text))
        text = _LABELLED.sub(MARK, text)
        for group in _GROUPS:
            text = group.sub(MARK, text)
        if text == before:
            break
    first, *rest = text.split("\n")
    lines = [first, *(line for line in rest if not _says_nothing(line))]
    text = "\n".join(lines)
    if text.count(MARK) > MOST_MARKS:
        return text
    for _ in range(text.count(MARK)):
        text = _MARKED.sub(_closed_up, text, count=1)
    lines = text.split("\n")
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    return "\n".join(lines)


def _joined(text: str) -> str:
    before = ""
    while before != text:
        before, text = text, _BETWEEN.sub(MARK, text)
    return text


def _says_nothing(line: str) -> bool:
    """Whether a line below the first holds nothing for other papers: a mark, or a label alone."""
    if SLOT.search(line) or _CELL.search(line):
        return False  # without a cell, those behind it would stand in other columns
    words = {word.casefold() for word in _WORD.findall(TAG.sub(" ", line))}
    return MARK in line or bool(words and not words & PLACEHOLDERS)


def _closed_up(match: re.Match[str]) -> str:
    """What stands for a mark and the separators around it."""
    before, after = match["before"] or "", match["after"] or ""
    text = match.string
    above = text[max(0, match.start() - _LOOK_BACK) : match.start()]
    if not before.strip() and _AT_START.search(above + before):
        return before if _AT_BULLET.search(above) else ""
    if _AT_END.match(text, match.end()):
        ended = above.rstrip("*_ `)]")[-1:] in (".", ",", ":", ";", "!", "?")
        return "." if after.strip() == "." and not ended else ""
    return after or before
