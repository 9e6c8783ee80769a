"""Builds that are killed before one of their steps on disk, and run again: what goes wrong, if any.

    python killed_steps.py list|corpus|update FOLDER STRIDE

Kills before every STRIDE-th step that Python announces to audit hooks, in processes forked from
this one, which pytest's own could not do once it has threads. Prints faults, and how many kills
were made.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from corpus_papers import papers, source
from fakes import WordEncoder

from ssm_search.build import build_index, gather_index
from ssm_search.corpora import staging
from ssm_search.index import verify
from ssm_search.papers import Paper
from ssm_search.search.local import PaperSearch

STEPS = ("open", "os.", "shutil.", "fcntl.")  # of https://docs.python.org/3/library/audit_events
ROWS = [f"* [Video {word}](https://example.org/{word})" for word in ("one", "two", "three", "four")]


class Builds:
    """A build into an index that is there, in a folder that holds nothing else."""

    def __init__(self, kind: str, place: Path):
        self._kind = kind
        self._template, self.work = place / "template", place / "work"

    def prepare(self) -> None:
        """Make what is there before the build, and what it reads."""
        self._template.mkdir(parents=True)
        (self._template / "tmp").mkdir()
        self._put(ROWS[:3], papers(40))
        self.renew()
        self.build(first=True)
        shutil.rmtree(self._template)
        shutil.copytree(self.work, self._template)
        changes = [*papers(6, seed=9), *papers(44)[40:]]
        self._put(ROWS, changes if self._kind == "update" else [*papers(20), *changes])

    def _put(self, rows: Sequence[str], records: Sequence[Paper]) -> None:
        (self._template / "list.md").write_text("\n".join(["# Papers", "## Heading", *rows]))
        source(self._template, records)

    def renew(self) -> None:
        """Have again what was there before the build."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self._template, self.work)

    def build(self, *, first: bool = False) -> None:
        """Build or update."""
        tempfile.tempdir = str(self.work / "tmp")
        index = self.work / "index"
        if self._kind == "list":
            build_index(self.work / "list.md", index, encoder=WordEncoder(), offline=True)
        else:
            update = self._kind == "update" and not first
            gather_index([self.work / "corpus.jsonl"], index, encoder=WordEncoder(), update=update)

    def killed_at(self, step: int | None) -> int:
        """Build in another process, which is killed before a step; its status."""
        steps = 0

        def count(event: str, arguments: object) -> None:
            nonlocal steps
            if event.startswith(STEPS):
                if steps == step:
                    signal.raise_signal(signal.SIGKILL)
                steps += 1

        child = os.fork()
        if child:
            return os.waitpid(child, 0)[1]
        sys.addaudithook(count)
        try:
            self.build()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)

    def asked(self) -> object:
        """What the index answers, or what is wrong with it."""
        try:
            search = PaperSearch.load(self.work / "index", WordEncoder())
            verify(self.work / "index")
            hits = [(hit.paper.id, round(hit.score, 5)) for hit in search.query("video text")]
            return hits, sorted(map(str, search.papers))
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    def listing(self) -> Counter[str]:
        """All files and folders there are, without their numbers."""
        names = (str(path.relative_to(self.work)) for path in self.work.rglob("*"))
        return Counter(re.sub(r"(segment|gone)-\d+", r"\1", name) for name in names)


def main(kind: str, place: Path, stride: int) -> None:
    """Kill, ask, build again, ask again, and look at the files."""
    staging.STAGED, staging.KEPT = 16, 8
    os.environ["XDG_CACHE_HOME"] = str(place / "work" / "cache")
    builds = Builds(kind, place)
    builds.prepare()
    builds.renew()
    before = builds.asked()
    assert builds.killed_at(None) == 0
    after, files = builds.asked(), builds.listing()
    assert before != after
    step, kills, status = stride // 2, 0, 1
    while status:
        builds.renew()
        status = builds.killed_at(step)
        kills += status == signal.SIGKILL
        if (found := builds.asked()) not in (before, after):
            print(f"step {step}: {found}")
        if builds.killed_at(None):
            print(f"step {step}: the next build failed")
        if (found := builds.asked()) != after:
            print(f"step {step}: after the next build {found}")
        if (there := builds.listing()) != files:
            print(f"step {step}: left {there - files}, missing {files - there}")
        step += stride
    print(f"{kills} kills")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
