"""The search of a site in a browser: it answers as Python does from the same data."""

from __future__ import annotations

import json
import random
import re
import unicodedata
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tokenizers
from browsing import context_of
from fakes import TokenEncoder
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from ssm_search.encoding import WordPieces
from ssm_search.encoding.words import WordTokenizer
from ssm_search.papers import Link, Paper
from ssm_search.ranking import fusion
from ssm_search.search.local import PaperSearch
from ssm_search.site.codes import LEVELS, coded, script_call
from ssm_search.site.data import POOLED, data_files, exports, meaning
from ssm_search.text import asked_terms, shown, terms
from ssm_search.views.export import SUFFIXES, export
from ssm_search.views.scripts import script

ABOUT = "It is about {}. {} are shown to grow, and growing ones to be shown. Others keep to {}."
TITLES = (
    "Kites of video", "Straße and naïve kites", "Films of lattices", "A graph that talks",
    "Sounds </script><b>bold</b>", "Talking audio", "Text of texts", "\u202eturned\u202c fishes",
    "Growing kites 2", "Kites of video",
)  # fmt: skip
PAPERS = [
    Paper(
        f"2401.{row:05}",
        title,
        url=f"https://arxiv.org/abs/2401.{row:05}",
        authors=("Ada Kite", "Bo Fish") if row % 2 else (),
        year=2024,
        categories=(("Moving", "Kites"),),
        links=(Link("视频", "https://v.example/1"),) if row == 1 else (),
        abstract=ABOUT.format(*(TITLES[(row * step) % len(TITLES)] for step in (1, 3, 7))),
    )
    for row, title in enumerate(TITLES)
]
WORDS = (
    "kite kites video film grow growing talk talks the of graph shown strasse naive text".split()
)
OTHERS = "é ß ж ##ж 中 文 か ##か ا ##ا ∞ ™ ##™ ি ##ি".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
VOCABULARY = ["[UNK]", *LETTERS, *(f"##{one}" for one in LETTERS), *WORDS, "##s", "##ing", *OTHERS]
QUESTIONS = (
    "kites", "growing video", "film of a graph", "kites kites talks", "how does a kite work?",
    "explain talks vs films", "Straße", "ＫＩＴＥＳ", "nothing of that sort", "the of and", "!?",
    "", "zebra", "2401.00003", "unshownable talks", "naïve", "gro", "a", "kites of video",
)  # fmt: skip


UNLIKE = ("gro", "2401.00003", "how does a kite work?", "explain talks vs films")
"""Those whose terms are not all that is looked for, or not all as they are."""


@pytest.fixture(scope="module")
def search() -> PaperSearch:
    return PaperSearch.from_papers(PAPERS, TokenEncoder())


@pytest.fixture(scope="module")
def tokenizer() -> WordTokenizer:
    numbers = {piece: number for number, piece in enumerate(dict.fromkeys(VOCABULARY))}
    model = WordPiece(vocab=numbers, unk_token="[UNK]", max_input_chars_per_word=100)
    made = tokenizers.Tokenizer(model)
    made.normalizer, made.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
    return WordTokenizer(made)


@pytest.fixture(scope="module")
def pieces(tokenizer: WordTokenizer) -> WordPieces:
    assert tokenizer.cuts_as_bert()
    texts = [piece for piece in tokenizer.pieces() if piece != "[UNK]"]
    texts.sort(key=lambda piece: not piece.isascii())
    vectors = np.random.default_rng(1).normal(size=(sum(map(str.isascii, texts)), 30))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    vectors[texts.index("film")] = vectors[texts.index("video")]
    weights = np.array(
        [0 if one in ("the", "of") else 1 + len(one) for one in texts[: len(vectors)]]
    )
    return WordPieces(tuple(texts), vectors, weights.astype(np.float32))


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Page:
    return context_of(browser).new_page()


def loaded(page: Page, files: dict[str, bytes], *names: str) -> Page:
    """``page``, with the engine anew and some scripts of data."""
    page.goto("about:blank")
    for text in (script("pieces.js", "search.js"), *(files[name].decode() for name in names)):
        page.add_script_tag(content=text)
    return page


@pytest.fixture
def engine(blank: Page, search: PaperSearch, pieces: WordPieces) -> Page:
    files = data_files(search, pieces)
    assert list(files) == ["papers.js", "words.js", "exports.js", "meaning.js"]
    return loaded(blank, files, *files)


