"""Voronoi cells: analytic lattices, closed cells that fill space, and an independent construction by half-spaces."""

from collections import Counter

import numpy as np
import pytest
from ase.geometry import minkowski_reduce

from core.descriptors.tessellation import MIN_FACE_AREA, SLAB, voronoi_faces
from core.errors import InputError
from tests.core.descriptors.samples import crystal_of, half_space_cell, relaxed, repeated

SHEAR = np.array([[1, 2, 0], [0, 1, 0], [1, -1, 1]])
"""Other vectors of the same lattice."""


def test_diamond():
    """Four hexagons of 3√3/16 a² before the bonds, twelve triangles of √2/64 a² before the second neighbours."""
    crystal = crystal_of("Si2")
    a = crystal.lattice_in_plane
    faces = voronoi_faces(crystal.cell, crystal.positions)
    for atom in range(2):
        own = faces.centre == atom
        assert faces.area[own] == pytest.approx([3 * np.sqrt(3) / 16 * a**2] * 4 + [np.sqrt(2) / 64 * a**2] * 12)
        assert faces.distance[own] == pytest.approx([np.sqrt(3) / 4 * a] * 4 + [np.sqrt(2) / 2 * a] * 12)
    assert faces.volume == pytest.approx(a**3 / 8)


@pytest.mark.parametrize(
    ("cell", "areas"),
    [
        (np.eye(3) * 3.0, [9.0] * 6),
        (np.diag([3.0, 3.0, 12.0]), [36.0] * 4 + [9.0] * 2),
        (2.0 * (1 - np.eye(3)), [2 * np.sqrt(2)] * 12),
        (2.0 * (np.ones((3, 3)) - 2 * np.eye(3)), [3 * np.sqrt(3)] * 8 + [2.0] * 6),
    ],
    ids=["cubic", "tall", "fcc", "bcc"],
)
@pytest.mark.parametrize("shear", [np.eye(3), SHEAR, SHEAR @ SHEAR.T], ids=["plain", "sheared", "twice"])
def test_atom_is_its_own_neighbour(cell, areas, shear):
    faces = voronoi_faces(shear @ cell, np.array([[7.0, -40.0, 0.3]]))
    assert np.all(faces.neighbour == 0)
    assert faces.image.any(axis=1).all()
    assert faces.area == pytest.approx(areas)
    assert faces.volume == pytest.approx(abs(np.linalg.det(cell)))


@pytest.mark.parametrize("name", ["SiGe_random_16", "Si4Ge4_on_Ge"])
def test_cells_are_closed_and_fill_the_crystal(name):
    crystal = relaxed(name)
    faces = voronoi_faces(crystal.cell, crystal.positions, min_area=0.0)
    push = faces.area[:, None] * faces.vector / faces.distance[:, None]
    assert np.abs(np.add.reduceat(push, faces.first, axis=0)).max() < 1e-9
    assert faces.volume.sum() == pytest.approx(abs(np.linalg.det(crystal.cell)), rel=1e-12)
    assert faces.direction_weight[:, 1:].sum(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("crystal", [crystal_of("Si3Ge3"), relaxed("SiGe_random_16")], ids=["sheared", "random"])
def test_images_lead_to_the_neighbours(crystal):
    faces = voronoi_faces(crystal.cell, crystal.positions)
    reduced = minkowski_reduce(crystal.cell)[0]
    home = np.linalg.solve(reduced.T, crystal.positions.T).T % 1.0 @ reduced
    assert home[faces.neighbour] + faces.image @ reduced - home[faces.centre] == pytest.approx(faces.vector, abs=1e-9)


def test_every_face_has_two_sides():
    crystal = relaxed("SiGe_random_16")
    faces = voronoi_faces(crystal.cell, crystal.positions)
    pairs = zip(faces.centre, faces.neighbour, map(tuple, faces.image), faces.area, strict=True)
    area = {(i, j, image): a for i, j, image, a in pairs}
    assert len(area) == len(faces.area)
    for (i, j, image), a in area.items():
        assert area[j, i, tuple(-n for n in image)] == pytest.approx(a, rel=1e-9)


@pytest.mark.parametrize("crystal", [crystal_of("Si4Ge4", "Ge"), relaxed("SiGe_random_16")], ids=["Si4Ge4", "random"])
def test_half_space_intersection_agrees(crystal):
    faces = voronoi_faces(crystal.cell, crystal.positions)
    for index in range(len(crystal)):
        neighbour, vector, area, volume = half_space_cell(crystal.cell, crystal.positions, index)
        kept = area >= MIN_FACE_AREA
        own = faces.centre == index
        assert faces.volume[index] == pytest.approx(volume, rel=1e-9)
        assert Counter(faces.neighbour[own]) == Counter(neighbour[kept])
        for v, a in zip(vector[kept], area[kept], strict=True):
            match = np.argmin(np.abs(faces.vector[own] - v).sum(axis=1))
            assert faces.vector[own][match] == pytest.approx(v, abs=1e-9)
            assert faces.area[own][match] == pytest.approx(a, abs=1e-7)


def test_slabs_of_a_long_crystal():
    def areas(faces):
        return faces.area[np.lexsort([faces.area, faces.centre])]

    crystal = crystal_of("Si4Ge4", "Ge")
    one = voronoi_faces(crystal.cell, crystal.positions)
    cell, positions, _ = repeated(crystal, 1, 1, 25)
    assert np.ptp(positions[:, 2]) > 2 * SLAB
    for axes in ([0, 1, 2], [2, 0, 1]):
        faces = voronoi_faces(cell[:, axes], positions[:, axes])
        assert np.abs(areas(faces) - np.tile(areas(one), 25)).max() < 1e-9
        assert np.abs(faces.volume - np.tile(one.volume, 25)).max() < 1e-9
        assert np.bincount(faces.neighbour).tolist() == np.tile(np.bincount(one.neighbour), 25).tolist()


def test_noise_opens_no_faces():
    """Third neighbours touch the cell of diamond in a point; noise opens slivers there, which are left out."""
    cell, positions, _ = repeated(crystal_of("Si8"), 2, 2, 1)
    noisy = positions + 1e-5 * np.random.default_rng(1).standard_normal(positions.shape)
    assert np.bincount(voronoi_faces(cell, noisy, min_area=1e-14).centre).max() > 16
    assert np.all(np.bincount(voronoi_faces(cell, noisy).centre) == 16)


@pytest.mark.parametrize(
    ("cell", "positions"),
    [
        (np.eye(3), np.zeros((0, 3))),
        (np.diag([5.0, 5.0, 0.0]), np.zeros((1, 3))),
        (np.eye(3) * 5.0, np.zeros((2, 3))),
        (np.eye(3) * 5.0, np.array([[0, 0, 0], [5.0, -5.0, 10.0]])),
        (np.eye(3) * 5.0, np.array([[np.nan, 0, 0]])),
        (np.diag([1.0, 1.0, 1e7]), np.zeros((1, 3))),
    ],
    ids=["empty", "flat", "coincide", "coincide in images", "not numbers", "vacuum"],
)
def test_refused(cell, positions):
    with pytest.raises(InputError, match=r"Voronoi cells"):
        voronoi_faces(cell, positions)
