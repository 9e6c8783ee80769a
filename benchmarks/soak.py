"""Does the page's server stay right, quick and small through half an hour of everything at once?

Simulated users call all that it offers, over HTTP, through the page's own events and as agents,
and send what must be refused. Each thinks between two calls: for a random time, 2 seconds on
average, so that 20 users make ten calls a second and leave the cores mostly idle. Meanwhile the
index is built again under the server, by turns from two versions of a list.

It ends with status 1 unless every answer was right (or "busy", which is counted), memory is flat
(its mean in the last third within 5 % of that in the middle one; the first third is for warming
up), and what only a new list answers was answered within 10 seconds of each build.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from serving import memory_of

import ssm_search

RUN, CALL = "/gradio_api/run/", "/gradio_api/call/"
BUSY = "busy"  # is in what a server says that has no room now
FLAT = 0.05
SOON = 10.0  # seconds from the end of a build to the first answer from it
EVERY = 1.0  # seconds between two looks at the server's memory
LONGEST = 60.0  # seconds that a call may take
MOST_SAID = 20  # kinds of wrong answers
NO_PICKS: dict[str, list[str]] = {"like": [], "dislike": []}
SHIPPED = Path(__file__).parents[1] / "index" / "awesome-mamba.md"
TEXT = SHIPPED.read_text(encoding="utf-8")
LISTED = ssm_search.awesome.parse_list(TEXT)
TITLES = Counter(paper.title for paper in LISTED)  # a post may have that of its paper
COMMON = [one for one in LISTED if one.kind == "paper" and TITLES[one.title] == 1]
WORDS = sorted({word for paper in COMMON for word in paper.title.split()})
LONG = "A model of states reads the tides. It is told what the moon does, and answers. " * 12


@dataclass(frozen=True, slots=True)
class Version:
    """One of the two lists: the shipped one, and a paper more under a heading of its own."""

    id: str
    title: str
    heading: str

    @property
    def text(self) -> str:
        """The list."""
        row = f"|[{self.title}](https://arxiv.org/abs/{self.id})|2024|arXiv| code | pdf |"
        table = f"|Title|Year|Venue|Code|PDF|\n|---|---|---|---|---|\n{row}"
        return f"{TEXT.rstrip()}\n\n## {self.heading}\n\n{table}\n"


VERSIONS = (
    Version("2412.90001", "Tidal kelp forests counted by state spaces", "Oceanography"),
    Version("2412.90002", "Beehive humming told apart by state spaces", "Apiculture"),
)


@dataclass(slots=True)
class Run:
    """What was seen so far."""

    took: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    busy: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)
    followed: list[float] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return sum(map(len, self.took.values())) + self.busy.total() + self.wrong.total()

    @property
    def thirds(self) -> list[float]:
        """Mean memory in each third, MB."""
        return [float(np.mean(part)) for part in np.array_split(self.memory, 3)]

    def misses(self) -> list[str]:
        """What was not as it should be, a line each."""
        found = [f"{count} × {what}" for what, count in self.wrong.most_common(MOST_SAID)]
        _, middle, last = self.thirds
        if abs(last / middle - 1) > FLAT:
            found.append(f"memory went from {middle:.1f} to {last:.1f} MB")
        late = [seconds for seconds in self.followed if seconds > SOON]
        return found + [f"a build was answered from after {seconds:.1f} s" for seconds in late]


@dataclass(slots=True)
class Answer:
    """What the server said to one request."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        """The first value that a function of the page gave."""
        return self.json()["data"][0]


class WrongError(Exception):
    """An answer that is none, or another than expected."""


class BusyError(Exception):
    """The server has no room, and says so."""


def right(condition: object, what: str) -> None:
    """Go on if ``condition`` holds.

    Raises:
        WrongError: it does not.
    """
    if not condition:
        raise WrongError(what)


class Client:
    """One user: a connection that is kept, a session, and dice."""

    def __init__(self, number: int, port: int, config: dict[str, Any]):
        self.dice = random.Random(number)
        self.session = f"user{number}"
        self._port = port
        self._config = config
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self,
        path: str,
        body: object = None,
        expected: tuple[int, ...] = (200,),
        *,
        host: str = "127.0.0.1",
        **headers: str,
    ) -> Answer:
        """What the server answers to a GET, or to a POST of ``body`` as JSON.

        Raises:
            BusyError: it is busy.
            WrongError: its status is none of those ``expected``.
        """
        sent = b"" if body is None else json.dumps(body).encode()
        lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", f"Host: {host}"]
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(sent)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._line = self._line or await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._line
        writer.write("\r\n".join([*lines, "", ""]).encode() + sent)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        if length := re.search(r"content-length: (\d+)", head):
            found = await reader.readexactly(int(length[1]))
        else:  # a stream of events
            found = await self._chunks(reader)
        if "connection: close" in head:
            self.leave()
        answer = Answer(int(head.split()[1]), found)
        if answer.status == 503 and BUSY.encode() in found:
            raise BusyError
        right(answer.status in expected, f"{path[:60]}: {answer.status} {found[:120]!r}")
        return answer

    def leave(self) -> None:
        """Hang up."""
        if self._line:
            self._line[1].close()
        self._line = None

    async def tool(self, name: str, *data: object, **more: Any) -> Answer:
        """What a function for programs answers."""
        return await self.ask(
            RUN + name, {"data": list(data), "session_hash": self.session}, **more
        )

    async def event(self, target: str, *data: object) -> Any:
        """All that an event of the page shows, found by the ``elem_id`` of what it shows first."""
        body = {"data": list(data), "session_hash": self.session, "fn_index": self._events[target]}
        return (await self.ask(f"{RUN}predict", body)).json()["data"]

    async def queued(self, path: str, body: dict[str, object]) -> str:
        """What comes of a call that waits in the queue, as a stream of events."""
        joined = (await self.ask(path, body)).json()
        if path.startswith(CALL):
            stream = f"{path}/{joined['event_id']}"
        else:
            stream = f"/gradio_api/queue/data?session_hash={self.session}"
        said = (await self.ask(stream)).body.decode()
        if BUSY in said:
            raise BusyError
        return said

    async def agent(self, name: str, **arguments: object) -> Any:
        """What a tool answers to an agent: its text, and whether that says an error."""
        params = {"name": name, "arguments": arguments}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        answer = await self.ask("/mcp", body, Accept="application/json, text/event-stream")
        result = answer.json()["result"]
        text = result["content"][0]["text"]
        if result.get("isError") and BUSY in text:
            raise BusyError
        return text if result.get("isError") else json.loads(text)

    @cached_property
    def judge(self) -> int:
        """The event that shows where a submission belongs."""
        return self._events["card"]

    @cached_property
    def _events(self) -> dict[str, int]:
        names = {
            one["id"]: one["props"].get("elem_id") or ""
            for one in self._config["components"]
            if "props" in one
        }
        found: dict[str, int] = {}
        for one in self._config["dependencies"]:
            if one["outputs"] and one["inputs"] and one["api_visibility"] == "private":
                found.setdefault(names.get(one["outputs"][0], ""), one["id"])
        return found

    @staticmethod
    async def _chunks(reader: asyncio.StreamReader) -> bytes:
        found = b""
        while size := int((await reader.readuntil(b"\r\n")).strip() or b"0", 16):
            found += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
        return found

    def paper(self) -> Any:
        """A paper that both lists have."""
        return self.dice.choice(COMMON)

    def words(self, most: int = 6) -> str:
        """Some words of titles."""
        return " ".join(self.dice.sample(WORDS, self.dice.randint(2, most)))


# ── what users do, and what is a right answer to it ─────────────────────────────────────────


async def query(user: Client) -> None:
    """Ten hits for any words."""
    answer = await user.tool("query", user.words(), 10, "", 0, 0, "", "any")
    right([hit["rank"] for hit in answer.data["hits"]] == list(range(1, 11)), "no ten hits")


async def title(user: Client) -> None:
    """A paper by its title."""
    paper = user.paper()
    hits = (await user.tool("query", paper.title, 3, "", 0, 0, "", "any")).data["hits"]
    right(hits[0]["id"] == paper.id, f"{paper.id} is not found by its title")


async def filtered(user: Client) -> None:
    """Papers of one year alone."""
    year = user.dice.choice([2022, 2023, 2024])
    answer = await user.tool("query", user.words(), 20, "", year, year, "", "any")
    years = {hit["year"] for hit in answer.data["hits"]}
    right(years == {year}, f"{years} where {year} was asked for")


async def related(user: Client) -> None:
    """Eight papers like one, without that one."""
    paper = user.paper()
    ids = [hit["id"] for hit in (await user.tool("related", paper.id, 8, "")).data["hits"]]
    right(len({*ids}) == 8 and paper.id not in ids, "no eight others")


async def recommend(user: Client) -> None:
    """Six papers by three that are liked and one that is not."""
    like, dislike = ([p.id for p in user.dice.sample(COMMON, n)] for n in (3, 1))
    hits = (await user.tool("recommend", like, dislike, 6, 0.3)).data["hits"]
    ids = {hit["id"] for hit in hits}
    right(len(ids) == 6 and not ids & {*like, *dislike}, "no six others")


async def suggest(user: Client) -> None:
    """Headings for a long text."""
    found = (await user.tool("suggest_categories", f"{user.words()}. {LONG}", 3)).data
    right(len(found) <= 3 and all(0 <= one["confidence"] <= 1 for one in found), "no headings")


async def headings(user: Client) -> None:
    """All headings, with that of one of the two lists."""
    paths = [one["category"] for one in (await user.tool("headings")).data]
    right([VERSIONS[0].heading] in paths or [VERSIONS[1].heading] in paths, "no new heading")


async def submit(user: Client) -> None:
    """The card of a new paper."""
    data = ["", user.words(), LONG, ""]
    said = await user.queued(f"{CALL}submit", {"data": data})
    right('"verdict"' in said and "event: complete" in said, f"no card: {said[:120]}")


async def listed(user: Client) -> None:
    """The card of a paper that is listed already."""
    paper = user.paper()
    said = await user.queued(f"{CALL}submit", {"data": [paper.url, "", "", ""]})
    right(f'"{paper.id}"' in said and '"reason": "id"' in said, f"no duplicate: {said[:120]}")


async def page_search(user: Client) -> None:
    """A search on the page, newest first."""
    paper = user.paper()
    asked = (paper.title, "", 0, 0, "", "any", 10, "date", "")
    found, *_ = await user.event("found", *asked, NO_PICKS, 1)
    right(f'data-id="{paper.id}"' in found["html"], f"{paper.id} is not on the page")


async def page_submit(user: Client) -> None:
    """A submission on the page."""
    data = [f"{user.words()}\n\n{LONG}", "", ""]
    body: dict[str, object] = {"data": data, "fn_index": user.judge}
    said = await user.queued("/gradio_api/queue/join", body | {"session_hash": user.session})
    right("Headings" in said and "process_completed" in said, f"no card: {said[-200:]}")


async def drawn(user: Client) -> None:
    """The map: all papers, their headings and the names of regions."""
    told = (await user.ask("/map.json")).json()
    right(len(told["ids"]) == len(told["x"]) and told["groups"], "no map")


async def opened(user: Client) -> None:
    """The page itself, what it is put together from, and its health."""
    for path, said in (("/", b"window.gradio_config"), ("/config", b"dependencies")):
        right(said in (await user.ask(path)).body, f"{path} without {said!r}")
    right((await user.ask("/health")).json()["papers"] > len(LISTED), "no health")


async def agent(user: Client) -> None:
    """Three tools of an agent."""
    paper = user.paper()
    found = await user.agent("query", text=paper.title, k=3)
    right(found["hits"][0]["id"] == paper.id, f"an agent finds no {paper.id}")
    found = await user.agent("related", paper=paper.id, k=3)
    right(len(found["hits"]) == 3, "an agent finds nothing related")
    found = await user.agent("submit", title=user.words(), abstract=LONG)
    right("verdict" in found, "an agent is shown no card")


async def refused(user: Client) -> None:
    """Whatever must be refused, each in a sentence of its own."""
    no = ["", 0, 0, "", "any"]
    for data, reason in (
        (["", 10, *no], b"empty"),
        (["x" * 20_001, 10, *no], b"20000"),
        (["mamba", 0, *no], b"greater than"),
        (["mamba", 10, "No such heading", *no[1:]], b"No such heading"),
        (["2401.99999", 10, *no], b"2401.99999"),
    ):
        answer = await user.tool("query", *data, expected=(400,))
        right(reason in answer.body, f"{str(data[0])[:20]!r} is refused by {answer.body[:120]!r}")
    await user.ask(f"{RUN}query", {"data": 3}, (422,))
    await user.ask("/nothing", None, (404,))
    await user.ask("/health", None, (421,), host="papers.example.org")
    await user.ask("/health", None, (403,), Origin="https://example.org")
    right("expected text, k" in await user.agent("query", txt="mamba"), "an agent is not told")


ACTS: dict[Callable[[Client], Awaitable[None]], int] = {
    query: 20,
    title: 15,
    filtered: 8,
    related: 10,
    recommend: 8,
    suggest: 6,
    headings: 3,
    submit: 3,
    listed: 3,
    page_search: 10,
    page_submit: 2,
    drawn: 2,
    opened: 3,
    agent: 5,
    refused: 4,
}
"""What users do, and how often, as shares."""


async def live(user: Client, run: Run, think: float, until: float) -> None:
    """Do one thing after another until the time is over, and think between two."""
    await asyncio.sleep(user.dice.uniform(0, think))
    while time.perf_counter() < until:
        (act,) = user.dice.choices([*ACTS], [*ACTS.values()])
        name = act.__name__
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(LONGEST):
                await act(user)
            run.took[name].append(time.perf_counter() - begun)
        except BusyError:
            run.busy[name] += 1
        except WrongError as error:
            run.wrong[f"{name}: {error}"] += 1
        except Exception as error:
            run.wrong[f"{name}: {type(error).__name__} {str(error)[:120]}"] += 1
            user.leave()
        await asyncio.sleep(user.dice.expovariate(1 / think))
    user.leave()


# ── the list that changes ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a list, its index and a cache of its own."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """What commands are run with: nothing of this user's own is read or written."""
        return os.environ | {"XDG_CACHE_HOME": str(self.folder / "cache")}

    def command(self, name: str, *more: str) -> list[str]:
        """A command on the index."""
        index = str(self.folder / "index")
        return [sys.executable, "-m", "ssm_search", name, *more, "--index", index, "--offline"]

    async def build(self, version: Version) -> None:
        """Write the list as a maintainer would, and build its index again."""
        new = self.folder / "list.new"
        new.write_text(version.text, encoding="utf-8")
        new.replace(self.folder / "list.md")
        process = await asyncio.create_subprocess_exec(
            *self.command("build", str(self.folder / "list.md")),
            env=self.environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
        )
        _, said = await process.communicate()
        assert process.returncode == 0, said.decode()


