"""Training of the reverse model: predicted and exact spectra → simulated images → networks.

The forward model makes most of the spectra, in shards of a folder so that a killed run goes on where it stood; exact
cuts of the forward model's own data set join them. Every image has artefacts of its own.
"""

import json
import multiprocessing
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
import sklearn
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from core.experiment.final_state import FinalState
from core.experiment.simulation import clean_artefacts, realistic_artefacts, simulate
from core.learning.dataset import read_shard
from core.learning.families import Sample, evaluation_set, training_stream
from core.learning.features import pair_correlation
from core.learning.network import Network, fit_network
from core.reverse.candidates import CORRELATIONS
from core.reverse.inference import looked_at
from core.reverse.model import LEVELS, Encoder, ReverseModel, weights_file, with_kz
from core.reverse.outside import KINDS, LEARNED
from core.reverse.signals import predicted_signal, predicted_vbm
from core.reverse.standard import EV, KX, aligned, flattened
from core.reverse.targets import LOCAL_QUANTITIES, QUANTITIES, crystal_figures, local_figures

CUTS = ("G-X", "G-K")
SEVERITIES = ("clean", "realistic")
SHARD_STACKS = 500
STREAM_SEED = 5
"""Of the stacks whose spectra are predicted: others than those of the forward model's own data set."""

RADII = (2.5, 12.0)
WIDTHS = (0.015, 0.12)
"""1/Å: final-state momenta from 20 to 550 eV photons, half-widths of k_z from escape depths of 33 to 4 Å."""

NUISANCES = ("fermi_level", "fermi_above_vbm", "kz", "k_stretch")
FIGURES = (*QUANTITIES, *LOCAL_QUANTITIES)
OUTPUTS = (*FIGURES, *NUISANCES, *CORRELATIONS)
LEVEL_COLUMNS = [OUTPUTS.index(name) for name in LEVELS]
MISJUDGED = (0.03, 0.1)
"""eV: spreads of the error of the Fermi level that the second network learns with, one for each half of the images."""

KZ_KNOWN = 0.7
"""Share of training images whose k_z is told."""

CHUNK = 64
ENCODER_IMAGES = 8192
DOMAIN_IMAGES = 300
DOMAIN_INSIDE = 0.97
DOMAIN_TRIED = 4
HELD_BACK = 12
"""One stack in so many is kept from the network, for the size of its errors."""


@dataclass(frozen=True)
class ReverseSettings:
    """What a training run is made of.

    stacks: with predicted spectra. repeats: images of each spectrum in clean and in realistic severity. components: of
    the encoder. hidden, epochs, batch: of the network. first_…: the same of the network that finds the Fermi level,
    which learns from one image in first_share.
    """

    stacks: int = 12000
    repeats: tuple[int, int] = (7, 14)
    first_components: int = 150
    first_hidden: tuple[int, ...] = (256, 256)
    first_share: int = 2
    components: int = 300
    hidden: tuple[int, ...] = (768, 640)
    epochs: int = 20
    batch: int = 256
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Spectra:
    """Spectra that images are made of.

    signal: (spectrum, k, energy) 1/eV, on the outward half of one cut. lattice, vbm, kz: (spectrum,) Å, eV, 2π/c̄.
    figures: (spectrum, figure) FIGURES and then CORRELATIONS. stack: (spectrum,) number of the stack.
    """

    signal: np.ndarray
    lattice: np.ndarray
    vbm: np.ndarray
    kz: np.ndarray
    figures: np.ndarray
    stack: np.ndarray

    def __len__(self) -> int:
        return len(self.signal)

    def part(self, chosen: np.ndarray) -> "Spectra":
        """Some of them."""
        return Spectra(*(getattr(self, name)[chosen] for name in Spectra.__dataclass_fields__))


def joined(parts: list[Spectra]) -> Spectra:
    """Spectra one after the other."""
    return Spectra(*(np.concatenate([getattr(p, name) for p in parts]) for name in Spectra.__dataclass_fields__))


