"""What made imported bands: all that must agree for results to be compared and trained on together."""

from dataclasses import asdict, dataclass

from core.dft.structure import experimental_lattice
from core.errors import InputError
from core.learning.samples import DrawnSample, drawn_sample
from core.structure.crystal import Crystal
from core.structure.stack import Stack

FAMILY = "imported"
LONGEST_TEXT = 300
LATTICES = (5.2, 6.1)
"""Å, of bulk Si and Ge by any functional in use."""

LARGEST_SCISSOR = 3.0
"""eV."""


@dataclass(frozen=True)
class Origin:
    """A recipe of somebody else.

    code, code_version, functional: as people name them. silicon_lattice_angstrom, germanium_lattice_angstrom: where
    the functional has its minimum (or of experiment, if structures were computed there): in-plane lattice constants
    are told by them. alignment: how energies were brought to one scale, in words. silicon_scissor_eV,
    germanium_scissor_eV: what gaps lack, by which empty bands are raised, 0 for none. settings: cutoff and the like.
    """

    code: str
    code_version: str
    functional: str
    silicon_lattice_angstrom: float
    germanium_lattice_angstrom: float
    alignment: str
    silicon_scissor_eV: float = 0.0
    germanium_scissor_eV: float = 0.0
    settings: str = ""

    def __post_init__(self):
        """Refuse texts that say nothing and numbers that cannot be."""
        for name in ("code", "code_version", "functional", "alignment"):
            if not getattr(self, name).strip():
                raise InputError(f"'{name}' is empty; say it in words, so that results are not mixed unseen")
        if any(len(value) > LONGEST_TEXT for value in asdict(self).values() if isinstance(value, str)):
            raise InputError(f"A text about the calculation is longer than {LONGEST_TEXT} characters; shorten it")
        low, high = LATTICES
        silicon, germanium = self.silicon_lattice_angstrom, self.germanium_lattice_angstrom
        if not low <= silicon < germanium <= high:
            raise InputError(
                f"Lattice constants of {silicon:g} Å for Si and {germanium:g} Å for Ge; those of the functional are "
                f"wanted, {low} to {high} Å, Ge the larger (PBE: 5.47 and 5.77 Å)"
            )
        for name in ("silicon_scissor_eV", "germanium_scissor_eV"):
            if not abs(getattr(self, name)) <= LARGEST_SCISSOR:
                raise InputError(f"'{name}' is {getattr(self, name):g}; at most {LARGEST_SCISSOR:g} eV are accepted")

    def document(self) -> dict:
        """Plain JSON, the plan of a folder."""
        return asdict(self)

    def sample(self, crystal: Crystal) -> DrawnSample:
        """The sample that a crystal stands for: its stack, on the same alloy's lattice constant of experiment.

        Raises:
            InputError: a lattice constant or a strain that no sample has.
        """
        lattices = (self.silicon_lattice_angstrom, self.germanium_lattice_angstrom)
        lattice = round(experimental_lattice(crystal.lattice_in_plane, lattices), 4)
        return drawn_sample(FAMILY, Stack.from_profile(crystal.ge_fraction).notation, lattice)


def origin_name(document: dict) -> str:
    """A recipe in few words, from `Origin.document` or the project's own."""
    maker = f"{document['code']} {document['code_version']}" if "code" in document else "the project's recipe"
    return f"{maker} ({document.get('functional')})"
