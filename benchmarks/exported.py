"""Does the shipped encoder answer as its own model does, and how fast does it encode?

The export's 8-bit weights become numbers again, which sentence-transformers runs; an index of the
same abstracts is built with either and asked with either: known items as in `quality.py`, and how
many of the ten answers are those of the model with itself. Then some of the abstracts are encoded,
each way in turn: in one pass by the export, as a build does it; by its model; and, as one might
otherwise, by sentence-transformers with all-MiniLM-L6-v2, one vector each, and by an export of that
with a vector of each abstract and one of each of its sentences. Seconds of processor time, which
other programs disturb less, stand beside those on the clock.

    python benchmarks/exported.py [DATA] [--abstracts N]     DATA: as known_items.py describes it
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from known_items import KNOWN_ITEMS, KnownItems, read_known_items
from minilm import minilm, minilm_folder
from quality import Task, interval, measured
from rich.console import Console
from rich.table import Table

from ssm_search.encoding import Encoder, OnnxEncoder, encode_documents, load_encoder
from ssm_search.encoding.bulk import BulkEncoder
from ssm_search.encoding.encoder import SentenceTransformerEncoder
from ssm_search.encoding.export import export_encoder
from ssm_search.encoding.unpacking import unpack_encoder
from ssm_search.search import PaperSearch
from ssm_search.text import sentences

DEPTH = 10  # answers compared
TIMED = 96  # abstracts
ROUNDS = 5
OURS = "ssm-search, one pass"
PLAIN = "sentence-transformers, all-MiniLM-L6-v2"
APART = "all-MiniLM-L6-v2 exported, abstracts and sentences"


def main(data: Path, limit: int | None) -> None:
    """Unpack, build, ask, time, and print two tables."""
    items = read_known_items(data, limit)
    shipped = load_encoder()
    assert isinstance(shipped, OnnxEncoder)
    console = Console(width=120)
    with tempfile.TemporaryDirectory() as scratch:
        unpacked, exported = Path(scratch) / "model", Path(scratch) / "minilm"
        unpacked.mkdir()
        exported.mkdir()
        unpack_encoder(shipped, unpacked)
        model = SentenceTransformerEncoder(unpacked, shipped.name)
        console.print(answers_table(items, {"model": model, "export": shipped}))
        before = BulkEncoder(None, export_encoder(minilm(), items.abstracts, exported)).chosen
        console.print(speed_table(items.abstracts[:TIMED], shipped, model, before))
    size = sum(path.stat().st_size for path in shipped.folder.rglob("*") if path.is_file())
    console.print(f"exported, {shipped.about.weights}: {size / 1e6:.1f} MB")


def answers_table(items: KnownItems, encoders: dict[str, Encoder]) -> Table:
    """Known items, and the share of the answers that are the first encoder's with itself."""
    task = Task(
        "known items",
        items.papers(),
        items.queries,
        [{items.ids[row]} for row in items.right],
        ("R@1", "R@10", "MRR@10"),
    )
    table = Table(title=f"{len(task.papers):,} abstracts, {len(task.questions):,} queries")
    for name in ("papers by", "queries by", *task.measures, "same"):
        table.add_column(name)
    reference: list[list[str]] = []
    for of_papers, encoder in encoders.items():
        built = PaperSearch.from_papers(task.papers, encoder)
        for of_queries, asking in encoders.items():
            search = PaperSearch(built.rows, asking)
            found = [[hit.paper.id for hit in search.query(t, DEPTH)] for t in task.questions]
            reference = reference or found
            cells = [interval(values) for values in measured(task, found)]
            table.add_row(of_papers, of_queries, *cells, f"{overlap(found, reference):.4f}")
    return table


def overlap(found: Sequence[Sequence[str]], reference: Sequence[Sequence[str]]) -> float:
    """How many of the answers to a query are among those of ``reference``, in the mean."""
    pairs = zip(found, reference, strict=True)
    return float(np.mean([len({*one} & {*other}) / max(len(other), 1) for one, other in pairs]))


def speed_table(
    texts: Sequence[str], shipped: OnnxEncoder, model: Encoder, before: Encoder
) -> Table:
    """Abstracts a second each way, and how many times as many those are that we encode."""
    of_plain = sentence_transformers()
    chosen = BulkEncoder(None, shipped).chosen
    ways: dict[str, Callable[[Sequence[str]], object]] = {
        OURS: lambda texts: encode_documents(chosen, texts),
        "the export as it is": lambda texts: encode_documents(shipped, texts),
        "its model, one pass": lambda texts: encode_documents(model, texts),
        PLAIN: of_plain,
        APART: lambda texts: encode_documents(
            before, [part for text in texts for part in (text, *sentences(text))]
        ),
    }
    clock: dict[str, list[float]] = {name: [] for name in ways}
    processor: dict[str, list[float]] = {name: [] for name in ways}
    for encode in ways.values():
        encode(texts[:2])  # loads it
    for _ in range(ROUNDS):
        for name, encode in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            encode(texts)
            clock[name].append(len(texts) / (time.perf_counter() - wall))
            processor[name].append(1000 * (time.process_time() - cpu) / len(texts))
    table = Table(title=f"{len(texts)} abstracts, {ROUNDS} rounds: median (range)")
    for name in (
        "encoded by",
        "abstracts a second",
        "processor time each",
        f"{OURS}, times as many",
    ):
        table.add_column(name)
    for name, speeds in clock.items():
        times = [ours / other for ours, other in zip(clock[OURS], speeds, strict=True)]
        table.add_row(
            name,
            spread(speeds, ".1f"),
            f"{spread(processor[name], '.0f')} ms",
            spread(times, ".2f"),
        )
    return table


def sentence_transformers() -> Callable[[Sequence[str]], object]:
    """What its manual shows, with all-MiniLM-L6-v2."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(minilm_folder()))
    return lambda texts: model.encode(list(texts), batch_size=32, normalize_embeddings=True)


def spread(values: Sequence[float], form: str) -> str:
    """The median, the smallest and the largest."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:{form}} ({low:{form}} to {high:{form}})"


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("data", type=Path, nargs="?", default=KNOWN_ITEMS)
    arguments.add_argument("--abstracts", type=int, help="only so many, to try")
    asked = arguments.parse_args()
    main(asked.data, asked.abstracts)
