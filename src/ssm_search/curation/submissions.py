"""What people submit → papers: a diff, an issue, BibTeX, links, a pasted abstract. Pure text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from ssm_search.arxiv_ids import arxiv_id, arxiv_ids_in_text
from ssm_search.awesome import Entry, is_code_address
from ssm_search.curation.bibliography import papers_of_bibtex
from ssm_search.curation.bibtex import is_bibtex
from ssm_search.curation.changes import added_papers, is_diff
from ssm_search.curation.excerpts import entries_in, ids_in, words_in
from ssm_search.curation.given import Remarked, on_a_line, remarked, safe, web_address
from ssm_search.curation.given import paper_of as paper_of
from ssm_search.errors import NoPaperError, SubmissionError
from ssm_search.marks import without_piles
from ssm_search.papers import Category, Paper, title_key
from ssm_search.text import shown
from ssm_search.titles import clean_title

# An issue has at most 65,536 characters; a hundred BibTeX entries with abstracts come to 200,000.
MAX_CHARS = 200_000
MAX_PAPERS = 100
# Time goes with lines and with marks more than with characters. Of 59 lists that people keep, the
# densest has 6,400 lines and 17,500 marks in MAX_CHARS, and most have more than MAX_PAPERS in
# that; as much as is read here takes a second at most, of whatever it is made.
MAX_LINES = 7_000
MAX_MARKS = 25_000
_MARKS = "[]*_`<!|\\&~@"  # of Markdown, HTML and BibTeX; each one costs up to 18 µs

# None of these patterns may look for white space across lines: in a text of line ends alone that
# takes time with the square of their number.
_FORM_FIELD = re.compile(r"^#{2,4}[ \t]+(.*)$", re.M)
_FORM_FIELDS = {  # in this order, so that "Code link" is code
    "heading": "category heading section topic",
    "title": "title name",
    "abstract": "abstract summary",
    "code": "code github repository repo implementation",
    "link": "link url arxiv paper doi pdf",
    "venue": "venue conference journal",
}
_TASK = re.compile(r"[ \t]*[-*+] \[[ x]\] ", re.I)  # "- [x] I read the [guide](https://…)"
_NO_RESPONSE = "_No response_"  # what GitHub writes for a form's empty field
# "Category: Graphs", "please add it under “Graphs”": whether there is such a heading, who has the
# list can tell.
_SECTION = r"(?:category|heading|section|topic)"
_INTO = r"\b(?:under|into|in|to)[ \t]+(?:the[ \t]+)?"
_HEADING = re.compile(
    rf"^[^\w\n]{{0,9}}{_SECTION}[ \t*_]{{0,9}}[:：][ \t*_]*(.*)$"
    rf"|{_INTO}{_SECTION}[ \t]+(.*)$"
    rf"|{_INTO}[\"“'`*_]+([^\n\"”'`*_]{{1,80}})[\"”'`*_]"
    rf"|{_INTO}([^\n.,;:!?]{{1,80}}?)[ \t]{_SECTION}\b"
    r"|\bunder[ \t]+([^\n.,;:!?]{1,80})",
    re.I | re.M,
)
_NO_TITLE = re.compile(
    r"^(?:hi|hello|hey|dear)\b|!\s|\w{3}\.\s+[A-Z]"
    r"|\b(?:please|thanks|thank you|(?:can|could|would) you|i'd|i would"
    r"|(?:add|include|recommend|suggest) (?:my|our|the|this|it))\b"
    r"|\d{4}\.\d{4,5}|\b(?:and|or|add|see|at|is|of|to|with)$",
    re.I,
)
_QUOTES = "\"“”'`*_#.,;:!? \t"  # around the name of a heading
_MOST_HEADINGS = 20
_TITLE_WORDS = range(2, 41)
QUOTED = 80  # characters of what was given that an error shows
_LINK_LABEL = re.compile(r"^(?:link|url|paper|pdf|project|page|code|source)[ \t]*:[ \t]*", re.I)
NOT_ON_ARXIV = "not on arXiv, where its title could be looked up; give its title and abstract"
_HEAD = 2  # lines of a title and of authors before a link
_SURE_TITLE_WORDS = 3  # before a link; "Please add https://…" names no title


def read_submissions(text: str, list_text: str = "", list_name: str = "") -> list[Paper]:
    """Read the papers that ``text`` submits, as far as it describes them, each once.

    Reads a diff (of what it adds), BibTeX, an issue written with a form that has fields such as
    Title, Link and Abstract, rows of a list, and any text with links or arXiv ids; also the event
    file that GitHub gives to a workflow. A title may be "" where only an id is given. A paper's
    categories are the headings that ``text`` puts it under, or what it calls them.

    Args:
        list_text: the list as it is before a diff, by which that is read better; "" if it is not
            at hand.
        list_name: its file name.

    Raises:
        NoPaperError: there is no paper in ``text``.
        SubmissionError: there are more than ``MAX_PAPERS``, or it has more than ``MAX_CHARS``
            characters, ``MAX_LINES`` lines or ``MAX_MARKS`` characters that markup is made of.
    """
    text = _bounded(text)
    is_change = is_diff(text)
    if is_change:
        found = list(added_papers(text, plain(list_text), list_name))
    else:
        text = _without_comments(text)
        found = papers_of_bibtex(text) if is_bibtex(text) else []
        if all(map(_is_unread, found)):
            found = _of_form(text) or _of_links(text) or list(_of_prose(text)) or _refused(found)
    # Titles that begin alike have the same id, if they have none of arXiv.
    papers: dict[tuple[str, str], Paper] = {}
    for paper in map(safe, found):
        title = "" if paper.kind == "paper" else title_key(paper.title)
        known = papers.setdefault((paper.id, title), paper)
        headings = dict.fromkeys(_clean(path) for path in (*known.categories, *paper.categories))
        papers[paper.id, title] = replace(known, categories=tuple(headings))
    if not papers:
        raise NoPaperError(
            "no paper found in the submission: its diff adds none; rows that are only edited or "
            "moved do not count"
            if is_change
            else "no paper found in the submission; expected an arXiv link or id, BibTeX, rows of "
            "a list, or a title and an abstract"
        )
    if len(papers) > MAX_PAPERS:
        raise SubmissionError(
            f"the submission names {len(papers)} papers, more than {MAX_PAPERS}; split it up"
        )
    return list(papers.values())


def _bounded(text: str) -> str:
    """``text``, that of an event if it is one, with plain line ends.

    Raises:
        SubmissionError: there is too much of it.
    """
    _bound(len(text), MAX_CHARS, "characters")
    text = plain(_of_event(text))
    _bound(text.count("\n") + 1, MAX_LINES, "lines")
    _bound(sum(map(text.count, _MARKS)), MAX_MARKS, "brackets and other marks")
    return text


def _clean(path: Category) -> Category:
    return tuple(filter(None, map(on_a_line, path)))


def _is_unread(paper: Paper) -> bool:
    """Whether it is there only for the remark that says why nothing could be read of it."""
    known = paper.title or paper.abstract or paper.url
    return isinstance(paper, Remarked) and not known


def _refused(unread: list[Paper]) -> list[Paper]:
    """Nothing, if nothing was to be read.

    Raises:
        SubmissionError: there were entries of BibTeX, and this is what is wrong with the first.
    """
    for paper in unread:
        others = f", and {len(unread) - 1} more" if len(unread) > 1 else ""
        remark = paper.remark if isinstance(paper, Remarked) else paper.id
        raise SubmissionError(f"no paper can be read from the BibTeX: {remark}{others}")
    return []


def _bound(found: int, most: int, what: str) -> None:
    if found > most:
        raise SubmissionError(
            f"the submission has {found:,} {what}, more than {most:,}; split it up"
        )


def read_pasted(text: str) -> Paper:
    """Read the paper that ``text`` is pasted from: title, abstract, and a link if there is one.

    The link has a line of its own, before the abstract or behind it, or ends that of the title.

    Raises:
        SubmissionError: there is no text.
    """
    lines = [line.strip() for line in plain(text).splitlines() if line.strip()]
    links, code = arxiv_ids_in_text(lines[0]) if lines else [], ""
    *head, last = lines[0].rsplit(None, 1) if lines else [""]
    if head and (link := web_address(last.strip("<>()[]"))):
        lines[:1] = [*head, link]
    if found := next(_pasted_links(lines, code=True), None):
        code = found[1]
        del lines[found[0]]
    if found := next(_pasted_links(lines, code=False), None):
        links = [found[1]]
        del lines[found[0]]
    first = lines[0] if lines else ""
    title = clean_title(re.sub(r"^\W*Title:\s*|^\[[^\]]*\]\s*", "", first))
    prose = len(lines) == 1 and (". " in first or re.match(r"(?i)\W*(?:abstract|we)\b", first))
    if prose or len(title.split()) not in _TITLE_WORDS or first.endswith("."):
        title, rest = "", lines  # an abstract alone
    else:
        rest = lines[1:]
    abstract = re.sub(r"^\W*Abstract\b\W*", "", " ".join(" ".join(rest).split()), flags=re.I)
    if not title and not abstract and not links and not code:
        raise SubmissionError("no text given; expected a title and an abstract")
    return paper_of(links[0] if links else code, title, abstract, code if links else "")


def _pasted_links(lines: list[str], *, code: bool) -> Iterator[tuple[int, str]]:
    """Which of ``lines`` are links, and to where: all to code, or none.

    Below the authors, they are so only where a sentence ends before: else it ends in the link.
    """
    for number, line in enumerate(lines):
        text = _LINK_LABEL.sub("", line)
        link = arxiv_id(text) or web_address(text)
        is_code = number > 0 and is_code_address(text)
        is_apart = number <= _HEAD or text != line or lines[number - 1].endswith((".", "!", "?"))
        if link and is_apart and is_code == code:
            yield number, link


def read_anything(text: str) -> list[Paper]:
    """Read what a person types or pastes: a submission, or one paper's title and abstract.

    A diff, BibTeX, a form, or rows and links alone are read as :func:`read_submissions` does; all
    else as :func:`read_pasted`.

    Raises:
        SubmissionError: as :func:`read_submissions`, or there is no text.
        NoPaperError: the one line given names no paper.
    """
    lines = [line.strip() for line in plain(text[:MAX_CHARS]).splitlines() if line.strip()]
    if (
        len(text) > MAX_CHARS
        or (lines and all(arxiv_id(line) or web_address(line) for line in lines))
        or any(line.startswith(("- ", "* ", "|", "{")) for line in lines)
        or is_bibtex(text)
        or is_diff(text)
        or _FORM_FIELD.search(text)
    ):
        try:
            return read_submissions(text)
        except NoPaperError:
            if len(lines) < 2:
                raise
    elif len(lines) == 1 and ids_in(lines[0]):
        return read_submissions(text)
    return [read_pasted(text)]


def checked_link(text: str) -> str:
    """``text`` if it is an arXiv id or a web address, or "".

    Raises:
        SubmissionError: it is anything else.
    """
    text = text.strip()
    if text and not arxiv_id(text) and not web_address(text):
        raise SubmissionError(
            f"{shown(text[:QUOTED])!r} is neither an arXiv id, such as 2404.03425, nor a web "
            "address, https://…; give a title as the title"
        )
    return text


def plain(text: str) -> str:
    """``text`` with one kind of line end, and without what is no character at all."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return without_piles(text.encode("utf-8", "ignore").decode())  # drops halves of surrogate pairs


