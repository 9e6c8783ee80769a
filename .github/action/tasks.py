"""What the action does at GitHub: it asks ssm-search, then comments, opens issues, and commits.

    python tasks.py triage|radar|decide|repair|feed|site

Whatever strangers wrote comes here in files, and goes on in files and requests: no part of it is
ever read as a command. What GitHub has is asked and changed with ``gh``.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

MOST = "65000"  # characters of a comment or an issue; GitHub takes 65,536
NOTHING, NO_LIST, UNREADABLE = 3, 4, 5  # exit statuses of ssm-search
TRIES = 5  # pushes, while others push as well
FOLDER = ".ssm-search"  # beside the list
BRANCH = "ssm-search"  # of the pull request, where the default branch is protected
RADAR, REPAIR = "ssm-search-radar", "ssm-search-repair"  # labels
ABOUT = {RADAR: "Papers that ssm-search proposes", REPAIR: "What ssm-search would mend"}
TRIAGE_MARK = "<!-- ssm-search triage -->"
DECIDE_MARK = "<!-- ssm-search decide -->"
WITHDRAWN = f"{TRIAGE_MARK}\nNo paper is proposed here any more.\n"
SOUND = "**Nothing found"  # begins a report of the doctor's
BOT = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")


class RefusedError(Exception):
    """GitHub, git or ssm-search did not do what it was asked."""


def setting(name: str) -> str:
    """A variable of the environment; "" if it is not set."""
    return os.environ.get(name, "")


def folder() -> Path:
    """Where decisions and feeds stand."""
    return Path(setting("LIST")).parent / FOLDER


def check_folder() -> None:
    """Make sure that no link, which a pull request may have brought, leads out of the repository.

    Raises:
        RefusedError: there is one.
    """
    for path in (Path(setting("LIST")), folder(), *folder().glob("*")):
        if path.is_symlink() and not path.resolve().is_relative_to(Path.cwd().resolve()):
            raise RefusedError(f"{path} is a link out of the repository; expected a file in it")


def event() -> dict[str, Any]:
    """What happened, as GitHub tells it."""
    return json.loads(Path(setting("GITHUB_EVENT_PATH")).read_text(encoding="utf-8"))


def tell(text: str) -> None:
    """Put text into the summary of the run."""
    with Path(setting("GITHUB_STEP_SUMMARY")).open("a", encoding="utf-8") as summary:
        summary.write(text.rstrip("\n") + "\n")


# ── the programs ─────────────────────────────────────────────────────────────────────────────


def ask(*arguments: str | Path) -> tuple[int, str]:
    """The exit status of ssm-search, and what it printed.

    Raises:
        RefusedError: it failed; what it said of that is in the log.
    """
    command = [sys.executable, "-m", "ssm_search", *map(str, arguments)]
    # What it says may quote strangers: no command to the runner is taken out of it.
    word = secrets.token_hex(16)
    print(f"::stop-commands::{word}", flush=True)  # noqa: T201
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603
    print(f"::{word}::", flush=True)  # noqa: T201
    is_empty = done.returncode == NO_LIST and bool(done.stdout)  # else it is no Markdown
    if done.returncode not in (0, NOTHING, UNREADABLE) and not is_empty:
        raise RefusedError(f"ssm-search {arguments[0]} ended with {done.returncode}")
    return done.returncode, done.stdout.decode("utf-8")


def github(
    path: str, method: str = "GET", fields: Mapping[str, Any] | None = None, *options: str
) -> bytes:
    """What GitHub's API answers.

    Raises:
        RefusedError: it answers with an error, which ``gh`` has printed.
    """
    command = ["gh", "api", "--method", method, *options, path]
    given = b""
    if fields is not None:
        command += ["--input", "-"]
        given = json.dumps(fields).encode()
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, check=False)  # noqa: S603
    if done.returncode:
        raise RefusedError(f"GitHub refused {method} {path}")
    return done.stdout


def everything(path: str) -> list[dict[str, Any]]:
    """All that GitHub lists at a path, over all its pages."""
    pages = json.loads(github(path, "GET", None, "--paginate", "--slurp"))
    return [one for page in pages for one in page]


def git(*arguments: str) -> str:
    """What git prints.

    Raises:
        RefusedError: it failed.
    """
    done = subprocess.run(["git", *arguments], stdout=subprocess.PIPE, check=False)  # noqa: S603, S607
    if done.returncode:
        raise RefusedError(f"git {arguments[0]} failed")
    return done.stdout.decode("utf-8").strip()


def works(*arguments: str) -> bool:
    """Whether git does what it is asked."""
    try:
        git(*arguments)
    except RefusedError:
        return False
    return True


# ── comments and issues ──────────────────────────────────────────────────────────────────────


def at(path: str) -> str:
    """The path of something of this repository in GitHub's API."""
    return f"repos/{setting('GITHUB_REPOSITORY')}/{path}"


