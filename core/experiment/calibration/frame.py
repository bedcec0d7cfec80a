"""Where the data are in the picture of a figure."""

import numpy as np
from scipy import ndimage

_PAGE_TOLERANCE = 0.06
_THIN = 7
"""Pixels: what is thinner is a tick, a letter or a line."""

_LEAST_SHARE = 0.05
_MOSTLY = 0.6


def find_frame(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """Box (left, top, right, bottom; the last two outside) of the largest area that is not of the page's colour.

    The whole picture where its border is not of one colour, so that a figure that was cropped before stays as it is.

    Args:
        pixels: (y, x, 3) between 0 and 1.
    """
    height, width = pixels.shape[:2]
    whole = (0, 0, width, height)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    page = np.median(border, axis=0)
    if (np.abs(border - page).max(axis=1) < _PAGE_TOLERANCE).mean() < 0.9 or page.min() < 0.85:
        return whole
    drawn = np.abs(pixels - page).max(axis=2) > _PAGE_TOLERANCE
    thick = ndimage.binary_opening(ndimage.binary_closing(drawn, np.ones((3, 3))), np.ones((_THIN, _THIN)))
    label, count = ndimage.label(thick)
    if not count:
        return whole
    sizes = ndimage.sum_labels(thick, label, np.arange(1, count + 1))
    rows, columns = ndimage.find_objects(label)[int(np.argmax(sizes))]
    if sizes.max() < _LEAST_SHARE * height * width:
        return whole
    return _trimmed(drawn, columns.start, rows.start, columns.stop, rows.stop)


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
