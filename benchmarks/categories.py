"""Filing papers under the headings of real lists: how often right, how well calibrated.

For each list with at least 60 known abstracts, five folds: a fifth of the papers is filed by the
rest. Beside it, in the same run, what else one would do with the same vectors. Then every heading
is hidden in turn, to see whether its papers are told from those that have a heading; and random
machine-learning papers are offered, to see whether they are told from those of the list.

    python benchmarks/categories.py [DATA_FOLDER]
"""

from __future__ import annotations

import json
import lzma
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from bootstrap import bootstrap_interval
from known_items import DATA, RESULTS, ROOT
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.optimize import minimize
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression

from ssm_search.encoding import Encoded, WordEncoder, load_encoder
from ssm_search.encoding.encoded import joined
from ssm_search.index.local import topic_of
from ssm_search.papers import Paper
from ssm_search.ranking.fusion import product
from ssm_search.ranking.headings import FOLDS, WEIGHTS, features, softmax, vote
from ssm_search.search.likeness import Headings, likely_parent, listed, similarities
from ssm_search.search.local import PaperSearch

MIN_ABSTRACTS = 60
MIN_TOPICS = 3  # without the headings that are years and venues
TOPICAL = ("yyyujintang", "xmindflow", "Ruixxxx", "ziyangwang007")
RANDOM_PAPERS = 300
BINS = 10
SHOWN = {
    "majority": "majority",
    "kNN vote": "kNN vote",
    "centroid": "centroid",
    "names + kNN + centroid": "names + kNN + centroid",
    "logistic": "logistic regression",
    "others": "ssm-search, weights of the other lists",
    "shipped": "ssm-search as shipped",
}


class Remembering:
    """An encoder that encodes each text once."""

    def __init__(self, encoder: WordEncoder):
        self.encoder = encoder
        self.fingerprint = encoder.fingerprint
        self.encode_query_words = encoder.encode_query_words
        self.word_spans = encoder.word_spans
        self.known: dict[str, Encoded] = {}

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """As the encoder does."""
        return self.encode_words(texts).vectors

    def encode_words(self, texts: Sequence[str], /) -> Encoded:
        """As the encoder does."""
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        if new:
            made = self.encoder.encode_words(new)
            self.known.update((text, made.taken([at])) for at, text in enumerate(new))
        return joined([self.known[text] for text in texts])


@dataclass
class Filed:
    """Every paper of a list, filed by the other four fifths."""

    right: NDArray[np.bool_]  # (n, C)
    features: NDArray[np.float64]  # (n, C, 5)
    temperature: NDArray[np.float64]  # (n,)
    scores: dict[str, NDArray[np.float64]]  # by method, (n, C)
    fit: NDArray[np.float64]
    scope: NDArray[np.float64]
    fit_hidden: NDArray[np.float64]
    parents: dict[str, int]  # of hidden nested headings: how often the parent is named right
    scope_random: NDArray[np.float64]


def main(data: Path) -> None:
    """Measure everything, print two tables, plot risk against coverage."""
    if not data.is_dir():
        sys.exit(f"no folder {data}; give the path of the evaluation data")
    encoder = Remembering(load_encoder())  # type: ignore[arg-type]
    lists = read_lists(data)
    others = random_papers(data)
    filed = {
        name: file_all(papers, others, encoder)
        for name, papers in track(lists.items(), description="filing", transient=True)
    }
    for name, result in filed.items():
        rest = [other for other in filed if other != name and is_topical(other)]
        weights = fit_weights([filed[other] for other in rest])
        result.scores["others"] = product(result.features, weights) / result.temperature[:, None]
    console = Console(width=150)
    of_all = fit_weights([one for name, one in filed.items() if is_topical(name)])
    console.print(f"weights fitted on all: {np.round(of_all, 1).tolist()}")
    console.print(accuracy_table(filed))
    console.print(trust_table(filed))
    RESULTS.mkdir(exist_ok=True)
    plot(filed, RESULTS / "risk-coverage.png")
    console.print(f"risk against coverage: {(RESULTS / 'risk-coverage.png').relative_to(ROOT)}")


