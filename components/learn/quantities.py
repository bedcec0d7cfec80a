"""Every number that the texts of Learn state, in one place: where it comes from, how it is computed, how it is written.

Texts name them in double braces, {{gap-si}}. Those of the exact engine stand in docs/learn/figures.json, written by
`python -m docs.learn_figures`; those of the learned models are read from core/measured, which `evaluate` writes.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from components.measured import DIRECTORY
from core.descriptors.table import descriptor_table
from core.electronic.readouts import readouts_document
from core.electronic.spectral import DEFAULT_SIGMA, EnergyGrid
from core.engines import Picture
from core.engines.exact import ExactEngine
from core.engines.protocol import DEFAULT_PATH_LINE
from core.experiment.photoemission.final_state import INNER_POTENTIAL, WORK_FUNCTION, final_momentum, reduced_kz
from core.parameters.constants import BOLTZMANN, FREE_ELECTRON
from core.structure.sample import Sample
from core.structure.substrate import bulk_lattice_constant, strain_against

FILE = Path(__file__).resolve().parents[2] / "docs" / "learn" / "figures.json"
_PLACE = re.compile(r"\{\{([a-z0-9-]+)\}\}")


class Quantity(NamedTuple):
    """A number of the texts: what gives it, how, and its format."""

    source: str
    compute: Callable[[], float]
    shown: str

    def text(self) -> str:
        """The number as it is written, with a true minus sign."""
        return format(self.compute(), self.shown).replace("-", "−")


@cache
def _bands(stack: str, substrate: str, spin_orbit: bool = False) -> dict:
    return readouts_document(Sample(stack, substrate, 0.0).crystal(), spin_orbit)


def _read(stack: str, substrate: str, key: str, shown: str, scale: float = 1.0, spin_orbit: bool = False) -> Quantity:
    """An entry of what `bands` prints, its parts joined by slashes."""

    def compute() -> float:
        value: Any = _bands(stack, substrate, spin_orbit)
        for part in key.split("/"):
            value = value[int(part) if isinstance(value, list | tuple) else part]
        return scale * value

    coupling = " --spin-orbit" if spin_orbit else ""
    return Quantity(f"python -m core bands {stack} --substrate {substrate}{coupling} --json: {key}", compute, shown)


def _shape(stack: str, substrate: str, what: str, compute: Callable, shown: str) -> Quantity:
    crystal = cache(lambda: Sample(stack, substrate, 0.0).crystal())
    return Quantity(
        f"python -m core structure {stack} --substrate {substrate}: {what}", lambda: compute(crystal()), shown
    )


def _described(atom: int, column: str, shown: str) -> Quantity:
    return Quantity(
        f"python -m core descriptors Si6Ge6 --substrate Si0.5Ge0.5: {column} of atom {atom + 1}",
        lambda: float(_described_stack()[column].iloc[atom]),
        shown,
    )


@cache
def _described_stack():
    return descriptor_table(Sample("Si6Ge6", "Si0.5Ge0.5", 0.0).crystal())


def _share_on_ge(edge: str, count: int) -> Quantity:
    stack = f"Si{count}Ge{count}"
    return Quantity(
        f"python -m core bands {stack} --substrate Si0.5Ge0.5 --json: profile/{edge}, sum over Ge",
        lambda: 100 * sum(_bands(stack, "Si0.5Ge0.5")["profile"][edge][count:]),
        ".0f",
    )


def _weights() -> np.ndarray:
    """(k,) Σ_n W_n over all states of Si4Ge4 on Si."""
    wide = Picture(EnergyGrid(-400.0, 400.0, 4096))
    spectra = ExactEngine().solve(Sample("Si4Ge4", "Si", 0.0).crystal(), DEFAULT_PATH_LINE, picture=wide)
    return spectra.calculation.bands.unfolding_weight.sum(axis=1)


def _shell_share(shell: int, energy: float = 0.0) -> float:
    """Share of a shell in the state of bulk Si at Γ that is next to an energy in eV, in percent."""
    wide = Picture(EnergyGrid(-13.0, 1.0))
    spectra = ExactEngine().solve(Sample("Si2", "Si", 0.0).crystal(), DEFAULT_PATH_LINE, picture=wide)
    bands, k = spectra.calculation.bands, spectra.path.segments[0][1] - 1
    state = int(np.argmin(np.abs(bands.energy[k] - energy)))
    return 100 * float(bands.atom_shell_weight[:, shell, k, state].sum())


def _deformation() -> float:
    """Δ2 − Δ4 over the difference of the strains along growth and in the plane, eV."""
    crystal = Sample("Si2", "Si0.7Ge0.3", 0.0).crystal()
    in_plane, growth = _strains(crystal)
    return _bands("Si2", "Si0.7Ge0.3")["delta2_delta4_splitting"] / (growth - in_plane)


def _lattice(ge: float) -> float:
    return float(bulk_lattice_constant(ge))


def _strain(length: float, rest: float) -> float:
    return float(strain_against(length, rest))


def _strains(crystal, ge: float = 0.0) -> tuple[float, float]:
    rest = _lattice(ge)
    return _strain(crystal.lattice_in_plane, rest), _strain(crystal.lattice_growth, rest)


def _mean_inverse_mass() -> float:
    """Conductivity mass of relaxed Si: three over two transverse and one longitudinal inverse mass."""
    across, along = (_bands("Si2", "Si")["masses"]["cbm"][axis][0] for axis in ("[100]", "[001]"))
    return 3 / (2 / across + 1 / along)


def _kz(photon_energy: float, potential: float = INNER_POTENTIAL["Si"]) -> float:
    momentum = final_momentum(photon_energy, potential)
    return float(reduced_kz(momentum, Sample("Si2", "Si", 0.0).crystal().lattice_growth / 4))


def _bond(kind: tuple[float, float]) -> Quantity:
    def compute(crystal) -> float:
        ends = np.sort(crystal.ge_fraction[crystal.bond_atoms], axis=1)
        return float(crystal.bond_length[(ends == kind).all(axis=1)].mean())

    return _shape("Si6Ge6", "Si0.5Ge0.5", "mean bond length", compute, ".3f")


COMPUTED: dict[str, Quantity] = {
    "gap-si": _read("Si2", "Si", "gap", ".2f"),
    "cbm-place": _read("Si2", "Si", "cbm_fraction", ".0f", 100),
    "direct-si": _read("Si2", "Si", "direct_gap", ".1f"),
    "vbm-ge": _read("Ge2", "Ge", "vbm", ".2f"),
    "lattice-si": Quantity("core.structure.substrate.bulk_lattice_constant(0)", lambda: _lattice(0.0), ".3f"),
    "lattice-ge": Quantity("core.structure.substrate.bulk_lattice_constant(1)", lambda: _lattice(1.0), ".3f"),
    "mismatch": Quantity(
        "the two lattice constants",
        lambda: 100 * _strain(_lattice(1.0), _lattice(0.0)),
        ".1f",
    ),
    "area-total": Quantity("Σ_n W_n of Si4Ge4 on Si, mean over the default path", lambda: _weights().mean(), ".0f"),
    "bottom": _read("Si2", "Si", "points/G/0/0", ".1f"),
    "bottom-s": Quantity(
        "weights of the lowest valence state of Si2 on Si at Γ: s",
        lambda: _shell_share(0, _bands("Si2", "Si")["points"]["G"][0][0]),
        ".0f",
    ),
    "sigma": Quantity("DEFAULT_SIGMA of core.electronic.spectral", lambda: DEFAULT_SIGMA, ".2f"),
    "thermal": Quantity("BOLTZMANN of core.parameters.constants at 300 K", lambda: 300_000 * BOLTZMANN, ".0f"),
    "potential-ge": Quantity("INNER_POTENTIAL of core.experiment.photoemission", lambda: INNER_POTENTIAL["Ge"], ".1f"),
    "vbm-p": Quantity("weights of the valence band maximum of Si2 on Si at Γ: p", lambda: _shell_share(1), ".0f"),
    "vbm-d": Quantity("weights of the valence band maximum of Si2 on Si at Γ: d", lambda: _shell_share(2), ".0f"),
    "strained-a": _shape("Si2", "Si0.7Ge0.3", "a∥", lambda c: c.lattice_in_plane, ".3f"),
    "strain-in": _shape("Si2", "Si0.7Ge0.3", "ε∥", lambda c: 100 * _strains(c)[0], ".2f"),
    "strain-out": _shape("Si2", "Si0.7Ge0.3", "−ε⊥", lambda c: -100 * _strains(c)[1], ".2f"),
    "strain-ratio": _shape("Si2", "Si0.7Ge0.3", "−ε⊥ / ε∥", lambda c: -_strains(c)[1] / _strains(c)[0], ".2f"),
    "ge-strain-in": _shape("Ge2", "Si", "ε∥", lambda c: 100 * _strains(c, 1.0)[0], "+.1f"),
    "ge-strain-out": _shape("Ge2", "Si", "ε⊥", lambda c: 100 * _strains(c, 1.0)[1], "+.1f"),
    "valleys-30": _read("Si2", "Si0.7Ge0.3", "delta2_delta4_splitting", "+.0f", 1000),
    "valleys-30-size": _read("Si2", "Si0.7Ge0.3", "delta2_delta4_splitting", ".0f", -1000),
    "valleys-100": _read("Si2", "Ge", "delta2_delta4_splitting", "+.0f", 1000),
    "deformation": Quantity("Δ2 − Δ4 of Si2 on Si0.7Ge0.3 over ε⊥ − ε∥", _deformation, ".1f"),
    "gap-30": _read("Si2", "Si0.7Ge0.3", "gap", ".2f"),
    "split-off-si": _read("Si2", "Si", "split_off", ".0f", 1000, True),
    "split-off-ge": _read("Ge2", "Ge", "split_off", ".0f", 1000, True),
    "holes-30": _read("Si2", "Si0.7Ge0.3", "hh_lh_splitting", "+.0f", 1000, True),
    "holes-30-bare": _read("Si2", "Si0.7Ge0.3", "hh_lh_splitting", "+.0f", 1000),
    "ge-valleys": _read("Ge2", "Si", "delta2_delta4_splitting", ".0f", 1000),
    "ge-holes": _read("Ge2", "Si", "hh_lh_splitting", ".0f", 1000, True),
    "valleys-super-si": _read("Si4Ge4", "Si", "delta2_delta4_splitting", "+.0f", 1000),
    "valleys-super-ge": _read("Si4Ge4", "Ge", "delta2_delta4_splitting", "+.0f", 1000),
    "mass-across": _read("Si2", "Si", "masses/cbm/[100]/0", ".2f"),
    "mass-along": _read("Si2", "Si", "masses/cbm/[001]/0", ".2f"),
    "mass-mean": Quantity("bands Si2 --substrate Si --json: masses/cbm, mean of six", _mean_inverse_mass, ".2f"),
    "mass-hole-ge": _read("Ge2", "Si0.3Ge0.7", "masses/vbm/[100]/0", ".2f", spin_orbit=True),
    "bond-si-si": _bond((0.0, 0.0)),
    "bond-si-ge": _bond((0.0, 1.0)),
    "bond-ge-ge": _bond((1.0, 1.0)),
    "order-1-edge": _described(5, "1_order", ".2f"),
    "order-1-inner": _described(2, "1_order", ".2f"),
    "order-1-next": _described(4, "1_order", ".2f"),
    "order-2-next": _described(4, "2_order", ".2f"),
    "volume-si": _described(2, "tot_cell_volume", ".1f"),
    "volume-ge": _described(8, "tot_cell_volume", ".1f"),
    "vbm-ge-1": _share_on_ge("vbm", 1),
    "vbm-ge-8": _share_on_ge("vbm", 8),
    "cbm-ge-8": _share_on_ge("cbm", 8),
    "vbm-ge-mixed": Quantity(
        "python -m core bands Si8Ge8 --substrate Si0.5Ge0.5 --mixing 2 --json: profile/vbm, planes 9 to 16",
        lambda: 100 * sum(readouts_document(Sample("Si8Ge8", "Si0.5Ge0.5", 2.0).crystal())["profile"]["vbm"][8:]),
        ".0f",
    ),
    "mixed-last": Quantity(
        "python -m core descriptors Si8Ge8 --substrate Si0.5Ge0.5 --mixing 2: ge_fraction of plane 8",
        lambda: float(Sample("Si8Ge8", "Si0.5Ge0.5", 2.0).crystal().ge_fraction[7]),
        ".2f",
    ),
    "momentum-factor": Quantity("√(2m)/ħ of core.parameters.constants", lambda: float(np.sqrt(FREE_ELECTRON)), ".3f"),
    "potential-si": Quantity("INNER_POTENTIAL of core.experiment.photoemission", lambda: INNER_POTENTIAL["Si"], ".1f"),
    "work-function": Quantity("WORK_FUNCTION of core.experiment.photoemission", lambda: WORK_FUNCTION, ".1f"),
    "kz-74": Quantity("final_momentum(74, 12.6), reduced_kz of bulk Si", lambda: _kz(74.0), ".2f"),
    "kz-120": Quantity("final_momentum(120, 12.6), reduced_kz of bulk Si", lambda: _kz(120.0), ".2f"),
    "kz-120-less": Quantity("final_momentum(120, 8.8), reduced_kz of bulk Si", lambda: _kz(120.0, 8.8), ".2f"),
}
"""Of the exact engine, of structures and of constants."""


def _measured(file: str, key: str, shown: str, scale: float = 1.0) -> Quantity:
    def compute() -> float:
        value = json.loads((DIRECTORY / file).read_text(encoding="utf-8"))
        for part in key.split("/"):
            value = value[part]
        return scale * value

    return Quantity(f"core/measured/{file}: {key}", compute, shown)


MEASURED: dict[str, Quantity] = {
    "stacks": _measured("reverse.json", "stacks", ".0f"),
    "r2-total": _measured("forward.json", "path/unseen_pairs/total/r2", ".3f"),
    "r2-atoms": _measured("forward.json", "path/unseen_pairs/atoms/r2", ".3f"),
    "edge-error": _measured("forward.json", "edges/vbm/median", ".0f", 1000),
    "error-a-clean": _measured("reverse.json", "clean/lattice_in_plane/mae", ".3f"),
    "error-a": _measured("reverse.json", "realistic/lattice_in_plane/mae", ".3f"),
    "error-a-two": _measured("reverse.json", "realistic_two_cuts/lattice_in_plane/mae", ".3f"),
    "error-ge": _measured("reverse.json", "realistic/ge_fraction/mae", ".2f"),
    "error-ge-two": _measured("reverse.json", "realistic_two_cuts/ge_fraction/mae", ".2f"),
    "covered-a": _measured("reverse.json", "realistic/lattice_in_plane/coverage", ".0f", 100),
    "error-strain": _measured("reverse.json", "realistic/strain_silicon/mae", ".2f"),
    "loop-before": _measured("loop.json", "images/realistic/errors/lattice_in_plane/mean_before", ".3f"),
    "loop-after": _measured("loop.json", "images/realistic/errors/lattice_in_plane/mean_after", ".3f"),
    "loop-width-before": _measured("loop.json", "images/realistic/errors/interface_width/mean_before", ".2f"),
    "loop-width-after": _measured("loop.json", "images/realistic/errors/interface_width/mean_after", ".2f"),
}
"""Of the learned models, as they were last measured."""


def filled(text: str) -> str:
    """A text with its numbers in place of their names; KeyError for a name that is none."""
    return _PLACE.sub(lambda found: shown(found[1]), text)


def names(text: str) -> list[str]:
    """Names of the numbers in a text."""
    return _PLACE.findall(text)


def shown(name: str) -> str:
    """The number of a name as it is written."""
    return MEASURED[name].text() if name in MEASURED else _kept()[name]["shown"]


@cache
def _kept() -> dict:
    return json.loads(FILE.read_text(encoding="utf-8"))