def _without_comments(text: str) -> str:
    """``text`` without HTML comments, in which the template of an issue has its instructions.

    The ends of their lines stay, so that what is wrong elsewhere is named with its line.
    """
    first, *rest = text.split("<!--")
    pieces = (piece.partition("-->") for piece in rest)
    return first + "".join("\n" * comment.count("\n") + after for comment, _, after in pieces)


def _of_event(text: str) -> str:
    """The text of the issue or pull request, if ``text`` is GitHub's event file."""
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        return text
    try:
        event = json.loads(text.removeprefix("\ufeff"))
        subject = event.get("issue") or event.get("pull_request") or {}
        return f"{subject.get('title') or ''}\n\n{subject.get('body') or ''}"
    except (ValueError, AttributeError, RecursionError):
        return text


def _of_form(text: str) -> list[Paper]:
    """The paper of an issue form: headings for fields, each with its value below."""
    pieces = _FORM_FIELD.split(text)
    fields: dict[str, str] = {}
    for name, value in zip(pieces[1::2], pieces[2::2], strict=True):
        words = {word.removesuffix("s") for word in re.findall(r"\w+", name.casefold())}
        kind = next(
            (kind for kind, names in _FORM_FIELDS.items() if words & set(names.split())), ""
        )
        if value.strip() not in ("", _NO_RESPONSE):
            fields.setdefault(kind, value)
    ids = ids_in(fields.get("link", ""))
    link = next(iter(ids), _firstweb_address(fields.get("link", "")))
    if not ids and not ("title" in fields and ("abstract" in fields or link)):
        return []
    paper = paper_of(
        link,
        clean_title(fields.get("title", "")),
        fields.get("abstract", ""),
        _firstweb_address(fields.get("code", "")),
        fields.get("venue", ""),
    )
    headings = _headings(fields.get("heading", ""))
    return [replace(one, categories=headings) for one in (paper, *map(paper_of, ids[1:]))]


