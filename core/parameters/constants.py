"""Physical constants (CODATA 2018) in the units of this project: eV, Å, the free-electron mass."""

HBAR2_OVER_ELECTRON_MASS = 7.619964231070681
"""ħ²/m₀ in eV Å²: E = (ħ²/2m₀) k² is 3.80998 eV at k = 1/Å."""

FREE_ELECTRON = 2.0 / HBAR2_OVER_ELECTRON_MASS
"""2m₀/ħ² in 1/(eV Å²): k² = FREE_ELECTRON · E of a free electron."""

BOLTZMANN = 8.617333262e-5
"""eV/K."""
