"""What Gradio does of itself, and must not here: fetch files, print traces, keep all it is sent.

It asks for each of these names when it needs it; a test fails if one of them is no more.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio import processing_utils, queueing, route_utils, routes, state_holder
from gradio.data_classes import GradioModel, GradioRootModel
from jinja2 import ChoiceLoader, DictLoader
from starlette.responses import Response

from ssm_search import ServeError, display
from ssm_search_app.bounds import BUSY
from ssm_search_app.logs import log_failure

SESSIONS = 300
"""Of programs and pages that Gradio remembers what they sent; 4 kB each besides."""
UNREAD_SESSIONS = 64
"""Whose answers wait to be fetched from the queue; the oldest that are done are forgotten."""
UNREAD = 8  # answers of one of them, 0.2 MB each
PAUSE = 0.05
"""Seconds between two looks whether somebody waits in the queue, where only cards are waited for.
Gradio looks a thousand times a second: 7 % of a core where nobody asks anything, .7 % so."""
_PAGE = "frontend/index.html"  # Gradio's template of a page
_HEAD = """{% set told = config['title'] or 'ssm-search' %}
<meta name="description" content="Papers and posts, searched by meaning and by words." />
<meta property="og:title" content="{{ told }}" />
<meta property="og:description" content="Papers and posts, searched by meaning and by words." />
<meta property="og:type" content="website" />
<meta name="twitter:card" content="summary" />
{{ (config.get('head') or '').partition('<script>')[0] | safe }}
"""
_PREVIEW = re.compile(r"""<meta\s+(?:property="og:|name="twitter:)[^>]*>\s*""")
"""What Gradio says of itself to those who show a link to the page."""
_FOREVER = {"Cache-Control": "max-age=31536000, immutable"}
_TRACKER = "statustracker-"
_STARTED = re.compile(
    r"(\w+)\(\(\)=>\{\w+\.status===`pending`\?\w+\(\):\w+\(\(\)=>\{(\w+)\(\)\}\)\}\)"
)
"""Where Gradio's sign of waiting starts or stops its clock, and by what it stops it."""

_file_response = route_utils.file_response
_render = routes.ORJSONResponse._render
_create_app = routes.App.create_app


def tame_gradio() -> None:
    """Take from Gradio what none of our components needs; for the whole process, once or twice."""
    # Whatever looks like a file, {"path": …, "meta": {"_type": "gradio.FileData"}}, would be
    # copied from this machine, or fetched from any other, wherever it stands in what is sent.
    processing_utils.async_move_files_to_cache = _unmoved
    processing_utils.move_files_to_cache = _unmoved_now
    processing_utils.async_ssrf_protected_download = _refused
    processing_utils.save_url_to_cache = _refused
    routes.ORJSONResponse._render = staticmethod(_rendered)  # type: ignore[method-assign]
    routes.App.create_app = staticmethod(_created)  # type: ignore[method-assign]
    routes.file_response = _file  # type: ignore[assignment, attr-defined]
    for holder in (route_utils, state_holder):
        holder.SessionState = _Session  # type: ignore[attr-defined]
    for module in (queueing, route_utils, routes):
        module.traceback = SimpleNamespace(print_exc=log_failure)  # type: ignore[attr-defined]
    _write_head()


def bound_page(page: gr.Blocks) -> None:
    """Let the page remember few sessions, few answers that nobody fetches, and rest between."""
    page.state_session_capacity = SESSIONS
    queue, push, at_work = page._queue, page._queue.push, page._queue.event_ids_to_events

    async def bounded(body: Any, request: Any, username: Any) -> Any:
        unread, session = queue.pending_event_ids_session, body.session_hash
        if len(unread.get(session, ())) >= UNREAD:
            return False, BUSY, "queue_full"
        if session in unread:
            unread[session] = unread.pop(session)  # the newest now
        # Gradio keeps those too that have all they asked for.
        forgotten = [one for one, events in unread.items() if not events and one != session]
        done = [one for one, events in unread.items() if events.isdisjoint(at_work)]
        surplus = len(unread) - len(forgotten) + (session not in unread) - UNREAD_SESSIONS
        forgotten += [one for one in done if one not in (session, *forgotten)][: max(surplus, 0)]
        for one in forgotten:
            unread.pop(one)
            queue.pending_messages_per_session.pop(one, None)
        return await push(body=body, request=request, username=username)

    queue.push = bounded  # type: ignore[method-assign]
    queue.sleep_when_free = queue.progress_update_sleep_when_free = PAUSE


def _created(blocks: gr.Blocks, *given: Any, **options: Any) -> routes.App:
    """An application for ``blocks``, with routes only where somebody will ask for one.

    Gradio makes three while a page is built, and a fourth to mount it. What the routes of the
    others take, 0.8 s of the processor, is two thirds of what it takes to make the server's.
    """
    if given or options != {"mcp_server": False}:
        return _create_app(blocks, *given, **options)
    app = routes.App()
    app.configure_app(blocks)
    return app


class _Session(state_holder.SessionState):
    """What is remembered of one who asks, without all that the page's components are.

    Gradio writes that down for each session, and each request of none, 12 of 22 ms, in case
    somebody wants a link to what is shown; there are none here.
    """

    def __init__(self, blocks: gr.Blocks):
        nothing = SimpleNamespace(default_config=blocks.default_config, blocks={})
        super().__init__(nothing)  # type: ignore[arg-type]


def _write_head() -> None:
    """Let what the head has before its scripts stand in the HTML itself, and nothing of Gradio's.

    Gradio puts all of it in by a script, which browsers run, but what looks for feeds does not, nor
    what shows a link as a card.
    """
    environment = routes.templates.env
    assert environment.loader
    source = environment.loader.get_source(environment, _PAGE)[0]
    if _HEAD not in source:
        ours = _PREVIEW.sub("", source).replace("</head>", f"{_HEAD}</head>", 1)
        page = DictLoader({_PAGE: ours})
        environment.loader = ChoiceLoader([page, environment.loader])


def _file(folder: Any, name: Any) -> Response:
    """A file of Gradio's. Those of its page are named by what is in them: nobody asks twice."""
    response: Response = _file_response(folder, name)
    if folder != route_utils.BUILD_PATH_LIB:
        return response
    if name.startswith(_TRACKER) and name.endswith(".js"):
        response = Response(_tracker(Path(folder, name)), media_type="text/javascript")
    response.headers.update(_FOREVER)
    return response


@functools.cache
def _tracker(path: Path) -> str:
    """Gradio's sign of waiting, whose clock stops when it is taken off the page.

    By itself that of the page's own loading never does: it asks for each next frame, 12 % of a core
    for as long as the page is open.
    """
    return _STARTED.sub(r"\g<0>,\1(()=>\2)", path.read_text(encoding="utf-8"))


def _unmoved_now(data: Any, *_: Any, **__: Any) -> Any:
    return data.model_dump() if isinstance(data, GradioModel | GradioRootModel) else data


async def _unmoved(data: Any, *_: Any, **__: Any) -> Any:
    return _unmoved_now(data)


def _rendered(content: Any) -> bytes:
    """JSON of answers, and of what the page is made of, that does nothing to a terminal."""
    return display.shown_json(_render(content).decode()).encode()


def _refused(*_: Any, **__: Any) -> Any:
    raise ServeError("this server opens no address that a request names")
