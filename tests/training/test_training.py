"""The whole way of a training run at toy size: pairs, training, the mean, the export and back."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import export
import forms
import numpy as np
import pairs
import pytest
import unpack
from conftest import needs
from models import write_model

from ssm_search.encoding.encoder import SentenceTransformerEncoder, load_model
from ssm_search.encoding.export import export_encoder
from ssm_search.encoding.onnx import TOKENIZER_FILE, OnnxEncoder
from ssm_search.encoding.words import WORDS_FILE
from ssm_search.text import words_of
from ssm_search.vectors import as_floats

needs("datasets", reason="needs what models are trained with: pip install '.[training]'")

METHODS = (
    "state space models",
    "graph filters",
    "diffusion",
    "linear attention",
    "quantized trees",
)
TOPICS = ("video", "speech", "traffic", "proteins", "robots", "weather", "music", "maps")
PAPERS = [
    {
        "arxiv_id": f"2401.{at:05}",
        "title": f"{method.title()}: {adverb} {topic} in order {at}",
        "abstract": (
            f"The world of {topic} is large, and most of it was never seen. "
            f"We propose {method} that predict {topic} from a few examples of kind {at}. "
            f"Training on {topic} takes hours on old machines. "
            f"Experiments with {method} show that {topic} are told apart {adverb}. "
            f"Nothing else is needed, e.g. no labels."
        ),
    }
    for at, (method, topic) in enumerate((m, t) for m in METHODS for t in TOPICS)
    for adverb in [("quickly", "slowly", "safely")[at % 3]]
]


def read(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with what each command made of what the one before it did."""
    import mix
    import torch
    import train

    folder, threads = tmp_path_factory.mktemp("training"), torch.get_num_threads()
    torch.set_num_threads(1)  # for a model so small, others stand in each other's way
    first = SentenceTransformerEncoder(write_model(folder / "tiny", max_length=64))
    (folder / "first").mkdir()
    export_encoder(first, [], folder / "first")
    (folder / "papers.jsonl").write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS))
    (folder / "texts.txt").write_text("".join(paper["abstract"] + "\n" for paper in PAPERS))

    unpack.main([str(folder / "first"), str(folder / "start")])
    pairs.main([str(folder / "papers.jsonl"), str(folder / "pairs.jsonl"), "--each", "6"])
    settings = ["--steps", "24", "--batch", "8", "--lr", "2e-3"]
    train.main([*(str(folder / n) for n in ("start", "pairs.jsonl", "trained")), *settings])
    mix.main([*(str(folder / name) for name in ("start", "trained", "mixed")), "--share", ".25"])
    texts = ["--texts", str(folder / "texts.txt")]
    export.main([str(folder / "mixed"), str(folder / "encoder"), *texts])
    yield folder
    torch.set_num_threads(threads)


def test_pairs_are_of_all_kinds_and_say_no_sentence_twice(run: Path) -> None:
    found = read(run / "pairs.jsonl")
    kinds = Counter(pair["kind"] for pair in found)
    assert kinds.total() == 6 * len(PAPERS)
    for kind, share in {**{k: 0.72 * s for k, s in pairs.SHARES.items()}, "question": 0.28}.items():
        assert kinds[kind] == pytest.approx(share * kinds.total(), rel=0.35), kind
    abstracts = {paper["arxiv_id"]: paper["abstract"] for paper in PAPERS}
    for pair in found:
        assert pair["query"]
        if pair["kind"] in ("sentence", "run"):
            assert pair["query"] not in pair["positive"]
        if pair["kind"] == "sentence" and pair["query"] in abstracts[pair["paper"]]:  # undamaged
            rest = abstracts[pair["paper"]].replace(pair["query"], "")
            assert pair["positive"].split(". ")[-1] in rest
        if pair["kind"] == "words":
            assert 2 <= len(pair["query"].split()) <= 5


