"""Predictions as the same self-explaining data sets as exact results, with error bars and the domain score."""

import xarray as xr

from core.electronic.kpath import KPath
from core.electronic.result_files import add_spectra, common_dataset
from core.electronic.spectral import DEFAULT_SIGMA, EnergyGrid
from core.forward.model import MODEL_VERSION, Prediction, domain_score
from core.structure.crystal import Crystal


def prediction_dataset(crystal: Crystal, path: KPath, prediction: Prediction) -> xr.Dataset:
    """Data set of asf (atom, k, energy), total, total_error (k, energy) in 1/eV; `path` is that of the prediction."""
    data = common_dataset(crystal, path)
    add_spectra(data, prediction.atoms(), EnergyGrid())
    note = {"units": "1/eV", "long_name": "half-width of the nominal 90 % error bar of the total"}
    data["total_error"] = (("k", "energy"), prediction.total_error(), note)
    score = domain_score(crystal)
    data.attrs.update(
        engine="forward",
        model="learned from sp3d5s* tight binding: layers around an atom to its spectral function",
        forward_model_version=MODEL_VERSION,
        broadening_sigma_eV=DEFAULT_SIGMA,
        smearing="adaptive",
        domain_score=score.value,
        in_domain=int(score.inside),
    )
    return data
