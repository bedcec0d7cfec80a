"""Extra units beside a network's own: new answers, and the old ones where they were."""

import numpy as np
import pytest

from core.learning.supplement import SupplementSettings, fit_units, supplemented, widened


@pytest.fixture(scope="module")
def network():
    inputs = np.random.default_rng(0).uniform(-1, 1, (2000, 3)).astype(np.float32)
    targets = np.sin(2 * inputs) @ np.array([[1.0, 0.5], [0.0, 1.0], [0.3, 0.0]])
    return fit_units(inputs, targets, (32, 32), SupplementSettings(epochs=20))


def test_both_networks_add_up(network):
    inputs = np.random.default_rng(1).uniform(-1, 1, (5, 3)).astype(np.float32)
    extra = fit_units(inputs, inputs[:, :1], (8, 8), SupplementSettings(epochs=2))
    components = np.array([[0.5, -1.0]], np.float32)
    wide = widened(network, extra, components)
    np.testing.assert_allclose(wide(inputs), network(inputs) + extra(inputs) @ components, atol=1e-5)


def test_new_examples_are_learned_and_old_answers_stay(network):
    random = np.random.default_rng(2)
    old = random.uniform(-1, 1, (4000, 3)).astype(np.float32)
    new = random.uniform(-1, 1, (60, 3)).astype(np.float32) + [4, 0, 0]
    unseen = random.uniform(-1, 1, (200, 3)).astype(np.float32) + np.float32([4, 0, 0])
    right = lambda x: np.column_stack([3 + x[:, 1], x[:, 2]])  # noqa: E731
    settings = SupplementSettings(units=32, components=2, repeats=20, epochs=20)
    wide = supplemented(network, new, right(new), old, settings)
    error = lambda which: np.abs(which(unseen) - right(unseen)).mean()  # noqa: E731
    assert error(wide) < 0.2 * error(network)
    fresh = random.uniform(-0.9, 0.9, (500, 3)).astype(np.float32)
    drift = np.abs(wide(fresh) - network(fresh)).mean()
    assert drift < 0.1 * np.abs(network(fresh)).mean()
