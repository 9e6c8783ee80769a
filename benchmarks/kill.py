"""What SIGKILL leaves behind: builds, updates and submissions, killed at random moments.

    python benchmarks/kill.py [--kills 1000] [--only NAME] [--minutes N] [--seed N]

Each command runs in a process of its own, forked from one that has imported what it needs, so that
no kill is wasted on imports, and is killed at a moment drawn from the time it takes: half of them
from all of it, a quarter from its last tenth, a quarter from the first change on disk on. Then

- a reader asks what is there the same questions: the answers must be those from before or those
  from after, or, where nothing was there, an error of ours;
- the same command runs again: it must succeed, answer as a run that was never killed, and leave
  the same files as that one, in its folder, its cache and the temporary folder, hidden ones too.

What a store keeps an hour for its readers is removed first, as the first update after that would.
The papers are made of random words; nobody is asked for anything. Exits with 1 on any fault, and
leaves the folder of each to be looked at.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any

SEGMENT = 32  # papers of a segment that is staged, so that a small corpus has several
KEPT = 16  # of them after which they are written
RECORDS = 300
LISTED = 25
AT_ONCE = 2
FEW = 8  # kills that take less time than what a second process imports
ALLOWED = 30.0  # seconds of work that a kill may cost
TIMED = 16  # abstracts whose encoding is timed
PATIENCE = 300  # seconds for a command
POLL = 0.0002  # seconds
CORES = os.cpu_count() or 1
WORDS = (
    "state space model vision video graph speech medical image segmentation selective scan "
    "attention long sequence token efficient language point cloud remote sensing"
).split()
QUESTIONS = ("vision model", "segmentation of images", "efficient attention")
IMPORTED = """
Stemmer bm25s faiss onnxruntime platformdirs.unix pydantic rapidfuzz
rich._emoji_codes rich.console rich.progress scipy.cluster.vq sklearn.manifold tokenizers
ssm_search.build.dumps ssm_search.cli.indexing ssm_search.cli.questions ssm_search.cli.submitting
ssm_search.curation.cards ssm_search.views.card_display
""".split()
IMPORTED_FOR_STORES = "lance lancedb pandas pyarrow ssm_search.stores.writing.generations".split()
HEADINGS = ("Vision", "Language", "Graphs", "Speech", "Medicine")
STAGED_NAME = "[0-9]" * 6
Answer = tuple[Any, ...]


# ── what is killed ───────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Scenario:
    """A command, and what is there before it.

    Attributes:
        share: of all kills.
        before: commands that make what is there, each with the files that it reads.
        files: those that ``command`` reads, by name.
        ask: the answers from a folder.
        watched: the folder in which the first change on disk is seen.
    """

    name: str
    share: float
    before: tuple[tuple[dict[str, str], tuple[str, ...]], ...]
    files: dict[str, str]
    command: tuple[str, ...]
    ask: Callable[[Path], Answer]
    watched: str = "."


def made_list(chance: random.Random, papers: int) -> str:
    """A list in Markdown."""
    lines = ["# A made list", ""]
    for at, heading in enumerate(HEADINGS):
        lines += [f"## {heading}", "", "|Title|Year|", "|---|---|"]
        for paper in range(at, papers, len(HEADINGS)):
            title = " ".join(chance.choices(WORDS, k=5)).capitalize()
            lines.append(f"|[{title}](https://arxiv.org/abs/2402.{paper:05})|2024|")
        lines.append("")
    return "\n".join(lines)


def made_records(chance: random.Random, count: int, first: int = 0) -> list[dict[str, str]]:
    """Papers of a corpus."""
    return [
        {
            "id": f"2401.{first + at:05}",
            "title": " ".join(chance.choices(WORDS, k=5)),
            "abstract": " ".join(chance.choices(WORDS, k=7)) + ".",
        }
        for at in range(count)
    ]


def lines_of(records: Sequence[dict[str, Any]]) -> str:
    """JSON lines."""
    return "".join(json.dumps(record) + "\n" for record in records)


def scenarios(seed: int) -> list[Scenario]:
    """All that is killed."""
    chance = random.Random(seed)
    old, new = made_list(chance, LISTED - 3), made_list(chance, LISTED)
    listed = [{**one, "id": f"2402.{at:05}"} for at, one in enumerate(made_records(chance, LISTED))]
    abstracts = {"abstracts.jsonl": lines_of(listed)}
    build = ("build", "list.md", "--index", "index", "--abstracts", "abstracts.jsonl", "--offline")
    submit = (
        "submit", "https://arxiv.org/abs/2403.00001", "--title", "A selective scan for clouds",
        "--abstract", "We scan clouds of points.", "--list", "list.md", "--index", "index",
        "--category", "Vision", "--offline", "--apply",
    )  # fmt: skip
    first = made_records(chance, RECORDS)
    second = [*first[: RECORDS // 2], *made_records(chance, RECORDS // 2, RECORDS // 2)]
    changes: list[dict[str, Any]] = [
        *made_records(chance, 10),  # that are there, with other texts
        *made_records(chance, 10, RECORDS),
        *({"id": f"2401.{at:05}", "deleted": True} for at in range(100, 110)),
    ]
    corpus, other = {"corpus.jsonl": lines_of(first)}, {"corpus.jsonl": lines_of(second)}
    changed = {"changes.jsonl": lines_of(changes)}
    gather = ("build", "--corpus", "corpus.jsonl", "--index", "index")
    update = ("build", "--corpus", "changes.jsonl", "--update")
    small = {"corpus.jsonl": lines_of(first[:120])}
    small_other = {"corpus.jsonl": lines_of(second[100:220])}
    store = ("build", "--corpus", "corpus.jsonl", "--store", "store")
    of_list, of_update = {"list.md": old, **abstracts}, (*update, "--index", "index")
    new_list = {"list.md": new, **abstracts}
    return [
        Scenario("list, new", 0.2, (), new_list, build, of_index),
        Scenario("list, again", 0.2, ((of_list, build),), new_list, build, of_index),
        Scenario("corpus, new", 0.1, (), corpus, gather, of_index),
        Scenario("corpus, again", 0.1, ((corpus, gather),), other, gather, of_index),
        Scenario("corpus, update", 0.1, ((corpus, gather),), changed, of_update, of_index, "index"),
        Scenario("submit --apply", 0.2, ((of_list, build),), {}, submit, of_text),
        Scenario("store, again", 0.05, ((small, store),), small_other, store, of_store, "store"),
        Scenario(
            "store, update", 0.05, ((small, store),), changed, (*update, "--store", "store"),
            of_store, "store",
        ),
    ]  # fmt: skip


# ── who is asked ─────────────────────────────────────────────────────────────────────────────


def of_index(root: Path) -> Answer:
    """What the index of a folder answers, all files of which are as its manifest says."""
    from ssm_search.index import verify
    from ssm_search.search.local import PaperSearch

    folder = root / "index"
    search = PaperSearch.load(folder, encoder())
    verify(folder)
    filed = [
        [(one.category, round(one.confidence, 5)) for one in search.suggest_categories(question)]
        for question in QUESTIONS
        if search.is_list
    ]
    return (*answers(search), sorted(map(str, search.papers)), filed)


def of_store(root: Path) -> Answer:
    """What the store of a folder answers, all parts of which are as their names say."""
    from ssm_search.stores.search import StoreSearch

    search = StoreSearch.load(str(root / "store"), encoder())
    for key in search.store.view().current.blobs.values():
        search.store.blob(key)
    return (*answers(search), sorted(map(str, search.papers)))


def of_text(root: Path) -> Answer:
    """The list itself."""
    return ((root / "list.md").read_text(),)


def answers(search: Any) -> list[list[tuple[str, float]]]:
    """The ids and scores that answer each question."""
    return [[(hit.paper.id, round(hit.score, 4)) for hit in search.query(q)] for q in QUESTIONS]


def encoder() -> Any:
    """The one that comes along, loaded once."""
    from ssm_search.encoding import load_encoder

    with _LOADING:
        if not _LOADED:
            _LOADED.append(load_encoder())
    return _LOADED[0]


_LOADED: list[Any] = []
_LOADING = Lock()


# ── processes ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Run:
    """How a command went.

    Attributes:
        status: what it exited with; below 0 the signal that ended it.
        seconds: of processor time, which other programs disturb little.
        first: of these, until the first change on disk; ``seconds`` if none was seen.
        said: what it printed.
    """

    status: int
    seconds: float
    first: float
    said: str


class Forks:
    """A process that has imported all that is named, and forks one for each command."""

    def __init__(self, imported: Sequence[str]) -> None:
        command = [sys.executable, __file__, "--forks", *imported]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self,
        root: Path,
        command: Sequence[str],
        moment: float | None = None,
        *,
        after: Path | None = None,
    ) -> Run:
        """Run a command in a folder.

        Args:
            moment: seconds of its processor time until it is killed, from its start or, if there
                is one, from the first change in the folder ``after``.
        """
        assert self._process.stdin
        assert self._process.stdout
        asked = [str(root), list(command), moment, str(after or root), after is not None]
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return Run(*json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def forks() -> None:
    """Run the commands that standard input names, one at a time."""
    warnings.simplefilter("ignore")  # of LanceDB, that it is forked
    for name in sys.argv[2:]:
        importlib.import_module(name)
    for line in sys.stdin:
        root, command, moment, watched, is_after = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(Path(root), command)
        first = _watch(pid, watched, moment, is_after)
        os.kill(pid, signal.SIGKILL)  # not waited for yet, so that no other has its number
        _, status, used = os.wait4(pid, 0)
        took = used.ru_utime + used.ru_stime
        log = Path(f"{root}.log")
        said = log.read_text(errors="replace") if log.exists() else ""
        ended = os.waitstatus_to_exitcode(status)
        print(json.dumps([ended, took, min(first, took), said]), flush=True)


def _watch(pid: int, watched: str, moment: float | None, is_after: bool) -> float:
    """Wait until the moment has come or the process has ended; when the first change was."""
    clock = ~pid << 3 | 2  # what clock_getcpuclockid(3) gives on Linux
    before, first, begun = _changed(watched), math.inf, time.monotonic()
    while True:
        now = time.clock_gettime(clock)
        if is_after and first == math.inf and _changed(watched) != before:
            first = now
        due = math.inf if moment is None else moment + (first if is_after else 0)
        is_over = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if now >= due or is_over or time.monotonic() - begun > PATIENCE:
            return first
        waits_for_disk = is_after and first == math.inf
        time.sleep(POLL if waits_for_disk else min(max(POLL, (due - now) / CORES), 50 * POLL))


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:  # stands aside
        return 0


def _become(root: Path, command: Sequence[str]) -> None:
    """Be the process that runs a command."""
    from ssm_search.cli.questions import main
    from ssm_search.corpora import staging

    staging.STAGED, staging.KEPT = SEGMENT, KEPT
    log = os.open(f"{root}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for there, here in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(there, here)
    sys.stdin = os.fdopen(0)
    os.chdir(root)
    os.environ |= {"XDG_CACHE_HOME": str(root / "cache"), "TMPDIR": str(root / "tmp")}
    tempfile.tempdir = None
    sys.argv = ["ssm-search", *command]
    try:
        main()
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


# ── kills ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Expected:
    """What a run that is not killed finds and leaves.

    Attributes:
        before: None where there is nothing.
        span: from the first change on disk to the end.
    """

    template: Path
    before: Answer | None
    after: Answer
    files: Counter[str]
    seconds: float
    span: float


@dataclass(slots=True)
class Tally:
    """What became of the kills of a scenario."""

    kills: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    left: int = 0
    lost: float = 0.0
    faults: list[str] = field(default_factory=list)

    def add(self, root: Path, state: str, lost: float, faults: list[str], left: int) -> None:
        """Count a kill, and remove what it left unless there is something to be looked at."""
        self.kills += 1
        self.seen[state] += 1
        self.left += left
        self.lost = max(self.lost, lost)
        self.faults += [f"{root}: {fault}" for fault in faults]
        for fault in faults:
            print(f"{root}: {fault}", flush=True)
        if not faults:
            shutil.rmtree(root)
            Path(f"{root}.log").unlink(missing_ok=True)


def fresh(template: Path, root: Path) -> Path:
    """A copy of a folder, whose encoders, which nobody changes in their place, are shared."""

    def copy(source: str, target: str) -> None:
        if source.endswith("model.onnx"):
            os.link(source, target)
        else:
            shutil.copy2(source, target)

    shutil.copytree(template, root, symlinks=True, copy_function=copy)
    return root


def put(root: Path, files: dict[str, str]) -> None:
    """Write files into a folder."""
    for name, text in files.items():
        (root / name).write_text(text)


def listing(root: Path) -> Counter[str]:
    """All that is in a folder, without the numbers and random names that differ between runs."""
    if (root / "store").is_dir():
        an_hour_later(root / "store")
    names = {str(path.relative_to(root)): path.is_dir() for path in root.rglob("*")}
    return Counter(
        _without_numbers(name)
        for name, is_folder in names.items()
        if not (is_folder and name.startswith("store/"))  # Lance keeps those that it emptied
    )


def _without_numbers(name: str) -> str:
    if name.startswith("store/"):
        # Lance names files by chance, or by the version.
        parts = name.split("/")
        shown = [re.sub(r"^[0-9a-f-]{16,}|^\d+(-[0-9a-f-]+)*", "*", part) for part in parts]
        return re.sub(r"papers_\d+", "papers", "/".join(shown))
    return re.sub(r"(segment|gone)-\d+", r"\1-*", name)


def an_hour_later(store: Path) -> None:
    """Remove what readers may still be at, as the first update after an hour does."""
    from ssm_search.stores.access import connected, tables
    from ssm_search.stores.writing.upkeep import forget

    database = connected(str(store), None)
    for name in tables(database):
        forget(database.open_table(name), timedelta(0))


def expected(scenario: Scenario, place: Path, runner: Forks) -> Expected:
    """Make what is there before, and see what a run that is not killed makes of it."""
    template = place / "template"
    template.mkdir(parents=True)
    for name in ("cache", "tmp"):
        (template / name).mkdir()
    for files, command in scenario.before:
        put(template, files)
        done = runner.run(template, command)
        if done.status:
            sys.exit(f"{' '.join(command)} failed: {done.said}")
    before = scenario.ask(template) if scenario.before else None
    put(template, scenario.files)
    root = fresh(template, place / "whole")
    run = runner.run(root, scenario.command, after=root / scenario.watched)
    if run.status:
        sys.exit(f"{' '.join(scenario.command)} failed: {run.said}")
    after, left = scenario.ask(root), listing(root)
    shutil.rmtree(root)
    return Expected(template, before, after, left, run.seconds, run.seconds - run.first)


def drawn(chance: random.Random, known: Expected) -> tuple[float, bool]:
    """When to kill, in seconds, and whether from the first change on disk on."""
    kind = chance.random()
    if kind < 0.25:
        return chance.uniform(0, known.span), True
    least = 0.9 if kind < 0.5 else 0.0
    return known.seconds * chance.uniform(least, 1), False


def kill(
    scenario: Scenario, known: Expected, root: Path, chance: random.Random, runner: Forks
) -> tuple[str, float, list[str], int]:
    """Kill one command and run it again; what was seen, seconds lost, faults, files left."""
    while True:
        fresh(known.template, root)
        moment, is_after = drawn(chance, known)
        watched = root / scenario.watched if is_after else None
        killed = runner.run(root, scenario.command, moment, after=watched)
        if killed.status == -signal.SIGKILL:
            break
        shutil.rmtree(root)  # it was done before
    faults = []
    seen, error = asked(scenario, root)
    state = "other"
    if seen == known.after:
        state = "after"
    elif seen == known.before:
        state = "before"
    else:
        faults.append(f"a reader got {error or 'another answer'}")
    staged = sum(1 for _ in root.glob(f".index.staging/{STAGED_NAME}"))
    again = runner.run(root, scenario.command)
    if again.status and not (scenario.ask is of_text and state == "after"):  # is listed by now
        faults.append(f"the next run exited with {again.status}: {again.said[-300:]}")
    seen, error = asked(scenario, root)
    if seen != known.after:
        faults.append(f"after the next run a reader got {error or 'another answer'}")
    found = re.search(r"encoded ([\d,]+), reused ([\d,]+)", again.said)
    if staged and found and int(found[2]) < min(staged * SEGMENT, RECORDS) - KEPT:
        faults.append(f"{staged} segments were staged, but {found[0]}")
    there = listing(root)
    left = there - known.files
    if left:
        faults.append(f"left: {', '.join(sorted(left))}")
    if gone := known.files - there:
        faults.append(f"missing: {', '.join(sorted(gone))}")
    lost = max(0.0, killed.seconds + again.seconds - known.seconds)
    return state, lost, faults, sum(left.values())


def asked(scenario: Scenario, root: Path) -> tuple[Answer | None, str]:
    """What a reader gets: an answer, None where there is nothing; or a message of what failed."""
    from ssm_search.errors import SsmSearchError

    try:
        return scenario.ask(root), ""
    except SsmSearchError as error:
        return None, f"{type(error).__name__}: {error}"
    except Exception as error:  # whatever it is, it is a fault
        return (type(error).__name__,), f"{type(error).__name__}: {error}"


def killed(
    chosen: Sequence[Scenario], kills: int, place: Path, seed: int, minutes: float
) -> list[Tally]:
    """Kill every command, in turn, until there are so many kills or the time is over."""
    has_store = any(one.watched == "store" for one in chosen)
    imported = [*IMPORTED, *(IMPORTED_FOR_STORES if has_store else ())]
    runners = [Forks(imported) for _ in range(AT_ONCE if kills > FEW else 1)]
    begun = time.monotonic()
    free: SimpleQueue[Forks] = SimpleQueue()
    for runner in runners:
        free.put(runner)

    def prepared(at: int) -> Expected:
        runner = free.get()
        try:
            return expected(chosen[at], place / str(at), runner)
        finally:
            free.put(runner)

    total = sum(scenario.share for scenario in chosen)
    jobs = [
        (at, number)
        for at, scenario in enumerate(chosen)
        for number in range(max(1, round(kills * scenario.share / total)))
    ]
    random.Random(seed).shuffle(jobs)
    tallies = [Tally() for _ in chosen]

    def one(job: tuple[int, int]) -> tuple[int, Path, tuple[str, float, list[str], int] | None]:
        at, number = job
        root = place / str(at) / f"{number:04}"
        if time.monotonic() - begun > 60 * minutes:
            return at, root, None
        chance = random.Random(f"{seed} {chosen[at].name} {number}")
        runner = free.get()
        try:
            return at, root, kill(chosen[at], known[at], root, chance, runner)
        finally:
            free.put(runner)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        known = [*pool.map(prepared, range(len(chosen)))]
        for scenario, one_of in zip(chosen, known, strict=True):
            print(
                f"{scenario.name}: {one_of.seconds:.2f} s, the last {one_of.span:.2f} s on disk",
                flush=True,
            )
        for at, root, result in pool.map(one, jobs):
            if result:
                tallies[at].add(root, *result)
            done = sum(tally.kills for tally in tallies)
            if result and done % 25 == 0:
                print(f"  {done} of {len(jobs)} in {time.monotonic() - begun:.0f} s", flush=True)
    for runner in runners:
        runner.close()
    return tallies


def seconds_of_the_most() -> float:
    """What the largest loss takes to encode again: a segment of abstracts, on all cores."""
    from ssm_search.corpora import staging
    from ssm_search.encoding import encode_documents

    chance = random.Random(0)
    texts = [" ".join(chance.choices(WORDS, k=180)) for _ in range(TIMED)]
    encode_documents(encoder(), texts[:2])
    begun = time.process_time()
    encode_documents(encoder(), texts)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return staging.KEPT / TIMED * (time.process_time() - begun) / cores


def main() -> None:
    """Kill everything and print a table."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--kills", type=int, default=1000, help="in all")
    options.add_argument("--only", action="append", help="what has this in its name")
    options.add_argument("--minutes", type=float, default=1e6, help="then no more are killed")
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    chosen = [
        one
        for one in scenarios(given.seed)
        if not given.only or any(part in one.name for part in given.only)
    ]
    if not chosen:
        sys.exit(f"nothing is called {given.only!r}")
    place = Path(tempfile.mkdtemp(prefix="ssm-search-kills-"))
    rows = [
        *zip(chosen, killed(chosen, given.kills, place, given.seed, given.minutes), strict=True)
    ]
    print("| what | kills | before | after | other | files left | most seconds lost |")
    print("|---|---|---|---|---|---|---|")
    for scenario, tally in rows:
        seen = " | ".join(str(tally.seen[state]) for state in ("before", "after", "other"))
        print(f"| {scenario.name} | {tally.kills} | {seen} | {tally.left} | {tally.lost:.1f} |")
    faults = [fault for _, tally in rows for fault in tally.faults]
    lost = max(tally.lost for _, tally in rows)
    if any("corpus" in scenario.name for scenario in chosen):
        segment = seconds_of_the_most()
        print(f"The most abstracts of a corpus that are encoded again take {segment:.0f} s.")
        lost = max(segment, lost)
    if lost > ALLOWED:
        faults.append(f"{lost:.0f} s of work were lost, {ALLOWED:.0f} are allowed")
    if faults:
        sys.exit(f"{len(faults)} faults, the first: {faults[0]}")
    shutil.rmtree(place)


if __name__ == "__main__":
    forks() if sys.argv[1:2] == ["--forks"] else main()
