"""What the tests share that ask whether hostile input ends soon."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 10


@contextmanager
def soon(seconds: float = SECONDS) -> Iterator[None]:
    """Fail where the body takes this thread more than ``seconds`` of a processor's time.

    What other threads and processes do meanwhile does not count. What the machine's load still
    moves (memory that is cold, a collection of the process's garbage) is far below the limit:
    it is to be ten times and more what the body takes, and less than what the fault would take
    that the test is there for, which is quadratic in an input that is chosen long enough.
    """
    began = time.thread_time()
    yield
    took = time.thread_time() - began
    assert took < seconds, f"took {took:.1f} s of a processor's time, more than {seconds}"
