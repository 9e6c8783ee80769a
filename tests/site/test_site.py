"""The files of a site: what is in them, and where they are written."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fakes import TokenEncoder, WordEncoder, fake_pieces
from serving import BOLD, LIST, PAPERS, SCRIPT, search_of
from typer.testing import CliRunner

from ssm_search.cli.questions import app
from ssm_search.encoding import WordPieces
from ssm_search.errors import IndexFolderError, SiteError
from ssm_search.papers import Paper
from ssm_search.search.local import PaperSearch
from ssm_search.site import writing
from ssm_search.views import feeds, scripts

CAM = Paper(
    "2401.00001",
    "KiteCam & co",
    url="https://arxiv.org/abs/2401.00001",
    pdf_url="https://arxiv.org/pdf/2401.00001",
    year=2024,
    venue="ICKF",
    categories=(("Moving", "Film"),),
    authors=("Kim Flyer",),
    published=date(2024, 1, 5),
)
KNOT = Paper("knots", "Knots", kind="link", categories=(("Moving", "Film"), ("Ropes",)))
OLD = Paper("2203.00007", "A graph of strings", categories=(("Ropes",),))
THREE = (CAM, KNOT, OLD)
LONG_AGO = datetime(2020, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoders of tests have a vocabulary by hand; that of the shipped one takes half a minute."""
    monkeypatch.setattr(WordPieces, "of", fake_pieces)


@pytest.fixture(scope="module")
def three() -> PaperSearch:
    return PaperSearch.from_papers(THREE, TokenEncoder())


def files_of(search: PaperSearch, **options: Any) -> dict[str, bytes]:
    return writing.site_files(search, **({"title": "Kites", "added": {}, "url": ""} | options))


def data(content: bytes) -> Any:
    """What a script gives the window."""
    found = re.match(r"window\.\w+=(.*);\n", content.decode())
    assert found
    return json.loads(found[1])


# ── the files ────────────────────────────────────────────────────────────────────────────────


def test_a_site_is_these_files(three: PaperSearch) -> None:
    files = files_of(three)
    assert sorted(files) == [
        ".nojekyll",
        "data/exports.js",
        "data/list.js",
        "data/map.js",
        "data/meaning.js",
        "feed.json",
        "feed.xml",
        "index.html",
        "papers.html",
        *(f"scripts/{name}" for name in sorted(writing.SCRIPTS)),
        "site.css",
        "ssm-search-site.json",
    ]
    record = json.loads(files["ssm-search-site.json"])
    assert record["files"] == sorted(set(files) - {"ssm-search-site.json"})
    assert files["scripts/map.js"] == scripts.script(*scripts.MAP).encode()
    joined = [part for parts in writing.SCRIPTS.values() for part in parts]
    assert sorted(joined) == sorted(one.name for one in scripts.FOLDER.glob("*.js"))


def test_the_same_list_gives_the_same_bytes(three: PaperSearch) -> None:
    again = PaperSearch.from_papers(THREE, TokenEncoder())
    assert files_of(three) == files_of(again)


def test_what_the_page_needs_beside_the_papers(three: PaperSearch) -> None:
    files = files_of(three, added={"2203.00007": LONG_AGO})
    assert data(files["data/list.js"]) == {
        "title": "Kites",
        "headings": [
            {"path": ["Moving"], "papers": 2},
            {"path": ["Moving", "Film"], "papers": 2},
            {"path": ["Ropes"], "papers": 2},
        ],
        "venues": ["ICKF"],
        "years": [2024, 2022],
        # The link has no date; the old paper has that on which it was added.
        "newest": [[0, ""], [2, "2020-02-03"], [1, ""]],
        "meaning": True,
    }


