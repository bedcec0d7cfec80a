import io

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.io import write

from core.errors import InputError
from core.structure.build import build_crystal
from core.structure.files import read_structure, structure_text, write_structure
from core.structure.sites import crystal_from_atoms
from core.structure.stack import parse_stack
from core.structure.substrate import parse_substrate

STACKS = ("Si1Ge1", "Si4Ge4", "Si3Ge3", "Si3Ge2", "Si6(Si0.7Ge0.3)3Ge3")
SILICON = structure_text(build_crystal(parse_stack("Si4"), parse_substrate("Si")), "vasp")


def network(crystal):
    """The network by species and ideal bond, free of atom order and origin: what each atom sees over two shells."""
    first, second = crystal.bond_atoms.T
    x = crystal.ge_fraction.round(3)
    seen = {
        atom: tuple(sorted((*b, x[j]) for i, j, b in bonds if i == atom))
        for bonds in (
            [
                *zip(first, second, crystal.bond_site.tolist(), strict=True),
                *zip(second, first, (-crystal.bond_site).tolist(), strict=True),
            ],
        )
        for atom in range(len(crystal))
    }
    return sorted((x[atom], seen[atom]) for atom in seen)


def check_consistent(crystal):
    """Sites, bonds and positions tell one story: the same image joins a bond in quarters and in Å."""
    first, second = crystal.bond_atoms.T
    image = np.linalg.solve(crystal.site_cell.T, (crystal.bond_site - crystal.site[second] + crystal.site[first]).T).T
    np.testing.assert_allclose(image, np.round(image), atol=1e-9)
    expected = crystal.positions[second] - crystal.positions[first] + np.round(image) @ crystal.cell
    np.testing.assert_allclose(crystal.bond_vector, expected, atol=1e-7)
    assert np.all(crystal.site[crystal.sublattice == 0] % 2 == 0)
    assert np.all(crystal.site[crystal.sublattice == 1] % 2 == 1)


@pytest.mark.parametrize("suffix", ["xyz", "cif", "vasp", "POSCAR"])
@pytest.mark.parametrize("stack", STACKS)
def test_round_trip(stack, suffix, tmp_path):
    crystal = build_crystal(parse_stack(stack), parse_substrate("Si0.5Ge0.5"))
    path = tmp_path / (suffix if suffix == "POSCAR" else f"crystal.{suffix}")
    write_structure(crystal, path)
    read = read_structure(path)
    check_consistent(read)
    np.testing.assert_allclose(read.average_cell, crystal.average_cell, atol=1e-6)
    np.testing.assert_allclose(np.sort(read.bond_length), np.sort(crystal.bond_length), atol=1e-6)
    if suffix in ("xyz", "cif"):
        np.testing.assert_allclose(read.ge_fraction, crystal.ge_fraction, atol=1e-4)
        np.testing.assert_array_equal(read.plane, crystal.plane)
        np.testing.assert_allclose(read.plane_spacing, crystal.plane_spacing, atol=1e-6)
        assert network(read) == network(crystal)


def test_mixed_interfaces_survive_extended_xyz():
    crystal = build_crystal(parse_stack("Si4Ge4"), parse_substrate("Si"), 0.8)
    text = structure_text(crystal, "xyz")
    np.testing.assert_allclose(read_structure(text.encode(), "f.xyz").ge_fraction, crystal.ge_fraction, atol=1e-7)
    assert "virtual-crystal" in text
    assert "virtual-crystal" in structure_text(crystal, "vasp").splitlines()[0]


@pytest.mark.parametrize("species", ["Si", "Ge"])
@pytest.mark.parametrize("cubic", [False, True])
def test_bulk_cells(species, cubic):
    atoms = bulk(species, "diamond", 5.5, cubic=cubic)
    crystal = crystal_from_atoms(atoms.cell.array, atoms.positions, [float(species == "Ge")] * len(atoms))
    check_consistent(crystal)
    np.testing.assert_allclose(crystal.average_cell, 5.5 * np.eye(3), atol=1e-9)
    assert crystal.plane_count == (4 if cubic else 2)


def rotations():
    random = np.random.default_rng(11)
    yield "quarter turn in the plane", np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    yield "bonds in the xz plane", np.array([[1, 1, 0], [-1, 1, 0], [0, 0, np.sqrt(2)]]) / np.sqrt(2)
    yield "mirrored", np.diag([-1, 1, 1])
    yield "upside down", np.diag([1, -1, -1])
    for n in range(4):
        yield f"any direction {n}", np.linalg.qr(random.standard_normal((3, 3)))[0]


@pytest.mark.parametrize("rotation", [r for _, r in rotations()], ids=[name for name, _ in rotations()])
@pytest.mark.parametrize("stack", ["Si4Ge4", "Si5Ge3Si1Ge1"])
def test_any_orientation_gives_the_same_crystal(stack, rotation):
    crystal = build_crystal(parse_stack(stack), parse_substrate("Si0.5Ge0.5"))
    turned = crystal_from_atoms(crystal.cell @ rotation, crystal.positions @ rotation + 0.3, crystal.ge_fraction)
    check_consistent(turned)
    np.testing.assert_allclose(turned.average_cell, crystal.average_cell, atol=1e-6)
    np.testing.assert_allclose(np.sort(turned.bond_length), np.sort(crystal.bond_length), atol=1e-9)
    np.testing.assert_allclose(np.sort(turned.plane_spacing), np.sort(crystal.plane_spacing), atol=1e-9)


