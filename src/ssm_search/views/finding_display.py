"""Findings as people and programs read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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
    "likely": "by what the other papers are like",
}
SHOWN = 10  # findings, as many as fit on a screen


def findings_rich(
    findings: Sequence[Finding], list_name: str, count: int = SHOWN
) -> RenderableType:
    """Findings for a terminal, numbered, by certainty and kind; those with a patch say so.

    Args:
        count: how many are shown; what there is of the others is said in a line.
    """
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = []
    group: tuple[str, str] = ("", "")
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
    return Group(*parts, Text(f"\n{findings_summary(findings, count)}"))


def findings_summary(findings: Sequence[Finding], count: int = SHOWN) -> str:
    """How many findings there are of which kind, how many mend themselves, how to see the rest."""
    if not findings:
        return "nothing found"
    kinds = Counter(finding.kind for finding in findings)
    of_kinds = ", ".join(f"{number} {TITLES[kind]}" for kind, number in kinds.items())
    patches = sum(bool(finding.patch) for finding in findings)
    plural = "s" * (len(findings) != 1)
    lines = [f"{len(findings)} finding{plural} ({of_kinds}), {patches} with a patch"]
    if patches:
        lines.append("`ssm-search doctor --patch 1,3` or `--patch all` prints patches as one diff")
    if len(findings) > count:
        lines.append(f"these are the {count} surest; `--all` shows the others")
    return "\n".join(lines)


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
