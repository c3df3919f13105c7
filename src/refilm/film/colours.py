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


def name_of(number: int, names: Mapping[int, str]) -> str:
    """Return FFmpeg's name for a number of one of the tables above, or "unknown"."""
    return names.get(number, UNKNOWN)


def number_of(name: str, names: Mapping[int, str]) -> int:
    """Return FFmpeg's number for a name of one of the tables above, `UNSPECIFIED` for others."""
    return next((number for number, known in names.items() if known == name), UNSPECIFIED)
