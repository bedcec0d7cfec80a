"""How well the reverse model reads images of stacks, and with artefacts, that it was not trained on.

Test images come from the exact engine: sharp in k_z for the clean severity, broadened and bent for the realistic one.
Stacks are those of the forward model's test set whose composition profile is in no training sample.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from core.experiment.photoemission.artefacts import clean_artefacts, realistic_artefacts
from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.renderer import simulate
from core.experiment.photoemission.spectra import cut_signal, predicted_vbm
from core.learning.dataset import generate, read_records
from core.learning.samples import DrawnSample, evaluation_set, profile_key, profile_number
from core.reverse.candidates import in_library
from core.reverse.cut import Cut
from core.reverse.domain import domain_score
from core.reverse.drawing import (
    CUTS,
    FIGURES,
    SEVERITIES,
    Spectra,
    check_spectra_folder,
    random_state,
    shares_of,
    single_thread_pool,
    stack_figures,
    states_of,
)
from core.reverse.inference import NORMAL_90, evidence_of, infer_images
from core.reverse.model import reverse_model
from core.reverse.outside import KINDS
from core.reverse.single_atom import single_atom_scores
from core.reverse.standard import EV, KX
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
        known, unknown, both = (
            interpretations(severity, spectra, *how) for how in ((True, CUTS[:1]), (False, CUTS[:1]), (True, CUTS))
        )
        figures[severity] = figure_errors(known, spectra[severity, "G-X"])
        figures[f"{severity}_kz_unknown"] = figure_errors(unknown, spectra[severity, "G-X"])
        figures[f"{severity}_two_cuts"] = figure_errors(both, spectra[severity, "G-X"])
        figures.setdefault("kz", {})[severity] = kz_errors(unknown, spectra[severity, "G-X"])
        figures.setdefault("candidates", {})[severity] = candidate_ranks(known)
        report(severity)
    figures["domain"] = domain_figures(spectra)
    report("domain")
    generate(dataset, 0, report=report, splits=("test",))
    figures["single_atom"] = single_atom_scores(list(read_records(dataset, "test")))
    return figures


@dataclass(frozen=True)
class Interpretation:
    """What `infer` says of one image: estimates and half-widths by output, and the candidates' profiles in order."""

    value: dict[str, float]
    half: dict[str, float]
    candidates: list[str]


def interpretations(severity: str, spectra: dict, known_kz: bool, cuts: tuple[str, ...]) -> list[Interpretation]:
    """Of all test images of a severity, those of several cuts of a sample together."""
    images = [test_images(spectra[severity, cut], severity, cut)[0] for cut in cuts]
    kz = np.tile(spectra[severity, cuts[0]].kz, DRAWS)
    tasks = [
        ([Cut(None, cut, float(kz[i]) if known_kz else None) for cut in cuts], [part[i] for part in images])
        for i in range(len(kz))
    ]
    with single_thread_pool() as pool:
        return pool.map(_interpreted, tasks, chunksize=8)


def _interpreted(task: tuple[list[Cut], list[np.ndarray]]) -> Interpretation:
    found = infer_images(*task)
    half = {name: NORMAL_90 * size for name, size in found.sizes.items()}
    keys = dict.fromkeys(profile_key(parse_stack(candidate.stack)) for candidate in found.candidates)
    return Interpretation(found.estimates | found.images[0].estimates, half, list(keys))


def kz_errors(found: list[Interpretation], spectra: Spectra) -> dict:
    """Absolute errors of k_z where it is inferred from one Γ-X cut, in 2π/c̄."""
    error = np.abs(np.array([one.value["kz"] for one in found]) - np.tile(spectra.kz, DRAWS))
    return {"median": _rounded(np.median(error)), "p95": _rounded(np.quantile(error, 0.95))}


def candidate_ranks(found: list[Interpretation]) -> dict:
    """How often the true stack is the first candidate, and among the first five, where the library has it."""
    places = []
    for one, sample in zip(found, test_samples() * DRAWS, strict=True):
        stack = parse_stack(sample.stack)
        if in_library(stack):
            key = profile_key(stack)
            places.append(one.candidates.index(key) if key in one.candidates else len(one.candidates))
    ranks = np.array(places)
    return {"images": len(ranks), "first": _rounded((ranks == 0).mean()), "first_five": _rounded((ranks < 5).mean())}


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
    return domain_score(model, *evidence_of(model, Cut(None, "G-X"), image))


def test_samples() -> list[DrawnSample]:
    """The stacks that test images are made of."""
    return [sample for sample in evaluation_set("test") if sample.family != "unseen_strains" and sample.kz is not None]


def test_spectra(folder: Path, report: Callable[[str], None]) -> dict[tuple[str, str], Spectra]:
    """Exact spectra by (severity, cut), computed once and kept in a folder.

    Raises:
        InputError: the folder's spectra were made from something else.
    """
    check_spectra_folder(folder)
    file, samples = folder / "test.npz", test_samples()
    if not file.exists():
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
    profile = np.array([profile_number(sample.stack) for sample in samples])
    return {
        (severity, cut): Spectra(signals[severity][:, i], lattice, vbm, kz, figures, profile)
        for severity in SEVERITIES
        for i, cut in enumerate(CUTS)
    }


def _exact_row(task: tuple[int, DrawnSample]) -> tuple:
    number, sample = task
    crystal = sample.crystal()
    states = (FinalState(sample.kz), random_state(np.random.default_rng([SEED, number]), sample.kz))
    signals = [
        np.stack([cut_signal(crystal, cut, state, "exact") for cut in CUTS]).astype(np.float16) for state in states
    ]
    return *signals, predicted_vbm(crystal), stack_figures(sample)


def test_images(spectra: Spectra, severity: str, cut: str) -> tuple[np.ndarray, list]:
    """(image, kx, eV) DRAWS standard images of each spectrum, draw by draw, and their artefacts."""
    random = np.random.default_rng([SEED, SEVERITIES.index(severity), CUTS.index(cut)])
    artefacts = []
    for _ in range(DRAWS):
        for vbm in spectra.vbm:
            artefacts.append(clean_artefacts(random) if severity == "clean" else realistic_artefacts(random, vbm))
    signal = np.tile(spectra.signal.astype(np.float32), (DRAWS, 1, 1))
    shares = np.tile(shares_of(spectra, cut), (DRAWS, 1, 1, 1))
    states, lattice = np.tile(states_of(spectra), (DRAWS, 1)), np.tile(spectra.lattice, DRAWS)
    return simulate(signal, lattice, cut, artefacts, KX, EV, shares=shares, states=states), artefacts


def figure_errors(found: list[Interpretation], spectra: Spectra) -> dict:
    """Mean absolute error and coverage of the 90 % interval, of every figure."""
    truth = np.tile(spectra.figures[:, : len(FIGURES)], (DRAWS, 1))
    value, half = (
        np.array([[getattr(one, kind)[name] for name in FIGURES] for one in found]) for kind in ("value", "half")
    )
    error = np.abs(value - truth)
    return {
        name: {"mae": _rounded(error[:, i].mean()), "coverage": _rounded((error <= half)[:, i].mean())}
        for i, name in enumerate(FIGURES)
    }


def _rounded(value) -> float:
    return round(float(value), 4)
