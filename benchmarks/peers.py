"""Ways to search abstracts that a reader might pick instead, each written as its manual shows.

    python peers.py NAME size
    python peers.py NAME build TEXTS.json FOLDER
    python peers.py NAME ask FOLDER QUERIES.json ANSWERS.json
    python peers.py NAME encode TEXTS.json
    python peers.py NAME file LISTS.json FOLDER ANSWERS.json

A peer has a function that builds and one that loads; what it needs is imported where it is used, so
that a process pays for one peer alone. Queries are asked one by one, as people do. Whoever needs
all-MiniLM-L6-v2 finds its folder in the environment variable MINILM. What was measured is printed
as JSON.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np

DEPTH = 10  # answers to a query; neighbours that vote on a heading
TOP = 3  # headings named
ENOUGH = 32  # texts after which an encoder runs as it will

Ask = Callable[[str, int], Sequence[int]]
"""The rows of the best k texts, best first."""

PaperToFile = dict[str, Any]
"""title, abstract, "of": the numbers of its headings, "fold": the one in which it is asked."""

ListToFile = dict[str, Any]
"""name, "headings": their paths, papers."""


def build_ours(texts: list[str], folder: Path) -> None:
    """As `ssm-search build` does, without a list."""
    from ssm_search import Paper, PaperSearch, load_encoder
    from ssm_search.encoding.bulk import fastest

    papers = [Paper(str(row), "", abstract=text) for row, text in enumerate(texts)]
    encoder = load_encoder()
    built = PaperSearch.from_papers(papers, fastest(encoder, encoder))
    PaperSearch(built.rows, encoder).save(folder)


def encode_ours(texts: list[str]) -> float:
    """As `ssm-search build` does: a vector each, and one for each word, in one pass."""
    from ssm_search.encoding import OnnxEncoder, encode_documents, load_encoder
    from ssm_search.encoding.bulk import BulkEncoder

    shipped = load_encoder()
    assert isinstance(shipped, OnnxEncoder)
    encoder = BulkEncoder(None, shipped).chosen
    encode_documents(encoder, texts[:ENOUGH])
    begun = time.perf_counter()
    encode_documents(encoder, texts)
    return time.perf_counter() - begun


def load_ours(folder: Path) -> Ask:
    """BM25, one vector a paper and late interaction of words, added; no PyTorch."""
    from ssm_search import PaperSearch

    search = PaperSearch.load(folder)
    return lambda query, k: [int(hit.paper.id) for hit in search.query(query, k)]


def file_ours(lists: list[ListToFile], folder: Path) -> list[list[list[int]]]:
    """`PaperSearch.judge`, which `suggest_categories` asks; encoded as the shipped list is."""
    from ssm_search import Paper, PaperSearch, load_encoder
    from ssm_search.encoding.bulk import fastest

    def paper_of(row: int, p: PaperToFile, categories: tuple[tuple[str, ...], ...] = ()) -> Paper:
        return Paper(str(row), p["title"], abstract=p["abstract"], categories=categories)

    shipped = load_encoder()
    encoder = fastest(shipped, shipped)
    filed = []
    for one in lists:
        papers, paths = one["papers"], [tuple(path) for path in one["headings"]]
        listed = [paper_of(i, p, tuple(paths[n] for n in p["of"])) for i, p in enumerate(papers)]
        whole = PaperSearch.from_papers(listed, encoder, headings=paths)
        found: list[list[int]] = [[] for _ in papers]
        for fold in {p["fold"] for p in papers}:
            rest = [paper for paper, p in zip(listed, papers, strict=True) if p["fold"] != fold]
            search = PaperSearch.from_papers(rest, encoder, previous=whole, headings=paths)
            order = [paths.index(path) for path in search.manifest.headings]
            for row, p in enumerate(papers):
                if p["fold"] == fold:
                    scores = search.judge(paper_of(row, p)).probabilities[0]
                    found[row] = [order[at] for at in np.argsort(-scores, kind="stable")[:TOP]]
        filed.append(found)
    return filed


def build_script(texts: list[str], folder: Path) -> None:
    """The obvious script: one vector a text, FAISS."""
    import faiss
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(os.environ["MINILM"])
    vectors = model.encode(texts, batch_size=32, normalize_embeddings=True)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    faiss.write_index(index, str(folder / "index.faiss"))


def encode_script(texts: list[str]) -> float:
    """What takes most of the obvious script's time."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(os.environ["MINILM"])
    model.encode(texts[:ENOUGH])
    begun = time.perf_counter()
    model.encode(texts, batch_size=32, normalize_embeddings=True)
    return time.perf_counter() - begun