def read_lists(data: Path) -> dict[str, list[Paper]]:
    """By list, its papers whose abstract is known, with the topics that they stand under."""
    abstracts = {}
    for file in ("seed_abstracts.jsonl", "list_abstracts_dev.jsonl"):
        for line in (data / file).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            abstracts[record["arxiv_id"]] = record
    lists: dict[str, dict[str, Paper]] = {}
    for line in (data / "list_entries_dev.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        record = abstracts.get(entry["arxiv_id"])
        path = tuple(entry["category_path"])
        if record is None or "abstract_id" not in entry or topic_of(path) != path:
            continue
        papers = lists.setdefault(entry["list"].split("/")[0], {})
        paper = papers.get(entry["arxiv_id"]) or Paper(
            entry["arxiv_id"], record["title"], abstract=record["abstract"]
        )
        paths = tuple(dict.fromkeys([*paper.categories, path]))
        papers[paper.id] = replace(paper, categories=paths)
    return {
        name: list(papers.values())
        for name, papers in lists.items()
        if len(papers) >= MIN_ABSTRACTS
        and len({path for paper in papers.values() for path in paper.categories}) >= MIN_TOPICS
    }


def random_papers(data: Path) -> list[Paper]:
    """Machine-learning papers of every kind."""
    with lzma.open(data / "ml_abstracts.jsonl.xz", "rt", encoding="utf-8") as file:
        records = random.Random(0).sample([json.loads(line) for line in file], RANDOM_PAPERS)
    return [Paper(r["arxiv_id"], r["title"], abstract=r["abstract"]) for r in records]


def file_all(papers: list[Paper], others: list[Paper], encoder: Remembering) -> Filed:
    """File each fifth by the rest, then do without each heading, then offer other papers."""
    paths = tuple(dict.fromkeys(path for paper in papers for path in paper.categories))
    fold = np.random.default_rng(1).permutation(len(papers)) % FOLDS
    n, headings = len(papers), len(paths)
    whole = PaperSearch.from_papers(papers, encoder)
    right = whole.rows.list_headings.members(papers)
    assert whole.rows.list_headings.paths == paths
    result = Filed(
        right=right,
        features=np.zeros((n, headings, len(WEIGHTS))),
        temperature=np.ones(n),
        scores={name: np.zeros((n, headings)) for name in SHOWN if name != "others"},
        fit=np.zeros(n),
        scope=np.zeros(n),
        fit_hidden=np.zeros(0),
        parents={"right": 0, "wrong": 0, "none": 0},
        scope_random=np.concatenate([whole.judge(other).scope for other in others]),
    )
    hide_headings(papers, paths, encoder, result)
    for number in range(FOLDS):
        asked, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        search = PaperSearch.from_papers([papers[i] for i in rest], encoder, headings=paths)
        order = [search.rows.list_headings.paths.index(path) for path in paths]
        for at in asked:
            judgement = search.judge(replace(papers[at], categories=()))
            result.scores["shipped"][at] = np.log(judgement.probabilities[0][order] + 1e-12)
            result.fit[at], result.scope[at] = judgement.fit[0], judgement.scope[0]
        # Features once more for all at once, to try other weights on.
        both = PaperSearch.from_papers([papers[i] for i in (*rest, *asked)], encoder)
        headings = replace_order(both, paths)
        known = listed(both.rows.list_index, both.papers, headings)
        everything = similarities(known, known, both.rows.list_index, headings)
        new, old = np.arange(len(rest), n), np.arange(len(rest))
        result.features[asked] = features(everything.part(new, old), right[rest])
        result.temperature[asked] = search.manifest.calibration.temperature
        vectors = whole.rows.index.paper_vectors
        names = whole.rows.list_headings.vectors
        for name, scores in baselines(vectors[rest], right[rest], vectors[asked], names).items():
            result.scores[name][asked] = scores
    return result


def replace_order(search: PaperSearch, paths: Sequence[tuple[str, ...]]) -> Headings:
    """The headings of ``search`` in the order of ``paths``."""
    headings = search.rows.list_headings
    order = [headings.paths.index(path) for path in paths]
    names = [headings.name(at) for at in order]
    return Headings.of(paths, names, headings.vectors.shape[1])


def hide_headings(
    papers: list[Paper], paths: Sequence[tuple[str, ...]], encoder: Remembering, result: Filed
) -> None:
    """Judge the papers of each heading by the list without that heading."""
    fits = [np.zeros(0)]
    for path in paths:
        rest = [paper for paper in papers if path not in paper.categories]
        if len(rest) < 0.4 * len(papers):
            continue  # what is left is no list any more
        search = PaperSearch.from_papers(rest, encoder)
        left = search.rows.list_headings.paths
        parents = {other[: len(path) - 1] for other in left}  # one alone would be no choice
        for paper in papers:
            if paper.categories != (path,):
                continue
            judgement = search.judge(paper)
            fits.append(judgement.fit)
            if len(parents) > 1 and path[:-1] in parents:
                parent = likely_parent(judgement.probabilities[0], left)
                said = "none" if not parent else "right" if parent == path[:-1] else "wrong"
                result.parents[said] += 1
    result.fit_hidden = np.concatenate(fits)


def baselines(
    train: NDArray[np.float32],
    right: NDArray[np.bool_],
    asked: NDArray[np.float32],
    names: NDArray[np.float32],
) -> dict[str, NDArray[np.float64]]:
    """Scores of each heading by the ways that come to mind first, shape (m, C) each."""
    cosines = product(asked, train.T)
    votes = np.exp(vote(cosines.astype(np.float64), right))
    centroids = product(right.T.astype(np.float32), train)
    centroids = centroids / (np.linalg.norm(centroids, axis=1, keepdims=True) + 1e-9)
    near = product(asked, centroids.T)
    first = right.argmax(axis=1)
    model = LogisticRegression(C=10, max_iter=1000).fit(train, first)
    logistic = np.full((len(asked), right.shape[1]), -1.0)
    logistic[:, model.classes_] = model.predict_proba(asked)

    def z(scores: NDArray[np.float64]) -> NDArray[np.float64]:
        return (scores - scores.mean(1, keepdims=True)) / (scores.std(1, keepdims=True) + 1e-9)

    return {
        "majority": np.tile(right.sum(axis=0), (len(asked), 1)).astype(np.float64),
        "kNN vote": votes,
        "centroid": near,
        "names + kNN + centroid": 0.5 * z(product(asked, names.T)) + z(votes) + z(near),
        "logistic": logistic,
    }


def fit_weights(lists: Sequence[Filed]) -> NDArray[np.float64]:
    """The conditional logit over headings that gives the papers' own the most probability."""
    scale = np.concatenate([f.features.reshape(-1, f.features.shape[-1]) for f in lists]).std(0)

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, gradient = 0.01 * float(product(weights, weights)), 0.02 * weights
        for one in lists:
            inputs = one.features / scale
            probabilities = softmax(product(inputs, weights))
            target = one.right / one.right.sum(axis=1, keepdims=True)
            total -= float((target * np.log(probabilities + 1e-12)).sum()) / len(inputs)
            gradient -= np.einsum("ac,acf->f", target - probabilities, inputs) / len(inputs)
        return total, gradient

    start = np.zeros(len(scale))
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x / scale)


