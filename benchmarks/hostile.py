"""Inputs that mean no good: what a grammar makes, broken in many ways, and what is slow to read.

Random bytes find little: a reader turns them away at once. So inputs begin as what a reader
expects, made of words alone, and a few places of them are changed; or they are one thing of the
format many times over, nested, unclosed, or joined with another, which is what takes a careless
reader time with the square of its length.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

LONGEST = 1 << 20  # bytes of one input
TITLE_WORDS = (
    "a deep graph kernel of long sequence models that scan state space mamba video".split()
)

NASTY = (
    *(b"\0", b"\xff", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\xc0\x80", b"\xef\xbb\xbf", b"\xff\xfe"),
    *(text.encode() for text in ("\u202e", "\u2066", "\u200b", "\u2028", "\x85", "\x0b", "\x0c")),
    *(text.encode() for text in ("\x1b[2J", "\x1c", "\u00a0", "\u3000", "\ufdfa", "\u0130", "ß")),
    *(
        text.encode()
        for text in ("\u0315\u0300", "\u0344", "a\u0301", "٣", "²", "\U0001f469\u200d")
    ),
    *(b"9" * 5000, b"-1", b"1e999", b"0x10", b"99999999999999999999", b"NaN", b"-0.0"),
    *(
        b" ",
        b"\t",
        b"\r",
        b"\r\n",
        b"\n",
        b"\n\n",
        b"\\",
        b"\\\\",
        b'"',
        b"'",
        b"`",
        b"%00",
        b"../",
    ),
)
"""What is strange in texts of any format: bytes that are no UTF-8, what moves a cursor or turns the
direction of a line, blanks that are none, digits that are none, signs that become many."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A format, as far as it takes to make inputs of it.

    Attributes:
        made: a well-formed input.
        words: what the format is made of, and what trips its readers.
        frames: what stands before and behind something long, so that a reader gets to it.
        longest: bytes of an input that is not refused for its length alone.
    """

    made: Callable[[Random], bytes]
    words: tuple[bytes, ...]
    frames: tuple[tuple[bytes, bytes], ...] = ((b"", b""),)
    longest: int = LONGEST

    def case(self, chance: Random) -> bytes:
        """One input: one in ten is long."""
        words = (*self.words, *NASTY)
        if chance.random() < 0.9:
            return mutated(self.made(chance), chance, words)[: self.longest]
        before, after = chance.choice(self.frames)
        size = int(2 ** chance.uniform(10, chance.choice((16, 18, 18, self.longest.bit_length()))))
        room = max(1, min(size, self.longest) - len(before) - len(after))
        return before + worst(chance, room, (*self.words, chance.choice(NASTY))) + after


# ── changes ──────────────────────────────────────────────────────────────────────────────────

Change = Callable[[bytes, Random, Sequence[bytes]], bytes]


def mutated(data: bytes, chance: Random, words: Sequence[bytes]) -> bytes:
    """``data`` with a few places changed, now and then none."""
    for _ in range(chance.choice((0, 1, 1, 2, 4, 8, 16))):
        data = chance.choice(CHANGES)(data, chance, words)[:LONGEST]
    return data


def _span(data: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + int(2 ** chance.uniform(0, 9)))


def _cut(data: bytes, chance: Random, words: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + data[end:]


def _ended(data: bytes, chance: Random, words: Sequence[bytes]) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _repeated(data: bytes, chance: Random, words: Sequence[bytes]) -> bytes:
    start, end = _span(data, chance)
    return data[:end] + data[start:end] * int(2 ** chance.uniform(0, 8)) + data[end:]


def _moved(data: bytes, chance: Random, words: Sequence[bytes]) -> bytes:
    (start, end), at = _span(data, chance), chance.randrange(len(data) + 1)
    return data[:at] + data[start:end] + data[at:]


def _with_word(data: bytes, chance: Random, words: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(words) * chance.choice((1, 1, 1, 2, 50)) + data[at:]


def _for_word(data: bytes, chance: Random, words: Sequence[bytes]) -> bytes:
    """Something of the format in the place of another that is there."""
    there = [word for word in words if len(word) < 40 and word in data]
    if not there:
        return data
    old = chance.choice(there)
    at = chance.choice([match.start() for match in re.finditer(re.escape(old), data)])
    return data[:at] + chance.choice(words) + data[at + len(old) :]


def _flipped(data: bytes, chance: Random, words: Sequence[bytes]) -> bytes:
    if not data:
        return data
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _renumbered(data: bytes, chance: Random, words: Sequence[bytes]) -> bytes:
    numbers = list(re.finditer(rb"\d+", data))
    if not numbers:
        return data
    one = chance.choice(numbers)
    new = chance.choice((b"0", b"-1", b"1e9", b"99999999999999999999", b"2147483648", b"7" * 4400))
    return data[: one.start()] + new + data[one.end() :]


CHANGES: tuple[Change, ...] = (
    *(_cut, _ended, _repeated, _moved, _with_word, _with_word, _for_word, _flipped, _renumbered),
)


# ── what is slow ─────────────────────────────────────────────────────────────────────────────


def worst(chance: Random, size: int, words: Sequence[bytes]) -> bytes:
    """``size`` bytes of one thing over and over."""
    unit = b"".join(chance.choices(words, k=chance.choice((1, 1, 2, 2, 3))))
    other = chance.choice(words)
    match chance.randrange(6):
        case 0:  # opened and closed, or begun and ended with something else
            half = size // (2 * max(len(unit), len(other), 1)) + 1
            return (unit * half + other * half)[:size]
        case 1:  # each of them different
            count = size // (len(unit) + 6) + 1
            return b"".join(b"%s%d" % (unit, at) for at in range(count))[:size]
        case 2:  # lines of them
            width = int(2 ** chance.uniform(2, 12))
            line = other + unit * (width // max(len(unit), 1) + 1) + b"\n"
            return (line * (size // len(line) + 1))[:size]
        case 3:  # lines of them, further in each time
            line = unit + other + b"\n"
            lines: list[bytes] = []
            total = 0
            while total < size:
                lines.append(b" " * (2 * len(lines) % 400) + line)
                total += len(lines[-1])
            return b"".join(lines)[:size]
        case 4:  # one, then the other to the end
            return (unit + other * (size // max(len(other), 1) + 1))[:size]
        case _:
            return (unit * (size // max(len(unit), 1) + 1))[:size]


def _words(text: str) -> tuple[bytes, ...]:
    """The words of ``text``, where a ␣ stands for a space in one."""
    return tuple(word.replace("␣", " ").encode() for word in text.split())


# ── what lists, tables and dumps are made of ─────────────────────────────────────────────────


def title(chance: Random) -> str:
    """A few words."""
    return " ".join(chance.choices(TITLE_WORDS, k=chance.randrange(1, 9))).capitalize()


def paper_id(chance: Random) -> str:
    """An id as arXiv has them."""
    return f"24{chance.randrange(1, 13):02}.{chance.randrange(100_000):05}"


def _link(chance: Random) -> str:
    return chance.choice(
        (
            f"https://arxiv.org/abs/{paper_id(chance)}",
            f"https://arxiv.org/pdf/{paper_id(chance)}v2",
            f"https://github.com/a/{chance.choice(TITLE_WORDS)}",
            f"https://example.org/{chance.randrange(1000)}",
        )
    )


def _item(chance: Random) -> str:
    name, link, code = title(chance), _link(chance), _link(chance)
    return chance.choice(
        (
            f"- [{name}]({link}) [[code]({code})]",
            f"* **{name}**, *Ann Lee, Bo Roe*, NeurIPS 2024. [[paper]({link})] [[code]({code})]",
            f"- (ICLR 2024) {name} | [paper]({link}) ![](https://img.shields.io/{name[:3]}.svg)",
            f'- <a href="{link}">{name}</a> <b>2024</b>',
            f"1. {name} ([arXiv]({link})): {title(chance)}.",
            f"- {name}\n  - [paper]({link})\n  - [code]({code})",
            f"{name}  \n{link}",
            f"- `{name}` {paper_id(chance)}",
        )
    )


def _row(chance: Random) -> str:
    return (
        f"| {title(chance)} | {chance.choice(('CVPR 2024', 'arXiv', '2024-05'))} "
        f"| [paper]({_link(chance)}) | [code]({_link(chance)}) |"
    )


def markdown(chance: Random) -> bytes:
    """A list of papers: bullets, tables, HTML."""
    lines = ["# Awesome " + title(chance), "", title(chance) + ".", ""]
    for _ in range(chance.randrange(1, 5)):
        lines += ["#" * chance.randrange(1, 5) + " " + title(chance), ""]
        rows = range(chance.randrange(1, 8))
        if chance.random() < 0.4:
            lines += ["| Title | Venue | Paper | Code |", "|---|:-:|---|---|"]
            lines += [_row(chance) for _ in rows]
        elif chance.random() < 0.2:
            lines += ["<details><summary>More</summary>", "<table><tr><th>Title</th></tr>"]
            cell = "<tr><td rowspan=2><a href='{}'>{}</a></td></tr>"
            lines += [cell.format(_link(chance), title(chance)) for _ in rows]
            lines += ["</table></details>"]
        else:
            lines += [_item(chance) for _ in rows]
        lines += [""]
    return chance.choice(("\n", "\n", "\r\n")).join(lines).encode()


MARKDOWN_WORDS = (
    *_words(
        r"""[ ] ( ) ![ ]( [[ ]] ][ ** * _ __ ~~ ` ``` | || \| |---| - + 1. 1) # ## ###### = --- ***
    > >> < </ <a <a␣href=" <b> </b> <br> <td> <tr> <table> </table> <th> <li> <ul> <ol> <p> <div>
    <details> <summary> </details> <pre> <!-- --> <![CDATA[ <? <img␣src= <h1> & &amp; &#0;
    &#x110000; &#9999999; [a](b) [a](b␣"c") [a]: [a][a] http:// https://arxiv.org/abs/ arXiv:
    2401.00001 2401.00001v1 https://github.com/ (ICLR 2024) NeurIPS 2024 , : ; . A. A a title [code]
    [paper](https://arxiv.org/abs/2401.00001) <a@b.c> rowspan=9999 colspan=9999 - [x] | a | b | ~
    ✨ ： 。 Ann Lee, and et al. "a" 'a' 2024 2024-05 [2024/05] {a}
    $a$ @a CVPR'24 :star: **[a](b)**"""
    ),
    *(
        b"\n- ",
        b"\n  - ",
        b"\n",
        b"\n\n",
        b"\n# ",
        b"\n| ",
        b"\n> ",
        b"    ",
        b"\n---\n",
        b"<a href='",
    ),
)
MARKDOWN_FRAMES = (
    (b"", b""),
    (b"# Awesome\n\n## A\n\n- ", b"\n"),
    (b"# Awesome\n\n## A\n\n- [a](https://arxiv.org/abs/2401.00001) ", b" [b](c)\n"),
    (b"# Awesome\n\n## A\n\n- [", b"](https://arxiv.org/abs/2401.00001)\n- [a](http://b.c)\n"),
    (b"## A\n\n| Title | Paper |\n|---|---|\n| ", b" | [p](https://arxiv.org/abs/2401.00001) |\n"),
    (b"## A\n\n<table><tr><td>", b"</td></tr></table>\n"),
    (b"## ", b"\n\n- [a b c](https://arxiv.org/abs/2401.00001)\n"),
)


def bibtex(chance: Random) -> bytes:
    """A bibliography."""
    parts = ["@string{cvpr = {CVPR}}\n"] if chance.random() < 0.3 else []
    for at in range(chance.randrange(1, 6)):
        kind = chance.choice("article inproceedings misc online proceedings comment".split())
        fields = {
            "title": "{" + title(chance).replace("a", r"{\'a}", 1) + "}",
            "author": chance.choice(('"Lee, Ann and Roe, Bo"', "{Ann Lee and {The Team}}")),
            "year": chance.choice(("2024", "{2024}", '"2024"')),
            "booktitle": chance.choice(("cvpr # { 2024}", "{Proc. of a}", "cvpr")),
            "eprint": "{" + paper_id(chance) + "}",
            "archivePrefix": "{arXiv}",
            "url": "{" + _link(chance) + "}",
            "crossref": "{key0}",
            "note": r"\url{" + _link(chance) + "}",
        }
        chosen = chance.sample(sorted(fields), chance.randrange(1, len(fields)))
        body = ",\n".join(f"  {name} = {fields[name]}" for name in chosen)
        parts.append(f"@{kind}{{key{at},\n{body}\n}}\n")
    return "\n".join(parts).encode()


BIBTEX_WORDS = (
    *_words(
        r"""@ @article{ @article( @article{a, @string{ @string{a= @comment{ @a{b, { } ( ) " # , = {{
    }} \ \{ \} % ~ $ title= title={ title=" author= author={ year= 2024 url={ eprint= note= a b and
    and␣and Lee, Jr., family= given= crossref={ key0 arXiv: 2401.00001 https:// 10.1/ doi
    \'{e} \'e \"o \alpha \url{ \textbf{ \frac{ \begin{a} $x^2$ &amp; &#0; -- \\"""
    ),
    *(b"\n@article{a,\n", b"\n", b" and ", b"\n  title = {", b"},\n", b" = ", b"}\n\n", b" # a"),
)
BIBTEX_FRAMES = (
    (b"", b""),
    (b"@article{a, title = {", b"}, year = 2024}\n"),
    (b'@article{a, title = "', b'", year = 2024}\n'),
    (b"@article{a, title = {A}, author = {", b"}}\n"),
    (b"@article{a, title = {A}, note = {", b"}}\n"),
    (b"@string{a = {", b"}}\n@article{a, title = a # a # a}\n"),
    (b"@article{", b", title = {A}}\n"),
)


def diff(chance: Random) -> bytes:
    """A change to a list, as git shows it."""
    hunks = ["diff --git a/README.md b/README.md", "--- a/README.md", "+++ b/README.md"]
    for _ in range(chance.randrange(1, 4)):
        hunks += [f"@@ -{chance.randrange(99)},3 +{chance.randrange(99)},4 @@ {title(chance)}"]
        for _ in range(chance.randrange(1, 7)):
            row = _row(chance) if chance.random() < 0.3 else _item(chance)
            hunks += [chance.choice("++-  ") + line for line in row.split("\n")]
    return "\n".join(hunks).encode()


def submission(chance: Random) -> bytes:
    """A diff, BibTeX, a form, rows, prose, or the event that GitHub makes of one of them."""
    form = (
        f"### Title\n\n{title(chance)}\n\n### Link\n\n{_link(chance)}\n\n### Abstract\n\n"
        f"{title(chance)}.\n\n### Code\n\n_No response_\n"
    )
    pasted = f"{title(chance)}\nAnn Lee, Bo Roe\n{_link(chance)}\nAbstract: {title(chance)}.\n"
    made = (diff, bibtex, markdown, lambda _: form.encode(), lambda _: pasted.encode())
    text = chance.choice(made)(chance)
    if chance.random() < 0.3:
        quoted = text.decode().replace("\\", r"\\").replace('"', r"\"")
        quoted = quoted.replace("\n", r"\n").replace("\r", r"\r")
        text = f'{{"action": "opened", "issue": {{"title": "a", "body": "{quoted}"}}}}'.encode()
    return text


SUBMISSION_WORDS = (
    *MARKDOWN_WORDS,
    *BIBTEX_WORDS,
    *(b"@@ -1,1 +1,1 @@\n", b"\n@@ -1 +1 @@\n+", b"\n+", b"\n-", b"\n+- ", b"--- a\n+++ b\n"),
    *(
        b"### Title\n",
        b"### Link\n",
        b'{"issue": {"body": "',
        b'{"issue":',
        b"Title: ",
        b"Abstract",
    ),
    *(b"\\u0000", b"\\ud800", b"\\n", b"[[[["),
)
SUBMISSION_FRAMES = (
    *MARKDOWN_FRAMES,
    *BIBTEX_FRAMES,
    (b"@@ -1,1 +1,1 @@\n+- ", b"\n"),
    (b"@@ -1,1 +1,1 @@\n+", b"\n+- [a b c](https://arxiv.org/abs/2401.00001)"),
    (b"### Title\n\n", b"\n\n### Link\n\n2401.00001\n"),
    (b'{"issue": {"title": "a", "body": "', b'"}}'),
    (b'{"issue": ', b"}"),
)


def records(chance: Random) -> list[dict[str, str]]:
    """What a corpus says of some papers."""
    return [
        {
            chance.choice(("id", "arxiv_id", "paper-id")): paper_id(chance),
            "title": title(chance),
            "abstract": title(chance) + ".",
            chance.choice(("authors", "author")): "Lee, Ann; Roe, Bo",
            chance.choice(("published", "update_date", "year")): "2024-05-06",
            "categories": "cs.CV cs.LG",
            "url": _link(chance),
            "venue": "CVPR",
        }
        for _ in range(chance.randrange(1, 9))
    ]


def json_lines(chance: Random) -> bytes:
    """An object a line."""
    import json

    found: list[dict[str, object]] = [{**record} for record in records(chance)]
    for one in found:
        if chance.random() < 0.3:
            one["authors_parsed"] = [["Lee", "Ann", ""], ["Roe", "Bo", "Jr", "A University"]]
            one["versions"] = [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}]
        if chance.random() < 0.2:
            one["externalIds"] = {"ArXiv": paper_id(chance), "DOI": "10.1/2"}
            one["journal"] = {"name": "A"}
            one["deleted"] = chance.choice((True, "true", 0))
    return b"".join(json.dumps(one).encode() + b"\n" for one in found)


