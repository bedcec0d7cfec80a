"""From calibrated images to figures, candidates and a verdict on whether the model knows such images."""

from dataclasses import asdict, dataclass

import numpy as np

from core.errors import InputError
from core.experiment.calibration.record import ImageRecord
from core.experiment.photoemission.renderer import REACH
from core.reverse.candidates import COMPARED, Candidate, compare_candidates, composition_figures
from core.reverse.cut import Cut
from core.reverse.distance import Target
from core.reverse.domain import domain_evidence, domain_score
from core.reverse.guess import View
from core.reverse.knowledge import NORMAL_90, NOTHING, Knowledge
from core.reverse.model import Readings, ReverseModel, reverse_model
from core.reverse.quantities import LOCAL_QUANTITIES, QUANTITIES, Quantity, crystal_figures
from core.reverse.standard import EV, KX, standard_image
from core.structure.stack import parse_stack
from core.structure.substrate import bulk_lattice_constant, strain_against

NUISANCE_QUANTITIES = {
    "fermi_above_vbm": Quantity("eV", -1.0, 3.0, "Fermi level above the valence band maximum."),
    "kz": Quantity("2π/c̄", 0.0, 1.0, "Momentum normal to the layers: 0 is the Γ plane, 1 the Z plane."),
}

PER_IMAGE = ("fermi_level", "fermi_above_vbm", "kz", "k_stretch")
"""Outputs of the model that belong to an image, not to the sample."""

ESCAPE_WIDTH = 0.04
"""1/Å: half-width of k_z that candidates' pictures are given where it is broadened by an unknown amount."""

EQUALLY_GOOD = 0.5
"""Candidates of at least this share of the best one's probability explain an image as well as it does."""

EXPECTED_DISTANCE = 0.05
"""Where the best candidate is farther from the image, intervals widen by the root of the ratio, as Birge's ratio widens
those of data that scatter more than they should (Phys. Rev. 40, 207, 1932). About half of the realistic images of the
validation stacks are nearer."""

LEAST_WINDOW = 0.08
"""Share of the model's window that an image must cover: about 0.9 eV below E_F over ±1.2 1/Å, or 7 eV over ±0.13 1/Å.
Cuts of 0.6 eV of known crystals get intervals that do not hold them."""

SPREAD_90, LEAST_SHARE = 2.5, 0.1
"""Candidates' spread in units of their standard deviation, and a share of the networks' own half-width, that make the
90 % half-width where a sample's family or substrate is known: measured on two-block stacks, the former alone covers too
little."""

BONDS = ("bond_length_si_si", "bond_length_si_ge", "bond_length_ge_ge")

DRAWN = ("ge_fraction", "interfacial_fraction", "interface_width")
"""What candidates have a say in."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 90 % interval."""

    value: float
    low: float
    high: float
    unit: str


@dataclass(frozen=True, eq=False)
class ImageReading:
    """One image of a sample, and what belongs to it alone.

    cut: `G-X` or `G-K`. image: (kx, eV) standard image. readings: of the model. view: how it was taken, as far as the
    model tells. descriptors: NUISANCE_QUANTITIES by name, without a k_z that was given. estimates: the same and
    k_stretch as numbers, not limited. domain_score: above 1 is outside. record: what was read from the image's file.
    """

    cut: str
    image: np.ndarray
    readings: Readings
    view: View
    descriptors: dict[str, Estimate]
    estimates: dict[str, float]
    domain_score: float
    record: ImageRecord | None = None

    @property
    def in_domain(self) -> bool:
        """Whether the model knows such images."""
        return self.domain_score <= 1.0

    def document(self) -> dict:
        """Plain JSON."""
        return {
            "cut": self.cut,
            "source": self.record.document() if self.record else None,
            "in_domain": self.in_domain,
            "domain_score": round(self.domain_score, 3),
            "descriptors": _plain(self.descriptors),
        }


@dataclass(frozen=True, eq=False)
class Inference:
    """What the images of a sample say.

    figures: QUANTITIES and LOCAL_QUANTITIES by name, of the sample. candidates: most probable first. images: each with
    what belongs to it alone. estimates, sizes: of the sample's outputs of the model, with their typical errors.
    at_odds: a sentence where what is known of the sample contradicts the images. known: of the sample beforehand.
    """

    figures: dict[str, Estimate]
    candidates: list[Candidate]
    images: tuple[ImageReading, ...]
    estimates: dict[str, float]
    sizes: dict[str, float]
    at_odds: str = ""
    known: Knowledge = NOTHING

    @property
    def domain_score(self) -> float:
        """That of the image that the model knows least."""
        return max(one.domain_score for one in self.images)

    @property
    def in_domain(self) -> bool:
        """Whether the model knows such images, every one of them."""
        return self.domain_score <= 1.0

    @property
    def descriptors(self) -> dict[str, Estimate]:
        """The figures, and those of the image where there is one alone."""
        return self.figures | (self.images[0].descriptors if len(self.images) == 1 else {})

    def document(self) -> dict:
        """Plain JSON."""
        return {
            "descriptors": _plain(self.descriptors),
            "in_domain": self.in_domain,
            "domain_score": round(self.domain_score, 3),
            "at_odds": self.at_odds,
            "known": {name: said for name, said in asdict(self.known).items() if said},
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
            "images": [one.document() for one in self.images],
            "equally_good": sum(
                c.probability >= EQUALLY_GOOD * self.candidates[0].probability for c in self.candidates
            ),
        }


