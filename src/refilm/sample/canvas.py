"""One exposure of the picture, and the ways to draw on it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from refilm.sample.camera import NEAR, Camera, Points
from refilm.sample.textures import Texture

Colour = tuple[float, float, float]
"""Red, green, blue, 0..255."""

Part = tuple[Points, Colour]
"""Balls, (n, 4) x, y, z and radius in metres, and the colour of the skin stretched over them."""

_SHIFT = 4
"""Bits of a pixel's fraction that OpenCV is given."""
_HAZE: Colour = (206, 209, 212)
"""What far things fade into."""
_HAZE_METRES = 240.0
_CLEAR = 0.04
"""Haze thinner than this is not seen on a texture."""
_TO_LIGHT = np.array([0.9, -0.75])
"""Where light comes from in the picture: from the right and above."""
Tone = tuple[float, float, float]
"""Size of a tone's share of a body, how far it moves to the light, and how light it is."""
_TONES: tuple[Tone, ...] = ((1.0, 0.0, 0.62), (0.8, 0.16, 0.88), (0.5, 0.36, 1.08))
_FEW_TONES: tuple[Tone, ...] = ((1.0, 0.0, 0.7), (0.65, 0.25, 1.0))
_SMALL = 40
"""Pixels: figures lower than this need fewer tones."""
_CIRCLE = np.stack([np.cos(np.arange(10) * np.pi / 5), np.sin(np.arange(10) * np.pi / 5)], 1)


