from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from photocritic.core.records import Failure, Scale
from photocritic.data.dataset import GOOD_BAD
from photocritic.errors import InputError
from photocritic.evaluate.evaluation import ANSWERS_NAME, Evaluation, Settings, evaluate
from photocritic.evaluate.frozen import FOREST, SVM
from photocritic.evaluate.truth import Examined, Truth
from tests.evaluate.made import made_photos, made_truth
from tests.evaluate.test_panel import taught_copy

ON_CPU = Settings(device="cpu")


class Watched:
    """Sees the work, and keeps what failed."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.failures: list[Failure] = []

    def __call__(self, items: Iterable[object], total: int, words: str) -> Iterator[object]:
        """Pass items on."""
        self.words.append(f"{words}: {total}")
        for item in items:
            if isinstance(item, Failure):
                self.failures.append(item)
            yield item


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    """Forty rendered photos, rated on the packaged critic's scale."""
    truth = made_truth(40, folder=tmp_path / "photos")
    made_photos(truth)
    return truth


def asked(
    truth: Truth, models: list[str], tmp_path: Path, settings: Settings = ON_CPU, **options: object
) -> Evaluation:
    """Examine, and keep answers in a folder."""
    folder = tmp_path / "report"
    folder.mkdir(exist_ok=True)
    options = {"watch": Watched()} | options
    return evaluate(Examined(truth, None, "All photos."), models, folder, settings, **options)  # type: ignore[arg-type]


def table(path: Path, truth: Truth, scores: np.ndarray) -> str:
    """Write a table of scores."""
    rows = [f"{name},{score:.4f}" for name, score in zip(truth.names, scores, strict=True)]
    path.write_text("\n".join(["path,score", *rows]), encoding="utf-8")
    return str(path)


def test_a_critic_and_a_table_are_examined_together(tmp_path: Path, truth: Truth) -> None:
    """On the same photos, beside the constant and the simple rules, with what each likes."""
    peer = table(tmp_path / "peer.csv", truth, truth.means)
    found = asked(truth, ["default", peer], tmp_path)
    examination = found.examination

    assert [each.judge for each in examination.answers[:2]] == ["default", "peer"]
    rules = {each.removeprefix("less ") for each in examination.figures}
    assert {"constant", "file size", "resolution", "sharpness", "colourfulness"} <= rules
    assert examination.figures["peer"]["srcc_score"].value == pytest.approx(1, abs=1e-4)
    gain = next(each for each in examination.comparisons if each[:3] == ("default", "peer", "srcc_score"))
    assert gain.gain.value == pytest.approx(examination.figures["default"]["srcc_score"].value - 1, abs=1e-4)
    assert [each.judge for each in found.likes] == ["default", "peer"]
    assert any("photocritic" in line for line in found.details)


