"""Train an encoder on pairs: one vector a text, vectors of its words, and their weights, at once.

    python training/train.py MODEL_FOLDER pairs.jsonl OUT_FOLDER --seconds 360

MODEL_FOLDER is any sentence-transformers model of a transformer and pooling, without prompts; one
that has no layers for words gets a random projection. Runs on the GPU where there is one.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize
from sentence_transformers.multi_vector_encoder import (
    MultiVectorEncoder,
    MultiVectorEncoderDataCollator,
    MultiVectorEncoderTrainer,
    MultiVectorEncoderTrainingArguments,
    maxsim,
)
from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask
from torch import Tensor, nn
from torch.nn import functional
from transformers import TrainerCallback

from ssm_search.encoding.encoder import load_model
from ssm_search.encoding.words import WordLayers, save_word_layers, word_layers
from ssm_search.text import STOP_WORDS

LONGEST = 64  # tokens of a question that are read; of papers, as many as the model takes
GROUP = 128  # questions whose words are compared with those of each other's papers; memory
FASTER = 8  # times the learning rate of layers that exist already, those that are new
WARMUP = 60  # steps
LEAST = 0.02  # of the learning rate, what is left of it at the end
NEAREST, SAME = 2, 0.95
"""Of a paper's neighbours, those that may be right as well: the first, and those more alike."""
BANDS = {"words": (30, 90)}
"""Which neighbours are wrong answers, of which many match a few key words; of other questions:"""
BAND = (0, 30)


def load(folder: Path) -> MultiVectorEncoder:
    """The model with its layers for words.

    After the first three modules, a text has its ``sentence_embedding``; then its tokens have
    ``weights`` and small ``token_embeddings``, and its mask is that of words as the product has
    them: of papers without stop words.
    """
    pooled = load_model(folder)
    width = pooled[0].get_embedding_dimension()
    layers = word_layers(folder, width)
    weigh = Dense(
        width,
        1,
        activation_function=nn.Softplus(),
        init_weight=torch.from_numpy(layers.weights[None]),
        init_bias=torch.from_numpy(layers.bias[None]),
        module_input_name="token_embeddings",
        module_output_name="weights",
    )
    project = Dense(
        width,
        len(layers.projection),
        bias=False,
        activation_function=None,
        init_weight=torch.from_numpy(layers.projection),
        module_input_name="token_embeddings",
    )
    tokenizer = pooled.tokenizer
    vocabulary = tokenizer.get_vocab()
    marks = {piece for piece in vocabulary if not any(map(str.isalnum, piece))}
    marks |= set(tokenizer.all_special_tokens) - {tokenizer.unk_token}
    modules = [
        *(pooled[0], pooled[1], Normalize()),
        *(weigh, project, Normalize("token_embeddings")),
        MultiVectorMask(sorted(marks), skiplist_tasks=["query", "document"]),
        MultiVectorMask(sorted(STOP_WORDS & vocabulary.keys()), skiplist_tasks="document"),
    ]
    for module in pooled.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0  # a run sees few texts twice
    return MultiVectorEncoder(modules=modules, device=str(pooled.device))


def pooling(model: MultiVectorEncoder) -> SentenceTransformer:
    """The part of ``model`` that gives one vector a text, with the same weights."""
    return SentenceTransformer(modules=list(model)[:3], device=str(model.device))


def save(model: MultiVectorEncoder, folder: Path) -> None:
    """Write a folder such as :func:`load` takes."""
    pooling(model).save(str(folder), create_model_card=False)
    weigh, project = (
        {k: v.cpu().numpy() for k, v in model[at].linear.state_dict().items()} for at in (3, 4)
    )
    layers = WordLayers(project["weight"], weigh["weight"][0], weigh["bias"][0])
    save_word_layers(layers, folder)


