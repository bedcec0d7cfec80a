"""The parts of the Compare page: its link, its controls, sweeps, pairs, profiles along growth."""
