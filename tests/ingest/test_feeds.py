"""Corpora in every format → papers. All texts are invented."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssm_search.abstracts.cache import load_abstracts
from ssm_search.errors import CorpusError
from ssm_search.ingest import unpacking
from ssm_search.ingest.feeds import MAX_REASON_CHARS, Malformed, Removed, read_feed
from ssm_search.ingest.records import (
    MAX_ABSTRACT_CHARS,
    MAX_ID_CHARS,
    MAX_RECORD_BYTES,
    MAX_TITLE_CHARS,
    named,
    paper_of,
)
from ssm_search.ingest.unpacking import MOST_TIMES
from ssm_search.ingest.values import UnreadableError
from ssm_search.papers import Link, Paper, from_json, to_json, to_jsonl

# A record of arXiv's snapshot as Kaggle has it, line breaks and all.
SNAPSHOT = {
    "id": "0704.0001",
    "submitter": "Ada Byron",
    "authors": "A. Byr\\'on, B. C. Dee and Eve Ng (CERN, Geneva)",
    "title": "Counting photons\n  in small rooms",
    "comments": "37 pages, 15 figures; published version",
    "journal-ref": "Phys.Rev.D76:013009,2007",
    "doi": "10.1103/PhysRevD.76.013009",
    "report-no": "ANL-HEP-PR-07-12",
    "categories": "hep-ph cs.CV",
    "license": None,
    "abstract": "  We count photons\nin small rooms. They\nare few.\n",
    "versions": [
        {"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
        {"version": "v2", "created": "Tue, 24 Jul 2007 20:10:27 GMT"},
    ],
    "update_date": "2008-11-26",
    "authors_parsed": [["Byrón", "A.", ""], ["Dee", "B. C.", "Jr"], ["Ng", "Eve", "", "CERN"]],
}
OF_SNAPSHOT = Paper(
    "0704.0001",
    "Counting photons in small rooms",
    url="https://arxiv.org/abs/0704.0001",
    pdf_url="https://arxiv.org/pdf/0704.0001",
    year=2007,
    abstract="We count photons in small rooms. They are few.",
    authors=("A. Byrón", "B. C. Dee Jr", "Eve Ng"),
    published=date(2007, 4, 2),
    arxiv_categories=("hep-ph", "cs.CV"),
)


def read(
    tmp_path: Path, content: str | bytes, name: str = "feed", **options: Any
) -> tuple[list[Paper | Removed], list[tuple[int, str]]]:
    """What a file with ``content`` gives, and its malformed records: (line, reason)."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    faults: list[Malformed] = []
    papers = list(read_feed([path], malformed=faults.append, **options))
    assert all(fault.source == str(path) for fault in faults)
    assert all(len(fault.reason) <= MAX_REASON_CHARS for fault in faults)
    return papers, [(fault.line, fault.reason) for fault in faults]


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def simple(paper_id: str, **more: object) -> dict[str, object]:
    return {"id": paper_id, "title": "A title", **more}


# --- JSON lines ------------------------------------------------------------------------------


def test_the_snapshot_of_arxiv(tmp_path: Path) -> None:
    assert read(tmp_path, lines(SNAPSHOT)) == ([OF_SNAPSHOT], [])


def test_authors_as_submitted_where_they_were_not_parsed(tmp_path: Path) -> None:
    record = {**SNAPSHOT, "authors_parsed": []}
    (paper,), _ = read(tmp_path, lines(record))
    assert isinstance(paper, Paper)
    assert paper.authors == ("A. Byr\\'on", "B. C. Dee", "Eve Ng")


def test_our_own_papers_come_back(tmp_path: Path) -> None:
    paper = Paper(
        "2403.06977",
        "A title",
        url="https://arxiv.org/abs/2403.06977",
        pdf_url="https://arxiv.org/pdf/2403.06977",
        code_url="https://github.com/a/b",
        year=2025,
        venue="ICLR 2025",
        abstract="Text.",
        authors=("A. B.",),
        published=date(2024, 3, 11),
        arxiv_categories=("cs.CV",),
        links=(Link("Project", "https://a.example/b"),),
    )
    assert from_json(to_json(paper)) == paper
    listed = {**to_json(paper), "categories": [["Vision", "Video"]]}
    assert read(tmp_path, lines(listed)) == ([paper], [])


