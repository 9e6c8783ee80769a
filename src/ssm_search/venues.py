"""What a text says of when and where a paper appeared: years, dates, venues."""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST = 120  # neither a venue nor a date is longer
_MOST_WORDS = 14  # "IEEE Transactions on Pattern Analysis and Machine Intelligence 2021" has nine
_MOST_WORDS_OF_UNKNOWN = 6  # "Journal of Applied Ocean Research 2021"; more is a title
_ID_ALONE = re.compile(r"(?i)arxiv[:. ]*\d{4}\.\d{4,5}(v\d+)?")
_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
# None of them may find a year in an arXiv id: its first four digits are a year and a month.
_TWO_DIGITS = re.compile(r"\d\d")
_YEAR = re.compile(r"(?<![\d./])((?:19|20)\d{2})(?!\d|\.\d{4})")
_RANGE = re.compile(r"(?<!\d)(?:19|20)\d{2}\s*[-–—~]\s*(?:19|20)\d{2}(?!\d)")
# Of what is no known venue, only an apostrophe tells a year from "ResNet-50".
_SHORT_YEAR = re.compile(r"([A-Za-z]{2,20})(?:(['’])|[ -]?)(?<!\d)(\d{2})(?!\w|\.\d)")
# 24.05.31; without a day, only "arXiv 24.05" is no decimal number.
_SHORT_DATE = re.compile(
    r"(?<!\d)(\d{2})\.(?:0?[1-9]|1[0-2])(?:\.\d{1,2}|(?<=iv \d\d\.\d\d)(?!\.))(?!\d)"
)
_OLDEST_SHORT_YEAR, _NEWEST_SHORT_YEAR = 60, 40  # "ICML'98" is 1998, "ICML'24" is 2024
# More than a year, in numbers: 2024-05, 24.05.31; and what is left of the brackets around such.
_DAY = re.compile(
    r"(?<![\w.])(?:20\d\d([./-])(?:0?[1-9]|1[0-2])(?:\1\d{1,2})?|\d\d\.(?:0[1-9]|1[0-2])\.\d{1,2}"
    r"|(?<=iv[ (])\d\d\.(?:0[1-9]|1[0-2]))(?![\w.])"
)
_EMPTY = re.compile(r"[(（\[][\s,-]*(?:[)）\]]|$)")
_ARROW = re.compile(r"\s*(?:-{1,2}>|[→⇒])\s*")
_NOT_IN_DATES = re.compile(rf"(?i)\b{_MONTH}\b|\d+(?:st|nd|rd|th)?|\W")

