"""Carries colours from reference pictures to a grey one: things that look alike get the same colours.

Places are matched by what an encoder that knows a thousand classes of objects (`efficientnet`) sees
there, as do He et al., "Deep Exemplar-based Colorization", SIGGRAPH 2018,
https://arxiv.org/abs/1807.06587; but nothing is trained for it. Matches are found at 1/8 of the size
among all places of all references and refined at 1/4 around them; where picture and reference show one
scene, colours are carried along the motion between them besides, which is as sharp as they are.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.frames import Pixels
from refilm.models.attention import Matches, matched
from refilm.models.card import Card
from refilm.models.carrying import Points, carried, common
from refilm.models.efficientnet import TAKEN, EfficientNet, encoder_weights
from refilm.models.places import (
    BLOCKS,
    CELL,
    FINE,
    Look,
    as_places,
    as_rows,
    enlarged,
    rows_and_columns,
    seen,
)
from refilm.models.runtime import to_pixels, to_tensor
from refilm.models.weights import Weights, fill

STEP = 16
"""Width and height of what it takes are multiples of this."""
_SHARP, _SHARP_FINELY = 100.0, 60.0
"""How much the best match has over others: factors of squared distance before the exponential."""
CHANCE = (9.35, 2.69, -6.05, -7.55)
"""Logistic regression of whether a colour is right: its base; trust in motion; unlikeness of the match;
distance between colours found in two ways. `refilm bench matching` tells how honest they are, and fits
others."""
_REACH = 3
"""Small places either side that have a say in a colour."""
_UNLIKE = 0.03
"""Luma by which they may differ and still have one."""
_LEAST = 1e-4
"""Say that even the least sure place has."""
_KEPT = 12
"""Power of its confidence that a place's own colour keeps against those of others."""
_BACK = 1.5
"""Cells by which going there and back may miss for a match to count."""
_NEIGHBOURS = ((0, 0), (-1, 0), (0, -1), (0, 1), (1, 0))


class Reference(NamedTuple):
    """A picture with colours."""

    look: Look
    colours: Tensor
    """(n, 2): of cells."""
    dots: Tensor
    """(m, 2): of small places."""
    picture: Pixels
    """(H, W, 3): luma, a, b."""


class Found(NamedTuple):
    """Colours that were found, and what tells whether they are right."""

    colours: Tensor
    """(1, 2, H, W): a / 100, b / 100."""
    trust: Tensor
    """(1, 1, H, W): how far they were carried along motion that is certain, 0..1."""
    signs: Tensor
    """(1, 2, H, W): how unlike the best match is, and how far apart colours found in two ways are."""


