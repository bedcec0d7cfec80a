"""How well the forward model predicts stacks that it was not trained on, family by family.

R² = 1 − Σ(predicted − exact)² / Σ(exact − mean)², over all pixels of all pictures of a family, with one mean for all;
`r2_pattern` takes the mean picture of the family instead, and so gives no credit for what all stacks share. Relative L1
is Σ|predicted − exact| / Σ exact. Single atoms count once a class of equal atoms.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from core.forward.edges import GAMMA, read_edges
from core.forward.model import SpectrumModel, domain_score, spectrum_model
from core.forward.training import Examples, joined, record_examples
from core.learning.dataset import Record, generate, read_records
from core.learning.samples import LATTICE_TRAINED, LONGEST_PERIOD, DrawnSample, drawn_sample, evaluation_set
from core.storage import cache_directory
from core.structure.stack import Block, Stack

MEASURED_FILE = Path(__file__).parents[1] / "measured" / "forward.json"
OUTSIDE_SAMPLES = 120


def evaluate(
    folder: Path | None = None, split: str = "test", report: Callable[[str], None] = lambda line: None
) -> dict:
    """The figures of the shipped weights on an evaluation set; its exact spectra are computed where they are missing.

    Returns:
        path: by family total and atoms, each with r2, r2_pattern, relative_l1 and coverage of the nominal 90 % bars;
        edges: absolute errors of VBM and CBM in eV; cuts: as path; domain: auc, and the share of each set inside.
    """
    folder = folder or cache_directory() / "dataset"
    generate(folder, 0, report=report, splits=(split,))
    records = list(read_records(folder, split))
    return {
        "split": split,
        "stacks": len(records),
        "path": _by_family(records, spectrum_model("path"), cuts=False),
        "edges": edge_errors(records),
        "cuts": _by_family(records, spectrum_model("cuts"), cuts=True),
        "domain": domain_figures(split),
    }


def _by_family(records: list[Record], model: SpectrumModel, cuts: bool) -> dict:
    families: dict[str, list[Examples]] = {}
    for number, record in enumerate(records):
        found = record_examples(record, cuts, number)
        if found is not None:
            families.setdefault(record.sample.family, []).append(found)
    families["all"] = [part for parts in list(families.values()) for part in parts]
    return {family: _figures(model, joined(parts)) for family, parts in families.items()}


def _figures(model: SpectrumModel, exact: Examples) -> dict:
    predicted = model.pictures(model.hidden(exact.features)) + exact.baseline
    np.maximum(predicted, 0.0, out=predicted)
    typical = model.errors.typical(exact.features)
    totals, exact_totals = exact.totals(predicted), exact.totals(exact.pictures)
    return {
        "total": scores(totals, exact_totals, model.errors.total(totals, exact.totals(typical))),
        "atoms": scores(predicted, exact.pictures, model.errors.atom(predicted, typical)),
    }


def scores(predicted: np.ndarray, exact: np.ndarray, half_width: np.ndarray) -> dict:
    """The four figures of pictures (sample, k, energy)."""
    error = np.abs(predicted - exact)
    square = float((error**2).sum(dtype=np.float64))
    return {
        "pictures": len(exact),
        "r2": _rounded(1 - square / ((exact - exact.mean()) ** 2).sum(dtype=np.float64)),
        "r2_pattern": _rounded(1 - square / max(((exact - exact.mean(axis=0)) ** 2).sum(dtype=np.float64), 1e-12)),
        "relative_l1": _rounded(error.sum(dtype=np.float64) / exact.sum(dtype=np.float64)),
        "coverage": _rounded((error <= half_width).mean()),
    }


def edge_errors(records: list[Record]) -> dict:
    """Median and 95 % quantile (eV) of |VBM| and |CBM| errors: read from predicted totals against the exact bands."""
    model, errors = spectrum_model("path"), {"vbm": [], "cbm": []}
    for record in records:
        seen = record_examples(record, cuts=False)
        total = model.pictures([seen.share[None] @ part for part in model.hidden(seen.features)])[0]
        found = read_edges(np.maximum(total, 0.0), GAMMA)
        errors["vbm"].append(abs(found.vbm - record.edges[:, 0].max()))
        errors["cbm"].append(abs(found.cbm - record.edges[:, 1].min()))
    return {
        edge: {"median": _rounded(np.nanmedian(values)), "p95": _rounded(np.nanquantile(values, 0.95))}
        for edge, values in errors.items()
    }


def domain_figures(split: str) -> dict:
    """How well the domain score tells an evaluation set from stacks on substrates, or of periods, beyond training."""
    sets = {"inside": evaluation_set(split), **outside_samples()}
    score = {
        name: np.array([domain_score(sample.crystal()).value for sample in samples]) for name, samples in sets.items()
    }
    outside = [name for name in score if name != "inside"]
    label = lambda name: np.repeat([0, 1], [len(score["inside"]), len(score[name])])  # noqa: E731
    return {
        "auc": {
            name: _rounded(roc_auc_score(label(name), np.concatenate([score["inside"], score[name]])))
            for name in outside
        },
        "share_inside": {name: _rounded((values <= 1).mean()) for name, values in score.items()},
    }


def outside_samples() -> dict[str, list[DrawnSample]]:
    """Stacks beyond the training range: substrates 0.2 to 0.7 % past its ends, or periods of 24 to 48 monolayers."""
    random = np.random.default_rng(73)
    low, high = LATTICE_TRAINED
    inside = evaluation_set("test")
    substrates, periods = [], []
    while len(substrates) < OUTSIDE_SAMPLES:
        base, step = inside[random.integers(len(inside))], random.uniform(0.002, 0.007)
        lattice = low * (1 - step) if random.random() < 0.5 else high * (1 + step)
        substrates.append(drawn_sample("substrates", base.stack, round(lattice, 4), base.mixing))
    while len(periods) < OUTSIDE_SAMPLES:
        period, lengths = int(random.choice(np.arange(LONGEST_PERIOD + 4, 49, 2))), []
        while sum(lengths) < period:
            lengths.append(min(1 + int(random.exponential(6.0)), period - sum(lengths)))
        stack = Stack(tuple(Block(float(i % 2), n) for i, n in enumerate(lengths)))
        periods.append(drawn_sample("periods", stack.notation, round(float(random.uniform(low, high)), 4)))
    return {"substrates": substrates, "periods": periods}


def _rounded(value) -> float:
    return round(float(value), 4)
