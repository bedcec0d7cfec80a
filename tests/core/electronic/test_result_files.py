"""The files as a script outside the project sees them: xarray, names, dimensions, units."""

import numpy as np
import pytest
import xarray as xr

from core.electronic.calculation import calculate_bands
from core.electronic.kpath import build_path
from core.electronic.result_files import bands_dataset, spectral_dataset, write_dataset
from core.electronic.spectral import Broadening, EnergyGrid
from core.errors import InputError
from tests.core.electronic.samples import crystal

SAMPLE = crystal("Si3Ge2", "Si0.5Ge0.5", 0.5)
GRID, FIXED = EnergyGrid(-6, 3, 60), Broadening(0.15, "fixed")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    calculation = calculate_bands(SAMPLE, build_path(SAMPLE, points_per_segment=4), spin_orbit=True)
    write_dataset(bands_dataset(calculation), folder / "bands.nc")
    write_dataset(spectral_dataset(calculation, GRID, FIXED, by_shell=True), folder / "asf.nc")
    with xr.open_dataset(folder / "bands.nc") as bands, xr.open_dataset(folder / "asf.nc") as asf:
        yield bands.load(), asf.load()


def test_names_dimensions_and_units(files):
    bands, asf = files
    common = {
        "k_cartesian": (("k", "xyz"), "1/angstrom"),
        "positions": (("atom", "xyz"), "angstrom"),
        "cell": (("vector", "xyz"), "angstrom"),
        "species": (("atom",), None),
    }
    of_bands = {
        "energy": (("k", "band"), "eV"),
        "unfolding_weight": (("k", "band"), "1"),
        "atom_weight": (("atom", "k", "band"), "1"),
    }
    of_asf = {
        "asf": (("atom", "k", "energy"), "1/eV"),
        "energy": (("energy",), "eV"),
        "total": (("k", "energy"), "1/eV"),
    }
    for data, expected in ((bands, common | of_bands), (asf, common | of_asf)):
        for name, (dims, units) in expected.items():
            assert data[name].dims == dims
            assert data[name].attrs.get("units") == units, name
    assert bands.sizes == {"k": 16, "band": 200, "atom": 10, "xyz": 3, "vector": 3, "shell": 4}
    assert {"energy", "k", "atom", "path_length"} <= set(asf.coords)


def test_structure_is_the_one_computed(files):
    bands, _ = files
    np.testing.assert_array_equal(bands.positions, SAMPLE.positions)
    np.testing.assert_array_equal(bands.cell, SAMPLE.cell)
    assert bands.species.values.tolist() == list(SAMPLE.species)
    np.testing.assert_allclose(bands.ge_fraction, SAMPLE.ge_fraction)
    np.testing.assert_array_equal(bands.interfacial.values == 1, SAMPLE.interfacial)


def test_files_explain_themselves(files):
    for data in files:
        assert "Phys. Rev. B 79, 245201" in data.attrs["parameters"]
        assert "doubled to 10" in data.attrs["notes"]
        assert data.attrs["k_path"] == "Z-G-X|K-G-L"
        assert "Si" in data.attrs["energy_zero"]
        assert data.attrs["spin_orbit"] == 1
        assert data.attrs["engine_version"]
    assert files[1].attrs["broadening_sigma_eV"] == 0.15


def test_spectra_from_the_raw_bands_by_hand(files):
    """A_i(k, E) = Σ_n W_n P_i,n g(E − E_n) with nothing but the two files."""
    bands, asf = files
    sigma = asf.attrs["broadening_sigma_eV"]
    line = np.exp(-((asf.energy - bands.energy) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    by_hand = (bands.unfolding_weight * bands.atom_weight * line).sum("band").transpose("atom", "k", "energy")
    assert float(abs(by_hand - asf.asf).max()) <= 1e-6
    assert float(abs(asf.asf.sum("atom") - asf.total).max()) <= 1e-10
    assert float(abs(asf.asf_by_shell.sum("shell") - asf.asf).max()) <= 1e-10
    assert float(asf.asf.max()) > 0.1


def test_velocities_reproduce_adaptive_smearing(files):
    bands, _ = files
    calculation = calculate_bands(SAMPLE, build_path(SAMPLE, points_per_segment=4), spin_orbit=True)
    asf = spectral_dataset(calculation, GRID, Broadening(0.1))
    sigma = np.hypot(0.1, 0.5 * bands.velocity * xr.DataArray(calculation.path.step, dims="k"))
    line = np.exp(-((asf.energy - bands.energy) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    assert float(abs((bands.unfolding_weight * line).sum("band") - asf.total).max()) <= 1e-6


def test_interfacial_atoms_of_a_mixed_stack():
    """The tails of a mixed profile are not interface: kinds are the same within a Ge fraction of 0.02."""
    sharp, mixed = crystal("Si12Ge12"), crystal("Si12Ge12", "Si", 1.0)
    assert np.flatnonzero(sharp.interfacial).tolist() == [0, 11, 12, 23]
    assert 0 < np.abs(np.diff(mixed.ge_fraction))[3:6].max() < 0.02
    assert np.flatnonzero(mixed.interfacial).tolist() == [0, 1, 10, 11, 12, 13, 22, 23]
    assert not crystal("(Si0.5Ge0.5)4").interfacial.any()


@pytest.mark.parametrize("name", ["result.txt", "result", "missing/result.nc", "folder.nc"])
def test_refused_places(name, tmp_path):
    (tmp_path / "folder.nc").mkdir()
    with pytest.raises(InputError, match=r"\.nc|folder|written"):
        write_dataset(xr.Dataset(), tmp_path / name)
