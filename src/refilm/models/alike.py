"""Gives a grey picture the palette of photos of something alike: sky has the photo's sky's colours.

Places are compared by what they show and not by how they look: by an encoder's deepest features
(`efficientnet`), less what all places have in common. So a photo may be of another street in another
century. The colours are coarse; `matching` is exact, but only between pictures of one scene. As in
He et al., "Deep Exemplar-based Colorization", SIGGRAPH 2018, https://arxiv.org/abs/1807.06587; but
nothing is trained for it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from refilm.models.attention import matched
from refilm.models.card import Card
from refilm.models.efficientnet import EfficientNet, encoder_weights
from refilm.models.weights import Weights, fill

_SEEN = (3, 4)
"""Which of the encoder's features say what a place shows."""
_SHARP = 14.0
"""How much the best match has over others: factor of a cosine before the exponential."""
_LIGHT = 0.25
"""How much luma counts, in deviations from the picture's mean, beside features of length 1."""
_STRANGE, _ALIKE = 0.25, 0.55
"""Likeness of the best match below which it has no say, and from which it has all."""


class Place(NamedTuple):
    """What the places of a picture show."""

    shown: Tensor
    """(c, h, w): features, each set of length 1."""
    light: Tensor
    """(1, h, w): luma in deviations from the picture's mean."""


class Photo(NamedTuple):
    """A picture with colours."""

    place: Place
    colours: Tensor
    """(2, h, w)."""


class Alike(nn.Module):
    """Colours a grey picture by what photos show."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = EfficientNet(channels=1)

    def prepared(self, *photos: Tensor) -> tuple[Photo, ...]:
        """Return what is known of photos, (1, 3, H, W): luma 0..1, a / 100, b / 100 (CIELAB)."""
        return tuple(self._photo(photo) for photo in photos)

    def _photo(self, photo: Tensor) -> Photo:
        place = self._place(photo[:, :1])
        return Photo(place, _averaged(photo[0, 1:], place.light))

    def _place(self, luma: Tensor) -> Place:
        features = self.encoder(luma)
        size = features[_SEEN[0]].shape[2:]
        shown = (F.normalize(features[number], dim=1) for number in _SEEN)
        light = _averaged(luma[0], features[_SEEN[0]])
        light = (light - light.mean()) / light.std().clamp(min=1e-3)
        return Place(torch.cat([_sized(each, size)[0] for each in shown]), light)

    def forward(self, luma: Tensor, *, prepared: Sequence[Photo]) -> Tensor:
        """Return colours, (1, 3, H, W): a / 100, b / 100, and how far to trust them, 0..1.

        Args:
            luma: (1, 1, H, W), 0..1 gamma-coded; H and W are multiples of 32.
            prepared: What `prepared` returned.
        """
        place = self._place(luma)
        own, theirs = _compared(place, [photo.place for photo in prepared])
        colours = torch.cat([photo.colours.flatten(1).T for photo in prepared])
        # The sharpness and each key's light go into the product: see `matching`.
        found = matched(own, theirs, colours)
        trust = ((found.best / _SHARP - _STRANGE) / (_ALIKE - _STRANGE)).clamp(0, 1)
        placed = torch.cat((found.values, trust[:, None]), 1).T.reshape(1, 3, *place.light.shape[1:])
        return _sized(placed, luma.shape[2:])


def _compared(own: Place, others: Sequence[Place]) -> tuple[Tensor, Tensor]:
    """Return queries, (n, c), and keys, (m, c), whose products say how alike places are.

    What all places of all pictures have in common tells nothing and is taken away; of what is left the
    cosine counts, less a part of the squared difference of luma.
    """
    rows = [place.shown.flatten(1).T for place in (own, *others)]
    common = torch.cat(rows).mean(0)
    own_rows, *other_rows = (F.normalize(each - common, dim=1) for each in rows)
    light = torch.cat([place.light.flatten() for place in others])[:, None]
    ours = own.light.flatten()[:, None]
    part = _LIGHT**2
    queries = torch.cat((own_rows, 2 * part * ours, -part * ours.square(), torch.ones_like(ours)), 1)
    ones = torch.ones_like(light)
    return _SHARP * queries, torch.cat((torch.cat(other_rows), light, ones, -part * light.square()), 1)


def _averaged(picture: Tensor, like: Tensor) -> Tensor:
    """Return area averages of (c, H, W) in the size of other features."""
    return F.adaptive_avg_pool2d(picture, (like.shape[-2], like.shape[-1]))


def _sized(places: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(places, tuple(size), mode="bilinear", align_corners=False)


def build(card: Card, weights: Weights) -> nn.Module:
    """Return the network with the encoder of a colouriser, or the published one.

    Raises:
        WeightsError: The weights are not those of such an encoder.
    """
    del card
    with torch.device("meta"):
        network = Alike()
    fill(network.encoder, encoder_weights(weights))
    return network
