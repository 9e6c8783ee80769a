"""A list's feed: what RFC 4287 and JSON Feed 1.1 ask for, what readers read, and no more."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssm_search.errors import QueryError
from ssm_search.papers import Link, Paper
from ssm_search.views.feeds import (
    Feed,
    FeedEntry,
    FeedFormat,
    format_of,
    newest,
    to_atom,
    to_json_feed,
    written,
)

ATOM = "{http://www.w3.org/2005/Atom}"
FIRST = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
LAST = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
MAMBA = Paper(
    "2312.00752",
    "Mamba: Linear-Time Sequence Modeling with Selective State Spaces",
    url="https://arxiv.org/abs/2312.00752",
    pdf_url="https://arxiv.org/pdf/2312.00752",
    code_url="https://github.com/state-spaces/mamba",
    year=2023,
    venue="COLM",
    categories=(("SSMs", "Post"), ("NLP",)),
    authors=("Albert Gu", "Tri Dao"),
    abstract="Foundation models are <based> on & around the Transformer.",
    links=(Link("Video", "https://v.example/?a=1&b=2"), Link("x", "javascript:alert(1)")),
)
BLOG = Paper("the-annotated-s4", "The Annotated S4", kind="link", url="https://srush.example/s4/")
NAMED = Paper("a-talk", "A talk", kind="link", categories=(("Talks",),))
FEED = Feed(
    "Awesome <Mamba>",
    (FeedEntry(MAMBA, LAST), FeedEntry(BLOG, FIRST), FeedEntry(NAMED, FIRST)),
    url="https://mamba.example/feed.xml",
    home="https://mamba.example/",
)


def check_atom(text: str) -> ElementTree.Element:
    """What RFC 4287 says must be, of a feed as of each of its entries; the root."""
    root = ElementTree.fromstring(text)
    assert root.tag == f"{ATOM}feed"
    entries = root.findall(f"{ATOM}entry")
    for one in (root, *entries):
        for name in ("id", "title", "updated"):
            assert len(one.findall(ATOM + name)) == 1, name
            assert one.findtext(ATOM + name, "").strip(), name
        for person in one.findall(f"{ATOM}author"):
            assert len(person.findall(f"{ATOM}name")) == 1
        for name in ("content", "summary", "published", "generator", "subtitle", "rights"):
            assert len(one.findall(ATOM + name)) <= 1, name
        for name in ("updated", "published"):
            for found in one.findall(ATOM + name):
                assert datetime.strptime(found.text or "", "%Y-%m-%dT%H:%M:%SZ")
        assert urlsplit(one.findtext(f"{ATOM}id", "")).scheme in ("http", "https", "urn")
        links = one.findall(f"{ATOM}link")
        for link in links:
            assert urlsplit(link.attrib["href"]).scheme in ("http", "https")
        assert sum(_is(link, "alternate") for link in links) <= 1
        for category in one.findall(f"{ATOM}category"):
            assert category.attrib["term"]
    assert root.findall(f"{ATOM}author")  # for the entries that have none
    for one in entries:
        is_linked = any(_is(link, "alternate") for link in one.findall(f"{ATOM}link"))
        assert is_linked or one.find(f"{ATOM}content") is not None
    ids = [one.findtext(f"{ATOM}id") for one in entries]
    assert len(ids) == len(set(ids))
    moments = [one.findtext(f"{ATOM}updated", "") for one in entries]
    assert moments == sorted(moments, reverse=True)
    if moments:
        assert root.findtext(f"{ATOM}updated") == moments[0]
    return root


def _is(link: ElementTree.Element, relation: str) -> bool:
    return link.get("rel", "alternate") == relation


def check_json(text: str) -> dict[str, object]:
    """What JSON Feed 1.1 says must be; the feed."""
    feed: dict[str, object] = json.loads(text)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert isinstance(feed["title"], str)
    assert isinstance(feed["items"], list)
    ids = []
    for item in feed["items"]:
        ids.append(item["id"])
        assert isinstance(item["id"], str)
        assert isinstance(item["content_text"], str)
        assert item["content_text"]
        assert datetime.fromisoformat(item["date_published"]).tzinfo
        assert all(isinstance(tag, str) for tag in item.get("tags", []))
        assert all(author["name"] for author in item.get("authors", []))
        assert urlsplit(item.get("url", "https:")).scheme in ("http", "https")
    assert len(ids) == len(set(ids))
    return feed


def test_an_atom_feed() -> None:
    root = check_atom(to_atom(FEED))
    first, second, third = root.findall(f"{ATOM}entry")
    assert ElementTree.tostring(first, "unicode").replace("ns0:", "").split("\n", 1)[1] == (
        "  <title>Mamba: Linear-Time Sequence Modeling with Selective State Spaces</title>\n"
        "  <id>https://arxiv.org/abs/2312.00752</id>\n"
        "  <updated>2024-05-06T07:08:09Z</updated>\n"
        "  <published>2024-05-06T07:08:09Z</published>\n"
        "  <author>\n   <name>Albert Gu</name>\n  </author>\n"
        "  <author>\n   <name>Tri Dao</name>\n  </author>\n"
        '  <category term="SSMs › Post" />\n'
        '  <category term="NLP" />\n'
        '  <link rel="alternate" href="https://arxiv.org/abs/2312.00752" />\n'
        '  <link rel="related" href="https://arxiv.org/pdf/2312.00752" title="pdf" />\n'
        '  <link rel="related" href="https://github.com/state-spaces/mamba" title="code" />\n'
        '  <link rel="related" href="https://v.example/?a=1&amp;b=2" title="Video" />\n'
        "  <summary>2023 · COLM · SSMs › Post; NLP</summary>\n"
        '  <content type="text">2023 · COLM · SSMs › Post; NLP\n\n'
        "Code: https://github.com/state-spaces/mamba</content>\n"
        " </entry>\n "
    )
    assert second.findtext(f"{ATOM}id") == "https://srush.example/s4/"
    assert second.find(f"{ATOM}content").text == "The Annotated S4"  # type: ignore[union-attr]
    assert third.findtext(f"{ATOM}id") == "urn:uuid:35aab03b-47f9-50a6-853d-7b6e23fa4ce1"
    assert third.findtext(f"{ATOM}content") == "Talks"


def test_a_reader_of_feeds_reads_it() -> None:
    read = feedparser.parse(to_atom(FEED).encode())
    assert (read.bozo, read.version) == (False, "atom10")
    assert read.feed.title == "Awesome <Mamba>"
    assert {link.rel: link.href for link in read.feed.links} == {
        "self": "https://mamba.example/feed.xml",
        "alternate": "https://mamba.example/",
    }
    assert [one.title for one in read.entries] == [MAMBA.title, BLOG.title, NAMED.title]
    assert read.entries[0].link == MAMBA.url
    assert [author.name for author in read.entries[0].authors] == ["Albert Gu", "Tri Dao"]
    assert [tag.term for tag in read.entries[0].tags] == ["SSMs › Post", "NLP"]
    assert read.entries[0].updated_parsed[:6] == (2024, 5, 6, 7, 8, 9)


def test_a_json_feed() -> None:
    feed = check_json(to_json_feed(FEED))
    items = feed.pop("items")
    assert feed == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Awesome <Mamba>",
        "home_page_url": "https://mamba.example/",
        "feed_url": "https://mamba.example/feed.xml",
    }
    assert items[0] == {  # type: ignore[index]
        "id": "https://arxiv.org/abs/2312.00752",
        "url": "https://arxiv.org/abs/2312.00752",
        "title": MAMBA.title,
        "content_text": (
            "2023 · COLM · SSMs › Post; NLP\n\nCode: https://github.com/state-spaces/mamba"
        ),
        "summary": "2023 · COLM · SSMs › Post; NLP",
        "date_published": "2024-05-06T07:08:09Z",
        "authors": [{"name": "Albert Gu"}, {"name": "Tri Dao"}],
        "tags": ["SSMs › Post", "NLP"],
    }


@pytest.mark.parametrize("form", ["atom", "json"])
def test_abstracts_are_carried_where_they_are_wanted_alone(form: FeedFormat) -> None:
    assert "Foundation models" not in written(FEED, form)
    assert "Foundation models" in written(replace(FEED, with_abstracts=True), form)


@pytest.mark.parametrize("form", ["atom", "json"])
def test_the_same_list_gives_the_same_bytes(form: FeedFormat) -> None:
    assert written(FEED, form) == written(FEED, form)


def test_without_an_entry_it_is_a_feed_all_the_same() -> None:
    assert check_atom(to_atom(Feed("", ()))).findtext(f"{ATOM}title") == "Papers"
    assert check_json(to_json_feed(Feed("", ())))["items"] == []


def test_feeds_at_no_address_are_told_apart_by_their_titles() -> None:
    assert Feed("A", ()).id == Feed("A", ()).id != Feed("B", ()).id
    assert Feed("A", (), url="javascript:x").id == Feed("A", ()).id


def test_two_papers_at_one_address_are_two_entries() -> None:
    entries = [FeedEntry(Paper(one, one, url=BLOG.url, kind="link"), LAST) for one in "ab"]
    first, second = check_json(to_json_feed(Feed("", tuple(entries))))["items"]  # type: ignore[misc]
    assert first["id"] == BLOG.url
    assert second["id"].startswith("urn:uuid:")


def test_the_newest_first_and_those_of_a_moment_as_the_list_has_them() -> None:
    papers = [Paper(name, name, kind="link") for name in "abcd"]
    added = {"a": FIRST, "b": LAST, "c": FIRST, "d": LAST}
    assert [one.paper.id for one in newest(papers, added)] == ["b", "d", "a", "c"]
    assert [one.paper.id for one in newest(papers, added, 3)] == ["b", "d", "a"]


@pytest.mark.parametrize(
    ("paper", "day"),
    [
        (Paper("2312.00752", "x", year=2020, published=date(2023, 12, 1)), (2023, 12, 1)),
        (Paper("2312.00752", "x", year=2020), (2023, 12, 1)),
        (Paper("hep-th/9901001", "x"), (1999, 1, 1)),
        (Paper("x", "x", kind="link", year=2020), (2020, 1, 1)),
    ],
)
def test_where_no_history_tells_a_paper_is_as_old_as_it_is(
    paper: Paper, day: tuple[int, int, int]
) -> None:
    (entry,) = newest([paper], {})
    assert entry.when == datetime(*day, tzinfo=UTC)


def test_what_has_no_moment_at_all_is_left_out() -> None:
    assert newest([Paper("x", "x", kind="link"), Paper("y", "y", year=99999)], {}) == ()


HOSTILE = (
    "</title><script>alert(1)</script>",
    "]]><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "a\0b\x1b[31mc\x07d\u202ee\u2066f\ud800g\ufffeh\x85i\u2028j",
    "&amp; &#0; &lt;",
    'x" onclick="y',
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "url", [*HOSTILE, "javascript:alert(1)", "https://x/\"><b>'\n", "http://["]
)
def test_what_strangers_wrote_stays_text(text: str, url: str) -> None:
    paper = Paper("x", text, url=url, pdf_url=url, code_url=url, venue=text, kind="link")
    paper = replace(paper, categories=((text,), (text, "y")), authors=(text,), abstract=text)
    feed = Feed(text, (FeedEntry(paper, LAST),), url, url, with_abstracts=True)
    root = check_atom(to_atom(feed))
    assert {one.tag.removeprefix(ATOM) for one in root.iter()} <= {
        *("feed title id updated author name link generator entry published".split()),
        *("category summary content".split()),
    }
    item = check_json(to_json_feed(feed))["items"][0]  # type: ignore[index]
    for said in (root.findtext(f"{ATOM}title", ""), item["title"], item["authors"][0]["name"]):
        assert said
        assert said.isprintable()
    for written_text in (to_atom(feed), to_json_feed(feed)):
        assert not set(written_text) & set("\0\x1b\x07\u202e\u2066\ud800\ufffe\x85\u2028")
        assert written_text.encode()


texts = st.text(max_size=20)
urls = st.one_of(texts, texts.map("https://example.org/{}".format))


@given(
    st.lists(
        st.builds(
            Paper,
            st.one_of(texts, st.just("2312.00752")),
            texts,
            url=urls,
            pdf_url=urls,
            code_url=urls,
            venue=texts,
            year=st.one_of(st.none(), st.integers(-1, 10**6)),
            categories=st.lists(st.tuples(texts), max_size=2).map(tuple),
            authors=st.lists(texts, max_size=2).map(tuple),
        ),
        max_size=4,
        unique_by=lambda paper: paper.id,
    ),
    st.dictionaries(texts, st.datetimes(timezones=st.just(UTC))),
    texts,
    urls,
)
def test_any_list_makes_a_feed(
    papers: list[Paper], added: dict[str, datetime], title: str, url: str
) -> None:
    feed = Feed(title, newest(papers, added), url, url)
    check_atom(to_atom(feed))
    check_json(to_json_feed(feed))


def test_a_name_says_the_format() -> None:
    names = ("feed.xml", "feed.ATOM", "a.feed.json")
    assert [format_of(Path(name)) for name in names] == ["atom", "atom", "json"]
    with pytest.raises(QueryError, match=r"cannot tell the format of feed.rss; expected"):
        format_of(Path("feed.rss"))
