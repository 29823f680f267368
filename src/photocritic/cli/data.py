"""``photocritic data``: labels from anywhere, made into training sets."""

import argparse

from photocritic.cli import data_check, data_download, data_import, data_join, data_select


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "data",
        help="make a training set: import labels, select, check, download photos",
        description="Turns what is known of photos (votes, folders, stars, views, likes) into a dataset: one Parquet "
        "table of photos and votes, which is selected from, checked, and taught from.",
    )
    subcommands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in (data_import, data_join, data_select, data_check, data_download):
        command.add_parser(subcommands)
