"""The files of a list → what they say together, and what the list is called."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ssm_search.addresses import shown_source
from ssm_search.awesome import ListReading, joined, read_list
from ssm_search.build.naming import is_name, list_name
from ssm_search.build.sources import ListFile, Source, read_files
from ssm_search.errors import NoListError

NAMED = 5  # files that stand for all in the name of a list


@dataclass(frozen=True, slots=True)
class WholeList:
    """A list, in one file or split over several.

    Attributes:
        files, parts: where it stands, and what each says.
        reading: what they say together.
        title: what people call it.
        file_name: what the file is called, or the folder, or the first few files.
    """

    files: tuple[ListFile, ...]
    parts: tuple[ListReading, ...]
    reading: ListReading
    title: str
    file_name: str

    @property
    def sha256(self) -> str:
        """A hash of all that was read; of one file, that of its text."""
        return hashlib.sha256("\0".join(file.text for file in self.files).encode()).hexdigest()


def read_whole(sources: Sequence[Source], *, allow_hosts: Sequence[str] = ()) -> WholeList:
    """Read a list, in one file or split over several.

    A part stands under its own heading, if it has one that tells it from the others. The README
    gives the whole list its heading, and stands under none.

    Args:
        sources, allow_hosts: see :func:`~ssm_search.build.sources.read_files`.

    Raises:
        NoListError: a file that is named is written in something else than Markdown.
        ListError, FetchError: as :func:`~ssm_search.build.sources.read_files`; or no file of a
            folder has an entry.
    """
    files = read_files(sources, allow_hosts=allow_hosts)
    readings = [_read(file) for file in files]
    first = _first_of(files)
    kept = [
        at
        for at, (file, reading) in enumerate(zip(files, readings, strict=True))
        if file.is_named or reading.entries or (at == first and reading.title)
    ]
    if not any(files[at].is_named or readings[at].entries for at in kept):
        raise no_entry(shown_source(sources[0]))
    files, readings = [files[at] for at in kept], [readings[at] for at in kept]
    heading, below = _headings(readings, kept.index(first) if first in kept else None)
    readings = [
        read_list(file.text, is_part=True) if under else reading
        for file, reading, under in zip(files, readings, below, strict=True)
    ]
    whole = readings[0]
    if len(readings) > 1:
        readings, whole = joined(readings, below, heading)
    places = [shown_source(source) for source in sources]
    return WholeList(
        files=tuple(files),
        parts=tuple(readings),
        reading=whole,
        title=list_name(heading, places),
        file_name=_file_name(files, sources),
    )


def no_entry(named: str) -> NoListError:
    """What to raise of a list without an entry, given what it is called."""
    return NoListError(
        f"no entry found in {named}; expected a list of papers in Markdown: items or rows of a "
        "table, each with a title and a link"
    )


def _read(file: ListFile) -> ListReading:
    reading = read_list(file.text)
    if reading.foreign and file.is_named:
        raise NoListError(f"{file.name}: {reading.problems[0].message}")
    return reading


def _first_of(files: Sequence[ListFile]) -> int | None:
    """The place of the file that speaks for the whole list: the uppermost README, if one is."""
    depths = {at: len(Path(file.name).parts) for at, file in enumerate(files) if file.is_readme}
    uppermost = [at for at, depth in depths.items() if depth == min(depths.values())]
    return uppermost[0] if len(uppermost) == 1 else None


def _headings(readings: Sequence[ListReading], first: int | None) -> tuple[str, list[str]]:
    """The heading of the whole list, and that which each file stands under; "" for none."""
    titles = [reading.title if is_name(reading.title) else "" for reading in readings]
    if len(set(titles)) == 1:
        return titles[0], [""] * len(titles)
    whole = titles[first] if first is not None else ""
    return whole, [
        "" if title == whole or at == first else title for at, title in enumerate(titles)
    ]


def _file_name(files: Sequence[ListFile], sources: Sequence[Source]) -> str:
    if len(files) == 1:
        return files[0].name.rsplit("/", 1)[-1]
    if len(sources) == 1:
        return Path(sources[0]).resolve().name
    names = [file.name.rsplit("/", 1)[-1] for file in files]
    return ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
