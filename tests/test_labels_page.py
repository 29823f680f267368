"""Every command of docs/labels.md does what the page shows.

When commands print something else, ``python -m tests.test_labels_page`` writes the page anew; look at the difference.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import clutter
from tests.pages import DOCS, files_of, run_page

PAGE = DOCS / "labels.md"
MARKS = {"a": 'xmp:Rating="5"', "b": 'xmp:Rating="3"', "c": 'xmp:Rating="-1"', "d": 'digiKam:PickLabel="3"', "e": ""}
PACKET = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    'xmlns:digiKam="http://www.digikam.org/ns/1.0/" {}/></rdf:RDF></x:xmpmeta>'
)
TRIPS = {"rome": (3, 9), "oslo": (2, 7), "lima": (4, 8)}
SHOOTS = (
    "anna/IMG_1",
    "anna/IMG_2",
    "anna/IMG_3",
    "anna/selects/IMG_2-Edit",
    "ben/IMG_1",
    "ben/IMG_2",
    "ben/export/IMG_1",
)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def _evidence(root: Path) -> Iterator[None]:
    """Lay out in a folder what the page speaks of, and serve the photos of wanted.csv."""
    names = [
        *(f"ava/{line.split()[1]}.jpg" for line in files_of(PAGE)["AVA.txt"].splitlines()),
        *(f"{line.split(',')[0]}" for line in files_of(PAGE)["ratings.csv"].splitlines()[1:]),
        *(f"flickr/{name}.jpg" for name in "abcdefghij"),
        *(f"selfies/{name}.jpg" for name in "abcdefghi"),
        *(f"rated/{name}.jpg" for name in MARKS),
        *(f"shoots/{name}.jpg" for name in SHOOTS),
        *(f"served/{name}.jpg" for name in "abc"),
        *(f"trips/{trip}/good/{at}.jpg" for trip, (count, _bad) in TRIPS.items() for at in range(count)),
        *(f"trips/{trip}/bad/{at}.jpg" for trip, (_good, count) in TRIPS.items() for at in range(count)),
    ]
    for seed, name in enumerate(names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(clutter(300, 200, seed)).save(path)
    for name, mark in MARKS.items():
        (root / "rated" / f"{name}.jpg.xmp").write_text(PACKET.format(mark))
    for name, text in files_of(PAGE).items():
        (root / name).write_text(text)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root / "served"))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.server_address[1]
        rows = "".join(f"{name}.jpg,http://127.0.0.1:{port}/{name}.jpg,good\n" for name in "abc")
        (root / "wanted.csv").write_text("photo,url,label\n" + rows.replace("c.jpg,good", "c.jpg,bad"))
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _run_page() -> str:
    return run_page(PAGE, _evidence, lambda status, text: status == int("Would spoil training" in text))


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_every_command_prints_what_the_page_shows() -> None:
    """The page is what happens."""
    assert PAGE.read_text().splitlines() == _run_page().splitlines()


if __name__ == "__main__":
    PAGE.write_text(_run_page())
    sys.exit(os.system(f"git -C {PAGE.parent} diff --stat {PAGE.name}") != 0)  # noqa: S605 - our own page's name
