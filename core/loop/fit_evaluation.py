"""How near the fit of a rendered image comes to the truth where the stack is known, and what an engine's error costs.

The networks' a∥ and Fermi level begin, the forward model's spectra follow, the exact engine's end. The images are those
of the exact engine, of stacks that no model was trained on, with every artefact of their severity.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.engines import Engine
from core.experiment.photoemission.artefacts import clean_artefacts, realistic_artefacts
from core.experiment.photoemission.background_states import background_states
from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.orbitals import orbital_shares
from core.experiment.photoemission.renderer import simulate
from core.experiment.photoemission.spectra import cut_signal, predicted_vbm
from core.learning.samples import DrawnSample
from core.loop.correction import fitted_exactly
from core.loop.expected import image_to_fit, lattice_expected
from core.loop.fit import Problem
from core.loop.pictures import KZ_STEP, NODES_AT_ONCE, Pictures
from core.reverse.cut import Cut
from core.reverse.drawing import SEVERITIES, random_state, single_thread_pool
from core.reverse.evaluation import SEED, test_samples
from core.reverse.inference import infer_images
from core.reverse.standard import EV, KX
from core.structure.crystal import Crystal

MEASURED_FILE = Path(__file__).parents[1] / "measured" / "fit.json"
IMAGES = 35
STEPS = 12
CUT = "G-X"


@dataclass(frozen=True)
class FitOutcome:
    """What one image gave.

    networks, forward, exact: errors of a∥ in Å. forward_error, exact_error: standard errors by the fits' own word.
    forward_chi, exact_chi: weighted squares a pixel. forward_cuts: NODES_AT_ONCE predicted pictures each. exact_cuts:
    one k_z at one a∥ each.
    """

    networks: float
    forward: float
    exact: float
    forward_error: float
    exact_error: float
    forward_chi: float
    exact_chi: float
    forward_cuts: float
    exact_cuts: int


def evaluate_fit(report: Callable[[str], None] = lambda line: None, images: int = IMAGES) -> dict:
    """Figures of fits at the true stack, one image a severity and stack, Γ-X at known k_z."""
    samples = test_samples()
    chosen = np.linspace(0, len(samples) - 1, images).round().astype(int).tolist()
    tasks = [(number, samples[number], severity) for number in chosen for severity in SEVERITIES]
    outcomes: dict[str, list[FitOutcome]] = {severity: [] for severity in SEVERITIES}
    with single_thread_pool() as pool:
        for number, (severity, outcome) in enumerate(pool.imap(_run, tasks), 1):
            outcomes[severity].append(outcome)
            if number % 10 == 0:
                report(f"fits: {number} of {len(tasks)}")
    return {"images": images} | {severity: _summary(rows) for severity, rows in outcomes.items()}


def _run(task: tuple[int, DrawnSample, str]) -> tuple[str, FitOutcome]:
    number, sample, severity = task
    return severity, fit_outcome(sample, simulated_image(sample, severity, number))


def simulated_image(
    sample: DrawnSample, severity: str, number: int, atoms: Crystal | None = None, engine: str | Engine = "exact"
) -> np.ndarray:
    """(kx, eV) counts of a sample by the exact engine, or another; everything random follows from `number`.

    atoms: an imperfect crystal of the sample, whose spectra take the place of the perfect one's. Both signs of k∥ show
        its outward half, as of domains turned by half a turn.
    """
    kz = float(sample.kz or 0.0)
    random = np.random.default_rng([SEED, SEVERITIES.index(severity), number])
    vbm = predicted_vbm(sample.crystal())
    crystal = sample.crystal() if atoms is None else atoms
    realistic = severity == "realistic"
    artefacts = realistic_artefacts(random, vbm) if realistic else clean_artefacts(random)
    state = random_state(random, kz) if realistic else FinalState(kz)
    composition, lattice = float(crystal.plane_ge_fraction.mean()), crystal.lattice_in_plane
    return simulate(
        cut_signal(crystal, CUT, state, engine, KZ_STEP)[None], np.array([lattice]), CUT, [artefacts], KX, EV,
        shares=orbital_shares(composition, lattice, CUT, kz)[None],
        states=background_states(np.array([composition]), np.array([lattice])),
    )[0]  # fmt: skip


def fit_outcome(sample: DrawnSample, image: np.ndarray) -> FitOutcome:
    """Networks, fit by the forward model, fit taken on by the exact engine.

    Args:
        sample: the truth: its stack, mixing and k_z are given to the fit.
        image: (kx, eV) standard image of it.
    """
    cut = Cut(None, CUT, float(sample.kz or 0.0))
    found = infer_images([cut], [image])
    lattice = found.estimates["lattice_in_plane"]
    target = image_to_fit(found.images[0], cut)
    pictures = Pictures("forward", (target.centre["kz"],))
    problem = Problem((target,), pictures, lattice_expected(found))
    first = problem.run(problem.start(sample.stack, sample.mixing, lattice), STEPS)
    last, work = fitted_exactly(problem, first)
    return FitOutcome(
        abs(lattice - sample.lattice), abs(first.state.lattice - sample.lattice),
        abs(last.state.lattice - sample.lattice), first.lattice_error, last.lattice_error, first.chi[0], last.chi[0],
        pictures.count / NODES_AT_ONCE, work.cuts,
    )  # fmt: skip


def _summary(rows: list[FitOutcome]) -> dict:
    column = {name: np.array([getattr(row, name) for row in rows]) for name in FitOutcome.__dataclass_fields__}
    found: dict = {
        name: {"mean": _rounded(column[name].mean()), "median": _rounded(np.median(column[name]))}
        for name in ("networks", "forward", "exact")
    }
    for name in ("forward", "exact"):
        found[name]["within_90"] = _rounded((column[name] <= 1.645 * column[f"{name}_error"]).mean())
        found[name]["chi"] = _rounded(np.median(column[f"{name}_chi"]))
        found[name]["cuts"] = _rounded(np.median(column[f"{name}_cuts"]))
    return found


def _rounded(value) -> float:
    return round(float(value), 4)
