"""Filing papers under the headings of real lists: how often right, how far to be trusted.

Eleven lists, five folds: a fifth of the papers is filed by the rest. Beside it, in the same run,
what else one would do, with the same vectors and without; and what the commit before late
interaction did (``results/categories-before.json``). Then the later third of each list is filed by
the earlier two. Every heading is hidden in turn, to see whether its papers are told from those that
have a heading; and by title, by title and first sentence, and by abstract, random machine-learning
papers are offered, to see whether they are told from those of the list.

    python benchmarks/categories.py [DATA_FOLDER]
"""

from __future__ import annotations

import json
import lzma
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from bootstrap import bootstrap_interval
from headed import other_lists, read_lists
from known_items import DATA, RESULTS, ROOT
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from scipy.optimize import minimize
from scipy.stats import rankdata
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from ssm_search.arxiv_ids import arxiv_month
from ssm_search.encoding import Encoded, EncodedQuery, WordEncoder, load_encoder
from ssm_search.encoding.encoded import joined
from ssm_search.index import Headings
from ssm_search.papers import Paper, full_text
from ssm_search.ranking.filing import FOLDS, WEIGHTS, features, softmax, vote
from ssm_search.search.likeness import likely_parent, listed, similarities
from ssm_search.search.local import PaperSearch
from ssm_search.text import first_sentence
from ssm_search.vectors import product

RANDOM_PAPERS = 300
BINS = 10
BEFORE = RESULTS / "categories-before.json"
SIMPLE = {
    "majority": "majority",
    "kNN vote": "kNN vote",
    "centroid": "centroid",
    "names + kNN + centroid": "names + kNN + centroid",
    "logistic": "logistic regression",
    "TF-IDF": "logistic regression, TF-IDF",
}
OURS = {"others": "ssm-search, weights of the other lists", "shipped": "ssm-search as shipped"}
TEXTS: dict[str, Callable[[Paper], str]] = {
    "title": lambda _: "",
    "and first sentence": lambda paper: first_sentence(paper.abstract),
    "and abstract": lambda paper: paper.abstract,
}


class Remembering:
    """An encoder that encodes each text once."""

    def __init__(self, encoder: WordEncoder):
        self.encoder = encoder
        self.fingerprint = encoder.fingerprint
        self.word_spans = encoder.word_spans
        self.known: dict[str, Encoded] = {}
        self.asked: dict[str, EncodedQuery] = {}

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """As the encoder does."""
        return self.encode_words(texts).vectors

    def encode_query_words(self, text: str, /) -> EncodedQuery:
        """As the encoder does."""
        if text not in self.asked:
            self.asked[text] = self.encoder.encode_query_words(text)
        return self.asked[text]

    def encode_words(self, texts: Sequence[str], /) -> Encoded:
        """As the encoder does."""
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        if new:
            made = self.encoder.encode_words(new)
            self.known.update((text, made.taken([at])) for at, text in enumerate(new))
        return joined([self.known[text] for text in texts])


@dataclass
class Offered:
    """Papers of which a part of the text is shown to a list."""

    scope: list[float] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)

    def add(self, search: PaperSearch, paper: Paper, text: str) -> None:
        """Show ``text`` of ``paper``."""
        placement = search.place(Paper("", paper.title, abstract=text), k=1)
        self.scope.append(placement.scope)
        self.verdicts[placement.verdict] += 1

    def share(self, verdict: str) -> float:
        """The share of them of which ``verdict`` is thought."""
        return self.verdicts[verdict] / len(self.scope)


@dataclass
class Filed:
    """Every paper of a list, filed by the other four fifths."""

    right: NDArray[np.bool_]  # (n, C)
    features: NDArray[np.float64]  # (n, C, 6)
    temperature: NDArray[np.float64]  # (n,)
    scores: dict[str, NDArray[np.float64]]  # by method, (n, C)
    fit: NDArray[np.float64]
    fit_hidden: NDArray[np.float64]
    own: dict[str, Offered]  # by how much of the text is shown
    random: dict[str, Offered]
    later: Later
    parents: Counter[str] = field(default_factory=Counter)  # of hidden nested headings


