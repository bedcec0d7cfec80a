"""Spectra of imperfect crystals, averaged over configurations of their atoms, with the spread between them."""

import json
from collections.abc import Callable

import numpy as np
import xarray as xr

from core.engines.exact import ExactEngine
from core.engines.protocol import DEFAULT_PATH_LINE, DEFAULT_PICTURE, Line, Picture
from core.errors import InputError
from core.structure.imperfect import ImperfectSample

MAX_CONFIGURATIONS = 64


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
    Means are taken at equal k in units of each configuration's average cell.

    progress: called with the fraction done after each configuration.

    Raises:
        InputError: the number of configurations is not accepted, or the engine cannot answer.
    """
    if isinstance(configurations, bool) or not 1 <= configurations <= MAX_CONFIGURATIONS:
        raise InputError(f"{configurations} configurations; 1 to {MAX_CONFIGURATIONS} are allowed")
    engine = ExactEngine()
    single = []
    for number in range(configurations):
        spectra = engine.solve(imperfect.crystal(number), line, spin_orbit, picture)
        single.append(spectra.dataset(picture))
        if progress is not None:
            progress((number + 1) / configurations)
    data = single[0] if configurations == 1 else _averaged(single, spectra.crystal.plane)
    data.attrs |= {
        "imperfections": json.dumps(imperfect.document(), ensure_ascii=False),
        "configurations": configurations,
        "relaxation": "Keating, all atoms in three dimensions, in-plane cell fixed, period along growth free",
    }
    return data


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
