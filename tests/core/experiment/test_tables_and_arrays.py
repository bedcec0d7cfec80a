"""Texts and arrays as programs of any country write them: lists of points, encodings, decimal commas, MATLAB 5."""

import io

import numpy as np
import pytest
import scipy.io

from core.errors import InputError
from core.experiment.readers.detect import parse_images
from tests.core.experiment.test_kinds_of_files import ANGLE, ENERGY, check, counts


def points(names: str = "", separator: str = ",", order=(0, 1, 2), leave: int = 0) -> bytes:
    """A point of the image a line, in a random order."""
    rows = [(a, e, counts()[i, j]) for i, e in enumerate(ENERGY) for j, a in enumerate(ANGLE)]
    rows = [rows[i] for i in np.random.default_rng(1).permutation(len(rows))][leave:]
    lines = [separator.join(f"{row[i]:.6f}" for i in order) for row in rows]
    return "\n".join([names, *lines] if names else lines).encode()


@pytest.mark.parametrize(("names", "order"), [
    ("angle (deg),Energy (eV),counts", (0, 1, 2)), ("Energy (eV),counts,angle (deg)", (1, 2, 0)),
    ("# E - E_F (eV),alpha [deg],I", (1, 0, 2)), ("alpha,E,I\ndeg,eV,counts", (0, 1, 2)),
    ("x,y,z", (0, 1, 2)), ("", (0, 1, 2)), ("", (1, 0, 2)),
])  # fmt: skip
def test_a_list_of_points_is_an_image(names, order):
    image = check(points(names, order=order))
    assert ("notes" in image.attrs) == (names in ("", "x,y,z"))


def test_wave_vectors_are_no_kelvins():
    lines = [f"{e:.4f} {a / 10:.4f} {counts()[i, j]}" for i, e in enumerate(ENERGY) for j, a in enumerate(ANGLE)]
    check("\n".join(["# energy k intensity", *lines]).encode(), "kx", ANGLE / 10)


def test_a_list_of_points_may_be_of_a_map_and_lack_some():
    grid = [(a / 10, e, counts()[i, j]) for i, e in enumerate(ENERGY) for j, a in enumerate(ANGLE)]
    lines = [f"{b:g} {k:.4f} {e:.4f} {(b + 9) * x:.3f}" for b in (-1, 2) for k, e, x in grid]
    images = parse_images("\n".join(["ky kx energy counts", *lines]).encode())
    assert [image.attrs["second_momentum"] for image in images] == [-1, 2]
    assert np.isnan(parse_images(points(leave=7))[0].values).sum() == 7
    with pytest.raises(InputError, match="every point of a grid once"):
        parse_images(points() + b"\n" + points()[:200].rpartition(b"\n")[0])


def table(form: str, separator: str, corner: str = "eV/angle") -> str:
    lines = [separator.join([form % corner if "%s" in form else corner, *(number(a, form) for a in ANGLE)])]
    lines += [separator.join(number(x, form) for x in (e, *row)) for e, row in zip(ENERGY, counts(), strict=True)]
    return "\r\n".join(lines)


def number(x: float, form: str) -> str:
    text = f"{x:.4f}"
    return form.replace("%s", text.replace(".", ",")) if "%s" in form else text


@pytest.mark.parametrize("kind", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "latin-1"])
def test_tables_of_every_encoding(kind):
    check(table("", "\t", "Energie (eV)/Winkel (°)").encode(kind))


def test_a_table_of_shift_jis():
    check(table("", ",", "eV/角度 (deg)").encode("shift_jis"))


@pytest.mark.parametrize(("form", "separator"), [('"%s"', ","), ('"%s"', ";"), ("%s", ";"), ("%s", " "), ("%s", "\t")])
def test_decimal_commas_between_quotes_blanks_and_semicolons(form, separator):
    check(table(form, separator).encode())


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_ses_text_with_decimal_commas(ends):
    lines = ["[Info]", "[Region 1]", "Dimension 1 name=Kinetic Energy [eV]", "Dimension 2 name=Winkel [°]"]
    lines += ["Dimension 1 scale=" + " ".join(f"{e + 95.5:.4f}" for e in ENERGY)]
    lines += ["Dimension 2 scale=" + " ".join(f"{a:.4f}" for a in ANGLE), "[Info 1]", "Excitation Energy=100,5"]
    lines += ["[Data 1]", *(" ".join(f"{x:.4f}" for x in (0, *row)) for row in counts())]
    content = ends.join(lines).replace(".", ",").encode("cp1252")
    assert check(content, energy=ENERGY + 95.5).attrs["hv"] == 100.5


def square(turned: bool, energy) -> bytes:
    stream = io.BytesIO()
    values = counts(ENERGY, np.linspace(-9, 12, 47))
    np.savez(stream, intensity=values.T if turned else values, eV=energy, alpha=np.linspace(-9, 12, 47), hv=100.0)
    return stream.getvalue()


@pytest.mark.parametrize("turned", [True, False])
def test_a_square_archive_is_read_by_its_fermi_edge_and_says_so(turned):
    angle = np.linspace(-9, 12, 47)
    image = check(square(turned, ENERGY), other=angle, values=counts(ENERGY, angle))
    assert ("it is read as (alpha, eV)" if turned else "it is read as (eV, alpha)") in image.attrs["notes"][0]
    assert image.attrs["hv"] == 100


def test_a_square_archive_of_kinetic_energies_is_read_as_it_is_documented():
    (image,) = parse_images(square(False, ENERGY + 95))
    assert "nothing says which side" in image.attrs["notes"][0]


def test_an_archive_with_names_of_its_own():
    stream = io.BytesIO()
    np.savez(stream, counts=counts().T, kinetic_energy=ENERGY + 95.5, theta_par=ANGLE, photon_energy=100.0)
    assert check(stream.getvalue(), energy=ENERGY + 95.5).attrs["hv"] == 100
    np.savez(stream := io.BytesIO(), a=counts(), b=ENERGY)
    with pytest.raises(InputError, match="This .npz holds a, b; give arrays intensity"):
        parse_images(stream.getvalue())


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("within", [True, False])
def test_matlab_5_as_save_writes_it(packed, within):
    fields = {"counts": counts(), "energy": ENERGY[:, None], "angle": ANGLE[None], "hv": 100.0, "sample": "SiGe"}
    scipy.io.savemat(stream := io.BytesIO(), {"scan": fields} if within else fields, do_compression=packed)
    image = check(stream.getvalue())
    assert (image.attrs["hv"], image.attrs["sample"], image.attrs["source_format"]) == (100, "SiGe", "MATLAB 5")


def test_matlab_5_without_axes_or_whole_end():
    scipy.io.savemat(stream := io.BytesIO(), {"counts": counts(), "cells": np.array([1, "a"], dtype=object)})
    with pytest.raises(InputError, match="This MATLAB file holds cells 1, cells 2, counts; give arrays"):
        parse_images(stream.getvalue())
    with pytest.raises(InputError):
        parse_images(stream.getvalue()[:900])
