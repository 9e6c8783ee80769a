"""BibTeX as tools write it and people break it → papers. All of it is invented."""

from __future__ import annotations

import re

import bibtexparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soon import soon

from ssm_search.curation.bibliography import author_names, papers_of_bibtex
from ssm_search.curation.bibtex import MOST_EXPANDED, read_bibtex
from ssm_search.curation.given import Remarked
from ssm_search.curation.submissions import read_anything, read_submissions
from ssm_search.errors import SubmissionError
from ssm_search.papers import Paper

ABS = "https://arxiv.org/abs/"


def one(text: str) -> Paper:
    (paper,) = papers_of_bibtex(text)
    return paper


def misc(fields: str) -> Paper:
    return one(f"@misc{{k, title={{Kites of paper}}, {fields}}}")


def remark(paper: Paper) -> str:
    return paper.remark if isinstance(paper, Remarked) else ""


# ── as tools write it ────────────────────────────────────────────────────────────────────────

TOOLS = {
    "ACL Anthology": r"""
@inproceedings{lee-etal-2024-kites,
    title = "Kites {T}hat {R}ead: 100{\%} of $n$-grams",
    author = "Lee, Ann  and
      Mu{\~n}oz, Jos{\'e}  and
      {O}{'}Neil, Cy",
    editor = "Ku, Lun",
    booktitle = "Proceedings of the Sky (Volume 1: Long Papers)",
    month = aug,
    year = "2024",
    address = "Bangkok, Thailand",
    url = "https://aclanthology.org/2024.sky-long.1/",
    doi = "10.18653/v1/2024.sky-long.1",
    pages = "1--15",
    abstract = "We fly ``kites'' {\textendash} 50{\%} higher."
}""",
    "DBLP": """
@article{DBLP:journals/corr/abs-2401-00011,
  author       = {Wei Lee 0001 and
                  Ada Kim},
  title        = {Strings of Kites},
  journal      = {CoRR},
  volume       = {abs/2401.00011},
  year         = {2024},
  timestamp    = {Thu, 01 Feb 2024 15:35:36 +0100},
  biburl       = {https://dblp.org/rec/journals/corr/abs-2401-00011.bib},
  bibsource    = {dblp computer science bibliography, https://dblp.org}
}""",
    "OpenReview": """
@inproceedings{
anonymous2024kites,
title={Kites in Review},
author={Anonymous},
booktitle={Submitted to The Twelfth International Conference on Kites},
year={2023},
url={https://openreview.net/forum?id=AbC_d-1},
note={under review}
}""",
    "arXiv": """
@misc{kim2024kitelineartime,
      title={Kite: Linear-Time Kites},\x20
      author={Ada Kim and Bo Roe},
      year={2024},
      eprint={2401.00012},
      archivePrefix={arXiv},
      primaryClass={cs.LG},
      url={https://arxiv.org/abs/2401.00012},\x20
}""",
    "Google Scholar": """
@article{kim2024scholar,
  title={Scholarly kites},
  author={Kim, Ada and Roe, Bo and others},
  journal={arXiv preprint arXiv:2401.00013},
  year={2024}
}""",
    "Zotero": """
@misc{kim_zotero_2024,
	title = {Zotero kites},
	number = {{arXiv}:2401.00014},
	publisher = {{arXiv}},
	author = {Kim, Ada and Roe, Bo},
	year = {2024},
	note = {{arXiv}:2401.00014 [cs]},
	file = {Full Text:C\\:\\\\Users\\\\ada\\\\X.pdf:application/pdf},
}""",
    "Better BibTeX": """
@online{kimKites2024,
  title = {Better Kites},
  author = {Kim, Ada and family=Berg, given=Jan, prefix=van der, useprefix=true},
  date = {2024-05-31},
  eprint = {2401.00015},
  eprinttype = {arXiv},
  eprintclass = {cs},
  urldate = {2025-06-01},
  pubstate = {prepublished}
}""",
    "Mendeley": r"""
@article{Kim2024,
abstract = {We {\&} they fly.},
author = {Kim, Ada and Roe, Bo},
file = {:C$\backslash$:/Users/x.pdf:pdf},
title = {{Mendeley kites}},
url = {http://example.org/a{\_}b{\%}20c},
year = {2024}
}""",
    "ADS": """
@ARTICLE{2024arXiv240100016K,
       author = {{Kim}, Ada and {Roe}, Bo},
        title = "{ADS kites}",
      journal = {arXiv e-prints},
         year = 2024,
        month = jan,
          eid = {arXiv:2401.00016},
       adsurl = {https://ui.adsabs.harvard.edu/abs/2024arXiv240100016K},
}""",
    "bioRxiv": """
@article {Kim2024.01.01.573456,
	author = {Kim, Ada},
	title = {Living kites},
	year = {2024},
	doi = {10.1101/2024.01.01.573456},
	eprint = {https://www.biorxiv.org/content/early/2024/01/01/2024.01.01.573456.full.pdf},
	journal = {bioRxiv}
}""",
    "JabRef": """
% Encoding: UTF-8

@Article{Kim2024,
  author = {Ada Kim},
  title  = {Kites in groups},
  url    = {https://example.org/k},
  groups = {Read},
}

@Comment{jabref-meta: databaseType:bibtex;}

@Comment{jabref-meta: grouping:
0 AllEntriesGroup:;
1 StaticGroup:Read\\;0\\;1\\;0x8a8a8aff\\;\\;\\;;
}""",
}


