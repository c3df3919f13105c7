import numpy as np
import pytest
import torch
from torch import nn

from refilm.errors import UsageError
from refilm.models.card import Facts
from refilm.models.runtime import TorchNetwork, device

CPU = torch.device("cpu")


class Told(nn.Module):
    """Gives back what `work` makes of its pictures, and remembers what they were."""

    def __init__(self, work=lambda *pictures, **numbers: pictures[0]):
        super().__init__()
        self.work = work
        self.shapes = []

    def forward(self, *pictures, **numbers):
        self.shapes.append([tuple(picture.shape[1:]) for picture in pictures])
        return self.work(*pictures, **numbers)


def picture(height=20, width=30, channels=3, seed=0):
    return np.random.default_rng(seed).random((height, width, channels), np.float32)


def run(module, *pictures, facts=None, memory=10**9, **numbers):
    return TorchNetwork(module, facts or Facts(), on=CPU, memory=memory)(*pictures, **numbers)


def test_pictures_and_numbers_reach_the_network_and_its_picture_comes_back():
    module = Told(lambda first, second, share: first * share + second * (1 - share))
    first, second = picture(seed=1), picture(seed=2)
    np.testing.assert_array_equal(run(module, first, second, share=0.25), first * 0.25 + second * 0.75)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (17, 33), (32, 48), (2, 100)])
@pytest.mark.parametrize("padding", ["zero", "edge", "mirror"])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size_comes_back_as_it_was_though_the_network_takes_whole_steps_only(
    height, width, padding, channels
):
    module = Told()
    facts = Facts(multiple_of=16, smallest=32, padding=padding, channels=(1, 3))
    given = picture(height, width, channels)
    np.testing.assert_array_equal(run(module, given, facts=facts), given)
    ((_, seen_height, seen_width),) = module.shapes[0]
    assert seen_height % 16 == seen_width % 16 == 0
    assert min(seen_height, seen_width) >= 32


@pytest.mark.parametrize(("padding", "outside"), [("zero", 0.0), ("edge", 0.75), ("mirror", 0.5)])
def test_padding_is_what_the_card_says(padding, outside):
    seen = []
    module = Told(lambda first: seen.append(first.clone()) or first)
    column = np.array([0.25, 0.5, 0.75], np.float32)[None, :, None].repeat(3, axis=2)
    run(module, column, facts=Facts(multiple_of=4, padding=padding))
    assert seen[0][0, 0, 0].tolist() == [0.25, 0.5, 0.75, outside]


def test_a_larger_result_is_cut_to_the_larger_size():
    module = Told(lambda first: first.repeat_interleave(4, 2).repeat_interleave(4, 3))
    assert run(module, picture(10, 15), facts=Facts(scale=4, multiple_of=8)).shape == (40, 60, 3)


def test_grey_pictures_are_shown_threefold_to_a_colour_network_and_come_back_grey():
    module = Told()
    given = picture(channels=1)
    result = run(module, given)
    assert module.shapes == [[(3, 20, 30)]]
    # A mean of three equal numbers may round in the last bit.
    np.testing.assert_allclose(result, given, rtol=1e-6)
    assert result.shape == given.shape


def test_a_network_that_takes_grey_is_given_grey():
    module = Told()
    run(module, picture(channels=1), facts=Facts(channels=(1, 3)))
    assert module.shapes == [[(1, 20, 30)]]


def test_a_network_that_adds_colour_keeps_it():
    tint = torch.tensor([1.0, 0.5, 0.25])[None, :, None, None]
    result = run(Told(lambda first: first * tint), picture(channels=1), facts=Facts(keeps_grey=False))
    assert result.shape == (20, 30, 3)


def test_channels_that_a_network_does_not_take_are_refused():
    with pytest.raises(ValueError, match="takes pictures of 1 channels, not 3"):
        run(Told(), picture(), facts=Facts(channels=(1,)))


def blur():
    convolution = nn.Conv2d(3, 3, 5, padding=2)
    return Told(convolution)


def test_tiles_give_the_same_picture_as_the_whole_and_bound_what_is_seen():
    module = blur()
    facts = Facts(margin=2, multiple_of=8, memory=100)
    given = picture(130, 170)
    whole = run(module, given, facts=facts)
    module.shapes.clear()
    tiled = run(module, given, facts=facts, memory=100 * 48 * 48)
    # oneDNN may choose another kernel for another size, which adds in another order.
    np.testing.assert_allclose(tiled, whole, atol=1e-5)
    assert len(module.shapes) > 9
    assert max(side for ((_, *sides),) in module.shapes for side in sides) <= 48


def test_a_network_that_must_see_the_whole_picture_sees_it():
    module = blur()
    run(module, picture(130, 170), facts=Facts(memory=100), memory=1)
    assert module.shapes == [[(3, 130, 170)]]


def test_the_same_pictures_give_the_same_bits():
    module, given = blur(), picture(100, 100)
    np.testing.assert_array_equal(run(module, given), run(module, given))


def test_a_picture_that_is_a_view_of_another_is_taken():
    given = picture(40, 60)[::2, 10:40]
    np.testing.assert_array_equal(run(Told(), given), given)


def test_results_carry_no_gradient_and_are_ordinary_arrays():
    result = run(blur(), picture())
    assert (type(result), result.dtype, result.flags.c_contiguous) == (np.ndarray, np.float32, True)


class Mixed(Told):
    """Adds the mean of its references, which it remembers having prepared."""

    def __init__(self):
        super().__init__(lambda picture, prepared, share=1.0: picture + share * prepared)
        self.prepared_shapes = []

    def prepared(self, *references):
        assert all(not reference.requires_grad for reference in references)
        self.prepared_shapes.append([tuple(reference.shape[1:]) for reference in references])
        return sum(reference.mean() for reference in references)


def test_references_are_looked_at_once_whatever_their_size_and_channels():
    module = Mixed()
    network = TorchNetwork(module, Facts(multiple_of=8), on=CPU)
    bound = network.given(np.full((9, 16, 4), 0.25, np.float32), np.full((40, 30, 3), 0.5, np.float32))
    given = picture()
    # The mean of many equal numbers may round in the last bits.
    np.testing.assert_allclose(bound(given), given + 0.75, atol=1e-6)
    np.testing.assert_allclose(bound(given, share=2.0), given + 1.5, atol=1e-6)
    assert module.prepared_shapes == [[(4, 16, 16), (3, 40, 32)]]


def test_other_references_do_not_change_a_network_that_has_some():
    network, given = TorchNetwork(Mixed(), Facts(), on=CPU), picture()
    first = network.given(np.zeros((8, 8, 3), np.float32))
    second = network.given(np.ones((8, 8, 3), np.float32))
    np.testing.assert_array_equal(first(given), given)
    np.testing.assert_array_equal(second(given), given + 1)


def test_tiles_are_told_of_the_references_too():
    facts = Facts(margin=0, multiple_of=8, memory=100)
    network = TorchNetwork(Mixed(), facts, on=CPU, memory=100 * 16 * 16)
    given = picture(40, 40)
    np.testing.assert_array_equal(network.given(np.ones((8, 8, 3), np.float32))(given), given + 1)


def test_references_are_refused_by_a_network_that_takes_none():
    with pytest.raises(ValueError, match="Told takes no references"):
        TorchNetwork(Told(), Facts(), on=CPU).given(picture())


def test_a_device_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(UsageError, match=r"asks for abacus, but this computer has .*cpu"):
        device("abacus")


def test_the_processor_can_always_be_asked_for():
    assert device("cpu") == CPU
