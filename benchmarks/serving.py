"""How the page's server does under load, and how soon it answers after its start.

Simulated users ask one question after another, without a pause, over loopback; one that is told
"busy" waits as long as it is told. They share this machine's cores with the server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import requests

import ssm_search

ASK = "/gradio_api/run/query"
BUSY = 503


@dataclass(slots=True)
class Run:
    """What one load did to the server."""

    users: int
    seconds: float
    took: list[float] = field(default_factory=list)
    busy: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    memory: list[float] = field(default_factory=list)

    def row(self) -> str:
        """A line of the table."""
        p50, p99 = np.percentile(self.took, [50, 99]) if self.took else (np.nan, np.nan)
        grown = self.memory[-1] - self.memory[len(self.memory) // 10]
        return (
            f"| {self.users} | {len(self.took) / self.seconds:.0f} | {1000 * p50:.0f} ms "
            f"| {1000 * p99:.0f} ms | {self.busy} | {sum(self.errors.values())} "
            f"| {self.memory[-1]:.0f} MB | {grown:+.1f} MB |"
        )


def memory_of(process: int) -> float:
    """Resident memory in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


async def post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: dict[str, object]
) -> tuple[int, str, bytes]:
    """Status, headers in small letters, and body. A client library costs as much as a search."""
    body = json.dumps(data).encode()
    head = f"POST {ASK} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
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
            status, head, body = await post(reader, writer, data)
        except (OSError, EOFError) as error:
            run.errors[type(error).__name__] += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        if status == BUSY:
            run.busy += 1
            wait = re.search(r"retry-after: (\d+)", head)
            await asyncio.sleep(float(wait[1]) if wait else 0)
        elif status == 200 and len(json.loads(body)["data"][0]) == 10:
            run.took.append(time.perf_counter() - begun)
        else:
            run.errors[f"{status} {body[:80]!r}"] += 1
    writer.close()


async def drive(port: int, process: int, users: int, seconds: float) -> Run:
    """All users at once, the server's memory noted every second."""
    run = Run(users, seconds)
    words = sorted({w for p in ssm_search.open_index().papers for w in p.title.split()})
    until = time.perf_counter() + seconds
    asking = asyncio.gather(*(user(n, port, run, words, until) for n in range(users)))
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
    print(f"process start to first answer: {np.median(starts):.1f} s\n")
    print("| users | answers/s | p50 | p99 | busy | errors | memory | grown in the last 90 % |")
    print("|---|---|---|---|---|---|---|---|")
    for users in asked.users:
        run = asyncio.run(drive(port, server.pid, users, asked.seconds))
        print(run.row(), flush=True)
        for error, count in run.errors.items():
            print(f"  {count} × {error}")
    server.terminate()


if __name__ == "__main__":
    main()