def load_script(folder: Path) -> Ask:
    """The obvious script, asked."""
    import faiss
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(os.environ["MINILM"])
    index = faiss.read_index(str(folder / "index.faiss"))

    def ask(query: str, k: int) -> list[int]:
        vector = model.encode([query], normalize_embeddings=True)
        return [int(row) for row in index.search(vector, k)[1][0]]

    return ask


def build_bm25s(texts: list[str], folder: Path) -> None:
    """Words alone, with the stemmer and the stop words of its manual."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    tokens = bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)
    index = bm25s.BM25()
    index.index(tokens, show_progress=False)
    index.save(str(folder))


def load_bm25s(folder: Path) -> Ask:
    """Words alone, asked."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25.load(str(folder))

    def ask(query: str, k: int) -> list[int]:
        tokens = bm25s.tokenize([query], stopwords="en", stemmer=stemmer, show_progress=False)
        return [int(row) for row in index.retrieve(tokens, k=k, show_progress=False)[0][0]]

    return ask


def build_svm(texts: list[str], folder: Path) -> None:
    """TF-IDF as arxiv-sanity has it: words and pairs of words, 20,000 of them."""
    import joblib
    from sklearn.feature_extraction.text import TfidfVectorizer

    tfidf = TfidfVectorizer(
        strip_accents="unicode",
        stop_words="english",
        token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",
        ngram_range=(1, 2),
        max_features=20_000,
        sublinear_tf=True,
        max_df=0.1,
        min_df=5,
    )
    matrix = tfidf.fit_transform(texts)
    joblib.dump((tfidf, matrix.astype(np.float32)), folder / "tfidf.joblib")


def load_svm(folder: Path) -> Ask:
    """An SVM for each query, which it takes for the one paper that is liked."""
    import joblib
    from scipy.sparse import vstack

    tfidf, matrix = joblib.load(folder / "tfidf.joblib")
    liked = np.zeros(matrix.shape[0] + 1)
    liked[-1] = 1

    def ask(query: str, k: int) -> list[int]:
        machine = _svm().fit(vstack([matrix, tfidf.transform([query])]), liked)
        return [int(row) for row in np.argsort(-machine.decision_function(matrix))[:k]]

    return ask


def file_svm(lists: list[ListToFile], folder: Path) -> list[list[list[int]]]:
    """An SVM for each heading."""
    import joblib

    filed = []
    for one in lists:
        papers, headings = one["papers"], range(len(one["headings"]))
        build_svm([text_of(paper) for paper in papers], folder)
        matrix = joblib.load(folder / "tfidf.joblib")[1]
        folds = np.array([paper["fold"] for paper in papers])
        scores = np.full((len(papers), len(headings)), -np.inf)
        for fold in np.unique(folds):
            rest, asked = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            for heading in headings:
                right = np.array([heading in papers[row]["of"] for row in rest])
                if right.any() and not right.all():
                    machine = _svm().fit(matrix[rest], right)
                    scores[asked, heading] = machine.decision_function(matrix[asked])
        best = np.argsort(-scores, kind="stable")[:, :TOP]
        filed.append([[int(heading) for heading in row] for row in best])
    return filed


def _svm() -> Any:
    from sklearn.svm import LinearSVC

    return LinearSVC(class_weight="balanced", max_iter=10_000, tol=1e-6, C=0.01)


def build_txtai(texts: list[str], folder: Path) -> None:
    """Its hybrid mode: the same model and its own BM25."""
    from txtai import Embeddings

    embeddings = Embeddings(path=os.environ["MINILM"], hybrid=True)
    embeddings.index(enumerate(texts))
    embeddings.save(str(folder / "txtai"))


def load_txtai(folder: Path) -> Ask:
    """Its hybrid mode, asked."""
    from txtai import Embeddings

    embeddings = Embeddings()
    embeddings.load(str(folder / "txtai"))
    return lambda query, k: [int(row) for row, _ in embeddings.search(query, k)]


def build_model2vec(texts: list[str], folder: Path) -> None:
    """Static vectors of words, distilled from the same model."""
    from model2vec.distill import distill

    model = distill(os.environ["MINILM"], pca_dims=256)
    model.save_pretrained(str(folder / "model"))
    vectors = model.encode(texts)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-9)
    np.save(folder / "vectors.npy", vectors)


def load_model2vec(folder: Path) -> Ask:
    """Static vectors, asked."""
    from model2vec import StaticModel

    model = StaticModel.from_pretrained(str(folder / "model"))
    vectors = np.load(folder / "vectors.npy")

    def ask(query: str, k: int) -> list[int]:
        scores = vectors @ model.encode([query])[0]
        return [int(row) for row in np.argsort(-scores)[:k]]

    return ask