class Matching(nn.Module):
    """Colours a grey picture like its references."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = EfficientNet(channels=1)
        # What is seen at 1/32 of the size tells no more of what is alike, and takes time.
        self.encoder.blocks = self.encoder.blocks[:BLOCKS]

    def prepared(self, *references: Tensor) -> tuple[Reference, ...]:
        """Return what is known of references, (1, 3, H, W): luma 0..1, a / 100, b / 100 (CIELAB)."""
        return tuple(self._reference(reference) for reference in references)

    def _reference(self, picture: Tensor) -> Reference:
        colours, dots = (as_rows(F.avg_pool2d(picture[:, 1:], side)) for side in (CELL, FINE))
        return Reference(self._look(picture[:, :1]), colours, dots, to_pixels(picture))

    def _look(self, luma: Tensor) -> Look:
        return seen(luma, self.encoder(luma))

    def forward(self, luma: Tensor, *, prepared: Sequence[Reference]) -> Tensor:
        """Return colours, (1, 3, H, W): a / 100, b / 100, confidence.

        The confidence is the chance, 0..1, that the colour lies within 10 CIEDE2000 of the true one
        where the references' colours are true.

        Args:
            luma: (1, 1, H, W), 0..1 gamma-coded; H and W are multiples of `STEP`.
            prepared: What `prepared` returned.
        """
        found = self.found(luma, prepared)
        return torch.cat((found.colours, _confidence(found.trust, found.signs)), 1)

    def found(self, luma: Tensor, prepared: Sequence[Reference]) -> Found:
        """Return colours and what tells whether they are right; arguments as for `forward`."""
        look = self._look(luma)
        lots = [_matches(look, reference) for reference in prepared]
        places = _refined(look, prepared, lots)
        signs = _signs(look, lots, places)
        places = _voted(look, places, signs)
        found, signs = (enlarged(each, luma.shape[2:]) for each in (places, signs))
        moved, trust = _moved(look, prepared, lots)
        return Found(found + trust * (moved - found), trust, signs)


def _matches(look: Look, reference: Reference) -> Matches:
    """Return which places of picture and reference are most alike, and colours from all places.

    Scores are squared distances, which a product gives when the keys' own squares are one more
    channel; those of the queries are the same for all keys and are taken off afterwards.
    """
    keys = reference.look.cells
    queries = torch.cat((2 * _SHARP * look.cells, torch.ones_like(look.cells[:, :1])), 1)
    squares = keys.square().sum(1, keepdim=True)
    found = matched(queries, torch.cat((keys, -_SHARP * squares), 1), reference.colours)
    own = _SHARP * look.cells.square().sum(1)
    return found._replace(weight=found.weight - own, best=found.best - own)


def _refined(look: Look, references: Sequence[Reference], lots: Sequence[Matches]) -> Tensor:
    """Return colours of small places, (1, 2, h, w), from near where the cells around have matches."""
    scores: list[Tensor] = []
    colours: list[Tensor] = []
    for reference, found in zip(references, lots, strict=True):
        for score, key in _tried(look, reference.look, found):
            scores.append(score)
            colours.append(reference.dots[key])
    shares = torch.softmax(_SHARP_FINELY * torch.stack(scores), 0)
    mean = torch.stack([share[:, None] * colour for share, colour in zip(shares, colours, strict=True)])
    return as_places(mean.sum(0), *look.grid(FINE))


def _tried(look: Look, other: Look, found: Matches) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield scores of small places, (m,), and the other picture's small places that have them.

    Each tries what the cells around it matched, shifted as they lie, and then the neighbours of the
    best of these.
    """
    size, limit = look.grid(FINE), other.grid(FINE)
    tried = [_judged(look, other, *place) for place in _offered(look, other, found)]
    yield from tried
    scores, keys = (torch.stack(each) for each in zip(*tried, strict=True))
    best = keys.gather(0, scores.argmax(0)[None])[0].reshape(size)
    down, right = best // limit[1], best % limit[1]
    for below, beside in _NEIGHBOURS[1:]:
        yield _judged(look, other, down + below, right + beside)


