"""Pictures of figures: PNG, JPEG and TIFF, which calibration turns into images with axes."""

import io
import warnings

import numpy as np
import xarray as xr
from PIL import Image, UnidentifiedImageError

from core.errors import InputError
from core.experiment.readers.axes import LEAST_POINTS, MOST_POINTS

FORMATS = ("PNG", "JPEG", "TIFF")
MOST_PIXELS = 2**25


def read_picture(content: bytes) -> list[xr.DataArray]:
    """A picture as red, green and blue between 0 and 1 over (y, x, channel), rows from the top, not calibrated.

    The size is taken from the header, and checked, before anything is decoded.

    Raises:
        InputError: another format, damaged, too small or too large, or of one colour.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the next check is stricter
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
        _check_size(*picture.size)
        pixels = np.asarray(picture.convert("RGBA"), dtype=np.float32) / 255.0
    except Image.DecompressionBombError:
        raise InputError(f"This picture has more than the {MOST_PIXELS:,} pixels that are read") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("This picture cannot be read: it is damaged, not whole, or no PNG, JPEG or TIFF") from None
    opacity = pixels[..., 3:]
    pixels = pixels[..., :3] * opacity + (1.0 - opacity)
    if np.ptp(pixels.reshape(-1, 3), axis=0).max() == 0:
        raise InputError("This picture has one colour only; give a figure of bands")
    coords = {
        "y": ("y", np.arange(pixels.shape[0]), {"units": "pixel"}),
        "x": ("x", np.arange(pixels.shape[1]), {"units": "pixel"}),
        "channel": ["red", "green", "blue"],
    }
    attrs = {"source_format": f"{picture.format} picture"}
    return [xr.DataArray(pixels, dims=("y", "x", "channel"), coords=coords, name="colour", attrs=attrs)]


def _check_size(width: int, height: int) -> None:
    if min(width, height) < LEAST_POINTS or max(width, height) > MOST_POINTS or width * height > MOST_PIXELS:
        raise InputError(
            f"The picture has {width} x {height} pixels; {LEAST_POINTS} to {MOST_POINTS} a side "
            f"and {MOST_PIXELS:,} in all are read"
        )
