"""arXiv's API through the ``arxiv`` package, behind the manners that its terms ask for."""

from __future__ import annotations

import email.utils
import logging
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ssm_search.addresses import host_name, shown_address
from ssm_search.arxiv_ids import arxiv_id
from ssm_search.errors import FetchError
from ssm_search.files import locked
from ssm_search.papers import Abstract

if TYPE_CHECKING:
    import arxiv
    import requests

    from ssm_search.downloads import Bounds, Transport

BROKEN_XML, CANNOT_BE_READ = "broken XML", "an answer that cannot be read"

logger = logging.getLogger(__name__)

API_URL = "https://export.arxiv.org/api/query"
BATCH_SIZE = 100
REQUEST_INTERVAL = 3.0
"""Seconds between requests. "make no more than one request every three seconds, and limit requests
to a single connection at a time" (https://info.arxiv.org/help/api/tou.html)."""
INTERVAL_HERE = 0.1  # where who is asked and who asks are one machine, which no such terms protect
TIMEOUT = (10.0, 60.0)  # seconds to connect, and between two bytes of the answer
TOTAL_TIMEOUT = 180.0  # seconds for an answer with its redirects: 100 entries (0.3 MB) at 14 kbit/s
MAX_TRIES = 5
MAX_PAUSE = 120.0  # seconds; a server that asks for longer is asked again another day
MAX_FEED_BYTES = 20_000_000  # 100 entries are about 0.3 MB
# 406 is how arXiv's cache answers some clients while it throttles.
PASSING_STATUSES = frozenset({406, 408, 429, 500, 502, 503, 504})
_KIND_OF_ERROR = re.compile(r" \(\w+\)$")  # behind what happened, for whoever mends it
UNREADABLE = 200  # the status of an error about an answer that came, but cannot be read

# Neither may stand in XML, nor be referred to; arXiv has let some through in titles.
_CONTROL = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]"
    rb"|&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01])|x0*(?:[0-8bcef]|1[\da-f]));",
    re.I,
)
# The notice is worded freely; it stands in the comment, or begins the abstract or replaces it.
_WITHDRAWN = re.compile(
    r"(?i)^\W*withdrawn\b|\b(?:paper|article|manuscript|preprint|submission|work) (?:has|is|was)"
    r" (?:(?!not\b)\w+ ){0,2}withdrawn\b"
)
_MOST_SAID = 2_000  # characters of a comment; arXiv takes 400
_WITHDRAWN_ABSTRACT_CHARS = 60  # "The submission was withdrawn" later on is part of a story


