"""Density functional theory as a second fidelity: structures, bands, a data set."""