JSON_WORDS = (
    *_words(
        r"""{ } [ ] " : , null true false NaN Infinity -Infinity 1e999 -0 {} [] "" "id": "title":
    "authors": "authors_parsed": "versions": "published": "year": "categories": "url": "venue":
    "deleted":true \u0000 \ud800 \udc00 \n \" \ [[ {"a": "a", 'a' [" ["Lee"], {"name":
    "cs.CV" "2024-02-30" "0001-01-01" 2024.5 704.001 https:// [1 (( )) ; and Lee,"""
    ),
    *(b" and ", b'{"id": "', b'", "', b'": "', b"\n{", b"\n", b', "title": "'),
)
JSON_FRAMES = (
    (b'{"id": "1", "title": "', b'"}\n'),
    (b'{"id": "1", "title": "A", "authors": "', b'"}\n'),
    (b'{"id": "1", "title": "A", "authors": "[', b'"}\n'),
    (b'{"id": "1", "title": "A", "categories": "', b'"}\n'),
    (b'{"id": "1", "title": "A", "url": "https://', b'"}\n'),
    (b'{"id": "1", "title": "A", "published": "', b'"}\n'),
    (b'{"id": "', b'", "title": "A"}\n'),
    (b'{"id": "1", "title": ', b"}\n"),
    (b'{"id": "1", "title": "A", "authors": [', b"]}\n"),
    (b'{"id": "1", "title": "A", "authors": ["a', b'"]}\n{"id": "2", "title": "B"}\n'),
)


