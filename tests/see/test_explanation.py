"""Why photos are rated as they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from photocritic import Critic
from photocritic.core.ratings import ratings_mean
from photocritic.core.records import Aspect, Failure, Rating, Scale
from photocritic.errors import InputError
from photocritic.see.explanation import SHOWN_PX, explain, explanations, mean_share_map, occlusion_map
from tests.conftest import clutter, scene
from tests.core.test_records import CARD
from tests.critic.test_model import write_network

SaveScene = Callable[..., Path]
LEVELS = (1.0, 2.0, 4.0, 7.0)
ASPECT = Aspect(Scale(LEVELS, 4, "liked"), (1.0, 7.0), "none")


def rating_of_logits(logit_map: NDArray[Any]) -> Rating:
    """Return the rating that a network with these logits gives."""
    logits = logit_map.astype(np.float64).mean(axis=(1, 2))
    odds = np.exp(logits - logits.max())
    return Rating(odds / odds.sum(), logit_map, ASPECT)


@given(
    arrays(
        np.float32, st.tuples(st.just(4), st.integers(1, 9), st.integers(1, 9)), elements=st.floats(-20, 20, width=32)
    )
)
def test_the_shares_average_to_the_mean_exactly(logit_map: NDArray[Any]) -> None:
    """Whatever the map."""
    rating = rating_of_logits(logit_map)

    assert mean_share_map(rating).mean() == pytest.approx(rating.mean, abs=1e-9)


def test_the_shares_are_the_slope_of_the_mean() -> None:
    """A place's logits moved a little move the mean as its share says."""
    logit_map = np.random.default_rng(0).normal(0, 1, (4, 3, 5)).astype(np.float64)
    rating = rating_of_logits(logit_map)
    shares = mean_share_map(rating)
    step = 1e-6
    for row, column in ((0, 0), (1, 3), (2, 4)):
        moved = logit_map.mean(axis=(1, 2))
        moved += step * (logit_map[:, row, column] - moved)
        mean = float(ratings_mean(np.exp(moved), LEVELS))
        assert (mean - rating.mean) / step == pytest.approx(shares[row, column] - rating.mean, abs=1e-4)


def test_the_map_of_a_photo_is_exact_for_both_aspects(critic: Critic) -> None:
    """Through the packaged network, too."""
    for aspect in ("appeal", "quality"):
        found = explain(scene(), critic, aspect=aspect)
        assert found.is_exact
        # The map is of the very network that gave the rating, or its mean would be the rating's by construction only.
        assert found.rating.logit_map is not None
        np.testing.assert_allclose(rating_of_logits(found.rating.logit_map).probs, found.rating.probs, atol=1e-6)
        assert found.map.mean() == pytest.approx(found.rating.mean, abs=1e-9)
        assert found.departures.mean() == pytest.approx(0, abs=1e-9)
        assert found.rating.aspect.scale.best == (7 if aspect == "appeal" else 5)


def test_the_better_half_raises_the_rating(critic: Critic) -> None:
    """A landscape beside a heap of boxes: the map, read and tried, prefers the landscape."""
    image = np.concatenate([scene(300, 400), clutter(300, 400)], axis=1)
    read = explain(image, critic).departures
    tried = occlusion_map(critic, image)

    for values in (read, tried):
        left, right = np.array_split(values, 2, axis=1)
        assert left.mean() > right.mean()


def test_a_network_without_a_map_is_tried(tmp_path: Path) -> None:
    """What never changes its mind loses nothing anywhere."""
    critic = Critic.load(write_network(tmp_path / "tiny.onnx", 5, CARD.to_json()), "cpu")
    found = explain(scene(), critic)

    assert not found.is_exact
    assert found.map.shape == (7, 10)
    np.testing.assert_allclose(found.map, 0, atol=1e-6)
    assert found.departures is found.map
    assert "No part" in found.places
    with pytest.raises(InputError, match="no map"):
        mean_share_map(found.rating)
    with pytest.raises(InputError, match="does not rate quality"):
        explain(scene(), critic, aspect="quality")


def test_covering_a_flat_photo_changes_nothing(critic: Critic) -> None:
    """What covers a place is what surrounds it."""
    np.testing.assert_allclose(occlusion_map(critic, np.full((128, 192, 3), 90, np.uint8)), 0, atol=1e-4)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((200, 300, 3), np.uint8),
        np.full((8, 8, 3), 255, np.uint8),
        np.tile(scene(100, 100), (1, 20, 1)),
        np.tile(scene(40, 100), (20, 1, 1)),
        scene()[..., 0],
        scene(1, 1),
    ],
    ids=["black", "8 px", "20:1", "1:50", "monochrome", "1 px"],
)
def test_odd_photos_are_explained(critic: Critic, image: NDArray[Any]) -> None:
    """With finite figures and whole sentences."""
    found = explain(image, critic)

    assert np.isfinite(found.map).all()
    assert found.span > 0
    assert found.places.endswith(".")
    assert all(remark.words.endswith(".") for remark in found.remarks)
    assert max(found.image.shape) <= SHOWN_PX
    assert np.isfinite(occlusion_map(critic, found.image)).all()


def test_a_map_of_next_to_nothing_is_not_blown_up(critic: Critic) -> None:
    """Noise does not glow."""
    found = explain(np.zeros((256, 256, 3), np.uint8), critic)

    assert found.span >= 0.08 * 6


def test_the_words_name_the_places(critic: Critic) -> None:
    """Where the map is highest and lowest."""
    found = explain(np.concatenate([scene(300, 400), clutter(300, 400)], axis=1), critic)

    assert found.places.startswith("The rating is raised most by ")
    assert "lowered most by " in found.places


def test_photos_are_explained_in_order(critic: Critic, save_scene: SaveScene, tmp_path: Path) -> None:
    """Whatever cannot be is a Failure in its place."""
    photos = [save_scene("a.png"), tmp_path / "gone.jpg", save_scene("b.jpg", seed=2)]
    gone = Failure(Path("folder"), "no permission")
    found = list(explanations([*photos, gone], critic, jobs=2))

    assert [False, True, False, True] == [isinstance(each, Failure) for each in found]
    assert gone is found[3]
    alone = explain(photos[2], critic)
    assert not isinstance(found[2], Failure)
    np.testing.assert_array_equal(found[2].map, alone.map)
    with pytest.raises(InputError, match="jobs"):
        explanations(photos, critic, jobs=0)


def test_a_turned_file_is_explained_upright(critic: Critic, tmp_path: Path) -> None:
    """The map lies on the photo as people see it."""
    image = Image.fromarray(scene(256, 256))
    image.save(tmp_path / "upright.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    one, other = (explain(tmp_path / name, critic) for name in ("upright.png", "turned.png"))

    np.testing.assert_array_equal(one.image, other.image)
    np.testing.assert_allclose(one.map, other.map, atol=1e-6)
