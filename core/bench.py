"""The speed of the engines as ratios taken in one run: the exact one against LAPACK, the forward model against it.

Both run on one thread and on the same H(k): the engine from the crystal to the finished spectral functions, LAPACK
(`scipy.linalg.eigh`, all eigenvectors, matrices built beforehand) with nothing around it. The forward model goes from
the crystal to what Compose paints, the total and one atom's spectral function; all atoms' are timed beside it.
"""

import json
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy
from scipy.linalg import eigh
from threadpoolctl import threadpool_limits

from core.electronic.calculation import ENGINE_VERSION, BandCalculation, bare_matrices, calculate_bands, energy_zero
from core.electronic.kpath import KPath, build_path
from core.electronic.spectral import Broadening, EnergyGrid, covering_window, spectral_function
from core.experiment.calibration.steps import calibrate
from core.experiment.calibration.suggestion import suggested_steps
from core.forward.baseline import virtual_cut
from core.forward.model import predict, predict_cut, spectrum_model
from core.loop.loop import Loop, LoopSettings
from core.loop.search import SearchSettings
from core.reverse.cut import Cut
from core.reverse.inference import infer
from core.sessions.readings import kept_images
from core.structure.build import build_crystal
from core.structure.crystal import Crystal
from core.structure.stack import two_block
from core.structure.substrate import parse_substrate

MEASURED_FILE = Path(__file__).parent / "measured" / "bench.json"
FORWARD_SIZES = (8, 16, 32, 64, 128, 256, 512)
FORWARD_ROUNDS = 40
REVERSE_ROUNDS = 7
LOOP = LoopSettings(SearchSettings(seconds=np.inf), exact=False)
SIZES = {8: (9, 96), 16: (9, 96), 32: (3, 24), 64: (2, 8)}
"""Atoms of the SiₙGeₙ on Si: rounds, of which the best counts, and the k-points on which LAPACK is timed."""


