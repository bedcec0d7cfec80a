"""A sample along growth: the profile, the words, the density."""

import numpy as np
import pytest

from components.compare.growth import alignment, mean_valence, offsets_panel
from components.figures.growth_maps import density_figure, profile_figure
from core.design.sweep import Point, point_of
from core.electronic.layer_density import LayerDensity
from core.electronic.local_edges import EdgeProfile, edge_profile
from core.structure.sample import Sample

SAMPLE = Sample("Si2Ge2", "Si")


@pytest.fixture(scope="module")
def profile() -> EdgeProfile:
    return edge_profile(SAMPLE.crystal())


@pytest.fixture(scope="module")
def point() -> Point:
    return point_of(SAMPLE)


def test_the_profile_is_level_across_planes_and_has_the_edges_of_the_stack(profile, point):
    figure = profile_figure(profile, point, "dark")
    heavy = next(trace for trace in figure.data if trace.name == "Heavy hole")
    assert list(heavy.x) == [0.5, 1.5, 1.5, 2.5, 2.5, 3.5, 3.5, 4.5]
    np.testing.assert_allclose(heavy.y, np.repeat(profile.of("HH"), 2))
    lines = [shape.y0 for shape in figure.layout.shapes if shape.type == "line"]
    assert lines == [point.figures["cbm"], point.figures["vbm"]]
    tinted = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert len(tinted) == 2
    assert not [shape for shape in profile_figure(profile, None, None).layout.shapes if shape.type == "line"]


def test_the_density_stands_over_planes_and_energies(profile, point):
    density = np.arange(20.0).reshape(4, 5)
    figure = density_figure(profile, LayerDensity(np.linspace(-1, 2, 5), density), point, None)
    np.testing.assert_array_equal(figure.data[0].z, density.T)
    assert list(figure.data[0].x) == [1, 2, 3, 4]
    np.testing.assert_allclose(figure.data[1].y, np.repeat(profile.conduction, 2))


def test_the_alignment_is_said_in_words(profile, point):
    found = alignment(profile, point)
    assert "holes in Ge: type II" in found
    change = 1000 * (point.figures["cbm"] - profile.conduction.min())
    assert f"CBM lies {abs(change):.0f} meV {'above' if change > 0 else 'below'}, the VBM" in found
    assert "level" in alignment(edge_profile(Sample("Si2", "Ge").crystal()), None)


def test_tables_have_the_offsets_and_every_plane(profile):
    text = str(offsets_panel(profile, None))
    offset = mean_valence(profile)[2] - mean_valence(profile)[0]
    assert f"+{offset:.3f}" in text
    assert "Offset, Ge − Si" in text
    assert "Edges of every plane" in text
    assert "Offset" not in str(offsets_panel(edge_profile(Sample("Si2", "Ge").crystal()), None)[1].children.children[1])
