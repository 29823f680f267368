"""How far scores drift when photos are made smaller in the browser, as the page does before it sends them elsewhere.

The page's own module, ``static/shrink.js``, runs in Chromium on large photos and on large parts cut out of each; the
critic looks at both. What is looked at is beside it: how much less has to travel. Intervals are over whole photos.
"""

import argparse
import functools
import io
import shutil
import tempfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from playwright.sync_api import Page, sync_playwright

from photocritic.core.records import Assessment
from photocritic.critic.critic import Critic

LONG_SIDE_PX = 2048
PART = 0.75  # of each side: what is cut out of each corner
DRAWS = 2000


def main() -> None:
    """Print the drift of the photos of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, default=Path("../shared/data/camera"), help="large JPEGs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        groups = _cut(sorted(options.photos.glob("*.jpg")), folder)
        _shrink(folder, [name for names in groups for name in names])
        critic = Critic.load()
        drifts, shares = [], []
        for names in groups:
            pairs = [(critic.look(folder / name), critic.look(folder / f"small-{name}")) for name in names]
            drifts.append(np.array([_drift(large, small) for large, small in pairs]))
            shares += [(folder / f"small-{name}").stat().st_size / (folder / name).stat().st_size for name in names]
    count = sum(map(len, groups))
    print(
        f"{count} pictures of {len(groups)} photos, made {LONG_SIDE_PX} px long; {np.median(shares):.0%} of the bytes"
    )
    for at, name in enumerate(("score, of 100", "mean, of 1 to 7", "quality, of 100", "quality's mean, of 1 to 5")):
        print(f"  {name:26} {_words([drift[:, at] for drift in drifts])}")


def _cut(photos: list[Path], folder: Path) -> list[list[str]]:
    """Copy photos that are large enough into a folder, and four parts of each; return their names, photo by photo."""
    groups = []
    for photo in photos:
        with Image.open(photo) as opened:
            whole = ImageOps.exif_transpose(opened)
        if max(whole.size) <= LONG_SIDE_PX / PART:
            continue
        shutil.copy(photo, folder / photo.name)
        names = [photo.name]
        width, height = (round(PART * side) for side in whole.size)
        for left in (0, whole.width - width):
            for top in (0, whole.height - height):
                names.append(f"{photo.stem}-{left}-{top}.jpg")
                whole.crop((left, top, left + width, top + height)).save(folder / names[-1], quality=95)
        groups.append(names)
    return groups


def _shrink(folder: Path, names: list[str]) -> None:
    for module in (Path(str(resources.files("photocritic.serve"))) / "static").glob("*.js"):
        shutil.copy(module, folder)
    (folder / "index.html").write_text("<!doctype html><title>shrink</title>")
    handler = functools.partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
            for name in names:
                (folder / f"small-{name}").write_bytes(_small(page, name))
            browser.close()
    finally:
        server.shutdown()


def _small(page: Page, name: str) -> bytes:
    values = page.evaluate(
        """async ([name, longSide]) => {
          const { shrunk } = await import("/shrink.js");
          const blob = await shrunk(await (await fetch("/" + name)).blob(), longSide);
          return Array.from(new Uint8Array(await blob.arrayBuffer()));
        }""",
        [name, LONG_SIDE_PX],
    )
    jpeg = bytes(values)
    with Image.open(io.BytesIO(jpeg)) as image:
        assert max(image.size) == LONG_SIDE_PX
    return jpeg


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_words: object) -> None:
        pass


def _drift(large: Assessment, small: Assessment) -> tuple[float, float, float, float]:
    assert large.quality is not None
    assert small.quality is not None
    return (
        small.score - large.score,
        small.mean - large.mean,
        small.quality.score - large.quality.score,
        small.quality.mean - large.quality.mean,
    )


def _words(groups: list[NDArray[np.float64]]) -> str:
    rng = np.random.default_rng(0)
    every = np.concatenate(groups)
    draws = []
    for _draw in range(DRAWS):
        drawn = np.concatenate([groups[at] for at in rng.integers(0, len(groups), len(groups))])
        draws.append((drawn.mean(), np.abs(drawn).mean()))
    (low, low_size), (high, high_size) = np.quantile(draws, [0.025, 0.975], axis=0)
    return (
        f"{every.mean():+.3f} [{low:+.3f}, {high:+.3f}] on average; without sign {np.abs(every).mean():.3f} "
        f"[{low_size:.3f}, {high_size:.3f}], at most {np.abs(every).max():.3f}"
    )


if __name__ == "__main__":
    main()
