"""What time breaks in a list: records and answers by hand, patches as git applies them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fakes import WordEncoder

from ssm_search.awesome.reading import read_list
from ssm_search.build.lists import build_index
from ssm_search.papers import Abstract, Paper
from ssm_search.search.local import PaperSearch
from ssm_search.upkeep.answers import APART, Answer, Answers, Repository
from ssm_search.upkeep.doctor import combined_patch, examine
from ssm_search.upkeep.findings import Finding, Kind

ABS = "https://arxiv.org/abs/"
NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
GITHUB = "https://github.com/"
TABLE = f"""# Awesome Sea

## Deep

|Title|Year|Venue|Code|PDF|
|---|---|---|---|---|
|[Whales that sing]({ABS}2401.00001)|2024|arXiv| code |[pdf]({ABS}2401.00001)|
|[Squids that glow]({ABS}2401.00002)|2024|ICML 2024|[code]({GITHUB}ada/squid)|[pdf](/2.pdf)|
|[Crabs that walk]({ABS}2401.00003)|2024||  |[pdf]({ABS}2401.00003)|
"""
ITEMS = f"""# Awesome Sea

## Deep

- **Whales that sing** (arXiv 2024) [[paper]({ABS}2401.00001)]
- **Squids that glow** (ICML 2024) [[paper]({ABS}2401.00002)] [[code]({GITHUB}ada/squid)]
- **Crabs that walk** [[paper]({ABS}2401.00003)]
"""


def search_of(tmp_path: Path, text: str) -> PaperSearch:
    source = tmp_path / "list.md"
    source.write_bytes(text.encode())
    report = build_index(source, tmp_path / "index", encoder=WordEncoder(), offline=True)
    return report.search


def said(number: int, **values: str) -> Abstract:
    titles = ["", "Whales that sing", "Squids that glow", "Crabs that walk"]
    record = Abstract(f"2401.0000{number}", titles[number], "", published=date(2024, 1, 2))
    return replace(record, **values)  # type: ignore[arg-type]


def found(
    tmp_path: Path,
    text: str,
    *records: Abstract,
    kinds: Sequence[Kind] = (),
    answers: Answers | None = None,
) -> list[Finding]:
    known = {record.id: record for record in records}
    search = search_of(tmp_path, text)
    return examine(search, text, "list.md", known, kinds=kinds, answers=answers)


def mended(tmp_path: Path, text: str, findings: Sequence[Finding]) -> str:
    """``text`` with the patches of all ``findings``, as git applies them."""
    folder = tmp_path / "patched"
    folder.mkdir(exist_ok=True)
    (folder / "list.md").write_bytes(text.encode())
    diff, left_out = combined_patch(findings, text, "list.md")
    assert left_out == []
    subprocess.run(["git", "apply"], input=diff.encode(), cwd=folder, check=True)
    return (folder / "list.md").read_bytes().decode()


def changed(before: str, after: str) -> list[str]:
    lines = before.splitlines()
    return [line for line in after.splitlines() if line not in lines]


def papers(text: str) -> dict[str, Paper]:
    return {paper.title: paper for paper in read_list(text).papers}


# ── code ─────────────────────────────────────────────────────────────────────────────────────

WHALE = said(1, abstract=f"Whales sing. Code is available at {GITHUB}ada/whale.")
CRAB = said(3, comment=f"8 pages. Code: {GITHUB}ada/crab")
BASE = said(3, abstract=f"Crabs walk. We build on {GITHUB}other/base.")


def test_code_that_a_table_lacks(tmp_path: Path) -> None:
    findings = found(tmp_path, TABLE, WHALE, CRAB, kinds=["code"])
    assert [finding.line for finding in findings] == [7, 9]
    assert findings[0].message == f"“Whales that sing” has no link to its code, {GITHUB}ada/whale"
    assert findings[0].evidence == (f"its authors say: “Code is available at {GITHUB}ada/whale.”",)
    assert findings[0].certainty == "recorded"
    assert changed(TABLE, mended(tmp_path, TABLE, findings)) == [
        f"|[Whales that sing]({ABS}2401.00001)|2024|arXiv|[code]({GITHUB}ada/whale)|"
        f"[pdf]({ABS}2401.00001)|",
        f"|[Crabs that walk]({ABS}2401.00003)|2024||[code]({GITHUB}ada/crab)|"
        f"[pdf]({ABS}2401.00003)|",
    ]


def test_code_that_items_lack(tmp_path: Path) -> None:
    findings = found(tmp_path, ITEMS, WHALE, CRAB, kinds=["code"])
    assert changed(ITEMS, mended(tmp_path, ITEMS, findings)) == [
        f"- **Whales that sing** (arXiv 2024) [[paper]({ABS}2401.00001)]"
        f" [[code]({GITHUB}ada/whale)]",
        f"- **Crabs that walk** [[paper]({ABS}2401.00003)] [[code]({GITHUB}ada/crab)]",
    ]


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_line_ends_stay(end: str, tmp_path: Path) -> None:
    text = ITEMS.replace("\n", end)
    findings = found(tmp_path, text, WHALE, kinds=["code"])
    after = mended(tmp_path, text, findings)
    assert after.count(end) == text.count(end)
    assert papers(after)["Whales that sing"].code_url == f"{GITHUB}ada/whale"


def test_code_of_others_and_of_other_papers_is_none(tmp_path: Path) -> None:
    assert found(tmp_path, TABLE, BASE, kinds=["code"]) == []
    other = said(1, title="Something else altogether", abstract=WHALE.abstract)
    assert found(tmp_path, TABLE, other, kinds=["code"]) == []
    known = said(2, abstract=f"Code is available at {GITHUB}ada/other.")
    assert found(tmp_path, TABLE, known, kinds=["code"]) == []


def test_code_that_is_gone_is_not_proposed_and_what_moved_is_by_its_new_address(
    tmp_path: Path,
) -> None:
    links = {
        f"{GITHUB}ada/whale": Answer(NOW, 404),
        f"{GITHUB}ada/crab": Answer(NOW, 200, moved=f"{GITHUB}bo/crab"),
    }
    (finding,) = found(tmp_path, TABLE, WHALE, CRAB, kinds=["code"], answers=Answers(links))
    assert finding.message.endswith(f"{GITHUB}bo/crab")
    assert finding.evidence[1] == "it answered on 02 January 2026"


def test_the_repository_of_a_survey_may_be_a_list_of_papers(tmp_path: Path) -> None:
    survey = said(1, abstract=f"All papers are listed at the project page {GITHUB}ada/awesome-sea.")
    (finding,) = found(tmp_path, TABLE, survey, kinds=["code"])
    assert finding.certainty == "possible"
    assert finding.evidence[1] == "it may be a list of papers, and no code"


def test_a_list_without_code_shows_no_place_for_it(tmp_path: Path) -> None:
    text = f"# L\n\n## Deep\n\n- [Whales that sing]({ABS}2401.00001)\n"
    text += f"- [Crabs that walk]({ABS}2401.00003)\n"
    (finding,) = found(tmp_path, text, WHALE, CRAB, kinds=["code"])
    assert finding.message == "no entry of this list has links to code, though arXiv tells 2"
    assert (finding.certainty, finding.patch) == ("possible", "")
    assert finding.evidence[0] == f"“Whales that sing”: {GITHUB}ada/whale"


# ── venues ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("comment", "venue"),
    [
        ("Accepted at ECCV 2024", "ECCV 2024"),
        ("NeurIPS 2024 Workshop on Whales", "NeurIPS 2024 Workshop"),
        ("EMNLP 2024 (Findings)", "EMNLP 2024 Findings"),
        ("Accepted for publication in Nature Communications", "Nature Communications"),
    ],
)
def test_a_preprint_that_appeared(comment: str, venue: str, tmp_path: Path) -> None:
    (finding,) = found(tmp_path, TABLE, said(1, comment=comment), kinds=["venue"])
    assert finding.message == f"“Whales that sing” is listed as “arXiv”; it is of {venue}"
    assert finding.evidence == (f"arXiv's comment of 2401.00001: “{comment}”",)
    after = mended(tmp_path, TABLE, [finding])
    assert changed(TABLE, after) == [
        f"|[Whales that sing]({ABS}2401.00001)|2024|{venue}| code |[pdf]({ABS}2401.00001)|"
    ]
    assert papers(after)["Whales that sing"].venue == venue


def test_a_venue_is_written_as_the_list_writes_its_own(tmp_path: Path) -> None:
    records = [said(1, comment="Accepted at ECCV 2024"), said(3, comment="ICLR 2025 (Oral)")]
    findings = found(tmp_path, ITEMS, *records, kinds=["venue"])
    assert changed(ITEMS, mended(tmp_path, ITEMS, findings)) == [
        f"- **Whales that sing** (ECCV 2024) [[paper]({ABS}2401.00001)]",
        f"- **Crabs that walk** (ICLR 2025) [[paper]({ABS}2401.00003)]",
    ]
    short = ITEMS.replace("ICML 2024", "ICML'24")
    findings = found(tmp_path, short, records[0], kinds=["venue"])
    assert changed(short, mended(tmp_path, short, findings)) == [
        f"- **Whales that sing** (ECCV'24) [[paper]({ABS}2401.00001)]"
    ]


@pytest.mark.parametrize(
    "record",
    [
        said(1, comment="Submitted to ICLR 2025"),
        said(1, comment="15 pages"),
        said(2, comment="ECCV 2024"),  # which the list has with a venue
        replace(said(1, comment="ECCV 2024"), withdrawn=True),
        said(1, title="Something else altogether", comment="ECCV 2024"),
    ],
)
def test_what_did_not_appear_or_is_not_this_paper(record: Abstract, tmp_path: Path) -> None:
    assert found(tmp_path, TABLE, record, kinds=["venue"]) == []


def test_a_venue_of_long_before_is_no_more_than_possible(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, TABLE, said(1, comment="ECCV 2018"), kinds=["venue"])
    assert finding.certainty == "possible"


def test_a_doi_that_names_no_venue_is_named(tmp_path: Path) -> None:
    record = said(1, doi="10.1145/3637528.3671500")
    (finding,) = found(tmp_path, TABLE, record, kinds=["venue"])
    assert (finding.certainty, finding.patch) == ("possible", "")
    assert "10.1145/3637528.3671500" in finding.message


# ── links ────────────────────────────────────────────────────────────────────────────────────


def test_dead_links(tmp_path: Path) -> None:
    text = f"{TABLE}\nSee [this page](https://example.org/sea#top).\n"
    dead = Answer(NOW, 404, gone_since=NOW - APART)
    once = Answer(NOW, 404, gone_since=NOW)
    links = {f"{GITHUB}ada/squid": dead, "https://example.org/sea": dead}
    findings = found(tmp_path, text, kinds=["link"], answers=Answers(links))
    assert [(finding.line, finding.message) for finding in findings] == [
        (8, f"{GITHUB}ada/squid is gone (“Squids that glow”)"),
        (11, "https://example.org/sea#top is gone"),
    ]
    assert findings[0].evidence == (
        "HTTP 404 on 02 January 2026 at 03:04 UTC, and since 02 January 2026 at 02:04",
    )
    assert {(finding.certainty, finding.patch) for finding in findings} == {("answered", "")}
    for answer in (once, Answer(NOW, 200), Answer(NOW, reason="HTTP 403")):
        answers = Answers({f"{GITHUB}ada/squid": answer})
        assert found(tmp_path, text, kinds=["link"], answers=answers) == []


def test_projects_that_moved(tmp_path: Path) -> None:
    badge = f"![](https://img.shields.io/github/stars/ada/squid) [code]({GITHUB}ada/squid#use)"
    text = TABLE.replace(f"[code]({GITHUB}ada/squid)", badge)
    answers = Answers({f"{GITHUB}ada/squid": Answer(NOW, 200, moved=f"{GITHUB}bo/squid2")})
    (finding,) = found(tmp_path, text, kinds=["moved"], answers=answers)
    assert finding.message == (
        f"{GITHUB}ada/squid#use moved to {GITHUB}bo/squid2#use (“Squids that glow”)"
    )
    after = mended(tmp_path, text, [finding])
    assert after == text.replace("ada/squid", "bo/squid2")


def test_an_address_within_a_longer_one_stays(tmp_path: Path) -> None:
    text = TABLE.replace(f"{GITHUB}ada/squid)", f"{GITHUB}ada/squid) [net]({GITHUB}ada/squid-net)")
    answers = Answers({f"{GITHUB}ada/squid": Answer(NOW, 200, moved=f"{GITHUB}bo/squid")})
    (finding,) = found(tmp_path, text, kinds=["moved"], answers=answers)
    after = mended(tmp_path, text, [finding])
    assert after == text.replace(f"{GITHUB}ada/squid)", f"{GITHUB}bo/squid)")


def test_what_moved_outside_of_entries_is_left_to_people(tmp_path: Path) -> None:
    text = f"{TABLE}\nSee [this page]({GITHUB}ada/sea).\n"
    answers = Answers({f"{GITHUB}ada/sea": Answer(NOW, 200, moved=f"{GITHUB}bo/sea")})
    (finding,) = found(tmp_path, text, kinds=["moved"], answers=answers)
    assert (finding.line, finding.patch) == (11, "")


def test_archived_repositories(tmp_path: Path) -> None:
    answers = Answers(repositories={"ada/squid": Repository(NOW, archived=True)})
    text = TABLE.replace("ada/squid", "Ada/Squid/tree/main/net")
    (finding,) = found(tmp_path, text, kinds=["archived"], answers=answers)
    assert finding.line == 8
    assert "is archived" in finding.message
    answers.repositories["ada/squid"] = Repository(NOW, archived=False)
    assert found(tmp_path, text, kinds=["archived"], answers=answers) == []


# ── titles ───────────────────────────────────────────────────────────────────────────────────


def test_a_title_of_the_first_version_is_no_more_than_possible(tmp_path: Path) -> None:
    record = said(1, title="Whales that sing in the dark")
    (finding,) = found(tmp_path, TABLE, record, kinds=["title"])
    assert (finding.certainty, finding.patch) == ("recorded", "")
    answers = Answers(titles={"2401.00001": "Whales That Sing"})
    (finding,) = found(tmp_path, TABLE, record, kinds=["title"], answers=answers)
    assert finding.certainty == "possible"
    assert finding.evidence == ("2401.00001", "so its first version was called")
    after = mended(tmp_path, TABLE, [finding])
    assert after == TABLE.replace("Whales that sing", "Whales that sing in the dark")


# ── which kinds ──────────────────────────────────────────────────────────────────────────────


def test_without_answers_the_list_is_looked_through_as_ever(tmp_path: Path) -> None:
    records = [WHALE, said(3, comment="ECCV 2024")]
    assert found(tmp_path, TABLE, *records) == []
    findings = found(tmp_path, TABLE, *records, answers=Answers())
    assert [finding.kind for finding in findings] == ["venue", "code"]
    findings = found(tmp_path, TABLE, *records, kinds=["code", "year"])
    assert [finding.kind for finding in findings] == ["code"]


def test_all_patches_together(tmp_path: Path) -> None:
    records = [
        said(1, abstract=WHALE.abstract, comment="ECCV 2024"),
        said(3, comment=f"Accepted at ICLR 2025. {CRAB.comment}"),
    ]
    answers = Answers({f"{GITHUB}ada/squid": Answer(NOW, 200, moved=f"{GITHUB}bo/squid")})
    for text in (TABLE, ITEMS):
        findings = found(tmp_path, text, *records, answers=answers)
        assert [finding.kind for finding in findings] == ["moved", "venue", "venue", "code", "code"]
        after = papers(mended(tmp_path, text, findings))
        assert {paper.venue for paper in after.values()} == {"ECCV 2024", "ICML 2024", "ICLR 2025"}
        assert {paper.code_url for paper in after.values()} == {
            f"{GITHUB}ada/whale",
            f"{GITHUB}bo/squid",
            f"{GITHUB}ada/crab",
        }
