"""Real files of Quantum ESPRESSO 6.7: sums, folding, the code's own numbers; hostile, cut and mixed-up ones.

`python -m tests.data.make_espresso` made them. These tests need qeschema.
"""

import re
from dataclasses import replace

import numpy as np
import pytest

from core.cli.main import main
from core.dft.bulk import levels
from core.dft.calculation import reference
from core.dft.comparison import compare
from core.dft.dataset import read_folder, read_packed
from core.dft.imported import reading
from core.dft.imported.reading import EspressoSettings, import_bands
from core.electronic.kpath import build_path, point_indices
from core.errors import InputError
from tests.core.dft.imported.espresso_files import contents, printed_vbm, saved

LATTICES = (5.477, 5.774)
SCHEMA, PROJECTIONS = "data-file-schema.xml", "atomic_proj.xml"


def test_where_the_library_is_missing_the_command_says_how_to_install_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reading, "is_installed", lambda: False)
    assert main([str(a) for a in import_command(saved("si2", tmp_path), tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "qeschema, which is not installed: run `make install-espresso`" in error


def import_command(folder, place) -> list:
    return ["dft-import", folder, "--into", place / "set", "--lattices", *LATTICES, "--silicon-vbm", 5.95]


needs_library = pytest.mark.skipif(not reading.is_installed(), reason="needs qeschema: make install-espresso")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    place = tmp_path_factory.mktemp("espresso")
    return {name: saved(name, place) for name in ("si2", "si4", "si2ge2")}


@pytest.fixture(scope="module")
def read():
    from core.dft.imported.espresso import read_espresso

    return read_espresso


@pytest.fixture(scope="module")
def found(folders, read):
    return {name: read(contents(folder), name) for name, folder in folders.items()}


@needs_library
@pytest.mark.parametrize(("name", "points"), [("si2", 24), ("si4", 7), ("si2ge2", 7)])
def test_sums_of_weights(found, name, points):
    bands, crystal = found[name].bands, found[name].crystal
    path = build_path(crystal, points_per_segment=points)
    np.testing.assert_allclose(found[name].k_reduced, path.k_reduced, atol=1e-6)
    np.testing.assert_allclose(bands.atom_weight.sum(axis=0), 1, atol=1e-12)
    filled = bands.unfolding_weight[:, : 2 * len(crystal)].sum(axis=1)
    np.testing.assert_allclose(filled, 4, atol=1e-3 if name != "si2ge2" else 0.04)
    assert bands.unfolding_weight.min() > -1e-12
    assert found[name].facts["least_inside_orbitals"] > 0.05


@needs_library
def test_a_pristine_supercell_unfolds_onto_the_primitive_bands(found):
    """In a cell that is turned by 45°; between k-points that both have, at the same lattice constant."""
    folded, alone = found["si4"], found["si2"]
    weight = folded.bands.unfolding_weight
    assert np.minimum(np.abs(weight), np.abs(1 - weight)).max() < 1e-4
    compared = 0
    for k, energy, seen in zip(folded.k_reduced, folded.bands.energy, weight > 0.5, strict=True):
        same = np.flatnonzero(np.abs(alone.k_reduced - k).max(axis=1) < 1e-4)
        if len(same):
            primitive = alone.bands.energy[same[0]]
            count = min(int(seen.sum()), len(primitive))
            assert np.abs(energy[seen][:count] - primitive[:count]).max() < 0.02  # of other k-points of the density
            compared += 1
    assert compared >= 8


@needs_library
@pytest.mark.parametrize("name", ["si2", "si4", "si2ge2"])
def test_the_top_of_the_valence_band_is_what_the_code_printed(found, name):
    bands, filled = found[name].bands, 2 * len(found[name].crystal)
    assert bands.energy[:, :filled].max() == pytest.approx(printed_vbm(name), abs=2e-3)


@needs_library
def test_critical_points_are_those_of_the_same_functional(found):
    """Within 30 meV of GPAW in plane waves at the same lattice constant, Γ2′c within 100 meV."""
    at = [point_indices(point)[0] for point in ("G", "X", "L")]
    here = levels(found["si2"].bands.energy[at])
    there = {
        row["level"]: row["plane_waves"]
        for row in reference()["table"]
        if row["species"] == "Si" and row["lattice"] == pytest.approx(LATTICES[0])
    }
    assert len(there) == 11
    for level, value in there.items():
        assert here[level] == pytest.approx(value, abs=0.10 if level == "Γ2′c" else 0.03), level


@needs_library
def test_velocities_are_slopes_of_the_bands(found):
    """Of the valence bands on Γ-X, which do not cross there; what the orbitals leave out makes the difference."""
    bands = found["si2"].bands
    path = build_path(found["si2"].crystal)
    start, stop = path.segments[1]
    slope = np.gradient(bands.energy[start:stop, :4], path.step[start], axis=0)
    off = (slope - bands.velocity[start:stop, :4])[1:-1]
    assert np.sqrt((off**2).mean()) < 0.25
    assert np.abs(slope).max() > 7
    assert np.abs(bands.velocity).max() < 25


@needs_library
def test_atoms_have_the_shares_that_the_stack_gives_them(found):
    """Of Si2Ge2 on silicon the top of the valence band lies on germanium, and mirror pairs share alike."""
    crystal, bands = found["si2ge2"].crystal, found["si2ge2"].bands
    assert crystal.species == ("Si", "Si", "Ge", "Ge")
    gamma = int(np.abs(found["si2ge2"].k_reduced).max(axis=1).argmin())
    share = bands.atom_weight[:, gamma, 7]
    assert share[2:].sum() > 0.5
    np.testing.assert_allclose(share[[0, 2]], share[[1, 3]], atol=0.02)


@needs_library
def test_the_loop_with_the_code(folders, tmp_path, capsys):
    into = tmp_path / "set"
    command = [
        "dft-import",
        folders["si2"],
        folders["si2ge2"],
        "--into",
        into,
        "--lattices",
        *LATTICES,
        "--scissor",
        0.58,
        0.81,
    ]
    assert main([str(a) for a in [*command, "--silicon", folders["si2"]]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Si2 on 5.431 Å: 96 k-points, ")
    assert "top of the valence band +0.000 eV" in lines[0]
    assert lines[1].startswith("Si2Ge2 on 5.431 Å: 28 k-points")
    entries = list(read_folder(into))
    assert entries[0].result.made_by["alignment"] == reading.MODEL_SOLID
    own = next(entry for entry in read_packed() if entry.sample.stack == "Si2Ge2" and entry.sample.lattice < 5.44)
    tops = [entry.result.aligned().energy[:, entry.result.valence_bands - 1].max() for entry in (entries[1], own)]
    assert tops[0] == pytest.approx(tops[1], abs=0.10)  # of two codes' neutral atoms
    assert entries[1].result.direct_gap == pytest.approx(own.result.direct_gap, abs=0.12)
    here, there = compare(entries[1]), compare(own)
    assert here.valence_stretch == pytest.approx(there.valence_stretch, abs=0.01)
    assert here.valence_left == pytest.approx(there.valence_left, abs=0.02)


@needs_library
def test_what_its_files_do_not_say_is_asked_for(folders):
    given = EspressoSettings(LATTICES)
    for settings, says in (
        (EspressoSettings(), "Give --lattices SI GE"),
        (given, "Give either --silicon PREFIX.save .* or --silicon-vbm"),
        (replace(given, silicon=folders["si2"], silicon_vbm=5.0), "Give either"),
        (replace(given, silicon=folders["si2ge2"]), "unstrained bulk Si on 5.477 Å is wanted"),
        (EspressoSettings((5.7, 5.4), silicon_vbm=1.0), "Ge the larger"),
        (replace(given, silicon_vbm=float("nan")), "lies at nan eV"),
    ):
        with pytest.raises(InputError, match=says):
            import_bands(folders["si2ge2"], settings)


BOMB = (
    """<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><PROJECTIONS>&b;</PROJECTIONS>"""
)
OUTSIDE = (
    """<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]><PROJECTIONS>&a;</PROJECTIONS>"""
)


def cut(share: float):
    return lambda text: text[: int(len(text) * share)]


@needs_library
@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        (PROJECTIONS, lambda text: BOMB, "cannot be read .*[Ee]ntit"),
        (PROJECTIONS, lambda text: OUTSIDE, "cannot be read .*[Ee]ntit"),
        (SCHEMA, lambda text: BOMB, "cannot be read .*[Ee]ntit"),
        *[(file, cut(share), "not whole") for file in (SCHEMA, PROJECTIONS) for share in (0.0, 0.1, 0.5, 0.999)],
        (PROJECTIONS, lambda text: text.replace("<E>", "<F>", 1).replace("</E>", "</F>", 1), "lacks k-points"),
        (PROJECTIONS, lambda text: text.replace('NUMBER_OF_BANDS="', 'NUMBER_OF_BANDS="9'), "different calculations"),
        (PROJECTIONS, lambda text: text.replace('NUMBER_OF_BANDS="', 'NUMBER_OF_BANDS="-'), "as NUMBER_OF_BANDS"),
        (PROJECTIONS, lambda text: text.replace('COMPONENTS="1', 'COMPONENTS="2'), "spin-polarised"),
        (PROJECTIONS, lambda text: text.replace("HEADER", "TITLE"), "before 6.4"),
        (PROJECTIONS, lambda text: re.sub(r"<E>\s+\S+", "<E> 0.123", text, count=1), "are not those of the run"),
        (PROJECTIONS, lambda text: text.replace("0.0", "nan", 1), "numbers"),
        (PROJECTIONS, lambda text: re.sub(r"(<ATOMIC_WFC[^>]*>)\s+\S+", r"\1", text, count=1), "numbers"),
        (SCHEMA, lambda text: text.replace("<lsda>false", "<lsda>true"), "spin-polarised"),
        (SCHEMA, lambda text: text.replace("<spinorbit>false", "<spinorbit>true"), "spin-orbit"),
        (SCHEMA, lambda text: text.replace("<nelec>1.6", "<nelec>1.5"), "leave out tot_charge"),
        (SCHEMA, lambda text: text.replace("band_structure", "bands"), "lacks output/band_structure"),
        (SCHEMA, lambda text: text.replace('name="Ge"', 'name="C"'), "holds C; Si and Ge"),
        (SCHEMA, lambda text: text.replace("<a1>", "<a1>1.0 "), "data-file-schema.xml"),
        (SCHEMA, lambda text: re.sub(r"<a3>[^<]*", "<a3>1.0 0.0 0.0", text), "cell"),
        (SCHEMA, lambda text: text.replace("<eigenvalues size=", "<eigenvalues  sice="), "data-file-schema.xml"),
        (SCHEMA, lambda text: re.sub(r"(<eigenvalues[^>]*>)\s+\S+", r"\1 wide", text, count=1), "cannot be read"),
        ("Si.pbe.UPF", lambda text: text.replace('element="Si"', 'element="Ge"'), "the run has it for Si"),
        ("Si.pbe.UPF", lambda text: text[:5000], "Si.pbe.UPF"),
    ],
)
def test_hostile_and_damaged_files_are_refused_in_one_line(folders, read, file, change, says):
    files = contents(folders["si2ge2"])
    changed = change(files[file].decode())
    assert changed != files[file].decode()
    with pytest.raises(InputError, match=says) as caught:
        read(files | {file: changed.encode()}, "mine")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert "root:" not in str(caught.value)


@needs_library
@pytest.mark.parametrize("file", [SCHEMA, PROJECTIONS, "Ge.pbe.UPF"])
def test_what_is_missing_is_named(folders, read, file):
    files = contents(folders["si2ge2"])
    del files[file]
    with pytest.raises(InputError, match=file):
        read(files, "mine")


@needs_library
def test_files_of_two_calculations_are_refused(folders, read):
    files = contents(folders["si4"])
    with pytest.raises(InputError, match="different calculations"):
        read(contents(folders["si2ge2"]) | {PROJECTIONS: files[PROJECTIONS]}, "mine")


@needs_library
def test_damage_is_told_through_the_process_that_reads(folders, tmp_path, capsys):
    broken = saved("si2", tmp_path)
    (broken / PROJECTIONS).write_text(BOMB)
    assert main([str(a) for a in import_command(broken, tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