def test_of_a_list_of_one_commit_what_appeared_last_is_newest(three: PaperSearch) -> None:
    reverse = PaperSearch.from_papers(THREE[::-1], TokenEncoder())
    files = files_of(reverse, added={paper.id: LONG_AGO for paper in THREE})
    day = "2020-02-03"
    assert data(files["data/list.js"])["newest"] == [[2, day], [0, day], [1, day]]
    assert [paper.id for paper in reverse.newest(3)] == ["2401.00001", "2203.00007", "knots"]
    items = json.loads(files["feed.json"])["items"]
    assert [item["title"] for item in items] == ["KiteCam & co", "A graph of strings", "Knots"]


def test_without_vectors_of_words_there_is_no_meaning() -> None:
    files = files_of(PaperSearch.from_papers(THREE, WordEncoder()))
    assert "data/meaning.js" not in files
    assert data(files["data/list.js"])["meaning"] is False


def test_who_runs_no_scripts_reads_the_list(three: PaperSearch) -> None:
    files = files_of(three, url="https://example.org/kites")
    (noted,) = re.findall(r"<noscript>(.*?)</noscript>", files["index.html"].decode(), re.DOTALL)
    assert '<a href="papers.html">' in noted
    page = files["papers.html"].decode()
    assert '<link rel="canonical" href="https://example.org/kites/papers.html">' in page
    assert "<script" not in page
    assert "default-src 'none'; style-src 'self' file:;" in page
    (plain,) = re.findall(r'<main class="plain">\n(.*?)\n</main>', page, re.DOTALL)
    assert (
        plain
        == """\
<h2>Moving › Film</h2>
<ul>
<li><a href="https://arxiv.org/abs/2401.00001">KiteCam &amp; co</a> 2024 · ICKF</li>
<li>Knots</li>
</ul>
<h2>Ropes</h2>
<ul>
<li>Knots</li>
<li>A graph of strings 2022 by its arXiv id</li>
</ul>"""
    )


def test_all_that_is_loaded_lies_beside_the_page(three: PaperSearch) -> None:
    files = files_of(three)
    page = files["index.html"].decode()
    named = re.findall(r'(?:src|href)="([^"#]+)"', page)
    assert set(named) - {"data:,"} <= set(files)
    assert re.findall(r'<script src="([^"]+)" defer>', page) == ["scripts/site.js", "data/list.js"]
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert policy.startswith("default-src 'none'; script-src 'self' file:; style-src 'self' file:;")
    assert not re.findall(r"<script(?! src=)", page)
    assert "style=" not in page
    for name in writing.SCRIPTS:
        code = files[f"scripts/{name}"].decode()
        assert not re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", code
        )
        assert not re.findall(r"fetch\(|XMLHttpRequest|sendBeacon|WebSocket|import\(", code), name


def test_feeds_are_those_that_the_command_writes(three: PaperSearch) -> None:
    added = {"2203.00007": LONG_AGO}
    entries = feeds.newest(three.papers, added)
    files = files_of(three, added=added)
    assert files["feed.xml"].decode() == feeds.to_atom(feeds.Feed("Kites", entries))
    files = files_of(three, added=added, url="https://example.org/kites")
    home = "https://example.org/kites/"
    for name, form in (("feed.xml", "atom"), ("feed.json", "json")):
        feed = feeds.Feed("Kites", entries, f"{home}{name}", home)
        assert files[name].decode() == feeds.written(feed, form)  # type: ignore[arg-type]
    page = files["index.html"].decode()
    assert f'<link rel="canonical" href="{home}">' in page


def test_a_hostile_list_is_no_markup_and_no_script() -> None:
    title = 'Bad </script><script>window.hacked=1</script> "\u2028\u202ereversed ${x} $title \ud800'
    bad = Paper(
        "bad",
        title,
        kind="link",
        url='https://example.org/"onclick="x',
        venue=SCRIPT,
        categories=(BOLD, ("</noscript>",)),
    )
    plain = Paper("plain", "Plain", url="javascript:window.hacked=1", categories=(BOLD,))
    search = PaperSearch.from_papers([bad, plain], TokenEncoder())
    files = files_of(search, title=title)
    assert files["index.html"].decode().count("</noscript>") == 1
    page = files["index.html"].decode() + files["papers.html"].decode()
    assert "<script>" not in page
    assert "<b " not in page
    assert "<img" not in page
    assert page.count("</noscript>") == 1
    assert "javascript:" not in page
    assert '"onclick' not in page
    assert page.count("${x} $title") > 1  # which is a part of no template
    for name, content in files.items():
        if name.startswith("data/"):
            text = content.decode()
            assert "<" not in text, name
            assert "\u2028" not in text
            assert "\u202e" not in text


