"""What the packaged critic says of itself."""

from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from critics.biq import QUALITY_SCALE
from critics.gallery import Gallery
from critics.oasis import APPEAL_SCALE
from photocritic.core.records import Aspect, Card, InputSpec, Taught
from photocritic.critic.model import DEFAULT_NAME

INPUT: Final = InputSpec(
    short_side_px=256,
    long_side_max_px=1024,
    multiple_px=32,
    offset=(127.5, 127.5, 127.5),
    divisor=(127.5, 127.5, 127.5),
)
QUANTILE_COUNT: Final = 101
TAUGHT_SALT: Final = "photocritic default 2"

CARD: Final = Card(
    name=DEFAULT_NAME,
    version="2",
    summary=(
        "Predicts how beautiful people find a photograph (appeal, votes from 1 to 7) and how well it is made "
        "(quality, opinions from 1 to 5)."
    ),
    appeal=Aspect(
        scale=APPEAL_SCALE,
        quantiles=(0.0, 1.0),
        reference=(
            "the 561 OASIS photographs of people, animals, objects and scenes, from very unpleasant to very "
            "beautiful, each judged by a critic that was not taught on its theme"
        ),
    ),
    quality=Aspect(
        scale=QUALITY_SCALE,
        quantiles=(0.0, 1.0),
        reference=(
            "the 3,431 photographs of BIQ2021, nearly half of them test shots at all kinds of focus, exposure and "
            "shake, each judged by a critic that was not taught on its series"
        ),
    ),
    input=INPUT,
    taught_on=(
        "Appeal: 561 photographs (OASIS; 166 themes; people, animals, objects, scenes) with 104 to 368 beauty votes "
        "each by 757 raters. Quality: 3,431 photographs (BIQ2021; 242 series and 1,935 diverse ones) with mean opinion "
        "scores of 30 observers, and twins of 990 photographs, degraded in nine ways. "
        "The bodies were not taught further."
    ),
    marks=(),
    limits=(
        "Appeal was taught on 561 small photographs of everyday things: it knows what most people find beautiful in "
        "those, not what makes a portrait, a street or an art photograph good.",
        "What is shown weighs more than how it is shown: injuries, dirt and danger rate low, landscapes, "
        "flowers and young animals high. Within one subject it is weaker, most of all among animals: see the marks.",
        "Some ruined photos, above all those with a strong colour cast, gain in appeal: look at quality, too.",
        "Quality is surest about blur, noise and compression; it often misses a stop too much light or a colour cast.",
        "Quality knows what observers call well made in general, not what was meant: it puts bokeh, panning and "
        "night skies below plain sharp frames, though above frames that are blurred all over.",
        "Only means of the opinions of quality were known; how people differ about it is assumed, not learnt.",
        "The series that quality was examined on were told apart by looks, so a few may be two halves of one.",
        "It was taught on photographs only: what it says of an empty frame, a drawing or a screenshot means little.",
        "It sees a photo at 256 px on the short side; blur or noise that is lost at that size does not count.",
        "The raters were online volunteers, mostly from English-speaking countries; other people may judge otherwise.",
        "It must not be used to judge people by how they look.",
    ),
    licence="Apache-2.0",
    provenance=(
        "Bodies: MobileNetV2 1.0, ImageNet, Google's tf2_mobilenet_v2_1.0_224 dequantised (Apache-2.0).",
        "Bodies: EfficientNet-Lite0, ImageNet, Google's TF Lite export dequantised (Apache-2.0).",
        "Photographs: OASIS, Kurdi, Lozano & Banaji 2017 (open access image set); none is in this file.",
        "Votes: Brielmann & Pelli 2019, Frontiers in Psychology, Intense Beauty Requires Intense Pleasure (open data).",
        "Photographs and opinion scores: BIQ2021, Ahmed & Asif 2022, J. Electronic Imaging 31(5) (freely available for "
        "use and benchmarking); its diverse part from Unsplash; none is in this file.",
        "Photographs of which twins were made: CID22's training set (CC BY-SA 4.0) and Kodak's lossless set "
        "(unrestricted); none is in this file.",
    ),
    taught=Taught(TAUGHT_SALT, frozenset()),
)


def taught_on(gallery: Gallery, is_taught: NDArray[np.bool_]) -> Taught:
    """Return the hashes of the photos of these pictures."""
    photos = {picture.path for picture, taught in zip(gallery.pictures, is_taught, strict=True) if taught}
    return Taught.of(sorted(photos), TAUGHT_SALT)


def reference_quantiles(means: NDArray[np.float64]) -> tuple[float, ...]:
    """Return evenly spaced quantiles of the smoothed distribution of means, from the smallest to the largest.

    The plain quantiles of some hundred photos have cliffs, where a hair's difference in the mean would move the
    score by a point. Smoothed by a Gaussian of Silverman's width (1986, equation 3.31).
    """
    spread = min(means.std(ddof=1), float(np.subtract(*np.quantile(means, [0.75, 0.25]))) / 1.34)
    width = 0.9 * spread * len(means) ** -0.2
    grid = np.linspace(means.min(), means.max(), 2001)
    shares = [float(np.mean([NormalDist(mean, width).cdf(point) for mean in means])) for point in grid]
    # Nothing lies beyond the ends: the curve is stretched to begin at 0 and end at 1.
    stretched = (np.array(shares) - shares[0]) / (shares[-1] - shares[0])
    return tuple(np.interp(np.linspace(0, 1, QUANTILE_COUNT), stretched, grid).round(4).tolist())
