import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from critics.oasis import Oasis
from critics.taste import ABOUT, OUTPUT, PeoplePlan, Raters, feature_turn, learn_people, trait_slopes
from photocritic import Critic
from photocritic.see.traits import TRAITS
from photocritic.taste.people import People
from tests.conftest import SHARED, needs_shared

PLAN = PeoplePlan(feature_count=8, axis_count=2)
RATERS, PHOTOS, SIZE = 120, 180, 30
FAINT = 1e-4  # how much the last coordinate of embeddings varies


class Made:
    """Raters who differ from the crowd along two known axes, and in nothing else; each sees one of three sets."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        seen = rng.normal(size=(PHOTOS + 200, 6))  # all that there is to see in a photo
        embeddings = 5 + seen @ rng.normal(size=(6, SIZE)) + rng.normal(0, 0.3, (len(seen), SIZE))
        embeddings[:, -1] = rng.normal(0, FAINT, len(seen))
        self.embeddings, self.unlabelled = embeddings[:PHOTOS], embeddings[PHOTOS:]
        self.tastes, self.liked = seen[:PHOTOS, :2], seen[:PHOTOS, 2]
        self.means = rng.normal(4.5, 0.7, PHOTOS)
        scores = (self.means - self.means.mean()) / self.means.std()
        weights = rng.normal(size=(RATERS, 2)) * [1.0, 0.7]
        luck = rng.normal(0, 0.3, PHOTOS)  # of a photo: all see it alike
        votes = 4 + 0.6 * scores + luck + weights @ self.tastes.T + rng.normal(0, 0.8, (RATERS, PHOTOS))
        sets = np.arange(RATERS) % 3
        self.ratings = np.where(sets[:, np.newaxis] == np.arange(PHOTOS) % 3, votes, np.nan)

    def people(self, rows: NDArray[np.intp] | None = None) -> People:
        """Return what is learnt from all raters, or from some."""
        ratings = self.ratings if rows is None else self.ratings[rows]
        return learn_people(self.embeddings, self.means, ratings, self.unlabelled, "made", PLAN)


@pytest.fixture(scope="module")
def made() -> Made:
    """The same raters for all tests."""
    return Made()


def axes_of(people: People, made: Made) -> NDArray[np.float64]:
    """Return the photos' places on the axes, (photos, R)."""
    return people.design(made.embeddings.astype(np.float32), made.means).rows[:, 2:]


def test_the_axes_along_which_raters_differ_are_found(made: Made) -> None:
    """Either of the true axes is one of those found, or between them; the wider one is the first."""
    found = axes_of(made.people(), made)
    found = found - found.mean(axis=0)
    explained = found @ np.linalg.lstsq(found, made.tastes, rcond=None)[0]
    correlations = [float(np.corrcoef(explained[:, axis], made.tastes[:, axis])[0, 1]) for axis in range(2)]

    assert min(correlations) > 0.95
    assert abs(np.corrcoef(found[:, 0], made.tastes[:, 0])[0, 1]) > 0.9
    assert found[:, 0].std() > found[:, 1].std()


def test_the_line_of_votes_on_the_critic_is_that_of_the_raters(made: Made) -> None:
    """What axes and luck do is noise to it: 1 + 0.7² + 0.3² + 0.8², about."""
    people = made.people()

    assert people.critic_mean == pytest.approx(made.means.mean())
    assert people.critic_std == pytest.approx(made.means.std())
    assert people.slope == pytest.approx(0.6, abs=0.15)
    assert people.noise_var == pytest.approx(2.2, abs=0.4)
    assert people.slope_var < 0.02  # slopes differ for want of votes only
    assert people.rater_count == RATERS


def test_what_the_crowd_sees_is_no_taste() -> None:
    """If everybody likes some photos more than the critic does, as can be seen in them, no axis turns to these."""
    agreed = Made()
    agreed.ratings += 1.5 * agreed.liked
    axes = axes_of(agreed.people(), agreed)

    for axis, taste in zip(axes.T, agreed.tastes.T, strict=True):
        assert abs(np.corrcoef(axis, agreed.liked)[0, 1]) < 0.3
        assert abs(np.corrcoef(axis, taste)[0, 1]) > 0.8


