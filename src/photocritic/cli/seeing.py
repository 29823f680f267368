"""What the commands that make one picture of many photos have in common."""

import argparse
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from photocritic.cli.options import add_looking, with_stdin

if TYPE_CHECKING:
    from photocritic.critic.critic import Critic
    from photocritic.see.drawing import Drawn

Write = Callable[..., "Drawn"]
"""Writes a picture of photos, as `write_continuum` does."""


def add_seeing(parser: argparse.ArgumentParser) -> None:
    """Describe what these commands are given."""
    parser.add_argument("paths", nargs="+", metavar="FOLDER", help="a folder, a photo, or - for paths on stdin")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        required=True,
        help=".png or .jpg for one picture, .html for a page to zoom in",
    )
    parser.add_argument(
        "--catalog", type=Path, metavar="FILE", help="where looks are remembered (default: in the user's cache)"
    )
    add_looking(parser)


def make_picture(options: argparse.Namespace, writer_for: "Callable[[Critic], Write]") -> int:
    """Make a picture of photos, and say so; return 1 if some could not be shown, else 0.

    Args:
        options: What was asked for.
        writer_for: Returns what writes the picture for a critic.
    """
    from photocritic.cli.see_terminal import SeeLog
    from photocritic.core.discovery import Discovery
    from photocritic.core.images import MAX_PIXELS
    from photocritic.critic.critic import Critic
    from photocritic.critic.model import DEFAULT_NAME
    from photocritic.see.drawing import photos_to_show
    from photocritic.shoot.catalog import Catalog, default_catalog_path

    warnings.filterwarnings("ignore", module="PIL")  # what is wrong with a file is told in a line of its own
    photos = photos_to_show(Discovery(with_stdin(options.paths, sys.stdin), options.recursive), options.output)
    critic = Critic.load(DEFAULT_NAME if options.model is None else options.model, options.device)
    write = writer_for(critic)
    with (
        Catalog.open(options.catalog or default_catalog_path()) as catalog,
        SeeLog(len(photos), sys.stderr.isatty()) as log,
    ):
        drawn = write(
            photos,
            options.output,
            critic,
            catalog,
            jobs=options.jobs,
            max_pixels=options.max_pixels or MAX_PIXELS,
            watcher=log,
        )
    if drawn.note:
        log.say(drawn.note)
    log.summarise_picture(drawn.count, drawn.known_count, options.output, critic.model.id)
    return 1 if drawn.failures else 0
