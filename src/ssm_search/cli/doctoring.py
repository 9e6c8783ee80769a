"""The command that looks a whole list through, and prints what to mend."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from ssm_search.cli.options import (
    AbstractsOption,
    AllowHostOption,
    IndexOption,
    JsonOption,
    ListOption,
    list_of,
    name_of,
    open_listed,
)
from ssm_search.cli.terminal import say, write, write_json
from ssm_search.errors import ListError, SsmSearchError
from ssm_search.progress import progress_bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssm_search.upkeep import Finding, Kind

MOST_DIGITS = 9  # of the number of a finding


# Long: the options of a command are its parameters, each with its help.
def doctor(
    list_file: ListOption = None,
    abstracts: AbstractsOption = None,
    patch: Annotated[
        str,
        typer.Option(
            metavar="NUMBERS", help='Print the patches of these findings as one diff: "1,3", "all".'
        ),
    ] = "",
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND",
            help='Look for this alone, as "code" or "venue"; may be given again.',
            show_default=False,
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show all findings, those too that are only possible.")
    ] = False,
    online: Annotated[
        bool,
        typer.Option(
            "--online",
            help="Ask also arXiv, GitHub and the servers of the links: what died, moved, appeared.",
        ),
    ] = False,
    allow_host: AllowHostOption = None,
    as_json: JsonOption = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a report for an issue on GitHub.")
    ] = False,
    max_chars: Annotated[
        int | None,
        typer.Option(
            min=1_000, help="Leave out whole findings of that report beyond; 65,000 if left out."
        ),
    ] = None,
    index: IndexOption = None,
) -> None:
    """Look through a whole list for what is misfiled, doubled, misspelled or cannot be read.

    Example: `ssm-search doctor --patch 1,3,4 | git apply`

    With --online it names also what time breaks: dead links, projects that moved or are archived,
    preprints that appeared since, code that an entry lacks. Give --patch with the same options.
    """
    from ssm_search.abstracts import default_cache, joined_records, load_abstracts, load_files
    from ssm_search.upkeep import doctor as examining
    from ssm_search.upkeep import online as asking
    from ssm_search.views import finding_display

    kinds = _kinds(kind or (), online=online)
    search = open_listed(index)
    path, text = list_of(list_file, index, search)
    if path is None:
        raise ListError(
            f"{search.manifest.list_name} is not here, or has changed since this index was built; "
            "build it again, or name the list with --list"
        )
    name = name_of(path)
    places = [("--list", list_file), ("--index", index)]
    options = "".join(
        [
            *(f" {option} {shlex.quote(str(place))}" for option, place in places if place),
            " --online" * online,
            *(f" --kind {one}" for one in kinds),
        ]
    )
    examining.check_list(search, text, name)
    given = load_files(abstracts or ())
    if online:
        with progress_bars() as progress:
            known = asking.ask(
                search,
                text,
                given,
                progress,
                kinds=kinds,
                again=not patch,
                allow_hosts=allow_host or (),
            )
    else:
        known = asking.Asked(joined_records([given, load_abstracts(default_cache())]), None)
    findings = examining.examine(
        search, text, name, known.records, kinds=kinds, answers=known.answers
    )
    if not markdown:
        for note in known.notes:
            say(note)
    if patch:
        chosen = _with_patch(findings, patch, everything=everything)
        _write_patch(findings, chosen, text, name)
    elif as_json:
        write_json([finding_display.finding_json(finding) for finding in findings])
    elif markdown:
        most = max_chars or finding_display.MOST_CHARS
        write(finding_display.findings_markdown(findings, name, known.notes, most, options))
    else:
        from rich.console import Console

        screen = finding_display.findings_rich(
            findings, name, everything=everything, options=options
        )
        Console().print(screen)


def _kinds(said: Sequence[str], *, online: bool) -> list[Kind]:
    """The kinds of findings that ``--kind`` names.

    Raises:
        BadParameter: there is no such kind, or it needs ``--online``.
    """
    from typing import get_args

    from ssm_search.upkeep import decay as upkeep
    from ssm_search.upkeep import findings

    names = {name: name for name in get_args(findings.Kind)}
    unknown = [name for name in said if name not in names]
    if unknown:
        raise typer.BadParameter(f"no kind {unknown[0]!r}; expected one of {', '.join(names)}")
    offline = [name for name in said if name in upkeep.OF_LINKS and not online]
    if offline:
        raise typer.BadParameter(f"{offline[0]!r} is what servers answer; ask them with --online")
    return [names[name] for name in said]


def _write_patch(findings: Sequence[Finding], chosen: Sequence[int], text: str, name: str) -> None:
    from ssm_search.upkeep import doctor as examining

    wanted = [findings[at] for at in chosen]
    diff, left_out = examining.combined_patch(wanted, text, name)
    for finding in left_out:
        number = findings.index(finding) + 1
        say(f"finding {number} changes what one before it changes; apply it after a build")
    write(diff)


def _with_patch(findings: Sequence[Finding], wanted: str, *, everything: bool) -> list[int]:
    """The places of the findings that ``--patch`` names, each of which has a patch.

    Args:
        everything: "all" means those too that are no more than possible.

    Raises:
        BadParameter: it names no numbers.
        SsmSearchError: a finding has no patch.
    """
    if wanted.strip().casefold() == "all":
        found = [
            at
            for at, finding in enumerate(findings)
            if finding.patch and (everything or finding.certainty != "possible")
        ]
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
