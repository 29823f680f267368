"""A shoot as it was looked at: its photos, what is known of each, and what a person said of it already."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, TypeAlias

from photocritic.core.faces import FaceFinder
from photocritic.core.images import MAX_PIXELS
from photocritic.core.records import Card, Failure
from photocritic.core.xmp_merge import Said
from photocritic.critic.critic import Critic
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.looks import Look
from photocritic.shoot.photos import PhotoFiles

if TYPE_CHECKING:
    from photocritic.taste.taste import Taste

Watch: TypeAlias = Callable[[Iterable[Look | Failure]], Iterator[Look | Failure]]
"""Passes looks on as they come, to whoever counts them."""


@dataclass(frozen=True, slots=True, eq=False)
class Shoot:
    """A shoot as it was looked at.

    Attributes:
        photos: The photos that could be looked at, and what is known of each.
        said: What a person said of each, by its name, or why that cannot be told.
        failures: What could not be looked at.
        card: The card of the critic that judged.
        model_id: The critic's id, and that of the taste by which it judged.
    """

    photos: tuple[tuple[PhotoFiles, Look], ...]
    said: Mapping[str, Said | Failure]
    failures: tuple[Failure, ...]
    card: Card
    model_id: str

    @classmethod
    def look(
        cls,
        photos: Iterable[PhotoFiles | Failure],
        catalog: Catalog,
        critic: Critic,
        *,
        jobs: int | None = None,
        max_pixels: int = MAX_PIXELS,
        face_finder: FaceFinder | None = None,
        watch: Watch = iter,
        taste: "Taste | None" = None,
    ) -> Self:
        """Look at photos, or remember what was seen of them.

        Where a JPEG cannot be looked at, the RAW file beside it is.

        Args:
            photos: Which files are photos, such as `photos_of` yields; failures are passed on.
            catalog: What was seen before.
            critic: Who judges.
            jobs: How many to look at in parallel; the number of usable cores if not given.
            max_pixels: Larger photos become failures.
            face_finder: Finds faces; none are sought without one.
            watch: Is given the looks as they come.
            taste: By whose taste the critic's ratings are moved; what is remembered is the critic's own.

        Raises:
            InputError: If the taste is another critic's.
        """
        model_id = critic.model.id
        if taste is not None:
            taste.people.check(model_id)
            model_id = f"{model_id}+{taste.id}"
        failures: list[Failure] = []
        looked: list[tuple[PhotoFiles, Look]] = []
        waiting: list[PhotoFiles] = []
        for photo in photos:
            if isinstance(photo, Failure):
                failures.append(photo)
            else:
                waiting.append(photo)
        while waiting:
            looks = catalog.looked(
                (photo.files[0] for photo in waiting),
                critic,
                jobs=jobs,
                max_pixels=max_pixels,
                face_finder=face_finder,
            )
            spares: list[PhotoFiles] = []
            for photo, look in zip(waiting, watch(looks), strict=True):
                if isinstance(look, Failure):
                    failures.append(look)
                    spares += photo.spare
                elif taste is None:
                    looked.append((photo, look))
                else:
                    looked.append((photo, replace(look, assessment=taste.judge(look.assessment))))
            waiting = spares
        words = catalog.said_of((photo.files for photo, _look in looked), jobs=jobs)
        said = {photo.name: one for (photo, _look), one in zip(looked, words, strict=True)}
        return cls(tuple(looked), said, tuple(failures), critic.card, model_id)
