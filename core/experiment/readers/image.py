"""An image as readers give it: plain arrays and text, light enough for the process that reads a file."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Image:
    """Values with named axes; the arguments are those of `xarray.DataArray`.

    values: in the file's own type; colours as bytes stand for 0 to 1.
    coords: axis by name, as (dimension, points, attributes) or as a list of names.
    """

    values: np.ndarray
    dims: tuple[str, ...]
    coords: dict
    name: str
    attrs: dict

    def parts(self) -> tuple[dict, list[np.ndarray]]:
        """What `from_parts` needs: a JSON document, and the values and the points of axes."""
        axes = {key: axis if isinstance(axis, list) else [axis[0], axis[2]] for key, axis in self.coords.items()}
        named = [key for key, axis in self.coords.items() if isinstance(axis, list)]
        document = {"dims": self.dims, "axes": axes, "named": named, "name": self.name, "attrs": self.attrs}
        return document, [self.values, *(axis[1] for key, axis in self.coords.items() if key not in named)]

    @classmethod
    def from_parts(cls, document: dict, arrays: list[np.ndarray]) -> "Image":
        """The image of `parts`; takes its arrays from the front of the list."""
        values, coords = arrays.pop(0), {}
        for key, axis in document["axes"].items():
            coords[key] = axis if key in document["named"] else (axis[0], arrays.pop(0), axis[1])
        return cls(values, tuple(document["dims"]), coords, document["name"], document["attrs"])

    def data_array(self):
        """The same as `xarray.DataArray`: bands in double precision, colours in single precision from 0 to 1."""
        import xarray as xr

        values = self.values
        if "channel" not in self.dims:
            values = values.astype(np.float64, copy=False)
        elif values.dtype == np.uint8:
            values = np.divide(values, np.float32(255.0), dtype=np.float32)
        return xr.DataArray(values, dims=self.dims, coords=self.coords, name=self.name, attrs=self.attrs)