def test_links_that_are_none_are_left_out(tmp_path: Path) -> None:
    links = [
        {"name": "Video " * 9, "url": "https://v.example"},
        {"name": "Bad", "url": "javascript:alert(1)"},
        {"name": 5, "url": "https://n.example"},
        {"name": " ", "url": "https://n.example"},
        {"name": "Page", "url": "http://arxiv.org/abs/2403.06977"},
        "https://t.example",
        {},
    ]
    (paper,), problems = read(tmp_path, lines({"id": "2403.06977", "title": "A", "links": links}))
    assert isinstance(paper, Paper)
    assert (paper.links, problems) == ((Link(("Video " * 4).strip(), "https://v.example"),), [])
    (paper,), _ = read(tmp_path, lines({"id": "2403.06977", "title": "A", "links": "x"}))
    assert isinstance(paper, Paper)
    assert paper.links == ()


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            {
                "paperId": "649def34f8be52c8b66281af98ae884c09aef38b",
                "externalIds": {"DOI": "10.1/x", "ArXiv": "1706.00001", "CorpusId": 1},
                "title": "A title",
                "abstract": None,
                "year": 2017,
                "venue": "",
                "journal": {"name": "A Journal", "volume": "3"},
                "publicationDate": "2017-06-12",
                "authors": [{"authorId": "1", "name": "A. B."}, {"authorId": None, "name": None}],
                "url": "https://www.semanticscholar.org/paper/649def",
            },
            Paper(
                "1706.00001",
                "A title",
                url="https://arxiv.org/abs/1706.00001",
                pdf_url="https://arxiv.org/pdf/1706.00001",
                year=2017,
                venue="A Journal",
                authors=("A. B.",),
                published=date(2017, 6, 12),
            ),
        ),
        (
            {"corpusid": 17, "title": "T", "authors": "A. B. and C. D.", "pdf": "http://x.org/1"},
            Paper("17", "T", pdf_url="http://x.org/1", authors=("A. B.", "C. D.")),
        ),
        (
            {"arXiv ID": "arXiv:2403.00001v3", "ID": "row 7", "Title": " T ", "summary": "a\n b"},
            Paper(
                "2403.00001",
                "T",
                url="https://arxiv.org/abs/2403.00001",
                pdf_url="https://arxiv.org/pdf/2403.00001",
                year=2024,
                abstract="a b",
            ),
        ),
        (
            {"url": "https://arxiv.org/pdf/math.GT/0211159v2", "title": "T", "year": "2003.0"},
            Paper(
                "math/0211159",
                "T",
                url="https://arxiv.org/abs/math/0211159",
                pdf_url="https://arxiv.org/pdf/math/0211159",
                year=2003,
            ),
        ),
        (
            {
                "doi": "10.1145/1",
                "title": "T",
                "url": "javascript:alert(1)",
                "abstract": float("nan"),
            },
            Paper("10.1145/1", "T"),
        ),
        (
            {
                "arxiv_id": "none",
                "id": "x1",
                "title": "T",
                "url": "https://a.org/x1",
                "code": "C++",
            },
            Paper("x1", "T", url="https://a.org/x1"),
        ),
    ],
)
def test_other_names(tmp_path: Path, record: dict[str, object], expected: Paper) -> None:
    assert read(tmp_path, lines(record)) == ([expected], [])


@pytest.mark.parametrize(
    ("value", "published", "year"),
    [
        ("2021-05-12", date(2021, 5, 12), 2021),
        ("2021-05-12T23:59:59Z", date(2021, 5, 12), 2021),
        ("2021/05/12", date(2021, 5, 12), 2021),
        ("20210512", date(2021, 5, 12), 2021),
        ("Wed, 12 May 2021 08:00:00 +0000", date(2021, 5, 12), 2021),
        ("2021-05", None, 2021),
        (2021, None, 2021),
        ("2021-02-30", None, 2021),
        ("30 Feb 2021", None, None),
        ("30 Foo 2021", None, None),
        ("0001-01-01", None, None),
        ("1620777600000", None, None),
        (1620777600000, None, None),
        ("soon", None, None),
        ([], None, None),
        ([3], None, None),
        ({"created": "2021-05-12"}, date(2021, 5, 12), 2021),
        (datetime(2021, 5, 12, 8), date(2021, 5, 12), 2021),
    ],
)
def test_dates(value: object, published: date | None, year: int | None) -> None:
    paper = paper_of(named(simple("x", published=value)))
    assert (paper.published, paper.year) == (published, year)


