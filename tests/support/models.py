"""A sentence-transformers model small enough to be made in a test: two layers, random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx

WIDTH = 64
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = ["video", "graph", "audio", "text", "mamba", "state", "space", "model", "Video"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = [*SPECIAL, *LETTERS, *(f"##{x}" for x in LETTERS), *WORDS]
VOCABULARY += [a + b for a in LETTERS for b in LETTERS]
VOCABULARY += [f"##{a}{b}" for a in LETTERS for b in LETTERS]
TEXTS = [
    f"{one} {other} {rest}"
    for one in ("video", "graph", "audio", "text")
    for other in ("mamba", "state space", "model of words", "zebra")
    for rest in ("", "and some more words that make the text longer than others are")
]


def write_model(
    folder: Path,
    *,
    pooling: str = "mean",
    max_length: int = 32,
    prompts: dict[str, str] | None = None,
    lower_case: bool = True,
) -> Path:
    """Write a model into a new ``folder`` as SentenceTransformer.save would."""
    # Where it is used: every process imports this file that runs, or counts, tests of a model.
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    folder.mkdir()
    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=2 * WIDTH,
        max_position_embeddings=64,
    )
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = BertModel(config)
        with torch.no_grad():  # as freshly made, all texts would be nearly the same
            model.embeddings.word_embeddings.weight.normal_(0, 1)
    save_file(model.state_dict(), folder / "model.safetensors", {"format": "pt"})
    config.architectures = ["BertModel"]
    config.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n")
    parts = ["Transformer", "Pooling", "Normalize"]
    files = {
        "tokenizer_config.json": {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": False,
            "model_max_length": 64,
        },
        "sentence_bert_config.json": {"max_seq_length": max_length, "do_lower_case": lower_case},
        "config_sentence_transformers.json": {"prompts": prompts or {}},
        "modules.json": [
            {
                "idx": at,
                "name": str(at),
                "path": f"{at}_{part}" if at else "",
                "type": f"sentence_transformers.models.{part}",
            }
            for at, part in enumerate(parts)
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": WIDTH,
            "pooling_mode_cls_token": pooling == "cls",
            "pooling_mode_mean_tokens": pooling == "mean",
            "pooling_mode_max_tokens": pooling == "max",
        },
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    return folder


def coarse(*given: Any) -> onnx.ModelProto:
    """A graph in codes so coarse that the answers are others, so that weights stay as they are."""
    from onnx import numpy_helper

    from ssm_search.encoding.quantizing import quantized

    graph = quantized(*given)
    for table in graph.graph.initializer:
        if table.name.endswith(".codes"):
            codes = numpy_helper.to_array(table) // 64 * 64
            table.CopyFrom(numpy_helper.from_array(codes, table.name))
    return graph