@pytest.mark.parametrize(
    "change",
    [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[1, 1, 0], [1, -1, 0], [0, 0, 1]],
        [[1, 0, 0], [3, 1, 0], [2, -5, 1]],
        [[0, 1, 0], [1, 0, 0], [0, 0, 1]],
        [[2, 0, 0], [0, 2, 0], [0, 0, 2]],
        [[1, 0, 0], [0, 1, 0], [0, 0, -1]],
    ],
)
def test_any_cell_of_the_same_crystal(change):
    """Supercells, skewed and left-handed cells, atoms outside the cell."""
    change = np.array(change)
    crystal = build_crystal(parse_stack("Si3Ge3"), parse_substrate("Si"))
    reach = np.array(np.meshgrid(*[np.arange(-12, 13)] * 3)).reshape(3, -1).T
    fractional = reach @ np.linalg.inv(change)
    inside = reach[np.all((fractional > -1e-9) & (fractional < 1 - 1e-9), axis=1)]
    positions = (crystal.positions[:, None] + (inside @ crystal.cell)[None]).reshape(-1, 3)
    read = crystal_from_atoms(change @ crystal.cell, positions + 17.0, np.repeat(crystal.ge_fraction, len(inside)))
    assert len(read) == 6 * abs(round(np.linalg.det(change)))
    check_consistent(read)
    np.testing.assert_allclose(read.average_cell, crystal.average_cell, atol=1e-9)
    np.testing.assert_allclose(np.unique(read.bond_length.round(6)), np.unique(crystal.bond_length.round(6)))


def test_lonsdaleite_is_not_diamond():
    a, c, u = 3.84, 6.27, 0.0625
    atoms = Atoms(
        "Si4",
        scaled_positions=[[1 / 3, 2 / 3, u], [2 / 3, 1 / 3, u + 0.5], [2 / 3, 1 / 3, -u], [1 / 3, 2 / 3, 0.5 - u]],
        cell=[a, a, c, 90, 90, 120],
        pbc=True,
    )
    with pytest.raises(InputError, match="not diamond-like"):
        crystal_from_atoms(atoms.cell.array, atoms.positions, np.zeros(4))


def distorted(change):
    atoms = bulk("Si", "diamond", 5.431, cubic=True)
    change(atoms)
    return lambda: crystal_from_atoms(atoms.cell.array, atoms.positions, np.zeros(len(atoms)))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda a: a.pop(), "bonds within"),
        (lambda a: a.set_cell(a.cell * 1.3, scale_atoms=True), "an atom"),
        (lambda a: a.set_cell(a.cell * 1.085, scale_atoms=True), "bond .* off its natural"),
        (lambda a: a.set_cell(a.cell * [1, 1, 3]), "an atom"),
        (lambda a: a.set_cell(np.zeros((3, 3))), "three-dimensional cell"),
        (lambda a: a.positions.__setitem__(0, np.nan), "not numbers"),
        (lambda a: a.positions.__setitem__(0, a.positions[1]), "closer than"),
        (lambda a: a.positions.__setitem__(0, [0.5, 0, 0]), "off its natural|bonds within"),
        (lambda a: a.set_cell([[1e4, 0, 0], [0, 0.1, 0], [0, 0, 0.16]]), "repeats after"),
    ],
)
def test_refused_with_the_reason(change, reason):
    with pytest.raises(InputError, match=reason):
        distorted(change)()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xyz", "", "empty"),
        ("a.xyz", "\0\1\2", "not a text file"),
        ("a.traj", "anything", "accepted are"),
        ("a.json", '{"1": 2}', "accepted are"),
        ("a.pkl", "cos\nsystem\n(S'true'\ntR.", "accepted are"),
        ("a.py", "import os", "accepted are"),
        ("noname", "hello", "accepted are"),
        ("a.xyz", "hello", "cannot be read"),
        ("a.xyz", "2\n\nSi 0 0 0\nSi 1.35 1.35 1.35\n", "not periodic"),
        ("a.xyz", "999999999\n\nSi 0 0 0\n", "at most 4096"),
        ("a.xyz", '1\nLattice="4 0 0 0 4 0 0 0 4"\nSi 0 0 0\n999999999\n\nSi 0 0 0\n', "at most 4096"),
        ("a.xyz", "-4\n\nSi 0 0 0\n", "accepted are"),
        ("a.xyz", '1\nLattice="1 0 0" Properties=species:S:1:pos:R:3\nSi 0 0 0\n', "a.xyz"),
        (
            "a.xyz",
            '1\nProperties=species:S:1:pos:R:3:x:R:99999999 Lattice="4 0 0 0 4 0 0 0 4"\nSi 0 0 0\n',
            "more than 64 columns",
        ),
        ("a.cif", "data_x\n_cell_length_a 5\n", "a.cif"),
        ("a.cif", "loop_\nloop_\n'''\n", "a.cif"),
        ("POSCAR", "hello\n", "cannot be read"),
        ("POSCAR", SILICON.replace("\n 4\n", "\n 4000000000\n").replace("   4\n", "   4000000000\n"), "POSCAR"),
        ("POSCAR", SILICON.replace("   4\n", "   4_000_000_000 ! many\n"), "at most 4096"),
        ("POSCAR", SILICON.replace("Si", "C "), "contains C"),
        ("POSCAR", "\n".join(SILICON.splitlines()[:-1]), "cannot be read"),
        ("a.vasp", SILICON.replace("2.71550", "nan    "), "cannot be read|not numbers"),
        ("a.xyz", "x" * 2_000_001, "larger than 2 MB"),
    ],
)
def test_hostile_files_are_refused_in_one_line(name, content, words):
    with pytest.raises(InputError, match=words) as caught:
        read_structure(content.encode(), name)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_windows_line_ends_are_read():
    assert len(read_structure(SILICON.replace("\n", "\r\n").encode(), "POSCAR")) == 4


