"""A list → a site of plain files, which needs no server: a reader's own browser searches."""

from __future__ import annotations

import html
import json
import os
import re
import stat
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from ssm_search.encoding import WordPieces
from ssm_search.errors import EncoderError, IndexFolderError, SiteError
from ssm_search.escaping import escaped_address
from ssm_search.files import check_replaceable, read_text, replacing_folder
from ssm_search.site.data import data_files
from ssm_search.text import shown
from ssm_search.views import feeds, maps, scripts

if TYPE_CHECKING:
    from ssm_search.encoding import WordPieces
    from ssm_search.papers import Category, Paper
    from ssm_search.search import Search

MARK = "ssm-search-site.json"
"""The file that says that a folder is such a site, and which files are its own."""
SCRIPTS = {
    "site.js": (
        "pieces.js",
        "search.js",
        "wishes.js",
        "kept.js",
        "asked.js",
        "keys.js",
        "picks.js",
        "cards.js",
        "answers.js",
        "files.js",
        "site.js",
    ),
    "map.js": scripts.MAP,
    "notes.js": ("notes.js",),
}
"""What each script of a site is joined of; the first is loaded at once, the others when needed. A
browser takes 14 scripts, which stood here before, a third longer to the first answer."""
STYLES = ("site.css", "map.css")
PAGES = ("index.html", "papers.html")
FIRST = ("papers.js", "words.js")
"""Data that the first answer needs; they stand in one file with what the page needs."""
MEANING = "meaning.js"
_OWN_NAME = re.compile(
    r"(data|scripts)/[a-z_]+\.js|(index|papers)\.html|site\.css|feed\.(xml|json)|\.nojekyll|"
    + re.escape(MARK)
)
"""Names of files that a site of this version, or of an earlier one, may have."""
MOST_VENUES = 200
"""In the menu, as on the page: the most frequent ones."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site that was written.

    Attributes:
        folder: where it lies; its first page is ``index.html``.
        papers: how many it shows.
        files: the bytes of each, by its path in the folder.
        has_meaning: whether it answers by meaning too; else by words alone, for the encoder of the
            index does not work without its model, or is not at hand.
    """

    folder: Path
    papers: int
    files: Mapping[str, int]
    has_meaning: bool

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(self.files.values())


def write_site(
    search: Search,
    folder: str | Path,
    *,
    title: str = "",
    added: Mapping[str, datetime] | None = None,
    url: str = "",
) -> Site:
    """Write the site of a list to a folder, replacing one of an earlier run whole or not at all.

    Args:
        search: of a list, such as ``ssm-search build`` makes.
        title: what people call the list; by default as the index has it.
        added: the moment at which each paper was added, by its id, as far as that is known.
        url: the public address of the folder, for feeds and for search engines; "" if not known.

    Raises:
        IndexFolderError: ``search`` is of a corpus, which has no headings, or nobody may write
            there.
        SiteError: ``folder`` holds what no earlier run wrote; it is left as it is.
    """
    folder = Path(folder)
    check_folder(folder)
    files = site_files(search, title=title, added=added or {}, url=url)
    with replacing_folder(folder, lambda: check_folder(folder)) as new:
        for name, content in files.items():
            (new / name).parent.mkdir(exist_ok=True)
            (new / name).write_bytes(content)
    sizes = {name: len(content) for name, content in files.items()}
    return Site(folder, len(search.papers), sizes, f"data/{MEANING}" in sizes)


def check_folder(folder: Path) -> None:
    """Make sure that a site may be written to ``folder``, before any work.

    Raises:
        SiteError: it holds something that no earlier run wrote.
        IndexFolderError: it is a file, or nobody may write there.
    """
    held = [one.name for one in folder.iterdir()] if folder.is_dir() else []
    check_replaceable(folder, held)
    others = set(held)
    if MARK in held:
        here = {one.relative_to(folder) for one in folder.rglob("*")}
        ours = {one for one in map(PurePath, _own(folder)) if _is_file(folder / one)}
        foreign = here - ours - {above for one in ours for above in one.parents}
        above = {above for one in foreign for above in one.parents}
        others = {one.as_posix() for one in foreign - above}
    if others:
        named = ", ".join(map(shown, sorted(others)[:3])) + (", …" if len(others) > 3 else "")
        raise SiteError(
            f"{folder} holds what `ssm-search site` did not write ({named}) and was left as it is; "
            "name a new or an empty folder, or move that away"
        )


def _own(folder: Path) -> set[str]:
    """The files that an earlier run wrote to ``folder``, by its mark; none of a damaged one.

    A mark that anybody may have written cannot call what no site has a file of one.
    """
    try:
        record = json.loads(read_text(folder / MARK))
        return {one for one in (*map(str, record["files"]), MARK) if _OWN_NAME.fullmatch(one)}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()


