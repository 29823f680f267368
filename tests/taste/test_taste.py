import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photocritic import Critic, __version__
from photocritic.core.records import Failure
from photocritic.errors import InputError
from photocritic.taste.card import Contents, Examples
from photocritic.taste.curve import Curve, learning_curve
from photocritic.taste.opinions import Opinions
from photocritic.taste.people import People
from photocritic.taste.posterior import Posterior
from photocritic.taste.taste import EXAMPLES_MAX, Taste
from photocritic.taste.taste_file import from_bytes, to_bytes
from tests.taste.made import AXES, MODEL, made_assessment, made_opinions, made_people

TODAY = date(2026, 1, 31)
NO_CURVE = Curve((), 0.0, 0.0, 0, 1, 0, 1, False, False)


def made_taste(opinions: Opinions | None = None, people: People | None = None, curve: Curve = NO_CURVE) -> Taste:
    """Return what is learnt of a person who likes the first axis."""
    return Taste.learn(
        made_opinions(60) if opinions is None else opinions,
        made_people() if people is None else people,
        curve,
        name="mine",
        learnt_from="60 stars of 8 shoots",
        learnt_on=TODAY,
    )


def untaught(taste: Taste) -> Taste:
    """Return the taste of a person who has said nothing."""
    return replace(taste, posterior=Posterior.of_anyone(taste.people))


def test_a_taste_moves_the_mean_by_what_is_personal() -> None:
    """On the critic's own scale: ``critic_std / slope`` for each vote, without what moves all photos."""
    taste, crowd = made_taste(), made_assessment()
    found = taste.judge(crowd)
    people = taste.people
    [row] = people.design(crowd.embedding[np.newaxis], np.array([crowd.mean])).rows
    votes = row[1:] @ taste.posterior.mean[1:]
    std = np.sqrt(row[1:] @ taste.posterior.cov[1:, 1:] @ row[1:])
    assert found.personal is not None

    assert crowd.mean + people.critic_std / people.slope * votes == pytest.approx(found.mean, abs=1e-8)
    assert people.critic_std / people.slope * std == pytest.approx(found.personal.std)
    assert abs(votes) > 0.1


def test_what_the_critic_said_is_kept() -> None:
    """Beside what the person is expected to say; all else stays."""
    taste, crowd = made_taste(), made_assessment()
    found = taste.judge(crowd)
    assert found.personal is not None

    assert found.personal.crowd is crowd.appeal
    assert taste.id == found.personal.taste
    assert f"{MODEL}+{taste.id}" == found.model_id
    assert (found.path, found.quality, found.width, found.embedding is crowd.embedding) == (
        crowd.path,
        crowd.quality,
        crowd.width,
        True,
    )
    assert crowd.personal is None


@given(st.integers(0, 500), st.floats(1.1, 6.9))
def test_with_nothing_learnt_all_is_the_critics(seed: int, mean: float) -> None:
    """To the last bit; only how unsure that is for one person is added."""
    crowd = made_assessment(seed, mean=mean)
    found = untaught(TASTE).judge(crowd)
    assert found.personal is not None

    assert found.appeal.probs.tobytes() == crowd.appeal.probs.tobytes()
    assert found.appeal.logit_map is crowd.appeal.logit_map
    assert found.personal.std > 0


@given(st.integers(0, 500), st.floats(1.1, 6.9), st.lists(st.floats(-50, 50), min_size=5, max_size=5))
def test_ratings_stay_on_the_scale(seed: int, mean: float, numbers: list[float]) -> None:
    """However strong a taste is."""
    taste = replace(TASTE, posterior=Posterior(np.array(numbers), TASTE.posterior.cov))
    found = taste.judge(made_assessment(seed, mean=mean))

    assert 1 < found.mean < 7
    assert found.probs.sum() == pytest.approx(1)
    assert 0 <= found.score <= 100


TASTE = made_taste()


