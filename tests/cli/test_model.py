from dataclasses import replace
from pathlib import Path

import pytest

from photocritic import Critic
from photocritic.cli import WRONG_REQUEST, main
from photocritic.core.records import InputSpec
from tests.core.test_records import CARD
from tests.critic.test_model import write_network


def test_the_card_is_told_in_words(critic: Critic, capfd: pytest.CaptureFixture[str]) -> None:
    """What it was taught on, scale, marks with intervals, limits, licence, provenance, sha256."""
    assert main(["model", "info"]) == 0
    words = " ".join(capfd.readouterr().out.split())

    card = critic.card
    for part in (card.summary, card.taught_on, card.licence, *card.limits, *card.provenance, critic.model.sha256):
        assert part in words
    assert "1 to 7, 7 levels; good from 4" in words
    assert "1 to 5, 5 levels; good from 4" in words
    srcc = next(mark for mark in card.marks if mark.name == "srcc_score")
    assert f"(SRCC): {srcc.value:.3f} [{srcc.low:.3f}, {srcc.high:.3f}]" in words
    assert words.count("on 561 photos with beauty votes (appeal; OASIS") == 1
    assert "salted hashes of the 4121 photos" in words


def test_a_file_is_told_as_well(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Any critic that photocritic exported."""
    path = write_network(tmp_path / "tiny.onnx", card=CARD.to_json())

    assert main(["model", "info", str(path)]) == 0
    assert capfd.readouterr().out.startswith("tiny 2\nLikes the sea – 海.\n")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (CARD.input, "short side 64 px, long side at most 128 px, multiples of 32 px"),
        (replace(CARD.input, is_width_fixed=True), "width 64 px, long side at most 128 px, multiples of 32 px"),
        (replace(CARD.input, short_side_px=128, multiple_px=128), "every photo squeezed into 128 × 128 px"),
        (
            replace(CARD.input, short_side_px=128, multiple_px=128, crop_px=96),
            "every photo squeezed into 128 × 128 px, of which it sees the middle 96 × 96 px",
        ),
    ],
)
def test_what_it_sees_of_a_photo_is_told(
    spec: InputSpec, words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Proportions kept, or a square, or its middle."""
    path = write_network(tmp_path / "tiny.onnx", card=replace(CARD, input=spec).to_json())
    assert main(["model", "info", str(path)]) == 0

    assert f"Input {words} Licence" in " ".join(capfd.readouterr().out.split())


def test_what_is_no_model_is_status_2(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One line."""
    assert WRONG_REQUEST == main(["model", "info", str(tmp_path / "nothing.onnx")])
    assert len(capfd.readouterr().err.splitlines()) == 1
