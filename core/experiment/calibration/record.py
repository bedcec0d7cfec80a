"""What was read from an image's file and what its calibration rests on, to be shown beside every result."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import xarray as xr

from core.errors import InputError
from core.experiment.calibration.energies import (
    FILE,
    FITTED,
    GIVEN,
    PHOTONS_ASSUMED,
    UNCERTAINTY,
    counts_from_fermi,
)
from core.experiment.calibration.normal import LOPSIDED
from core.experiment.calibration.steps import AngleToMomentum, FermiLevel, FittedFermiLevel, Step
from core.experiment.photoemission.final_state import WORK_FUNCTION
from core.parameters.constants import FREE_ELECTRON

OFF_CUT = 0.05
"""1/Å by which a cut may pass Γ before a note says so."""

FAR_OFF = 0.15
"""1/Å, an eighth of Γ-X: a cut that far off has other bands than the one through Γ that it is read as."""


@dataclass(frozen=True)
class Known:
    """A number, its uncertainty (standard deviation; 0 where nothing is known of it), its unit and how it is known."""

    value: float
    uncertainty: float
    unit: str
    origin: str


@dataclass(frozen=True)
class ImageRecord:
    """What was read from a file, of one image.

    file_format: the layout. beamline, sample: as the header has them. photon_energy, work_function, fermi_level: eV;
    the level on the file's own axis. temperature: K. normal_emission, second_angle: degrees. off_cut: 1/Å across the
    slit by which the cut passes Γ, at E_F. kz: what the photon energy gives at the zone's centre, 2π/c̄, whether or not
    it is used. energy_scale: `kinetic` or
    `binding`, and how that is known. slice: which part of a scan; number and count: the image's place in the file, from
    1. notes: what a reader of the result should know. Entries are None or empty where nothing is known.
    """

    file_format: str = ""
    beamline: str = ""
    sample: str = ""
    photon_energy: Known | None = None
    work_function: Known | None = None
    temperature: Known | None = None
    fermi_level: Known | None = None
    normal_emission: Known | None = None
    second_angle: Known | None = None
    off_cut: Known | None = None
    kz: Known | None = None
    energy_scale: str = ""
    slice: str = ""
    number: int = 1
    count: int = 1
    notes: tuple[str, ...] = field(default=())

    @property
    def fermi_uncertainty(self) -> float:
        """Standard deviation of E_F in eV, 0 where nothing is known of it."""
        return self.fermi_level.uncertainty if self.fermi_level else 0.0

    def document(self) -> dict:
        """Plain JSON."""
        return asdict(self) | {"notes": list(self.notes)}

    def lines(self) -> list[str]:
        """The same for people, a line an entry."""
        rows = [place_in_file(self.number, self.count, self.slice)] if self.count > 1 else []
        where = [part for part in (self.file_format, self.beamline, self.sample) if part]
        if where:
            rows.append(f"read from {', '.join(where)}")
        shown = {
            "photon_energy": "hν", "work_function": "Φ", "fermi_level": "E_F on the file's axis",
            "normal_emission": "normal emission", "second_angle": "second angle", "off_cut": "k across the slit",
            "temperature": "temperature", "kz": "k_z",
        }  # fmt: skip
        for name, words in shown.items():
            known = getattr(self, name)
            if known is not None:
                spread = f" ± {known.uncertainty:.3g}" if known.uncertainty else ""
                rows.append(f"{words} {known.value:g}{spread} {known.unit} ({known.origin})")
        if self.energy_scale:
            rows.append(f"energies {self.energy_scale}")
        return rows + [f"note: {note}" for note in self.notes]


def place_in_file(number: int, count: int, part: str = "") -> str:
    """`image 2 of 3: hv = 100`, from the text of a slice that may count itself."""
    where = part.removesuffix(f" ({number} of {count})")
    return f"image {number} of {count}" + (f": {where}" if where else "")


def record_from(document: dict) -> ImageRecord:
    """The inverse of `ImageRecord.document`."""
    values = {name: Known(**value) if isinstance(value, dict) else value for name, value in document.items()}
    return ImageRecord(**values | {"notes": tuple(values.get("notes", ()))})


def record_of(image: xr.DataArray, steps: Sequence[Step], number: int = 1, count: int = 1) -> ImageRecord:
    """What is known of an image, before or after its calibration by these steps.

    number, count: its place in the file, from 1.
    """
    attrs = image.attrs
    angles = next((step for step in steps if isinstance(step, AngleToMomentum)), None)
    level = _fermi_level(image, steps)
    normal = None
    if angles:
        normal = Known(angles.centre, angles.centre_uncertainty, "degree", angles.centre_origin or GIVEN)
    notes = [str(note) for note in attrs.get("notes", ())]
    off = _off_cut(attrs, angles)
    notes += _notes(level, normal) + _notes_off_cut(off, attrs)
    notes += _notes_specs(level, angles, attrs)
    scale = attrs.get("energy_scale_kind", "")
    return ImageRecord(
        file_format=str(attrs.get("source_format", "")),
        beamline=str(attrs.get("beamline", "")),
        sample=str(attrs.get("sample", "")),
        photon_energy=_photon_energy(attrs, angles),
        work_function=_work_function(attrs, angles, level),
        temperature=_of_header(attrs, "temperature", "K"),
        fermi_level=level,
        normal_emission=normal,
        second_angle=_of_header(attrs, "second_angle", "degree"),
        off_cut=off,
        energy_scale=f"{scale}, by {attrs.get('energy_scale_origin', '')}" if scale else "",
        slice=str(attrs.get("slice", "")),
        number=number,
        count=count,
        notes=tuple(dict.fromkeys(notes)),
    )


def _of_header(attrs: dict, name: str, unit: str) -> Known | None:
    return Known(float(attrs[name]), 0.0, unit, "header") if name in attrs else None


def _fermi_level(image: xr.DataArray, steps: Sequence[Step]) -> Known | None:
    attrs = image.attrs
    for step in steps:
        if isinstance(step, FermiLevel):
            return Known(step.level, step.uncertainty, "eV", step.origin or GIVEN)
        if isinstance(step, FittedFermiLevel):
            try:
                found = attrs if "fermi_uncertainty" in attrs else step.apply(image).attrs
            except InputError:  # said where the image is calibrated
                return None
            return Known(float(found["fermi_level"]), float(found["fermi_uncertainty"]), "eV", "fitted")
    return Known(0.0, 0.0, "eV", FILE) if attrs.get("energy_scale_kind") == "binding" else None


def _photon_energy(attrs: dict, angles: AngleToMomentum | None) -> Known | None:
    header = attrs.get("hv")
    if angles is None:
        return _of_header(attrs, "hv", "eV")
    own = header is not None and abs(float(header) - angles.photon_energy) < 1e-3
    return Known(angles.photon_energy, 0.0, "eV", "header" if own else GIVEN)


def _work_function(attrs: dict, angles: AngleToMomentum | None, level: Known | None) -> Known | None:
    if angles is None:
        return _of_header(attrs, "work_function", "eV")
    phi, header = angles.work_function, attrs.get("work_function")
    if header is not None and abs(float(header) - phi) < 1e-3:
        return Known(phi, 0.0, "eV", "header")
    if abs(phi - WORK_FUNCTION) < 1e-9:
        return Known(phi, UNCERTAINTY[PHOTONS_ASSUMED], "eV", "assumed")
    if level and abs(angles.photon_energy - level.value - phi) < 1e-3:
        return Known(phi, level.uncertainty, "eV", "hν − E_F")
    return Known(phi, 0.0, "eV", GIVEN)


def _off_cut(attrs: dict, angles: AngleToMomentum | None) -> Known | None:
    """Wave vector across the slit at E_F, in the middle of the cut; a turn about the slit leaves k along it as it is.

    A sample turned by β about the slit's axis sends k = (K sin α, K cos α sin β) to the angle α, K = √(2m E_kin)/ħ.
    """
    if "second_momentum" in attrs:
        return Known(round(float(attrs["second_momentum"]), 4), 0.0, "1/Å", "axis of the map")
    if angles is None or "second_angle" not in attrs:
        return None
    turned = float(attrs["second_angle"]) - float(attrs.get("second_normal", 0.0))
    radius = np.sqrt(FREE_ELECTRON * max(angles.photon_energy - angles.work_function, 0.0))
    origin = "second angle, normal emission of it by the header" if "second_normal" in attrs else "second angle"
    return Known(round(float(radius * np.sin(np.deg2rad(turned))), 4), 0.0, "1/Å", origin)


def _notes_off_cut(off: Known | None, attrs: dict) -> list[str]:
    """How far a cut is from the one through Γ that it is read as."""
    if off is None or abs(off.value) <= OFF_CUT:
        return []
    sure = "second_momentum" in attrs or "second_normal" in attrs
    reason = "" if sure else f"the second angle is {attrs['second_angle']:.2f} degree: if it counts from the normal, "
    far = ", too far to be read as a cut through Γ: choose another slice or image" if abs(off.value) > FAR_OFF else ""
    return [f"{reason}the cut passes Γ at {abs(off.value):.2f} 1/Å{far}"]


def _notes_specs(level: Known | None, angles: AngleToMomentum | None, attrs: dict) -> list[str]:
    """What to tell where energies turn out to count from E_F's side."""
    if "kinetic_reference" in attrs or not angles or not level:
        return []
    if not counts_from_fermi(angles.photon_energy, level.value, level.origin):
        return []
    return [
        "E_F lies at hν on this axis, as SPECS counts: momenta are those of electrons with "
        f"{angles.work_function:g} eV less, the work function"
    ]


def _notes(level: Known | None, normal: Known | None) -> list[str]:
    """What a person should look at."""
    notes = []
    if level and level.origin == PHOTONS_ASSUMED:
        notes.append(
            f"E_F rests on an assumed work function: {level.value:g} ± {level.uncertainty:g} eV; give E_F "
            "or the work function where they are known"
        )
    if level and level.origin == FITTED:
        notes.append(
            f"neither hν nor a metal's Fermi edge is known: E_F is taken at the steepest drop, {level.value:g} eV"
        )
    if normal and normal.origin.endswith(LOPSIDED):
        notes.append(
            f"the picture is not symmetric about normal emission as it is taken, {normal.value:g} degree: "
            "give normal emission where it is known"
        )
    return notes
