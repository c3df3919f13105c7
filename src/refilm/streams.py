"""The loops over frames that stages need: neighbourhoods, and work done ahead on a thread."""

import queue
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from refilm.frames import Frame

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Neighbourhood:
    """A frame between its neighbours; fewer of them at the ends of a stretch."""

    frame: Frame
    before: tuple[Frame, ...]
    """Earlier frames, the nearest first."""
    after: tuple[Frame, ...]
    """Later frames, the nearest first."""


def neighbourhoods(frames: Iterable[Frame], radius: int) -> Iterator[Neighbourhood]:
    """Yield every frame with up to `radius` frames either side; holds 2 * radius + 1 frames."""
    window: deque[Frame] = deque(maxlen=2 * radius + 1)
    read = given = 0
    for frame in frames:
        window.append(frame)
        read += 1
        if read > radius:
            yield _around(window, len(window) - 1 - radius, radius)
            given += 1
    for place in range(len(window) - (read - given), len(window)):
        yield _around(window, place, radius)


def _around(window: deque[Frame], place: int, radius: int) -> Neighbourhood:
    frames = tuple(window)
    before = frames[max(place - radius, 0) : place]
    return Neighbourhood(frames[place], before[::-1], frames[place + 1 : place + 1 + radius])


def ahead(items: Iterable[T], room: int) -> Generator[T]:
    """Yield `items`, produced on a thread of their own that runs up to `room` items ahead.

    An exception on that thread is raised here. Closing the generator stops the thread.
    """
    ready: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(room)
    stop = threading.Event()
    worker = threading.Thread(target=_produce, args=(items, ready, stop), daemon=True)
    worker.start()
    try:
        while True:
            item, error = ready.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # pyright: ignore[reportReturnType]
    finally:
        # The thread must never be left behind: it holds the film open.
        stop.set()
        worker.join()


def _produce(
    items: Iterable[T],
    ready: "queue.Queue[tuple[T | None, BaseException | None]]",
    stop: threading.Event,
) -> None:
    def put(item: T | None, error: BaseException | None = None) -> None:
        while not stop.is_set():
            try:
                ready.put((item, error), timeout=0.1)
            except queue.Full:
                continue
            return

    try:
        with closing(_generator(items)) as source:
            for item in source:
                put(item)
                if stop.is_set():
                    return
        put(None, StopIteration())
    except BaseException as error:
        put(None, error)


def _generator(items: Iterable[T]) -> Generator[T]:
    yield from items
