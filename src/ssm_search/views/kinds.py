"""What kind of publication a paper is, by its venue: BibTeX and RIS ask for it."""

from __future__ import annotations

import re
from typing import Literal

from ssm_search.arxiv_ids import arxiv_id
from ssm_search.papers import Paper
from ssm_search.venues import has_name, is_preprint

Kind = Literal["journal", "conference", "preprint", "other"]

_NEITHER = re.compile(
    r"(?i)\b(?:rejected|withdrawn|submitted|submission|under review|thesis|dissertation|blog)\b"
)
_PREPRINT = re.compile(r"(?i)(?:a|bio|med|chem|tech|psya|earthar)rxiv|\bssrn\b|\bpre-?prints?\b")
# What calls itself a meeting is one, whatever it is about: "Conference on Computer Science". Four
# journals are called proceedings.
_MEETING = re.compile(
    r"(?i)\b(?:conference|conf|workshops?|symposium|symp|meeting|congress|findings|challenge"
    r"|advances in neural|igarss|acm multimedia|ieee s&p|3dv|semeval|wmt"
    r"|ijcnlp(?:-aacl)?|ieee bigdata"
    r"|proc(?:eedings)?(?!\.? of the (?:ieee\b(?!/)|vldb|national academy|royal))(?!\.? vldb"
    r"|\.? natl|\.? r(?:oyal|\.)? soc))\b"
)
# In names of what appears in issues. Of IEEE and ACM, acronyms that begin with T are transactions,
# and with J journals.
_JOURNAL = re.compile(
    r"(?i)\b(?:journal|transactions|trans|letters?|lett|magazine|annals|bulletin|reviews|reports"
    r"|frontiers in|communications|commun|briefings|brief bioinform|current opinion|nature|science"
    r"|proceedings of the|proc\.? (?:vldb|natl|r(?:oyal|\.)? soc)|surveys|csur|elife|lancet"
    r"|foundations and trends|computer graphics forum|pacmpl|jacs"
    r"|neuroimage|cell|pnas|plos|npj|nejm|bmc|heliyon|iscience|nucleic acids|remote sens(?:ing)?"
    r"|genome (?:biology|research)|ieee access|rsc advances|neurocomputing|bioinformatics"
    r"|(?-i:(?:IEEE|ACM)(?:/ACM)? [TJ]-?[A-Z]{1,6})|t-?pami|pami|ijcv|ijrr|jmlr|tmlr|tacl|tip|tmi"
    r"|tmm|tnnls|tnn|tcsvt|tgrs|grsl|lgrs|jstars?|tog|tvcg|tkde|tkdd|tist|tits|tmc|t-?ro|ra-?l"
    r"|tifs|taslp|tochi|tois|tomm|tpds|tsp|jbhi|jamia|jair|jcim|jcp|kbs|eswa|pvldb|media|mia"
    r"|ijaeog|ijrs|isprs)(?![^\W\d_])"
)
# Journals by names that others have within theirs: "Computer Vision and Pattern Recognition".
_WHOLE = re.compile(
    r"(?i)(?:(?:applied )?artificial intelligence|pattern recognition|neural networks"
    r"|neural computation|neural computing and applications|machine learning|signal processing"
    r"|information (?:fusion|sciences)|medical image analysis|(?:image and )?vision computing"
    r"|sensors|entropy|computational linguistics|expert systems(?: with applications)?"
    r"|knowledge-based systems|patterns"
    r"|applied (?:intelligence|sciences)|computers in biology and medicine|access)[\W\d]*"
)
# An unknown acronym with its year: of 40 in lists 35 are conferences.
_ACRONYM = re.compile(r"(?!IEEE)[A-Z]{4,}\W*(?:(?:19|20)?\d\d)\b")


def kind(paper: Paper) -> Kind:
    """What a paper is: of a journal, of a conference, a preprint, or what nobody can tell.

    A venue that names a preprint and where it appeared later, "arXiv 24.05, ICML24", is the latter.
    """
    venue = paper.venue
    if is_preprint(venue):
        return "preprint" if venue or arxiv_id(paper.id) is not None else "other"
    if _NEITHER.search(venue):
        return "other"
    if _MEETING.search(venue):
        return "conference"
    if _JOURNAL.search(venue) or _WHOLE.fullmatch(venue):
        return "journal"
    if has_name(venue):
        return "conference"
    if _PREPRINT.search(venue):
        return "preprint"
    return "conference" if _ACRONYM.match(venue) else "other"
