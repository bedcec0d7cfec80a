"""One atom's spectral function back to that atom's descriptors."""

import numpy as np

from core.learning.dataset import compute_record
from core.learning.samples import evaluation_set
from core.reverse.single_atom import DESCRIPTORS, examples, single_atom_model


def test_descriptors_of_unseen_atoms_are_read_from_their_spectra():
    samples = [sample for sample in evaluation_set("test") if sample.family == "blocks" and len(sample.crystal()) <= 8]
    parts = [examples(compute_record(sample)) for sample in samples[:6]]
    spectra, exact = (np.concatenate(column) for column in zip(*parts, strict=True))
    found = single_atom_model()(spectra)
    assert found.shape == (len(spectra), len(DESCRIPTORS))
    for name in ("tot_cell_volume", "bond_length", "lattice_in_plane_angstrom", "ge_fraction"):
        column = DESCRIPTORS.index(name)
        assert np.corrcoef(found[:, column], exact[:, column])[0, 1] > 0.98, name
