"""Order parameters: how likely walks from face to face arrive at an atom through atoms of its own kind."""

import numpy as np

from core.descriptors.tessellation import VoronoiFaces


def order_parameters(faces: VoronoiFaces, ge_fraction: np.ndarray) -> np.ndarray:
    """(atom, 3, 4) order parameters of 1st to 3rd order, each unbiased and biased along x, y, z.

    A walk n3 → n2 → n1 → i over Voronoi neighbours visits no atom twice (periodic images are different atoms). A step
    is weighted by the face it goes through, over all faces that are open to it: the first step may take any face, a
    later one any but the face it came through. With A the shared face area, T = ΣA of an atom and s the likeness,

        O1(i) = Σ s_1i A_1i / T_1
        O2(i) = Σ s_21 A_21 / T_2 · s_1i A_1i / (T_1 − A_21)
        O3(i) = Σ s_32 A_32 / T_3 · s_21 A_21 / (T_2 − A_32) · s_1i A_1i / (T_1 − A_21).

    Biased ones take A cos² in place of A. s is 1 for two atoms of one species and 0 for Si and Ge; between
    virtual-crystal atoms it is 1 − |x − x'|, so that a uniform alloy is ordered like a pure crystal.

    After Ward et al., Phys. Rev. B 96, 024104 (2017), in the direction (walks that arrive at the atom) and with the
    closed triangles left out as in the published CUANTAM/Crystal-Graph-Features. Two things differ there: its third
    order along c mixes b and c in one denominator, and in small cells an atom may be taken for its own image.

    Args:
        faces: of the crystal.
        ge_fraction: (atom,).
    """
    here, there = faces.centre, faces.neighbour
    like = 1.0 - np.abs(ge_fraction[here] - ge_fraction[there])
    area = faces.biased_area
    total = np.add.reduceat(area, faces.first, axis=0)
    open_here, open_there = total[here] - area, total[there] - area
    alike = like[:, None] * area

    # A step there → here that is the first of a walk and is followed by another; and the same face the other way.
    inward = alike / (total[there] * open_here)
    outward = alike / (total[here] * open_there)
    inward_sum = np.add.reduceat(inward, faces.first, axis=0)
    # Two steps that end there → here and are followed by another; and the same face the other way.
    second = alike / open_here * (inward_sum[there] - outward)
    second_back = alike / open_there * (inward_sum[here] - inward)
    second_sum = np.add.reduceat(second, faces.first, axis=0)

    order = np.empty((len(total), 3, 4))
    order[:, 0] = np.add.reduceat(alike / total[there], faces.first, axis=0)
    order[:, 1] = np.add.reduceat(alike * (inward_sum[there] - outward), faces.first, axis=0)
    order[:, 2] = np.add.reduceat(alike * (second_sum[there] - second_back), faces.first, axis=0)
    to_first, between, to_second = _triangles(faces).T  # walks that start where they end
    closed = alike[to_first] * (alike / open_here)[between] * outward[to_second]
    for bias in range(4):
        order[:, 2, bias] -= np.bincount(here[to_first], weights=closed[:, bias], minlength=len(total))
    return np.maximum(order, 0.0)  # differences of equal terms may leave −1e-19


def _triangles(faces: VoronoiFaces) -> np.ndarray:
    """(triangle, 3) faces i → n1, n1 → n2 and i → n2 of all ordered triangles of neighbours."""
    count = np.diff(np.append(faces.first, len(faces.centre)))
    pairs = count[faces.centre]
    one = np.repeat(np.arange(len(faces.centre)), pairs)
    rank = np.arange(len(one)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    two = faces.first[faces.centre[one]] + rank
    span = 4 * int(np.abs(faces.image).max()) + 3
    sought = _key(faces.neighbour[one], faces.neighbour[two], faces.image[two] - faces.image[one], len(count), span)
    keys = _key(faces.centre, faces.neighbour, faces.image, len(count), span)
    order = np.argsort(keys)
    place = np.minimum(np.searchsorted(keys, sought, sorter=order), len(keys) - 1)
    between = order[place]
    found = keys[between] == sought
    return np.column_stack([one, between, two])[found]


def _key(start: np.ndarray, end: np.ndarray, image: np.ndarray, atoms: int, span: int) -> np.ndarray:
    """One integer for a face: the atoms on either side and the translation, whose components lie within ± span/2."""
    digit = image + span // 2
    return (((start * atoms + end) * span + digit[:, 0]) * span + digit[:, 1]) * span + digit[:, 2]
