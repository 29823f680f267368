"""A shoot, decided."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from photocritic import Critic, Failure
from photocritic.core.faces import Face
from photocritic.core.properties import tile_map
from photocritic.core.shots import Shot
from photocritic.core.xmp_merge import Said
from photocritic.shoot.choice import Pile, Target
from photocritic.shoot.looks import Look
from photocritic.shoot.photos import PhotoFiles
from photocritic.shoot.plan import Plan, plan_cull
from photocritic.shoot.shoot import Shoot
from tests.shoot.made import START, made_look


def _shot(critic: Critic, name: str, seed: int, after_s: float) -> tuple[PhotoFiles, Look]:
    path = Path(name)
    shot = Shot(taken_at=START + timedelta(seconds=after_s), width=600, height=400)
    return PhotoFiles(name, (path,)), made_look(critic, path, seed, shot=shot)


@pytest.fixture
def shoot(critic: Critic) -> list[tuple[PhotoFiles, Look]]:
    """A burst of three, another photo, and a scene an hour later."""
    return [
        *(_shot(critic, f"IMG_{number}.jpg", 1, number / 2) for number in range(3)),
        _shot(critic, "IMG_3.jpg", 2, 60),
        _shot(critic, "IMG_4.jpg", 3, 4000),
    ]


def _planned(
    critic: Critic, photos: Sequence[tuple[PhotoFiles, Look]], target: Target, failures: Sequence[Failure] = ()
) -> Plan:
    return plan_cull(Shoot(tuple(photos), {}, tuple(failures), critic.card, critic.model.id), target)


def _names(plan: Plan) -> list[list[str]]:
    return [[photo.name for photo in group] for group in plan.groups]


def test_a_plan_stands_in_groups_as_they_were_shot(critic: Critic, shoot: list[tuple[PhotoFiles, Look]]) -> None:
    """Numbered from 1, like the scenes."""
    plan = _planned(critic, shoot, Target())

    assert [["IMG_0.jpg", "IMG_1.jpg", "IMG_2.jpg"], ["IMG_3.jpg"], ["IMG_4.jpg"]] == _names(plan)
    assert [1, 1, 1, 2, 3] == [photo.group for photo in plan.photos]
    assert [1, 1, 1, 1, 2] == [photo.scene for photo in plan.photos]
    assert ["burst"] * 3 + ["single"] * 2 == [photo.kind for photo in plan.photos]
    assert [1, 2, 3, 1, 1] == [photo.choice.rank for photo in plan.photos]


def test_the_order_of_the_files_decides_nothing(critic: Critic, shoot: list[tuple[PhotoFiles, Look]]) -> None:
    """The same photos give the same plan."""
    expected = _planned(critic, shoot, Target(keep_count=2))
    for seed in range(5):
        random.Random(seed).shuffle(shoot)  # noqa: S311 - not for secrets
        plan = _planned(critic, shoot, Target(keep_count=2))

        assert _names(expected) == _names(plan)
        assert [photo.choice for photo in expected.photos] == [photo.choice for photo in plan.photos]


def test_the_best_of_a_group_comes_first(critic: Critic, shoot: list[tuple[PhotoFiles, Look]]) -> None:
    """Whatever was shot first."""
    quality = shoot[0][1].assessment.quality
    assert quality is not None
    best = np.zeros_like(quality.probs)
    best[-1] = 1
    shoot[2] = (shoot[2][0], _with_quality(shoot[2][1], best))

    plan = _planned(critic, shoot, Target())

    assert "IMG_2.jpg" == plan.photos[0].name
    assert Pile.KEEP is plan.photos[0].choice.pile
    assert "best of 3: quality 100 against" in plan.photos[0].choice.reason


def _with_quality(look: Look, probs: NDArray[np.float64]) -> Look:
    assert look.assessment.quality is not None
    quality = replace(look.assessment.quality, probs=probs)
    return replace(look, assessment=replace(look.assessment, quality=quality))


def test_copies_are_named_by_their_original(critic: Critic, shoot: list[tuple[PhotoFiles, Look]]) -> None:
    """And stand behind it."""
    shoot.append((PhotoFiles("a/IMG_3.jpg", (Path("a/IMG_3.jpg"),)), shoot[3][1]))

    plan = _planned(critic, shoot, Target(reject_margin=30))

    assert ["IMG_3.jpg", "a/IMG_3.jpg"] == _names(plan)[1]
    assert ["duplicates"] * 2 == [photo.kind for photo in plan.groups[1]]
    assert "the same photo as IMG_3.jpg" == plan.groups[1][1].choice.reason
    assert [Pile.KEEP, Pile.REJECT] == [photo.choice.pile for photo in plan.groups[1]]


def test_the_original_of_copies_is_what_a_person_spoke_of_and_never_what_they_rejected(
    critic: Critic, shoot: list[tuple[PhotoFiles, Look]]
) -> None:
    """Else the photo would be lost with its rejected copy."""
    shoot = [shoot[3], (PhotoFiles("a/IMG_3.jpg", (Path("a/IMG_3.jpg"),)), shoot[3][1])]

    def kept(said: dict[str, Said | Failure]) -> list[str]:
        looked = Shoot(tuple(shoot), said, (), critic.card, critic.model.id)
        plan = plan_cull(looked, Target(reject_margin=25))
        return [photo.name for photo in plan.photos if photo.choice.pile is Pile.KEEP]

    assert ["IMG_3.jpg"] == kept({})
    assert ["a/IMG_3.jpg"] == kept({"a/IMG_3.jpg": Said(4)})
    assert ["a/IMG_3.jpg"] == kept({"IMG_3.jpg": Said(-1)})
    assert ["IMG_3.jpg"] == kept({"a/IMG_3.jpg": Said(flag="reject")})


def test_sharpness_is_that_of_the_eyes_where_all_frames_have_faces(critic: Critic) -> None:
    """Else that of what the critic sees as the subject."""
    rng = np.random.default_rng(0)
    sharp_left = np.full((400, 600), 128, np.uint8)
    sharp_left[:, :300] = rng.integers(0, 256, (400, 300), dtype=np.uint8)
    face = Face(400, 100, 150, 150, None)
    shoot = [_shot(critic, f"{name}.jpg", 1, 0.5) for name in "ab"]
    tiles = [tile_map(sharp_left), tile_map(sharp_left[:, ::-1].copy())]

    def details(faces: tuple[Face, ...] | None) -> tuple[list[str], bool]:
        looks = [
            (files, replace(look, tiles=some, faces=faces)) for (files, look), some in zip(shoot, tiles, strict=True)
        ]
        photos = {photo.name: photo.evidence for photo in _planned(critic, looks, Target()).photos}
        return [one.focus for one in photos.values()], photos["b.jpg"].detail > 2 * photos["a.jpg"].detail

    assert (["eyes", "eyes"], True) == details((face,))
    assert (["subject", "subject"], False) == details(())
    assert (["subject", "subject"], False) == details(None)


def test_an_empty_shoot_is_a_plan(critic: Critic) -> None:
    """With what could not be looked at."""
    failure = Failure(Path("a.jpg"), "it is damaged")
    plan = _planned(critic, [], Target(keep_count=3), [failure])

    assert ((), (failure,), []) == (plan.photos, plan.failures, plan.groups)
