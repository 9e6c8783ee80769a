"""A list's index → scripts that answer in a browser, without a server: its data, and no abstracts.

``views/browser/search.js`` reads them. There is a script for each part, in the order in which a
page needs them, for a browser reads no other files from its own machine:

``papers.js``
    What is known of each paper, and the ten most like it.
``words.js``
    What BM25 needs: which paper has which term how often, and which words are of which term. With
    these a question is answered at once.
``meaning.js``
    What late interaction needs: each piece of the encoder's vocabulary encoded alone, and the words
    of the papers, near ones joined. A question's pieces stand in for its words in their place.
``exports.js``
    Each paper as BibTeX, RIS, CSV, Markdown and JSON, for when somebody asks for a file.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ssm_search.dates import Date
from ssm_search.papers import Paper
from ssm_search.ranking import fusion, okapi
from ssm_search.site.codes import LEVELS, coded, script_call, text_of, varints
from ssm_search.text import STOP_WORDS, shown, terms
from ssm_search.views import export

if TYPE_CHECKING:
    from ssm_search.encoding import WordPieces
    from ssm_search.index import MemoryIndex
    from ssm_search.search import Search

RELATED = 10
POOLED = 4
"""Words of an abstract that become one: with 1, 2, 4, 6, 8 and 12, of the answers to 175 real
questions .654, .653, .651, .630, .638 and .612 are among the first ten, and of 727 known items
.792, .794, .783, .780, .765 and .766 are first; by words alone .596 and .777. Two bits a coordinate
do as well as eight (.651 for .656, .783 for .790), one bit gives .631 and .787."""
SHARE = 0.5
"""Of meaning in a score, the rest being BM25: of .3, .4, .5, .6 and .7 come .640, .652, .644, .644
and .625 of recall@10, and .541, .551, .549, .542 and .535 of recall@5 of the real questions."""
NEAR = 0.65
"""The cosine from which on two words are near: "photo" and "image" have .79 as they are coded,
"speech" and "voice" .66; of 2,000 pairs by chance one in a thousand has .57 or more."""
LEAST = 0.5
"""Share of a question's words that the list must have, or words near to them, or it has nothing
about it. None of 175 real questions to 850 papers on machine learning is told so, answered there or
not, but 40 % of 60 about cooking, law and the like; of three lists none of 281 sentences of their
own papers, .8 % of the real questions, and 71 % of those 60. How near the nearest paper comes by
meaning does not tell these apart."""
WEIGHT_LEVELS = 255


def data_files(search: Search, pieces: WordPieces | None) -> dict[str, bytes]:
    """The scripts by their names; the same for the same index.

    Args:
        pieces: those of the encoder of the index; without them, or without vectors of the papers'
            words, there is no ``meaning.js``, and questions are answered by words alone.

    Raises:
        IndexFolderError: these are the papers of a large corpus, which is no list.
    """
    index = search.rows.as_list().list_index
    files = {
        "papers.js": script_call("papers", records(search)),
        "words.js": script_call("words", words(index, pieces)),
        "exports.js": script_call("exports", exports(search.papers)),
    }
    if pieces and index.word_vectors:
        files["meaning.js"] = script_call("meaning", meaning(index, pieces))
    return files


def records(search: Search) -> list[dict[str, Any]]:
    """What a page shows of each paper, as JSON types; no abstract and no sentence of one."""
    return [
        {
            "id": paper.id,
            "title": shown(paper.title),
            "kind": paper.kind,
            "url": paper.url,
            "pdf_url": paper.pdf_url,
            "code_url": paper.code_url,
            "links": [(shown(link.name), link.url) for link in paper.links],
            "year": paper.known_year or 0,
            "year_text": paper.year_text,
            "venue": shown(paper.venue),
            "authors": list(map(shown, paper.authors)),
            "categories": [list(map(shown, path)) for path in paper.categories],
            "date": _date(paper),
            "related": search.related_rows(paper, RELATED),
        }
        for paper in search.papers
    ]


def words(index: MemoryIndex, pieces: WordPieces | None) -> dict[str, Any]:
    """What BM25 and the reading of questions need, in a form of which a browser reads a part.

    ``stems`` has a line for each stem, " word word / other other :postings": the words of that stem
    that papers have; those that no paper has, but that the encoder's vocabulary knows, for a
    browser has no stemmer; and for each paper that has the stem how far its row is from the one
    before (from -1 for the first) and how often it has it. Around each word are spaces, so that
    its line is found as text: to read all 11,000 lines of 1,000 papers before the first answer took
    a phone of some years ago 150 ms.
    """
    forms = _by_stem(index.words)
    others = _by_stem([word for word in pieces.texts if word.isalnum()] if pieces else [])
    stems = sorted(forms)
    postings = _postings(index, stems)
    lines = (
        " ".join(["", *sorted(forms[stem]), "/", *sorted(others[stem] - forms[stem]), ":"])
        + text_of(varints(numbers)).rstrip("=")
        for stem, numbers in zip(stems, postings, strict=True)
    )
    return {
        "k1": okapi.K1,
        "b": okapi.B,
        "least": LEAST,
        "stop": " ".join(sorted(STOP_WORDS)),
        "folds": _folds(),
        "lengths": text_of(varints(index.term_count(row) for row in range(len(index)))),
        "stems": "\n".join(lines),
    }


def meaning(index: MemoryIndex, pieces: WordPieces) -> dict[str, Any]:
    """What late interaction needs, each vector as :func:`~ssm_search.site.codes.coded`.

    ``codes`` are those of the papers' words, of each paper as many as ``counts`` says; ``table``
    and ``weights`` those of the first pieces, in their order.
    """
    papers = index.word_vectors.pooled(POOLED)
    vectors = papers.vectors.astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    weights = pieces.weights * (WEIGHT_LEVELS / max(float(pieces.weights.max(initial=0)), 1e-12))
    return {
        "share": SHARE,
        "near": NEAR,
        "dislike": fusion.DISLIKE_WEIGHT,
        "levels": LEVELS,
        "width": vectors.shape[1],
        "pieces": " ".join(pieces.texts),
        "weights": text_of(np.ceil(weights).astype(np.uint8).tobytes()),
        "table": text_of(coded(pieces.vectors).tobytes()),
        "counts": text_of(varints(np.diff(papers.starts).tolist())),
        "codes": text_of(coded(vectors).tobytes()),
    }


def exports(papers: Sequence[Paper]) -> dict[str, Any]:
    """Each paper in each form, so that those of any papers, joined, are what export writes."""
    known = [replace(paper, abstract="") for paper in papers]
    joins = {"bibtex": "\n", "csv": "", "json": ",\n", "markdown": "", "ris": "\r\n"}
    forms, entries = {}, {}
    for form, suffix in export.SUFFIXES.items():
        head, foot = ("[\n", "\n]") if form == "json" else (export.export([], form), "")
        texts = [export.export([paper], form) for paper in known]
        entries[form] = [text.removeprefix(head).removesuffix(foot) for text in texts]
        forms[form] = {"suffix": suffix, "head": head, "join": joins[form], "foot": foot}
    packed = zlib.compress(json.dumps(entries, separators=(",", ":")).encode(), 9)
    return {"forms": forms, "packed": text_of(packed)}


def _date(paper: Paper) -> str:
    date = Date.of(paper)
    known = [f"{date.year:04}", f"{date.month:02}", f"{date.day:02}"]
    return "-".join(known[: sum(1 for part in (date.year, date.month, date.day) if part)])


def _by_stem(words: Iterable[str]) -> defaultdict[str, set[str]]:
    found = defaultdict(set)
    for word in words:
        for stem, whole in terms(word):
            if whole == word:
                found[stem].add(word)
    return found


def _postings(index: MemoryIndex, stems: Sequence[str]) -> Iterator[list[int]]:
    lengths = np.array([index.term_count(row) for row in range(len(index))])
    # What BM25 has of a term is count / (count + norm).
    norms = okapi.length_norm(lengths, index.mean_length)
    for stem in stems:
        rows, shares = index.term_frequencies(stem)
        counts = np.rint(shares * norms[rows] / (1 - shares)).astype(int)
        yield np.column_stack([np.diff(rows, prepend=-1), counts]).ravel().tolist()


def _folds() -> dict[str, str]:
    """What case folding makes of the characters that have it do more than to lower case."""
    letters = map(chr, (*range(0xD800), *range(0xE000, 0x110000)))
    return {char: char.casefold() for char in letters if char.casefold() != char.lower()}
