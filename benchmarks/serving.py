"""How the page's server does under load, and how soon it answers after its start.

Beside it, what a site without a server weighs, and how soon that answers once it is opened.

Simulated users ask one question after another, without a pause, over loopback; one that is told
"busy" waits as long as it is told. They share this machine's cores with the server. In the last
rows hostile clients loop beside them, each with the costliest things that are known to be taken.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import requests
from browsers import browser_path

import ssm_search

RUN = "/gradio_api/run/"
ASK = f"{RUN}query"
BUSY = 503
HOSTILE = 4  # clients
SLOWED = 4  # times, the processor of whoever opens a site: a phone of some years ago
ANSWERED = "() => document.querySelector('#answers .card .why, #answers .card mark')"
LENGTH = 195_000  # characters of a submission; 200,000 are read


WORDS = sorted({w for p in ssm_search.open_index().papers for w in p.title.split()})


@dataclass(slots=True)
class Run:
    """What one load did to the server."""

    users: int
    seconds: float
    hostile: int = 0
    door: str = "page"
    took: list[float] = field(default_factory=list)
    busy: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)

    def row(self) -> str:
        """A line of the table."""
        p50, p99 = np.percentile(self.took, [50, 99]) if self.took else (np.nan, np.nan)
        grown = self.memory[-1] - self.memory[len(self.memory) // 10]
        return (
            f"| {self.door} | {self.users} | {self.hostile} | {len(self.took) / self.seconds:.0f} "
            f"| {1000 * p50:.0f} ms | {1000 * p99:.0f} ms "
            f"| {self.busy} | {sum(self.errors.values())} "
            f"| {self.memory[-1]:.0f} MB | {grown:+.1f} MB |"
        )


def memory_of(process: int) -> float:
    """Resident memory in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


async def post(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    data: Mapping[str, object],
    path: str = ASK,
) -> tuple[int, str, bytes]:
    """Status, headers in small letters, and body. A client library costs as much as a search."""
    body = json.dumps(data).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return await answered(reader)


async def get(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
) -> tuple[int, str, bytes]:
    """The same of a GET."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return await answered(reader)


async def answered(reader: asyncio.StreamReader) -> tuple[int, str, bytes]:
    """Status, headers in small letters, and body."""
    answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = re.search(r"content-length: (\d+)", answer)
    assert length, answer
    return int(answer.split()[1]), answer, await reader.readexactly(int(length[1]))


async def user(number: int, port: int, run: Run, words: list[str], until: float) -> None:
    """Ask until the time is over, on one connection and in one session, as a browser does."""
    dice = random.Random(number)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        question = " ".join(dice.sample(words, dice.randint(2, 6)))
        data = {"data": [question, 10, "", 0, 0, "", "any"], "session_hash": f"user{number}"}
        begun = time.perf_counter()
        try:
            if run.door == "REST":
                path = f"/api/query?{urlencode({'text': question})}"
                status, head, body = await get(reader, writer, path)
            else:
                status, head, body = await post(reader, writer, data)
        except (OSError, EOFError) as error:
            run.errors[type(error).__name__] += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        if status == BUSY:
            run.busy += 1
            wait = re.search(r"retry-after: (\d+)", head)
            await asyncio.sleep(float(wait[1]) if wait else 0)
        elif status == 200 and _hits(run.door, body) == 10:
            run.took.append(time.perf_counter() - begun)
        else:
            run.errors[f"{status} {body[:80]!r}"] += 1
    writer.close()


def _hits(door: str, body: bytes) -> int:
    answer = json.loads(body)
    return len((answer if door == "REST" else answer["data"][0])["hits"])


async def enemy(number: int, port: int, run: Run, config: dict[str, Any], until: float) -> None:
    """Loop over what costs the server most."""
    (judge,) = (
        one["id"] for one in config["dependencies"] if one["queue"] and one["api_name"] != "submit"
    )
    session = f"enemy{number}"
    text = " ".join(random.Random(number).choices(WORDS, k=4_000))
    every: list[tuple[str, list[Any]]] = [
        (f"{RUN}recommend", [[text[:19_000]] * 48, [], 100, 0.5]),
        (f"{RUN}recommend", [[text[at * 400 :][:400] for at in range(50)], [], 100, 0.5]),
        (f"{RUN}query", [text[:20_000], 100, "", 0, 0, "", "any"]),
        (f"{RUN}suggest_categories", [text[:20_000], 100]),
        *(
            ("/gradio_api/queue/join", [(piece * LENGTH)[:LENGTH], "", ""])
            for piece in ("|x|y|", "@@ -1 +1 @@\n", "[a](b)", "@a{b,c={")
        ),
    ]
    for path, data in itertools.islice(itertools.cycle(every), number, None):
        if time.perf_counter() > until:
            return
        body: dict[str, object] = {"data": data, "session_hash": session}
        if "queue" in path:
            body |= {"fn_index": judge}
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await post(reader, writer, body, path)
            if "queue" in path:
                ask = f"GET /gradio_api/queue/data?session_hash={session} HTTP/1.1\r\n"
                writer.write(f"{ask}Host: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
                await reader.read()
            writer.close()
        except (OSError, EOFError) as error:
            run.errors[f"{type(error).__name__}, of a hostile client"] += 1


async def drive(port: int, process: int, run: Run) -> Run:
    """All users at once, the server's memory noted every second."""
    config = requests.get(f"http://127.0.0.1:{port}/config", timeout=60).json()
    until = time.perf_counter() + run.seconds
    asking = asyncio.gather(
        *(user(n, port, run, WORDS, until) for n in range(run.users)),
        *(enemy(n, port, run, config, until) for n in range(run.hostile)),
    )
    while not asking.done():
        run.memory.append(memory_of(process))
        await asyncio.wait([asking], timeout=1)
    await asking
    return run


