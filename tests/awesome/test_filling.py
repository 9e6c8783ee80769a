"""One fact more of an entry, in each dialect: what is written, and what is left to people."""

from __future__ import annotations

import pytest

from ssm_search.awesome import read_list
from ssm_search.awesome.writing import edits, filling
from ssm_search.papers import Paper

ABS = "https://arxiv.org/abs/"
CODE = "https://github.com/ada/whale"
OTHER = "https://github.com/bo/squid"
SHIELD = "https://img.shields.io/github/stars/"


def planned(text: str, what: str, value: str) -> tuple[edits.Layout, edits.Change | None]:
    """The change to the first entry of a list, which is about whales."""
    reading = read_list(text)
    layout = edits.Layout(text, reading)
    entry = reading.entries[0]
    assert "hales" in entry.paper.title
    fill = filling.with_code if what == "code" else filling.with_venue
    return layout, fill(layout, entry, value)


def filled(text: str, what: str, value: str) -> str:
    """The first entry after the change, which is sound; "" if there is none."""
    layout, change = planned(text, what, value)
    if change is None:
        return ""
    assert edits.sound(text, layout.reading, [change]) == [change]
    after = edits.applied(text, [change])
    again = read_list(after)
    return edits.Layout(after, again).source(again.entries[0])


def listed(*entries: str) -> str:
    return "# Awesome Sea\n\n## Deep\n\n" + "\n".join(entries) + "\n"


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        (
            f"- [Whales that sing]({ABS}2401.00001)",
            f"- [Squids that glow]({ABS}2401.00002) [[code]]({OTHER})",
            f"- [Whales that sing]({ABS}2401.00001) [[code]]({CODE})",
        ),
        (
            "- Whales that sing (http://www.arxiv.org/abs/2401.00001)",
            f"- Squids that glow ({ABS}2401.00002) [GitHub]({OTHER})",
            f"- Whales that sing (http://www.arxiv.org/abs/2401.00001) [GitHub]({CODE})",
        ),
        (
            # Behind the second link to the paper, as there.
            f"- [Whales that sing]({ABS}2401.00001) (May, 2024) [[paper]({ABS}2401.00001)]",
            f"- [Squids that glow]({ABS}2401.00002) (June, 2024) [[paper]({ABS}2401.00002)]"
            f" [[code]({OTHER})]",
            f"- [Whales that sing]({ABS}2401.00001) (May, 2024) [[paper]({ABS}2401.00001)]"
            f" [[code]({CODE})]",
        ),
        (
            f"* **Whales that sing**, Ada Roe, Bo Kim\n  [[Paper]({ABS}2401.00001)]",
            f"* **Squids that glow**, Cy Doe\n  [[Paper]({ABS}2401.00002)]\n  [[Code]({OTHER})]",
            f"* **Whales that sing**, Ada Roe, Bo Kim\n  [[Paper]({ABS}2401.00001)]\n"
            f"  [[Code]({CODE})]",
        ),
        (
            f"- [Whales that sing]({ABS}2401.00001)",
            f"- [Squids that glow]({ABS}2401.00002) [[code]({OTHER})] ![]({SHIELD}bo/squid)",
            f"- [Whales that sing]({ABS}2401.00001) [[code]({CODE})] ![]({SHIELD}ada/whale)",
        ),
    ],
    ids=["item", "bare link", "second link", "lines", "badge"],
)
def test_code_stands_where_that_of_others_does(own: str, other: str, expected: str) -> None:
    assert filled(listed(own, other), "code", CODE) == expected


@pytest.mark.parametrize(
    ("cell", "other", "expected"),
    [
        ("", f"[code]({OTHER})", f"[code]({CODE})"),
        (" - ", f" [GitHub]({OTHER}) ", f" [GitHub]({CODE}) "),
        ("N/A", f"[Link]({OTHER})", f"[Link]({CODE})"),
        (" code ", "-", f" [code]({CODE}) "),
        (" TBD ", "TBD", f" [code]({CODE}) "),
        ("soon, says Ada", f"[code]({OTHER})", ""),
        ("[slides](https://example.org/s)", f"[code]({OTHER})", ""),
    ],
)
def test_code_in_a_column(cell: str, other: str, expected: str) -> None:
    text = (
        "# L\n\n## Deep\n\n|Title|Code|Notes|\n|---|---|---|\n"
        f"|[Whales that sing]({ABS}2401.00001)|{cell}|x|\n"
        f"|[Squids that glow]({ABS}2401.00002)|{other}|y|\n"
    )
    after = filled(text, "code", CODE)
    assert after == (f"|[Whales that sing]({ABS}2401.00001)|{expected}|x|" if expected else "")


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        ("(arXiv 2024)", "(ICML 2024)", "(ECCV 2024)"),
        ("(Arxiv 24.05.06)", "(ICML 2024)", "(ECCV 2024)"),
        ("(arXiv)", "(ICML'24)", "(ECCV'24)"),
        ("`arXiv 2024`", "`ICML 2024`", "`ECCV 2024`"),
        ("(arXiv:2401.00001)", "(ICML 2024)", "(ECCV 2024) (arXiv:2401.00001)"),
        ("(arXiv 2024)", "(May, 2024)", ""),  # no venue shows how one is written
    ],
)
def test_a_venue_takes_the_place_of_a_preprint(own: str, other: str, expected: str) -> None:
    text = listed(
        f"- Whales that sing {own} [[paper]({ABS}2401.00001)]",
        f"- Squids that glow {other} [[paper]({ABS}2401.00002)]",
    )
    after = filled(text, "venue", "ECCV 2024")
    assert after == (
        f"- Whales that sing {expected} [[paper]({ABS}2401.00001)]" if expected else ""
    )


def test_what_is_there_stays() -> None:
    text = listed(f"- Whales that sing (ICML 2024) [[paper]({ABS}2401.00001)] [[code]({OTHER})]")
    assert filled(text, "code", CODE) == ""
    assert filled(text, "venue", "ECCV 2024") == ""


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://github.com/a/b) [x](https://evil.org", "", "https://[x"]
)
def test_no_address_ends_its_link(url: str) -> None:
    text = listed(
        f"- [Whales that sing]({ABS}2401.00001)",
        f"- [Squids that glow]({ABS}2401.00002) [[code]({OTHER})]",
    )
    assert "](https://evil.org" not in filled(text, "code", url)


def test_an_address_is_replaced_wherever_it_stands() -> None:
    text = listed(
        f"- [Whales that sing]({ABS}2401.00001) [[code]({CODE})] ![]({SHIELD}ada/whale?x=1)"
        f" [data]({CODE}-data)"
    )
    reading = read_list(text)
    layout = edits.Layout(text, reading)
    change = filling.with_address(layout, reading.entries[0], CODE, "https://github.com/bo/orca")
    assert change is not None
    after = edits.applied(text, [change])
    assert after == text.replace(f"({CODE})", "(https://github.com/bo/orca)").replace(
        "stars/ada/whale?", "stars/bo/orca?"
    )
    paper: Paper = read_list(after).papers[0]
    assert paper.code_url == "https://github.com/bo/orca"


def test_many_dates_are_told_apart_in_one_way_alone() -> None:
    # With each date in any of several ways, this would take longer than anybody waits.
    dates = "2024 May, " * 300
    text = listed(
        f"- [Whales that sing]({ABS}2401.00001) {dates} http://www.arxiv.org/x",
        f"- [Squids that glow]({ABS}2401.00002) [[code]({OTHER})]",
    )
    assert f"]({CODE})" in filled(text, "code", CODE)
