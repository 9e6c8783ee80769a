"""Who holds a lock: what a holder writes into it, and how that is said to others."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a lock, as it wrote it there; ``token`` tells its locks apart."""

    host: str
    pid: int
    user: str
    since: str
    token: str

    @classmethod
    def me(cls) -> Holder:
        """This process, from now on."""
        return cls(socket.gethostname(), os.getpid(), user(), now(), os.urandom(8).hex())

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} on {self.host} since {self.since}"

    @property
    def is_gone(self) -> bool:
        """Whether it ran on this machine and does no more; of another one that is not known."""
        try:
            if self.host == socket.gethostname():
                os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:  # another user's
            pass
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
