"""Who holds a lock: what a holder writes into it, and how that is said to others."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a lock, as it wrote it there.

    Attributes:
        since: when it took it, in UTC and ISO 8601.
    """

    host: str
    pid: int
    user: str
    since: str

    @classmethod
    def me(cls) -> Holder:
        """This process, from now on."""
        return cls(socket.gethostname(), os.getpid(), user(), now())

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Holder:
        """Who wrote that.

        Raises:
            KeyError, TypeError: nobody did.
        """
        return cls(*(said[name] for name in cls.__slots__))

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} on {self.host} since {self.since}"

    @property
    def is_gone(self) -> bool:
        """Whether it ran on this machine and does no more; of another one that is not known."""
        if self.host != socket.gethostname():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # another user's
            return False
        return False


def user() -> str:
    """Whose process this is, as far as the machine knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"


def now() -> str:
    """The present time in UTC, to the second, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
