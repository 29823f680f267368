"""Make what is known beforehand of how people's tastes differ: ``python -m critics.taste --data ../shared/data``.

755 of the 757 raters of OASIS, each with votes on about 140 of its photos, teach it: along which axes people part from
the crowd, and how far. The packaged file holds nothing of a single rater, and nothing of a photo: only the pooled axes.

How the axes are found (`learn_people`): people's votes are too few to teach each of the 3,360 features of a photo, so

1. features: embeddings are standardised and turned to their 64 main directions (principal components of the photos
   with votes and of unlabelled ones); each direction is divided by its variance to the power 1/4, which lies
   between leaving their variances and making them equal;
2. a rater's own: of the votes, standardised for each rater, what the crowd's opinion of the photo does not explain,
   as a ridge regression on the features; what all see alike, a photo's own luck too, is no taste;
3. axes: the main directions in which the raters' own functions of the photos differ (their singular vectors, 12).

That is a Gaussian prior over people whose covariance is learnt from other people, cut to a low rank: hierarchical
Bayes as of Yu, Tresp & Schwaighofer 2005 (Learning Gaussian processes from multiple tasks) and Houlsby, Huszár,
Ghahramani & Hernández-Lobato 2012 (Collaborative Gaussian processes for preference learning), in closed form instead of
iterations. Plan and numbers were chosen on one half of the raters and are examined on the other: `benchmarks.taste`,
LOG.md.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import eigsh

from critics.biq import Biq
from critics.folds import FOLD_COUNT
from critics.oasis import APPEAL_SCALE, Oasis
from critics.reference import reference_photos
from photocritic.core.images import load_photo
from photocritic.core.parallel import in_order
from photocritic.core.records import Assessment
from photocritic.critic.critic import Critic
from photocritic.see.traits import TRAITS, measured_traits
from photocritic.taste.people import People

OUTPUT: Final = Path("src/photocritic/taste/people.npz")
CRITICS: Final = Path("build/critic")
ABOUT: Final = (
    "{} people who rated the beauty of about 140 photographs each, of 561 "
    "(OASIS: Kurdi, Lozano & Banaji 2017; votes: Brielmann & Pelli 2019)"
)


@dataclass(frozen=True, slots=True)
class PeoplePlan:
    """How the axes are learnt; chosen on one half of the raters.

    Attributes:
        feature_count: How many main directions of the embeddings are features.
        flattening: Directions are divided by their variance to this power: 0 leaves it, 0.5 makes all equal.
        tone: Added to each standard deviation of the embeddings, so that what hardly varies does not count.
        voted_weight: How much a photo with votes counts in the directions, beside an unlabelled one.
        penalty: Of the ridge regression on features with a mean square length of 1.
        axis_count: How many axes are kept.
        intercept_var: Of how high or low a person's ratings lie, squared votes.
        axis_var: Of a person's weight on each axis.
    """

    feature_count: int = 64
    flattening: float = 0.25
    tone: float = 0.02
    voted_weight: float = 4.0
    penalty: float = 2.0
    axis_count: int = 12
    intercept_var: float = 0.05
    axis_var: float = 1.5


PEOPLE_PLAN: Final = PeoplePlan()

_VOTES_STD: Final = 1.5  # what each rater's votes are brought to, about what they have …
_VOTES_STD_MIN: Final = 0.5  # … unless they hardly vary
_SLOPE_VAR_MIN: Final = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Raters:
    """Each rater's own votes on the photos of OASIS.

    Attributes:
        ratings: Votes 1 … 7, nan where a rater did not see a photo, shape ``(raters, photos)``.
        sets: Which of the sets of photos each rater was shown, shape ``(raters,)``; no photo is in two sets.
    """

    ratings: NDArray[np.float64]
    sets: NDArray[np.intp]

    @classmethod
    def load(cls, folder: Path, photos: Sequence[Path]) -> Self:
        """Read ``folder/raters.npz``, whose photos must be these in their order."""
        with np.load(folder / "raters.npz") as file:
            votes, names = file["ratings"], file["photos"].tolist()
        if names != [photo.name for photo in photos]:
            raise SystemExit(f"the photos of {folder / 'raters.npz'} must be those of votes.csv, in their order")
        _masks, sets = np.unique(votes > 0, axis=0, return_inverse=True)
        return cls(np.where(votes > 0, votes, np.nan), sets.ravel())

    @property
    def is_usable(self) -> NDArray[np.bool_]:
        """Whether each rater's votes differ at all, shape ``(raters,)``."""
        usable: NDArray[np.bool_] = np.nanstd(self.ratings, axis=1) > 0
        return usable


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """What critics say of photos.

    Attributes:
        embeddings: Of the photos with votes, by the packaged critic, shape ``(photos, D)``.
        means: Their mean appeal, each by the fold critic that never saw its theme, shape ``(photos,)``.
        unlabelled: Embeddings of photos without votes on their beauty, shape ``(others, D)``.
    """

    embeddings: NDArray[np.float64]
    means: NDArray[np.float64]
    unlabelled: NDArray[np.float64]

    @classmethod
    def taken(cls, data: Path, critics: Path, critic: Critic) -> Self:
        """Have the packaged critic look at all photos, and ``critics/fold-*.onnx`` at what they never saw."""
        oasis = Oasis.load(data / "oasis")
        others = [*Biq.load(data / "biq").photos, *sorted((data / "pristine").glob("*.jpg"))]
        means = np.full(len(oasis.photos), np.nan)
        for fold in range(FOLD_COUNT):
            rows = np.flatnonzero(oasis.folds == fold)
            of_fold = Critic.load(critics / f"fold-{fold}.onnx")
            means[rows] = appeal_means(looked_at(of_fold, [oasis.photos[row] for row in rows]))
        return cls(embeddings_of(looked_at(critic, oasis.photos)), means, embeddings_of(looked_at(critic, others)))


