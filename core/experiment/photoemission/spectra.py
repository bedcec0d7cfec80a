"""Spectra as a measurement would see them before its artefacts: cuts of a crystal at a broadened, bent k_z."""

import numpy as np

from core.electronic.spectral import EnergyGrid
from core.electronic.zone import folded_nodes
from core.engines import Engine, engine_named
from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.renderer import cut_end
from core.forward.edges import GAMMA, VALENCE_RANGE, outermost_peak
from core.forward.model import predict
from core.structure.crystal import Crystal

HALF_POINTS = 49


def cut_signal(
    crystal: Crystal, cut: str, state: FinalState, engine: str | Engine = "forward", farthest: float | None = None
) -> np.ndarray:
    """(k, energy) 1/eV on the outward half of a cut, at the k_z that a final state sees, by an engine or its name.

    farthest: 2π/c̄ between values of k_z, see `seen_momenta`.
    """
    nodes, weights = seen_momenta(crystal, cut, state, farthest)
    answering = engine_named(engine) if isinstance(engine, str) else engine
    pictures = answering.cut_totals(crystal, cut, nodes)
    return np.einsum("kn,nke->ke", weights.astype(np.float32), pictures.astype(np.float32))


def seen_momenta(
    crystal: Crystal, cut: str, state: FinalState, farthest: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """k_z (node,) in 2π/c̄ that a final state sees on the outward half of a cut, and their weights (k, node).

    farthest: 2π/c̄ between neighbouring values at most, which are then those that fold onto the fewest; NODES values
        that stand for their surroundings by default.
    """
    momentum = np.linspace(0.0, cut_end(cut, crystal.lattice_in_plane), HALF_POINTS)
    spacing = float(crystal.plane_spacing.mean())
    nodes, weights = state.sampling(momentum, spacing, farthest)
    if farthest is None or len(nodes) == 1:
        return nodes, weights
    nodes = folded_nodes(crystal, nodes[0], nodes[-1], farthest)
    return nodes, state.shares(momentum, spacing, nodes)


def predicted_vbm(crystal: Crystal) -> float:
    """Valence band maximum in eV, read from the forward model's total at Γ."""
    energy = EnergyGrid().values
    valence = (energy > VALENCE_RANGE[0]) & (energy < VALENCE_RANGE[1])
    return outermost_peak(predict(crystal).total()[GAMMA].mean(axis=0)[valence], energy[valence], rising=False)
