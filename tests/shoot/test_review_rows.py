"""A reviewed shoot as plain values: what the desk shows."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from photocritic import Critic, Failure
from photocritic.core.xmp_merge import Said
from photocritic.shoot.choice import Pile
from photocritic.shoot.decisions import Decision
from photocritic.shoot.groups import Kind
from photocritic.shoot.plan import Plan
from photocritic.shoot.review import reviewed
from photocritic.shoot.review_rows import photo_id, photo_row, photos_by_id, shoot_row
from tests.shoot.made import START, made_plan


@pytest.fixture(scope="module")
def plan(critic: Critic) -> Plan:
    """A burst of two, a series of one and a photo alone, two of them of one name in two folders."""
    files = [(Path("/home/me/day1/1.JPG"), Path("/home/me/day1/1.CR2")), *((Path(f"/home/me/{n}.JPG"),) for n in "234")]
    kinds: tuple[Kind, ...] = ("burst", "burst", "panorama", "single")
    made = made_plan(critic, [(one, pile, 3) for one, pile in zip(files, [*Pile, Pile.KEEP], strict=True)])
    photos = [
        replace(
            photo,
            name=photo.files[0].relative_to("/home/me").as_posix(),
            group=group,
            kind=kind,
            scene=group,
            look=replace(photo.look, shot=replace(photo.look.shot, taken_at=START - timedelta(seconds=at), iso=400)),
        )
        for at, (photo, group, kind) in enumerate(zip(made.photos, (1, 1, 2, 3), kinds, strict=True))
    ]
    failures = (Failure(Path("/home/me/5.JPG"), "it is damaged"),)
    return replace(made, photos=(*photos[:3], replace(photos[3], copy_of="3.JPG")), failures=failures)


def test_a_shoot_as_values(plan: Plan) -> None:
    """Groups in the plan's order, with the time of their first frame; failures by name; all of it JSON."""
    row = shoot_row(reviewed(plan, {}, {}), {})

    assert row == json.loads(json.dumps(row, allow_nan=False))
    assert (plan.model_id, False) == (row["model"], row["is_personal"])
    assert {"levels": [1, 2, 3, 4, 5, 6, 7], "good_from": 4} == {
        name: row["scale"][name] for name in ("levels", "good_from")
    }
    assert [
        (1, 1, "burst", False, "2026-05-01T08:59:59", ["day1/1.JPG", "2.JPG"]),
        (2, 2, "panorama", True, "2026-05-01T08:59:58", ["3.JPG"]),
        (3, 3, "single", False, "2026-05-01T08:59:57", ["4.JPG"]),
    ] == [
        (
            *(group[name] for name in ("number", "scene", "kind", "is_series", "taken_at")),
            [photo["name"] for photo in group["photos"]],
        )
        for group in row["groups"]
    ]
    assert [{"name": "/home/me/5.JPG", "reason": "it is damaged"}] == row["failures"]


def test_a_photo_as_values(plan: Plan) -> None:
    """What was proposed, said and decided, and what holds of it."""
    said = Said(rating=2, flag="", label="Rot")
    [review, *_others] = reviewed(plan, {"day1/1.JPG": said}, {"day1/1.JPG": Decision(flag="reject", label="")}).photos
    row = photo_row(review, said)

    assert {
        "id": photo_id(review),
        "name": "day1/1.JPG",
        "files": ["1.JPG", "1.CR2"],
        "width": 600,
        "height": 400,
        "thumbnail": f"/desk/photos/{photo_id(review)}/thumbnail",
        "full": f"/desk/photos/{photo_id(review)}/full",
        "score": 60,
        "quality": 70,
        "rank": 1,
        "reason": "no other like it",
        "shot": ["09:00:00", "ISO 400"],
        "copy_of": None,
        "proposed": {"flag": "pick", "stars": 3, "label": "Green"},
        "said": {"flag": "", "stars": 2, "label": "Rot"},
        "decided": {"flag": "reject", "stars": None, "label": ""},
        "flag": "reject",
        "stars": 2,
        "label": None,
    } == row


def test_what_cannot_be_told_is_none(plan: Plan) -> None:
    """Of a photo with an unreadable sidecar nobody knows what was said; a rejection is no number of stars."""
    [photo, *_others] = reviewed(plan, {}, {}).photos

    nothing = {"flag": None, "stars": None, "label": None}
    assert nothing == photo_row(photo, Failure(photo.files[0], "it is damaged"))["said"]
    assert {**nothing, "flag": "reject"} == photo_row(photo, Said(rating=-1))["said"]
    assert nothing == photo_row(photo, Said(rating="many"))["said"]


def test_ids_are_stable_and_tell_nothing(plan: Plan) -> None:
    """The same on another day and in another place; of other content another one."""
    ids = photos_by_id(plan)

    assert list(plan.photos) == list(ids.values())
    assert all(re.fullmatch(r"[0-9a-f]{24}", one) for one in ids)
    first = plan.photos[0]
    assert photo_id(first) == photo_id(replace(first, files=(Path("/elsewhere/1.JPG"),)))
    assert photo_id(first) != photo_id(replace(first, look=replace(first.look, content="0" * 32)))


def test_a_review_changes_only_what_holds(plan: Plan) -> None:
    """Reason, rank and proposal are those of the plan, whatever was decided."""
    decisions = {photo.name: Decision("pick", 0, "Blue") for photo in plan.photos}
    names = ("id", "reason", "rank", "proposed", "copy_of")
    before, after = (
        [photo for group in shoot_row(one, {})["groups"] for photo in group["photos"]]
        for one in (reviewed(plan, {}, {}), reviewed(plan, {}, decisions))
    )

    assert [[row[name] for name in names] for row in before] == [[row[name] for name in names] for row in after]
    assert [("pick", 0, "Blue")] * 4 == [(row["flag"], row["stars"], row["label"]) for row in after]
