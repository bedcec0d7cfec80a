"""From a stack of monolayers, or a structure file, to relaxed atoms and their bonds."""