def test_photos_are_ordered_as_the_person_likes_them() -> None:
    """On a critic without maps as on one with."""
    liked, disliked = (
        replace(made_assessment(has_map=False), embedding=np.eye(12, dtype=np.float32)[0] * sign) for sign in (1, -1)
    )

    assert TASTE.judge(liked).mean > liked.mean > TASTE.judge(disliked).mean


def test_a_stream_is_passed_on() -> None:
    """In its order, failures in their place."""
    failure = Failure(Path("broken.jpg"), "it is broken")
    found = list(TASTE.judged([made_assessment(1), failure, made_assessment(2)]))

    assert [each.path for each in found] == [Path("photo 1.jpg"), failure.path, Path("photo 2.jpg")]
    assert found[1] is failure


def test_another_critics_assessment_is_refused() -> None:
    """And one that was made for somebody already."""
    with pytest.raises(InputError, match=r"judged by peer-1@ffff"):
        TASTE.judge(made_assessment(model_id="peer-1@ffff"))
    with pytest.raises(InputError, match=rf"judged by the taste {TASTE.id} already"):
        TASTE.judge(TASTE.judge(made_assessment()))


def test_nothing_is_learnt_from_nothing() -> None:
    """That would be a taste without one."""
    with pytest.raises(InputError, match="no rating to learn from"):
        made_taste(made_opinions(0))
    with pytest.raises(InputError, match="name is of letters"):
        Taste.learn(made_opinions(9), made_people(), NO_CURVE, name="my taste", learnt_from="", learnt_on=TODAY)


def test_the_packaged_critic_gets_a_taste(critic: Critic) -> None:
    """Learnt from a few photos that it looks at, and asked about one."""
    rng = np.random.default_rng(0)
    looks = [critic.look(rng.integers(0, 255, (32, 48, 3), dtype=np.uint8)) for _photo in range(4)]
    opinions = Opinions.of(
        [f"{at}.jpg" for at in range(4)],
        np.stack([look.embedding for look in looks]),
        np.array([look.mean for look in looks]),
        [1, 5, 2, 4],
        np.arange(4),
    )
    people = People.packaged()
    curve = learning_curve(opinions, people)
    taste = Taste.learn(opinions, people, curve, name="mine", learnt_from="4 photos", learnt_on=TODAY)
    found = taste.judge(looks[1])

    assert found.mean != looks[1].mean
    assert found.probs == pytest.approx(looks[1].probs, abs=0.2)


def test_a_file_brings_a_taste_back(tmp_path: Path) -> None:
    """To the last bit, with its card, its curve and its examples; twice saved, it is the same file."""
    opinions = made_opinions(60, pair_count=7)
    taste = made_taste(opinions, curve=learning_curve(opinions, made_people()))
    taste.save(tmp_path / "mine.taste")
    back = Taste.load(tmp_path / "mine.taste", made_people())
    back.save(tmp_path / "again.taste")

    assert taste.id == back.id
    assert (tmp_path / "mine.taste").read_bytes() == (tmp_path / "again.taste").read_bytes()
    assert taste.card == back.card
    assert (back.card.rating_count, back.card.pair_count, back.card.version) == (60, 7, __version__)
    assert taste.posterior.mean.tobytes() == back.posterior.mean.tobytes()
    assert taste.posterior.cov.tobytes() == back.posterior.cov.tobytes()
    assert taste.examples.names == back.examples.names
    assert taste.judge(made_assessment()).probs.tobytes() == back.judge(made_assessment()).probs.tobytes()


def test_a_curve_without_intervals_comes_back(tmp_path: Path) -> None:
    """NaN has no place in JSON; it is kept as null."""
    opinions = made_opinions(30, shoots=3)
    taste = made_taste(opinions, curve=learning_curve(opinions, made_people()))
    taste.save(tmp_path / "mine.taste")

    assert taste.card.curve.words == Taste.load(tmp_path / "mine.taste", made_people()).card.curve.words
    assert b"NaN" not in (tmp_path / "mine.taste").read_bytes()


