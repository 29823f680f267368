"""The plan of a cull: every photo of a shoot with its group, its pile, its stars and the reason. It changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from photocritic.core.alignment import CONSENSUS_MIN, deviations, rolls, stops
from photocritic.core.properties import boxes_subject, middle_subject
from photocritic.core.records import Aspect, Card, Failure, Rating
from photocritic.core.xmp_merge import Said
from photocritic.errors import InputError
from photocritic.shoot.choice import Candidate, Choice, Target, choose
from photocritic.shoot.decisions import OPEN, Decision
from photocritic.shoot.groups import WHOLE_KINDS, Frame, Kind, group_photos, likeness_vectors
from photocritic.shoot.looks import Look
from photocritic.shoot.photos import PhotoFiles
from photocritic.shoot.shoot import Shoot
from photocritic.shoot.worth import Evidence

# Where the eyes lie in the box of a face.
_EYES_TOP: Final = 0.25
_EYES_HEIGHT: Final = 0.3

# Frames that differ by no more agree: degrees that a hand wavers, and stops that the exposure varies.
_SAME_ROLL: Final = 1.0
_SAME_STOPS: Final = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """One photo of a shoot, and what is to become of it.

    Attributes:
        name: Its name within the shoot, ``/`` between folders; that of the file that was looked at.
        files: Its files, the one that was looked at first; a RAW file and the JPEG beside it are one photo.
        look: What is known of it.
        group: The number of its group, from 1, in the order of the plan.
        kind: What its group is.
        scene: The number of its scene, from 1.
        evidence: What its place in the group hangs on.
        choice: What was decided of it, and why.
        copy_of: The name of the photo whose exact copy it is; None if it is none.
        decision: What a person decided of it by eye; it is in the choice.
        proposal: The choice before a person's words were laid over it; None where it is the choice.
    """

    name: str
    files: tuple[Path, ...]
    look: Look
    group: int
    kind: Kind
    scene: int
    evidence: Evidence
    choice: Choice
    copy_of: str | None = None
    decision: Decision = OPEN
    proposal: Choice | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A shoot, decided.

    Attributes:
        photos: The photos, group after group as they were shot, in each group the best first; a series as it was
            shot.
        failures: What could not be looked at; it is left alone.
        card: The card of the critic that judged.
        model_id: The critic's id.
    """

    photos: tuple[Planned, ...]
    failures: tuple[Failure, ...]
    card: Card
    model_id: str

    @property
    def groups(self) -> list[list[Planned]]:
        """The photos of each group."""
        return [list(group) for _number, group in groupby(self.photos, key=lambda photo: photo.group)]


def plan_cull(shoot: Shoot, target: Target, *, overwrites_person: bool = False) -> Plan:
    """Decide a shoot. What a person picked is kept, and what they rejected is not.

    Args:
        shoot: The shoot. The same photos in another order give the same plan.
        target: What to keep, and how to sort the rest.
        overwrites_person: Whether what a person said counts for nothing.

    Returns:
        The plan.

    Raises:
        InputError: If the looks do not fit each other.
    """
    photos = sorted(shoot.photos, key=lambda pair: pair[0].name)
    looks = [look for _photo, look in photos]
    said = {} if overwrites_person else shoot.said
    frames = [
        Frame(photo.name, look.content, look.shot, look.tiles.sharpest_at, _precedence(photo, said.get(photo.name)))
        for photo, look in photos
    ]
    if len({look.assessment.embedding.shape for look in looks}) > 1:
        raise InputError(
            "the catalogue is damaged: its embeddings differ in length; move it away, to have it made anew"
        )
    embeddings = np.stack([look.assessment.embedding for look in looks]) if looks else np.empty((0, 1), np.float32)
    thumbnails = np.stack([look.grey for look in looks]) if looks else None
    grouping = group_photos(frames, embeddings, thumbnails)
    evidence: dict[int, Evidence] = {}
    for group in grouping.groups:
        evidence |= zip(group.rows, group_evidence([looks[row] for row in group.rows]), strict=True)
    candidates = [
        Candidate(
            name=frame.name,
            scene=int(grouping.scene_of[row]),
            group=int(grouping.group_of[row]),
            is_series=grouping.groups[grouping.group_of[row]].kind in WHOLE_KINDS,
            evidence=evidence[row],
            copy_of=None if grouping.copy_of[row] == row else frames[grouping.copy_of[row]].name,
            flag=_flag(said.get(frame.name)),
        )
        for row, frame in enumerate(frames)
    ]
    choices = choose(candidates, likeness_vectors(embeddings), target)
    as_shot = {row: place for group in grouping.groups for place, row in enumerate(group.rows)}
    order = sorted(
        range(len(photos)),
        key=lambda row: (
            grouping.group_of[row],
            choices[row].rank,
            candidates[row].copy_of is not None,
            as_shot[row],
        ),
    )
    planned = tuple(
        Planned(
            name=photos[row][0].name,
            files=photos[row][0].files,
            look=looks[row],
            group=int(grouping.group_of[row]) + 1,
            kind=grouping.groups[grouping.group_of[row]].kind,
            scene=int(grouping.scene_of[row]) + 1,
            evidence=evidence[row],
            choice=choices[row],
            copy_of=candidates[row].copy_of,
        )
        for row in order
    )
    return Plan(planned, shoot.failures, shoot.card, shoot.model_id)