def main() -> None:
    """Learn the axes and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument("--critics", type=Path, default=CRITICS, help="the folder of fold-*.onnx, of `make critic`")
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    critic = Critic.load()
    oasis = Oasis.load(options.data / "oasis")
    raters = Raters.load(options.data / "oasis", oasis.photos)
    looks = Looks.taken(options.data, options.critics, critic)
    people = learn_people(
        looks.embeddings, looks.means, raters.ratings[raters.is_usable], looks.unlabelled, critic.model.id
    )
    photos = reference_photos(options.data)
    of_photos = looked_at(critic, photos)
    columns = people.design(embeddings_of(of_photos).astype(np.float32), appeal_means(of_photos)).rows[:, 1:]
    people = replace(
        people,
        trait_slopes=trait_slopes(columns, list(in_order(_traits_of, photos))),
        trait_count=len(photos),
    )
    people.save(options.output)
    print(f"{options.output}: {options.output.stat().st_size:,} bytes, from {people.rater_count} raters")


def learn_people(
    embeddings: NDArray[np.float64],
    critic_means: NDArray[np.float64],
    ratings: NDArray[np.float64],
    unlabelled: NDArray[np.float64],
    model_id: str,
    plan: PeoplePlan = PEOPLE_PLAN,
) -> People:
    """Return what raters teach of how people differ; nothing of a single one is kept.

    Args:
        embeddings: Of the photos that were rated, shape ``(photos, D)``.
        critic_means: What a critic that was not taught on them says of them, shape ``(photos,)``.
        ratings: The raters' votes, nan where there is none, shape ``(raters, photos)``; those of each rater differ,
            and of each photo there is one.
        unlabelled: Embeddings of more photos, shape ``(others, D)``.
        model_id: Whose embeddings they are.
        plan: How it is done.

    Returns:
        The axes, the critic's scale, and how far people lie from it; without traits.
    """
    middle, turn = feature_turn(embeddings, unlabelled, plan)
    features = (embeddings - middle) @ turn  # (photos, F)
    owns = _own_functions(features, ratings, plan.penalty)  # (raters, F)
    # The raters' functions are points with as many coordinates as photos; these are their main directions.
    _left, _stretch, main = np.linalg.svd(features @ owns.T / np.sqrt(len(owns)), full_matrices=False)
    axes = turn @ (owns.T @ main[: plan.axis_count].T) / np.sqrt(len(owns))  # (D, R)
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])  # a singular vector has no sign
    short = axes.astype(np.float16).astype(np.float32)  # half the file; photos move by some 1e-5 votes

    critic_mean, critic_std = float(critic_means.mean()), float(critic_means.std())
    lines = np.array([_line((critic_means - critic_mean) / critic_std, votes) for votes in ratings])
    slopes, noise_var, counts = lines[:, 0], float(lines[:, 1].mean()), lines[:, 2]
    return People(
        axes=short,
        offset=-middle @ short,
        critic_mean=critic_mean,
        critic_std=critic_std,
        slope=float(slopes.mean()),
        # What slopes differ by for having few votes is taken off.
        slope_var=max(float(slopes.var()) - noise_var / float(counts.mean()), _SLOPE_VAR_MIN),
        noise_var=noise_var,
        intercept_var=plan.intercept_var,
        axis_var=plan.axis_var,
        model=model_id,
        about=ABOUT.format(len(ratings)),
        rater_count=len(ratings),
        trait_slopes={},
        trait_count=0,
    )


def feature_turn(
    voted: NDArray[np.float64], unlabelled: NDArray[np.float64], plan: PeoplePlan = PEOPLE_PLAN
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what turns embeddings into F features, of a mean square length of 1 over the photos with votes.

    Args:
        voted: Embeddings of the photos that were rated, shape ``(photos, D)``.
        unlabelled: Embeddings of more photos, shape ``(others, D)``.
        plan: How many directions are kept, and what their variances are brought to.

    Returns:
        The middle (D,) and the turn (D, F): features are ``(embeddings - middle) @ turn``.
    """
    photos = np.vstack([voted, unlabelled])
    weights = np.repeat([plan.voted_weight, 1.0], [len(voted), len(unlabelled)])
    weights /= weights.sum()
    middle: NDArray[np.float64] = weights @ photos
    photos -= middle
    stds = np.sqrt(weights @ photos**2) + plan.tone
    photos *= np.sqrt(weights)[:, np.newaxis] / stds
    # The start is given: by chance, the bytes of the file would differ from run to run.
    variances, directions = eigsh(photos.T @ photos, plan.feature_count, v0=np.ones(len(middle)))
    turn = directions / variances**plan.flattening / stds[:, np.newaxis]
    turn /= np.sqrt((((voted - middle) @ turn) ** 2).sum(axis=1).mean())
    return middle, turn


