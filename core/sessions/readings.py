"""What a page keeps of an uploaded image, and what it asks about it: calibration, figures, pictures to compare."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import xarray as xr

from core.electronic.kpath import CUT_ENDS
from core.errors import InputError
from core.experiment.calibration.editing import step_of, with_step
from core.experiment.calibration.energies import CURVE
from core.experiment.calibration.photons import with_given
from core.experiment.calibration.record import ImageRecord, Known, record_of
from core.experiment.calibration.steps import (
    STEPS,
    AngleToMomentum,
    FermiLevel,
    FittedFermiLevel,
    Step,
    calibrate,
    step_from,
)
from core.experiment.calibration.suggestion import suggested_steps
from core.experiment.photoemission.final_state import INNER_POTENTIAL
from core.experiment.readers import packed_images, unpacked_images
from core.experiment.readers.detect import parse_images
from core.experiment.readers.slices import opening_index
from core.learning.versions import in_force
from core.once import Once
from core.reverse.candidates import Candidate, predicted_pictures
from core.reverse.cut import Cut, cut_in_name, cut_name, final_state_of
from core.reverse.distance import Target
from core.reverse.guess import Predictor
from core.reverse.inference import Inference, infer_images
from core.reverse.knowledge import NOTHING, Knowledge
from core.reverse.model import reverse_model
from core.reverse.standard import THEORY, standard_image
from core.reverse.truth import truth_of
from core.storage import UNKEPT, result_store

EXAMPLES = Path(__file__).parents[1] / "experiment" / "examples"
_KEPT = re.compile(r"[0-9a-f]{20}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXTS = ("image", "cut", "kz", "substrate", "family")
LONGEST_FILE_NAME = 120

_EXAMPLE_FILES = {f"example-{file.stem}": file for file in EXAMPLES.glob("*.nc")}
"""The only files that a page can name."""

LOST_IMAGE = "This image is no longer kept here; drop it again"


@dataclass(frozen=True)
class Reading:
    """One image, its calibration, and what is known of its final state.

    image: id from `keep_image`, or `example-NAME`. index: which image of the file. steps: the calibration, in order,
    each kind once. kz: text, a number or auto; empty takes it from the photon energy. hv, inner_potential,
    work_function: eV, None where nothing is said; an image with angles holds hv and the work function in its step
    from angles to momenta, and nowhere else. file, sha256: name and hash of the file, empty where they are not known.
    substrate, family: what is known of the sample, as in `core.reverse.knowledge`.

    Raises:
        InputError: a kind of step twice, or photon energies in two places.
    """

    image: str
    index: int = 0
    steps: tuple[Step, ...] = ()
    cut: str = "G-X"
    kz: str = "auto"
    hv: float | None = None
    inner_potential: float | None = None
    work_function: float | None = None
    file: str = ""
    sha256: str = ""
    substrate: str = ""
    family: str = ""

    def __post_init__(self):
        kinds = {FermiLevel if type(step) is FittedFermiLevel else type(step) for step in self.steps}
        if len(kinds) < len(self.steps):
            names = ", ".join(step.name for step in self.steps)
            raise InputError(f"A calibration holds each step and one Fermi level; these are {names}")
        if AngleToMomentum in kinds and (self.hv, self.work_function) != (None, None):
            raise InputError(
                "The step angle_to_momentum holds the photon energy and the work function: give neither beside it"
            )

    @classmethod
    def from_document(cls, document: dict) -> "Reading":
        """A reading that a browser or a file kept, checked.

        Raises:
            InputError: entries or types that no reading has.
        """
        known = {field.name for field in fields(cls)}
        if isinstance(document, dict) and "colours" in document:
            raise InputError("This reading was kept by an earlier version; drop the image again")
        if not isinstance(document, dict) or set(document) - known or not isinstance(document.get("image"), str):
            raise InputError("This reading did not come from the page; reload it")
        values = {name: str(document[name])[:80] for name in _TEXTS if name in document}
        values["file"] = file_label(document.get("file", ""))
        values["sha256"] = sha if _SHA256.fullmatch(sha := str(document.get("sha256", ""))) else ""
        for name in ("index", "hv", "inner_potential", "work_function"):
            if document.get(name) is not None:
                values[name] = number_of(name, document[name])
        values["index"] = int(values.get("index", 0))
        return cls(steps=steps_from(document.get("steps", ())), **values)

    @property
    def knowledge(self) -> Knowledge:
        """What is known of the sample.

        Raises:
            InputError: see `Knowledge`.
        """
        return Knowledge(self.substrate.strip(), self.family.strip())

    def known_as(self, other: "Reading") -> "Reading":
        """The same image of the sample of another one: what is known of the sample is what stands there."""
        return replace(self, substrate=other.substrate, family=other.family)

    def document(self) -> dict:
        """Plain JSON, the inverse of `from_document`."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        unknown = {name for name in ("file", "sha256", "substrate", "family") if not values[name]}
        values = {name: value for name, value in values.items() if name not in unknown}
        return values | {"steps": [step.document() for step in self.steps]}

    def raw(self) -> xr.DataArray:
        """The image as its file gives it.

        Raises:
            InputError: the file is no longer kept, or has fewer images.
        """
        return self.of(kept_images(self.image))

    def of(self, images: Sequence[xr.DataArray]) -> xr.DataArray:
        """The image of a file that is read so.

        Raises:
            InputError: the file has fewer images.
        """
        if not 0 <= self.index < len(images):
            have = "1 image" if len(images) == 1 else f"{len(images)} images"
            raise InputError(f"This file has {have}, counted from 1; image {self.index + 1} was asked for")
        return images[self.index]

    def as_cut(self, image: xr.DataArray, count: int = 1) -> Cut:
        """A calibrated image with what is known of its final state; count: of the images in its file.

        Raises:
            InputError: an unknown cut or k_z, or photons that free no electrons.
        """
        kz, radius = final_state_of(self.kz or None, *self.final_state())
        return Cut(image, cut_name(self.cut), kz, radius, self._record(image, count))

    def record(self) -> ImageRecord:
        """What was read from the image's file, and what its calibration rests on.

        Raises:
            InputError: see `Reading.raw`.
        """
        images = kept_images(self.image)
        return self._record(self.of(images), len(images))

    def _record(self, image: xr.DataArray, count: int) -> ImageRecord:
        """The record of an image with the k_z that its photon energy gives."""
        record = record_of(image, self.steps, self.index + 1, count)
        hv, potential, phi = self.final_state()
        if hv is None:
            return record
        try:
            kz, _ = final_state_of(None, hv, potential, phi)
        except InputError:  # photons that free no electrons: said where they are used
            return record
        used = INNER_POTENTIAL["Si"] if potential is None else potential
        origin = f"hν and an inner potential of {used:g} eV" + ("" if self.kz == "" else "; not used")
        return replace(record, kz=Known(round(kz, 3), 0.0, "2π/c̄", origin))

    def final_state(self) -> tuple[float | None, float | None, float | None]:
        """Photon energy, inner potential and work function in eV, the photons' from the step that uses them."""
        step = step_of(self.steps, AngleToMomentum)
        hv, phi = (step.photon_energy, step.work_function) if step else (self.hv, self.work_function)
        return hv, self.inner_potential, phi