# These are venues however they are written, and without a year too.
_NAMES = frozenset(
    """aaai aacl aamas accv acl acmmm acmm acml aistats aied annals arxiv asplos asru biorxiv bmvc
    chemrxiv chiir cidr cikm clef colm colt coling conll corl corr cscw cvpr cvprw dasfaa eacl eccv
    eccvw ecai ecir ecml edbt emnlp eurographics eurosys gecco hpca iccad iccv iccvw icann icaps
    icassp icde icdm icip iclr iclrw icme icml icmlw icpr icra icse ieee ijcai ijcnn ijcv ijrr
    infocom interspeech ipmi iros isba isbi isca ismar ismir issta iswc iui jair jamia jbhi jmlr
    kdd sigkdd lrec medrxiv miccai midl mlhc mlsys mobicom naacl ndss neurips neuripsw nips nsdi
    oopsla osdi pacis pakdd pami pkdd pldi pnas popl ppopp pricai pvldb recsys siggraph sigcomm
    sigir sigmod sosp ssrn sysml tacl taslp tcsvt tgrs theweb thewebconf npj tifs tist tits tkdd
    tkde tmlr tmm tnnls tochi tois tomm tpami tpds tvcg uai uist usenix vldb wacv wacvw webconf wsdm
    openreview preprint preprints""".split()
)
# So are these, if written like that: in small letters they are words, or parts of names.
_NAMES_AS_WRITTEN = frozenset(
    """ACM ALT ASE ATC Bioinformatics BIB CCS Cell CHI CIBM DAC DATE EDM EMBC FAST FSE HRI ICAIF
    JCIM JCP KBS LAK MEDIA MedIA MICRO MM Nature NeurComp Neurocomputing PAKDD PLoS PLOS PR PRL RAL
    RSS SC Science SDM SLT SP TASL TIP TMC TMI TNN TOG TRO TSP VIS WWW Elsevier Springer MDPI
    Distill Commun""".split()
)
_PUBLISHERS = frozenset(
    """acm ieee elsevier springer mdpi distill openreview
    arxiv biorxiv chemrxiv medrxiv ssrn corr preprint preprints""".split()
)
# With a year, or as the first word, so are names with one of these words.
_KINDS = frozenset(
    """advances annals annual bulletin challenge chapter communications conference congress
    frontiers international journal letters magazine meeting proceedings reports review reviews
    symposium tech technical technologies thesis transactions workshop workshops""".split()
)
# So are names with one of these words cut short: "Nat. Commun. 2024".
SHORTENED = """
    acad acta adv ann annu appl artif astrophys autom biol biomed bioinform chem clin commun
    comput conf eng environ geosci imag inf inform int intell lett mach mater math mech med
    methods nat natl neurosci opt pattern phys proc psychol rep res rev robot sci softw stat symp
    syst tech technol theor trans vis""".split()
_HONOURS = frozenset(
    """abstract accepted access arr award awards benchmark benchmarks best camera candidate
    companion d&b dataset datasets db demo demos demonstration early extended findings finalist
    highlight highlighted honorable industrial industry issue journal long main mention nominee no
    notable online oral orals outstanding paper papers poster pp preprint ready research review
    session short shortlist special spotlight student submission submitted talk top track tutorial
    under version vol volume workshop workshops runner-up""".split()
)
_SMALL = frozenset("a an and as at by de del des du et for in la of on the to und with".split())
_LEADS = re.compile(
    r"(?i)^(?:(?:to appear|accepted|submitted|published|appeared|presented|presentation"
    r"|in proc(?:eedings)?(?:\.| of(?: the)?)|venue|conf(?:erence)?|journal|publication)\b[:：]?\s*"
    r"|proc\.\s+(?=(?-i:[A-Z]{3}))|(?:in|at|by|to|for|from|of|the|on|@)(?:[:：]\s*|\s+)|@)+"
)
_YEAR_FIRST = re.compile(r"^(?:19|20)\d{2}(?:[-./]\d{1,2}){0,2}[\s,:]+(?=[^\W\d])")
_VENUE_WORD = re.compile(r"[^\s,;:()|\[\]]+")
_ACRONYM = re.compile(r"(?:\w*[A-Z][\w&+/-]*[A-Z]\w*)")
_CAPITALISED = re.compile(r"[a-z]{0,2}[A-Z][\w&.'’/+-]*|&|\d[\w.%-]*|[-–—@#+/]+")
# What may stand beside a year or a venue in a heading without making a topic of it.
_BESIDE_OCCASIONS = frozenset(
    """a accepted all and archive articles at before by collection conference conferences earlier
    early for from in january february march april may june july august september october november
    december jan feb mar apr jun jul aug sep sept oct nov dec journal journals late later latest
    list main more new newest of older on other others paper papers preprint preprints proceedings
    published publications recent section selected spring summer autumn fall winter the to track
    until up works year years 年 月 年论文 论文""".split()
)
_PREPRINT = re.compile(rf"(?i)\W*(?:arxiv|corr|preprint)(?:\W|\d|\b(?:{_MONTH}|preprint|abs)\b)*")
SHORTCODE = re.compile(r"(?<![\w:]):[a-z0-9_+-]{2,40}:(?![\w:])")  # of an emoji, ":books:"
_OPEN = re.compile(r"(?i)\b(?:before|until|up to|earlier|older|prior|pre)\b")
_EDGES = " \t\n-–—:：,;.|*•·_`'\"“”()[]"


