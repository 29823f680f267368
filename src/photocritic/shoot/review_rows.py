"""A reviewed plan as plain values, for whoever shows it: groups of photos with what was proposed, said and decided.

Photos are named by ids, which tell nothing of where they are.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from photocritic.core.records import Failure
from photocritic.core.rows import Row, shown_name
from photocritic.core.shots import shot_words
from photocritic.core.xmp_merge import Said
from photocritic.shoot.groups import WHOLE_KINDS
from photocritic.shoot.plan import Plan, Planned
from photocritic.shoot.review import Held, flag_said, held, proposed, proposed_choice

_ID_BYTES: Final = 12


def photo_id(photo: Planned) -> str:
    """Return what a photo is called in addresses: hex digits, the same whenever this photo has this name."""
    text = f"{photo.look.content}\0{photo.name}"
    return hashlib.blake2b(text.encode(errors="surrogateescape"), digest_size=_ID_BYTES).hexdigest()


def photos_by_id(plan: Plan) -> dict[str, Planned]:
    """Return the photos of a plan by their ids, in its order."""
    return {photo_id(photo): photo for photo in plan.photos}


def shoot_row(plan: Plan, said: Mapping[str, Said | Failure]) -> Row:
    """Return a reviewed plan as plain values.

    Args:
        plan: The plan, `reviewed`.
        said: What a person said in the files of each photo, by its name.

    Returns:
        ``model``, ``is_personal``, ``scale``, ``groups`` in the plan's order, and ``failures``.
    """
    scale = plan.card.appeal.scale
    return {
        "model": plan.model_id,
        "is_personal": any(photo.look.assessment.personal is not None for photo in plan.photos),
        "scale": {"levels": [*scale.levels], "good_from": scale.good_from, "asks": scale.asks},
        "groups": [_group_row(group, said) for group in plan.groups],
        "failures": [{"name": shown_name(failure), "reason": failure.reason} for failure in plan.failures],
    }


def photo_row(photo: Planned, said: Said | Failure) -> Row:
    """Return a reviewed photo as plain values; what does not apply is None.

    Args:
        photo: The photo.
        said: What a person said in its files.
    """
    look, choice, number = photo.look.assessment, proposed_choice(photo), photo_id(photo)
    words = Said() if isinstance(said, Failure) else said
    holds = held(photo, said)
    return {
        "id": number,
        "name": photo.name,
        "files": [path.name for path in photo.files],
        "width": look.width,
        "height": look.height,
        "thumbnail": f"/desk/photos/{number}/thumbnail",
        "full": f"/desk/photos/{number}/full",
        "score": round(photo.evidence.appeal, 1),
        "quality": None if photo.evidence.quality is None else round(photo.evidence.quality, 1),
        "rank": choice.rank,
        "reason": choice.reason,
        "shot": [*shot_words(photo.look.shot)],
        "copy_of": photo.copy_of,
        "proposed": _held_row(proposed(photo)),
        "said": {
            "flag": flag_said(words),
            "stars": words.rating if isinstance(words.rating, int) and words.rating >= 0 else None,
            "label": words.label,
        },
        "decided": {"flag": photo.decision.flag, "stars": photo.decision.stars, "label": photo.decision.label},
        **_held_row(holds),
    }


def _group_row(photos: Sequence[Planned], said: Mapping[str, Said | Failure]) -> Row:
    first = photos[0]
    # By the clock that hung on the wall.
    times = [time.replace(tzinfo=None) for photo in photos if (time := photo.look.shot.taken_at) is not None]
    return {
        "number": first.group,
        "scene": first.scene,
        "kind": first.kind,
        "is_series": first.kind in WHOLE_KINDS,
        "taken_at": min(times).isoformat(timespec="seconds") if times else None,
        "photos": [photo_row(photo, said.get(photo.name, Said())) for photo in photos],
    }


def _held_row(one: Held) -> Row:
    return {"flag": one.flag, "stars": one.stars, "label": one.label}
