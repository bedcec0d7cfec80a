"""Normal equations of images and smooth fields, without the Jacobian of all pixels by all unknowns.

A field's derivative is an image times a bump along k times one along E. Sums over pixels of products of two such are
small matrix products, whatever the number of pixels.
"""

import numpy as np

from core.loop.render import BLOCKS, Block
from core.reverse.standard import EV, KX


def assembled(
    own: np.ndarray, on: dict[str, np.ndarray], weight: np.ndarray, residual: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Curvature JᵀWJ and gradient JᵀWr of images `own` (n, kx, eV) followed by the fields of BLOCKS."""
    blocks = list(BLOCKS.values())
    sizes = [len(own), *(block.shape[0] * block.shape[1] for block in blocks)]
    ends = np.cumsum(sizes)
    place = [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)]
    curvature, gradient = np.zeros((ends[-1], ends[-1])), np.zeros(ends[-1])
    weighted = own * weight
    flat = own.reshape(len(own), -1)
    curvature[place[0], place[0]] = weighted.reshape(len(own), -1) @ flat.T
    gradient[place[0]] = weighted.reshape(len(own), -1) @ residual.ravel()
    for i, block in enumerate(blocks, 1):
        image = on[block.on]
        mixed = _projected(weighted * image, block)
        curvature[place[0], place[i]] = mixed
        curvature[place[i], place[0]] = mixed.T
        gradient[place[i]] = _projected((weight * residual * image)[None], block)[0]
        for j in range(i, len(blocks) + 1):
            other = blocks[j - 1]
            found = _crossed(weight * image * on[other.on], block, other)
            curvature[place[i], place[j]] = found
            if j > i:
                curvature[place[j], place[i]] = found.T
    return curvature, gradient


def projected(own: np.ndarray, on: dict[str, np.ndarray], weighted: np.ndarray) -> np.ndarray:
    """Gradient JᵀWr alone, from a weighted residual (kx, eV)."""
    parts = [own.reshape(len(own), -1) @ weighted.ravel()]
    parts += [_projected((weighted * on[block.on])[None], block)[0] for block in BLOCKS.values()]
    return np.concatenate(parts)


def _projected(images: np.ndarray, block: Block) -> np.ndarray:
    """(image, coefficient) sums of images (image, kx, eV) over the bumps of a block."""
    return (block.along_k.T @ images @ block.along_e).reshape(len(images), -1)


def _crossed(image: np.ndarray, one: Block, two: Block) -> np.ndarray:
    """(coefficient of one, of two) sums of an image (kx, eV) over products of bumps."""
    (a, b), (c, d) = one.shape, two.shape
    if a == len(KX) or c == len(KX):  # single columns: one bump each
        first = image @ (one.along_e[:, :, None] * two.along_e[:, None, :]).reshape(len(EV), -1)
        first = first.reshape(len(KX), b, d)
        if a == len(KX) and c == len(KX):
            return np.diag(first[:, 0, 0])
        if a == len(KX):
            return (two.along_k[:, :, None] * first[:, 0][:, None, :]).reshape(a, c * d)
        return (one.along_k[:, :, None] * first[:, :, 0][:, None, :]).reshape(c, a * b).T
    left = (one.along_k[:, :, None] * two.along_k[:, None, :]).reshape(len(KX), -1).T @ image
    if b == len(EV) or d == len(EV):  # single rows
        left = left.reshape(a, c, len(EV))
        if b == len(EV) and d == len(EV):
            return np.diag(left[0, 0])
        if b == len(EV):
            return np.einsum("ce,ed->ecd", left[0], two.along_e).reshape(b, c * d)
        return np.einsum("ae,eb->abe", left[:, 0], one.along_e).reshape(a * b, d)
    pairs = (one.along_e[:, :, None] * two.along_e[:, None, :]).reshape(len(EV), -1)
    return (left @ pairs).reshape(a, c, b, d).transpose(0, 2, 1, 3).reshape(a * b, c * d)
