"""``photocritic dream``: a photo as a network would rather have it, or what a channel inside of it answers to."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from photocritic.cli.options import check_can_teach, natural_int, positive_int, share
from photocritic.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from photocritic.cli.see_terminal import SeeLog
    from photocritic.train.dream import Plan
    from photocritic.train.taught import Subject


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "dream",
        help="change a photo until a network rates it higher, or see what a layer's channel looks for",
        description=(
            "Follows a network's slopes over the pixels: of a photo, towards a better or a worse rating; of noise, "
            "towards what a channel of a layer answers to most. The picture is as large as the network sees a photo, "
            "and says in its metadata that a network made it. It shows what a network goes by, not how a photo is made "
            "better: people need not agree, and a change that is hard to see can move a rating far. Prints what the "
            "network says before and after."
        ),
        epilog="Exit status: 0 all good, 2 the request was wrong.",
    )
    parser.add_argument("photo", nargs="?", type=Path, metavar="PHOTO", help="the photo to begin with")
    parser.add_argument(
        "--model",
        default="default",
        metavar="SOURCE",
        help="a run's folder, with its newest weights; the critic in the package (default: default); or a recipe, by "
        "name or file, with the weights that it begins with",
    )
    parser.add_argument("--worse", action="store_true", help="towards a worse rating")
    parser.add_argument(
        "--strength",
        type=share,
        metavar="SHARE",
        help="how far each pixel may move, of the whole range from black to white (default: 8%%)",
    )
    parser.add_argument("--beside", action="store_true", help="the photo, and the dream at its right")
    parser.add_argument(
        "--layer", metavar="NAME", help="begin with noise; a layer, or a convolution inside one: see `train inspect`"
    )
    parser.add_argument("--channel", type=natural_int, metavar="K", help="which channel of it, counted from 0")
    parser.add_argument("--steps", type=positive_int, metavar="N", help="steps in each octave (default: 20)")
    parser.add_argument(
        "--octaves",
        type=positive_int,
        metavar="N",
        help="how many grids the change is made on, each twice as fine as the one before (default: 4)",
    )
    parser.add_argument("--seed", type=natural_int, default=0, metavar="N", help="another one, another dream")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PICTURE.png")
    parser.add_argument(
        "--max-pixels", type=positive_int, metavar="N", help="refuse larger photos (default: 250,000,000)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Dream and write the picture; return 0."""
    check_can_teach()
    _check(options)
    from PIL import Image

    from photocritic.cli.see_terminal import SeeLog
    from photocritic.core.files import whole_file
    from photocritic.core.rows import printable
    from photocritic.see.bands import is_ours
    from photocritic.train.dream import OCTAVES, STEPS, Plan
    from photocritic.train.montage import Picture
    from photocritic.train.taught import load_subject

    plan = Plan(options.steps or STEPS, options.octaves or OCTAVES, options.seed)
    dreamt = _of_photo if options.layer is None else _of_channel
    with whole_file(
        options.output, is_ours=is_ours(options.output)
    ) as file:  # opened first, so that no work is lost on a wrong name
        subject = load_subject(options.model)
        with SeeLog(None, sys.stderr.isatty()) as log:
            image, words = dreamt(options, subject, plan, log)
        made = (
            f"Made by a network, no photograph: {subject.name}; {plan.octaves} x {plan.steps} steps, seed {plan.seed}"
        )
        Picture(Image.fromarray(image), f"{words}. {made}").write(file)
    print(printable(words))
    print(f"photocritic: picture: {options.output}", file=sys.stderr)
    return 0


def _of_photo(
    options: argparse.Namespace, subject: "Subject", plan: "Plan", log: "SeeLog"
) -> "tuple[NDArray[np.uint8], str]":
    """Return the picture of a photo's dream, and what came of it."""
    import numpy as np

    from photocritic.core.images import MAX_PIXELS, load_photo
    from photocritic.core.preprocess import input_size, seen_part
    from photocritic.train.device import choose_device
    from photocritic.train.dream import STRENGTH, dream

    try:
        photo = load_photo(
            options.photo,
            lambda width, height: input_size(width, height, subject.spec),
            max_pixels=options.max_pixels or MAX_PIXELS,
        )
    except InputError as err:
        raise InputError(f"{options.photo}: {err}") from err
    image = seen_part(photo.image, subject.spec)
    dreamt = dream(
        subject.network,
        image,
        is_worse=options.worse,
        strength=options.strength or STRENGTH,
        plan=plan,
        device=choose_device("auto", "float32"),
        watch=log.steps(plan.total, f"dreaming of {image.shape[1]} × {image.shape[0]} px"),
    )
    words = f"{options.photo.name}: mean rating {dreamt.before:.2f} -> {dreamt.after:.2f}"
    words += f" of the levels 1 to {subject.network.level_count}"
    return np.hstack([image, dreamt.image] if options.beside else [dreamt.image]), words


def _of_channel(
    options: argparse.Namespace, subject: "Subject", plan: "Plan", log: "SeeLog"
) -> "tuple[NDArray[np.uint8], str]":
    """Return the picture of a channel's dream, and what came of it."""
    from photocritic.train.device import choose_device
    from photocritic.train.dream import dream_channel
    from photocritic.train.insights import landscape_size

    size = landscape_size(subject.spec)
    dreamt = dream_channel(
        subject.network,
        options.layer,
        options.channel,
        size,
        plan=plan,
        device=choose_device("auto", "float32"),
        watch=log.steps(plan.total, f"dreaming of {size[0]} × {size[1]} px"),
    )
    words = f"{options.layer}, channel {options.channel}: mean answer {dreamt.before:.3g} -> {dreamt.after:.3g}"
    if dreamt.before == dreamt.after:
        words += ": it is silent for whatever lies near noise"
    return dreamt.image, words


def _check(options: argparse.Namespace) -> None:
    """Refuse what cannot be meant, before anything is done."""
    if (options.photo is None) == (options.layer is None):
        raise InputError("name a PHOTO to begin with, or --layer and --channel to begin with noise")
    if (options.layer is None) != (options.channel is None):
        raise InputError("--layer and --channel go together: what that channel of that layer answers to")
    if options.photo is None and (options.worse or options.beside or options.strength is not None):
        raise InputError("--worse, --strength and --beside are for a photo; --layer begins with noise")
    if options.output.suffix.lower() != ".png":
        raise InputError(f"the picture is a PNG: give -o a name that ends in .png; got {options.output}")
