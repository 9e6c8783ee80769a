"""OAI-PMH dumps → papers and removals. The records are invented, in the forms that arXiv writes."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest

from ssm_search.errors import CorpusError
from ssm_search.ingest.feeds import Malformed, Removed, read_feed
from ssm_search.ingest.records import MAX_RECORD_BYTES
from ssm_search.papers import Paper

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://www.openarchives.org/OAI/2.0/
 http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd">
<responseDate>2026-09-15T00:00:00Z</responseDate>
<request verb="ListRecords" metadataPrefix="arXiv" set="cs">https://oaipmh.arxiv.org/oai</request>
"""
TAIL = '<resumptionToken cursor="0" completeListSize="9">6|1001</resumptionToken>\n</ListRecords>\n'

ARXIV = """<record>
<header>
 <identifier>oai:arXiv.org:0801.00312</identifier>
 <datestamp>2013-03-26</datestamp>
 <setSpec>physics:astro-ph</setSpec>
</header>
<metadata>
 <arXiv xmlns="http://arxiv.org/OAI/arXiv/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <id>0801.0031</id><created>2008-01-25</created><updated>2008-02-01</updated><authors><author>
 <keyname>Byr&#243;n</keyname><forenames>A.</forenames><affiliation>CERN</affiliation></author>
 <author><keyname>Dee</keyname><forenames>B.</forenames><suffix>Jr</suffix></author>
 <author><keyname>Ng</keyname></author><author>Eve Oh</author></authors>
 <title>Bars &amp; rings
  of galaxies</title><categories>astro-ph cs.CV</categories><comments>8 pages</comments>
 <journal-ref>Somewhere 2009, pp 115-122</journal-ref><doi>10.1007/1</doi>
 <abstract>  We count
bars. </abstract></arXiv>
</metadata>
</record>
"""
OF_ARXIV = Paper(
    "0801.0031",
    "Bars & rings of galaxies",
    url="https://arxiv.org/abs/0801.0031",
    pdf_url="https://arxiv.org/pdf/0801.0031",
    year=2008,
    abstract="We count bars.",
    authors=("A. Byrón", "B. Dee Jr", "Ng", "Eve Oh"),
    published=date(2008, 1, 25),
    arxiv_categories=("astro-ph", "cs.CV"),
)
RAW = """<record>
<header><identifier>oai:arXiv.org:hep-th/9901001</identifier><datestamp>2013-04-16</datestamp>
 <setSpec>physics:hep-th</setSpec></header>
<metadata>
 <arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/">
 <id>hep-th/9901001</id><submitter>A. Byron</submitter>
 <version version="v1"><date>Fri, 01 Jan 1999 19:33:21 GMT</date><size>6kb</size></version>
 <version version="v2"><date>Mon, 12 Apr 1999 19:33:21 GMT</date><size>9kb</size></version>
 <title>Strings</title><authors>A. Byron (CERN, Geneva) and B. Dee</authors>
 <categories>hep-th</categories><license>http://arxiv.org/licenses/x</license>
 <abstract>On strings.</abstract></arXivRaw>
</metadata></record>
"""
OF_RAW = Paper(
    "hep-th/9901001",
    "Strings",
    url="https://arxiv.org/abs/hep-th/9901001",
    pdf_url="https://arxiv.org/pdf/hep-th/9901001",
    year=1999,
    abstract="On strings.",
    authors=("A. Byron", "B. Dee"),
    published=date(1999, 1, 1),
    arxiv_categories=("hep-th",),
)
DUBLIN_CORE = """<record><header><identifier>oai:arXiv.org:2604.00001</identifier>
 <datestamp>2026-04-10</datestamp><setSpec>cs:cs:LG</setSpec><setSpec>physics:math-ph</setSpec>
</header><metadata><oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
 <dc:title>Loops</dc:title><dc:creator>Byron, Ada</dc:creator><dc:creator>Dee, B.</dc:creator>
 <dc:subject>Computer Science - Machine Learning</dc:subject>
 <dc:description>Comment: 37 pages</dc:description><dc:description>On loops.</dc:description>
 <dc:date>2026-04-09</dc:date><dc:date>2026-05-01</dc:date><dc:type>text</dc:type>
 <dc:identifier>http://arxiv.org/abs/2604.00001</dc:identifier>
</oai_dc:dc></metadata></record>
"""
OF_DUBLIN_CORE = Paper(
    "2604.00001",
    "Loops",
    url="https://arxiv.org/abs/2604.00001",
    pdf_url="https://arxiv.org/pdf/2604.00001",
    year=2026,
    abstract="On loops.",
    authors=("Ada Byron", "B. Dee"),
    published=date(2026, 4, 9),
    arxiv_categories=("cs.LG", "math-ph"),
)
GONE = """<record><header status="deleted"><identifier>oai:arXiv.org:math.GT/0309136</identifier>
<datestamp>2020-01-01</datestamp><setSpec>math</setSpec></header></record>
"""


