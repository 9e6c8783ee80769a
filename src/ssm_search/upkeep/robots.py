"""What a site asks of programs: its robots.txt (RFC 9309), read and obeyed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

MAX_BYTES = 512_000  # RFC 9309, 2.5: at least 500 KiB have to be read
MOST_RULES = 5_000
LONGEST_RULE = 2_000
_AGENT = "ssm-search"


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of a site for this program: paths, and whether they may be asked for."""

    rules: tuple[tuple[str, bool], ...] = ()

    def allow(self, address: str) -> bool:
        """Whether a page may be asked for: the longest rule for it says so, or none is."""
        parts = urlsplit(address)
        path = _normal(parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        matching = [(len(rule), allowed) for rule, allowed in self.rules if _matches(rule, path)]
        return max(matching, default=(0, True))[1]


NOTHING_ALLOWED = Robots((("/", False),))


def read_robots(text: str) -> Robots:
    """The rules that a robots.txt has for this program, or else for all."""
    groups: dict[str, dict[tuple[str, bool], None]] = {_AGENT: {}, "*": {}}
    named: set[str] = set()
    agents: set[str] = set()  # of those, whom the rules that come are for
    in_rules = False
    for line in text.lstrip("\ufeff").splitlines():
        name, _, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if name == "user-agent":
            agents = set() if in_rules else agents
            in_rules = False
            agents |= {value.lower()} & set(groups)
            named |= agents
        elif name in ("allow", "disallow"):
            in_rules = True
            if value and len(value) <= LONGEST_RULE:
                for agent in agents:
                    if len(groups[agent]) < MOST_RULES:
                        groups[agent][_normal(value), name == "allow"] = None
    return Robots(tuple(groups[_AGENT if _AGENT in named else "*"]))


def _normal(path: str) -> str:
    return quote(unquote(path), safe="/*$?=&:;,+@!~()'%-._")


def _matches(rule: str, path: str) -> bool:
    """Whether a path is one of those of a rule, in which "*" is anything and "$" the end.

    Each piece is looked for once, from left to right, so that no rule takes long.
    """
    ends = rule.endswith("$")
    first, *pieces = re.sub(r"\$$", "", rule).split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if ends and not pieces:
        return at == len(path)
    for number, piece in enumerate(pieces):
        if ends and number == len(pieces) - 1:
            return path.endswith(piece) and len(path) - len(piece) >= at
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True
