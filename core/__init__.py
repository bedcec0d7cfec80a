"""Bandloom's science, in the order of the physics: parameters, structure, electronic.

Nothing in here imports dash or plotly.
"""

__version__ = "0.1.0"
"""Of the whole project: the package, /healthz and what files say they were written by."""