def test_a_paper_keeps_the_year_of_its_id_where_its_date_is_impossible() -> None:
    record = {**SNAPSHOT, "versions": [{"version": "v1", "created": "Mon, 32 Apr 2007 19:18 GMT"}]}
    paper = paper_of(named(record))
    assert (paper.published, paper.year) == (None, 2007)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        # Tables that were read as numbers lose zeros; arXiv's own columns say that it was an id.
        ({"id": "704.0001", "categories": "hep-ph"}, "0704.0001"),
        ({"id": 704.0001, "categories": "hep-ph"}, "0704.0001"),
        ({"arxiv_id": "704.001"}, "0704.0010"),
        ({"arxiv_id": 1412.1}, "1412.1000"),
        ({"arxiv_id": 2403.1}, "2403.10000"),
        ({"arxiv_id": "2403.1234"}, "2403.12340"),
        ({"arxiv_id": "0704.0001"}, "0704.0001"),
        ({"id": "0704.0001"}, "0704.0001"),
        ({"id": "oai:arXiv.org:hep-th/9901001"}, "hep-th/9901001"),
        ({"id": "https://arxiv.org/abs/2403.00001v2"}, "2403.00001"),
        # Elsewhere such a text may be anything.
        ({"id": "704.0001"}, "704.0001"),
        ({"id": "704.0001", "categories": "hep-ph, vision"}, "704.0001"),
        ({"id": "713.0001", "categories": "hep-ph"}, "713.0001"),
        ({"id": "704.0000", "categories": "hep-ph"}, "704.0000"),
        ({"id": 12}, "12"),
        ({"id": 12.0}, "12"),
    ],
)
def test_ids(record: dict[str, object], expected: str) -> None:
    paper = paper_of(named({**record, "title": "T"}))
    assert paper.id == expected
    is_arxivs = re.fullmatch(r"\d{4}\.\d{4,5}|[a-z-]+/\d{7}", expected) is not None
    assert paper.url == (f"https://arxiv.org/abs/{expected}" if is_arxivs else "")


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("A. B., C. D. and E. F.", ("A. B.", "C. D.", "E. F.")),
        ("Byron, Ada; Dee, B.; Lee, Jr.", ("Ada Byron", "B. Dee", "Lee, Jr.")),
        ("['A. B.', \"C. D'E\"]", ("A. B.", "C. D'E")),
        ('["A. B."]', ("A. B.",)),
        ("Anders Andersand", ("Anders Andersand",)),
        ("Kim, Ada and Roe, Bo", ("Ada Kim", "Bo Roe")),
        ("Kim, Ada and van der Berg, Jan\n and Lee, C.", ("Ada Kim", "Jan van der Berg", "C. Lee")),
        ("A. B., C. D. and E. F., G. H.", ("A. B.", "C. D.", "E. F.", "G. H.")),
        ("Ada Kim and Bo Roe", ("Ada Kim", "Bo Roe")),
        (["Byron, Ada", " C.  D. "], ("Byron, Ada", "C. D.")),
        ([["Byron", "Ada", ""], ["A Collaboration"]], ("Ada Byron", "A Collaboration")),
    ],
)
def test_authors(written: object, names: tuple[str, ...]) -> None:
    assert paper_of(named(simple("x", authors=written))).authors == names


