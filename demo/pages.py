"""Make the pictures of docs/serve.md: ``python -m demo.pages docs/serve``.

The page and the desk are served and used as a person would, by Chromium, with the demo's photographs.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from demo.photos import copy_photos
from demo.shoot import make_shoot

WINDOW: Final = {"width": 1440, "height": 900}
WIDTH_PX: Final = 1200
_QUALITY: Final = 82
_ADDRESS: Final = re.compile(r"open (http\S+)")
_OPENED: Final = "china.jpg"
_STILL_MS: Final = 1500  # until all has come to rest


def main() -> None:
    """Draw all pictures into the folder named on the command line."""
    folder = Path(sys.argv[1]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        photos, shoot = Path(scratch) / "photos", Path(scratch) / "wedding"
        copy_photos(photos)
        make_shoot(shoot)
        home = {"XDG_CACHE_HOME": f"{scratch}/cache", "XDG_STATE_HOME": f"{scratch}/state"}
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with _serving(home, "serve") as address:
            _draw_page(browser, address, sorted(photos.iterdir()), folder)
        with _serving(home, "cull", str(shoot), "--review") as address:
            _draw_desk(browser, address, folder)
        browser.close()


@contextmanager
def _serving(home: dict[str, str], *command: str) -> Iterator[str]:
    """Run a command that serves a page, and yield where."""
    words = [str(Path(sys.executable).with_name("photocritic")), *command, "--port", "0"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=os.environ | home)  # noqa: S603 - our own
    assert process.stderr is not None
    try:
        found = next(filter(None, map(_ADDRESS.search, process.stderr)))
        yield found[1]
    finally:
        process.terminate()
        process.wait()


def _draw_page(browser: Browser, address: str, photos: list[Path], folder: Path) -> None:
    page = browser.new_page(viewport=WINDOW, color_scheme="dark")  # type: ignore[arg-type]
    page.goto(address)
    page.set_input_files("#files", [str(photo) for photo in photos])
    page.wait_for_selector("#progress", state="hidden")
    page.wait_for_timeout(_STILL_MS)
    _save(page, folder / "wall.jpg")
    page.locator("#tiles .tile", has_text=_OPENED).click()
    page.locator("#tab-why").click()
    for part in ("why", "crop", "advice"):
        page.wait_for_selector(f"#{part}[data-state=done]", state="attached")
    page.wait_for_timeout(_STILL_MS)
    _save(page, folder / "photo.jpg")
    page.close()


def _draw_desk(browser: Browser, address: str, folder: Path) -> None:
    page = browser.new_page(viewport=WINDOW, color_scheme="dark")  # type: ignore[arg-type]
    page.goto(address)
    page.wait_for_selector(".frame")
    for key in ("a", "ArrowRight", "x"):
        page.keyboard.press(key)
    page.wait_for_selector("#saving:empty", state="attached")
    page.wait_for_timeout(_STILL_MS)
    _save(page, folder / "desk.jpg")
    page.close()


def _save(page: Page, path: Path) -> None:
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        page.screenshot(path=file.name)
        with Image.open(file.name) as image:
            small = image.convert("RGB").resize((WIDTH_PX, round(WIDTH_PX * image.height / image.width)))
    small.save(path, quality=_QUALITY)


if __name__ == "__main__":
    main()
