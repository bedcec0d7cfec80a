"""The NetCDF layout: what is written comes back, what is wrong is refused with what to do."""

import io
from dataclasses import replace

import h5py
import numpy as np
import pytest
import xarray as xr

from core.dft.calculation import DftResult
from core.dft.dataset import Entry, read_packed
from core.dft.imported.export import layout_dataset
from core.dft.imported.found import MOST_ATOMS, MOST_VALUES, checked_shape
from core.dft.imported.layout import read_layout
from core.dft.imported.reading import LIMITS, EspressoSettings, import_bands
from core.dft.recipe import recipe_document
from core.dft.structure import functional_crystal
from core.electronic.diagonalise import Bands
from core.electronic.kpath import build_path
from core.electronic.result_files import write_dataset
from core.errors import InputError
from core.learning.samples import drawn_sample
from core.parameters.tight_binding import SHELLS
from tests.core.dft.made import solve


def made(stack: str = "Si3Ge1", points: int = 5) -> Entry:
    """A structure in tight binding in the place of DFT."""
    sample = drawn_sample("pairs", stack, 5.5)
    crystal = functional_crystal(sample.crystal())
    path = build_path(crystal, points_per_segment=points)
    return Entry(sample, solve(crystal, path.k_reduced, path.direction))


@pytest.fixture(scope="module")
def entry():
    return made()


@pytest.fixture
def data(entry):
    return layout_dataset(entry)


def content_of(data: xr.Dataset, change=lambda file: None) -> bytes:
    """A file of a data set, changed through h5py."""
    buffer = io.BytesIO(bytes(data.to_netcdf(engine="h5netcdf")))
    with h5py.File(buffer, "r+") as file:
        change(file)
    return buffer.getvalue()


def refused(content: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_layout(content, "mine.nc")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_what_is_exported_is_imported(entry, data, tmp_path):
    file = tmp_path / "mine.nc"
    write_dataset(data, file)
    found = import_bands(file, EspressoSettings())
    assert found.sample == replace(entry.sample, family="imported")
    for scissor in (False, True):
        before, after = entry.result.aligned(scissor), found.result.aligned(scissor)
        np.testing.assert_allclose(after.energy, before.energy, atol=1e-8)
        np.testing.assert_allclose(after.unfolding_weight, before.unfolding_weight, atol=1e-12)
        np.testing.assert_allclose(after.atom_shell_weight, before.atom_shell_weight, atol=1e-12)
        np.testing.assert_allclose(after.velocity, before.velocity, atol=1e-12)
    np.testing.assert_allclose(found.result.k_reduced, entry.result.k_reduced, atol=1e-8)
    assert found.result.valence_bands == entry.result.valence_bands
    assert found.result.made_by["code"] == "GPAW"


def test_bands_that_the_project_brings_come_back_too(tmp_path):
    """From bytes, where weights of atoms add up to 1 but for what was rounded."""
    entry = next(iter(read_packed()))
    write_dataset(layout_dataset(entry), tmp_path / "si2.nc")
    found = import_bands(tmp_path / "si2.nc", EspressoSettings())
    np.testing.assert_allclose(found.result.aligned().energy, entry.result.aligned().energy, atol=1e-8)
    assert found.sample.stack == "Si2"
    assert found.sample.lattice == pytest.approx(5.431, abs=1e-3)


def test_atoms_in_another_order_and_another_frame_are_the_same(entry, data):
    """Turned by half a right angle about growth, k-points in the file's axes."""
    order = [2, 0, 3, 1]
    turn = np.array([[0.5**0.5, 0.5**0.5, 0], [-(0.5**0.5), 0.5**0.5, 0], [0, 0, 1]])
    other = data.isel(atom=order).drop_vars("k_reduced")
    for name in ("cell", "positions", "k_cartesian"):
        other[name] = other[name].copy(data=other[name].values @ turn)
    plain, turned = read_layout(content_of(data)), read_layout(content_of(other))
    assert turned.crystal.species == plain.crystal.species
    np.testing.assert_allclose(turned.bands.atom_shell_weight, plain.bands.atom_shell_weight, atol=1e-12)
    sizes = [np.sort(np.abs(found.k_reduced[:, :2]), axis=1) for found in (turned, plain)]
    np.testing.assert_allclose(*sizes, atol=1e-6)


def test_shells_velocities_and_cartesian_k_may_be_left_out(entry, data):
    whole = data["atom_shell_weight"].sum("shell", keep_attrs=True)
    least = data.drop_vars(["atom_shell_weight", "shell", "velocity", "k_cartesian"]).assign(atom_weight=whole)
    found = read_layout(content_of(least))
    np.testing.assert_allclose(found.bands.atom_weight, entry.result.bands.atom_weight, atol=1e-12)
    np.testing.assert_allclose(found.k_reduced, entry.result.k_reduced, atol=1e-12)
    path = build_path(entry.result.crystal, points_per_segment=5)
    np.testing.assert_allclose(found.bands.velocity[:5], np.gradient(found.bands.energy[:5], path.step[0], axis=0))


def test_a_reference_potential_is_part_of_the_zero(data):
    data.attrs |= {"reference_potential_eV": 2.0, "silicon_vbm_eV": -1.5}
    assert read_layout(content_of(data)).facts["silicon_vbm_eV"] == 0.5


def without(name: str):
    def change(file):
        del file[name]

    return change


def attribute(name: str, value):
    def change(file):
        file.attrs[name] = value

    return change


def values(name: str, change):
    def changed(file):
        file[name][...] = change(file[name][...])

    return changed


def linked(file):
    del file["energy"]
    file["energy"] = h5py.ExternalLink("/etc/passwd", "energy")


def elsewhere(file):
    shape = file["energy"].shape
    del file["energy"]
    file.create_dataset("energy", shape, "f8", external=[("/dev/zero", 0, h5py.h5f.UNLIMITED)])


def enormous(file):
    del file["energy"]
    file.create_dataset("energy", (2000, 10**9), "f8", chunks=(1, 1000), compression="gzip")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (attribute("layout", "other"), "layout 'other'"),
        (attribute("layout_version", 2), "version 2"),
        (without("energy"), "'energy' is missing.*dft-export"),
        (without("species"), "'species' is missing"),
        (without("unfolding_weight"), "'unfolding_weight' is missing"),
        (without("atom_shell_weight"), "'atom_weight' is missing"),
        (lambda file: [without(name)(file) for name in ("k_reduced", "k_cartesian")], "one of them is needed"),
        (attribute("functional", " "), "'functional' is empty"),
        (attribute("alignment", ""), "'alignment' is empty"),
        (attribute("silicon_vbm_eV", "?"), "'silicon_vbm_eV' is no number"),
        (attribute("silicon_vbm_eV", np.nan), "'silicon_vbm_eV' is no number"),
        (lambda file: file.attrs.__delitem__("valence_bands"), "'valence_bands' is missing"),
        (attribute("valence_bands", 9), "'valence_bands' is 9.*1 to 8 for 4 atoms"),
        (attribute("silicon_lattice_angstrom", 0.547), "Å for Si"),
        (attribute("germanium_scissor_eV", 30.0), "at most 3 eV"),
        (attribute("settings", "x" * 301), "longer than 300"),
        (lambda file: file["energy"].attrs.__setitem__("units", "hartree"), "'hartree'; give it in eV"),
        (lambda file: file["cell"].attrs.__delitem__("units"), "give it in angstrom"),
        (values("energy", lambda e: e[:, ::-1]), "does not ascend"),
        (values("energy", lambda e: np.where(e > 8, np.inf, e)), "not finite"),
        (values("unfolding_weight", lambda w: w * 1.5), "between 0 and 1"),
        (values("atom_shell_weight", lambda w: w * 0.9), "add up to 0.900 in one state"),
        (values("cell", lambda cell: cell / 0.529), "Å³ an atom"),
        (values("cell", lambda cell: cell * 0), "no three-dimensional cell"),
        (values("shell", lambda names: names[[0, 0, 1, 2]]), "'shell' is"),
        (values("species", lambda names: np.array(["Si", "Si", "C", "Ge"], object)), "holds C; Si and Ge"),
        (linked, "does not lie in the file itself"),
        (elsewhere, "does not lie in the file itself"),
        (enormous, "1000000000 bands; 1 to 1000"),
    ],
)
def test_what_is_wrong_is_refused_with_what_to_do(data, change, says):
    refused(content_of(data, change), says)


