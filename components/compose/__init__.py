"""The parts of the Compose page: its link, its controls, its atoms, its readouts."""