def response(*records: str) -> str:
    return HEAD + "<ListRecords>\n" + "".join(records) + TAIL + "</OAI-PMH>\n"


def read(
    tmp_path: Path, content: str | bytes, **options: list[str]
) -> tuple[list[Paper | Removed], list[tuple[int, str]]]:
    path = tmp_path / "dump.xml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    faults: list[Malformed] = []
    found = list(read_feed([path], malformed=faults.append, **options))  # type: ignore[arg-type]
    return found, [(fault.line, fault.reason) for fault in faults]


ALL = [OF_ARXIV, OF_RAW, Removed("math/0309136"), OF_DUBLIN_CORE]
RECORDS = [ARXIV, RAW, GONE, DUBLIN_CORE]


@pytest.mark.parametrize(
    "content",
    [
        response(*RECORDS),
        "\ufeff" + response(*RECORDS),
        response(*RECORDS).replace("\n", "\r\n"),
        response(ARXIV, RAW) + response() + response(GONE, DUBLIN_CORE),
        "<ListRecords>" + "".join(RECORDS) + "</ListRecords>",
        "".join(RECORDS),
        response(*RECORDS).replace("<record>", "<record xmlns='u' >").replace("d>", "d >"),
        "<!-- harvested -->" + response(ARXIV, RAW, f"<!-- {RAW} -->", GONE, DUBLIN_CORE),
    ],
    ids=["one", "mark", "crlf", "several", "bare", "records", "space", "comments"],
)
def test_dumps(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == (ALL, [])


def test_prefixes_that_are_declared_elsewhere(tmp_path: Path) -> None:
    plain = response(*RECORDS)
    for name in ("OAI-PMH", "ListRecords", "record", "header", "identifier", "metadata", "setSpec"):
        plain = plain.replace(f"<{name}", f"<oai:{name}").replace(f"</{name}", f"</oai:{name}")
    plain = plain.replace("xmlns=", "xmlns:oai=").replace("dc:identifier", "identifier")
    assert read(tmp_path, plain) == (ALL, [])


def test_another_repository(tmp_path: Path) -> None:
    record = DUBLIN_CORE.replace("oai:arXiv.org:2604.00001", "oai:zenodo.org:12")
    record = record.replace("http://arxiv.org/abs/2604.00001", "https://zenodo.org/records/12")
    record = record.replace("cs:cs:LG", "user-x")
    gone = GONE.replace("oai:arXiv.org:math.GT/0309136", "oai:zenodo.org:13")
    (paper, removed), faults = read(tmp_path, response(record, gone))
    assert faults == []
    assert paper == Paper(
        "oai:zenodo.org:12",
        "Loops",
        url="https://zenodo.org/records/12",
        year=2026,
        abstract="On loops.",
        authors=("Ada Byron", "B. Dee"),
        published=date(2026, 4, 9),
    )
    assert removed == Removed("oai:zenodo.org:13")


def test_removals_come_whatever_was_asked_for(tmp_path: Path) -> None:
    found, _ = read(tmp_path, response(*RECORDS), arxiv_categories=["cs.LG"])
    assert found == [Removed("math/0309136"), OF_DUBLIN_CORE]


BAD = "<record><header><identifier>oai:arXiv.org:2604.00009</identifier></header>{}</record>"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (ARXIV.replace("</title>", ""), "bad XML (mismatched tag: line "),
        (ARXIV.replace("&amp;", "&"), "bad XML (not well-formed (invalid token): line "),
        (ARXIV.replace("&amp;", "\x01"), "bad XML (not well-formed (invalid token): line "),
        (ARXIV.replace("&amp;", "\udcff"), "bad XML (not well-formed (invalid token): line "),
        (ARXIV.replace("&amp;", "&nbsp;"), "bad XML (undefined entity: line "),
        (BAD.format(""), "a record without metadata"),
        (BAD.format("<metadata/>"), "a record without metadata"),
        (
            BAD.format("<metadata><mods:mods xmlns:mods='m'/></metadata>"),
            "metadata are 'mods', expected arXiv, arXivRaw or oai_dc",
        ),
        (ARXIV.replace("title>", "name>"), "no title; expected a key or column called title"),
        (
            GONE.replace("oai:arXiv.org:math.GT/0309136", ""),
            "a deleted record without an identifier",
        ),
        (
            GONE.replace("math.GT", "x" * 200),
            "the id has 208 characters, expected 200 or less",
        ),
        (
            ARXIV.replace("CERN", "CERN " * (MAX_RECORD_BYTES // 5)),
            "a record of more than 4,000,000 bytes",
        ),
        ("<record><a></record>", "bad XML (mismatched tag: line 1, column 13)"),
        ("<record>" + "<a>" * 1_000_000 + "</record>", "bad XML (mismatched tag: line 1, "),
    ],
)
def test_a_broken_record_costs_only_itself(tmp_path: Path, bad: str, reason: str) -> None:
    content = response(RAW, bad, GONE).encode(errors="surrogateescape")
    found, faults = read(tmp_path, content)
    assert found == [OF_RAW, Removed("math/0309136")]
    ((number, given),) = faults
    assert number == 2
    assert given.startswith(reason)


def test_a_dump_that_ends_within_a_record(tmp_path: Path) -> None:
    found, faults = read(tmp_path, HEAD + "<ListRecords>" + ARXIV + RAW[:-20])
    assert found == [OF_ARXIV]
    assert faults == [(2, "the file ends within a record")]


def test_a_packed_dump_that_is_cut_short(tmp_path: Path) -> None:
    packed = gzip.compress(response(ARXIV, RAW[:200]).encode()) + gzip.compress(RAW.encode())
    found, faults = read(tmp_path, packed[:-40])
    assert found == [OF_ARXIV]
    assert faults == [(2, "the gzip stream is cut short")]


def test_what_a_repository_answers_instead_of_records(tmp_path: Path) -> None:
    none = HEAD + '<error code="noRecordsMatch">There are none</error></OAI-PMH>'
    expired = HEAD + "<error code='badResumptionToken'>It\nexpired &lt;</error></OAI-PMH>"
    assert read(tmp_path, none) == ([], [])
    assert read(tmp_path, response(RAW) + none + expired + response(ARXIV)) == (
        [OF_RAW, OF_ARXIV],
        [(2, "the repository answered badResumptionToken: It expired &lt;")],
    )
    assert read(tmp_path, expired)[1] == [
        (1, "the repository answered badResumptionToken: It expired &lt;")
    ]


def test_no_entity_is_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not for others")
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(12))
    declared = f"""<?xml version="1.0"?><!DOCTYPE OAI-PMH [
<!ENTITY l0 "ha">{laughs}<!ENTITY file SYSTEM "{secret.as_uri()}">
<!ENTITY % remote SYSTEM "http://127.0.0.1:9/evil.dtd"> %remote;]>
<OAI-PMH><ListRecords>"""
    bad = [ARXIV.replace("&amp;", f"&{name};") for name in ("l12", "file")]
    found, faults = read(tmp_path, declared + "".join([*bad, RAW]) + TAIL)
    assert found == [OF_RAW]
    assert [number for number, _ in faults] == [1, 2]
    assert all(reason.startswith("bad XML (undefined entity: line ") for _, reason in faults)
    inside = ARXIV.replace("<arXiv ", '<!DOCTYPE a [<!ENTITY amp2 "x">]><arXiv ')
    found, faults = read(tmp_path, response(inside, RAW))
    assert found == [OF_RAW]
    assert len(faults) == 1


def test_other_xml_is_none(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is XML or HTML but no OAI-PMH"):
        read(tmp_path, '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"/>')
