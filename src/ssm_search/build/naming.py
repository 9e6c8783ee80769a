"""What a list is called, by people and in its index."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ssm_search.titles import clean_title

MAX_NAME = 100  # characters; the longest heading of the 40 lists tried has 65

_NO_NAME = re.compile(
    r"(?i)read\s*me(?:\.md)?|(?:table of )?contents?|toc|index|home|overview|introduction|"
    r"about|notes|list|paper list|目录|目次|简介|목차"
)
_REPOSITORIES = ("github.com", "raw.githubusercontent.com", "gitlab.com")


def is_name(heading: str) -> bool:
    """Whether a heading, or the name of a file, says what a list is about."""
    return any(char.isalnum() for char in heading) and not _NO_NAME.fullmatch(heading.strip())


def list_name(heading: str, sources: Sequence[str | Path]) -> str:
    """What people call a list: its own heading, or else what it lies in is called.

    Args:
        heading: its own, which may be no name.
        sources: where it lies, none of them with a password or query.
    """
    heading = clean_title(heading)
    if is_name(heading):
        return textwrap.shorten(heading, MAX_NAME, placeholder="…")
    first = str(sources[0])
    names = _names_at_address(first) if "://" in first else _names_of_place(Path(first))
    found = next(filter(is_name, names if len(sources) == 1 else names[1:]), "")  # not a file's
    return " ".join(
        word if any(map(str.isupper, word)) else word.capitalize()
        for word in re.split(r"[-_\s]+", found)
    )


def _names_of_place(path: Path) -> list[str]:
    """Names of a list that lies here, best first: of the file, its repository, its folder."""
    path = path.resolve()
    folder = path if path.is_dir() else path.parent
    repository = next((one for one in (folder, *folder.parents) if (one / ".git").exists()), None)
    of_file = "" if folder == path else path.stem
    return [of_file, repository.name if repository else "", folder.name]


def _names_at_address(address: str) -> list[str]:
    """The same of a list that lies at an address."""
    parts = urlsplit(address)
    path = [part for part in unquote(parts.path).split("/") if part]
    repository = path[1] if parts.hostname in _REPOSITORIES and len(path) > 1 else ""
    return [Path(path[-1]).stem if path else "", repository, *reversed(path[:-1])]
