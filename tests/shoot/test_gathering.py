"""What brings keepers to a folder of their own."""

from dataclasses import replace
from pathlib import Path

from photocritic import Critic
from photocritic.shoot.choice import Pile
from photocritic.shoot.gathering import transfers_of
from photocritic.shoot.plan import Plan
from tests.shoot.made import made_plan


def _touched(folder: Path, *names: str) -> tuple[Path, ...]:
    for name in names:
        (folder / name).touch()
    return tuple(folder / name for name in names)


def test_a_keeper_brings_all_that_belongs_to_it(critic: Critic, tmp_path: Path) -> None:
    """Its RAW file and the sidecars of both; others stay."""
    pair = _touched(tmp_path, "1.jpg", "1.cr2")
    _touched(tmp_path, "1.xmp", "1.jpg.xmp")
    plan = made_plan(critic, [(pair, Pile.KEEP, 5), (_touched(tmp_path, "2.jpg"), Pile.MAYBE, 3)])

    transfers = list(transfers_of(plan, "move", Path("to")))

    assert ["1.jpg", "1.cr2", "1.jpg.xmp", "1.xmp"] == [transfer.path.name for transfer in transfers]
    assert {"move"} == {transfer.action for transfer in transfers}
    assert Path("to/1.cr2") == transfers[1].target


def test_a_sidecar_that_another_photo_needs_is_copied(critic: Critic, tmp_path: Path) -> None:
    """Two RAW files of one name share it, and one stays."""
    one, other = _touched(tmp_path, "1.cr2"), _touched(tmp_path, "1.nef")
    _touched(tmp_path, "1.xmp")
    plan = made_plan(critic, [(one, Pile.KEEP, 5), (other, Pile.MAYBE, 3)])

    assert {"1.cr2": "move", "1.xmp": "copy"} == {
        transfer.path.name: transfer.action for transfer in transfers_of(plan, "move", Path("to"))
    }
    both = replace(plan, photos=tuple(replace(photo, choice=plan.photos[0].choice) for photo in plan.photos))
    assert ["1.cr2", "1.xmp", "1.nef"] == [transfer.path.name for transfer in transfers_of(both, "move", Path("to"))]


def test_names_stay_within_the_folder(critic: Critic, tmp_path: Path) -> None:
    """Folders of the shoot are kept, and nothing leads out."""
    plan = made_plan(critic, [(_touched(tmp_path, "1.jpg"), Pile.KEEP, 5)])

    def target(name: str) -> Path:
        named = Plan((replace(plan.photos[0], name=name),), (), plan.card, plan.model_id)
        [transfer] = transfers_of(named, "copy", Path("to"))
        return transfer.target

    assert Path("to/day 1/1.jpg") == target("day 1/1.jpg")
    assert Path("to/etc/1.jpg") == target("/etc/1.jpg")
    assert Path("to/b/1.jpg") == target("../b/1.jpg")
