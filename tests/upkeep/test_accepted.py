"""What authors write into comments, journal references and DOIs → venues; by hand, one by one."""

from __future__ import annotations

import pytest

from ssm_search.upkeep.accepted import acceptance, is_published_doi, of_doi, of_journal_ref

COMMENTS = {
    # It appeared.
    "accepted by ICML 2025": "ICML 2025",
    "Accepted at ICML 2024 as a spotlight": "ICML 2024",
    "Accepted to NeurIPS 2023 (Oral)": "NeurIPS 2023",
    "To appear in Proceedings of ACL 2024": "ACL 2024",
    "Published as a conference paper at ICLR 2024": "ICLR 2024",
    "CVPR 2024 (Highlight)": "CVPR 2024",
    "CVPR 2024. Code: https://github.com/ada/net": "CVPR 2024",
    "ICASSP 2024 camera-ready": "ICASSP 2024",
    "Camera ready version of ICASSP 2024 paper": "ICASSP 2024",
    "Accepted in INTERSPEECH 2024, 5 pages, 2 figures": "INTERSPEECH 2024",
    "15 pages, 3 figures, accepted to ECCV 2024": "ECCV 2024",
    "15 pages, 3 figures; ICML 2024": "ICML 2024",
    "Appearing in ICML'24": "ICML 2024",
    "AAAI-24": "AAAI 2024",
    "KDD '24, 11 pages": "KDD 2024",
    "EMNLP 2023 Main Conference": "EMNLP 2023",
    "EMNLP 2023 (Findings)": "EMNLP 2023 Findings",
    "Findings of ACL: EMNLP 2023": "EMNLP 2023 Findings",
    "Accepted to Findings of ACL 2024": "ACL 2024 Findings",
    "Accepted at the 41st International Conference on Machine Learning (ICML 2024)": "ICML 2024",
    "Proceedings of the 40th International Conference on Machine Learning, PMLR 202, 2023": (
        "ICML 2023"
    ),
    "In Proc. of the IEEE/CVF Conference on Computer Vision and Pattern Recognition, 2023": (
        "CVPR 2023"
    ),
    "37th Conference on Neural Information Processing Systems (NeurIPS 2023)": "NeurIPS 2023",
    "2025 IEEE International Conference on Robotics and Automation (ICRA)": "ICRA 2025",
    "Accepted by IEEE TPAMI 2024": "TPAMI 2024",
    "Accepted by IEEE Transactions on Medical Imaging": "TMI",
    "Published in Transactions on Machine Learning Research (TMLR), 10/2024": "TMLR",
    "Accepted to TMLR": "TMLR",
    "Accepted for publication in Medical Image Analysis": "Medical Image Analysis",
    "Accepted for publication in Nature Communications": "Nature Communications",
    "accepted by Pattern Recognition Letters": "Pattern Recognition Letters",
    "Accepted at MICCAI 2024 (early accept)": "MICCAI 2024",
    "To appear at the 16th International Conference on Sea Testing (ICST) 2023": "ICST 2023",
    "Accepted at the International Conference of Sea Testing (ICST2023)": "ICST 2023",
    "Published at the Sea Testing Workshops, International Conference (ICSTW) 2023": (
        "ICST 2023 Workshop"
    ),
    "Author's version of the paper accepted at IROS 2023": "IROS 2023",
    "Preprint of the paper accepted at WACV 2025": "WACV 2025",
    "ICLR 2024 Spotlight; project page: https://ada.github.io": "ICLR 2024",
    "WWW 2024 Oral": "WWW 2024",
    "Accepted to ACM Multimedia 2024": "ACM MM 2024",
    "NeurIPS 2022 Datasets and Benchmarks Track": "NeurIPS 2022",
    "Accepted in Expert Systems with Applications": "Expert Systems with Applications",
    "accepted by Pattern Recognition": "Pattern Recognition",
    "Accepted to the Web Conference 2024": "WWW 2024",
    # At a workshop, which is not the conference.
    "Accepted to NeurIPS 2023 Workshop on Graph Learning": "NeurIPS 2023 Workshop",
    "Accepted at the Workshop on the Sea @ ICML 2024": "ICML 2024 Workshop",
    "Accepted at SeaNLP 2023 @ EMNLP": "EMNLP 2023 Workshop",
    "NeurIPS 2024 Workshop on Whales": "NeurIPS 2024 Workshop",
    "CVPRW 2024": "CVPR 2024 Workshop",
    "Presented at the 2nd Sea Workshop at ICLR 2024": "ICLR 2024 Workshop",
    # It did not, or not as this paper, or there is no telling.
    "Submitted to ICLR 2025": "",
    "Under review": "",
    "Preprint. Under review at NeurIPS 2024": "",
    "15 pages, 3 figures": "",
    "Rejected from ICML 2024": "",
    "Extended version of our AAAI'23 paper": "",
    "Extension of our work accepted at CVPR 2022": "",
    "An earlier version of this paper appeared at ICML 2021": "",
    "A short version was presented at the ICML 2023 workshop": "",
    "Journal version of the paper published at ECCV 2022": "",
    "ICLR 2025 submission": "",
    "In NeurIPS format, 12 pages": "",
    "1st place solution of the CVPR 2024 challenge": "",
    "Technical report for the ICCV 2023 competition": "",
    "PhD thesis, presented in 2023": "",
    "Not accepted at ICML 2024": "",
    "Conditionally accepted to CHI 2025": "",
    "Work in progress": "",
    "We improve on results of ICML 2023": "",
    "Comparison of methods at ICML 2023 and CVPR 2023": "",
    "Accepted": "",
    "Accepted by a journal": "",
    "Accepted at ICML 2024 and at CVPR 2024": "",
    "Extended abstract accepted at ML4H 2023": "",
    "Invited talk at ICASSP 2024": "",
    "Code for ICML 2024 will follow": "",
    "Accepted as a tiny paper at ICLR 2024": "",
    "Title changed; submitted to IEEE Transactions on Medical Imaging": "",
    "To be submitted to CVPR 2099": "",
    "ICML 2099": "",
    "The first two authors contributed equally, NeurIPS": "",
    "": "",
    "Presented at EMNLP 2023 SeaNLP": "",
    "Pattern Recognition, 12 pages": "",
    "12 pages. arXiv admin note: text overlap with a paper by others, ICML 2023": "",
    # One part speaks of this paper, another of something else.
    "Accepted at AAAI 2024. Extended version of our ICML 2022 paper": "AAAI 2024",
    "Accepted at ECCV 2024, a short version was submitted to ICML 2023": "ECCV 2024",
    "ICML 2024. Presented before at the ICLR 2024 Workshop on the Sea": "ICML 2024",
    "Submitted to NeurIPS 2024; accepted at AAAI 2025": "AAAI 2025",
}


