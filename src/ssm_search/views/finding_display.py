"""Findings as people and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
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


def findings_rich(findings: Sequence[Finding], list_name: str) -> RenderableType:
    """Findings for a terminal, by kind and numbered; those with a patch say so."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[RenderableType] = []
    kind = ""
    for number, finding in enumerate(findings, start=1):
        if finding.kind != kind:
            kind = finding.kind
            parts.append(Text(f"\n{TITLES[kind]}", style="bold cyan"))
        patch = " [patch]" if finding.patch else ""
        line = f":{finding.line}" if finding.line else ""
        where = f"{number}. {shown(list_name)}{line}:{patch} "
        parts.append(Text.assemble((where, "dim"), shown(finding.message)))
        parts += [
            Padding(Text(shown(line), style="dim"), (0, 0, 0, 4)) for line in finding.evidence
        ]
    patches = sum(bool(finding.patch) for finding in findings)
    count = f"{len(findings)} finding{'s' * (len(findings) != 1)}, {patches} with a patch"
    how = "; `ssm-search doctor --patch N` prints it" if patches else ""
    parts.append(Text(f"\n{count}{how}" if findings else "nothing found"))
    return Group(*parts)


def finding_json(finding: Finding) -> dict[str, Any]:
    """``finding`` as JSON types, under the names of its attributes."""
    return asdict(finding)
