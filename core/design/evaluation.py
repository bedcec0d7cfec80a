"""How well the search of Design does: targets of hidden stacks, drawn bands, and its time against exact calculation.

What one stack gave is kept: a stopped evaluation goes on where it stood.
"""

import hashlib
import json
import time
from collections.abc import Callable
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from core.design.atlas import atlas
from core.design.curve import Curve
from core.design.figures import verified
from core.design.growth import Constraints
from core.design.search import CURVE_LATTICES, DesignSearch, SearchSettings
from core.design.targets import Target, Wanted, curve_cost
from core.electronic.calculation import ENGINE_VERSION
from core.electronic.kpath import POINTS_PER_SEGMENT
from core.electronic.spectral import EnergyGrid
from core.engines import engine_named
from core.forward.model import predict
from core.learning.samples import LATTICE_TRAINED, LONGEST_PERIOD, random_stacks
from core.learning.versions import in_force
from core.parameters.checksum import parameters_sha256
from core.storage import cache_directory, write_whole
from core.structure.sample import Sample
from core.structure.stack import two_block

MEASURED_FILE = Path(__file__).parents[1] / "measured" / "design.json"
SEED = 23
HIDDEN, DRAWN, ROUGHLY, TIMED = 50, 20, 5, 100
REACH = 0.015
"""eV: how far an answer's figures may lie from those of the hidden stack."""

ASKED = (("gap",), ("gap", "hh_lh_splitting"), ("gap", "delta2_delta4_splitting"), ("vbm", "cbm"), ("direct_gap",))
"""Figures that the hidden stacks are described by, one set after the other."""

CLOSE = 0.10
"""Distance of two images, Σ|A − B| / Σ A, at which they are taken for the same."""

FIRST = 5
"""Answers among which a drawn band's stack is looked for."""

_GRID = EnergyGrid()


def hidden_samples(count: int = HIDDEN) -> list[Sample]:
    """Sharp stacks of pure Si and Ge with periods up to 20 monolayers, on substrates between both crystals."""
    random, found = np.random.default_rng(SEED), []
    for stack, _ in random_stacks(SEED):
        pure = all(block.ge_fraction in (0.0, 1.0) for block in stack.blocks)
        if pure and len(stack.blocks) > 1 and len(stack) <= LONGEST_PERIOD:
            found.append(Sample.on_lattice(stack.notation, round(float(random.uniform(*Constraints().lattice)), 4)))
        if len(found) == count:
            return found
    raise AssertionError("The stream of stacks does not end")


def evaluate_design(folder: Path | None = None, report: Callable[[str], None] = lambda line: None) -> dict:
    """Measure the search.

    Args:
        folder: where outcomes are kept, in the cache by default.
        report: gets lines of progress.

    Returns:
        hidden: share of HIDDEN targets that an exactly verified answer meets within REACH, and median seconds until it
        did; drawn: share of DRAWN bands of which the stack, or one that looks the same, is among the FIRST answers;
        drawn_roughly: the same of ROUGHLY of them through whole pixels, up to 0.03 eV beside their middle;
        speed: seconds of the search over all two-block periods and substrates, and of TIMED exact calculations.
    """
    kept = (folder or cache_directory() / "design-evaluation") / _version()
    kept.mkdir(parents=True, exist_ok=True)
    hidden = []
    for number, sample in enumerate(hidden_samples()):
        asked = ASKED[number % len(ASKED)]
        hidden.append(_kept(kept / f"hidden-{number}.json", lambda sample=sample, asked=asked: _search(sample, asked)))
        report(f"hidden stacks: {number + 1} of {HIDDEN}, {sum(one['met'] for one in hidden)} met")
    totals, drawn = cache(library), {}
    for name, count, rough in (("drawn", DRAWN, False), ("drawn_roughly", ROUGHLY, True)):
        rows = drawn[name] = []
        for number, sample in enumerate(drawn_samples()[:count]):
            file = kept / f"{name}-{number}.json"
            rows.append(_kept(file, lambda sample=sample, rough=rough: finds_drawn(sample, totals(), rough)))
            report(f"{name}: {number + 1} of {count}, {sum(one['found'] for one in rows)} found")
    return {
        "hidden": {
            "targets": len(hidden),
            "met": round(float(np.mean([one["met"] for one in hidden])), 3),
            "seconds": round(float(np.median([one["seconds"] for one in hidden])), 1),
        },
        "speed": speed(report),
    } | {name: _drawn_figures(rows) for name, rows in drawn.items()}


def _drawn_figures(rows: list[dict]) -> dict:
    return {
        "bands": len(rows),
        "found": round(float(np.mean([one["found"] for one in rows])), 3),
        "same_stack": round(float(np.mean([one["same"] for one in rows])), 3),
        "distance": round(float(np.median([one["distance"] for one in rows])), 3),
    }


def _version() -> str:
    """Changes whenever the search does, or the engine and the networks behind it."""
    told = SEED, REACH, ASKED, CLOSE, FIRST, ENGINE_VERSION, parameters_sha256(), in_force()
    digest = hashlib.sha256(repr(told).encode())
    for name in ("atlas", "curve", "evaluation", "figures", "growth", "search", "targets"):
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return digest.hexdigest()[:10]


def _kept(file: Path, measured: Callable[[], dict]) -> dict:
    if not file.exists():
        write_whole(file, json.dumps(measured()))
    return json.loads(file.read_text(encoding="utf-8"))


def _search(sample: Sample, asked: tuple[str, ...]) -> dict:
    begun = time.monotonic()
    return {"met": meets(sample, asked), "seconds": time.monotonic() - begun, "stack": sample.stack, "asked": asked}