def table(chance: Random) -> bytes:
    """Comma- or tab-separated values."""
    import csv
    import io

    found = records(chance)
    columns = list(found[0])
    delimiter = chance.choice(",\t;")
    text = io.StringIO()
    rows = csv.writer(text, delimiter=delimiter, lineterminator=chance.choice(("\n", "\r\n")))
    rows.writerow(columns)
    rows.writerows([one.get(name, "") for name in columns] for one in found)
    return text.getvalue().encode()


TABLE_WORDS = (
    *_words(
        r""" "" , ,, ; a "a" "a,b" id title id,title 2401.00001 1.0 1e5 =1+1 ' \" ,"a "a""b" """
    ),
    *(
        b"\t",
        b"\n",
        b'"\n',
        b'\n"',
        b'",\n',
        b"\r",
        b'","',
        b"\n1,A\n",
        b" and ",
        b"[",
        b"(",
        b"a, ",
    ),
)
TABLE_FRAMES = (
    (b"id,title\n1,", b"\n2,B\n"),
    (b'id,title\n1,"', b'"\n2,B\n'),
    (b"id,title,authors\n1,A,", b"\n2,B,C\n"),
    (b'id,title,authors\n1,A,"', b'"\n2,B,C\n'),
    (b"id,title,", b"\n1,A\n"),
    (b"id\ttitle\n", b"\n"),
)


