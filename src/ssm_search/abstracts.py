"""Abstracts from arXiv, through the ``arxiv`` package, kept in a cache that only grows.

The cache is a JSON-lines file. Answers are appended and fsynced batch by batch, so a kill or a cut
network loses nothing, and the next run asks only for what is missing.
"""

from __future__ import annotations

import email.utils
import json
import logging
import os
import random
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssm_search.errors import FetchError, ListError
from ssm_search.files import locked
from ssm_search.papers import Paper, arxiv_id

if TYPE_CHECKING:
    import arxiv
    import requests

logger = logging.getLogger(__name__)

API_URL = "https://export.arxiv.org/api/query"
API_URL_VARIABLE = "SSM_SEARCH_ARXIV_API"  # a mirror, or a test's stand-in
BATCH_SIZE = 100
REQUEST_INTERVAL = 3.0
"""Seconds between requests. "make no more than one request every three seconds, and limit requests
to a single connection at a time" (https://info.arxiv.org/help/api/tou.html)."""
TIMEOUT = (10.0, 60.0)  # seconds to connect, and between two bytes of the answer
MAX_TRIES = 5
MAX_PAUSE = 120.0  # seconds; a server that asks for longer is asked again another day
MAX_FEED_BYTES = 20_000_000  # 100 entries are about 0.3 MB
# 406 is how arXiv's cache answers some clients while it throttles.
PASSING_STATUSES = frozenset({406, 429, 503})
MAX_REFUSED = 10  # ids in a row; who finds fault with more of them means us, not the ids
PROJECT_PAGE = "https://pypi.org/project/ssm-search/"

_ATOM = "{http://www.w3.org/2005/Atom}"
_OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
# Authors and arXiv's administrators word the notice freely; most put it into the comment, some in
# the abstract's place.
_WITHDRAWN = re.compile(
    r"^\W*withdrawn\b"
    r"|\b(?:paper|article|manuscript|preprint|submission|work) (?:has|is|was)"
    r" (?:(?!not\b)\w+ ){0,2}withdrawn\b",
    re.I,
)
_WITHDRAWN_ABSTRACT_CHARS = 60  # "The submission was withdrawn" later on is part of a story


@dataclass(frozen=True, slots=True)
class Abstract:
    """What arXiv says about one paper."""

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    published: date | None = None
    arxiv_categories: tuple[str, ...] = ()
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class FetchReport:
    """How a fetch went.

    Attributes:
        fetched: ids that were added to the cache.
        unknown: ids that arXiv does not know.
        refused: what is no arXiv id, to us or to arXiv.
        withdrawn: those of ``fetched`` that were withdrawn.
        error: what stopped the fetch early, "" if nothing did.
    """

    fetched: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    error: str = ""


def default_cache() -> Path:
    """Where abstracts are kept for this user, whichever index they are for."""
    import platformdirs

    return platformdirs.user_cache_path("ssm-search") / "abstracts.jsonl"