@dataclass(frozen=True, slots=True)
class Peer:
    """A way to search, by the packages it needs to answer.

    Attributes:
        model: the folder of its index that holds a model, whatever the number of papers.
    """

    build: Callable[[list[str], Path], None]
    load: Callable[[Path], Ask]
    packages: tuple[str, ...]
    file: Callable[[list[ListToFile], Path], list[list[list[int]]]] | None = None
    encode: Callable[[list[str]], float] | None = None  # seconds, once the model is loaded
    model: str = ""


PEERS = {
    "ssm-search": Peer(build_ours, load_ours, ("ssm-search",), file_ours, encode_ours, "encoder"),
    "sentence-transformers + FAISS": Peer(
        build_script,
        load_script,
        ("sentence-transformers", "faiss-cpu"),
        encode=encode_script,
    ),
    "bm25s": Peer(build_bm25s, load_bm25s, ("bm25s", "PyStemmer")),
    "TF-IDF + SVM": Peer(build_svm, load_svm, ("scikit-learn",), file_svm),
    "txtai, hybrid": Peer(build_txtai, load_txtai, ("txtai",)),
    "model2vec": Peer(build_model2vec, load_model2vec, ("model2vec",), model="model"),
}


def text_of(paper: PaperToFile) -> str:
    """All that is known of a paper."""
    return f"{paper['title']}. {paper['abstract']}"


def file_by_neighbours(peer: Peer, lists: list[ListToFile], folder: Path) -> list[list[list[int]]]:
    """The headings of the nearest ten papers of the list outside the fold, most frequent first."""
    return [_file_one(peer, one["papers"], folder / str(at)) for at, one in enumerate(lists)]


def _file_one(peer: Peer, papers: list[PaperToFile], folder: Path) -> list[list[int]]:
    folder.mkdir()
    texts = [text_of(paper) for paper in papers]
    peer.build(texts, folder)
    ask = peer.load(folder)
    found = []
    for paper, text in zip(papers, texts, strict=True):
        near = [papers[at] for at in ask(text, len(texts)) if at >= 0]
        outside = [other["of"] for other in near if other["fold"] != paper["fold"]][:DEPTH]
        votes = Counter(heading for of in outside for heading in of)
        found.append([heading for heading, _ in votes.most_common(TOP)])  # nearer first
    return found


def installed(packages: Sequence[str]) -> tuple[float, dict[str, str]]:
    """Megabytes of the files of these packages and of all they need; the versions of these."""
    todo, seen, size = list(packages), set[str](), 0
    while todo:
        name = re.split(r"[^\w.-]", todo.pop())[0].lower().replace("_", "-")
        if name in seen:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue  # for another system
        seen.add(name)
        paths = [Path(str(package.locate_file(file))) for file in package.files or ()]
        size += sum(path.stat().st_size for path in paths if path.is_file())
        todo += [need for need in package.requires or () if "extra ==" not in need]
    return size / 1e6, {name: distribution(name).version for name in packages}


def peak_memory() -> float:
    """Of this process, in megabytes."""
    status = Path("/proc/self/status")
    if status.is_file():  # what getrusage says includes the parent's, from before the exec
        found = re.search(r"VmHWM:\s+(\d+)", status.read_text())
        assert found
        return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Do one thing with one peer."""
    name, what, *paths = sys.argv[1:]
    peer = PEERS[name]
    begun = time.perf_counter()
    took: dict[str, Any] = {}
    match what, [Path(path) for path in paths]:
        case "size", []:
            took["installed"], took["versions"] = installed(peer.packages)
        case "build", [texts, folder]:
            peer.build(json.loads(texts.read_text()), folder)
        case "encode", [texts]:
            assert peer.encode
            took["encoding"] = peer.encode(json.loads(texts.read_text()))
        case "ask", [folder, queries, answers]:
            ask, found, times = peer.load(folder), [], []
            for query in json.loads(queries.read_text()):
                asked = time.perf_counter()
                found.append(list(ask(query, DEPTH)))
                times.append(time.perf_counter() - asked)
            answers.write_text(json.dumps(found))
            took["times"] = times
        case "file", [lists, folder, answers]:
            todo = json.loads(lists.read_text())
            filed = peer.file(todo, folder) if peer.file else file_by_neighbours(peer, todo, folder)
            answers.write_text(json.dumps(filed))
        case _:
            sys.exit(__doc__)
    took["seconds"] = time.perf_counter() - begun
    took["megabytes"] = peak_memory()
    print(json.dumps(took))


if __name__ == "__main__":
    main()
