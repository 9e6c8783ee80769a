"""Where a list lies, in a file, at an address, in several of them or in a folder → its text."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ssm_search.addresses import shown_source
from ssm_search.awesome import MAX_LIST_CHARS
from ssm_search.errors import ListError
from ssm_search.files import kind_of

MAX_FILES = 1_000  # of a folder; the most known to us of one list are 60

SUFFIXES = (".md", ".markdown")
Source = str | Path
_ADDRESSES = ("http://", "https://")
_README = "readme"
# A file called SECURITY says whom to tell of faults; one called "security" may list papers on it.
_ABOUT_A_REPOSITORY = re.compile(
    r"(?i:licen[cs]e|contributing|contributors|code[_-]of[_-]conduct|change[_-]?log"
    r"|(?:pull[_-]request|issue)[_-]template)(?:[._-].*)?|SECURITY"
)
_TRANSLATION = re.compile(
    r"(?i)readme[._-](?:ar|cn|de|en|es|fr|hi|id|it|ja|jp|ko|kr|pl|pt|ru|tr|uk|vi|zh)(?:[_-]\w{2,4})?"
)


@dataclass(frozen=True, slots=True)
class ListFile:
    """A file that a list, or a part of one, stands in.

    Attributes:
        name: as messages have it.
        is_named: False where it was found in a folder, so that it may be about something else.
    """

    name: str
    text: str
    is_named: bool = True

    @property
    def is_readme(self) -> bool:
        """Whether it is what people see first of a folder."""
        return Path(self.name).stem.casefold() == _README


def read_files(sources: Sequence[Source], *, allow_hosts: Sequence[str] = ()) -> list[ListFile]:
    """The files of a list, all together no longer than one may be.

    Args:
        sources: files, http(s) URLs, and folders; of a folder all that may be lists are read, a
            README first, but not what repositories hold beside (a licence, a translation, what is
            hidden).
        allow_hosts: as :func:`read_source`.

    Raises:
        ListError: one of them cannot be read, there is none, or they are too many or too long.
        FetchError: as :func:`read_source`.
    """
    files: list[ListFile] = []
    for source in sources:
        is_folder = not _is_address(source) and Path(source).is_dir()
        for path in _in_folder(Path(source)) if is_folder else [source]:
            text = read_source(path, allow_hosts=allow_hosts)
            files.append(ListFile(shown_source(path), text, not is_folder))
            if sum(len(file.text) for file in files) > MAX_LIST_CHARS:
                raise ListError(
                    f"the files of the list have more than {MAX_LIST_CHARS:,} characters; "
                    "split it into several lists"
                )
    return files


def read_source(
    source: Source, *, allow_hosts: Sequence[str] = (), expected: str = "a Markdown file"
) -> str:
    """The text of a list, or of something else, from a file or an http(s) URL.

    Args:
        allow_hosts: names of hosts that a URL may lead to although they are not of the public
            internet; see :func:`~ssm_search.downloads.download`.
        expected: what kind of file, as an error says it.

    Raises:
        ListError: no such file, a pipe or device, not UTF-8 text, or too large.
        FetchError: the URL does not answer with the list, in time, from a public host.
    """
    limit = 4 * MAX_LIST_CHARS  # bytes: UTF-8 needs up to four for one character
    shown = shown_source(source)
    if _is_address(source):
        from ssm_search.downloads import download

        content = download(str(source), limit, allow_hosts)
    else:
        path = Path(source)
        try:
            there = path.stat()
            if not (stat.S_ISREG(there.st_mode) or stat.S_ISDIR(there.st_mode)):
                # It may never end, or never begin; and some commands read a list twice.
                raise ListError(
                    f"cannot read {shown} (it is a {kind_of(there.st_mode)}); "
                    f"expected {expected} or an http(s) URL"
                )
            if there.st_size > limit:
                raise ListError(f"{shown} has {there.st_size:,} bytes, more than {limit:,}")
            content = path.read_bytes()
        except OSError as error:
            raise ListError(
                f"cannot read {shown} ({error.strerror}); expected {expected} or an http(s) URL"
            ) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ListError(
            f"{shown} is not UTF-8 text (byte {error.start} is not); convert it first"
        ) from error


def _is_address(source: Source) -> bool:
    return str(source).lower().startswith(_ADDRESSES)


def _in_folder(folder: Path) -> list[Path]:
    """The Markdown files of a folder and those below it that may be lists, a README first.

    Raises:
        ListError: there is none, or there are more than ``MAX_FILES``.
    """
    found = []
    for path in _markdown_below(folder):
        found.append(path)
        if len(found) > MAX_FILES:
            raise ListError(
                f"{folder} holds more than {MAX_FILES:,} Markdown files; name those of the list"
            )
    if not found:
        raise ListError(f"no Markdown file in {folder}; expected the files of a list")
    return sorted(
        found, key=lambda path: (path.parent.parts, path.stem.casefold() != _README, path)
    )


def _markdown_below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        stems = {Path(name).stem.casefold() for name in names}
        for name in names:
            path = Path(place, name)
            if path.suffix.casefold() not in SUFFIXES or name.startswith("."):
                continue
            is_other = _ABOUT_A_REPOSITORY.fullmatch(path.stem)
            is_again = _README in stems and _TRANSLATION.fullmatch(path.stem)
            # A link may lead out of what was given to be read.
            is_there = path.is_file() and not path.is_symlink()
            if is_there and not is_other and not is_again:
                yield path
