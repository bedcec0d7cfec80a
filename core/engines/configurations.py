"""Spectra of imperfect crystals, averaged over configurations of their atoms, with the spread between them."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from core.electronic.calculation import BandCalculation
from core.electronic.hamiltonian import PASSIVATION
from core.engines.exact import ExactEngine, ExactSpectra
from core.engines.protocol import DEFAULT_PATH_LINE, DEFAULT_PICTURE, Line, Picture
from core.errors import InputError
from core.structure.crystal import Crystal
from core.structure.imperfect import ImperfectSample

MAX_CONFIGURATIONS = 64


@dataclass(frozen=True, eq=False)
class ConfigurationSpectra(ExactSpectra):
    """Configurations of an imperfect sample: totals are their mean, atoms those of the first.

    imperfect: what was drawn. others: all configurations but the first; of their atoms, sums are enough.
    """

    imperfect: ImperfectSample | None = None
    others: tuple[BandCalculation, ...] = ()

    @property
    def sample_label(self) -> str:
        """What was drawn, and how many of it."""
        label = self.crystal.label.rpartition(", configuration")[0]
        return f"{label}, mean of {len(self.others) + 1} configurations" if self.others else self.crystal.label

    def totals(self, picture: Picture = DEFAULT_PICTURE) -> np.ndarray:
        """(configuration, k, energy) 1/eV."""
        others = [ExactSpectra(other).total(picture) for other in self.others]
        return np.stack([super().total(picture), *others])

    def total(self, picture: Picture = DEFAULT_PICTURE) -> np.ndarray:
        """See `AtomicSpectra`."""
        return self.totals(picture).mean(axis=0)

    def dataset(self, picture: Picture = DEFAULT_PICTURE, by_shell: bool = False) -> xr.Dataset:
        """See `AtomicSpectra`; of several configurations also `total_std` and `total_of`."""
        data = super().dataset(picture, by_shell)
        if self.others:
            totals, unit = self.totals(picture), {"units": "1/eV"}
            data["total"] = (("k", "energy"), totals.mean(axis=0), unit | {"comment": "mean over configurations"})
            data["total_std"] = (("k", "energy"), totals.std(axis=0, ddof=1), unit)
            data["total_of"] = (("configuration", "k", "energy"), totals, unit)
            data["asf"].attrs["comment"] = "atoms of configuration 0"
            data.attrs["title"] = f"Bandloom: {self.sample_label}"
        if self.imperfect:
            data.attrs |= _provenance(self.imperfect, len(self.others) + 1)
        return data


def configurations_dataset(
    imperfect: ImperfectSample,
    configurations: int = 1,
    line: Line = DEFAULT_PATH_LINE,
    spin_orbit: bool = False,
    picture: Picture = DEFAULT_PICTURE,
    progress: Callable[[float], None] | None = None,
) -> xr.Dataset:
    """Exact spectra of one configuration atom by atom, of several as means and standard deviations.

    Of several: `total` and `total_std` (k, energy), `asf_plane` and `asf_plane_std` (plane, k, energy), the sum over
    the atoms of a plane, Σ over planes = total; `total_of` (configuration, k, energy); positions, cells and species of
    every configuration. All in 1/eV a primitive cell, as for a stack: a perfect supercell gives what the stack gives.
    Means are taken at equal k in units of each configuration's average cell; `k_cartesian` is that of the first.
    `asf_environment` and `asf_environment_std` (environment, k, energy) are means and standard deviations over all
    atoms of one species and number of Ge neighbours, see `environments`, times lateral², as an atom of a stack has it.

    progress: called with the fraction done after each configuration.

    Raises:
        InputError: the number of configurations is not accepted, or the engine cannot answer.
    """
    check_configurations(configurations)
    engine = ExactEngine()
    single, crystals = [], []
    for number in range(configurations):
        crystals.append(imperfect.crystal(number))
        single.append(engine.solve(crystals[-1], line, spin_orbit, picture).dataset(picture))
        if progress is not None:
            progress((number + 1) / configurations)
    data = single[0]
    if configurations > 1:
        data = _averaged(single, crystals[0].plane)
        _add_environments(data, single, crystals, imperfect.lateral**2)
    data.attrs |= _provenance(imperfect, configurations)
    return data


def check_configurations(number: int = 1) -> None:
    """Refuse numbers of configurations that no mean is taken of.

    Raises:
        InputError: fewer than one, or more than MAX_CONFIGURATIONS.
    """
    if isinstance(number, bool) or not 1 <= number <= MAX_CONFIGURATIONS:
        raise InputError(f"{number} configurations; 1 to {MAX_CONFIGURATIONS} are allowed")


def _provenance(imperfect: ImperfectSample, configurations: int) -> dict:
    """Attributes that say what was drawn, and how it was treated."""
    said = {
        "imperfections": json.dumps(imperfect.document(), ensure_ascii=False),
        "configurations": configurations,
        "relaxation": "Keating, all atoms in three dimensions, in-plane cell fixed, period along growth free",
    }
    if imperfect.vacancies:
        treated = f"raised by {PASSIVATION:g} eV" if imperfect.dangling == "passivated" else "left as they are"
        said["dangling_bonds"] = f"{imperfect.dangling}: the sp3 hybrids towards a missing atom are {treated}"
    return said


def environments(crystal: Crystal) -> np.ndarray:
    """(atom,) text: species and number of Ge neighbours of every atom, `Si, 2 Ge neighbours`; `vacancy` by itself.

    An atom with a missing neighbour is `Si, next to a vacancy`, whatever the others are.
    """
    around = crystal.neighbours
    germanium = np.round(crystal.ge_fraction[around].sum(axis=1)).astype(int)
    words = [f"{count} Ge neighbour{'' if count == 1 else 's'}" for count in range(5)]
    beside = crystal.vacant[around].any(axis=1)
    where = ["next to a vacancy" if b else words[g] for b, g in zip(beside, germanium, strict=True)]
    named = zip(crystal.species, where, strict=True)
    return np.array([species if species == "vacancy" else f"{species}, {place}" for species, place in named])


def _add_environments(data: xr.Dataset, single: list[xr.Dataset], crystals: list[Crystal], copies: int) -> None:
    """Means and spreads of the atoms' spectra by environment over all configurations."""
    of_atom = np.concatenate([environments(crystal) for crystal in crystals])
    spectra = copies * np.concatenate([one["asf"].values for one in single])
    names, atoms = np.unique(of_atom[of_atom != "vacancy"], return_counts=True)
    axes, unit = ("environment", "k", "energy"), {"units": "1/eV"}
    for name, statistic in (("asf_environment", np.mean), ("asf_environment_std", np.std)):
        data[name] = (axes, np.stack([statistic(spectra[of_atom == one], axis=0) for one in names]), unit)
    data["environment"] = ("environment", list(names))
    data["environment_atoms"] = ("environment", atoms, {"comment": "atoms in all configurations"})


