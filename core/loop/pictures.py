"""Spectra of candidates on a grid of a∥ and k_z, computed once each, so that a fit moves between them for nothing.

A fit asks for the spectrum of one stack at many lattice constants, k_z, radii and widths of the final state, most of
them close together. Pictures are kept at nodes of a∥ and of k_z: between those of a∥, four are joined by a cubic; a
broadened k_z is a weighted sum over its nodes.
"""

from collections import ChainMap
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from core.engines import engine_named
from core.experiment.photoemission.final_state import OVERLAPPING, TAIL, FinalState
from core.experiment.photoemission.renderer import cut_end
from core.experiment.photoemission.spectra import HALF_POINTS
from core.learning.samples import LATTICE_TRAINED
from core.structure.crystal import Crystal
from core.structure.sample import Sample

LATTICE_STEP = 0.012
"""Å between nodes of a∥: bands move by less than their broadening."""

KZ_STEP = OVERLAPPING
"""2π/c̄ between nodes of k_z."""

NODES_AT_ONCE = 9.0
"""Pictures at so many k_z cost one forward cut, the unit of a fit's budget."""


@dataclass
class Pictures:
    """Totals of stacks by one engine.

    engine: name. origins: k_z (2π/c̄) that nodes start from, so that every k_z that is known is one of them.
    count: pictures computed, one k_z at one a∥ each. fidelity: whose spectra a fit's corrections lead to, those of
    tight binding or of DFT; the pictures themselves are of the engine.
    """

    engine: str = "forward"
    origins: tuple[float, ...] = (0.0,)
    count: int = 0
    fidelity: str = "tight-binding"
    _kept: MutableMapping = field(default_factory=dict)
    _crystals: MutableMapping = field(default_factory=dict)

    @cached_property
    def aside(self) -> "Pictures":
        """These, for somebody who only looks: what is computed for them is not counted, and not kept here."""
        return Pictures(
            self.engine, self.origins, 0, self.fidelity, ChainMap({}, self._kept), ChainMap({}, self._crystals)
        )

    def crystal(self, stack: str, mixing: float, lattice: float) -> Crystal:
        """The relaxed crystal of a stack, built once."""
        key = (stack, mixing, round(lattice, 7))
        crystal = self._crystals.get(key)
        if crystal is None:
            if len(self._crystals) > 2000:
                self._crystals.clear()
            crystal = self._crystals[key] = Sample.on_lattice(stack, lattice, mixing).crystal()
        return crystal

    def signal(self, stack: str, mixing: float, lattice: float, cut: str, state: FinalState) -> np.ndarray:
        """(k, energy) 1/eV on the outward half of a cut, as a final state sees it.

        Args:
            stack: notation.
            mixing: ML.
            lattice: a∥ in Å.
            cut: `G-X` or `G-K`.
            state: which k_z is seen.
        """
        origin = self._origin(state.kz)
        numbers, weights = self._nodes(stack, mixing, lattice, cut, state, origin)
        nodes, parts = _lattice_nodes(lattice)
        total = 0.0
        for node, part in zip(nodes, parts, strict=True):
            if part:
                pictures = self._pictures(stack, mixing, int(node), cut, origin, numbers)
                total = total + np.float32(part) * np.einsum("kn,nke->ke", weights, pictures)
        return np.maximum(total, 0.0)

    def _origin(self, kz: float) -> float:
        """From which nodes are counted for a k_z: where it is none of them it would be mixed of its neighbours."""
        places = ((kz - origin) / KZ_STEP for origin in self.origins)
        apart = [abs(place - round(place)) for place in places]
        return self.origins[int(np.argmin(np.round(apart, 6)))]

    def _nodes(self, stack, mixing, lattice, cut, state: FinalState, origin) -> tuple[np.ndarray, np.ndarray]:
        """Numbers (node,) of the nodes of k_z that a final state needs, and their weights (k, node)."""
        momentum = np.linspace(0.0, cut_end(cut, lattice), HALF_POINTS)
        spacing = sum(
            part * float(self.crystal(stack, mixing, node * LATTICE_STEP).plane_spacing.mean())
            for node, part in zip(*_lattice_nodes(lattice), strict=True)
            if part
        )
        unit = 2 * np.pi / (4 * spacing)
        bend = float(state.bend(momentum[-1:])[0]) / unit
        tail = TAIL * state.width / unit
        low = int(np.floor((state.kz - bend - tail - origin) / KZ_STEP + 1e-9))
        high = int(np.ceil((state.kz + tail - origin) / KZ_STEP - 1e-9))
        numbers = np.arange(low, high + 1)
        return numbers, state.shares(momentum, spacing, origin + numbers * KZ_STEP).astype(np.float32)

    def _pictures(
        self, stack: str, mixing: float, node: int, cut: str, origin: float, numbers: np.ndarray
    ) -> np.ndarray:
        """(kz, k, energy) at one node of a∥."""
        if len(self._kept) > 6000:
            self._kept.clear()
        own = (stack, mixing, node, cut, origin)
        known = {int(number): self._kept.get((*own, int(number))) for number in numbers}
        if missing := [number for number, picture in known.items() if picture is None]:
            crystal = self.crystal(stack, mixing, node * LATTICE_STEP)
            kz = origin + np.array(missing) * KZ_STEP
            found = engine_named(self.engine).cut_totals(crystal, cut, kz).astype(np.float32)
            self.count += len(missing)
            for number, picture in zip(missing, found, strict=True):
                known[number] = self._kept[*own, number] = picture
        return np.stack(list(known.values()))


def _lattice_nodes(lattice: float) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of four nodes of a∥, and their weights in a cubic whose value and slope are continuous (Catmull-Rom)."""
    low, high = (int(f(end / LATTICE_STEP)) for f, end in zip((np.floor, np.ceil), LATTICE_TRAINED, strict=True))
    first = min(max(int(np.floor(lattice / LATTICE_STEP)), low), high - 1)
    t = lattice / LATTICE_STEP - first
    weights = 0.5 * np.array([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2])
    return first + np.arange(-1, 3), weights