@pytest.mark.parametrize(("comment", "venue"), COMMENTS.items())
def test_comments(comment: str, venue: str) -> None:
    assert str(acceptance(comment) or "") == venue


@pytest.mark.parametrize(
    ("reference", "venue"),
    [
        ("Proceedings of the 41st ICML, PMLR 235:10041-10071, 2024", "ICML 2024"),
        ("IEEE Transactions on Image Processing, vol. 33, pp. 1-12, 2024", "TIP 2024"),
        ("Medical Image Analysis 91 (2024) 102998", "Medical Image Analysis 2024"),
        ("In: MICCAI 2024. LNCS, vol 15009", "MICCAI 2024"),
        ("Sea Letters, Volume 170, 2024, Pages 1-10", "Sea Letters 2024"),
        ("The Sea, Volume 170, 2024, Pages 1-10", ""),
        ("CVPR 2023 Workshops, pp. 1-9", "CVPR 2023 Workshop"),
        ("arXiv preprint arXiv:2401.00001, 2024", ""),
        ("Submitted to ICML 2024", ""),
        ("pp. 1-9", ""),
        ("", ""),
    ],
)
def test_journal_references(reference: str, venue: str) -> None:
    assert str(of_journal_ref(reference) or "") == venue


@pytest.mark.parametrize(
    ("doi", "venue"),
    [
        ("10.1109/TPAMI.2024.1234567", "TPAMI 2024"),
        ("10.1109/CVPR52733.2024.00123", "CVPR 2024"),
        ("10.1109/CVPRW63382.2024.00123", "CVPR 2024 Workshop"),
        ("https://doi.org/10.1109/ICASSP48485.2024.10446", "ICASSP 2024"),
        ("10.18653/v1/2023.emnlp-main.12", "EMNLP 2023"),
        ("10.18653/v1/2024.findings-acl.12", "ACL 2024 Findings"),
        ("10.24963/ijcai.2023/12", "IJCAI 2023"),
        ("10.21437/Interspeech.2023-12", "INTERSPEECH 2023"),
        ("10.1609/aaai.v38i5.28101", "AAAI 2024"),
        ("10.1016/j.media.2024.103001", "Medical Image Analysis 2024"),
        ("10.1038/s41586-023-00001-1", "Nature"),
        ("10.1145/3637528.3671500", ""),  # which conference that is, the DOI does not say
        ("10.1109/XYZ12345.2024.00123", ""),
        ("10.48550/arXiv.2401.00001", ""),
        ("ICML 2024", ""),
        ("", ""),
    ],
)
def test_dois(doi: str, venue: str) -> None:
    assert str(of_doi(doi) or "") == venue


def test_whose_doi_it_is() -> None:
    assert is_published_doi("10.1145/3637528.3671500")
    assert not is_published_doi("10.48550/arXiv.2401.00001")
    assert not is_published_doi("")


def test_what_says_it_is_quoted() -> None:
    found = acceptance("12 pages. Accepted at ICML 2024")
    assert found is not None
    assert (found.source, found.said) == ("comment", "12 pages. Accepted at ICML 2024")
    found = acceptance("12 pages", "ICML 2024", "10.1109/CVPR52733.2024.00123")
    assert found is not None
    assert (found.source, str(found)) == ("journal reference", "ICML 2024")


def test_the_conference_comes_before_its_workshop() -> None:
    found = acceptance("ICML 2023 Workshop", "Proceedings of AAAI 2024")
    assert str(found) == "AAAI 2024"


def test_long_comments_are_read_quickly() -> None:
    for comment in (
        "accepted at the " * 9_000,
        "(" * 90_000,
        "Conference on " * 9_000,
        "A." * 40_000,
    ):
        acceptance(comment, comment, comment)
