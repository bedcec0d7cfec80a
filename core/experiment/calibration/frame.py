"""Where the data are in the picture of a figure."""

import numpy as np
from scipy import ndimage

from core.errors import InputError

_PAGE_TOLERANCE = 0.06
_THIN = 7
"""Pixels: what is thinner is a tick, a letter or a line."""

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
    if (np.abs(border - page).max(axis=1) < _PAGE_TOLERANCE).mean() < 0.9 or page.min() < 0.85:
        return [whole]
    drawn = np.abs(pixels - page).max(axis=2) > _PAGE_TOLERANCE
    thick = ndimage.binary_opening(ndimage.binary_closing(drawn, np.ones((3, 3))), np.ones((_THIN, _THIN)))
    label, count = ndimage.label(thick)
    if not count:
        return [whole]
    sizes = ndimage.sum_labels(thick, label, np.arange(1, count + 1))
    if sizes.max() < _LEAST_SHARE * height * width:
        return [whole]
    boxes = []
    for size, (rows, columns) in zip(sizes, ndimage.find_objects(label), strict=True):
        if size >= _LEAST_OF_LARGEST * sizes.max():
            boxes.append(_trimmed(drawn, columns.start, rows.start, columns.stop, rows.stop))
    tall = np.median([bottom - top for _, top, _, bottom in boxes])
    return sorted(boxes, key=lambda box: (round(box[1] / max(tall, 1)), box[0]))


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