@pytest.mark.parametrize(
    ("tool", "paper_id", "title", "url", "authors", "venue", "year"),
    [
        (
            "ACL Anthology",
            "kites-that-read-100-of-n-grams",
            "Kites That Read: 100% of n-grams",
            "https://aclanthology.org/2024.sky-long.1/",
            ("Ann Lee", "José Muñoz", "Cy O'Neil"),
            "Proceedings of the Sky (Volume 1: Long Papers)",
            2024,
        ),
        ("DBLP", "2401.00011", "Strings of Kites", "", ("Wei Lee", "Ada Kim"), "", 2024),
        (
            "OpenReview",
            "kites-in-review",
            "Kites in Review",
            "https://openreview.net/forum?id=AbC_d-1",
            ("Anonymous",),
            "",
            2023,
        ),
        ("arXiv", "2401.00012", "Kite: Linear-Time Kites", "", ("Ada Kim", "Bo Roe"), "", 2024),
        ("Google Scholar", "2401.00013", "Scholarly kites", "", ("Ada Kim", "Bo Roe"), "", 2024),
        ("Zotero", "2401.00014", "Zotero kites", "", ("Ada Kim", "Bo Roe"), "", 2024),
        (
            *("Better BibTeX", "2401.00015", "Better Kites", ""),
            *(("Ada Kim", "Jan van der Berg"), "", 2024),
        ),
        (
            *("Mendeley", "mendeley-kites", "Mendeley kites", "http://example.org/a_b%20c"),
            *(("Ada Kim", "Bo Roe"), "", 2024),
        ),
        ("ADS", "2401.00016", "ADS kites", "", ("Ada Kim", "Bo Roe"), "", 2024),
        (
            *("bioRxiv", "living-kites", "Living kites"),
            *("https://doi.org/10.1101/2024.01.01.573456", ("Ada Kim",), "bioRxiv", 2024),
        ),
        (
            *("JabRef", "kites-in-groups", "Kites in groups", "https://example.org/k"),
            *(("Ada Kim",), "", None),
        ),
    ],
)
def test_what_tools_write(
    tool: str,
    paper_id: str,
    title: str,
    url: str,
    authors: tuple[str, ...],
    venue: str,
    year: int | None,
) -> None:
    paper = one(TOOLS[tool])
    assert remark(paper) == ""
    assert (paper.id, paper.title, paper.authors) == (paper_id, title, authors)
    assert (paper.url, paper.venue, paper.year) == (url or ABS + paper_id, venue, year)


def test_all_of_them_in_one_file() -> None:
    papers = papers_of_bibtex("\n".join(TOOLS.values()))
    assert papers == [one(text) for text in TOOLS.values()]


@pytest.mark.parametrize("tool", TOOLS)
def test_fields_are_those_that_another_parser_finds(tool: str) -> None:
    (entry,) = read_bibtex(TOOLS[tool])
    (other,) = bibtexparser.parse_string(TOOLS[tool]).entries
    assert (entry.kind, entry.key) == (other.entry_type.casefold(), other.key)
    expected = {field.key.casefold(): str(field.value) for field in other.fields}
    assert {name: value for name, value in entry.fields.items() if name != "month"} == {
        name: value for name, value in expected.items() if name != "month"
    }


