"""Texts and pictures, and the scripts that make the pictures."""
