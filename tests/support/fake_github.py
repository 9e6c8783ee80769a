"""A stand-in for GitHub, and for ``gh``, which asks it: what is there lies in one JSON file.

>>> github = GitHub(folder)  # folder / "bin", where gh is, goes first in PATH
>>> number = github.open_issue("someone", "A paper", "https://arxiv.org/abs/2401.00001")
>>> github.comments(number)

Lists come in pages of two, so that whoever reads one alone is found out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

BOT = "github-actions[bot]"
REPOSITORY = "someone/awesome-weather"
PAGE = 2
SCRIPT = """#!/bin/sh
exec "{python}" "{here}" "{state}" "$@"
"""


class NotFoundError(Exception):
    """There is nothing of the kind, or it may not be done."""


class GitHub:
    """What a repository has, beside what git keeps.

    Args:
        folder: where it lies, and ``bin/gh``.
    """

    def __init__(self, folder: Path):
        self.file = folder / "github.json"
        self.bin = folder / "bin"
        if not self.file.exists():
            self._write(
                {
                    "issues": {},
                    "labels": [],
                    "pulls": [],
                    "writers": [],
                    "log": [],
                    "forbidden": False,
                }
            )
            self.bin.mkdir(exist_ok=True)
            gh = self.bin / "gh"
            gh.write_text(
                SCRIPT.format(python=sys.executable, here=Path(__file__), state=folder),
                encoding="utf-8",
            )
            gh.chmod(0o755)

    def _read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return found

    def _write(self, state: dict[str, Any]) -> None:
        self.file.write_text(json.dumps(state, indent=1, ensure_ascii=False), encoding="utf-8")

    # ── what a test does and sees ────────────────────────────────────────────────────────────

    def open_issue(self, who: str, title: str, body: str, labels: tuple[str, ...] = ()) -> int:
        state = self._read()
        number = len(state["issues"]) + 1
        state["issues"][str(number)] = {
            "number": number,
            "title": title,
            "body": body,
            "state": "open",
            "state_reason": None,
            "user": {"login": who, "type": "Bot" if who.endswith("[bot]") else "User"},
            "labels": [{"name": name} for name in labels],
            "comments": [],
        }
        self._write(state)
        return number

    def open_pull_request(self, who: str, title: str, diff: str) -> int:
        number = self.open_issue(who, title, "")
        state = self._read()
        state["issues"][str(number)]["diff"] = diff
        self._write(state)
        return number

    def change(self, number: int, **fields: Any) -> dict[str, Any]:
        """Change an issue, or the diff of a pull request; the issue as events have it."""
        state = self._read()
        issue = state["issues"][str(number)]
        issue.update(fields)
        self._write(state)
        return self.issue(number)

    def add_comment(self, number: int, who: str, body: str) -> None:
        state = self._read()
        _comment(state, number, who, body)
        self._write(state)

    def let_write(self, who: str) -> None:
        state = self._read()
        state["writers"].append(who)
        self._write(state)

    def forbid_pull_requests(self) -> None:
        """As a repository does whose settings do not let GitHub Actions open them."""
        state = self._read()
        state["forbidden"] = True
        self._write(state)

    def switch_pages(self, build_type: str) -> None:
        """Have Pages, which are built so: "workflow", or "legacy" for those of a branch."""
        state = self._read()
        state["pages"] = build_type
        self._write(state)

    def issue(self, number: int) -> dict[str, Any]:
        """An issue as GitHub gives it."""
        return _shown(self._read()["issues"][str(number)])

    @property
    def issues(self) -> list[dict[str, Any]]:
        return [_shown(one) for one in self._read()["issues"].values()]

    @property
    def pull_requests(self) -> list[dict[str, Any]]:
        """What was opened through the API."""
        found: list[dict[str, Any]] = self._read()["pulls"]
        return found

    def close_pull_requests(self) -> None:
        state = self._read()
        state["pulls"] = []
        self._write(state)

    def comments(self, number: int) -> list[str]:
        return [one["body"] for one in self._read()["issues"][str(number)]["comments"]]

    @property
    def labels(self) -> list[str]:
        return [one["name"] for one in self._read()["labels"]]

    @property
    def changes(self) -> list[str]:
        """The requests that changed something, in order."""
        return [one for one in self._read()["log"] if not one.startswith(("GET ", "POST graphql"))]

    # ── what ``gh api`` does ─────────────────────────────────────────────────────────────────

    def answer(self, arguments: list[str], given: str) -> str:
        """What ``gh`` prints.

        Raises:
            NotFoundError: GitHub refuses.
        """
        assert arguments.pop(0) == "api"
        method, path, options = "GET", "", []
        while arguments:
            word = arguments.pop(0)
            if word == "--method":
                method = arguments.pop(0)
            elif word in ("--header", "--input"):
                options.append(f"{word} {arguments.pop(0)}")
            elif word.startswith("--"):
                options.append(word)
            else:
                path = word
        fields = json.loads(given) if "--input -" in options else {}
        state = self._read()
        state["log"].append(f"{method} {path}")
        found = _routed(state, method, path, fields, options)
        self._write(state)
        if isinstance(found, str):
            return found
        if isinstance(found, list) and "--slurp" in options:
            assert "--paginate" in options
            found = [found[at : at + PAGE] for at in range(0, len(found), PAGE)] or [[]]
        return json.dumps(found)


def _shown(issue: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in issue.items() if name not in ("comments", "diff")}


def _comment(state: dict[str, Any], number: int, who: str, body: str) -> dict[str, Any]:
    comments = state["issues"][str(number)]["comments"]
    one = {"id": number * 1000 + len(comments), "body": body, "user": {"login": who}}
    comments.append(one)
    return one


# Long: a route after the other.
def _routed(
    state: dict[str, Any], method: str, path: str, fields: dict[str, Any], options: list[str]
) -> Any:
    split = urlsplit(path)
    query = {name: values[0] for name, values in parse_qs(split.query).items()}
    parts = [unquote(part) for part in split.path.split("/")]
    if path == "graphql":
        assert fields == {"query": "{viewer{login}}"}
        return {"data": {"viewer": {"login": BOT}}}
    assert "/".join(parts[:3]) == f"repos/{REPOSITORY}", path
    issues = state["issues"]
    match method, parts[3:]:
        case "GET", ["pulls", number]:
            assert "--header Accept: application/vnd.github.diff" in options
            return issues[number]["diff"]
        case "GET", ["issues", number, "comments"]:
            return issues[number]["comments"]
        case "POST", ["issues", number, "comments"]:
            return _comment(state, int(number), BOT, fields["body"])
        case "PATCH", ["issues", "comments", wanted]:
            for issue in issues.values():
                for one in issue["comments"]:
                    if one["id"] == int(wanted):
                        one.update(fields)
                        return one
            raise NotFoundError(path)
        case "GET", ["issues"]:
            label, which = query.get("labels", ""), query.get("state", "open")
            return [
                _shown(one)
                for one in reversed(issues.values())
                if label in [each["name"] for each in one["labels"]]
                and which in ("all", one["state"])
            ]
        case "POST", ["issues"]:
            number = str(len(issues) + 1)
            labels = [{"name": name} for name in fields.pop("labels", [])]
            issues[number] = {
                "number": int(number),
                "state": "open",
                "state_reason": None,
                "user": {"login": BOT, "type": "Bot"},
                "labels": labels,
                "comments": [],
                **fields,
            }
            return _shown(issues[number])
        case "PATCH", ["issues", number]:
            issues[number].update(fields)
            return _shown(issues[number])
        case "GET", ["labels"]:
            return state["labels"]
        case "POST", ["labels"]:
            if fields["name"] in [one["name"] for one in state["labels"]]:
                raise NotFoundError("already_exists")
            state["labels"].append(fields)
            return fields
        case "GET", ["collaborators", who, "permission"]:
            return {"permission": "write" if who in state["writers"] else "read"}
        case "GET", ["pages"] if "pages" in state:
            return {
                "build_type": state["pages"],
                "html_url": "https://{}.github.io/{}/".format(*REPOSITORY.split("/")),
            }
        case "GET", ["pulls"]:
            assert query["state"] == "open"
            owner = REPOSITORY.partition("/")[0]
            return [one for one in state["pulls"] if f"{owner}:{one['head']}" == query["head"]]
        case "POST", ["pulls"]:
            if state["forbidden"]:
                raise NotFoundError(path)
            state["pulls"].append(fields)
            return fields
    raise NotFoundError(f"{method} {path}")


def main() -> None:
    """Be ``gh``."""
    folder, *arguments = sys.argv[1:]
    given = sys.stdin.read() if "--input" in arguments else ""
    try:
        sys.stdout.write(GitHub(Path(folder)).answer(arguments, given))
    except NotFoundError as error:
        sys.exit(f"gh: Not Found (HTTP 404): {error}")


if __name__ == "__main__":
    main()
