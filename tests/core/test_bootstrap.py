import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

import photocritic.core.bootstrap
from photocritic.core.bootstrap import Drawn, Figures, bootstrap, bootstrap_interval, bootstrap_intervals
from photocritic.core.weighted import weighted_srcc
from photocritic.errors import InputError


def means_of(values: NDArray[np.float64], groups: NDArray[np.int64], **options: int) -> Drawn:
    """Bootstrap the mean of some values."""

    def figures(rows: NDArray[np.intp]) -> Figures:
        return lambda weights: (weights @ values[rows] / weights.sum(axis=1))[:, np.newaxis]

    return bootstrap(figures, ("mean",), groups, **options)


def width(drawn: Drawn) -> float:
    """Return how wide the interval is."""
    interval = drawn.interval("mean")
    return interval.high - interval.low


def test_the_interval_is_scipys() -> None:
    """Of 200 photos that stand alone, by percentiles, up to the chance of 4,000 draws."""
    values = np.random.default_rng(0).gamma(2, size=200)
    expected = scipy.stats.bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=1)
    found = means_of(values, np.arange(200), draws=4000).interval("mean")

    assert found.value == pytest.approx(values.mean())
    assert expected.confidence_interval.low == pytest.approx(found.low, abs=0.02)
    assert expected.confidence_interval.high == pytest.approx(found.high, abs=0.02)


def test_groups_are_drawn_whole() -> None:
    """Photos of a group say the same here: hundreds of them tell no more than their twenty groups."""
    of_group = np.random.default_rng(0).normal(size=20)
    groups = np.repeat(np.arange(20), 30)

    assert width(means_of(of_group[groups], groups)) == pytest.approx(width(means_of(of_group, np.arange(20))), rel=0.1)


def test_two_figures_share_their_draws() -> None:
    """What differs by a constant differs by it in every draw, so the difference is certain."""
    values = np.random.default_rng(0).normal(size=100)
    one, other = means_of(values + 0.25, np.arange(100)), means_of(values, np.arange(100))

    assert one.difference(other, "mean") == pytest.approx((0.25, 0.25, 0.25))
    assert width(one) > 0.3


def test_little_bootstraps_are_as_wide_as_theory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mean of 40,000 photos: 3.92 standard errors wide, around the mean of all of them."""
    values = np.random.default_rng(0).normal(size=40_000)
    drawn = means_of(values, np.arange(40_000))
    interval = drawn.interval("mean")

    assert "little bootstraps" in drawn.words
    assert interval.value == pytest.approx(values.mean())
    assert interval.low < interval.value < interval.high
    assert width(drawn) == pytest.approx(2 * 1.96 * values.std() / np.sqrt(40_000), rel=0.1)
    monkeypatch.setattr(photocritic.core.bootstrap, "LARGE", 50_000)
    assert width(drawn) == pytest.approx(width(means_of(values, np.arange(40_000), draws=300)), rel=0.15)


def test_little_bootstraps_draw_groups_whole() -> None:
    """Ten photos of each of 4,000 groups, which say nearly the same, tell no more than 4,000 photos."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(4000), 10)
    values = rng.normal(size=4000)[groups] + rng.normal(0, 0.01, 40_000)

    assert width(means_of(values, groups)) == pytest.approx(2 * 1.96 / np.sqrt(4000), rel=0.1)