def steps_from(documents: Sequence[dict]) -> tuple[Step, ...]:
    """A list of steps from plain JSON, checked.

    Raises:
        InputError: no list of steps; see `step_from`.
    """
    if not isinstance(documents, list | tuple) or len(documents) > len(STEPS):
        raise InputError(f'A calibration is a list of at most {len(STEPS)} steps such as {{"step": "symmetrise"}}')
    return tuple(step_from(document) for document in documents)


def number_of(name: str, value) -> float:
    """A number that somebody typed.

    Raises:
        InputError: it is none, or out of any range.
    """
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = np.nan
    if not abs(number) <= 1e5:
        raise InputError(f"{name.replace('_', ' ')} = {value} is out of range: give a number")
    return number


def with_fermi_level(reading: Reading, shift: float, uncertainty: float) -> Reading:
    """The reading with E_F at another energy of its calibrated image, by an edge that was fitted there.

    Args:
        reading: before.
        shift: eV of the calibrated image.
        uncertainty: eV.

    Raises:
        InputError: see `calibrated`.
    """
    given = step_of(reading.steps, FermiLevel)
    before = given.level if given else 0.0
    if step_of(reading.steps, FittedFermiLevel):
        before = float(calibrated(reading).attrs["fermi_level"])
    level, steps, image = FermiLevel(before + shift, uncertainty, CURVE), reading.steps, reading.raw()
    if "alpha" in image.dims:
        steps = with_given(image, steps, {"fermi": level.level})
    return replace(reading, steps=with_step(steps, level))


