"""Structure files as people have them: other origins, gaps, copies, layers along any vector; right, or refused."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, make_supercell
from ase.spacegroup import Spacegroup

from core.errors import InputError
from core.structure.build import build_crystal
from core.structure.files import atoms_of, parse_structure, structure_text
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

CELL = """_cell_length_a {a}
_cell_length_b {a}
_cell_length_c {a}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
"""
SITES = """loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
"""


def silicon_cif(symmetry: str, place: float) -> bytes:
    return f"data_si\n{CELL.format(a=5.431)}{symmetry}{SITES}Si1 Si {place} {place} {place}\n".encode()


def stack(text: str = "Si4Ge4", substrate: str = "Si"):
    return build_crystal(parse_stack(text), parse_substrate(substrate))


def poscar(atoms: Atoms, species_line: bool = True, title: str = "crystal", repeats: str = "") -> bytes:
    """A POSCAR by hand, so that its lines can be left out."""
    order = np.argsort(atoms.numbers, kind="stable")
    atoms = atoms[order]
    names = list(dict.fromkeys(atoms.get_chemical_symbols()))
    counts = [sum(symbol == name for symbol in atoms.get_chemical_symbols()) for name in names]
    lines = [title, "1.0", *(" ".join(f"{x:.10f}" for x in vector) for vector in atoms.cell.array)]
    lines += [" ".join(names)] if species_line else []
    lines += [" ".join(map(str, counts)), "Direct"]
    fractional = np.linalg.solve(atoms.cell.array.T, atoms.positions.T).T
    lines += [" ".join(f"{x:.10f}" for x in place) for place in fractional]
    return ("\n".join(lines) + "\n" + repeats).encode()


@pytest.mark.parametrize(
    ("symmetry", "place"),
    [
        ("_symmetry_space_group_name_H-M 'F d -3 m :2'\n_symmetry_Int_Tables_number 227\n", 0.125),
        ("_space_group_name_H-M_alt 'F d -3 m Z'\n_space_group_IT_number 227\n", 0.125),
        ("_space_group_IT_number 227\n_space_group_IT_coordinate_system_code 2\n", 0.125),
        ("_space_group_IT_number 227\n", 0.125),
        ("_space_group_IT_number 227\n", 0.0),
        ("_symmetry_space_group_name_H-M 'F d -3 m'\n", 0.0),
        ("_symmetry_space_group_name_H-M 'F d -3 m :1'\n_symmetry_Int_Tables_number 227\n", 0.0),
    ],
)
def test_silicon_about_either_origin_is_silicon(symmetry, place):
    crystal = parse_structure(silicon_cif(symmetry, place), "si.cif")
    assert len(crystal) == 8
    np.testing.assert_allclose(crystal.bond_length, np.sqrt(3) / 4 * 5.431, atol=1e-6)
    guessed = place > 0 and ":" not in symmetry and "Z" not in symmetry and "code" not in symmetry
    assert any("origin" in note for note in crystal.notes) == guessed


@pytest.mark.parametrize("unknown", ["?", "."])
def test_unknown_occupancies_are_one(unknown):
    text = structure_text(stack(), "cif").replace("1.0000\n", f"{unknown}\n")
    assert unknown in text.split()
    crystal = parse_structure(text.encode(), "a.cif")
    assert sorted(crystal.ge_fraction) == [0.0] * 4 + [1.0] * 4
    assert any("8 occupancies" in note for note in crystal.notes)


def test_the_first_of_several_structures_is_read_and_the_notes_say_so():
    first = structure_text(stack(), "cif").replace("data_image0", "data_first")
    second = silicon_cif("_space_group_IT_number 227\n", 0.0).decode()
    crystal = parse_structure(f"{first}\n{second}".encode(), "a.cif")
    assert crystal.plane_ge_fraction.tolist() == stack().plane_ge_fraction.tolist()
    assert any("2 structures" in note and "'first'" in note for note in crystal.notes)


TURNS = {
    "along x": np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
    "along y": np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
}


@pytest.mark.parametrize("name", TURNS)
@pytest.mark.parametrize("cell", [[[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 0, 1], [0, 1, 0], [1, 0, 0]],
                                  [[1, 0, 1], [0, 1, 0], [0, 0, 1]], [[-1, 0, 0], [0, 1, 0], [0, 0, 1]]],
                         ids=["third vector", "first vector", "skewed", "left-handed"])  # fmt: skip
def test_layers_are_found_by_their_composition(name, cell):
    """However the crystal lies and whichever vectors span it, planes, spacings and lattice constants are the same."""
    known = stack("Si6Ge2")
    atoms = atoms_of(known)
    turned = Atoms(atoms.symbols, atoms.positions @ TURNS[name], cell=atoms.cell.array @ TURNS[name], pbc=True)
    turned = make_supercell(turned, np.array(cell) if np.linalg.det(cell) > 0 else np.eye(3, dtype=int))
    if np.linalg.det(cell) < 0:
        turned.set_cell(np.array(cell) @ turned.cell.array)
    crystal = parse_structure(poscar(turned), "a.vasp")
    assert crystal.lattice_in_plane == pytest.approx(known.lattice_in_plane, abs=1e-6)
    assert crystal.lattice_growth == pytest.approx(known.lattice_growth, abs=1e-6)
    assert sorted(crystal.plane_ge_fraction) == sorted(known.plane_ge_fraction)
    np.testing.assert_allclose(np.sort(crystal.plane_spacing), np.sort(known.plane_spacing), atol=1e-6)


def test_the_growth_axis_is_noted_where_it_is_not_along_the_third_vector():
    atoms = atoms_of(stack())
    turn = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]).T
    turned = Atoms(atoms.symbols, atoms.positions @ turn, cell=(atoms.cell.array @ turn)[[2, 0, 1]], pbc=True)
    crystal = parse_structure(poscar(turned), "a.vasp")
    assert any("first cell vector" in note and "composition" in note for note in crystal.notes)
    assert not any("stacked" in note for note in parse_structure(poscar(atoms), "a.vasp").notes)


def test_one_element_under_strain_grows_along_the_axis_that_differs():
    atoms = bulk("Si", "diamond", 5.431, cubic=True)
    atoms.set_cell([5.35, 5.48, 5.48], scale_atoms=True)
    crystal = parse_structure(poscar(atoms), "a.vasp")
    assert (crystal.lattice_in_plane, crystal.lattice_growth) == pytest.approx((5.48, 5.35))
    assert any("strain" in note for note in crystal.notes)


def test_a_missing_line_of_elements_is_asked_for_and_a_plain_title_is_taken_with_a_note():
    atoms = atoms_of(stack())
    for title in ("superlattice, relaxed", "Ge Si superlattice, Ge cap", "Si"):
        with pytest.raises(InputError, match="add a line of element symbols"):
            parse_structure(poscar(atoms, species_line=False, title=title), "a.vasp")
    crystal = parse_structure(poscar(atoms, species_line=False, title="Si Ge"), "a.vasp")
    assert crystal.ge_fraction.sum() == 4
    assert any("from its title" in note for note in crystal.notes)


@pytest.mark.parametrize(("species", "lattice", "words"), [
    ("Ge", 5.763, "1.9 % longer than bulk Ge's"), ("Si", 5.35, "1.5 % shorter than bulk Si's"), ("Si", 5.43, ""),
])  # fmt: skip
def test_bonds_far_from_natural_are_noted(species, lattice, words):
    notes = parse_structure(poscar(bulk(species, "diamond", lattice, cubic=True)), "a.vasp").notes
    assert [note for note in notes if "bonds are" in note] == [note for note in notes if words and words in note]
    assert bool(notes) == bool(words)


def test_strained_layers_get_no_such_note():
    for substrate in ("Si", "Ge"):
        assert not parse_structure(poscar(atoms_of(stack("Si4Ge4", substrate))), "a.vasp").notes


def test_rounded_symmetric_sites_are_merged_and_noted():
    operations = "".join(f"'{','.join(row)}'\n" for row in _operations(166))
    text = (
        "data_x\n_cell_length_a 3.840\n_cell_length_b 3.840\n_cell_length_c 9.407\n_cell_angle_alpha 90\n"
        "_cell_angle_beta 90\n_cell_angle_gamma 120\nloop_\n_symmetry_equiv_pos_as_xyz\n"
        f"{operations}{SITES}Si1 Si 0.333 0.667 0.792\n"
    )
    crystal = parse_structure(text.encode(), "a.cif")
    assert len(crystal) == 6
    np.testing.assert_allclose(crystal.bond_length, 2.3517, atol=0.01)
    assert any("merged" in note for note in crystal.notes)


def _operations(number: int) -> list[list[str]]:
    found = []
    for rotation, shift in zip(*get_spacegroup_operations(number), strict=True):
        row = []
        for line, move in zip(rotation, shift, strict=True):
            terms = "".join(f"{'+' if c > 0 else '-'}{axis}" for c, axis in zip(line, "xyz", strict=True) if c)
            row.append(terms.lstrip("+") + (f"+{round(3 * move)}/3" if move else ""))
        found.append(row)
    return found


def get_spacegroup_operations(number: int):

    return Spacegroup(number).get_op()


@pytest.mark.parametrize("suffix", ["vasp", "xyz"])
def test_copies_on_the_boundary_are_merged(suffix):
    atoms = bulk("Ge", "diamond", 5.658, cubic=True)
    copies = Atoms("Ge2", cell=atoms.cell, pbc=True, positions=[atoms.cell[0], atoms.cell[1] + atoms.cell[2]])
    both = atoms + copies
    if suffix == "vasp":
        content = poscar(both)
    else:
        lattice = " ".join(map(str, both.cell.array.ravel()))
        rows = "".join(f"Ge {x} {y} {z}\n" for x, y, z in both.positions)
        content = f'10\nLattice="{lattice}" Properties=species:S:1:pos:R:3\n{rows}'.encode()
    crystal = parse_structure(content, f"a.{suffix}")
    assert len(crystal) == 8
    assert any("2 atoms that repeat" in note for note in crystal.notes)


def test_two_kinds_at_one_place_are_refused():
    atoms = bulk("Si", "diamond", 5.431, cubic=True)
    atoms += Atoms("Ge", positions=[atoms.positions[0] + 0.01], cell=atoms.cell, pbc=True)
    with pytest.raises(InputError, match="closer than"):
        parse_structure(poscar(atoms), "a.vasp")
