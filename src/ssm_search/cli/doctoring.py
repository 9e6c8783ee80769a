"""The command that looks a whole list through, and prints what to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ssm_search.cli.options import (
    AbstractsOption,
    IndexOption,
    JsonOption,
    ListOption,
    list_of,
    name_of,
    open_listed,
)
from ssm_search.cli.terminal import say, write, write_json
from ssm_search.errors import ListError, SsmSearchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssm_search.curation import Finding

MOST_DIGITS = 9  # of the number of a finding


def doctor(
    list_file: ListOption = None,
    abstracts: AbstractsOption = None,
    patch: Annotated[
        str,
        typer.Option(
            metavar="NUMBERS", help='Print the patches of these findings as one diff: "1,3", "all".'
        ),
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Show all findings, those too that are only possible.")
    ] = False,
    as_json: JsonOption = False,
    index: IndexOption = None,
) -> None:
    """Look through a whole list for what is misfiled, doubled, misspelled or cannot be read.

    Example: `ssm-search doctor --patch 1,3,4 | git apply`
    """
    from ssm_search.abstracts import default_cache, joined_records, load_abstracts, load_files
    from ssm_search.curation import doctor as examining
    from ssm_search.views import finding_display

    search = open_listed(index)
    path, text = list_of(list_file, index, search)
    if path is None:
        raise ListError(
            f"no {search.manifest.list_name} here that this index was built from; build it again, "
            "or name the list with --list"
        )
    records = joined_records([load_files(abstracts or ()), load_abstracts(default_cache())])
    findings = examining.examine(search, text, name_of(path), records)
    if patch:
        wanted = _with_patch(findings, patch)
        diff, left_out = examining.combined_patch(
            [findings[at] for at in wanted], text, name_of(path)
        )
        for finding in left_out:
            number = findings.index(finding) + 1
            say(f"finding {number} changes what one before it changes; apply it after a build")
        write(diff)
    elif as_json:
        found = [finding_display.finding_json(finding) for finding in findings]
        write_json(found)
    else:
        from rich.console import Console

        screen = finding_display.findings_rich(findings, name_of(path), everything=everything)
        Console().print(screen)


def _with_patch(findings: Sequence[Finding], wanted: str) -> list[int]:
    """The places of the findings that ``--patch`` names, each of which has a patch.

    Raises:
        BadParameter: it names no numbers.
        SsmSearchError: a finding has no patch.
    """
    if wanted.strip().casefold() == "all":
        found = [at for at, finding in enumerate(findings) if finding.patch]
        if not found:
            raise SsmSearchError("no finding has a patch")
        return found
    numbers = [part.strip() for part in wanted.split(",") if part.strip()]
    if not numbers or not all(part.isascii() and part.isdigit() for part in numbers):
        raise typer.BadParameter(f'{wanted!r} names no findings; expected "1,3,4" or "all"')
    places = sorted({int(part[:MOST_DIGITS]) - 1 for part in numbers})
    for at in places:
        if not 0 <= at < len(findings) or not findings[at].patch:
            raise SsmSearchError(
                f"finding {at + 1} has no patch; `ssm-search doctor --all` shows which do"
            )
    return places