@dataclass(slots=True)
class ArxivApi:
    """arXiv's API behind the manners that its terms ask for."""

    api_url: str
    interval: float
    sleep: Callable[[float], None]
    turns: Path | None = None  # the file by which the processes of one user take turns
    last_request: float = -1e9
    reached: bool = False
    retry_after: float | None = None
    witness: str = ""  # an id that arXiv is known to know
    client: arxiv.Client = field(init=False)

    def __post_init__(self) -> None:
        import arxiv

        from ssm_search.downloads import Bounds, Session, without_user

        shown, auth, host = shown_address(self.api_url), None, ""
        with suppress(ValueError):  # then the first request says so
            self.api_url, auth = without_user(self.api_url)
            host = host_name(urlsplit(self.api_url).hostname or "")
        # The pauses and the retries are ours: the package knows no timeout and no Retry-After.
        self.client = arxiv.Client(page_size=BATCH_SIZE, delay_seconds=0, num_retries=0)
        self.client.query_url_format = re.sub(r"[{}]", r"\g<0>\g<0>", self.api_url) + "?{}"
        # A mirror may be on a private network: only who runs this can name one.
        session = Session(_transport(self, Bounds(shown, frozenset({host}))))
        session.auth = auth
        self.client._session = session

    def ask(self, ids: Sequence[str]) -> list[Abstract]:
        """Ask for the papers that arXiv knows among ``ids``, up to ``BATCH_SIZE`` of them.

        Raises:
            FetchError: it cannot be reached, refuses for good, or refused ``MAX_TRIES`` times.
        """
        import arxiv

        asked = list(ids)
        for tries in range(1, MAX_TRIES + 1):
            search = arxiv.Search(id_list=asked, max_results=len(asked))
            records = self._answer(search, tries)
            if records is None:
                continue
            # While arXiv throttles it may also answer with no paper at all. Of one id that is
            # believed; of several, only if a paper that it has is found beside them, or it
            # says so to the end.
            found = {record.id: record for record in records}
            believed = len(ids) == 1 or (tries == MAX_TRIES and not self.witness)
            if found or believed:
                names = (arxiv_id(i) or i for i in ids)  # of "2401.00001v1", that of the paper
                records = [found[name] for name in names if name in found]
                self.witness = self.witness or (records[0].id if records else "")
                return records
            if self.witness and len(ids) < BATCH_SIZE:
                asked = [*ids, self.witness]
            self._wait(tries, "an empty page", can_pass=True, status=None)
        raise AssertionError("unreachable")

    def page(self, query: str, start: int) -> list[Abstract]:
        """Ask for the ``BATCH_SIZE`` newest papers that meet ``query``, from the ``start``-th on.

        Args:
            query: as arXiv has it, "cat:cs.CV AND all:mamba"
                (https://info.arxiv.org/help/api/user-manual.html).

        Raises:
            FetchError: as :meth:`ask`.
        """
        import arxiv

        search = arxiv.Search(
            query, max_results=start + BATCH_SIZE, sort_by=arxiv.SortCriterion.SubmittedDate
        )
        for tries in range(1, MAX_TRIES + 1):
            records = self._answer(search, tries, start)
            if records is None:
                continue
            # That there is none at all is believed the second time.
            if records or start or tries > 1:
                return records
            self._wait(tries, "an empty page", can_pass=True, status=None)
        raise AssertionError("unreachable")

    def _answer(self, search: arxiv.Search, tries: int, start: int = 0) -> list[Abstract] | None:
        """What arXiv answers; None, once it was waited, if the same may be asked again."""
        import arxiv
        import urllib3

        self.retry_after = None
        self.client._session.bounds.deadline = time.monotonic() + TOTAL_TIMEOUT
        try:
            return list(map(_from_result, self.client.results(search, start)))
        except (arxiv.ArxivError, OSError, urllib3.exceptions.HTTPError, ValueError) as error:
            status = getattr(error, "status", None)
            reason, can_pass = self._judge(error, status)
            if status is None and reason.startswith((BROKEN_XML, CANNOT_BE_READ)):
                status = UNREADABLE
            self._wait(tries, reason, can_pass, status)
            return None

    def _wait(self, tries: int, reason: str, can_pass: bool, status: int | None) -> None:
        """Pause before the next try.

        Raises:
            FetchError: there shall be none.
        """
        pause, shown = self._pause(tries), shown_address(self.api_url)
        if not can_pass or tries == MAX_TRIES or pause > MAX_PAUSE:
            wait = f" and the wish to wait {pause:.0f} s" if pause > MAX_PAUSE else ""
            count = "1 try" if tries == 1 else f"{tries} tries"
            raise FetchError(
                f"got {reason}{wait} from {shown} after {count}; run the same command "
                "again later, it goes on where it stopped",
                url=shown,
                tries=tries,
                status=status,
                reason=_KIND_OF_ERROR.sub("", reason.removeprefix("HTTP ")),
            )
        logger.info("got %s from %s; asking again in %.1f s", reason, shown, pause)
        self.sleep(pause)

    def _judge(self, error: Exception, status: int | None) -> tuple[str, bool]:
        """What went wrong, in words, and whether it can pass."""
        import arxiv
        import requests
        import urllib3

        problems, causes = requests.exceptions, urllib3.exceptions
        cause = error.args[0] if error.args else None
        name = type(error).__name__  # the text of most errors has the address in it
        ours = type(error) in (problems.RequestException, problems.TooManyRedirects)
        for kinds, reason, can_pass in (
            (arxiv.HTTPError, f"HTTP {status}", status in PASSING_STATUSES),
            (arxiv.UnexpectedEmptyPageError, "an empty page", True),
            ((problems.ReadTimeout, causes.ReadTimeoutError), "no answer in time", True),
            ((problems.ChunkedEncodingError, causes.ProtocolError), "half an answer", True),
            # Where nobody ever answered there is no network, and waiting does not bring one.
            (problems.ConnectionError, f"no connection ({name})", self.reached),
            (problems.ContentDecodingError, str(error), True),
            (OSError, str(error) if ours else f"no request ({name})", False),
        ):
            if isinstance(error, kinds) or isinstance(cause, kinds):
                return reason, can_pass
        return f"{CANNOT_BE_READ} ({name})", True

    def _pause(self, tries: int) -> float:
        """Seconds before the next try: doubling, jittered, never less than the server asked for."""
        backoff = min(self.interval * 2**tries * random.uniform(0.75, 1.25), MAX_PAUSE)
        return float(max(backoff, self.retry_after or 0.0))


