"""From atoms to bands, unfolding weights, spectral functions and readouts."""