def test_abstracts() -> None:
    assert one(TOOLS["ACL Anthology"]).abstract == "We fly “kites” – 50% higher."
    assert one(TOOLS["Mendeley"]).abstract == "We & they fly."


# ── what fields mean ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ("url={https://doi.org/10.1007%2Fs1-2}", "https://doi.org/10.1007%2Fs1-2"),
        ("url={https://example.org/~ada/k_1#a}", "https://example.org/~ada/k_1#a"),
        (r"url={https://example.org/\~{}ada/k\_1\#a}", "https://example.org/~ada/k_1#a"),
        ("url={\\url{https://example.org/k}}", "https://example.org/k"),
        ("url={<https://example.org/k>}", "https://example.org/k"),
        ("url={https://example.org/\n      k}", "https://example.org/k"),
        ("url=https://example.org/k", "https://example.org/k"),
        ("url={www.example.org/k}", "https://www.example.org/k"),
        ("url={http://[bad}, doi={10.1/k}", "https://doi.org/10.1/k"),
        ("doi={10.1000/k_1}", "https://doi.org/10.1000/k_1"),
        (r"doi={10.1000/k\_1}", "https://doi.org/10.1000/k_1"),
        ("doi={https://doi.org/10.1000/k}", "https://doi.org/10.1000/k"),
        ("doi={http://dx.doi.org/10.1000/k}", "http://dx.doi.org/10.1000/k"),
        ("doi={doi.org/10.1000/k}", "https://doi.org/10.1000/k"),
        ("doi={doi:10.1000/k}", "https://doi.org/10.1000/k"),
        ("doi={DOI: 10.1000/k}", "https://doi.org/10.1000/k"),
        ("doi={n/a}", ""),
        ("howpublished={\\url{https://example.org/k%20l}}", "https://example.org/k%20l"),
        ("howpublished={Online: https://example.org/k.}", "https://example.org/k"),
        ("note={\\url{https://example.org/k}}", "https://example.org/k"),
        ("note={as https://example.org/k has it}", ""),
    ],
)
def test_addresses(fields: str, url: str) -> None:
    assert (misc(fields).url, misc(fields).title) == (url, "Kites of paper")


@pytest.mark.parametrize(
    ("fields", "paper_id"),
    [
        ("eprint=9901001, primaryClass=hep-th", "hep-th/9901001"),
        ("eprint={0309136}, archivePrefix={arXiv}, primaryClass={math.GT}", "math/0309136"),
        ("eprint={hep-th/9901001}", "hep-th/9901001"),
        ("eprint={2401.00001}, eprinttype={jstor}", "kites-of-paper"),
        ("arxivId={2401.00001}", "2401.00001"),
        ("journal={CoRR}, volume={abs/2401.00001}", "2401.00001"),
        ("number={2401.00001}", "kites-of-paper"),
        ("note={arXiv:2401.00001 [cs.LG]}", "2401.00001"),
        ("note={To appear, available at \\url{https://arxiv.org/abs/2401.00001}}", "2401.00001"),
        ("note={Comment on arXiv:2401.00001}", "kites-of-paper"),
        ("note={Extends Kim et al., arXiv:2401.00001}", "kites-of-paper"),
        ("note={arXiv:2401.00001 and arXiv:2401.00002}", "kites-of-paper"),
    ],
)
def test_ids(fields: str, paper_id: str) -> None:
    assert misc(fields).id == paper_id


def test_code_is_told_from_the_paper() -> None:
    paper = misc("eprint={2401.00001}, url={https://github.com/ada/kite}")
    assert (paper.url, paper.code_url) == (f"{ABS}2401.00001", "https://github.com/ada/kite")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("A 50% faster scan", "A 50% faster scan"),
        (r"\mbox{SSM}s in {\LaTeX} for $\alpha$-kites", "SSMs in LaTeX for α-kites"),
        (r"\href{https://example.org/a_b}{Kites} of~\'Etude", "Kites of Étude"),
        ("Kites &amp; strings", "Kites & strings"),
    ],
)
def test_titles(title: str, expected: str) -> None:
    assert one(f"@misc{{k, title={{{title}}}}}").title == expected


