"""What an experiment makes of a spectral function: final state, spectra, artefacts, the making of images."""