def trait_slopes(columns: NDArray[np.float64], traits: Sequence[Mapping[str, float]]) -> dict[str, NDArray[np.float64]]:
    """Return how each measured property goes with the critic and with each axis, over photos.

    Args:
        columns: The standardised critic and the axes, shape ``(photos, R + 1)``.
        traits: What was measured of each photo; some have no value.

    Returns:
        Of each property R + 1 slopes, per standard deviation of it: a taste that adds ``columns @ weights`` to the
        critic adds ``slopes @ weights`` for each standard deviation of the property, as a straight line has it.
    """
    slopes = {}
    for name in TRAITS:
        known = [row for row, values in enumerate(traits) if name in values]
        values = np.array([traits[row][name] for row in known])
        if len(known) > 2 and values.std() > 0:
            z = (values - values.mean()) / values.std()
            slopes[name] = z @ columns[known] / len(known)
    return slopes


def looked_at(critic: Critic, photos: Sequence[Path]) -> list[Assessment]:
    """Return what a critic says of photos, all of which can be read."""
    verdicts = list(critic.rate(photos))
    assert all(isinstance(verdict, Assessment) for verdict in verdicts)
    return verdicts  # type: ignore[return-value]


def embeddings_of(assessments: Sequence[Assessment]) -> NDArray[np.float64]:
    """Return embeddings, shape ``(photos, D)``."""
    return np.stack([each.embedding for each in assessments]).astype(np.float64)


def appeal_means(assessments: Sequence[Assessment]) -> NDArray[np.float64]:
    """Return the mean votes that are expected, shape ``(photos,)``."""
    means: NDArray[np.float64] = np.stack([each.appeal.probs for each in assessments]) @ np.array(APPEAL_SCALE.levels)
    return means


def _own_functions(features: NDArray[np.float64], ratings: NDArray[np.float64], penalty: float) -> NDArray[np.float64]:
    """Return the weights on the features of what each rater sees in photos and the crowd does not, (raters, F)."""
    own = ratings - np.nanmean(ratings, axis=1, keepdims=True)
    own *= _VOTES_STD / np.maximum(np.nanstd(ratings, axis=1, keepdims=True), _VOTES_STD_MIN)
    crowd = np.nanmean(own, axis=0)
    ridges: dict[bytes, NDArray[np.float64]] = {}  # raters of one set share one
    found = []
    for votes in own:
        seen = ~np.isnan(votes)
        seen_features, seen_crowd = features[seen], crowd[seen]
        if (key := seen.tobytes()) not in ridges:
            square = seen_features.T @ seen_features + penalty * np.eye(features.shape[1])
            ridges[key] = np.linalg.solve(square, seen_features.T)
        agreement = votes[seen] @ seen_crowd / (seen_crowd @ seen_crowd)
        found.append(ridges[key] @ (votes[seen] - agreement * seen_crowd))
    return np.array(found)


def _line(scores: NDArray[np.float64], votes: NDArray[np.float64]) -> tuple[float, float, int]:
    """Return the slope of a rater's votes on the critic, the variance about that line, and how many votes there are."""
    seen = ~np.isnan(votes)
    columns = np.column_stack([np.ones(seen.sum()), scores[seen]])
    line = np.linalg.lstsq(columns, votes[seen], rcond=None)[0]
    count = int(seen.sum())
    return float(line[1]), float(((votes[seen] - columns @ line) ** 2).sum() / (count - 2)), count


def _traits_of(path: Path) -> Mapping[str, float]:
    return measured_traits(load_photo(path).image).values


if __name__ == "__main__":
    main()
