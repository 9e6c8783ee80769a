"""robots.txt by hand: RFC 9309's own examples, and what sites write."""

from __future__ import annotations

import pytest
from soon import soon

from ssm_search.upkeep.robots import MOST_RULES, NOTHING_ALLOWED, Robots, read_robots

AT = "https://example.org"


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/x", True),
        ("User-agent: *\nDisallow:", "/x", True),
        ("User-agent: *\nDisallow: /", "/x", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nAllow: /a/b\nDisallow: /a", "/a/c", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),  # of two alike, what allows
        ("User-agent: *\nDisallow: /*.gif$", "/a/b.gif", False),
        ("User-agent: *\nDisallow: /*.gif$", "/a/b.gif?x", True),
        ("User-agent: *\nDisallow: /x$", "/x", False),
        ("User-agent: *\nDisallow: /x$", "/xy", True),
        ("User-agent: *\nDisallow: /*/tree/", "/a/b/tree/main", False),
        ("User-agent: *\nDisallow: /*/tree/", "/a/b", True),
        ("User-agent: *\nDisallow: /a%62", "/ab", False),
        ("User-agent: *\nDisallow: /?q=", "/?q=1", False),
        ("user-AGENT: * # all\n disallow : /x # not that", "/x", False),
        ("User-agent: other\nDisallow: /", "/x", True),
        ("User-agent: SSM-search\nDisallow: /x\n\nUser-agent: *\nDisallow: /", "/y", True),
        ("User-agent: ssm-search\nUser-agent: b\nDisallow: /x", "/x", False),
        ("User-agent: *\nDisallow: /x\nSitemap: /y\nUser-agent: b\nDisallow: /", "/y", True),
        ("Disallow: /", "/x", True),
        ("<html>no such page</html>", "/x", True),
    ],
)
def test_what_may_be_asked_for(text: str, path: str, allowed: bool) -> None:
    assert read_robots(text).allow(f"{AT}{path}") == allowed


def test_all_or_nothing() -> None:
    assert Robots().allow(AT)
    assert not NOTHING_ALLOWED.allow(AT)


def test_no_rule_takes_long() -> None:
    rules = read_robots("User-agent: *\nDisallow: /" + "*a" * 900 + "$\n" * 2_000)
    assert rules.allow(f"{AT}/" + "a" * 1_900 + "b")


def test_rules_for_many_at_once_are_kept_once() -> None:
    with soon():  # a minute and more, where each agent has each rule
        robots = read_robots("user-agent: *\n" * 40_000 + "disallow: /a\n" * 20_000)
    assert robots.rules == (("/a", False),)
    many = "".join(f"disallow: /{number}\n" for number in range(MOST_RULES + 5))
    assert len(read_robots(f"user-agent: *\n{many}").rules) == MOST_RULES
