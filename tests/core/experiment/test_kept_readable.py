"""Files that other rules must not take away: Western texts, archives with more in them, headers that say hν."""

import io

import numpy as np
import pytest

from core.errors import InputError
from core.experiment.readers.axes import Axis, _with_settings
from core.experiment.readers.detect import _is_other, parse_images
from core.experiment.readers.header import _electronvolts
from core.experiment.readers.text import decoded, with_decimal_point


def test_an_apostrophe_of_windows_is_no_japanese():
    assert decoded("Tom’s sample, Y [°], 3–5".encode("cp1252")) == "Tom’s sample, Y [°], 3–5"
    assert decoded("角度 [°]".encode("shift_jis", "replace")).startswith("角度")


def test_a_single_pass_energy_is_not_the_photons():
    axis = Axis("pass_energy", np.array([10.0]), "eV")
    assert _with_settings([axis], {"hv": 30.0})["hv"] == 30.0
    assert "hv" not in _with_settings([axis], {})
    assert _with_settings([Axis("photon_energy", np.array([60.0]), "eV")], {})["hv"] == 60.0


def test_a_large_array_beside_the_image_does_not_hide_it():
    random, content = np.random.default_rng(0), io.BytesIO()
    image, energy, k = random.random((60, 50)) + 1, np.linspace(-6.0, 0.4, 60), np.linspace(-1.0, 1.0, 50)
    np.savez_compressed(content, raw=np.zeros((300, 300, 250), np.float32), intensity=image, eV=energy, kx=k)
    found = parse_images(content.getvalue())
    assert len(found) == 1
    assert found[0].values.shape in ((60, 50), (50, 60))


def test_two_letters_make_no_bitmap():
    assert not _is_other(b"BM32 beamline, k, -1, 0, 1\n")
    assert _is_other(b"BM" + (26).to_bytes(4, "little") + bytes(20))
    assert not _is_other(b"\x80\x04\0\0" + bytes(400))
    with pytest.raises(InputError, match="pickle"):
        parse_images(b"\x80\x04\x95\x05\0\0\0\0\0\0\0K\x01.")


def test_no_wavelength_is_no_energy():
    assert _electronvolts(0.0, "nm") is None
    assert _electronvolts(100.0, "nm") == pytest.approx(12.398, abs=0.01)


def test_blanks_after_a_number_cost_nothing():
    assert with_decimal_point("1,2 eV") == "1.2 eV"
    assert with_decimal_point("1,2" + 200_000 * " " + "3") == "1,2" + 200_000 * " " + "3"
