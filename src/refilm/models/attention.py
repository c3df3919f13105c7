"""Attention in bounded memory: each query takes from the values of the keys that are like it.

Vaswani et al., "Attention Is All You Need", NIPS 2017, https://arxiv.org/abs/1706.03762. The scores of
all queries with all keys are never held at once: queries are taken some at a time, and the result is
the same.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

MEMORY = 64_000_000
"""Bytes that scores may take at once."""
_LEAST = -80.0
"""Scores below the best one of which an exponential is nothing, but takes ten times as long to find."""


def attend(queries: Tensor, keys: Tensor, values: Tensor, *, memory: int = MEMORY) -> Tensor:
    """Return softmax(queries keys^T) values, (n, d).

    Args:
        queries: (n, c); a scale is multiplied into them beforehand.
        keys: (m, c).
        values: (m, d).
        memory: Bytes that scores may take at once; at least those of one query are taken.
    """
    result = values.new_empty(len(queries), values.shape[1])
    for rows, scores in _scores(queries, keys, memory):
        shares, total = _shares(scores, scores.max(1).values)
        result[rows] = shares @ values / total[:, None]
    return result


class Matches(NamedTuple):
    """What is most alike among queries and keys, and what the queries take from the values."""

    values: Tensor
    """(n, d): as of `attend`."""
    weight: Tensor
    """(n,): logarithm of the sum of all keys' exponential scores; the softmax of these weighs the
    values of several matches, so that the result is as if all keys had been one."""
    best: Tensor
    """(n,): the highest score of each query."""
    key: Tensor
    """(n,): the key that has it."""
    query: Tensor
    """(m,): for each key the query with the highest score."""


def matched(queries: Tensor, keys: Tensor, values: Tensor, *, memory: int = MEMORY) -> Matches:
    """Return what `attend` does, and which query and key are most alike; arguments as there."""
    parts: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
    highest = keys.new_full((len(keys),), -torch.inf)
    query = torch.zeros(len(keys), dtype=torch.long, device=keys.device)
    for rows, scores in _scores(queries, keys, memory):
        best, key = scores.max(1)
        high, place = scores.max(0)
        query = torch.where(high > highest, place + rows.start, query)
        highest = torch.maximum(high, highest)
        shares, total = _shares(scores, best)
        parts.append((shares @ values / total[:, None], best + torch.log(total), best, key))
    taken, weight, best, key = (torch.cat(each) for each in zip(*parts, strict=True))
    return Matches(taken, weight, best, key, query)


def _shares(scores: Tensor, best: Tensor) -> tuple[Tensor, Tensor]:
    """Return the exponential of scores less the best of each row, in their place, and its sums."""
    shares = scores.sub_(best[:, None]).clamp_(min=_LEAST).exp_()
    return shares, shares.sum(1)


def _scores(queries: Tensor, keys: Tensor, memory: int) -> Iterator[tuple[slice, Tensor]]:
    some = max(memory // (len(keys) * keys.element_size()), 1)
    for first in range(0, len(queries), some):
        yield slice(first, first + some), queries[first : first + some] @ keys.T
