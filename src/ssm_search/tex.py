"""TeX and Markdown as titles, names and abstracts have them → plain text in Unicode.

Each step goes through the text once, without looking for the end of a group that may have none:
what a stranger writes is read in proportion to its length, and never fails.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from ssm_search.marks import normalized

MOST_CHARS = 4_000  # of a text; a longer one is no sentence, and stays as it is
_SIGNS = re.compile(r"[\\$`]|\*\*|\{[^{}]{0,400}\}|\]\(")
_TEX = re.compile(r"[\\{}$~]|--|``|''")
_MARKDOWN = [
    (re.compile(r"!?\[([^\[\]]{1,300})\]\((?:https?:|[/#.])[^()\s]{1,500}\)"), r"\1"),
    (re.compile(r"\*\*(?=\S)([^*]{1,300}?)(?<=\S)\*\*"), r"\1"),
    (re.compile(r"(?<!`)`([^`]{1,300})`(?!`)"), r"\1"),  # ``these'' are TeX's quotes
]

_FORMULA = re.compile(r"(?<!\\)\$([^$]{1,400})(?<!\\)\$(\d?)")
_ONLY_IN_FORMULAS = re.compile(r"[\\^_{]")
_TEXT_IN_FORMULA = re.compile(r"\\text(?:bf|it|rm|sc|sf|tt)?\{[A-Za-z0-9 .,:+-]*\}")
_NOT_IN_FORMULA = re.compile(r"[$%#&~]|\^\^")  # "^^5c" is a backslash
_COMMAND = re.compile(r"\\([A-Za-z]+|.|\Z)(?=(\s*[\w{\\]|))", re.S)
_WITH_ARGUMENT = frozenset(
    """mathbb mathbf mathcal mathfrak mathit mathrm mathscr mathsf mathtt boldsymbol operatorname
    frac dfrac tfrac sqrt bar dot ddot hat overline tilde underline vec widehat widetilde""".split()
)
_SET_IN_FORMULA = frozenset(
    """, ; : ! | { } arccos arcsin arctan cos cosh dim exp gcd inf ker lim ln log lvert max mid min
    prime quad qquad rvert sin sinh sup tan tanh vert""".split()
) | {" "}
_ARGUMENTS = [  # of commands whose arguments are not simply the text that they stand for
    (re.compile(r"\\(?:url|nolinkurl|path|doi)\s{0,9}\{([^{}]{0,500})\}"), r"\1"),
    (re.compile(r"\\(?:href|textcolor|color|begin|end)\s{0,9}\{[^{}]{0,500}\}"), ""),
    (re.compile(r"[\s~]?\\(?:cite[a-z]{0,9}\*?|label)(?:\[[^\]]{0,99}\])?\{[^{}]{0,500}\}"), ""),
    (re.compile(r"\\[dt]?frac\{([^{}]{1,60})\}\{([^{}]{1,60})\}"), r"\1/\2"),
    (re.compile(r"\\sqrt\{([^{}]{1,60})\}"), r"√(\1)"),
]
_ALPHABETS = {"cal": "SCRIPT", "scr": "SCRIPT", "bb": "DOUBLE-STRUCK", "frak": "FRAKTUR"}
_LETTER = re.compile(r"\\math(cal|scr|bb|frak)\s{0,9}(?:\{([A-Za-z])\}|([A-Za-z])(?![A-Za-z]))")
_ACCENTS = dict(
    zip(
        "`'^~\"=.Hckrubdv",
        "\u0300\u0301\u0302\u0303\u0308\u0304\u0307\u030b\u0327\u0328\u030a\u0306\u0331\u0323\u030c",
        strict=True,
    )
)
_ACCENTED = re.compile(
    r"""\\(?:(["'`^~=.])\s{0,9}|([Hckrubdv])(?:\s{1,9}|(?=[{\\])))"""
    r"(\{\s{0,9})?(?:\\([ij])(?![A-Za-z])\s{0,9}|([^\W\d_]))"
)
_PIECE = re.compile(r"\\([A-Za-z]+)\*?([ \t\n]*)(?=(\{\}|\{)?)|\\(.)|[{}]+|~|---?|``|''", re.S)
_SIGN = {"~": " ", "--": "–", "---": "—", "``": "“", "''": "”"}
_ESCAPED = {**dict.fromkeys(",;: \n\t\\", " "), **dict.fromkeys("!-/()[]@", "")}
_EATS_SPACE = re.compile("text.*|AE|ae|OE|oe|AA|aa|DH|dh|TH|th|ss|[OoLlij]")
_SYMBOLS = {"textbar": "|", "newline": " ", "linebreak": " ", "par": " ", "and": "and"}
_SAYS_NOTHING = frozenset(
    """it bf em tt rm sf sl sc normalfont itshape bfseries scshape ttfamily rmfamily sffamily
    upshape mdseries tiny scriptsize footnotesize small normalsize large Large LARGE huge Huge
    displaystyle textstyle limits nolimits left right big Big bigl bigr Bigl Bigr noindent
    protect relax xspace boldmath unboldmath noopsort""".split()
)


@lru_cache(maxsize=4096)
def plain_text(text: str) -> str:
    r"""``text`` without the marks of TeX and Markdown: "$\alpha$-nets" is "α-nets".

    What cannot be read as TeX stays as it is.
    """
    if len(text) > MOST_CHARS or not _SIGNS.search(text):
        return text
    plain = text
    for pattern, kept in _MARKDOWN:
        plain = pattern.sub(kept, plain)
    return from_tex(plain) or text


def from_tex(text: str) -> str:
    r"""``text``, which is TeX, in Unicode and on one line: ``{\"u}ber~$\alpha$`` is "über α".

    A percent sign is one: people do not write comments where this is read from, but "50%".
    """
    if not _TEX.search(text):
        return " ".join(text.split())
    text = "".join(piece for piece, _ in split_formulas(text.replace("$$", "$")))
    for pattern, kept in _ARGUMENTS:
        text = pattern.sub(kept, text)
    text = _LETTER.sub(_letter, text)
    text = _ACCENTED.sub(_accented, text)
    return " ".join(normalized("NFC", _PIECE.sub(_unicode, text)).split())


def split_formulas(text: str) -> Iterator[tuple[str, bool]]:
    """The pieces of ``text``, and whether each is a formula, which comes without its dollars.

    As Pandoc tells formulas from prices, no space is inside the dollars and no digit behind them;
    but what has a command, an index or a group between them can be nothing else.
    """
    at = 0
    while match := _FORMULA.search(text, at):
        inside, digit = match.groups()
        end = match.end(1)
        if _ONLY_IN_FORMULAS.search(inside) or (not digit and inside == inside.strip()):
            yield text[at : match.start()], False
            yield inside, True
            at = end + 1
        else:
            yield text[at:end], False
            at = end  # this dollar may begin one
    yield text[at:], False


def is_harmless_formula(formula: str) -> bool:
    r"""Whether TeX only sets ``formula``, which stands between dollars, and ends where that does.

    Of commands it has symbols (``\alpha``), functions (``\log``), and those of fonts, fractions,
    roots and accents alone: no ``\input``, and none that gives another its meaning.
    """
    rest = _TEXT_IN_FORMULA.sub("", formula)
    if _NOT_IN_FORMULA.search(rest) or not all(
        # BibTeX counts every brace, TeX none behind a backslash.
        map(_is_balanced, (formula, _COMMAND.sub("", formula)))
    ):
        return False
    return all(
        bool(argument.strip())
        if name in _WITH_ARGUMENT
        else name in _SET_IN_FORMULA or _is_sign(_symbol(name))
        for name, argument in _COMMAND.findall(rest)
    )


def _is_sign(symbol: str | None) -> bool:
    return symbol is not None and len(symbol) == 1 and not symbol.isascii()


def _is_balanced(text: str) -> bool:
    depth = 0
    for char in text:
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return depth == 0


def _letter(match: re.Match[str]) -> str:
    alphabet, letter = _ALPHABETS[match[1]], match[2] or match[3]
    case = "CAPITAL" if letter.isupper() else "SMALL"
    for name in (f"{alphabet} {case} {letter}", f"MATHEMATICAL {alphabet} {case} {letter}"):
        try:
            return unicodedata.lookup(name)
        except KeyError:
            continue  # of some letters, the alphabet was in Unicode before the others
    return letter


def _accented(match: re.Match[str]) -> str:
    accent = _ACCENTS[match[1] or match[2]]
    return (match[3] or "") + (match[4] or match[5]) + accent


def _unicode(match: re.Match[str]) -> str:
    command, space, group, escaped = match.groups()
    if escaped is not None:
        return _ESCAPED.get(escaped, escaped)
    if command is None:
        return _SIGN.get(match[0], "")
    if command in _SAYS_NOTHING:
        return ""
    if (symbol := _symbol(command)) is not None:
        return symbol + ("" if _EATS_SPACE.fullmatch(command) else space)
    # What is unknown and has an argument is mostly a font; else it is a name, as \LaTeX is one.
    return "" if group == "{" else command + space


@lru_cache(maxsize=1024)
def _symbol(command: str) -> str | None:
    r"""What a command without arguments stands for, such as "α" of ``\alpha``; or None."""
    if command in _SYMBOLS:
        return _SYMBOLS[command]
    spec = _commands().get_macro_spec(command)
    symbol = spec.simplify_repl if spec else None
    return symbol if isinstance(symbol, str) and "%" not in symbol else None


@cache
def _commands() -> Any:
    from pylatexenc.latex2text import (  # type: ignore[import-untyped]
        get_default_latex_context_db,
    )

    return get_default_latex_context_db()