def first_reading(image: str, **known) -> Reading:
    """A kept image with the steps that its file suggests; of a map the slice nearest normal emission.

    known: fields of the reading. A simulated image is of the cut that it was made for, where `known` names none.

    Raises:
        InputError: see `Reading.raw`.
    """
    reading = Reading(image, **{"index": opening_index(kept_images(image)), **known})
    raw = reading.raw()
    truth = truth_of(raw.attrs)
    if truth is not None and truth.cut in CUT_ENDS:
        reading = replace(reading, cut=known.get("cut", truth.cut))
    return replace(reading, steps=suggested_steps(raw))


def file_label(name) -> str:
    """The last part of a file's name as it is shown: its printable characters, at most LONGEST_FILE_NAME."""
    last = re.split(r"[/\\]", str(name))[-1]
    return "".join(letter for letter in last if letter.isprintable())[-LONGEST_FILE_NAME:]


def uploaded_reading(content: bytes, name: str, cut: str = "G-X", kz: str = "auto") -> Reading:
    """A file that was dropped, kept, with the steps that it suggests; its name may speak of another cut.

    Raises:
        InputError: see `keep_image`.
    """
    identity, label = keep_image(content, name), file_label(name)
    sha256 = hashlib.sha256(content).hexdigest()
    return first_reading(identity, cut=cut_in_name(label) or cut, kz=kz, file=label, sha256=sha256)


def keep_image(content: bytes, name: str) -> str:
    """Check and keep the images of an uploaded file; returns its id, the hash of its content.

    Raises:
        InputError: from `read_images`, or they cannot be kept.
    """
    packed = packed_images(content, name)
    identity = hashlib.sha256(content).hexdigest()[:20]
    return keep_packed(identity, packed)


def keep_packed(identity: str, packed: bytes) -> str:
    """Keep images that `packed_images` gave under an id; returns it.

    Raises:
        InputError: they cannot be kept.
    """
    if not result_store().put(f"images:{identity}", packed):
        raise InputError(UNKEPT)
    return identity


def packed_of(identity: str) -> bytes:
    """The images of an uploaded file as `packed_images` gave them.

    Raises:
        InputError: nothing of that id is kept.
    """
    packed = result_store().get(f"images:{identity}") if _KEPT.fullmatch(identity) else None
    if packed is None:
        raise InputError(LOST_IMAGE)
    return packed


@lru_cache(maxsize=2)
def kept_images(identity: str) -> tuple[xr.DataArray, ...]:
    """The images of a kept file or of an example.

    Raises:
        InputError: nothing of that id is kept.
    """
    if file := _EXAMPLE_FILES.get(identity):
        return tuple(image.data_array() for image in parse_images(file.read_bytes(), file.name))
    return tuple(unpacked_images(packed_of(identity)))


_inferred: Once = Once(16)
"""By the readings and the version of the models: callbacks that want the same share one computation."""


@lru_cache(maxsize=4)
def calibrated(reading: Reading) -> xr.DataArray:
    """The calibrated image of a reading, over (eV, kx).

    Raises:
        InputError: see `calibrate`.
    """
    return calibrate(reading.raw(), reading.steps)


