"""What is taken for one photo: ``python -m benchmarks.look_alikes --data ../shared/data``.

By its perceptual hash and by the critic's embedding, each photo of OASIS and the pristine set is compared with versions
of itself, and with all photos of other themes: how many versions are recognised, and how many pairs of different
photos are taken for one.
"""

import argparse
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from photocritic import Critic
from photocritic.core.images import load_photo
from photocritic.data.look_alikes import LOOK_ALIKE_BITS, LOOK_ALIKE_COSINE
from photocritic.data.looks import perceptual_hash

BITS = (2, 4, 6, 8, 10)
COSINES = (0.7, 0.75, 0.8, 0.85, 0.9)


def versions(image: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """Yield versions of a photo, by name; the first is the photo itself."""
    width, height = image.size
    half = image.resize((width // 2, height // 2), Image.Resampling.LANCZOS)
    yield "the photo", image
    yield "JPEG 50", _saved(image, 50)
    yield "half size", half
    yield "half size, JPEG 60", _saved(half, 60)
    for share in (0.02, 0.05, 0.1):
        left, top = round(width * share / 2), round(height * share / 2)
        yield f"cropped by {share:.0%}", image.crop((left, top, width - left, height - top))
    yield "brighter by 20%", ImageEnhance.Brightness(image).enhance(1.2)
    yield "black and white", image.convert("L").convert("RGB")
    yield "mirrored", image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _saved(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def _hash(image: Image.Image) -> int:
    return perceptual_hash(np.asarray(image.resize((32, 32), Image.Resampling.BICUBIC, reducing_gap=3)))


def _unit(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return embeddings as `photocritic.core.neighbours.embedding_groups` compares them."""
    standard = (embeddings - embeddings.mean(axis=0)) / np.maximum(embeddings.std(axis=0), 1e-6)
    unit: NDArray[np.float32] = standard / np.linalg.norm(standard, axis=1, keepdims=True)
    return unit


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data
    with (data / "oasis" / "votes.csv").open(encoding="utf-8", newline="") as file:
        photos = [(data / "oasis" / "photos" / row["photo"], row["theme"]) for row in csv.DictReader(file)]
    photos += [(path, path.stem) for path in sorted((data / "pristine").glob("*.jpg"))]
    critic = Critic.load(device="cpu")
    hashes: dict[str, list[int]] = {}
    embeddings: dict[str, list[NDArray[np.float32]]] = {}
    for path, _theme in photos:
        for name, version in versions(Image.fromarray(load_photo(path).image)):
            hashes.setdefault(name, []).append(_hash(version))
            embeddings.setdefault(name, []).append(critic.look(version).embedding)

    themes = np.array([theme for _path, theme in photos])
    rows, columns = np.triu_indices(len(photos), 1)
    is_other = themes[rows] != themes[columns]
    own = np.array(hashes["the photo"], np.uint64)
    # As in a dataset that holds the photos and this version of each: both are standardised together.
    print(f"{len(photos)} photos; share of versions within so many bits, and above such a cosine")
    print(f"{'version':20}" + "".join(f"{bits:>7} b" for bits in BITS) + "".join(f"{cosine:>8}" for cosine in COSINES))
    for name, values in hashes.items():
        distances = np.bitwise_count(own ^ np.array(values, np.uint64))
        both = _unit(np.concatenate([np.stack(embeddings["the photo"]), np.stack(embeddings[name])]))
        cosines = (both[: len(photos)] * both[len(photos) :]).sum(axis=1)
        shares = [np.mean(distances <= bits) for bits in BITS] + [np.mean(cosines >= cosine) for cosine in COSINES]
        print(f"{name:20}" + "".join(f"{share:>8.1%}" for share in shares))
    distances = np.bitwise_count(own[rows] ^ own[columns])[is_other]
    unit = _unit(np.stack(embeddings["the photo"]))
    others = (unit @ unit.T)[rows, columns][is_other]
    counts = [int(np.sum(distances <= bits)) for bits in BITS] + [int(np.sum(others >= cosine)) for cosine in COSINES]
    print(f"{'other photos':20}" + "".join(f"{count:>8,}" for count in counts) + f"  of {len(others):,} pairs")
    print(f"chosen: {LOOK_ALIKE_BITS} bits, cosine {LOOK_ALIKE_COSINE}")


if __name__ == "__main__":
    main()
