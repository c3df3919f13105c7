"""Titles, comments and chapters: what words of a film go into its result."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

Tags = dict[str, str]

_CONTAINERS_OWN = {
    "major_brand",
    "minor_version",
    "compatible_brands",
    "encoder",
    "vendor_id",
    "duration",
}
"""Tags that say how the source was stored, which is no longer so."""
_COUNTED = ("BPS", "NUMBER_OF_", "_STATISTICS_", "DURATION")
"""Beginnings of figures that Matroska writers count anew."""


def kept_tags(tags: Mapping[str, str]) -> Tags:
    """Return the tags of a film or stream that stay true of its result."""
    return {
        name: text
        for name, text in tags.items()
        if name.lower() not in _CONTAINERS_OWN and not name.upper().startswith(_COUNTED)
    }


def film_tags(source: Mapping[str, str], added: Mapping[str, str]) -> Tags:
    """Return the source's tags with others laid over them; a comment is added to the one there is."""
    merged = kept_tags(source)
    for name, text in added.items():
        known = next((key for key in merged if key.lower() == name.lower()), name)
        before = merged.get(known)
        merged[known] = f"{before}\n{text}" if before and name.lower() == "comment" else text
    return merged


def clipped_chapters(
    chapters: list[Any], shift: Fraction, start: Fraction | None, end: Fraction | None
) -> list[Any]:
    """Return the chapters that begin before `end` and end after `start`, cut there, `shift` earlier."""
    kept: list[Any] = []
    for chapter in chapters:
        base = chapter["time_base"]
        first, last = chapter["start"] * base, chapter["end"] * base
        first = first if start is None else max(first, start)
        last = last if end is None else min(last, end)
        if first < last:
            times = {"start": round((first - shift) / base), "end": round((last - shift) / base)}
            kept.append({**chapter, **times, "id": len(kept) + 1})
    return kept
