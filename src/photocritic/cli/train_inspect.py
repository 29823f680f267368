"""``photocritic train inspect``: a network's layers as a table, its filters and activations as pictures."""

import argparse
import re
import sys
from pathlib import Path

from photocritic.cli.options import check_can_teach, opened_output, positive_int
from photocritic.errors import InputError

_UNSAFE = re.compile(r"[^\w.-]+")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "train inspect",
        help="look into a network: its layers, its first filters, what a layer makes of a photo",
        description=(
            "Looks into a network. Without options it prints the layers: name, kind, what each gives for a photo of "
            "3:2, and how many parameters it has. With -o it draws the filters that see the photo itself. With --layer "
            "and --photo it draws the photo, as large as the network sees it, beside what the layer makes of it: what "
            "the layer hands on, before the ReLU or the pooling that follows; of an inverted residual block what it "
            "expands its input to."
        ),
        epilog="Exit status: 0 all good, 2 the request was wrong.",
    )
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="a run's folder, with its newest weights; the critic in the package, default; or a recipe, by name or "
        "file, with the weights that it begins with",
    )
    parser.add_argument(
        "--layer",
        metavar="NAME",
        help="a layer of the table; or a convolution or fully connected layer inside one, by its module's name, as "
        "backbone.first.blocks.3.expand",
    )
    parser.add_argument("--photo", type=Path, metavar="FILE", help="the photo that --layer is shown for")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="PICTURE.png",
        help="default with --layer: SOURCE-LAYER-PHOTO.png in this folder",
    )
    parser.add_argument(
        "--max-pixels", type=positive_int, metavar="N", help="refuse larger photos (default: 250,000,000)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the layers or draw a picture; return 0."""
    check_can_teach()
    _check(options)
    from photocritic.cli.terminal import write_layers
    from photocritic.core.files import whole_file
    from photocritic.core.images import MAX_PIXELS
    from photocritic.train.insights import activations_picture, filters_picture, landscape_size, network_layers
    from photocritic.train.taught import load_subject

    output = options.output
    if options.layer is not None and output is None:
        output = _free_name(options.source, options.layer, options.photo)
    if output is None:
        subject = load_subject(options.source, has_weights=False)
        layers = network_layers(subject.network, subject.spec)
        with opened_output(None) as file:
            write_layers(layers, landscape_size(subject.spec), file)
        return 0
    with whole_file(output) as file:  # opened first, so that no work is lost on a wrong name
        subject = load_subject(options.source)
        if options.layer is None:
            picture = filters_picture(subject.network, subject.name)
        else:
            picture = activations_picture(
                subject.network,
                subject.spec,
                subject.name,
                options.layer,
                options.photo,
                max_pixels=options.max_pixels or MAX_PIXELS,
            )
        picture.write(file)
    print(f"photocritic: picture: {output}", file=sys.stderr)
    return 0


def _check(options: argparse.Namespace) -> None:
    """Refuse what cannot be meant, before anything is done."""
    if (options.layer is None) != (options.photo is None):
        raise InputError("--layer and --photo go together: what that layer makes of that photo")
    if options.output is not None and options.output.suffix.lower() != ".png":
        raise InputError(f"the picture is a PNG: give -o a name that ends in .png; got {options.output}")


def _free_name(source: str, layer: str, photo: Path) -> Path:
    """Return a name for a picture that nothing has yet."""
    source_name = Path(source).resolve().name.removesuffix(".toml")
    stem = "-".join(_UNSAFE.sub("_", part)[:60] for part in (source_name, layer, photo.stem))
    name, number = Path(f"{stem}.png"), 2
    while name.exists():
        name, number = Path(f"{stem}-{number}.png"), number + 1
    return name