def oai(chance: Random) -> bytes:
    """A dump by OAI-PMH, in one of the three formats."""
    found = []
    for one in records(chance):
        called, name = paper_id(chance), one["title"]
        authors = (
            "<authors><author><keyname>Lee</keyname><forenames>Ann</forenames></author></authors>"
        )
        about = chance.choice(
            (
                f'<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{called}</id><title>{name}</title>'
                f"{authors}<categories>cs.CV</categories><created>2024-05-06</created>"
                f"<abstract>{one['abstract']}</abstract></arXiv>",
                f"<arXivRaw><id>{called}</id><version version='v1'><date>Mon, 2 Apr 2007 19:18:42"
                f" GMT</date></version><title>{name}</title><authors>Ann Lee (A), Bo Roe</authors>"
                "</arXivRaw>",
                f"<oai_dc:dc><dc:title>{name}</dc:title><dc:creator>Lee, Ann</dc:creator>"
                f"<dc:identifier>http://arxiv.org/abs/{called}</dc:identifier><dc:date>2024-05-06"
                "</dc:date><dc:description>Text.</dc:description></oai_dc:dc>",
            )
        )
        status = chance.choice(("", "", ' status="deleted"'))
        found.append(
            f"<record><header{status}><identifier>oai:arXiv.org:{called}</identifier><datestamp>"
            f"2024-05-06</datestamp><setSpec>cs:cs:CV</setSpec></header><metadata>{about}"
            "</metadata></record>"
        )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH><ListRecords>\n'
    error = '<error code="badArgument">no</error>\n' if chance.random() < 0.2 else ""
    return (head + error + "\n".join(found) + "\n</ListRecords></OAI-PMH>").encode()


