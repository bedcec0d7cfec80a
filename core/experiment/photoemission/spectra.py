"""Spectra as a measurement would see them before its artefacts: cuts of a crystal at a broadened, bent k_z."""

import numpy as np

from core.electronic.calculation import calculate_bands
from core.electronic.spectral import Broadening, EnergyGrid, total_spectral_function
from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.renderer import cut_end
from core.forward.edges import GAMMA, VALENCE_RANGE, outermost_peak
from core.forward.model import predict, predict_cuts
from core.learning.dataset import WINDOW, half_cut
from core.structure.crystal import Crystal

HALF_POINTS = 49


def predicted_signal(crystal: Crystal, cut: str, state: FinalState) -> np.ndarray:
    """(k, energy) 1/eV on the outward half of a cut, by the forward model."""
    momentum = np.linspace(0.0, cut_end(cut, crystal.lattice_in_plane), HALF_POINTS)
    nodes, weights = state.sampling(momentum, float(crystal.plane_spacing.mean()))
    pictures = predict_cuts(crystal, cut, nodes)
    return np.einsum("kn,nke->ke", weights.astype(np.float32), pictures)


def exact_signal(crystal: Crystal, cut: str, state: FinalState) -> np.ndarray:
    """(k, energy) 1/eV on the outward half of a cut, by the exact engine on one thread."""
    momentum = np.linspace(0.0, cut_end(cut, crystal.lattice_in_plane), HALF_POINTS)
    nodes, weights = state.sampling(momentum, float(crystal.plane_spacing.mean()))
    grid, broadening, pictures = EnergyGrid(), Broadening(), []
    for kz in nodes:
        path = half_cut(crystal, cut, float(kz))
        bands = calculate_bands(crystal, path, window=WINDOW, workers=1).bands
        pictures.append(total_spectral_function(bands, path.step, grid, broadening))
    return np.einsum("kn,nke->ke", weights, np.stack(pictures)).astype(np.float32)


def predicted_vbm(crystal: Crystal) -> float:
    """Valence band maximum in eV, read from the forward model's total at Γ."""
    energy = EnergyGrid().values
    valence = (energy > VALENCE_RANGE[0]) & (energy < VALENCE_RANGE[1])
    return outermost_peak(predict(crystal).total()[GAMMA].mean(axis=0)[valence], energy[valence], rising=False)
