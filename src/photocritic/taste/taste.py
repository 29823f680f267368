"""One person's taste: what was learnt of it, and the critic's assessments as this person would give them.

A taste moves the critic's mean by what sets the person apart from people in general; all else of an assessment stays.
With nothing learnt, it moves nothing.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import numpy as np

from photocritic import __version__
from photocritic.core.files import whole_file
from photocritic.core.records import Assessment, Failure, Personal, Verdict
from photocritic.errors import InputError
from photocritic.taste.card import Contents, Examples, TasteCard
from photocritic.taste.curve import Curve
from photocritic.taste.opinions import Opinions
from photocritic.taste.people import People
from photocritic.taste.posterior import Posterior, learnt
from photocritic.taste.taste_file import BYTES_MAX, from_bytes, is_taste, to_bytes
from photocritic.taste.tilting import tilted

EXAMPLES_MAX: Final = 1000
"""So many rated photos are kept for explanations, evenly of all levels."""

_DECIMALS: Final = 4


@dataclass(frozen=True, eq=False)
class Taste:
    """One person's taste.

    Attributes:
        card: What it says of itself.
        posterior: What is known of this person.
        examples: The photos that it was learnt from.
        people: How people's likings differ: what was known before.
    """

    card: TasteCard
    posterior: Posterior = field(repr=False)
    examples: Examples = field(repr=False)
    people: People = field(repr=False)

    @classmethod
    def learn(
        cls, opinions: Opinions, people: People, curve: Curve, *, name: str, learnt_from: str, learnt_on: date
    ) -> Self:
        """Learn what a person likes.

        Args:
            opinions: What the person said.
            people: How people's likings differ.
            curve: What the taste gains, from `photocritic.taste.curve.learning_curve`.
            name: The taste's name.
            learnt_from: What it is learnt from, in words.
            learnt_on: Today.

        Raises:
            InputError: If there is nothing to learn from, the embeddings are of another critic, or the name is none.
        """
        opinions.check()
        card = TasteCard(
            name, learnt_from, learnt_on, opinions.rating_count, opinions.pair_count, curve, version=__version__
        )
        return cls(card, learnt(opinions, people), _examples(opinions, people), people)

    @classmethod
    def load(cls, path: str | Path, people: People | None = None) -> Self:
        """Read a taste.

        Args:
            path: Its file.
            people: How people's likings differ: those that it was learnt with; the packaged ones if not given.

        Raises:
            InputError: If it cannot be read, is no taste or a damaged one, is of a newer photocritic, or was learnt
                with another critic or other people.
        """
        path = Path(path)
        people = People.packaged() if people is None else people
        try:
            with path.open("rb") as file:
                content = file.read(BYTES_MAX + 1)
        except OSError as err:
            raise InputError(f"cannot read {path}: {err.strerror or err}") from err
        try:
            contents = from_bytes(content, people)
        except InputError as err:
            raise InputError(f"{path}: {err}") from err
        return cls(contents.card, contents.posterior, contents.examples, people)

    def save(self, path: Path) -> None:
        """Write a taste, whole or not at all; one that stands there is replaced, any other file is not.

        Raises:
            InputError: If something else stands there, or it cannot be written.
        """
        try:
            if path.is_file():
                with path.open("rb") as file:
                    if not is_taste(file.read(BYTES_MAX)):
                        raise InputError(f"{path} is there already and is no taste; choose another name")
        except OSError as err:
            raise InputError(f"cannot write {path}: {err.strerror or err}") from err
        with whole_file(path) as whole:
            whole.write(self._bytes)

    @cached_property
    def id(self) -> str:
        """Which taste it is: its name and 12 hex digits of its file's SHA-256."""
        return f"{self.card.name}@{hashlib.sha256(self._bytes).hexdigest()[:12]}"

    @cached_property
    def _bytes(self) -> bytes:
        return to_bytes(Contents(self.card, self.posterior, self.examples), self.people)

    def judge(self, assessment: Assessment) -> Assessment:
        """Return an assessment as this person would give it.

        The mean of the appeal is moved by what sets the person apart, on the critic's own scale; the distribution and
        its map are tilted so that they have that mean. What the critic said is kept in ``personal``.

        Args:
            assessment: The critic's own.

        Raises:
            InputError: If it is another critic's, or a taste's already.
        """
        if assessment.personal is not None:
            raise InputError(f"this photo was judged by the taste {assessment.personal.taste} already; use one taste")
        self.people.check(assessment.model_id)
        crowd = assessment.appeal
        design = self.people.design(assessment.embedding[np.newaxis], np.array([crowd.mean]))
        points = self.people.points_per_vote
        shift = points * float((self.posterior.liking(design) - design.prior)[0])
        return replace(
            assessment,
            appeal=tilted(crowd, crowd.mean + shift),
            model_id=f"{assessment.model_id}+{self.id}",
            personal=Personal(crowd, points * float(self.posterior.liking_std(design)[0]), self.id),
        )

    def judged(self, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
        """Pass verdicts on as this person would give them; Failures as they are.

        Raises:
            InputError: If an assessment is another critic's.
        """
        for verdict in verdicts:
            yield verdict if isinstance(verdict, Failure) else self.judge(verdict)


def _examples(opinions: Opinions, people: People) -> Examples:
    """Return the rated photos, or evenly chosen ones of all levels."""
    rated = np.flatnonzero(opinions.is_rated)
    if len(rated) > EXAMPLES_MAX:
        by_level = rated[np.argsort(opinions.levels[rated], kind="stable")]
        rated = np.sort(by_level[np.linspace(0, len(by_level) - 1, EXAMPLES_MAX).round().astype(np.intp)])
    places = people.design(opinions.embeddings[rated], opinions.means[rated]).rows[:, 1:]
    return Examples(
        tuple(opinions.names[row] for row in rated),
        opinions.levels[rated],
        opinions.level_names,
        places.round(_DECIMALS),
    )