@cache
def myself() -> str:
    """The login that comments are written under."""
    found = json.loads(github("graphql", "POST", {"query": "{viewer{login}}"}))
    return str(found["data"]["viewer"]["login"])


def is_mine(thing: Mapping[str, Any]) -> bool:
    """Whether a comment or an issue is the action's own, whatever marker it bears."""
    return bool(thing.get("user")) and thing["user"]["login"] == myself()


def comment(number: int, mark: str, text: str, *, anew: bool = True) -> None:
    """Have one comment with a mark say ``text``.

    Args:
        anew: write one where there is none.
    """
    for one in everything(at(f"issues/{number}/comments?per_page=100")):
        if one["body"].startswith(mark) and is_mine(one):
            if one["body"].strip() != text.strip():
                github(at(f"issues/comments/{one['id']}"), "PATCH", {"body": text})
            return
    if anew:
        github(at(f"issues/{number}/comments"), "POST", {"body": text})


def new_issue(label: str, title: str, body: str) -> None:
    """Open an issue with a label, which is made where there is none."""
    if label not in [one["name"] for one in everything(at("labels?per_page=100"))]:
        fields = {"name": label, "description": ABOUT[label], "color": "0e8a16"}
        github(at("labels"), "POST", fields)
    github(at("issues"), "POST", {"title": title, "body": body, "labels": [label]})


