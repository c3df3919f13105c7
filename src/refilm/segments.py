"""Cut a film into the stretches that are rendered one by one."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from refilm.errors import UsageError
from refilm.findings import Survey
from refilm.frames import Segment, Shot

LONGEST = Fraction(6)
"""Seconds of film in a segment at most: what a broken run loses, against context read twice."""


def span(survey: Survey, start: Fraction | None, end: Fraction | None) -> tuple[int, int]:
    """Return the frames first..stop-1 that are shown from `start` until `end`.

    Both are seconds after the film's first frame; None is the film's own beginning or end. Raises
    UsageError where no frame lies between them.
    """
    timeline = survey.timeline
    first = 0 if start is None else timeline.first_from(timeline.time(0) + start)
    stop = len(timeline) if end is None else timeline.first_from(timeline.time(0) + end)
    if first >= stop:
        length = float(timeline.end - timeline.time(0))
        raise UsageError(
            f"No frame lies from {_seconds(start)} to {_seconds(end)}; the film is {length:.2f} s long."
        )
    return first, stop


def _seconds(time: Fraction | None) -> str:
    return "its beginning or end" if time is None else f"{float(time):g} s"


def cut(survey: Survey, first: int, stop: int) -> tuple[Segment, ...]:
    """Return the segments of frames first..stop-1 in order: each within one shot, of like length."""
    segments: list[Segment] = []
    for shot in survey.shots:
        begin, end = max(shot.first, first), min(shot.stop, stop)
        if begin < end:
            segments.extend(_cut_shot(survey, shot, begin, end, len(segments)))
    return tuple(segments)


def _cut_shot(survey: Survey, shot: Shot, first: int, stop: int, number: int) -> Iterator[Segment]:
    timeline = survey.timeline
    seconds = timeline.time(stop) - timeline.time(first)
    parts = min(max(-int(-seconds // LONGEST), 1), stop - first)
    edges = [first + (stop - first) * part // parts for part in range(parts + 1)]
    for begin, end in pairwise(edges):
        yield Segment(number, shot, begin, end, timeline.time(begin), timeline.time(end))
        number += 1


def with_context(survey: Survey, segment: Segment, context: Fraction) -> tuple[int, int]:
    """Return the frames first..stop-1 to read for a segment: `context` seconds more within its shot.

    Where there is context, it reaches past repeats: a stage that drops them still meets a frame on
    either side.
    """
    timeline, shot, repeat = survey.timeline, segment.shot, survey.figures.repeat
    first = max(timeline.first_from(segment.start - context), shot.first)
    stop = min(timeline.first_from(segment.end + context), shot.stop)
    if context:
        while first > shot.first and repeat[first]:
            first -= 1
        while stop < shot.stop and repeat[segment.stop : stop].all():
            stop += 1
    return first, stop
