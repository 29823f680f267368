"""The map: photos that a critic sees alike lie side by side, on a grid without overlap.

t-SNE of the critic's embeddings (van der Maaten & Hinton 2008; openTSNE's implementation, which interpolates the
gradient and so grows about linearly, Linderman et al. 2019) lays photos out in the plane; then each is given a cell of
a grid so that all together move as little as possible. `similarity_map` knows nothing of pixels.

The features of an embedding are all positive and most photos have most of them in common, so each is standardised
first; what counts is the angle between two photos, as for look-alikes (`photocritic.core.neighbours`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from photocritic.core.images import MAX_PIXELS
from photocritic.core.records import Failure
from photocritic.core.words import counted
from photocritic.critic.critic import Critic
from photocritic.errors import InputError, MissingExtraError
from photocritic.see.colours import score_colour
from photocritic.see.drawing import NOBODY, Drawn, Picture, Watcher, write_picture_of
from photocritic.see.looking import Seen
from photocritic.see.mosaic import PICTURE_ASPECT, Mosaic, Place, row_height
from photocritic.see.mosaic_page import About
from photocritic.see.output import Room
from photocritic.see.trust import NEIGHBOURS, trustworthiness
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.photos import PhotoFiles

EXACT_MAX: Final = 2500
"""Up to so many photos the grid is assigned at once and exactly; beyond, in blocks of at most so many."""

STEPS: Final = 750
"""The steps of t-SNE: 250 with exaggerated likeness, then 500."""

_EXACT_NEIGHBOURS_MAX: Final = 10_000
_TSNE_MIN: Final = 8
_PERPLEXITY: Final = 30
_COMPONENTS: Final = 50
_SPARE: Final = 10  # more components than are wanted, so that those that are wanted come out right
_ROUNDS: Final = 7
_STEPS_AT_ONCE: Final = 10
_BLOCK_ROWS: Final = 2048

_Number = TypeVar("_Number", bound=np.number[Any])


@dataclass(frozen=True, slots=True, eq=False)
class SimilarityMap:
    """Photos on a grid.

    Attributes:
        columns: How many columns the grid has.
        rows: How many rows.
        cells: The cell of each photo, counted along the rows, shape ``(N,)``; no two are the same.
        trust: How well the neighbourhoods that t-SNE shows can be trusted, see `trustworthiness`; None for too few
            photos to tell.
        grid_trust: The same of the grid.
    """

    columns: int
    rows: int
    cells: NDArray[np.int64]
    trust: float | None
    grid_trust: float | None

    def mosaic(self, *, pixels: int, row_px: int) -> Mosaic:
        """Return where each photo stands, as squares.

        Args:
            pixels: About how many pixels the picture has at most.
            row_px: How large a square is at most.
        """
        side = row_height(self.columns * self.rows, pixels, row_px)
        order = np.argsort(self.cells)
        return Mosaic(
            self.columns * side,
            side,
            self.rows,
            tuple(
                Place(int(photo), int(cell % self.columns) * side, int(cell // self.columns) * side, side, side)
                for photo, cell in zip(order, self.cells[order], strict=True)
            ),
        )


def check_mapping() -> None:
    """Raise MissingExtraError if no map can be made; to be asked before the work is done."""
    try:
        import openTSNE  # noqa: F401
    except ImportError as err:
        raise MissingExtraError("A map of photos", "map") from err


def write_map(
    photos: Iterable[PhotoFiles | Failure],
    output: Path,
    critic: Critic,
    catalog: Catalog,
    *,
    seed: int = 0,
    is_coloured: bool = False,
    jobs: int | None = None,
    max_pixels: int = MAX_PIXELS,
    watcher: Watcher = NOBODY,
) -> Drawn:
    """Write a map of photos: one picture, or a page to zoom in.

    Args:
        photos: The photos, such as `photos_to_show` returns.
        output: Where it goes: ``.png`` or ``.jpg`` for one picture, ``.html`` for a page.
        critic: Who sees what is alike.
        catalog: What was seen before.
        seed: Another seed gives another map.
        is_coloured: Whether each photo is framed in the colour of its score.
        jobs: How many photos to look at in parallel; the number of usable cores if not given.
        max_pixels: Larger photos become failures.
        watcher: Is told how it comes about.

    Returns:
        What was made; its note says how well neighbourhoods are kept.

    Raises:
        InputError: As `write_picture_of`.
        MissingExtraError: If openTSNE is not installed.
    """
    check_mapping()

    def arranged(shown: Sequence[Seen], embeddings: NDArray[np.float16], room: Room) -> Picture:
        steps = watcher.steps(STEPS, f"laying out {counted(len(shown), 'photo')} by t-SNE")
        found = similarity_map(embeddings, seed=seed, watch=steps)
        note = ""
        if found.trust is not None and found.grid_trust is not None:
            note = (
                f"Trustworthiness of the {NEIGHBOURS} nearest neighbours: {found.trust:.3f} by t-SNE, "
                f"{found.grid_trust:.3f} on the grid (1 is perfect, 0.5 chance)."
            )
        title = f"{counted(len(shown), 'photo')}, alike ones side by side"
        kept = (note,) if note else ()
        about = About(
            title=title,
            facts=("Photos lie where the critic sees others like them.", *kept, f"Seen by {critic.model.id}."),
            words=f"{title}, on a grid of {found.columns} by {found.rows}",
            walks_in_order=False,
            has_colours=True,
            is_coloured=is_coloured,
        )
        frames = [score_colour(photo.score) for photo in shown] if is_coloured else None
        return Picture(found.mosaic(pixels=room.pixels, row_px=room.row_px), about, frames, note)

    return write_picture_of(
        photos,
        output,
        critic,
        catalog,
        arranged,
        has_embeddings=True,
        jobs=jobs,
        max_pixels=max_pixels,
        watcher=watcher,
    )


def similarity_map(
    embeddings: NDArray[np.floating], *, seed: int = 0, watch: Callable[[int], object] = lambda _steps: None
) -> SimilarityMap:
    """Return a map of photos. The same embeddings and seed give the same map, on one machine.

    Args:
        embeddings: Finite, shape ``(N, D)``; at least one.
        seed: Where chance begins.
        watch: Is told how many of `STEPS` are done.

    Raises:
        InputError: If an embedding is not finite, or there is none.
        MissingExtraError: If openTSNE is not installed.
    """
    if embeddings.ndim != 2 or not len(embeddings) or not all(np.isfinite(some).all() for some in _blocks(embeddings)):
        raise InputError(f"a map needs finite embeddings of shape (N, D), N >= 1; got {embeddings.shape}")
    check_mapping()
    features = likeness_features(embeddings)
    points = placed(features, seed=seed, watch=watch)
    columns, rows = grid_size(len(features))
    cells = snapped(points, columns, rows)
    on_grid = np.stack([cells % columns, cells // columns], axis=1)
    trust, grid_trust = trustworthiness(features, [points, on_grid], seed) or (None, None)
    return SimilarityMap(columns, rows, cells, trust, grid_trust)


def likeness_features(embeddings: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return vectors whose distances tell how unlike photos are: standardised features, each photo's of length 1.

    Args:
        embeddings: Shape ``(N, D)``.

    Returns:
        Shape ``(N, D)``; zeros for a photo that is like the mean of all.
    """
    mean = embeddings.mean(axis=0, dtype=np.float64)
    # NumPy's std would copy all of them as float64.
    variance = sum(((block - mean) ** 2).sum(axis=0) for block in _blocks(embeddings)) / len(embeddings)
    spread = np.maximum(np.sqrt(variance), 1e-6)
    features = np.empty(embeddings.shape, np.float32)
    for block, unlike in zip(_blocks(embeddings), _blocks(features), strict=True):
        standard = (block - mean) / spread
        unlike[:] = standard / np.maximum(np.linalg.norm(standard, axis=1, keepdims=True), 1e-12)
    return features


