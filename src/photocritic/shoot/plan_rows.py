"""A plan as rows, for JSON and CSV: one row a photo, failures too."""

from collections.abc import Iterator
from typing import Final

from photocritic.core.rows import Row, path_text, personal_values
from photocritic.shoot.plan import Plan, Planned

PLAN_FIELDS: Final = (
    "name",
    "files",
    "pile",
    "stars",
    "reason",
    "scene",
    "group",
    "kind",
    "rank",
    "score",
    "std",
    "quality",
    "detail",
    "focus",
    "motion",
    "tilt",
    "clipped",
    "taken_at",
    "model",
    "error",
    "crowd_score",
    "crowd_mean",
    "personal_std",
    "taste",
)
"""What a row tells; ``detail``, ``motion``, ``tilt`` and ``clipped`` as `Evidence` has them."""


def plan_rows(plan: Plan) -> Iterator[Row]:
    """Yield a row for each photo of a plan, in its order, then one for each failure; what does not apply is None."""
    for photo in plan.photos:
        yield _row(photo, plan.model_id)
    for failure in plan.failures:
        row: Row = dict.fromkeys(PLAN_FIELDS)
        path = None if failure.path is None else path_text(failure.path)
        yield row | {"name": path, "files": [path], "model": plan.model_id, "error": failure.reason}


def _row(photo: Planned, model_id: str) -> Row:
    look, evidence, choice = photo.look, photo.evidence, photo.choice
    quality = evidence.quality
    taken_at = look.shot.taken_at
    return dict.fromkeys(PLAN_FIELDS) | {
        "name": photo.name,
        "files": [path_text(path) for path in photo.files],
        "pile": choice.pile.value,
        "stars": choice.stars,
        "reason": choice.reason,
        "scene": photo.scene,
        "group": photo.group,
        "kind": photo.kind,
        "rank": choice.rank,
        "score": round(evidence.appeal, 1),
        "std": round(look.assessment.appeal.std, 4),
        "quality": None if quality is None else round(quality, 1),
        "detail": round(evidence.detail, 4),
        "focus": evidence.focus,
        "motion": round(evidence.motion, 4),
        "tilt": round(evidence.tilt, 1),
        "clipped": round(evidence.clipped, 4),
        "taken_at": None if taken_at is None else taken_at.isoformat(),
        "model": model_id,
        **personal_values(look.assessment.personal),
    }
