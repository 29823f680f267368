"""``photocritic best`` and ``photocritic worst``: the best photos of a folder on one sheet, or the worst."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from photocritic.cli.options import check_not_read, positive_int
from photocritic.cli.seeing import Write, add_seeing, make_picture

if TYPE_CHECKING:
    from photocritic.critic.critic import Critic


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the two commands."""
    for name in ("best", "worst"):
        parser = commands.add_parser(
            name,
            help=f"the {name} photos of a folder on one sheet",
            description=(
                f"Writes a contact sheet of the {name} photos of a folder, the {name} first: a page with scores and "
                "expected votes (.html; beyond some hundred, its pictures lie in a folder beside it), or one picture. "
                "With labels, photos that the critic is wrong about are outlined in red: people find them good and it "
                "does not, or the other way round."
            ),
            epilog="Exit status: 0 all good, 1 some photos could not be shown, 2 the request was wrong.",
        )
        parser.add_argument(
            "-n", "--count", type=positive_int, default=100, metavar="N", help="how many (default: %(default)s)"
        )
        parser.add_argument("--labels", type=Path, metavar="FILE", help="a dataset: what people said of the photos")
        add_seeing(parser)
        parser.set_defaults(run=partial(run, is_worst=name == "worst"))


def run(options: argparse.Namespace, *, is_worst: bool) -> int:
    """Make a sheet; return 1 if some photos could not be shown, else 0."""
    from photocritic.see.best import Labels, write_extremes

    check_not_read(options.output, options.labels)

    def writer_for(critic: "Critic") -> Write:
        labels = None if options.labels is None else Labels.load(options.labels, critic.card.appeal.scale)
        return partial(write_extremes, count=options.count, is_worst=is_worst, labels=labels)

    return make_picture(options, writer_for)
