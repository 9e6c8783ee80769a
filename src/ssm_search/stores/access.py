"""A LanceDB database at an address; what goes wrong with it as errors that say what to do."""

from __future__ import annotations

import importlib.util
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ssm_search.arrays import UNREADABLE
from ssm_search.errors import SsmSearchError, StoreError
from ssm_search.lines import paper_of

if TYPE_CHECKING:
    from ssm_search.encoding import Encoder
    from ssm_search.papers import Paper

CURRENT = "current"
CLIENT = "lance_namespace_urllib3_client"
"""Of servers of catalogues, which nothing here asks. LanceDB, lance and lance-ray need the records
in it alone, but with them came all of it: to open a store took 4.9 s of processor time on two busy
cores, and takes 2.2."""

# For what goes over a network. An answer is a few small reads, so that a silent server is away.
PATIENCE = {
    "connect_timeout": "5s",
    "timeout": "60s",
    "client_max_retries": "2",
    "client_retry_timeout": "20",
}
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")

# How the messages of storage begin to say what is wrong; they have no types. Not by numbers alone:
# they also say how many microseconds it took.
_REFUSED = ("forbidden", "unauthorized", "accessdenied", "access denied",
            "permission denied", "signature", "invalidaccesskey", "credential",
            "read-only file system")  # fmt: skip
_NO_BUCKET = ("nosuchbucket",)
_AWAY = ("connect", "timed out", "timeout", "dns", "retryerror", "sending request",
         "503 service", "500 internal")  # fmt: skip


def put_off(name: str) -> None:
    """Let a package load what it offers once that is asked for, and its modules without it."""
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    package, load = importlib.util.module_from_spec(spec), spec.loader.exec_module

    def offered(attribute: str) -> Any:
        if vars(package).pop("__getattr__", None):
            load(package)
        return getattr(package, attribute)

    vars(package)["__getattr__"] = offered
    sys.modules[name] = package


put_off(CLIENT)  # before anything of Lance is imported, on the nodes of a cluster too


def is_store(place: str) -> bool:
    """Whether ``place`` is an address of object storage, or a folder that holds a store."""
    return "://" in place or os.path.isdir(os.path.join(place, f"{CURRENT}.lance"))


def connected(uri: str, storage_options: Mapping[str, str] | None) -> Any:
    """The database at ``uri``.

    Raises:
        StoreError: LanceDB is not installed, or the database is out of reach.
    """
    try:
        import lancedb
    except ImportError as error:
        raise StoreError(
            "a store needs LanceDB, which is not installed; `pip install 'ssm-search[lance]'`"
        ) from error
    os.environ.setdefault("LANCE_LOG", "error")
    with reaching(uri):
        if "://" not in uri:
            return lancedb.connect(uri)
        return lancedb.connect(uri, storage_options=options_for(storage_options))


@contextmanager
def reaching(uri: str) -> Iterator[None]:
    """What goes wrong inside as an error that says what to do.

    Raises:
        StoreError: the store is away, refuses, or has no such table.
    """
    try:
        yield
    except SsmSearchError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        text = str(error)
        plain, short = text.casefold(), " ".join(text.split())[:200]
        if any(sign in plain for sign in _NO_BUCKET):
            raise StoreError(
                f"there is no bucket for {uri}; create it, or correct the address"
            ) from error
        if any(sign in plain for sign in _REFUSED):
            raise StoreError(
                f"the store at {uri} refuses ({short}); check the credentials (AWS_ACCESS_KEY_ID, "
                "AWS_SECRET_ACCESS_KEY) or permissions for it"
            ) from error
        if "was not found" in plain and f"'{CURRENT}'" in plain:
            raise StoreError(
                f"no store at {uri}; make one with `ssm-search build … --store {shlex.quote(uri)}`"
            ) from error
        if "://" in uri and any(sign in plain for sign in _AWAY):
            raise StoreError(
                f"cannot reach the store at {uri} ({short}); check the network and the endpoint "
                "(AWS_ENDPOINT_URL), then try again"
            ) from error
        raise StoreError(
            f"the store at {uri} cannot be used ({type(error).__name__}: {short}); try again, or "
            f"write it again with `ssm-search build … --store {shlex.quote(uri)}`"
        ) from error


def stored_paper(uri: str, text: str) -> Paper:
    """The paper that a store has written as ``text``.

    Raises:
        StoreError: it is damaged, or has what only newer versions know.
    """
    try:
        return paper_of(text)
    except UNREADABLE as error:
        raise damaged(uri, "a paper", error) from error


def damaged(uri: str, what: str, error: Exception) -> StoreError:
    """The error to raise where a store has something else than this program writes."""
    return StoreError(
        f"the store at {uri} is damaged, or of a newer version of this program: {what} cannot be "
        f"read ({type(error).__name__}: {error}); install the newest version, or write it again "
        f"with `ssm-search build … --store {shlex.quote(uri)}`"
    )


def options_for(given: Mapping[str, str] | None) -> dict[str, str]:
    """What object storage is asked with: what is given, what the environment says, patience."""
    options = {**PATIENCE, **(given or {})}
    endpoint = options.get("endpoint") or next(filter(None, map(os.environ.get, ENDPOINTS)), "")
    if endpoint:
        options["endpoint"] = endpoint
        if endpoint.startswith("http://"):
            options.setdefault("allow_http", "true")
        if not ({"AWS_REGION", "AWS_DEFAULT_REGION"} & os.environ.keys()):
            options.setdefault("region", "us-east-1")  # servers of one's own have none
    return options


def tables(database: Any) -> list[str]:
    """The names of all tables."""
    names: list[str] = []
    token = None
    while True:
        page = database.list_tables(page_token=token)
        names += page.tables
        token = page.page_token
        if not token:
            return names


def check_fingerprint(encoder: Encoder, expected: str, uri: str) -> None:
    """Refuse an encoder that did not make the vectors.

    Raises:
        StoreError: it is another one.
    """
    if encoder.fingerprint != expected:
        raise StoreError(
            f"the store at {uri} was built with encoder {expected}, this one is "
            f"{encoder.fingerprint}; use the encoder that built it, or build it again"
        )