GOOD = json.dumps(simple("good")).encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": "x", ', "bad JSON (Expecting property name enclosed in double quotes at "),
        (b"nonsense", "bad JSON (Expecting value at character 1)"),
        (b'["id", "title"]', "JSON list, expected an object"),
        (b"null", "JSON NoneType, expected an object"),
        (b'{"title": "T"}', "no id; expected a key or column called id or arxiv_id"),
        (b'{"id": " ", "title": "T"}', "no id; expected a key or column called id or arxiv_id"),
        (b'{"id": "x"}', "no title; expected a key or column called title"),
        (b'{"id": "x", "title": " "}', "no title; expected a key or column called title"),
        (b'{"id": "x", "title": 5}', "the title is int 5, expected text"),
        (b'{"id": "x", "title": ["T"]}', "the title is list ['T'], expected text"),
        (b'{"id": {"a": 1}, "title": "T"}', "the id is dict {'a': 1}, expected text"),
        (b'{"id": true, "title": "T"}', "the id is bool True, expected text"),
        (b'{"id": 704.0001, "title": "T"}', "the id is the number 704.0001, expected text"),
        (b'{"id": "x", "title": "T", "abstract": {}}', "the abstract is dict {}, expected text"),
        (b'{"id": "x", "title": "T", "authors": 5}', "the authors are int 5, expected text or a "),
        (b'{"id": "x", "title": "T", "authors": [5]}', "an author is int 5, expected text"),
        (b'{"id": "x", "title": "\xff"}', "no UTF-8 (invalid start byte at byte 23)"),
        (b'{"id": "x", "title": "\\ud83d"}', "the title holds half a character (a surrogate)"),
        (b'{"i\0d"\0', "bad JSON (Invalid control character at at character 4)"),
        (b"[" * 100_000, "JSON that is nested too deeply"),
        (b'{"id": ' + b"9" * 5000 + b"}", "JSON with a number of thousands of digits"),
        (
            json.dumps(simple("x" * (MAX_ID_CHARS + 1))).encode(),
            "the id has 201 characters, expected 200 or less",
        ),
        (
            json.dumps({"id": "x", "title": "T" * (MAX_TITLE_CHARS + 1)}).encode(),
            "the title has 2,001 characters, expected 2,000 or less",
        ),
        (
            json.dumps(simple("x", abstract="a" * (MAX_ABSTRACT_CHARS + 1))).encode(),
            "the abstract has 50,001 characters, expected 50,000 or less",
        ),
        (
            json.dumps(simple("x", abstract=" " * MAX_RECORD_BYTES)).encode(),
            "more than 4,000,000 bytes in a line",
        ),
    ],
)
def test_a_malformed_line_is_named_and_costs_only_itself(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    content = b"\n".join([GOOD, b"", line, b"  \r", GOOD])
    papers, faults = read(tmp_path, content)
    assert papers == [Paper("good", "A title")] * 2
    ((number, found),) = faults
    assert number == 3
    assert found.startswith(reason)


def test_a_first_line_that_is_malformed_is_no_other_format(tmp_path: Path) -> None:
    papers, faults = read(tmp_path, b"oops\n" + GOOD, "feed.jsonl")
    assert papers == [Paper("good", "A title")]
    assert faults == [(1, "bad JSON (Expecting value at character 1)")]


def test_without_a_callback_malformed_lines_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "feed"
    path.write_bytes(GOOD + b"\n{\n")
    with caplog.at_level(logging.WARNING, "ssm_search"):
        assert len(list(read_feed([path]))) == 1
    (message,) = caplog.messages
    assert message.startswith(f"{path}, line or record 2: bad JSON (")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
keys = st.sampled_from(
    "id arxiv_id title abstract authors authors_parsed year published versions categories url "
    "venue journal externalIds code deleted".split()
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(keys, json_values))
def test_any_object_is_a_paper_or_unreadable(raw: dict[str, object]) -> None:
    try:
        paper = paper_of(named(raw))
    except UnreadableError:
        return
    assert paper.id
    assert paper.title
    assert from_json(json.loads(to_jsonl([paper]).encode())) == paper


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200))
def test_any_bytes_cost_only_their_lines(
    tmp_path_factory: pytest.TempPathFactory, garbage: bytes
) -> None:
    path = tmp_path_factory.mktemp("any")
    papers, _ = read(path, GOOD + b"\n" + garbage + b"\n" + GOOD)
    assert papers[0] == papers[-1] == Paper("good", "A title")
    assert len(papers) >= 2


@pytest.mark.parametrize("said", ["true", "1", '"True"', '" yes "', "1.0"])
def test_what_is_gone(tmp_path: Path, said: str) -> None:
    text = f'{{"arxiv_id": "arXiv:2401.00001v2", "Deleted": {said}}}\n{{"deleted": {said}}}\n'
    reason = "no id; expected a key or column called id or arxiv_id"
    assert read(tmp_path, text) == ([Removed("2401.00001")], [(2, reason)])


