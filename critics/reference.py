"""Make the reference set that photos are compared with in words: ``python -m critics.reference --data ../shared/data``.

Measured are the 561 photos of OASIS, the 129 clean ones, and one of each series of BIQ2021, drawn by its name. All have
longer sides of 500 px and more, and are measured in 500 px. BIQ2021's other part has 384 px and is left out: what is
enlarged is neither sharp nor noisy. Only quantiles are written, of each property 51.
"""

import argparse
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from critics.biq import Biq
from critics.oasis import Oasis
from photocritic.core.images import load_photo
from photocritic.core.parallel import in_order
from photocritic.see.traits import REFERENCE_PX, TRAITS, measured_traits

QUANTILE_COUNT = 51
OUTPUT = Path("src/photocritic/see/reference.toml")


def main() -> None:
    """Measure the photos and write the quantiles."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    options = parser.parse_args()
    photos = reference_photos(options.data)
    values = list(in_order(_values, photos))
    options.output.write_text(reference_toml(values), encoding="utf-8")
    for name in TRAITS:
        known = [each[name] for each in values if name in each]
        print(f"{name:14} {len(known):4} known; 10, 50, 90 %: {np.quantile(known, (0.1, 0.5, 0.9)).round(3).tolist()}")


def reference_photos(data: Path) -> list[Path]:
    """Return the photos of the reference set."""
    biq = Biq.load(data / "biq")
    series: dict[str, list[Path]] = {}
    for photo, group, is_series in zip(biq.photos, biq.groups, biq.is_series, strict=True):
        if is_series:
            series.setdefault(group, []).append(photo)
    drawn = [min(frames, key=lambda photo: hashlib.sha256(photo.name.encode()).digest()) for frames in series.values()]
    return [*Oasis.load(data / "oasis").photos, *sorted((data / "pristine").iterdir()), *drawn]


def reference_toml(values: Sequence[Mapping[str, float]]) -> str:
    """Return the reference set's file, from what was measured of each photo."""
    shares = np.linspace(0, 1, QUANTILE_COUNT)
    lines = [
        "# Quantiles of what is measured of photos; made by `python -m critics.reference`. It holds no photos.",
        f'about = "{len(values)} photographs: OASIS, clean ones of CID22 and Kodak, and one of each series of BIQ2021, '
        f'measured in {REFERENCE_PX} px"',
        f"photo_count = {len(values)}",
        "",
        "[quantiles]",
    ]
    for name in TRAITS:
        quantiles = np.quantile([each[name] for each in values if name in each], shares)
        lines.append(f"{name} = [{', '.join(f'{value:.4g}' for value in quantiles)}]")
    return "\n".join(lines) + "\n"


def _values(path: Path) -> Mapping[str, float]:
    def size(width: int, height: int) -> tuple[int, int]:
        scale = min(1.0, REFERENCE_PX / max(width, height))
        return round(width * scale), round(height * scale)

    return measured_traits(load_photo(path, size).image).values


if __name__ == "__main__":
    main()
