"""Several images of one sample: what belongs to an image stays with it, and every image has a say."""

import numpy as np
import pytest

from core.experiment.photoemission.artefacts import Artefacts
from core.experiment.photoemission.final_state import FinalState
from core.experiment.photoemission.renderer import simulate
from core.experiment.photoemission.spectra import cut_signal, predicted_vbm
from core.reverse.cut import Cut
from core.reverse.inference import infer_images
from core.reverse.outside import noise
from core.reverse.standard import EV, KX
from core.sessions import readings
from core.sessions.readings import first_reading, interpreted
from core.structure.sample import Sample

SAMPLE = Sample.on_lattice("Si4Ge4", 5.52)
KZ = {"low": 0.05, "high": 0.95}
LEVELS = {"low": 0.2, "high": 0.6}
ANY = Cut(None, "G-X")


def measured(kz: float, above_vbm: float) -> np.ndarray:
    crystal = SAMPLE.crystal()
    signal = cut_signal(crystal, "G-X", FinalState(kz))[None]
    seen = Artefacts(seed=3, fermi_level=predicted_vbm(crystal) + above_vbm, fermi_edge=True, energy_resolution=0.08)
    return simulate(signal, np.array([SAMPLE.lattice]), "G-X", [seen], KX, EV)[0]


@pytest.fixture(scope="module")
def images() -> dict[str, np.ndarray]:
    return {name: measured(KZ[name], LEVELS[name]) for name in KZ}


@pytest.fixture(scope="module")
def together(images):
    return infer_images([ANY, ANY], list(images.values()))


def test_each_image_keeps_its_own_kz_and_fermi_level(images, together):
    for name, image, one in zip(images, images.values(), together.images, strict=True):
        alone = infer_images([ANY], [image]).images[0]
        assert one.descriptors["kz"].value == pytest.approx(alone.descriptors["kz"].value)
        assert one.descriptors["kz"].value == pytest.approx(KZ[name], abs=0.05)
        assert one.descriptors["fermi_above_vbm"].value == pytest.approx(LEVELS[name], abs=0.1)


def test_two_known_images_are_known_together(together):
    assert together.in_domain
    assert [one.in_domain for one in together.images] == [True, True]
    assert "kz" not in together.descriptors
    assert len(together.document()["images"]) == 2


def test_one_image_has_its_own_figures_among_the_others(images):
    found = infer_images([ANY], [images["low"]])
    assert {"kz", "fermi_above_vbm", "lattice_in_plane"} <= set(found.descriptors)


def test_the_order_does_not_matter(images, together):
    turned = infer_images([ANY, ANY], list(images.values())[::-1])
    first, second = together.document(), turned.document()
    for name, estimate in first["descriptors"].items():
        assert second["descriptors"][name] == pytest.approx(estimate, abs=1e-4), name
    assert second["images"] == first["images"][::-1]
    assert [c["stack"] for c in second["candidates"]] == [c["stack"] for c in first["candidates"]]


@pytest.mark.parametrize("order", [("low", "noise"), ("noise", "low")])
def test_an_image_of_noise_is_outside_wherever_it_stands(images, order):
    pictures = images | {"noise": noise(np.random.default_rng(2))}
    found = infer_images([ANY, ANY], [pictures[name] for name in order])
    assert not found.in_domain
    assert [one.in_domain for one in found.images] == [name == "low" for name in order]


def test_candidates_are_compared_with_every_image(together):
    for candidate in together.candidates:
        assert len(candidate.views) == len(candidate.agreements) == 2
        assert [view.kz for view in candidate.views] == [one.view.kz for one in together.images]
    assert sum(candidate.probability for candidate in together.candidates) == pytest.approx(1.0)


def test_a_reading_is_interpreted_once(monkeypatch):
    calls, whole = [], readings.infer_images
    monkeypatch.setattr(readings, "infer_images", lambda *cuts: calls.append(1) or whole(*cuts))
    reading = first_reading("example-sharp", kz="0.37")
    assert interpreted(reading) is interpreted(reading, (reading,))
    assert len(calls) == 1