XML_WORDS = (
    *_words(
        r"""< > </ /> & &amp; &lt; &#0; &#x0; &#xD800; &#38; &a; &lol; " ' = <a> </a> <a:b> </a:b>
    <!-- --> <![CDATA[ ]]> <? ?> <!DOCTYPE␣a> <a␣b="c"/> <record> </record> <record/>
    <header> <metadata> </metadata> <error␣code="a"> <identifier> </identifier> <title>
    </title> <authors> <author> </author> <id> </id> <entry> </entry> <feed> <summary> <name>
    <published> 2401.00001 xmlns="a" xmlns:a="b" a:"""
    ),
    *(
        b' a="b"',
        b"<record ",
        b"</record ",
        b'<error code="',
        b"<a ",
        b"<dc:creator>Lee, Ann</dc:creator>",
    ),
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
)
_OAI_HEAD = b"<OAI-PMH><ListRecords>"
_OAI_RECORD = (
    b"<record><header><identifier>oai:arXiv.org:2401.00001</identifier></header><metadata>"
)
_OAI_END = b"</metadata></record></ListRecords></OAI-PMH>"
OAI_FRAMES = (
    (_OAI_HEAD, b"</ListRecords></OAI-PMH>"),
    (_OAI_HEAD + b"<error ", b"</error>" + _OAI_RECORD + _OAI_END),
    (_OAI_HEAD + _OAI_RECORD, _OAI_END),
    (
        _OAI_HEAD + _OAI_RECORD + b"<arXiv><id>2401.00001</id><title>",
        b"</title></arXiv>" + _OAI_END,
    ),
    (
        _OAI_HEAD + _OAI_RECORD + b"<arXivRaw><title>A</title><authors>",
        b"</authors></arXivRaw>" + _OAI_END,
    ),
    (_OAI_HEAD + _OAI_RECORD + b"<dc><title>A</title>", b"</dc>" + _OAI_END),
)


