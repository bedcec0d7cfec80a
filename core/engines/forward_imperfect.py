"""The forward engine for imperfect samples: the predicted mean over configurations, with its error bar and domain."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from core.electronic.kpath import KPath
from core.electronic.result_files import common_dataset
from core.electronic.spectral import DEFAULT_SIGMA
from core.engines.forward import binned
from core.engines.protocol import DEFAULT_PATH_LINE, DEFAULT_PICTURE, Line, Picture
from core.errors import InputError
from core.forward.imperfect.domain import why_untrained
from core.forward.imperfect.model import (
    CONFIGURATIONS,
    MODEL_VERSION,
    WEIGHTS,
    ImperfectPrediction,
    predict_imperfect,
)
from core.forward.model import weights_in_force
from core.learning.weights import weights_sha256
from core.structure.crystal import Crystal
from core.structure.imperfect import ImperfectSample


@dataclass(frozen=True, eq=False)
class ImperfectForwardSpectra:
    """The predicted mean on the model's own energy axis, or on whole fractions of it.

    crystal: configuration 0, whose atoms share the mean of their plane: the model tells planes, not single atoms.
    """

    crystal: Crystal
    path: KPath
    prediction: ImperfectPrediction
    engine: str = "forward"
    spin_orbit: bool = False

    @property
    def imperfect(self) -> ImperfectSample:
        """What was predicted."""
        return self.prediction.imperfect

    @property
    def sample_label(self) -> str:
        """What was drawn, and how many of it."""
        number = self.prediction.configurations
        label = self.crystal.label.rpartition(", configuration")[0]
        return f"{label}, predicted mean of {number} configuration{'' if number == 1 else 's'}"

    def total(self, picture: Picture = DEFAULT_PICTURE) -> np.ndarray:
        """See `AtomicSpectra`."""
        return binned(self.prediction.total()[None], picture)[0]

    def atoms(self, indices: Sequence[int] | None = None, picture: Picture = DEFAULT_PICTURE) -> np.ndarray:
        """See `AtomicSpectra`; atoms of a plane have equal parts of its mean, empty sites none."""
        chosen = np.arange(len(self.crystal)) if indices is None else np.asarray(indices)
        planes = binned(self.prediction.planes(), picture)
        return self._part[chosen, None, None] * planes[self.crystal.plane[chosen]]

    def atom_error(self, atom: int) -> np.ndarray:
        """See `AtomicSpectra`: that atom's part of the error of its plane's mean."""
        return self._part[atom] * self.prediction.plane_error()[self.crystal.plane[atom]]

    def total_error(self) -> np.ndarray:
        """See `AtomicSpectra`."""
        return self.prediction.total_error()

    def dataset(self, picture: Picture = DEFAULT_PICTURE, by_shell: bool = False) -> xr.Dataset:
        """Predicted means: total, asf_plane, their 90 % error bars; asf of the atoms as parts of their planes."""
        if by_shell:
            raise InputError("The forward model does not tell orbitals apart; use the exact engine")
        data, found = common_dataset(self.crystal, self.path), self.prediction
        axes, unit = ("k", "energy"), {"units": "1/eV"}
        mean = f"predicted mean over {found.configurations} drawn configurations"
        half = unit | {"long_name": "half-width of the nominal 90 % error bar of the mean"}
        above = {"units": "eV", "long_name": "energy above the Si valence band maximum"}
        data["energy"] = ("energy", picture.grid.values, above)
        data["total"] = (axes, found.total(), unit | {"long_name": f"A(k,E), {mean}"})
        data["asf_plane"] = (("plane", *axes), found.planes(), unit | {"long_name": f"sum over a plane, {mean}"})
        data["total_error"] = (axes, found.total_error(), half)
        data["asf_plane_error"] = (("plane", *axes), found.plane_error().astype(np.float32), half)
        part = "equal parts of the mean of an atom's plane: the model does not tell atoms of a plane apart"
        data["asf"] = (("atom", *axes), self.atoms().astype(np.float32), unit | {"comment": part})
        data["plane_of_atom"] = ("atom", self.crystal.plane, {"comment": "in growth order, from 0"})
        data.attrs.update(
            title=f"Bandloom: {self.sample_label}",
            engine="forward",
            model="learned: what drawn atoms, vacancies and steps add to the virtual crystals of the forward model",
            imperfect_model_version=MODEL_VERSION,
            weights_sha256=weights_sha256(WEIGHTS),
            virtual_crystal_weights_sha256=weights_in_force()["path"],
            imperfections=json.dumps(self.imperfect.document(), ensure_ascii=False),
            configurations=found.configurations,
            broadening_sigma_eV=DEFAULT_SIGMA,
            smearing="adaptive",
            domain_score=found.score.value,
            in_domain=int(found.score.inside),
        )
        return data

    @cached_property
    def _part(self) -> np.ndarray:
        """(atom,) of its plane's mean."""
        there = (~self.crystal.vacant).astype(float)
        return there / np.bincount(self.crystal.plane, weights=there)[self.crystal.plane]


def imperfect_obstacle(
    imperfect: ImperfectSample,
    spin_orbit: bool = False,
    picture: Picture = DEFAULT_PICTURE,
    line: Line = DEFAULT_PATH_LINE,
) -> str:
    """What keeps the forward model from predicting an imperfect sample, in words; empty where it can."""
    if spin_orbit:
        return "the forward model was trained without spin-orbit coupling"
    if line != DEFAULT_PATH_LINE:
        return "the forward model knows imperfect samples on the standard path only"
    if abs(picture.broadening.sigma - DEFAULT_SIGMA) > 1e-9:
        return f"the forward model knows a broadening of {DEFAULT_SIGMA:.2f} eV only"
    if picture.shells is not None:
        return "the forward model does not tell orbitals apart"
    return why_untrained(imperfect)


def solve_imperfect(
    imperfect: ImperfectSample, crystal: Crystal | None = None, configurations: int = CONFIGURATIONS
) -> ImperfectForwardSpectra:
    """The predicted mean on the standard path; crystal: configuration 0 where it is at hand.

    Raises:
        InputError: the model was not trained on such samples, or their atoms do not come to rest.
    """
    crystal = crystal or imperfect.crystal()
    return ImperfectForwardSpectra(
        crystal, DEFAULT_PATH_LINE.sampled(crystal), predict_imperfect(imperfect, configurations)
    )
