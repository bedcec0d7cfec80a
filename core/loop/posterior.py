"""What a search says of the sample: probabilities of its candidates, and figures with intervals from their mixture."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from core.loop.moves import ALONG_STEP
from core.loop.pictures import Pictures
from core.loop.prior import Judged
from core.reverse.quantities import LOCAL_QUANTITIES, QUANTITIES, crystal_figures, local_figures
from core.structure.stack import parse_stack

TEMPERATURE = 40.0
"""What differences of evidence are divided by: neighbouring pixels share what the engine gets wrong."""

PRIOR_SHARE = 0.2
"""What a composition far from the networks' word, and a stack that growers seldom make, count of their costs in the
search: these are not told by pixels, and are not tempered."""

WIDEST, WIDTH_STEP = 4.0, 0.5
"""ML: widths of mixed interfaces that are as likely as each other beforehand, and what a tried one stands for at most.
With PRIOR_SHARE of what they cost in the search, −2 log odds of 8 in all against mixed interfaces, chosen on validation
images. One in seven of the samples that models are trained on is mixed, which would be 3.6."""

LEAST_SHARE = 0.01
"""Of the range of Ge fractions or widths: what a candidate stands for at least, where others were tried close by."""

WIDENED = 3.0
"""Standard errors of a∥ are multiplied by so much: the fit's own ones hold 46 to 66 % where 90 % are asked."""

LEAST_LATTICE = 0.001
"""Å: a∥ is not known better than spectra at neighbouring lattice constants are interpolated."""

LEAST_WIDTH = 0.12
"""ML: widths nearer than this are not told apart by a search."""

MOST = 24
"""Candidates that the mixture consists of."""

WRONG = {"lattice_in_plane": 0.008, "ge_fraction": 0.05, "interfacial_fraction": 0.12, "strain_silicon": 0.15}
WRONG_SHARE = 0.05
"""Typical errors where no candidate explains the images: of these figures, and of others as a share of their range."""

INTERVAL = (0.05, 0.95)
_STEP = 0.002


@dataclass(frozen=True)
class Weighted:
    """A candidate with its fitted a∥ and that one's standard error (Å), and its probability.

    theory_error: Å, standard error of a∥ that the theory behind its bands adds; it is measured, and not WIDENED.
    """

    stack: str
    mixing: float
    lattice: float
    lattice_error: float
    probability: float
    theory_error: float = 0.0


def ranked(judged: Iterable[Judged]) -> list[tuple[Judged, float]]:
    """Candidates with their probabilities, most probable first."""
    rows = list(judged)
    evidence = np.array([one.fitted.evidence for one in rows])
    prior = np.array([PRIOR_SHARE * (one.cost - one.fitted.evidence) for one in rows])
    cost = (evidence - evidence.min()) / TEMPERATURE + prior + _odds_of_places(rows)
    weight = np.exp(-0.5 * (cost - cost.min()))
    order = np.argsort(cost, kind="stable")
    return [(rows[i], float(weight[i] / weight.sum())) for i in order]


def _odds_of_places(judged: list[Judged]) -> np.ndarray:
    """(candidate,) −2 log of the share of all Ge fractions, and of all widths, that its alloys and its own stand for.

    It reaches half way to the next ones that were tried. Any value is as likely beforehand; that a search has tried
    some more finely makes them no likelier.
    """
    tried: dict[tuple, list[float]] = {}
    places = []
    for number, one in enumerate(judged):
        row = parse_stack(one.stack).blocks
        found = [
            ((one.mixing, i, row[:i], block.monolayers, row[i + 1 :]), block.ge_fraction, (ALONG_STEP, 1.0))
            for i, block in enumerate(row)
            if 0 < block.ge_fraction < 1
        ]
        if one.mixing > 0:
            found.append(((row,), one.mixing, (WIDTH_STEP, WIDEST)))
        for place, value, scale in found:
            tried.setdefault(place, []).append(value)
            places.append((number, place, value, scale))
    odds = np.zeros(len(judged))
    for number, place, value, (most, whole) in places:
        below = max((x for x in tried[place] if x < value), default=0.0)
        above = min((x for x in tried[place] if x > value), default=whole)
        share = sum(min(gap, most) / 2 for gap in (value - below, max(above - value, 0.0))) / whole
        odds[number] -= 2 * np.log(max(share, LEAST_SHARE))
    return odds