def stack_figures(sample: Sample) -> np.ndarray:
    """(figure,) FIGURES and CORRELATIONS of a sample."""
    crystal = sample.crystal()
    figures = [*crystal_figures(crystal, sample.mixing).values(), *local_figures(crystal).values()]
    return np.array([*figures, *pair_correlation(crystal.plane_ge_fraction)[1:]])


def random_state(random: np.random.Generator, kz: float) -> FinalState:
    """A broadened, bent k_z."""
    return FinalState(kz, float(random.uniform(*RADII)), float(np.exp(random.uniform(*np.log(WIDTHS)))))


def make_signals(folder: Path, stacks: int, report: Callable[[str], None]) -> None:
    """Predicted spectra of the first stacks of the stream, a shard each SHARD_STACKS; finished shards stay."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [n for n in range(-(-stacks // SHARD_STACKS)) if not _shard_file(folder, n).exists()]
    start = time.monotonic()
    with single_thread_pool() as pool:
        for done, _ in enumerate(pool.imap_unordered(_make_shard, [(folder, n) for n in numbers]), 1):
            left = (time.monotonic() - start) / done * (len(numbers) - done) / 60
            report(f"spectra: {done} of {len(numbers)} shards, about {left:.0f} min left")


def single_thread_pool():
    """Forked, so that workers share the spectra; each on one thread."""
    return multiprocessing.get_context("fork").Pool(initializer=threadpool_limits, initargs=(1,))


def _shard_file(folder: Path, number: int) -> Path:
    return folder / f"signals-{number:04d}.npz"


def _make_shard(task: tuple[Path, int]) -> None:
    folder, number = task
    random = np.random.default_rng([STREAM_SEED, number])
    samples = list(islice(training_stream(STREAM_SEED), number * SHARD_STACKS, (number + 1) * SHARD_STACKS))
    rows = {name: [] for name in ("clean", "realistic", "clean_kz", "realistic_kz", "vbm", "figures", "lattice")}
    for sample in samples:
        crystal = sample.crystal()
        kz = random.uniform(size=2)
        states = (FinalState(float(kz[0])), random_state(random, float(kz[1])))
        for severity, state in zip(SEVERITIES, states, strict=True):
            signals = [predicted_signal(crystal, cut, state) for cut in CUTS]
            rows[severity].append(np.stack(signals).astype(np.float16))
            rows[f"{severity}_kz"].append(state.kz)
        rows["vbm"].append(predicted_vbm(crystal))
        rows["figures"].append(stack_figures(sample))
        rows["lattice"].append(sample.lattice)
    partial = _shard_file(folder, number).with_suffix(".part.npz")
    np.savez(partial, **{name: np.stack(values) for name, values in rows.items()})
    partial.rename(_shard_file(folder, number))


def load_signals(folder: Path, stacks: int, cut: str) -> dict[str, Spectra]:
    """The predicted spectra of each severity."""
    found: dict[str, list[Spectra]] = {severity: [] for severity in SEVERITIES}
    for number in range(-(-stacks // SHARD_STACKS)):
        with np.load(_shard_file(folder, number), allow_pickle=False) as file:
            numbers = number * SHARD_STACKS + np.arange(len(file["vbm"]))
            shared = {name: file[name] for name in ("lattice", "vbm", "figures")}
            for severity in SEVERITIES:
                signal = file[severity][:, CUTS.index(cut)]
                found[severity].append(Spectra(signal, kz=file[f"{severity}_kz"], stack=numbers, **shared))
    return {severity: joined(parts) for severity, parts in found.items()}


def exact_spectra(folder: Path, dataset: Path, split: str, cut: str, first: int = 0) -> Spectra:
    """The exact, sharp cuts of the forward model's data set, gathered once; stacks are numbered from `first`."""
    kept = folder / f"exact-{split}.npz"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with single_thread_pool() as pool:
            rows = [row for part in pool.map(_exact_rows, sorted(dataset.glob(f"{split}-*.h5"))) for row in part]
        names = ("signal", "lattice", "vbm", "kz", "figures")
        partial = kept.with_suffix(".part.npz")
        np.savez(partial, **dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True)))
        partial.rename(kept)
    with np.load(kept, allow_pickle=False) as file:
        plain = [file[name] for name in ("lattice", "vbm", "kz", "figures")]
        return Spectra(file["signal"][:, CUTS.index(cut)], *plain, first + np.arange(len(plain[0])))


