import json

import numpy as np
import pytest

from core.electronic.calculation import check_size, energy_zero
from core.electronic.hamiltonian import build_hamiltonian
from core.electronic.readouts import SCALAR_UNITS, ValenceEdge, read_bands, read_valence, readouts_document
from core.errors import InputError
from core.structure.files import atoms_of
from core.structure.sample import Sample
from core.structure.sites import crystal_from_atoms
from core.structure.supercell import lateral_supercell
from tests.core.electronic.samples import crystal, hamiltonian

MESHED = [
    ("Si2", "Si", False),
    ("Ge2", "Ge", False),
    ("Ge2", "Ge", True),
    ("Si4Ge4", "Si", False),
    ("Si4Ge4", "Si", True),
    ("Si4Ge4", "Ge", False),
    ("Si3Ge3", "Si", False),
    ("Si2Ge2", "Ge", True),
    ("Si6Ge4", "Si0.5Ge0.5", False),
    ("(Si0.3Ge0.7)2Ge4", "Ge", False),
]


@pytest.mark.parametrize(("stack", "substrate", "spin_orbit"), MESHED)
def test_edges_are_the_edges_of_the_whole_zone(stack, substrate, spin_orbit):
    """No state of a mesh over the zone of the superlattice lies in the gap that the symmetry lines give."""
    model = hamiltonian(stack, substrate, spin_orbit)
    planes = len(model.crystal)
    in_plane, along = np.linspace(0, 0.5, 7), np.linspace(0, 2 / planes, max(2, 8 // planes + 1))
    mesh = np.array([(a + b, a - b, kz) for a in in_plane for b in in_plane for kz in along])
    found = read_bands(model)
    levels = np.concatenate([np.linalg.eigvalsh(model.matrices(part)) for part in np.array_split(mesh, 8)])
    occupied = planes * (4 if spin_orbit else 2)
    assert found.cbm <= levels[:, occupied].min() + 0.003
    assert found.vbm >= levels[:, occupied - 1].max() - 0.001
    assert found.gap == pytest.approx(found.cbm - found.vbm)


def test_valleys_of_bulk():
    silicon, germanium = read_bands(hamiltonian("Si4", "Si", True)), read_bands(hamiltonian("Ge4", "Ge", True))
    assert silicon.degenerate_valleys == ["Δ2", "Δ4"]
    assert silicon.delta2_delta4_splitting == pytest.approx(0, abs=1e-6)
    assert silicon.gap_kind == germanium.gap_kind == "indirect"
    assert germanium.cbm_valley == "L"
    assert germanium.cbm_fraction == pytest.approx(1)
    assert germanium.hh_lh_splitting == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("stack", "substrate"), [("Si4", "5.40"), ("Si4Ge4", "Si")])
def test_a_direction_meets_valleys_of_two_kinds(stack, substrate):
    """Along [100] electrons of the valleys along [010] are as light as all are along [001], where Δ4 is lowest."""
    found = read_bands(hamiltonian(stack, substrate))
    assert found.cbm_valley == "Δ4"
    (light, heavy), (along_growth,) = (found.masses["cbm"][name] for name in ("[100]", "[001]"))
    assert light == pytest.approx(along_growth, rel=0.05)
    assert heavy > 4 * light
    assert len(found.masses["cbm"]["[110]"]) == 1


def test_a_diagonal_meets_ellipsoids_of_germanium_in_two_ways():
    light, heavy = sorted({round(mass, 6) for mass in read_bands(hamiltonian("Ge4", "Ge")).masses["cbm"]["[110]"]})
    assert heavy > 2.5 * light


def test_supercell_has_the_readouts_of_the_primitive_cell():
    small, large = (read_bands(hamiltonian(stack, "Ge", True)) for stack in ("Si2", "Si8"))
    for name in ("gap", "vbm", "cbm", "hh_lh_splitting", "delta2_delta4_splitting", "split_off"):
        assert getattr(large, name) == pytest.approx(getattr(small, name), abs=1e-6), name
    assert large.cbm_valley == small.cbm_valley == "Δ2"
    for direction, mass in small.masses["cbm"].items():
        assert large.masses["cbm"][direction][0] == pytest.approx(mass[0], rel=1e-3)


@pytest.mark.parametrize(("stack", "substrate"), [("Ge2", "Ge"), ("Si2Ge2", "Ge"), ("Si4", "Si")])
@pytest.mark.parametrize("spin_orbit", [False, True])
def test_lateral_supercell_has_the_same_figures(stack, substrate, spin_orbit):
    primitive = crystal(stack, substrate)
    small, large = (
        read_bands(build_hamiltonian(one, spin_orbit)) for one in (primitive, lateral_supercell(primitive, 2))
    )
    for name in ("gap", "direct_gap", "hh_lh_splitting", "delta2_delta4_splitting", "split_off"):
        assert getattr(large, name) == pytest.approx(getattr(small, name), abs=1e-6), name
    assert (large.cbm_valley, large.gap_kind) == (small.cbm_valley, small.gap_kind)


def test_a_direct_gap_stays_direct_in_a_lateral_cell():
    """The short stack's folded valley at Γ is lowest in both cells."""
    primitive = crystal("Si1Ge4", "5.5634 Å")
    kinds = [read_bands(build_hamiltonian(one)).gap_kind for one in (primitive, lateral_supercell(primitive, 2))]
    assert kinds == ["pseudo-direct"] * 2


def test_a_repeated_crystal_of_a_file_has_the_same_gap():
    primitive = crystal("Si2Ge2", "Ge")
    atoms = atoms_of(primitive).repeat((2, 2, 1))
    large = crystal_from_atoms(atoms.cell.array, atoms.positions, atoms.get_array("ge_fraction"))
    small, large = read_bands(build_hamiltonian(primitive)), read_bands(build_hamiltonian(large))
    assert large.gap == pytest.approx(small.gap, abs=1e-6)
    assert large.direct_gap == pytest.approx(small.direct_gap, abs=1e-6)
    assert (large.cbm_valley, large.gap_kind) == (small.cbm_valley, small.gap_kind)
    assert large.delta2_delta4_splitting == pytest.approx(small.delta2_delta4_splitting, abs=1e-6)


def pikus_bir(strain_shift, split):
    """HH, LH and SO of a biaxially strained crystal relative to the centre of gravity.

    strain_shift: δE₀₀₁ = 2 b (e_zz − e_xx). Van de Walle, Phys. Rev. B 39, 1871 (1989), eqs (14) to (16).
    """
    root = 0.5 * np.sqrt(split**2 + split * strain_shift + 2.25 * strain_shift**2)
    return split / 3 - strain_shift / 2, -split / 6 + strain_shift / 4 + root, -split / 6 + strain_shift / 4 - root


@pytest.mark.parametrize(
    ("stack", "substrate"), [("Ge4", "Si"), ("Ge2", "Si0.5Ge0.5"), ("Si2", "Ge"), ("Si2", "+0.5 %")]
)
def test_hole_splittings_under_strain(stack, substrate):
    """Against the strain Hamiltonian of the three p-like bands, with the splittings of this model put in.

    Four per cent mix the light hole so strongly with the split-off hole that it has little p_z left.
    """
    unstrained = read_bands(hamiltonian(stack, stack[:2], True)).split_off
    without_spin = read_bands(hamiltonian(stack, substrate)).hh_lh_splitting
    heavy, light, split_off = pikus_bir(-2 / 3 * without_spin, unstrained)
    found = read_bands(hamiltonian(stack, substrate, True))
    assert found.hh_lh_splitting == pytest.approx(heavy - light, abs=0.02)
    assert found.split_off == pytest.approx(max(heavy, light) - split_off, abs=0.04)


def test_confined_holes_are_not_taken_for_the_split_off_band():
    found = read_bands(hamiltonian("Si8Ge8", "Si", True))
    assert 0.05 < found.hh_lh_splitting < 0.2
    assert found.split_off > 0.3


def valence_at(stack: str, lattice: float) -> ValenceEdge:
    return read_valence(build_hamiltonian(Sample.on_lattice(stack, lattice).crystal(), True))


@pytest.mark.parametrize(
    ("stack", "low", "high"), [("Si2Ge2", 5.53, 5.60), ("Si2Ge4", 5.585, 5.625), ("Si12Ge2", 5.48, 5.50)]
)
def test_heavy_and_light_hole_are_told_where_they_mix_and_change_places(stack, low, high):
    """At the anticrossing the distance is smallest, nowhere zero, and the sign turns once."""
    found = [valence_at(stack, lattice) for lattice in np.linspace(low, high, 12)]
    splitting = np.array([one.hh_lh_splitting for one in found], float)
    assert np.isfinite(splitting).all()
    assert splitting[0] > 0 > splitting[-1]
    assert (np.diff(np.sign(splitting)) != 0).sum() == 1
    assert np.abs(np.diff(np.abs(splitting))).max() < 0.01
    assert np.ptp([one.split_off for one in found]) < 0.03


def test_a_confined_hole_that_mixes_a_little_is_no_light_hole():
    """The second heavy hole of Si9Ge8 on Si, of little unfolding weight, lies between the first and the light one."""
    near, far = valence_at("Si8Ge8", 5.431), valence_at("Si9Ge8", 5.431)
    assert far.hh_lh_splitting == pytest.approx(near.hh_lh_splitting, abs=0.02)
    assert far.split_off == pytest.approx(near.split_off, abs=0.02)


def test_kinds_of_gap():
    assert read_bands(hamiltonian("Si6Ge4", "Si0.5Ge0.5")).gap_kind == "pseudo-direct"
    assert read_bands(hamiltonian("Si4Ge4", "Si")).gap_kind == "indirect"
    strained = read_bands(hamiltonian("Ge2", "+7 %", True))
    assert (strained.gap_kind, strained.cbm_valley) == ("direct", "Γ")
    assert strained.gap == pytest.approx(strained.direct_gap)


def test_edge_profile():
    """Weights of the edge states add up to one and have the stack's mirror planes; holes sit in the germanium."""
    profile = read_bands(hamiltonian("Si8Ge8", "Si")).profile
    for weight in profile.values():
        assert weight.sum() == pytest.approx(1, abs=1e-10)
        np.testing.assert_allclose(weight, weight[[*range(7, -1, -1), *range(15, 7, -1)]], atol=1e-8)
    assert profile["vbm"][8:].sum() > 0.6


def test_energies_are_on_the_scale_of_bulk_silicon():
    """With spin-orbit coupling bulk Ge lies higher by the published valence band offset, 0.68 eV."""
    for spin_orbit in (False, True):
        assert readouts_document(crystal("Si2", "Si"), spin_orbit)["vbm"] == pytest.approx(0, abs=1e-9)
    assert readouts_document(crystal("Ge2", "Ge"), True)["vbm"] == pytest.approx(0.68, abs=0.002)
    assert energy_zero(True) > energy_zero(False)


@pytest.mark.parametrize("sample", [("Si2", "Si"), ("Si3Ge3", "Si"), ("(Si0.5Ge0.5)4", "Ge")])
def test_document_is_plain_json(sample):
    document = readouts_document(crystal(*sample))
    assert json.loads(json.dumps(document, allow_nan=False)) == json.loads(json.dumps(document))
    assert set(SCALAR_UNITS) <= set(document)
    assert len(document["profile"]["cbm"]) == len(crystal(*sample))


def test_too_many_atoms():
    with pytest.raises(InputError, match=r"258 atoms .* at most 256"):
        check_size(crystal("Si129Ge129", "Si"))
    with pytest.raises(InputError, match="128 with spin-orbit"):
        check_size(crystal("Si65Ge65", "Si"), spin_orbit=True)
    check_size(crystal("Si64Ge64", "Si"), spin_orbit=True)
