"""Training of the forward model of imperfect samples: one regularised least-squares fit.

Every configuration teaches what its planes have beyond their virtual crystal. Error bars come from fits that leave out
a fifth of the composition profiles at a time, each for what it has not seen.
"""

import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from core.errors import InputError
from core.forward.imperfect.dataset import ImperfectRecord, read_imperfect
from core.forward.imperfect.domain import ImperfectDomain
from core.forward.imperfect.features import SeenPlanes, flaw_weights, layer_weights, seen_planes
from core.forward.imperfect.model import (
    MODEL_VERSION,
    WEIGHTS,
    Correction,
    ImperfectModel,
    Kernel,
    mark_of,
    mean_by_plane,
    predicted_pictures,
    virtual_coefficients,
)
from core.forward.imperfect.response import Response, hats, operated, strengths
from core.forward.imperfect.samples import (
    EVERY,
    FAMILIES,
    LATTICE_TRAINED,
    MOST_FLAWS,
    PLANES_TRAINED,
    WIDTHS,
    DrawnImperfect,
)
from core.forward.model import spectrum_model, weights_in_force
from core.learning.error_bars import ErrorBars
from core.learning.network import Network
from core.learning.provenance import made_with, plan_sha256
from core.learning.samples import profile_number
from core.learning.training.error_bars import SMALLEST_SQUARE, fit_shape
from core.learning.weights import save_weights

LEAST_SAMPLES = 40
FOLDS = 5
SCALE_RIDGE = 3.0
"""Weight of the prior, in samples, of the fit of typical errors."""


@dataclass(frozen=True)
class Settings:
    """Of the fit; chosen on the validation profiles.

    blocks, kept: of the coefficients of a picture, and how many components are kept of each block. references: planes
    that corrections are sums over. flaw_width, layer_width, constant: φ, γ, κ of the kernel. emphasis: of vacancies in
    f. ridge: of the correction's least squares, in units of the mean of K(j, j). response_ridge: of the response's, in
    units of the diagonal.
    """

    blocks: int = 6
    kept: int = 24
    references: int = 700
    flaw_width: float = 6.0
    layer_width: float = 1.7
    constant: float = 0.3
    emphasis: float = 1.0
    ridge: float = 1.0
    response_ridge: float = 0.003
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Lesson:
    """One sample to learn from.

    seen: (configuration × plane,) planes. virtual, added: (configuration × plane, coefficient) of their virtual
    crystals, and what exact spectra have beyond them. exact: (plane, k, energy) mean over configurations, times the
    number of planes, 16 bits. drawn: the sample.
    """

    drawn: DrawnImperfect
    seen: SeenPlanes
    virtual: np.ndarray
    added: np.ndarray
    exact: np.ndarray

    @property
    def planes(self) -> int:
        """In the period."""
        return len(self.exact)


def lesson(record: ImperfectRecord) -> Lesson:
    """What a record teaches."""
    count, planes, *shape = record.planes.shape
    seen, known = seen_planes(record.drawn.imperfect, range(count)), spectrum_model("path")
    virtual = virtual_coefficients(known, seen)
    exact = record.planes.astype(np.float32) * planes
    added = known.basis.encode(exact.reshape(-1, *shape)) - virtual
    return Lesson(record.drawn, seen, virtual, added, exact.mean(axis=0).astype(np.float16))


def fit_both(lessons: list[Lesson], settings: Settings) -> tuple[Response, Correction]:
    """The response, then the correction of what it leaves."""
    response = fit_response(lessons, settings)
    left = [one.added - np.tile(_responded(response, one), (one.drawn.configurations, 1)) for one in lessons]
    return response, fit_correction(lessons, left, settings)


def fit_response(lessons: list[Lesson], settings: Settings) -> Response:
    """Least squares over all pixels of the means, planes of a sample together as much as another's."""
    height = hats()
    matrix: np.ndarray | float = 0.0
    right: np.ndarray | float = 0.0
    products = np.einsum("he,ge->hge", height, height)
    for one in lessons:
        strength = strengths(mean_by_plane(one.seen.flaws, one.planes))
        if not strength.any():
            continue
        virtual = _virtual(one)
        parts, rest = operated(virtual), one.exact.astype(np.float32) - virtual
        pairs = np.einsum("mnke,rnke->mrne", parts, parts, optimize=True)
        pairs = np.einsum("mrne,hge->mrnhg", pairs, products, optimize=True)
        matrix = matrix + np.einsum("na,nb,mrnhg->amhbrg", strength, strength, pairs, optimize=True) / one.planes
        with_rest = np.einsum("mnke,nke->mne", parts, rest)
        right = right + np.einsum("na,mne,he->amh", strength, with_rest, height, optimize=True) / one.planes
    shape, flat = np.shape(right), np.reshape(matrix, (np.size(right), -1))
    size = np.diag(flat)
    flat = flat + settings.response_ridge * np.diag(np.where(size > 0, size, size.max()))
    return Response(np.linalg.solve(flat, np.ravel(right)).reshape(shape).astype(np.float32))


