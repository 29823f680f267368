"""What the tests of downloading share: the site, its photos, and names that lead to it."""

import io
import math
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from PIL import Image

from photocritic.data.download import Manners, Outcome, Status, Target, network
from photocritic.data.download.journal import LOCK_NAME
from photocritic.data.download.places import JOURNAL_NAME
from photocritic.data.download.run import run
from tests.conftest import scene
from tests.data.download.site import Site, served

Beginning: TypeAlias = Callable[..., Generator[Outcome, None, None]]
Getting: TypeAlias = Callable[..., list[Outcome]]


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on loopback without pages."""
    with served() as site:
        yield site


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A photo of some kilobytes."""
    return jpeg_of(0)


def jpeg_of(seed: int, size: tuple[int, int] = (300, 200)) -> bytes:
    """Return a rendered photo as a file."""
    file = io.BytesIO()
    Image.fromarray(scene(*size, seed)).save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """The folder that photos are put in."""
    return tmp_path / "photos"


@pytest.fixture
def begin(site: Site, photos: Path, monkeypatch: pytest.MonkeyPatch) -> Beginning:
    """Begin to get targets from the site, by its clock; the names of its hosts are those that end in ``.test``."""
    resolve = network.resolve
    monkeypatch.setattr(
        network, "resolve", lambda host, port: ["127.0.0.1"] if host.endswith(".test") else resolve(host, port)
    )

    def outcomes(
        targets: Iterable[Target], *, retries_failures: bool = False, **manners: Any
    ) -> Generator[Outcome, None, None]:
        usual: dict[str, Any] = {"allows_private": True, "requests_per_s": math.inf, "attempts": 2}
        all_manners = Manners(**usual | manners)
        yield from run(targets, photos, all_manners, site.clock, retries_failures=retries_failures)

    return outcomes


@pytest.fixture
def get(site: Site, begin: Beginning) -> Getting:
    """Get targets; a path is that of the page of ``a.jpg``."""

    def outcomes(*targets: Target | str, **options: Any) -> list[Outcome]:
        asked = (target if isinstance(target, Target) else Target("a.jpg", site.url(target)) for target in targets)
        return list(begin(asked, **options))

    return outcomes


def stored(folder: Path) -> list[str]:
    """Return what is in a folder of photos, journal and lock aside."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if name not in {JOURNAL_NAME, LOCK_NAME})


def the_reason(outcomes: list[Outcome], status: Status = "failed") -> str:
    """Return why the only target was not got."""
    (outcome,) = outcomes
    assert status == outcome.status, outcome
    assert outcome.reason is not None
    assert outcome.sha256 is None
    return outcome.reason