def _transport(source: ArxivApi, bounds: Bounds) -> Transport:
    """Connections with spacing, User-Agent, timeouts, a size limit, and no broken feed."""
    from importlib.metadata import version

    import requests

    from ssm_search.downloads import Transport, read_body

    agent = f"ssm-search/{version('ssm-search')} (Python package ssm-search)"

    class Courteous(Transport):
        def send(
            self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
        ) -> requests.Response:
            request.headers["User-Agent"] = agent
            kwargs["timeout"] = TIMEOUT
            with _turn(source), super().send(request, *args, **kwargs) as response:
                source.reached = True
                source.retry_after = seconds_to_wait(response.headers.get("Retry-After"))
                body = read_body(response, MAX_FEED_BYTES)
                if body is None:
                    raise requests.RequestException(f"more than {MAX_FEED_BYTES:,} bytes")
            response._content = body = _CONTROL.sub(b" ", body)
            if response.status_code == 200:
                _check_feed(body)
            return response

    return Courteous(bounds)


@contextmanager
def _turn(source: ArxivApi) -> Iterator[None]:
    """Hold the only connection to arXiv of this user, at the agreed distance from the last."""
    with ExitStack() as held:
        ago = time.monotonic() - source.last_request
        if source.turns:
            with suppress(OSError):  # without a place for it, each process keeps its own distance
                source.turns.parent.mkdir(parents=True, exist_ok=True)
                is_new = _made(source.turns)
                held.enter_context(locked(source.turns))
                if not is_new:
                    ago = min(ago, max(time.time() - source.turns.stat().st_mtime, 0))
        if ago < source.interval:
            source.sleep(source.interval - ago)
        try:
            yield
        finally:
            source.last_request = time.monotonic()
            if source.turns:
                with suppress(OSError):
                    source.turns.touch()


def _made(path: Path) -> bool:
    """Whether this process, of all that come at once, is the one that made the empty file."""
    try:
        path.open("xb").close()
    except FileExistsError:
        return False
    return True


def _check_feed(body: bytes) -> None:
    """Raise ContentDecodingError for what is no feed, or not all of one.

    The ``arxiv`` package finds no entry there, or recovers what it can: either would look like
    papers that arXiv does not know.
    """
    from xml.etree import ElementTree

    from requests.exceptions import ContentDecodingError

    try:
        # Its size is bounded by MAX_FEED_BYTES, and expat bounds what entities make of it.
        feed = ElementTree.fromstring(body)  # noqa: S314
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # the latter: its encoding
        raise ContentDecodingError(BROKEN_XML) from error
    if feed.tag != "{http://www.w3.org/2005/Atom}feed":
        raise ContentDecodingError("something else than an Atom feed")
    promised = feed.findtext("{*}totalResults", "").strip()
    if promised != "0" and feed.find("{*}entry") is None:
        raise ContentDecodingError("an empty page")


def seconds_to_wait(retry_after: str | None) -> float | None:
    """The Retry-After header, in either of its forms (RFC 9110, 10.2.3), as seconds from now."""
    with suppress(ValueError):
        return max(0.0, float(retry_after or ""))
    with suppress(ValueError):
        moment = email.utils.parsedate_to_datetime(retry_after or "")
        if moment.tzinfo is None:  # of RFC 9110's three date formats, asctime's names no zone
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    return None


def _from_result(result: arxiv.Result) -> Abstract:
    summary = " ".join(result.summary.split())
    comment = " ".join((result.comment or "").split())
    notices = (comment, summary[:_WITHDRAWN_ABSTRACT_CHARS])
    return Abstract(
        id=arxiv_id(result.get_short_id()) or result.get_short_id(),
        title=" ".join(result.title.split()),
        abstract=summary,
        authors=tuple(author.name for author in result.authors),
        published=result.published.date(),
        arxiv_categories=tuple(dict.fromkeys([result.primary_category, *result.categories])),
        withdrawn=any(map(_WITHDRAWN.search, notices)),
        comment=comment[:_MOST_SAID],
        journal_ref=" ".join((result.journal_ref or "").split())[:_MOST_SAID],
        doi="".join((result.doi or "").split())[:_MOST_SAID],
        asked=datetime.now(UTC).date(),
    )
