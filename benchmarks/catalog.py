"""What remembering saves: ``python -m benchmarks.catalog --copies 2000``: a first and a second run over a shoot.

The photos are demo photos, each copy with some bytes behind its end, so that every content is another; and a few
camera-sized ones. With ``--faces`` the runs over these look for faces as well, after one that does not.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from demo.photos import demo_photos
from photocritic import Critic
from photocritic.core.faces import FaceFinder
from photocritic.shoot import catalog as room
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.looks import Look


def main() -> None:
    """Print the seconds of each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=2000, help="how many photos the shoot has")
    parser.add_argument("--faces", action="store_true", help="look for faces in the camera-sized photos, too")
    options = parser.parse_args()
    critic = Critic.load(device="cpu")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "shoot"
        folder.mkdir()
        originals = demo_photos()
        for index in range(options.copies):
            original = originals[index % len(originals)]
            target = folder / f"{index:06}{original.suffix}"
            target.write_bytes(original.read_bytes() + index.to_bytes(8, "big"))
        time.sleep(2.1)  # younger files are not known by their stamps
        photos = sorted(folder.iterdir())
        _runs("demo photos", photos, critic, Path(scratch) / "catalog.sqlite")

        large = Path(scratch) / "large"
        large.mkdir()
        rng = np.random.default_rng(0)
        image = Image.open(next(path for path in originals if path.stem == "china")).resize((6000, 4000))
        for index in range(16):
            grain = rng.normal(0, 4, (4000, 6000, 1)).astype(np.float32)
            pixels = np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(large / f"{index}.jpg", quality=90, subsampling="4:2:0")
        time.sleep(2.1)
        photos = sorted(large.iterdir())
        started = time.perf_counter()
        assert sum(1 for _verdict in critic.rate(photos)) == len(photos)
        print(f"24 MP, the critic alone: {len(photos) / (time.perf_counter() - started):.1f} photos/s")
        _runs("24 MP", photos, critic, Path(scratch) / "large.sqlite")
        if options.faces:
            photos = sorted(photos[0].parent.with_name("large moved").iterdir())
            _runs("24 MP, faces", photos, critic, Path(scratch) / "large.sqlite", FaceFinder.load())


def _runs(name: str, photos: list[Path], critic: Critic, place: Path, finder: FaceFinder | None = None) -> None:
    for run in ("first run", "second run", "second run, moved"):
        if run.endswith("moved"):
            folder = photos[0].parent
            photos = [folder.rename(folder.with_name(f"{folder.name} moved")) / photo.name for photo in photos[:1]]
            photos = sorted(photos[0].parent.iterdir())
        started = time.perf_counter()
        with Catalog.open(place) as catalog:
            looked = catalog.looked(photos, critic, face_finder=finder)
            new_count = sum(isinstance(look, Look) and look.is_new for look in looked)
        seconds = time.perf_counter() - started
        print(
            f"{name}: {run:18} {len(photos):6,} photos, {new_count:6,} new {seconds:7.2f} s "
            f"{len(photos) / seconds:8.1f} photos/s, {place.stat().st_size / len(photos) / 1000:.1f} kB a photo "
            f"(schema {room.SCHEMA_VERSION})",
            flush=True,
        )


if __name__ == "__main__":
    main()