def test_a_taste_of_pairs_has_no_examples(tmp_path: Path) -> None:
    """For nothing was rated; it is a taste all the same."""
    taste = made_taste(made_opinions(10, pair_count=20, is_rated=False))
    taste.save(tmp_path / "mine.taste")

    assert Taste.load(tmp_path / "mine.taste", made_people()).examples.names == ()


def test_a_file_is_below_a_megabyte(tmp_path: Path) -> None:
    """With the axes of the packaged people, and names of 500 letters; of all ratings, 1,000 photos are kept."""
    opinions = made_opinions(2500)
    opinions = replace(opinions, names=tuple(f"{name:*>500}" for name in opinions.names))
    taste = made_taste(opinions)
    wide = np.tile(taste.examples.places, (1, 4))[:, :13]
    size = 14
    examples = Examples(taste.examples.names, taste.examples.levels, taste.examples.level_names, wide)
    posterior = Posterior(np.full(size, 1 / 3), np.eye(size) + 1 / 30)
    replace(taste, examples=examples, posterior=posterior).save(tmp_path / "mine.taste")

    assert len(taste.examples.names) == EXAMPLES_MAX
    assert np.bincount(taste.examples.levels) == pytest.approx(np.bincount(opinions.levels) * 0.4, abs=1)
    assert (tmp_path / "mine.taste").stat().st_size < 1_000_000


def test_another_taste_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    """Neither a text nor a photo."""
    (tmp_path / "notes.txt").write_text("mine")
    Image.new("RGB", (4, 4)).save(tmp_path / "photo.png")
    TASTE.save(tmp_path / "mine.taste")
    made_taste(made_opinions(20)).save(tmp_path / "mine.taste")
    for name in ("notes.txt", "photo.png"):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(InputError, match=f"{name} is there already and is no taste"):
            TASTE.save(tmp_path / name)

        assert before == (tmp_path / name).read_bytes()
    assert Taste.load(tmp_path / "mine.taste", made_people()).card.rating_count == 20


def test_words_that_no_file_can_hold_are_refused(tmp_path: Path) -> None:
    """As names of files that are not UTF-8 would be, if nobody made text of them."""
    taste = replace(TASTE, card=replace(TASTE.card, learnt_from="the table t\udce9.csv"))
    with pytest.raises(InputError, match="cannot hold a name that is not UTF-8"):
        taste.save(tmp_path / "mine.taste")

    assert not list(tmp_path.iterdir())


def test_what_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    """With the system's reason."""
    with pytest.raises(InputError, match=r"cannot read .*none\.taste: No such file"):
        Taste.load(tmp_path / "none.taste", made_people())
    with pytest.raises(InputError, match=r"cannot write .*mine\.taste: No such file"):
        TASTE.save(tmp_path / "nowhere" / "mine.taste")