def test_subtitles_and_years_of_biblatex() -> None:
    paper = one(
        "@article{k, title={Kites}, subtitle={A study}, date={2024-05-31/2024-06-02}, "
        "journaltitle={Annals of Kites}, location={Vienna}}"
    )
    assert (paper.title, paper.year, paper.venue) == ("Kites: A study", 2024, "Annals of Kites")


@pytest.mark.parametrize(
    ("year", "expected"),
    [("{2024}", 2024), ("2024", 2024), ("{2024a}", 2024), ('"May 2024"', 2024), ("{soon}", None)],
)
def test_years(year: str, expected: int | None) -> None:
    assert misc(f"year={year}").year == expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Lee, Ann and Bo Roe", ["Ann Lee", "Bo Roe"]),
        ("Lee, Jr., Ann and Roe, Bo, III", ["Ann Lee Jr.", "Bo Roe III"]),
        (
            "van der Berg, Jan AND {Kite and Sons, Inc.}",
            ["Jan van der Berg", "Kite and Sons, Inc."],
        ),
        (r"M{\"u}ster, J{\"o}rg and Ann~B. Lee and others", ["Jörg Müster", "Ann B. Lee"]),
        ("family=Berg, given=Jan, prefix=van and Ann Lee", ["Jan van Berg", "Ann Lee"]),
        ("Ann Lee, Bo Roe, Cy Poe", ["Ann Lee", "Bo Roe", "Cy Poe"]),
        ("Lee, Ann; Roe, Bo", ["Ann Lee", "Bo Roe"]),
        (r"Ann Lee \& Bo Roe", ["Ann Lee", "Bo Roe"]),
        ("{Lee, Ann and Roe, Bo", ["Ann Lee", "Bo Roe"]),
        ("", []),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert list(author_names(text)) == names


def test_strings() -> None:
    text = """@string{sky = "Conference on " # {the } # kite}
@STRING(kite = {Sky})
@misc{k, title = {Kites } # "of " # 3 # {D}, booktitle = SKY, year = 2024, journal = unknown}
"""
    paper = one(text)
    assert (paper.title, paper.venue) == ("Kites of 3D", "Conference on the kite")
    swapped = "".join(text.splitlines(keepends=True)[number] for number in (1, 0, 2))
    assert one(swapped).venue == "Conference on the Sky"


def test_strings_that_double_each_other_stay_short() -> None:
    doubled = "".join(f"@string{{a{n} = a{n - 1} # a{n - 1}}}\n" for n in range(1, 60))
    (entry,) = read_bibtex(f"@string{{a0 = {{kite}}}}\n{doubled}@misc{{k, title = a59}}")
    assert entry.fields["title"] == ("kite" * MOST_EXPANDED)[:MOST_EXPANDED]


def test_a_paper_has_venue_and_year_of_its_volume_which_is_no_paper() -> None:
    paper = one("""@inproceedings{k, title={Kites of paper}, crossref={SKY}, url={https://a.org/k}}
@proceedings{sky, title={Proc. of the Sky}, year={2024}, url={https://a.org/sky}}""")
    assert (paper.venue, paper.year, paper.url) == ("Proc. of the Sky", 2024, "https://a.org/k")
    alone = one("@proceedings{sky, title={Proc. of the Sky}, year={2024}}")
    assert remark(alone) == "@proceedings{sky} on line 1: it is a whole volume and no paper"