def placed(
    features: NDArray[np.float32], *, seed: int, watch: Callable[[int], object] = lambda _steps: None
) -> NDArray[np.float64]:
    """Return where t-SNE puts photos in the plane, its longer extent across.

    Of fewer than eight photos no neighbourhoods can be told, and all may be copies of one: there the two principal
    components are all there is. t-SNE begins at these, too, as that keeps the large whole as it is (Kobak & Berens
    2019); the seed moves each photo a little from there.

    Args:
        features: Of each photo, shape ``(N, D)``.
        seed: Where chance begins.
        watch: Is told how many of `STEPS` are done.

    Returns:
        Shape ``(N, 2)``.
    """
    components = _principal(features, _COMPONENTS, seed)
    points: NDArray[np.float64] = components[:, :2].astype(np.float64)
    if len(features) >= _TSNE_MIN and points.any():
        from openTSNE import TSNE

        done = 0

        def report(*_state: object) -> None:
            nonlocal done
            done += _STEPS_AT_ONCE
            watch(done)

        begin = points / points[:, 0].std() + np.random.default_rng(seed).normal(0, 0.1, points.shape)
        tsne = TSNE(
            perplexity=min(_PERPLEXITY, (len(features) - 1) / 3),
            initialization=1e-4 * begin,
            neighbors="exact" if len(features) <= _EXACT_NEIGHBOURS_MAX else "annoy",
            random_state=seed,
            n_jobs=1,  # sums of several threads differ from run to run
            callbacks=report,
            callbacks_every_iters=_STEPS_AT_ONCE,
        )
        points = np.asarray(tsne.fit(components), np.float64)
    watch(STEPS)
    return _principal(points, 2, seed)


