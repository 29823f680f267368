"""``photocritic map``: a whole folder as one picture, photos that look alike to the critic side by side."""

import argparse
from functools import partial

from photocritic.cli.options import natural_int
from photocritic.cli.seeing import add_seeing, make_picture


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "map",
        help="a whole folder as one picture, photos that look alike side by side",
        description=(
            "Lays all photos of a folder out by what the critic sees in them (t-SNE of its embeddings), each as a "
            "square in a grid, and says how well neighbourhoods are kept. A page (.html) shows each large enough to "
            "see, however many there are; beyond some hundred, its tiles lie in a folder beside it."
        ),
        epilog="Exit status: 0 all good, 1 some photos could not be shown, 2 the request was wrong.",
    )
    parser.add_argument(
        "--seed", type=natural_int, default=0, metavar="N", help="another seed gives another map (default: %(default)s)"
    )
    parser.add_argument("--colour", choices=("score",), help="frame each photo in the colour of its score")
    add_seeing(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make a map; return 1 if some photos could not be shown, else 0."""
    from photocritic.see.similarity_map import check_mapping, write_map

    check_mapping()
    write = partial(write_map, seed=options.seed, is_coloured=options.colour == "score")
    return make_picture(options, lambda _critic: write)
