"""The forward engine at the fidelity of DFT: what it is asked, what it says of itself, and its command."""

import numpy as np
import pytest
import xarray as xr

from core.cli.main import main
from core.dft.calculation import scissor_shift
from core.dft.structure import functional_lattice
from core.electronic.spectral import Broadening, EnergyGrid
from core.engines import ENGINES, FIDELITIES, Path, Picture, engine_named
from core.engines.forward_dft import DftForwardEngine
from core.errors import InputError
from core.forward.taught.model import WEIGHTS
from core.learning.weights import weights_sha256
from core.structure.files import write_structure
from core.structure.imperfect import ImperfectSample
from core.structure.sample import Sample

STACK = Sample("Si3Ge1", "Si").crystal()
LINE = Path("Z-G", 6)


def test_the_name_and_the_fidelity_give_the_engine():
    assert engine_named("forward", "dft") is FIDELITIES["dft"]
    assert engine_named("forward") is ENGINES["forward"]


def test_it_answers_on_lines_and_pictures_that_were_not_learned():
    picture = Picture(EnergyGrid(-11.0, 6.0, 100), Broadening(0.3, "fixed"))
    spectra = FIDELITIES["dft"].solve(STACK, LINE, picture=picture)
    atoms = spectra.atoms(picture=picture)
    assert atoms.shape == (4, 6, 100)
    np.testing.assert_allclose(atoms.sum(axis=0), spectra.total(picture), atol=1e-9)
    assert spectra.crystal.lattice_in_plane == pytest.approx(functional_lattice(STACK.lattice_in_plane))


def test_a_pristine_supercell_has_the_spectra_of_its_crystal():
    small, large = (FIDELITIES["dft"].solve(Sample(stack, "Si").crystal(), LINE).total() for stack in ("Si2", "Si6"))
    np.testing.assert_allclose(small, large, atol=2e-3)


def test_bars_are_there_and_atoms_and_levels_have_their_own():
    spectra = FIDELITIES["dft"].solve(STACK, LINE)
    total, atom = spectra.total_error(), spectra.atom_error(2)
    assert total.shape == atom.shape == spectra.total().shape
    assert (total > 0).all()
    assert (atom > 0).all()
    assert atom.mean() < total.mean()
    shown = np.isfinite(spectra.calculation.bands.energy)
    assert spectra.level_error.shape == shown.shape
    assert (spectra.level_error[shown] > 0).all()
    assert np.median(spectra.level_error[shown]) < 0.5


def test_the_scissor_raises_what_is_empty():
    with_it, without = (DftForwardEngine(scissor=scissor).solve(STACK, LINE) for scissor in (True, False))
    filled = 2 * len(STACK)
    shift = with_it.calculation.bands.energy[:, filled] - without.calculation.bands.energy[:, filled]
    np.testing.assert_allclose(shift, scissor_shift(with_it.crystal), atol=1e-9)
    np.testing.assert_allclose(
        with_it.calculation.bands.energy[:, :filled], without.calculation.bands.energy[:, :filled]
    )


@pytest.mark.parametrize(
    ("crystal", "options", "why"),
    [(STACK, {"spin_orbit": True}, "spin-orbit"),
     (STACK, {"picture": Picture(shells=(0,))}, "orbitals"),
     (ImperfectSample(Sample("Si2Ge2", "Si"), lateral=2).crystal(), {}, "one atom a plane"),
     (ImperfectSample(Sample("Si2Ge2", "Si"), lateral=2, vacancies=(1,)).crystal(), {}, "empty sites"),
     (Sample("Si200Ge200", "Si").crystal(), {}, "at most 256 atoms")],
    ids=["spin-orbit", "shells", "supercell", "vacancy", "long"],
)  # fmt: skip
def test_what_it_does_not_know_is_said(crystal, options, why):
    assert why in FIDELITIES["dft"].obstacle(crystal, **options)
    with pytest.raises(InputError, match=why):
        FIDELITIES["dft"].solve(crystal, LINE, **options)


def test_virtual_crystals_are_taken_with_a_word():
    notes = FIDELITIES["dft"].solve(Sample("(Si0.5Ge0.5)2", "Si0.5Ge0.5").crystal(), LINE).crystal.notes
    assert any("virtual crystals" in note for note in notes)
    assert not any("virtual crystals" in note for note in FIDELITIES["dft"].solve(STACK, LINE).crystal.notes)


def test_strain_far_beyond_training_is_outside():
    """Parameters are left open there: Ge compressed to 5.33 Å, below the smallest lattice that was taught."""
    score = [FIDELITIES["dft"].solve(Sample("Ge2", on).crystal()).dataset().attrs for on in ("Ge", "5.33")]
    assert [attrs["in_domain"] for attrs in score] == [1, 0]
    assert score[1]["domain_score"] > 1 >= score[0]["domain_score"]


def test_the_command_writes_what_it_was_made_from(tmp_path, capsys):
    out = tmp_path / "a.nc"
    task = ["asf", "Si2Ge2", "--substrate", "Si", "--engine", "forward", "--fidelity", "dft", "--out", str(out)]
    assert main(task) == 0
    with xr.open_dataset(out, engine="h5netcdf") as data:
        assert data.attrs["fidelity"] == "dft"
        assert data.attrs["weights_sha256"] == weights_sha256(WEIGHTS)
        assert data.attrs["scissor_eV"] > 0.5
        assert data["total_error"].dims == ("k", "energy")
        np.testing.assert_allclose(data["asf"].sum("atom"), data["total"], atol=1e-6)
    assert main([*task, "--no-scissor", "--path", "Z-G", "--points", "5"]) == 0
    with xr.open_dataset(out, engine="h5netcdf") as data:
        assert data.attrs["scissor_eV"] == 0
    capsys.readouterr()
    cut = ["cut", "Si2Ge2", "--substrate", "Si", "--kz", "0.3", "--engine", "forward", "--fidelity", "dft"]
    assert main([*cut, "--points", "9", "--out", str(out)]) == 0


def test_a_structure_file_is_taken_as_it_stands(tmp_path):
    file, out = tmp_path / "stack.cif", tmp_path / "a.nc"
    write_structure(STACK, file)
    task = ["asf", str(file), "--engine", "forward", "--fidelity", "dft", "--path", "Z-G", "--points", "4"]
    assert main([*task, "--out", str(out)]) == 0
    with xr.open_dataset(out, engine="h5netcdf") as data:
        assert data.attrs["lattice_in_plane_angstrom"] == pytest.approx(STACK.lattice_in_plane, abs=1e-4)


@pytest.mark.parametrize(
    ("options", "why"),
    [(["--engine", "exact", "--fidelity", "dft"], "--fidelity dft goes with --engine forward"),
     (["--engine", "forward", "--no-scissor"], "--no-scissor goes with"),
     (["--engine", "forward", "--fidelity", "dft", "--by-shell"], "does not tell orbitals apart"),
     (["--engine", "forward", "--fidelity", "dft", "--spin-orbit"], "leaves spin-orbit coupling out")],
)  # fmt: skip
def test_bad_input_is_one_line(options, why, tmp_path, capsys):
    assert main(["asf", "Si2Ge2", "--substrate", "Si", *options, "--out", str(tmp_path / "a.nc")]) == 2
    assert why in capsys.readouterr().err