class Losses(nn.Module):
    """Cross-entropy over the papers of a batch by vectors, by words, and by the sum of both.

    sentence-transformers has the first two as losses of their own, but each of them would run the
    model again, neither gives its scores to be added, and their scales are not learned.
    """

    def __init__(self, model: MultiVectorEncoder):
        super().__init__()
        self.model = model
        self.vector_scale = nn.Parameter(torch.tensor(math.log(20.0)))
        self.words_scale = nn.Parameter(torch.tensor(math.log(20.0)))

    def forward(self, features: Sequence[dict[str, Any]], _: Tensor | None) -> dict[str, Tensor]:
        """The three losses of questions (the first features) and papers, the right ones first."""
        query, *papers = (self.model(dict(each), task=each["task"]) for each in features)
        vectors = torch.cat([paper["sentence_embedding"] for paper in papers])
        with torch.autocast(vectors.device.type, enabled=False):  # 16 bits would make some equal
            cosines = query["sentence_embedding"].float() @ vectors.float().T
        cosines = cosines * self.vector_scale.exp().clamp(max=60)
        weights = query["weights"][..., 0].float() * query["attention_mask"]
        weights = weights / weights.sum(1, keepdim=True).clamp(min=1e-6)
        total, words, both = len(weights), cosines.new_zeros(()), cosines.new_zeros(())
        for rows in torch.arange(total, device=weights.device).split(GROUP):
            late = torch.cat(
                [
                    maxsim(  # weighted, as its mask may be one of numbers
                        query["token_embeddings"][rows],
                        paper["token_embeddings"][rows],
                        a_mask=weights[rows],
                        b_mask=paper["attention_mask"][rows],
                    )
                    for paper in papers
                ],
                dim=1,
            )
            late = late * self.words_scale.exp().clamp(max=100)
            columns = torch.cat([rows + total * at for at in range(len(papers))])
            right, share = torch.arange(len(rows), device=rows.device), len(rows) / total
            words = words + share * functional.cross_entropy(late, right)
            both = both + share * functional.cross_entropy(late + cosines[rows][:, columns], right)
        vector = functional.cross_entropy(cosines, torch.arange(total, device=cosines.device))
        return {"by_vector": 0.5 * vector, "by_words": 0.5 * words, "by_both": both}


class Negatives:
    """Papers that the model takes for near another one: wrong answers that are hard to tell."""

    def __init__(self, pairs: Sequence[dict[str, str]], seed: int):
        self._random = random.Random(seed)
        self._papers: dict[str, dict[str, str]] = {}  # the texts of each, by kinds of questions
        for pair in pairs:
            self._papers.setdefault(pair["paper"], {})[pair["kind"]] = pair["positive"]
        self._rows = {paper: row for row, paper in enumerate(self._papers)}
        self._texts = list(self._papers.values())
        self._near = torch.empty(0)

    def mine(self, model: MultiVectorEncoder) -> None:
        """Find the neighbours of each paper.

        By one vector a paper: ``mine_hard_negatives`` of sentence-transformers encodes each
        question and each text, ten times as many, and finds those nearest to the question alone.
        """
        texts = [next(iter(kinds.values())) for kinds in self._texts]
        with torch.autocast(model.device.type, torch.bfloat16, enabled=model.device.type == "cuda"):
            vectors = pooling(model).encode(texts, batch_size=256, convert_to_tensor=True).float()
        near = []
        count = min(NEAREST + max(high for _, high in (BAND, *BANDS.values())), len(texts) - 1)
        for rows in torch.arange(len(texts), device=vectors.device).split(4096):
            scores = vectors[rows] @ vectors.T
            scores[scores > SAME] = -1
            scores[torch.arange(len(rows)), rows] = -2
            near.append(scores.topk(count).indices[:, NEAREST:].cpu())
        self._near = torch.cat(near)

    def of(self, pair: dict[str, str]) -> str:
        """A wrong answer, if it can be made of the same parts of its paper as the right one."""
        low, high = BANDS.get(pair["kind"], BAND)
        near = self._near[self._rows[pair["paper"]]]
        texts = self._texts[int(self._random.choice(near[low:high] if len(near) > low else near))]
        return texts.get(pair["kind"]) or self._random.choice(list(texts.values()))


@dataclass
class Batches(MultiVectorEncoderDataCollator):
    """Numbers of pairs → the tokens of their questions, right and wrong answers."""

    pairs: Sequence[dict[str, str]] = ()
    negatives: Negatives | None = None

    def __call__(self, features: list[dict[str, Any]]) -> dict[str, Any]:
        """A batch."""
        assert self.negatives
        pairs = [self.pairs[each["pair"]] for each in features]
        rows = [
            {"query": p["query"], "positive": p["positive"], "negative": self.negatives.of(p)}
            for p in pairs
        ]
        batch: dict[str, Any] = super().__call__(rows)
        return batch


