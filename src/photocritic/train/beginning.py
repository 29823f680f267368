"""What a run begins with: a network with its weights, and where chance comes from."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch

from photocritic.data.dataset import text_key
from photocritic.errors import InputError
from photocritic.nets.head import Network, Pixels
from photocritic.nets.networks import build_network
from photocritic.nets.weights import load_weights
from photocritic.train.recipe import NO_WEIGHTS, PACKAGED, Recipe, Start

_SEEDS: Final = 2**63
_TOLD_EVERY_S: Final = 10.0


def begin_network(recipe: Recipe, level_count: int, *, report: Callable[[str], None] = lambda _line: None) -> Network:
    """Return the network that a recipe begins with: its weights, and for what these leave out, its seed's chance.

    Args:
        recipe: The recipe.
        level_count: How many levels its dataset has.
        report: Told of the progress of a download, some lines a minute.

    Raises:
        InputError: If the network does not take the recipe's input.
        ModelError: If the weights cannot be had.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(recipe, "start"))
        network = build_network(recipe.network.name, level_count, dropout=recipe.network.dropout)
    if recipe.pixels is not None:
        network.pixels = Pixels(*recipe.pixels)
    stated = network.pixels
    _load_start(network, recipe.start, report)
    if recipe.pixels is not None and network.pixels != stated:
        raise InputError(f"input.offset and input.divisor: these weights want {network.pixels}; leave the two out")
    network.check_input(recipe.input.spec(*network.pixels))
    return network


def seed_of(recipe: Recipe, *place: int | str) -> int:
    """Return what chance at a place of a run comes from."""
    return text_key("/".join(map(str, (recipe.seed, *place)))) % _SEEDS


def _load_start(network: Network, start: Start, report: Callable[[str], None]) -> None:
    if start.weights == NO_WEIGHTS:
        return
    source: str | Path = start.weights
    if source == PACKAGED:
        from photocritic.critic.model import DEFAULT_NAME, packaged_critics

        source = packaged_critics()[DEFAULT_NAME]
    told_at = -math.inf

    def tell(here: int, total: int | None) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= _TOLD_EVERY_S:
            told_at = time.monotonic()
            whole = "" if total is None else f" of {total / 1e6:,.0f}"
            report(f"fetching {start.weights}: {here / 1e6:,.0f}{whole} MB")

    load_weights(network, source, sha256=start.sha256, has_classifier=start.has_classifier, report=tell)
