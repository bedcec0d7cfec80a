"""Files of measured band images to xarray, by their content: `read_images`."""

from core.experiment.readers.detect import ACCEPTED, UPLOAD_LIMIT_BYTES
from core.experiment.readers.guarded import packed_images, read_images, unpacked_images

__all__ = ["ACCEPTED", "UPLOAD_LIMIT_BYTES", "packed_images", "read_images", "unpacked_images"]
