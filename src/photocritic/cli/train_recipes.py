"""``photocritic train recipes``: which there are, and one as a file to begin one's own with."""

import argparse
import textwrap
from pathlib import Path


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "train recipes",
        help="list the recipes, or print one to begin your own with",
        description="Lists the recipes that come along: whose work each follows, what it costs and what it should "
        "reach. With a name, prints that recipe's TOML file: photocritic train recipes gapnet > mine.toml",
    )
    parser.add_argument("recipe", nargs="?", metavar="NAME", help="the recipe to print")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List the recipes or print one; return 0."""
    from photocritic.train.recipe import Recipe, packaged_recipes

    if options.recipe is not None:
        Recipe.load(options.recipe)  # or there is none, and it says which there are
        path = packaged_recipes().get(options.recipe, Path(options.recipe))
        print(path.read_text(encoding="utf-8"), end="")
        return 0
    parts = []
    for name in packaged_recipes():
        recipe = Recipe.load(name)
        lines = [name]
        for title, words in (
            ("follows", recipe.follows),
            ("wants", recipe.labels.wants),
            ("costs", recipe.costs),
            ("reaches", recipe.reaches),
        ):
            lines += textwrap.wrap(
                words,
                100,
                initial_indent=f"  {title:9}",
                subsequent_indent=" " * 11,
                break_long_words=False,
                break_on_hyphens=False,
            )
        parts.append("\n".join(lines))
    print("\n\n".join(parts))
    return 0
