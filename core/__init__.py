"""Bandloom's science, in the order of the physics: parameters, structure, electronic.

Nothing in here imports dash or plotly.
"""