def _virtual(one: Lesson) -> np.ndarray:
    return np.maximum(spectrum_model("path").basis.decode(mean_by_plane(one.virtual, one.planes)), 0.0)


def _responded(response: Response, one: Lesson) -> np.ndarray:
    """(plane, coefficient) of what the response adds to a sample's planes."""
    basis = spectrum_model("path").basis
    return basis.encode(response(_virtual(one), mean_by_plane(one.seen.flaws, one.planes)) + basis.mean)


def fit_correction(lessons: list[Lesson], left: list[np.ndarray], settings: Settings) -> Correction:
    """The correction of least squares, every sample of equal weight whatever its number of configurations.

    left: (configuration × plane, coefficient) of each lesson, what is to be added.
    """
    seen = joined([one.seen for one in lessons])
    added = np.concatenate(left)
    weight = np.concatenate([np.full(len(one.added), 1 / one.drawn.configurations) for one in lessons])
    expansion = _expansion(added, weight, settings)
    targets = (_in_blocks(added, settings.blocks) @ expansion).transpose(1, 0, 2).reshape(len(added), -1)
    widths = settings.flaw_width, settings.layer_width, settings.constant
    kernel = Kernel(layer_weights(), flaw_weights(seen.flaws, settings.emphasis), *widths)
    weighted = kernel.weighted(seen)
    own = np.einsum("ij,ij->i", weighted.flaws, weighted.flaws) * (1.0 + settings.constant)
    chosen = _references(weighted, own, settings)
    references = SeenPlanes(weighted.layers[chosen], weighted.flaws[chosen])
    between, among = kernel(weighted, references).astype(float), kernel(references, references).astype(float)
    matrix = between.T @ (weight[:, None] * between) + settings.ridge * own.mean() * among
    matrix[np.diag_indices(len(matrix))] += 1e-6 * np.trace(matrix) / len(matrix)
    found = cho_solve(cho_factor(matrix), between.T @ (weight[:, None] * targets))
    return Correction(kernel, references, found.astype(np.float32), expansion.astype(np.float32))


def joined(parts: list[SeenPlanes]) -> SeenPlanes:
    """Planes one after the other."""
    return SeenPlanes(*(np.concatenate([getattr(one, name) for one in parts]) for name in ("layers", "flaws")))


def _in_blocks(rows: np.ndarray, blocks: int) -> np.ndarray:
    """(block, row, in block) of coefficients (row, coefficient)."""
    return rows.reshape(len(rows), blocks, -1).transpose(1, 0, 2)


def _expansion(added: np.ndarray, weight: np.ndarray, settings: Settings) -> np.ndarray:
    """(block, in block, kept) principal components of what is added, not centred: no flaws, nothing added."""
    parts = _in_blocks(added * np.sqrt(weight)[:, None], settings.blocks).astype(float)
    vectors = np.linalg.eigh(parts.transpose(0, 2, 1) @ parts)[1]
    return np.ascontiguousarray(vectors[:, :, ::-1][:, :, : settings.kept], dtype=np.float32)