def _is_file(path: Path) -> bool:
    """Whether it is there, and no link to one."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


def site_files(
    search: Search, *, title: str, added: Mapping[str, datetime], url: str
) -> dict[str, bytes]:
    """The files of a site, by their paths; of the same index and dates they are the same.

    Args:
        search, title, added, url: see :func:`write_site`.

    Raises:
        IndexFolderError: see :func:`write_site`.
    """
    search.rows.as_list()  # a corpus is none, and may have millions of papers
    title = shown(title or search.manifest.title or search.manifest.list_name) or "Papers"
    home = f"{url.rstrip('/')}/" if url else ""
    files = {
        f"data/{name}": content for name, content in data_files(search, _pieces(search)).items()
    }
    about = _list(search, title, added) | {"meaning": f"data/{MEANING}" in files}
    first = [files.pop(f"data/{name}") for name in FIRST]
    files["data/list.js"] = b"".join([_script("ssmList", about), *first])
    files["data/map.js"] = _script("ssmMapData", maps.map_data(search))
    for name, parts in SCRIPTS.items():
        files[f"scripts/{name}"] = scripts.script(*parts).encode()
    files["site.css"] = scripts.script(*STYLES).encode()
    entries = feeds.newest(search.papers, added)
    for name, form in (("feed.xml", "atom"), ("feed.json", "json")):
        feed = feeds.Feed(title, entries, f"{home}{name}" if home else "", home)
        files[name] = feeds.written(feed, form).encode()  # type: ignore[arg-type]
    for name in PAGES:
        files[name] = _page(name, search, title, home).encode(errors="replace")
    files[".nojekyll"] = b""  # GitHub's Pages pass over nothing, then
    mark = {"written by": "ssm-search site", "files": sorted(files)}
    files[MARK] = (json.dumps(mark, indent=1) + "\n").encode()
    return dict(sorted(files.items()))


def _pieces(search: Search) -> WordPieces | None:
    try:
        return WordPieces.of(search.encoder)
    except (IndexFolderError, EncoderError):
        return None  # words answer all the same


def _list(search: Search, title: str, added: Mapping[str, datetime]) -> dict[str, Any]:
    """What the page needs beside the papers: menus, headings, and in which order they came.

    ``newest`` has rows and the days on which they were added, "" where that is not known, in the
    order of :meth:`~ssm_search.search.Search.newest`: many lists came into git in one commit.
    """
    rows = {paper.id: row for row, paper in enumerate(search.papers)}
    newest = [
        [rows[paper.id], added[paper.id].date().isoformat() if paper.id in added else ""]
        for paper in (search.newest(len(rows)) if rows else ())
    ]
    venues = search.tally.venues.most_common(MOST_VENUES)
    return {
        "title": title,
        "headings": [
            {"path": list(map(shown, path)), "papers": count}
            for path, count in search.tree.items()
            if count
        ],
        "venues": sorted({shown(name) for name, _ in venues if shown(name)}),
        "years": sorted((year for year in search.tally.years if year), reverse=True),
        "newest": newest,
    }


def _script(name: str, value: Mapping[str, Any]) -> bytes:
    """A script that gives the window ``value``."""
    # Halves of pairs, which a list may have, cannot be written; in JSON they have a form.
    return f"window.{name}={maps.script_json(value)};\n".encode(errors="backslashreplace")


def _page(name: str, search: Search, title: str, home: str) -> str:
    page = _template(name)
    own = home and home + ("" if name == "index.html" else name)
    address = html.escape(escaped_address(own))
    head = _template("head.html").substitute(
        scripts="script-src 'self' file:; " if "<script " in page.template else "",
        canonical=f'<link rel="canonical" href="{address}">\n' if address else "",
    )
    return page.substitute(
        head=head,
        title=html.escape(title),
        count=f"{len(search.papers):,}",
        papers=_plain_list(search.tree, search.papers) if name == "papers.html" else "",
    )


def _template(name: str) -> string.Template:
    file = Path(__file__).parent / "templates" / name
    return string.Template(file.read_text(encoding="utf-8"))


def _plain_list(tree: Iterable[Category], papers: Sequence[Paper]) -> str:
    """All papers under their headings, for search engines and whoever runs no scripts."""
    under: dict[Category, list[Paper]] = {path: [] for path in tree}
    for paper in papers:
        for path in paper.categories or ((),):
            under.setdefault(path, []).append(paper)
    lines = []
    for path, found in under.items():
        if not found:
            continue
        if path:
            lines.append(f"<h2>{html.escape(' › '.join(map(shown, path)))}</h2>")
        items = [f"<li>{_entry(paper)}</li>" for paper in found]
        lines.append("<ul>\n{}\n</ul>".format("\n".join(items)))
    return "\n".join(lines)


def _entry(paper: Paper) -> str:
    title = html.escape(shown(paper.title))
    if address := escaped_address(paper.url):
        title = f'<a href="{html.escape(address)}">{title}</a>'
    facts = " · ".join(filter(None, (paper.year_text, shown(paper.venue))))
    return f"{title} {html.escape(facts)}".rstrip()