def atom(chance: Random) -> bytes:
    """An answer of arXiv's API."""
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{paper_id(chance)}v1</id><title>{title(chance)}</title>"
        f"<summary>{title(chance)}.</summary><published>2024-05-06T07:08:09Z</published>"
        "<updated>2024-05-06T07:08:09Z</updated><author><name>Ann Lee</name></author>"
        "<arxiv:comment>Withdrawn</arxiv:comment><arxiv:journal_ref>A 1</arxiv:journal_ref>"
        '<arxiv:doi>10.1/2</arxiv:doi><arxiv:primary_category term="cs.CV"/>'
        '<category term="cs.CV"/>'
        f'<link href="http://arxiv.org/pdf/{paper_id(chance)}" rel="related" title="pdf"/></entry>'
        for _ in range(chance.randrange(1, 5))
    )
    return (ATOM_HEAD.decode() + entries + "</feed>").encode()


ATOM_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
    b'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" '
    b'xmlns:arxiv="http://arxiv.org/schemas/atom"><opensearch:totalResults>4'
    b"</opensearch:totalResults>"
)
_ATOM_ENTRY = (
    b"<entry><id>http://arxiv.org/abs/2401.00001v1</id><published>2024-05-06T07:08:09Z</published>"
    b"<updated>2024-05-06T07:08:09Z</updated><author><name>Ann Lee</name></author>"
    b'<arxiv:primary_category term="cs.CV"/><category term="cs.CV"/><title>'
)
ATOM_FRAMES = (
    (b"", b""),
    (ATOM_HEAD, b"</feed>"),
    (ATOM_HEAD + _ATOM_ENTRY, b"</title><summary>A</summary></entry></feed>"),
    (ATOM_HEAD + _ATOM_ENTRY + b"A</title><summary>", b"</summary></entry></feed>"),
    (ATOM_HEAD + _ATOM_ENTRY + b"A</title><summary>A</summary>", b"</entry></feed>"),
)


