"""Order parameters: every walk taken one by one, limits, and the values printed with the published code."""

import numpy as np
import pytest

from core.descriptors.order import order_parameters
from core.descriptors.tessellation import voronoi_faces
from core.structure.build import crystal_of_planes
from tests.core.descriptors.samples import crystal_of, relaxed, repeated


def orders(crystal):
    return order_parameters(voronoi_faces(crystal.cell, crystal.positions), crystal.ge_fraction)


def enumerated(crystal, atom, mixed=False):
    """(3, 4): all walks of one to three steps that arrive at an atom, on the infinite crystal.

    mixed: as the published code does, take b in the last denominator of the third order along c.
    """
    faces = voronoi_faces(crystal.cell, crystal.positions)
    rows = list(zip(faces.neighbour, faces.image, faces.biased_area, strict=True))
    total = np.add.reduceat(faces.biased_area, faces.first, axis=0)

    def around(site):
        for face in np.flatnonzero(faces.centre == site[0]):
            neighbour, image, area = rows[face]
            yield (neighbour, *(np.array(site[1:]) + image)), area

    def like(one, two):
        return 1.0 - abs(crystal.ge_fraction[one[0]] - crystal.ge_fraction[two[0]])

    order = np.zeros((3, 4))
    end = (atom, 0, 0, 0)
    for n1, a1 in around(end):
        s1 = like(n1, end)
        order[0] += s1 * a1 / total[n1[0]]
        for n2, a2 in around(n1):
            if n2 == end or not (s2 := s1 * like(n2, n1)):
                continue
            last = s2 * a1 / (total[n1[0]] - a2)
            order[1] += a2 / total[n2[0]] * last
            for n3, a3 in around(n2):
                if n3 not in (end, n1):
                    last = s2 * a1 / (total[n1[0]] - (a2[[0, 1, 2, 2]] if mixed else a2))
                    order[2] += like(n3, n2) * a3 / total[n3[0]] * a2 / (total[n2[0]] - a3) * last
    return order


@pytest.mark.parametrize(
    ("crystal", "atoms"),
    [
        (crystal_of("Si4Ge4"), (0, 1, 5)),
        (crystal_of("Si2Ge2", "Si0.5Ge0.5", 0.8), (0, 3)),
        (relaxed("SiGe_random_16"), (3, 9)),
    ],
    ids=["superlattice", "virtual crystal", "random"],
)
def test_walks_one_by_one(crystal, atoms):
    order = orders(crystal)
    for atom in atoms:
        assert order[atom] == pytest.approx(enumerated(crystal, atom), rel=1e-11)


def test_bulk():
    """All steps are open to a walk of two steps in bulk; a walk of three cannot come back through a triangle."""
    for crystal in (crystal_of("Ge2", "Ge"), crystal_of("(Si0.3Ge0.7)2")):
        order = orders(crystal)
        assert order[:, :2] == pytest.approx(1.0)
        assert np.all((order[:, 2] > 0.95) & (order[:, 2] < 0.99))


def test_lone_atom_and_pair():
    cell, positions, fraction = repeated(crystal_of("Si4"), 3, 3, 1)
    faces = voronoi_faces(cell, positions)
    fraction[0] = 1.0
    assert np.all(order_parameters(faces, fraction)[0] == 0.0)
    fraction[faces.neighbour[0]] = 1.0
    order = order_parameters(faces, fraction)[0]
    assert order[0, 0] == pytest.approx(faces.area[0] / faces.area[faces.centre == 0].sum())
    assert np.all((order[1:] >= 0.0) & (order[1:] < 1e-15))


def test_silicon_and_germanium_are_alike():
    """The species enter only as same or other."""
    fraction = np.array([0.0, 0.0, 1.0, 0.0, 1.0, 1.0])
    spacing = np.full(6, 1.38)
    one, other = (orders(crystal_of_planes(x, spacing, 5.5)) for x in (fraction, 1.0 - fraction))
    assert one == pytest.approx(other, rel=1e-12)


PUBLISHED = {
    "outer Si": (0, [[0.568, 0.568, 0.505], [0.503, 0.503, 0.460], [0.384, 0.384, 0.297]]),
    "inner Si": (1, [[0.957, 0.957, 0.910], [0.680, 0.680, 0.555], [0.462, 0.462, 0.350]]),
    "outer Ge": (8, [[0.553, 0.553, 0.495], [0.479, 0.479, 0.469], [0.383, 0.383, 0.310]]),
    "inner Ge": (9, [[0.977, 0.977, 0.951], [0.729, 0.729, 0.596], [0.503, 0.503, 0.368]]),
}
"""Si4Ge4 on Si along a, b, c as printed, to three digits, in Order_Parameters.ipynb of CUANTAM/Crystal-Graph-Features;
its third order along c has an area along b in one denominator."""


@pytest.mark.parametrize("kind", PUBLISHED)
def test_published_values(kind):
    atom, published = PUBLISHED[kind]
    crystal = relaxed("Si4Ge4_on_Si")
    ours = orders(crystal)[atom, :, 1:].ravel()
    assert ours[:8] == pytest.approx(np.ravel(published)[:8], abs=6e-4)
    assert enumerated(crystal, atom, mixed=True)[2, 3] == pytest.approx(published[2][2], abs=6e-4)