# ── as people break it ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "@article(k, title = {Kites (paper)}, author = {Lee, Ann}, year = 2024)",
        "@misc{title={Kites (paper)}, author={Lee, Ann}, year={2024}}",
        "@misc{, title={Kites (paper)}, author={Lee, Ann}, year={2024}}",
        "@misc{k title={Kites (paper)}, author={Lee, Ann}, year={2024}}",
        "@misc{k,, title={Kites (paper)},, author={Lee, Ann},,\n,year={2024},,}",
        "@misc{k, title={Kites (paper)}, author={Lee, Ann} year={2024}}",
        '@misc{k, title="Kites (paper)" author="Lee, Ann"\n year=2024}',
        "@misc{a key, title={Kites (paper)}, author={Lee, Ann}, year={2024}}",
        "@misc{k, title={Kites (paper)}, % doi = {10.1/k},\n author={Lee, Ann}, year={2024}}",
        "@Misc {k ,TITLE={Kites (paper)},Author={Lee, Ann},Year={2024}}",
        "Add:\n```bibtex\n@misc{k, title={Kites (paper)}, author={Lee, Ann}, year=2024}\n```",
    ],
)
def test_what_is_no_matter(text: str) -> None:
    paper = one(text)
    assert (paper.title, paper.authors, paper.year) == ("Kites (paper)", ("Ann Lee",), 2024)
    assert remark(paper) == ""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("@misc{k, title={Kites, author={Lee, Ann}, year={2024}}", "it is not closed, line 1"),
        ("@misc{k, title={Kites, author={Lee, Ann}, year={2024}", "a brace is never closed"),
        ("@misc{k, title={Kites}, author={Lee, Ann}, year={2024}", "it is not closed"),
        ("@misc{k, title={Kites}, author={Lee, Ann, year={2024}}", "it is not closed"),
        (
            "@misc{k, title={Kites}}, author={Lee, Ann}, year={2024}}",
            "it is closed before its last field",
        ),
        ('@misc{k, title="Kites, author="Lee, Ann", year=2024}', "no field where one is expected"),
        ("@misc{k, title=Kites, author={Lee, Ann} and more, year=2024}", "no field where one is"),
        ('@misc{k, title={Kites}, author={Lee, Ann}, year="2024}', "a brace closes inside of"),
        ('@misc{k, title={Kites}, author={Lee, Ann}, year="2024', "a quote is never closed"),
    ],
)
def test_a_broken_entry_is_read_and_says_so(text: str, fault: str) -> None:
    first, second = papers_of_bibtex(f"{text}\n\n@misc{{b, title={{Gliders}}}}")
    assert (first.title, first.year) == ("Kites", 2024)
    assert first.authors[0].startswith("Ann Lee") or "more" in text
    assert remark(first).startswith(f"@misc{{k}} on line 1 is read as far as it goes: {fault}")
    assert (second.title, remark(second)) == ("Gliders", "")


def test_four_in_four_out() -> None:
    text = """@misc{a, title={Never closed, eprint={2401.00001}
@misc{b title={No comma}} @misc{c, title={One line {Kites}}
@article(d, title = "Brackets")
"""
    assert [paper.title for paper in read_submissions(text)] == [
        "Never closed",
        "No comma",
        "One line Kites",
        "Brackets",
    ]


def test_what_cannot_be_read_is_named_with_its_line() -> None:
    text = f"""See {ABS}2401.00009.

@misc{{a, title={{Kites}}, eprint={{2401.00001}}}}
@misc{{b, year={{2024}}}}
@misc{{c, title={{Gliders}}, eprint={{2401.00001}}}}
@misc{{a, title={{Kites}}, eprint={{2401.00001v2}}}}
@misc{{}}
"""
    papers = read_submissions(text)
    assert [(paper.id, paper.title, remark(paper)) for paper in papers] == [
        ("2401.00001", "Kites", ""),
        ("@misc{b} on line 4", "", "@misc{b} on line 4 has no title"),
        (
            "@misc{c} on line 5",
            "",
            "@misc{c} on line 5: “Gliders” has the id of @misc{a} on line 3, 2401.00001",
        ),
        ("@misc{} on line 7", "", "@misc{} on line 7: it has no fields"),
    ]


@pytest.mark.parametrize("read", [read_submissions, read_anything])
def test_where_nothing_can_be_read_that_is_the_error(read: object) -> None:
    assert callable(read)
    with pytest.raises(SubmissionError) as refused:
        read("@misc{b, year={2024}}\n\n@misc{c, }\n")
    assert str(refused.value) == (
        "no paper can be read from the BibTeX: @misc{b} on line 1 has no title, and 1 more"
    )


def test_an_entry_that_is_mentioned_is_none() -> None:
    text = "Kites that read\nWe parse @article{...} and @misc{k}.\nWe do."
    (paper,) = read_anything(text)
    assert paper.title == "Kites that read"
    assert paper.abstract == "We parse @article{...} and @misc{k}. We do."


