"""A command of ours as it is typed, without the price of a process.

``python typed.py`` runs those that standard input names, a line of JSON each, in one process of
their own, and prints the status and the streams of each.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryFile
from typing import IO
from unittest.mock import patch

from ssm_search.cli import main

STREAMS = {"stdin": "r", "stdout": "w", "stderr": "w"}  # by their numbers


def typed(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """What ``ssm-search`` prints, run in this process, and its exit status.

    Its streams are files, as those of a process may be, for native code too; what is logged goes to
    stderr, as where nobody listens.
    """
    with ExitStack() as stack:
        given, *printed = (stack.enter_context(TemporaryFile()) for _ in STREAMS)
        given.write(stdin.encode())
        given.seek(0)
        with ExitStack() as within:
            within.enter_context(patch.object(logging.root, "handlers", []))
            within.enter_context(patch.object(sys, "argv", ["ssm-search", *arguments]))
            for number, file in enumerate((given, *printed)):
                within.enter_context(_stream_is(number, file))
            status = _status()
        for file in printed:
            file.seek(0)
        out, err = (file.read().decode() for file in printed)
    return subprocess.CompletedProcess(arguments, status, out, err)


def _status() -> int:
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@contextmanager
def _stream_is(number: int, file: IO[bytes]) -> Iterator[None]:
    """Let the standard stream of a number be ``file`` meanwhile."""
    name, mode = list(STREAMS.items())[number]
    before = os.dup(number)
    os.dup2(file.fileno(), number)
    try:
        with (
            open(number, mode, encoding="utf-8", closefd=False) as stream,
            patch.object(sys, name, stream),
        ):
            yield
    finally:
        os.dup2(before, number)
        os.close(before)


if __name__ == "__main__":
    for line in sys.stdin:
        done = typed(*json.loads(line))
        print(json.dumps([done.returncode, done.stdout, done.stderr]), flush=True)