def meets(sample: Sample, asked: tuple[str, ...], settings: SearchSettings | None = None) -> bool:
    """Whether the search finds another stack with a hidden one's exact figures, within REACH, exactly verified."""
    exact = verified(sample).figures
    targets = tuple(Target(name, exact[name] - REACH, exact[name] + REACH) for name in asked)
    hidden = settings or SearchSettings(excluded=(sample.stack,))
    for step in DesignSearch(Wanted(targets), settings=hidden).steps():
        if step.designs and step.designs[0].met and step.designs[0].exact:
            return True
    return False


def drawn_samples(count: int = DRAWN) -> list[Sample]:
    """Two-block periods with a∥ of their own, off the substrates that are compared."""
    random = np.random.default_rng(SEED)
    pairs = atlas().pairs[(atlas().pairs.min(axis=1) > 0)]
    chosen = pairs[random.choice(len(pairs), count, replace=False)]
    lattices = random.uniform(*Constraints().lattice, count)
    return [
        Sample.on_lattice(two_block(int(n), int(m)).notation, round(float(a), 4))
        for (n, m), a in zip(chosen, lattices, strict=True)
    ]


def ridge(total: np.ndarray, rough: bool = False) -> Curve:
    """What a person would draw: the middle of the strongest band from the valence band maximum at Γ down towards X.

    Args:
        total: (k, energy) 1/eV: A(k, E) on the standard path.
        rough: whether it runs through the brightest pixels instead of the middle of the band.
    """
    rows = np.arange(POINTS_PER_SEGMENT, 2 * POINTS_PER_SEGMENT)
    occupied = _GRID.values < 0.9
    at = int(np.flatnonzero(occupied)[total[rows[0], occupied].argmax()])
    found = []
    for row in rows:
        near = np.arange(max(0, at - 5), min(len(_GRID.values), at + 2))
        at = int(near[total[row, near].argmax()])
        found.append(_GRID.values[at] if rough else _summit(total[row], at))
    return Curve.drawn(rows, np.array(found))


def _summit(row: np.ndarray, at: int) -> float:
    """The energy (eV) of a Gaussian peak through a pixel and both beside it."""
    left, middle, right = np.log(np.maximum(row[at - 1 : at + 2], 1e-9))
    bend = left - 2 * middle + right
    return float(_GRID.values[at] + (0.5 * (left - right) / bend if bend < 0 else 0.0) * _GRID.step)


def library() -> dict[tuple[int, int], np.ndarray]:
    """(k, energy) predicted totals of all two-block periods (place in the table, place of the substrate)."""
    lattice = np.unique(np.linspace(*Constraints().lattice, CURVE_LATTICES))
    return {
        (number, at): predict(Sample.on_lattice(two_block(*map(int, pair)).notation, round(float(here), 4)).crystal())
        .total()
        .astype(np.float32)
        for number, pair in enumerate(atlas().pairs)
        for at, here in enumerate(lattice)
    }


class _KnownPictures(DesignSearch):
    """A search whose predicted pictures are there already."""

    totals: dict[tuple[int, int], np.ndarray]

    def _score(self):
        shape, curve = (len(atlas().pairs), len(self._lattices())), self.wanted.curve
        self._curve_costs = np.full(shape, np.inf)
        for place, total in self.totals.items():
            self._curve_costs[place] = curve_cost(curve.score(total), curve.off(total)) if curve else 0.0
        yield 1.0


def finds_drawn(sample: Sample, totals: dict[tuple[int, int], np.ndarray], rough: bool = False) -> dict:
    """Whether a band drawn on a sample's exact picture leads to it, or to one whose picture is the same within CLOSE.

    Returns:
        found; same: whether the stack itself is among the FIRST answers; distance: the smallest among these.
    """
    engine = engine_named("exact")
    picture = engine.solve(sample.crystal()).total()
    search = _KnownPictures(Wanted(curve=ridge(picture, rough)), settings=SearchSettings(neighbours=False))
    search.totals = totals
    last = None
    for last in search.steps():
        if last.note.startswith("what a grower"):  # all are verified
            break
    answers = [one.sample for one in islice(last.designs, FIRST)] if last else []
    distances = [float(np.abs(engine.solve(one.crystal()).total() - picture).sum() / picture.sum()) for one in answers]
    same = any(one.stack == sample.stack for one in answers)
    closest = min(distances, default=np.inf)
    return {"found": same or closest <= CLOSE, "same": same, "distance": closest}


def speed(report: Callable[[str], None] = lambda line: None) -> dict:
    """Seconds of comparing all two-block periods up to 20 monolayers on 21 substrates, and of TIMED exact ones."""
    begun = time.monotonic()
    search = DesignSearch(Wanted((Target("gap", 0.7, 0.8),), curve=Curve.parse("24:0, 30:-0.3")))
    for _ in search._score():
        pass
    search._from_table(lambda: False)
    compared = time.monotonic() - begun
    report(f"speed: all compared in {compared:.0f} s")
    random, begun = np.random.default_rng(SEED), time.monotonic()
    pairs = atlas().pairs[random.choice(len(atlas().pairs), TIMED)]
    for number, (n, m) in enumerate(pairs, 1):
        lattice = round(float(random.uniform(*LATTICE_TRAINED)), 4)
        sample = Sample.on_lattice(two_block(int(n), int(m)).notation, lattice)
        verified(sample)
        engine_named("exact").solve(sample.crystal()).total()
        if number % 10 == 0:
            report(f"speed: {number} of {TIMED} exact calculations")
    exact = time.monotonic() - begun
    return {
        "samples": len(atlas().pairs) * CURVE_LATTICES, "compared_seconds": round(compared, 1), "exact": TIMED,
        "exact_seconds": round(exact, 1), "ratio": round(exact / compared, 2),
    }  # fmt: skip
