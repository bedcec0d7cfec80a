"""From calibrated images to figures, candidates and a verdict on whether the model knows such images."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from core.errors import InputError
from core.experiment.final_state import INNER_POTENTIAL, FinalState, final_momentum, reduced_kz
from core.experiment.simulation import REACH
from core.reverse.candidates import TRIED, Candidate, composition_figures, tried
from core.reverse.distance import Target
from core.reverse.domain import domain_score, signs
from core.reverse.guess import View
from core.reverse.model import Readings, ReverseModel, reverse_model
from core.reverse.standard import KX, aligned, standard_image
from core.reverse.targets import LOCAL_QUANTITIES, QUANTITIES, Quantity
from core.structure.stack import parse_stack
from core.structure.substrate import bulk_lattice_constant, strain_against

NORMAL_90 = 1.645

NUISANCE_QUANTITIES = {
    "fermi_above_vbm": Quantity("eV", -1.0, 3.0, "Fermi level above the valence band maximum."),
    "kz": Quantity("2π/c̄", 0.0, 1.0, "Momentum normal to the layers: 0 is the Γ plane, 1 the Z plane."),
}

TYPICAL_SPACING = 1.38
"""Å between planes, for k_z from a photon energy before the sample is known."""

ESCAPE_WIDTH = 0.04
"""1/Å: half-width of k_z that candidates' pictures are given where it is broadened by an unknown amount."""

EQUALLY_GOOD = 0.5
"""Candidates of at least this share of the best one's probability explain an image as well as it does."""

EXPECTED_DISTANCE = 0.05
"""Where the best candidate is farther from the image, intervals widen by the root of the ratio, as Birge's ratio widens
those of data that scatter more than they should (Phys. Rev. 40, 207, 1932). About half of the realistic images of the
validation stacks are nearer."""

DRAWN = ("ge_fraction", "interfacial_fraction", "interface_width")
"""What candidates have a say in."""


@dataclass(frozen=True, eq=False)
class Cut:
    """One calibrated image, over (eV, kx).

    cut: `G-X` or `G-K`. kz: in 2π/c̄; None where it is to be inferred. radius: k_f in 1/Å where the photon energy is
    known, infinite otherwise.
    """

    image: xr.DataArray | None
    cut: str
    kz: float | None = None
    radius: float = np.inf


@dataclass(frozen=True)
class Estimate:
    """A figure with its 90 % interval."""

    value: float
    low: float
    high: float
    unit: str


@dataclass(frozen=True, eq=False)
class Inference:
    """What an image says.

    descriptors: by name, QUANTITIES, LOCAL_QUANTITIES and NUISANCE_QUANTITIES. domain_score: above 1 is outside.
    candidates: most probable first. image: (kx, energy) the first image on THEORY. readings: of the model from it.
    state: k_z of the first cut as given or inferred. estimates, sizes: every output of the model with its typical
    error. images, every: (kx, eV) standard image and readings of each cut.
    """

    descriptors: dict[str, Estimate]
    in_domain: bool
    domain_score: float
    candidates: list[Candidate]
    image: np.ndarray
    readings: Readings
    cuts: tuple[str, ...]
    state: FinalState
    estimates: dict[str, float]
    sizes: dict[str, float]
    images: tuple[np.ndarray, ...]
    every: tuple[Readings, ...]

    def document(self) -> dict:
        """Plain JSON."""
        return {
            "descriptors": {
                name: {"value": e.value, "low": e.low, "high": e.high, "unit": e.unit}
                for name, e in self.descriptors.items()
            },
            "in_domain": self.in_domain,
            "domain_score": round(self.domain_score, 3),
            "candidates": [
                {
                    "stack": c.stack,
                    "substrate": c.substrate,
                    "mixing": c.mixing,
                    "probability": round(c.probability, 4),
                    "agreement": round(c.agreement, 4),
                }
                for c in self.candidates
            ],
            "equally_good": sum(
                c.probability >= EQUALLY_GOOD * self.candidates[0].probability for c in self.candidates
            ),
        }


def kz_from_photons(photon_energy: float, inner_potential: float | None, work_function: float) -> tuple[float, float]:
    """k_z at k∥ = 0 in 2π/c̄, and the final-state momentum in 1/Å.

    Raises:
        InputError: the photons free no electrons.
    """
    potential = INNER_POTENTIAL["Si"] if inner_potential is None else inner_potential
    radius = final_momentum(photon_energy, potential, work_function)
    return float(reduced_kz(radius, TYPICAL_SPACING)), radius


def infer(cuts: list[Cut]) -> Inference:
    """Figures, candidates and verdict of one or several cuts of the same sample.

    Raises:
        InputError: no image, a cut that is not known, or an image that hardly reaches the model's window.
    """
    if not cuts:
        raise InputError("Give at least one band image")
    return infer_images(cuts, [standard_image(cut.image) for cut in cuts])


