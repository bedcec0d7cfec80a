"""From a measured band image back to the atoms: what is asked for, the reverse model, its training and evaluation."""