def _flag(said: Said | Failure | None) -> Literal["pick", "reject"] | None:
    if not isinstance(said, Said):
        return None
    if said.rating == -1 or said.flag == "reject":
        return "reject"
    return "pick" if said.flag == "pick" else None


def _precedence(photo: PhotoFiles, said: Said | Failure | None) -> int:
    """Return which of exact copies comes first: never what a person rejected, then what they spoke of, then RAW files.

    Sidecars do not count: we write some ourselves.
    """
    if _flag(said) == "reject":
        return -1
    return 10 * (isinstance(said, Said) and said != Said()) + len(photo.files)


def group_evidence(looks: Sequence[Look]) -> list[Evidence]:
    """Return what is known of each photo of a group, all measured in one way.

    Sharpness is that of the eyes where every photo has faces, else that of the middle, where subjects mostly are.
    """
    focus: Literal["subject", "eyes"] = "eyes" if all(look.faces for look in looks) else "subject"
    measured = [_measured(look, focus) for look in looks]
    if len(looks) < CONSENSUS_MIN:
        return measured
    greys = np.stack([look.grey for look in looks])
    turned = rolls(greys, [look.assessment.width / look.assessment.height for look in looks])
    tilt = deviations(turned, _SAME_ROLL)
    lighter = deviations(stops(greys), _SAME_STOPS)
    return [replace(one, tilt=float(tilt[at]), lighter=float(lighter[at])) for at, one in enumerate(measured)]


def _measured(look: Look, focus: Literal["subject", "eyes"]) -> Evidence:
    height, width = look.tiles.tiles.shape[1:]
    properties = look.tiles.properties(_eyes(look) if focus == "eyes" else middle_subject((height, width)))
    appeal, quality = look.assessment.appeal, look.assessment.quality
    return Evidence(
        appeal=appeal.score,
        quality=None if quality is None else quality.score,
        appeal_points=_points(appeal.mean, appeal.aspect),
        quality_points=None if quality is None else _points(_mean_in_the_middle(quality), quality.aspect),
        detail=properties.detail_subject,
        focus=focus,
        motion=properties.motion,
        clipped=properties.clipped_high_whole,
        light=float(look.grey.mean()),
    )


def _eyes(look: Look) -> NDArray[np.float64]:
    return boxes_subject(
        [
            (face.left, face.top + _EYES_TOP * face.height, face.width, _EYES_HEIGHT * face.height)
            for face in look.faces or ()
        ],
        look.assessment.width,
        look.assessment.height,
    )


def _mean_in_the_middle(rating: Rating) -> float:
    means = rating.mean_map
    return rating.mean if means is None else float(np.average(means, weights=middle_subject(means.shape)))


def _points(mean: float, aspect: Aspect) -> float:
    """Return a mean rating as a share of its scale, 0 … 100."""
    scale = aspect.scale
    return 100 * (mean - scale.worst) / (scale.best - scale.worst)
