"""What brings keepers to a folder of their own."""

from dataclasses import replace
from pathlib import Path

from photocritic import Critic, Failure
from photocritic.core.xmp_merge import Said
from photocritic.shoot.apply import Transfer, apply
from photocritic.shoot.choice import Pile
from photocritic.shoot.gathering import Way, one_by_one, transfers_of
from photocritic.shoot.plan import Plan
from tests.shoot.made import made_plan


def _silent(plan: Plan) -> dict[str, Said | Failure]:
    return {photo.name: Said() for photo in plan.photos}


def _transfers(plan: Plan, way: Way = "move", folder: Path = Path("to")) -> list[Transfer]:
    bundles = list(transfers_of(plan, way, folder, _silent(plan)))
    assert not any(isinstance(bundle, Failure) for bundle in bundles)
    return [transfer for bundle in bundles if isinstance(bundle, tuple) for transfer in bundle]


def _touched(folder: Path, *names: str) -> tuple[Path, ...]:
    for name in names:
        (folder / name).touch()
    return tuple(folder / name for name in names)


def test_a_keeper_brings_all_that_belongs_to_it(critic: Critic, tmp_path: Path) -> None:
    """Its RAW file and the sidecars of both; others stay."""
    pair = _touched(tmp_path, "1.jpg", "1.cr2")
    _touched(tmp_path, "1.xmp", "1.jpg.xmp")
    plan = made_plan(critic, [(pair, Pile.KEEP, 5), (_touched(tmp_path, "2.jpg"), Pile.MAYBE, 3)])

    transfers = _transfers(plan)

    assert ["1.jpg", "1.cr2", "1.jpg.xmp", "1.xmp"] == [transfer.path.name for transfer in transfers]
    assert {"move"} == {transfer.action for transfer in transfers}
    assert Path("to/1.cr2") == transfers[1].target


def test_a_sidecar_that_another_photo_needs_is_copied(critic: Critic, tmp_path: Path) -> None:
    """Two RAW files of one name share it, and one stays."""
    one, other = _touched(tmp_path, "1.cr2"), _touched(tmp_path, "1.nef")
    _touched(tmp_path, "1.xmp")
    plan = made_plan(critic, [(one, Pile.KEEP, 5), (other, Pile.MAYBE, 3)])

    assert {"1.cr2": "move", "1.xmp": "copy"} == {transfer.path.name: transfer.action for transfer in _transfers(plan)}
    both = replace(plan, photos=tuple(replace(photo, choice=plan.photos[0].choice) for photo in plan.photos))
    assert ["1.cr2", "1.xmp", "1.nef", "1.xmp"] == [transfer.path.name for transfer in _transfers(both)]


def test_names_stay_within_the_folder(critic: Critic, tmp_path: Path) -> None:
    """Folders of the shoot are kept, and nothing leads out."""
    plan = made_plan(critic, [(_touched(tmp_path, "1.jpg"), Pile.KEEP, 5)])

    def target(name: str) -> Path:
        named = Plan((replace(plan.photos[0], name=name),), (), plan.card, plan.model_id)
        [transfer] = _transfers(named, "copy")
        return transfer.target

    assert Path("to/day 1/1.jpg") == target("day 1/1.jpg")
    assert Path("to/etc/1.jpg") == target("/etc/1.jpg")
    assert Path("to/b/1.jpg") == target("../b/1.jpg")


def test_a_photo_whose_name_is_taken_stays_with_its_sidecars(critic: Critic, tmp_path: Path) -> None:
    """Nothing of it comes beside a stranger; what is there already by an earlier run is none."""
    photo = _touched(tmp_path, "1.jpg", "1.jpg.xmp")[:1]
    plan = made_plan(critic, [(photo, Pile.KEEP, 5)])
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "1.jpg.xmp").write_text("another photo's")

    [failure] = transfers_of(plan, "move", tmp_path / "to", _silent(plan))
    assert isinstance(failure, Failure)
    assert "1.jpg.xmp is there already" in failure.reason

    (tmp_path / "to" / "1.jpg.xmp").write_text("")
    assert [2] == [
        len(bundle)
        for bundle in transfers_of(plan, "copy", tmp_path / "to", _silent(plan))
        if isinstance(bundle, tuple)
    ]


