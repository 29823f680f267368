"""A dream goes where it is told, no further than it may, and the same way each time."""

import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from photocritic import Critic
from photocritic.cli import dream as command
from photocritic.cli.options import check_can_teach
from photocritic.core.images import load_photo
from photocritic.core.preprocess import input_size
from photocritic.errors import InputError
from photocritic.nets.caffenet import CaffeNet
from photocritic.nets.classic import Ending
from photocritic.nets.head import Network
from photocritic.nets.networks import build_network
from photocritic.train.dream import Plan, _laid, _variation, dream, dream_channel
from photocritic.train.insights import activation_tiles
from photocritic.train.taught import Subject, load_subject
from tests.conftest import scene
from tests.train.test_insights import seeded
from tests.train.test_taught import save, write_recipe

QUICK = Plan(steps=5, octaves=3)


def lively(network: Network) -> Network:
    """Return a network without biases, with weights by chance that let through what it sees (He et al. 2015)."""
    seeded(network)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(2**0.5 if parameter.ndim > 1 else 0)
        for classifier in network.classifiers:
            for parameter in classifier.parameters():
                parameter.mul_(4)
    return network


@pytest.fixture
def network() -> Network:
    """A small network with weights by chance."""
    return lively(build_network("gapnet", 5))


@cache
def packaged() -> Subject:
    """Return the packaged critic's network."""
    return load_subject("default")


def roughness(image: NDArray[np.uint8], photo: NDArray[np.uint8]) -> float:
    """Return how much of a change lies between neighbours."""
    change = (image.astype(np.float32) - photo).transpose(2, 0, 1)[np.newaxis]
    return float(_variation(torch.from_numpy(change)) / np.abs(change).sum())


@pytest.mark.parametrize("is_worse", [False, True])
def test_the_rating_goes_where_it_is_told(network: Network, is_worse: bool) -> None:
    """Up, or down, as the network says of the very pixels that come out."""
    photo = scene(96, 64)
    dreamt = dream(network, photo, is_worse=is_worse, plan=QUICK)
    again = dream(network, dreamt.image, plan=QUICK)

    assert (dreamt.after < dreamt.before) == is_worse
    assert abs(dreamt.after - dreamt.before) > 0.02
    assert dreamt.after == again.before
    assert all(1 <= mean <= 5 for mean in dreamt[1:])


@pytest.mark.parametrize("is_worse", [False, True])
def test_the_packaged_critics_rating_goes_where_it_is_told(critic: Critic, is_worse: bool) -> None:
    """And what it begins with is the mean rating that the exported critic gives."""
    photo = scene(384, 256)
    dreamt = dream(packaged().network, photo, is_worse=is_worse, plan=Plan(3, 2))
    before, after = (critic.look(image).mean for image in (photo, dreamt.image))

    assert pytest.approx(before, abs=2e-3) == dreamt.before
    assert (dreamt.after < dreamt.before - 0.3) if is_worse else (dreamt.after > dreamt.before + 0.3)
    assert pytest.approx(after, abs=2e-3) == dreamt.after


def test_a_network_of_one_size_dreams_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """CaffeNet takes squares only, and has no map. By chance its weights see another photo wherever this is shifted."""
    monkeypatch.setattr("photocritic.train.dream._SHIFT", 0)
    network = seeded(CaffeNet(3, Ending(hidden=16)))
    dreamt = dream(network, scene(227, 227), is_worse=True, plan=Plan(2, 2))

    assert (227, 227, 3) == dreamt.image.shape
    assert dreamt.after < dreamt.before


@pytest.mark.parametrize("strength", [0.02, 0.1, 1.0])
def test_no_value_moves_further_than_it_may(network: Network, strength: float) -> None:
    """Nor out of the range of pixels, where it would come round from the other end."""
    photo = scene(96, 64)
    dreamt = dream(network, photo, strength=strength, plan=QUICK)
    moved = np.abs(dreamt.image.astype(int) - photo)

    assert np.uint8 == dreamt.image.dtype
    assert 0 < moved.max() <= strength * 255 + 0.5
    assert strength * 255 * 0.8 <= moved.max()


def test_black_and_white_stay_in_the_range(network: Network) -> None:
    """At either end there is one way only."""
    photo = np.zeros((64, 96, 3), np.uint8)
    photo[:, 48:] = 255
    moved = dream(network, photo, strength=0.1, plan=QUICK).image.astype(int) - photo

    assert moved[:, :48].min() >= 0
    assert moved[:, 48:].max() <= 0
    assert moved.any()