def infer(cuts: list[Cut]) -> Inference:
    """Figures, candidates and verdict of one or several cuts of the same sample; their order does not matter.

    Raises:
        InputError: no image, a cut that is not known, or an image that hardly reaches the model's window.
    """
    if not cuts:
        raise InputError("Give at least one band image")
    return infer_images(cuts, [standard_image(cut.image) for cut in cuts])


def infer_images(cuts: list[Cut], images: list[np.ndarray], known: Knowledge = NOTHING) -> Inference:
    """The same from standard images (kx, eV), one a cut, and from what is known of the sample."""
    images = [_within_reach(cut, image) for cut, image in zip(cuts, images, strict=True)]
    for image in images:
        check_window(image)
    models = [reverse_model(cut.cut) for cut in cuts]
    read = [_read(*part) for part in zip(models, cuts, images, strict=True)]
    names = models[0].names
    value, half = (
        dict(zip(names, column[0].tolist(), strict=True)) for column in combined([(r.value, r.half) for r in read])
    )
    value, half = ({n: x for n, x in column.items() if n not in PER_IMAGE} for column in (value, half))
    at_odds = known.at_odds(value, half)
    value, half = known.combined(value, half)
    views = [_view(*part) for part in zip(models, cuts, read, strict=True)]
    candidates = compare_candidates(images, views, value, _sizes(half), known=known)
    value = sharpened(value, candidates)
    value, half = narrowed(value, half, candidates, known, bool(at_odds))
    distance = 1 - max(candidate.agreement for candidate in candidates)
    wider = max(1.0, distance / EXPECTED_DISTANCE) ** 0.5
    half = {name: width * wider for name, width in half.items()}
    parts = tuple(
        _image_reading(model, cut, image, one, view, agreement, wider)
        for model, cut, image, one, view, agreement in zip(
            models, cuts, images, read, views, candidates[0].agreements, strict=True
        )
    )
    return Inference(_estimates(value, half), candidates, parts, value, _sizes(half), at_odds, known)


def check_window(image: np.ndarray) -> None:
    """Refuse a standard image (kx, eV) that covers so little of the model's window that its figures would be empty.

    Raises:
        InputError: less than LEAST_WINDOW of it was measured.
    """
    measured = np.isfinite(image)
    share = float(Target(image).used.mean()) if measured.any() else 0.0
    if share >= LEAST_WINDOW:
        return
    kx, ev = (axis[measured.any(axis=1 - side)] for side, axis in ((0, KX), (1, EV)))
    covered = (
        f"{ev[0]:.1f} to {ev[-1]:.1f} eV over {kx[0]:.1f} to {kx[-1]:.1f} 1/Å" if len(kx) and len(ev) else "nothing"
    )
    unoccupied = " Nearly all of it lies above E_F, as in two-photon photoemission: occupied states are read."
    raise InputError(
        f"The image covers {100 * share:.0f} % of the window that the model reads ({covered} against E_F); at least "
        f"{100 * LEAST_WINDOW:.0f} % are needed, such as -1 to 0 eV over ±1.2 1/Å, and figures become narrow from some "
        f"3 eV below E_F: give a wider image, or check E_F and the axes."
        + (unoccupied if len(ev) and ev[0] > -0.3 else "")
    )


def _within_reach(cut: Cut, image: np.ndarray) -> np.ndarray:
    return np.where((np.abs(KX) <= REACH[cut.cut])[:, None], image, np.nan)


def _read(model: ReverseModel, cut: Cut, image: np.ndarray) -> Readings:
    return model.read(image[None], np.array([cut.kz or 0.0]), np.array([cut.kz is not None]))


