"""Operators in plain PyTorch give what a loop over pixels gives that follows their definition."""

import itertools
import math

import pytest
import torch

from refilm.models import operators

ROUNDING = 1e-4
"""What is left when float32 sums of these sizes are taken in another order."""


def rough(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def bilinear(plane, down, across):
    """A plane's value at a place, its pixels being 0 outside."""
    top, left = math.floor(down), math.floor(across)
    total = 0.0
    for row, column in itertools.product((top, top + 1), (left, left + 1)):
        if 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1]:
            total += (1 - abs(down - row)) * (1 - abs(across - column)) * float(plane[row, column])
    return total


def deformed(features, offsets, weight, bias, masks):
    """A deformable convolution as it is defined, number by number."""
    number, channels, height, width = features.shape
    outputs, _, side, _ = weight.shape
    groups = offsets.shape[1] // (2 * side * side)
    result = torch.zeros(number, outputs, height, width)
    for one, row, column in itertools.product(range(number), range(height), range(width)):
        for channel, tap in itertools.product(range(channels), range(side * side)):
            place = (channel * groups // channels) * side * side + tap
            down, across = offsets[one, 2 * place : 2 * place + 2, row, column].tolist()
            down += row + tap // side - side // 2
            across += column + tap % side - side // 2
            seen = bilinear(features[one, channel], down, across)
            seen *= 1 if masks is None else float(masks[one, place, row, column])
            result[one, :, row, column] += weight[:, channel, tap // side, tap % side] * seen
    return result if bias is None else result + bias[:, None, None]


@pytest.mark.parametrize(("height", "width"), [(5, 7), (1, 4), (3, 1)])
@pytest.mark.parametrize("side", [1, 3])
@pytest.mark.parametrize("masked", [False, True])
def test_a_deformable_convolution_is_what_its_definition_says(height, width, side, masked):
    groups, taps = 2, side * side
    features = rough(2, 4, height, width)
    # Far enough to lead out of the picture on every side, and a part of a pixel out of it.
    offsets = rough(2, 2 * groups * taps, height, width, seed=1) * 3
    weight, bias = rough(3, 4, side, side, seed=2), rough(3, seed=3)
    masks = torch.sigmoid(rough(2, groups * taps, height, width, seed=4)) if masked else None
    found = operators.deformable_convolution(features, offsets, weight, bias, masks)
    wanted = deformed(features, offsets, weight, bias, masks)
    torch.testing.assert_close(found, wanted, atol=ROUNDING, rtol=ROUNDING)


def test_a_deformable_convolution_that_moves_nothing_is_a_convolution():
    features, weight = rough(1, 6, 9, 8), rough(5, 6, 3, 3, seed=1)
    found = operators.deformable_convolution(features, torch.zeros(1, 36, 9, 8), weight)
    wanted = torch.nn.functional.conv2d(features, weight, padding=1)
    torch.testing.assert_close(found, wanted, atol=ROUNDING, rtol=ROUNDING)


def test_a_deformable_convolution_in_bands_of_rows_is_the_one_of_the_whole(monkeypatch):
    features, weight = rough(2, 4, 7, 5), rough(3, 4, 3, 3, seed=1)
    offsets, masks = rough(2, 18, 7, 5, seed=2), rough(2, 9, 7, 5, seed=3)
    whole = operators.deformable_convolution(features, offsets, weight, masks=masks)
    monkeypatch.setattr(operators, "_BAND", 2 * weight[0].numel() * 2 * 5)
    bands = operators.deformable_convolution(features, offsets, weight, masks=masks)
    torch.testing.assert_close(bands, whole, atol=ROUNDING, rtol=ROUNDING)


def alike(first, second, reach):
    """A correlation as it is defined, number by number."""
    number, channels, height, width = first.shape
    side = 2 * reach + 1
    result = torch.zeros(number, side * side, height, width)
    for one, row, column in itertools.product(range(number), range(height), range(width)):
        for tap in range(side * side):
            down, across = row + tap // side - reach, column + tap % side - reach
            if 0 <= down < height and 0 <= across < width:
                products = first[one, :, row, column] * second[one, :, down, across]
                result[one, tap, row, column] = products.sum() / channels
    return result


@pytest.mark.parametrize(("height", "width", "reach"), [(5, 7, 1), (3, 4, 2), (1, 1, 4)])
def test_a_correlation_is_what_its_definition_says(height, width, reach):
    first, second = rough(2, 3, height, width), rough(2, 3, height, width, seed=1)
    found = operators.correlation(first, second, reach)
    torch.testing.assert_close(found, alike(first, second, reach), atol=ROUNDING, rtol=ROUNDING)


def flow_for(height, width, seed=0):
    """Flows within the picture and out of it on every side, some by whole pixels and some none."""
    flow = rough(2, 2, height, width, seed=seed) * torch.tensor([width, height])[:, None, None] / 3
    flow[:, :, ::2, ::3] = flow[:, :, ::2, ::3].round()
    flow[:, :, 1::3, ::2] = 0
    return flow


def filtered(features, flow, kernels):
    """A filter interpolation as it is defined, pixel by pixel."""
    number, _, height, width = features.shape
    side = math.isqrt(kernels.shape[1])
    result = features.clone()
    for one, row, column in itertools.product(range(number), range(height), range(width)):
        right, below = flow[one, :, row, column].tolist()
        across, down = column + right, row + below
        outside = across < 0 or down < 0 or across > width - 1 or down > height - 1
        if outside or abs(right) >= width / 2 or abs(below) >= height / 2:
            continue
        left, top = math.floor(across), math.floor(down)
        total = torch.zeros(features.shape[1])
        for tap in range(side * side):
            tap_down = top - side // 2 + 1 + tap // side
            tap_across = left - side // 2 + 1 + tap % side
            share = down - top if tap_down > top else 1 - (down - top)
            share *= across - left if tap_across > left else 1 - (across - left)
            tap_row, tap_column = (
                min(max(tap_down, 0), height - 1),
                min(max(tap_across, 0), width - 1),
            )
            weight = share * kernels[one, tap, row, column]
            total += weight * features[one, :, tap_row, tap_column]
        result[one, :, row, column] = total
    return result


@pytest.mark.parametrize(("height", "width"), [(6, 8), (1, 5), (4, 1)])
@pytest.mark.parametrize("side", [2, 4])
def test_a_filter_interpolation_is_what_its_definition_says(height, width, side):
    features, flow = rough(2, 3, height, width), flow_for(height, width, seed=1)
    kernels = rough(2, side * side, height, width, seed=2)
    found = operators.filter_interpolation(features, flow, kernels)
    wanted = filtered(features, flow, kernels)
    torch.testing.assert_close(found, wanted, atol=ROUNDING, rtol=ROUNDING)


def laid(flow, weight):
    """A depth-aware flow projection as it is defined, pixel by pixel."""
    number, _, height, width = flow.shape
    sums, total = torch.zeros_like(flow), torch.zeros_like(weight)
    for one, row, column in itertools.product(range(number), range(height), range(width)):
        right, below = flow[one, :, row, column].tolist()
        across, down = column + right, row + below
        if across < 0 or down < 0 or across > width - 1 or down > height - 1:
            continue
        left, top = int(across), int(down)
        # At the last row or column two of the four are the same pixel, which counts twice.
        for step_down, step_across in itertools.product((0, 1), (0, 1)):
            place = one, min(top + step_down, height - 1), min(left + step_across, width - 1)
            share = weight[one, 0, row, column]
            sums[place[0], :, place[1], place[2]] -= share * flow[one, :, row, column]
            total[place[0], :, place[1], place[2]] += share
    return torch.where(total > 0, sums / total, 0), total > 0


@pytest.mark.parametrize(("height", "width"), [(6, 8), (1, 5), (4, 1)])
def test_a_depth_aware_flow_projection_is_what_its_definition_says(height, width):
    flow, weight = flow_for(height, width), rough(2, 1, height, width, seed=1).exp()
    found, reached = operators.depth_flow_projection(flow, weight)
    wanted, known = laid(flow, weight)
    assert torch.equal(reached, known)
    torch.testing.assert_close(found, wanted, atol=ROUNDING, rtol=ROUNDING)


def nearest_known(known, row, column):
    """The places of the nearest known pixels to the left, to the right, above and below."""
    height, width = known.shape
    ways = (
        [(row, across) for across in range(column - 1, -1, -1)],
        [(row, across) for across in range(column + 1, width)],
        [(down, column) for down in range(row - 1, -1, -1)],
        [(down, column) for down in range(row + 1, height)],
    )
    return [found for way in ways for found in [next((p for p in way if known[p]), None)] if found]


@pytest.mark.parametrize(("height", "width"), [(6, 8), (1, 9), (9, 1)])
@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 1.0])
def test_holes_are_filled_with_the_mean_of_the_nearest_known_in_four_directions(height, width, share):
    values = rough(2, 2, height, width)
    known = torch.rand(2, 1, height, width, generator=torch.Generator().manual_seed(3)) < share
    wanted = values.clone()
    for one, row, column in itertools.product(range(2), range(height), range(width)):
        around = nearest_known(known[one, 0], row, column)
        if around and not known[one, 0, row, column]:
            found = [values[one, :, place[0], place[1]] for place in around]
            wanted[one, :, row, column] = torch.stack(found).mean(0)
    torch.testing.assert_close(operators.fill_holes(values, known), wanted, atol=ROUNDING, rtol=0)


def test_both_ways_of_adding_at_places_give_the_same():
    places = torch.randint(0, 7, (100,), generator=torch.Generator().manual_seed(1))
    values = rough(100)
    one, other = torch.zeros(7), torch.zeros(7)
    operators._add(one, places, values)
    # What a graphics card takes.
    other.index_put_((places,), values, accumulate=True)
    torch.testing.assert_close(one, other, atol=ROUNDING, rtol=0)
