"""A list in a git repository → when each of its papers was first on it."""

from __future__ import annotations

import html
import os
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.names import address
from ssm_search.papers import Paper, title_key

SECONDS = 60  # for one list: 2,000 commits of one that grows to 1 MB and 8,000 papers take 17
MAX_COMMITS = 20_000
MAX_BYTES = 500_000_000  # of all that was ever added to a list and taken away from it
MAX_LINE = 100_000  # bytes; what is behind is passed over, as in the list itself

# What a repository's own settings could have git run, it does not: a diff or a text conversion of
# theirs, a pager, a check of signatures, a look after changed files, a fetch of what is missing.
_GIT = (
    "git",
    "--no-pager",
    "--no-replace-objects",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.alternateRefsCommand="),
    *("-c", "protocol.allow=never"),
    *("-c", "safe.bareRepository=explicit"),
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
# A merge counts as what it brought, on the day on which it did: that is when a paper got onto the
# list, however long it waited on a branch.
_LOG = (
    "log",
    "--first-parent",
    "--diff-merges=first-parent",
    "--follow",
    "--patch",
    "--unified=0",
    "--text",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-show-signature",
    "--no-notes",
    "--submodule=short",
    "--ignore-submodules=all",
    "--format=%x00%ct %p",
    f"--max-count={MAX_COMMITS}",
)

_ID = re.compile(r"\d{4}\.\d{4,5}|(?<![a-z-])[a-z-]{2,20}(?:\.[a-z]{2})?/\d{7}", re.I | re.A)
_ADDRESS = re.compile(r"https?://[^\s<>\"'|\\]+", re.I)
_BESIDE_A_TITLE = re.compile(r"[\[\]()|*<>\"“”_`]+|https?://\S+")
_TELLING = 12  # letters of a title, below which it may be a word of something else


@dataclass(frozen=True, slots=True)
class History:
    """When the papers of a list were first on it.

    Attributes:
        added: by the ids of papers, the moment of the commit that brought each.
        note: why moments are missing or may be later than they were; "" if nothing is known.
    """

    added: Mapping[str, datetime] = field(default_factory=dict)
    note: str = ""

    @classmethod
    def joined(cls, histories: Sequence[History]) -> History:
        """The history of a list in several files: a paper was on it as soon as it was in one."""
        added: dict[str, datetime] = {}
        for found in histories:
            for paper_id, when in found.added.items():
                added[paper_id] = min(when, added.get(paper_id, when))
        return cls(added, "; ".join(dict.fromkeys(found.note for found in histories if found.note)))


def read_history(file: Path, papers: Sequence[Paper]) -> History:
    """When each of ``papers`` was first in ``file``, by the history of the git repository it is in.

    Known by its arXiv id, its link or its title in a line that was added. Nothing is known where
    there is no repository, no git, or a file that it does not have. No program that the repository
    names is run, and nothing is fetched.
    """
    file = file.resolve()
    depth = _git(file.parent, "rev-parse", "--is-shallow-repository")
    if depth is None:
        return History()
    wanted = _wanted(papers)
    added: dict[str, datetime] = {}
    reading = _Reading(file)
    for when, has_parent, line in reading.added_lines():
        if depth == "true" and not has_parent:  # what was there when the clone begins
            when = None
        for key in _keys(line):
            for paper_id in wanted.get(key, ()):
                if when is None:
                    added.pop(paper_id, None)
                else:
                    added[paper_id] = when
    note = reading.note
    if depth == "true":
        note = "the repository is a shallow clone, which lacks the older part of its history"
    return History(added, note)


def _git(folder: Path, *command: str) -> str | None:
    """What a short command of git prints; None if it fails."""
    try:
        done = subprocess.run(  # noqa: S603
            [*_GIT, *command],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip()


def _environment() -> dict[str, str]:
    """That of this process, without what tells git to work elsewhere or to run something."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | _ENVIRONMENT


class _Reading:
    """One pass over what git says about a file, newest first, bounded in time and in size."""

    def __init__(self, file: Path):
        self._file = file
        self.note = ""

    def added_lines(self) -> Iterator[tuple[datetime | None, bool, str]]:
        """(moment of the commit, whether another stands before it, the line) of each line added."""
        with subprocess.Popen(  # noqa: S603
            [*_GIT, *_LOG, "--", self._file.name],
            cwd=self._file.parent,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as git:
            assert git.stdout

            def give_up() -> None:
                self.note = f"the history of {self._file.name} takes longer than {SECONDS} s"
                git.kill()

            timer = threading.Timer(SECONDS, give_up)
            timer.start()
            try:
                yield from self._parsed(self._lines(git.stdout.readline))
                if not self.note and git.wait():
                    self.note = f"git cannot read the whole history of {self._file.name}"
            finally:
                timer.cancel()
                git.kill()

    def _lines(self, readline: Callable[[int], bytes]) -> Iterator[bytes]:
        """The lines, each no longer than ``MAX_LINE``."""
        size, whole = 0, True
        while line := readline(MAX_LINE):
            size += len(line)
            if size > MAX_BYTES:
                self.note = f"the history of {self._file.name} has more than {MAX_BYTES:,} bytes"
                return
            if whole:
                yield line
            whole = line.endswith(b"\n")

    def _parsed(self, lines: Iterable[bytes]) -> Iterator[tuple[datetime | None, bool, str]]:
        when, has_parent, in_hunk, commits = None, False, False, 0
        for line in lines:
            if line.startswith(b"\0"):
                moment, _, parents = line[1:].decode(errors="replace").strip().partition(" ")
                when, has_parent, in_hunk = _moment(moment), bool(parents), False
                commits += 1
                if commits == MAX_COMMITS:
                    self.note = f"the history of {self._file.name} has {commits:,} commits and more"
            elif line.startswith(b"@@"):
                in_hunk = True
            elif line.startswith(b"diff "):
                in_hunk = False
            elif in_hunk and line.startswith(b"+"):
                yield when, has_parent, line[1:].decode(errors="replace")


def _moment(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _wanted(papers: Sequence[Paper]) -> dict[str, list[str]]:
    """The ids of papers by all that tells them in a line: id, link, title."""
    links = [
        {address(url) for url in (paper.url, paper.pdf_url) if address(url)} for paper in papers
    ]
    shared = Counter(link for found in links for link in found)
    wanted: dict[str, list[str]] = {}
    for paper, found in zip(papers, links, strict=True):
        keys = {link for link in found if shared[link] == 1}
        if known := arxiv_id(paper.id):
            keys.add(known)
        title = title_key(paper.title)
        if len(title) >= _TELLING or not keys:
            keys.add(title)
        for key in keys:
            wanted.setdefault(key, []).append(paper.id)
    return wanted


def _keys(line: str) -> Iterator[str]:
    """All that may tell a paper in a line of Markdown."""
    line = html.unescape(line)
    for found in _ID.findall(line):
        yield arxiv_id(found) or found
    for found in _ADDRESS.findall(line):
        url = address(found)
        yield from (url, url.partition(")")[0].rstrip("/"), url.rstrip(").,:;]*`").rstrip("/"))
    for part in _BESIDE_A_TITLE.split(line):
        if key := title_key(part):
            yield key
