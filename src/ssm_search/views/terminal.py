"""What is printed in a terminal: safe text, tables of facts, progress bars."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ssm_search.text import shown

if TYPE_CHECKING:
    from rich.progress import TaskID


def say(message: str) -> None:
    """Print one line to stderr, where it does not get into what scripts read."""
    print(shown(message), file=sys.stderr)  # noqa: T201


def print_facts(facts: Mapping[str, object]) -> None:
    """Print names and values as two columns."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, value in facts.items():
        items = value if isinstance(value, list) else [value]
        text = ", ".join(str(item) for item in items) or "none"
        table.add_row(name.replace("_", " "), Text(shown(text)))
    Console().print(table)


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that shows (what is being done, how much is done, how much there is)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn
    from rich.progress import Task as Running
    from rich.progress import TimeRemainingColumn as TimeLeft
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Running) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f}/s" if speed else "")

    named = TextColumn("{task.description}")
    columns = (named, BarColumn(), MofNCompleteColumn(), Rate(), TimeLeft())
    bars = Progress(*columns, console=Console(stderr=True))
    tasks: dict[str, TaskID] = {}

    def show(what: str, done: int, total: int) -> None:
        if not total:
            return
        if not tasks:
            bars.start()
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done, total=total)

    try:
        yield show
    finally:
        if tasks:
            bars.stop()
