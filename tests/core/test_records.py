from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import numpy as np
import pytest

from photocritic.core.records import Aspect, Assessment, Card, InputSpec, Mark, Rating, Scale, Taught
from photocritic.errors import InputError

CARD = Card(
    name="tiny",
    version="2",
    summary="Likes the sea – 海.",
    appeal=Aspect(Scale((1, 2, 3, 4, 5), 3.5, "stars"), (1.5, 3.0, 4.5), "three photos"),
    quality=None,
    input=InputSpec(64, 128, 32, (0, 0, 0), (255, 255, 255)),
    taught_on="four photos",
    marks=(Mark("srcc_score", 0.5, 0.4, 0.6, 100, "photos held out"),),
    limits=("Knows nothing.",),
    licence="Apache-2.0",
    provenance=("Made by a test.",),
    taught=Taught("salt", frozenset({"00ff"})),
)


QUALITY = Aspect(Scale((1, 2), 2, "sharp"), (1.0, 2.0), "two photos")


def assessment(probs: list[float]) -> Assessment:
    """Return an assessment on 1 to 5 with these probabilities."""
    return Assessment(
        path=Path("a.jpg"),
        appeal=Rating(np.array(probs), None, CARD.appeal),
        quality=Rating(np.array([0.25, 0.75]), None, QUALITY),
        embedding=np.zeros(3, np.float32),
        width=6,
        height=4,
        taken_at=None,
        model_id="tiny-2@0",
    )


def test_a_card_survives_its_json() -> None:
    """What is written into a model file is what is read from it."""
    cropped = InputSpec(256, 256, 256, (0, 0, 0), (1, 1, 1), crop_px=227)
    wide = replace(CARD.input, is_width_fixed=True)
    for card in (CARD, replace(CARD, quality=QUALITY), replace(CARD, input=cropped), replace(CARD, input=wide)):
        assert Card.from_json(card.to_json()) == card


def test_a_card_from_before_crops_is_read() -> None:
    """The critics that were exported before have neither field."""
    text = CARD.to_json().replace(', "crop_px": null, "is_width_fixed": false', "")

    assert "crop_px" not in text
    assert CARD == Card.from_json(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', "null", '{"format": 2, "name": 3, "appeal": []}'])
def test_what_is_no_card_is_refused(text: str) -> None:
    """Any other text gets a clear word."""
    with pytest.raises(InputError, match="no critic's card"):
        Card.from_json(text)


@pytest.mark.parametrize(("other", "remedy"), [(3, "update photocritic"), (1, "exported anew"), ('"x"', "update")])
def test_a_card_of_another_photocritic_says_so(other: object, remedy: str) -> None:
    """Newer or older, the remedy is another."""
    with pytest.raises(InputError, match=f"format .*{remedy}"):
        Card.from_json(CARD.to_json().replace('{"format": 2', f'{{"format": {other}'))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"limits": ["Knows nothing."]', '"limits": "abc"'),
        ('"value": 0.5', '"value": "much"'),
        ('"value": 0.5', '"value": NaN'),
        ('"levels": [1, 2, 3, 4, 5]', '"levels": ["1", "2", "3", "4", "5"]'),
        ('"appeal": {', '"appeal": 3, "other": {'),
        ('"quality": null', '"quality": {"scale": 5, "quantiles": [1, 2], "reference": "none"}'),
        ('"quality": null', '"quality": []'),
        ('"divisor": [255, 255, 255]', '"divisor": [255]'),
        ('"long_side_max_px": 128', '"long_side_max_px": 32000000'),
        ('"crop_px": null', '"crop_px": 64'),
        ('"crop_px": null', '"crop_px": "all"'),
        ('"is_width_fixed": false', '"is_width_fixed": "no"'),
        ('"name": "tiny"', '"name": "\\u001b]0;evil"'),
        ('"summary": ', '"summary": ' + "[" * 100_000 + "]" * 100_000 + ', "other": '),
    ],
)
def test_a_card_that_lies_about_its_types_is_refused(old: str, new: str) -> None:
    """Anyone may have written it."""
    text = CARD.to_json()
    assert old in text

    with pytest.raises(InputError):
        Card.from_json(text.replace(old, new))


def test_an_aspect_without_quantiles_is_refused() -> None:
    """Without them there is no score."""
    with pytest.raises(InputError):
        replace(CARD.appeal, quantiles=())


def test_an_assessment_derives_all_figures_from_its_probs() -> None:
    """Half 3, half 5 on a scale that is good from 3.5."""
    verdict = assessment([0, 0, 0.5, 0, 0.5])

    assert (verdict.mean, verdict.std, verdict.p_good) == (4.0, 1.0, 0.5)
    assert verdict.score == pytest.approx(50 + 50 * 1 / 1.5)
    assert verdict.probs is verdict.appeal.probs


def test_quality_is_a_rating_like_appeal() -> None:
    """The same figures, on its own scale."""
    quality = assessment([1, 0, 0, 0, 0]).quality

    assert quality is not None
    assert (quality.mean, quality.p_good, quality.score) == (1.75, 0.75, 75.0)


def test_an_assessment_is_frozen() -> None:
    """A verdict is not edited afterwards."""
    with pytest.raises(FrozenInstanceError):
        assessment([1, 0, 0, 0, 0]).width = 7  # type: ignore[misc]


@pytest.mark.parametrize(("levels", "good_from"), [((1,), 1), ((1, 1, 2), 2), ((2, 1), 2), ((1, 2), 1), ((1, 2), 2.5)])
def test_a_scale_that_cannot_hold_is_refused(levels: tuple[float, ...], good_from: float) -> None:
    """Levels ascend, and some of them are good and some are not."""
    with pytest.raises(InputError):
        Scale(levels, good_from)


def test_taught_photos_are_recognised_by_their_bytes(tmp_path: Path) -> None:
    """By the file's bytes and the salt, whatever its name."""
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"pixels")
    taught = Taught.of([photo], "salt")

    assert b"pixels" in taught
    assert b"other pixels" not in taught
    assert taught.hashes != Taught.of([photo], "pepper").hashes
