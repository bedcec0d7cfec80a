"""What a page keeps of an uploaded image, and what it asks about it: calibration, figures, pictures to compare."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
import xarray as xr

from core.errors import InputError
from core.experiment.calibration import (
    Background,
    Colours,
    FermiLevel,
    Frame,
    Momentum,
    PictureAxes,
    Step,
    Symmetrise,
    calibrate,
    suggested_steps,
)
from core.experiment.colours import table_from_bar
from core.experiment.frame import find_frame
from core.experiment.readers import read_images
from core.reverse.candidates import Candidate, predicted_pictures
from core.reverse.distance import Target
from core.reverse.files import cut_name, final_state_of
from core.reverse.guess import Guess, Predictor
from core.reverse.inference import Cut, Inference, infer_images
from core.reverse.model import reverse_model
from core.reverse.standard import THEORY, standard_image
from core.storage import result_store

EXAMPLES = Path(__file__).parent / "examples"
LOST_IMAGE = "This image is no longer kept here; drop it again"
_KEPT = re.compile(r"[0-9a-f]{20}")
_EXAMPLE_FILES = {f"example-{file.stem}": file for file in EXAMPLES.glob("*.nc")}
"""The only files that a page can name."""


@dataclass(frozen=True)
class Reading:
    """One image and how it is to be read; plain values, None where nothing is said.

    image: id from `keep_image`, or `example-NAME`. index: which image of the file. frame: left, top, right, bottom of a
    picture's data in pixels. bar: the same of its colour bar, which tells its colours. k_left to e_top: a picture's
    axes. fermi: on the file's energy axis. hv, inner_potential, work_function: eV. k_centre: 1/Å, k_scale: relative.
    kz: text, a number or auto.
    """

    image: str
    index: int = 0
    frame: tuple[int, ...] = ()
    bar: tuple[int, ...] = ()
    colours: str = "auto"
    k_left: float | None = None
    k_right: float | None = None
    e_bottom: float | None = None
    e_top: float | None = None
    fermi: float | None = None
    hv: float | None = None
    inner_potential: float | None = None
    work_function: float | None = None
    k_centre: float = 0.0
    k_scale: float = 1.0
    background: str = "none"
    symmetrise: bool = False
    cut: str = "G-X"
    kz: str = "auto"

    @classmethod
    def from_document(cls, document: dict) -> "Reading":
        """A reading that a browser kept, checked.

        Raises:
            InputError: entries or types that no reading has.
        """
        known = {field.name for field in fields(cls)}
        if not isinstance(document, dict) or set(document) - known or not isinstance(document.get("image"), str):
            raise InputError("This reading did not come from the page; reload it")
        try:
            values = {name: _entry(name, value) for name, value in document.items() if value not in (None, "")}
        except (TypeError, ValueError, OverflowError):
            raise InputError("This reading did not come from the page; reload it") from None
        for name, value in values.items():
            numbers = value if isinstance(value, tuple) else (value,) if isinstance(value, float | int) else ()
            if not all(abs(number) <= 1e5 for number in numbers):
                raise InputError(f"{name.replace('_', ' ')} = {str(value)[:40]} is out of range")
        return cls(**values)

    def steps(self) -> tuple[Step, ...]:
        """The calibration as steps.

        Raises:
            InputError: the picture has no axes yet, or the image cannot be calibrated so.
        """
        image = self.raw()
        if "channel" in image.dims:
            axes = (self.k_left, self.k_right, self.e_bottom, self.e_top)
            if None in axes:
                raise InputError(
                    "Give the axes of this picture: click two points on each, or type the values at the frame's edges"
                )
            frame = self.frame if len(self.frame) == 4 else find_frame(image.values)
            steps: tuple[Step, ...] = (Frame(*frame), self._colours(image), PictureAxes(*axes))
        else:
            steps = ()
            if self.fermi is not None:
                steps = (FermiLevel(self.fermi),)
                image = steps[0].apply(image)
            steps += suggested_steps(image, self.hv, self.work_function)
        if self.k_centre or self.k_scale != 1.0:
            steps += (Momentum(self.k_centre, self.k_scale),)
        if self.symmetrise:
            steps += (Symmetrise(),)
        if self.background != "none":
            steps += (Background(self.background),)
        return steps

    def _colours(self, image: xr.DataArray) -> Colours:
        if len(self.bar) != 4:
            return Colours(self.colours)
        left, top, right, bottom = self.bar
        table = table_from_bar(image.values[max(0, top) : max(0, bottom), max(0, left) : max(0, right)])
        return Colours("colour bar", tuple(tuple(round(float(c), 3) for c in colour) for colour in table))

    def raw(self) -> xr.DataArray:
        """The image as its file gives it.

        Raises:
            InputError: the file is no longer kept, or has fewer images.
        """
        images = kept_images(self.image)
        if not 0 <= self.index < len(images):
            raise InputError(f"This file has {len(images)} images; image {self.index + 1} was asked for")
        return images[self.index]


def _entry(name: str, value):
    """An entry of a reading as its kind of value; TypeError, ValueError or OverflowError for what is none."""
    if name in ("image", "colours", "background", "cut", "kz"):
        if not isinstance(value, str):
            raise TypeError
        value.encode()  # half a surrogate pair cannot be kept
        return value[:80]
    if name in ("frame", "bar"):
        if not isinstance(value, list | tuple) or len(value) not in (0, 4):
            raise TypeError
        return tuple(int(x) for x in value)
    if name == "symmetrise":
        return bool(value)
    return int(value) if name == "index" else float(value)


def keep_image(content: bytes, name: str) -> str:
    """Check and keep an uploaded file; returns its id, the hash of its content.

    Raises:
        InputError: from `read_images`.
    """
    read_images(content, name)
    identity = hashlib.sha256(content).hexdigest()[:20]
    result_store().put(f"image:{identity}", content)
    return identity


@lru_cache(maxsize=2)
def kept_images(identity: str) -> tuple[xr.DataArray, ...]:
    """The images of a kept file or of an example.

    Raises:
        InputError: nothing of that id is kept.
    """
    if file := _EXAMPLE_FILES.get(identity):
        return tuple(read_images(file.read_bytes(), file.name))
    if not _KEPT.fullmatch(identity):
        raise InputError(LOST_IMAGE)
    content = result_store().get(f"image:{identity}")
    if content is None:
        raise InputError(LOST_IMAGE)
    return tuple(read_images(content))


@lru_cache(maxsize=4)
def calibrated(reading: Reading) -> xr.DataArray:
    """The calibrated image of a reading, over (eV, kx).

    Raises:
        InputError: see `Reading.steps`.
    """
    return calibrate(reading.raw(), reading.steps())


@lru_cache(maxsize=16)
def interpreted(reading: Reading, others: tuple[Reading, ...] = ()) -> Inference:
    """What an image says, by the reverse model, with others of the same sample; candidates are compared with the first.

    Raises:
        InputError: see `calibrated`; an unknown cut or k_z.
    """
    return infer_images(*cuts_of((reading, *(other for other in others if other != reading))))


def cuts_of(readings: tuple[Reading, ...]) -> tuple[list[Cut], list[np.ndarray]]:
    """Cuts and their standard images (kx, eV).

    Raises:
        InputError: as `interpreted`.
    """
    cuts = []
    for one in readings:
        kz, radius = final_state_of(one.kz or None, one.hv, one.inner_potential, one.work_function)
        cuts.append(Cut(calibrated(one), cut_name(one.cut), kz, radius))
    return cuts, [standard_image(cut.image) for cut in cuts]


def reconstruction(found: Inference, candidate: Candidate) -> np.ndarray:
    """(kx, energy) what the forward model predicts for a candidate, on KX and THEORY, without artefacts."""
    return predicted_pictures(candidate.crystal(), found.cuts[0], found.state, np.array([candidate.shift]))[0]


def energies(found: Inference) -> np.ndarray:
    """(energy,) THEORY against the image's Fermi level, eV."""
    return THEORY - found.readings.level[0]


