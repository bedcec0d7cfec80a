"""Lateral supercells: a crystal repeated in the plane, atoms in the place of mixed ones, defects and steps."""

import numpy as np

from core.structure.crystal import Crystal

_SAME_FRACTION = 1e-9
_ROUND_OFF = 1e-9


def lateral_supercell(crystal: Crystal, lateral: int) -> Crystal:
    """The crystal repeated `lateral` times along its first two lattice vectors.

    Atom i of the crystal becomes the atoms i·n² + p·n + q at p and q lattice vectors, n being `lateral`.
    """
    steps = np.stack(np.meshgrid(np.arange(lateral), np.arange(lateral), indexing="ij"), axis=-1).reshape(-1, 2)
    copies, grow = lateral**2, np.array([lateral, lateral, 1])[:, None]
    first, second = crystal.bond_atoms.T
    crossed = crystal.site[first] + crystal.bond_site - crystal.site[second]
    whole = np.round(np.linalg.solve(crystal.site_cell.T.astype(float), crossed.T).T).astype(int)
    landing = (steps + whole[:, None, :2]) % lateral
    start = first[:, None] * copies + np.arange(copies)
    end = second[:, None] * copies + landing[..., 0] * lateral + landing[..., 1]
    return Crystal(
        cell=crystal.cell * grow,
        positions=(crystal.positions[:, None] + steps @ crystal.cell[:2]).reshape(-1, 3),
        ge_fraction=np.repeat(crystal.ge_fraction, copies),
        site=(crystal.site[:, None] + steps @ crystal.site_cell[:2]).reshape(-1, 3),
        sublattice=np.repeat(crystal.sublattice, copies),
        site_cell=crystal.site_cell * grow,
        bond_atoms=np.column_stack([start.ravel(), end.ravel()]),
        bond_site=np.repeat(crystal.bond_site, copies, axis=0),
        bond_vector=np.repeat(crystal.bond_vector, copies, axis=0),
        label=crystal.label,
        notes=crystal.notes,
    )


def stepped_planes(planes: int, lateral: int, step: bool) -> np.ndarray:
    """(plane, lateral²) int: the plane of the stack that lies at each site, in the order of `lateral_supercell`.

    With a monolayer step the columns p < lateral/2 (half of the cell, or the smaller part of it) lie one plane higher,
    in every period; its edges run along [110].
    """
    raised = np.repeat(np.arange(lateral) < lateral // 2, lateral) if step else np.zeros(lateral**2, dtype=bool)
    return (np.arange(planes)[:, None] - raised) % planes


def random_atoms(ge_fractions: np.ndarray, plane: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(plane, site) 0 or 1: Si and Ge atoms at the sites of planes of given Ge fractions.

    Within a layer of equal Ge fraction, each choice of its sites is equally probable. A layer has the whole number of
    Ge atoms below or above its share; which of the two is drawn by systematic sampling along growth, so that the mean
    over seeds is each layer's share, and all layers up to any one of them are together less than an atom off.

    Args:
        ge_fractions: (plane,) after mixing, 0 to 1.
        plane: (plane, site) the plane of the stack at each site, from `stepped_planes`.
        random: generator.
    """
    changes = np.abs(np.diff(ge_fractions, prepend=ge_fractions[0])) > _SAME_FRACTION
    layer = np.cumsum(changes)[plane]
    share = np.bincount(layer.ravel(), weights=ge_fractions[plane].ravel())
    filled = np.floor(np.concatenate([[0.0], np.cumsum(share)]) + random.random() + _ROUND_OFF)
    atoms = np.zeros(plane.shape)
    for number, count in enumerate(np.diff(filled).astype(int)):
        sites = np.flatnonzero(layer == number)
        atoms.flat[random.permutation(sites)[:count]] = 1.0
    return atoms