def test_a_dream_is_smooth(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Smoother than without the pull of total variation."""
    photo = scene(96, 64)
    smoothed = dream(network, photo, plan=QUICK).image
    monkeypatch.setattr("photocritic.train.dream._SMOOTHING", 0.0)
    raw = dream(network, photo, plan=QUICK).image

    assert roughness(smoothed, photo) < roughness(raw, photo)


def test_total_variation_is_the_sum_of_differences() -> None:
    """Worked out by hand; what is even has next to none."""
    grid = torch.tensor([[0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])[None, None]

    assert pytest.approx(0.5 + 0.0 + 0.0 + 1.0 + 0.0 + 0.5 + 0.5, abs=0.01) == float(_variation(grid))
    assert float(_variation(torch.ones(1, 3, 1, 8))) < 0.03


def test_a_grid_is_interpolated_as_torch_does_it() -> None:
    """Our products of matrices give the same; nothing leads beyond the grid's values."""
    grid = torch.rand(1, 3, 4, 6, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.functional.interpolate(grid, size=(64, 96), mode="bilinear", align_corners=False)
    laid = _laid(grid, (96, 64))

    torch.testing.assert_close(laid, expected)
    assert laid.max() <= grid.max() + 1e-6


def test_the_seed_decides(network: Network) -> None:
    """The same seed gives the same pixels, whatever chance was asked for in between; another one gives others."""
    photo = scene(96, 64)
    first = dream(network, photo, plan=QUICK)
    torch.rand(3)
    second = dream(network, photo, plan=QUICK)
    other = dream(network, photo, plan=QUICK._replace(seed=7))

    np.testing.assert_array_equal(first.image, second.image)
    assert first[1:] == second[1:]
    assert (first.image != other.image).any()


def test_nothing_is_left_changed(network: Network) -> None:
    """Neither the network nor torch's chance, nor the photo."""
    photo, state = scene(96, 64), torch.get_rng_state()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    dream(network, photo, plan=QUICK)
    dream_channel(network, "conv3", 1, (96, 64), plan=QUICK)

    assert torch.equal(state, torch.get_rng_state())
    np.testing.assert_array_equal(scene(96, 64), photo)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())


def test_what_is_grey_stays_grey(network: Network) -> None:
    """A photo in black and white does not come out coloured."""
    grey = scene(96, 64).mean(axis=2, keepdims=True).repeat(3, axis=2).astype(np.uint8)
    dreamt = dream(network, grey, plan=QUICK)

    assert (dreamt.image == dreamt.image[:, :, :1]).all()
    assert dreamt.after > dreamt.before


def test_progress_comes_to_its_end(network: Network) -> None:
    """Step by step."""
    told: list[int] = []
    dream(network, scene(96, 64), plan=QUICK, watch=told.append)

    assert list(range(1, QUICK.total + 1)) == told


@pytest.mark.parametrize("strength", [0.0, 1.5, float("nan")])
def test_a_strength_that_cannot_be_is_refused(network: Network, strength: float) -> None:
    """With what it may be."""
    with pytest.raises(InputError, match="above 0 and at most 1; got"):
        dream(network, scene(96, 64), strength=strength)


def test_damaged_weights_are_said_to_be(network: Network) -> None:
    """A rating that is no number leads nowhere."""
    with torch.no_grad():
        next(network.parameters()).fill_(float("nan"))
    with pytest.raises(InputError, match="weights are damaged"):
        dream(network, scene(96, 64), plan=QUICK)


@pytest.mark.parametrize("layer", ["conv1", "conv4", "backbone.convolutions.2", "appeal"])
def test_a_channel_answers_more_to_its_dream_than_to_noise(network: Network, layer: str) -> None:
    """And the answer is that channel's mean over the picture, as `activation_tiles` shows it."""
    dreamt = dream_channel(network, layer, 2, (96, 64), plan=QUICK)
    batch = (dreamt.image.astype(np.float32) - 127.5).transpose(2, 0, 1)[np.newaxis] / 127.5
    (shown,) = activation_tiles(network, layer, batch)

    assert (64, 96, 3) == dreamt.image.shape
    assert dreamt.after > dreamt.before
    assert pytest.approx(float(shown.tiles[2].mean()), abs=1e-4) == dreamt.after


def test_channels_and_seeds_have_dreams_of_their_own(network: Network) -> None:
    """Two of a layer look for different things."""
    first, second = (dream_channel(network, "conv2", channel, (64, 64), plan=QUICK).image for channel in (0, 1))
    other = dream_channel(network, "conv2", 0, (64, 64), plan=QUICK._replace(seed=1)).image

    assert (first != second).any()
    assert (first != other).any()
    np.testing.assert_array_equal(first, dream_channel(network, "conv2", 0, (64, 64), plan=QUICK).image)


def test_a_unit_without_places_has_a_dream() -> None:
    """Of a fully connected layer."""
    network = lively(CaffeNet(3, Ending(hidden=16)))
    dreamt = dream_channel(network, "fc6", 15, (227, 227), plan=Plan(2, 2))

    assert dreamt.after > dreamt.before


def test_the_packaged_critics_layers_have_dreams_by_body() -> None:
    """A layer of both bodies counts channels twice, so one is to be named; the reason names it."""
    with pytest.raises(InputError, match=r"has 2 parts.*backbone\.first\.blocks\.16\.expand, backbone\.second"):
        dream_channel(packaged().network, "blocks.16 & blocks.15", 3, (64, 64))
    dreamt = dream_channel(packaged().network, "backbone.second.blocks.15.expand", 3, (64, 64), plan=QUICK)

    assert dreamt.after > dreamt.before


@pytest.mark.parametrize(
    ("layer", "channel", "reason"),
    [
        ("conv9", 0, "there is no layer 'conv9'; there are conv1, conv2"),
        ("conv1", 32, "conv1 has the channels 0 to 31; got 32"),
        ("conv1", -1, "conv1 has the channels 0 to 31; got -1"),
        ("appeal", 5, "appeal has the channels 0 to 4; got 5"),
    ],
)
def test_what_is_not_there_has_no_dream(network: Network, layer: str, channel: int, reason: str) -> None:
    """And what is there is said."""
    with pytest.raises(InputError, match=reason):
        dream_channel(network, layer, channel, (64, 64))


# The command.


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run of gapnet, with weights by chance."""
    write_recipe(tmp_path / "run", "gapnet", ("= 480", "= 64"), ("= 1440", "= 256"))
    save(lively(build_network("gapnet", 3)), tmp_path / "run" / "phase-1.pth")
    return tmp_path / "run"


def told(*words: object) -> int:
    """Run the command, briefly."""
    parser = ArgumentParser()
    command.add_parser(parser.add_subparsers())
    options = parser.parse_args(["dream", "--steps", "3", "--octaves", "2", *map(str, words)])
    status: int = options.run(options)
    return status


def test_the_command_says_and_writes_what_came_of_it(
    run_folder: Path, tmp_path: Path, save_scene: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """The ratings on stdout; a PNG that says what it is."""
    photo, output = save_scene(), tmp_path / "dream.png"
    status = told(photo, "--model", run_folder, "-o", output)
    out, err = capfd.readouterr()
    subject = load_subject(str(run_folder))
    image = load_photo(photo, lambda width, height: input_size(width, height, subject.spec)).image
    expected = dream(subject.network, image, plan=Plan(3, 2))

    assert 0 == status
    assert f"scene.jpg: mean rating {expected.before:.2f} -> {expected.after:.2f} of the levels 1 to 3\n" == out
    assert f"picture: {output}" in err
    with Image.open(output) as written:
        written.load()
        np.testing.assert_array_equal(expected.image, np.asarray(written))
        assert "photocritic" == written.info["Software"]
        assert written.info["Description"].startswith(out.strip())
        assert "Made by a network, no photograph: gapnet" in written.info["Description"]


def test_the_photo_may_stand_beside_its_dream(
    run_folder: Path, tmp_path: Path, save_scene: Callable[..., Path], capfd: pytest.CaptureFixture[str]
) -> None:
    """At its left, as the network saw it."""
    told(
        save_scene(),
        "--worse",
        "--steps",
        20,
        "--strength",
        "30%",
        "--beside",
        "--model",
        run_folder,
        "-o",
        tmp_path / "two.png",
    )
    before, after = map(float, capfd.readouterr().out.split(" of ")[0].split("rating ")[1].split(" -> "))
    with Image.open(tmp_path / "two.png") as written:
        width = written.width // 2
        left, right = written.crop((0, 0, width, written.height)), written.crop((width, 0, 2 * width, written.height))

    assert before > after
    assert np.abs(np.asarray(left).astype(int) - np.asarray(right)).max() <= 77


def test_the_command_dreams_of_a_channel(run_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Without a photo."""
    assert 0 == told("--layer", "conv2", "--channel", 7, "--model", run_folder, "-o", tmp_path / "channel.png")
    assert capfd.readouterr().out.startswith("conv2, channel 7: mean answer ")
    with Image.open(tmp_path / "channel.png") as written:
        assert "conv2, channel 7" in written.info["Description"]


def test_a_silent_channel_is_said_to_be(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The packaged critic has some: the fourth filter of its first body is zero everywhere."""
    assert 0 == told("--layer", "backbone.first.stem", "--channel", 3, "-o", tmp_path / "silent.png")
    assert "it is silent" in capfd.readouterr().out
    assert 0 == told("--layer", "backbone.first.stem", "--channel", 2, "-o", tmp_path / "loud.png")
    assert "it is silent" not in capfd.readouterr().out


@pytest.mark.parametrize(
    ("photo", "size"),
    [
        (np.full((1, 1, 3), 90, np.uint8), (64, 64)),
        (scene(8, 8), (64, 64)),
        (scene(1200, 60), (64, 32)),
        (scene(60, 1200), (32, 256)),
        (np.zeros((50, 50), np.uint8), (64, 64)),
        (scene(60, 60)[:, :, 0], (64, 64)),
    ],
    ids=["one pixel", "tiny", "panorama", "tower", "black", "monochrome"],
)
def test_odd_photos_have_dreams(
    photo: NDArray[np.uint8], size: tuple[int, int], run_folder: Path, tmp_path: Path
) -> None:
    """As large as the network sees them."""
    Image.fromarray(photo).save(tmp_path / "odd.png")
    assert 0 == told(tmp_path / "odd.png", "--octaves", 12, "--model", run_folder, "-o", tmp_path / "dream.png")
    with Image.open(tmp_path / "dream.png") as written:
        assert size == written.size


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([], "name a PHOTO to begin with, or --layer and --channel"),
        (["{photo}", "--layer", "conv1", "--channel", "1"], "name a PHOTO to begin with, or --layer and --channel"),
        (["--layer", "conv1"], "--layer and --channel go together"),
        (["{photo}", "--channel", "1"], "--layer and --channel go together"),
        (["--layer", "conv1", "--channel", "1", "--worse"], "are for a photo"),
        (["--layer", "conv1", "--channel", "1", "--strength", "5%"], "are for a photo"),
        (["--layer", "conv9", "--channel", "1"], "no layer 'conv9'"),
        (["--layer", "conv1", "--channel", "99"], "conv1 has the channels 0 to 31"),
        (["{photo}", "-o", "{tmp}/dream.jpg"], "a name that ends in .png"),
        (["{tmp}/none.jpg"], "none.jpg: there is no such file"),
        (["{photo}", "--max-pixels", "50000"], "more than the limit"),
        (["{photo}", "--model", "{tmp}/nothing"], "name a run's folder"),
    ],
)
def test_what_cannot_be_dreamt_is_one_line(
    words: list[str], reason: str, run_folder: Path, tmp_path: Path, save_scene: Callable[..., Path]
) -> None:
    """And leaves no file."""
    photo = save_scene()
    before = set(tmp_path.iterdir())
    filled = [word.format(tmp=tmp_path, photo=photo) for word in words]
    with pytest.raises(InputError) as caught:
        told("--model", run_folder, "-o", tmp_path / "dream.png", *filled)

    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert before == set(tmp_path.iterdir())


def test_no_photo_is_written_over(run_folder: Path, save_scene: Callable[..., Path]) -> None:
    """Not even the one that is dreamt of."""
    photo = save_scene("mine.png")
    before = photo.read_bytes()
    with pytest.raises(InputError, match="never writes over one"):
        told(photo, "--model", run_folder, "-o", photo)

    assert before == photo.read_bytes()


def test_a_dream_is_replaced(run_folder: Path, tmp_path: Path, save_scene: Callable[..., Path]) -> None:
    """The same command twice: what stands there is no photo, but a picture of ours."""
    arguments = (save_scene(), "--model", run_folder, "-o", tmp_path / "dream.png")
    assert 0 == told(*arguments)
    assert 0 == told(*arguments)


def test_help_loads_no_torch() -> None:
    """The command is described at once, where torch is missing too."""
    check_can_teach()
    code = (
        "import sys, argparse\n"
        "from photocritic.cli import dream\n"
        "parser = argparse.ArgumentParser()\n"
        "dream.add_parser(parser.add_subparsers())\n"
        "try:\n    parser.parse_args(['dream', '--help'])\n"
        "except SystemExit:\n    print(sorted({'torch', 'numpy', 'PIL', 'rich'} & set(sys.modules)))\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert "default: 8%" in out
    assert "[]" == out.splitlines()[-1]
