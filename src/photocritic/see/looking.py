"""The photos of a folder as a critic sees them, one after the other.

What was seen before is remembered. Nothing of a photo is kept here but what pictures of many need.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from photocritic.core.images import MAX_PIXELS
from photocritic.core.records import Failure
from photocritic.critic.critic import Critic
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.looks import Look
from photocritic.shoot.photos import PhotoFiles
from photocritic.shoot.shoot import Watch


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture of many photos needs of each.

    Attributes:
        name: Its name within the folder, ``/`` between folders.
        path: Its file.
        mean: The predicted mean rating of its appeal; higher is better.
        score: The percentile of that among the critic's reference photos, 0 … 100.
        width: The upright photo's full width in pixels.
        height: Its full height.
    """

    name: str
    path: Path
    mean: float
    score: float
    width: int
    height: int

    @property
    def rank_key(self) -> tuple[float, str]:
        """What photos are sorted by, best first; equals by name."""
        return -self.mean, self.name

    @classmethod
    def of(cls, photo: PhotoFiles, look: Look) -> Self:
        """Return what is needed of a look at a photo."""
        assessment = look.assessment
        return cls(photo.name, photo.files[0], assessment.mean, assessment.score, assessment.width, assessment.height)


def looked(
    photos: Iterable[PhotoFiles | Failure],
    catalog: Catalog,
    critic: Critic,
    *,
    jobs: int | None = None,
    max_pixels: int = MAX_PIXELS,
    watch: Watch = iter,
) -> Iterator[tuple[PhotoFiles, Look] | Failure]:
    """Yield what is seen of photos, and why the others cannot be looked at.

    Where a JPEG cannot be looked at, the RAW file beside it is, after all others.

    Args:
        photos: Which files are photos, such as `photos_of` yields; failures are passed on.
        catalog: What was seen before.
        critic: Who judges.
        jobs: How many to look at in parallel; the number of usable cores if not given.
        max_pixels: Larger photos become failures.
        watch: Is given the looks as they come.
    """
    waiting: list[PhotoFiles] = []
    for photo in photos:
        if isinstance(photo, Failure):
            yield photo
        else:
            waiting.append(photo)
    while waiting:
        looks = catalog.looked((photo.files[0] for photo in waiting), critic, jobs=jobs, max_pixels=max_pixels)
        spares: list[PhotoFiles] = []
        for photo, look in zip(waiting, watch(looks), strict=True):
            if isinstance(look, Failure):
                spares += photo.spare
                yield look
            else:
                yield photo, look
        waiting = spares