async def change(place: Place, user: Client, run: Run, every: float, until: float) -> None:
    """Build the index again and again, and see how soon the server answers from it."""
    turn = 0
    while time.perf_counter() + every < until:
        user.leave()  # the server would meanwhile
        await asyncio.sleep(every)
        turn += 1
        now, before = VERSIONS[turn % 2], VERSIONS[1 - turn % 2]
        await place.build(now)
        begun = time.perf_counter()
        try:
            while not await _answers(user, now):
                if time.perf_counter() - begun > 3 * SOON:
                    break
                await asyncio.sleep(0.1)
            run.followed.append(time.perf_counter() - begun)
            right(not await _answers(user, before), f"{before.id} is still answered")
            found = [one["category"] for one in (await user.tool("headings")).data]
            right([now.heading] in found, f"{now.heading} is no heading")
            page = (await user.ask("/config")).body.decode()
            right(now.heading in page and before.heading not in page, "the page has old menus")
        except (WrongError, BusyError, OSError, EOFError) as error:
            run.wrong[f"after a build: {type(error).__name__} {error}"] += 1
            user.leave()
    user.leave()


async def _answers(user: Client, version: Version) -> bool:
    """Whether the server knows the paper that only this list has."""
    try:
        answer = await user.tool("query", version.title, 1, "", 0, 0, "", "any")
    except BusyError:
        return False
    (hit,) = answer.data["hits"]
    return bool(hit["id"] == version.id and hit["why"]["exact"])