def rank(page: Page, text: str, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("([t, o]) => ssmSearch.rank(t, o)", [text, options])
    return found


def inside(page: Page, what: str, text: str) -> Any:
    """What parts of the engine give of a text."""
    names = "{ terms, bm25, meaning }"
    return page.evaluate(f"(text) => {{ const {names} = ssmSearch.inside; return {what}; }}", text)


def hostile_texts(count: int) -> list[str]:
    """Texts of signs of many scripts, spaces, marks and controls; the same ones each time.

    All signs are as old as Unicode 3.2, for Python, the tokenizer and browsers know others in
    different editions of it, and would be right each for itself.
    """
    chance = random.Random(0)
    ranges = (
        (0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x500), (0x590, 0x700), (0x900, 0xA00),
        (0x1E00, 0x2000), (0x2000, 0x2070), (0x2100, 0x2300), (0x3040, 0x3100), (0x4E00, 0x4E40),
        (0xAC00, 0xAC40), (0xFB00, 0xFB50), (0xFE00, 0xFFF0), (0x1D400, 0x1D500), (0, 0x20),
    )  # fmt: skip
    old = unicodedata.ucd_3_2_0
    texts = []
    for _ in range(count):
        first, last = chance.choice(ranges)
        signs = [chr(chance.randrange(first, last)) for _ in range(chance.randrange(1, 30))]
        mixed = [chance.choice((sign, sign, "kites", " ", "a", "E\u0301")) for sign in signs]
        texts.append("".join(one for one in mixed if len(one) > 1 or old.category(one) != "Cn"))
    return texts


def test_terms_and_stems_are_those_of_python(engine: Page, search: PaperSearch) -> None:
    asking = ["papers on kites", "in which  works are films shown", "Paper kites", "work\non it"]
    texts = [*QUESTIONS, *asking, *hostile_texts(400)]
    for ours, name in ((terms, "terms"), (asked_terms, "askedTerms")):
        theirs = engine.evaluate(f"texts => texts.map(ssmSearch.inside.{name})", texts)
        assert theirs == [[word for _, word in ours(text)] for text in texts]
    known = {word: stem for word in search.rows.words for stem, _ in terms(word)}
    # "talk" and "grow" no paper has, but their stem some have, and they are pieces.
    asked = [*known, "talk", "grow", "zebra"]
    found = engine.evaluate("words => words.map((w) => ssmSearch.inside.stem(w)?.words)", asked)
    of_stem = {
        stem: sorted(word for word, own in known.items() if own == stem) for stem in known.values()
    }
    assert found[:-1] == [of_stem[known.get(word, word)] for word in asked[:-1]]
    assert found[-1] is None
    forms = engine.evaluate("[...ssmSearch.forms(['TALKS', 'zebra'])].sort()")
    assert forms == ["talk", "talking", "talks", "zebra"]


def test_pieces_are_those_of_the_tokenizer(
    engine: Page, tokenizer: WordTokenizer, pieces: WordPieces
) -> None:
    texts = [*QUESTIONS, *hostile_texts(400), "x" * 101 + " kites", "ſtraße ŉ İI \ufeffkite\xadd"]
    theirs = engine.evaluate("t => t.map(one => ssmSearch.inside.meaning().cut(one))", texts)
    place = {piece: number for number, piece in enumerate(pieces.texts)}
    names = {number: piece for piece, number in tokenizer.pieces().items()}
    for text, found in zip(texts, theirs, strict=True):
        numbers = tokenizer.question(text).ids.tolist()
        kept = [place.get(names.get(number, ""), -1) for number in numbers]
        # Marks between words are words to the tokenizer, and unknown.
        assert [one for one in found if one >= 0] == [one for one in kept if one >= 0], text


def decoded(codes: NDArray[np.uint8], width: int) -> NDArray[np.float32]:
    """The unit vectors that a browser takes :func:`coded` ones for, float32, shape (n, width)."""
    bits = (codes[:, :, None] >> np.array([0, 2, 4, 6], np.uint8)) & 3
    vectors = np.array(LEVELS, np.float32)[bits.reshape(len(codes), -1)[:, :width]]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)


