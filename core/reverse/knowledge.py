"""What a person knows of a sample before an image of it is read, and how it narrows what the image says."""

from dataclasses import dataclass

from core.errors import InputError
from core.structure.stack import Stack
from core.structure.substrate import parse_substrate

FAMILIES = {"": "not known", "bulk": "one material or alloy", "two-block": "two blocks, repeated"}
"""Family of stacks → what is known of a sample of it."""

_BLOCKS = {"bulk": 1, "two-block": 2}

SUBSTRATE_90 = 0.003
"""Å: layers that are grown strained have the lattice constant of their substrate to about this, 90 %."""

NORMAL_90 = 1.645
"""Half-width of the central 90 % of a normal distribution, in standard deviations."""

AT_ODDS = 2.0
"""Half-widths of the image's own interval by which a substrate may differ before it is said."""


@dataclass(frozen=True)
class Knowledge:
    """What is known of a sample.

    substrate: notation, empty where it is not known; layers are taken to be strained to it. family: of FAMILIES.

    Raises:
        InputError: a substrate that is not understood, or another family.
    """

    substrate: str = ""
    family: str = ""

    def __post_init__(self):
        if self.family not in FAMILIES:
            raise InputError(f"The family {self.family!r} is not known; known: {', '.join(filter(None, FAMILIES))}")
        if self.substrate:
            parse_substrate(self.substrate)

    @property
    def lattice(self) -> float | None:
        """a∥ in Å."""
        return parse_substrate(self.substrate).lattice_constant if self.substrate else None

    def allows(self, stack: Stack) -> bool:
        """Whether a stack is of the family."""
        return not self.family or len(stack.repeat_unit[0].blocks) == _BLOCKS[self.family]

    def combined(self, value: dict[str, float], half: dict[str, float]) -> tuple[dict, dict]:
        """Estimates and 90 % half-widths after the substrate, by precision.

        Where the two are at odds, wider by Birge's ratio (Phys. Rev. 40, 207, 1932).
        """
        if self.lattice is None:
            return value, half
        name = "lattice_in_plane"
        weight = [1 / SUBSTRATE_90**2, 1 / max(half[name], 1e-9) ** 2]
        mean = (weight[0] * self.lattice + weight[1] * value[name]) / sum(weight)
        width = sum(weight) ** -0.5
        if self.at_odds(value, half):
            apart = NORMAL_90 * abs(self.lattice - value[name]) / sum(1 / part for part in weight) ** 0.5
            width *= max(1.0, apart)
        return value | {name: mean}, half | {name: width}

    def at_odds(self, value: dict[str, float], half: dict[str, float]) -> str:
        """A sentence where the image's own lattice constant speaks against the substrate; empty otherwise."""
        if self.lattice is None:
            return ""
        own, width = value["lattice_in_plane"], half["lattice_in_plane"]
        if abs(self.lattice - own) <= AT_ODDS * width:
            return ""
        return (
            f"The substrate {self.substrate} ({self.lattice:.3f} Å) is at odds with the image, which by itself says "
            f"{own:.3f} Å ({own - width:.3f} to {own + width:.3f}): is the film relaxed, or the calibration off?"
        )


NOTHING = Knowledge()
