"""The Voronoi family: analytic diamond, symmetries, supercells, continuity and a plain loop over the cells."""

import numpy as np
import pytest

from core.descriptors.tessellation import MIN_FACE_AREA
from core.descriptors.voronoi import BIASED_NAMES, VORONOI_NAMES, voronoi_descriptors
from core.structure.build import crystal_of_planes
from tests.core.descriptors.samples import crystal_of, half_space_cell, relaxed, repeated

CONTINUOUS = [name for name in VORONOI_NAMES if not name.startswith(("mean_face", "min_face", "mad_face"))]


def family(cell, positions, ge_fraction):
    """(atom, column)."""
    return np.column_stack(list(voronoi_descriptors(cell, positions, ge_fraction).values()))


def family_of(crystal):
    return family(crystal.cell, crystal.positions, crystal.ge_fraction)


def swapped(values, suffixes):
    """The columns with _a, _b, _c taking one another's place."""
    table = dict(zip(VORONOI_NAMES, values.T, strict=True))
    for name in BIASED_NAMES:
        old = [table[f"{name}_{axis}"] for axis in suffixes]
        table |= {f"{name}_{axis}": column for axis, column in zip("abc", old, strict=True)}
    return np.column_stack(list(table.values()))


def test_names_are_the_published_ones():
    names = list(voronoi_descriptors(np.eye(3) * 3.0, np.zeros((1, 3)), np.zeros(1)))
    assert names == list(VORONOI_NAMES)
    assert names[:4] == ["maximum_packing_efficiency", "tot_cell_volume", "bond_length", "bond_length_a"]
    assert names[-4:] == ["3_order", "3_order_a", "3_order_b", "3_order_c"]
    assert len(names) == len(set(names)) == 54


def test_diamond():
    crystal = crystal_of("Si2")
    a = crystal.lattice_in_plane
    values = voronoi_descriptors(crystal.cell, crystal.positions, crystal.ge_fraction)
    hexagon, triangle = 3 * np.sqrt(3) / 16 * a**2, np.sqrt(2) / 64 * a**2
    bond, second = np.sqrt(3) / 4 * a, np.sqrt(2) / 2 * a
    total = 4 * hexagon + 12 * triangle
    length = (4 * hexagon * bond + 12 * triangle * second) / total
    expected = {
        "maximum_packing_efficiency": np.pi * np.sqrt(3) / 16,
        "tot_cell_volume": a**3 / 8,
        "bond_length": length,
        "var_bond_length": (4 * hexagon * (bond - length) ** 2 + 12 * triangle * (second - length) ** 2) / total,
        "mean_face_area": total / 16,
        "max_face_area": hexagon,
        "min_face_area": triangle,
        "mad_face_area": (4 * (hexagon - total / 16) + 12 * (total / 16 - triangle)) / 16,
        "tot_face_area": total,
        "tot_face_area_c": total / 3,
        "max_face_area_a": hexagon / 3,
        "min_face_area_b": 0.0,
        "coordination": total**2 / (4 * hexagon**2 + 12 * triangle**2),
        "coordination_b": (total / 3) ** 2 / (4 * (hexagon / 3) ** 2 + 8 * (triangle / 2) ** 2),
        "mean_electronegativities": 0.0,
        "mean_ionic_character_c": 0.0,
    }
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, rel=1e-12, abs=1e-15), name
    assert values["bond_length"] == pytest.approx(2.604, abs=5e-4)


