"""Looking at each photo once: where only the classifier learns, what the frozen part sees is the same in every epoch.

So an epoch costs milliseconds instead of minutes. What was seen is kept in the run's folder, some hundred photos a
file, so that a run that was killed need not look again at all of them.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from photocritic.core.files import whole_file
from photocritic.core.words import counted
from photocritic.errors import InputError
from photocritic.nets.head import CLASSIFIER, CriticNetwork, Network
from photocritic.train.batches import Batches
from photocritic.train.device import CPU, Device
from photocritic.train.processes import ALONE, Processes
from photocritic.train.recipe import Augmentation

LOOKS_BYTES_MAX: Final = 2**32
"""What is seen of more photos than fit in so much memory is not kept: they are looked at anew in each epoch."""

_CHUNK_PHOTOS: Final = 512


def can_look_once(
    network: Network, multipliers: dict[str, float], augmentation: Augmentation, photo_count: int
) -> bool:
    """Return whether a phase shows a network the same again and again.

    It does if no layer learns but the classifier, which reads averages over the photo, and photos change in no other
    way than by mirroring; and what is seen must fit into memory.
    """
    if not isinstance(network, CriticNetwork) or augmentation.is_crop_random:
        return False
    channels = network.appeal.in_channels
    return (
        not any(rate for name, rate in multipliers.items() if name != CLASSIFIER)
        and 4 * channels * photo_count * (1 + augmentation.is_mirrored) <= LOOKS_BYTES_MAX
    )


def look_once(
    network: Network,
    batches: Batches,
    folder: Path,
    *,
    is_mirrored: bool,
    jobs: int | None,
    device: Device = CPU,
    processes: Processes = ALONE,
    report: Callable[[str], None],
) -> tuple[NDArray[np.float32], dict[str, str]]:
    """Look at each photo of some batches.

    Photos are looked at in the order of their lesson and in batches that nothing else decides, so what is seen is the
    same to the last bit whenever it is done.

    Args:
        network: Looks, on the device; it is left in eval mode.
        batches: Of photos as they are.
        folder: Where what is seen is kept, and found again if it was killed. It is of this network and these photos.
        is_mirrored: Whether each photo is also looked at in the mirror.
        jobs: How many photos to decode at once.
        device: What the network is on.
        processes: Who else looks, each at a share; all are told what was seen of all photos.
        report: Told how far it is.

    Raises:
        InputError: If what is seen of a photo is no number.

    Returns:
        What was seen, (N, 1 or 2, D), not a number where a photo could not be read, and why these could not, by name.
    """
    assert isinstance(network, CriticNetwork)
    network.eval()
    names = batches.lesson.names
    seen = np.full((len(names), 1 + is_mirrored, network.appeal.in_channels), np.nan, np.float32)
    failures: dict[str, str] = {}
    done = 0
    row_of = {name: row for row, name in enumerate(names)}
    for number, places in enumerate(_chunks(batches)):
        rows = np.array([showing.row for place in places for showing in batches.order(0)[place]])
        path = folder / f"{number}.npy"
        # The first one's, for another's may come while it is looked for.
        found = processes.told(_kept(path, (len(rows), *seen.shape[1:])) if processes.is_first else None)
        if found is None:
            own = _look(network, batches, places[processes.share], is_mirrored=is_mirrored, jobs=jobs, device=device)
            for some, looks, reasons in processes.gather(own):
                seen[[row_of[name] for name in some]] = looks
                failures |= reasons
            if processes.is_first:
                folder.mkdir(parents=True, exist_ok=True)
                with whole_file(path) as file:
                    np.save(file, seen[rows], allow_pickle=False)
        else:
            seen[rows] = found
            lost = rows[~np.isfinite(found[:, 0, 0])]
            failures |= {names[row]: "it could not be read when it was looked at" for row in lost}
        done += len(rows)
        report(f"looked at {done:,} of {counted(len(names), 'photo')}")
    return seen, failures


def forget_looks(folder: Path) -> None:
    """Remove what was kept: the phase that needed it is done."""
    shutil.rmtree(folder, ignore_errors=True)


def _look(
    network: CriticNetwork,
    batches: Batches,
    places: list[int],
    *,
    is_mirrored: bool,
    jobs: int | None,
    device: Device,
) -> tuple[list[str], NDArray[np.float32], dict[str, str]]:
    """Return the names of the photos of some batches, what is seen of them, and why others could not be read."""
    names: list[str] = []
    looks = [np.empty((0, 1 + is_mirrored, network.appeal.in_channels), np.float32)]
    failures: dict[str, str] = {}
    with torch.inference_mode(), device.autocast():
        for batch in batches.stream([(0, place) for place in places], jobs, is_pinned=device.is_gpu):
            failures |= batch.failures
            if not batch.names:
                continue
            names += batch.names
            inputs = device.put(batch.inputs).to(memory_format=torch.channels_last)
            ways = [network.embedded(inputs), *([network.embedded(inputs.flip(3))] if is_mirrored else [])]
            looks.append(torch.stack(ways, dim=1).float().cpu().numpy())
            if not np.all(np.isfinite(looks[-1])):
                raise InputError(
                    f"what the network sees is no number any more, in one of these photos: {', '.join(batch.names)}"
                )
    return names, np.concatenate(looks), failures


def _chunks(batches: Batches) -> Iterator[list[int]]:
    """Yield the numbers of batches that go into one file."""
    places: list[int] = []
    count = 0
    for place, showings in enumerate(batches.order(0)):
        places.append(place)
        count += len(showings)
        if count >= _CHUNK_PHOTOS:
            yield places
            places, count = [], 0
    if places:
        yield places


def _kept(path: Path, shape: tuple[int, ...]) -> NDArray[np.float32] | None:
    """Return what a file keeps, if it is there and whole."""
    try:
        found: NDArray[np.float32] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.shape == shape and found.dtype == np.float32 else None