def test_many_photos_of_few_groups_keep_their_wide_interval() -> None:
    """Parts of fifty groups would hold too few of them."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 50, 40_000)
    values = rng.normal(size=50)[groups] + rng.normal(0, 0.5, 40_000)
    drawn = means_of(values, groups)
    interval = drawn.interval("mean")

    assert interval.low < interval.value < interval.high
    assert width(drawn) == pytest.approx(2 * 1.96 / np.sqrt(50), rel=0.25)


def test_what_no_draw_has_is_unknown() -> None:
    """A constant has no correlation: NaN, with an interval of NaN, and no warning."""
    values = np.arange(10.0)
    drawn = bootstrap(
        lambda rows: lambda weights: weighted_srcc(np.ones(len(rows)), values[rows])(weights)[:, np.newaxis],
        ("srcc",),
        np.arange(10),
    )

    assert np.isnan(drawn.interval("srcc")).all()


def test_parts_grow_where_photos_that_matter_are_rare() -> None:
    """The share of rare photos, 80 of 40,000: parts of a few hundred would mostly hold none."""
    is_rare = np.arange(40_000) % 500 == 0

    def figures(rows: NDArray[np.intp]) -> Figures:
        return lambda weights: (weights @ is_rare[rows] / weights.sum(axis=1))[:, np.newaxis]

    drawn = bootstrap(figures, ("mean",), np.arange(40_000), rarest=80)

    assert "25,000 of 40,000" in drawn.words
    assert width(drawn) == pytest.approx(2 * 1.96 * np.sqrt(80) / 40_000, rel=0.15)


def test_little_bootstraps_hold_what_they_promise() -> None:
    """The intervals of 60 samples: some 57 hold the truth, each of them around its own figure."""
    held = 0
    for seed in range(60):
        values = np.random.default_rng(seed).normal(size=16_000)
        interval = means_of(values, np.arange(16_000), seed=seed).interval("mean")
        assert interval.low < interval.value < interval.high
        held += interval.low <= 0 <= interval.high

    assert held >= 51


def test_the_same_seed_gives_the_same_interval() -> None:
    """Chance hangs on the seed alone."""
    values = np.random.default_rng(0).normal(size=60)
    first, again, other = (means_of(values, np.arange(60), seed=seed).interval("mean") for seed in (0, 0, 1))

    assert first == again
    assert first != other


def test_no_photos_are_refused() -> None:
    """There is nothing to draw."""
    with pytest.raises(InputError, match="at least one photo"):
        means_of(np.empty(0), np.empty(0, np.int64))


def test_indices_of_groups_are_drawn_whole() -> None:
    """Photos of one group come together, so a figure that is constant per group varies by group only."""
    groups = ["a"] * 50 + ["b"] * 50
    values = np.repeat([0.0, 1.0], 50)
    seen: set[float] = set()

    def share(chosen: np.ndarray) -> float:
        seen.add(float(values[chosen].mean()))
        return float(values[chosen].mean())

    interval = bootstrap_interval(share, groups, draws=200)

    assert (0.5, 0.0, 1.0) == interval
    assert seen == {0.0, 0.5, 1.0}


def test_an_interval_of_indices_is_near_the_textbook_one() -> None:
    """For a mean of independent values it is about ± 1.96 standard errors."""
    values = np.random.default_rng(1).normal(5, 2, 400)
    interval = bootstrap_interval(lambda chosen: float(values[chosen].mean()), [str(i) for i in range(400)], draws=2000)

    assert interval.high - interval.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_indices_are_the_same_each_time() -> None:
    """A seed gives one interval."""
    values = np.arange(20.0)

    def mean(chosen: np.ndarray) -> float:
        return float(values[chosen].mean())

    groups = [str(i % 7) for i in range(20)]
    assert bootstrap_interval(mean, groups) == bootstrap_interval(mean, groups)


def test_figures_of_the_same_draws_are_those_of_each_alone() -> None:
    """Several at once, one of them missing in some draws and one in all: that one has no interval, and no warning."""
    values = np.arange(20.0)
    groups = [str(i % 3) for i in range(20)]

    def mean_without_first_group(chosen: np.ndarray) -> float:
        return float("nan") if 0 not in chosen else float(values[chosen].mean())

    def mean(chosen: np.ndarray) -> float:
        return float(values[chosen].mean())

    found = bootstrap_intervals(lambda at: [mean(at), mean_without_first_group(at), np.nan], groups, draws=200)

    assert bootstrap_interval(mean, groups, draws=200) == found[0]
    assert bootstrap_interval(mean_without_first_group, groups, draws=200) == found[1]
    assert np.isnan(found[2]).all()


def test_a_bootstrap_of_nothing_is_refused() -> None:
    """No photos, no figure."""
    with pytest.raises(InputError, match="at least one photo"):
        bootstrap_interval(lambda _chosen: 0.0, [])