def _exact_rows(file: Path) -> list[tuple]:
    rows = []
    for record in read_shard(file):
        if record.cut_x is None:
            continue
        atoms, sample = np.bincount(record.site_class).astype(np.float32), record.sample
        totals = [np.tensordot(atoms, part.astype(np.float32), 1) for part in (record.cut_x, record.cut_k)]
        signal = np.stack(totals).astype(np.float16)
        rows.append((signal, sample.lattice, predicted_vbm(sample.crystal()), sample.kz, stack_figures(sample)))
    return rows


@dataclass(frozen=True, eq=False)
class Images:
    """Simulated images (image, kx, eV) on the standard grid, their Fermi levels in eV, and targets (image, output)."""

    pictures: np.ndarray
    level: np.ndarray
    targets: np.ndarray


def draw_images(spectra: Spectra, severity: str, cut: str, random: np.random.Generator) -> Images:
    """One image of each spectrum."""
    artefacts = [
        clean_artefacts(random) if severity == "clean" else realistic_artefacts(random, vbm) for vbm in spectra.vbm
    ]
    pictures = simulate(spectra.signal.astype(np.float32), spectra.lattice, cut, artefacts, KX, EV)
    level = np.array([a.fermi_level for a in artefacts])
    nuisances = np.column_stack([level, level - spectra.vbm, spectra.kz, [a.k_stretch for a in artefacts]])
    figures, correlations = np.split(spectra.figures, [len(FIGURES)], axis=1)
    return Images(pictures, level, np.hstack([figures, nuisances, correlations]).astype(np.float32))


def misjudged(images: Images, random: np.random.Generator) -> Images:
    """Images moved to the theory's scale by a Fermi level that is a little wrong, which becomes a target."""
    count = len(images.level)
    spread = np.where(random.random(count) < 0.5, *MISJUDGED)
    guess = images.level + spread * random.standard_normal(count)
    targets = images.targets.copy()
    targets[:, LEVEL_COLUMNS] -= guess[:, None].astype(np.float32)
    return Images(aligned(images.pictures, guess), images.level, targets)


_shared: dict = {}


def _drawn(task: tuple) -> Images:
    name, severity, chosen, seed = task
    random = np.random.default_rng(seed)
    images = draw_images(_shared[name].part(chosen), severity, _shared["cut"], random)
    return misjudged(images, random) if _shared["moved"] else images


def _encoded_chunk(task: tuple) -> tuple[np.ndarray, np.ndarray]:
    images = _drawn(task)
    return _shared["encoder"](*flattened(images.pictures)), images.targets


def _tasks(name: str, count: int, severity: str, repeats: int, seed: int) -> list[tuple]:
    random = np.random.default_rng(seed)
    order = np.concatenate([random.permutation(count) for _ in range(repeats)])
    return [(name, severity, order[i : i + CHUNK], [seed, i]) for i in range(0, len(order), CHUNK)]


def encoded(tasks: list[tuple]) -> tuple[np.ndarray, np.ndarray]:
    """(image, input) without the marks of k_z, and (image, output), of all tasks, on all cores."""
    with single_thread_pool() as pool:
        parts = pool.map(_encoded_chunk, tasks, chunksize=4)
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _flat_chunk(task: tuple) -> np.ndarray:
    flat = flattened(_drawn(task).pictures)[0]
    return flat.reshape(len(flat), -1)


