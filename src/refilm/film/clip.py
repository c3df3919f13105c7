"""Which part of the source's clock the result keeps, and packets set to the result's clock."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from av.packet import Packet

if TYPE_CHECKING:
    AnyPacket = Packet[Any]
else:
    # PyAV's packets are generic in its stubs only.
    AnyPacket = Packet

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Clip:
    """Which part of the source's clock is kept, and how far it is moved."""

    shift: Fraction
    """Seconds taken from every time."""
    start: Fraction | None
    end: Fraction | None
    """Seconds on the source's clock; None is the film's own beginning or end."""

    def placed(self, packet: AnyPacket, continues: bool) -> AnyPacket | None:
        """Return a packet on the result's clock, None where it begins outside what is kept.

        One that `continues`, as a subtitle is shown on, may have begun earlier: it loses that part.
        """
        if continues and self.start is not None:
            _cut_before(packet, self.start)
        begin = (packet.pts or 0) * packet.time_base
        if not self._holds(begin):
            return None
        if continues and self.end is not None:
            left = int((self.end - begin) // packet.time_base)
            packet.duration = min(packet.duration or 0, left)
        shift = round(self.shift / packet.time_base)
        packet.pts = (packet.pts or 0) - shift
        packet.dts = (packet.dts or 0) - shift
        return packet

    def _holds(self, time: Fraction) -> bool:
        return (self.start is None or time >= self.start) and (self.end is None or time < self.end)

    def is_over(self, packet: AnyPacket, wait: Fraction) -> bool:
        """Return whether a packet comes `wait` seconds after what is kept, so that nothing follows."""
        if self.end is None or packet.dts is None:
            return False
        return packet.dts * packet.time_base > self.end + wait


def _cut_before(packet: AnyPacket, start: Fraction) -> None:
    begin = int(-(-start // packet.time_base))
    late = begin - (packet.pts or 0)
    if 0 < late < (packet.duration or 0):
        packet.duration = (packet.duration or 0) - late
        packet.pts = packet.dts = begin


class Stamps:
    """The times of one stream's packets, mended where the source leaves them out or goes back."""

    def __init__(self) -> None:
        self._expected = 0
        self._last: int | None = None

    def filled(self, packet: AnyPacket) -> AnyPacket:
        """Return the packet with both its times set: one by the other, or by the packet before."""
        if packet.dts is None:
            packet.dts = packet.pts if packet.pts is not None else self._expected
        if packet.pts is None:
            packet.pts = packet.dts
        self._expected = packet.dts + (packet.duration or 0)
        return packet

    def rising(self, packet: AnyPacket) -> AnyPacket:
        """Return the packet decoded after the one before: containers take no other order."""
        decoded = packet.dts or 0
        if self._last is not None and decoded <= self._last:
            decoded = packet.dts = self._last + 1
            packet.pts = max(packet.pts or 0, decoded)
        self._last = decoded
        return packet
