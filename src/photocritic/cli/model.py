"""``photocritic model``: what a critic says of itself."""

import argparse
import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from photocritic.core.records import Aspect, InputSpec, Mark
    from photocritic.critic.model import Model

_MARK_NAMES = {
    "srcc_score": "rank correlation with people (SRCC)",
    "plcc_score": "linear correlation with people (PLCC)",
    "emd_error": "distance to people's votes (EMD, r = 2; lower is better)",
    "accuracy_score": "on the same side of the scale's middle as people's mean",
    "accuracy_of_always_good": "… beside always saying good",
    "accuracy_score_of_largest_class": "… beside always naming the most frequent class",
    "order_score_of_packaged": "… beside the packaged critic",
    "order_score": "pairs of photos that people rate differently put in people's order (chance: 0.5)",
    "pair_score": "pairs of frames that clearly differ put in people's order",
    "pair_score_of_sharpest_input": "… beside ordering them by sharpness (variance of Laplacian) at the input's size",
    "pair_score_of_sharpest_file": "… beside ordering them by sharpness at full size",
    "pair_score_of_largest_file": "… beside ordering them by the size of the file",
    "top1_score": "series whose chosen frame is within 0.05 (of 1) of the best",
    "top1_score_of_sharpest_input": "… beside choosing the sharpest at the input's size",
    "top1_score_of_sharpest_file": "… beside choosing the sharpest at full size",
    "top1_score_of_largest_file": "… beside choosing the largest file",
    "top1_score_of_chance": "… beside choosing by chance",
    "twin_score": "put below their photo",
    "ruin_error": "put above their photo (lower is better)",
}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser("model", help="what a critic says of itself")
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")
    info = subcommands.add_parser(
        "info",
        help="the model's card in words",
        description="Prints a model's card: what it was taught on, its scale, how well it agrees with people, its "
        "limits, its licence and its file's SHA-256.",
    )
    info.add_argument(
        "model", nargs="?", metavar="FILE|NAME", help="an .onnx file, or the name of a critic in the package"
    )
    info.set_defaults(run=run_info)


def run_info(options: argparse.Namespace) -> int:
    """Print a model's card; return 0."""
    from photocritic.critic.model import DEFAULT_NAME, Model

    print(_words(Model.load(DEFAULT_NAME if options.model is None else options.model, "cpu")))
    return 0


def _words(model: "Model") -> str:
    card = model.card
    sections = {
        "Taught on": [card.taught_on],
        "Appeal, the score": _aspect_words(card.appeal),
        "Quality": ["not rated"] if card.quality is None else _aspect_words(card.quality),
        "Agreement with people": _marks_words(card.marks) or ["not measured"],
        "Limits": list(card.limits),
        "Input": [_input_words(card.input)],
        "Licence": [card.licence],
        "Made from": list(card.provenance),
        "File": [
            f"{model.size_bytes:,} bytes, sha256 {model.sha256}",
            f"It knows the salted hashes of the {len(card.taught.hashes)} photos it was taught on.",
        ],
    }
    lines = [f"{card.name} {card.version}", *_wrapped(card.summary, "")]
    for title, sentences in sections.items():
        lines += ["", title]
        for sentence in sentences:
            lines += _wrapped(sentence, "  ")
    return "\n".join(lines)


def _input_words(spec: "InputSpec") -> str:
    if spec.square_px is not None:
        middle = "" if spec.crop_px is None else f", of which it sees the middle {spec.crop_px} × {spec.crop_px} px"
        return f"every photo squeezed into {spec.short_side_px} × {spec.short_side_px} px{middle}"
    return (
        f"{'width' if spec.is_width_fixed else 'short side'} {spec.short_side_px} px, "
        f"long side at most {spec.long_side_max_px} px, multiples of {spec.multiple_px} px"
    )


def _aspect_words(aspect: "Aspect") -> list[str]:
    scale = aspect.scale
    return [
        f"{scale.worst:g} to {scale.best:g}, {len(scale.levels)} levels; good from {scale.good_from:g}. "
        f"Asked of people: {scale.asks}.",
        f"Its score, 0 to 100, is the percentile of the mean among {aspect.reference}.",
    ]


def _marks_words(marks: "Sequence[Mark]") -> list[str]:
    """Return the marks in words, those of the same things under one line that names these."""
    words = []
    for (count, on), some in groupby(marks, key=lambda mark: (mark.count, mark.on)):
        words.append(f"on {count:,} {on}, with 95 % intervals:")
        beside: dict[str, list[Mark]] = {}  # a measure, then what is beside it
        for mark in some:
            beside.setdefault(mark.name.split("_of_")[0], []).append(mark)
        words += [
            f"{_MARK_NAMES.get(mark.name, mark.name)}: {mark.value:.3f} [{mark.low:.3f}, {mark.high:.3f}]"
            for measure in beside.values()
            for mark in measure
        ]
    return words


def _wrapped(sentence: str, indent: str) -> list[str]:
    from photocritic.core.rows import printable

    return textwrap.wrap(
        printable(sentence), 100, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False
    )
