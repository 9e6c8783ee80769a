"""A small list of the tests' own, some of it hostile, and a server of its page in a thread."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
from conftest import PATIENCE
from fakes import WordEncoder

from ssm_search.encoding.encoder import Encoder
from ssm_search.papers import Link, Paper
from ssm_search.search.local import PaperSearch

# The page is imported by who makes one, for it loads gradio; some tests only read the list.
if TYPE_CHECKING:
    from ssm_search_app.connections import Server
    from ssm_search_app.library import Library

http = SimpleNamespace(  # httpx by itself waits for five seconds
    **{
        name: functools.partial(getattr(httpx, name), timeout=PATIENCE, verify=False)
        for name in ("get", "post", "options", "request")
    }
)
"""That of httpx; it does not read the certificates of all authorities, 50 ms, at each call."""
IN_LINE = 5 * PATIENCE  # for each of a hundred who ask at once and are answered one after the other
ABS = "https://arxiv.org/abs/"
FILM, SOUND, NETS = ("Moving", "Film of Things"), ("Moving", "Sound"), ("Structured", "Nets")
BOLD = ("Hostile", '<b onclick="window.hacked=1">Bold</b> & co')
SCRIPT = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
TEMPLATE = "{{7*7}} ${7*7} {% raw %} sevens"
MARKDOWN = "[x](javascript:window.hacked=1) ![y](https://evil.example/y.png) **stars**"
TURNED = "Kites \u202egnihtemos\u202c turned"
LONG = "Longest " + "unbroken" * 60 + " end"
HOSTILE = {
    "2102.00001": SCRIPT,
    "2102.00002": TEMPLATE,
    "2102.00003": MARKDOWN,
    "2102.00004": TURNED,
    "2102.00005": LONG,
}


def _paper(number: int, title: str, path: tuple[str, ...], **more: Any) -> Paper:
    paper_id = f"{22 + number % 4}0{1 + number % 9}.{number:05}"
    facts: dict[str, Any] = {
        "url": ABS + paper_id,
        "year": int(f"20{paper_id[:2]}"),
        "categories": (path,),
        "authors": (f"Kim Flyer{number}", "Émile Hauteur"),
        "published": date(int(f"20{paper_id[:2]}"), int(paper_id[2:4]), 1 + number),
    }
    return Paper(paper_id, title, **(facts | more))


PAPERS = [
    _paper(
        1,
        "KiteCam: video from above",
        FILM,
        venue="ICKF 2023",
        code_url="https://github.com/kites/cam",
        abstract="We hang a camera on a string. The video it takes is steady. Wind is no matter.",
    ),
    _paper(2, "Video of ribbons", FILM, venue="arXiv", abstract="Ribbons turn. A video shows it."),
    _paper(
        3,
        "Long video, short string",
        FILM,
        code_url="https://github.com/kites/long",
        links=(
            Link("Project", "https://kites.example/long"),
            Link("<b>视频</b>", "https://v.example/3"),
        ),
    ),
    _paper(4, "Video and audio in one kite", FILM, venue="ICKF 2024", categories=(FILM, SOUND)),
    _paper(5, "Audio of the wind", SOUND, abstract="Wind hums. We record the audio of it."),
    _paper(6, "Humming strings: an audio atlas", SOUND, code_url="https://github.com/kites/hum"),
    _paper(7, "Audio without noise", SOUND, venue="arXiv"),
    _paper(8, "A graph of kite clubs", NETS, venue="ICKF 2025"),
    _paper(9, "Graph drawing with tails", NETS, code_url="https://github.com/kites/tails"),
    _paper(10, "Knots as a graph", NETS, abstract="A knot is a graph. We draw the graph of each."),
    _paper(11, "Graph colouring for banners", NETS, year=None, published=None),
    _paper(12, "Bows, lines and a graph", NETS, venue="Kite Letters"),
    _paper(13, "A text on folding", ("Words",), venue="Kite Letters"),
    _paper(14, "Text painted on silk", ("Words",), abstract="Silk takes ink. The text stays."),
    *(
        Paper(
            paper_id,
            title,
            url="javascript:window.hacked=1",
            pdf_url="data:text/html,<script>window.hacked=1</script>",
            code_url="javascript:window.hacked=1",
            year=2021,
            venue='"><img src=x onerror=window.hacked=1>',
            categories=(BOLD,),
            abstract=f"A hostile text. {SCRIPT} {TEMPLATE}",
            authors=("<i>Mallory</i>", '"Eve"} @evil{x,'),
            links=(
                Link("<b onclick=hacked=1>", "data:text/html,<b>"),
                Link("Video", "javascript:window.hacked=1"),
            ),
        )
        for paper_id, title in HOSTILE.items()
    ),
]
BY_ID = {paper.id: paper for paper in PAPERS}
CAM, RIBBONS = PAPERS[0], PAPERS[1]


def _list() -> str:
    def rows(path: tuple[str, ...]) -> str:
        under = [paper for paper in PAPERS if path in paper.categories]
        return "".join(f"- [{paper.title}]({paper.url})\n" for paper in under)

    return f"""# Awesome Kites

## Moving

### {FILM[1]}

{rows(FILM)}
### Sound

{rows(SOUND)}
## Structured

### Nets

{rows(NETS)}
## Words

{rows(("Words",))}"""


LIST = _list()


def search_of(folder: Path, encoder: Encoder | None = None) -> PaperSearch:
    """An index of ``PAPERS``, abstracts beside it, that says that it is of ``LIST``."""
    search = PaperSearch.from_papers(PAPERS, encoder or WordEncoder())
    digest = hashlib.sha256(LIST.encode()).hexdigest()
    search.save(folder, list_name="awesome-kites.md", list_sha256=digest)
    return search


def library_of(folder: Path, encoder: Encoder | None = None) -> Library:
    from ssm_search_app.library import Library

    return Library(search_of(folder / "index", encoder), folder / "index", LIST, offline=True)


@contextmanager
def served(library: Library, **options: Any) -> Iterator[str]:
    """The address of a server of ``library``, in a thread, gone afterwards."""
    from ssm_search_app.server import build_app

    with running(lambda: build_app(library, **options), options.get("root_path", "")) as url:
        yield url


@contextmanager
def running(make: Callable[[], Any], root_path: str = "") -> Iterator[str]:
    """What ``make`` gives, an ASGI application, at a free port of 127.0.0.1.

    It is made where it runs: gradio opens an event loop, and never closes it, where there is none.
    """
    from ssm_search_app.connections import Server

    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    servers: list[Server] = []

    async def run() -> None:
        servers.append(Server(make(), root_path))
        await servers[0].serve(sockets=[listener])

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    try:
        wait_for(lambda: not thread.is_alive() or (servers and servers[0].started))
        assert thread.is_alive(), "the server did not start"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        for server in servers:
            server.should_exit = True
        thread.join(PATIENCE)
        listener.close()
    assert not thread.is_alive(), "the server did not stop"


def is_up(at: str) -> bool:
    """Whether a server answers there."""
    try:
        return http.get(f"{at}/health").status_code == 200
    except httpx.HTTPError:
        return False


def wait_for(condition: Any, seconds: float = PATIENCE) -> Any:
    """What ``condition`` gives once that is true."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > until:
            raise TimeoutError("what was waited for did not come")
        time.sleep(0.01)
    return value