def test_format_follows_the_content_where_the_name_is_silent():
    crystal = build_crystal(parse_stack("Si4Ge4"), parse_substrate("Si"))
    for suffix in ("xyz", "cif", "vasp"):
        assert len(read_structure(structure_text(crystal, suffix).encode(), "upload")) == 8


def test_paths_that_do_not_work(tmp_path):
    crystal = build_crystal(parse_stack("Si4"), parse_substrate("Si"))
    for target in (tmp_path / "a.pdf", tmp_path / "missing" / "a.xyz", tmp_path / "noname"):
        with pytest.raises(InputError):
            write_structure(crystal, target)
    for source in (tmp_path / "missing.xyz", tmp_path, "a\0b.xyz"):
        with pytest.raises(InputError):
            read_structure(source)


SYMMETRIC_CIF = """data_Si
_cell_length_a 5.431
_cell_length_b 5.431
_cell_length_c 5.431
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F d -3 m'
_symmetry_Int_Tables_number 227
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Si1 0 0 0
"""


def test_cif_that_would_expand_beyond_measure_is_refused():
    sites = "".join(f"Si{n} 0.{n:05} 0.1 0.2\n" for n in range(20000))
    operations = "loop_\n_symmetry_equiv_pos_as_xyz\n" + "'x,y,z'\n" * 5000
    for text, words in ((SYMMETRIC_CIF + sites, "too many sites"), (SYMMETRIC_CIF + operations, "5000 symmetry")):
        with pytest.raises(InputError, match=words):
            read_structure(text.encode(), "a.cif")


def test_cif_with_symmetry_is_expanded():
    crystal = read_structure(SYMMETRIC_CIF.encode(), "silicon.cif")
    assert len(crystal) == 8
    np.testing.assert_allclose(crystal.bond_length, np.sqrt(3) / 4 * 5.431, atol=1e-9)


def test_damaged_occupancies_are_refused():
    crystal = build_crystal(parse_stack("(Si0.5Ge0.5)4"), parse_substrate("Si"))
    text = structure_text(crystal, "cif")
    assert "0.5000" in text
    for damage, words in (
        ("T", "cannot be read"),
        ("0.2", "not fully occupied"),
        ("nan", "cannot be read"),
    ):
        with pytest.raises(InputError, match=words):
            read_structure(text.replace("0.5000", damage, 1).encode(), "a.cif")


def test_other_elements_are_named():
    text = '2\nLattice="0 2.7 2.7 2.7 0 2.7 2.7 2.7 0" Properties=species:S:1:pos:R:3\nGa 0 0 0\nAs 1.35 1.35 1.35\n'
    with pytest.raises(InputError, match="As, Ga"):
        read_structure(text.encode(), "gaas.xyz")


@pytest.mark.parametrize("repeats", [4, 8])
def test_a_cif_of_as_many_atoms_as_are_accepted_is_read_in_time(repeats):
    atoms = bulk("Si", "diamond", a=5.431, cubic=True).repeat(repeats)
    atoms.symbols[::7] = "Ge"
    cif, xyz = io.BytesIO(), io.StringIO()
    write(cif, atoms, format="cif")
    write(xyz, atoms, format="extxyz")
    found, same = read_structure(cif.getvalue(), "a.cif"), read_structure(xyz.getvalue().encode(), "a.xyz")
    assert len(found) == 8 * repeats**3
    np.testing.assert_allclose(found.positions, same.positions, atol=1e-6)
    np.testing.assert_array_equal(found.ge_fraction, same.ge_fraction)


def test_an_element_in_small_letters_is_named_with_what_to_write():
    with pytest.raises(InputError, match="names the element 'si'; write it as 'Si', with a capital"):
        read_structure(SILICON.replace("Si", "si").encode(), "small.vasp")
