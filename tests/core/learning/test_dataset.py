"""Records against the exact engine, and a data set that survives being killed and is the same on a cluster."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.electronic.calculation import calculate_bands
from core.electronic.kpath import build_cut, build_path
from core.electronic.spectral import Broadening, EnergyGrid, spectral_function
from core.errors import InputError
from core.learning import dataset
from core.learning.dataset import CUT_POINTS, compute_record, generate, read_records, site_classes
from core.learning.samples import drawn_sample


def exact(crystal, path):
    bands = calculate_bands(crystal, path, window=(-14.0, 5.5)).bands
    return spectral_function(bands, path.step, EnergyGrid(), Broadening())


@pytest.mark.parametrize("stack", ["Si3Ge4", "Si3Ge1Si2Ge4", "[Si2Ge2]2"])
def test_atoms_of_one_class_have_the_same_spectra(stack):
    sample = drawn_sample("blocks", stack, 5.52, 0.0, 0.37)
    crystal, record = sample.crystal(), compute_record(sample)
    label, first = site_classes(crystal)
    assert len(first) < len(crystal) or stack == "Si3Ge1Si2Ge4"
    np.testing.assert_allclose(record.path[label], exact(crystal, build_path(crystal)), atol=1e-8)
    middle = CUT_POINTS // 2
    for cut, half in (("G-X", record.cut_x), ("G-K", record.cut_k)):
        whole = exact(crystal, build_cut(crystal, cut, 0.37, CUT_POINTS))
        np.testing.assert_allclose(whole[:, middle:], half[label], atol=1e-8)
        np.testing.assert_allclose(whole[:, middle::-1], half[label], atol=1e-8)


def test_edges_are_the_highest_valence_and_lowest_conduction_energies():
    record = compute_record(drawn_sample("pairs", "Si4Ge4", 5.431))
    crystal = record.sample.crystal()
    energy = calculate_bands(crystal, build_path(crystal)).bands.energy
    filled = 2 * len(crystal)
    np.testing.assert_allclose(record.edges[:, 0], energy[:, filled - 1], atol=1e-9)
    np.testing.assert_allclose(record.edges[:, 1], energy[:, filled], atol=1e-9)


@pytest.fixture
def small(monkeypatch):
    """Evaluation sets and shards of a size that a test can afford."""
    few = {
        "validation": (drawn_sample("bulk", "Si2", 5.45),),
        "test": (drawn_sample("unseen_pairs", "Si1Ge1", 5.55, 0.0, 0.25), drawn_sample("bulk", "Ge2", 5.6)),
    }
    cheap = (drawn_sample("bulk", "Si2", round(5.40 + 0.01 * n, 4), 0.0, 0.1 * n) for n in itertools.count())
    samples = list(itertools.islice(cheap, 8))
    monkeypatch.setattr(dataset, "evaluation_set", few.__getitem__)
    monkeypatch.setattr(dataset, "training_stream", lambda seed: iter(samples))
    monkeypatch.setattr(dataset, "SHARD_SAMPLES", 2)
    return samples


def contents(folder):
    return {
        split: [(r.sample, r.path.tobytes()) for r in read_records(folder, split)]
        for split in ("train", "validation", "test")
    }


def test_a_killed_run_goes_on_and_a_larger_one_extends(small, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "_executor", lambda scheduler: ThreadPoolExecutor(1))
    lines = []
    assert generate(tmp_path / "whole", 4, report=lines.append) == 4
    assert "min left" in lines[-1]
    assert [r.sample for r in read_records(tmp_path / "whole", "train")] == small[:4]

    written = dataset._write_whole

    def killed(file, content):
        if file.name == "test-00000.h5":
            raise KeyboardInterrupt
        written(file, content)

    monkeypatch.setattr(dataset, "_write_whole", killed)
    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "killed", 4)
    monkeypatch.setattr(dataset, "_write_whole", written)
    assert 1 <= generate(tmp_path / "killed", 4) <= 4
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")

    assert generate(tmp_path / "whole", 8) == 2
    assert [r.sample for r in read_records(tmp_path / "whole", "train")] == small
    assert generate(tmp_path / "whole", 8) == 0


def test_another_data_set_is_not_overwritten(small, tmp_path):
    generate(tmp_path, 0, seed=1, splits=("validation",))
    with pytest.raises(InputError, match="seed"):
        generate(tmp_path, 0, seed=2, splits=("validation",))


def test_a_dask_cluster_of_two_worker_processes_gives_the_same(small, tmp_path):
    from distributed import LocalCluster

    generate(tmp_path / "here", 2)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        assert generate(tmp_path / "cluster", 2, scheduler=cluster.scheduler_address) == 3
        assert len(cluster.scheduler_info["workers"]) == 2
    assert contents(tmp_path / "cluster") == contents(tmp_path / "here")


def test_a_scheduler_that_does_not_answer_is_said(small, tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "CONNECT_TIMEOUT", "200ms")
    with pytest.raises(InputError, match="scheduler"):
        generate(tmp_path, 0, scheduler="tcp://127.0.0.1:9")