def _references(weighted: SeenPlanes, own: np.ndarray, settings: Settings) -> np.ndarray:
    """Rows, each as far as can be from those before: what is unlike all others is not lost."""
    rows = np.hstack([weighted.layers, weighted.flaws])
    if len(rows) <= settings.references:
        return np.arange(len(rows))
    chosen = [int(np.argmax(own))]
    distance = ((rows - rows[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < settings.references:
        chosen.append(int(np.argmax(distance)))
        distance = np.minimum(distance, ((rows - rows[chosen[-1]]) ** 2).sum(axis=1))
    return np.sort(chosen)


@dataclass(frozen=True, eq=False)
class Held:
    """A sample that a fit did not see: predicted and exact (plane, k, energy) means, times the number of planes."""

    lesson: Lesson
    predicted: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """(plane, k, energy)."""
        return self.predicted - self.lesson.exact.astype(np.float32)


def held_out(lessons: list[Lesson], settings: Settings) -> list[Held]:
    """Every sample as predicted by a fit without its fifth of the composition profiles, from its own configurations."""
    found = []
    fold = np.array([profile_number(one.drawn.imperfect.sample.stack) // EVERY % FOLDS for one in lessons])
    for number in range(FOLDS):
        taught = [one for one, own in zip(lessons, fold, strict=True) if own != number]
        asked = [one for one, own in zip(lessons, fold, strict=True) if own == number]
        if not asked:
            continue
        response, correction = fit_both(taught, settings)
        for one in asked:
            means = (mean_by_plane(rows, one.planes) for rows in (one.virtual, correction(one.seen), one.seen.flaws))
            found.append(Held(one, np.maximum(predicted_pictures(response, *means), 0.0)))
    return found


def fit_bars(held: list[Held]) -> ErrorBars:
    """Typical errors of planes from their flaws, a linear fit of the logarithm, and how they spread over the pixels."""
    rows = np.concatenate([mean_by_plane(one.lesson.seen.flaws, one.lesson.planes) for one in held])
    square = np.concatenate([(one.error**2).mean(axis=(1, 2)) for one in held])
    weight = np.concatenate([np.full(one.lesson.planes, 1.0 / one.lesson.planes) for one in held])
    bars = ErrorBars(_linear(rows, 0.5 * np.log(np.maximum(square, SMALLEST_SQUARE)), weight), None, None)
    random = np.random.default_rng(0)
    some = [(one, int(random.integers(one.lesson.planes))) for one in held]
    typical = [bars.typical(mean_by_plane(one.lesson.seen.flaws, one.lesson.planes)) for one in held]
    of_atoms = fit_shape(
        np.stack([one.predicted[plane] for one, plane in some]),
        np.stack([one.error[plane] for one, plane in some]),
        np.array([values[plane] for values, (_, plane) in zip(typical, some, strict=True)]),
    )
    of_totals = fit_shape(
        np.stack([one.predicted.mean(axis=0) for one in held]),
        np.stack([one.error.mean(axis=0) for one in held]),
        np.array([values.mean() for values in typical]),
    )
    return ErrorBars(bars.scale, of_atoms, of_totals)


def _linear(rows: np.ndarray, targets: np.ndarray, weight: np.ndarray) -> Network:
    """A network of one layer: weighted ridge regression on standardised inputs."""
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    spread = np.where(spread > 1e-4, spread, np.inf)
    ready = (rows - centre) / spread
    mean = float(np.average(targets, weights=weight))
    matrix = ready.T @ (weight[:, None] * ready) + SCALE_RIDGE * np.eye(rows.shape[1])
    slope = np.linalg.solve(matrix, ready.T @ (weight * (targets - mean))) / spread
    offset = mean - centre @ slope
    return Network((slope[:, None].astype(np.float32),), (np.array([offset], np.float32),))


def train_imperfect(
    folder: Path, out: Path = WEIGHTS, settings: Settings | None = None, report: Callable[[str], None] = print
) -> dict:
    """Fit the model to a data set, write its weights and model card; returns the card.

    The test profiles are left out; bars are those of samples that fits did not see.

    Args:
        folder: from `core.forward.imperfect.dataset.generate_imperfect`.
        out: weights file; the card is written beside it as `.json`.
        settings: of the fit.
        report: gets lines of progress.

    Raises:
        InputError: the folder holds too few samples.
    """
    settings, folder, start = settings or Settings(), Path(folder), time.monotonic()
    lessons = [lesson(record) for record in read_imperfect(folder) if record.drawn.split != "test"]
    if len(lessons) < LEAST_SAMPLES:
        raise InputError(
            f"{folder} holds {len(lessons)} imperfect samples to learn from, at least {LEAST_SAMPLES} are needed; "
            "make them with python -m core dataset --imperfect"
        )
    report(f"imperfect: {len(lessons)} samples after {time.monotonic() - start:.0f} s")
    held = held_out(lessons, settings)
    (response, correction), bars = fit_both(lessons, settings), fit_bars(held)
    model = ImperfectModel(response, correction, bars, _domain(lessons, correction), _mark())
    counts = dict.fromkeys(FAMILIES, 0)
    for one in lessons:
        counts[one.drawn.family] += 1
    card = {
        "model_version": MODEL_VERSION,
        "made_from": made_with() | {"data_set_sha256": plan_sha256(folder), "path_sha256": weights_in_force()["path"]},
        "data": json.loads((folder / "plan.json").read_text(encoding="utf-8")) | {"samples": counts},
        "settings": asdict(settings),
        "held_back": f"one composition profile in {EVERY} for the test",
        "domain": {
            "planes": {str(lateral): planes for lateral, planes in PLANES_TRAINED.items()},
            "lattice": LATTICE_TRAINED,
            "mixing": WIDTHS,
            "most_flaws": MOST_FLAWS,
        },
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
    }
    card = save_weights(model.arrays(), out, card, compressed=True)
    report(f"imperfect: fitted after {time.monotonic() - start:.0f} s, {out.stat().st_size / 1e6:.2f} MB")
    return card


def _domain(lessons: list[Lesson], correction: Correction) -> ImperfectDomain:
    """The unit of novelty is what 99 % of the samples stay below when their own profile is not among the references."""
    seen = [correction.kernel.weighted(one.seen) for one in lessons]
    profile = np.array([profile_number(one.drawn.imperfect.sample.stack) for one in lessons])
    found = []
    for number in np.unique(profile):
        others = joined([one for one, own in zip(seen, profile, strict=True) if own != number])
        domain = ImperfectDomain(others, 1.0)
        found += [domain.novelty(one) for one, own in zip(seen, profile, strict=True) if own == number]
    return ImperfectDomain(correction.references, float(np.quantile(found, 0.99)))


def _mark() -> np.ndarray:
    return np.frombuffer(mark_of(spectrum_model("path").basis), np.uint8)
