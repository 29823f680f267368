"""The measures of an examination: what they are called, and which end is better."""

from dataclasses import dataclass, replace
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure.

    Attributes:
        name: As marks have it; ``*_score``: higher is better, ``*_error``: lower is better, else neither.
        title: As the field calls it, short.
        words: What it says, for who does not know it.
        section: Which of the `SECTIONS` it stands in.
    """

    name: str
    title: str
    words: str
    section: str

    @property
    def better(self) -> Literal[1, -1, 0]:
        """1 if higher is better, -1 if lower is, 0 if neither."""
        return 1 if self.name.endswith("_score") else -1 if self.name.endswith("_error") else 0


SECTIONS: Final = {
    "order": "Order: does it rank photos as people do?",
    "distribution": "Distribution: does it predict how votes spread?",
    "good": "Good or bad, at the scale's threshold",
    "polarised": "Good or bad, without the ambiguous middle",
    "three": "Three-way",
    "calibration": "Calibration: does a probability mean what it says?",
    "within": "Within groups",
}
"""The sections of a table of marks, and their titles."""

_SIDES: Final = (
    Measure("accuracy_score", "accuracy", "the share of photos on people's side of the threshold", "good"),
    Measure("balanced_accuracy_score", "balanced accuracy", "the mean recall of good and bad", "good"),
    Measure("good_precision_score", "precision, good", "of those it calls good, the share that are", "good"),
    Measure("good_recall_score", "recall, good", "of the good, the share that it finds", "good"),
    Measure("good_f1_score", "F1, good", "the harmonic mean of both", "good"),
    Measure("bad_precision_score", "precision, bad", "of those it calls bad, the share that are", "good"),
    Measure("bad_recall_score", "recall, bad", "of the bad, the share that it finds", "good"),
    Measure("bad_f1_score", "F1, bad", "the harmonic mean of both", "good"),
    Measure("auc_score", "AUC", "how likely a good photo's score is above a bad one's", "good"),
    Measure("ap_score", "average precision", "the area under precision and recall, of the good", "good"),
)

MEASURES: Final = {
    measure.name: measure
    for measure in (
        Measure(
            "order_score", "pairs in order", "the share of pairs whose better photo it puts first; chance 0.5", "order"
        ),
        Measure("srcc_score", "SRCC", "rank correlation of its means with people's (Spearman's ρ)", "order"),
        Measure("plcc_score", "PLCC", "linear correlation of its means with people's (Pearson's r)", "order"),
        Measure(
            "plcc_fitted_score",
            "PLCC, fitted",
            "the same after VQEG's 4-parameter logistic was fitted, which finds some order in chance, too",
            "order",
        ),
        Measure("krcc_score", "KRCC", "rank correlation by pairs (Kendall's τ-b)", "order"),
        Measure("mae_error", "MAE", "mean absolute error of its means, in levels of the scale", "order"),
        Measure("emd_1_error", "EMD, r = 1", "earth mover's distance of the votes, normalised", "distribution"),
        Measure("emd_2_error", "EMD, r = 2", "the same with squares and a root, as NIMA's loss", "distribution"),
        Measure("std_srcc_score", "SRCC of std", "does it know where people disagree? By ranks", "distribution"),
        Measure("std_plcc_score", "PLCC of std", "the same, linearly", "distribution"),
        *_SIDES,
        *(replace(measure, name=f"polarised_{measure.name}", section="polarised") for measure in _SIDES),
        Measure("three_way_accuracy_score", "accuracy, 3-way", "of thirds, or three classes; chance is 1/3", "three"),
        Measure(
            "ece_error", "ECE", "expected calibration error of P(good), 15 bins; chance alone raises it", "calibration"
        ),
        Measure("brier_error", "Brier", "mean squared error of P(good) against each vote", "calibration"),
        Measure(
            "p_good_std",
            "spread of P(good)",
            "how far it moves: its standard deviation, also called sharpness",
            "calibration",
        ),
        Measure("group_srcc_score", "SRCC", "mean rank correlation inside a group", "within"),
        Measure("group_pair_score", "pairs", "the share of pairs inside a group put in people's order", "within"),
        Measure("group_top_1_score", "top-1", "how often its first of a group is people's best", "within"),
        Measure("group_top_3_score", "top-3", "how often people's best is among its first three", "within"),
    )
}
"""Name → measure, in the order of tables."""