@dataclass
class Later:
    """The later third of a list, filed by the earlier two."""

    right: dict[str, list[bool]]  # by method, of the papers whose heading was there already
    new: int = 0  # papers whose heading was not
    told: int = 0  # of them, those that no heading is said to fit


def main(data: Path) -> None:
    """Measure everything, print the tables, plot risk against coverage."""
    if not data.is_dir():
        sys.exit(f"no folder {data}; give the path of the evaluation data")
    encoder = Remembering(load_encoder())  # type: ignore[arg-type]
    lists = read_lists(data) | other_lists(data)
    others = random_papers(data)
    filed = {
        name: file_all(papers, others, encoder)
        for name, papers in track(lists.items(), description="filing", transient=True)
    }
    for name, result in filed.items():
        weights = fit_weights([one for other, one in filed.items() if other != name])
        result.scores["others"] = product(result.features, weights) / result.temperature[:, None]
    console = Console(width=180)
    of_all = fit_weights(list(filed.values()))
    console.print(f"weights fitted on all: {np.round(of_all, 1).tolist()}")
    console.print(accuracy_table(filed))
    console.print(later_table(filed))
    console.print(headings_table(filed))
    console.print(scope_table(filed))
    RESULTS.mkdir(exist_ok=True)
    plot(filed, RESULTS / "risk-coverage.png")
    console.print(f"risk against coverage: {(RESULTS / 'risk-coverage.png').relative_to(ROOT)}")


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
        scores={name: np.zeros((n, headings)) for name in (*SIMPLE, "shipped")},
        fit=np.zeros(n),
        fit_hidden=np.zeros(0),
        own={name: Offered() for name in TEXTS},
        random={name: Offered() for name in TEXTS},
        later=file_later(papers, encoder),
    )
    hide_headings(papers, paths, encoder, result)
    ids = {paper.id for paper in papers}
    for name, text in TEXTS.items():
        for other in others:
            if other.id not in ids:
                result.random[name].add(whole, other, text(other))
    for number in range(FOLDS):
        asked, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
        search = PaperSearch.from_papers([papers[i] for i in rest], encoder, headings=paths)
        order = [search.rows.list_headings.paths.index(path) for path in paths]
        for at in asked:
            judgement = search.judge(replace(papers[at], categories=()))
            result.scores["shipped"][at] = np.log(judgement.probabilities[0][order] + 1e-12)
            result.fit[at] = judgement.fit[0]
            for name, text in TEXTS.items():
                result.own[name].add(search, papers[at], text(papers[at]))
        # Features once more for all at once, to try other weights on.
        both = PaperSearch.from_papers([papers[i] for i in (*rest, *asked)], encoder)
        in_order = replace_order(both, paths)
        known = listed(both.rows.list_index, both.papers, in_order)
        everything = similarities(known, known, both.rows.list_index, in_order)
        new, old = np.arange(len(rest), n), np.arange(len(rest))
        result.features[asked] = features(everything.part(new, old), right[rest])
        result.temperature[asked] = search.manifest.calibration.temperature
        for name, scores in baselines(whole, right, rest, asked).items():
            result.scores[name][asked] = scores
    return result


