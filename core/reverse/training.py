"""Training of the reverse model: simulated images → networks, error sizes, intervals and the domain."""

import platform
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.spectra import cut_signal, predicted_vbm
from core.forward.model import weights_in_force
from core.learning.convolution import ConvolutionalNetwork, with_measured
from core.learning.network import Network
from core.learning.provenance import made_with, plan_sha256
from core.learning.samples import evaluation_set, held_back, profile_number
from core.learning.training.convolutional import ConvolutionSettings, fit_convolutional
from core.learning.training.dense import fit_network
from core.learning.training.pytorch import torch_module
from core.learning.weights import save_weights
from core.reverse.candidates import CORRELATIONS
from core.reverse.cut import Cut
from core.reverse.drawing import (
    OUTPUTS,
    SEVERITIES,
    Spectra,
    draw_images,
    exact_spectra,
    joined,
    load_signals,
    make_signals,
    random_state,
    single_thread_pool,
    stack_figures,
)
from core.reverse.inference import evidence_of
from core.reverse.model import ReverseModel, kz_marks, weights_file
from core.reverse.outside import KINDS, LEARNED
from core.reverse.quantities import LOCAL_QUANTITIES
from core.reverse.training_images import CHUNK, Drawn, Source, draw_for_training

KZ_KNOWN = 0.7
"""Share of training images whose k_z is told."""

DOMAIN_IMAGES = 300
DOMAIN_TRIED = 4
DOMAIN_SURE = 0.97
"""The limit of the domain lies half way between what so many simulated images of Si/Ge stacks exceed and what so many
images of other things stay below: measured images are explained less well than simulated ones."""

TYPICAL_IMAGES, TYPICAL_COMPONENTS = 8192, 64
HELD_BACK = 12
"""One composition profile in so many is kept from the networks, for the size of their errors."""

COVERED = 0.92
"""Share of validation images that 90 % intervals hold: the broadened ones are the forward model's, and exact ones are a
little harder."""

KZ = OUTPUTS.index("kz")


@dataclass(frozen=True)
class ReverseSettings:
    """What a training run is made of.

    stacks, bulk: with predicted spectra; bulk has no interfaces. repeats: images of each spectrum in clean and in
    realistic severity. first_share: one image in so many teaches the network that finds the Fermi level. first,
    second: the networks.
    """

    stacks: int = 20000
    bulk: int = 1500
    repeats: tuple[int, int] = (3, 7)
    first_share: int = 2
    first: ConvolutionSettings = ConvolutionSettings(channels=(12, 24, 32), hidden=(128,), epochs=5)
    second: ConvolutionSettings = ConvolutionSettings()
    seed: int = 0


SETTINGS = {
    "G-X": ReverseSettings(),
    "G-K": ReverseSettings(repeats=(2, 5), second=ConvolutionSettings(epochs=9)),
}
"""Of a training from scratch; Γ-K serves beside Γ-X."""

GOING_ON = {
    cut: replace(
        settings,
        first=replace(settings.first, epochs=2, rate=1e-3),
        second=replace(settings.second, epochs=epochs, rate=1e-3),
        seed=20,
    )
    for (cut, settings), epochs in zip(SETTINGS.items(), (5, 4), strict=True)
}
"""Of a training that goes on from shipped weights with other images."""

WEIGHTS = {
    "lattice_in_plane": 4.0,
    "strain_silicon": 0.2,
    "ge_fraction": 3.0,
    "interfacial_fraction": 2.0,
    "bond_length_si_si": 2.0,
    "bond_length_si_ge": 2.0,
    "bond_length_ge_ge": 2.0,
    "period": 0.3,
    "fermi_level": 2.0,
    "kz": 2.0,
    "k_stretch": 0.3,
    **dict.fromkeys(LOCAL_QUANTITIES, 0.4),
    **dict.fromkeys(CORRELATIONS, 0.2),
}
"""Weights of targets in units of their spread, 1 where not named: what can be known well counts more."""


