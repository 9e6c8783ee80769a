"""What a text says of when and where a paper appeared: years, dates, venues."""

from __future__ import annotations

import re

_LONGEST = 100  # neither a venue nor a date is longer
_ID_ALONE = re.compile(r"(?i)arxiv[:. ]*\d{4}\.\d{4,5}(v\d+)?")
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
# None of them may find a year in an arXiv id: its first four digits are a year and a month.
_YEAR = re.compile(r"(?<![\d./])((?:19|20)\d{2})(?!\d|\.\d{4})")
# "{2}" and not "{2,}", which would share the capitals out with what follows in every way there is.
_SHORT_YEAR = re.compile(r"(?:[A-Z]{2}\w*|[A-Z][a-z]+[A-Z]\w*?)[ '’-]?(?<!\d)(\d{2})(?!\d|\.\d)")
# 24.05.31; without a day, only "arXiv 24.05" is no decimal number.
_SHORT_DATE = re.compile(
    r"(?<!\d)(\d{2})\.(?:0?[1-9]|1[0-2])(?:\.\d{1,2}|(?<=iv \d\d\.\d\d)(?!\.))(?!\d)"
)
_OLDEST_SHORT_YEAR = 60  # "ICML'98" is 1998, "ICML'24" is 2024
_NOT_IN_DATES = re.compile(rf"(?i){_MONTH}|\d+(?:st|nd|rd|th)?|\W")
_ACRONYM = re.compile(
    r"[aA]r[xX]iv|[A-Z]{2,}|[A-Z][a-z]+[A-Z]|Journal|Nature|Science|Conference|Workshop"
)
# A name among these needs no year beside it; others are known by one ("ICAPS 2023").
_NAMES = frozenset(
    """aaai aacl aamas acl accv acm acmmm acml acmm acs aistats aied alt annals arxiv arxiv.org
    asplos asru atc bib bigdata bioinformatics biorxiv bmvc ccs cell chemrxiv chi cidr cikm colm
    colt coling conll corl corr cscw cvpr cvprw cvpr-w dac dasfaa eacl eccv eccvw ecai ecir ecml
    edbt edm embc emnlp eurographics eurosys fast fg fse gecco hpca hri iccad iccv iccvw icann
    icaps icassp icde icdm icip iclr iclrw icme icml icmlw icpr icra icse ieee ijcai ijcnn ijcv
    ijrr infocom interspeech ipmi iros isba isbi isca ismar ismir isprs issta iswc iui jair jbhi
    jmlr jcim jcp kbs kdd lrec mm medrxiv media mdpi micro miccai midl mlhc mlsys mobicom naacl
    nature ndss neurips neuripsw neurocomputing nips nsdi oopsla osdi pacis pakdd pami pkdd pldi
    plos pnas popl ppopp pr pricai pvldb r-al ra-l ral recsys rss sc science sdm siggraph sigcomm
    sigir sigmod slt sosp springer ssrn sysml t-ro taslp tacl tcsvt tgrs theweb thewebconf tifs tip
    tist tits tkdd tkde tmi tmlr tmm tmc tnnls tog tois tomm tpami tpds tro tsp tvcg uai uist usenix
    vldb vis wacv wacvw webconf wsdm www""".split()
)
# What may stand beside a year or a venue in a heading without making a topic of it.
_BESIDE_OCCASIONS = frozenset(
    """a accepted all and archive articles at before by collection conference conferences earlier
    early for from in january february march april may june july august september october november
    december jan feb mar apr jun jul aug sep sept oct nov dec journal journals late later latest
    list main more new newest of older on other others paper papers preprint preprints proceedings
    published publications recent section selected spring summer autumn fall winter the to track
    until up works year years 年 月 年论文 论文""".split()
)
_HONOURS = "oral|spotlight|poster|highlight|workshop|findings|best|paper|award"
_VENUE_ALONE = re.compile(
    r"(?:[A-Za-z][\w/&-]* ){0,3}[A-Za-z][\w/&-]*?[ ,'’-]*(?:20)?\d\d"
    rf"(?:\W+(?i:{_HONOURS}))*\W*"
)


def find_year(text: str | None) -> int | None:
    """The year that ``text`` prints: 2024, ICML'24, CVPR24 or 24.05.31."""
    text = (text or "")[:_LONGEST]
    if match := _YEAR.search(text):
        return int(match[1])
    if match := _SHORT_DATE.search(text) or _SHORT_YEAR.search(text):
        short = int(match[1])
        return short + (1900 if short >= _OLDEST_SHORT_YEAR else 2000)
    return None


def is_venue(text: str) -> bool:
    """True for "NeurIPS 2024", "CVPR24", "arXiv 24.05": a name with a year, and not a bare date."""
    if len(text) > _LONGEST or _ID_ALONE.fullmatch(text.strip()) or is_date(text):
        return False
    return bool(_ACRONYM.search(text)) and find_year(text) is not None


def is_venue_link(text: str) -> bool:
    """True for a link text such as "NeurIPS'23": it leads to a paper without naming it."""
    return is_venue(text) and _VENUE_ALONE.fullmatch(text.strip()) is not None


def is_date(text: str) -> bool:
    """True for "2024", "May 2024", "24.05.31": a year and nothing but what goes with it."""
    short = len(text) <= _LONGEST
    return short and find_year(text) is not None and not _NOT_IN_DATES.sub("", text)


def is_occasion(heading: str) -> bool:
    """True for a heading such as "2024", "ICLR 2025" or "Papers of 2021", which names no topic.

    It tells when or where its papers appeared, and a new paper belongs there by its date or venue.
    """
    words = re.findall(r"[^\W\d_][\w.&-]*", heading.casefold())
    left = [word for word in words if word not in _BESIDE_OCCASIONS]
    dated = find_year(heading) is not None
    return (dated or bool(left)) and all(re.sub(r"['’\d]+$", "", word) in _NAMES for word in left)
