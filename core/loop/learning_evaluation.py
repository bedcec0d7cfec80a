"""What the system learns from 30 cases of a family that it was not trained on: periods of 22 to 36 monolayers."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from core.forward.learned import examples_of, total_error
from core.forward.model import spectrum_model
from core.learning import versions
from core.learning.dataset import Record, compute_shard, plan_document, read_shard
from core.learning.provenance import check_plan
from core.learning.samples import LATTICE_TRAINED, DrawnSample, drawn_sample
from core.loop.learn import LINES, fixed_test_set, learn
from core.reverse.drawing import CUTS, SEVERITIES, single_thread_pool
from core.reverse.learned import case_spectra, drawn, reading_error
from core.reverse.model import reverse_model
from core.structure.stack import two_block

MEASURED_FILE = Path(__file__).parents[1] / "measured" / "learning.json"
CASES = 30
BLOCKS = range(11, 19)
SHARD = 6


def thick_samples() -> dict[str, list[DrawnSample]]:
    """CASES to learn from and CASES of other pairs (n, m) to test on, SiₙGeₘ with blocks beyond the trained ones."""
    random = np.random.default_rng(3)
    pairs = [(n, m) for n in BLOCKS for m in BLOCKS if (n + m) % 2 == 0]
    random.shuffle(pairs)
    samples = []
    for n, m in pairs * 2:
        lattice, kz = random.uniform(*LATTICE_TRAINED), random.uniform(0, 1)
        stack = two_block(int(n), int(m)).notation
        samples.append(drawn_sample("thick", stack, round(float(lattice), 4), 0.0, round(float(kz), 4)))
    half = len(pairs) // 2
    first = [sample for i, sample in enumerate(samples) if i % len(pairs) < half]
    other = [sample for i, sample in enumerate(samples) if i % len(pairs) >= half]
    return {"replay": first[:CASES], "test": other[:CASES]}


def thick_records(folder: Path, report: Callable[[str], None]) -> dict[str, list[Record]]:
    """Their exact records, computed once and kept in a folder."""
    check_plan(folder, plan_document(seed=1), "a data set")
    shards = {
        folder / f"thick-{name}-{start:03d}.h5": samples[start : start + SHARD]
        for name, samples in thick_samples().items()
        for start in range(0, CASES, SHARD)
    }
    missing = [(file, samples) for file, samples in shards.items() if not file.exists()]
    if missing:
        with single_thread_pool() as pool:
            for done, _ in enumerate(pool.imap_unordered(_make_shard, missing), 1):
                report(f"exact spectra: {done} of {len(missing)} shards")
    return {
        name: [record for file in sorted(folder.glob(f"thick-{name}-*.h5")) for record in read_shard(file)]
        for name in ("replay", "test")
    }


def _make_shard(task: tuple[Path, list[DrawnSample]]) -> None:
    file, samples = task
    partial = file.with_suffix(".part")
    partial.write_bytes(compute_shard(samples))
    partial.rename(file)


def evaluate_learning(folder: Path, report: Callable[[str], None] = lambda line: None) -> dict:
    """Learn from the cases in an empty store and roll back.

    Args:
        folder: of the data set, with the fixed test set; exact spectra that it lacks are computed.
        report: gets lines of progress.

    Returns:
        family: errors of each model on the other members before, after and rolled back; fixed: errors before and after
        on the fixed test set; accepted: by model; curve: of the forward model's path; restored: whether the figures
        after the rollback are exactly those before.
    """
    records, fixed = thick_records(folder, report), fixed_test_set(folder, report)
    with _own_cache():
        before = _errors(records["test"])
        card = learn(records["replay"], fixed, report=report)
        after = _errors(records["test"])
        if card["version"] is not None:
            versions.roll_back()
        again = _errors(records["test"])
    return {
        "cases": card["cases"],
        "family": {
            name: {"before": _rounded(value), "after": _rounded(after[name]), "rolled_back": _rounded(again[name])}
            for name, value in before.items()
        },
        "fixed": {
            name: {"before": _rounded(e["fixed_before"]), "after": _rounded(e["fixed_after"])}
            for name, e in card["models"].items()
        },
        "accepted": {name: e["accepted"] for name, e in card["models"].items()},
        "curve": [{name: _rounded(value) for name, value in point.items()} for point in card["curve"]],
        "restored": before == again,
    }


@contextmanager
def _own_cache() -> Iterator[None]:
    """An evaluation leaves no version behind."""
    kept = os.environ.get("BANDLOOM_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BANDLOOM_CACHE"] = folder
        try:
            yield
        finally:
            os.environ.pop("BANDLOOM_CACHE")
            if kept is not None:
                os.environ["BANDLOOM_CACHE"] = kept


def _errors(records: list[Record]) -> dict[str, float]:
    found = {line: total_error(spectrum_model(line), examples_of(records, line)) for line in LINES}
    for cut in CUTS:
        images = drawn(dict.fromkeys(SEVERITIES, case_spectra(records, cut)), cut, 2, 99)
        found[cut] = reading_error(reverse_model(cut), images)
    return found


def _rounded(value: float) -> float:
    return round(float(value), 5)
