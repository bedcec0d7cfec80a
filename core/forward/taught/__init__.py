"""The forward model at the fidelity of DFT: a tight-binding Hamiltonian that density functional theory taught."""