def test_papers_of_evaluations_are_left_out(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "papers.jsonl").write_text("".join(json.dumps(paper) + "\n" for paper in PAPERS))
    (tmp_path / "ids.txt").write_text(f"arXiv:{PAPERS[3]['arxiv_id']}v2\n")
    asked = {"answers": [{"text": PAPERS[7]["abstract"].upper()}], "year": 2024}
    (tmp_path / "asked.jsonl").write_text(json.dumps(asked) + "\n{ no JSON\n")
    files = [str(tmp_path / name) for name in ("papers.jsonl", "pairs.jsonl")]
    evaluations = [str(tmp_path / name) for name in ("ids.txt", "asked.jsonl")]
    pairs.main([*files, "--each", "1", "--questions", "0", "--leave-out", *evaluations])
    found = read(tmp_path / "pairs.jsonl")
    gone = {paper["arxiv_id"] for paper in PAPERS} - {pair["paper"] for pair in found}
    assert {PAPERS[3]["arxiv_id"], PAPERS[7]["arxiv_id"]} <= gone
    runs = pairs._runs(PAPERS[7]["abstract"])
    shared = {p["arxiv_id"] for p in PAPERS if len(pairs._runs(p["abstract"]) & runs) >= 3}
    assert gone == {PAPERS[3]["arxiv_id"], *shared}
    assert not [pair for pair in found if pair["kind"] == "question"]
    assert capsys.readouterr().out.startswith(f"{len(found)} of 40 papers, {len(found)} pairs: ")


def test_questions_are_asked_of_deeds_and_of_topics() -> None:
    assert len({*forms.FORMS_OF_DEEDS, *forms.FORMS_OF_TOPICS}) == 30
    parts = ["Words are many.", "Here, we then study rare words, of which few were seen."]
    asked = {
        forms.asked_about("Towards a Map of Words: Why", parts, random.Random(i))
        for i in range(400)
    }
    assert ("Which work studies rare words?", 1) in asked
    assert ("Could you list papers that study rare words?", 1) in asked
    assert ("Any work on Map of Words?", None) in asked
    assert len(asked) == 30
    assert forms.asked_about("Words", ["We propose our method."], random.Random(0))[1] is None


def losses(folder: Path, found: list[dict[str, str]]) -> dict[str, float]:
    import torch
    import train

    model = train.load(folder)
    rows = [{"query": p["query"], "positive": p["positive"]} for p in found]
    batch = train.MultiVectorEncoderDataCollator(model.preprocess)(rows)
    names = ("query_", "positive_")
    features = [{k.removeprefix(n): v for k, v in batch.items() if k.startswith(n)} for n in names]
    with torch.no_grad():
        return {k: float(v) for k, v in train.Losses(model.eval())(features, None).items()}


def test_each_loss_falls(run: Path) -> None:
    found = read(run / "pairs.jsonl")
    batch = list({pair["paper"]: pair for pair in found}.values())
    before, after = losses(run / "start", batch), losses(run / "trained", batch)
    assert set(before) == {"by_vector", "by_words", "by_both"}
    for name in before:
        assert after[name] < 0.9 * before[name], (before, after)


def test_losses_are_the_same_in_16_bits_as_on_a_gpu(run: Path) -> None:
    import torch

    found = read(run / "pairs.jsonl")[:20]
    exact = losses(run / "trained", found)
    with torch.autocast("cpu", torch.bfloat16):
        assert losses(run / "trained", found) == pytest.approx(exact, rel=0.05)


