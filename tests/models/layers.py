"""Layers of networks by hand, in numpy, and weights to try them with."""

import numpy as np
import torch

EPSILON = 1e-5
"""What batch normalisation adds to the variance."""


def random_state(shapes, seed=0):
    """Weights of these shapes that keep figures in a layer about as large as they come in."""
    random = np.random.default_rng(seed)
    return {key: torch.from_numpy(_random(key, shape, random)) for key, shape in shapes.items()}


def _random(key, shape, random):
    if key.endswith("num_batches_tracked"):
        return np.asarray(7)
    if key.endswith("running_var"):
        return random.uniform(0.5, 1.5, shape).astype(np.float32)
    fan_in = max(int(np.prod(shape[1:])), 1)
    scale = 0.3 if len(shape) < 2 else (2 / fan_in) ** 0.5
    # Of one side only a norm's factors are called weights: they lie around 1.
    middle = float(len(shape) == 1 and key.endswith("weight"))
    return np.asarray(random.normal(middle, scale, shape), np.float32)


def convolved(seen, weight, bias=None, stride=1, dilation=1, padding=None):
    """Return (outputs, h, w) of (inputs, H, W): every window times the kernel, summed."""
    reach = dilation * (weight.shape[2] - 1)
    padding = reach // 2 if padding is None else padding
    padded = np.pad(seen, ((0, 0), (padding, padding), (padding, padding)))
    height, width = (side - reach for side in padded.shape[1:])
    result = np.zeros((weight.shape[0], -(-height // stride), -(-width // stride)))
    for row in range(weight.shape[2]):
        for column in range(weight.shape[3]):
            rows = slice(row * dilation, row * dilation + height, stride)
            columns = slice(column * dilation, column * dilation + width, stride)
            result += np.einsum("oi,ihw->ohw", weight[:, :, row, column], padded[:, rows, columns])
    return result if bias is None else result + bias[:, None, None]


def doubled(seen, weight, bias):
    """Return (outputs, 2H, 2W): each pixel draws the 4x4 kernel, two pixels further than the last."""
    height, width = seen.shape[1:]
    whole = np.zeros((weight.shape[1], 2 * height + 2, 2 * width + 2))
    for row in range(4):
        for column in range(4):
            drawn = np.einsum("io,ihw->ohw", weight[:, :, row, column], seen)
            whole[:, row : row + 2 * height : 2, column : column + 2 * width : 2] += drawn
    return whole[:, 1:-1, 1:-1] + bias[:, None, None]


def normalised(seen, mean, variance, weight=1.0, bias=0.0):
    """Return features with the mean and spread of training taken out."""
    weight, bias = (np.broadcast_to(each, mean.shape)[:, None, None] for each in (weight, bias))
    spread = np.sqrt(variance + EPSILON)[:, None, None]
    return (seen - mean[:, None, None]) / spread * weight + bias


def rectified(seen, slope=0.0):
    return np.where(seen > 0, seen, slope * seen)
