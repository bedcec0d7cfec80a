"""Design: from what bands should be to the stacks that have them, verified by the exact engine."""
