"""What a text is written in, where that is no Markdown."""

from __future__ import annotations

import re

_HEAD = 200_000  # characters that are looked at; a format shows long before
_FEWEST = 3  # signs of a format; one may stand in an example
_LINK = re.compile(r"\]\([^()\s]|\*\*\w")  # or bold text
_SIGNS = {
    "reStructuredText": re.compile(
        r"(?m)^\.\. (?:_[^:\n]{1,80}:|\|[^|\n]{1,80}\||\w[\w-]{0,30}::)"
        r"|`[^`<\n]{1,300}<[^>\s]{1,300}> *`_"
    ),
    "AsciiDoc": re.compile(r"(?m)^={1,5} \S|(?:https?|link):[^\s\[\]]{1,300}\[[^\]\n]{1,300}\]"),
    "Org mode": re.compile(r"(?m)^#\+\w{1,20}:|\[\[https?:[^\]\n]{1,300}\]\["),
    "LaTeX": re.compile(r"\\(?:documentclass|begin|section|subsection|item|bibitem)\b"),
    "BibTeX": re.compile(r"(?m)^@[A-Za-z]{3,20}\{[^,\s]{1,200},"),
    "TOML": re.compile(r"(?m)^\[\[?[\w.\"-]{1,80}\]\]?\s*$|^[\w-]{1,40} = [\"'\[\d{tf]"),
    "JSON": re.compile(r"(?m)^\s{0,20}\"[^\"\n]{1,80}\": ?[\"\[{\dtfn]"),
    "YAML": re.compile(r"(?m)^(?:  )?[\w-]{1,40}: [^\s#]"),
}


def foreign_format(text: str) -> str:
    """What ``text`` is written in if that is not Markdown, as "reStructuredText"; else "".

    A format is recognised by signs that it alone has, where they outnumber those of Markdown.
    """
    head = text[:_HEAD]
    links = sum(1 for _ in _LINK.finditer(head))
    count = {name: sum(1 for _ in signs.finditer(head)) for name, signs in _SIGNS.items()}
    name = max(count, key=lambda name: count[name])
    # Markdown shares headings with none of them, but prose may have colons as YAML has.
    lines = sum(1 for line in head.splitlines() if line.strip())
    enough = count[name] >= (max(_FEWEST, lines // 2) if name == "YAML" else _FEWEST)
    return name if enough and count[name] > links else ""
