"""What a person said of a photo, in all its places."""

from pathlib import Path

import pytest

from photocritic import Failure
from photocritic.core.xmp_merge import Marks, Said, merged
from photocritic.shoot.person import said_of

PACKET = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{}"/></rdf:RDF>'
)


@pytest.mark.parametrize(
    ("full", "plain", "inside", "rating"),
    [(None, None, None, None), (3, None, 1, 3), (None, 2, 1, 2), (None, None, 1, 1), (3, -1, 5, -1), (3, 2, -1, -1)],
)
def test_sidecars_come_first_and_rejections_before_all(
    tmp_path: Path, full: int | None, plain: int | None, inside: int | None, rating: int | None
) -> None:
    """The sidecar that names the photo in full before that of Lightroom, and both before the file."""
    photo = tmp_path / "1.CR2"
    photo.touch()
    for name, stars in (("1.CR2.xmp", full), ("1.xmp", plain)):
        if stars is not None:
            (tmp_path / name).write_text(PACKET.format(stars))

    assert Said(rating) == said_of([photo], {photo: Said(inside)})


def test_what_was_taken_away_in_one_place_may_be_said_in_another(tmp_path: Path) -> None:
    """Only where nobody says anything else does it count."""
    photo = tmp_path / "1.CR2"
    photo.touch()
    ours = merged(None, Marks(4), ["darktable"], overwrites_person=False)
    (tmp_path / "1.CR2.xmp").write_bytes(ours.replace(b'xmp:Rating="4"', b'xmp:Rating="0"'))

    assert Said(0) == said_of([photo], {photo: Said()})
    assert Said(2) == said_of([photo], {photo: Said(2)})


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A sidecar, or the RAW file beside the JPEG."""
    jpeg, raw = tmp_path / "1.jpg", tmp_path / "1.CR2"
    broken: dict[Path, Said | Failure] = {jpeg: Said(), raw: Failure(raw, "it is damaged")}

    assert Failure(jpeg, "1.CR2: it is damaged") == said_of([jpeg, raw], broken)
    (tmp_path / "1.jpg.xmp").write_text("<x")
    failure = said_of([jpeg], {jpeg: Said()})
    assert isinstance(failure, Failure)
    assert "1.jpg.xmp" in failure.reason