def load_abstracts(path: Path) -> dict[str, Abstract]:
    """Read a file of abstracts, one JSON object a line.

    Each has ``id`` (or ``arxiv_id``), ``title``, ``abstract`` and, if known, the other fields of
    :class:`Abstract`; a later line wins. A last line cut short by a kill is passed over, and an
    absent file is an empty one.

    Raises:
        ListError: any other line is not such an object, or the file cannot be read.
    """
    found: dict[str, Abstract] = {}
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return found
    except OSError as error:
        raise ListError(
            f"cannot read {path} ({error.strerror}); expected a file of JSON lines"
        ) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = _from_json(json.loads(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            if number == len(lines):
                logger.warning("%s: passed over its last line, which was cut short", path)
                break
            raise ListError(
                f"{path}, line {number}: expected a JSON object with id, title and abstract, "
                f"got {line[:60].decode(errors='replace')!r}; mend or delete that line"
            ) from error
        found[record.id] = record
    return found


def append_abstracts(path: Path, records: Iterable[Abstract]) -> None:
    """Add ``records`` to the file and make sure that they are on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(_to_json(record), ensure_ascii=False) + "\n" for record in records)
    # Another process may be adding too: its line is cut short only while it holds the lock.
    with open(path, "a+b") as file, locked(path):
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                _mend_last_line(path)
        file.write(lines.encode())
        file.flush()
        os.fsync(file.fileno())


def with_abstracts(papers: Iterable[Paper], known: Mapping[str, Abstract]) -> list[Paper]:
    """``papers`` with what is ``known`` filled in; what is there already is never replaced.

    A paper without a printed year gets the one in which arXiv published it.
    """
    filled = []
    for paper in papers:
        record = known.get(paper.id)
        if record is not None:
            published = paper.published or record.published
            paper = replace(
                paper,
                abstract=paper.abstract or record.abstract,
                authors=paper.authors or record.authors,
                published=published,
                arxiv_categories=paper.arxiv_categories or record.arxiv_categories,
                year=paper.year or (published.year if published else None),
            )
        filled.append(paper)
    return filled


def fetch_abstracts(
    ids: Iterable[str],
    cache: Path,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    api_url: str = "",
    interval: float = REQUEST_INTERVAL,
    sleep: Callable[[float], None] = time.sleep,
) -> FetchReport:
    """Ask arXiv for the papers of ``ids`` that ``cache`` does not have, and add them to it.

    Never raises for what the network does: the report says what stopped it, and whatever came
    until then is in the cache.

    Args:
        ids: arXiv ids in any form that :func:`~ssm_search.papers.arxiv_id` reads; a version is
            left out.
        progress: called with (ids answered for, ids asked for) after each answer.
        interval: seconds between requests; see ``REQUEST_INTERVAL`` before lowering it.
    """
    read = {text: arxiv_id(text) for text in ids}
    refused = [text for text, paper_id in read.items() if paper_id is None]
    known = load_abstracts(cache)
    missing = [i for i in dict.fromkeys(filter(None, read.values())) if i not in known]
    if not missing:
        return FetchReport(refused=tuple(refused))
    fetched: list[Abstract] = []
    unknown: list[str] = []
    error = ""
    answered = refused_in_a_row = 0
    batches = [missing[at : at + BATCH_SIZE] for at in range(0, len(missing), BATCH_SIZE)]
    progress(0, len(missing))
    api_url = api_url or os.environ.get(API_URL_VARIABLE) or API_URL
    with closing(_Source(api_url, interval, sleep)) as source:
        source.witness = next((i for i in known if arxiv_id(i) == i), "")
        while batches:
            batch = batches.pop(0)
            try:
                records = source.ask(batch)
            except FetchError as failure:
                if failure.status != 400 or refused_in_a_row == MAX_REFUSED:
                    error = str(failure)
                    break
                if len(batch) > 1:
                    # One id that arXiv finds malformed fails its whole batch: halve until it is
                    # alone.
                    middle = len(batch) // 2
                    batches[:0] = [batch[:middle], batch[middle:]]
                    continue
                refused += batch
                refused_in_a_row += 1
            else:
                append_abstracts(cache, records)
                fetched += records
                found = {record.id for record in records}
                unknown += [paper_id for paper_id in batch if paper_id not in found]
                refused_in_a_row = 0
            answered += len(batch)
            progress(answered, len(missing))
    return FetchReport(
        fetched=tuple(record.id for record in fetched),
        unknown=tuple(unknown),
        refused=tuple(refused),
        withdrawn=tuple(record.id for record in fetched if record.withdrawn),
        error=error,
    )


@dataclass(slots=True)
class _Source:
    """arXiv's API behind the manners that its terms ask for.

    Attributes:
        witness: an id that arXiv is known to know, "" if none is.
    """

    api_url: str
    interval: float
    sleep: Callable[[float], None]
    last_request: float = -1e9
    reached: bool = False
    retry_after: float | None = None
    witness: str = ""
    client: arxiv.Client = field(init=False)

    def __post_init__(self) -> None:
        import arxiv

        # The pauses and the retries are ours: the package knows no timeout and no Retry-After.
        self.client = arxiv.Client(page_size=BATCH_SIZE, delay_seconds=0, num_retries=0)
        self.client.query_url_format = self.api_url + "?{}"
        adapter = _adapter(self)
        for scheme in ("https://", "http://"):
            self.client._session.mount(scheme, adapter)

    def close(self) -> None:
        """Close the connection."""
        self.client._session.close()

    def ask(self, ids: Sequence[str]) -> list[Abstract]:
        """The papers that arXiv knows among ``ids``.

        Raises:
            FetchError: it cannot be reached, refuses for good, or refused ``MAX_TRIES`` times.
        """
        import arxiv
        import requests

        asked = list(ids)
        for tries in range(1, MAX_TRIES + 1):
            self.retry_after = None
            status = None
            try:
                search = arxiv.Search(id_list=asked, max_results=len(asked))
                results = map(_from_result, self.client.results(search))
                found = {_without_subject(record.id): record for record in results}
            except arxiv.HTTPError as error:
                status, reason = error.status, f"HTTP {error.status}"
                can_pass = status in PASSING_STATUSES
            except (arxiv.ArxivError, requests.exceptions.RequestException, ValueError) as error:
                reason, can_pass = self._judge(error)
            else:
                # While arXiv throttles it may also answer with no paper at all. Of one id that is
                # believed; of several, only if a paper that it has is found beside them, or it
                # says so to the end.
                believed = len(ids) == 1 or (tries == MAX_TRIES and not self.witness)
                if found or believed:
                    answers = [(i, found.get(_without_subject(i))) for i in ids]
                    records = [replace(record, id=i) for i, record in answers if record]
                    self.witness = self.witness or (records[0].id if records else "")
                    return records
                reason, can_pass = "an empty page", True
                if self.witness and len(ids) < BATCH_SIZE:
                    asked = [*ids, self.witness]
            pause = self._pause(tries)
            if not can_pass or tries == MAX_TRIES or pause > MAX_PAUSE:
                wait = f", and was told to wait {pause:.0f} s" if pause > MAX_PAUSE else ""
                raise FetchError(
                    f"got {reason} from {self.api_url} for {len(ids)} "
                    f"{'id' if len(ids) == 1 else 'ids'} after {tries} "
                    f"{'try' if tries == 1 else 'tries'}{wait}; run the same command again later, "
                    "it goes on where it stopped",
                    url=self.api_url,
                    tries=tries,
                    status=status,
                )
            logger.info("got %s from %s; asking again in %.1f s", reason, self.api_url, pause)
            self.sleep(pause)
        raise AssertionError("unreachable")

    def _judge(self, error: Exception) -> tuple[str, bool]:
        """What went wrong below HTTP, in words, and whether it can pass."""
        import arxiv
        import requests
        import urllib3

        problems = requests.exceptions
        cause = error.args[0] if error.args else None
        if isinstance(error, arxiv.ArxivError):
            return "an empty page", True
        if isinstance(error, problems.ReadTimeout) or isinstance(
            cause, urllib3.exceptions.ReadTimeoutError
        ):
            return "no answer in time", True
        if isinstance(error, problems.ChunkedEncodingError) or isinstance(
            cause, urllib3.exceptions.ProtocolError
        ):
            return "half an answer", True
        if isinstance(error, problems.ConnectionError):
            # Where nobody ever answered there is no network, and waiting does not bring one.
            return f"no connection ({type(error).__name__})", self.reached
        if isinstance(error, problems.ContentDecodingError):
            return str(error), True
        if isinstance(error, problems.RequestException):
            return str(error), False
        return f"an answer that cannot be read ({error})", True

    def _pause(self, tries: int) -> float:
        """Seconds before the next try: doubling, jittered, never less than the server asked for."""
        backoff = min(self.interval * 2**tries * random.uniform(0.75, 1.25), MAX_PAUSE)
        return float(max(backoff, self.retry_after or 0.0))


def _adapter(source: _Source) -> requests.adapters.HTTPAdapter:
    """The transport: spacing, User-Agent, timeout, a size limit, and no broken feed let through."""
    from importlib.metadata import version

    import requests

    agent = f"ssm-search/{version('ssm-search')} (+{PROJECT_PAGE})"

    class Courteous(requests.adapters.HTTPAdapter):
        def send(
            self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
        ) -> requests.Response:
            wait = source.last_request + source.interval - time.monotonic()
            if wait > 0:
                source.sleep(wait)
            request.headers["User-Agent"] = agent
            kwargs["timeout"] = TIMEOUT
            body = bytearray()
            try:
                with super().send(request, *args, **kwargs) as response:
                    source.reached = True
                    source.retry_after = _seconds(response.headers.get("Retry-After"))
                    for chunk in response.iter_content(65536):
                        body += chunk
                        if len(body) > MAX_FEED_BYTES:
                            raise requests.exceptions.RequestException(
                                f"more than {MAX_FEED_BYTES:,} bytes"
                            )
            finally:
                source.last_request = time.monotonic()
            response._content = bytes(body)
            if response.status_code == 200:
                _check_feed(response._content)
            return response

        def close(self) -> None:
            # urllib3 itself leaves that to the garbage collector, which is late after an error.
            for manager in (self.poolmanager, *self.proxy_manager.values()):
                for key in manager.pools.keys():  # noqa: SIM118 (it is no dict)
                    manager.pools[key].close()
            super().close()

    return Courteous()


def _check_feed(body: bytes) -> None:
    """Let through only what the ``arxiv`` package reads as what it is.

    It recovers what it can from broken XML, and finds no entry in anything else; either would look
    like papers that arXiv does not know.

    Raises:
        ContentDecodingError: ``body`` is no feed, or not all of one.
    """
    from xml.etree import ElementTree

    from requests.exceptions import ContentDecodingError

    try:
        # Its size is bounded by MAX_FEED_BYTES, and expat bounds what entities make of it.
        feed = ElementTree.fromstring(body)  # noqa: S314
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # the latter: its encoding
        raise ContentDecodingError("broken XML") from error
    if feed.tag != f"{_ATOM}feed":
        raise ContentDecodingError("something else than an Atom feed")
    promised = feed.findtext(f"{_OPENSEARCH}totalResults", "").strip()
    if promised != "0" and feed.find(f"{_ATOM}entry") is None:
        raise ContentDecodingError("an empty page")


def _seconds(retry_after: str | None) -> float | None:
    """The Retry-After header, in either of its forms (RFC 9110, 10.2.3), as seconds from now."""
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if moment.tzinfo is None:  # of RFC 9110's three date formats, asctime's names no zone
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _without_subject(paper_id: str) -> str:
    """``math.GT/0309136`` as arXiv itself writes it in its answers, ``math/0309136``."""
    return re.sub(r"\.[a-z]{2}/", "/", paper_id.casefold())


def _from_result(result: arxiv.Result) -> Abstract:
    summary = " ".join(result.summary.split())
    comment = " ".join((result.comment or "").split())
    withdrawn = _WITHDRAWN.search(comment) or _WITHDRAWN.search(
        summary, 0, _WITHDRAWN_ABSTRACT_CHARS
    )
    return Abstract(
        id=arxiv_id(result.get_short_id()) or result.get_short_id(),
        title=" ".join(result.title.split()),
        abstract=summary,
        authors=tuple(author.name for author in result.authors),
        published=result.published.date(),
        arxiv_categories=tuple(dict.fromkeys([result.primary_category, *result.categories])),
        withdrawn=bool(withdrawn),
    )


def _to_json(record: Abstract) -> dict[str, Any]:
    values = asdict(record)
    values["published"] = record.published.isoformat() if record.published else None
    needed = ("id", "title", "abstract")
    return {name: value for name, value in values.items() if value or name in needed}


def _from_json(values: Any) -> Abstract:
    """The inverse of :func:`_to_json`.

    Raises:
        ValueError, KeyError, TypeError: a field is missing or of the wrong form.
    """
    if not isinstance(values, dict):
        raise TypeError("not an object")
    values = {name: value for name, value in values.items() if value is not None}
    paper_id = values["id"] if "id" in values else values["arxiv_id"]
    title, abstract = values.get("title", ""), values["abstract"]
    authors, subjects = values.get("authors", []), values.get("arxiv_categories", [])
    if not (isinstance(authors, list) and isinstance(subjects, list)):
        raise TypeError("authors and arxiv_categories are lists")
    # str() would make an abstract of any mistake, and "2403.1" of the number 2403.10.
    if not all(isinstance(v, str) for v in (paper_id, title, abstract, *authors, *subjects)):
        raise TypeError("not text")
    published = values.get("published")
    return Abstract(
        id=arxiv_id(paper_id) or paper_id,
        title=title,
        abstract=" ".join(abstract.split()),
        authors=tuple(authors),
        published=date.fromisoformat(published[:10]) if published else None,
        arxiv_categories=tuple(subjects),
        withdrawn=bool(values.get("withdrawn", False)),
    )


def _mend_last_line(path: Path) -> None:
    """End the last line, or drop it where a kill cut it short."""
    content = path.read_bytes()
    start = content.rfind(b"\n") + 1
    try:
        json.loads(content[start:])
    except ValueError:
        os.truncate(path, start)
    else:
        with open(path, "ab") as file:
            file.write(b"\n")
