"""What a critic answers of photos, and what was measured of them; both are remembered."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from photocritic.core.faces import FaceFinder
from photocritic.core.records import Assessment, Failure
from photocritic.core.rows import Row
from photocritic.critic.critic import Critic
from photocritic.evaluate.memory import remembered
from photocritic.evaluate.visible import VISIBLE_VERSION, Visible, measured


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """What a critic answered of one photo.

    Attributes:
        appeal: The distribution of its appeal, (K,).
        quality: That of its quality; None from a critic that does not rate it.
        embedding: What it saw, float16, (D,); None if it is not needed.
    """

    appeal: NDArray[np.float64]
    quality: NDArray[np.float64] | None
    embedding: NDArray[np.float16] | None


def answers_of(
    critic: Critic,
    paths: Sequence[Path],
    file_path: Path,
    *,
    has_embeddings: bool = False,
    jobs: int | None = None,
    max_pixels: int,
) -> Iterator[Answered | Failure]:
    """Yield what a critic answers of each photo, asking it only what the file does not know yet.

    Args:
        critic: The critic.
        paths: The photos.
        file_path: Where answers are kept; see `photocritic.evaluate.memory.remembered`.
        has_embeddings: Whether answers need the embedding.
        jobs: How many photos to look at at once.
        max_pixels: Larger photos are refused.

    Raises:
        InputError: If the file cannot be read or written.
    """

    def see(new: Sequence[Path]) -> Iterator[Answered | Failure]:
        for verdict in critic.rate(new, jobs=jobs, max_pixels=max_pixels):
            yield _answered(verdict, has_embeddings=has_embeddings) if isinstance(verdict, Assessment) else verdict

    def from_row(row: Row) -> Answered:
        embedding = base64.b64decode(row["embedding"]) if has_embeddings else None
        return Answered(
            np.array(row["appeal"], np.float64),
            None if row["quality"] is None else np.array(row["quality"], np.float64),
            None if embedding is None else np.frombuffer(embedding, np.float16),
        )

    return remembered(paths, file_path, critic.model.id, see, _row, from_row)


def visibles_of(
    paths: Sequence[Path], file_path: Path, *, jobs: int | None = None, finder: FaceFinder | None = None
) -> Iterator[Visible | Failure]:
    """Yield what can be measured of each photo, measuring only what the file does not know yet.

    Args:
        paths: The photos.
        file_path: Where it is kept; see `photocritic.evaluate.memory.remembered`.
        jobs: How many photos to measure at once.
        finder: Finds faces; without one they are not looked for.

    Raises:
        InputError: If the file cannot be read or written.
    """
    by = f"visible-{VISIBLE_VERSION}" + ("" if finder is None else f" and {finder.id}")
    names = [field.name for field in fields(Visible)]
    return remembered(
        paths,
        file_path,
        by,
        lambda new: measured(new, jobs, finder),
        asdict,
        lambda row: Visible(**{name: row[name] for name in names}),
    )


def _answered(assessment: Assessment, *, has_embeddings: bool) -> Answered:
    return Answered(
        assessment.appeal.probs,
        None if assessment.quality is None else assessment.quality.probs,
        assessment.embedding.astype(np.float16) if has_embeddings else None,
    )


def _row(answered: Answered) -> Row:
    return {
        "appeal": answered.appeal.tolist(),
        "quality": None if answered.quality is None else answered.quality.tolist(),
        "embedding": None if answered.embedding is None else base64.b64encode(answered.embedding.tobytes()).decode(),
    }
