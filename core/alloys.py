"""The gap of relaxed Si/Ge alloys: virtual crystal, random supercells and experiment in one table."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from core.electronic.hamiltonian import build_hamiltonian
from core.structure.crystal import Crystal
from core.structure.imperfect import ImperfectSample
from core.structure.sample import Sample
from core.validation import EXPERIMENT_FILE

MEASURED_FILE = Path(__file__).parent / "measured" / "alloys.json"
FRACTIONS = (0.25, 0.5, 0.75)
PLANES = 8
LATERAL = 3
CONFIGURATIONS = 4
SEED = 1

_DELTA = np.linspace(0.7, 1.0, 13)
"""In units of Γ-X; a minimum between two of them is missed by less than 1 meV."""


def alloy_table(
    fractions: Sequence[float] = FRACTIONS,
    planes: int = PLANES,
    lateral: int = LATERAL,
    configurations: int = CONFIGURATIONS,
    progress: Callable[[float], None] | None = None,
) -> dict:
    """Gaps between the valence edge (with spin-orbit coupling) and Δ, in eV, of alloys on their own lattice constant.

    A cubic alloy has the mean of its three Δ axes, which a small cell splits by accident: `virtual` and `random` are
    that mean, `random_std` the standard deviation over configurations, `random_lowest` the mean of the lowest of each.
    `experiment` is an exciton's energy, some 15 meV below the gap. `bowing` are b of
    E(x) = (1 − x) E(0) + x E(1) − b x (1 − x), by least squares between the same method's ends.

    Returns:
        ends {Si, Ge}, rows [{ge_fraction, virtual, random, random_std, random_lowest, experiment}], bowing {virtual,
        random, experiment}, and what was computed: planes, lateral, atoms, configurations, seed.
    """
    published = json.loads(EXPERIMENT_FILE.read_text(encoding="utf-8"))["SiGe"]["exciton_gap_eV"]
    ends = [delta_gaps(Sample(f"{species}2", species).crystal()).mean() for species in ("Si", "Ge")]
    rows = []
    for number, x in enumerate(fractions):
        alloy = f"Si{1 - x:g}Ge{x:g}"
        virtual = delta_gaps(Sample(f"({alloy})2", alloy).crystal()).mean()
        imperfect = ImperfectSample(Sample(f"({alloy}){planes}", alloy), lateral, SEED)
        gaps = np.empty((configurations, 3))
        for configuration in range(configurations):
            gaps[configuration] = delta_gaps(imperfect.crystal(configuration))
            if progress is not None:
                progress((number + (configuration + 1) / configurations) / len(fractions))
        rows.append(
            {
                "ge_fraction": x,
                "virtual": float(virtual),
                "random": float(gaps.mean()),
                "random_std": float(gaps.mean(axis=1).std(ddof=1)) if configurations > 1 else None,
                "random_lowest": float(gaps.min(axis=1).mean()),
                "experiment": float(np.polynomial.polynomial.polyval(x, published["coefficients"])),
            }
        )
    return {
        "ends": dict(zip(("Si", "Ge"), map(float, ends), strict=True)),
        "rows": rows,
        "bowing": {name: _bowing(ends, rows, name) for name in ("virtual", "random")}
        | {"experiment": published["coefficients"][2]},
        "experiment_source": published["source"],
        "planes": planes,
        "lateral": lateral,
        "atoms": planes * lateral**2,
        "configurations": configurations,
        "seed": SEED,
    }


def delta_gaps(crystal: Crystal) -> np.ndarray:
    """(3,) eV: from the valence edge at Γ to the lowest conduction state on Δ along [100], [010] and [001].

    The valence edge has spin-orbit coupling, which lifts it by a third of the split-off energy; the conduction states
    have none, which moves Δ by less than 1 meV.
    """
    plain, coupled = build_hamiltonian(crystal), build_hamiltonian(crystal, spin_orbit=True)
    top = np.linalg.eigvalsh(coupled.matrices(np.zeros(3))[0])[4 * len(crystal) - 1]
    lowest = [[np.linalg.eigvalsh(plain.matrices(k)[0])[2 * len(crystal)] for k in line] for line in _lines()]
    return np.min(lowest, axis=1) - top


def _lines() -> np.ndarray:
    """(axis, k, 3) in units of the average cell."""
    return np.eye(3)[:, None, :] * _DELTA[:, None]


def _bowing(ends: list, rows: list[dict], name: str) -> float:
    x = np.array([row["ge_fraction"] for row in rows])
    linear = (1 - x) * ends[0] + x * ends[1]
    bend = x * (1 - x)
    return float(bend @ (linear - [row[name] for row in rows]) / (bend @ bend))