def mixture(
    candidates: list[Weighted], pictures: Pictures, unexplained: float = 1.0
) -> dict[str, tuple[float, float, float]]:
    """Mean, and ends of the 90 % interval, of QUANTITIES and LOCAL_QUANTITIES by name.

    Args:
        candidates: most probable first.
        pictures: that their crystals are kept in.
        unexplained: what the best one leaves over what it should; beyond 1 intervals are those of a wrong stack too.
    """
    kept = candidates[:MOST]
    weight = np.array([one.probability for one in kept])
    weight /= weight.sum()
    rows = [_figures(one, pictures) for one in kept]
    found = {}
    for name, quantity in (QUANTITIES | LOCAL_QUANTITIES).items():
        value = np.array([row[name][0] for row in rows])
        error = np.array([row[name][1] for row in rows])
        if unexplained > 1:
            error = np.hypot(error, WRONG[name] if name in WRONG else WRONG_SHARE * (quantity.high - quantity.low))
        low, high = (_quantile(share, value, error, weight) for share in INTERVAL)
        mean, low, high = (float(np.clip(x, quantity.low, quantity.high)) for x in (weight @ value, low, high))
        found[name] = mean, low, high
    return found


def tracked(candidates: list[Weighted], unexplained: float = 1.0) -> dict[str, tuple[float, float, float]]:
    """What `mixture` says of a∥ and the Ge fraction, without building crystals: cheap enough for every step."""
    kept = candidates[:MOST]
    weight = np.array([one.probability for one in kept])
    weight /= weight.sum()
    values = {
        "lattice_in_plane": [one.lattice for one in kept],
        "ge_fraction": [float(parse_stack(one.stack).ge_fractions.mean()) for one in kept],
    }
    errors = {"lattice_in_plane": [_lattice_error(one) for one in kept], "ge_fraction": [0.0] * len(kept)}
    found = {}
    for name, rows in values.items():
        value, quantity = np.array(rows), QUANTITIES[name]
        error = np.hypot(errors[name], WRONG[name] if unexplained > 1 else 0.0)
        low, high = (_quantile(share, value, error, weight) for share in INTERVAL)
        mean, low, high = (float(np.clip(x, quantity.low, quantity.high)) for x in (weight @ value, low, high))
        found[name] = mean, low, high
    return found


def _lattice_error(one: Weighted) -> float:
    return math.hypot(WIDENED * one.lattice_error, LEAST_LATTICE, one.theory_error)


def _figures(one: Weighted, pictures: Pictures) -> dict[str, tuple[float, float]]:
    """Figures of a candidate, and their standard errors by those of a∥ and of the interface width."""
    error = _lattice_error(one)
    crystal = pictures.crystal(one.stack, one.mixing, one.lattice)
    here = crystal_figures(crystal, one.mixing) | local_figures(crystal)
    beside = pictures.crystal(one.stack, one.mixing, one.lattice + _STEP)
    by_lattice = crystal_figures(beside, one.mixing) | local_figures(beside)
    spread = {name: abs(by_lattice[name] - here[name]) / _STEP * error for name in here}
    if np.ptp(crystal.plane_ge_fraction) > 0:
        wider = pictures.crystal(one.stack, one.mixing + LEAST_WIDTH, one.lattice)
        by_width = crystal_figures(wider, one.mixing + LEAST_WIDTH) | local_figures(wider)
        spread = {name: float(np.hypot(s, by_width[name] - here[name])) for name, s in spread.items()}
    return {name: (here[name], spread[name]) for name in here}


def _quantile(share: float, value: np.ndarray, error: np.ndarray, weight: np.ndarray) -> float:
    """Of a mixture of normal distributions, by bisection."""
    error = np.maximum(error, 1e-9)
    low, high = float((value - 6 * error).min()), float((value + 6 * error).max())
    for _ in range(60):
        middle = (low + high) / 2
        below = sum(w * NormalDist(v, e).cdf(middle) for w, v, e in zip(weight, value, error, strict=True))
        low, high = (middle, high) if below < share else (low, middle)
    return (low + high) / 2
