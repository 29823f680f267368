"""A critic's embeddings for those who know no critic."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from photocritic.data.look_alikes import Embed


def embedder(model: str, photos: Path, jobs: int | None) -> "Embed":
    """Return what gives the embeddings of photos in a folder.

    Raises:
        ModelError: If the model cannot be had.
    """
    from photocritic.core.records import Assessment
    from photocritic.critic.critic import Critic

    critic = Critic.load(model)

    def embed(names: Iterable[str]) -> "Iterator[NDArray[np.float32] | None]":
        for verdict in critic.rate((photos / name for name in names), jobs=jobs):
            yield verdict.embedding if isinstance(verdict, Assessment) else None

    return embed
