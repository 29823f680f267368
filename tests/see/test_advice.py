"""Advice: only what the critic likes beyond its noise, and what is measured agrees to."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from demo.photos import demo_photos
from photocritic import Critic
from photocritic.core.edits import Edit, edited
from photocritic.core.images import PhotoSource, load_photo
from photocritic.core.records import Assessment, Rating
from photocritic.see import crops as crops_module
from photocritic.see.advice import Advice, Gain, Suggestion, Together, advise
from photocritic.see.advice_rows import FIELDS, NOTHING, advice_row, advice_text
from photocritic.see.copies import Copy
from photocritic.see.crops import Crop
from photocritic.see.traits import Reference, measured_traits
from tests.conftest import scene

Image8 = NDArray[np.uint8]


class Taste:
    """A critic of one whim for appeal and one for quality, from 0 for the worst to 1 for the best."""

    def __init__(self, critic: Critic, *likes: Callable[[Image8], float]) -> None:
        self.card, self._likes = critic.card, likes
        self._look = critic.look(np.zeros((8, 8, 3), np.uint8))

    def look(self, photo: PhotoSource, *, max_pixels: int = 1_000_000) -> Assessment:
        """Rate a photo by its whim alone."""
        opened = load_photo(photo, max_pixels=max_pixels)
        aspects = [self.card.appeal, self.card.quality]
        ratings = []
        for likes, aspect in zip(self._likes, aspects, strict=False):
            assert aspect is not None
            share = min(1.0, max(0.0, likes(opened.image)))
            probs = np.zeros(len(aspect.scale.levels))
            probs[0], probs[-1] = 1 - share, share
            ratings.append(Rating(probs, None, aspect))
        path = photo if isinstance(photo, Path) else None
        look = replace(self._look, path=path, width=opened.width, height=opened.height, appeal=ratings[0])
        return replace(look, quality=ratings[1]) if len(ratings) > 1 else look


@pytest.fixture
def taste(critic: Critic, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Critic]:
    """Make a critic of a whim or two, who is asked of few crops."""
    monkeypatch.setattr(crops_module, "BRUTE_COUNT", 4)
    return lambda *likes: cast("Critic", Taste(critic, *likes))


Tasting = Callable[..., Critic]


def brightness(image: Image8) -> float:
    """Like what is bright."""
    return float(image.mean()) / 255


def colour(image: Image8) -> float:
    """Like what is colourful."""
    return float(np.ptp(image.astype(float), axis=2).mean()) / 255


def photo(name: str = "china.jpg") -> Image8:
    """Return one of the demo's photographs."""
    path = next(path for path in demo_photos() if path.name == name)
    return load_photo(path, lambda width, height: (450, round(450 * height / width))).image


def faint_photo() -> Image8:
    """Return a photograph with nearly all colour gone."""
    image = photo("flower.jpg")
    for _time in range(5):
        image = edited(image, [Edit("saturation", -0.5)])
    return image


def edits_of(advice: Advice) -> dict[str, float]:
    """Return what is advised, but for crops."""
    return {each.edit.name: each.edit.amount for each in advice.suggestions if each.edit}


def test_a_dark_photo_is_brightened(taste: Tasting) -> None:
    """With the measured change in words, and the ratings before and after."""
    dark = edited(photo(), [Edit("exposure", -1.5)])
    advice = advise(dark, taste(brightness))

    assert edits_of(advice)["exposure"] > 0
    found = next(each for each in advice.suggestions if each.name == "exposure")
    assert " → " in found.reason
    assert found.appeal.gain > found.appeal.margin
    assert found.appeal.mean == pytest.approx(advice.appeal + found.appeal.gain)
    assert f"{found.action}: {found.reason}; " in " ".join(advice_text(advice).split())
    assert [each.worth for each in advice.suggestions] == sorted((e.worth for e in advice.suggestions), reverse=True)


def test_what_one_rating_gains_the_other_may_not_lose(taste: Tasting) -> None:
    """Quality alone is reason enough, unless people would like the photo less."""
    dark = edited(photo(), [Edit("exposure", -1.5)])
    found = advise(dark, taste(lambda _image: 0.5, brightness))

    [brighter] = [each for each in found.suggestions if each.name == "exposure"]
    assert brighter.quality is not None
    assert brighter.quality.gain > brighter.quality.margin
    assert brighter.appeal.gain == 0
    assert "quality" in advice_text(found)
    assert "exposure" not in edits_of(advise(dark, taste(lambda image: 1 - brightness(image), brightness)))


def test_what_is_measured_has_to_agree(taste: Tasting) -> None:
    """A dark photo is not darkened, whoever likes it dark; nor is a bright one brightened."""
    dark = edited(photo(), [Edit("exposure", -1.5)])
    assert "exposure" not in edits_of(advise(dark, taste(lambda image: 1 - brightness(image))))

    bright = edited(photo(), [Edit("exposure", 1.5)])
    assert edits_of(advise(bright, taste(brightness))).get("exposure", -1) < 0


def test_no_one_is_advised_to_oversaturate(taste: Tasting) -> None:
    """Faint colours come nearer to ordinary ones, and never beyond; ordinary and strong ones stay."""
    low, high = np.percentile(Reference.packaged().quantiles["saturation"], [25, 75])
    faint = faint_photo()
    assert measured_traits(faint).values["saturation"] < low
    found = edits_of(advise(faint, taste(colour)))
    assert found["saturation"] > 0
    after = edited(faint, [Edit("saturation", found["saturation"])])
    assert measured_traits(after).values["saturation"] <= high

    strong = edited(photo("coffee.png"), [Edit("saturation", 0.3)])
    assert measured_traits(strong).values["saturation"] > high
    advice = advise(strong, taste(colour))
    assert edits_of(advice).get("saturation", -1) < 0
    if advice.together:
        done = edited(strong, [each.edit for each in advice.together.suggestions if each.edit])
        before = measured_traits(strong).values["saturation"]
        assert measured_traits(done).values["saturation"] <= 1.1 * before