def _headings(text: str) -> tuple[Category, ...]:
    """What a field of a form names: one heading, or several on a line, or on lines of their own."""
    lines = [line.strip(f"-+{_QUOTES}") for line in text.splitlines()]
    names = [*lines, *(part.strip() for line in lines for part in line.split(","))]
    return tuple((name,) for name in dict.fromkeys(filter(None, names)))[:_MOST_HEADINGS]


def _headings_in(text: str) -> tuple[Category, ...]:
    """What may be the name of a heading that prose wants a paper under."""
    found = (next(filter(None, match.groups()), "") for match in _HEADING.finditer(text))
    names = dict.fromkeys(name.strip(_QUOTES) for name in islice(found, _MOST_HEADINGS))
    return tuple((name,) for name in names if name)


def _of_prose(text: str) -> Iterator[Paper]:
    """The entries of a list, then every other arXiv id."""
    lines = text.split("\n")
    wanted = _headings_in(text)
    listed = {
        entry.paper.id: replace(entry.paper, categories=entry.paper.categories + wanted)
        for entry in entries_in(lines)
        if _is_titled(entry, lines)  # else a mention in prose: "add [my paper](…)" names no title
        and not (entry.paper.kind == "link" and _TASK.match(lines[entry.line]))
    }
    yield from listed.values()
    ids = ids_in(text)
    code = {word for word in words_in(text) if is_code_address(word)} if len(ids) == 1 else set()
    for one in ids:
        if one not in listed:
            paper = paper_of(one, code_url=code.pop() if len(code) == 1 else "")
            yield replace(paper, categories=wanted)