def test_reduced_k_of_a_turned_crystal_are_refused(data):
    turned, turn = data.drop_vars("k_cartesian"), np.array([[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, 1]])
    for name in ("cell", "positions"):
        turned[name] = turned[name].copy(data=turned[name].values @ turn)
    refused(content_of(turned), "turn the structure, or give 'k_cartesian'")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "no NetCDF 4"), (b"CDF\x01" + bytes(100), "nccopy"), (b"\x89HDF\r\n\x1a\n" + bytes(500), "damaged")],
)
def test_other_files_are_refused(content, says):
    refused(content, says)


def test_files_cut_off_anywhere_and_with_bytes_changed_are_read_or_refused(data):
    whole, random = content_of(data), np.random.default_rng(5)
    for place in np.linspace(8, len(whole) - 1, 12).astype(int):
        refused(whole[:place], "mine.nc")
    outcomes = []
    for _ in range(40):
        broken = bytearray(whole)
        for place in random.integers(8, len(whole), 30):
            broken[place] = random.integers(256)
        outcomes.append(outcome_of(bytes(broken)))
    assert set(outcomes) != {"read"}
    assert all("\n" not in outcome for outcome in outcomes)


def outcome_of(content: bytes) -> str:
    """`read`, or what refused the file."""
    try:
        read_layout(content, "mine.nc")
    except InputError as error:
        return str(error)
    return "read"


def test_what_is_accepted_can_leave_the_process_that_reads():
    checked_shape(MOST_ATOMS, 96, 4 * MOST_ATOMS)
    with pytest.raises(InputError, match="give fewer bands or points"):
        checked_shape(MOST_ATOMS, 100, 1000)
    assert 1.1 * MOST_VALUES * len(SHELLS) * np.dtype(float).itemsize < LIMITS.output_bytes


@pytest.mark.slow
def test_the_largest_crystal_with_four_bands_an_atom_is_imported(tmp_path):
    sample = drawn_sample("pairs", f"Si{MOST_ATOMS // 2}Ge{MOST_ATOMS // 2}", 5.5)
    crystal = functional_crystal(sample.crystal())
    path, bands = build_path(crystal), 4 * MOST_ATOMS
    energy = np.tile(np.linspace(-10.0, 12.0, bands), (len(path.k_reduced), 1))
    weight, share = np.full_like(energy, 2 / MOST_ATOMS), np.zeros((MOST_ATOMS, len(SHELLS), *energy.shape))
    share[:, 0] = 1 / MOST_ATOMS
    none = np.zeros(MOST_ATOMS)
    potentials = {"correction": none, "neutral_atom": none, "at_atom": none}
    found = Bands(energy, weight, np.zeros_like(energy), share)
    result = DftResult(crystal, path.k_reduced, found, 0, potentials, recipe_document())
    write_dataset(layout_dataset(Entry(sample, result)).assign_attrs(silicon_vbm_eV=1.0), tmp_path / "large.nc")
    assert len(import_bands(tmp_path / "large.nc", EspressoSettings()).result.crystal) == MOST_ATOMS
