"""The workflow by which a list in a repository of GitHub keeps itself."""

from __future__ import annotations

import json
import re
import string
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Literal

from ssm_search.errors import ListError
from ssm_search.files import read_text, write_atomically

FILE = Path(".github", "workflows", "ssm-search.yml")
JOBS = {
    "triage": "answers issues and pull requests that submit papers, in one comment that keeps up",
    "radar": "every Monday: an issue with new papers that fit the list, a box before each",
    "decide": "puts rows of papers whose boxes are ticked into the list, and remembers the rest",
    "repair": "every month: an issue with dead and moved links, preprints that appeared, code",
    "feed": "feeds of what was added and what is proposed: feed.xml, proposed.xml in .ssm-search",
    "site": "where Pages are switched on: a site that searches the list in the reader's browser",
    "deploy": "puts that site onto Pages, with rights that no other job has",
}
"""What each job of the workflow does."""
UNKNOWN_OWNER = "OWNER"
# No owner has a dot, and what begins with one leads elsewhere on the disk of a runner: "../..".
_OWNER = r"[A-Za-z0-9][\w-]*"
_OWNER_AND_NAME = re.compile(rf"{_OWNER}/(?!\.\.?$)[\w.-]+", re.ASCII)
_USED = re.compile(rf"uses: ({_OWNER}/ssm-search)@", re.ASCII)

State = Literal["new", "unchanged", "different"]


class _Template(string.Template):
    """With a sign that neither YAML nor GitHub's expressions use."""

    delimiter = "%"


@dataclass(frozen=True, slots=True)
class Setup:
    """A file for a repository.

    Attributes:
        path: where it belongs.
        text: what should stand in it.
        before: what stands in it; None if there is none.
    """

    path: Path
    text: str
    before: str | None = None

    @property
    def state(self) -> State:
        """Whether it is there, and as it should be."""
        if self.before is None:
            return "new"
        return "unchanged" if self.before == self.text else "different"

    @property
    def diff(self) -> str:
        """What writing it would change."""
        lines = unified_diff(
            (self.before or "").splitlines(keepends=True),
            self.text.splitlines(keepends=True),
            "as it is",
            "as init would write it",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

    @property
    def owner_is_known(self) -> bool:
        """Whether it names whom to take ssm-search from."""
        return f" {UNKNOWN_OWNER}/" not in self.text

    def write(self) -> None:
        """Write it, over what is there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path, self.text.encode("utf-8"))


def repository_of(folder: Path) -> Path:
    """The top of the git repository that a folder lies in.

    Raises:
        ListError: it lies in none.
    """
    for at in (folder, *folder.parents):
        if (at / ".git").exists():
            return at
    raise ListError(
        f"{folder} lies in no git repository; run init in a clone of the repository of your list"
    )


def setup(top: Path, list_file: Path, action: str, version: str) -> Setup:
    """The workflow for a list, beside what is there.

    Args:
        top: of the repository.
        list_file: the list, in that repository.
        action: owner and name of the repository that ssm-search is taken from; "": as before, or
            the owner is not known.
        version: of ssm-search.

    Raises:
        ListError: the list lies elsewhere, or has a name that no workflow can spell; ``action`` is
            no repository; what is there cannot be read.
    """
    if not list_file.is_relative_to(top):
        raise ListError(f"{list_file} lies outside of the repository {top}")
    path = top / FILE
    name = list_file.relative_to(top).as_posix()
    try:
        # Git may have ended its lines as this system does.
        before = read_text(path).replace("\r\n", "\n") if path.exists() else None
    except (OSError, ValueError) as error:
        raise ListError(f"cannot read {path} ({error}); move it away") from error
    used = _USED.search(before or "")
    action = action or (used[1] if used else f"{UNKNOWN_OWNER}/ssm-search")
    return Setup(path, workflow(name, action, version), before)


def workflow(list_name: str, action: str, version: str) -> str:
    """The text of the workflow.

    Args:
        list_name: the path of the list in its repository, with slashes.
        action, version: see :func:`setup`.

    Raises:
        ListError: as :func:`setup`.
    """
    if not list_name.isprintable() or "${{" in list_name:
        raise ListError(f"{list_name!r} is no name of a list that a workflow can spell; rename it")
    if not _OWNER_AND_NAME.fullmatch(action):
        raise ListError(f"{action!r} is no repository; expected OWNER/NAME")
    pattern = re.sub(r"([\\*?+\[\]!])", r"\\\1", list_name)
    text = Path(__file__).with_name("workflow.yml").read_text(encoding="utf-8")
    return _Template(text).substitute(
        action=action,
        version=version,
        list=json.dumps(list_name, ensure_ascii=False),
        paths=json.dumps(pattern, ensure_ascii=False),
    )