def _averaged(single: list[xr.Dataset], plane: np.ndarray) -> xr.Dataset:
    """Means and spreads over data sets of equal shape; `plane` (atom,) is the same in all."""
    first = single[0]
    data = first[["k_cartesian", "k_reduced", "energy"]].drop_vars("atom", errors="ignore")
    data.attrs = dict(first.attrs)
    shared = ("k", "energy")
    total = np.stack([one["total"].values for one in single])
    member = np.equal.outer(np.arange(plane.max() + 1), plane).astype(float)
    by_plane = np.stack([np.tensordot(member, one["asf"].values, axes=1) for one in single])
    unit = {"units": "1/eV"}
    data["total"] = (shared, total.mean(axis=0), unit | {"long_name": "A(k,E), mean over configurations"})
    data["total_std"] = (
        shared,
        total.std(axis=0, ddof=1),
        unit | {"long_name": "standard deviation over configurations"},
    )
    data["total_of"] = (("configuration", *shared), total, unit | {"long_name": "A(k,E) of each configuration"})
    data["asf_plane"] = (("plane", *shared), by_plane.mean(axis=0), unit | {"comment": "sum over the atoms of a plane"})
    data["asf_plane_std"] = (("plane", *shared), by_plane.std(axis=0, ddof=1), unit)
    for name in ("positions", "cell", "species", "ge_fraction"):
        values = np.stack([one[name].values for one in single])
        data[name] = (("configuration", *first[name].dims), values, first[name].attrs)
    data["plane_of_atom"] = ("atom", plane, {"comment": "in growth order, from 0"})
    data["configuration"] = ("configuration", np.arange(len(single)))
    label = first.attrs["structure"].rpartition(", configuration")[0]
    data.attrs |= {"structure": label, "title": f"Bandloom: {label}, mean of {len(single)} configurations"}
    data.attrs["notes"] = "; ".join(dict.fromkeys(one.attrs["notes"] for one in single if one.attrs["notes"]))
    for name in ("lattice_in_plane_angstrom", "lattice_growth_angstrom"):
        data.attrs[name] = float(np.mean([one.attrs[name] for one in single]))
    return data
