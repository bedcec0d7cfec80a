"""The parts of the Interpret page."""
