"""The reverse model's own machinery, on small random networks."""

import numpy as np
import pytest

from core.learning.network import Network
from core.reverse.model import Encoder, ReverseModel, pooled
from core.reverse.standard import EV, KX, THEORY

HALF = len(KX) // 2 + 1
NAMES = ("lattice_in_plane", "fermi_level", "fermi_above_vbm")


def network(random, inputs: int, outputs: int) -> Network:
    sizes = (inputs, 12, 9, outputs)
    layers = zip(sizes, sizes[1:], strict=False)
    weights = tuple(random.standard_normal(pair).astype(np.float32) / np.sqrt(pair[0]) for pair in layers)
    return Network(weights, tuple(random.standard_normal(n).astype(np.float32) / 10 for n in sizes[1:]))


def encoder(random, energies: int) -> Encoder:
    pixels = HALF * energies
    vectors = np.linalg.qr(random.standard_normal((pixels, 6)))[0].astype(np.float32)
    return Encoder(random.standard_normal(pixels).astype(np.float32) / 10, vectors, np.ones(6, np.float32))


def model() -> ReverseModel:
    random = np.random.default_rng(3)
    inputs = 6 + 48 + 26
    ones = np.ones(len(NAMES), np.float32)
    return ReverseModel(
        encoder(random, len(EV)), network(random, inputs, 1), encoder(random, len(THEORY)),
        network(random, inputs, 3), network(random, inputs, 3), NAMES, 0 * ones, 2 * ones, 1.6 * ones,
        np.array([1.0, 0.5, 0.1, 0.3], np.float32),
    )  # fmt: skip


def images(count: int = 3) -> np.ndarray:
    return np.random.default_rng(5).poisson(50, (count, len(KX), len(EV))).astype(np.float32)


def test_slope_is_the_derivative_by_every_pixel():
    made = model()
    found = made.read(images(1), np.array([0.3]), np.array([True]))
    slope = made.slope(found.inputs, "lattice_in_plane")[0]
    random = np.random.default_rng(1)
    for _ in range(5):
        step = random.standard_normal(slope.shape).astype(np.float32)
        step *= 1e-2 / np.linalg.norm(step)
        values = []
        for sign in (1, -1):
            flat = found.flat + sign * step.reshape(found.flat.shape)
            inputs = np.hstack([made.encoder(flat, found.measured), found.inputs[:, 6 + 48 :]])
            values.append(float((made.network(inputs) * made.spread)[0, 0]))
        assert (values[0] - values[1]) / 2 == pytest.approx(float(slope @ step), rel=0.05, abs=1e-5)


def test_weights_file_keeps_the_model(tmp_path):
    made = model()
    np.savez(tmp_path / "m.npz", **made.arrays())
    with np.load(tmp_path / "m.npz", allow_pickle=False) as file:
        again = ReverseModel.from_arrays({name: file[name] for name in file.files})
    kz, known = np.array([0.1, 0.5, 0.9]), np.array([True, False, True])
    before, after = made.read(images(), kz, known), again.read(images(), kz, known)
    assert again.names == NAMES
    np.testing.assert_allclose(after.value, before.value, atol=0.02)
    np.testing.assert_allclose(after.half, before.half, rtol=0.05)


def test_unknown_kz_is_not_looked_at():
    made = model()
    unknown = np.zeros(3, bool)
    first = made.read(images(), np.array([0.1, 0.2, 0.3]), unknown)
    second = made.read(images(), np.array([0.9, 0.8, 0.7]), unknown)
    np.testing.assert_array_equal(first.value, second.value)
    third = made.read(images(), np.array([0.9, 0.8, 0.7]), ~unknown)
    assert np.abs(third.value - second.value).max() > 1e-3


def test_pooled_shares_say_where_was_measured():
    seen = np.zeros((1, HALF, len(THEORY)), np.float32)
    seen[:, :, : len(THEORY) // 2] = 1
    shares = pooled(seen).reshape(6, 8)
    assert (shares[:, :4] == 1).all()
    assert (shares[:, 4:] == -1).all()
