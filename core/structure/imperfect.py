"""Imperfect crystals: a sample with explicit atoms in a lateral supercell, with antisites, vacancies and steps."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Self

import numpy as np

from core.errors import InputError
from core.structure.build import crystal_of_planes
from core.structure.crystal import Crystal
from core.structure.keating import relax_spacings
from core.structure.mixing import mix_profile
from core.structure.relaxation import relaxed
from core.structure.sample import Sample
from core.structure.substrate import check_strain
from core.structure.supercell import lateral_supercell, random_atoms, stepped_planes

LATERAL_RANGE = (2, 4)
"""Repeats of the primitive in-plane cell along [1-10] and [110]."""

MAX_ATOMS = 1024
MAX_DEFECTS = 4
"""Of a kind; more of them in so small a cell are another material."""

MAX_SEED = 2**32 - 1
DANGLING = ("open", "passivated")


@dataclass(frozen=True, eq=False)
class DrawnAtoms:
    """The atoms of one configuration before they are relaxed.

    ge_fraction: (plane, site) 0 or 1, sites in the order of `core.structure.supercell.lateral_supercell`, antisites in.
    stack: (plane, site) Ge fractions that the stack, mixed and stepped, has there. antisites, vacancies: their sites,
    numbered through all planes.
    """

    ge_fraction: np.ndarray
    stack: np.ndarray
    antisites: tuple[int, ...]
    vacancies: tuple[int, ...]


@dataclass(frozen=True)
class ImperfectSample:
    """A sample as it may really grow: one configuration of atoms for each seed and number.

    Atoms of alloys and of mixed interfaces are drawn, see `core.structure.supercell.random_atoms`; all of them are
    relaxed in three dimensions, with the substrate's plane fixed and the period along growth free.

    sample: the stack, its substrate and its interfaces.
    lateral: n of n × n primitive in-plane cells.
    seed: of the drawing.
    antisites: planes, counted from 1 in growth order, in which one atom is of the other element.
    vacancies: planes in which one atom is missing.
    dangling: what happens to the four orbitals that point to a missing atom: open (they stay, and bind to each other
        as they can) or passivated (tied off, see `core.electronic.hamiltonian`).
    step: half of the cell lies one monolayer higher, all interfaces with it.
    """

    sample: Sample
    lateral: int = 2
    seed: int = 0
    antisites: tuple[int, ...] = field(default=())
    vacancies: tuple[int, ...] = field(default=())
    dangling: str = "open"
    step: bool = False

    def __post_init__(self):
        """Refuse sizes, seeds, planes and treatments that are not accepted; bring planes into order."""
        low, high = LATERAL_RANGE
        _check_whole(self.lateral, low, high, "A lateral size")
        _check_whole(self.seed, 0, MAX_SEED, "A seed")
        if self.dangling not in DANGLING:
            raise InputError(f"Dangling bonds {self.dangling!r}; allowed: {', '.join(DANGLING)}")
        if not isinstance(self.step, bool):
            raise InputError(f"A step is there or not, true or false; given was {self.step!r}")
        atoms = self.planes * self.lateral**2
        if atoms > MAX_ATOMS:
            raise InputError(
                f"{self.sample.stack} in a {self.lateral} × {self.lateral} cell has {atoms} atoms; at most {MAX_ATOMS} "
                "are relaxed: use a shorter period or a smaller cell"
            )
        for name in ("antisites", "vacancies"):
            object.__setattr__(self, name, self._checked_planes(getattr(self, name), name))

    @property
    def planes(self) -> int:
        """In a period: those of the stack, twice as many where that is odd."""
        return len(self.sample.layers) * (1 + len(self.sample.layers) % 2)

    @property
    def key(self) -> str:
        """A text that equal imperfect samples share, and no others."""
        return json.dumps(self.document(), ensure_ascii=False)

    def document(self) -> dict:
        """Plain JSON, the inverse of `from_document`."""
        return asdict(self) | {"antisites": list(self.antisites), "vacancies": list(self.vacancies)}

    @classmethod
    def from_document(cls, document: Mapping) -> Self:
        """An imperfect sample from plain JSON, checked.

        Raises:
            InputError: entries that it does not have, missing ones, or values that are not accepted.
        """
        try:
            given = dict(document)
            sample = Sample.from_document(given.pop("sample"))
            return cls(sample, **given)
        except (TypeError, KeyError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                "An imperfect sample has a sample, lateral, seed, antisites, vacancies, dangling and step, nothing else"
            ) from None

    def crystal(self, configuration: int = 0) -> Crystal:
        """The relaxed atoms of one configuration; the same seed and number give the same atoms.

        Raises:
            InputError: strains that are not accepted, or atoms that do not come to rest.
        """
        _check_whole(configuration, 0, MAX_SEED, "A configuration")
        return relaxed(self._drawn(configuration))

    def drawn_atoms(self, configuration: int = 0) -> DrawnAtoms:
        """Which atoms one configuration has, a thousand times faster than `crystal`.

        Raises:
            InputError: strains that are not accepted.
        """
        return self._drawn_atoms(configuration)[0]

    def _drawn_atoms(self, configuration: int) -> tuple[DrawnAtoms, tuple[str, ...]]:
        """The atoms, and what is to be noted of them."""
        random = np.random.default_rng([self.seed, configuration])
        stack, _ = self.sample.layers.doubled_if_odd()
        check_strain(self.sample.ground, stack.ge_fractions)
        fractions = mix_profile(stack.ge_fractions, self.sample.mixing)
        plane = stepped_planes(len(fractions), self.lateral, self.step)
        atoms = random_atoms(fractions, plane, random)
        notes = self._notes(fractions, atoms)
        antisites, vacancies = self._defects(random)
        atoms.flat[antisites] = 1.0 - atoms.flat[antisites]
        return DrawnAtoms(atoms, fractions[plane], tuple(sorted(antisites)), tuple(sorted(vacancies))), notes

    def _drawn(self, configuration: int) -> Crystal:
        """The atoms at the places of the virtual crystal."""
        drawn, notes = self._drawn_atoms(configuration)
        mean, lattice = drawn.ge_fraction.mean(axis=1), self.sample.lattice
        base = crystal_of_planes(mean, relax_spacings(mean, lattice), lattice)
        return replace(
            lateral_supercell(base, self.lateral),
            ge_fraction=drawn.ge_fraction.ravel(),
            label=self._label(configuration),
            notes=notes,
            empty_sites=drawn.vacancies,
            antisites=drawn.antisites,
            passivated=self.dangling == "passivated" and bool(self.vacancies),
        )

    def _defects(self, random: np.random.Generator) -> tuple[list[int], list[int]]:
        """Sites of the antisites and of the vacancies, all different."""
        copies, taken = self.lateral**2, set()
        found = []
        for planes in (self.antisites, self.vacancies):
            sites = []
            for plane in planes:
                free = [site for site in range((plane - 1) * copies, plane * copies) if site not in taken]
                sites.append(int(random.choice(free)))
                taken.add(sites[-1])
            found.append(sites)
        return found[0], found[1]

    def _label(self, configuration: int) -> str:
        parts = [f"{self.sample.stack} on {self.sample.substrate}"]
        if self.sample.mixing:
            parts.append(f"interfaces mixed over {self.sample.mixing:g} ML")
        parts.append(f"{self.lateral} × {self.lateral} cell")
        parts += [f"antisite in plane {plane}" for plane in self.antisites]
        parts += [f"vacancy in plane {plane} ({self.dangling})" for plane in self.vacancies]
        parts += ["monolayer step"] if self.step else []
        return ", ".join([*parts, f"seed {self.seed}, configuration {configuration}"])

    def _notes(self, fractions: np.ndarray, atoms: np.ndarray) -> tuple[str, ...]:
        notes = self.sample.layers.doubled_if_odd()[1]
        if np.any((fractions > 0.0) & (fractions < 1.0)):
            asked = fractions.mean() * atoms.size
            notes += (
                f"{atoms.sum():.0f} of {atoms.size} sites are Ge where the stack asks for {asked:.2f}: atoms of mixed "
                "planes are drawn, and their numbers rounded up or down by chance without bias",
            )
        if self.step and self.lateral % 2:
            notes += (f"{self.lateral // 2} of {self.lateral} columns lie one plane higher, for they cannot be halved",)
        return notes

    def _checked_planes(self, planes, name: str) -> tuple[int, ...]:
        if isinstance(planes, str) or not isinstance(planes, list | tuple):
            raise InputError(f"{name.capitalize()} are a list of planes, counted from 1; given was {planes!r}")
        for plane in planes:
            _check_whole(plane, 1, self.planes, f"The plane of one of the {name}")
        if len(set(planes)) < len(planes) or len(planes) > MAX_DEFECTS:
            raise InputError(
                f"{name.capitalize()} in planes {list(planes)}: name up to {MAX_DEFECTS} planes, each once"
            )
        return tuple(sorted(int(plane) for plane in planes))


def _check_whole(value, low: int, high: int, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
        raise InputError(f"{what} of {value!r} is not accepted; give a whole number from {low} to {high}")