def test_losses_by_words_are_of_groups(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import train

    found = read(run / "pairs.jsonl")[:20]
    whole = losses(run / "trained", found)
    monkeypatch.setattr(train, "GROUP", 10)
    apart = losses(run / "trained", found)
    halves = [losses(run / "trained", found[:10]), losses(run / "trained", found[10:])]
    assert apart["by_vector"] == pytest.approx(whole["by_vector"])
    for name in ("by_words", "by_both"):
        assert apart[name] == pytest.approx(sum(half[name] for half in halves) / 2, rel=1e-4)
        assert apart[name] < whole[name]


def test_training_reads_words_and_weights_as_the_product_does(run: Path) -> None:
    import torch
    import train

    text = "What is a video, of graphs (in the models)?"
    model, encoder = train.load(run / "trained").eval(), SentenceTransformerEncoder(run / "trained")
    paper, query = encoder.encode_words([text]), encoder.encode_query_words(text)
    with torch.no_grad():
        found = {
            task: model(model.preprocess([text], task=task), task=task)
            for task in ("query", "document")
        }
    mask = {task: each["attention_mask"][0] for task, each in found.items()}
    words = {task: each["token_embeddings"][0][mask[task]] for task, each in found.items()}
    assert np.allclose(words["query"], query.words, atol=1e-5)
    assert np.allclose(words["document"], as_floats(paper.words), atol=0.01)
    weights = found["query"]["weights"][0, mask["query"], 0]
    assert np.allclose(weights / weights.sum(), query.weights, atol=1e-5)
    vector = found["document"]["sentence_embedding"][0]
    assert np.allclose(vector, paper.vectors[0], atol=1e-5)
    assert weights.std() > 0.01 * weights.mean()  # which were equal at the start


def test_hard_negatives_are_near_and_never_the_paper_itself(run: Path) -> None:
    import train

    found = read(run / "pairs.jsonl")
    negatives = train.Negatives(found, seed=0)
    negatives.mine(train.load(run / "trained"))
    own = {pair["paper"]: set[str]() for pair in found}
    for pair in found:
        own[pair["paper"]].add(pair["positive"])
    for pair in found:
        assert negatives.of(pair) not in own[pair["paper"]]


def test_a_run_ends_by_the_clock_and_mines_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    import train

    now = [0.0]
    monkeypatch.setattr(train.time, "monotonic", lambda: now[0])
    mined = []

    class Mine:
        def mine(self, model: object) -> None:
            mined.append(now[0])
            now[0] += 50

    course = train.Course(steps=1000, seconds=100, negatives=Mine(), start=0.0)  # type: ignore[arg-type]
    control, rates = SimpleNamespace(should_training_stop=False), []
    for step in range(1000):
        course.on_step_begin(None, SimpleNamespace(global_step=step), control, model=None)
        now[0] += 1
        rates.append(course.rate(step))
        course.on_step_end(None, SimpleNamespace(global_step=step), control)
        if control.should_training_stop:
            break
    assert step == 99
    assert mined == [34]
    assert max(rates) == pytest.approx(0.5, abs=0.2)
    assert rates[-1] == pytest.approx(0.02, abs=0.001)


def test_a_mix_is_the_mean_of_the_weights_but_for_the_words(run: Path) -> None:
    import torch

    start, trained, mixed = (
        load_model(run / name, device="cpu").state_dict() for name in ("start", "trained", "mixed")
    )
    changed = 0
    for name, weights in mixed.items():
        if "pooler" not in name:  # nothing uses it, and an export has none
            mean = 0.75 * start[name] + 0.25 * trained[name]
            assert torch.allclose(weights, mean, atol=1e-6)
            changed += not torch.equal(start[name], trained[name])
    assert changed > 30
    assert (run / "mixed" / WORDS_FILE).read_bytes() == (run / "trained" / WORDS_FILE).read_bytes()


def test_the_export_agrees_with_the_model(run: Path) -> None:
    texts = [paper["abstract"] for paper in PAPERS]
    exported, model = OnnxEncoder(run / "encoder"), SentenceTransformerEncoder(run / "mixed")
    one, other = exported.encode_words(texts), model.encode_words(texts)
    assert exported.name == "ssm-minilm-l6"
    assert (one.vectors * other.vectors).sum(axis=1).min() > 0.995
    assert np.array_equal(one.starts, other.starts)
    assert (as_floats(one.words) * as_floats(other.words)).sum(axis=1).mean() > 0.99
    card = (run / "encoder" / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    assert "license: apache-2.0" in card


def test_an_export_unpacked_is_exported_again(run: Path, tmp_path: Path) -> None:
    unpack.main([str(run / "encoder"), str(tmp_path / "model")])
    export.main([str(tmp_path / "model"), str(tmp_path / "encoder")])
    for name in (TOKENIZER_FILE, "README.md"):
        assert (tmp_path / "encoder" / name).read_bytes() == (run / "encoder" / name).read_bytes()
    texts = [paper["abstract"] for paper in PAPERS]
    one, other = (OnnxEncoder(folder / "encoder").encode(texts) for folder in (run, tmp_path))
    assert (one * other).sum(axis=1).min() > 0.999


def test_key_words_are_frequent_in_the_paper_and_rare_elsewhere(run: Path) -> None:
    found = read(run / "pairs.jsonl")
    asked = Counter(w for pair in found if pair["kind"] == "words" for w in words_of(pair["query"]))
    assert not {"the", "of", "is"} & set(asked)
    assert set(asked) & {*TOPICS, *(word for method in METHODS for word in words_of(method))}
