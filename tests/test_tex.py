"""TeX and Markdown, as abstracts have them, as plain text."""

from __future__ import annotations

import pytest

from ssm_search.tex import MOST_CHARS, plain_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"$\alpha$-nets with {\texttimes}2 and 10{,}000 kites", "α-nets with ×2 and 10,000 kites"),
        (r"50% of $O(n \log n)$ at 3\% & more #1", "50% of O(n log n) at 3% & more #1"),
        (r"\textbf{Kites} are \emph{fast}", "Kites are fast"),
        (r"H\"older na\"ive \'etude", "Hölder naïve étude"),
        ("costs $5 and $10, or $7", "costs $5 and $10, or $7"),
        (r"\href{https://a.example.org}{our code} of $x$", "our code of x"),
        ("[our code](https://a.example.org) in **bold** and `code`", "our code in bold and code"),
        ("a * b ** c and f(x)[0](y)", "a * b ** c and f(x)[0](y)"),
        ("nothing special, a_b & c ~ d", "nothing special, a_b & c ~ d"),
        (r"\frac{1}", r"\frac{1}"),  # no TeX: it stays
    ],
)
def test_plain_text(text: str, plain: str) -> None:
    assert plain_text(text) == plain


@pytest.mark.parametrize(
    "text", ["{" * 3_000, "$" * 3_000, r"\begin{a}" * 300, "\\" * 3_000, "[a](" * 900, "$x" * 2_000]
)
def test_hostile_text_is_read_or_left(text: str) -> None:
    assert isinstance(plain_text(text), str)


def test_long_texts_are_left() -> None:
    long = r"$\alpha$" * MOST_CHARS
    assert plain_text(long) == long