def _of_links(text: str) -> list[Paper]:
    """The papers of links alone, at least two; of those not on arXiv, why nothing is known.

    Of one paper, the other link may be its code.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or not all(arxiv_id(line) or web_address(line) for line in lines):
        return []
    papers = {paper.id: paper for paper in _of_prose(text)}
    said = {paper.code_url for paper in papers.values()}
    found: list[Paper] = []
    for line in lines:
        if one := arxiv_id(line):
            found.append(papers.get(one) or paper_of(one))
        elif line not in said:
            found.append(remarked(replace(paper_of(line), id=line), NOT_ON_ARXIV))
    return found


def _is_titled(entry: Entry, lines: list[str]) -> bool:
    words = len(entry.paper.title.split())
    first = lines[entry.line].rstrip()
    if entry.strength < 3 and first.endswith((":", "：")):
        return False  # "Both are good:" above a link
    if entry.strength < 3 and entry.paper.kind == "paper" and _NO_TITLE.search(entry.paper.title):
        return False  # "Hi, thanks for the list! Could you add" before a link; arXiv has its title
    return entry.strength == 3 or (entry.strength == 2 and words >= _SURE_TITLE_WORDS)


def _firstweb_address(text: str) -> str:
    return next(filter(None, map(web_address, words_in(text))), "")
