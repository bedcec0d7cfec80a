"""Bands by DFT that others computed: a NetCDF layout, Quantum ESPRESSO, and how both become entries of a data set."""