class Canvas:
    """Draws things of the scene as a camera sees them, nearer ones over farther ones."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.pixels = np.zeros((camera.height, camera.width, 3), np.uint8)
        self._shade = np.zeros((camera.height, camera.width), np.uint8)

    def hazy(self, colour: Colour, depth: float) -> Colour:
        """Return a colour as it looks from that many metres away."""
        share = 1 - np.exp(-max(depth, 0) / _HAZE_METRES)
        red, green, blue = (
            near + share * (far - near) for near, far in zip(colour, _HAZE, strict=True)
        )
        return red, green, blue

    def polygon(self, outline: Points, colour: Colour) -> None:
        """Fill an outline given in pixels."""
        cv2.fillPoly(self.pixels, [_fixed(outline)], colour, cv2.LINE_AA, _SHIFT)

    def face(self, points: ArrayLike, colour: Colour) -> None:
        """Fill a flat shape of the scene, (n, 3)."""
        outline = self.camera.outline(points)
        if outline is not None and self._box(outline) is not None:
            middle = np.asarray(points, np.float64).mean(0)
            self.polygon(outline, self.hazy(colour, self.camera.depth(middle)))

    def line(self, points: ArrayLike, metres: float, colour: Colour) -> None:
        """Draw an open line through points of the scene (n, 3), at least one pixel thick."""
        seen = self.camera.seen(points)
        seen = seen[seen[:, 2] >= NEAR]
        if len(seen) < 2:
            return
        depth = float(seen[:, 2].mean())
        thick = max(round(metres * self.camera.size(depth)), 1)
        fixed = [_fixed(self.camera.pixels(seen))]
        cv2.polylines(self.pixels, fixed, False, self.hazy(colour, depth), thick, cv2.LINE_AA, _SHIFT)

    def body(self, balls: ArrayLike, colour: Colour, light: float = 1.0) -> None:
        """Draw the skin stretched over balls, (n, 4) x, y, z, radius, with a lit and a shaded side."""
        self.figure([(np.asarray(balls, np.float64), colour)], light)

    def figure(self, parts: Sequence[Part], light: float = 1.0) -> None:
        """Draw bodies (balls and colour) that make one thing, the farthest first."""
        every = np.concatenate([balls for balls, _ in parts])
        seen = self.camera.seen(every[:, :3])
        if (seen[:, 2] < NEAR).any():
            return
        centres = self.camera.pixels(seen)
        radii = every[:, 3] * self.camera.focal * self.camera.height / seen[:, 2]
        if self._missed(centres, float(radii.max())):
            return
        counts = np.array([len(balls) for balls, _ in parts])
        ends = np.cumsum(counts)
        depths = np.add.reduceat(seen[:, 2], ends - counts) / counts
        tones = _TONES if np.ptp(centres[:, 1]) > _SMALL else _FEW_TONES
        for place in np.argsort(-depths, kind="stable"):
            own = slice(ends[place] - len(parts[place][0]), ends[place])
            colour = self._lit(parts[place][1], light, float(depths[place]))
            self._bulge(centres[own], radii[own], colour, tones)

    def _lit(self, colour: Colour, light: float, depth: float) -> Colour:
        red, green, blue = colour
        return self.hazy((red * light, green * light, blue * light), depth)

    def _bulge(self, centres: Points, radii: Points, colour: Colour, tones: Sequence[Tone]) -> None:
        whole = _rims(centres, radii, *tones[0][:2])
        order = np.asarray(cv2.convexHull(whole, returnPoints=False), np.intp).ravel()
        red, green, blue = colour
        for size, move, tone in tones:
            lit = (min(red * tone, 255), min(green * tone, 255), min(blue * tone, 255))
            cv2.fillPoly(
                self.pixels, [_rims(centres, radii, size, move)[order]], lit, cv2.LINE_AA, _SHIFT
            )

    def _missed(self, centres: Points, reach: float) -> bool:
        low, high = centres.min(0) - reach, centres.max(0) + reach
        return bool((high < 0).any() or low[0] > self.camera.width or low[1] > self.camera.height)

    def dots(
        self, places: Points, radii: NDArray[np.float64], colours: NDArray[np.float64], depth: float
    ) -> None:
        """Draw round dots at pixels (n, 2) in colours (n, 3), the first one farthest behind."""
        centres = np.asarray(places * (1 << _SHIFT), np.int32).tolist()
        sizes = np.asarray(radii * (1 << _SHIFT), np.int32).tolist()
        hazy = (colours + _haze(depth) * (np.array(_HAZE) - colours)).tolist()
        for centre, size, colour in zip(centres, sizes, hazy, strict=True):
            cv2.circle(self.pixels, centre, size, colour, -1, cv2.LINE_AA, _SHIFT)

    def shadow(self, balls: ArrayLike, sun: tuple[float, float]) -> None:
        """Cast the shadow of balls (n, 4) on the ground.

        `sun` is how many metres x and z light moves while it comes down one.
        """
        points = np.array(balls, np.float64)
        points[:, 0] += points[:, 1] * sun[0]
        points[:, 2] += points[:, 1] * sun[1]
        points[:, 1] = 0
        seen = self.camera.seen(
            (points[:, None, :3] + points[:, 3, None, None] * _ROUND).reshape(-1, 3)
        )
        if (seen[:, 2] < NEAR).any():
            return
        rim = _fixed(self.camera.pixels(seen))
        cv2.fillConvexPoly(self._shade, cv2.convexHull(rim), 255, cv2.LINE_AA, _SHIFT)

    def shade(self, points: ArrayLike) -> None:
        """Put a flat part of the ground, (n, 3), in the shade."""
        outline = self.camera.outline(points)
        if outline is not None:
            cv2.fillPoly(self._shade, [_fixed(outline)], 255, cv2.LINE_AA, _SHIFT)

    def lay_shadows(self) -> None:
        """Darken what is drawn so far where shadows fall."""
        soft = cv2.GaussianBlur(self._shade, (5, 5), 0)
        factors = cv2.LUT(cv2.merge([soft, soft, soft]), _SHADE_TABLE)
        self.pixels = np.asarray(cv2.multiply(self.pixels, factors, scale=1 / 255), np.uint8)

    def paste(self, texture: Texture, corner: ArrayLike, along: ArrayLike, up: ArrayLike) -> None:
        """Draw a flat texture: its lower left corner, and the ways along its lower and left edges."""
        start, right, rise = (np.asarray(way, np.float64) for way in (corner, along, up))
        corners = np.array([start, start + right, start + right + rise, start + rise])
        outline = self.camera.outline(corners)
        box = None if outline is None else self._box(outline)
        if outline is None or box is None:
            return
        image = texture.fitting(*np.ptp(outline, axis=0))
        homography = self.camera.plane(start, right, rise) @ _from_pixels(image.shape)
        depth = self.camera.depth(start + right / 2 + rise / 2)
        self._warp(image, homography, outline, box, depth)

    def _warp(
        self,
        image: NDArray[np.uint8],
        homography: Points,
        outline: Points,
        box: tuple[int, int, int, int],
        depth: float,
    ) -> None:
        left, top, right, bottom = box
        size = (right - left, bottom - top)
        move = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]])
        warped = cv2.warpPerspective(image, move @ homography, size, borderMode=cv2.BORDER_REPLICATE)
        drawn = np.asarray(warped, np.uint8)
        mask = np.zeros(drawn.shape[:2], np.uint8)
        # Half-covered pixels are decided by where each exposure lies: the mean is smooth.
        cv2.fillPoly(mask, [_fixed(outline - (left, top))], 255, cv2.LINE_AA, _SHIFT)
        mask = np.asarray(cv2.threshold(mask, 127, 255, cv2.THRESH_BINARY)[1], np.uint8)
        if drawn.shape[2] == 4:
            mask = np.asarray(cv2.min(mask, drawn[:, :, 3]), np.uint8)
        blend(self.pixels[top:bottom, left:right], _through_haze(drawn[:, :, :3], depth), mask)

    def _box(self, outline: Points) -> tuple[int, int, int, int] | None:
        low = np.maximum(np.floor(outline.min(0)), 0).astype(int)
        size = (self.camera.width, self.camera.height)
        high = np.minimum(np.ceil(outline.max(0)) + 1, size).astype(int)
        return None if (high <= low).any() else (int(low[0]), int(low[1]), int(high[0]), int(high[1]))


_ROUND = np.stack([_CIRCLE[:, 0], np.zeros(10), _CIRCLE[:, 1]], 1)
_SHADE_TABLE = np.asarray(255 - np.arange(256)[None, :, None] * np.array([0.52, 0.49, 0.42]), np.uint8)
"""What light is left in the shade, which is bluer than the sun."""


def _haze(depth: float) -> float:
    return float(1 - np.exp(-max(depth, 0) / _HAZE_METRES))


def _through_haze(picture: NDArray[np.uint8], depth: float) -> NDArray[np.uint8]:
    share = _haze(depth)
    if share < _CLEAR:
        return picture
    veiled = cv2.addWeighted(picture, 1 - share, np.full_like(picture, _HAZE), share, 0)
    return np.asarray(veiled, np.uint8)


def blend(below: NDArray[np.uint8], above: NDArray[np.uint8], cover: NDArray[np.uint8]) -> None:
    """Lay one picture over another in place, as far as `cover` (0..255) says."""
    if ((cover == 0) | (cover == 255)).all():
        cv2.copyTo(above, cover, below)
        return
    share = np.asarray(cover, np.float32)[:, :, None] / np.float32(255)
    below[:] = (below + share * (above.astype(np.float32) - below) + 0.5).astype(np.uint8)


def balls(*parts: Sequence[float]) -> Points:
    """Return balls for `Canvas.body` from rows x, y, z, radius."""
    return np.array(parts, np.float64)


def _rims(centres: Points, radii: Points, size: float, move: float) -> NDArray[np.int32]:
    lit = centres + (radii * move)[:, None] * _TO_LIGHT
    rim = lit[:, None] + (radii * size)[:, None, None] * _CIRCLE
    return (rim.reshape(-1, 2) * (1 << _SHIFT)).astype(np.int32)


def _fixed(outline: Points) -> NDArray[np.int32]:
    # Far-off points would overflow the fixed-point numbers; a shape that large covers all anyway.
    return np.asarray(np.minimum(np.maximum(outline, -8000), 8000) * (1 << _SHIFT), np.int32)


def _from_pixels(shape: tuple[int, ...]) -> Points:
    """Return the matrix from a texture's pixels to the plane's 0..1, row 0 being its upper edge."""
    height, width = shape[:2]
    return np.array([[1 / width, 0, 0.5 / width], [0, -1 / height, 1 - 0.5 / height], [0, 0, 1]])
