"""Attention in pieces gives what the plain formula gives."""

import pytest
import torch

from refilm.models.attention import attend, matched

ROUNDING = 1e-5
"""Matrix products of other shapes add in another order; values here are of the order of 1."""
ONE_ROW = 1
"""Bytes too few for any scores: one query is taken at a time."""


def made(queries=37, keys=53, channels=8, values=3, seed=0):
    random = torch.Generator().manual_seed(seed)
    shapes = ((queries, channels), (keys, channels), (keys, values))
    return [torch.randn(shape, generator=random) for shape in shapes]


def plain(queries, keys, values):
    return torch.softmax(queries @ keys.T, 1) @ values


@pytest.mark.parametrize("memory", [ONE_ROW, 5 * 53 * 4, 36 * 53 * 4, 10**9])
def test_pieces_of_any_size_give_the_plain_formula(memory):
    queries, keys, values = made()
    found = attend(queries, keys, values, memory=memory)
    torch.testing.assert_close(found, plain(queries, keys, values), atol=ROUNDING, rtol=0)


@pytest.mark.parametrize("memory", [ONE_ROW, 5 * 53 * 4, 10**9])
def test_matches_are_the_most_alike_and_take_what_attention_takes(memory):
    queries, keys, values = made()
    scores = queries @ keys.T
    found = matched(queries, keys, values, memory=memory)
    close = {"atol": ROUNDING, "rtol": 0}
    torch.testing.assert_close(found.values, plain(queries, keys, values), **close)
    torch.testing.assert_close(found.weight, torch.logsumexp(scores, 1), **close)
    torch.testing.assert_close(found.best, scores.max(1).values, **close)
    assert found.key.tolist() == scores.argmax(1).tolist()
    assert found.query.tolist() == scores.argmax(0).tolist()


def test_scores_that_no_exponential_holds_do_no_harm():
    queries, keys, values = made()
    found = matched(1e4 * queries, keys, values)
    nearest = values[(queries @ keys.T).argmax(1)]
    torch.testing.assert_close(found.values, nearest)
    torch.testing.assert_close(attend(1e4 * queries, keys, values), nearest)


def test_matches_in_several_lots_of_keys_join_to_those_in_all_of_them():
    queries, keys, values = made()
    lots = [matched(queries, keys[lot], values[lot]) for lot in (slice(20), slice(20, None))]
    weights = torch.softmax(torch.stack([lot.weight for lot in lots]), 0)
    joined = sum(weight[:, None] * lot.values for weight, lot in zip(weights, lots, strict=True))
    torch.testing.assert_close(joined, plain(queries, keys, values), atol=ROUNDING, rtol=0)


def test_no_more_scores_are_held_at_once_than_memory_allows():
    class Watched(torch.Tensor):
        """A tensor that remembers the largest product it took part in."""

        largest = 0

        def __matmul__(self, other):
            product = self.as_subclass(torch.Tensor) @ other.as_subclass(torch.Tensor)
            Watched.largest = max(Watched.largest, product.numel())
            return product

    queries, keys, values = made()
    attend(queries.as_subclass(Watched), keys, values, memory=6 * 53 * 4)
    assert Watched.largest == 6 * 53
