"""Sentences that give the address of code, and those that only name an address."""

from __future__ import annotations

import pytest

from ssm_search.upkeep.repositories import own_repository, repository_address

OWN = "https://github.com/ada/sea-net"


@pytest.mark.parametrize(
    "text",
    [
        f"It works. Code is available at {OWN}.",
        f"It works. Our code: {OWN}",
        f"Source code has been available at: \\url{{{OWN}}}.",
        f"The code for SeaNet can be obtained on GitHub: {OWN}",
        f"The proposed method will be open-sourced in {OWN}.",
        "Code is public: github.com/ada/sea-net",
        f"Project page: {OWN}/",
        f"SeaNet is publicly available at {OWN}.git.",
        f"We release SeaNet ({OWN}), a network for the sea.",
        f"We build on the work of others.Code is available at {OWN}.",
        f"Code is at https: //github.com/ada/sea-net.The network is small. {OWN}",
        f"The code and models are at {OWN}?tab=readme.",
        f"Models are at https://github.com/ada/models, and code is at {OWN}.",
        f"{OWN} contains the code.",
        f"We build on https://github.com/other/base. Code is available at {OWN}.",
    ],
)
def test_an_address_that_is_the_papers_own(text: str) -> None:
    found = own_repository(text)
    assert found is not None
    assert found.address == OWN
    assert found.said[-20:] in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "We build on https://github.com/other/base.",
        "Our code is based on https://github.com/other/base.",
        "The code of the baseline is available at https://github.com/other/base.",
        "Their code is available at https://github.com/other/base.",
        "It is part of the library at https://github.com/other/base.",
        "We find it in https://github.com/other/base.",
        "Models such as Foo, whose code is at https://github.com/other/base, are large.",
        "Code is available at https://github.com/ada.",  # no repository
        "Code is available at https://github.com/ada/ sea-net.",
        "Code is available at https://anonymous.4open.science/r/sea-net.",
        "Code is available at https://ada.github.io/sea-net.",
        "Code is available at https://github.com/anonymous/code.",
        "Code is available at https://github.com/xxx/xxx.",
        "Code is available at https://gist.github.com/ada/123.",
        "Data are available at https://huggingface.co/datasets/ada/sea.",
        "Code is available at https://github.com.evil.org/ada/sea-net.",
        "Code is available at https://example.org/github.com/ada/sea-net.",
    ],
)
def test_an_address_that_is_not(text: str) -> None:
    assert own_repository(text) is None


@pytest.mark.parametrize(
    ("comment", "address"),
    [
        ("10 pages; code: https://gitlab.com/lab/team/net/-/tree/main", "lab/team/net"),
        ("https://codeberg.org/ada/net", "ada/net"),
        ("ICML 2024. https://bitbucket.org/ada/net/src", "ada/net"),
        ("Model: https://hf.co/ada/net", "ada/net"),
        ("Code: https://github.com/ada/all/tree/main/papers/net.", "ada/all/tree/main/papers/net"),
        ("Extends https://github.com/other/base", ""),
    ],
)
def test_a_comment_is_about_its_paper(comment: str, address: str) -> None:
    found = own_repository("", comment)
    assert (found.address.split("/", 3)[3] if found else "") == address


def test_what_is_called_code_comes_before_other_things() -> None:
    found = own_repository(f"Code is available at {OWN}.", "Slides: https://github.com/ada/slides")
    assert found is not None
    assert found.address == OWN


def test_of_two_addresses_one_sentence_gives_both() -> None:
    text = f"Code is available at {OWN} and https://github.com/ada/other."
    found = own_repository(text)
    assert found is not None
    assert found.address == OWN


@pytest.mark.parametrize(
    ("address", "repository"),
    [
        (f"{OWN}#readme", OWN),
        ("http://www.github.com/Ada/Sea-Net/issues/1", "https://github.com/Ada/Sea-Net"),
        ("https://github.com/topics/mamba", ""),
        ("https://example.org/a/b", ""),
    ],
)
def test_the_repository_of_an_address(address: str, repository: str) -> None:
    assert repository_address(address) == repository


def test_long_texts_are_read_quickly() -> None:
    for text in (
        "code " * 20_000,
        "https://github.com/a/b " * 5_000,
        "is " * 30_000,
        "((" * 30_000,
    ):
        own_repository(text)
