"""Small lists in the dialects that maintainers write, with all that must come out of them.

A body stands under the frame below; its lines count from 1. Titles, links and ids are invented.
"""

from __future__ import annotations

from typing import NamedTuple

FRAME = "# A List of Papers\n\n## Section\n\n"
ABS = "https://arxiv.org/abs/"
PDF = "https://arxiv.org/pdf/"
HUB = "https://github.com/"
SHIELDS = "https://img.shields.io/"


class Seen(NamedTuple):
    """One entry as it must be read."""

    line: int
    id: str
    title: str
    year: int | None = None
    venue: str = ""
    code: str = ""
    name: str = ""
    authors: tuple[str, ...] = ()


class Case(NamedTuple):
    """A body, its entries in order, and its problems with their lines."""

    name: str
    body: str
    entries: list[Seen]
    problems: tuple[tuple[int, str], ...] = ()


TABLES = [
    Case(
        "columns in any order, misspelled names, a pipe in a title",
        f"""\
| Code | Venu | Year | Tilte | Paper |
|:-----|-----:|:----:|-------|-------|
| [code]({HUB}tide/scan) | ICML 2024 | 2024 | Tidal Scan \\| Ebb | [pdf]({PDF}2402.90001v2.pdf) |
| code | arXiv |  | DuneNet: Sand in State Space | [link]({ABS}2402.90002) |
""",
        [
            Seen(3, "2402.90001", "Tidal Scan | Ebb", 2024, "ICML 2024", f"{HUB}tide/scan"),
            Seen(4, "2402.90002", "DuneNet: Sand in State Space", None, "arXiv"),
        ],
    ),
    Case(
        "the first paper stands where the header belongs",
        f"""\
| [Tidal Scan for Oceans]({ABS}2402.90001) | 2024 | ICML 2024 | [code]({HUB}tide/scan) |
|---|---|---|---|
| [DuneNet: Sand in State Space]({ABS}2402.90002) | 2023 | arXiv | code |
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", 2024, "ICML 2024", f"{HUB}tide/scan"),
            Seen(3, "2402.90002", "DuneNet: Sand in State Space", 2023, "arXiv"),
        ],
    ),
    Case(
        "no delimiter line",
        f"""\
| Title | Year | Venue |
| [Tidal Scan for Oceans]({ABS}2402.90001) | 2024 | ICML 2024 |
| [DuneNet: Sand in State Space]({ABS}2402.90002) | 2023 | arXiv |
""",
        [
            Seen(2, "2402.90001", "Tidal Scan for Oceans", 2024, "ICML 2024"),
            Seen(3, "2402.90002", "DuneNet: Sand in State Space", 2023, "arXiv"),
        ],
    ),
    Case(
        "no outer pipes",
        f"""\
Title | Year
--- | ---
[Tidal Scan for Oceans]({ABS}2402.90001) | 2024
""",
        [Seen(3, "2402.90001", "Tidal Scan for Oceans", 2024)],
    ),
    Case(
        "a blank line tears the table apart",
        f"""\
| Title | Year |
|---|---|
| [Tidal Scan for Oceans]({ABS}2402.90001) | 2024 |

| [DuneNet: Sand in State Space]({ABS}2402.90002) | 2023 |
""",
        [
            Seen(3, "2402.90001", "Tidal Scan for Oceans", 2024),
            Seen(5, "2402.90002", "DuneNet: Sand in State Space", 2023),
        ],
    ),
    Case(
        "too many and too few cells",
        f"""\
| Title | Year |
|---|---|
| Tidal Scan for Oceans | 2024 | [pdf]({ABS}2402.90001) | [code]({HUB}tide/scan) |
| [DuneNet: Sand in State Space]({ABS}2402.90002) |
""",
        [
            Seen(3, "2402.90001", "Tidal Scan for Oceans", 2024, "", f"{HUB}tide/scan"),
            Seen(4, "2402.90002", "DuneNet: Sand in State Space"),
        ],
    ),
    Case(
        "a column of bare ids, dates of several forms",
        f"""\
| Date | Paper | arXiv | GitHub |
|---|---|---|---|
| 2024-05-31 | Tidal Scan for Oceans | 2402.90001 | [star]({HUB}tide/scan) |
| 23.11.02 | DuneNet: Sand in State Space | arXiv:2402.90002v3 | - |
""",
        [
            Seen(3, "2402.90001", "Tidal Scan for Oceans", 2024, "", f"{HUB}tide/scan"),
            Seen(4, "2402.90002", "DuneNet: Sand in State Space", 2023),
        ],
    ),
    Case(
        "authors and labels in the title's cell",
        f"""\
| Paper | Venue |
|---|---|
| **Tidal Scan for Oceans**<br>A. Wave, B. Shore | [ICML 2024]({ABS}2402.90001) |
| DuneNet: Sand in State Space [[pdf]]({PDF}2402.90002) [[code]]({HUB}dune/net) | CVPR'23 |
""",
        [
            Seen(
                3,
                "2402.90001",
                "Tidal Scan for Oceans",
                2024,
                "ICML 2024",
                authors=("A. Wave", "B. Shore"),
            ),
            Seen(
                4, "2402.90002", "DuneNet: Sand in State Space", 2023, "CVPR'23", f"{HUB}dune/net"
            ),
        ],
    ),
    Case(
        "method names, where no column is the title",
        f"""\
| Method | Paper | Code |
|---|---|---|
| TideScan | [paper]({ABS}2402.90001) | [code]({HUB}tide/scan) |
""",
        [Seen(3, "2402.90001", "TideScan", None, "", f"{HUB}tide/scan")],
    ),
    Case(
        "a title without any link is an entry, a row of numbers is not",
        """\
| Title | Year |
|---|---|
| The Lost Proceedings of Sand | 2021 |

#### Results

| Backbone | Score |
|---|---|
| TideScan-S | 81.2 |
""",
        [Seen(3, "the-lost-proceedings-of-sand", "The Lost Proceedings of Sand", 2021)],
    ),
]

ITEMS = [
    Case(
        "parts between bars",
        f"""\
- 2018 | CVPR | Tidal Scan for Oceans | [paper]({ABS}2402.90001) | [code]({HUB}tide/scan)
- 2019 | DuneNet: Sand in State Space | A. Reed, B. Moor | [paper]({ABS}2402.90002)
- Fast | Slow Scans [paper]({ABS}2402.90003)
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", 2018, "CVPR", f"{HUB}tide/scan"),
            Seen(
                2,
                "2402.90002",
                "DuneNet: Sand in State Space",
                2019,
                authors=("A. Reed", "B. Moor"),
            ),
            Seen(3, "2402.90003", "Fast | Slow Scans"),
        ],
    ),
    Case(
        "markers of every kind",
        f"""\
- [Tidal Scan for Oceans]({ABS}2402.90001)
* DuneNet: Sand in State Space [[paper]]({ABS}2402.90002) [[code]]({HUB}dune/net)
+ MarshFormer, a Hybrid - [Paper]({ABS}2402.90003), [Code]({HUB}marsh/former)
1. ReefSSM: Coral Counting ([paper]({ABS}2402.90004))
2) [ ] Lagoon State Models {ABS}2402.90005
3) [x] Estuary Mixers: <{ABS}2402.90006>
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans"),
            Seen(2, "2402.90002", "DuneNet: Sand in State Space", code=f"{HUB}dune/net"),
            Seen(3, "2402.90003", "MarshFormer, a Hybrid", code=f"{HUB}marsh/former"),
            Seen(4, "2402.90004", "ReefSSM: Coral Counting"),
            Seen(5, "2402.90005", "Lagoon State Models"),
            Seen(6, "2402.90006", "Estuary Mixers"),
        ],
    ),
    Case(
        "bold titles, authors after them",
        f"""\
- **Tidal Scan for Oceans**, A. Wave, B. Shore. [[Paper]({ABS}2402.90001)] [[Code]({HUB}tide/scan)]
- **[DuneNet: Sand in State Space]({ABS}2402.90002)** A. Grain, 2023
- [**MarshFormer, a Hybrid**]({ABS}2402.90003) (ICLR 2024)
- A. Wave, B. Shore. "**The Ebb of Attention in Oceans.**" [pdf]({PDF}2402.90004)
- A. Wave and B. Shore. "The Flow of Attention in Oceans." ICML, 2024. [pdf]({PDF}2402.90005)
- The Salt of Attention. *A. Wave, B. Shore.* [pdf]({PDF}2402.90006)
""",
        [
            Seen(
                1,
                "2402.90001",
                "Tidal Scan for Oceans",
                code=f"{HUB}tide/scan",
                authors=("A. Wave", "B. Shore"),
            ),
            Seen(2, "2402.90002", "DuneNet: Sand in State Space", 2023),
            Seen(3, "2402.90003", "MarshFormer, a Hybrid", 2024, "ICLR 2024"),
            Seen(
                4, "2402.90004", "The Ebb of Attention in Oceans", authors=("A. Wave", "B. Shore")
            ),
            Seen(
                5,
                "2402.90005",
                "The Flow of Attention in Oceans",
                2024,
                "ICML",
                authors=("A. Wave", "B. Shore"),
            ),
            Seen(6, "2402.90006", "The Salt of Attention", authors=("A. Wave", "B. Shore")),
        ],
    ),
    Case(
        "bold that marks no title, and a title that is long",
        f"""\
- (**ICML 2024**) Tidal Scan for Oceans. **[Paper]({ABS}2402.90001)**
- DuneNet: Sand in State Space **[[Code]]({HUB}dune/net)** [[Paper]]({ABS}2402.90002)
- **We release the [paper]({ABS}2402.90003)!**
- [{"Very " * 30}Long]({ABS}2402.90004)
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", 2024, "ICML 2024"),
            Seen(2, "2402.90002", "DuneNet: Sand in State Space", code=f"{HUB}dune/net"),
            Seen(4, "2402.90004", "Very " * 30 + "Long"),
        ],
        ((3, "arXiv id 2402.90003 is mentioned, but no title goes with it"),),
    ),
    Case(
        "links on the children",
        f"""\
* Tidal Scan for Oceans
  - ICML 2024
  - [paper]({ABS}2402.90001)
  - code: {HUB}tide/scan
* Deserts
  * [DuneNet: Sand in State Space]({ABS}2402.90002)
    * Trained on sand alone.
    * [code]({HUB}dune/net)
  * MarshFormer, a Hybrid
    * arXiv:2402.90003
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", 2024, "ICML 2024", f"{HUB}tide/scan"),
            Seen(6, "2402.90002", "DuneNet: Sand in State Space", code=f"{HUB}dune/net"),
            Seen(9, "2402.90003", "MarshFormer, a Hybrid"),
        ],
    ),
    Case(
        "dates and venues in brackets",
        f"""\
- (Arxiv 24.04.15) Tidal Scan for Oceans [Paper]({ABS}2402.90001)
- [ICML 2024] DuneNet: Sand in State Space [[pdf]]({PDF}2402.90002)
- MarshFormer, a Hybrid (NeurIPS'23) [[pdf]]({PDF}2402.90003)
- [ReefSSM: Coral Counting]({ABS}2402.90004) (CVPR 2024, Oral)
- **Lagoon State Models** [[AAAI2025]({ABS}2402.90005)]
- Estuary Mixers ([ICML'98]({ABS}2402.90006))
- `2021` [Kelp Forests as Trees]({ABS}2402.90007)
- 2022-08-09 [Plankton in Sequence]({ABS}2402.90008)
- Driftwood Memory (May 2020) [paper]({ABS}2402.90009)
- 【ECCV 2024】Sea Glass Rendering（TPAMI 2025） [paper]({ABS}2402.90010)
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", 2024, "Arxiv"),
            Seen(2, "2402.90002", "DuneNet: Sand in State Space", 2024, "ICML 2024"),
            Seen(3, "2402.90003", "MarshFormer, a Hybrid", 2023, "NeurIPS'23"),
            Seen(4, "2402.90004", "ReefSSM: Coral Counting", 2024, "CVPR 2024, Oral"),
            Seen(5, "2402.90005", "Lagoon State Models", 2025, "AAAI2025"),
            Seen(6, "2402.90006", "Estuary Mixers", 1998, "ICML'98"),
            Seen(7, "2402.90007", "Kelp Forests as Trees", 2021),
            Seen(8, "2402.90008", "Plankton in Sequence", 2022),
            Seen(9, "2402.90009", "Driftwood Memory", 2020),
            Seen(10, "2402.90010", "Sea Glass Rendering", 2024, "ECCV 2024"),
        ],
    ),
    Case(
        "no year comes from a count",
        f"""\
| Title | Conf | Code | Stars |
|---|---|---|---|
| [Tidal Scan for Oceans]({ABS}2402.90001) | ICML | [code]({HUB}tide/scan) | 2016 |
""",
        [
            Seen(3, "2402.90001", "Tidal Scan for Oceans", None, "ICML", f"{HUB}tide/scan"),
        ],
    ),
    Case(
        "a day beside a venue is none of it, and of two venues the later one counts",
        f"""\
- (Arxiv 23.04.15, ICML23, Kite-2) Tidal Scan for Oceans [Paper]({ABS}2402.90001)
- (Arxiv 23.12.08->ECCV24) DuneNet: Sand in State Space [Paper]({ABS}2402.90002)

| Venue | Title | Link |
|---|---|---|
| TGRS(23.07.03, 23.08.25) | MarshFormer, a Hybrid | [Link]({ABS}2402.90003) |
| arXiv(23.04.12, -) | ReefSSM: Coral Counting | [Link]({ABS}2402.90004) |
| arXiv 23.12.31 → ICLR 2024 | Lagoon State Models | [Link]({ABS}2402.90005) |
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", 2023, "ICML23"),
            Seen(2, "2402.90002", "DuneNet: Sand in State Space", 2024, "ECCV24"),
            Seen(6, "2402.90003", "MarshFormer, a Hybrid", 2023, "TGRS"),
            Seen(7, "2402.90004", "ReefSSM: Coral Counting", 2023, "arXiv"),
            Seen(8, "2402.90005", "Lagoon State Models", 2024, "ICLR 2024"),
        ],
    ),
    Case(
        "no year comes from an id, and no venue from a title",
        f"""\
- (arXiv:2008.07669) Tidal Scan for Oceans [paper]({ABS}2008.07669)
- [2012.90002] DuneNet: Sand in State Space [code]({HUB}dune/net)
- [SAND2023]({ABS}2402.90003)
""",
        [
            Seen(1, "2008.07669", "Tidal Scan for Oceans"),
            Seen(2, "2012.90002", "DuneNet: Sand in State Space", code=f"{HUB}dune/net"),
            Seen(3, "2402.90003", "SAND2023"),
        ],
    ),
    Case(
        "badges",
        f"""\
- Tidal Scan for Oceans [![arXiv]({SHIELDS}badge/arXiv-2402.90001-b31b1b.svg)]({ABS}2402.90001) \
[![Stars]({SHIELDS}github/stars/tide/scan?style=social)]({HUB}tide/scan)
- DuneNet: Sand in State Space ![arXiv]({SHIELDS}badge/arXiv-2402.90002-red)
- [![star]({SHIELDS}github/stars/marsh/former)]({HUB}marsh/former) **MarshFormer, a Hybrid** \
[paper]({ABS}2402.90003)
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", code=f"{HUB}tide/scan"),
            Seen(2, "2402.90002", "DuneNet: Sand in State Space"),
            Seen(3, "2402.90003", "MarshFormer, a Hybrid", code=f"{HUB}marsh/former"),
        ],
    ),
    Case(
        "brackets, quotes and ornaments that belong to a title, and some that do not",
        f"""\
- [[V]-Tide: Brackets in a Link]({ABS}2402.90001)
- (Re)thinking the Shore [paper]({ABS}2402.90002)
- [SSM] Sand in State Space [paper]({ABS}2402.90003)
- 🔥 [ICML 2024] [Coral at 360°]({ABS}2402.90004)
- :star2: **Kelp™ & Co** [paper]({ABS}2402.90005)
- Why "More Is Better at Sea" Is Wrong [paper]({ABS}2402.90006)
- "Salt Is All You Need" [paper]({ABS}2402.90007)
- ❤️ Is *Water* Wet? [paper]({ABS}2402.90008)
- Foam: A `C++` Library &amp; More &lt;3 [paper]({ABS}2402.90009)
""",
        [
            Seen(1, "2402.90001", "[V]-Tide: Brackets in a Link"),
            Seen(2, "2402.90002", "(Re)thinking the Shore"),
            Seen(3, "2402.90003", "Sand in State Space"),
            Seen(4, "2402.90004", "Coral at 360°", 2024, "ICML 2024"),
            Seen(5, "2402.90005", "Kelp™ & Co"),
            Seen(6, "2402.90006", 'Why "More Is Better at Sea" Is Wrong'),
            Seen(7, "2402.90007", "Salt Is All You Need"),
            Seen(8, "2402.90008", "Is Water Wet?"),
            Seen(9, "2402.90009", "Foam: A C++ Library & More <3"),
        ],
    ),
    Case(
        "code links, and what is none",
        f"""\
- [Efficient Code Search at Sea]({ABS}2402.90001) code
- [Tidal Scan for Oceans]({ABS}2402.90002) [[Official-Code]]({HUB}tide/scan/tree/main)
- [DuneNet: Sand in State Space]({ABS}2402.90003) [Project]({HUB}dune)
- [MarshFormer, a Hybrid]({ABS}2402.90004) [PyTorch](https://gitlab.com/marsh/former)
- [ReefSSM: Coral Counting]({ABS}2402.90005) [Code](https://reef.example.org/download)
- [Lagoon State Models]({ABS}2402.90006) [A Blog About It](https://github.com/lagoon/blog)
""",
        [
            Seen(1, "2402.90001", "Efficient Code Search at Sea"),
            Seen(2, "2402.90002", "Tidal Scan for Oceans", code=f"{HUB}tide/scan/tree/main"),
            Seen(3, "2402.90003", "DuneNet: Sand in State Space"),
            Seen(4, "2402.90004", "MarshFormer, a Hybrid", code="https://gitlab.com/marsh/former"),
            Seen(
                5, "2402.90005", "ReefSSM: Coral Counting", code="https://reef.example.org/download"
            ),
            Seen(6, "2402.90006", "Lagoon State Models"),
        ],
    ),
    Case(
        "titles that wrap",
        f"""\
- [Tidal Scan for Oceans
  That Are Wide]({ABS}2402.90001)
- **DuneNet: Sand in
  State Space** [paper]({ABS}2402.90002)
- MarshFormer, a Hybrid of
  water and land [paper]({ABS}2402.90003)
- ReefSSM: Coral Counting
  A. Polyp, B. Fin
  [paper]({ABS}2402.90004)
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans That Are Wide"),
            Seen(3, "2402.90002", "DuneNet: Sand in State Space"),
            Seen(5, "2402.90003", "MarshFormer, a Hybrid of water and land"),
            Seen(7, "2402.90004", "ReefSSM: Coral Counting", authors=("A. Polyp", "B. Fin")),
        ],
    ),
    Case(
        "loose items with descriptions",
        f"""\
1. Tidal Scan for Oceans [paper]({ABS}2402.90001)

   It beats [a pump](https://pump.example.org) and [Sand in State Space]({ABS}2402.90002).

2. MarshFormer, a Hybrid

   of small letters

   [paper]({ABS}2402.90003)

3. **ReefSSM**: not [Coral by Hand]({ABS}2402.90005), but faster [[paper]]({ABS}2402.90004)
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans"),
            Seen(3, "2402.90002", "Sand in State Space"),
            Seen(5, "2402.90003", "MarshFormer, a Hybrid"),
            Seen(11, "2402.90004", "ReefSSM"),
            Seen(11, "2402.90005", "Coral by Hand"),
        ],
    ),
    Case(
        "reference links and Chinese labels",
        f"""\
- [Tidal Scan for Oceans][tide]
- 基于状态空间模型的潮汐预测 [论文]({ABS}2402.90002) [代码]({HUB}chao/xi)

[tide]: {ABS}2402.90001
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans"),
            Seen(2, "2402.90002", "基于状态空间模型的潮汐预测", code=f"{HUB}chao/xi"),
        ],
    ),
]

PARAGRAPHS = [
    Case(
        "one entry a paragraph, or several",
        f"""\
**Tidal Scan for Oceans**<br>
*A. Wave, B. Shore*<br>
[[Paper]({ABS}2402.90001)] [[Code]({HUB}tide/scan)]

Sand in State Space [Paper]({ABS}2402.90002)<br>MarshFormer, a Hybrid [Paper]({ABS}2402.90003)

ReefSSM: Coral Counting [Paper]({ABS}2402.90004)
Lagoon State Models [Paper](https://openreview.net/forum?id=lagoon)
潮汐预测 [论文]({ABS}2402.90006)
""",
        [
            Seen(
                1,
                "2402.90001",
                "Tidal Scan for Oceans",
                code=f"{HUB}tide/scan",
                authors=("A. Wave", "B. Shore"),
            ),
            Seen(5, "2402.90002", "Sand in State Space"),
            Seen(5, "2402.90003", "MarshFormer, a Hybrid"),
            Seen(7, "2402.90004", "ReefSSM: Coral Counting"),
            Seen(8, "lagoon-state-models", "Lagoon State Models"),
            Seen(9, "2402.90006", "潮汐预测"),
        ],
    ),
    Case(
        "a remark behind the links, rows whose label is a venue, a paper that is not out",
        f"""\
**Tidal Scan for Oceans** \\
*A. Wave, B. Shore* \\
[[Paper]({ABS}2402.90001)] [[Code]({HUB}tide/scan)] [Maps - Seas & Oceans]

| Data | Task | Paper |
|---|---|---|
| Sand | Counting | [[AAAI 2018]]({ABS}2402.90002) |

**Salt Scan for Oceans**

- Paper(Oral): None
- Code: {HUB}salt/scan

1. **Foam Scan.** *Jane Reef, John Shore.* [[paper]({ABS}2402.90003)]
2. **Kelp Scan.** *Jane Reef.* ICML 2021. [[paper]({ABS}2402.90004)]
""",
        [
            Seen(
                1,
                "2402.90001",
                "Tidal Scan for Oceans",
                code=f"{HUB}tide/scan",
                authors=("A. Wave", "B. Shore"),
            ),
            Seen(7, "2402.90002", "Sand", 2018, "AAAI 2018"),
            Seen(9, "salt-scan-for-oceans", "Salt Scan for Oceans", code=f"{HUB}salt/scan"),
            Seen(14, "2402.90003", "Foam Scan", authors=("Jane Reef", "John Shore")),
            Seen(15, "2402.90004", "Kelp Scan", 2021, "ICML 2021", authors=("Jane Reef",)),
        ],
    ),
    Case(
        "a label above a group is no title",
        f"""\
7. Scans in Circles

   (arXiv:2402.90001) Tidal Scan for Oceans [[Paper]]({ABS}2402.90001)

   (arXiv:2402.90002) DuneNet: Sand in State Space [[Paper]]({ABS}2402.90002)
""",
        [
            Seen(3, "2402.90001", "Tidal Scan for Oceans"),
            Seen(5, "2402.90002", "DuneNet: Sand in State Space"),
        ],
    ),
    Case(
        "prose names papers, the list comes first",
        f"""\
We build on [Tidal Scan]({ABS}2402.90001) and on [Salt Is All You Need]({ABS}2402.90007).

- [Tidal Scan for Oceans]({ABS}2402.90001)
""",
        [
            Seen(1, "2402.90007", "Salt Is All You Need"),
            Seen(3, "2402.90001", "Tidal Scan for Oceans"),
        ],
    ),
    Case(
        "a paper as a heading",
        f"#### [Tidal Scan for Oceans]({ABS}2402.90001) (ICML 2024)\n",
        [Seen(1, "2402.90001", "Tidal Scan for Oceans", 2024, "ICML 2024")],
    ),
    Case(
        "an entry over a rule is no heading",
        f"""\
Tidal Scan for Oceans [Paper]({ABS}2402.90001)
---

Dunes
---

- [Sand]({ABS}2402.90002)
""",
        [Seen(1, "2402.90001", "Tidal Scan for Oceans"), Seen(7, "2402.90002", "Sand")],
    ),
]

HTML = [
    Case(
        "a table in details",
        f"""\
<details><summary>Click</summary>
<table>
<thead><tr><th>Title</th><th>Venue</th><th>Code</th></tr></thead>
<tbody>
<tr>
  <td><a href="{ABS}2402.90001">Tidal Scan
    for Oceans</a></td>
  <td>ICML 2024</td>
  <td><a href='{HUB}tide/scan'>code</a></td>
</tr>
<tr><td><a href={ABS}2402.90002>Sand &amp; Dunes</a></td><td>arXiv</td><td>code</td></tr>
</tbody>
</table>
</details>

- [MarshFormer, a Hybrid]({ABS}2402.90003)
""",
        [
            Seen(5, "2402.90001", "Tidal Scan for Oceans", 2024, "ICML 2024", f"{HUB}tide/scan"),
            Seen(11, "2402.90002", "Sand & Dunes", None, "arXiv"),
            Seen(16, "2402.90003", "MarshFormer, a Hybrid"),
        ],
    ),
    Case(
        "Markdown in details",
        f"""\
<details open>
<summary><b>Sea</b></summary>

| Title | Year | PDF |
|---|---|---|
| Tidal Scan for Oceans | 2024 | [pdf]({PDF}2402.90001) |

- DuneNet: Sand in State Space [[pdf]]({PDF}2402.90002)

</details>
""",
        [
            Seen(6, "2402.90001", "Tidal Scan for Oceans", 2024),
            Seen(8, "2402.90002", "DuneNet: Sand in State Space"),
        ],
    ),
    Case(
        "lists and paragraphs",
        f"""\
<ul>
  <li><b>Tidal Scan for Oceans</b>, A. Wave <a href="{ABS}2402.90001">[paper]</a></li>
  <li>Deserts
    <ul><li><a href="{ABS}2402.90002">DuneNet: Sand in State Space</a></li></ul>
  </li>
</ul>
<p align="center"><b>MarshFormer, a Hybrid</b><br>A. Reed<br>
<a href="{ABS}2402.90003">Paper</a> | <a href="{HUB}marsh/former">Code</a></p>
""",
        [
            Seen(2, "2402.90001", "Tidal Scan for Oceans"),
            Seen(4, "2402.90002", "DuneNet: Sand in State Space"),
            Seen(7, "2402.90003", "MarshFormer, a Hybrid", code=f"{HUB}marsh/former"),
        ],
    ),
    Case(
        "tags that nobody closes",
        f"""\
<table>
<tr><td><a href="{ABS}2402.90001">Tidal Scan for Oceans<td>ICML 2024
<tr><td><b><a href="{ABS}2402.90002">DuneNet: Sand in State Space<td>2023
</table>
<ul>
<li><a href="{ABS}2402.90003">MarshFormer, a Hybrid
<li><a href="{ABS}2402.90004">ReefSSM: Coral Counting</a>

### Pools

- Lagoon State Models
  - [paper]({ABS}2402.90005)
""",
        [
            Seen(2, "2402.90001", "Tidal Scan for Oceans", 2024, "ICML 2024"),
            Seen(3, "2402.90002", "DuneNet: Sand in State Space", 2023),
            Seen(6, "2402.90003", "MarshFormer, a Hybrid"),
            Seen(7, "2402.90004", "ReefSSM: Coral Counting"),
            Seen(11, "2402.90005", "Lagoon State Models"),
        ],
    ),
]

HIDDEN = [
    Case(
        "comments and fenced code",
        f"""\
<!-- - [Hidden One]({ABS}2402.90001) -->
```
- [Fenced One]({ABS}2402.90002)
```
~~~md
- [Fenced Two]({ABS}2402.90003)
~~~
<!--
- [Hidden Two]({ABS}2402.90004)

- [Hidden Three]({ABS}2402.90005)
-->
- [Tidal Scan for Oceans]({ABS}2402.90006) <!-- was [Hidden Four]({ABS}2402.90007) -->
- Diary
  ```
  [Fenced Three]({ABS}2402.90008)
  ```
<div>
<!-- a comment that goes on

- [Hidden Five]({ABS}2402.90009)

-->
</div>

- ~~[DuneNet: Sand in State Space]({ABS}2402.90010)~~
""",
        [
            Seen(13, "2402.90006", "Tidal Scan for Oceans"),
            Seen(26, "2402.90010", "DuneNet: Sand in State Space"),
        ],
        ((14, "list item without a link: Diary"),),
    ),
    Case(
        "indented entries are no code",
        f"""\
Some text.

    - [Tidal Scan for Oceans]({ABS}2402.90001)
""",
        [Seen(3, "2402.90001", "Tidal Scan for Oceans")],
    ),
    Case(
        "news and contents list nothing",
        f"""\
### :fire: News & Updates

- 2024-05: [DuneNet: Sand in State Space]({ABS}2402.90001) is out

### Table of Contents

- [Pools](#pools)

### Pools

- [DuneNet: Sand in State Space]({ABS}2402.90001)
""",
        [Seen(11, "2402.90001", "DuneNet: Sand in State Space")],
    ),
]

PROBLEMS = [
    Case(
        "each is named with its line",
        f"""\
- Tidal Scan for Oceans [arXiv]({ABS}2402.90001) [paper]({ABS}2402.90002)
- **DuneNet: Sand in State Space**, arXiv:2402.90003 [paper]({ABS}2402.90004)
- MarshFormer, a Hybrid [code](https:/github.com/marsh/former) [paper]({ABS}2402.90005)
- ReefSSM: Coral Counting
- {ABS}2402.90006
- [paper](https://openreview.net/forum?id=reef)

Lagoons are studied (arXiv:hep-th/9901001).

| Title | Year | PDF |
|---|---|---|
| | 2024 | [pdf]({PDF}2402.90007) |
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans"),
            Seen(2, "2402.90004", "DuneNet: Sand in State Space"),
            Seen(3, "2402.90005", "MarshFormer, a Hybrid"),
            Seen(5, "2402.90006", "arXiv:2402.90006"),
            Seen(12, "2402.90007", "arXiv:2402.90007"),
        ],
        (
            (1, "two arXiv ids for one title: took 2402.90001, passed over 2402.90002"),
            (2, "two arXiv ids for one title: took 2402.90004, passed over 2402.90003"),
            (3, "not a web address: https:/github.com/marsh/former"),
            (4, "list item without a link: ReefSSM: Coral Counting"),
            (5, "arXiv id 2402.90006 is mentioned, but no title goes with it"),
            (6, "list item without a title: https://openreview.net/forum?id=reef"),
            (8, "arXiv id hep-th/9901001 is mentioned, but no title goes with it"),
            (12, "table row without a title: 2402.90007"),
        ),
    ),
]

VENUES = [
    Case(
        "a venue after the title, in whatever form",
        f"""\
- **Tidal Scan for Oceans.** ICML 2021. [paper]({ABS}2402.90001)
- [Tidal Scan for Dunes]({ABS}2402.90002), Reef et al., ICML 2021 | [github]({HUB}tide/dunes)
- Sand Maps of the Sea. *J. Reef, B. Shore.* ICML'21 [pdf]({PDF}2402.90003)
- "Salt Maps of the Sea", *ICML, May 2021* [[Paper]({ABS}2402.90004)]
- Foam Maps of the Sea `ICML` [paper]({ABS}2402.90005)
- [Kelp Maps of the Sea]({ABS}2402.90006) <kbd>ICML 2021</kbd> [tag]
- [2023 bioRxiv] **Coral Maps of the Sea** [[paper]]({ABS}2402.90007)
- [Moss Maps of the Sea]({ABS}2402.90008)
  - ICML 2023
- Weed Maps of the Sea (TPAMI) [paper]({ABS}2402.90009)
- [Silt Maps of the Sea]({ABS}2402.90010) In Proceedings of the 24th CVPR, 2011.
- Shell Maps of the Sea [[Pattern Recognition(2019)]]({ABS}2402.90011)
- [Stone Maps of the Sea]({ABS}2402.90012), "A Blog" - Rick Reef 2010
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", 2021, "ICML 2021"),
            Seen(
                2,
                "2402.90002",
                "Tidal Scan for Dunes",
                2021,
                "ICML 2021",
                f"{HUB}tide/dunes",
            ),
            Seen(
                3,
                "2402.90003",
                "Sand Maps of the Sea",
                2021,
                "ICML'21",
                authors=("J. Reef", "B. Shore"),
            ),
            Seen(4, "2402.90004", "Salt Maps of the Sea", 2021, "ICML"),
            Seen(5, "2402.90005", "Foam Maps of the Sea", None, "ICML"),
            Seen(6, "2402.90006", "Kelp Maps of the Sea", 2021, "ICML 2021"),
            Seen(7, "2402.90007", "Coral Maps of the Sea", 2023, "bioRxiv"),
            Seen(8, "2402.90008", "Moss Maps of the Sea", 2023, "ICML 2023"),
            Seen(10, "2402.90009", "Weed Maps of the Sea", None, "TPAMI"),
            Seen(11, "2402.90010", "Silt Maps of the Sea", 2011, "24th CVPR"),
            Seen(12, "2402.90011", "Shell Maps of the Sea", 2019, "Pattern Recognition(2019"),
            Seen(13, "2402.90012", "Stone Maps of the Sea", 2010),
        ],
    ),
    Case(
        "a venue before the title",
        f"""\
- **ICML 2023** [Tidal Scan for Oceans]({ABS}2402.90001)
- **[ICLR 2024]** [Tidal Scan for Dunes]({ABS}2402.90002)
- CVPR'24 [Sand Maps of the Sea]({ABS}2402.90003)
- [2021 Arxiv, 1111 citations] **Salt Maps of the Sea** [[paper]]({ABS}2402.90004)
- `2024.01` Foam Maps of the Sea, [arXiv]({ABS}2402.90005)
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", 2023, "ICML 2023"),
            Seen(2, "2402.90002", "Tidal Scan for Dunes", 2024, "ICLR 2024"),
            Seen(3, "2402.90003", "Sand Maps of the Sea", 2024, "CVPR'24"),
            Seen(4, "2402.90004", "Salt Maps of the Sea", 2021, "Arxiv"),
            Seen(5, "2402.90005", "Foam Maps of the Sea", 2024),
        ],
    ),
    Case(
        "a venue as a label is no title",
        f"""\
- Tidal Scan for Oceans [[ICML2021]]({ABS}2402.90001)
- Tidal Scan for Dunes [[15 Aug 2022]]({ABS}2402.90002)

**Sand Maps of the Sea** \\
[[CVPR 2025]({ABS}2402.90003)]
[[Code]({HUB}sand/maps)]

| Title | Where |
|---|---|
| Salt Maps of the Sea | [[EMNLP 2013]]({ABS}2402.90004) |

- ACM-Net: Foam Maps and All the Sea (arXiv 2025) [[paper]]({ABS}2402.90005)
- [Cell Tracking]({ABS}2402.90006)
- **FAST**: "Kelp Maps of the Sea", ICCV, 2021 (*Reef Lab*). [[Paper]({ABS}2402.90007)]
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", 2021, "ICML2021"),
            Seen(2, "2402.90002", "Tidal Scan for Dunes", 2022),
            Seen(4, "2402.90003", "Sand Maps of the Sea", 2025, "CVPR 2025", f"{HUB}sand/maps"),
            Seen(10, "2402.90004", "Salt Maps of the Sea", 2013, "EMNLP 2013"),
            Seen(12, "2402.90005", "ACM-Net: Foam Maps and All the Sea", 2025, "arXiv 2025"),
            Seen(13, "2402.90006", "Cell Tracking"),
            Seen(14, "2402.90007", "Kelp Maps of the Sea", 2021, "ICCV", name="FAST"),
        ],
    ),
    Case(
        "what looks like a venue or a year, and is none",
        f"""\
- [Tidal Scan for Oceans]({ABS}2402.90001) - trained on 2008 buoys between 1990 and 2015
- [Unifying Tidal Scans and Sand Detection]({ABS}2402.90002) [ResNet-50]
- [Sand Maps of the Sea]({ABS}2402.90003) (1990-2015)
- [Salt Maps of the Sea]({ABS}2402.90004) with the ICML 2017 data of others
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans"),
            Seen(2, "2402.90002", "Unifying Tidal Scans and Sand Detection"),
            Seen(3, "2402.90003", "Sand Maps of the Sea"),
            Seen(4, "2402.90004", "Salt Maps of the Sea"),
        ],
    ),
    Case(
        "names that are venues too, shortened journals, dashes for no venue",
        f"""\
- **DAC** [Tidal Scan for Oceans]({ABS}2402.90001) *NeurIPS 2023*
- [Sand in State Space]({ABS}2402.90002), A. Wave, Nat. Commun. 2024
- Salt Scan of Seas. Nat. Mach. Intell. 2024. [pdf]({PDF}2402.90003)
- A. Wave, B. Shore. **Reef Scan Maps**. Proc. Natl. Acad. Sci. 2024. [pdf]({PDF}2402.90004)

| Title | Venue | Paper |
|---|---|---|
| Foam Maps | - | [pdf]({PDF}2402.90005) |
| Kelp Maps | N/A | [pdf]({PDF}2402.90006) |
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", 2023, "NeurIPS 2023"),
            Seen(2, "2402.90002", "Sand in State Space", 2024, "Nat. Commun. 2024"),
            Seen(3, "2402.90003", "Salt Scan of Seas", 2024, "Nat. Mach. Intell. 2024"),
            Seen(
                4,
                "2402.90004",
                "Reef Scan Maps",
                2024,
                "Proc. Natl. Acad. Sci. 2024",
                authors=("A. Wave", "B. Shore"),
            ),
            Seen(8, "2402.90005", "Foam Maps"),
            Seen(9, "2402.90006", "Kelp Maps"),
        ],
    ),
    Case(
        "references as APA has them",
        f"""\
- Wave, A., & Shore, B. (2018). *Tidal Models*. arXiv preprint arXiv:2402.90001.
- Wave, A., Shore, B. C., & Reef, J. (2019). Sand in State Space. [[paper]]({ABS}2402.90002)
- Wave, A., et al. (2021). Salt is all you need. In *Advances in Salt* (pp. 1-8). \
[pdf]({PDF}2402.90003)
""",
        [
            Seen(
                1,
                "2402.90001",
                "Tidal Models",
                2018,
                "arXiv preprint arXiv:2402.90001",
                authors=("A. Wave", "B. Shore"),
            ),
            Seen(
                2,
                "2402.90002",
                "Sand in State Space",
                2019,
                authors=("A. Wave", "B. C. Shore", "J. Reef"),
            ),
            Seen(
                3,
                "2402.90003",
                "Salt is all you need",
                2021,
                "Advances in Salt",
                authors=("A. Wave",),
            ),
        ],
    ),
    Case(
        "a label says which line is the title",
        f"""\
- **Title**: TIDE: Accurate Scans
  **Venue**: ICLR 2023
  **Paper**: [link]({ABS}2402.90001)
- 标题：SandNet: Accurate Deserts
  作者：Jane Reef, John Shore
  论文：[link]({ABS}2402.90002)
- Title: [Salt Scan of Seas]({ABS}2402.90003)
""",
        [
            Seen(1, "2402.90001", "TIDE: Accurate Scans", 2023, "ICLR 2023"),
            Seen(4, "2402.90002", "SandNet: Accurate Deserts", authors=("Jane Reef", "John Shore")),
            Seen(7, "2402.90003", "Salt Scan of Seas"),
        ],
    ),
]

NAMES = [
    Case(
        "a name before the title",
        f"""\
- **Tide**: "Scanning Oceans with Trees", ICML, 2021 [[Paper]({ABS}2402.90001)]
- **[Dune]** Scanning the sand [[paper]({ABS}2402.90002)]
- **(Marsh)** _Scanning the wet land_ `KDD 2022`
[[Paper]({ABS}2402.90003)] [[Model (7B)](https://huggingface.co/marsh/7b)]
- **?**: "Scanning the Unknown", ICML, 2021 [[Paper]({ABS}2402.90004)]
- **Reef**: Counting Corals by Night [[paper]({ABS}2402.90005)]
- **Port**:"Sandily Grounded, Saltily Generalizable Ports", ICLR [[paper]({ABS}2402.90010)]
- **[Kelp]** Kelp: Forests as Trees [[paper]({ABS}2402.90006)]
- [Lagoon](https://lagoon.example.org), `2016.05`. Measuring the still water, \
[arXiv]({ABS}2402.90007)

**Ebb** [[Lab](https://lab.example.org)] Mar. 2022
Scanning the falling water [[Preprint]({ABS}2402.90008)]

Flow:
[Scanning the rising water. ICML 2021]({ABS}2402.90009)
""",
        [
            Seen(1, "2402.90001", "Scanning Oceans with Trees", 2021, "ICML", name="Tide"),
            Seen(2, "2402.90002", "Scanning the sand", name="Dune"),
            Seen(3, "2402.90003", "Scanning the wet land", 2022, "KDD 2022", name="Marsh"),
            Seen(5, "2402.90004", "Scanning the Unknown", 2021, "ICML"),
            Seen(6, "2402.90005", "Reef: Counting Corals by Night", name="Reef"),
            Seen(
                7,
                "2402.90010",
                "Sandily Grounded, Saltily Generalizable Ports",
                venue="ICLR",
                name="Port",
            ),
            Seen(8, "2402.90006", "Kelp: Forests as Trees", name="Kelp"),
            Seen(9, "2402.90007", "Measuring the still water", 2016, name="Lagoon"),
            Seen(11, "2402.90008", "Scanning the falling water", 2022, name="Ebb"),
            Seen(14, "2402.90009", "Scanning the rising water", 2021, "ICML 2021", name="Flow"),
        ],
    ),
    Case(
        "names that are all there is",
        f"""\
- **TideLib** A library for scans of oceans, dunes and marshes. [code]({HUB}tide/lib)
- [jax]({HUB}tide/jax) - A library
- [Reef]({ABS}2402.90001): counts corals by night
- **Dune** [[paper]({ABS}2402.90002)] It scans the sand of deserts
""",
        [
            Seen(1, "tidelib", "TideLib", code=f"{HUB}tide/lib"),
            Seen(2, "jax", "jax", code=f"{HUB}tide/jax"),
            Seen(3, "2402.90001", "Reef"),
            Seen(4, "2402.90002", "Dune"),
        ],
    ),
    Case(
        "authors, years and venues that stick to the title",
        f"""\
- Tidal Scans (2017), J. Reef et al. [[pdf]]({PDF}2402.90001)
- Tidal Scans of Dunes, in *TITS* 2022. [[pdf]]({PDF}2402.90002)
- [Sand Maps. Reef Lab. ICML 2021]({ABS}2402.90003)
- Jane Reef, John Shore, Salt maps of the sea, Sea Letters, 1996. [[Paper]]({ABS}2402.90004)
- Foam Maps of the Sea(@Reef Lab etc) [[pdf]]({PDF}2402.90005)
- [Kelp Maps. ICLR 2021 (Under Review). 2020-02-29]({ABS}2402.90006)
- $\\texttt{{CORAL}}$: Maps of the Sea [[pdf]]({PDF}2402.90007)
- Moss Maps of the
Sea [[pdf]]({PDF}2402.90008)
- J. Reef, et al. "**Silt Maps**" arXiv preprint (2017). [[pdf]]({PDF}2402.90009)
- **[Q\\*: Maps of Letters](https://arxiv.org/abs/2402.90010)**
""",
        [
            Seen(1, "2402.90001", "Tidal Scans", 2017, authors=("J. Reef",)),
            Seen(2, "2402.90002", "Tidal Scans of Dunes", 2022, "TITS"),
            Seen(3, "2402.90003", "Sand Maps", 2021, "ICML 2021"),
            Seen(
                4,
                "2402.90004",
                "Salt maps of the sea",
                1996,
                "Sea Letters",
                authors=("Jane Reef", "John Shore"),
            ),
            Seen(5, "2402.90005", "Foam Maps of the Sea"),
            Seen(6, "2402.90006", "Kelp Maps", 2021, "ICLR 2021"),
            Seen(7, "2402.90007", "CORAL: Maps of the Sea"),
            Seen(8, "2402.90008", "Moss Maps of the Sea"),
            Seen(10, "2402.90009", "Silt Maps", 2017, "arXiv preprint", authors=("J. Reef",)),
            Seen(11, "2402.90010", "Q*: Maps of Letters"),
        ],
    ),
    Case(
        "a link on the short name, the full title behind it",
        f"""\
- (ICLR 2023) [TIDE]({ABS}2402.90001): Human Tidal Diffusion Scans, Wave et al.
- **[SandNet]({ABS}2402.90002)** Explicit Reasoning in Deserts
- [Marsh]({ABS}2402.90003) - Hybrid Models of Water using Land (ICML 2021) [code]({HUB}marsh/former)
- [SaltBoost (2004, 7+ citations)]({ABS}2402.90004) - Boosting with Salt Generation for Seas
- [ReefNet]({ABS}2402.90005): a small library that counts corals
- [Kelp]({ABS}2402.90006) Ocean Institute of Forests
- [FoamNet]({ABS}2402.90007), by Jane Reef, John Shore
""",
        [
            Seen(1, "2402.90001", "Human Tidal Diffusion Scans", 2023, "ICLR 2023", name="TIDE"),
            Seen(2, "2402.90002", "Explicit Reasoning in Deserts", name="SandNet"),
            Seen(
                3,
                "2402.90003",
                "Hybrid Models of Water using Land",
                2021,
                "ICML 2021",
                f"{HUB}marsh/former",
                "Marsh",
            ),
            Seen(4, "2402.90004", "Boosting with Salt Generation for Seas", name="SaltBoost"),
            Seen(5, "2402.90005", "ReefNet"),
            Seen(6, "2402.90006", "Kelp"),
            Seen(7, "2402.90007", "FoamNet", authors=("Jane Reef", "John Shore")),
        ],
    ),
]

GROUPS = [
    Case(
        "authors and a venue, each by itself, between a title and its links",
        f"""\
**Tidal Scan for Oceans**

*A. Reed, B. Moor*

ICML 2024

[paper]({ABS}2402.90001) [code]({HUB}tide/scan)

### DuneNet: Sand in State Space

C. Roe

CVPR 2023

[paper]({ABS}2402.90002)
""",
        [
            Seen(
                1,
                "2402.90001",
                "Tidal Scan for Oceans",
                2024,
                "ICML 2024",
                f"{HUB}tide/scan",
                authors=("A. Reed", "B. Moor"),
            ),
            Seen(9, "2402.90002", "DuneNet: Sand in State Space", 2023, "CVPR 2023"),
        ],
    ),
    Case(
        "titles in brackets, occasions before and names after",
        f"""\
:star: [Tidal Scan for Oceans]
- [[Paper]]({ABS}2402.90001)[[Code]]({HUB}tide/scan)(NIPS 2014)

* 2012-ICML - Sand Maps of the Sea. [[Paper]]({ABS}2402.90002)
* CVPR 2024: Salt Maps of the Sea [[Paper]]({ABS}2402.90003)
* [Foam Maps of the Sea]({ABS}2402.90004) by Reef M, Shore B. ICML, 2010.
* Jane Reef, John Shore, Kelp Maps of the Sea, arXiv:2402.90005. [[Paper]]({ABS}2402.90005)
* Moss Maps of the Sea. Jane Reef. [[link]]({ABS}2402.90006)
* Jane Reef, John Shore. 2015. [Silt Maps of the Sea]({ABS}2402.90007). In *Proceedings of ICLR*.
* **RSS:** Jane Reef, John Shore and Jim Sand
  "Shell Maps of the Sea." CVPR (2013). [[paper]({ABS}2402.90008)]
* Stone Maps of the Sea 30 Jun 2017 [[paper]({ABS}2402.90009)]

**Weed Maps of the Sea**

- intro: CVPR 2017
- arxiv: <{ABS}2402.90010>
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", 2014, "NIPS 2014", f"{HUB}tide/scan"),
            Seen(4, "2402.90002", "Sand Maps of the Sea", 2012, "2012-ICML"),
            Seen(5, "2402.90003", "Salt Maps of the Sea", 2024, "CVPR 2024"),
            Seen(
                6,
                "2402.90004",
                "Foam Maps of the Sea",
                2010,
                "ICML",
                authors=("Reef M", "Shore B"),
            ),
            Seen(7, "2402.90005", "Kelp Maps of the Sea", authors=("Jane Reef", "John Shore")),
            Seen(8, "2402.90006", "Moss Maps of the Sea"),
            Seen(
                9,
                "2402.90007",
                "Silt Maps of the Sea",
                2015,
                "Proceedings of ICLR",
                authors=("Jane Reef", "John Shore"),
            ),
            Seen(
                10,
                "2402.90008",
                "Shell Maps of the Sea",
                2013,
                "CVPR",
                name="RSS",
                authors=("Jane Reef", "John Shore", "Jim Sand"),
            ),
            Seen(12, "2402.90009", "Stone Maps of the Sea", 2017),
            Seen(14, "2402.90010", "Weed Maps of the Sea", 2017, "CVPR 2017"),
        ],
    ),
    Case(
        "labelled links below a bare title",
        f"""\
**Tidal Scan for Oceans**

- Lab: Reef Lab
- Paper(Oral): {ABS}2402.90001
- Code: {HUB}tide/scan

**Scanning to the End: Tides**

- Paper: {ABS}2402.90002
- Code: None

* Sand：
  * 地址：{ABS}2402.90003

- Deserts

   [Sand Maps of the Sea](https://doi.org/10.5555/1)

   [Salt Maps of the Sea](https://doi.org/10.5555/2)

#### Foam: a Heading That Is a Paper

paper link: [here]({ABS}2402.90004)
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Oceans", code=f"{HUB}tide/scan"),
            Seen(7, "2402.90002", "Scanning to the End: Tides"),
            Seen(12, "2402.90003", "Sand"),
            Seen(17, "sand-maps-of-the-sea", "Sand Maps of the Sea"),
            Seen(19, "salt-maps-of-the-sea", "Salt Maps of the Sea"),
            Seen(21, "2402.90004", "Foam: a Heading That Is a Paper"),
        ],
    ),
    Case(
        "an id is all that a list gives",
        f"""\
- {ABS}2402.90001

<p><a href="{ABS}2402.90002"><img src="wave.png"></a></p>

See also arXiv:2402.90003 and what it says.
""",
        [
            Seen(1, "2402.90001", "arXiv:2402.90001"),
            Seen(3, "2402.90002", "arXiv:2402.90002"),
        ],
        (
            (1, "arXiv id 2402.90001 is mentioned, but no title goes with it"),
            (3, "arXiv id 2402.90002 is mentioned, but no title goes with it"),
            (5, "arXiv id 2402.90003 is mentioned, but no title goes with it"),
        ),
    ),
    Case(
        "a publisher's page of a paper that is on arXiv",
        f"""\
- [Tidal Scan for Many Oceans]({ABS}2402.90001)
- [Tidal Scan for Many Oceans](https://openreview.net/forum?id=tide) ICML 2024
- [Tidal Scan for Many Oceans](https://blog.example.org/tide)
""",
        [
            Seen(1, "2402.90001", "Tidal Scan for Many Oceans"),
            Seen(2, "2402.90001", "Tidal Scan for Many Oceans", 2024, "ICML 2024"),
            Seen(3, "tidal-scan-for-many-oceans", "Tidal Scan for Many Oceans"),
        ],
    ),
]

COLUMNS = [
    Case(
        "headers of all kinds, and cells that span rows",
        f"""\
<table>
<tr><td>Venue</td><td>Paper</td><td>Code</td></tr>
<tr><td rowspan="2">ICML 2023</td><td><a href="{ABS}2402.90001">Tidal Scan</a></td><td></td></tr>
<tr><td><a href="{ABS}2402.90002">Sand Scan</a></td><td><a href="{HUB}sand/scan">code</a></td></tr>
<tr><td colspan="2"><a href="{ABS}2402.90003">Salt Scan</a></td><td></td></tr>
</table>

| | Year | Conf |
|---|---|---|
| [Foam Maps]({ABS}2402.90004) | 2021 | ICML |

| Publish Date | Conference/Journal | 論文 |
|---|---|---|
| 2021-05-03 | 2021 | [Kelp Maps]({ABS}2402.90005) |
| May 2022 | ICML | [Moss Maps]({ABS}2402.90006) |

| Tides | [Up](#up) |
|---|---|
| Dunes | [Down](#down) |
""",
        [
            Seen(3, "2402.90001", "Tidal Scan", 2023, "ICML 2023"),
            Seen(4, "2402.90002", "Sand Scan", 2023, "ICML 2023", f"{HUB}sand/scan"),
            Seen(5, "2402.90003", "Salt Scan"),
            Seen(10, "2402.90004", "Foam Maps", 2021, "ICML"),
            Seen(14, "2402.90005", "Kelp Maps", 2021),
            Seen(15, "2402.90006", "Moss Maps", 2022, "ICML"),
        ],
    ),
    Case(
        "a title and prose in one cell",
        f"""\
| Paper | Links |
|---|---|
| 1) **Tidal Scan** - scans the tides of all the oceans of the world by day and by night | \
[Paper]({ABS}2402.90001) |
| 2) Sand Scan  {"It scans the sand of all deserts. " * 6} | [Paper]({ABS}2402.90002) |
""",
        [
            Seen(3, "2402.90001", "Tidal Scan"),
            Seen(4, "2402.90002", "Sand Scan"),
        ],
    ),
]

ALL = [*TABLES, *ITEMS, *PARAGRAPHS, *HTML, *HIDDEN, *PROBLEMS, *VENUES, *NAMES, *GROUPS, *COLUMNS]
