"""Files of measured band images to xarray, by their content: `read_images`."""

from core.experiment.readers.detect import ACCEPTED, UPLOAD_LIMIT_BYTES, read_images

__all__ = ["ACCEPTED", "UPLOAD_LIMIT_BYTES", "read_images"]
