"""Filing papers under headings: the arithmetic by hand, then a list small enough to follow."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from fakes import TokenEncoder, WordEncoder

from ssm_search.errors import QueryError
from ssm_search.papers import Paper
from ssm_search.ranking import filing
from ssm_search.ranking.filing import Calibration, Similarities
from ssm_search.search.local import PaperSearch
from ssm_search.search.placing import filed_anew


def test_votes_fall_off_with_distance() -> None:
    # Two neighbours, one a temperature nearer: shares e/(e+1) and 1/(e+1).
    cosines = np.array([[0.8, 0.8 - filing.VOTE_TEMPERATURE]])
    members = np.array([[True, False, False], [False, True, False]])
    share = math.e / (math.e + 1)
    expected = [math.log(s + filing.VOTE_FLOOR) for s in (share, 1 - share, 0)]
    np.testing.assert_allclose(filing.vote(cosines, members)[0], expected)


def test_only_the_nearest_vote() -> None:
    cosines = np.linspace(1, 0, 12)[None]
    members = np.zeros((12, 2), dtype=bool)
    members[:10, 0] = members[10:, 1] = True
    votes = filing.vote(cosines, members)[0]
    np.testing.assert_allclose(votes, [math.log(1.02), math.log(0.02)])


def test_centroids_from_cosines_alone() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(6, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    asked = rng.normal(size=(2, 4))
    members = np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 0]], dtype=bool)
    found = filing.centroid_cosines(asked @ rows.T, rows @ rows.T, members)
    for heading in range(2):
        own = rows[members[:, heading]]
        centroid = own.sum(axis=0) + filing.SHRINKAGE * rows.mean(axis=0)
        expected = asked @ centroid / np.linalg.norm(centroid)
        np.testing.assert_allclose(found[:, heading], expected)


def test_an_empty_heading_has_the_centroid_of_the_list() -> None:
    gram = np.eye(2)
    members = np.array([[True, False], [True, False]])
    found = filing.centroid_cosines(np.array([[0.6, 0.8]]), gram, members)
    np.testing.assert_allclose(found, [[1.4 / math.sqrt(2)] * 2])


def test_doubt_is_entropy() -> None:
    rows = np.array([[1.0, 0.0], [0.5, 0.5]])
    np.testing.assert_allclose(filing.doubt(rows), [0, math.log(2)], atol=1e-9)


def test_nearness_is_the_mean_of_the_ten_nearest() -> None:
    assert filing.nearness(np.array([[0.1] * 5 + [0.5] * 10]))[0] == pytest.approx(0.5)
    assert filing.nearness(np.array([[0.1, 0.3]]))[0] == pytest.approx(0.2)


def similar(count: int, headings: int) -> Similarities:
    """Each paper equals those of its own heading and no other; names and words say nothing."""
    of = np.arange(count) % headings
    same = (of[:, None] == of[None, :]).astype(float)
    nothing = np.zeros((count, headings))
    return Similarities(same, same, same, nothing, nothing, same, same)


def test_calibration_sharpens_where_the_list_is_easy_and_not_where_it_is_random() -> None:
    count, headings = 60, 3
    members = np.eye(headings, dtype=bool)[np.arange(count) % headings]
    whole = np.ones(count)
    easy = filing.calibrate(similar(count, headings), members, whole)
    assert easy.temperature < 0.5
    shuffled = members[np.random.default_rng(0).permutation(count)]
    assert filing.calibrate(similar(count, headings), shuffled, whole).temperature > 2
    assert len(easy.doubt) == filing.QUANTILES
    assert easy.nearness == (1, 0)  # nineteen others equal each


def test_too_small_a_list_is_not_calibrated() -> None:
    members = np.eye(3, dtype=bool)
    assert filing.calibrate(similar(3, 3), members, np.ones(3)) == Calibration()


def test_nearness_counts_as_if_all_listed_papers_had_the_mean_length() -> None:
    members = np.eye(2, dtype=bool)[np.arange(20) % 2]
    shorter = np.where(np.arange(20) % 2, math.exp(-1), 1.0)
    found = filing.calibrate(similar(20, 2), members, shorter)
    # Nine others equal each, one does not; a paper shorter by one e-fold is .08 too far for that.
    near = 0.9, 0.9 / 0.92
    assert found.nearness == pytest.approx((np.mean(near), np.std(near)))


def test_shares_are_of_the_listed_papers() -> None:
    asked = similar(4, 2).part(np.array([0]), np.arange(4))
    members = np.eye(2, dtype=bool)[np.arange(4) % 2]
    line = tuple(np.linspace(0, 1, filing.QUANTILES))  # doubts; about this paper is none
    judgement = filing.judge(asked, members, Calibration(0.01, line, (0.5, 0.1)))
    assert judgement.probabilities[0].tolist() == pytest.approx([1, 0], abs=1e-6)
    assert judgement.fit[0] > 0.99
    assert judgement.scope[0] == pytest.approx(0.5)  # mean cosine of 1, 0, 1, 0


def test_a_short_text_may_be_farther_and_varies_more() -> None:
    asked = similar(4, 2).part(np.array([0]), np.arange(4))  # 0.5 near
    members = np.eye(2, dtype=bool)[np.arange(4) % 2]
    known = Calibration(nearness=(0.6, 0.1))
    deviations = [
        NormalDist().inv_cdf(filing.judge(asked, members, known, length).scope[0])
        for length in (2.0, 1.0, math.exp(-1), math.exp(-2))
    ]
    one, two = (0.5 / 0.92 - 0.6) / 0.12, (0.5 / 0.84 - 0.6) / 0.14
    assert deviations == pytest.approx([-1, -1, one, two])
    alike = Calibration(nearness=(0.6, 0.0))  # deviates by .04 at least
    assert NormalDist().inv_cdf(filing.judge(asked, members, alike).scope[0]) == pytest.approx(-2.5)


def test_features_are_six_in_their_order() -> None:
    """Of one paper, three listed ones and two headings, the second of which has one paper."""
    members = np.array([[True, False], [True, False], [False, True]])
    words, titles, papers = (np.array([row]) for row in ([0.6, 0, 0.8], [1, 0, 0], [0, 0, 1]))
    gram, paper_gram = np.eye(3), np.ones((3, 3))
    given = Similarities(
        words, titles, papers, np.array([[0.3, 0.4]]), np.array([[0.5, 1.0]]), gram, paper_gram
    )
    found = filing.features(given, members)
    assert found.shape == (1, 2, len(filing.WEIGHTS))
    expected = [
        filing.vote(words, members),
        np.array([[0.3, 0.4]]),
        filing.centroid_cosines(words, gram, members),
        filing.vote(titles, members),
        np.array([[0.5, 1.0]]),
        filing.centroid_cosines(papers, paper_gram, members),
    ]
    for at, feature in enumerate(expected):
        np.testing.assert_allclose(found[..., at], feature)
    # By hand: both headings have half a paper's worth of the whole list in their centroid, a sixth
    # of each paper, so that the first is (7, 7, 1) sixths, the second (1, 1, 7).
    in_words = [(0.6 * 7 + 0.8) / math.sqrt(99), (0.6 + 0.8 * 7) / math.sqrt(51)]
    np.testing.assert_allclose(found[0, :, 2], in_words)
    in_vectors = [1 / 15, 7 / 9]  # where all listed papers are the same, a length is a sum
    np.testing.assert_allclose(found[0, :, 5], in_vectors)


def test_a_part_is_of_the_same_papers() -> None:
    rng = np.random.default_rng(5)
    square = [rng.normal(size=(6, 6)) for _ in range(5)]
    names, overlap = rng.normal(size=(6, 2)), rng.normal(size=(6, 2))
    whole = Similarities(*square[:3], names, overlap, *square[3:])
    asked, listed = np.array([4, 1]), np.array([0, 2, 5])
    part = whole.part(asked, listed)
    for name in ("words", "titles", "papers"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[[4, 1]][:, listed])
    for name in ("names", "overlap"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[[4, 1]])
    for name in ("gram", "paper_gram"):
        expected = getattr(whole, name)[listed][:, listed]
        np.testing.assert_array_equal(getattr(part, name), expected)


VIDEO, GRAPH, AUDIO = ("Vision", "Video"), ("Graph",), ("Audio",)


def papers() -> list[Paper]:
    found = []
    for topic, path in (("video", VIDEO), ("graph", GRAPH), ("audio", AUDIO)):
        for number in range(8):
            words = f"A {topic} of kind{number} and shape{number % 3}."
            found.append(
                Paper(
                    f"{topic}-{number}", f"On {topic} {number}", abstract=words, categories=(path,)
                )
            )
    return found


@pytest.fixture(scope="module", params=[WordEncoder, TokenEncoder])
def search(request: pytest.FixtureRequest) -> PaperSearch:
    """Without vectors of words, then with them."""
    return PaperSearch.from_papers(papers(), request.param())


@pytest.mark.parametrize(("topic", "path"), [("video", VIDEO), ("graph", GRAPH), ("audio", AUDIO)])
def test_a_new_paper_is_filed_with_its_kin(
    search: PaperSearch, topic: str, path: tuple[str, ...]
) -> None:
    new = Paper("2401.00001", f"More {topic}", abstract=f"The {topic} of shape1.")
    first, *rest = search.suggest_categories(new)
    assert first.category == path
    assert 0.8 < first.confidence <= 1
    assert sum(s.confidence for s in (first, *rest)) == pytest.approx(1)
    assert {hit.paper.categories[0] for hit in first.evidence} == {path}
    assert [hit.rank for hit in first.evidence] == [1, 2, 3]
    assert topic in first.evidence[0].why.terms
    text = f"More about {topic}. The {topic} of shape1."
    assert search.suggest_categories(text, 1)[0].category == path


def test_a_listed_paper_is_filed_as_if_it_were_not(search: PaperSearch) -> None:
    filed = {paper: search.suggest_categories(paper.id, k=1) for paper in search.papers}
    # About one paper in twenty there is more doubt than about all but that share of them.
    assert sum(bool(suggestions) for suggestions in filed.values()) >= 20
    for paper, suggestions in filed.items():
        for suggestion in suggestions:
            assert suggestion.category == paper.categories[0]
            assert paper.id not in {hit.paper.id for hit in suggestion.evidence}


def test_nothing_fits_what_is_about_something_else(search: PaperSearch) -> None:
    assert search.suggest_categories("How to bake a chocolate cake with walnuts") == []


@pytest.mark.parametrize("fake", [WordEncoder, TokenEncoder])
def test_without_headings_nothing_is_suggested(fake: type[WordEncoder]) -> None:
    bare = PaperSearch.from_papers([Paper("a", "On video")], fake())
    assert bare.suggest_categories("On video again") == []


@pytest.mark.parametrize("fake", [WordEncoder, TokenEncoder])
def test_a_heading_without_papers_can_be_suggested_by_its_name(fake: type[WordEncoder]) -> None:
    empty = ("Text",)
    search = PaperSearch.from_papers(papers(), fake(), headings=[empty])
    judgement = search.judge("On text. A text about text.")
    best = search.manifest.headings[int(judgement.probabilities[0].argmax())]
    assert best == empty


def test_suggestions_survive_saving(search: PaperSearch, tmp_path: Path) -> None:
    search.save(tmp_path / "index")
    loaded = PaperSearch.load(tmp_path / "index", search.encoder)
    assert loaded.manifest.calibration == search.manifest.calibration
    for seed in ("audio-2", "All about the graph"):
        assert loaded.suggest_categories(seed) == search.suggest_categories(seed)


def test_all_listed_papers_are_judged_at_once_as_one_by_one(search: PaperSearch) -> None:
    one_by_one = [search.judge(paper.id).probabilities[0] for paper in search.papers]
    np.testing.assert_allclose(filed_anew(search.rows), one_by_one, atol=1e-6)
    # With fewer papers than neighbours, under several headings or none; and a paper by itself.
    few = [
        Paper("a", "On video", categories=(("Films",), ("Clips",))),
        Paper("b", "On graph", categories=(("Webs",),)),
        Paper("c", "On graph video"),
    ]
    for count in (1, 2, 3):
        small = PaperSearch.from_papers(few[:count], WordEncoder())
        one_by_one = [small.judge(paper.id).probabilities[0] for paper in small.papers]
        np.testing.assert_allclose(filed_anew(small.rows), one_by_one, atol=1e-6)


@pytest.mark.parametrize("text", ["", "  ", "?!"])
def test_no_text_is_an_error(search: PaperSearch, text: str) -> None:
    with pytest.raises(QueryError, match="empty"):
        search.suggest_categories(text)
