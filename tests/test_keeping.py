"""Three months of a list that keeps itself: what the radar proposed, and what became of it.

``pytest --numprocesses=0 -s tests/test_keeping.py`` prints what happened.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any

import pytest
import season
from action_runner import Runner, git
from arxiv_server import ArxivServer

from ssm_search.abstracts import cache
from ssm_search.cli import discovering

pytestmark = pytest.mark.encoder

DECISIONS = ".ssm-search/decisions.jsonl"
RADAR = "ssm-search-radar"
MAINTAINER = {"login": "ada", "type": "User"}
READER = {"login": "bob", "type": "User"}
DONE = "completed"
BOX = r"- \[ \](.*<!-- ssm-search: {} -->)"
ACCEPTED = 5  # by what `_decide` does


class Clock(datetime):
    """The day on which a command believes to run."""

    today_is = season.MONDAY

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Clock:
        day = cls.today_is
        return cls(day.year, day.month, day.day, 5, 23, tzinfo=tz)


@dataclass
class Months:
    """A list, what is decided on it, and what happened.

    Attributes:
        remembered: the decisions after each week.
    """

    runner: Runner
    arxiv: ArxivServer
    lines: list[str] = field(default_factory=list)
    remembered: list[str] = field(default_factory=list)

    def say(self, *lines: str) -> None:
        self.lines += lines

    @property
    def list_text(self) -> str:
        return self.runner.pushed("README.md")

    @property
    def decisions(self) -> str:
        """The file, where it is."""
        branch = "ssm-search" if self.runner.github.pull_requests else "main"
        return self.runner.pushed(DECISIONS, branch)

    @property
    def issues(self) -> list[dict[str, Any]]:
        """Those of the radar."""
        found = self.runner.github.issues
        return [one for one in found if RADAR in [label["name"] for label in one["labels"]]]

    def heading(self, paper_id: str) -> str:
        return season.heading_of(self.arxiv.papers[paper_id])

    def week(self, number: int) -> dict[str, Any] | None:
        """Monday: the radar's issue, if it opened one."""
        Clock.today_is = day = season.MONDAY + timedelta(weeks=number)
        for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
            self.runner.monkeypatch.setenv(name, f"{day}T05:23:00+00:00")
        self.arxiv.papers |= {one.id: one for one in season.weeks()[number]}
        before = len(self.issues)
        assert self.runner.run("radar") == 0
        self.say("", f"=== {day:%A, %d %B} ===", "")
        if len(self.issues) == before:
            self.say("radar: nothing to propose")
            return None
        issue = self.issues[-1]
        self.say(f"radar: issue #{issue['number']}, “{issue['title']}”")
        self.say(*(f"    {line}" for line in issue["body"].splitlines() if "- [ ]" in line))
        return issue

    def decide(
        self, issue: dict[str, Any], who: dict[str, str], *ticked: str, closed: str = ""
    ) -> None:
        """Somebody ticks boxes, and may close the issue."""
        body = self.runner.github.issue(issue["number"])["body"]
        for one in ticked:
            body = re.sub(BOX.format(re.escape(one)), r"- [x]\1", body)
        fields: dict[str, Any] = {"body": body}
        if closed:
            fields |= {"state": "closed", "state_reason": closed}
        changed = self.runner.github.change(issue["number"], **fields)
        event = {
            "action": "closed" if closed else "edited",
            "issue": changed,
            "repository": {"full_name": "someone/awesome-weather", "default_branch": "main"},
            "sender": who,
        }
        deeds = [f"ticks {', '.join(ticked)}"] * bool(ticked) + [f"closes as {closed}"] * bool(
            closed
        )
        self.say(f"{who['login']} {' and '.join(deeds)}")
        before = self.runner.github.comments(issue["number"])
        assert self.runner.run("decide", event) == 0
        after = self.runner.github.comments(issue["number"])
        said = after[-1].splitlines()[2:-1] if after != before else ["nothing was decided"]
        self.say(*(f"    → {line}" for line in said))

    def merge_row(self, paper_id: str) -> None:
        """A maintainer merges somebody's row."""
        clone = self.runner.clone(f"by-hand-{paper_id}")
        paper, heading = self.arxiv.papers[paper_id], self.heading(paper_id)
        text = (clone / "README.md").read_text(encoding="utf-8")
        row = f"- [{paper.title}](https://arxiv.org/abs/{paper.id})\n"
        text = text.replace(f"## {heading}\n\n", f"## {heading}\n\n{row}")
        (clone / "README.md").write_text(text, encoding="utf-8")
        self.runner.push("Merge a paper", clone)
        self.say(f"ada merges a pull request with {paper_id}")

    def merge_pull_request(self) -> None:
        """The branch is open for people, who merge what waits."""
        (self.runner.origin / "hooks" / "update").unlink()
        clone = self.runner.clone("merging")
        git(clone, "merge", "--quiet", "origin/ssm-search")
        git(clone, "push", "--quiet", "origin", "HEAD:main")
        self.runner.github.close_pull_requests()
        self.say("ada merges the pull request from ssm-search; main is not protected any more")

    def submit(self) -> None:
        """A reader opens a pull request with a listed paper and a new one."""
        clone = self.runner.clone("contributor")
        rows = "".join(
            f"- [{one.title}](https://arxiv.org/abs/{one.id})\n" for one in season.submitted()
        )
        text = (clone / "README.md").read_text(encoding="utf-8")
        (clone / "README.md").write_text(f"{text}{rows}", encoding="utf-8")
        diff = git(clone, "diff")
        github = self.runner.github
        number = github.open_pull_request("bob", "Add papers", f"{diff}\n")
        event = {"action": "opened", "pull_request": {"number": number}, "sender": READER}
        assert self.runner.run("triage", event) == 0
        self.say(f"bob opens pull request #{number} with two rows; the comment:")
        self.say(*(f"    {line}" for line in github.comments(number)[0].splitlines()))