def find_year(text: str | None) -> int | None:
    """The year that ``text`` prints: 2024, ICML'24, CVPR24 or 24.05.31."""
    text = (text or "")[:_LONGEST]
    if not _TWO_DIGITS.search(text):
        return None
    if match := _YEAR.search(text):
        return int(match[1])
    if match := _SHORT_DATE.search(text):
        return _century(int(match[1]))
    for match in _SHORT_YEAR.finditer(text):
        if match[2] or _is_name(match[1]):
            return _century(int(match[3]))
    return None


def _century(short: int) -> int | None:
    if short >= _OLDEST_SHORT_YEAR:
        return 1900 + short
    return 2000 + short if short < _NEWEST_SHORT_YEAR else None


def is_date(text: str) -> bool:
    """True for "2024", "May 2024", "24.05.31": a year and nothing but what goes with it."""
    if len(text) > _LONGEST or _RANGE.search(text):
        return False
    return find_year(text) is not None and not _NOT_IN_DATES.sub("", text)


def find_venue(text: str, *, marked: bool = False) -> str:
    """The venue that a stretch of text is: "ICML 2021" of "in ICML 2021"; "" if it is none.

    A venue is a known name, or with a year an acronym or the name of a journal; and nothing beside
    it but names, honours and numbers, so that no sentence is taken for one.

    Args:
        marked: the list sets it apart (in brackets, as a link or as code), so that with a year any
            name in capital letters will do.
    """
    return "" if len(text) > _LONGEST else _find_venue(text, marked)


@lru_cache(maxsize=8192)  # an entry is looked at from several sides, and lists repeat venues
def _find_venue(text: str, marked: bool) -> str:
    if is_date(text) or is_honour(text):
        return ""
    dated = find_year(text) is not None
    text = " ".join(text.split()).strip(_EDGES)
    text = _YEAR_FIRST.sub("", _LEADS.sub("", text, count=1), count=1).strip(_EDGES)
    if _ID_ALONE.fullmatch(text):
        return ""
    words = _VENUE_WORD.findall(text)
    if not words or len(words) > _MOST_WORDS:
        return ""
    for word in words:
        plain = word.casefold().strip(_EDGES)
        if not (_CAPITALISED.match(word.strip("“”\"'*")) or _is_name(word)) and (
            plain not in _SMALL and plain not in _HONOURS and plain not in _KINDS
        ):
            return ""
    return text if _says_venue(words, dated=dated, marked=marked) else ""


def latest(text: str) -> str:
    """What stands behind the last arrow of "arXiv -> ECCV24", if it is a venue; or all."""
    later = _ARROW.split(text[:_LONGEST])[-1]
    return later if find_venue(later, marked=True) else text


def without_days(venue: str) -> str:
    """The venue alone of "TGRS(24.07.03, 24.08.25)" and "arXiv 24.05.31, ICML24, Mamba-2"."""
    if len(venue) > _LONGEST or not _DAY.search(venue):
        return venue
    said = _EMPTY.sub("", _DAY.sub("", venue))
    parts = [part for one in said.split(",") if (part := one.strip(" ;:-"))]
    published = (part for part in parts if find_venue(part) and not is_preprint(part))
    return next(published, parts[0] if parts else venue)


def is_venue(text: str) -> bool:
    """Whether a text where a title may stand is surely a venue.

    "Nature Methods" and "Cell Tracking" may be anything; "Nature" and "ICML 2021" are venues.
    """
    venue = find_venue(text)
    words = _VENUE_WORD.findall(venue)
    return bool(venue) and (
        find_year(text) is not None
        or all(_is_name(word) or word.casefold().strip(_EDGES) in _HONOURS for word in words)
    )


