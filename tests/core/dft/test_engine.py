"""The dft engine around a calculation that is made: which crystal it computes, and which bands it asks for."""

from itertools import permutations

import numpy as np
import pytest
import xarray as xr

import core.dft.calculation as calculation
import core.engines.dft as engine_module
from core.cli.main import main
from core.dft.recipe import GERMANIUM_LATTICE, SILICON_LATTICE, grid_points
from core.dft.structure import functional_crystal, given_crystal
from core.electronic.spectral import Broadening, EnergyGrid
from core.engines import ENGINES, Cut, Path, Picture
from core.engines.dft import DftEngine, spectra_of
from core.errors import InputError
from core.structure.files import write_structure
from core.structure.imperfect import ImperfectSample
from core.structure.sample import Sample
from core.structure.sites import crystal_from_atoms
from tests.core.dft.made import solve

STACK = Sample("Si3Ge1", "Si").crystal()
ALL = (-1000.0, 1000.0)
WINDOWS = [Picture(), Picture(EnergyGrid(-11.0, 9.0, 100)), Picture(EnergyGrid(2.0, 5.0, 48), Broadening(0.3, "fixed"))]


@pytest.fixture
def asked(monkeypatch):
    """What the engine asks of a calculation."""
    tasks = []

    def answer(*task):
        tasks.append(task)
        return solve(*task)

    monkeypatch.setattr(calculation, "is_installed", lambda: True)
    monkeypatch.setattr(engine_module, "solve_apart", answer)
    return tasks


@pytest.mark.parametrize("line", [Path("X-K", 5), Path("Z-G", 5)], ids=str)
@pytest.mark.parametrize("picture", WINDOWS, ids=str)
@pytest.mark.parametrize("scissor", [True, False])
def test_all_bands_of_a_picture_are_computed_on_any_line(line, picture, scissor, asked):
    """On lines without Γ too, whose highest filled level lies some 3 eV under the valence band maximum."""
    spectra = DftEngine(scissor).solve(STACK, line, picture=picture)
    crystal, k, direction, _ = asked[0]
    whole = spectra_of(solve(crystal, k, direction, ALL), spectra.path, scissor)
    assert spectra.result.bands.energy.shape[1] < whole.result.bands.energy.shape[1]
    np.testing.assert_allclose(spectra.total(picture), whole.total(picture), atol=1e-5)


def test_all_bands_of_cuts_are_computed(asked):
    kz = np.array([0.3, 1.0])
    totals = ENGINES["dft"].cut_totals(STACK, "G-K", kz)
    for value, total in zip(kz, totals, strict=True):
        whole = ENGINES["dft"].solve(STACK, Cut("G-K", float(value))).total()
        np.testing.assert_allclose(total, whole[len(whole) // 2 :], atol=1e-5)


def with_cell(crystal, change):
    """The crystal as a structure file with other vectors of the same lattice has it."""
    return crystal_from_atoms(np.array(change) @ crystal.cell, crystal.positions, crystal.ge_fraction)


@pytest.mark.parametrize("stack", ["Si3Ge1", "Si4Ge2", "Si7Ge3"])
def test_any_cell_of_a_structure_file_gives_the_same_calculation(stack):
    """k-points and grid go by the order of the vectors."""
    built = Sample(stack, "Si").crystal()
    for order in permutations(np.eye(3, dtype=int)):
        for change in (np.eye(3, dtype=int), [[1, 0, 1], [0, 1, 0], [0, 0, -1]]):
            crystal = functional_crystal(with_cell(built, change @ np.array(order)))
            np.testing.assert_array_equal(crystal.site_cell, built.site_cell)
            lengths, expected = (np.linalg.norm(c.cell, axis=1) for c in (crystal, functional_crystal(built)))
            np.testing.assert_allclose(lengths, expected, atol=1e-8)
            assert grid_points(crystal.plane_count, lengths) == grid_points(built.plane_count, expected)


def test_another_cell_has_the_same_bands():
    path = Path("G-X|G-L", 4)
    built, other = functional_crystal(STACK), functional_crystal(with_cell(STACK, [[0, 0, 1], [1, 0, 1], [0, -1, 0]]))
    levels = [solve(c, path.sampled(c).k_reduced, path.sampled(c).direction).bands.energy for c in (built, other)]
    np.testing.assert_allclose(*levels, atol=1e-7)


def test_cells_with_several_atoms_a_plane_are_refused():
    wide = ImperfectSample(Sample("Si2Ge2", "Si"), lateral=2).crystal()
    with pytest.raises(InputError, match="primitive cell"):
        functional_crystal(wide)


def test_a_structure_file_is_used_as_it_stands(asked, tmp_path, capsys):
    file, out = tmp_path / "own.xyz", tmp_path / "own.nc"
    write_structure(Sample("Si2Ge2", "5.52 Å").crystal(), file)
    assert main(["asf", str(file), "--engine", "dft", "--path", "G-X", "--points", "3", "--out", str(out)]) == 0
    assert "Taken as it stands, a∥ = 5.5200 Å" in capsys.readouterr().err
    with xr.open_dataset(out) as data:
        assert data.attrs["lattice_in_plane_angstrom"] == pytest.approx(5.52, abs=1e-6)
        built = Sample("Si2Ge2", "5.52 Å").crystal()
        np.testing.assert_allclose(data["positions"], built.positions, atol=1e-6)
    given = asked[0][0]
    np.testing.assert_allclose(np.sort(given.bond_length), np.sort(built.bond_length), atol=1e-6)
    np.testing.assert_array_equal(given.site_cell, given_crystal(built).site_cell)


def test_a_stack_goes_to_the_lattice_constants_of_the_functional(asked, tmp_path, capsys):
    out = tmp_path / "stack.nc"
    task = ["asf", "Si2", "--substrate", "Ge", "--engine", "dft", "--path", "G-X", "--points", "3", "--out", str(out)]
    assert main(task) == 0
    assert asked[0][0].lattice_in_plane == pytest.approx(GERMANIUM_LATTICE)
    told = capsys.readouterr().err
    assert f"Relaxed for the functional at a∥ = {GERMANIUM_LATTICE:.4f} Å" in told
    assert functional_crystal(Sample("Si2", "Si").crystal()).lattice_in_plane == pytest.approx(SILICON_LATTICE)