def file_later(papers: list[Paper], encoder: Remembering) -> Later:
    """File the third with the latest arXiv ids by the others."""
    papers = sorted(papers, key=lambda paper: (arxiv_month(paper.id), paper.id))
    paths = tuple(dict.fromkeys(path for paper in papers for path in paper.categories))
    whole = PaperSearch.from_papers(papers, encoder, headings=paths)
    members = whole.rows.list_headings.members(papers)
    old, new = np.arange(2 * len(papers) // 3), np.arange(2 * len(papers) // 3, len(papers))
    search = PaperSearch.from_papers([papers[i] for i in old], encoder)
    scores = baselines(whole, members, old, new)
    later = Later({name: [] for name in (*scores, "shipped")})
    known = set(search.rows.list_headings.paths)
    for at, row in enumerate(new):
        placement = search.place(replace(papers[row], categories=()), k=1)
        if known.isdisjoint(papers[row].categories):
            later.new += 1
            later.told += placement.verdict == "no heading"
            continue
        first = placement.suggestions[0].category
        later.right["shipped"].append(first in papers[row].categories)
        for name, found in scores.items():
            later.right[name].append(bool(members[row, found[at].argmax()]))
    return later


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
    search: PaperSearch,
    members: NDArray[np.bool_],
    rows: NDArray[np.int64],
    asked: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    """Scores of each heading by the ways that come to mind first, shape (m, C) each.

    Args:
        search: an index of all papers, of which no more than texts and vectors are used.
        rows, asked: of the papers that are filed already, and of those that are to be.
    """
    vectors, names = search.rows.list_index.paper_vectors, search.rows.list_headings.vectors
    train, right = vectors[rows], members[rows]
    cosines = product(vectors[asked], train.T)
    votes = np.exp(vote(cosines.astype(np.float64), right))
    centroids = product(right.T.astype(np.float32), train)
    centroids = centroids / (np.linalg.norm(centroids, axis=1, keepdims=True) + 1e-9)
    near = product(vectors[asked], centroids.T)
    texts = [full_text(paper) for paper in search.papers]
    words = TfidfVectorizer(stop_words="english", sublinear_tf=True, ngram_range=(1, 2))
    of_train = words.fit_transform([texts[row] for row in rows])
    of_asked = words.transform([texts[row] for row in asked])

    def z(scores: NDArray[np.floating]) -> NDArray[np.float64]:
        spread = scores.std(1, keepdims=True) + 1e-9
        return np.asarray((scores - scores.mean(1, keepdims=True)) / spread)

    def logistic(known: NDArray[np.float32], new: NDArray[np.float32]) -> NDArray[np.float64]:
        model = LogisticRegression(C=10, max_iter=2000).fit(known, right.argmax(axis=1))
        scores = np.full((len(asked), right.shape[1]), -1.0)
        scores[:, model.classes_] = model.predict_proba(new)
        return scores

    return {
        "majority": np.tile(right.sum(axis=0), (len(asked), 1)).astype(np.float64),
        "kNN vote": votes,
        "centroid": near.astype(np.float64),
        "names + kNN + centroid": 0.5 * z(product(vectors[asked], names.T)) + z(votes) + z(near),
        "logistic": logistic(train, vectors[asked]),
        "TF-IDF": logistic(of_train, of_asked),
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
        table.add_column(f"{name[:12]}\n{len(one.right)} papers\n{one.right.shape[1]} headings")
    table.add_column(f"mean of the {len(filed)}")
    before = json.loads(BEFORE.read_text("utf-8")) if BEFORE.is_file() else {}
    if before:
        pairs = [[before[name]["top1"], before[name]["top3"]] for name in filed]
        table.add_row("before", *(shown(pair) for pair in [*pairs, np.mean(pairs, axis=0)]))
    for method, label in (SIMPLE | OURS).items():
        cells, means = [], []
        for one in filed.values():
            hits = [in_top(one.scores[method], one.right, k) for k in (1, 3)]
            means.append([float(h.mean()) for h in hits])
            cell = shown(means[-1])
            if method in OURS:
                cell += "\n" + " / ".join(interval(h) for h in hits)
            cells.append(cell)
        table.add_row(label, *cells, shown(np.mean(means, axis=0)))
    best = [
        max(in_top(one.scores[m], one.right, 1).mean() for m in SIMPLE) for one in filed.values()
    ]
    ahead = [
        in_top(one.scores["others"], one.right, 1).mean() > other
        for one, other in zip(filed.values(), best, strict=True)
    ]
    table.caption = f"better than the best simple way on {sum(ahead)} of {len(ahead)} lists"
    return table


def later_table(filed: dict[str, Filed]) -> Table:
    """Top-1 accuracy for the later third of each list, by the earlier two thirds."""
    table = Table(title="the later third filed right by the earlier two, first suggestion")
    table.add_column("")
    for name, one in filed.items():
        table.add_column(f"{name[:12]}\n{len(one.later.right['shipped'])} papers", justify="right")
    table.add_column("mean", justify="right")
    for method, label in (SIMPLE | {"shipped": OURS["shipped"]}).items():
        means = [float(np.mean(one.later.right[method] or [False])) for one in filed.values()]
        table.add_row(label, *(f"{mean:.3f}" for mean in [*means, np.mean(means)]))
    new, told = (
        sum(getattr(one.later, name) for one in filed.values()) for name in ("new", "told")
    )
    table.caption = f"{new} more have a heading that was not there; {told} are told that none fits"
    return table


def headings_table(filed: dict[str, Filed]) -> Table:
    """Calibration of the suggestions, and whether a heading is known to be missing."""
    table = Table(title="can the headings be trusted?")
    for name in ("list", "ECE, other weights", "ECE, shipped"):
        table.add_column(name, justify="left" if name == "list" else "right")
    table.add_column("heading hidden:\nAUROC", justify="right")
    table.add_column("hidden / present\nsaid to fit nowhere", justify="right")
    table.add_column("parent of a hidden\nheading: right / wrong / none", justify="right")
    rows = []
    for name, one in filed.items():
        values = [calibration_error([one], method) for method in OURS]
        values.append(auroc(one.fit, one.fit_hidden) if len(one.fit_hidden) else np.nan)
        rows.append(values)
        said = f"{(one.fit_hidden < 0.05).mean():.2f} / {(one.fit < 0.05).mean():.2f}"
        parents = " / ".join(str(one.parents[word]) for word in ("right", "wrong", "none"))
        table.add_row(name, *(f"{value:.3f}" for value in values), said, parents)
    table.add_row("mean", *(f"{value:.3f}" for value in np.nanmean(rows, axis=0)))
    # In ten bins, perfect calibration shows an error of .11 with 65 papers and .07 with 162.
    pooled = [calibration_error(list(filed.values()), method) for method in OURS]
    table.add_row("the same papers in one pot", *(f"{value:.3f}" for value in pooled))
    return table


def scope_table(filed: dict[str, Filed]) -> Table:
    """Whether random papers are told from listed ones, by how much of them is known."""
    table = Table(title="listed papers against random machine-learning papers")
    table.add_column("list")
    for name in TEXTS:
        table.add_column(f"{name}:\nAUROC", justify="right")
        table.add_column("listed / random\noff topic", justify="right")
        table.add_column("unsure", justify="right")
    rows = []
    for name, one in filed.items():
        values = []
        for text in TEXTS:
            own, others = one.own[text], one.random[text]
            values.append(auroc(np.array(own.scope), np.array(others.scope)))
            for verdict in ("off topic", "unsure"):
                values += [own.share(verdict), others.share(verdict)]
        rows.append(values)
        table.add_row(name, *scope_cells(values))
    table.add_row("mean", *scope_cells(np.mean(rows, axis=0).tolist()))
    return table


def scope_cells(values: Sequence[float]) -> list[str]:
    """Cells of five values each: AUROC, and twice those of the listed and the random papers."""
    cells = []
    for start in range(0, len(values), 5):
        found, *shares = values[start : start + 5]
        cells += [f"{found:.3f}"]
        cells += [f"{shares[0]:.3f} / {shares[1]:.2f}", f"{shares[2]:.3f} / {shares[3]:.2f}"]
    return cells


def shown(values: Sequence[float] | NDArray[np.float64]) -> str:
    """Shares as people read them."""
    return " / ".join(f"{value:.3f}" for value in values)


def in_top(scores: NDArray[np.float64], right: NDArray[np.bool_], k: int) -> NDArray[np.bool_]:
    """Whether one of the ``k`` best headings is right, shape (n,)."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.asarray(np.take_along_axis(right, best, axis=1).any(axis=1))


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
