"""What is measured agrees to edits and crops, or does not."""

import numpy as np

from photocritic.see.agreement import agreed, agreed_crop
from photocritic.see.traits import Reference

WHOLE = {"subject_size": 0.30, "plain_area": 0.40, "border": 0.0}


def test_a_crop_has_to_be_for_something() -> None:
    """Less background or border, or more room for the detail; where none is told it is not agreed to."""
    after = WHOLE | {"subject_size": 0.45, "plain_area": 0.35}

    assert agreed_crop(WHOLE, WHOLE) == ""
    assert agreed_crop(WHOLE, after) == "flat background 40% → 35% of the area"
    assert "its detail fills 30% → 36%" in agreed_crop(WHOLE, WHOLE | {"subject_size": 0.36})
    assert agreed_crop(WHOLE, {}) == ""


def test_no_edit_may_clip_more_or_oversaturate() -> None:
    """Whatever else it does."""
    reference = Reference.packaged()
    before = {name: float(np.median(values)) for name, values in reference.quantiles.items()}
    flat, after = before | {"contrast": before["contrast"] - 10}, before | {"contrast": before["contrast"] - 2}

    assert agreed(["contrast"], flat, after, reference) is not None
    assert agreed(["contrast"], flat, after | {"clipped_white": before["clipped_white"] + 0.02}, reference) is None
    assert agreed(["contrast"], flat, after | {"saturation": 2 * before["saturation"]}, reference) is None
