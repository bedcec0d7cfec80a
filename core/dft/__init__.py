"""Density functional theory as a second fidelity: structures at the functional's lattice constants, bands, a data set."""