# ── the whole ────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def serving(place: Place) -> AsyncIterator[tuple[int, int]]:
    """A server of the page: its process and its port."""
    process = await asyncio.create_subprocess_exec(
        *place.command("app", "--port=0", "--no-browser", "--mcp"),
        cwd=place.folder,
        env=place.environment,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout
        line = (await process.stdout.readline()).decode()
        port = re.search(r"http://\S+:(\d+)", line)
        assert port, line
        yield process.pid, int(port[1])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def processor_time(process: int) -> float:
    """Seconds of a core that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def watch(process: int, run: Run, until: float) -> None:
    """Note the server's memory every second, and say each minute how things stand."""
    begun = said = time.perf_counter()
    while (now := time.perf_counter()) < until:
        try:
            run.memory.append(memory_of(process))
        except OSError:
            run.wrong["the server is gone"] += 1
            return
        if now - said >= 60:
            said = now
            print(
                f"{(now - begun) / 60:.0f} min: {run.calls:,} calls, {run.busy.total()} busy, "
                f"{run.wrong.total()} wrong, {run.memory[-1]:.1f} MB, "
                f"{len(run.followed)} builds followed{''.join(f'; {one}' for one in run.wrong)}",
                flush=True,
            )
        await asyncio.sleep(EVERY)


async def soak(minutes: float, users: int, every: float, think: float) -> tuple[Run, float]:
    """What was seen, and how much of a core the server used."""
    run = Run()
    with tempfile.TemporaryDirectory(prefix="ssm-search-soak-") as folder:
        place = Place(Path(folder))
        await place.build(VERSIONS[0])
        async with serving(place) as (process, port):
            config = (await Client(-1, port, {}).ask("/config")).json()
            used, begun = processor_time(process), time.perf_counter()
            until = begun + 60 * minutes
            everyone = [Client(number, port, config) for number in range(users)]
            maintainer = Client(users, port, config)
            await asyncio.gather(
                watch(process, run, until),
                change(place, maintainer, run, 60 * every, until),
                *(live(user, run, think, until) for user in everyone),
            )
            share = (processor_time(process) - used) / (time.perf_counter() - begun)
    return run, share


def print_table(run: Run, share: float) -> None:
    """What each kind of call took, then memory and builds."""
    print("\n| call | answers | p50 | p99 | busy |\n|---|---|---|---|---|")
    for act in ACTS:
        name = act.__name__
        if took := run.took[name]:
            p50, p99 = 1000 * np.percentile(took, [50, 99])
            print(f"| {name} | {len(took):,} | {p50:.0f} ms | {p99:.0f} ms | {run.busy[name]} |")
    first, middle, last = run.thirds
    print("\n| | |\n|---|---|")
    print(f"| calls | {run.calls:,}, {run.busy.total()} busy, {run.wrong.total()} wrong |")
    print(f"| memory, mean of each third | {first:.1f}, {middle:.1f}, {last:.1f} MB |")
    print(f"| last third to middle one | {100 * (last / middle - 1):+.2f} % |")
    print(f"| highest memory | {max(run.memory):.1f} MB |")
    print(f"| builds | {len(run.followed)}, answered from after {_range(run.followed)} |")
    print(f"| the server's share of a core | {100 * share:.0f} % |")


def _range(seconds: list[float]) -> str:
    return f"{min(seconds):.1f} to {max(seconds):.1f} s" if seconds else "nothing"


def main() -> None:
    """Print progress, a table, and what was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--every", type=float, default=5, help="minutes between two builds")
    parser.add_argument(
        "--think", type=float, default=2, help="seconds between two calls of a user"
    )
    asked = parser.parse_args()
    run, share = asyncio.run(soak(asked.minutes, asked.users, asked.every, asked.think))
    print_table(run, share)
    misses = run.misses()
    for miss in misses:
        print(f"MISS: {miss}")
    sys.exit(bool(misses))


if __name__ == "__main__":
    main()
