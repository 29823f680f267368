"""Photos beside degraded twins: who tells them, from which strength on."""

import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photocritic import Critic, Failure
from photocritic.core.images import load_photo
from photocritic.core.preprocess import input_size
from photocritic.core.properties import laplacian_variance
from photocritic.core.records import InputSpec, Taught
from photocritic.errors import InputError
from photocritic.evaluate import degradations
from photocritic.evaluate.degradations import (
    SHARPEST,
    Degradations,
    Voice,
    amounts,
    examine_degradations,
)
from photocritic.evaluate.twins import KINDS, STRENGTH_COUNT, twin_of
from tests.conftest import scene

SHARP = Voice(SHARPEST, "sharpness")


def with_card(critic: Critic, **fields: object) -> Critic:
    """Return a critic whose card says something else."""
    return Critic(replace(critic.model, card=replace(critic.card, **fields)))  # type: ignore[arg-type]


def small(critic: Critic) -> InputSpec:
    """Return the critic's input at the quarter of its size, so that tests look quickly."""
    return replace(critic.card.input, short_side_px=64, long_side_max_px=128)


def examined(critics: Mapping[str, Critic], photos: list[Path]) -> Degradations:
    """Return what comes out, where nobody watches."""
    return examine_degradations(critics, photos, jobs=1, failed=lambda _failure: None, looked=lambda _path: None)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two photos, and between them a file that is none."""
    folder = tmp_path_factory.mktemp("photos")
    paths = [folder / name for name in ("a.png", "broken.png", "c.png")]
    for seed, path in enumerate(paths):
        Image.fromarray(scene(160, 120, seed)).save(path)
    paths[1].write_bytes(paths[1].read_bytes()[:200])
    return paths


@pytest.fixture(scope="module")
def result(critic: Critic, photos: list[Path]) -> Degradations:
    """What came out of two critics: the packaged one at two sizes, the smaller without quality."""
    tiny = with_card(critic, input=small(critic), quality=None, taught=Taught.of([photos[2]], "salt"))
    return examined({"packaged": critic, "tiny": tiny}, photos)


def test_photos_that_cannot_be_read_are_skipped_and_told(critic: Critic, photos: list[Path]) -> None:
    """The others are judged all the same, and whoever watches hears of each."""
    failures: list[Failure] = []
    looked: list[Path] = []
    tiny = with_card(critic, input=small(critic))
    missing = photos[0].with_name("missing.jpg")
    result = examine_degradations(
        {"tiny": tiny}, [*photos, missing], jobs=2, failed=failures.append, looked=looked.append
    )

    assert (photos[0], photos[2]) == result.photos
    assert looked == list(result.photos)
    assert [photos[1], missing] == [failure.path for failure in failures]
    assert list(result.skipped) == failures


def test_shares_are_those_of_pairs_judged_by_hand(critic: Critic, result: Degradations) -> None:
    """Each critic sees twins made at the size of its own input, with chance by the photo's name and the kind."""
    spec, tiny_spec = critic.card.input, small(critic)
    tiny = with_card(critic, input=tiny_spec)
    told = np.zeros((3, STRENGTH_COUNT))
    for path in result.photos:
        for at, (asked, size) in enumerate(((critic, spec), (tiny, tiny_spec))):
            image = load_photo(path, lambda width, height, size=size: input_size(width, height, size)).image  # type: ignore[misc]
            for strength in range(STRENGTH_COUNT):
                rng = np.random.default_rng(zlib.crc32(f"{path.name} cast".encode()))
                twin = twin_of(image, "cast", strength, rng)
                told[at, strength] += (asked.look(twin).appeal.mean < asked.look(image).appeal.mean) / 2
                if asked is critic:
                    told[2, strength] += (laplacian_variance(twin) < laplacian_variance(image)) / 2
    shares = {curve.voice: [share.value for share in curve.shares] for curve in result.curves if curve.kind == "cast"}

    assert told[0].tolist() == shares[Voice("packaged", "appeal")]
    assert told[1].tolist() == shares[Voice("tiny", "appeal")]
    assert told[2].tolist() == shares[SHARP]


def test_every_voice_tells_every_kind(result: Degradations) -> None:
    """Quality where a critic rates it, appeal, and the plain rule; nine kinds of six strengths each."""
    voices = [Voice("packaged", "quality"), Voice("packaged", "appeal"), Voice("tiny", "appeal"), SHARP]

    assert voices == result.voices
    assert [(voice, kind) for voice in voices for kind in KINDS] == [(each.voice, each.kind) for each in result.curves]
    assert all(len(curve.shares) == STRENGTH_COUNT for curve in result.curves)
    assert voices[1:3] == list(result.ruin_errors)
    assert (voices[0], voices[2]) == (result.main_voice("packaged"), result.main_voice("tiny"))


