"""What strangers wrote → LaTeX and BibTeX that set it, and do nothing else."""

from __future__ import annotations

from ssm_search.persons import name_of
from ssm_search.tex import is_harmless_formula, split_formulas

# BibTeX counts braces whatever stands before them, so that none of a text may stay.
_ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{char: f"\\{char}" for char in "#%&_$"},
}


def as_text(text: str) -> str:
    """``text`` on one line, set as it is written."""
    return "".join(_ESCAPED.get(char, char) for char in " ".join(text.split()))


def as_title(text: str) -> str:
    """``text`` on one line, as :func:`as_text` but for formulas between dollars that do no harm."""
    pieces = []
    for piece, is_formula in split_formulas(" ".join(text.split())):
        written = f"${piece}$" if is_formula else piece
        is_kept = is_formula and is_harmless_formula(piece)
        # Spaces at the ends of a piece stay.
        pieces.append(written if is_kept else "".join(_ESCAPED.get(c, c) for c in written))
    return "".join(pieces)


def as_author(author: str) -> str:
    """``author`` so that BibTeX takes it for one person, or one group, and knows the last name.

    It does by itself where the family's name is last and only particles before it are written
    small (N. Markey, "Tame the BeaST", 2009, section 11).
    """
    name = name_of(author)
    family, given, suffix = map(as_text, (name.family, name.given, name.suffix))
    if name.is_group or "," in f"{name.family}{name.given}":
        return f"{{{as_text(author)}}}"
    is_read = not suffix and "," not in author and not any(w[0].islower() for w in given.split())
    if not given or is_read:
        return f"{given} {family}".strip()
    return ", ".join(filter(None, (family, suffix, given)))
