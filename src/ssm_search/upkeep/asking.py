"""Addresses → what their servers answer, asked as one should: seldom, briefly, where it is allowed.

What a server answers is believed only as far as it goes: that a page is gone (404, 410), that it is
there, or that it moved for good. Everything else, and every silence, says nothing about the link.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ssm_search.addresses import host_name, shown_address
from ssm_search.arxiv_ids import arxiv_id
from ssm_search.errors import FetchError
from ssm_search.upkeep.answers import GONE, Answer, Repository
from ssm_search.upkeep.robots import MAX_BYTES, NOTHING_ALLOWED, Robots, read_robots

if TYPE_CHECKING:
    import requests

    from ssm_search.downloads import Bounds, Session

INTERVAL = 1.0  # seconds between two requests to one host
HOSTS = 8  # that are asked at once
TIMEOUT = 15.0  # seconds for one request
MAX_PAUSE = 120.0  # seconds; a server that asks for a longer wait is left alone
MAX_PAUSES = 3  # for one host in a run
MAX_FAILURES = 3  # of a host in a row, after which it is left alone
NO_HEAD = frozenset({400, 403, 404, 405, 410, 501})  # which a GET may answer otherwise
MOVED = frozenset({301, 308})
CODE_HOSTS = frozenset(
    "github.com gitlab.com bitbucket.org codeberg.org gitee.com huggingface.co".split()
)
LONGEST = 2_000  # characters of an address
GITHUB_API = "https://api.github.com"
UNNAMED, NAMED = 50, 1_000  # repositories asked for in a run, without a token and with one

Asked = Callable[[str, Answer], None]


def can_be_asked(address: str) -> bool:
    """Whether an address is one to ask: http(s), without a password, and not one of arXiv's.

    arXiv's pages are not for programs; its API says of each paper that it is there.
    """
    try:
        parts = urlsplit(address)
        host = host_name(parts.hostname or "")
        _ = parts.port
    except ValueError:
        return False
    of_arxiv = host == "arxiv.org" or host.endswith(".arxiv.org") or arxiv_id(address)
    whole = parts.scheme in ("http", "https") and host and "@" not in parts.netloc
    return bool(whole and not of_arxiv and len(address) <= LONGEST)


def without_fragment(address: str) -> str:
    """``address`` as a server is asked for it."""
    return address.partition("#")[0]


def ask_links(
    addresses: Iterable[str],
    asked: Asked,
    *,
    allow_hosts: Sequence[str] = (),
    interval: float = INTERVAL,
    sleep: Callable[[float], object] | None = None,
) -> None:
    """Ask for each address once, ``HOSTS`` hosts at a time, and tell ``asked`` what came.

    Args:
        asked: called with an address and its answer, in this thread.
        allow_hosts: names of hosts that need not be public.
    """
    by_host: dict[str, list[str]] = {}
    for address in dict.fromkeys(addresses):
        by_host.setdefault(host_name(urlsplit(address).hostname or ""), []).append(address)
    waiting = sum(map(len, by_host.values()))
    came: queue.Queue[tuple[str, Answer] | BaseException] = queue.Queue()
    stop = threading.Event()
    # Who is told to stop shall not sleep on.
    asker = _Asker(frozenset(map(host_name, allow_hosts)), interval, sleep or stop.wait, stop)

    def work(own: list[str]) -> None:
        try:
            for address, answer in zip(own, asker.answers(own), strict=False):
                came.put((address, answer))
        except BaseException as error:  # raised where the answers are waited for
            came.put(error)

    # Long queues first: what takes longest shall not begin last.
    order = sorted(by_host.values(), key=len, reverse=True)
    with ThreadPoolExecutor(HOSTS) as pool:
        try:
            for own in order:
                pool.submit(work, own)
            while waiting:
                one = came.get()
                if isinstance(one, BaseException):
                    raise one
                asked(*one)
                waiting -= 1
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


@dataclass(slots=True)
class _Pace:
    """The distance that requests to one host keep, whoever makes them."""

    interval: float
    sleep: Callable[[float], object]
    lock: threading.Lock = field(default_factory=threading.Lock)
    next: dict[str, float] = field(default_factory=dict)

    def turn(self, host: str) -> None:
        with self.lock:
            now = time.monotonic()
            at = max(now, self.next.get(host, now))
            self.next[host] = at + self.interval
        if at > now:
            self.sleep(at - now)


class _NotAllowedError(Exception):
    """The robots.txt of a site asks programs not to ask for this."""


@dataclass(slots=True)
class _Asker:
    """What the requests to all hosts have in common."""

    hosts: frozenset[str]
    interval: float
    sleep: Callable[[float], object]
    stop: threading.Event
    pace: _Pace = field(init=False)
    robots: dict[str, Robots] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pace = _Pace(self.interval, self.sleep)

    def answers(self, addresses: Sequence[str]) -> Iterable[Answer]:
        """The answers of one host, one after another."""
        pauses = failures = 0
        given_up = ""
        for address in addresses:
            if self.stop.is_set():
                return
            if given_up:
                yield Answer(_now(), reason=given_up)
                continue
            with self._session() as session:
                answer, wait = self._answer(session, address)
                if wait is not None and wait <= MAX_PAUSE and pauses < MAX_PAUSES:
                    pauses += 1
                    self.sleep(wait)
                    answer, wait = self._answer(session, address)
            said_nothing = answer.status is None and answer.reason != NOT_ALLOWED
            failures = failures + 1 if said_nothing else 0
            if wait is not None or failures >= MAX_FAILURES:
                given_up = f"its host was left alone after “{answer.reason}”"
            yield answer

    def _session(self) -> Session:
        from ssm_search.downloads import Bounds

        return _session(Bounds("", self.hosts), self.pace, self._check)

    def _check(self, session: Session, address: str) -> None:
        """Raise unless the site that an address leads to lets programs ask for it."""
        parts = urlsplit(address)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self.robots:
            self.robots[site] = Robots()  # for redirects of what asks for the rules
            try:
                self.robots[site] = _robots(session, f"{site}/robots.txt")
            except BaseException:
                del self.robots[site]
                raise
        if not self.robots[site].allow(address):
            raise _NotAllowedError

    def _answer(self, session: Session, address: str) -> tuple[Answer, float | None]:
        """What is answered for an address, and how long the server asks to wait, if it does."""
        session.bounds.address = shown_address(address)
        try:
            return self._asked(session, address)
        except _NotAllowedError:
            parts = urlsplit(address)
            _, owner, name, *below = f"{parts.path}//".split("/")
            root = f"{parts.scheme}://{parts.netloc}/{owner}/{name}"
            if host_name(parts.hostname or "") in CODE_HOSTS and name and any(below):
                # What holds it may be asked for.
                answer, wait = self._answer(session, root)
                moved = answer.moved + address.removeprefix(root) if answer.moved else ""
                return replace(answer, moved=moved), wait
            return Answer(_now(), reason=NOT_ALLOWED), None
        except Exception as error:  # whatever a stranger's server does
            return Answer(_now(), reason=_reason(error)), None

    def _asked(self, session: Session, address: str) -> tuple[Answer, float | None]:
        status, moved, wait = self._request(session, "HEAD", address)
        if status in NO_HEAD:
            status, moved, wait = self._request(session, "GET", address)
        if 200 <= status < 300:
            return Answer(_now(), status, moved=moved), None
        if status in GONE:
            return Answer(_now(), status), None
        waits = status == 429 or (status == 503 and wait is not None)
        pause = (60.0 if wait is None else wait) if waits else None
        return Answer(_now(), reason=f"HTTP {status}"), pause

    def _request(self, session: Session, method: str, url: str) -> tuple[int, str, float | None]:
        from ssm_search.abstracts import seconds_to_wait

        session.cookies.clear()
        with session.request(
            method, url, stream=True, timeout=(TIMEOUT, TIMEOUT), auth=_nobody, allow_redirects=True
        ) as response:
            wait = seconds_to_wait(response.headers.get("Retry-After"))
            return response.status_code, _moved_to(url, response), wait


NOT_ALLOWED = "its robots.txt asks programs not to"


def _session(bounds: Bounds, pace: _Pace, check: Callable[[Session, str], None] | None) -> Session:
    """A session whose every request, redirects too, waits for its turn and asks leave first."""
    from ssm_search.downloads import Session, Transport

    class Paced(Transport):
        def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
            if check and not request.url.endswith("/robots.txt"):
                check(session, request.url)
            pace.turn(host_name(urlsplit(request.url).hostname or ""))
            self.bounds.deadline = time.monotonic() + TIMEOUT
            return super().send(request, *args, **kwargs)

    session = Session(Paced(bounds))
    session.headers["User-Agent"] = (
        f"ssm-search/{version('ssm-search')} (Python package ssm-search)"
    )
    return session


def _robots(session: Session, address: str) -> Robots:
    """The rules of a site; where it has none all is allowed, where that is not known nothing."""
    from ssm_search.downloads import read_body

    with session.get(address, stream=True, timeout=(TIMEOUT, TIMEOUT), auth=_nobody) as response:
        if 400 <= response.status_code < 500 and response.status_code != 429:
            return Robots()
        if response.status_code != 200:
            return NOTHING_ALLOWED
        body = read_body(response, MAX_BYTES)
        return Robots() if body is None else read_robots(body.decode("utf-8", "replace"))


def _moved_to(address: str, response: requests.Response) -> str:
    """Where a page of a host of code is now, if all that leads there says for good; else ""."""
    hops = response.history
    before, after = urlsplit(address), urlsplit(response.url)
    host = host_name(before.hostname or "").removeprefix("www.")
    same_host = host == host_name(after.hostname or "").removeprefix("www.")
    if not hops or host not in CODE_HOSTS or not same_host:
        return ""
    if any(hop.status_code not in MOVED for hop in hops):
        return ""
    old, new = (one.path.strip("/").removesuffix(".git") for one in (before, after))
    deep = new.count("/") >= 1 and "login" not in new and "sign_in" not in new
    deep = deep and can_be_asked(response.url)
    return response.url if deep and old.casefold() != new.casefold() else ""


def _reason(error: Exception) -> str:
    """Why a link could not be asked for, in words that name no other address."""
    import requests

    problems = requests.exceptions
    if isinstance(error, FetchError):
        return "it leads where programs may not follow"
    for kinds, reason in (
        (problems.TooManyRedirects, "redirects in a circle, or too many"),
        ((problems.Timeout, TimeoutError), "no answer in time"),
        (problems.ConnectionError, "no connection"),
    ):
        if isinstance(error, kinds):
            return reason
    return f"no answer ({type(error).__name__})"


def _nobody(request: Any) -> Any:
    """Who asks, for a request that no password of ~/.netrc shall go with."""
    return request


def _now() -> datetime:
    return datetime.now(UTC)


def ask_repositories(
    names: Sequence[str],
    asked: Callable[[str, Repository], None],
    *,
    token: str = "",
    api: str = "",
    allow_hosts: Sequence[str] = (),
    interval: float = INTERVAL,
) -> str:
    """Ask GitHub which repositories are archived, as many as it lets one ask.

    Args:
        names: "owner/name" of each, those first that matter most.
        asked: called with a name and what GitHub says of it.
        token: sent to GitHub's API, and to nobody else.

    Returns:
        Why not all were asked for; "" if they were.
    """
    from ssm_search.downloads import Bounds

    api = api or GITHUB_API
    most = NAMED if token else UNNAMED
    headers = {"Accept": "application/vnd.github+json"}
    bounds = Bounds(shown_address(api), frozenset(map(host_name, allow_hosts)))

    def signed(request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    with _session(bounds, _Pace(interval, time.sleep), None) as session:
        for name in names[:most]:
            try:
                with session.get(
                    f"{api}/repos/{name}",
                    headers=headers,
                    auth=signed if token else _nobody,
                    timeout=(TIMEOUT, TIMEOUT),
                    stream=True,
                ) as response:
                    status, record = response.status_code, _record(response)
                    left = response.headers.get("X-RateLimit-Remaining", "")
            except Exception as error:  # whatever goes wrong there says nothing
                return f"GitHub could not be asked ({_reason(error)})"
            if record is not None:
                asked(name, Repository(_now(), record.get("archived") is True))
            if status in (401, 403, 429) or (record is not None and left == "0"):
                hint = "" if token else "; with GITHUB_TOKEN set it answers more"
                return f"GitHub answers no more for now (HTTP {status}){hint}"
    rest = len(names) - most
    return f"GitHub was not asked for {rest:,} more; run it again later" if rest > 0 else ""


def _record(response: requests.Response) -> Mapping[str, Any] | None:
    import json

    from ssm_search.downloads import read_body

    if response.status_code != 200:
        return None
    body = read_body(response, 1_000_000)
    record = json.loads(body) if body else None
    return record if isinstance(record, dict) else None
