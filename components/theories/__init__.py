"""Tight binding and density functional theory side by side."""
