"""Examine the taught critics and finish the one that ships: the second half of ``make critic``.

Each fold critic is asked about the fold that it never saw; the marks, the scores' reference quantiles and the tables
for LOG.md come from these answers. Then all critics get their finished cards, and the one that was taught on
everything goes into the package. Every figure is taken from exported files.
"""

import argparse
import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from critics.card import CARD, INPUT, reference_quantiles, taught_on
from critics.exam import ask, blank_answers, mark_words, marks_of, twin_table
from critics.folds import FOLD_COUNT
from critics.gallery import Gallery
from photocritic.critic.critic import Critic
from photocritic.critic.model import DEFAULT_NAME, MODELS_FOLDER
from photocritic.train.export import write_card


def main() -> None:
    """Print the marks and the table of twins, and finish the critics."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of the data sets")
    parser.add_argument("--build", type=Path, default=Path("build/critic"), help="where the taught critics are")
    parser.add_argument("-o", "--output", type=Path, default=MODELS_FOLDER / f"{DEFAULT_NAME}.onnx", help="what ships")
    options = parser.parse_args()
    gallery = Gallery.load(options.data)
    answers = blank_answers(gallery)
    fold_paths = [options.build / f"fold-{fold}.onnx" for fold in range(FOLD_COUNT)]
    for fold, path in enumerate(fold_paths):
        ask(Critic.load(path, "cpu"), gallery, fold, answers)
        print(f"{path} asked", flush=True)
    marks = marks_of(answers, gallery, INPUT)
    for mark in marks:
        print(f"{mark.count:6,} {mark.on}: {mark_words(mark)}")
    print("\n".join(twin_table(answers, gallery)), flush=True)

    assert CARD.quality is not None
    finished = replace(
        CARD,
        appeal=replace(CARD.appeal, quantiles=reference_quantiles(answers.appeal_mean[gallery.oasis_rows])),
        quality=replace(CARD.quality, quantiles=reference_quantiles(answers.quality_mean[gallery.biq_rows])),
    )
    for fold, path in enumerate(fold_paths):
        write_card(replace(finished, taught=taught_on(gallery, gallery.folds != fold)), path)
    everything = np.ones(len(gallery.pictures), dtype=bool)
    taught = options.build / f"{DEFAULT_NAME}.onnx"
    write_card(replace(finished, marks=marks, taught=taught_on(gallery, everything)), taught)
    shutil.copyfile(taught, options.output)
    model_bytes = options.output.read_bytes()
    print(f"{options.output}: {len(model_bytes):,} bytes, sha256 {hashlib.sha256(model_bytes).hexdigest()}")


if __name__ == "__main__":
    main()