@dataclass
class Course(TrainerCallback):
    """How far a run is: by steps or by time, whatever ends it first."""

    steps: int
    seconds: float
    negatives: Negatives
    start: float = field(default_factory=time.monotonic)
    mined_anew: bool = False

    def done(self, step: int) -> float:
        """The share of the run that is behind it."""
        return max(step / self.steps, (time.monotonic() - self.start) / self.seconds)

    def rate(self, step: int) -> float:
        """What the learning rates are multiplied by: a cosine, after a short rise."""
        cosine = (1 + math.cos(math.pi * min(1.0, self.done(step)))) / 2
        return min(1.0, (step + 1) / WARMUP) * (LEAST + (1 - LEAST) * cosine)

    def on_step_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """After a third, look for hard negatives anew: other ones are hard by then."""
        if not self.mined_anew and self.done(state.global_step) > 1 / 3:
            start = time.monotonic()
            self.negatives.mine(given["model"])
            self.mined_anew = True
            self.start += time.monotonic() - start  # which is not time of training

    def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:
        """End by the clock."""
        control.should_training_stop |= self.done(state.global_step) >= 1


def train(
    model: MultiVectorEncoder, pairs: Sequence[dict[str, str]], given: argparse.Namespace
) -> None:
    """Train ``model`` where it is."""
    losses, negatives = Losses(model).to(model.device), Negatives(pairs, given.seed)
    negatives.mine(model)
    course = Course(given.steps, given.seconds, negatives)
    new: dict[bool, list[nn.Parameter]] = {False: [], True: []}
    for name, parameter in losses.named_parameters():
        new[".linear." in name or name.endswith("_scale")].append(parameter)
    optimizer = torch.optim.AdamW(
        [{"params": new[False], "lr": given.lr}, {"params": new[True], "lr": FASTER * given.lr}],
        betas=(0.9, 0.98),
        weight_decay=0.01,
    )
    with tempfile.TemporaryDirectory() as scratch:
        settings = MultiVectorEncoderTrainingArguments(
            output_dir=scratch,
            max_steps=given.steps,
            per_device_train_batch_size=given.batch,
            batch_sampler="no_duplicates",  # no paper twice in a batch
            dataloader_drop_last=True,
            dataloader_pin_memory=model.device.type == "cuda",
            bf16=model.device.type == "cuda",
            max_grad_norm=1.0,
            logging_steps=max(1, min(100, given.steps // 10)),
            save_strategy="no",
            report_to="none",
            seed=given.seed,
        )
        MultiVectorEncoderTrainer(
            model=model,
            args=settings,
            train_dataset=Dataset.from_dict(
                {"paper": [pair["paper"] for pair in pairs], "pair": range(len(pairs))}
            ),
            loss=losses,
            # In this process: another would not learn of new negatives.
            data_collator=Batches(
                model.preprocess,
                max_length={"query": min(LONGEST, model.max_seq_length)},
                pairs=pairs,
                negatives=negatives,
            ),
            callbacks=[course],
            optimizers=(optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, course.rate)),
        ).train()


def main(arguments: Sequence[str] | None = None) -> None:
    """Write OUT_FOLDER."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("model", type=Path, metavar="MODEL_FOLDER")
    parser.add_argument("pairs", type=Path)
    parser.add_argument("out", type=Path, metavar="OUT_FOLDER")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=math.inf, help="end sooner, by the clock")
    parser.add_argument("--batch", type=int, default=512, help="pairs a step (512)")
    parser.add_argument("--lr", type=float, default=1.5e-4)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)
    os.environ["TOKENIZERS_PARALLELISM"] = "true"
    torch.manual_seed(given.seed)
    with given.pairs.open(encoding="utf-8") as file:
        pairs = [json.loads(line) for line in file]
    model = load(given.model)
    train(model, pairs, given)
    save(model, given.out)


if __name__ == "__main__":
    main()