def fenced(text: str) -> str:
    """Text that GitHub shows as it is."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}\n"


def title_of(body: str) -> str:
    """The first line of a body that is no marker, as a title."""
    lines = (line.strip("# *\n") for line in body.splitlines() if not line.startswith("<!--"))
    first = next(filter(None, lines), "ssm-search")
    return re.sub(r"\\(?=[!-/:-@[-`{-~])", "", first)[:200]  # a title is no Markdown


# ── commits ──────────────────────────────────────────────────────────────────────────────────


def pull_requests() -> list[dict[str, Any]]:
    """The open pull request with what could not be pushed, if there is one."""
    owner = setting("GITHUB_REPOSITORY").partition("/")[0]
    return everything(at(f"pulls?state=open&head={quote(f'{owner}:{BRANCH}')}"))


def catch_up() -> None:
    """Take up what waits in a pull request, so that all goes on from there."""
    if pull_requests():
        git("fetch", "--quiet", "origin", BRANCH)
        if not works(*_as_bot(), "merge", "--quiet", "--no-edit", "FETCH_HEAD"):
            raise RefusedError(
                f"the pull request from {BRANCH} has conflicts; merge it or close it"
            )


def publish(message: str, work: Callable[[], object]) -> None:
    """Commit what ``work`` changes of the list and beside it, and push that.

    While somebody else pushes first, it is all done again on top of theirs. Where nobody may push
    to the branch, it becomes a pull request, and later ones add to that.
    """
    branch = setting("GITHUB_REF_NAME")
    for _ in range(TRIES):
        work()
        git("add", "--", *(str(one) for one in (setting("LIST"), folder()) if Path(one).exists()))
        if works("diff", "--cached", "--quiet"):
            return
        git(*_as_bot(), "commit", "--quiet", "--message", message)
        if works("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}"):
            return
        git("fetch", "--quiet", "origin", branch)
        nobody_was_first = works("merge-base", "--is-ancestor", "FETCH_HEAD", "HEAD")
        if nobody_was_first and _propose(branch):  # so it was refused for another reason
            return
        git("reset", "--quiet", "--hard", "FETCH_HEAD")
        catch_up()
    raise RefusedError(f"others pushed {TRIES} times meanwhile; run it again")


def _as_bot() -> list[str]:
    return ["-c", f"user.name={BOT[0]}", "-c", f"user.email={BOT[1]}"]


def _propose(branch: str) -> bool:
    """Put the commit into the pull request; False where somebody else did so meanwhile."""
    is_open = bool(pull_requests())
    # What is left of one that was closed is of no use; what waits in an open one is.
    anew = [] if is_open else ["--force"]
    if not works("push", "--quiet", *anew, "origin", f"HEAD:refs/heads/{BRANCH}"):
        return False
    if not is_open:
        fields = {
            "title": "What ssm-search adds to the list",
            "head": BRANCH,
            "base": branch,
            "body": f"`{branch}` is protected, so what was decided waits here to be merged.",
        }
        try:
            github(at("pulls"), "POST", fields)
        except RefusedError as error:
            raise RefusedError(
                f"the changes are on the branch {BRANCH}, and no pull request could be opened; in "
                "Settings › Actions › General allow GitHub Actions to create pull requests"
            ) from error
    return True


# ── the tasks ────────────────────────────────────────────────────────────────────────────────


def triage() -> None:
    """Comment on what somebody submits, once, and keep that comment up to date."""
    happened = event()
    pull, issue = happened.get("pull_request"), happened.get("issue")
    if not pull and not issue:
        raise RefusedError("triage is for issues and pull requests, and this event is of neither")
    if issue and is_mine(issue):
        return  # what the radar proposes is no submission
    number = (pull or issue)["number"]
    if pull:
        diff = github(
            at(f"pulls/{number}"), "GET", None, "--header", "Accept: application/vnd.github.diff"
        )
        source = Path(setting("RUNNER_TEMP"), "submission.diff")
        source.write_text(diff.decode("utf-8", errors="replace"), encoding="utf-8", newline="")
    else:
        source = Path(setting("GITHUB_EVENT_PATH"))
    status, card = ask("triage", source, *of_list(), "--max-chars", MOST)
    if status != NOTHING:
        tell(card)
    if setting("COMMENT") == "true":
        text = WITHDRAWN if status == NOTHING else card
        comment(number, TRIAGE_MARK, text, anew=status != NOTHING)


def radar() -> None:
    """Open an issue with the papers that are new, and remember that they were proposed."""
    file = folder() / "decisions.jsonl"
    before = file.read_bytes() if file.exists() else b""
    status, body = ask(
        "discover", *of_list(), "-k", setting("COUNT") or "10", "--markdown", "--max-chars", MOST
    )
    added = file.read_bytes()[len(before) :] if file.exists() else b""
    if status != NOTHING:
        tell(body)
        new_issue(RADAR, title_of(body), body)

    def remember() -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        earlier = file.read_bytes() if file.exists() else b""
        if added and not earlier.endswith(added):
            file.write_bytes(earlier + added)

    publish("Remember what was proposed for the list", remember)


def decide() -> None:
    """Do as the boxes say that somebody ticked who may write here."""
    happened = event()
    issue, who = happened.get("issue"), happened["sender"]["login"]
    if not issue or not is_mine(issue):
        return
    found = json.loads(github(at(f"collaborators/{quote(who, safe='')}/permission")))
    if found["permission"] not in ("admin", "write"):
        tell(f"{who} may not write to this repository, so nothing was decided.")
        return
    said = ""

    def apply() -> None:
        nonlocal said
        source = setting("GITHUB_EVENT_PATH")
        _, said = ask("decide", source, "--list", setting("LIST"), "--apply")

    publish(f"Add what was accepted in #{issue['number']}", apply)
    if said.strip():
        tell(said)
        comment(issue["number"], DECIDE_MARK, f"{DECIDE_MARK}\n{fenced(said)}")


def repair() -> None:
    """Keep one issue with what is to be mended; close it when nothing is."""
    _, body = ask("doctor", *of_list(), "--online", "--markdown", "--max-chars", MOST)
    tell(body)
    path = at(f"issues?labels={REPAIR}&state=all&sort=created&direction=desc&per_page=100")
    mine = [one for one in everything(path) if is_mine(one)]
    is_open = bool(mine) and mine[0]["state"] == "open"
    fields = {"title": title_of(body), "body": body}
    if body.startswith(SOUND):
        if is_open:
            fields |= {"state": "closed", "state_reason": "completed"}
            github(at(f"issues/{mine[0]['number']}"), "PATCH", fields)
    elif is_open:
        github(at(f"issues/{mine[0]['number']}"), "PATCH", fields)
    elif not mine or found_in(mine[0]["body"] or "") != found_in(body):  # else somebody closed it
        new_issue(REPAIR, fields["title"], body)


def found_in(report: str) -> str:
    """A report without what is said of links that could not be asked, which is new every time."""
    lines = report.replace("\r\n", "\n").split("\n")
    return "\n".join(line for line in lines if line and not line.startswith(">"))


def feed() -> None:
    """Write the feeds of what was added and of what is proposed."""
    page = f"{setting('GITHUB_SERVER_URL')}/{setting('GITHUB_REPOSITORY')}"

    def write() -> None:
        folder().mkdir(exist_ok=True)
        for name, options in (("feed.xml", []), ("proposed.xml", ["--proposed"])):
            file = folder() / name
            given = ["--url", f"{page}/raw/HEAD/{file.as_posix()}", "--home", page, *options]
            ask("feed", "--list", setting("LIST"), "--output", file, *given)

    publish("Bring the feeds of the list up to date", write)


def site() -> None:
    """Write the site of the list for GitHub's Pages, and name its folder to the steps that follow.

    Where Pages are off, or come from a branch, nothing is written; the summary says how to switch.
    """
    try:
        pages = json.loads(github(at("pages")))
    except RefusedError:
        pages = {}
    if pages.get("build_type") != "workflow":
        tell('No site: in Settings › Pages, choose "GitHub Actions" as the source.')
        return
    output = Path(setting("RUNNER_TEMP"), "site")
    ask("site", *of_list(), "--output", output, "--url", str(pages.get("html_url") or ""))
    with Path(setting("GITHUB_OUTPUT")).open("a", encoding="utf-8") as outputs:
        outputs.write(f"site={output}\n")


TASKS = {one.__name__: one for one in (triage, radar, decide, repair, feed, site)}
WITHOUT_INDEX = ("decide", "feed")
WRITING = ("radar", "decide", "feed")


def of_list() -> list[str]:
    """The options that name the list and its index."""
    return ["--list", setting("LIST"), "--index", str(Path(setting("RUNNER_TEMP"), "index"))]


def main(task: str) -> int:
    """Do a task; the exit status."""
    if task not in TASKS:
        print(f"::error::there is no task {task!r}; expected one of {', '.join(TASKS)}")  # noqa: T201
        return 2
    try:
        if task in WRITING:
            catch_up()
        check_folder()
        if task not in WITHOUT_INDEX:
            if ask("check", setting("LIST"), "--json")[0] == NO_LIST:
                tell(f"{setting('LIST')} has no entry yet, so there is nothing to compare with.")
                return 0
            ask("build", setting("LIST"), "--index", of_list()[-1])
        TASKS[task]()
    except RefusedError as error:
        print(f"::error::{error}")  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
