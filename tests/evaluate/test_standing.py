from pathlib import Path

import numpy as np
import pytest

from photocritic.errors import InputError
from photocritic.evaluate.standing import FOLD_COUNT, ava, oasis

AVA = Path(__file__).parents[3] / "shared" / "data" / "ava"


def make_ava(folder: Path) -> None:
    """Write four photos' votes as AVA has them, two of them for testing."""
    lines = [f"{at} {100 + at} 0 1 2 3 {at} 5 4 3 2 1 1 0 14" for at in range(1, 5)]
    folder.mkdir()
    (folder / "AVA.txt").write_text("\n".join(lines), encoding="utf-8")
    lists = folder / "aesthetics_image_lists"
    lists.mkdir()
    (lists / "generic_test.jpgl").write_text("102\n104\n", encoding="utf-8")


def test_avas_official_test_photos_are_examined(tmp_path: Path) -> None:
    """Wherever in the copy the list and the photos lie."""
    make_ava(tmp_path / "AVA")
    photos = tmp_path / "AVA" / "images" / "images"
    photos.mkdir(parents=True)
    (photos / "102.jpg").write_bytes(b"")
    (tmp_path / "AVA" / "preview.jpg").write_bytes(b"")
    examined, folds, key = ava(tmp_path / "AVA")

    assert examined.truth.names == ("images/images/102.jpg", "104.jpg")
    assert examined.truth.folder == tmp_path / "AVA"
    assert examined.truth.scale.good_from == 5
    assert folds is None
    assert key == "ava-test"


def test_votes_without_photos_serve_tables(tmp_path: Path) -> None:
    """A peer's scores need no photos."""
    make_ava(tmp_path / "AVA")

    assert ava(tmp_path / "AVA").examined.truth.folder is None


@pytest.mark.skipif(not AVA.exists(), reason="AVA's labels are not here")
def test_the_shared_copy_of_avas_labels(tmp_path: Path) -> None:
    """Its votes are of part of the official test photos."""
    copy = tmp_path / "AVA"
    copy.mkdir()
    (copy / "AVA.txt").write_bytes((AVA / "AVA_test.txt").read_bytes())
    for name in ("tags.txt", "challenges.txt", "aesthetics_image_lists/generic_test.jpgl"):
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_bytes((AVA / name).read_bytes())

    assert len(ava(copy).examined.truth) == 1945


def make_oasis(folder: Path) -> None:
    """Write the votes on 40 photos of 20 themes as OASIS has them here."""
    header = "photo,theme,category," + ",".join(f"votes_{level}" for level in range(1, 8))
    rows = [f"t{at // 2}_{at}.jpg,t{at // 2},Scene,1,1,1,1,1,1,{at}" for at in range(40)]
    (folder / "photos").mkdir(parents=True)
    (folder / "votes.csv").write_text("\n".join([header, *rows]), encoding="utf-8")


def test_oasis_comes_in_folds_that_share_no_theme(tmp_path: Path) -> None:
    """Themes are its groups, what a photo shows is its tag, and the middle of the scale parts good from bad."""
    make_oasis(tmp_path / "oasis")
    examined, folds, key = oasis(tmp_path / "oasis")
    truth = examined.truth

    assert (len(truth), len(np.unique(truth.groups)), truth.scale.good_from) == (40, 20, 4)
    assert truth.tags[0] == ("Scene",)
    assert folds is not None
    assert set(folds.tolist()) <= set(range(FOLD_COUNT))
    assert all(len(set(folds[truth.groups == group].tolist())) == 1 for group in truth.groups)
    assert key == "oasis"


def test_a_folder_that_is_no_copy_is_refused(tmp_path: Path) -> None:
    """With what is missing."""
    with pytest.raises(InputError, match=r"there is no AVA\.txt in"):
        ava(tmp_path)
    with pytest.raises(InputError, match=r"there is no votes\.csv in"):
        oasis(tmp_path)
    with pytest.raises(InputError, match="there is no folder"):
        oasis(tmp_path / "nowhere")
