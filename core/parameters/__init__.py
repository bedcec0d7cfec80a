"""Constants and published model parameters, each with its unit and source."""
