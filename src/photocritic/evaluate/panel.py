"""A critic that is examined: one file, or several that were taught in folds, each of which left some photos out."""

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from photocritic.core.parallel import in_order
from photocritic.core.records import Card
from photocritic.critic.critic import Critic
from photocritic.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One critic, or those of its folds.

    Attributes:
        name: What it is called.
        critics: The critics; of folds, all of one scale.
    """

    name: str
    critics: tuple[Critic, ...]

    @classmethod
    def load(cls, model: str, device: str = "auto") -> Self:
        """Load a critic, or by a pattern such as ``build/fold-*.onnx`` those of its folds.

        Args:
            model: The name of a critic in the package, a file, or a pattern of files.
            device: Where it runs; see `Critic.load`.

        Raises:
            InputError: If no file is of the pattern, or the critics of folds rate on different scales.
            ModelError: If a critic cannot be had.
        """
        if not glob.has_magic(model) or Path(model).exists():
            is_file = Path(model).suffix == ".onnx"
            return cls(Path(model).stem if is_file else model, (Critic.load(model, device),))
        paths = sorted(glob.glob(model))  # noqa: PTH207 - the pattern may begin at the root
        if not paths:
            raise InputError(f"no file is called {model!r}")
        critics = tuple(Critic.load(path, device) for path in paths)
        first = critics[0].card
        for path, critic in zip(paths, critics, strict=True):
            if (critic.card.appeal.scale, critic.card.quality is None) != (first.appeal.scale, first.quality is None):
                raise InputError(f"{path} rates on another scale than {paths[0]}: these are no folds of one critic")
        return cls(f"{first.name}, {len(critics)} folds", critics)

    @property
    def card(self) -> Card:
        """What its first critic's file says of itself."""
        return self.critics[0].card

    @property
    def ids(self) -> tuple[str, ...]:
        """Which critics these are."""
        return tuple(critic.model.id for critic in self.critics)

    def untaught(self, paths: Sequence[Path], jobs: int | None = None) -> Iterator[int | None]:
        """Yield for each photo which of the critics never saw it, None if each was taught on it.

        A photo that cannot be read is new to the first: it will say so when it looks.
        """
        known = [critic.card.taught for critic in self.critics]

        def first_untaught(path: Path) -> int | None:
            try:
                photo_bytes = path.read_bytes()
            except OSError:
                return 0
            hashes: dict[str, str] = {}  # by salt, which folds share
            for at, taught in enumerate(known):
                if taught.salt not in hashes:
                    hashes[taught.salt] = taught.hash(photo_bytes)
                if hashes[taught.salt] not in taught.hashes:
                    return at
            return None

        return in_order(first_untaught, paths, jobs)
