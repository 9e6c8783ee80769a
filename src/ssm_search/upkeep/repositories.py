"""What authors write of their paper → the address of its code, where they give one as their own."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 6_000  # characters that are read; an abstract on arXiv has up to 1,920
QUOTED = 160  # characters before an address that are shown as evidence

_HOSTS = r"github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|gitee\.com|huggingface\.co|hf\.co"
_ADDRESS = re.compile(
    rf"(?<![\w./@-])(?:https?\s?:\s?//)?(?:www\.)?(?P<host>{_HOSTS})/(?P<path>[\w.~/%+-]+)", re.I
)
_OWNER = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,60}\w)?")
_NAME = re.compile(r"[\w.-]{0,99}\w")
_GLUED = re.compile(r"\.(?:The|We|Our|This|These|In|It|To|For|Code|Data|Project|Demo)$")
# Pages of the hosts themselves, and what is written where a name is to come.
_NO_OWNER = frozenset(
    """about anonymous apps blog collections datasets docs explore features join learn login
    marketplace models orgs organizations papers pricing search settings site spaces sponsors tasks
    topics user username users xxx xxxx your yourname""".split()
)
_NO_NAME = frozenset("anonymous repo repository username xxx xxxx your-repo project_name".split())
# Where one sentence ends and the next begins; addresses have full stops in them.
_END = re.compile(
    r"(?<=[.!?;])[)\]}\"']*\s+(?=[A-Z(\[\\\"'*])"
    r"|(?<=[a-z%)])\.(?=(?:Codes?|Our|Project|Source|Data|Finally|We)\b)"
)
_CODE = re.compile(
    r"(?i)\b(?:source[- ]?codes?|codes?|codebase|implementations?|repositor(?:y|ies)|repo|github"
    r"|gitlab|scripts?|software|library|toolbox|toolkit|package|open[- ]?sourced?)\b"
)
_THING = re.compile(
    r"(?i)\b(?:models?|weights|checkpoints?|data|datasets?|benchmarks?|resources?|materials?"
    r"|project(?:[- ](?:web)?(?:page|site))?|home ?page|web ?(?:page|site)|results|demos?"
    r"|videos?)\b"
)
_GIVEN = re.compile(
    r"(?i)\b(?:available|availability|released?|releasing|found|accessible|accessed|public(?:ly)?"
    r"|open[- ]?sourc(?:e|ed|ing)|provided?|hosted|published|obtained|downloaded|shared?|here"
    r"|visit|see|checked out|viewed|link|url|page|site|website)\b"
)
_NOUN_AT_ADDRESS = re.compile(
    r"(?i)(?:\bcodes?|\bimplementation|\brepository|\brepo|\bgithub|\bproject|\bpage|\bwebsite"
    r"|\bsite|\bhomepage|\bmodels?|\bdata|\bdatasets?|\blink|\burl)"
    r"(?: \([^()]{1,30}\))?\s*(?:is|are|in|at|on|via|under|from)?"
    r"[\s:=({\[\\,-]*(?:url|href)?[{\s]*$"
)
_TEX = r"(?:\\\w+\{[\w}{\\]*)?$"  # a command that the address is the argument of
_AT_ADDRESS = re.compile(rf"(?:\b(?:at|in|on|via|from|under|to|is)|[:(])[*\s~]*{_TEX}")
_IS_GIVEN = re.compile(
    r"(?i)\b(?:is|are|be|been|made|was)(?: \w+ly)?(?: \w+)? (?:available|released|accessible"
    rf"|provided|open[- ]?sourced|shared|published)\b[\w ]{{0,20}}[:\s~({{]*{_TEX}"
)
_OURS = re.compile(
    r"(?i)\b(?:we|our)\b.{0,120}\b(?:release|open[- ]?source|provide|present|introduce|share"
    r"|publish|implement|develop)"
)
# The address may be that of what others made.
_OTHERS = re.compile(
    r"(?i)\b(?:buil[dt](?:s|ing)? (?:\w+ )?(?:up)?on|based (?:up)?on|bas(?:e|ing) (?:\w+ )?on"
    r"|extend(?:s|ed|ing)?|extension of|(?:adapt|modifi|deriv|tak|cop|borrow)\w* from|fork(?:ed)?"
    r"|follow(?:s|ed|ing)? (?!link|url|repo|address|web|page|github|anonym|https?)"
    r"|existing|baselines?"
    r"|original|official implementation of|third[- ]party|compar\w+ (?:to|with)|such as|for example"
    r"|similar to|another|leaderboard|competition|challenge|trained on|evaluated on|tested on"
    r"|courtesy|thanks?|credit\w*|unofficial|used? (?:by|the \w+ (?:library|toolkit|package|code))"
    r"|using (?:the )?\w+ (?:library|toolkit|package|framework)|et al|made by|created by"
    r"|developed by|previous(?:ly)?|prior|their|integrated in(?:to)?|part of)\b|\be\.g\."
)
_LIST_NAME = re.compile(r"(?i)awesome|papers?[-_]?list|reading[-_]?list|survey|taxonomy|overview")
_OF_PAPERS = re.compile(
    r"(?i)\b(?:lists? of|papers? lists?|related (?:works?|papers|literature)|overview of"
    r"|collection of|curated|surveys?|reviewed)\b"
)


@dataclass(frozen=True, slots=True)
class Repository:
    """The address of a repository, and the words of the authors that give it as theirs."""

    address: str
    said: str

    @property
    def may_be_list(self) -> bool:
        """Whether it may hold no code but a list of papers, as those of surveys do."""
        name = self.address.rpartition("/")[2]
        return bool(_LIST_NAME.search(name) or _OF_PAPERS.search(self.said))


def own_repository(abstract: str, comment: str = "") -> Repository | None:
    """The repository that a paper's abstract or comment gives as its own; None if none does.

    Of several, the first that is called the code. An address is the paper's own where the sentence
    says that something is there to be had, and nothing that it is what others made.
    """
    found = [*_found(comment, is_comment=True), *_found(abstract, is_comment=False)]
    return max(found, key=lambda one: one[0], default=(0, None))[1]


def repository_address(text: str) -> str:
    """The repository that ``text``, an address, leads to; "" if it is none."""
    match = _ADDRESS.match(text)
    return _canonical(match["host"], match["path"]) if match else ""


def _found(text: str, *, is_comment: bool) -> list[tuple[int, Repository]]:
    text = " ".join(text[:LONGEST].replace(r"\_", "_").replace(r"\~", "~").split())
    found = []
    for sentence in _END.split(text):
        end = 0
        for match in _ADDRESS.finditer(sentence):
            address = _canonical(match["host"], match["path"])
            before, end_before = sentence[end : match.start()], end
            end = match.end()
            if not address:
                continue
            rank = _rank(before, sentence[end:], is_comment=is_comment)
            if end_before and not rank:  # "at A and B": B goes by what was said of A
                rank = bool(re.fullmatch(r"[\s.,)}]*(?:and|or|&)?[\s({\\url]*", before))
            if rank and not _OTHERS.search(sentence[: match.start()]):
                said = sentence[max(0, match.start() - QUOTED) : match.end()].strip()
                said = re.sub(r"\\\w+\{+", "", said)
                found.append((int(rank), Repository(address, said)))
    return found


def _rank(before: str, after: str, *, is_comment: bool) -> int:
    """How surely an address is the paper's own, and of its code: 0 for not at all."""
    names_code = bool(_CODE.search(before))
    leads = _GIVEN.search(before) or _NOUN_AT_ADDRESS.search(before)
    if names_code and (leads or _AT_ADDRESS.search(before)):
        return 3
    if _OURS.search(before) or _IS_GIVEN.search(before) or (leads and _THING.search(before)):
        return 2
    if is_comment:
        return 1
    follows = re.match(r"(?i)[)}\].,]*\s*(?:for|contains?|has|provides?|hosts?)\b(.{0,60})", after)
    named = follows and (_CODE.search(follows[1]) or _THING.search(follows[1]))
    return 2 if named and not _OTHERS.search(after) else 0


def _canonical(host: str, path: str) -> str:
    """The address of a repository, as its host writes it; "" for any other page."""
    host = host.lower().replace("hf.co", "huggingface.co")
    parts = path.rstrip(".,:;~%+").split("/")
    parts = [part for part in parts if part]
    if len(parts) < 2:
        return ""
    owner, name = parts[0], _GLUED.sub("", parts[1]).removesuffix(".git")
    if not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name):
        return ""
    if owner.casefold() in _NO_OWNER or name.casefold() in _NO_NAME:
        return ""
    below = [owner, name]
    if host == "gitlab.com" and len(parts) > 2 and parts[2] != "-":
        groups = parts[: parts.index("-")] if "-" in parts else parts  # one within another
        below = [part for part in groups if _NAME.fullmatch(part)]
    elif len(parts) > 4 and parts[2] in ("tree", "blob"):
        below += [part.rstrip(".,") for part in parts[2:]]
    return f"https://{host}/{'/'.join(below)}"