def changed(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Save a taste with some of its fields changed."""
    made_taste().save(path)
    fields = json.loads(path.read_text())
    change(fields)
    path.write_text(json.dumps(fields))


def point(**changes: object) -> dict[str, object]:
    """Return a point of a curve as a file holds it."""
    shares = {"personal": [0.7, None, None], "packaged": [0.5, None, None], "gain": [0.2, None, None]}
    return {"size": 5, **shares, "personal_srcc": 0.5, "packaged_srcc": None} | changes


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "newer": (lambda f: f.update(photocritic_taste=2), "has format 2, this photocritic reads 1; update photocritic"),
    "other critic": (lambda f: f.update(model="peer-1@ff"), "learnt on what peer-1@ff sees, .*; learn it anew"),
    "other people": (lambda f: f.update(people="0" * 12), "another photocritic's axes of taste; learn it anew"),
    "no mean": (lambda f: f.pop("mean"), "is damaged .KeyError"),
    "short mean": (lambda f: f.update(mean=[0.0]), "is damaged .*shape"),
    "nan": (lambda f: f["mean"].__setitem__(0, float("nan")), "is damaged .*NaN is no number"),
    "words": (lambda f: f["mean"].__setitem__(0, "much"), "is damaged"),
    "huge": (lambda f: f["mean"].__setitem__(0, 10**400), "is damaged"),
    "lopsided": (lambda f: f["cov"][0].__setitem__(1, 0.5), "symmetric and positive"),
    "negative": (lambda f: f.update(cov=(-np.eye(AXES + 2)).tolist()), "symmetric and positive"),
    "ragged": (lambda f: f["cov"][0].pop(), "is damaged"),
    "name": (lambda f: f.update(name="../mine"), "name is of letters"),
    "date": (lambda f: f.update(learnt_on="yesterday"), "is damaged"),
    "count": (lambda f: f.update(rating_count=-1), "a count is needed"),
    "curve": (lambda f: f["curve"].update(evidence_gain=True), "a finite number is needed"),
    "intervals": (lambda f: f["curve"].update(has_intervals=1), "true or false"),
    "levels": (lambda f: f["examples"]["levels"].__setitem__(0, 9), "one of the levels"),
    "names": (lambda f: f["examples"].update(names=[1]), "text is needed"),
    "examples": (lambda f: f.update(examples=[]), "an object is needed"),
    "places": (lambda f: f["examples"].update(places=[[0.0]]), "shape"),
    "far place": (lambda f: f["examples"]["places"][0].__setitem__(0, 1e5), "from -10000 to 10000 are needed"),
    "wild mean": (lambda f: f["mean"].__setitem__(0, -1e6), "from -100 to 100 are needed"),
    "wild cov": (lambda f: f["cov"][0].__setitem__(0, 1e6), "from -100 to 100 are needed"),
    "half a character": (lambda f: f.update(learnt_from="\udce9.csv"), "UTF-8 is needed"),
    "half a name": (lambda f: f["examples"]["names"].__setitem__(0, "\ud83d"), "UTF-8 is needed"),
    "share": (lambda f: f["curve"].update(points=[point(personal=[1.1, None, None])]), "from 0 to 1 is needed"),
    "low share": (lambda f: f["curve"].update(points=[point(packaged=[0.5, -0.1, 0.6])]), "from 0 to 1 is needed"),
    "gain": (lambda f: f["curve"].update(points=[point(gain=[-1.5, None, None])]), "from -1 to 1 is needed"),
    "srcc": (lambda f: f["curve"].update(points=[point(personal_srcc=2)]), "from -1 to 1 is needed"),
    "no ends": (lambda f: f["curve"].update(points=[point()], has_intervals=True), "a finite number is needed"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_taste_that_is_not_whole_or_not_ours_is_refused(name: str, tmp_path: Path) -> None:
    """In one sentence that names the file and the remedy."""
    change, words = CHANGES[name]
    changed(tmp_path / "mine.taste", change)
    with pytest.raises(InputError, match=rf"mine\.taste: .*{words}"):
        Taste.load(tmp_path / "mine.taste", made_people())


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"\x89PNG", b'{"photocritic_taste": ', b'{"photocritic_taste": ' + b"[" * 9000, b"\xff" * 99],
)
def test_other_files_are_no_tastes(content: bytes, tmp_path: Path) -> None:
    """Empty, foreign or hostile."""
    (tmp_path / "mine.taste").write_bytes(content)
    with pytest.raises(InputError, match=r"mine\.taste: this (is no taste|taste is damaged)"):
        Taste.load(tmp_path / "mine.taste", made_people())


@given(st.integers(0, 10_000))
def test_a_truncated_taste_is_refused(at: int) -> None:
    """Wherever it was cut."""
    content = to_bytes(Contents(TASTE.card, TASTE.posterior, TASTE.examples), TASTE.people)
    with pytest.raises(InputError):
        from_bytes(content[: at % (len(content) - 2)], TASTE.people)
