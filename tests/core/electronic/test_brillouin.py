"""Zones are the right bodies: by their volume, their faces, the points that name them, and what is nearest to Γ."""

import numpy as np
import pytest

from core.electronic.brillouin import average_zone, folded_points, period_zone, wigner_seitz
from core.electronic.kpath import SPECIAL_POINTS
from core.structure.sample import Sample
from tests.core.electronic.samples import crystal

STACKS = ("Si2", "Si2Ge2", "Si3Ge3", "Si4Ge4", "Si6Ge4", "Si3Ge2", "Si20Ge20", "Si60Ge61")


def cartesian(sample, *points):
    return np.array([SPECIAL_POINTS[name] for name in points]) @ (2 * np.pi * np.linalg.inv(sample.average_cell).T)


def check_body(zone, vectors):
    """Its volume, Euler's formula, and corners that no other lattice point is nearer to."""
    assert zone.volume == pytest.approx(abs(np.linalg.det(vectors)), rel=1e-9)
    assert len(zone.corners) - len(zone.edges) + len(zone.faces) == 2
    steps = np.stack(np.meshgrid(*[range(-3, 4)] * 3), axis=-1).reshape(-1, 3)
    lattice = steps @ vectors
    distance = np.linalg.norm(zone.corners[:, None] - lattice, axis=2)
    own = np.linalg.norm(zone.corners, axis=1)
    assert np.all(distance.min(axis=1) > own - 1e-9)
    assert np.all((distance < own[:, None] + 1e-6).sum(axis=1) >= 4), "a corner is as far from Γ as from three others"
    np.testing.assert_allclose(zone.reach(zone.corners), 1.0, rtol=1e-6)
    for face, normal in zip(zone.faces, zone.normals, strict=True):
        np.testing.assert_allclose(zone.corners[list(face)] @ normal, normal @ normal / 2, rtol=1e-6)


def test_cubic_silicon_has_the_truncated_octahedron_with_its_points_in_place():
    silicon = crystal("Si2", "Si")
    zone = average_zone(silicon)
    assert (len(zone.faces), len(zone.corners), len(zone.edges)) == (14, 24, 36)
    assert sorted(map(len, zone.faces)) == [4] * 6 + [6] * 8
    reduced = np.sort(np.abs(zone.corners * silicon.lattice_in_plane / (2 * np.pi)), axis=1)
    np.testing.assert_allclose(reduced, np.tile([0, 0.5, 1], (24, 1)), atol=1e-6)  # all are W
    centres = [zone.corners[list(face)].mean(axis=0) for face in zone.faces]
    for point in cartesian(silicon, "X", "Z", "L"):
        assert min(np.linalg.norm(centre - point) for centre in centres) < 1e-6
    np.testing.assert_allclose(zone.reach(cartesian(silicon, "G", "X", "Z", "K", "L")), [0, 1, 1, 1, 1], atol=1e-5)


@pytest.mark.parametrize("stack", STACKS)
def test_zones_of_strained_stacks(stack):
    sample = crystal(stack, "Si0.5Ge0.5")
    whole, folded = average_zone(sample), period_zone(sample)
    fcc = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]]) / 2 @ sample.average_cell
    check_body(whole, 2 * np.pi * np.linalg.inv(fcc).T)
    check_body(folded, 2 * np.pi * np.linalg.inv(sample.cell).T)
    assert whole.volume / folded.volume == pytest.approx(folded_points(sample), rel=1e-6)
    np.testing.assert_allclose(whole.reach(cartesian(sample, "X", "Z", "L")), 1.0, atol=1e-6)


def test_the_period_s_zone_is_a_prism_that_gets_flatter_as_the_period_grows():
    """Four planes times n: corners at X in the plane, 2/N of 2π/c̄ high."""
    for planes in (4, 8, 40):
        sample = crystal(f"Si{planes // 2}Ge{planes // 2}", "Si")
        zone = period_zone(sample)
        scale = np.array([sample.lattice_in_plane, sample.lattice_in_plane, sample.lattice_growth]) / (2 * np.pi)
        assert (len(zone.faces), len(zone.corners)) == (6, 8)
        corners = np.sort(np.abs(zone.corners * scale)[:, :2], axis=1)
        np.testing.assert_allclose(corners, np.tile([0, 1], (8, 1)), atol=1e-6)
        np.testing.assert_allclose(np.abs(zone.corners[:, 2]) * scale[2], 2 / planes, rtol=1e-6)


def test_a_cell_written_askew_has_the_same_zone():
    sample = crystal("Si4Ge4", "Si")
    cell = sample.cell.copy()
    cell[2] += 3 * cell[0] - 5 * cell[1]
    zone = wigner_seitz(2 * np.pi * np.linalg.inv(cell).T)
    assert len(zone.faces) == len(period_zone(sample).faces)
    assert np.abs(zone.corners).max() == pytest.approx(np.abs(period_zone(sample).corners).max(), rel=1e-6)


@pytest.mark.parametrize("kz", [0.0, 0.3, 0.5, 0.8, 1.0])
def test_how_much_of_a_cut_lies_inside(kz):
    """Of cubic silicon |kx| ≤ 1 and |kx| + kz ≤ 3/2 along Γ-X, in 2π/a."""
    silicon = Sample("Si2", "Si").crystal()
    unit = 2 * np.pi / silicon.lattice_in_plane
    low, high = average_zone(silicon).inside(np.array([-1, 0, kz]) * unit, np.array([1, 0, kz]) * unit)
    assert (2 * low - 1, 2 * high - 1) == pytest.approx((-min(1, 1.5 - kz), min(1, 1.5 - kz)), abs=1e-5)


def test_a_segment_that_misses_the_zone():
    zone = average_zone(Sample("Si2", "Si").crystal())
    assert zone.inside(np.array([-2.0, 0, 1.5]), np.array([2.0, 0, 1.5])) is None
    assert zone.inside(np.array([2.0, 0, 0]), np.array([3.0, 0, 0])) is None
    assert zone.inside(np.zeros(3), np.array([0.1, 0, 0])) == (0.0, 1.0)
