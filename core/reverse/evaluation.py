"""How well the reverse model reads images of stacks, and with artefacts, that it was not trained on.

Test images come from the exact engine: sharp in k_z for the clean severity, broadened and bent for the realistic one.
Stacks are those of the forward model's test set whose composition profile is in no training sample.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from core.experiment.final_state import FinalState
from core.experiment.simulation import clean_artefacts, realistic_artefacts, simulate
from core.learning.dataset import generate, read_records
from core.learning.families import Sample, evaluation_set, profile_key
from core.reverse.candidates import in_library
from core.reverse.domain import domain_score
from core.reverse.inference import combined, looked_at
from core.reverse.model import Readings, reverse_model
from core.reverse.outside import KINDS
from core.reverse.signals import exact_signal, predicted_vbm
from core.reverse.single_atom import single_atom_scores
from core.reverse.standard import EV, KX
from core.reverse.training import (
    CUTS,
    FIGURES,
    OUTPUTS,
    SEVERITIES,
    Spectra,
    random_state,
    single_thread_pool,
    stack_figures,
)
from core.storage import cache_directory
from core.structure.stack import parse_stack

MEASURED_FILE = Path(__file__).parents[1] / "measured" / "reverse.json"
DRAWS = 2
"""Images of each stack and severity."""

SEED = 4096
DOMAIN_IMAGES, OUTSIDE_IMAGES = 100, 40


def evaluate_reverse(
    folder: Path | None = None, dataset: Path | None = None, report: Callable[[str], None] = lambda line: None
) -> dict:
    """The figures of the shipped reverse models on test images; exact spectra are computed where they are missing.

    Args:
        folder: of the reverse model's spectra, in the cache by default.
        dataset: of the forward model, in the cache by default.
        report: gets lines of progress.

    Returns:
        clean, realistic: one Γ-X cut at known k_z, by figure mae and coverage; …_kz_unknown; …_two_cuts: Γ-X and Γ-K;
        kz: errors of the inferred k_z; candidates: how often the true stack is among the first; domain: AUC by kind of
        other image; single_atom: R² by descriptor.
    """
    folder = folder or cache_directory() / "reverse"
    dataset = dataset or cache_directory() / "dataset"
    spectra = test_spectra(folder, report)
    figures: dict = {"stacks": len(test_samples()), "images": DRAWS * len(test_samples())}
    for severity in SEVERITIES:
        figures[severity] = figure_errors(severity, spectra)
        figures[f"{severity}_kz_unknown"] = figure_errors(severity, spectra, known_kz=False)
        figures[f"{severity}_two_cuts"] = figure_errors(severity, spectra, cuts=CUTS)
        figures.setdefault("kz", {})[severity] = kz_errors(severity, spectra)
        report(severity)
    figures["candidates"] = {severity: candidate_ranks(severity, spectra) for severity in SEVERITIES}
    report("candidates")
    figures["domain"] = domain_figures(spectra)
    report("domain")
    generate(dataset, 0, report=report, splits=("test",))
    figures["single_atom"] = single_atom_scores(list(read_records(dataset, "test")))
    return figures


def kz_errors(severity: str, spectra: dict) -> dict:
    """Absolute errors of k_z where it is inferred from one Γ-X cut, in 2π/c̄."""
    value, _, _ = estimates(severity, spectra, False, CUTS[:1])
    error = np.abs(value[:, OUTPUTS.index("kz")] - np.tile(spectra[severity, "G-X"].kz, DRAWS))
    return {"median": _rounded(np.median(error)), "p95": _rounded(np.quantile(error, 0.95))}


def candidate_ranks(severity: str, spectra: dict) -> dict:
    """How often the true stack is the first candidate, and among the first five, where the library has it."""
    images, _ = test_images(spectra[severity, "G-X"], severity, "G-X")
    samples = test_samples()
    tasks = [
        (images[i], samples[i % len(samples)].kz, profile_key(parse_stack(samples[i % len(samples)].stack)))
        for i in range(len(images))
        if in_library(parse_stack(samples[i % len(samples)].stack))
    ]
    with single_thread_pool() as pool:
        ranks = np.array(pool.map(_rank, tasks))
    return {"images": len(ranks), "first": _rounded((ranks == 0).mean()), "first_five": _rounded((ranks < 5).mean())}


def _rank(task: tuple[np.ndarray, float, str]) -> int:
    image, kz, true = task
    _, candidates = looked_at(reverse_model("G-X"), "G-X", image, kz)
    keys = list(dict.fromkeys(profile_key(parse_stack(candidate.stack)) for candidate in candidates))
    return keys.index(true) if true in keys else len(keys)


def domain_figures(spectra: dict) -> dict:
    """AUC of the domain score between test images and images of other things, and the share of each inside."""
    random = np.random.default_rng([SEED, 9])
    images = {}
    for severity in SEVERITIES:
        found, _ = test_images(spectra[severity, "G-X"], severity, "G-X")
        images[severity] = found[:DOMAIN_IMAGES]
    images |= {kind: np.stack([make(random) for _ in range(OUTSIDE_IMAGES)]) for kind, make in KINDS.items()}
    with single_thread_pool() as pool:
        score = {name: np.array(pool.map(_domain_score, list(part))) for name, part in images.items()}
    inside = np.concatenate([score[severity] for severity in SEVERITIES])
    auc = {
        kind: roc_auc_score(np.repeat([0, 1], [len(inside), len(score[kind])]), np.concatenate([inside, score[kind]]))
        for kind in KINDS
    }
    return {
        "auc": {kind: _rounded(value) for kind, value in auc.items()},
        "share_inside": {name: _rounded((values <= 1).mean()) for name, values in score.items()},
    }


def _domain_score(image: np.ndarray) -> float:
    model = reverse_model("G-X")
    return domain_score(model, looked_at(model, "G-X", image, None)[0])


def write_measured(figures: dict) -> None:
    """Keep the figures that the methods page shows."""
    MEASURED_FILE.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


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
    """Mean absolute error and coverage of the 90 % interval, of every figure."""
    value, half, _ = estimates(severity, spectra, known_kz, cuts)
    truth = np.tile(spectra[severity, cuts[0]].figures[:, : len(FIGURES)], (DRAWS, 1))
    error = np.abs(value[:, : len(FIGURES)] - truth)
    inside = error <= half[:, : len(FIGURES)]
    return {
        name: {"mae": _rounded(error[:, i].mean()), "coverage": _rounded(inside[:, i].mean())}
        for i, name in enumerate(FIGURES)
    }


def estimates(
    severity: str, spectra: dict, known_kz: bool, cuts: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray, list[Readings]]:
    """(image, output) values and half-widths, several cuts combined, and what each cut's model read."""
    found = []
    for cut in cuts:
        images, _ = test_images(spectra[severity, cut], severity, cut)
        kz = np.tile(spectra[severity, cut].kz, DRAWS)
        found.append(reverse_model(cut).read(images, kz, np.full(len(images), known_kz)))
    return *combined([(part.value, part.half) for part in found]), found


def _rounded(value) -> float:
    return round(float(value), 4)
