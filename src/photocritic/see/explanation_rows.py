"""Explanations as rows for programs."""

from typing import Final

from photocritic.core.records import Failure
from photocritic.core.rows import Row, path_text
from photocritic.see.explanation import Explanation
from photocritic.see.explanation_words import places_words, remark_lines, trait_percentiles, with_minus
from photocritic.see.traits import TRAITS

FIELDS: Final = (
    "path",
    "width",
    "height",
    "aspect",
    "score",
    "mean",
    "std",
    "p_good",
    "probs",
    "is_exact",
    "map",
    "span",
    "places",
    "remarks",
    "traits",
    "reference",
    "model",
    "error",
)


def explanation_row(explanation: Explanation | Failure) -> Row:
    """Return an explanation as plain values, keyed by `FIELDS`; what does not apply is None.

    ``map`` is by how much each place raises the mean rating or lowers it, in levels of the scale, row by row from the
    top; a departure as large as ``span`` is drawn in full colour. ``places`` and ``remarks`` are sentences. A trait is
    its ``name`` and ``title``, its ``value``, also in ``words``, its ``percentile`` among the reference photos, 0 to
    100, and whether it ``stands_out``.
    """
    row: Row = dict.fromkeys(FIELDS)
    if isinstance(explanation, Failure):
        path = None if explanation.path is None else path_text(explanation.path)
        return row | {"path": path, "error": explanation.reason}
    assessment, rating = explanation.assessment, explanation.rating
    return row | {
        "path": None if assessment.path is None else path_text(assessment.path),
        "width": assessment.width,
        "height": assessment.height,
        "aspect": explanation.aspect,
        "score": round(rating.score, 1),
        "mean": round(rating.mean, 4),
        "std": round(rating.std, 4),
        "p_good": round(rating.p_good, 4),
        "probs": [round(float(share), 4) for share in rating.probs],
        "is_exact": explanation.is_exact,
        "map": [[round(float(value), 4) for value in line] for line in explanation.departures],
        "span": round(explanation.span, 4),
        "places": places_words(explanation),
        "remarks": remark_lines(explanation),
        "traits": _trait_rows(explanation),
        "reference": explanation.reference.about,
        "model": assessment.model_id,
    }


def _trait_rows(explanation: Explanation) -> list[Row]:
    out = {remark.name for remark in explanation.remarks}
    percentiles = trait_percentiles(explanation)
    return [
        {
            "name": name,
            "title": TRAITS[name].title,
            "value": round(value, 4),
            "words": with_minus(TRAITS[name].form.format(value)),
            "percentile": round(percentiles[name], 1),
            "stands_out": name in out,
        }
        for name, value in explanation.measured.values.items()
    ]
