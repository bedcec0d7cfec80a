"""The system learns from what it got wrong: weights from the replay store, taken only where they prove themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import InputError
from core.forward import learned as forward
from core.forward.model import SpectrumModel, spectrum_model
from core.forward.model import weights_file as forward_file
from core.learning import versions
from core.learning.dataset import Record, generate, read_records
from core.learning.provenance import made_with
from core.learning.replay import LEAST_CASES, read_cases
from core.learning.samples import held_back, profile_number
from core.learning.weights import read_weights, weights_sha256
from core.reverse import learned as reverse
from core.reverse.drawing import CUTS, SEVERITIES
from core.reverse.model import reverse_model
from core.reverse.model import weights_file as reverse_file
from core.storage import cache_directory

LINES = ("path", "cuts")
MODELS = (*LINES, *CUTS)
HELD_BACK = 5
"""One composition profile in so many is kept from the training, to see whether what was learned carries over."""

NO_WORSE = 1.01
"""The error on the fixed test set may grow by this factor at most."""

CURVE = (0.25, 0.5, 1.0)
"""Shares of the cases for the learning curve."""


@dataclass(frozen=True)
class Errors:
    """Errors of one model before and after: on the fixed test set, and on cases that were kept from the training."""

    fixed_before: float
    fixed_after: float
    held_before: float
    held_after: float

    @property
    def accepted(self) -> bool:
        """Whether the new weights are no worse on the fixed test set and better on the cases."""
        return self.fixed_after <= NO_WORSE * self.fixed_before and self.held_after < self.held_before

    def document(self) -> dict:
        """Plain JSON."""
        return {name: round(getattr(self, name), 5) for name in self.__dataclass_fields__} | {"accepted": self.accepted}


def replayed(report: Callable[[str], None] = lambda line: None) -> list[Record]:
    """The exact records of all kept cases, oldest first; `report` gets a line of each that cannot be read."""
    return [case.record for case in read_cases(report)]


def fixed_test_set(dataset: Path, report: Callable[[str], None] = lambda line: None) -> list[Record]:
    """The test set of the forward model; exact spectra that a folder lacks are computed once."""
    generate(dataset, 0, report=report, splits=("test",))
    return list(read_records(dataset, "test"))


def split_cases(records: list[Record]) -> tuple[list[Record], list[Record]]:
    """Cases to learn from and cases kept back; those of one composition profile are on the same side.

    Where `held_back` would leave a side empty, as it may with few profiles, that of the lowest number is kept back.

    Raises:
        InputError: all cases are of one composition profile.
    """
    profiles = np.array([profile_number(record.sample.stack) for record in records])
    if len(set(profiles)) < 2:
        raise InputError(
            f"All {len(records)} cases are of the profile of {records[0].sample.stack}, and learning is tested on "
            "another one; keep a case of another stack"
        )
    held = held_back(profiles, HELD_BACK)
    if held.all() or not held.any():
        held = profiles == profiles.min()
    return [r for r, kept in zip(records, held, strict=True) if not kept], [
        r for r, kept in zip(records, held, strict=True) if kept
    ]


def learn(
    records: list[Record] | None = None,
    fixed: list[Record] | None = None,
    models: tuple[str, ...] = MODELS,
    report: Callable[[str], None] = lambda line: None,
    curve: bool = True,
) -> dict:
    """Train on the kept cases, starting from the shipped weights; keep a version, in force where any model is taken.

    Args:
        records: of the cases, those of the replay store by default.
        fixed: exact records of the fixed test set, by default that of `fixed_test_set`.
        models: of MODELS, which ones learn.
        report: gets lines of progress.
        curve: also learn from parts of the cases.

    Returns:
        The card of the version: cases, stacks, models (errors of each model), curve (of the path), in_force.

    Raises:
        InputError: fewer than LEAST_CASES cases, or all of one composition profile.
    """
    records = replayed(report) if records is None else records
    if len(records) < LEAST_CASES:
        raise InputError(
            f"The replay store holds {len(records)} cases and learning needs {LEAST_CASES}; run loops, or keep cases "
            "with python -m core loop FILE --keep"
        )
    fixed = fixed_test_set(cache_directory() / "dataset", report) if fixed is None else fixed
    used, held = split_cases(records)
    weights, errors, points, shipped = {}, {}, [], {}
    for name in models:
        if name in LINES:
            file, found = forward_file(name), _forward(name, used, held, fixed, report, curve and name == "path")
        else:
            file, found = reverse_file(name), _reverse(name, used, held, fixed, report)
        if found is not None:
            shipped[file.name] = weights_sha256(file)
            arrays, errors[name], rows = found
            points += rows
            if errors[name].accepted:
                weights[file.name] = arrays
    card = {
        "cases": len(records),
        "made_from": made_with() | {"shipped_weights": shipped},
        "stacks": sorted({record.sample.stack for record in records}),
        "models": {name: error.document() for name, error in errors.items()},
        "curve": points,
    }
    if not weights:
        return card | {"version": None, "in_force": versions.in_force()}
    name = versions.keep(weights, card)
    versions.adopt(name)
    return card | {"version": name, "in_force": name}


def _forward(line, used, held, fixed, report, curve) -> tuple | None:
    new, unseen, test = (forward.examples_of(part, line) for part in (used, held, fixed))
    if new is None or unseen is None:
        return None
    shipped, now, old = spectrum_model(line, versions.SHIPPED), spectrum_model(line), forward.old_features(line)
    error = forward.total_error
    points = [{"cases": 0, "held": error(shipped, unseen), "fixed": error(shipped, test)}] if curve else []
    model = shipped
    for share in CURVE if curve else (1.0,):
        part = used[: max(1, round(share * len(used)))]
        model = forward.learned_model(shipped, forward.examples_of(part, line), old)
        if curve:
            points.append({"cases": len(part), "held": error(model, unseen), "fixed": error(model, test)})
        report(f"{line}: learned from {len(part)} cases")
    errors = Errors(error(now, test), error(model, test), error(now, unseen), error(model, unseen))
    return _arrays(model, line), errors, points


def _arrays(model: SpectrumModel, line: str) -> dict[str, np.ndarray]:
    """Everything in the shipped weights file, with the new model's networks."""
    shipped = read_weights(forward_file(line))
    return {name: array for name, array in shipped.items() if not name.startswith("model.")} | model.arrays("model")


def _reverse(cut, used, held, fixed, report) -> tuple | None:
    if any(all(record.cut_x is None for record in part) for part in (used, held)):
        return None
    shipped, now = reverse_model(cut, versions.SHIPPED), reverse_model(cut)

    def images(records: list[Record], draws: int, seed: int):
        return reverse.drawn(dict.fromkeys(SEVERITIES, reverse.case_spectra(records, cut)), cut, draws, seed)

    old = reverse.drawn(reverse.old_spectra(cut), cut, 1, 31)
    model = reverse.learned_model(shipped, images(used, reverse.DRAWS, 32), old)
    unseen, test, error = images(held, reverse.DRAWS, 33), images(fixed, 1, 34), reverse.reading_error
    report(f"{cut}: learned from images of {len(used)} cases")
    errors = Errors(error(now, test), error(model, test), error(now, unseen), error(model, unseen))
    return model.arrays(), errors, []
