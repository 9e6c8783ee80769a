"""TeX and Markdown, as abstracts have them, as plain text."""

from __future__ import annotations

import pytest

from ssm_search.tex import MOST_CHARS, from_tex, plain_text


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
        (r"\frac{1} and \frac{1}{2}", "1 and 1/2"),
        ("{}", "{}"),  # nothing would be left
    ],
)
def test_plain_text(text: str, plain: str) -> None:
    assert plain_text(text) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\mbox{SSM}s, \texttt{x} and {\it y}", "SSMs, x and y"),
        (r"\LaTeX{} and \TeX\ by \ours, {\LaTeX}", "LaTeX and TeX by ours, LaTeX"),
        (r"\href{https://a.example.org/x_y}{our $\alpha$ code}", "our α code"),
        (r"\url{https://a.example.org/x_y%20z}", "https://a.example.org/x_y%20z"),
        (
            r"G{\"o}del, Erd{\H o}s, {\c S}t{\'\i}, \v{S}\k{a}, \'{\i}, \~{n}",
            "Gödel, Erdős, Ştí, Šą, í, ñ",
        ),
        (r"{\O}rsted, \O rsted, Stra\ss e, {\aa}, \L\l\ae", "Ørsted, Ørsted, Straße, å, Łłæ"),
        ("``Kites'' fly -- a~b --- 50% & #1", "“Kites” fly – a b — 50% & #1"),
        (r"3$\times$3, H$_2$O, $O(n \log n)$, $$x^2$$", "3×3, H_2O, O(n log n), x^2"),
        (r"$\mathbb{R}^d$, $\mathcal O(n)$, $\mathfrak{g}$", "ℝ^d, 𝒪(n), 𝔤"),
        (r"\frac{1}{2} \sqrt{x} \ldots \textquotedblleft a\textquotedblright", "1/2 √(x) … “a”"),
        (
            r"a\\b\,c\-d\/e \{f\}, \$5 and 7\%, as in~\citep[p.~1]{k}.",
            "a b cde {f}, $5 and 7%, as in.",
        ),
        ("Plain,\n  on two lines", "Plain, on two lines"),
    ],
)
def test_from_tex(text: str, plain: str) -> None:
    assert from_tex(text) == plain


@pytest.mark.parametrize(
    "text", ["{" * 3_000, "$" * 3_000, r"\begin{a}" * 300, "\\" * 3_000, "[a](" * 900, "$x" * 2_000]
)
def test_hostile_text_is_read_or_left(text: str) -> None:
    assert isinstance(plain_text(text), str)
    assert isinstance(from_tex(text), str)


def test_long_texts_are_left() -> None:
    long = r"$\alpha$" * MOST_CHARS
    assert plain_text(long) == long
