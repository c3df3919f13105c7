"""Which pictures a decoder was given and never gave back."""

from collections import OrderedDict

_PATIENCE = 64
"""Packets that may follow before a picture counts as lost; decoders hold back far fewer."""
_SMALLEST = 16
"""Bytes below which a packet may be a mere placeholder, as in AVI files with packed B-frames."""


class Losses:
    """Keeps account of packets by their presentation stamp; holds at most `_PATIENCE` of them."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[int, None] = OrderedDict()

    def given(self, stamp: int | None, size: int) -> list[int]:
        """Note a packet of `size` bytes; return the stamps that are now given up."""
        if stamp is not None and size >= _SMALLEST:
            self._waiting[stamp] = None
        if len(self._waiting) <= _PATIENCE:
            return []
        return [self._waiting.popitem(last=False)[0]]

    def shown(self, stamp: int) -> None:
        """Note that a picture came back."""
        self._waiting.pop(stamp, None)

    def rest(self) -> list[int]:
        """Return the stamps that never came back, at the end of the film."""
        return sorted(self._waiting)
