"""The loops over frames that stages need: neighbourhoods, and work done ahead on a thread."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TypeVar

from refilm.errors import StoppedError
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
    ready: _Channel[T] = queue.Queue(room)
    stop = threading.Event()
    worker = threading.Thread(target=_produce, args=(items, ready, stop), daemon=True)
    try:
        worker.start()
        yield from _taken(ready)
    finally:
        # The thread must never be left behind: it holds the film open. An interrupt may come
        # even before it has started; then it sees `stop` and does nothing.
        stop.set()
        if worker.is_alive():
            worker.join()


def shared(items: Iterable[T], consume: Callable[[Iterator[T]], None], room: int) -> Generator[T]:
    """Yield `items` unchanged while `consume` gets all of them too, on a thread of its own.

    An exception of `consume` is raised here. Closing the generator early raises StoppedError in
    what `consume` reads, so that it can tell a broken run from the end.
    """
    passing: _Channel[T] = queue.Queue(room)
    failures: list[BaseException] = []
    worker = threading.Thread(target=_consume, args=(consume, passing, failures), daemon=True)
    ending: BaseException = StoppedError("The work was stopped.")
    try:
        worker.start()
        for item in items:
            passing.put(item)
            if failures:
                raise failures[0]
            yield item
        ending = StopIteration()
    finally:
        passing.put(_End(ending))
        if worker.is_alive():
            worker.join()
    if failures:
        raise failures[0]


@dataclass(frozen=True, slots=True)
class _End:
    """The last thing in a channel: why nothing follows."""

    reason: BaseException


_Channel = queue.Queue[T | _End]


def _taken(channel: _Channel[T]) -> Generator[T]:
    while not isinstance(item := channel.get(), _End):
        yield item
    if not isinstance(item.reason, StopIteration):
        raise item.reason


def _produce(items: Iterable[T], ready: _Channel[T], stop: threading.Event) -> None:
    def put(item: T | _End) -> None:
        while not stop.is_set():
            with suppress(queue.Full):
                ready.put(item, timeout=0.1)
                return

    if stop.is_set():
        return
    try:
        with closing(_generator(items)) as source:
            for item in source:
                put(item)
                if stop.is_set():
                    return
        put(_End(StopIteration()))
    except BaseException as error:
        put(_End(error))


def _generator(items: Iterable[T]) -> Generator[T]:
    yield from items


def _consume(
    consume: Callable[[Iterator[T]], None], passing: _Channel[T], failures: list[BaseException]
) -> None:
    try:
        consume(_taken(passing))
    except BaseException as error:
        failures.append(error)
        # Who fills the channel must not wait for a reader that is gone.
        while not isinstance(passing.get(), _End):
            pass
