"""How near the picture without its planted grain comes to the clean one.

Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment: From Error Visibility to Structural
Similarity", IEEE Transactions on Image Processing 13, 2004, https://doi.org/10.1109/TIP.2003.819861
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from refilm.age import Ageing
from refilm.bench.rows import Row
from refilm.bench.scenes import Scene
from refilm.bench.treatments import NONE, Treatment, blurred, ffmpeg, plain, stage
from refilm.frames import Pixels

GRAINS = (0.03, 0.06)
"""Standard deviations of the planted grain in mid grey."""
_STEADY = 0.01**2, 0.03**2
"""The constants of SSIM for pictures from 0 to 1."""


def treatments() -> tuple[Treatment, ...]:
    """Return what is compared."""
    return (
        NONE,
        plain("Gaussian blur of one pixel", blurred),
        ffmpeg("nlmeans=s=5"),
        ffmpeg("atadenoise"),
        stage("denoise"),
    )


def measure(scene: Scene, seed: int) -> Iterator[Row]:
    """Yield how near each treatment brings a grainy scene to the clean one."""
    for grain in GRAINS:
        old = scene.old(Ageing(seed=seed, grain=grain, grain_size=0.12))
        for treatment in treatments():
            figures = nearness(old.clean, treatment.work(old))
            yield Row(f"grain {grain}", scene.name, seed, treatment.name, figures)


def nearness(clean: Sequence[Pixels], restored: Sequence[Pixels]) -> dict[str, float]:
    """Return the mean PSNR (dB, of 1) and SSIM of grey pictures to the clean ones."""
    pairs = list(zip(clean, restored, strict=True))
    return {
        "psnr": float(np.mean([psnr(*pair) for pair in pairs])),
        "ssim": float(np.mean([ssim(first[:, :, 0], second[:, :, 0]) for first, second in pairs])),
    }


def psnr(first: Pixels, second: Pixels) -> float:
    """Return the peak signal to noise ratio of two pictures of 0..1, dB; at most 100."""
    error = float(np.mean(np.square(first - second), dtype=np.float64))
    return -10 * float(np.log10(max(error, 1e-10)))


def ssim(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the structural similarity of two pictures, (height, width), 0..1; 1 is equal."""
    level, contrast = _STEADY
    mean_one, mean_two = _around(first), _around(second)
    own_one = _around(first * first) - mean_one**2
    own_two = _around(second * second) - mean_two**2
    common = _around(first * second) - mean_one * mean_two
    likeness = (2 * mean_one * mean_two + level) * (2 * common + contrast)
    whole = (mean_one**2 + mean_two**2 + level) * (own_one + own_two + contrast)
    return float(np.mean(likeness / whole, dtype=np.float64))


def _around(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5), np.float32)
