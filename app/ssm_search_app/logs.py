"""What the server writes to its log: each kind of line once a minute, however often it comes."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

EVERY = 60  # seconds
MOST_KINDS = 1_000  # that are remembered
MOST = 500  # characters of what an exception says

logger = logging.getLogger(__name__)


class OncePerMinute(logging.Filter):
    """Lets a kind of record by once a minute, with how many were left out since.

    Of one kind are records of one logger with one message, before its values are put in, and one
    type of exception.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[str, str, type | None], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write ``record``."""
        kind = (record.name, str(record.msg), record.exc_info[0] if record.exc_info else None)
        now = self._clock()
        last, left_out = self._seen.get(kind, (now - EVERY, 0))
        if now - last < EVERY:
            self._seen[kind] = (last, left_out + 1)
            return False
        if len(self._seen) >= MOST_KINDS:
            self._seen.clear()
        self._seen[kind] = (now, 0)
        if left_out:
            record.msg = f"{record.getMessage()} (and {left_out:,} times since this was last said)"
            record.args = ()
        return True


def quiet_logs() -> None:
    """Send all warnings of this process to standard error in that way, Gradio's own as well."""
    handler = logging.StreamHandler()
    handler.addFilter(OncePerMinute())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def hush_gradio() -> None:
    """Let Gradio log in a line what a client's input makes it raise; it prints each traceback."""
    from gradio import queueing, route_utils, routes

    for module in (queueing, route_utils, routes):
        module.traceback = SimpleNamespace(print_exc=log_failure)  # type: ignore[attr-defined]


def log_failure(of: str = "a request") -> None:
    """Log the exception that is being handled, where nobody expected one: what, and where."""
    error = sys.exception()
    frames = traceback.extract_tb(error.__traceback__ if error else None)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    logger.warning("%s failed: %s: %s (%s)", of, type(error).__name__, str(error)[:MOST], where)
