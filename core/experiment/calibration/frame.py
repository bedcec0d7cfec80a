"""Where the data are in the picture of a figure."""

import numpy as np
from scipy import ndimage

from core.errors import InputError

_PAGE_TOLERANCE = 0.06
_THIN = 7
"""Pixels: what is thinner is a tick, a letter or a line."""

_LINE = 0.9
"""Share of a frame's width or height that its lines cover; ticks reach beyond them."""

_LEAST_LINED = 0.2
"""Share of a picture that a frame takes where its data are not told from the page."""

_SHADED = 0.006
"""A pixel that differs by more from the page's colour is shaded: one level of 256 is 0.004."""

_LEAST_SHADED = 0.1
"""Share of shaded pixels beyond data that go on there."""

_LEAST_SHARE = 0.05
_MOSTLY = 0.6


_LEAST_OF_LARGEST = 0.4
"""Share of the largest panel's area that another one has."""


def find_frame(pixels: np.ndarray, panel: int | None = None) -> tuple[int, int, int, int]:
    """Box (left, top, right, bottom; the last two outside) of an area that is not of the page's colour.

    The whole picture where its border is not of one colour, so that a figure that was cropped before stays as it is.

    Args:
        pixels: (y, x, 3) between 0 and 1.
        panel: which of several, from 0, row by row and from the left; the largest by default.

    Raises:
        InputError: there is no such panel.
    """
    boxes = find_frames(pixels)
    if panel is None:
        return max(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
    if not 0 <= panel < len(boxes):
        raise InputError(f"This picture has {len(boxes)} panels; panel {panel + 1} was asked for")
    return boxes[panel]


def find_frames(pixels: np.ndarray) -> list[tuple[int, int, int, int]]:
    """The boxes of all panels of a figure, row by row and from the left; colour bars and letters are none."""
    height, width = pixels.shape[:2]
    whole = (0, 0, width, height)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    page = np.median(border, axis=0)
    if (np.abs(border - page).max(axis=1) < _PAGE_TOLERANCE).mean() < 0.9:
        return [whole]
    drawn = np.abs(pixels - page).max(axis=2) > _PAGE_TOLERANCE
    if page.min() < 0.85:  # a dark page, or the dark ground of a cropped image: lines round the data tell
        return [_lined(drawn, None) or whole]
    thick = ndimage.binary_opening(ndimage.binary_closing(drawn, np.ones((3, 3))), np.ones((_THIN, _THIN)))
    label, count = ndimage.label(thick)
    if not count:
        return [_lined(drawn, None) or whole]
    sizes = ndimage.sum_labels(thick, label, np.arange(1, count + 1))
    if sizes.max() < _LEAST_SHARE * height * width:
        return [_lined(drawn, None) or whole]
    boxes: list[tuple[int, int, int, int]] = []
    for size, (rows, columns) in zip(sizes, ndimage.find_objects(label), strict=True):
        if size >= _LEAST_OF_LARGEST * sizes.max():
            boxes.append(_trimmed(drawn, columns.start, rows.start, columns.stop, rows.stop))
    if len(boxes) == 1 and _goes_on(pixels, page, boxes[0]):
        return [whole]
    boxes = [_lined(drawn, box) or box for box in boxes]
    tall = np.median([bottom - top for _, top, _, bottom in boxes])
    return sorted(boxes, key=lambda box: (round(box[1] / max(tall, 1)), box[0]))


def _goes_on(pixels: np.ndarray, page: np.ndarray, box: tuple[int, int, int, int]) -> bool:
    """Whether a box reaches the picture's border and what lies beyond it is shaded: faint data, not a page."""
    left, top, right, bottom = box
    height, width = pixels.shape[:2]
    if min(left, top, width - right, height - bottom) > 2:
        return False
    beyond = np.abs(pixels - page).max(axis=2) > _SHADED
    beyond[top:bottom, left:right] = False
    outside = height * width - (bottom - top) * (right - left)
    return bool(beyond.sum() > _LEAST_SHADED * max(outside, 1))


def _lined(drawn: np.ndarray, box: tuple[int, int, int, int] | None) -> tuple[int, int, int, int] | None:
    """The lines of a frame round a box, where its data fade into the page's colour before they reach them.

    Args:
        drawn: (y, x) whether a pixel is not of the page's colour.
        box: what was found of the data; None where any frame inside the picture counts.
    """
    label, count = ndimage.label(drawn, np.ones((3, 3)))
    for number, (rows, columns) in enumerate(ndimage.find_objects(label), 1):
        left, top, right, bottom = columns.start, rows.start, columns.stop, rows.stop
        if box is None:
            inside = min(left, top, drawn.shape[1] - right, drawn.shape[0] - bottom) > 2
            wanted = inside and (right - left) * (bottom - top) > _LEAST_LINED * drawn.size
        else:
            wanted = left <= box[0] and top <= box[1] and right >= box[2] and bottom >= box[3]
        if not wanted:
            continue
        part = label[rows, columns] == number
        across = np.flatnonzero(part.mean(axis=1) > _LINE)
        down = np.flatnonzero(part.mean(axis=0) > _LINE)
        if min(len(across), len(down)) < 2:
            continue
        found = (
            left + int(_inner(down)), top + int(_inner(across)),
            left + 1 - int(_inner(-down[::-1])), top + 1 - int(_inner(-across[::-1])),
        )  # fmt: skip
        if box is None:
            return found
        wider = max(box[0] - found[0], box[1] - found[1], found[2] - box[2], found[3] - box[3]) > _THIN
        short = max(found[0] - box[0], found[1] - box[1], box[2] - found[2], box[3] - found[3])
        if wider and short <= _THIN:  # the box may hold the line itself
            return found
    return None


def _inner(places: np.ndarray) -> int:
    """The first place inside a line, which is some pixels thick, from the ascending places of lines."""
    thick = np.flatnonzero(np.diff(places[:_THIN]) > 1)
    return places[thick[0]] + 1 if len(thick) else places[0]


def _trimmed(drawn: np.ndarray, left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
    """The box without outer rows and columns that are mostly page: ticks stick out of a frame."""
    while bottom - top > _THIN and drawn[top, left:right].mean() < _MOSTLY:
        top += 1
    while bottom - top > _THIN and drawn[bottom - 1, left:right].mean() < _MOSTLY:
        bottom -= 1
    while right - left > _THIN and drawn[top:bottom, left].mean() < _MOSTLY:
        left += 1
    while right - left > _THIN and drawn[top:bottom, right - 1].mean() < _MOSTLY:
        right -= 1
    return left, top, right, bottom
