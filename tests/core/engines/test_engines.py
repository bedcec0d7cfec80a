"""Every engine answers the same question in the same form."""

import numpy as np
import pytest

from core.electronic.calculation import EXACT_ATOM_LIMIT
from core.electronic.spectral import Broadening, EnergyGrid
from core.engines import ENGINES, FIDELITIES, Cut, Path, Picture, engine_named
from core.errors import InputError
from core.structure.sample import Sample

CRYSTAL = Sample("Si3Ge3", "Si0.5Ge0.5").crystal()
QUICK = {name: engine for name, engine in ENGINES.items() if name != "dft"} | {"forward-dft": FIDELITIES["dft"]}
"""tests/dft has a real calculation."""

LINES = [Path(), Cut("G-X", 0.3), Cut("G-K", 0.0)]


@pytest.mark.parametrize("engine", QUICK.values(), ids=QUICK)
@pytest.mark.parametrize("line", LINES, ids=str)
def test_atoms_add_up_to_the_total_on_every_line(engine, line):
    spectra = engine.solve(CRYSTAL, line)
    total = spectra.total()
    assert spectra.engine == engine.name
    assert total.shape == (len(spectra.path), EnergyGrid().points)
    assert (spectra.atoms() >= 0).all()
    off = np.abs(spectra.atoms().sum(axis=0) - total)
    # the forward model cuts negative values off atom by atom, so that its sum is a little larger
    assert off.mean() < (1e-6 if engine.name == "exact" else 0.02) * total.mean()


@pytest.mark.parametrize("engine", QUICK.values(), ids=QUICK)
def test_some_atoms_and_a_coarser_axis_are_parts_of_the_whole(engine):
    spectra, coarse = engine.solve(CRYSTAL), Picture(EnergyGrid(points=88))
    some = spectra.atoms([4, 1])
    np.testing.assert_allclose(some, spectra.atoms()[[4, 1]], atol=1e-6)
    mean = some.reshape(2, len(spectra.path), 88, 2).mean(axis=3)
    # exact pictures are sampled at the middle of a pixel, which is half as wide as σ
    assert np.abs(spectra.atoms([4, 1], coarse) - mean).sum() < 0.05 * mean.sum()


@pytest.mark.parametrize("engine", QUICK.values(), ids=QUICK)
def test_result_files_say_where_they_come_from(engine):
    data = engine.solve(CRYSTAL).dataset()
    assert data.attrs["engine"] == engine.name
    assert data["asf"].attrs["units"] == "1/eV"
    assert data["asf"].dims == ("atom", "k", "energy")


@pytest.mark.parametrize("engine", QUICK.values(), ids=QUICK)
def test_many_cuts_at_once_are_the_cuts_one_by_one(engine):
    kz = np.array([0.1, 0.6])
    many = engine.cut_totals(CRYSTAL, "G-X", kz)
    for value, total in zip(kz, many, strict=True):
        whole = engine.solve(CRYSTAL, Cut("G-X", float(value))).total()
        half = whole[len(whole) // 2 :]
        assert np.abs(total - half).mean() < 0.01 * half.mean()


def test_engines_agree_on_what_both_know():
    exact, forward = (ENGINES[name].solve(CRYSTAL).total() for name in ("exact", "forward"))
    assert 1 - ((exact - forward) ** 2).sum() / ((exact - exact.mean()) ** 2).sum() > 0.95


def test_what_an_engine_cannot_do_is_said_before_it_is_asked():
    long = Sample(f"Si{EXACT_ATOM_LIMIT // 2 + 2}Ge{EXACT_ATOM_LIMIT // 2}", "Si").crystal()
    assert "at most 256 atoms" in ENGINES["exact"].obstacle(long)
    assert "at most 128 atoms" in ENGINES["exact"].obstacle(long, spin_orbit=True)
    assert ENGINES["exact"].obstacle(CRYSTAL) == ENGINES["forward"].obstacle(CRYSTAL) == ""
    for line in (Path(), Cut("G-K", 0.7)):
        assert ENGINES["forward"].obstacle(CRYSTAL, line=line) == ""
    assert "no other path" in ENGINES["forward"].obstacle(CRYSTAL, line=Path("G-Z", 96))
    assert ENGINES["exact"].obstacle(CRYSTAL, line=Path("G-Z", 96)) == ""
    assert "without spin-orbit" in ENGINES["forward"].obstacle(CRYSTAL, spin_orbit=True)
    with pytest.raises(InputError, match="at most 256"):
        ENGINES["exact"].solve(long)


@pytest.mark.parametrize(
    ("line", "spin_orbit", "picture"),
    [(Path("Z-G"), False, Picture()), (Cut(points=11), False, Picture()), (Path(), True, Picture()),
     (Path(), False, Picture(broadening=Broadening(0.05))), (Path(), False, Picture(shells=(0,)))],
    ids=["path", "points", "spin-orbit", "broadening", "shells"],
)  # fmt: skip
def test_forward_model_refuses_what_it_does_not_know(line, spin_orbit, picture):
    with pytest.raises(InputError, match="use the exact engine"):
        ENGINES["forward"].solve(CRYSTAL, line, spin_orbit, picture)


def test_unknown_engine_is_refused():
    with pytest.raises(InputError, match="exact, forward, dft"):
        engine_named("magic")
    with pytest.raises(InputError, match="tight-binding, dft"):
        engine_named("forward", "magic")
    with pytest.raises(InputError, match="goes with --engine forward"):
        engine_named("exact", "dft")
