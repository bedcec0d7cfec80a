"""Brute-force Keating energy over explicit atoms, bonds and angles: the reference for the plane polynomial."""

from itertools import combinations

import numpy as np
from scipy.optimize import minimize

from core.structure.crystal import Crystal


class ExplicitKeating:
    """Energy (N/m Å²) and its gradient for a crystal's bond network, from pairs of bond vectors on every atom."""

    def __init__(self, crystal: Crystal, parameters):
        first, second = crystal.bond_atoms.T
        self.first, self.second = first, second
        x = crystal.ge_fraction
        alpha, beta = (v[0] + (v[1] - v[0]) * (x[first] + x[second]) / 2 for v in (parameters.alpha, parameters.beta))
        self.alpha, self.length = alpha, parameters.bond_natural_length(x[first], x[second])
        pairs = [
            pair
            for atom in range(len(crystal))
            for pair in combinations(np.flatnonzero((first if crystal.sublattice[atom] == 0 else second) == atom), 2)
        ]
        self.one, self.two = np.array(pairs).T
        self.beta = (beta[self.one] + beta[self.two]) / 2
        fractional = np.linalg.solve(crystal.cell.T, (crystal.positions[first] - crystal.positions[second]).T).T
        self.image = np.round(np.linalg.solve(crystal.cell.T, crystal.bond_vector.T).T + fractional)

    def of_vectors(self, vector):
        stretch = (vector**2).sum(axis=1) - self.length**2
        weight = 3 * self.alpha / (8 * self.length**2)
        product = self.length[self.one] * self.length[self.two]
        bend = (vector[self.one] * vector[self.two]).sum(axis=1) + product / 3
        stiffness = 3 * self.beta / (8 * product)
        gradient = (4 * weight * stretch)[:, None] * vector
        np.add.at(gradient, self.one, (2 * stiffness * bend)[:, None] * vector[self.two])
        np.add.at(gradient, self.two, (2 * stiffness * bend)[:, None] * vector[self.one])
        return (weight * stretch**2).sum() + (stiffness * bend**2).sum(), gradient

    def relax(self, crystal: Crystal, free_cell: bool = True):
        """Bond vectors (bond, 3) Å after relaxing all atoms and, if asked for, the cell."""
        atoms = len(crystal)

        def vectors(x):
            positions, cell = x[: 3 * atoms].reshape(-1, 3), x[3 * atoms :].reshape(3, 3)
            return positions[self.second] - positions[self.first] + self.image @ cell

        def objective(x):
            energy, pull = self.of_vectors(vectors(x))
            force = np.zeros((atoms, 3))
            np.add.at(force, self.second, pull)
            np.add.at(force, self.first, -pull)
            return energy, np.concatenate([force.ravel(), (self.image.T @ pull).ravel() * free_cell])

        start = np.concatenate([crystal.positions.ravel(), crystal.cell.ravel()])
        result = minimize(objective, start, jac=True, method="L-BFGS-B", options={"gtol": 1e-7, "maxiter": 5000})
        return vectors(result.x)
