"""arXiv's ids, in whatever form people write them."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

# The two id schemes, https://info.arxiv.org/help/arxiv_identifier.html: YYMM.NNNNN since April
# 2007 (four digits until 2014), archive[.subject]/YYMMNNN before. No archive was added to the old
# scheme since, so naming them keeps "notes/0501001" from being an id.
OLD_ARCHIVES = """acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph
    cmp-lg comp-gas cond-mat cs dg-ga funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph
    mtrl-th nlin nucl-ex nucl-th patt-sol physics plasm-ph q-alg q-bio quant-ph solv-int
    supr-con""".split()
_MONTH = r"(?:0[1-9]|1[0-2])"
_ID = (
    rf"(?P<id>\d{{2}}{_MONTH}\.\d{{4,5}}"
    rf"|(?:{'|'.join(OLD_ARCHIVES)})(?:\.[A-Z]{{2}})?/(?:9[1-9]|0[0-7]){_MONTH}\d{{3}})(?:v\d+)?"
)
_FOUR_DIGITS = re.compile(r"[0-9]{4}")
_BARE_ID = re.compile(rf"(?:arxiv:\s*|10\.48550/arxiv\.)?{_ID}(?:\.pdf)?", re.I | re.A)
_ID_IN_PATH = re.compile(rf"(?<![\w.-]){_ID}(?![0-9a-z])", re.I | re.A)
_NAME = r"(?<![a-z])arxiv(?:[.:/\s]\s*|\.org/(?:abs|pdf|html)/)"
_ID_AFTER_NAME = re.compile(rf"{_NAME}{_ID}(?![0-9a-z])", re.I | re.A)
# arXiv's own pages are headed "[2312.00752] Mamba: …", and so are entries copied from them.
_ID_IN_TEXT = re.compile(rf"(?:{_NAME}|\[(?=[^\s\]]{{9,24}}\])){_ID}(?![0-9a-z])", re.I | re.A)

_ARXIV_HOSTS = ("arxiv.org", "alphaxiv.org", "ar5iv.org")
"""Hosts whose every page is about the arXiv id in its path (subdomains count)."""

_LONGEST_KEPT = 300  # characters of a link whose id is kept, so that no list fills memory with them


def arxiv_id(text: str) -> str | None:
    """The arXiv id that ``text`` is, without version, or None if it is anything else.

    Accepts a bare id in either scheme (``2403.06977v2``, ``arXiv:hep-th/9901001``), its DOI, and
    http(s) links that carry one: abs, pdf and html pages, alphaXiv, ar5iv, Hugging Face papers,
    and other sites that say ``arxiv`` before the id. arXiv's own links may lack ``https://``.
    """
    if not _FOUR_DIGITS.search(text):
        return None  # as most links of a list; the rest costs twenty times more
    return _read_id(text) if len(text) > _LONGEST_KEPT else _kept_id(text)


def _read_id(text: str) -> str | None:
    text = text.strip()
    match = _BARE_ID.fullmatch(text) or _id_in_link(text)
    return _canonical(match["id"]) if match else None


# Reading a list asks thirty times for each link, and who writes into it reads it again.
_kept_id = lru_cache(maxsize=8192)(_read_id)


def arxiv_ids_in_text(text: str) -> list[str]:
    """The ids that running text writes as ``arXiv:ID``, ``[ID]``, a DOI or an arXiv address."""
    return [_canonical(match["id"]) for match in _ID_IN_TEXT.finditer(text)]


def _id_in_link(text: str) -> re.Match[str] | None:
    scheme, separator, _ = text.partition("://")
    if len(text.split()) != 1:
        return None
    if not separator:
        text = f"https://{text}"
    elif scheme.lower() not in ("http", "https"):
        return None
    try:
        parts = urlsplit(text)
        host, path = (parts.hostname or "").lower(), unquote(parts.path)
    except ValueError:
        return None
    if any(host == known or host.endswith("." + known) for known in _ARXIV_HOSTS):
        return _ID_IN_PATH.search(path)
    if not separator:
        return None
    if host in ("huggingface.co", "hf.co") and path.startswith("/papers/"):
        return _ID_IN_PATH.search(path)
    return _ID_AFTER_NAME.search(path)


def _canonical(paper_id: str) -> str:
    """``HEP-TH/9901001`` and ``math.GT/0309136`` as arXiv writes them: no capitals, no subject."""
    archive, slash, number = paper_id.rpartition("/")
    return archive.partition(".")[0].lower() + slash + number


def arxiv_month(paper_id: str) -> tuple[int, int]:
    """The year and month in which arXiv gave an id of either scheme."""
    digits = paper_id.rpartition("/")[2]
    year = int(digits[:2])  # arXiv began in 1991
    return year + (1900 if year > 90 else 2000), int(digits[2:4])
