"""Pure functions: a result and a colour scheme in, a plotly figure out."""
