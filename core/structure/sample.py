"""What is grown: one description of a sample for engines, models, pages and files."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from typing import Self

import numpy as np

from core.errors import InputError
from core.structure.build import build_crystal
from core.structure.crystal import Crystal
from core.structure.mixing import MAX_WIDTH
from core.structure.stack import Stack, parse_stack
from core.structure.substrate import Substrate, parse_substrate


@dataclass(frozen=True)
class Sample:
    """A stack on a substrate, its interfaces mixed; texts are canonical, so that equal samples are equal.

    stack: notation. substrate: notation. mixing: erf interface width in ML.
    """

    stack: str
    substrate: str
    mixing: float = 0.0

    def __post_init__(self):
        """Bring texts into their canonical form; refuse what is no stack, no substrate or no width."""
        if isinstance(self.mixing, bool) or not isinstance(self.mixing, int | float | np.floating):
            raise InputError(f"An interface width of {self.mixing!r} is no number; give 0 to {MAX_WIDTH:g} ML")
        if not math.isfinite(self.mixing):
            raise InputError(f"An interface width of {self.mixing} ML is none; give 0 to {MAX_WIDTH:g} ML")
        object.__setattr__(self, "stack", parse_stack(self.stack).notation)
        object.__setattr__(self, "substrate", parse_substrate(self.substrate).label)
        object.__setattr__(self, "mixing", round(float(self.mixing), 6) + 0.0)

    @classmethod
    def on_lattice(cls, stack: str, lattice: float, mixing: float = 0.0, **more) -> Self:
        """A sample whose in-plane lattice constant is given as a number (Å), kept to its last digit."""
        return cls(stack, f"{np.format_float_positional(float(lattice), trim='-')} Å", mixing, **more)

    @cached_property
    def layers(self) -> Stack:
        """The stack as blocks."""
        return parse_stack(self.stack)

    @cached_property
    def ground(self) -> Substrate:
        """The substrate with its lattice constant."""
        return parse_substrate(self.substrate)

    @property
    def lattice(self) -> float:
        """a∥ in Å."""
        return self.ground.lattice_constant

    @property
    def key(self) -> str:
        """A text that equal samples share, and no others."""
        return json.dumps([self.stack, self.substrate, self.mixing], ensure_ascii=False)

    def document(self) -> dict:
        """Plain JSON, the inverse of `from_document`."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping) -> Self:
        """A sample from plain JSON, checked.

        Raises:
            InputError: entries that no sample has, missing ones, or values that are not accepted.
        """
        try:
            return cls(**document)
        except TypeError:
            raise InputError("A sample has a stack, a substrate and a mixing, and nothing else") from None

    def changed(self, lattice: float | None = None, **values) -> Self:
        """The sample with another stack, substrate, mixing, or lattice constant (Å)."""
        if lattice is not None:
            values["substrate"] = f"{np.format_float_positional(float(lattice), trim='-')} Å"
        return replace(self, **values)

    def crystal(self) -> Crystal:
        """The relaxed crystal.

        Raises:
            InputError: as `build_crystal`.
        """
        return _crystal(self.stack, self.substrate, self.mixing)


@lru_cache(maxsize=512)
def _crystal(stack: str, substrate: str, mixing: float) -> Crystal:
    return build_crystal(parse_stack(stack), parse_substrate(substrate), mixing)
