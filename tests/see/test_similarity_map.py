"""The map: every photo in a cell of its own, alike ones near, and the same map again."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from photocritic import InputError
from photocritic.see import similarity_map as room
from photocritic.see import trust
from photocritic.see.similarity_map import (
    STEPS,
    grid_size,
    likeness_features,
    placed,
    similarity_map,
    snapped,
)
from photocritic.see.trust import trustworthiness


def embeddings(count: int, subjects: int = 8, seed: int = 0) -> NDArray[np.float32]:
    """Return embeddings of photos of some subjects."""
    rng = np.random.default_rng(seed)
    shown = rng.gamma(0.25, size=(subjects, 120))[np.arange(count) % subjects]
    return (shown + 0.5 * rng.gamma(0.25, size=(count, 120))).astype(np.float32)


@given(st.integers(1, 5000))
def test_a_grid_has_room_and_little_to_spare(count: int) -> None:
    """Less than a row stays empty, and it is wider than high."""
    columns, rows = grid_size(count)

    assert columns * (rows - 1) < count <= columns * rows
    assert 1 <= columns / rows <= 2


@given(st.integers(1, 90), st.integers(0, 5), st.integers(4, 90))
def test_every_photo_has_a_cell_of_its_own(count: int, seed: int, exact_max: int) -> None:
    """Assigned at once or in blocks; the empty cells are the last ones."""
    points = np.random.default_rng(seed).normal(size=(count, 2)).round(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "EXACT_MAX", exact_max)
        cells = snapped(points, *grid_size(count))

    assert len(set(cells.tolist())) == count
    assert 0 <= cells.min()
    assert cells.max() < grid_size(count)[0] * grid_size(count)[1]
    if count <= exact_max:
        assert cells.max() == count - 1


def test_what_lies_on_a_grid_stays_there() -> None:
    """Exactly, and in blocks too."""
    down, across = np.divmod(np.random.default_rng(0).permutation(20 * 30), 30)
    points = np.stack([across * 3.0, down * 0.5], axis=1)
    for exact_max in (2500, 100):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(room, "EXACT_MAX", exact_max)
            cells = snapped(points, 30, 20)

        moved = np.hypot(cells % 30 - across, cells // 30 - down)
        assert moved.mean() < 0.5


def test_features_are_standardised_and_of_one_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """As NumPy has it, though in blocks; a feature that is always the same tells nothing."""
    monkeypatch.setattr(room, "_BLOCK_ROWS", 7)
    looks = embeddings(50)
    looks[:, 3] = 2
    features = likeness_features(looks)
    wide = looks.astype(np.float64)
    standard = (wide - wide.mean(axis=0)) / np.maximum(wide.std(axis=0), 1e-6)

    assert features == pytest.approx(standard / np.linalg.norm(standard, axis=1, keepdims=True), abs=1e-5)


@pytest.mark.parametrize("shape", [(300, 80), (30, 120), (90, 3)])
def test_components_are_those_of_scikit_learn(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """But for their signs, though in blocks; in float32 as in float64."""
    monkeypatch.setattr(room, "_BLOCK_ROWS", 64)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=shape) * 0.8 ** np.arange(shape[1]) + 5
    count = min(10, *shape)
    expected = PCA(count, svd_solver="full").fit_transform(vectors)
    for found in (room._principal(vectors, 10, 0), room._principal(vectors.astype(np.float32), 10, 0)):
        assert found.shape == (shape[0], count)
        assert np.abs(found) == pytest.approx(np.abs(expected), abs=1e-3)


def test_embeddings_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the features only some blocks of rows are in memory, and what is far less wide."""
    monkeypatch.setattr(room, "_BLOCK_ROWS", 256)
    looks = np.random.default_rng(0).random((3000, 1000), np.float32).astype(np.float16)
    tracemalloc.start()
    features = likeness_features(looks)
    room._principal(features, 10, 0)
    _now, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak_bytes < 1.8 * features.nbytes


def test_neighbourhoods_are_kept_far_better_than_by_chance() -> None:
    """By t-SNE, and on the grid; in blocks a little less."""
    features = likeness_features(embeddings(400))
    points = placed(features, seed=0)
    columns, rows = grid_size(400)
    at_once = snapped(points, columns, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "EXACT_MAX", 60)
        in_blocks = snapped(points, columns, rows)
    shuffled = np.random.default_rng(0).permutation(at_once)
    grids = [np.stack([cells % columns, cells // columns], axis=1) for cells in (at_once, in_blocks, shuffled)]
    by_tsne, exact, blocks, chance = trustworthiness(features, [points, *grids], 0) or [0] * 4

    assert by_tsne > 0.9
    assert exact > 0.8
    assert blocks > 0.75
    assert 0.4 < chance < 0.6


def test_seed_and_embeddings_decide_the_map() -> None:
    """The same give the same; another seed another map."""
    looks = embeddings(60)
    one, same, other = (similarity_map(looks, seed=seed).cells for seed in (0, 0, 1))

    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 25])
def test_few_photos_make_a_map(count: int) -> None:
    """A folder of one, and so on."""
    found = similarity_map(embeddings(count))

    assert sorted(found.cells.tolist()) == list(range(count))
    assert (found.trust is None) == (count <= 20)


@pytest.mark.parametrize("count", [2, 30])
def test_copies_of_one_photo_make_a_map(count: int) -> None:
    """There is nothing to tell them apart by."""
    found = similarity_map(np.repeat(embeddings(1), count, axis=0))

    assert sorted(found.cells.tolist()) == list(range(count))


def test_copies_among_others_lie_side_by_side() -> None:
    """Nothing is more alike."""
    looks = embeddings(64)
    looks[40] = looks[3]
    found = similarity_map(looks)
    down, across = np.divmod(found.cells[[3, 40]], found.columns)

    assert np.hypot(np.diff(down), np.diff(across))[0] < 3


def test_progress_is_told_to_the_end() -> None:
    """Also where there is nothing to do."""
    for count in (2, 40):
        told: list[int] = []
        similarity_map(embeddings(count), watch=told.append)

        assert told == sorted(told)
        assert told[-1] == STEPS


def test_many_photos_are_laid_out_by_approximate_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same map in kind, and judged by some of them."""
    monkeypatch.setattr(room, "_EXACT_NEIGHBOURS_MAX", 100)
    monkeypatch.setattr(trust, "MEASURED_MAX", 200)
    found = similarity_map(embeddings(300))

    assert len(set(found.cells.tolist())) == 300
    assert (found.trust or 0) > 0.85


@pytest.mark.parametrize("wrong", [np.empty((0, 4)), np.full((3, 4), np.nan), np.zeros(4)])
def test_wrong_embeddings_are_refused(wrong: NDArray[np.float64]) -> None:
    """Before anything is done."""
    with pytest.raises(InputError, match="finite embeddings"):
        similarity_map(wrong)


def test_a_map_stands_on_squares() -> None:
    """One a cell."""
    found = similarity_map(embeddings(7))
    mosaic = found.mosaic(pixels=1_000_000, row_px=96)

    assert (mosaic.width, mosaic.height) == (found.columns * 96, found.rows * 96)
    assert {(place.width, place.height) for place in mosaic.places} == {(96, 96)}
    assert {place.photo: (place.left, place.top) for place in mosaic.places} == {
        photo: (int(cell % found.columns) * 96, int(cell // found.columns) * 96)
        for photo, cell in enumerate(found.cells)
    }
