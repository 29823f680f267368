"""``photocritic continuum``: a whole folder as one picture, from the best photos to the worst."""

import argparse

from photocritic.cli.seeing import add_seeing, make_picture


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "continuum",
        help="a whole folder as one picture, the best photos at the top, the worst at the bottom",
        description=(
            "Draws all photos of a folder as one picture, read like a page: the best in the top row, the worst in the "
            "bottom row. Photos are shown whole, in rows of one height; "
            "only of very long ones the ends are cut off. A page (.html) shows each large enough to see, "
            "however many there are; beyond some hundred, its tiles lie in a folder beside it."
        ),
        epilog="Exit status: 0 all good, 1 some photos could not be shown, 2 the request was wrong.",
    )
    add_seeing(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make a continuum; return 1 if some photos could not be shown, else 0."""
    from photocritic.see.continuum import write_continuum

    return make_picture(options, lambda _critic: write_continuum)