def test_scores_are_those_of_python(engine: Page, search: PaperSearch, pieces: WordPieces) -> None:
    index = search.rows.as_list().list_index
    part = meaning(index, pieces)
    share = part["share"]
    near = index.word_vectors.pooled(POOLED)
    vectors = near.vectors / np.linalg.norm(near.vectors, axis=1, keepdims=True)
    stored = decoded(coded(vectors.astype(np.float32)), 30)
    table = decoded(coded(pieces.vectors), 30)
    weights = np.ceil(pieces.weights * 255 / pieces.weights.max())
    for text in QUESTIONS:
        bm25 = index.bm25_scores([stem for stem, _ in terms(text)])
        theirs = inside(engine, "Array.from(bm25(terms(text)))", text)
        np.testing.assert_allclose(theirs, bm25, atol=1e-4)
        cut = inside(engine, "meaning().cut(text)", text)
        numbers = [one for one in cut if 0 <= one < len(table) and weights[one]]
        late = np.zeros(len(PAPERS), np.float32)
        if numbers:
            shares = (weights[numbers] / weights[numbers].sum()).astype(np.float32)
            late = np.maximum.reduceat(stored @ table[numbers].T, near.starts[:-1]) @ shares
        found = inside(engine, "Array.from(meaning().late(text))", text)
        np.testing.assert_allclose(found, late, atol=1e-4)
        if re.search(r"\w", text) and text not in UNLIKE:
            both = (1 - share) * fusion.z_scores(bm25) + share * fusion.z_scores(
                np.asarray(late, np.float32)
            )
            scores = [hit["score"] for hit in rank(engine, text, k=99)["hits"]]
            np.testing.assert_allclose(scores, sorted(both, reverse=True), atol=1e-4)


def test_papers_are_alike_as_python_says(
    engine: Page, search: PaperSearch, pieces: WordPieces
) -> None:
    near = search.rows.as_list().list_index.word_vectors.pooled(POOLED)
    vectors = near.vectors / np.linalg.norm(near.vectors, axis=1, keepdims=True)
    stored = decoded(coded(vectors.astype(np.float32)), 30)

    def like(row: int) -> np.ndarray:
        own = stored[near.starts[row] : near.starts[row + 1]][:24]
        return np.maximum.reduceat(stored @ own.T, near.starts[:-1]).mean(axis=1)

    for row in range(3):
        found = engine.evaluate("row => Array.from(ssmSearch.inside.meaning().like(row))", row)
        np.testing.assert_allclose(found, like(row), atol=1e-4)
    scores = (
        fusion.z_scores(like(0)) + fusion.z_scores(like(3))
    ) / 2 - fusion.DISLIKE_WEIGHT * fusion.z_scores(like(4))
    expected = [int(row) for row in np.argsort(-scores, kind="stable") if row not in (0, 3, 4)]
    asking = "([liked, disliked, options]) => ssmSearch.recommend(liked, disliked, options)"
    assert engine.evaluate(asking, [[0, 3], [4], {"k": 99}]) == expected
    assert engine.evaluate(asking, [[0, 3], [4], {"k": 2}]) == expected[:2]
    assert engine.evaluate(asking, [[0, 3], [4], {"rows": [4, expected[-1]]}]) == expected[-1:]
    assert engine.evaluate(asking, [[], [4], {}]) == []


def test_a_word_that_neither_papers_nor_pieces_have_is_unknown(engine: Page) -> None:
    """There is no stemmer: "talkings" has the stem of "talks", but that is not known there."""
    assert inside(engine, "bm25(['talkings']).some(Boolean)", "") is False
    assert inside(engine, "bm25(['talk']).some(Boolean)", "") is True


def test_words_answer_before_meaning_is_there(
    blank: Page, search: PaperSearch, pieces: WordPieces
) -> None:
    files = data_files(search, pieces)
    page = loaded(blank, files)
    assert page.evaluate("ssmSearch.ready()") == "none"
    none = {"hits": [], "total": 0, "used": "none", "nothing": False, "read": []}
    assert rank(page, "kites") == none
    page = loaded(blank, files, "words.js", "papers.js")
    assert page.evaluate("ssmSearch.ready()") == "words"
    found = rank(page, "films")
    assert (found["used"], found["nothing"], found["total"]) == ("words", False, 10)
    assert {hit["row"] for hit in found["hits"]} == {
        row for row, paper in enumerate(PAPERS) if "ilms" in paper.title + paper.abstract
    }
    assert rank(page, "zebras")["hits"] == []
    assert rank(page, "zebras")["nothing"]
    page.add_script_tag(content=files["meaning.js"].decode())
    assert rank(page, "films")["used"] == "meaning"


def test_an_encoder_without_pieces_leaves_words_alone(search: PaperSearch) -> None:
    assert list(data_files(search, None)) == ["papers.js", "words.js", "exports.js"]


