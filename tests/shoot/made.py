"""Looks and plans that no photo was opened for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from photocritic import Critic
from photocritic.core.properties import TILE_CHANNELS, TileMap
from photocritic.core.records import Assessment, Rating
from photocritic.core.shots import Shot
from photocritic.shoot.choice import Choice, Pile
from photocritic.shoot.looks import Look
from photocritic.shoot.plan import Plan, Planned
from photocritic.shoot.worth import Evidence

START = datetime(2026, 5, 1, 9)  # noqa: DTZ001 - cameras know no zones


def made_look(critic: Critic, path: Path, seed: int = 0, **fields: Any) -> Look:
    """Return a look at a photo that shows what the seed says."""
    rng = np.random.default_rng(seed)
    appeal, quality = (
        Rating(rng.dirichlet(np.ones(len(aspect.scale.levels))), None, aspect)
        for aspect in (critic.card.appeal, critic.card.quality)
        if aspect is not None
    )
    assessment = Assessment(
        path=path,
        appeal=appeal,
        quality=quality,
        embedding=rng.gamma(0.25, size=400).astype(np.float32),
        width=600,
        height=400,
        taken_at=None,
        model_id=critic.model.id,
    )
    look = Look(
        assessment=assessment,
        shot=Shot(taken_at=START, width=600, height=400),
        tiles=TileMap(rng.uniform(0, 1, (len(TILE_CHANNELS), 16, 24)).astype(np.float16), 1.0),
        grey=rng.integers(0, 256, (32, 32), dtype=np.uint8),
        content=path.name.encode().hex().ljust(32, "0"),
        is_new=True,
    )
    return replace(look, **fields)


def made_plan(critic: Critic, photos: Sequence[tuple[tuple[Path, ...], Pile, int]]) -> Plan:
    """Return a plan of photos, each with its files, its pile and its stars."""
    evidence = Evidence(60, 70, 60, 70, detail=4.0, focus="subject", motion=0.0, clipped=0.0, light=100.0)
    planned = tuple(
        Planned(
            name=files[0].name,
            files=files,
            look=made_look(critic, files[0], seed=number),
            group=number,
            kind="single",
            scene=1,
            evidence=evidence,
            choice=Choice(1, pile, stars, "no other like it"),
        )
        for number, (files, pile, stars) in enumerate(photos, start=1)
    )
    return Plan(planned, (), critic.card, critic.model.id)