@pytest.mark.parametrize("said", ["false", "0", '"no"', '""', "null", "[true]", '"2024-01-01"'])
def test_what_is_not_gone(tmp_path: Path, said: str) -> None:
    line = f'{{"id": "a", "title": "A title", "deleted": {said}}}'
    assert read(tmp_path, line) == ([Paper("a", "A title")], [])


# --- tables ----------------------------------------------------------------------------------


def table(rows: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_tables(tmp_path: Path, delimiter: str, mark: str) -> None:
    versions = str(SNAPSHOT["versions"])  # as careless tools print what a cell cannot hold
    rows = [
        ["", "id", "Title", "abstract", "categories", "versions", "authors"],
        ["0", "704.0001", 'Of "x",\ny; z\tw', " Text.", "cs.CV", versions, "['A. B.', 'C. D.']"],
        ["1", "math/0211159", "Two", "", "['math.GT', 'gr-qc']", "", ""],
    ]
    papers, faults = read(tmp_path, mark + table(rows, delimiter))
    assert faults == []
    assert papers == [
        Paper(
            "0704.0001",
            'Of "x", y; z w',
            url="https://arxiv.org/abs/0704.0001",
            pdf_url="https://arxiv.org/pdf/0704.0001",
            year=2007,
            abstract="Text.",
            authors=("A. B.", "C. D."),
            published=date(2007, 4, 2),
            arxiv_categories=("cs.CV",),
        ),
        Paper(
            "math/0211159",
            "Two",
            url="https://arxiv.org/abs/math/0211159",
            pdf_url="https://arxiv.org/pdf/math/0211159",
            year=2002,
            arxiv_categories=("math.GT", "gr-qc"),
        ),
    ]


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        (b"x", {3: "1 cells, expected 2 as in the first line"}),
        (b"x,T,more", {3: "3 cells, expected 2 as in the first line"}),
        (b"x,\xff", {3: "no UTF-8"}),
        (b'x,"T" and more', {3: "a bad row (',' expected after '\"')"}),
        (b",T", {3: "no id; expected a key or column called id or arxiv_id"}),
        (b"x,", {3: "no title; expected a key or column called title"}),
        (b"x," + b"T" * 200_000, {3: "a bad row (field larger than field limit (131072))"}),
        (b"x," + b"T," * 3_000_000, {3: "more than 4,000,000 bytes in a row"}),
        (b'x,"two\nlines",more', {3: "3 cells, expected 2 as in the first line"}),
    ],
)
def test_a_malformed_row(tmp_path: Path, row: bytes, reasons: dict[int, str]) -> None:
    content = b"id,title\na,A\n" + row + b'\n\nb,"B\n"\nc,C'
    papers, faults = read(tmp_path, content)
    assert papers == [Paper("a", "A"), Paper("b", "B"), Paper("c", "C")]
    assert dict(faults) == reasons


def test_a_missing_quote_costs_a_thousand_lines_at_most(tmp_path: Path) -> None:
    rows = "".join(f"p{n},Title {n}\n" for n in range(20_000))
    papers, faults = read(tmp_path, 'id,title\nx,"T\n' + rows)
    assert faults == [(2, "more than 1,000 lines in a row: is a quote not closed?")]
    assert papers == [Paper(f"p{n}", f"Title {n}") for n in range(1_000, 20_000)]


def test_a_missing_quote_costs_no_more_than_the_limit_of_a_cell(tmp_path: Path) -> None:
    rows = "".join(f"p{n},{'T' * 1_000} {n}\n" for n in range(1_000))
    papers, faults = read(tmp_path, 'id,title\nx,"T\n' + rows)
    assert faults == [(2, "a bad row (field larger than field limit (131072)), 131 lines long")]
    assert len(papers) == 1_000 - 130


def test_a_missing_quote_near_the_end(tmp_path: Path) -> None:
    papers, faults = read(tmp_path, 'id,title\na,A\nx,"T\nb,B\n')
    assert papers == [Paper("a", "A")]
    assert faults == [(3, "a bad row (unexpected end of data), 2 lines long")]


