"""A run's curves: which figures stand where, and the picture of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photocritic.errors import InputError, MissingExtraError
from photocritic.train.curves import AVERAGE_POINTS_MIN, CURVES_NAME, Curves, Series, draw_curves, run_curves
from photocritic.train.history import Row
from photocritic.train.recipe import Recipe
from tests.train.made import made_rows, two_phases


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A recipe of two phases."""
    return two_phases(tmp_path)


def named(curves: Curves, column: str) -> dict[str, tuple[Series, ...]]:
    """Return the series of one curve."""
    [curve] = [curve for curve in curves.each if curve.column == column]
    return {"taught": curve.taught, "averages": curve.averages, "validation": curve.validation}


def test_steps_are_counted_over_all_phases(recipe: Recipe) -> None:
    """A phase begins where the one before ended, early or not."""
    rows = made_rows((2, 3), 4)
    del rows[6:8]  # the first phase ended after 12 of its 16 steps
    curves = run_curves(rows, recipe)
    loss = named(curves, "loss")

    assert [list(range(2, 14, 2)), list(range(14, 38, 2))] == [piece.steps.tolist() for piece in loss["taught"]]
    assert [[8], [20, 28, 36]] == [piece.steps.tolist() for piece in loss["validation"]]
    assert (36, ((0, "1: head"), (12, "phase 2"))) == (curves.end, curves.phases)


def test_an_average_is_of_the_points_before(recipe: Recipe) -> None:
    """Of as many as there are at first, and begun anew in each phase, whose photos may be others."""
    rows = made_rows((2, 3), 20)
    taught, averages = (named(run_curves(rows, recipe), "loss")[kind] for kind in ("taught", "averages"))

    for raw, average in zip(taught, averages, strict=True):
        assert np.isclose(raw.values[:3].mean(), average.values[2])
        assert np.isclose(raw.values[7 : 7 + AVERAGE_POINTS_MIN].mean(), average.values[6 + AVERAGE_POINTS_MIN])


def test_a_long_run_is_averaged_over_more_points(recipe: Recipe) -> None:
    """Whole tens of them, and the words beside the curve say how many."""
    words = [run_curves(made_rows((2, 3), count), recipe).average_words for count in (4, 300, 2000)]

    assert [f"average over the last {count} points" for count in (20, 30, 200)] == words


def test_long_histories_are_thinned_and_keep_their_peaks(recipe: Recipe) -> None:
    """What is drawn is bounded; the ends, the highest and the lowest point stay."""
    rows = made_rows((10, 10), 500)
    rows[1234]["loss"], rows[4321]["loss"] = 7.0, 0.001
    raw = named(run_curves(rows, recipe), "loss")["taught"][0]

    assert len(raw.steps) < 500
    assert (7.0, 0.001) == (raw.values.max(), raw.values.min())
    assert (2.0, 10_000.0) == (raw.steps[0], raw.steps[-1])


def test_outliers_do_not_flatten_a_curve(recipe: Recipe) -> None:
    """The axis is that of nearly all points; few points have an axis that holds them all."""
    many, few = made_rows((2, 3), 40), made_rows((1, 1), 4, has_validation=False)
    many[3]["loss"] = few[3]["loss"] = 1000.0

    assert run_curves(many, recipe).each[0].up[1] < 2
    assert run_curves(few, recipe).each[0].up[1] > 1000


@pytest.mark.parametrize("loss", [0.0, 1e-9, 0.7, 3e8])
def test_equal_figures_have_an_axis(loss: float, recipe: Recipe) -> None:
    """One row, or rows that are all alike, can be drawn."""
    [row, *_rest] = made_rows((1,), 1)
    row |= {"loss": loss, "accuracy": 1.0, "photos_per_s": 0.0, "waiting_share": 0.0, "learning_rate": 1e-5}
    for rows in ([row], [row, row | {"step": 3}]):
        for curve in run_curves(rows, recipe).each:
            low, high = curve.up
            assert 0 <= low < high
            assert curve.form != "share" or high <= 1


