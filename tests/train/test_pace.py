"""Rates rise and fall as the recipe says, layer by layer."""

import math

import pytest
import torch

from photocritic.nets.networks import build_network
from photocritic.train.pace import (
    MULTIPLIER,
    Average,
    build_optimizer,
    layer_multipliers,
    put_tensors,
    rate_at,
    set_mode,
    set_rate,
)
from photocritic.train.recipe import OTHER_LAYERS, Phase, Schedule


@pytest.mark.parametrize(
    ("schedule", "warm_up_steps", "expected"),
    [
        (Schedule(), 0, [1, 1, 1, 1, 1, 1]),
        (Schedule(), 3, [0.25, 0.5, 0.75, 1, 1, 1]),
        (Schedule("cosine"), 0, [(1 + math.cos(math.pi * step / 6)) / 2 for step in range(6)]),
        (Schedule("cosine"), 2, [1 / 3, 2 / 3, 1, (1 + math.cos(math.pi / 4)) / 2, 0.5]),
        (Schedule("step", 0.1, 4), 0, [1, 1, 1, 1, 0.1, 0.1]),
        (Schedule("epoch", 0.5), 0, [1, 1, 0.5, 0.5, 0.25, 0.25]),
    ],
)
def test_rates(schedule: Schedule, warm_up_steps: int, expected: list[float]) -> None:
    """Of six steps, two an epoch."""
    phase = Phase(learning_rate=2.0, steps=6, schedule=schedule, warm_up_steps=warm_up_steps)
    rates = [rate_at(phase, step, 6, 2) for step in range(len(expected))]

    assert pytest.approx([2 * rate for rate in expected]) == rates


def test_the_longest_key_holds() -> None:
    """And each layer has one."""
    network = build_network("gapnet", 2)
    phase = Phase(1.0, steps=1, multipliers={OTHER_LAYERS: 0.0, "conv": 0.5, "conv6": 2.0})

    assert {**{f"conv{n}": 0.5 for n in range(1, 6)}, "conv6": 2, "classifier": 0} == layer_multipliers(network, phase)
    assert set(layer_multipliers(network, Phase(1.0, steps=1)).values()) == {1}


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_only_weights_of_layers_that_learn_are_given_to_the_optimiser(name: str) -> None:
    """Biases do not decay; each layer gets its rate."""
    network = build_network("gapnet", 2)
    phase = Phase(0.1, steps=1, optimizer=name, weight_decay=0.2, multipliers={"conv1": 0.0, "classifier": 3.0})  # type: ignore[arg-type]
    multipliers = layer_multipliers(network, phase)
    set_mode(network, multipliers)
    optimizer = build_optimizer(network, phase, multipliers)
    set_rate(optimizer, 0.5)
    given = {id(each): group for group in optimizer.param_groups for each in group["params"]}

    for key, parameter in network.named_parameters():
        is_frozen = key.startswith("backbone.convolutions.0.")
        assert is_frozen != parameter.requires_grad
        assert is_frozen == (id(parameter) not in given)
        if not is_frozen:
            group = given[id(parameter)]
            assert group["weight_decay"] == (0.2 if key.endswith("weight") else 0)
            assert group["lr"] == (1.5 if key.startswith("appeal") else 0.5) == 0.5 * group[MULTIPLIER]


def test_frozen_batch_norms_do_not_look() -> None:
    """They are in eval mode, and the rest in training."""
    network = build_network("mobilenet-v1", 2, dropout=0.5)
    phase = Phase(0.1, steps=1, multipliers={OTHER_LAYERS: 0.0, "blocks.12": 1.0, "classifier": 1.0})
    network.eval()
    set_mode(network, layer_multipliers(network, phase))
    norms = {name: each for name, each in network.named_modules() if isinstance(each, torch.nn.BatchNorm2d)}

    assert {name for name, norm in norms.items() if norm.training} == {n for n in norms if "blocks.12." in n}
    assert len(norms) == 27
    assert any(isinstance(each, torch.nn.Dropout2d) and each.training for each in network.modules())


def test_the_average_follows() -> None:
    """Fast at first, then as slowly as it was told."""
    layer = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        layer.weight.zero_()
    average = Average(layer, decay=0.5)
    with torch.no_grad():
        layer.weight.fill_(1.0)
    expected = 0.0
    for step in range(20):
        average.follow(layer, step)
        expected += (1 - min(0.5, (1 + step) / (10 + step))) * (1 - expected)
        assert pytest.approx(expected) == average.tensors["weight"].item()
    before = put_tensors(layer, {"weight": torch.full((1, 1), 7.0)})

    assert (1.0, 7.0) == (before["weight"].item(), layer.weight.item())
