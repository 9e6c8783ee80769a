"""Which venues are journals, which conferences."""

from __future__ import annotations

import pytest

from ssm_search.papers import Paper
from ssm_search.views.kinds import kind

VENUES = {
    "journal": """TPAMI 2024; IEEE T-PAMI; TPAMI2024; TMLR; JMLR 2023; Nature; Nature Methods 2024
        Journal of Kites; IEEE Transactions on Kites; IEEE TXYZ 2024; Pattern Recognition 2024
        IEEE Robotics and Automation Letters; ACM Trans. Graph.; Proceedings of the IEEE
        Proceedings of the National Academy of Sciences; PVLDB 2024; TGRS(24.04.24, 24.07.10)
        Scientific Reports; Information Fusion 2024; bioinformatics 2023; IEEE Access; eLife
        Proc. Natl. Acad. Sci. 2020; Proc. VLDB Endow.; Proc. Royal Soc. A; Proc. R. Soc. B
        ACM Computing Surveys; CSUR 2024; NeuroImage; Entropy 2023
        Computational Linguistics; Foundations and Trends in ML; Computer Graphics Forum; JACS""",
    "conference": """ICML 2021; CVPR'24; CVPR24; NeurIPS; ICLR 2024 & more; ACL'23 Findings
        ICKF 2023; IEEE Conference on Computer Science; Nature Inspired Computing Workshop 2024
        Conference on Computer Vision and Pattern Recognition; IEEE/CVF CVPR 2024
        Proceedings of the 17th ACM International Conference on Web Search; Arxiv 24.01, ICML24
        Arxiv 24.02.08->ECCV24; Advances in Neural Information Processing Systems 36
        IGARSS 2024; ACM Multimedia 2023; IEEE S&P 2022; J. Phys.: Conf. Ser.; Proc. of the CVPR
        3DV 2024; SemEval-2024; WMT 2023; IEEE BigData 2022""",
    "preprint": """arXiv; arXiv 2024; Arxiv 24.05.26; CoRR; bioRxiv 2023; Preprint
        SSRN(24.11.25, -); CoRR abs/2301.00001; arXiv preprint arXiv:2408.08583""",
    "other": """Blog 2024; OpenAI; Technical Report; Rejected by ICLR 2024; PhD thesis; IEEE 2024
        ICLR 2025 (under review); Kites; - ; 2024; Naturelle; Cellular
        PhD thesis, Cell biology department; Science blog""",
}  # fmt: skip


@pytest.mark.parametrize(
    ("expected", "venue"),
    [
        (name, venue.strip())
        for name, venues in VENUES.items()
        for venue in venues.replace("\n", ";").split(";")
    ],
)
def test_what_a_venue_is(expected: str, venue: str) -> None:
    assert kind(Paper("x", "T", kind="link", venue=venue)) == expected


def test_without_a_venue_a_paper_of_arxiv_is_a_preprint() -> None:
    assert kind(Paper("2401.00001", "T")) == "preprint"
    assert kind(Paper("x", "T", kind="link")) == "other"