def fit_encoder(components: int, seed: int) -> Encoder:
    """Principal components of ENCODER_IMAGES images, as many of each severity."""
    tasks = []
    for severity in SEVERITIES:
        tasks += _tasks(severity, len(_shared[severity]), severity, 1, seed)[: ENCODER_IMAGES // 2 // CHUNK]
    with single_thread_pool() as pool:
        flat = np.concatenate(pool.map(_flat_chunk, tasks))
    found = PCA(components, svd_solver="randomized", iterated_power=3, random_state=seed).fit(flat)
    spread = np.sqrt(found.explained_variance_)
    scale = (spread + 0.01 * spread[0]).astype(np.float32)
    return Encoder(found.mean_.astype(np.float32), found.components_.T.astype(np.float32).copy(), scale)


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
) -> dict:
    """Train the model of one cut and write its weights and model card; returns the card.

    Args:
        folder: of predicted spectra, made where they are missing.
        dataset: of the forward model, for exact cuts of training and validation stacks.
        cut: `G-X` or `G-K`.
        out: weights file, that of the project by default.
        settings: size and length of the training.
        report: gets lines of progress.
    """
    settings, start = settings or ReverseSettings(), time.monotonic()
    out = out or weights_file(cut)
    say = lambda text: report(f"{time.monotonic() - start:6.0f} s  {text}")  # noqa: E731
    make_signals(folder, settings.stacks, say)
    predicted = load_signals(folder, settings.stacks, cut)
    exact = exact_spectra(folder, dataset, "train", cut, settings.stacks)
    sources = {
        "clean": (joined([predicted["clean"], exact]), "clean"),
        "realistic": (predicted["realistic"], "realistic"),
    }
    say(f"{len(sources['clean'][0])} sharp and {len(sources['realistic'][0])} broadened spectra")
    held = {name: spectra.stack % HELD_BACK == 0 for name, (spectra, _) in sources.items()}
    for name, (spectra, _) in sources.items():
        _shared[name], _shared[f"{name} held"] = spectra.part(~held[name]), spectra.part(held[name])
    _shared["cut"] = cut
    tasks, held_tasks = [], []
    for name, repeats in zip(SEVERITIES, settings.repeats, strict=True):
        tasks += _tasks(name, len(_shared[name]), name, repeats, settings.seed + 1)
        held_tasks += _tasks(f"{name} held", len(_shared[f"{name} held"]), name, 2 * repeats, settings.seed + 2)
    random = np.random.default_rng(settings.seed)

    _shared["moved"] = False
    _shared["encoder"] = first_encoder = fit_encoder(settings.first_components, settings.seed)
    inputs, targets = encoded(tasks[:: settings.first_share])
    say(f"first encoder, {len(inputs)} images")
    level = targets[:, [LEVEL_COLUMNS[0]]]
    first = fit_network(
        _blinded(inputs, targets, random), level, settings.first_hidden, settings.epochs, settings.seed,
        settings.batch, report=lambda epoch, loss: say(f"first network: epoch {epoch + 1}, loss {loss:.4f}"),
    )  # fmt: skip

    _shared["moved"] = True
    _shared["encoder"] = encoder = fit_encoder(settings.components, settings.seed)
    inputs, targets = encoded(tasks)
    say(f"second encoder, {len(inputs)} images")
    centre, spread = targets.mean(axis=0), np.maximum(targets.std(axis=0), 1e-6)
    weight = np.array([WEIGHTS.get(name, 1.0) for name in OUTPUTS], np.float32)
    network = fit_network(
        _blinded(inputs, targets, random), (targets - centre) / spread * weight, settings.hidden, settings.epochs,
        settings.seed, settings.batch, report=lambda epoch, loss: say(f"epoch {epoch + 1}, loss {loss:.4f}"),
    )  # fmt: skip
    network = Network(
        network.weights[:-1] + (network.weights[-1] / weight,), network.biases[:-1] + (network.biases[-1] / weight,)
    )
    images = len(inputs)
    del inputs
    error = fit_error(network, held_tasks, centre, spread, settings)
    ones = np.ones(len(OUTPUTS), np.float32)
    model = ReverseModel(
        first_encoder, first, encoder, network, error, OUTPUTS, centre, spread, ones, np.zeros(4, np.float32)
    )
    model = replace(model, quantile=error_quantiles(model, folder, dataset, cut, settings.seed))
    say("intervals")
    model = replace(model, domain=fit_domain(model, cut, settings.seed))
    say("domain")
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(out, **model.arrays())
    card = {
        "cut": cut,
        "settings": asdict(settings),
        "images": images,
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "scikit-learn": sklearn.__version__},
    }
    out.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return card