def proposed(issue: dict[str, Any]) -> list[str]:
    found: list[str] = re.findall(r"<!-- ssm-search: (\S+) -->", issue["body"])
    return found


def last(text: str) -> dict[str, dict[str, Any]]:
    """The last decision on each paper."""
    return {one["id"]: one for line in text.splitlines() if "id" in (one := json.loads(line))}


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Months]:
    """All that happened."""
    listed = [one for papers in season.listed().values() for one in papers]
    listed += season.submitted()
    with pytest.MonkeyPatch.context() as patch, ArxivServer(listed) as arxiv:
        folder = tmp_path_factory.mktemp("months")
        for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
            patch.setenv(name, "2026-08-01T12:00:00+00:00")
        runner = Runner(folder, patch, season.list_text())
        patch.setenv("SSM_SEARCH_ARXIV_API", arxiv.url)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setattr(discovering, "datetime", Clock)
        source = cache._source
        patch.setattr(cache, "_source", lambda url, _, sleep: source(url, 0.0, sleep))
        runner.github.let_write("ada")
        found = Months(runner, arxiv)
        for number in range(season.WEEKS):
            if issue := found.week(number):
                _decide(found, issue)
            if number == season.NONE_NEW[0]:
                found.submit()
            found.remembered.append(found.decisions)
        assert runner.run("feed") == 0
        print(*found.lines, "\n=== the list ===\n", found.list_text, sep="\n")
        print("\n=== .ssm-search/decisions.jsonl ===\n", found.decisions, sep="\n")
        print("\n=== an issue ===\n", found.issues[1]["body"], sep="\n")
        print("\n=== .ssm-search/feed.xml ===\n", runner.pushed(".ssm-search/feed.xml"), sep="\n")
        yield found


