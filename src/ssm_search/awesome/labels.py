"""What the text of a link says of it: that it is "Paper" or "Code", and so no title."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache

PAPER_LABELS = frozenset(
    """paper pdf arxiv openreview doi html abs article thesis 论文 論文 논문 статья artículo artikel
    articolo artigo""".split()
)
CODE_LABELS = frozenset(
    """code codes github repo repository implementation star stars 代码 代碼 コード 코드 код
    código""".split()
)
_LABELS = (
    frozenset(
        """papers gitlab link links project page pages website web homepage home site video videos
        slides slide demo demos dataset datasets data model models weights huggingface hf poster
        blog post doc docs documentation bibtex bib cite citation ieee acm springer elsevier
        supplementary supplement supp appendix preprint version official unofficial url abstract
        here source download pytorch jax tensorflow colab notebook review talk youtube twitter
        zhihu available list cvf proceedings publication journal conference venue tba todo na none
        coming soon intro introduction keyword keywords tag tags note notes gitxiv reddit tldr
        summary tutorial
        链接 地址 项目 项目地址 主页 项目主页 官网 数据集 数据 模型 视频 博客 文档 论文链接 代码链接
        论文地址 代码地址 lien enlace ссылка リンク 링크""".split()
    )
    | PAPER_LABELS
    | CODE_LABELS
)
_THINGS = frozenset("pytorch jax tensorflow huggingface colab youtube twitter zhihu".split())
_LONGEST_LABEL = 100  # venues and dates are no longer either
# A misspelled label is worth recognising only where chance does not explain the likeness.
_SPELLING_LENGTHS = range(4, 9)
_SPELLING_LIKENESS = 0.85

_ID_WORD = re.compile(r"\d{4}\.\d{4,5}(v\d+)?")
_REMARK = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")
_WORD = re.compile(r"[^\W_]+")


def label_words(text: str) -> frozenset[str]:
    """The words of a link text, for looking labels up; ids, numbers and addresses left out."""
    if "://" in text:
        return frozenset()
    words = _WORD.findall(_ID_WORD.sub("", text.casefold()))
    return frozenset(word for word in words if not word.isdigit() and len(word) > 1)


def is_label(text: str) -> bool:
    """True for a link text that names a kind of link ("[Paper]", "Code", an address), no title."""
    if "://" in text:
        return True
    if len(text) > _LONGEST_LABEL:
        return False
    words = label_words(without_remark(text))  # "Model (7B)", "Paper(Oral)"
    unknown = words - _LABELS
    return not unknown or (len(words) == 1 and _is_misspelled(next(iter(words))))


def without_remark(text: str) -> str:
    """``text`` without the brackets at its end: "DuneNet" of "DuneNet (2004)"."""
    return _REMARK.sub("", text) or text


def names_thing(text: str) -> bool:
    """Whether a text that may be a label is the name of something too: "jax", "Talks"."""
    words = label_words(text)
    return words <= _THINGS or not words <= _LABELS


@lru_cache(maxsize=4096)
def _is_misspelled(word: str) -> bool:
    return len(word) in _SPELLING_LENGTHS and bool(
        difflib.get_close_matches(word, _LABELS, 1, _SPELLING_LIKENESS)
    )