def test_rates_far_apart_stand_on_a_logarithmic_axis(recipe: Recipe) -> None:
    """Else nothing of the lower one could be seen; a cosine's end at 0 does not matter."""
    rows = made_rows((2, 3), 4)
    forms = {}
    for lower in (0.05, 0.001):
        changed = [row | ({"learning_rate": lower} if row["phase"] == 2 else {}) for row in rows]
        changed[-1]["learning_rate"] = 0.0
        [rate] = [curve for curve in run_curves(changed, recipe).each if curve.column == "learning_rate"]
        forms[lower] = rate.form
        assert rate.up[0] >= 0 if rate.form == "number" else rate.up[0] > 0
        assert all(np.isfinite(np.log10(piece.values)).all() for piece in rate.taught if rate.form == "power")

    assert {0.05: "number", 0.001: "power"} == forms


def test_what_is_not_there_is_not_drawn(recipe: Recipe) -> None:
    """Without validation, and in a history without EMD, there is no curve of it."""
    columns = [curve.column for curve in run_curves(made_rows(has_validation=False), recipe).each]
    with_emd = [row | {"emd": 0.2} for row in made_rows(has_validation=False)]

    assert ["loss", "accuracy", "learning_rate", "photos_per_s", "waiting_share"] == columns
    assert "emd" in [curve.column for curve in run_curves(with_emd, recipe).each]


@pytest.mark.parametrize("rows", [made_rows(), made_rows((1,), 1), made_rows((1, 30), 20, has_validation=False)])
def test_a_picture_is_drawn(rows: list[Row], recipe: Recipe, tmp_path: Path) -> None:
    """Of any history, 1200 px wide, and in the place of the one before."""
    for _again in range(2):
        draw_curves(run_curves(rows, recipe), "Two phases", tmp_path)

    with Image.open(tmp_path / CURVES_NAME) as image:
        assert image.size[0] == 1200
        colours = {colour for _count, colour in image.convert("RGB").getcolors(1 << 20) or []}
    assert (0, 114, 178) in colours
    assert ((213, 94, 0) in colours) == any(row["validation_loss"] is not None for row in rows)


def test_names_are_drawn_as_they_are(recipe: Recipe, tmp_path: Path) -> None:
    """Dollars are no formulas, and control characters are no gaps."""
    named_so = replace(recipe, phases=(replace(recipe.phases[0], name="$\\frac$ \x1b"), *recipe.phases[1:]))
    curves = run_curves(made_rows(), named_so)
    draw_curves(curves, "$100\n$x_", tmp_path)

    assert curves.phases[0][1] == "1: $\\frac$ \\x1b"
    assert (tmp_path / CURVES_NAME).exists()


def test_a_photo_of_that_name_is_left_alone(recipe: Recipe, tmp_path: Path) -> None:
    """Only what is signed as ours is replaced."""
    Image.new("RGB", (8, 8)).save(tmp_path / CURVES_NAME)
    before = (tmp_path / CURVES_NAME).read_bytes()
    with pytest.raises(InputError, match=r"curves\.png is a photo"):
        draw_curves(run_curves(made_rows(), recipe), "Two phases", tmp_path)

    assert before == (tmp_path / CURVES_NAME).read_bytes()


def test_nothing_is_changed_in_matplotlib(recipe: Recipe, tmp_path: Path) -> None:
    """Neither its settings nor its list of figures: a notebook may be at work beside us."""
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    draw_curves(run_curves(made_rows(), recipe), "Two phases", tmp_path)

    assert before == dict(mpl.rcParams)


def test_without_matplotlib_the_remedy_is_named(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes with the extra for teaching."""
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"photocritic\[train\]"):
        draw_curves(run_curves(made_rows(), recipe), "Two phases", tmp_path)
