"""Pictures of figures: PNG, JPEG and TIFF, which calibration turns into images with axes."""

import io
import warnings

import numpy as np
import PIL.Image
import PIL.ImageOps

from core.errors import InputError
from core.experiment.readers.axes import LEAST_POINTS, MOST_POINTS
from core.experiment.readers.image import Image

FORMATS = ("PNG", "JPEG", "TIFF")
MOST_PIXELS = 3 * 2**22
"""12.6 million, as of a camera: 150 MB of colours in single precision."""

_ROWS = 256


def read_picture(content: bytes) -> list[Image]:
    """A picture as red, green and blue over (y, x, channel), rows from the top, not calibrated.

    The size is taken from the header, and checked, before anything is decoded. Opaque pictures come as bytes, others on
    white, between 0 and 1, as do grey levels of more than 8 bits, from their lowest to their highest. What EXIF says of
    how a camera was held is followed. Of a file with several pictures the first is read.

    Raises:
        InputError: another format, damaged, too small or too large, or of one colour.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)  # the next check is stricter
            picture = PIL.Image.open(io.BytesIO(content), formats=FORMATS)
        _check_size(*picture.size)
        frames = getattr(picture, "n_frames", 1)
        source = f"{picture.format} picture"
        deep = picture.mode.startswith(("I", "F"))
        picture = PIL.ImageOps.exif_transpose(picture)
        pixels = _grey_levels(picture) if deep else _pixels(picture)
    except PIL.Image.DecompressionBombError:
        raise InputError(f"This picture has more than the {MOST_PIXELS:,} pixels that are read") from None
    except (PIL.UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("This picture cannot be read: it is damaged, not whole, or no PNG, JPEG or TIFF") from None
    flat = pixels.reshape(-1, 3)
    if (flat.min(axis=0) == flat.max(axis=0)).all():
        raise InputError("This picture has one colour only; give a figure of bands")
    coords = {
        "y": ("y", np.arange(pixels.shape[0]), {"units": "pixel"}),
        "x": ("x", np.arange(pixels.shape[1]), {"units": "pixel"}),
        "channel": ["red", "green", "blue"],
    }
    attrs: dict = {"source_format": source}
    if frames > 1:
        attrs["notes"] = [f"the file holds {frames} pictures; the first one is read"]
    return [Image(pixels, ("y", "x", "channel"), coords, "colour", attrs)]


def _pixels(picture: PIL.Image.Image) -> np.ndarray:
    """(y, x, channel): bytes of an opaque picture; else what lies on white, between 0 and 1; some rows at a time."""
    picture.load()
    width, height = picture.size
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _ROWS):
        colours = np.asarray(picture.crop((0, top, width, min(top + _ROWS, height))).convert("RGBA"))
        opacity = colours[..., 3:]
        if pixels.dtype == np.uint8 and opacity.min() < 255:
            pixels = np.divide(pixels, np.float32(255.0), dtype=np.float32)
        if pixels.dtype == np.uint8:
            pixels[top : top + _ROWS] = colours[..., :3]
        else:
            share = opacity.astype(np.float32) / 255.0
            pixels[top : top + _ROWS] = colours[..., :3].astype(np.float32) / 255.0 * share + (1.0 - share)
    return pixels


def _grey_levels(picture: PIL.Image.Image) -> np.ndarray:
    """(y, x, channel) of a picture with one deep channel, its lowest level at 0 and its highest at 1."""
    levels = np.asarray(picture, dtype=np.float32)
    known = levels[np.isfinite(levels)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    scaled = np.nan_to_num((levels - low) / max(high - low, 1e-30), nan=0.0, posinf=1.0, neginf=0.0)
    return np.repeat(scaled[..., None], 3, axis=2)


def _check_size(width: int, height: int) -> None:
    if min(width, height) < LEAST_POINTS or max(width, height) > MOST_POINTS or width * height > MOST_PIXELS:
        raise InputError(
            f"The picture has {width} x {height} pixels; {LEAST_POINTS} to {MOST_POINTS} a side "
            f"and {MOST_PIXELS:,} in all are read"
        )
