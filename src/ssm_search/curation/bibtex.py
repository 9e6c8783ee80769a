"""BibTeX as people have it, broken entries among it → the fields of each entry."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator


def read_bibtex(text: str) -> Iterator[dict[str, str]]:
    """The fields of each entry that can be read, names in small letters, accents as letters."""
    import bibtexparser
    from bibtexparser.middlewares import LatexDecodingMiddleware
    from bibtexparser.model import Entry

    for name in ("bibtexparser", "pylatexenc"):  # which log each broken entry, and each macro
        logging.getLogger(name).setLevel(logging.CRITICAL)
    library = bibtexparser.parse_string(text, append_middleware=[LatexDecodingMiddleware()])
    for block in library.blocks:
        # One whose key was there before, or that has a field twice, comes as it is written.
        raw = getattr(block, "ignore_error_block", None)
        entry = raw or block
        if isinstance(entry, Entry):
            fields: dict[str, str] = {}
            for field in entry.fields:
                value = str(field.value)
                value = re.sub(r'^"|"$|[{}]', "", value) if raw else value
                fields.setdefault(field.key.casefold(), value)
            yield fields


def author_names(text: str) -> Iterator[str]:
    """Names as people write them: "Lee, Jr., Ann" is "Ann Lee Jr."."""
    for name in " ".join(text.split()).split(" and "):
        last, *suffix, first = ["", *name.split(",")] if "," not in name else name.split(",")
        parts = [first, last, *suffix]
        if any(map(str.strip, parts)) and name != "others":
            yield " ".join(" ".join(parts).split())
