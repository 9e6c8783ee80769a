"""Findings as people and programs read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ssm_search.curation import Finding
from ssm_search.text import shown

if TYPE_CHECKING:
    from rich.console import RenderableType

TITLES = {
    "unread": "not read",
    "duplicate": "listed twice",
    "title": "titles that arXiv has otherwise",
    "year": "years that arXiv has otherwise",
    "spelling": "spelling",
    "misfiled": "perhaps misfiled",
    "apart": "alike, but filed apart",
    "merge": "headings that look like one",
    "split": "headings that look like two",
}


WHY = {
    "proven": "the list itself shows it",
    "recorded": "by arXiv's record",
    "likely": "by what the rest of the list is like",
    "possible": "no more than possible, by what the rest of the list is like",
}
SHOWN = 10  # findings, as many as fit on a screen


def findings_rich(
    findings: Sequence[Finding], list_name: str, *, everything: bool = False
) -> RenderableType:
    """Findings for a terminal, numbered, by certainty and kind; those with a patch say so.

    Args:
        findings: surest first.
        everything: show all, and not the ``SHOWN`` surest of those that are more than possible.
    """
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = []
    group: tuple[str, str] = ("", "")
    count = len(findings) if everything else min(SHOWN, len(_sure(findings)))
    for number, finding in enumerate(findings[:count], start=1):
        if group != (finding.kind, finding.certainty):
            group = finding.kind, finding.certainty
            title, why = f"\n{TITLES[finding.kind]}", f" ({WHY[finding.certainty]})"
            parts.append(Text.assemble((title, "bold cyan"), (why, "dim")))
        patch = " [patch]" if finding.patch else ""
        line = f":{finding.line}" if finding.line else ""
        where = f"{number}. {shown(list_name)}{line}:{patch} "
        parts.append(Text.assemble((where, "dim"), shown(finding.message)))
        parts += [
            Padding(Text(shown(line), style="dim"), (0, 0, 0, 4)) for line in finding.evidence
        ]
    return Group(*parts, Text("\n" + "\n".join(_summary(findings, count))))


def _summary(findings: Sequence[Finding], count: int) -> Iterator[str]:
    """How many findings there are of which kind, how many mend themselves, how to see the rest."""
    sure = _sure(findings)
    possible = findings[len(sure) :]
    patches = sum(bool(finding.patch) for finding in findings)
    plural = "s" * (len(sure) != 1)
    if sure:
        yield f"{len(sure)} finding{plural} ({_kinds(sure)}), {patches} with a patch"
    else:
        yield "nothing found"
    if possible:
        yield f"{len(possible)} more that are no more than possible ({_kinds(possible)})"
    if patches:
        yield "`ssm-search doctor --patch 1,3` or `--patch all` prints patches as one diff"
    if count < len(findings):
        yield f"{count} are shown, the surest first; `--all` shows all"


def _sure(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.certainty != "possible"]


def _kinds(findings: Sequence[Finding]) -> str:
    kinds = Counter(finding.kind for finding in findings)
    return ", ".join(f"{number} {TITLES[kind]}" for kind, number in kinds.items())


def finding_json(finding: Finding) -> dict[str, Any]:
    """``finding`` as JSON types, under the names of its attributes."""
    return {
        "kind": finding.kind,
        "line": finding.line,
        "message": finding.message,
        "evidence": list(finding.evidence),
        "patch": finding.patch,
        "certainty": finding.certainty,
    }
