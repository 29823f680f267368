"""The charts of an examination, each with its data. They are drawn when they are written; see `drawing`.

A chart says what is there to be seen: what an examination does not have (a ROC curve where all photos are good) has no
chart, and the function returns None.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from photocritic.core.bootstrap import Interval
from photocritic.core.calibration import reliability
from photocritic.core.classes import roc_curve
from photocritic.core.ratings import good_share
from photocritic.core.rows import Row, printable
from photocritic.evaluate.answers import Answers
from photocritic.evaluate.blocks import Chart
from photocritic.evaluate.examination import Examination, PartFigure
from photocritic.evaluate.likes import Likes
from photocritic.evaluate.measures import MEASURES
from photocritic.evaluate.truth import Truth

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS_MAX: Final = 2000
"""Up to how many photos each is a dot; more are counted, place by place."""

COMPARED_MAX: Final = 6
"""How many judges stand in one chart, at most: as many as have a colour."""

_WIDTH: Final = 4.4  # inches, so that 9 points can be read on a phone
_PLACES: Final = 40  # on each side, where photos are counted
_BARS: Final = 36
_TAIL_SHARE: Final = 0.05
_TAIL_BARS: Final = 8
_RATING_BINS: Final = 10
_ROC_POINTS: Final = 400
_PARTS_MAX: Final = 24
_NAME_LETTERS: Final = 26
_ROW_INCHES: Final = 0.26

_CHANCE: Final[Mapping[str, float]] = {
    "srcc_score": 0.0,
    "plcc_score": 0.0,
    "krcc_score": 0.0,
    "auc_score": 0.5,
    "polarised_auc_score": 0.5,
    "balanced_accuracy_score": 0.5,
    "polarised_balanced_accuracy_score": 0.5,
    "three_way_accuracy_score": 1 / 3,
    "group_srcc_score": 0.0,
    "group_pair_score": 0.5,
}
"""What a judge has that says the same of all photos, or anything."""


def means_chart(truth: Truth, answers: Answers, name: str, *, is_on_scale: bool) -> Chart:
    """Return predicted means against people's.

    Args:
        truth: The photos.
        answers: What a judge says of them.
        name: What the chart's files are called.
        is_on_scale: Whether the judge's scores are ratings on the truth's scale.
    """
    people, scores = truth.means, answers.scores
    judge = _short(answers.judge)
    if len(truth) <= DOTS_MAX:
        rows = [
            {"photo": photo, "people": _digits(mean), "predicted": _digits(score)}
            for photo, mean, score in zip(truth.names, people, scores, strict=True)
        ]
        what = "A dot is a photo"
    else:
        counts, across, up = np.histogram2d(people, scores, bins=_PLACES)
        rows = [
            {
                "people_from": _digits(across[at]),
                "people_to": _digits(across[at + 1]),
                "predicted_from": _digits(up[to]),
                "predicted_to": _digits(up[to + 1]),
                "count": int(counts[at, to]),
            }
            for at, to in np.argwhere(counts).tolist()
        ]
        what = "The darker a place, the more photos are there"

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        if is_on_scale:
            ends = [min(people.min(), scores.min()), max(people.max(), scores.max())]
            axes.plot(ends, ends, color=_dim(), linewidth=1, linestyle=(0, (3, 3)))
        if len(truth) <= DOTS_MAX:
            axes.plot(people, scores, "o", markersize=3, markeredgewidth=0, alpha=0.55)
        else:
            _shaded(axes, across, up, counts)
            axes.grid(visible=False)
        axes.set(xlabel="people's mean", ylabel=f"{judge}: mean" if is_on_scale else f"{judge}: score")

    line = "; on the dashed line both are equal" if is_on_scale else ""
    words = f"{what}: across what people say, up what {judge} says{line}. The closer to a rising line, the better."
    is_by_photo = len(truth) <= DOTS_MAX
    return Chart(name, f"{judge}: predicted against people's means", words, draw, rows, (_WIDTH, 3.6), is_by_photo)


def histograms_chart(truth: Truth, answers: Answers, name: str) -> Chart:
    """Return how often each mean occurs, predicted and people's over one another, with both tails magnified.

    The figure of the MobileNet project: a judge that never dares to leave the middle has no tails.

    Args:
        truth: The photos.
        answers: What a judge says of them, on the truth's scale.
        name: What the chart's files are called.
    """
    people, scores = truth.means, answers.scores
    judge = _short(answers.judge)
    low, high = float(min(people.min(), scores.min())), float(max(people.max(), scores.max()))
    if low == high:
        low, high = low - 0.5, high + 0.5
    tails = [float(end) for end in np.quantile(people, (_TAIL_SHARE, 1 - _TAIL_SHARE))]
    spans = {
        "all": (low, high, _BARS),
        "lower end": (low, tails[0], _TAIL_BARS),
        "upper end": (tails[1], high, _TAIL_BARS),
    }
    counted_in = {
        span: (
            edges := np.linspace(start, max(end, start + 1e-6), bars + 1),
            np.histogram(people, edges)[0],
            np.histogram(scores, edges)[0],
        )
        for span, (start, end, bars) in spans.items()
    }
    rows = [
        {
            "span": span,
            "from": _digits(edges[at]),
            "to": _digits(edges[at + 1]),
            "people": int(theirs[at]),
            "predicted": int(its[at]),
        }
        for span, (edges, theirs, its) in counted_in.items()
        for at in range(len(theirs))
    ]

    def draw(figure: "Figure") -> None:
        places = figure.subplot_mosaic([["all", "all"], ["lower end", "upper end"]], height_ratios=(1.6, 1))
        for span, (edges, theirs, its) in counted_in.items():
            axes = places[span]
            axes.stairs(theirs, edges, fill=True, color=_dim(), alpha=0.4, label="people")
            axes.stairs(its, edges, color="C0", linewidth=1.8, label=judge)
            axes.grid(visible=False, axis="x")
            axes.set_xlim(edges[0], edges[-1])
            if span == "all":
                axes.set(ylabel="photos", xlabel="mean rating")
                axes.legend(loc="upper left", borderaxespad=0)
            else:
                axes.set_title(f"{span}, magnified", loc="left", color=_dim(), fontsize=8.5)
        _whole_counts(places.values())

    words = (
        f"How many photos have each mean: grey what people say, in blue what {judge} says. Below, both ends: "
        f"the {_TAIL_SHARE:.0%} of photos that people like least, and most. Of a judge that stays in the middle "
        "they are empty."
    )
    return Chart(name, f"{judge}: how its means are spread", words, draw, rows, (_WIDTH, 4.0))


def classes_chart(truth: Truth, answers: Answers, name: str) -> Chart:
    """Return how a judge's scores are spread in each class.

    Args:
        truth: The photos, of classes.
        answers: What a judge says of them.
        name: What the chart's files are called.
    """
    judge = _short(answers.judge)
    scores, classes = answers.scores, truth.probs.argmax(axis=1)
    edges = np.histogram_bin_edges(scores, _BARS)
    counts = {level: np.histogram(scores[classes == at], edges)[0] for at, level in enumerate(truth.level_names)}
    rows = [
        {"from": _digits(edges[at]), "to": _digits(edges[at + 1])}
        | {level: int(of_class[at]) for level, of_class in counts.items()}
        for at in range(len(edges) - 1)
    ]

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        # From the worst class to the best, in colours that lie far apart.
        for colour, (level, of_class) in zip(_class_colours(len(counts)), counts.items(), strict=True):
            axes.stairs(of_class, edges, fill=True, color=colour, alpha=0.25)
            axes.stairs(of_class, edges, color=colour, linewidth=1.6, label=_short(level))
        if answers.good_from is not None:
            axes.axvline(answers.good_from, color=_dim(), linewidth=1, linestyle=(0, (3, 3)))
        axes.set(xlabel=f"{judge}: score", ylabel="photos")
        axes.grid(visible=False, axis="x")
        axes.legend(loc="best", borderaxespad=0)
        _whole_counts([axes])

    line = "" if answers.good_from is None else " From the dashed line on it calls a photo good."
    words = f"How many photos of each class have each score. The less the classes overlap, the better.{line}"
    return Chart(name, f"{judge}: its scores, class by class", words, draw, rows, (_WIDTH, 3.2))


def error_chart(truth: Truth, answers: Answers, name: str) -> Chart:
    """Return how far off a judge is where people's ratings are low, middling and high.

    Args:
        truth: The photos.
        answers: What a judge says of them, on the truth's scale.
        name: What the chart's files are called.
    """
    judge = _short(answers.judge)
    people, errors = truth.means, answers.scores - truth.means
    edges = np.linspace(people.min(), max(people.max(), people.min() + 1e-6), _RATING_BINS + 1)
    bin_of = np.clip(np.searchsorted(edges, people, side="right") - 1, 0, _RATING_BINS - 1)
    counts = np.bincount(bin_of, minlength=_RATING_BINS)
    mae, bias = (
        _quotients(np.bincount(bin_of, weights=each, minlength=_RATING_BINS), counts)
        for each in (np.abs(errors), errors)
    )
    rows = [
        {
            "from": _digits(edges[at]),
            "to": _digits(edges[at + 1]),
            "count": int(counts[at]),
            "mae": _digits(mae[at]),
            "bias": _digits(bias[at]),
        }
        for at in range(_RATING_BINS)
    ]

    def draw(figure: "Figure") -> None:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        middles, there = (edges[:-1] + edges[1:]) / 2, counts > 0
        above.axhline(0, color=_dim(), linewidth=1)
        above.plot(middles[there], mae[there], "o-", markersize=4, color="C0", label="mean absolute error")
        above.plot(middles[there], bias[there], "s-", markersize=4, color="C1", label="bias: too high, or too low")
        above.set_ylabel("levels")
        above.legend(loc="best", borderaxespad=0)
        below.stairs(counts, edges, fill=True, color=_dim(), alpha=0.4)
        below.set(xlabel="people's mean", ylabel="photos")
        _whole_counts([below])

    words = (
        f"How far {judge} is from people's mean, by what that mean is; below, how many photos there are. A bias that "
        "falls from above 0 to below says that it rates the bad too high and the good too low."
    )
    return Chart(name, f"{judge}: error by people's rating", words, draw, rows, (_WIDTH, 3.8))


def calibration_chart(truth: Truth, answers: Answers, name: str) -> Chart:
    """Return whether a judge's P(good) means what it says.

    Args:
        truth: The photos.
        answers: What a judge says of them; it has probs.
        name: What the chart's files are called.
    """
    assert answers.probs is not None
    judge = _short(answers.judge)
    p_good = good_share(answers.probs, truth.scale.good_from, truth.scale.levels)
    points = reliability(p_good, truth.good_shares)
    rows = [
        {
            "from": _digits(points.edges[at]),
            "to": _digits(points.edges[at + 1]),
            "count": int(points.counts[at]),
            "predicted": _digits(points.predicted[at]),
            "observed": _digits(points.observed[at]),
        }
        for at in range(len(points.counts))
    ]

    def draw(figure: "Figure") -> None:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        there = points.counts > 0
        above.plot([0, 1], [0, 1], color=_dim(), linewidth=1, linestyle=(0, (3, 3)))
        above.plot(points.predicted[there], points.observed[there], "o-", markersize=4, color="C0")
        above.set(ylabel="share who find it good", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        below.stairs(points.counts, points.edges, fill=True, color=_dim(), alpha=0.4)
        below.set(xlabel=f"{judge}: P(good)", ylabel="photos")
        _percent(above.xaxis, above.yaxis)
        _whole_counts([below])

    words = (
        f"Across the P(good) that {judge} says, up the share of people who find such photos good; below, how many "
        "photos these are. On the dashed line it means what it says; below the line it promises too much."
    )
    return Chart(name, f"{judge}: calibration", words, draw, rows, (_WIDTH, 4.2))


def roc_chart(examination: Examination) -> Chart | None:
    """Return the ROC curves of critics and tables; None if there are no good photos, or no bad ones."""
    truth = examination.truth
    is_good = truth.is_good
    judges = compared(examination)
    if not judges or is_good.all() or not is_good.any():
        return None
    lines = {}
    rows: list[Row] = []
    for answers in judges:
        curve = roc_curve(answers.scores, is_good)
        at = np.unique(np.linspace(0, len(curve.fpr) - 1, _ROC_POINTS).astype(int))
        auc = examination.figures[answers.judge].get("auc_score")
        label = _short(answers.judge) if auc is None else f"{_short(answers.judge)}: AUC {auc.value:.3f}"
        lines[label] = (curve.fpr[at], curve.tpr[at])
        rows += [
            {"judge": answers.judge, "bad_taken_for_good": _digits(fpr), "good_found": _digits(tpr)}
            for fpr, tpr in zip(*lines[label], strict=True)
        ]

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=_dim(), linewidth=1, linestyle=(0, (3, 3)))
        for label, (fpr, tpr) in lines.items():
            axes.plot(fpr, tpr, label=label)
        axes.set(xlabel="bad photos taken for good", ylabel="good photos found", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        axes.set_aspect("equal")
        axes.legend(loc="lower right", borderaxespad=0)
        _percent(axes.xaxis, axes.yaxis)

    words = (
        "Wherever the line between good and bad is drawn: which share of the good photos is found (up), and of the bad "
        "is taken for good (across). The nearer to the upper left corner, the better; dashed: by chance. "
        "AUC is the area below."
    )
    return Chart("roc", "Good photos from bad ones (ROC)", words, draw, rows, (_WIDTH, 4.2))


def forest_chart(examination: Examination, measure: str) -> Chart | None:
    """Return one measure of all judges side by side, with intervals; None if nobody has it."""
    dots = [
        (answers, interval)
        for answers in examination.answers
        if (interval := examination.figures[answers.judge].get(measure)) is not None and np.isfinite(interval.value)
    ]
    if not dots:
        return None
    title = MEASURES[measure].title
    rows = [
        {"judge": answers.judge, "kind": answers.kind, "measure": measure} | _interval_row(interval)
        for answers, interval in dots
    ]

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        for at, (answers, interval) in enumerate(dots):
            _bar(axes, interval, at, _dim() if answers.kind == "baseline" else "C0")
        _listed(axes, [_short(answers.judge) for answers, _interval in dots])
        _by_chance(axes, measure)
        axes.set_xlabel(title)

    words = (
        f"{sentence(MEASURES[measure].words)} {_better_words(measure)} A dot is the figure, its line the 95 % "
        "interval. Blue: critics and tables; grey: simple rules, which a critic has to beat."
    )
    size = (_WIDTH, 0.75 + _ROW_INCHES * len(dots))
    return Chart(f"forest-{measure}", f"{capitalised(title)} of all judges", words, draw, rows, size)


def parts_chart(examination: Examination, measure: str) -> Chart | None:
    """Return one measure by what photos show, with intervals; None if they have no tags.

    Of many tags those with the most photos are shown; the data holds all.
    """
    judges = [answers.judge for answers in compared(examination)]
    figures = [part for part in examination.parts if part.measure == measure and part.judge in judges]
    if not figures:
        return None
    rows = [
        {"part": part.part, "judge": part.judge, "measure": measure, "photo_count": part.photo_count}
        | _interval_row(part.interval)
        for part in figures
    ]
    counts = {part.part: part.photo_count for part in figures}
    shown = sorted(counts, key=lambda part: (-counts[part], part))[:_PARTS_MAX]
    by_place: dict[tuple[str, str], PartFigure] = {(part.part, part.judge): part for part in figures}
    title = MEASURES[measure].title

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        for number, judge in enumerate(judges):
            offset = (number - (len(judges) - 1) / 2) * 0.7 / len(judges)
            label: str | None = _short(judge)
            for at, part in enumerate(shown):
                there = by_place.get((part, judge))
                if there is not None and np.isfinite(there.interval.value):
                    _bar(axes, there.interval, at + offset, f"C{number}", label)
                    label = None
        _listed(axes, [f"{_short(part, 18)} ({counts[part]:,})" for part in shown])
        _by_chance(axes, measure)
        axes.set_xlabel(title)
        if len(judges) > 1:
            figure.legend(loc="outside upper left", ncols=min(len(judges), 2))

    some = f" The {len(shown)} most frequent of {len(counts):,} are shown." if len(counts) > len(shown) else ""
    words = (
        f"{_better_words(measure)} A dot is the figure on the photos that show this, of which there are so "
        f"many; its line is the 95 % interval, which one in twenty lies beside by chance.{some}"
    )
    size = (_WIDTH, 0.95 + len(shown) * max(_ROW_INCHES, 0.14 * len(judges)))
    return Chart(f"parts-{measure}", f"{capitalised(title)} by what photos show", words, draw, rows, size)


def likes_chart(likes: Likes, name: str) -> Chart:
    """Return how a judge's scores, and people's ratings, go with what can be measured of photos.

    Args:
        likes: What the judge likes.
        name: What the chart's files are called.
    """
    judge = _short(likes.judge)
    rows = [
        {"property": liking.name, "photo_count": liking.photo_count}
        | _interval_row(liking.srcc)
        | _interval_row(liking.people_srcc, "people_")
        for liking in likes.likings
    ]

    def draw(figure: "Figure") -> None:
        axes = figure.subplots()
        axes.axvline(0, color=_dim(), linewidth=1)
        for label, colour, marker, offset, of_whom in (
            (judge, "C0", "o", -0.16, [liking.srcc for liking in likes.likings]),
            ("people", "C1", "D", 0.16, [liking.people_srcc for liking in likes.likings]),
        ):
            for at, interval in enumerate(of_whom):
                if np.isfinite(interval.value):
                    _bar(axes, interval, at + offset, colour, label if at == 0 else None, marker)
        _listed(axes, [_short(liking.title) for liking in likes.likings])
        axes.set_xlabel("rank correlation with it (SRCC)")
        figure.legend(loc="outside upper left", ncols=2)

    words = (
        f"Right of 0: the more of it a photo has, the higher {judge} scores it (dots), or people rate it (diamonds); "
        "left: the lower. Lines are 95 % intervals; of twenty such lines, one leaves 0 out by chance. It says what "
        "goes together, not what is the cause."
    )
    size = (_WIDTH, 1.0 + 0.32 * len(likes.likings))
    return Chart(name, f"What {judge} likes, and what people like", words, draw, rows, size)


def compared(examination: Examination) -> list[Answers]:
    """Return the judges that charts are drawn of: critics and tables, the first `COMPARED_MAX`."""
    return [answers for answers in examination.answers if answers.kind != "baseline"][:COMPARED_MAX]


# ---- How things are drawn ----


def _dim() -> str:
    import matplotlib as mpl

    return str(mpl.rcParams["axes.edgecolor"])


def _class_colours(count: int) -> Sequence[Any]:
    """Return colours from the worst class to the best: vermilion, then grey, then blue."""
    return ["C1", *[_dim()] * (count - 2), "C0"]


def _shaded(axes: "Axes", across: NDArray[np.float64], up: NDArray[np.float64], counts: NDArray[np.float64]) -> None:
    """Draw how many photos are at each place, in shades of the first colour, on a logarithmic scale."""
    from matplotlib.colors import to_rgba

    red, green, blue, _alpha = to_rgba("C0")
    strengths = np.log1p(counts) / np.log1p(counts.max())
    colours = np.zeros((*counts.T.shape, 4))
    colours[..., :3] = red, green, blue
    colours[..., 3] = np.where(counts.T > 0, 0.15 + 0.85 * strengths.T, 0)
    axes.imshow(
        colours, extent=(across[0], across[-1], up[0], up[-1]), origin="lower", aspect="auto", interpolation="none"
    )


def _bar(axes: "Axes", interval: Interval, at: float, colour: str, label: str | None = None, marker: str = "o") -> None:
    """Draw a figure as a dot, and its interval as a line."""
    axes.plot([interval.low, interval.high], [at, at], color=colour, linewidth=1.6, solid_capstyle="butt")
    axes.plot([interval.value], [at], marker, color=colour, markersize=5, linestyle="none", label=label)


def _listed(axes: "Axes", names: Sequence[str]) -> None:
    """Name rows from above."""
    import matplotlib as mpl

    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0, labelcolor=mpl.rcParams["text.color"])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def _by_chance(axes: "Axes", measure: str) -> None:
    if measure in _CHANCE:
        axes.axvline(_CHANCE[measure], color=_dim(), linewidth=1, linestyle=(0, (3, 3)), zorder=0)


def _percent(*sides: Any) -> None:
    from matplotlib.ticker import PercentFormatter

    for side in sides:
        side.set_major_formatter(PercentFormatter(1.0))


def _whole_counts(each: Any) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    for axes in each:
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:,.0f}"))


# ---- Words and figures ----


def capitalised(words: str) -> str:
    """Return words as a title has them.

    Example:
        >>> capitalised("accuracy, 3-way"), capitalised("SRCC")
        ('Accuracy, 3-way', 'SRCC')
    """
    return f"{words[:1].upper()}{words[1:]}"


def sentence(words: str) -> str:
    """Return words as a sentence.

    Example:
        >>> sentence("the mean luma"), sentence("Is it so?")
        ('The mean luma.', 'Is it so?')
    """
    return capitalised(words) if words.endswith((".", "?", "!")) else f"{capitalised(words)}."


def _short(name: str, letters: int = _NAME_LETTERS) -> str:
    """Return a name from outside as it fits into a chart."""
    name = printable(name)
    return name if len(name) <= letters else f"{name[: letters - 1]}…"


def _better_words(measure: str) -> str:
    return {1: "Higher is better.", -1: "Lower is better.", 0: "Neither end is better."}[MEASURES[measure].better]


def _interval_row(interval: Interval, prefix: str = "") -> Row:
    return {f"{prefix}{end}": _digits(figure) for end, figure in interval._asdict().items()}


def _digits(figure: float) -> float:
    """Return a figure with the digits that data needs."""
    return round(float(figure), 6)


def _quotients(sums: NDArray[np.generic], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return means, NaN where there is nothing."""
    means = np.full(len(sums), np.nan)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means