def grid_size(count: int) -> tuple[int, int]:
    """Return the columns and rows of a grid for so many photos, of which few cells stay empty: less than a row.

    Example:
        >>> grid_size(1), grid_size(9), grid_size(1000)
        ((1, 1), (3, 3), (40, 25))
    """
    best = sqrt(count * PICTURE_ASPECT)
    near = range(max(1, int(best * 0.9)), ceil(best * 1.1) + 1)
    columns = min(near, key=lambda columns: (-count % columns, abs(columns - best)))
    return columns, ceil(count / columns)


def snapped(points: NDArray[np.float64], columns: int, rows: int) -> NDArray[np.int64]:
    """Return the cell of a grid for each point.

    Points are first spread out evenly along each axis, by their ranks; then assigned so that the sum of their squared
    ways is least. That is exact up to `EXACT_MAX` points. More are split at the middle of the longer side, the grid
    likewise, until that few are left: neighbours across a cut may part, the order along each axis stays. Empty cells
    are the last ones.

    Args:
        points: Shape ``(N, 2)``.
        columns: Of the grid.
        rows: Of the grid; it has at least N cells.

    Returns:
        Shape ``(N,)``, each ``row * columns + column``, no two the same.

    Example:
        >>> snapped(np.array([[9.0, 5.0], [-3.0, 0.0], [0.0, 1.0], [1.0, -7.0]]), 4, 1).tolist()
        [3, 0, 1, 2]
    """
    cells = np.empty(len(points), np.int64)
    waiting = [(np.arange(len(points)), 0, 0, columns, rows)]
    while waiting:
        members, left, top, width, height = waiting.pop()
        if len(members) <= EXACT_MAX:
            cells[members] = _assigned(points[members], (left, top), (width, height), columns)
            continue
        axis = 0 if width >= height else 1
        half = (width, height)[axis] // 2
        order = members[np.argsort(points[members, axis], kind="stable")]
        room = half * (height, width)[axis]
        low, high = order[:room], order[room:]
        if axis == 0:
            waiting += [(low, left, top, half, height), (high, left + half, top, width - half, height)]
        else:
            waiting += [(low, left, top, width, half), (high, left, top + half, width, height - half)]
    return cells


def _principal(vectors: NDArray[np.floating], count: int, seed: int) -> NDArray[np.float64]:
    """Return the first principal components, at least two; zeros where there is no difference.

    By subspace iteration (Halko, Martinsson & Tropp 2011, algorithm 4.4) in blocks of rows: the vectors of 50,000
    photos are not copied.
    """
    width = vectors.shape[1]
    found = min(count, *vectors.shape)
    mean = vectors.mean(axis=0, dtype=np.float64)
    basis = np.random.default_rng(seed).normal(size=(width, min(found + _SPARE, *vectors.shape)))
    for _round in range(_ROUNDS):
        basis, _rest = np.linalg.qr(sum(part.T @ (part @ basis) for part in _centred(vectors, mean)))
    projected = np.concatenate([part @ basis for part in _centred(vectors, mean)])
    left, lengths, _turn = np.linalg.svd(projected, full_matrices=False)
    components = np.zeros((len(vectors), max(2, found)))
    if np.ptp(vectors, axis=0).any():
        components[:, :found] = (left * lengths)[:, :found]
    return components


def _centred(vectors: NDArray[np.floating], mean: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    return (block - mean for block in _blocks(vectors))


def _blocks(vectors: NDArray[_Number]) -> Iterator[NDArray[_Number]]:
    return (vectors[start : start + _BLOCK_ROWS] for start in range(0, len(vectors), _BLOCK_ROWS))


def _assigned(
    points: NDArray[np.float64], corner: tuple[int, int], size: tuple[int, int], columns: int
) -> NDArray[np.int64]:
    """Return the cells of a block of the grid for as many points, or fewer."""
    from scipy.optimize import linear_sum_assignment

    down, across = np.divmod(np.arange(len(points)), size[0])
    centres = np.stack([across + 0.5, down + 0.5], axis=1)
    ranks = points.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    even = (ranks + 0.5) / max(len(points), 1) * (size[0], len(points) / size[0])
    ways = sum((even[:, np.newaxis, axis] - centres[np.newaxis, :, axis]) ** 2 for axis in (0, 1))
    _points, chosen = linear_sum_assignment(ways)
    cells: NDArray[np.int64] = (corner[1] + down[chosen]) * columns + corner[0] + across[chosen]
    return cells