def test_folds_are_asked_of_what_they_never_saw(tmp_path: Path, truth: Truth) -> None:
    """Together they are one critic, and simple classifiers are cross-fitted beside it."""
    paths = [truth.path(row) for row in range(len(truth))]
    taught_copy(tmp_path / "fold-0.onnx", paths[::2])
    taught_copy(tmp_path / "fold-1.onnx", paths[1::2])
    examination = asked(truth, [str(tmp_path / "fold-*.onnx")], tmp_path, folds=np.arange(len(truth)) // 10).examination

    assert len(examination.truth) == len(truth)
    assert not any("TAUGHT" in alarm for alarm in examination.alarms)
    assert {SVM, FOREST} <= set(examination.figures)


def test_photos_that_a_critic_was_taught_on_are_left_out_loudly(tmp_path: Path, truth: Truth) -> None:
    """Those that are left are examined."""
    model = taught_copy(tmp_path / "taught.onnx", [truth.path(row) for row in range(10)])
    examination = asked(truth, [str(model)], tmp_path).examination

    assert len(examination.truth) == 30
    assert examination.alarms[0].startswith("taught was TAUGHT on 10 of these 40 photos. They are left out")


def test_a_critic_that_knows_all_photos_is_refused(tmp_path: Path, truth: Truth) -> None:
    """Unless how well it remembers is what is asked; then the report says so loudly."""
    model = str(taught_copy(tmp_path / "taught.onnx", [truth.path(row) for row in range(len(truth))]))

    with pytest.raises(InputError, match=r"TAUGHT on 40 of these 40 photos.*--with-taught"):
        asked(truth, [model], tmp_path)
    examination = asked(truth, [model], tmp_path, replace(ON_CPU, keeps_taught=True)).examination
    assert len(examination.truth) == 40
    assert "how well it remembers" in examination.alarms[0]


def test_photos_that_cannot_be_read_are_told_and_left_out(tmp_path: Path, truth: Truth) -> None:
    """By every judge alike."""
    truth.path(3).write_bytes(b"no photo")
    truth.path(5).unlink()
    watched = Watched()
    examination = asked(truth, ["default"], tmp_path, watch=watched).examination

    assert len(examination.truth) == 38
    assert {failure.path for failure in watched.failures} == {truth.path(3), truth.path(5)}
    assert "default says nothing of 2 photos; they are left out." in examination.notes


def test_another_scale_is_compared_by_order_unless_it_is_mapped(tmp_path: Path, truth: Truth) -> None:
    """No error and no accuracy is made up of scales that do not meet."""
    ten = Scale(tuple(map(float, range(1, 11))), 5.0)
    other = replace(made_truth(40, scale=ten), folder=truth.folder)
    plain = asked(other, ["default"], tmp_path).examination
    mapped = asked(other, ["default"], tmp_path, replace(ON_CPU, maps_scales=True)).examination

    assert not {"mae_error", "emd_2_error", "accuracy_score"} & set(plain.figures["default"])
    assert {"srcc_score", "auc_score"} <= set(plain.figures["default"])
    assert any("--map-scales" in note for note in plain.notes)
    assert {"mae_error", "emd_2_error", "accuracy_score"} <= set(mapped.figures["default"])
    assert plain.figures["default"]["srcc_score"] == pytest.approx(mapped.figures["default"]["srcc_score"], abs=1e-3)


def test_classes_that_were_made_of_a_critics_scale_are_parted_as_they_were(tmp_path: Path, truth: Truth) -> None:
    """Its mean is on one side of the threshold or on the other."""
    made_from = Scale((1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0), good_from=4.5)
    classes = replace(made_truth(40, scale=GOOD_BAD), folder=truth.folder, made_from=made_from)
    examination = asked(classes, ["default"], tmp_path).examination
    [answers] = [each for each in examination.answers if each.judge == "default"]

    assert answers.good_from == 4.5
    assert "accuracy_score" in examination.figures["default"]


def test_quality_is_examined_where_the_votes_are_about_it(tmp_path: Path, truth: Truth) -> None:
    """On a scale of five levels."""
    five = Scale((1.0, 2.0, 3.0, 4.0, 5.0), 4.0)
    other = replace(made_truth(40, scale=five), folder=truth.folder)
    figures = asked(other, ["default"], tmp_path, replace(ON_CPU, aspect="quality")).examination.figures

    assert "emd_2_error" in figures["default"]


def test_training_photos_teach_simple_classifiers(tmp_path: Path, truth: Truth) -> None:
    """Their features are the packaged critic's."""
    rows = np.arange(40)
    examined = Examined(truth.taking(rows[:20]), truth.taking(rows[20:]), "The test photos.")
    (tmp_path / "report").mkdir()
    found = evaluate(examined, ["default"], tmp_path / "report", ON_CPU, watch=Watched())  # type: ignore[arg-type]

    assert {SVM, FOREST} <= set(found.examination.figures)
    assert any("20 training photos" in line for line in found.details)


def test_a_table_that_is_called_as_a_rule_keeps_its_own_figures(tmp_path: Path, truth: Truth) -> None:
    """It is given another name."""
    found = asked(truth, [table(tmp_path / "sharpness.csv", truth, truth.means)], tmp_path).examination

    assert found.answers[0].judge == "sharpness (2)"
    assert found.figures["sharpness (2)"]["srcc_score"].value == pytest.approx(1, abs=1e-3)


def test_simple_classifiers_that_cannot_be_taught_end_nothing(tmp_path: Path, truth: Truth) -> None:
    """The training photos are gone: it is said, and the rest is examined."""
    rows = np.arange(40)
    examined = Examined(truth.taking(rows[:20]), truth.taking(rows[20:]), "The test photos.")
    for row in rows[20:]:
        truth.path(int(row)).unlink()
    (tmp_path / "report").mkdir()
    found = evaluate(examined, ["default"], tmp_path / "report", ON_CPU, watch=Watched())  # type: ignore[arg-type]

    assert SVM not in found.examination.figures
    assert any("Simple classifiers could not be taught" in note for note in found.examination.notes)


def test_what_was_measured_is_remembered(tmp_path: Path, truth: Truth) -> None:
    """As answers are: only a photo that changed is measured anew."""
    first = asked(truth, ["default"], tmp_path)
    lines = (tmp_path / "report" / ANSWERS_NAME).read_text().splitlines()
    again = asked(truth, ["default"], tmp_path)

    assert len(lines) == 2 * len(truth)
    assert lines == [line for line in (tmp_path / "report" / ANSWERS_NAME).read_text().splitlines() if line]
    assert first.likes[0].likings == again.likes[0].likings


def test_tables_need_no_photos(tmp_path: Path) -> None:
    """Only what has to be measured of photos is missing, and is said to be."""
    truth = made_truth(40)
    found = asked(truth, [table(tmp_path / "peer.csv", truth, -truth.means)], tmp_path)

    assert found.examination.figures["peer"]["srcc_score"].value == pytest.approx(-1, abs=1e-3)
    assert "peer ranks photos nearly the other way round: are its low scores the good ones?" in found.examination.alarms
    assert found.likes == ()
    assert set(found.examination.figures) == {"peer", "constant"}
    assert not (tmp_path / "report" / ANSWERS_NAME).exists()


def test_a_critic_needs_photos(tmp_path: Path) -> None:
    """With the remedy."""
    with pytest.raises(InputError, match="name --photos DIR"):
        asked(made_truth(40), ["default"], tmp_path)
    with pytest.raises(InputError, match="nowhere is not there; name --photos DIR"):
        asked(made_truth(40, folder=tmp_path / "nowhere"), ["default"], tmp_path)


def test_names_are_told_apart(tmp_path: Path, truth: Truth) -> None:
    """Two tables of one name in two folders."""
    (tmp_path / "other").mkdir()
    tables = [table(tmp_path / name, truth, truth.means) for name in ("peer.csv", "other/peer.csv")]
    examination = asked(truth, tables, tmp_path).examination

    assert [each.judge for each in examination.answers[:2]] == ["peer", "peer (2)"]
