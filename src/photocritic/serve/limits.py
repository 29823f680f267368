"""How much a server takes in: what bounds its memory, its time, and what one client can ask of it."""

from dataclasses import dataclass
from typing import Final

from photocritic.errors import InputError

MEBIBYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken in.

    Attributes:
        max_bytes: Of one request.
        max_pixels: Of one photo; checked before it is decoded.
        max_photos: In one request.
        max_seconds: For a request's body to arrive, and again for judging one photo.
        max_waiting: Photos that wait for a worker or are judged; whoever comes with more is told to come again.

    Raises:
        InputError: If a request that is allowed would never find room.
    """

    max_bytes: int = 256 * MEBIBYTE
    max_pixels: int = 100_000_000
    max_photos: int = 100
    max_seconds: float = 60.0
    max_waiting: int = 256

    def __post_init__(self) -> None:
        if self.max_waiting < self.max_photos:
            raise InputError(
                f"as many photos must be able to wait as one request may have, {self.max_photos:,}; got "
                f"{self.max_waiting:,}; raise --max-waiting, or lower --max-photos"
            )

    @property
    def max_held_bytes(self) -> int:
        """How much all requests that are received or wait may have together."""
        return 4 * self.max_bytes

    @property
    def decoding_bytes(self) -> int:
        """How much memory the largest photo may take beyond an idle worker's: its file, its pixels, the network."""
        # A file is there twice, as some decoders copy it; three times its pixels, for turning and converting; the rest
        # is the network's and what libraries reserve.
        return 2 * self.max_bytes + 12 * self.max_pixels + 1024 * MEBIBYTE