def packed(chance: Random) -> bytes:
    """A dump packed once or more, or more of one than there seems to be."""
    import bz2
    import gzip
    import io
    import lzma
    import zipfile

    def zipped(data: bytes) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", chance.choice((0, 8))) as archive:
            archive.writestr("papers.jsonl", data)
        return file.getvalue()

    data = chance.choice((json_lines, table, oai))(chance)
    if chance.random() < 0.2:
        data += b'{"id": "1", "title": "' + b"a" * int(2 ** chance.uniform(10, 20)) + b'"}\n'
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        data = chance.choice((gzip.compress, bz2.compress, lzma.compress, zipped))(data)
    return data + chance.choice((b"", b"", b"\0" * 9, data))


PACKED_WORDS = (
    *(b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"PK\x01\x02"),
    *(b"PK\x05\x06", b"\0", b"\xff\xff\xff\xff", b"\x50\x2a\x4d\x18", b"__MACOSX/", b"\0\0\0\0"),
)
PACKED_FRAMES = tuple((magic, b"") for magic in PACKED_WORDS[:5])


# ── arrays ───────────────────────────────────────────────────────────────────────────────────

_NUMBERS = (0, 1, -1, 127, 255, 1 << 15, 1 << 31, (1 << 31) - 1, -(1 << 31), 1 << 40, (1 << 63) - 1)
_FLOATS = (float("nan"), float("inf"), -float("inf"), 1e38, -1.0, 1e-45)


def renumbered_bytes(data: bytes, chance: Random) -> bytes:
    """Numbers of a binary file are others: those that sizes, places and weights should not be."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        if len(found) < 8:
            break
        near = min(len(found), 400) if chance.random() < 0.6 else len(found)  # heads say most
        at = chance.randrange(max(1, near - 8))
        at -= at % chance.choice((1, 4, 8))
        match chance.randrange(4):
            case 0:
                struct.pack_into("<q", found, at, max(-(1 << 63), chance.choice(_NUMBERS)))
            case 1:
                struct.pack_into("<I", found, at, chance.choice(_NUMBERS) & 0xFFFFFFFF)
            case 2:
                struct.pack_into("<f", found, at, chance.choice(_FLOATS))
            case _:
                found[at] = chance.randrange(256)
    return bytes(found)


def npy_head(chance: Random) -> bytes:
    """The head of an array that claims anything."""
    shape = chance.choice(
        ("(1000000000000,)", "(-1,)", "()", "(40,)", "(40, 5)", "((((", f"({'9' * 4000},)",
         "(40.0,)", "(True,)", "None", "(0, 5)", "(0,)", "(1,) * 999999999",
         "(9223372036854775807, 2)")
    )  # fmt: skip
    kind = chance.choice(
        ("'<f4'", "'<i4'", "'<i8'", "'<u8'", "'|O'", "'|b1'", "'<f2'", "'|S99999999999'", "'>f4'",
         "[('a', '<f4')]", "'<U1000000000'", "[('a', '<f4', (99999, 99999))]", "'|V0'", "5")
    )  # fmt: skip
    order = chance.choice(("False", "True", "1", "None"))
    head = f"{{'descr': {kind}, 'fortran_order': {order}, 'shape': {shape}, }}"
    head = chance.choice(
        (head, head, head, "(" * 5000, "-" * 5000 + "1", "[" * 999, "", "{" + head)
    )
    text = head.encode() + b"\n"
    version = chance.choice((b"\x01\x00", b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\xff\x00"))
    length = struct.pack("<H" if version == b"\x01\x00" else "<I", len(text))
    return b"\x93NUMPY" + version + length + text
