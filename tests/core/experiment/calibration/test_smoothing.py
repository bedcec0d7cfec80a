"""Means over a width in eV take no more memory than the axis they run along."""

import tracemalloc

import numpy as np
import pytest
import xarray as xr

from core.experiment.calibration.fermi import fitted_edge, highest_electrons, metallic_edge
from core.experiment.calibration.smoothing import sigma_in_points
from core.experiment.curves.processed import DERIVATIVES, processed

EV = np.linspace(-1e-7, 5e-8, 64)


def test_a_width_is_counted_in_points_of_its_axis():
    axis = np.linspace(-5, 0, 501)
    assert sigma_in_points(0.05, axis) == pytest.approx(5.0)
    assert sigma_in_points(0.001, axis, 1.0) == 1.0
    assert sigma_in_points(0.05, EV) == 64


@pytest.mark.parametrize("what", ["edge", "fit", "highest", *DERIVATIVES])
def test_tiny_steps_take_no_memory(what):
    """Kernels of 0.05 eV would have 168 million points; a worker ends at some gigabytes."""
    values = np.random.default_rng(0).random((64, 64)) + (EV < 0)[:, None]
    image = xr.DataArray(values, dims=("eV", "kx"), coords={"eV": EV, "kx": EV})
    tracemalloc.start()
    try:
        if what == "edge":
            metallic_edge(image)
        elif what == "fit":
            fitted_edge(EV, values.mean(axis=1))
        elif what == "highest":
            highest_electrons(image)
        else:
            processed(image, "none", what)
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()
