"""Findings as people and programs read them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ssm_search.text import shown
from ssm_search.upkeep import Finding
from ssm_search.views.comments import escaped, fenced

if TYPE_CHECKING:
    from rich.console import RenderableType

TITLES = {
    "unread": "not read",
    "duplicate": "listed twice",
    "link": "dead links",
    "moved": "links to what moved",
    "archived": "links to what is archived",
    "venue": "venues that are missing",
    "code": "links to code that are missing",
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
    "answered": "by what its server answered",
    "recorded": "by arXiv's record",
    "likely": "by what the rest of the list is like",
    "possible": "no more than possible, by what the rest of the list is like",
}
MOST_CHARS = 65_000  # of a report; an issue on GitHub has up to 65,536
LEFT_OUT = "{} more did not fit into this report."
_COMMAND = "ssm-search doctor"
_CHANGED = re.compile(r"[+-](?!\+\+ |-- )")
_FOLD = "\n<details>\n<summary>{}: {}</summary>\n"
_UNFOLD = "\n</details>\n"
SHOWN = 10  # findings, as many as fit on a screen


def findings_rich(
    findings: Sequence[Finding], list_name: str, *, everything: bool = False, options: str = ""
) -> RenderableType:
    """Findings for a terminal, numbered, by certainty and kind; those with a patch say so.

    Args:
        findings: surest first.
        everything: show all, and not the ``SHOWN`` surest of those that are more than possible.
        options: those by which the command found them, which their numbers hold for.
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
    return Group(*parts, Text("\n" + "\n".join(_summary(findings, count, options))))


def _summary(findings: Sequence[Finding], count: int, options: str) -> Iterator[str]:
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
        numbers = _with_patch(findings)
        yield f"`{_COMMAND}{options} --patch {numbers}` or `--patch all` prints patches as one diff"
    if count < len(findings):
        yield f"{count} are shown, the surest first; `--all` shows all"


def _with_patch(findings: Sequence[Finding]) -> str:
    """The numbers of the first two findings that have a patch, as ``--patch`` takes them."""
    found = [str(at) for at, one in enumerate(findings, start=1) if one.patch]
    return ",".join(found[:2])


def _sure(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.certainty != "possible"]


def _kinds(findings: Sequence[Finding]) -> str:
    kinds = Counter(finding.kind for finding in findings)
    return ", ".join(f"{number} {TITLES[kind]}" for kind, number in kinds.items())


def findings_markdown(
    findings: Sequence[Finding],
    list_name: str,
    notes: Sequence[str] = (),
    most: int = MOST_CHARS,
    options: str = "",
) -> str:
    """Findings for an issue on GitHub: a line that sums up, and folded below it what there is.

    Args:
        notes: what could not be looked at.
        most: characters; findings that do not fit are left out whole, and how many is said.
        options: those by which the command found them, which their numbers hold for.
    """
    first = f"**{_headline(findings, list_name)}**\n"
    said = "".join(f"\n> {escaped(note)}\n" for note in notes)
    if any(finding.patch for finding in findings):
        said += (
            f"\n`{_COMMAND}{options} --patch {_with_patch(findings)}` prints patches as one diff.\n"
        )
    numbers = range(1, len(findings) + 1)
    blocks: list[tuple[tuple[str, str], str]] = [
        ((one.kind, one.certainty), _block(number, one))
        for number, one in zip(numbers, findings, strict=True)
    ]
    room = most - len(first) - len(LEFT_OUT) - 20
    said = said if len(said) < room / 4 else ""
    room -= len(said)
    text, open_group, kept = "", ("", ""), 0
    for group, block in blocks:
        title = escaped(f"{TITLES[group[0]]} ({WHY[group[1]]})")
        count = sum(other == group for other, _ in blocks)
        head = _FOLD.format(title, count) if group != open_group else ""
        room -= len(block) + (len(head) + len(_UNFOLD) if head else 0)
        if room < 0:
            break
        text += (_UNFOLD if head and open_group[0] else "") + head + block
        open_group, kept = group, kept + 1
    text += _UNFOLD if kept else ""
    more = f"\n{LEFT_OUT.format(len(blocks) - kept)}\n" if kept < len(blocks) else ""
    return first + said + text + more


def _headline(findings: Sequence[Finding], list_name: str) -> str:
    if not findings:
        return f"Nothing found in {escaped(list_name)}"
    plural = "s" * (len(findings) != 1)
    patches = sum(bool(finding.patch) for finding in findings)
    kinds = escaped(_kinds(findings))
    return (
        f"{len(findings)} finding{plural} in {escaped(list_name)}, {patches} with a patch: {kinds}"
    )


def _block(number: int, finding: Finding) -> str:
    """One finding with its evidence and its patch; nothing in it is markup by itself."""
    line = f" (line {finding.line})" if finding.line else ""
    text = f"\n{number}\\. {escaped(finding.message)}{line}\n"
    text += "".join(f"   - {escaped(one)}\n" for one in finding.evidence)
    if finding.patch:
        # Without what stands around it, which would be most of the report.
        patch = "\n".join(filter(_CHANGED.match, finding.patch.split("\n")))
        text += "\n".join(["", *fenced(patch, "diff"), ""])
    return text


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