def infer_images(cuts: list[Cut], images: list[np.ndarray]) -> Inference:
    """The same from standard images (kx, eV), one a cut."""
    readings, first = [], cuts[0]
    for cut, image in zip(cuts, images, strict=True):
        image = np.where((np.abs(KX) <= REACH[cut.cut])[:, None], image, np.nan)[None]
        known = np.array([cut.kz is not None])
        found = reverse_model(cut.cut).read(image, np.array([cut.kz or 0.0]), known)
        readings.append((image[0], found))
    model, (image, found) = reverse_model(first.cut), readings[0]
    value, half = combined([(part.value, part.half) for _, part in readings])
    value, half = (dict(zip(model.names, column[0].tolist(), strict=True)) for column in (value, half))
    state = _state(first.kz, first.radius, value)
    moved = aligned(image[None], found.level)[0]
    candidates = tried(image, _view(first.cut, state, value, found.level[0]), value, _sizes(half))
    compared = int(Target(image).used.sum())
    score = domain_score(model, signs(model, found, candidates[0].agreement), compared)
    value = sharpened(value, candidates)
    distance = 1 - max(candidate.agreement for candidate in candidates)
    wider = max(1.0, distance / EXPECTED_DISTANCE) ** 0.5
    half = {name: width * wider for name, width in half.items()}  # type: ignore[attr-defined]
    return Inference(
        _estimates(value, half, first.kz), score <= 1.0, score, candidates, moved, found,
        tuple(cut.cut for cut in cuts), state, value, _sizes(half), tuple(image for image, _ in readings),
        tuple(part for _, part in readings),
    )  # fmt: skip


def sharpened(value: dict[str, float], candidates: list[Candidate]) -> dict[str, float]:
    """Estimates with those of the composition drawn half way to what the candidates have on average."""
    found = dict(value)
    for name in DRAWN:
        mean = sum(c.probability * composition_figures(parse_stack(c.stack), c.mixing)[name] for c in candidates)
        found[name] = (value[name] + mean) / 2
    return found


def looked_at(
    model: ReverseModel, cut: str, image: np.ndarray, kz: float | None, count: int = TRIED
) -> tuple[np.ndarray, list[Candidate]]:
    """Signs of the domain and candidates of one standard image (kx, eV), k_z in 2π/c̄ or None where not known."""
    found = model.read(image[None], np.array([kz or 0.0]), np.array([kz is not None]))
    value, half = (dict(zip(model.names, column[0].tolist(), strict=True)) for column in (found.value, found.half))
    view = _view(cut, _state(kz, np.inf, value), value, found.level[0])
    candidates = tried(image, view, value, _sizes(half), count)
    return signs(model, found, candidates[0].agreement), candidates


def _state(kz: float | None, radius: float, value: dict[str, float]) -> FinalState:
    """k_z of a cut as given, else as estimated; broadened where only an experiment can have made the image."""
    if kz is not None:
        return FinalState(kz, radius, ESCAPE_WIDTH if np.isfinite(radius) else 0.0)
    return FinalState(min(1.0, max(0.0, value["kz"])), radius, ESCAPE_WIDTH)


def _view(cut: str, state: FinalState, value: dict[str, float], level: float) -> View:
    """How the first image was taken, by the model."""
    return View(cut, float(level), state.kz, value["k_stretch"], state.width, 1 / state.radius)


def _sizes(half: dict[str, float]) -> dict[str, float]:
    return {name: width / NORMAL_90 for name, width in half.items()}


def combined(found: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Values and half-widths of several cuts as one: weighted by precision, the half-width a harmonic mean of theirs.

    Independent errors would shrink the interval by the root of their number. Those of two cuts of one sample are
    partly shared, so it does not shrink: with this rule two cuts cover what one does (`core evaluate --reverse`).
    """
    weight = [1 / np.maximum(half, 1e-9) ** 2 for _, half in found]
    total = sum(weight)
    value = sum(w * v for w, (v, _) in zip(weight, found, strict=True)) / total
    return value, np.sqrt(len(found) / total)


def _estimates(value: dict, half: dict, kz: float | None) -> dict[str, Estimate]:
    """Estimates within the limits of their quantities; the strain is that of the lattice constant."""
    found = {}
    for name, quantity in (QUANTITIES | LOCAL_QUANTITIES | NUISANCE_QUANTITIES).items():
        if name not in value or (name == "kz" and kz is not None):
            continue
        ends = [value[name], value[name] - half[name], value[name] + half[name]]
        if name == "strain_silicon":
            lattice = value["lattice_in_plane"], half["lattice_in_plane"]
            silicon = bulk_lattice_constant(0.0)
            ends = [100 * strain_against(a, silicon) for a in (lattice[0], lattice[0] - lattice[1], sum(lattice))]
        found[name] = Estimate(*(round(float(np.clip(x, quantity.low, quantity.high)), 5) for x in ends), quantity.unit)  # type: ignore[call-arg]
    return found