def test_what_belongs_to_a_photo_that_cannot_come_stays_too(critic: Critic, tmp_path: Path) -> None:
    """The photo goes first."""
    photo = _touched(tmp_path, "1.jpg", "1.jpg.xmp", "2.jpg")[:1]
    plan = made_plan(critic, [(photo, Pile.KEEP, 5), ((tmp_path / "2.jpg",), Pile.KEEP, 4)])
    bundles = [one for one in transfers_of(plan, "move", tmp_path / "to", _silent(plan)) if isinstance(one, tuple)]
    photo[0].unlink()

    outcomes = list(apply(one_by_one(bundles), tmp_path / "journal.jsonl"))

    assert [("1.jpg", "failed"), ("2.jpg", "done")] == [(one.path.name, one.status) for one in outcomes]
    assert (tmp_path / "1.jpg.xmp").exists()


def test_what_other_programs_keep_beside_a_photo_comes_along(critic: Critic, tmp_path: Path) -> None:
    """Settings, a duplicate's sidecar, the camera's thumbnail and spoken note."""
    names = ("1.CR2", "1.CR2.xmp", "1_01.CR2.xmp", "1_02.CR2.xmp", "1.xmp", "1.CR2.pp3", "1.CR2.dop", "1.THM", "1.WAV")
    plan = made_plan(critic, [(_touched(tmp_path, *names, "1.txt", "11.CR2.xmp")[:1], Pile.KEEP, 5)])

    assert set(names) == {transfer.path.name for transfer in _transfers(plan)}


def test_another_photos_sidecar_is_no_duplicates(critic: Critic, tmp_path: Path) -> None:
    """Its name looks like one; and who has a sidecar in common gets a copy."""
    names = ("a.jpg", "a_01.jpg", "a_01.jpg.xmp", "b.jpg", "b.png", "b.xmp")
    files = _touched(tmp_path, *names)
    plan = made_plan(critic, [(files[:1], Pile.KEEP, 5), (files[3:4], Pile.KEEP, 5), (files[4:5], Pile.MAYBE, 5)])

    assert {"a.jpg": "move", "b.jpg": "move", "b.xmp": "copy"} == {
        transfer.path.name: transfer.action for transfer in _transfers(plan)
    }


def test_a_photo_with_a_linked_or_an_unreadable_sidecar_stays(critic: Critic, tmp_path: Path) -> None:
    """Nobody knows where the link leads from there, nor what a person said."""
    plan = made_plan(critic, [(_touched(tmp_path, "1.jpg"), Pile.KEEP, 5), (_touched(tmp_path, "2.jpg"), Pile.KEEP, 5)])
    (tmp_path / "1.jpg.xmp").symlink_to(tmp_path / "2.jpg")
    said = _silent(plan) | {"2.jpg": Failure(tmp_path / "2.jpg", "its sidecar is broken")}

    one, other = transfers_of(plan, "move", tmp_path / "to", said)

    assert isinstance(one, Failure)
    assert "1.jpg.xmp is a link" in one.reason
    assert other == said["2.jpg"]


def test_what_was_copied_before_is_not_moved_over(critic: Critic, tmp_path: Path) -> None:
    """Else its sidecars alone would be moved."""
    plan = made_plan(critic, [(_touched(tmp_path, "1.jpg", "1.jpg.xmp")[:1], Pile.KEEP, 5)])
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "1.jpg").touch()

    assert [True] == [isinstance(one, Failure) for one in transfers_of(plan, "move", tmp_path / "to", _silent(plan))]
