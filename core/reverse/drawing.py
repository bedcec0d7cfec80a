"""Simulated images to learn from: predicted and exact spectra of many stacks, each image with artefacts of its own."""

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from core.damage import DamagedError, holds_arrays, read_arrays
from core.experiment.photoemission.artefacts import clean_artefacts, realistic_artefacts
from core.experiment.photoemission.background_states import background_states
from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.orbitals import orbital_shares
from core.experiment.photoemission.renderer import simulate
from core.experiment.photoemission.spectra import cut_signal, predicted_vbm
from core.forward.features import pair_correlation
from core.forward.model import weights_in_force
from core.learning.dataset import read_shard
from core.learning.provenance import check_plan, made_with, plan_sha256
from core.learning.samples import DrawnSample, bulk_stream, profile_number, training_stream
from core.reverse.candidates import CORRELATIONS
from core.reverse.model import LEVELS
from core.reverse.quantities import LOCAL_QUANTITIES, QUANTITIES, crystal_figures, local_figures
from core.reverse.standard import EV, KX, aligned
from core.storage import content_key

CUTS = ("G-X", "G-K")
SEVERITIES = ("clean", "realistic")
SHARD_STACKS = 500
STREAMS = {"signals": training_stream, "bulk": bulk_stream}
"""Where the stacks of shards come from, by the name of their files."""

STREAM_SEED = 5
"""Of the stacks whose spectra are predicted: others than those of the forward model's own data set."""

RADII = (2.5, 12.0)
WIDTHS = (0.015, 0.12)
"""1/Å: final-state momenta from 20 to 550 eV photons, half-widths of k_z from escape depths of 33 to 4 Å."""

NUISANCES = ("fermi_level", "fermi_above_vbm", "kz", "k_stretch")
ROWS = ("clean", "realistic", "clean_kz", "realistic_kz", "vbm", "figures", "lattice", "profile")
EXACT_ROWS = ("signal", "lattice", "vbm", "kz", "figures", "profile")
"""Arrays of a shard, and of the gathered exact spectra."""

FIGURES = (*QUANTITIES, *LOCAL_QUANTITIES)
OUTPUTS = (*FIGURES, *NUISANCES, *CORRELATIONS)
LEVEL_COLUMNS = [OUTPUTS.index(name) for name in LEVELS]
MISJUDGED = (0.03, 0.1)
"""eV: spreads of the error of the Fermi level that the second network learns with, one for each half of the images."""