def _image_reading(model: ReverseModel, cut: Cut, image, readings: Readings, view, agreement, wider) -> ImageReading:
    value, half = _of_image(model, readings.value), _of_image(model, wider * readings.half)
    if cut.record is not None:  # the model reads E_F against the bands; where it lies in the image is another matter
        half["fermi_above_vbm"] = float(np.hypot(half["fermi_above_vbm"], NORMAL_90 * cut.record.fermi_uncertainty))
    score = domain_score(model, domain_evidence(model, readings, agreement), int(Target(image).used.sum()))
    known = () if cut.kz is None else ("kz",)
    found = {name: e for name, e in _estimates(value, half).items() if name not in known}
    return ImageReading(cut.cut, image, readings, view, found, value, score, cut.record)


def _of_image(model: ReverseModel, column: np.ndarray) -> dict[str, float]:
    """What of a row (1, output) belongs to the image alone."""
    return {name: float(x) for name, x in zip(model.names, column[0], strict=True) if name in PER_IMAGE}


def sharpened(value: dict[str, float], candidates: list[Candidate]) -> dict[str, float]:
    """Estimates with those of the composition drawn half way to what the candidates have on average."""
    found = dict(value)
    for name in DRAWN:
        mean = sum(c.probability * composition_figures(parse_stack(c.stack), c.mixing)[name] for c in candidates)
        found[name] = (value[name] + mean) / 2
    return found


def narrowed(
    value: dict, half: dict, candidates: list[Candidate], known: Knowledge, at_odds: bool = False
) -> tuple[dict, dict]:
    """Estimates and 90 % half-widths with what the candidates say of figures that the knowledge of a sample settles.

    A family settles composition and period, for the candidates are all that is left; a substrate the lengths of bonds,
    unless it is at odds with the images: candidates lie on one a∥, which then is not known so well.
    """
    settled = known.substrate and not at_odds
    names = [*((*DRAWN, "period") if known.family else ()), *(BONDS if settled else ())]
    if not names:
        return value, half
    rows = [crystal_figures(candidate.sample.crystal(), candidate.mixing) for candidate in candidates]
    weight = np.array([candidate.probability for candidate in candidates])
    value, half = dict(value), dict(half)
    for name in names:
        said = np.array([row[name] for row in rows])
        value[name] = float(weight @ said)
        spread = float(weight @ (said - value[name]) ** 2) ** 0.5
        half[name] = min(half[name], SPREAD_90 * spread + LEAST_SHARE * half[name])
    return value, half


def evidence_of(model: ReverseModel, cut: Cut, image: np.ndarray, count: int = COMPARED) -> tuple[np.ndarray, int]:
    """Evidence for the domain of one standard image (kx, eV), and on how many pixels it was compared."""
    found = _read(model, cut, image)
    value, half = (dict(zip(model.names, column[0].tolist(), strict=True)) for column in (found.value, found.half))
    best = compare_candidates([image], [_view(model, cut, found)], value, _sizes(half), count)[0]
    return domain_evidence(model, found, best.agreement), int(Target(image).used.sum())


def _view(model: ReverseModel, cut: Cut, readings: Readings) -> View:
    """How an image was taken, by the model; k_z as given, else as estimated.

    k_z is broadened where only an experiment can have made the image.
    """
    value = _of_image(model, readings.value)
    width = ESCAPE_WIDTH if cut.kz is None or np.isfinite(cut.radius) else 0.0
    kz = min(1.0, max(0.0, value["kz"])) if cut.kz is None else cut.kz
    return View(cut.cut, float(readings.level[0]), kz, value["k_stretch"], width, 1 / cut.radius)


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


def _estimates(value: dict, half: dict) -> dict[str, Estimate]:
    """Estimates within the limits of their quantities; the strain is that of the lattice constant."""
    found = {}
    for name, quantity in (QUANTITIES | LOCAL_QUANTITIES | NUISANCE_QUANTITIES).items():
        if name not in value:
            continue
        ends = [value[name], value[name] - half[name], value[name] + half[name]]
        if name == "strain_silicon":
            lattice, width = value["lattice_in_plane"], half["lattice_in_plane"]
            ends = list(strain_ends((lattice, lattice - width, lattice + width)))
        found[name] = Estimate(*(round(float(np.clip(x, quantity.low, quantity.high)), 5) for x in ends), quantity.unit)  # type: ignore[call-arg]
    return found


def strain_ends(lattice: tuple[float, float, float]) -> tuple[float, float, float]:
    """Strain of Si (%) at a∥ (Å) and at the ends of its interval: it is known as well as a∥ is."""
    silicon = bulk_lattice_constant(0.0)
    value, low, high = (float(100 * strain_against(one, silicon)) for one in lattice)
    return value, low, high


def _plain(estimates: dict[str, Estimate]) -> dict[str, dict]:
    return {name: {"value": e.value, "low": e.low, "high": e.high, "unit": e.unit} for name, e in estimates.items()}
