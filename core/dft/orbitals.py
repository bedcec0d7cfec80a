"""Atomic orbitals that bands are diagonalised in: s and p of gpaw-data, d of the project; needs GPAW.

The one d shell of gpaw-data's dzp leaves antibonding states 60 to 400 meV too high. Here it gives way to two, each
r² times a Gaussian that ends smoothly at a radius, which is how GPAW makes its polarisation functions (A. H. Larsen,
M. Vanin, J. J. Mortensen, K. S. Thygesen and K. W. Jacobsen, Phys. Rev. B 80, 195112 (2009)).
"""

from functools import cache

import numpy as np
from gpaw.atom.basis import QuasiGaussian
from gpaw.basis_data import Basis, BasisFunction

from core.dft.recipe import D_ORBITALS, SP_ORBITALS

_D = 2


@cache
def atomic_orbitals() -> dict[str, Basis]:
    """The orbitals of either element, as GPAW takes them."""
    return {symbol: _orbitals(symbol) for symbol in ("Si", "Ge")}


def _orbitals(symbol: str) -> Basis:
    published = Basis.find(symbol, SP_ORBITALS)
    step = float(published.rgd.r_g[1])
    kept = [function for function in published.bf_j if function.l < _D]
    added = [_d_gaussian(width, end, step) for width, end in D_ORBITALS]
    longest = max(len(function.phit_g) for function in kept + added)
    return Basis(
        symbol,
        f"{SP_ORBITALS}.two-d",
        rgd=type(published.rgd)(step, longest),
        bf_j=kept + added,
        generatordata="",
        generatorattrs=published.generatorattrs,
    )


def _d_gaussian(width: float, end: float, step: float) -> BasisFunction:
    """Normalised r² (exp(−r²/width²) − a + b r²), 0 with its slope at `end`; all in Bohr."""
    points = round(end / step)
    r = step * np.arange(points + 1)
    radial = r**_D * QuasiGaussian(1 / width**2, step * points)(r)
    radial[-1] = 0.0
    radial /= np.sqrt(step * (radial**2 * r**2).sum())
    return BasisFunction(None, _D, step * points, radial, f"d-type Gaussian polarization, {width} Bohr")
