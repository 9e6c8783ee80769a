"""How the commands print: lines of news, tables of facts, and what programs read."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping
from typing import TextIO

from ssm_search.text import shown, shown_json


def say(message: str) -> None:
    """Print one line to stderr, where it does not get into what scripts read."""
    if sys.stderr is None:  # "2>&-", where print would take stdout
        return
    try:
        print(shown(message), file=sys.stderr)  # noqa: T201
    except BrokenPipeError:  # nobody listens to news, and what was answered is as good
        silence(sys.stderr)


def silence(stream: TextIO) -> None:
    """Send what still comes to a stream nowhere, since nobody reads it any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def settle_output() -> None:
    """Let nothing be refused for its letters: what a stream has none for is shown as "?"."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def write(text: str) -> None:
    """Print what programs read, as UTF-8 whatever the terminal speaks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    print(text, end="")  # noqa: T201


def write_json(record: object, indent: int | None = 1) -> None:
    """Print JSON, as UTF-8."""
    write(shown_json(json.dumps(record, ensure_ascii=False, indent=indent)) + "\n")


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