def _blinded(inputs: np.ndarray, targets: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Inputs with k_z, which is not told for some of the images."""
    return with_kz(inputs, targets[:, OUTPUTS.index("kz")], random.random(len(inputs)) < KZ_KNOWN)


def fit_error(network: Network, tasks: list[tuple], centre, spread, settings: ReverseSettings) -> Network:
    """The network of log |error| in units of the spread, from stacks that the other has not seen."""
    inputs, targets = encoded(tasks)
    ready = _blinded(inputs, targets, np.random.default_rng(settings.seed + 3))
    size = np.abs(network(ready) - (targets - centre) / spread)
    return fit_network(ready, np.log(size + 1e-3), (128,), 6, settings.seed, settings.batch)


def error_quantiles(model: ReverseModel, folder: Path, dataset: Path, cut: str, seed: int) -> np.ndarray:
    """(output,) 90 % quantiles of error over size on images of the validation stacks, both severities alike."""
    random, ratios = np.random.default_rng(seed + 4), []
    sharp = exact_spectra(folder, dataset, "validation", cut)
    broad = []
    for number, sample in enumerate(sample for sample in evaluation_set("validation") if sample.kz is not None):
        crystal = sample.crystal()
        signal = predicted_signal(crystal, cut, random_state(random, sample.kz)).astype(np.float16)
        broad.append((signal, sample.lattice, predicted_vbm(crystal), sample.kz, stack_figures(sample), number))
    spectra = {"clean": sharp, "realistic": Spectra(*(np.array(column) for column in zip(*broad, strict=True)))}
    for severity, known in ((severity, known) for severity in SEVERITIES for known in (True, True, False)):
        images = draw_images(spectra[severity], severity, cut, random)
        kz = spectra[severity].kz
        found = model.read(images.pictures, kz, np.full(len(kz), known))
        ratios.append(np.abs(found.value - images.targets) / np.maximum(found.half, 1e-12))
    return np.quantile(np.concatenate(ratios), 0.9, axis=0).astype(np.float32)


def fit_domain(model: ReverseModel, cut: str, seed: int) -> np.ndarray:
    """(4,) weights and limit of the domain score: DOMAIN_INSIDE of the images of validation stacks lie inside.

    A logistic regression of the signs between simulated images of validation stacks and images of other things.
    """
    random = np.random.default_rng(seed + 5)
    samples = [sample for sample in evaluation_set("validation") if sample.kz is not None]
    images = []
    for number in range(DOMAIN_IMAGES):
        sample = samples[number % len(samples)]
        crystal, severity = sample.crystal(), SEVERITIES[number % 2]
        state = FinalState(sample.kz) if severity == "clean" else random_state(random, sample.kz)
        signal = predicted_signal(crystal, cut, state)[None]
        plain = [np.array([x]) for x in (sample.lattice, predicted_vbm(crystal), sample.kz)]
        spectra = Spectra(signal, *plain, np.zeros((1, len(FIGURES) + len(CORRELATIONS))), np.zeros(1))
        kz = sample.kz if random.random() < 0.5 else None
        images.append((draw_images(spectra, severity, cut, random).pictures[0], kz))
    images += [(KINDS[LEARNED[n % len(LEARNED)]](random), None) for n in range(DOMAIN_IMAGES)]
    _shared.update(model=model, cut=cut)
    with single_thread_pool() as pool:
        found = np.array(pool.map(_signs, images))
    inside = np.arange(len(images)) < DOMAIN_IMAGES
    scale = found.std(axis=0)
    fit = LogisticRegression(C=10.0).fit(found / scale, inside)
    weight = fit.coef_[0] / scale
    return np.append(weight, np.quantile(found[inside] @ weight, 1 - DOMAIN_INSIDE)).astype(np.float32)


def _signs(task: tuple[np.ndarray, float | None]) -> np.ndarray:
    return looked_at(_shared["model"], _shared["cut"], *task, count=DOMAIN_TRIED)[0]
