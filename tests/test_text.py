from __future__ import annotations

import pytest

from ssm_search.text import (
    asked_terms,
    is_term,
    marked,
    nearest_word,
    nearest_words,
    sentences,
    telling_sentence,
    terms,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One two three. Four five six.", ["One two three.", "Four five six."]),
        ("We follow Gu et al. and others here. It works, e.g. Mamba does.", None),
        ("Does it work well? Yes, it really does!", ["Does it work well?", "Yes, it really does!"]),
        (
            "It gains 1.5 points over S4. That is a lot.",
            ["It gains 1.5 points over S4.", "That is a lot."],
        ),
        ("No full stop at all", ["No full stop at all"]),
        ("We do this well. Code: https://example.org/x.", ["We do this well."]),
        ("Cut short by its source. C", ["Cut short by its source."]),
        ("https://example.org/only", ["https://example.org/only"]),
        ("", []),
        ("   ", []),
    ],
)
def test_sentences(text: str, expected: list[str] | None) -> None:
    if expected is None:
        expected = ["We follow Gu et al. and others here.", "It works, e.g. Mamba does."]
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("Kites are old. We fly one kite here. In this paper we fly kites at night.", 2),
        ("Kites at night are old. This work flies a kite. We are glad of it.", 1),
        ("It has been windy. Kites fly at night. Kites at night do fly.", 1),  # nobody's own
        ("We saw nothing of it. We heard nothing of it.", 0),
        ("The US has kites at night. The hours are ours. Kites fly.", 0),
        ("Flying a kite at night", 0),
    ],
)
def test_the_telling_sentence_is_of_ones_own_and_near_the_title(
    abstract: str, expected: int
) -> None:
    assert telling_sentence("Kites at night", abstract) == sentences(abstract)[expected]


def test_without_an_abstract_no_sentence_tells() -> None:
    assert telling_sentence("Kites at night", "") == ""


def test_terms_are_stemmed_words_without_stop_words() -> None:
    assert terms("The predicting of Stock-Prices") == [
        ("predict", "predicting"),
        ("stock", "stock"),
        ("price", "prices"),
    ]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("mamba vs transformer", ["mamba", "transformer"]),
        ("Mamba vs. RWKV versus S4", ["mamba", "rwkv", "s4"]),
        ("explain selective scans", ["selective", "scans"]),
        ("Could you please explain kites?", ["kites"]),
        ("please explain kites", ["kites"]),
        ("tell me more about kites", ["kites"]),
        ("what is a kite?", ["kite"]),
        ("How does a kite work?", ["kite"]),
        ("how do kites work", ["kites"]),
        ("papers on kites", ["kites"]),
        ("research papers that use kites", ["use", "kites"]),
        ("Which papers describe kites?", ["describe", "kites"]),
        ("in which work are kites flown", ["kites", "flown"]),
        ("Could you please list some research papers about kites", ["kites"]),
        ("are there any studies of kites", ["kites"]),
        # Elsewhere they are what is asked about.
        ("models that explain themselves", ["models", "explain"]),
        ("working memory", ["working", "memory"]),
        ("how does work on kites begin?", ["work", "kites", "begin"]),
        ("vs-net", ["vs", "net"]),
        ("paper recommendation", ["paper", "recommendation"]),
        ("research agents", ["research", "agents"]),
        ("which papers", ["papers"]),
        ("papers on the", ["papers"]),
        ("explain", ["explain"]),
        ("how does it work", ["work"]),
    ],
)
def test_terms_of_a_question_are_what_it_is_about(question: str, expected: list[str]) -> None:
    assert [word for _, word in asked_terms(question)] == expected


@pytest.mark.parametrize(
    "word", ["", "a", "The", "of-it", "kites", "S4", "the kite", "视频", "\u0301"]
)
def test_a_word_is_a_term_where_it_has_any(word: str) -> None:
    assert is_term(word) == bool(terms(word))


def test_terms_unify_full_width_letters() -> None:
    assert terms("Ｖｉｄｅｏ") == [("video", "video")]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("vidoe", "video"),  # swapped
        ("segmetation", "segmentation"),  # one missing
        ("segmnetatoin", "segmentation"),  # two swaps in a long word
        ("imagge", "image"),  # one extra
        ("haze", None),  # a word of its own, not a misspelled "have"
        ("videx", None),  # too short for a wrong letter
        ("xideo", None),  # the first letter counts
        ("s4nd", None),  # names with digits are never respelled
        ("cat", None),
    ],
)
def test_nearest_word(word: str, expected: str | None) -> None:
    assert nearest_word(word, ("have", "image", "segmentation", "video")) == expected


def test_all_nearest_words_in_their_order() -> None:
    known = ("eating", "editing", "edition", "sting")
    assert nearest_words("edting", known) == ["eating", "editing"]
    assert nearest_words("editting", known) == ["editing"]
    assert nearest_words("kites", known) == []


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("Films of kites", ["kite"], ["Films of ", "*kites"]),
        ("Kites fly, a kite flew", ["KITES"], ["*Kites", " fly, a ", "*kite", " flew"]),
        ("flying flies fly", ["fly"], ["*flying", " ", "*flies", " ", "*fly"]),
        ("a video of it", ["video (for vidoe)"], ["a ", "*video", " of it"]),
        ("high-speed kite-fly", ["kite-fly"], ["high-speed ", "*kite", "-", "*fly"]),
        ("Ｋｉｔｅ and ﬂy", ["kite", "fly"], ["*Ｋｉｔｅ", " and ", "*ﬂy"]),
        ("the kites of the sea", ["the", "of"], ["the kites of the sea"]),  # stop words
        ("kitesurf x", ["kite", "x"], ["kitesurf x"]),  # parts of words, single letters
        ("<b>kite</b>", ["b", "kite"], ["<b>", "*kite", "</b>"]),
        ("視頻 kite", ["視頻"], ["*視頻", " kite"]),
        ("kite", [], ["kite"]),
        ("", ["kite"], []),
    ],
)
def test_marked(text: str, words: list[str], expected: list[str]) -> None:
    pieces = marked(text, words)
    assert ["*" * found + piece for piece, found in pieces] == expected
    assert "".join(piece for piece, _ in pieces) == text
