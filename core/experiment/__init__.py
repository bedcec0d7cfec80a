"""Measured band images: reading them from files."""
