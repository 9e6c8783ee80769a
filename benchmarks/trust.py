"""Can an answer be trusted? Whether confidence is right, and "nothing" said where nothing is.

Real questions, as researchers ask them, are asked of random halves of the papers that answer them:
a question whose papers are all in the other half has no answer there, only near misses. Of lists
are asked a sentence of each of their papers, the same real questions, and questions about cooking,
law, sport, other sciences, in other languages, and gibberish, which no list of papers answers.
Prints how well the answers' confidence tells what has an answer from what has none (AUROC), how far
confidence is from what comes true (expected calibration error over ten bins), how often "nothing"
is said, and the curve.

    python benchmarks/trust.py [DATA_FOLDER]
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from known_items import DATA
from numpy.typing import NDArray
from quality import tasks
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sklearn.metrics import roc_auc_score

from ssm_search.encoding import load_encoder
from ssm_search.papers import Paper
from ssm_search.ranking import confidence
from ssm_search.search import Hits, PaperSearch
from ssm_search.text import sentences

HALVES = 6
FEWEST = 60  # papers with abstracts, of a list that is asked
BINS = 10
FOREIGN = """
how to bake sourdough bread | slow cooker beef stew with root vegetables
why does my cake sink in the middle | best temperature for frying potatoes
making yoghurt at home without a machine | which wine goes with grilled salmon
tenant rights when a landlord keeps the deposit | statute of limitations for breach of contract
how to appeal a parking ticket | inheritance tax for siblings | custody of children after divorce
trademark registration in several countries | marathon training plan for beginners
offside rule in football explained | how to improve a tennis serve
who won the world cup in 1998 | strength training for swimmers | history of the olympic marathon
symptoms of vitamin D deficiency | life cycle of the monarch butterfly
plate tectonics and the formation of the Himalayas | photosynthesis in desert plants
medieval trade routes across the Sahara | causes of the first world war
the reign of Queen Elizabeth the first | impressionist painters of the nineteenth century
how do volcanoes erupt | crystal structure of perovskites
synthesis of aspirin from salicylic acid | migration of arctic terns
gothic cathedrals of northern France | care of orchids in winter | pruning apple trees
how to fix a leaking tap | changing the oil of a diesel engine | cheap flights to Lisbon in May
hiking trails in the Dolomites | train connections from Vienna to Venice
mortgage rates for first time buyers | how to write a cover letter | knitting a woollen scarf
guitar chords for beginners | piano sonatas of Beethoven | training a puppy to sit
wie backt man Sauerteigbrot | recette de la tarte aux pommes
cómo cambiar una rueda pinchada | 今天天气怎么样 | как приготовить борщ
asdfghjkl | qwertyuiop zxcvbnm | lorem ipsum dolor sit amet | xkcd blorp fnord glimp
aaaa bbbb cccc | 1234567890 | ♥ ♥ ♥ | zzz | the of and to | hgf dkjs lwe oiu | foo bar baz qux
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and what was answered.

    Attributes:
        kind: what sort of question it is.
        place: what was asked.
        has_answer: whether any paper there answers it.
        right: of each of the first hits, whether it does; shape (m,).
        sure: its confidence, shape (m,).
        verdict: of the answer.
    """

    kind: str
    place: str
    has_answer: bool
    right: NDArray[np.bool_]
    sure: NDArray[np.float64]
    verdict: str

    @classmethod
    def of(cls, kind: str, place: str, hits: Hits, answers: set[str], there: set[str]) -> Asked:
        """What ``hits`` are worth, if ``answers`` are the ids of all papers that are right."""
        right = [hit.paper.id in answers for hit in hits]
        sure = [hit.confidence or 0.0 for hit in hits]
        has_answer = not answers.isdisjoint(there)
        verdict = hits.verdict or ""
        return cls(kind, place, has_answer, np.array(right), np.array(sure), verdict)

    @property
    def any_right(self) -> float:
        """The probability that any of the hits is right."""
        return float(1 - np.prod(1 - self.sure))


def main(data: Path) -> None:
    """Ask everything, print the tables."""
    if not data.is_dir():
        sys.exit(f"no folder {data}; give the path of the evaluation data")
    console = Console(width=110)
    real = next(task for task in tasks(data) if task.name == "real questions")
    whole = PaperSearch.from_papers(real.papers, load_encoder())
    asked = [*of_halves(whole, real.questions, real.answers), *of_lists(data, real.questions)]
    console.print(table_of(asked))
    for kind in ("real question", "sentence"):
        console.print(curve([one for one in asked if one.kind == kind], kind))


def of_halves(
    whole: PaperSearch, questions: Sequence[str], answers: Sequence[set[str]]
) -> Iterator[Asked]:
    """Real questions, and foreign ones, asked of random halves."""
    papers = list(whole.papers)
    for seed in track(range(HALVES), "halves", console=Console(stderr=True)):
        chosen = np.random.default_rng(seed).permutation(len(papers))[: len(papers) // 2]
        half = [papers[row] for row in sorted(chosen)]
        search = PaperSearch.from_papers(half, whole.encoder, previous=whole)
        there = {paper.id for paper in half}
        for question, right in zip(questions, answers, strict=True):
            yield Asked.of("real question", f"half {seed}", ask(search, question), right, there)
        for question in foreign():
            yield Asked.of("foreign", f"half {seed}", ask(search, question), set(), there)


def of_lists(data: Path, questions: Sequence[str]) -> Iterator[Asked]:
    """Sentences of the papers of lists, real questions, and foreign ones, asked of these lists."""
    lists = lists_of(data)
    for name, papers in track(lists.items(), "lists", console=Console(stderr=True)):
        search = PaperSearch.from_papers(papers, load_encoder())
        there = {paper.id for paper in papers}
        chance = random.Random(0)
        for paper in papers:
            sentence = chance.choice(sentences(paper.abstract))
            yield Asked.of("sentence", name, ask(search, sentence), {paper.id}, there)
        for kind, texts in (("other field", questions), ("foreign", foreign())):
            for text in texts:
                yield Asked.of(kind, name, ask(search, text), set(), there)


def ask(search: PaperSearch, text: str) -> Hits:
    """The first answers to a text as it stands; nothing, where it has no word."""
    return search.query(text, confidence.DEPTH)


def foreign() -> Iterator[str]:
    """The questions that no list of papers answers."""
    for text in FOREIGN.replace("\n", "|").split("|"):
        if text.strip():
            yield text.strip()


def lists_of(data: Path) -> dict[str, list[Paper]]:
    """The papers whose abstracts are known of each list that has enough of them."""
    known = {}
    for file in ("list_abstracts_dev.jsonl", "seed_abstracts.jsonl"):
        for line in (data / file).read_text("utf-8").splitlines():
            record = json.loads(line)
            known[record["arxiv_id"]] = record["abstract"]
    lists: dict[str, dict[str, Paper]] = {}
    for line in (data / "list_entries_dev.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        paper_id = entry.get("abstract_id") or entry.get("arxiv_id")
        if paper_id in known:
            paper = Paper(paper_id, entry["title"], abstract=known[paper_id])
            lists.setdefault(entry["list"], {}).setdefault(paper_id, paper)
    return {name: list(papers.values()) for name, papers in lists.items() if len(papers) >= FEWEST}


def table_of(asked: Sequence[Asked]) -> Table:
    """What came of each kind of question, places pooled but for the AUROC, which is their mean."""
    table = Table(title="questions, by kind", title_justify="left")
    for name in ("asked of", "kind", "questions", "nothing", "unsure", "fits", "AUROC against it"):
        table.add_column(name, justify="right" if name not in ("asked of", "kind") else "left")
    for where, with_answer in (("half", "real question"), ("list", "sentence")):
        here = [one for one in asked if one.place.startswith("half") == (where == "half")]
        yes = [one for one in here if one.kind == with_answer and one.has_answer]
        groups = {f"{with_answer}, answered": yes}
        for kind in dict.fromkeys(one.kind for one in here):
            groups[kind] = [one for one in here if one.kind == kind and not one.has_answer]
        for name, group in groups.items():
            if group:
                shares = [
                    f"{np.mean([one.verdict == said for one in group]):.1%}"
                    for said in ("nothing", "unsure", "fits")
                ]
                told = "" if group is yes else f"{auroc(yes, group):.3f}"
                table.add_row(where, name, str(len(group)), *shares, told)
    return table


def auroc(yes: Sequence[Asked], no: Sequence[Asked]) -> float:
    """How well the probability of any right answer tells the two apart; mean over places."""
    found = []
    for place in dict.fromkeys(one.place for one in no):
        with_answer = [one.any_right for one in yes if one.place == place]
        without = [one.any_right for one in no if one.place == place]
        truth = [1] * len(with_answer) + [0] * len(without)
        found.append(roc_auc_score(truth, with_answer + without))
    return float(np.mean(found))


def curve(asked: Sequence[Asked], kind: str) -> Table:
    """How often hits of each confidence are right: of the first hits, and of all."""
    firsts = [(one.sure[0], one.right[0]) for one in asked if len(one.sure)]
    every = [pair for one in asked for pair in zip(one.sure, one.right, strict=True)]
    title = (
        f"{kind}s: calibration error {error(firsts):.3f} of first hits, {error(every):.3f} of ten"
    )
    table = Table(title=title, title_justify="left")
    for name in ("sure", "first hits", "right", "", "all hits", "right"):
        table.add_column(name, justify="left" if not name else "right")
    for low in range(BINS):
        first, some = (in_bin(pairs, low) for pairs in (firsts, every))
        share = np.mean([right for _, right in first]) if first else np.nan
        cells = [str(len(first)), f"{share:.2f}", "█" * int(20 * np.nan_to_num(share))]
        rest = f"{np.mean([right for _, right in some]):.2f}" if some else ""
        table.add_row(f"{low / BINS:.1f}", *cells, str(len(some)), rest)
    return table


def error(pairs: Sequence[tuple[float, bool]]) -> float:
    """The expected calibration error (Naeini, Cooper & Hauskrecht 2015) over equal bins."""
    total = 0.0
    for low in range(BINS):
        if here := in_bin(pairs, low):
            total += abs(sum(sure - right for sure, right in here))
    return total / len(pairs)


def in_bin(pairs: Iterable[tuple[float, bool]], low: int) -> list[tuple[float, bool]]:
    """The pairs whose confidence is in a bin."""
    return [pair for pair in pairs if min(int(pair[0] * BINS), BINS - 1) == low]


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