def test_overall_figures_are_those_of_the_curves(result: Degradations) -> None:
    """The twin score is the mean of the strong half, the ruin error what the last strength leaves."""
    for voice, score in result.twin_scores.items():
        shares = np.array([[share.value for share in each.shares] for each in result.curves if each.voice == voice])

        assert shares[:, 3:].mean() == pytest.approx(score.value)
        assert score.low <= score.value <= score.high
        if voice in result.ruin_errors:
            assert 1 - shares[:, -1].mean() == pytest.approx(result.ruin_errors[voice].value)
    quality, plain = result.twin_scores[Voice("packaged", "quality")], result.twin_scores[SHARP]
    gains = {(each.judge, each.rival): each.gain.value for each in result.comparisons}

    assert quality.value - plain.value == pytest.approx(gains["packaged, quality", SHARPEST])
    assert ("packaged, quality", "tiny, appeal") not in gains


def test_ties_count_half(critic: Critic, tmp_path: Path) -> None:
    """A plain grey photo that lost contrast is the same photo: nobody tells the two apart."""
    path = tmp_path / "grey.png"
    Image.new("RGB", (96, 64), (119, 119, 119)).save(path)
    result = examined({"tiny": with_card(critic, input=small(critic))}, [path])

    for curve in result.curves:
        if curve.kind == "flat":
            assert [0.5] * STRENGTH_COUNT == [share.value for share in curve.shares]
            assert curve.threshold is None


def test_the_fit_finds_the_curve() -> None:
    """Of shares that lie on a curve, its threshold and its slope; to the grid's last step."""
    logs = np.log([amounts(kind) for kind in KINDS])
    locations = logs[:, 1:5].mean(axis=1) + np.linspace(-0.5, 0.5, len(KINDS))
    slopes = np.linspace(1, 6, len(KINDS))
    shares = degradations._curve(logs, locations[:, None], slopes[:, None])[None]
    found, steep = degradations._fitted(shares, logs)

    np.testing.assert_allclose(found[0], locations, atol=0.03)
    np.testing.assert_allclose(steep[0], slopes, rtol=0.1)
    np.testing.assert_allclose(degradations._curve(locations, locations, slopes), 0.75)


def test_a_curve_is_chance_where_nothing_is_spoiled() -> None:
    """And never falls."""
    shares = degradations._curve(np.array([-1e9, 0.0, 1.0, 1e9]), np.array(0.5), np.array(2.0))

    assert shares[0] == pytest.approx(0.5)
    assert shares[-1] == pytest.approx(1)
    assert np.all(np.diff(shares) > 0)


@pytest.mark.parametrize(("share", "reached"), [(0.2, False), (0.5, False), (0.74, False), (0.99, True), (1.0, True)])
def test_a_threshold_that_is_never_reached_is_none(share: float, reached: bool) -> None:
    """Neither shares at chance nor below it have one; where all is told it lies at the weakest strength or below."""
    told = np.zeros((100, 1, len(KINDS), STRENGTH_COUNT))
    told[: round(100 * share)] = 1
    curves, *_figures = degradations._figures([Voice("a", "quality")], told)

    for curve in curves:
        if reached:
            assert curve.threshold is not None
            assert KINDS[curve.kind].strengths[0] == pytest.approx(curve.threshold.value)
        else:
            assert curve.threshold is None


def test_thresholds_are_in_the_units_of_their_kind() -> None:
    """That of JPEG is a quality, which falls as strength rises; low is below high for all."""
    told = np.zeros((40, 1, len(KINDS), STRENGTH_COUNT))
    told[:20] = 1
    told[:, :, :, 3:] = 1  # from the fourth strength on all is told, before that half
    curves, *_figures = degradations._figures([Voice("a", "quality")], told)

    for curve in curves:
        strengths = sorted(KINDS[curve.kind].strengths[2:4])
        assert curve.threshold is not None
        assert strengths[0] <= curve.threshold.low <= curve.threshold.value <= curve.threshold.high <= strengths[1]


def test_the_strength_of_jpeg_is_the_scale_of_its_tables() -> None:
    """By the IJG's formula: 100 at quality 50, 1,000 at 5; and back."""
    scales = amounts("jpeg").tolist()

    assert [80, 125, 200] == scales[:3]
    assert scales[-1] == 1000
    assert KINDS["jpeg"].strengths == pytest.approx([degradations._strength("jpeg", scale) for scale in scales])


@pytest.mark.parametrize(
    ("critic_count", "photo_names", "message"),
    [
        (0, ["a.png"], "at least one critic"),
        (1, [], "there are no photos"),
        (1, ["broken.png"], "none of 1 photo can be read; .*broken.png"),
    ],
)
def test_what_cannot_be_examined_is_refused(
    critic: Critic, photos: list[Path], critic_count: int, photo_names: list[str], message: str
) -> None:
    """In a line that says what is missing."""
    named = [path for path in photos if path.name in photo_names]
    with pytest.raises(InputError, match=message):
        examined({"packaged": critic} if critic_count else {}, named)


def test_photos_that_a_critic_was_taught_on_are_counted(result: Degradations) -> None:
    """The card holds their hashes."""
    assert {"packaged": 0, "tiny": 1} == result.taught_counts
