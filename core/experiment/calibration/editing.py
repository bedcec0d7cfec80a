"""A calibration edited by its steps: one put in, one taken out, and the values that controls show of them.

A calibration holds each kind of step once. Steps that are not edited keep their order.
"""

from dataclasses import replace
from typing import TypeVar

from core.experiment.calibration.steps import (
    STEPS,
    AngleToMomentum,
    Background,
    Colours,
    FermiLevel,
    FittedFermiLevel,
    Momentum,
    PictureAxes,
    Step,
    Symmetrise,
)

Steps = tuple[Step, ...]
Kind = TypeVar("Kind", bound=Step)

AXES = ("k_left", "k_right", "e_bottom", "e_top")
"""Controls that make one step together: `PictureAxes`."""

_FIELDS = {
    "colours": (Colours, "map"),
    **{name: (PictureAxes, name) for name in AXES},
    "fermi": (FermiLevel, "level"),
    "hv": (AngleToMomentum, "photon_energy"),
    "work_function": (AngleToMomentum, "work_function"),
    "normal": (AngleToMomentum, "centre"),
    "k_centre": (Momentum, "centre"),
    "k_scale": (Momentum, "scale"),
    "background": (Background, "kind"),
}
"""Control → its step and the field in it."""

_ABSENT = {"colours": "auto", "k_centre": 0.0, "k_scale": 1.0, "background": "none"}
"""What controls show where their step is absent; None for the others."""

_OWN: dict[str, dict] = {
    "colours": {"bar": ()},
    "fermi": {"uncertainty": 0.0, "origin": ""},
    "normal": {"centre_uncertainty": 0.0, "centre_origin": ""},
}
"""Control → fields that go with it and are not true of another value."""

_IDLE = (Momentum(), Background("none"))
"""Steps that change nothing."""


def step_of(steps: Steps, kind: type[Kind]) -> Kind | None:
    """The step of that kind."""
    return next((step for step in steps if isinstance(step, kind) and type(step) is kind), None)


def with_step(steps: Steps, step: Step) -> Steps:
    """The steps with this one: in place of its own kind, else before the first that usually follows it."""
    slot = _slot(type(step))
    slots = [_slot(type(other)) for other in steps]
    if slot in slots:
        place = slots.index(slot)
        return (*steps[:place], step, *steps[place + 1 :])
    place = next((number for number, other in enumerate(slots) if other > slot), len(steps))
    return (*steps[:place], step, *steps[place:])


def without_step(steps: Steps, kind: type[Step]) -> Steps:
    """The steps without that kind."""
    return tuple(step for step in steps if _slot(type(step)) != _slot(kind))


def values_of(steps: Steps) -> dict:
    """What each control shows; a fitted Fermi level shows as None."""
    values = {}
    for name, (kind, field) in _FIELDS.items():
        step = step_of(steps, kind)
        values[name] = getattr(step, field) if step else _ABSENT.get(name)
    return values | {"symmetrise": step_of(steps, Symmetrise) is not None}


def with_value(steps: Steps, name: str, value, usual: Steps = ()) -> Steps:
    """The steps after a control is set; an empty control goes back to what the file says, or takes its step out.

    Args:
        steps: before.
        name: of a control in `values_of`.
        value: None where the control is empty.
        usual: what the image's file suggests.

    Raises:
        TypeError: the step of this control is not there, and needs more than this value.
    """
    if name == "symmetrise":
        return with_step(steps, Symmetrise()) if value else without_step(steps, Symmetrise)
    kind, field = _FIELDS[name]
    suggested = step_of(usual, kind)
    changes = _OWN.get(name, {})
    if value is None and suggested:
        value, changes = getattr(suggested, field), {own: getattr(suggested, own) for own in changes}
    value = _ABSENT.get(name) if value is None else value
    if value is None:
        return without_step(steps, kind)
    before = step_of(steps, kind) or suggested
    changes = {field: value} | changes
    step = replace(before, **changes) if before else kind(**changes)
    return without_step(steps, kind) if step in _IDLE else with_step(steps, step)


def _slot(kind: type[Step]) -> int:
    """Place of a step in a usual calibration; a Fermi level is either given or fitted."""
    return list(STEPS).index(FermiLevel.name if kind is FittedFermiLevel else kind.name)