def _offered(look: Look, other: Look, found: Matches) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield for each small place, (h, w), row and column of a small place in the other picture."""
    (height, width), times = look.grid(CELL), CELL // FINE
    rows, columns = rows_and_columns(look.grid(FINE), look.luma.device)
    shift = times * _shifts(look, other, found)
    around = F.pad(shift.float(), (1, 1, 1, 1), mode="replicate").long()[0]
    for down, right in _NEIGHBOURS:
        moved = around[:, 1 + down : 1 + down + height, 1 + right : 1 + right + width]
        moved = moved.repeat_interleave(times, 1).repeat_interleave(times, 2)
        yield rows + moved[0], columns + moved[1]


def _shifts(look: Look, other: Look, found: Matches) -> Tensor:
    """Return how many cells down and to the right each cell's match lies, (1, 2, h, w)."""
    height, width = look.grid(CELL)
    across = other.grid(CELL)[1]
    rows, columns = rows_and_columns((height, width), look.luma.device)
    key = found.key.reshape(height, width)
    return torch.stack((key // across - rows, key % across - columns))[None]


def _judged(look: Look, other: Look, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """Return how like the other picture's small places there are to ours, and their numbers, (m,)."""
    height, width = other.grid(FINE)
    key = (rows.clamp(0, height - 1) * width + columns.clamp(0, width - 1)).flatten()
    return -(other.dots[key] - look.dots).square().sum(1), key


def _moved(
    look: Look, references: Sequence[Reference], lots: Sequence[Matches]
) -> tuple[Tensor, Tensor]:
    """Return colours carried along motion, (1, 2, H, W), and how far to trust them, (1, 1, H, W)."""
    luma = to_pixels(look.luma)[:, :, 0]
    total = np.zeros((*luma.shape, 2), np.float32)
    weight, trust = np.full(luma.shape, 1e-6, np.float32), np.zeros(luma.shape, np.float32)
    for reference, found in zip(references, lots, strict=True):
        movement = common(*_agreed(look, reference.look, found))
        if movement is not None:
            moved = carried(luma, reference.picture, movement)
            total += np.square(moved.trust)[:, :, None] * moved.picture[:, :, 1:]
            weight += np.square(moved.trust)
            trust = np.maximum(trust, moved.trust)
    colours, trusted = map(to_tensor, (total / weight[:, :, None], trust[:, :, None]))
    return colours.to(look.luma), trusted.to(look.luma)


def _agreed(look: Look, other: Look, found: Matches) -> tuple[Points, Points]:
    """Return middles of textured cells and of those that they match, in pixels, (n, 2)."""
    kept = look.textured & (_missed(look, found) <= _BACK)
    ours, theirs = torch.nonzero(kept)[:, 0], found.key[kept]
    return _middles(ours, look.grid(CELL)[1]), _middles(theirs, other.grid(CELL)[1])


def _middles(cells: Tensor, across: int) -> Points:
    places = torch.stack((cells % across, cells // across), 1)
    return ((places.float() + 0.5) * CELL - 0.5).cpu().numpy()


def _missed(look: Look, found: Matches) -> Tensor:
    """Return by how many cells going to each cell's match and back misses, (n,)."""
    across = look.grid(CELL)[1]
    returned = found.query[found.key]
    here = torch.arange(len(returned), device=returned.device)
    down, right = returned // across - here // across, returned % across - here % across
    return torch.hypot(down.float(), right.float())


def _signs(look: Look, lots: Sequence[Matches], refined: Tensor) -> Tensor:
    """Return what tells whether small places have the right colours, (1, 2, h, w).

    These are: how unlike the best match is (root of the squared distance), and by how much the
    colours found among all cells differ from the refined ones.
    """
    size = look.grid(CELL)
    best = torch.stack([found.best for found in lots]).max(0).values
    shares = torch.softmax(torch.stack([found.weight for found in lots]), 0)
    colours = (shares[:, :, None] * torch.stack([found.values for found in lots])).sum(0)
    unlike = (-best / _SHARP).clamp(min=0).sqrt()[:, None]
    here = enlarged(as_places(torch.cat((unlike, colours), 1), *size), refined.shape[2:])
    apart = (here[:, 1:] - refined).norm(dim=1, keepdim=True)
    return torch.cat((here[:, :1], apart), 1)


def _voted(look: Look, places: Tensor, signs: Tensor) -> Tensor:
    """Return colours of small places, each mixed with those around of its luma, the surest most."""
    luma = F.avg_pool2d(look.luma, FINE)
    sure = _confidence(torch.zeros_like(luma), signs)
    say = sure.square() + _LEAST
    seen = torch.cat((say * places, say, luma), 1)
    side = 2 * _REACH + 1
    around = F.unfold(F.pad(seen, (_REACH,) * 4, mode="replicate"), side)
    around = around.reshape(4, side * side, *luma.shape[2:])
    like = torch.exp(-((around[3] - luma[0]) / _UNLIKE).square())
    votes = (around[:3] * like).sum(1)
    return torch.lerp((votes[:2] / votes[2:])[None], places, sure**_KEPT)


def _confidence(trust: Tensor, signs: Tensor) -> Tensor:
    """Return the chance that colours are right, (1, 1, H, W), by logistic regression."""
    base, carried_there, unlike, apart = CHANCE
    return torch.sigmoid(base + carried_there * trust + unlike * signs[:, :1] + apart * signs[:, 1:])


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network with an encoder's weights: the published ones, or those in a colouriser.

    Raises:
        WeightsError: The weights are not those of such an encoder.
    """
    del card
    with torch.device("meta"):
        network = Matching()
    unused = tuple(f"blocks.{number}." for number in range(BLOCKS, TAKEN[-1] + 1))
    fill(network.encoder, encoder_weights(weights), unused=unused)
    return network
