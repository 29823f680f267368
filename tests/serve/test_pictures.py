"""Pictures that go with answers."""

import base64
import io

import numpy as np
from PIL import Image

from photocritic.core.edits import Edit
from photocritic.see.advice import Gain, Suggestion
from photocritic.see.crops import Crop
from photocritic.serve.pictures import jpeg_uri, picture_uri, suggested
from tests.conftest import scene


def suggestion(edit: Edit | None = None, crop: Crop | None = None) -> Suggestion:
    """Return a suggestion."""
    return Suggestion(edit, crop, "", Gain(4.0, 0.5, 0.1), None, 0.1)


def test_a_picture_is_an_address_of_its_own() -> None:
    """A data URI of a JPEG, which shows what it was made of."""
    image = scene(60, 40)
    kind, _comma, content = picture_uri(image).partition(",")
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))

    assert "data:image/jpeg;base64" == kind
    assert image.shape == shown.shape
    assert np.abs(shown.astype(int) - image).mean() < 4
    assert "data:image/jpeg;base64,YQ==" == jpeg_uri(b"a")


def test_what_is_suggested_is_done() -> None:
    """Edits to every pixel, and crops where they are in the full photo, however small the picture of it is."""
    image = scene(60, 40)
    crop = suggestion(crop=Crop(100, 0, 500, 400, 4.0, 0.1))
    lighter = suggestion(edit=Edit("exposure", 0.5))

    assert image.shape == suggested(image, (600, 400), [lighter]).shape
    assert suggested(image, (600, 400), [lighter]).mean() > image.mean() + 5
    assert np.array_equal(image[:, 10:], suggested(image, (600, 400), [crop]))
    assert (40, 50, 3) == suggested(image, (600, 400), [lighter, crop]).shape