def _says_venue(words: list[str], *, dated: bool, marked: bool) -> bool:
    """Whether words that are all names or numbers name a venue."""
    plain = [word.casefold().strip(_EDGES) for word in words]
    names = [_is_name(word) for word in words]
    kinds = [
        word in _KINDS or (said[-1:] == "." and word in SHORTENED)
        for word, said in zip(plain, words, strict=True)
    ]
    if len(words) > _MOST_WORDS_OF_UNKNOWN:
        return any(kinds) and (names[0] or kinds[0] or (dated and any(names)))
    if names[0] or (kinds[0] and len(words) > 1 and words[0][:1].isupper()):
        return True
    if kinds[-1] and len(words) > 1 and all(word[:1].isupper() for word in words):
        return True  # "Sea Letters"
    if not dated:
        beside = (word[:1].isdigit() or word in _HONOURS | _SMALL for word in plain)
        return any(names) and all(map(max, names, beside))
    if any(names) or any(kinds) or any(map(_ACRONYM.match, words)):
        return True
    return marked and any(not word[0].isdigit() for word in words)


def _is_name(word: str) -> bool:
    """Whether a word is a known venue, as in "ICML'21", "NeurIPS-W"; that of "ACM-Net" is not."""
    parts = [re.sub(r"['’]?\d*$", "", part) for part in re.split(r"[-/@&+.()]", word.strip(_EDGES))]
    known = [part.casefold() in _NAMES or part in _NAMES_AS_WRITTEN for part in parts]
    beside = (len(part) < 2 or part.casefold() in _HONOURS for part in parts)
    return any(known) and all(map(max, known, beside))


def has_name(venue: str) -> bool:
    """Whether one of a venue's words is the name of a journal or conference that is known here."""
    words = re.findall(r"[^\W\d_][^\s,;:>()]*", venue[:_LONGEST])
    plain = (re.sub(r"[\d.'’]+$", "", word.casefold().strip(_EDGES)) for word in words)
    return any(
        _is_name(word) and one not in _PUBLISHERS for word, one in zip(words, plain, strict=True)
    )


def is_preprint(venue: str) -> bool:
    """True for "" and "arXiv", with whatever date or id goes with it."""
    return not venue or _PREPRINT.fullmatch(venue.strip()) is not None


def is_honour(text: str) -> bool:
    """True for "Oral", "Under Review", "Best Paper Award": words that go with a venue."""
    words = [word.strip(_EDGES) for word in text.casefold().split()]
    return bool(words) and len(text) <= _LONGEST and all(word in _HONOURS for word in words)


@lru_cache(maxsize=16)  # all that stands under a heading asks, one after the other
def occasion(heading: str) -> tuple[int | None, str]:
    """The year and the venue that a heading gives to what stands under it, as far as it does.

    "Before 2023" gives none: what stands there is of some year that the heading does not say.
    """
    year = None if _OPEN.search(heading) else find_year(heading)
    words = re.findall(r"[\w.&'’/-]+", SHORTCODE.sub(" ", heading))
    said = " ".join(word for word in words if word.casefold() not in _BESIDE_OCCASIONS)
    return year, find_venue(said) if is_occasion(heading) else ""


def is_occasion(heading: str) -> bool:
    """True for a heading such as "2024", "ICLR 2025" or "Papers of 2021", which names no topic.

    It tells when or where its papers appeared, and a new paper belongs there by its date or venue.
    """
    words = re.findall(r"[^\W\d_][\w.&'’-]*", SHORTCODE.sub(" ", heading.casefold()))
    left = [word for word in words if word not in _BESIDE_OCCASIONS]
    told = find_year(heading) is not None or not {"preprint", "preprints"}.isdisjoint(words)
    return (told or bool(left)) and all(re.sub(r"['’\d]+$", "", word) in _NAMES for word in left)
