"""A dataset's vetting as a page."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from photocritic.data.dataset import GOOD_BAD, Dataset, Sample
from photocritic.data.looks import read_looks
from photocritic.data.vetting import vet
from photocritic.data.vetting_page import write_page
from tests.data.conftest import MakeDataset, MakePhotos, rated


def _page(dataset: Dataset, photos: Path | None) -> str:
    names = [sample.photo for sample in dataset.samples()]
    file = io.BytesIO()
    write_page(vet(dataset, None if photos is None else read_looks(names, photos)), photos, file)
    return file.getvalue().decode()


def _rated(names: Sequence[str]) -> list[Sample]:
    return [
        Sample(name, tuple(50 * vote for vote in rated(name, 1 + 4 * at / len(names)).votes), "table")
        for at, name in enumerate(names)
    ]


def test_the_page_shows_findings_plots_and_the_best_and_worst(
    make_dataset: MakeDataset, make_photos: MakePhotos
) -> None:
    """What the MobileNet project explored, in one page: votes, means with their box, deviations, sizes, photos."""
    names = [f"{at}.jpg" for at in range(30)]

    page = _page(make_dataset(_rated(names)), make_photos(*names))

    captions = re.findall(r"<figcaption>([^:<]*)", page)
    assert ["Votes per photo", "Ratings", "How much people disagree about a photo"] == captions[:3]
    assert ["Resolution", "Aspect ratio", "Size of the files"] == captions[3:]
    assert 24 == page.count("<img loading=lazy")
    best, worst = (re.findall(r"· (\d+)\.jpg", part) for part in page.split("Worst rated"))
    assert [str(at) for at in range(29, 17, -1)] == best
    assert [str(at) for at in range(12)] == worst


def test_the_page_needs_no_network_and_no_script(make_dataset: MakeDataset, make_photos: MakePhotos) -> None:
    """Nothing is loaded from anywhere."""
    page = _page(make_dataset(_rated(["a.jpg", "b.jpg"])), make_photos("a.jpg", "b.jpg"))

    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "http" not in re.sub(r"http-equiv", "", page)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>.jpg", 'a"onerror="x.jpg', "red\x1b[31m.jpg"])
def test_names_do_nothing_in_the_page(make_dataset: MakeDataset, name: str) -> None:
    """A name is shown, never obeyed."""
    samples = [Sample(f"x/{name.replace('/', '∕')}", (0.0, 1.0), "folders"), Sample("b.jpg", (1.0, 0.0), "folders")]

    page = _page(make_dataset(samples, GOOD_BAD), Path("/nowhere"))

    assert "<script>" not in page
    assert '"onerror="' not in page
    assert "\x1b" not in page


def test_a_photo_that_is_gone_leaves_a_grey_field(make_dataset: MakeDataset, make_photos: MakePhotos) -> None:
    """The page is whole without it."""
    page = _page(make_dataset(_rated(["a.jpg", "b.jpg"])), make_photos("a.jpg"))

    assert 1 == page.count("<div class=none>")
    assert page.endswith("</html>\n")


def test_photos_that_were_not_looked_at_are_not_shown(make_dataset: MakeDataset) -> None:
    """Without a folder there are plots of the table, and no sheets."""
    page = _page(make_dataset(_rated(["a.jpg", "b.jpg"])), None)

    assert "Best rated" not in page
    assert "Resolution" not in page
    assert "the photos were not looked at" in page