@dataclass(frozen=True, eq=False)
class Spectra:
    """Spectra that images are made of.

    signal: (spectrum, k, energy) 1/eV, on the outward half of one cut. lattice, vbm, kz: (spectrum,) Å, eV, 2π/c̄.
    figures: (spectrum, figure) FIGURES and then CORRELATIONS. profile: (spectrum,) numbers of the
    stacks' composition profiles, from `profile_number`.
    """

    signal: np.ndarray
    lattice: np.ndarray
    vbm: np.ndarray
    kz: np.ndarray
    figures: np.ndarray
    profile: np.ndarray

    def __len__(self) -> int:
        return len(self.signal)

    def part(self, chosen: np.ndarray) -> "Spectra":
        """Some of them."""
        return Spectra(*(np.asarray(getattr(self, name))[chosen] for name in Spectra.__dataclass_fields__))

    def save(self, folder: Path) -> None:
        """Write each array to a file of its own, for `opened`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in Spectra.__dataclass_fields__:
            np.save(folder / f"{name}.npy", getattr(self, name))

    @classmethod
    def opened(cls, folder: Path) -> "Spectra":
        """Those saved in a folder, as arrays that stay on disk: processes share them."""
        return cls(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in cls.__dataclass_fields__))


def joined(parts: list[Spectra]) -> Spectra:
    """Spectra one after the other."""
    return Spectra(*(np.concatenate([getattr(p, name) for p in parts]) for name in Spectra.__dataclass_fields__))


def stack_figures(sample: DrawnSample) -> np.ndarray:
    """(figure,) FIGURES and CORRELATIONS of a sample."""
    crystal = sample.crystal()
    figures = [*crystal_figures(crystal, sample.mixing).values(), *local_figures(crystal).values()]
    return np.array([*figures, *pair_correlation(crystal.plane_ge_fraction)[1:]])


def random_state(random: np.random.Generator, kz: float) -> FinalState:
    """A broadened, bent k_z."""
    return FinalState(kz, float(random.uniform(*RADII)), float(np.exp(random.uniform(*np.log(WIDTHS)))))


def spectra_plan() -> dict:
    """What must agree for the spectra in a folder to belong together."""
    return made_with() | {
        "forward_weights": weights_in_force(),
        "stream_seed": STREAM_SEED,
        "stacks_per_shard": SHARD_STACKS,
        "radii": RADII,
        "widths": WIDTHS,
    }


def check_spectra_folder(folder: Path) -> None:
    """Make a folder for spectra, or see that those in it belong to what would be made now.

    Raises:
        InputError: they were made from something else.
    """
    check_plan(folder, spectra_plan(), "spectra of the reverse model")


def make_signals(folder: Path, stacks: int, report: Callable[[str], None], stream: str = "signals") -> None:
    """Predicted spectra of the first stacks of a stream, a shard each SHARD_STACKS; finished, sound shards stay.

    Raises:
        InputError: the folder's spectra were made from something else.
    """
    check_spectra_folder(folder)
    numbers = [n for n in range(-(-stacks // SHARD_STACKS)) if not holds_arrays(_shard_file(folder, stream, n), ROWS)]
    if damaged := sum(_shard_file(folder, stream, n).exists() for n in numbers):
        report(f"spectra: {damaged} shards are damaged and are made again")
    start = time.monotonic()
    tasks = [(_shard_file(folder, stream, n), stream, n, SHARD_STACKS) for n in numbers]
    if not tasks:
        return
    with single_thread_pool() as pool:
        for done, _ in enumerate(pool.imap_unordered(_make_shard, tasks), 1):
            left = (time.monotonic() - start) / done * (len(numbers) - done) / 60
            report(f"spectra: {done} of {len(numbers)} shards, about {left:.0f} min left")


def single_thread_pool():
    """A process a core, each on one thread and with nothing but its tasks: what they need is in them or on disk."""
    return multiprocessing.get_context("spawn").Pool(initializer=_on_one_thread)


def _on_one_thread() -> None:
    threadpool_limits(1)


def _shard_file(folder: Path, stream: str, number: int) -> Path:
    return folder / f"{stream}-{number:04d}.npz"


def _make_shard(task: tuple[Path, str, int, int]) -> None:
    file, stream, number, stacks = task
    random = np.random.default_rng([STREAM_SEED, number])
    samples = list(islice(STREAMS[stream](STREAM_SEED), number * stacks, (number + 1) * stacks))
    rows = {name: [] for name in ROWS}
    for sample in samples:
        crystal = sample.crystal()
        kz = random.uniform(size=2)
        states = (FinalState(float(kz[0])), random_state(random, float(kz[1])))
        for severity, state in zip(SEVERITIES, states, strict=True):
            signals = [cut_signal(crystal, cut, state) for cut in CUTS]
            rows[severity].append(np.stack(signals).astype(np.float16))
            rows[f"{severity}_kz"].append(state.kz)
        rows["vbm"].append(predicted_vbm(crystal))
        rows["figures"].append(stack_figures(sample))
        rows["lattice"].append(sample.lattice)
        rows["profile"].append(profile_number(sample.stack))
    unfinished = file.with_suffix(".part.npz")
    np.savez(unfinished, **{name: np.stack(values) for name, values in rows.items()})
    unfinished.replace(file)


def load_signals(
    folder: Path,
    stacks: int,
    cut: str,
    stream: str = "signals",
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, Spectra]:
    """The predicted spectra of each severity. A damaged shard is made again."""
    found: dict[str, list[Spectra]] = {severity: [] for severity in SEVERITIES}
    for number in range(-(-stacks // SHARD_STACKS)):
        shard = _shard_file(folder, stream, number)
        file = read_or_make(shard, ROWS, partial(_make_shard, (shard, stream, number, SHARD_STACKS)), report)
        shared = {name: file[name] for name in ("lattice", "vbm", "figures", "profile")}
        for severity in SEVERITIES:
            signal = file[severity][:, CUTS.index(cut)]
            found[severity].append(Spectra(signal, kz=file[f"{severity}_kz"], **shared))
    return {severity: joined(parts) for severity, parts in found.items()}


def exact_spectra(
    folder: Path,
    dataset: Path,
    split: str,
    cut: str,
    report: Callable[[str], None] = lambda line: None,
) -> Spectra:
    """The exact, sharp cuts of the forward model's data set.

    They are gathered once for the shards that it has, and again where what was gathered is damaged.

    Raises:
        InputError: the folder's spectra were made from something else; there is no data set, or a shard is damaged.
    """
    check_spectra_folder(folder)
    files = sorted(dataset.glob(f"{split}-*.h5"))
    kept = folder / f"exact-{split}-{content_key(plan_sha256(dataset), *(file.name for file in files))[:12]}.npz"

    def gather() -> None:
        with single_thread_pool() as pool:
            rows = [row for part in pool.map(_exact_rows, files) for row in part]
        unfinished = kept.with_suffix(".part.npz")
        np.savez(unfinished, **dict(zip(EXACT_ROWS, map(np.array, zip(*rows, strict=True)), strict=True)))
        unfinished.replace(kept)

    file = read_or_make(kept, EXACT_ROWS, gather, report)
    plain = [file[name] for name in EXACT_ROWS[1:]]
    return Spectra(file["signal"][:, CUTS.index(cut)], *plain)


def read_or_make(
    file: Path, names: tuple[str, ...], make: Callable[[], None], report: Callable[[str], None]
) -> dict[str, np.ndarray]:
    """Arrays of an .npz file, which is made where it is missing, and made again where it is damaged."""
    try:
        arrays = read_arrays(file)
        if set(names) <= set(arrays):
            return arrays
    except (FileNotFoundError, DamagedError):
        pass
    if file.exists():
        report(f"{file.name} is damaged and is made again")
    make()
    return read_arrays(file)


def _exact_rows(file: Path) -> list[tuple]:
    rows = []
    for record in read_shard(file):
        if record.cut_x is None:
            continue
        atoms, sample = np.bincount(record.site_class).astype(np.float32), record.sample
        totals = [np.tensordot(atoms, part.astype(np.float32), 1) for part in (record.cut_x, record.cut_k)]
        signal = np.stack(totals).astype(np.float16)
        plain = (sample.lattice, predicted_vbm(sample.crystal()), sample.kz, stack_figures(sample))
        rows.append((signal, *plain, profile_number(sample.stack)))
    return rows


@dataclass(frozen=True, eq=False)
class Images:
    """Simulated images (image, kx, eV) on the standard grid, their Fermi levels in eV, and targets (image, output)."""

    pictures: np.ndarray
    level: np.ndarray
    targets: np.ndarray


def states_of(spectra: Spectra) -> np.ndarray:
    """(spectrum, energy) densities of states for backgrounds."""
    return background_states(spectra.figures[:, FIGURES.index("ge_fraction")], spectra.lattice)


def shares_of(spectra: Spectra, cut: str) -> np.ndarray:
    """(spectrum, k, energy, combination) shares of orbital combinations."""
    composition = spectra.figures[:, FIGURES.index("ge_fraction")]
    rows = zip(composition, spectra.lattice, spectra.kz, strict=True)
    return np.stack([orbital_shares(float(x), float(a), cut, float(kz)) for x, a, kz in rows])


def draw_images(spectra: Spectra, severity: str, cut: str, random: np.random.Generator) -> Images:
    """One image of each spectrum."""
    artefacts = [
        clean_artefacts(random) if severity == "clean" else realistic_artefacts(random, vbm) for vbm in spectra.vbm
    ]
    pictures = simulate(
        spectra.signal.astype(np.float32), spectra.lattice, cut, artefacts, KX, EV,
        shares=shares_of(spectra, cut), states=states_of(spectra),
    )  # fmt: skip
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
