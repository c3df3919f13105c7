"""FFmpeg's numbers for the colours of a film, and its names for them (libavutil's pixdesc)."""

from collections.abc import Mapping

UNKNOWN = "unknown"

MATRICES: Mapping[int, str] = {
    0: "gbr",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    11: "smpte2085",
    12: "chroma-derived-nc",
    13: "chroma-derived-c",
    14: "ictcp",
}
PRIMARIES: Mapping[int, str] = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}
TRANSFERS: Mapping[int, str] = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    9: "log100",
    10: "log316",
    11: "iec61966-2-4",
    12: "bt1361e",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}
UNSPECIFIED = 2
"""FFmpeg's number for an unknown matrix, primaries or transfer."""
LIMITED_RANGE, FULL_RANGE = 1, 2
"""FFmpeg's numbers for luma from 16 to 235 (of 255) and from 0 to 255; 0 is unknown."""

_WEIGHTS: Mapping[str, tuple[float, float]] = {
    "bt709": (0.2126, 0.0722),
    "fcc": (0.30, 0.11),
    "bt470bg": (0.299, 0.114),
    "smpte170m": (0.299, 0.114),
    "smpte240m": (0.212, 0.087),
    "bt2020nc": (0.2627, 0.0593),
    "bt2020c": (0.2627, 0.0593),
}
_HD_WIDTH, _HD_HEIGHT = 1280, 720


def name_of(number: int, names: Mapping[int, str]) -> str:
    """Return FFmpeg's name for a number of one of the tables above, or "unknown"."""
    return names.get(number, UNKNOWN)


def number_of(name: str, names: Mapping[int, str]) -> int:
    """Return FFmpeg's number for a name of one of the tables above, `UNSPECIFIED` for others."""
    return next((number for number, known in names.items() if known == name), UNSPECIFIED)


def luma_weights(matrix: str, width: int, height: int) -> tuple[float, float, float]:
    """Return what red, green and blue add to luma under a matrix.

    For a matrix that is unknown, or that luma alone cannot be told from (as "gbr"), the picture's
    size decides, as it does in players: Rec. 709 for high definition, else Rec. 601.
    """
    by_size = "bt709" if width >= _HD_WIDTH or height >= _HD_HEIGHT else "smpte170m"
    red, blue = _WEIGHTS.get(matrix, _WEIGHTS[by_size])
    return red, 1 - red - blue, blue


def knows(matrix: str) -> bool:
    """Return whether refilm can read colours that were coded with this matrix."""
    return matrix in _WEIGHTS
