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
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ssm_search.errors import FetchError, ListError
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
PROJECT_PAGE = "https://pypi.org/project/ssm-search/"


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
    """How a fetch went. ``error`` is what stopped it early, "" if nothing did."""

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
        ListError: any other line is not such an object.
    """
    found: dict[str, Abstract] = {}
    if not path.exists():
        return found
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = _from_json(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
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
    with open(path, "a+b") as file:
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
        progress: called with (ids answered for, ids asked for) after each answer.
        interval: seconds between requests; see ``REQUEST_INTERVAL`` before lowering it.
    """
    wanted = list(dict.fromkeys(ids))
    known = load_abstracts(cache)
    refused = [paper_id for paper_id in wanted if arxiv_id(paper_id) != paper_id]
    missing = [paper_id for paper_id in wanted if paper_id not in known and paper_id not in refused]
    if not missing:
        return FetchReport(refused=tuple(refused))
    source = _Source(api_url or os.environ.get(API_URL_VARIABLE) or API_URL, interval, sleep)
    fetched: list[Abstract] = []
    unknown: list[str] = []
    error = ""
    batches = [missing[at : at + BATCH_SIZE] for at in range(0, len(missing), BATCH_SIZE)]
    progress(0, len(missing))
    while batches:
        batch = batches.pop(0)
        try:
            records = source.ask(batch)
        except FetchError as failure:
            if failure.status == 400 and len(batch) > 1:
                # One id that arXiv finds malformed fails its whole batch: halve until it is alone.
                middle = len(batch) // 2
                batches[:0] = [batch[:middle], batch[middle:]]
            elif failure.status == 400:
                refused += batch
            else:
                error = str(failure)
                break
            continue
        append_abstracts(cache, records)
        fetched += records
        unknown += [i for i in batch if i not in {record.id for record in records}]
        progress(len(fetched) + len(unknown) + len(refused), len(missing))
    return FetchReport(
        fetched=tuple(record.id for record in fetched),
        unknown=tuple(unknown),
        refused=tuple(refused),
        withdrawn=tuple(record.id for record in fetched if record.withdrawn),
        error=error,
    )


@dataclass(slots=True)
class _Source:
    """arXiv's API behind the manners that its terms ask for."""

    api_url: str
    interval: float
    sleep: Callable[[float], None]
    last_request: float = -1e9
    reached: bool = False
    retry_after: float | None = None
    client: arxiv.Client = field(init=False)

    def __post_init__(self) -> None:
        import arxiv

        # The pauses and the retries are ours: the package knows no timeout and no Retry-After.
        self.client = arxiv.Client(page_size=BATCH_SIZE, delay_seconds=0, num_retries=0)
        self.client.query_url_format = self.api_url + "?{}"
        adapter = _adapter(self)
        for scheme in ("https://", "http://"):
            self.client._session.mount(scheme, adapter)

    def ask(self, ids: Sequence[str]) -> list[Abstract]:
        """The papers that arXiv knows among ``ids``.

        Raises:
            FetchError: it cannot be reached, refuses for good, or refused ``MAX_TRIES`` times.
        """
        import arxiv
        import requests

        search = arxiv.Search(id_list=list(ids), max_results=len(ids))
        for tries in range(1, MAX_TRIES + 1):
            self.retry_after = None
            status, reason, can_pass = None, "", False
            try:
                results = [_from_result(result) for result in self.client.results(search)]
                # Nobody lists two papers that arXiv does not know at all: an empty page is a fault.
                if results or len(ids) == 1 or tries == MAX_TRIES:
                    return [record for record in results if record.id in ids]
                reason, can_pass = "an empty page", True
            except arxiv.HTTPError as error:
                status, reason = error.status, f"HTTP {error.status}"
                can_pass = status in PASSING_STATUSES
            except arxiv.UnexpectedEmptyPageError:
                reason, can_pass = "an empty page", True
            except requests.exceptions.Timeout as error:
                reason, can_pass = f"no answer in time ({type(error).__name__})", True
            except requests.exceptions.ConnectionError as error:
                reason, can_pass = f"no connection ({type(error).__name__})", self.reached
            except requests.exceptions.RequestException as error:
                reason, can_pass = str(error), True
            pause = self._pause(tries)
            if not can_pass or tries == MAX_TRIES or pause > MAX_PAUSE:
                wait = f", and asked to wait {pause:.0f} s" if pause > MAX_PAUSE else ""
                raise FetchError(
                    f"arXiv gave {reason} for {len(ids)} ids after {tries} "
                    f"{'try' if tries == 1 else 'tries'}{wait}; run the same command again later, "
                    "it goes on where it stopped",
                    url=self.api_url,
                    tries=tries,
                    status=status,
                )
            logger.info("arXiv gave %s; asking again in %.1f s", reason, pause)
            self.sleep(pause)
        raise AssertionError("unreachable")

    def _pause(self, tries: int) -> float:
        """Seconds before the next try: doubling, jittered, never less than the server asked for."""
        backoff = min(self.interval * 2**tries * random.uniform(0.75, 1.25), MAX_PAUSE)
        return float(max(backoff, self.retry_after or 0.0))


def _adapter(source: _Source) -> requests.adapters.HTTPAdapter:
    """The transport: spacing, User-Agent, timeout, a size limit, and no broken XML let through."""
    from importlib.metadata import version
    from xml.etree import ElementTree

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
            try:
                response = super().send(request, *args, **kwargs)
                source.reached = True
                source.retry_after = _seconds(response.headers.get("Retry-After"))
                body = b""
                for chunk in response.iter_content(65536):
                    body += chunk
                    if len(body) > MAX_FEED_BYTES:
                        raise requests.exceptions.ContentDecodingError("an answer too long")
            finally:
                source.last_request = time.monotonic()
            response._content = body
            if response.status_code == 200:
                # The package recovers what it can from broken XML, which would look like papers
                # that arXiv does not know. Bounded in size above, and expat bounds its entities.
                try:
                    ElementTree.fromstring(body)  # noqa: S314
                except ElementTree.ParseError as error:
                    raise requests.exceptions.ContentDecodingError("broken XML") from error
            return response

    return Courteous()


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
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _from_result(result: arxiv.Result) -> Abstract:
    notice = "this paper has been withdrawn"
    summary = " ".join(result.summary.split())
    comment = (result.comment or "").casefold()
    withdrawn = notice in comment or summary.casefold().startswith((notice, "withdrawn"))
    return Abstract(
        id=arxiv_id(result.get_short_id()) or result.get_short_id(),
        title=" ".join(result.title.split()),
        abstract=summary,
        authors=tuple(author.name for author in result.authors),
        published=result.published.date(),
        arxiv_categories=tuple(dict.fromkeys([result.primary_category, *result.categories])),
        withdrawn=withdrawn,
    )


def _to_json(record: Abstract) -> dict[str, Any]:
    values = asdict(record)
    values["published"] = record.published.isoformat() if record.published else None
    return {name: value for name, value in values.items() if value}


def _from_json(values: Any) -> Abstract:
    if not isinstance(values, dict):
        raise TypeError("not an object")
    published = values.get("published")
    return Abstract(
        id=str(values["id"] if "id" in values else values["arxiv_id"]),
        title=str(values.get("title", "")),
        abstract=" ".join(str(values["abstract"]).split()),
        authors=tuple(values.get("authors", ())),
        published=date.fromisoformat(published[:10]) if published else None,
        arxiv_categories=tuple(values.get("arxiv_categories", ())),
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