def test_raters_are_pooled(made: Made) -> None:
    """In which order they come does not matter: no axis is one rater's, and its sign is settled."""
    rows = np.random.default_rng(1).permutation(RATERS)
    here, there = made.people(), made.people(rows)

    np.testing.assert_allclose(axes_of(there, made), axes_of(here, made), atol=2e-3)
    assert (here.axes.max(axis=0) == np.abs(here.axes).max(axis=0)).all()


def test_the_same_votes_give_the_same_bytes(made: Made, tmp_path: Path) -> None:
    """No chance is in them, and no date."""
    for name in ("one", "other"):
        made.people().save(tmp_path / f"{name}.npz")

    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.npz") as file:
        assert {(1980, 1, 1, 0, 0, 0)} == {each.date_time for each in file.infolist()}


def test_a_file_has_axes_of_sixteen_bits_without_loss(made: Made, tmp_path: Path) -> None:
    """What is read is what was learnt, though the file is half as large."""
    people = made.people()
    people.save(tmp_path / "people.npz")
    read = People.load(tmp_path / "people.npz")

    np.testing.assert_array_equal(read.axes, people.axes)
    np.testing.assert_array_equal(read.offset, people.offset)
    with np.load(tmp_path / "people.npz") as file:
        assert np.dtype(np.float16) == file["axes"].dtype


def test_features_are_those_of_the_wide_directions(made: Made) -> None:
    """Of a mean square length of 1, and without what hardly varies."""
    middle, turn = feature_turn(made.embeddings, made.unlabelled, PeoplePlan(feature_count=6))
    features = (made.embeddings - middle) @ turn

    assert (PHOTOS, 6) == features.shape
    assert 1 == pytest.approx((features**2).sum(axis=1).mean())
    assert FAINT * np.abs(turn[-1]).max() < 0.01 * (made.embeddings.std(axis=0) * np.abs(turn.T)).max()


def test_slopes_tell_how_a_taste_moves_with_a_trait() -> None:
    """As a straight line through its shifts does, per standard deviation; photos without a value are left out."""
    rng = np.random.default_rng(2)
    columns = rng.normal(size=(40, 3))
    brightness = 128 + 20 * columns[:, 1] + rng.normal(0, 5, 40)
    traits = [{"brightness": value} for value in brightness[:35].tolist()] + [{}] * 5
    weights = np.array([0.2, -0.5, 0.1])
    slope = np.polyfit(brightness[:35], columns[:35] @ weights, 1)[0]
    slopes = trait_slopes(columns, traits)

    assert ["brightness"] == list(slopes)
    assert float(slope * brightness[:35].std()) == pytest.approx(float(slopes["brightness"] @ weights))


def test_raters_of_other_photos_are_refused(tmp_path: Path) -> None:
    """Votes in another order would teach nonsense."""
    np.savez(tmp_path / "raters.npz", ratings=np.array([[1, 0], [0, 7]], np.uint8), photos=["a.jpg", "b.jpg"])
    raters = Raters.load(tmp_path, [Path("a.jpg"), Path("b.jpg")])

    np.testing.assert_array_equal(raters.ratings, [[1, np.nan], [np.nan, 7]])
    assert [False, False] == raters.is_usable.tolist()
    with pytest.raises(SystemExit, match="in their order"):
        Raters.load(tmp_path, [Path("b.jpg"), Path("a.jpg")])


@needs_shared
def test_most_raters_can_be_learnt_from() -> None:
    """Two gave all photos one vote. No photo is in two sets, so strict examinations can leave a rater's own set out."""
    raters = Raters.load(SHARED / "oasis", Oasis.load(SHARED / "oasis").photos)
    seen = [~np.isnan(raters.ratings[raters.sets == number]).all(axis=0) for number in range(4)]

    assert (757, 561) == raters.ratings.shape
    assert 755 == raters.is_usable.sum()
    assert np.ones(561, int).tolist() == np.sum(seen, axis=0).tolist()


def test_the_packaged_people_are_those_of_the_packaged_critic(critic: Critic) -> None:
    """A small file with twelve axes and a slope for every trait."""
    people = People.packaged()

    assert critic.model.id == people.model
    assert (3360, 12) == people.axes.shape
    assert list(TRAITS) == list(people.trait_slopes)
    assert ABOUT.format(755) == people.about
    assert OUTPUT.stat().st_size < 100_000
