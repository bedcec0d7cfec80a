"""How well the reverse model reads images of stacks, and with artefacts, that it was not trained on.

Test images come from the exact engine: sharp in k_z for the clean severity, broadened and bent for the realistic one.
Stacks are those of the forward model's test set whose composition profile is in no training sample.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.experiment.final_state import FinalState
from core.experiment.simulation import clean_artefacts, realistic_artefacts, simulate
from core.learning.families import Sample, evaluation_set
from core.reverse.model import reverse_model
from core.reverse.signals import exact_signal, predicted_vbm
from core.reverse.standard import EV, KX
from core.reverse.targets import QUANTITIES
from core.reverse.training import CUTS, SEVERITIES, Spectra, random_state, single_thread_pool, stack_figures

MEASURED_FILE = Path(__file__).parents[1] / "measured" / "reverse.json"
DRAWS = 2
"""Images of each stack and severity."""

SEED = 4096


def test_samples() -> list[Sample]:
    """The stacks that test images are made of."""
    return [sample for sample in evaluation_set("test") if sample.family != "unseen_strains" and sample.kz is not None]


def test_spectra(folder: Path, report: Callable[[str], None]) -> dict[tuple[str, str], Spectra]:
    """Exact spectra by (severity, cut), computed once and kept in a folder."""
    file, samples = folder / "test.npz", test_samples()
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        rows = []
        with single_thread_pool() as pool:
            for number, row in enumerate(pool.imap(_exact_row, list(enumerate(samples))), 1):
                rows.append(row)
                if number % 20 == 0:
                    report(f"test spectra: {number} of {len(samples)} stacks")
        columns = [np.stack(column) for column in zip(*rows, strict=True)]
        partial = file.with_suffix(".part.npz")
        np.savez(partial, **dict(zip(("clean", "realistic", "vbm", "figures"), columns, strict=True)))
        partial.rename(file)
    with np.load(file, allow_pickle=False) as found:
        signals = {severity: found[severity] for severity in SEVERITIES}
        vbm, figures = found["vbm"], found["figures"]
    lattice, kz = (np.array([getattr(sample, name) for sample in samples]) for name in ("lattice", "kz"))
    return {
        (severity, cut): Spectra(signals[severity][:, i], lattice, vbm, kz, figures, np.arange(len(samples)))
        for severity in SEVERITIES
        for i, cut in enumerate(CUTS)
    }


def _exact_row(task: tuple[int, Sample]) -> tuple:
    number, sample = task
    crystal = sample.crystal()
    states = (FinalState(sample.kz), random_state(np.random.default_rng([SEED, number]), sample.kz))
    signals = [np.stack([exact_signal(crystal, cut, state) for cut in CUTS]).astype(np.float16) for state in states]
    return *signals, predicted_vbm(crystal), stack_figures(sample)


def test_images(spectra: Spectra, severity: str, cut: str) -> tuple[np.ndarray, list]:
    """(image, kx, eV) DRAWS standard images of each spectrum, draw by draw, and their artefacts."""
    random = np.random.default_rng([SEED, SEVERITIES.index(severity), CUTS.index(cut)])
    artefacts = []
    for _ in range(DRAWS):
        for vbm in spectra.vbm:
            artefacts.append(clean_artefacts(random) if severity == "clean" else realistic_artefacts(random, vbm))
    signal = np.tile(spectra.signal.astype(np.float32), (DRAWS, 1, 1))
    return simulate(signal, np.tile(spectra.lattice, DRAWS), cut, artefacts, KX, EV), artefacts


def figure_errors(severity: str, spectra: dict, known_kz: bool = True, cuts: tuple[str, ...] = CUTS[:1]) -> dict:
    """Mean absolute error and coverage of every quantity."""
    value, half = estimates(severity, spectra, known_kz, cuts)
    truth = np.tile(spectra[severity, cuts[0]].figures[:, : len(QUANTITIES)], (DRAWS, 1))
    error = np.abs(value[:, : len(QUANTITIES)] - truth)
    inside = error <= half[:, : len(QUANTITIES)]
    return {
        name: {"mae": _rounded(error[:, i].mean()), "coverage": _rounded(inside[:, i].mean())}
        for i, name in enumerate(QUANTITIES)
    }


def estimates(severity: str, spectra: dict, known_kz: bool, cuts: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(image, output) values and half-widths; several cuts are combined."""
    from core.reverse.inference import combined

    found = []
    for cut in cuts:
        images, _ = test_images(spectra[severity, cut], severity, cut)
        model = reverse_model(cut)
        kz = np.tile(spectra[severity, cut].kz, DRAWS)
        found.append(model.estimate(model.inputs(images, kz, np.full(len(images), known_kz))))
    return combined(found)


def _rounded(value) -> float:
    return round(float(value), 4)