def plain_loop(crystal, index):
    """One atom's columns without the order parameters, face by face from the intersection of half-spaces."""
    neighbour, vector, area, volume = half_space_cell(crystal.cell, crystal.positions, index)
    kept = area >= MIN_FACE_AREA
    neighbour, vector, area = neighbour[kept], vector[kept], area[kept]
    distance = np.linalg.norm(vector, axis=1)
    chi = np.abs(0.11 * (crystal.ge_fraction[neighbour] - crystal.ge_fraction[index]))
    values = {"maximum_packing_efficiency": np.pi / 6 * distance.min() ** 3 / volume, "tot_cell_volume": volume}
    for suffix, weight in zip(("", "_a", "_b", "_c"), [np.ones(len(area)), *(vector.T / distance) ** 2], strict=True):
        w = area * weight
        length = np.average(distance, weights=w)
        values |= {
            "bond_length" + suffix: length,
            "var_bond_length" + suffix: np.average((distance - length) ** 2, weights=w),
            "mean_face_area" + suffix: w.mean(),
            "max_face_area" + suffix: w.max(),
            "min_face_area" + suffix: w.min(),
            "mad_face_area" + suffix: np.abs(w - w.mean()).mean(),
            "tot_face_area" + suffix: w.sum(),
            "coordination" + suffix: w.sum() ** 2 / (w**2).sum(),
            "mean_electronegativities" + suffix: np.average(chi, weights=w),
            "mean_ionic_character" + suffix: np.average(1 - np.exp(-(chi**2) / 4), weights=w),
        }
    return values


