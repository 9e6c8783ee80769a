"""What the server writes to its log: each kind of line once a minute, however often it comes."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

EVERY = 60  # seconds
MOST_KINDS = 1_000  # that are remembered
MOST = 500  # characters of what an exception says

logger = logging.getLogger(__name__)


class OncePerMinute(logging.Filter):
    """Lets a kind of record by once a minute, with how many were left out since.

    Of one kind are records of one logger, from one line of code, with one type of exception. What
    they say is cut to one line: some of it is what strangers sent.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        super().__init__()
        self._clock = clock
        self._seen: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write ``record``."""
        error = record.exc_info[0] if record.exc_info else None
        kind = (record.name, record.pathname, record.lineno, error)
        now = self._clock()
        last, left_out = self._seen.get(kind, (now - EVERY, 0))
        if now - last < EVERY:
            self._seen[kind] = (last, left_out + 1)
            return False
        if len(self._seen) >= MOST_KINDS:
            self._seen.clear()
        self._seen[kind] = (now, 0)
        said, record.args = repr(record.getMessage()[:MOST])[1:-1], ()
        again = f" (and {left_out:,} times since this was last said)" if left_out else ""
        record.msg = said.partition("\\n")[0] + again
        return True


def quiet_logs() -> None:
    """Send all warnings of this process to standard error in that way, Gradio's own as well."""
    handler = logging.StreamHandler()
    handler.addFilter(OncePerMinute())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def log_failure(of: str = "a request") -> None:
    """Log the exception that is being handled, where nobody expected one: what, and where."""
    error = sys.exception()
    frames = traceback.extract_tb(error.__traceback__ if error else None)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    logger.warning("%s failed: %s: %s (%s)", of, type(error).__name__, str(error)[:MOST], where)
