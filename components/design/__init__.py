"""The page Design: what is asked for, the search as it goes, its answers."""