def _decide(months: Months, issue: dict[str, Any]) -> None:
    """What people do with each issue in turn."""
    first, *others = proposed(issue)
    match len(months.issues):
        case 1:
            months.decide(issue, MAINTAINER, closed="not_planned")
        case 2:
            months.merge_row(first)
        case 3:
            months.decide(issue, MAINTAINER, first)
            months.decide(issue, MAINTAINER, closed=DONE)
        case 4:
            months.decide(issue, READER, first, *others, closed=DONE)
        case 5:
            months.runner.protect()
            months.say("from now on nobody may push to main")
            months.decide(issue, MAINTAINER, first)
            (pull,) = months.runner.github.pull_requests
            months.say(f"    → pull request “{pull['title']}” from {pull['head']}")
            assert first not in months.list_text
        case 6:
            months.decide(issue, MAINTAINER, first)
            assert first not in months.list_text
            months.merge_pull_request()
        case 7:
            months.decide(issue, MAINTAINER, first, closed=DONE)


def test_nothing_is_proposed_twice_or_that_is_about_something_else(months: Months) -> None:
    ids = [one for issue in months.issues for one in proposed(issue)]
    assert len(ids) == len(set(ids))
    assert 7 <= len(months.issues) < season.WEEKS
    assert all(map(months.heading, ids))


def test_what_is_accepted_stands_once_under_its_heading(months: Months) -> None:
    accepted = [one for one, x in last(months.decisions).items() if x["decision"] == "accepted"]
    assert len(accepted) == ACCEPTED
    _, *parts = re.split(r"^## (.*)$", months.list_text, flags=re.MULTILINE)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    for one in accepted:
        assert months.list_text.count(f"https://arxiv.org/abs/{one})") == 1
        assert one in sections[months.heading(one)]
    lines, at_first = months.list_text.splitlines(), season.list_text().splitlines()
    new = [line for line in lines if any(one in line for one in accepted)]
    assert [line for line in lines if line not in new] == at_first  # and nothing else changed


def test_decisions_say_what_was_decided_and_only_grow(months: Months) -> None:
    for before, after in pairwise(months.remembered):
        assert after.startswith(before)
    known = last(months.decisions)
    issues = [proposed(issue) for issue in months.issues]
    kinds = [[known[one]["decision"] for one in ids] for ids in issues]
    assert set(kinds[0]) == {"rejected"}
    for at, of_others in ((1, "proposed"), (2, "rejected"), (4, "proposed"), (6, "rejected")):
        assert kinds[at][0] == "accepted"
        assert set(kinds[at][1:]) <= {of_others}
    assert set(kinds[3]) == {"proposed"}  # a reader decides nothing
    numbers = [known[ids[0]]["issue"] for ids in issues]
    assert numbers[1] is None
    assert [numbers[at] for at in (0, 2, 4, 5, 6)] == [
        months.issues[at]["number"] for at in (0, 2, 4, 5, 6)
    ]
    asked = [
        one["when"] for one in map(json.loads, months.decisions.splitlines()) if "id" not in one
    ]
    assert asked == [f"{season.MONDAY + timedelta(weeks=number)}" for number in range(season.WEEKS)]


def test_each_issue_has_one_comment_on_what_was_done(months: Months) -> None:
    counts = [len(months.runner.github.comments(one["number"])) for one in months.issues]
    assert counts[:7] == [1, 0, 1, 0, 1, 1, 1]
    assert set(counts[7:]) <= {0}


def test_the_feeds_tell_what_was_added_and_what_waits(months: Months) -> None:
    added, waiting = (
        re.findall(r"<entry>.*?arxiv\.org/abs/([\d.]+)", months.runner.pushed(name), re.DOTALL)
        for name in (".ssm-search/feed.xml", ".ssm-search/proposed.xml")
    )
    known = last(months.decisions)
    accepted, undecided = (
        {one for one, each in known.items() if each["decision"] == kind}
        for kind in ("accepted", "proposed")
    )
    assert set(added[:ACCEPTED]) == accepted
    assert len(added) == ACCEPTED + sum(map(len, season.listed().values()))
    assert set(waiting) == undecided


def test_a_contributor_has_one_comment(months: Months) -> None:
    (number,) = [one["number"] for one in months.runner.github.issues if not one["labels"]]
    (said,) = months.runner.github.comments(number)
    first, second = said.splitlines()[:2]
    assert first == "<!-- ssm-search triage -->"
    assert second.startswith("**1 new")
    assert "1 already listed" in second