# --- Parquet ---------------------------------------------------------------------------------


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[..., bytes]:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as writer

    def written(rows: list[dict[str, Any]], **options: Any) -> bytes:
        path = tmp_path / "written"
        columns = dict.fromkeys(key for row in rows for key in row)
        values = {name: [row.get(name) for row in rows] for name in columns}
        writer.write_table(pyarrow.table(values), path, **options)
        return path.read_bytes()

    return written


def test_parquet(tmp_path: Path, parquet: Callable[..., bytes]) -> None:
    rows = [
        {**SNAPSHOT, "unknown": 1},
        simple("x", year=2020, versions=[]),
        simple("y", published=datetime(2021, 5, 12)),
        simple("", categories="cs.CV"),
    ]
    papers, faults = read(tmp_path, parquet(rows))
    assert papers == [
        OF_SNAPSHOT,
        Paper("x", "A title", year=2020),
        Paper("y", "A title", year=2021, published=date(2021, 5, 12)),
    ]
    assert faults == [(4, "no id; expected a key or column called id or arxiv_id")]


def test_rows_of_parquet_that_cannot_be_read(tmp_path: Path, parquet: Callable[..., bytes]) -> None:
    import pyarrow

    rows = [simple(f"p{n}", abstract="fine") for n in range(1000)]
    rows[7]["abstract"] = "a" * (MAX_RECORD_BYTES + 1)
    rows[500]["abstract"] = "bad: \udcff"
    for row in rows:
        row["abstract"] = str(row["abstract"]).encode(errors="surrogateescape")
    schema = pyarrow.schema([("id", "string"), ("title", "string"), ("abstract", "binary")])
    raw = pyarrow.Table.from_pylist(rows, schema)
    unchecked = pyarrow.StringArray.from_buffers(
        len(rows), *raw["abstract"].combine_chunks().buffers()[1:]
    )
    made = raw.set_column(2, "abstract", unchecked)
    path = tmp_path / "made"
    pyarrow.parquet.write_table(made, path)
    papers, faults = read(tmp_path, path.read_bytes())
    assert faults == [
        (8, "more than 4,000,000 bytes in a row"),
        (501, "a value that is no UTF-8 or out of range"),
    ]
    assert [paper.id for paper in papers] == [f"p{n}" for n in range(1000) if n not in (7, 500)]


def test_parquet_that_is_none(tmp_path: Path, parquet: Callable[..., bytes]) -> None:
    whole = parquet([simple("x")])
    with pytest.raises(CorpusError, match=r"is no whole Parquet .*; get it again"):
        read(tmp_path, whole[:-20])
    with pytest.raises(CorpusError, match="has the columns a, b; expected title, and id"):
        read(tmp_path, parquet([{"a": 1, "b": 2}]))
    damaged = bytearray(whole)
    damaged[4:60] = bytes(56)
    papers, faults = read(tmp_path, bytes(damaged))
    assert papers == []
    ((number, reason),) = faults
    assert number == 1
    assert reason.startswith("the Parquet is damaged (")


def test_more_rows_of_parquet_than_bytes(tmp_path: Path, parquet: Callable[..., bytes]) -> None:
    rows = [simple("p", abstract="The same again. " * 20)] * 300_000
    content = parquet(rows)
    assert len(content) < 20_000
    with pytest.raises(CorpusError, match="holds 300,000 rows in") as caught:
        read(tmp_path, content)
    assert str(caught.value).endswith("take equal rows out of it, or write it as JSON lines")


@pytest.mark.parametrize("compression", ["zstd", "gzip", "snappy"])
@pytest.mark.parametrize("use_dictionary", [True, False])
def test_a_row_of_parquet_that_unfolds(
    tmp_path: Path,
    parquet: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
    compression: str,
    use_dictionary: bool,
) -> None:
    """Refused by what the file says of it: nothing of it is read."""
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1_000_000)
    monkeypatch.setattr(unpacking, "MOST_TIMES", 15)  # snappy packs no closer than 21 times
    rows = [simple("a"), simple("b", abstract="z" * 30_000_000), simple("c")]
    content = parquet(rows, compression=compression, use_dictionary=use_dictionary)
    monkeypatch.setattr("pyarrow.parquet.ParquetFile.iter_batches", None)
    with pytest.raises(CorpusError, match=r"bytes unpack to 30,000,\d+ or more, over 15 times"):
        read(tmp_path, content)