@pytest.mark.parametrize(
    "crystal",
    [crystal_of("Si4Ge4", "Ge"), crystal_of("Si3Ge3", "Si", 1.0), relaxed("SiGe_random_16")],
    ids=["Si4Ge4", "mixed", "random"],
)
def test_plain_loop_agrees(crystal):
    values = voronoi_descriptors(crystal.cell, crystal.positions, crystal.ge_fraction)
    for index in (0, len(crystal) // 2, len(crystal) - 1):
        for name, value in plain_loop(crystal, index).items():
            assert values[name][index] == pytest.approx(value, rel=1e-7, abs=1e-7), name


@pytest.mark.parametrize(
    ("crystal", "times"),
    [
        (crystal_of("Si2", "Ge"), (1, 1, 4)),
        (crystal_of("Si4Ge4", "Ge"), (2, 2, 1)),
        (crystal_of("Si3Ge3"), (2, 3, 2)),
        (crystal_of("(Si0.6Ge0.4)2Ge4", "Si0.5Ge0.5", 0.7), (3, 1, 2)),
        (relaxed("SiGe_random_16"), (2, 1, 1)),
    ],
    ids=["Si2 as Si8", "2x2 in the plane", "sheared cell", "mixed", "random"],
)
def test_supercell_gives_the_same_rows(crystal, times):
    copies = np.prod(times)
    assert np.abs(family(*repeated(crystal, *times)) - np.tile(family_of(crystal), (copies, 1))).max() < 1e-8


def test_longer_stack_gives_the_same_rows():
    assert np.abs(family_of(crystal_of("[Si4Ge4]2")) - np.tile(family_of(crystal_of("Si4Ge4")), (2, 1))).max() < 1e-8
    assert np.abs(family_of(crystal_of("Si8")) - family_of(crystal_of("Si2"))[0]).max() < 1e-8


def test_other_cell_of_the_same_crystal():
    crystal = crystal_of("Si4Ge2", "Si0.5Ge0.5")
    shear = np.array([[1, 3, 0], [0, 1, 0], [5, -4, 1]])
    moved = crystal.positions + np.array([1.3, -20.7, 33.3]) + (np.arange(6) - 3)[:, None] * crystal.cell[0]
    assert np.abs(family(shear @ crystal.cell, moved, crystal.ge_fraction) - family_of(crystal)).max() < 1e-8


def test_growth_reversal():
    """Inversion turns growth round and leaves every axis on itself: no column changes place."""
    fraction, spacing = np.array([0.0, 0, 0.3, 1, 1, 0]), np.array([1.36, 1.37, 1.4, 1.46, 1.42, 1.38])
    values = family_of(crystal_of_planes(fraction, spacing, 5.5))
    turned = family_of(crystal_of_planes(fraction[::-1], np.roll(spacing[::-1], -1), 5.5))
    assert np.abs(values - turned[::-1]).max() < 1e-8


def test_moved_period():
    """Starting the period one plane later turns the crystal by 90°: a and b change places, and are equal in planes."""
    fraction, spacing = np.array([0.0, 0, 0.3, 1, 1, 0]), np.array([1.36, 1.37, 1.4, 1.46, 1.42, 1.38])
    values = family_of(crystal_of_planes(fraction, spacing, 5.5))
    later = family_of(crystal_of_planes(np.roll(fraction, -1), np.roll(spacing, -1), 5.5))
    assert np.abs(np.roll(later, 1, axis=0) - swapped(values, "bac")).max() < 1e-8
    assert np.abs(values - swapped(values, "bac")).max() < 1e-8


@pytest.mark.parametrize(("axes", "suffixes"), [([1, 0, 2], "bac"), ([1, 2, 0], "bca")])
def test_turned_axes(axes, suffixes):
    crystal = relaxed("SiGe_random_16")
    values = family_of(crystal)
    turned = family(crystal.cell[:, axes], crystal.positions[:, axes], crystal.ge_fraction)
    assert np.abs(turned - swapped(values, suffixes)).max() < 1e-8
    assert np.abs(turned - values).max() > 0.01


def test_axes_share_the_faces():
    values = voronoi_descriptors(*repeated(relaxed("SiGe_random_16"), 1, 1, 1))
    for name in ("tot_face_area", "mean_face_area"):
        assert values[f"{name}_a"] + values[f"{name}_b"] + values[f"{name}_c"] == pytest.approx(values[name])


def test_swelling_scales_with_the_unit():
    crystal = relaxed("SiGe_random_16")
    one = voronoi_descriptors(crystal.cell, crystal.positions, crystal.ge_fraction)
    two = voronoi_descriptors(2 * crystal.cell, 2 * crystal.positions, crystal.ge_fraction, 4 * MIN_FACE_AREA)
    power = {"tot_cell": 3, "bond_len": 1, "var_bond": 2}
    power |= dict.fromkeys(("mean_fac", "max_face", "min_face", "mad_face", "tot_face"), 2)
    for name in VORONOI_NAMES:
        assert two[name] == pytest.approx(one[name] * 2.0 ** power.get(name[:8], 0), rel=1e-9, abs=1e-15), name


@pytest.mark.parametrize("crystal", [crystal_of("Si4Ge4"), relaxed("SiGe_random_16")], ids=["Si4Ge4", "random"])
def test_continuity(crystal):
    """Also where moving an atom opens and closes faces at degenerate corners."""
    move = np.random.default_rng(3).standard_normal(crystal.positions.shape)
    columns = [VORONOI_NAMES.index(name) for name in CONTINUOUS]
    start = family_of(crystal)[:, columns]
    for step in (1e-7, 1e-5, 1e-3):
        change = np.abs(family(crystal.cell, crystal.positions + step * move, crystal.ge_fraction)[:, columns] - start)
        assert change.max() < 60.0 * step + 20.0 * MIN_FACE_AREA
        assert change.max() > 0.1 * step


def test_virtual_crystal_lies_between():
    """Electronegativity is linear in the composition; a uniform alloy has no contrast."""
    uniform = voronoi_descriptors(*repeated(crystal_of("(Si0.4Ge0.6)4"), 1, 1, 1))
    assert uniform["mean_electronegativities"] == pytest.approx(0.0, abs=1e-15)
    spacing = np.full(4, 1.38)
    sharp, half = (crystal_of_planes(np.array([0.0, 0, x, x]), spacing, 5.5) for x in (1.0, 0.5))
    contrast = [voronoi_descriptors(c.cell, c.positions, c.ge_fraction) for c in (sharp, half)]
    ratio = contrast[1]["mean_electronegativities"] / contrast[0]["mean_electronegativities"]
    assert ratio == pytest.approx(0.5)
    between = 0.5 * (contrast[0]["1_order"] + 1.0)
    assert contrast[1]["1_order"] == pytest.approx(between)
