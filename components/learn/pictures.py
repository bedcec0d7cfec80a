"""The picture of every step, by tour and anchor; those with a control take its value."""

from collections.abc import Callable
from functools import lru_cache

from components.learn import drawings, experiments, spectra
from components.learn.tours import Step, Tour
from core.learning.versions import in_force

STRAIN_WINDOWS = {"electrons": (0.5, 2.5), "holes": (-1.4, 0.8), "germanium": (-0.8, 2.4)}
"""eV."""


def _strained_silicon(percent: float):
    picture = spectra.strained("Si2", percent, *STRAIN_WINDOWS["electrons"])
    return [picture, drawings.splittings("Si2", percent, False, "valleys", "gap")]


def _holes(percent: float):
    picture = spectra.strained("Si2", percent, *STRAIN_WINDOWS["holes"], spin_orbit=True)
    return [picture, drawings.splittings("Si2", percent, True, "holes", "gap")]


def _germanium(percent: float):
    picture = spectra.strained("Ge2", percent, *STRAIN_WINDOWS["germanium"], spin_orbit=True)
    return [picture, drawings.splittings("Ge2", percent, True, "valleys", "holes")]


def _difference(which: str):
    atom = {"elements": 5, "places": 0}[which]
    return spectra.difference("Si4Ge4", "Si", atom, 1)


def _mixing(width: float):
    return [drawings.composition_bars(width), spectra.mixed(width)]


PICTURES: dict[tuple[str, str], Callable] = {
    ("atom", "bands"): spectra.bulk_silicon,
    ("atom", "folding"): spectra.folding,
    ("atom", "atoms"): spectra.one_atom,
    ("atom", "broadening"): spectra.broadened,
    ("atom", "orbitals"): spectra.orbital_part,
    ("atom", "differences"): _difference,
    ("strain", "valleys"): lambda: _strained_silicon(0),
    ("strain", "lattice"): drawings.cell,
    ("strain", "electrons"): _strained_silicon,
    ("strain", "holes"): _holes,
    ("strain", "germanium"): _germanium,
    ("strain", "devices"): drawings.levels,
    ("interface", "neighbours"): drawings.layers,
    ("interface", "descriptors"): drawings.descriptor_bars,
    ("interface", "spectra"): spectra.inner_and_interfacial,
    ("interface", "edges"): drawings.edge_bars,
    ("interface", "mixing"): _mixing,
    ("interface", "prediction"): spectra.prediction,
    ("picture", "photoemission"): experiments.normal_cut,
    ("picture", "kz"): experiments.photon_cut,
    ("picture", "measured"): experiments.measured,
    ("picture", "intervals"): drawings.inferred_errors,
    ("picture", "domain"): experiments.foreign,
    ("picture", "loop"): experiments.loop_images,
}
"""Functions without an argument, or of the value of the step's control."""

PREVIEWS: dict[str, Callable] = {
    "atom": lambda: spectra.one_atom("6"),
    "strain": lambda: spectra.strained("Si2", 60, -1.6, 2.6),
    "interface": lambda: _difference("elements"),
    "picture": lambda: experiments.measured("counted"),
}
"""A picture for the card of every tour."""


def picture(tour: Tour, step: Step, value: float | str | None = None):
    """The picture of a step at a value of its control, by default where it starts; a class that asks shares it."""
    if step.control is not None:
        value = step.control.start if value is None else step.control.checked(value)
    return _kept(tour.key, step.anchor, value, in_force())


def preview(tour: Tour):
    """The picture on the card of a tour."""
    return _previewed(tour.key, in_force())


@lru_cache(maxsize=256)
def _kept(key: str, anchor: str, value: float | str | None, models: str):
    """By the version of the models too: what is learned changes what is predicted."""
    draw = PICTURES[key, anchor]
    return draw() if value is None else draw(value)


@lru_cache(maxsize=8)
def _previewed(key: str, models: str):
    return PREVIEWS[key]()