def accuracy_table(filed: dict[str, Filed]) -> Table:
    """Top-1 and top-3 accuracy by method and list, with 95 % intervals for ours."""
    table = Table(title="filed right by the first / among the first three suggestions")
    table.add_column("")
    for name, one in filed.items():
        table.add_column(f"{name}\n{len(one.right)} papers\n{one.right.shape[1]} headings")
    table.add_column(f"mean of the {sum(map(is_topical, filed))}\nwith headings\nby topic")
    for method, shown in SHOWN.items():
        cells, means = [], []
        for name, one in filed.items():
            hits = [in_top(one.scores[method], one.right, k) for k in (1, 3)]
            if is_topical(name):
                means.append([h.mean() for h in hits])
            cell = " / ".join(f"{h.mean():.3f}" for h in hits)
            if method in ("others", "shipped"):
                cell += "\n" + " / ".join(interval(h) for h in hits)
            cells.append(cell)
        cells.append(" / ".join(f"{mean:.3f}" for mean in np.mean(means, axis=0)))
        table.add_row(shown, *cells)
    return table


def trust_table(filed: dict[str, Filed]) -> Table:
    """Calibration, abstention and scope."""
    table = Table(title="can it be trusted?")
    for name in ("list", "ECE, other weights", "ECE, shipped"):
        table.add_column(name, justify="left" if name == "list" else "right")
    table.add_column("heading hidden:\nAUROC", justify="right")
    table.add_column("hidden / present\nsaid to fit nowhere", justify="right")
    table.add_column("parent of a hidden\nheading: right / wrong / none", justify="right")
    table.add_column("random papers:\nAUROC", justify="right")
    table.add_column("random / listed\nsaid to be off topic", justify="right")
    rows = []
    for name, one in filed.items():
        values = [
            calibration_error([one], "others"),
            calibration_error([one], "shipped"),
            auroc(one.fit, one.fit_hidden),
            auroc(one.scope, one.scope_random),
        ]
        if is_topical(name):
            rows.append(values)
        fits = f"{(one.fit_hidden < 0.05).mean():.2f} / {(one.fit < 0.05).mean():.2f}"
        scope = f"{(one.scope_random < 0.02).mean():.2f} / {(one.scope < 0.02).mean():.2f}"
        cells = [f"{value:.3f}" for value in values]
        parents = " / ".join(map(str, one.parents.values())) if any(one.parents.values()) else ""
        table.add_row(name, *cells[:3], fits, parents, cells[3], scope)
    mean = [f"{value:.3f}" for value in np.mean(rows, axis=0)]
    table.add_row("mean, headings by topic", *mean[:3], "", "", mean[3], "")
    # In ten bins, perfect calibration shows an error of .11 with 65 papers and .07 with 162.
    topical = [one for name, one in filed.items() if is_topical(name)]
    pooled = [calibration_error(topical, method) for method in ("others", "shipped")]
    table.add_row("the same papers in one pot", *(f"{value:.3f}" for value in pooled))
    return table


