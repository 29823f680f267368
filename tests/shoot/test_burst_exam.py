"""How well a burst's chosen frame is found: by critics, tables and simple rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from photocritic import Critic, Failure
from photocritic.core.bootstrap import Interval
from photocritic.core.records import Taught
from photocritic.errors import InputError
from photocritic.shoot import burst_exam
from photocritic.shoot.burst_exam import (
    CHANCE,
    FIRST,
    LARGEST,
    RULES,
    SHARPEST,
    BurstExamination,
    JudgeFigures,
    choice_values,
    examine_bursts,
    rejected_shares,
)
from photocritic.shoot.bursts import Burst, Bursts
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.choice import REJECT_MARGIN
from photocritic.shoot.looks import Look
from tests.conftest import scene


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """A catalogue of nothing, outside the folder of bursts."""
    with Catalog.open(tmp_path / "catalog" / "catalog.sqlite") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder."""
    path = tmp_path / "bursts"
    path.mkdir()
    return path


def save(path: Path, *, seed: int = 0, blur: float = 0.0) -> Path:
    """Save a rendered scene, blurred perhaps."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(scene(384, 256, seed)).filter(ImageFilter.GaussianBlur(blur)).save(path, quality=95)
    return path


def made_bursts(folder: Path, chosen: Mapping[str, Sequence[bool]]) -> Bursts:
    """Save bursts whose frames are the more blurred the later they come, and return them."""
    bursts = []
    for seed, (name, is_chosen) in enumerate(chosen.items()):
        frames = [save(folder / name / f"{at}.jpg", seed=seed, blur=0.9 * at) for at in range(len(is_chosen))]
        bursts.append(Burst(name, tuple(frames), tuple(is_chosen)))
    return Bursts("made", "this test", tuple(bursts), {})


def examined(
    bursts: Bursts,
    critics: Mapping[str, Critic],
    catalog: Catalog,
    tables: Mapping[str, Mapping[Path, float]] | None = None,
    failures: list[Failure] | None = None,
) -> BurstExamination:
    """Return what comes out, where failures may be noted."""
    noted = [] if failures is None else failures
    return examine_bursts(
        bursts, critics, tables or {}, catalog, jobs=1, failed=noted.append, looked=lambda _path: None
    )


def figures_of(result: BurstExamination) -> dict[str, JudgeFigures]:
    """Return the figures by judge."""
    return {each.judge: each for each in result.judges}


def chosen_frames(bursts: Bursts) -> set[Path]:
    """Return all frames that were chosen."""
    return {
        path
        for burst in bursts.each
        for path, is_chosen in zip(burst.frames, burst.is_chosen, strict=True)
        if is_chosen
    }


CHOSEN = {"a": (True, False, False, False), "b": (False, True, False), "c": (False, False, True, False, False)}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, critic: Critic) -> BurstExamination:
    """Three bursts, of which the first frame, the second and the third were chosen, and two tables."""
    folder = tmp_path_factory.mktemp("made")
    bursts = made_bursts(folder, CHOSEN)
    frames = [path for burst in bursts.each for path in burst.frames]
    told = {path: float(path in chosen_frames(bursts)) for path in frames}
    card = replace(critic.card, quality=None, taught=Taught.of(frames[:2], "salt"))
    critics = {"packaged": critic, "taught": Critic(replace(critic.model, card=card, sha256="0" * 64))}
    tables = {"oracle": told, "same for all": dict.fromkeys(frames, 5.0)}
    with Catalog.open(folder / "catalog.sqlite") as catalog:
        return examined(bursts, critics, catalog, tables)


def test_judges_come_in_the_order_of_tables(result: BurstExamination) -> None:
    """Choices, aspects, tables, rules; a critic that does not rate quality has no such judge."""
    assert [
        "packaged, choice",
        "taught, choice",
        "packaged, quality",
        "packaged, appeal",
        "taught, appeal",
        "oracle",
        "same for all",
        *RULES,
    ] == [each.judge for each in result.judges]


def test_who_knows_the_choice_has_the_best_figures(result: BurstExamination) -> None:
    """Top-1, top-3 and pairs of 1, and no keeper lost by any rule."""
    oracle = figures_of(result)["oracle"]

    assert (1, 1, 1) == (oracle.top_1.value, oracle.top_3.value, oracle.pairs.value)
    assert oracle.first_lost.value == 0


def test_who_says_the_same_of_all_has_the_figures_of_chance(result: BurstExamination) -> None:
    """1 in 4, 1 in 3 and 1 in 5; of three drawn, 3 in 4 and 3 in 5; and each reject is as likely a keeper."""
    figures = figures_of(result)
    same, chance = figures["same for all"], figures[CHANCE]

    assert np.mean([1 / 4, 1 / 3, 1 / 5]) == pytest.approx(same.top_1.value)
    assert np.mean([3 / 4, 3 / 5]) == pytest.approx(same.top_3.value)
    assert same.pairs.value == 0.5
    assert 100 * (3 / 4 + 2 / 3 + 4 / 5) / (3 + 2 + 4) == pytest.approx(same.first_lost.value)
    assert same._replace(judge=CHANCE, kind="rule") == chance


def test_the_first_frame_is_a_rule(result: BurstExamination) -> None:
    """By hand: right once of three; among its first three twice of two; 3 + 1 + 2 of 9 pairs; two keepers of nine."""
    first = figures_of(result)[FIRST]

    assert 1 / 3 == pytest.approx(first.top_1.value)
    assert first.top_3.value == 1
    assert 6 / 9 == pytest.approx(first.pairs.value)
    assert 100 * 2 / 9 == pytest.approx(first.first_lost.value)


def test_the_sharpest_is_the_first_of_these(result: BurstExamination) -> None:
    """The frames were blurred one after the other, and blurred files are smaller."""
    figures = figures_of(result)

    assert figures[FIRST].top_1 == figures[SHARPEST].top_1
    assert figures[FIRST].pairs == figures[SHARPEST].pairs
    assert figures[FIRST].pairs == figures[LARGEST].pairs


def test_a_critic_rejects_as_cull_does(result: BurstExamination, catalog: Catalog, critic: Critic) -> None:
    """What is worth so much less than the best of its burst; all others reject as many."""
    rejected = lost = right = 0
    for burst in result.bursts.each:
        looks = [look for look in catalog.looked(burst.frames, critic) if isinstance(look, Look)]
        values = choice_values(looks)
        is_rejected = values.max() - values >= REJECT_MARGIN
        rejected += int(is_rejected.sum())
        lost += int(is_rejected[np.array(burst.is_chosen)].sum())
        right += burst.is_chosen[int(values.argmax())]
    figures = figures_of(result)
    ours = figures["packaged, choice"]

    assert rejected > 1  # or this would say nothing
    assert lost > 0
    assert rejected == ours.reject_count
    assert right / 3 == pytest.approx(ours.top_1.value)
    assert 100 * lost / rejected == pytest.approx(ours.lost.value)
    for name in ("packaged, quality", "oracle", *RULES):
        assert rejected == pytest.approx(figures[name].reject_count)


@given(
    st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=6), min_size=1, max_size=6),
    st.floats(0, 1),
)
def test_as_many_are_rejected_as_were_asked_for(values: list[list[int]], share: float) -> None:
    """Never the best of its burst, unless it has an equal; never one before another that is farther behind."""
    standings = [tuple(burst_exam._standing(np.array(each, np.float64))) for each in values]
    spares = sum(len(each) - 1 for each in values)
    found = rejected_shares(standings, share * spares)  # type: ignore[arg-type]
    behind, rejected = np.concatenate([one[0] for one in standings]), np.concatenate(found)
    spare = np.concatenate([one[1] for one in standings])

    assert share * spares == pytest.approx(rejected.sum(), abs=1e-6)
    assert np.all((rejected >= 0) & (rejected <= spare + 1e-9))
    for last in behind[(rejected < spare - 1e-9)]:
        assert np.all(rejected[behind < last] == 0)


def test_a_photo_that_cannot_be_read_leaves_its_burst_out(folder: Path, catalog: Catalog, critic: Critic) -> None:
    """For all judges, counted, and told once."""
    bursts = made_bursts(folder, {"a": (True, False), "b": (True, False)})
    bursts.each[0].frames[1].write_bytes(b"no photo")
    failures: list[Failure] = []
    result = examined(bursts, {"one": critic, "two": critic}, catalog, failures=failures)

    assert ["b"] == [burst.name for burst in result.bursts.each]
    assert {"with a frame or a mark that cannot be read": 1} == result.bursts.left_out
    assert [bursts.each[0].frames[1]] == [failure.path for failure in failures]


def test_bursts_that_a_table_has_not_scored_are_left_out(folder: Path, catalog: Catalog, critic: Critic) -> None:
    """For all: judges are compared on the same bursts. Where none is left, that is an error."""
    bursts = made_bursts(folder, {"a": (True, False), "b": (True, False)})
    scores = dict.fromkeys(bursts.each[1].frames, 1.0) | {bursts.each[0].frames[0]: 1.0}
    result = examined(bursts, {"one": critic}, catalog, {"other": scores})

    assert ["b"] == [burst.name for burst in result.bursts.each]
    assert {"that a table has not scored in full": 1} == result.bursts.left_out
    with pytest.raises(InputError, match="none of 2 bursts of made can be judged by all"):
        examined(bursts, {"one": critic}, catalog, {"other": {}})


def test_wrong_requests_are_refused(folder: Path, catalog: Catalog, critic: Critic) -> None:
    """No critic, and a table that is called as a rule is."""
    bursts = made_bursts(folder, {"a": (True, False)})
    with pytest.raises(InputError, match="at least one critic"):
        examined(bursts, {}, catalog)
    with pytest.raises(InputError, match="'sharpest', as another judge is"):
        examined(bursts, {"one": critic}, catalog, {SHARPEST: {}})


def test_where_nothing_is_rejected_nothing_is_lost_or_kept(folder: Path, catalog: Catalog, critic: Critic) -> None:
    """There is no such figure, rather than a 0 that would look good; nor a top-3 of short bursts."""
    path = save(folder / "0.jpg")
    other = save(folder / "1.jpg", blur=0.3)
    bursts = Bursts("made", "this test", (Burst("a", (path, other), (True, False)),), {})
    result = examined(bursts, {"one": critic}, catalog)

    for each in result.judges:
        assert each.reject_count == 0
        assert np.isnan([*each.lost, *each.top_3]).all()


def test_no_keeper_lost_is_no_certainty() -> None:
    """By the rule of three: of 300 rejects none was a keeper, so up to 1 of 100 may be."""
    assert Interval(0, 0, 1) == burst_exam._of_100(Interval(0, 0, 0), 300)
    assert Interval(5, 2, 8) == pytest.approx(burst_exam._of_100(Interval(0.05, 0.02, 0.08), 300))


def test_misses_are_where_the_choice_was_another(result: BurstExamination) -> None:
    """The frame that the critic prefers was not chosen, the one beside it was; the surest mistake first."""
    chosen = chosen_frames(result.bursts)

    assert (1 - figures_of(result)["packaged, choice"].top_1.value) * 3 == pytest.approx(len(result.misses))
    assert all(miss.first not in chosen and miss.chosen in chosen for miss in result.misses)
    assert ["c", "b"] == [miss.burst for miss in result.misses]


def test_photos_that_a_critic_was_taught_on_are_counted(result: BurstExamination) -> None:
    """The card holds their hashes."""
    assert {"packaged": 0, "taught": 2} == result.taught_counts
