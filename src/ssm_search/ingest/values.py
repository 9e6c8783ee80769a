"""Values as corpora write them → authors, dates, years, venues, links, arXiv's categories."""

from __future__ import annotations

import re
from datetime import date, datetime

from ssm_search.arxiv_ids import OLD_ARCHIVES
from ssm_search.marks import without_piles

MAX_VENUE_CHARS = 300
MAX_URL_CHARS = 2_000
_QUOTED_CHARS = 60
_YEARS = range(1500, 2200)

# https://arxiv.org/category_taxonomy, and the archives that only old papers are in.
ARCHIVES = frozenset([*OLD_ARCHIVES, "econ", "eess", "q-fin", "stat"])
_CATEGORY = re.compile(rf"({'|'.join(map(re.escape, ARCHIVES))})(\.[A-Za-z-]{{2,17}})?")
_BETWEEN_CATEGORIES = re.compile(r"[\s,;\[\]'\"]+")
_QUOTED = re.compile(r"""(?<=[\[,\s])(['"])(.{1,200}?)\1(?=\s*[,\]])""")
_YEAR = re.compile(r"\s*(\d{4})(?!\d)", re.ASCII)
_ISO_DATE = re.compile(r"(\d{4})[-/]?(\d\d)[-/]?(\d\d)(?!\d)", re.ASCII)
_MAIL_DATE = re.compile(r"\b(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})\b", re.ASCII)  # RFC 5322, 3.3
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_SUFFIXES = ("jr", "sr", "ii", "iii", "iv")


class UnreadableError(ValueError):
    """Why a record cannot be read. Formats give it in the place of the record."""


def quoted(value: object) -> str:
    """``value`` as messages show it: its beginning."""
    if not isinstance(value, str):
        return f"{type(value).__name__} {str(value)[:_QUOTED_CHARS]}"
    return repr(value[:_QUOTED_CHARS]) + ("…" if len(value) > _QUOTED_CHARS else "")


def checked(text: str, name: str) -> str:
    """``text``, if a file can hold it; of a pile of marks on a letter, no more than there can be.

    Raises:
        UnreadableError: it has half an emoji, which JSON can write and UTF-8 cannot.
    """
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UnreadableError(f"the {name} holds half a character (a surrogate)") from None
    return without_piles(text)


def arxiv_categories(value: object) -> tuple[str, ...]:
    """``value`` as names of arXiv's categories; () if anything in it is something else."""
    parts = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    if not all(isinstance(part, str) for part in parts):
        return ()
    found = [name for part in parts for name in _BETWEEN_CATEGORIES.split(part) if name]
    return tuple(dict.fromkeys(found)) if all(map(_CATEGORY.fullmatch, found)) else ()


def authors_of(value: object) -> tuple[str, ...]:
    """The authors' names as people say them: first name first.

    Of a list of names or of objects with a ``name``; of arXiv's parsed names (last, first, suffix,
    then affiliations); or of text: as Python or JSON prints a list, "Last, First; Last, First",
    "Last, First and Last, First", or "A. Author (Institute, City), B. Author and C. Author".
    """
    if isinstance(value, str):
        names: list[object] = [*_split_names(checked(value, "authors"))]
    elif isinstance(value, list | tuple):
        names = [_name(author) for author in value]
    else:
        raise UnreadableError(f"the authors are {quoted(value)}, expected text or a list")
    found = []
    for name in names:
        if name is None:
            continue
        if not isinstance(name, str):
            raise UnreadableError(f"an author is {quoted(name)}, expected text")
        if name := " ".join(checked(name, "authors").split()):
            found.append(name)
    return tuple(found)


def _name(author: object) -> object:
    if isinstance(author, dict):
        return author.get("name")
    if isinstance(author, list) and all(isinstance(part, str) for part in author):
        last, first, suffix = [*author, "", "", ""][:3]
        return f"{first} {last} {suffix}"
    return author


def _split_names(text: str) -> list[str]:
    if text.lstrip().startswith("["):
        return [name for _, name in _QUOTED.findall(text)]
    if ";" in text:
        return [first_name_first(name) for name in text.split(";")]
    if "(" in text:
        text = re.sub(r"\([^()]*\)", " ", text)
    names = re.split(r"\sand\s", text)
    if len(names) > 1 and _all_last_first(names):
        return [first_name_first(name) for name in names]
    return re.split(r",|\sand\s", text)


def _all_last_first(names: list[str]) -> bool:
    """Whether each name has its one comma, as BibTeX has them, and not each two names."""
    parts = [[part.split() for part in name.split(",")] for name in names]
    return all(len(one) == 2 and all(one) for one in parts) and any(
        len(one[0]) == 1 for one in parts
    )


def first_name_first(name: str) -> str:
    """``Last, First`` as people say it: ``First Last``."""
    last, comma, first = name.partition(",")
    if not comma or "," in first or first.strip(" .").casefold() in _SUFFIXES:
        return name
    return f"{first.strip()} {last.strip()}"


def date_of(value: object) -> date | None:
    """The day that is first named in ``value``, the first of arXiv's versions among others."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("created")
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, str):
        value = _date_of_text(value)
    return value if isinstance(value, date) and value.year in _YEARS else None


def _date_of_text(text: str) -> date | None:
    text = text[:200]
    try:
        if match := _ISO_DATE.match(text.strip()):
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _MAIL_DATE.search(text):
            return date(int(match[3]), _MONTHS.index(match[2]) + 1, int(match[1]))
    except ValueError:
        pass  # no such day
    return None


def year_of(value: object) -> int | None:
    """The year that ``value`` begins with: 2021 of 2021, 2021.0, "2021" and "2021-05"."""
    text = str(value)[:20] if isinstance(value, (str, int, float)) else ""
    match = _YEAR.match(text)
    return int(match[1]) if match and int(match[1]) in _YEARS else None


def venue_of(value: object) -> str:
    """The name of a venue, given as text or as an object with a ``name``; "" for all else."""
    if isinstance(value, dict):  # Semantic Scholar's journal
        value = value.get("name")
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return text if len(text) <= MAX_VENUE_CHARS and text.isprintable() else ""


def url_of(value: object) -> str:
    """``value`` if it is an http(s) address; "" for anything else."""
    text = value.strip() if isinstance(value, str) else ""
    is_one = len(text) <= MAX_URL_CHARS and re.fullmatch(r"https?://[^\s<>\"]+", text, re.I)
    return text if is_one and text.isprintable() else ""
