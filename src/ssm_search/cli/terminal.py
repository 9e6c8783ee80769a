"""What the commands print besides answers: lines of news, tables of facts."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from ssm_search.text import shown


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