def test_noise_is_no_reason(taste: Tasting) -> None:
    """Whoever rates by chance gives no advice."""

    def chance(image: Image8) -> float:
        return float(np.random.default_rng(int(image.astype(np.int64).sum())).uniform())

    advice = advise(edited(photo(), [Edit("exposure", -1.5)]), taste(chance))

    assert () == advice.suggestions
    assert advice.together is None
    assert NOTHING in " ".join(advice_text(advice).split())


def test_a_cast_is_taken_back(taste: Tasting) -> None:
    """Towards the other colour."""
    warm = edited(photo(), [Edit("warmth", 0.5)])
    found = edits_of(advise(warm, taste(lambda image: 1 - abs(image.mean((0, 1)) @ np.array([1, 0, -1])) / 100)))

    assert found["warmth"] < 0


def test_a_tilt_is_taken_back(taste: Tasting) -> None:
    """By as much as is measured, the right way round."""
    stripes = np.repeat(np.where(np.arange(460) // 20 % 2, 190, 60).astype(np.uint8)[:, None], 600, axis=1)
    boards = np.stack([stripes] * 3, axis=-1)
    tilted = edited(boards, [Edit("straighten", 2.5)])

    def level(image: Image8) -> float:
        return 1 - float(image[..., 1].astype(float).std(axis=1).mean()) / 100

    found = advise(tilted, taste(level))
    assert edits_of(found)["straighten"] == pytest.approx(-2.5, abs=0.3)
    [turned] = [each for each in found.suggestions if each.name == "straighten"]
    assert "tilt 2." in turned.reason
    assert "straighten" not in edits_of(advise(boards, taste(level)))


def test_only_soft_photos_are_sharpened(taste: Tasting) -> None:
    """However much a critic likes edges."""

    def edges(image: Image8) -> float:
        return float(np.abs(np.diff(image[..., 1].astype(float), axis=1)).mean()) / 10

    crisp = photo()
    soft = np.asarray(Image.fromarray(crisp).filter(ImageFilter.GaussianBlur(1.5)))

    assert "sharpen" in edits_of(advise(soft, taste(edges)))
    middle = np.percentile(Reference.packaged().quantiles["sharpness"], 50)
    assert measured_traits(crisp).values["sharpness"] > middle
    assert "sharpen" not in edits_of(advise(crisp, taste(edges)))


def test_edits_are_rechecked_together(taste: Tasting) -> None:
    """At most three, each adding to the others, and better than the best alone."""
    advice = advise(faint_photo(), taste(lambda image: brightness(image) + 2 * colour(image)))

    assert advice.together is not None
    assert 2 <= len(advice.together.suggestions) <= 3
    assert advice.together.appeal.gain > advice.suggestions[0].appeal.gain
    assert "together " in advice_text(advice)


def test_a_black_and_white_photo_keeps_its_colours(taste: Tasting) -> None:
    """And the notes say so."""
    grey = photo("camera.png")
    advice = advise(grey, taste(lambda image: colour(image) + brightness(image) / 2))

    assert not {"saturation", "warmth", "tint"} & set(edits_of(advice))
    assert any("black and white" in note for note in advice.notes)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((200, 300, 3), np.uint8),
        np.full((200, 300, 3), 40, np.uint8),
        scene(8, 8),
        scene(1, 1),
        scene(2000, 100),
        scene(100, 2000),
    ],
)
def test_of_odd_photos_it_says_something_sensible(critic: Critic, image: Image8) -> None:
    """Blank, tiny and long ones: nothing, or what passes, and never a crash."""
    advice = advise(image, critic)

    assert (image.shape[1], image.shape[0]) == (advice.width, advice.height)
    for each in advice.suggestions:
        gains = [gain for gain in (each.appeal, each.quality) if gain]
        assert any(gain.gain > gain.margin for gain in gains)
        assert all(gain.gain > -gain.margin for gain in gains)
    if np.ptp(image) == 0:
        assert () == advice.suggestions
        assert "only crops were tried" in advice.notes[0]


def advised(*found: Edit | Crop) -> Advice:
    """Return advice to do all this."""
    gain = Gain(5.0, 1.0, 0.1)
    suggestions = tuple(
        Suggestion(each, None, "", gain, gain, 0.3)
        if isinstance(each, Edit)
        else Suggestion(None, each, "", gain, None, 0.2)
        for each in found
    )
    together = Together(suggestions, gain, gain) if suggestions else None
    return Advice(None, 300, 200, 4.0, 3.0, suggestions, together, (), "model")


def test_rows_are_plain_values() -> None:
    """One key for each field."""
    row = advice_row(
        advised(Edit("exposure", -0.7), Crop(30, 20, 200, 100, 4.0, 0.1)), [Copy(Path("out/a.jpg"), ("8 bits",))]
    )

    assert tuple(row) == FIELDS
    assert row["together"]["names"] == ["exposure", "crop"]
    assert [each["amount"] for each in row["suggestions"]] == [-0.7, None]
    assert [each["window"] for each in row["suggestions"]] == [None, [30, 20, 200, 100]]
    assert row["suggestions"][0]["action"] == "−0.7 EV"
    assert row["files"] == ["out/a.jpg"]
    assert row["file_notes"] == ["a.jpg: 8 bits"]