# ── the folder ───────────────────────────────────────────────────────────────────────────────


def test_a_site_takes_the_place_of_an_earlier_one(three: PaperSearch, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    folder.mkdir()
    made = writing.write_site(three, folder, title="Kites")
    there = {
        one.relative_to(folder).as_posix(): len(one.read_bytes())
        for one in folder.rglob("*")
        if one.is_file()
    }
    assert there == made.files
    assert (made.papers, made.size) == (3, sum(there.values()))
    one = PaperSearch.from_papers([CAM], WordEncoder())
    writing.write_site(one, folder, title="One")
    assert not (folder / "data" / "meaning.js").exists()
    assert "<title>One</title>" in (folder / "index.html").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["public"]


def test_what_goes_wrong_leaves_the_earlier_one(
    three: PaperSearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "public"
    writing.write_site(three, folder, title="Kites")
    before = (folder / "index.html").read_bytes()

    def full(path: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="No space left"):
            writing.write_site(three, folder, title="Other")
    assert (folder / "index.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["public"]


def test_what_is_somebody_elses_is_left(three: PaperSearch, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    folder.mkdir()
    (folder / "index.html").write_text("mine")
    refusal = r"public holds what `ssm-search site` did not write \(index.html\) and was left"
    with pytest.raises(SiteError, match=refusal):
        writing.write_site(three, folder)
    assert (folder / "index.html").read_text() == "mine"
    (folder / "index.html").unlink()
    writing.write_site(three, folder)
    (folder / "data" / "mine.txt").write_text("mine")
    (folder / "CNAME").write_text("example.org")
    with pytest.raises(SiteError, match=r"\(CNAME, data/mine.txt\)"):
        writing.write_site(three, folder)
    assert (folder / "CNAME").exists()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(IndexFolderError, match="is a file, expected a folder"):
        writing.write_site(three, tmp_path / "file")


@pytest.mark.parametrize("name", ["loop", "loop/public"])
def test_a_link_to_itself_is_no_folder(three: PaperSearch, tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        writing.write_site(three, tmp_path / name)


def test_a_corpus_has_no_site(tmp_path: Path) -> None:
    def refuse() -> None:
        raise IndexFolderError("these are the papers of a corpus")

    corpus: Any = SimpleNamespace(rows=SimpleNamespace(as_list=refuse))
    with pytest.raises(IndexFolderError, match="of a corpus"):
        writing.write_site(corpus, tmp_path / "public")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_mark_is_none(three: PaperSearch, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    writing.write_site(three, folder)
    for text in ("", "{}", "[]", '{"files": 7}', '{"files": [1]}', "[" * 100_000):
        (folder / writing.MARK).write_text(text)
        with pytest.raises(SiteError, match="did not write"):
            writing.write_site(three, folder)
    (folder / writing.MARK).unlink()
    os.mkfifo(folder / writing.MARK)  # nobody writes to it: who opened it would wait forever
    with pytest.raises(SiteError, match="did not write"):
        writing.write_site(three, folder)


@pytest.mark.parametrize("name", ["book.txt", "data/book.txt", "data/../scripts/site.js", "a.js"])
def test_the_mark_of_a_stranger_gives_nothing_away(
    three: PaperSearch, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "public"
    for below in ("data", "scripts"):
        (folder / below).mkdir(parents=True)
    (folder / name).write_text("mine")
    (folder / writing.MARK).write_text(json.dumps({"files": [name]}))
    with pytest.raises(SiteError, match="did not write"):
        writing.write_site(three, folder)
    assert (folder / name).read_text() == "mine"


def test_empty_folders_links_and_pipes_are_somebodys(three: PaperSearch, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "public", tmp_path / "elsewhere"
    writing.write_site(three, folder)
    elsewhere.mkdir()
    (elsewhere / "mine.txt").write_text("mine")

    def refused(*names: str) -> None:
        with pytest.raises(SiteError, match=rf"\({re.escape(', '.join(names))}\)"):
            writing.write_site(three, folder)

    (folder / "photos" / "2026").mkdir(parents=True)
    refused("photos/2026")
    (folder / "data" / "more").symlink_to(elsewhere)
    os.mkfifo(folder / "pipe")
    refused("data/more", "photos/2026", "pipe")
    for one in ("photos/2026", "photos"):
        (folder / one).rmdir()
    (folder / "pipe").unlink()
    refused("data/more")
    (folder / "data" / "more").unlink()
    (folder / "site.css").unlink()
    (folder / "site.css").symlink_to(elsewhere / "mine.txt")
    refused("site.css")
    (folder / "site.css").unlink()
    writing.write_site(three, folder)
    assert (elsewhere / "mine.txt").read_text() == "mine"


def test_what_comes_while_a_site_is_made_stays(
    three: PaperSearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "public"
    writing.write_site(three, folder, title="Kites")
    before = (folder / "index.html").read_bytes()
    made = writing.site_files

    def slow(*arguments: Any, **options: Any) -> dict[str, bytes]:
        (folder / "thesis.tex").write_text("years of work")
        return made(*arguments, **options)

    monkeypatch.setattr(writing, "site_files", slow)
    with pytest.raises(SiteError, match=r"did not write \(thesis.tex\)"):
        writing.write_site(three, folder, title="Other")
    assert (folder / "thesis.tex").read_text() == "years of work"
    assert (folder / "index.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["public"]


# ── the command ──────────────────────────────────────────────────────────────────────────────


def said(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["site", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def test_the_command_says_what_it_wrote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search_of(tmp_path / "index")
    monkeypatch.chdir(tmp_path)
    status, out, err = said("--index", "index", "-o", "site")
    assert (status, out) == (0, "")
    count = sum(one.is_file() for one in Path("site").rglob("*"))
    words, line = err.splitlines()
    assert words == "its search goes by words alone: the encoder of this index cannot go along"
    wrote = (
        rf"site: {len(PAPERS)} papers in {count} files, 0.\d MB; open site/index.html in a browser"
    )
    assert re.fullmatch(wrote, line)
    status, out, _ = said("--index", "index", "-o", "site", "--json")
    record = json.loads(out)
    assert (record["folder"], record["papers"], record["meaning"]) == ("site", len(PAPERS), False)
    assert record["bytes"] == sum(record["files"].values())
    assert "<title>awesome-kites.md</title>" in Path("site/index.html").read_text()


def test_a_list_dates_what_an_index_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search_of(tmp_path / "index")
    (tmp_path / "list.md").write_text(LIST)
    monkeypatch.chdir(tmp_path)
    status, _, _ = said("--index", "index", "--list", "list.md", "--url", "https://example.org/k/")
    assert status == 0
    page = Path("public/index.html").read_text()
    assert "<title>Awesome Kites</title>" in page
    assert '<link rel="canonical" href="https://example.org/k/">' in page


def test_what_the_command_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, err = said("--url", "javascript:alert(1)")
    assert status == 2
    assert "is no address" in " ".join(err.split())
    Path("public").mkdir()
    Path("public/mine.txt").write_text("mine")
    done = CliRunner().invoke(app, ["site", "--list", "list.md"])
    assert isinstance(done.exception, SiteError)  # before the list is read


@pytest.mark.encoder
def test_of_a_list_alone_all_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "list.md").write_text(LIST)
    monkeypatch.chdir(tmp_path)
    status, _, err = said("--list", "list.md", "-o", "public", "--offline")
    assert status == 0
    assert "public: " in err
    files = {one.name for one in tmp_path.iterdir()}
    assert files == {"list.md", "public"}
