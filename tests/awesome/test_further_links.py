"""What else an entry leads to: projects, videos, data, other places of the paper."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ssm_search.awesome.linknames import name_by_host, on_badge
from ssm_search.awesome.reading import parse_list, read_list
from ssm_search.papers import LINK_NAME_CHARS, MOST_LINKS, Link, Paper, with_links

ABS = "https://arxiv.org/abs/2401.00001"
TITLE = "Kites that learn to fly in a gale"


def links_of(entry: str, head: str = "# Kites\n\n## Flying\n\n") -> list[tuple[str, str]]:
    """The links of the only paper of a list with one entry."""
    (paper,) = parse_list(head + entry + "\n")
    return [(link.name, link.url) for link in paper.links]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Project", "Project"),
        ("project page", "Project"),
        ("Project-Page", "Project"),
        ("🏠 Website", "Project"),
        ("Page", "Project"),
        ("项目主页", "Project"),
        ("alphaXiv", "alphaXiv"),
        ("🤗 HF", "Hugging Face"),
        ("video", "Video"),
        ("Dataset", "Data"),
        ("数据集", "Data"),
        ("Demo", "Demo"),
        ("blog post", "Blog"),
        ("Checkpoints", "Weights"),
        ("Model (7B)", "Model (7B)"),
        ("Pytorch(unofficial)", "PyTorch (unofficial)"),
        ("Leaderboard", "Leaderboard"),
        ("Synthetic Dataset", "Synthetic Dataset"),
        ("Slides", "Slides"),
        ("Supp.", "Supplement"),
        ("link", "kites.example"),
        ("here", "kites.example"),
        ("demo video", "demo video"),
        ("a much longer name than any label has", ""),
        ("Ada Lovelace", ""),
        ("coming soon", ""),
    ],
)
def test_a_label_in_brackets_names_a_link(text: str, name: str) -> None:
    entry = f"- **{TITLE}** [[Paper]({ABS})] [[{text}](https://kites.example/fly)]"
    assert links_of(entry) == ([(name, "https://kites.example/fly")] if name else [])


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://openreview.net/forum?id=Ab1", "OpenReview"),
        ("https://www.alphaxiv.org/abs/2401.00001", "alphaXiv"),
        ("https://huggingface.co/papers/2401.00001", "Hugging Face"),
        ("https://m.youtube.com/watch?v=Ab1", "YouTube"),
        ("https://ada.github.io/kites", "Project"),
        ("https://dl.acm.org/doi/10.1/2", "ACM"),
        ("https://nowhere.example/kites", ""),
        ("https://notopenreview.net/forum", ""),
    ],
)
def test_a_host_names_a_link(url: str, name: str) -> None:
    assert name_by_host(url) == name
    entry = f"- **{TITLE}** [[arXiv]({ABS})] [[Link]({url})]"
    assert links_of(entry) == [(name or url.split("/")[2], url)]


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("https://img.shields.io/badge/Website-9cf", "Website"),
        ("https://img.shields.io/badge/project-Website-%23009BD5", "project"),
        ("https://img.shields.io/badge/%F0%9F%A4%97-Hugging_Face-yellow.svg", "Hugging Face"),
        ("https://img.shields.io/static/v1?label=Demo&message=try&color=red", "Demo"),
        ("https://img.shields.io/badge/Project--Page-blue?style=flat", "Project-Page"),
        ("https://example.org/badge/Website-9cf", ""),
        ("", ""),
    ],
)
def test_a_badge_says_what_it_leads_to(image: str, said: str) -> None:
    assert on_badge(image) == said


def test_badges_of_stars_and_licences_are_no_links() -> None:
    shields = "https://img.shields.io"
    entry = (
        f"- [{TITLE}]({ABS}) [![Web]({shields}/badge/Website-9cf)](https://kites.example/) "
        f"[![Stars]({shields}/github/stars/ada/kite)](https://kites.example/stars) "
        f"[![Licence]({shields}/badge/License-MIT-red)](https://kites.example/mit) "
        "[![](figure.png)](https://kites.example/figure)"
    )
    assert links_of(entry) == [("Project", "https://kites.example/")]


@pytest.mark.parametrize(
    "entry",
    [
        f"- **{TITLE}** [[Paper]({ABS})] [[PDF](https://arxiv.org/pdf/2401.00001v2)]",
        f"- **{TITLE}** [[Paper]({ABS})] [[DOI](https://doi.org/10.48550/arXiv.2401.00001)]",
        f"- **{TITLE}** [[Paper]({ABS})] [[Code](https://github.com/a/b)] "
        "[[GitHub](https://github.com/a/b/)]",
        f"- **{TITLE}** [[Paper]({ABS})] [[Video](#videos)] [[Demo](demo.html)]",
        f"- **{TITLE}** [[Paper]({ABS})] [[Video](javascript:alert(1))]",
        f"- **{TITLE}** [[Paper]({ABS})] [[Project](https://arxiv.org@evil.example/x)]",
        f"- [{TITLE}]({ABS}). It is like [a kite](https://kites.example/one) in a storm.",
        f"- [{TITLE}]({ABS}), see the [website](https://kites.example/one) of its authors",
        f"- [{TITLE}]({ABS}) by [Ada Lovelace](https://ada.example)",
        f"- [{TITLE}]({ABS}) *[ICKF 2024](https://ickf.example)*",
        f"- [{TITLE}]({ABS}) ([ICML 2023](https://openreview.net/forum?id=x)), and has flown since",
        f"- [{TITLE}]({ABS}), as in **Strings** ([ACM](https://dl.acm.org/doi/10.1/2)) and more",
        f"- **{TITLE}** [[Paper]({ABS})] [[Copy](https://sci-hub.example/10.1/2)]",
    ],
)
def test_what_is_no_further_link(entry: str) -> None:
    assert links_of(entry) == []


@pytest.mark.parametrize(
    "entry",
    [
        f"- [{TITLE}]({ABS}) / [Other Kites Fly](https://arxiv.org/abs/2401.00002)",
        f"- **{TITLE}** [[Paper]({ABS})]. Built on [Other Kites](https://arxiv.org/abs/2401.00002)",
        f"- **{TITLE}** [[Paper]({ABS})]\n\n  [Other Kites](https://arxiv.org/abs/2401.00002)",
    ],
)
def test_what_stands_behind_a_second_paper_is_not_the_firsts(entry: str) -> None:
    text = f"# L\n\n## S\n\n{entry} [[Project](https://kites.example/other)]\n"
    first, *_ = read_list(text).papers
    assert (first.title, first.links) == (TITLE, ())


def test_where_it_was_published_is_a_link_of_a_preprint() -> None:
    entry = (
        f"- {TITLE}, [arXiv]({ABS}), [Nature](https://www.nature.com/articles/s1), "
        "[ICLR 2024](https://openreview.net/forum?id=x)"
    )
    assert links_of(entry) == [
        ("Nature", "https://www.nature.com/articles/s1"),
        ("ICLR 2024", "https://openreview.net/forum?id=x"),
    ]


def test_the_link_of_a_title_is_kept_beside_the_preprint() -> None:
    entry = f"- [{TITLE}](https://ieeexplore.ieee.org/document/1) [[arXiv]({ABS})]"
    assert links_of(entry) == [("IEEE", "https://ieeexplore.ieee.org/document/1")]
    entry = f"- [{TITLE}](https://kites.example) [[arXiv]({ABS})] [[Docs](https://kites.example)]"
    assert links_of(entry) == [("Docs", "https://kites.example")]


def test_labels_below_and_before_addresses() -> None:
    entry = (
        f"**{TITLE}**\n\n- Paper: {ABS}\n- Homepage: https://kites.example/home\n"
        "- Dataset: None\n- github(MXNet): <https://github.com/a/mx>\n"
        "- github(JAX): <https://github.com/a/jax>"
    )
    assert links_of(entry) == [
        ("Project", "https://kites.example/home"),
        ("GitHub (JAX)", "https://github.com/a/jax"),
    ]


def test_columns_name_links() -> None:
    head = (
        "# Kites\n\n## Flying\n\n| Title | Authors | Venue | Demo | Project | Notes |\n"
        "|---|---|---|---|---|---|\n"
    )
    row = (
        f"| [{TITLE}]({ABS}) | [Ada](https://ada.example) | [ICKF](https://ickf.example) "
        "| [Link](https://kites.example/demo) | [🔗](https://kites.example) "
        "| like [these](https://kites.example/these) |"
    )
    assert links_of(row, head) == [
        ("Demo", "https://kites.example/demo"),
        ("Project", "https://kites.example"),
    ]


def test_links_of_a_paper_that_stands_twice_are_united() -> None:
    text = (
        f"# Kites\n\n## A\n\n- [{TITLE}]({ABS}) [[Video](https://v.example/1)] "
        f"[[Project](https://p.example/)]\n\n## B\n\n- [{TITLE}]({ABS}) "
        "[[Website](https://p.example)] [[Code](https://v.example/1)] [[Poster](https://o.example)]"
    )
    reading = read_list(text)
    (paper,) = reading.papers
    assert paper.code_url == "https://v.example/1"
    assert paper.links == (
        Link("Project", "https://p.example/"),
        Link("Poster", "https://o.example"),
    )
    assert [len(entry.paper.links) for entry in reading.entries] == [2, 2]


def test_links_are_few_and_their_names_short() -> None:
    many = " ".join(f"[[Video](https://v.example/{n})]" for n in range(20))
    assert [url for _, url in links_of(f"- [{TITLE}]({ABS}) {many}")] == [
        f"https://v.example/{n}" for n in range(MOST_LINKS)
    ]
    host = f"https://{'k' * 30}.example/x"
    ((name, _),) = links_of(f"- [{TITLE}]({ABS}) [[Link]({host})]")
    assert name == "k" * (LINK_NAME_CHARS - 1) + "…"
    assert links_of(f"- [{TITLE}]({ABS}) [[Video](https://v.example/{'x' * 3_000})]") == []


def test_a_post_has_links_beside_its_page() -> None:
    (paper,) = parse_list(
        "# K\n\n## F\n\n- [A guide to kites](https://g.example) [[Video](https://youtu.be/x)]"
    )
    assert paper.url == "https://g.example"
    assert paper.links == (Link("Video", "https://youtu.be/x"),)


def test_addresses_are_compared_by_what_they_lead_to() -> None:
    paper = Paper("x", "X", url="https://www.x.example/a", code_url="http://c.example")
    same = [Link("A", "http://X.example/a/"), Link("B", "https://c.example/")]
    other = Link("C", "https://x.example/A")
    assert with_links(paper, [*same, other, other]) == replace(paper, links=(other,))
