"""The command that sets a repository up, so that its list keeps itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ssm_search.errors import ListError
from ssm_search.text import shown, shown_lines

if TYPE_CHECKING:
    from ssm_search.upkeep import workflows

LIST = "README.md"


def init(
    list_file: Annotated[
        Path | None,
        typer.Option(
            "--list",
            metavar="FILE",
            help=f"The list; by default {LIST} of the repository.",
            show_default=False,
        ),
    ] = None,
    action: Annotated[
        str,
        typer.Option(
            metavar="OWNER/NAME",
            help="The repository on GitHub that the workflow takes ssm-search from.",
            show_default=False,
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be written, and write nothing.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that was changed.")
    ] = False,
) -> None:
    """Set up the repository of a list: a workflow for GitHub that keeps it.

    Example: `ssm-search init --list README.md --dry-run`

    It answers submissions, proposes new papers every week, adds those that are ticked, finds what
    time broke, writes feeds. Nothing but that one file is written; run again, it says "unchanged".
    """
    from importlib.metadata import version

    from ssm_search.files import resolved
    from ssm_search.upkeep import workflows

    top = workflows.repository_of(Path.cwd())
    path = resolved(list_file.absolute() if list_file else top / LIST)
    entries = _entries(path)
    found = workflows.setup(top.resolve(), path, action or _home(), version("ssm-search"))
    is_written = not dry_run and (found.state == "new" or (found.state == "different" and force))
    if is_written:
        found.write()
    name = workflows.FILE.as_posix()
    typer.echo(f"{name}: {_outcome(found.state, is_written, dry_run, force)}")
    if found.state == "new":
        for job, what in workflows.JOBS.items():
            typer.echo(f"  {job:8}{what}")
    if found.state == "new" and dry_run:
        typer.echo(f"\n{shown_lines(found.text)}", nl=False)
    elif found.state == "different":
        typer.echo(shown_lines(found.diff), nl=False)
    if is_written:
        typer.echo(_next(name, found, entries, shown(path.relative_to(top.resolve()).as_posix())))


def _entries(path: Path) -> int:
    """How many papers and links a list has.

    Raises:
        ListError: it is no list, neither with entries nor with headings for them.
    """
    from ssm_search.build import read_whole

    if not path.is_file():
        raise ListError(f"there is no {path}; name the list with --list")
    reading = read_whole([path]).reading
    if not reading.entries and not reading.categories:
        raise ListError(
            f"{path.name} is no list: it names no paper, and has no headings to put papers under; "
            "name the list with --list"
        )
    return len(reading.entries)


def _home() -> str:
    """The repository that this package says it comes from; "" if it does not."""
    from importlib.metadata import metadata

    addresses = metadata("ssm-search").get_all("Project-URL") or []
    found = re.search(r"https://github\.com/([\w.-]+/[\w-]+)", " ".join(addresses))
    return found[1] if found else ""


def _outcome(state: workflows.State, is_written: bool, dry_run: bool, force: bool) -> str:
    if state == "unchanged":
        return "unchanged"
    if is_written:
        return "written" if state == "new" else "written over what was there:"
    if dry_run:
        would = "would be written" if state == "new" or force else "would be left"
        return would + (":" if state == "different" else "")
    return "left as it is, for init would write another; with --force this changes:"


def _next(name: str, found: workflows.Setup, entries: int, list_name: str) -> str:
    """What to do after the workflow was written."""
    from ssm_search.upkeep import workflows

    steps = []
    if not found.owner_is_known:
        steps.append(
            f"In it, put the account that you take ssm-search from in place of "
            f"{workflows.UNKNOWN_OWNER} (or: init --force --action NAME/ssm-search)."
        )
    steps += [
        f'git add {name} && git commit -m "Let ssm-search keep the list" && git push',
        "Only where the default branch is protected: in Settings › Actions › General, let GitHub "
        "Actions create pull requests. Rows and decisions then come as one.",
        "For a site that searches the list: in Settings › Pages, let GitHub Actions be the source.",
        "Try it: Actions › ssm-search › Run workflow › radar; or open a pull request with a paper.",
    ]
    if not entries:
        steps.append(f"Put papers into {list_name}; until then there is nothing to compare with.")
    return "\nnext\n" + "\n".join(f"  {number}. {one}" for number, one in enumerate(steps, start=1))