def interpreted(reading: Reading, others: tuple[Reading, ...] = ()) -> Inference:
    """What an image says, by the reverse model, with others of the same sample.

    Raises:
        InputError: see `calibrated`; an unknown cut or k_z, or knowledge that is not understood.
    """
    readings = readings_of_sample(reading, others)
    known = reading.knowledge
    more = () if known == NOTHING else (known,)
    return _inferred.of((readings, in_force()), lambda: infer_images(*cuts_of(readings), *more))


def readings_of_sample(shown: Reading, others: Sequence[Reading]) -> tuple[Reading, ...]:
    """A reading and others of its sample; what is known of the sample is what stands beside the first.

    An image counts once for each cut, however often it was kept: as it is read first.
    """
    found: dict[tuple, Reading] = {}
    for one in (shown, *others):
        found.setdefault((one.image, one.index, one.cut), one.known_as(shown))
    return tuple(found.values())


def cuts_of(readings: tuple[Reading, ...]) -> tuple[list[Cut], list[np.ndarray]]:
    """Cuts and their standard images (kx, eV).

    Raises:
        InputError: as `interpreted`.
    """
    cuts = [_named_cut(one, len(readings)) for one in readings]
    return cuts, [standard_image(cut.image) for cut in cuts]


def _named_cut(reading: Reading, count: int) -> Cut:
    """The cut of a reading; what is wrong with one of several says which."""
    try:
        return reading.as_cut(calibrated(reading), len(kept_images(reading.image)))
    except InputError as error:
        if count == 1:
            raise
        raise InputError(f"{reading.file or 'An image'}, {reading.cut}: {error}") from None


def reconstruction(found: Inference, candidate: Candidate) -> np.ndarray:
    """(kx, energy) what the forward model predicts for a candidate, on KX and THEORY, without artefacts."""
    view = found.images[0].view
    shift = candidate.views[0].level - view.level
    return predicted_pictures(candidate.sample.crystal(), view.cut, view.state, np.array([shift]))[0]


def energies(found: Inference) -> np.ndarray:
    """(energy,) THEORY against the image's Fermi level, eV."""
    return THEORY - found.images[0].view.level


def ridge_pictures(found: Inference, candidate: Candidate) -> tuple[np.ndarray, np.ndarray]:
    """(half k, eV) on KX and EV: ridges of the first image, and those predicted and fitted to it; NaN elsewhere."""
    target = Target(found.images[0].image)
    pictures = []
    for values in (target.seen, target.fitted(Predictor().picture(candidate.guess, 0))):
        picture = np.full(target.used.shape, np.nan, np.float32)
        picture[target.used] = values
        pictures.append(picture)
    return pictures[0], pictures[1]


def why(found: Inference, quantity: str) -> np.ndarray:
    """(kx, energy) which pixels speak for a quantity: its derivative by each pixel that the network sees, times it.

    Positive pixels raise the estimate, negative ones lower it; NaN where nothing was measured.
    """
    first = found.images[0]
    speaking = (first.readings.seen * reverse_model(first.cut).slope(first.readings, quantity))[0]
    return np.concatenate([speaking[1, :0:-1], speaking[0]])


def export(reading: Reading, found: Inference, others: tuple[Reading, ...] = ()) -> dict:
    """Result and readings as plain JSON."""
    more = [{"reading": other.document()} for other in others if other != reading]
    return found.document() | {"reading": reading.document()} | ({"other_cuts": more} if more else {})


def export_text(reading: Reading, found: Inference, others: tuple[Reading, ...] = ()) -> str:
    """The same as text."""
    return json.dumps(export(reading, found, others), indent=1, ensure_ascii=False)


def exported_readings(text: str) -> list[Reading]:
    """The readings of an export, of one reading, or of a bare list of steps, as JSON.

    Raises:
        InputError: none of these.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("This is no JSON: give a list of calibration steps, or what Interpret exports") from None
    if isinstance(document, list):
        return [Reading("", steps=steps_from(document))]
    if isinstance(document, dict) and "reading" in document:
        entries = [document, *(document.get("other_cuts") or [])]
        return [Reading.from_document(entry.get("reading")) for entry in entries if isinstance(entry, dict)]
    return [Reading.from_document(document)]