def train_reverse(
    folder: Path,
    dataset: Path,
    cut: str,
    out: Path | None = None,
    settings: ReverseSettings | None = None,
    report: Callable[[str], None] = print,
    before: ReverseModel | None = None,
) -> dict:
    """Train the model of one cut and write its weights and model card; returns the card.

    Args:
        folder: of predicted spectra, made where they are missing; images lie in `scratch-CUT` in it while they are
            learned from.
        dataset: of the forward model, for exact cuts of training and validation stacks.
        cut: `G-X` or `G-K`.
        out: weights file, that of the project by default.
        settings: size and length of the training, those of SETTINGS or GOING_ON by default.
        report: gets lines of progress.
        before: a model to go on from.

    Raises:
        InputError: PyTorch is not installed.
    """
    torch_module()
    settings, start = settings or (SETTINGS if before is None else GOING_ON)[cut], time.monotonic()
    out = out or weights_file(cut)
    say = lambda text: report(f"{time.monotonic() - start:6.0f} s  {text}")  # noqa: E731
    make_signals(folder, settings.stacks, say)
    make_signals(folder, settings.bulk, say, "bulk")
    predicted = load_signals(folder, settings.stacks, cut, report=say)
    bulk = load_signals(folder, settings.bulk, cut, "bulk", say)
    exact = exact_spectra(folder, dataset, "train", cut, say)
    scratch = folder / f"scratch-{cut}"
    parts = {name: joined([predicted[name], exact, bulk[name]]) for name in SEVERITIES}
    used, held_back_ones = split_sources(parts, scratch, dict(zip(SEVERITIES, settings.repeats, strict=True)))
    del predicted, bulk, exact, parts
    images = draw_for_training(used, cut, settings.seed + 1, scratch, settings.first_share)
    say(f"{len(images.second)} images")
    level = images.level[:, None].astype(np.float32)
    unknown = lambda chosen, random: kz_marks(np.zeros(len(chosen)), np.zeros(len(chosen)))  # noqa: E731
    first = fit_convolutional(
        images.first, unknown, level, np.ones(1), settings.first,
        lambda epoch, loss: say(f"first network: epoch {epoch + 1}, mean error {loss:.4f} eV"), mirrored=True,
        start=before and before.first,
    )  # fmt: skip
    centre, spread = images.targets.mean(axis=0), np.maximum(images.targets.std(axis=0), 1e-6)
    if before is not None:
        centre, spread = before.centre, before.spread
    weight = np.array([WEIGHTS.get(name, 1.0) for name in OUTPUTS], np.float32)
    blinded = lambda chosen, random: _blinded(images.targets[chosen], random)  # noqa: E731
    network = fit_convolutional(
        images.second, blinded, (images.targets - centre) / spread, weight, settings.second,
        lambda epoch, loss: say(f"epoch {epoch + 1}, loss {loss:.4f}"), mirrored=True, start=before and before.network,
    )  # fmt: skip
    random = np.random.default_rng(settings.seed)
    some = np.sort(random.choice(len(images.second), min(TYPICAL_IMAGES, len(images.second)), replace=False))
    typical, whitening = _typical(
        hidden_values(network, images.second[some], _blinded(images.targets[some], random)), settings.seed
    )
    count = len(images.second)
    held = draw_for_training(held_back_ones, cut, settings.seed + 2, scratch, settings.first_share)
    error = fit_error(network, held, centre, spread, settings)
    say("sizes of errors")
    shutil.rmtree(scratch)
    ones = np.ones(len(OUTPUTS), np.float32)
    model = ReverseModel(
        first, network, error, OUTPUTS, centre, spread, ones, typical, whitening, np.zeros(4, np.float32)
    )
    model = replace(model, quantile=error_quantiles(model, folder, dataset, cut, settings.seed))
    say("intervals")
    model = replace(model, domain=fit_domain(model, cut, settings.seed))
    say("domain")
    versions = {"python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__}
    card = {
        "cut": cut,
        "made_from": made_with()
        | {"forward_weights": weights_in_force(), "data_set_sha256": plan_sha256(dataset)}
        | {"spectra_sha256": plan_sha256(folder)},
        "settings": asdict(settings),
        "held_back": f"one composition profile in {HELD_BACK}",
        "images": count,
        "went_on_from_earlier_weights": before is not None,
        "versions": versions | {"torch": torch_module().__version__},
    }
    return save_weights(model.arrays(), out, card, compressed=True)


def split_sources(
    parts: dict[str, Spectra], folder: Path, repeats: dict[str, int]
) -> tuple[list[Source], list[Source]]:
    """Spectra by severity, written to an emptied folder: those to learn from, and those of held-back profiles."""
    shutil.rmtree(folder, ignore_errors=True)
    used, kept = [], []
    for severity, spectra in parts.items():
        held = held_back(spectra.profile, HELD_BACK)
        for sources, name, chosen in ((used, severity, ~held), (kept, f"{severity}-held-back", held)):
            spectra.part(chosen).save(folder / name)
            sources.append(Source(folder / name, severity, repeats[severity]))
    return used, kept


def _blinded(targets: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Marks of k_z, which is not told for some of the images."""
    return kz_marks(targets[:, KZ], random.random(len(targets)) < KZ_KNOWN)


def hidden_values(network: ConvolutionalNetwork, images: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """(image, unit) of many relative images."""
    parts = (slice(i, i + CHUNK) for i in range(0, len(images), CHUNK))
    return np.concatenate([network.hidden(with_measured(images[part]), marks[part]) for part in parts])


def _typical(hidden: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(unit,) mean of hidden values, and (unit, component) what makes the largest of their variations even."""
    found = PCA(min(TYPICAL_COMPONENTS, *hidden.shape), random_state=seed).fit(hidden)
    return found.mean_.astype(np.float32), (found.components_.T / np.sqrt(found.explained_variance_)).astype(np.float32)


def fit_error(network: ConvolutionalNetwork, held: Drawn, centre, spread, settings: ReverseSettings) -> Network:
    """The network of log |error| in units of the spread, from stacks that the other has not seen."""
    marks = _blinded(held.targets, np.random.default_rng(settings.seed + 3))
    hidden = hidden_values(network, held.second, marks)
    size = np.abs(network.output(hidden) - (held.targets - centre) / spread)
    return fit_network(hidden, np.log(size + 1e-3), (128,), 6, settings.seed, 256)


def error_quantiles(model: ReverseModel, folder: Path, dataset: Path, cut: str, seed: int) -> np.ndarray:
    """(output,) quantiles of error over size on images of the validation stacks, both severities alike."""
    random, ratios = np.random.default_rng(seed + 4), []
    sharp = exact_spectra(folder, dataset, "validation", cut)
    broad = []
    for sample in (sample for sample in evaluation_set("validation") if sample.kz is not None):
        crystal = sample.crystal()
        signal = cut_signal(crystal, cut, random_state(random, sample.kz)).astype(np.float16)
        plain = (sample.lattice, predicted_vbm(crystal), sample.kz, stack_figures(sample))
        broad.append((signal, *plain, profile_number(sample.stack)))
    spectra = {"clean": sharp, "realistic": Spectra(*(np.array(column) for column in zip(*broad, strict=True)))}
    for severity, known in ((severity, known) for severity in SEVERITIES for known in (True, True, False)):
        images = draw_images(spectra[severity], severity, cut, random)
        kz = spectra[severity].kz
        found = model.read(images.pictures, kz, np.full(len(kz), known))
        ratios.append(np.abs(found.value - images.targets) / np.maximum(found.half, 1e-12))
    return np.quantile(np.concatenate(ratios), COVERED, axis=0).astype(np.float32)


def fit_domain(model: ReverseModel, cut: str, seed: int) -> np.ndarray:
    """(4,) weights and limit of the domain score.

    A logistic regression of the evidence between simulated images of validation stacks and images of other things.
    """
    random = np.random.default_rng(seed + 5)
    samples = [sample for sample in evaluation_set("validation") if sample.kz is not None]
    images = []
    for number in range(DOMAIN_IMAGES):
        sample = samples[number % len(samples)]
        crystal, severity = sample.crystal(), SEVERITIES[number % 2]
        state = FinalState(sample.kz) if severity == "clean" else random_state(random, sample.kz)
        signal = cut_signal(crystal, cut, state)[None]
        plain = [np.array([x]) for x in (sample.lattice, predicted_vbm(crystal), sample.kz)]
        profile = np.array([profile_number(sample.stack)])
        spectra = Spectra(signal, *plain, stack_figures(sample)[None], profile)  # type: ignore[call-arg]
        kz = sample.kz if random.random() < 0.5 else None
        images.append((draw_images(spectra, severity, cut, random).pictures[0], kz))
    images += [(KINDS[LEARNED[n % len(LEARNED)]](random), None) for n in range(DOMAIN_IMAGES)]
    with single_thread_pool() as pool:
        found = np.array(pool.map(partial(_domain_evidence, model, cut), images))
    inside = np.arange(len(images)) < DOMAIN_IMAGES
    scale = found.std(axis=0)
    fit = LogisticRegression(C=10.0).fit(found / scale, inside)
    weight = fit.coef_[0] / scale
    score = found @ weight
    limit = (np.quantile(score[inside], 1 - DOMAIN_SURE) + np.quantile(score[~inside], DOMAIN_SURE)) / 2
    return np.append(weight, limit).astype(np.float32)


def _domain_evidence(model: ReverseModel, cut: str, task: tuple[np.ndarray, float | None]) -> np.ndarray:
    image, kz = task
    return evidence_of(model, Cut(None, cut, kz), image, DOMAIN_TRIED)[0]