def test_the_comments_of_a_template_count_as_lines() -> None:
    text = (
        "<!-- such as\n@misc{a, title={Gliders}}\n-->\n@misc{k, year=2020}\n@misc{l, title={Kites}}"
    )
    first, second = read_submissions(text)
    assert (remark(first), second.title) == ("@misc{k} on line 4 has no title", "Kites")


def test_long_titles_that_begin_alike_are_two() -> None:
    title = "Kites that read " + "and fly " * 10
    text = f"@misc{{a, title={{{title} I}}}}\n@misc{{b, title={{{title} II}}}}"
    assert [paper.title[-2:] for paper in read_submissions(text)] == [" I", "II"]


# ── whatever strangers write ─────────────────────────────────────────────────────────────────

HOSTILE = (
    *(
        "{",
        "}",
        "{}",
        '"',
        "#",
        "\\",
        "=",
        ",",
        "%\n",
        " ",
        "\n\t",
        "@",
        "$",
        "~",
        " and ",
        "{a and ",
    ),
    *("@a{", "@a{\n", "@misc{", "@misc(a,", "@misc{a, title={", '@misc{a, title="', "@comment{"),
    *(",title={", "\n title = {a", "@string{a=a#a}\n@misc{k,title=a#a}\n", "family=", "doi:10.1/"),
)
LENGTH = 40_000  # what is quadratic takes 40 s
FRAMES = ("{}", "@misc{k, title={X}, {}", "@misc{k, title={{}}}", '@misc{k, author="{}"}')


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_is_read_in_time(frame: str, piece: str) -> None:
    text = frame.replace("{}", (piece * LENGTH)[:LENGTH], 1)
    with soon():
        papers_of_bibtex(text)


def test_many_entries_are_read_in_time() -> None:
    lines = [f"@misc{{k{n}, title={{Kites {n}}}, eprint={{2401.{n:05}}}}}" for n in range(5_000)]
    with soon():
        assert len(papers_of_bibtex("\n".join(lines))) == 5_000
        assert len(papers_of_bibtex(" ".join(line[:-1] for line in lines))) == 5_000


_VALUES = st.sampled_from(
    [
        *("{Kites}", '"Kites {n}"', "2024", "{Lee, Ann and Roe, Bo}", "kite # {s}", "{50% \\'e}"),
        *("{Never closed", '"Never closed', "{Closed}} twice", "", "{a = {b}, c = d}", "{@ada}"),
    ]
)
_ENTRY = st.builds(
    "@{}{}{}{}{}{}".format,
    st.sampled_from(["misc", "article", "InProceedings", "online", "unknown"]),
    st.sampled_from(["{", "(", " {"]),
    st.sampled_from(["k,", "k", "", ",", "a key,", "k,,", "é:1,"]),
    st.lists(
        st.builds(
            "{}{} = {}{}".format,
            st.sampled_from(["\n  ", " "]),
            st.sampled_from(["title", "author", "year", "url", "note", "eprint", "x"]),
            _VALUES,
            st.sampled_from([",", ",", "", ",,"]),
        ),
        max_size=4,
    ).map("".join),
    st.sampled_from(["}", "\n}", "", ")", "}}"]),
    st.sampled_from(["\n", "\n\n", "\nThanks!\n", "\n% done\n"]),
)
_STARTS = re.compile(r"^@(?:misc|article|inproceedings|online) ?[{(]|^@unknown ?\{", re.I | re.M)


@given(st.lists(_ENTRY, max_size=6).map("".join))
@settings(max_examples=300, deadline=None)
def test_no_entry_is_lost_without_a_word(text: str) -> None:
    bracketed = re.sub(r"\((?![^\s(),=]*\s*[,=])", "{", text)  # "@misc(" alone begins no entry
    papers = papers_of_bibtex(bracketed)
    assert len(papers) >= len(_STARTS.findall(bracketed))
    assert all(paper.title or paper.id or remark(paper) for paper in papers)


@given(st.text(alphabet='@{}(),="#%\\$ \nabmisctle1', max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_text_is_too_strange(text: str) -> None:
    for paper in papers_of_bibtex(f"@misc{{k, title={{{text}\n{text}"):
        assert paper.title or paper.kind == "paper" or remark(paper)
