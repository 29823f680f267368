"""A small made-up world: people on three axes, photos on embeddings of twelve numbers, and persons who rate them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photocritic.core.records import Aspect, Assessment, Rating, Scale
from photocritic.taste.opinions import Opinions
from photocritic.taste.people import Design, People

MODEL = "made-1@0123456789ab"
SCALE = Scale((1, 2, 3, 4, 5, 6, 7), good_from=4, asks="beauty")
ASPECT = Aspect(SCALE, tuple(np.linspace(1, 7, 11).tolist()), "made")
WIDTH, AXES = 12, 3


def made_people(seed: int = 0, **changes: object) -> People:
    """Return people whose tastes differ along three axes of the embeddings' first numbers."""
    rng = np.random.default_rng(seed)
    axes = np.zeros((WIDTH, AXES), np.float32)
    axes[:AXES] = np.eye(AXES)
    axes[AXES:] = rng.normal(0, 0.05, (WIDTH - AXES, AXES)).round(2)
    fields: dict[str, object] = {
        "axes": axes,
        "offset": np.array([0.1, -0.1, 0.0]),
        "critic_mean": 4.5,
        "critic_std": 0.7,
        "slope": 0.75,
        "slope_var": 0.07,
        "noise_var": 2.0,
        "intercept_var": 0.05,
        "axis_var": 1.5,
        "model": MODEL,
        "about": "made-up people",
        "rater_count": 100,
        "trait_slopes": {
            "brightness": np.array([0.1, -0.8, 0.0, 0.0]),
            "saturation": np.array([0.0, 0.0, 0.5, 0.0]),
            "sharpness": np.array([0.2, 0.0, 0.0, 0.0]),
        },
        "trait_count": 50,
    } | changes
    return People(**fields)  # type: ignore[arg-type]


def made_photos(count: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return embeddings and the critic's means of photos."""
    rng = np.random.default_rng(seed)
    embeddings = rng.normal(0, 0.6, (count, WIDTH)).astype(np.float32)
    return embeddings, np.clip(rng.normal(4.5, 0.7, count), 1.2, 6.8)


def made_design(count: int, seed: int = 0) -> Design:
    """Return photos as the people's model sees them."""
    return made_people().design(*made_photos(count, seed))


def made_opinions(
    count: int,
    seed: int = 0,
    *,
    numbers: Sequence[float] = (0, 0, 2, 0, 0),
    shoots: int = 8,
    pair_count: int = 0,
    level_count: int = 5,
    is_rated: bool = True,
) -> Opinions:
    """Return what a person says whose ``(a, d, u)`` are these; noise and all."""
    people, rng = made_people(), np.random.default_rng(seed + 1000)
    embeddings, means = made_photos(count, seed)
    design = people.design(embeddings, means)
    liking = design.prior + design.rows @ np.asarray(numbers, float)
    votes = liking + rng.normal(0, people.noise_var**0.5, count)
    edges = np.quantile(liking, np.linspace(0, 1, level_count + 1)[1:-1]) if count else np.empty(0)
    pairs = np.array([rng.permutation(count)[:2] for _pair in range(pair_count)], np.int64).reshape(-1, 2)
    gaps = liking[pairs[:, 0]] - liking[pairs[:, 1]] + rng.normal(0, (2 * people.noise_var) ** 0.5, pair_count)
    pairs[gaps < 0] = pairs[gaps < 0][:, ::-1]
    return Opinions(
        names=tuple(f"shoot {at % shoots}/photo {at}.jpg" for at in range(count)),
        embeddings=embeddings,
        means=means,
        levels=np.searchsorted(edges, votes).astype(np.int64) if is_rated else np.full(count, -1),
        level_names=tuple(str(level + 1) for level in range(level_count)),
        groups=np.arange(count) % shoots,
        pairs=pairs,
    )


def made_assessment(seed: int = 0, *, mean: float = 4.5, has_map: bool = True, model_id: str = MODEL) -> Assessment:
    """Return what the critic says of a photo, its map and all."""
    rng = np.random.default_rng(seed)
    levels = np.asarray(SCALE.levels)
    logits = -((levels - mean) ** 2) / 3
    places = rng.normal(0, 1, (7, 3, 4))
    logit_map = (logits[:, None, None] + places - places.mean(axis=(1, 2), keepdims=True)).astype(np.float32)
    odds = np.exp(logit_map.mean(axis=(1, 2), dtype=np.float64))
    return Assessment(
        path=Path(f"photo {seed}.jpg"),
        appeal=Rating(odds / odds.sum(), logit_map if has_map else None, ASPECT),
        quality=None,
        embedding=rng.normal(0, 0.6, WIDTH).astype(np.float32),
        width=60,
        height=40,
        taken_at=None,
        model_id=model_id,
    )
