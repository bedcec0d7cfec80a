"""One structure of the DFT data set as all engines have it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from components.links import compose_address
from core.dft.calculation import VALENCE_BANDS_PER_ATOM
from core.dft.comparison import Comparison, compare
from core.dft.dataset import packed_entry, packed_samples
from core.electronic.calculation import calculate_bands
from core.electronic.kpath import KPath, build_path
from core.engines import ENGINES
from core.engines.dft import spectra_of
from core.engines.exact import ExactSpectra
from core.engines.forward_dft import DftForwardEngine
from core.engines.protocol import DEFAULT_PICTURE
from core.forward.edges import GAMMA, read_edges
from core.structure.sample import Sample

FAMILIES = {"bulk": "Strained bulk", "pairs": "SiₙGeₘ", "ordered": "Every order of planes", "blocks": "Random blocks"}
NAMES = {
    "exact": "Tight binding", "dft": "Density functional theory", "forward": "Forward model",
    "taught": "Forward model of DFT",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Beside:
    """Spectra and figures by engine of NAMES.

    totals: (k, energy) 1/eV on the default picture's grid. edges: highest filled and lowest empty level along the path
    in eV, those of the forward model read from its spectrum. lattice: a∥ and c̄ in Å. score: of the forward model of
    DFT, above 1 outside what it was taught.
    comparison: band positions of DFT with its scissor against tight binding. notes: of the DFT calculation.
    """

    title: str
    address: str
    path: KPath
    totals: dict[str, np.ndarray]
    edges: dict[str, tuple[float, float]]
    lattice: dict[str, tuple[float, float]]
    comparison: Comparison
    notes: tuple[str, ...]
    score: float


def label(number: int) -> str:
    """What a structure is called."""
    sample = packed_samples()[number]
    return f"{sample.stack} on {sample.substrate}"


def place_of(stack: str, substrate: str) -> int | None:
    """The place of a structure in the data set, by its notation; None where it is not there."""
    return next(
        (i for i, sample in enumerate(packed_samples()) if (sample.stack, sample.substrate) == (stack, substrate)), None
    )


@lru_cache(maxsize=32)
def beside(number: int, scissor: bool) -> Beside:
    """A structure by all engines.

    Args:
        number: place in the data set.
        scissor: whether DFT's empty bands are raised by what its gaps lack.
    """
    entry = packed_entry(number)
    crystal = entry.sample.crystal()
    dft = spectra_of(entry.result, build_path(entry.result.crystal), scissor)
    exact = ExactSpectra(calculate_bands(crystal, build_path(crystal), workers=1))
    taught = DftForwardEngine(scissor=scissor).solve(crystal)
    spectra = {"exact": exact, "dft": dft, "forward": ENGINES["forward"].solve(crystal), "taught": taught}
    totals = {name: one.total(DEFAULT_PICTURE) for name, one in spectra.items()}
    read = read_edges(totals["forward"], GAMMA)
    filled = VALENCE_BANDS_PER_ATOM * len(crystal)
    levels = {"exact": (exact.calculation.bands.energy, filled)}
    levels["dft"] = (entry.result.aligned(scissor).energy, entry.result.valence_bands)
    levels["taught"] = (taught.calculation.bands.energy, filled)
    edges = {name: (float(e[:, n - 1].max()), float(e[:, n].min())) for name, (e, n) in levels.items()}
    return Beside(
        title=label(number),
        address=compose_address(Sample(entry.sample.stack, entry.sample.substrate, entry.sample.mixing)),
        path=spectra["exact"].path,
        totals=totals,
        edges=edges | {"forward": (read.vbm, read.cbm)},
        lattice={name: (one.crystal.lattice_in_plane, one.crystal.lattice_growth) for name, one in spectra.items()},
        comparison=compare(entry, exact.calculation.bands),
        notes=dft.crystal.notes,
        score=taught.domain_score,
    )
