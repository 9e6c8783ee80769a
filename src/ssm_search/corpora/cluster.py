"""A Ray cluster: a connection to it, and how much is sent to it at once."""

from __future__ import annotations

import logging
import socket
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

from ssm_search.errors import EngineError

WAVE = 16  # items for each process, sent at once; what is idle at the end of a wave is one of them
MOST_SENT = 1_024  # items at once: 3 GB of texts in the cluster's memory
SPARE = 1  # core that no actor takes: Ray Data reads and writes on it, and would wait for ever
THIS_MACHINE = "local"
PATIENCE = 10.0  # seconds for the cluster to answer

Item = TypeVar("Item")


def waves(items: Iterable[Item], workers: int) -> Iterator[list[Item]]:
    """Cut ``items`` into lists of as many as ``workers`` processes are given at once."""
    rest = iter(items)
    while wave := list(islice(rest, min(WAVE * workers, MOST_SENT))):
        yield wave


def cores_of(ray: Any) -> int:
    """How many processes work on the cluster at once, a core each."""
    return max(1, int(ray.cluster_resources().get("CPU", 1)) - SPARE)


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Ray, while this process is connected to the cluster at ``address``.

    Raises:
        EngineError: Ray is not installed, the cluster does not answer, or it failed.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise EngineError(
            f"no Ray here ({error}); install it with: pip install 'ssm-search[ray]'"
        ) from error
    try:
        if address not in (THIS_MACHINE, "auto"):
            # Ray itself would go on trying for minutes.
            split = urlsplit(address if "://" in address else f"//{address}")
            with socket.create_connection((split.hostname, split.port), PATIENCE):
                pass
        ray.init(
            address=None if address == THIS_MACHINE else address,
            include_dashboard=False if address == THIS_MACHINE else None,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineError(
            f"no Ray cluster answers at {address} ({_first_line(error)}); start one with "
            "`ray start --head`, and name its address with --address"
        ) from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # Of how "SPREAD" is asked for; the way to come is not there yet.
            warnings.filterwarnings("ignore", message=".*ray_remote_args")
            yield ray
    except ray.exceptions.RayError as error:
        raise EngineError(
            f"the Ray cluster at {address} failed ({_first_line(error)}); what is done is kept, "
            "and starting again goes on from there"
        ) from error
    finally:
        ray.shutdown()


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0][:200]