def test_the_list_says_that_it_has_nothing(engine: Page) -> None:
    assert rank(engine, "zebra crossings")["nothing"]
    assert rank(engine, "zebra crossings of cats and kites")["nothing"]  # a fourth of the words
    assert not rank(engine, "zebra kites")["nothing"]  # half of them
    assert not rank(engine, "the of and")["nothing"]  # which asks for nothing
    assert rank(engine, "?!")["hits"] == []


def test_reasons_are_words_that_the_paper_has_or_its_nearest(engine: Page) -> None:
    first = rank(engine, "film video", k=10)["hits"]
    by_row = {hit["row"]: hit for hit in first}
    assert by_row[0]["in_title"] == ["video"]
    assert ["video", ""] in by_row[0]["words"]
    for row, hit in by_row.items():
        text = PAPERS[row].title + PAPERS[row].abstract
        assert (["video", ""] in hit["words"]) == ("video" in text)
    # "film" and "video" are encoded as one: where a paper has the one, the other is near.
    assert any(["film", "video"] in hit["words"] for hit in first)


def test_filters_ids_and_unfinished_words(engine: Page) -> None:
    assert {hit["row"] for hit in rank(engine, "kites", rows=[4, 2])["hits"]} == {2, 4}
    assert rank(engine, "kites", rows=[4, 2])["total"] == 2
    assert rank(engine, "2401.00003")["hits"][0]["row"] == 3
    assert rank(engine, " 2401.00003 ")["nothing"] is False
    assert rank(engine, "straß")["read"] == [["strass", "strasse"]]
    assert rank(engine, "straß ")["read"] == []
    assert rank(engine, "kites")["read"] == []
    assert len(rank(engine, "kites", k=3)["hits"]) == 3


def test_records_say_what_is_known_and_no_abstract(engine: Page, search: PaperSearch) -> None:
    records = engine.evaluate("ssmSearch.papers")
    assert [one["title"] for one in records] == [shown(paper.title) for paper in PAPERS]
    assert records[1]["date"] == "2024-01"
    assert records[1]["authors"] == ["Ada Kite", "Bo Fish"]
    assert [one["links"] for one in records[:3]] == [[], [["视频", "https://v.example/1"]], []]
    assert records[1]["categories"] == [["Moving", "Kites"]]
    assert not any("abstract" in one for one in records)
    assert engine.evaluate("ssmSearch.row('2401.00004')") == 4
    assert engine.evaluate("ssmSearch.row('none')") == -1
    expected = [search.row(hit.paper.id) for hit in search.related(PAPERS[2], 10)]
    assert engine.evaluate("ssmSearch.related(2)") == expected
    assert engine.evaluate("ssmSearch.related(2, 3)") == expected[:3]
    assert engine.evaluate("ssmSearch.related(99)") == []


@pytest.mark.parametrize("form", list(SUFFIXES))
def test_exports_are_those_of_python(engine: Page, form: str) -> None:
    for rows in ([], [3], [0, 9, 4], list(range(10))):
        made = engine.evaluate("([f, r]) => ssmSearch.exported(f, r)", [form, rows])
        known = [replace(PAPERS[row], abstract="") for row in rows]
        if rows or form != "json":
            assert made["text"] == export(known, form)
        assert made["name"] == f"papers{SUFFIXES[form]}"  # type: ignore[index]
    assert "It is about" not in json.dumps(exports(PAPERS))


def test_data_are_the_same_each_time_and_harmless(search: PaperSearch, pieces: WordPieces) -> None:
    files = data_files(search, pieces)
    assert files == data_files(search, pieces)
    text = b"".join(files.values())
    assert b"</script" not in text
    assert "\u2028".encode() not in text
    assert script_call("x", "\u2028\ud800</script>") == (
        b'ssmSearch.add({"x":"\\u2028\\ud800\\u003c/script>"});\n'
    )
    # No sentence of an abstract: of its words those alone that say which there are.
    assert b"are shown to grow" not in text


def test_a_list_of_no_papers_answers_nothing(blank: Page, pieces: WordPieces) -> None:
    search = PaperSearch.from_papers([], TokenEncoder())
    files = data_files(search, pieces)
    page = loaded(blank, files, "words.js", "papers.js")
    assert rank(page, "kites")["hits"] == []


def test_codes_keep_directions(pieces: WordPieces) -> None:
    again = decoded(coded(pieces.vectors), 30)
    np.testing.assert_allclose(np.linalg.norm(again, axis=1), 1, atol=1e-6)
    assert (again * pieces.vectors).sum(axis=1).min() > 0.85
    assert coded(pieces.vectors).shape == (len(pieces.vectors), 8)
    np.testing.assert_array_equal(coded(again), coded(pieces.vectors))