def ridge_pictures(found: Inference, candidate: Candidate) -> tuple[np.ndarray, np.ndarray]:
    """(half k, eV) on KX and EV: ridges of the first image, and those predicted and fitted to it; NaN elsewhere."""
    target = Target(found.images[0])
    guess = Guess(candidate.stack, candidate.lattice, candidate.mixing, (candidate.view,))
    pictures = []
    for values in (target.seen, target.fitted(Predictor().picture(guess, 0))):
        picture = np.full(target.used.shape, np.nan, np.float32)
        picture[target.used] = values
        pictures.append(picture)
    return pictures[0], pictures[1]


def why(found: Inference, quantity: str) -> np.ndarray:
    """(kx, energy) which pixels speak for a quantity: its derivative by each pixel that the network sees, times it.

    Positive pixels raise the estimate, negative ones lower it; NaN where nothing was measured.
    """
    speaking = (found.readings.seen * reverse_model(found.cuts[0]).slope(found.readings, quantity))[0]
    return np.concatenate([speaking[1, :0:-1], speaking[0]])


def export(reading: Reading, found: Inference, others: tuple[Reading, ...] = ()) -> dict:
    """Result, readings and calibration steps as plain JSON."""
    document = found.document() | {
        "reading": asdict(reading),
        "calibration": [step.document() for step in reading.steps()],
    }
    more = [
        {"reading": asdict(other), "calibration": [step.document() for step in other.steps()]}
        for other in others
        if other != reading
    ]
    return document | ({"other_cuts": more} if more else {})


def export_text(reading: Reading, found: Inference, others: tuple[Reading, ...] = ()) -> str:
    """The same as text."""
    return json.dumps(export(reading, found, others), indent=1, ensure_ascii=False)