def test_columns_that_nobody_asks_for_may_unfold(
    tmp_path: Path, parquet: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1_000_000)
    content = parquet([simple("a", unknown="z" * 30_000_000)], compression="zstd")
    papers, faults = read(tmp_path, content)
    assert ([paper.id for paper in papers], faults) == (["a"], [])


def test_values_of_a_dictionary_that_unfold_row_by_row(
    tmp_path: Path, parquet: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the file says is small: the abstract stands in it once."""
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1_000_000)
    content = parquet([simple(f"p{n}", abstract="z" * 40_000) for n in range(2_000)])
    papers, faults = read(tmp_path, content)
    most = max(1_000_000, MOST_TIMES * len(content))
    assert most - 32 * 41_000 < 40_000 * len(papers) < most
    ((number, reason),) = faults
    assert number == len(papers) + 1
    assert reason.startswith(f"{len(content):,} bytes unpack to ")
    assert reason.endswith(
        "or more, over 200 times as many; is that one text again and again? "
        "If it is meant so, write it as JSON lines"
    )


def test_without_pyarrow_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(CorpusError, match=re.escape("pip install 'ssm-search[parquet]'")):
        read(tmp_path, b"PAR1....PAR1")


# --- filters ---------------------------------------------------------------------------------

DATED = lines(
    simple("2401.00001", categories="cs.CV stat.ML", published="2024-01-01"),
    simple("2401.00002", categories="cs.LG", published="2024-01-31"),
    simple("2402.00001", categories="math-ph hep-th", published="2024-02-01"),
    simple("2402.00002", categories="cs.CV"),
    simple("x", published="2024-01-15"),
)


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({}, "2401.00001 2401.00002 2402.00001 2402.00002 x"),
        ({"arxiv_categories": ["cs.CV"]}, "2401.00001 2402.00002"),
        ({"arxiv_categories": ["cs"]}, "2401.00001 2401.00002 2402.00002"),
        ({"arxiv_categories": ["CS.*"]}, "2401.00001 2401.00002 2402.00002"),
        ({"arxiv_categories": ["stat.ml", "hep-th"]}, "2401.00001 2402.00001"),
        ({"arxiv_categories": ["math"]}, ""),
        ({"since": date(2024, 1, 31)}, "2401.00002 2402.00001"),
        ({"until": date(2024, 1, 31)}, "2401.00001 2401.00002 x"),
        ({"since": date(2024, 1, 15), "until": date(2024, 1, 15)}, "x"),
        ({"arxiv_categories": ["cs"], "since": date(2024, 1, 2)}, "2401.00002"),
    ],
)
def test_filters(tmp_path: Path, options: dict[str, Any], ids: str) -> None:
    papers, faults = read(tmp_path, DATED, **options)
    assert [paper.id for paper in papers] == ids.split()
    assert faults == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"arxiv_categories": ["c.CV"]}, "'c.CV' is no category of arXiv; expected one such as"),
        ({"arxiv_categories": ["cs."]}, "'cs.' is no category of arXiv"),
        ({"arxiv_categories": [""]}, "'' is no category of arXiv"),
        (
            {"since": date(2024, 2, 1), "until": date(2024, 1, 1)},
            "since 2024-02-01 is after until 2024-01-01",
        ),
    ],
)
def test_filters_that_are_none(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(CorpusError, match=re.escape(message)):
        read(tmp_path, DATED, **options)


# --- real data -------------------------------------------------------------------------------


def test_a_real_corpus_reads_as_its_abstracts_do(shared: Path) -> None:
    path = shared / "seed_abstracts.jsonl"
    faults: list[Malformed] = []
    papers = list(read_feed([path], malformed=faults.append))
    assert faults == []
    known = load_abstracts(path)
    assert {p.id: p.abstract for p in papers if isinstance(p, Paper)} == {
        record.id: record.abstract for record in known.values()
    }


@pytest.mark.slow
def test_a_large_real_corpus(shared: Path) -> None:
    faults: list[Malformed] = []
    papers = read_feed([shared / "ml_abstracts.jsonl.xz"], malformed=faults.append)
    assert sum(1 for _ in papers) == 111_522
    assert faults == []