def run_bench() -> dict:
    """Measure the exact engine; seconds serve the plot, the ratios are the figures.

    Returns:
        cost: a row a size with atoms, seconds, lapack_seconds (scaled to all k-points where it was timed on
        lapack_k_points of them), ratio, solve_seconds and broaden_seconds; exact_over_lapack_16_atoms;
        rebroaden_over_solve_16_atoms; fitted_exponent of seconds against atoms; forward with the exact time over the
        forward model's at 16 and 64 atoms, its fitted exponent and cost, and the time to load its weights; reverse with
        the time of `infer` over that of one predicted cut of the winning stack; loop with the seconds that one image
        takes from the networks' guess to its last fit, candidates side by side, and the cuts it takes;
        k_points; threads; versions; note.
    """
    energy_zero(False)
    with threadpool_limits(1):
        loading, _ = _timed(lambda: spectrum_model("path"))
        cost = [_cost(atoms, *rounds) for atoms, rounds in SIZES.items()]
        forward = [_forward_cost(atoms) for atoms in FORWARD_SIZES]
        reverse = _reverse_figures()
        loop = _loop_figures()
    sixteen = next(row for row in cost if row["atoms"] == 16)
    exponent = np.polyfit(np.log([row["atoms"] for row in cost]), np.log([row["seconds"] for row in cost]), 1)[0]
    return {
        "exact_over_lapack_16_atoms": sixteen["ratio"],
        "rebroaden_over_solve_16_atoms": _rounded(sixteen["broaden_seconds"] / sixteen["solve_seconds"]),
        "fitted_exponent": round(float(exponent), 2),
        "forward": _forward_figures(cost, forward, loading),
        "reverse": reverse,
        "loop": loop,
        "cost": cost,
        "k_points": len(_sample(2)[1]),
        "threads": 1,
        "versions": {
            "engine": ENGINE_VERSION,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
        "note": "SiₙGeₙ on Si, all k-points of the default path; best of interleaved rounds on one thread; LAPACK is "
        "scipy.linalg.eigh with eigenvectors, timed on evenly spread k-points (lapack_k_points) and scaled to all",
    }


def _forward_cost(atoms: int) -> dict:
    """Best times of the forward model: what is painted live, and the spectra of all atoms."""
    crystal, _ = _sample(atoms)

    def live() -> None:
        prediction = predict(crystal)
        prediction.total()
        prediction.atoms([0])

    seconds = min(_timed(live)[0] for _ in range(FORWARD_ROUNDS))
    every = min(_timed(lambda: predict(crystal).atoms())[0] for _ in range(FORWARD_ROUNDS // 4))
    return {"atoms": atoms, "seconds": _rounded(seconds), "all_atoms_seconds": _rounded(every)}


def _forward_figures(cost: list[dict], forward: list[dict], loading: float) -> dict:
    exact = {row["atoms"]: row["seconds"] for row in cost}
    fitted = np.polyfit(*np.log([[row["atoms"] for row in forward], [row["seconds"] for row in forward]]), 1)[0]
    ratios = {
        f"exact_over_{name}_{row['atoms']}_atoms": round(exact[row["atoms"]] / row[key])
        for row in forward
        for name, key in (("forward", "seconds"), ("forward_of_all", "all_atoms_seconds"))
        if row["atoms"] in exact and row["atoms"] >= 16
    }
    return ratios | {"fitted_exponent": round(float(fitted), 2), "loading_seconds": _rounded(loading), "cost": forward}


def _reverse_figures() -> dict:
    """Best times of reading one example image, and of predicting the cut of the stack that it finds, in turns."""
    image = kept_images("example-sharp")[0]
    cuts = [Cut(calibrate(image, suggested_steps(image)), "G-X")]
    infer(cuts)
    reading, predicting = [], []
    for _ in range(REVERSE_ROUNDS):
        virtual_cut.cache_clear()
        seconds, found = _timed(lambda: infer(cuts))
        reading.append(seconds)
        virtual_cut.cache_clear()
        best = found.candidates[0]
        predicting.append(_timed(lambda best=best: predict_cut(best.sample.crystal(), "G-X", 0.37).total())[0])
    return {
        "infer_over_forward": round(min(reading) / min(predicting), 1),
        "infer_seconds": _rounded(min(reading)),
        "forward_seconds": _rounded(min(predicting)),
    }


def _loop_figures() -> dict:
    """One example image through the loop, its k_z not known."""
    image = kept_images("example-sharp")[0]
    loop = Loop([Cut(calibrate(image, suggested_steps(image)), "G-X")], LOOP)
    seconds, _ = _timed(lambda: list(loop.steps()))
    return {
        "seconds": _rounded(seconds),
        "candidates": len(loop.search.judged),
        "forward_cuts": loop.last.predictions,
        "exact_cuts": loop.last.exact_cuts,
    }


def write_measured(figures: dict) -> None:
    """Keep the figures that the methods page shows."""
    MEASURED_FILE.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _sample(atoms: int) -> tuple[Crystal, KPath]:
    crystal = build_crystal(two_block(atoms // 2, atoms // 2), parse_substrate("Si"))
    return crystal, build_path(crystal)


def _cost(atoms: int, rounds: int, lapack_points: int) -> dict:
    """Best times of the engine and of LAPACK for one size, in turns so that both meet the same machine."""
    crystal, path = _sample(atoms)
    grid, broadening = EnergyGrid(), Broadening()
    window = covering_window(grid, broadening, path.step)
    matrices = bare_matrices(crystal, path)[np.linspace(0, len(path) - 1, lapack_points).round().astype(int)]
    solve, broaden, lapack = [], [], []
    for _ in range(rounds):
        seconds, calculation = _timed(lambda: calculate_bands(crystal, path, window=window, workers=1))
        solve.append(seconds)
        broaden.append(_timed(lambda found=calculation: _broadened(found, grid, broadening))[0])
        lapack.append(_timed(lambda: [eigh(matrix) for matrix in matrices])[0] * len(path) / lapack_points)
    seconds = min(np.add(solve, broaden))
    return {
        "atoms": atoms,
        "seconds": _rounded(seconds),
        "lapack_seconds": _rounded(min(lapack)),
        "ratio": _rounded(seconds / min(lapack)),
        "solve_seconds": _rounded(min(solve)),
        "broaden_seconds": _rounded(min(broaden)),
        "lapack_k_points": lapack_points,
    }


def _broadened(calculation: BandCalculation, grid: EnergyGrid, broadening: Broadening) -> np.ndarray:
    return spectral_function(calculation.bands, calculation.path.step, grid, broadening)


def _timed(work: Callable):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
