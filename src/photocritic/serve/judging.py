"""What a worker does with photos that somebody sent: each operation of the API, from bytes to rows of plain values."""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from photocritic.core.faces import FaceFinder
from photocritic.core.images import at_most, load_photo
from photocritic.core.records import Failure
from photocritic.core.rows import Row, row_of
from photocritic.critic.critic import Critic
from photocritic.errors import InputError
from photocritic.see.advice import Suggestion, advise
from photocritic.see.advice_rows import advice_row
from photocritic.see.crop_rows import crops_row
from photocritic.see.crops import Method, best_crops
from photocritic.see.explanation import AspectName, explain
from photocritic.see.explanation_rows import explanation_row
from photocritic.see.heat import heat_picture
from photocritic.serve.pictures import PICTURE_PX, jpeg_uri, picture_uri, suggested

if TYPE_CHECKING:
    from photocritic.see.advice import Advice

Options: TypeAlias = Mapping[str, Any]
"""What was asked for; the API has checked it."""

_GREY: Final = np.full((64, 96, 3), 128, np.uint8)


class Judging:
    """A critic and what it is asked for. Photos are bytes of files; what cannot be judged is a row with an error."""

    def __init__(self, critic: Critic, max_pixels: int) -> None:
        self._critic = critic
        self._max_pixels = max_pixels
        self._finder = FaceFinder.load() if find_spec("cv2") is not None else None
        has_map = critic.look(_GREY).appeal.logit_map is not None  # and the first pass, which is the slowest, is over
        self._method: Method = "map" if has_map else "brute"
        self._operations: Mapping[str, Callable[[bytes, Options], Row]] = {
            "explain": self._explain,
            "crop": self._crop,
            "advise": self._advise,
        }

    def rows(self, operation: str, photos: Sequence[bytes], options: Options) -> list[Row]:
        """Return a row for each photo."""
        if operation == "rate":
            return self._rate(photos, options)
        return [self._row(operation, photo, options) for photo in photos]

    def _row(self, operation: str, photo: bytes, options: Options) -> Row:
        try:
            return self._operations[operation](photo, options)
        except InputError as err:
            return _FAILED[operation](Failure(None, str(err)))
        except MemoryError:
            return _FAILED[operation](Failure(None, "there is not enough memory for it"))

    def _rate(self, photos: Sequence[bytes], options: Options) -> list[Row]:
        has_thumbnails = options["thumbnails"]
        rows = []
        for verdict in self._critic.look_together(photos, max_pixels=self._max_pixels, has_thumbnails=has_thumbnails):
            thumbnail = None if isinstance(verdict, Failure) else verdict.thumbnail
            uri = None if thumbnail is None else jpeg_uri(thumbnail)
            rows.append(row_of(verdict) | ({"thumbnail": uri} if has_thumbnails else {}))
        return rows

    def _explain(self, photo: bytes, options: Options) -> Row:
        aspect: AspectName = options["aspect"]
        explanation = explain(photo, self._critic, aspect=aspect, max_pixels=self._max_pixels)
        row = explanation_row(explanation)
        if options["pictures"]:
            heat = heat_picture(explanation.image, explanation.departures / explanation.span)
            row |= {"photo": picture_uri(explanation.image), "heat": picture_uri(heat)}
        return row

    def _crop(self, photo: bytes, options: Options) -> Row:
        return crops_row(
            best_crops(
                photo,
                self._critic,
                options["aspect"],
                top=options["top"],
                finder=self._finder,
                method=self._method,
                max_pixels=self._max_pixels,
            )
        )

    def _advise(self, photo: bytes, options: Options) -> Row:
        advice = advise(photo, self._critic, finder=self._finder, max_pixels=self._max_pixels)
        row = advice_row(advice)
        return row | self._before_and_after(photo, advice, row) if options["pictures"] else row

    def _before_and_after(self, photo: bytes, advice: "Advice", row: Row) -> Row:
        image = load_photo(photo, at_most(PICTURE_PX), max_pixels=self._max_pixels).image

        def after(*suggestions: Suggestion) -> str:
            return picture_uri(suggested(image, (advice.width, advice.height), suggestions))

        rows = [
            values | {"after": after(suggestion)}
            for values, suggestion in zip(row["suggestions"], advice.suggestions, strict=True)
        ]
        together = advice.together
        return {
            "before": picture_uri(image),
            "suggestions": rows,
            "together": None if together is None else row["together"] | {"after": after(*together.suggestions)},
        }


_FAILED: Final[Mapping[str, Callable[[Failure], Row]]] = {
    "rate": row_of,
    "explain": explanation_row,
    "crop": crops_row,
    "advise": advice_row,
}
