"""A whole list → findings: small lists by hand, then the shipped one; display and command line."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from fakes import TokenEncoder, WordEncoder
from rich.console import Console
from typer.testing import CliRunner

from ssm_search.awesome.reading import read_list
from ssm_search.build.lists import build_index
from ssm_search.cli.questions import app
from ssm_search.encoding.onnx import OnnxEncoder
from ssm_search.errors import ListError
from ssm_search.papers import Abstract, Category, Paper
from ssm_search.search.likeness import likely_parent
from ssm_search.search.local import PaperSearch
from ssm_search.upkeep.doctor import Finding, combined_patch, examine
from ssm_search.upkeep.filing import APART, MISFILED, merge
from ssm_search.upkeep.spelling import only_respelled
from ssm_search.views.finding_display import SHOWN, TITLES, WHY, finding_json, findings_rich

ABS = "https://arxiv.org/abs/"
SHIPPED = ROOT / "index" / "awesome-mamba.md"


def built(
    tmp_path: Path,
    text: str,
    abstracts: dict[str, str] | None = None,
    encoder: type[WordEncoder] = WordEncoder,
) -> PaperSearch:
    """The index of a list, with the abstracts that are given by id."""
    source, known = tmp_path / "list.md", tmp_path / "abstracts.jsonl"
    source.write_bytes(text.encode())
    records = [
        {"id": key, "title": "", "abstract": said} for key, said in (abstracts or {}).items()
    ]
    known.write_text("".join(json.dumps(record) + "\n" for record in records))
    report = build_index(
        source, tmp_path / "index", abstracts=[known], encoder=encoder(), offline=True
    )
    return report.search


def patched(tmp_path: Path, text: str, finding: Finding, name: str = "list.md") -> str:
    """``text`` with the patch of a finding, as git applies it."""
    folder = tmp_path / "patched"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text.encode())
    for check in (["--check"], []):
        done = subprocess.run(
            ["git", "apply", *check], input=finding.patch.encode(), cwd=folder, capture_output=True
        )
        assert done.returncode == 0, done.stderr
    return (folder / name).read_bytes().decode()


def of_kind(findings: Sequence[Finding], kind: str) -> list[Finding]:
    return [finding for finding in findings if finding.kind == kind]


# Two clear headings, as the encoder of these tests sees them; each paper has words of its own too.
TOPICS = {"Films": "video", "Webs": "graph", "Sounds": "audio"}


def entries(topic: str, month: int, count: int = 4) -> tuple[str, dict[str, str]]:
    lines, abstracts = "", {}
    for at in range(count):
        paper_id = f"24{month:02}.{90000 + at:05}"
        lines += f"- [On {topic} kind{at}]({ABS}{paper_id})\n"
        abstracts[paper_id] = f"A {topic} of kind{at} and shape{at % 2}."
    return lines, abstracts


def three_headings(extra: dict[str, str] | None = None) -> tuple[str, dict[str, str]]:
    text, known = "# A List\n", {}
    for month, (heading, topic) in enumerate(TOPICS.items(), start=1):
        lines, abstracts = entries(topic, month)
        text += f"\n## {heading}\n\n{lines}{(extra or {}).get(heading, '')}"
        known.update(abstracts)
    return text, known


@pytest.mark.parametrize("encoder", [WordEncoder, TokenEncoder])
def test_nothing_is_found_where_nothing_is_wrong(
    encoder: type[WordEncoder], tmp_path: Path
) -> None:
    text, known = three_headings()
    assert examine(built(tmp_path, text, known, encoder), text) == []


@pytest.mark.parametrize("encoder", [WordEncoder, TokenEncoder])
def test_a_misfiled_paper_is_moved(encoder: type[WordEncoder], tmp_path: Path) -> None:
    stray = f"- [On graph matters]({ABS}2404.91111)\n"
    text, known = three_headings({"Films": stray})
    known["2404.91111"] = "Whatever a graph of shape1 may be."
    search = built(tmp_path, text, known, encoder)
    findings = examine(search, text, "list.md")
    (finding,) = of_kind(findings, "misfiled")
    assert finding.line == text[: text.index(stray)].count("\n") + 1
    assert finding.message == "“On graph matters” looks misfiled under Films"
    probability = search.judge("2404.91111").probabilities[0]
    assert probability[0] <= MISFILED
    assert f"would have {probability[0]:.0%}, Webs {probability[1]:.0%}" in finding.evidence[0]
    assert all(line.startswith("near: “On graph kind") for line in finding.evidence[1:])
    after = patched(tmp_path, text, finding)
    assert sorted(after.splitlines()) == sorted(text.splitlines())
    papers = {paper.id: paper.categories for paper in read_list(after).papers}
    assert papers["2404.91111"] == (("Webs",),)
    assert examine(built(tmp_path, after, known), after) == []


def test_a_heading_with_few_papers_says_nothing_against_one(tmp_path: Path) -> None:
    text, known = three_headings()
    text += f"\n## More\n\n- [On graph A]({ABS}2404.91111)\n- [On video B]({ABS}2404.91112)\n"
    known |= {"2404.91111": "A graph of kind1.", "2404.91112": "A video of kind2."}
    assert of_kind(examine(built(tmp_path, text, known), text), "misfiled") == []


def test_near_papers_filed_apart(tmp_path: Path) -> None:
    text, known = three_headings()
    text = text.replace("\n## Webs", f"- [Reefs of the video sea]({ABS}2404.91111)\n\n## Webs")
    text += f"- [Reefs of the graph sea]({ABS}2404.91112)\n"
    said = "Reefs grow where corals meet currents, and lagoons fill behind the reefs. "
    known |= {"2404.91111": said + "A video audio.", "2404.91112": said + "An audio video."}
    findings = examine(built(tmp_path, text, known), text)
    (finding,) = of_kind(findings, "apart")
    assert (
        "“Reefs of the video sea” and “Reefs of the graph sea” are filed apart" in finding.message
    )
    likeness = float(finding.evidence[0].split()[-2])
    assert APART <= likeness < 1
    assert finding.evidence[1].startswith("under Films (line ")
    assert finding.patch == ""


def test_a_heading_to_merge_and_one_to_split(tmp_path: Path) -> None:
    text, known = three_headings()
    text += f"\n## Clips\n\n- [On video X]({ABS}2404.90001)\n- [On video Y]({ABS}2404.90002)\n"
    known |= {"2404.90001": "Kind1 of shape1, ebb.", "2404.90002": "Kind2 of shape0, flood."}
    (finding,) = of_kind(examine(built(tmp_path, text, known), text), "merge")
    assert finding.message == "Clips looks like a part of Films"
    assert finding.evidence[0].startswith("filed anew, its 2 papers would go there with ")
    assert text.splitlines()[finding.line - 1] == "## Clips"

    mixed = "# A List\n\n## All\n\n" + entries("video", 1, 5)[0] + entries("graph", 2, 3)[0]
    known = entries("video", 1, 5)[1] | entries("graph", 2, 3)[1]
    (finding,) = of_kind(examine(built(tmp_path, mixed, known), mixed), "split")
    assert finding.line == 3
    assert "All holds two kinds of papers; 3 are about graph" in finding.message
    assert "video" not in finding.message
    # Vectors are (1, 0, 0, 0, 0) and (0, 1, 0, 0, 0): distances 0 within, 1 between.
    assert finding.evidence == ("silhouette 1.00", *(f"“On graph kind{at}”" for at in range(3)))


def test_one_heading_of_one_kind_is_not_split(tmp_path: Path) -> None:
    lines, known = entries("video", 1, 8)
    text = f"# A List\n\n## All\n\n{lines}"
    assert examine(built(tmp_path, text, known), text) == []


POST = "https://example.org/blog/tides"
REVIEW = "https://openreview.net/forum?id=tides"
LONG = "Counting the Grains of Sand on Four Shores"


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (f"{ABS}2402.90001", f"{ABS}2402.90002", "the same title"),
        (f"{ABS}2402.90001", REVIEW, ""),  # one paper under two headings
        (REVIEW, f"{REVIEW}2", "the same title"),
        (POST, f"{POST}2", "the same title"),
        (f"{ABS}2402.90001", POST, ""),  # a post goes by its paper's title
        (REVIEW, POST, ""),
    ],
)
def test_one_paper_under_two_links(tmp_path: Path, first: str, second: str, reason: str) -> None:
    text = f"# L\n\n## Sea\n\n- [{LONG}]({first})\n\n## Sand\n\n- [{LONG}]({second})\n"
    findings = examine(built(tmp_path, text), text, "list.md")
    assert {finding.kind for finding in findings} <= {"duplicate"}  # nor "filed apart"
    assert [finding.evidence[0] for finding in findings] == [f"{reason} (1.00)"] * bool(reason)
    for finding in findings:
        assert (finding.line, finding.message) == (9, f"“{LONG}” looks like “{LONG}”, line 5")
        assert finding.patch == ""  # a person has to say
        sure = first.startswith(ABS) and second.startswith(ABS)
        assert finding.certainty == ("likely" if sure else "possible")


def test_one_paper_under_two_links_and_one_heading(tmp_path: Path) -> None:
    first, second = f"{ABS}2402.90001", REVIEW
    text = f"# L\n\n## Sea\n\n- [{LONG}]({first})\n- [{LONG}]({second})\n"
    (finding,) = examine(built(tmp_path, text), text)
    assert (finding.kind, finding.line, finding.patch) == ("duplicate", 6, "")
    assert finding.message == f"“{LONG}” stands on line 5 already, with another link"
    assert finding.evidence == (f"{first} and {second}",)


def test_two_titles_with_one_link_are_left_to_people(tmp_path: Path) -> None:
    text = f"# L\n\n## Sea\n\n- [{LONG}]({REVIEW})\n- [Reefs as Graphs of Corals]({REVIEW})\n"
    (finding,) = examine(built(tmp_path, text), text)
    assert finding.message == f"“Reefs as Graphs of Corals” has the link of “{LONG}”, line 5"
    assert finding.evidence == (REVIEW, "one of the two links may be wrong")
    assert (finding.certainty, finding.patch) == ("likely", "")
    more = text + f"- [Quick Sand]({REVIEW})\n"
    assert examine(built(tmp_path, more), more) == []  # a page of many


@pytest.mark.parametrize("link", [f"{ABS}2402.90001", POST, REVIEW])
def test_the_same_line_twice(link: str, tmp_path: Path) -> None:
    line = f"- [{LONG}]({link})\n"
    text = f"# L\n\n## Sea\n\n{line}- [Other Shores]({ABS}2402.90002)\n{line}\n## Sand\n\n{line}"
    (finding,) = examine(built(tmp_path, text), text, "list.md")
    assert (finding.kind, finding.line, finding.certainty) == ("duplicate", 7, "proven")
    assert finding.message == f"“{LONG}” stands on line 5 already"
    assert patched(tmp_path, text, finding) == text.replace(f"2)\n{line}", "2)\n")


CODE = "https://github.com/sand/grains"


@pytest.mark.parametrize(
    ("first", "second", "goes"),
    [
        ("", f" [[code]({CODE})]", 5),
        (f" [[code]({CODE})]", "", 6),
        (f" [[code]({CODE})]", " A note.", 0),  # each says what the other does not
        ("", "\n  - A note of it.", 5),
        (" A note.", "\n  - Another, of it.", 0),
    ],
)
def test_nothing_that_a_list_says_is_lost(
    first: str, second: str, goes: int, tmp_path: Path
) -> None:
    lines = [f"- [{LONG}]({ABS}2402.90001){more}\n" for more in (first, second)]
    text = f"# L\n\n## Sea\n\n{''.join(lines)}- [Other Shores]({ABS}2402.90002)\n"
    (finding,) = examine(built(tmp_path, text), text, "list.md")
    assert (finding.kind, finding.line) == ("duplicate", 6)
    if goes:
        after = patched(tmp_path, text, finding)
        assert after == text.replace(lines[goes - 5], "", 1)
    else:
        assert finding.patch == ""


@pytest.mark.parametrize(("more", "patch"), [(" 3", False), ("", True)])
def test_of_short_titles_a_word_more_may_be_one(more: str, patch: bool, tmp_path: Path) -> None:
    entry = f"- [DuneNet]({ABS}2402.90001)"
    text = f"# L\n\n## Sea\n\n{entry}\n- [Other Shores]({ABS}2402.90002)\n{entry}{more}\n"
    (finding,) = examine(built(tmp_path, text), text)
    assert (finding.kind, finding.line, bool(finding.patch)) == ("duplicate", 7, patch)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{LONG} w/ Fine Sieves", f"{LONG} w/o Fine Sieves"),
        (f"{LONG} with Fine Sieves", f"{LONG} without Fine Sieves"),
        (f"{LONG} (GSFX)", f"{LONG} (GSF)"),
        (f"Supervised {LONG}", f"Unsupervised {LONG}"),
        (f"{LONG}: Macro Grains", f"{LONG}: Micro Grains"),
        (f"{LONG}, Part A", f"{LONG}, Part B"),
        ("ICML 2021", "ICML 2021"),
        ("Notes on Sand", "Notes on Sand"),
    ],
)
@pytest.mark.parametrize("links", [(f"{ABS}2402.90001", f"{ABS}2402.90002"), (POST, f"{POST}2")])
def test_titles_that_a_word_tells_apart(
    one: str, other: str, links: tuple[str, str], tmp_path: Path
) -> None:
    text = f"# L\n\n## Sea\n\n- [{one}]({links[0]})\n- [{other}]({links[1]})\n"
    assert examine(built(tmp_path, text), text) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Tidal Scans", "Tidal Scan", False),  # too short to be sure
        ("Counting Graines", "Counting Grains", True),
        ("Counting the Grain", "Counting a Grain", True),
        ("Multi-modal Tides", "Multimodal Tides", True),
        ("Multimodal Tide-Scan", "multi modal tidescan", True),
        ("Tides with Sieves", "Tides without Sieves", False),
        ("Supervised Tides", "Unsupervised Tides", False),
        ("Tides A", "Tides B", False),
        ("Tides", "Tides of Sand", False),
        ("", "", True),
    ],
)
def test_only_respelled(one: str, other: str, same: bool) -> None:
    assert only_respelled(one, other) is only_respelled(other, one) is same


def test_one_id_under_two_titles_is_a_wrong_link(tmp_path: Path) -> None:
    text = f"# L\n\n## Sea\n\n- [{LONG}]({ABS}2402.90001)\n- [Reefs]({ABS}2402.90001v2)\n"
    (finding,) = examine(built(tmp_path, text), text)
    assert (finding.kind, finding.line, finding.certainty) == ("duplicate", 6, "proven")
    assert finding.message == f"“Reefs” has the arXiv id of “{LONG}”, line 5"
    assert finding.evidence == ("2402.90001", "one of the two links may be wrong")
    assert finding.patch == ""


def test_two_pages_of_one_title_under_one_heading_are_found_once(tmp_path: Path) -> None:
    text = f"# L\n\n## Sea\n\n- [{LONG}]({REVIEW})\n- [{LONG}]({REVIEW}2)\n"
    (finding,) = examine(built(tmp_path, text), text, "list.md")
    assert (finding.kind, finding.line) == ("duplicate", 6)


def dated(heading: str, *, below: bool = False) -> tuple[str, dict[str, str]]:
    """A list with papers of all topics under each year, or of each topic under its two years."""
    text, known = "# A List\n", {}
    parts = [(topic, entries(topic, month)) for month, topic in enumerate(TOPICS.values(), 1)]
    for topic, (lines, abstracts) in parts:
        known |= abstracts
        if below:
            halves = lines.splitlines(keepends=True)
            text += f"\n## {topic}\n"
            text += f"\n### {heading} 2023\n\n{''.join(halves[:2])}"
            text += f"\n### {heading} 2024\n\n{''.join(halves[2:])}"
    if not below:
        every = [lines.splitlines(keepends=True) for _, (lines, _) in parts]
        for year, part in (("2023", slice(0, 2)), ("2024", slice(2, 4))):
            text += f"\n## {heading} {year}\n\n" + "".join(
                line for lines in every for line in lines[part]
            )
    return text, known


@pytest.mark.parametrize("heading", ["", "ICML", "Papers of"])
@pytest.mark.parametrize("below", [False, True])
def test_years_and_venues_are_no_topics(heading: str, below: bool, tmp_path: Path) -> None:
    text, known = dated(heading, below=below)
    search = built(tmp_path, text, known)
    assert examine(search, text) == []
    suggested = search.suggest_categories("A video of kind1 and shape1.", k=9)
    assert {one.category for one in suggested} == (
        {("video",), ("graph",), ("audio",)} if below else set()
    )
    if below:
        assert suggested[0].category == ("video",)
        stray = text.replace("- [On graph kind0", "- [Old graph kind0")
        lines = stray.splitlines(keepends=True)
        (at,) = (n for n, line in enumerate(lines) if "Old graph" in line)
        moved = lines.pop(at)
        lines.insert(next(n for n, line in enumerate(lines) if "On video kind1" in line), moved)
        stray = "".join(lines)
        (finding,) = of_kind(examine(built(tmp_path, stray, known), stray), "misfiled")
        year = f"{heading} 2023".strip()
        assert finding.message == f"“Old graph kind0” looks misfiled under video › {year}"
        assert ", graph " in finding.evidence[0]


def test_one_topic_of_two_years_is_not_told_apart(tmp_path: Path) -> None:
    text, known = "# A List\n", {}
    for start, year in ((1, 2023), (4, 2024)):
        text += f"\n## {year}\n"
        for month, topic in enumerate(TOPICS.values(), start=start):
            lines, abstracts = entries(topic, month)
            text += f"\n### {topic}\n\n{lines}"
            known |= abstracts
    assert examine(built(tmp_path, text, known), text) == []


def table(*rows: tuple[str, str, int, str]) -> str:
    head = "# L\n\n## Sea\n\n|Title|Year|Venue|\n|---|---|---|\n"
    return head + "".join(
        f"|[{title}]({ABS}{paper_id})|{year}|{venue}|\n" for title, paper_id, year, venue in rows
    )


def test_titles_and_years_that_arxiv_has_otherwise(tmp_path: Path) -> None:
    listed = [
        ("TideNet: Counting Graines of Sand", "2402.90001", 2023, "arXiv"),
        ("DuneNet", "2402.90002", 2024, "arXiv"),  # the name alone
        ("Scanning Lagoons (SL)", "2402.90003", 2024, "ICML 2025"),
        ("Ebb and Flood of Reefs", "2402.90004", 2025, "NeurIPS 2025"),
        ("Not on Record", "2401.90005", 2022, "arXiv 2401.90005"),
        ("Sent on the Last of December", "2401.90006", 2023, "arXiv"),
        ("Sent Again", "2310.90007", 2024, "arXiv"),  # another version may be of that year
        ("Tides of $x$ and y [TEE] (Oral)", "2402.90008", 2024, "arXiv"),
    ]
    titles = {
        "2402.90001": "TideNet:  Counting Grains\n of Sand",
        "2402.90002": "DuneNet: Sand in State Space",
        "2402.90003": "Scanning lagoons",
        "2402.90004": "A Tax on Salt",
        "2402.90008": "Tides of x and $\\mathbf{y}$",
    }
    records = {
        key: Abstract(key, title, "", published=date(2024, 2, 27)) for key, title in titles.items()
    }
    text = table(*listed)
    findings = examine(built(tmp_path, text), text, "list.md", records)
    title, other = of_kind(findings, "title")
    assert title.message == (
        "the title is “TideNet: Counting Graines of Sand”; "
        "on arXiv it is “TideNet: Counting Grains of Sand”"
    )
    assert (title.line, title.evidence) == (7, ("2402.90001",))
    assert patched(tmp_path, text, title) == text.replace("Graines", "Grains")
    assert (other.line, other.patch) == (10, "")  # to rename it would hide that the link is wrong
    assert other.evidence == ("2402.90004", "the link may lead to another paper")
    first, last, later = of_kind(findings, "year")
    assert (first.line, last.line, later.line) == (7, 11, 13)
    assert (first.certainty, later.certainty, later.patch) == ("recorded", "possible", "")
    assert patched(tmp_path, text, first) == text.replace("90001)|2023|", "90001)|2024|")
    assert last.message == "the year of “Not on Record” is 2022; its arXiv id is of 2024"
    assert last.certainty == "likely"
    assert of_kind(findings, "unread") == []  # that of 2022 is told already


@pytest.mark.parametrize(
    ("rows", "records"),
    [
        ([("Salt Lakes at Sea", "2103.9460", 2020, "arXiv")], {}),
        (
            [
                ("Salt Lakes at Sea", "2103.90001", 2020, "arXiv"),
                ("Grains of Sand in a Dune", "2103.90001", 2021, "arXiv"),
            ],
            {},
        ),
        (
            [("Salt Lakes at Sea", "2103.90001", 2020, "arXiv")],
            {"2103.90001": Abstract("2103.90001", "Grains of Sand in a Dune", "")},
        ),
    ],
    ids=["no such id", "the id of two papers", "arXiv has another paper there"],
)
def test_a_doubtful_id_tells_no_year(
    rows: list[tuple[str, str, int, str]], records: dict[str, Abstract], tmp_path: Path
) -> None:
    text = table(*rows)
    findings = examine(built(tmp_path, text), text, "list.md", records)
    assert findings
    assert of_kind(findings, "year") == []


def test_of_two_headings_that_are_alike_one_is_a_part() -> None:
    from types import SimpleNamespace

    likely = np.array([[0.1, 0.9], [0.1, 0.9], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1]])
    visit = SimpleNamespace(
        topics=[("Tides",), ("Waves",)],
        members=np.array([[True, False]] * 2 + [[False, True]] * 3),
        likely=likely,
        heading_line=lambda path: 1,
    )
    (finding,) = merge(visit)  # type: ignore[arg-type]
    assert finding.message == "Tides looks like a part of Waves"


def test_two_things_of_one_paper(tmp_path: Path) -> None:
    text = (
        "# L\n\n## Sea\n\n|Name|Paper|\n|---|---|\n"
        f"|SandSet|[{LONG}]({ABS}2402.90001)|\n|ReefSet|[{LONG}]({ABS}2402.90001)|\n"
    )
    assert {entry.paper.name for entry in read_list(text).entries} == {"SandSet", "ReefSet"}
    assert examine(built(tmp_path, text), text) == []


HOSTILE = r"Tides ](https://evil.example.org) | \g<1> <script>alert(1)</script> [bold]x[/bold]"


def test_hostile_titles_of_arxiv_reach_neither_list_nor_terminal(tmp_path: Path) -> None:
    text = table((LONG, "2402.90001", 2024, "arXiv"))
    for hostile in (HOSTILE, f"{LONG} {HOSTILE}", f"{LONG}s \x1b[31m\u202e|x|"):
        records = {"2402.90001": Abstract("2402.90001", hostile, "")}
        findings = examine(built(tmp_path, text), text, "list.md", records)
        (finding,) = of_kind(findings, "title")
        shown = printed(findings)
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        if finding.patch:
            after = read_list(patched(tmp_path, text, finding))
            assert [paper.id for paper in after.papers] == ["2402.90001"]
            assert after.papers[0].url == f"{ABS}2402.90001"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# A List\n",
        "# A List\n\n## Sea\n",
    ],
)
@pytest.mark.parametrize("headings", [[], [("Sea",)]])
@pytest.mark.parametrize("encoder", [WordEncoder, TokenEncoder])
def test_a_list_without_papers(
    text: str, headings: list[Category], encoder: type[WordEncoder], tmp_path: Path
) -> None:
    search = PaperSearch.from_papers([], encoder(), headings=headings)
    search.save(tmp_path / "index", list_sha256=sha(text))
    assert examine(search, text) == []


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_list_without_headings_has_nothing_filed(tmp_path: Path) -> None:
    lines = entries("video", 1)[0] + entries("graph", 2)[0]
    known = entries("video", 1)[1] | entries("graph", 2)[1]
    text = f"# A List\n\n{lines}"
    search = built(tmp_path, text, known)
    assert search.manifest.headings == ()
    assert examine(search, text) == []


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_papers_without_abstracts(tmp_path: Path, count: int) -> None:
    lines, _ = entries("video", 1, count)
    text = f"# A List\n\n## Films\n\n{lines}\n## Webs\n"
    assert examine(built(tmp_path, text), text) == []


def test_many_problems_of_one_kind_are_one_finding(tmp_path: Path) -> None:
    items = "".join(f"- Nothing to read, {at}\n" for at in range(4))
    text = f"# L\n\n## Sea\n\n- [{LONG}]({ABS}2402.90001)\n{items}"
    (finding,) = examine(built(tmp_path, text), text)
    assert (finding.kind, finding.line) == ("unread", 6)
    assert finding.message == "4 times: list item without a link; `ssm-search check` names all"
    assert finding.evidence == tuple(
        f"line {6 + at}: list item without a link: Nothing to read, {at}" for at in range(3)
    )


def test_what_is_unread_is_named(tmp_path: Path) -> None:
    text = f"# L\n\n## Sea\n\n- [{LONG}]({ABS}2402.90001)\n- Nothing to read\n"
    (finding,) = examine(built(tmp_path, text), text)
    assert (finding.kind, finding.line) == ("unread", 6)
    assert finding.message == "list item without a link: Nothing to read"


def test_a_list_that_changed_since_is_refused(tmp_path: Path) -> None:
    text, known = three_headings()
    search = built(tmp_path, text, known)
    with pytest.raises(ListError, match=r"README\.md is not what this index was built from"):
        examine(search, text + "\n")


def test_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    text, known = three_headings({"Films": f"- [On graph matters]({ABS}2404.91111)\n"})
    known["2404.91111"] = "Whatever a graph of shape1 may be."
    text = "\ufeff" + text.replace("\n", "\r\n")
    (finding,) = examine(built(tmp_path, text, known), text, "list.md")
    after = patched(tmp_path, text, finding)
    assert sorted(after.split("\r\n")) == sorted(text.split("\r\n"))


def test_several_patches_are_one_diff(tmp_path: Path) -> None:
    rows = [
        ("TideNet: Counting Graines of Sand", "2402.90001", 2023, "arXiv"),
        ("Counting Sand", "2402.90002", 2024, "arXiv"),
        ("Scanning Lagoons", "2402.90003", 2021, "arXiv"),
        ("Counting Sand", "2402.90002", 2024, "arXiv"),
    ]
    records = {"2402.90001": Abstract("2402.90001", "TideNet: Counting Grains of Sand", "")}
    text = table(*rows)
    findings = examine(built(tmp_path, text), text, "list.md", records)
    assert [(one.kind, one.line, bool(one.patch)) for one in findings] == [
        ("duplicate", 10, True),
        ("title", 7, True),
        ("year", 7, True),
        ("year", 9, True),
    ]
    diff, left_out = combined_patch(findings, text, "list.md")
    assert left_out == []
    after = patched(tmp_path, text, replace(findings[0], patch=diff))
    assert after == (
        text.removesuffix(f"|[Counting Sand]({ABS}2402.90002)|2024|arXiv|\n")
        .replace("Graines", "Grains")
        .replace("|2023|", "|2024|")
        .replace("|2021|", "|2024|")
    )
    twice = [findings[1], findings[1], findings[3]]
    diff, left_out = combined_patch(twice, text, "list.md")
    assert left_out == [findings[1]]
    after = patched(tmp_path, text, replace(findings[0], patch=diff))
    assert after == text.replace("Graines", "Grains").replace("|2021|", "|2024|")


# Where a new heading would stand, and whether a paper fits at all.


@pytest.mark.parametrize(
    ("shares", "parent"),
    [
        ({("A", "x"): 0.3, ("A", "y"): 0.3, ("B",): 0.4}, ("A",)),
        ({("A", "x"): 0.25, ("A", "y"): 0.25, ("B",): 0.5}, ()),  # a half is not most
        ({("A", "x"): 0.3, ("A",): 0.3, ("B",): 0.4}, ("A",)),  # papers at the parent count
        ({("A", "x", "1"): 0.4, ("A", "x", "2"): 0.3, ("A", "y"): 0.3}, ("A", "x")),
        ({("A", "x", "1"): 0.4, ("A", "y"): 0.3, ("B",): 0.3}, ("A",)),
        ({("A",): 0.9, ("B",): 0.1}, ()),  # nothing stands below A
        ({}, ()),
    ],
)
def test_likely_parent(shares: dict[Category, float], parent: Category) -> None:
    assert likely_parent(np.array(list(shares.values())), list(shares)) == parent


FILMS, WEBS, SOUNDS = ("Sight", "Films"), ("Sight", "Webs"), ("Sounds",)


@pytest.fixture(scope="module")
def nested() -> PaperSearch:
    papers = []
    for topic, path in (("video", FILMS), ("graph", WEBS), ("audio", SOUNDS)):
        for at in range(8):
            words = f"A {topic} of kind{at} and shape{at % 3}."
            title = f"On {topic} {at}"
            papers.append(Paper(f"{topic}-{at}", title, abstract=words, categories=(path,)))
    return PaperSearch.from_papers(papers, WordEncoder())


def test_a_paper_that_fits(nested: PaperSearch) -> None:
    placement = nested.place("More video. The video of shape1.")
    assert (placement.verdict, placement.parent) == ("fits", ())
    assert placement.suggestions[0].category == FILMS
    assert sum(one.confidence for one in placement.suggestions) == pytest.approx(1)
    assert nested.suggest_categories("More video. The video of shape1.") == list(
        placement.suggestions
    )


def test_a_paper_between_two_headings_belongs_under_their_parent(nested: PaperSearch) -> None:
    text = "On video graph. " + 6 * "A video graph of kind1, and a graph video of shape2. "
    placement = nested.place(text)
    assert (placement.verdict, placement.parent) == ("no heading", ("Sight",))
    assert {one.category for one in placement.suggestions[:2]} == {FILMS, WEBS}
    assert placement.fit < 0.05 < placement.scope
    assert nested.suggest_categories(text) == []
    assert nested.place("On video graph. A video graph.").verdict == "fits"  # too short to tell


def test_too_short_a_text_that_names_the_subject_is_not_turned_away() -> None:
    papers = [
        Paper(f"{word}-{at}", f"Kites on {word} {at}", abstract=f"A {word}.", categories=((word,),))
        for at in range(8)
        for word in ("video", "graph")
    ]
    search = PaperSearch.from_papers(papers, WordEncoder())
    far = search.place("Kites and audio")
    assert (far.verdict, far.scope < 0.001) == ("unsure", True)
    assert len(search.suggest_categories("Kites and audio")) == 2
    assert search.place("Strings and audio").verdict == "off topic"
    assert search.place("Kites. " + 20 * "Audio and audio. ").verdict == "off topic"


def test_a_paper_about_something_else(nested: PaperSearch) -> None:
    placement = nested.place("How to bake a chocolate cake with walnuts")
    assert (placement.verdict, placement.parent) == ("off topic", ())
    assert placement.scope < 0.001
    assert len(placement.suggestions) == 3


def test_without_headings_none_fits() -> None:
    papers = [Paper(f"v{at}", f"On video {at}") for at in range(3)]
    placement = PaperSearch.from_papers(papers, WordEncoder()).place("On video again")
    assert (placement.verdict, placement.suggestions, placement.parent) == ("no heading", (), ())


# The shipped list.


@pytest.fixture(scope="module")
def shipped() -> list[Finding]:
    search = PaperSearch.load(SHIPPED.with_suffix(""))
    return examine(search, SHIPPED.read_bytes().decode(), SHIPPED.name)


def test_no_model_is_needed() -> None:
    search = PaperSearch.load(SHIPPED.with_suffix(""))
    examine(search, SHIPPED.read_bytes().decode(), SHIPPED.name)
    assert isinstance(search.encoder, OnnxEncoder)
    assert search.encoder._sessions == {}


def titled(findings: Sequence[Finding], kind: str, *names: str) -> Finding:
    (found,) = (
        one for one in of_kind(findings, kind) if all(f"“{name}" in one.message for name in names)
    )
    return found


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("MambaLithium", "Audio generation"),
        ("MambaStock", "Audio generation"),
        ("Mamba4Rec", "Others"),
        ("Caduceus", "Others"),
    ],
)
def test_what_is_misfiled_in_the_shipped_list(
    shipped: list[Finding], name: str, heading: str
) -> None:
    assert titled(shipped, "misfiled", name).message.endswith(f"› {heading}")


def test_what_else_there_is_in_the_shipped_list(shipped: list[Finding]) -> None:
    assert "line 92" in titled(shipped, "apart", "MamMIL", "MambaMIL").evidence[1]
    spelling = {finding.message for finding in of_kind(shipped, "spelling")}
    for word in ("muliti", "calssification", "structulal"):
        assert any(message.startswith(f"“{word}”") for message in spelling)
    assert len(spelling) == 4
    assert not of_kind(shipped, "duplicate")  # HiPPO and the post about it are two
    assert not of_kind(shipped, "unread")


def test_patches_of_the_shipped_list(shipped: list[Finding], tmp_path: Path) -> None:
    text = SHIPPED.read_bytes().decode()
    before = {paper.id: paper for paper in read_list(text).papers}
    patches = [finding for finding in shipped if finding.patch]
    assert [finding.kind for finding in patches] == ["spelling"]
    for finding in patches:
        after = {
            paper.id: paper
            for paper in read_list(patched(tmp_path, text, finding, SHIPPED.name)).papers
        }
        assert after.keys() == before.keys()
        (changed,) = (key for key in before if after[key] != before[key])
        assert before[changed].title.startswith("Point Could Mamba: Point Cloud")
        assert after[changed].title.startswith("Point Cloud Mamba: Point Cloud")


# Display and command line.


def printed(findings: Sequence[Finding], name: str = "list.md", *, everything: bool = False) -> str:
    console = Console(width=200, file=io.StringIO())
    with console.capture() as capture:
        console.print(findings_rich(findings, name, everything=everything))
    return capture.get()


FINDINGS = [
    Finding("unread", 4, "list item without a link", certainty="proven"),
    Finding("duplicate", 7, "“[b]A[/b]” \x1b[31mlooks like\u202e “B”", ("the\x07 same",), "x"),
    Finding("duplicate", 9, "“C” looks like “D”"),
    Finding("merge", 0, "Sea looks like a part of Sand", certainty="possible"),
]


def test_findings_are_numbered_through_and_say_what_has_a_patch() -> None:
    shown = printed(FINDINGS, everything=True)
    assert [line.split(" ", 1)[0] for line in shown.splitlines() if ". list.md:" in line] == [
        "1.",
        "2.",
        "3.",
        "4.",
    ]
    assert "2. list.md:7: [patch] “[b]A[/b]” [31mlooks like “B”" in shown
    assert shown.count(f"\n{TITLES['duplicate']} ({WHY['likely']})\n") == 1
    assert shown.startswith(f"\n{TITLES['unread']} (the list itself shows it)\n1. list.md:4: list")
    assert shown.splitlines()[-3:] == [
        "3 findings (1 not read, 2 listed twice), 1 with a patch",
        "1 more that are no more than possible (1 headings that look like one)",
        "`ssm-search doctor --patch 2` or `--patch all` prints patches as one diff",
    ]
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "4. list.md: Sea" in shown  # a heading without a line
    assert "\x1b" not in printed(FINDINGS, "\x1b[31m.md")


def test_no_more_are_shown_than_fit_on_a_screen() -> None:
    many = [FINDINGS[2]] * 12 + [FINDINGS[3]] * 2
    shown = printed(many)
    assert shown.count(". list.md:") == SHOWN == 10
    assert shown.splitlines()[-3:] == [
        "12 findings (12 listed twice), 0 with a patch",
        "2 more that are no more than possible (2 headings that look like one)",
        "10 are shown, the surest first; `--all` shows all",
    ]
    assert printed(many, everything=True).count(". list.md:") == 14


def test_what_is_only_possible_is_shown_if_it_is_asked_for() -> None:
    assert printed(FINDINGS[3:]).splitlines() == [
        "",
        "nothing found",
        "1 more that are no more than possible (1 headings that look like one)",
        "0 are shown, the surest first; `--all` shows all",
    ]
    assert ". list.md: Sea" in printed(FINDINGS[3:], everything=True)


def test_counts_are_english() -> None:
    assert "1 finding (1 not read), 0 with a patch\n" in printed(FINDINGS[:1])
    assert printed([]).strip() == "nothing found"


def test_every_kind_has_a_heading_and_survives_json() -> None:
    from typing import get_args

    from ssm_search.upkeep.findings import Kind

    assert set(TITLES) == set(get_args(Kind))
    assert json.loads(json.dumps(finding_json(FINDINGS[1]))) == {
        "kind": "duplicate",
        "line": 7,
        "message": FINDINGS[1].message,
        "evidence": ["the\x07 same"],
        "patch": "x",
        "certainty": "likely",
    }


def test_the_command_shows_what_the_patches_change(shipped: list[Finding]) -> None:
    runner = CliRunner()
    done = runner.invoke(app, ["doctor", "--json"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert [one["message"] for one in found] == [finding.message for finding in shipped]
    number = next(at for at, one in enumerate(found, start=1) if one["patch"])
    patch = runner.invoke(app, ["doctor", "--patch", str(number)])
    assert (patch.exit_code, patch.stdout) == (0, found[number - 1]["patch"])
    shown = runner.invoke(app, ["doctor", "--all"]).stdout
    assert len(re.findall(r"^\d+\. ", shown, re.M)) == len(found)
    assert f"\n{number}. " in shown
    assert "[patch]" in shown.split(f"\n{number}. ")[1].split(f"\n{number + 1}. ")[0]


@pytest.mark.parametrize("number", ["99", "2"])
def test_a_finding_without_a_patch_is_an_error(number: str) -> None:
    done = CliRunner().invoke(app, ["doctor", "--patch", number])
    assert done.exit_code == 1
    assert done.stdout == ""
    message = str(done.exception or "") + done.stderr
    assert f"finding {number} has no patch; `ssm-search doctor --all` shows which do" in message


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--patch", "0"], 1),
        (["--patch", "many"], 2),
        (["--patch", "1-3"], 2),
        (["--patch", ","], 2),
        (["--patch", "9" * 5000], 1),
        (["--list", "/nowhere/list.md"], 1),
        (["--abstracts", "/nowhere/abstracts.jsonl"], 1),
        (["--index", "/nowhere/index"], 1),
        (["--list", str(ROOT / "README.md")], 1),
    ],
)
def test_exit_statuses(arguments: list[str], status: int) -> None:
    done = CliRunner().invoke(app, ["doctor", *arguments])
    assert (done.exit_code, done.stdout) == (status, "")