def start() -> tuple[subprocess.Popen[str], int, float]:
    """The server, its port, and the seconds from its start to its first answer."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "ssm_search", "app", "--port=0", "--offline", "--no-browser"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    line = server.stdout.readline()
    url = re.search(r"http://\S+:(\d+)", line)
    assert url, line
    data = {"data": ["mamba for video", 10, "", 0, 0, "", "any"]}
    requests.post(url[0] + ASK, json=data, timeout=120).raise_for_status()
    return server, int(url[1]), time.perf_counter() - begun


def of_site() -> str:
    """A line about the site of the same list: its size, and the median of five first answers."""
    from playwright.sync_api import sync_playwright

    from ssm_search.site import write_site

    chromium = browser_path()
    with tempfile.TemporaryDirectory() as folder:
        made = write_site(ssm_search.open_index(), Path(folder, "site"))
        line = f"a site of {made.papers:,} papers: {made.size / 1e6:.1f} MB"
        if not chromium:
            return f"{line}; there is no chromium to open it in"
        address = f"{(made.folder / 'index.html').as_uri()}#q=mamba+for+video"
        took = []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for _ in range(5):
                page = browser.new_context().new_page()
                session = page.context.new_cdp_session(page)
                session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
                begun = time.perf_counter()
                page.goto(address, wait_until="commit")
                page.wait_for_function(ANSWERED)
                took.append(time.perf_counter() - begun)
                page.context.close()
            browser.close()
    return f"{line}, opened to first answer {np.median(took):.1f} s ({SLOWED} times slowed down)"


def main() -> None:
    """Print the start-up times, then a row for each load."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--users", type=int, nargs="+", default=[50, 200])
    arguments.add_argument("--seconds", type=float, default=30)
    asked = arguments.parse_args()
    imports, starts = [], []
    for turn in range(3):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import gradio"], check=True)
        imports.append(time.perf_counter() - begun)
        server, port, took = start()
        starts.append(took)
        if turn < 2:
            server.terminate()
            server.wait()
    print(f"import gradio: {np.median(imports):.1f} s (median of {len(imports)})")
    print(f"process start to first answer: {np.median(starts):.1f} s")
    print(f"{of_site()}\n")
    heads = "door, users, hostile, answers/s, p50, p99, busy, errors, memory, grown after 10 %"
    names = heads.split(", ")
    print(f"| {' | '.join(names)} |\n{'|---' * len(names)}|")
    loads = [(users, 0, door) for users in asked.users for door in ("REST", "page")]
    loads += [(users, HOSTILE, "page") for users in (1, 10)]
    for users, hostile, door in loads:
        run = asyncio.run(drive(port, server.pid, Run(users, asked.seconds, hostile, door)))
        print(run.row(), flush=True)
        for error, count in run.errors.items():
            print(f"  {count} × {error}")
    server.terminate()


if __name__ == "__main__":
    main()
