from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photocritic import Critic
from photocritic.errors import InputError
from photocritic.taste.people import FILE_ARRAYS, People
from photocritic.taste.telling import LEANING_WORDS
from tests.taste.made import AXES, MODEL, WIDTH, made_people, made_photos


def test_the_packaged_people_are_for_the_packaged_critic(critic: Critic) -> None:
    """Its embeddings, its id, and properties that there are words for."""
    people = People.packaged()
    looked = critic.look(np.full((40, 60, 3), 128, np.uint8))
    design = people.design(looked.embedding[np.newaxis], np.array([looked.mean]))
    people.check(looked.model_id)

    assert (1, people.axis_count + 2) == design.rows.shape
    assert people.rater_count > 700
    assert set(people.trait_slopes) <= set(LEANING_WORDS)
    assert people is People.packaged()


def test_a_file_brings_people_back(tmp_path: Path) -> None:
    """All of them, and nothing but arrays."""
    people = made_people()
    people.save(tmp_path / "people.npz")
    back = People.load(tmp_path / "people.npz")
    with np.load(tmp_path / "people.npz", allow_pickle=False) as arrays:
        assert FILE_ARRAYS == set(arrays.files)
        assert arrays["axes"].dtype == np.float32  # these axes do not fit into 16 bits

    assert back.digest == people.digest
    assert (back.about, back.rater_count, back.trait_count) == (people.about, people.rater_count, people.trait_count)
    assert {name: slopes.tolist() for name, slopes in back.trait_slopes.items()} == {
        name: slopes.tolist() for name, slopes in people.trait_slopes.items()
    }


def test_axes_that_fit_are_kept_in_16_bits(tmp_path: Path) -> None:
    """That halves the package's file, and changes nothing."""
    people = made_people(axes=made_people().axes.astype(np.float16).astype(np.float32))
    people.save(tmp_path / "people.npz")
    with np.load(tmp_path / "people.npz") as arrays:
        assert arrays["axes"].dtype == np.float16

    assert People.load(tmp_path / "people.npz").digest == people.digest


def test_people_without_traits_are_people(tmp_path: Path) -> None:
    """They only have nothing to tell of properties."""
    made_people(trait_slopes={}).save(tmp_path / "people.npz")

    assert dict(People.load(tmp_path / "people.npz").trait_slopes) == {}


def test_the_design_is_the_formula() -> None:
    """1, the critic, the axes; and what anyone likes."""
    people, (embeddings, means) = made_people(), made_photos(5)
    rows, prior = people.design(embeddings, means)
    critic = (means - people.critic_mean) / people.critic_std

    assert np.ones(5).tolist() == rows[:, 0].tolist()
    assert critic == pytest.approx(rows[:, 1])
    assert embeddings @ people.axes + people.offset == pytest.approx(rows[:, 2:], abs=1e-6)
    assert people.slope * critic == pytest.approx(prior)
    assert people.variances.tolist() == [0.05, 0.07, 1.5, 1.5, 1.5]


def test_what_changes_a_prediction_changes_the_digest() -> None:
    """And words do not."""
    digest = made_people().digest

    assert digest == made_people(about="others").digest
    assert len({digest, made_people(1).digest, made_people(slope=0.8).digest, made_people(model="other").digest}) == 4


def test_another_critics_photos_are_refused() -> None:
    """By its id, and by the width of its embeddings."""
    people = made_people()
    with pytest.raises(InputError, match=rf"what {MODEL} sees, these photos were judged by other-1@ffff"):
        people.check("other-1@ffff")
    with pytest.raises(InputError, match=rf"embeddings of {WIDTH} numbers.*got shape \(3, 7\)"):
        people.design(np.zeros((3, 7), np.float32), np.zeros(3))


def test_what_is_not_finite_is_refused() -> None:
    """An embedding or a mean."""
    embeddings, means = made_photos(3)
    embeddings[1, 2] = np.nan
    with pytest.raises(InputError, match="must be finite"):
        made_people().design(embeddings, means)
    with pytest.raises(InputError, match="needs a mean"):
        made_people().design(embeddings, means[:2])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"offset": np.zeros(2)}, "their offset"),
        ({"axes": np.full((WIDTH, AXES), np.nan, np.float32)}, "must be finite"),
        ({"noise_var": 0.0}, "above 0"),
        ({"slope": -1.0}, "above 0"),
        ({"trait_slopes": {"noise": np.zeros(2)}}, "not so of noise"),
    ],
)
def test_people_that_make_no_sense_are_refused(changes: dict[str, object], words: str) -> None:
    """Whatever is wrong with them."""
    with pytest.raises(InputError, match=words):
        made_people(**changes)  # type: ignore[arg-type]


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    made_people().save(path)
    path.write_bytes(path.read_bytes()[:-300])


def _other_arrays(path: Path) -> None:
    np.savez(path, axes=np.zeros(3))


def _pickled(path: Path) -> None:
    arrays = {name: np.array([{}], dtype=object) for name in FILE_ARRAYS}
    np.savez(path, allow_pickle=True, **arrays)


def _single_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


@pytest.mark.parametrize("spoil", [_empty, _cut, _other_arrays, _pickled, _single_array])
def test_other_files_are_no_people(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    """Each is refused by name; what could run code is not run."""
    path = tmp_path / "people.npz"
    spoil(path)
    with pytest.raises(InputError, match=r"people\.npz: "):
        People.load(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the system's reason."""
    with pytest.raises(InputError, match=r"cannot read .*none\.npz: No such file"):
        People.load(tmp_path / "none.npz")


def test_people_are_never_written_over_a_photo(tmp_path: Path) -> None:
    """As nothing is."""
    path = tmp_path / "photo.png"
    Image.new("RGB", (4, 4)).save(path)
    with pytest.raises(InputError, match="is a photo"):
        made_people().save(path)
