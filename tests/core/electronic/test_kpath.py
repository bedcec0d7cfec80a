import numpy as np
import pytest

from core.electronic.kpath import DEFAULT_PATH, build_cut, build_path, even_points, parse_path, path_text
from core.errors import InputError
from tests.core.electronic.samples import crystal

SAMPLE = crystal("Si4Ge4", "Si")


def test_default_path():
    path = build_path(SAMPLE)
    a, c = SAMPLE.lattice_in_plane, SAMPLE.lattice_growth
    assert len(path) == 96
    assert path.text == "Z-G-X|K-G-L"
    corners = path.k_cartesian[[0, 23, 24, 47, 48, 71, 72, 95]] / (2 * np.pi)
    z, gamma, x = [0, 0, 1 / c], [0, 0, 0], [1 / a, 0, 0]
    k, l_point = [0.75 / a, 0.75 / a, 0], [0.5 / a, 0.5 / a, 0.5 / c]
    np.testing.assert_allclose(corners, [z, gamma, gamma, x, k, gamma, gamma, l_point], atol=1e-12)
    assert [label for label, _ in path.ticks] == ["Z", "G", "X|K", "G", "L"]


def test_distance_is_the_length_along_the_path():
    path = build_path(SAMPLE, "Z-G-X|K-G-L", 5)
    for start, stop in path.segments:
        line = path.k_cartesian[start:stop]
        lengths = np.linalg.norm(np.diff(line, axis=0), axis=1)
        np.testing.assert_allclose(np.diff(path.distance[start:stop]), lengths, rtol=1e-12)
        np.testing.assert_allclose(path.step[start:stop], lengths[0], rtol=1e-12)
        np.testing.assert_allclose(path.direction[start], (line[1] - line[0]) / lengths[0], atol=1e-12)
    assert np.all(np.diff(path.distance) >= 0)
    jump = path.segments[1][1]
    assert path.distance[jump] == path.distance[jump - 1]
    assert path.ticks[-1][1] == pytest.approx(path.distance[-1])


@pytest.mark.parametrize(
    ("cut", "kz", "end"), [("G-X", 0.0, (1, 0)), ("g-k", 0.7, (0.75, 0.75)), (" Γ-X ", -1.3, (1, 0))]
)
def test_cut(cut, kz, end):
    path = build_cut(SAMPLE, cut, kz, 11)
    np.testing.assert_allclose(path.k_reduced[[0, -1]], [[-end[0], -end[1], kz], [*end, kz]], atol=1e-12)
    np.testing.assert_allclose(path.distance, -path.distance[::-1], atol=1e-12)
    assert path.distance[5] == pytest.approx(0, abs=1e-12)
    in_plane = path.k_cartesian[:, :2]
    np.testing.assert_allclose(np.abs(path.distance), np.linalg.norm(in_plane, axis=1), atol=1e-12)
    np.testing.assert_allclose(path.k_cartesian[:, 2], kz * 2 * np.pi / SAMPLE.lattice_growth, atol=1e-12)


def test_forgiven_spelling():
    assert parse_path(" z - Γ-x | k-g-L ") == [["Z", "G", "X"], ["K", "G", "L"]]


def test_a_person_s_own_path_has_its_names_at_the_corners_and_as_many_points_as_the_default():
    text = path_text(" x-Γ - z|l-g ")
    assert text == "X-G-Z|L-G"
    path = build_path(SAMPLE, text, even_points(text))
    assert len(path) == 96
    assert [label for label, _ in path.ticks] == ["X", "G", "Z|L", "G"]
    a, c = 2 * np.pi / SAMPLE.lattice_in_plane, 2 * np.pi / SAMPLE.lattice_growth
    lengths = np.cumsum([0, a, c, np.hypot(np.hypot(a, a), c) / 2])
    np.testing.assert_allclose([at for _, at in path.ticks], lengths, rtol=1e-12)
    assert even_points("G-Z") == 96
    assert even_points(DEFAULT_PATH) == even_points("-".join("GX" * 6)) == 24


def test_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        build_path(SAMPLE).k_reduced[0] = 1


@pytest.mark.parametrize("text", ["", "G", "G-Q", "G-X|", "G-G", "GX", "-".join("GX" * 8), "G-X|" * 40 + "G-X"])
def test_bad_paths(text):
    with pytest.raises(InputError):
        build_path(SAMPLE, text)


@pytest.mark.parametrize(
    "make",
    [
        lambda: build_path(SAMPLE, points_per_segment=1),
        lambda: build_path(SAMPLE, points_per_segment=10**6),
        lambda: build_cut(SAMPLE, "G-L"),
        lambda: build_cut(SAMPLE, "G-X", float("nan")),
        lambda: build_cut(SAMPLE, "G-X", 0.0, 2),
    ],
)
def test_bad_numbers(make):
    with pytest.raises(InputError):
        make()