def is_topical(name: str) -> bool:
    """Whether a list's headings are topics; those of the others are years or three in number."""
    return name in TOPICAL


def in_top(scores: NDArray[np.float64], right: NDArray[np.bool_], k: int) -> NDArray[np.bool_]:
    """Whether one of the ``k`` best headings is right, shape (n,)."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(right, best, axis=1).any(axis=1)


def interval(values: NDArray[np.bool_]) -> str:
    """95 % bootstrap interval of a mean."""
    low, high = bootstrap_interval(values)
    return f"[{low:.2f}, {high:.2f}]"


def calibration_error(lists: Sequence[Filed], method: str) -> float:
    """Expected calibration error of the first suggestion (Naeini et al. 2015)."""
    confidence = np.concatenate([softmax(one.scores[method]).max(axis=1) for one in lists])
    right = np.concatenate([in_top(one.scores[method], one.right, 1) for one in lists])
    at = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        (at == b).mean() * abs(confidence[at == b].mean() - right[at == b].mean())
        for b in range(BINS)
        if (at == b).any()
    ]
    return float(sum(gaps))


def auroc(high: NDArray[np.float64], low: NDArray[np.float64]) -> float:
    """Probability that one of ``high`` is above one of ``low``."""
    ranks = rankdata(np.concatenate([high, low]))[: len(high)]
    return float((ranks.sum() - len(high) * (len(high) + 1) / 2) / (len(high) * len(low)))


def plot(filed: dict[str, Filed], path: Path) -> None:
    """Share of wrong first suggestions against the share of papers that get one."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    for name, one in filed.items():
        if not is_topical(name):
            continue
        confidence = softmax(one.scores["others"]).max(axis=1)
        wrong = ~in_top(one.scores["others"], one.right, 1)[np.argsort(-confidence)]
        coverage = np.arange(1, len(wrong) + 1) / len(wrong)
        axes.plot(coverage, np.cumsum(wrong) / np.arange(1, len(wrong) + 1), label=name)
    axes.set(
        xlabel="share of papers filed, surest first",
        ylabel="share of them filed wrong",
        xlim=(0.05, 1),
        ylim=(0, None),
        title="Risk against coverage, weights fitted on the other lists",
    )
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
